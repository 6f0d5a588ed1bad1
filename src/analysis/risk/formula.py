"""A model as it is written: its outcome, the columns its covariates are made of, and its terms."""

from __future__ import annotations

import keyword
import re

import pandas as pd

from analysis.refusal import Refusal
from analysis.risk.estimates import NAMES, listed
from analysis.risk.model_matrix import ModelMatrix, model_matrix

# The right side of a formula, or the columns of the covariates.
Covariates = str | tuple[str, ...]


def sides(outcome: str, covariates: NAMES | None) -> tuple[str, Covariates]:
    """The column of the outcome, and the covariates, of ``"y ~ a + b"`` or ``"y", ["a", "b"]``."""
    if "~" not in outcome:
        return outcome, tuple(listed(covariates))
    if covariates is not None:
        raise Refusal(
            "covariates_given_twice", f"The covariates stand in the formula '{outcome}': leave `covariates` out."
        )
    left, right = outcome.split("~", 1)
    return left.strip().strip("`"), right.strip()


def columns_of(data: pd.DataFrame, covariates: Covariates) -> tuple[str, ...]:
    """The columns that covariates are made of. Raises ValueError, naming the one that is not there."""
    found = covariates
    if isinstance(covariates, str):
        from formulaic import Formula
        from formulaic.errors import FormulaicError

        back = {new: old for old, new in _readable(data).items()}
        try:
            named = [str(name) for name in Formula(_written(data, covariates)).required_variables]
        except FormulaicError as error:
            raise Refusal("unreadable_formula", f"The formula '{covariates}' cannot be read: {error}") from error
        found = tuple(sorted(back.get(name, name) for name in named))
    for column in found:
        if column not in data:
            raise Refusal(
                "missing_column", f"The respondents have no column '{column}'. There are: {', '.join(map(str, data))}."
            )
    return tuple(found)


def terms_of(data: pd.DataFrame, y: pd.Series, covariates: Covariates) -> ModelMatrix:
    """`model_matrix` of an outcome given by its values; for names with dots and blanks as well.

    Parameters
    ----------
    data : one row a respondent. y : (n,) 0, 1 or missing; its name is in messages.
    """
    outcome = str(y.name)
    columns = columns_of(data, covariates)
    if outcome in columns:
        raise Refusal("outcome_among_covariates", f"'{outcome}' is the outcome and a covariate.")
    own = data[list(dict.fromkeys(columns))].assign(**{outcome: y})
    if isinstance(covariates, tuple):
        return model_matrix(own, outcome, covariates)
    readable = _readable(data)
    from formulaic.errors import FormulaicError

    try:
        made = model_matrix(own.rename(columns={**readable, outcome: "_y_"}), f"_y_ ~ {_written(data, covariates)}")
    except FormulaicError as error:
        raise Refusal(
            "formula_not_computable",
            f"The formula '{covariates}' cannot be computed: {error} Terms that need the whole sample (`poly`, `bs`, "
            "`center`, `scale`) are not for weighted data: write powers out (`{age**2}`), or make the column first.",
        ) from error
    back = {new: old for old, new in readable.items()}
    terms = tuple(re.sub(r"column_\d+_of_data", lambda hit: back[hit[0]], term) for term in made.terms)
    return ModelMatrix(outcome, made.y, made.x, terms, made.known)


def _readable(data: pd.DataFrame) -> dict[str, str]:
    """Column -> a name that Python can read, for those that have none."""
    return {
        column: f"column_{place}_of_data"
        for place, column in enumerate(map(str, data))
        if not column.isidentifier() or keyword.iskeyword(column)
    }


def _written(data: pd.DataFrame, right: str) -> str:
    """The formula with names that Python can read; a name with dots needs no backticks."""
    readable = _readable(data)
    for column in sorted(readable, key=len, reverse=True):
        right = right.replace(f"`{column}`", readable[column])
        if all(part.isidentifier() for part in column.split(".")):
            right = re.sub(rf"(?<![\w.`]){re.escape(column)}(?![\w.`(])", readable[column], right)
    return right
