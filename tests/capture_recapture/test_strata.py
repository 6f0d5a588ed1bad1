"""What a user relies on in estimates by strata, each by itself and by one model for all."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from captures import published_counts
from fuzzing import examples
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from plain_plots import axes_of, dots, labels, limits
from refusals import refused
from scipy import stats

from analysis import plots
from capture_recapture import NotIdentifiable, joint, multiple_systems, selection, stratified
from capture_recapture.joint_loglinear import fit_joint, joint_status, joint_terms
from capture_recapture.loglinear import closure, pairs

INF = float("inf")
KOSOVO = published_counts("Kosovo")


# Lists a and b depend, c does not. With [ab][c] the unseen are (only c) x (on a or b, not c) / (on a or b, and c):
# 300 x 2400 / 800 = 900 in the first, 600 x 1000 / 500 = 1200 in the second. Both have the odds ratio of a and b
# 1200 x 900 / (600 x 600) = 300 x 1200 / (400 x 300) = 3, so a model of both with one dependence has nothing to smooth.
NORTH = {"100": 600, "010": 600, "110": 1200, "101": 200, "011": 200, "111": 400, "001": 300}
SOUTH = {"100": 400, "010": 300, "110": 300, "101": 200, "011": 150, "111": 150, "001": 600}

FOOTER = plots.Footer("made for a test", "2020", "5,600 persons", "An estimate, not a count.")


def histories(persons: dict[str, int], names: str = "abcdef", **stratum: object) -> pd.DataFrame:
    rows = [[int(digit) for digit in pattern] for pattern in persons]
    return pd.DataFrame(rows, columns=list(names[: len(rows[0])])).assign(count=list(persons.values()), **stratum)


def areas(**persons: dict[str, int]) -> pd.DataFrame:
    return pd.concat([histories(table, area_id=area) for area, table in persons.items()], ignore_index=True)


BOTH = areas(north=NORTH, south=SOUTH)
# Nobody of the third is on two lists.
WITH_REFUSED = areas(north=NORTH, south=SOUTH, east={"100": 7, "010": 4})


def split(persons: dict[str, int], seed: int, strata: int = 3) -> pd.DataFrame:
    """A table whose persons are dealt to strata, each with a share of its own."""
    rng = np.random.default_rng(seed)
    dealt = rng.multinomial(list(persons.values()), rng.dirichlet(np.full(strata, 3.0)))
    parts = [histories(dict(zip(persons, part, strict=True)), year=2020 + k) for k, part in enumerate(dealt.T)]
    return pd.concat(parts, ignore_index=True)


# Each stratum by itself


def test_without_resamples_there_are_no_limits():
    result = stratified(BOTH, "area_id", replicates=0)
    assert np.isnan(result.interval).all() and result.strata["low"].isna().all()


def test_without_a_stratum_nothing_is_estimated_by_either_method():
    for method in (stratified, joint):
        with refused(NotIdentifiable, "no_persons", "No person"):
            method(pd.DataFrame(columns=["year", "a", "b", "c", "count"]), "year")


def test_a_stratum_is_estimated_as_it_would_be_alone():
    result = stratified(BOTH, "area_id", replicates=50, confidence=0.9)
    for area, table in (("north", NORTH), ("south", SOUTH)):
        alone = multiple_systems(histories(table), replicates=0)
        assert result.fits[area].estimate == pytest.approx(alone.estimate, rel=1e-12)
        assert result.fits[area].naive_interval != alone.naive_interval  # 90 % and 95 %
    row = result.strata.set_index("area_id").loc["south"]
    assert (row["low"], row["high"]) == result.fits["south"].interval


def test_the_resamples_of_a_stratum_are_its_own_whatever_other_strata_there_are():
    # Two areas with the same persons: were they resampled with the same numbers, their sum would vary too much.
    result = stratified(areas(north=NORTH, other=NORTH), "area_id", selection="independence", replicates=400)
    one, other = (result.fits[area].replicates for area in ("north", "other"))
    # The correlation of 400 independent pairs has standard deviation 0.05.
    assert abs(np.corrcoef(one, other)[0, 1]) < 0.2
    np.testing.assert_allclose(result.replicates, one + other)
    alone = stratified(areas(north=NORTH), "area_id", selection="independence", replicates=400)
    np.testing.assert_array_equal(alone.replicates, one)
    again = stratified(areas(north=NORTH), "area_id", selection="independence", replicates=400, seed=7)
    assert not np.array_equal(alone.replicates, again.replicates)


def test_the_interval_of_one_stratum_is_the_interval_of_the_sum():
    # The sum's bias correction and acceleration are computed anew, from the strata's resamples and jackknife.
    result = stratified(areas(north=NORTH), "area_id", replicates=200)
    assert result.interval == pytest.approx(result.fits["north"].interval, rel=1e-9)


def test_the_interval_of_the_sum_is_bca_for_strata_that_are_samples_of_their_own():
    # Davison and Hinkley (1997), section 5.3.2: a = sum l³ / (6 (sum l²)^1.5), where l is how far a person moves the
    # estimate of the own stratum from its mean over persons, times (n - 1) / n; limits as in Efron (1987).
    result = stratified(BOTH, "area_id", selection="independence", replicates=300)
    squares = cubes = 0.0
    for table in (NORTH, SOUTH):
        n, persons = sum(table.values()), np.array(list(table.values()))
        less = [histories({**table, pattern: table[pattern] - 1}) for pattern in table]
        values = np.array([multiple_systems(one, "independence", replicates=0).estimate for one in less])
        moves = (np.average(values, weights=persons) - values) * (n - 1) / n
        squares, cubes = squares + persons @ moves**2, cubes + persons @ moves**3
    a = cubes / (6 * squares**1.5)
    z0 = stats.norm.ppf((result.replicates < result.estimate).mean())
    z = z0 + stats.norm.ppf([0.025, 0.975])
    at = stats.norm.cdf(z0 + z / (1 - a * z))
    assert result.interval == pytest.approx(np.quantile(result.replicates, at, method="median_unbiased"), rel=1e-9)


def test_the_chances_of_strata_partly_cancel_in_their_sum():
    result = stratified(BOTH, "area_id", replicates=400)
    low, high = result.interval
    widths = result.strata["high"] - result.strata["low"]
    assert low < 7700 < high
    assert widths.max() < high - low < widths.sum()


def test_a_refused_stratum_keeps_its_row_its_reason_and_its_persons():
    result = stratified(WITH_REFUSED, "area_id", replicates=100)
    row = result.strata.set_index("area_id").loc["east"]
    assert (row["n"], row["terms"]) == (11, "")
    assert row[["estimate", "low", "high"]].isna().all()
    assert "None of the 11 persons is on two lists" in row["note"]
    assert (result.n, result.n_refused) == (5611, 11)
    # The sum is that of the two others; at least the eleven are there as well.
    assert result.estimate == pytest.approx(7700)
    assert result.total_low == pytest.approx(result.interval[0] + 11)
    assert "The 11 persons observed there are not in the sum" in result.totals["note"].iloc[0]
    assert result.totals["total"].tolist() == ["sum of strata", "pooled", "pooled, with the refused"]
    assert result.totals["n"].tolist() == [5600, 5600, 5611]
    assert result.pooled == result.totals["estimate"].iloc[1]


def test_a_stratum_in_which_nobody_was_seen_is_kept():
    nobody = dict.fromkeys(NORTH, 0)
    result = stratified(areas(north=NORTH, west=nobody), "area_id", replicates=0)
    row = result.strata.set_index("area_id").loc["west"]
    assert row["n"] == 0 and np.isnan(row["estimate"])
    assert "No person is on any list" in row["note"]
    row = joint(areas(north=NORTH, west=nobody), "area_id", replicates=20).strata.set_index("area_id").loc["west"]
    assert row[["hidden", "estimate", "low", "high"]].isna().all()
    assert "not to say that nobody is there" in row["note"]


def test_a_resample_without_an_estimate_has_no_upper_limit_and_neither_has_the_sum():
    # One of 41 persons is on two lists: more than a third of the resamples lose this person (1 - 1/41)^41 = 0.363.
    thin = {"100": 20, "010": 20, "110": 1}
    result = stratified(areas(north=NORTH, thin=thin), "area_id", replicates=200)
    lost = np.isnan(result.replicates).mean()
    assert lost == pytest.approx(0.363, abs=0.14)  # four standard deviations of 200 resamples
    assert result.interval[1] == INF
    assert np.isfinite(result.interval[0])
    figure = result.plot()
    assert "thin (41 seen)" in labels(figure)
    assert ">" in [line.get_marker() for line in axes_of(figure).lines]


# One model for all strata


TABLES = st.lists(st.lists(st.integers(0, 30), min_size=7, max_size=7), min_size=1, max_size=3)


def stratum_histories(tables: list[list[int]]) -> pd.DataFrame:
    return areas(**{f"area{number}": dict(zip(NORTH, table, strict=True)) for number, table in enumerate(tables)})


@pytest.mark.slow
@settings(max_examples=examples(9))
@given(TABLES)
def test_independent_lists_that_differ_by_stratum_are_separate_models_of_independence(tables):
    table = stratum_histories(tables)
    assume(all(sum(persons) for persons in tables))
    separate = stratified_or_none(table, selection="independence", replicates=0)
    if separate is None or separate.n_refused:
        with pytest.raises(NotIdentifiable):
            joint(table, "area_id", threshold=0, replicates=0)
        return
    result = joint(table, "area_id", threshold=0, replicates=0)
    # Two ways to the same maximum, each as near to it as its last step: tables of few persons are flat there.
    assert result.strata["estimate"].tolist() == pytest.approx(separate.strata["estimate"].tolist(), rel=1e-7)
    assert result.estimate == pytest.approx(separate.estimate, rel=1e-7)


def stratified_or_none(table: pd.DataFrame, **rules):
    try:
        return stratified(table, "area_id", **rules)
    except NotIdentifiable:
        return None


def test_a_random_table_is_fitted_as_statsmodels_fits_it():
    rng = np.random.default_rng(11)
    patterns = np.array(list(itertools.product((0, 1), repeat=4)))[1:]
    means = np.array([[40, 15, 25]]).T * 0.45 ** (patterns.sum(axis=1) - 1)
    counts = rng.poisson(means)
    assert (counts == 0).any()
    table = pd.DataFrame(np.tile(patterns, (3, 1)), columns=list("abcd"))
    table = table.assign(year=np.repeat([2020, 2021, 2022], 15), count=counts.ravel())
    terms = [("a", "b"), ("b", "d")]
    result = joint(table, "year", terms=terms, replicates=0)

    year = pd.get_dummies(table["year"]).to_numpy(dtype=float)
    lists = table[list("abcd")].to_numpy(dtype=float)
    own = (year[:, :, None] * lists[:, None]).reshape(45, 12)
    crossed = np.column_stack([lists[:, 0] * lists[:, 1], lists[:, 1] * lists[:, 3]])
    expected = sm.GLM(table["count"], np.column_stack([year, own, crossed]), family=sm.families.Poisson()).fit(
        tol=1e-12
    )
    hidden = np.exp(expected.params[:3].to_numpy())
    np.testing.assert_allclose(result.strata["hidden"], hidden, rtol=1e-7)


def test_a_list_that_does_not_work_in_a_stratum_takes_no_part_there():
    table = areas(north=NORTH, west={"100": 30, "010": 40, "110": 10})
    result = joint(table, "area_id", threshold=0, replicates=0)
    row = result.strata.set_index("area_id").loc["west"]
    assert row["note"] == "Nobody of this stratum is on c."
    note = stratified(table, "area_id", replicates=0).strata.set_index("area_id").loc["west", "note"]
    assert note.endswith("The estimate rests on the independence of the two lists left.")


def test_the_resamples_vary_as_the_delta_method_says_where_persons_are_many():
    # With independent lists and no selection. The Wald interval takes the number of persons observed to be Poisson,
    # resamples hold it: less by (hidden / n)² n. 600 resamples know their variance to 1 / sqrt(300) = 6 %.
    table = areas(north=dict.fromkeys(NORTH, 300), south=dict.fromkeys(NORTH, 200))
    result = joint(table, "area_id", threshold=0, replicates=600)
    hidden = result.estimate - result.n
    alone = stratified(table, "area_id", selection="independence", replicates=0).fits.values()
    errors = [fit.estimate - fit.n for fit in alone] * np.array(
        [np.log((fit.naive_interval[1] - fit.n) / (fit.estimate - fit.n)) / 1.959963984540054 for fit in alone]
    )
    of_poisson = (errors**2).sum()
    variance = of_poisson - hidden**2 / result.n
    assert result.replicates.sum(axis=0).var() == pytest.approx(variance, rel=0.2)
    wald = np.exp(np.array([-1, 1]) * 1.959963984540054 * np.sqrt(of_poisson) / hidden)
    assert result.interval == pytest.approx(result.n + hidden * wald, rel=0.01)


def test_dependences_are_selected_again_in_each_resample():
    result = joint(split(KOSOVO, 1), "year", replicates=100)
    # R's model of the observed table (SparseMSE 2.0.1) took b and c in first, and b and d not.
    assert result.terms[0] == ("b", "c") and ("b", "d") not in result.terms
    assert result.replicates.shape == (3, 100)
    low, high = result.interval
    assert low < result.estimate < high
    assert (result.strata["low"] < result.strata["estimate"]).all()
    assert (result.strata["estimate"] < result.strata["high"]).all()
    fixed = joint(split(KOSOVO, 1), "year", terms=result.terms, replicates=100)
    # Where the model is given, resamples differ by chance alone.
    assert fixed.estimate == pytest.approx(result.estimate, rel=1e-9)
    assert fixed.replicates.sum(axis=0).std() < result.replicates.sum(axis=0).std()


def test_a_resample_without_an_estimate_counts_as_infinite_in_one_model_too():
    # The thin area has one person on two lists, whom about 1/e of the resamples lose.
    result = joint(areas(north=NORTH, thin={"100": 20, "010": 20, "110": 1}), "area_id", replicates=100)
    assert 0.2 < np.isnan(result.replicates).any(axis=0).mean() < 0.6
    assert result.interval[1] == INF


# Whether there is an estimate


@pytest.mark.slow
def test_newtons_method_converges_exactly_where_an_estimate_exists():
    rng = np.random.default_rng(2)
    found = set()
    for _ in range(60):
        lists, strata = int(rng.integers(2, 5)), int(rng.integers(1, 4))
        counts = rng.poisson(rng.choice([0.3, 0.7, 1.5, 4]), size=(2**lists, strata)).astype(float)
        counts[0] = 0
        terms = joint_terms(lists)
        chosen = rng.random((len(pairs(lists)), 3)) < 0.5
        fitted = fit_joint(np.repeat(counts[..., None], 3, axis=2), terms, chosen)
        for number in range(3):
            status = joint_status(counts, terms, chosen[:, number])
            assert (status == 0) == fitted.converged[number]
            found.add(status)
            if strata == 1:
                single = closure(pairs(lists)[chosen[:, number]], lists)
                assert status == selection.estimate_status(counts[:, 0], single)
    assert found == {0, 1, 2, 3}


def test_a_stratum_without_overlap_is_named_where_the_model_needs_one_in_each():
    with refused(NotIdentifiable, "not_identifiable"):
        joint(WITH_REFUSED, "area_id")


def test_the_dependence_of_two_lists_cannot_be_told_from_the_unseen():
    table = areas(north={"10": 30, "01": 20, "11": 9}, south={"10": 12, "01": 25, "11": 8})
    with refused(NotIdentifiable, "not_identifiable"):
        joint(table, "area_id", terms=[("a", "b")])


@pytest.mark.parametrize(
    "table, reason",
    [
        (areas(north={"1": 12}, south={"1": 3}), "too_few_lists"),
        (areas(north={"10": 0, "11": 0}, south={"01": 0}), "no_persons"),
        (areas(north={"100": 4, "010": 5}, south={"001": 6}), "not_identifiable"),
    ],
)
def test_what_no_model_of_strata_can_carry_is_refused(table, reason):
    with refused(NotIdentifiable, reason):
        joint(table, "area_id")
    with refused(NotIdentifiable, "no_stratum_estimable", table["area_id"].nunique()):
        stratified(table, "area_id")


# Strata as they are written


def test_missing_empty_and_unknown_are_one_stratum_named_unknown_and_last():
    table = areas(a=NORTH, z=SOUTH)
    lost = [histories({"110": count, "100": 5, "010": 6}) for count in (1, 2, 3, 4)]
    for part, value in zip(lost, (None, "", "  ", "Unknown"), strict=True):
        part["area_id"] = value
        part["c"] = 0
    result = stratified(pd.concat([*lost, table], ignore_index=True), "area_id", replicates=0)
    assert result.strata["area_id"].tolist() == ["a", "z", "unknown"]
    # By hand: 10 on both, 20 and 24 on one: 20 x 24 / 10 = 48 hidden.
    last = result.strata.iloc[-1]
    assert (last["n"], last["estimate"]) == (54, pytest.approx(102))
    assert result.n == 5600 + 54


def test_strata_of_several_columns_keep_their_values_and_unknown_parts():
    table = pd.concat(
        [
            histories(NORTH, year=2021, sex="female"),
            histories(NORTH, year=2020, sex="male"),
            histories(SOUTH, year=np.nan, sex="female"),
            histories(SOUTH, year=2020, sex=None),
        ]
    )
    for result in (stratified(table, ["year", "sex"], replicates=0), joint(table, ["year", "sex"], replicates=0)):
        assert result.strata[["year", "sex"]].to_numpy().tolist() == [
            [2020, "male"], [2020, "unknown"], [2021, "female"], ["unknown", "female"],
        ]  # fmt: skip
        assert result.strata["estimate"].tolist() == pytest.approx([4400, 3300, 4400, 3300])
    # A 0/1 column may say the stratum, and rows of one pattern are added.
    by_flag = stratified(pd.concat([BOTH, BOTH]).assign(area_id=lambda t: (t["area_id"] == "south") * 1), "area_id")
    assert by_flag.strata["n"].tolist() == [7000, 4200]


@pytest.mark.slow
@settings(max_examples=examples(5))
@given(TABLES, st.permutations("abc"), st.randoms(use_true_random=False))
def test_the_order_of_rows_lists_and_strata_changes_nothing(tables, order, random):
    table = stratum_histories(tables)
    rows = list(table.index)
    random.shuffle(rows)
    # The areas sort the other way round under their new names.
    shuffled = table.loc[rows, [*order, "area_id", "count"]]
    shuffled["area_id"] = shuffled["area_id"].map({"area0": "z", "area1": "y", "area2": "x"})
    # Pairs that are equally unlikely come in by the order of lists, so nothing is selected here.
    for estimate, model in ((stratified, {"selection": "independence"}), (joint, {"terms": [("b", "a")]})):
        try:
            one = estimate(table, "area_id", replicates=0, **model)
        except NotIdentifiable:
            with pytest.raises(NotIdentifiable):
                estimate(shuffled, "area_id", replicates=0, **model)
            continue
        other = estimate(shuffled, "area_id", replicates=0, **model)
        assert one.estimate == pytest.approx(other.estimate, rel=1e-9)
        turned = other.strata["estimate"].tolist()[::-1]
        assert one.strata["estimate"].tolist() == pytest.approx(turned, rel=1e-9, nan_ok=True)


def test_the_order_of_rows_changes_no_interval_either():
    shuffled = BOTH.sample(frac=1, random_state=3)
    assert (
        stratified(shuffled, "area_id", replicates=50).interval == stratified(BOTH, "area_id", replicates=50).interval
    )
    assert joint(shuffled, "area_id", replicates=50).interval == joint(BOTH, "area_id", replicates=50).interval


@pytest.mark.parametrize("estimate", [stratified, joint])
def test_what_cannot_be_read_is_said(estimate):
    with refused(ValueError, "missing_column", "column 'year'"):
        estimate(BOTH, "year")
    with refused(ValueError, "empty"):
        estimate(BOTH, [])
    with refused(ValueError, "reserved_or_repeated_name", "'n'"):
        estimate(BOTH.rename(columns={"area_id": "n"}), "n")
    with refused(ValueError, "not_binary"):
        estimate(BOTH.assign(year=2020), "area_id")
    with refused(ValueError, "not_whole_number"):
        estimate(BOTH.assign(count=0.5), "area_id")
    with refused(ValueError, "duplicate_name", "'1'"):
        estimate(pd.concat([histories(NORTH, area_id="1"), histories(NORTH, area_id=1)]), "area_id")
    with refused(ValueError, "confidence_out_of_range"):
        estimate(BOTH, "area_id", confidence=95)


def test_pairs_that_are_none_and_senseless_thresholds_are_refused():
    for terms in ([("a", "z")], [("a",)], [("a", "b", "c")], ["ab"]):
        with refused(ValueError, "unknown_list_pair"):
            joint(BOTH, "area_id", terms=terms)
    with refused(ValueError, "out_of_range", "`threshold`"):
        joint(BOTH, "area_id", threshold=5)


def test_the_callers_table_is_left_as_it_was():
    table = WITH_REFUSED.copy()
    stratified(table, "area_id", replicates=5)
    joint(BOTH, "area_id", replicates=5)
    pd.testing.assert_frame_equal(table, WITH_REFUSED)


# Figures


def test_the_picture_has_a_line_for_each_stratum_the_refused_one_too_and_for_the_totals():
    result = stratified(WITH_REFUSED, "area_id", replicates=0)
    figure = result.plot()
    seen = {"north (3,500 seen)", "south (2,100 seen)", "east (11 seen)", "sum of strata (5,600 seen)"}
    assert seen | {"pooled (5,600 seen)", "pooled, with the refused (5,611 seen)"} == set(labels(figure))
    shown = dict(zip(labels(figure), dots(figure)[0], strict=True))
    assert shown["sum of strata (5,600 seen)"] == pytest.approx(7700)  # 4,400 + 3,300, as by hand
    assert np.isnan(shown["east (11 seen)"]) and limits(figure) == []
    assert [text.get_text() for text in axes_of(figure).texts] == ["no estimate"]


def test_the_picture_of_one_model_has_the_strata_and_their_total():
    result = joint(BOTH, "area_id", replicates=100)
    figure = result.plot()
    assert labels(figure) == ["north (3,500 seen)", "south (2,100 seen)", "all strata (5,600 seen)"]
    assert dots(figure)[0] == pytest.approx([*result.strata["estimate"], result.estimate])
    assert limits(figure)[-1] == pytest.approx(result.interval)
