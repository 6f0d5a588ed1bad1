"""Log-linear models of counts: the series they read, fits of many vectors at a time, and what is read off them.

Poisson, quasi-Poisson and negative binomial models, with errors of the model, robust errors and Newey and West's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import optimize, special

from bounded import intervals
from bounded.refusal import Caution, Refusal, Said, require_choice, require_columns
from trends import caution
from trends.series import PER, Floats, NotEstimable, TooFewPoints, check_periods, positive, stated_complete

FAMILIES = ("quasi-poisson", "poisson", "negative binomial")
ERRORS = ("model", "robust", "hac")
LAGS = 3
# Below so many periods limits from robust errors held the truth less often than 93 in 100 times (docstring of `fit`).
ENOUGH_FOR_ROBUST = {"robust": 30, "hac": 100}
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
        """Quantile of t with `degrees`; of the normal for Poisson and negative binomial with the model's own errors."""
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
    def normal(self) -> bool:
        """True where limits and p are by the normal distribution."""
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
        from statsmodels.stats.sandwich_covariance import S_hac_simple

        scores = ((y - mean) / over)[:, :, None] * q
        inner = bread @ np.array([S_hac_simple(each, lag) for each in scores]) @ bread
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
    require_choice("family", family, FAMILIES)
    require_choice("errors", errors, ERRORS)
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


def log_means(y: Floats, q: Floats, offset: Floats, theta: ArrayLike = np.inf, start: Floats | None = None) -> Floats:
    """(vectors, periods) log means by iteratively reweighted least squares on orthogonal columns, from `start` on."""
    eta = np.log(y + 0.1) if start is None else start
    most = np.log(y.max() + 1) + 20
    poisson = bool(np.isinf(theta).all())
    for _ in range(ITERATIONS):
        mean = np.exp(eta)
        weight = mean if poisson else mean / (1 + mean / theta)
        working = weight * (eta - offset + (y - mean) / mean)
        try:
            solved = np.linalg.solve(information(q, weight), (working @ q)[:, :, None])[:, :, 0]
        except np.linalg.LinAlgError:
            break
        new = np.minimum(solved @ q.T + offset, most)
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
            return _theta_score(y, mean, 1 / value)

        # Near the last value, where there is one.
        lower = max(alpha / 2, least)
        if score(lower) <= 0:
            lower = least
        upper = max(2 * alpha, 100 * least)
        while score(upper) > 0 and upper < 1e8:
            upper *= 4
        if ((y - mean) ** 2 - y).sum() <= 0 or score(lower) <= 0:
            return poisson, np.inf, np.nan
        before, alpha = alpha, optimize.brentq(score, lower, upper, xtol=1e-300, rtol=1e-12)
        eta = log_means(y[None], q, offset, 1 / alpha, eta[None])[0]
        if abs(alpha - before) <= 1e-10 * alpha:
            break
    return eta, 1 / alpha, float(1 / np.sqrt(_theta_information(y, np.exp(eta), 1 / alpha)))


def _theta_score(y: Floats, mean: Floats, theta: float) -> float:
    """The derivative of the log likelihood by 1/theta."""
    first = special.psi(y + theta) - special.psi(theta) - np.log1p(mean / theta) + (mean - y) / (theta + mean)
    return float(-first.sum() * theta**2)


def _theta_information(y: Floats, mean: Floats, theta: float) -> float:
    """The observed information of theta."""
    total = theta + mean
    second = special.polygamma(1, theta) - special.polygamma(1, y + theta)
    return float((second - 1 / theta + 2 / total - (y + theta) / total**2).sum())


def _groundless(q: Floats, transposed: Floats, bread: NDArray, weight: Floats) -> NDArray[np.bool_]:
    """(columns,) coefficients that move with a period that decides its own mean alone."""
    alone = (q**2).sum(axis=1) > 1 - 1e-9
    moves = (q[alone] @ bread @ transposed) * np.sqrt(weight[:, alone])[:, :, None]
    errors = np.sqrt(np.diagonal(transposed.T @ bread @ transposed, axis1=1, axis2=2))
    return (np.abs(moves) > 1e-6 * errors[:, None, :]).any(axis=(0, 1))


def likelihood(y: Floats, mean: Floats, theta: Floats) -> tuple[Floats, Floats]:
    """(vectors,) deviance and log likelihood; Poisson where theta is infinite."""
    finite = np.isfinite(theta)
    if not finite.any():
        deviance = 2 * (special.xlogy(y, y / mean) - (y - mean)).sum(axis=1)
        return deviance, (special.xlogy(y, y) - y - special.gammaln(y + 1)).sum(axis=1) - deviance / 2
    t = np.where(finite, theta, 1.0)
    negative = (y + t) * np.log((y + t) / (mean + t))
    deviance = 2 * (special.xlogy(y, y / mean) - np.where(finite, negative, y - mean)).sum(axis=1)
    saturated = special.xlogy(y, y) - y
    saturated_negative = (
        special.gammaln(y + t) - special.gammaln(t) + special.xlogy(y, y) + t * np.log(t) - (y + t) * np.log(y + t)
    )
    most = (np.where(finite, saturated_negative, saturated) - special.gammaln(y + 1)).sum(axis=1)
    return deviance, most - deviance / 2


# What is read off fits


@dataclass(frozen=True)
class Effect:
    """One coefficient over all vectors fitted, on the log scale: bounds of the estimate, limits, the largest p."""

    estimate_low: float
    estimate_high: float
    low: float
    high: float
    p_value: float


def effect(fits: Fits, column: int, confidence: float) -> Effect:
    """The coefficient of a column over all vectors fitted; p is 1 where its estimates have both signs.

    Limits and p are NaN where robust errors cannot judge it.
    """
    estimate, error = fits.coefficients[:, column], np.sqrt(fits.covariance[:, column, column])
    error = np.full_like(error, np.nan) if fits.groundless[column] else error
    width = fits.quantile(confidence) * error
    # Between vectors that rise and vectors that fall lies one that does neither.
    flat = estimate.min() < 0 < estimate.max()
    return Effect(
        estimate_low=float(estimate.min()),
        estimate_high=float(estimate.max()),
        low=float((estimate - width).min()),
        high=float((estimate + width).max()),
        p_value=1.0 if flat else float(fits.p_value(estimate / error).max()),
    )


def steepest(
    design: Floats, offset: ArrayLike, low: Floats, high: Floats, columns: Iterable[int] | None = None
) -> list[Floats]:
    """Return vectors within bounds that raise and lower each coefficient of a Poisson model most.

    The derivative of the coefficient by each count says which bound raises it; that is followed until no count turns,
    and then single counts are turned as long as one raises it. The range so found is attained, and none wider is ruled
    out: of 900 ranges of changes in synthetic series it was that of all corners of the bounds but for one, 1.6 % short.
    """
    if (low == high).all():
        return []
    q, r = np.linalg.qr(design)
    turn = np.linalg.inv(r)
    base = np.broadcast_to(np.asarray(offset, dtype=float), low.shape)
    free = np.flatnonzero(low < high)
    found = []
    for column in range(design.shape[1]) if columns is None else columns:
        for sign in (1, -1):
            y = (low + high) / 2
            for _ in range(10):
                mean = np.exp(log_means(y[None], q, base))
                pull = sign * (turn @ np.linalg.inv(information(q, mean))[0] @ q.T)[column]
                before, y = y, np.where(pull > 0, high, low)
                if (y == before).all():
                    break
            for _ in range(len(free)):
                tried = np.repeat(y[None], len(free) + 1, axis=0)
                tried[np.arange(len(free)), free] = (low + high - y)[free]
                reached = sign * ((log_means(tried, q, base) - base) @ q) @ turn[column]
                best = int(np.argmax(reached))
                if reached[best] <= reached[-1] + 1e-9:
                    break
                y = tried[best]
            found.append(y)
    return found


def in_words(fits: Fits, subject: str, confidence: float) -> str:
    """The model, its errors and its limits, as tables print them."""
    model = "Negative binomial" if np.isfinite(fits.theta).any() else "Poisson"
    fallback = ", as a negative binomial's theta runs to infinity" if np.isinf(fits.theta).any() else ""
    own = (
        "quasi-Poisson standard errors (Pearson dispersion, at least 1)"
        if fits.family == FAMILIES[0]
        else "model errors"
    )
    errors = {
        "model": own,
        "robust": "White's robust standard errors (HC0)",
        "hac": f"Newey-West standard errors ({fits.lags} lags)",
    }[fits.errors]
    columns = fits.mean.shape[1] - fits.degrees
    by = "the normal distribution" if fits.normal else f"t with n - {columns} degrees of freedom"
    return f"{model} log-linear {subject}{fallback}, {errors}, {intervals.percent(confidence)} limits by {by}"


def cautions(fits: Fits) -> tuple[Caution, ...]:
    """Weaknesses of a fit, one sentence each; with several vectors, those of all of them."""
    points = fits.mean.shape[1]
    narrow = fits.family != "quasi-poisson" and fits.errors == "model"
    said = caution.overdispersion(float(fits.dispersion.max()), allowed_for=not narrow)
    together = min((caution.autocorrelation(row) for row in fits.residuals), key=len)
    if together and fits.errors == "hac":
        in_part = together.replace("limits are too narrow", "Newey-West errors allow for it in part")
        together = Caution("autocorrelation", in_part)
    return Caution.kept(
        said,
        together,
        Caution.when(
            np.isinf(fits.theta).any(),
            "theta_infinite",
            "Theta runs to infinity, as the counts vary no more than chance explains: the fit is Poisson.",
        ),
        Caution.when(
            fits.groundless.any(),
            "single_period_coefficient",
            "A coefficient rests on a single period, and its limits are left out: robust errors would take it as "
            "certain.",
        ),
        Caution.when(
            points < ENOUGH_FOR_ROBUST.get(fits.errors, 0),
            "errors_too_small",
            f"{'Robust' if fits.errors == 'robust' else 'Newey-West'} errors of {points} periods are too small on "
            "average.",
        ),
    )


# The series

EFFORTS = (None, "offset", "covariate")
# Effort and time share 81 % of their variance at 0.9, and 98 % at 0.99.
ALIKE, THE_SAME = 0.9, 0.99


@dataclass(frozen=True, eq=False)
class CountSeries:
    """The periods of a series that a count model can use.

    Parameters
    ----------
    stated : (periods,) the periods used, in order, as numbers of the type that was given.
    low, high : (periods,) bounds of the counts, in persons.
    qualifier : (periods,) what kind of interval each count is.
    given : the periods of all rows, in order.
    rates_of : what the counts are rates of: population, effort, or nothing where they are counts.
    offset : log of what the counts are rates of, one a period; 0 for plain counts.
    effort : log effort less its mean, where it is a covariate; None elsewhere.
    measured : what is modelled, in words.
    warnings : what was left out and what weakens the counts, one sentence each.
    """

    stated: NDArray = field(repr=False)
    low: Floats = field(repr=False)
    high: Floats = field(repr=False)
    qualifier: NDArray[np.object_] = field(repr=False)
    given: Floats
    rates_of: str
    offset: Floats
    effort: Floats | None
    measured: str
    warnings: tuple[Caution, ...]

    @property
    def period(self) -> Floats:
        return self.stated.astype(float)


def count_series(series: pd.DataFrame, effort: str | None = None) -> CountSeries:
    """Read a series of counts, and its population or detection effort, for a count model.

    Parameters
    ----------
    series : period (year, a number), `count` or low, high and value_qualifier (persons); if wanted population
        (persons), effort (inspections, officers, hours, calls: a positive number) and complete (False where records
        of the period are still on their way). Left out and named in the warnings are periods without a count, with a
        minimum alone, or that are not complete.
    effort : how a column `effort` is used: ``offset``, the rate of detection a unit of effort; ``covariate``, log
        effort with a coefficient of its own. By default an offset where the column is there.

    Raises
    ------
    NotEstimable : effort as a covariate never changes, or goes with time so closely that no series could part them.
    ValueError : a column is missing; a period is missing or given twice; a population or an effort is missing or not
        positive; population and effort are both given as what the counts are rates of.
    """
    require_choice("effort", effort, EFFORTS)
    if effort:
        require_columns(series, ["effort"], "periods")
    # Arrays, as frames take ten times as long as the fit.
    check_periods(series)
    counts: dict[str, NDArray] = dict(zip(intervals.COLUMNS, intervals.bounds(series), strict=True))
    counts["period"] = series["period"].to_numpy()
    if counts["period"].dtype.kind not in "iuf":
        counts["period"] = intervals.numbers(series["period"])
    counts |= {name: intervals.numbers(series[name]) for name in ("population", "effort") if name in series}
    if (counts["period"][1:] < counts["period"][:-1]).any():
        order = np.argsort(counts["period"], kind="stable")
        series, counts = series.iloc[order], {name: values[order] for name, values in counts.items()}
    complete = stated_complete(series)
    kept = np.isfinite(counts["high"]) & complete
    used = counts if kept.all() else {name: values[kept] for name, values in counts.items()}
    offset, covariate, measured, of_effort = _counted_by(used, effort)
    by_effort = "effort" if "effort" in used and covariate is None else ""
    return CountSeries(
        stated=used["period"],
        low=used["low"],
        high=used["high"],
        qualifier=used["value_qualifier"],
        given=counts["period"].astype(float),
        rates_of="population" if "population" in used else by_effort,
        offset=offset,
        effort=covariate,
        measured=measured,
        warnings=Caution.kept(*caution.of_counts(counts, complete), of_effort),
    )


def _counted_by(used: Mapping[str, NDArray], effort: str | None) -> tuple[Floats, Floats | None, str, Said]:
    """Offset, covariate, what is modelled in words, and a warning."""
    rates = "population" in used
    offset = np.log(positive(used, "population") / PER) if rates else np.zeros(len(used["period"]))
    measured = "rates (log population as offset)" if rates else "counts"
    if "effort" not in used:
        return offset, None, measured, caution.EFFORT_UNKNOWN
    amount = np.log(positive(used, "effort"))
    if effort == "covariate":
        return offset, amount - amount.mean(), f"{measured} with log effort as covariate", _alike(used, amount)
    if rates:
        raise Refusal(
            "population_and_effort",
            "The series has a population and an effort, and counts cannot be rates of both: leave out one of the two "
            "columns, or take the effort as covariate.",
        )
    chosen = "" if effort else ", as the series has a column of it"
    return amount, None, f"rates of detection a unit of effort (log effort as offset{chosen})", ""


def _alike(used: Mapping[str, NDArray], amount: Floats) -> Said:
    """A warning where effort went with time; refuses where it did so throughout, or never changed."""
    if len(amount) < 2:
        return ""
    if np.ptp(amount) <= 1e-9 * max(1.0, float(np.abs(amount).max())):
        raise NotEstimable(
            "no_variation",
            "The effort is the same in all periods: what it does to the counts cannot be seen. Take it as offset.",
        )
    together = float(np.corrcoef(used["period"], amount)[0, 1])
    if abs(together) <= ALIKE:
        return ""
    said = f"Effort and time cannot be told apart: their correlation is {together:.2f}"
    if abs(together) > THE_SAME:
        raise NotEstimable(
            "collinear", f"{said}. Take the effort as offset, or find periods in which it went another way."
        )
    return Caution("effort_follows_time", f"{said}, so that the limits of both are wide and rest on few periods.")
