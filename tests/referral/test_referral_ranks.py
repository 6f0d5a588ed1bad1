"""Ranks of areas from scores between bounds: every completion and weight tried, cases by hand, and the figure."""

from __future__ import annotations

import itertools
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from fuzzing import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from refusals import refused
from scipy.optimize import linprog

from analysis.referral.profiles import rank_sensitivity

BOUNDS = st.tuples(st.integers(0, 4), st.integers(0, 4)).map(sorted)


def rank_ranges(scores: pd.DataFrame) -> pd.DataFrame:
    """The ranges of ranks by one dimension alone, which no weight changes."""
    return rank_sensitivity(scores.assign(dimension_id="one"), draws=1, seed=1).ranges


def scores(bounds) -> pd.DataFrame:
    return pd.DataFrame(
        [(f"A{n}", low, high) for n, (low, high) in enumerate(bounds)], columns=["area_id", "low", "high"]
    )


def by_dimension(bounds) -> pd.DataFrame:
    rows = [(f"A{n}", f"d{k}", *pair) for n, area in enumerate(bounds) for k, pair in enumerate(area)]
    return pd.DataFrame(rows, columns=["area_id", "dimension_id", "low", "high"])


def points(rows) -> pd.DataFrame:
    return by_dimension([[(value, value) for value in row] for row in rows])


@pytest.mark.slow
@given(st.lists(BOUNDS, min_size=1, max_size=5))
@settings(max_examples=examples(41), deadline=None)
def test_ranges_are_those_of_all_completions(bounds):
    found = rank_ranges(scores(bounds))
    tried = list(itertools.product(*({low, (low + high) / 2, high} for low, high in bounds)))
    for area in range(len(bounds)):
        better = [1 + sum(other > one[area] for other in one) for one in tried]
        worse = [sum(other >= one[area] for other in one) for one in tried]
        row = found.iloc[area]
        assert (row["best_rank"], row["worst_rank"]) == (min(better), max(worse))
        assert row["best_rank"] - 1 == sum(
            all(one[j] > one[area] for one in tried) for j in range(len(bounds)) if j != area
        )
        assert len(bounds) - row["worst_rank"] == sum(
            all(one[j] < one[area] for one in tried) for j in range(len(bounds)) if j != area
        )


@given(st.lists(st.tuples(BOUNDS, BOUNDS), min_size=2, max_size=3))
@settings(max_examples=examples(25), deadline=None)
def test_ranges_over_all_weights_of_two_dimensions(bounds):
    """Each corner of the bounds with each weight at which two areas change places, and one between any two of those."""
    found = rank_sensitivity(by_dimension(bounds), draws=5, seed=1).ranges
    best, worst = [99] * len(bounds), [0] * len(bounds)
    for corner in itertools.product(*(set(map(int, pair)) for area in bounds for pair in area)):
        at = [corner[2 * n : 2 * n + 2] for n in range(len(bounds))]
        turns = {Fraction(0), Fraction(1)}
        for (a, b), (c, d) in itertools.combinations(at, 2):
            if a - b != c - d:
                turns.add(Fraction(d - b, a - b - c + d))
        places = sorted(turn for turn in turns if 0 <= turn <= 1)
        places += [(one + other) / 2 for one, other in itertools.pairwise(places)]
        for weight in places:
            total = [weight * one + (1 - weight) * other for one, other in at]
            for area in range(len(bounds)):
                best[area] = min(best[area], 1 + sum(other > total[area] for other in total))
                worst[area] = max(worst[area], sum(other >= total[area] for other in total))
    assert list(found["best_rank"]) == best and list(found["worst_rank"]) == worst


@pytest.mark.slow
@given(st.lists(st.tuples(BOUNDS, BOUNDS, BOUNDS), min_size=2, max_size=4))
@settings(max_examples=examples(25), deadline=None)
def test_ranges_over_all_weights_of_three_dimensions(bounds):
    """Whether weights exist that keep a set of others from being above, set by set, by linear programming."""
    found = rank_sensitivity(by_dimension(bounds), draws=5, seed=1).ranges
    low, high = np.array(bounds, dtype=float)[..., 0], np.array(bounds, dtype=float)[..., 1]

    def most_kept(gaps) -> int:
        for size in range(len(gaps), 0, -1):
            for chosen in itertools.combinations(range(len(gaps)), size):
                kept = linprog(np.zeros(3), gaps[list(chosen)], np.zeros(size), np.ones((1, 3)), [1])
                if kept.status == 0:
                    return size
        return 0

    for area in range(len(bounds)):
        others = np.arange(len(bounds)) != area
        assert found["best_rank"].iloc[area] == len(bounds) - most_kept(low[others] - high[area])
        assert found["worst_rank"].iloc[area] == 1 + most_kept(low[area] - high[others])


@pytest.mark.slow
@given(st.lists(st.tuples(BOUNDS, BOUNDS, BOUNDS), min_size=2, max_size=5), st.integers(0, 100))
@settings(max_examples=examples(30), deadline=None)
def test_random_weights_and_completions_lie_within_the_ranges_and_keep_decided_pairs(bounds, seed):
    found = rank_sensitivity(by_dimension(bounds), draws=60, seed=seed)
    wide = found.ranges.set_index("area_id")
    drawn = found.by_weights.join(wide, on="area_id")
    assert (drawn["best_rank"] <= drawn["p5"]).all() and (drawn["p95"] <= drawn["worst_rank"]).all()
    assert (drawn["p5"] <= drawn["median"]).all() and (drawn["median"] <= drawn["p95"]).all()
    assert (wide["best_rank"] <= wide["equal_best"]).all() and (wide["equal_worst"] <= wide["worst_rank"]).all()
    low, high = np.array(bounds, dtype=float)[..., 0], np.array(bounds, dtype=float)[..., 1]
    random = np.random.default_rng(seed)
    names = list(wide.index)
    for _ in range(20):
        total = (low + (high - low) * random.integers(0, 2, low.shape)) @ random.dirichlet(np.ones(3))
        for pair in found.pairs.itertuples():
            assert total[names.index(pair.above)] > total[names.index(pair.below)]
    if found.order:
        assert sorted(found.order) == sorted(names)
        for pair in found.pairs.itertuples():
            assert found.order.index(pair.above) < found.order.index(pair.below)


@pytest.mark.slow
@given(st.lists(st.tuples(BOUNDS, BOUNDS), min_size=2, max_size=4))
@settings(max_examples=examples(40), deadline=None)
def test_a_pair_is_decided_if_no_corner_of_bounds_and_weights_turns_it_round(bounds):
    found = {
        (pair.above, pair.below) for pair in rank_sensitivity(by_dimension(bounds), draws=5, seed=1).pairs.itertuples()
    }
    for i, j in itertools.permutations(range(len(bounds)), 2):
        # Weights are the corners of the simplex, where they turn a pair if any do, and its middle.
        at = [
            (one[k] - other[k], (one[0] - other[0]) + (one[1] - other[1]))
            for one in itertools.product(*bounds[i])
            for other in itertools.product(*bounds[j])
            for k in (0, 1)
        ]
        keeps = all(corner >= 0 and middle > 0 for corner, middle in at)
        assert ((f"A{i}", f"A{j}") in found) == keeps


def test_an_area_that_can_pass_each_other_need_not_pass_both():
    # C is above A where the first weight is below 0.4, and above B where the second is: never both.
    found = rank_sensitivity(points([(1, 0), (0, 1), (0.4, 0.4)]), draws=20_000, seed=5)
    assert list(found.ranges["best_rank"]) == [1, 1, 2] and list(found.ranges["worst_rank"]) == [3, 3, 3]
    # It is third where the first weight is from 0.4 to 0.6, a fifth of all; else second.
    of_c = found.by_weights[found.by_weights["area_id"] == "A2"]
    assert (of_c["p5"] == 2).all() and (of_c["median"] == 2).all() and (of_c["p95"] == 3).all()
    # All is known: each completion is the same.
    assert of_c["completion"].tolist() == ["low", "middle", "high", "uniform"]
    assert found.pairs.empty and found.order is None and "0 of 3" in found.reason


def test_an_order_needs_half_of_the_pairs():
    # A1 is above all in both dimensions; A2, A3 and A4 can turn round among themselves: 3 of 6 pairs.
    rows = [(0.9, 0.9), (0.5, 0.1), (0.1, 0.5), (0.35, 0.35)]
    found = rank_sensitivity(points(rows), draws=50, seed=2)
    assert len(found.pairs) == 3 and found.pairs_in_all == 6 and found.pairs_equal == 5
    assert found.order == ("A0", "A3", "A1", "A2") and "3 of 6" in found.reason and "may change order" in found.reason
    undecided = rank_sensitivity(points([(0.45, 0.9), *rows[1:]]), draws=50, seed=2)
    assert len(undecided.pairs) == 2 and undecided.order is None and "no ranking" in undecided.reason


def test_equal_areas_share_their_ranks_and_have_no_order():
    found = rank_sensitivity(points([(0.3, 0.6)] * 3), draws=50, seed=1)
    assert (found.ranges["best_rank"] == 1).all() and (found.ranges["worst_rank"] == 3).all()
    assert (found.by_weights[["p5", "median", "p95"]] == 1).all(axis=None) and found.order is None
    # The same sum by another order of adding is a tie as well.
    ties = rank_ranges(scores([(0.1 + 0.2, 0.1 + 0.2), (0.3, 0.3)]))
    assert list(ties["best_rank"]) == [1, 1] and list(ties["worst_rank"]) == [2, 2]


def test_all_unknown_leaves_all_ranks():
    found = rank_sensitivity(by_dimension([[(0, 1)] * 3] * 4), draws=200, seed=3)
    assert (found.ranges[["best_rank", "equal_best"]] == 1).all(axis=None)
    assert (found.ranges[["worst_rank", "equal_worst"]] == 4).all(axis=None)
    uniform = found.by_weights[found.by_weights["completion"] == "uniform"]
    assert (uniform["p5"] == 1).all() and (uniform["p95"] == 4).all()


def test_the_same_seed_gives_the_same_numbers_in_whatever_order_rows_are():
    table = by_dimension([[(0, 0.5), (0.2, 0.9)], [(0.1, 0.4), (0.3, 0.3)], [(0.2, 1), (0, 0.2)]])
    one, other = (rank_sensitivity(table, draws=100, seed=9).by_weights for _ in range(2))
    pd.testing.assert_frame_equal(one, other)
    shuffled = rank_sensitivity(table.iloc[[5, 0, 3, 2, 1, 4]], draws=10, seed=9).ranges.set_index("area_id")
    first = rank_sensitivity(table, draws=10, seed=9).ranges.set_index("area_id")
    pd.testing.assert_frame_equal(shuffled.sort_index(), first.sort_index())


def test_what_cannot_be_ranked_is_refused():
    table = by_dimension([[(0, 1), (0, 1)], [(0, 1), (0.5, 1)]])
    with refused(ValueError, "missing_score"):
        rank_sensitivity(table.iloc[:3], seed=1)
    with refused(ValueError, "duplicate_key"):
        rank_sensitivity(pd.concat([table, table]), seed=1)
    with refused(ValueError, "not_finite"):
        rank_sensitivity(table.assign(high=np.inf), seed=1)
    with refused(ValueError, "invalid_bounds"):
        rank_ranges(scores([(0.2, 0.4), (0.1, 0.2)]).assign(high=[np.nan, 1]))
    with refused(ValueError, "invalid_bounds"):
        rank_ranges(scores([(0.2, 0.4), (0.3, 0.2)]))
    with refused(ValueError, "missing_column"):
        rank_ranges(scores([(0.2, 0.4)]).drop(columns="low"))
    with refused(ValueError, "empty_table"):
        rank_ranges(scores([]))
