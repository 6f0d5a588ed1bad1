"""What a user relies on in tests and models of trends."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from itertools import product

import numpy as np
import pandas as pd
import pytest
from fuzzing import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from refusals import codes, refused, warned
from scipy import stats

import trends

INF = float("inf")

# Annual flow of the Nile at Aswan 1871-1970, 10^8 m³ (R 4.5.0, datasets::Nile).
NILE = [
    1120, 1160, 963, 1210, 1160, 1160, 813, 1230, 1370, 1140, 995, 935, 1110, 994, 1020, 960, 1180, 799, 958,
    1140, 1100, 1210, 1150, 1250, 1260, 1220, 1030, 1100, 774, 840, 874, 694, 940, 833, 701, 916, 692, 1020,
    1050, 969, 831, 726, 456, 824, 702, 1120, 1100, 832, 764, 821, 768, 845, 864, 862, 698, 845, 744, 796, 1040,
    759, 781, 865, 845, 944, 984, 897, 822, 1010, 771, 676, 649, 846, 812, 742, 801, 1040, 860, 874, 848, 890,
    744, 749, 838, 1050, 918, 986, 797, 923, 975, 815, 1020, 906, 901, 1170, 912, 746, 919, 718, 714, 740,
]  # fmt: skip
# Annual precipitation over the Great Lakes 1900-1986, inches (R package Kendall 2.2.1, PrecipGL).
PRECIPITATION = [
    31.69, 29.77, 31.7, 33.06, 31.31, 32.72, 31.18, 29.9, 29.17, 31.48, 28.11, 32.61, 31.31, 30.96, 28.4, 30.68,
    33.67, 28.65, 30.62, 30.21, 28.79, 30.92, 30.92, 28.13, 30.51, 27.63, 34.8, 32.1, 33.86, 32.33, 25.69, 30.6,
    32.85, 30.31, 27.71, 30.34, 29.14, 33.41, 33.51, 29.9, 32.69, 32.34, 35.01, 33.05, 31.15, 36.36, 29.83,
    33.7, 29.81, 32.41, 35.9, 37.45, 30.39, 31.15, 35.75, 31.14, 30.06, 32.4, 28.44, 36.38, 31.73, 31.27, 28.51,
    26.01, 31.27, 35.57, 30.85, 33.35, 35.82, 31.78, 34.25, 31.43, 35.97, 33.87, 28.94, 34.62, 31.06, 38.84,
    32.25, 35.86, 32.93, 32.69, 34.39, 33.97, 32.15, 40.16, 36.32,
]  # fmt: skip
# Suspended sediment of the Rhine at Maxau 1965-2009, g/m³ (R package trend 1.1.6, maxau): no two are equal.
SEDIMENT = [
    37.3835616438356, 31.2821917808219, 26.4191780821918, 28.827868852459, 32.8821917808219, 37.572602739726,
    27.3424657534247, 29.8579234972678, 35.4931506849315, 28.9041095890411, 25.6931506849315, 16.9699453551913,
    28.9013698630137, 20.2520547945206, 19.2684931506849, 19.1912568306011, 24.3369863013699, 28.8109589041096,
    17.6958904109589, 19.6366120218579, 20.9561643835616, 29.1041095890411, 27.3452054794521, 27.603825136612,
    20.9890410958904, 26.9698630136986, 27.4438356164384, 32.792349726776, 27.5616438356164, 30.7287671232877,
    33.1452054794521, 25.7786885245902, 25.2876712328767, 24.4082191780822, 28.3835616438356, 17.9726775956284,
    16.0958904109589, 17.2684931506849, 11.8904109589041, 13.7704918032787, 21.4689655172414, 23.0986301369863,
    16.4441340782123, 15.7732240437158, 13.8736263736264,
]  # fmt: skip
# Explosions in British coal mines with ten or more dead, 1851-1962 by year (R package boot, coal).
COAL = [
    4, 5, 4, 1, 0, 4, 3, 4, 0, 6, 3, 3, 4, 0, 2, 6, 3, 3, 5, 4, 5, 3, 1, 4, 4, 1, 5, 5, 3, 4, 2, 5, 2, 2, 3, 4,
    2, 1, 3, 2, 2, 1, 1, 1, 1, 3, 0, 0, 1, 0, 1, 1, 0, 0, 3, 1, 0, 3, 2, 2, 0, 1, 1, 1, 0, 1, 0, 1, 0, 0, 0, 2,
    1, 0, 0, 0, 1, 1, 0, 2, 3, 3, 1, 1, 2, 1, 1, 1, 1, 2, 3, 3, 0, 0, 0, 1, 4, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0,
    0, 1, 0, 1,
]  # fmt: skip

# R 4.5.0, trend 1.1.6 (mk.test, sens.slope): s, var_s, z, p, tau_b, Sen's slope and its 95 % interval.
PRINTED = {
    "Nile": (
        NILE, -1387, 112728.33333333333, -4.128066522844101, 3.658262921664328e-05, -0.28074133472461305,
        -2.6, -3.627906976744186, -1.4285714285714286,
    ),
    "precipitation": (
        PRECIPITATION, 989, 74398.33333333333, 3.622224312763523, 0.0002920806739124986, 0.2645800745092,
        0.04, 0.019523809523809475, 0.062173913043478246,
    ),
    "sediment": (
        SEDIMENT, -394, 10450, -3.844451666029915, 0.00012082229500252835, -0.39797979797979793,
        -0.2876138823725067, -0.41964767821943005, -0.15190258751902241,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", PRINTED)
def test_mann_kendall_and_sens_slope_are_what_rs_trend_prints(name):
    values, s, var_s, z, p_value, tau_b, slope, slope_low, slope_high = PRINTED[name]
    found = trends.mann_kendall(values)
    assert (found.n, found.s) == (len(values), s)
    assert found.var_s == pytest.approx(var_s, rel=1e-12)
    assert found.z == pytest.approx(z, rel=1e-10)
    assert found.p_value == pytest.approx(p_value, rel=1e-9)
    assert found.tau_b == pytest.approx(tau_b, rel=1e-10)
    assert (found.slope, found.slope_low, found.slope_high) == pytest.approx((slope, slope_low, slope_high), rel=1e-9)


@pytest.mark.parametrize(
    ("values", "p_value"),
    # R package Kendall 2.2.1, single precision.
    [(NILE, 3.658262357930653e-05), (PRECIPITATION, 0.00029206275939941406), (SEDIMENT, 0.00012082227476639673)],
)
def test_the_p_value_agrees_with_rs_kendall_on_long_series(values, p_value):
    assert trends.mann_kendall(values).p_value == pytest.approx(p_value, rel=1e-4)


def test_five_rising_values_are_enough_by_hand():
    # S = 10 of 10 pairs; var = 5·4·15/18 = 16.667; z = 9/4.0825 = 2.2045; p from tables of the normal, 0.0275.
    found = trends.mann_kendall([1, 2, 4, 7, 11])
    assert (found.n, found.s, found.tau_a, found.tau_b) == (5, 10, 1, pytest.approx(1))
    assert found.var_s == pytest.approx(50 / 3)
    assert found.z == pytest.approx(2.2045, abs=5e-5)
    assert found.p_value == pytest.approx(0.0275, abs=5e-5)
    # Slopes in order: 1, 1.5, 2, 2, 2.5, 2.5, 3, 3, 3.5, 4 (of the ten pairs); median 2.5.
    assert found.slope == 2.5


def test_ties_lower_the_variance_by_hand():
    # 1 1 2 2 3 3: 12 of 15 pairs rise. var = (6·5·17 - 3·2·1·9)/18 = 456/18; tau_b = 12/sqrt(15·12).
    found = trends.mann_kendall([1, 1, 2, 2, 3, 3])
    assert found.s == 12
    assert found.var_s == pytest.approx(456 / 18)
    assert found.tau_a == pytest.approx(12 / 15)
    assert found.tau_b == pytest.approx(12 / np.sqrt(15 * 12))


def test_a_series_that_never_changes_shows_no_trend():
    found = trends.mann_kendall([3] * 8)
    assert (found.s, found.z, found.p_value, found.slope, found.slope_low, found.slope_high) == (0, 0, 1, 0, 0, 0)
    assert np.isnan(found.tau_b)


def test_a_missing_year_is_left_out_and_the_others_keep_their_times():
    found = trends.mann_kendall(pd.Series([10, np.nan, 14, 16, np.nan, 20, 22], index=range(2010, 2017)))
    assert (found.n, found.s) == (5, 10)
    assert (found.slope, found.slope_low, found.slope_high) == (2, 2, 2)  # two a year, not two an observation


def test_years_with_gaps_in_any_order_give_the_slope_a_year():
    found = trends.mann_kendall([22, 10, 14, 16, 20], periods=[2016, 2010, 2012, 2013, 2015])
    assert (found.s, found.slope) == (10, 2)


@pytest.mark.slow
@given(st.lists(st.integers(0, 30), min_size=5, max_size=14), st.integers(1, 5), st.integers(-50, 50))
def test_a_series_read_backwards_has_the_opposite_trend_and_a_change_of_unit_none(values, factor, shift):
    forwards = trends.mann_kendall(values)
    backwards = trends.mann_kendall(values[::-1])
    scaled = trends.mann_kendall([factor * value + shift for value in values])
    assert (backwards.s, backwards.z, backwards.p_value) == (-forwards.s, -forwards.z, forwards.p_value)
    assert backwards.slope == pytest.approx(-forwards.slope)
    assert (backwards.slope_low, backwards.slope_high) == pytest.approx((-forwards.slope_high, -forwards.slope_low))
    assert scaled.s == forwards.s
    assert scaled.slope == pytest.approx(factor * forwards.slope)
    assert forwards.slope_low <= forwards.slope <= forwards.slope_high


def test_the_interval_of_the_slope_is_of_the_level_that_is_asked_for():
    wide, narrow = trends.mann_kendall(NILE), trends.mann_kendall(NILE, confidence=0.5)
    assert (wide.confidence, narrow.confidence) == (0.95, 0.5)
    assert wide.slope_low < narrow.slope_low < narrow.slope < narrow.slope_high < wide.slope_high


@pytest.mark.parametrize("values", [[], [1, 2, 3, 4], [1, 2, np.nan, 3, 4, np.nan]])
def test_four_points_are_refused_with_the_reason_and_what_would_help(values):
    observed = int(np.isfinite(values).sum())
    with refused(trends.TooFewPoints, "too_few_periods", "5", observed):
        trends.mann_kendall(values)


def test_four_rising_points_could_not_show_a_trend_at_five_percent():
    # The reason the refusal gives: of the 24 orders of four values 2 are as extreme as a perfect rise or fall.
    scores = [sum(np.sign(b - a) for i, a in enumerate(o) for b in o[i + 1 :]) for o in product(range(4), repeat=4)
              if len(set(o)) == 4]  # fmt: skip
    assert np.mean(np.abs(scores) == 6) == pytest.approx(2 / 24)


@pytest.mark.parametrize(
    ("values", "periods", "reason"),
    [
        ([1, 2, 3, 4, INF], None, ("not_finite",)),
        ([1, 2, 3, 4, 5], [1, 2, 3, 3, 5], ("duplicate_period", "3")),
        ([1, 2, 3, 4, 5], [1, 2, 3, np.nan, 5], ("missing_value",)),
        ([1, 2, 3, 4, 5], [1, 2, 3], ("unequal_lengths",)),
    ],
)
def test_what_has_no_rank_or_no_time_is_refused(values, periods, reason):
    with refused(ValueError, *reason):
        trends.mann_kendall(values, periods)


def counts(values, first=2005, **columns) -> pd.DataFrame:
    return pd.DataFrame({"period": range(first, first + len(values)), "count": values, **columns})


def bounds(*rows: tuple, first=2005) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["low", "high", "value_qualifier"])
    return table.assign(period=range(first, first + len(rows)))


def test_a_quasi_poisson_trend_is_what_r_prints():
    found = trends.count_trend(counts(COAL, first=1851))
    # R 4.5.0, glm(family = quasipoisson). R stops its iteration at 1e-8 of the deviance and takes the standard error
    # and the dispersion from the weights of the step before: they agree to 1e-5 only.
    slope, error, p_value, dispersion = -0.018371456566662635, 0.0026055448740907234, 1.6520555405415903e-10, 1.11035807
    assert found.n == 112
    assert found.annual_change == pytest.approx(-1.8203730055797784, rel=1e-8)
    assert found.dispersion == pytest.approx(dispersion, rel=3e-5)
    assert found.p_value == pytest.approx(p_value, rel=2e-4)
    t = stats.t.ppf(0.975, 110)
    assert np.log1p(found.low / 100) == pytest.approx(slope - t * error, rel=3e-5)
    assert np.log1p(found.high / 100) == pytest.approx(slope + t * error, rel=3e-5)


def test_a_series_that_doubles_every_year_by_hand():
    found = trends.count_trend(counts([10, 20, 40, 80, 160]))
    # The fit is perfect, so the dispersion is 0 and counts as 1. Mean period 4 - 0.83871 = 3.16129 (980/310);
    # the variance of the slope is 1/Σ count (period - mean)² = 1/361.9355. t(0.975, 3) = 3.182446 (tables).
    assert found.annual_change == pytest.approx(100)
    assert found.dispersion == pytest.approx(0, abs=1e-9)
    error = 1 / np.sqrt(361.93548387)
    assert found.low == pytest.approx(100 * (2 * np.exp(-3.182446 * error) - 1), rel=1e-5)
    assert found.high == pytest.approx(100 * (2 * np.exp(3.182446 * error) - 1), rel=1e-5)
    assert found.fitted["fit"].tolist() == pytest.approx([10, 20, 40, 80, 160])
    assert (found.annual_change_low, found.annual_change_high) == (found.annual_change, found.annual_change)


def test_a_constant_series_has_no_change_and_no_evidence_of_one():
    found = trends.count_trend(counts([20] * 8))
    assert found.annual_change == pytest.approx(0, abs=1e-8)
    assert found.p_value == pytest.approx(1)
    # By hand: variance of the slope 1/(20 · 42), t(0.975, 6) = 2.446912 (tables).
    assert found.high == pytest.approx(100 * (np.exp(2.446912 / np.sqrt(20 * 42)) - 1), rel=1e-5)


def test_a_growing_population_is_taken_out_of_the_trend():
    # Counts grow by half a year, and so do the persons: the rate stays at 10 per 100,000.
    persons = [100_000 * 1.5**k for k in range(6)]
    found = trends.count_trend(counts([10 * 1.5**k for k in range(6)], population=persons))
    assert found.annual_change == pytest.approx(0, abs=1e-8)
    assert found.fitted["fit"].tolist() == pytest.approx([10] * 6)
    assert "rates" in found.method
    assert found.low < 0 < found.high


def test_years_apart_count_as_years():
    series = pd.DataFrame({"period": [2016, 2010, 2014, 2008, 2012], "count": [160, 20, 80, 10, 40]})
    found = trends.count_trend(series)
    assert found.annual_change == pytest.approx(100 * (np.sqrt(2) - 1))  # doubling in two years
    assert found.periods == (2008, 2010, 2012, 2014, 2016)
    assert found.fitted["period"].tolist() == [2008, 2010, 2012, 2014, 2016]


def every_corner(series: pd.DataFrame) -> list[trends.CountTrend]:
    """The trends of all series that have each count at one of its bounds."""
    low = series["low"].mask(series["value_qualifier"] == "below_5", 0)
    ends = [sorted({a, b}) for a, b in zip(low, series["high"], strict=True)]
    rest = series.drop(columns=["low", "high", "value_qualifier"])
    return [trends.count_trend(rest.assign(count=corner)) for corner in product(*ends)]


OPEN = bounds(
    (1, 4, "below_5"), (1, 4, "below_5"), (12, 12, "exact"), (5, 9, "derived"), (1, 4, "below_5"),
    (2, 20, "derived"), (18, 18, "exact"),
)  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(
    "series",
    [
        OPEN,
        OPEN.assign(population=[1e5, 2e5, 1e5, 4e5, 3e5, 1e5, 2e5]),
        OPEN.assign(period=[2000, 2001, 2005, 2006, 2012, 2013, 2014]),
        OPEN.assign(low=OPEN["low"].to_numpy()[::-1], high=OPEN["high"].to_numpy()[::-1],
                    value_qualifier=OPEN["value_qualifier"].to_numpy()[::-1]),
    ],
    ids=["counts", "rates", "gaps", "backwards"],
)  # fmt: skip
def test_the_range_of_the_change_is_that_over_all_corners_of_the_bounds(series):
    found = trends.count_trend(series)
    corners = every_corner(series)
    change = [corner.annual_change for corner in corners]
    assert len(corners) == 2**5
    assert np.isnan(found.annual_change)
    assert found.annual_change_low == pytest.approx(min(change), abs=1e-6)
    assert found.annual_change_high == pytest.approx(max(change), abs=1e-6)
    fits = np.array([corner.fitted["fit"] for corner in corners])
    np.testing.assert_allclose(found.fitted["fit_low"], fits.min(axis=0), rtol=1e-7)
    np.testing.assert_allclose(found.fitted["fit_high"], fits.max(axis=0), rtol=1e-7)
    # The extremes' own confidence limits lie within the union.
    for extreme in (corners[int(np.argmin(change))], corners[int(np.argmax(change))]):
        assert found.low <= extreme.low + 1e-6
        assert extreme.high - 1e-6 <= found.high


@pytest.mark.slow
@settings(max_examples=examples(19), deadline=None)
@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 8), st.floats(0, 1)), min_size=5, max_size=9))
def test_the_range_of_the_change_contains_that_of_every_count_within_the_bounds(drawn):
    # A count of 6 in the second and in the fifth year lets every series be fitted.
    rows = [(low, low + width, share) for low, width, share in drawn]
    rows[1], rows[4] = (6, 6, 0), (6, 6, 0)
    found = trends.count_trend(bounds(*[(low, high, "derived") for low, high, _ in rows]))
    inside = trends.count_trend(counts([low + round(share * (high - low)) for low, high, share in rows]))
    assert found.annual_change_low - 1e-6 <= inside.annual_change <= found.annual_change_high + 1e-6
    assert found.low <= found.annual_change_low <= found.annual_change_high <= found.high
    assert 0 <= found.p_value <= 1


def test_counts_that_allow_a_rise_and_a_fall_are_no_evidence_of_either():
    found = trends.count_trend(bounds((3, 20, "derived"), *[(9, 9, "exact")] * 5, (3, 20, "derived")))
    assert found.annual_change_low < 0 < found.annual_change_high
    assert found.p_value == 1


def test_a_long_plain_series_comes_with_no_warning_but_that_effort_is_unknown():
    assert codes(trends.count_trend(counts([12, 9, 14, 11, 13, 10, 15, 12])).warnings) == ["effort_unknown"]


def test_minimums_and_unknown_counts_are_left_out_and_named():
    series = bounds(
        *[(9, 9, "exact")] * 3, (459, INF, "at_least"), (np.nan, np.nan, None), *[(11, 11, "exact")] * 4, first=2010
    )
    found = trends.count_trend(series)
    assert found.n == 7
    assert found.periods == (2010, 2011, 2012, 2015, 2016, 2017, 2018)
    assert warned(found.warnings, "minimum_left_out", "2013 (1 of")
    assert warned(found.warnings, "unknown_left_out", "2014 (1 of")


@pytest.mark.parametrize(
    ("series", "code", "named"),
    [
        (counts([9, 8, 9, 10, 11, 9]), "few_periods", "6 periods"),
        (counts([1, 2, 1, 3, 2, 1, 2]), "low_counts", ""),
        (counts([5, 40, 6, 50, 4, 45, 5]), "overdispersion", ""),
        (counts([9] * 7, first=2015), "covid_years", "2020, 2021"),
        (counts([9] * 8).drop(index=[2, 3, 5]), "gaps_in_series", "2007-2008, 2010."),
        (bounds(*[(9, 9, "exact")] * 6, (500, 500, "approx")), "approximate_counts", ""),
        (bounds(*[(9, 9, "exact")] * 6, (1, 4, "below_5")), "interval_counts", "2011"),
    ],
)  # fmt: skip
def test_what_weakens_a_series_is_said_with_the_result(series, code, named):
    assert warned(trends.count_trend(series).warnings, code, named)


@pytest.mark.parametrize(
    ("series", "reason"),
    [
        (counts([9, 8, 7, 9]), ("too_few_periods", "4")),
        (bounds(*[(9, 9, "exact")] * 4, (9, INF, "at_least")), ("too_few_periods", "4")),
        (counts([0] * 8), ("no_events",)),
        (counts([1, 0, 1, 0, 1, 1]), ("too_few_events", "4")),
        (bounds(*[(1, 4, "below_5")] * 8), ("too_few_events", "0", "32")),
        (counts([0, 0, 0, 0, 0, 30]), ("separation", "2010")),
        (bounds((30, 30, "exact"), *[(1, 4, "below_5")] * 6), ("separation", "2005")),
    ],
)
def test_a_series_that_can_carry_no_trend_is_refused(series, reason):
    with refused(trends.TooFewPoints, *reason):
        trends.count_trend(series)


@pytest.mark.parametrize(
    ("series", "reason"),
    [
        (counts([9] * 6).assign(period=[2010, 2011, 2011, 2012, 2013, 2014]), ("duplicate_period", "2011")),
        (counts([9] * 6).assign(period=[2010, np.nan, 2011, 2012, 2013, 2014]), ("missing_value", "1")),
        (counts([9] * 6).drop(columns="period"), ("missing_column", "column 'period'")),
        (counts([9] * 6).drop(columns="count"), ("missing_counts",)),
        (counts([9, 9, -1, 9, 9, 9]), ("invalid_interval", "0")),
        (counts([9] * 6, population=[1, 2, 3, 0, 5, 6]), ("not_positive", "2008")),
        (counts([9] * 6, population=[1, 2, np.nan, 4, 5, 6]), ("not_positive", "2007")),
    ],
)
def test_a_series_that_contradicts_itself_is_refused_with_the_place(series, reason):
    with refused(ValueError, *reason):
        trends.count_trend(series)


def test_results_cannot_be_changed_after_the_fact():
    with pytest.raises(FrozenInstanceError):
        trends.mann_kendall(NILE).p_value = 0.04
    with pytest.raises(FrozenInstanceError):
        trends.count_trend(counts([9] * 8)).p_value = 0.04
