"""Draws of dates and counts, bounds of periods, and Rubin's rules: by hand, and what always holds."""

from dataclasses import FrozenInstanceError

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from refusals import codes, refused, warned
from scipy import stats

from analysis import trends
from analysis.trends.draws import draw_counts, draw_periods, period_bounds, pool_draws
from analysis.trends.refusal import NotEstimable

INF = np.inf


def bounds(*rows: tuple, first=2010) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["low", "high", "value_qualifier"])
    return table.assign(period=range(first, first + len(rows)))


def records(*rows: tuple[str, str]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["date_low", "date_high"])


@pytest.mark.slow
@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=8), st.integers(1, 9))
def test_every_drawn_count_lies_within_its_bounds(drawn, draws):
    series = bounds(*[(low, low + width, "derived") for low, width in drawn])
    found = draw_counts(series, draws)
    assert len(found) == draws * len(series)
    both = found.merge(series, on="period")
    assert ((both["low"] <= both["count"]) & (both["count"] <= both["high"])).all()
    assert found.groupby("draw")["period"].apply(list).map(lambda p: p == series["period"].tolist()).all()


def test_below_five_is_drawn_from_zero_to_four_each_as_often():
    found = draw_counts(bounds((1, 4, "below_5")), draws=5000)
    times = found["count"].value_counts()
    assert sorted(times.index) == [0, 1, 2, 3, 4]
    # A thousand each, with a standard deviation of 28.
    assert times.between(1000 - 5 * 28, 1000 + 5 * 28).all()


def test_a_count_that_is_known_does_not_vary_and_one_that_is_not_known_stays_so():
    series = bounds((7, 7, "exact"), (np.nan, np.nan, None), (2, 3, "derived"))
    found = draw_counts(series, 6).pivot(index="draw", columns="period", values="count")
    assert found[2010].eq(7).all()
    assert found[2011].isna().all()
    assert found[2012].isin([2, 3]).all()


def test_drawn_counts_are_a_series_that_a_trend_reads():
    series = bounds(*[(9, 12, "derived")] * 4, (np.nan, np.nan, None), *[(15, 20, "derived")] * 4)
    one = draw_counts(series, 3).query("draw == 2")
    assert trends.count_trend(one).n == 8


@pytest.mark.parametrize(
    "draw", [draw_counts, lambda s, n, seed: draw_periods(SPREAD, n, seed)], ids=["counts", "periods"]
)
def test_the_same_seed_gives_the_same_draws(draw):
    series = bounds(*[(0, 50, "derived")] * 5)
    pd.testing.assert_frame_equal(draw(series, 4, 3), draw(series, 4, 3))
    assert not draw(series, 4, 3).equals(draw(series, 4, 4))


SPREAD = records(*[("2010-01-01", "2019-12-31")] * 40)


@pytest.mark.parametrize(
    ("series", "error", "reason"),
    [
        (bounds((3, 3, "exact"), (459, INF, "at_least")), NotEstimable, ("unbounded_count", "2011")),
        (bounds((3.2, 3.8, "derived")), ValueError, ("no_whole_number", "2010")),
        (bounds((5, 3, "derived")), ValueError, ("invalid_interval",)),
        (bounds((3, 3, "exact")).drop(columns="period"), ValueError, ("missing_column", "column 'period'")),
    ],
)
def test_counts_within_which_nothing_can_be_drawn_are_refused(series, error, reason):
    with refused(error, *reason):
        draw_counts(series, 3)


dated = st.lists(st.tuples(st.integers(0, 1500), st.integers(0, 800)), min_size=1, max_size=25).map(
    lambda rows: pd.DataFrame(
        {
            "date_low": [pd.Timestamp("2015-01-01") + pd.Timedelta(days=a) for a, _ in rows],
            "date_high": [pd.Timestamp("2015-01-01") + pd.Timedelta(days=a + w) for a, w in rows],
        }
    )
)


@pytest.mark.slow
@settings(deadline=None)
@given(dated, st.sampled_from("WMQY"), st.integers(1, 6))
def test_the_bounds_hold_every_draw_and_every_draw_holds_every_record(table, unit, draws):
    found, outer = draw_periods(table, draws, unit=unit), period_bounds(table, unit)
    assert (found.groupby("draw")["count"].sum() == len(table)).all()
    assert found.groupby("draw").size().eq(len(outer)).all()
    both = found.merge(outer, on="period")
    assert len(both) == len(found)
    assert ((both["low"] <= both["count"]) & (both["count"] <= both["high"])).all()
    assert outer["low"].sum() <= len(table) <= outer["high"].sum()


def test_bounds_of_periods_by_hand():
    # In 2019 for certain; in 2019 or 2020; in 2021. Nothing can be in 2020 but the second.
    found = period_bounds(
        records(("2019-01-01", "2019-12-31"), ("2019-12-15", "2020-01-14"), ("2021-05-05", "2021-05-05"))
    )
    assert found["period"].tolist() == [2019, 2020, 2021]
    assert found["low"].tolist() == [1, 0, 1]
    assert found["high"].tolist() == [2, 1, 1]
    assert found["value_qualifier"].tolist() == ["derived", "derived", "exact"]


def test_bounds_of_years_are_a_series_that_a_trend_reads():
    rows = [(f"{year}-03-01", f"{year + (k == 0)}-04-01") for year in range(2010, 2018) for k in range(9)]
    found = trends.count_trend(period_bounds(records(*rows)))
    assert found.n == 9
    assert found.annual_change_low < found.annual_change_high


def test_each_day_of_an_interval_is_drawn_as_often():
    # 31 of the 90 days from December to February lie in December, 31 in January, 28 in February.
    found = draw_periods(records(*[("2018-12-01", "2019-02-28")] * 100), draws=200, unit="M")
    share = found.groupby("period")["count"].sum() / 20_000
    # Standard deviation of a share: 0.0034.
    assert share.tolist() == pytest.approx([31 / 90, 31 / 90, 28 / 90], abs=5 * 0.0034)
    assert [str(period) for period in share.index] == ["2018-12", "2019-01", "2019-02"]


@pytest.mark.parametrize(
    ("table", "reason"),
    [
        (records(("2019-01-01", "2019-12-31"), (None, None)), ("missing_date", "1")),
        (records(("2019-01-01", None)), ("invalid_date_range", "0")),
        (records(("2019-12-31", "2019-01-01")), ("invalid_date_range", "0")),
        (records(("2019-01-01", "2019-12-31")).drop(columns="date_high"), ("missing_column", "column 'date_high'")),
        (records(("2019-01-01", "yesterday?")), ("invalid_date", "0", "'yesterday?'", "'date_high'")),
        (records(), ("empty_table",)),
    ],
)
def test_records_that_have_no_place_in_time_are_refused(table, reason):
    for ask in (draw_periods, period_bounds):
        with refused(ValueError, *reason):
            ask(table)


@pytest.mark.parametrize("draws", [0, -1, 2.5])
def test_a_number_of_draws_that_is_none_is_refused(draws):
    with refused(ValueError, "not_whole_number"):
        draw_counts(bounds((1, 2, "derived")), draws)


def pooled(estimates, variances, **arguments):
    return pool_draws(pd.DataFrame({"estimate": estimates, "variance": variances}), **arguments)


def test_rubins_rules_by_hand():
    # Mean 2; within 1; between ((-1)² + 0 + 1²)/2 = 1; total 1 + 4/3 = 7/3; share (4/3)/(7/3) = 4/7.
    # Rubin: df = (3 - 1)/(4/7)² = 49/8. t(0.975, 6.125) lies between the tables' 2.447 (6) and 2.365 (7).
    found = pooled([1, 2, 3], [0.5, 1, 1.5])
    assert (found.draws, found.estimate, found.within, found.between) == (3, 2, 1, 1)
    assert found.variance == pytest.approx(7 / 3)
    assert found.share_from_intervals == pytest.approx(4 / 7)
    assert found.df == pytest.approx(49 / 8)
    assert 2 + 2.365 * np.sqrt(7 / 3) < found.high < 2 + 2.447 * np.sqrt(7 / 3)
    assert found.low == pytest.approx(4 - found.high)
    # Barnard and Rubin with 10 degrees of freedom: observed (11/13) · 10 · (3/7) = 330/91; 1/(8/49 + 91/330).
    assert pooled([1, 2, 3], [0.5, 1, 1.5], complete_df=10).df == pytest.approx(1 / (8 / 49 + 91 / 330))


def test_draws_that_agree_leave_the_variance_as_it_is():
    found = pooled([0.4] * 30, [0.01] * 30)
    assert found.share_from_intervals == pytest.approx(0)
    assert found.df > 1e6
    assert found.high == pytest.approx(0.4 + 1.959964 * 0.1)
    assert found.p_value == pytest.approx(2 * stats.norm.sf(4))
    assert found.warnings == ()


@given(
    st.lists(st.tuples(st.floats(-5, 5), st.floats(0.01, 4)), min_size=2, max_size=30),
    st.floats(3, 200),
)
def test_pooling_never_makes_an_estimate_surer(drawn, complete_df):
    estimates, variances = zip(*drawn, strict=True)
    found = pooled(estimates, variances, complete_df=complete_df)
    assert found.variance >= found.within * (1 - 1e-12)
    assert 0 <= found.share_from_intervals < 1
    assert 0 < found.df <= complete_df
    assert found.df <= pooled(estimates, variances).df * (1 + 1e-12)
    assert found.low <= found.estimate <= found.high


def test_few_draws_and_wide_intervals_are_said():
    warnings = pooled([1, 2, 3], [0.1, 0.1, 0.1]).warnings
    assert warned(warnings, "few_draws", "3 draws") and "intervals_dominate" in codes(warnings)


@pytest.mark.parametrize(
    ("estimates", "variances", "error", "reason"),
    [
        ([1, np.nan, 2], [1, 1, 1], NotEstimable, ("missing_estimate", "3", "row 1")),
        ([1], [1], NotEstimable, ("too_few_draws",)),
        ([1, 2], [1, 0], ValueError, ("not_positive", "1", "0")),
    ],
)
def test_draws_that_cannot_be_pooled_are_refused(estimates, variances, error, reason):
    with refused(error, *reason):
        pooled(estimates, variances)
    with refused(ValueError, "missing_column"):
        pool_draws(pd.DataFrame({"estimate": [1, 2]}))
    with refused(ValueError, "not_positive"):
        pooled([1, 2], [1, 1], complete_df=0)


def test_a_pooled_result_cannot_be_changed_after_the_fact():
    with pytest.raises(FrozenInstanceError):
        pooled([1, 2], [1, 1]).df = 3
