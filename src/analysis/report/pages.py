"""From an executed notebook to its figures and its page, which loads nothing from outside."""

from __future__ import annotations

import base64
import copy
import html
from collections.abc import Iterator
from functools import cache
from html.parser import HTMLParser

import nbformat
from nbconvert import HTMLExporter

from analysis import areas
from analysis.jobs import Job, analyses_of
from analysis.report.templating import template, words


def figures(notebook: nbformat.NotebookNode) -> dict[str, bytes]:
    """The PNG outputs of an executed notebook that have a name (see `analysis.figures.show`), in their order."""
    found = {}
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            name = output.get("metadata", {}).get("image/png", {}).get("name")
            if name:
                found[name] = base64.b64decode(output["data"]["image/png"])
    return found


def framed_pages(notebook: nbformat.NotebookNode) -> dict[str, bytes]:
    """The pages that an executed notebook shows in frames (see `analysis.figures.show_page`), by name, in their order.

    Raises
    ------
    ValueError : an output has the name of a page, and no frame that holds one.
    """
    return {name: _page_in(output["data"]["text/html"], name).encode() for name, output in _framed(notebook)}


def render_page(job: Job, notebook: nbformat.NotebookNode) -> str:
    """The page of one area and analysis, as HTML: the notebook's texts, figures and tables, and no code."""
    place = areas.get(job.area_id)
    body, _ = _exporter().from_notebook_node(_with_links(job, notebook))
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


def _framed(notebook: nbformat.NotebookNode) -> Iterator[tuple[str, nbformat.NotebookNode]]:
    """Names and outputs of the pages in frames."""
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            name = output.get("metadata", {}).get("text/html", {}).get("name")
            if name:
                yield name, output


def _page_in(shown: str, name: str) -> str:
    """The page in an output, as it was before it was put into a frame."""
    frame = _Frame()
    frame.feed(shown)
    if frame.page is None:
        raise ValueError(f"The output '{name}' holds no frame with a page: show it by figures.show_page.")
    return frame.page


class _Frame(HTMLParser):
    """Reads the `srcdoc` of the first frame."""

    page: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "iframe" and self.page is None:
            self.page = dict(attrs).get("srcdoc")


def _with_links(job: Job, notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """The notebook with a link below each frame: a page of its own has room on a telephone, and can be printed."""
    linked = copy.deepcopy(notebook)
    for name, output in _framed(linked):
        address = html.escape(job.framed(name).name)
        output["data"]["text/html"] += f'<p class="alone"><a href="{address}">The same on a page of its own</a></p>'
    return linked


@cache
def _exporter() -> HTMLExporter:
    return HTMLExporter(
        template_name="basic", exclude_input=True, exclude_output_prompt=True, exclude_anchor_links=True
    )
