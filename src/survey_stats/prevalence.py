"""The share of a population with an outcome, from a probability sample: weighted, with its design's variance."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from bounded.refusal import Refusal
from survey_stats.design import NotEstimable
from survey_stats.survey_design import SurveyDesign

ASSUMPTION = (
    "Everybody in the population had a known chance above 0 to be asked, non-response depends on nothing the weights "
    "do not hold, and answers are true. A household survey misses those who live in no household, or may not answer "
    "the door."
)


@dataclass(frozen=True)
class Prevalence:
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
    _check_outcome(data, outcome)
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


def _check_outcome(data: pd.DataFrame, column: str) -> None:
    if column not in data:
        raise Refusal("missing_column", f"The respondents have no column '{column}'.")
    bad = data[column].notna().to_numpy() & ~data[column].isin([0, 1]).to_numpy()
    if bad.any():
        raise Refusal(
            "not_binary",
            f"Row {data.index[bad.argmax()]}: the outcome '{column}' is '{data[column][bad].iloc[0]}'; it must be 0 "
            "or 1, or missing where it is not known. Make one 0/1 column for each category.",
        )
