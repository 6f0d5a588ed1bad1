"""What a reader changes in a notebook, as a level, is changed in every label, sentence and finding that names it."""

from __future__ import annotations

import re

import pytest
from IPython.display import Markdown
from notebook_cells import labels, run_cells

from analysis.exhibits.exhibit import Exhibit, exhibits_of
from analysis.findings.finding import Finding
from analysis.findings.measures import sentence

# Notebook, area, and the beginnings of the names of the exhibits whose limits have the level of the notebook's call.
RUNS = [
    ("trends", "SEN", ("series_at_hand",)),
    ("trends", "turkiye", ("series_at_hand", "variants", "effort", "turns_2", "levels")),
    ("routes", "west_africa", ("changed_corridors",)),
    ("incidence", "SEN", ("detected_rates", "sdg_16_2_2")),
    ("incidence", "cabo_verde", ("detected_rates", "sdg_16_2_2", "ranking_", "islands_side_by_side")),
    ("case_records", "demo_islands", ("days_to_referral", "days_by_list", "days_curves", "days_curves_by_list")),
    ("record_trends", "XDP-FIG", ("record_turns",)),
    ("estimated_total", "XDP-FIG", ("by_method", "reach", "highest_order", "strata", "without_lists", "known_lists")),
    (
        "record_journeys",
        "demo_provinces",
        (
            *("record_flows", "record_reach", "record_ways", "record_corridors", "record_scope", "record_transit"),
            *("record_balance", "record_crossings", "record_groups", "record_concentration", "record_change"),
        ),
    ),
    ("referral_mechanisms", "west_africa", ("referral_second_readings", "referral_readers")),
    (
        "risk_factors",
        "XDP-FIG",
        ("outcomes_prevalence", "outcomes_nested", "protection_", "survey_children", "survey_missing", "planted_prev"),
    ),
    pytest.param(
        "risk_factors",
        "demo_provinces",
        ("outcomes_sectors", "outcomes_forms", "risk_factors_", "survey_vulnerabilities", "planted_odds_ratios"),
        marks=pytest.mark.soak,
    ),
]
# Where the notebook names the level once, for all of its calls.
NAMED_ONCE = {"risk_factors": {"confidence = 0.95": "confidence = 0.5"}}
# Limits of a funnel are those of its method; a year is complete at a share of its reports; a score can be 95 %.
OTHER_LEVELS = ("funnel_", "record_delay", "records_by_year", "referral_profile")


@pytest.fixture
def published(monkeypatch):
    """Run a notebook with other words for some; return all that it publishes in words, by exhibit or finding."""
    shown: list[Exhibit] = []
    stated: list[Finding] = []

    def collect(given):
        shown.extend(exhibits_of(given))

    def run(analysis, area_id, replaced) -> dict[str, str]:
        displayed: list[str] = []
        texts = run_cells(analysis, area_id, displayed, replaced=replaced)
        found = {each.name: labels(each) for each in shown if each.instead is None and not each.absent}
        instead = [str(each.instead.data) for each in shown if isinstance(each.instead, Markdown)]
        found |= {f"text {number}": text for number, text in enumerate([*texts, *displayed, *instead])}
        for finding in stated:
            row = finding.row()
            found[finding.finding_id] = " ".join(map(str, (sentence(row), row["method"], row["limits"], row["why"])))
        return found

    monkeypatch.setattr("analysis.exhibits.publish", collect)
    monkeypatch.setattr("analysis.findings.finding.record", stated.extend)
    return run


def named(said: dict[str, str], touched: tuple[str, ...]) -> dict[str, str]:
    """The labels of the exhibits whose names begin so, of which there is one for each."""
    found = {name: each for name, each in said.items() if name.startswith(touched)}
    assert all(any(name.startswith(each) for name in found) for each in touched)
    return found


@pytest.mark.parametrize(("analysis", "area_id", "touched"), RUNS)
def test_nothing_published_names_the_level_that_was_replaced(analysis, area_id, touched, published):
    said = published(analysis, area_id, NAMED_ONCE.get(analysis, {"confidence=0.95": "confidence=0.5"}))
    for name, each in named(said, touched).items():
        assert "50 %" in each or name.endswith("_criteria"), name
    assert [
        (name, each)
        for name, each in said.items()
        if re.search(r"\b95\s?%", each) and not name.startswith(OTHER_LEVELS)
    ] == []


@pytest.mark.parametrize(
    ("area_id", "before", "after", "name", "words"),
    [
        ("turkiye", "permutations=4499", "permutations=199", "turns_2", "199 permutations"),
        ("turkiye", "permutations=1999", "permutations=399", "levels", "399 permutations"),
        ("turkiye", "per=1000", "per=100", "effort", "per 100 "),
    ],
)
def test_nothing_published_names_the_number_that_was_replaced(area_id, before, after, name, words, published):
    said = published("trends", area_id, {before: after})
    assert words in said[name]
    old = rf"\b{int(before.partition('=')[2]):,}\b(?! (?:persons|victims))"
    assert [each for each, text in said.items() if each.startswith(name) and re.search(old, text)] == []


def test_no_label_names_the_inhabitants_that_were_replaced(published):
    touched = ("detected_rates", "sdg_16_2_2", "islands_side_by_side")
    every = published("incidence", "cabo_verde", {"per = 100_000": "per = 1_000"})
    for name, said in named(every, touched).items():
        assert re.search(r"[Pp]er 1,000\b(?!,)", said), name
        assert "100,000" not in said, name
