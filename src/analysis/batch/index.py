"""The page that leads to all others, and the links between pages, among those that are staged and those released.

They cost no run of a notebook: each is written again where it does not stand as it should.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path

from analysis import catalog
from analysis.batch import released_manifest
from analysis.batch.products import digest, write_whole
from analysis.batch.provenance import index_digest
from analysis.batch.report import report_pages
from analysis.catalog import shown
from analysis.jobs import INDEX, plan, released
from analysis.report import evidence_news, page_links
from analysis.report.key_numbers import of_page

LINK = re.compile(r'href="([^":#]+\.html)"')


def write_index() -> None:
    """Write the index of what is staged, and the links between staged pages, where they do not stand as they should.

    Those of what was released are written again only where a page that they lead to has been withdrawn.
    """
    pages = [*(job.page for job in plan()), *report_pages()]
    staged = {page: page for page in pages if page.exists()}
    link_pages(staged)
    write_index_of(staged, INDEX)
    if _leads_nowhere(released(INDEX)):
        outside = {page: released(page) for page in pages if released(page).exists()}
        link_pages(outside)
        write_index_of(outside, released(INDEX))


def link_pages(pages: Mapping[Path, Path]) -> None:
    """Write what pages say of each other; `pages` holds where each stands whose staged path this is.

    Those of a study with a fault stay as they are: nobody may know which analyses it has.
    """
    for job in [job for job in plan() if job.study not in catalog.faults()]:
        if (place := pages.get(job.page)) is not None:
            content = place.read_bytes()
            linked = page_links.filled(content, job, pages)
            if linked != content:
                write_whole(place, linked, job.private and place == job.page)


def write_index_of(pages: Mapping[Path, Path], index: Path) -> bool:
    """Write an index of pages, staged path to where they stand, unless it stands; returns whether it was written."""
    before = released_manifest.evidence_before()
    made_from = _made_from(pages, digest(json.dumps(before, sort_keys=True).encode()))
    if _stands(index, made_from):
        return False
    # It draws maps, and takes as long to load as all else together.
    from analysis.report.index import render_index

    write_whole(index, render_index(made_from, pages, evidence_news.news(before, evidence_news.state())).encode())
    return True


def _leads_nowhere(index: Path) -> bool:
    try:
        links = LINK.findall(index.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return False
    return any(not (index.parent / link).exists() for link in links)


def _stands(index: Path, made_from: str) -> bool:
    """Whether an index of pages stands, made from what `made_from` is the digest of."""
    try:
        with open(index, encoding="utf-8") as file:
            return f'content="{made_from}"' in file.read(1000)
    except FileNotFoundError:
        return False


def _made_from(pages: Mapping[Path, Path], before: str) -> str:
    """The digest of all that an index follows from: program, data, which pages there are and what numbers they say.

    Parameters
    ----------
    pages : where each stands whose staged path this is. before : the digest of the evidence of the last release.
    """
    jobs = plan()
    there = [(job.name, job.page in pages, job.failed.exists(), of_page(pages.get(job.page, job.page))) for job in jobs]
    others = sorted(shown(page) for page in pages.keys() - {job.page for job in jobs})
    return digest(f"{index_digest()} {there} {others} {sorted(catalog.faults())} {before}".encode())
