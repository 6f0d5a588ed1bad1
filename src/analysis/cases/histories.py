"""Capture histories of linked persons, and what is stated of them.

Which lists know which persons: capture histories, and how they depend on the threshold of the linkage.

What is stated of persons: each value of a trait, what is not stated, and where records of one person disagree.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import pandas as pd

from analysis import areas
from analysis.cases import htcds
from analysis.cases.record_linkage import Linkage, LinkageError, cluster

THRESHOLDS = (0.5, 0.7, 0.8, 0.9, 0.95, 0.99)


def capture_histories(linked_records: pd.DataFrame, by: Sequence[str] = ()) -> pd.DataFrame:
    """Persons by the lists that know them.

    A person counts once. Where their records state different strata, the stratum is that of the earliest record whose
    date is certain to the year and which states one; records without a certain date come last, and ties go to the
    smaller record_id. A person for whom no record states it is counted under "", unknown.

    Parameters
    ----------
    linked_records : person_id, record_id, list_id; date_low, date_high and date_precision where strata are asked for.
    by : columns of the records, or "year" (of date_low and date_high, where these are in one year).

    Returns
    -------
    DataFrame of one row a pattern seen: the columns of `by` (text), one 0/1 column a list, in alphabetical order, and
    count (persons). The persons that no list knows are missing: they are what is to be estimated.

    Raises
    ------
    LinkageError : columns are missing, or a list is called like another column.
    """
    dated = ("date_low", "date_high", "date_precision") if by else ()
    needed = ["person_id", "record_id", "list_id", *dated, *(name for name in by if name != "year")]
    missing = [name for name in needed if name not in linked_records.columns]
    if missing:
        raise LinkageError(
            "missing_column", f"Capture histories need {', '.join(missing)}: take the records of a linkage."
        )
    records = linked_records[needed].copy()
    records["list_id"] = records["list_id"].astype(str)
    lists = sorted(records["list_id"].unique())
    clash = sorted(set(lists) & {*by, "count"})
    if clash:
        raise LinkageError(
            "reserved_name", f"A list may not be called {', '.join(clash)}: give it another name in its mapping."
        )
    seen = pd.crosstab(records["person_id"], records["list_id"]).clip(upper=1).reindex(columns=lists)
    seen.columns.name = None
    strata = [stratum(records, name).rename(name) for name in by]
    patterns = pd.concat([*strata, seen], axis=1)
    counted = patterns.groupby([*by, *lists], sort=True).size().rename("count").reset_index()
    # The strata in order, and within each the persons of one list first, as such tables are printed.
    counted["lists"] = counted[lists].sum(axis=1)
    falling = [True] * (len(by) + 1) + [False] * len(lists)
    return counted.sort_values([*by, "lists", *lists], ascending=falling, ignore_index=True).drop(columns="lists")


def stratum(records: pd.DataFrame, name: str) -> pd.Series:
    """The stratum of each person: of the earliest record with a certain date that states it."""
    low, high = pd.to_datetime(records["date_low"]), pd.to_datetime(records["date_high"])
    certain = (records["date_precision"].astype(str) != "unknown") & low.notna() & (low.dt.year == high.dt.year)
    if name == "year":
        values = low.dt.year.astype("Int64").astype("string").where(certain, "").fillna("")
    else:
        values = records[name].astype("string").fillna("")
    ordered = pd.DataFrame(
        {
            "person_id": records["person_id"],
            "value": values.astype(object),
            "silent": values == "",
            "uncertain": ~certain,
            "low": low,
            "record_id": records["record_id"].astype(str),
        }
    ).sort_values(["silent", "uncertain", "low", "record_id"])
    return ordered.drop_duplicates("person_id").set_index("person_id")["value"].sort_index()


def sensitivity(linkage: Linkage, thresholds: Sequence[float] = THRESHOLDS) -> pd.DataFrame:
    """How many persons, and how many of them on two lists, at other thresholds; no estimate of a total.

    A link that is missed makes one person two and raises a multiple systems estimate; a false link makes two persons
    one and lowers it. Where the overlaps change little with the threshold, so do estimates made from them.

    Parameters
    ----------
    linkage : of `link.link`.
    thresholds : match probabilities, each above 0.01 and below 1.

    Returns
    -------
    DataFrame of one row a threshold and pair of lists: threshold, persons, linked_pairs (pairs of records in one
    person), on_two_or_more (persons on two lists or more); list_a, list_b, on_a, on_b, on_both (persons).

    Raises
    ------
    LinkageError : a threshold is out of range.
    """
    outside = [limit for limit in thresholds if not 0.01 < limit < 1]
    if outside:
        raise LinkageError("out_of_range", f"A threshold must be above 0.01 and below 1; {outside[0]} is not.")
    claims = linkage.claims
    place = pd.Series(np.arange(len(claims)), index=claims["record_id"])
    pairs = linkage.pairs[["match_weight", "match_probability"]].assign(
        left=place.loc[linkage.pairs["record_id_l"]].to_numpy(),
        right=place.loc[linkage.pairs["record_id_r"]].to_numpy(),
    )
    rows = []
    for threshold in sorted(thresholds):
        person, _ = cluster(pairs, claims, threshold)
        sizes = person.value_counts()
        on = pd.crosstab(person, claims["list_id"]) > 0
        general = {
            "threshold": threshold,
            "persons": len(sizes),
            "linked_pairs": int((sizes * (sizes - 1) // 2).sum()),
            "on_two_or_more": int((on.sum(axis=1) > 1).sum()),
        }
        for one, other in combinations(on.columns, 2):
            both = {"on_a": on[one].sum(), "on_b": on[other].sum(), "on_both": (on[one] & on[other]).sum()}
            rows.append(general | {"list_a": one, "list_b": other} | {name: int(n) for name, n in both.items()})
    return pd.DataFrame(rows)


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
    words = {**(field.codes or {}), htcds.NONE: NONE}
    if trait == "nationality":
        words = {code: areas.country_name(code) for code in stated[trait].unique()}
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
