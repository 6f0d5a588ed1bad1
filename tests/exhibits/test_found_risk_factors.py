"""What the report cites of risk factors: numbers of the page, no finer than it prints them, none that it withholds."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest
from risk_estimates import results_of, shares_of

from analysis import areas, catalog
from analysis.exhibits import NoResult, risk_factors, risk_outcomes, risk_sample, risk_survey
from analysis.exhibits import findings_risk_factors as found
from analysis.exhibits.table import Table
from analysis.findings.exhibit_rows import require_published
from analysis.findings.finding import Finding
from analysis.findings.measures import LANGUAGES, sentence
from analysis.survey.processed import load, protected

pytestmark = pytest.mark.skipif(
    catalog.survey_kind("demo_provinces") != "synthetic", reason="A study has a survey of its own here"
)
PLACES = ("demo_provinces", *areas.ids("demo_provinces"))
SHARES = ("prevalence", "share_by_sector", "form_of_work", "vulnerability", "unmet_need")


@cache
def of_place(area_id: str) -> dict[str, Any]:
    """The results of an area's notebook, by name."""
    return results_of(areas.get(area_id))


@cache
def stated(area_id: str) -> dict[str, Finding]:
    """The findings of an area by their id without the area."""
    findings = found.of_risk_factors(areas.get(area_id), **of_place(area_id))
    return {finding.finding_id.partition("/")[2]: finding for finding in findings}


@pytest.mark.parametrize("area_id", ["demo_provinces", "XDP-FIG", "XDP-WILLOW"])
def test_a_finding_with_a_number_names_its_row_and_the_released_table_has_the_number(area_id):
    place, shares = areas.get(area_id), of_place(area_id)
    exhibits = [
        risk_outcomes.prevalence(place, shares["prevalence"]),
        risk_outcomes.within(place, shares["nested"]),
        risk_outcomes.sectors(place, shares["sectors"]),
        risk_outcomes.forms(place, shares["forms"]),
        risk_outcomes.gap(place, shares["needs"]),
        risk_sample.vulnerabilities(place, shares["vulnerabilities"]),
        *(risk_factors.odds_ratios(place, outcome, table) for outcome, table in shares["ratios"].items()),
    ]
    released = {made.name: made.table.as_resource(made.name, "") for made in exhibits if isinstance(made.table, Table)}
    require_published([finding.row() for finding in stated(area_id).values()], released)
    known = [finding for finding in stated(area_id).values() if finding.status == "known"]
    # The page of a province has no odds ratios.
    without = {finding.measure for finding in known if not finding.exhibit}
    assert len(known) > 10 and without <= (set() if place.is_study else {"odds_ratio"})


@pytest.mark.parametrize("code", ["TR", "SY"])
def test_a_share_is_that_of_the_weighted_answers(code):
    # Work in the last week is told by one answer: nothing but the weights is between it and the share.
    table = load("demo_provinces").respondents
    table = table[table["nationality"] == code]
    asked = table["working"].notna()
    share = np.average(table.loc[asked, "working"].astype(float), weights=table.loc[asked, "weight"])
    finding = stated("demo_provinces")[f"prevalence.working.{'turkish' if code == 'TR' else 'syrian'}"]
    assert finding.value == pytest.approx(100 * share, abs=0.05)
    assert finding.n == len(table)


def test_odds_ratios_are_those_of_another_program():
    import statsmodels.api as sm

    data = risk_factors.with_factors(risk_survey.asked_of(areas.get("demo_provinces"))).data
    data = data[data["nationality"].notna() & data["child_labour"].notna()]
    columns = {}
    for name in ("nationality", "sex", "age_group", "turkish"):
        for level in data[name].cat.categories[1:]:
            columns[f"{name} {level}"] = data[name].eq(level).astype(float).mask(data[name].isna())
    for name in ("out_of_school", "separated", "debt", "labour_intermediary", "registered_elsewhere"):
        columns[name] = data[name].astype("Float64").astype(float)
    x = pd.DataFrame(columns).dropna()
    weights = data.loc[x.index, "weight"].astype(float)
    model = sm.GLM(data.loc[x.index, "child_labour"].astype(float), sm.add_constant(x), sm.families.Binomial(),
                   freq_weights=weights / weights.mean()).fit()  # fmt: skip
    expected = {"syrian": "nationality Syrian", "out_of_school": "out_of_school", "aged_15_17": "age_group 15–17"}
    for item, column in expected.items():
        value = stated("demo_provinces")[f"odds_ratio.child_labour.{item}"].value
        assert value == pytest.approx(float(np.exp(model.params[column])), abs=0.006)


@pytest.mark.parametrize("area_id", PLACES)
def test_nothing_is_finer_than_the_page_and_what_is_withheld_has_no_number(area_id):
    for finding in stated(area_id).values():
        if finding.status != "known":
            assert (finding.value, finding.low, finding.high, finding.n) == (None,) * 4
            assert "None" not in finding.why
        elif finding.measure in SHARES:
            assert finding.n >= 25
            assert all(round(number, 1) == number for number in (finding.value, *finding.bounds))
        elif finding.measure == "odds_ratio":
            assert finding.n is None
            assert all(round(number, 2) == number for number in (finding.value, *finding.bounds))


@cache
def tables() -> dict[str, pd.DataFrame]:
    return protected("demo_provinces")


def count(stem: str, area_id: str, code: str, outcome: str = "") -> float:
    """A number of children as the protected tables tell it; missing where they withhold it, or have no such table."""
    by = "nationality" if area_id == "demo_provinces" else "area_id, nationality"
    table = tables().get(f"{stem} by {by}")
    if table is None:
        return float("nan")
    rows = table[table["nationality"] == code]
    rows = rows if area_id == "demo_provinces" else rows[rows["area_id"] == area_id]
    rows = rows[rows["outcome"] == outcome] if outcome else rows
    return float(rows["count"].astype("Float64").sum(skipna=False)) if rows["count"].notna().all() else float("nan")


@pytest.mark.parametrize("area_id", PLACES)
@pytest.mark.parametrize("outcome", ["working", "child_labour", "forced_labour"])
def test_what_is_known_of_an_outcome_rests_on_counts_that_are_told(area_id, outcome):
    for code, word in (("TR", "turkish"), ("SY", "syrian")):
        finding = stated(area_id)[f"prevalence.{outcome}.{word}"]
        asked, with_it = count("children", area_id, code), count(outcome, area_id, code, outcome)
        told = asked >= 25 and all(part == 0 or part >= 11 for part in (with_it, asked - with_it))
        assert (finding.status == "known") == told, (asked, with_it)
        if told:
            assert finding.n == asked


def test_where_the_tables_withhold_everything_no_share_is_left(monkeypatch):
    monkeypatch.setattr(risk_survey, "number", lambda *cells, **group: None)
    place = areas.get("XDP-FIG")
    findings = found.of_risk_factors(place, **shares_of(place), ratios=of_place("XDP-FIG")["ratios"])
    assert {finding.status for finding in findings if finding.measure in SHARES} == {"withheld"}


def test_a_reason_that_could_tell_of_few_children_is_internal():
    refused = NoResult("Of 12 children asked, 3 said yes.", "few_children")
    findings = found.outcomes(areas.get("XDP-FIG"), refused, refused)
    assert len(findings) == 10 and {finding.status for finding in findings} == {"refused"}
    assert not any(re.search(r"\d", finding.why) for finding in findings)


def test_no_method_refuses_by_a_code_that_says_that_its_reason_may_be_told():
    """Such a reason holds no number of children, which only this programme's own can promise."""
    told = risk_survey.SUPPRESSED_CODES | {"empty_table"}
    raised = {
        code
        for path in (catalog.ROOT / "packages/survey_stats/src/survey_stats").glob("*.py")
        for code in re.findall(r'NotEstimable\(\s*"([a-z_]+)"', path.read_text(encoding="utf-8"))
    }
    assert len(raised) > 10 and not told & raised


def test_a_group_of_whom_nobody_was_asked_is_not_reported():
    turkish = [of_place("XDP-FIG")[name].query("nationality == 'TR'") for name in ("prevalence", "nested")]
    by_item = {finding.item: finding for finding in found.outcomes(areas.get("XDP-FIG"), *turkish)}
    assert by_item["working.syrian"].status == "not reported"
    assert by_item["working.turkish"].status == "known"


def test_what_is_of_nine_provinces_says_so_in_its_sentence():
    nine = {"en": "nine provinces", "fr": "neuf provinces", "pt": "nove províncias", "tr": "dokuz il"}
    for finding in stated("demo_provinces").values():
        for language, words in nine.items():
            if finding.status == "known":
                assert words in sentence(finding.row(), language), finding.finding_id


def test_all_that_follows_from_the_synthetic_survey_says_so_and_by_what_it_leaves():
    for area_id in PLACES:
        for finding in stated(area_id).values():
            assert finding.kind == "synthetic" and not finding.source_ids
            assert finding.release_class == ("estimate" if finding.measure == "odds_ratio" else "protected")


def test_every_province_states_the_same_things_and_each_has_its_sentence_in_four_languages():
    assert len({tuple(sorted(stated(area_id))) for area_id in PLACES[1:]}) == 1
    for area_id in PLACES:
        for finding in stated(area_id).values():
            for language in LANGUAGES:
                text = sentence(finding.row(), language)
                assert text.endswith(".") and not re.search(r"[{}]|\bnan\b|None|  ", text), text
