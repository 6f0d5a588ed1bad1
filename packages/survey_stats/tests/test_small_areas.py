"""Small areas: R's sae and samplics, and how often limits hold the truth."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from refusals import refused, warned

from survey_stats import NotEstimable, SurveyDesign, fay_herriot, pooled_errors

REFERENCE = Path(__file__).parents[3] / "tests" / "reference" / "small_areas"


@pytest.fixture(scope="module")
def milk() -> pd.DataFrame:
    return pd.read_csv(REFERENCE / "milk.csv", comment="#", dtype={"major": "str"})


# Fay and Herriot


@pytest.mark.parametrize("method", ["reml", "ml", "moments"])
def test_estimates_and_errors_of_the_milk_data_are_those_of_samplics(milk, method):
    table = fay_herriot(milk, "major", method=method).table
    expected = pd.read_csv(REFERENCE / "milk_estimates.csv", comment="#")
    # Its iterations end at a precision of 1e-4.
    assert table["eblup"].to_numpy() == pytest.approx(expected[f"{method}_eblup"].to_numpy(), abs=2e-6)
    assert table["mse"].to_numpy() == pytest.approx(expected[f"{method}_mse"].to_numpy(), rel=2e-5)


@pytest.mark.parametrize("method", ["reml", "ml"])
def test_estimates_and_errors_of_fifteen_areas_are_those_of_sae(milk, method):
    found = fay_herriot(milk[:15], "major", method=method)
    expected = pd.read_csv(REFERENCE / "milk_15_sae.csv", comment="#")
    assert found.table["eblup"].to_numpy() == pytest.approx(expected[f"{method}_eblup"].to_numpy(), abs=1e-6)
    assert found.table["mse"].to_numpy() == pytest.approx(expected[f"{method}_mse"].to_numpy(), rel=2e-6)


def test_an_area_without_a_sample_is_the_regression_and_says_so(milk):
    unknown = pd.DataFrame({"area": [44], "major": ["2"], "estimate": [np.nan], "standard_error": [np.nan]})
    found = fay_herriot(pd.concat([milk, unknown]), "major")
    without = fay_herriot(milk, "major")
    last, coefficient = found.table.iloc[-1], found.coefficients["coefficient"]
    assert last["synthetic"] and last["gamma"] == 0 and not found.table["synthetic"][:-1].any()
    assert last["eblup"] == pytest.approx(coefficient[0] + coefficient[1]) and last["mse"] > found.variance
    assert np.isnan(last["direct"]) and not last["direct_is_better"]
    assert found.table["eblup"][:-1].to_numpy() == pytest.approx(without.table["eblup"].to_numpy(), rel=1e-12)
    assert warned(found.warnings, "synthetic", 44)


def test_where_the_direct_estimate_is_better_it_is_marked():
    # Of seven areas little is known, and so of the variance between them; the eighth was sampled well.
    areas = pd.DataFrame({"area": list("abcdefgh"), "estimate": [0, 10, 1, 9, 2, 8, 3, 6.0], "standard_error": 3.0})
    areas.loc[7, "standard_error"] = 0.9
    found = fay_herriot(areas)
    assert found.table["direct_is_better"].tolist() == [False] * 7 + [True]
    assert found.table["mse"][7] > 0.81 and warned(found.warnings, "direct_is_better", "In h ")


def test_what_cannot_carry_a_model_is_refused(milk):
    with refused(NotEstimable, "too_few_areas", "8 areas", 9):
        fay_herriot(milk[:8].assign(major=list("12341234")), "major")
    with refused(NotEstimable, "no_variation", "1.5"):
        fay_herriot(milk.assign(estimate=1.5), "major")
    with refused(NotEstimable, "zero_variance"):
        fay_herriot(milk.assign(standard_error=2.0), "major")
    with refused(NotEstimable, "zero_variance"):
        fay_herriot(milk.assign(standard_error=2.0), "major", method="moments")
    with refused(NotEstimable, "collinear", "twice"):
        fay_herriot(milk.assign(once=milk["estimate"] ** 2, twice=2 * milk["estimate"] ** 2), ["once", "twice"])
    with refused(ValueError, "no_standard_error", "Row 3"):
        fay_herriot(milk.assign(standard_error=milk["standard_error"].where(milk["area"] != 4)), "major")
    with refused(ValueError, "missing_value", "Row 5"):
        fay_herriot(milk.assign(x=milk["estimate"].where(milk["area"] != 6)), "x")
    with refused(ValueError, "duplicate_key", 43):
        fay_herriot(pd.concat([milk, milk[-1:]]))


def test_the_order_of_areas_and_the_unit_of_the_outcome_change_nothing(milk):
    found = fay_herriot(milk, "major").table.set_index("area")
    other = milk.iloc[::-1].assign(estimate=100 * milk["estimate"], standard_error=100 * milk["standard_error"])
    again = fay_herriot(other, "major").table.set_index("area").loc[found.index]
    assert again["eblup"].to_numpy() == pytest.approx(100 * found["eblup"].to_numpy(), rel=1e-9)
    assert again["mse"].to_numpy() == pytest.approx(1e4 * found["mse"].to_numpy(), rel=1e-9)


def test_estimates_of_a_design_are_direct_estimates_as_they_come():
    random = np.random.default_rng(5)
    area = np.repeat(np.arange(12), 40)
    works = random.uniform(size=len(area)) < (0.1 + 0.05 * area)
    children = pd.DataFrame({"area": area, "village": np.arange(len(area)) // 8, "w": 2.0, "works": works})
    shares = SurveyDesign(children, weight="w", stratum="area", psu="village").proportion("works", by="area")
    found = fay_herriot(shares.assign(x=np.arange(12.0)), "x")
    assert found.table["direct"].tolist() == shares["estimate"].tolist()
    assert (found.table["mse"] < found.table["standard_error"] ** 2).mean() > 0.5


def test_errors_without_a_design_effect_cannot_be_pooled():
    shares = pd.DataFrame({"estimate": [0, 0.25], "n": [10, 20], "design_effect": np.nan, "standard_error": 0.01})
    with refused(NotEstimable, "no_design_effect"):
        pooled_errors(shares)


# Limits


@pytest.mark.slow
def test_limits_hold_the_truth_as_often_as_said():
    """Three hundred sets of 30 areas around a regression: 95 % limits hold 93 to 97 % of the true values."""
    random = np.random.default_rng(1)
    error, held = np.sqrt(np.resize([2.0, 1.0, 0.6, 0.5, 0.25], 30)), []
    for _ in range(300):
        x = random.normal(0, 1, 30)
        truth = 10 + x + random.normal(0, 1, 30)
        direct = truth + error * random.normal(0, 1, 30)
        areas = pd.DataFrame({"area": range(30), "estimate": direct, "standard_error": error, "x": x})
        table = fay_herriot(areas, "x").table
        held.append((table["low"] <= truth) & (truth <= table["high"]))
    assert 0.93 <= np.mean(held) <= 0.97


def test_a_picture_shows_both_estimates_and_what_was_not_sampled(milk):
    areas = milk.assign(estimate=milk["estimate"].where(milk["area"] < 42))
    figure = fay_herriot(areas, "major").plot(xlabel="share")
    (axes,) = figure.axes
    labels = [label.get_text() for label in axes.get_yticklabels()]
    assert len(labels) == 43 and labels[42] == "43 (no sample)" and axes.get_xlabel() == "share"
    assert "2 of them without a sample" in figure.get_suptitle()
