"""Two lists linked with errors at known rates, by hand; printed examples of the papers were not at hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from refusals import refused

from bounded.refusal import Refusal
from capture_recapture import NotIdentifiable, corrected_for_linkage


def two(only_first: int, only_second: int, both: int) -> pd.DataFrame:
    return pd.DataFrame({"A": [1, 0, 1], "B": [0, 1, 1], "count": [only_first, only_second, both]})


def test_without_errors_it_is_the_estimate_of_petersen_and_its_variance():
    """By hand: 200 * 150 / 50 = 600; variance 200 * 150 * 150 * 100 / 50^3 = 3,600."""
    found = corrected_for_linkage(two(150, 100, 50), 0, 0)
    assert found.estimate == found.uncorrected == 600 and found.on_both == found.linked == 50
    assert found.standard_error == pytest.approx(60) and found.share_due_to_linkage == 0
    assert found.n == found.seen == 300 and 300 < found.low < 600 < found.high


def test_missed_links_by_hand():
    """Lists of 200 and 150, of 50 persons on both a fifth is missed: 40 linked, 200 * 150 / 40 = 750 uncorrected.

    Corrected 40 / 0.8 = 50 and 600. Chance of links: (600 / (50 * 0.8))^2 * 50 * 0.2 * 0.8 = 225 * 8 = 1,800, beside
    3,600 of the lists: a third.
    """
    found = corrected_for_linkage(two(160, 110, 40), 0.2, 0)
    assert found.uncorrected == 750 and found.on_both == pytest.approx(50) and found.estimate == pytest.approx(600)
    assert found.standard_error == pytest.approx(np.sqrt(5400)) and found.share_due_to_linkage == pytest.approx(1 / 3)
    assert found.n == 310 and found.seen == pytest.approx(300)


@pytest.mark.parametrize(("of", "false_links"), [(None, 0.1), ("B", 0.1), ("A", 1 / 15)])
def test_missed_and_false_links_by_hand(of, false_links):
    """50 on both of 200 and 150: 40 of them linked, and 10 others falsely: 50 linked in all.

    10 of the 100 on B alone are 0.1, of the 150 on A alone 1/15.
    """
    found = corrected_for_linkage(two(150, 100, 50), 0.2, false_links, of=of)
    assert found.on_both == pytest.approx(50) and found.estimate == pytest.approx(600)


def test_links_drawn_at_the_rates_give_the_variance_that_is_stated():
    """Petersen's lists are drawn 800 times from 1,000 persons, and links missed and false: the spread is the error's.

    The relative standard error of a standard deviation of 800 is 2.5 %; the stated one is to first order.
    """
    generator = np.random.default_rng(8)
    on = generator.random((800, 1000, 2)) < (0.5, 0.4)
    first, second, both = on[..., 0].sum(1), on[..., 1].sum(1), on.all(2).sum(1)
    linked = generator.binomial(both, 0.85) + generator.binomial(second - both, 0.04)
    totals, errors = [], []
    for a, b, link in zip(first, second, linked, strict=True):
        found = corrected_for_linkage(two(a - link, b - link, link), 0.15, 0.04)
        totals.append(found.estimate)
        errors.append(found.standard_error)
    assert np.mean(totals) == pytest.approx(1000, rel=0.01)
    assert np.median(errors) == pytest.approx(np.std(totals), rel=0.1)


@pytest.mark.parametrize(
    ("histories", "missed", "false_links", "code"),
    [
        (two(150, 100, 0), 0.1, 0.1, "no_overlap"),
        (two(150, 100, 50), 0.6, 0.4, "links_say_nothing"),
        (two(150, 100, 5), 0.1, 0.1, "fewer_than_false_links"),
        (two(10, 0, 100), 0.2, 0.0, "more_than_a_list"),
        (two(150, 100, 50).assign(C=1), 0.1, 0.1, "not_two_lists"),
    ],
)
def test_what_the_rates_do_not_allow_is_refused(histories, missed, false_links, code):
    with refused(NotIdentifiable, code):
        corrected_for_linkage(histories, missed, false_links)


@pytest.mark.parametrize(("missed", "false_links"), [(1, 0), (-0.1, 0), (0, 1), (0, np.nan)])
def test_rates_are_shares(missed, false_links):
    with refused(Refusal, "out_of_range"):
        corrected_for_linkage(two(150, 100, 50), missed, false_links)


def test_the_list_of_the_rate_is_one_of_the_two():
    with refused(Refusal, "unknown_choice", "of"):
        corrected_for_linkage(two(150, 100, 50), 0.1, 0.1, of="C")
