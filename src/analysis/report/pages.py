"""From an executed notebook to its figures and its page, which loads nothing from outside."""

from __future__ import annotations

import base64
import os
from functools import cache
from importlib import resources
from pathlib import Path

import jinja2
import nbformat
from nbconvert import HTMLExporter

from analysis import areas
from analysis.catalog import ROOT
from analysis.jobs import Job, analyses_of


def figures(notebook: nbformat.NotebookNode) -> dict[str, bytes]:
    """The PNG outputs of an executed notebook that have a name (see `analysis.figures.show`), in their order."""
    found = {}
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            name = output.get("metadata", {}).get("image/png", {}).get("name")
            if name:
                found[name] = base64.b64decode(output["data"]["image/png"])
    return found


def render_page(job: Job, notebook: nbformat.NotebookNode) -> str:
    """The page of one area and analysis, as HTML: the notebook's texts, figures and tables, and no code."""
    place = areas.get(job.area_id)
    body, _ = _exporter().from_notebook_node(notebook)
    pages = [Job(analysis, job.study, job.area_id) for analysis in analyses_of(job.study)]
    return template("page.html.j2").render(
        title=f"{place.name}: {words(job.analysis)}" + (f" ({job.synthetic})" if job.synthetic else ""),
        place=place,
        study=areas.get(job.study),
        analysis=job.analysis,
        pages=[(page.analysis, page.page.name if page != job else "", page.synthetic) for page in pages],
        synthetic=job.synthetic,
        body=body,
    )


def words(analysis: str) -> str:
    """The name of an analysis as people write it."""
    return analysis.replace("_", " ")


def template(name: str) -> jinja2.Template:
    """A template of this package, in an environment that escapes and refuses what it was not given."""
    return _environment().get_template(name)


@cache
def _environment() -> jinja2.Environment:
    folder = resources.files("analysis.report") / "templates"
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(str(folder)),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["words"] = words
    environment.globals["style"] = (folder / "style.css").read_text(encoding="utf-8")
    return environment


@cache
def _exporter() -> HTMLExporter:
    return HTMLExporter(
        template_name="basic", exclude_input=True, exclude_output_prompt=True, exclude_anchor_links=True
    )


def relative_to_reports(path: Path) -> str:
    """The address of `path` in a link on ``reports/index.html``."""
    return os.path.relpath(path, ROOT / "reports").replace(os.sep, "/")
