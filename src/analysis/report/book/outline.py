"""The order of the document, the depth of its headings, and where its links lead: the same in every printed form."""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass, replace
from html import escape
from itertools import groupby
from typing import Any

from analysis.report.book.layout import layout
from analysis.report.book.prose import Node, blocks, every
from analysis.report.book.words import SYNTHETIC, words
from analysis.report.document import Block, Document, Picture, Prose, Rows, Section
from bounded.refusal import Refusal

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
