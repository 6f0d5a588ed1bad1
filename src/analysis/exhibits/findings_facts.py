"""Facts of a study that texts cite, as findings: the latest figure of each, and the highest and lowest of a series.

A fact stands with its bounds, its period, who printed it and what it is not. None is a count of victims.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pandas as pd

from analysis import areas, evidence, texts
from analysis.areas import Area
from analysis.exhibits import detection
from analysis.exhibits.any_place import take_names
from analysis.exhibits.findings_indicators import FACT, KEYS_OF_ESTIMATES, OF_PART, Shown, chosen, printed
from analysis.findings.finding import Finding
from analysis.indicators import StatedFigure, stated_figures

TEXT = texts.of(__name__)

REPORTS = "official_reports"
MEASURES = ("official_persons", REPORTS, "official_share", "official_services")
# A concept of published figures -> the fact whose series it continues.
PUBLISHED = {"registered_child_marriage": "marriages_girls_16_17"}
# What the courts decided of those before them: breakdowns of the counts of reports, as items.
JUDGED = {
    ("prosecutions", "defendants whose cases ended in court"): "defendants_with_a_decision",
    ("acquittals", "defendants"): "acquittals",
}
# Items that are stated besides the latest figure, and how many figures before the last they are.
BEFORE = {"previous": 2, "before_previous": 3}
# Stated instead of the latest: single years stand with the detected victims.
SEVERAL_YEARS = "several_years"
INHABITANTS = "population_total"
# What a fact is not, by how its name begins.
LIMITS = texts.table(__name__, "limits")


def cited(place: Area, shown: Shown) -> list[Finding]:
    """Return the facts on a place that texts cite; none where there is none, and none of a study of countries.

    Parameters
    ----------
    shown : exhibits that have facts on the place, by name, with the numbers of their tables.
    """
    wanted = {each.indicator: each for each in stated_figures(place, MEASURES) if not each.is_asked}
    if not wanted or place.spans_countries:
        return []
    of = areas.STUDIES[place.study].iso3 if place.is_study else place.area_id
    table = pd.concat([evidence.facts(of), _published(of), _inhabitants(of)], ignore_index=True)
    table = table[table["preferred"] & table["date_high"].notna() & table["indicator"].isin(list(wanted))]
    # What an undated page has is as old as its period allows.
    as_old = table["date_high"].where(table["date_inferred"].ne(True), table["date_low"])
    table = table.assign(as_old=as_old).sort_values(["as_old", "date_low"], kind="stable")
    found = [
        finding
        for indicator, figures in table.groupby("indicator", sort=False)
        for finding in _of_indicator(place, wanted[str(indicator)], figures, shown)
    ]
    return [*found, *judged(place)]


def judged(place: Area) -> Iterator[Finding]:
    """Yield how many defendants had a decision of a court, and how many were acquitted, each of its latest year."""
    if place.is_local or place.spans_countries:
        return
    table = evidence.official_indicators(detection.countries(place))
    table = table[table["preferred"]].sort_values("period_end", kind="stable")
    for (indicator, breakdown), item in JUDGED.items():
        of_kind = table[table["indicator"].eq(indicator) & table["breakdown"].eq(breakdown)]
        if len(of_kind):
            row = of_kind.iloc[-1]
            dates = ("period_start", "period_end")
            yield Finding(place, REPORTS, item, method=TEXT["judged"], **printed(row, LIMITS["acquittals"], dates))


def _published(of: str) -> pd.DataFrame:
    """Published numbers of persons that continue a series of facts, in the columns of the facts."""
    table = evidence.prevalence(of, list(PUBLISHED))
    table = table[table["shown"] & table["measure"].eq("persons")]
    dates = {"date_low": table["period_start"], "date_high": table["period_end"]}
    return table.assign(indicator=table["concept"].map(PUBLISHED), kind="public", **dates)


def _inhabitants(of: str) -> pd.DataFrame:
    """Counts of inhabitants, in the columns of the facts: the base of rates, of which facts alone have not all."""
    people = evidence.population(of)
    people = people[people["preferred"] & people["level"].ne("country")]
    number = people["population"]
    return people.assign(indicator=INHABITANTS, value=number, low=number, high=number, date_inferred=False)


def _of_indicator(place: Area, cited: StatedFigure, figures: pd.DataFrame, shown: Shown) -> Iterator[Finding]:
    indicator, besides = cited.indicator, cited.besides
    stated = partial(_stated, place, cited.measure, indicator, shown)
    days = (figures["date_high"] - figures["date_low"]).dt.days
    part = figures[:0]
    if SEVERAL_YEARS in besides:
        figures = figures[days > max(detection.A_YEAR)]
        if len(figures):
            yield stated(f"{indicator}.{SEVERAL_YEARS}", figures.iloc[-1], TEXT["latest"])
        return
    if OF_PART in besides:
        whole = figures[days.between(*detection.A_YEAR)]
        if whole.empty:
            return
        part, figures = figures[figures["date_high"] > whole["date_high"].max()], whole
    yield stated(indicator, figures.iloc[-1], TEXT["latest"])
    if len(part):
        yield stated(f"{indicator}.{OF_PART}", part.iloc[-1], TEXT["latest"])
    for item, before in BEFORE.items():
        if item in besides and len(figures) >= before:
            yield stated(f"{indicator}.{item}", figures.iloc[-before], TEXT["earlier"])
    for item, at in (("highest", figures["low"].idxmax()), ("lowest", figures["low"].idxmin())):
        if item in besides and len(figures) > 1:
            method = TEXT["of_several"].format(which=item, figures=len(figures))
            yield stated(f"{indicator}.{item}", figures.loc[at], method)


def _stated(place: Area, measure: str, indicator: str, shown: Shown, item: str, row: pd.Series, method: str) -> Finding:
    limits = next((text for start, text in LIMITS.items() if indicator.startswith(start)), LIMITS["other"])
    method = f"{method} Drawn: {chosen(row['reason'])}."
    # A published figure that continues the series stands in the exhibit of published figures.
    keys = FACT if pd.isna(row.get("estimate_id")) else KEYS_OF_ESTIMATES
    return Finding(
        place, measure, item, method=method, kind=row["kind"], **printed(row, limits, shown=shown, keys=keys)
    )


take_names(__name__)
