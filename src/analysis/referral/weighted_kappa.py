"""Agreement of two coders beyond chance: kappa, weighted kappa, and Gwet's AC1 and AC2."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis import texts
from analysis.referral.coding_sheet import UNKNOWN
from bounded import intervals
from bounded.refusal import Refusal, require_columns, require_once

TEXT = texts.of(__name__)

FEWEST_OF_A_GROUP = 10  # items; below it the limits of a coefficient span most of its range
_WEIGHTS = {"unweighted": 0, "linear": 1, "quadratic": 2}
_NUMBERS = ["estimate", "standard_error", "low", "high"]
Code = str | float


class NotComparable(Refusal):
    """The codes carry no measure of agreement; the message says why, and what would help."""


def coder_agreement(
    codes: pd.DataFrame,
    *,
    categories: Sequence | None = None,
    weights: str = "unweighted",
    by: str | None = None,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Agreement of two coders: the share of items coded alike, Cohen's kappa, and Gwet's AC1.

    "unknown" is a category like any other in the unweighted coefficients: that both find nothing is agreement. It has
    no place on a scale: items where either coder says it are left out of weighted coefficients, and counted. Codes are
    compared without regard to case and spaces; 2, 2.0 and "2" are one code.

    Limits: Wilson's for the share of items coded alike. All others are Student's t with n - 1 degrees of freedom on the
    logarithm of 1 - estimate, the ratio of observed to chance disagreement, so that none lies above 1; where no item is
    coded differently the lower limit is the exact one of that share (Clopper and Pearson 1934), chance agreement taken
    as observed. In simulated tables of 10 to 50 items and 2 or 4 categories they held in 84 to 99 of 100 for unweighted
    coefficients, mostly in 93 to 98, while estimate ± t x standard error as in Gwet (2014) fell to 11 where coders
    nearly agree. Weighted ones held in 75 to 99: of few items, take them as too narrow.

    Parameters
    ----------
    codes : one row an item: item, first, second (the codes; missing or empty = not coded by that coder).
    categories : all codes that could be given, from the lowest to the highest, without "unknown"; by default those that
        are in use. Name them all where some are not in use: AC1 depends on how many there are.
    weights : "linear" or "quadratic" adds weighted agreement, weighted kappa and Gwet's AC2. Numbers are as far apart
        as they are; words as their places in `categories`, or in ordered categorical columns.
    by : a column of groups (a dimension, say); then one set of rows a group, suppressed below 10 items. The categories
        are those of the whole table.
    confidence : level of the limits, between 0 and 1.

    Returns
    -------
    DataFrame, one row a coefficient (and group): [`by`], coefficient, weights, n (items it rests on), not_both (items
    that not both have coded), unknown_left_out (items coded by both but not on the scale), estimate (at most 1; for
    agreement a share), standard_error (large-sample; Gwet's by n - 1, the others by n), low, high, note (why a number
    is missing, or how it came about), confidence (level of low and high).

    Raises
    ------
    NotComparable : both have coded fewer than 2 items, a code is none of `categories`, or weights are asked for codes
        without an order.
    ValueError : a column is missing, an item stands twice, or `weights` or `confidence` is none.

    References
    ----------
    Cohen, J. (1960). A coefficient of agreement for nominal scales. Educational and Psychological Measurement 20,
    37-46. Cohen, J. (1968). Weighted kappa. Psychological Bulletin 70, 213-220. Fleiss, J. L., Cohen, J. and Everitt,
    B. S. (1969). Large sample standard errors of kappa and weighted kappa. Psychological Bulletin 72, 323-327. Gwet,
    K. L. (2008). Computing inter-rater reliability and its variance in the presence of high agreement. British Journal
    of Mathematical and Statistical Psychology 61, 29-48. Gwet, K. L. (2014). Handbook of inter-rater reliability, 4th
    edition (AC2).
    """
    intervals.check_confidence(confidence)
    if weights not in _WEIGHTS:
        raise Refusal(
            "unknown_choice", f"The weights must be one of {', '.join(_WEIGHTS)}; '{weights}' is none of them."
        )
    pairs, scale = _read(codes, categories, by)
    both = int(pairs["both"].sum())
    if both < 2:
        raise NotComparable(
            "too_few_rows",
            f"Agreement needs at least 2 items that both coders have coded; here there are {both}. "
            "Let the second coder code a sample of the first one's items.",
        )
    if weights != "unweighted" and scale.places is None:
        raise NotComparable(
            "unordered_categories",
            f"Weights need codes with an order, and none can be seen in {', '.join(map(_words, scale.labels[:4]))}. "
            "Give `categories` from the lowest to the highest, or leave the codes unweighted.",
        )
    if by is None:
        return _chance_corrected(pairs, scale, weights, confidence, fewest=2)
    parts = [
        _chance_corrected(group, scale, weights, confidence, FEWEST_OF_A_GROUP).assign(**{by: name})
        for name, group in pairs.groupby("group", sort=False, dropna=False)
    ]
    table = pd.concat(parts, ignore_index=True)
    return table[[by, *table.columns.drop(by)]]


@dataclass(frozen=True)
class _Scale:
    """The codes without "unknown", where each lies if they are ordered, and whether "unknown" is in use."""

    labels: list[Code]
    places: NDArray[np.float64] | None
    unknown: bool

    def weights(self, power: int) -> NDArray[np.float64]:
        """Agreement of each pair of codes, 1 where they are the same; with power 0 there is none in part."""
        if power == 0:
            return np.eye(len(self.labels) + self.unknown)
        assert self.places is not None
        return 1 - np.abs(np.subtract.outer(self.places, self.places) / (np.ptp(self.places) or 1)) ** power


def _read(codes: pd.DataFrame, categories: Sequence | None, by: str | None) -> tuple[pd.DataFrame, _Scale]:
    """The codes as they are compared (first, second, both, group), and the scale they are from."""
    group = [by] if by else []
    require_columns(codes, ["item", "first", "second", *group], "codes")
    require_once(codes, ["item", *group], "codes", "give one row an item, with both codes")
    if categories is None:
        types = [codes[name].dtype for name in ("first", "second")]
        if all(isinstance(kind, pd.CategoricalDtype) and kind.ordered for kind in types) and types[0] == types[1]:
            categories = list(types[0].categories)
    columns = [codes["first"].tolist(), codes["second"].tolist(), [] if categories is None else list(categories)]
    first, second, given = _compared(columns)
    pairs = pd.DataFrame({"first": first, "second": second}, dtype=object)
    pairs["both"] = pairs["first"].notna() & pairs["second"].notna()
    pairs["group"] = codes[by].to_numpy() if by else ""
    used = {code for code in (*first, *second) if code is not None}
    labels = [code for code in given if code not in (None, UNKNOWN)]
    if len(set(labels)) < len(labels):
        raise Refusal("duplicate_category", "A category stands twice: name each once, from the lowest to the highest.")
    strange = sorted(map(_words, used - {UNKNOWN, *labels})) if labels else []
    if strange:
        raise NotComparable(
            "unknown_code", f"The code '{strange[0]}' is none of the categories: fix the code, or add the category."
        )
    numeric = all(isinstance(code, float) for code in used - {UNKNOWN} | set(labels))
    ordered = numeric or bool(labels)
    labels = labels or sorted(used - {UNKNOWN})
    places = np.array(labels if numeric else range(len(labels)), dtype=float) if ordered else None
    return pairs, _Scale(labels, places, UNKNOWN in used)


def _compared(columns: list[list]) -> list[list[Code | None]]:
    """Codes written alike in all columns: numbers if all can be read as such, else small letters; None if missing."""
    texts = [["" if pd.isna(code) else str(code).strip().lower() for code in column] for column in columns]
    numbers = {text: _number(text) for text in {text for column in texts for text in column} - {"", UNKNOWN}}
    if all(number is not None for number in numbers.values()):
        return [[numbers.get(text, text or None) for text in column] for column in texts]
    # A column of whole numbers that has gaps is read as 2.0 where another one says 2.
    plain = {text: text if number is None else f"{number:g}" for text, number in numbers.items()}
    return [[plain.get(text, text or None) for text in column] for column in texts]


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if np.isfinite(number) else None


def _words(code: Code) -> str:
    return f"{code:g}" if isinstance(code, float) else code


def _chance_corrected(pairs: pd.DataFrame, scale: _Scale, weights: str, confidence: float, fewest: int) -> pd.DataFrame:
    """The rows of one group of items."""
    coded = pairs[pairs["both"]]
    left = len(pairs) - len(coded)
    every = [*scale.labels, *([UNKNOWN] if scale.unknown else [])]
    rows = _coefficients(coded, every, scale.weights(0), "unweighted", confidence, fewest)
    rows = [row | {"not_both": left, "unknown_left_out": 0} for row in rows]
    if weights != "unweighted":
        known = coded[coded["first"].ne(UNKNOWN) & coded["second"].ne(UNKNOWN)]
        weighted = _coefficients(known, scale.labels, scale.weights(_WEIGHTS[weights]), weights, confidence, fewest)
        rows += [row | {"not_both": left, "unknown_left_out": len(coded) - len(known)} for row in weighted]
    columns = ["coefficient", "weights", "n", "not_both", "unknown_left_out", *_NUMBERS, "note"]
    table = pd.DataFrame(rows)[columns].astype({name: float for name in _NUMBERS})
    return table.assign(confidence=confidence)


def _coefficients(
    pairs: pd.DataFrame, labels: list[Code], w: NDArray[np.float64], weights: str, confidence: float, fewest: int
) -> list[dict]:
    """Agreement, kappa and Gwet's coefficient of these items with these weights."""
    plain = weights == "unweighted"
    names = ["percent agreement", "Cohen's kappa", "Gwet's AC1"]
    names = names if plain else ["weighted agreement", "weighted kappa", "Gwet's AC2"]
    n = len(pairs)
    base = [{"coefficient": name, "weights": weights, "n": n, "note": ""} for name in names]
    if n < fewest:
        enough = TEXT["rows_enough"].format(fewest=fewest) + ("" if plain else TEXT["rows_enough_on_the_scale"])
        return [row | dict.fromkeys(_NUMBERS) | {"note": f"suppressed: {enough}"} for row in base]
    counts = pd.crosstab(pairs["first"], pairs["second"]).reindex(index=labels, columns=labels, fill_value=0).to_numpy()
    found = (_agreement(counts, w, confidence), weighted_kappa(counts, w, confidence), _gwet(counts, w, confidence))
    return [row | numbers for row, numbers in zip(base, found, strict=True)]


def weighted_kappa(counts: NDArray, agreement: NDArray[np.float64], confidence: float = 0.95) -> dict:
    """Return Cohen's kappa of a table of two coders, computed by statsmodels, with limits of which none lies above 1.

    Parameters
    ----------
    counts : items, by the category of the first coder (rows) and that of the second (columns).
    agreement : of each pair of categories, from 0 to 1, and 1 where they are the same; the identity gives Cohen's
        unweighted kappa.
    confidence : level of the limits, between 0 and 1.

    Returns
    -------
    estimate, standard_error, low, high (missing where they are not defined) and note (why).
    """
    from statsmodels.stats.inter_rater import cohens_kappa

    chance = float(counts.sum(axis=1) @ agreement @ counts.sum(axis=0)) / counts.sum() ** 2
    if chance > 1 - 1e-12:
        return _UNDEFINED
    # It divides by standard errors that are zero where a coder uses one category only.
    with np.errstate(divide="ignore", invalid="ignore"):
        found = cohens_kappa(counts, weights=1 - agreement)
    return _with_limits(counts, chance, float(found.kappa) + 0.0, float(found.var_kappa), confidence)


def _agreement(counts: NDArray, w: NDArray[np.float64], confidence: float) -> dict:
    """The share of items coded alike with Wilson's limits, or the mean of their weights."""
    n = counts.sum()
    agreed = float((w * counts).sum() / n)
    if (w == np.eye(len(w))).all():
        low, high = intervals.wilson(round(agreed * n), round(agreed * n), n, confidence)
        error = float(np.sqrt(agreed * (1 - agreed) / n))
        return {"estimate": agreed, "standard_error": error, "low": float(low), "high": float(high), "note": ""}
    return _with_limits(counts, 0.0, agreed, float((counts * (w - agreed) ** 2).sum() / n**2), confidence)


def _gwet(counts: NDArray, w: NDArray[np.float64], confidence: float) -> dict:
    """AC1 or AC2 with the variance of Gwet (2008): that of the mean of what every item adds, by n - 1."""
    n, q = counts.sum(), len(counts)
    joint = counts / n
    share = (joint.sum(axis=1) + joint.sum(axis=0)) / 2
    factor = w.sum() / (q * (q - 1)) if q > 1 else 0.0
    chance = float(factor * (share * (1 - share)).sum())
    if chance > 1 - 1e-12:
        return _UNDEFINED
    value = (float((w * joint).sum()) - chance) / (1 - chance)
    adds = w - (1 - value) * factor * (2 - share[:, None] - share[None, :])
    variance = ((joint * adds**2).sum() - (joint * adds).sum() ** 2) / ((n - 1) * (1 - chance) ** 2)
    return _with_limits(counts, chance, value, float(variance), confidence)


_UNDEFINED = dict.fromkeys(_NUMBERS) | {"note": TEXT["estimate_note"]}


def _with_limits(counts: NDArray, chance: float, value: float, variance: float, confidence: float) -> dict:
    """A coefficient with its standard error and limits, or a note why there are none."""
    from scipy import stats

    n = int(counts.sum())
    least = -1.0 if chance > 0 else 0.0
    error = float(np.sqrt(variance)) if variance > 1e-14 else 0.0
    if np.trace(counts) == n:
        alike = ((1 - confidence) / 2) ** (1 / n)
        low = max(1 - (1 - alike) / (1 - chance), least)
        note = TEXT["estimate_note_no_item"]
        return {"estimate": 1.0, "standard_error": 0.0, "low": low, "high": 1.0, "note": note}
    if error == 0:
        note = TEXT["estimate_note_no_limits"]
        return {"estimate": value, "standard_error": np.nan, "low": np.nan, "high": np.nan, "note": note}
    wide = np.exp(stats.t.ppf((1 + confidence) / 2, n - 1) * error / (1 - value))
    low, high = max(1 - (1 - value) * wide, least), 1 - (1 - value) / wide
    return {"estimate": value, "standard_error": error, "low": low, "high": high, "note": ""}
