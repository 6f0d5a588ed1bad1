"""Firth's penalised logistic regression: for rare outcomes, and where the data separate.

The likelihood of a logistic regression under Jeffreys' penalty: its maximum, and its profiles.

One logistic fit under Jeffreys' penalty: coefficients, the limits of each, and intercepts that suit predictions.

Logistic regression by Firth's penalised likelihood: for rare outcomes, and where the data separate.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import linalg, optimize, special

from bounded import intervals
from bounded.refusal import Caution, Refusal
from survey_stats.design import Floats, NotEstimable
from survey_stats.estimability import separation
from survey_stats.model_matrix import ModelMatrix, distinct_rows, model_matrix, undetermined

_ITERATIONS = 300
# A maximum is found when the next step is shorter than a ten-thousand-millionth of the errors, or, of columns so nearly
# collinear that rounding hides it, when it is shorter than a millionth and does not shrink.
_SETTLED, _STUCK = 1e-20, 1e-12
# What is left to climb is more than this share of what was before: too slow.
_SLOW = 0.1
_HALVINGS, _LEAPS = 40, 20
_WIDENINGS = 60
_ROWS = 2000
# What rounding may take from the logarithm of a likelihood, as a share of it.
_ROUNDING = 1e-13


@dataclass(frozen=True, eq=False)
class At:
    """The likelihood at some coefficients: its logarithm, slope and curvature, and the rows' leverage (hat values)."""

    value: float
    slope: Floats
    curvature: Floats
    leverage: Floats


@dataclass(frozen=True, eq=False)
class PenalisedLikelihood:
    """Counts of outcomes by row, and what is to be made of them.

    Parameters
    ----------
    x : (rows, terms), columns well scaled and far from collinear, as `orthogonal` makes them.
    events, trials : (rows,) those with the outcome and all, weighted or not; trials above 0.
    penalised : with half the logarithm of the information's determinant (Jeffreys' prior); else maximum likelihood.
    """

    x: Floats
    events: Floats
    trials: Floats
    penalised: bool = True

    def at(self, beta: Floats) -> At | None:
        """The likelihood at coefficients; None where it is 0 in double precision."""
        eta = self.x @ beta
        share = special.expit(eta)
        weighted = self.x * np.sqrt(self.trials * share * special.expit(-eta))[:, None]
        value = float(self.events @ eta - self.trials @ np.logaddexp(0, eta))
        try:
            root = linalg.cholesky(weighted.T @ weighted, lower=True, check_finite=False)
        except linalg.LinAlgError:
            return None
        leverage = (linalg.solve_triangular(root, weighted.T, lower=True, check_finite=False) ** 2).sum(axis=0)
        own = leverage if self.penalised else np.zeros(len(eta))
        if self.penalised:
            value += float(np.log(np.diag(root)).sum())
        slope = self.x.T @ (self.events - self.trials * share + own * (0.5 - share))
        # The curvature as if the leverages did not move: always positive, and exact where they do not (saturated).
        curvature = (self.x * ((self.trials + own) * share * special.expit(-eta))[:, None]).T @ self.x
        return At(value, slope, curvature, leverage) if np.isfinite(value) else None

    def known(self, beta: Floats) -> At:
        """The likelihood at coefficients where it cannot be 0, as at its maximum."""
        there = self.at(beta)
        if there is None:
            raise ArithmeticError("The likelihood is 0 at coefficients where it was found not to be.")
        return there

    def maximum(self, start: Floats, free: NDArray[np.bool_] | None = None) -> tuple[Floats, At] | None:
        """Coefficients that maximise the likelihood, those not `free` held where they are; None if none are found."""
        free = np.ones(len(start), dtype=bool) if free is None else free
        beta, now, before, slow = start, self.at(start), np.inf, False
        for _ in range(_ITERATIONS):
            if now is None:
                return None
            step = np.zeros(len(beta))
            step[free] = _solve(now.curvature, now.slope, free)
            slow = slow or float(step @ now.slope) > _SLOW * before
            if slow:
                # Newton's own step, where the likelihood is concave.
                with suppress(linalg.LinAlgError):
                    step[free] = _solve(self._exact_curvature(beta, now), now.slope, free)
            left = float(step @ now.slope)
            if left < _SETTLED or before <= left < _STUCK:
                return beta, now
            moved = self._uphill(beta, now, step)
            if moved is None:
                return (beta, now) if left < _STUCK else None
            (beta, now), before = moved, left
        return None

    def _exact_curvature(self, beta: Floats, now: At) -> Floats:
        """The curvature with the leverages moving as they do: not positive everywhere, and slower to compute."""
        if not self.penalised:
            return now.curvature
        share = special.expit(self.x @ beta)
        tilt = 1 - 2 * share
        weighted = self.x * np.sqrt(self.trials * share * special.expit(-(self.x @ beta)))[:, None]
        root = linalg.cholesky(weighted.T @ weighted, lower=True, check_finite=False)
        white = linalg.solve_triangular(root, weighted.T, lower=True, check_finite=False).T
        # The square of what one row has to do with another is a product of squares: no table of rows by rows is made.
        pull = np.zeros((white.shape[1], white.shape[1] ** 2))
        for first in range(0, len(white), _ROWS):
            part = slice(first, first + _ROWS)
            squares = (white[part, :, None] * white[part, None, :]).reshape(-1, pull.shape[1])
            pull += (self.x[part] * tilt[part, None]).T @ squares
        own = (self.x * (now.leverage * tilt**2)[:, None]).T @ self.x
        return now.curvature - (own - pull @ pull.T) / 2

    def _uphill(self, beta: Floats, now: At, step: Floats) -> tuple[Floats, At] | None:
        """A step, halved until the likelihood does not fall by more than rounding; None where it always does."""
        for _ in range(_HALVINGS):
            there = self.at(beta + step)
            if there is not None and there.value >= now.value - _ROUNDING * abs(now.value):
                return beta + step, there
            step = step / 2
        return None


def orthogonal(x: Floats, trials: Floats) -> tuple[Floats, Floats]:
    """Columns that span the same, orthogonal and of mean square 1 over all trials.

    The last coefficient of the new columns is that of the last column of `x` but for a factor, the last of the
    triangle's diagonal, so that what is asked of it may be asked where rounding does no harm.

    Returns
    -------
    columns : (rows, terms). triangle : (terms, terms), its diagonal above 0, by which coefficients of `x` become those
    of the new columns.
    """
    root = np.sqrt(trials / trials.sum())[:, None]
    basis, triangle = linalg.qr(x * root, mode="economic", check_finite=False)
    sign = np.sign(np.diag(triangle))
    return basis / root * sign, triangle * sign[:, None]


class Profile:
    """The likelihood along one coefficient, maximised over the others.

    Parameters
    ----------
    likelihood : of all coefficients. best : (terms,) at its maximum. held : which coefficient.
    """

    def __init__(self, likelihood: PenalisedLikelihood, best: Floats, held: int) -> None:
        self._likelihood, self._held = likelihood, held
        self._free = np.arange(len(best)) != held
        self._best, self._peak = float(best[held]), likelihood.known(best)
        self._known = {self._best: (best, self._peak)}

    def fall(self, value: float) -> float:
        """By how much twice the log-likelihood is lower at `value` of the coefficient; infinite if lost on the way."""
        aim = value
        for _ in range(_LEAPS):
            if value in self._known:
                return max(2 * (self._peak.value - self._known[value][1].value), 0.0)
            near = min(self._known, key=lambda other: abs(other - aim))
            # Half as far where it is too far for one leap.
            aim = value if self._reach(aim, near) else (near + aim) / 2
        return np.inf

    def _reach(self, value: float, near: float) -> bool:
        """Maximise over the other coefficients, from where they are at `near`; whether that is found."""
        beta, there = self._known[near]
        start = beta.copy()
        start[self._held] = value
        # The others move with the one that is held, to first order.
        moved = start.copy()
        moved[self._free] -= _solve(there.curvature, there.curvature[:, self._held], self._free) * (value - near)
        reached = self._likelihood.maximum(moved, self._free) or self._likelihood.maximum(start, self._free)
        if reached is not None:
            self._known[value] = reached
        return reached is not None

    def limit(self, fall: float, side: int) -> float:
        """Where it has fallen by `fall`, above 0: below the maximum (`side` -1) or above it (1).

        Returns
        -------
        The limit; minus infinity or infinity where the likelihood does not fall so far.
        """

        def beyond(value: float) -> float:
            # Nearly a line.
            return float(np.sqrt(self.fall(value)) - np.sqrt(fall))

        inside = self._best
        outside = inside + side * float(np.sqrt(fall * linalg.inv(self._peak.curvature)[self._held, self._held]))
        for _ in range(_WIDENINGS):
            reach = beyond(outside)
            if np.isinf(reach):
                break
            if reach >= 0:
                return float(optimize.brentq(beyond, inside, outside, xtol=1e-12, rtol=1e-12))
            inside, outside = outside, outside + 0.5 * (outside - self._best)
        return float(np.copysign(np.inf, side))


def _solve(curvature: Floats, right: Floats, free: NDArray[np.bool_]) -> Floats:
    if not free.any():
        return np.zeros(0)
    return linalg.solve(curvature[np.ix_(free, free)], right[free], assume_a="pos")


LIMITS = ["standard_error", "low", "high", "p_value", "wald_low", "wald_high", "wald_p_value"]


@dataclass(frozen=True, eq=False)
class Counts:
    """Terms of distinct rows, those with the outcome and all; whether Jeffreys' penalty is on them."""

    x: Floats
    events: Floats
    trials: Floats
    penalised: bool = True

    def likelihood(self, place: int) -> tuple[PenalisedLikelihood, Floats]:
        """In orthogonal columns, the last of which is about the term at `place`; and their triangle."""
        columns, triangle = orthogonal(_last(self.x, place), self.trials)
        return PenalisedLikelihood(columns, self.events, self.trials, self.penalised), triangle


@dataclass(frozen=True, eq=False)
class Fit:
    """Coefficients by term, the leverage of rows, and the logarithm of the likelihood on the scale of the terms."""

    coefficients: Floats
    leverage: Floats
    loglikelihood: float


def fit_counts(counts: Counts) -> Fit:
    """Fit a model. Raises NotEstimable where no maximum is found."""
    likelihood, triangle = counts.likelihood(0)
    best, peak = _found(likelihood.maximum(np.zeros(len(triangle))))
    back = linalg.solve_triangular(triangle, best)
    return Fit(np.append(back[-1], back[:-1]), peak.leverage, peak.value + float(np.log(np.diag(triangle)).sum()))


def null_loglikelihood(counts: Counts) -> float:
    """The logarithm of the penalised likelihood where all coefficients but the intercept are 0."""
    columns, triangle = orthogonal(counts.x, counts.trials)
    # Of the triangle's columns the first is 0 below its diagonal, so that the intercept is the first coefficient alone.
    likelihood = PenalisedLikelihood(columns, counts.events, counts.trials)
    _, at = _found(likelihood.maximum(np.zeros(len(triangle)), np.arange(len(triangle)) == 0))
    return at.value + float(np.log(np.diag(triangle)).sum())


def told_apart(counts: Counts, leverage: Floats) -> Counts:
    """The respondents, and the penalty's pseudo-observations (half with the outcome) with a term of their own."""
    return Counts(
        x=np.column_stack([np.tile(counts.x, (2, 1)), np.repeat([0.0, 1.0], len(counts.x))]),
        events=np.append(counts.events, leverage / 2),
        trials=np.append(counts.trials, leverage),
        penalised=False,
    )


def adding_up(counts: Counts, estimate: Floats) -> float:
    """The intercept at which the predicted probabilities add up to the outcomes, the other coefficients held (FLIC)."""
    others = counts.x[:, 1:] @ estimate[1:]
    events = counts.events.sum()
    middle = special.logit(events / counts.trials.sum())
    return float(
        optimize.brentq(
            lambda value: counts.trials @ special.expit(value + others) - events,
            middle - others.max(initial=0) - 1,
            middle - others.min(initial=0) + 1,
            xtol=1e-13,
            rtol=1e-13,
        )
    )


def limits_of(counts: Counts, estimate: Floats, place: int, confidence: float) -> Floats:
    """The columns of `LIMITS` of the coefficient at `place`, by profile beside Wald's."""
    likelihood, triangle = counts.likelihood(place)
    best, peak = _found(likelihood.maximum(triangle @ _last(estimate, place)))
    along, unit = Profile(likelihood, best, len(best) - 1), triangle[-1, -1]
    fall = float(special.chdtri(1, 1 - confidence))
    error, *wald = _wald(peak, float(best[-1]), confidence)
    own = np.array([error, along.limit(fall, -1), along.limit(fall, 1), 0, *wald[:2], 0]) / unit
    own[LIMITS.index("p_value")] = special.chdtrc(1, along.fall(0.0))
    own[LIMITS.index("wald_p_value")] = wald[2]
    return own


def by_wald(counts: Counts, estimate: Floats, confidence: float) -> Floats:
    """The columns of `LIMITS` of the intercept, by the curvature at coefficients that are no maximum."""
    likelihood, triangle = counts.likelihood(0)
    there = triangle @ _last(estimate, 0)
    error, low, high, p = _wald(likelihood.known(there), float(there[-1]), confidence)
    unit = triangle[-1, -1]
    return np.array([error / unit, low / unit, high / unit, p, low / unit, high / unit, p])


def _wald(at: At, estimate: float, confidence: float) -> tuple[float, float, float, float]:
    """Standard error, limits and p-value of the last coefficient."""
    error = float(np.sqrt(linalg.inv(at.curvature)[-1, -1]))
    reach = float(special.ndtri((1 + confidence) / 2)) * error
    return error, estimate - reach, estimate + reach, float(special.chdtrc(1, (estimate / error) ** 2))


def _last(values: Floats, place: int) -> Floats:
    """The same, with one of the columns (or numbers) moved to the end."""
    return np.concatenate([np.delete(values, place, axis=-1), values[..., [place]]], axis=-1)


def _found(reached: tuple[Floats, At] | None) -> tuple[Floats, At]:
    if reached is None:
        raise NotEstimable(
            "not_converged",
            "The penalised likelihood's maximum was not found to the precision asked for: some covariate has values so "
            "extreme that its probabilities are 0 and 1. Its logarithm, or categories, would help.",
        )
    return reached


INTERCEPTS = ("unchanged", "flic", "flac")
_METHODS = {
    "unchanged": "Logistic regression by Firth's penalised likelihood",
    "flic": "Logistic regression by Firth's penalised likelihood, intercept corrected (FLIC; its limits are Wald's)",
    "flac": "Logistic regression by Firth's penalised likelihood, pseudo-observations told apart (FLAC)",
}
_PROFILE = "; limits and p-values by its profile. It describes those asked: the sample's design is not in it."
_WEIGHTED = "; weights scaled to the number of respondents, estimates only."
# Outcomes (or their absence, if rarer) for each term below which the penalty decides much.
_FEW = 5
# Share of the outcomes by which predictions may miss their number before it is said.
_OFF = 0.05


@dataclass(frozen=True, eq=False)
class FirthLogistic:
    """Odds ratios of an outcome among those asked.

    Parameters
    ----------
    outcome : its name.
    coefficients : one row a term, the intercept first: term, coefficient (log odds ratio), standard_error, low, high,
        p_value, odds_ratio, odds_ratio_low, odds_ratio_high, wald_low, wald_high, wald_p_value, n (of a term of 0 and 1
        the respondents who have 1, else all), events (of them, with the outcome). `low`, `high` and `p_value` are by
        profile, `wald_*` only for comparison. All but the estimates are missing in a weighted fit.
    n, events : respondents of whom all is known, and those with the outcome; unweighted.
    unknown : respondents left out since outcome or a covariate is missing.
    loglikelihood, null_loglikelihood : penalised, of Firth's fit and with all coefficients but the intercept 0.
    confidence : level of the limits.
    infinite : terms without a maximum-likelihood estimate, since the data separate along them (`separation`).
    method : the estimator and its limits in words.
    warnings : what a reader must know, one sentence each.
    """

    outcome: str
    coefficients: pd.DataFrame = field(repr=False)
    n: int
    events: int
    unknown: int
    loglikelihood: float
    null_loglikelihood: float
    confidence: float
    infinite: tuple[str, ...]
    method: str
    warnings: tuple[Caution, ...]


def firth_logistic(
    data: pd.DataFrame,
    outcome: str,
    covariates: str | Sequence[str] | None = None,
    weight: str | None = None,
    *,
    confidence: float = 0.95,
    intercept: str = "unchanged",
) -> FirthLogistic:
    """Logistic regression under Jeffreys' penalty: every estimate is finite, and less biased than maximum likelihood.

    For an outcome that is rare, or data that separate: all who have a trait, and only they, have the outcome, so that
    maximum likelihood runs to infinity. It knows nothing of a sample's design: respondents count as independent, and
    the result describes those asked. For a probability sample without separation, `SurveyDesign.logistic` is the better
    choice; where only this one can be had, its limits are too narrow by as much as the design effect widens them.

    Parameters
    ----------
    data : one row a respondent.
    outcome : column of 0/1 or booleans, missing where not known; or a formula, ``working ~ age_group + C(grade)*sex``.
    covariates : columns, where `outcome` is one: numbers, booleans, or categories, whose first is the reference. Texts
        are categories in the order of the alphabet.
    weight : column of numbers above 0. They are scaled to the number of respondents, and shift the estimates towards
        the population they stand for. Errors, limits and p-values are left out: the likelihood of weighted respondents
        is none of what was observed, and limits from it would say nothing true. Fit with each replicate weight for
        errors that hold, and give identical respondents in a row each rather than with a count.
    confidence : level of the limits, between 0 and 1.
    intercept : ``unchanged``; ``flic``: moved so that the predicted probabilities add up to the outcomes (its limits
        and p-value are then Wald's, the other coefficients stay); ``flac``: the fit made again with the penalty's
        pseudo-observations, told apart by a term of their own, for the same purpose: all coefficients move a little,
        and the limits are of that fit. Use one of these for predicted probabilities, which else lean towards one half.

    Returns
    -------
    FirthLogistic. Limits are where the profile of the penalised likelihood falls by half a chi-squared quantile,
    p-values are of its ratio (chi-squared, one degree of freedom). Standard errors are of the penalised likelihood's
    curvature, the leverages held; those of Fisher's information alone, which some programs print, are a little larger.

    Raises
    ------
    NotEstimable : nobody or everybody has the outcome, there are fewer respondents than terms, or terms are collinear.
    ValueError : a column is missing or holds what it may not; the row is named.

    References
    ----------
    Firth, D. (1993). Bias reduction of maximum likelihood estimates. Biometrika 80, 27-38.
    Heinze, G. and Schemper, M. (2002). A solution to the problem of separation in logistic regression. Statistics in
        Medicine 21, 2409-2419.
    Puhr, R., Heinze, G., Nold, M., Lusa, L. and Geroldinger, A. (2017). Firth's logistic regression with rare events:
        accurate effect estimates and predictions? Statistics in Medicine 36, 2302-2317.
    """
    intervals.check_confidence(confidence)
    if intercept not in INTERCEPTS:
        raise Refusal("unknown_choice", f"`intercept` is one of {', '.join(INTERCEPTS)}; it is '{intercept}'.")
    model = model_matrix(data, outcome, covariates)
    _refuse(model)
    weights = np.ones(len(model.y)) if weight is None else _weights(data, weight)[model.known]
    weights = weights * len(weights) / weights.sum()
    group, first = distinct_rows(model.x)
    counts = Counts(
        x=model.x[first],
        events=np.bincount(group, weights=weights * model.y).astype(float),
        trials=np.bincount(group, weights=weights).astype(float),
    )
    fit = fit_counts(counts)
    used, estimate = counts, fit.coefficients
    if intercept == "flac":
        used = told_apart(counts, fit.leverage)
        estimate = fit_counts(used).coefficients
    elif intercept == "flic":
        estimate = np.append(adding_up(counts, estimate), estimate[1:])
    limits = np.full((len(model.terms), len(LIMITS)), np.nan)
    if weight is None:
        at = estimate if intercept == "flac" else fit.coefficients
        limits = np.array([limits_of(used, at, place, confidence) for place in range(len(model.terms))])
        if intercept == "flic":
            limits[0] = by_wald(counts, estimate, confidence)
    infinite = tuple(term for term, _ in separation(model.x, model.y, model.terms))
    predicted = counts.trials @ special.expit(counts.x @ fit.coefficients) / counts.events.sum()
    return FirthLogistic(
        outcome=model.outcome,
        coefficients=_coefficients(model, estimate[: len(model.terms)], limits),
        n=len(model.y),
        events=int(model.y.sum()),
        unknown=int((~model.known).sum()),
        loglikelihood=fit.loglikelihood,
        null_loglikelihood=null_loglikelihood(counts),
        confidence=confidence,
        infinite=infinite,
        method=_METHODS[intercept] + (_WEIGHTED if weight else _PROFILE),
        warnings=_warnings(model, infinite, weight, float(predicted), intercept),
    )


def _refuse(model: ModelMatrix) -> None:
    n, terms = model.x.shape
    if not n:
        raise NotEstimable(
            "no_complete_rows",
            f"Of no respondent are the outcome '{model.outcome}' and all covariates known. Covariates asked of few, "
            "or of those only whom the question concerns, are better left out or given a category of their own.",
        )
    events = int(model.y.sum())
    if events in (0, n):
        raise NotEstimable(
            "outcome_does_not_vary",
            f"{'Everybody' if events else 'Nobody'} of the {n} respondents of whom all is known has the outcome "
            f"'{model.outcome}', so that nothing can be compared. Its share, with an interval, can be given.",
        )
    if n < terms:
        raise NotEstimable(
            "too_few_rows",
            f"There are {terms} terms and {n} respondents of whom all is known. Fewer covariates, or categories "
            "joined, would help.",
        )
    tied = undetermined(model.x)
    if tied.any():
        raise NotEstimable(
            "collinear",
            f"Terms are collinear: {', '.join(np.array(model.terms)[tied])}. One of them follows from the others (from "
            "the intercept alone, if it is the same for all), so that their odds ratios cannot be told apart; leave "
            "one out, or join categories.",
        )


def _weights(data: pd.DataFrame, column: str) -> Floats:
    if column not in data:
        raise Refusal(
            "missing_column", f"The respondents have no column '{column}'. There are: {', '.join(map(str, data))}."
        )
    values = pd.to_numeric(data[column], errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    bad = ~(np.isfinite(values) & (values > 0))
    if bad.any():
        row = int(bad.argmax())
        raise Refusal(
            "not_positive",
            f"Row {data.index[row]}: '{column}' is '{data[column].iloc[row]}'. A weight is the number of persons a "
            "respondent stands for: a number above 0.",
        )
    return values


def _coefficients(model: ModelMatrix, estimate: Floats, limits: Floats) -> pd.DataFrame:
    table = pd.DataFrame(limits, columns=LIMITS)
    table.insert(0, "term", pd.Series(model.terms, dtype="str"))
    table.insert(1, "coefficient", estimate)
    for place, column in enumerate(("coefficient", "low", "high"), start=6):
        name = "odds_ratio" if column == "coefficient" else f"odds_ratio_{column}"
        with np.errstate(over="ignore"):
            table.insert(place, name, np.exp(table[column]))
    # Those whom a term of 0 and 1 is about; everybody for others.
    members = np.where(np.isin(model.x, (0, 1)).all(axis=0), model.x, 1.0)
    return table.assign(n=members.sum(axis=0).astype(int), events=(members.T @ model.y).astype(int))


def _warnings(
    model: ModelMatrix, infinite: Sequence[str], weight: str | None, predicted: float, intercept: str
) -> tuple[Caution, ...]:
    n, events, unknown = len(model.y), int(model.y.sum()), int((~model.known).sum())
    rarer, others = min(events, n - events), len(model.terms) - 1
    found = {
        Caution(
            "unknown_left_out",
            f"Left out since the outcome or a covariate is not known: {unknown} of {n + unknown} respondents.",
        ): unknown > 0,
        Caution(
            "separation",
            f"Maximum likelihood has no estimate of {', '.join(infinite)}: the data separate along it. The estimates "
            "here are finite by the penalty; of their size the limits say more.",
        ): bool(infinite),
        Caution(
            "few_events_per_term",
            f"{rarer} respondents {'with' if rarer == events else 'without'} the outcome for {others} "
            f"{'term' if others == 1 else 'terms'}, fewer than {_FEW} a term: the penalty decides much, and covariates "
            "chosen on these data would mislead.",
        ): rarer < _FEW * others,
        Caution(
            "predictions_off",
            f"Predicted probabilities add up to {100 * abs(predicted - 1):.0f} % {'more' if predicted > 1 else 'less'} "
            "than the outcomes: use them with `intercept='flic'` only.",
        ): intercept == "unchanged" and abs(predicted - 1) > _OFF,
        Caution(
            "no_standard_errors",
            "Weighted: no errors, limits or p-values, as no design stands behind them. Replicate weights give errors.",
        ): weight is not None,
    }
    return tuple(sentence for sentence, holds in found.items() if holds)
