"""What a user relies on in weights that were fitted to known totals of a population."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from fuzzing import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from refusals import refused
from survey_samples import CLUSTERS, IMPROVED, REFERENCE, SCHOOL_WIDE, STRATA, TWO_STAGE, TYPES, WITH_REPLACEMENT

from survey_stats import NotEstimable, SurveyDesign, post_stratify, rake


def totals(column: str, **population: float) -> pd.DataFrame:
    return pd.DataFrame({column: list(population), "population": list(population.values())})


@pytest.fixture(scope="module")
def of_r() -> dict:
    return json.loads((REFERENCE / "calibration.json").read_text())


@pytest.mark.parametrize(
    ("case", "design", "margins"),
    [
        ("clusters_by_type", CLUSTERS, [TYPES]),
        ("strata_by_improvement", STRATA, [IMPROVED]),
        ("two_stage_by_type", TWO_STAGE, [TYPES]),
        ("replacement_by_type", WITH_REPLACEMENT, [TYPES]),
        ("clusters_raked", CLUSTERS, [TYPES, SCHOOL_WIDE]),
        ("strata_raked", STRATA, [IMPROVED, SCHOOL_WIDE]),
        ("two_stage_raked", TWO_STAGE, [TYPES, SCHOOL_WIDE]),
        ("replacement_raked", WITH_REPLACEMENT, [IMPROVED, SCHOOL_WIDE]),
    ],
)
def test_weights_estimates_and_errors_are_those_of_r(case, design, margins, of_r):
    # postStratify and calibrate(calfun = "raking"), of clusters rake (weights of the draw are equal there), R 4.5.0,
    # survey 4.4.2: tests/reference/risk/calibration.json. All but clusters have unequal weights within categories.
    expected = of_r[case]
    calibrated = post_stratify(design, *margins) if len(margins) == 1 else rake(design, *margins, tolerance=CONVERGED)
    assert calibrated.weights == pytest.approx(expected["weights"], rel=1e-9)
    for table, name in (
        (calibrated.mean(["api00", "api99"]), "mean"),
        (calibrated.total("api00"), "total"),
        (calibrated.ratio("api.stu", "enroll"), "ratio"),
        (calibrated.mean("api00", by="both"), "domain_mean"),
        (calibrated.total("ell", by="both"), "domain_total"),
    ):
        wanted = np.atleast_1d(expected[name]), np.atleast_1d(expected[f"{name}_se"])
        assert table["estimate"].to_numpy() == pytest.approx(wanted[0], rel=1e-9)
        assert table["standard_error"].to_numpy() == pytest.approx(wanted[1], rel=1e-9)


# Where sums are compared to the last digits.
CONVERGED = 1e-10
SIX = pd.DataFrame(
    {
        "sex": ["f", "f", "f", "m", "m", "m"],
        "town": ["a", "a", "b", "a", "b", "b"],
        "weight": [1.0, 3.0, 2.0, 2.0, 1.0, 1.0],
        "y": [1.0, 5.0, 3.0, 0.0, 4.0, 8.0],
    }
)


def test_the_table_of_margins_says_what_was_wanted_and_what_was_there():
    design = rake(
        SurveyDesign(SIX, weight="weight"), totals("sex", f=30, m=30), totals("town", a=40, b=20), tolerance=CONVERGED
    )
    table = design.calibration.margins
    assert table["margin"].tolist() == ["sex", "sex", "town", "town"]
    assert table["category"].tolist() == ["f", "m", "a", "b"]
    assert table["n"].tolist() == [3, 3, 3, 3]
    assert table["wanted"].tolist() == [30, 30, 40, 20]
    assert table["before"].tolist() == [6, 4, 6, 4]
    assert table["after"].tolist() == pytest.approx([30, 30, 40, 20], rel=1e-9)
    ratio = design.weights / SIX["weight"]
    assert design.calibration.ratios == pytest.approx((ratio.min(), ratio.max()))
    # What raking may not change is the odds ratio of the cells: f a 4, f b 2, m a 2, m b 2, so 4 x 2 / (2 x 2) = 2.
    cells = pd.Series(design.weights).groupby([SIX["sex"], SIX["town"]]).sum()
    assert cells["f", "a"] * cells["m", "b"] / (cells["f", "b"] * cells["m", "a"]) == pytest.approx(2)


def test_a_margin_of_two_columns_is_of_their_combinations():
    crossed = pd.DataFrame({"sex": list("ffmm"), "town": list("abab"), "population": [40.0, 30, 20, 10]})
    design = post_stratify(SurveyDesign(SIX, weight="weight"), crossed)
    sums = pd.Series(design.weights).groupby([SIX["sex"], SIX["town"]]).sum()
    assert sums.tolist() == pytest.approx([40, 30, 20, 10])
    assert design.calibration.margins["margin"].unique().tolist() == ["sex × town"]
    assert design.calibration.margins["category"].tolist() == ["f, a", "f, b", "m, a", "m, b"]


def changed_by_weights(design, *steps) -> np.ndarray:
    """What the total of y changes with the weight of each respondent before calibration, times that weight."""
    found = []
    for row, weight in enumerate(design.data["weight"]):
        ends = []
        for step in (1e-4, -1e-4):
            data = design.data.copy()
            data.loc[row, "weight"] = weight * (1 + step)
            again = SurveyDesign(data, weight="weight")
            for margins in steps:
                again = rake(again, *margins, tolerance=CONVERGED)
            ends.append(again.total("y")["estimate"][0])
        found.append((ends[0] - ends[1]) / 2e-4)
    return np.array(found)


def test_a_score_is_what_the_estimate_changes_with_a_weight_before_calibration():
    # The definition of a linearised value, by differences. Post-strata of post-strata are exact in both steps.
    sex, town = totals("sex", f=60, m=40), totals("town", a=70, b=30)
    start = SurveyDesign(SIX, weight="weight")
    for steps in ([(sex,)], [(sex,), (town,)], [(town,), (sex,)]):
        design = start
        for margins in steps:
            design = rake(design, *margins, tolerance=CONVERGED)
        scores = design.weights * SIX["y"].to_numpy()
        expected = changed_by_weights(start, *steps)
        assert design.calibration.residuals(scores)[:, 0] == pytest.approx(expected, rel=1e-6, abs=1e-6)


def test_a_second_calibration_starts_from_the_first():
    first = post_stratify(STRATA, SCHOOL_WIDE)
    second = post_stratify(first, IMPROVED)
    sums = pd.Series(second.weights).groupby(STRATA.data["comp.imp"]).sum()
    assert sums.tolist() == pytest.approx([1712, 4482])
    ratio = pd.Series(second.weights / first.weights).groupby(STRATA.data["comp.imp"])
    assert (ratio.max() / ratio.min()).tolist() == pytest.approx([1, 1])
    # The first totals are no longer held, so they are no longer certain.
    assert second.proportion("sch.wide")["standard_error"].min() > 0.001
    assert second.proportion("comp.imp")["standard_error"].max() < 1e-12


def respondents(seed: int, n: int = 120) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    table = pd.DataFrame(
        {
            "stratum": np.repeat(["n", "s"], n // 2),
            "psu": np.arange(n) // 6,
            "age": rng.choice(["5-11", "12-14", "15-17"], n),
            "sex": rng.choice(["female", "male"], n),
            "weight": rng.uniform(1, 20, n),
            "y": rng.normal(10, 3, n),
        }
    )
    # Every combination occurs, so that weights that hold all totals exist.
    table.loc[:5, "age"], table.loc[:5, "sex"] = ["5-11", "12-14", "15-17"] * 2, ["female"] * 3 + ["male"] * 3
    return table


populations = st.tuples(st.lists(st.floats(50, 500), min_size=3, max_size=3), st.floats(0.2, 0.8))


def margins_of(ages: list[float], share: float) -> tuple[pd.DataFrame, pd.DataFrame]:
    age = pd.DataFrame({"age": ["5-11", "12-14", "15-17"], "population": ages})
    sex = pd.DataFrame({"sex": ["female", "male"], "population": [sum(ages) * share, sum(ages) * (1 - share)]})
    return age, sex


@settings(deadline=None, max_examples=examples(25))
@given(seed=st.integers(0, 10_000), drawn=populations)
def test_weights_hold_every_margin_and_its_shares_have_no_error(seed, drawn):
    age, sex = margins_of(*drawn)
    raked = rake(SurveyDesign(respondents(seed), "weight", "stratum", "psu"), age, sex, tolerance=CONVERGED)
    for margin, column in ((age, "age"), (sex, "sex")):
        sums = pd.Series(raked.weights).groupby(raked.data[column]).sum()
        assert sums[margin[column]].to_numpy() == pytest.approx(margin["population"].to_numpy(), rel=1e-9)
        known = (raked.data[column] == margin[column].iloc[0]).to_numpy(dtype=float)
        assert np.sqrt(raked.covariance(raked.weights * known)[0, 0]) < 1e-7 * margin["population"].iloc[0]
    assert (raked.weights > 0).all()


@pytest.mark.slow
@settings(deadline=None, max_examples=examples(15))
@given(seed=st.integers(0, 10_000), drawn=populations, times=st.floats(0.01, 1000))
def test_a_population_c_times_as_large_has_weights_c_times_as_large(seed, drawn, times):
    design = SurveyDesign(respondents(seed), "weight", "stratum", "psu")
    age, sex = margins_of(*drawn)
    once = rake(design, age, sex, tolerance=CONVERGED)
    often = rake(
        design, *(margin.assign(population=margin["population"] * times) for margin in (age, sex)), tolerance=CONVERGED
    )
    assert often.weights == pytest.approx(once.weights * times, rel=1e-8)
    assert often.mean("y")["standard_error"][0] == pytest.approx(once.mean("y")["standard_error"][0], rel=1e-8)


@pytest.mark.slow
@settings(deadline=None, max_examples=examples(15))
@given(seed=st.integers(0, 10_000), drawn=populations)
def test_the_order_of_rows_margins_and_categories_says_nothing(seed, drawn):
    table = respondents(seed)
    age, sex = margins_of(*drawn)
    design = rake(SurveyDesign(table, "weight", "stratum", "psu"), age, sex, tolerance=CONVERGED)
    shuffled = table.sample(frac=1, random_state=seed)
    other = rake(
        SurveyDesign(shuffled, "weight", "stratum", "psu"),
        sex[::-1],
        age.sample(frac=1, random_state=seed),
        tolerance=CONVERGED,
    )
    assert pd.Series(other.weights, shuffled.index)[table.index].to_numpy() == pytest.approx(design.weights, rel=1e-8)
    one, two = (which.mean("y").iloc[0] for which in (design, other))
    assert two["standard_error"] == pytest.approx(one["standard_error"], rel=1e-8)


def test_calibration_lowers_the_error_of_what_a_margin_explains():
    # y is the category and noise of a hundredth: what is left of its variance is a hundredth squared.
    table = respondents(3)
    code = table["age"].map({"5-11": 0.0, "12-14": 1.0, "15-17": 2.0})
    table["y"] = code + 0.01 * np.random.default_rng(4).normal(size=len(table))
    design = SurveyDesign(table, "weight", "stratum", "psu")
    age, _ = margins_of([300.0, 200.0, 100.0], 0.5)
    errors = [d.mean("y")["standard_error"][0] for d in (design, post_stratify(design, age))]
    assert errors[1] < 0.05 * errors[0]


@pytest.mark.slow
def test_errors_of_raked_means_are_right_where_weights_go_with_what_is_measured():
    # A population of which the smaller part is drawn at ten times the rate and differs: the variance of 150 samples,
    # itself known to 12 % (one standard deviation), against what the samples say of it. A regression on the margins
    # without weights would say three times as much.
    rng = np.random.default_rng(11)
    size = 20_000
    people = pd.DataFrame({"age": rng.choice(4, size, p=[0.4, 0.3, 0.2, 0.1]), "camp": rng.random(size) < 0.25})
    people["works"] = rng.random(size) < np.array([0.2, 0.4, 0.6, 0.8])[people["age"]]
    age, works, camp = (people[column].astype(float) for column in ("age", "works", "camp"))
    people["y"] = 3 * age + 4 * works + camp * (6 * age - 8 * works) + 2 * camp + rng.normal(0, 2, size)
    margins = [people.groupby(column).size().rename("population").reset_index() for column in ("age", "works")]
    parts = [(np.flatnonzero(people["camp"] == part), drawn) for part, drawn in ((True, 320), (False, 100))]
    found = []
    for _ in range(150):
        sample = people.iloc[np.concatenate([rng.choice(rows, drawn, replace=False) for rows, drawn in parts])]
        sample = sample.assign(units=sample["camp"].map({True: len(parts[0][0]), False: len(parts[1][0])}))
        design = rake(SurveyDesign(sample, stratum="camp", fpc="units"), *margins, tolerance=CONVERGED)
        scores = design.weights * (sample["y"].to_numpy() - design.weights @ sample["y"] / size) / size
        found.append((design.weights @ sample["y"] / size, design.covariance(scores)[0, 0]))
    estimates, variances = np.array(found).T
    assert variances.mean() == pytest.approx(estimates.var(ddof=1), rel=0.35)


def test_margins_that_differ_by_rounding_get_one_sum():
    design = rake(SurveyDesign(SIX, weight="weight"), totals("sex", f=60, m=40), totals("town", a=70, b=30.00001))
    assert design.weights.sum() == pytest.approx(100, rel=1e-12)


def test_categories_are_compared_by_value_whatever_their_type():
    table = SIX.assign(
        urban=pd.array([True, False, True, False, True, False], dtype="boolean"), size=[1, 2, 1, 2, 1, 2]
    )
    table["sex"] = table["sex"].astype("category")
    design = SurveyDesign(table, weight="weight")
    urban = pd.DataFrame({"urban": [False, True], "population": [30, 70]})
    size = pd.DataFrame({"size": pd.array([2, 1], dtype="Int64"), "population": [30, 70]})
    assert post_stratify(design, urban).weights == pytest.approx(post_stratify(design, size).weights)
    assert post_stratify(design, totals("sex", f=60, m=40)).weights.sum() == pytest.approx(100)


@pytest.mark.parametrize(
    ("margins", "error", "words"),
    [
        ([totals("sex", f=60)], ValueError, ("missing_category_total", "3", "'m'", "'sex'")),
        ([totals("sex", f=60, m=40, x=2)], NotEstimable, ("zero_weight", "'x'", "'sex'")),
        ([totals("sex", f=60, m=0)], ValueError, ("not_positive", "'m'", "'sex'", "'0'")),
        ([totals("sex", f=60, m=-3)], ValueError, ("not_positive", "'m'", "'sex'", "'-3'")),
        ([totals("sex", f=60, m=np.nan)], ValueError, ("not_positive", "'m'", "'sex'", "'nan'")),
        ([totals("gender", f=60, m=40)], ValueError, ("missing_column", "column 'gender'")),
        ([totals("sex", f=60, m=40).rename(columns={"population": "persons"})], ValueError, ("missing_column",)),
        ([pd.concat([totals("sex", f=60, m=40), totals("sex", f=1)])], ValueError, ("duplicate_key", "'f'")),
        (
            [totals("sex", f=60, m=40), totals("town", a=60, b=41)],
            ValueError,
            ("unequal_totals", "'town'", "101", "100"),
        ),
        ([], ValueError, ("missing_totals",)),
    ],
)
def test_totals_that_do_not_fit_are_refused(margins, error, words):
    with refused(error, *words):
        rake(SurveyDesign(SIX, weight="weight"), *margins)


def test_a_missing_category_is_refused_by_its_row():
    table = SIX.assign(sex=["f", None, "f", "m", "m", "m"])
    with refused(ValueError, "missing_category", "1", "'sex'"):
        post_stratify(SurveyDesign(table, weight="weight"), totals("sex", f=60, m=40))
    unnamed = pd.DataFrame({"sex": ["f", None], "population": [60, 40]})
    with refused(ValueError, "missing_value", "1", "'sex'"):
        post_stratify(SurveyDesign(SIX, weight="weight"), unnamed)


def test_totals_that_no_weights_can_hold_are_refused():
    # All of f are in a and all of m in b: 60 of f cannot be 50 of a.
    table = SIX.assign(town=["a", "a", "a", "b", "b", "b"])
    with refused(NotEstimable, "not_converged"):
        rake(SurveyDesign(table, weight="weight"), totals("sex", f=60, m=40), totals("town", a=50, b=50))
    with refused(ValueError, "not_whole_number", "`iterations`"):
        rake(SurveyDesign(SIX, weight="weight"), totals("sex", f=60, m=40), iterations=0)


def test_samples_without_a_population_and_domains_are_refused():
    with refused(NotEstimable, "not_probability_sample"):
        rake(SurveyDesign(SIX, sampling="purposive"), totals("sex", f=60, m=40))
    with refused(ValueError, "design_is_domain"):
        post_stratify(SurveyDesign(SIX, weight="weight").domain(SIX["sex"] == "f"), totals("sex", f=60, m=40))


def test_the_design_that_was_calibrated_is_as_it_was():
    before = CLUSTERS.weights.copy()
    rake(CLUSTERS, TYPES, SCHOOL_WIDE)
    assert CLUSTERS.calibration is None
    assert (CLUSTERS.weights == before).all()
