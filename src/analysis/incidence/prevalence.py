"""The share of a population with an outcome, from a probability sample: weighted, with its design's variance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import special

from analysis import intervals
from analysis.incidence.refusal import NotIdentifiable

ASSUMPTION = (
    "Everybody in the population had a known chance above 0 to be asked, non-response depends on nothing the weights "
    "do not hold, and answers are true. A household survey misses those who live in no household, or may not answer "
    "the door."
)

Floats = NDArray[np.float64]


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

    Raises
    ------
    NotIdentifiable : the sample is purposive, nobody's outcome is known, or a stratum has one PSU.
    ValueError : a column is missing or holds what it may not; the row or stratum is named.

    References
    ----------
    Binder, D. A. (1983). On the variances of asymptotically normal estimators from complex surveys. International
        Statistical Review 51, 279-292.
    Korn, E. L. and Graubard, B. I. (1998). Confidence intervals for proportions with small expected number of positive
        counts estimated from survey data. Survey Methodology 24, 193-201.
    """
    intervals.check_confidence(confidence)
    if purposive:
        raise NotIdentifiable(
            "The sample is purposive: nobody's chance to be in it is known, so that no weight makes it stand for the "
            "population and no interval holds. Report the counts of those asked; a probability sample, or "
            "respondents' recruitment links and degrees, would allow an estimate."
        )
    for column in (outcome, weight, stratum, psu, fpc):
        if column is not None and column not in data:
            raise ValueError(f"The respondents have no column '{column}'.")
    y = _outcome(data, outcome)
    w = _above_zero(data, weight, "A weight is the number of persons a respondent stands for")
    known = ~np.isnan(y)
    if not known.any():
        raise NotIdentifiable(f"The outcome '{outcome}' is known of no respondent, so there is no share.")
    strata, names = _codes(data, stratum)
    psus, _ = _codes(data, psu, strata) if psu else (np.arange(len(data)), None)
    sampled = _psus_of_strata(strata, psus)
    population = None
    if fpc is not None:
        population = _psus_of_population(data, fpc, strata, names, sampled)
    lonely = sampled == 1 if population is None else (sampled == 1) & (population > 1)
    if lonely.any():
        which = f"Stratum '{names[lonely.argmax()]}'" if stratum else "The sample"
        raise NotIdentifiable(
            f"{which} has one PSU only, so that its variance is not known. Join it with the stratum most like it, as "
            "the sample was designed, or give the PSUs of each respondent."
        )
    weighed = np.where(known, w, 0)
    filled = np.where(known, y, 0)
    estimate = float(weighed @ filled / weighed.sum())
    scores = weighed * (filled - estimate) / weighed.sum()
    n, count = int(known.sum()), int(filled.sum())
    freedom = int(sampled.sum() - len(sampled))
    if not freedom:
        raise NotIdentifiable("Every stratum has one PSU, so that nothing shows how far one PSU is from another.")
    method = "Ratio of weighted sums, linearised variance; "
    if 0 < count < n:
        variance = linearised_variance(scores, strata, psus, population)
        error = float(np.sqrt(variance))
        reach = special.stdtrit(freedom, (1 + confidence) / 2) * error / (estimate * (1 - estimate))
        low, high = special.expit(special.logit(estimate) + np.array([-reach, reach]))
        # With an fpc the simple random sample is one without replacement too.
        finite = 1 - n / weighed.sum() if fpc else 1
        effect = variance / (finite * estimate * (1 - estimate) / (n - 1)) if finite > 0 else np.nan
        method += f"t limits with {freedom} degrees of freedom on the logit scale."
    else:
        estimate, error, effect = float(count == n), 0.0, np.nan
        totals = np.bincount(psus, weights=weighed)
        size = totals.sum() ** 2 / (totals**2).sum()
        reach = 1 - ((1 - confidence) / 2) ** (1 / size)
        low, high = (0.0, reach) if not count else (1 - reach, 1.0)
        method += f"Clopper-Pearson limits of {size:,.1f} PSUs, as a share of {estimate:.0f} has no variance to go by."
    return Prevalence(
        estimate=estimate,
        low=float(low),
        high=float(high),
        standard_error=error,
        confidence=confidence,
        n=n,
        cases=count,
        unknown=int((~known).sum()),
        bound_low=float(weighed @ filled / w.sum()),
        bound_high=float((weighed @ filled + w[~known].sum()) / w.sum()),
        design_effect=float(effect),
        psus=int(sampled.sum()),
        strata=len(sampled),
        degrees_of_freedom=freedom,
        method=method,
        assumption=ASSUMPTION,
    )


def linearised_variance(
    scores: ArrayLike, strata: ArrayLike, psus: ArrayLike, population: ArrayLike | None = None
) -> float:
    """The variance of a sum of scores, from the spread of the sums of PSUs within strata.

    Parameters
    ----------
    scores : (n,) one a respondent: weight times the linearised value.
    strata : (n,) of each respondent, numbered from 0.
    psus : (n,) of each respondent, numbered from 0 through all strata, each in one stratum.
    population : (strata,) PSUs in the population of each; left out: sampling with replacement. A stratum all of whose
        PSUs are sampled adds nothing.

    Returns
    -------
    Variance; NaN if a stratum has one PSU, sampled from more.

    References
    ----------
    Binder, D. A. (1983). On the variances of asymptotically normal estimators from complex surveys. International
        Statistical Review 51, 279-292.
    """
    strata, psus = np.asarray(strata), np.asarray(psus)
    sums = np.bincount(psus, weights=np.asarray(scores, dtype=float))
    of_psu = np.zeros(len(sums), dtype=np.int64)
    of_psu[psus] = strata
    sampled = np.bincount(of_psu)
    mean = np.bincount(of_psu, weights=sums) / sampled
    spread = np.bincount(of_psu, weights=(sums - mean[of_psu]) ** 2)
    left = np.ones(len(sampled)) if population is None else 1 - sampled / np.asarray(population, dtype=float)
    with np.errstate(invalid="ignore", divide="ignore"):
        parts = left * sampled / (sampled - 1) * spread
    return float(np.where(left == 0, 0, parts).sum())


def _outcome(data: pd.DataFrame, column: str) -> Floats:
    values = pd.to_numeric(data[column], errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    bad = data[column].notna().to_numpy() & ~np.isin(values, [0, 1])
    if bad.any():
        raise ValueError(
            f"Row {data.index[bad.argmax()]}: the outcome '{column}' is '{data[column][bad].iloc[0]}'; it must be 0 "
            "or 1, or missing where it is not known. Make one 0/1 column for each category."
        )
    return values


def _above_zero(data: pd.DataFrame, column: str, what: str) -> Floats:
    values = pd.to_numeric(data[column], errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    bad = ~(np.isfinite(values) & (values > 0))
    if bad.any():
        raise ValueError(
            f"Row {data.index[bad.argmax()]}: '{column}' is '{data[column].iloc[bad.argmax()]}'. {what}: a number "
            "above 0."
        )
    return values


def _codes(
    data: pd.DataFrame, column: str | None, within: NDArray[np.int64] | None = None
) -> tuple[NDArray[np.int64], pd.Index]:
    """Groups numbered from 0, apart where they have one name but lie in different groups of `within`; their names."""
    if column is None:
        return np.zeros(len(data), dtype=np.int64), pd.Index([""])
    if data[column].isna().any():
        row = data.index[data[column].isna().argmax()]
        raise ValueError(f"Row {row} has no '{column}', so that its place in the sample's design is not known.")
    codes, names = pd.factorize(data[column])
    if within is not None:
        codes, _ = pd.factorize(codes + len(names) * within)
    return codes, pd.Index(names)


def _psus_of_strata(strata: NDArray[np.int64], psus: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.bincount(strata[np.unique(psus, return_index=True)[1]])


def _psus_of_population(
    data: pd.DataFrame, column: str, strata: NDArray[np.int64], names: pd.Index, sampled: NDArray[np.int64]
) -> Floats:
    """PSUs in the population of each stratum: one number for all its rows, and no less than were sampled."""
    values = _above_zero(data, column, "It is the number of PSUs in the stratum's population")
    first = values[np.unique(strata, return_index=True)[1]]
    for bad, reason in (
        (np.bincount(strata, weights=values != first[strata]) > 0, "is given with different numbers"),
        (first < sampled, "is smaller than the number sampled"),
    ):
        if bad.any():
            where = f" of stratum '{names[bad.argmax()]}'" if len(names) > 1 else ""
            raise ValueError(f"The number of PSUs in the population{where} ('{column}') {reason}.")
    return first
