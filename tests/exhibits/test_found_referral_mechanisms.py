"""What the report cites of referral mechanisms: a state and a gap for every indicator; unknown is never none."""

from __future__ import annotations

import csv
import re
from collections import Counter
from dataclasses import replace
from functools import cache

import pytest
import referral_results

from analysis import areas, catalog
from analysis.exhibits import findings_referral_mechanisms as found
from analysis.exhibits import referral_cooperation
from analysis.findings.exhibit_rows import require_published
from analysis.findings.finding import Finding
from analysis.findings.measures import LANGUAGES, MEASURES, sentence

COUNTRIES = areas.ids("west_africa")
REGION = "west_africa"
OUTSIDE = ("MRT", "BFA", "MLI", "NER")
LEVEL = {"low": 1, "medium": 2, "high": 3}


@cache
def stated(area_id: str) -> dict[str, Finding]:
    """The findings of an area by their id without the area."""
    return {finding.finding_id.partition("/")[2]: finding for finding in referral_results.findings(areas.get(area_id))}


def gaps_of(area_id: str) -> dict[str, Finding]:
    return {finding.item: finding for finding in stated(area_id).values() if finding.measure == "gap"}


def rows_of(file: str) -> list[dict[str, str]]:
    with open(catalog.RAW / f"{file}.csv", encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


FRAMEWORK = sorted(
    [*rows_of("referral/nrm_framework"), *rows_of("referral/nrm_reported")], key=lambda row: row["indicator_id"]
)
INDICATORS = [row["indicator_id"] for row in FRAMEWORK]
# A measure has no scale, and so no state and no gap.
SCALED = [row["indicator_id"] for row in FRAMEWORK if row["scale"] != "measure"]


@pytest.mark.varied
@pytest.mark.parametrize("area_id", COUNTRIES)
def test_every_indicator_that_applies_has_a_gap_to_be_cited_known_or_not(area_id):
    # Mauritania left ECOWAS in 2000, three others in January 2025: they are not asked about its review and mechanism.
    asked = [name for name in SCALED if not (area_id in OUTSIDE and name in ("H4", "H5"))]
    assert list(gaps_of(area_id)) == asked
    states = {finding.item: finding for finding in stated(area_id).values() if finding.measure == "state"}
    assert list(states) == asked
    for name, finding in states.items():
        gap = gaps_of(area_id)[name]
        assert finding.status == gap.status and finding.period == gap.period
        if finding.status == "known":
            assert (finding.value == 0) == (gap.value == 0) and finding.value in (0, 1, 2) and finding.period
            assert finding.value == 2 or gap.value < 3, "a gap rated high is of what is not in place"
        else:
            assert finding.why.startswith(("not read: ", "report silent: "))
    for finding in gaps_of(area_id).values():
        assert finding.status in ("known", "not reported")
        assert finding.value in (0, 1, 2, 3) if finding.status == "known" else finding.bounds == (None, None)


@pytest.mark.parametrize(("indicator", "question"), [
    ("C6", "referral_labour_to_social_services"),
    ("C7", "referral_criminal_to_social_services"),
])  # fmt: skip
def test_a_referral_that_no_inspector_or_police_makes_is_a_high_gap_since_a_convention_asks_for_it(indicator, question):
    bound = {
        row["area_id"]
        for row in rows_of("evidence/treaties")
        if (row["treaty"], row["status"]) == ("ILO C182", "bound")
    }
    rows = [row for row in rows_of("evidence/referral_indicators") if row["indicator"] == question]
    for area_id in COUNTRIES:
        said = {
            int(row["report_year"]): row["answer"]
            for row in rows
            if row["area_id"] == area_id and row["answer"] in ("yes", "no") and 2019 <= int(row["report_year"]) <= 2025
        }
        finding = gaps_of(area_id)[indicator]
        if not said:
            assert finding.status == "not reported", area_id
        elif said[max(said)] == "yes":
            assert finding.value == 0, area_id
        else:
            assert finding.value == (3 if area_id in bound else 2), area_id
            assert finding.period == str(max(said))


def test_the_method_of_a_gap_says_what_is_missing_and_by_which_rule():
    shown = [finding for area_id in COUNTRIES for finding in gaps_of(area_id).values() if finding.value]
    assert all(finding.period for finding in shown), "each gap has the year that its evidence speaks of"
    assert shown
    rules = {
        1: "in place in part",
        2: "absent or drafted at most; or in place in part",
        3: "absent or drafted at most, and",
    }
    for finding in shown:
        assert f": {rules[finding.value]}" in finding.method and finding.source_ids, finding.finding_id


@pytest.mark.parametrize("area_id", COUNTRIES)
def test_counts_of_gaps_are_those_of_the_gaps_that_are_stated(area_id):
    levels = Counter(finding.value for finding in gaps_of(area_id).values())
    here = stated(area_id)
    for severity, level in LEVEL.items():
        # An indicator of which nothing is known may have a gap of any severity.
        finding = here[f"gaps.{severity}"]
        assert finding.bounds == (levels[level], levels[level] + levels[None])
        assert finding.value == (levels[level] if not levels[None] else None)
    assert here["indicators_unknown"].value == levels[None]
    assert here["gaps.high"].n == len(gaps_of(area_id))


@pytest.mark.parametrize(("area_id", "until"), [("GMB", "December 2025"), ("MRT", "2026"), ("CPV", "2026")])
def test_a_plan_says_until_when_it_is_in_force(area_id, until):
    """The notes of `national_action_plan` have the terms; Liberia's plan ran out, and is in force to no year."""
    for name in ("gap.A7", "state.A7"):
        assert f"it is in force to {until}, and not known after." in stated(area_id)[name].limits
    assert "in force to" not in stated("LBR")["gap.A7"].limits


def test_counts_of_states_add_to_all_indicators_with_a_scale_and_say_what_does_not_apply():
    for area_id in (*COUNTRIES, REGION):
        counts = {
            finding.item: int(finding.value)
            for finding in stated(area_id).values()
            if finding.measure == "indicators_in_state"
        }
        whole = len(SCALED) * (16 if area_id == REGION else 1)
        assert sum(counts.values()) == whole
        outside = 8 if area_id == REGION else 2 * (area_id in OUTSIDE)
        assert counts["does_not_apply"] == outside
        unknown = counts["not_read"] + counts["report_silent"]
        assert stated(area_id)["indicators_unknown"].value == unknown
        assert stated(area_id)["indicators_unknown"].n == whole - outside


def test_who_has_a_gap_is_listed_with_who_cannot_be_asked():
    names = areas.names("west_africa")
    for indicator in SCALED:
        method = stated(REGION)[f"countries_with_gap.{indicator}"].method
        assert all(method.count(name) >= 1 for name in names.values()), indicator
    assert "Does not apply: Burkina Faso, Mali, Mauritania, Niger." in stated(REGION)["countries_with_gap.H5"].method


def test_countries_without_a_conviction_are_named_with_the_year_of_each():
    # GNB 0 (TIP2023_GNB_p, April 2022 to March 2023); LBR 0 (TIP2025_LBR_WV, "second year without a conviction");
    # SLE 0 (TIP2024_SLE, "second consecutive year"); TGO 0 (TIP2021_TGO_b). The Gambia had its first in six years
    # in 2022/23 (TIP2023_GMB_b).
    finding = stated(REGION)["countries_without_conviction"]
    assert (finding.value, finding.n, finding.period) == (4, 16, "2021/2025")
    named = [name for name in areas.names("west_africa").values() if f"{name}: 0" in finding.method]
    assert named == ["Guinea-Bissau", "Liberia", "Sierra Leone", "Togo"]


def test_countries_with_a_gap_are_bounds_that_leave_the_unknown_open():
    for indicator in SCALED:
        each = [gaps_of(area_id)[indicator] for area_id in COUNTRIES if indicator in gaps_of(area_id)]
        rated = sum(finding.value not in (None, 0) for finding in each)
        unknown = sum(finding.status == "not reported" for finding in each)
        finding = stated(REGION)[f"countries_with_gap.{indicator}"]
        assert finding.bounds == (rated, rated + unknown) and finding.n == len(each)
        assert finding.value == (rated if not unknown else None)
    assert stated(REGION)["countries_with_gap.H5"].n == 12


def test_of_what_nobody_answered_every_number_of_countries_is_possible():
    # No public source answers anywhere whether cases have a plan for each victim.
    assert not any(row["indicator_id"] == "D4" for row in rows_of("referral/nrm_crosswalk"))
    finding = stated(REGION)["countries_with_gap.D4"]
    assert (finding.bounds, finding.value, finding.interval) == ((0, 16), None, "bounds")


def test_a_score_leaves_open_all_that_is_not_known():
    # Of Mauritania one scored indicator of dimension H applies, H2, and nothing is known of it.
    assert gaps_of("MRT")["H2"].status == "not reported"
    assert stated("MRT")["score.H"].bounds == (0, 1)
    for area_id in (*COUNTRIES, REGION):
        scores = [finding for finding in stated(area_id).values() if finding.measure == "score"]
        assert [finding.item for finding in scores] == [*"ABCDEFGHI", "all"]
        parts = [finding.bounds for finding in scores[:-1]]
        assert scores[-1].bounds == pytest.approx(tuple(sum(end) / 9 for end in zip(*parts, strict=True)))
        assert all(finding.value is None or finding.low == finding.high for finding in scores)


def test_the_score_of_the_region_is_the_mean_of_its_countries():
    # All sixteen are asked the same indicators of dimension A.
    each = [stated(area_id)["score.A"].bounds for area_id in COUNTRIES]
    assert stated(REGION)["score.A"].bounds == pytest.approx(tuple(sum(end) / 16 for end in zip(*each, strict=True)))


@pytest.mark.parametrize("area_id", ["SEN", "MRT", "CPV"])
def test_treaties_whose_status_was_not_found_are_left_open(area_id):
    status = Counter(row["status"] for row in rows_of("evidence/treaties") if row["area_id"] == area_id)
    finding = stated(area_id)["treaties_bound"]
    assert finding.bounds == (status["bound"], status["bound"] + status["unknown"])
    assert finding.n == sum(status.values())


def test_countries_that_each_treaty_binds_are_counted_for_the_region():
    rows = [row for row in rows_of("evidence/treaties") if row["area_id"] in COUNTRIES]
    for treaty in {row["treaty"] for row in rows}:
        status = Counter(row["status"] for row in rows if row["treaty"] == treaty)
        finding = stated(REGION)[f"countries_bound.{treaty.replace(' ', '_')}"]
        assert finding.bounds == (status["bound"], status["bound"] + status["unknown"])


@pytest.mark.parametrize("area_id", ["SEN", "CPV"])
def test_corridors_are_pairs_of_two_countries_that_reports_of_the_last_years_name(area_id):
    pairs = {
        (row["origin"], row["destination"])
        for row in rows_of("evidence/route_mentions")
        if int(row["report_year"]) >= 2013
        and area_id in (row["origin"], row["destination"])
        and row["origin"] != row["destination"]
        and all(re.fullmatch("[A-Z]{3}", row[end]) for end in ("origin", "destination"))
    }
    shares = [finding for finding in stated(area_id).values() if finding.measure == "corridors_covered"]
    assert {finding.n for finding in shares} == {len(pairs)}
    assert sum(finding.value for finding in shares) == pytest.approx(100)


def test_a_place_without_a_named_corridor_states_that_and_no_share():
    none = replace(referral_results.cover(), corridors=referral_results.cover().corridors.iloc[:0])
    place = areas.get("SEN")
    shares = found.corridors(place, referral_cooperation.corridors_by_agreement(place, none, (2013, 2024)))
    assert len(shares) == 4 and {finding.status for finding in shares} == {"not reported"}


@pytest.mark.parametrize("area_id", ["SEN", REGION])
def test_suggested_actions_are_those_of_the_last_report_that_have_an_indicator(area_id):
    own = set(COUNTRIES) if area_id == REGION else {area_id}
    coded = {row["action_id"]: row["settled"] for row in rows_of("referral/action_coding")}
    with_one = [
        row
        for row in rows_of("evidence/suggested_actions")
        if row["report_year"] == "2022" and row["area_id"] in own and coded[row["action_id"]] != "none"
    ]
    shares = [finding for finding in stated(area_id).values() if finding.measure == "suggested_actions"]
    assert {finding.n for finding in shares} == {len(with_one)}
    assert sum(finding.value for finding in shares) == pytest.approx(100)


@pytest.mark.parametrize("area_id", ["SEN", "MRT", REGION])
def test_a_number_stands_in_the_row_and_column_of_the_exhibit_that_its_finding_names(area_id):
    place = areas.get(area_id)
    shown = [each for each in referral_results.exhibits_of(place).values() if not each.absent]
    tables = {each.name: each.table.as_resource(each.name, "") for each in shown}
    rows = [finding.row() for finding in stated(area_id).values() if finding.status == "known"]
    require_published(rows, tables)
    without = {row["measure"] for row in rows if not row["exhibit"]}
    assert without == ({"score", "countries_without_conviction"} if area_id == REGION else {"treaties_bound"})


def test_a_method_begins_the_same_whatever_was_counted():
    every = [finding for area_id in (*COUNTRIES, REGION) for finding in stated(area_id).values()]
    for measure in (
        "corridors_covered",
        "suggested_actions",
        "gap",
        "gaps",
        "countries_with_gap",
        "indicators_unknown",
        "indicators_in_state",
        "state",
    ):
        beginnings = {finding.method.split(".")[0] for finding in every if finding.measure == measure}
        assert len(beginnings) == 1, measure


def test_every_indicator_has_a_name_of_its_own_in_four_languages():
    items = MEASURES["gap"].items
    assert list(items) == INDICATORS and MEASURES["countries_with_gap"].items == items == MEASURES["state"].items
    for language in LANGUAGES:
        words = [items[name][language] for name in INDICATORS]
        assert len(set(words)) == len(words) and all(words)
    assert all(len({items[name][language] for language in LANGUAGES}) == 4 for name in INDICATORS)


@pytest.mark.parametrize("area_id", [*COUNTRIES, REGION])
def test_each_finding_has_its_sentence_in_four_languages_and_follows_from_public_evidence(area_id):
    for finding in stated(area_id).values():
        assert (finding.kind, finding.release_class) == ("public", "public")
        for language in LANGUAGES:
            text = sentence(finding.row(), language)
            assert text.endswith(".") and not re.search(r"[{}]|\bnan\b|None|  ", text), text
