"""Counts drawn within their bounds, and bounds of periods: by hand, and what always holds."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from refusals import refused

import trends
from trends import NotEstimable, draw_counts, period_bounds


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


def test_the_same_seed_gives_the_same_draws():
    series = bounds(*[(0, 50, "derived")] * 5)
    pd.testing.assert_frame_equal(draw_counts(series, 4, 3), draw_counts(series, 4, 3))
    assert not draw_counts(series, 4, 3).equals(draw_counts(series, 4, 4))


@pytest.mark.parametrize(
    ("series", "error", "reason"),
    [
        (bounds((3, 3, "exact"), (459, np.inf, "at_least")), NotEstimable, ("unbounded_count", "2011")),
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
@given(dated, st.sampled_from("WMQY"), st.integers(0, 2**32 - 1))
def test_wherever_in_their_intervals_the_dates_lie_the_bounds_hold_the_counts(table, unit, seed):
    outer = period_bounds(table, unit)
    days = np.random.default_rng(seed).integers(0, (table["date_high"] - table["date_low"]).dt.days, endpoint=True)
    dates = table["date_low"] + pd.to_timedelta(days, unit="D")
    counts = dates.dt.to_period(unit).astype(str).value_counts()
    found = counts.reindex(outer["period"].astype(str), fill_value=0).to_numpy()
    assert found.sum() == len(table)
    assert ((outer["low"] <= found) & (found <= outer["high"])).all()
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
    with refused(ValueError, *reason):
        period_bounds(table)


@pytest.mark.parametrize("draws", [0, -1, 2.5])
def test_a_number_of_draws_that_is_none_is_refused(draws):
    with refused(ValueError, "not_whole_number"):
        draw_counts(bounds((1, 2, "derived")), draws)
