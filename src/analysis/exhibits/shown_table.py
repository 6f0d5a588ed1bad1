"""The table of an exhibit as a page prints it, with its limits, cautions and sources; below a figure it is folded."""

from __future__ import annotations

import html
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import pandas as pd
from IPython.display import HTML

from analysis import bibliography, spreadsheets
from analysis.exhibits.table import Table, printed
from analysis.exhibits.wording import SYNTHETIC, marked

if TYPE_CHECKING:
    from analysis.exhibits.exhibit import Exhibit


# A longer table is folded, so that a page can be read from top to bottom; below a figure every table is.
LONGEST_OPEN = 12


class ShownTable(HTML):
    """A table as a page prints it, and with it its numbers, which the batch writes to a file beside the page."""

    def __init__(self, section: Exhibit) -> None:
        super().__init__(_table(section), metadata={"release_class": section.effective_class})
        self.numbers = None
        if isinstance(section.table, Table) and not section.table.empty:
            synthetic = section.kind == "synthetic"
            name = section.name + (f"_{SYNTHETIC}" if synthetic else "")
            self.numbers = section.table.as_resource(name, _title(section), synthetic)

    def _repr_mimebundle_(self, **_: object) -> tuple[dict[str, Any], dict[str, Any]]:
        numbers = {spreadsheets.MEDIA_TYPE: self.numbers} if self.numbers else {}
        return {"text/html": self.data, **numbers}, {"text/html": self.metadata}


def _title(section: Exhibit) -> str:
    return f"{SYNTHETIC} · {section.title}" if section.kind == "synthetic" else section.title


def _table(section: Exhibit) -> str:
    """The table with its limits, cautions and sources; below a figure all of it is folded."""
    title, table = _title(section), printed(section.table)
    rows = len(table)
    if table.empty:
        shown = f"<p><strong>{html.escape(title)}</strong>: no figure was found.</p>" if not section.figure else ""
    else:
        shown = _rows(table, title)
    mark = f'<p class="synthetic">{SYNTHETIC}: {section.synthetic_part}</p>' if section.kind == "synthetic" else ""
    limits = f"<p>{html.escape(section.limits)}</p>"
    notes = _list("Cautions", section.cautions)
    notes += _list("Sources", [*bibliography.citations(section.source_ids)["citation"], *section.citations])
    if section.figure is not None:
        counted = f"{rows:,} row{'s' if rows > 1 else ''}"
        words = f"Table ({counted}), limits and sources" if rows else "Limits and sources"
        words = marked(words, section.kind)
        inside = f"<details><summary>{words}</summary>{shown}{limits}{notes}</details>{mark}"
    elif rows > LONGEST_OPEN or section.folded:
        words = f"{html.escape(title)}: table of {rows:,} rows"
        inside = f"<details><summary>{words}</summary>{shown}{limits}{notes}</details>{mark}"
    else:
        inside = f"{shown}{mark}{limits}{notes}"
    return f'<div class="exhibit">{inside}</div>'


def _list(name: str, sentences: Iterable[str]) -> str:
    items = [f"<li>{html.escape(sentence)}</li>" for sentence in sentences]
    if not items:
        return ""
    return f"<details><summary>{name} ({len(items)})</summary><ul>{''.join(items)}</ul></details>"


def _rows(table: pd.DataFrame, caption: str) -> str:
    numeric = [pd.api.types.is_numeric_dtype(table[column]) for column in table]
    kinds = [' class="number"' if number else "" for number in numeric]
    head = "".join(
        f'<th scope="col"{kind}>{html.escape(str(name))}</th>' for name, kind in zip(table, kinds, strict=True)
    )
    body = "".join(
        "<tr>" + "".join(f"<td{kind}>{_cell(value)}</td>" for value, kind in zip(row, kinds, strict=True)) + "</tr>"
        for row in table.itertuples(index=False)
    )
    return (
        f"<table><caption>{html.escape(caption)}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    )


def _cell(value: object) -> str:
    if value is None or value is pd.NA or (isinstance(value, float) and value != value):
        return "not known"
    return html.escape(f"{value:,.10g}" if isinstance(value, float | int) else str(value))
