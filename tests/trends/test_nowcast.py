"""Nowcasts and the completeness of periods: R's printed results, hand calculations, refusals and what always holds."""

from dataclasses import FrozenInstanceError
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from figure_texts import words
from fuzzing import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from plain_plots import named
from plain_plots import words as plain_words
from refusals import refused, warned

from analysis.exhibits.record_trends_in_full import nowcast_plot
from analysis.plots import Footer, style
from trends import NotEstimable, TooFewPoints, completeness, flag_last_period, nowcast, reporting_delay
from trends.nowcast import METHODS

REFERENCE = Path(__file__).parents[1] / "reference"
NOW = "2011-06-02"


@pytest.fixture(scope="module")
def hus() -> pd.DataFrame:
    return pd.read_csv(REFERENCE / "hus_o104.csv", comment="#")


def cases(counts: pd.DataFrame) -> pd.DataFrame:
    """One row a case, in an order that has no meaning."""
    rows = counts.loc[counts.index.repeat(counts["count"])].sample(frac=1, random_state=1)
    event = pd.to_datetime(rows["event"])
    return pd.DataFrame({"event": event, "reported": event + pd.to_timedelta(rows["delay"], unit="D")})


def printed(method: str) -> pd.DataFrame:
    table = pd.read_csv(REFERENCE / "nowcast_hus.csv", comment="#")
    return table[table["method"] == method].set_index("event")


def at(found, periods) -> pd.DataFrame:
    return found.table.assign(period=found.table["period"].astype(str)).set_index("period").loc[periods]


def years(*, first=2010, last=2019, at_once=8, a_year_later=2, at_last=8) -> pd.DataFrame:
    """Each year so many cases reported in the same year and in the next; of the last year only the former yet."""
    rows = [(year, delay, n) for year in range(first, last) for delay, n in ((0, at_once), (1, a_year_later))]
    return pd.DataFrame([*rows, (last, 0, at_last)], columns=["event", "delay", "count"])


def a_list(n=150, seed=2, mean_delay=70) -> pd.DataFrame:
    """Synthetic cases over 1,000 days whose reports take months."""
    rng = np.random.default_rng(seed)
    event = pd.Timestamp("2021-01-01") + pd.to_timedelta(np.sort(rng.integers(0, 1000, n)), unit="D")
    delay = pd.to_timedelta(np.minimum(rng.gamma(2, mean_delay / 2, n), 270).astype(int), unit="D")
    return pd.DataFrame({"event": event, "reported": event + delay})


def test_lawless_nowcast_is_what_r_prints(hus):
    found, expected = nowcast(cases(hus), when=NOW, unit="D", max_delay=15, method="lawless"), printed("lawless")
    here = at(found, expected.index)
    for column in ("observed", "estimate", "low", "high"):
        assert here[column].tolist() == expected[column].tolist(), column


@pytest.mark.slow
@pytest.mark.parametrize("method", ["bayes.trunc", "bayes.notrunc"])
def test_bayesian_nowcasts_are_what_r_prints_to_the_error_of_its_draws(hus, method):
    found = nowcast(cases(hus), when=NOW, unit="D", max_delay=15, method=method, prior=(50, 3000))
    expected = printed(method)
    here = at(found, expected.index)
    assert here["observed"].tolist() == expected["observed"].tolist()
    # R draws the delays a thousand times; limits that reach far vary by a few cases.
    np.testing.assert_allclose(here["estimate"], expected["estimate"], atol=1)
    np.testing.assert_allclose(here[["low", "high"]], expected[["low", "high"]], atol=1, rtol=0.03)


def test_cases_and_their_counts_by_delay_give_the_same(hus):
    one = nowcast(cases(hus), when=NOW, unit="D", max_delay=15)
    other = nowcast(hus, when=NOW, unit="D", max_delay=15)
    pd.testing.assert_frame_equal(one.table, other.table)
    pd.testing.assert_frame_equal(one.delays, other.delays)


def test_what_is_reported_later_does_not_change_what_was_seen(hus):
    table = cases(hus)
    known = table[table["reported"] <= NOW]
    assert len(known) < len(table)
    one, other = nowcast(table, when=NOW, unit="D"), nowcast(known, when=NOW, unit="D")
    pd.testing.assert_frame_equal(one.table, other.table)
    assert warned(one.warnings, "late_left_out", f"{len(table) - len(known)} reports")


def test_lawless_by_hand():
    # Of 9 years x 10 cases whose second year is over, 18 came then: reversed hazard 18/90, share reported at once 0.8.
    # 8 / 0.8 = 10; variance 10 · 0.2 / 0.8 = 2.5, sd 1.5811. Above 8: Φ(2/1.5811) = Φ(1.2649) = 0.8970 (tables).
    # 0.5 · 0.8970 is reached at z = -0.1294: 9.80, so 10; 0.975 · 0.8970 = 0.8746 at z = 1.1485: 11.82, so 12;
    # 0.025 · 0.8970 = 0.0224 at z = -2.006: 6.83, below the 8 that are reported.
    found = nowcast(years(), unit="Y", method="lawless")
    assert found.delays["probability"].tolist() == pytest.approx([0.8, 0.2])
    assert found.delays["cumulative"].tolist() == pytest.approx([0.8, 1])
    last = found.table.iloc[-1]
    assert (last["period"], last["observed"], last["estimate"], last["low"], last["high"]) == (2019, 8, 10, 8, 12)
    assert not last["complete"]
    assert found.table["complete"].iloc[:-1].all()
    assert found.table["estimate"].iloc[:-1].tolist() == [10] * 9


def test_limits_of_the_delays_by_hand():
    # Share 0.8 from 90 cases: var(log share) = 0.2 / (90 · 0.8); on the scale log(-log): 1.96 · 0.05270 / 0.22314 =
    # 0.4629; 0.8 ** exp(±0.4629): 0.7015 and 0.8690.
    found = nowcast(years(), unit="Y", method="lawless")
    assert found.delays[["low", "high"]].iloc[0].tolist() == pytest.approx([0.7015, 0.8690], abs=2e-4)
    assert found.delays[["low", "high"]].iloc[-1].tolist() == [1, 1]


def test_bayesian_nowcast_with_delays_known_well_is_negative_binomial():
    # A million cases fix the share at 0.8. Prior gamma of mean 10, variance 20 (shape 5, rate 0.5): the cases not yet
    # reported are negative binomial with size 5 + 8 and p = 1.3/1.5. P(0) = p^13 = 0.1556, each next by
    # (13 + k)/(k + 1) · 0.2/1.5: cumulative 0.1556, 0.4254, 0.6771, 0.8450, 0.9345, 0.9751. So 2 at one half, 0 at 5 %
    # and 5 at 95 %.
    many = years(at_once=80_000, a_year_later=20_000, at_last=8)
    found = nowcast(many, unit="Y", prior=(10, 20), confidence=0.9).table.iloc[-1]
    assert (found["estimate"], found["low"], found["high"]) == (10, 8, 13)


def test_a_window_learns_from_the_last_periods_only():
    slow = years(first=2000, last=2010, at_once=2, a_year_later=8, at_last=2)
    quick = years(first=2010, last=2020, at_once=8, a_year_later=2, at_last=8)
    both = pd.concat([slow[slow["event"] < 2010], quick])
    assert nowcast(both, unit="Y", method="lawless", window=8).delays["cumulative"].iloc[0] == pytest.approx(0.8)
    # 10 years with 2 of 10, and 10 with 8 of 10, all in time.
    assert nowcast(both, unit="Y", method="lawless").delays["cumulative"].iloc[0] == pytest.approx(0.5)


def test_delays_learnt_in_months_use_reports_of_a_year_that_is_not_over():
    table = a_list()
    by_year = nowcast(table, when="2023-09-30", unit="Y")
    by_month = nowcast(table, when="2023-09-30", unit="Y", delay_unit="M", max_delay=9)
    # All of 2022 was reported by then, as nothing takes longer than 270 days.
    truth = int((table["event"].dt.year == 2022).sum())
    last = by_month.table.iloc[-1]
    assert (last["period"], last["observed"], last["estimate"], last["high"]) == (2022, truth, truth, truth)
    assert last["complete"]
    assert by_year.table.iloc[-1]["observed"] < truth


def test_a_year_holds_the_sum_of_its_months():
    table = a_list()
    month = nowcast(table, when="2022-12-31", unit="M", max_delay=9, method="lawless").table
    year = nowcast(table, when="2022-12-31", unit="Y", delay_unit="M", max_delay=9, method="lawless").table
    month = month.assign(year=month["period"].dt.year)
    assert year["observed"].tolist() == month.groupby("year")["observed"].sum().tolist()
    expected = (month["observed"] / month["share_reported"]).groupby(month["year"]).sum()
    np.testing.assert_allclose(year["estimate"], expected, atol=1)
    bayes = nowcast(table, when="2022-12-31", unit="Y", delay_unit="M", max_delay=9).table
    np.testing.assert_allclose(bayes["estimate"], expected, rtol=0.06)
    assert (bayes["low"] >= bayes["observed"]).all()


@pytest.mark.slow
@settings(max_examples=examples(21), deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 30), st.integers(0, 4)), min_size=40, max_size=120),
    st.sampled_from(METHODS),
)
def test_a_nowcast_is_never_below_what_is_reported(drawn, method):
    table = pd.DataFrame(drawn, columns=["event", "delay"]).assign(count=1)
    table["event"] = pd.PeriodIndex.from_ordinals(table["event"] + 600, freq="M")
    # Five cases from the first month, one with the longest delay, let the delays be learnt.
    first = pd.DataFrame({"event": pd.PeriodIndex.from_ordinals([600] * 5, freq="M"), "delay": range(5), "count": 1})
    found = nowcast(pd.concat([first, table], ignore_index=True), when="2022-07-31", unit="M", method=method)
    rows = found.table[found.table["estimate"].notna()]
    assert (rows["estimate"] >= rows["observed"]).all()
    assert (rows["low"] >= rows["observed"]).all()
    assert (rows["low"] <= rows["estimate"]).all()
    assert (rows["estimate"] <= rows["high"]).all()
    assert found.table["observed"].sum() == found.n
    assert found.delays["cumulative"].is_monotonic_increasing
    assert found.delays["probability"].sum() == pytest.approx(1)
    assert found.table["share_reported"].is_monotonic_decreasing


@pytest.mark.slow
@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 5)), min_size=20, max_size=60), st.integers(5, 12))
def test_a_case_is_at_risk_of_a_delay_if_it_could_have_been_seen_with_it(drawn, window):
    rows = [(0, 0)] * 5 + [(event, delay) for event, delay in drawn if event + delay <= 12]
    rows += [(0, 1)] * max(0, 20 - len(rows))
    event, delay = (np.array(column) for column in zip(*rows, strict=True))
    seen = reporting_delay.Reports(event, delay, 12, "M", 5, ())
    if ((event <= 12 - 5) & (event >= 12 - window)).sum() < 5:
        return
    found = reporting_delay.count(seen, window)
    for x in range(6):
        old = [d for e, d in rows if 12 - window <= e <= 12 - x]
        assert found.exactly[x] == sum(d == x for d in old)
        assert found.upto[x] == sum(d <= x for d in old)


def test_a_year_without_a_report_yet_is_not_said_to_have_no_case():
    lawless = nowcast(years(at_last=0), when="2019-12-31", unit="Y", method="lawless").table.iloc[-1]
    assert (lawless["period"], lawless["observed"], lawless["estimate"], lawless["high"]) == (2019, 0, 0, 0)
    assert "no finding of none" in lawless["warnings"]
    bayes = nowcast(years(at_last=0), when="2019-12-31", unit="Y").table.iloc[-1]
    assert (bayes["period"], bayes["observed"], bayes["low"]) == (2019, 0, 0)
    assert bayes["high"] > 0


def test_where_no_delay_so_short_was_ever_seen_nothing_is_estimated():
    # Every report comes a year later: of the last year none can have come.
    late = years(at_once=0, a_year_later=5, at_last=0)
    found = nowcast(late, when="2019-12-31", unit="Y", method="lawless").table.iloc[-1]
    assert np.isnan(found[["estimate", "low", "high"]].astype(float)).all()
    assert "nothing can be said" in found["warnings"]


def test_limits_hold_the_cases_that_come_later():
    # 20 synthetic lists of 5 cases a month, whose reports take up to 8 months: 8 incomplete months each.
    rng, held = np.random.default_rng(3), []
    chance = np.array([12, 15, 20, 18, 12, 10, 6, 4, 3]) / 100
    for _ in range(20):
        event = pd.PeriodIndex.from_ordinals(600 + np.repeat(np.arange(36), rng.poisson(5, 36)), freq="M")
        table = pd.DataFrame({"event": event, "delay": rng.choice(9, size=len(event), p=chance), "count": 1})
        seen = table[table["event"].map(lambda month: month.ordinal) + table["delay"] <= 635]
        found = nowcast(seen, when="2022-12-31", max_delay=8).table.tail(8)
        truth = [(event == month).sum() for month in found["period"]]
        held.extend((found["low"] <= truth) & (truth <= found["high"]))
    # Of 160 limits at 95 % 8 fail, give or take 2.8.
    assert len(held) == 160
    assert np.mean(held) >= 1 - (8 + 2.8 * 2) / 160


def test_same_seed_same_nowcast():
    one, other = (nowcast(a_list(), when="2023-06-30", max_delay=9, seed=7).table for _ in range(2))
    pd.testing.assert_frame_equal(one, other)


def test_dates_known_to_the_month_are_enough_for_months():
    table = a_list()
    rough = pd.DataFrame()
    for column in ("event", "reported"):
        month = table[column].dt.to_period("M")
        rough[f"{column}_low"], rough[f"{column}_high"] = month.dt.start_time, month.dt.end_time
    pd.testing.assert_frame_equal(
        nowcast(rough, when="2023-06-30", max_delay=9).table, nowcast(table, when="2023-06-30", max_delay=9).table
    )
    rough.loc[3, "event_high"] += pd.Timedelta(days=40)
    rough.loc[3, "reported_high"] += pd.Timedelta(days=40)
    with refused(NotEstimable, "imprecise_dates", "1", "row 3"):
        nowcast(rough, when="2023-06-30", max_delay=9)


def test_reports_without_a_date_are_left_out_and_named():
    table = a_list()
    table.loc[[4, 9], "reported"] = pd.NaT
    found = nowcast(table, when="2023-06-30", max_delay=9)
    assert warned(found.warnings, "undated_left_out", "2 reports")


@pytest.mark.parametrize(
    ("change", "arguments", "error", "reason"),
    [
        (lambda t: t.assign(reported=t["reported"].mask(t.index == 5, t["event"] - pd.Timedelta(days=1))), {},
         ValueError, ("dates_reversed", "5")),
        (lambda t: t.drop(columns="reported"), {}, ValueError, ("missing_column", "column 'reported_low'")),
        (lambda t: t.assign(event="soon"), {}, ValueError, ("invalid_date", "0", "'soon'", "'event'")),
        (lambda t: t.assign(event=2020), {}, ValueError, ("wrong_type",)),
        (lambda t: t.iloc[:12], {}, TooFewPoints, ("too_few_reports", "1", "20")),
        (lambda t: t, {"max_delay": 40}, NotEstimable, ("history_too_short", "40", "29")),
        (lambda t: t, {"window": 6}, NotEstimable, ("history_too_short", "6")),
        (lambda t: t, {"max_delay": 29}, TooFewPoints, ("too_few_cases", "29")),
        (lambda t: t, {"max_delay": 0}, ValueError, ("not_whole_number", "`max_delay`", "1")),
        (lambda t: t, {"unit": "H"}, ValueError, ("unknown_choice", "'H'")),
        (lambda t: t, {"unit": "M", "delay_unit": "W"}, ValueError, ("units_do_not_nest",)),
        (lambda t: t, {"unit": "M", "delay_unit": "Y"}, ValueError, ("units_do_not_nest",)),
        (lambda t: t, {"method": "guess"}, ValueError, ("unknown_choice", "'guess'")),
        (lambda t: t, {"prior": (0, 1)}, ValueError, ("not_positive", "`prior[0]`", "0")),
    ],
)  # fmt: skip
def test_what_carries_no_nowcast_is_refused_with_the_reason(change, arguments, error, reason):
    with refused(error, *reason):
        nowcast(change(a_list()), **{"when": "2023-06-30", **arguments})


def test_counts_that_are_no_counts_are_refused():
    with refused(ValueError, "not_whole_number"):
        nowcast(years().assign(count=lambda t: t["count"].mask(t.index == 1, -1)), unit="Y")


def test_the_figure_shows_reports_estimates_and_incomplete_periods():
    found = nowcast(a_list(), when="2023-06-30", max_delay=9)
    footer = Footer("a list", "2023", "of a test", "Synthetic.")
    figure = nowcast_plot(found).draw("Synthetic cases", footer)
    (axes,) = figure.axes
    marks = [line for line in axes.lines if line.get_gid() in ("exact", "approx")]
    # Of the first series what was reported, of the second what is estimated where more is to come.
    heights = {colour: sorted(y for line in marks if line.get_markeredgecolor() == colour for y in line.get_ydata())
               for colour in (style.BLUE, style.ORANGE)}  # fmt: skip
    assert heights[style.BLUE] == sorted(found.table["observed"])
    more = found.table[found.table["high"] > found.table["observed"]]
    assert len(more) and heights[style.ORANGE] == sorted(more["estimate"])
    limits = [segment[:, 1].tolist() for each in axes.collections if each.get_gid() == "limits"
              for segment in each.get_segments()]  # fmt: skip
    assert limits == more[["low", "high"]].to_numpy().tolist()
    hatched = [each for each in axes.collections if each.get_hatch() == style.INCOMPLETE]
    assert len(hatched[0].get_paths()) == (~found.table["complete"]).sum()
    said = words(figure)
    assert "all cases, estimated (median)" in said and "reported so far" in said
    assert "period not yet complete" in said and "cases a month" in said and "95 % interval of all cases" in said


def test_the_picture_shows_reports_and_estimates():
    found = nowcast(a_list(), when="2023-06-30", max_delay=9)
    figure = found.plot()
    assert named(figure, "reported")[:, 1].tolist() == found.table["observed"].tolist()
    assert named(figure, "all cases")[:, 1].tolist() == found.table["estimate"].tolist()
    assert "cases a month" in plain_words(figure)


def test_a_result_cannot_be_changed_after_the_fact():
    with pytest.raises(FrozenInstanceError):
        nowcast(years(), unit="Y").n = 3


def thirty_days_late(when="2021-03-31") -> tuple[pd.DataFrame, str]:
    event = pd.Series(pd.date_range("2020-01-01", "2021-03-01"))
    return pd.DataFrame({"event": event, "reported": event + pd.Timedelta(days=30)}), when


def test_completeness_by_hand():
    # Every report takes 30 days: on 31 March only the cases of 1 March, a 31st of the month, can have been reported.
    records, when = thirty_days_late()
    found = completeness(records, when, unit="M").set_index("period")
    assert found.loc["2021-03", "share_reported"] == pytest.approx(1 / 31)
    assert not found.loc["2021-03", "complete"]
    assert "about 3 %" in found.loc["2021-03", "warnings"]
    assert found.loc[:"2021-02", "share_reported"].eq(1).all()
    assert found.loc[:"2021-02", "complete"].all()
    years_ = completeness(records, when).set_index("period")
    assert years_.index.tolist() == [2020, 2021]
    # 60 of the 365 days of 2021 are at least 30 days old; and the year is not over.
    assert years_.loc[2021, "share_reported"] == pytest.approx(60 / 365)
    assert years_.loc[2021, "warnings"] == "Not over yet."


def test_a_period_that_is_not_over_is_never_complete():
    event = pd.Series(pd.date_range("2020-01-01", "2021-12-30"))
    found = completeness(pd.DataFrame({"event": event, "reported": event}), "2021-12-30")
    assert found["share_reported"].iloc[-1] > 0.99
    assert found["complete"].tolist() == [True, False]


def test_recent_cases_do_not_make_delays_look_short():
    # Two cases a day for 400 days, one reported at once and one after 50 days: half of the last 50 days' are seen.
    event = pd.Series(np.repeat(pd.date_range("2020-01-01", periods=400), 2))
    reported = event + pd.to_timedelta(np.tile([0, 50], 400), unit="D")
    when = event.max()
    seen = reported <= when
    found = completeness(pd.DataFrame({"event": event, "reported": reported})[seen], when, unit="D")
    assert found["share_reported"].iloc[-1] == pytest.approx(0.5)
    assert found["share_reported"].iloc[-50] == pytest.approx(0.5)
    assert found["share_reported"].iloc[-51] == 1


def test_records_whose_dates_are_not_known_to_the_day_do_not_teach_the_delay():
    records, when = thirty_days_late()
    bounds = pd.DataFrame({f"{c}_{end}": records[c] for c in records for end in ("low", "high")})
    columns = ["event_low", "event_high", "reported_low", "reported_high"]
    days = ["2021-01-01", "2021-01-31", "2021-01-31", "2021-02-28"]
    rough = pd.DataFrame([days], columns=columns).apply(pd.to_datetime)
    both = pd.concat([bounds, rough], ignore_index=True)
    pd.testing.assert_frame_equal(completeness(both, when, unit="M"), completeness(records, when, unit="M"))
    with refused(TooFewPoints, "too_few_reports", "10", "20", "`flag_last_period`"):
        completeness(bounds.head(10), when)


def test_where_delays_are_not_known_the_last_period_is_flagged():
    series = pd.DataFrame({"period": [2019, 2021, 2020], "count": [5, 1, 7]})
    found = flag_last_period(series)
    assert found["complete"].tolist() == [True, False, True]
    assert found["warnings"].tolist() == [
        "", "The last period, 2021, may not be complete: a fall at the end can be delay in reporting.", ""
    ]  # fmt: skip
    again = flag_last_period(found.assign(complete=[False, True, True]))
    assert again["complete"].tolist() == [False, False, True]
    assert again["warnings"].tolist() == found["warnings"].tolist()
    assert "complete" not in series
