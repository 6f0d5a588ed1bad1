"""What a user relies on in regressions of a survey: R's survey package, tables by hand, and what always holds."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from fuzzing import examples
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from plain_plots import axes_of, dots, labels, limits, pairs
from refusals import codes, refused, warned
from scipy import special, stats
from survey_samples import CLUSTERS, REFERENCE, SIMPLE, STRATA, TWO_STAGE, children

from survey_stats import NotEstimable, Regression, SurveyDesign, crude_and_adjusted, logistic_regression, regression

R = json.loads((REFERENCE / "regression.json").read_text(encoding="utf-8"))


DS, DC1, DSR, DC2 = (
    design.with_columns(good=design.data["api00"] > 650, hundreds=design.data["enroll"] / 100)
    for design in (STRATA, CLUSTERS, SIMPLE, TWO_STAGE)
)
THREE = "ell + meals + mobility"
MODELS = {
    **{f"{name}_logistic": (d, f"wide ~ {THREE}", "binomial") for name, d in (("ds", DS), ("dc1", DC1), ("dsr", DSR))},
    **{f"{name}_linear": (d, f"api00 ~ {THREE}", "gaussian") for name, d in (("ds", DS), ("dc1", DC1), ("dsr", DSR))},
    **{f"{n}_poisson": (d, "enroll ~ ell + meals", "poisson") for n, d in (("ds", DS), ("dc1", DC1), ("dsr", DSR))},
    "domain_strat": (DS.domain(DS.data["meals"] > 30), "wide ~ ell + stype", "binomial"),
    "domain_clus1": (DC1.domain(DC1.data["meals"] < 60), "wide ~ ell + mobility", "binomial"),
    "interaction": (DS, "wide ~ stype * ell + comp.imp", "binomial"),
    "interaction_clus2": (DC2, "wide ~ stype * meals + ell", "binomial"),
    "factors": (DS, "good ~ stype * `sch.wide`", "binomial"),
    "missing": (DC2, "wide ~ hundreds + ell", "binomial"),
    "prevalence_ratio": (DS, "wide ~ stype + ell", "poisson"),
    "clus1_stype": (DC1, f"wide ~ {THREE} + stype", "binomial"),
}


def fitted(name: str) -> Regression:
    design, formula, family = MODELS[name]
    return regression(design, formula, family=family)


def in_order_of_r(model: Regression, terms: list[str]) -> list[int]:
    """The places of R's terms among ours, which are named `sex[male]` where R has `sexmale`."""
    ours = {term.replace("[", "").replace("]", ""): place for place, term in enumerate(model.terms)}
    same = {"(Intercept)": "intercept", "I(enroll/100)": "hundreds"}
    return [
        next(place for name, place in ours.items() if sorted(name.split(":")) == sorted(same.get(t, t).split(":")))
        for t in terms
    ]


@pytest.mark.parametrize("name", MODELS)
def test_a_regression_is_that_of_r(name):
    model, r = fitted(name), R[name]
    order = in_order_of_r(model, r["terms"])
    table = model.coefficients.iloc[order]
    assert table["coefficient"].tolist() == pytest.approx(r["coefficient"], rel=1e-11)
    # R takes the weights of the step before the last, so that its errors end at the eighth digit or so.
    for column, theirs in (("standard_error", "standard_error"), ("low", "low"), ("high", "high")):
        assert table[column].tolist() == pytest.approx(r[theirs], rel=1e-6, abs=1e-9)
    assert table["p_value"].tolist() == pytest.approx(r["p"], rel=1e-6)
    covariance = model.covariance.to_numpy()[np.ix_(order, order)].ravel()
    assert covariance == pytest.approx(r["covariance"], rel=1e-6, abs=1e-10)
    assert [model.degrees_of_freedom, model.n] == [r["df"][0], r["n"][0]]


@pytest.mark.parametrize(
    ("name", "terms", "test"),
    [
        ("interaction", "stype:ell", "wald_interaction"),
        ("interaction", "stype", "wald_stype"),
        ("interaction", ["ell", "comp.imp[Yes]"], "wald_both"),
        ("clus1_stype", ["stype", "meals"], "wald_clus1"),
    ],
)
def test_a_test_of_several_terms_is_that_of_r(name, terms, test):
    row = fitted(name).wald(terms).iloc[0]
    found = [row["statistic"], row["coefficients"], row["degrees_of_freedom"], row["p_value"]]
    assert found == pytest.approx([R[test][k][0] for k in ("F", "df", "ddf", "p")], rel=1e-6)


def test_the_wald_test_is_adjusted_for_few_psus():
    # Korn and Graubard: F = (d - k + 1) / (d k) W on k and d - k + 1; 15 districts, one stratum: d = 14, k = 3.
    row = fitted("clus1_stype").wald(["stype", "meals"]).iloc[0]
    assert row["adjusted"] == pytest.approx(row["statistic"] * 12 / 14)
    assert row["adjusted_degrees_of_freedom"] == 12
    assert row["adjusted_p_value"] == pytest.approx(stats.f.sf(row["adjusted"], 3, 12))
    assert fitted("clus1_stype").wald()["tested"].tolist() == ["ell", "meals", "mobility", "stype"]


def test_linear_predictors_are_those_of_r():
    model = fitted("clus1_stype")
    rows = [{"intercept": 1, "meals": 50, "mobility": 10},
            {"intercept": 1, "ell": 30, "meals": 10, "mobility": 20, "stype[M]": 1}]  # fmt: skip
    found = [model.contrast(row) for row in rows]
    link, error = np.array(R["predict"]["link"]), np.array(R["predict"]["standard_error"])
    assert [row["estimate"] for row in found] == pytest.approx(link)
    t = 2.26215716279820  # R: qt(0.975, 9), of 15 districts and 6 terms
    assert [row["low"] for row in found] == pytest.approx(link - t * error, rel=1e-7)
    assert [row["high"] for row in found] == pytest.approx(link + t * error, rel=1e-7)


def test_a_model_of_nothing_but_the_intercept_has_the_limits_of_a_proportion():
    row, share = DS.logistic("wide ~ 1").coefficients.iloc[0], DS.proportion("wide").iloc[0]
    assert special.expit([row["low"], row["high"]]) == pytest.approx([share["low"], share["high"]])


def table_of(a: int, b: int, c: int, d: int) -> pd.DataFrame:
    """With the outcome and without it: a, b among the exposed and c, d among the others."""
    rows = [("yes", 1)] * a + [("yes", 0)] * b + [("no", 1)] * c + [("no", 0)] * d
    return pd.DataFrame(rows, columns=["exposed", "y"]).assign(w=2.0)


def design_of(data: pd.DataFrame) -> SurveyDesign:
    return SurveyDesign(data, "w", "stratum", "village")


FORMULA = "y ~ sex * age + nationality + debt"


@settings(max_examples=examples(8), deadline=None)
@given(st.integers(0, 10**6), st.floats(1e-3, 1e3))
def test_the_unit_of_weights_and_the_order_of_rows_change_nothing(seed, unit):
    data = children(seed)
    one = design_of(data).logistic(FORMULA)
    other = design_of(data.sample(frac=1, random_state=seed).assign(w=data["w"] * unit)).logistic(FORMULA)
    columns = ["coefficient", "standard_error", "low", "high", "p_value"]
    assert other.coefficients[columns].to_numpy() == pytest.approx(one.coefficients[columns].to_numpy(), rel=1e-6)
    assert other.terms == one.terms


@settings(max_examples=examples(8), deadline=None)
@given(st.integers(0, 10**6))
def test_another_reference_gives_the_inverse_odds_ratio(seed):
    data = children(seed)
    one = design_of(data).logistic("y", ["sex", "age"]).coefficients.set_index("term").loc["sex[female]"]
    turned = data.assign(sex=data["sex"].cat.reorder_categories(["female", "male"]))
    other = design_of(turned).logistic("y", ["sex", "age"]).coefficients.set_index("term").loc["sex[male]"]
    assert other["odds_ratio"] == pytest.approx(1 / one["odds_ratio"])
    assert other["odds_ratio_low"] == pytest.approx(1 / one["odds_ratio_high"])
    assert other["p_value"] == pytest.approx(one["p_value"])


@settings(max_examples=examples(8), deadline=None)
@given(st.integers(0, 10**6))
def test_who_lies_outside_a_domain_counts_as_with_next_to_no_weight(seed):
    data = children(seed)
    inside = data["age"] >= 9
    one = design_of(data).domain(inside).logistic("y ~ sex + age")
    other = design_of(data.assign(w=data["w"].where(inside, 1e-13))).logistic("y ~ sex + age")
    for column in ("coefficient", "standard_error"):
        assert other.coefficients[column].tolist() == pytest.approx(one.coefficients[column].tolist(), rel=1e-6)
    assert one.n == inside.sum() < other.n


@settings(max_examples=examples(25), deadline=None)
@given(*[st.integers(1, 40)] * 4)
def test_an_odds_ratio_is_that_of_its_table(a, b, c, d):
    assume(a + b + c + d > 4)
    row = SurveyDesign(table_of(a, b, c, d), "w").logistic("y ~ exposed").coefficients.iloc[1]
    assert row["odds_ratio"] == pytest.approx(a * d / (b * c))
    n = a + b + c + d
    assert row["standard_error"] ** 2 == pytest.approx((1 / a + 1 / b + 1 / c + 1 / d) * n / (n - 1))


def test_formula_and_columns_are_one_model():
    one = design_of(children(1)).logistic("y ~ sex + nationality + debt + age")
    other = design_of(children(1)).logistic("y", ["sex", "nationality", "debt", "age"])
    assert one.terms == other.terms == (
        "intercept", "sex[female]", "nationality[TR]", "nationality[other]", "debt", "age")  # fmt: skip
    assert one.coefficients["coefficient"].tolist() == pytest.approx(other.coefficients["coefficient"].tolist())
    debt = one.coefficients.iloc[4]
    assert [debt["factor"], debt["level"], debt["reference"]] == ["debt", "yes", "no"]
    assert one.coefficients[["level", "reference"]].iloc[5].isna().all()


def test_terms_say_of_which_factor_level_and_reference_they_are():
    model = design_of(children(2)).logistic("y ~ C(nationality, contr.treatment('TR')) * sex + C(age > 11)")
    table = model.coefficients.set_index("term")
    row = table.loc["nationality[SY]:sex[female]"]
    assert [row["factor"], row["level"], row["reference"]] == ["nationality:sex", "SY:female", "TR:male"]
    assert table.loc["nationality[other]", "reference"] == "TR"


def test_names_with_dots_and_blanks_stand_in_a_formula():
    data = children(3).rename(columns={"age": "age of child", "debt": "in.debt", "y": "at.work"})
    model = design_of(data).logistic("at.work ~ `age of child` + in.debt:sex + in.debt")
    assert model.terms[:3] == ("intercept", "age of child", "in.debt")
    with refused(ValueError, "missing_column", "column 'absent'"):
        design_of(data).logistic("at.work ~ absent")


def test_what_is_not_known_is_counted_apart_and_stays_in_the_design():
    data = children(4)
    data.loc[:19, "y"] = pd.NA
    data.loc[15:39, "sex"] = None
    model = design_of(data).logistic("y ~ sex + age")
    assert (model.n, model.unknown) == (200, 40)
    assert model.share_unknown == pytest.approx(data["w"][:40].sum() / data["w"].sum())
    assert warned(model.warnings, "unknown_left_out", "most often 'sex'")
    known = design_of(data).domain(data["y"].notna() & data["sex"].notna()).logistic("y ~ sex + age")
    assert model.covariance.to_numpy() == pytest.approx(known.covariance.to_numpy())


def test_few_events_and_an_absent_reference_are_said():
    data = table_of(9, 30, 8, 40).assign(z=np.arange(87) % 7)
    model = SurveyDesign(data, "w").logistic("y ~ exposed + z")
    assert codes(model.warnings) == ["few_events_per_term"]
    assert warned(model.warnings, "few_events_per_term", "17 respondents are with 'y' for 2 terms")
    data = data.assign(exposed=pd.Categorical(data["exposed"], ["never", "no", "yes"]))
    said = SurveyDesign(data, "w").logistic("y", "exposed").warnings
    assert codes(said) == ["reference_changed"]
    assert warned(said, "reference_changed", "'exposed' = 'never'", "'no' is the reference")


def test_separation_is_refused_and_its_terms_named():
    data = pd.concat([table_of(20, 10, 15, 30), pd.DataFrame({"exposed": ["always"] * 6, "y": 1, "w": 2.0})])
    data = data.reset_index(drop=True).assign(exposed=lambda d: pd.Categorical(d["exposed"], ["no", "yes", "always"]))
    with refused(NotEstimable, "separation") as error:
        SurveyDesign(data, "w").logistic("y ~ exposed")
    assert "exposed[yes]" not in str(error.value)


def test_counts_that_are_all_0_in_a_level_are_refused():
    data = table_of(20, 10, 15, 30).assign(count=lambda d: np.where(d["exposed"] == "yes", 0, 1 + d.index % 3))
    with refused(NotEstimable, "not_converged"):
        regression(SurveyDesign(data, "w"), "count ~ exposed", family="poisson")


@pytest.mark.parametrize(
    ("formula", "change", "message"),
    [
        ("y ~ sex + age + twice", {"twice": lambda d: 2 * d["age"]}, ("collinear",)),
        ("y ~ sex", {"y": 1}, ("outcome_does_not_vary", "240", "'y'", "1")),
        ("y ~ sex", {"sex": "male"}, ("no_variation", "'sex'", "'male'")),
        ("y ~ C(age) * nationality", {}, ("few_degrees_of_freedom", "21")),
        ("y ~ sex", {"sex": None}, ("no_complete_rows",)),
    ],
)
def test_what_the_sample_cannot_carry_is_refused(formula, change, message):
    with refused(NotEstimable, *message):
        design_of(children(5).assign(**change)).logistic(formula)


def test_more_terms_than_psus_are_refused():
    data = children(6).assign(village=lambda d: d["stratum"] * 10 + d.index % 2)
    with refused(NotEstimable, "few_degrees_of_freedom"):
        design_of(data).logistic("y ~ sex + age + debt")


@pytest.mark.parametrize("sampling", ["purposive", "respondent_driven"])
def test_a_sample_without_probabilities_carries_no_model(sampling):
    design = SurveyDesign(children(7), sampling=sampling)
    with refused(NotEstimable, "not_probability_sample"):
        design.logistic("y ~ sex")
    with refused(NotEstimable, "not_probability_sample"):
        crude_and_adjusted(design, "y", ["sex"])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda d: d.logistic("age ~ sex"), ("not_binary", "0")),
        (lambda d: d.logistic("nothing", "sex"), ("missing_column", "column 'nothing'")),
        (lambda d: d.logistic("y ~ sex +* age"), ("unreadable_formula", "'sex +* age'")),
        (lambda d: d.logistic("y ~ poly(age, 2)"), ("formula_not_computable",)),
        (lambda d: d.logistic("y ~ sex", "age"), ("covariates_given_twice",)),
        (lambda d: d.logistic("y", ["sex", "y"]), ("outcome_among_covariates", "'y'")),
        (lambda d: regression(d, "y ~ sex", family="gamma"), ("unknown_choice", "`family`")),
        (lambda d: regression(d.with_columns(age=-d.data["age"]), "age ~ sex", family="poisson"), ("negative", "0")),
        (lambda d: d.logistic("y ~ sex").wald("age"), ("unknown_term", "'age'")),
        (lambda d: d.logistic("y ~ sex").contrast({"age": 1}), ("unknown_term", "'age'")),
        (lambda d: crude_and_adjusted(d, "y", ["sex", "sex"]), ("same_column_twice",)),
    ],
)
def test_what_is_asked_wrongly_is_said(call, message):
    with refused(ValueError, *message):
        call(design_of(children(8)).domain([True] * 240))


def test_a_contrast_of_one_term_is_its_coefficient_and_of_two_their_sum():
    model = design_of(children(9)).logistic(FORMULA)
    row = model.coefficients.set_index("term").loc["sex[female]"]
    one = model.contrast({"sex[female]": 1})
    assert [one[k] for k in ("estimate", "standard_error", "low", "high", "p_value")] == pytest.approx(
        row[["coefficient", "standard_error", "low", "high", "p_value"]].tolist()
    )
    # The odds ratio at age 10 is that of the main effect where age is counted from 10.
    at_ten = model.contrast({"sex[female]": 1, "sex[female]:age": 10})
    moved = design_of(children(9).assign(age=lambda d: d["age"] - 10)).logistic(FORMULA)
    row = moved.coefficients.set_index("term").loc["sex[female]"]
    assert [at_ten["estimate"], at_ten["standard_error"]] == pytest.approx(
        row[["coefficient", "standard_error"]].tolist()
    )


# Crude and adjusted odds ratios.


def test_crude_odds_ratios_are_those_of_tables_and_adjusted_ones_those_of_the_model():
    data = pd.concat([table_of(20, 10, 15, 30).assign(z="p"), table_of(40, 30, 20, 50).assign(z="q")])
    design = SurveyDesign(data.reset_index(drop=True), "w")
    found = crude_and_adjusted(design, "y", ["exposed", "z"]).set_index("factor")
    assert found.loc["exposed", "crude"] == pytest.approx(60 * 80 / (40 * 35))
    assert found.loc["z", "crude"] == pytest.approx((60 * 40) / (80 * 35))
    model = design.logistic("y ~ exposed + z").coefficients
    for kind in ("", "_low", "_high"):
        assert found[f"adjusted{kind}"].tolist() == pytest.approx(model[f"odds_ratio{kind}"].tolist()[1:])
    assert found[["n", "events", "reference_n", "reference_events"]].loc["exposed"].tolist() == [100, 60, 115, 35]
    assert found["text"].tolist() == ["", ""]


def test_a_level_of_few_is_withheld_and_stays_in_the_model():
    data = pd.concat([table_of(20, 10, 15, 30), table_of(6, 6, 1, 1).replace({"exposed": {"yes": "few"}})])
    data = data.reset_index(drop=True)
    found = crude_and_adjusted(SurveyDesign(data, "w"), "y", ["exposed"]).set_index("level")
    assert found["text"].tolist() == ["suppressed: fewer than 25 respondents in the reference 'few'"] * 2
    # What the few answered would follow from the others, or stand in the reference's own count.
    assert found[["events", "reference_events", "events_adjusted"]].isna().all(axis=None)
    ordered = data.assign(exposed=pd.Categorical(data["exposed"], ["no", "yes", "few"]))
    found = crude_and_adjusted(SurveyDesign(ordered, "w"), "y", ["exposed"]).set_index("level")
    assert found.loc["few", "text"] == "suppressed: fewer than 25 respondents"
    assert found.loc["few", ["crude", "adjusted_high", "events", "p_value"]].isna().all()
    assert found.loc["few", "n"] == 12
    assert found.loc["yes", "crude"] == pytest.approx(20 * 31 / (10 * 16))
    assert found.loc["yes", "adjusted"] == pytest.approx(20 * 31 / (10 * 16))


def test_a_level_without_the_outcome_says_so_and_leaves_the_others_as_they_are():
    data = pd.concat([table_of(20, 10, 15, 30), table_of(0, 28, 0, 0).replace({"exposed": {"yes": "never"}})])
    data = data.reset_index(drop=True).assign(exposed=lambda d: pd.Categorical(d["exposed"], ["no", "yes", "never"]))
    data["z"] = np.arange(len(data)) % 2 == 0
    found = crude_and_adjusted(SurveyDesign(data, "w"), "y", ["exposed", "z"]).set_index(["factor", "level"])
    row = found.loc[("exposed", "never")]
    assert row["text"] == "not estimable: fewer than 5 respondents are with the outcome"
    assert row[["n", "events"]].tolist() == [28, 0]
    without = SurveyDesign(data, "w").domain(data["exposed"] != "never").logistic("y", ["exposed", "z"])
    assert found["adjusted"].dropna().tolist() == pytest.approx(without.coefficients["odds_ratio"].tolist()[1:])


def test_a_reference_without_the_outcome_carries_no_odds_ratio():
    data = pd.concat([table_of(20, 10, 15, 30), table_of(0, 28, 0, 0).replace({"exposed": {"yes": "always"}})])
    data = data.reset_index(drop=True).assign(z=lambda d: d.index % 2 == 0)
    found = crude_and_adjusted(SurveyDesign(data, "w"), "y", ["exposed", "z"]).set_index(["factor", "level"])
    assert found.loc["exposed", "adjusted"].isna().all()
    assert found.loc["exposed", "text"].str.contains("in the reference 'always' are with the outcome").all()
    assert np.isfinite(found.loc[("z", "yes"), "adjusted"])


def test_answers_unknown_in_one_factor_leave_the_crude_odds_ratio_of_another():
    data = children(10).assign(age=lambda d: d["age"].astype("Int64").mask(d.index < 60))
    found = crude_and_adjusted(design_of(data), "y", ["sex", "age"]).set_index("factor")
    alone = design_of(data).logistic("y ~ sex")
    assert found.loc["sex", "crude"] == pytest.approx(alone.coefficients["odds_ratio"][1])
    assert found.loc["sex", "n"] + found.loc["sex", "reference_n"] == 240
    assert found.loc["age", ["n", "n_adjusted"]].tolist() == [180, 180]
    assert pd.isna(found.loc["age", "level"])
    assert found.loc["age", "label"] == "each 1 more"
    assert "left out as an answer is not known" in found.loc["sex", "cautions"]


def test_where_the_model_has_no_estimate_the_crude_one_is_still_shown():
    # `twin` says the same as `sex`: the model of both is refused, each alone is not.
    data = children(11).assign(twin=lambda d: d["sex"].astype("str"))
    found = crude_and_adjusted(design_of(data), "y", ["sex", "twin"])
    assert found["crude"].notna().all()
    assert found["adjusted"].isna().all()
    assert found["text"].str.startswith("not estimable: These terms say the same twice").all()


def test_odds_ratios_are_drawn_with_their_limits():
    model = logistic_regression(design_of(children(12)), FORMULA)
    figure = model.plot()
    table = model.coefficients[1:]
    assert "sex: female" in labels(figure) and "age: each 1 more" in labels(figure)
    assert dots(figure)[0] == pytest.approx(table["odds_ratio"].tolist())
    assert limits(figure) == pairs(table["odds_ratio_low"], table["odds_ratio_high"])
    assert axes_of(figure).get_xscale() == "log"
