"""Estimates of several linkages as one: Rubin's rules by hand and as printed, and what cannot be combined."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from refusals import codes, refused

from bounded.refusal import Refusal
from capture_recapture import NotIdentifiable, combine_estimates
from capture_recapture.combining import rubin


def spread(mean: float, variance: float, m: int) -> np.ndarray:
    """Numbers with exactly this mean, and this variance (m - 1 in the denominator)."""
    values = np.arange(m, dtype=float)
    return mean + (values - values.mean()) * np.sqrt(variance / values.var(ddof=1))


def estimates(log_hidden: np.ndarray, error: float = 0.2, n: float = 1000) -> pd.DataFrame:
    return pd.DataFrame({"n": n, "estimate": n + np.exp(log_hidden), "standard_error": error})


def test_the_total_variance_and_its_degrees_of_freedom_are_those_printed_for_amos():
    """IBM SPSS Amos 21 User's Guide, example 31, p. 472: ten imputations, 1.172 with 0.0233 within and 0.0085 between.

    Printed: total variance 0.0326, standard error 0.1807, 1.172 / 0.1807 = 6.49, 109 degrees of freedom.
    """
    within, between, total, degrees = rubin(spread(1.172, 0.0085, 10), np.full(10, 0.0233))
    assert (round(within, 4), round(between, 4)) == (0.0233, 0.0085)
    assert total == pytest.approx(0.0326, abs=1e-4) and np.sqrt(total) == pytest.approx(0.1807, abs=1e-4)
    assert 1.172 / np.sqrt(total) == pytest.approx(6.49, abs=0.005) and int(degrees) == 109


def test_degrees_of_freedom_of_a_small_increase_are_those_printed_for_sas():
    """SAS/STAT 14.1 User's Guide, the MI procedure: with m = 5 and r = 10 % there are 484 degrees of freedom."""
    assert rubin(spread(0, 0.1 / 1.2, 5), np.ones(5))[3] == pytest.approx(484)


def test_the_combined_estimate_by_hand():
    """Hidden 100 and 400, standard error 0.5 each: the geometric mean is 200.

    between = 2 (ln 2)^2 = 0.960906, total = 0.25 + 1.5 * 0.960906 = 1.691359, share = 1.441359 / 1.691359 = 0.852190,
    degrees 1 / 0.852190^2 = 1.376979.
    """
    found = combine_estimates(estimates(np.log([100, 400]), 0.5))
    assert found.estimate == pytest.approx(1200) and found.n == 1000 and found.m == 2
    assert found.between == pytest.approx(0.960906, abs=1e-6) and found.within == pytest.approx(0.25)
    assert found.total == pytest.approx(1.691359, abs=1e-6)
    assert found.share_due_to_linkage == pytest.approx(0.852190, abs=1e-6)
    assert found.degrees_of_freedom == pytest.approx(1.376979, abs=1e-6)
    assert 1000 < found.low < 1200 < found.high
    # Symmetric on the log scale of the hidden number.
    assert (found.low - 1000) * (found.high - 1000) == pytest.approx(200**2)
    assert codes(found.cautions) == ["few_linkages"]


def test_linkages_that_agree_give_the_limits_of_one():
    found = combine_estimates(estimates(np.full(20, np.log(300)), 0.25))
    assert found.between == 0 and found.share_due_to_linkage == 0 and found.degrees_of_freedom == np.inf
    # exp(1.959964 * 0.25) = 1.632306
    assert found.high == pytest.approx(1000 + 300 * 1.632306, abs=1e-2)
    assert found.low == pytest.approx(1000 + 300 / 1.632306, abs=1e-2)
    assert found.cautions == ()


def test_persons_observed_who_differ_between_linkages_count_in_the_variance():
    """By hand: hidden 100 in both, 990 and 1010 observed: 90 and 110 beyond 1000, 0.9 and 1.1 less 1 on the log scale.

    between = 2 * 0.1^2 = 0.02.
    """
    table = pd.DataFrame({"n": [990, 1010], "estimate": [1090, 1110], "standard_error": 0.1})
    found = combine_estimates(table)
    assert found.estimate == pytest.approx(1100) and found.between == pytest.approx(0.02)


def test_limits_in_place_of_standard_errors():
    """Log-normal limits 1000 + 300 exp(-+ 1.959964 * 0.25) give 0.25 back, and so does one of them."""
    table = estimates(spread(np.log(300), 0.01, 12), 0.25)
    ratio = np.exp(1.959963985 * 0.25)
    hidden = table["estimate"] - 1000
    limits = table[["n", "estimate"]].assign(low=1000 + hidden / ratio, high=1000 + hidden * ratio)
    found = combine_estimates(limits)
    assert found.within == pytest.approx(0.0625) and found.high == pytest.approx(combine_estimates(table).high)
    lower_at_observed = limits.assign(low=1000)
    assert combine_estimates(lower_at_observed).within == pytest.approx(0.0625)


def test_too_many_linkages_without_an_upper_limit_leave_none():
    limits = pd.DataFrame({"n": 100, "estimate": np.linspace(190, 210, 50), "low": 150.0, "high": 300.0})
    one = limits.assign(high=np.where(limits.index == 0, np.inf, 300))
    two = limits.assign(high=np.where(limits.index < 2, np.inf, 300))
    # One in fifty is 2 %, and the upper tail has 2.5 %.
    assert np.isfinite(combine_estimates(one).high)
    found = combine_estimates(two)
    assert found.high == np.inf and np.isfinite(found.estimate) and codes(found.cautions) == ["no_upper_limit"]


@pytest.mark.parametrize("nothing", [np.nan, 1000, np.inf])
def test_a_linkage_without_an_estimate_is_refused_or_counted(nothing):
    table = estimates(spread(np.log(300), 0.01, 20))
    table.loc[3, "estimate"] = nothing
    with refused(NotIdentifiable, "linkage_without_estimate", "Row 3"):
        combine_estimates(table)
    found = combine_estimates(table, missing="count")
    assert (found.m, found.without, len(found.linkages)) == (19, 1, 19) and found.high == np.inf
    assert codes(found.cautions) == ["linkages_without_estimate", "no_upper_limit"]


def test_one_linkage_is_not_combined():
    table = estimates(np.log([300, 310]))
    with refused(NotIdentifiable, "too_few_linkages"):
        combine_estimates(table.head(1))
    table.loc[0, "estimate"] = np.nan
    with refused(NotIdentifiable, "too_few_linkages"):
        combine_estimates(table, missing="count")


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (lambda table: table.drop(columns="n"), "missing_column"),
        (lambda table: table.drop(columns="standard_error"), "missing_column"),
        (lambda table: table.assign(n=-1), "out_of_range"),
        (lambda table: table.assign(standard_error=-0.1), "out_of_range"),
        (lambda table: table.drop(columns="standard_error").assign(low=2000, high=3000), "out_of_range"),
    ],
)
def test_rows_that_are_no_estimates_are_refused(spoil, code):
    with refused(Refusal, code):
        combine_estimates(spoil(estimates(np.log([300, 310]))))


def test_arguments_are_refused_by_name():
    with refused(Refusal, "unknown_choice", "missing"):
        combine_estimates(estimates(np.log([300, 310])), missing="drop")


def test_rubins_interval_holds_its_level_where_values_are_drawn_around_what_is_known():
    """A mean of 40 normal numbers of which half are missing and drawn 20 times: 95 in 100 intervals hold the truth.

    Of 250 studies 95 % give 237.5, with a standard deviation of 3.4.
    """
    generator = np.random.default_rng(5)
    held = 0
    for _ in range(250):
        seen = generator.normal(5, 1, 20)
        rows = []
        for _ in range(20):
            # Parameters drawn anew, then the missing: proper imputation.
            variance = seen.var(ddof=1) * 19 / generator.chisquare(19)
            mean = generator.normal(seen.mean(), np.sqrt(variance / 20))
            whole = np.concatenate([seen, generator.normal(mean, np.sqrt(variance), 20)])
            rows.append((100, 100 + np.exp(whole.mean()), whole.std(ddof=1) / np.sqrt(40)))
        found = combine_estimates(pd.DataFrame(rows, columns=["n", "estimate", "standard_error"]))
        held += found.low <= 100 + np.exp(5) <= found.high
    assert 226 <= held <= 248
