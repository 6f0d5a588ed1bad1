"""Links of a page to those of its area, what lists would add to its study, how sure its findings are, and its age.

They change when an analysis is added, a list is accepted, a rule of grades changes, or a notebook fails, and then none
need be run again. A page has marked places for them. They are empty in what a notebook led to, of which its digest is;
`filled` fills them wherever pages stand, staged or released, and `bare` empties them again.
"""

from __future__ import annotations

import html
import re
from collections.abc import Container, Mapping
from pathlib import Path

from analysis import areas, texts
from analysis.jobs import Job, analyses_of, tables_of

TEXT = texts.of(__name__)
# Why a page, or the report, is older than what stands beside it.
OLDER = texts.table(__name__, "older")

# The marks around the two places, as `page.html.j2` has them.
LINKS = (b"<!--links-->", b"<!--/links-->")
AWAITED = (b"<!--awaited-->", b"<!--/awaited-->")
# Among the links, around what is said of a page that is older than those beside it.
EARLIER = (b"<!--earlier-->", b"<!--/earlier-->")
# The first box of a page, which says what it found; in it, around how sure a finding is, whose id stands in the mark.
FOUND = (b'<div class="key">', b"</div>")
_GRADE = re.compile(rb"(<!--grade:([^<>]+?)-->).*?(<!--/grade-->)", re.DOTALL)


def bare(page: bytes) -> bytes:
    """A page, or any other file, without what stands in its marked places."""
    return _with_grades(_set(page, b"", b""), {})


def earlier(page: bytes) -> str:
    """Return why a page is older than those beside it, as it says itself; empty where it does not."""
    begin = page.find(LINKS[0])
    said = page[max(begin, 0) : max(page.find(LINKS[1], begin), 0)].partition(EARLIER[0])[2].partition(EARLIER[1])[0]
    return html.unescape(re.sub(rb"<[^>]*>", b"", said).decode()).strip()


def earlier_of(path: Path) -> str:
    """The same of the page that stands somewhere; empty where none does."""
    return earlier(path.read_bytes()) if path.exists() else ""


def filled(
    page: bytes, job: Job, there: Container[Path], older: str | None = None, grades: Mapping[str, str] | None = None
) -> bytes:
    """The page of a job with what its marked places say now; a page of an earlier version that has none, as it is.

    Parameters
    ----------
    there : staged paths of the pages that stand beside it; of no other is there a link.
    older : why it is older than they are, in a sentence, which it then says; empty where it is not. Left out, it says
        what it said.
    grades : finding -> how sure it is, in words. Left out, the page says what it said.
    """
    older = earlier(page) if older is None else older
    jobs = [Job(analysis, job.study, job.area_id) for analysis in analyses_of(job.study, job.area_id)]
    pages = [
        (each.analysis, "" if each == job else each.page.name, each.synthetic)
        for each in jobs
        if each == job or each.page in there
    ]
    # A template is loaded only by whoever writes pages, and not to ask what is up to date.
    from analysis.report.templating import template

    parts = template("page_links.html.j2").make_module({"pages": pages, "awaited": awaited(job), "older": older})
    page = page if grades is None else _with_grades(page, grades)
    return _set(page, str(parts.links()).encode(), str(parts.would_add()).encode())  # type: ignore[attr-defined]


def awaited(job: Job) -> str:
    """Return what lists of cases and a survey would add to a page of public evidence; empty where its study has some.

    Countries hold no lists of their own in this assessment: it is said of studies within one.
    """
    study = areas.STUDIES[job.study]
    if study.of_countries or job.tables or any(tables.kind for tables in tables_of(job.study)):
        return ""
    return TEXT["awaited"].format(name=study.name)


def _with_grades(page: bytes, grades: Mapping[str, str]) -> bytes:
    begin = page.find(FOUND[0])
    end = page.find(FOUND[1], begin)
    if begin < 0:
        return page

    def set_in(mark: re.Match[bytes]) -> bytes:
        said = html.escape(grades.get(html.unescape(mark[2].decode()), ""), quote=False)
        words = f' <small class="grade">{said[0].upper()}{said[1:]}.</small>' if said else ""
        return mark[1] + words.encode() + mark[3]

    return page[:begin] + _GRADE.sub(set_in, page[begin:end]) + page[end:]


def _set(page: bytes, links: bytes, awaited: bytes) -> bytes:
    # Between the two stands what a notebook showed: the first mark and the last are those of the template.
    page = _between(page, page.find(LINKS[0]), LINKS, links)
    return _between(page, page.rfind(AWAITED[0]), AWAITED, awaited)


def _between(page: bytes, begin: int, marks: tuple[bytes, bytes], content: bytes) -> bytes:
    end = page.find(marks[1], begin) if begin >= 0 else -1
    return page if end < 0 else page[: begin + len(marks[0])] + content + page[end:]
