"""Replicate weights: the jackknife of samples as they were drawn, by R's survey and by hand."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from fuzzing import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from refusals import refused
from survey_samples import IMPROVED, REFERENCE, SCHOOL_WIDE, TYPES, schools

from survey_stats import NotEstimable, SurveyDesign, post_stratify, rake, replicate_weights
from survey_stats.jackknife import Replicates


def design_of(name: str) -> SurveyDesign:
    sample, *what = name.split("_finite")
    design = {
        "strata": lambda: SurveyDesign(schools("strat"), "pw", "stype", fpc="fpc" if what else None),
        "clusters": lambda: SurveyDesign(schools("clus1"), "pw", psu="dnum", fpc="fpc" if what else None),
        "simple": lambda: SurveyDesign(schools("srs"), "pw", fpc="fpc"),
        "two_stage": lambda: SurveyDesign(schools("clus2"), "pw", psu=["dnum", "snum"]),
    }[sample]()
    if what == ["_raked"]:
        # As near as R was asked to come, and not only to where a report would not show the difference.
        return rake(design, IMPROVED if sample == "strata" else TYPES, SCHOOL_WIDE, tolerance=1e-10)
    return post_stratify(design, TYPES) if what == ["_by_type"] else design


def mean(replicates: Replicates, columns: str | list[str]) -> pd.DataFrame:
    return replicates.estimate(lambda data, weights: weights @ data[columns] / weights.sum(), columns)


def total(replicates: Replicates, column: str) -> pd.DataFrame:
    return replicates.estimate(lambda data, weights: weights @ data[column].fillna(0), column)


def ratio(replicates: Replicates, top: str, bottom: str) -> pd.DataFrame:
    return replicates.estimate(lambda data, weights: (weights @ data[top]) / (weights @ data[bottom]))


@pytest.fixture(scope="module")
def of_r() -> dict:
    return json.loads((REFERENCE / "jackknife.json").read_text())


@pytest.mark.parametrize(
    "name",
    [
        "strata",
        "strata_finite",
        "clusters",
        "clusters_finite",
        "simple_finite",
        "two_stage",
        "clusters_finite_raked",
        "clusters_finite_by_type",
        "strata_finite_raked",
    ],
)
def test_the_jackknife_is_that_of_r(name, of_r):
    # as.svrepdesign and, of what is calibrated, rake or postStratify of its replicates, R 4.5.0, survey 4.4.2:
    # tests/reference/risk/jackknife.json.
    design, expected = design_of(name), of_r[name]
    replicates = replicate_weights(design)
    in_both = replicate_weights(design.domain(design.data["both"] == "Yes"))
    for table, what in (
        (mean(replicates, ["api00", "api99"]), "mean"),
        (total(replicates, "api00"), "total"),
        (ratio(replicates, "api00", "api99"), "ratio"),
        (mean(in_both, "api00"), "domain"),
    ):
        assert table["estimate"].to_numpy() == pytest.approx(np.atleast_1d(expected[what]), rel=1e-9)
        assert table["standard_error"].to_numpy() == pytest.approx(np.atleast_1d(expected[f"{what}_se"]), rel=1e-9)


def weighted_mean(data: pd.DataFrame, weights: np.ndarray) -> np.ndarray:
    return np.average(data[["api00", "api99"]], axis=0, weights=weights)


@pytest.mark.parametrize("name", ["strata_finite", "clusters_finite", "two_stage"])
def test_differences_can_be_taken_from_the_estimate(name, of_r):
    # as.svrepdesign(mse = TRUE), R 4.5.0, survey 4.4.2.
    table = replicate_weights(design_of(name)).estimate(weighted_mean, ["api00", "api99"], around="estimate")
    assert table["standard_error"].to_numpy() == pytest.approx(of_r[f"{name}_around_estimate"]["mean_se"], rel=1e-9)
    assert table["variable"].tolist() == ["api00", "api99"]


def test_any_statistic_has_an_error_such_as_a_logistic_regression(of_r):
    # svyglm(I(sch.wide == "Yes") ~ ell + meals, quasibinomial) of as.svrepdesign(type = "JK1"), R 4.5.0, survey 4.4.2.
    def coefficients(data: pd.DataFrame, weights: np.ndarray) -> np.ndarray:
        x = np.column_stack([np.ones(len(data)), data["ell"], data["meals"]])
        y, beta = (data["sch.wide"] == "Yes").to_numpy(dtype=float), np.zeros(3)
        for _ in range(25):
            p = 1 / (1 + np.exp(-x @ beta))
            beta = beta + np.linalg.solve(x.T @ (x * (weights * p * (1 - p))[:, None]), x.T @ (weights * (y - p)))
        return beta

    table = replicate_weights(design_of("clusters_finite")).estimate(coefficients, ["constant", "ell", "meals"])
    assert table["estimate"].to_numpy() == pytest.approx(of_r["clusters_finite"]["glm"], rel=1e-6)
    # R stops fitting a little earlier.
    assert table["standard_error"].to_numpy() == pytest.approx(of_r["clusters_finite"]["glm_se"], rel=1e-4)


FOUR = pd.DataFrame(
    {"stratum": list("nnss"), "psu": [1, 2, 1, 2], "weight": [10.0, 10, 30, 20], "y": [1.0, 3, 2, 5], "units": 10}
)


@st.composite
def samples(draw) -> SurveyDesign:
    """Strata of PSUs of respondents, with or without a finite population."""
    sizes = draw(st.lists(st.integers(2, 5), min_size=1, max_size=4))
    rng = np.random.default_rng(draw(st.integers(0, 10_000)))
    rows = []
    for stratum, psus in enumerate(sizes):
        for psu in range(psus):
            for _ in range(int(rng.integers(1, 4))):
                rows.append((stratum, psu, psus + stratum + 1, rng.uniform(1, 9), rng.normal(5, 2), rng.random() < 0.5))
    table = pd.DataFrame(rows, columns=["stratum", "psu", "units", "weight", "y", "girl"]).sample(
        frac=1, random_state=1
    )
    return SurveyDesign(table, "weight", "stratum", "psu", draw(st.sampled_from([None, "units"])))


@settings(deadline=None, max_examples=examples(40))
@given(design=samples())
def test_the_jackknife_of_a_total_is_linearisation(design):
    # A total is linear in the weights: the two are one equation.
    error = design.total("y")["standard_error"][0]
    replicates = replicate_weights(design)
    assert total(replicates, "y")["standard_error"][0] == pytest.approx(error, rel=1e-9)
    girls = design.data["girl"].to_numpy()
    values = np.column_stack([design.data["y"], girls])
    expected = design.covariance(design.weights[:, None] * values)
    assert replicates.covariance(lambda _, weights: weights @ values) == pytest.approx(expected, rel=1e-8, abs=1e-8)
    if girls.any():
        of_girls = design.domain(girls)
        found = total(replicate_weights(of_girls), "y")["standard_error"][0]
        assert found == pytest.approx(of_girls.total("y")["standard_error"][0], rel=1e-8)


@settings(deadline=None, max_examples=examples(20))
@given(design=samples(), times=st.floats(0.01, 100))
def test_weights_c_times_as_large_give_totals_and_errors_c_times_as_large(design, times):
    larger = SurveyDesign(
        design.data.assign(weight=design.data["weight"] * times), "weight", "stratum", "psu", design.fpc
    )
    one, other = (total(replicate_weights(which), "y").iloc[0] for which in (design, larger))
    assert other["estimate"] == pytest.approx(one["estimate"] * times, rel=1e-9)
    assert other["standard_error"] == pytest.approx(one["standard_error"] * times, rel=1e-9)


def test_every_replicate_of_a_calibrated_design_holds_the_totals():
    design = design_of("clusters_finite_raked")
    replicates = replicate_weights(design)
    for number in range(15):
        weights = pd.Series(replicates.weights(number))
        for column, margin in (("stype", TYPES), ("sch.wide", SCHOOL_WIDE)):
            sums = weights.groupby(design.data[column]).sum()
            assert sums.to_numpy() == pytest.approx(margin["population"].to_numpy(), rel=1e-9)
    # And what is known has no error.
    table = replicate_weights(design).estimate(lambda data, weights: weights[(data["stype"] == "E").to_numpy()].sum())
    assert table["estimate"][0] == pytest.approx(4421)
    assert table["standard_error"][0] < 1e-6


def test_a_second_calibration_is_repeated_after_the_first():
    design = post_stratify(post_stratify(design_of("clusters"), SCHOOL_WIDE), IMPROVED)
    weights = replicate_weights(design).weights(3)
    start = design.structure.weights * replicate_weights(design).multipliers(3)[design.structure.stages[0].unit]
    for margin, column in ((SCHOOL_WIDE, "sch.wide"), (IMPROVED, "comp.imp")):
        held = pd.Series(start).groupby(design.data[column]).transform("sum")
        start = start * design.data[column].map(margin.set_index(column)["population"]).to_numpy() / held.to_numpy()
    assert weights == pytest.approx(start)


def test_a_category_of_one_psu_cannot_be_calibrated_without_it():
    table = pd.DataFrame({"psu": [1, 1, 2, 3], "weight": 1.0, "kind": list("abaa"), "y": [1.0, 2, 3, 4]})
    totals = pd.DataFrame({"kind": ["a", "b"], "population": [30, 10]})
    replicates = replicate_weights(post_stratify(SurveyDesign(table, "weight", psu="psu"), totals))
    with refused(NotEstimable, "replicate_not_calibrated", "row 0", "'b'"):
        mean(replicates, "y")


def test_units_sampled_within_psus_make_the_share_of_psus_count_for_nothing():
    # The jackknife sees whole PSUs; shrinking their variance by the share drawn would lose that of the second stage.
    table = schools("clus2")
    finite = SurveyDesign(table, "pw", psu=["dnum", "snum"], fpc=["fpc1", "fpc2"])
    assert replicate_weights(finite).scales.tolist() == [39 / 40] * 40
    assert total(replicate_weights(finite), "api00")["standard_error"][0] > finite.total("api00")["standard_error"][0]
    # Where all units within PSUs were taken, the share counts: 40 of 757.
    table["fpc2"] = table.groupby("dnum")["snum"].transform("size")
    whole = SurveyDesign(table, "pw", psu=["dnum", "snum"], fpc=["fpc1", "fpc2"])
    assert replicate_weights(whole).scales == pytest.approx([39 / 40 * (1 - 40 / 757)] * 40)
    error = whole.total("api00")["standard_error"][0]
    assert total(replicate_weights(whole), "api00")["standard_error"][0] == pytest.approx(error, rel=1e-9)


def test_strata_of_which_all_was_drawn_have_no_replicates():
    table = FOUR.assign(units=[2, 2, 10, 10])
    design = SurveyDesign(table, "weight", "stratum", "psu", "units")
    replicates = replicate_weights(design)
    assert len(replicates.scales) == 2
    assert total(replicates, "y")["standard_error"][0] == pytest.approx(design.total("y")["standard_error"][0])
    census = replicate_weights(SurveyDesign(FOUR.assign(units=2), "weight", "stratum", "psu", "units"))
    assert total(census, "y")["standard_error"][0] == 0


def test_what_cannot_be_replicated_is_refused():
    design = SurveyDesign(FOUR, "weight", "stratum", "psu")
    with refused(NotEstimable, "not_probability_sample"):
        replicate_weights(SurveyDesign(FOUR, sampling="purposive"))
    with refused(NotEstimable, "lonely_psu", "'s'"):
        replicate_weights(SurveyDesign(FOUR.iloc[:3], "weight", "stratum", "psu"))
    with refused(ValueError, "unknown_choice", "`around`"):
        replicate_weights(design).covariance(lambda _, weights: weights.sum(), around="zero")
    with refused(ValueError, "unequal_lengths"):
        replicate_weights(design).estimate(lambda _, weights: weights.sum(), ["a", "b"])


def test_a_replicate_without_a_statistic_is_refused_by_its_psu():
    # Only one respondent is in the domain: without its PSU there is no mean.
    design = SurveyDesign(FOUR, "weight", "stratum", "psu").domain([False, False, True, False])
    with refused(NotEstimable, "replicate_not_estimable", "row 2"), np.errstate(invalid="ignore"):
        mean(replicate_weights(design), "y")
