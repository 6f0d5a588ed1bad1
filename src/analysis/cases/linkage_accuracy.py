"""Precision and recall of the linkage at a threshold, estimated from the pairs that a person has reviewed.

Reviewed pairs are a random sample from each band of weight. A threshold within a band parts it in two, of which the
numbers of pairs are known, too. In each stratum the share of pairs that are one person is that of the reviewed ones;
pairs that nobody reviewed, or of which nobody could say, are missing and not wrong.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.optimize import brentq
from scipy.stats import beta

from analysis.cases.record_linkage import THRESHOLDS, bands
from bounded import intervals
from bounded.refusal import Refusal, require_columns


class AccuracyError(Refusal):
    """Accuracy cannot be estimated; the message says which pairs are to be reviewed first."""


def accuracy(
    pairs: pd.DataFrame, reviewed: pd.DataFrame, thresholds: Sequence[float] = THRESHOLDS, confidence: float = 0.95
) -> pd.DataFrame:
    """Return precision and recall of pairs at thresholds, with limits; where a stratum has no review, what would help.

    Precision is the share of the pairs at the threshold or above that are one person, and recall the share of the pairs
    that are one person which are there. Both rest on sums over strata of the number of pairs times the share of the
    reviewed ones that are one person (Horvitz and Thompson 1952). Recall is of the pairs that the linkage kept, those
    with a probability of 0.01 or more: what was never compared, or hardly agrees, is not in it.

    Limits combine the exact ones of the strata (Clopper and Pearson 1934; shares are near 0 or 1, where others are too
    narrow on one side), with the finite population correction, by the squares of their distances from the estimates
    (Zou and Donner 2008); those of recall are the values at which the same limits of the contrast
    (1 - recall) x found - recall x missed reach zero.

    Parameters
    ----------
    pairs : record_id_l, record_id_r, match_weight (bits): all pairs that the linkage kept.
    reviewed : record_id_l, record_id_r, same (1, 0, or missing where it was not settled), in either order of records.
    thresholds : match probabilities between 0 and 1.
    confidence : level of the limits.

    Returns
    -------
    DataFrame of one row a threshold: threshold, pairs (at it or above), reviewed (pairs that the row rests on),
    precision, precision_low, precision_high, recall, recall_low, recall_high (missing where they cannot be told),
    errors (pairs that are linked and are not one person, and pairs of one person that are not linked, together), note.

    Raises
    ------
    AccuracyError : no pair was reviewed. Refusal : a column is missing, or a threshold is out of range.

    References
    ----------
    Clopper, C. J. and Pearson, E. S. (1934). The use of confidence or fiducial limits illustrated in the case of the
    binomial. Biometrika 26, 404-413. Horvitz, D. G. and Thompson, D. J. (1952). A generalization of sampling without
    replacement from a finite universe. JASA 47, 663-685. Zou, G. Y. and Donner, A. (2008). Construction of confidence
    limits about effect measures: a general approach. Statistics in Medicine 27, 1693-1702. On samples of pairs by
    strata of their scores: Marchant, N. G. and Rubinstein, B. I. P. (2017). In search of an entity resolution OASIS.
    PVLDB 10, 1322-1333. On why samples must be weighted: Binette, O. and others (2023). Estimating the performance of
    entity resolution algorithms: lessons learned through PatentsView.org. The American Statistician 77, 370-380.
    """
    require_columns(pairs, ["record_id_l", "record_id_r", "match_weight"], "pairs")
    require_columns(reviewed, ["record_id_l", "record_id_r", "same"], "reviewed pairs")
    intervals.check_confidence(confidence)
    if outside := [each for each in thresholds if not 0 < each < 1]:
        raise AccuracyError("out_of_range", f"A threshold lies between 0 and 1; {outside[0]} does not.")
    said = {frozenset(row[:2]): row[2] for row in reviewed[["record_id_l", "record_id_r", "same"]].to_numpy()}
    ends = zip(pairs["record_id_l"], pairs["record_id_r"], strict=True)
    table = pd.DataFrame(
        {
            "weight": pairs["match_weight"].to_numpy(float),
            "band": bands(pairs["match_weight"]).astype(str).to_numpy(),
            "same": np.array([said.get(frozenset(pair), np.nan) for pair in ends], float),
        }
    )
    if table["same"].isna().all():
        raise AccuracyError(
            "nothing_reviewed",
            "No pair of these was reviewed with an answer: review some of each band of weight, as `pairs` writes them.",
        )
    return pd.DataFrame([_at(table, threshold, confidence) for threshold in thresholds])


def _at(table: pd.DataFrame, threshold: float, confidence: float) -> dict:
    """One row of `accuracy`."""
    above = table["weight"] >= np.log2(threshold / (1 - threshold))
    grouped = table.assign(above=above).groupby(["above", "band"])
    strata = grouped["same"].agg(reviewed="count", same="sum").join(grouped.size().rename("pairs"))
    row = {"threshold": threshold, "pairs": int(above.sum()), "reviewed": int(strata["reviewed"].sum())}
    numbers = dict.fromkeys(
        [f"{what}{end}" for what in ("precision", "recall") for end in ("", "_low", "_high")], np.nan
    )
    strata = _with_limits(strata, confidence)
    empty = strata[strata["reviewed"] == 0]
    here, below = (strata[strata.index.get_level_values("above") == side] for side in (True, False))
    if len(here) and (here["reviewed"] > 0).all():
        numbers |= dict(zip(("precision", "precision_low", "precision_high"), _precision(here), strict=True))
    if empty.empty:
        numbers |= dict(zip(("recall", "recall_low", "recall_high"), _recall(here, below), strict=True))
    right = numbers["precision"] * row["pairs"]
    errors = row["pairs"] - right + right * (1 - numbers["recall"]) / numbers["recall"] if right else np.nan
    return row | numbers | {"errors": errors, "note": _what_would_help(empty, int(above.sum()), numbers)}


def fewest_errors(table: pd.DataFrame) -> list[float]:
    """Return the thresholds at which wrong and missed links together are fewest; none where errors cannot be told.

    Parameters
    ----------
    table : as `accuracy` gives it.
    """
    return table.loc[np.isclose(table["errors"], table["errors"].min()), "threshold"].tolist()


def _with_limits(strata: pd.DataFrame, confidence: float) -> pd.DataFrame:
    """Strata with the share of pairs that are one person, and how far its limits lie below and above it."""
    same, other = (part.to_numpy(float) for part in (strata["same"], strata["reviewed"] - strata["same"]))
    tail = (1 - confidence) / 2
    low = np.where(same > 0, beta.ppf(tail, same, other + 1), 0.0)
    high = np.where(other > 0, beta.ppf(1 - tail, same + 1, other), 1.0)
    share = strata["same"] / strata["reviewed"].where(strata["reviewed"] > 0)
    # Where all pairs of a stratum were reviewed nothing is left to chance.
    rest = np.sqrt(1 - strata["reviewed"] / strata["pairs"])
    return strata.assign(share=share, under=(share - low) * rest, over=(high - share) * rest)


def _squares(strata: pd.DataFrame, side: str) -> float:
    return float(((strata["pairs"] * strata[side]) ** 2).sum())


def _precision(here: pd.DataFrame) -> tuple[float, float, float]:
    total, found = here["pairs"].sum(), float((here["pairs"] * here["share"]).sum())
    under, over = np.sqrt(_squares(here, "under")), np.sqrt(_squares(here, "over"))
    return found / total, max(found - under, 0) / total, min(found + over, total) / total


def _recall(here: pd.DataFrame, below: pd.DataFrame) -> tuple[float, float, float]:
    found, missed = (float((part["pairs"] * part["share"]).sum()) for part in (here, below))
    if found + missed == 0:
        return np.nan, np.nan, np.nan
    recall = found / (found + missed)

    def limit(outer: float, side: str, other: str) -> float:
        """The share between the estimate and `outer` at which the contrast is as far from zero as its limit is."""

        mine, others = _squares(here, side), _squares(below, other)

        def beyond(share: float) -> float:
            contrast = (1 - share) * found - share * missed
            return contrast**2 - (1 - share) ** 2 * mine - share**2 * others

        ends = sorted((outer, recall))
        return (
            float(brentq(beyond, *ends))
            if beyond(outer) > 0 > beyond(recall)
            else recall
            if beyond(recall) >= 0
            else outer
        )

    return recall, limit(0.0, "under", "over"), limit(1.0, "over", "under")


def _what_would_help(empty: pd.DataFrame, pairs: int, numbers: dict[str, float]) -> str:
    if len(empty):
        parts = [
            f"{int(number):,} {'at this threshold or above' if above else 'below this threshold'}, {band} bits"
            for (above, band), number in empty["pairs"].items()
        ]
        return f"Review further pairs; of these, by their distance from the linkage's own, none is: {'; '.join(parts)}."
    if not pairs:
        return "No pair reaches this threshold."
    return "" if np.isfinite(numbers["recall"]) else "No reviewed pair is one person."
