"""What a user relies on in shares from respondent-driven samples, and in sizes from networks scaled up."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from plain_plots import dots, labels, limits, named, pairs
from refusals import codes, refused, warned

from analysis.plots import Footer
from capture_recapture import NotIdentifiable, network_scale_up, rds_ii

FOOTER = Footer("a survey", "2024", "389 respondents", "Shares of those who can be reached.")


@pytest.fixture(scope="module")
def faux() -> pd.DataFrame:
    """A synthetic sample of 389 respondents, one seed, 10 waves (data set faux of R package RDS)."""
    return pd.read_csv(Path(__file__).parents[1] / "reference/rds_faux.csv", comment="#")


def sample(*rows: tuple) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["id", "recruiter", "trafficked", "degree"])


# Seed a recruits b and c, b recruits d.
CHAIN = sample(("a", None, "yes", 2), ("b", "a", "no", 4), ("c", "a", "yes", 4), ("d", "b", "no", 1))


def share(result, outcome: str, column: str = "estimate") -> float:
    return result.table.set_index("outcome").loc[outcome, column]


def test_limits_are_wider_than_those_of_independent_draws_and_the_same_for_the_same_seed(faux):
    one, again, other = (rds_ii(faux, "X", "degree", seed=seed) for seed in (7, 7, 8))
    pd.testing.assert_frame_equal(one.table, again.table)
    assert not one.table.equals(other.table)
    # By hand: 1.96 sqrt(0.31 x 0.69 / 389) = 0.046 on each side.
    assert share(one, "blue", "high") - share(one, "blue") > 0.046
    assert share(one, "blue") - share(one, "blue", "low") > 0.046


def test_without_links_there_is_an_estimate_and_no_interval_and_the_reason_is_given(faux):
    for unlinked in (faux.drop(columns=["id", "recruiter"]), faux.assign(recruiter=np.nan)):
        result = rds_ii(unlinked, "X", "degree")
        assert share(result, "blue") == share(rds_ii(faux, "X", "degree"), "blue")
        assert result.table[["low", "high"]].isna().all(axis=None)
        assert "no recruitment links" in result.interval


def test_one_chain_without_a_branch_has_no_interval():
    result = rds_ii(CHAIN[CHAIN["id"] != "c"], "trafficked", "degree")
    assert result.table[["low", "high"]].isna().all(axis=None)
    assert "without a branch" in result.interval


def test_a_respondent_without_a_degree_is_left_out_and_named_and_their_recruits_stay():
    for degree in (np.nan, 0, -3, "many"):
        data = CHAIN.astype({"degree": object})
        data.loc[1, "degree"] = degree
        result = rds_ii(data, "trafficked", "degree")
        # By hand: without b the weights are 1/2, 1/4, 1.
        assert share(result, "yes") == pytest.approx(3 / 7)
        assert result.left_out["row"].tolist() == [1]
        assert warned(result.warnings, "unknown_left_out", "1 of 4 respondents")
        assert (result.n, result.waves) == (3, 2)
        assert result.table[["low", "high"]].notna().all(axis=None)


def test_ids_may_be_numbers_although_a_missing_recruiter_turns_theirs_into_fractions():
    data = CHAIN.assign(id=[1, 2, 3, 4], recruiter=[np.nan, 1, 1, 2])
    assert data["recruiter"].dtype == float
    assert rds_ii(data, "trafficked", "degree").waves == 2


@pytest.mark.slow
@given(st.lists(st.tuples(st.sampled_from("xyz"), st.integers(1, 60), st.integers(0, 10**6)), min_size=3, max_size=40))
def test_shares_add_up_to_one_whoever_recruited_whom_and_do_not_depend_on_the_unit_of_degree(people):
    rows = [(i, None if i < 2 else by % i, kind, degree) for i, (kind, degree, by) in enumerate(people)]
    result = rds_ii(sample(*rows), "trafficked", "degree", replicates=200)
    assert result.table["estimate"].sum() == pytest.approx(1)
    assert result.table["n"].sum() == len(people)
    assert (result.table["low"] <= result.table["high"]).all()
    assert result.table[["low", "high"]].stack().between(0, 1).all()
    assert (result.table["homophily"].dropna().between(-1, 1)).all()
    last = result.convergence[result.convergence["wave"] == result.waves]
    assert last["estimate"].to_numpy() == pytest.approx(result.table["estimate"].to_numpy())
    tenfold = sample(*rows).assign(degree=lambda data: 10 * data["degree"])
    assert rds_ii(tenfold, "trafficked", "degree", replicates=2).table["estimate"].to_numpy() == pytest.approx(
        result.table["estimate"].to_numpy()
    )
    reversed_rows = rds_ii(sample(*rows[::-1]), "trafficked", "degree", replicates=2)
    assert (reversed_rows.waves, reversed_rows.seeds) == (result.waves, 2)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (CHAIN.assign(recruiter=[None, "a", "a", "x"]), ("unknown_recruiter", "3", "'x'")),
        (CHAIN.assign(id=["a", "b", "b", "d"]), ("invalid_id", "2", "'b'")),
        (CHAIN.assign(id=["a", "b", None, "d"]), ("invalid_id", "2")),
        (CHAIN.assign(recruiter=[None, "d", "a", "b"]), ("circular_chain", "1")),
        (CHAIN.assign(recruiter=[None, "b", "a", "b"]), ("circular_chain", "1")),
        (CHAIN.drop(columns="id"), ("missing_person_ids", "'id'")),
        (CHAIN.drop(columns="degree"), ("missing_column", "column 'degree'")),
        (CHAIN.drop(columns="trafficked"), ("missing_column", "column 'trafficked'")),
    ],
)
def test_recruitment_that_cannot_be_is_refused_with_its_row(data, said):
    with refused(ValueError, *said):
        rds_ii(data, "trafficked", "degree")


def test_a_sample_without_degrees_or_respondents_is_refused():
    with refused(NotIdentifiable, "no_positive_degree"):
        rds_ii(CHAIN.assign(degree=0), "trafficked", "degree")
    with refused(NotIdentifiable, "no_positive_degree"):
        rds_ii(CHAIN[:0], "trafficked", "degree")


def test_short_chains_and_a_single_seed_are_warned_of(faux):
    assert warned(rds_ii(CHAIN, "trafficked", "degree").warnings, "few_waves", "2 waves")
    assert codes(rds_ii(faux, "X", "degree").warnings) == ["one_seed"]


def test_the_picture_of_shares_has_a_line_for_each_category_in_percent(faux):
    found = rds_ii(faux, "X", "degree")
    figure = found.plot()
    assert labels(figure) == ["blue", "red"]
    assert dots(figure)[0] == pytest.approx((100 * found.table["estimate"]).tolist())
    assert limits(figure) == pairs(100 * found.table["low"], 100 * found.table["high"])
    unlinked = rds_ii(faux[["X", "degree"]], "X", "degree").plot()
    assert dots(unlinked) == dots(figure) and limits(unlinked) == []


def answers(**known: list) -> pd.DataFrame:
    return pd.DataFrame(known)


THREE = answers(teachers=[2, 3, 1], births=[1, 0, 2], hidden=[0, 1, 0])
SIZES = {"teachers": 100, "births": 200}


def met(degrees: np.ndarray, sizes: dict[str, float], total: float, rng: np.random.Generator) -> pd.DataFrame:
    """Respondents who meet everybody with the same chance."""
    return pd.DataFrame({name: rng.poisson(degrees * size / total) for name, size in sizes.items()})


@pytest.mark.soak
def test_if_the_assumptions_hold_limits_hold_the_truth_as_often_as_promised_and_ratios_are_near_one():
    rng = np.random.default_rng(11)
    sizes = {"teachers": 8_000, "nurses": 5_000, "births": 12_000, "hidden": 1_500}
    known = {name: size for name, size in sizes.items() if name != "hidden"}
    covered, ratios = [], []
    for seed in range(200):
        respondents = met(rng.lognormal(5.5, 0.6, 300), sizes, 1_000_000, rng)
        result = network_scale_up(respondents, 1_000_000, known, replicates=300, seed=seed)
        covered.append(result.low <= 1_500 <= result.high)
        ratios.append(result.check["ratio"].to_numpy())
    # 95 % promised; the chance of 200 samples alone moves it by 1.5 points.
    assert 0.90 <= np.mean(covered) <= 0.99
    assert np.mean(ratios, axis=0) == pytest.approx([1, 1, 1], abs=0.05)


def test_hidden_persons_known_by_fewer_make_the_estimate_too_low_and_the_check_does_not_show_it():
    rng = np.random.default_rng(12)
    sizes = {"teachers": 8_000, "nurses": 5_000, "hidden": 1_500 / 2}  # half as well known as others
    result = network_scale_up(
        met(np.full(2_000, 250.0), sizes, 1_000_000, rng), 1_000_000, {"teachers": 8_000, "nurses": 5_000}
    )
    assert result.high < 1_500
    assert result.check["ratio"].between(0.9, 1.1).all()
    words = " ".join(result.assumptions)
    assert all(word in words for word in ("Transmission", "Barriers", "Popularity", "Recall"))


@pytest.mark.slow
@given(st.integers(1_000, 10**8), st.integers(2, 9))
def test_the_size_does_not_depend_on_the_total_and_asking_twice_as_many_alike_narrows_it(total, times):
    one = network_scale_up(THREE, 10_000, SIZES, replicates=200)
    assert network_scale_up(THREE, total, SIZES, replicates=2).estimate == pytest.approx(one.estimate)
    more = network_scale_up(pd.concat([THREE] * times), 10_000, SIZES, replicates=200)
    assert more.estimate == pytest.approx(one.estimate)
    assert more.high <= one.high


def test_the_same_seed_gives_the_same_limits():
    one, again = (network_scale_up(THREE, 10_000, SIZES, seed=4) for _ in range(2))
    assert (one.low, one.high) == (again.low, again.high)


def test_nobody_known_of_the_hidden_is_no_proof_that_there_are_none():
    result = network_scale_up(THREE.assign(hidden=0), 10_000, SIZES)
    assert (result.estimate, result.low) == (0, 0)
    assert codes(result.warnings)[0] == "no_members_known"


def test_a_respondent_with_a_missing_answer_is_left_out_and_named():
    result = network_scale_up(pd.concat([THREE, answers(teachers=[9], births=[np.nan], hidden=[9])]), 10_000, SIZES)
    assert result.estimate == pytest.approx(10_000 / 300)
    assert result.left_out["row"].tolist() == [0]
    assert warned(result.warnings, "unknown_left_out", "1 of 4 respondents")


def test_one_known_population_can_be_used_and_not_checked():
    result = network_scale_up(THREE, 10_000, {"teachers": 100})
    assert result.check.empty
    assert codes(result.warnings)[0] == "one_known_population"


def test_what_cannot_be_scaled_up_is_refused():
    with refused(NotIdentifiable, "no_known_populations"):
        network_scale_up(THREE, 10_000, {})
    with refused(NotIdentifiable, "no_known_contacts"):
        network_scale_up(THREE.assign(teachers=0, births=0), 10_000, SIZES)
    with refused(NotIdentifiable, "too_few_rows"):
        network_scale_up(THREE[:1], 10_000, SIZES)


@pytest.mark.parametrize(
    ("respondents", "total", "known", "said"),
    [
        (THREE.assign(teachers=[1, -1, 0]), 10_000, SIZES, ("not_whole_number", "'teachers'", "'-1'")),
        (THREE.assign(hidden=[0, 0, 0.5]), 10_000, SIZES, ("not_whole_number", "2", "'hidden'", "'0.5'")),
        (THREE.assign(births=[1, "many", 2]), 10_000, SIZES, ("not_whole_number", "1", "'births'", "'many'")),
        (THREE.drop(columns="hidden"), 10_000, SIZES, ("missing_column", "column 'hidden'")),
        (THREE, 10_000, {"nurses": 5}, ("missing_column", "column 'nurses'")),
        (THREE, 10_000, {"teachers": 0}, ("not_positive", "'teachers'", "0")),
        (THREE, 150, SIZES, ("out_of_range", "'births'", "200", "150")),
        (THREE, np.nan, SIZES, ("not_positive",)),
    ],
)
def test_answers_and_sizes_that_cannot_be_are_refused(respondents, total, known, said):
    with refused(ValueError, *said):
        network_scale_up(respondents, total, known)


def test_the_picture_shows_each_known_population_as_a_ratio():
    found = network_scale_up(THREE, 10_000, SIZES)
    figure = found.plot()
    assert labels(figure)[0] == "teachers" and dots(figure)[0] == pytest.approx(found.check["ratio"].tolist())
    assert dots(figure)[0][0] == pytest.approx(4)
    assert named(figure, "estimate equals the size")[0, 0] == 1
