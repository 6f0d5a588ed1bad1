"""What count models are given and what is read off them: the series used, effects, profile limits, tests.

What is read off fits of count models: effects over all vectors fitted, profile limits, tests, words and cautions.

A series of counts as the count models read it: what is used, what is left out and why, and what it is counted by.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import optimize, special

from bounded.refusal import Caution, Refusal
from trends import caution
from trends.count_model import FAMILIES, Fits, information, likelihood, log_means
from trends.series import PER, Floats, NotEstimable, counts_in_order, positive

# Below so many periods limits from robust errors held the truth less often than 93 in 100 times (docstring of `fit`).
ENOUGH_FOR_ROBUST = {"robust": 30, "hac": 100}


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


def profile_effect(
    fits: Fits, counts: ArrayLike, design: ArrayLike, offset: ArrayLike, column: int, confidence: float
) -> Effect:
    """The coefficient of a column with limits and p by its profile likelihood.

    The negative binomial's theta is held at its estimate, and a quasi-Poisson deviance is divided by the dispersion
    (at least 1); limits are those of R's ``confint`` for such models, without its interpolation, but that for
    quasi-Poisson it takes the normal quantile where this takes t, so that its limits are narrower in short series.

    Parameters
    ----------
    fits, counts, design, offset : the fits with the model's own errors, and what they were made from.

    References
    ----------
    Venzon, D. J. and Moolgavkar, S. H. (1988). A method for computing profile-likelihood-based confidence intervals.
        Applied Statistics 37, 87-94.
    """
    if fits.errors != "model":
        raise Refusal(
            "incompatible_options", "A profile likelihood has no robust errors: take errors='model', or limits='wald'."
        )
    vectors, x = np.atleast_2d(np.asarray(counts, dtype=float)), np.asarray(design, dtype=float)
    rest, own = np.linalg.qr(np.delete(x, column, axis=1))[0], x[:, column]
    base = np.broadcast_to(np.asarray(offset, dtype=float), own.shape)
    wald = effect(fits, column, confidence)
    wanted = fits.quantile(confidence)
    limits, at_zero = [], []
    for row, y in enumerate(vectors):
        theta = np.array([[fits.theta[row] if np.isfinite(fits.theta[row]) else np.inf]])
        estimate = fits.coefficients[row, column]

        def root(value: float, y: Floats = y, theta: Floats = theta, row: int = row) -> float:
            """Signed root of the deviance that holding the coefficient at `value` costs."""
            eta = log_means(y[None], rest, base + value * own, theta)
            lost = fits.log_likelihood[row] - likelihood(y[None], np.exp(eta), theta)[1][0]
            return float(np.sqrt(max(2 * lost / fits.scale[row], 0.0)))

        error = float(np.sqrt(fits.covariance[row, column, column]))
        limits.append([_crossing(root, estimate, sign * error, wanted) for sign in (-1, 1)])
        at_zero.append(root(0.0))
    low, high = np.array(limits).T
    p_value = 1.0 if wald.estimate_low < 0 < wald.estimate_high else float(fits.p_value(at_zero).max())
    return Effect(wald.estimate_low, wald.estimate_high, float(low.min()), float(high.max()), p_value)


def dispersion_test(counts: ArrayLike, mean: ArrayLike, alternative: str = "greater") -> pd.DataFrame:
    """Test whether counts vary more than a Poisson model says.

    Parameters
    ----------
    counts, mean : persons, and what a Poisson fit expects of them: one vector or one a row.
    alternative : ``greater``, ``less`` or ``two-sided``.

    Returns
    -------
    DataFrame: form (``linear``: variance = estimate · mean, 1 under Poisson; ``quadratic``: mean + estimate · mean², 0
    under Poisson), estimate, z, p_value (normal). With several vectors estimate and z are NaN, and p_value the largest;
    NaN all three where the squared residuals are all alike.

    References
    ----------
    Cameron, A. C. and Trivedi, P. K. (1990). Regression-based tests for overdispersion in the Poisson model. Journal of
        Econometrics 46, 347-364.
    """
    y, mu = (np.atleast_2d(np.asarray(array, dtype=float)) for array in (counts, mean))
    tails = {
        "greater": lambda z: special.ndtr(-z),
        "less": special.ndtr,
        "two-sided": lambda z: 2 * special.ndtr(-np.abs(z)),
    }
    if alternative not in tails:
        raise Refusal("unknown_choice", f"The alternative is one of {', '.join(tails)}; it is {alternative!r}.")
    excess = ((y - mu) ** 2 - y) / mu
    estimates, z = [], []
    # The excess is constant in the linear form, and grows with the mean in the quadratic one: regressions through 0.
    for along in (np.ones_like(mu), mu):
        square = (along**2).sum(axis=1, keepdims=True)
        slope = (along * excess).sum(axis=1, keepdims=True) / square
        error = np.sqrt(((excess - slope * along) ** 2).sum(axis=1, keepdims=True) / (y.shape[1] - 1) / square)
        estimates.append(slope[:, 0])
        z.append(np.where(error > 1e-9 * np.abs(slope), slope / np.where(error > 0, error, 1.0), np.nan)[:, 0])
    one = len(y) == 1
    return pd.DataFrame(
        {
            "form": ["linear", "quadratic"],
            "estimate": [estimates[0][0] + 1, estimates[1][0]] if one else np.nan,
            "z": [value[0] for value in z] if one else np.nan,
            "p_value": [float(tails[alternative](value).max()) for value in z],
        }
    )


def steepest(
    design: Floats, offset: ArrayLike, low: Floats, high: Floats, columns: Iterable[int] | None = None
) -> list[Floats]:
    """For each of the columns of a Poisson model, vectors within bounds that raise and lower its coefficient most.

    The derivative of the coefficient by each count says which bound raises it; that is followed until no count turns,
    and then single counts are turned as long as one raises it. The range so found is attained, and none wider is ruled
    out: of 900 ranges of changes in invented series it was that of all corners of the bounds but for one, 1.6 % short.
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


def in_words(fits: Fits, subject: str, confidence: float, limits: str = "wald") -> str:
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
    by = f"the profile likelihood and {by}" if limits == "profile" else by
    return f"{model} log-linear {subject}{fallback}, {errors}, {100 * confidence:g} % limits by {by}"


def cautions(fits: Fits) -> tuple[Caution, ...]:
    """What weakens a fit, one sentence each; with several vectors, what holds for all of them."""
    dispersion, points = float(fits.dispersion.max()), fits.mean.shape[1]
    said = caution.overdispersion(dispersion)
    if said and fits.family != "quasi-poisson" and fits.errors == "model":
        said = Caution(
            "overdispersion",
            f"Dispersion {dispersion:.1f}: the counts vary more than the model says, and its limits are too narrow.",
        )
    together = min((caution.autocorrelation(row) for row in fits.residuals), key=len)
    if together and fits.errors == "hac":
        in_part = together.replace("limits are too narrow", "Newey-West errors allow for it in part")
        together = Caution("autocorrelation", in_part)
    return caution.kept(
        said,
        together,
        Caution(
            "theta_infinite",
            "Theta runs to infinity, as the counts vary no more than chance explains: the fit is Poisson.",
        )
        if np.isinf(fits.theta).any()
        else "",
        Caution(
            "single_period_coefficient",
            "A coefficient rests on a single period, and its limits are left out: robust errors would take it as "
            "certain.",
        )
        if fits.groundless.any()
        else "",
        Caution(
            "errors_too_small",
            f"{'Robust' if fits.errors == 'robust' else 'Newey-West'} errors of {points} periods are too small on "
            "average.",
        )
        if points < ENOUGH_FOR_ROBUST.get(fits.errors, 0)
        else "",
    )


def _crossing(root: Callable[[float], float], estimate: float, step: float, wanted: float) -> float:
    """Where the signed root, which rises from 0 at the estimate in the direction of `step`, is as `wanted`."""
    far = estimate + wanted * step
    for _ in range(60):
        if root(far) > wanted:
            return float(optimize.brentq(lambda value: root(value) - wanted, estimate, far, rtol=1e-12))
        far = estimate + 1.5 * (far - estimate)
    return float(np.copysign(np.inf, step))


EFFORTS = (None, "offset", "covariate")
# Effort and time share 81 % of their variance at 0.9, and 98 % at 0.99.
ALIKE, THE_SAME = 0.9, 0.99


@dataclass(frozen=True, eq=False)
class CountSeries:
    """The periods of a series that a count model can use.

    Parameters
    ----------
    used : the rows used, in order of time: period, low, high (persons), value_qualifier and their other columns.
    given : the periods of all rows, in order.
    offset : log of what the counts are rates of, one a period; 0 for plain counts.
    effort : log effort less its mean, where it is a covariate; None elsewhere.
    measured : what is modelled, in words.
    warnings : what was left out and what weakens the counts, one sentence each.
    """

    used: pd.DataFrame = field(repr=False)
    given: Floats
    offset: Floats
    effort: Floats | None
    measured: str
    warnings: tuple[Caution, ...]

    @property
    def period(self) -> Floats:
        return self.used["period"].to_numpy(dtype=float)

    @property
    def low(self) -> Floats:
        return self.used["low"].to_numpy(dtype=float)

    @property
    def high(self) -> Floats:
        return self.used["high"].to_numpy(dtype=float)


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
    if effort not in EFFORTS:
        raise Refusal(
            "unknown_choice",
            f"Effort is taken as 'offset' or as 'covariate', or None for the default; it is {effort!r}.",
        )
    if effort and "effort" not in series:
        raise Refusal(
            "missing_column", f"The series has no column 'effort' to take as {effort}: give it, or leave `effort` out."
        )
    counts = counts_in_order(series)
    given, low, high = (counts[column].to_numpy(dtype=float) for column in ("period", "low", "high"))
    complete = _complete(counts)
    kept = np.isfinite(high) & complete
    used = counts if kept.all() else counts[kept].reset_index(drop=True)
    approximate = counts["value_qualifier"].to_numpy(dtype=object) == "approx"
    sentences = (
        caution.of_periods(
            "incomplete_left_out", "Left out, as records of it are still on their way", given[~complete]
        ),
        caution.of_periods("unknown_left_out", "Left out, as the count is not known", given[complete & np.isnan(low)]),
        caution.of_periods(
            "minimum_left_out", "Left out, as only a minimum is known", given[complete & np.isinf(high)]
        ),
        caution.of_periods(
            "approximate_counts",
            "Approximate counts, taken as they stand; their width is not stated",
            given[kept & approximate],
        ),
        caution.of_periods("interval_counts", "Counts known only between bounds", given[kept & (low < high)]),
    )
    offset, covariate, measured, of_effort = _counted_by(used, effort)
    return CountSeries(
        used=used,
        given=given,
        offset=offset,
        effort=covariate,
        measured=measured,
        warnings=caution.kept(*sentences, of_effort),
    )


def _complete(counts: pd.DataFrame) -> NDArray[np.bool_]:
    """True where records of a period are in; all, if nothing is said of it."""
    if "complete" not in counts:
        return np.ones(len(counts), dtype=bool)
    bad = ~counts["complete"].isin([True, False]).to_numpy()
    if bad.any():
        raise Refusal(
            "not_boolean",
            f"The column 'complete' of {counts['period'][bad].iloc[0]:g} must be True or False. "
            "Leave the column out if it is not known which periods are complete.",
        )
    return counts["complete"].to_numpy(dtype=bool)


def _counted_by(used: pd.DataFrame, effort: str | None) -> tuple[Floats, Floats | None, str, caution.Said]:
    """Offset, covariate, what is modelled in words, and a warning."""
    rates = "population" in used
    offset = np.log(positive(used, "population") / PER) if rates else np.zeros(len(used))
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


def _alike(used: pd.DataFrame, amount: Floats) -> caution.Said:
    """A warning where effort went with time; refuses where it did so throughout, or never changed."""
    if len(used) < 2:
        return ""
    if np.ptp(amount) <= 1e-9 * max(1.0, float(np.abs(amount).max())):
        raise NotEstimable(
            "no_variation",
            "The effort is the same in all periods: what it does to the counts cannot be seen. Take it as offset.",
        )
    together = float(np.corrcoef(used["period"].to_numpy(dtype=float), amount)[0, 1])
    if abs(together) <= ALIKE:
        return ""
    said = f"Effort and time cannot be told apart: their correlation is {together:.2f}"
    if abs(together) > THE_SAME:
        raise NotEstimable(
            "collinear", f"{said}. Take the effort as offset, or find periods in which it went another way."
        )
    return Caution("effort_follows_time", f"{said}, so that the limits of both are wide and rest on few periods.")
