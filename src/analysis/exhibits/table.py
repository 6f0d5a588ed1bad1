"""The table behind a figure: numbers in typed columns, and how a page prints them.

A page prints ``<5`` and ``1,269``; the file that is released beside it has ``low``, ``high`` and ``value_qualifier`` as
numbers and words. What is not known is missing; an upper bound that is not known is infinite, and written INF.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from analysis import spreadsheets
from bounded import intervals
from bounded.refusal import Refusal, require_columns


class Words:
    """A column of a page in words: ``Words(intervals.text, "low", "high", "value_qualifier")``.

    Parameters
    ----------
    say : makes a text of each row of some columns.
    of : names of these columns, as `say` takes them.
    """

    def __init__(self, say: Callable[..., Iterable[object]], *of: str) -> None:
        self.say, self.of = say, of


# A count, or another figure that is known as an interval.
FIGURE = Words(intervals.text, "low", "high", "value_qualifier")


def coded(names: Mapping[str, str], column: str) -> Words:
    """A column of codes, printed as what they are called."""
    return Words(lambda codes: codes.map(names), column)


@dataclass(frozen=True)
class Table:
    """Numbers, and how a page prints them.

    Parameters
    ----------
    numbers : one row for each thing that is known: numbers, days and truths in columns of their types, all else texts.
    page : heading of a column of the page -> the column that it prints as it is, or `Words`. Where a page is laid out
        otherwise, as with a column a year, a function from the numbers to its rows; then all columns are released.
    also : columns that are released and that no page prints, as ``source_id``.

    Raises
    ------
    Refusal : a column is named that is not there, or one of texts holds something else.
    """

    numbers: pd.DataFrame
    page: Mapping[str, str | Words] | Callable[[pd.DataFrame], pd.DataFrame]
    also: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        require_columns(self.numbers, list(self._used()), "rows of the table")
        for name, column in self.released.items():
            if (
                spreadsheets.kind(column) == "string"
                and not column.dropna().map(lambda value: isinstance(value, str)).all()
            ):
                raise Refusal("not_typed", f"The column '{name}' holds texts and other things: give it one type.")

    def __len__(self) -> int:
        return len(self.numbers)

    def _used(self) -> dict[str, list[str]]:
        """The columns that are released, each with the headings of the page under which it is printed."""
        found: dict[str, list[str]] = {}
        for heading, shown in self.page.items() if isinstance(self.page, Mapping) else ():
            for name in (shown,) if isinstance(shown, str) else shown.of:
                found.setdefault(name, []).append(heading)
        more = self.also if isinstance(self.page, Mapping) else self.numbers
        return found | {str(name): [] for name in more if name not in found}

    @property
    def empty(self) -> bool:
        return self.numbers.empty

    @property
    def released(self) -> pd.DataFrame:
        """The columns that leave, in the order in which the page prints them."""
        return self.numbers[list(self._used())].reset_index(drop=True)

    def headed(self, columns: Iterable[str] | Mapping[str, str | Words]) -> Table:
        """Return the table with some of its headings, in their order, or with other ones.

        Parameters
        ----------
        columns : headings of the page; a mapping says what a new heading prints: a column, or `Words`.

        Raises
        ------
        Refusal : a heading is not there, or the page of this table is laid out by a function.
        """
        if isinstance(columns, Mapping):
            return replace(self, page=columns, also=())
        page = self.page if isinstance(self.page, Mapping) else {}
        if missing := [name for name in columns if name not in page]:
            there = ", ".join(page) or "laid out by a function, so that none can be chosen"
            raise Refusal("missing_column", f"The table has no heading '{missing[0]}'. Its headings are: {there}.")
        return replace(self, page={name: page[name] for name in columns})

    @property
    def printed(self) -> pd.DataFrame:
        """The rows as a page prints them."""
        if not isinstance(self.page, Mapping):
            return self.page(self.numbers)
        columns = {
            heading: self.numbers[shown].to_numpy(dtype=object)
            if isinstance(shown, str) and spreadsheets.kind(self.numbers[shown]) == "string"
            else self.numbers[shown].array
            if isinstance(shown, str)
            else list(shown.say(*(self.numbers[name] for name in shown.of)))
            for heading, shown in self.page.items()
        }
        return pd.DataFrame(columns)

    def _repr_html_(self) -> str:
        """The numbers, for whoever works with them; no page has this."""
        return str(self.released.to_html())

    def as_resource(self, name: str, title: str, synthetic: bool = False) -> dict[str, Any]:
        """The table with its data, as an output of a notebook holds it; each row says SYNTHETIC where it is."""
        headings = {column: " / ".join(heads) for column, heads in self._used().items() if heads}
        table = self.released.assign(kind="SYNTHETIC") if synthetic else self.released
        return spreadsheets.resource(table, name, title, headings)


# The table of an exhibit that has none, or is given one when it is published.
NO_ROWS = Table(pd.DataFrame(), {})


def in_a_list(codes: pd.Series) -> pd.Series:
    """Codes with a comma between them; – where there are none."""
    return codes.fillna("").str.replace(";", ", ").replace("", "–")


def or_dash(column: pd.Series) -> list[object]:
    """Texts, and numbers without a comma; – where there are none."""
    return [
        "–" if pd.isna(each) or each == "" else f"{each:.0f}" if isinstance(each, float) else each for each in column
    ]


def spans(
    low: Iterable[float],
    high: Iterable[float],
    form: str | Callable[[float], str] = "",
    to: str = " to ",
    *,
    unknown: str = "–",
    alike: bool = False,
    at_least: str = "",
) -> list[str]:
    """Return bounds in words: one number where both are the same, "4 to 9" where they are not.

    Parameters
    ----------
    form : how a number is written, as ``,.0f``; or a function that writes it.
    alike : whether bounds that are written alike are one number too.
    at_least : how a number without an upper bound is written, as ``at least {}``.
    """
    written = form if callable(form) else f"{{:{form}}}".format
    texts = []
    for least, most in zip(low, high, strict=True):
        if least != least:
            texts.append(unknown)
        elif at_least and most == float("inf"):
            texts.append(at_least.format(written(least)))
        else:
            ends = [written(least), written(most)]
            texts.append(ends[0] if least == most or (alike and ends[0] == ends[1]) else to.join(ends))
    return texts


def year(years: pd.Series) -> list[str]:
    """Years as a page prints them: numbers without a comma."""
    return [f"{each:.0f}" if each == each else "not known" for each in years.astype(float)]


def printed(table: pd.DataFrame | Table) -> pd.DataFrame:
    """The rows of a section's table as a page prints them, whether it has numbers behind them or is text alone."""
    return table.printed if isinstance(table, Table) else table
