"""What a page says of other pages: put in where pages stand, no part of what its notebook led to, and nothing else."""

from __future__ import annotations

import nbformat
import pytest

from analysis.batch.products import damaged, digest
from analysis.jobs import Job, analyses_of
from analysis.report import key_findings, page_links, pages
from analysis.report.page_links import bare, earlier, filled

JOB = Job("trends", "west_africa", "SEN")
OTHERS = [Job(name, JOB.study, JOB.area_id) for name in analyses_of(JOB.study, JOB.area_id)]
MARKS = b"".join((*page_links.LINKS, *page_links.AWAITED))


def page(*shown: str) -> bytes:
    """A page as its notebook leads to it, with some HTML on it."""
    outputs = [
        nbformat.v4.new_output("display_data", {"text/html": each}, metadata={"text/html": {"release_class": "public"}})
        for each in shown
    ]
    cells = [nbformat.v4.new_markdown_cell("# A title"), nbformat.v4.new_code_cell("1", outputs=outputs)]
    return pages.render_page(JOB, nbformat.v4.new_notebook(cells=cells)).encode()


def test_a_page_leads_to_those_that_stand_beside_it_and_to_no_other():
    alone = filled(page(), JOB, set())
    assert b'<strong aria-current="page">Trends in detection</strong>' in alone and alone.count(b"<a href") == 1
    among = filled(alone, JOB, {job.page for job in OTHERS})
    for job in OTHERS:
        assert (f'<a href="{job.page.name}">'.encode() in among) == (job != JOB)
    # One that was withdrawn is led to no more.
    assert filled(among, JOB, set()) == alone


def test_what_is_filled_in_is_no_part_of_the_digest_and_all_else_is(tmp_path):
    made = page("<p>Said.</p>")
    assert bare(made) == made
    path = tmp_path / "trends.html"
    path.write_bytes(filled(made, JOB, {job.page for job in OTHERS}))
    assert path.read_bytes() != made and not damaged({str(path): digest(made)})
    path.write_bytes(path.read_bytes().replace(b"Said.", b"Paid."))
    assert damaged({str(path): digest(made)}) == [str(path)]


def test_a_page_that_is_older_than_those_beside_it_says_why_until_it_is_so_no_more():
    why = "Older than what stands beside it: A & B <failed>."
    older = filled(page("<p>Said.</p>"), JOB, set(), why)
    assert earlier(older) == why and b"A &amp; B &lt;failed&gt;" in older and bare(older) == page("<p>Said.</p>")
    # Where nothing is told of it, it says what it said, whatever stands beside it.
    assert earlier(filled(older, JOB, {job.page for job in OTHERS})) == why
    assert filled(older, JOB, set(), "") == filled(page("<p>Said.</p>"), JOB, set())
    # What an output shows is no mark.
    shown = page(f"<p>{page_links.EARLIER[0].decode()}<strong>x</strong>{page_links.EARLIER[1].decode()}</p>")
    assert earlier(shown) == "" == earlier(filled(shown, JOB, set()))


FOUND = key_findings.box(["Three victims in 2020.", "Nothing else is known."], "", ["SEN/headline.victims", ""])


def opened_by(shown: str) -> bytes:
    """A page on which this stands as it is: what a notebook shows loses its comments."""
    return page("<p>Here.</p>").replace(b"<p>Here.</p>", shown.encode())


SURE = {"SEN/headline.victims": "low confidence: one reading & no other"}


def test_how_sure_a_finding_is_stands_beside_it_follows_the_grades_and_is_no_part_of_the_digest():
    made = opened_by(FOUND)
    sure = filled(made, JOB, set(), grades=SURE)
    assert b'<small class="grade">Low confidence: one reading &amp; no other.</small>' in sure and bare(sure) == made
    # Where nothing is told of grades, the page says what it said; one that is gone is said no more.
    assert filled(sure, JOB, {job.page for job in OTHERS}).count(b"Low confidence") == 1
    assert filled(sure, JOB, set(), grades={}) == filled(made, JOB, set())


def test_only_the_box_that_opens_a_page_has_places_for_grades():
    mark = key_findings.GRADE.format("SEN/headline.victims")
    shown = opened_by(f"{FOUND}<p>{mark}</p>")
    assert filled(shown, JOB, set(), grades=SURE).count(b"Low confidence") == 1
    changed = shown.replace(f"<p>{mark}</p>".encode(), f"<p>{mark.replace('--><', '-->9<')}</p>".encode())
    assert changed != shown and bare(changed) == changed


@pytest.mark.parametrize("marks", [MARKS, MARKS[::-1], page_links.LINKS[0], page_links.AWAITED[1]])
def test_marks_that_an_output_brings_are_no_marked_places(marks):
    said = f"<p>before {marks.decode()} after</p>"
    made = page(said)
    found = filled(made, JOB, {job.page for job in OTHERS})
    assert b"before" in found and b"after" in found and bare(found) == made
    changed = found.replace(b"after", b"behind")
    assert bare(changed) != made


def test_a_page_of_an_earlier_version_stays_as_it_is():
    old = b"<html><nav><a href='x.html'>X</a></nav></html>"
    assert filled(old, JOB, set()) == old == bare(old)
    # A place that does not end is none.
    assert filled(old + page_links.LINKS[0], JOB, set()) == old + page_links.LINKS[0]
