"""Agreement of any number of coders beyond chance, with codes missing: Krippendorff's alpha."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis import texts
from bounded import intervals
from bounded.refusal import Refusal

TEXT = texts.of(__name__)
LEVELS = ("nominal", "ordinal", "interval", "ratio")


def krippendorff_alpha(
    codes: pd.DataFrame,
    level: str = "nominal",
    *,
    categories: Sequence | None = None,
    confidence: float = 0.95,
    replicates: int = 2000,
    seed: int = 20261,
) -> dict[str, object]:
    """Return alpha, 1 less the ratio of observed to expected disagreement, with limits by a bootstrap over units.

    Units that one coder alone has coded count for nothing. Limits are percentiles of alpha over units drawn with
    replacement, a simple form of the bootstrap of Hayes and Krippendorff (2007), who draw pairs of codes; of few units
    they are too narrow.

    Parameters
    ----------
    codes : one row a unit, one column a coder; a missing or empty cell was not coded. Numbers for interval and ratio
        (0 or more).
    level : ``nominal``, ``ordinal``, ``interval`` or ``ratio``.
    categories : of ordinal words, from the lowest to the highest; numbers have their own order.
    confidence : level of the limits, between 0 and 1. replicates : draws of the bootstrap. seed : of its generator.

    Returns
    -------
    estimate, low, high (missing where all codes are one, so that nothing can be expected of chance), n (units with two
    codes or more), values (codes in them), note (why a number is missing, or "").

    Raises
    ------
    Refusal : the level or the order of words is unknown, or a code is no number, or below 0 of a ratio.

    References
    ----------
    Hayes, A. F. and Krippendorff, K. (2007). Answering the call for a standard reliability measure for coding data.
    Communication Methods and Measures 1, 77-89. Krippendorff, K. (2011). Computing Krippendorff's alpha-reliability.
    University of Pennsylvania, Departmental Papers (ASC) 43.
    """
    intervals.check_confidence(confidence)
    if level not in LEVELS:
        raise Refusal("unknown_choice", f"The level must be one of {', '.join(LEVELS)}; '{level}' is none of them.")
    counts, places = _counts(codes, level, categories)
    n, values = len(counts), int(counts.sum())
    found: dict[str, object] = {"n": n, "values": values, "note": "", **dict.fromkeys(("estimate", "low", "high"))}
    estimate = _alpha(counts, places, level)
    if estimate is None:
        return found | {"note": TEXT["one_code"] if n else TEXT["no_units"]}
    drawn = np.random.default_rng(seed).integers(0, n, (replicates, n))
    over = [each for each in (_alpha(counts[units], places, level) for units in drawn) if each is not None]
    low, high = np.quantile(over, [(1 - confidence) / 2, (1 + confidence) / 2])
    return found | {"estimate": estimate, "low": float(low), "high": float(high)}


def _counts(codes: pd.DataFrame, level: str, categories: Sequence | None) -> tuple[NDArray, NDArray]:
    """How often each unit with two codes or more was given each code, and the codes as numbers."""
    table = codes.astype(object)
    table = table.where(codes.notna() & table.ne(""))
    given = [each for each in pd.unique(table.to_numpy().ravel()) if not pd.isna(each)]
    order: list = list(categories) if categories is not None else given
    if strange := [each for each in given if each not in order]:
        raise Refusal(
            "unknown_code", f"The code '{strange[0]}' is none of the categories: fix it, or add the category."
        )
    are_numbers = all(isinstance(each, (int, float, np.number)) and np.isfinite(each) for each in order)
    if level == "ordinal" and categories is None and not are_numbers:
        raise Refusal("unordered_categories", "Ordinal words need `categories`, from the lowest to the highest.")
    if level in ("interval", "ratio") and not (are_numbers and (level == "interval" or min(order, default=0) >= 0)):
        raise Refusal("not_numbers", f"Codes of the level {level} are numbers" + ", 0 or more." * (level == "ratio"))
    order = sorted(order) if are_numbers and categories is None else order
    cells = table.to_numpy()
    counts = np.stack([(cells == each).sum(axis=1) for each in order], axis=1) if order else np.zeros((len(cells), 0))
    places = np.array(order if level in ("interval", "ratio") else range(len(order)), dtype=float)
    return counts[counts.sum(axis=1) > 1].astype(float), places


def _alpha(counts: NDArray, places: NDArray, level: str) -> float | None:
    """Alpha of units by codes; None where no two codes differ."""
    of_unit = counts.sum(axis=1)
    together = (counts / (of_unit - 1)[:, None]).T @ counts - np.diag((counts / (of_unit - 1)[:, None]).sum(axis=0))
    totals = counts.sum(axis=0)
    apart = _differences(totals, places, level)
    expected = float(totals @ apart @ totals)
    if expected <= 0:
        return None
    return float(1 - (totals.sum() - 1) * (together * apart).sum() / expected)


def _differences(totals: NDArray, places: NDArray, level: str) -> NDArray:
    """Squared differences of each pair of codes; of an order, by how many codes lie between the two."""
    if level == "nominal":
        return 1 - np.eye(len(places))
    if level == "ordinal":
        middle = np.cumsum(totals) - totals / 2
        return np.subtract.outer(middle, middle) ** 2
    difference = np.subtract.outer(places, places) ** 2
    if level == "ratio":
        sums = np.add.outer(places, places) ** 2
        difference = np.divide(difference, sums, out=np.zeros_like(difference), where=sums > 0)
    return difference
