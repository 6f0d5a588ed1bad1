"""What a user relies on in joinpoint regression: turns where the data support them, jumps, refusals and warnings."""

from __future__ import annotations

import pickle
from dataclasses import FrozenInstanceError
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from fuzzing import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure
from plain_plots import named
from refusals import codes, refused, warned
from scipy import stats

import trends
from analysis import plots
from analysis.exhibits.trend_models import of_joinpoint_trend
from trends.series import Floats

CRC = pd.read_csv(Path(__file__).parents[1] / "reference" / "crc.csv", comment="#").rename(
    columns={"year": "period", "se": "standard_error"}
)
# National Cancer Institute, Joinpoint 4.9.0.0.1 on crc.csv: log-linear, standard errors provided, grid search, two
# observations at the ends and between joinpoints, at most 3 joinpoints, 4,499 permutations, parametric limits:
# joinpoints, annual percent changes to two decimals, and which of them are significant (as printed in the README of the
# R package nih.joinpoint, D. Chaltiel).
PRINTED = {
    "Both": ([1985, 1995, 1998], [0.81, -1.82, 1.60, -2.50], [True, True, False, True]),
    "Female": ([1985, 1995, 1998], [0.31, -1.86, 1.94, -2.21], [True, True, False, True]),
    "Male": ([1986, 1995, 1998], [1.11, -2.15, 1.44, -2.91], [True, True, False, True]),
}


def crc(sex: str) -> pd.DataFrame:
    return CRC[CRC["sex"] == sex]


def rates(log_rate: Floats, first: float = 2000, step: float = 1, **columns: object) -> pd.DataFrame:
    period = first + step * np.arange(len(log_rate))
    return pd.DataFrame({"period": period, "rate": np.exp(log_rate), **columns})


def bent(n: int = 15, turn: int = 7, before: float = 0.08, change: float = -0.2, noise: float = 0.03) -> pd.DataFrame:
    """Rates from 2000 on that rise and then fall from one of their years on."""
    x = np.arange(n)
    line = 3 + before * x + change * np.maximum(x - turn, 0)
    return rates(line + np.random.default_rng(11).normal(0, noise, n))


def fit(x: Floats, y: Floats, w: Floats) -> tuple[Floats, Floats, float]:
    """Coefficients, standard errors and variance of weighted least squares, by the normal equations."""
    inverse = np.linalg.inv(x.T @ (x * w[:, None]))
    b = inverse @ x.T @ (w * y)
    variance = w @ (y - x @ b) ** 2 / (len(y) - x.shape[1])
    return b, np.sqrt(variance * np.diag(inverse)), variance


# ------------------------------------------------------------------------------------------ established figures


@pytest.mark.parametrize("selection", ["permutation", "wbic"])
@pytest.mark.parametrize("sex", PRINTED)
def test_turns_changes_and_significance_are_those_of_the_joinpoint_program(sex, selection):
    turns, changes, significant = PRINTED[sex]
    found = trends.joinpoint(crc(sex), 3, selection)
    assert found.joinpoints["period"].tolist() == turns
    assert found.segments["apc"].round(2).tolist() == changes
    assert found.segments["significant"].tolist() == significant


def test_a_change_at_the_edge_of_significance_is_judged_by_its_own_segment():
    # Women until 1985: a line through 1975-1984 alone has its slope's error, the residuals of all four lines its
    # variance, and 20 degrees of freedom: 35 - 3 joinpoints - 8 coefficients = 24.
    rows = crc("Female")
    t, y = rows["period"].to_numpy(dtype=float), np.log(rows["rate"].to_numpy())
    w = (rows["rate"] / rows["standard_error"]).to_numpy() ** 2
    parts = [(t < 1985), (t > 1985) & (t < 1995), (t > 1995) & (t < 1998), (t > 1998)]
    x = [np.column_stack([np.ones(part.sum()), t[part] - t[part].mean()]) for part in parts]
    left = sum(
        float(w[p] @ (y[p] - c @ fit(np.vstack([c, c]), np.tile(y[p], 2), np.tile(w[p], 2))[0]) ** 2)
        for p, c in zip(parts, x, strict=True)
    )
    error = np.sqrt(left / 24 * np.linalg.inv(x[0].T @ (x[0] * w[parts[0]][:, None]))[1, 1])
    first = trends.joinpoint(rows, 3, "wbic").segments.iloc[0]
    slope = np.log1p(first["apc"] / 100)
    assert first["p_value"] == pytest.approx(2 * stats.t.sf(slope / error, 24), rel=1e-8)
    assert np.log1p(first["low"] / 100) == pytest.approx(slope - stats.t.ppf(0.975, 24) * error, rel=1e-6)
    assert 0.04 < first["p_value"] < 0.05


def test_the_average_change_weighs_segments_by_their_length_with_limits_by_the_normal_distribution():
    found = trends.joinpoint(crc("Male"), 3, "wbic", limits="t")
    years = np.array([11, 9, 3, 11])
    slopes = np.log1p(found.segments["apc"] / 100)
    errors = (np.log1p(found.segments["high"] / 100) - slopes) / stats.t.ppf(0.975, 24)
    average, error = years @ slopes / 34, np.sqrt(years**2 @ errors**2) / 34
    row = found.average.iloc[0]
    assert row["aapc"] == pytest.approx(100 * np.expm1(average))
    assert row["low"] == pytest.approx(100 * np.expm1(average - stats.norm.ppf(0.975) * error))
    assert row["high"] == pytest.approx(100 * np.expm1(average + stats.norm.ppf(0.975) * error))
    assert row["p_value"] == pytest.approx(2 * stats.norm.sf(-average / error))
    # What Muggeo (2010) found: these limits are too wide.
    assert row["low"] < row["delta_low"] < row["aapc"] < row["delta_high"] < row["high"]
    assert (found.limits, found.limits_are) == ("t", "with segments taken as independent")
    assert found.method.endswith("95 % limits by t, of the average change with segments taken as independent")


@pytest.mark.parametrize("sex", PRINTED)
def test_the_limits_of_the_average_change_are_by_the_delta_method_unless_others_are_asked_for(sex):
    # By hand: the average is what the line rises by from end to end; its error follows from the derivatives of that
    # rise by the coefficients and by the joinpoints, which move the line after them by minus the change of slope.
    rows = crc(sex)
    found = trends.joinpoint(rows, 3, "wbic")
    t, y = rows["period"].to_numpy(dtype=float), np.log(rows["rate"].to_numpy())
    w = (rows["rate"] / rows["standard_error"]).to_numpy() ** 2
    turns = found.joinpoints["period"].to_numpy()
    line = np.column_stack([np.ones(35), t - t.mean(), *(np.maximum(t - turn, 0) for turn in turns)])
    b, _, variance = fit(line, y, w)
    every = np.column_stack([line, *(-change * (t > turn) for change, turn in zip(b[2:], turns, strict=True))])
    # Joinpoints are estimated too: 35 - 8 degrees of freedom.
    covariance = np.linalg.inv(every.T @ (every * w[:, None])) * variance * (35 - 5) / (35 - 8)
    ends = every[-1] - every[0]
    average, error = (line[-1] - line[0]) @ b / 34, np.sqrt(ends @ covariance @ ends) / 34
    row = found.average.iloc[0]
    limits = 100 * np.expm1(average + stats.t.ppf(0.975, 27) * error * np.array([-1, 1]))
    assert row[["low", "high"]].tolist() == pytest.approx(limits.tolist(), rel=1e-6)
    assert row["p_value"] == pytest.approx(2 * stats.t.sf(abs(average) / error, 27), rel=1e-5)
    assert row[["low", "high"]].tolist() == row[["delta_low", "delta_high"]].tolist()
    assert (found.limits, found.limits_are) == ("delta", "by the delta method")
    assert found.method.endswith("95 % limits by t, of the average change by the delta method")
    # Joinpoints, annual changes and their limits do not depend on it.
    by_t = trends.joinpoint(rows, 3, "wbic", limits="t")
    pd.testing.assert_frame_equal(found.segments, by_t.segments)
    pd.testing.assert_frame_equal(found.joinpoints, by_t.joinpoints)


def test_without_joinpoints_all_limits_are_those_of_one_regression():
    series = crc("Both").head(9)
    t, y = series["period"].to_numpy(dtype=float), np.log(series["rate"].to_numpy())
    w = (series["rate"] / series["standard_error"]).to_numpy() ** 2
    b, error, _ = fit(np.column_stack([np.ones(9), t - t.mean()]), y, w)
    expected = 100 * np.expm1(b[1] + stats.t.ppf(0.975, 7) * error[1] * np.array([-1, 1]))
    found = trends.joinpoint(series, 0)
    assert found.segments[["low", "high"]].iloc[0].tolist() == pytest.approx(expected)
    for columns in (["low", "high"], ["delta_low", "delta_high"]):
        assert found.average[columns].iloc[0].tolist() == pytest.approx(expected)
    assert found.average["p_value"].iloc[0] == pytest.approx(2 * stats.t.sf(abs(b[1]) / error[1], 7))


def test_the_band_of_a_straight_fit_is_that_of_one_regression():
    series = bent(noise=0.1)
    t, y = series["period"].to_numpy(dtype=float), np.log(series["rate"].to_numpy())
    x = np.column_stack([np.ones(15), t - t.mean()])
    b, _, variance = fit(x, y, np.ones(15))
    error = np.sqrt(variance * np.einsum("ij,jk,ik->i", x, np.linalg.inv(x.T @ x), x))
    found = trends.joinpoint(series, 0).fitted
    assert found["fit"].to_numpy() == pytest.approx(np.exp(x @ b))
    assert found["high"].to_numpy() == pytest.approx(np.exp(x @ b + stats.t.ppf(0.975, 13) * error))


# ------------------------------------------------------------------------------------------------- weights


def test_counts_weigh_as_their_number_and_are_divided_by_persons():
    count, population = np.array([40, 52, 47, 61, 70, 66, 81.0]), np.linspace(1e6, 1.3e6, 7)
    series = pd.DataFrame({"period": range(2010, 2017), "count": count, "population": population})
    x = np.column_stack([np.ones(7), np.arange(7) - 3])
    b, _, _ = fit(x, np.log(count / population), count)
    assert trends.joinpoint(series, 0).segments["apc"].iloc[0] == pytest.approx(100 * np.expm1(b[1]))
    b, _, _ = fit(x, np.log(count), count)
    alone = trends.joinpoint(series.drop(columns="population"), 0)
    assert alone.segments["apc"].iloc[0] == pytest.approx(100 * np.expm1(b[1]))


def test_rates_without_standard_errors_all_weigh_the_same():
    series = bent()
    equal = series.assign(standard_error=0.1 * series["rate"])
    ours, theirs = (trends.joinpoint(each, 1, "bic") for each in (series, equal))
    pd.testing.assert_frame_equal(ours.segments, theirs.segments)
    b, _, _ = fit(
        np.column_stack([np.ones(15), series["period"] - 2007, np.maximum(series["period"] - 2007, 0)]),
        np.log(series["rate"].to_numpy()),
        np.ones(15),
    )
    assert ours.segments["apc"].tolist() == pytest.approx((100 * np.expm1([b[1], b[1] + b[2]])).tolist())


def test_rates_are_divided_by_effort_or_effort_has_a_coefficient_of_its_own():
    effort = np.array([10, 14, 11, 25, 31, 28, 40, 38, 55.0])
    count = np.array([12, 15, 9, 30, 33, 25, 44, 47, 50.0])
    series = pd.DataFrame({"period": range(2010, 2019), "count": count, "effort": effort})
    x = np.column_stack([np.ones(9), np.arange(9) - 4])
    b, _, _ = fit(x, np.log(count / effort), count)
    for found in (trends.joinpoint(series, 0), trends.joinpoint(series, 0, effort="offset")):
        assert found.segments["apc"].iloc[0] == pytest.approx(100 * np.expm1(b[1]))
        assert found.terms.empty
        assert "effort_unknown" not in codes(found.warnings)
    b, error, _ = fit(np.column_stack([x, np.log(effort)]), np.log(count), count)
    found = trends.joinpoint(series, 0, effort="covariate")
    assert found.segments["apc"].iloc[0] == pytest.approx(100 * np.expm1(b[1]))
    term = found.terms.iloc[0]
    assert (term["term"], term["coefficient"]) == ("effort", pytest.approx(b[2]))
    assert term["p_value"] == pytest.approx(2 * stats.t.sf(b[2] / error[2], 6))
    assert term["high"] == pytest.approx(b[2] + stats.t.ppf(0.975, 6) * error[2])


# --------------------------------------------------------------------------------------------- what must not matter


def same(ours: trends.JoinpointTrend, theirs: trends.JoinpointTrend, shift: float = 0) -> None:
    assert (ours.joinpoints["period"] + shift).tolist() == pytest.approx(theirs.joinpoints["period"].tolist())
    for column in ("apc", "low", "high", "p_value"):
        assert ours.segments[column].tolist() == pytest.approx(theirs.segments[column].tolist(), rel=1e-6, abs=1e-9)
    assert ours.tests["p_value"].tolist() == theirs.tests["p_value"].tolist()


@pytest.mark.slow
def test_the_order_of_rows_and_their_index_do_not_matter():
    shuffled = crc("Male").sample(frac=1, random_state=3)
    same(trends.joinpoint(crc("Male"), 3), trends.joinpoint(shuffled, 3))
    same(trends.joinpoint(crc("Male"), 3), trends.joinpoint(shuffled.set_axis([0] * 35), 3))


@pytest.mark.parametrize("scale", [1e-250, 1e-5, 1e5, 1e250])
def test_the_unit_of_rates_does_not_matter(scale):
    series = bent(noise=0.1).assign(standard_error=lambda table: 0.05 * table["rate"] ** 0.5)
    scaled = series.assign(rate=scale * series["rate"], standard_error=scale * series["standard_error"])
    same(trends.joinpoint(series), trends.joinpoint(scaled))


def test_in_which_year_a_series_begins_does_not_matter():
    series = bent(noise=0.1)
    moved = series.assign(period=series["period"] - 1500)
    same(trends.joinpoint(series), trends.joinpoint(moved), shift=-1500)


def test_the_same_seed_gives_the_same_result_and_the_seed_does_not_move_a_clear_one():
    series = bent(noise=0.1)
    assert trends.joinpoint(series, seed=1).tests.equals(trends.joinpoint(series, seed=1).tests)
    assert [trends.joinpoint(series, seed=seed).k for seed in range(5)] == [1] * 5


@settings(max_examples=examples(25), deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(8, 14))
def test_time_read_backwards_mirrors_turns_and_changes(seed, n):
    random = np.random.default_rng(seed)
    series = rates(random.normal(size=n), standard_error=random.uniform(0.1, 1, n))
    mirrored = series.assign(period=4000 - series["period"])
    ours, theirs = (trends.joinpoint(each, 2 if n > 8 else 1, "bic") for each in (series, mirrored))
    assert ours.k == theirs.k
    assert ours.joinpoints["period"].tolist() == (4000 - theirs.joinpoints["period"]).tolist()[::-1]
    slopes = np.log1p(np.array([each.segments["apc"] for each in (ours, theirs)]) / 100)
    assert slopes[0] == pytest.approx(-slopes[1][::-1], rel=1e-6, abs=1e-9)
    assert ours.segments["p_value"].tolist() == pytest.approx(theirs.segments["p_value"].tolist()[::-1], rel=1e-6)


@settings(max_examples=examples(25), deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(5, 15), st.sampled_from(["bic", "bic3", "wbic", "permutation"]))
def test_segments_abut_and_what_is_said_of_them_agrees(seed, n, selection):
    random = np.random.default_rng(seed)
    line = np.cumsum(random.normal(size=n))
    found = trends.joinpoint(rates(line, step=float(random.choice([0.5, 1, 2]))), None, selection, permutations=39)
    segments, turns = found.segments, found.joinpoints
    assert segments["start"].tolist() == [found.period[0], *turns["period"]]
    assert segments["end"].tolist() == [*turns["period"], found.period[-1]]
    assert segments["n"].sum() == n + found.k
    assert (segments["n"] >= (2 if n < 8 else 3)).all()
    assert ((turns["low"] <= turns["period"]) & (turns["period"] <= turns["high"])).all()
    assert ((segments["low"] <= segments["apc"]) & (segments["apc"] <= segments["high"])).all()
    zero_outside = (segments["low"] > 0) | (segments["high"] < 0)
    assert zero_outside.tolist() == segments["significant"].tolist() == (segments["p_value"] < 0.05).tolist()
    aapc = found.average["aapc"].iloc[0]
    assert segments["apc"].min() - 1e-9 <= aapc <= segments["apc"].max() + 1e-9
    assert found.candidates["k"].tolist() == list(range(trends.most_joinpoints(n) + 1))
    # The fit is one line: it meets itself at the joinpoints, and rises by the slopes.
    log_fit = np.log(found.fitted["fit"].to_numpy())
    rise = np.log1p(segments["apc"] / 100) * (segments["end"] - segments["start"])
    assert log_fit[-1] - log_fit[0] == pytest.approx(rise.sum(), abs=1e-8)


# ----------------------------------------------------------------------------------------------------- turns


@pytest.mark.parametrize("selection", ["permutation", "bic", "bic3", "wbic"])
@pytest.mark.parametrize(("n", "turn"), [(8, 4), (12, 6), (15, 2), (15, 12), (20, 9), (27, 13)])
def test_a_turn_without_scatter_is_found_exactly_and_no_other(n, turn, selection):
    found = trends.joinpoint(bent(n, turn, noise=0), selection=selection)
    assert found.joinpoints["period"].tolist() == [2000 + turn]
    assert found.segments["apc"].tolist() == pytest.approx((100 * np.expm1([0.08, -0.12])).tolist())
    assert found.segments["significant"].all()
    assert found.chosen == dict.fromkeys(["permutation", "bic", "bic3", "wbic"], 1)


@pytest.mark.parametrize("noise", [1e-6, 1e-3, 0.03])
def test_a_turn_is_found_whatever_the_scatter_is_beside_it(noise):
    found = trends.joinpoint(bent(noise=noise))
    assert found.joinpoints["period"].tolist() == [2007]


@pytest.mark.parametrize("selection", ["permutation", "bic", "bic3", "wbic"])
@pytest.mark.parametrize("n", [5, 6, 7, 8, 12, 20, 30])
@pytest.mark.parametrize("value", [1.0, 3.7, 10.0])
def test_a_constant_series_has_no_turn_and_no_change(value, n, selection):
    found = trends.joinpoint(rates(np.full(n, np.log(value))), selection=selection)
    assert (found.k, found.segments["apc"].tolist()) == (0, [0])
    assert not found.segments["significant"].any()
    assert not found.average["significant"].any()
    assert set(found.chosen.values()) == {0}
    assert "autocorrelation" not in codes(found.warnings)


@pytest.mark.parametrize("selection", ["permutation", "bic", "bic3", "wbic"])
@pytest.mark.parametrize("n", [5, 7, 12, 20, 30])
def test_an_exponential_series_has_its_change_and_no_turn(n, selection):
    found = trends.joinpoint(rates(2 + 0.05 * np.arange(n)), selection=selection)
    assert (found.k, found.segments["apc"].tolist()) == (0, [pytest.approx(100 * np.expm1(0.05))])
    assert found.segments["significant"].all()
    assert set(found.candidates["p_value"].dropna()) <= {1.0}


def test_the_number_of_joinpoints_can_be_given():
    found = trends.joinpoint(bent(), 2, min_joinpoints=2, permutations=0)
    assert found.k == 2
    assert found.candidates["k"].tolist() == [2]
    assert found.candidates["p_value"].isna().all()


def test_several_turns_are_found_in_one_series():
    x = np.arange(30)
    line = 2 + 0.1 * x - 0.25 * np.maximum(x - 8, 0) + 0.3 * np.maximum(x - 19, 0)
    found = trends.joinpoint(rates(line + np.random.default_rng(1).normal(0, 0.03, 30)))
    assert found.joinpoints["period"].tolist() == [2008, 2019]
    assert "permutation tests" in found.candidates.set_index("k").loc[2, "chosen_by"]


# ----------------------------------------------------------------------------------------------------- jumps


def jumped(size: float, at: int = 8, n: int = 16, noise: float = 0.0, seed: int = 1) -> pd.DataFrame:
    x = np.arange(n)
    return rates(3 + 0.04 * x + size * (x >= at) + np.random.default_rng(seed).normal(0, noise, n))


@pytest.mark.parametrize("at", [2, 3, 8, 13, 14])
@pytest.mark.parametrize("size", [-0.7, 0.7])
@pytest.mark.parametrize("selection", ["permutation", "wbic"])
def test_a_jump_is_told_from_a_turn_and_recovered_exactly(size, at, selection):
    series = jumped(size, at)
    found = trends.joinpoint(series, None, selection, 2000 + at)
    assert found.k == 0
    assert found.terms[["term", "coefficient"]].to_numpy().tolist() == [[f"jump {2000 + at}", pytest.approx(size)]]
    assert found.segments["apc"].tolist() == pytest.approx([100 * np.expm1(0.04)])
    assert found.average["aapc"].tolist() == pytest.approx([100 * np.expm1(0.04)])
    assert found.piece.tolist() == (np.arange(16) >= at).tolist()
    # Without being told, the method sees turns.
    assert trends.joinpoint(series, None, selection).k > 0


def test_a_noisy_jump_lies_within_its_limits_as_often_as_they_say_and_makes_no_turn():
    # 60 series: binomial(60, 0.95) is below 51 once in a thousand.
    found = [trends.joinpoint(jumped(0.7, noise=0.1, seed=seed), 1, jump=2008, permutations=99) for seed in range(60)]
    straight = [result.terms.iloc[0] for result in found if result.k == 0]
    assert len(straight) >= 51
    assert sum(term["low"] <= 0.7 <= term["high"] for term in straight) >= 0.85 * len(straight)
    b, error, _ = fit(
        np.column_stack([np.ones(16), np.arange(16), np.arange(16) >= 8]).astype(float),
        np.log(jumped(0.7, noise=0.1, seed=0)["rate"].to_numpy()),
        np.ones(16),
    )
    term = trends.joinpoint(jumped(0.7, noise=0.1, seed=0), 0, jump=2008).terms.iloc[0]
    assert term["coefficient"] == pytest.approx(b[2])
    assert term["low"] == pytest.approx(b[2] - stats.t.ppf(0.975, 13) * error[2])
    assert term["p_value"] == pytest.approx(2 * stats.t.sf(b[2] / error[2], 13))
    # The average change is that of the slope: the jump is no part of it.
    row = trends.joinpoint(jumped(0.7, noise=0.1, seed=0), 0, jump=2008).average.iloc[0]
    limits = 100 * np.expm1(b[1] + stats.t.ppf(0.975, 13) * error[1] * np.array([-1, 1]))
    assert row[["low", "high"]].tolist() == pytest.approx(limits.tolist())
    assert row[["delta_low", "delta_high"]].tolist() == pytest.approx(limits.tolist())


def test_a_jump_and_a_turn_are_found_side_by_side():
    x = np.arange(20)
    line = 3 + 0.1 * x - 0.3 * np.maximum(x - 12, 0) + 0.8 * (x >= 6)
    for noise in (0, 0.02):
        found = trends.joinpoint(rates(line + np.random.default_rng(4).normal(0, noise, 20)), jump=2006)
        assert found.joinpoints["period"].tolist() == [2012]
        assert found.terms["coefficient"].tolist() == pytest.approx([0.8], abs=3 * noise + 1e-9)
        assert found.segments["apc"].tolist() == pytest.approx((100 * np.expm1([0.1, -0.2])).tolist(), rel=0.1)


def test_two_jumps_are_recovered_in_any_order():
    x = np.arange(20)
    series = rates(3 - 0.03 * x + 0.8 * (x >= 6) - 0.4 * (x >= 13))
    for jump in ([2006, 2013], (2013, 2006), np.array([2006, 2013])):
        found = trends.joinpoint(series, jump=jump)
        assert (found.k, found.segments["apc"].tolist()) == (0, pytest.approx([100 * np.expm1(-0.03)]))
        assert dict(zip(found.terms["term"], found.terms["coefficient"], strict=True)) == {
            "jump 2006": pytest.approx(0.8),
            "jump 2013": pytest.approx(-0.4),
        }
        assert found.piece.tolist() == [0] * 6 + [1] * 7 + [2] * 7


def test_a_jump_at_no_time_is_refused():
    with refused(ValueError, "invalid_date"):
        trends.joinpoint(jumped(0.5), jump=float("nan"))


@pytest.mark.parametrize("jump", [1999, 2000, 2001, 2015, 2016])
def test_a_jump_too_near_to_an_end_is_refused(jump):
    with refused(ValueError, "too_few_each_side"):
        trends.joinpoint(jumped(0.5), jump=jump)


def test_two_observed_periods_are_counted_without_those_left_out():
    series = jumped(0.5).assign(rate=lambda table: table["rate"].mask(table["period"] == 2001))
    with refused(ValueError, "too_few_each_side", "2002"):
        trends.joinpoint(series, jump=2002)


def test_jumps_that_cannot_be_told_apart_are_refused():
    for jump in ([2006, 2006], [2005.5, 2006]):
        with refused(trends.NotEstimable, "collinear"):
            trends.joinpoint(jumped(0.5), jump=jump)


def test_a_jump_between_months_takes_effect_in_its_own_month():
    period = 2000 + np.arange(48) / 12
    y = 2 + 0.3 * (period - 2000) + 0.5 * (np.arange(48) >= 23)
    found = trends.joinpoint(pd.DataFrame({"period": period, "rate": np.exp(y)}), 1, "bic", jump=period[23])
    assert (found.k, found.terms["coefficient"].tolist()) == (0, [pytest.approx(0.5)])
    assert found.piece.tolist() == (np.arange(48) >= 23).tolist()


# ----------------------------------------------------------------------------------------- what effort cannot carry


def test_effort_that_rises_as_time_does_is_refused():
    series = bent().assign(effort=np.exp(0.1 * np.arange(15)))
    with refused(trends.NotEstimable, "collinear"):
        trends.joinpoint(series, effort="covariate")
    # As an offset it says what it is: the change per unit of effort.
    assert trends.joinpoint(series, 0).segments["apc"].iloc[0] == pytest.approx(
        100 * np.expm1(np.log1p(trends.joinpoint(bent(), 0).segments["apc"].iloc[0] / 100) - 0.1)
    )


def test_effort_that_never_changes_or_jumps_where_the_level_may_is_refused_as_a_covariate():
    with refused(trends.NotEstimable, "collinear"):
        trends.joinpoint(bent().assign(effort=5), effort="covariate")
    with refused(trends.NotEstimable, "collinear", "2008"):
        trends.joinpoint(bent().assign(effort=[2] * 8 + [9] * 7), jump=2008, effort="covariate")


def test_effort_that_bends_takes_the_turn_upon_itself():
    series = bent(noise=0.01).assign(effort=np.exp(0.4 * np.maximum(np.arange(15) - 7, 0)))
    found = trends.joinpoint(series, effort="covariate", selection="bic3")
    assert 2007 not in found.joinpoints["period"].tolist()
    assert found.terms["coefficient"].iloc[0] == pytest.approx(-0.5, abs=0.1)


def test_a_line_that_leaves_nothing_to_judge_by_is_refused():
    series = bent().head(5).assign(effort=[1, 3, 2, 5, 3])
    with refused(trends.NotEstimable, "too_few_periods"):
        trends.joinpoint(series, jump=[2002, 2003], effort="covariate")


@pytest.mark.parametrize("effort", ["ofset", "covariate"])
def test_effort_without_its_column_or_of_an_unknown_kind_is_refused(effort):
    with refused(ValueError, "unusable_effort", "'offset'", "'covariate'", "`effort`"):
        trends.joinpoint(bent(), effort=effort)


# -------------------------------------------------------------------------------------------------- series


def test_periods_without_a_figure_or_not_complete_are_left_out_and_named():
    series = bent().assign(complete=[True] * 14 + [False])
    series.loc[4, "rate"] = np.nan
    found = trends.joinpoint(series)
    same(found, trends.joinpoint(bent().drop(index=[4, 14])))
    assert warned(found.warnings, "unknown_left_out", "the rate", ": 2004 (1 of the periods)")
    assert warned(found.warnings, "incomplete_left_out", ": 2014 (1 of the periods)")
    assert warned(found.warnings, "gaps_in_series", ": 2004.")
    assert found.n == 13


@pytest.mark.parametrize(
    "complete",
    [
        [1] * 14 + [0],
        pd.array([True] * 13 + [None, False], dtype="boolean"),
        [True] * 13 + [None, False],
        [True] * 13 + [float("nan"), False],
        np.array([True] * 14 + [False]),
    ],
)
def test_what_is_not_said_to_be_incomplete_is_complete_however_it_is_written(complete):
    assert trends.joinpoint(bent().assign(complete=complete), 0).n == 14


def test_a_text_that_says_whether_a_period_is_complete_is_refused():
    with refused(ValueError, "not_boolean", "`complete`", "2000", "'True'"):
        trends.joinpoint(bent().assign(complete=["True"] * 14 + ["False"]))


def test_a_period_that_is_left_out_refuses_nothing():
    series = bent().assign(standard_error=0.5, complete=[True] * 14 + [False])
    series.loc[14, ["rate", "standard_error"]] = [0, np.nan]
    assert trends.joinpoint(series, 0).n == 14


def test_gaps_are_years_that_count():
    x = np.array([0, 1, 2, 5, 6, 9, 10, 11, 13, 14.0])
    series = pd.DataFrame({"period": 2000 + x, "rate": np.exp(1 + 0.1 * x - 0.3 * np.maximum(x - 6, 0))})
    found = trends.joinpoint(series)
    assert found.joinpoints["period"].tolist() == [2006]
    assert found.segments["apc"].tolist() == pytest.approx((100 * np.expm1([0.1, -0.2])).tolist())
    assert found.average["aapc"].iloc[0] == pytest.approx(100 * np.expm1((6 * 0.1 - 8 * 0.2) / 14))


def test_half_years_are_halves_of_a_year():
    x = np.arange(16) / 2
    found = trends.joinpoint(rates(1 + 0.1 * x - 0.3 * np.maximum(x - 4, 0), first=2000.5, step=0.5))
    assert found.joinpoints["period"].tolist() == [2004.5]
    assert found.segments["apc"].tolist() == pytest.approx((100 * np.expm1([0.1, -0.2])).tolist())


def test_zero_counts_count_as_half_a_person_and_a_warning_says_so():
    count = [6, 4, 0, 5, 3, 0, 2, 1]
    found = trends.joinpoint(pd.DataFrame({"period": range(2010, 2018), "count": count}), 0)
    half = np.array([each or 0.5 for each in count])
    b, error, _ = fit(np.column_stack([np.ones(8), np.arange(8)]), np.log(half), half)
    assert found.segments["apc"].iloc[0] == pytest.approx(100 * np.expm1(b[1]))
    assert found.segments["p_value"].iloc[0] == pytest.approx(2 * stats.t.sf(abs(b[1]) / error[1], 6))
    assert warned(found.warnings, "zeros_replaced", "0.5: 2012, 2015 (2 of the periods)")
    assert "low_counts" in codes(found.warnings)


def test_a_rate_of_zero_is_refused_with_its_year():
    with refused(ValueError, "zero_rate", "2003", "`count`"):
        trends.joinpoint(bent().assign(rate=[1, 2, 3, 0, *range(1, 12)]))


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("rate", -1, ("negative", "2004")),
        ("rate", np.inf, ("negative", "2004")),
        ("count", -1, ("negative", "2004")),
        ("standard_error", np.nan, ("not_positive", "2004")),
        ("standard_error", 0, ("not_positive", "2004")),
        ("standard_error", np.inf, ("not_positive", "2004")),
        ("population", 0, ("not_positive", "2004")),
        ("effort", np.nan, ("not_positive", "2004")),
        ("period", 2003, ("duplicate_period", "2003.0")),
        ("period", np.nan, ("missing_value", "4")),
        ("period", np.inf, ("not_finite", "4")),
    ],
)
def test_what_cannot_be_is_refused_with_its_year_and_column(column, value, said):
    series = pd.DataFrame({"count": 9.0, column: 5.0, "period": np.arange(2000, 2012.0)})
    if column in ("rate", "standard_error"):
        series["rate"] = 5.0
    series.loc[4, column] = value
    with refused(ValueError, *said):
        trends.joinpoint(series)


@pytest.mark.parametrize("column", ["rate", "count"])
def test_a_text_among_figures_is_refused_with_its_year(column):
    texts = ["7", "8", "<5", "9", "11", "12", "9", "8"]
    with refused(ValueError, "not_a_number", "2012", "'<5'", column):
        trends.joinpoint(pd.DataFrame({"period": range(2010, 2018), column: texts}))


@pytest.mark.parametrize(
    ("period", "code"),
    [
        ([f"{y}/{y + 1}" for y in range(2000, 2015)], "invalid_date"),
        ([20000101 + 10000 * year for year in range(15)], "invalid_date"),
        (pd.date_range("2000", periods=15), "irregular_periods"),
    ],
)
def test_periods_that_are_no_years_are_refused(period, code):
    with refused(ValueError, code):
        trends.joinpoint(bent().assign(period=period))


def test_columns_that_are_absent_are_named():
    with refused(ValueError, "missing_column", "column 'period'"):
        trends.joinpoint(bent().drop(columns="period"))
    with refused(ValueError, "missing_column", "`rate`", "`count`"):
        trends.joinpoint(bent().drop(columns="rate"))


@pytest.mark.parametrize("dtype", ["int64", "int8", "float32", "Int64", "Float64", "object", "int64[pyarrow]"])
def test_whole_numbers_of_any_type_are_the_same_series(dtype):
    count = [12, 15, 9, 21, 30, 28, 33, 25]
    series = pd.DataFrame({"period": range(2010, 2018), "count": pd.array(count, dtype=dtype)})
    plain = pd.DataFrame({"period": np.arange(2010, 2018.0), "count": np.array(count, dtype=float)})
    same(trends.joinpoint(series), trends.joinpoint(plain))


@pytest.mark.parametrize("dtype", ["Int64", "Float64", "object", "int64[pyarrow]"])
def test_a_missing_count_of_any_type_is_left_out(dtype):
    count = pd.array([12, 15, None, 21, 30, 28, 33, 25], dtype=dtype)
    population = pd.array([1000, 1000, None, 1000, 1000, 1000, 1000, 1000], dtype=dtype)
    years = pd.array(range(2010, 2018), dtype="Int64")
    found = trends.joinpoint(pd.DataFrame({"period": years, "count": count, "population": population}))
    assert found.n == 7
    assert warned(found.warnings, "unknown_left_out", ": 2012 (1 of the periods)")


def test_the_series_is_not_changed():
    series = bent().assign(complete=True)
    before = series.copy()
    trends.joinpoint(series, jump=2005)
    pd.testing.assert_frame_equal(series, before)


# ------------------------------------------------------------------------------------------------- settings


@pytest.mark.parametrize("n", [0, 1, 4])
def test_fewer_than_five_points_are_refused(n):
    with refused(trends.TooFewPoints, "too_few_periods", n):
        trends.joinpoint(bent().head(n))


@pytest.mark.parametrize(("n", "most"), [(5, 0), (6, 0), (7, 1), (8, 1), (11, 1), (12, 2), (17, 3)])
def test_short_series_are_searched_for_few_turns(n, most):
    found = trends.joinpoint(bent(20, noise=0.3).head(n), permutations=199)
    assert found.candidates["k"].max() == most
    assert codes(found.warnings).count("few_periods") == (n < 7)
    assert warned(found.warnings, "few_periods", f"Only {n} periods") == (n < 7)


@pytest.mark.parametrize(("n", "possible"), [(5, 0), (6, 1), (8, 1), (9, 2), (15, 4)])
def test_more_joinpoints_than_a_series_can_carry_are_refused(n, possible):
    series = bent(20, noise=0.3).head(n)
    assert trends.joinpoint(series, possible, permutations=199).n == n
    with refused(trends.NotEstimable, "too_many_joinpoints", n, possible):
        trends.joinpoint(series, possible + 1)


def test_long_series_are_searched_as_far_as_memory_allows():
    # C(120 - 4 - 6, 4) = 5,773,185 places of 4 joinpoints in 120 periods; C(120 - 4 - 4, 3) = 227,920 of 3.
    months = rates(np.random.default_rng(1).normal(size=120), step=1 / 12)
    assert trends.joinpoint(months, selection="bic").weighed["k"].tolist() == [0, 1, 2, 3]
    with refused(trends.NotEstimable, "too_many_placements", "4", "5,773,185", "120"):
        trends.joinpoint(months, 4)


def test_a_jump_takes_the_place_of_an_observation():
    assert trends.joinpoint(bent(9), 1, jump=2004, permutations=199).n == 9
    with refused(trends.NotEstimable, "too_many_joinpoints"):
        trends.joinpoint(bent(9), 2, jump=2004)


def test_settings_that_cannot_be_are_refused():
    with refused(ValueError, "unknown_choice", "'aic'"):
        trends.joinpoint(bent(), selection="aic")
    with refused(ValueError, "confidence_out_of_range"):
        trends.joinpoint(bent(), confidence=95)
    with refused(ValueError, "too_few_permutations"):
        trends.joinpoint(bent(), permutations=0)
    with refused(ValueError, "low_above_high"):
        trends.joinpoint(bent(), 1, min_joinpoints=2)


def test_limits_follow_the_confidence_level_and_flags_do_not():
    # A t quantile at 24 degrees of freedom: 1.7109 at 90 %, 2.0639 at 95 % (any table of Student's t).
    wide, narrow = (trends.joinpoint(crc("Female"), 3, "wbic", confidence=each) for each in (0.95, 0.9))
    width = [np.ptp(np.log1p(each.segments[["low", "high"]].to_numpy() / 100), axis=1) for each in (wide, narrow)]
    assert width[1] / width[0] == pytest.approx(1.7109 / 2.0639, rel=1e-4)
    assert narrow.segments["significant"].tolist() == wide.segments["significant"].tolist()
    assert (narrow.joinpoints["low"] >= wide.joinpoints["low"]).all()
    assert (narrow.joinpoints["high"] <= wide.joinpoints["high"]).all()
    assert "90 % limits" in narrow.method


# -------------------------------------------------------------------------------------------------- results


def test_tables_have_the_columns_that_were_promised():
    found = trends.joinpoint(bent(), jump=2011, permutations=99)
    assert found.joinpoints.columns.tolist() == ["period", "low", "high", "warnings"]
    assert {"segment", "start", "end", "apc", "low", "high", "p_value", "significant", "warnings"} <= set(
        found.segments
    )
    assert {"aapc", "low", "high", "p_value", "delta_low", "delta_high", "warnings"} <= set(found.average)
    assert found.candidates.columns[:6].tolist() == ["k", "sse", "bic", "bic3", "wbic", "p_value"]
    assert found.tests.columns.tolist() == ["null", "alternative", "p_value", "level", "selected", "permutations"]
    assert found.terms.columns.tolist() == ["term", "coefficient", "low", "high", "p_value"]
    assert {"period", "fit", "low", "high", "piece"} <= set(found.fitted)
    assert found.average["warnings"].iloc[0] == " ".join(found.warnings)


def test_without_turns_and_jumps_tables_are_empty_and_keep_their_columns():
    found = trends.joinpoint(bent(change=0), 1, permutations=99)
    assert found.k == 0
    assert found.joinpoints.columns.tolist() == ["period", "low", "high", "warnings"]
    assert found.joinpoints.empty
    assert found.terms.columns.tolist() == ["term", "coefficient", "low", "high", "p_value"]


def test_candidates_hold_what_was_weighed_of_each_number():
    found = trends.joinpoint(crc("Both"), 3)
    assert found.candidates["k"].tolist() == [0, 1, 2, 3]
    last = found.tests.groupby("null")["p_value"].last()
    assert found.candidates["p_value"].tolist()[:3] == last.tolist()
    assert np.isnan(found.candidates["p_value"].iloc[3])
    # The last test of a number is that against the fewest more, and differs from those before it.
    other = trends.joinpoint(bent(12, 6, 0.05, -0.12, noise=0.1), 2)
    assert other.tests["null"].tolist() == [0, 0]
    assert other.candidates["p_value"].iloc[0] == other.tests["p_value"].iloc[1] < other.tests["p_value"].iloc[0]
    # 4,499 permutations, none of which does as well: 1 / 4500.
    assert found.candidates["p_value"].iloc[0] == pytest.approx(1 / 4500)


def test_a_criterion_that_chooses_otherwise_is_named():
    series = bent(12, 6, 0.05, -0.12, noise=0.1)
    found = trends.joinpoint(series, 2)
    numbers = set(found.chosen.values())
    assert len(numbers) > 1
    assert codes(found.warnings).count("criteria_disagree") == 1
    assert warned(
        found.warnings,
        "criteria_disagree",
        f"permutation tests {found.chosen['permutation']}, BIC {found.chosen['bic']}, "
        f"BIC3 {found.chosen['bic3']}, weighted BIC {found.chosen['wbic']}.",
    )
    agreed = trends.joinpoint(bent(noise=0.01), 1)
    assert set(agreed.chosen.values()) == {1}
    assert "criteria_disagree" not in codes(agreed.warnings)


@pytest.mark.parametrize(("turn", "marked"), [(2, True), (3, False), (11, False), (12, True)])
def test_a_turn_that_rests_on_two_observations_is_marked(turn, marked):
    found = trends.joinpoint(bent(turn=turn, noise=0.005), 1)
    assert found.joinpoints["period"].tolist() == [2000 + turn]
    assert ("two observations decide" in found.joinpoints["warnings"].iloc[0]) == marked
    assert ("joinpoint_at_edge" in codes(found.warnings)) == marked


def test_years_of_covid_are_marked_in_the_segments_that_hold_them():
    series = bent(turn=7).assign(period=lambda table: table["period"] + 10)
    found = trends.joinpoint(series, 1, "bic")
    assert found.joinpoints["period"].tolist() == [2017]
    assert found.segments["warnings"].str.contains("COVID-19").tolist() == [False, True]
    assert "covid_years" in codes(found.warnings)
    assert "covid_years" not in codes(trends.joinpoint(bent(), 1, "bic").warnings)


def test_unknown_effort_and_counts_that_vary_more_than_chance_are_said():
    count = [30, 90, 20, 80, 35, 95, 28, 77, 31, 88]
    said = trends.joinpoint(pd.DataFrame({"period": range(2000, 2010), "count": count}), 0).warnings
    assert {"effort_unknown", "overdispersion"} <= set(codes(said))


def test_residuals_that_resemble_their_neighbours_are_said_to():
    wave = rates(3 + 0.2 * np.sin(np.arange(20) / 3))
    assert "autocorrelation" in codes(trends.joinpoint(wave, 0).warnings)
    assert "autocorrelation" not in codes(trends.joinpoint(bent(), 1, "bic").warnings)


def test_a_result_cannot_be_changed_and_can_be_sent_to_another_process():
    found = trends.joinpoint(bent(), 1, "bic", permutations=99)
    with pytest.raises(FrozenInstanceError):
        found.k = 3
    pd.testing.assert_frame_equal(pickle.loads(pickle.dumps(found)).candidates, found.candidates)


@pytest.mark.parametrize("series", [bent(), bent(noise=0), rates(np.full(9, 1.0)), rates(2 + 0.05 * np.arange(9))])
def test_a_result_draws_itself_even_without_scatter(series):
    found = trends.joinpoint(series, 1, permutations=99)
    figure = found.plot()
    assert named(figure, "observed").tolist() == np.column_stack([found.period, found.observed[:, 0]]).tolist()
    assert named(figure, "fit")[:, 1].tolist() == pytest.approx(found.fitted["fit_low"].tolist())
    if found.k:
        assert named(figure, "joinpoint")[0, 0] == found.tau[0, 0]


def test_the_released_figures_are_drawn_even_without_scatter():
    footer = plots.Footer("made for a test", "2000-2008", "9 years", "Synthetic.")
    for series in (bent(), bent(noise=0), rates(np.full(9, 1.0)), rates(2 + 0.05 * np.arange(9))):
        found = trends.joinpoint(series, 1, permutations=99)
        assert isinstance(of_joinpoint_trend(found, title="A title", footer=footer, ylabel="rate"), Figure)


def test_permutations_too_few_to_refuse_anything_are_refused_themselves():
    series = pd.DataFrame({"period": np.arange(2000, 2017), "rate": np.exp(0.1 * np.sin(np.arange(17.0)))})
    # Level 0.05 / 3 needs at least 1 in 60.
    with refused(ValueError, "too_few_permutations", "58"):
        trends.joinpoint(series, 3, permutations=58)
    assert trends.joinpoint(series, 3, permutations=59).tests["p_value"].iloc[0] >= 1 / 60


def test_a_change_is_significant_where_its_limits_do_not_hold_zero():
    random = np.random.default_rng(3)
    for confidence in (0.5, 0.9, 0.99):
        for _ in range(20):
            rate = np.exp(0.01 * np.arange(12) + random.normal(0, 0.05, 12))
            series = pd.DataFrame({"period": np.arange(2000, 2012), "rate": rate})
            row = trends.joinpoint(series, 0, confidence=confidence).segments.iloc[0]
            assert row["significant"] == (row["low"] > 0 or row["high"] < 0)


def test_a_line_without_scatter_says_that_nothing_is_left_to_judge_errors_by():
    series = pd.DataFrame({"period": np.arange(2000, 2010), "rate": 2.0 ** np.arange(10)})
    assert "perfect_fit" in codes(trends.joinpoint(series).warnings)


def test_a_count_that_is_not_known_is_named_where_others_are_intervals():
    series = pd.DataFrame({"period": np.arange(2000.0, 2010), "low": 10.0, "high": 12.0, "value_qualifier": "derived"})
    series.loc[3, ["low", "high"]] = np.nan
    series.loc[5, ["low", "high", "value_qualifier"]] = [10.0, np.inf, "at_least"]
    said = trends.joinpoint(series, 1, permutations=199, draws=3).warnings
    assert warned(said, "unknown_left_out", "2003") and warned(said, "minimum_left_out", "2005")


def test_a_result_says_how_many_permutations_or_replicates_its_tests_have():
    series = pd.DataFrame({"period": range(2000, 2012), "count": [30, 34, 35, 37, 44, 45, 43, 40, 35, 33, 30, 25]})
    assert trends.joinpoint(series, 1, permutations=99).permutations == 99
    assert trends.joinpoint_counts(series, 1, replicates=29).permutations == 29
