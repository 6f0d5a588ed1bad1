"""Counts of persons in the tables and values of an earlier release, so that a series stays one.

Which values a table lists would otherwise follow from how many persons have them, and a value that appears or vanishes
would say that somebody came or went. So a table of a later release has the values of the release before: what is new is
"other", an area that is none of the study's "outside the study", a year before the first "other years". Periods after
the last are as long as it is. A value that no earlier release has is listed once enough persons have it
(`disclosure.revision`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping

import numpy as np
import pandas as pd

from analysis import areas
from analysis.cases import record_linkage
from analysis.cases.person_counts import (
    ABROAD,
    AGE_DETECTED,
    AGE_EXPLOITED,
    BORDER,
    DOMESTIC,
    ELSEWHERE,
    FLOW,
    MOVED,
    OF_AGE,
    OF_AGES,
    ONE_VALUE,
    OTHER,
    OUTSIDE,
    PASSED,
    REACHES,
    SCOPE,
    SEVERAL_VALUES,
    TO,
    UNKNOWN,
    areas_of,
    atoms,
    borders,
    counted,
    finest_ages,
    journeys_of,
    places_passed,
    principal,
    scopes,
    victims,
)
from analysis.cases.record_linkage import NOT_STATED, stratum
from disclosure.tables import dimensions_of

# The value of a year before those that the tables list.
OTHER_YEARS = "other years"
_SPAN = re.compile(r"(\d{4})(?:-(\d{4}))?")
Tables = Mapping[str, pd.DataFrame]


def count_as_before(case_records: pd.DataFrame, stops: pd.DataFrame, before: Tables) -> dict[str, pd.DataFrame]:
    """The count tables of persons, with the dimensions and values that an earlier release has.

    Parameters
    ----------
    case_records, stops : as of `person_counts.count_tables`.
    before : the tables of the release before.

    Returns
    -------
    Name -> dimensions and ``count`` (Int64), without rows of nobody: a table for each of `before`. A table of persons
    is not made of records, nor the other way round: where lists are linked now and were not before, it is left out.
    """
    here, linked = victims(case_records)
    finest = {**_traits(here), **_journeys(here, stops, before)}
    what = "records" if linked else "persons" if len(here) else ""
    found = {}
    for name, table in before.items():
        dimensions = [str(each) for each in dimensions_of(table)]
        if name.split(" by ")[0] == what:
            continue
        if not dimensions:
            found[name] = pd.DataFrame({"count": pd.array([here["person_id"].nunique()], dtype="Int64")})
            continue
        made = [_as_listed(each, _values(here, finest, each, before), table[each].unique()) for each in dimensions]
        found[name] = counted(*made) if len(here) else table[dimensions].head(0).assign(count=pd.array([], "Int64"))
    return found


def _traits(here: pd.DataFrame) -> dict[str, pd.Series]:
    """The finest value that each person has of each trait of which there is one."""
    found = {"area_id": areas_of(here), "year": stratum(here, "year").replace("", NOT_STATED)}
    for trait, named in ONE_VALUE.items():
        values = record_linkage.by_person(here, trait).astype(object)
        found[named] = values.where(~values.isin(UNKNOWN), NOT_STATED)
    found[AGE_DETECTED], found[AGE_EXPLOITED] = finest_ages(found[AGE_DETECTED], found[AGE_EXPLOITED])
    return found


def _journeys(here: pd.DataFrame, stops: pd.DataFrame, before: Tables) -> dict[str, pd.Series]:
    """The same of the one journey of each person; nothing where no table is of journeys."""
    if not any(name in table for table in before.values() for name in (FLOW, SCOPE, MOVED)):
        return {}
    persons = pd.Index(here["person_id"].unique(), name="person_id")
    of_persons = stops[stops["journey_id"].isin(here["record_id"])]
    if of_persons.empty:
        return dict.fromkeys((FLOW, SCOPE, MOVED), pd.Series(NOT_STATED, persons))
    read = journeys_of(here, of_persons)
    person = read.ids.map(here.set_index("record_id")["person_id"]).to_numpy()
    ends = principal(read, person, here).reindex(persons).fillna(NOT_STATED)
    reach = pd.Series(scopes(ends, areas.ids(str(here["study"].iloc[0]))), persons)
    listed = before[SCOPE][SCOPE].unique() if SCOPE in before else []
    pooled = _as_listed(SCOPE, reach, listed) if len(listed) else reach
    flow = ends["origin"] + TO + ends["destination"]
    return {
        SCOPE: reach,
        MOVED: reach.replace([DOMESTIC, ABROAD], ELSEWHERE),
        FLOW: flow + REACHES + pooled,
        **{f"{PASSED}: {value}": who for value, who in _who(places_passed(read, person)).items()},
        **{f"{BORDER}: {value}": who for value, who in _who(borders(read, person)).items()},
    }


def _who(found: pd.DataFrame) -> dict[str, pd.Series]:
    return {str(value): rows for value, rows in found.groupby("value")["person"]}


def _values(here: pd.DataFrame, finest: Mapping[str, pd.Series], dimension: str, before: Tables) -> pd.Series:
    """The finest value of each person in a dimension; of a flag, yes or no."""
    if dimension in finest and ": " not in dimension:
        return finest[dimension]
    kind, _, value = dimension.partition(": ")
    persons = pd.Index(here["person_id"].unique(), name="person_id")
    if kind in (PASSED, BORDER):
        who = {name.partition(": ")[2]: own for name, own in finest.items() if name.startswith(f"{kind}: ")}
    else:
        (trait,) = [trait for trait, named in SEVERAL_VALUES.items() if named == kind]
        who = _who(record_linkage.by_person(here, trait).rename("value").rename_axis("person").reset_index())
    listed = {name.partition(": ")[2] for name in before if name.startswith(f"{kind}: ") and " by " not in name}
    # Those of whom no other flag is listed are one.
    wanted = [own for name, own in who.items() if name == value or (value == OTHER and name not in listed)]
    yes = persons.isin(pd.concat(wanted)) if wanted else np.zeros(len(persons), bool)
    return pd.Series(np.where(yes, "yes", "no"), persons)


def _as_listed(dimension: str, values: pd.Series, listed: Iterable[str]) -> pd.Series:
    """Values as those that a table lists, or as what is not listed is called."""
    listed = [str(value) for value in listed]
    chosen = {value: _listed_value(dimension, value, listed) for value in values.unique()}
    found = values.map(chosen).astype(object)
    if dimension == "year":
        found = _with_new_periods(values, found, listed)
    return found.rename(dimension)


def _listed_value(dimension: str, value: str, listed: list[str]) -> str:
    """The listed value that a value lies in."""
    of_kind: Callable[[str, str], bool] = (
        _in_span if dimension == "year" else lambda own, name: own in atoms(name, dimension)
    )
    for name in listed:
        if value == name or of_kind(value, name):
            return name
    if dimension in OF_AGE and value in OF_AGES["child"]:
        # A child of an age that is not listed stays a child.
        of_unknown_age = [name for name in listed if OF_AGES["child"][-1] in atoms(name)]
        if of_unknown_age:
            return of_unknown_age[0]
    others = [name for name in listed for atom in atoms(name) if atom.startswith(OTHER) and value != NOT_STATED]
    with_silent = [name for name in listed for atom in atoms(name) if atom == f"{OTHER}, or {NOT_STATED}"]
    if dimension == FLOW:
        ends, _, reach = value.partition(REACHES)
        rest = [f"{ends.partition(TO)[0]}{TO}{OTHER}{REACHES}{reach}", f"{OTHER}{TO}{OTHER}{REACHES}{reach}"]
        return next((name for name in rest if name in listed), rest[-1])
    if value.startswith(NOT_STATED):
        return next(iter(with_silent), NOT_STATED)
    if dimension == "year":
        return OTHER_YEARS
    return OUTSIDE if dimension == "area_id" else next(iter(others), OTHER)


def _in_span(year: str, name: str) -> bool:
    spans = [_SPAN.fullmatch(part) for part in name.split(" + ")]
    return year.isdigit() and any(span and span[1] <= year <= (span[2] or span[1]) for span in spans)


def _with_new_periods(values: pd.Series, found: pd.Series, listed: list[str]) -> pd.Series:
    """Periods after the last listed one, as long as it is."""
    spans = [span for name in listed if (span := _SPAN.fullmatch(name))]
    if not spans:
        return found
    last = max(spans, key=lambda span: span[2] or span[1])
    end = int(last[2] or last[1])
    length = end - int(last[1]) + 1
    later = values[(found == OTHER_YEARS) & values.str.isdigit()].astype(int)
    later = later[later > end]
    begins = end + 1 + (later - end - 1) // length * length
    named = begins.astype(str) if length == 1 else begins.astype(str) + "-" + (begins + length - 1).astype(str)
    return found.where(~found.index.isin(named.index), named.reindex(found.index))
