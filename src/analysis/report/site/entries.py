"""What the search of a language looks through: pages, sections, figures, tables and findings, each with its place."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from analysis.report.document import Picture, Prose, Rows, Section
from analysis.report.site.linking import plain
from analysis.report.site.outline import Page, block_id
from analysis.report.site.views import label_of

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
