"""The report as a site: a folder of pages for each language, which open as files and load nothing from outside.

What the site says of itself in a language: navigation, search, downloads.

What can be downloaded from the site, as it is listed in a language.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import PurePosixPath
from urllib.parse import quote

import yaml
from babel.numbers import format_decimal
from markupsafe import Markup

from analysis import areas
from analysis.findings.measures import LANGUAGES, LOCALES
from analysis.report import site_views
from analysis.report.document import Document, Section
from analysis.report.index import area_map
from analysis.report.site_outline import SEARCH, START, Page, pages_of, places_of
from analysis.report.site_views import Shelf, section_view
from analysis.report.templating import policy, template
from bounded.refusal import Refusal

# Begins the name of an area's page.
_AREA = "area-"
# Pixels of a map that leads to areas, and of one that shows where a page is.
_WIDE, _SMALL = 560, 300


@dataclass(frozen=True)
class Edition:
    """The report in one language, with its pages and what they have in common."""

    document: Document
    pages: tuple[Page, ...]
    # language -> names of its pages: the same page in another language may be missing.
    others: Mapping[str, frozenset[str]]
    downloads: Mapping[str, bytes]
    analyses: str

    @property
    def language(self) -> str:
        return self.document.language

    @property
    def words(self) -> dict[str, str]:
        return words(self.language)


def site(documents: Mapping[str, Document], downloads: Mapping[str, bytes], *, analyses: str = "") -> dict[str, bytes]:
    """The site of a report.

    Parameters
    ----------
    documents : language -> the report in it.
    downloads : file name -> content; every language links to them.
    analyses : address of the page that leads to all analyses, as a page in a language's folder links to it.

    Returns
    -------
    Path below the site's folder -> content: ``index.html``, ``en/index.html``, ``en/turkiye.html``, ``en/search.html``,
    ``downloads/…``. The same arguments give the same bytes.

    Raises
    ------
    ValueError : there is no document, two pages have one name, or a link in the prose leads nowhere.
    """
    order = [language for language in LANGUAGES if language in documents]
    if not order:
        raise Refusal("missing_language", "A site needs the report in one language at least.")
    pages = {language: tuple(pages_of(documents[language])) for language in order}
    stems = {language: frozenset(page.stem for page in pages[language]) for language in order}
    made = {"index.html": _languages(documents, order)}
    for language in order:
        edition = Edition(documents[language], pages[language], stems, downloads, analyses)
        made |= {f"{language}/{name}": content.encode() for name, content in _edition(edition).items()}
    return made | {f"{FOLDER}/{name}": downloads[name] for name in sorted(downloads)}


def _edition(edition: Edition) -> dict[str, str]:
    places = places_of(edition.pages)
    found = {}
    for page in edition.pages:
        shelf = Shelf(page.address, edition.language, edition.words, places)
        found[page.address] = (_start if page.stem == START else _page)(edition, page, shelf)
    return found | {f"{SEARCH}.html": _search(edition)}


def _start(edition: Edition, page: Page, shelf: Shelf) -> str:
    chapters = [each for each in edition.pages if not each.above and each.stem != START]
    section = page.section if page.section.title or page.section.blocks or page.section.parts else None
    return _render(
        "site_start.html.j2",
        edition,
        page,
        section=section_view(section, 2, shelf, _by_id(page)) if section else None,
        chapters=chapters,
        maps={each.stem: _map_of_study(each.stem) for each in chapters if each.stem in areas.STUDIES},
        files=listed(edition.downloads, edition.words, edition.language),
    )


def _page(edition: Edition, page: Page, shelf: Shelf) -> str:
    by_stem = {each.stem: each for each in edition.pages}
    view = section_view(page.section, 1, shelf, _by_id(page))
    study = next((stem for stem in (page.stem, *page.above) if stem in areas.STUDIES), "")
    beside = by_stem[study].below if study else ()
    return _render(
        "site_page.html.j2",
        edition,
        page,
        section=view,
        above=[by_stem[stem] for stem in page.above],
        areas=[each for each in page.below if each.is_area],
        map=_map_of_areas(study, beside, page, edition.words) if study else "",
    )


def _search(edition: Edition) -> str:
    page = Page(SEARCH, Section(SEARCH, edition.words["search_title"]))
    found = site_views.entries(edition.pages, edition.words)
    return _render(
        "site_search.html.j2",
        edition,
        page,
        entries=Markup(site_views.as_json(found)),
        search_script=Markup(_text("site_search.js")),
        scripts=("site.js", "site_search.js"),
    )


def _render(name: str, edition: Edition, page: Page, scripts: tuple[str, ...] = ("site.js",), **said: object) -> str:
    look = _text("site.css")
    previous, following = _beside(edition.pages, page)
    return template(name).render(
        document=edition.document,
        words=edition.words,
        page=page,
        chapters_of_menu=[each for each in edition.pages if not each.above],
        languages=_switch(edition, page),
        policy=Markup(policy(look, scripts=[_digest(_text(script)) for script in scripts])),
        look=Markup(look),
        script=Markup(_text("site.js")),
        synthetic_page=_is_synthetic(page),
        analyses=edition.analyses,
        credits=[
            (areas.STUDIES[study].called(edition.language), credit)
            for study in areas.reported()
            if (credit := areas.credit(study))
        ],
        start=f"{START}.html",
        search=f"{SEARCH}.html",
        previous=previous,
        next=following,
        **said,
    )


def _beside(pages: tuple[Page, ...], page: Page) -> tuple[Page | None, Page | None]:
    """The pages before and after one, in reading order; the search has none."""
    stems = [each.stem for each in pages]
    if page.stem not in stems:
        return None, None
    at = stems.index(page.stem)
    return (pages[at - 1] if at else None, pages[at + 1] if at + 1 < len(pages) else None)


def _switch(edition: Edition, page: Page) -> list[tuple[str, str, str]]:
    """Language, its own name, and the address of this page in it; where it has no such page, of its first."""
    stem = page.stem
    return [
        (
            language,
            words(language)["language"],
            f"../{language}/{stem if stem in stems or stem == SEARCH else START}.html",
        )
        for language, stems in edition.others.items()
    ]


def _languages(documents: Mapping[str, Document], order: list[str]) -> bytes:
    """The page that leads to the languages."""
    look = _text("site.css")
    return (
        template("site_languages.html.j2")
        .render(
            documents=[documents[language] for language in order],
            names={language: words(language) for language in order},
            policy=Markup(policy(look)),
            look=Markup(look),
            synthetic=any(documents[language].synthetic for language in order),
        )
        .encode()
    )


def _is_synthetic(page: Page) -> bool:
    """Whether something on the page follows from invented persons."""
    return any(
        section.synthetic or any(getattr(block, "synthetic", False) for block in section.blocks)
        for section in page.own()
    )


def _map_of_study(study: str) -> Markup:
    return area_map(study, {}, "", width=_SMALL, beside_list=True)


def _map_of_areas(study: str, beside: tuple[Page, ...], page: Page, said: Mapping[str, str]) -> Markup:
    """A study's map, or on the page of an area a small one that shows where it lies."""
    titles = {each.stem.removeprefix(_AREA): each.section.title for each in beside if each.is_area}
    links = {area_id: (f"{_AREA}{area_id}.html", title) for area_id, title in titles.items()}
    here = page.stem.removeprefix(_AREA) if page.is_area else ""
    return area_map(
        study,
        links,
        said["map"].format(title=page.section.title),
        names=titles,
        here=here,
        width=_SMALL if here else _WIDE,
        beside_list=True,
    )


def _by_id(page: Page) -> dict[str, Page]:
    return {each.section.section_id: each for each in page.below}


def _digest(script: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


@cache
def _text(name: str) -> str:
    return (resources.files("analysis.report") / "templates" / name).read_text(encoding="utf-8")


@cache
def words(language: str) -> dict[str, str]:
    """Phrases by name.

    Raises
    ------
    ValueError : the language is none of `LANGUAGES`.
    """
    if language not in LANGUAGES:
        raise Refusal("unknown_choice", f"The site has no words in '{language}', only in {', '.join(LANGUAGES)}.")
    file = resources.files("analysis.report") / "templates" / "site_words.yml"
    return {name: said[language] for name, said in yaml.safe_load(file.read_text(encoding="utf-8")).items()}


# The folder they lie in, beside those of the languages.
FOLDER = "downloads"
# In the order they are listed in.
_KINDS = ("pdf", "docx", "csv", "parquet", "json")
_LANGUAGE = re.compile(rf"[_.-]({'|'.join(LANGUAGES)})(?=[_.-])")


@dataclass(frozen=True)
class File:
    """One file: its name, what it is in words, how large it is, and its language; "" if it has none."""

    name: str
    words: str
    size: str
    language: str

    @property
    def address(self) -> str:
        """As a page of a language links to it."""
        return f"../{FOLDER}/{quote(self.name)}"


def listed(downloads: Mapping[str, bytes], words: Mapping[str, str], language: str) -> list[File]:
    """The files, those that are read first in front, with words in a language.

    A file is of a language if its name says so: ``report_fr.pdf``.
    """
    files = [
        File(name, words[_kind(name)], _size(len(content), words, language), _language_of(name))
        for name, content in downloads.items()
    ]
    kinds = [*_KINDS, "other"]
    return sorted(files, key=lambda file: (kinds.index(_kind(file.name)), file.language != language, file.name))


def _kind(name: str) -> str:
    ending = PurePosixPath(name).suffix.removeprefix(".").lower()
    return ending if ending in _KINDS else "other"


def _language_of(name: str) -> str:
    found = _LANGUAGE.findall(name)
    return found[-1] if found else ""


def _size(length: int, words: Mapping[str, str], language: str) -> str:
    """Kilobytes or megabytes, of a thousand, as a language writes them."""
    unit, size = ("megabytes", length / 1e6) if length >= 1e6 else ("kilobytes", length / 1e3)
    number = format_decimal(size, format="#,##0.#" if size < 10 else "#,##0", locale=LOCALES[language])
    return f"{number} {words[unit]}"
