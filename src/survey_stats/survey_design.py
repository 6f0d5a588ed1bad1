"""A sample as it was drawn, with all that can be estimated from it as methods."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import pandas as pd

from bounded.arguments import checked
from bounded.notebook_result import NotebookResult
from bounded.refusal import require_columns
from survey_stats.contingency import ContingencyTable, contingency_table
from survey_stats.design import RESPONDENTS, Names, NotEstimable
from survey_stats.estimates import Estimates
from survey_stats.model_matrix import binary
from survey_stats.odds_ratios import LogisticRegression, logistic_regression
from survey_stats.regression import Regression, regression
from survey_stats.weights import Replicates, post_stratify, rake, replicate_weights


class SurveyDesign(Estimates):
    """Respondents, and how they were drawn.

    Every estimate is a table of one row a variable, category and domain, with its standard error by linearisation
    (`standard_error`), t limits (`low`, `high`), coefficient of variation (`cv`), design effect against a simple random
    sample of its size (`design_effect`), unweighted respondents (`n`), those whose value is not known (`unknown`, and
    their weighted share), PSUs and degrees of freedom. What is not known leaves the estimate and stays in the design.

    Parameters
    ----------
    data : one row a respondent, with the columns named below; it is not changed.
    weight : column of the persons a respondent stands for; left out: the inverse of what `fpc` says was drawn.
    stratum : column of strata; left out: one.
    psu : column of primary sampling units, or a list of the units of each stage, the outermost first; left out: each
        respondent is one.
    fpc : column of the number of units in the population of a stratum (or the share of them drawn), or a list, one a
        stage; left out: drawn with replacement, which is the safe choice.
    sampling : ``probability``, ``purposive`` or ``respondent_driven``. Only the first carries estimates for a
        population; the others refuse, and say why.
    domain_of : (n,) bool; set by `domain`. calibration : set by `rake` and `post_stratify`.

    Raises
    ------
    ValueError : a column is not there or holds what it may not; the row or the stratum is named.

    References
    ----------
    Binder, D. A. (1983). On the variances of asymptotically normal estimators from complex surveys. International
        Statistical Review 51, 279-292.
    Lumley, T. (2010). Complex Surveys: A Guide to Analysis Using R. Wiley.
    """

    def table(self, rows: str, columns: str, *, statistic: str = "F") -> ContingencyTable:
        """Weighted shares of two categories crossed, and Rao and Scott's test of independence (`contingency_table`)."""
        self.require_probability("table")
        return contingency_table(self, rows, columns, statistic=statistic)

    def logistic(self, outcome: str, covariates: Names | None = None, **options: object) -> LogisticRegression:
        """Logistic regression under the design (`logistic_regression`): a formula, or an outcome and covariates."""
        self.require_probability("model")
        return logistic_regression(self, outcome, covariates, **options)  # type: ignore[arg-type]

    def regression(self, outcome: str, covariates: Names | None = None, **options: object) -> Regression:
        """Linear, Poisson or logistic regression with the design's errors (`regression`), called as `logistic`."""
        self.require_probability("model")
        return regression(self, outcome, covariates, **options)  # type: ignore[arg-type]

    def post_stratify(self, totals: pd.DataFrame) -> Self:
        """The design with weights that add up to known totals of strata found after the draw (`post_stratify`)."""
        self.require_probability("weight")
        return post_stratify(self, totals)

    def rake(self, *margins: pd.DataFrame, **options: float) -> Self:
        """The design with weights that add up to the known totals of several margins (`rake`)."""
        self.require_probability("weight")
        return rake(self, *margins, **options)  # type: ignore[arg-type]

    def replicates(self, method: str = "jackknife", **options: object) -> Replicates:
        """Replicate weights, for the errors of whatever can be computed from weighted data (`replicate_weights`)."""
        self.require_probability("standard error")
        return replicate_weights(self, method, **options)  # type: ignore[arg-type]


ASSUMPTION = (
    "Everybody in the population had a known chance above 0 to be asked, non-response depends on nothing the weights "
    "do not hold, and answers are true. A household survey misses those who live in no household, or may not answer "
    "the door."
)


@dataclass(frozen=True)
class Prevalence(NotebookResult):
    """A design-weighted share.

    Parameters
    ----------
    estimate : share from 0 to 1 of those whose outcome is known.
    low, high : its limits.
    standard_error : by linearisation.
    confidence : level of the limits.
    n : respondents with a known outcome, unweighted.
    cases : respondents with the outcome, unweighted.
    unknown : respondents whose outcome is missing.
    bound_low, bound_high : the share if none, and if all, of the unknown have the outcome.
    design_effect : variance as a multiple of a simple random sample's of size n; missing where the share is 0 or 1.
    psus, strata : how many.
    degrees_of_freedom : psus - strata.
    method : the estimator and its limits in words.
    assumption : what the estimate rests on and the sample cannot test.
    """

    estimate: float
    low: float
    high: float
    standard_error: float
    confidence: float
    n: int
    cases: int
    unknown: int
    bound_low: float
    bound_high: float
    design_effect: float
    psus: int
    strata: int
    degrees_of_freedom: int
    method: str
    assumption: str


@checked()
def design_prevalence(
    data: pd.DataFrame,
    outcome: str,
    weight: str,
    stratum: str | None = None,
    psu: str | None = None,
    fpc: str | None = None,
    confidence: float = 0.95,
    *,
    purposive: bool = False,
) -> Prevalence:
    """Estimate a share from a stratified, clustered or simple probability sample.

    The estimate is a ratio of weighted sums (Hájek), its variance that of the linearised ratio between primary sampling
    units (PSUs) within strata, its limits are t limits on the logit scale. Where nobody or everybody has the outcome
    the variance is no guide: the limits are then Clopper and Pearson's, each PSU counted as one person, and fewer where
    PSUs weigh unequally. Respondents whose outcome is missing leave the estimate and stay in the design.

    Parameters
    ----------
    data : one row a respondent, with the columns named below.
    outcome : column of 0/1 or booleans; missing where not known.
    weight : column of the persons a respondent stands for, above 0.
    stratum : column of strata; left out: one stratum.
    psu : column of PSUs, numbered within strata or throughout; left out: each respondent is one.
    fpc : column with the number of PSUs in the stratum's population; left out: sampling with replacement, which is also
        the safe choice where persons were sampled again within PSUs.
    confidence : level of the limits, between 0 and 1.
    purposive : the respondents were chosen, volunteered or found by others: there is no probability to weigh by.

    Returns
    -------
    Prevalence : estimate, low, high, standard_error (shares from 0 to 1), bound_low, bound_high (if none, or all, of
        the unknown have the outcome), n, cases, unknown (respondents), design_effect, psus, strata.

    Raises
    ------
    NotEstimable : the sample is purposive, nobody's outcome is known, or a stratum has one PSU.
    ValueError : a column is missing or holds what it may not; the row or stratum is named.

    References
    ----------
    Binder, D. A. (1983). On the variances of asymptotically normal estimators from complex surveys. International
        Statistical Review 51, 279-292.
    Korn, E. L. and Graubard, B. I. (1998). Confidence intervals for proportions with small expected number of positive
        counts estimated from survey data. Survey Methodology 24, 193-201.
    """
    require_columns(data, [outcome], RESPONDENTS)
    binary(data[outcome])
    try:
        design = SurveyDesign(data, weight, stratum, psu, fpc, "purposive" if purposive else "probability")
        found = design.proportion(outcome, confidence=confidence)
        row = found[found["category"].eq(True)].iloc[0]
    except NotEstimable as error:
        raise NotEstimable("not_estimable", str(error)) from None
    if not row["n"]:
        raise NotEstimable(
            "no_known_outcome", f"The outcome '{outcome}' is known of no respondent, so there is no share."
        )
    freedom, strata = int(row["degrees_of_freedom"]), int(design.structure.stages[0].stratum.max()) + 1
    if freedom < 1:
        raise NotEstimable(
            "too_few_units", "Every stratum has one PSU, so that nothing shows how far one PSU is from another."
        )
    how = (
        f"t limits with {freedom} degrees of freedom on the logit scale."
        if row["method"] == "logit"
        else f"Clopper-Pearson limits with each PSU as one person, as a share of {row['estimate']:.0f} has no variance "
        "to go by."
    )
    known = 1 - float(row["share_unknown"])
    return Prevalence(
        estimate=float(row["estimate"]),
        low=float(row["low"]),
        high=float(row["high"]),
        standard_error=float(row["standard_error"]) if row["method"] == "logit" else 0.0,
        confidence=confidence,
        n=int(row["n"]),
        cases=int(row["cases"]),
        unknown=int(row["unknown"]),
        bound_low=float(row["estimate"]) * known,
        bound_high=float(row["estimate"]) * known + float(row["share_unknown"]),
        design_effect=float(row["design_effect"]),
        psus=len(design.structure.stages[0].stratum),
        strata=strata,
        degrees_of_freedom=freedom,
        method=f"Ratio of weighted sums, linearised variance; {how}",
        assumption=ASSUMPTION,
    )
