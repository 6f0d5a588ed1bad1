"""Separation and other reasons why a regression has no estimate: what is refused, and what is cautioned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import linalg
from scipy.optimize import linprog

from bounded.refusal import Caution, Refusal
from survey_stats.design import Codes, Floats, Mask, NotEstimable
from survey_stats.model_matrix import INTERCEPT, ModelMatrix, distinct_rows, levels_of, undetermined
from survey_stats.pseudo_likelihood import FAR, PseudoLikelihood

# Of columns with spread 1 and coefficients up to 1: what a row must be apart to count as separated, above what the
# linear programme lets pass.
_APART = 1e-6


def separation(x: ArrayLike, y: ArrayLike, terms: Sequence[str]) -> tuple[tuple[str, float], ...]:
    """The terms of a logistic model whose maximum-likelihood estimates are infinite.

    The data separate where some combination of the terms is nowhere lower for those with the outcome than for those
    without it, and somewhere higher (completely, or quasi-completely where some rows are neither): the likelihood then
    rises without end along it. Which terms are infinite is exact: those that the rows which no such combination
    separates do not determine. The weights of rows, being above 0, change nothing.

    Parameters
    ----------
    x : (rows, terms), the intercept among them; columns linearly independent.
    y : (rows,) 0 or 1.
    terms : their names.

    Returns
    -------
    One pair a term whose estimate is infinite, in the order of `terms`: its name, and infinity or minus infinity as on
    the way that was found (where the data separate completely there are many ways, and the sign may differ on others;
    NaN where that way leaves it alone). Empty: the estimate exists.

    Raises
    ------
    ValueError : `x` and `y` are no table of terms and outcomes: shapes differ, a value is missing, or `y` is not 0 and
        1.

    References
    ----------
    Albert, A. and Anderson, J. A. (1984). On the existence of maximum likelihood estimates in logistic regression
        models. Biometrika 71, 1-10.
    Konis, K. (2007). Linear programming algorithms for detecting separated data in binary logistic regression models.
        DPhil thesis, University of Oxford.
    Geyer, C. J. (2009). Likelihood inference in exponential families and directions of recession. Electronic Journal of
        Statistics 3, 259-289.
    """
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    if x.ndim != 2 or x.shape != (len(y), len(terms)):
        raise Refusal(
            "unequal_shapes", f"{len(y)} outcomes and {len(terms)} terms need a table of that shape; it has {x.shape}."
        )
    if not (np.isfinite(x).all() and np.isin(y, (0, 1)).all()):
        raise Refusal(
            "invalid_values",
            "Every term is a finite number and every outcome 0 or 1: leave rows with unknown ones out.",
        )
    group, first = distinct_rows(x)
    trials = np.bincount(group, minlength=len(first)).astype(float)
    events = np.bincount(group, weights=y, minlength=len(first)).astype(float)
    left = x[first]
    scaled, back = _scaled(left)
    sign = np.full(x.shape[1], np.nan)
    # What one direction separates is out of the way of the next, which is followed infinitely more slowly.
    while len(left):
        direction = _direction(scaled, events, trials)
        if direction is None:
            break
        moved = scaled @ direction
        of_terms = back @ direction
        used = np.isnan(sign) & (np.abs(of_terms) > _APART * np.abs(back).sum(axis=1))
        sign[used] = np.sign(of_terms[used])
        still = np.abs(moved) <= _APART
        left, scaled, events, trials = left[still], scaled[still], events[still], trials[still]
    if len(left) == len(first):
        return ()
    ways = zip(terms, undetermined(left), sign, strict=True)
    return tuple((term, float(np.inf * way)) for term, infinite, way in ways if infinite)


def _scaled(x: Floats) -> tuple[Floats, Floats]:
    """Columns of mean 0 (where there is an intercept) and spread 1; and what makes their coefficients those of `x`."""
    spread, largest = x.std(axis=0), np.abs(x).max(axis=0, initial=0)
    constant = spread <= 1e-12 * largest
    back = np.diag(1 / np.where(constant, np.where(largest > 0, largest, 1), spread))
    fixed = np.flatnonzero(constant & (largest > 0))
    if len(fixed):
        back[fixed[0]] -= np.where(constant, 0, x.mean(axis=0) / x[0, fixed[0]]) @ back
    return x @ back, back


def _direction(x: Floats, events: Floats, trials: Floats) -> Floats | None:
    """Coefficients from -1 to 1 that raise no row's wrong outcome and separate some rows; None where there are none."""
    both = (events > 0) & (events < trials)
    # Of the columns, those by which the rows with both outcomes do not differ.
    free = linalg.null_space(np.linalg.qr(x[both], mode="r")) if both.any() else np.eye(x.shape[1])
    signed = np.where(events > 0, 1, -1)[~both, None] * (x[~both] @ free)
    if not signed.size:
        return None
    objective = -signed.sum(axis=0) / np.abs(signed).sum(axis=0).max(initial=1e-300)
    found = linprog(objective, A_ub=-signed, b_ub=np.zeros(len(signed)), bounds=(-1, 1), method="highs")
    if found.status != 0:
        raise ArithmeticError(f"The linear programme of separation did not end: {found.message}")
    return free @ found.x if (signed @ found.x).max() > _APART else None


# Below as many events a term, odds ratios are off and lean away from 1.
_EVENTS = 10
# Limits that rest on fewer degrees of freedom move much with each PSU.
_DEGREES = 10
# More than this share left out for an unknown answer may change what the model says.
_UNKNOWN = 0.1


def require_estimable(
    made: ModelMatrix, patterns: Floats, y: Floats, columns: Mapping[str, pd.Series], degrees: int | None
) -> None:
    """Raise NotEstimable where outcome, terms, respondents or PSUs do not carry the model.

    Parameters
    ----------
    made : terms of those of whom all is known. patterns : (patterns, terms) their different rows. y : their outcomes.
    columns : name -> their values. degrees : PSUs less strata; None for a model of those asked, without a design.
    """
    outcome = made.outcome
    named = f": {', '.join(columns)}" if columns else ""
    if not len(y):
        raise NotEstimable(
            "no_complete_rows",
            f"Of no respondent are '{outcome}' and all covariates known{named}. Leave out the covariate that is known "
            "least; one that concerns few can be given a category of its own.",
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
    if degrees is None and len(y) < len(made.terms):
        raise NotEstimable(
            "too_few_rows",
            f"There are {len(made.terms)} terms and {len(y)} respondents of whom all is known. Fewer covariates, or "
            "categories joined, would help.",
        )
    bound = undetermined(patterns)
    if bound.any():
        raise NotEstimable(
            "collinear",
            f"These terms say the same twice, so that none of their coefficients is determined: "
            f"{', '.join(np.array(made.terms)[bound])}. Leave one of them out, or join levels.",
        )
    if degrees is not None and degrees + 1 <= len(made.terms):
        raise NotEstimable(
            "few_degrees_of_freedom",
            f"The model has {len(made.terms)} terms with the intercept, and the respondents in it lie in PSUs that, "
            f"less their strata, leave {degrees} degrees of freedom: too few for their errors. Use fewer terms.",
        )


def hanging_on_a_unit(x: Floats, unit: Codes) -> dict[int, Mask]:
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
    hanging: Mask,
) -> tuple[Caution, ...]:
    """Cautions about a fit, in sentences.

    Parameters
    ----------
    made, y, columns : as for `require_estimable`. candidates : rows of the domain, also of those left out.
    left : degrees of freedom. share_unknown : weighted share of the domain that was left out. hanging : (terms,) bool,
    which are determined by one sampling unit alone.
    """
    parameters = len(made.terms) - 1
    events = int(min(y.sum(), len(y) - y.sum()))
    terms = "term" if parameters == 1 else "terms"
    least = max(columns or [made.outcome], key=lambda column: candidates[column].isna().sum())
    if candidates[made.outcome].isna().sum() >= candidates[least].isna().sum():
        least = made.outcome
    references = [
        (column, levels_of(values)[0], str(values.cat.categories[0]))
        for column, values in columns.items()
        if isinstance(values.dtype, pd.CategoricalDtype)
    ]
    return Caution.kept(
        Caution.when(
            hanging.any(),
            "term_in_one_psu",
            f"{', '.join(np.array(made.terms)[hanging])}: without one sampling unit not determined, as where all "
            "with a level lie in it, so that the error is not known. Join levels.",
        ),
        Caution.when(
            family == "binomial" and events < _EVENTS * parameters,
            "few_events_per_term",
            f"{events} respondents are {'with' if y.sum() <= len(y) / 2 else 'without'} '{made.outcome}' for "
            f"{parameters} {terms}, fewer than {_EVENTS} each: odds ratios lean away from 1. Use fewer terms, or "
            "`firth_logistic`.",
        ),
        Caution.when(
            left < _DEGREES,
            "few_psus",
            f"{left} {'degree' if left == 1 else 'degrees'} of freedom left: limits rest on few PSUs.",
        ),
        *(
            Caution.when(
                present != first,
                "reference_changed",
                f"Nobody in the model has '{column}' = '{first}': '{present}' is the reference instead.",
            )
            for column, present, first in references
        ),
        Caution.when(
            share_unknown > _UNKNOWN,
            "unknown_left_out",
            f"{share_unknown:.0%} of the population in question (weighted) are left out as an answer is not known, "
            f"most often '{least}': the model holds for the others.",
        ),
    )
