"""The index: a map of each study that leads to every page that is staged, or released.

A study's areas are a map that leads to a page of each: inline SVG, so that a page needs no file beside it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

import geopandas as gpd
from markupsafe import Markup, escape

from analysis import areas, catalog
from analysis.jobs import Job, analyses_of
from analysis.report import key_numbers
from analysis.report.templating import relative_to_reports, template, words

WIDTH = 720


def area_map(
    study: str,
    links: Mapping[str, tuple[str, str]],
    title: str,
    *,
    names: Mapping[str, str] | None = None,
    here: str = "",
    width: int = WIDTH,
    beside_list: bool = False,
) -> Markup:
    """A map as inline SVG: an area that has a page is a link to it.

    Parameters
    ----------
    study : one of ``areas.STUDIES``.
    links : area_id -> address of its page, and what the link is called.
    title : what the map is called. names : area_id -> name, where it is another than that of the table of areas.
    here : the area to point out. width : of the drawing, pixels; it is simplified to half a pixel.
    beside_list : whether a list beside it has the same links: keyboard and screen readers go through that alone.
    """
    height, around, shapes = _outlines(study, width)
    parts = [f'<path class="around" d="{around}"/>']
    for area_id, name, outline in shapes:
        name = (names or {}).get(area_id, name)
        marked = ' class="here"' if area_id == here else ""
        path = f'<path{marked} d="{outline}"><title>{escape(name)}</title></path>'
        if area_id in links:
            address, words = links[area_id]
            spoken = ' tabindex="-1"' if beside_list else f' aria-label="{escape(words)}"'
            parts.append(f'<a href="{escape(address)}"{spoken}>{path}</a>')
        else:
            parts.append(f"<g>{path}</g>")
    spoken = 'aria-hidden="true"' if beside_list else f'role="group" aria-label="{escape(title)}"'
    return Markup(f'<svg viewBox="0 0 {width} {height}" {spoken}>{"".join(parts)}</svg>')


@cache
def _outlines(study: str, width: int) -> tuple[int, str, tuple[tuple[str, str, str], ...]]:
    """The height of the map, what lies around as path data, and id, name and path data of each area."""
    projection = areas.STUDIES[study].projection
    shapes = areas.boundaries(study).to_crs(projection)
    left, bottom, right, top = shapes.total_bounds
    margin = 0.04 * (right - left)
    frame = (left - margin, bottom - margin, right + margin, top + margin)
    scale = width / (frame[2] - frame[0])
    height = round((frame[3] - frame[1]) * scale)
    around = areas.surroundings(study).to_crs(projection).cx[frame[0] : frame[2], frame[1] : frame[3]]
    return (
        height,
        _path(around, frame, scale),
        tuple(
            (row.area_id, row.name, _path(gpd.GeoSeries([row.geometry]), frame, scale)) for row in shapes.itertuples()
        ),
    )


def _path(shapes: gpd.GeoDataFrame | gpd.GeoSeries, frame: tuple[float, ...], scale: float) -> str:
    """SVG path data of polygons, in pixels, simplified to half a pixel."""
    commands = []
    for polygon in shapes.geometry.simplify(0.5 / scale).explode().dropna():
        if polygon.is_empty:
            continue
        for ring in (polygon.exterior, *polygon.interiors):
            points = [f"{(x - frame[0]) * scale:.1f} {(frame[3] - y) * scale:.1f}" for x, y, *_ in ring.coords]
            commands.append("M" + "L".join(points) + "Z")
    return "".join(commands)


def render_index(made_from: str, pages: Mapping[Path, Path], news: tuple[str, Sequence[str]] = ("", ())) -> str:
    """The index of pages, as HTML.

    Parameters
    ----------
    made_from : a digest that it carries.
    pages : staged path -> where the page stands; the addresses are the same once they are released.
    news : what is new in the evidence, as `evidence_news.news` says it.
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
        "numbers": key_numbers.of_pages([pages[job.page] for job in there]),
        "pages": [(job.analysis, relative_to_reports(job.page), job.synthetic) for job in there],
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
