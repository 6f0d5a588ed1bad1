"""The index: a map of each study that leads to every page that is staged, or released.

A study's areas are a map that leads to a page of each: inline SVG, so that a page needs no file beside it. Before them
stands what is new in the evidence since the last release, table by table: rows, years and sources.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup, escape

from analysis import areas, catalog, texts
from analysis.indicators import DECLARATIONS
from analysis.jobs import Job, analyses_of
from analysis.report.key_findings import of_pages
from analysis.report.page_links import earlier_of
from analysis.report.templating import relative_to_reports, template, words

if TYPE_CHECKING:
    import geopandas as gpd

TEXT = texts.of(__name__)
# Pixels.
WIDTH = 720


def area_map(study: str, links: Mapping[str, tuple[str, str]], title: str) -> Markup:
    """A map as inline SVG, simplified to half a pixel: an area that has a page is a link to it.

    Parameters
    ----------
    study : one of ``areas.STUDIES``.
    links : area_id -> address of its page, and what the link is called.
    title : what the map is called.
    """
    height, around, shapes = _outlines(study)
    parts = [f'<path class="around" d="{around}"/>']
    for area_id, name, outline in shapes:
        path = f'<path d="{outline}"><title>{escape(name)}</title></path>'
        if area_id in links:
            address, words = links[area_id]
            parts.append(f'<a href="{escape(address)}" aria-label="{escape(words)}">{path}</a>')
        else:
            parts.append(f"<g>{path}</g>")
    spoken = f'role="group" aria-label="{escape(title)}"'
    return Markup(f'<svg viewBox="0 0 {WIDTH} {height}" {spoken}>{"".join(parts)}</svg>')


@cache
def _outlines(study: str) -> tuple[int, str, tuple[tuple[str, str, str], ...]]:
    """The height of the map, what lies around as path data, and id, name and path data of each area."""
    projection = areas.STUDIES[study].projection
    shapes = areas.boundaries(study).to_crs(projection)
    left, bottom, right, top = shapes.total_bounds
    margin = 0.04 * (right - left)
    frame = (left - margin, bottom - margin, right + margin, top + margin)
    scale = WIDTH / (frame[2] - frame[0])
    height = round((frame[3] - frame[1]) * scale)
    around = areas.surroundings(study).to_crs(projection).cx[frame[0] : frame[2], frame[1] : frame[3]]
    outlines = tuple(
        (area_id, name, _path(shapes[at : at + 1], frame, scale))
        for at, (area_id, name) in enumerate(zip(shapes["area_id"], shapes["name"], strict=True))
    )
    return height, _path(around, frame, scale), outlines


def _path(shapes: gpd.GeoDataFrame, frame: tuple[float, ...], scale: float) -> str:
    """SVG path data of polygons, in pixels, simplified to half a pixel."""
    commands = []
    for polygon in shapes.geometry.simplify(0.5 / scale).explode().dropna():
        if polygon.is_empty:
            continue
        for ring in (polygon.exterior, *polygon.interiors):
            points = [f"{(x - frame[0]) * scale:.1f} {(frame[3] - y) * scale:.1f}" for x, y, *_ in ring.coords]
            commands.append("M" + "L".join(points) + "Z")
    return "".join(commands)


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
    return template("index.html.j2").render(
        studies=own,
        demonstrations=demonstrations,
        demonstration=demonstration,
        reports=reports,
        older_report=older_report,
        news=news,
        made_from=made_from,
    )


def _study(study: str, pages: Mapping[Path, Path]) -> dict:
    whole = areas.get(study)
    return {
        "title": areas.STUDIES[study].title,
        "whole": _row(study, whole.area_id, "The study as a whole", pages),
        "areas": [_row(study, area_id, areas.get(area_id, study).own_name, pages) for area_id in areas.ids(study)],
        "map": _map(study, pages),
        "stands_still": study in catalog.faults(),
        "name": whole.name,
        "synthetic": areas.STUDIES[study].is_synthetic,
        "credit": areas.credit(study),
    }


def _row(study: str, area_id: str, name: str, pages: Mapping[Path, Path]) -> dict:
    """Name, key numbers and pages of a place; each page with its address, or with why it is not there."""
    jobs = [Job(analysis, study, area_id) for analysis in analyses_of(study, area_id)]
    there = [job for job in jobs if job.page in pages]
    return {
        "id": f"{study}-{area_id}",
        "name": name,
        "numbers": of_pages([pages[job.page] for job in there]),
        "pages": [
            (job.analysis, relative_to_reports(job.page), job.synthetic, earlier_of(pages[job.page])) for job in there
        ],
        # The page of an earlier release stands though the notebook has failed since.
        "failed": [job.analysis for job in jobs if job not in there and job.failed.exists()],
        "missing": [job.analysis for job in jobs if job not in there and not job.failed.exists()],
    }


def _map(study: str, pages: Mapping[Path, Path]) -> Markup:
    """Each area is a link to the first of its pages; no map where the boundaries are not as they were catalogued."""
    try:
        areas.boundaries(study)
    except catalog.CatalogError as error:
        catalog.set_apart(study, error)
        return Markup("")
    links = {}
    for area_id, name in areas.load(study)[["area_id", "name"]].itertuples(index=False):
        jobs = [Job(analysis, study, area_id) for analysis in analyses_of(study, area_id)]
        first = next((job for job in jobs if job.page in pages), None)
        if first:
            said = ", ".join(filter(None, [f"{name}: {words(first.analysis)}", first.synthetic]))
            links[area_id] = (relative_to_reports(first.page), said)
    return area_map(study, links, f"Map: {areas.STUDIES[study].title}")


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
