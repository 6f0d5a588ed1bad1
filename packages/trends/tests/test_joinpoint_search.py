"""What joinpoint regression is built on: all placements, their sums of squares, criteria, permutations and errors."""

from __future__ import annotations

from functools import cache
from itertools import combinations, pairwise, permutations
from math import comb
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from fuzzing import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from trends import most_joinpoints
from trends.joinpoint_search import (
    Grid,
    all_sums_of_squares,
    criteria,
    grid,
    joinpoint_limits,
    least_sums_of_squares,
    line_with_bends,
    linearised_covariance,
    placements,
    segments,
)
from trends.joinpoint_tests import permutation_tests
from trends.series import Floats

CRC = Path(__file__).parents[3] / "tests" / "reference" / "crc.csv"

# R 4.5.0, segmented 2.1.4, three breakpoints of log(rate) by year on crc.csv, weights (rate / se)² or none:
# breakpoints, their standard errors, average slope (aapc) on the scale of logarithms, its standard error.
SEGMENTED = {
    ("Both", "weighted"): (
        [1985.026423129807, 1995.3681482808283, 1998.2423163663323],
        [0.3977467099815927, 0.45019570705162026, 0.30633121258952106],
        -0.009911842196359932, 0.0002845977783285937,
    ),
    ("Both", "unweighted"): (
        [1985.0190461403229, 1995.3758340597553, 1998.242245936076],
        [0.3974821951775186, 0.4634798412316583, 0.32468601311822143],
        -0.009912353850964513, 0.0002737345064365518,
    ),
    ("Female", "weighted"): (
        [1984.558834673771, 1995.6071764545543, 1998.040936479705],
        [0.5598413957363408, 0.38744851207528125, 0.296225733658341],
        -0.010151854001637612, 0.00034116096108201846,
    ),
    ("Female", "unweighted"): (
        [1984.5217050964627, 1995.609530294585, 1998.039729041589],
        [0.5499990184934187, 0.39401266766165066, 0.31028037557110827],
        -0.010137701783540308, 0.00032577652312548976,
    ),
    ("Male", "weighted"): (
        [1986.2622499914175, 1994.9996005688579, 1999.1545685696058],
        [0.466977404701556, 0.6632396800493803, 0.4440414857492937],
        -0.010731923068185883, 0.000392323263226981,
    ),
    ("Male", "unweighted"): (
        [1986.2484324164966, 1994.9996269697456, 1999.1568709261132],
        [0.46167828117428683, 0.6728827530840141, 0.4715411922515254],
        -0.010713997507531148, 0.00037690604639149756,
    ),
}  # fmt: skip


def by_hand(t: Floats, y: Floats, w: Floats, tau: Floats, extra: Floats | None = None) -> tuple[Floats, float]:
    """Coefficients (one, period, bends, further columns) and weighted sum of squares, by plain least squares."""
    columns = [np.ones(len(t)), t - t.mean(), *(np.maximum(t - each, 0) for each in tau)]
    x = np.column_stack([*columns, np.empty((len(t), 0)) if extra is None else extra])
    root = np.sqrt(w)
    b = np.linalg.lstsq(x * root[:, None], y * root, rcond=None)[0]
    return b, float(w @ (y - x @ b) ** 2)


def rule(n: int, k: int) -> list[tuple[int, ...]]:
    """All sets of joinpoints with two observations before, after and between them, by trying every set."""
    return [
        each
        for each in combinations(range(n), k)
        if each[0] >= 2 and each[-1] <= n - 3 and all(b - a >= 3 for a, b in pairwise(each))
    ]


@pytest.mark.parametrize(("n", "k"), [(5, 1), (7, 1), (8, 2), (12, 2), (14, 3), (17, 4), (20, 5)])
def test_every_admissible_placement_is_tried_and_no_other(n, k):
    found = [tuple(row) for row in placements(n, k).tolist()]
    assert sorted(found) == sorted(rule(n, k))
    assert len(found) == comb(n - 4 - 2 * (k - 1), k)


def test_where_no_placement_fits_there_is_none():
    assert placements(4, 1).shape == (0, 1)
    assert placements(7, 2).shape == (0, 2)
    assert placements(9, 0).shape == (1, 0)


def test_a_caller_cannot_spoil_the_table_of_placements():
    with pytest.raises(ValueError, match="read-only"):
        placements(9, 1)[0, 0] = 5


def test_the_largest_number_of_joinpoints_grows_by_one_each_five_periods_from_seven_on():
    # The rule as it is stated: 0-6 points 0, 7-11 1, 12-16 2, 17-21 3, 22-26 4, from 27 on 5.
    expected = [0] * 7 + [1] * 5 + [2] * 5 + [3] * 5 + [4] * 5 + [5] * 40
    assert [most_joinpoints(n) for n in range(len(expected))] == expected


@st.composite
def series(draw, least=8, longest=16):
    """Periods with gaps, responses, weights over four powers of ten, a jump and effort where there is room."""
    n = draw(st.integers(least, longest))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    t = 1990 + np.cumsum(random.choice([1, 1, 1, 2, 5, 1 / 12], n)).astype(float)
    w = 10 ** random.uniform(-2, 2, n) if draw(st.booleans()) else np.ones(n)
    columns = []
    if draw(st.booleans()):
        columns.append((np.arange(n) >= random.integers(2, n - 1)).astype(float))
    if draw(st.booleans()):
        columns.append(random.normal(size=n))
    y = random.normal(size=n) * 10 ** random.uniform(-3, 3) + random.uniform(-5, 5)
    return t, y, w, np.column_stack([np.empty((n, 0)), *columns])


@settings(max_examples=examples(60), deadline=None)
@given(series(), st.integers(0, 3))
def test_sums_of_squares_of_all_placements_are_those_of_plain_least_squares(made, k):
    t, y, w, extra = made
    k = min(k, (len(t) - 2) // 3)
    over = grid(t, w, extra)
    found = all_sums_of_squares(over, y * np.sqrt(w), k)
    expected = np.array([by_hand(t, y, w, t[list(place)], extra)[1] for place in placements(len(t), k)])
    line = by_hand(t, y, w, t[:0], extra)[1]
    assert found == pytest.approx(expected, rel=1e-8, abs=1e-11 * line)


@settings(max_examples=examples(40), deadline=None)
@given(series(least=11), st.integers(0, 3))
def test_the_least_sum_of_squares_of_many_responses_is_that_of_each(made, k):
    t, y, w, extra = made
    over = grid(t, w, extra)
    random = np.random.default_rng(1)
    responses = np.column_stack([random.permutation(y * np.sqrt(w)) for _ in range(7)])
    each = np.array([all_sums_of_squares(over, one, k).min() for one in responses.T])
    line = least_sums_of_squares(over, responses, 0)
    assert (np.abs(least_sums_of_squares(over, responses, k) - each) <= 1e-10 * line).all()
    # Where the search is in single precision, the test of permutations counts on five digits.
    assert (np.abs(least_sums_of_squares(over, responses, k, np.float32) - each) <= 1e-5 * line).all()


@settings(max_examples=examples(40), deadline=None)
@given(series(least=11), st.integers(1, 3))
def test_a_joinpoint_more_never_leaves_more(made, k):
    # Of the same set: the best sets of k and k + 1 need not be nested, as joinpoints keep their distance.
    t, y, w, extra = made
    over = grid(t, w, extra)
    fewer, more = (all_sums_of_squares(over, y * np.sqrt(w), size) for size in (k - 1, k))
    of = {tuple(row): left for row, left in zip(placements(len(t), k - 1).tolist(), fewer, strict=True)}
    for row, left in zip(placements(len(t), k).tolist(), more, strict=True):
        assert all(left <= of[tuple(row[:i] + row[i + 1 :])] * (1 + 1e-9) for i in range(k))


def test_many_placements_of_a_long_series_fit_into_memory():
    # 60 months and 5 joinpoints are 1,712,304 placements: as rows over all months they would take 0.8 GB each.
    t = np.arange(60.0)
    over = grid(t, np.ones(60))
    y = np.random.default_rng(3).normal(size=60) + 2 * np.maximum(t - 20, 0) - 4 * np.maximum(t - 41, 0)
    found = all_sums_of_squares(over, y, 4)
    best = placements(60, 4)[np.argmin(found)]
    assert found.min() == pytest.approx(by_hand(t, y, np.ones(60), t[best])[1], rel=1e-9)
    assert {20, 41} <= set(best)


def test_a_bend_that_effort_stands_for_is_no_joinpoint():
    t = np.arange(15.0)
    effort = np.maximum(t - 7, 0) / 3
    over = grid(t, np.ones(15), (effort - effort.mean())[:, None])
    y = np.random.default_rng(5).normal(size=15)
    found = all_sums_of_squares(over, y, 1)
    assert np.isinf(found[placements(15, 1)[:, 0] == 7]).all()
    assert np.isfinite(found[placements(15, 1)[:, 0] != 7]).all()


def test_what_rounding_leaves_is_nothing():
    t = np.arange(20.0)
    over = grid(t, np.ones(20))
    straight, bent = 3 + 0.05 * t, 3 + 0.05 * t - 0.2 * np.maximum(t - 11, 0)
    assert [all_sums_of_squares(over, straight, k).max() for k in range(3)] == [0, 0, 0]
    found = all_sums_of_squares(over, bent, 1)
    assert placements(20, 1)[found == 0].tolist() == [[11]]


# ------------------------------------------------------------------------------------------------- criteria


def hand_criteria(t: Floats, y: Floats, w: Floats, tau: Floats) -> list[float]:
    """BIC, BIC3 and weighted BIC (Kim et al., 2023): ln(SSE / n) + penalty ln(n) / n, without our own code."""
    n, k = len(t), len(tau)
    sse = by_hand(t, y, w, tau)[1]
    edges = [-np.inf, *tau, np.inf]
    shares = [0.0]
    for before, turn, after in zip(edges, tau, edges[2:], strict=False):
        part = (t > before) & (t <= after)
        without = by_hand(t[part], y[part], w[part], t[:0])[1]
        shares.append((without - by_hand(t[part], y[part], w[part], np.array([turn]))[1]) / without)
    return [np.log(sse / n) + (p * k + 2) * np.log(n) / n for p in (2, 3, 2 + max(shares))]


@settings(max_examples=examples(60), deadline=None)
@given(series(least=11), st.integers(0, 3))
def test_bic_bic3_and_weighted_bic_follow_their_formulas(made, k):
    t, y, w, _ = made
    over = grid(t, w)
    sums = all_sums_of_squares(over, y * np.sqrt(w), k)
    tau = t[placements(len(t), k)[np.argmin(sums)]]
    found = criteria(over, y * np.sqrt(w), tau, float(sums.min()))
    assert found == pytest.approx(hand_criteria(t, y, w, tau), rel=1e-7, abs=1e-7)


def test_bic_by_hand():
    # Seven points, one joinpoint at the fourth: residuals (1, -1, 0, 0, 0, 0, 0) / 10 have a sum of squares of 0.02
    # if the line is given. ln(0.02 / 7) = -5.857933; ln(7) / 7 = 0.277987.
    over = grid(np.arange(7.0), np.ones(7))
    bic, bic3, _ = criteria(over, np.arange(7.0) ** 2, np.array([3.0]), 0.02)
    assert (bic, bic3) == pytest.approx((-5.857933 + 4 * 0.277987, -5.857933 + 5 * 0.277987), abs=2e-6)


def test_each_further_column_is_a_parameter():
    random = np.random.default_rng(8)
    t, y = np.arange(12.0), random.normal(size=12)
    plain, jumped = grid(t, np.ones(12)), grid(t, np.ones(12), (t >= 6).astype(float)[:, None])
    difference = np.subtract(criteria(jumped, y, t[:0], 1.0), criteria(plain, y, t[:0], 1.0))
    assert difference == pytest.approx(np.log(12) / 12)


# ------------------------------------------------------------------------------------------- permutation test


@cache
def exact_p(kind: str) -> float:
    """The p-value of 0 against 1 joinpoint over all 5,040 orders of the residuals of seven points, by lstsq."""
    t, y, w = small(kind)
    root = np.sqrt(w)
    line = np.column_stack([np.ones(7), t]) * root[:, None]
    bent = [np.column_stack([line, np.maximum(t - t[j], 0) * root]) for j in (2, 3, 4)]
    fitted = line @ np.linalg.lstsq(line, y * root, rcond=None)[0]
    orders = np.array(list(permutations(range(7)))).T
    drawn = np.column_stack([y * root, fitted[:, None] + (y * root - fitted)[orders]])

    def left(x: Floats) -> Floats:
        return ((drawn - x @ np.linalg.lstsq(x, drawn, rcond=None)[0]) ** 2).sum(axis=0)

    ratio = np.min([left(x) for x in bent], axis=0) / left(line)
    return float((ratio[1:] <= ratio[0] * (1 + 1e-9)).mean())


def small(kind: str) -> tuple[Floats, Floats, Floats]:
    t = np.arange(7.0)
    ties = {"a peak": [1, 1, 2, 4, 2, 1, 1], "one higher": [5, 5, 5, 9, 5, 5, 5], "ends higher": [3, 1, 1, 1, 1, 1, 3]}
    y = np.log(ties.get(kind, [11, 14, 12, 19, 17, 13, 12]))
    return t, y, np.array([9.0, 4, 7, 2, 5, 8, 3]) if kind == "weighted" else np.ones(7)


@pytest.mark.parametrize("kind", ["plain", "weighted", "a peak", "one higher", "ends higher"])
def test_p_values_are_those_of_all_permutations_within_chance(kind):
    t, y, w = small(kind)
    tests = permutation_tests(grid(t, w), y * np.sqrt(w), 0, 1, 4499, 20210)
    p, drawn = exact_p(kind), tests["permutations"].iloc[0]
    assert 0.02 < p < 0.98
    assert tests["p_value"].iloc[0] == pytest.approx(p, abs=4 * np.sqrt(p * (1 - p) / drawn) + 1 / drawn)


def bent(n: int = 20, noise: float = 0.05) -> tuple[Grid, Floats]:
    t = np.arange(float(n))
    y = 3 + 0.1 * t - 0.25 * np.maximum(t - 6, 0) + 0.3 * np.maximum(t - 13, 0)
    return grid(t, np.ones(n)), y + np.random.default_rng(2).normal(0, noise, n)


def test_tests_go_from_the_fewest_against_the_most_until_both_are_one_number():
    over, y = bent()
    tests = permutation_tests(over, y, 0, 3, 999, 1)
    assert (tests["null"].iloc[0], tests["alternative"].iloc[0]) == (0, 3)
    for this, following in zip(tests[:-1].itertuples(), tests[1:].itertuples(), strict=True):
        refused = this.p_value <= this.level
        expected = (this.null + 1, this.alternative) if refused else (this.null, this.alternative - 1)
        assert (following.null, following.alternative) == expected
        assert this.selected == (this.alternative if refused else this.null)
    assert tests["level"].tolist() == pytest.approx([0.05 / (3 - null) for null in tests["null"]])
    assert tests["selected"].iloc[-1] == 2


def test_a_test_does_not_depend_on_those_before_it():
    over, y = bent()
    whole = permutation_tests(over, y, 0, 3, 999, 1).set_index(["null", "alternative"])
    alone = permutation_tests(over, y, 2, 3, 999, 1).set_index(["null", "alternative"])
    assert alone.loc[(2, 3), "p_value"] == whole.loc[(2, 3), "p_value"]


def test_the_same_seed_gives_the_same_p_value_and_another_seed_another():
    over, y = bent(noise=0.6)
    p = [permutation_tests(over, y, 0, 2, 999, seed)["p_value"].tolist() for seed in (1, 1, 2)]
    assert p[0] == p[1]
    assert p[0] != p[2]


def test_a_p_value_near_its_level_is_drawn_for_longer():
    t, y, w = small("plain")
    level = exact_p("plain")
    near = permutation_tests(grid(t, w), y, 0, 1, 500, 1, level=level)
    far = permutation_tests(grid(t, w), y, 0, 1, 500, 1, level=1e-4)
    assert near["permutations"].iloc[0] > far["permutations"].iloc[0] == 500


def test_a_series_without_residuals_supports_no_joinpoint():
    over = grid(np.arange(12.0), np.ones(12))
    tests = permutation_tests(over, 3 + 0.1 * np.arange(12.0), 0, 2, 99, 1)
    assert tests["p_value"].tolist() == [1, 1]
    assert tests["selected"].iloc[-1] == 0


def test_where_there_is_no_turn_one_is_found_no_more_often_than_the_level_says():
    # 200 series of white noise about a straight line; binomial(200, 0.05) exceeds 21 once in a thousand.
    random = np.random.default_rng(4)
    over = grid(np.arange(12.0), np.ones(12))
    found = [permutation_tests(over, y, 0, 2, 199, 1)["selected"].iloc[-1] for y in random.normal(size=(200, 12))]
    assert 1 <= np.count_nonzero(found) <= stats.binom.ppf(0.999, 200, 0.05)


# --------------------------------------------------------------------------------------------- errors and limits


def crc(sex: str) -> tuple[Floats, Floats, Floats]:
    rows = pd.read_csv(CRC, comment="#").query("sex == @sex")
    return tuple(
        x.to_numpy(dtype=float) for x in (rows["year"], np.log(rows["rate"]), (rows["rate"] / rows["se"]) ** 2)
    )


@pytest.mark.parametrize(("sex", "weighting"), list(SEGMENTED))
def test_errors_that_allow_for_estimated_joinpoints_are_those_of_rs_segmented(sex, weighting):
    tau, tau_error, average, average_error = SEGMENTED[sex, weighting]
    t, y, w = crc(sex)
    w = w if weighting == "weighted" else np.ones(len(t))
    over = grid(t, w)
    tau = np.array(tau)
    b, sse = by_hand(t, y, w, tau)
    covariance = linearised_covariance(over, tau, b, sse / (len(t) - 8))
    assert np.sqrt(np.diag(covariance)[-3:]) == pytest.approx(tau_error, rel=1e-9)
    # The average slope is the rise of the line over the whole range. R takes it from slopes of five digits.
    slopes = np.array([float(f"{slope:.5g}") for slope in np.cumsum(b[1:5])])
    assert np.diff(np.concatenate([t[:1], tau, t[-1:]])) @ slopes / np.ptp(t) == pytest.approx(average, rel=1e-12)
    design = line_with_bends(over, tau)
    ends = np.append(design[-1] - design[0], -np.diff(slopes))
    assert np.sqrt(ends @ covariance @ ends) / np.ptp(t) == pytest.approx(average_error, rel=1e-9)


def separate_lines(t: Floats, y: Floats, w: Floats, place: list[int], jump: float | None = None) -> Floats:
    """Standard errors of the slopes of lines fitted to each segment by itself, joinpoints left out, by inversion."""
    free = np.delete(np.arange(len(t)), place)
    part = np.searchsorted(t[place], t[free], side="right")
    columns = [(part == i).astype(float) for i in range(len(place) + 1)]
    columns += [(part == i) * (t[free] - t.mean()) for i in range(len(place) + 1)]
    if jump is not None:
        columns.append((t[free] >= jump).astype(float))
    x = np.column_stack(columns)
    information = x.T @ (x * w[free][:, None])
    rank = np.linalg.matrix_rank(information)
    inverse = np.linalg.pinv(information, rcond=1e-12, hermitian=True)
    left = y[free] - x @ inverse @ x.T @ (w[free] * y[free])
    variance = w[free] @ left**2 / (len(free) - rank)
    return np.sqrt(variance * np.diag(inverse))[len(place) + 1 : 2 * len(place) + 2]


@settings(max_examples=examples(40), deadline=None)
@given(series(least=12), st.integers(0, 2), st.data())
def test_errors_of_slopes_are_those_of_lines_fitted_to_each_segment_by_itself(made, k, data):
    t, y, w, _ = made
    place = data.draw(st.sampled_from(placements(len(t), k).tolist()))
    found = segments(grid(t, w), y * np.sqrt(w), np.array(place, dtype=int))
    assert found.slope_df == len(t) - k - 2 * (k + 1)
    assert found.slope_error == pytest.approx(separate_lines(t, y, w, place), rel=1e-6)


@pytest.mark.parametrize("jump", [4.0, 5.0, 8.0, 9.0, 10.0, 13.0])
def test_errors_of_slopes_beside_a_jump_are_those_of_lines_that_jump_there(jump):
    # Joinpoint on 8: the jump lies inside a segment, on the joinpoint, just before or just after it.
    t = np.arange(18.0)
    y = 2 + 0.1 * t - 0.2 * np.maximum(t - 8, 0) + 0.5 * (t >= jump) + np.random.default_rng(6).normal(0, 0.1, 18)
    w = np.random.default_rng(7).uniform(1, 20, 18)
    over = grid(t, w, (t >= jump).astype(float)[:, None])
    found = segments(over, y * np.sqrt(w), np.array([8]))
    # A jump between the segments is free once they are fitted apart: it costs no degree of freedom.
    border = jump in (8.0, 9.0)
    assert found.slope_df == 17 - (4 if border else 5)
    assert found.slope_error == pytest.approx(separate_lines(t, y, w, [8], jump), rel=1e-8)
    assert found.df == 18 - 5


def test_a_slope_that_a_jump_in_its_segment_stands_for_as_well_has_no_error():
    # Two observations before the joinpoint on 2, and the jump between them: any slope goes through both.
    t = np.arange(12.0)
    y = np.random.default_rng(9).normal(size=12)
    over = grid(t, np.ones(12), (t >= 1).astype(float)[:, None])
    error = segments(over, y, np.array([2])).slope_error
    assert np.isnan(error[0])
    assert error[1] > 0


def test_segments_that_leave_nothing_by_themselves_do_not_make_the_joined_line_certain():
    # Two level halves: each is fitted without residuals, the joined line is not.
    y = np.log([4.0] * 5 + [9.0] * 5)
    found = segments(grid(np.arange(10.0), np.ones(10)), y, np.array([5]))
    assert found.sse > 0.01
    assert np.isnan(found.slope_error).all()


def test_a_line_through_every_point_has_no_error_and_a_level_one_no_slope():
    over = grid(np.arange(9.0), np.ones(9))
    rising = segments(over, 3 + 0.05 * np.arange(9.0), np.array([], dtype=int))
    assert rising.slope == pytest.approx(0.05)
    assert (rising.sse, rising.slope_error.tolist(), rising.delta_error) == (0, [0], 0)
    level = segments(over, np.full(9, np.log(3.7)), np.array([], dtype=int))
    assert (level.slope.tolist(), level.average, level.sse) == ([0], 0, 0)


@settings(max_examples=examples(40), deadline=None)
@given(series(least=11), st.integers(1, 3), st.sampled_from([0.5, 0.9, 0.95, 0.99]))
def test_limits_of_joinpoints_are_the_accepted_ones_and_one_observation_more(made, k, confidence):
    t, y, w, _ = made
    df = len(t) - 2 * (k + 1)
    if df < 1:
        return
    over = grid(t, w)
    sums = np.array([by_hand(t, y, w, t[list(place)])[1] for place in rule(len(t), k)])
    place = np.array(rule(len(t), k)[int(np.argmin(sums))])
    ordered = all_sums_of_squares(over, y * np.sqrt(w), k)
    low, high = joinpoint_limits(over, ordered, place, df, confidence)
    accepted = np.array(rule(len(t), k))[(sums / sums.min() - 1) * df <= k * stats.f.ppf(confidence, k, df)]
    whole = np.array(rule(len(t), k))
    assert low.tolist() == t[np.maximum(accepted.min(axis=0) - 1, whole.min(axis=0))].tolist()
    assert high.tolist() == t[np.minimum(accepted.max(axis=0) + 1, whole.max(axis=0))].tolist()
    assert ((low <= t[place]) & (t[place] <= high)).all()


def test_limits_of_a_turn_without_scatter_are_its_neighbours():
    t = np.arange(2000.0, 2020.0)
    y = 0.1 * t - 0.3 * np.maximum(t - 2009, 0)
    over = grid(t, np.ones(20))
    low, high = joinpoint_limits(over, all_sums_of_squares(over, y, 1), np.array([9]), 16, 0.95)
    assert (low[0], high[0]) == (2008, 2010)
