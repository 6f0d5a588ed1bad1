"""Logistic regression by Firth's penalised likelihood: for rare outcomes, and where the data separate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from scipy import special

from analysis import intervals
from analysis.refusal import Caution, Refusal
from analysis.risk.linearisation import Floats
from analysis.risk.model_matrix import ModelMatrix, distinct_rows, model_matrix, undetermined
from analysis.risk.penalised_fit import (
    LIMITS,
    Counts,
    adding_up,
    by_wald,
    fit_counts,
    limits_of,
    null_loglikelihood,
    told_apart,
)
from analysis.risk.refusal import NotEstimable
from analysis.risk.separation import separation

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
