"""The largest group of persons who are hard to reach that the lists do not exclude."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from captures import published
from refusals import refused
from scipy import optimize, special

from capture_recapture import NotIdentifiable, hard_to_reach, multiple_systems


def by_hand(histories: pd.DataFrame, chance: float) -> float:
    """The same for three independent lists, by a general optimiser: the most persons in all."""
    counts = histories["count"].to_numpy(float)
    on = histories[["a", "b", "c"]].to_numpy()
    single = on.sum(axis=1) == 1
    split = np.where(single, counts, 0) / counts[single].sum()

    def fitted(seen: float) -> tuple[float, float]:
        def against(theta: np.ndarray) -> float:
            mean = np.exp(theta[0] + on @ theta[1:]) + seen * split
            return float((mean - special.xlogy(counts, mean) + special.gammaln(counts + 1)).sum())

        start = np.array([np.log(counts.sum() / 2), -0.5, -0.5, -0.5])
        found = optimize.minimize(against, start, method="BFGS", options={"gtol": 1e-8})
        return -found.fun, float(np.exp(found.x[0]))

    tried = np.linspace(0, 0.98 * counts[single].sum(), 400)
    likelihood, hidden = np.array([fitted(seen) for seen in tried]).T
    kept = likelihood >= likelihood.max() - special.chdtri(1, 0.05) / 2
    return float((counts.sum() + hidden + tried * (1 - chance) / chance)[kept].max())


THREE = pd.DataFrame(
    [[1, 0, 0, 210], [0, 1, 0, 160], [0, 0, 1, 240], [1, 1, 0, 60], [1, 0, 1, 95], [0, 1, 1, 70], [1, 1, 1, 28]],
    columns=["a", "b", "c", "count"],
)


@pytest.mark.parametrize("chance", [0.5, 0.1])
def test_the_most_persons_are_those_that_a_general_optimiser_finds(chance):
    found = hard_to_reach(THREE, chances=(chance,)).table.iloc[0]
    # The optimiser tries 400 numbers of persons on a list, and takes none between two of them.
    step = 0.98 * (210 + 160 + 240) / 399 / chance
    assert found["total"] == pytest.approx(by_hand(THREE, chance), abs=step)
    assert found["persons"] == pytest.approx(found["seen"] / chance)


def test_without_a_group_the_estimate_is_that_of_the_model():
    kosovo = published("Kosovo")
    usual = multiple_systems(kosovo, replicates=0)
    found = hard_to_reach(kosovo, usual.terms)
    assert found.estimate == pytest.approx(usual.estimate, rel=1e-6)
    assert found.terms == tuple(sorted(usual.terms, key=lambda term: [list(kosovo).index(name) for name in term][::-1]))


def test_the_harder_to_reach_the_more_there_can_be_and_never_fewer_than_without_them():
    totals = hard_to_reach(THREE, chances=(1, 0.5, 0.2, 0.1, 0.05, 0.02)).table["total"]
    assert totals.is_monotonic_increasing
    assert (totals >= hard_to_reach(THREE).estimate - 1e-6).all()


def test_ten_times_the_persons_exclude_a_larger_part():
    few, many = (hard_to_reach(THREE.assign(count=THREE["count"] * times)) for times in (1, 10))
    assert many.estimate == pytest.approx(10 * few.estimate)
    assert (many.table["total"] < 10 * few.table["total"])[1:].all()


def test_where_the_fit_is_lost_before_a_group_is_excluded_there_is_no_limit():
    # Korea by the pair of lists that nearly agree: with most persons on one list taken for the group nothing is left.
    table = hard_to_reach(published("Korea"), [("b", "c")], chances=(0.5, 0.1)).table
    assert np.isinf(table["total"]).all() and table["seen"].isna().all()


def test_a_group_that_was_simulated_is_not_excluded():
    random = np.random.default_rng(5)
    hidden = random.random(4_000) < 0.4
    on = random.random((4_000, 4)) < np.where(hidden[:, None], 0.026, 0.3)
    table = pd.DataFrame(on[on.any(axis=1)].astype(int), columns=list("abcd")).value_counts().rename("count")
    # Of the group one in ten is on any list: 1 - 0.974 ** 4.
    found = hard_to_reach(table.reset_index(), chances=(0.1,))
    assert found.estimate < 3_000 and found.table["total"].iloc[0] > 4_000


@pytest.mark.parametrize(
    ("arguments", "error", "code"),
    [
        ({"chances": ()}, ValueError, "empty"),
        ({"chances": (0.0,)}, ValueError, "out_of_range"),
        ({"chances": (1.5,)}, ValueError, "out_of_range"),
        ({"terms": [("a", "x")]}, ValueError, "unknown_list"),
    ],
)
def test_what_means_nothing_is_refused(arguments, error, code):
    with refused(error, code):
        hard_to_reach(THREE, **arguments)


def test_two_lists_are_refused():
    with refused(NotIdentifiable, "too_few_lists"):
        hard_to_reach(THREE[["a", "b", "count"]][lambda table: table[["a", "b"]].any(axis=1)])


def test_the_picture_names_how_hard_they_are_to_reach_and_the_persons_seen():
    figure = hard_to_reach(THREE, chances=(0.5, 0.1)).plot(truth=2_000)
    texts = " ".join(text.get_text() for axes in figure.axes for text in [*axes.get_yticklabels(), *axes.texts])
    assert "1 in 2 on any list" in texts and "1 in 10 on any list" in texts
