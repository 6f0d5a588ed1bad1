"""Pages made from outputs of notebooks: tags, pictures and frames that sections use, and nothing else.

Names of places, titles of lists and values of traits come from files that others wrote. Sections escape them; what is
done here holds where one of them does not.

From an executed notebook to what of it can be released: its figures, and its page, which loads nothing from outside.

An output leaves only if its metadata say by what (see `analysis.exhibits.exhibit`), and only as HTML, a PNG or
Markdown. All else that a notebook holds stays in it: code, printed lines, errors, previews of tables, other types.
"""

from __future__ import annotations

import base64
import html
import re
import struct
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from html.parser import HTMLParser
from typing import Any

import mistune
import nbformat
import nh3
from nbformat import NotebookNode

from analysis import areas, catalog, spreadsheets
from analysis.findings.finding import stated
from analysis.findings.measures import area_name
from analysis.jobs import Job, analyses_of
from analysis.project_files import DRAWN
from analysis.report import key_findings, key_numbers
from analysis.report.templating import template, words
from analysis.templating import policy, style
from bounded.refusal import Refusal

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
# Of a picture's chunks: what is needed to draw it, and how many pixels an inch has.
_DRAWN = (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND", b"pHYs")
# The notes that a figure carries: that it is synthetic, and its texts, which the search before a release reads.
_NOTES = {b"tEXt": b"Comment\x00SYNTHETIC", b"iTXt": DRAWN.encode() + b"\x00"}

_HEADINGS = {f"h{level}" for level in range(1, 7)}
_TAGS = _HEADINGS | {
    *("div", "p", "br", "hr", "strong", "em", "del", "code", "pre", "blockquote", "ul", "ol", "li"),
    *("table", "caption", "thead", "tbody", "tr", "th", "td", "details", "summary"),
}
_ATTRIBUTES = {"details": {"open"}, "ol": {"start"}}
_VALUES = {"th": {"scope": {"col", "row"}}}
# Those of style.css that sections use.
_CLASSES = {"div": {"exhibit", "key"}, "p": {"synthetic"}, "td": {"number"}, "th": {"number"}}
# Of these the text goes, too: it was never meant to be read.
_WHOLE = {
    *("script", "style", "template", "noscript", "noembed", "noframes", "iframe", "object", "embed", "applet"),
    *("math", "svg", "title", "textarea", "select", "xmp", "plaintext", "head"),
}

# A framed page begins so: it asks nothing of the outside, and runs one script, whose digest it names.
_CLOSED = re.compile(
    r'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
    r'<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; img-src data:; '
    r"style-src '(?P<style>sha256-[A-Za-z0-9+/]{43}=)'; script-src '(?P<script>sha256-[A-Za-z0-9+/]{43}=)'; "
    r"base-uri 'none'; form-action 'none'\">\n"
)


def clean(fragment: str) -> str:
    """A fragment of HTML with the tags, attributes and classes that sections use; the text of other tags remains.

    The fragment is parsed as a browser parses it and written anew (ammonia), so that nothing is left whose meaning
    depends on who reads it (Heiderich et al., 2013, mXSS attacks).
    """
    return nh3.clean(
        fragment,
        tags=_TAGS,
        clean_content_tags=_WHOLE,
        attributes=_ATTRIBUTES,
        tag_attribute_values=_VALUES,
        allowed_classes=_CLASSES,
        link_rel=None,
    )


def from_markdown(text: str) -> str:
    """Markdown as HTML: tags in it are text, and so are links and pictures, since no section has any."""
    return clean(str(_markdown()(text)))


def picture(content: bytes) -> bytes:
    """A PNG without what is not drawn: notes, times, profiles, and whatever follows its end. Its drawn texts stay.

    Raises ValueError if it is no whole PNG.
    """
    kept, place = [_SIGNATURE], len(_SIGNATURE)
    while content.startswith(_SIGNATURE) and place + 12 <= len(content):
        (length,) = struct.unpack(">I", content[place : place + 4])
        kind, end = content[place + 4 : place + 8], place + 12 + length
        if kind in _DRAWN or _is_known(kind, content[place + 8 : end - 4]):
            kept.append(content[place:end])
        if kind == b"IEND" and end <= len(content):
            return b"".join(kept)
        place = end
    raise Refusal("not_whole_png", "A figure is no whole PNG: show it by figures.show.")


def _is_known(kind: bytes, note: bytes) -> bool:
    known = _NOTES.get(kind)
    return known is not None and (note.startswith(known) if kind == b"iTXt" else note == known)


def policy_of(page: str, name: str) -> tuple[str, str]:
    """Digests of the style and the script that a framed page allows itself.

    Raises ValueError if it does not begin with a policy that forbids all else.
    """
    closed = _CLOSED.match(page)
    if closed is None:
        raise Refusal(
            "missing_security_policy",
            f"The page '{name}' does not begin with the policy that closes it to the outside: make it by "
            "figures.interactive_flow_map.",
        )
    return closed["style"], closed["script"]


def frame(page: str, alt: str, height: int) -> str:
    """A page in a frame that can reach neither the page around it nor a network; `alt` is its title."""
    # Within single quotes only these two have to be written otherwise, and the page stays small and can be read.
    document = page.replace("&", "&amp;").replace("'", "&#39;")
    return (
        f'<figure class="framed"><iframe title="{html.escape(alt)}" sandbox="allow-scripts" loading="lazy" '
        f"height=\"{height:d}\" srcdoc='{document}'></iframe></figure>"
    )


@cache
def _markdown() -> mistune.Markdown:
    return mistune.create_markdown(escape=True, plugins=["strikethrough", "table"])


# All but the last of those in `analysis.exhibits.exhibit`, which would be loaded with all it needs to draw.
RELEASED = ("public", "protected", "estimate")
# The types that sections have, the richest first.
_TYPES = ("text/html", "image/png", "text/markdown")
_HEIGHT = 1010  # pixels of a frame
# The tag of a heading in a notebook whose whole section a reader of the page opens.
FOLDED = "folded"
NUMBERS = "The numbers as CSV"
NOT_RELEASED = "Not released: few persons are counted here, or shown so closely that somebody could be recognised."


def figures(notebook: NotebookNode) -> dict[str, bytes]:
    """The PNG outputs of an executed notebook with a name, as far as they can be released (see `analysis.plots.show`).

    Returns
    -------
    Name -> PNG, without a note that a program may have left in it.
    """
    return {name: content for name, (content, *_) in described_figures(notebook).items()}


def described_figures(notebook: NotebookNode) -> dict[str, tuple[bytes, str, bool, dict[str, Any]]]:
    """The same with their descriptions: name -> PNG, what it shows in words, whether it says SYNTHETIC, and its plot as
    data; empty where the notebook keeps none."""
    return {
        said["name"]: (_png(output), said.get("alt", ""), said.get("kind") == "synthetic", said.get("plot", {}))
        for kind, said, output in _leaving(notebook.cells)
        if kind == "image/png" and said.get("name")
    }


def tables(notebook: NotebookNode) -> dict[str, dict[str, Any]]:
    """The tables with numbers of an executed notebook that can be released, by name; see `spreadsheets.resource`.

    Raises
    ------
    Refusal : two tables have one name.
    """
    found: dict[str, dict[str, Any]] = {}
    for kind, _, output in _leaving(notebook.cells):
        table = output["data"].get(spreadsheets.MEDIA_TYPE)
        if kind != "text/html" or table is None:
            continue
        if table["name"] in found:
            raise Refusal("duplicate_name", f"Two tables are called '{table['name']}': give one section another name.")
        found[table["name"]] = table
    return found


def framed_pages(notebook: NotebookNode) -> dict[str, bytes]:
    """The pages that an executed notebook shows in frames and that can be released, by name, in their order.

    Raises
    ------
    ValueError : an output has the name of a page, and no frame that holds one; or the page is open to the outside.
    """
    return {name: page.encode() for name, page, _ in _framed(notebook.cells)}


def render_page(job: Job, notebook: NotebookNode) -> str:
    """The page of one area and analysis, as HTML: the template's texts, and the outputs that can be released.

    What it says of other pages is left out: see `page_links`.

    A text that does not stand in the template so is left out: data may have come into it. A part that has lost all
    its outputs says so, and the end of the page says how many there are.

    Raises
    ------
    ValueError : as `framed_pages` does.
    """
    place, name = areas.get(job.area_id), area_name(job.area_id)
    rows = stated(each for _, _, each in _leaving(notebook.cells))
    body, staying = _body(job, notebook, rows)
    digests = [policy_of(page, name) for name, page, _ in _framed(notebook.cells)]
    return template("page.html.j2").render(
        title=f"{name}: {words(job.analysis)}",
        name=name,
        policy=policy(style(), [each for each, _ in digests], [script for _, script in digests]),
        numbers=key_numbers.in_head(key_numbers.of_findings(rows, place.is_local)),
        place=place,
        study=areas.get(job.study),
        synthetic=job.synthetic,
        demonstration=areas.STUDIES[job.study].is_synthetic,
        body=body,
        staying=staying,
    )


def _body(job: Job, notebook: NotebookNode, rows: list[dict[str, object]]) -> tuple[str, int]:
    """The page between its navigation and its end, which opens with findings among `rows`; and how many outputs are
    internal."""
    texts = {cell.source for cell in nbformat.read(job.template, as_version=4).cells if cell.cell_type == "markdown"}
    cells = [cell for cell in notebook.cells if cell.cell_type == "code" or cell.source in texts]
    parts, staying = [], 0
    folded = 0  # the level of the heading that a reader opens; none is open at first
    sections = _sections(cells)
    for number, section in enumerate(sections):
        level = _level(section[0]) if section else 0
        if level > 1 and not _says_something(section, sections[number + 1 :]):
            continue
        if folded and 0 < level <= folded:
            parts.append("</details>")
            folded = 0
        shown = [each for cell in section for each in _shown(job, cell)]
        if number == 1:
            # The answer follows the title of the page at once.
            shown[:0] = [key_findings.as_html(job.analysis, rows)]
        held = sum(_stays(output) for output in _outputs(section))
        own = [output for _, _, output in _leaving(section) if catalog.READ not in output["data"]]
        if level and not folded and FOLDED in section[0].metadata.get("tags", []):
            heading, _, below = section[0].source.partition("\n")
            summary = f"<summary>{from_markdown(heading).strip()}</summary>"
            shown[0] = f'<details class="more">{summary}{from_markdown(below)}'
            folded = level
        parts += shown
        if held and not own:
            parts.append(f'<p class="stays">{NOT_RELEASED}</p>')
        staying += held
    return "\n".join([*parts, "</details>"] if folded else parts), staying


def _says_something(section: list[NotebookNode], following: list[list[NotebookNode]]) -> bool:
    """True if a page has use for a section: one whose cells show nothing of this area is left out, heading and all."""
    if any(_leaving(section)) or any(_stays(output) for output in _outputs(section)):
        return True
    if all(cell.cell_type == "markdown" for cell in section):
        return True
    return bool(following) and _level(following[0][0]) > _level(section[0])


def _level(cell: NotebookNode) -> int:
    """The depth of a heading, 1 for the title; 0 of a cell that is none."""
    marks = re.match(r"#+(?= )", cell.source) if cell.cell_type == "markdown" else None
    return len(marks[0]) if marks else 0


def _sections(cells: Iterable[NotebookNode]) -> list[list[NotebookNode]]:
    """Cells by the heading that they stand under."""
    sections: list[list[NotebookNode]] = [[]]
    for cell in cells:
        if _level(cell):
            sections.append([])
        sections[-1].append(cell)
    return sections


def _outputs(cells: Iterable[NotebookNode]) -> Iterator[NotebookNode]:
    """The outputs that cells show; what they print, and errors, are no outputs of a section."""
    return (output for cell in cells for output in cell.get("outputs", []) if "data" in output)


def _leaves_as(output: NotebookNode) -> str:
    """The type in which an output can be released; "" where it cannot."""
    for kind in _TYPES:
        if kind in output["data"] and output.get("metadata", {}).get(kind, {}).get("release_class") in RELEASED:
            return kind
    return ""


def _leaving(cells: Iterable[NotebookNode]) -> Iterator[tuple[str, NotebookNode, NotebookNode]]:
    """Types, metadata and outputs of what can be released."""
    for output in _outputs(cells):
        if kind := _leaves_as(output):
            yield kind, output["metadata"][kind], output


def _stays(output: NotebookNode) -> bool:
    """True if an output is internal; an empty text is none, and neither is a table that is shown to whoever works."""
    if 'class="dataframe"' in str(output["data"].get("text/html", "")):
        return False
    return not _leaves_as(output) and bool(str(output["data"].get("text/markdown", "something")).strip())


def _shown(job: Job, cell: NotebookNode) -> Iterator[str]:
    """The part of a cell that a page shows, as HTML."""
    if cell.cell_type == "markdown":
        # The page has a title of its own.
        yield from_markdown(cell.source.partition("\n")[2] if _level(cell) == 1 else cell.source)
    for kind, said, output in _leaving([cell]):
        content = output["data"][kind]
        if said.get("heading"):
            continue
        if kind == "image/png":
            data = base64.b64encode(_png(output)).decode()
            yield f'<img src="data:image/png;base64,{data}" alt="{html.escape(said.get("alt", ""))}">'
        elif kind == "text/markdown":
            yield from_markdown(content) + _study_page(job, str(said.get("study_page", "")))
        elif said.get("name"):
            yield _in_frame(job, output)
        elif numbers := output["data"].get(spreadsheets.MEDIA_TYPE):
            yield _with_link(clean(content), job.numbers(numbers["name"]).name)
        else:
            yield clean(content)


def _with_link(section: str, file: str) -> str:
    """A table with a link to the file that has its numbers, at the end of what the table does not show."""
    link = f' <a href="{html.escape(file)}">{NUMBERS}</a></p>'
    return re.sub(r"(<p>.*?)</p>", lambda limits: limits[1] + link, section, count=1, flags=re.DOTALL)


def _study_page(job: Job, analysis: str) -> str:
    """A link to a page of the study as a whole, which holds what all its areas have in common; on that page none."""
    there = Job(analysis, job.study, job.study) if analysis in analyses_of(job.study) else job
    if there.area_id == job.area_id:
        return ""
    name = f"{area_name(job.study)}: {words(analysis)}"
    link = f"../{there.area_id}/{there.page.name}"
    return f'<p class="alone"><a href="{html.escape(link)}">{html.escape(name)}</a></p>'


def _png(output: NotebookNode) -> bytes:
    return picture(base64.b64decode(output["data"]["image/png"]))


def _in_frame(job: Job, output: NotebookNode) -> str:
    """A framed page, and a link below it: a page of its own has room on a telephone, and can be printed."""
    ((name, page, height),) = _framed([nbformat.v4.new_code_cell(outputs=[output])])
    alone = html.escape(job.framed(name).name)
    shown = frame(page, output["metadata"]["text/html"].get("alt", name), height)
    return f'{shown}<p class="alone"><a href="{alone}">The same on a page of its own</a></p>'


def _framed(cells: Sequence[NotebookNode]) -> Iterator[tuple[str, str, int]]:
    """Names, pages and heights of frames that can be released; each page is as it was before it was framed."""
    for kind, said, output in _leaving(cells):
        if kind == "text/html" and said.get("name"):
            frame = _Frame()
            frame.feed(output["data"]["text/html"])
            if frame.page is None:
                raise Refusal(
                    "missing_frame",
                    f"The output '{said['name']}' holds no frame with a page: show it by figures.show_page.",
                )
            policy_of(frame.page, said["name"])
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
