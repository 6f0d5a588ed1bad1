"""What a user relies on in ranks of areas."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from counted_areas import between, counted
from hypothesis import given
from hypothesis import strategies as st
from refusals import refused

from analysis.methods.comparison import rank_intervals
from bounded import intervals

INF = float("inf")


def spans(table: pd.DataFrame) -> list[list[float]]:
    return table[["rank", "rank_low", "rank_high"]].to_numpy().tolist()


def test_all_intervals_hold_at_once_with_the_confidence_asked_for():
    rates = rank_intervals(counted(10, 20, 30), per=1000, confidence=0.9)
    low, high = intervals.poisson_interval([10, 20, 30], 0.9 ** (1 / 3))
    np.testing.assert_allclose(rates[["low", "high"]], np.column_stack([low, high]), rtol=1e-12)


def test_an_area_of_unknown_rate_has_no_rank_and_takes_none():
    table = counted(10, np.nan, 1000, 4).assign(population=[1000, 1000, 1000, 0])
    rates = rank_intervals(table)
    assert spans(rates)[0] == [2, 2, 2] and spans(rates)[2] == [1, 1, 1]
    assert rates.loc[[1, 3], ["rank", "rank_low", "rank_high"]].isna().all(axis=None)
    assert rates["note"][1] == "The count is not known."
    assert (rates["ranked"] == 2).all()


def test_a_count_known_as_an_interval_leaves_its_rank_open_where_it_overlaps():
    rates = rank_intervals(between((1, 4, "below_5"), (3, 3, "exact"), (900, INF, "at_least"), (950, 950, "exact")))
    assert rates["rank"].isna().all()
    assert rates[["rank_low", "rank_high"]].to_numpy().tolist() == [[3, 4], [3, 4], [1, 2], [1, 2]]
    apart = rank_intervals(between((1, 4, "below_5"), (900, INF, "at_least")))
    assert spans(apart) == [[2, 2, 2], [1, 1, 1]]


@pytest.mark.soak
@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), min_size=1, max_size=8), st.data())
def test_the_ranks_allow_for_every_count_that_is_allowed(bounds, data):
    bounds = [tuple(sorted(pair)) for pair in bounds]
    allowed = [data.draw(st.integers(*pair)) for pair in bounds]
    wide = rank_intervals(between(*((*pair, "derived") for pair in bounds)))
    true = rank_intervals(counted(*allowed))
    assert (wide["rank_low"] <= true["rank_low"]).all() and (true["rank_high"] <= wide["rank_high"]).all()
    assert (true["rank_low"] <= true["rank"]).all() and (true["rank"] <= true["rank_high"]).all()
    assert (wide["rank"].isna() | (wide["rank"] == true["rank"])).all()
    # Every rank is some area's: the best one of the best, the worst one of the worst.
    assert wide["rank_low"].min() == 1 and wide["rank_high"].max() == len(bounds)


@pytest.mark.soak
def test_true_ranks_lie_in_all_intervals_at_once_as_often_as_promised():
    # Rates 2, 4, 6, 8, 12 per 1,000 of 2,000 inhabitants; 400 drawn tables. Garwood's intervals are conservative.
    draws = np.random.default_rng(5).poisson(np.array([4, 8, 12, 16, 24]), size=(400, 5))
    held = 0
    for counts in draws:
        rates = rank_intervals(counted(*counts), confidence=0.9)
        held += bool((rates["rank_low"] <= [5, 4, 3, 2, 1]).all() and (rates["rank_high"] >= [5, 4, 3, 2, 1]).all())
    assert held / 400 >= 0.9


def test_a_level_that_is_none_is_refused():
    with refused(ValueError, "confidence_out_of_range"):
        rank_intervals(counted(1, 2), confidence=95)
