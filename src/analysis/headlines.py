"""The headline rule: of all that is published on an area and a measure, the one number that pages and texts print.

The newest complete figure goes first. *Complete* is what one publisher gives for all of a country and a whole year: a
national total, or a minimum that is printed of the same ("at least 459"). Single operations, sums over several years,
parts of a year, subgroups, and what one agency or one NGO counts never stand where a complete figure exists; where none
does, the largest part of the newest year that has one stands, and says that it is no national total.

**Which periods are the same.** A figure belongs to the year that holds the middle of its period, so that the calendar
year 2022 and the reporting year from April 2022 to March 2023 are one period. Nine of their months are the same, and an
order by the last day alone would prefer a reporting year to the calendar year each time, whoever publishes it.

**Of one year** these go first, in this order: a figure with an upper bound before a minimum; one number before a range
(what UNODC prints as ``<5`` stands for 0 to 4, and so gives way to any exact figure of its year, and is the headline,
as ``<5``, where there is none); UNODC, then the US Department of State, then the US Department of Labor, then others.
States report to UNODC themselves, by one classification. The State Department counts alike in all countries, and often
quotes the state. The Labor Department's reports are on child labour, and quote counts of trafficking beside it. Others
are of many publishers, each with a definition of its own.

**An old total against a newer part.** The total stays: a part says nothing of the rest. One kind of part goes before
it. What the authorities count in some regions, or one of their agencies, or all children among the victims, of a later
whole year is a minimum of the same quantity; where it is at least as large as the older total, the total of that year
was no smaller than the older one, and the minimum says more of the present. (Senegal's 20 convictions of 2021/22, from
5 of 14 regions, against 5 of 2018.) A headline whose year is long past is marked by `Headline.is_last_known`.

**What is never a headline**: a figure that the evidence sets aside (`set_aside.csv`) or that was not reported; one
without a period; counts of other offences than trafficking; and the victims and children of a publisher and year that
contradict each other (Sierra Leone 2022: 60 children among 34 victims).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analysis import areas, bibliography, catalog, preferred_values, texts
from analysis import evidence_tables as tables
from analysis.areas import Area, Place
from analysis.data_read import question, remembered
from analysis.indicators import ids_of
from bounded import intervals
from bounded.refusal import Refusal

TEXT = texts.of(__name__)
KINDS = texts.table(__name__, "kinds")
UNFIT = texts.table(__name__, "unfit")
OF_A_PLACE = texts.table(__name__, "of_a_place")

VICTIMS, CHILDREN = "victims", "child_victims"
MEASURES = (VICTIMS, CHILDREN, *tables.STEPS)
# Who is counted where no part is named.
ALL = "all"
# How complete a headline is.
TOTAL, MINIMUM, PART, NONE = "national total", "minimum", "part", "none"
# What a figure of a part is: of some regions, of one agency, of all children alone, of another subgroup, of an
# organisation, of a part of a year, of single operations, of several years together, or of single cases that a source
# names in a province or an island.
REGIONS, AGENCY, CHILDREN_ALONE, SUBGROUP, NGO, UNFINISHED, OPERATION, YEARS, CASES, POTENTIAL = (
    *("some regions", "one agency", "children alone", "subgroup", "organisation"),
    *("part of a year", "operation", "several years", "single cases", "potential victims"),
)
# What a source names in a part of a country: of how many it is a part is not asked.
NAMED = (CASES, POTENTIAL)
# Parts by how much they say of a year's total; those of the first are a minimum of it.
_MINIMA = (REGIONS, AGENCY, CHILDREN_ALONE)
_PARTS = ((*_MINIMA, SUBGROUP), (NGO,), (UNFINISHED, OPERATION, YEARS, CASES))
# Why a figure is no candidate.
SET_ASIDE, OTHER_OFFENCE, CONTRADICTED = "set aside", "other offence", "contradicted"
_UNFIT = (SET_ASIDE, OTHER_OFFENCE, CONTRADICTED)
# Days of a whole year.
A_YEAR = (350, 400)
# In a table at most so many figures are named that a headline was preferred over.
MOST_OTHERS = 6
UNODC, STATE, LABOR = "UNODC", "US Department of State", "US Department of Labor"
_PUBLISHERS = {name: rank for rank, name in enumerate((UNODC, STATE, LABOR))}
PERSONS, IN_CASES, NOT_STATED = "persons", "cases", "not stated"
_UNIT = r"\b(?:(?P<persons>individuals?|persons?|people|defendants?|suspects?|traffickers?)|(?P<cases>cases?))\b"
# Breakdowns that are the total all the same: what is counted, and the offence itself.
_WHOLE = re.compile(r"unspecified(?:;(?:persons|cases))?|human trafficking")
_OF_OTHERS = re.compile(r";(?:by|with) (?:NGO|IO)\b")
_OF_AN_AGENCY = re.compile(r";(?:by|via|brigade) |\bCPS\b")
_NOT_TRAFFICKING = re.compile(
    r"child (?:labour|exploitation)(?: and .*)?|pimping|soliciting a minor|.*related offences|.*smuggling"
    r"|trafficking, exploitation and child labour"
)  # fmt: skip


@dataclass(frozen=True)
class Figure:
    """One published figure.

    Parameters
    ----------
    low, high : persons, or what `unit` says; high is infinite for a minimum, both are NaN where there is none.
    value_qualifier : see `bounded.intervals`; "" where there is none.
    period_start, period_end : first and last day of what it counts; NaT where there is none.
    publisher : who published it, in words. source_id : where it was read.
    who : who or what is counted, in words: "all", "children", "labour", "by NGO".
    unit : "persons", "cases" or "not stated".
    note : what the evidence notes of it.
    reason : why it is not the headline; "" of the headline itself.
    """

    low: float
    high: float
    value_qualifier: str
    period_start: pd.Timestamp
    period_end: pd.Timestamp
    publisher: str
    source_id: str
    who: str
    unit: str
    note: str
    reason: str = ""

    @property
    def text(self) -> str:
        """The count as it is printed: "1,451", "<5", "≥459"; "" where there is none."""
        return "" if np.isnan(self.low) else str(intervals.text(self.low, self.high, self.value_qualifier))

    @property
    def period(self) -> str:
        """The period in words: "2022", "Apr 2022 to Mar 2023"; "" where there is none."""
        return in_words(self.period_start, self.period_end)


@dataclass(frozen=True)
class Headline(Figure):
    """The number of an area and a measure, and what it was preferred over.

    Parameters
    ----------
    area_id, measure : of which it is. completeness : TOTAL, MINIMUM, PART or NONE.
    kind : of a part or a minimum what it is of, as REGIONS; "" of a total.
    preferred_over : other figures of the same or a later year, and the complete one before, each with its reason.
    """

    area_id: str = ""
    measure: str = ""
    completeness: str = NONE
    kind: str = ""
    preferred_over: tuple[Figure, ...] = ()

    @property
    def words(self) -> str:
        """The number in words, with its period, and how complete it is where it is no national total."""
        if self.completeness == NONE:
            return TEXT["none"]
        said = TEXT["figure"].format(text=self.text, period=self.period)
        if self.kind:
            said = TEXT["of_a_part"].format(figure=said, kind=KINDS[self.kind])
            said = said if self.who in (ALL, "children") else TEXT["of_whom"].format(figure=said, who=self.who)
        if self.completeness == PART and self.kind not in NAMED:
            said = TEXT["largest_part"].format(figure=said)
        return said

    @property
    def is_last_known(self) -> bool:
        """Return True if its year is more than five years before that of the evidence: texts say "last known"."""
        return self.completeness != NONE and preferred_values.is_long_ago(self.period_end.year)


def headline(place: Place, measure: str) -> Headline:
    """Return the one number that is published of an area and a measure, by the rule of this module.

    Parameters
    ----------
    place : id, name or Area of a country or of an area within one; a study of one country stands for its country.
    measure : one of MEASURES ("victims", "child_victims", "investigations", "prosecutions", "convictions").

    Returns
    -------
    Headline. Of an area within a country these are victims whom a source names there (a part), or none.

    Raises
    ------
    Refusal : the measure is none of these (``unknown_measure``), or the place is a study of several countries, whose
        figures are not added up (``several_countries``).
    """
    if measure not in MEASURES:
        raise Refusal("unknown_measure", f"There is no headline of '{measure}': ask for one of {', '.join(MEASURES)}.")
    return _of_area(_area(place), measure)


def of_series(place: Place, measure: str, source: str) -> Headline:
    """Return what the same rule chooses among the figures of one series: a detail beside the headline.

    Parameters
    ----------
    place, measure : as for `headline`, of a country. source : "UNODC", "TIP" or "OTHER"; see
        `evidence.detected_victims`.
    """
    return _of_area(_area(place), measure, source)


def table(places: Iterable[Place], measures: Sequence[str] = MEASURES) -> pd.DataFrame:
    """Return the headlines of several places, a row a place and measure, as numbers.

    Returns
    -------
    DataFrame: area_id, measure, low, high, value_qualifier, period_start, period_end, publisher, source_id, who, unit,
    completeness, kind, note, words, preferred_over (in words).
    """
    rows = []
    for each in (headline(place, measure) for place in places for measure in measures):
        others = "; ".join(TEXT["other"].format(text=one.text, period=one.period, publisher=one.publisher,
            reason=one.reason) for one in each.preferred_over[:MOST_OTHERS])  # fmt: skip
        kept = {name: getattr(each, name) for name in _COLUMNS[:-1]}
        rows.append({**kept, "preferred_over": others})
    return pd.DataFrame(rows, columns=_COLUMNS)


_COLUMNS = [
    "area_id", "measure", "low", "high", "value_qualifier", "period_start", "period_end", "publisher", "source_id",
    "who", "unit", "completeness", "kind", "note", "words", "preferred_over",
]  # fmt: skip


def units(measure: pd.Series, note: pd.Series) -> np.ndarray:
    """Return what each figure counts: victims are persons; of the rest, what the note names first.

    Parameters
    ----------
    measure : measures, or indicators of reports. note : what the evidence notes of each figure.
    """
    named = note.fillna("").str.extract(_UNIT)
    persons = measure.str.contains("victims") | named["persons"].notna()
    return np.select([persons, named["cases"].notna()], [PERSONS, IN_CASES], NOT_STATED)


def in_words(first: pd.Timestamp, last: pd.Timestamp) -> str:
    """Return a period in words: "2022", "Apr 2022 to Mar 2023", "2017 to 2021"; "" where it is not known."""
    if pd.isna(first) or pd.isna(last):
        return ""
    whole = (first.month, first.day, last.month, last.day) == (1, 1, 12, 31)
    ends = [day.strftime("%Y" if whole else "%b %Y") for day in (first, last)]
    return " to ".join(dict.fromkeys(ends))


def _area(place: Place) -> str:
    if isinstance(place, Area) or place in areas.STUDIES:
        area = areas.get(place)
        if area.spans_countries:
            raise Refusal(
                "several_countries",
                f"{area.name} is of several countries, and their figures are not added up: ask for each country.",
            )
        return area.iso3 if area.is_study or area.level == "country" else area.area_id
    ids = ids_of([place])
    assert ids is not None
    return ids[0]


def _none(area_id: str, measure: str) -> Headline:
    unknown = (np.nan, np.nan, "", pd.NaT, pd.NaT, "", "", "", NOT_STATED, "")
    return Headline(*unknown, area_id=area_id, measure=measure)


# What is published of countries


@question
def _of_area(area_id: str, measure: str, source: str | None = None) -> Headline:
    """The headline of an area and a measure; of a country also that of one source."""
    if source is None and not re.fullmatch("[A-Z]{3}", area_id):
        return _local(area_id).get(measure) or _none(area_id, measure)
    # One is chosen when it is asked for: most pages print a few headlines of one country.
    own = _rows_of(source).get((area_id, measure))
    return _none(area_id, measure) if own is None else _headline(candidates().iloc[own])


@remembered
def _rows_of(source: str | None) -> dict[tuple[str, str], np.ndarray]:
    """Positions among the candidates, of one source or of all, by area and measure."""
    rows = candidates().reset_index(drop=True)
    own = rows if source is None else rows[rows["source"].eq(source)]
    return {key: own.index.to_numpy()[places] for key, places in own.groupby(["area_id", "measure"]).indices.items()}


@remembered
def candidates() -> pd.DataFrame:
    """Return every published figure of a country and a measure, and what it is.

    Returns
    -------
    DataFrame: area_id, source, measure, breakdown, period_start, period_end, year (of the period's middle), low, high,
    value_qualifier, source_id, publisher, who, unit, kind (TOTAL, MINIMUM, a part or why it is no candidate), note,
    why (of a figure whose kind was decided by hand or by a rule of the evidence), preferred, rank (of its publisher).
    """
    named = {**tables.MEASURES, **{step: step for step in tables.STEPS}}
    counts = tables.reported()
    counts = counts[counts["indicator"].isin(list(named)) & counts["period_start"].notna()]
    counts = counts.assign(measure=counts["indicator"].map(named))
    rows = pd.concat([tables.detected_by_unodc().assign(indicator=""), counts], ignore_index=True)
    # Of a sum that stands for a total, or of children where nothing else is known, the parts are kept; of one part the
    # part itself is.
    alone = rows["breakdown"].str.fullmatch(r"derived: [^;]*") & ~rows["breakdown"].eq("derived: children")
    rows = rows[~alone].reset_index(drop=True)
    middle = rows["period_start"] + (rows["period_end"] - rows["period_start"]) / 2
    publisher = _publishers(rows["source_id"])
    rows = rows.assign(
        year=middle.dt.year,
        publisher=publisher,
        rank=publisher.map(_PUBLISHERS).fillna(len(_PUBLISHERS)),
        unit=np.where(publisher.eq(UNODC), PERSONS, units(rows["measure"], rows["note"])),
        who=[_who(*each) for each in zip(rows["measure"], rows["breakdown"], strict=True)],
        note=rows["note"].fillna(""),
    )
    by_hand = _decided_by_hand(rows)
    kinds = [_kind(row) for row in rows.to_dict("records")]
    rows["kind"] = [decided[0] or kind for decided, kind in zip(by_hand, kinds, strict=True)]
    rows["why"] = [decided[1] for decided in by_hand]
    rows["kind"] = rows["kind"].mask(_children_alone(rows), CHILDREN_ALONE)
    # What is decided to be a total is one of all.
    rows["who"] = rows["who"].mask(rows["kind"].eq(TOTAL) & rows["measure"].ne(CHILDREN), ALL)
    aside = _set_aside(rows)
    rows["why"] = rows["why"].mask(aside, rows["reason"].str.removeprefix("not preferred: "))
    rows["kind"] = rows["kind"].mask(aside, SET_ASIDE)
    contradicted = _contradicted(rows)
    return rows.assign(kind=rows["kind"].mask(contradicted, CONTRADICTED))


def _publishers(source_ids: pd.Series) -> pd.Series:
    """The first publisher of each figure, in words."""
    sources = bibliography.sources(())
    maker = sources["original_publisher"].where(sources["original_publisher"].ne(""), sources["publisher"])
    maker = maker.mask(sources.index.str.startswith("UNODC"), UNODC)
    maker = maker.str.split(r" \(|, ILAB", regex=True).str[0]
    return source_ids.map(maker)


def _who(measure: str, breakdown: str) -> str:
    words = [word for word in breakdown.removeprefix("derived: ").split(";") if word and word != preferred_values.TOTAL]
    said = ", ".join(word.strip().replace("_", " ") for word in words)
    return said or ("children" if measure == CHILDREN else ALL)


def _kind(row: dict[str, Any]) -> str:
    """The kind of a figure, by its breakdown and its period."""
    breakdown, days = row["breakdown"], (row["period_end"] - row["period_start"]).days
    if _NOT_TRAFFICKING.fullmatch(breakdown):
        return OTHER_OFFENCE
    if preferred_values.IN_OPERATIONS in breakdown:
        return OPERATION
    if not A_YEAR[0] <= days <= A_YEAR[1]:
        return UNFINISHED if days < A_YEAR[0] else YEARS
    if _OF_OTHERS.search(breakdown):
        return NGO
    if _OF_AN_AGENCY.search(breakdown):
        return AGENCY
    # A sum of parts that has an upper bound is the sum of all parts.
    of_all = breakdown.startswith("derived: ") and row["high"] < np.inf
    if breakdown and not of_all and not _WHOLE.fullmatch(breakdown):
        return SUBGROUP
    return TOTAL if row["high"] < np.inf else MINIMUM


def _children_alone(rows: pd.DataFrame) -> pd.Series:
    """True for figures of all victims that are a total of children alone, where the period has no other figure."""
    keys = ["area_id", "source_id", "period_start", "period_end", "low"]
    whole = rows[rows["measure"].eq(CHILDREN) & rows["kind"].isin([TOTAL, MINIMUM])]
    of_all = pd.MultiIndex.from_frame(rows[keys]).isin(pd.MultiIndex.from_frame(whole[keys]))
    return rows["measure"].eq(VICTIMS) & rows["breakdown"].eq("derived: children") & of_all


def _decided_by_hand(rows: pd.DataFrame) -> list[tuple[str, str]]:
    """The kind of a figure that its breakdown does not tell, and why; ("", "") of all others."""
    keys = ["area_id", "period_start", "period_end", "indicator", "breakdown", "source_id"]
    said = catalog.load("partial_counts").set_index(keys)[["kind", "reason"]]
    decided = {key: (row.kind, row.reason) for key, row in zip(said.index, said.itertuples(), strict=True)}
    return [decided.get(key, ("", "")) for key in rows[keys].itertuples(index=False, name=None)]


def _set_aside(rows: pd.DataFrame) -> pd.Series:
    """True for figures that the evidence sets aside, or did not draw since they were not reported."""
    reasons = "not preferred: " + catalog.load("set_aside")["reason"]
    return ~rows["preferred"].astype(bool) & rows["reason"].isin([*reasons, tables.NOT_REPORTED])


def _contradicted(rows: pd.DataFrame) -> pd.Series:
    """Totals of victims and of children of one publisher and period of which the children are more than all."""
    keys = ["area_id", "publisher", "period_start", "period_end"]
    whole = rows[rows["kind"].isin([TOTAL, MINIMUM]) & rows["preferred"].astype(bool)]
    most = whole[whole["measure"].eq(VICTIMS)].groupby(keys)["high"].max()
    children = whole[whole["measure"].eq(CHILDREN)].groupby(keys)["low"].max()
    both = pd.concat([most, children], axis=1, keys=["most", "children"])
    wrong = both.index[both["children"] > both["most"]]
    here = pd.MultiIndex.from_frame(rows[keys]).isin(wrong)
    return pd.Series(here, rows.index) & rows["measure"].isin([VICTIMS, CHILDREN])


def _headline(own: pd.DataFrame) -> Headline:
    """The headline of one area and measure, from all that is published of it."""
    own = own.assign(
        open=own["kind"].eq(MINIMUM),
        ranged=own["high"].sub(own["low"]).ne(0),
        made=own["breakdown"].str.startswith("derived"),
        lost=~own["preferred"].astype(bool),
    )
    order = ["year", "open", "ranged", "rank", "lost", "made", "period_end"]
    best_first = {name: name not in ("year", "period_end") for name in order}
    complete = own[own["kind"].isin([TOTAL, MINIMUM])].sort_values(
        order, ascending=[*best_first.values()], kind="stable"
    )
    parts = _parts(own)
    if complete.empty and parts.empty:
        first = own.iloc[0]
        none = _none(first["area_id"], first["measure"])
        return Headline(**{**vars(none), "preferred_over": _others(own, None)})
    chosen = complete.iloc[0] if len(complete) else parts.iloc[0]
    if len(complete):
        minima = parts[parts["kind"].isin(_MINIMA) & parts["year"].gt(chosen["year"]) & parts["low"].ge(chosen["low"])]
        chosen = minima.iloc[0] if len(minima) else chosen
    completeness = chosen["kind"] if chosen["kind"] in (TOTAL, MINIMUM) else MINIMUM if len(complete) else PART
    figure = _figure(chosen)
    if completeness == MINIMUM and chosen["kind"] != MINIMUM:
        figure |= {"high": np.inf, "value_qualifier": "at_least"}
    return Headline(
        **figure,
        area_id=chosen["area_id"],
        measure=chosen["measure"],
        completeness=completeness,
        kind="" if chosen["kind"] in (TOTAL, MINIMUM) else chosen["kind"],
        preferred_over=_others(own, chosen),
    )


def _parts(own: pd.DataFrame) -> pd.DataFrame:
    """The parts of a total, those that say most of it first: by kind, the newest year, the largest."""
    by_kind = {kind: rank for rank, kinds in enumerate(_PARTS) for kind in kinds}
    parts = own[own["kind"].isin(list(by_kind))]
    parts = parts.assign(by_kind=parts["kind"].map(by_kind))
    return parts.sort_values(["by_kind", "year", "low", "rank"], ascending=[True, False, False, True], kind="stable")


def _figure(row: pd.Series) -> dict[str, Any]:
    columns = [
        "low", "high", "value_qualifier", "period_start", "period_end", "publisher", "source_id", "who", "unit", "note",
    ]  # fmt: skip
    return {name: row[name] for name in columns}


def _others(own: pd.DataFrame, chosen: pd.Series | None) -> tuple[Figure, ...]:
    """Reasons why other figures of the same or a later year, and the best complete one before, are not the headline."""
    others = own
    if chosen is not None:
        others = own.drop(chosen.name)
        complete = others[others["kind"].isin([TOTAL, MINIMUM]) & others["year"].lt(chosen["year"])]
        before = complete.sort_values(["year", "rank"], ascending=[False, True], kind="stable").head(1)
        others = pd.concat([others[others["year"].ge(chosen["year"])], before])
    # Other complete figures, and those that are set aside, stand before the parts.
    others = others.assign(part=~others["kind"].isin([TOTAL, MINIMUM, *_UNFIT]))
    others = others.sort_values(["part", "year", "low"], ascending=[True, False, False], kind="stable")
    return tuple(Figure(**_figure(row), reason=_reason(row, chosen)) for _, row in others.iterrows())


def _reason(row: pd.Series, chosen: pd.Series | None) -> str:
    """The reason why a figure is not the headline."""
    kind = row["kind"]
    if kind in _UNFIT:
        return row["why"] or UNFIT[kind]
    if kind not in (TOTAL, MINIMUM):
        named = row["why"] or (row["who"] if kind == SUBGROUP else "")
        return TEXT["because"].format(kind=KINDS[kind], why=named) if named else KINDS[kind]
    if chosen is None or row["year"] < chosen["year"]:
        return TEXT["older"]
    if row["open"] and not chosen["open"]:
        return TEXT["open"]
    if row["ranged"] and not chosen["ranged"]:
        return TEXT["ranged"]
    if row["rank"] > chosen["rank"]:
        return TEXT["publisher"].format(publisher=chosen["publisher"])
    return str(row["reason"]).removeprefix("not preferred: ") if row["lost"] else TEXT["equal"]


# What is published of areas within a country


@remembered
def _local(area_id: str) -> dict[str, Headline]:
    """Victims whom a source names for a part of a country: single cases, the latest that counts persons."""
    facts = tables.facts(tables.studies_read([area_id], None))
    facts = facts[facts["area_id"].eq(area_id) & facts["indicator"].isin(list(OF_A_PLACE)) & facts["preferred"]]
    facts = facts.sort_values("date_high", kind="stable")
    found = {}
    for measure in (VICTIMS, CHILDREN):
        own = facts[facts["indicator"].str.contains("child")] if measure == CHILDREN else facts
        if own.empty:
            continue
        # A conviction had a victim at least.
        persons = own[own["unit"].eq(PERSONS)]
        row = (persons if len(persons) else own).iloc[-1]
        found[measure] = Headline(
            low=float(row["low"]),
            high=np.inf,
            value_qualifier="at_least",
            period_start=row["date_low"],
            period_end=row["date_high"],
            publisher=_publishers(pd.Series([row["source_id"]]))[0],
            source_id=row["source_id"],
            who=OF_A_PLACE[row["indicator"]],
            unit=PERSONS,
            note="" if pd.isna(row["note"]) else row["note"],
            area_id=area_id,
            measure=measure,
            completeness=PART,
            kind=POTENTIAL if "potential" in row["indicator"] else CASES,
        )
    return found
