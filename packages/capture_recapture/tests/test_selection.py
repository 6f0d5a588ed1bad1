"""Selection for many tables at a time is that of one table after another, and of every model after another."""

from __future__ import annotations

import numpy as np
import pytest
from captures import published, tables
from fuzzing import examples
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from scipy import special

from capture_recapture import NotIdentifiable, loglinear, selection
from capture_recapture.histories import capture_table


def resampled(table, seed, many=30):
    counts = capture_table(table).counts
    return counts, np.random.default_rng(seed).multinomial(int(counts.sum()), counts / counts.sum(), many).T.astype(
        float
    )


def smallest_bic(drawn, found, among):
    """Every model fitted to every table, and the first of those with the smallest BIC."""
    places, kept = np.arange(1, len(drawn)), min(among, found.fitted)
    bic, hidden = np.full((kept, drawn.shape[1]), np.inf), np.full((kept, drawn.shape[1]), np.nan)
    for number in range(kept):
        start = np.repeat(found.theta[:, [number]], drawn.shape[1], axis=1)
        fits = loglinear.fit_each(drawn, places, found.terms[number, 1:, None], start=start)
        value = found.terms[number].sum() * np.log(drawn.sum(axis=0)) - 2 * loglinear.log_likelihood(drawn, fits.mean)
        bic[number], hidden[number] = np.where(fits.converged, value, np.inf), fits.hidden
    best = bic.argmin(axis=0)
    there = np.isfinite(bic.min(axis=0))
    return np.where(there, hidden[best, np.arange(drawn.shape[1])], np.nan), np.where(there, best, -1)


def assert_smallest_bic(table, seed, among):
    counts, drawn = resampled(table, seed)
    try:
        sets = [selection.candidates(counts, order) for order in (2, len(counts).bit_length() - 1)]
    except NotIdentifiable:
        assume(False)
    for found in sets:
        hidden, chosen = selection.best_of_each(drawn, found, among)
        expected, number = smallest_bic(drawn, found, among)
        np.testing.assert_array_equal(hidden, expected)
        np.testing.assert_array_equal(chosen, number)


@given(tables(fewest=3, most=4, largest=30), st.integers(0, 99), st.sampled_from([1, 20, 113]))
@settings(max_examples=examples(20))
def test_models_that_are_not_fitted_are_none_of_those_with_the_smallest_bic(table, seed, among):
    assume(table["count"].sum())
    assert_smallest_bic(table, seed, among)


@pytest.mark.parametrize("name", ["Kosovo", "UKdat_5"])
def test_so_it_is_for_published_tables(name):
    assert_smallest_bic(published(name), 3, 113)


@given(tables(fewest=2, most=4, largest=60), st.integers(0, 99), st.data())
@settings(max_examples=examples(20), suppress_health_check=[HealthCheck.filter_too_much])
def test_no_likelihood_is_above_what_one_step_says_is_the_highest(table, seed, data):
    assume(table["count"].sum())
    counts, drawn = resampled(table, seed)
    every = loglinear.models(len(table.columns) - 1, 4)
    terms = every[data.draw(st.integers(0, len(every) - 1)), 1:, None]
    places, overlap = np.arange(1, len(counts)), loglinear.superset_sums(drawn.copy())[1:]
    start = loglinear.fit_each(counts[:, None], places, terms)
    assume(start.converged[0])
    highest = loglinear.highest_likelihood_each(drawn, places, terms, overlap, start.theta)
    fits = loglinear.fit_each(drawn, places, terms, overlap)
    reached = loglinear.log_likelihood(drawn, fits.mean) + special.gammaln(drawn + 1).sum(axis=0)
    assert (reached <= highest + 1e-8)[fits.converged].all()


@given(tables(fewest=2, most=4, largest=40), st.integers(0, 99))
@settings(max_examples=examples(20))
def test_every_threshold_stops_on_the_path_where_it_stops_alone(table, seed):
    assume(table["count"].sum())
    _, drawn = resampled(table, seed)
    thresholds = [0.05, 0.001, 0.0, 0.5, 0.02, 1.0]
    for threshold, path in zip(thresholds, selection.stepwise_paths(drawn, thresholds), strict=True):
        (alone,) = selection.stepwise_paths(drawn, [threshold])
        np.testing.assert_array_equal(path.hidden, alone.hidden)
        np.testing.assert_array_equal(path.rank, alone.rank)
