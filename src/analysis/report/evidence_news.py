"""What is new in the evidence since the last release, table by table: rows, years and sources, and no program."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from typing import Any

from analysis import catalog, texts

TEXT = texts.of(__name__)

SOURCES = "sources"
# Where a table of evidence says of which time a row is: the first of these that it has.
_YEARS = ("year", "report_year", "period_end", "date_high", "date")
_MOST = 6

# Name of a table of evidence -> title, sha256, rows, newest year, and, of the table of sources, their ids.
State = dict[str, dict[str, Any]]


def entries() -> dict[str, catalog.Dataset]:
    """The public tables of evidence by name: not what declares studies and areas, nor a coder's sheet."""
    others = (None, "studies", "areas", "indicators", "coding_sheet")
    return {
        name: entry
        for name, entry in sorted(catalog.datasets().items())
        if entry.kind == "public" and entry.schema not in others and entry.path.suffix == ".csv"
    }


def digests() -> dict[str, str]:
    """Name of a table of evidence -> its sha256, without a look into it."""
    return {name: entry.sha256 for name, entry in entries().items()}


def state() -> State:
    """The evidence as it is now."""
    found: State = {}
    for name, entry in entries().items():
        # Wherever the inputs lie.
        with open(catalog.verify(name), encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
        column = next((each for each in _YEARS if rows and each in rows[0]), "")
        years = [row[column][:4] for row in rows if column and row[column][:4].isdigit()]
        found[name] = {
            "title": entry.title,
            "sha256": entry.sha256,
            "rows": len(rows),
            "newest": max(years, default=""),
            **({"ids": sorted(row["source_id"] for row in rows)} if name == SOURCES else {}),
        }
    return found


def news(before: State | None, now: State) -> tuple[str, list[str]]:
    """A sentence, and one line a table or source that is new or has changed.

    Parameters
    ----------
    before : the evidence of the last release that had another; None where there was none.
    """
    if before is None:
        sources = now.get(SOURCES, {"rows": 0})
        newest = sorted(_times(now), reverse=True)[:_MOST]
        lines = [line for _, line in newest] + [TEXT["newest"].format(titles="; ".join(_newest()))]
        return TEXT["first"].format(sources=f"{sources['rows']:,}", tables=len(now)), lines
    lines = [line for name in sorted({*before, *now}) for line in _changes(before.get(name), now.get(name))]
    lines += _new_sources(before, now)
    return TEXT["since"] if lines else TEXT["nothing"], lines


def _times(now: State) -> list[tuple[str, str]]:
    """Newest year and a line that says it, of the tables that have one."""
    return [
        (each["newest"], TEXT["to_year"].format(title=each["title"], newest=each["newest"], rows=f"{each['rows']:,}"))
        for name, each in now.items()
        if each["newest"] and name != SOURCES
    ]


def _changes(then: Mapping[str, Any] | None, now: Mapping[str, Any] | None) -> list[str]:
    if now is None:
        return [TEXT["gone"].format(title=then["title"])] if then else []
    if then is None:
        return [TEXT["new"].format(title=now["title"], rows=f"{now['rows']:,}")]
    if then["sha256"] == now["sha256"]:
        return []
    more = now["rows"] - then["rows"]
    how = (
        TEXT["rewritten"] if not more else (TEXT["more"] if more > 0 else TEXT["fewer"]).format(number=f"{abs(more):,}")
    )
    newer = TEXT["newer"].format(now=now["newest"], then=then["newest"]) if now["newest"] > then["newest"] else ""
    return [TEXT["changed"].format(title=now["title"], how=how, newer=newer)]


def _new_sources(before: State, now: State) -> list[str]:
    known = set(before.get(SOURCES, {}).get("ids", ()))
    ids = [each for each in now.get(SOURCES, {}).get("ids", ()) if each not in known]
    if not ids:
        return []
    few = _titles(ids[:_MOST])
    rest = TEXT["others"].format(number=len(ids) - len(few)) if len(ids) > len(few) else ""
    return [TEXT["sources"].format(number=len(ids), titles="; ".join(few), rest=rest)]


def _newest() -> list[str]:
    """The newest sources."""
    read = {name: row for name, row in _sources().items() if row["read_as"] != "derived"}
    dated = {name: row["year"] for name, row in read.items() if row["year"].isdigit()}
    return _titles(sorted(dated, key=lambda name: (-int(dated[name]), name))[:_MOST])


def _titles(ids: Sequence[str]) -> list[str]:
    rows = _sources()
    return [", ".join(filter(None, (rows[each]["title"], rows[each]["year"]))) for each in ids if each in rows]


def _sources() -> dict[str, dict[str, str]]:
    if SOURCES not in entries():
        return {}
    with open(catalog.verify(SOURCES), encoding="utf-8-sig", newline="") as file:
        return {row["source_id"]: row for row in csv.DictReader(file)}
