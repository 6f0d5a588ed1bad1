"""A sample as it was drawn, with all that can be estimated from it as methods."""

from __future__ import annotations

from survey_stats.contingency import ContingencyTable, contingency_table
from survey_stats.design import Names
from survey_stats.estimates import Estimates
from survey_stats.odds_ratios import LogisticRegression, logistic_regression


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
        return contingency_table(self, rows, columns, statistic=statistic)

    def logistic(self, outcome: str, covariates: Names | None = None, **options: object) -> LogisticRegression:
        """Logistic regression under the design (`logistic_regression`): a formula, or an outcome and covariates."""
        return logistic_regression(self, outcome, covariates, **options)  # type: ignore[arg-type]
