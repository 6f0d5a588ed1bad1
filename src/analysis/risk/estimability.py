"""Whether a sample can carry a regression: what is refused, and what is said to be careful about."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import linalg

from analysis.refusal import Caution
from analysis.risk.linearisation import Codes, Floats
from analysis.risk.model_matrix import INTERCEPT, ModelMatrix, undetermined
from analysis.risk.pseudo_likelihood import FAR, PseudoLikelihood
from analysis.risk.refusal import NotEstimable
from analysis.risk.separation import separation
from analysis.risk.terms import levels_of

# Below as many events a term, odds ratios are off and lean away from 1.
_EVENTS = 10
# Limits that rest on fewer degrees of freedom move much with each PSU.
_DEGREES = 10
# More than this share left out for an unknown answer may change what the model says.
_UNKNOWN = 0.1


def require_estimable(
    made: ModelMatrix, patterns: Floats, y: Floats, columns: Mapping[str, pd.Series], degrees: int
) -> None:
    """Raise NotEstimable where outcome, terms or PSUs do not carry the model.

    Parameters
    ----------
    made : terms of those of whom all is known. patterns : (patterns, terms) their different rows. y : their outcomes.
    columns : name -> their values. degrees : PSUs less strata.
    """
    outcome = made.outcome
    if not len(y):
        raise NotEstimable(
            "no_complete_rows",
            f"Of no respondent are '{outcome}' and all covariates known: {', '.join(columns) or 'there are none'}. "
            "Leave out the covariate that is known least.",
        )
    if (y == y[0]).all():
        raise NotEstimable(
            "outcome_does_not_vary",
            f"All {len(y)} respondents in the model have '{outcome}' = {y[0]:g}, so that nothing tells them apart. "
            "Its share can be estimated (`proportion`), what it depends on cannot.",
        )
    for column, values in columns.items():
        if not pd.api.types.is_numeric_dtype(values.dtype) and len(levels_of(values)) == 1:
            raise NotEstimable(
                "no_variation",
                f"All respondents in the model have '{column}' = '{levels_of(values)[0]}', so that its effect is not "
                "known. Leave it out.",
            )
    bound = undetermined(patterns)
    if bound.any():
        raise NotEstimable(
            "collinear",
            f"These terms say the same twice, so that none of their coefficients is determined: "
            f"{', '.join(np.array(made.terms)[bound])}. Leave one of them out, or join levels.",
        )
    if degrees + 1 <= len(made.terms):
        raise NotEstimable(
            "few_degrees_of_freedom",
            f"The model has {len(made.terms)} terms with the intercept, and the respondents in it lie in PSUs that, "
            f"less their strata, leave {degrees} degrees of freedom: too few for their errors. Use fewer terms.",
        )


def hanging_on_a_unit(x: Floats, unit: Codes) -> dict[int, NDArray[np.bool_]]:
    """Sampling units without which terms are not determined, as where all with some level lie in one of them.

    What such a term varies by from unit to unit does not show: its error is not known, whatever is computed of it.

    Parameters
    ----------
    x : (rows, terms), columns linearly independent. unit : (rows,) in which each was drawn, numbered from 0.

    Returns
    -------
    Unit -> (terms,) bool, which terms are not determined without it.
    """
    length = np.sqrt((x**2).sum(axis=0))
    basis = linalg.qr(x / length, mode="economic", check_finite=False)[0]
    # Of a direction in which only one unit differs it has all, so that no more units than terms come into question.
    held = np.bincount(unit, weights=(basis**2).sum(axis=1))
    found = {int(each): undetermined(x[unit != each]) for each in np.flatnonzero(held > 1 - 1e-9)}
    return {each: terms for each, terms in found.items() if terms.any()}


def require_finite(fit: PseudoLikelihood, made: ModelMatrix, y: Floats, family: str) -> None:
    """Raise NotEstimable where terms run to infinity, and name them."""
    if family == "binomial":
        # Where data separate, some fitted probability ends at 0 or 1.
        if fit.converged and np.abs(fit.eta).max() < FAR:
            return
        found = [term for term, _ in separation(made.x, y, made.terms)]
        if found:
            infinite = [term for term in found if term != INTERCEPT] or found
            raise NotEstimable(
                "separation",
                f"The odds ratios of {', '.join(infinite)} have no maximum-likelihood estimate: together they tell "
                f"apart who has '{made.outcome}' and who has not without error (separation), so that the estimate "
                "runs to 0 or infinity. Join levels, leave terms out, or use `firth_logistic`, which stays finite.",
            )
    if not fit.converged:
        reach = np.abs(fit.coefficients) * np.ptp(made.x, axis=0)
        named = np.array(made.terms)[reach > FAR] if (reach > FAR).any() else np.array(made.terms)[[reach.argmax()]]
        raise NotEstimable(
            "not_converged",
            f"The fit does not settle: {', '.join(named)} run away, as where all with some level have '{made.outcome}' "
            "= 0. Join levels or leave terms out.",
        )


def cautions(
    made: ModelMatrix,
    y: Floats,
    columns: Mapping[str, pd.Series],
    candidates: pd.DataFrame,
    left: int,
    share_unknown: float,
    family: str,
    hanging: NDArray[np.bool_],
) -> tuple[Caution, ...]:
    """What to be careful about, in sentences.

    Parameters
    ----------
    made, y, columns : as for `require_estimable`. candidates : rows of the domain, also of those left out.
    left : degrees of freedom. share_unknown : weighted share of the domain that was left out. hanging : (terms,) bool,
    which are determined by one sampling unit alone.
    """
    said = []
    if hanging.any():
        said.append(
            Caution(
                "term_in_one_psu",
                f"{', '.join(np.array(made.terms)[hanging])}: without one sampling unit not determined, as where all "
                "with a level lie in it, so that the error is not known. Join levels.",
            )
        )
    parameters = len(made.terms) - 1
    if family == "binomial" and parameters:
        events = int(min(y.sum(), len(y) - y.sum()))
        if events < _EVENTS * parameters:
            which = "with" if y.sum() <= len(y) / 2 else "without"
            said.append(
                Caution(
                    "few_events_per_term",
                    f"{events} respondents are {which} '{made.outcome}' for {parameters} "
                    f"{'term' if parameters == 1 else 'terms'}, fewer than {_EVENTS} each: odds ratios lean away from "
                    "1. Use fewer terms, or `firth_logistic`.",
                )
            )
    if left < _DEGREES:
        degrees = "degree" if left == 1 else "degrees"
        said.append(Caution("few_psus", f"{left} {degrees} of freedom left: limits rest on few PSUs."))
    for column, values in columns.items():
        if isinstance(values.dtype, pd.CategoricalDtype):
            present, first = levels_of(values), str(values.cat.categories[0])
            if present[0] != first:
                said.append(
                    Caution(
                        "reference_changed",
                        f"Nobody in the model has '{column}' = '{first}': '{present[0]}' is the reference instead.",
                    )
                )
    if share_unknown > _UNKNOWN:
        least = max(columns or [made.outcome], key=lambda column: candidates[column].isna().sum())
        if candidates[made.outcome].isna().sum() >= candidates[least].isna().sum():
            least = made.outcome
        said.append(
            Caution(
                "unknown_left_out",
                f"{share_unknown:.0%} of the population in question (weighted) are left out as an answer is not known, "
                f"most often '{least}': the model holds for the others.",
            )
        )
    return tuple(said)
