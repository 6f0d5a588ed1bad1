"""Profiles and ranks of referral mechanisms from scores known as bounds.

Profiles say what share of a dimension is in place, as bounds from what is known and what is not. A score is a mean of
indicators, each 0 to 1. What is unknown can be anything on its scale, so that a score is an interval; the score of
every way in which the unknown may turn out lies within it.

Ranks of areas from scores between bounds: what holds whatever is unknown and however dimensions are weighed.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import optimize

from analysis import texts
from bounded.refusal import Refusal, require_columns, require_once

TEXT = texts.of(__name__)

# A number is given where at least this share of the indicators is known, and the bounds are at most this far apart:
# one step of a scale of 0 to 3.
ENOUGH_KNOWN, NARROW = 0.8, 1 / 3


def profile(
    scored: pd.DataFrame, by: list[str], weights: pd.Series | None = None, enough: float = ENOUGH_KNOWN
) -> pd.DataFrame:
    """Scores of groups of indicators, as bounds, with their coverage.

    Parameters
    ----------
    scored : one row an area and indicator that applies: the columns of `by`, indicator_id, score_low, score_high
        (0 to 1), known (bool).
    by : what makes a group: area_id and dimension_id, or aspect.
    weights : indicator_id -> weight (above 0); None: all the same.
    enough : share of indicators (0 to 1) that must be known before a number is given.

    Returns
    -------
    DataFrame, one row a group: the columns of `by`, low, high (0 to 1: all that is unknown at its worst, and at its
    best), indicators, known (numbers of them), coverage (share known), estimate (the middle of the bounds; NaN where
    fewer than `enough` are known or the bounds are further apart than a step of three), reason (why there is none).

    Raises
    ------
    ValueError : bounds outside 0 to 1 or the wrong way round, a weight missing or not above 0, or an indicator twice.

    References
    ----------
    Manski, C. F. (2003). Partial identification of probability distributions. Springer: the bounds of a mean with
    missing data of a known range.
    """
    _check(scored, by, weights)
    weight = pd.Series(1.0, scored.index) if weights is None else scored["indicator_id"].map(weights).astype(float)
    table = scored[by].assign(
        weight=weight,
        low=scored["score_low"] * weight,
        high=scored["score_high"] * weight,
        known=scored["known"].astype(int),
        indicators=1,
    )
    found = table.groupby(by, as_index=False, sort=True).sum()
    found["low"] = (found["low"] / found["weight"]).clip(0, 1)
    found["high"] = (found["high"] / found["weight"]).clip(0, 1)
    found["coverage"] = found["known"] / found["indicators"]
    few = found["coverage"] < enough - 1e-9
    wide = found["high"] - found["low"] > NARROW + 1e-9
    found["estimate"] = ((found["low"] + found["high"]) / 2).where(~few & ~wide)
    found["reason"] = np.select(
        [few, wide],
        [
            TEXT["too_few_known"] + found["known"].astype(str) + " of " + found["indicators"].astype(str),
            TEXT["what_is_known_leaves"],
        ],
        "",
    )
    return found[[*by, "low", "high", "estimate", "indicators", "known", "coverage", "reason"]]


def composite(dimensions: pd.DataFrame, weights: pd.Series | None = None) -> pd.DataFrame:
    """One score an area from its dimensions, as bounds: area_id, low, high (0 to 1), known, indicators, coverage.

    Parameters
    ----------
    dimensions : as `profile` gives it by area_id and dimension_id.
    weights : dimension_id -> weight (above 0); None: all the same, however many indicators a dimension has.
    """
    weight = 1.0 if weights is None else dimensions["dimension_id"].map(weights).astype(float)
    table = dimensions.assign(weight=weight)
    table["low"], table["high"] = table["low"] * table["weight"], table["high"] * table["weight"]
    found = table.groupby("area_id", as_index=False)[["low", "high", "weight", "known", "indicators"]].sum()
    found["low"], found["high"] = found["low"] / found["weight"], found["high"] / found["weight"]
    found["coverage"] = found["known"] / found["indicators"]
    return found.drop(columns="weight")


def law_and_practice(scored: pd.DataFrame) -> pd.DataFrame:
    """Law beside practice, area by area.

    Parameters
    ----------
    scored : as `profile` takes it, with area_id and aspect (law|policy|practice|data).

    Returns
    -------
    DataFrame, one row an area: area_id, law_low, law_high, practice_low, practice_high, law_known, practice_known
    ("8 of 10"), difference_low, difference_high (law less practice, -1 to 1), verdict: "law is ahead of practice",
    "practice is ahead of law", or "not decided by what is known".
    """
    keys = ["area_id", "aspect"]
    found = profile(scored[scored["aspect"].isin(["law", "practice"])], keys).set_index("area_id")
    law, practice = (found[found["aspect"] == aspect] for aspect in ("law", "practice"))
    # An area of which nothing of the one or the other is scored cannot be compared.
    both = law.index.intersection(practice.index)
    law, practice = law.loc[both], practice.loc[both]
    low, high = law["low"] - practice["high"], law["high"] - practice["low"]
    verdict = np.select([low > 0, high < 0], ["law is ahead of practice", "practice is ahead of law"], "")
    return pd.DataFrame(
        {
            "law_low": law["low"],
            "law_high": law["high"],
            "practice_low": practice["low"],
            "practice_high": practice["high"],
            "law_known": _known_of_all(law),
            "practice_known": _known_of_all(practice),
            "difference_low": low,
            "difference_high": high,
            "verdict": np.where(verdict == "", "not decided by what is known", verdict),
        }
    ).reset_index()


def _known_of_all(part: pd.DataFrame) -> pd.Series:
    return part["known"].astype(int).astype(str) + " of " + part["indicators"].astype(int).astype(str)


def _check(scored: pd.DataFrame, by: list[str], weights: pd.Series | None) -> None:
    wrong = scored[~(scored["score_low"].between(0, 1) & scored["score_high"].between(scored["score_low"], 1))]
    if len(wrong):
        row = wrong.iloc[0]
        raise Refusal(
            "out_of_range",
            f"The bounds of {row['indicator_id']}, {row['score_low']} to {row['score_high']}, are not within 0 to 1.",
        )
    twice = scored[scored.duplicated([*by, "indicator_id"])]
    if len(twice) and "area_id" in by:
        raise Refusal(
            "duplicate_key", f"{twice.iloc[0]['indicator_id']} stands twice in one group: give each indicator one row."
        )
    if weights is not None:
        given = scored["indicator_id"].map(weights)
        if given.isna().any() or (given <= 0).any():
            name = scored.loc[given.isna() | (given <= 0), "indicator_id"].iloc[0]
            raise Refusal("zero_weight", f"{name} has no weight above 0: give one for each indicator.")


COMPLETIONS = ("low", "middle", "high", "uniform")
_TIE = 1e-9  # scores that differ by less are equal: sums of the same parts in another order may differ so
_DRAWN = (0.05, 0.5, 0.95)
Matrix = NDArray[np.float64]


@dataclass(frozen=True)
class Ranking:
    """Ranks of areas as far as they are known (1 is the highest score), and if that is a ranking.

    Parameters
    ----------
    ranges : one row an area, in the order of the input: area_id; best_rank, worst_rank (over all weights and all
        completions of what is unknown: exact); equal_best, equal_worst (the same with equal weights).
    by_weights : one row an area and completion: area_id, completion ("low", "middle" or "high": all that is unknown is
        at that place of its bounds; "uniform": each score anywhere between its bounds, independently), p5, median, p95
        (of the rank over random weights; of equal scores all have the better rank).
    pairs : one row a decided pair: above, below (area_ids). The one is never below the other, whatever is unknown and
        however the dimensions are weighed, and above it as long as none weighs nothing.
    pairs_in_all : how many pairs of areas there are. pairs_equal : how many are decided with equal weights.
    order : area_ids, the highest first, or None where more than half of the pairs are undecided. Every decided pair is
        in its order; the others are in that of the middle of their bounds with equal weights.
    reason : why there is an order or none, with the number of decided pairs.
    dimensions : how many there are. draws : how many weights were drawn, from `seed`.
    """

    ranges: pd.DataFrame
    by_weights: pd.DataFrame = field(repr=False)
    pairs: pd.DataFrame = field(repr=False)
    pairs_in_all: int
    pairs_equal: int
    order: tuple[str, ...] | None
    reason: str
    dimensions: int
    draws: int
    seed: int


def rank_sensitivity(dimension_scores: pd.DataFrame, *, draws: int = 2000, seed: int) -> Ranking:
    """Ranks of areas by a weighted mean of dimensions, over all weights and all that is unknown; an order if it holds.

    The ranges are exact: an area's best rank is that with its own scores at the top of their bounds, all others' at the
    bottom, and the weights that then leave the fewest areas above it (found by integer programming); the worst rank
    likewise. Weights are from 0 up and sum to 1; random ones are uniform on that simplex, as where nothing is known of
    them in SMAA-2. There is no order where more than half of the pairs of areas can turn round.

    Parameters
    ----------
    dimension_scores : one row an area and dimension: area_id, dimension_id, low, high (bounds of the score, all
        dimensions on one scale, such as 0 to 1).
    draws : how many weights are drawn. seed : of the drawing; the same seed gives the same numbers.

    Returns
    -------
    Ranking

    Raises
    ------
    ValueError : a column or bound is missing or infinite, low lies above high, an area and dimension stand twice, or an
        area lacks a dimension that others have.

    References
    ----------
    Lahdelma, R. and Salminen, P. (2001). SMAA-2: stochastic multicriteria acceptability analysis for group decision
    making. Operations Research 49, 444-454.
    """
    areas, low, high = _bounds(dimension_scores)
    if not np.isfinite(low).all() or not np.isfinite(high).all():
        raise Refusal(
            "not_finite", "A bound is infinite: a weighted mean needs scores on a scale with two ends, as from 0 to 1."
        )
    best, worst = _ranges(low, high)
    equal = low.mean(axis=1, keepdims=True), high.mean(axis=1, keepdims=True)
    equal_best, equal_worst = _ranges(*equal)
    above = _decided(low, high)
    in_all, decided, by_equal = len(areas) * (len(areas) - 1) // 2, int(above.sum()), int(_decided(*equal).sum())
    ordered = in_all > 0 and 2 * decided >= in_all
    middle = (low + high).mean(axis=1).round(9)
    return Ranking(
        pd.DataFrame(
            {
                "area_id": areas,
                "best_rank": best,
                "worst_rank": worst,
                "equal_best": equal_best,
                "equal_worst": equal_worst,
            }
        ),
        _by_weights(areas, low, high, draws, seed),
        pd.DataFrame([(areas[i], areas[j]) for i, j in np.argwhere(above)], columns=["above", "below"]),
        in_all,
        by_equal,
        tuple(areas[place] for place in np.lexsort((above.sum(axis=0), -middle))) if ordered else None,
        _reason(in_all, decided, by_equal),
        low.shape[1],
        draws,
        seed,
    )


def _reason(in_all: int, decided: int, by_equal: int) -> str:
    if in_all == 0:
        return TEXT["no_ranking_one_area_has"]
    counts = TEXT["reason_counts"].format(decided=decided, in_all=in_all, by_equal=by_equal)
    if 2 * decided < in_all:
        return TEXT["this_is_no_ranking"].format(counts=counts)
    rest = in_all - decided
    return counts + TEXT["undecided_pairs_stand"] * (rest > 0)


def _bounds(table: pd.DataFrame) -> tuple[list[str], Matrix, Matrix]:
    """The areas, and the lower and the upper bounds as areas x dimensions, in the order in which they appear."""
    require_columns(table, ["area_id", "dimension_id", "low", "high"], "scores")
    if table.empty:
        raise Refusal("empty_table", "There are no scores to rank: give one row an area.")
    require_once(table, ["area_id", "dimension_id"], "scores", "give one row an area and dimension")
    low, high = (table[name].astype(float) for name in ("low", "high"))
    for bad, why in (
        (low.isna() | high.isna(), TEXT["has_a_bound"]),
        (low > high, TEXT["has_a_lower_bound_above"]),
    ):
        if bad.any():
            raise Refusal("invalid_bounds", f"The score of {table.loc[bad, 'area_id'].iloc[0]} {why}.")
    areas, dimensions = (list(dict.fromkeys(table[name])) for name in ("area_id", "dimension_id"))
    wide = table.assign(low=low, high=high).pivot(index="area_id", columns="dimension_id", values=["low", "high"])
    bounds = [wide[name].reindex(index=areas, columns=dimensions) for name in ("low", "high")]
    gaps = bounds[0].isna()
    if gaps.to_numpy().any():
        area, where = np.argwhere(gaps.to_numpy())[0]
        raise Refusal(
            "missing_score",
            f"{areas[area]} has no score of {dimensions[where]}: give bounds, at worst the whole scale.",
        )
    return areas, bounds[0].to_numpy(), bounds[1].to_numpy()


def _ranges(low: Matrix, high: Matrix) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The best and the worst rank of each area over all weights of the dimensions and all scores within the bounds."""
    n = len(low)
    best, worst = np.empty(n, dtype=np.int64), np.empty(n, dtype=np.int64)
    for area in range(n):
        others = np.arange(n) != area
        best[area] = 1 + _fewest_above(_difference(low[others], high[area]))
        # Below it are those that it is above even so; the worst rank has the fewest of them.
        worst[area] = n - _fewest_above(_difference(low[area], high[others]))
    return best, worst


def _difference(one: Matrix, other: Matrix) -> Matrix:
    """one - other, without the traces of rounding."""
    gap = one - other
    return np.where(np.abs(gap) < _TIE, 0.0, gap)


def _fewest_above(gaps: Matrix) -> int:
    """The fewest rows whose weighted sum is above 0 that any weights leave."""
    always = int((gaps > 0).all(axis=1).sum())
    open_rows = gaps[(gaps > 0).any(axis=1) & (gaps <= 0).any(axis=1)]
    count, dimensions = open_rows.shape
    # All weight on one dimension often reaches the least there can be.
    if count == 0 or (open_rows > 0).sum(axis=0).min() == 0:
        return always
    open_rows = open_rows / np.abs(open_rows).max(axis=1, keepdims=True)
    weights, rows = np.zeros(dimensions), np.eye(count)
    answer = optimize.milp(
        np.r_[weights, np.ones(count)],
        integrality=np.r_[weights, np.ones(count)],
        bounds=optimize.Bounds(0, 1),
        constraints=[
            optimize.LinearConstraint(np.c_[open_rows, -rows * open_rows.max(axis=1)], ub=0),
            optimize.LinearConstraint(np.r_[weights + 1, np.zeros(count)][None, :], lb=1, ub=1),
        ],
    )
    if not answer.success:
        raise RuntimeError(f"The ranks could not be bounded: {answer.message}")
    return always + round(answer.fun)


def _decided(low: Matrix, high: Matrix) -> NDArray[np.bool_]:
    """True where the area of the row is above that of the column with any weights that leave no dimension out."""
    gaps = _difference(low[:, None, :], high[None, :, :])
    return np.asarray((gaps >= 0).all(axis=2) & (gaps > 0).any(axis=2))


def _by_weights(areas: list[str], low: Matrix, high: Matrix, draws: int, seed: int) -> pd.DataFrame:
    """Quantiles of the ranks over random weights, for each way to fill in what is unknown."""
    random = np.random.default_rng(seed)
    weights = random.dirichlet(np.ones(low.shape[1]), draws)
    anywhere = low + (high - low) * random.random((draws, *low.shape))
    parts = []
    for completion, scores in zip(COMPLETIONS, (low, (low + high) / 2, high, anywhere), strict=True):
        total = np.einsum("dk,dak->da", weights, np.broadcast_to(scores, (draws, *low.shape)))
        ranks = 1 + (total[:, None, :] > total[:, :, None] + _TIE).sum(axis=2)
        p5, median, p95 = np.quantile(ranks, _DRAWN, axis=0, method="inverted_cdf")
        parts.append(pd.DataFrame({"area_id": areas, "completion": completion, "p5": p5, "median": median, "p95": p95}))
    return pd.concat(parts, ignore_index=True)
