"""Data sets that a notebook has read: for readers as a table, for the batch as a list of names."""

from __future__ import annotations

import html
from dataclasses import dataclass

from analysis import catalog
from analysis.data_read import read_so_far
from analysis.exhibits.exhibit import PUBLIC


@dataclass(frozen=True)
class DataRead:
    """The data sets that were read up to here; the last cell of a notebook shows them."""

    datasets: tuple[catalog.Dataset, ...]

    def _repr_mimebundle_(self, **_: object) -> tuple[dict[str, object], dict[str, object]]:
        data: dict[str, object] = {
            "text/html": _table(self.datasets),
            "text/plain": ", ".join(entry.name for entry in self.datasets),
            catalog.READ: {"data_sets": [entry.name for entry in self.datasets]},
        }
        return data, {"text/html": {"release_class": PUBLIC}}


def read() -> DataRead:
    """Every data set of the catalogue that this process has read so far, by name."""
    return DataRead(tuple(sorted(read_so_far(), key=lambda entry: entry.name)))


def _kind(entry: catalog.Dataset) -> str:
    return entry.kind.upper() if entry.kind == "synthetic" else entry.kind


def _file(entry: catalog.Dataset) -> tuple[str, str]:
    """A file and how its digest begins: of confidential ones neither, for what they are called says whose they are."""
    return ("not shown", "") if entry.kind == "confidential" else (entry.file, entry.sha256[:12])


def _table(datasets: tuple[catalog.Dataset, ...]) -> str:
    columns = ("Data set", "Publisher", "Date", "Kind", "File", "sha256")
    head = "".join(f'<th scope="col">{name}</th>' for name in columns)
    rows = "".join(
        "<tr>"
        + "".join(
            f"<td>{html.escape(value)}</td>"
            for value in (entry.title, entry.publisher, entry.date, _kind(entry), *_file(entry))
        )
        + "</tr>"
        for entry in datasets
    )
    return (
        f'<div class="exhibit"><details><summary>Data sets read for this page ({len(datasets)})</summary>'
        f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></details></div>"
    )
