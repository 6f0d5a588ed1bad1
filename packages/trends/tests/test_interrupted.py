"""What a user relies on in interrupted time series of counts."""

from __future__ import annotations

import json
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from fuzzing import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from plain_plots import named
from refusals import codes, refused, warned
from scipy import stats

import trends
from trends import interrupted

# Data and what R prints; the sources stand in the file.
R = json.loads((Path(__file__).parents[3] / "tests" / "reference" / "count_models.json").read_text())
FURTHER = json.loads((Path(__file__).parents[3] / "tests" / "reference" / "further_trends.json").read_text())
BELT = 1983 + 1 / 12  # front seat belts became compulsory on 31 January 1983
SEATBELTS = pd.DataFrame({"period": 1969 + np.arange(192) / 12, "count": R["seatbelts_counts"]})


def yearly(values, first=2005, **columns) -> pd.DataFrame:
    return pd.DataFrame({"period": range(first, first + len(values)), "count": values, **columns})


def changes(found, term: str) -> pd.Series:
    rows = found.effects[found.effects["term"] == term]
    assert len(rows) == 1
    return rows.iloc[0]


@pytest.mark.parametrize(("errors", "printed"), [("model", "se"), ("robust", "hc0_se"), ("hac", "nw_se")])
def test_the_seat_belt_law_is_what_r_prints(errors, printed):
    found = interrupted(SEATBELTS, BELT, season=12, slope_change=False, errors=errors)
    law, trend = changes(found, "level change"), changes(found, "trend before")
    t = stats.t.ppf(0.975, R["seatbelts"]["df"])
    assert law["estimate"] == pytest.approx(R["seatbelts"]["irr_law"], rel=1e-9)
    assert np.log(law["high"] / law["estimate"]) == pytest.approx(t * R["seatbelts"][printed][2], rel=1e-7)
    # R counts months, and here a unit of the period is a year.
    assert np.log(trend["estimate"]) == pytest.approx(12 * R["seatbelts"]["coef"][1], rel=1e-9)
    assert np.log(trend["low"] / trend["estimate"]) == pytest.approx(-12 * t * R["seatbelts"][printed][1], rel=1e-7)
    if errors == "model":
        assert law["p_value"] == pytest.approx(R["seatbelts"]["p"][2], rel=1e-6)


@pytest.mark.parametrize(("errors", "column"), [("model", "se"), ("hac", "nw_se")])
def test_two_interruptions_of_level_and_slope_are_what_r_prints(errors, column):
    printed = FURTHER["interrupted_1885_1915"]
    found = interrupted(yearly(FURTHER["discoveries"], first=1860), [1885, 1915], errors=errors)
    effects = found.effects
    assert effects["term"].tolist() == printed["terms"]
    assert np.log(effects["estimate"]).tolist() == pytest.approx(printed["coef"], rel=1e-7)
    reach = np.log(effects["high"] / effects["estimate"]) / stats.t.ppf(0.975, 94)
    assert reach.tolist() == pytest.approx(printed[column], rel=1e-7)
    if errors == "model":
        assert effects["p_value"].tolist() == pytest.approx(printed["p"], rel=1e-6)


@pytest.mark.parametrize("errors", ["robust", "hac"])
def test_one_year_of_covid_has_no_limits_by_robust_errors(errors):
    # Sandwich estimators are made from what a fit leaves over, and an indicator of one year leaves nothing of it.
    series = yearly([5, 7, 6, 9, 8, 10, 12, 11, 13, 12, 3, 14, 16], first=2010).query("period != 2021")
    found = interrupted(series, 2015, errors=errors)
    assert changes(found, "COVID-19")[["low", "high", "p_value"]].isna().all()
    assert changes(found, "level change")[["low", "high", "p_value"]].notna().all()
    year = found.fitted[found.fitted["period"] == 2020]
    assert year[["low", "high"]].isna().all(axis=None)
    assert year[["counterfactual_low", "counterfactual_high"]].notna().all(axis=None)
    assert "single_period_coefficient" in codes(found.warnings)
    known = changes(interrupted(series, 2015, errors="model"), "COVID-19")
    assert known[["low", "high", "p_value"]].notna().all()


def test_long_series_have_newey_wests_errors_by_default_and_short_ones_the_models():
    assert interrupted(SEATBELTS, BELT, season=12).method.count("Newey-West standard errors (3 lags)") == 1
    assert "quasi-Poisson standard errors" in interrupted(yearly([9, 8, 10, 9, 15, 14, 16, 17]), 2009).method


def test_a_series_made_with_a_step_and_a_kink_gives_them_back():
    k = np.arange(14)
    # 5 % more a year; from the seventh year on half, and then 10 % less a year than before.
    values = 200 * 1.05**k * np.where(k >= 6, 0.5 * 0.9 ** (k - 6.0), 1)
    found = interrupted(yearly(values), 2011)
    assert changes(found, "trend before")["estimate"] == pytest.approx(1.05)
    assert changes(found, "level change")["estimate"] == pytest.approx(0.5)
    assert changes(found, "slope change")["estimate"] == pytest.approx(0.9)
    table = found.fitted.set_index("period")
    np.testing.assert_allclose(table["fit"], values)
    assert table["counterfactual"].isna().tolist() == [True] * 6 + [False] * 8
    np.testing.assert_allclose(table["counterfactual"].iloc[6:], 200 * 1.05 ** k[6:])
    assert (table["low"] < table["fit"]).all() and (table["fit"] < table["high"]).all()


def test_several_interruptions_each_have_their_level():
    k = np.arange(15)
    values = 100 * np.where(k >= 5, 2.0, 1) * np.where(k >= 10, 1.5, 1)
    found = interrupted(yearly(values, 2000), [2010, 2005], slope_change=False)
    assert found.at == (2005, 2010)
    rows = found.effects[found.effects["term"] == "level change"].set_index("at")["estimate"]
    assert rows.to_dict() == pytest.approx({2005: 2.0, 2010: 1.5})
    assert found.sensitivity.groupby("covid").size().to_dict() == {"indicator": 2, "kept": 2, "masked": 2}


def test_persons_and_effort_are_taken_out():
    k = np.arange(12)
    people = 1e5 * 1.5**k
    found = interrupted(yearly(1e-4 * people * np.where(k >= 6, 3, 1), population=people), 2011, slope_change=False)
    assert changes(found, "trend before")["estimate"] == pytest.approx(1)
    assert changes(found, "level change")["estimate"] == pytest.approx(3)
    np.testing.assert_allclose(found.fitted["fit"], found.fitted["observed_low"])  # persons, not rates
    effort = np.array([4.0, 9, 1, 16, 4, 25, 1, 9, 4, 1, 16, 9])
    found = interrupted(yearly(30 * np.sqrt(effort) * np.where(k >= 6, 3, 1), effort=effort), 2011, effort="covariate")
    assert changes(found, "effort")["estimate"] == pytest.approx(0.5)
    assert changes(found, "level change")["estimate"] == pytest.approx(3)


def test_effort_that_changed_with_the_regime_is_warned_of():
    effort = [1, 1.1, 0.9, 1, 1.1, 1, 8, 9, 8.5, 8, 9, 8.2]
    found = interrupted(yearly([20] * 12, effort=effort), 2011, effort="covariate", slope_change=False)
    assert warned(found.warnings, "effort_follows_interruption", "2011")


def pandemic(dip: float = 0.4) -> pd.DataFrame:
    """50 a year, twice that from 2015 on, less in 2020 and 2021."""
    year = np.arange(2008, 2026)
    return yearly(50 * np.where(year >= 2015, 2, 1) * np.where(np.isin(year, (2020, 2021)), dip, 1), 2008)


def test_all_three_treatments_of_covid_stand_side_by_side_whichever_is_the_main_one():
    results = [
        interrupted(pandemic(), 2015, slope_change=False, covid=name) for name in ("indicator", "masked", "kept")
    ]
    for found in results:
        rows = found.sensitivity.set_index("covid")
        assert list(rows.index) == ["indicator", "masked", "kept"]
        assert rows.loc[["indicator", "masked"], "level_change"].tolist() == pytest.approx([2, 2])
        assert rows.loc["kept", "level_change"] < 1.9
        assert rows["n"].tolist() == [18, 16, 18]
        assert rows["slope_change"].isna().all()
        main = changes(found, "level change")
        assert rows.loc[found.covid, "level_change"] == main["estimate"]
        assert rows.loc[found.covid, ["level_low", "level_high"]].tolist() == [main["low"], main["high"]]
    assert changes(results[0], "COVID-19")["estimate"] == pytest.approx(0.4)
    masked = results[1].fitted.set_index("period")
    assert masked.index[~masked["used"]].tolist() == [2020, 2021]
    assert masked.loc[2020, "fit"] == pytest.approx(100)  # what would have been without COVID-19
    assert "Left out, as COVID-19 disturbed them" in results[1].sensitivity["warnings"][1]


def test_without_covid_years_the_three_rows_agree_and_say_so():
    rows = interrupted(SEATBELTS, BELT, season=12).sensitivity
    assert rows["level_change"].nunique() == rows["slope_high"].nunique() == 1
    assert rows["warnings"].str.contains("No figure is of the COVID-19 years").all()


def test_what_covid_hides_is_refused_and_stays_as_a_row_with_the_reason():
    series = yearly([9, 8, 10, 9, 11, 10, 9, 10, 4, 5, 12, 13], 2012)
    with refused(trends.TooFewPoints, "too_few_each_side", "2020", "COVID-19"):
        interrupted(series, 2020)
    found = interrupted(series, 2020, covid="kept", slope_change=False)
    rows = found.sensitivity.set_index("covid")
    assert np.isfinite(rows.loc["kept", "level_change"])
    assert rows.loc[["indicator", "masked"], "level_change"].isna().all()
    assert rows.loc["masked", "warnings"].startswith("Not estimated. Observed points from 2020 on: 2")
    assert warned(found.warnings, "interruption_in_covid", "interruption of 2020")


@pytest.mark.parametrize(
    "written",
    [
        lambda month: 2010 + month / 12,
        lambda month: 2010 + (month + 0.5) / 12,
        lambda month: np.round(2010 + month / 12, 2),
        lambda month: np.floor((2010 + month / 12) * 1000 + 1e-6) / 1000,
    ],
    ids=["start", "middle", "two decimals", "cut off"],
)
def test_months_may_be_written_at_their_start_in_their_middle_or_rounded(written):
    month = np.arange(72)
    wave = np.tile([1.0, 2, 3, 1, 2, 3, 1, 2, 3, 4, 5, 6], 6)
    series = pd.DataFrame({"period": written(month), "count": 20 * wave * np.where(month >= 37, 0.5, 1)})
    found = interrupted(series, float(written(37)), season=12, slope_change=False)
    assert changes(found, "level change")["estimate"] == pytest.approx(0.5)
    assert "at 2013-02, 12 seasons" in found.method
    np.testing.assert_allclose(found.fitted["fit"], series["count"], rtol=1e-6)


def test_quarters_are_a_season_too():
    quarter = np.arange(32)
    values = np.tile([10, 20, 30, 40], 8) * np.where(quarter >= 17, 2, 1)
    series = pd.DataFrame({"period": 2004 + quarter / 4, "count": values})
    found = interrupted(series, 2008.25, season=4, slope_change=False)
    assert changes(found, "level change")["estimate"] == pytest.approx(2)
    assert "2008 Q2" in found.method


PLAIN = yearly([9, 8, 10, 9, 15, 14, 16, 17])


@pytest.mark.parametrize(
    ("series", "at", "arguments", "reason"),
    [
        (PLAIN, 2007, {}, ("too_few_each_side", "2007")),
        (PLAIN, 2011, {}, ("too_few_each_side", "2011")),
        (yearly([9] * 9), [2008, 2010], {"slope_change": False}, ("too_few_each_side", "2008", "2010")),
        (yearly([9, 8, 10, 9, 15, 14]), 2008, {}, ("too_few_periods", "4", "7")),
        (yearly([0, 0, 0, 0, 15, 14, 16, 17]), 2009, {"slope_change": False}, ("separation",)),
        (PLAIN, 2009, {"season": 12}, ("one_season_only",)),
        (
            yearly([9] * 9).assign(period=np.r_[2010 + np.arange(8) / 12, 2010.57]),
            2010.3, {"season": 12}, ("duplicate_period",),
        ),
        (PLAIN, 2009, {"season": 52}, ("unknown_choice", "12")),
        (PLAIN, 2009, {"covid": "dropped"}, ("unknown_choice",)),
        (PLAIN, [], {}, ("invalid_interruption", "`at`")),
        (PLAIN, [2009, 2009], {}, ("invalid_interruption",)),
        (PLAIN, 2009, {"confidence": 95}, ("confidence_out_of_range",)),
        (PLAIN.drop(columns="count"), 2009, {}, ("missing_counts",)),
    ],
)  # fmt: skip
def test_what_cannot_be_estimated_is_refused_with_the_reason(series, at, arguments, reason):
    with refused(ValueError, *reason):
        interrupted(series, at, **arguments)


def test_effort_that_is_the_interruption_itself_cannot_be_told_from_it():
    series = yearly([9, 8, 10, 9, 15, 14, 16, 17], effort=[1] * 4 + [2] * 4)
    with refused(trends.NotEstimable, "collinear", "'effort'"):
        interrupted(series, 2009, slope_change=False, effort="covariate")


OPEN = pd.DataFrame(
    [(9, 9, "exact"), (1, 4, "below_5"), (12, 12, "exact"), (5, 9, "derived"), (8, 8, "exact"),
     (2, 20, "derived"), (18, 18, "exact"), (1, 4, "below_5"), (14, 30, "derived"), (16, 16, "exact")],
    columns=["low", "high", "value_qualifier"],
).assign(period=range(2000, 2010))  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("slope_change", [True, False])
def test_bounds_of_the_changes_are_those_of_all_corners_of_these_counts(slope_change):
    found = interrupted(OPEN, 2005, slope_change=slope_change)
    low = OPEN["low"].mask(OPEN["value_qualifier"] == "below_5", 0)
    ends = [sorted({a, b}) for a, b in zip(low, OPEN["high"], strict=True)]
    corners = [interrupted(yearly(corner, 2000), 2005, slope_change=slope_change).effects for corner in product(*ends)]
    assert len(corners) == 2**5
    estimates = np.array([corner["estimate"] for corner in corners])
    np.testing.assert_allclose(found.effects["estimate_low"], estimates.min(axis=0), rtol=1e-7)
    np.testing.assert_allclose(found.effects["estimate_high"], estimates.max(axis=0), rtol=1e-7)
    assert found.effects["estimate"].isna().all()
    assert (found.effects["low"] < found.effects["estimate_low"]).all()
    assert found.fitted["fit"].isna().all() and "not exact" in found.method


@pytest.mark.slow
@settings(max_examples=examples(25), deadline=None)
@given(
    st.lists(st.integers(1, 60), min_size=8, max_size=16),
    st.integers(2, 9),
    st.sampled_from(["model", "hac"]),
)
def test_counts_times_a_number_have_the_same_changes_and_the_fit_has_their_total(values, factor, errors):
    values = [3, 9, 4, *values]
    found = interrupted(yearly(values, 1990), 1995, errors=errors)
    more = interrupted(yearly([factor * value for value in values], 1990), 1995, errors=errors)
    np.testing.assert_allclose(more.effects["estimate"], found.effects["estimate"], rtol=1e-6)
    before = found.fitted["period"] < 1995
    # Each stretch has its own level, so that the Poisson fit has the total of each.
    for stretch in (before, ~before):
        assert found.fitted.loc[stretch, "fit"].sum() == pytest.approx(found.fitted.loc[stretch, "observed_low"].sum())
    assert (found.effects["low"] <= found.effects["estimate"]).all()


def test_the_picture_shows_counts_fit_and_counterfactual_broken_at_the_interruption():
    found = interrupted(pandemic(), 2015, slope_change=False)
    figure = found.plot()
    table = found.fitted
    assert named(figure, "observed").tolist() == table[["period", "observed_low"]].to_numpy().tolist()
    fit = named(figure, "fit")
    assert fit[~np.isnan(fit[:, 1]), 1].tolist() == pytest.approx(table["fit"].tolist())
    before = int((table["period"] < 2015).sum())
    assert np.isnan(fit[before]).all()
    without = named(figure, "without the interruption")[before + 1 :, 1]
    assert without.tolist() == pytest.approx(table["counterfactual"].tolist()[before:])
    assert named(figure, "interruption")[0, 0] == 2015


def test_counts_that_are_intervals_are_drawn_as_ranges():
    found = interrupted(OPEN, 2005, slope_change=False)
    open_ = (found.fitted["observed_low"] < found.fitted["observed_high"]).to_numpy()
    assert open_.any() and np.isnan(named(found.plot(), "observed")[open_, 1]).all()
