"""How many persons one list has missed, from how often it has the persons it knows."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import optimize

from bounded import intervals
from bounded.refusal import Refusal
from capture_recapture.histories import NotIdentifiable
from capture_recapture.resampling import PopulationSize, lognormal_limits, persons_plot

if TYPE_CHECKING:
    from matplotlib.figure import Figure

POISSON = "Zero-truncated Poisson (van der Heijden et al. 2003)"
CHAO = "Chao lower bound (Chao 1987)"
CHAO_CORRECTED = "Chao lower bound, bias-corrected (Chao 2005)"
ZELTERMAN = "Zelterman (Zelterman 1988, Böhning 2008)"

_NOT_CHANGED = (
    "being recorded once must not change the chance of being recorded again, as it does for a person who is then "
    "protected, detained or sent away"
)
_SAME_RATE = (
    "Every person, seen or not, is recorded at the same rate, nobody enters or leaves during the period, and "
    f"{_NOT_CHANGED}; persons never recorded may differ, and one list cannot show it."
)
_LOWER_BOUND = (
    "Persons may be recorded at different rates, so that the estimate is a lower bound; but nobody enters or leaves "
    f"during the period, and {_NOT_CHANGED}, or it is no bound. One list cannot show it."
)
_RARELY_SEEN = (
    "Persons never recorded are like those recorded once or twice, nobody enters or leaves during the period, and "
    f"{_NOT_CHANGED}; one list cannot show it."
)

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class RepeatedCaptures:
    """What several estimators make of one list: a range, never one number.

    Parameters
    ----------
    table : one row a method: method, n, estimate, low, high, standard_error (persons), confidence, assumption, and
        `refused`, the reason where a method gives no estimate (else empty).
    n : persons on the list.
    records : how often they are on it together.
    """

    table: pd.DataFrame
    n: int
    records: int

    def plot(self, *, title: str = "") -> Figure:
        """One line a method, with its limits."""
        return persons_plot(
            self.table["method"].str.split(" (", regex=False).str[0].tolist(),
            self.table,
            title=title or "Persons on one list or on none, by several estimators",
            confidence=float(self.table["confidence"].max()),
            observed=self.n,
        )


def repeated_captures(frequencies: pd.DataFrame, confidence: float = 0.95) -> RepeatedCaptures:
    """Estimate the number of persons from one list by each of the methods here, to see how far they are apart.

    Chao's bound above the Poisson estimate is a sign that persons are recorded at different rates, and that the Poisson
    estimate is too low.

    Parameters
    ----------
    frequencies : times (how often a person is on the list: 1, 2, ...), persons (how many are on it that often).
    confidence : level of the limits, between 0 and 1.

    Returns
    -------
    RepeatedCaptures : `table`, one row a method (method, n, estimate, low, high, standard_error in persons; `refused`,
        why there is none), n and records.

    Raises
    ------
    NotIdentifiable : the list is empty, or nobody is on it twice.
    ValueError : a column is missing, or a row is no frequency; the row is named.

    References
    ----------
    van der Heijden, P. G. M., Bustami, R., Cruyff, M. J. L. F., Engbersen, G. and van Houwelingen, H. C. (2003). Point
        and interval estimation of the population size using the truncated Poisson regression model. Statistical
        Modelling 3, 305-322.
    Chao, A. (1987). Estimating the population size for capture-recapture data with unequal catchability. Biometrics
        43, 783-791.
    Zelterman, D. (1988). Robust estimation in truncated discrete distributions with application to capture-recapture
        experiments. Journal of Statistical Planning and Inference 18, 225-237.
    """
    intervals.check_confidence(confidence)
    times, persons = _frequencies(frequencies)
    rows: list[dict] = []
    methods = {POISSON: zero_truncated_poisson, CHAO: chao, CHAO_CORRECTED: chao_bias_corrected, ZELTERMAN: zelterman}
    for name, method in methods.items():
        try:
            rows.append({**asdict(method(frequencies, confidence)), "refused": ""})
        except NotIdentifiable as refusal:
            rows.append({"method": name, "n": int(persons.sum()), "confidence": confidence, "refused": str(refusal)})
    return RepeatedCaptures(
        pd.DataFrame(rows, columns=[*PopulationSize.__dataclass_fields__, "refused"]),
        int(persons.sum()),
        int(times @ persons),
    )


def zero_truncated_poisson(frequencies: pd.DataFrame, confidence: float = 0.95) -> PopulationSize:
    """The number of persons if all are recorded at one rate: the persons seen, divided by the chance of being seen.

    The rate is the maximum-likelihood one of a Poisson count that is known only where it is not 0. The variance has two
    parts, of the rate and of the number seen; the limits are log-normal rather than symmetric, which can reach below
    the persons seen.

    Parameters
    ----------
    frequencies : times (how often a person is on the list: 1, 2, ...), persons (how many are on it that often).
    confidence : level of the limits, between 0 and 1.

    Returns
    -------
    PopulationSize : n, estimate, low, high, standard_error (persons), confidence, method and assumption in words.

    Raises
    ------
    NotIdentifiable : the list is empty, or nobody is on it twice.
    ValueError : a column is missing, or a row is no frequency; the row is named.

    References
    ----------
    van der Heijden, P. G. M., Bustami, R., Cruyff, M. J. L. F., Engbersen, G. and van Houwelingen, H. C. (2003). Point
        and interval estimation of the population size using the truncated Poisson regression model. Statistical
        Modelling 3, 305-322.
    """
    times, persons = _frequencies(frequencies)
    n = persons.sum()
    mean = times @ persons / n
    # The mean of the truncated count rises from 1 at rate 0, and is above the rate by less than 1.
    rate = optimize.brentq(
        lambda x: x / -np.expm1(-x) - mean, min(mean - 1, 1) * 1e-3, mean, xtol=1e-15, rtol=8.9e-16, maxiter=500
    )
    seen = -np.expm1(-rate)
    missed = 1 - seen
    of_the_rate = n * rate * missed**2 / (seen**2 * (seen - rate * missed))
    of_the_number_seen = n * missed / seen**2
    return _estimate(POISSON, n, n / seen, of_the_rate + of_the_number_seen, confidence, _SAME_RATE)


def chao(frequencies: pd.DataFrame, confidence: float = 0.95) -> PopulationSize:
    """Chao's lower bound of the number of persons, from those seen once and twice; rates may differ between persons.

    Parameters
    ----------
    frequencies : times (how often a person is on the list: 1, 2, ...), persons (how many are on it that often).
    confidence : level of the limits, between 0 and 1. They are limits of the bound.

    Returns
    -------
    PopulationSize : n, estimate, low, high, standard_error (persons), confidence, method and assumption in words.

    Raises
    ------
    NotIdentifiable : the list is empty, or nobody is on it exactly once, or exactly twice.
    ValueError : a column is missing, or a row is no frequency; the row is named.

    References
    ----------
    Chao, A. (1987). Estimating the population size for capture-recapture data with unequal catchability. Biometrics
        43, 783-791.
    """
    n, once, twice = _once_and_twice(frequencies)
    ratio = once / twice
    variance = twice * (ratio**4 / 4 + ratio**3 + ratio**2 / 2)
    return _estimate(CHAO, n, n + once * ratio / 2, variance, confidence, _LOWER_BOUND)


def chao_bias_corrected(frequencies: pd.DataFrame, confidence: float = 0.95) -> PopulationSize:
    """Chao's lower bound with its bias in small lists taken off; it needs nobody who is on the list exactly twice.

    Parameters
    ----------
    frequencies : times (how often a person is on the list: 1, 2, ...), persons (how many are on it that often).
    confidence : level of the limits, between 0 and 1. They are limits of the bound.

    Returns
    -------
    PopulationSize : n, estimate, low, high, standard_error (persons), confidence, method and assumption in words.

    Raises
    ------
    NotIdentifiable : the list is empty, nobody is on it twice or oftener, or fewer than two persons exactly once.
    ValueError : a column is missing, or a row is no frequency; the row is named.

    References
    ----------
    Chao, A. (2005). Species estimation and applications. Encyclopedia of Statistical Sciences, 2nd edition, 12,
        7907-7916. Wiley.
    """
    n, once, twice = _once_and_twice(frequencies, fewest_once=2, fewest_twice=0)
    pairs = once * (once - 1)
    # The delta method, with persons seen once, twice and not at all as independent Poisson counts.
    variance = (
        pairs / (2 * (twice + 1))
        + once * (2 * once - 1) ** 2 / (4 * (twice + 1) ** 2)
        + once**2 * twice * (once - 1) ** 2 / (4 * (twice + 1) ** 4)
    )
    return _estimate(CHAO_CORRECTED, n, n + pairs / (2 * (twice + 1)), variance, confidence, _LOWER_BOUND)


def zelterman(frequencies: pd.DataFrame, confidence: float = 0.95) -> PopulationSize:
    """Zelterman's estimate: a Poisson rate from the persons seen once and twice only, who are most like those unseen.

    Parameters
    ----------
    frequencies : times (how often a person is on the list: 1, 2, ...), persons (how many are on it that often).
    confidence : level of the limits, between 0 and 1; log-normal, with Böhning's variance.

    Returns
    -------
    PopulationSize : n, estimate, low, high, standard_error (persons), confidence, method and assumption in words.

    Raises
    ------
    NotIdentifiable : the list is empty, or nobody is on it exactly once, or exactly twice.
    ValueError : a column is missing, or a row is no frequency; the row is named.

    References
    ----------
    Zelterman, D. (1988). Robust estimation in truncated discrete distributions with application to capture-recapture
        experiments. Journal of Statistical Planning and Inference 18, 225-237.
    Böhning, D. (2008). A simple variance formula for population size estimators by conditioning. Statistical
        Methodology 5, 410-423.
    """
    n, once, twice = _once_and_twice(frequencies)
    rate = 2 * twice / once
    seen = -np.expm1(-rate)
    odds = np.exp(-rate) / seen**2
    variance = n * odds * (1 + n * odds * rate**2 * (1 / once + 1 / twice))
    return _estimate(ZELTERMAN, n, n / seen, variance, confidence, _RARELY_SEEN)


def _estimate(
    method: str, n: float, estimate: float, variance: float, confidence: float, assumption: str
) -> PopulationSize:
    low, high = lognormal_limits(n, estimate, variance, confidence)
    return PopulationSize(method, int(n), float(estimate), low, high, float(np.sqrt(variance)), confidence, assumption)


def _once_and_twice(
    frequencies: pd.DataFrame, fewest_once: int = 1, fewest_twice: int = 1
) -> tuple[float, float, float]:
    """Persons on the list, those on it once, and those on it twice."""
    times, persons = _frequencies(frequencies)
    once, twice = float(persons[times == 1].sum()), float(persons[times == 2].sum())
    for have, fewest, word in ((once, fewest_once, "once"), (twice, fewest_twice, "twice")):
        if have < fewest:
            raise NotIdentifiable(
                "too_few_persons",
                f"{have:.0f} persons are on the list exactly {word}, and this estimate rests on at least {fewest}: "
                "take a longer period, or another of the methods for one list.",
            )
    return float(persons.sum()), once, twice


def _frequencies(frequencies: pd.DataFrame) -> tuple[Floats, Floats]:
    """How often, and how many persons that often: checked, and with somebody seen again."""
    for column in ("times", "persons"):
        if column not in frequencies:
            raise Refusal(
                "missing_column",
                f"The frequencies have no column '{column}': give `times` (1, 2, ...) and `persons`, how many persons "
                "are on the list that often.",
            )
    times, persons = (
        pd.to_numeric(frequencies[column], errors="coerce").to_numpy(dtype=float, na_value=np.nan)
        for column in ("times", "persons")
    )
    whole = {"times": (times >= 0) & (times % 1 == 0), "persons": (persons >= 0) & (persons % 1 == 0)}
    for column, good in whole.items():
        if not good.all():
            row = int(np.argmin(good))
            raise Refusal(
                "not_whole_number",
                f"Row {frequencies.index[row]} of the frequencies has {column} '{frequencies[column].iloc[row]}', "
                "which is no whole number from 0 up. Of a number known as an interval, estimate with each bound.",
            )
    if persons[times == 0].any():
        raise Refusal(
            "unobserved_persons_given",
            f"{persons[times == 0].sum():,.0f} persons are said to be on the list 0 times. Those are the persons to be "
            "estimated: leave the row out.",
        )
    if len(np.unique(times)) < len(times):
        twice = frequencies["times"][pd.Series(times).duplicated().to_numpy()].iloc[0]
        raise Refusal("duplicate_row", f"Two rows of the frequencies have times {twice}: add their persons first.")
    if not persons.any():
        raise NotIdentifiable(
            "no_persons", "There is nobody on the list, so that nothing can be said of who is missing from it."
        )
    if not persons[times > 1].any():
        raise NotIdentifiable(
            "no_repeats",
            f"None of the {persons.sum():,.0f} persons is on the list more than once, so that nothing shows how much "
            "it misses. Take a longer period, or a second list and the overlap of the two.",
        )
    return times[times > 0], persons[times > 0]
