"""The index: a map of the three studies that leads to every page that is staged, or released."""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path

import geopandas as gpd
import mistune
from markupsafe import Markup, escape

from analysis import areas
from analysis.catalog import ROOT
from analysis.jobs import Job, analyses_of
from analysis.report.templating import relative_to_reports, template

MAP_WIDTH = 720

# What lies around each study's areas, for orientation.
_AROUND = {"turkiye": "provinces", "west_africa": "world", "cabo_verde": "municipalities"}


def render_index(made_from: str, pages: Collection[Path]) -> str:
    """The index of pages, as HTML.

    Parameters
    ----------
    made_from : a digest that it carries.
    pages : paths of the pages that there are, as staged: the addresses are the same once they are released.
    """
    studies = [_study(study, pages) for study in areas.STUDIES]
    # The pages of areas stand in folders of their studies; the report has a first page of its own.
    reports = [relative_to_reports(page) for page in sorted(pages) if page.name == "index.html"]
    return template("index.html.j2").render(studies=studies, reports=reports, news=_news(), made_from=made_from)


def _study(study: str, pages: Collection[Path]) -> dict:
    whole = areas.get(study)
    table = areas.load(study)
    return {
        "title": areas.STUDIES[study][0],
        "analyses": [(name, Job(name, study, study).synthetic) for name in analyses_of(study)],
        "whole": _row(study, whole.area_id, "The study as a whole", pages),
        "areas": [
            _row(study, row.area_id, row.name_local if row.level == "province" else row.name, pages)
            for row in table.itertuples()
        ],
        "map": _map(study, pages),
    }


def _row(study: str, area_id: str, name: str, pages: Collection[Path]) -> dict:
    jobs = [Job(analysis, study, area_id) for analysis in analyses_of(study, area_id)]
    return {
        "area_id": area_id,
        "name": name,
        "planned": [job.analysis for job in jobs],
        "pages": {job.analysis: relative_to_reports(job.page) for job in jobs if job.page in pages},
        # The page of an earlier release stands though the notebook has failed since.
        "failed": [job.analysis for job in jobs if job.page not in pages and job.failed.exists()],
    }


def _map(study: str, pages: Collection[Path]) -> Markup:
    """A map as inline SVG: each area is a link to its page on incidence."""
    projection = areas.STUDIES[study][2]
    shapes = areas.boundaries(study).to_crs(projection)
    left, bottom, right, top = shapes.total_bounds
    margin = 0.04 * (right - left)
    frame = (left - margin, bottom - margin, right + margin, top + margin)
    scale = MAP_WIDTH / (frame[2] - frame[0])
    height = round((frame[3] - frame[1]) * scale)
    around = areas.background(_AROUND[study]).to_crs(projection).cx[frame[0] : frame[2], frame[1] : frame[3]]
    parts = [f'<path class="around" d="{_path(around, frame, scale)}"/>']
    for row in shapes.itertuples():
        job = Job("incidence", study, row.area_id)
        path = (
            f'<path d="{_path(gpd.GeoSeries([row.geometry]), frame, scale)}"><title>{escape(row.name)}</title></path>'
        )
        words = ", ".join(filter(None, [f"{row.name}: incidence", job.synthetic]))
        link = f'<a href="{relative_to_reports(job.page)}" aria-label="{escape(words)}">{path}</a>'
        parts.append(link if job.page in pages else f"<g>{path}</g>")
    title = escape(f"Map: {areas.STUDIES[study][0]}")
    return Markup(f'<svg viewBox="0 0 {MAP_WIDTH} {height}" role="group" aria-label="{title}">{"".join(parts)}</svg>')


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


def _news() -> Markup:
    """The newest section of the changelog: what each change did to the figures."""
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    sections = re.split(r"^## ", text, flags=re.MULTILINE)
    newest = re.sub(r"^###", "####", sections[1].split("\n", 1)[1], flags=re.MULTILINE) if len(sections) > 1 else ""
    return Markup(mistune.create_markdown(escape=True)(newest))
