"""What a user relies on in pooled levels and trends of areas, and in the models below them."""

from __future__ import annotations

import json
from dataclasses import FrozenInstanceError
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from fuzzing import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from refusals import codes, refused, warned
from scipy import optimize, special, stats

import trends
from trends import pool_areas
from trends.mixed_model import arrange, evaluate, mixed_model

REFERENCE = Path(__file__).parents[3] / "tests" / "reference"
FURTHER = json.loads((REFERENCE / "further_trends.json").read_text())
INF, NAN = float("inf"), float("nan")

# Ten groups of ten counts (a message of B. Goldstein to R-SIG-Mixed-Models, 2020), a column a group.
GROUPS = np.array([
    [83, 3, 8, 78, 901, 21, 4, 1, 1, 39], [82, 3, 2, 82, 874, 18, 5, 1, 3, 50], [87, 7, 3, 67, 914, 18, 0, 1, 1, 38],
    [86, 13, 5, 65, 913, 13, 2, 0, 0, 48], [90, 5, 5, 71, 886, 19, 3, 0, 2, 32], [96, 1, 1, 87, 860, 21, 3, 0, 1, 54],
    [83, 2, 4, 70, 874, 19, 5, 0, 4, 36], [100, 11, 3, 71, 950, 21, 6, 0, 1, 40], [89, 5, 5, 73, 859, 29, 3, 0, 2, 38],
    [78, 13, 6, 100, 852, 24, 5, 0, 1, 39],
])  # fmt: skip
# Julia's MixedModels.jl, test/pirls.jl: parameters, and deviance there by Laplace's approximation and by 11 points.
AT, BY_LAPLACE, BY_QUADRATURE = (4.192196439077657, 1.838245201739852), 193.5587302384811, 193.51028088736842


def panel(
    areas: int = 12, years: int = 10, seed: int = 1, *, level=2.0, change=0.03, levels=0.6, changes=0.06
) -> pd.DataFrame:
    """Synthetic counts of areas whose levels and trends (log scale) vary by so much."""
    rng = np.random.default_rng(seed)
    t = np.arange(years) - (years - 1) / 2
    apart = rng.normal(size=(areas, 2)) * [levels, changes]
    count = rng.poisson(np.exp(level + apart[:, :1] + (change + apart[:, 1:]) * t))
    ids = [f"area {place:02d}" for place in range(areas)]
    return pd.DataFrame(
        {
            "area_id": np.repeat(ids, years),
            "period": np.tile(np.arange(2010, 2010 + years), areas),
            "count": count.ravel(),
        }
    )


def bounded(series: pd.DataFrame, where: pd.Series, low: float, high: float) -> pd.DataFrame:
    """The series with its counts as intervals: from `low` to `high` in the rows of `where`."""
    return series.drop(columns="count").assign(
        low=series["count"].astype(float).mask(where, low),
        high=series["count"].astype(float).mask(where, high),
        value_qualifier=pd.Series("exact", series.index).mask(where, "derived"),
    )


def row(found, area: str) -> pd.Series:
    return found.areas.set_index("area_id").loc[area]


def design(count: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Counts (areas, periods) as rows: counts, areas, and a design of ones and centred periods."""
    areas, years = count.shape
    t = np.tile(np.arange(years) - (years - 1) / 2, areas)
    return count.ravel(), np.repeat(np.arange(areas), years), np.column_stack([np.ones(t.size), t])


def quadrature(count: np.ndarray, mean: float, sd: float, points: int) -> float:
    """Log-likelihood of Poisson counts (areas, periods) with normal levels, by adaptive Gauss-Hermite quadrature."""
    nodes, weights = np.polynomial.hermite.hermgauss(points)
    total = 0.0
    for y in count:

        def height(u, y=y):
            return stats.poisson.logpmf(y[:, None], np.exp(mean + sd * np.atleast_1d(u))).sum(0) + stats.norm.logpdf(u)

        mode = optimize.brentq(lambda u, y=y: sd * (y - np.exp(mean + sd * u)).sum() - u, -30, 30, xtol=1e-13)
        scale = 1 / np.sqrt(1 + sd**2 * y.size * np.exp(mean + sd * mode))
        at = mode + np.sqrt(2) * scale * nodes
        total += special.logsumexp(height(at) + nodes**2, b=weights) + np.log(np.sqrt(2) * scale)
    return float(total)


# The mixed model


def test_the_likelihood_is_that_of_mixed_models_in_julia_and_its_maximum_is_no_lower():
    count = GROUPS.T
    exact = stats.poisson.logpmf(count, count).sum()
    ones = np.ones((count.size, 1))
    places = np.repeat(np.arange(10), 10)
    data = arrange(count.ravel().astype(float), places, ones, ones, np.zeros(100), correlated=False, spread=False)
    assert -2 * (evaluate(data, np.array(AT), None).value - exact) == pytest.approx(BY_LAPLACE, rel=1e-11)
    assert -2 * (quadrature(count, *AT, 11) - exact) == pytest.approx(BY_QUADRATURE, rel=1e-9)
    # The parameters printed there are not at the maximum.
    found = mixed_model(count.ravel(), places, ones, ones)
    assert -2 * (found.log_likelihood - exact) < BY_LAPLACE - 7


def test_levels_and_trends_are_those_of_lme4_and_of_glmmtmb():
    printed = FURTHER["epil_poisson"]
    line = np.column_stack([np.ones(236), np.tile([-1.5, -0.5, 0.5, 1.5], 59)])
    found = mixed_model(FURTHER["epil"], np.repeat(np.arange(59), 4), line, line)
    # The steps of lme4 end where its likelihood is within 1e-9, and estimates within some 1e-6.
    assert found.log_likelihood == pytest.approx(printed["log_likelihood"], abs=2e-9)
    assert found.log_likelihood == pytest.approx(printed["glmmTMB_log_likelihood"], abs=1e-9)
    assert found.fixed == pytest.approx(printed["fixed"], abs=5e-7)
    assert np.sqrt(np.diag(found.covariance))[:2] == pytest.approx(printed["fixed_se"], abs=1e-6)
    assert found.sd == pytest.approx(printed["sd"], abs=1e-6)
    assert found.correlation == pytest.approx(printed["correlation"], abs=2e-6)
    some = [0, 14, 58]
    np.testing.assert_allclose(found.effects[some], printed["modes"], atol=1e-6)
    np.testing.assert_allclose(found.effect_covariance[[0, 58]].reshape(2, 4), printed["mode_covariance"], atol=1e-6)
    # Slopes of the subjects with what is not known of the parameters: the joint precision of glmmTMB.
    slope, error = found.contrast([0, 1], [0, 1])
    assert slope[some] == pytest.approx(printed["slopes"], abs=1e-6)
    assert error[some] == pytest.approx(printed["slope_se"], abs=1e-6)


def test_counts_that_vary_more_than_poissons_are_pooled_as_by_glmmtmb():
    printed = FURTHER["epil_negative_binomial"]
    line = np.column_stack([np.ones(236), np.tile([-1.5, -0.5, 0.5, 1.5], 59)])
    found = mixed_model(FURTHER["epil"], np.repeat(np.arange(59), 4), line, np.ones(236), counts="negative_binomial")
    assert found.log_likelihood == pytest.approx(printed["log_likelihood"], abs=1e-8)
    assert found.fixed == pytest.approx(printed["fixed"], abs=1e-6)
    assert np.sqrt(np.diag(found.covariance))[:2] == pytest.approx(printed["fixed_se"], abs=1e-6)
    assert (found.sd[0], 1 / found.spread) == pytest.approx((printed["sd"], printed["theta"]), rel=1e-5)
    assert found.effects[[0, 14, 58], 0] == pytest.approx(printed["modes"], abs=1e-6)


@pytest.mark.soak
@pytest.mark.slow
def test_a_random_level_is_fitted_as_by_one_point_quadrature_and_nearly_as_by_many():
    count = GROUPS.T
    found = mixed_model(count.ravel(), np.repeat(np.arange(10), 10), np.ones(100), np.ones(100))

    def best(points: int) -> optimize.OptimizeResult:
        return optimize.minimize(
            lambda p: -quadrature(count, p[0], np.exp(p[1]), points), [2.5, 0.7], method="Nelder-Mead",
            options={"xatol": 1e-8, "fatol": 1e-13, "maxiter": 400},
        )  # fmt: skip

    one, many = best(1), best(25)
    assert (found.fixed[0], found.sd[0]) == pytest.approx((one.x[0], np.exp(one.x[1])), abs=2e-5)
    assert found.log_likelihood == pytest.approx(-one.fun, abs=1e-7)
    assert (found.fixed[0], found.sd[0]) == pytest.approx((many.x[0], np.exp(many.x[1])), abs=0.02)


@pytest.mark.parametrize(("counts", "correlated"), [("poisson", True), ("negative_binomial", True), ("poisson", False)])
def test_the_likelihood_of_levels_and_trends_is_laplaces_by_brute_force(counts, correlated):
    # Each area's integral by hand: the mode by a general optimiser, the determinant from differences.
    rng = np.random.default_rng(4)
    t = np.arange(8) - 3.5
    apart = rng.normal(size=(9, 2)) @ np.array([[0.7, 0.0], [0.06, 0.1]]).T
    mu = np.exp(1.5 + apart[:, :1] + (0.05 + apart[:, 1:]) * t)
    count = rng.poisson(mu * (rng.gamma(4, 1 / 4, mu.shape) if counts == "negative_binomial" else 1))
    y, area, x = design(count)
    found = mixed_model(y, area, x, x, correlated=correlated, counts=counts)
    between = np.diag(found.sd**2)
    if correlated:
        between[0, 1] = between[1, 0] = found.correlation * found.sd.prod()
    prior = stats.multivariate_normal(np.zeros(2), between)

    def depth(b, own):
        mean = np.exp(x[:8] @ (found.fixed + b))
        if found.spread:
            size = 1 / found.spread
            return -stats.nbinom.logpmf(own, size, size / (size + mean)).sum() - prior.logpdf(b)
        return -stats.poisson.logpmf(own, mean).sum() - prior.logpdf(b)

    total = 0.0
    step = np.diag(0.01 * found.sd)
    for own, effects in zip(count, found.effects, strict=True):
        at = optimize.minimize(
            depth, np.zeros(2), args=(own,), method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-12}
        )
        assert effects == pytest.approx(at.x, abs=2e-5)
        bend = [
            [
                (
                    depth(at.x + a + b, own)
                    - depth(at.x + a - b, own)
                    - depth(at.x - a + b, own)
                    + depth(at.x - a - b, own)
                )
                / (4 * a.sum() * b.sum())
                for b in step
            ]
            for a in step
        ]
        total += -at.fun + np.log(2 * np.pi) - 0.5 * np.linalg.slogdet(bend)[1]
    assert found.log_likelihood == pytest.approx(total, abs=2e-3)
    if counts == "negative_binomial":
        assert 0.05 < found.spread < 1


@pytest.mark.parametrize("correlated", [True, False])
@pytest.mark.parametrize("spread", [True, False])
def test_gradient_and_sensitivity_are_those_of_differences(correlated, spread):
    y, area, x = design(panel(7, 6).pivot(index="area_id", columns="period", values="count").to_numpy())
    data = arrange(y.astype(float), area, x, x, np.zeros(len(y)), correlated=correlated, spread=spread)
    at = np.concatenate([[1.9, 0.1, 0.7, 0.3], [0.4] * correlated, [-1.5] * spread])
    found = evaluate(data, at, None)
    for place, step in enumerate(1e-5 * np.eye(len(at))):
        up, down = evaluate(data, at + step, None), evaluate(data, at - step, None)
        assert found.gradient[place] == pytest.approx((up.value - down.value) / 2e-5, rel=1e-6, abs=1e-6)
        assert found.sensitivity[..., place] == pytest.approx((up.effects - down.effects) / 2e-5, abs=1e-7)


def test_known_truth_comes_back_from_many_areas():
    rng = np.random.default_rng(8)
    factor = np.array([[0.5, 0.0], [0.04, 0.03]])  # sd of trends 0.05, correlation 0.8
    t = np.arange(12) - 5.5
    apart = rng.normal(size=(300, 2)) @ factor.T
    y, area, x = design(rng.poisson(np.exp(3 + apart[:, :1] + (0.02 + apart[:, 1:]) * t)))
    found = mixed_model(y, area, x, x)
    assert found.fixed == pytest.approx([3, 0.02], abs=3 * 0.5 / np.sqrt(300))
    # Three standard errors of a standard deviation from 300: 3 / sqrt(600) = 12 %.
    assert found.sd == pytest.approx([0.5, 0.05], rel=0.13)
    assert found.correlation == pytest.approx(0.8, abs=0.1)
    truth = 0.02 + apart[:, 1]
    estimate, error = found.contrast([0, 1], [0, 1])
    assert 0.91 < (np.abs(estimate - truth) < 1.96 * error).mean() < 0.98


def test_the_standard_error_of_an_area_holds_what_is_not_known_of_the_parameters():
    y, area, x = design(panel(8, 8).pivot(index="area_id", columns="period", values="count").to_numpy())
    found = mixed_model(y, area, x, x, correlated=False)
    _, error = found.contrast([0, 1], [0, 1])
    alone = np.sqrt(found.effect_covariance[:, 1, 1])
    # An area without a count of its own has the variance between areas and that of the common trend, and no less.
    _, common = found.contrast([0, 1], [0, 0])
    assert (error > alone).all() and common == pytest.approx(np.sqrt(found.covariance[1, 1]))


def test_limits_of_a_standard_deviation_fall_by_the_quantile_of_chi_square():
    count = GROUPS.T
    found = mixed_model(count.ravel(), np.repeat(np.arange(10), 10), np.ones(100), np.ones(100))
    for limit in found.sd_limits(0, 0.9):
        best = optimize.minimize_scalar(
            lambda m, sd=limit: -quadrature(count, m, sd, 1), bounds=(0, 5), method="bounded"
        )
        assert 2 * (found.log_likelihood + best.fun) == pytest.approx(2.7055, abs=0.01)


def test_a_negative_binomial_fit_of_poisson_counts_is_the_poisson_fit():
    y, area, x = design(np.tile([4, 6, 5, 7, 5, 6], (6, 1)) * np.arange(1, 7)[:, None])
    plain, wide = (mixed_model(y, area, x, x, counts=counts) for counts in ("poisson", "negative_binomial"))
    assert wide.spread == 0
    assert wide.log_likelihood == pytest.approx(plain.log_likelihood, abs=1e-6)


# Areas pooled


def test_areas_that_are_alike_get_the_common_trend_and_no_variance_and_it_is_said():
    one = [9, 11, 10, 13, 12, 14, 15, 14]
    series = pd.concat([panel(1, 8).assign(area_id=f"area {place}", count=one) for place in range(10)])
    found = pool_areas(series)
    assert found.between.estimate == found.between.low == 0
    assert found.between.high > 0
    own = trends.count_trend(series[series["area_id"] == "area 0"]).annual_change
    assert found.common.estimate == pytest.approx(own, abs=1e-5)
    assert found.areas["pooled_change"].to_numpy() == pytest.approx(np.full(10, own), abs=1e-5)
    assert found.areas["pooled_low"].to_numpy() == pytest.approx(np.full(10, found.common.low), abs=1e-6)
    assert (found.areas["shrinkage"] == 1).all()
    assert "areas_alike" in codes(found.warnings)


def test_a_pooled_trend_lies_between_the_areas_own_and_the_common_one():
    # Half of the areas rise as the others fall, at one level.
    up = [8, 9, 11, 12, 15, 17, 20]
    series = pd.concat(
        [panel(1, 7).assign(area_id=f"area {place}", count=up if place % 2 else up[::-1]) for place in range(8)]
    )
    found = pool_areas(series, correlated=False)
    assert found.common.estimate == pytest.approx(0, abs=1e-4)
    for _, area in found.areas.iterrows():
        assert np.sign(area["pooled_change"]) == np.sign(area["own_change"])
        assert 0 < abs(area["pooled_change"]) < abs(area["own_change"])
        assert 0 < area["shrinkage"] < 1


@pytest.mark.slow
@given(st.randoms(use_true_random=False))
@settings(max_examples=examples(4), deadline=None)
def test_the_order_of_rows_does_not_matter(random):
    series = panel(8, 7)
    rows = list(range(len(series)))
    random.shuffle(rows)
    plain, mixed = pool_areas(series), pool_areas(series.iloc[rows])
    columns = [
        "own_change",
        "pooled_change",
        "pooled_low",
        "pooled_high",
        "shrinkage",
    ]
    apart = plain.areas.set_index("area_id")[columns] - mixed.areas.set_index("area_id")[columns]
    assert np.abs(apart.to_numpy()).max() < 2e-3
    assert plain.common.low == pytest.approx(mixed.common.low, abs=1e-3)
    assert plain.between.high == pytest.approx(mixed.between.high, rel=1e-2)


@pytest.mark.slow
@given(st.floats(1e-3, 1e3))
@settings(max_examples=examples(4), deadline=None)
def test_the_unit_of_effort_moves_nothing(unit):
    effort = np.tile([10.0, 12, 9, 14, 11, 10, 13], 8)
    plain, scaled = (pool_areas(panel(8, 7).assign(effort=effort * by)) for by in (1.0, unit))
    assert scaled.areas["pooled_change"].to_numpy() == pytest.approx(plain.areas["pooled_change"], abs=2e-3)
    assert scaled.common.estimate == pytest.approx(plain.common.estimate, abs=1e-3)
    assert "effort_unknown" not in codes(plain.warnings)
    assert "effort_unknown" in codes(pool_areas(panel(8, 7)).warnings)


def test_the_smaller_an_area_the_further_it_is_drawn():
    series = panel(12, 10, levels=1.2)
    found = pool_areas(series, correlated=False).areas.sort_values("events_high")
    assert found["shrinkage"].iloc[0] > found["shrinkage"].iloc[-1]
    assert stats.spearmanr(found["events_high"], found["shrinkage"]).statistic < -0.9


@pytest.mark.slow
def test_an_area_without_a_trend_of_its_own_is_kept_with_the_reason_and_wider_limits():
    series = panel()
    series = series[(series["area_id"] != "area 03") | (series["period"] > 2017)]
    found = pool_areas(series)
    area, others = row(found, "area 03"), found.areas[found.areas["area_id"] != "area 03"]
    assert np.isnan(area["own_change"]) and "Observed points: 2" in area["own_refused"]
    assert (others["own_refused"] == "").all() and others["own_change"].notna().all()
    assert area["pooled_high"] - area["pooled_low"] > (others["pooled_high"] - others["pooled_low"]).median()
    assert area["shrinkage"] > others["shrinkage"].median()


def test_areas_without_events_or_with_one_period_are_pooled_and_named():
    series = panel()
    series.loc[series["area_id"] == "area 05", "count"] = 0
    series = series[(series["area_id"] != "area 07") | (series["period"] == 2015)]
    found = pool_areas(series)
    assert warned(found.warnings, "no_events", ": area 05.")
    assert warned(found.warnings, "one_period", ": area 07.")
    assert np.isfinite(found.areas["pooled_change"]).all()
    assert "No events" in row(found, "area 05")["warnings"] and "One period" in row(found, "area 07")["warnings"]


@pytest.mark.slow
def test_unknown_counts_are_left_out_as_if_the_rows_were_not_there_and_named():
    series = panel()
    gone = (series["area_id"] == "area 02") & series["period"].isin([2012, 2013])
    unknown = series.assign(count=series["count"].astype(float).mask(gone))
    found, without = pool_areas(unknown), pool_areas(series[~gone])
    assert found.areas["pooled_change"].to_numpy() == pytest.approx(without.areas["pooled_change"], abs=1e-9)
    assert row(found, "area 02")["n"] == 8
    assert "the count is not known: 2012, 2013" in row(found, "area 02")["warnings"]
    late = pool_areas(series.assign(complete=~gone))
    assert late.areas["pooled_change"].to_numpy() == pytest.approx(without.areas["pooled_change"], abs=1e-9)
    assert "still on their way: 2012, 2013" in row(late, "area 02")["warnings"]


def test_an_area_of_which_nothing_is_known_stands_in_the_table_without_numbers():
    series = panel()
    found = pool_areas(series.assign(count=series["count"].astype(float).mask(series["area_id"] == "area 01")))
    area = row(found, "area 01")
    assert area["n"] == 0 and np.isnan(area["pooled_change"]) and np.isnan(area["own_change"])
    assert warned(found.warnings, "no_counts", ": area 01.")


@pytest.mark.slow
def test_counts_between_bounds_give_ranges_that_hold_what_the_exact_counts_give():
    series = panel(8, 8)
    where = series["count"].between(1, 4)
    assert 3 <= where.sum() <= 30
    found, exact = pool_areas(bounded(series, where, 1, 4)), pool_areas(series)
    # No outer bound: other counts within the bounds can lie outside by a small part of the limits.
    slack = 0.02 * (exact.areas["pooled_high"] - exact.areas["pooled_low"])
    for name in ("pooled_change", "own_change"):
        assert (found.areas[f"{name}_least"] <= exact.areas[name] + slack).all()
        assert (found.areas[f"{name}_most"] >= exact.areas[name] - slack).all()
    assert (found.areas["pooled_low"] <= exact.areas["pooled_low"] + slack).all()
    assert (found.areas["pooled_high"] >= exact.areas["pooled_high"] - slack).all()
    wide = where.groupby(series["area_id"]).any().to_numpy()
    assert (found.areas["pooled_change_most"] > found.areas["pooled_change_least"] + 0.5)[wide].all()
    assert found.areas["pooled_change"].isna().all() and np.isnan(found.common.estimate)
    assert found.common.least <= exact.common.estimate <= found.common.most
    assert found.between.least <= exact.between.estimate <= found.between.most
    assert "patterns of interval counts" in found.model and "interval_counts" in codes(found.warnings)


@pytest.mark.slow
def test_bounds_that_are_the_same_are_exact_counts():
    series = panel(8, 8)
    found, exact = pool_areas(bounded(series, series["count"] < 0, 0, 0)), pool_areas(series)
    assert found.areas["pooled_change"].to_numpy() == pytest.approx(exact.areas["pooled_change"], abs=1e-12)
    assert (found.areas["pooled_change_least"] == found.areas["pooled_change_most"]).all()


@pytest.mark.slow
def test_few_areas_warn_and_their_levels_and_trends_are_taken_as_independent():
    few, many = pool_areas(panel(9)), pool_areas(panel(12))
    assert warned(few.warnings, "few_areas", "9 areas") and "independent" in few.model and np.isnan(few.correlation)
    assert "few_areas" not in codes(many.warnings)


@pytest.mark.slow
def test_covid_gaps_and_dispersion_are_said_with_the_result():
    series = panel(12, 12)
    assert warned(pool_areas(series).warnings, "covid_years", "2020, 2021")
    assert warned(pool_areas(series[series["period"] != 2014]).warnings, "gaps_in_series", ": 2014.")
    wild = series.assign(count=(series["count"] * np.tile([1, 3, 1, 4, 0, 2], 24)))
    found = pool_areas(wild)
    assert warned(found.warnings, "overdispersion", "counts='negative_binomial'")
    wide = pool_areas(wild, counts="negative_binomial")
    assert "overdispersion" not in codes(wide.warnings) and "Negative binomial" in wide.model
    assert (wide.areas["pooled_high"] - wide.areas["pooled_low"]).mean() > (
        found.areas["pooled_high"] - found.areas["pooled_low"]
    ).mean()


@pytest.mark.slow
def test_areas_that_rise_and_fall_together_are_said_to_make_limits_too_narrow():
    series = panel(20, 8, level=3)
    assert "areas_move_together" not in codes(pool_areas(series).warnings)
    shocks = np.tile([1.0, 1.2, 0.9, 1.15, 0.85, 1.2, 0.9, 1.0], 20)
    together = pool_areas(series.assign(count=(series["count"] * shocks).round()))
    assert "areas_move_together" in codes(together.warnings)


@pytest.mark.parametrize(
    ("series", "error", "reason"),
    [
        (panel(4), trends.NotEstimable, ("too_few_areas", "4")),
        (panel(12, 4), trends.TooFewPoints, ("too_few_periods", "4")),
        (panel().assign(count=0), trends.TooFewPoints, ("no_events",)),
        (panel().assign(count=lambda t: (t.index == 3) * 4), trends.TooFewPoints, ("too_few_events", "4")),
        (panel().assign(count=lambda t: (t["period"] == 2019) * 4), trends.TooFewPoints, ("separation", "2019")),
        (panel().drop(columns="area_id"), ValueError, ("missing_column", "column 'area_id'")),
        (panel().drop(columns="period"), ValueError, ("missing_column", "column 'period'")),
        (panel().drop(columns="count"), ValueError, ("missing_counts",)),
        (panel().assign(area_id=lambda t: t["area_id"].mask(t.index == 7)), ValueError, ("missing_value", "7")),
        (panel().assign(period="last year"), ValueError, ("invalid_date", "Row 0")),
        (pd.concat([panel(), panel().head(1)]), ValueError, ("duplicate_period", "00", "2010")),
        (panel().assign(count=lambda t: t["count"].mask(t.index == 2, -1)), ValueError, ("invalid_interval", "0")),
        (panel().assign(population=lambda t: t.index * 10.0), ValueError, ("not_positive", "00", "2010")),
        (panel().assign(population=5, effort=5), ValueError, ("population_and_effort",)),
        (panel().assign(complete="yes"), ValueError, ("not_boolean",)),
    ],
)
def test_areas_that_can_not_be_pooled_are_refused_with_the_reason(series, error, reason):
    with refused(error, *reason):
        pool_areas(series)


def test_unknown_counts_and_confidence_are_refused():
    with refused(ValueError, "unknown_choice", "'binomial'"):
        pool_areas(panel(), counts="binomial")
    with refused(ValueError, "confidence_out_of_range"):
        pool_areas(panel(), confidence=95)


@pytest.mark.slow
def test_wider_confidence_gives_wider_limits():
    narrow, wide = pool_areas(panel(), confidence=0.8), pool_areas(panel(), confidence=0.99)
    assert (wide.areas["pooled_low"] < narrow.areas["pooled_low"]).all()
    assert wide.common.high > narrow.common.high and wide.between.high > narrow.between.high


@pytest.mark.slow
def test_a_result_cannot_be_changed_after_the_fact():
    with pytest.raises(FrozenInstanceError):
        pool_areas(panel()).confidence = 0.5
