"""What a user relies on when the level of a series breaks: how many breaks, when, how surely, and what is refused."""

from __future__ import annotations

import json
from dataclasses import FrozenInstanceError
from itertools import combinations, pairwise
from math import floor
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from figure_texts import words
from fuzzing import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure
from plain_plots import named
from refusals import codes, refused, warned
from scipy import special

from analysis import plots
from analysis.exhibits.trend_checks import of_level_breaks
from trends import LevelBreaks, NotEstimable, TooFewPoints, level_breaks
from trends.level_breaks import best_partitions, bic, break_interval, farther_than, pettitt, residuals

REFERENCE = json.loads((Path(__file__).parents[1] / "reference" / "rank_tests.json").read_text())
SERIES, PRINTED = REFERENCE["series"], REFERENCE["printed"]
FURTHER = json.loads((Path(__file__).parents[1] / "reference" / "further_trends.json").read_text())
# Synthetic: three levels, the last two years those of COVID-19 and after.
COUNTS = [3, 5, 4, 6, 2, 5, 4, 14, 12, 15, 11, 16, 13, 12, 15, 6, 5, 7, 4, 6]


def series(values, first=2005, **columns) -> pd.DataFrame:
    return pd.DataFrame({"period": range(first, first + len(values)), "value": values, **columns})


def nile(**rules) -> LevelBreaks:
    return level_breaks(series(SERIES["Nile"], first=1871), **rules)


def test_the_breaks_of_the_nile_are_what_r_prints():
    found, printed = nile(), PRINTED["Nile"]["strucchange"]
    assert found.shortest == 15
    assert found.candidates["breaks"].tolist() == list(range(6))
    assert found.candidates["rss"].tolist() == pytest.approx(printed["rss"], rel=1e-13)
    assert found.candidates["bic"].tolist() == pytest.approx(printed["bic"], rel=1e-14)
    assert found.candidates["chosen"].tolist() == [False, True, False, False, False, False]
    row = found.breaks.iloc[0]
    assert (len(found.breaks), row["period"]) == (1, 1898)
    assert row[["position_low", "position", "position_high"]].tolist() == printed["confint"]
    assert (row["low"], row["high"]) == (1895, 1902)
    assert found.sup_f == pytest.approx(printed["sup_f"], rel=1e-12)
    assert found.cusum == pytest.approx(printed["ols_cusum"], rel=1e-13)
    # R subtracts the sum of the series from 1 and keeps eight digits.
    assert found.cusum_p_value == pytest.approx(printed["ols_cusum_p"], rel=1e-8)
    assert found.levels["mean"].tolist() == pytest.approx([1097.75, 849.9722], abs=1e-4)


@pytest.mark.parametrize(("name", "values", "share"), [
    ("LakeHuron", SERIES["LakeHuron"], 0.1), ("discoveries", FURTHER["discoveries"], 0.15)
])  # fmt: skip
def test_several_breaks_and_their_intervals_are_what_r_prints(name, values, share):
    printed = FURTHER["breaks"][name]
    found = level_breaks(series(values), min_share=share, permutations=0)
    assert found.candidates["rss"].tolist() == pytest.approx(printed["rss"], rel=1e-10)
    assert found.candidates["bic"].tolist() == pytest.approx(printed["bic"], rel=1e-10)
    places = ["position_low", "position", "position_high"]
    assert found.breaks[places].to_numpy().tolist() == printed["confint"]
    assert found.sup_f == pytest.approx(printed["sup_f"], rel=1e-10)
    assert (found.cusum, found.cusum_p_value) == pytest.approx((printed["cusum"], printed["cusum_p"]), rel=1e-8)
    narrow = level_breaks(series(values), min_share=share, permutations=0, confidence=0.9)
    assert narrow.breaks[places].to_numpy().tolist() == printed["confint_90"]


def test_intervals_of_more_breaks_than_bic_chooses_are_what_r_prints():
    values = np.array(FURTHER["discoveries"], dtype=float)
    ends = best_partitions(values, 15, 4)[4]
    levels = np.split(values, ends)
    for end, (a, b), printed in zip(
        ends,
        pairwise(levels),
        FURTHER["breaks"]["discoveries"]["confint_of_four"],
        strict=True,
    ):
        low, high = break_interval(a, b, 0.95)
        assert [end + low, end, end + high] == printed


@pytest.mark.parametrize("name", ["PrecipGL", "maxau_s", "maxau_Q", "PagesData", "Nile"])
def test_pettitts_test_is_what_r_prints(name):
    values = SERIES[name]
    found, printed = level_breaks(series(values)).pettitt, PRINTED[name]["trend_pettitt_test"]
    assert found.statistic == printed["K"]
    assert found.p_value == pytest.approx(printed["p"], rel=1e-12)
    assert found.period in found.periods


def test_pettitts_test_by_hand():
    # Ranks 1 to 6 in order: U_3 = 2·6 - 3·7 = -9, and U_2 = U_4 = -8.
    found = pettitt(np.array([1.0, 2, 3, 10, 11, 12]), np.arange(2001.0, 2007))
    assert (found.statistic, found.period, found.periods) == (9, 2003, (2003,))
    assert found.p_value == pytest.approx(2 * np.exp(-6 * 81 / (216 + 36)))
    # Ranks 1.5 3.5 1.5 3.5: U is -2, 0, -2, 0.
    twice = pettitt(np.array([1.0, 2, 1, 2]), np.arange(2001.0, 2005))
    assert (twice.statistic, twice.periods, twice.p_value) == (2, (2001, 2003), 1)
    never = pettitt(np.full(12, 5.0), np.arange(12.0))
    assert (never.statistic, never.periods, never.p_value) == (0, (), 1)
    assert np.isnan(never.period)


@settings(max_examples=examples(60), deadline=None)
@given(st.lists(st.integers(0, 9), min_size=6, max_size=12), st.integers(2, 3))
def test_no_other_partition_has_a_smaller_sum_of_squares(drawn, shortest):
    values = np.array(drawn, dtype=float)
    most = len(values) // shortest - 1
    for breaks, found in enumerate(best_partitions(values, shortest, most)):
        sums = {
            ends: float((residuals(values, ends) ** 2).sum())
            for ends in combinations(range(1, len(values)), breaks)
            if min(np.diff([0, *ends, len(values)])) >= shortest
        }
        assert sums[found] == pytest.approx(min(sums.values()), abs=1e-9)


@pytest.mark.slow
@given(st.lists(st.floats(-5, 5), min_size=14, max_size=24, unique=True), st.integers(-3, 3), st.floats(0.5, 4))
@settings(max_examples=examples(30), deadline=None)
def test_a_series_read_backwards_or_in_another_unit_breaks_at_the_same_place(values, shift, factor):
    values = np.round(values, 3)
    n = len(values)
    plain = level_breaks(series(values, first=1), permutations=0)
    backwards = level_breaks(series(values[::-1], first=1), permutations=0)
    scaled = level_breaks(series(factor * values + shift, first=1), permutations=0)
    np.testing.assert_allclose(backwards.candidates["rss"], plain.candidates["rss"], atol=1e-9)
    np.testing.assert_allclose(scaled.candidates["rss"], factor**2 * plain.candidates["rss"], rtol=1e-6, atol=1e-9)
    assert scaled.pettitt == plain.pettitt
    rss = plain.candidates.loc[plain.candidates["chosen"], "rss"].item()
    same = backwards.breaks["position"].tolist() == (n - plain.breaks["position"]).tolist()[::-1]
    if same and rss > 1e-6:
        np.testing.assert_allclose(backwards.breaks["position_low"], n - plain.breaks["position_high"][::-1])
        np.testing.assert_allclose(backwards.breaks["position_high"], n - plain.breaks["position_low"][::-1])
        np.testing.assert_allclose(backwards.breaks["change"], -plain.breaks["change"][::-1], atol=1e-9)


@pytest.mark.parametrize("distance", [0.0, 0.5, 3.0, 11.0, 60.0])
def test_with_equal_variances_the_date_is_distributed_as_yao_found(distance):
    # Yao (1987), Annals of Statistics 15: 1 - H(x) for x > 0.
    root = np.sqrt(distance)
    yao = (
        -root / np.sqrt(2 * np.pi) * np.exp(-distance / 8)
        + (distance + 5) / 2 * special.ndtr(-root / 2)
        - 1.5 * np.exp(distance) * special.ndtr(-1.5 * root)
    )
    assert farther_than(distance, 1.0) == pytest.approx(yao, abs=1e-12)
    # Bai (1997): 95 % of the distribution lies between -11 and 11, 90 % between -7.7 and 7.7.
    assert farther_than(11.03, 1.0) == pytest.approx(0.025, abs=5e-5)
    assert farther_than(7.69, 1.0) == pytest.approx(0.05, abs=5e-5)


@pytest.mark.parametrize("ratio", [0.02, 0.4, 3.0, 50.0])
def test_with_unequal_variances_both_sides_together_are_all(ratio):
    assert farther_than(0.0, ratio) + farther_than(0.0, 1 / ratio) == pytest.approx(1)
    distances = np.linspace(0, 400, 200)
    tail = np.array([farther_than(distance, ratio) for distance in distances])
    assert (np.diff(tail) <= 1e-15).all()
    assert tail[-1] < 1e-15 + tail[0] * 1e-9


def test_with_unequal_variances_the_date_is_distributed_as_walks_find_it():
    # Two random walks with small steps: drift -1/2 a unit on the left, and on the right a process whose variance is a
    # quarter; the share of walks whose highest point is farther than 2 to the left.
    generator = np.random.default_rng(11)
    step, length, walks = 0.02, 30.0, 3000
    steps = generator.standard_normal((2, walks, int(length / step))) * np.sqrt(step)
    left = (steps[0] - step / 2).cumsum(axis=1)
    right = (steps[1] * np.sqrt(0.25) - step / 2).cumsum(axis=1)
    best_left, at = left.max(axis=1), (left.argmax(axis=1) + 1) * step
    share = np.mean((best_left > np.maximum(right.max(axis=1), 0)) & (at > 2))
    assert farther_than(2.0, 4.0) == pytest.approx(share, abs=3.5 * np.sqrt(share * (1 - share) / walks))


def test_the_side_that_varies_more_has_the_longer_interval():
    before = np.array([0.0, 4, -4, 3, -3, 4, -4, 0, 2, -2])
    after = np.array([5.0, 6, 5, 6, 5, 6, 5, 6, 5, 6])
    low, high = break_interval(before, after, 0.95)
    assert -low < high
    assert break_interval(after, before, 0.95) == (-high, -low)
    assert np.isnan(break_interval(before, np.full(9, 5.0), 0.95)).all()


def test_levels_have_the_limits_of_a_common_variance_by_hand():
    # Means 2 and 12, six deviations of 1 about each: variance 12/12, and t(0.975, 12) = 2.178813 (tables).
    values = [1, 3, 1, 3, 1, 3, 2, 11, 13, 11, 13, 11, 13, 12]
    found = level_breaks(series(values, first=2000))
    assert found.levels["start"].tolist() == [2000, 2007]
    assert found.levels["end"].tolist() == [2006, 2013]
    assert found.levels["mean"].tolist() == [2, 12]
    assert found.levels["n"].tolist() == [7, 7]
    reach = 2.178813 * np.sqrt(1 / 7)
    assert found.levels["low"].tolist() == pytest.approx([2 - reach, 12 - reach], abs=1e-6)
    assert found.levels["high"].tolist() == pytest.approx([2 + reach, 12 + reach], abs=1e-6)
    assert found.breaks["change"].tolist() == [10]
    # RSS 12 with one break and 12 + 14·25 without; F = (362 - 12)/(12/12).
    assert found.candidates["rss"].tolist()[:2] == pytest.approx([362, 12])
    assert found.sup_f == pytest.approx(350)


def test_shuffled_series_say_how_often_chance_breaks_as_clearly():
    assert nile().sup_f_p_value == 1 / 2000
    # By hand: of the 3003 orders of five ones and ten zeros two are as clear, all ones first or last.
    found = level_breaks(series([1.0] * 5 + [0.0] * 10), permutations=20_000)
    assert found.sup_f_p_value == pytest.approx(2 / 3003, abs=5 * np.sqrt(2 / 3003 / 20_000))
    assert found.sup_f == np.inf
    again = level_breaks(series(COUNTS), permutations=99, seed=5)
    assert again.sup_f_p_value == level_breaks(series(COUNTS), permutations=99, seed=5).sup_f_p_value
    assert np.isnan(level_breaks(series(COUNTS), permutations=0).sup_f_p_value)


def test_a_series_that_never_changes_has_one_level_and_no_break():
    found = level_breaks(series([7.0] * 15))
    assert found.breaks.empty
    assert found.levels[["start", "end", "mean"]].to_numpy().tolist() == [[2005, 2019, 7]]
    assert (found.cusum, found.cusum_p_value, found.pettitt.p_value, found.sup_f_p_value) == (0, 1, 1, 1)


def test_values_that_jump_and_rest_are_told_to_have_no_bound():
    found = level_breaks(series([0.1] * 8 + [0.3] * 7))
    assert found.breaks["period"].tolist() == [2012]
    assert found.breaks[["low", "high"]].isna().all(axis=None)
    assert {"perfect_fit", "no_interval"} <= set(codes(found.warnings))


def test_counts_and_rates_are_read_as_they_stand():
    table = series(COUNTS).rename(columns={"value": "count"})
    rows = [level_breaks(table), level_breaks(series(COUNTS))]
    assert [found.measure for found in rows] == ["count", "value"]
    assert rows[0].levels.equals(rows[1].levels)
    assert rows[0].breaks["period"].tolist() == [2011, 2019]
    people = [2e5 if count > 10 else 1e5 for count in COUNTS]
    rates = level_breaks(table.assign(population=people))
    assert rates.measure == "count per 100,000 persons"
    assert rates.observed["value"].max() == 8
    assert level_breaks(series(COUNTS).rename(columns={"value": "rate"})).measure == "rate"


def test_periods_that_are_not_known_are_left_out_and_named():
    table = series(COUNTS).rename(columns={"value": "low"})
    table = table.assign(high=table["low"].astype(float), value_qualifier="exact")
    table.loc[3, ["low", "high"]] = np.nan
    table.loc[8, ["high", "value_qualifier"]] = [np.inf, "at_least"]
    table.loc[9, "value_qualifier"] = "approx"
    found = level_breaks(table.sample(frac=1, random_state=1))
    assert found.n == 18
    assert found.breaks["period"].tolist() == [2011, 2019]
    assert warned(found.warnings, "unknown_left_out", ": 2008 (1 of")
    assert warned(found.warnings, "minimum_left_out", ": 2013 (1 of")
    assert warned(found.warnings, "approximate_counts", ": 2014 (1 of")
    assert warned(found.warnings, "gaps_in_series", ": 2008, 2013.")
    nullable = level_breaks(series(COUNTS).assign(value=pd.array([None, *COUNTS[1:]], dtype="Int64")))
    assert nullable.n == 19


def test_counts_between_bounds_are_refused_and_the_way_out_is_named():
    table = series(COUNTS).rename(columns={"value": "low"})
    table = table.assign(high=table["low"], value_qualifier="exact")
    table.loc[[0, 4], ["low", "high", "value_qualifier"]] = [1, 4, "below_5"]
    with refused(NotEstimable, "interval_censored", "2005", "2009", "`value`"):
        level_breaks(table)
    table["low"] = table["low"].mask(table["value_qualifier"] == "below_5", 0)
    for bound in ("low", "high"):
        assert level_breaks(table.assign(value=table[bound])).breaks["period"].tolist() == [2011, 2019]


def test_a_break_is_never_shown_without_what_else_it_may_be():
    assert {"other_explanations", "false_alarms"} <= set(codes(level_breaks(series(COUNTS)).warnings))
    assert codes(nile().warnings) == ["other_explanations"]


def test_bic_finds_breaks_by_chance_as_often_as_is_said():
    generator = np.random.default_rng(3)
    for n, most, low, high in ((14, 5, 0.25, 0.37), (30, 6, 0.08, 0.17)):
        found = 0
        for values in generator.standard_normal((400, n)):
            criterion = [bic(values, ends) for ends in best_partitions(values, floor(0.15 * n), most)]
            found += int(np.argmin(criterion)) > 0
        assert low < found / 400 < high


# Independent whole numbers from 3 to 14, in which BIC sees a break; waves about one level, and from the middle another.
NOISE = [11, 12, 3, 12, 8, 9, 10, 6, 14, 3, 6, 7, 9, 7, 4, 3]
WAVES = np.sin(np.arange(60) * np.pi / 6) + np.repeat([0.0, 9], 30)
STEP = [5.0, 6, 5, 7, 5, 6, 7, 12, 14, 13, 12, 14, 13, 13]


@pytest.mark.parametrize(
    ("values", "first", "code", "named"),
    [
        (np.arange(20) + np.tile([0.3, -0.3], 10), 1990, "straight_line_fits", ""),
        (STEP, 2010, "covid_years", "2020, 2021"),
        (SERIES["maxau_Q"], 1965, "tests_disagree", "p 0.37"),
        (SERIES["maxau_Q"], 1965, "close_models", "1 to 0 breaks"),
        (SERIES["maxau_Q"], 1965, "open_interval", ": 1970"),
        (NOISE, 1990, "may_be_chance", ""),
        (WAVES, 1900, "autocorrelation", ""),
    ],
)
def test_what_weakens_a_break_is_said_with_it(values, first, code, named):
    assert warned(level_breaks(series(values, first=first)).warnings, code, named)


@pytest.mark.parametrize(
    ("table", "rules", "reason"),
    [
        (series(COUNTS[:9]), {}, ("too_few_periods", "9", "10")),
        (series(COUNTS[:13]), {}, ("min_share_too_small", "13", "`min_share`", "0.15", "14")),
        (series(COUNTS[:9] + [np.nan] * 9), {}, ("too_few_periods", "9")),
    ],
)
def test_a_series_that_is_too_short_for_levels_is_refused(table, rules, reason):
    with refused(TooFewPoints, *reason):
        level_breaks(table, **rules)


def test_a_refused_share_names_one_that_is_not():
    assert level_breaks(series(COUNTS[:13]), min_share=0.16).shortest == 2
    assert level_breaks(series(COUNTS[:10]), min_share=0.2).shortest == 2


@pytest.mark.parametrize(
    ("table", "rules", "reason"),
    [
        (series(COUNTS), {"min_share": 0.6}, ("out_of_range", "0.5")),
        (series(COUNTS), {"confidence": 95}, ("confidence_out_of_range", "0", "1")),
        (series(COUNTS), {"permutations": -1}, ("not_whole_number", "0")),
        (series([np.inf, *COUNTS]), {}, ("not_finite", "2005")),
        (series(COUNTS).drop(columns="value"), {}, ("missing_counts",)),
        (series(COUNTS).drop(columns="period"), {}, ("missing_column", "column 'period'")),
        (series(COUNTS).assign(period=2010), {}, ("duplicate_period", "2010")),
        (series([-1, *COUNTS]).rename(columns={"value": "count"}), {}, ("invalid_interval", "0")),
        (series(COUNTS, population=0).rename(columns={"value": "count"}), {}, ("not_positive", "2005")),
    ],
)
def test_what_cannot_be_is_refused_with_its_place(table, rules, reason):
    with refused(ValueError, *reason):
        level_breaks(table, **rules)


def test_as_many_breaks_are_looked_at_as_fit_with_one_to_spare():
    # 20 periods and levels of 5: three breaks fit, and by default one is spared as in strucchange.
    assert len(level_breaks(series(COUNTS), min_share=0.25).candidates) == 3
    assert len(level_breaks(series(COUNTS), min_share=0.5).candidates) == 2


def test_a_wider_confidence_gives_wider_intervals():
    narrow, wide = nile(confidence=0.8).breaks.iloc[0], nile(confidence=0.99).breaks.iloc[0]
    assert wide["low"] < 1895 <= narrow["low"] <= 1898 <= narrow["high"] <= 1902 < wide["high"]


def test_results_cannot_be_changed_after_the_fact():
    with pytest.raises(FrozenInstanceError):
        nile().n = 3


def drawn_steps(figure) -> list[tuple]:
    """The level lines of a figure: ends on the scale of years, and height."""
    lines = [line for axes in figure.axes for line in axes.lines if line.get_gid() == "fit"]
    return [(*line.get_xdata(), line.get_ydata()[0]) for line in lines]


def drawn(found) -> Figure:
    footer = plots.Footer("made for a test", "2005-2025", "20 years", "Synthetic.")
    return of_level_breaks(found, title="Detected victims in a test", footer=footer)


def test_the_picture_shows_each_level_between_its_breaks():
    found = level_breaks(series(COUNTS))
    figure = found.plot()
    steps = named(figure, "level")
    steps = steps[~np.isnan(steps[:, 0])]
    assert steps[:, 0].tolist() == found.levels[["start", "end"]].to_numpy().ravel().tolist()
    assert steps[::2, 1].tolist() == steps[1::2, 1].tolist() == pytest.approx(found.levels["mean"].tolist())
    assert named(figure, "observed").tolist() == found.observed[["period", "value"]].to_numpy().tolist()
    assert named(figure, "last period before a break")[0, 0] == found.breaks["period"].iloc[0]


def test_the_figure_shows_levels_as_steps_that_meet_at_the_breaks():
    found = level_breaks(series(COUNTS))
    figure = drawn(found)
    steps = drawn_steps(figure)
    assert [step[:2] for step in steps] == [(2005, 2012), (2012, 2020), (2020, 2025)]
    assert [step[2] for step in steps] == pytest.approx(found.levels["mean"].tolist())
    said = words(figure)
    assert "Detected victims in a test" in said
    assert "break with its 95 % interval" in said
    places = [line.get_xdata()[0] for line in figure.axes[0].lines if line.get_gid() == "joinpoint"]
    assert places == [2012, 2020]


def test_a_figure_without_a_break_has_no_break_in_its_key():
    flat = level_breaks(series([7.0, 8, 7, 9, 8, 7, 9, 8, 7, 8, 9, 7, 8, 9, 8]))
    assert flat.breaks.empty
    said = words(drawn(flat))
    assert "break with its" not in said
    assert "level and its 95 % interval" in said


@pytest.mark.parametrize("first", [-3.0, 2010.0])
def test_values_below_zero_and_quarters_are_drawn_whole(first):
    values = np.repeat([-2.0, 1], 10) + np.tile([0.3, -0.3], 10)
    found = level_breaks(pd.DataFrame({"period": first + np.arange(20) / 4, "value": values}))
    (axes,) = drawn(found).axes
    bottom, top = axes.get_ylim()
    left, right = axes.get_xlim()
    assert bottom < -2.3 < 1.3 < top
    assert left <= first < first + 5 <= right


def test_a_result_says_how_many_shuffled_series_its_p_rests_on():
    series = pd.DataFrame({"period": range(2000, 2016), "count": [3, 4, 5, 3] * 2 + [13, 14, 15, 13] * 2})
    assert level_breaks(series, permutations=7).permutations == 7
