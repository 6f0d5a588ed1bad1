"""What a reader changes in a notebook, as a level, is changed in every label that names it."""

from __future__ import annotations

import re

import pytest
from notebook_cells import labels, run_cells

from analysis.exhibits.exhibit import Exhibit, exhibits_of

# Notebook, area, and the beginnings of the names of the exhibits whose limits have the level of the notebook's call.
RUNS = [
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


@pytest.fixture
def published(monkeypatch):
    """Run a notebook with other words for some; return the labels of the exhibits whose names begin so, by name."""
    shown: list[Exhibit] = []

    def collect(given):
        shown.extend(exhibits_of(given))

    def run(analysis, area_id, touched, replaced) -> dict[str, str]:
        run_cells(analysis, area_id, replaced=replaced)
        found = {each.name: labels(each) for each in shown if each.name.startswith(touched)}
        assert all(any(name.startswith(each) for name in found) for each in touched)
        return found

    monkeypatch.setattr("analysis.exhibits.publish", collect)
    return run


@pytest.mark.parametrize(("analysis", "area_id", "touched"), RUNS)
def test_no_label_names_the_level_that_was_replaced(analysis, area_id, touched, published):
    replaced = NAMED_ONCE.get(analysis, {"confidence=0.95": "confidence=0.5"})
    for name, said in published(analysis, area_id, touched, replaced).items():
        assert "50 %" in said, name
        assert not re.search(r"95\s?%", said), name


def test_no_label_names_the_inhabitants_that_were_replaced(published):
    touched = ("detected_rates", "sdg_16_2_2", "islands_side_by_side")
    for name, said in published("incidence", "cabo_verde", touched, {"per = 100_000": "per = 1_000"}).items():
        assert re.search(r"[Pp]er 1,000\b(?!,)", said), name
        assert "100,000" not in said, name
