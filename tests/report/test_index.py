"""The index of pages: a line an area with the number its page says, maps, links by subject, new evidence."""

from __future__ import annotations

import json
import re

import pytest

from analysis import areas
from analysis.batch import account
from analysis.jobs import Job
from analysis.report import index, key_numbers
from analysis.report.index import render_index
from analysis.report.index_map import classes_of
from analysis.templating import digest


def row(measure: str, item: str = "", value: float | None = 7.0, period: str = "2020", **more) -> dict:
    low = high = value
    known = {"status": "known"} if value is not None else {"status": "not reported", "period": ""}
    said = {"measure": measure, "item": item, "value": value, "low": low, "high": high, "period": period}
    return {**said, "interval": "exact", "kind": "public", **known, **more}


UNODC, US = row("headline", "victims", 6.0, "2021"), row("detected_victims", "us_reports", 345.0, "2022")
NOTHING = row("headline", "victims", None)
RATE = row("detected_rate", "headline", 10.55, "2022", interval="confidence", low=10.01, high=11.1)
ORIGIN, DESTINATION = (
    row("route_mentions", item, n, "2014/2021", n=28) for item, n in (("origin", 0), ("destination", 6))
)
WHAT = "Victims of trafficking identified"


def test_the_headline_is_the_key_number_whatever_single_sources_say_and_what_it_is_is_said():
    found = key_numbers.of_findings([US, UNODC, row("detected_victims", "other_reports", 999.0, "2025")], False)
    assert found == {"victims": {"what": WHAT, "value": "6", "period": "2021"}, "statements": [3, 3]}


def test_a_province_says_that_nothing_is_counted_and_how_often_routes_name_it_and_a_country_the_first_alone():
    found = key_numbers.of_findings([NOTHING, ORIGIN, DESTINATION], True)
    assert found["victims"] == {"what": WHAT, "value": "", "period": ""} and found["statements"] == [2, 3]
    assert found["mentions"] == {"what": "as a destination", "value": "6", "period": "2014–2021", "n": "28"}
    assert "mentions" not in key_numbers.of_findings([NOTHING, ORIGIN, DESTINATION], False)
    assert key_numbers.of_findings([ORIGIN], True)["mentions"]["value"] == "0"


def test_a_number_of_maps_is_that_of_its_finding_and_without_one_the_statements_are_counted():
    rate, statements = key_numbers.on_maps()
    numbers = key_numbers.of_findings([UNODC, RATE], False)
    words, number = rate.of(numbers)
    assert number == 10.55 and words == "10.55 per 100,000" and rate.of({})[1] is None
    assert statements.of(numbers) == ("2 of 2", 2) and statements.of({})[1] is None
    assert classes_of((0.3, 1, 10)) == ["under 0.3", "0.3 to under 1", "1 to under 10", "10 or more"]


@pytest.mark.parametrize("kind", ["synthetic", "confidential"])
def test_nothing_but_public_evidence_is_a_key_number(kind):
    assert key_numbers.of_findings([{**each, "kind": kind} for each in (UNODC, RATE, ORIGIN)], True) == {}


def test_a_page_gives_back_the_numbers_that_stand_in_its_head(tmp_path):
    numbers = {"victims": {"what": 'A "name" <b> & é', "value": "at least 1", "period": ""}, "statements": [1, 2]}
    page, other, empty = (tmp_path / f"{name}.html" for name in ("page", "other", "empty"))
    page.write_text(f"<!doctype html>\n{key_numbers.in_head(numbers)}\n<title>", encoding="utf-8")
    assert key_numbers.of_page(page) == numbers and key_numbers.in_head({}) == ""
    empty.write_text("<!doctype html>", encoding="utf-8")
    assert key_numbers.of_pages([tmp_path / "none.html", empty, page]) == numbers
    # Of several pages the first that says it; the statements of all.
    second = {"victims": {"what": "B", "value": "2", "period": ""}, "mentions": {"n": "3"}, "statements": [3, 5]}
    other.write_text(key_numbers.in_head(second), encoding="utf-8")
    both = key_numbers.of_pages([page, other])
    assert both == {**numbers, "mentions": {"n": "3"}, "statements": [4, 7]}


@pytest.fixture
def pages(tmp_path):
    """Pages of Senegal, the first of them with a number."""
    found = {}
    for job in (Job("incidence", "west_africa", "SEN"), Job("trends", "west_africa", "SEN")):
        found[job.page] = tmp_path / f"{job.name.replace('/', '_')}.html"
    first, second = found.values()
    first.write_text(key_numbers.in_head(key_numbers.of_findings([UNODC, RATE], False)), encoding="utf-8")
    second.write_text("", encoding="utf-8")
    return found


def test_the_index_names_the_number_and_links_each_page_by_what_it_is_about(pages):
    made = render_index("a digest", pages, ("Since the last release", ["Tiers: 3 rows more"]))
    assert made == render_index(
        "a digest", dict(reversed(pages.items())), ("Since the last release", ["Tiers: 3 rows more"])
    )
    body = made[made.index("<body") :]
    (line,) = re.findall(r'<tr id="west_africa-SEN" data-place="Senegal">(.*?)</tr>', body, re.S)
    assert "<b>6</b> (2021)" in line
    links = re.findall(r'<a href="([^"]+)" aria-label="([^"]+)">([^<]+)</a>', line)
    assert links == [
        ("west_africa/SEN/incidence.html", "Senegal: detected victims", "Detected victims"),
        ("west_africa/SEN/trends.html", "Senegal: trends in detection", "Trends in detection"),
    ]
    assert "not run: routes, referral mechanisms" in line and ">open<" not in body
    assert "<p>Since the last release:</p>" in body and "<li>Tiers: 3 rows more</li>" in body


def of_all(folder, rows: list[dict]) -> dict:
    """A page of each country with the key numbers of rows."""
    found = {}
    for area_id in areas.ids("west_africa"):
        job = Job("incidence", "west_africa", area_id)
        found[job.page] = folder / f"{area_id}.html"
        found[job.page].write_text(key_numbers.in_head(key_numbers.of_findings(rows, False)), encoding="utf-8")
    return found


@pytest.mark.parametrize(
    ("rows", "said", "colour"), [([UNODC, RATE], "10.55 per 100,000", "c4"), ([UNODC, US, NOTHING], "2 of 3", "c0")]
)
def test_a_map_is_coloured_by_what_most_areas_have_and_says_it_as_the_table_does(tmp_path, rows, said, colour):
    made = render_index("x", of_all(tmp_path, rows))
    assert f'<path class="{colour}"' in made and f"Benin: detected victims, {said}</title>" in made
    (line,) = re.findall(r'<tr id="west_africa-BEN".*?</tr>', made, re.S)
    assert f">{said}</td>" in line
    # No number of an area that has no page: no colour of any class.
    assert '<g><path class="unknown"' in made and len(made) < 300_000


def test_the_index_runs_the_script_that_its_policy_names_and_no_other():
    made = render_index("x", {})
    (script,) = re.findall(r"<script>(.*?)</script>", made, re.S)
    assert f"script-src '{digest(script)}'" in made and '<form class="find" role="search" hidden>' in made


BEFORE = {"tiers": {"title": "Tiers", "sha256": "a", "rows": 1000, "newest": "2024"}}


def test_what_is_new_is_said_in_rows_and_years():
    def said(now: dict) -> tuple[str, list[str]]:
        return index.evidence_news(BEFORE, now)

    assert said(BEFORE) == ("Nothing in the evidence has changed since the last release.", [])
    tiers = {**BEFORE["tiers"], "sha256": "b"}
    assert said({"tiers": {**tiers, "rows": 2500, "newest": "2025"}}) == (
        "Since the last release",
        ["Tiers: 1,500 rows more, now to 2025 (before: 2024)"],
    )
    assert said({"tiers": {**tiers, "rows": 999}})[1] == ["Tiers: 1 rows fewer"]
    assert said({"tiers": tiers})[1] == ["Tiers: rows were corrected"]
    assert said({})[1] == ["Tiers: no longer used"]
    assert said(BEFORE | {"b": {**tiers, "title": "B"}})[1] == ["B: new, 1,000 rows"]


def test_a_first_release_names_the_newest_tables_and_sources():
    now = index.evidence_state()
    sentence, lines = index.evidence_news(None, now)
    assert all(each.path.suffix == ".csv" for each in index.entries().values()) and "areas" not in now
    assert sentence.startswith("First release, made from 1,") and any(
        line.startswith("Newest sources: ") for line in lines
    )
    assert all(re.search(r"rows, the newest of 20\d\d$", line) for line in lines[:-1])
    without = {**now["sources"], "ids": now["sources"]["ids"][2:], "sha256": "another"}
    found = index.evidence_news({**now, "sources": without}, now)[1]
    assert [line for line in found if line.startswith("2 new sources: ")]


def test_the_release_that_is_noted_changes_nothing_of_what_is_new(tmp_path, monkeypatch):
    monkeypatch.setattr(account, "EVIDENCE_NOTE", tmp_path / "note.json")
    note = account.EVIDENCE_NOTE
    assert account.evidence_before() is None
    note.write_bytes(account.evidence_note())
    assert account.evidence_before() is None  # again: still the first
    note.write_text(json.dumps({"now": BEFORE, "before": None}), encoding="utf-8")
    assert account.evidence_before() == BEFORE
    note.write_bytes(account.evidence_note())
    assert account.evidence_before() == BEFORE
    note.write_text("{", encoding="utf-8")
    assert account.evidence_before() is None
