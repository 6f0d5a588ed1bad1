"""What the findings on trends of case records say: changes of protected counts, turns, and why there are none."""

from __future__ import annotations

import re
from functools import partial

import pandas as pd
import pytest
from recorded_trends import findings_of, fit_of
from stated_findings import by_id, require_sentences, told

import trends
from analysis import areas, catalog
from analysis.exhibits import case_records, record_counts, record_trends, trend
from analysis.exhibits.attempt import NoResult
from analysis.exhibits.findings_trends import of_joinpoints
from analysis.findings.exhibit_rows import Found
from analysis.findings.finding import Finding
from analysis.findings.measures import sentence

PROVINCES, ISLANDS, FIG, WILLOW = (
    areas.get(name) for name in ("demo_provinces", "demo_islands", "XDP-FIG", "XDP-WILLOW")
)
PLACES = ("demo_provinces", "demo_islands", "XDP-FIG", "XDP-WILLOW", "XIC-JADE", "XIC-ONYX")
MEASURES = ("recorded_change", "recorded_turns")


findings = by_id(findings_of)


# The change a year


def test_the_change_of_recorded_persons_follows_from_protected_tables_alone(monkeypatch):
    before = [finding.row() for finding in findings_of(FIG)]
    monkeypatch.setattr(case_records, "load", lambda study: pytest.fail("records were read"))
    assert [finding.row() for finding in findings_of(FIG)] == before
    assert {row["release_class"] for row in before} == {"protected"} and {row["kind"] for row in before} == {
        catalog.case_kind("demo_provinces")
    }


def test_where_most_years_are_withheld_so_is_the_trend():
    years = record_counts.counts(WILLOW, "year")
    assert years["count"].isna().mean() > 0.5
    for measure in MEASURES:
        assert told(findings("XDP-WILLOW")[measure]) == ("withheld", None, None, None)


def test_an_area_without_records_has_no_trend_that_is_withheld():
    assert findings("XIC-ONYX")["recorded_change"].status == "not reported"


def test_records_that_are_not_linked_have_no_trend(monkeypatch):
    one = pd.DataFrame({"count": pd.array([140], dtype="Int64")})
    monkeypatch.setattr(record_counts, "tables", lambda study: {"records": one})
    assert {finding.status for finding in findings_of(FIG)} == {"refused"}


def test_a_change_with_limits_too_far_apart_is_no_finding():
    known = 0
    for of in (findings(area_id) for area_id in PLACES):
        for finding in of.values():
            if finding.status == "known" and "change" in finding.measure:
                assert trends.imprecise(*finding.bounds) is None, finding.finding_id
                known += 1
    assert known > 2


# Turns


def series(counts: dict[int, float]) -> pd.DataFrame:
    years = pd.Series(list(counts), dtype=float)
    numbers = pd.Series(list(counts.values()), dtype=float)
    return pd.DataFrame({"period": years, "low": numbers, "high": numbers, "value_qualifier": "exact"})


def turns(counts: dict[int, float]) -> list[Finding]:
    state = partial(Finding, PROVINCES, method="m.", limits="l.", kind="synthetic", release_class="protected")
    fit = trends.joinpoint(series(counts))
    shown = Found("", pd.Series(trend.joinpoint_numbers(fit)), ())
    return of_joinpoints(fit, state, ("recorded_turns", "recorded_change_after_turn"), shown)


def test_a_turn_is_stated_with_the_limits_of_its_year_and_the_change_after_it():
    # Doubled every three years to 2010, halved every three years after it; counts are large and nearly exact.
    number, turn = turns({year: round(4000 * 2 ** (-abs(year - 2010) / 3)) for year in range(2000, 2021)})
    assert (number.value, number.period, number.n) == (1, "2000/2020", 21)
    assert turn.finding_id == "demo_provinces/recorded_change_after_turn.first_turn"
    first, *_, last = turn.period.split("/")
    # A grid of years cannot place a turn more closely than to the years beside it.
    assert "2009" <= first <= "2010" <= last <= "2011" and "placed in 2010" in turn.limits
    assert turn.value == pytest.approx(100 * (2 ** (-1 / 3) - 1), abs=0.1)


def test_a_straight_line_has_no_turn_and_nothing_after_it():
    (number,) = turns({year: round(1000 * 1.05 ** (year - 2000)) for year in range(2000, 2015)})
    assert told(number) == ("known", 0, 0, 0) and "trend in 2000–2014: 0." in sentence(number.row())


def test_where_criteria_disagree_the_number_of_turns_is_a_range_over_them():
    for place in map(areas.get, PLACES):
        result, finding = fit_of(place), findings(place.area_id)["recorded_turns"]
        assert (finding.status == "known") == (not isinstance(result, NoResult))
        if finding.status == "known":
            numbers = [result.k, *result.chosen.values()]
            assert (finding.value, *finding.bounds) == (result.k, min(numbers), max(numbers))
            assert finding.interval == "range"


# What areas have in common


def test_what_areas_have_in_common_is_stated_of_a_study_and_of_no_area(monkeypatch):
    assert not any("recorded_common_change" in findings(area_id) for area_id in PLACES if "-" in area_id)
    places = areas.ids("demo_provinces")[:6]
    counts = [float(200 * 1.1**step // 1) for step in range(8)]
    rows = [
        {"area_id": area_id, "period": 2010 + step, "low": count, "high": count, "value_qualifier": "exact"}
        for area_id in places
        for step, count in enumerate(counts)
    ]
    monkeypatch.setattr(record_trends, "pooled_trends", lambda published: trends.pool_areas(pd.DataFrame(rows)))
    finding = findings_of(PROVINCES)[-1]
    # Every area grows by a tenth a year.
    assert finding.finding_id == "demo_provinces/recorded_common_change"
    assert finding.value == pytest.approx(10, abs=0.5) and finding.low <= finding.value <= finding.high
    assert (finding.n, finding.period) == (6, "2010/2017") and "hides an area" in finding.limits
    monkeypatch.setattr(record_trends, "pooled_trends", lambda published: NoResult("Too few areas.", "few"))
    assert told(findings_of(ISLANDS)[-1]) == ("refused", None, None, None)


def test_the_share_of_suppressed_years_that_is_allowed_stands_with_what_areas_have_in_common():
    refused = NoResult("Too few areas.", "few")
    for share, words in ((0.5, "at most half of their years"), (0.3, "at most 30 % of their years")):
        published = record_trends.published_by_area(PROVINCES, most_suppressed=share)
        turns = record_trends.joinpoints(PROVINCES, refused)
        shown = record_trends.pooled(PROVINCES, published, refused)
        found = record_trends.findings(PROVINCES, refused, turns, published, refused, shown)
        assert words in found[-1].limits
    suppressed = {share: record_trends.published_by_area(PROVINCES, most_suppressed=share) for share in (0.0, 1.0)}
    assert suppressed[0.0]["area_id"].nunique() < suppressed[1.0]["area_id"].nunique()


# What was simulated


@pytest.mark.parametrize("area_id", PLACES)
def test_the_simulated_trend_is_no_finding(area_id):
    for finding in findings(area_id).values():
        said = " ".join(map(str, finding.row().values()))
        assert not re.search(r"planted|simulated|truth", said, re.IGNORECASE)


# In words


@pytest.mark.parametrize("area_id", PLACES)
def test_every_finding_is_a_sentence_in_every_language(area_id):
    require_sentences([finding.row() for finding in findings(area_id).values()])


@pytest.mark.parametrize("study", ["demo_provinces", "demo_islands"])
def test_the_same_is_asked_of_every_area_of_a_study(study):
    for area_id in areas.ids(study):
        after = {name for name in findings(area_id) if name.startswith("recorded_change_after_turn")}
        assert set(findings(area_id)) - after == set(MEASURES)
