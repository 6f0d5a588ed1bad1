"""Data sets that a notebook has read: for readers as a table, for the batch as names and questions."""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import dataclass, field

from analysis import catalog
from analysis.data_read import Answer, answers_so_far, digest_of_rows, read_as_whole, read_so_far
from analysis.exhibits.exhibit import PUBLIC


@dataclass(frozen=True)
class DataRead:
    """The data sets that were read up to here; the last cell of a notebook shows them.

    Parameters
    ----------
    datasets : all of them. by_rows : those of which rows were asked for -> a digest of the rows. answers : to what.
    """

    datasets: tuple[catalog.Dataset, ...]
    by_rows: Mapping[str, str] = field(default_factory=dict)
    answers: tuple[Answer, ...] = ()

    def _repr_mimebundle_(self, **_: object) -> tuple[dict[str, object], dict[str, object]]:
        asked = {each.question: [each.digest, sorted(one.name for one in each.datasets)] for each in self.answers}
        data: dict[str, object] = {
            "text/html": _table(self.datasets, self.by_rows),
            "text/plain": ", ".join(entry.name for entry in self.datasets),
            catalog.READ: {
                "data_sets": [entry.name for entry in self.datasets],
                "by_rows": dict(self.by_rows),
                "answers": dict(sorted(asked.items())),
            },
        }
        return data, {"text/html": {"release_class": PUBLIC}}


def read() -> DataRead:
    """Every data set of the catalogue that this process has read so far, by name."""
    datasets = sorted(read_so_far(), key=lambda entry: entry.name)
    whole = {entry.name for entry in read_as_whole()}
    by_rows = {entry.name: digest_of_rows(entry.name) for entry in datasets if entry.name not in whole}
    return DataRead(tuple(datasets), by_rows, tuple(answers_so_far()))


def _kind(entry: catalog.Dataset) -> str:
    return entry.kind.upper() if entry.kind == "synthetic" else entry.kind


def _file(entry: catalog.Dataset, by_rows: Mapping[str, str]) -> tuple[str, str]:
    """A file, and how the digest of what was read of it begins; of confidential ones neither: names say whose."""
    if entry.kind == "confidential":
        return "not shown", ""
    rows = by_rows.get(entry.name)
    return entry.file, f"rows {rows[:12]}" if rows else entry.sha256[:12]


def _table(datasets: tuple[catalog.Dataset, ...], by_rows: Mapping[str, str]) -> str:
    columns = ("Data set", "Publisher", "Date", "Kind", "File", "sha256 of what was read")
    head = "".join(f'<th scope="col">{name}</th>' for name in columns)
    rows = "".join(
        "<tr>"
        + "".join(
            f"<td>{html.escape(value)}</td>"
            for value in (entry.title, entry.publisher, entry.date, _kind(entry), *_file(entry, by_rows))
        )
        + "</tr>"
        for entry in datasets
    )
    return (
        f'<div class="exhibit"><details><summary>Data sets read for this page ({len(datasets)})</summary>'
        f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></details></div>"
    )
