"""What the terms of a regression mean: of which factor and level they are, against which reference."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.risk.model_matrix import INTERCEPT

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


def members(term: str, columns: pd.DataFrame) -> NDArray[np.bool_]:
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
    """Whether a column is of true and false, whatever pandas stores it as."""
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
