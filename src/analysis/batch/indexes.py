"""The page that leads to all others, among those that are staged and among those that were released."""

from __future__ import annotations

import re
from collections.abc import Set as AbstractSet
from pathlib import Path

from analysis.batch import report
from analysis.batch.products import write_whole
from analysis.batch.status import index_made_from, index_stands
from analysis.jobs import INDEX, plan, released

LINK = re.compile(r'href="([^":#]+\.html)"')


def write_index() -> None:
    """Write the index of what is staged, where it does not stand as it should.

    That of what was released is written again only where a page that it leads to has been withdrawn.
    """
    pages = [*(job.page for job in plan()), *report.pages()]
    write_index_of({page for page in pages if page.exists()}, INDEX)
    if _leads_nowhere(released(INDEX)):
        write_index_of({page for page in pages if released(page).exists()}, released(INDEX))


def write_index_of(pages: AbstractSet[Path], index: Path) -> bool:
    """Write an index of pages, given by their staged paths, where it does not stand; returns whether it was written."""
    made_from = index_made_from(pages)
    if index_stands(index, made_from):
        return False
    # It draws maps, and takes as long to load as all else together.
    from analysis.report.index import render_index

    write_whole(index, render_index(made_from, pages).encode())
    return True


def _leads_nowhere(index: Path) -> bool:
    try:
        links = LINK.findall(index.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return False
    return any(not (index.parent / link).exists() for link in links)
