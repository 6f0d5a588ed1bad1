"""What a user relies on in jackknifed regressions: R's errors, limits that hold where an outcome is rare."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from refusals import refused, warned
from survey_samples import CLUSTERS, STRATA

from survey_stats import NotEstimable, SurveyDesign, crude_and_adjusted, post_stratify, regression


@pytest.mark.parametrize("design", [STRATA, CLUSTERS])
@pytest.mark.parametrize(("outcome", "family"), [("api00", "gaussian"), ("wide", "binomial")])
def test_estimates_are_those_of_the_whole_sample(design, outcome, family):
    model = regression(design, outcome, ["ell", "meals", "mobility"], family=family, errors="jackknife")
    usual = regression(design, outcome, ["ell", "meals", "mobility"], family=family)
    assert model.coefficients["coefficient"].tolist() == usual.coefficients["coefficient"].tolist()


def test_the_order_of_rows_and_the_unit_of_weights_say_nothing():
    rng = np.random.default_rng(3)
    data = pd.DataFrame(
        {"stratum": rng.integers(0, 3, 300), "psu": rng.integers(0, 10, 300), "w": rng.uniform(1, 9, 300)}
    )
    data = data.assign(x=rng.normal(size=300), y=rng.random(300) < 0.2)
    one = SurveyDesign(data, "w", "stratum", "psu").logistic("y", ["x"], errors="jackknife").coefficients
    mixed = data.sample(frac=1, random_state=1).assign(w=lambda table: 7 * table["w"])
    other = SurveyDesign(mixed, "w", "stratum", "psu").logistic("y", ["x"], errors="jackknife").coefficients
    for column in ("coefficient", "standard_error", "degrees_of_freedom", "low"):
        assert other[column].tolist() == pytest.approx(one[column].tolist(), rel=1e-8)


def test_one_step_is_close_where_there_are_many_units(monkeypatch):
    rng = np.random.default_rng(4)
    data = pd.DataFrame({"psu": np.repeat(np.arange(200), 10), "w": rng.uniform(1, 3, 2000)})
    data = data.assign(x=rng.integers(0, 3, 2000).astype(float), y=rng.random(2000) < 0.3)
    design = SurveyDesign(data, "w", psu="psu")
    whole = design.logistic("y", ["x"], errors="jackknife").coefficients["standard_error"]
    monkeypatch.setattr("survey_stats.jackknife._REFITTED", 0)
    step = design.logistic("y", ["x"], errors="jackknife").coefficients["standard_error"]
    assert step.tolist() == pytest.approx(whole.tolist(), rel=0.002)
    assert step.tolist() != whole.tolist()


def test_a_unit_that_alone_keeps_an_estimate_finite_leaves_a_large_error():
    # Only unit 0 holds children with x who have the outcome: without it the fit would run away.
    rng = np.random.default_rng(5)
    data = pd.DataFrame({"psu": np.repeat(np.arange(20), 10), "w": 1.0, "x": np.tile([1.0] * 3 + [0.0] * 7, 20)})
    data["y"] = np.where(data["x"] == 1, (data["psu"] == 0) & (data.index % 10 < 2), rng.random(200) < 0.3)
    row = (
        SurveyDesign(data.astype({"y": bool}), "w", psu="psu")
        .logistic("y", ["x"], errors="jackknife")
        .coefficients.iloc[1]
    )
    assert np.isfinite(row[["standard_error", "low", "high"]].astype(float)).all()
    usual = SurveyDesign(data.astype({"y": bool}), "w", psu="psu").logistic("y", ["x"]).coefficients.iloc[1]
    # Without the unit there is no estimate: next to nothing is known.
    assert row["standard_error"] > 5 * usual["standard_error"]


def test_one_child_that_alone_keeps_an_estimate_finite_leaves_limits_that_tell_nothing():
    # Of the children with the trait the first alone has the outcome; weights differ.
    rng = np.random.default_rng(0)
    x = np.tile([True] + [False] * 9, 48)
    y = ~x & (rng.random(480) < 0.04)
    y[0] = True
    data = pd.DataFrame({"psu": np.repeat(np.arange(40), 12), "w": rng.gamma(1.0, 1.0, 480) + 0.1, "x": x, "y": y})
    design = SurveyDesign(data, "w", psu="psu")
    row, usual = (design.logistic("y", ["x"], **e).coefficients.iloc[1] for e in ({"errors": "jackknife"}, {}))
    assert row["standard_error"] > 5 * usual["standard_error"]
    assert row["odds_ratio_low"] < 0.01 and row["odds_ratio_high"] > 100


@pytest.mark.soak
def test_limits_of_rare_outcomes_hold_more_often():
    # 300 samples of 40 units of 12; 3 % have the outcome, a tenth has the trait, odds ratio 3. Nominal: 95 %.
    rng = np.random.default_rng(6)
    holds = {"jackknife": 0, "linearised": 0}
    made = 0
    while made < 300:
        x = rng.random(480) < 0.1
        y = rng.random(480) < np.where(x, 0.085, 0.03)
        data = pd.DataFrame({"psu": np.repeat(np.arange(40), 12), "w": rng.gamma(1.0, 1.0, 480) + 0.1, "x": x, "y": y})
        design = SurveyDesign(data, "w", psu="psu")
        try:
            limits = {errors: design.logistic("y", ["x"], errors=errors).coefficients.iloc[1] for errors in holds}
        except NotEstimable:
            continue
        made += 1
        true = np.log(0.085 / 0.915 / (0.03 / 0.97))
        for errors, row in limits.items():
            holds[errors] += row["low"] <= true <= row["high"]
    assert holds["jackknife"] >= holds["linearised"] + 3
    assert holds["jackknife"] / made > 0.9


def test_calibrated_weights_and_lonely_units_are_refused():
    data = pd.DataFrame({"stratum": list("NNSS"), "y": [0.0, 2.0, 1.0, 5.0], "w": 1.0})
    design = post_stratify(SurveyDesign(data, "w"), pd.DataFrame({"stratum": ["N", "S"], "population": [2.0, 4.0]}))
    with refused(ValueError, "calibrated_weights", "`replicate_weights(design)`"):
        regression(design, "y ~ 1", errors="jackknife")
    with refused(NotEstimable, "lonely_psu", "'S'"):
        regression(SurveyDesign(data[:3], "w", "stratum"), "y ~ 1", errors="jackknife")
    with refused(ValueError, "unknown_choice"):
        regression(SurveyDesign(data, "w"), "y ~ 1", errors="bootstrap")


def village_of_its_own() -> pd.DataFrame:
    """Ten villages, of which the last alone has the level "there"."""
    rng = np.random.default_rng(5)
    data = pd.DataFrame(
        {"village": np.repeat(np.arange(10), 30), "x": rng.normal(size=300), "w": rng.uniform(1, 3, 300)}
    )
    data["where"] = np.where(data["village"] == 9, "there", "here")
    return data.assign(y=rng.random(300) < 0.3)


@pytest.mark.parametrize("errors", ["linearised", "jackknife"])
def test_a_level_that_one_unit_alone_has_gets_no_error(errors):
    # Linearised, the village adds nothing to its own level's error, and without the village there is no such level.
    data = village_of_its_own()
    model = SurveyDesign(data, "w", psu="village").logistic("y", ["x", "where"], errors=errors)
    found = model.coefficients.set_index("term")
    lost = found[["standard_error", "low", "high", "p_value", "odds_ratio_low"]].isna().all(axis=1)
    assert lost.tolist() == [False, False, True] and found["coefficient"].notna().all()
    assert warned(model.warnings, "term_in_one_psu", "where[there]")
    assert model.marginal_effects()["standard_error"].isna().tolist() == [False, True]
    assert model.predictive_margins("where")["low"].isna().tolist() == [False, True]
    assert np.isfinite(model.contrast({"x": 2.0})["standard_error"])
    with refused(NotEstimable, "singular_covariance"):
        model.wald("where")
    both = crude_and_adjusted(SurveyDesign(data, "w", psu="village"), "y", ["x", "where"], errors=errors)
    assert both["text"].str.startswith("not estimable: without one sampling unit").tolist() == [False, True]
    assert both[["crude", "adjusted"]].isna().all(axis=1).tolist() == [False, True]


def test_the_other_terms_are_jackknifed_without_the_unit_as_well():
    # Each village left out by hand; without the last one there is no "there" and the others lose nothing by it.
    data = village_of_its_own()
    model = SurveyDesign(data, "w", psu="village").logistic("y", ["x", "where"], errors="jackknife")
    whole = model.coefficients.set_index("term")["coefficient"]
    apart = []
    for village in range(10):
        rest = SurveyDesign(data[data["village"] != village], "w", psu="village")
        left = rest.logistic("y", ["x", "where"] if village != 9 else ["x"]).coefficients.set_index("term")
        apart.append((left["coefficient"] - whole)[["intercept", "x"]])
    by_hand = np.sqrt(9 / 10 * (pd.DataFrame(apart) ** 2).sum())
    found = model.coefficients.set_index("term")["standard_error"][["intercept", "x"]]
    assert found.tolist() == pytest.approx(by_hand.tolist(), rel=1e-6)


def test_where_the_reference_lies_in_one_unit_the_intercept_has_no_error_either():
    data = village_of_its_own().assign(where=lambda d: d["where"].replace("there", "a"))
    found = SurveyDesign(data, "w", psu="village").logistic("y", ["x", "where"], errors="jackknife").coefficients
    assert found["standard_error"].isna().tolist() == [True, False, True]
    # All villages were drawn: nothing about them is by chance.
    census = SurveyDesign(data.assign(all=10), "w", psu="village", fpc="all").logistic("y", ["x", "where"])
    assert census.coefficients["standard_error"].notna().all()
