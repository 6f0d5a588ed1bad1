"""What a user relies on in totals under latent classes, and in what is said of the draws."""

from __future__ import annotations

import dataclasses
from functools import cache

import numpy as np
import pandas as pd
import pytest
from captures import histories, published, published_counts, remembering_chains
from plain_plots import axes_of, named
from refusals import refused
from scipy import special, stats

from capture_recapture import LatentClasses, NotIdentifiable, latent_classes
from capture_recapture.chains import bulk_ess, split_rhat
from capture_recapture.latent_class_trajectories import Trajectories

# The UK's five lists of 2013 and Kosovo's four of 1999: the sources are in tests/reference/README.md.
KOSOVO, UK = published_counts("Kosovo"), published_counts("UKdat_5")
SMALL = {"100": 9, "010": 7, "001": 5, "110": 3, "101": 1, "011": 2, "111": 3}
# A run so short that its chains need not agree: for what does not rest on that.
QUICK = {"draws": 400, "burn_in": 200, "most_rhat": np.inf}


# Against what needs no chains


def test_one_class_is_independence_whose_posterior_is_known():
    # With λ ~ Beta(1, 1) integrated out: p(N | counts) ∝ (N - 1)! / (N - n)! Π_j B(1 + x_j, 1 + N - x_j).
    table = histories(SMALL)
    n, totals = 30, np.arange(30, 20_000)
    logs = special.gammaln(totals) - special.gammaln(totals - n + 1)
    logs += sum(special.betaln(1 + x, 1 + totals - x) for x in (16, 15, 11))
    below = special.softmax(logs).cumsum()
    result = latent_classes(table, classes=1, burn_in=200, draws=3000)
    for part in (0.05, 0.25, 0.5, 0.75, 0.95):
        place = np.searchsorted(below, part)
        share = (result.draws <= totals[place]).mean()
        assert share == pytest.approx(below[place], abs=5 * np.sqrt(part * (1 - part) / result.tail_ess))


def from_the_priors(
    rows: list[tuple[str, int, tuple[int, ...]]], classes: int, inclusion: tuple[float, float], draws: int = 400_000
) -> tuple[list[np.ndarray], np.ndarray, list[int]]:
    """Chance of being on no list by stratum, of draws from the priors, and how likely each makes the observed persons.

    With p(N_s) ∝ 1/N_s the totals integrate out: what is left is Π (P_pattern / (1 - P_none))^count in each stratum.
    """
    rng = np.random.default_rng(5)
    lists = len(rows[0][0])
    alpha = rng.gamma(0.25, 4.0, draws)
    shares = np.ones((classes, draws))
    for k in range(classes - 1):
        taken = rng.beta(1, np.maximum(alpha, 1e-12))
        shares[k] *= taken
        shares[k + 1 :] *= 1 - taken
    chances = rng.beta(*inclusion, (classes, lists, draws))

    def pattern(digits: str, covered: tuple[int, ...]) -> np.ndarray:
        each = [[chances[k, j] if digits[j] == "1" else 1 - chances[k, j] for j in covered] for k in range(classes)]
        return sum(shares[k] * np.prod(each[k], axis=0) for k in range(classes))

    strata = sorted({covered for _, _, covered in rows})
    nobody = [pattern("0" * lists, covered) for covered in strata]
    logs = np.zeros(draws)
    for digits, count, covered in rows:
        logs += count * (np.log(pattern(digits, covered)) - np.log1p(-nobody[strata.index(covered)]))
    seen = [sum(count for _, count, of in rows if of == covered) for covered in strata]
    return nobody, special.softmax(logs), seen


@pytest.mark.varied
@pytest.mark.parametrize(("classes", "inclusion"), [(2, (1.0, 1.0)), (3, (1.0, 2.0))])
def test_several_classes_are_what_weighted_draws_from_the_priors_give(classes, inclusion):
    rows = [(digits, count, (0, 1, 2)) for digits, count in SMALL.items()]
    (nobody,), weights, (n,) = from_the_priors(rows, classes, inclusion)
    result = latent_classes(histories(SMALL), classes=classes, inclusion=inclusion, draws=3000, most_rhat=1.1)
    for total in (35, 42, 50, 65, 100):
        each = stats.nbinom.cdf(total - n, n, 1 - nobody)
        expected = weights @ each
        error = np.sqrt((weights**2) @ (each - expected) ** 2 + expected * (1 - expected) / result.tail_ess)
        assert (result.draws <= total).mean() == pytest.approx(expected, abs=4.5 * error)


@pytest.mark.slow
def test_ranks_of_the_true_number_among_draws_are_uniform():
    # Simulation-based calibration given n persons seen: θ from the priors, patterns and hidden persons from θ.
    rng = np.random.default_rng(11)
    patterns = [f"{place:03b}" for place in range(1, 8)]
    digits = np.array([[int(digit) for digit in pattern] for pattern in patterns])
    ranks = []
    while len(ranks) < 60:
        first = rng.beta(1, max(rng.gamma(0.25, 4.0), 1e-9))
        chances = rng.random((2, 3))
        of_class = np.prod(np.where(digits[:, None], chances, 1 - chances), axis=2)
        likely = of_class @ [first, 1 - first]
        nobody = np.prod(1 - chances, axis=1) @ [first, 1 - first]
        counts = rng.multinomial(40, likely / likely.sum())
        if not counts[digits.sum(axis=1) > 1].sum():
            continue
        hidden = rng.negative_binomial(40, 1 - nobody)
        draws = latent_classes(
            histories(dict(zip(patterns, counts.tolist(), strict=True))),
            draws=19, chains=2, burn_in=150, thin=8, classes=2, seed=len(ranks), most_rhat=np.inf,
        ).draws.ravel()  # fmt: skip
        # Ties, as of no hidden person, are broken by chance.
        ranks.append((draws < 40 + hidden).sum() + rng.integers((draws == 40 + hidden).sum() + 1))
    times = np.bincount(np.array(ranks) * 4 // 39, minlength=4)
    assert stats.chisquare(times).pvalue > 0.001


# Published figures


@cache
def uk() -> LatentClasses:
    return latent_classes(histories(UK))


@pytest.mark.slow
def test_the_uk_posterior_beside_the_published_one():
    # Printed in the README of MSETools (commit 0af58a1), the code of Binette and Steorts (2022), on these five lists:
    # 20232.00 (10934.95 to 32842.27), from chains of LCMCR kept from their first draw on. They start near one class, of
    # 11,000 to 13,000 persons, where they are one per cent of the time later on: see test_published.py.
    result = uk()
    assert result.n == 2744 and result.rhat <= 1.01
    assert result.estimate == pytest.approx(20_232, rel=0.15)
    assert result.high == pytest.approx(32_842, rel=0.1)
    assert result.low > 10_935
    assert result.errors["estimate"] < 300 and result.errors["high"] < 1200


@pytest.mark.slow
def test_the_number_of_killings_in_kosovo_that_was_counted_later_is_within_the_limits():
    # 10,401 by Ball and others (2002); HRDAG names the same number as that of the Kosovo Memory Book.
    result = latent_classes(histories(KOSOVO))
    assert result.low < 10_401 < result.high
    assert result.estimate == pytest.approx(10_401, abs=5 * result.errors["estimate"] + 100)


def test_two_simulated_classes_are_found_where_independence_is_far_off():
    # 1,800 persons rarely and 200 often on a list, N = 2,000: chances as in Manrique-Vallier's first simulation (2016).
    chances = [(1800, [0.033, 0.033, 0.099, 0.132, 0.033]), (200, [0.660, 0.825, 0.759, 0.990, 0.693])]
    rng = np.random.default_rng(1)
    on = np.concatenate([rng.random((persons, 5)) < each for persons, each in chances]).astype(int)
    table = pd.DataFrame(on[on.any(axis=1)], columns=list("ABCDE")).assign(count=1)
    result = latent_classes(table, draws=1000, burn_in=500, most_rhat=1.1)
    assert result.low < 2000 < result.high
    assert latent_classes(table, classes=1, draws=500, burn_in=200, most_rhat=1.1).high < 1200


# The same question, the same answer


def test_one_seed_gives_one_result():
    one, same = (latent_classes(histories(SMALL), **QUICK) for _ in range(2))
    np.testing.assert_array_equal(one.draws, same.draws)
    other = latent_classes(histories(SMALL), seed=7, **QUICK)
    assert not np.array_equal(one.draws, other.draws)


def test_the_order_of_rows_and_of_lists_changes_no_draw():
    table = histories(SMALL)
    one = latent_classes(table, **QUICK)
    shuffled = table.sample(frac=1, random_state=2)[["C", "A", "B", "count"]]
    np.testing.assert_array_equal(one.draws, latent_classes(shuffled, **QUICK).draws)
    parted = pd.concat([table.assign(count=table["count"] - 1), table.assign(count=1)])
    np.testing.assert_array_equal(one.draws, latent_classes(parted, **QUICK).draws)


def test_the_result_says_what_its_draws_say():
    result = latent_classes(histories(SMALL), confidence=0.8, **QUICK)
    assert result.draws.shape == result.occupied.shape == (4, 400)
    assert result.n == 30 and (result.draws >= 30).all()
    assert (result.low, result.estimate, result.high) == pytest.approx(np.quantile(result.draws, [0.1, 0.5, 0.9]))
    assert result.interval == (result.low, result.high) and result.mean == pytest.approx(result.draws.mean())
    assert result.classes == 7 and 1 <= result.occupied.min() <= result.occupied.max() <= 7
    assert latent_classes(histories(UK), draws=8, burn_in=0, most_rhat=np.inf).classes == 10


def test_thinning_keeps_the_last_of_so_many_iterations():
    every = latent_classes(histories(SMALL), draws=400, burn_in=200, most_rhat=np.inf)
    fourth = latent_classes(histories(SMALL), draws=100, burn_in=200, thin=4, most_rhat=np.inf)
    np.testing.assert_array_equal(every.draws[:, 3::4], fourth.draws)


def test_the_picture_shows_the_posterior_its_limits_and_the_persons_seen():
    result = latent_classes(histories(SMALL), **QUICK)
    figure = result.plot()
    assert named(figure, "median")[0, 0] == result.estimate
    assert named(figure, "observed")[0, 0] == 30
    heights = [bar.get_height() for bar in axes_of(figure).patches]
    assert 90 < sum(heights) <= 100.01


# What is refused


@pytest.mark.parametrize(
    ("persons", "code"),
    [
        ({"10": 5, "01": 4, "11": 3}, "too_few_lists"),
        ({"100": 0, "010": 0}, "no_persons"),
        ({"100": 5, "010": 4, "001": 3}, "no_overlap"),
    ],
)
def test_lists_that_carry_no_estimate_are_refused(persons, code):
    with refused(NotIdentifiable, code):
        latent_classes(histories(persons))


def test_chains_that_disagree_are_refused_with_what_would_help():
    with refused(NotIdentifiable, "chains_disagree", "R-hat", "More draws", "`classes`"):
        latent_classes(histories(UK), draws=20, burn_in=0)


@pytest.mark.parametrize(
    ("choice", "code"),
    [
        ({"draws": 7}, "not_whole_number"),
        ({"chains": 1}, "not_whole_number"),
        ({"thin": 0}, "not_whole_number"),
        ({"classes": 8}, "out_of_range"),
        ({"inclusion": (1, np.nan)}, "not_positive"),
    ],
)
def test_arguments_that_mean_nothing_are_refused(choice, code):
    with refused(ValueError, code):
        latent_classes(histories(SMALL), **choice)


# What draws are worth


def test_processors_that_differ_in_the_last_digit_draw_the_same_numbers(monkeypatch):
    table, noise = published("Kosovo"), np.random.default_rng(5)
    choice = {"draws": 150, "burn_in": 100, "most_rhat": np.inf}
    exact, force = latent_classes(table, **choice), Trajectories._force

    def inexact(self, y):
        gradient, rest = force(self, y)
        return gradient * (1 + np.finfo(float).eps * noise.integers(-1, 2, gradient.shape)), rest

    monkeypatch.setattr(Trajectories, "_force", inexact)
    np.testing.assert_array_equal(latent_classes(table, **choice).draws, exact.draws)


def test_chains_in_two_places_have_a_large_rhat_and_few_effective_draws():
    draws = remembering_chains(4, 200)
    draws[0] += 100_000
    assert split_rhat(draws) > 1.5 and bulk_ess(draws) < 10
    # Equal middles, unequal spreads: only the folded draws tell.
    wide = remembering_chains(4, 200) - np.median(remembering_chains(4, 200))
    wide[:2] *= 10
    assert split_rhat(wide) > 1.1


def test_draws_that_are_all_alike_agree():
    assert split_rhat(np.full((2, 10), 5)) == 1 and bulk_ess(np.full((2, 10), 5)) == 20
    with refused(ValueError, "too_few_draws"):
        split_rhat([[1, 2, 3]])


def test_a_result_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        latent_classes(histories(SMALL), **QUICK).n = 3
