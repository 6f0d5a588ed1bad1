"""Words of the printed report by language, and who it is by.

How wide pictures and the columns of tables are, and which tables need small type or a page on its side.

Letters are counted, not measured, so that Word file and PDF agree, and every machine with them.

The prose of the report, from clean HTML to a tree of blocks and runs that each way of printing walks.

A node is a text, or a mapping with its ``tag`` and its ``parts``. Blocks hold blocks or a paragraph's runs, never both,
so that whoever prints them has no case to tell apart.

The order of the document, the depth of its headings, and where its links lead: the same in every printed form.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from functools import cache
from html import escape
from html.parser import HTMLParser
from importlib import resources
from itertools import groupby
from typing import Any

import numpy as np
import yaml

from analysis.report.document import Block, Document, Picture, Prose, Rows, Section
from bounded.refusal import Refusal

# As CITATION.cff says.
AUTHORS = ("The assessment repository's maintainers",)
SYNTHETIC = "SYNTHETIC"


@cache
def words(language: str) -> dict[str, str]:
    """Words by name: ``contents``, ``figure``, ``table``, ``synthetic`` (what the mark SYNTHETIC means)."""
    said = yaml.safe_load((resources.files("analysis.report") / "templates" / "book_words.yml").read_text("utf-8"))
    return {name: by_language[language] for name, by_language in said.items()}


# The text of a page upright: its width, and what of its height a picture may take. As many pixels stand on a millimetre
# as bring the figures' small type to the size of a footnote; a picture of few pixels is not blown up.
MEASURE_MM, _HIGHEST_MM, _PIXELS_PER_MM = 160.0, 200.0, 5.6
# Between two columns, in letters; and by how much a letter of a word by itself is wider than one of a long text.
_GAP, _WIDER = 2, 1.15
# Longer words may be broken where a sign stands in them, and identifiers without one anywhere.
LONGEST_WORD = 16
# Parts of a line in which the height of a cell is counted: whole numbers, which are the same on every machine.
_PARTS = 64
BREAK = "\u200b"
_LONG = re.compile(rf"\S{{{LONGEST_WORD + 1},}}")
_SIGN = re.compile(r"(?<=[/_.;:=&?#@+-])(?=[^\W_])")
_RUN = re.compile(rf"[0-9a-f]{{{LONGEST_WORD}}}(?=[0-9a-f])")
# Spaces at which a line is broken: those within a number are none.
_WORDS = re.compile(rf"[ \t\r\n{BREAK}]+")


@dataclass(frozen=True)
class _Page:
    """A way to set a table: letters in a line, points of a line's height, points of the page's, and how it is liked."""

    line: int
    leading: float
    height: float
    small: bool
    sideways: bool
    # What it takes more than this is what another way must save, as small type and turned pages tire.
    tiring: float


PAGES = (
    *(_Page(104, 11.0, 690, False, False, 1.0), _Page(122, 9.4, 690, True, False, 1.1)),
    *(_Page(165, 11.0, 470, False, True, 1.2), _Page(193, 9.4, 470, True, True, 1.3)),
)
_PADDING = 7.0  # points above and below the text of a row


@dataclass(frozen=True)
class Layout:
    """How a table is set.

    Parameters
    ----------
    shares : of the line, one a column; none where the columns may be as wide as what they hold.
    small : whether in small type. sideways : whether on a page on its side.
    """

    shares: tuple[float, ...]
    small: bool
    sideways: bool


def layout(rows: Rows) -> Layout:
    """The layout in which a table takes the fewest pages, upright and in the usual type if that costs little more."""
    columns = [_texts(rows, at) for at in range(rows.table.shape[1])]
    lengths = np.array([[len(text) for text in texts] for texts in columns], dtype=np.int64).reshape(len(columns), -1)
    least = [max(1, math.ceil(_WIDER * max(map(_longest_word, texts)))) for texts in columns]
    gaps = _GAP * len(columns)
    fitting = [page for page in PAGES if sum(least) + gaps <= page.line] or [PAGES[-1]]
    ways = [(page, _widths(lengths, least, page.line - gaps)) for page in fitting]
    page, widths = min(ways, key=lambda way: way[0].tiring * max(1.0, _pages(lengths, *way)))
    if _WIDER * int(lengths.max(axis=1).sum()) + gaps <= 0.8 * page.line:
        return Layout((), page.small, page.sideways)
    whole = sum(widths) + gaps
    return Layout(tuple(round((width + _GAP) / whole, 4) for width in widths), page.small, page.sideways)


def width_mm(picture: Picture) -> float:
    """How wide a picture is printed, in millimetres."""
    width, height = (int.from_bytes(picture.png[at : at + 4], "big") for at in (16, 20))
    return min(MEASURE_MM, width / _PIXELS_PER_MM, _HIGHEST_MM * width / height)


def breakable(text: str) -> str:
    """A text in which long identifiers, addresses and digests can be broken, by a sign that is not seen."""
    return _LONG.sub(lambda word: _RUN.sub(rf"\g<0>{BREAK}", _SIGN.sub(BREAK, word[0])), text)


def _texts(rows: Rows, at: int) -> list[str]:
    """What a column holds, its heading first."""
    return [str(rows.table.columns[at]), *(str(value) for value in rows.table.iloc[:, at])]


def _longest_word(text: str) -> int:
    return max((len(word) for word in _WORDS.split(breakable(text))), default=0)


def _widths(lengths: np.ndarray, least: list[int], line: int) -> list[int]:
    """A line shared out, letter by letter to the column whose cells become lower by it.

    Parameters
    ----------
    lengths : letters of each cell, a row for each column. least : width of each column's longest word.
    line : letters in it, without the gaps.
    """
    widths = list(least)
    heights = [_height(column, width) for column, width in zip(lengths, widths, strict=True)]
    saved = [now - _height(column, width + 1) for now, column, width in zip(heights, lengths, widths, strict=True)]
    for _ in range(line - sum(widths)):
        at = saved.index(max(saved))
        if not saved[at]:
            break
        widths[at] += 1
        heights[at] -= saved[at]
        saved[at] = heights[at] - _height(lengths[at], widths[at] + 1)
    return widths


def _height(column: np.ndarray, width: int) -> int:
    """How high the cells of a column are, the higher ones counting for more; below one line nothing is saved."""
    parts = np.maximum(_PARTS, -(-_PARTS * column // width))
    return int((parts**3).sum())


def _pages(lengths: np.ndarray, page: _Page, widths: list[int]) -> float:
    """How many pages a table takes."""
    lines = -(-lengths // np.array(widths)[:, None])
    return float((lines.max(axis=0) * page.leading + _PADDING).sum() / page.height)


Node = dict[str, Any]

HEADINGS = {f"h{level}": level for level in range(1, 7)}
_BLOCKS = {*("p", "ul", "ol", "li", "blockquote", "pre", "hr", "table"), *HEADINGS}
# They only hold others; what folds on a page stands open in print.
_HOLDERS = {*("div", "section", "article", "details", "figure", "main", "body", "dl")}
_RUNS = {"strong": "strong", "b": "strong", "em": "em", "i": "em", "del": "del", "s": "del", "code": "code"}
_EMPTY = {"br", "hr", "img", "col", "wbr"}
_SPACES = re.compile(r"[ \t\r\n\f]+")


def blocks(html: str) -> list[Node]:
    """Blocks of a fragment of HTML, in their order.

    Parameters
    ----------
    html : as `sanitising` let it pass; of a tag that is not known here, what it holds remains.

    Returns
    -------
    Nodes with ``tag``: ``p``, ``h`` (with its ``level``), ``ul``, ``ol`` (``start``), ``li``, ``blockquote``, ``pre``,
    ``hr``, ``div``, ``table`` (``caption``, ``head``, ``rows``), and in these the runs ``strong``, ``em``, ``del``,
    ``code``, ``a`` (``href``), ``span`` and ``br``. ``id`` and ``lang`` stand where the HTML has them.
    """
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return _as_blocks(reader.root["parts"])


def plain(parts: Iterable[Any]) -> str:
    """The text of nodes, without any mark."""
    return "".join(
        part if isinstance(part, str) else " " if part["tag"] == "br" else plain(part["parts"]) for part in parts
    )


def every(nodes: Iterable[Any]) -> Iterator[Node]:
    """All nodes that are no texts, the outer ones first."""
    for node in nodes:
        if not isinstance(node, str):
            yield node
            yield from every([*node["parts"], *node.get("caption", []), *_cells(node)])


def _cells(node: Mapping[str, Any]) -> list[Any]:
    return [part for row in [*node.get("head", []), *node.get("rows", [])] for cell in row for part in cell]


class _Reader(HTMLParser):
    """Tags as nodes, each in the one that holds it."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root: Node = {"tag": "div", "parts": []}
        self._open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value for name, value in attrs if value and name in ("id", "lang", "href", "start")}
        node = {"tag": tag, **said, "parts": []}
        self._open[-1]["parts"].append(node)
        if tag not in _EMPTY:
            self._open.append(node)

    def handle_endtag(self, tag: str) -> None:
        # An end without its beginning ends nothing; one that leaves others open ends them, too.
        for depth in range(len(self._open) - 1, 0, -1):
            if self._open[depth]["tag"] == tag:
                del self._open[depth:]
                return

    def handle_data(self, data: str) -> None:
        inside = any(node["tag"] == "pre" for node in self._open)
        self._open[-1]["parts"].append(data if inside else _SPACES.sub(" ", data))


def _as_blocks(parts: list[Any]) -> list[Node]:
    """Parts of a holder as blocks: runs that stand beside blocks become paragraphs of their own."""
    found: list[Node] = []
    runs: list[Any] = []
    for part in [*parts, None]:
        if part is not None and not _is_block(part):
            runs.append(part)
            continue
        if plain(runs).strip() or _has_anchor(runs):
            found.append({"tag": "p", "parts": _as_runs(runs)})
        runs = []
        if part is not None:
            found.append(_block(part))
    return found


def _is_block(part: Any) -> bool:
    """Whether it is a block, or holds one: a link may hold a paragraph."""
    if isinstance(part, str):
        return False
    return part["tag"] in _BLOCKS | _HOLDERS | {"summary"} or any(_is_block(each) for each in part["parts"])


def _has_anchor(runs: list[Any]) -> bool:
    return any("id" in node for node in every(runs))


def _block(node: Node) -> Node:
    tag, said = node["tag"], _said(node)
    if tag in HEADINGS:
        return {"tag": "h", **said, "level": HEADINGS[tag], "parts": _as_runs(node["parts"])}
    if tag == "p":
        return {"tag": "p", **said, "parts": _as_runs(node["parts"])}
    if tag == "pre":
        return {"tag": "pre", **said, "parts": [plain(node["parts"]).strip("\n")]}
    if tag == "hr":
        return {"tag": "hr", **said, "parts": []}
    if tag == "summary":
        return {"tag": "p", **said, "parts": [{"tag": "strong", "parts": _as_runs(node["parts"])}]}
    if tag in ("ul", "ol"):
        items = [part for part in node["parts"] if not isinstance(part, str)]
        start = {"start": int(node.get("start", "1"))} if tag == "ol" else {}
        return {"tag": tag, **said, **start, "parts": [_item(item) for item in items]}
    if tag == "table":
        return {**_table(node), **said}
    return {"tag": tag if tag == "blockquote" else "div", **said, "parts": _as_blocks(node["parts"])}


def _said(node: Node) -> Node:
    return {name: node[name] for name in ("id", "lang") if name in node}


def _item(node: Node) -> Node:
    return {"tag": "li", **_said(node), "parts": _as_blocks(node["parts"])}


def _table(node: Node) -> Node:
    rows = list(_rows(node))
    head = [cells for cells, is_head in rows if is_head][:1]
    body = [cells for cells, is_head in rows if not is_head]
    caption = [run for part in node["parts"] if _tag(part) == "caption" for run in _as_runs(part["parts"])]
    width = max((len(cells) for cells, _ in rows), default=0)
    return {
        "tag": "table",
        "parts": [],
        "caption": caption,
        "head": [_to_width(cells, width) for cells in head],
        "rows": [_to_width(cells, width) for cells in body],
    }


def _rows(node: Node) -> Iterator[tuple[list[list[Any]], bool]]:
    """Rows of a table with whether one is its head: all its cells are."""
    for part in node["parts"]:
        if _tag(part) == "tr":
            cells = [cell for cell in part["parts"] if _tag(cell) in ("th", "td")]
            yield [_as_runs(cell["parts"]) for cell in cells], all(_tag(cell) == "th" for cell in cells)
        elif _tag(part) in ("thead", "tbody", "tfoot"):
            yield from _rows(part)


def _to_width(cells: list[Any], width: int) -> list[Any]:
    return [*cells, *([] for _ in range(width - len(cells)))]


def _tag(part: Any) -> str:
    return "" if isinstance(part, str) else part["tag"]


def _as_runs(parts: list[Any]) -> list[Any]:
    """Runs of a paragraph, without spaces at its ends; a block that stands in it is a run of its own."""
    runs = [_run(part) for part in parts]
    if runs and isinstance(runs[0], str):
        runs[0] = runs[0].lstrip(" ")
    if runs and isinstance(runs[-1], str):
        runs[-1] = runs[-1].rstrip(" ")
    return [run for run in runs if run != ""]


def _run(part: Any) -> Any:
    if isinstance(part, str):
        return part
    tag = "a" if part["tag"] == "a" and "href" in part else "br" if part["tag"] == "br" else None
    said = {name: part[name] for name in ("id", "lang", "href") if name in part}
    return {"tag": tag or _RUNS.get(part["tag"], "span"), **said, "parts": [_run(each) for each in part["parts"]]}


_OUTSIDE = ("https://", "http://", "mailto:")


class BrokenLink(Refusal):
    """A link of the document leads to no part of it; the message says which."""


@dataclass(frozen=True)
class Item:
    """What is printed next: the heading of a section, or one of its blocks.

    Parameters
    ----------
    what : a section stands for its heading alone. level : of the section, chapters having 1.
    sideways : whether it stands on a page on its side.
    """

    what: Section | Block
    level: int
    sideways: bool = False

    @property
    def new_page(self) -> bool:
        """Whether it begins a page: a chapter does, and an area."""
        return isinstance(self.what, Section) and (self.level == 1 or self.what.kind == "area")


@dataclass(frozen=True)
class Links:
    """What `anchors` finds in what is printed, and in what is left out: a link to the latter becomes plain text."""

    known: Set[str]
    left_out: Set[str] = frozenset()


class Once:
    """Anchors as they are given out: a second of the same name gets none, as no link could tell the two apart."""

    def __init__(self) -> None:
        self._given: set[str] = set()

    def __call__(self, anchor: str) -> str:
        """The anchor the first time, and an empty text after that."""
        if anchor in self._given:
            return ""
        self._given.add(anchor)
        return anchor


def printed(document: Document) -> tuple[Document, Links]:
    """What is printed of a document, and where its links can lead.

    The folded tables of all findings, which a page shows only when asked to, are left out: two hundred pages.
    """
    kept = replace(document, chapters=tuple(_printed(chapter, document.language) for chapter in document.chapters))
    known = anchors(kept)
    return kept, Links(known, anchors(document) - known)


def _printed(section: Section, language: str) -> Section:
    kept = [block for block in section.blocks if not _is_left_out(block)]
    if len(kept) < len(section.blocks):
        kept.append(Prose(f"<p>{escape(words(language)['left_out'])}</p>", language))
    return replace(section, blocks=tuple(kept), parts=tuple(_printed(part, language) for part in section.parts))


def _is_left_out(block: Block) -> bool:
    return isinstance(block, Rows) and block.folded and bool(block.anchors)


def leaves(document: Document) -> list[tuple[bool, list[Item]]]:
    """All that is printed in its order, in runs of upright pages (False) and of pages on their side (True)."""
    found = [item for chapter in document.chapters for item in _items(chapter, 1)]
    # A heading stands on the page of the table that follows it.
    for at in reversed(range(len(found) - 1)):
        if isinstance(found[at].what, Section) and found[at + 1].sideways:
            found[at] = replace(found[at], sideways=True)
    return [(sideways, list(run)) for sideways, run in groupby(found, key=lambda item: item.sideways)]


def _items(section: Section, level: int) -> Iterator[Item]:
    yield Item(section, level)
    for block in section.blocks:
        yield Item(block, level, isinstance(block, Rows) and layout(block).sideways)
    for part in section.parts:
        yield from _items(part, level + 1)


def anchors(document: Document) -> set[str]:
    """All that a link can lead to: sections, pictures, tables, numbered rows, and places in prose."""
    found: set[str] = set()
    for section in (section for chapter in document.chapters for section in chapter.every()):
        found.add(section.section_id)
        for block in section.blocks:
            if isinstance(block, Prose):
                found |= {node["id"] for node in every(blocks(block.html)) if "id" in node}
            else:
                found |= {block.name, *(block.anchors if isinstance(block, Rows) else ())}
    return found - {""}


def prose(block: Prose, level: int, links: Links) -> list[Node]:
    """A section's prose as nodes, with headings below the section's own and links that lead somewhere.

    Parameters
    ----------
    level : of the section. links : where one can lead; those to files that lie beside a site become plain text, too.

    Raises
    ------
    BrokenLink : a link leads to no part of the document.
    """
    nodes = blocks(block.html)
    _set_levels(nodes, level)
    for node in every(nodes):
        if node["tag"] == "a" and not node["href"].startswith(_OUTSIDE):
            inside = node["href"].startswith("#") and node["href"][1:] not in links.left_out
            if inside and node["href"][1:] not in links.known:
                raise BrokenLink(
                    "broken_link", f"A link leads to {node['href']}, which stands nowhere in the document: correct it."
                )
            if not inside:
                node["tag"] = "span"
    return nodes


def _set_levels(nodes: Sequence[Any], level: int) -> None:
    """Headings from the level below the section's on, none of which is left out: readers of tagged files rely on it."""
    headings = [node for node in every(nodes) if node["tag"] == "h"]
    last, highest = level, min((node["level"] for node in headings), default=0)
    for node in headings:
        last = node["level"] = min(level + 1 + node["level"] - highest, last + 1)


def label(block: Picture | Rows, language: str) -> str:
    """What a caption begins with: SYNTHETIC where that is so, the word of the language, and the number."""
    said = f"{words(language)['figure' if isinstance(block, Picture) else 'table']} {block.number}"
    return f"{SYNTHETIC} · {said}" if block.synthetic and SYNTHETIC not in block.caption else said
