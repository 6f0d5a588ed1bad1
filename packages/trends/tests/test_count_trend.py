"""What a user relies on in count regression: other families, robust errors, and detection effort."""

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
from plain_plots import axes_of, named, words
from refusals import codes, refused, warned
from scipy import stats

import trends
from trends import count_model

# Data and what R prints; the sources stand in the file.
R = json.loads((Path(__file__).parents[3] / "tests" / "reference" / "count_models.json").read_text())
FURTHER = json.loads((Path(__file__).parents[3] / "tests" / "reference" / "further_trends.json").read_text())
COAL = pd.DataFrame({"period": range(1851, 1963), "count": R["coal_counts"]})


def counts(values, first=2005, **columns) -> pd.DataFrame:
    return pd.DataFrame({"period": range(first, first + len(values)), "count": values, **columns})


def bounds(*rows: tuple, first=2005) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["low", "high", "value_qualifier"])
    return table.assign(period=range(first, first + len(rows)))


def coal_design() -> np.ndarray:
    year = COAL["period"].to_numpy(dtype=float)
    return np.column_stack([np.ones(len(year)), year - year.mean()])


def ships() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Incidents, design and log months at sea; ships that were never at sea are left out, as in the book."""
    table = pd.DataFrame(R["ships_data"]).query("service > 0")
    design = np.column_stack(
        [np.ones(len(table))]
        + [table["type"] == letter for letter in "BCDE"]
        + [table["year"] == year for year in (65, 70, 75)]
        + [table["period"] == 75]
    ).astype(float)
    return table["incidents"].to_numpy(dtype=float), design, np.log(table["service"].to_numpy(dtype=float))


def case(name: str) -> tuple[np.ndarray, np.ndarray, np.ndarray | float]:
    if name == "ships":
        return ships()
    y, design = COAL["count"].to_numpy(dtype=float), coal_design()
    if name == "coal_hinge_1891":
        design = np.column_stack([design, np.maximum(COAL["period"] - 1891.0, 0)])
    return y, design, 0.0


@pytest.mark.parametrize(
    ("name", "family"),
    [
        ("coal_poisson", "poisson"),
        ("coal_quasi", "quasi-poisson"),
        ("coal_negative_binomial", "negative binomial"),
        ("coal_hinge_1891", "poisson"),
        ("ships", "poisson"),
    ],
)
def test_fits_and_all_three_kinds_of_errors_are_what_r_prints(name, family):
    y, design, offset = case(name)
    printed = R[name]
    # R takes its weights from the step before the last, so that its errors agree to some 1e-5.
    for errors, column in (("model", "se"), ("robust", "hc0_se"), ("hac", "nw_se")):
        fits = count_model.fit(y, design, offset, family=family, errors=errors)
        np.testing.assert_allclose(np.sqrt(np.diag(fits.covariance[0])), printed[column], rtol=3e-5)
    fits = count_model.fit(y, design, offset, family=family)
    np.testing.assert_allclose(fits.coefficients[0], printed["coef"], rtol=2e-7)
    np.testing.assert_allclose(
        fits.p_value(fits.coefficients[0] / np.sqrt(np.diag(fits.covariance[0]))), printed["p"], rtol=5e-4
    )
    assert fits.deviance[0] == pytest.approx(printed["deviance"], rel=1e-9)
    assert fits.degrees == printed["df"]
    if "logLik" in printed:
        assert fits.log_likelihood[0] == pytest.approx(printed["logLik"], rel=1e-10)


def test_theta_is_that_of_glm_nb():
    y, design, _ = case("coal_negative_binomial")
    fits = count_model.fit(y, design, family="negative binomial")
    assert fits.theta[0] == pytest.approx(R["coal_negative_binomial"]["theta"], rel=1e-7)  # 122.1567
    assert fits.theta_error[0] == pytest.approx(R["coal_negative_binomial"]["se_theta"], rel=1e-5)
    found = trends.count_trend(COAL, family="negative binomial")
    assert found.theta == fits.theta[0]
    slope, error = R["coal_negative_binomial"]["coef"][1], R["coal_negative_binomial"]["se"][1]
    assert np.log1p(found.annual_change / 100) == pytest.approx(slope, rel=1e-8)
    assert np.log1p(found.high / 100) == pytest.approx(slope + stats.norm.ppf(0.975) * error, rel=1e-6)
    assert "Negative binomial" in found.method


@pytest.mark.parametrize("years", ["all", "few_years"])
@pytest.mark.parametrize("family", count_model.FAMILIES)
def test_many_tied_counts_and_eight_with_a_gap_are_fitted_as_by_r(years, family):
    printed = FURTHER["trends"][years][family]
    series = counts(FURTHER["discoveries"], first=1860)
    if years == "few_years":
        series = series[series["period"].between(1880, 1889) & ~series["period"].isin([1883, 1884])]
    year = series["period"].to_numpy(dtype=float)
    design = np.column_stack([np.ones(len(year)), year])
    for errors, column in (("model", "se"), ("robust", "hc0_se"), ("hac", "nw_se")):
        fits = count_model.fit(series["count"], design, family=family, errors=errors)
        assert np.sqrt(fits.covariance[0, 1, 1]) == pytest.approx(printed[column], rel=1e-7)
        assert fits.coefficients[0, 1] == pytest.approx(printed["slope"], rel=1e-8)
    found = trends.count_trend(series, family=family)
    if family == "negative binomial":
        assert fits.log_likelihood[0] == pytest.approx(printed["log_likelihood"], rel=1e-10)
        assert fits.theta[0] == pytest.approx(printed["theta"], rel=1e-7)
        assert fits.theta_error[0] == pytest.approx(printed["theta_se"], rel=1e-4)
    if family == "quasi-poisson":
        assert (found.dispersion, found.p_value) == pytest.approx((printed["dispersion"], printed["p_value"]), rel=1e-7)


def test_newey_and_west_by_hand():
    # Mean 3, residuals -2, 0, -1, 3. Squares 14; neighbours 0, 0, -3, weighted 1 - 1/2 and taken twice: 14 - 3 = 11.
    # The log of the mean has that variance over the total of 12, squared.
    y, one = [1, 3, 2, 6], np.ones((4, 1))
    assert count_model.fit(y, one, errors="robust").covariance[0, 0, 0] == pytest.approx(14 / 144)
    assert count_model.fit(y, one, errors="hac", lags=1).covariance[0, 0, 0] == pytest.approx(11 / 144)


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [({"lags": 2}, ("incompatible_options", "'hac'")), ({"errors": "hac", "lags": 8}, ("out_of_range", "0", "7"))],
)
def test_lags_are_fewer_than_the_periods_and_of_newey_and_wests_errors_alone(arguments, reason):
    with refused(ValueError, *reason):
        count_model.fit([9] * 8, np.ones((8, 1)), **arguments)


def test_robust_errors_use_t_and_say_that_they_are_too_small_in_short_series():
    found = trends.count_trend(COAL, errors="hac")
    slope, error = R["coal_quasi"]["coef"][1], R["coal_quasi"]["nw_se"][1]
    assert np.log1p(found.low / 100) == pytest.approx(slope - stats.t.ppf(0.975, 110) * error, rel=1e-6)
    assert "Newey-West standard errors (3 lags)" in found.method
    assert "errors_too_small" not in codes(found.warnings)
    short = counts([12, 9, 14, 11, 13, 10, 15, 12])
    for errors, name in (("hac", "Newey-West errors of 8 periods"), ("robust", "Robust errors of 8 periods")):
        assert warned(trends.count_trend(short, errors=errors).warnings, "errors_too_small", name)


@pytest.mark.parametrize("errors", ["robust", "hac"])
def test_a_single_year_of_covid_is_not_taken_as_certain_by_robust_errors(errors):
    # The indicator of one year fits it exactly: sandwich estimators give its fit the error 0.
    series = counts([5, 7, 6, 9, 8, 10, 12, 11, 13, 12, 3], first=2010)
    found = trends.count_trend(series, covid="indicator", errors=errors)
    assert found.fitted.loc[found.fitted["period"] == 2020, ["low", "high"]].isna().all(axis=None)
    assert found.fitted.loc[found.fitted["period"] < 2020, ["low", "high"]].notna().all(axis=None)
    assert "single_period_coefficient" in codes(found.warnings)
    # The trend is that without the year, as are its errors.
    masked = trends.count_trend(series, covid="masked", errors=errors)
    assert found.annual_change == pytest.approx(masked.annual_change)
    assert "single_period_coefficient" not in codes(masked.warnings)
    assert "single_period_coefficient" not in codes(trends.count_trend(series, covid="indicator").warnings)


def test_counts_that_vary_less_than_chance_have_no_theta_and_the_fit_is_poisson():
    series = counts([12, 11, 12, 13, 12, 11, 13, 12])
    found = trends.count_trend(series, family="negative binomial")
    poisson = trends.count_trend(series, family="poisson")
    assert found.theta == float("inf")
    assert (found.low, found.high, found.p_value) == (poisson.low, poisson.high, poisson.p_value)
    assert "theta_infinite" in codes(found.warnings) and found.method.startswith("Poisson")
    assert np.isnan(poisson.theta)


def test_poisson_limits_say_that_they_do_not_allow_for_overdispersion():
    series = counts([5, 40, 6, 50, 4, 45, 5])
    assert warned(trends.count_trend(series, family="poisson").warnings, "overdispersion", "too narrow")
    assert warned(trends.count_trend(series).warnings, "overdispersion", "allow for it")


def test_neighbours_that_resemble_one_another_are_named():
    series = counts([5, 6, 9, 20, 26, 30, 24, 18, 8, 6, 5, 4, 7, 15, 24, 29])
    assert "autocorrelation" in codes(trends.count_trend(series).warnings)
    assert warned(trends.count_trend(series, errors="hac").warnings, "autocorrelation", "Newey-West errors allow")
    # Bounds this wide allow residuals that do not.
    open_counts = bounds(*[(low, 60, "derived") for low in series["count"]])
    assert "autocorrelation" not in codes(trends.count_trend(open_counts).warnings)


def test_twice_the_effort_and_twice_the_counts_are_no_change():
    effort = [10 * 2.0**k for k in range(6)]
    found = trends.count_trend(counts([5 * 2**k for k in range(6)], effort=effort))
    assert found.annual_change == pytest.approx(0, abs=1e-8)
    assert found.fitted["fit"].tolist() == pytest.approx([0.5] * 6)  # persons a unit of effort
    assert "effort as offset, as the series has a column of it" in found.method
    assert "effort_unknown" not in codes(found.warnings)
    same = trends.count_trend(counts([20] * 6, effort=effort), effort="offset")
    assert same.annual_change == pytest.approx(-50)
    assert "as the series has" not in same.method


def test_effort_as_covariate_has_its_own_coefficient():
    effort = np.array([4.0, 9, 1, 16, 4, 25, 1, 9])
    # Made so that counts grow by a fifth a year and with the root of effort.
    series = counts(10 * 1.2 ** np.arange(8) * np.sqrt(effort), effort=effort)
    found = trends.count_trend(series, effort="covariate")
    assert found.annual_change == pytest.approx(20)
    assert found.effort_elasticity == pytest.approx(0.5)
    assert found.effort_low < 0.5 < found.effort_high
    assert "log effort as covariate" in found.method and "n - 3" in found.method
    assert np.isnan(trends.count_trend(series).effort_elasticity)


def test_effort_that_goes_with_time_is_warned_of_or_refused():
    values = [9, 12, 10, 14, 13, 15, 12, 16]
    alike = counts(values, effort=np.exp([0.0, 1, 1.4, 3.4, 3.2, 5.2, 5, 7.2]))
    assert "effort_follows_time" in codes(trends.count_trend(alike, effort="covariate").warnings)
    with refused(trends.NotEstimable, "collinear", "1.00"):
        trends.count_trend(counts(values, effort=1.1 ** np.arange(8)), effort="covariate")
    with refused(trends.NotEstimable, "no_variation"):
        trends.count_trend(counts(values, effort=[3] * 8), effort="covariate")


@pytest.mark.parametrize(
    ("series", "arguments", "reason"),
    [
        (counts([9] * 8), {"effort": "offset"}, ("missing_column", "column 'effort'")),
        (counts([9] * 8, effort=[1] * 8), {"effort": "both"}, ("unknown_choice", "'offset'", "'covariate'")),
        (counts([9] * 8, effort=[1, 1, 0, 1, 1, 1, 1, 1]), {}, ("not_positive", "2007")),
        (counts([9] * 8, effort=[1] * 8, population=[1e5] * 8), {}, ("population_and_effort",)),
        (counts([9] * 8, complete=[True] * 7 + [None]), {}, ("not_boolean", "'complete'", "2012")),
        (counts([9] * 8), {"family": "normal"}, ("unknown_choice",)),
        (counts([9] * 8), {"errors": "white"}, ("unknown_choice",)),
        (counts([9] * 8), {"errors": "robust"}, ("perfect_fit",)),
    ],
)
def test_what_cannot_be_asked_is_refused_with_the_reason(series, arguments, reason):
    with refused(ValueError, *reason):
        trends.count_trend(series, **arguments)


def test_population_and_effort_go_together_where_effort_is_a_covariate():
    effort = np.array([4.0, 9, 1, 16, 4, 25, 1, 9])
    people = 1e5 * 1.1 ** np.arange(8)
    series = counts(10 * 1.32 ** np.arange(8) * np.sqrt(effort), effort=effort, population=people)
    assert trends.count_trend(series, effort="covariate").annual_change == pytest.approx(20)


def test_five_periods_are_too_few_with_effort_as_covariate():
    with refused(trends.TooFewPoints, "too_few_periods"):
        trends.count_trend(counts([9, 8, 9, 10, 9], effort=[1, 5, 2, 4, 3]), effort="covariate")


def test_a_period_whose_records_are_on_their_way_is_left_out_and_named():
    values = [12, 9, 14, 11, 13, 10, 15, 2]
    found = trends.count_trend(counts(values, complete=[True] * 7 + [False]))
    without = trends.count_trend(counts(values[:-1]))
    assert found.n == 7
    assert warned(found.warnings, "incomplete_left_out", "2012 (1 of")
    assert (found.annual_change, found.low, found.high) == (without.annual_change, without.low, without.high)
    assert trends.count_trend(counts(values, complete=[True] * 8)).n == 8


def test_a_group_without_events_has_no_estimate():
    design = np.column_stack([np.ones(6), [0, 0, 0, 1, 1, 1]])
    with refused(trends.NotEstimable, "separation"):
        count_model.fit([0, 0, 0, 3, 5, 4], design)
    with refused(trends.NotEstimable, "collinear", "'twice'"):
        count_model.fit([1, 2, 3, 3, 5, 4], np.column_stack([design, design[:, 1]]), names=("one", "group", "twice"))
    with refused(trends.TooFewPoints, "too_few_periods"):
        count_model.fit([1, 2], np.array([[1, 0], [1, 1]]))


def test_a_steep_series_is_fitted_all_the_same():
    # Two years with events determine a line: it passes through both as far as 1/30 of the weight lets it.
    y = np.array([0.0] * 12 + [1, 30])
    year = np.arange(14.0)
    fits = count_model.fit(y, np.column_stack([np.ones(14), year]))
    # The score equations: totals, and totals by year, are met.
    assert fits.mean[0].sum() == pytest.approx(31)
    assert (fits.mean[0] * year).sum() == pytest.approx(12 + 13 * 30)


OPEN = bounds(
    (1, 4, "below_5"), (1, 4, "below_5"), (12, 12, "exact"), (5, 9, "derived"), (1, 4, "below_5"),
    (2, 20, "derived"), (18, 18, "exact"), (14, 14, "exact"),
)  # fmt: skip


@pytest.mark.parametrize(
    ("series", "arguments"),
    [
        (OPEN, {"family": "poisson"}),
        (OPEN, {"family": "negative binomial"}),
        (OPEN.assign(effort=[3.0, 1, 4, 2, 6, 5, 9, 3]), {"effort": "offset"}),
        (OPEN.assign(effort=[3.0, 1, 4, 2, 6, 5, 9, 3]), {"effort": "covariate"}),
        (OPEN.assign(effort=[9.0, 1, 7, 2, 6, 1, 9, 1]), {"effort": "covariate"}),
    ],
    ids=["poisson", "negative binomial", "offset", "covariate", "another covariate"],
)
def test_the_range_of_the_change_is_that_of_all_corners_of_these_bounds(series, arguments):
    found = trends.count_trend(series, **arguments)
    low = series["low"].mask(series["value_qualifier"] == "below_5", 0)
    rest = series.drop(columns=["low", "high", "value_qualifier"])
    ends = [sorted({a, b}) for a, b in zip(low, series["high"], strict=True)]
    change = [trends.count_trend(rest.assign(count=corner), **arguments).annual_change for corner in product(*ends)]
    assert len(change) == 2**5
    exact = arguments.get("family") != "negative binomial"
    assert found.annual_change_low == pytest.approx(min(change), abs=1e-6 if exact else 0.2)
    assert found.annual_change_high == pytest.approx(max(change), abs=1e-6 if exact else 0.2)
    assert ("not exact" in found.method) == (arguments in ({"family": "negative binomial"}, {"effort": "covariate"}))


@settings(max_examples=examples(25), deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 40), st.floats(0.5, 50)), min_size=7, max_size=12),
    st.floats(0.01, 100),
    st.sampled_from(["offset", "covariate"]),
)
def test_neither_the_unit_of_effort_nor_where_years_begin_changes_the_trend(drawn, unit, how):
    values, effort = (np.array(column, dtype=float) for column in zip(*drawn, strict=True))
    effort[:3] = [3, 40, 5]  # so that it never goes with time alone
    try:
        found = trends.count_trend(counts(values, effort=effort), effort=how)
    except trends.NotEstimable:
        return
    moved = trends.count_trend(counts(values, first=5, effort=unit * effort), effort=how)
    assert moved.annual_change == pytest.approx(found.annual_change, abs=1e-6)
    assert (moved.low, moved.high) == pytest.approx((found.low, found.high), rel=1e-6, abs=1e-6)
    assert moved.effort_elasticity == pytest.approx(found.effort_elasticity, abs=1e-8, nan_ok=True)


@settings(max_examples=examples(30), deadline=None)
@given(st.lists(st.integers(0, 30), min_size=6, max_size=14), st.integers(1, 3))
def test_more_lags_than_none_are_whites_errors_and_both_fit_alike(values, extra):
    values = [5, *values, 7, 9 + extra]
    design = np.column_stack([np.ones(len(values)), np.arange(len(values))])
    white = count_model.fit(values, design, errors="robust")
    none = count_model.fit(values, design, errors="hac", lags=0)
    np.testing.assert_allclose(none.covariance, white.covariance)
    np.testing.assert_allclose(count_model.fit(values, design, errors="hac").mean, white.mean)
    # Totals of counts and fit agree, as in every Poisson model with an intercept.
    assert white.mean.sum() == pytest.approx(sum(values))


def test_a_trend_is_one_row_of_a_table_with_its_warnings():
    found = trends.count_trend(counts([1, 2, 1, 3, 2, 1, 2]))
    table = found.table()
    assert list(table) == [
        "estimate", "estimate_low", "estimate_high", "low", "high", "p_value", "n", "method", "warnings",
    ]  # fmt: skip
    assert len(table) == 1
    assert table["estimate"][0] == found.annual_change
    assert "low_counts" in codes(found.warnings) and "effort_unknown" in codes(found.warnings)
    assert table["warnings"][0] == " ".join(found.warnings)


def test_a_plot_shows_the_counts_the_line_and_the_band_at_the_level_of_the_result():
    doubling = counts([10, 20, 40, 80, 160])
    for confidence, band in ((0.95, "95 % band"), (0.5, "50 % band")):
        found = trends.count_trend(doubling, confidence)
        figure = found.plot(title="Doubling")
        # The fit of a series that doubles is the series.
        assert named(figure, "observed")[:, 1] == pytest.approx([10, 20, 40, 80, 160])
        assert named(figure, "fit")[:, 1] == pytest.approx([10, 20, 40, 80, 160])
        assert band in words(figure) and "Doubling" in words(figure) and axes_of(figure).get_ylabel() == "persons"


def test_a_plot_of_rates_is_in_the_unit_of_the_rates():
    people = [100_000, 200_000, 400_000, 800_000, 1_600_000]
    figure = trends.count_trend(counts([10, 20, 40, 80, 160], population=people)).plot()
    assert named(figure, "observed")[:, 1] == pytest.approx([10] * 5)
    assert axes_of(figure).get_ylabel() == "persons per 100,000 inhabitants"
    per_effort = trends.count_trend(counts([10, 20, 40, 80, 160], effort=[1, 2, 4, 8, 16]))
    assert per_effort.observed["low"].tolist() == pytest.approx([10] * 5)
    assert axes_of(per_effort.plot()).get_ylabel() == "persons per unit of effort"


def test_a_plot_of_interval_counts_shows_the_range_of_the_fits_and_no_line():
    rows = pd.DataFrame({"period": range(2010, 2016), "low": [1, 5, 6, 7, 8, 9], "high": [4, 5, 6, 7, 8, 9]})
    figure = trends.count_trend(rows.assign(value_qualifier="derived")).plot()
    assert "fits that the bounds of the counts allow" in words(figure)
    assert all(line.get_label() != "fit" for line in axes_of(figure).lines)
