"""The index: a map of each study that leads to every page that is staged, or released."""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path

import mistune
from markupsafe import Markup

from analysis import areas
from analysis.catalog import ROOT
from analysis.jobs import Job, analyses_of
from analysis.report.area_map import area_map
from analysis.report.templating import relative_to_reports, template


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
        "title": areas.STUDIES[study].title,
        "analyses": [(name, Job(name, study, study).synthetic) for name in analyses_of(study)],
        "whole": _row(study, whole.area_id, "The study as a whole", pages),
        "areas": [
            _row(study, row.area_id, row.name_local if row.level == "province" else row.name, pages)
            for row in table.itertuples()
        ],
        "map": _map(study, pages),
        "name": whole.name,
        "credit": areas.credit(study),
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
    """Each area is a link to its page on incidence."""
    links = {}
    for area_id, name in areas.load(study)[["area_id", "name"]].itertuples(index=False):
        job = Job("incidence", study, area_id)
        if job.page in pages:
            links[area_id] = (
                relative_to_reports(job.page),
                ", ".join(filter(None, [f"{name}: incidence", job.synthetic])),
            )
    return area_map(study, links, f"Map: {areas.STUDIES[study].title}")


def _news() -> Markup:
    """The newest section of the changelog: what each change did to the figures."""
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    sections = re.split(r"^## ", text, flags=re.MULTILINE)
    newest = sections[1].split("\n", 1)[1] if len(sections) > 1 else ""
    return Markup(mistune.create_markdown(escape=True)(newest))
