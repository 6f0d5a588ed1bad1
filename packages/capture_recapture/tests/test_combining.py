"""Estimates of several linkages as one: Rubin's rules by hand and as printed, and what cannot be combined."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from captures import REFERENCE, spread
from refusals import codes, refused
from scipy import stats

from bounded.refusal import Refusal
from capture_recapture import NotIdentifiable, combine_estimates
from capture_recapture.combining import rubin


def estimates(log_hidden: np.ndarray, error: float = 0.2, n: float = 1000) -> pd.DataFrame:
    return pd.DataFrame({"n": n, "estimate": n + np.exp(log_hidden), "standard_error": error})


def test_replicates_are_combined_as_by_verdata():
    # verdata (HRDAG/verdata 6d62ea3, tests/testthat/test-combine_estimates.R) prints 1,593 persons, 1,266 to 2,148: the
    # mean of the draws, and limits on the log scale. Its variance within and between replicates is ours. Its degrees of
    # freedom have W / ((m + 1) B) where Rubin (1987) has W m / ((m + 1) B): there are 24 in place of 211.
    table = pd.read_csv(REFERENCE / "verdata_replicates.csv", comment="#")
    m, n = len(table), round(table["n"].mean())
    assert n + round(table["mean_missing"].mean()) == 1593
    within, between, total, degrees = rubin(
        table["mean_log_missing"].to_numpy(), table["variance_log_missing"].to_numpy()
    )
    assert degrees == pytest.approx((m - 1) * (1 + m / (m + 1) * within / between) ** 2)
    reach = stats.t.ppf(0.975, (m - 1) * (1 + 1 / (m + 1) * within / between) ** 2) * np.sqrt(total)
    limits = n + np.exp(table["mean_log_missing"].mean() + np.array([-reach, reach]))
    assert limits.round().tolist() == [1266, 2148]
    # With all replicates taken to have the same persons recorded, the limits are those with Rubin's degrees of freedom.
    errors = np.sqrt(table["variance_log_missing"])
    found = combine_estimates(estimates(table["mean_log_missing"], errors, n))
    assert (found.total, found.degrees_of_freedom) == pytest.approx((total, degrees))
    assert found.low > 1266 and found.high < 2148


def test_limits_are_symmetric_on_the_log_scale_of_the_hidden_number():
    found = combine_estimates(estimates(np.log([100, 400]), 0.5))
    assert 1000 < found.low < found.estimate < found.high
    assert (found.low - 1000) * (found.high - 1000) == pytest.approx(200**2)
    assert codes(found.cautions) == ["few_linkages"]


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
def test_a_linkage_without_an_estimate_is_left_out_and_counted(nothing):
    table = estimates(spread(np.log(300), 0.01, 20))
    table.loc[3, "estimate"] = nothing
    found = combine_estimates(table)
    assert (found.m, found.without, len(found.linkages)) == (19, 1, 19) and found.high == np.inf
    assert codes(found.cautions) == ["linkages_without_estimate", "no_upper_limit"]


def test_one_linkage_is_not_combined():
    table = estimates(np.log([300, 310]))
    with refused(NotIdentifiable, "too_few_linkages"):
        combine_estimates(table.head(1))
    table.loc[0, "estimate"] = np.nan
    with refused(NotIdentifiable, "too_few_linkages"):
        combine_estimates(table)


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
