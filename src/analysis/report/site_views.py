"""Sections, figures and tables as the templates of the site want them.

What the search of a language looks through: pages, sections, figures, tables and findings, each with its place.
"""

from __future__ import annotations

import base64
import json
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from babel.numbers import format_decimal
from markupsafe import Markup

from analysis.findings.measures import LOCALES
from analysis.report import site_outline
from analysis.report.document import Block, Picture, Prose, Rows, Section
from analysis.report.site_outline import Page, Place, block_id, has_own_page, plain

# Tables of more rows can be folded away, and of still more scroll in themselves.
FEW_ROWS, MANY_ROWS = 12, 40
# Letters of the longest cell: above the first a column is words, above the second sentences.
WORDS, SENTENCES = 14, 60


@dataclass(frozen=True)
class Shelf:
    """What all blocks of a page have in common: its address, language and words, and where anchors stand."""

    address: str
    language: str
    words: Mapping[str, str]
    places: Mapping[str, Place]

    def lang(self, language: str) -> str:
        """The language of a part where it is another than the page's."""
        return "" if language == self.language else language


def section_view(section: Section, level: int, shelf: Shelf, below: Mapping[str, Page]) -> dict:
    """A section with all that stands on its page.

    Parameters
    ----------
    level : of its heading. below : the pages that lie below this one, by stem; they are listed where they stand.
    """
    parts = _parts(section, level, shelf, below)
    blocks = [
        _block_view(block, level, f"{section.section_id}-{number}", shelf)
        for number, block in enumerate(section.blocks, 1)
    ]
    own = [each for block in blocks if block["kind"] == "prose" for each in block["headings"]]
    of_parts = [part["section"] for part in parts if "section" in part]
    return {
        "id": section.section_id,
        "title": section.title,
        "level": level,
        "synthetic": section.synthetic,
        "blocks": blocks,
        "parts": parts,
        # What stands one level below: headings of its prose, and its parts.
        "contents": [*own, *({"id": part["id"], "title": part["title"], "lang": ""} for part in of_parts)],
    }


def _parts(section: Section, level: int, shelf: Shelf, below: Mapping[str, Page]) -> list[dict]:
    """Its parts in their order; those with pages of their own are one list where they follow each other.

    Areas are left out: a page lists those below it at its head, beside their map.
    """
    found: list[dict] = []
    for part in section.parts:
        if not has_own_page(part):
            found.append({"section": section_view(part, min(level + 1, 6), shelf, below)})
        elif below[part.section_id].is_area:
            continue
        elif found and "pages" in found[-1]:
            found[-1]["pages"].append(below[part.section_id])
        else:
            found.append({"pages": [below[part.section_id]]})
    return found


def _block_view(block: Block, level: int, stem: str, shelf: Shelf) -> dict:
    if isinstance(block, Prose):
        moved = site_outline.below(site_outline.linked(block.html, shelf.places, shelf.address), level, stem)
        lang = shelf.lang(block.language)
        found = site_outline.headings(moved, level + 1)
        return {
            "kind": "prose",
            "html": Markup(moved),
            "lang": lang,
            "headings": [{"id": anchor, "title": text, "lang": lang} for anchor, text in found],
        }
    label = label_of(block, shelf.words)
    said = {
        "id": block_id(block),
        "label": label,
        "caption": block.caption,
        "lang": shelf.lang(block.language),
        "synthetic": block.synthetic,
    }
    return said | (_picture(block) if isinstance(block, Picture) else _rows(block, shelf))


def label_of(block: Picture | Rows, words: Mapping[str, str]) -> str:
    """``Figure 3.``, in the language of the page."""
    kind = "figure" if isinstance(block, Picture) else "table"
    return words["number"].format(label=words[kind], number=block.number)


def _picture(picture: Picture) -> dict:
    width, height = struct.unpack(">II", picture.png[16:24])
    synthetic = "_SYNTHETIC" if picture.synthetic and "SYNTHETIC" not in picture.name else ""
    return {
        "kind": "picture",
        "source": "data:image/png;base64," + base64.b64encode(picture.png).decode(),
        "width": width,
        "height": height,
        "alt": picture.alt,
        "file": f"{picture.name}{synthetic}.png",
    }


def _rows(rows: Rows, shelf: Shelf) -> dict:
    columns = [str(name) for name in rows.table.columns]
    cells = [[str(cell) for cell in row] for row in rows.table.itertuples(index=False)]
    return {
        "kind": "rows",
        "columns": [
            {"name": name, "how": _how(name, [row[at] for row in cells], name in rows.numeric)}
            for at, name in enumerate(columns)
        ],
        "rows": [
            _row(row, anchor, block_id(rows), shelf)
            for row, anchor in zip(cells, rows.anchors or ("",) * len(cells), strict=True)
        ],
        "count": format_decimal(len(cells), locale=LOCALES[shelf.language]),
        "note": rows.note,
        "folds": rows.folded or len(cells) > FEW_ROWS,
        "open": not rows.folded,
        "long": len(cells) > MANY_ROWS,
    }


def _row(cells: list[str], anchor: str, table: str, shelf: Shelf) -> dict:
    """A row; one that stands on several pages carries its anchor in the first place alone."""
    place = shelf.places.get(anchor)
    return {
        "anchor": anchor if place == Place(shelf.address, anchor, table) else "",
        "cells": [site_outline.linked_cell(cell, shelf.places, shelf.address, anchor) for cell in cells],
    }


def _how(name: str, cells: list[str], is_number: bool) -> str:
    """The class of a column: numbers stand to the right, and sentences need room."""
    longest = max(map(len, cells), default=0)
    if is_number:
        return "number"
    if longest > SENTENCES:
        return "sentences"
    return "words" if max(longest, len(name)) > WORDS else "short"


# What is found: the first are ranked highest, and what stands in an annex below all else.
PAGE, SECTION, SHOWN, FINDING, ANNEX = range(5)
# Letters of a cell that is no sentence.
_SHORT = 24


@dataclass(frozen=True)
class Entry:
    """One place that can be found: where it is, what it is called, in which parts of the report, and its text."""

    address: str
    title: str
    trail: str
    kind: int
    text: str


def entries(pages: Sequence[Page], words: Mapping[str, str]) -> list[Entry]:
    """Every place of the report that can be found, in its order."""
    titles = {page.stem: page.section.title for page in pages}
    found: list[Entry] = []
    for page in pages:
        trail = " › ".join([*(titles[stem] for stem in page.above), page.section.title])
        of_page = _of_page(page, trail, words)
        found += [replace(entry, kind=ANNEX) for entry in of_page] if page.section.kind == "annex" else of_page
    return found


def as_json(found: list[Entry]) -> str:
    """The entries as JSON that can stand in a page: no text in it ends the element around it."""
    trails = list(dict.fromkeys(entry.trail for entry in found))
    number = {trail: at for at, trail in enumerate(trails)}
    rows = [[each.address, each.title, number[each.trail], each.kind, each.text] for each in found]
    text = json.dumps({"trails": trails, "entries": rows}, ensure_ascii=False, separators=(",", ":"))
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def _of_page(page: Page, trail: str, words: Mapping[str, str]) -> Iterator[Entry]:
    for section in page.own():
        is_page = section is page.section
        address = page.address if is_page else f"{page.address}#{section.section_id}"
        if section.title:
            yield Entry(address, section.title, trail, PAGE if is_page else SECTION, _prose(section))
        for block in section.blocks:
            if isinstance(block, Picture):
                yield _shown(page, trail, block, block.alt, words)
            elif isinstance(block, Rows):
                yield from _of_table(page, trail, block, words)


def _of_table(page: Page, trail: str, rows: Rows, words: Mapping[str, str]) -> Iterator[Entry]:
    lines = [[str(cell) for cell in row if str(cell)] for row in rows.table.itertuples(index=False)]
    if not rows.anchors:
        text = " | ".join([*(" · ".join(line) for line in lines), rows.note])
        yield _shown(page, trail, rows, text, words)
        return
    yield _shown(page, trail, rows, rows.note, words)
    for anchor, line in zip(rows.anchors, lines, strict=True):
        # What it is called: its number, and its sentence where the next cells are short.
        end = next((at + 1 for at, cell in enumerate(line) if len(cell) > _SHORT), len(line))
        yield Entry(f"{page.address}#{anchor}", " · ".join(line[:end]), trail, FINDING, " · ".join(line[end:]))


def _shown(page: Page, trail: str, block: Picture | Rows, text: str, words: Mapping[str, str]) -> Entry:
    title = f"{label_of(block, words)} {block.caption}"
    return Entry(f"{page.address}#{block_id(block)}", title, trail, SHOWN, text)


def _prose(section: Section) -> str:
    return " ".join(plain(block.html) for block in section.blocks if isinstance(block, Prose))
