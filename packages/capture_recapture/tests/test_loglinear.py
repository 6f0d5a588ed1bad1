"""What a user relies on in fits of log-linear models: the maximum, its standard errors, a word where there is none."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
import statsmodels.api as sm
from captures import design, histories, overlap, patterns, published, tables
from fuzzing import examples
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import stats

from capture_recapture import loglinear, selection
from capture_recapture.histories import capture_table
from capture_recapture.loglinear import closure, models


def fitted(table, terms):
    """Counts, places of the finite terms, and the fit of one model to one table."""
    read = capture_table(table)
    finite, never = selection.split_terms(read.counts, closure([read.place(term) for term in terms], len(read.lists)))
    possible = loglinear.without(len(read.counts), never)
    return read, finite, loglinear.fit(read.counts[:, None], finite[:, None], possible[:, None])


@st.composite
def tables_with_a_model(draw, **words):
    table = draw(tables(**words))
    lists = [column for column in table if column != "count"]
    term = st.lists(st.sampled_from(lists), min_size=2, max_size=len(lists) - 1, unique=True).map(tuple)
    return table, draw(st.lists(term, max_size=4)) if len(lists) > 2 else []


def assert_statsmodels_agrees(table, terms):
    matrix, counts, names = design(table, terms)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = sm.GLM(counts, matrix, family=sm.families.Poisson()).fit(
            tol=1e-13, tol_criterion="params", maxiter=300
        )
        # Once more from there: its standard errors are those of the step before the last.
        theirs = sm.GLM(counts, matrix, family=sm.families.Poisson()).fit(start_params=theirs.params, maxiter=3, tol=0)
    read, finite, ours = fitted(table, terms)
    assert ours.converged[0]
    order = [list(finite).index(read.place(name)) for name in names]
    np.testing.assert_allclose(ours.theta[order, 0], theirs.params, rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(ours.standard_error[order, 0], theirs.bse, rtol=1e-5)
    assert loglinear.log_likelihood(read.counts[:, None], ours.mean)[0] == pytest.approx(theirs.llf, rel=1e-9, abs=1e-8)
    assert ours.hidden[0] == pytest.approx(np.exp(theirs.params[0]), rel=1e-6)


@pytest.mark.slow
@settings(max_examples=examples(60))
@given(tables_with_a_model(least=1, largest=400))
def test_full_tables_have_the_coefficients_errors_and_likelihood_of_statsmodels(drawn):
    assert_statsmodels_agrees(*drawn)


@pytest.mark.slow
@settings(max_examples=examples(17))
@given(tables_with_a_model(fewest=3, largest=9))
def test_sparse_tables_have_them_too_wherever_there_is_an_estimate(drawn):
    table, terms = drawn
    assume(selection.model_status(table, terms) == 0)
    _, counts, _ = design(table, terms)
    # A model whose smallest mean is next to 0 is beyond what statsmodels' iteration reaches.
    assume(len(counts) and fitted(table, terms)[2].mean[1:].max() > 0)
    assume(fitted(table, terms)[2].standard_error.max() < 30)
    assert_statsmodels_agrees(table, terms)


@pytest.mark.slow
@settings(max_examples=examples(55))
@given(st.one_of(tables_with_a_model(fewest=2, largest=4), tables_with_a_model(fewest=3, largest=2000)))
def test_a_fit_converges_where_the_estimate_exists_and_nowhere_else(drawn):
    table, terms = drawn
    assume(table["count"].any())
    _, _, fit = fitted(table, terms)
    assert bool(fit.converged[0]) == (selection.model_status(table, terms) == 0)
    assert np.isnan(fit.hidden[0]) == (not fit.converged[0])


@pytest.mark.slow
@settings(max_examples=examples(60))
@given(tables_with_a_model(fewest=3, least=1, largest=10**6))
def test_fitted_overlaps_are_those_observed(drawn):
    # The likelihood equations: for each term the expected overlap is the observed one, within the last step's 1e-7.
    table, terms = drawn
    read, finite, fit = fitted(table, terms)
    expected = loglinear.superset_sums(fit.mean.copy())[finite, 0]
    np.testing.assert_allclose(expected, [overlap(table, read.names(int(term))) for term in finite], rtol=2e-7)


@settings(max_examples=examples(40))
@given(st.integers(1, 10**6), st.integers(1, 10**6), st.integers(1, 10**6))
def test_two_lists_are_lincoln_and_petersens_estimate_with_its_standard_error(both, first, second):
    _, _, fit = fitted(histories({"11": both, "10": first, "01": second}), [])
    # By hand: three counts and three parameters. x00 = x10 x01 / x11; the variance of its log is the sum of 1 / count.
    assert fit.hidden[0] == pytest.approx(first * second / both, rel=1e-9)
    assert fit.standard_error[0, 0] == pytest.approx((1 / both + 1 / first + 1 / second) ** 0.5, rel=1e-6)


@settings(max_examples=examples(30))
@given(st.lists(st.integers(1, 5000), min_size=7, max_size=7))
def test_three_lists_have_the_closed_forms_of_fienberg(counts):
    table = histories(dict(zip(patterns(3), counts, strict=True)))
    x = dict(zip(patterns(3), counts, strict=True))
    # Fienberg (1972), the missing pattern of a 2 x 2 x 2 table: all pairs; A and B independent given C; AB and C.
    every_pair = x["100"] * x["010"] * x["001"] * x["111"] / (x["110"] * x["101"] * x["011"])
    assert fitted(table, [("A", "B"), ("A", "C"), ("B", "C")])[2].hidden[0] == pytest.approx(every_pair, rel=1e-8)
    given_c = x["100"] * x["010"] / x["110"]
    assert fitted(table, [("A", "C"), ("B", "C")])[2].hidden[0] == pytest.approx(given_c, rel=1e-8)
    one_pair = (x["100"] + x["010"] + x["110"]) * x["001"] / (x["101"] + x["011"] + x["111"])
    assert fitted(table, [("A", "B")])[2].hidden[0] == pytest.approx(one_pair, rel=1e-8)


@settings(max_examples=examples(40))
@given(tables(fewest=2, most=6, least=1, largest=1000))
def test_independent_lists_solve_darrochs_equation(table):
    # Darroch (1958): the share of N on no list is the product of the shares not on each list.
    _, _, fit = fitted(table, [])
    observed = table["count"].sum()
    total = observed + fit.hidden[0]
    missed = [1 - overlap(table, [name]) / total for name in table if name != "count"]
    assert fit.hidden[0] == pytest.approx(total * np.prod(missed), rel=1e-8)


def test_many_models_of_one_table_and_many_tables_of_one_model_are_the_fits_of_each():
    counts = capture_table(published("Kosovo")).counts[:, None]
    places = np.arange(1, 16)
    every = models(4, 3)
    together = loglinear.fit_each(counts, places, every[:, 1:].T)
    for number in (0, 17, 64, 112):
        one = loglinear.fit(counts, np.flatnonzero(every[number])[:, None])
        assert together.hidden[number] == pytest.approx(one.hidden[0], rel=1e-9)
    # More tables than one pass holds.
    drawn = np.random.default_rng(0).poisson(np.repeat(counts, 2500, axis=1)).astype(float)
    terms = closure([3, 5], 4)
    found = loglinear.fit(drawn, terms[:, None])
    for number in (0, 1023, 1024, 2499):
        alone = loglinear.fit(drawn[:, [number]], terms[:, None])
        np.testing.assert_allclose(found.theta[:, number], alone.theta[:, 0], rtol=1e-10)


def test_a_start_that_is_far_off_leads_to_the_same_maximum():
    counts, terms = capture_table(published("UKdat_5")).counts[:, None], closure([3, 17], 5)[:, None]
    near = loglinear.fit(counts, terms)
    for start in (np.zeros(terms.shape), np.full(terms.shape, 40.0), np.full(terms.shape, np.nan)):
        np.testing.assert_allclose(loglinear.fit(counts, terms, start=start).theta, near.theta, rtol=1e-9)


@given(st.integers(0, 5), st.integers(1, 3), st.randoms(use_true_random=False))
def test_running_sums_are_sums_over_subsets_and_supersets(lists, fits, random):
    values = np.array([[random.uniform(-9, 9) for _ in range(fits)] for _ in range(2**lists)])
    within = [[values[part].copy() for part in range(2**lists) if part & whole == part] for whole in range(2**lists)]
    around = [[values[part].copy() for part in range(2**lists) if part & whole == whole] for whole in range(2**lists)]
    np.testing.assert_allclose(
        loglinear.subset_sums(values.copy()), [np.sum(rows, axis=0) for rows in within], atol=1e-9
    )
    np.testing.assert_allclose(
        loglinear.superset_sums(values.copy()), [np.sum(rows, axis=0) for rows in around], atol=1e-9
    )


@given(st.lists(st.integers(0, 50), min_size=8, max_size=8), st.lists(st.floats(0.1, 60), min_size=8, max_size=8))
def test_the_likelihood_is_that_of_poisson_counts_and_leaves_the_persons_on_no_list_out(counts, means):
    ours = loglinear.log_likelihood(np.array(counts, dtype=float)[:, None], np.array(means)[:, None])
    assert ours[0] == pytest.approx(stats.poisson.logpmf(counts, means)[1:].sum(), rel=1e-10)
