"""Firth's logistic regression: penalised likelihood, for rare outcomes and data that separate."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import linalg, special

from bounded import intervals
from bounded.arguments import NAMES, checked
from bounded.notebook_result import NotebookResult
from bounded.refusal import Caution
from survey_stats.design import Floats, NotEstimable
from survey_stats.model_matrix import ModelMatrix, distinct_rows, model_matrix
from survey_stats.odds_ratios import ratio_plot
from survey_stats.separation import require_estimable, separation

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LIMITS = ["standard_error", "low", "high", "p_value"]
# A fit is settled when a step, of coefficients of columns of mean square 1, is shorter than this. If rounding keeps it
# from that, steps are halved until the likelihood does not fall, and may be a little longer.
_SETTLED, _HALVED = 1e-9, 1e-7
_ITERATIONS, _HALVINGS = 500, 40


@dataclass(frozen=True, eq=False)
class _Counts:
    """Distinct rows of terms (rows, terms) and outcomes (rows,), and how many respondents each stands for."""

    x: Floats
    y: Floats
    trials: Floats

    def fit(self, place: int, confidence: float) -> tuple[float, Floats, float]:
        """The coefficient of the term at `place`, its `LIMITS`, and the logarithm of the penalised likelihood.

        The columns are made orthogonal, with the term's as the last: rounding then does no harm, whatever their units.
        """
        ordered = np.column_stack([np.delete(self.x, place, axis=1), self.x[:, place]])
        columns, triangle = _orthogonal(ordered, self.trials)
        for halvings, settled in ((0, _SETTLED), (_HALVINGS, _HALVED)):
            estimate, limits, loglikelihood = self._fit(columns, confidence, halvings, settled)
            if np.isfinite(limits).all():
                unit = triangle[-1, -1]
                limits[:3] /= unit
                return estimate / unit, limits, loglikelihood + float(np.log(np.diag(triangle)).sum())
        raise NotEstimable(
            "not_converged",
            "The penalised likelihood's maximum was not found to the precision asked for: some covariate has values so "
            "extreme that its probabilities are 0 and 1. Its logarithm, or categories, would help.",
        )

    def _fit(self, columns: Floats, confidence: float, halvings: int, settled: float) -> tuple[float, Floats, float]:
        """The same of the last of some columns; what is not found is missing."""
        # scikit-learn, on which this rests, takes a second to load.
        from firthmodels import FirthLogisticRegression

        model = FirthLogisticRegression(
            backend="numpy",
            max_iter=_ITERATIONS,
            max_halfstep=halvings,
            gtol=settled * max(1.0, self.trials.sum() / 1000),
            xtol=settled,
            fit_intercept=False,
        )
        term, limits = columns.shape[1] - 1, np.full(len(LIMITS), np.nan)
        with warnings.catch_warnings(), suppress(linalg.LinAlgError):
            warnings.simplefilter("ignore")
            model.fit(columns, self.y, sample_weight=self.trials)
            if model.converged_:
                estimate, error = float(model.coef_[term]), float(model.bse_[term])
                ends = model.conf_int(1 - confidence, "pl", term, max_iter=_ITERATIONS, tol=settled)[term]
                limits[:] = error, *ends, model.lrt(term).lrt_pvalues_[term]
                return estimate, limits, float(model.loglik_)
        return np.nan, limits, np.nan


def _orthogonal(x: Floats, trials: Floats) -> tuple[Floats, Floats]:
    """Columns that span the same, orthogonal and of mean square 1 over all trials.

    Returns
    -------
    columns : (rows, terms). triangle : (terms, terms), its diagonal above 0, by which coefficients of `x` become those
    of the new columns. The last coefficient is the old one but for a factor, the last of the diagonal.
    """
    root = np.sqrt(trials / trials.sum())[:, None]
    basis, triangle = linalg.qr(x * root, mode="economic", check_finite=False)
    sign = np.sign(np.diag(triangle))
    return basis / root * sign, triangle * sign[:, None]


def _null_loglikelihood(counts: _Counts) -> float:
    """The logarithm of the penalised likelihood where all coefficients but the intercept are 0.

    All rows have one probability then: the penalty adds half a row with the outcome, and half a one without, a term.
    """
    events, trials, terms = counts.trials @ counts.y, counts.trials.sum(), counts.x.shape[1]
    share = (events + terms / 2) / (trials + terms)
    _, triangle = _orthogonal(counts.x, counts.trials)
    penalty = terms / 2 * np.log(trials * share * (1 - share)) + np.log(np.diag(triangle)).sum()
    return float(events * np.log(share) + (trials - events) * np.log1p(-share) + penalty)


_METHOD = (
    "Logistic regression by Firth's penalised likelihood; limits and p-values by its profile. It describes those "
    "asked: the sample's design is not in it."
)
# Outcomes (or their absence, if rarer) for each term below which the penalty decides much.
_FEW = 5
# Share of the outcomes by which predictions may miss their number before it is said.
_OFF = 0.05


@dataclass(frozen=True, eq=False)
class FirthLogistic(NotebookResult):
    """Odds ratios of an outcome among those asked.

    Parameters
    ----------
    outcome : its name.
    coefficients : one row a term, the intercept first: term, coefficient (log odds ratio), standard_error, low, high,
        p_value, odds_ratio, odds_ratio_low, odds_ratio_high, n (of a term of 0 and 1 the respondents who have 1, else
        all), events (of them, with the outcome). `low`, `high` and `p_value` are by profile.
    n, events : respondents of whom all is known, and those with the outcome.
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

    def plot(self, *, title: str = "") -> Figure:
        """The odds ratios with their profile limits, a row a term."""
        table = self.coefficients[1:]
        ends = table[["odds_ratio", "odds_ratio", "odds_ratio_low", "odds_ratio_high"]].to_numpy(dtype=float)
        key = f"odds ratio and {intervals.percent(self.confidence)} profile limits"
        title = title or f"What goes with '{self.outcome}', {self.n:,} respondents"
        return ratio_plot(table["term"].tolist(), key, ends, title)


@checked(covariates=NAMES)
def firth_logistic(
    data: pd.DataFrame,
    outcome: str,
    covariates: str | Sequence[str] | None = None,
    *,
    confidence: float = 0.95,
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
    confidence : level of the limits, between 0 and 1.

    Returns
    -------
    FirthLogistic. Limits are where the profile of the penalised likelihood falls by half a chi-squared quantile,
    p-values are of its ratio (chi-squared, one degree of freedom). Standard errors are of the penalised likelihood's
    curvature, the leverages held; those of Fisher's information alone, which some programs print, are a little larger.
    Predicted probabilities lean towards one half.

    Raises
    ------
    NotEstimable : nobody or everybody has the outcome, there are fewer respondents than terms, or terms are collinear.
    ValueError : a column is missing or holds what it may not; the row is named.

    References
    ----------
    Firth, D. (1993). Bias reduction of maximum likelihood estimates. Biometrika 80, 27-38.
    Heinze, G. and Schemper, M. (2002). A solution to the problem of separation in logistic regression. Statistics in
        Medicine 21, 2409-2419.
    """
    model = model_matrix(data, outcome, covariates)
    require_estimable(model, model.x, model.y, {}, None)
    group, first = distinct_rows(np.column_stack([model.x, model.y]))
    counts = _Counts(model.x[first], model.y[first], np.bincount(group).astype(float))
    estimates, limits, loglikelihoods = zip(
        *(counts.fit(place, confidence) for place in range(len(model.terms))), strict=True
    )
    predicted = special.expit(model.x @ np.array(estimates)).sum() / model.y.sum()
    infinite = tuple(term for term, _ in separation(model.x, model.y, model.terms))
    return FirthLogistic(
        outcome=model.outcome,
        coefficients=_coefficients(model, np.array(estimates), np.array(limits)),
        n=len(model.y),
        events=int(model.y.sum()),
        unknown=int((~model.known).sum()),
        loglikelihood=loglikelihoods[0],
        null_loglikelihood=_null_loglikelihood(counts),
        confidence=confidence,
        infinite=infinite,
        method=_METHOD,
        warnings=_warnings(model, infinite, float(predicted)),
    )


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


def _warnings(model: ModelMatrix, infinite: Sequence[str], predicted: float) -> tuple[Caution, ...]:
    n, events, unknown = len(model.y), int(model.y.sum()), int((~model.known).sum())
    rarer, others = min(events, n - events), len(model.terms) - 1
    return Caution.kept(
        Caution.when(
            unknown > 0,
            "unknown_left_out",
            f"Left out since the outcome or a covariate is not known: {unknown} of {n + unknown} respondents.",
        ),
        Caution.when(
            infinite,
            "separation",
            f"Maximum likelihood has no estimate of {', '.join(infinite)}: the data separate along it. The estimates "
            "here are finite by the penalty; of their size the limits say more.",
        ),
        Caution.when(
            rarer < _FEW * others,
            "few_events_per_term",
            f"{rarer} respondents {'with' if rarer == events else 'without'} the outcome for {others} "
            f"{'term' if others == 1 else 'terms'}, fewer than {_FEW} a term: the penalty decides much, and covariates "
            "chosen on these data would mislead.",
        ),
        Caution.when(
            abs(predicted - 1) > _OFF,
            "predictions_off",
            f"Predicted probabilities add up to {100 * abs(predicted - 1):.0f} % {'more' if predicted > 1 else 'less'} "
            "than the outcomes: they are not for use, the odds ratios are.",
        ),
    )
