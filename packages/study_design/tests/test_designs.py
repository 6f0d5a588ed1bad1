"""What a design says in closed form is what its simulated samples show."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import study_design as sd
from bounded.refusal import Refusal
from study_design.costs import costs

RNG = np.random.default_rng


def people(prevalence: float = 0.02, **changes) -> sd.Population:
    """A population of 60,000 in three places, with four lists."""
    groups = pd.DataFrame({"place": ["a", "b", "c"], "group": "all", "population": [10_000, 20_000, 30_000]})
    lists = pd.DataFrame({"list": list("ABCD"), "coverage": [0.25, 0.2, 0.3, 0.15]})
    return sd.Population(groups.assign(prevalence=prevalence), lists, **changes)


MANY = {
    "lists": (sd.AdministrativeLists(model="independence"), 1080),
    "two lists": (sd.AdministrativeLists(lists=("A", "C")), 660),
    "survey": (sd.HouseholdSurvey(households=10), 900),
    "scale-up": (sd.NetworkScaleUp(), 700),
    "recruits": (sd.RespondentDriven(known=8), 500),
    "successive": (sd.RespondentDriven(estimator="successive_sampling"), 500),
    "venues": (sd.TimeLocation(attending=0.5, slots=7), 150),
}
REALISTIC = dict(cluster_correlation=0.05, barrier=0.5, homophily=0.2, false_positive=0.0)


@pytest.mark.parametrize("name", MANY)
def test_the_closed_form_of_the_error_is_that_of_simulated_samples(name):
    design, sample = MANY[name]
    population = people(0.05, **{**REALISTIC, "homophily": 0.2 if name in ("recruits", "successive") else 0.0})
    found = design.draw_and_estimate(population, sample, 1500, RNG(1))
    assert not found.refused.any()
    assert found.estimate.mean() == pytest.approx(population.truth, rel=0.03)
    spread = found.estimate.std() / population.truth
    assert design.expected(population, sample).variance ** 0.5 == pytest.approx(spread, rel=0.12)


@pytest.mark.parametrize("false_positive", [0.0, 0.004])
def test_the_least_prevalence_of_a_survey_is_told_from_zero_in_four_of_five(false_positive):
    population = people(0.01, false_positive=false_positive, cluster_correlation=0.02)
    design, sample = sd.HouseholdSurvey(households=10), 600
    least = sd.least_prevalence(design.expected(population, sample), population.prevalence)
    size, clusters = 40, 60

    def counts(prevalence: float, rng: np.random.Generator) -> np.ndarray:
        scale = 49.0
        rate = rng.beta(prevalence * scale + 1e-12, (1 - prevalence) * scale, (4000, clusters))
        return rng.binomial(size, rate + (1 - rate) * false_positive).sum(axis=1)

    limit = np.quantile(counts(0.0, RNG(2)), 0.95, method="higher")
    assert (counts(least, RNG(3)) > limit).mean() == pytest.approx(0.8, abs=0.07)


def test_the_least_change_is_told_in_four_of_five():
    before = people(0.03)
    design, sample = sd.NetworkScaleUp(), 300
    fall = sd.least_change(design.expected(before, sample).variance)
    assert 0.1 < fall < 0.6
    rounds = []
    for number, population in enumerate((before, people(0.03 * (1 - fall)))):
        found = design.draw_and_estimate(population, sample, 4000, RNG(number + 4))
        rounds.append((np.log(found.estimate), (np.log(found.high) - np.log(found.low)) / 2 / 1.96))
    apart = np.abs(rounds[0][0] - rounds[1][0]) / np.hypot(rounds[0][1], rounds[1][1])
    assert (apart > 1.96).mean() == pytest.approx(0.8, abs=0.05)


@pytest.mark.parametrize("odds_ratio", [0.5, 1.0, 3.0])
def test_patterns_of_lists_have_the_margins_and_odds_ratios_that_are_asked_for(odds_ratio):
    coverage = np.array([0.3, 0.1, 0.6])
    chance = sd.list_probabilities(coverage, odds_ratio)
    on = np.arange(8)[:, None] >> np.arange(3) & 1
    assert chance.sum() == pytest.approx(1) and on.T @ chance == pytest.approx(coverage)
    for third in (0, 4):
        both, first, second, none = (chance[third + place] for place in (3, 1, 2, 0))
        assert both * none / first / second == pytest.approx(odds_ratio)


def test_missed_links_make_more_persons_and_lose_none_on_a_list():
    clean, split = (sd.AdministrativeLists(missed_links=share) for share in (0.0, 0.2))
    population = people(0.05)
    low, high = (design.draw_and_estimate(population, 10_000, 300, RNG(6)).estimate.mean() for design in (clean, split))
    assert high > 1.1 * low


@pytest.mark.parametrize(
    ("design", "change", "factor"),
    [
        (sd.HouseholdSurvey(households=10), {"admits": 0.5}, 0.5),
        (sd.HouseholdSurvey(households=10), {"in_households": 0.7}, 0.7),
        (sd.NetworkScaleUp(), {"homophily": 0.5}, 0.5),
        (sd.NetworkScaleUp(), {"transmission": 0.6}, 0.6),
        (sd.AdministrativeLists(model="independence"), {"hidden": 0.3}, 0.7),
        (sd.TimeLocation(attending=0.5), {"admits": 0.5}, 0.5),
        (sd.TimeLocation(), {"attends": 0.4}, 0.4),
        (sd.RespondentDriven(), {"admits": 0.5}, 0.5),
    ],
)
def test_an_assumption_that_is_wrong_moves_the_estimate_as_far_as_it_should(design, change, factor):
    population = people(0.08, barrier=0.0, **change)
    sample = 1500 if not isinstance(design, sd.TimeLocation) else 300
    found = design.draw_and_estimate(population, sample, 300, RNG(7))
    assert found.estimate[~found.refused].mean() / population.truth == pytest.approx(factor, abs=0.04)


def test_an_allowance_moves_the_estimate_to_the_middle_and_the_limits_to_both_ends():
    plain, allowed = sd.NetworkScaleUp(), sd.NetworkScaleUp(allowance=(1.0, 1.44))
    first, second = (design.draw_and_estimate(people(), 200, 5, RNG(8)) for design in (plain, allowed))
    assert second.estimate == pytest.approx(1.2 * first.estimate)
    assert second.low == pytest.approx(first.low) and second.high == pytest.approx(1.44 * first.high)


def test_small_areas_are_estimated_and_refused_where_places_are_few():
    few = sd.HouseholdSurvey(estimator="fay_herriot", households=10)
    assert few.draw_and_estimate(people(0.05), 900, 20, RNG(9)).refused.all()
    groups = pd.DataFrame({"place": [f"p{n}" for n in range(12)], "group": "all", "population": 8000})
    groups["prevalence"] = 0.02 + 0.008 * np.arange(12)
    population = sd.Population(groups, pd.DataFrame({"list": ["A"], "coverage": [0.1]}))
    found = few.draw_and_estimate(population, 1200, 300, RNG(10))
    assert found.refused.mean() < 0.05
    held = (found.low <= population.truth) & (population.truth <= found.high)
    assert held[~found.refused].mean() == pytest.approx(0.93, abs=0.05)
    some = replace(few, places=tuple(groups["place"][:8]))
    assert np.isfinite(some.draw_and_estimate(population, 1200, 50, RNG(11)).estimate).any()


def test_two_studies_that_agree_are_one_and_two_that_do_not_are_refused():
    both = sd.Combined(first=sd.NetworkScaleUp(), second=sd.AdministrativeLists(model="independence"))
    assert both.name == "network scale-up and administrative lists"
    found, disagree = both.estimates_of(people(0.05), (400, 1080), 1000, RNG(12))
    assert disagree == pytest.approx(0.05, abs=0.025) == found.refused.mean()
    apart, disagree = both.estimates_of(people(0.05, homophily=0.5), (2000, 100_000), 200, RNG(13))
    assert disagree > 0.8 and apart.refused.mean() == disagree
    joint, single = both.expected_of(people(0.05), (400, 1080)), both.first.expected(people(0.05), 400)
    assert joint.variance < single.variance


def test_samples_that_are_too_large_to_draw_at_once_are_drawn_in_parts(monkeypatch):
    design, population = sd.NetworkScaleUp(), people(0.05)
    whole = design.draw_and_estimate(population, 100, 40, RNG(14))
    monkeypatch.setattr("study_design.design._MOST_DRAWN", 700)
    parts = design.draw_and_estimate(population, 100, 40, RNG(14))
    assert parts.estimate.shape == whole.estimate.shape and np.isfinite(parts.high).all()
    assert parts.estimate.mean() == pytest.approx(whole.estimate.mean(), rel=0.05)


@pytest.mark.parametrize("design", [design for design, _ in MANY.values()])
def test_a_sample_costs_no_more_than_its_budget_and_one_more_would(design):
    table = sd.EXAMPLE_COSTS
    population = people(0.05)
    for budget in (900.0, 1500.0, 7777.0):
        sample = design.sample_for(budget, table, population)
        low, value, high = design.cost(sample, table, population)
        assert 0 < sample <= design.most_sample(population) and low <= value <= high and value <= budget + 1e-6
        more = sample + getattr(design, "households", 1)
        assert more > design.most_sample(population) or design.cost(more, table, population)[1] > budget
    assert design.sample_for(10.0, table, population) == 0
    assert design.draw_and_estimate(population, 0, 3, RNG(1)).refused.all()


def test_tables_of_the_package_are_examples_and_have_sources():
    table, ethics = sd.EXAMPLE_COSTS, sd.ETHICS
    assert table["source"].str.startswith("example, not a price of any country").all()
    assert table.set_index("item").loc["household_interview", ["low", "value", "high"]].tolist() == [1, 1, 1]
    assert set(ethics["topic"]) == {"children", "consent", "referral", "safety", "data"}
    kinds = (sd.AdministrativeLists, sd.HouseholdSurvey, sd.NetworkScaleUp, sd.RespondentDriven, sd.TimeLocation)
    assert set(ethics["design"]) == {"all designs", *(kind().name for kind in kinds)}
    assert (ethics["source"].str.len() > 20).all() and (ethics["note"].str.len() > 20).all()
    with pytest.raises(AttributeError):
        _ = sd.PRICES


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda: people(admits=0.0), "out_of_range"),
        (lambda: people(hidden=1.0), "out_of_range"),
        (lambda: people(0.0), "nobody"),
        (lambda: people(1.5), "out_of_range"),
        (lambda: people("many"), "not_a_number"),
        (lambda: sd.Population(pd.DataFrame({"place": ["a"]}), pd.DataFrame()), "missing_column"),
        (lambda: sd.Population([1], pd.DataFrame()), "wrong_type"),
        (lambda: costs(sd.EXAMPLE_COSTS.assign(low=9.0), {"venue_visit": 1}), "invalid_range"),
        (lambda: sd.HouseholdSurvey(estimator="mean"), "unknown_choice"),
        (lambda: sd.HouseholdSurvey(allowance=(2.0, 1.0)), "out_of_range"),
        (lambda: sd.AdministrativeLists(lists=("E",)).coverage(people()), "unknown_list"),
        (lambda: sd.HouseholdSurvey(places=("z",)).clusters(people(), 100), "unknown_place"),
        (lambda: sd.RespondentDriven(groups=("z",)).sampled(people()), "unknown_group"),
        (lambda: costs(sd.EXAMPLE_COSTS, {"boat": 1}), "unknown_item"),
        (lambda: sd.list_probabilities([0.2, 1.0]), "out_of_range"),
    ],
)
def test_what_cannot_be_used_is_refused_by_a_code(make, code):
    with pytest.raises(Refusal, check=lambda error: error.code == code):
        make()
