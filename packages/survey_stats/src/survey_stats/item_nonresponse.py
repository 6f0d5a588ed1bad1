"""Item non-response: answers that are not known, and how far they could move a proportion."""

from __future__ import annotations

import numpy as np
import pandas as pd

from bounded.arguments import checked
from bounded.refusal import require_columns
from survey_stats.design import A_DESIGN, RESPONDENTS, Names, NotEstimable, listed
from survey_stats.estimates import Estimates, domains
from survey_stats.model_matrix import binary


@checked(design=A_DESIGN)
def item_nonresponse(design: Estimates, outcomes: Names, by: Names | None = None) -> pd.DataFrame:
    """Item non-response of questions answered with yes or no, and bounds of each proportion whatever was not answered.

    Parameters
    ----------
    design : a probability sample; a domain of it for those alone.
    outcomes : columns of 0/1 or booleans, missing where the answer is not known.
    by : columns whose groups are domains; what is missing in them is the last one.

    Returns
    -------
    DataFrame, one row an outcome and domain: the columns of `by`, variable, n (respondents whose answer is known),
    unknown (whose answer is not), share_unknown (weighted, from 0 to 1), bound_low, bound_high (the proportion in the
    domain if none, and if all, of the unknown answers were yes). Bounds have no sampling error in them.

    Raises
    ------
    NotEstimable : the sample is none of a population, or nobody is in the domain.
    ValueError : a column is not there, or holds what is neither yes nor no; the row is named.

    References
    ----------
    Cochran, W. G. (1977). Sampling Techniques. 3rd ed. Wiley, ch. 13.
    Horowitz, J. L. and Manski, C. F. (1998). Censoring of outcomes and regressors due to survey nonresponse. Journal of
        Econometrics 84, 37-58.
    """
    design.require_probability("prevalence")
    if not design.inside.any():
        raise NotEstimable("empty_domain", "Nobody is in the domain, so that nobody was asked.")
    require_columns(design.data, listed(outcomes), RESPONDENTS)
    rows = []
    for outcome in listed(outcomes):
        answer = binary(design.data[outcome])
        unknown = np.isnan(answer)
        for keys, here in domains(design, by):
            weights = design.weights[here] / design.weights[here].sum()
            missing = float(weights[unknown[here]].sum())
            yes = float(weights[answer[here] == 1].sum())
            row = {"variable": outcome, "n": int((here & ~unknown).sum()), "unknown": int((here & unknown).sum())}
            rows.append({**keys, **row, "share_unknown": missing, "bound_low": yes, "bound_high": yes + missing})
    return pd.DataFrame(rows)
