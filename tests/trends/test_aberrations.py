"""What a user relies on when counts are compared with what their past lets one expect."""

from __future__ import annotations

import json
from dataclasses import FrozenInstanceError
from itertools import chain
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from figure_texts import words
from fuzzing import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from plain_plots import named
from refusals import codes, refused, warned
from scipy import stats

from analysis import plots
from analysis.exhibits.record_trends_in_full import aberrations_plot
from analysis.plots.style import Footer
from trends import Aberrations, NotEstimable, TooFewPoints, aberrations
from trends.aberrations import QUESTION
from trends.farrington import baseline
from trends.period_grid import period_grid

REFERENCE = Path(__file__).parents[1] / "reference"
PRINTED = json.loads((REFERENCE / "farrington.json").read_text())
FURTHER = json.loads((REFERENCE / "further_trends.json").read_text())
OTHER = pd.read_csv(REFERENCE / "farrington_settings.csv", comment="#")
AGONA = pd.read_csv(REFERENCE / "salmonella_agona.csv", comment="#").rename(columns={"week": "period"})
IMPROVED = {"frequency": 52, "years_back": 4}


def synthetic() -> pd.DataFrame:
    """One hundred synthetic weekly series: series, period, count."""
    lines = (REFERENCE / "weekly_SYNTHETIC.csv").read_text().splitlines()[1:]
    counts = np.array([line.split() for line in lines], dtype=int)
    n, weeks = counts.shape
    return pd.DataFrame(
        {
            "series": np.repeat(np.arange(1, n + 1), weeks),
            "period": np.tile(np.arange(1, weeks + 1), n),
            "count": counts.ravel(),
        }
    )


def years(counts, first=2005) -> pd.DataFrame:
    return pd.DataFrame({"period": np.arange(first, first + len(counts)), "count": counts})


def bounds(rows, first=2005) -> pd.DataFrame:
    """Yearly counts; a pair is an interval."""
    pairs = [row if isinstance(row, tuple) else (row, row) for row in rows]
    return pd.DataFrame(
        {
            "period": np.arange(first, first + len(rows)),
            "low": [float(low) for low, _ in pairs],
            "high": [float(high) for _, high in pairs],
            "value_qualifier": [
                "at_least" if np.isinf(high) else "exact" if low == high else "derived" for low, high in pairs
            ],
        }
    )


def numbers(column: pd.Series) -> np.ndarray:
    return column.to_numpy(dtype=float, na_value=np.nan)


def agrees(found: pd.DataFrame, printed: dict, rel: float = 1e-10) -> None:
    """The table gives what R printed; what R did not print is missing."""
    for name, column in {
        "upperbound": "upper",
        "expected": "expected",
        "pvalue": "p_value",
        "score": "score",
        "phi": "dispersion",
    }.items():
        if name in printed:
            wanted = np.array([np.nan if value is None else value for value in printed[name]], dtype=float)
            np.testing.assert_allclose(numbers(found[column]), wanted, rtol=rel, atol=1e-11, err_msg=name)
    assert numbers(found["alarm"]).tolist() == list(printed["alarm"])


def test_the_improved_algorithm_gives_what_r_prints():
    found = aberrations(AGONA, at=(282, 312), **IMPROVED).table
    agrees(found, PRINTED["improved"])
    assert found["trend"].all()


def test_a_hundred_series_in_one_batch_give_what_r_prints_for_each():
    found = aberrations(synthetic(), by="series", at=(477, 528), **IMPROVED).table
    assert len(found) == 5200
    printed = {name: list(chain(*PRINTED["synthetic"][name])) for name in ("upperbound", "alarm")}
    agrees(found, printed)
    # Five thousand tests, and 46 of them with fewer than five events in four weeks.
    assert found["upper"].isna().sum() == 46
    assert found["warnings"].str.contains("too few for an alarm").sum() == 46


def agona(form: str) -> pd.DataFrame:
    """The series as R was given it: weeks, weeks as dates, sums of four as months, of twelve as quarters ..."""
    count = AGONA["count"].to_numpy()
    if form == "dates":
        return pd.DataFrame({"period": pd.date_range("1990-01-01", periods=312, freq="7D"), "count": count})
    if form == "months":
        months = count.reshape(78, 4).sum(axis=1)
        return pd.DataFrame({"period": pd.date_range("1990-01-01", periods=78, freq="MS"), "count": months})
    if form == "quarters":
        return pd.DataFrame({"period": np.arange(1, 27), "count": count.reshape(26, 12).sum(axis=1)})
    if form == "missing":
        lost = [60, 61, 110, 150, 200, 237, 238, 239, 255]
        return AGONA.assign(count=AGONA["count"].where(~AGONA["period"].isin(lost)))
    if form == "population":
        return AGONA.assign(population=np.round(100_000 * 1.001 ** AGONA["period"]))
    return AGONA


SETTINGS: dict[str, tuple[str, dict]] = {
    "three_years": ("", {**IMPROVED, "years_back": 3}),
    "two_years": ("", {**IMPROVED, "years_back": 2}),
    "limit54": ("", IMPROVED),
    "limit10": ("", {**IMPROVED, "limit54": (10, 3)}),
    "missing": ("missing", IMPROVED),
    "weeks_as_dates": ("dates", {"years_back": 4}),
    "months_as_dates": ("months", {"years_back": 5}),
    "quarters": ("quarters", {"frequency": 4, "years_back": 4}),
    "population": ("population", IMPROVED),
}


def test_every_setting_that_r_printed_is_tested():
    assert set(OTHER["settings"]) == set(SETTINGS)


@pytest.mark.parametrize("name", SETTINGS)
def test_other_settings_give_what_r_prints(name):
    form, chosen = SETTINGS[name]
    series, printed = agona(form), OTHER[OTHER["settings"] == name]
    at = series["period"].iloc[printed["period"] - 1]
    found = aberrations(series, at=at, **chosen).table
    agrees(found, {column: printed[column].to_numpy() for column in printed})
    assert found["trend"].tolist() == (printed["trend"] == 1).tolist()


@pytest.mark.parametrize(
    ("name", "chosen"),
    [
        ("ldeaths_nbPlugin", {"years_back": 4}),
        ("discoveries_flexible", {"years_back": 10}),
    ],
)
def test_months_and_years_give_what_r_prints(name, chosen):
    source = name.split("_")[0]
    first, frequency = (1974, 12) if source == "ldeaths" else (1860, 1)
    periods = first + np.arange(len(FURTHER[source])) / frequency
    series = pd.DataFrame({"period": periods if frequency == 12 else periods.astype(int), "count": FURTHER[source]})
    at = series["period"].tolist()[66:72] if frequency == 12 else series["period"].tolist()[25:31]
    found = aberrations(series, at=at, limit54=(0, 4), **chosen).table
    for column, printed in FURTHER["aberrations"][name].items():
        # R's fits end where their deviance changes by less than 1e-8.
        np.testing.assert_allclose(numbers(found[column]), printed, rtol=1e-6, err_msg=column)


def test_a_steady_series_by_hand():
    # Ten a year and no spread: the dispersion counts as 1, the limit is a Poisson quantile (tables: 18 of mean 10).
    found = aberrations(years([10] * 6 + [19])).table.iloc[0]
    assert found["expected"] == pytest.approx(10)
    assert (found["upper"], found["alarm"], found["dispersion"]) == (18, True, 1)
    # P(X >= 19) = 1 - 0.99281 of mean 10, from tables; the score uses the log of the mean, as R does.
    assert found["p_value"] == pytest.approx(1 - 0.99281, abs=1e-5)
    assert found["score"] == pytest.approx((19 - np.log(10)) / (18 - np.log(10)))


def test_a_past_aberration_is_weighted_down():
    past = [8, 10, 9, 11, 12, 9, 10, 8, 11, 10] * 2
    past[4] = 60
    row = aberrations(years([*past, 30]), years_back=20).table.iloc[0]
    # By hand, had 60 counted as the others: mean and Pearson dispersion of the twenty, and the quantile of R's qnbinom.
    mean = np.mean(past)
    spread = np.sum((np.array(past) - mean) ** 2 / mean) / 19
    unweighted = stats.nbinom.ppf(0.99, mean / (spread - 1), 1 / spread)
    assert row["alarm"]
    assert row["upper"] < 30 < unweighted


def test_seasons_share_what_lies_between_the_windows():
    # A year of 13: windows of 3, and 10 periods for three seasons: 4, 3, 3; two periods before the tested one are out.
    found = baseline((-13, -26), half_window=1, levels=4, left_out=2)
    year = [0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 3, 3, 3]
    assert found.offsets.tolist() == list(range(-27, -2))
    assert found.level.tolist() == (year + year + [0])[:25]


def test_windows_alone_have_no_seasons():
    found = baseline((-12, -24), half_window=1, levels=1, left_out=0)
    assert found.offsets.tolist() == [-25, -24, -23, -13, -12, -11, -1]
    assert set(found.level) == {0}


# What is not known.


def test_a_missing_period_is_left_out_and_never_zero():
    absent = AGONA[~AGONA["period"].isin([230, 231, 232])]
    unknown = AGONA.assign(count=AGONA["count"].where(~AGONA["period"].isin([230, 231, 232])))
    zero = AGONA.assign(count=AGONA["count"].where(~AGONA["period"].isin([230, 231, 232]), 0))
    by_rows, by_nan, by_zero = (aberrations(table, at=285, **IMPROVED) for table in (absent, unknown, zero))
    pd.testing.assert_frame_equal(by_rows.table, by_nan.table)
    assert by_rows.table["expected"].iloc[0] > by_zero.table["expected"].iloc[0]
    assert "3 of the 185 periods of the baseline are not known" in by_rows.table["warnings"].iloc[0]
    assert warned(by_rows.warnings, "unknown_left_out", "230 to 232 (3 of the periods)")
    assert by_zero.table["warnings"].iloc[0] == ""


def test_an_unknown_count_is_no_alarm_and_no_all_clear():
    found = aberrations(years([10] * 6 + [np.nan])).table.iloc[0]
    assert found["alarm"] is pd.NA
    assert found["possible"] is pd.NA
    assert "not known" in found["warnings"]


def test_a_minimum_is_tested_and_never_part_of_a_baseline():
    series = bounds([10, 10, 10, (500, np.inf), 10, 10, 10, (30, np.inf)])
    found = aberrations(series, years_back=7)
    assert found.table["expected"].iloc[0] == pytest.approx(10)
    assert found.table["alarm"].iloc[0]
    assert warned(found.warnings, "minimum_left_out", "2008, 2012")
    open_end = aberrations(bounds([10] * 7 + [(3, np.inf)]), years_back=7).table.iloc[0]
    assert (open_end["alarm"], open_end["possible"]) == (False, True)


@pytest.mark.parametrize(
    ("count", "alarm", "possible"), [((15, 18), False, False), ((15, 25), False, True), ((19, 25), True, True)]
)
def test_an_interval_is_an_alarm_only_if_all_of_it_is(count, alarm, possible):
    # The limit of ten a year is 18, as above.
    found = aberrations(bounds([10] * 6 + [count])).table.iloc[0]
    assert (found["alarm"], found["possible"]) == (alarm, possible)
    assert np.isnan(found["count"])


def test_a_baseline_between_bounds_is_read_low_and_high_and_the_wider_limit_counts():
    rows = [8, (6, 12), 10, 9, (7, 7.0), (0, 4), 11, 20]
    low, high = (aberrations(years([r if not isinstance(r, tuple) else r[e] for r in rows]), years_back=7).table.iloc[0]
                 for e in (0, 1))  # fmt: skip
    found = aberrations(bounds(rows), years_back=7)
    row = found.table.iloc[0]
    assert (row["upper"], row["upper_low"]) == (max(low["upper"], high["upper"]), min(low["upper"], high["upper"]))
    assert (row["expected_low"], row["expected_high"]) == pytest.approx(sorted([low["expected"], high["expected"]]))
    assert np.isnan(row["expected"])
    assert row["p_value"] == pytest.approx(max(low["p_value"], high["p_value"]))
    assert row["score"] == pytest.approx(min(low["score"], high["score"]))
    assert "interval_counts" in codes(found.warnings)


# Small counts and short series.


def test_too_few_events_are_no_alarm():
    # Nothing for six years, then four, then five: the same rule of five, of the year alone.
    assert not aberrations(years([0] * 6 + [4])).table["alarm"].iloc[0]
    assert aberrations(years([0] * 6 + [5])).table["alarm"].iloc[0]
    assert aberrations(years([0] * 6 + [4]), limit54=(4, 1)).table["alarm"].iloc[0]
    few = aberrations(years([0] * 6 + [4])).table.iloc[0]
    assert np.isnan(few["upper"])
    assert "Fewer than 5 events in the period" in few["warnings"]
    assert "no event at this time of year" in aberrations(years([0] * 6 + [5])).table["warnings"].iloc[0]


def test_a_week_counts_with_the_three_before_it():
    counts = np.array([1, 0] * 104 + [0, 2, 1, 2])
    series = pd.DataFrame({"period": np.arange(1, 213), "count": counts})
    found = aberrations(series, at=(211, 212), frequency=52, years_back=3).table
    assert found["warnings"].str.contains("Fewer than 5 events in the last 4 periods").tolist() == [True, False]


def test_a_known_sum_is_enough_where_a_week_is_missing():
    lost = AGONA.assign(count=AGONA["count"].where(AGONA["period"] != 283).mask(AGONA["period"] == 284, 40))
    assert aberrations(lost, at=284, **IMPROVED).table["alarm"].iloc[0]
    few = AGONA.assign(count=AGONA["count"].where(AGONA["period"] != 311))
    row = aberrations(few.assign(count=few["count"].mask(few["period"] > 308, 1).where(few["period"] != 311)), at=312,
                      **IMPROVED).table.iloc[0]  # fmt: skip
    assert "Perhaps fewer than 5 events" in row["warnings"]


@pytest.mark.parametrize(
    ("series", "chosen", "reason"),
    [
        (years([9, 8, 9, 30]), {}, ("baseline_too_short", "3")),
        (years([9, 8, 9, 10, np.nan, 30]), {}, ("baseline_too_short", "4")),
        (years([9, 8, 9, 10]), {"at": "all"}, ("too_few_periods", "4", "6")),
        (AGONA[:60], {"frequency": 52}, ("baseline_too_short", "3", "5")),
        (years([]), {}, ("empty_table",)),
    ],
)
def test_too_short_a_past_is_refused(series, chosen, reason):
    with refused(TooFewPoints, *reason):
        aberrations(series, **chosen)


def test_a_season_without_a_known_count_is_refused():
    # March of the third year: no January to March of the first two is known, which are its season.
    months = pd.DataFrame({"period": np.arange(1, 27), "count": 7.0}).query("period not in [1, 2, 3, 13, 14, 15]")
    with refused(NotEstimable, "no_model_fitted"):
        aberrations(months, frequency=12, years_back=2)


def test_a_period_with_too_little_of_a_past_is_kept_untested():
    found = aberrations(years([9, 8, 9, 10, 9, 8, 30]), at=(2008, 2011))
    assert found.table["alarm"].isna().tolist() == [True, True, False, False]
    assert "3 known counts from 3 years" in found.table["warnings"].iloc[0]
    assert warned(found.warnings, "not_tested", "2 of 4 periods")


# Periods and keys.


def test_a_series_is_the_same_alone_and_among_others():
    table = synthetic().query("series <= 4")
    together = aberrations(table, by=["series"], at=(500, 528), **IMPROVED).table
    alone = [
        aberrations(rows.drop(columns="series"), at=(500, 528), **IMPROVED).table.assign(series=key)
        for key, rows in table.groupby("series")
    ]
    pd.testing.assert_frame_equal(together, pd.concat(alone, ignore_index=True)[together.columns], rtol=1e-9)


def test_several_keys_keep_their_order_and_unequal_lengths():
    north = years([10] * 6 + [40]).assign(area="north", sex="f")
    south = years([10] * 6).assign(area="south", sex="f")
    found = aberrations(pd.concat([south, north]), by=["area", "sex"])
    assert found.table["area"].tolist() == ["south", "north"]
    assert found.table["alarm"].tolist() == [pd.NA, True]
    assert "The count is not known" in found.table["warnings"].iloc[0]


@pytest.mark.parametrize(
    ("periods", "texts"),
    [
        (pd.date_range("2010-01-04", periods=312, freq="7D"), "2015-12-21"),
        (pd.Series(pd.period_range("2010-01-04", periods=312, freq="W")), "2015-12-21/2015-12-27"),
        (2010 + np.arange(312) / 52, "2015.9808"),
        ([str(day.date()) for day in pd.date_range("2010-01-04", periods=312, freq="7D")], "2015-12-21"),
    ],
    ids=["dates", "periods", "decimal years", "texts"],
)
def test_weeks_are_known_in_any_form(periods, texts):
    found = aberrations(AGONA.assign(period=periods), years_back=4)
    assert found.frequency == 52
    assert warned(found.warnings, "incomplete_period", texts)


@pytest.mark.parametrize(
    ("periods", "frequency"),
    [
        (pd.date_range("2010-01-31", periods=90, freq="ME"), 12),
        (pd.Series(pd.period_range("2010-01", periods=90, freq="M")), 12),
        (pd.Series(pd.period_range("2000-01", periods=90, freq="Q")), 4),
        (pd.date_range("2000-01-15", periods=90, freq="QS"), 4),
        (pd.date_range("1930-01-01", periods=90, freq="YS"), 1),
        (pd.Series(pd.period_range("1930", periods=90, freq="Y")), 1),
        (2000 + np.arange(90) / 4, 4),
        (np.arange(1930, 2020), 1),
    ],
)
def test_how_many_periods_a_year_has_is_read_off_them(periods, frequency):
    found = aberrations(pd.DataFrame({"period": periods, "count": [9, 10, 11] * 30}), at="all")
    assert found.frequency == frequency
    assert found.table["alarm"].notna().all()


def test_a_week_given_as_a_date_is_compared_with_the_nearest_week_of_other_years():
    # 2015 has 53 weeks (ISO): from 4 January 2016 back to 5 January 2015 are 52, from 2 January 2017 to 4 January 2016
    # are 52, but from 28 December 2020 to 28 December 2015 are 261 weeks, not 260.
    periods = pd.Series(pd.date_range("2009-12-28", "2020-12-28", freq="7D"))
    places = period_grid(periods).references(len(periods) - 1, 5)
    then = ["2019-12-30", "2018-12-31", "2017-12-25", "2016-12-26", "2015-12-28"]
    assert [str(periods.iloc[place - 1].date()) for place in places] == then


@pytest.mark.parametrize("ends", ["SUN", "WED"])
def test_weeks_as_periods_are_those_that_begin_on_the_same_dates(ends):
    periods = pd.Series(pd.period_range("2012-01-01", periods=312, freq=f"W-{ends}"))
    weeks = aberrations(AGONA.assign(period=periods), at="all", years_back=4).table
    dates = aberrations(AGONA.assign(period=periods.dt.start_time), at="all", years_back=4).table
    assert weeks["period"].dt.start_time.tolist() == dates["period"].tolist()
    pd.testing.assert_frame_equal(weeks.drop(columns="period"), dates.drop(columns="period"))


def test_what_is_tested_can_be_said_in_several_ways():
    one = aberrations(AGONA, at=300, **IMPROVED).table
    several = aberrations(AGONA, at=[305, 300], **IMPROVED).table
    span = aberrations(AGONA, at=(300, 305), **IMPROVED).table
    every = aberrations(AGONA, at="all", **IMPROVED).table
    last = aberrations(AGONA, **IMPROVED).table
    assert several["period"].tolist() == [300, 305]
    assert span["period"].tolist() == list(range(300, 306))
    assert (every["period"].iloc[0], every["period"].iloc[-1]) == (212, 312)
    assert last["period"].tolist() == [312]
    pd.testing.assert_frame_equal(one, span[:1], rtol=1e-9)
    pd.testing.assert_frame_equal(last, every[-1:].reset_index(drop=True), rtol=1e-9)


@pytest.mark.parametrize(
    ("series", "chosen", "reason"),
    [
        (AGONA, {}, "cannot be told from the numbers"),
        (AGONA.drop(columns="count"), IMPROVED, "no counts"),
        (AGONA.drop(columns="period"), IMPROVED, "no column 'period'"),
        (AGONA.assign(count=-1), IMPROVED, "never below 0"),
        (pd.concat([AGONA, AGONA[3:4]]), IMPROVED, "period 4 is given more than once"),
        (pd.concat([AGONA, AGONA[3:4]]).assign(area="x"), {**IMPROVED, "by": "area"}, "4, area x is given more than"),
        (AGONA, {**IMPROVED, "by": "area"}, "'area' cannot tell series apart"),
        (AGONA, {**IMPROVED, "at": 400}, "400 is not in the series from 1 to 312"),
        (AGONA, {**IMPROVED, "at": (300, 290)}, "is after the last"),
        (AGONA, {**IMPROVED, "at": []}, "no period to test"),
        (AGONA, {**IMPROVED, "alpha": 0}, "`alpha` is a number above 0 and below 1"),
        (AGONA, {**IMPROVED, "years_back": 0}, "`years_back` is a whole number, 1 or more"),
        (AGONA, {**IMPROVED, "limit54": (5, 0)}, r"`limit54\[1\]` is a whole number, 1 or more"),
        (AGONA.assign(population=0), IMPROVED, "population of 1 is missing or not positive"),
        (AGONA.assign(period=[f"week {i}" for i in range(312)]), {}, "is neither a number nor a date"),
        (AGONA.assign(period=2000 + np.arange(312) / 52.6), {"frequency": 52}, "does not lie on an even grid"),
        (AGONA.assign(period=pd.date_range("2010-01-04", periods=312, freq="7D")).replace(
            pd.Timestamp("2010-01-25"), pd.Timestamp("2010-01-26")), {"frequency": 52}, "2010-01-26 does not lie on"),
        (AGONA.assign(period=pd.date_range("2010-01-04", periods=312, freq="7D")), {"frequency": 12}, "more than once"),
    ],
)  # fmt: skip
def test_what_contradicts_itself_is_refused_with_the_place(series, chosen, reason):
    with pytest.raises(ValueError, match=reason):
        aberrations(series, **chosen)


# Whatever the counts.

COUNTS = st.lists(st.integers(0, 30), min_size=8, max_size=14)


@pytest.mark.slow
@settings(max_examples=examples(22), deadline=None)
@given(COUNTS)
def test_an_alarm_is_a_count_above_its_limit_and_a_higher_count_is_no_smaller_an_alarm(counts):
    chosen = {"limit54": (0, 1), "years_back": 6}
    low, high = (aberrations(years([*counts, last]), **chosen).table.iloc[0] for last in (12, 40))
    for row in (low, high):
        if row["alarm"] is pd.NA:
            continue
        assert 0 <= row["p_value"] <= 1
        assert row["alarm"] == (row["count"] > row["upper"])
        assert row["dispersion"] >= 1
    if low["alarm"] is not pd.NA:
        assert low["upper"] == high["upper"]
        assert high["p_value"] <= low["p_value"] + 1e-12
        assert high["alarm"] or not low["alarm"]


@pytest.mark.slow
@settings(max_examples=examples(30), deadline=None)
@given(COUNTS, st.randoms(use_true_random=False))
def test_the_order_of_the_rows_changes_nothing(counts, random):
    series = years([*counts, 25])
    rows = list(range(len(series)))
    random.shuffle(rows)
    pd.testing.assert_frame_equal(aberrations(series).table, aberrations(series.iloc[rows]).table)


@pytest.mark.slow
@settings(max_examples=examples(16), deadline=None)
@given(st.lists(st.tuples(st.integers(0, 15), st.integers(0, 6)), min_size=8, max_size=8))
def test_bounds_that_meet_are_a_count(pairs):
    exact = years([low for low, _ in pairs])
    same = bounds([(low, low) for low, _ in pairs])
    pd.testing.assert_frame_equal(aberrations(exact, at="all").table, aberrations(same, at="all").table)
    wide = aberrations(bounds([(low, low + width) for low, width in pairs]), at="all").table
    assert (wide["upper_low"].fillna(0) <= wide["upper"].fillna(0)).all()
    assert (~wide["alarm"].fillna(False) | wide["possible"].fillna(False)).all()


# What is said with the result.


def test_an_alarm_is_called_a_question():
    found = aberrations(AGONA, at="all", **IMPROVED)
    assert codes(found.warnings)[0] == "alarm_is_question"
    assert warned(found.warnings, "many_tests", "101 tests", "1.01 alarms")
    assert warned(found.warnings, "incomplete_period", "312")
    assert "negative binomial quantile at 0.99" in found.method


def test_the_years_of_covid_and_short_baselines_are_named():
    found = aberrations(years([9, 8, 9, 10, 9, 8, 30], first=2018))
    assert "covid_years" in codes(found.warnings)
    assert "Only 5 counts in the baseline" in found.table["warnings"].iloc[0]
    assert "covid_years" not in codes(aberrations(AGONA, **IMPROVED).warnings)


def test_a_baseline_that_begins_too_early_is_said_to_be_shorter():
    found = aberrations(AGONA, at=200, **IMPROVED)
    assert "short_baseline" in codes(found.warnings)


def test_results_cannot_be_changed_after_the_fact():
    found = aberrations(AGONA, **IMPROVED)
    assert isinstance(found, Aberrations)
    with pytest.raises(FrozenInstanceError):
        found.alpha = 0.5


FOOTER = Footer("Surveillance", "1990-1995", "312 weeks", "Reported only.")


def test_a_figure_says_what_an_alarm_is_and_marks_it():
    found = aberrations(AGONA, at=(262, 312), **IMPROVED)
    figure = aberrations_plot(found).draw("Agona", FOOTER)
    said = words(figure)
    assert "Agona" in said
    assert QUESTION in said
    assert "Surveillance" in said
    (alarms,) = [line for line in figure.axes[0].lines if line.get_gid() == "flag:alarm"]
    assert len(alarms.get_xdata()) == found.table["alarm"].sum() > 0
    (limit,) = [band for band in figure.axes[0].collections if band.get_gid() == "band"]
    highest = max(path.vertices[:, 1].max() for path in limit.get_paths())
    assert highest == pytest.approx(found.table["upper"].max())
    assert len(plots.png(figure)) > 10_000


def test_the_picture_has_counts_upper_limits_and_alarms():
    found = aberrations(AGONA, at=(262, 312), **IMPROVED)
    figure = found.plot()
    assert named(figure, "observed")[:, 1].tolist() == found.table["low"].tolist()
    assert named(figure, "upper limit")[:, 1].tolist() == pytest.approx(found.table["upper"].tolist(), nan_ok=True)
    alarm = found.table["alarm"].fillna(False).astype(bool)
    assert named(figure, "alarm")[:, 1].tolist() == found.table.loc[alarm, "high"].tolist() != []


def test_a_figure_has_a_panel_for_each_series_and_refuses_too_many():
    table = synthetic()
    found = aberrations(table.query("series <= 3"), by="series", at=(520, 528), **IMPROVED)
    drawn = {"title": "Series", "footer": FOOTER}
    assert len(aberrations_plot(found).draw(**drawn).axes) == len(found.plot().axes) == 3
    many = aberrations(table.query("series <= 9"), by="series", **IMPROVED)
    for draw in (lambda: aberrations_plot(many).draw(**drawn), many.plot):
        with refused(ValueError, "too_many_series"):
            draw()


def test_a_figure_shows_intervals_and_what_is_not_known():
    found = aberrations(bounds([10, (0, 4), 9, 11, (8, 12), 10, 9, (15, 40)]).drop(index=2), years_back=7)
    said = words(aberrations_plot(found).draw("Bounds", FOOTER))
    assert "known only as an interval" in said
    assert "no figure found" in said
    assert "possible alarm" in said
