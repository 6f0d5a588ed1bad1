"""Which estimates may be printed, which only with a caution, and which not at all."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.refusal import Refusal

# Respondents below which nothing is printed, as in the Multiple Indicator Cluster Surveys.
FEW = 25
# Coefficient of variation, in parts of the estimate, above which an estimate is printed with a caution only.
IMPRECISE = 0.30
# What is taken away from a row that is withheld: all that would say what the few answered.
_TOLD = ("estimate", "standard_error", "low", "high", "cv", "design_effect", "cases")


def reliable(table: pd.DataFrame) -> pd.DataFrame:
    """Withhold estimates that rest on few respondents, and mark those that are imprecise.

    Parameters
    ----------
    table : one row an estimate: n (respondents, unweighted), cv, and what `SurveyDesign` gives with them.

    Returns
    -------
    The rows in their order, with `flag`: "" (may be printed), "withheld" (n < 25: the estimate and all that goes with
    it are missing) or "imprecise" (cv > 30 %, or nobody has it: to be read with its interval).

    Raises
    ------
    ValueError : n or cv is not there.

    References
    ----------
    UNICEF, Multiple Indicator Cluster Surveys, round 6: reports show no figure on fewer than 25 unweighted cases.
    """
    for column in ("n", "cv"):
        if column not in table:
            raise Refusal(
                "missing_column",
                f"The estimates have no column '{column}', without which their reliability is not known.",
            )
    few = table["n"].to_numpy() < FEW
    cv = table["cv"].to_numpy(dtype=float)
    # What nobody of those asked has may be there all the same: its error is no part of 0.
    nobody = np.isnan(cv) & (table["estimate"].to_numpy(dtype=float) == 0 if "estimate" in table else False)
    imprecise = (cv > IMPRECISE) | nobody
    told = table.copy()
    if "method" in told:
        # Limits of their own would say that nobody, or everybody, answered yes.
        told["method"] = told["method"].astype(object).mask(few)
    for column in _TOLD:
        if column in told:
            told[column] = told[column].astype(float).mask(few)
    return told.assign(flag=np.select([few, imprecise], ["withheld", "imprecise"], ""))


def releasable(table: pd.DataFrame, with_it: pd.Series, asked: pd.Series, k: int = 11) -> pd.DataFrame:
    """Withhold shares that would tell of few: whose numerator, or what it leaves over, is withheld in protected tables.

    Parameters
    ----------
    table : one row a share, as `reliable` gives it.
    with_it, asked : on the rows of `table`: who has it, and all of whom it is a share, unweighted, as protected tables
        tell; missing where they withhold it.
    k : the smallest group of persons that may be told.

    Returns
    -------
    The rows with ``n`` and ``cases`` as the tables tell them, and ``flag`` "withheld" where one of them is missing, or
    fewer than 25 were asked, or fewer than `k` have it or do not; of these rows no estimate is left. That nobody has it
    is told.

    References
    ----------
    Brandt, M. et al. (2010). Guidelines for the checking of output based on microdata research. ESSnet SDC: a share may
    leave where the frequencies behind it may.
    """
    with_it, asked = with_it.astype("Int64"), asked.astype("Int64")
    rest = asked - with_it
    few = (with_it.gt(0) & with_it.lt(k)) | (rest.gt(0) & rest.lt(k)) | rest.lt(0) | asked.lt(FEW)
    hidden = (few.fillna(True) | table["flag"].eq("withheld")).to_numpy(dtype=bool)
    told = table.assign(n=asked, flag=table["flag"].mask(hidden, "withheld"))
    for column in _TOLD:
        if column in told:
            told[column] = told[column].astype(float).mask(hidden)
    if "method" in told:
        told["method"] = told["method"].astype(object).mask(hidden)
    if "cases" in told:
        told["cases"] = with_it.mask(hidden)
    # How many do not know an answer may be few.
    return told.drop(columns=["unknown", "share_unknown"], errors="ignore")
