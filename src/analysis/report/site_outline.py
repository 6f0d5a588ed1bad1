"""Which pages a document has on the site, and on which of them each of its anchors stands.

Prose on a page of the site: links to where an anchor stands, headings that follow on the page's own, plain text.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from analysis.report.document import Document, Picture, Prose, Rows, Section
from bounded.refusal import Refusal

START, SEARCH = "index", "search"
# The chapter that the start page shows.
SUMMARY = "summary"
# Sections with a page of their own, wherever they stand below a chapter.
_OWN_PAGE = ("chapter", "area", "annex")


@dataclass(frozen=True)
class Page:
    """One page of the report.

    Parameters
    ----------
    stem : its name without ``.html``. section : what it shows.
    above : stems of the pages that it lies below, the chapter first. below : the pages that lie directly below it.
    """

    stem: str
    section: Section
    above: tuple[str, ...] = ()
    below: tuple[Page, ...] = ()

    @property
    def address(self) -> str:
        """As another page of the same language links to it."""
        return f"{self.stem}.html"

    @property
    def is_area(self) -> bool:
        return self.section.kind == "area"

    def own(self) -> Iterator[Section]:
        """The section and what of it stands on this page, in its order."""
        yield from _on_this_page(self.section)


@dataclass(frozen=True)
class Place:
    """Where an anchor stands: on which page, under which anchor ("" is the page itself), in which figure or table."""

    page: str
    anchor: str = ""
    block: str = ""

    def seen_from(self, page: str) -> str:
        """As a link on a page of the same language leads there."""
        if self.anchor:
            return f"#{self.anchor}" if page == self.page else f"{self.page}#{self.anchor}"
        return self.page


def pages_of(document: Document) -> list[Page]:
    """All pages in reading order: the start page with the summary, then each chapter before what lies below it.

    Raises
    ------
    ValueError : two pages have one name, or one has a name that the site needs.
    """
    tops = [_page(chapter, ()) for chapter in document.chapters]
    if not any(page.stem == START for page in tops):
        tops.insert(0, Page(START, Section(SUMMARY, "")))
    pages = [page for top in tops for page in _and_below(top)]
    names = [SEARCH, *(page.stem for page in pages)]
    doubled = sorted({name for name in names if names.count(name) > 1})
    if doubled:
        raise Refusal(
            "duplicate_name", f"Pages of the site need names of their own; these are taken: {', '.join(doubled)}."
        )
    return sorted(pages, key=lambda page: page.stem != START)


def places_of(pages: Sequence[Page]) -> dict[str, Place]:
    """Where each anchor stands.

    A figure and a table can be linked to by number (``figure-3``) and by name; where something stands twice, the first
    place counts.
    """
    found: dict[str, Place] = {}
    for page in pages:
        found.setdefault(page.section.section_id, Place(page.address))
        for section in page.own():
            found.setdefault(section.section_id, Place(page.address, section.section_id))
            for block in section.blocks:
                for name, anchor in _names(block):
                    found.setdefault(name, Place(page.address, anchor, block_id(block)))
    return found


def block_id(block: Prose | Picture | Rows) -> str:
    """The anchor of a figure or a table, whose numbers are unlike each other; prose has none."""
    if isinstance(block, Prose):
        return ""
    return f"{'figure' if isinstance(block, Picture) else 'table'}-{block.number}"


def _page(section: Section, above: tuple[str, ...]) -> Page:
    stem = START if section.section_id == SUMMARY and not above else section.section_id
    return Page(stem, section, above, tuple(_page(part, (*above, stem)) for part in _own_pages(section)))


def _own_pages(section: Section) -> Iterator[Section]:
    for part in section.parts:
        if has_own_page(part):
            yield part
        else:
            yield from _own_pages(part)


def has_own_page(section: Section) -> bool:
    """Whether a part of a chapter is a page and not a piece of one."""
    return section.kind in _OWN_PAGE


def _and_below(page: Page) -> Iterator[Page]:
    yield page
    for each in page.below:
        yield from _and_below(each)


def _on_this_page(section: Section) -> Iterator[Section]:
    yield section
    for part in section.parts:
        if not has_own_page(part):
            yield from _on_this_page(part)


def _names(block: Prose | Picture | Rows) -> Iterator[tuple[str, str]]:
    if isinstance(block, Prose):
        return
    yield block_id(block), block_id(block)
    yield block.name, block_id(block)
    if isinstance(block, Rows):
        yield from ((anchor, anchor) for anchor in block.anchors)


_TO_ANCHOR = re.compile(r'(<a\b[^>]*\bhref=")#([^"]*)"')
_HEADING = re.compile(r"<(/?)h([1-6])\b")
_DIVIDES = re.compile(
    r"</?(?:p|ul|ol|li|h[1-6]|div|br|hr|blockquote|pre|table|caption|thead|tbody|tr|th|td|details|summary)\b[^>]*>"
)
_TAG = re.compile(r"<[^<>]*>")
# The number of a finding in a cell: its row is linked to.
_FINDING = re.compile(r"\bF(\d+)\b")
# Begins the anchor of a recommendation.
_RECOMMENDATION = "recommendation-"


class LeadsNowhere(Refusal):
    """A link leads to an anchor that no page has; the message names it and the page."""


def linked(fragment: str, places: Mapping[str, Place], page: str) -> str:
    """Clean HTML whose links to anchors lead to the page on which each stands.

    Parameters
    ----------
    fragment : HTML as `analysis.report.pages` writes it.
    places : where each anchor stands. page : the address of the page that it will stand on.

    Raises
    ------
    LeadsNowhere : an anchor stands on no page.
    """

    def led(link: re.Match[str]) -> str:
        anchor = html.unescape(link[2])
        if anchor not in places:
            raise LeadsNowhere(
                "broken_link", f"A link on {page} leads to '#{anchor}', which is on no page of the report."
            )
        return f'{link[1]}{html.escape(places[anchor].seen_from(page))}"'

    return _TO_ANCHOR.sub(led, fragment)


def below(fragment: str, level: int, stem: str) -> str:
    """Clean HTML whose headings begin one level below `level` and leave none out, however they were written.

    Each heading is an anchor: ``stem-1``, ``stem-2``, ….
    """
    open_: list[int] = []
    number = 0

    def moved(heading: re.Match[str]) -> str:
        nonlocal number
        if heading[1]:
            return f"</h{min(level + len(open_), 6)}"
        written = int(heading[2])
        while open_ and open_[-1] >= written:
            open_.pop()
        open_.append(written)
        number += 1
        return f'<h{min(level + len(open_), 6)} id="{html.escape(stem)}-{number}"'

    return _HEADING.sub(moved, fragment)


def headings(fragment: str, level: int) -> list[tuple[str, str]]:
    """Anchors and texts of the headings of a level, of HTML as `below` gives it."""
    found = re.findall(rf'<h{level} id="([^"]*)"[^>]*>(.*?)</h{level}>', fragment, re.DOTALL)
    return [(html.unescape(anchor), plain(text)) for anchor, text in found]


def plain(fragment: str) -> str:
    """Clean HTML as one line of text."""
    text = _TAG.sub("", _DIVIDES.sub(" ", fragment))
    return " ".join(html.unescape(text).split())


def linked_cell(text: str, places: Mapping[str, Place], page: str, own: str = "") -> list[tuple[str, str]]:
    """The text of a cell in pieces, each with the address that it leads to.

    A number of a finding leads to it, and the id of a recommendation that stands alone in its cell to that.

    Parameters
    ----------
    own : the anchor of the cell's own row, which needs no link to itself.

    Returns
    -------
    Pairs of text and address; the address is "" where the text leads nowhere.
    """
    if (advice := f"{_RECOMMENDATION}{text}") in places:
        return [(text, places[advice].seen_from(page))]
    pieces, end = [], 0
    for found in _FINDING.finditer(text):
        anchor = f"finding-{found[1]}"
        if anchor in places and anchor != own:
            pieces += [(text[end : found.start()], ""), (found[0], places[anchor].seen_from(page))]
            end = found.end()
    return [piece for piece in [*pieces, (text[end:], "")] if piece[0]]
