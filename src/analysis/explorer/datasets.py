"""Data sets that can be explored of a study, by title: its case records, its own figures, and public evidence.

Case records have one row a person, as the count tables of a release count them; where lists are not linked, one a
record. Whom a source found to be no victim is not counted. Area and year are those of the earliest certain date, traits
what all records of the person allow together, and the journey is the one of which most is known: the rules of
`cases.person_counts`, so that what is seen and what leaves agree.

Public evidence has one row a figure, or a pair of places that a report names. Figures of one source can be parts of
one another: by sex, by age, by both, and all. Of each country and year the parts are taken that say most and do not
overlap, with what they leave of the total as "not stated".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from analysis import areas, bibliography, catalog, evidence, indicators, texts
from analysis.areas import Area
from analysis.cases import record_linkage
from analysis.cases.htcds import NOT_A_VICTIM
from analysis.cases.person_counts import PERSONS, RECORDS, journeys_of, principal
from analysis.cases.processed import load
from analysis.cases.record_linkage import DISAGREE, NOT_STATED, stratum
from analysis.exhibits import detection, record_paths, route
from analysis.explorer.records import (
    ADULTS,
    AGE_GROUP,
    AREA,
    CHILDREN,
    FORM,
    NATIONALITY,
    PUBLIC,
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
from analysis.jobs import CASE_RECORDS, CaseTables

TEXT = texts.of(__name__)

# Classes of age that do not overlap, in order; persons whose age is known less well may be of several.
PERSON_AGES = {name: ages for ages, name in record_linkage.AGES.items() if ages != (0, 17)}
NOT_KNOWN = (DISAGREE, NOT_STATED)
NOT_SHOWN = TEXT["not_shown"]
NOT_LINKED = TEXT["not_linked"]


def case_records(study: str) -> Records:
    """The case records of a study as the last run made them.

    Raises
    ------
    analysis.processed.ProcessedError : the tables have not been made, or are not as their manifest says.
    """
    found = load(study)
    return persons(found.case_records, found.stops, study, found.kind)


def title_of(study: str, kind: str) -> str:
    """Return what the case records of a study are called where they are chosen."""
    return titled(TEXT["case_records"].format(name=areas.STUDIES[study].name), kind)


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
    years, period = _person_years(here, order)
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
    mark = TEXT["persons_synthetic"] if kind == "synthetic" else ""
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
        limits=f"{mark}{'' if is_linked else NOT_LINKED}{NOT_SHOWN}",
        of_persons=True,
    )


def _area(here: pd.DataFrame, order: pd.Index, study: str) -> Column:
    names = areas.load(study).set_index("area_id")["name"].to_dict()
    found = stratum(here, "area_id").reindex(order).replace("", NOT_STATED)
    return one_value(AREA, found, [*names, NOT_STATED], names, [NOT_STATED])


def _person_years(here: pd.DataFrame, order: pd.Index) -> tuple[Column, tuple[int, int]]:
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
    found = record_linkage.by_person(here, trait).reindex(order)
    return one_value(name, found, _in_order(found, trait), unknown=NOT_KNOWN)


def _several(name: str, here: pd.DataFrame, rows: int, trait: str) -> Column:
    found = record_linkage.by_person(here, trait)
    known = found[found != NOT_STATED]
    return several_values(name, known.index.to_numpy(), known, rows, NOT_STATED, _in_order(known, trait))


def _in_order(found: pd.Series, trait: str) -> Sequence[str]:
    """The commonest first, what is not known at the end."""
    counts = found.value_counts().rename_axis("value").reset_index(name="count")
    return [str(value) for value in record_linkage.in_order(counts, trait)["value"]]


def _age(here: pd.DataFrame, order: pd.Index) -> Column:
    """The classes of age at detection that the records of each person allow."""
    bounds = record_linkage.age_bounds(here, "age_detected").reindex(order)
    low, high = (bounds[name].fillna(-1).to_numpy(float) for name in ("low", "high"))
    ends = [last for _, last in PERSON_AGES.values()]
    labels = [*PERSON_AGES, *NOT_KNOWN]
    first, last = np.searchsorted(ends, low), np.searchsorted(ends, np.minimum(high, ends[-1]))
    words = record_linkage.by_person(here, "age_detected").reindex(order)
    for label, here_ in ((DISAGREE, words.eq(DISAGREE).to_numpy()), (NOT_STATED, low < 0)):
        first[here_] = last[here_] = labels.index(label)
    under_18 = tuple(label for label, (_, oldest) in PERSON_AGES.items() if oldest < 18)
    return interval(AGE_GROUP, first, last, words, labels, NOT_KNOWN, {CHILDREN: under_18})


def _pairs(here: pd.DataFrame, stops: pd.DataFrame, order: pd.Index, study: str) -> Pairs | None:
    of_persons = stops[stops["journey_id"].isin(here["record_id"])]
    if of_persons.empty:
        return None
    read = journeys_of(here, of_persons)
    person = read.ids.map(here.set_index("record_id")["person_id"]).to_numpy()
    ends = principal(read, person, here).reindex(order).fillna(NOT_STATED)
    names = record_paths.names(study)
    return pairs(ends["origin"], ends["destination"], names, [NOT_STATED])


MENTIONS, DETECTED, FORMS, CITIZENSHIP = (
    "Routes named in US reports",
    "Detected victims by sex and age, UNODC",
    "Detected victims by form, UNODC",
    "Detected victims by citizenship, UNODC",
)
SEXES = {"female": "female", "male": "male"}
AGES = {"0-17": CHILDREN, "18+": ADULTS}
# Where somebody was detected can be stated, and be no area of the study.
OUTSIDE = "outside the study"
NOT_COMPLETE = TEXT["not_complete"]
# A sex and an age, "all" where it is not told; the least and the most.
Cell: TypeAlias = tuple[str, str]
Bounds: TypeAlias = tuple[float, float]
ALL: Cell = ("all", "all")
# How the parts of a total can be cut, the finest first.
CUTS: tuple[tuple[Cell, ...], ...] = (
    (("female", "0-17"), ("female", "18+"), ("male", "0-17"), ("male", "18+")),
    (("all", "0-17"), ("all", "18+")),
    (("female", "all"), ("male", "all")),
)


def mention_records(place: Area) -> Records:
    """Routes named in US reports: one row a mention and a pair of places that it names."""
    _, coded = route.sources_of(place)
    table = route.pairs_of_mentions(coded)
    own = areas.ids(place.study)
    number = np.arange(len(table))
    ends = pd.concat([table["origin"], table["destination"]], ignore_index=True)
    inside = ends.isin(own).to_numpy()
    named = _called(ends)
    # Rows of one mention are of one report, and say its year each.
    years = _years(table["year"].str.partition(";")[0])
    return _records(
        place,
        "mentions",
        MENTIONS,
        unit=TEXT["mention_records_unit"],
        columns={
            AREA: several_values(
                AREA, np.tile(number, 2)[inside], ends[inside], len(table), NOT_STATED, own, _names(place.study)
            ),
            YEAR: years,
            SEX: _split(SEX, table["sex"], list(SEXES)),
            AGE_GROUP: _split(AGE_GROUP, table["age_group"], list(AGES.values())),
            FORM: _split(FORM, table["form"]),
        },
        pairs=pairs(table["origin"], table["destination"], named, []),
        sources=bibliography.short_source(coded["source_id"].unique()),
        limits=(
            TEXT["mention_records_limits"].format(
                misses=route.MISSES[route.MENTIONS], written_of=route.WRITTEN_OF, whose=_whose(place)
            )
        ),
    )


def by_sex_and_age(place: Area) -> Records:
    """Detected victims as UNODC counts them, by sex and age."""
    table = evidence.detected_by_sex_age(detection.countries(place))
    return _unodc(place, table[table["preferred"]], "detected", DETECTED)


def by_form(place: Area) -> Records:
    """Detected victims as UNODC counts them, by form of exploitation."""
    table = evidence.detected_by_form(detection.countries(place))
    table = table[table["preferred"]].assign(form=lambda rows: rows["form"].str.replace("_", " "))
    return _unodc(place, table, "forms", FORMS, FORM)


def by_citizenship(place: Area) -> Records:
    """Detected victims as UNODC counts them, by citizenship and where they were detected."""
    flows, _ = route.sources_of(place)
    table = flows.reset_index(drop=True)
    ends = pd.concat([table["citizenship"], table["detected_in"]], ignore_index=True)
    named = _called(ends)
    years = _years(table["year"].astype(str))
    return _records(
        place,
        "citizenship",
        CITIZENSHIP,
        unit="victims",
        columns={
            AREA: _detected_in(place, table["detected_in"]),
            YEAR: years,
            NATIONALITY: one_value(NATIONALITY, table["citizenship"].map(named)),
        },
        pairs=pairs(table["citizenship"], table["detected_in"], named, []),
        sources=bibliography.short_source(table["source_id"].unique()),
        limits=(
            TEXT["by_citizenship_limits"].format(
                not_incidence=detection.NOT_INCIDENCE, misses=route.MISSES[route.UNODC], whose=_whose(place)
            )
        ),
        **_bounds(table),
    )


def figures_of(place: Area, of: indicators.Indicator) -> Records | None:
    """The figures of an indicator by area and whole year; None where it has none, or where they cannot be added.

    A stock on a day is no event: over the years the same persons would be added again and again.
    """
    table = detection.own_figures(place.study, areas.ids(place.study), [of])
    days = (table["date_high"] - table["date_low"]).dt.days + 1
    whole = (days >= detection.SHORTEST_YEAR) & (table["date_low"].dt.year == table["date_high"].dt.year)
    is_stock = of.counts not in detection.WHOLE_YEARS and not whole.all()
    # What is a minimum has no upper bound, and cannot be added to what has one.
    table = table[whole & np.isfinite(table["high"])].reset_index(drop=True)
    if table.empty or is_stock or of.counts in indicators.NOT_EVENTS:
        return None
    years = _years(table["date_low"].dt.year.astype(str))
    names = _names(place.study)
    kind = catalog.figures_kind(place.study) or PUBLIC
    return _records(
        place,
        of.indicator,
        of.words,
        kind=kind,
        unit=of.counts,
        columns={AREA: one_value(AREA, table["area_id"], list(names), names), YEAR: years},
        pairs=None,
        sources=bibliography.short_source(table["source_id"].unique()),
        limits=TEXT["figures_of_limits"].format(limits=of.limits, not_complete=NOT_COMPLETE),
        **_bounds(table),
    )


def _records(
    place: Area, name: str, words: str, *, columns: Mapping[str, Column], kind: str = PUBLIC, **rest: Any
) -> Records:
    """A data set of the study of a place: what all of them say alike, and the rest as `Records` has it."""
    years = columns[YEAR].labels
    return Records(
        name=f"{name}_{place.study}",
        title=titled(words, kind),
        study=place.study,
        kind=kind,
        period=(int(years[0]), int(years[-1])),
        areas=_areas(place.study),
        columns=columns,
        **rest,
    )


def _unodc(place: Area, table: pd.DataFrame, name: str, title: str, by: str = "") -> Records:
    keys = ["area_id", "year", *([by] if by else [])]
    parts = without_overlap(table, keys)
    years = _years(parts["year"].astype(str))
    columns: dict[str, Column] = {
        AREA: _detected_in(place, parts["area_id"]),
        YEAR: years,
        SEX: _told(SEX, parts["sex"], SEXES),
        AGE_GROUP: _told(AGE_GROUP, parts["age"], AGES),
    }
    if by:
        columns[by] = one_value(by, parts[by])
    return _records(
        place,
        name,
        title,
        unit="victims",
        columns=columns,
        pairs=None,
        sources=bibliography.short_source(table["source_id"].unique()),
        limits=(
            TEXT["unodc_limits"].format(
                not_incidence=detection.NOT_INCIDENCE, not_complete=NOT_COMPLETE, whose=_whose(place)
            )
        ),
        **_bounds(parts),
    )


def without_overlap(table: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Return, of figures that are parts of one another, those that say most and do not overlap.

    Parameters
    ----------
    table : `keys`, sex and age ("all" where all are meant), low, high (persons).
    keys : what a total is of: country, year.

    Returns
    -------
    DataFrame: `keys`, sex, age ("all" where the part does not tell), low, high. The parts of a total that are all there
    stand in its place: by sex and age, else by age, else by sex. Where one part is all of a total the other is none,
    and need not be printed. What the total has beyond all of them, at least, is a part more. Parts that hold more than
    the total contradict it, and it stands alone, as a total without parts does.
    """
    cells: dict[tuple, dict[Cell, Bounds]] = {}
    for *key, sex, age, low, high in table[[*keys, "sex", "age", "low", "high"]].itertuples(index=False, name=None):
        cells.setdefault(tuple(key), {})[sex, age] = (low, high)
    rows = [(*key, *cell, *bounds) for key in sorted(cells) for cell, bounds in _parts(cells[key])]
    return pd.DataFrame(rows, columns=[*keys, "sex", "age", "low", "high"])


def _parts(cells: dict[Cell, Bounds]) -> list[tuple[Cell, Bounds]]:
    """The parts of one total that do not overlap."""
    cells = cells | _none_left(cells)
    whole = cells.get(ALL)
    for cut in CUTS:
        if all(cell in cells for cell in cut):
            parts = [(cell, cells[cell]) for cell in cut]
            if whole and sum(low for _, (low, _) in parts) > whole[1]:
                continue
            beyond = whole[0] - sum(high for _, (_, high) in parts) if whole else 0
            return [*parts, (ALL, (beyond, beyond))] if beyond > 0 else parts
    if whole:
        return [(ALL, whole)]
    # Parts that are not all there: what the finest of them hold is all that is told.
    some = next((cut for cut in CUTS if any(cell in cells for cell in cut)), tuple(cells))
    return [(cell, cells[cell]) for cell in some if cell in cells]


def _none_left(cells: dict[Cell, Bounds]) -> dict[Cell, Bounds]:
    """The parts that are none, since the other part of their total is exactly all of it: boys alone, no adult."""
    halves = [((sex, "all"), *((sex, age) for age in AGES)) for sex in ("all", *SEXES)]
    halves += [(("all", age), *((sex, age) for sex in SEXES)) for age in ("all", *AGES)]
    found = {}
    for total, one, other in halves:
        low, high = cells.get(total, (0.0, np.inf))
        for part, rest in ((one, other), (other, one)):
            if low == high and cells.get(part) == (low, high) and rest not in cells:
                found[rest] = (0.0, 0.0)
    return found


def _told(name: str, values: pd.Series, words: dict[str, str]) -> Column:
    said = values.map(words).fillna(NOT_STATED)
    return one_value(name, said, [*words.values(), NOT_STATED], unknown=[NOT_STATED])


def _split(name: str, values: pd.Series, labels: Iterable[str] = ()) -> Column:
    """Several words with ``;`` between them."""
    words = values.str.split(";").explode()
    words = words[words != ""]
    return several_values(name, words.index.to_numpy(), words, len(values), NOT_STATED, list(labels))


def _years(years: pd.Series) -> Column:
    number = years.astype(int)
    first = int(number.min()) if len(number) else 0
    labels = [str(year) for year in range(first, (int(number.max()) if len(number) else 0) + 1)]
    at = number.to_numpy() - first
    return interval(YEAR, at, at, years, labels)


def _areas(study: str) -> pd.DataFrame:
    return areas.load(study)[["area_id", "name"]]


def _names(study: str) -> dict[str, str]:
    return dict(zip(*(_areas(study)[name] for name in ("area_id", "name")), strict=True))


def _called(ends: pd.Series) -> dict[str, str]:
    """id -> what a place is called, of all that stand among some."""
    ids = pd.unique(ends)
    return dict(zip(ids, route.named(pd.Series(ids)), strict=True))


def _detected_in(place: Area, ids: pd.Series) -> Column:
    """The area of a study; of a country whose areas are the study's, the area is not stated."""
    own, home = _names(place.study), areas.STUDIES[place.study].iso3
    said = ids.where(ids.isin(list(own)), ids.map(lambda code: NOT_STATED if code == home else OUTSIDE))
    abroad = [OUTSIDE] if (said == OUTSIDE).any() else []
    return one_value(AREA, said, [*own, *abroad, NOT_STATED], own, [NOT_STATED])


def _whose(place: Area) -> str:
    """A sentence where the figures are a country's, and say nothing of the areas of a study within it."""
    study = areas.STUDIES[place.study]
    return "" if study.of_countries else TEXT["these_are_figures"].format(study_name=study.name)


def _bounds(table: pd.DataFrame) -> dict[str, Any]:
    low, high = (table[name].to_numpy(dtype=float) for name in ("low", "high"))
    return {"counts": low, "more": high - low if (high > low).any() else None}


def available(place: Area) -> dict[str, Callable[[], Records]]:
    """The data sets that can be explored for the study of a place: title -> what reads it.

    Case records come first where the study has some, then its own figures by area, then what others publish of its
    countries. A title says of what kind they are; a data set without a row is left out. Each call of a reader makes its
    data set anew, in well under a second for all but long lists.
    """
    whole = areas.get(place.study)
    found: dict[str, Callable[[], Records]] = {}
    tables = CaseTables(place.study)
    # Lists that no run has read yet are no tables: the way to make them is told where they are shown.
    if tables.may_be_shown and tables.manifest_content():
        found[title_of(place.study, tables.kind)] = partial(case_records, place.study)
    for each in indicators.of(place.study):
        if (records := figures_of(whole, each)) is not None:
            found[records.title] = partial(_made, records)
    own = detection.countries(whole)
    citizenship, mentions = route.sources_of(whole)
    public = {
        MENTIONS: (mentions, mention_records),
        DETECTED: (evidence.detected_by_sex_age(own), by_sex_and_age),
        FORMS: (evidence.detected_by_form(own), by_form),
        CITIZENSHIP: (citizenship, by_citizenship),
    }
    return found | {
        titled(words, PUBLIC): partial(reader, whole) for words, (table, reader) in public.items() if len(table)
    }


def _made(records: Records) -> Records:
    return records
