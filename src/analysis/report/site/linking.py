"""Prose on a page of the site: links to where an anchor stands, headings that follow on the page's own, plain text."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping

from analysis.report.site.outline import Place
from bounded.refusal import Refusal

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
    fragment : HTML as `analysis.report.sanitising` writes it.
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
