"""The report as a site: pages of each edition by pandoc, findings and search beside them, read from the file system.

A page loads nothing but the pictures beside it, and every page forbids itself all else.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache, partial
from pathlib import PurePosixPath

from babel.numbers import format_decimal

from analysis import areas
from analysis.findings.measures import LOCALES, area_name
from analysis.recommendations import evaluation
from analysis.recommendations.texts import Recommendation
from analysis.report import typeset
from analysis.report.edition import (
    Edition,
    Material,
    brief_file,
    brief_languages,
    findings_page,
    studies_of,
)
from analysis.report.places import AREAS, briefs_of
from analysis.report.templating import from_yaml, template, text_of
from analysis.report.typeset import Paper
from analysis.report.writer import frame, title_of
from analysis.templating import digest, policy

# What pandoc puts in: the title and the text of a page.
_TITLE, _BODY = "$pagetitle$", "$body$"
# Of what can be found: a page, a section, a finding, an annex.
_PAGE, _SECTION, _FINDING, _ANNEX = 0, 1, 3, 4
_ANNEXES = ("commitments", "changes", "questions", "sources", "provenance", "findings-")
_HEADING = re.compile(r'<h([1-4])[^>]*? id="([^"]*)"[^>]*>(.*?)</h\1>', re.DOTALL)
_ROW = re.compile(r'<tr id="(finding-\d+)"><th scope="row">(F\d+)</th><td>(.*?)</td>', re.DOTALL)
_TAG = re.compile(r"<[^<>]*>")
_MEGABYTE = 1_000_000


def site(
    editions: Sequence[Edition],
    material: Material,
    downloads: Mapping[str, bytes],
    analyses: str,
    run: Callable[..., Iterable[dict[str, str]]] = map,
    split: Callable[[Paper, str], dict[str, str]] = typeset.pages,
) -> dict[str, bytes]:
    """All files of the site by their paths.

    Parameters
    ----------
    editions : one a language. downloads : name -> content of the files that can be downloaded.
    analyses : address of the index of all analyses, as a page in the folder of a language sees it.
    run : as `map`, or that of an executor: an edition's pages need no other's.
    split : makes the pages of a text, as `typeset.pages` does.
    """
    languages = [each.language for each in editions]
    sizes = {name: len(content) for name, content in downloads.items()}
    of_edition = partial(_pages, languages=languages, material=material, sizes=sizes, analyses=analyses, split=split)
    made = run(of_edition, editions)
    files: dict[str, bytes] = {f"downloads/{name}": content for name, content in downloads.items()}
    for edition, pages in zip(editions, made, strict=True):
        files |= {f"{edition.language}/{name}.html": page.encode() for name, page in pages.items()}
        files |= {f"pictures/{name}.png": shown.png for name, shown in edition.pictures.items()}
    files["index.html"] = _languages(editions)
    return files


def _pages(
    edition: Edition,
    languages: Sequence[str],
    material: Material,
    sizes: Mapping[str, int],
    analyses: str,
    split: Callable[[Paper, str], dict[str, str]],
) -> dict[str, str]:
    words, own = frame(edition.language), site_words(edition.language)
    studies = studies_of(material.texts, edition.language)
    of_findings = {
        f"findings-{study}": words("chapters", "findings", study=words("studies", study)) for study in studies
    }
    titles = {chapter.anchor: chapter.title for chapter in edition.chapters} | of_findings
    shell = _shell(edition, languages, titles, studies, analyses)
    pages = split(edition.paper, shell)
    for study, (name, title) in zip(studies, of_findings.items(), strict=True):
        pages[name] = _filled(
            shell,
            title,
            f'<h1 id="{name}">{html.escape(title)}</h1>' + findings_page(material, study, edition.language),
        )
    pages["briefs"] = _filled(shell, words("chapters", "briefs"), _downloads(material, edition, sizes))
    entries = [entry for name in titles for entry in _entries(name, titles[name], pages[name])]
    search = template("site_search.html.j2").render(
        words=own, entries=_as_json(entries), search_script=text_of("site_search.js")
    )
    pages["search"] = _filled(shell, own["search_title"], search)
    pages["recommendations"] = _with_filter(pages["recommendations"], material, edition.language)
    pages = {name: _linked(page, name) for name, page in pages.items()}
    pages["index"] = pages.pop("summary")
    return pages


def _shell(
    edition: Edition, languages: Sequence[str], titles: Mapping[str, str], studies: Sequence[str], analyses: str
) -> str:
    """A page without its text: header, menu and footer."""
    area_pages = {
        study: [(f"area-{each}", area_name(each, edition.language)) for each in areas.ids(study)] for study in studies
    }
    chapters = [(name, title) for name, title in titles.items() if not name.startswith(("area-", *_ANNEXES))]
    annexes = [(name, title) for name, title in titles.items() if name.startswith(_ANNEXES)]
    return template("site_page.html.j2").render(
        edition=edition,
        look=text_of("report.css"),
        policy=_policy([digest(text_of(name)) for name in ("site_search.js", "site_filter.js")]),
        words=site_words(edition.language),
        frame=frame(edition.language).said,
        languages=[(each, site_words(each)["language"]) for each in languages],
        chapters=chapters,
        areas=area_pages,
        annexes=annexes,
        credits=[(frame(edition.language)("studies", each), own) for each in studies if (own := areas.credit(each))],
        analyses=analyses,
        title=_TITLE,
        body=_BODY,
    )


def _with_filter(page: str, material: Material, language: str) -> str:
    """The page of recommendations with a form that shows those of a place or a body; without scripts there is none."""
    holding: dict[str, list[str]] = {}
    for recommendation in material.texts.recommendations:
        for area_id in _holding(recommendation, material):
            holding.setdefault(area_id, []).append(f"recommendation-{recommendation.recommendation_id}")
    studies = [
        (
            frame(language)("studies", study),
            [(area_name(each, language), holding[each]) for each in areas.ids(study) if each in holding],
        )
        for study in studies_of(material.texts, language)
    ]
    form = template("site_filter.html.j2").render(words=site_words(language), studies=studies)
    script = f"<script>{text_of('site_filter.js')}</script>"
    return page.replace("</h1>", f"</h1>\n{form}", 1).replace("</main>", f"{script}\n</main>", 1)


def _holding(recommendation: Recommendation, material: Material) -> list[str]:
    """Areas in which a recommendation holds, or else where nobody knows; all of its study where it tells none apart."""
    there = material.by_area(recommendation)
    if there.empty:
        return areas.ids(recommendation.study)
    shown = there[there["state"].isin([evaluation.SHOWN, evaluation.LESSER])]
    return list((there[there["state"].eq(evaluation.UNKNOWN)] if shown.empty else shown)["area_id"])


def _policy(scripts: Sequence[str] = ()) -> str:
    """A page may have the pictures beside it."""
    return policy(text_of("report.css"), scripts=scripts, images="'self' data:")


def _filled(shell: str, title: str, body: str) -> str:
    return shell.replace(_TITLE, html.escape(title)).replace(_BODY, body)


def _linked(page: str, name: str) -> str:
    """A page that leads to the start by its own name, marks itself in the menu, and whose wide tables scroll."""
    page = page.replace('href="summary.html', 'href="index.html')
    own = "index" if name == "summary" else name
    return re.sub(rf'(<li[^>]*><a href="{own}\.html")>', r'\1 aria-current="page">', page, count=1)


def _entries(name: str, title: str, page: str) -> list[list[object]]:
    """The entries that the search can find on a page: the page, its sections and its findings, each with its text."""
    body = page.partition("<main")[2].partition("</main>")[0]
    trail = "annex" if name.startswith(_ANNEXES) else ""
    if rows := _ROW.findall(body):
        found: list[list[object]] = [[f"{name}.html", title, title, _ANNEX, ""]]
        return found + [
            [f"{name}.html#{anchor}", f"{number} · {_plain(said)}", title, _FINDING, ""]
            for anchor, number, said in rows
        ]
    places = list(_HEADING.finditer(body))
    ends = [place.start() for place in places[1:]] + [len(body)] * bool(places)
    found = []
    for place, end in zip(places, ends, strict=True):
        kind = _ANNEX if trail else _PAGE if place[1] == "1" else _SECTION
        address = f"{name}.html" if place[1] == "1" else f"{name}.html#{place[2]}"
        found.append(
            [
                address.replace("summary.html", "index.html"),
                _plain(place[3]),
                title,
                kind,
                _plain(body[place.end() : end]),
            ]
        )
    return found


def _plain(fragment: str) -> str:
    return " ".join(html.unescape(_TAG.sub(" ", fragment)).split())


def _as_json(entries: Sequence[Sequence[object]]) -> str:
    """Entries as JSON that can stand in a page: no text in it ends the element around it."""
    trails = list(dict.fromkeys(str(entry[2]) for entry in entries))
    rows = [[entry[0], entry[1], trails.index(str(entry[2])), entry[3], entry[4]] for entry in entries]
    text = json.dumps({"trails": trails, "entries": rows}, ensure_ascii=False, separators=(",", ":"))
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def _downloads(material: Material, edition: Edition, sizes: Mapping[str, int]) -> str:
    """The page of briefs and other files: those of places by study, then the report and the table of findings."""
    words = site_words(edition.language)
    briefs = []
    for study in studies_of(material.texts, edition.language):
        rows = []
        for name in briefs_of(study):
            files = [
                (f"{kind.upper()} ({site_words(each)['language']})", f"{brief_file(material, name, each)}.{kind}")
                for each in brief_languages(material, name)
                for kind in ("pdf", "docx")
            ]
            if there := [(label, file) for label, file in files if file in sizes]:
                rows.append((_called(material, name, edition.language), there))
        briefs.append((frame(edition.language)("studies", study), rows))
    others = [
        (name, _kind(name, words), _size(length, edition.language))
        for name, length in sizes.items()
        if not name.startswith("brief_")
    ]
    return template("site_briefs.html.j2").render(
        title=frame(edition.language)("chapters", "briefs"), briefs=briefs, others=others, words=words
    )


def _called(material: Material, name: str, language: str) -> str:
    """The place of a brief; of the areas of a study its title."""
    if not name.endswith(AREAS):
        return area_name(name, language)
    briefs = material.briefs
    return title_of(briefs.get((name, language)) or briefs[name, "en"])


def _kind(name: str, words: Mapping[str, str]) -> str:
    return words.get(PurePosixPath(name).suffix.removeprefix("."), words["other"])


def _size(length: int, language: str) -> str:
    return f"{format_decimal(max(0.1, round(length / _MEGABYTE, 1)), locale=LOCALES[language])} MB"


def _languages(editions: Sequence[Edition]) -> bytes:
    """The page that leads to the editions, each in its own words."""
    names = {each.language: site_words(each.language)["language"] for each in editions}
    return (
        template("site_languages.html.j2")
        .render(editions=editions, names=names, look=text_of("report.css"), policy=_policy())
        .encode()
    )


@cache
def site_words(language: str) -> dict[str, str]:
    """Return what the site says of itself in a language."""
    return {name: in_languages[language] for name, in_languages in from_yaml("site_words.yml").items()}
