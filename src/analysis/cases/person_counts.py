"""Counts of persons in tables coarse enough to be protected.

How fine a table of persons is made: values that few persons have are taken together before anything is suppressed.

Every suppressed cell takes another with it, so that a table of few large cells tells more than one of many
small ones (Hundepool et al., 2012, Statistical Disclosure Control, section 5.3: global recoding).

Persons counted by some dimensions, with the key of each cell, by which counts of a series are adjusted.

Persons on the lists of a study by area, by year and by what is stated of them, each in one cell of a table.

The unit is the linked person; where lists are not linked it is the record, and the table of totals says so by its name.
Whom a source found to be no victim is not counted. A person stands in one area and in one year: those of the earliest
certain date, as in the capture histories.

How fine a table is follows from totals of the study by one rule (see `coarsening`): a value has cells of its own where
as many persons as the threshold would be expected in the smallest of them, if all were spread alike, in half of the
areas, or with the rarer answer to whether a form was found; else it is pooled, and where only the pool is left there is
no table. As many years are taken together as leave as many persons a period in half of the areas; single years of areas
are counted besides, for those with many persons.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping

import numpy as np
import pandas as pd

from analysis.cases import histories
from analysis.cases.histories import DISAGREE, NOT_STATED, UNCLEAR, stratum
from analysis.cases.htcds import NOT_A_VICTIM
from disclosure import perturbation

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


Counter = Callable[..., pd.DataFrame]


def counter(here: pd.DataFrame) -> Counter:
    """What counts persons by dimensions: Series of one value a person, with the persons' ids as index.

    Parameters
    ----------
    here : case records with ``person_id``, and ``row_hash`` where the cells are to have keys.

    Returns
    -------
    A function from dimensions to a table of them, ``count`` (Int64, without rows of nobody) and ``cell_key``.
    """
    keys = record_keys(here)

    def counted(*dimensions: pd.Series) -> pd.DataFrame:
        table = pd.concat(dimensions, axis=1)
        if keys is not None:
            return perturbation.counted(table, list(table), keys.reindex(table.index))
        return table.groupby(list(table), sort=True).size().astype("Int64").reset_index(name="count")

    return counted


def record_keys(here: pd.DataFrame) -> pd.Series | None:
    """The key of each person, from 0 to below 1: the same whenever a list has the same row of that person.

    It follows from the keyed hashes of the person's rows, not from their numbers, which change when a row is taken out.
    """
    if "row_hash" not in here:
        return None
    hashes = here.groupby("person_id")["row_hash"].min()
    return pd.Series(hashes.to_numpy(np.uint64) / 2.0**64, hashes.index)


PERSONS, RECORDS = "persons", "records"
# Traits of which a person has one value, and those of which a person can have several: trait -> dimension.
ONE_VALUE = {
    "sex": "sex",
    "age": "age",
    "nationality": "nationality",
    "sector": "sector",
    "recruiter": "recruiter",
    "status": "status",
}
SEVERAL_VALUES = {"exploitation": "form", "means_of_control": "means"}
PLACE_AND_TIME = ("area_id", "year")
# Counted with each form of exploitation for the study as a whole. By age besides, tables would hang together in
# circles, and the attack on all of them takes many times as long.
WITH_FORM = ("sex",)


def person_tables(case_records: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Count tables of the persons on the lists of a study.

    Parameters
    ----------
    case_records : the table of ``cases.processed``, of all areas.

    Returns
    -------
    Name -> table of dimensions and ``count`` (Int64), without rows of nobody. Dimensions are ``area_id`` ("not stated"
    where no record says it), ``year`` (a year, a period "2014-2015", or "not stated"), those of `ONE_VALUE`, and one
    with "yes" and "no" for each value of `SEVERAL_VALUES` ("form: Forced labour"). On which list a person stands is in
    no table: everybody is on one at least, so that totals of lists, with an estimate of who is on none, tell overlaps.
    Tables are named by their dimensions, "sex by area"; a table without an area is of the study as a whole. The totals
    are called "persons" and "persons by area", or "records" where those are counted.
    """
    here = case_records[case_records["status"].astype(str) != NOT_A_VICTIM]
    linked = here["person_id"].astype(str).ne("").all() and len(here) > 0
    here = here.assign(person_id=here["person_id"] if linked else here["record_id"])
    area = stratum(here, "area_id").replace("", histories.NOT_STATED).rename("area_id")
    year = stratum(here, "year").rename("year")
    in_area = area.value_counts().median()
    fewest = FEWEST * len(area) / max(in_area, 1)
    what = PERSONS if linked else RECORDS
    counted = counter(here)
    first = first_year(year)
    tables = {
        what: counted(pd.Series("all", area.index)).drop(columns=0),
        f"{what} by area": counted(area),
        "year": counted(periods(year, first, len(year))),
        "year by area": counted(area, year.replace("", histories.NOT_STATED)),
        "period by area": counted(area, periods(year, first, in_area)),
    }
    single = {named: kept(histories.by_person(here, trait), 1 if trait == "age" else FEWEST).rename(named)
              for trait, named in ONE_VALUE.items()}  # fmt: skip
    for named, values in single.items():
        tables[named] = counted(_coarse(named, values, FEWEST))
        tables[f"{named} by area"] = counted(area, _coarse(named, values, fewest))
    several = {named: histories.by_person(here, trait) for trait, named in SEVERAL_VALUES.items()}
    flags = {f"{named}: {value}": flag for named, values in several.items() for value, flag in _flags(values)}
    for named, flag in flags.items():
        tables[named] = counted(flag.rename(named))
        if _fewest(flag) >= fewest:
            tables[f"{named} by area"] = counted(area, flag.rename(named))
    forms = [name for name in flags if name.startswith("form: ") and not name.endswith(histories.NOT_STATED)]
    tables |= _crossed(counted, single, {name: flags[name] for name in forms})
    return {name: table for name, table in tables.items() if _tells(table)}


def unit(tables: Iterable[str]) -> str:
    """What is counted in the tables of a study: ``persons``, or ``records`` where its lists are not linked."""
    return PERSONS if PERSONS in tables else RECORDS


def nested(*releases: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Of which finest values each value of a dimension is made, for those that are pooled in some tables.

    Parameters
    ----------
    releases : tables by name, and those of earlier releases, which may have pooled others.

    Returns
    -------
    Dimension -> DataFrame of value and atom, for all dimensions but those of yes and no; for area and year where any of
    their values are taken together, since periods alone are understood without.
    """
    found: dict[str, list[str]] = {}
    for table in [table for tables in releases for table in tables.values()]:
        for name in (*ONE_VALUE.values(), *PLACE_AND_TIME):
            if name in table:
                found.setdefault(name, []).extend(table[name].unique())
    return {
        name: pd.DataFrame(
            [(value, atom) for value in sorted(set(values)) for atom in _atoms(name, value)],
            columns=["value", "atom"],
        )
        for name, values in found.items()
        if name not in PLACE_AND_TIME or any(AND in value for value in values)
    }


def _atoms(name: str, value: str) -> list[str]:
    if name != "year":
        return atoms(value)
    spans = [re.fullmatch(r"(\d{4})-(\d{4})", part) or part for part in value.split(AND)]
    years = [[span] if isinstance(span, str) else map(str, range(int(span[1]), int(span[2]) + 1)) for span in spans]
    return [year for span in years for year in span]


def _crossed(counted: Counter, single: dict[str, pd.Series], forms: dict[str, pd.Series]) -> dict[str, pd.DataFrame]:
    """Tables of two traits, of the study as a whole: each pooled for how rare the values of the other are."""
    age = _coarse("age", single["age"], 2 * FEWEST)
    sex = _coarse("sex", single["sex"], FEWEST * len(age) / age.value_counts().min())
    tables = {"sex by age": counted(sex, age)}
    for named, flag in forms.items():
        fewest = FEWEST * len(flag) / max(_fewest(flag), 1)
        for trait in WITH_FORM:
            tables[f"{trait} by {named}"] = counted(_coarse(trait, single[trait], fewest), flag.rename(named))
    return tables


def _coarse(named: str, values: pd.Series, fewest: float) -> pd.Series:
    return (age_classes if named == "age" else pooled)(values, fewest).rename(named)


def _flags(values: pd.Series) -> list[tuple[str, pd.Series]]:
    """Whether each person has each of several values; those that fewer than `FEWEST` have are one, "other"."""
    persons, counts = values.index.unique(), values.value_counts()
    rare = counts.index[counts < FEWEST]
    values = values.where(~values.isin(rare), OTHER)
    return [
        (str(value), pd.Series("no", persons).mask(persons.isin(values.index[values == value]), "yes"))
        for value in sorted(values.unique())
    ]


def _fewest(flag: pd.Series) -> int:
    """How many there are of the rarer of yes and no."""
    return int(flag.value_counts().reindex(["yes", "no"], fill_value=0).min())


def _tells(table: pd.DataFrame) -> bool:
    """Whether a table has two values of each dimension beside the area; the totals have none."""
    names = [name for name in table if name not in ("area_id", "count", "cell_key")]
    return bool(table["count"].sum()) and all(table[name].nunique() > 1 for name in names)
