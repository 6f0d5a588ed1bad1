"""Key findings: what opens a page, in which order, from which evidence, and what is said of the unknown."""

import re

import pytest

from analysis.findings.measures import MEASURES
from analysis.jobs import ANALYSES, FROM_FINDINGS
from analysis.report import key_findings

NAMES = [(analysis, name) for analysis, lines in key_findings._order().items() for name, *_ in lines]


def row(measure="headline", item="victims", value=6.0, period="2018", kind="public", status="known", **others):
    said = {"finding_id": f"SEN/{measure}.{item}", "study": "west_africa", "area_id": "SEN", "analysis": "incidence"}
    said |= {"measure": measure, "item": item, "period": period, "kind": kind, "status": status, "interval": "exact"}
    said |= {"value": value, "low": value, "high": value, "n": None, "source_ids": "", "why": ""}
    return said | others


def listed(rows):
    return re.findall(r"<li>(.*?)</li>", key_findings.as_html("incidence", rows))


@pytest.mark.parametrize(("analysis", "name"), NAMES)
def test_what_may_open_a_page_is_a_declared_finding_of_that_page(analysis, name):
    measure, _, item = name.partition(".")
    assert MEASURES[measure].analysis == analysis and (not item or MEASURES[measure].declares(item))


def test_an_order_is_that_of_an_analysis_that_states_findings():
    assert set(key_findings._order()) <= set(ANALYSES) - set(FROM_FINDINGS)


def test_without_an_order_a_page_opens_with_its_findings_in_that_of_their_measures(monkeypatch):
    monkeypatch.setattr(key_findings, "_order", dict)
    # As they follow in incidence.yml, whatever the alphabet says, and however many there are of each.
    rows = [row("share_of_children", "unodc"), row("detected_child_victims", "us_reports"), row("gaps", "high")]
    rows += [row("detected_victims", "unodc")]
    rows += [row("detected_victims", "us_reports"), row("detected_victims", "any_source", None, status="refused")]
    chosen = [(each["measure"], each["item"]) for each in key_findings.chosen("incidence", rows)]
    measures = ["detected_victims", "detected_victims", "detected_child_victims", "share_of_children"]
    assert chosen == list(zip(measures, ["unodc", "us_reports", "us_reports", "unodc"], strict=True))
    many = [row("detected_victims", f"item_{number}") for number in range(9)]
    assert len(key_findings.chosen("incidence", many)) == key_findings.MOST


def test_without_an_order_the_first_measure_that_is_not_known_says_why(monkeypatch):
    monkeypatch.setattr(key_findings, "_order", dict)
    later = row("share_of_children", "unodc", None, status="refused", why="later")
    first = row("detected_victims", "unodc", None, status="refused", why="first")
    html = key_findings.as_html("incidence", [later, first])
    assert "First." in html and "Later" not in html


def test_the_most_important_comes_first_whatever_the_order_of_the_table():
    rows = [row("share_of_children", "headline", 94.0), row("headline", "child_victims", 7.0), row()]
    said = listed(rows)
    assert [re.search(r"(?:made up |: )(\d+%?)", each)[1] for each in said] == ["6", "7", "94%"]


def test_a_page_opens_with_the_headline_and_not_with_what_one_source_says():
    details = [row("detected_victims", "us_reports", 7.0), row("detected_child_victims", "unodc", 5.0)]
    assert [each["measure"] for each in key_findings.chosen("incidence", [*details, row()])] == ["headline"]


def test_at_most_five_open_a_page_and_one_of_each_line():
    items = ("unodc", "us_reports", "headline")
    rows = [row("headline", item) for item in ("victims", "child_victims", "investigations", "convictions")]
    rows += [row("share_of_children", item) for item in items] + [row("detected_rate", item) for item in items[1:]]
    rows += [row("published_prevalence", "any"), row("published_child_labour", "child_labour")]
    chosen = key_findings.chosen("incidence", rows)
    assert len(chosen) == key_findings.MOST
    assert [each["item"] for each in chosen if each["measure"] == "share_of_children"] == ["headline"]


def test_of_mentions_the_largest_come_first_and_none_is_zero():
    rows = [
        row("partner_mentions", item, number, analysis="routes")
        for item, number in [("BEN", 0), ("SEN", 2), ("PRT", 5), ("NGA", 3)]
    ]
    assert [each["item"] for each in key_findings.chosen("routes", rows)] == ["PRT", "NGA"]
    # That no country was named is said once, and only where nothing else opens the page.
    assert [each["item"] for each in key_findings.chosen("routes", rows[:1])] == ["BEN"]


def test_nothing_synthetic_opens_a_page_of_public_evidence_and_elsewhere_it_says_so():
    synthetic = row("detected_rate", "headline", 2.0, kind="synthetic")
    assert not any("SYNTHETIC" in each for each in listed([row(), synthetic]))
    (alone,) = listed([synthetic])
    assert alone.startswith("SYNTHETIC: ")


def test_a_period_and_a_source_are_named():
    (said,) = listed([row(source_ids="UNODC_GLOTIP_2025")])
    assert "2018" in said and said.endswith(" Source: UNODC GLOTIP 2025.")
    (bound,) = re.findall(
        "<li>(.*?)</li>", key_findings.as_html("referral_mechanisms", [row("indicators_unknown", "", n=60)])
    )
    assert bound.endswith("(2018).")


def test_what_is_not_known_is_counted_and_the_first_reason_is_given():
    missing = row("headline", "child_victims", None, status="not reported", why="the report gives none.")
    less = row("official_reports", "", None, status="not read", why="it was not read")
    html = key_findings.as_html("incidence", [less, missing, row()])
    assert "2 of 3 statements" in html and "the report gives none." in html and "it was not read" not in html
    assert "Statements of this page: 1, all of them known." in key_findings.as_html("incidence", [row()])


def test_a_page_without_a_known_finding_opens_with_what_is_not_known_and_why_and_one_without_findings_has_none():
    html = key_findings.as_html("trends", [row("turns", "victims", None, status="refused", why="too few <years>")])
    (answer,) = re.findall("<li>(.*?)</li>", html)
    assert "not known" in answer and "oo few &lt;years&gt;" in answer and "1 of 1 statements" in html
    assert key_findings.as_html("incidence", []) == ""


@pytest.mark.parametrize(
    ("period", "old"),
    [("2020", True), ("2021", False), ("2019-04/2020-03", True), ("2020-04/2021-03", False), ("2009/2022", False)],
)
def test_how_things_stood_over_five_years_ago_is_the_last_that_is_known(period, old):
    # The evidence was read in 2026: what ended before 2021 is older than five years.
    (said,) = listed([row(period=period)])
    assert ("last known" in said) == old
    assert "last known" not in "".join(listed([row("trend_direction", "victims", 0.0, period=period)]))
