"""Which flows a map draws, and what is said of those it does not.

Flows with the values they can be filtered by, checked, added up, and packed as text that a script unpacks.

Numbers are written five bits a sign, the lowest first, and 32 added to every sign but a number's last: most counts of
persons take one letter, and no letter has to be escaped in HTML.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain

import numpy as np
import pandas as pd

from analysis.plots import style
from bounded.refusal import Refusal

UNKNOWN = "unknown"  # the end of a flow of which nobody knows where it is
COLOURED = 15  # more arrows than this cannot be told apart; further ones are grey


@dataclass(frozen=True, eq=False)
class Chosen:
    """Flows of one map.

    Parameters
    ----------
    drawn : the largest, largest first; numbered from 0.
    others : those too small to be drawn.
    lost : those with an end that has no place on the map.
    """

    drawn: pd.DataFrame
    others: pd.DataFrame
    lost: pd.DataFrame


def checked(flows: pd.DataFrame, by: Sequence[str] = ()) -> pd.DataFrame:
    """The flows with counts as floats and an end that is not named as "unknown".

    Raises
    ------
    ValueError : a column is missing, a count is missing or negative, or a pair stands twice (within `by`, and unless
        `kind` tells the two apart).
    """
    style.require(flows, ("origin", "destination", "low", "high", "text", *by))
    rows = flows.copy()
    for end in ("origin", "destination"):
        rows[end] = rows[end].astype(object).where(rows[end].notna() & (rows[end] != ""), UNKNOWN)
    rows[["low", "high"]] = rows[["low", "high"]].astype(float)
    bad = rows[["low", "high"]].isna().any(axis=1)
    if bad.any():
        first = rows[bad].iloc[0]
        raise Refusal(
            "missing_value",
            f"The flow {first['origin']} to {first['destination']} has no count: give its interval, or leave it out.",
        )
    bad = (rows["low"] < 0) | (rows["high"] < rows["low"]) | ~np.isfinite(rows["low"])
    if bad.any():
        first = rows[bad].iloc[0]
        raise Refusal(
            "invalid_interval",
            f"The flow {first['origin']} to {first['destination']} is counted from {first['low']:g} to "
            f"{first['high']:g}: give a finite lower bound from 0 up, and an upper one that is not below it.",
        )
    if rows.duplicated([*by, "origin", "destination"]).any() and "kind" not in rows.columns:
        raise Refusal(
            "duplicate_row", "A pair stands twice in the flows: add its rows up first, or tell them apart by `kind`."
        )
    return rows


def largest(rows: pd.DataFrame, known: Collection[str], top: int, highlight: str | None = None) -> Chosen:
    """The `top` largest of checked flows with both ends in `known`; those of the highlighted place come first."""
    # Nobody went where the count is 0: an arrow would say that somebody did.
    rows = rows[rows["high"] > 0]
    own = (rows["origin"] == highlight) | (rows["destination"] == highlight)
    rows = rows.assign(own=own).sort_values(
        ["own", "high", "low", "origin", "destination"], ascending=[False, False, False, True, True], kind="stable"
    )
    rows = rows.drop(columns="own")
    placed = rows["origin"].isin(known) & rows["destination"].isin(known)
    kept = rows[placed]
    return Chosen(kept.head(top).reset_index(drop=True), kept.iloc[top:], rows[~placed])


def size(rows: pd.DataFrame) -> np.ndarray:
    """What a flow's width stands for: its upper bound, or the lower one where there is no upper."""
    return np.where(np.isfinite(rows["high"]), rows["high"], rows["low"])


def others_text(others: pd.DataFrame) -> str:
    """How many pairs are not drawn, and their sum."""
    return f"Other: {_pairs(len(others), 'further pair')}, {total(others)} in all, not drawn."


def lost_text(lost: pd.DataFrame) -> str:
    """How many pairs have no place on the map, their sum, and the first three."""
    names = "; ".join(f"{row.origin} to {row.destination}" for row in lost.head(3).itertuples())
    more = f" and {len(lost) - 3} more" if len(lost) > 3 else ""
    return f"Without a place on the map: {_pairs(len(lost), 'pair')}, {total(lost)} in all ({names}{more})."


def total(rows: pd.DataFrame) -> str:
    """The sum of flows, as people write it."""
    low, high = rows["low"].sum(), rows["high"].sum()
    if not np.isfinite(high):
        return f"at least {style.number(low)}"
    return style.number(high) if low == high else f"{style.number(low)} to {style.number(high)}"


def _pairs(count: int, word: str) -> str:
    return f"{count:,} {word}" + ("" if count == 1 else "s")


_SIGNS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_YEAR = re.compile(r"\d{4}")


@dataclass(frozen=True)
class Filter:
    """One thing to choose by.

    Parameters
    ----------
    label : what it is called.
    values : in the order in which they are offered; ``unknown`` is the last where it occurs.
    span : the known values are years, so that a first and a last one are chosen.
    several : a row can have more than one value.
    """

    label: str
    values: tuple[str, ...]
    span: bool
    several: bool


@dataclass(frozen=True, eq=False)
class FlowRows:
    """Flows ready to be written into a page.

    Parameters
    ----------
    pairs : one row a pair of places, the largest first: origin, destination, low, high (`high` may be infinite).
    filters : what can be chosen by, in the given order.
    combinations : packed; each set of values that occurs: for each filter, the value's number + 1, or where there are
        several 0, how many, and their numbers.
    rows : packed; for each pair how many rows it has, and for each row the step to its combination, its low, and 0 if
        it is exact, 1 if its high is infinite, else high - low + 1.
    """

    pairs: pd.DataFrame
    filters: tuple[Filter, ...]
    combinations: str
    rows: str


def pack(flows: pd.DataFrame, filters: Mapping[str, str]) -> FlowRows:
    """Flows added up by pair and by what they can be filtered by.

    Parameters
    ----------
    flows : origin, destination, low, high (whole numbers; `high` may be infinite), and the columns of `filters`. A cell
        of these may hold several values joined by ";". What is empty or missing is ``unknown``.
    filters : column -> label.

    Returns
    -------
    FlowRows; the order of the rows of `flows` makes no difference.

    Raises
    ------
    ValueError : a column is lacking, or a count is missing, negative, not whole, or larger below than above.
    """
    style.require(flows, ("origin", "destination", "low", "high", *filters))
    _check(flows)
    table = flows[["low", "high"]].astype(float).reset_index(drop=True)
    for end in ("origin", "destination"):
        table[end] = _plain(flows[end].reset_index(drop=True))
    columns = {column: _plain(flows[column].reset_index(drop=True)) for column in filters}
    offered = tuple(
        _filter(label, columns[column], getattr(flows[column], "cat", None)) for column, label in filters.items()
    )
    # Each combination has a number, by the texts of its cells.
    keys = pd.DataFrame(columns) if columns else pd.DataFrame(index=table.index).assign(all="")
    grouped = keys.groupby(list(keys.columns), sort=True)
    table["combination"] = grouped.ngroup()
    distinct = keys.loc[~table["combination"].duplicated()].assign(n=table["combination"]).sort_values("n")
    rows = table.groupby(["origin", "destination", "combination"], as_index=False)[["low", "high"]].sum()
    # A zero is no flow: nobody is lost with it.
    rows = rows[rows["high"] > 0]
    pairs = rows.groupby(["origin", "destination"], as_index=False)[["low", "high"]].sum()
    pairs = pairs.sort_values(
        ["high", "low", "origin", "destination"], ascending=[False, False, True, True], ignore_index=True
    )
    order = pairs[["origin", "destination"]].assign(pair=np.arange(len(pairs)))
    rows = rows.merge(order, on=["origin", "destination"]).sort_values(["pair", "combination"])
    return FlowRows(
        pairs, offered, packed(_combinations(distinct.drop(columns="n"), offered, filters)), packed(_numbers(rows))
    )


def packed(numbers: Iterable[int]) -> str:
    """Whole numbers from 0 up as text."""
    return "".join(map(_signs, numbers))


@cache
def _signs(number: int) -> str:
    signs = ""
    while number > 31:
        signs += _SIGNS[32 | number & 31]
        number >>= 5
    return signs + _SIGNS[number]


def _check(flows: pd.DataFrame) -> None:
    """Raise ValueError, naming the first bad row, if a count is none."""
    low, high = (pd.to_numeric(flows[column], errors="coerce").to_numpy(dtype=float) for column in ("low", "high"))
    with np.errstate(invalid="ignore"):
        faults = {
            "has no count: give its interval, or leave it out": np.isnan(low) | np.isnan(high),
            "has a count below 0": (low < 0) | (high < 0),
            "has an infinite `low`: only `high` can be open": np.isinf(low),
            "has `low` above `high`": low > high,
            "has a count that is not whole: round `low` down and `high` up": (low % 1 != 0)
            | (np.isfinite(high) & (high % 1 != 0)),
        }
    for reason, bad in faults.items():
        if bad.any():
            at = int(np.argmax(bad))
            row = flows.iloc[at]
            raise Refusal(
                "invalid_interval",
                f"Row {flows.index[at]}, {row['origin']} to {row['destination']}, {reason} "
                f"(low {row['low']}, high {row['high']}).",
            )


def _plain(cells: pd.Series) -> pd.Series:
    """Cells as text in one way of writing: values sorted, each once, joined by ";", and ``unknown`` for none."""
    codes, distinct = pd.factorize(cells.astype(object), use_na_sentinel=False)
    texts = []
    for cell in distinct:
        if isinstance(cell, float) and cell.is_integer():
            cell = int(cell)
        parts = {part.strip() for part in str(cell).split(";")} - {""} if pd.notna(cell) else set()
        texts.append(";".join(sorted(parts)) or UNKNOWN)
    return pd.Series(np.array(texts, dtype=object)[codes] if len(codes) else [], index=cells.index, dtype=object)


def _filter(label: str, cells: pd.Series, categories) -> Filter:
    distinct = [cell.split(";") for cell in pd.unique(cells)]
    found = set(chain.from_iterable(distinct))
    known = found - {UNKNOWN}
    ranks = {str(value): n for n, value in enumerate(categories.categories)} if categories is not None else {}
    values = sorted(known, key=lambda value: (ranks.get(value, len(ranks)), _natural(value)))
    return Filter(
        label,
        (*values, *sorted(found & {UNKNOWN})),
        span=bool(known) and all(_YEAR.fullmatch(value) for value in known),
        several=any(len(values) > 1 for values in distinct),
    )


def _natural(value: str) -> tuple[float, str]:
    """Groups of ages by their first age, and all else by the alphabet behind them."""
    number = re.match(r"\d+", value)
    return (float(number[0]) if number else float("inf"), value.casefold())


def _combinations(distinct: pd.DataFrame, offered: tuple[Filter, ...], filters: Mapping[str, str]) -> Iterable[int]:
    places = [{value: n for n, value in enumerate(each.values)} for each in offered]
    for cells in distinct[list(filters)].itertuples(index=False):
        for cell, place in zip(cells, places, strict=True):
            numbers = [place[value] for value in cell.split(";")]
            yield from [numbers[0] + 1] if len(numbers) == 1 else [0, len(numbers), *numbers]


def _numbers(rows: pd.DataFrame) -> Iterable[int]:
    low, high = rows["low"].to_numpy(), rows["high"].to_numpy()
    width = np.where(np.isinf(high), 1, np.where(high == low, 0, high - low + 1))
    pair, combination = rows["pair"].to_numpy(), rows["combination"].to_numpy()
    first = np.concatenate([[True], pair[1:] != pair[:-1]]) if len(rows) else np.array([], dtype=bool)
    step = np.where(first, combination, np.diff(combination, prepend=0))
    sizes = iter(rows.groupby("pair").size().tolist())
    columns = (first, step, low, width)
    for opens, *numbers in zip(*(column.astype(int).tolist() for column in columns), strict=True):
        if opens:
            yield next(sizes)
        yield from numbers
