"""What is stated of persons: each value of a trait, what is not stated, and where records of one person disagree."""

from __future__ import annotations

import pandas as pd
import pycountry

from analysis.cases import htcds

NOT_STATED, DISAGREE, NONE = "not stated", "records disagree", "none, by the source"
UNCLEAR = "child or adult not known"
AGES = {(0, 4): "0-4", (5, 11): "5-11", (12, 14): "12-14", (15, 17): "15-17", (0, 17): "child, age not known",
        (18, 200): "18 or older"}  # fmt: skip
# Last in a table, whatever their number.
LAST = (NONE, DISAGREE, NOT_STATED)
# Traits of which a person can have several values.
SEVERAL = tuple(name for name, field in htcds.FIELDS.items() if field.kind == "codes")


def by_person(here: pd.DataFrame, trait: str, unit: str = "person_id") -> pd.Series:
    """The values of a trait of each person, in words: those of all records of the person.

    Parameters
    ----------
    here : case records; several of one person may each state a part.
    trait : ``age`` (at exploitation), or a column of codes.
    unit : column that tells persons apart.

    Returns
    -------
    Series by person: of a trait with several codes one row each value that any record states, and of others one row.
    Where two are stated of what can only be one, "records disagree"; where none is, "not stated".
    """
    found = _ages(here, unit) if trait == "age" else _stated(here, trait, unit)
    silent = pd.Index(here[unit].unique()).difference(found.index)
    return pd.concat([found.astype(object), pd.Series(NOT_STATED, silent, dtype=object)]).rename_axis(unit)


def in_order(counts: pd.DataFrame, trait: str) -> pd.DataFrame:
    """Rows of value and count in the order of ages, or the commonest first; what is not known at the end."""
    order = [*AGES.values(), UNCLEAR] if trait == "age" else []
    ranks = {value: rank for rank, value in enumerate([*order, *LAST], start=1)}
    counts = counts.assign(rank=counts["value"].map(ranks).fillna(0))
    counts = counts.sort_values(["rank", "count", "value"], ascending=[True, False, True])
    return counts.loc[counts["count"] > 0, ["value", "count"]]


def _stated(here: pd.DataFrame, trait: str, unit: str) -> pd.Series:
    field = htcds.FIELDS[trait]
    stated = here[[unit, trait]].astype({trait: str}).loc[here[trait].astype(str).ne("")]
    if trait in SEVERAL:
        stated = stated.assign(**{trait: stated[trait].str.split(";")}).explode(trait)
    stated = stated.drop_duplicates()
    # "None" of one list gives way to what another list knows.
    other = stated.loc[stated[trait].ne(htcds.NONE), unit]
    stated = stated[stated[trait].ne(htcds.NONE) | ~stated[unit].isin(other)]
    words = _country_names(stated[trait]) if trait == "nationality" else {**(field.codes or {}), htcds.NONE: NONE}
    found = stated.set_index(unit)[trait].map(lambda code: words.get(code, code))
    if trait in SEVERAL:
        return found
    found = found.mask(found.index.duplicated(keep=False), DISAGREE)
    return found[~found.index.duplicated()]


def age_bounds(here: pd.DataFrame, unit: str = "person_id") -> pd.DataFrame:
    """Bounds of the age at exploitation of each person of whom any is stated: what all records of the person allow.

    Returns
    -------
    DataFrame by person: low, high (years); 0 and 200 where one is open; where low is above high records disagree.
    """
    stated = here[here["exploited_age_low"].notna() | here["exploited_age_high"].notna()]
    persons = stated.groupby(unit, observed=True)
    low = persons["exploited_age_low"].max().astype("Float64").fillna(0)
    return pd.DataFrame({"low": low, "high": persons["exploited_age_high"].min().astype("Float64").fillna(200)})


def _ages(here: pd.DataFrame, unit: str) -> pd.Series:
    """Class of age at exploitation of each person of whom one is stated."""
    bounds = age_bounds(here, unit)
    low, high = bounds["low"], bounds["high"]
    found = pd.Series(UNCLEAR, low.index)
    for (first, last), name in reversed(AGES.items()):
        found = found.mask((low >= first) & (high <= last), name)
    return found.mask(low > high, DISAGREE)


def _country_names(codes: pd.Series) -> dict[str, str]:
    countries = {code: pycountry.countries.get(alpha_3=code) for code in codes.unique()}
    return {code: getattr(found, "common_name", found.name) for code, found in countries.items() if found}
