"""Dates, pandas Periods and texts of dates as periods: every method reads them as the decimal years that they are."""

from __future__ import annotations

import datetime
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from refusals import refused

import trends

MONTHS = pd.date_range("2010-01-01", periods=72, freq="MS")
YEARS_AND_TWELFTHS = 2010 + np.arange(72) / 12
# Grows by the root of 2 each half a year: it doubles in a year, whatever the unit of the periods.
DOUBLING = np.round(10_000 * 2 ** (np.arange(72) / 12))
UNEVEN = np.round(40 + 12 * np.sin(np.arange(72)) + 30 * (np.arange(72) >= 36))
FORMS: dict[str, object] = {
    "dates": MONTHS,
    "last days": MONTHS + pd.offsets.MonthEnd(0),
    "with a time zone": MONTHS.tz_localize("Europe/Istanbul"),
    "Periods": MONTHS.to_period("M"),
    "days of datetime": [day.date() for day in MONTHS],
    "objects": pd.Series(list(MONTHS.to_period("M")), dtype=object),
    "texts": [f"{day:%Y-%m}" for day in MONTHS],
    "texts of days": [f"{day:%Y-%m-%d}" for day in MONTHS],
    "texts of numbers": [str(year) for year in YEARS_AND_TWELFTHS],
}
AREAS = [f"A{number}" for number in range(6)]


def of_areas(periods: object) -> pd.DataFrame:
    parts = [pd.DataFrame({"period": periods, "count": UNEVEN + 2 * n, "area_id": a}) for n, a in enumerate(AREAS)]
    return pd.concat(parts, ignore_index=True)


def series(periods: object, counts: np.ndarray = UNEVEN) -> pd.DataFrame:
    return pd.DataFrame({"period": periods, "count": counts})


METHODS: dict[str, Callable[[object], object]] = {
    "count_trend": lambda periods: trends.count_trend(series(periods)).table(),
    "agreement": lambda periods: trends.agreement({"police": series(periods)}).table,
    "joinpoint": lambda periods: trends.joinpoint(series(periods), 1, "bic").segments,
    "joinpoint_counts": lambda periods: trends.joinpoint_counts(series(periods), 1, "bic").segments,
    "level_breaks": lambda periods: trends.level_breaks(series(periods), permutations=0).breaks,
    "interrupted": lambda periods: trends.interrupted(series(periods), 2013).effects,
    "pool_areas": lambda periods: trends.pool_areas(of_areas(periods)).areas,
    "mann_kendall": lambda periods: pd.Series(trends.mann_kendall(UNEVEN, periods).__dict__).astype(str),
    "draw_counts": lambda periods: trends.draw_counts(series(periods), 2),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("method", METHODS)
def test_dates_give_what_their_decimal_years_give(method, form):
    found, plain = (METHODS[method](periods) for periods in (FORMS[form], YEARS_AND_TWELFTHS))
    same = pd.testing.assert_series_equal if isinstance(found, pd.Series) else pd.testing.assert_frame_equal
    same(found, plain, rtol=1e-9)


@pytest.mark.parametrize("form", FORMS)
def test_a_series_that_doubles_each_year_grows_by_100_percent_a_year(form):
    assert trends.count_trend(series(FORMS[form], DOUBLING)).annual_change == pytest.approx(100, abs=0.05)
    found = trends.joinpoint(series(FORMS[form], DOUBLING), 0)
    assert found.segments["apc"].item() == pytest.approx(100, abs=0.05)


def test_a_rise_of_one_a_month_is_a_slope_of_twelve_a_year():
    found = trends.mann_kendall(np.arange(72), MONTHS)
    assert found.slope == pytest.approx(12)
    assert found.slope_per == "year"
    assert trends.mann_kendall(np.arange(72)).slope == 1
    assert trends.mann_kendall(np.arange(72)).slope_per == "period"


@pytest.mark.parametrize(
    ("periods", "years"),
    [
        (pd.to_datetime([f"{year}-12-31" for year in range(2005, 2017)]), range(2005, 2017)),
        (pd.period_range("2005", periods=12, freq="Y"), range(2005, 2017)),
        (pd.period_range("2005Q1", periods=12, freq="Q"), 2005 + np.arange(12) / 4),
        # Weeks stand 7 / 365.25 of a year apart, from the day of the first one.
        (pd.date_range("2005-01-03", periods=12, freq="7D"), 2005 + (2 + 7 * np.arange(12)) / 365.25),
    ],
)
def test_years_quarters_and_weeks_are_the_years_at_which_they_begin(periods, years):
    counts = [12, 15, 11, 18, 22, 19, 25, 31, 28, 35, 33, 41]
    found = trends.count_trend(pd.DataFrame({"period": periods, "count": counts}))
    assert found.periods == pytest.approx(list(years), abs=1e-12)


@pytest.mark.parametrize("at", ["2013-01", "2013-01-20", datetime.date(2013, 1, 1), pd.Period("2013-01"), 2013])
def test_an_interruption_or_a_jump_is_given_as_the_periods_are(at):
    assert trends.interrupted(series(MONTHS), at).at == (2013.0,)
    yearly = pd.DataFrame({"period": pd.period_range("2005", periods=14, freq="Y"), "count": UNEVEN[29:43]})
    assert trends.interrupted(yearly, at, covid="kept").at == (2013.0,)
    found, plain = (trends.joinpoint(series(MONTHS), 0, jump=jump).terms for jump in (at, 2013))
    pd.testing.assert_frame_equal(found, plain)


def test_the_last_period_of_dates_is_flagged_and_the_dates_stay():
    found = trends.flag_last_period(series(MONTHS))
    assert found["period"].tolist() == list(MONTHS)
    assert found["complete"].tolist() == [True] * 71 + [False]


@pytest.mark.parametrize(
    ("periods", "code"),
    [
        (pd.date_range("2010-01-01", periods=72), "irregular_periods"),
        (pd.period_range("2010-01-01", periods=72, freq="D"), "unsupported_frequency"),
        ([201001 + month for month in range(72)], "invalid_date"),
        ([f"month {month}" for month in range(72)], "invalid_date"),
        ([2010.0, MONTHS[1], *MONTHS[2:]], "invalid_date"),
        ([True] * 36 + [False] * 36, "invalid_date"),
        ([MONTHS[0], *MONTHS[:-1]], "duplicate_period"),
        ([None, *MONTHS[1:]], "missing_value"),
    ],
)
@pytest.mark.parametrize("method", [name for name in METHODS if name not in ("mann_kendall", "pool_areas")])
def test_periods_that_are_no_times_are_refused_by_every_method(method, periods, code):
    with refused(ValueError, code):
        METHODS[method](pd.Series(periods, dtype=object) if isinstance(periods, list) else periods)


def test_dates_are_no_counts():
    with refused(ValueError, "not_a_number", "'count' is a date"):
        trends.count_trend(series(MONTHS, np.array(MONTHS)))
