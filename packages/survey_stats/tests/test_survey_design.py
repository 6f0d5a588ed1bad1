"""What a user relies on in estimates from a survey: those of R's survey package, and hand calculations."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from refusals import refused
from scipy import stats
from survey_samples import CLUSTERS, REFERENCE, SIMPLE, STRATA, TWO_STAGE, WITH_REPLACEMENT, schools

from survey_stats import NotEstimable, SurveyDesign, item_nonresponse, rake, replicate_weights

R_ONE_STAGE = json.loads((REFERENCE / "one_stage.json").read_text(encoding="utf-8"))
R_TWO_STAGE = json.loads((REFERENCE / "two_stage.json").read_text(encoding="utf-8"))
VARIABLES = ["api00", "api99", "enroll"]


ONE = {"ds": STRATA, "dc1": CLUSTERS, "dsr": SIMPLE}
TWO = {"two_stage": TWO_STAGE, "with_replacement": WITH_REPLACEMENT}
# What was asked for: 1e-8 of estimates, 1e-6 of standard errors. Files hold 15 digits.
close = {"rel": 1e-12}


@pytest.mark.parametrize("name", ONE)
def test_estimates_of_one_stage_are_those_of_r(name):
    design, r = ONE[name], R_ONE_STAGE[name]
    found = design.mean(VARIABLES, degrees_of_freedom=np.inf)
    assert found["estimate"].tolist() == pytest.approx(r["mean"]["est"], **close)
    assert found["standard_error"].tolist() == pytest.approx(r["mean"]["se"], **close)
    assert found["design_effect"].tolist() == pytest.approx(r["mean"]["deff"], **close)
    assert found[["low", "high"]].to_numpy() == pytest.approx(np.array(r["mean"]["ci"]), **close)
    total = design.total("enroll").iloc[0]
    assert (total["estimate"], total["standard_error"]) == pytest.approx((r["total"]["est"], r["total"]["se"]), **close)
    ratio = design.ratio("api.stu", "enroll").iloc[0]
    assert (ratio["estimate"], ratio["standard_error"]) == pytest.approx((r["ratio"]["est"], r["ratio"]["se"]), **close)
    by = design.mean("api00", by="stype")
    assert by["stype"].tolist() == r["by_stype"]["stype"]
    assert by["estimate"].tolist() == pytest.approx(r["by_stype"]["mean"], **close)
    assert by["standard_error"].tolist() == pytest.approx(r["by_stype"]["se"], **close)
    quantiles = design.quantile("api00")[["estimate", "low", "high", "standard_error"]]
    assert quantiles.to_numpy() == pytest.approx(np.array(r["quantile"]), **close)


@pytest.mark.parametrize("name", ONE)
def test_proportions_and_their_limits_are_those_of_r(name):
    design, r = ONE[name], R_ONE_STAGE[name]
    found = design.proportion("sch.wide")
    assert found["category"].tolist() == ["No", "Yes"]
    assert found["estimate"].tolist() == pytest.approx(r["prop"]["est"], **close)
    assert found["standard_error"].tolist() == pytest.approx(r["prop"]["se"], **close)
    for method, called in (("logit", "xlogit"), ("beta", "beta"), ("wald", "mean"), ("arcsine", "asin")):
        limits = design.proportion("sch.wide", method=method)[["low", "high"]].iloc[1]
        assert limits.tolist() == pytest.approx(r["ciprop"][called][1:], **close)
    # R finds these limits by interpolation.
    limits = design.proportion("sch.wide", method="likelihood")[["low", "high"]].iloc[1]
    assert limits.tolist() == pytest.approx(r["ciprop"]["likelihood"][1:], abs=1e-5)


@pytest.mark.parametrize("name", TWO)
def test_estimates_of_two_stages_are_those_of_r(name):
    design, r = TWO[name], R_TWO_STAGE[name]
    assert design.weights == pytest.approx(np.array(r["weights"]), **close)
    assert design.degrees_of_freedom == r["degrees_of_freedom"] == 39
    for found, key in ((design.mean(VARIABLES), "mean"), (design.total("enroll"), "total")):
        for column in ("estimate", "standard_error", "design_effect"):
            assert found[column].tolist() == pytest.approx(np.atleast_1d(r[key][column]).tolist(), **close)
    ratio = design.ratio("api.stu", "enroll").iloc[0]
    assert (ratio["estimate"], ratio["standard_error"]) == pytest.approx(
        (r["ratio"]["estimate"], r["ratio"]["standard_error"]), **close
    )
    types = design.proportion("stype")
    for column in ("estimate", "standard_error", "design_effect"):
        assert types[column].tolist() == pytest.approx(r["proportion"][column], **close)
    for method in ("logit", "beta", "arcsine", "wald"):
        row = design.proportion("sch.wide", method=method).iloc[1]
        assert row[["estimate", "low", "high"]].tolist() == pytest.approx(r["proportion_limits"][method], **close)
    for found, key in (
        (design.mean("api00", by="stype"), "domain_mean"),
        (design.total("enroll", "stype"), "domain_total"),
    ):
        assert found["estimate"].tolist() == pytest.approx(r[key]["estimate"], **close)
        assert found["standard_error"].tolist() == pytest.approx(r[key]["standard_error"], **close)
    quantiles = design.quantile("api00").set_index("probability")
    for column in ("estimate", "low", "high", "standard_error"):
        assert quantiles[column].tolist() == pytest.approx(r["quantile"][column], **close)
    medians = design.quantile("api00", 0.5, by="stype").set_index("stype")
    for stype, expected in r["quantile_domain"].items():
        assert medians.loc[stype, ["estimate", "low", "high", "standard_error"]].tolist() == pytest.approx(
            expected, **close
        )


def test_a_domain_keeps_the_districts_without_a_school_in_it():
    r = R_ONE_STAGE["subset_dc1"]
    found = ONE["dc1"].domain(schools("clus1")["comp.imp"] == "Yes").mean("api00", degrees_of_freedom=np.inf).iloc[0]
    assert (found["estimate"], found["standard_error"]) == pytest.approx((r["est"], r["se"]), **close)
    assert [found["low"], found["high"]] == pytest.approx(r["ci"][0], **close)


def respondents(*rows: tuple) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["stratum", "village", "weight", "y"])


FOUR = respondents(("N", 1, 10, 1), ("N", 2, 10, 0), ("S", 1, 30, 0), ("S", 2, 30, 1))


def test_a_group_that_is_not_known_is_a_group_of_its_own():
    data = FOUR.assign(sex=pd.array(["girl", None, "girl", "boy"], dtype="string"))
    found = SurveyDesign(data, "weight").mean("y", by="sex")
    assert found["sex"].tolist()[:2] == ["boy", "girl"] and found["sex"].isna().tolist() == [False, False, True]
    assert found["n"].tolist() == [1, 2, 1]


def test_a_group_of_one_psu_has_an_estimate_and_no_limits():
    alone = SurveyDesign(FOUR.assign(village=[1, 2, 3, 4]), "weight", psu="village").mean("y", by="village").iloc[0]
    assert alone["estimate"] == 1 and np.isnan(alone["low"]) and np.isnan(alone["high"])


def test_of_a_group_of_one_psu_no_error_is_said_to_be_small():
    # Linearised, a mean of one PSU varies by exactly nothing; that is what is not known, and no sign of precision.
    data = pd.DataFrame({"y": [1, 0, 0, 1, 1, 0, 3, 5], "village": np.repeat([1, 2, 3, 4], 2)})
    data["some"] = data["y"] > 0
    group = SurveyDesign(data, psu="village").domain(data["village"] == 1)
    for found in (group.mean("y"), group.proportion("some"), group.ratio("y", "village")):
        assert found["estimate"].iloc[0] == 0.5
        assert found[["standard_error", "cv", "low", "high", "design_effect"]].isna().all(axis=None)
    # A total does vary by whether the village is drawn: 4 / 3 (1 - 1 / 4) 1² = 1.
    assert group.total("y")["standard_error"].iloc[0] == pytest.approx(1)
    # All villages were drawn: nothing varies.
    census = SurveyDesign(data.assign(all=4), psu="village", fpc="all").domain(data["village"] == 1)
    assert census.mean("y")["standard_error"].iloc[0] == 0


def test_a_quantile_that_is_the_largest_value_of_a_sample_has_no_limits():
    largest = SurveyDesign(pd.DataFrame({"y": range(1, 21)})).quantile("y", 0.99).iloc[0]
    assert largest["estimate"] == 20
    assert largest[["standard_error", "low", "high"]].isna().all()
    # Where everybody was asked, it is the largest of the population.
    asked = SurveyDesign(pd.DataFrame({"y": range(1, 21), "all": 20}), fpc="all").quantile("y", [0.5, 0.99])
    assert asked[["estimate", "low", "high"]].to_numpy().tolist() == [[10, 10, 10], [20, 20, 20]]
    assert asked["standard_error"].tolist() == [0, 0]


@pytest.mark.parametrize(
    ("n", "probability", "stated"), [(20, 0.5, 95.7), (60, 0.5, 94.8), (60, 0.9, 94.6), (20, 0.9, 95.9)]
)
def test_limits_of_quantiles_hold_the_truth_as_often_as_the_docstring_says(n, probability, stated):
    # 300 samples from another seed: a share of 95 % has a standard error of 1.3 %.
    rng, held = np.random.default_rng(n), 0
    truth = stats.norm.ppf(probability)
    for _ in range(300):
        row = SurveyDesign(pd.DataFrame({"y": rng.normal(size=n)})).quantile("y", probability).iloc[0]
        held += row["low"] <= truth <= row["high"]
    assert held / 3 == pytest.approx(stated, abs=3.9)


def test_dates_are_no_numbers_of_a_survey():
    people = pd.DataFrame({"born": pd.date_range("1990-01-01", periods=20), "y": range(20)})
    for design in (SurveyDesign(people), SurveyDesign(people.astype({"born": object}))):
        for estimate in (design.mean, design.total, design.quantile):
            with refused(ValueError, "not_a_number", "'born'"):
                estimate("born")
    with refused(ValueError, "not_positive", "'born'"):
        SurveyDesign(people, weight="born")


def test_without_degrees_of_freedom_a_quantile_has_no_limits():
    design = SurveyDesign(FOUR.assign(money=[1.0, 2.0, 3.0, 50.0]), "weight", "stratum", "village")
    # One village of each stratum: two PSUs less two strata.
    found = design.domain([True, False, True, False]).quantile("money", [0.25, 0.75])
    assert found["estimate"].tolist() == [1, 3] and found["degrees_of_freedom"].tolist() == [0, 0]
    assert found[["low", "high", "standard_error"]].isna().all(axis=None)


@pytest.mark.parametrize("name", ["n", "estimate", "variable", "cases", "count", "category"])
def test_a_group_called_as_a_column_of_the_table_is_refused_and_not_written_over(name):
    design = SurveyDesign(FOUR.assign(**{name: ["a", "a", "b", "b"]}), "weight")
    for estimate in (design.mean, design.proportion, design.total, design.quantile):
        with refused(ValueError, "reserved_column", "' would stand where the table has its own '", name, name):
            estimate("y", by=name)


def test_a_domain_of_nobody_has_no_groups():
    design = SurveyDesign(FOUR, "weight").domain([False] * 4)
    assert design.mean("y")["n"].tolist() == [0]
    for estimate in (design.mean, design.proportion, design.total, design.quantile):
        with refused(NotEstimable, "empty_domain"):
            estimate("y", by="stratum")


@pytest.mark.parametrize("sampling", ["purposive", "respondent_driven"])
def test_a_sample_without_known_chances_gives_no_estimate(sampling):
    design = SurveyDesign(FOUR.drop(columns="weight"), sampling=sampling)
    for estimate in (
        lambda: design.proportion("y"),
        lambda: design.mean("y"),
        lambda: design.total("y"),
        lambda: design.ratio("y", "village"),
        lambda: design.quantile("y"),
        lambda: design.table("y", "stratum"),
        lambda: design.logistic("y", ["stratum"]),
        lambda: rake(design),
        lambda: replicate_weights(design),
        lambda: design.weights,
        lambda: design.covariance([1.0, 1.0, 1.0, 1.0]),
    ):
        with refused(NotEstimable, "not_probability_sample"):
            estimate()


def test_unequal_weights_bound_what_a_rare_share_may_claim():
    # Four of weight 1 and one of weight 4 are worth (4 + 4)² / (4 + 16) = 3.2 respondents.
    data = pd.DataFrame({"y": [1, 0, 0, 1, 0], "w": [1.0, 1, 1, 1, 4]})
    row = SurveyDesign(data, "w").proportion("y", method="kish").iloc[0]
    n = min(0.25 * 0.75 / row["standard_error"] ** 2, 3.2)  # 2 of 8 have it; t of n - 1 on both sides cancels
    assert (row["low"], row["high"]) == pytest.approx(
        (stats.beta.ppf(0.025, n / 4, 3 * n / 4 + 1), stats.beta.ppf(0.975, n / 4 + 1, 3 * n / 4))
    )
    assert n == 3.2


samples = st.lists(
    st.tuples(st.sampled_from("NS"), st.integers(0, 3), st.floats(0.5, 20), st.integers(0, 1)), min_size=4, max_size=40
)


def two_in_each(rows: list[tuple]) -> pd.DataFrame:
    return respondents(*rows, ("N", 8, 1.0, 1), ("N", 9, 2.0, 0), ("S", 8, 1.5, 1), ("S", 9, 1.0, 0))


@pytest.mark.slow
@given(samples, st.floats(0.1, 1000), st.randoms(use_true_random=False))
def test_neither_the_order_of_rows_nor_the_unit_of_weights_matters(rows, unit, random):
    data = two_in_each(rows)
    order = list(range(len(data)))
    random.shuffle(order)
    one = SurveyDesign(data, "weight", "stratum", "village").proportion("y").iloc[0]
    other = SurveyDesign(data.iloc[order].assign(weight=lambda t: t["weight"] * unit), "weight", "stratum", "village")
    for column in ("estimate", "standard_error", "low", "high"):
        assert other.proportion("y").iloc[0][column] == pytest.approx(one[column], rel=1e-9, abs=1e-12)


@pytest.mark.slow
@given(samples)
def test_a_domain_is_a_ratio_to_its_indicator(rows):
    # The mean of a domain is the ratio of y within it to the indicator of it, over the whole sample.
    data = (
        two_in_each(rows)
        .assign(here=lambda t: (t["village"] % 2).astype(float))
        .assign(part=lambda t: t["y"] * t["here"])
    )
    design = SurveyDesign(data, "weight", "stratum", "village")
    one, other = design.domain(data["here"] == 1).mean("y").iloc[0], design.ratio("part", "here").iloc[0]
    for column in ("estimate", "standard_error"):
        assert one[column] == pytest.approx(other[column], rel=1e-9, abs=1e-12)


@pytest.mark.slow
@given(samples)
def test_totals_of_groups_add_up_and_shares_do_too(rows):
    data = two_in_each(rows)
    design = SurveyDesign(data, "weight", "stratum", "village")
    assert design.total("y", by="village")["estimate"].sum() == pytest.approx(design.total("y")["estimate"].iloc[0])
    assert design.proportion("stratum")["estimate"].sum() == pytest.approx(1)


@pytest.mark.slow
@given(st.lists(st.floats(-100, 100), min_size=2, max_size=30))
def test_a_quantile_is_a_value_with_that_share_of_weight_up_to_it(values):
    data = pd.DataFrame({"y": values, "w": 1.0})
    for probability in (0.1, 0.5, 0.9):
        found = SurveyDesign(data, "w").quantile("y", probability)["estimate"].iloc[0]
        assert (data["y"] <= found).mean() >= probability - 1e-9
        assert (data["y"] < found).mean() < probability + 1e-9


def test_a_census_has_no_error():
    data = FOUR.assign(all=2)
    row = SurveyDesign(data, "weight", "stratum", "village", "all").proportion("y").iloc[0]
    assert (row["standard_error"], row["low"], row["high"]) == (0, 0.5, 0.5)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"weight": [10, 0, 30, 30]}, ("not_positive", "1", "'weight'", "'0'")),
        ({"weight": [10, 10, np.nan, 30]}, ("not_positive", "2", "'weight'")),
        ({"stratum": ["N", "N", None, "S"]}, ("missing_value", "2", "'stratum'")),
        ({"village": [1, 2, 1, None]}, ("missing_value", "3", "'village'")),
        ({"all": [9, 8, 7, 7]}, ("invalid_population_size", "'N'", "'all'")),
        ({"all": [5, 5, 2, 3]}, ("invalid_population_size", "'S'", "'all'")),
        ({"all": [9, 9, 1, 1]}, ("invalid_population_size", "'S'", "'all'")),
        ({"all": [5, 5, 1.5, 1.5]}, ("invalid_population_size", "'S'", "'all'")),
        ({"y": [1, "many", 0, 1]}, ("not_a_number", "1", "'y'", "'many'")),
    ],
)
def test_bad_input_names_its_row_or_stratum(change, said):
    with refused(ValueError, *said):
        SurveyDesign(FOUR.assign(all=9, **change) if "all" not in change else FOUR.assign(**change),
                     "weight", "stratum", "village", "all").mean("y")  # fmt: skip


def test_a_stratum_with_one_psu_is_refused_by_name():
    with refused(NotEstimable, "lonely_psu", "'S'"):
        SurveyDesign(FOUR[:3], "weight", "stratum", "village").mean("y")
    with refused(NotEstimable, "lonely_psu"):
        SurveyDesign(FOUR.assign(village=1), "weight", psu="village").mean("y")
    with refused(ValueError, "missing_column", "column 'votes'"):
        SurveyDesign(FOUR, "votes")
    with refused(ValueError, "unequal_stages"):
        SurveyDesign(FOUR, "weight", stratum=["stratum", "village"], psu="village")
    with refused(ValueError, "not_boolean"):
        SurveyDesign(FOUR, "weight").domain(FOUR["stratum"])
    with refused(ValueError, "duplicate_column", "'y'"):
        SurveyDesign(pd.concat([FOUR, FOUR[["y"]]], axis=1), "weight")
    with refused(ValueError, "unknown_choice"):
        SurveyDesign(FOUR, "weight", sampling="snowball")


# Shares


def share(data: pd.DataFrame, outcome: str, *design: str, **options: str) -> pd.Series:
    """The row of a share under a design given by its columns."""
    return SurveyDesign(data, *design, **options).proportion(outcome).iloc[0]


def test_villages_numbered_within_strata_are_those_numbered_throughout():
    apart = FOUR.assign(village=[1, 2, 3, 4])
    one, other = (share(data, "y", "weight", "stratum", "village") for data in (FOUR, apart))
    pd.testing.assert_series_equal(one, other)


villagers = st.lists(st.tuples(st.integers(0, 3), st.floats(0.5, 20), st.integers(0, 1)), min_size=5, max_size=60)


@pytest.mark.slow
@given(villagers, st.floats(0.1, 1000))
def test_a_share_lies_within_its_limits_whatever_the_unit_of_weights_and_the_order_of_rows(rows, unit):
    data = pd.DataFrame(rows, columns=["village", "weight", "y"])
    data.loc[[0, 1], "village"] = [4, 5]  # at least two
    one = share(data, "y", "weight", psu="village")
    assert 0 <= one.low <= one.estimate <= one.high <= 1
    other = share(data[::-1].assign(weight=data["weight"] * unit), "y", "weight", psu="village")
    for column in ("estimate", "low", "high", "standard_error"):
        assert other[column] == pytest.approx(one[column], rel=1e-9, abs=1e-12, nan_ok=True)


@pytest.mark.slow
@given(villagers)
def test_the_share_without_is_the_rest(rows):
    data = pd.DataFrame(rows, columns=["village", "weight", "y"])
    data.loc[[0, 1], "village"] = [4, 5]
    one = share(data, "y", "weight", psu="village")
    rest = share(data.assign(y=1 - data["y"]), "y", "weight", psu="village")
    assert (rest.estimate, rest.low, rest.high) == pytest.approx(
        (1 - one.estimate, 1 - one.high, 1 - one.low), abs=1e-9
    )


@pytest.mark.slow
@given(st.integers(1, 49), st.integers(50, 400))
def test_a_simple_random_sample_has_a_design_effect_of_one(cases, n):
    data = pd.DataFrame({"y": [1] * cases + [0] * (n - cases), "w": 3.0, "all": 3 * n})
    assert share(data, "y", "w", fpc="all").design_effect == pytest.approx(1)
    # Of 3n persons; taken to be drawn with replacement, it errs by 1 / (1 - n / 3n) more.
    assert share(data, "y", "w").design_effect == pytest.approx(1.5)


@pytest.mark.slow
def test_limits_hold_the_truth_as_often_as_promised_where_villages_differ():
    rng = np.random.default_rng(8)
    truth, covered = 0.15, []
    for _ in range(400):
        village = np.repeat(np.arange(40), 15)
        chance = rng.beta(3, 17, 40)[village]
        data = pd.DataFrame({"y": rng.random(600) < chance, "w": 1.0, "village": village})
        result = share(data, "y", "w", psu="village")
        covered.append(result.low <= truth <= result.high)
    # 95 % promised; the chance of 400 samples alone moves it by 1.1 points.
    assert 0.91 <= np.mean(covered) <= 0.985


def test_item_nonresponse_is_of_yes_and_no_in_samples_of_a_population():
    with refused(ValueError, "not_binary", "'y'", "'2'"):
        item_nonresponse(SurveyDesign(FOUR.assign(y=[1, 0, 2, 1]), "weight"), "y")
    with refused(ValueError, "missing_column", "'works'"):
        item_nonresponse(SurveyDesign(FOUR, "weight"), "works")
    with refused(NotEstimable, "not_probability_sample"):
        item_nonresponse(SurveyDesign(FOUR, sampling="purposive"), "y")
    with refused(NotEstimable, "empty_domain"):
        item_nonresponse(SurveyDesign(FOUR, "weight").domain([False] * 4), "y")


def test_booleans_with_missing_answers_are_outcomes_too():
    answers = pd.DataFrame({"y": [True, None, False, True], "w": 1.0})
    one, other = (share(answers.astype({"y": kind}), "y", "w") for kind in (object, "boolean"))
    pd.testing.assert_series_equal(one, other)


def test_where_all_psus_are_all_there_are_there_is_no_degree_of_freedom():
    data = FOUR[:3].assign(all=[2_000_000, 2_000_000, 1])
    # Without a degree of freedom there are no limits.
    census = share(data.iloc[[0, 2]].assign(all=1), "y", "weight", "stratum", "village", fpc="all")
    assert np.isnan([census["low"], census["high"]]).all()


def test_a_missing_column_is_refused_and_an_outcome_nobody_knows_has_no_share():
    with refused(ValueError, "missing_column", "column 'psu'"):
        share(FOUR, "y", "weight", psu="psu")
    nobody = share(FOUR.assign(y=np.nan), "y", "weight")
    assert (nobody["n"], nobody["unknown"]) == (0, 4) and np.isnan(nobody["estimate"])
