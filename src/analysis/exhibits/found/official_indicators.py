"""Official figures as findings of the notebook on incidence: the latest, and of islands those that can be compared."""

from __future__ import annotations

import pandas as pd

from analysis import areas, evidence, intervals
from analysis import indicators as counted
from analysis.areas import Area
from analysis.exhibits import context, own_figures
from analysis.exhibits.found.printed import bounds, chosen, noted, span
from analysis.findings.finding import NOT_REPORTED, Finding

PERSONS, REPORTS, PERCENT = "official_persons", "official_reports", "official_share"
# What an indicator counts -> the measure that has its unit: of any other no finding is stated.
MEASURE_OF = {
    counted.PERSONS: PERSONS,
    counted.CASES: REPORTS,
    counted.REPORTS: REPORTS,
    counted.PERCENT: PERCENT,
}
# Asked of Cabo Verde besides: of the country and of islands, of the country alone, of islands alone.
CHILD_LABOUR_RATE = {"child_labour_rate_5_17": PERCENT}
CHILD_LABOUR = {"child_labour_5_17": PERSONS, "hazardous_child_labour_5_17": PERSONS, "working_children_5_17": PERSONS}
OF_ISLANDS = {"poverty_rate_global": PERCENT, "poverty_rate_extreme": PERCENT}
OF_TURKIYE = {
    "syrian_school_age_children": PERSONS,
    "syrian_children_in_school": PERSONS,
    "syrian_children_out_of_school": PERSONS,
    "syrian_children_enrolment_rate": PERCENT,
}
LATEST = "The latest figure of the area itself"
SIDE_BY_SIDE = "; where all inhabited islands have one of the same period, that of the latest such period"
# What the figures are not, where findings say it in other words than pictures.
NOT_VICTIMS = {
    "turkiye": "Registered persons and inhabitants, not victims: where the children live whose risk is asked about.",
    "cabo_verde": "Reports and records, not incidence and not trafficking: where access is better, more is reported.",
}
BESIDE = "Stands beside the reports: what stands together need not be cause and effect."
WORK = "A survey's estimate: child labour is a risk factor, not trafficking, and other years ask other questions."


def indicators(place: Area) -> list[Finding]:
    """The official figure of each indicator that is asked of the area itself: the latest, and of islands comparable."""
    if place.spans_countries:
        return []
    declared = [each for each in own_figures.over_time(place.study) if each.counts in MEASURE_OF]
    wanted = {each.indicator: MEASURE_OF[each.counts] for each in declared}
    if place.study == "cabo_verde":
        wanted |= CHILD_LABOUR_RATE | (CHILD_LABOUR if place.is_study else OF_ISLANDS)
        table = evidence.facts(None, list(wanted))
        table = table[table["drawn"] & table["date_low"].notna()]
    elif own_figures.has_own(place.study):
        table = own_figures.of_place(place, declared)
    else:
        table = context.figures_over_the_years(place)
    if place.area_id == "turkiye":
        wanted |= OF_TURKIYE
        table = pd.concat([table, context.figures_of_school_and_work(place)], ignore_index=True)
    table = table.sort_values("date_low", kind="stable")
    return [
        _indicator(place, measure, indicator, table[table["indicator"] == indicator])
        for indicator, measure in wanted.items()
    ]


def _indicator(place: Area, measure: str, indicator: str, table: pd.DataFrame) -> Finding:
    """What stands for a place among the figures of an indicator; a later one is told as a limit."""
    besides = dict.fromkeys(OF_ISLANDS, BESIDE) | dict.fromkeys((*CHILD_LABOUR_RATE, *CHILD_LABOUR), WORK)
    declared = {each.indicator: each.limits for each in own_figures.over_time(place.study)}
    limits = besides.get(indicator, NOT_VICTIMS.get(place.study, declared.get(indicator, "")))
    method = f"{LATEST}{SIDE_BY_SIDE}" if place.level == "island" else LATEST
    own = table[table["area_id"] == _nation(place)]
    if own.empty:
        return Finding(
            place, measure, indicator, method=f"{method}.", limits=limits, status=NOT_REPORTED,
            why="no figure of the area itself was found",
        )  # fmt: skip
    row = _comparable(table, own).iloc[-1] if place.study == "cabo_verde" else own.iloc[-1]
    later = own[own["date_low"] > row["date_low"]]
    return Finding(
        place,
        measure,
        indicator,
        **bounds(row["low"], row["high"], row["value_qualifier"])._asdict(),
        period=span(row["date_low"], row["date_high"]),
        method=f"{method}. Drawn: {chosen(row['reason'])}.",
        source_ids=(row["source_id"],),
        limits=" ".join(filter(None, [limits, noted(row["note"], row["value_qualifier"]), _later(later)])),
        kind=row.get("kind", "public"),
    )


def _nation(place: Area) -> str:
    """The id under which the evidence has a place: a study's is that of its country."""
    return areas.STUDIES[place.study].iso3 if place.is_study else place.area_id


def _comparable(table: pd.DataFrame, own: pd.DataFrame) -> pd.DataFrame:
    """Of the figures of the country or an island those that others can stand beside, all where there are none.

    Of an island, those of the latest period of which every inhabited island has one; else of counts the whole years.
    """
    people = evidence.population(areas.ids("cabo_verde"))
    inhabited = set(people.loc[people["population"] > 0, "area_id"])
    covered = table.groupby(["date_low", "date_high"])["area_id"].agg(set)
    common = [period for period, named in covered.items() if inhabited <= named]
    if common and own["area_id"].iloc[0] in inhabited:
        first, last = max(common)
        return own[(own["date_low"] == first) & (own["date_high"] == last)]
    whole = (own["date_high"] - own["date_low"]).dt.days > 360
    return own[whole] if own["unit"].ne("percent").all() and whole.any() else own


def _later(table: pd.DataFrame) -> str:
    """The last figure of those later than the one that is stated, as a sentence; empty where there is none."""
    if table.empty:
        return ""
    row = table.sort_values("date_high", kind="stable").iloc[-1]
    note = "" if pd.isna(row["note"]) else f" ({str(row['note']).rstrip('.')})"
    period = span(row["date_low"], row["date_high"]).replace("/", " to ")
    printed = intervals.text(row["low"], row["high"], row["value_qualifier"])
    return f"A later figure, of another period: {printed} in {period}{note}."
