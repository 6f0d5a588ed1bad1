"""The report as a Word file, made by pandoc: headings, tables and captions are those of Word, and can be edited."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from analysis.findings.sentences import LOCALES
from analysis.report.book import pandoc_tree as tree
from analysis.report.book.layout import breakable, layout, width_mm
from analysis.report.book.outline import Item, Links, Once, label, leaves, printed, prose
from analysis.report.book.pandoc_tree import Element
from analysis.report.book.word_file import SIDEWAYS, UPRIGHT, contents, end_of_pages, finished
from analysis.report.book.words import AUTHORS, SYNTHETIC, words
from analysis.report.document import Document, Picture, Prose, Rows, Section

# Deeper headings stand in no contents.
_DEEPEST_LISTED = 3


def docx(document: Document) -> bytes:
    """The report as a Word file on A4, in fonts that Word has.

    Parameters
    ----------
    document : in one language.

    Raises
    ------
    BrokenLink : a link leads to no part of the document.
    """
    import pypandoc  # only where the program is wanted

    blocks, new_pages = _blocks(document)
    metadata: dict[str, str | Sequence[str]] = {
        "title": document.title,
        "subtitle": document.subtitle,
        "author": list(AUTHORS),
        "date": document.state,
        "description": document.state,
        "keywords": [SYNTHETIC] if document.synthetic else [],
        "lang": tag(document.language),
    }
    with tempfile.TemporaryDirectory(prefix="book-") as folder:
        for picture in document.pictures():
            Path(folder, f"{picture.name}.png").write_bytes(picture.png)
        made = Path(folder, "book.docx")
        subprocess.run(
            [pypandoc.get_pandoc_path(), "--from=json", "--to=docx", f"--output={made}"],
            input=json.dumps(tree.document(blocks, metadata)).encode(),
            cwd=folder,
            # The time of its parts; what would still tell a time is taken out below.
            env={**os.environ, "SOURCE_DATE_EPOCH": "315532800"},
            check=True,
            capture_output=True,
        )
        return finished(made.read_bytes(), document.title, document.synthetic, new_pages)


def tag(language: str) -> str:
    """A language as Word names it, with a country: it has dictionaries for these."""
    return LOCALES[language].replace("_", "-") if language in LOCALES else language


def _blocks(document: Document) -> tuple[list[Element], list[str]]:
    """All blocks, and the anchors of headings that begin a page."""
    document, links = printed(document)
    given = Once()
    runs = leaves(document)
    items = [item for _, run in runs for item in run]
    listed = [
        (item.level, item.what.section_id, item.what.title)
        for item in items
        if isinstance(item.what, Section) and item.level <= _DEEPEST_LISTED
    ]
    note = [*tree.text(SYNTHETIC), *tree.text(f" · {words(document.language)['synthetic']}")]
    found = [tree.styled("Synthetic Note", note)] if document.synthetic else []
    found.append(tree.raw(contents(words(document.language)["contents"], listed)))
    for number, (sideways, run) in enumerate(runs):
        found += [block for item in run for block in _item(item, document.language, links, given)]
        if number + 1 < len(runs):
            found.append(tree.raw(end_of_pages(SIDEWAYS if sideways else UPRIGHT, first=number == 0)))
    return found, [item.what.section_id for item in items if isinstance(item.what, Section) and item.new_page]


def _item(item: Item, language: str, links: Links, given: Once) -> list[Element]:
    what = item.what
    if isinstance(what, Section):
        anchor = tree.attributes(given(what.section_id))
        return [tree.element("Header", [item.level, anchor, tree.text(what.title)])]
    if isinstance(what, Prose):
        return _in(
            what.language, language, tree.blocks([_once(node, given) for node in prose(what, item.level, links)])
        )
    caption = [tree.element("Strong", tree.text(f"{label(what, language)}. ")), *tree.text(what.caption)]
    if isinstance(what, Picture):
        made = [tree.picture(f"{what.name}.png", what.alt, caption, given(what.name), f"{width_mm(what):.1f}mm")]
    else:
        made = [_table(what, caption, given)]
        made += [tree.styled("Table Note", tree.text(what.note))] if what.note else []
    return _in(what.language, language, made)


def _in(language: str, around: str, made: list[Element]) -> list[Element]:
    """Blocks that say their language where it is not that of the document."""
    return made if language == around else [tree.element("Div", [tree.attributes("", tag(language)), made])]


def _table(block: Rows, caption: list[Element], given: Once) -> Element:
    how = layout(block)
    style = "Table Text Small" if how.small else "Table Text"
    head = [[tree.styled(style, tree.text(breakable(str(name))))] for name in block.table]
    rows = []
    for at, cells in enumerate(block.table.itertuples(index=False)):
        made = [[tree.styled(style, tree.text(breakable(str(cell))))] for cell in cells]
        anchor = given(block.anchors[at]) if block.anchors else ""
        if anchor:
            # A place to jump to, in the first cell of its row.
            inner = tree.text(breakable(str(cells[0])))
            made[0] = [tree.styled(style, [tree.element("Span", [tree.attributes(anchor), inner])])]
        rows.append(made)
    numeric = [str(name) in block.numeric for name in block.table]
    return tree.table(head, rows, caption, how.shares, numeric, given(block.name))


def _once(node: Any, given: Once) -> Any:
    """A node whose anchors are new, and whose languages Word knows."""
    if isinstance(node, str):
        return node
    said = {name: change(node[name]) for name, change in (("id", given), ("lang", tag)) if name in node}
    parts = {name: [_once(each, given) for each in node[name]] for name in ("parts", "caption") if name in node}
    cells = {
        name: [[[_once(part, given) for part in cell] for cell in row] for row in node[name]]
        for name in ("head", "rows")
        if name in node
    }
    return {**node, **said, **parts, **cells}
