"""Limits of a proportion that was estimated with a design's variance."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import optimize, special

from analysis.refusal import Refusal
from analysis.risk.linearisation import Floats

METHODS = ("logit", "beta", "kish", "arcsine", "likelihood", "wald")


def proportion_limits(
    proportion: ArrayLike,
    standard_error: ArrayLike,
    n: ArrayLike,
    degrees_of_freedom: ArrayLike,
    confidence: float = 0.95,
    method: str = "logit",
    weighed_n: ArrayLike = np.inf,
) -> tuple[Floats, Floats]:
    """Limits of proportions strictly between 0 and 1.

    Parameters
    ----------
    proportion, standard_error : estimates and their errors under the design; arrays of one shape, or scalars.
    n : respondents, unweighted.
    degrees_of_freedom : of the design; infinite for normal limits.
    confidence : level of the limits, between 0 and 1.
    method : ``logit`` (t limits of the log odds), ``beta`` (Clopper and Pearson's with the effective sample size),
        ``kish`` (the same, with an effective sample size of at most `weighed_n`: where few have it, the error itself is
        uncertain, and a sample that by chance missed those of great weight looks surer than it is),
        ``arcsine`` (t limits of the angle), ``likelihood`` (the binomial likelihood of the effective sample size), or
        ``wald`` (estimate and error, which may leave 0 to 1).
    weighed_n : respondents that their unequal weights leave, (sum of weights)² / sum of squared weights.

    Returns
    -------
    low, high : arrays of the same shape; missing where the proportion is 0, 1 or missing, or no degree is left.

    Raises
    ------
    ValueError : the method is not one of these.

    References
    ----------
    Korn, E. L. and Graubard, B. I. (1998). Confidence intervals for proportions with small expected number of positive
        counts estimated from survey data. Survey Methodology 24, 193-201.
    Kish, L. (1992). Weighting for unequal P_i. Journal of Official Statistics 8, 183-200.
    Franco, C., Little, R. J. A., Louis, T. A. and Slud, E. V. (2019). Comparative study of confidence intervals for
        proportions in complex sample surveys. Journal of Survey Statistics and Methodology 7, 334-364.
    Rao, J. N. K. and Scott, A. J. (1984). On chi-squared tests for multiway contingency tables with cell proportions
        estimated from survey data. Annals of Statistics 12, 46-60.
    """
    if method not in METHODS:
        raise Refusal(
            "unknown_choice",
            f"The limits of a proportion are by one of {', '.join(METHODS)}; '{method}' is none of them.",
        )
    given = np.broadcast_arrays(proportion, standard_error, n, degrees_of_freedom, weighed_n)
    p, error, size, df, most = (np.array(a, dtype=float) for a in given)
    usable = (p > 0) & (p < 1) & (error >= 0) & (df > 0)
    # Everybody was asked: the limits are the proportion itself.
    certain = usable & (error == 0)
    error = np.where(certain, 1.0, error)
    tail = (1 + confidence) / 2
    with np.errstate(invalid="ignore", divide="ignore"):
        t = quantile_of_t(df, tail)
        spread = p * (1 - p)
        if method == "logit":
            reach = t * error / spread
            low, high = special.expit(special.logit(p) - reach), special.expit(special.logit(p) + reach)
        elif method in ("beta", "kish"):
            effective = spread / error**2
            if method == "kish":
                effective = np.minimum(effective, most)
            effective = effective * (quantile_of_t(size - 1, tail) / t) ** 2
            low = special.betaincinv(effective * p, effective * (1 - p) + 1, 1 - tail)
            high = special.betaincinv(effective * p + 1, effective * (1 - p), tail)
        elif method == "arcsine":
            middle, reach = np.arcsin(np.sqrt(p)), t * error / (2 * np.sqrt(spread))
            low = np.sin(np.maximum(middle - reach, 0)) ** 2
            high = np.sin(np.minimum(middle + reach, np.pi / 2)) ** 2
        elif method == "likelihood":
            # A quasi-binomial likelihood has the dispersion n / (n - 1).
            low, high = _likelihood(p, spread / error**2 * (size - 1) / size, t, usable)
        else:
            low, high = p - t * error, p + t * error
    low, high = np.where(certain, p, low), np.where(certain, p, high)
    return np.where(usable, low, np.nan)[()], np.where(usable, high, np.nan)[()]


def quantile_of_t(df: ArrayLike, probability: float) -> Floats:
    """Student's quantile; the normal's where the degrees of freedom are infinite, missing where there are none."""
    df = np.asarray(df, dtype=float)
    finite = np.where(np.isfinite(df) & (df > 0), df, 1.0)
    found = np.where(np.isinf(df), special.ndtri(probability), special.stdtrit(finite, probability))
    return np.where(df > 0, found, np.nan)


def _likelihood(p: Floats, effective: Floats, t: Floats, usable: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Where the log likelihood of an effective sample has fallen by half of t squared."""
    low, high = np.full(p.shape, np.nan), np.full(p.shape, np.nan)
    for place in zip(*np.nonzero(np.atleast_1d(usable)), strict=True):
        at = place if p.ndim else ()
        share, size, fall = p[at], effective[at], t[at] ** 2

        def short(logit: float, share: float = share, size: float = size, fall: float = fall) -> float:
            other = special.expit(logit)
            apart = special.rel_entr(share, other) + special.rel_entr(1 - share, special.expit(-logit))
            return 2 * size * apart - fall

        middle = special.logit(share)
        reach = 1.0
        while short(middle - reach) < 0 or short(middle + reach) < 0:
            reach *= 2
        low[at] = special.expit(optimize.brentq(short, middle - reach, middle, xtol=1e-13))
        high[at] = special.expit(optimize.brentq(short, middle, middle + reach, xtol=1e-13))
    return low, high
