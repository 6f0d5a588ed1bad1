"""Persons on the lists of a study by area, by year and by what is stated of them, each in one cell of a table.

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
from collections.abc import Iterable, Mapping

import pandas as pd

from analysis.cases import traits
from analysis.cases.counts.coarsening import (
    AND,
    FEWEST,
    OTHER,
    age_classes,
    atoms,
    first_year,
    kept,
    periods,
    pooled,
)
from analysis.cases.counts.keyed import Counter, counter
from analysis.cases.histories import stratum
from analysis.cases.htcds import NOT_A_VICTIM

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
    area = stratum(here, "area_id").replace("", traits.NOT_STATED).rename("area_id")
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
        "year by area": counted(area, year.replace("", traits.NOT_STATED)),
        "period by area": counted(area, periods(year, first, in_area)),
    }
    single = {named: kept(traits.by_person(here, trait), 1 if trait == "age" else FEWEST).rename(named)
              for trait, named in ONE_VALUE.items()}  # fmt: skip
    for named, values in single.items():
        tables[named] = counted(_coarse(named, values, FEWEST))
        tables[f"{named} by area"] = counted(area, _coarse(named, values, fewest))
    several = {named: traits.by_person(here, trait) for trait, named in SEVERAL_VALUES.items()}
    flags = {f"{named}: {value}": flag for named, values in several.items() for value, flag in _flags(values)}
    for named, flag in flags.items():
        tables[named] = counted(flag.rename(named))
        if _fewest(flag) >= fewest:
            tables[f"{named} by area"] = counted(area, flag.rename(named))
    forms = [name for name in flags if name.startswith("form: ") and not name.endswith(traits.NOT_STATED)]
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
