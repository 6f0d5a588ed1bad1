"""What a user relies on in shares from probability samples."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from refusals import refused

from survey_stats import NotEstimable, SurveyDesign, item_nonresponse

REFERENCE = Path(__file__).parents[1] / "reference"


def share(data: pd.DataFrame, outcome: str, *design: str, **options: str) -> pd.Series:
    """The row of a share under a design given by its columns."""
    return SurveyDesign(data, *design, **options).proportion(outcome).iloc[0]


@pytest.fixture(scope="module")
def schools() -> pd.DataFrame:
    """200 Californian schools, sampled within three types (apistrat of R package survey)."""
    return pd.read_csv(REFERENCE / "api_stratified.csv", comment="#")


@pytest.fixture(scope="module")
def districts() -> pd.DataFrame:
    """All 183 schools of 15 sampled districts of 757 (apiclus1 of R package survey)."""
    return pd.read_csv(REFERENCE / "api_clusters.csv", comment="#")


def test_a_stratified_share_is_that_of_r(schools):
    # R 4.5.0, survey 4.4.2: svymean and svyciprop(method = "xlogit") of sch.wide; id ~1, strata ~stype, weights ~pw,
    # fpc ~fpc.
    result = share(schools, "met", "pw", stratum="stype", fpc="fpc")
    assert result.estimate == pytest.approx(0.8279480114158236, rel=1e-12)
    assert result.standard_error == pytest.approx(0.02434478011307481, rel=1e-12)
    assert (result.low, result.high) == pytest.approx((0.7745396547467682, 0.8708148549435989), rel=1e-12)
    assert (result.n, result.psus, result.degrees_of_freedom) == (200, 200, 197)


def test_a_clustered_share_is_that_of_r(districts):
    # As above: id ~dnum, weights ~pw, fpc ~fpc; 14 degrees of freedom of 15 districts.
    result = share(districts, "met", "pw", psu="dnum", fpc="fpc")
    assert result.estimate == pytest.approx(0.8743169398907104, rel=1e-12)
    assert result.standard_error == pytest.approx(0.02035947724462743, rel=1e-12)
    assert (result.low, result.high) == pytest.approx((0.8237988923830017, 0.9119000770243931), rel=1e-12)
    assert (result.n, result.psus, result.degrees_of_freedom) == (183, 15, 14)


def respondents(*rows: tuple) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["stratum", "village", "weight", "trafficked"])


FOUR = respondents(("N", 1, 10, 1), ("N", 2, 10, 0), ("S", 1, 30, 0), ("S", 2, 30, 1))


def test_a_share_by_hand():
    # Weights 10, 10, 30, 30: 40 of 80. Scores w (y - 1/2) / 80 are ±1/16 in N and ±3/16 in S; each stratum adds
    # 2 / 1 x (2 x score²): 4/256 + 36/256 = 0.15625. A simple random sample of 4 of 80: 1/4 / 3 x 76/80.
    # t limits with 2 degrees of freedom.
    result = share(FOUR, "trafficked", "weight", "stratum", "village")
    assert result.estimate == pytest.approx(0.5)
    assert result.standard_error**2 == pytest.approx(0.15625)
    assert result.design_effect == pytest.approx(0.15625 * 12 * 80 / 76)
    reach = 4.30265272974946 * np.sqrt(0.15625) * 4  # t of R: qt(0.975, 2)
    assert (result.low, result.high) == pytest.approx((1 / (1 + np.exp(reach)), 1 / (1 + np.exp(-reach))))
    assert (result.psus, result.degrees_of_freedom, result.cases) == (4, 2, 2)


def test_villages_numbered_within_strata_are_those_numbered_throughout():
    apart = FOUR.assign(village=[1, 2, 3, 4])
    one, other = (share(data, "trafficked", "weight", "stratum", "village") for data in (FOUR, apart))
    pd.testing.assert_series_equal(one, other)


samples = st.lists(st.tuples(st.integers(0, 3), st.floats(0.5, 20), st.integers(0, 1)), min_size=5, max_size=60)


@pytest.mark.slow
@given(samples, st.floats(0.1, 1000))
def test_a_share_lies_within_its_limits_whatever_the_unit_of_weights_and_the_order_of_rows(rows, unit):
    data = pd.DataFrame(rows, columns=["village", "weight", "y"])
    data.loc[[0, 1], "village"] = [4, 5]  # at least two
    one = share(data, "y", "weight", psu="village")
    assert 0 <= one.low <= one.estimate <= one.high <= 1
    other = share(data[::-1].assign(weight=data["weight"] * unit), "y", "weight", psu="village")
    for column in ("estimate", "low", "high", "standard_error"):
        assert other[column] == pytest.approx(one[column], rel=1e-9, abs=1e-12, nan_ok=True)


@pytest.mark.slow
@given(samples)
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


def test_asking_everybody_leaves_no_error():
    data = pd.DataFrame({"y": [1, 0, 0, 1, 0], "w": 1.0, "all": 5})
    result = share(data, "y", "w", fpc="all")
    assert (result.low, result.estimate, result.high, result.standard_error) == (0.4, 0.4, 0.4, 0)


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


def test_nobody_found_is_no_proof_that_there_is_nobody():
    # Clopper and Pearson's upper limit of 0 of 10 is 1 - 0.025^(1/10) = 0.30850; ten villages count as ten persons.
    data = pd.DataFrame({"y": 0, "w": 2.0, "village": np.repeat(np.arange(10), 30)})
    result = share(data, "y", "w", psu="village")
    assert (result.estimate, result.low) == (0, 0)
    assert result.high == pytest.approx(0.30850, abs=1e-5)
    assert result.method == "exact"
    everybody = share(data.assign(y=1), "y", "w", psu="village")
    assert (everybody.low, everybody.high) == pytest.approx((1 - 0.30850, 1), abs=1e-5)
    # Two villages of weights 3 and 1 are worth (3 + 1)² / (9 + 1) = 1.6.
    uneven = share(pd.DataFrame({"y": [0, 0], "w": [3.0, 1.0]}), "y", "w")
    assert uneven.high == pytest.approx(1 - 0.025 ** (1 / 1.6))


def test_an_unknown_outcome_is_neither_yes_nor_no():
    data = respondents(("N", 1, 10, 1), ("N", 2, 10, 0), ("N", 3, 20, None), ("N", 4, 20, 0))
    result = share(data, "trafficked", "weight")
    # By hand: 10 of 40 known; the design has all four.
    assert (result.estimate, result.n, result.unknown, result.share_unknown) == pytest.approx((1 / 4, 3, 1, 1 / 3))
    # Of all 60 none of the unknown, or all: 10 and 30 of 60.
    (bounds,) = item_nonresponse(SurveyDesign(data, "weight"), "trafficked").to_dict("records")
    assert bounds == {
        "variable": "trafficked",
        "n": 3,
        "unknown": 1,
        "share_unknown": pytest.approx(1 / 3),
        "bound_low": pytest.approx(1 / 6),
        "bound_high": pytest.approx(1 / 2),
    }


def test_item_nonresponse_is_that_of_each_group_of_the_domain():
    data = respondents(("N", 1, 10, 1), ("N", 2, 30, None), ("S", 1, 10, None), ("S", 2, 10, 0), ("S", 3, 60, 1))
    design = SurveyDesign(data, "weight").domain(data["weight"] < 60)
    found = item_nonresponse(design, ["trafficked"], by="stratum").set_index("stratum")
    # By hand: 30 of 40 in the north unknown, 10 yes; 10 of 20 in the south unknown, none yes.
    assert found["share_unknown"].to_dict() == pytest.approx({"N": 3 / 4, "S": 1 / 2})
    assert found[["bound_low", "bound_high"]].to_numpy().tolist() == [[1 / 4, 1], [0, 1 / 2]]


def test_item_nonresponse_is_of_yes_and_no_in_samples_of_a_population():
    with refused(ValueError, "not_binary", "'trafficked'", "'2'"):
        item_nonresponse(SurveyDesign(FOUR.assign(trafficked=[1, 0, 2, 1]), "weight"), "trafficked")
    with refused(ValueError, "missing_column", "'works'"):
        item_nonresponse(SurveyDesign(FOUR, "weight"), "works")
    with refused(NotEstimable, "not_probability_sample"):
        item_nonresponse(SurveyDesign(FOUR, sampling="purposive"), "trafficked")
    with refused(NotEstimable, "empty_domain"):
        item_nonresponse(SurveyDesign(FOUR, "weight").domain([False] * 4), "trafficked")


def test_booleans_with_missing_answers_are_outcomes_too():
    answers = pd.DataFrame({"y": [True, None, False, True], "w": 1.0})
    for kind in (object, "boolean"):
        assert share(answers.astype({"y": kind}), "y", "w").estimate == pytest.approx(2 / 3)


def test_a_purposive_sample_is_refused_with_the_reason(schools):
    with refused(NotEstimable, "not_probability_sample"):
        share(schools, "met", "pw", sampling="purposive")


def test_a_stratum_with_one_psu_is_refused_by_name():
    with refused(NotEstimable, "lonely_psu", "'S'"):
        share(FOUR[:3], "trafficked", "weight", "stratum", "village")
    with refused(NotEstimable, "lonely_psu"):
        share(FOUR.assign(village=1), "trafficked", "weight", psu="village")


def test_a_stratum_whose_only_psu_is_all_there_is_adds_no_error():
    data = FOUR[:3].assign(all=[2_000_000, 2_000_000, 1])
    result = share(data, "trafficked", "weight", "stratum", "village", fpc="all")
    # By hand: p = 10 / 50; scores of N 10 x 0.8 / 50 and -10 x 0.2 / 50; 2 / 1 x (2 x 0.1²) = 0.04, S adds nothing.
    assert result.standard_error**2 == pytest.approx(0.04, rel=1e-5)
    # Without a degree of freedom there are no limits.
    census = share(data.iloc[[0, 2]].assign(all=1), "trafficked", "weight", "stratum", "village", fpc="all")
    assert np.isnan([census["low"], census["high"]]).all()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"weight": [10, 0, 30, 30]}, ("not_positive", "1", "'weight'", "'0'")),
        ({"weight": [10, 10, np.nan, 30]}, ("not_positive", "2", "'weight'")),
        ({"stratum": ["N", None, "S", "S"]}, ("missing_value", "1", "'stratum'")),
        ({"village": [1, 2, 1, None]}, ("missing_value", "3", "'village'")),
        ({"all": [9, 8, 7, 7]}, ("invalid_population_size", "'N'", "'all'")),
        ({"all": [9, 9, 1, 1]}, ("invalid_population_size", "'S'", "'all'")),
    ],
)
def test_a_design_that_cannot_be_is_refused_with_its_row_or_stratum(change, said):
    data = FOUR.assign(all=100).assign(**change)
    with refused(ValueError, *said):
        share(data, "trafficked", "weight", "stratum", "village", fpc="all")


def test_a_missing_column_is_refused_and_an_outcome_nobody_knows_has_no_share():
    with refused(ValueError, "missing_column", "column 'psu'"):
        share(FOUR, "trafficked", "weight", psu="psu")
    nobody = share(FOUR.assign(trafficked=np.nan), "trafficked", "weight")
    assert (nobody["n"], nobody["unknown"]) == (0, 4) and np.isnan(nobody["estimate"])
