"""The site of the report as files: what stands on it, where its links lead, and what it lets in."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from dataclasses import replace
from itertools import pairwise
from posixpath import dirname, join, normpath

import pytest
import report_material as m

from analysis import areas
from analysis.report import edition
from analysis.report.site import site, site_words


@pytest.fixture(scope="module")
def made() -> dict[str, bytes]:
    return dict(m.made_site())


def pages(made: dict[str, bytes]) -> dict[str, bytes]:
    return {path: content for path, content in made.items() if path.endswith(".html")}


# --- what stands on it ---------------------------------------------------------------------------------------------


def test_each_language_has_a_page_for_each_chapter_area_and_annex_for_findings_briefs_and_the_search(made):
    for language, studies in (("en", areas.reported()), ("fr", ["west_africa"]), ("pt", ["cabo_verde"])):
        (own,) = [each for each in m.editions() if each.language == language]
        stems = {chapter.anchor for chapter in own.chapters} - {"summary"} | {"index", "briefs", "search"}
        stems |= {f"findings-{study}" for study in studies}
        assert {path for path in pages(made) if path.startswith(language)} == {
            f"{language}/{stem}.html" for stem in stems
        }
    assert "index.html" in made and "fr/turkiye.html" not in made


def led_to(made: dict[str, bytes], path: str, link: str) -> tuple[str, str]:
    """The file and the anchor that a link on a page leads to."""
    target, _, anchor = link.partition("#")
    return (normpath(join(dirname(path), target)) if target else path), anchor


def test_every_link_leads_to_a_file_and_an_anchor_that_are_there(made):
    ids = {path: set(m.Read(content).ids) for path, content in pages(made).items()}
    # Briefs and pages of analyses are made by others: of them the addresses follow from names.
    briefs = {
        f"downloads/{edition.brief_file(m.material(), a, x)}.{kind}"
        for s in areas.reported()
        for a in (s, *areas.ids(s))
        for x in m.LANGUAGES
        for kind in ("pdf", "docx")
    }
    of_areas = {f"{study}-{area_id}" for study in areas.reported() for area_id in areas.ids(study)}
    followed = 0
    for path, content in pages(made).items():
        for link in m.Read(content).links:
            file, anchor = led_to(made, path, link)
            if file.startswith("../"):
                assert re.fullmatch(r"\.\./(index|[a-z_]+/[\w-]+/[a-z_]+)\.html", file), (path, link)
                # The index has a place for each area.
                assert not anchor or (file == "../index.html" and anchor in of_areas), (path, link)
                continue
            assert file in made or file in briefs, (path, link)
            assert not anchor or anchor in ids[file], (path, link)
            followed += 1
    assert followed > 1000


def test_what_can_be_downloaded_from_a_synthetic_report_is_led_to():
    of = m.synthetic()
    made = [f"{edition.brief_file(of, 'TR-27', 'en')}.{kind}" for kind in ("pdf", "docx")]
    assert all("SYNTHETIC" in name for name in made)
    found = site([edition.on_site(of, "en")], of, dict.fromkeys(made, b"x"), "x.html")
    for page in ("en/area-TR-27.html", "en/briefs.html"):
        links = [link for link in m.Read(found[page]).links if "brief_TR-27" in link]
        assert links == [f"../downloads/{name}" for name in made], page


def test_anchors_are_unlike_each_other_on_every_page_and_headings_leave_no_level_out(made):
    for path, content in pages(made).items():
        page = m.Read(content)
        assert len(page.ids) == len(set(page.ids)), path
        assert page.levels[0] == 1 and page.levels.count(1) == 1, path
        assert all(after <= before + 1 for before, after in pairwise(page.levels)), (path, page.levels)


def test_the_menu_marks_the_page_on_which_one_is(made):
    for path, content in pages(made).items():
        if path == "index.html" or path.endswith("/search.html"):
            continue
        current = re.findall(r'<a href="([^"]*)" aria-current="page">', content.decode())
        assert current == [path.partition("/")[2]], path


def test_the_language_switch_leads_to_the_start_of_each_language_that_exists(made):
    for path, content in pages(made).items():
        if path == "index.html":
            continue
        switch = re.findall(r'<a href="([^"]*)" lang="(..)" hreflang="..".*?>(.*?)</a>', content.decode())
        assert switch == [(f"../{each}/index.html", each, site_words(each)["language"]) for each in m.LANGUAGES], path
    (both,) = {each for each in [tuple(re.findall(r'hreflang="(..)"', made["index.html"].decode()))]}
    assert both == m.LANGUAGES
    alone = site([m.editions()[1]], m.material(), {}, "x.html")
    assert "../en/" not in alone["fr/index.html"].decode() and 'hreflang="en"' not in alone["index.html"].decode()


def test_a_page_says_its_language_and_its_title(made):
    for path, content in pages(made).items():
        text, language = content.decode(), path.partition("/")[0]
        assert f'<html lang="{language if language in m.LANGUAGES else "en"}">' in text, path
        title = html.unescape(re.search(r"<title>(.*?)</title>", text)[1])
        heading = m.Read(re.search(r"<h1.*?</h1>", text)[0]).text
        assert title.startswith(heading) and "$" not in title, path


def test_pictures_are_files_that_languages_share_and_each_says_its_size(made):
    shown = [said for content in pages(made).values() for tag, said in m.Read(content).tags if tag == "img"]
    assert len(shown) > len(set(each["src"] for each in shown)) > 20
    for each in shown:
        assert made[each["src"].removeprefix("../")].startswith(b"\x89PNG")
        assert len(each["alt"]) > 20 and (each["width"], each["height"]) == ("902", "520")
    assert {path for path in made if path.startswith("pictures/")} == {each["src"][3:] for each in shown}


def test_downloads_are_those_given_with_their_size_as_the_language_writes_it(made):
    for name, content in m.DOWNLOADS.items():
        assert made[f"downloads/{name}"] == content
    page = made["fr/briefs.html"].decode()
    listed = re.findall(r'href="\.\./downloads/([^"]*)"', page)
    assert listed == ["brief_SEN_en.pdf", "brief_SEN_fr.docx", *(name for name in m.DOWNLOADS if "brief" not in name)]
    assert "pledge_report_fr.pdf, 1,3 MB" in page


def test_a_synthetic_report_says_so_on_every_page_and_another_on_none(made):
    of = m.synthetic()
    found = pages(site([edition.on_site(of, "tr")], of, {}, "x.html"))
    assert all(b"SYNTHETIC" in content for content in found.values())
    assert all(b'<body class="synthetic">' in content for path, content in found.items() if path != "index.html")
    assert not any(
        b"SYNTHETIC" in re.sub(rb"<style>.*?</style>", b"", each, flags=re.DOTALL) for each in pages(made).values()
    )


@pytest.mark.parametrize("path", ["tr/findings-turkiye.html", "tr/area-TR-27.html"])
def test_what_a_synthetic_finding_says_on_a_page_is_marked(path: str):
    of = m.synthetic()
    shows = replace(of.layout.areas["turkiye"], opening=(("detected_victims.us_reports",),))
    of = replace(of, layout=replace(of.layout, areas={"turkiye": shows}))
    page = site([edition.on_site(of, "tr")], of, {}, "x.html")[path].decode().partition("<main")[2]
    cells = re.findall(r"<(?:td|p)>((?:(?!</?(?:td|p)>).)*)</(?:td|p)>", page, re.DOTALL)
    said = [each for each in cells if re.search(r"\b81\b", each) and not each.isdigit()]
    assert said and all("SYNTHETIC" in each for each in said)


# --- what it lets in -----------------------------------------------------------------------------------------------


def digest(text: str) -> str:
    return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"


def scripts_of(path: str) -> int:
    """How many scripts a page has: the search one and its entries, the recommendations the one that filters them."""
    return {"search.html": 2, "recommendations.html": 1}.get(path.rpartition("/")[2], 0)


def test_a_page_forbids_all_but_its_pictures_its_own_style_and_the_scripts_of_the_site(made):
    for path, content in pages(made).items():
        text, page = content.decode(), m.Read(content)
        policy = html.unescape(re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', text)[1])
        rules = {rule.split(" ")[0]: rule.split(" ")[1:] for rule in policy.split("; ")}
        look = re.findall(r"<style>(.*?)</style>", text, re.DOTALL)
        scripts = [made[f"en/{name}.html"].decode() for name in ("search", "recommendations")]
        script = [each for text_of in scripts for each in re.findall(r"<script>(.*?)</script>", text_of, re.DOTALL)]
        assert rules == {
            "default-src": ["'none'"],
            "img-src": ["'self'", "data:"],
            "style-src": [digest(each) for each in look],
            **({"script-src": [digest(each) for each in script]} if path != "index.html" else {}),
            "base-uri": ["'none'"],
            "form-action": ["'none'"],
        }, path
        # Nothing names another place or brings a style or a script of its own.
        addresses = [said[name] for _, said in page.tags for name in ("href", "src") if name in said]
        assert not [each for each in addresses if re.match(r"(?!data:)[a-z]+:|//", each)], path
        assert not [name for _, said in page.tags for name in said if name.startswith("on") or name == "style"], path
        assert sum(tag == "script" for tag, _ in page.tags) == scripts_of(path), path


HOSTILE = "\"><img src=x onerror=alert(1)><script>alert(2)</script>'&amp;</style></title>{{ 7*7 }} $body$"


def test_nothing_in_the_data_becomes_markup():
    table = m.material().table.assign(why=HOSTILE, method=HOSTILE, limits=HOSTILE)
    questions = {
        "turkiye": [{"question": {"en": HOSTILE}, "place": HOSTILE, "cites": ["turkiye/detected_child_victims.unodc"]}]
    }
    of = replace(m.material(), table=table, questions=questions)
    english = edition.on_site(of, "en")
    english = replace(english, title=HOSTILE[:-7], subtitle=HOSTILE[:-7], state=HOSTILE[:-7])
    found = pages(site([english], of, {HOSTILE: b"", "findings.csv": b""}, "x.html"))
    for path, content in found.items():
        page = m.Read(content)
        assert all(said["src"].startswith("../pictures/") for tag, said in page.tags if tag == "img"), path
        assert not [said for _, said in page.tags if any(name.startswith("on") for name in said)], path
        assert sum(tag == "script" for tag, _ in page.tags) == scripts_of(path), path
    assert (
        HOSTILE in m.Read(found["en/questions.html"]).text and HOSTILE in m.Read(found["en/findings-turkiye.html"]).text
    )


def entries(made: dict[str, bytes], language: str) -> list[list]:
    text = made[f"{language}/search.html"].decode()
    return json.loads(re.search(r'<script type="application/json" id="entries">(.*?)</script>', text)[1])["entries"]


def test_the_search_knows_every_page_section_and_finding(made):
    for language in m.LANGUAGES:
        addresses = [entry[0] for entry in entries(made, language)]
        expected = []
        for path, content in pages(made).items():
            name = path.partition("/")[2]
            if not path.startswith(language) or name in ("search.html", "briefs.html"):
                continue
            body = content.decode().partition("<main")[2]
            expected += [
                name,
                *(f"{name}#{each}" for each in re.findall(r'<h[23][^>]* id="([^"]*)"', body) if "findings" not in name),
            ]
            expected += [f"{name}#{each}" for each in re.findall(r'<tr id="(finding-\d+)"', body)]
        assert sorted(addresses) == sorted(expected)
    number = m.material().numbers["SEN/detected_victims.unodc"]
    (said,) = [entry[1] for entry in entries(made, "en") if entry[0].endswith(f"west_africa.html#finding-{number}")]
    assert said.startswith(f"F{number} · ") and "1,234" in said
