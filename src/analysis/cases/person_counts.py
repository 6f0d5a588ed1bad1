"""Counts of persons in tables coarse enough to be protected: by area, year and what is stated of them, and by journey.

Values that few persons have are taken together before anything is suppressed. Every suppressed cell takes another with
it, so that a table of few large cells tells more than one of many small ones (Hundepool et al., 2012, Statistical
Disclosure Control, section 5.3: global recoding). Later releases keep the values of the first (`series_counts`).

The unit is the linked person; where lists are not linked it is the record, and the table of totals says so by its name.
Whom a source found to be no victim is not counted. A person stands in one area and in one year: those of the earliest
certain date, as in the capture histories.

How fine a table is follows from totals of the study by one rule (see `coarsening`): a value has cells of its own where
as many persons as the threshold would be expected in the smallest of them, if all were spread alike, in half of the
areas, or with the rarer answer to whether a form was found; else it is pooled, and where only the pool is left there is
no table. As many years are taken together as leave as many persons a period in half of the areas; single years of areas
are counted besides, for those with many persons.

A person has one journey here, the one of which most is known, so that each stands in one cell. From where to where and
how far is one dimension, ``flow``: a pair of which fewer persons are counted than may be shown has no cell of its own,
but is combined with others that reach as far, by their origin where that is enough. So no flow has to be suppressed,
and whether a rare pair exists at all is not told. Were the reach a dimension beside the flow, all persons of a flow
would share it, and give it away.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

import journeys
from analysis import areas
from analysis.cases import record_linkage
from analysis.cases.htcds import NOT_A_VICTIM
from analysis.cases.places import gazetteer
from analysis.cases.record_linkage import DISAGREE, NOT_STATED, UNCLEAR, stratum
from journeys.legs import countries
from journeys.nodes import passed

# No group of fewer persons is shown.
FEWEST = 11
OTHER = "other"
# The area of whoever was detected elsewhere: one category, so that a place that few have is not listed.
OUTSIDE = "outside the study"
# Between the values that a pool is made of.
AND = " + "
UNKNOWN = (NOT_STATED, DISAGREE, UNCLEAR)
# Dimensions of age: at detection, and when exploitation began. The second has the name under which earlier releases
# count it, so that their series go on.
AGE_DETECTED, AGE_EXPLOITED = "age_detected", "age"
OF_AGE = (AGE_DETECTED, AGE_EXPLOITED)
# Classes of age of children, from the finest to the coarsest, and what the coarser ones are made of.
YOUNGER = ["0-4", "5-11", "12-14"]
OF_AGES = {"0-14": YOUNGER, "child": [*YOUNGER, "15-17", "child, age not known"]}
AGES: tuple[dict[str, str], ...] = (
    {},
    dict.fromkeys(YOUNGER, "0-14"),
    dict.fromkeys(OF_AGES["child"], "child"),
)
ADULT = "18 or older"
# The table of age at detection in which adults, and persons of whom it is not stated, are told apart by the age when
# exploitation began. Whoever was detected as a child was one then; two tables of one age each would tell by their
# difference how many came of age in between.
BEGAN = "age_began"
OF_DETECTED = {
    ADULT: [
        f"{ADULT}, child when exploitation began",
        f"{ADULT}, also when exploitation began",
        f"{ADULT}, beginning not stated",
    ],
    NOT_STATED: [f"{NOT_STATED}, child when exploitation began", f"{NOT_STATED}, nor when exploitation began"],
}
# Who was a child when exploitation began, and was not detected as one.
CHILD_BEFORE = (OF_DETECTED[ADULT][0], OF_DETECTED[NOT_STATED][0])
# Of age when exploitation began: an adult when detected, who may have been a child before.
ADULT_LATER = f"{NOT_STATED}, {ADULT} when detected"
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


def atoms(value: str, dimension: str = "") -> list[str]:
    """The finest values of which a value is made: "0-14 + not stated" of three classes of age and one more."""
    made_of = OF_AGES | (OF_DETECTED if dimension == AGE_DETECTED else {})
    return [atom for part in value.split(AND) for atom in made_of.get(part, [part])]


def finest_ages(detected: pd.Series, exploited: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Classes of age at detection and when exploitation began, each told apart by the other where it is not implied.

    Parameters
    ----------
    detected, exploited : one class a person, of the same persons; what is not stated is one value.
    """
    detected, exploited = detected.astype(object), exploited.reindex(detected.index).astype(object)
    began = exploited.where(~exploited.isin(OF_AGES["child"]), "child")
    adult, silent = detected == ADULT, detected == NOT_STATED
    child_then, adult_then, unknown_then = OF_DETECTED[ADULT]
    full = detected.mask(adult, began.map({"child": child_then, ADULT: adult_then}).fillna(unknown_then))
    child_before, neither = OF_DETECTED[NOT_STATED]
    full = full.mask(silent, began.map({"child": child_before}).fillna(neither))
    return full.rename(AGE_DETECTED), exploited.mask((exploited == NOT_STATED) & adult, ADULT_LATER).rename(
        AGE_EXPLOITED
    )


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


def counted(*dimensions: pd.Series) -> pd.DataFrame:
    """Persons by dimensions: Series of one value a person, with the persons' ids as index.

    Returns
    -------
    The dimensions and ``count`` (Int64), without rows of nobody.
    """
    table = pd.concat(dimensions, axis=1)
    return table.groupby(list(table), sort=True).size().astype("Int64").reset_index(name="count")


def victims(case_records: pd.DataFrame) -> tuple[pd.DataFrame, bool]:
    """The records of those who are counted, each with its person's id; and whether persons are linked.

    Where they are not, a record counts as a person. Whom a source found to be no victim is not counted.
    """
    here = case_records[case_records["status"].astype(str) != NOT_A_VICTIM]
    linked = len(here) > 0 and bool(here["person_id"].astype(str).ne("").all())
    return here.assign(person_id=here["person_id"] if linked else here["record_id"]), linked


def areas_of(here: pd.DataFrame) -> pd.Series:
    """The area of each person; "not stated", or "outside the study" where it is none of the study's own."""
    found = stratum(here, "area_id").replace("", NOT_STATED).rename("area_id")
    own = areas.ids(str(here["study"].iloc[0])) if "study" in here and len(here) else list(found)
    return found.where(found.isin([*own, NOT_STATED]), OUTSIDE)


PERSONS, RECORDS = "persons", "records"
# Traits of which a person has one value, and those of which a person can have several: trait -> dimension.
ONE_VALUE = {
    "sex": "sex",
    "age_detected": AGE_DETECTED,
    "age_exploited": AGE_EXPLOITED,
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
    here, linked = victims(case_records)
    area = areas_of(here)
    year = stratum(here, "year").rename("year")
    in_area = area.value_counts().median()
    fewest = FEWEST * len(area) / max(in_area, 1)
    what = PERSONS if linked else RECORDS
    first = first_year(year)
    tables = {
        what: counted(pd.Series("all", area.index)).drop(columns=0),
        f"{what} by area": counted(area),
        "year": counted(periods(year, first, len(year))),
        "year by area": counted(area, year.replace("", record_linkage.NOT_STATED)),
        "period by area": counted(area, periods(year, first, in_area)),
    }
    single = {named: kept(record_linkage.by_person(here, trait), 1 if named in OF_AGE else FEWEST).rename(named)
              for trait, named in ONE_VALUE.items()}  # fmt: skip
    single, began, age = _of_one_age(single)
    tables |= began
    for named, values in single.items():
        tables[named] = counted(_coarse(named, values, FEWEST))
        tables[f"{named} by area"] = counted(area, _coarse(named, values, fewest))
    several = {named: record_linkage.by_person(here, trait) for trait, named in SEVERAL_VALUES.items()}
    flags = {f"{named}: {value}": flag for named, values in several.items() for value, flag in _flags(values)}
    for named, flag in flags.items():
        tables[named] = counted(flag.rename(named))
        if _fewest(flag) >= fewest:
            tables[f"{named} by area"] = counted(area, flag.rename(named))
    forms = [name for name in flags if name.startswith("form: ") and not name.endswith(record_linkage.NOT_STATED)]
    tables |= _crossed(single, age, {name: flags[name] for name in forms})
    return {name: table for name, table in tables.items() if _tells(table)}


def unit(tables: Iterable[str]) -> str:
    """Return what is counted in the tables of a study: ``persons``, or ``records`` where its lists are not linked."""
    return PERSONS if any(name.split(" by ")[0] == PERSONS for name in tables) else RECORDS


def nested(*releases: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Return the finest values of which each value of a dimension is made, for those that are pooled in some tables.

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
        return atoms(value, name)
    spans = [re.fullmatch(r"(\d{4})-(\d{4})", part) or part for part in value.split(AND)]
    years = [[span] if isinstance(span, str) else map(str, range(int(span[1]), int(span[2]) + 1)) for span in spans]
    return [year for span in years for year in span]


def _of_one_age(single: dict[str, pd.Series]) -> tuple[dict[str, pd.Series], dict[str, pd.DataFrame], str]:
    """The traits with one age alone, what is counted of the other, and the dimension of the first.

    Age at detection, as in statistics of detected victims; of lists that rather state the age when exploitation began,
    that one.
    """
    full, exploited = finest_ages(*(single[named] for named in OF_AGE))
    silent = {named: (single[named] == NOT_STATED).sum() for named in OF_AGE}
    if silent[AGE_EXPLOITED] < silent[AGE_DETECTED]:
        return (
            {name: each for name, each in single.items() if name != AGE_DETECTED} | {AGE_EXPLOITED: exploited},
            {},
            AGE_EXPLOITED,
        )
    coarse = _coarse(AGE_DETECTED, single[AGE_DETECTED], FEWEST)
    began = coarse
    for whole, parts in OF_DETECTED.items():
        told = pooled(full[coarse == whole], FEWEST)
        # One pool of all, or nothing stated of any, says no more than the value itself.
        if told.nunique() > 1 or set(told) & set(parts[:-1]):
            began = began.mask(coarse == whole, told)
    tables = {} if began.equals(coarse) else {BEGAN: counted(began)}
    return {name: each for name, each in single.items() if name != AGE_EXPLOITED}, tables, AGE_DETECTED


def _crossed(single: dict[str, pd.Series], of_age: str, forms: dict[str, pd.Series]) -> dict[str, pd.DataFrame]:
    """Tables of two traits, of the study as a whole: each pooled for how rare the values of the other are."""
    age = _coarse(of_age, single[of_age], 2 * FEWEST)
    sex = _coarse("sex", single["sex"], FEWEST * len(age) / age.value_counts().min())
    tables = {f"sex by {of_age}": counted(sex, age)}
    for named, flag in forms.items():
        fewest = FEWEST * len(flag) / max(_fewest(flag), 1)
        for trait in WITH_FORM:
            tables[f"{trait} by {named}"] = counted(_coarse(trait, single[trait], fewest), flag.rename(named))
    return tables


def _coarse(named: str, values: pd.Series, fewest: float) -> pd.Series:
    return (age_classes if named in OF_AGE else pooled)(values, fewest).rename(named)


def _flags(values: pd.Series) -> list[tuple[str, pd.Series]]:
    """A flag a value for each person who may have several; values of fewer than `FEWEST` persons are one, "other"."""
    persons, counts = values.index.unique(), values.value_counts()
    rare = counts.index[counts < FEWEST]
    values = values.where(~values.isin(rare), OTHER)
    return [
        (str(value), pd.Series("no", persons).mask(persons.isin(values.index[values == value]), "yes"))
        for value in sorted(values.unique())
    ]


def _fewest(flag: pd.Series) -> int:
    """The number of the rarer of yes and no."""
    return int(flag.value_counts().reindex(["yes", "no"], fill_value=0).min())


def _tells(table: pd.DataFrame) -> bool:
    """True if a table has two values of each dimension beside the area; the totals have none."""
    names = [name for name in table if name not in ("area_id", "count")]
    return bool(table["count"].sum()) and all(table[name].nunique() > 1 for name in names)


FLOW, SCOPE, MOVED = "flow", "scope", "moved"
# What each dimension of a place passed, or of a border crossed, begins with.
PASSED, BORDER = "passed", "border"
# Between the two ends of a flow, and the two countries of a border; before how far it reaches.
TO, REACHES = ">", ", "
WITHIN, DOMESTIC, ABROAD = "within one area", "within one country", "across a border"
SCOPES = (WITHIN, DOMESTIC, ABROAD, NOT_STATED)
# By area there are two reaches alone: within it, and from or to elsewhere.
ELSEWHERE = "from one place to another"


def journey_tables(case_records: pd.DataFrame, stops: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Count tables of the journeys of the persons on the lists of a study, before their protection.

    Parameters
    ----------
    case_records, stops : the tables of ``cases.processed``, of all areas at once. Where lists are not linked a record
        counts as a person; whom a source found to be no victim is not counted.

    Returns
    -------
    Name -> table of dimensions and ``count`` (persons, Int64), without rows of nobody: "flow" ("SYR>TR-27, across a
    border", "IRQ>other, across a border" or "other>other, within one area"; an end that no record states is "not
    stated"); "scope", how far journeys reach, one of ``SCOPES`` or two of them joined where one has too few persons;
    "year by scope", in periods as short as ``coarsening`` lets them be; "moved" and "moved by area", whether a journey
    stays within one area, or leads "from one place to another"; and one table of "yes" and
    "no" for each place that enough persons are known to have passed ("passed: TR-79") or border that they are known to
    have crossed ("border: SYR>TUR"); the places of fewer are one, "other", where that is enough. "no" is no denial: of
    a person without a known journey nothing is known to be passed.
    Empty where no record states a place.
    """
    here, _ = victims(case_records)
    of_persons = stops[stops["journey_id"].isin(here["record_id"])]
    if of_persons.empty:
        return {}
    read = journeys_of(here, of_persons)
    person = read.ids.map(here.set_index("record_id")["person_id"]).to_numpy()
    persons = pd.Index(here["person_id"].unique(), name="person_id")
    study = str(here["study"].iloc[0])
    ends = principal(read, person, here).reindex(persons).fillna(NOT_STATED)
    scope = pd.Series(scopes(ends, areas.ids(study)), persons)
    moved = pooled(scope.replace([DOMESTIC, ABROAD], ELSEWHERE), FEWEST).rename(MOVED)
    scope = pooled(scope, FEWEST).rename(SCOPE)
    tables = {FLOW: counted(_flows(ends, scope))} | _by_scope(here, scope, moved)
    for named, yes in (
        _journey_flags(PASSED, places_passed(read, person)) | _journey_flags(BORDER, borders(read, person))
    ).items():
        tables[named] = counted(pd.Series(np.where(persons.isin(yes), "yes", "no"), persons, name=named))
    return tables


def principal(read: journeys.Journeys, person: np.ndarray, here: pd.DataFrame) -> pd.DataFrame:
    """The two ends of the journey of each person of which most is known.

    That is the one with more known ends; of several the one that is known from end to end, then the one that was
    detected first, then the one with the smaller id of its record.

    Returns
    -------
    DataFrame by person: origin, destination ("not stated" where no record says it).
    """
    ids = np.append(np.asarray(read.places, dtype=object), NOT_STATED)
    dated = pd.to_datetime(here.set_index("record_id")["date_low"])
    table = pd.DataFrame(
        {
            "person_id": person,
            "origin": ids[read.origin],
            "destination": ids[read.destination],
            "known": (read.origin >= 0).astype(int) + (read.destination >= 0),
            "whole": read.whole,
            "date": dated.reindex(read.ids).to_numpy(),
            "record_id": read.ids.astype(str),
        }
    )
    order = ["person_id", "known", "whole", "date", "record_id"]
    table = table.sort_values(order, ascending=[True, False, False, True, True])
    return table.drop_duplicates("person_id").set_index("person_id")[["origin", "destination"]]


def journeys_of(here: pd.DataFrame, stops: pd.DataFrame) -> journeys.Journeys:
    """The journeys between the nodes of the study, without those that another of the same person holds."""
    study = str(here["study"].iloc[0])
    nodes = journeys.study_nodes(gazetteer(study), areas.ids(study), areas.get(study).iso3)
    whose = here[["record_id", "person_id"]].rename(columns={"record_id": "journey_id"})
    columns = ["journey_id", "seq", "place_id", "role", *(name for name in ("transit_asked",) if name in stops)]
    return journeys.fullest(journeys.journeys(stops[columns].merge(whose, on="journey_id", validate="m:1"), nodes))


def scopes(ends: pd.DataFrame, own: list[str]) -> np.ndarray:
    """Return how far each journey reaches; "not stated" where one end is not, or lies in no known country."""
    origin, destination = ends["origin"], ends["destination"]
    of = countries({*origin, *destination} - {NOT_STATED})
    # Where no place lies in a known country, the map alone would be of numbers.
    start, end = (each.map(of).astype("str").fillna("") for each in (origin, destination))
    known = (start != "") & (end != "")
    within = (origin == destination) & origin.isin(own)
    return np.select([within, known & (start == end), known], [WITHIN, DOMESTIC, ABROAD], NOT_STATED)


def _flows(ends: pd.DataFrame, scope: pd.Series) -> pd.Series:
    """The flow of each person; pairs of too few persons are taken together with others that reach as far."""
    flow = ends["origin"] + TO + ends["destination"]
    by_origin = ends["origin"] + TO + OTHER
    rest = OTHER + TO + OTHER
    for _, here in flow.groupby(scope):
        flow[here.index] = _taken_together(here, by_origin[here.index], rest)
    return (flow + REACHES + scope).rename(FLOW)


def _taken_together(flow: pd.Series, by_origin: pd.Series, rest: str) -> pd.Series:
    """Flows of `FEWEST` persons as they are, others by their origin, and those that are still too few as the rest.

    As long as the rest is too small, the smallest of those by origin go into it, and then the smallest of all.
    """
    coarse = flow.mask(flow.map(flow.value_counts()) < FEWEST, by_origin)
    counts = coarse.value_counts()
    pool = set(counts.index[counts < FEWEST])
    left = sorted(set(counts.index) - pool, key=lambda name: (not name.endswith(TO + OTHER), counts[name], name))
    while pool and counts[list(pool)].sum() < FEWEST and left:
        pool.add(left.pop(0))
    return coarse.mask(coarse.isin(pool), rest)


def _by_scope(here: pd.DataFrame, scope: pd.Series, moved: pd.Series) -> dict[str, pd.DataFrame]:
    """Persons by how far their journeys reach, by year; and by whether they stay within an area, by area.

    A table of every trait by reach would tie all dimensions of a study to one another, and an attack on all of them at
    once would have to look at their product; year and area are what a reader asks for first.
    """
    area = areas_of(here)
    year = stratum(here, "year").rename("year")
    # The fewest persons that any of the reaches has decide how long the periods are.
    spans = periods(year, first_year(year), scope.value_counts().min()).rename("year")
    tables = {
        SCOPE: counted(scope),
        MOVED: counted(moved),
        f"{MOVED} by area": counted(area, moved),
        f"year by {SCOPE}": counted(scope, spans),
    }
    return {name: table for name, table in tables.items() if (table.drop(columns="count").nunique() > 1).all()}


def places_passed(read: journeys.Journeys, person: np.ndarray) -> pd.DataFrame:
    """The places that each person passed between the ends of a journey: person, place, each pair once."""
    journey, place = passed(read)
    found = pd.DataFrame({"person": person[journey], "value": np.asarray(read.places, dtype=object)[place]})
    return found.drop_duplicates()


def borders(read: journeys.Journeys, person: np.ndarray) -> pd.DataFrame:
    """The borders that each person crossed on observed legs: person, "SYR>TUR", each pair once."""
    to = read.arrivals
    to = to[~read.after_gap[to]]
    of = countries(read.places)
    country = np.array([of[place] for place in read.places], dtype=object)
    start, end = country[read.place[to - 1]], country[read.place[to]]
    crossed = (start != "") & (end != "") & (start != end)
    found = pd.DataFrame({"person": person[read.journey[to]], "value": start + TO + end})[crossed]
    return found.drop_duplicates()


def _journey_flags(named: str, found: pd.DataFrame) -> dict[str, np.ndarray]:
    """Persons with each value, by the name of its dimension; values that fewer than `FEWEST` have are one, "other".

    Where these are too few together as well, there is no table of them: all of it would be suppressed.
    """
    counts = found["value"].value_counts()
    values = found["value"].mask(found["value"].map(counts) < FEWEST, OTHER)
    who = {f"{named}: {value}": found.loc[values == value, "person"].unique() for value in sorted(values.unique())}
    return {name: persons for name, persons in who.items() if len(persons) >= FEWEST}


__all__ = ["count_tables", "nested", "person_tables", "unit"]


def count_tables(case_records: pd.DataFrame, stops: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """All count tables of the persons on the lists of a study, before their protection.

    Parameters
    ----------
    case_records, stops : the tables of ``cases.processed``, of all areas at once.

    Returns
    -------
    Name -> tidy table: dimensions, and ``count`` (persons, Int64). Each person stands in one cell of each table.
    """
    return {**person_tables(case_records), **journey_tables(case_records, stops)}
