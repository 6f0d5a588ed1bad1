"""Where the files of a new study come from: rows of a bibliography, given as a table or asked one by one."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from analysis import catalog
from analysis.catalog import shown
from analysis.studies.asking import Asking
from analysis.studies.fault import StudyError, refuse

COLUMNS = (
    "source_id", "title", "publisher", "original_publisher", "read_as", "year", "url", "licence", "report", "area_id",
    "report_year",
)  # fmt: skip
READ_AS = ("original", "copy", "quotation")
_WORDS = {"population": "inhabitants"}


@dataclass(frozen=True)
class Source:
    """One source as the catalogue tells of it."""

    source_id: str
    title: str
    publisher: str
    licence: str
    url: str

    @property
    def words(self) -> str:
        return f"{self.title}. {self.url}" if self.url else self.title


def bibliography(asking: Asking) -> pd.DataFrame:
    """The bibliography that was given, all cells as text; without one, a table without rows.

    Raises
    ------
    StudyError : it is not there, lacks a column, has a row without id, title, publisher or licence, or an id that the
        assessment has already.
    """
    given = asking.given.get("sources")
    if not given:
        return pd.DataFrame(columns=list(COLUMNS), dtype=str)
    path = Path(given)
    if not path.is_file():
        raise StudyError("missing_file", f"{shown(path)} is not there.")
    try:
        rows = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"))))
    except (UnicodeDecodeError, csv.Error):
        raise StudyError("unreadable_file", f"{shown(path)} is no CSV file in UTF-8.") from None
    absent = [name for name in COLUMNS if not rows or name not in rows[0]]
    if absent:
        raise StudyError(
            "missing_column",
            f"{shown(path)}: it has no column '{absent[0]}'. Its columns must be {', '.join(COLUMNS)}.",
        )
    table = pd.DataFrame(rows, columns=list(COLUMNS)).fillna("").map(str.strip)
    faults = []
    for number, row in enumerate(table.itertuples(), 2):
        for column in ("source_id", "title", "publisher", "read_as", "year", "licence"):
            if not getattr(row, column):
                faults.append(f"{shown(path)}, row {number}, column '{column}': this is empty. Every source needs one.")
    refuse([*faults, *_clashes(table, path)])
    return table


def chosen(purpose: str, table: pd.DataFrame, iso3: str, asking: Asking) -> tuple[Source, pd.DataFrame]:
    """The source of the ``boundaries``, the ``counts`` or the ``population``, and the bibliography with it.

    Raises
    ------
    StudyError : the id that the command line gives is not in the bibliography.
    """
    flag, listed = f"{purpose}-source", list(table["source_id"])
    # What was said of another source just now is no bibliography to choose from.
    if listed and asking.given.get("sources"):
        offered = [*listed, "another"] if asking.ask else listed
        source_id = asking(flag, f"the source of the {_WORDS.get(purpose, purpose)}", "", offered)
        asking.refuse()
        if source_id != "another":
            row = table[table["source_id"] == source_id].iloc[0]
            return _source(row), table
    row = {name: "" for name in COLUMNS} | {
        "source_id": f"{iso3}_{purpose.upper()}",
        "title": asking(f"{purpose}-title", f"what the {_WORDS.get(purpose, purpose)} were read in: its title"),
        "publisher": asking(f"{purpose}-publisher", "who publishes it"),
        "read_as": asking(
            f"{purpose}-read-as", "was the original read, a copy of it, or a quotation", "original", READ_AS
        ),
        "year": asking(f"{purpose}-year", "of which year is it"),
        "url": _nothing(asking(f"{purpose}-url", "its address, https://...", "none")),
        "licence": asking(f"{purpose}-licence", "its licence, as CC BY 4.0"),
    }
    asking.refuse()
    added = pd.concat([table, pd.DataFrame([row])], ignore_index=True)
    return _source(row), added


def _source(row: Mapping[str, str]) -> Source:
    maker, publisher = row["original_publisher"], row["publisher"]
    said = f"{maker}; read at {publisher}" if maker and maker != publisher else publisher
    return Source(row["source_id"], row["title"], said, row["licence"], row["url"])


def _nothing(answer: str) -> str:
    return "" if answer == "none" else answer


def _clashes(table: pd.DataFrame, path: Path) -> list[str]:
    """Faults of ids that stand twice, here or in a bibliography of the assessment."""
    return [
        f"{shown(path)}, row {number}, column 'source_id': '{source_id}' stands twice. Give one another id."
        for number, (source_id, twice) in enumerate(
            zip(table["source_id"], table.duplicated("source_id"), strict=True), 2
        )
        if twice
    ]


def known_elsewhere(study: str) -> dict[str, str]:
    """source_id -> the file that has it, of all bibliographies but the study's own."""
    return {
        source_id: entry.listed_in
        for entry in catalog.of_schema("sources")
        if entry.study != study
        for source_id in catalog.load(entry.name, counts_as_read=False)["source_id"]
    }
