"""The matrix of a regression from a formula or columns of respondents, and what its terms mean."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import linalg

from bounded.arguments import as_numbers
from bounded.refusal import Refusal, require_columns, require_values
from survey_stats.design import RESPONDENTS, Codes, Floats, Mask, Names, listed

INTERCEPT = "intercept"
# Of columns of length 1: what is left of a column that others explain.
_NOTHING = 1e-9


@dataclass(frozen=True, eq=False)
class ModelMatrix:
    """Outcome and terms of the respondents of whom all of them are known.

    Parameters
    ----------
    outcome : name of the outcome.
    y : (rows,) 0 or 1.
    x : (rows, terms), the first column ones.
    terms : their names, `intercept` first; a category is `sex[male]`, a product `sex[male]:age`.
    known : (n,) bool, which respondents the rows are, in their order.
    """

    outcome: str
    y: Floats
    x: Floats
    terms: tuple[str, ...]
    known: Mask


def model_matrix(data: pd.DataFrame, outcome: str, covariates: str | Sequence[str] | None = None) -> ModelMatrix:
    """The outcome and the terms of a regression, of those of whom all is known.

    Parameters
    ----------
    data : one row a respondent.
    outcome : column of 0/1 or booleans, missing where not known; or a formula, ``working ~ age_group + C(grade)*sex``.
    covariates : columns, where `outcome` is one. Numbers and booleans are a term each; of texts and categories each
        value but the first (in the order of the categories; of the alphabet for texts) is a term of 0 and 1.

    Raises
    ------
    ValueError : a column is missing or holds what it may not; the row is named. Or the formula has no intercept.
    """
    name, right = sides(outcome, covariates)
    require_columns(data, [name], RESPONDENTS)
    if name in columns_of(data, right):
        raise Refusal("same_column_twice", f"'{name}' is the outcome of the model and one of its covariates.")
    return terms_of(data, data[name], right)


def undetermined(x: ArrayLike) -> Mask:
    """Terms that the rows do not determine: those that are a sum of multiples of others, and those others.

    Parameters
    ----------
    x : (rows, terms). No rows determine nothing.

    Returns
    -------
    (terms,) bool; all False where the columns are linearly independent.
    """
    x = np.asarray(x, dtype=float)
    if not len(x):
        return np.ones(x.shape[1], dtype=bool)
    length = np.sqrt((x**2).sum(axis=0))
    triangle = linalg.qr(x / np.where(length > 0, length, 1), mode="r", check_finite=False)[0][: x.shape[1]]
    return (np.abs(linalg.null_space(triangle, rcond=_NOTHING)) > 1e-6).any(axis=1)


def distinct_rows(x: Floats) -> tuple[Codes, Codes]:
    """Rows that are the same, found column by column.

    Returns
    -------
    group : (rows,) the number of the distinct row that each is. first : (groups,) where each is met first.
    """
    group = np.zeros(len(x), dtype=np.int64)
    first = np.arange(min(len(x), 1))
    for column in x.T:
        codes, values = pd.factorize(column)
        group, _ = pd.factorize(group * len(values) + codes)
    if len(x):
        _, first = np.unique(group, return_index=True)
    return group, first


def binary(given: pd.Series) -> Floats:
    """(n,) 0, 1, or missing where not known. Raises ValueError, naming the row, for anything else."""
    values = as_numbers(given).to_numpy(dtype=float, na_value=np.nan)
    require_values(
        given,
        given.isna().to_numpy() | np.isin(values, [0, 1]),
        "not_binary",
        "; an outcome must be 0 or 1, or missing where it is not known. Make one 0/1 column for each category",
    )
    return values


def _covariate(data: pd.DataFrame, column: str) -> pd.Series:
    """Numbers as floats; what has categories as it is, or as categories in the order of the alphabet."""
    values = data[column].reset_index(drop=True)
    if isinstance(values.dtype, pd.CategoricalDtype):
        return values
    values = values.convert_dtypes()
    if pd.api.types.is_bool_dtype(values.dtype) or pd.api.types.is_numeric_dtype(values.dtype):
        numbers = values.astype("Float64").to_numpy(dtype=float, na_value=np.nan)
        if np.isinf(numbers).any():
            raise Refusal("not_finite", f"Row {data.index[np.isinf(numbers).argmax()]}: '{column}' is infinite.")
        return pd.Series(numbers)
    if pd.api.types.is_string_dtype(values.dtype):
        return values.astype("category")
    raise Refusal(
        "wrong_type",
        f"The column '{column}' holds {values.dtype}; a covariate is a number, yes or no, or a category. Of a date, "
        "make the years or days since a date that matters.",
    )


def _by_column(columns: dict[str, pd.Series], rows: int) -> tuple[Floats, tuple[str, ...]]:
    terms, parts = [INTERCEPT], [np.ones(rows)]
    for column, values in columns.items():
        if isinstance(values.dtype, pd.CategoricalDtype):
            for number, category in enumerate(values.cat.categories[1:], start=1):
                terms.append(f"{column}[{category}]")
                parts.append((values.cat.codes == number).to_numpy(dtype=float))
        else:
            terms.append(column)
            parts.append(values.to_numpy(dtype=float))
    return np.column_stack(parts), tuple(terms)


def _by_formula(data: pd.DataFrame, right: str, kept: pd.DataFrame) -> tuple[Floats, tuple[str, ...]]:
    from formulaic import model_matrix as materialise
    from formulaic.errors import FormulaicError

    # Whole numbers as such, so that the categories made of them are `grade[2]`.
    whole = [column for column in kept if kept[column].dtype == float and (kept[column] % 1 == 0).all()]
    readable = _readable(data)
    table = kept.astype(dict.fromkeys(whole, "int64")).rename(columns=readable)
    try:
        made = materialise(_written(data, right), table, na_action="raise")
    except FormulaicError as error:
        raise Refusal(
            "formula_not_computable",
            f"The formula '{right}' cannot be computed: {error} Terms that need the whole sample (`poly`, `bs`, "
            "`center`, `scale`) are not for weighted data: write powers out (`{age**2}`), or make the column first.",
        ) from error
    back = {new: old for old, new in readable.items()}
    names = [re.sub(r"column_\d+_of_data", lambda hit: back[hit[0]], _plain(str(name))) for name in made.columns]
    if "Intercept" not in names:
        raise Refusal("no_intercept", "The formula leaves the intercept out; take '- 1' or '+ 0' away.")
    x = np.asarray(made, dtype=float)
    bad = ~np.isfinite(x).all(axis=0)
    if bad.any():
        raise Refusal("term_not_finite", f"The term '{names[bad.argmax()]}' is not a finite number in every row.")
    order = sorted(range(len(names)), key=lambda place: names[place] != "Intercept")
    return x[:, order], tuple(INTERCEPT if names[place] == "Intercept" else names[place] for place in order)


def _plain(name: str) -> str:
    """`C(sex)[T.male]` as `sex[male]`."""
    name = re.sub(r"\bC\(\s*`?([^,()`]+?)`?\s*(?:,(?:[^()]|\([^()]*\))*)?\)(?=\[)", r"\1", name)
    return name.replace("[T.", "[").replace("`", "")


# The right side of a formula, or the columns of the covariates.
Covariates = str | tuple[str, ...]


def sides(outcome: str, covariates: Names | None) -> tuple[str, Covariates]:
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
    require_columns(data, found, RESPONDENTS)
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
    if len(set(columns)) < len(columns):
        raise Refusal("same_column_twice", f"A column stands twice in the model of '{outcome}': {', '.join(columns)}.")
    values = binary(y)
    covariate = {column: _covariate(data, column) for column in columns}
    known = ~np.isnan(values)
    for each in covariate.values():
        known &= each.notna().to_numpy()
    # Categories that no row has would be terms of zeros.
    kept = {
        column: each.cat.remove_unused_categories() if isinstance(each.dtype, pd.CategoricalDtype) else each
        for column, each in ((column, each[known].reset_index(drop=True)) for column, each in covariate.items())
    }
    if isinstance(covariates, str) and known.any():
        x, terms = _by_formula(data, covariates, pd.DataFrame(kept, index=range(known.sum())))
    else:
        x, terms = _by_column(kept, int(known.sum()))
    return ModelMatrix(outcome, values[known], x, terms, known)


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


YES, NO = "yes", "no"


def describe(terms: Iterable[str], columns: Mapping[str, pd.Series] | pd.DataFrame) -> pd.DataFrame:
    """One row a term, from its name and the columns of the respondents in the model.

    Parameters
    ----------
    terms : names as of `model_matrix`: ``sex[male]``, ``debt``, ``nationality[SY]:age``.
    columns : name -> values of those in the model.

    Returns
    -------
    DataFrame: term, factor (of a product ``nationality:age``), level, reference (both missing for numbers; "yes" and
    "no" for booleans).
    """
    terms = list(terms)
    named: dict[str, set[str]] = {}
    for term in terms:
        for factor, level in pieces(term):
            named.setdefault(factor, set()).add(level)
    references = {factor: _reference(factor, levels, columns) for factor, levels in named.items()}
    rows = []
    for term in terms:
        levels, against, factors = [], [], []
        for factor, level in pieces(term):
            factors.append(factor)
            if not level and references[factor] == NO:
                level = YES
            levels += [level] if level else []
            against += [references[factor]] if references[factor] else []
        rows.append((term, ":".join(factors), ":".join(levels) or None, ":".join(against) or None))
    return pd.DataFrame(rows, columns=["term", "factor", "level", "reference"], dtype="str")


def members(term: str, columns: pd.DataFrame) -> Mask:
    """(n,) who has all levels that a term is of; of a number, everybody whose value is known.

    Parameters
    ----------
    term, columns : as for `describe`.
    """
    found = np.ones(len(columns), dtype=bool)
    for factor, level in pieces(term):
        if factor not in columns:
            continue
        values = columns[factor]
        if level:
            number = pd.api.types.is_numeric_dtype(values.dtype)
            mask = values.astype("Float64").eq(float(level)) if number else values.astype("str").eq(level)
        else:
            mask = values.fillna(False).astype(bool) if is_boolean(values) else values.notna()
        found &= mask.fillna(False).to_numpy(dtype=bool)
    return found


def pieces(term: str) -> list[tuple[str, str]]:
    """The parts of a product, each with its level: ``a[x]:b`` is (a, x), (b, "")."""
    if term == INTERCEPT:
        return [(INTERCEPT, "")]
    parts, depth, start = [], 0, 0
    for place, sign in enumerate(term):
        depth += (sign in "[(") - (sign in "])")
        if sign == ":" and depth == 0:
            parts.append(term[start:place])
            start = place + 1
    parts.append(term[start:])
    found = [re.fullmatch(r"(.+?)\[(.*)\]", part, flags=re.DOTALL) for part in parts]
    return [(hit[1], hit[2]) if hit else (part, "") for hit, part in zip(found, parts, strict=True)]


def levels_of(values: pd.Series) -> list[str]:
    """The different values of a column as the names of terms spell them, in their order."""
    if isinstance(values.dtype, pd.CategoricalDtype):
        return [str(level) for level in values.cat.remove_unused_categories().cat.categories]
    distinct = values.dropna().unique().tolist()
    if pd.api.types.is_numeric_dtype(values.dtype):
        whole = all(float(value).is_integer() for value in distinct)
        return [str(int(value)) if whole else str(float(value)) for value in sorted(distinct)]
    return sorted(map(str, distinct))


def is_boolean(values: pd.Series) -> bool:
    """Return whether a column is of true and false, whatever pandas stores it as."""
    return pd.api.types.is_bool_dtype(values.dtype) or (
        values.dtype == object and values.dropna().map(type).eq(bool).all() and bool(values.notna().any())
    )


def _reference(factor: str, levels: set[str], columns: Mapping[str, pd.Series] | pd.DataFrame) -> str:
    """The one level that no term is of; none for numbers, or where terms cover all."""
    if factor not in columns:
        return ""
    if levels == {""}:
        return NO if is_boolean(columns[factor]) else ""
    rest = [level for level in levels_of(columns[factor]) if level not in levels]
    return rest[0] if len(rest) == 1 else ""
