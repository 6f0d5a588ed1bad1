"""A printed figure as a part of a finding: its bounds as they are, its period, and what its source notes of it.

Official figures as findings of the notebook on incidence: the latest of each, and steps of justice.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import pandas as pd

from analysis import areas, evidence, texts
from analysis import indicators as counted
from analysis.areas import Area
from analysis.findings.finding import EXACT, FIGURE, NOT_READ, NOT_REPORTED, Finding
from analysis.sections import context, detection, own_figures

TEXT = texts.of(__name__)

LIKE = "drawn: "


class Bounds(NamedTuple):
    """The numbers of a finding; no value where only bounds are known."""

    value: float | None
    low: float
    high: float
    interval: str


def bounds(low: float, high: float, value_qualifier: str = "exact") -> Bounds:
    """A count as it is printed: one number where it is known, else its bounds.

    Parameters
    ----------
    low, high : as the evidence has them; high may be infinite.
    value_qualifier : see `bounded.intervals`; a count printed `<5` may be none at all.
    """
    low = 0.0 if value_qualifier == "below_5" else float(low)
    high = float(high)
    known = value_qualifier == "exact" and low == high
    return Bounds(low if low == high else None, low, high, EXACT if known else FIGURE)


def span(first: pd.Timestamp, last: pd.Timestamp) -> str:
    """A period as findings write it: years where it is made of whole ones, else months, else days; empty if undated."""
    if pd.isna(first) or pd.isna(last):
        return ""
    form = "%Y-%m-%d"
    if first.day == 1 and (last + pd.Timedelta(days=1)).day == 1:
        form = "%Y" if first.month == 1 and last.month == 12 else "%Y-%m"
    return "/".join(dict.fromkeys(day.strftime(form) for day in (first, last)))


def years(first: float, last: float) -> str:
    """Two years as the period of a finding."""
    return "/".join(dict.fromkeys(f"{math.floor(year)}" for year in (first, last)))


def noted(note: object, value_qualifier: str = "exact") -> str:
    """What the source notes of a figure, and that it is rough where it is, as sentences; empty where it is neither."""
    rough = TEXT["noted_rough"] if value_qualifier == "approx" else ""
    text = "" if pd.isna(note) else str(note).strip()
    return " ".join(filter(None, [rough, TEXT["noted"].format(note=text.rstrip(".")) if text else ""]))


def chosen(reason: object) -> str:
    """Why a figure was drawn among several, within a sentence."""
    return str(reason).removeprefix(LIKE)


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
GRETA = "trafficking_victims_identified_share"
OF_TURKIYE = {
    **{f"{GRETA}_{form}": PERCENT for form in ("sexual_exploitation", "labour_exploitation", "forced_marriage")},
    f"{GRETA}_forced_begging": PERCENT,
    "syrian_school_age_children": PERSONS,
    "syrian_children_in_school": PERSONS,
    "syrian_children_out_of_school": PERSONS,
    "syrian_children_enrolment_rate": PERCENT,
}
# Cases of trafficking, as the authorities of a country count them.
CASES = {
    name: REPORTS
    for name in (
        "trafficking_suspected_cases_prosecution",
        "trafficking_suspected_cases_prosecution_ongoing",
        "trafficking_suspected_cases_prosecution_archived",
        "trafficking_convictions",
    )
}
LATEST = TEXT["latest"]
# Counts of which a part of a year can be known before the whole.
YEARLY = ("icca_child_sexual_abuse_reports", "police_sexual_crimes_against_minors")
# The item of a count of a part of a year that is later than the last whole one.
OF_PART = "part_of_year"
STEP = TEXT["step"]
NOT_PERSONS = TEXT["not_persons"]
NOT_SEEN = TEXT["not_seen"]
# What the figures are not, where findings say it in other words than pictures.
NOT_VICTIMS = texts.table(__name__, "not_victims")
BESIDE = TEXT["beside"]
WORK = TEXT["work"]


def indicators(place: Area) -> list[Finding]:
    """The latest official figure of each indicator that is asked of the area itself."""
    if place.spans_countries:
        return []
    declared = [each for each in own_figures.over_time(place.study) if each.counts in MEASURE_OF]
    # Steps of justice are stated by `justice`, from parts where a report has no total.
    declared = [each for each in declared if each.indicator not in evidence.STEPS]
    wanted = {each.indicator: MEASURE_OF[each.counts] for each in declared}
    if place.study == "cabo_verde":
        wanted |= CHILD_LABOUR_RATE | ({**CHILD_LABOUR, **CASES} if place.is_study else OF_ISLANDS)
        table = evidence.facts(None, list(wanted))
        table = table[table["preferred"] & table["date_low"].notna()]
    elif own_figures.has_own(place.study):
        table = own_figures.of_place(place, declared)
    else:
        table = context.figures_over_the_years(place)
    if place.area_id == "turkiye":
        wanted |= OF_TURKIYE
        forms = evidence.facts(areas.STUDIES["turkiye"].iso3, [name for name in OF_TURKIYE if name.startswith(GRETA)])
        parts = [table, context.figures_of_school_and_work(place), forms[forms["preferred"]]]
        table = pd.concat(parts, ignore_index=True)
    table = table.sort_values("date_low", kind="stable")
    return [
        finding
        for indicator, measure in wanted.items()
        for finding in _indicators(place, measure, indicator, table[table["indicator"] == indicator])
    ]


def justice(place: Area) -> list[Finding]:
    """Investigations, prosecutions and convictions of the latest period of which a report gives any."""
    if place.is_local or place.spans_countries:
        return []
    table = evidence.stage_counts(detection.countries(place))
    found = []
    for stage in evidence.STEPS:
        rows = table[table["indicator"] == stage]
        if rows.empty:
            silent = detection.years_without_figure(place, stage)
            status, why = (NOT_REPORTED, TEXT["the_report_that_was_read"]) if silent else (NOT_READ, NOT_SEEN)
            found.append(Finding(place, REPORTS, stage, method=STEP, limits=NOT_PERSONS, status=status, why=why))
            continue
        row = detection.latest(rows)
        found.append(
            Finding(
                place, REPORTS, stage, **bounds(row["low"], row["high"], row["value_qualifier"])._asdict(),
                period=span(row["period_start"], row["period_end"]), method=STEP, source_ids=(row["source_id"],),
                limits=" ".join(filter(None, [NOT_PERSONS, noted(row["note"], row["value_qualifier"])])),
            )
        )  # fmt: skip
    return found


def _indicators(place: Area, measure: str, indicator: str, table: pd.DataFrame) -> list[Finding]:
    """The latest figure of an indicator; of counts the latest of a whole year, and the part of a later year besides."""
    own = table[table["area_id"] == _nation(place)].sort_values(["date_high", "date_low"], kind="stable")
    if indicator not in YEARLY:
        return [_figure(place, measure, indicator, indicator, own)]
    days = (own["date_high"] - own["date_low"]).dt.days
    whole = own[days.between(*detection.A_YEAR)]
    later = own[own["date_high"] > whole["date_high"].iloc[-1]] if len(whole) else own[:0]
    shown = _figure(place, measure, indicator, indicator, whole if len(whole) else own)
    return [shown, _figure(place, measure, indicator, f"{indicator}.{OF_PART}", later)]


def _figure(place: Area, measure: str, indicator: str, item: str, own: pd.DataFrame) -> Finding:
    """The last of a place's figures of an indicator, or that there is none."""
    besides = dict.fromkeys(OF_ISLANDS, BESIDE) | dict.fromkeys((*CHILD_LABOUR_RATE, *CHILD_LABOUR), WORK)
    declared = {each.indicator: each.limits for each in own_figures.over_time(place.study)}
    limits = besides.get(indicator, NOT_VICTIMS.get(place.study, declared.get(indicator, "")))
    if own.empty:
        return Finding(
            place, measure, item, method=f"{LATEST}.", limits=limits, status=NOT_READ,
            why=TEXT["figure_why"] if item.endswith(OF_PART) else TEXT["figure_why_no_figure"],
        )  # fmt: skip
    row = own.iloc[-1]
    return Finding(
        place,
        measure,
        item,
        **bounds(row["low"], row["high"], row["value_qualifier"])._asdict(),
        period=span(row["date_low"], row["date_high"]),
        method=f"{LATEST}. Drawn: {chosen(row['reason'])}.",
        source_ids=(row["source_id"],),
        limits=" ".join(filter(None, [limits, noted(row["note"], row["value_qualifier"])])),
        kind=row.get("kind", "public"),
    )


def _nation(place: Area) -> str:
    """The id under which the evidence has a place: a study's is that of its country."""
    return areas.STUDIES[place.study].iso3 if place.is_study else place.area_id
