"""What the report cites of risk factors: numbers of the page, no finer than it prints them, none that it withholds."""

from __future__ import annotations

import re
from functools import cache

import numpy as np
import pandas as pd
import pytest

from analysis import areas, catalog
from analysis.exhibits import NoResult, attempt, risk_factors, risk_outcomes, risk_survey
from analysis.exhibits import findings_risk_factors as found
from analysis.findings.finding import Finding
from analysis.findings.measures import LANGUAGES, sentence
from analysis.survey.processed import load, protected
from survey_stats import SurveyDesign

pytestmark = pytest.mark.skipif(
    catalog.survey_kind("demo_provinces") != "synthetic", reason="A study has a survey of its own here"
)
PLACES = ("demo_provinces", *areas.ids("demo_provinces"))
CALLED = {"Turkish children": "turkish", "Syrian children": "syrian"}
OUTCOMES = {
    "working": "working",
    "child labour": "child_labour",
    "forced labour": "forced_labour",
    "trafficking": "trafficked",
}
SHARES = ("prevalence", "share_by_sector", "form_of_work", "vulnerability", "unmet_need")
WITHOUT = ("not shown", "suppressed")


@cache
def stated(area_id: str) -> dict[str, Finding]:
    """The findings of an area by their id without the area."""
    return {finding.finding_id.partition("/")[2]: finding for finding in found.of_risk_factors(areas.get(area_id))}


def said(finding: Finding, decimals: int) -> str:
    """A finding as the page prints such numbers: "15.1 (13.2–17.2)"."""
    low, high = finding.bounds
    return f"{finding.value:.{decimals}f} ({low:.{decimals}f}–{high:.{decimals}f})"


@pytest.mark.soak
@pytest.mark.parametrize("area_id", ["demo_provinces", "XDP-FIG", "XDP-WILLOW"])
def test_a_share_is_stated_as_the_page_prints_it_and_withheld_where_the_page_withholds_it(area_id):
    place = areas.get(area_id)
    asked = risk_survey.asked_of(place)
    estimates = [attempt(SurveyDesign.proportion, asked, list(OUTCOMES.values()), by="nationality", method="kish")]
    for outcome, groups in risk_outcomes.groups_of(place, list(OUTCOMES.values())).items():
        estimates.append(attempt(SurveyDesign.proportion, asked, outcome, by=groups, method="kish"))
    shares = risk_survey.released(*estimates, place=place)
    table = risk_outcomes.prevalence(place, shares).table
    table = table[table["Sex and age"] == "all 5–17"]
    assert len(table) == 8
    for row in table.to_dict("records"):
        finding = stated(area_id)[f"prevalence.{OUTCOMES[row['Outcome']]}.{CALLED[row['Children']]}"]
        printed = row["Share, % (95 % limits)"]
        if printed == "suppressed":
            assert finding.status == "withheld"
        else:
            assert printed.removesuffix(" imprecise") == said(finding, 1)
            assert ("Imprecise" in finding.limits) == printed.endswith("imprecise")


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


def test_odds_ratios_are_stated_as_the_page_prints_them():
    found = risk_factors.releasable_odds_ratios(areas.get("demo_provinces"), "child_labour")
    table = risk_factors.ratio_table(found)
    by_level = {"Syrian": "syrian", "boys": "boys", "12–14": "aged_12_14", "15–17": "aged_15_17"}
    by_level |= {"some": "some_turkish", "none": "no_turkish"}
    by_factor = {"Out of school": "out_of_school", "Household in debt": "debt"}
    seen = 0
    for row in table.to_dict("records"):
        item = by_level.get(row["Level"]) or by_factor.get(row["Factor"])
        if item:
            finding = stated("demo_provinces")[f"odds_ratio.child_labour.{item}"]
            assert row["Adjusted odds ratio"] == said(finding, 2)
            seen += 1
    assert seen == 8


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
    parts = (found.outcomes, found.sectors, found.vulnerabilities, found.unmet_needs)
    shares = [finding for part in parts for finding in part(place, 0.95)]
    assert {finding.status for finding in shares} == {"withheld"}


def test_a_reason_that_could_tell_of_few_children_is_internal(monkeypatch):
    refused = NoResult("Of 12 children asked, 3 said yes.", "few_children")
    monkeypatch.setattr(found, "asked_of", lambda place: refused)
    findings = found.outcomes(areas.get("XDP-FIG"), 0.95)
    assert len(findings) == 10 and {finding.status for finding in findings} == {"refused"}
    assert not any(re.search(r"\d", finding.why) for finding in findings)


def test_no_method_refuses_by_a_code_that_says_that_its_reason_may_be_told():
    """Such a reason holds no number of children, which only this programme's own can promise."""
    told = risk_survey.SUPPRESSED_CODES | {"empty_table"}
    raised = {
        code
        for path in (catalog.ROOT / "src/survey_stats").glob("*.py")
        for code in re.findall(r'NotEstimable\(\s*"([a-z_]+)"', path.read_text(encoding="utf-8"))
    }
    assert len(raised) > 10 and not told & raised


def test_a_group_of_whom_nobody_was_asked_is_not_reported(monkeypatch):
    made = risk_survey.protected_shares
    monkeypatch.setattr(
        found, "protected_shares", lambda *args, **more: made(*args, **more).query("nationality == 'TR'")
    )
    by_item = {finding.item: finding for finding in found.outcomes(areas.get("XDP-FIG"), 0.95)}
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
