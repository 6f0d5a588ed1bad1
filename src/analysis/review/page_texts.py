"""Texts of published pages and documents, as a reader sees them, by the exhibits in which they stand."""

from __future__ import annotations

import base64
import io
import re
import zipfile
from collections.abc import Mapping
from html import unescape
from html.parser import HTMLParser

from analysis.batch.products import digest
from analysis.jobs import SYNTHETIC
from analysis.report.page_links import bare

# Parts: what a text is of.
PARAGRAPH, PRINTED, TITLE, HEADER = "paragraph", "printed row", "title", "table header"
ALTERNATIVE = "alternative text"
# The exhibit of the opening of a page.
KEY_FINDINGS = "(key findings)"
_HEADINGS = {f"h{level}" for level in range(1, 7)}
# Where a text ends on a page, and what is open that decides what a text is.
BREAKS = {
    *("p", "li", "dt", "dd", "div", "summary", "caption", "figcaption", "title", "table", "nav", "text"),
    *("img", "iframe", *_HEADINGS),
}
OPEN = {"thead": "head", "script": "silent", "style": "silent", "td": "cell", "th": "cell"}
BETWEEN = " | "

Address = tuple[str, str, str, str]  # study, area, analysis, exhibit


def texts(
    suffix: str, content: bytes, address: Address, known: Mapping[tuple[str, ...], str]
) -> list[tuple[str, str, str]]:
    """Return the texts of a page or a document in their order: exhibit, part, text; of other files none.

    Parameters
    ----------
    suffix : of the file. address : study, area, analysis and exhibit of it. known : (study, area, analysis, digest of a
        figure or framed page) -> exhibit.
    """
    if suffix == ".docx":
        with zipfile.ZipFile(io.BytesIO(content)) as document:
            paragraphs = document.read("word/document.xml").decode().split("</w:p>")
        said = ("".join(re.findall(r"<w:t(?: [^>]*)?>([^<]*)", each)) for each in paragraphs)
        return [(address[3], PARAGRAPH, unescape(line)) for line in said if line.strip()]
    if suffix != ".html":
        return []
    page = _Page(address, known)
    # What a page says of other pages does not follow from its notebook.
    page.feed(bare(content).decode())
    names = page.titles | page.names
    return [(names.get(number, address[3]), part, text) for number, part, text in page.lines]


class _Page(HTMLParser):
    """The texts of a page by exhibit: a figure, and the table, limits and sources that follow it."""

    def __init__(self, address: Address, known: Mapping[tuple[str, ...], str]) -> None:
        super().__init__()
        self.address, self.known = address, known
        self.lines: list[tuple[int, str, str]] = []
        # Exhibits by number, as the files are named or else as they are titled; 0 is the page.
        self.names, self.titles = {0: address[3]}, dict[int, str]()
        self.cells, self.open = list[str](), list[str]()
        # The exhibit that is open; the figure that awaits its table; depth of divisions; how many exhibits there are.
        self.block = self.figure = self.depth = self.made = 0
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag in BREAKS and "cell" not in self.open:
            self._take(PARAGRAPH)
        if tag in ("img", "iframe"):
            self.made = self.figure = self.made + 1
            shown = base64.b64decode(given.get("src", "").partition("base64,")[2]) or given.get("srcdoc", "").encode()
            if name := self.known.get((*self.address[:3], digest(shown))):
                self.names[self.figure] = name
            self.lines.append((self.figure, ALTERNATIVE, given.get("alt") or given.get("title", "")))
        elif (
            tag == "div"
            and self.address[0]
            and not self.block
            and {"exhibit", "key"} & set(given.get("class", "").split())
        ):
            self.made += not self.figure
            self.block, self.figure = self.figure or self.made, 0
            self.names |= {self.block: KEY_FINDINGS} if given["class"] == "key" else {}
        elif tag == "a" and self.block and given.get("href", "").endswith(".csv"):
            stem = given["href"].removesuffix(".csv").removesuffix(SYNTHETIC)
            self.names[self.block] = stem.removeprefix(f"{self.address[2]}_")
        self.depth += tag == "div" and self.block > 0
        self.open += [OPEN[tag]] if tag in OPEN else []

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th"):
            self.cells.append(self._take())
        elif tag == "tr" and self.cells:
            self.lines.append((self.block, HEADER if "head" in self.open else PRINTED, BETWEEN.join(self.cells)))
            self.cells = []
        elif tag in BREAKS and "cell" not in self.open:
            self._take(TITLE if tag in ("caption", "title") else PARAGRAPH)
        if OPEN.get(tag) in self.open:
            self.open.remove(OPEN[tag])
        self.depth -= tag == "div" and self.depth > 0
        self.block = self.block if self.depth else 0

    def handle_data(self, data: str) -> None:
        self.text += "" if "silent" in self.open else data

    def _take(self, part: str = "") -> str:
        """The text since the last, entered as a line of its part if it has one."""
        said, self.text = " ".join(self.text.split()), ""
        if said and part:
            self.lines.append((self.block, part, said))
            self.figure = 0
            if self.block and (part == TITLE or self.block not in self.titles):
                self.titles[self.block] = re.sub(r" \(\d+\)$", "", said.partition(": ")[2] or said)
        return said
