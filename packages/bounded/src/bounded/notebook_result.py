"""Display of a result where a notebook's cell ends with it: its numbers, its cautions, its tables' first rows."""

from __future__ import annotations

import html
import math
from collections.abc import Mapping
from dataclasses import fields
from numbers import Integral, Real
from typing import TYPE_CHECKING

import numpy as np

from bounded.refusal import Caution

if TYPE_CHECKING:
    import pandas as pd

# What a notebook has room for: rows and columns of a table, entries of a list, letters of a text and of the whole.
MOST_ROWS, MOST_COLUMNS, MOST_ENTRIES, MOST_LETTERS, MOST_IN_ALL = 10, 12, 8, 300, 16_000
# Fields whose sentences are cautions, whatever type they are of.
CAUTIONS = ("caution", "cautions", "warnings", "assumption", "assumptions", "note")


class NotebookResult:
    """A frozen dataclass that JupyterLab shows as a short page: see `page`.

    It keeps nothing of its own: a result is pickled, compared and hashed as without it.
    """

    __slots__ = ()

    def _shown(self) -> dict[str, object]:
        """Contents that are shown, by name: tables, and what the dataclass prints.

        A result that holds persons, or arrays in the place of tables, says here what is shown instead.
        """
        import pandas as pd

        every = {each: getattr(self, each.name) for each in fields(self)}  # type: ignore[arg-type]
        return {each.name: value for each, value in every.items() if each.repr or isinstance(value, pd.DataFrame)}

    def _repr_html_(self) -> str:
        return page(type(self).__name__, self._shown())

    def _in_short(self) -> str:
        """Return what is shown as one line: the `repr` of what holds persons."""
        said = ", ".join(f"{name}={value!r}" for name, value in self._shown().items())
        return f"{type(self).__name__}({said})"


def page(name: str, shown: Mapping[str, object]) -> str:
    """A result as HTML of at most some 20 kB: its name, scalars, sentences and tables, all of them escaped.

    Parameters
    ----------
    name : of the kind of result.
    shown : name -> number, text, sequence, sentences of caution, or DataFrame. Arrays, long sequences and other objects
        are said by their size or kind alone.
    """
    import pandas as pd

    scalars = {name: each for name, each in shown.items() if not isinstance(each, pd.DataFrame | pd.Series)}
    sentences = {name: found for name, each in scalars.items() if (found := _sentences(name, each)) is not None}
    left = 'style="text-align:left"'
    rows = "".join(
        f'<tr><th scope="row" {left}>{_words(name)}</th><td {left}>{_value(each)}</td></tr>'
        for name, each in scalars.items()
        if name not in sentences
    )
    parts = [f"<p><strong>{html.escape(name)}</strong></p>", f"<table>{rows}</table>" if rows else ""]
    for name, found in sentences.items():
        items = "".join(f"<li>{_cut(each)}</li>" for each in found[:MOST_ENTRIES])
        parts.append(f"<p>{_words(name)}</p><ul>{items}</ul>" if items else "")
    for name, each in shown.items():
        if isinstance(each, pd.DataFrame):
            size = f"{_words(name)}: {_counted(len(each), 'row')}, {_counted(each.shape[1], 'column')}"
            room = MOST_IN_ALL - sum(map(len, parts))
            # Where there is no room for all columns there are fewer, and then the size alone.
            tables = (_table(each, columns) for columns in (MOST_COLUMNS, MOST_COLUMNS // 2, 2))
            parts.append(f"<p>{size}</p>{next((table for table in tables if len(table) <= room), '')}")
        elif isinstance(each, pd.Series):
            parts.append(f"<p>{_words(name)}: {_counted(len(each), 'value')}</p>")
    return f"<div>{''.join(parts)}</div>"


def _sentences(name: str, value: object) -> list[str] | None:
    """The sentences that a field holds; None where it holds something else."""
    if isinstance(value, str):
        return [value] if isinstance(value, Caution) or name in CAUTIONS else None
    if isinstance(value, tuple) and all(isinstance(each, str) for each in value):
        return list(value) if name in CAUTIONS or any(isinstance(each, Caution) for each in value) else None
    return None


def _value(value: object) -> str:
    """A scalar, a short sequence of scalars, or what a larger thing is."""
    value = _plain(value)
    if value is None or isinstance(value, str | bool | Real) or _is_date(value):
        return _scalar(value)
    if isinstance(value, Mapping):
        return _entries([f"{_words(str(name))}: {_scalar(each)}" for name, each in value.items()], value)
    if isinstance(value, tuple | list):
        return _entries([_scalar(each) for each in value], value)
    shape = getattr(value, "shape", None)
    if isinstance(shape, tuple):
        return f"array of {' × '.join(f'{each:,}' for each in shape)}"
    return html.escape(type(value).__name__)


def _entries(shown: list[str], of: Mapping | tuple | list) -> str:
    if len(shown) > MOST_ENTRIES:
        return _counted(len(of), "entry", "entries")
    return ", ".join(shown) or "none"


def _scalar(value: object) -> str:
    """A number with the digits that a reader needs; of what is no scalar its size or its kind."""
    value = _plain(value)
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "–"
    if isinstance(value, bool | str) or _is_date(value):
        return _cut(str(value))
    if isinstance(value, Integral):
        return f"{int(value):,}"
    if isinstance(value, Real):
        number = float(value)
        return "∞" if number == math.inf else f"{number:,.0f}" if abs(number) >= 1000 else f"{number:.4g}"
    if isinstance(value, tuple | list) and all(isinstance(each, str | Real) for each in value[:MOST_ENTRIES]):
        return f"({_entries([_scalar(each) for each in value], value)})"
    shape = getattr(value, "shape", None)
    size = f" of {' × '.join(f'{each:,}' for each in shape)}" if isinstance(shape, tuple) else ""
    return html.escape(f"{type(value).__name__}{size}")


def _plain(value: object) -> object:
    """A number of numpy as Python's own."""
    return value.item() if isinstance(value, np.generic) else value


def _is_date(value: object) -> bool:
    return hasattr(value, "isoformat")


def _table(table: pd.DataFrame, columns: int) -> str:
    import pandas as pd

    numbered = isinstance(table.index, pd.RangeIndex)
    with pd.option_context("display.max_colwidth", 60):
        first = table.head(MOST_ROWS)
        return str(first.to_html(index=not numbered, max_cols=columns, na_rep="–", border=0, float_format=_number))


def _number(value: float) -> str:
    """A number of a table: years and counts without decimals, others with four digits."""
    if math.isinf(value):
        return "∞" if value > 0 else "-∞"
    return f"{value:.0f}" if value == round(value) else f"{value:.1f}" if abs(value) >= 1000 else f"{value:.4g}"


def _words(name: str) -> str:
    return html.escape(name.replace("_", " "))


def _cut(text: str) -> str:
    return html.escape(text if len(text) <= MOST_LETTERS else f"{text[:MOST_LETTERS]}…")


def _counted(number: int, one: str, several: str = "") -> str:
    return f"{number:,} {one if number == 1 else several or one + 's'}"
