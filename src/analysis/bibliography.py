"""The bibliography: what the sources of the evidence are, and how they are cited in full, in short and in a sentence.

A source is an id in a table of schema ``sources``: in that of everybody, or in that of a study with a catalogue of its
own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

import pandas as pd

from analysis import areas, catalog
from analysis.data_read import question, remembered

# The first four digits of a year as it is printed.
_YEAR = re.compile(r"\d{4}")


def citations(source_ids: Iterable[str]) -> pd.DataFrame:
    """One row a source, in the order given: source_id, citation (title, publisher, original publisher, year, address).

    Raises
    ------
    catalog.CatalogError : a source is not in the bibliography.
    """
    rows = _bibliography(source_ids)
    return pd.DataFrame(
        {"source_id": [row.Index for row in rows], "citation": [_citation(row) for row in rows]}, dtype="str"
    )


def source_ids() -> set[str]:
    """The ids of all sources, of every bibliography."""
    return set(_whose_source())


def short_source(source_ids: Iterable[str], length: int = 120) -> str:
    """The sources in at most `length` characters or so, for the foot of a figure."""
    by_maker = _by_maker(source_ids)
    texts = [_short(name, group) for name, group in by_maker]
    shown = len(texts)
    while shown > 1 and len("; ".join(texts[:shown])) > length:
        shown -= 1
    left = sum(len(group) for _, group in by_maker[shown:])
    return "; ".join(texts[:shown] + ([f"and {left} more"] if left else []))


def named_source(source_id: str) -> str:
    """A source as a text names it within a sentence: who made its figures, and the year."""
    (row,) = _bibliography([source_id])
    return " ".join([_maker(row).split(" (")[0], *_YEAR.findall(row.year)[:1]])


def source(source_id: str) -> Any:
    """A row of the bibliography, as a named tuple. Raises CatalogError where no bibliography has it."""
    (row,) = _bibliography([source_id])
    return row


def by_publisher(source_ids: Iterable[str]) -> list[str]:
    """The sources by who made their figures, with their years, those of most sources first."""
    return [f"{_short(name, group)} ({len(group)})" for name, group in _by_maker(source_ids)]


def makers(source_ids: Iterable[str]) -> list[str]:
    """Return who made the figures of some sources, those of most sources first."""
    return [name for name, _ in _by_maker(source_ids)]


def _by_maker(source_ids: Iterable[str]) -> list[tuple[str, list[Any]]]:
    """Sources by who made their figures, those of most sources first."""
    found: dict[str, list[Any]] = {}
    for row in _bibliography(source_ids):
        found.setdefault(_maker(row), []).append(row)
    return sorted(found.items(), key=lambda item: -len(item[1]))


def _maker(row: Any) -> str:
    return row.original_publisher or row.publisher


@remembered
def sources(studies: tuple[str, ...]) -> pd.DataFrame:
    """The bibliography by source_id: what everybody cites, and what some studies do."""
    if studies:
        _whose_source()  # refuses an id that stands twice
    asked = studies if areas.all_synthetic(studies) else ("", *studies)
    entries = [entry for entry in catalog.of_schema("sources") if (entry.study or "") in asked]
    return pd.concat([catalog.load(entry.name) for entry in entries]).set_index("source_id")


@remembered
def _whose_source() -> dict[str, str]:
    """source_id -> the study whose own bibliography has it.

    Raises
    ------
    catalog.CatalogError : two bibliographies have a source of one id.
    """
    found: dict[str, str] = {}
    for entry in catalog.of_each_study("sources"):
        for number, source_id in enumerate(catalog.load(entry.name, counts_as_read=False)["source_id"], 2):
            if source_id in found:
                raise catalog.CatalogError(
                    "duplicate_key",
                    f"{catalog.shown(entry.path)}, row {number}: another bibliography has a source '{source_id}' as "
                    "well. Cite that one and leave this row out, or give it another id.",
                )
            found[source_id] = entry.study or ""
    return found


@remembered
def _sources_by_id(studies: tuple[str, ...]) -> dict[str, Any]:
    """The rows of `sources` as named tuples, by source_id: a figure names a few of some thousand."""
    return {row.Index: row for row in sources(studies).itertuples()}


def _bibliography(source_ids: Iterable[str]) -> list[Any]:
    """The rows of some sources, each once, in the order given."""
    wanted = list(dict.fromkeys(source_ids))
    whose = _whose_source()
    absent = [source_id for source_id in wanted if source_id not in whose]
    if absent:
        where = "the bibliography, data/raw/evidence/sources.csv, nor in a study's own"
        raise catalog.CatalogError("unknown_source", f"The source '{absent[0]}' is not in {where}: add it there.")
    studies = sorted({whose[source_id] for source_id in wanted} - {""})
    return _rows_of(tuple(wanted), tuple(studies))


@question
def _rows_of(source_ids: tuple[str, ...], studies: tuple[str, ...]) -> list[Any]:
    rows = _sources_by_id(studies)
    return [rows[source_id] for source_id in source_ids]


def _citation(row: Any) -> str:
    who = row.publisher
    if row.original_publisher and row.original_publisher != row.publisher:
        words = {"copy": ", copy; original by ", "quotation": ", quoting "}.get(row.read_as, "; figures of ")
        who = f"{row.publisher}{words}{row.original_publisher}"
    when = {"various": "various years", "unknown": "no date"}.get(row.year, row.year)
    return ". ".join(filter(None, [row.title, who, when, row.url]))


def _short(maker: str, group: Sequence[Any]) -> str:
    years = sorted({int(year) for row in group for year in _YEAR.findall(row.year)[:1]})
    when = "" if not years else f" {years[0]}" if len(years) == 1 else f" {years[0]}-{years[-1]}"
    named = {
        "US Department of State": "US Department of State TIP reports",
        "US Department of Labor, ILAB": "US Department of Labor child labour findings",
        "United Nations Office on Drugs and Crime": "UNODC GLOTIP",
    }
    if maker in named:
        return named[maker] + when
    maker, publishers = maker.split(" (")[0], list(dict.fromkeys(row.publisher for row in group))
    if all(row.read_as == "original" for row in group):
        return maker + when
    if len(publishers) == 1 and publishers[0].split(" (")[0] != maker:
        return f"{publishers[0].split(' (')[0]} (figures {maker}){when}"
    return maker + (f" (in {len(publishers)} publications)" if len(publishers) > 1 else "") + when
