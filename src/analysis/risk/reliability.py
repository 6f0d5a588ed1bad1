"""Which estimates may be printed, which only with a caution, and which not at all."""

from __future__ import annotations

import numpy as np
import pandas as pd

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
            raise ValueError(f"The estimates have no column '{column}', without which their reliability is not known.")
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
