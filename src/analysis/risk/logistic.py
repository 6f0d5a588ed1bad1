"""Logistic regression under a survey's design: odds ratios, and what they rest on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from analysis import result_plots
from analysis.risk.estimates import NAMES
from analysis.risk.regression import Regression, regression

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from analysis.risk.design import Design


@dataclass(frozen=True, eq=False)
class LogisticRegression(Regression):
    """A `Regression` of yes or no; `coefficients` has odds_ratio, odds_ratio_low, odds_ratio_high as well.

    Parameters
    ----------
    events : respondents in the model with the outcome, unweighted.
    """

    events: int = 0

    def plot(self, *, title: str = "") -> Figure:
        """The odds ratios with their limits; one of a level that lies in one sampling unit has none."""
        table = self.coefficients[1:]
        ends = table[["odds_ratio", "odds_ratio", "odds_ratio_low", "odds_ratio_high"]].to_numpy(dtype=float)
        ends[table["standard_error"].isna().to_numpy()] = np.nan
        return result_plots.rows(
            [
                f"{factor}: {level}"
                for factor, level in zip(table["factor"], table["level"].fillna("each 1 more"), strict=True)
            ],
            {f"odds ratio and {100 * self.confidence:g}% interval": tuple(ends.T)},
            title=title or f"What goes with '{self.outcome}', {self.n:,} respondents",
            xlabel="odds ratio (logarithmic scale)",
            at={"no association": 1.0},
            log=True,
        )


def logistic_regression(
    design: Design,
    outcome: str,
    covariates: NAMES | None = None,
    *,
    confidence: float = 0.95,
    errors: str = "linearised",
) -> LogisticRegression:
    """Fit a logistic regression by weighted (pseudo) maximum likelihood, with linearised errors under the design.

    Parameters
    ----------
    design : a probability sample; a domain of it for those alone. Who is outside, or of whom a value is missing, leaves
        the model and stays in the design.
    outcome : column of 0/1 or booleans, or a formula ``outcome ~ age + C(grade) * sex`` (backticks around names with
        blanks; ``C(nationality, contr.treatment("SY"))`` names another reference).
    covariates : columns, where `outcome` is one. Numbers and booleans are a term each; of texts and categories each
        level but the first (in the order of the categories; of the alphabet for texts) is a term.
    confidence : level of the limits.
    errors : ``linearised`` or ``jackknife``, as for `regression`.

    Raises
    ------
    NotEstimable : the sample is none of a population, the outcome is the same for all, terms are collinear or separate
        those with the outcome from those without (they are named), or the PSUs are no more than the terms.
    ValueError : a column is missing or holds what it may not; the row is named.

    References
    ----------
    Binder, D. A. (1983). On the variances of asymptotically normal estimators from complex surveys. International
        Statistical Review 51, 279-292.
    Peduzzi, P., Concato, J., Kemper, E., Holford, T. R. and Feinstein, A. R. (1996). A simulation study of the number
        of events per variable in logistic regression analysis. Journal of Clinical Epidemiology 49, 1373-1379.
    """
    found = regression(design, outcome, covariates, family="binomial", confidence=confidence, errors=errors)
    events = int(found.y.sum())
    return LogisticRegression(**vars(found), events=events)
