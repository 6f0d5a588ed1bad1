"""The report as a PDF, set by Typst: tagged, with an outline, and the same bytes on every machine."""

from __future__ import annotations

import json
import tempfile
from importlib import resources
from pathlib import Path
from typing import Any, Final

from analysis.report.document import Document, Picture, Prose, Rows, Section
from analysis.report.print_layout import (
    AUTHORS,
    MEASURE_MM,
    SYNTHETIC,
    Item,
    Links,
    Node,
    Once,
    breakable,
    label,
    layout,
    leaves,
    printed,
    prose,
    width_mm,
    words,
)

# PDF/UA-1 (ISO 14289-1): what people who cannot see a page need of it; Typst refuses a document that lacks it.
STANDARD: Final = "ua-1"
# Letters of a cell.
_LONGEST_WHOLE = 1200


def pdf(document: Document) -> bytes:
    """The report as a PDF on A4, with fonts that Typst and matplotlib bring along.

    Parameters
    ----------
    document : in one language.

    Raises
    ------
    BrokenLink : a link leads to no part of the document.
    """
    import typst  # a fifth of a second, which only the printed report is worth

    with tempfile.TemporaryDirectory(prefix="book-") as name:
        folder = Path(name)
        for picture in document.pictures():
            (folder / f"{picture.name}.png").write_bytes(picture.png)
        said = json.dumps(_data(document), ensure_ascii=False, sort_keys=True)
        (folder / "document.json").write_text(said, encoding="utf-8")
        main = folder / "book.typ"
        main.write_bytes((resources.files("analysis.report") / "templates" / "book.typ").read_bytes())
        return typst.compile(
            str(main),
            root=name,
            format="pdf",
            font_paths=[_fonts()],
            ignore_system_fonts=True,
            pdf_standards=STANDARD,
        )


def _fonts() -> str:
    """The folder of matplotlib's fonts, for signs that Libertinus lacks."""
    import matplotlib

    return str(Path(matplotlib.get_data_path()) / "fonts" / "ttf")


def _data(document: Document) -> dict[str, Any]:
    """The report as the template reads it; an anchor stands where it comes first."""
    document, links = printed(document)
    given = Once()
    return {
        "language": document.language,
        "title": document.title,
        "subtitle": document.subtitle,
        "state": document.state,
        "authors": list(AUTHORS),
        "keywords": [SYNTHETIC] if document.synthetic else [],
        "synthetic": document.synthetic,
        "words": words(document.language),
        "leaves": [
            {"sideways": sideways, "items": [_item(item, document.language, links, given) for item in items]}
            for sideways, items in leaves(document)
        ],
    }


def _item(item: Item, language: str, links: Links, given: Once) -> dict[str, Any]:
    what = item.what
    if isinstance(what, Section):
        said = {"level": item.level, "title": what.title, "id": given(what.section_id), "new-page": item.new_page}
        return {"kind": "heading", **said}
    if isinstance(what, Prose):
        nodes = [_breakable(node, given) for node in prose(what, item.level, links)]
        return {"kind": "prose", "language": what.language, "nodes": nodes}
    shared = {
        "label": label(what, language),
        "caption": what.caption,
        "language": what.language,
        "synthetic": what.synthetic,
        "name": given(what.name),
    }
    return {**shared, **(_picture(what) if isinstance(what, Picture) else _rows(what, given))}


def _picture(block: Picture) -> dict[str, Any]:
    width = round(100 * width_mm(block) / MEASURE_MM, 2)
    return {"kind": "picture", "file": f"{block.name}.png", "alt": block.alt, "width": width}


def _rows(block: Rows, given: Once) -> dict[str, Any]:
    how = layout(block)
    anchored = block.anchors or ("",) * len(block.table)
    return {
        "kind": "rows",
        "head": [breakable(str(name)) for name in block.table],
        "numeric": [str(name) in block.numeric for name in block.table],
        "rows": [
            {"anchor": given(anchor), "cells": [breakable(str(cell)) for cell in cells]}
            for anchor, cells in zip(anchored, block.table.itertuples(index=False), strict=True)
        ],
        "note": block.note,
        "shares": list(how.shares),
        "small": how.small,
        # A row is kept together, unless it could be longer than a page.
        "whole": max((len(str(cell)) for cell in block.table.to_numpy().ravel()), default=0) < _LONGEST_WHOLE,
    }


def _breakable(node: Any, given: Once) -> Any:
    """A node whose long words can be broken, and whose anchors are new."""
    if isinstance(node, str):
        return breakable(node)
    if node["tag"] == "pre":
        return node
    lists = {name: _cells(node[name], given) for name in ("head", "rows") if name in node}
    parts = {name: [_breakable(each, given) for each in node[name]] for name in ("parts", "caption") if name in node}
    anchor = {"id": given(node["id"])} if "id" in node else {}
    return {**node, **lists, **parts, **anchor}


def _cells(rows: list[list[Any]], given: Once) -> list[list[list[Node | str]]]:
    return [[[_breakable(part, given) for part in cell] for cell in row] for row in rows]
