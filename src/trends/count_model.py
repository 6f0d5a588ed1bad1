"""Log-linear models of counts, many vectors at a time: Poisson, quasi-Poisson, negative binomial; errors and limits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import optimize, special

from bounded.refusal import Refusal
from trends.series import Floats, NotEstimable, TooFewPoints

FAMILIES = ("quasi-poisson", "poisson", "negative binomial")
ERRORS = ("model", "robust", "hac")
LAGS = 3
ITERATIONS = 100
# The variance of a log mean would be as small with counts of 10^13.
_NOTHING = 1e-13


@dataclass(frozen=True, eq=False)
class Fits:
    """Fits of one design to one or more vectors of counts; the first axis of every array is the vector.

    Parameters
    ----------
    family, errors, lags : as asked for; lags is 0 unless errors are Newey and West's.
    coefficients, covariance : (vectors, columns) on the log scale; (vectors, columns, columns).
    mean : (vectors, periods) expected persons.
    residuals : (vectors, periods) Pearson's.
    degrees : periods less columns.
    dispersion : (vectors,) Pearson's, as found (below 1 too).
    deviance, log_likelihood : (vectors,); of the Poisson model for quasi-Poisson.
    theta, theta_error : (vectors,) the negative binomial's variance is mean + mean²/theta; infinite where the counts
        vary no more than chance explains, and the fit is Poisson. NaN for other families.
    groundless : (columns,) whether robust errors cannot judge a coefficient, as it rests on one period that nothing
        else is known of: what a fit leaves over of that period is always 0, and the error would be too small.
    """

    family: str
    errors: str
    lags: int
    coefficients: Floats
    covariance: Floats
    mean: Floats
    residuals: Floats
    degrees: int
    dispersion: Floats
    deviance: Floats
    log_likelihood: Floats
    theta: Floats
    theta_error: Floats
    groundless: NDArray[np.bool_]

    def quantile(self, confidence: float) -> float:
        """Of t with `degrees`, but of the normal for Poisson and negative binomial with the model's own errors."""
        upper = (1 + confidence) / 2
        return float(special.ndtri(upper) if self.normal else special.stdtrit(self.degrees, upper))

    def p_value(self, statistic: ArrayLike) -> Floats:
        """Two-sided p of a coefficient divided by its error, by the same distribution."""
        z = np.abs(np.asarray(statistic, dtype=float))
        return 2 * (special.ndtr(-z) if self.normal else special.stdtr(self.degrees, -z))

    def half_width(self, rows: Floats, confidence: float) -> Floats:
        """(vectors, rows) reach of the limits of combinations of coefficients; NaN where robust errors leave none."""
        variance = np.einsum("ij,vjk,ik->vi", rows, self.covariance, rows)
        return self.quantile(confidence) * np.sqrt(np.where(variance > _NOTHING, variance, np.nan))

    @property
    def scale(self) -> Floats:
        """(vectors,) what the variances of the family are multiplied by: the dispersion, at least 1, or 1."""
        return np.maximum(1.0, self.dispersion) if self.family == "quasi-poisson" else np.ones(len(self.dispersion))

    @property
    def normal(self) -> bool:
        """Whether limits and p are by the normal distribution."""
        return self.family != "quasi-poisson" and self.errors == "model"


def fit(
    counts: ArrayLike,
    design: ArrayLike,
    offset: ArrayLike = 0.0,
    *,
    family: str = "quasi-poisson",
    errors: str = "model",
    lags: int | None = None,
    names: Sequence[str] = (),
) -> Fits:
    """Fit a log-linear model to counts by maximum likelihood.

    Robust errors are White's (HC0), and ``hac`` those of Newey and West with Bartlett's weights 1 - lag/(lags + 1), no
    prewhitening and no small-sample factor: what R's package sandwich gives for ``vcovHC(type = "HC0")`` and
    ``NeweyWest(lag = 3, prewhite = FALSE, adjust = FALSE)``. Both are too small in short series. For the slope of
    independent Poisson counts limits at 95 % held the truth in 89 % (robust) and 74 % (hac) of series of 10 periods,
    92 and 83 % at 20, 93 and 86 % at 30, 94 and 90 % at 60, against 99, 97, 96 and 96 % for quasi-Poisson errors.

    Parameters
    ----------
    counts : persons, one vector or one a row; periods in order of time for ``hac``.
    design : (periods, columns), with a column of ones if there is to be an intercept.
    offset : log of what the counts are rates of; a scalar or one a period.
    family : ``quasi-poisson`` multiplies the Poisson variances by Pearson's dispersion where that is above 1;
        ``negative binomial`` has theta by maximum likelihood, taken as known in the errors of the coefficients.
    errors : ``model``, ``robust`` or ``hac``.
    lags : of ``hac``, in periods; 3 if not given, whatever the length.
    names : of the columns, for messages.

    Raises
    ------
    TooFewPoints : no more periods than columns.
    NotEstimable : a column follows from others, or a coefficient runs to infinity.
    ValueError : family, errors or lags are not what they can be, or a count is negative or missing.

    References
    ----------
    McCullagh, P. and Nelder, J. A. (1989). Generalized linear models, 2nd edition. Chapman and Hall.
    Lawless, J. F. (1987). Negative binomial and mixed Poisson regression. Canadian Journal of Statistics 15, 209-225.
    White, H. (1980). A heteroskedasticity-consistent covariance matrix estimator. Econometrica 48, 817-838.
    Newey, W. K. and West, K. D. (1987). A simple, positive semi-definite, heteroskedasticity and autocorrelation
        consistent covariance matrix. Econometrica 55, 703-708.
    """
    y, x = np.atleast_2d(np.asarray(counts, dtype=float)), np.asarray(design, dtype=float)
    points, columns = x.shape
    lag = _check(y, points, columns, family, errors, lags)
    # Orthogonal columns keep the fit exact whatever the scale of the design.
    q, r = np.linalg.qr(x)
    _refuse_what_follows(x, r, names)
    log_exposure = np.broadcast_to(np.asarray(offset, dtype=float), (points,))
    theta, theta_error = np.full(len(y), np.inf), np.full(len(y), np.nan)
    eta = log_means(y, q, log_exposure)
    if family == "negative binomial":
        for row in range(len(y)):
            eta[row], theta[row], theta_error[row] = _negative_binomial(y[row], q, log_exposure, eta[row])
    mean = np.exp(eta)
    over = 1 + mean / theta[:, None]
    transposed = np.swapaxes(np.linalg.inv(r), 0, 1)
    bread = np.linalg.inv(information(q, mean / over))
    residuals = (y - mean) / np.sqrt(mean * over)
    groundless = np.zeros(columns, dtype=bool)
    dispersion = (residuals**2).sum(axis=1) / (points - columns)
    if errors == "model":
        scale = np.maximum(1.0, dispersion) if family == "quasi-poisson" else np.ones(len(y))
        inner = bread * scale[:, None, None]
    else:
        if (dispersion < 1e-12).any():
            raise NotEstimable(
                "perfect_fit",
                "The fit is perfect, and robust errors, which are made from what a fit leaves over, cannot be had. "
                "Take errors='model'.",
            )
        inner = bread @ _meat(((y - mean) / over)[:, :, None] * q, lag) @ bread
        groundless = _groundless(q, transposed, bread, mean / over)
    deviance, log_likelihood = likelihood(y, mean, theta[:, None])
    return Fits(
        family=family,
        errors=errors,
        lags=lag,
        coefficients=((eta - log_exposure) @ q) @ transposed,
        covariance=transposed.T @ inner @ transposed,
        mean=mean,
        residuals=residuals,
        degrees=points - columns,
        dispersion=dispersion,
        deviance=deviance,
        log_likelihood=log_likelihood,
        theta=theta if family == "negative binomial" else np.full(len(y), np.nan),
        theta_error=theta_error,
        groundless=groundless,
    )


def _check(y: Floats, points: int, columns: int, family: str, errors: str, lags: int | None) -> int:
    """The lags, 0 for errors that have none."""
    if family not in FAMILIES:
        raise Refusal("unknown_choice", f"The family is one of {', '.join(FAMILIES)}; it is {family!r}.")
    if errors not in ERRORS:
        raise Refusal("unknown_choice", f"Errors are one of {', '.join(ERRORS)}; they are {errors!r}.")
    if lags is not None and errors != "hac":
        raise Refusal(
            "incompatible_options", "Lags are of errors='hac' alone: leave them out, or ask for these errors."
        )
    if y.shape[1] != points or not (np.isfinite(y) & (y >= 0)).all():
        raise Refusal(
            "invalid_count", f"Counts must be known, not negative, and one for each of the {points} rows of the design."
        )
    if points <= columns:
        raise TooFewPoints(
            "too_few_periods",
            f"A model of {columns} coefficients needs more than {columns} periods, and there are {points}. "
            "A simpler model or more periods would help.",
        )
    if errors != "hac":
        return 0
    lag = LAGS if lags is None else lags
    if lag != int(lag) or not 0 <= lag < points:
        raise Refusal(
            "out_of_range", f"Lags are a whole number from 0 to {points - 1}, the periods less one; they are {lag}."
        )
    return int(lag)


def _refuse_what_follows(x: Floats, r: Floats, names: Sequence[str]) -> None:
    own = np.sqrt((x**2).sum(axis=0))
    follows = np.abs(np.diag(r)) <= 1e-9 * own
    if follows.any():
        column = int(np.argmax(follows))
        name = f"'{names[column]}'" if len(names) > column else f"column {column + 1}"
        raise NotEstimable(
            "collinear",
            f"In these periods {name} never changes or follows from the rest of the model, so its coefficient cannot "
            "be estimated. More periods, or a model without it, would help.",
        )


def information(q: Floats, weight: NDArray) -> Floats:
    """(vectors, columns, columns) of columns (periods, columns) with weights (vectors, periods)."""
    return (q.T * weight[:, None, :]) @ q


def log_means(y: Floats, q: Floats, offset: Floats, theta: ArrayLike = np.inf) -> Floats:
    """(vectors, periods) log means by iteratively reweighted least squares on orthogonal columns."""
    eta = np.log(y + 0.1)
    for _ in range(ITERATIONS):
        mean = np.exp(eta)
        weight = mean / (1 + mean / theta)
        working = weight * (eta - offset + (y - mean) / mean)
        try:
            solved = np.linalg.solve(information(q, weight), (working @ q)[:, :, None])[:, :, 0]
        except np.linalg.LinAlgError:
            break
        new = np.minimum(solved @ q.T + offset, np.log(y.max() + 1) + 20)
        # Means that vanish are on their way to minus infinity.
        if not (new > -700).all():
            break
        if np.abs(new - eta).max() <= 1e-10 * max(1.0, np.abs(eta).max()):
            return new
        eta = new
    raise NotEstimable(
        "separation",
        "A coefficient runs to infinity: one group of periods may have no events at all, so that any difference, "
        "however large, would fit. More periods, larger areas, fewer terms or counts without a threshold would help.",
    )


def _negative_binomial(y: Floats, q: Floats, offset: Floats, poisson: Floats) -> tuple[Floats, float, float]:
    """Log means, theta and its error by maximum likelihood: the means given theta, theta given the means, in turns."""
    eta, alpha = poisson, 0.0
    # Nearer to 0 the score is lost in rounding, and the variance exceeds the mean by less than a thousandth.
    least = 1e-5 / np.sqrt(max(1.0, float(y.mean())))
    for _ in range(ITERATIONS):
        mean = np.exp(eta)

        def score(value: float, mean: Floats = mean) -> float:
            return _theta_score(y, mean, 1 / value)[0]

        upper = max(2 * alpha, 100 * least)
        while score(upper) > 0 and upper < 1e8:
            upper *= 4
        if ((y - mean) ** 2 - y).sum() <= 0 or score(least) <= 0:
            return poisson, np.inf, np.nan
        before, alpha = alpha, optimize.brentq(score, least, upper, xtol=1e-300, rtol=1e-12)
        eta = log_means(y[None], q, offset, 1 / alpha)[0]
        if abs(alpha - before) <= 1e-10 * alpha:
            break
    return eta, 1 / alpha, float(1 / np.sqrt(_theta_score(y, np.exp(eta), 1 / alpha)[1]))


def _theta_score(y: Floats, mean: Floats, theta: float) -> tuple[float, float]:
    """The derivative of the log likelihood by 1/theta, and the observed information of theta."""
    total = theta + mean
    first = (special.psi(y + theta) - special.psi(theta) - np.log1p(mean / theta) + (mean - y) / total).sum()
    second = (
        special.polygamma(1, theta) - special.polygamma(1, y + theta) - 1 / theta + 2 / total - (y + theta) / total**2
    ).sum()
    return float(-first * theta**2), float(second)


def _groundless(q: Floats, transposed: Floats, bread: NDArray, weight: Floats) -> NDArray[np.bool_]:
    """(columns,) coefficients that move with a period that decides its own mean alone."""
    alone = (q**2).sum(axis=1) > 1 - 1e-9
    moves = (q[alone] @ bread @ transposed) * np.sqrt(weight[:, alone])[:, :, None]
    errors = np.sqrt(np.diagonal(transposed.T @ bread @ transposed, axis1=1, axis2=2))
    return (np.abs(moves) > 1e-6 * errors[:, None, :]).any(axis=(0, 1))


def _meat(scores: Floats, lags: int) -> Floats:
    """(vectors, columns, columns) from scores (vectors, periods, columns), with Bartlett's weights."""
    turned = np.swapaxes(scores, 1, 2)
    total = turned @ scores
    for lag in range(1, lags + 1):
        across = turned[:, :, lag:] @ scores[:, :-lag]
        total = total + (1 - lag / (lags + 1)) * (across + np.swapaxes(across, 1, 2))
    return total


def likelihood(y: Floats, mean: Floats, theta: Floats) -> tuple[Floats, Floats]:
    """(vectors,) deviance and log likelihood; Poisson where theta is infinite."""
    finite = np.isfinite(theta)
    t = np.where(finite, theta, 1.0)
    negative = (y + t) * np.log((y + t) / (mean + t))
    deviance = 2 * (special.xlogy(y, y / mean) - np.where(finite, negative, y - mean)).sum(axis=1)
    saturated = special.xlogy(y, y) - y
    saturated_negative = (
        special.gammaln(y + t) - special.gammaln(t) + special.xlogy(y, y) + t * np.log(t) - (y + t) * np.log(y + t)
    )
    most = (np.where(finite, saturated_negative, saturated) - special.gammaln(y + 1)).sum(axis=1)
    return deviance, most - deviance / 2
