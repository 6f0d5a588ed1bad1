"""Key findings: what opens a page, in which order, from which evidence, and what is said of the unknown."""

import re

import pytest

from analysis.findings.measures import MEASURES
from analysis.jobs import ANALYSES, FROM_FINDINGS
from analysis.report import key_findings, key_sentences

NAMES = [(analysis, line.name) for analysis, lines in key_findings._order().items() for line in lines]
SENTENCES = key_sentences._sentences()


def row(measure="headline", item="victims", value=6.0, period="2018", kind="public", status="known", **others):
    said = {"finding_id": f"SEN/{measure}.{item}", "study": "west_africa", "area_id": "SEN", "analysis": "incidence"}
    said |= {"measure": measure, "item": item, "period": period, "kind": kind, "status": status, "interval": "exact"}
    said |= {"value": value, "low": value, "high": value, "n": None, "source_ids": "", "why": ""}
    return said | others


def listed(rows):
    marked = re.findall(r"<li>(.*?)</li>", key_findings.as_html("incidence", rows))
    return [re.sub(r"<!--/?grade.*?-->", "", said) for said in marked]


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
    rows = [row("published_child_labour", "child_labour", 22.0), row("headline", "child_victims", 7.0), row()]
    said = listed(rows)
    assert [re.search(r": (\d+(?:\.\d)?%?)", each)[1] for each in said] == ["6", "7", "22%"]
    # On the page the newest come first, but for what it is called by.
    rows = [row("published_child_labour", "child_labour", 22.0, "2020"), row("headline", "child_victims", 7.0), row()]
    chosen = [each["item"] for each in key_findings.chosen("incidence", rows)]
    assert chosen == ["victims", "child_labour", "child_victims"]


def test_what_says_the_same_in_other_words_does_not_open_the_page_too():
    share, children = row("share_of_children", "headline", 94.0), row("headline", "child_victims", 7.0)
    assert key_findings.chosen("incidence", [share, children, row()]) == [row(), children]
    assert key_findings.chosen("incidence", [share, row()]) == [row(), share]


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
    assert [each["item"] for each in chosen if each["measure"] == "detected_rate"] == ["headline"]


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
    assert said.startswith("In 2018") and said.endswith(", according to UNODC GLOTIP 2025.")
    # Said as everywhere, where no sentence of its own would be whole: without a source, or a period.
    (bare,) = listed([row()])
    assert bare.endswith(": 6.") and "2018" in bare
    (bound,) = re.findall(
        "<li>(.*?)</li>", key_findings.as_html("referral_mechanisms", [row("indicators_unknown", "", n=60)])
    )
    assert bound.startswith("In 2018") and "6 of 60" in bound


def said_of(**of_number) -> str:
    """The sentence of a headline with these numbers."""
    return key_sentences.statement(row(source_ids="TIP2023_SEN", **of_number))


def test_a_sentence_follows_its_number():
    at_least = {"value": None, "low": 20, "high": float("inf")}
    assert "at least 20 victims of" in said_of(interval="figure", **at_least)
    regions = said_of(interval="minimum_some_regions", **at_least)
    assert "at least 20 victims of" in regions and "(some regions only)" in regions
    part = said_of(interval="part_organisation", **at_least)
    assert "no national total" in part and "largest part is 20 (found by" in part
    potential = said_of(interval="minimum_potential_victims", **at_least)
    assert "potential victims of trafficking, not identified" in potential
    assert " 1 victim of" in said_of(value=1.0, low=1.0, high=1.0) and ", no victim " in said_of(value=0, low=0, high=0)
    assert said_of(period="2022-04/2023-03").startswith("From Apr 2022 to Mar 2023, 6 ")
    assert said_of(period="2022-09-30").startswith("On 30 Sept 2022, 6 ")


@pytest.mark.parametrize("name", SENTENCES)
def test_a_sentence_is_of_a_declared_measure_and_asks_for_what_there_is(name):
    measure, _, item = name.partition(".")
    assert not item or MEASURES[measure].declares(item)
    forms = {"some": SENTENCES[name]} if isinstance(SENTENCES[name], str) else SENTENCES[name]
    assert set(forms) <= {"some", "one", "none", "range", "part", "potential"} and forms["some"]
    whole = row(measure, item, 1.0, source_ids="TIP2023_SEN", n=7)
    item = item or next(iter(MEASURES[measure].items), "")
    for form in filter(None, forms.values()):
        said = form.format(**key_sentences._parts({**whole, "item": item}))
        assert said.startswith("In 2018") and said.endswith(".") and "{" not in said


def test_what_is_not_known_is_named_and_no_more_than_two_things():
    missing = row("headline", "child_victims", None, status="not reported", why="the report gives none.")
    again = row("headline", "convictions", None, status="not reported", why="another reason")
    less = row("official_reports", "", None, status="not read", why="it was not read")
    least = row("turns", "", None, status="refused", why="too few years")
    (last,) = re.findall("<p>(.*?)</p>", key_findings.as_html("incidence", [less, missing, again, row()]))
    assert last.index("children identified") < last.index("it was not read") and "gives none" in last
    assert "another reason" not in last and not re.search(r"\d", last)
    more = key_findings.as_html("incidence", [less, least, missing, row()])
    assert "among other things" in more and "too few years" not in more
    assert "<p>" not in key_findings.as_html("incidence", [row()])


def test_a_page_without_a_known_finding_opens_with_what_is_not_known_and_why_and_one_without_findings_has_none():
    html = key_findings.as_html("trends", [row("turns", "victims", None, status="refused", why="too few <years>")])
    (answer,) = re.findall("<li>(.*?)</li>", html)
    assert "not known" in answer and "oo few &lt;years&gt;" in answer and "<p>" not in html
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
