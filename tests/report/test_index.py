"""The index of pages: a line an area with the number its page says, links by the names of analyses, new evidence."""

from __future__ import annotations

import json
import re

import pytest

from analysis.batch import account
from analysis.jobs import Job
from analysis.report import index, key_findings
from analysis.report.index import render_index


def row(measure: str, item: str = "", value: float | None = 7.0, period: str = "2020", **more) -> dict:
    low = high = value
    known = {"status": "known"} if value is not None else {"status": "not reported", "period": ""}
    said = {"measure": measure, "item": item, "value": value, "low": low, "high": high, "period": period}
    return {**said, "interval": "exact", "kind": "public", **known, **more}


UNODC, US = row("headline", "victims", 6.0, "2021"), row("detected_victims", "us_reports", 345.0, "2022")
NOTHING = row("headline", "victims", None)
SYRIANS = row("official_persons", "syrians_temporary_protection", 329101.0, "2026-01-22")


def test_the_headline_is_the_key_number_whatever_single_sources_say_and_what_it_is_is_said():
    found = key_findings.of_findings([US, UNODC, row("detected_victims", "other_reports", 999.0, "2025")], False)
    assert found == [{"what": "Victims of trafficking identified", "value": "6", "period": "2021"}]


def test_a_province_says_what_is_not_reported_and_then_what_is_local():
    victims, local = key_findings.of_findings([SYRIANS, NOTHING], True)
    what = "Victims of trafficking identified"
    assert victims == {"what": what, "value": "not reported", "period": ""}
    assert local == {"what": "Syrians under temporary protection", "value": "329,101", "period": "22 Jan 2026"}
    assert key_findings.of_findings([SYRIANS, NOTHING], False) == [victims]


@pytest.mark.parametrize("kind", ["synthetic", "confidential"])
def test_nothing_but_public_evidence_is_a_key_number(kind):
    assert key_findings.of_findings([{**UNODC, "kind": kind}], False) == []


def test_a_page_gives_back_the_numbers_that_stand_in_its_head(tmp_path):
    numbers = [{"what": 'A "name" <b> & é', "value": "at least 1", "period": ""}]
    page = tmp_path / "page.html"
    page.write_text(f"<!doctype html>\n{key_findings.in_head(numbers)}\n<title>", encoding="utf-8")
    assert key_findings.of_page(page) == numbers and key_findings.in_head([]) == ""
    empty = tmp_path / "other.html"
    empty.write_text("<!doctype html>", encoding="utf-8")
    assert key_findings.of_pages([tmp_path / "none.html", empty, page]) == numbers


@pytest.fixture
def pages(tmp_path):
    """Pages of Senegal and of Gaziantep, the first of each with a number."""
    found = {}
    for job in (Job("incidence", "west_africa", "SEN"), Job("trends", "west_africa", "SEN")):
        found[job.page] = tmp_path / f"{job.name.replace('/', '_')}.html"
    first, second = found.values()
    first.write_text(key_findings.in_head(key_findings.of_findings([UNODC], False)), encoding="utf-8")
    second.write_text("", encoding="utf-8")
    return found


def test_the_index_names_the_number_and_links_each_page_by_its_analysis(pages):
    made = render_index("a digest", pages, ("Since the last release", ["Tiers: 3 rows more"]))
    assert made == render_index(
        "a digest", dict(reversed(pages.items())), ("Since the last release", ["Tiers: 3 rows more"])
    )
    body = made[made.index("<body") :]
    (line,) = re.findall(r'<li class="place" id="west_africa-SEN"><strong>Senegal</strong>(.*?)</li>', body, re.S)
    assert "Victims of trafficking identified: <b>6</b> (2021)" in line
    links = re.findall(r'<a href="([^"]+)" aria-label="([^"]+)">([^<]+)</a>', line)
    assert links == [
        ("west_africa/SEN/incidence.html", "Senegal: detected victims", "Detected victims"),
        ("west_africa/SEN/trends.html", "Senegal: trends in detection", "Trends in detection"),
    ]
    assert "not run: routes, referral mechanisms" in line and ">open<" not in body
    assert "<p>Since the last release:</p>" in body and "<li>Tiers: 3 rows more</li>" in body


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
