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
from analysis.jobs import ANALYSES, Job


def publish(job: Job) -> None:
    """Write the figures of an executed notebook to ``figures/`` and its page to ``reports/``.

    A figure is a PNG output whose metadata carry a `name` (see `analysis.figures.show`); its file is
    ``<analysis>_<name>.png``. The page shows the notebook's texts, figures and tables, and no code.
    """
    notebook = nbformat.read(job.executed, as_version=4)
    figures = _figures(notebook)
    _remove_figures(job)
    for name, content in figures.items():
        write_whole(job.figures / f"{job.analysis}_{name}.png", content)
    write_whole(job.page, render_page(job, notebook).encode())


def withdraw(job: Job) -> None:
    """Remove what an earlier run of `job` released: it no longer follows from the notebook and its inputs."""
    _remove_figures(job)
    job.page.unlink(missing_ok=True)
    job.executed.unlink(missing_ok=True)


def render_page(job: Job, notebook: nbformat.NotebookNode) -> str:
    """The page of one area and analysis, as HTML."""
    place = areas.get(job.area_id)
    body, _ = _exporter().from_notebook_node(notebook)
    links = {analysis: f"{analysis}.html" if analysis != job.analysis else "" for analysis in ANALYSES}
    return template("page.html.j2").render(
        title=f"{place.name}: {job.analysis}",
        place=place,
        study=areas.get(job.study),
        analysis=job.analysis,
        links=links,
        body=body,
    )


def template(name: str) -> jinja2.Template:
    """A template of this package, in an environment that escapes and refuses what it was not given."""
    return _environment().get_template(name)


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that a reader sees the old one or the new one, never half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.unfinished")
    unfinished.write_bytes(content)
    os.replace(unfinished, path)


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
    environment.globals["style"] = (folder / "style.css").read_text(encoding="utf-8")
    return environment


@cache
def _exporter() -> HTMLExporter:
    return HTMLExporter(
        template_name="basic", exclude_input=True, exclude_output_prompt=True, exclude_anchor_links=True
    )


def _figures(notebook: nbformat.NotebookNode) -> dict[str, bytes]:
    """The named PNG outputs of a notebook, in their order."""
    found = {}
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            name = output.get("metadata", {}).get("image/png", {}).get("name")
            if name:
                found[name] = base64.b64decode(output["data"]["image/png"])
    return found


def _remove_figures(job: Job) -> None:
    for path in job.figures.glob(f"{job.analysis}_*.png"):
        path.unlink()


def relative_to_reports(path: Path) -> str:
    """The address of `path` in a link on ``reports/index.html``."""
    return os.path.relpath(path, ROOT / "reports").replace(os.sep, "/")
