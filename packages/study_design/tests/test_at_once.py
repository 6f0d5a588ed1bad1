"""Estimates of many samples at a time are those of one sample at a time, on random samples."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import study_design as sd
from bounded.refusal import Refusal
from capture_recapture import chao_lower_bound, chapman, gile_ss, multiple_systems, network_scale_up, rds_ii
from study_design.networks import within_trees
from survey_stats import SurveyDesign, fay_herriot, pooled_errors

RNG = np.random.default_rng


def histories(counts: np.ndarray) -> pd.DataFrame:
    """Capture histories of a table by place."""
    places, lists = np.arange(1, len(counts)), len(counts).bit_length() - 1
    return pd.DataFrame({f"list {bit}": places >> bit & 1 for bit in range(lists)}).assign(count=counts[1:])


def one_by_one(counts: np.ndarray, estimate) -> np.ndarray:
    """(3, tables) estimate and limits of each table; missing where the method refuses."""
    found = np.full((3, counts.shape[1]), np.nan)
    for number, table in enumerate(counts.T):
        try:
            found[:, number] = estimate(histories(table))
        except Refusal:
            continue
    return found


def by_model(selection: str):
    def estimate(table: pd.DataFrame) -> tuple[float, float, float]:
        found = multiple_systems(table, selection=selection, replicates=0)
        return found.estimate, *found.naive_interval

    return estimate


@pytest.mark.parametrize(("lists", "odds_ratio", "persons"), [(3, 1, 150), (3, 3, 600), (4, 2, 400), (5, 4, 300)])
@pytest.mark.parametrize("model", ["stepwise", "independence"])
def test_lists_at_once_are_those_of_multiple_systems(model, lists, odds_ratio, persons):
    chances = sd.list_probabilities(RNG(lists).uniform(0.05, 0.3, lists), odds_ratio)
    counts = RNG(1).multinomial(persons, chances, size=40).T.astype(float)
    counts[0] = 0
    found = np.array(sd.many_lists(counts, model, limits="wald"))
    np.testing.assert_allclose(found, one_by_one(counts, by_model(model)), rtol=1e-5)


def test_few_lists_at_once_are_those_of_chapman_and_chao():
    def by_chapman(table):
        found = chapman(table)
        return found.estimate, found.low, found.high

    def by_chao(table):
        found = chao_lower_bound(table)
        return found.estimate, found.low, found.high

    two = RNG(2).multinomial(100, sd.list_probabilities([0.1, 0.15]), size=60).T.astype(float)
    alone = one_by_one(two, by_chapman)
    assert np.isnan(alone).any() and np.isfinite(alone).any()
    np.testing.assert_allclose(np.array(sd.many_lists(two)), alone, rtol=1e-9)
    three = RNG(3).multinomial(200, sd.list_probabilities([0.1, 0.15, 0.1], 2), size=10).T.astype(float)
    np.testing.assert_allclose(np.array(sd.many_lists(three, "chao")), one_by_one(three, by_chao), rtol=1e-9)


def respondents(cases: np.ndarray, place: np.ndarray, people: np.ndarray, size: int) -> pd.DataFrame:
    """One row a person asked, with the weight that follows from the place."""
    cluster = np.repeat(np.arange(place.size), size)
    weight = (people / (np.bincount(place) * size))[place][cluster]
    counted = np.tile(np.arange(size), place.size) < np.repeat(cases, size)
    return pd.DataFrame({"area": place[cluster], "psu": cluster, "w": weight, "y": counted.astype(int)})


@pytest.mark.parametrize("limits", ["kish", "logit", "beta"])
def test_surveys_at_once_are_those_of_a_survey_design(limits):
    place, people, size = np.repeat([0, 1, 2], [2, 4, 3]), np.array([1000.0, 5000.0, 1500.0]), 12
    cases = RNG(4).binomial(size, RNG(5).beta(0.3, 9, (12, place.size)))
    cases[0], cases[1] = 0, size
    found = np.array(sd.direct_shares(cases, place, people, size, 0.9, limits))
    for number, drawn in enumerate(cases):
        design = SurveyDesign(respondents(drawn, place, people, size), "w", stratum="area", psu="psu")
        row = design.proportion("y", confidence=0.9, method=limits).iloc[0]
        np.testing.assert_allclose(found[:, number], row[["estimate", "low", "high"]].astype(float), rtol=1e-9)


def test_areas_at_once_are_those_of_fay_and_herriot():
    place, size = np.repeat(np.arange(8), 4), 20
    people, rest = RNG(6).uniform(2000, 9000, 8).round(), np.array([4000.0, 500.0])
    rates = RNG(7).beta(2, 12, (15, 8))[:, place]
    cases = RNG(8).binomial(size, RNG(9).beta(rates * 9, (1 - rates) * 9))
    share, effect = sd.place_shares(cases, place, people, size)
    found = sd.area_totals(share, effect, np.full(8, 80.0), people, rest)
    for number, drawn in enumerate(cases):
        design = SurveyDesign(respondents(drawn, place, people, size), "w", stratum="area", psu="psu")
        direct = pooled_errors(design.proportion("y", by="area"))
        areas = pd.DataFrame({"area": range(10)}).merge(direct, how="left")
        try:
            model = fay_herriot(areas, method="moments")
        except Refusal:
            assert found.refused[number]
            continue
        every = np.append(people, rest)
        assert found.estimate[number] == pytest.approx(float(model.table["eblup"] @ every), rel=1e-7)
        # Without what the regression shares, areas are independent of each other.
        error = (
            float(model.coefficients["high"].iloc[0] - model.coefficients["coefficient"].iloc[0]) / 1.959963984540054
        )
        common = (1 - model.table["gamma"].to_numpy()) * error
        own = float((model.table["mse"] - common**2) @ every**2) + float(common @ every) ** 2
        assert found.high[number] - found.estimate[number] == pytest.approx(1.959963984540054 * own**0.5, rel=1e-6)
    assert np.isfinite(found.estimate).sum() > 5


def test_scale_up_at_once_is_that_of_network_scale_up():
    degree = RNG(10).gamma(2, 80, (5, 400))
    met, known = RNG(11).poisson(degree * 0.01), RNG(12).poisson(degree * 0.05)
    found = sd.scaled_up(met, known, 5000)
    for number in range(5):
        table = pd.DataFrame({"hidden": met[number], "known": known[number]})
        alone = network_scale_up(table, 100_000, {"known": 5000})
        assert found.estimate[number] == pytest.approx(alone.estimate, rel=1e-12)
        # The bootstrap's limits are near those by linearisation.
        assert found.low[number] == pytest.approx(alone.low, rel=0.03)
        assert found.high[number] == pytest.approx(alone.high, rel=0.03)
    none = sd.scaled_up(np.zeros((1, 3)), np.ones((1, 3)), 300)
    table = pd.DataFrame({"hidden": [0, 0, 0], "known": [1, 1, 1]})
    alone = network_scale_up(table, 1000, {"known": 300}, replicates=2)
    assert (none.estimate[0], none.low[0], none.high[0]) == pytest.approx((0, 0, alone.high))


def test_recruits_at_once_are_those_of_rds_ii_and_gile():
    sample, design = 120, sd.RespondentDriven()
    parent = design.parents(sample)
    degree, answer = RNG(13).integers(1, 30, (4, sample)).astype(float), RNG(14).integers(0, 2, (4, sample)) * 1.0
    for people in (0, 400):
        found = sd.recruited_shares(answer, degree, parent, people)
        for number in range(4):
            table = pd.DataFrame({"id": range(sample), "recruiter": np.where(parent < 0, np.nan, parent)})
            table = table.assign(y=np.where(answer[number] == 1, "yes", "no"), degree=degree[number])
            if people:
                alone = gile_ss(table, "y", "degree", people, draws=0)
            else:
                alone = rds_ii(table, "y", "degree", replicates=1).table
            assert found.estimate[number] == pytest.approx(alone.set_index("outcome").loc["yes", "estimate"], rel=1e-9)


def test_pairs_of_a_tree_count_by_their_distance():
    parent = np.where(np.arange(90) < 4, -1, RNG(15).integers(0, np.maximum(np.arange(90), 1)))
    above = [{place: 0} for place in range(90)]
    for place, by in enumerate(parent):
        if by >= 0:
            above[place] |= {other: far + 1 for other, far in above[by].items()}
    step, found = np.array([0.0, 0.4, 0.9, 1.0]), np.zeros(4)
    for one in range(90):
        for other in set(range(90)) - {one}:
            shared = set(above[one]) & set(above[other])
            if shared:
                found += step ** min(above[one][place] + above[other][place] for place in shared)
    np.testing.assert_allclose(within_trees(parent, step), found, atol=1e-9)
