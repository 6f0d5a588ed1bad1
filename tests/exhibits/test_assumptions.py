"""What a page says of the assumptions behind an estimated total: rounded, by what is released, or a reason."""

from __future__ import annotations

import re
from functools import cache
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

import capture_recapture
from analysis import areas
from analysis.exhibits import (
    NoResult,
    assumptions,
    attempt,
    common_years,
    multiple_systems,
    record_counts,
    rounded_estimates,
)
from analysis.exhibits.exhibit import ESTIMATE, Exhibit

# Whole figures are made: `make test` runs them, `make check` does not.
pytestmark = pytest.mark.slow

PROVINCES, FIG = areas.get("demo_provinces"), areas.get("XDP-FIG")
REPLICATES = 20


@cache
def methods():
    return attempt(capture_recapture.robustness, common_years.histories(PROVINCES), (0.02,), replicates=REPLICATES)


@cache
def dial():
    return attempt(capture_recapture.highest_order, common_years.histories(PROVINCES), replicates=REPLICATES)


@cache
def over():
    drawn = assumptions.drawn_histories(PROVINCES, draws=3)
    one = common_years.histories(PROVINCES)
    asked = [multiple_systems.USUAL, "Mth Darroch"]
    return attempt(
        capture_recapture.robustness_over_linkages, drawn, one, methods=asked, thresholds=(0.02,), replicates=REPLICATES
    )


@cache
def of_dial() -> Exhibit:
    return assumptions.highest_order(PROVINCES, methods(), dial())


@cache
def of_linkages() -> Exhibit:
    return assumptions.over_linkages(PROVINCES, methods(), over())


def persons(said: pd.Series) -> np.ndarray:
    return said.str.replace(",", "").astype(float).to_numpy()


def test_the_total_under_each_assumption_follows_from_what_is_released_alone():
    # Persons on no list are proportional to the odds ratio: 1,149 + ratio x (released total - 1,149), in hundreds.
    table = of_dial().table.set_index("Odds ratio")
    seen, released = record_counts.total(PROVINCES), rounded_estimates.rounded(dial().estimate)
    by_hand = [rounded_estimates.rounded(seen + ratio * (released - seen)) for ratio in table.index]
    assert persons(table["Persons"]).tolist() == by_hand
    assert table.index.tolist() == [0.25, 0.5, 1.0, 2.0, 4.0] and table.loc[1.0, "Persons"] == f"{released:,.0f}"


def test_the_sentence_gives_the_odds_ratio_at_which_as_many_are_undetected_as_detected():
    seen, released = record_counts.total(PROVINCES), rounded_estimates.rounded(dial().estimate)
    ratio = float(re.search(r"while the odds ratio is \w+ ([\d.]+)\.", of_dial().limits).group(1))
    assert ratio == pytest.approx(seen / (released - seen), rel=0.01)


@pytest.mark.parametrize("made", [of_dial, of_linkages])
def test_what_is_released_is_rounded_and_marked_as_an_estimate(made):
    found = made()
    assert found.release_class == ESTIMATE and found.kind == "synthetic" and found.figure is not None
    numbers = found.table.filter(regex="Persons|interval").stack().str.findall(r"[\d,]+").explode()
    assert (numbers.str.replace(",", "").astype(int) % 20 == 0).all()


def test_linkages_are_beside_the_one_linkage_with_their_share_of_the_variance():
    table = of_linkages().table
    assert table["Method"].tolist() == [multiple_systems.USUAL, "Mth Darroch"]
    assert table["Due to linkage, % of the variance"].between(0, 100).all()
    one = capture_recapture.heterogeneity(common_years.histories(PROVINCES), ["Mth Darroch"]).table["estimate"]
    assert persons(table["Persons, one linkage"])[1] == rounded_estimates.rounded(one.item())
    assert "faultless linkage" not in of_linkages().limits


def test_drawn_histories_hold_about_as_many_persons_as_the_one_linkage():
    drawn = assumptions.drawn_histories(PROVINCES, draws=3)
    each = drawn.groupby("draw")["count"].sum()
    one = common_years.histories(PROVINCES)["count"].sum()
    assert len(each) == 3 and each.between(0.97 * one, 1.03 * one).all()
    assert set(drawn) == {"draw", *common_years.histories(PROVINCES)}


@pytest.mark.parametrize(
    ("counted", "said"),
    [
        ((370, 100_000), "Of all pairs of records 0.4 % agree on a key and were compared."),
        ((1_030, 10_300), "Of all pairs of records 10 % agree on a key and were compared."),
        ((10_300, 10_300), "All pairs of records were compared"),
    ],
)
def test_the_share_of_pairs_that_were_compared_is_given_in_one_digit(counted, said, monkeypatch):
    once = pd.DataFrame([counted], columns=["compared", "possible"])
    monkeypatch.setattr(assumptions, "load", lambda study: SimpleNamespace(sensitivity=once))
    assert said in assumptions.over_linkages(PROVINCES, methods(), over()).limits


def test_an_area_is_referred_to_its_study_where_linkages_are_drawn():
    drawn = assumptions.drawn_histories(FIG)
    assert isinstance(drawn, NoResult) and drawn.code == "of_the_study"
    exhibit = assumptions.over_linkages(FIG, methods(), drawn)
    assert exhibit.table.empty and exhibit.figure is None and "for the study as a whole" in exhibit.limits


@pytest.mark.parametrize("show", ["highest_order", "over_linkages"])
def test_where_the_total_is_suppressed_nothing_of_its_assumptions_is_released(show, monkeypatch):
    monkeypatch.setattr(record_counts, "total", lambda place: None)
    result = dial() if show == "highest_order" else over()
    exhibit = getattr(assumptions, show)(PROVINCES, methods(), result)
    assert exhibit.table.empty and exhibit.figure is None and "suppressed" in exhibit.limits
    exhibit = getattr(assumptions, show)(PROVINCES, NoResult("No list.", "no_list"), result)
    assert exhibit.absent == "No list."


@pytest.mark.parametrize("show", ["highest_order", "over_linkages"])
def test_a_refusal_that_counts_persons_is_released_without_its_number(show):
    refused = NoResult("None of the 17 persons is on two lists.", "no_overlap")
    exhibit = getattr(assumptions, show)(PROVINCES, methods(), refused)
    assert exhibit.table.empty and "17" not in exhibit.limits
