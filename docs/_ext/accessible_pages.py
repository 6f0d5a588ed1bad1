"""Pages that can be used with a keyboard and a screen reader: what the theme leaves out is put in at the end."""

from __future__ import annotations

import re
from pathlib import Path

# What is searched for in a page -> what stands in its place. Each leaves nothing behind that it would find again.
FIXED = {
    # A heading without a level is none; what it heads is a list of links beside the text.
    r'<p class="caption" role="heading">': '<p class="caption">',
    # Two regions of one kind are told apart by their names.
    r'<aside class="sidebar-drawer">': '<aside class="sidebar-drawer" aria-label="All pages">',
    r'<aside class="(toc-drawer[^"]*)">': r'<aside class="\1" aria-label="On this page">',
    # What is wider than a screen is moved sideways with the arrow keys.
    r"<pre>": '<pre tabindex="0">',
    r'<div class="(table-wrapper[^"]*)">': r'<div class="\1" tabindex="0">',
    # A heading that says nothing heads nothing.
    r"<th class=\"([^\"]*)\"><p></p></th>": r'<td class="\1"></td>',
    # Parameters of a function, one a line: no list of terms.
    r"\n<dl>\n((?:<dd>.*</dd>\n)+)</dl>": lambda found: f'\n<span class="parameters">\n{_lines(found[1])}</span>',
}
SEARCH = '<div id="search-results"></div>'


def _lines(items: str) -> str:
    return items.replace("<dd>", '<span class="parameter">').replace("</dd>", "</span>")


def fixed(page: str) -> str:
    """A page of the site in which what the theme leaves out is put in."""
    for sought, instead in FIXED.items():
        page = re.sub(sought, instead, page)
    if SEARCH in page and "<h1" not in page:
        page = page.replace(SEARCH, f"<h1>Search</h1>\n{SEARCH}")
    return page


def setup(app):
    """Fix every page when all are written."""

    def mend_all(app, exception):
        if exception is None and app.builder.format == "html":
            for path in sorted(Path(app.outdir).rglob("*.html")):
                page = path.read_text(encoding="utf-8")
                path.write_text(fixed(page), encoding="utf-8")

    app.connect("build-finished", mend_all)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
