"""A sample as it was drawn, with all that can be estimated from it as methods."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import pandas as pd

from bounded.refusal import Refusal
from survey_stats import estimates
from survey_stats.calibration import post_stratify, rake
from survey_stats.contingency import ContingencyTable, contingency_table
from survey_stats.design import Design
from survey_stats.odds_ratios import LogisticRegression, logistic_regression
from survey_stats.regression import Regression, regression
from survey_stats.replicates import Replicates, replicate_weights


class SurveyDesign(Design):
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

    def mean(self, variables: estimates.NAMES, by: estimates.NAMES | None = None, confidence: float = 0.95,
             degrees_of_freedom: float | None = None) -> pd.DataFrame:  # fmt: skip
        """Means of numbers (Hájek's), by domain.

        Parameters
        ----------
        variables : columns of numbers.
        by : columns whose groups are domains; what is missing in them is the last one.
        confidence : level of the limits.
        degrees_of_freedom : of the limits; left out: PSUs less strata of each domain. ``numpy.inf`` for normal limits.

        Returns
        -------
        DataFrame, one row a variable and domain: the columns of `by`, variable, estimate, standard_error, low, high,
        cv, design_effect, n, unknown, share_unknown, psus, degrees_of_freedom.

        Raises
        ------
        NotEstimable : the sample is none of a population, or a stratum has one PSU.
        ValueError : a column is not there, or is not of numbers; the row is named.
        """
        self.require_probability("mean")
        return estimates.mean(self, variables, by, confidence, degrees_of_freedom)

    def total(self, variables: estimates.NAMES, by: estimates.NAMES | None = None, confidence: float = 0.95,
              degrees_of_freedom: float | None = None) -> pd.DataFrame:  # fmt: skip
        """Totals in the population (Horvitz and Thompson's) of those whose value is known; as `mean` otherwise.

        Where `share_unknown` is above 0, the total is that of a part, and a minimum for what is never negative.
        """
        self.require_probability("total")
        return estimates.total(self, variables, by, confidence, degrees_of_freedom)

    def ratio(self, numerator: str, denominator: str, by: estimates.NAMES | None = None, confidence: float = 0.95,
              degrees_of_freedom: float | None = None) -> pd.DataFrame:  # fmt: skip
        """Ratios of two totals, of those of whom both are known; as `mean` otherwise."""
        self.require_probability("ratio")
        return estimates.ratio(self, numerator, denominator, by, confidence, degrees_of_freedom)

    def proportion(self, variables: estimates.NAMES, by: estimates.NAMES | None = None, confidence: float = 0.95,
                   method: str = "logit", degrees_of_freedom: float | None = None) -> pd.DataFrame:  # fmt: skip
        """Proportions of each category; of a variable that is true/false or 0/1, of true alone.

        Parameters
        ----------
        variables, by, confidence, degrees_of_freedom : as for `mean`.
        method : of the limits, as for `proportion_limits`: ``logit``, ``beta``, ``kish`` (for what is rare, or unequal
            weights), ``arcsine``, ``likelihood`` or ``wald``.

        Returns
        -------
        DataFrame as of `mean`, with category, cases (respondents who have it, unweighted) and method. Where nobody or
        everybody has it there is no standard error, and the limits are Clopper and Pearson's with each PSU counted as
        one (``exact``).
        """
        self.require_probability("prevalence")
        return estimates.proportion(self, variables, by, confidence, method, degrees_of_freedom)

    def quantile(self, variable: str, probabilities: float | Sequence[float] = (0.25, 0.5, 0.75),
                 by: estimates.NAMES | None = None, confidence: float = 0.95,
                 degrees_of_freedom: float | None = None) -> pd.DataFrame:  # fmt: skip
        """Quantiles: the smallest value up to which at least that share lies; limits by those of the share (Woodruff).

        References
        ----------
        Woodruff, R. S. (1952). Confidence intervals for medians and other position measures. JASA 47, 635-646.
        """
        self.require_probability("quantile")
        return estimates.quantile(self, variable, probabilities, by, confidence, degrees_of_freedom)

    def counts(self, variables: estimates.NAMES, by: estimates.NAMES | None = None) -> pd.DataFrame:
        """Respondents with each value, unweighted, what is not known among them: of those asked, and of nobody else.

        Returns
        -------
        DataFrame: the columns of `by`, variable, category (missing: not known), count, n (asked in the domain).
        """
        keys, here = estimates.groups_of(self, by), self.data[self.inside]
        parts = []
        for variable in estimates.listed(variables):
            if variable not in here:
                raise Refusal("missing_column", f"The respondents have no column '{variable}'.")
            # A variable may be one of its groups as well, or be called as a column of the table is.
            groups = [*(here[key] for key in keys), here[variable].rename("category")]
            part = here.groupby(groups, dropna=False, observed=True).size().reset_index(name="count")
            part = part.assign(variable=variable)
            part["n"] = part.groupby(keys, dropna=False)["count"].transform("sum") if keys else part["count"].sum()
            parts.append(part.astype({"category": object}))
        return pd.concat(parts, ignore_index=True)[[*keys, "variable", "category", "count", "n"]]

    def table(self, rows: str, columns: str, *, statistic: str = "F") -> ContingencyTable:
        """Weighted shares of two categories crossed, and Rao and Scott's test of independence (`contingency_table`)."""
        self.require_probability("table")
        return contingency_table(self, rows, columns, statistic=statistic)

    def logistic(
        self, outcome: str, covariates: estimates.NAMES | None = None, **options: object
    ) -> LogisticRegression:
        """Logistic regression under the design (`logistic_regression`): a formula, or an outcome and covariates."""
        self.require_probability("model")
        return logistic_regression(self, outcome, covariates, **options)  # type: ignore[arg-type]

    def regression(self, outcome: str, covariates: estimates.NAMES | None = None, **options: object) -> Regression:
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
