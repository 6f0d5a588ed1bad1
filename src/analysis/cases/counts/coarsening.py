"""How fine a table of persons is made: values that few persons have are taken together before anything is withheld.

Every cell that has to be withheld takes another with it, so that a table of few large cells tells more than one of many
small ones (Hundepool et al., 2012, Statistical Disclosure Control, section 5.3: global recoding).
"""

from __future__ import annotations

import pandas as pd

from analysis.cases.traits import DISAGREE, NOT_STATED, UNCLEAR

# No group of fewer persons is shown.
FEWEST = 11
OTHER = "other"
# Between the values that a pool is made of.
AND = " + "
UNKNOWN = (NOT_STATED, DISAGREE, UNCLEAR)
# Classes of age of children, from the finest to the coarsest, and what the coarser ones are made of.
YOUNGER = ["0-4", "5-11", "12-14"]
OF_AGES = {"0-14": YOUNGER, "child": [*YOUNGER, "15-17", "child, age not known"]}
AGES: tuple[dict[str, str], ...] = (
    {},
    dict.fromkeys(YOUNGER, "0-14"),
    dict.fromkeys(OF_AGES["child"], "child"),
)
YEARS = (1, 2, 5, 10, 20)


def kept(values: pd.Series, fewest: float = FEWEST) -> pd.Series:
    """The finest values that any table of a study shows: those that `fewest` persons have, and the others as "other".

    What is not stated, for whatever reason, is one value; it goes with the others where the rare ones are too few.

    Parameters
    ----------
    values : one value a person, in words.
    """
    values = values.astype(object).where(~values.isin(UNKNOWN), NOT_STATED)
    counts = values.value_counts()
    rare = set(counts.index[counts < fewest])
    if rare <= {NOT_STATED}:
        return values
    if counts[list(rare)].sum() < fewest:
        rare |= {NOT_STATED} & set(counts.index)
    named = f"{OTHER}, or {NOT_STATED}" if NOT_STATED in rare else OTHER
    return values.where(~values.isin(rare), named) if rare else values


def pooled(values: pd.Series, fewest: float) -> pd.Series:
    """Values of which fewer than `fewest` persons are counted, taken together.

    The rarest go first, then what is not stated, then the rarest of those that are left, until the pool is as large as
    the others need be.

    Parameters
    ----------
    values : one value a person, of those that are `kept`; what is not stated, for whatever reason, is one value.

    Returns
    -------
    Series of the same persons. The pool is called by what is in it: "Female + not stated".
    """
    values = values.astype(object).where(~values.isin(UNKNOWN), NOT_STATED)
    counts = values.value_counts()
    pool = set(counts.index[counts < fewest])
    left = sorted(set(counts.index) - pool, key=lambda value: (value != NOT_STATED, counts[value], value))
    while pool and counts[list(pool)].sum() < fewest and left:
        pool.add(left.pop(0))
    last = (OTHER, f"{OTHER}, or {NOT_STATED}", NOT_STATED)
    return values.where(~values.isin(pool), AND.join(sorted(pool, key=lambda value: (value in last, value))))


def atoms(value: str) -> list[str]:
    """The finest values of which a value is made: "0-14 + not stated" of three classes of age and one more."""
    return [atom for part in value.split(AND) for atom in OF_AGES.get(part, [part])]


def age_classes(values: pd.Series, fewest: float) -> pd.Series:
    """Classes of age: years of children as fine as each class of them has `fewest` persons, then `pooled`.

    A child of unknown age is in none of these classes unless all children are one.
    """
    for words in AGES:
        found = values.replace(words)
        of_children = found[found.isin([*YOUNGER, "15-17", *OF_AGES])].value_counts()
        if (of_children >= fewest).all():
            break
    return pooled(found, fewest)


def periods(years: pd.Series, first: int, persons: float) -> pd.Series:
    """Years, or periods of several, of which each has `FEWEST` persons where `persons` are spread over all alike.

    Parameters
    ----------
    years : one year a person as text, "" where it is not known.
    first : the year with which periods begin, whatever years are counted here.
    persons : how many there are to be spread; the fewest of the groups that are shown by period.

    Returns
    -------
    Series of text: "2014", or "2014-2018", or "not stated".
    """
    known = years[years != ""].astype(int)
    for length in YEARS:
        begins = first + (known - first) // length * length
        if persons >= FEWEST * begins.nunique():
            break
    named = begins.astype(str) if length == 1 else begins.astype(str) + "-" + (begins + length - 1).astype(str)
    return named.reindex(years.index).astype(object).fillna(NOT_STATED)


def first_year(years: pd.Series) -> int:
    """The first year with `FEWEST` persons, with which periods begin; 2000 where no year has as many."""
    counts = years[years != ""].astype(int).value_counts()
    enough = counts.index[counts >= FEWEST]
    return int(min(enough, default=2000))
