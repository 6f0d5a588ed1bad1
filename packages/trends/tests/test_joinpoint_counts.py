"""What a user relies on in joinpoint regression of small counts."""

from __future__ import annotations

import json
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from fuzzing import examples
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from plain_plots import words
from refusals import codes, refused, warned
from scipy.optimize import linprog

from trends import NotEstimable, TooFewPoints, joinpoint_counts
from trends.count_model import likelihood
from trends.joinpoint_counts import count_segments, sharpest_turn
from trends.joinpoint_search import grid, line_with_bends, placements
from trends.joinpoint_tests import Candidate, all_fits, best_means, climb, least_loss

REFERENCE = Path(__file__).parents[3] / "tests" / "reference"
R = json.loads((REFERENCE / "joinpoint_counts.json").read_text())
COAL = json.loads((REFERENCE / "count_models.json").read_text())
PRUSSIAN = R["prussian"]["count"]
# ljr 1.4.0, kcm: counts and persons 1999-2005; ljrk(1) places the joinpoint at 2000.7730661667765.
KCM = [9196, 9412, 9595, 9624, 9558, 9373, 9699], [4018053, 4041769, 4067643, 4088977, 4114489, 4140427, 4172608]


def series(count, first: int = 2000, **columns) -> pd.DataFrame:
    return pd.DataFrame({"period": np.arange(first, first + len(count)), "count": count, **columns})


def prepared(name: str):
    """Periods, counts and offset of a reference series."""
    given = R[name]
    count = np.array(given["count"], dtype=float)
    over = grid(given["first_period"] + np.arange(len(count), dtype=float), np.ones(len(count)))
    return over, count, np.log(np.array(given["exposure"], dtype=float))


@pytest.mark.parametrize("k", [1, 2])
@pytest.mark.parametrize("name", ["prussian", "discoveries"])
def test_every_placement_has_the_likelihood_that_r_gives_it(name, k):
    over, count, offset = prepared(name)
    loss = all_fits(over, count, offset, k)
    # R's combn() runs through the later joinpoints first.
    order = np.lexsort(placements(over.n, k).T[::-1])
    assert -loss[order] / 2 == pytest.approx(np.array(R[name]["log_likelihood"]["poisson"][k - 1]), abs=1e-8)


# R 4.5.0, glm(family = poisson) on the Prussian series at the placement with the greatest likelihood: joinpoints, BIC()
# and log(20) for each joinpoint, Pearson's chi-squared / (20 - 2k - 2), deviance.
@pytest.mark.parametrize(
    ("k", "turns", "bic", "dispersion", "deviance"),
    [
        (0, [], 122.86211851, 1.96973046949, 36.2162600727),
        (1, [1892], 117.94053956, 1.61850531062, 25.3032165755),
        (2, [1878, 1892], 118.099751532, 1.35305249808, 19.4709640005),
    ],
)
def test_joinpoints_and_bic_are_those_of_the_best_of_rs_fits(k, turns, bic, dispersion, deviance):
    found = joinpoint_counts(series(PRUSSIAN, 1875), k, "bic", min_joinpoints=k, family="poisson")
    assert found.joinpoints["period"].tolist() == turns
    row = found.candidates.iloc[-1]
    assert row["bic"] == pytest.approx(bic, abs=1e-7)
    assert row["bic3"] == pytest.approx(bic + k * np.log(20), abs=1e-7)
    assert row["bic"] - 1e-9 <= row["wbic"] <= row["bic3"] + 1e-9
    assert (row["dispersion"], row["deviance"]) == pytest.approx((dispersion, deviance), rel=1e-9)


# R 4.5.0: slopes of glm(poisson) with a bend at 1892, and their errors from the inverse of Z'WZ with Z the columns 1,
# year, bend and minus the change of slope after 1892.
def test_slopes_have_errors_that_allow_for_the_joinpoint():
    found = joinpoint_counts(series(PRUSSIAN, 1875), 1, "bic", min_joinpoints=1, family="poisson")
    assert found.slopes.least == pytest.approx([0.0409906, -0.6128551], rel=1e-5)
    assert (found.slopes.high - found.slopes.low) / (2 * 1.959963984540054) == pytest.approx(
        [0.01439704, 0.6087537], rel=1e-5
    )
    # The same in R: the smallest change of log likelihood by less than qchisq(0.95, 1) / 2 from 1877 to the last place.
    assert found.joinpoints[["low", "high"]].to_numpy().tolist() == [[1877, 1892]]
    average = found.delta_slope
    assert average.least[0] == pytest.approx(-0.02783526, rel=1e-5)
    assert (average.high - average.low)[0] / (2 * 1.959963984540054) == pytest.approx(0.02708672, rel=1e-5)


def test_quasi_poisson_widens_all_errors_by_the_root_of_the_dispersion_and_uses_t():
    # Dispersion 1.61850531062 as R prints it; t with 16 degrees of freedom at 97.5 %: 2.119905.
    poisson, quasi = (
        joinpoint_counts(series(PRUSSIAN, 1875), 1, "bic", min_joinpoints=1, family=family)
        for family in ("poisson", "quasi-poisson")
    )
    widened = np.sqrt(1.61850531062) * 2.119905 / 1.959964
    for name in ("slopes", "delta_slope", "average_slope"):
        narrow, wide = getattr(poisson, name), getattr(quasi, name)
        assert wide.high - wide.low == pytest.approx(widened * (narrow.high - narrow.low), rel=1e-5)


@pytest.mark.parametrize(
    ("family", "key"),
    [("poisson", "coal_poisson"), ("quasi-poisson", "coal_quasi")],
)
def test_without_joinpoints_the_trend_is_that_of_a_count_model_in_r(family, key):
    expected = COAL[key]
    found = joinpoint_counts(series(COAL["coal_counts"], 1851), 0, "bic", family=family)
    assert found.slopes.least[0] == pytest.approx(expected["coef"][1], abs=1e-8)
    # R 4.5.0: qnorm(0.975), qt(0.975, 110). Its errors are those one step before its fit has converged.
    quantile = 1.981765281798 if family == "quasi-poisson" else 1.959963984540
    assert (found.slopes.high - found.slopes.low)[0] == pytest.approx(2 * quantile * expected["se"][1], rel=1e-5)
    assert found.candidates["deviance"][0] == pytest.approx(expected["deviance"], rel=1e-6)


def test_a_joinpoint_held_at_1891_gives_the_coefficients_that_r_prints():
    expected = COAL["coal_hinge_1891"]
    count = np.array(COAL["coal_counts"], dtype=float)
    over, offset = grid(np.arange(1851.0, 1963.0), np.ones(112)), np.zeros(112)
    loss = all_fits(over, count, offset, 1)
    place = int(np.flatnonzero(placements(112, 1)[:, 0] == 40)[0])
    assert -loss[place] / 2 == pytest.approx(expected["logLik"], abs=1e-9)
    mean = best_means(over, count, offset, placements(112, 1)[place])
    found = count_segments(over, count, offset, 1, Candidate(place, 0.0, mean, 1.0, 0.0, loss), "poisson")
    before, after = found.slope
    assert [before, after - before] == pytest.approx(np.array(expected["coef"][1:]), abs=1e-8)
    deviance, _ = likelihood(count[None], mean[None], np.array(np.inf))
    assert deviance[0] == pytest.approx(expected["deviance"], rel=1e-9)


def test_a_joinpoint_between_observations_lies_where_the_logistic_model_of_ljr_puts_it():
    # Poisson counts in place of ljr's binomial ones: 0.2 % of the persons are counted, so that three digits agree.
    count, people = (np.array(values, dtype=float) for values in KCM)
    over, offset = grid(np.arange(1999.0, 2006.0), np.ones(7)), np.log(people)
    turns = np.arange(2000.0, 2003.0, 0.001)
    bends = np.maximum(over.period - turns[:, None], 0)[:, :, None]
    columns = np.concatenate([np.broadcast_to(over.base, (len(turns), 7, 2)), bends], axis=2)
    start = np.broadcast_to(offset + np.log(count.sum() / people.sum()), (len(turns), 7))
    loss, _ = climb(columns, np.broadcast_to(count, start.shape), start)
    assert turns[np.argmin(loss)] == pytest.approx(2000.7730661667765, abs=2e-3)


def test_large_counts_turn_where_the_national_cancer_institute_finds_turns():
    # Joinpoint 4.9 prints for the rates: 1985 (1984, 1987), 1995 (1993, 1997), 1998 (1997, 2001).
    rates = pd.read_csv(REFERENCE / "crc.csv", comment="#").query("sex == 'Both'")
    counts = ((rates["rate"] / rates["se"]) ** 2).round().to_numpy()
    given = series(counts, 1975, population=1e5 * counts / rates["rate"].to_numpy())
    found = joinpoint_counts(given, 3, "bic", family="quasi-poisson")
    assert found.joinpoints[["period", "low", "high"]].to_numpy().tolist() == [
        [1985, 1984, 1987],
        [1995, 1993, 1997],
        [1998, 1997, 2001],
    ]


def exists(design: np.ndarray, count: np.ndarray) -> bool:
    """Whether finite coefficients maximise the likelihood: no direction lowers the means of zeros alone."""
    if np.linalg.matrix_rank(design) < design.shape[1]:
        return False
    zero = count == 0
    if not zero.any():
        return True
    fall = linprog(
        design[zero].sum(axis=0), A_ub=design[zero], b_ub=np.zeros(zero.sum()), A_eq=design[~zero],
        b_eq=np.zeros((~zero).sum()), bounds=[(-1, 1)] * design.shape[1],
    )  # fmt: skip
    return bool(fall.fun > -1e-7)


small_counts = st.lists(st.integers(0, 12), min_size=8, max_size=10)


@pytest.mark.slow
@settings(deadline=None, max_examples=examples(27))
@given(count=small_counts, jump=st.booleans())
def test_every_placement_is_fitted_as_statsmodels_fits_it_or_has_no_finite_slopes(count, jump):
    y = np.array(count, dtype=float)
    assume(y.sum() > 0)
    n = len(y)
    period = np.cumsum(1 + np.arange(n) % 2).astype(float)
    over = grid(period, np.ones(n), (period >= period[4]).astype(float)[:, None] if jump else None)
    for k in (0, 1, 2):
        for place, loss in zip(placements(n, k), all_fits(over, y, np.zeros(n), k), strict=True):
            design = line_with_bends(over, over.period[place])
            assert np.isfinite(loss) == exists(design, y)
            if np.isfinite(loss):
                model = sm.GLM(y, design, family=sm.families.Poisson()).fit(tol=1e-12, maxiter=200)
                assert loss <= -2 * model.llf + 1e-6
                # Where log means run far down, statsmodels stops short of the greatest likelihood.
                assert loss == pytest.approx(-2 * model.llf, abs=1e-4)


@pytest.mark.parametrize("dispersed", [False, True])
@pytest.mark.parametrize(("n", "level", "k"), [(9, 0.7, 1), (14, 3.0, 2), (20, 12.0, 3)])
def test_a_search_in_many_series_finds_what_trying_every_placement_finds(n, level, k, dispersed):
    random = np.random.default_rng([n, k])
    over, offset = grid(np.arange(float(n)), np.ones(n)), random.normal(0, 0.3, n)
    mean = level * np.exp(offset + 0.2 * np.abs(np.arange(n) - n / 2) * random.choice([-1, 0, 1], (40, 1)))
    counts = random.poisson(random.gamma(3, mean / 3) if dispersed else mean).astype(float)
    counts = counts[counts.sum(axis=1) > 0]
    every = np.array([all_fits(over, row, offset, k).min() for row in counts])
    loss, place, eta = least_loss(over, counts, offset, k)
    mean = np.exp(eta)
    found = np.where(np.isfinite(loss), [-2 * stats_poisson(y, m) for y, m in zip(counts, mean, strict=True)], loss)
    # A search that may stop when enough is found decides alike.
    for shift in (-1.0, 1.0):
        stopped = least_loss(over, counts, offset, k, enough=loss + shift)[0]
        assert ((stopped <= loss + shift) == (np.isfinite(loss) & (shift > 0)) | ~np.isfinite(loss)).all()
    assert (place < len(placements(n, k))).all()
    assert np.isfinite(found).tolist() == np.isfinite(every).tolist()
    finite = np.isfinite(every)
    assert finite.any()
    assert found[finite] == pytest.approx(every[finite], abs=1e-6)


def stats_poisson(count: np.ndarray, mean: np.ndarray) -> float:
    from scipy.stats import poisson

    return float(poisson.logpmf(count, mean).sum())


def test_a_start_without_events_is_no_segment_and_is_said():
    count = [0, 0, 0, 0, 5, 9, 8, 12, 9, 11, 8, 6]
    found = joinpoint_counts(series(count), 1, "bic")
    # Joinpoints of 12 periods lie at the third to the tenth; at the third to fifth only zeros stand before them.
    assert warned(found.warnings, "placements_left_out", "3 of 8 placements of 1 joinpoint")
    assert found.joinpoints["period"].tolist() == [2005]
    assert np.isfinite(found.segments[["apc", "low", "high"]].to_numpy()).all()
    assert found.joinpoints["low"][0] > 2003


def test_zeros_are_kept_and_missing_years_are_left_out_and_named():
    count = [4, 0, 3, None, 5, 6, 0, 9, 7, 12]
    found = joinpoint_counts(series(count, complete=[True] * 9 + [False]), 0, "bic")
    assert found.n == 8
    assert found.observed[:, 0].tolist() == [4, 0, 3, 5, 6, 0, 9, 7]
    assert found.incomplete[:, :2].tolist() == [[2009, 12]]
    assert warned(found.warnings, "unknown_left_out", "2003")
    assert warned(found.warnings, "incomplete_left_out", "2009")
    assert "zeros_replaced" not in codes(found.warnings)


def test_events_at_one_end_alone_have_no_slope():
    with refused(NotEstimable, "separation"):
        joinpoint_counts(series([0, 0, 0, 0, 0, 0, 0, 9]), 1, "bic")


def test_what_cannot_be_estimated_is_refused_with_what_would_help():
    with refused(TooFewPoints, "too_few_periods"):
        joinpoint_counts(series([4, 5, 6, 9]))
    with refused(TooFewPoints, "too_few_events"):
        joinpoint_counts(series([1, 0, 1, 1, 0, 1]))
    with refused(NotEstimable, "too_many_joinpoints"):
        joinpoint_counts(series([4, 5, 6, 9, 3, 5, 6, 8, 9, 9]), 3)
    with refused(NotEstimable, "too_many_placements"):
        joinpoint_counts(series(COAL["coal_counts"], 1851), 5)
    with refused(ValueError, "interval_censored", "2002"):
        table = series([4, 5, 2, 9, 3, 5]).rename(columns={"count": "low"})
        joinpoint_counts(
            table.assign(high=[4, 5, 4, 9, 3, 5], value_qualifier=["exact"] * 2 + ["derived"] + ["exact"] * 3)
        )
    with refused(ValueError, "population_and_effort"):
        joinpoint_counts(series([4, 5, 6, 9, 3], population=[9.0] * 5, effort=[1.0] * 5))
    with refused(ValueError, "not_whole_number", "2003"):
        joinpoint_counts(series([4, 5, 6, 9.5, 3]))
    with refused(ValueError, "unknown_choice"):
        joinpoint_counts(series([4, 5, 6, 9, 3]), family="binomial")
    with refused(ValueError, "unknown_choice"):
        joinpoint_counts(series([4, 5, 6, 9, 3]), selection="aic")
    with refused(ValueError, "too_few_each_side"):
        joinpoint_counts(series([4, 5, 6, 9, 3]), jump=2001)


SHARP = [2, 3, 4, 6, 9, 13, 19, 28, 41, 60, 46, 35, 27, 20, 15, 12, 9, 7]


@pytest.mark.slow
@pytest.mark.parametrize("family", ["poisson", "quasi-poisson"])
def test_a_sharp_turn_is_found_by_every_criterion(family):
    # Rises by half each year to 2009, then falls by a quarter: no scatter but rounding.
    found = joinpoint_counts(series(SHARP), family=family, replicates=199)
    assert set(found.chosen.values()) == {1}
    assert found.joinpoints["period"].tolist() == [2009]
    assert found.segments["apc"].to_numpy() == pytest.approx([47, -24], abs=2)
    # No replicate is as extreme as the series.
    assert found.tests["replicates"][0] >= 199
    assert found.tests["p_value"][0] == 1 / (1 + found.tests["replicates"][0])
    assert found.tests["level"].tolist()[0] == pytest.approx(0.05 / 3)
    assert found.candidates["chosen_by"][1].startswith("parametric bootstrap tests, BIC")


def test_counts_that_vary_more_than_poisson_counts_are_said_to_feign_turns():
    count = [3, 19, 8, 1, 25, 10, 2, 14, 30, 5, 6, 21, 2, 17]
    assert "false_alarms" in codes(joinpoint_counts(series(count), 1, "bic", family="poisson").warnings)
    assert "false_alarms" not in codes(joinpoint_counts(series(count), 1, "bic").warnings)
    assert "false_alarms" not in codes(joinpoint_counts(series(SHARP), 1, "bic", family="poisson").warnings)


def test_the_average_change_is_the_rise_of_the_line_from_end_to_end():
    found = joinpoint_counts(series(SHARP), 2, "bic")
    ends = found.fitted["fit"].iloc[[0, -1]].to_numpy()
    assert found.average["aapc"][0] == pytest.approx(100 * ((ends[1] / ends[0]) ** (1 / 17) - 1), rel=1e-9)
    assert found.average["delta_high"][0] - found.average["delta_low"][0] > 0


def test_a_straight_line_without_scatter_gets_no_joinpoint():
    found = joinpoint_counts(series([10, 12, 14, 17, 21, 25, 30, 36, 43, 52, 62, 74]), replicates=199)
    assert (found.k, set(found.chosen.values())) == (0, {0})
    assert found.warnings


@settings(deadline=None, max_examples=examples(15))
@given(count=st.lists(st.integers(0, 30), min_size=8, max_size=12), shift=st.integers(-50, 50), random=st.randoms())
def test_results_do_not_depend_on_the_order_of_rows_the_calendar_or_the_unit_of_the_population(count, shift, random):
    y = np.array(count)
    assume(y.sum() >= 5 and np.count_nonzero(y[:-2]) > 1 and np.count_nonzero(y[2:]) > 1)
    first = joinpoint_counts(series(count), 1, "bic")
    order = list(range(len(count)))
    random.shuffle(order)
    table = series(count, 2000 + shift, population=3e6).iloc[order]
    other = joinpoint_counts(table, 1, "bic")
    assert other.k == first.k
    assert other.slopes.least == pytest.approx(first.slopes.least, abs=1e-7)
    assert other.weighed["bic"] == pytest.approx(first.weighed["bic"], abs=1e-6)
    assert (other.tau - shift) == pytest.approx(first.tau)
    assert other.fitted["fit"].to_numpy() * 30 == pytest.approx(first.fitted["fit"].to_numpy(), rel=1e-6)


def test_the_same_seed_gives_the_same_tests_whether_or_not_they_select():
    one = joinpoint_counts(series(PRUSSIAN, 1875), 2, "permutation", replicates=99)
    other = joinpoint_counts(series(PRUSSIAN, 1875), 2, "bic", replicates=99)
    pd.testing.assert_frame_equal(one.tests, other.tests)
    assert one.chosen == other.chosen
    assert (one.tests["replicates"] >= 99).all()


def test_the_share_of_deviance_that_a_turn_explains_is_that_of_two_fits_by_statsmodels():
    over, count, offset = prepared("prussian")
    tau = np.array([1878.0, 1892.0])
    shares = []
    for rows, turn in ((over.period <= 1892, 1878), (over.period > 1878, 1892)):
        t, y = over.period[rows], count[rows]
        line = np.column_stack([np.ones(len(t)), t - t.mean()])
        one, two = (
            sm.GLM(y, design, family=sm.families.Poisson()).fit(tol=1e-12).deviance
            for design in (line, np.column_stack([line, np.maximum(t - turn, 0)]))
        )
        shares.append(1 - two / one)
    assert sharpest_turn(over, count, offset, tau) == pytest.approx(max(shares), rel=1e-7)


def test_a_new_way_of_counting_is_a_jump_and_no_turn():
    # Twice as many are found from 2008 on, at the same slope of 5 % a year.
    mean = 20 * 1.05 ** np.arange(16) * np.where(np.arange(16) >= 8, 2, 1)
    found = joinpoint_counts(series(np.round(mean)), 2, "bic", jump=2008)
    assert found.k == 0
    assert found.terms["term"].tolist() == ["jump 2008"]
    assert np.exp(found.terms["coefficient"][0]) == pytest.approx(2, rel=0.05)
    assert found.segments["apc"][0] == pytest.approx(5, abs=0.5)
    assert found.fitted["piece"].tolist() == [0] * 8 + [1] * 8


def test_effort_is_divided_by_or_has_a_coefficient_of_its_own():
    effort = [10, 14, 9, 20, 16, 12, 22, 15, 11, 18, 13, 21]
    count = [3 * value for value in effort]
    divided = joinpoint_counts(series(count, effort=effort), 1, "bic")
    assert divided.observed[:, 0] == pytest.approx(np.full(12, 3.0))
    assert (divided.k, divided.segments["apc"][0]) == (0, pytest.approx(0, abs=1e-9))
    own = joinpoint_counts(series(count, effort=effort), 1, "bic", effort="covariate")
    assert own.terms[["term", "coefficient"]].to_numpy().tolist() == [["effort", pytest.approx(1, abs=1e-7)]]


def test_placements_are_as_many_as_can_be_told_apart():
    # At least two observations before, between and after: of 20 periods C(12, 3) sets of three remain.
    fits = all_fits(*prepared("prussian"), 3)
    admissible = [c for c in combinations(range(20), 3) if c[0] > 1 and c[2] < 18 and min(np.diff(c)) > 2]
    assert len(fits) == len(admissible) == 220


def test_the_result_is_drawn():
    found = joinpoint_counts(series(SHARP), 2, replicates=19)
    assert "Poisson" in found.method and "parametric bootstrap" in found.method
    assert "persons" in words(found.plot(ylabel="persons"))
