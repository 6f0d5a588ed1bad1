"""What a user relies on in margins and marginal effects: R's survey package, tables by hand, and what always holds."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from fuzzing import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from refusals import refused
from scipy import special
from survey_samples import CLUSTERS, REFERENCE, STRATA, children

from survey_stats import SurveyDesign, regression

R = json.loads((REFERENCE / "regression.json").read_text(encoding="utf-8"))


DESIGNS = {"margins_strat": STRATA, "margins_clus1": CLUSTERS}


@pytest.mark.parametrize("name", DESIGNS)
def test_margins_and_effects_are_those_of_r(name):
    # Points as svypredmeans; errors of linearised scores, computed in R and given to its svyrecvar.
    model, r = DESIGNS[name].logistic("wide ~ ell + stype + meals"), R[name]
    margins = model.predictive_margins("stype")
    assert margins["level"].tolist() == ["E", "H", "M"]
    assert margins["margin"].tolist() == pytest.approx(r["svypredmeans"], rel=1e-9)
    assert margins["standard_error"].tolist() == pytest.approx(r["standard_error"], rel=1e-7)
    effects = model.marginal_effects().set_index(["factor", "level"])
    found = effects.loc["stype"]
    assert found["effect"].tolist() == pytest.approx(r["difference"], rel=1e-9)
    assert found["standard_error"].tolist() == pytest.approx(r["difference_error"], rel=1e-7)
    slope = model.marginal_effects("ell").iloc[0]
    assert [slope["effect"], slope["standard_error"]] == pytest.approx([r["slope"][0], r["slope_error"][0]], rel=1e-6)


def test_errors_hold_that_the_sample_was_drawn_and_that_both_parts_go_together():
    # svypredmeans adds the variance of the coefficients to that of whom is averaged over, as if the two were apart; in
    # districts they are not. R's jackknife, withReplicates(as.svrepdesign(dc1)) of the same margins, needs no formula.
    errors = DESIGNS["margins_clus1"].logistic("wide ~ ell + stype + meals").predictive_margins("stype")
    jackknife = np.array([0.02164, 0.07936, 0.10185])
    assert errors["standard_error"].to_numpy() == pytest.approx(jackknife, rel=0.12)
    apart = R["margins_clus1"]["svypredmeans_error"]
    assert np.abs(np.log(errors["standard_error"] / jackknife)).max() < np.abs(np.log(apart / jackknife)).max()


def design_of(data: pd.DataFrame) -> SurveyDesign:
    return SurveyDesign(data, "w", psu="village")


@pytest.mark.slow
@settings(max_examples=examples(6), deadline=None)
@given(st.integers(0, 10**6))
def test_effects_in_a_linear_model_are_its_coefficients(seed):
    model = regression(design_of(children(seed)), "age ~ sex + debt + w")
    effects = model.marginal_effects().set_index("factor")
    table = model.coefficients.set_index("factor").loc[effects.index]
    for ours, theirs in (("effect", "coefficient"), ("low", "low"), ("high", "high"), ("p_value", "p_value")):
        assert effects[ours].tolist() == pytest.approx(table[theirs].tolist(), rel=1e-6, abs=1e-9)


@pytest.mark.slow
@settings(max_examples=examples(4), deadline=None)
@given(st.integers(0, 10**6), st.floats(1e-3, 1e3))
def test_the_reference_turns_the_sign_and_the_unit_of_weights_changes_nothing(seed, unit):
    data = children(seed)
    one = design_of(data).logistic("y ~ sex * age + debt").marginal_effects().set_index("factor")
    turned = data.assign(sex=data["sex"].cat.reorder_categories(["female", "male"]), w=data["w"] * unit)
    other = design_of(turned).logistic("y ~ sex * age + debt").marginal_effects().set_index("factor")
    sex = [other.loc["sex", "effect"], other.loc["sex", "standard_error"]]
    assert sex == pytest.approx([-one.loc["sex", "effect"], one.loc["sex", "standard_error"]], rel=1e-5)
    for factor in ("age", "debt"):
        assert other.loc[factor, "effect"] == pytest.approx(one.loc[factor, "effect"], rel=1e-5, abs=1e-9)


def test_a_derivative_follows_powers_and_products():
    # Of age + age² and a product: beta_1 + 2 beta_2 age + beta_3 (sex is female), times p (1 - p), averaged.
    data = children(1)
    model = design_of(data).logistic("y ~ age + {age**2} + age:sex + sex")
    b = model.coefficients.set_index("term")["coefficient"]
    eta = model.x @ model.coefficients["coefficient"].to_numpy()
    female = (data["sex"] == "female").to_numpy()
    product = next(term for term in b.index if ":" in term)
    slope = b["age"] + 2 * b["age ** 2"] * data["age"] + b[product] * female
    expected = np.average(special.expit(eta) * special.expit(-eta) * slope, weights=data["w"])
    assert model.marginal_effects("age")["effect"].iloc[0] == pytest.approx(expected, rel=1e-6)


def test_a_number_made_a_category_has_levels():
    data = children(2).assign(grade=lambda d: d["age"] % 3)
    effects = design_of(data).logistic("y ~ C(grade) + debt").marginal_effects("grade")
    assert effects["level"].tolist() == ["1", "2"]
    assert effects["reference"].tolist() == ["0", "0"]


def test_booleans_are_no_and_yes_and_the_domain_is_what_is_averaged_over():
    data = children(3)
    old = data["age"] > 10
    model = design_of(data).domain(old).logistic("y", ["debt", "age"])
    margins = model.predictive_margins("debt")
    assert margins["level"].tolist() == ["no", "yes"]
    assert margins["n"].sum() == old.sum()
    b = model.coefficients["coefficient"].to_numpy()
    everybody = special.expit(b[0] + b[1] + b[2] * data["age"][old])
    assert margins["margin"].iloc[1] == pytest.approx(np.average(everybody, weights=data["w"][old]))
    assert ((margins["low"] < margins["margin"]) & (margins["margin"] < margins["high"])).all()


def test_what_has_no_margin_is_said():
    model = design_of(children(4)).logistic("y ~ age + sex")
    with refused(ValueError, "not_categorical", "'age'"):
        model.predictive_margins("age")
    with refused(ValueError, "unknown_covariate", "'debt'"):
        model.marginal_effects("debt")
    with refused(ValueError, "no_covariates"):
        design_of(children(4)).logistic("y ~ 1").marginal_effects()
    with refused(ValueError, "sample_dependent_term"):
        design_of(children(4)).logistic("y ~ {age - age.mean()} + sex").marginal_effects("age")
