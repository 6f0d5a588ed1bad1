"""Odds ratios by penalised likelihood: R's logistf and brglm2, tables by hand, and what always holds."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from fuzzing import examples
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from plain_plots import dots, labels, words
from refusals import codes, refused, warned
from scipy import optimize, special, stats

from survey_stats import NotEstimable, firth_logistic

REFERENCE = Path(__file__).parents[3] / "tests" / "reference" / "risk"
FIRTH = json.loads((REFERENCE / "firth.json").read_text())
CONTRACEPTION = ["age", "oc", "vic", "vicl", "vis", "dia"]


@pytest.fixture(scope="module")
def women() -> pd.DataFrame:
    """239 college women, cases of urinary tract infection among them (sex2 of R package logistf)."""
    return pd.read_csv(REFERENCE / "sex2.csv", comment="#")


@pytest.fixture(scope="module")
def cancers() -> pd.DataFrame:
    """79 cases of endometrial cancer (endometrial of R package brglm2)."""
    return pd.read_csv(REFERENCE / "endometrial.csv", comment="#")


def coefficients(result) -> np.ndarray:
    return result.coefficients["coefficient"].to_numpy()


def test_estimates_limits_and_p_values_are_those_of_logistf(women):
    found, expected = firth_logistic(women, "case", CONTRACEPTION), FIRTH["sex2"]
    assert found.coefficients["term"].tolist() == expected["terms"]
    for column in ("coefficient", "standard_error", "low", "high", "p_value"):
        assert found.coefficients[column].to_numpy() == pytest.approx(expected[column], rel=1e-8), column
    assert found.loglikelihood == pytest.approx(expected["loglikelihood"], rel=1e-12)
    assert found.null_loglikelihood == pytest.approx(expected["null_loglikelihood"], rel=1e-12)


def test_products_and_numbers_are_those_of_brglm2(women, cancers):
    interaction = FIRTH["sex2_interaction"]
    found = firth_logistic(women, interaction["formula"]).coefficients.set_index("term")["coefficient"]
    assert found[interaction["terms"]].to_numpy() == pytest.approx(interaction["coefficient"], rel=1e-9)
    numbers = FIRTH["endometrial"]
    result = firth_logistic(cancers, "HG", ["NV", "PI", "EH"])
    assert coefficients(result) == pytest.approx(np.array(numbers["coefficient"]), rel=1e-9)
    assert result.loglikelihood == pytest.approx(numbers["loglikelihood"], rel=1e-12)
    # Errors of Fisher's information alone are larger, as said.
    assert (result.coefficients["standard_error"] < numbers["fisher_error"]).all()


def two_by_two(exposed: tuple[int, int], others: tuple[int, int]) -> pd.DataFrame:
    rows = [(1, 1)] * exposed[0] + [(1, 0)] * exposed[1] + [(0, 1)] * others[0] + [(0, 0)] * others[1]
    return pd.DataFrame(rows, columns=["exposed", "works"])


def test_limits_and_p_value_of_a_two_by_two_table_follow_from_its_likelihood_alone():
    # Penalised likelihood of a saturated table: Beta(7.5, 0.5) and Beta(20.5, 30.5) densities of the two log odds.
    # What remains is one number to maximise over, done here by another method.
    def loss(base: float, difference: float) -> float:
        a, b = base + difference, base
        return -(7.5 * a - 8 * np.logaddexp(0, a) + 20.5 * b - 51 * np.logaddexp(0, b))

    def best(difference: float) -> float:
        return optimize.minimize_scalar(loss, args=(difference,), bracket=(-1, 0), tol=1e-14).fun

    found = firth_logistic(two_by_two((7, 0), (20, 30)), "works", ["exposed"]).coefficients.iloc[1]
    top = best(found["coefficient"])
    for limit in (found["low"], found["high"]):
        assert 2 * (best(limit) - top) == pytest.approx(stats.chi2.ppf(0.95, 1), rel=1e-8)
    assert found["p_value"] == pytest.approx(stats.chi2.sf(2 * (best(0) - top), 1), rel=1e-8)
    assert found["odds_ratio_low"] == pytest.approx(np.exp(found["low"]))


def children(seed: int, n: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    data = pd.DataFrame(
        {"age": rng.integers(5, 18, n), "debt": rng.random(n) < 0.3, "sex": rng.choice(["female", "male"], n)}
    )
    return data.assign(works=rng.random(n) < special.expit(-3 + 0.2 * data["age"] + 2 * data["debt"]))


samples = st.tuples(st.integers(0, 10_000), st.integers(15, 60)).map(lambda drawn: children(*drawn))


def usable(data: pd.DataFrame) -> bool:
    x = np.column_stack([np.ones(len(data)), data["age"], data["debt"], data["sex"] == "male"]).astype(float)
    return bool(0 < data["works"].sum() < len(data) and np.linalg.matrix_rank(x) == 4)


@pytest.mark.slow
@settings(deadline=None, max_examples=examples(10))
@given(samples)
def test_every_limit_is_finite_and_says_what_the_p_value_says(data):
    assume(usable(data))
    found = firth_logistic(data, "works", ["age", "debt", "sex"], confidence=0.9).coefficients
    assert np.isfinite(found.select_dtypes("number").drop(columns=["odds_ratio_high", "odds_ratio"])).all(axis=None)
    assert ((found["low"] < found["coefficient"]) & (found["coefficient"] < found["high"])).all()
    assert ((found["p_value"] < 0.1) == ((found["low"] > 0) | (found["high"] < 0))).all()


@pytest.mark.slow
@settings(deadline=None, max_examples=examples(4))
@given(samples, st.sampled_from([(2020, 1), (0, 1e-4), (-1e5, 365)]))
def test_units_order_and_the_way_the_outcome_is_coded_change_nothing_else(data, unit):
    assume(usable(data))
    columns = ["age", "debt", "sex"]
    found = firth_logistic(data, "works", columns).coefficients.set_index("term")
    numbers = ["coefficient", "low", "high"]
    other = data.assign(age=unit[0] + unit[1] * data["age"]).sample(frac=1, random_state=1)
    changed = firth_logistic(other, "works", columns).coefficients.set_index("term")
    assert changed.loc["age", numbers].to_numpy() * unit[1] == pytest.approx(
        found.loc["age", numbers], rel=1e-6, abs=1e-8
    )
    for term in ("debt", "sex[male]"):
        assert changed.loc[term, numbers].to_numpy() == pytest.approx(found.loc[term, numbers], rel=1e-6, abs=1e-8)
        assert changed.loc[term, "p_value"] == pytest.approx(found.loc[term, "p_value"], rel=1e-6)
    turned = firth_logistic(data.assign(works=~data["works"]), "works", columns).coefficients.set_index("term")
    mirrored = -turned[["coefficient", "high", "low"]].to_numpy()
    assert mirrored == pytest.approx(found[numbers].to_numpy(), rel=1e-6, abs=1e-8)


def test_respondents_of_whom_something_is_not_known_are_left_out_and_counted(women):
    holes = women.astype({"age": "Int64", "case": "boolean"})
    holes.loc[[0, 5], "age"] = pd.NA
    holes.loc[[5, 9], "case"] = pd.NA
    found = firth_logistic(holes, "case", ["age", "oc"])
    assert (found.n, found.unknown) == (236, 3)
    assert warned(found.warnings, "unknown_left_out", "3 of 239 respondents")
    rest = firth_logistic(women.drop(index=[0, 5, 9]), "case", ["age", "oc"])
    pd.testing.assert_frame_equal(found.coefficients, rest.coefficients)


def test_separation_is_said(women):
    found = firth_logistic(women, "case", CONTRACEPTION)
    assert found.infinite == ("dia",)
    assert warned(found.warnings, "separation", "dia")
    assert firth_logistic(women, "case", ["age", "oc"]).infinite == ()


def test_a_rare_outcome_is_said_and_predictions_that_are_too_high():
    data = two_by_two((2, 40), (1, 150))
    found = firth_logistic(data, "works", ["exposed"])
    assert warned(found.warnings, "few_events_per_term", "3 respondents with the outcome for 1 term,")
    # By hand: of 42 exposed a share of 2.5/43 is predicted, of 151 others 1.5/152; 3 have the outcome.
    excess = (42 * 2.5 / 43 + 151 * 1.5 / 152) / 3 - 1
    assert warned(found.warnings, "predictions_off", f"{100 * excess:.0f} % more")
    # Of many with the outcome no predictions are off.
    assert "predictions_off" not in codes(
        firth_logistic(two_by_two((20, 40), (50, 150)), "works", ["exposed"]).warnings
    )


@pytest.mark.parametrize(
    ("change", "covariates", "error", "reason"),
    [
        ({"case": 0}, ["age"], NotEstimable, ("outcome_does_not_vary", "239")),
        ({"case": 1}, ["age"], NotEstimable, ("outcome_does_not_vary", "239")),
        ({"case": np.nan}, ["age"], NotEstimable, ("no_complete_rows",)),
        ({"age": 3}, ["age", "oc"], NotEstimable, ("collinear",)),
        ({"twice": lambda data: 2 * data["oc"]}, ["age", "oc", "twice"], NotEstimable, ("collinear",)),
        ({"sex": "female"}, ["age", "income"], ValueError, ("missing_column", "column 'income'")),
    ],
)
def test_data_that_carry_no_odds_ratio_are_refused(women, change, covariates, error, reason):
    with refused(error, *reason):
        firth_logistic(women.assign(**change), "case", covariates)


def test_fewer_respondents_than_terms_are_refused():
    data = pd.DataFrame({"works": [0, 1, 1], "a": [1, 2, 3], "b": [1, 0, 1], "c": [5, 1, 2]})
    with refused(NotEstimable, "too_few_rows"):
        firth_logistic(data, "works", ["a", "b", "c"])


def test_arguments_that_mean_nothing_are_refused(women):
    with refused(ValueError, "confidence_out_of_range"):
        firth_logistic(women, "case", ["age"], confidence=95)


def test_a_plot_has_the_odds_ratio_of_each_term_with_its_limits():
    # With half a person added to each cell: (6.5 / 4.5) / (2.5 / 8.5).
    result = firth_logistic(two_by_two((6, 4), (2, 8)), "works", ["exposed"], confidence=0.9)
    figure = result.plot()
    assert dots(figure)[0] == pytest.approx([(6.5 / 4.5) / (2.5 / 8.5)])
    assert labels(figure) == result.coefficients["term"][1:].tolist() and "90 % profile limits" in words(figure)
