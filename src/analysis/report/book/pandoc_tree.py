"""What pandoc reads: nodes of prose, tables and pictures as its syntax tree (pandoc-types 1.23)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from analysis.report.book.prose import Node

API_VERSION = [1, 23, 1]
Element = dict[str, Any]


def element(kind: str, content: Any = None) -> Element:
    """One element of the tree."""
    return {"t": kind} if content is None else {"t": kind, "c": content}


def attributes(identifier: str = "", language: str = "", **more: str) -> list[Any]:
    """An element's id, and its attributes: ``custom_style`` names a paragraph style of the Word file."""
    said = {"lang": language, **{name.replace("_", "-"): value for name, value in more.items()}}
    return [identifier, [], [[name, value] for name, value in said.items() if value]]


def text(words: str) -> list[Element]:
    return [element("Str", words)] if words else []


def styled(style: str, inlines: Sequence[Element], language: str = "") -> Element:
    """A paragraph in a style."""
    return element("Div", [attributes("", language, custom_style=style), [element("Para", list(inlines))]])


def raw(xml: str) -> Element:
    """A part of the Word file as it is."""
    return element("RawBlock", ["openxml", xml])


def runs(parts: Sequence[Any]) -> list[Element]:
    """Runs of a paragraph."""
    return [each for part in parts for each in _run(part)]


def _run(part: Any) -> list[Element]:
    if isinstance(part, str):
        return text(part)
    inner = runs(part["parts"])
    anchored = attributes(part.get("id", ""), part.get("lang", ""))
    if part["tag"] == "a":
        inner = [element("Link", [attributes(), inner, [part["href"], ""]])]
    elif part["tag"] == "code":
        inner = [element("Code", [attributes(), "".join(str(each.get("c", " ")) for each in inner)])]
    elif part["tag"] == "br":
        inner = [element("LineBreak")]
    elif part["tag"] in _MARKS:
        inner = [element(_MARKS[part["tag"]], inner)]
    return [element("Span", [anchored, inner])] if anchored != attributes() else inner


_MARKS = {"strong": "Strong", "em": "Emph", "del": "Strikeout"}


def blocks(nodes: Sequence[Node], tight: bool = False) -> list[Element]:
    """Blocks of prose; those of a tight list stand close to each other."""
    return [each for node in nodes for each in _block(node, tight)]


def _block(node: Node, tight: bool) -> list[Element]:
    tag, inner = node["tag"], node["parts"]
    said = attributes(node.get("id", ""), node.get("lang", ""))
    if tag == "h":
        return [element("Header", [node["level"], attributes(node.get("id", "")), runs(inner)])]
    if tag == "p":
        made = [element("Plain" if tight else "Para", runs(inner))]
    elif tag in ("ul", "ol"):
        close = all(len(item["parts"]) <= 1 for item in inner)
        items = [
            _held(attributes(item.get("id", ""), item.get("lang", "")), blocks(item["parts"], close)) for item in inner
        ]
        numbering = [node.get("start", 1), element("Decimal"), element("Period")]
        made = [element("BulletList", items) if tag == "ul" else element("OrderedList", [numbering, items])]
    elif tag == "pre":
        made = [element("CodeBlock", [attributes(), inner[0]])]
    elif tag == "hr":
        made = [element("HorizontalRule")]
    elif tag == "table":
        width = max((len(row) for row in [*node["head"], *node["rows"]]), default=0)
        head = [[element("Plain", runs(cell))] for cell in (node["head"] or [[[]] * width])[0]]
        rows = [[[element("Plain", runs(cell))] for cell in row] for row in node["rows"]]
        made = [table(head, rows, runs(node["caption"]))] if width else []
    else:
        made = blocks(inner)
        made = [element("BlockQuote", made)] if tag == "blockquote" else made
    return _held(said, made)


def _held(said: list[Any], made: list[Element]) -> list[Element]:
    """Blocks with an id or a language, which stand in one that bears it."""
    return made if said == attributes() else [element("Div", [said, made])]


def table(
    head: Sequence[list[Element]],
    rows: Sequence[Sequence[list[Element]]],
    caption: Sequence[Element],
    shares: Sequence[float] = (),
    to_the_right: Sequence[bool] = (),
    name: str = "",
) -> Element:
    """A table of cells, each a list of blocks; `shares` are widths of columns in parts of the line."""
    widths = [element("ColWidth", share) for share in shares] or [element("ColWidthDefault")] * len(head)
    sides = [element("AlignRight" if right else "AlignLeft") for right in to_the_right or [False] * len(head)]
    said = [None, [element("Plain", list(caption))] if caption else []]
    body = [attributes(), 0, [], [_row(cells) for cells in rows]]
    columns = [list(pair) for pair in zip(sides, widths, strict=True)]
    return element("Table", [attributes(name), said, columns, [attributes(), [_row(head)]], [body], [attributes(), []]])


def _row(cells: Sequence[list[Element]]) -> list[Any]:
    return [attributes(), [[attributes(), element("AlignDefault"), 1, 1, cell] for cell in cells]]


def picture(file: str, alt: str, caption: Sequence[Element], name: str, width: str) -> Element:
    """A picture with its caption and a text for people who cannot see it."""
    image = element("Image", [attributes(width=width), text(alt), [file, ""]])
    return element("Figure", [attributes(name), [None, [element("Plain", list(caption))]], [element("Plain", [image])]])


def document(blocks_of_it: Sequence[Element], metadata: Mapping[str, str | Sequence[str]]) -> dict[str, Any]:
    """A document as pandoc reads it."""
    said = {
        name: element("MetaInlines", text(value))
        if isinstance(value, str)
        else element("MetaList", [element("MetaInlines", text(each)) for each in value])
        for name, value in metadata.items()
    }
    return {"pandoc-api-version": API_VERSION, "meta": said, "blocks": list(blocks_of_it)}
