"""Counts of persons by journey, and all count tables of a study.

Persons of a study by their journey: from where to where, how far, which places they pass, which borders they cross.

A person has one journey here, the one of which most is known, so that each stands in one cell. From where to where and
how far is one dimension, ``flow``: a pair of which fewer persons are counted than may be shown has no cell of its own,
but is combined with others that reach as far, by their origin where that is enough. So no flow has to be suppressed
(Hundepool et al., 2012, Statistical Disclosure Control, section 5.3: global recoding), and whether a rare pair exists
at all is not told. Were the reach a dimension beside the flow, all persons of a flow would share it, and give it away.

Persons of a study counted in tables of few cells: what `disclosure.protect` makes fit to leave the building.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

import journeys
from analysis import areas
from analysis.cases.histories import NOT_STATED, stratum
from analysis.cases.htcds import NOT_A_VICTIM
from analysis.cases.person_counts import (
    FEWEST,
    OTHER,
    Counter,
    counter,
    first_year,
    nested,
    periods,
    person_tables,
    pooled,
    unit,
)
from analysis.cases.places import gazetteer
from journeys.legs import countries
from journeys.transit import passed

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
    here = case_records[case_records["status"].astype(str) != NOT_A_VICTIM]
    linked = len(here) > 0 and here["person_id"].astype(str).ne("").all()
    here = here.assign(person_id=here["person_id"] if linked else here["record_id"])
    of_persons = stops[stops["journey_id"].isin(here["record_id"])]
    if of_persons.empty:
        return {}
    read = journeys_of(here, of_persons)
    person = read.ids.map(here.set_index("record_id")["person_id"]).to_numpy()
    persons = pd.Index(here["person_id"].unique(), name="person_id")
    study = str(here["study"].iloc[0])
    counted = counter(here)
    ends = principal(read, person, here).reindex(persons).fillna(NOT_STATED)
    scope = pd.Series(_scopes(ends, areas.ids(study)), persons)
    moved = pooled(scope.replace([DOMESTIC, ABROAD], ELSEWHERE), FEWEST).rename(MOVED)
    scope = pooled(scope, FEWEST).rename(SCOPE)
    tables = {FLOW: counted(_flows(ends, scope))} | _by_scope(counted, here, scope, moved)
    for named, yes in (_flags(PASSED, _places_passed(read, person)) | _flags(BORDER, _borders(read, person))).items():
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


def _scopes(ends: pd.DataFrame, own: list[str]) -> np.ndarray:
    """How far each journey reaches; "not stated" where one end is not, or lies in no known country."""
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


def _by_scope(counted: Counter, here: pd.DataFrame, scope: pd.Series, moved: pd.Series) -> dict[str, pd.DataFrame]:
    """How far journeys reach, by year; and whether they stay within an area, by area.

    A table of every trait by reach would tie all dimensions of a study to one another, and an attack on all of them at
    once would have to look at their product; year and area are what a reader asks for first.
    """
    area = stratum(here, "area_id").replace("", NOT_STATED).rename("area_id")
    year = stratum(here, "year").rename("year")
    # The fewest persons that any of the reaches has decide how long the periods are.
    spans = periods(year, first_year(year), scope.value_counts().min()).rename("year")
    tables = {
        SCOPE: counted(scope),
        MOVED: counted(moved),
        f"{MOVED} by area": counted(area, moved),
        f"year by {SCOPE}": counted(scope, spans),
    }
    return {
        name: table
        for name, table in tables.items()
        if (table.drop(columns=["count", "cell_key"], errors="ignore").nunique() > 1).all()
    }


def _places_passed(read: journeys.Journeys, person: np.ndarray) -> pd.DataFrame:
    """The places that each person passed between the ends of a journey: person, place, each pair once."""
    journey, place = passed(read)
    found = pd.DataFrame({"person": person[journey], "value": np.asarray(read.places, dtype=object)[place]})
    return found.drop_duplicates()


def _borders(read: journeys.Journeys, person: np.ndarray) -> pd.DataFrame:
    """The borders that each person crossed on observed legs: person, "SYR>TUR", each pair once."""
    to = read.arrivals
    to = to[~read.after_gap[to]]
    of = countries(read.places)
    country = np.array([of[place] for place in read.places], dtype=object)
    start, end = country[read.place[to - 1]], country[read.place[to]]
    crossed = (start != "") & (end != "") & (start != end)
    found = pd.DataFrame({"person": person[read.journey[to]], "value": start + TO + end})[crossed]
    return found.drop_duplicates()


def _flags(named: str, found: pd.DataFrame) -> dict[str, np.ndarray]:
    """Who has each value, by the name of its dimension; values that fewer than `FEWEST` have are one, "other".

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
