"""The prose of the report, from clean HTML to a tree of blocks and runs that each way of printing walks.

A node is a text, or a mapping with its ``tag`` and its ``parts``. Blocks hold blocks or a paragraph's runs, never both,
so that whoever prints them has no case to tell apart.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from html.parser import HTMLParser
from typing import Any

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
