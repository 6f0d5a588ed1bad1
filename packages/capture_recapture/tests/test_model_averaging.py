"""What a user relies on in estimates that are averaged over decomposable graphs."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from captures import histories, published_counts
from fuzzing import examples
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from plain_plots import axes_of, named, words
from refusals import refused
from scipy import special, stats

from capture_recapture import NotIdentifiable, model_average
from capture_recapture.histories import CaptureTable, capture_table
from capture_recapture.model_averaging import decomposable_graphs, log_evidence

KOREA, KOSOVO, UK = (published_counts(name) for name in ("Korea", "Kosovo", "UKdat_5"))


def two_lists(both: int, first: int, second: int) -> pd.DataFrame:
    return histories({"11": both, "10": first, "01": second})


@pytest.mark.parametrize("lists", range(1, 7))
def test_each_graph_stands_once(lists):
    table = decomposable_graphs(lists)
    assert len({row.tobytes() for row in table}) == len(table)


def test_a_chain_has_two_cliques_and_their_common_list_as_separator():
    # By hand, p(a, b, c) = p(a, b) p(b, c) / p(b); a has bit 1, b 2, c 4. One part, so p of nothing is divided by once.
    chain = np.zeros(8)
    chain[[0b011, 0b110]], chain[0b010], chain[0] = 1, -1, -1
    assert (decomposable_graphs(3) == chain).all(axis=1).sum() == 1
    # A star of three around a: p(a, b) p(a, c) p(a, d) / p(a)².
    star = np.zeros(16)
    star[[0b0011, 0b0101, 0b1001]], star[0b0001], star[0] = 1, -2, -1
    assert (decomposable_graphs(4) == star).all(axis=1).sum() == 1


def test_a_circle_of_four_lists_is_no_decomposable_graph():
    circle = np.zeros(16)
    circle[[0b0011, 0b0110, 0b1100, 0b1001]] = 1
    assert not ((decomposable_graphs(4) > 0) == (circle > 0)).all(axis=1).any()


def test_the_graph_that_joins_all_lists_is_the_dirichlet_multinomial_of_all_cells():
    # scipy's own distribution, over the counts with the missing in their place.
    table = capture_table(histories(KOREA))
    missing = np.array([0, 1, 7, 300])
    expected = [
        stats.dirichlet_multinomial.logpmf((table.counts + np.eye(8)[0] * m).astype(int), [0.3] * 8, int(table.n + m))
        for m in missing
    ]
    np.testing.assert_allclose(log_evidence(table, missing, 0.3)[-1], expected, rtol=1e-10)


def test_a_chain_is_a_list_and_two_others_that_depend_on_it_alone():
    # Hyper-Markov: b is beta-binomial, and so are a and c among those on b and those not on b.
    table, missing, delta = capture_table(histories(KOREA, "abc")), 40, 0.2
    counts = (table.counts + np.eye(8)[0] * missing).reshape(2, 2, 2)  # c, b, a
    expected = -special.gammaln(counts + 1).sum() + special.gammaln(counts.sum() + 1)
    b = counts.sum(axis=(0, 2))
    expected += special.betaln(*(4 * delta + b)) - special.betaln(4 * delta, 4 * delta)
    for margin in (counts.sum(axis=0), counts.sum(axis=2).T):
        for cell in margin:
            expected += special.betaln(*(2 * delta + cell)) - special.betaln(2 * delta, 2 * delta)
    chain = (decomposable_graphs(3)[:, [0b011, 0b110, 0b101]] == [1, 1, 0]).all(axis=1)
    assert log_evidence(table, [missing], delta)[chain] == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("persons", [1, 3])
def test_the_probabilities_of_all_tables_of_a_few_persons_add_to_one_under_every_graph(persons):
    chance = np.zeros(8)
    for cells in itertools.combinations_with_replacement(range(8), persons):
        counts = np.bincount(cells, minlength=8).astype(float)
        missing, counts[0] = counts[0], 0
        chance += np.exp(log_evidence(CaptureTable(("A", "B", "C"), counts, np.arange(8)), [missing], 0.4))[:, 0]
    np.testing.assert_allclose(chance, 1)


TABLES = st.lists(st.integers(0, 40), min_size=7, max_size=7)


@pytest.mark.slow
@settings(deadline=None, max_examples=examples(40))
@given(TABLES, st.permutations("ABC"))
def test_the_order_of_the_lists_changes_nothing(counts, order):
    patterns = [pattern for pattern in itertools.product((0, 1), repeat=3) if any(pattern)]
    table = pd.DataFrame(patterns, columns=list("ABC")).assign(count=counts)
    assume(table.loc[table[list("ABC")].sum(axis=1) > 1, "count"].sum() > 0)
    bound = 20 * sum(counts)  # of the caller's own, which is marked and not refused
    try:
        one = model_average(table, most_missing=bound)
    except NotIdentifiable:
        with pytest.raises(NotIdentifiable):
            model_average(table[[*order, "count"]], most_missing=bound)
        return
    other = model_average(table[[*order, "count"]].iloc[::-1], most_missing=bound)
    assert one.mean == pytest.approx(other.mean, rel=1e-9)
    np.testing.assert_allclose(one.posterior["probability"], other.posterior["probability"], atol=1e-12)
    ours, theirs = (
        {frozenset(map(frozenset, row.cliques)): row.probability for row in result.models.itertuples()}
        for result in (one, other)
    )
    assert ours == pytest.approx(theirs, rel=1e-8, abs=1e-300)


@settings(deadline=None, max_examples=examples(40))
@given(st.integers(1, 200), st.integers(0, 300), st.integers(0, 300), st.floats(0.5, 0.99))
def test_limits_leave_at_most_half_of_the_rest_on_either_side_and_nothing_below_the_observed(both, one, other, level):
    try:
        result = model_average(two_lists(both, one, other), confidence=level)
    except NotIdentifiable:
        return
    table, tail = result.posterior, (1 - level) / 2 + 1e-9
    assert table["probability"].sum() == pytest.approx(1)
    assert result.models["probability"].sum() == pytest.approx(1)
    assert result.n < result.low <= result.median <= result.high <= result.n + result.most_missing
    # The first range of two numbers missing begins at 14,400: its square root, 120, over 20, less 4.
    assert (table["total_low"] == table["total_high"]).all() == (result.most_missing <= 14_400)
    assert table.loc[table["total_high"] < result.low, "probability"].sum() <= tail
    assert table.loc[table["total_low"] > result.high, "probability"].sum() <= tail


def test_ranges_of_totals_have_no_gap_and_end_at_the_bound():
    result = model_average(histories(UK), most_missing=200_000)
    table = result.posterior
    assert table["total_low"].iloc[0] == result.n + 1
    assert table["total_high"].iloc[-1] == result.n + 200_000
    assert (table["total_low"].iloc[1:].to_numpy() == table["total_high"].iloc[:-1].to_numpy() + 1).all()
    assert ((table["total_low"] + table["total_high"]) / 2 == table["total"]).all()


def test_the_estimate_is_the_median_and_the_result_says_what_it_was_made_with():
    result = model_average(histories(KOREA, "xyz"), confidence=0.9)
    assert result.estimate == result.median
    assert (result.lists, result.n, result.delta, result.confidence) == (("x", "y", "z"), 123, 0.125, 0.9)
    wider = model_average(histories(KOREA, "xyz"))
    assert wider.low < result.low and result.high < wider.high


def test_a_model_names_its_cliques_and_has_a_total_of_its_own():
    result = model_average(histories(KOREA, "bcd"))
    assert result.models["cliques"].iloc[0] == (("b", "c"), ("c", "d"))
    # The mean over all graphs is the mean of the graphs' own.
    assert result.models["probability"] @ result.models["mean"] == pytest.approx(result.mean, rel=1e-9)


def test_what_the_prior_decides_is_said():
    # In the reference the graph that joins all lists has 8.5 % for Korea, and 4e-7 for Kosovo.
    assert "joins all lists has probability 8%" in model_average(histories(KOREA)).note
    assert model_average(histories(KOSOVO)).note == ""
    low = model_average(histories(KOSOVO), most_missing=8_000)
    assert low.near_bound > 0.001
    assert "bound of 12,400 persons decides" in low.note
    assert low.high <= 12_400
    assert "Two lists cannot show" in model_average(two_lists(30, 40, 50)).note


def test_lists_that_hardly_overlap_are_refused_until_the_caller_sets_the_bound():
    # By hand: each pair of lists has 304 · 304 / 2 = 46,208, far above the 906 observed and 30 times as many missing.
    table = histories({"100": 300, "010": 300, "001": 300, "110": 2, "101": 2, "011": 2})
    with refused(NotIdentifiable, "posterior_at_bound", "28,086"):
        model_average(table)
    assert "bound of 28,086 persons decides" in model_average(table, most_missing=27_180).note
    free = model_average(table, most_missing=1_000_000)
    assert free.low < 46_208 < free.high
    assert "bound" not in free.note


def test_lists_that_depend_on_one_another_in_every_way_are_refused():
    # Persons on one list or on three are many, those on two are few: each list turns the relation of the others round.
    dependent = {"111": 400, "110": 20, "101": 20, "011": 20, "100": 400, "010": 400, "001": 400}
    with refused(NotIdentifiable, "saturated_model_dominates", "100"):
        model_average(histories(dependent))


@pytest.mark.parametrize(
    "table, reason",
    [
        (histories({"1": 12}), ("too_few_lists",)),
        (histories({"1000000": 5, "1111111": 3}), ("too_many_lists", "7")),
        (two_lists(0, 0, 0), ("no_persons",)),
        (two_lists(0, 12, 15), ("no_overlap", "27")),
        (histories({"100": 9, "010": 0, "001": 7}), ("no_overlap", "16")),
    ],
)
def test_what_no_prior_can_make_an_estimate_of_is_refused(table, reason):
    with refused(NotIdentifiable, *reason):
        model_average(table)


@pytest.mark.parametrize("delta", [0, -1, np.nan, np.inf])
def test_a_prior_that_is_none_is_refused(delta):
    with refused(ValueError, "not_positive"):
        model_average(histories(KOREA), delta=delta)


@pytest.mark.parametrize("bound", [0, -5, 10.5, np.nan, np.inf])
def test_a_bound_that_is_no_number_of_persons_is_refused(bound):
    with refused(ValueError, "not_whole_number"):
        model_average(histories(KOREA), most_missing=bound)


def test_the_callers_table_is_left_as_it_was():
    table = histories(KOREA)
    before = table.copy()
    model_average(table)
    pd.testing.assert_frame_equal(table, before)
    with pytest.raises(ValueError, match="read-only"):
        decomposable_graphs(3)[0, 0] = 5


@pytest.mark.slow
def test_the_picture_shows_the_posterior_the_interval_and_what_was_observed():
    result = model_average(histories(UK, ("LA", "NG", "PFNCA", "GO", "GP")))
    figure = result.plot()
    assert named(figure, "median")[0, 0] == result.median and named(figure, "observed")[0, 0] == 2744
    assert f"{result.low:,}–{result.high:,}" in words(figure)
    bars = [bar for bar in axes_of(figure).patches if bar.get_height() != 1]
    end = bars[-1].get_x() + bars[-1].get_width()
    upto = result.posterior.loc[result.posterior["total_high"] < end, "probability"].sum()
    assert sum(bar.get_height() for bar in bars) == pytest.approx(100 * upto, abs=0.3)
