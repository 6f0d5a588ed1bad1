"""Profiles: what share of a dimension is in place, as bounds from what is known and what is not.

A score is a mean of indicators, each 0 to 1. What is unknown can be anything on its scale, so that a score is an
interval; the score of every way in which the unknown may turn out lies within it.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from bounded.refusal import Refusal

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
            "too few known: " + found["known"].astype(str) + " of " + found["indicators"].astype(str),
            "what is known leaves the score open by more than a third",
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
            "law_known": _of(law),
            "practice_known": _of(practice),
            "difference_low": low,
            "difference_high": high,
            "verdict": np.where(verdict == "", "not decided by what is known", verdict),
        }
    ).reset_index()


def _of(part: pd.DataFrame) -> pd.Series:
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
