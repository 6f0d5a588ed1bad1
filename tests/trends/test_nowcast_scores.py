"""Scores of past nowcasts: printed weighted interval scores, hand calculations, and what a date could not know."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from plain_plots import words
from refusals import codes, refused

import trends
from trends.nowcast_scores import weighted_interval_score

REFERENCE = Path(__file__).parents[1] / "reference"


@pytest.fixture(scope="module")
def hus() -> pd.DataFrame:
    return pd.read_csv(REFERENCE / "hus_o104.csv", comment="#")


@pytest.fixture(scope="module")
def lawless(hus) -> trends.NowcastScores:
    return trends.score_nowcasts(hus, unit="D", max_delay=15, method="lawless")


def years(first=2000, last=2014) -> pd.DataFrame:
    """Each year 8 cases reported in the same year and 2 in the next; of the last year only the former yet."""
    rows = [(year, delay, n) for year in range(first, last) for delay, n in ((0, 8), (1, 2))]
    return pd.DataFrame([*rows, (last, 0, 8)], columns=["event", "delay", "count"])


def test_weighted_interval_scores_are_those_that_yardstick_prints():
    # R package yardstick, documentation of weighted_interval_score: quantiles 1, 2, 3, 4 and 8, 9, 10, 11 at 0.2, 0.4,
    # 0.6, 0.8, taken at 0.25, 0.5, 0.75 (1.25, 2.5, 3.75 and 8.25, 9.5, 10.75), of 3.3 and 7.1: 0.6833333 1.9833333.
    found = weighted_interval_score([3.3, 7.1], np.array([[2.5, 1.25, 3.75], [9.5, 8.25, 10.75]]), (0.5,))
    np.testing.assert_allclose(found["wis"], [0.6833333, 1.9833333], atol=1e-7)


def test_weighted_interval_scores_of_two_intervals_by_hand():
    # The example in the tests of the R packages scoringutils and covidHubUtils: 1, -15, 22 with quantiles at 0.1, 0.25,
    # 0.5, 0.75, 0.9. First: (0.25 * 2 + 0.1 * 4) / 2.5 = 0.36. Second: (0.5 * 17 + 16 + 13 + 0.25 * 1 + 0.1 * 6) / 2.5
    # = 15.34. Third: (0.5 * 19 + 19 + 18 + 0.25 * 3 + 0.1 * 6) / 2.5 = 19.14.
    of = np.array([[1, 0, 2, -1, 3], [2, 1, 2, -2, 4], [3, 0, 3, -2, 4]], dtype=float)
    found = weighted_interval_score([1, -15, 22], of, (0.5, 0.8))
    np.testing.assert_allclose(found["wis"], [0.36, 15.34, 19.14])
    np.testing.assert_allclose(found["dispersion"], [0.36, 0.85 / 2.5, 1.35 / 2.5])
    np.testing.assert_allclose(found["overprediction"], [0, 37.5 / 2.5, 0])
    np.testing.assert_allclose(found["underprediction"], [0, 0, 46.5 / 2.5])


def test_the_score_of_a_number_without_intervals_is_its_absolute_error():
    found = weighted_interval_score([3, 9], np.array([[5.0] * 7, [5.0] * 7]), (0.5, 0.9, 0.95))
    np.testing.assert_allclose(found["wis"], [2, 4])
    assert found["dispersion"].tolist() == [0, 0]


def test_scores_of_years_by_hand():
    # Every nowcast is 8 / 0.8 = 10 with variance 2.5; the part above the 8 reported is 0.8970 (see test_nowcast.py).
    # 95 %: 8 to 12. 90 %: 0.05 * 0.8970 at z = -1.697, 7.3, so 8; 0.95 * 0.8970 = 0.8522 at 1.046, 11.65, so 12. 50 %:
    # 0.2243 at -0.758, 8.80, so 9; 0.6728 at 0.448, 10.71, so 11. Of 10 later: (0.25 * 2 + 0.05 * 4 + 0.025 * 4) / 3.5.
    # The ends of 2000 and 2001 have 8 and 18 reports, fewer than 20; 2013 is the last whose next year is over.
    found = trends.score_nowcasts(years(), unit="Y", method="lawless", max_delay=1)
    assert found.table["period"].tolist() == list(range(2002, 2014))
    assert (found.table[["horizon", "reported", "later", "estimate"]] == [0, 8, 10, 10]).all(axis=None)
    assert (found.table[["low_50", "high_50", "low_90", "high_90", "low_95", "high_95"]] == [9, 11, 8, 12, 8, 12]).all(
        axis=None
    )
    only = found.by_horizon.iloc[0]
    assert len(found.by_horizon) == 1 and only["n"] == found.dates == 12
    assert only["wis"] == pytest.approx(0.8 / 3.5)
    assert only["naive_wis"] == 2
    assert only["relative_wis"] == pytest.approx(0.4 / 3.5)
    assert (only["share_reported"], only["held_50"], only["held_95"]) == (0.8, 1, 1)
    assert codes(found.warnings) == ["dates_not_scored", "few_dates"]


@pytest.mark.parametrize("method", ["lawless", pytest.param("bayes.trunc", marks=pytest.mark.slow)])
def test_a_past_nowcast_is_the_one_that_was_made_then(hus, method):
    found = trends.score_nowcasts(hus, unit="D", max_delay=15, horizons=4, method=method, confidence=(0.95,))
    day = pd.Timestamp("2011-06-02")
    of_day = found.table[found.table["when"] == day].set_index("period")
    table = trends.nowcast(hus, when=day, unit="D", max_delay=15, method=method).table.set_index("period")
    table = table.loc[of_day.index]
    assert len(of_day) == 4
    assert of_day["reported"].tolist() == table["observed"].tolist()
    assert of_day["estimate"].tolist() == table["estimate"].tolist()
    assert of_day[["low_95", "high_95"]].to_numpy().tolist() == table[["low", "high"]].to_numpy().tolist()


def test_what_is_known_later_is_every_case_with_its_delay(hus, lawless):
    within = hus[hus["delay"] <= 15].groupby("event")["count"].sum()
    expected = within.reindex(lawless.table["period"].astype(str), fill_value=0)
    assert lawless.table["later"].tolist() == expected.tolist()
    assert (lawless.table["later"] >= lawless.table["reported"]).all()


def test_reports_that_come_later_change_no_score(hus, lawless):
    events = pd.date_range("2011-07-20", periods=10).astype(str)
    more = pd.concat([hus, pd.DataFrame({"event": events, "delay": 3, "count": 50})], ignore_index=True)
    found = trends.score_nowcasts(more, unit="D", max_delay=15, method="lawless")
    shared = found.table[found.table["when"] <= lawless.table["when"].max()]
    pd.testing.assert_frame_equal(shared, lawless.table)


def test_parts_add_to_the_score_and_means_to_the_table(lawless):
    rows = lawless.table
    parts = rows[["dispersion", "underprediction", "overprediction"]].sum(axis=1)
    np.testing.assert_allclose(rows["wis"], parts)
    assert lawless.by_horizon["horizon"].tolist() == list(range(15))
    np.testing.assert_allclose(lawless.by_horizon["wis"], rows.groupby("horizon")["wis"].mean())
    assert lawless.overall["wis"].iloc[0] == pytest.approx(rows["wis"].mean())
    assert rows["naive_wis"].tolist() == (rows["later"] - rows["reported"]).tolist()
    assert lawless.overall["n"].iloc[0] == len(rows) == 15 * lawless.dates


@pytest.mark.slow
def test_an_outbreak_is_nowcast_better_than_by_the_cases_reported_and_lawless_is_worse(hus, lawless):
    bayes = trends.score_nowcasts(hus, unit="D", max_delay=15)
    assert bayes.overall["relative_wis"].iloc[0] < 0.5 < 1 < lawless.overall["relative_wis"].iloc[0]
    assert (bayes.by_horizon["relative_wis"] < 1).all()
    # Its limits hold no uncertainty of the delays: of the last day they held a quarter at most.
    assert lawless.by_horizon["held_95"].iloc[0] < 0.25 < 0.75 < bayes.by_horizon["held_95"].iloc[0]


def test_quarters_are_scored_with_delays_learnt_in_months():
    rng = np.random.default_rng(2)
    event = pd.Timestamp("2015-01-01") + pd.to_timedelta(np.sort(rng.integers(0, 2500, 900)), unit="D")
    delay = pd.to_timedelta(np.minimum(rng.gamma(2, 35, 900), 160).astype(int), unit="D")
    reports = pd.DataFrame({"event": event, "reported": event + delay})
    found = trends.score_nowcasts(reports, unit="Q", delay_unit="M", max_delay=6, method="lawless")
    # The last month of a quarter, and that of the one before, are less than six months old at its end.
    assert found.by_horizon["horizon"].tolist() == [0, 1]
    assert found.overall["relative_wis"].iloc[0] < 1
    truth = event.to_period("Q").value_counts()
    assert found.table["later"].tolist() == truth.reindex(found.table["period"]).tolist()


def test_the_longest_delay_that_was_not_given_is_said_to_come_from_later():
    assert "longest_delay_from_later" in codes(trends.score_nowcasts(years(), unit="Y", method="lawless").warnings)


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ({"method": "mean"}, "unknown_choice"),
        ({"confidence": ()}, "invalid_levels"),
        ({"confidence": (0.9, 0.9)}, "invalid_levels"),
        ({"horizons": 0}, "not_whole_number"),
        ({"when": "2011-06-15"}, "too_few_dates"),
    ],
)
def test_what_cannot_be_scored_is_refused(hus, settings, code):
    with refused(ValueError, code):
        trends.score_nowcasts(hus, unit="D", max_delay=15, **{"method": "lawless", **settings})


def test_scores_draw_themselves(lawless):
    said = " ".join(words(lawless.plot()).split())
    assert "Nowcasts of 24 past dates against what was known later, by days back" in said
    assert "0 days: held 17 %, uncorrected 6.7" in said
