"""Reports and records of areas within a country by their inhabitants, as findings: counts alone hide who lives where.

Of each area the latest figure is divided, and that of the period which most areas of its study have, so that areas are
compared at one time.
"""

from __future__ import annotations

from functools import partial

import pandas as pd

from analysis import evidence, texts
from analysis.areas import Area
from analysis.exhibits import comparison, detection, findings_indicators
from analysis.exhibits.any_place import take_names
from analysis.exhibits.findings_indicators import NOT_VICTIMS, span
from analysis.exhibits.wording import sentences
from analysis.findings.finding import CONFIDENCE, NOT_READ, Finding
from analysis.findings.measures import MEASURES
from analysis.methods.rates import rate_table

TEXT = texts.of(__name__)

RATE = "official_rate"
# The item of figures of the latest period that most areas have.
SAME = "same_period"


def rates(place: Area) -> list[Finding]:
    """Return the rates of an area within a country: by its latest figure, and by that of the period most areas have.

    Of an area where nobody lives, and of a country, none is stated.
    """
    if not place.is_local or _is_uninhabited(place):
        return []
    compared = [each for each in comparison.compared_indicators(place.study) if each.name in MEASURES[RATE].items]
    return [finding for indicator in compared for finding in _of_indicator(place, indicator)]


def _is_uninhabited(place: Area) -> bool:
    people = evidence.population([place.area_id], place.study)
    return bool(people.loc[people["preferred"], "population"].eq(0).any())


def _of_indicator(place: Area, indicator: comparison.ComparedIndicator) -> list[Finding]:
    own = evidence.facts([place.area_id], indicator.name, place.study)
    own = own[own["preferred"] & own["date_low"].notna()].sort_values(["date_high", "date_low"], kind="stable")
    latest, _ = findings_indicators.latest_of_yearly(own)
    of_all = comparison.counted(place.study, indicator)
    period = of_all.dropna(subset=["date_low"])[["date_low", "date_high"]].drop_duplicates()
    same = own.merge(period, on=["date_low", "date_high"])
    return [
        _rate(place, indicator.name, TEXT["method"], latest),
        _rate(place, f"{indicator.name}.{SAME}", f"{TEXT['method']}. {TEXT['same']}", same),
    ]


def _rate(place: Area, item: str, method: str, own: pd.DataFrame) -> Finding:
    not_victims = NOT_VICTIMS.get(place.study, "")
    state = partial(Finding, place, RATE, item, method=f"{method}.")
    limits = TEXT["limits"].format(not_victims=not_victims).strip()
    if own.empty:
        return state(limits=limits, status=NOT_READ, why=TEXT["no_figure"])
    row = own.iloc[-1]
    people = evidence.population_near([place.area_id], row["date_low"].year, place.study)
    if people.empty:
        return state(limits=limits, status=NOT_READ, why=TEXT["no_inhabitants"])
    count = own.iloc[[-1]][["area_id", "low", "high", "value_qualifier"]]
    rate = rate_table(count, people[["area_id", "population"]], per=detection.PER).iloc[0]
    known = rate["rate_low"] == rate["rate_high"]
    return state(
        value=rate["rate_low"] if known else None,
        low=rate["low"],
        high=rate["high"],
        interval=CONFIDENCE,
        period=span(row["date_low"], row["date_high"]),
        n=int(rate["cases_low"]) if known else None,
        source_ids=(row["source_id"], people["source_id"].iloc[0]),
        limits=sentences(limits, _of_part(row), _of_inhabitants(place, people)),
        kind=row.get("kind", "public"),
    )


def _of_part(row: pd.Series) -> str:
    """Return a sentence on a rate of less than a year; empty for others."""
    days = (row["date_high"] - row["date_low"]).days + 1
    return "" if days >= detection.SHORTEST_YEAR else TEXT["part"].format(days=days)


def _of_inhabitants(place: Area, people: pd.DataFrame) -> str:
    """Return a sentence on the number of inhabitants, where it is preliminary or not from a source."""
    if people["provenance"].iloc[0] == "remembered":
        return TEXT["remembered"]
    every = evidence.population([place.area_id], place.study)
    used = every[every["preferred"] & every["date"].eq(people["date"].iloc[0])]
    return TEXT["preliminary"] if used["figure_status"].eq("preliminary").any() else ""


take_names(__name__)
