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


def values(here: pd.DataFrame, trait: str, unit: str = "person_id") -> pd.DataFrame:
    """How many persons have each value of a trait.

    Parameters
    ----------
    here : case records; several of one person may each state a part.
    trait : ``age`` (at exploitation), or a column of codes.
    unit : column that tells persons apart.

    Returns
    -------
    DataFrame: value (in words), count (persons): the commonest first, `LAST` at the end. Of a trait with several codes
    a person has all that any record states; of one with a single code, "records disagree" where two are stated.
    """
    if trait == "age":
        found = _ages(here, unit)
    else:
        field = htcds.FIELDS[trait]
        several = field.kind == "codes"
        stated = here[[unit, trait]].astype(str).loc[here[trait].astype(str).ne("")]
        if several:
            stated = stated.assign(**{trait: stated[trait].str.split(";")}).explode(trait)
        stated = stated.drop_duplicates()
        # "None" of one list gives way to what another list knows.
        other = stated.loc[stated[trait].ne(htcds.NONE), unit]
        stated = stated[stated[trait].ne(htcds.NONE) | ~stated[unit].isin(other)]
        words = _country_names(stated[trait]) if trait == "nationality" else {**(field.codes or {}), htcds.NONE: NONE}
        found = stated.set_index(unit)[trait].map(lambda code: words.get(code, code))
        if not several:
            found = found.mask(found.index.duplicated(keep=False), DISAGREE)
            found = found[~found.index.duplicated()]
    counts = found.value_counts().rename_axis("value").reset_index(name="count")
    silent = here[unit].nunique() - found.index.nunique()
    counts = pd.concat([counts, pd.DataFrame({"value": [NOT_STATED], "count": [silent]})], ignore_index=True)
    order = [*AGES.values(), UNCLEAR] if trait == "age" else []
    ranks = {value: rank for rank, value in enumerate([*order, *LAST], start=1)}
    counts["rank"] = counts["value"].map(ranks).fillna(0)
    counts = counts.sort_values(["rank", "count", "value"], ascending=[True, False, True])
    return counts.loc[counts["count"] > 0, ["value", "count"]]


def _ages(here: pd.DataFrame, unit: str) -> pd.Series:
    """Class of age at exploitation of each person of whom one is stated: what all records of the person allow."""
    stated = here[here["exploited_age_low"].notna() | here["exploited_age_high"].notna()]
    by_person = stated.groupby(unit, observed=True)
    low = by_person["exploited_age_low"].max().astype("Float64").fillna(0)
    high = by_person["exploited_age_high"].min().astype("Float64").fillna(200)
    found = pd.Series(UNCLEAR, low.index)
    for (first, last), name in reversed(AGES.items()):
        found = found.mask((low >= first) & (high <= last), name)
    return found.mask(low > high, DISAGREE)


def _country_names(codes: pd.Series) -> dict[str, str]:
    countries = {code: pycountry.countries.get(alpha_3=code) for code in codes.unique()}
    return {code: getattr(found, "common_name", found.name) for code, found in countries.items() if found}
