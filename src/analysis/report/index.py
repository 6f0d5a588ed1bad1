"""The index: of each study a map and a table of what is known of its areas, which lead to every page that there is.

The numbers are those that pages say of themselves. A field finds places and analyses; without scripts the whole list
stands. After the studies stands what is new in the evidence since the last release, table by table: rows, years and
sources.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from markupsafe import Markup

from analysis import areas, catalog, texts
from analysis.indicators import DECLARATIONS
from analysis.jobs import Job, analyses_of
from analysis.report.index_map import Shown, area_map, classes_of
from analysis.report.key_numbers import MENTIONS, KeyNumbers, MapMeasure, of_pages, on_maps
from analysis.report.page_links import earlier_of
from analysis.report.templating import relative_to_reports, template, text_of, words
from analysis.templating import digest, policy, style

TEXT = texts.of(__name__)


def render_index(
    made_from: str,
    pages: Mapping[Path, Path],
    news: tuple[str, Sequence[str]] = ("", ()),
    older_report: str = "",
) -> str:
    """The index of pages, as HTML.

    Parameters
    ----------
    made_from : a digest that it carries.
    pages : staged path -> where the page stands; the addresses are the same once they are released.
    news : what is new in the evidence, as `evidence_news` says it.
    older_report : why the report is older than the pages, in a sentence; empty where it is not.
    """
    own = [_study(name, pages) for name, study in areas.STUDIES.items() if not study.is_synthetic]
    demonstrations = [_study(name, pages) for name, study in areas.STUDIES.items() if study.is_synthetic]
    # The pages of areas stand in folders of their studies; the report has a first page of its own.
    reports = [relative_to_reports(page) for page in sorted(pages) if page.name == "index.html"]
    demonstration = next((relative_to_reports(page) for page in pages if page.suffix == ".pdf"), "")
    script = text_of("index_filter.js")
    return template("index.html.j2").render(
        studies=own,
        demonstrations=demonstrations,
        demonstration=demonstration,
        reports=reports,
        older_report=older_report,
        news=news,
        made_from=made_from,
        filter_script=script,
        policy=policy(style(), scripts=[digest(script)]),
    )


def _study(study: str, pages: Mapping[Path, Path]) -> dict:
    whole = areas.get(study)
    rows = [_row(study, areas.get(area_id, study), pages) for area_id in areas.ids(study)]
    measure = None if areas.STUDIES[study].is_synthetic else _measure([row["numbers"] for row in rows])
    for row in rows:
        row["measure"], row["number"] = measure.of(row["numbers"]) if measure else ("", None)
    return {
        "title": areas.STUDIES[study].title,
        "whole": _row(study, whole, pages),
        "areas": rows,
        "map": _map(study, rows, measure),
        "measure": measure,
        "classes": classes_of(measure.breaks) if measure else [],
        "mentioned": any(MENTIONS in row["numbers"] for row in rows),
        "stands_still": study in catalog.faults(),
        "name": whole.name,
        "synthetic": areas.STUDIES[study].is_synthetic,
        "credit": areas.credit(study),
    }


def _measure(numbers: Sequence[KeyNumbers]) -> MapMeasure:
    """The first measure of maps that most areas of a study have a number of; the last, which all have, where none."""
    return next(
        (each for each in on_maps() if 2 * sum(each.of(said)[1] is not None for said in numbers) > len(numbers)),
        on_maps()[-1],
    )


def _row(study: str, place: areas.Area, pages: Mapping[Path, Path]) -> dict:
    """Name, key numbers and pages of a place; each page with its address, or with why it is not there."""
    jobs = [Job(analysis, study, place.area_id) for analysis in analyses_of(study, place.area_id)]
    there = [job for job in jobs if job.page in pages]
    return {
        "id": f"{study}-{place.area_id}",
        "area_id": place.area_id,
        "name": "The study as a whole" if place.is_study else place.own_name,
        "level": place.level,
        "numbers": of_pages([pages[job.page] for job in there]),
        "pages": [
            (job.analysis, relative_to_reports(job.page), job.synthetic, earlier_of(pages[job.page])) for job in there
        ],
        # The page of an earlier release stands though the notebook has failed since.
        "failed": [job.analysis for job in jobs if job not in there and job.failed.exists()],
        "missing": [job.analysis for job in jobs if job not in there and not job.failed.exists()],
    }


def _map(study: str, rows: Sequence[Mapping[str, Any]], measure: MapMeasure | None) -> Markup:
    """Each area is a link to the first of its pages; no map where the boundaries are not as they were catalogued."""
    try:
        areas.boundaries(study)
    except catalog.CatalogError as error:
        catalog.set_apart(study, error)
        return Markup("")
    shown = {}
    for row in rows:
        if not row["pages"]:
            continue
        analysis, address, synthetic, _ = row["pages"][0]
        said = ", ".join(filter(None, [f"{row['name']}: {words(analysis)}", synthetic, row["measure"]]))
        shown[row["area_id"]] = Shown(address, said, row["number"])
    title = areas.STUDIES[study].title + (f". {measure.title}" if measure else "")
    return area_map(study, shown, TEXT["map"].format(title=title), measure.breaks if measure else ())


# What is new in the evidence

SOURCES = "sources"
# Where a table of evidence says of which time a row is: the first of these that it has.
_YEARS = ("year", "report_year", "period_end", "date_high", "date")
_MOST = 6

# Name of a table of evidence -> title, sha256, rows, newest year, and, of the table of sources, their ids.
EvidenceState = dict[str, dict[str, Any]]


def entries() -> dict[str, catalog.Dataset]:
    """The public tables of evidence by name: not what declares studies and areas, nor a coder's sheet."""
    others = (None, "areas", *DECLARATIONS, "coding_sheet")
    return {
        name: entry
        for name, entry in sorted(catalog.datasets().items())
        if entry.kind == "public" and entry.schema not in others and entry.path.suffix == ".csv"
    }


def evidence_digests() -> dict[str, str]:
    """Name of a table of evidence -> its sha256, without a look into it."""
    return {name: entry.sha256 for name, entry in entries().items()}


def evidence_state() -> EvidenceState:
    """The evidence as it is now."""
    found: EvidenceState = {}
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


def evidence_news(before: EvidenceState | None, now: EvidenceState) -> tuple[str, list[str]]:
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


def _times(now: EvidenceState) -> list[tuple[str, str]]:
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


def _new_sources(before: EvidenceState, now: EvidenceState) -> list[str]:
    known = set(before.get(SOURCES, {}).get("ids", ()))
    ids = [each for each in now.get(SOURCES, {}).get("ids", ()) if each not in known]
    if not ids:
        return []
    few = _titles_of(ids[:_MOST])
    rest = TEXT["others"].format(number=len(ids) - len(few)) if len(ids) > len(few) else ""
    return [TEXT["sources"].format(number=len(ids), titles="; ".join(few), rest=rest)]


def _newest() -> list[str]:
    """The newest sources."""
    read = {name: row for name, row in _sources().items() if row["read_as"] != "derived"}
    dated = {name: row["year"] for name, row in read.items() if row["year"].isdigit()}
    return _titles_of(sorted(dated, key=lambda name: (-int(dated[name]), name))[:_MOST])


def _titles_of(ids: Sequence[str]) -> list[str]:
    rows = _sources()
    return [", ".join(filter(None, (rows[each]["title"], rows[each]["year"]))) for each in ids if each in rows]


def _sources() -> dict[str, dict[str, str]]:
    if SOURCES not in entries():
        return {}
    with open(catalog.verify(SOURCES), encoding="utf-8-sig", newline="") as file:
        return {row["source_id"]: row for row in csv.DictReader(file)}
