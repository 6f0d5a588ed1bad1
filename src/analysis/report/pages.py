"""From an executed notebook to what of it may leave: its figures, and its page, which loads nothing from outside.

An output leaves only if its metadata say by what (see `analysis.exhibits.exhibit`), and only as HTML, a PNG or
Markdown. All else that a notebook holds stays in it: code, printed lines, errors, previews of tables, other types.
"""

from __future__ import annotations

import base64
import html
import re
from collections.abc import Iterable, Iterator, Sequence
from html.parser import HTMLParser

import nbformat
from nbformat import NotebookNode

from analysis import areas, catalog
from analysis.jobs import Job, analyses_of
from analysis.report import sanitising
from analysis.report.templating import policy, style, template, words
from bounded.refusal import Refusal

# All but the last of those in `analysis.exhibits.exhibit`, which would be loaded with all it needs to draw.
RELEASED = ("public", "protected", "estimate")
# The types that exhibits have, the richest first.
_TYPES = ("text/html", "image/png", "text/markdown")
_HEIGHT = 1010  # pixels of a frame
NOT_RELEASED = "Not released: this part counts so few persons, or shows them so closely, that it stays in the house."


def figures(notebook: NotebookNode) -> dict[str, bytes]:
    """The PNG outputs of an executed notebook that may leave and have a name (see `analysis.figures.show`), in order.

    Returns
    -------
    Name -> PNG, without a note that a program may have left in it.
    """
    named = ((said.get("name"), output) for kind, said, output in _leaving(notebook.cells) if kind == "image/png")
    return {name: _png(output) for name, output in named if name}


def described_figures(notebook: NotebookNode) -> dict[str, tuple[bytes, str, bool]]:
    """The same with their descriptions: name -> PNG, what it shows in words, and whether it says SYNTHETIC."""
    return {
        said["name"]: (_png(output), said.get("alt", ""), said.get("kind") == "synthetic")
        for kind, said, output in _leaving(notebook.cells)
        if kind == "image/png" and said.get("name")
    }


def framed_pages(notebook: NotebookNode) -> dict[str, bytes]:
    """The pages that an executed notebook shows in frames and that may leave, by name, in their order.

    Raises
    ------
    ValueError : an output has the name of a page, and no frame that holds one; or the page is open to the outside.
    """
    return {name: page.encode() for name, page, _ in _framed(notebook.cells)}


def render_page(job: Job, notebook: NotebookNode) -> str:
    """The page of one area and analysis, as HTML: the template's texts, and the outputs that may leave.

    A text that does not stand in the template so is left out: data may have come into it. A part that has lost all
    its outputs says so, and the end of the page says how many there are.

    Raises
    ------
    ValueError : as `framed_pages` does.
    """
    place = areas.get(job.area_id)
    body, staying = _body(job, notebook)
    pages = [Job(analysis, job.study, job.area_id) for analysis in analyses_of(job.study, job.area_id)]
    digests = [sanitising.policy_of(page, name) for name, page, _ in _framed(notebook.cells)]
    return template("page.html.j2").render(
        title=f"{place.name}: {words(job.analysis)}" + (f" ({job.synthetic})" if job.synthetic else ""),
        policy=policy(style(), [each for each, _ in digests], [script for _, script in digests]),
        place=place,
        study=areas.get(job.study),
        analysis=job.analysis,
        pages=[(page.analysis, page.page.name if page != job else "", page.synthetic) for page in pages],
        synthetic=job.synthetic,
        invented=job.invented,
        body=body,
        staying=staying,
    )


def _body(job: Job, notebook: NotebookNode) -> tuple[str, int]:
    """The page between its navigation and its end, and how many outputs stay in the house."""
    texts = {cell.source for cell in nbformat.read(job.template, as_version=4).cells if cell.cell_type == "markdown"}
    cells = [cell for cell in notebook.cells if cell.cell_type == "code" or cell.source in texts]
    parts, staying = [], 0
    for section in _sections(cells):
        shown = [each for cell in section for each in _shown(job, cell)]
        held = sum(_stays(output) for output in _outputs(section))
        own = [output for _, _, output in _leaving(section) if catalog.READ not in output["data"]]
        parts += shown
        if held and not own:
            parts.append(f'<p class="stays">{NOT_RELEASED}</p>')
        staying += held
    return "\n".join(parts), staying


def _sections(cells: Iterable[NotebookNode]) -> list[list[NotebookNode]]:
    """Cells by the heading that they stand under."""
    sections: list[list[NotebookNode]] = [[]]
    for cell in cells:
        if cell.cell_type == "markdown" and cell.source.startswith("#"):
            sections.append([])
        sections[-1].append(cell)
    return sections


def _outputs(cells: Iterable[NotebookNode]) -> Iterator[NotebookNode]:
    """What cells show; what they print, and errors, are no outputs of an exhibit."""
    return (output for cell in cells for output in cell.get("outputs", []) if "data" in output)


def _leaves_as(output: NotebookNode) -> str:
    """The type in which an output may leave; "" where it may not."""
    for kind in _TYPES:
        if kind in output["data"] and output.get("metadata", {}).get(kind, {}).get("gate") in RELEASED:
            return kind
    return ""


def _leaving(cells: Iterable[NotebookNode]) -> Iterator[tuple[str, NotebookNode, NotebookNode]]:
    """Types, metadata and outputs of what may leave."""
    for output in _outputs(cells):
        if kind := _leaves_as(output):
            yield kind, output["metadata"][kind], output


def _stays(output: NotebookNode) -> bool:
    """Whether an output stays in the house; an empty text is none."""
    return not _leaves_as(output) and bool(str(output["data"].get("text/markdown", "something")).strip())


def _shown(job: Job, cell: NotebookNode) -> Iterator[str]:
    """What a page shows of a cell, as HTML."""
    if cell.cell_type == "markdown":
        yield sanitising.from_markdown(cell.source)
    for kind, said, output in _leaving([cell]):
        content = output["data"][kind]
        if kind == "image/png":
            data = base64.b64encode(_png(output)).decode()
            yield f'<img src="data:image/png;base64,{data}" alt="{html.escape(said.get("alt", ""))}">'
        elif kind == "text/markdown":
            yield sanitising.from_markdown(content)
        elif said.get("name"):
            yield _in_frame(job, output)
        else:
            yield sanitising.clean(content)


def _png(output: NotebookNode) -> bytes:
    return sanitising.picture(base64.b64decode(output["data"]["image/png"]))


def _in_frame(job: Job, output: NotebookNode) -> str:
    """A framed page, and a link below it: a page of its own has room on a telephone, and can be printed."""
    ((name, page, height),) = _framed([nbformat.v4.new_code_cell(outputs=[output])])
    alone = html.escape(job.framed(name).name)
    shown = sanitising.frame(page, output["metadata"]["text/html"].get("alt", name), height)
    return f'{shown}<p class="alone"><a href="{alone}">The same on a page of its own</a></p>'


def _framed(cells: Sequence[NotebookNode]) -> Iterator[tuple[str, str, int]]:
    """Names, pages and heights of the frames that may leave; the page is as it was before it was put into its frame."""
    for kind, said, output in _leaving(cells):
        if kind == "text/html" and said.get("name"):
            frame = _Frame()
            frame.feed(output["data"]["text/html"])
            if frame.page is None:
                raise Refusal(
                    "missing_frame",
                    f"The output '{said['name']}' holds no frame with a page: show it by figures.show_page.",
                )
            sanitising.policy_of(frame.page, said["name"])
            yield said["name"], frame.page, frame.height


class _Frame(HTMLParser):
    """Reads the first frame: its `srcdoc`, and its height in pixels."""

    page: str | None = None
    height = _HEIGHT

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "iframe" and self.page is None:
            said = dict(attrs)
            self.page = said.get("srcdoc")
            pixels = re.search(r"height:(\d{1,4})px", said.get("style") or "")
            self.height = int(pixels[1]) if pixels else _HEIGHT
