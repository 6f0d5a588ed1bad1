"""Persons on the lists of a study, ready to be explored: one row a person, as the count tables of a release count them.

The unit is the linked person; where lists are not linked it is the record. Whom a source found to be no victim is not
counted. Area and year are those of the earliest certain date, traits what all records of the person allow together, and
the journey is the one of which most is known: the rules of `cases.counts`, so that what is seen and what leaves agree.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analysis import areas, catalog
from analysis.cases import traits
from analysis.cases.counts.journeys import journeys_of, principal
from analysis.cases.counts.persons import PERSONS, RECORDS
from analysis.cases.histories import stratum
from analysis.cases.htcds import NOT_A_VICTIM
from analysis.cases.processed import load
from analysis.cases.traits import DISAGREE, NOT_STATED
from analysis.exhibits import record_journeys
from analysis.explore.records import (
    AGE_GROUP,
    AREA,
    FORM,
    NATIONALITY,
    SEX,
    YEAR,
    Column,
    Pairs,
    Records,
    interval,
    one_value,
    pairs,
    several_values,
    titled,
)
from analysis.jobs import CASE_RECORDS

# Classes of age that do not overlap, in order; persons whose age is known less well may be of several.
AGES = {name: ages for ages, name in traits.AGES.items() if ages != (0, 17)}
NOT_KNOWN = (DISAGREE, NOT_STATED)
NOT_SHOWN = (
    "Persons whom these lists detected, not incidence: who stands on no list is not counted. Lists overlap, and "
    "linkage can miss a person or join two. What is not stated is unknown, and never a no."
)
NOT_LINKED = "The lists are not linked: records are counted, and whoever stands on several counts several times. "


def case_records(study: str) -> Records:
    """The case records of a study as the last run made them.

    Raises
    ------
    analysis.processed.ProcessedError : the tables have not been made, or are not as their manifest says.
    """
    found = load(study)
    return persons(found.case_records, found.stops, study, found.kind)


def title_of(study: str, kind: str) -> str:
    """What the case records of a study are called where they are chosen."""
    return titled(f"Case records of {areas.STUDIES[study].name}", kind)


def persons(table: pd.DataFrame, stops: pd.DataFrame, study: str, kind: str) -> Records:
    """Persons from tables of case records and their stops.

    Parameters
    ----------
    table, stops : the tables of ``cases.processed``, of all areas.
    study, kind : whose records they are, and of what kind.
    """
    here = table[table["status"].astype(str) != NOT_A_VICTIM]
    is_linked = len(here) > 0 and here["person_id"].astype(str).ne("").all()
    here = here.assign(person_id=(here["person_id"] if is_linked else here["record_id"]).astype(str))
    # One number a person, and rows of the arrays in its order.
    number, ids = pd.factorize(here["person_id"], sort=True)
    here = here.assign(person_id=number)
    order = pd.RangeIndex(len(ids), name="person_id")
    years, period = _years(here, order)
    columns = {
        AREA: _area(here, order, study),
        YEAR: years,
        SEX: _one(SEX, here, order, "sex"),
        AGE_GROUP: _age(here, order),
        FORM: _several(FORM, here, len(order), "exploitation"),
        NATIONALITY: _one(NATIONALITY, here, order, "nationality"),
    }
    what = PERSONS if is_linked else RECORDS
    entries = catalog.case_lists(study)
    invented = "Invented: no record is of a real person. " if kind == "synthetic" else ""
    return Records(
        name=f"{CASE_RECORDS}_{study}",
        title=title_of(study, kind),
        study=study,
        kind=kind,
        unit=what,
        period=period,
        areas=areas.load(study)[["area_id", "name"]],
        columns=columns,
        pairs=_pairs(here, stops, order, study),
        sources="; ".join(dict.fromkeys(f"{entry.title}, {entry.publisher}, {entry.date}" for entry in entries)),
        limits=f"{invented}{'' if is_linked else NOT_LINKED}{NOT_SHOWN}",
        of_persons=True,
    )


def _area(here: pd.DataFrame, order: pd.Index, study: str) -> Column:
    names = areas.load(study).set_index("area_id")["name"].to_dict()
    found = stratum(here, "area_id").reindex(order).replace("", NOT_STATED)
    return one_value(AREA, found, [*names, NOT_STATED], names, [NOT_STATED])


def _years(here: pd.DataFrame, order: pd.Index) -> tuple[Column, tuple[int, int]]:
    """The year in which each person was first detected: that of the earliest certain date, or between which years."""
    certain = stratum(here, "year").reindex(order)
    first, last = _detected_between(here, order, certain)
    known = first.notna() & last.notna()
    period = (int(first[known].min()), int(last[known].max())) if known.any() else (0, 0)
    labels = [*map(str, range(period[0], period[1] + 1)), NOT_STATED]
    low, high = (each.where(known, period[1] + 1).to_numpy(np.int64) - period[0] for each in (first, last))
    texts = [each.astype("Int64").astype("string") for each in (first, last)]
    words = texts[0].where(first == last, texts[0] + "-" + texts[1]).where(known, NOT_STATED)
    return interval(YEAR, low, high, words.astype(object), labels, [NOT_STATED]), period


def _detected_between(here: pd.DataFrame, order: pd.Index, certain: pd.Series) -> tuple[pd.Series, pd.Series]:
    year = pd.to_numeric(certain.replace("", np.nan)).astype("Float64")
    ends = [pd.to_datetime(here[name]).dt.year.groupby(here["person_id"]).min() for name in ("date_low", "date_high")]
    first, last = (year.fillna(each.reindex(order).astype("Float64")) for each in ends)
    return first, last


def _one(name: str, here: pd.DataFrame, order: pd.Index, trait: str) -> Column:
    found = traits.by_person(here, trait).reindex(order)
    return one_value(name, found, _in_order(found, trait), unknown=NOT_KNOWN)


def _several(name: str, here: pd.DataFrame, rows: int, trait: str) -> Column:
    found = traits.by_person(here, trait)
    known = found[found != NOT_STATED]
    return several_values(name, known.index.to_numpy(), known, rows, NOT_STATED, _in_order(known, trait))


def _in_order(found: pd.Series, trait: str) -> Sequence[str]:
    """The commonest first, what is not known at the end."""
    counts = found.value_counts().rename_axis("value").reset_index(name="count")
    return [str(value) for value in traits.in_order(counts, trait)["value"]]


def _age(here: pd.DataFrame, order: pd.Index) -> Column:
    """The classes of age at exploitation that the records of each person allow."""
    bounds = traits.age_bounds(here).reindex(order)
    low, high = (bounds[name].fillna(-1).to_numpy(float) for name in ("low", "high"))
    ends = [last for _, last in AGES.values()]
    labels = [*AGES, *NOT_KNOWN]
    first, last = np.searchsorted(ends, low), np.searchsorted(ends, np.minimum(high, ends[-1]))
    for label, here_ in ((DISAGREE, low > high), (NOT_STATED, low < 0)):
        first[here_] = last[here_] = labels.index(label)
    return interval(AGE_GROUP, first, last, traits.by_person(here, "age").reindex(order), labels, NOT_KNOWN)


def _pairs(here: pd.DataFrame, stops: pd.DataFrame, order: pd.Index, study: str) -> Pairs | None:
    of_persons = stops[stops["journey_id"].isin(here["record_id"])]
    if of_persons.empty:
        return None
    read = journeys_of(here, of_persons)
    person = read.ids.map(here.set_index("record_id")["person_id"]).to_numpy()
    ends = principal(read, person, here).reindex(order).fillna(NOT_STATED)
    names = record_journeys.names(study)
    return pairs(ends["origin"], ends["destination"], names, [NOT_STATED])
