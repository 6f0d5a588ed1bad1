"""Reports and records of an area within a country by its inhabitants: counts alone hide who lives where.

Of each area the latest figure is divided, and that of the period which most areas of its study have, so that areas are
compared at one time.
"""

from __future__ import annotations

import pandas as pd

from analysis import evidence, texts
from analysis.areas import Area
from analysis.exhibits import area_indicators, detection
from analysis.exhibits.any_place import take_names
from analysis.exhibits.exhibit import Exhibit, absent, exhibit
from analysis.exhibits.findings_indicators import NOT_VICTIMS, latest_of_yearly
from analysis.exhibits.table import Table, Words
from analysis.exhibits.wording import periods, sentences
from analysis.findings.measures import MEASURES
from analysis.methods.rates import rate_table
from bounded import intervals

TEXT = texts.of(__name__)

# The item of figures of the latest period that most areas have.
SAME = "same_period"
_COUNT = ["area_id", *intervals.COLUMNS, "date_low", "date_high", "source_id"]


def rates(place: Area, *, per: int = detection.PER, confidence: float = 0.95) -> pd.DataFrame:
    """Return rates of an area within a country: by its latest figure, and by that of the period most areas have.

    Of an area where nobody lives, and of a country, none is given.

    Parameters
    ----------
    per : inhabitants that a rate is for. confidence : level of the Poisson limits, between 0 and 1.

    Returns
    -------
    DataFrame: item (of findings), indicator, title, is_same_period, date_low, date_high, cases_low, cases_high,
    population (persons), rate_low, rate_high (of the count), low, high (limits), value_qualifier, per, confidence,
    source_id, people_source_id, kind, note, why (there is no rate; numbers are missing then).
    """
    if not place.is_local or _is_uninhabited(place):
        return pd.DataFrame()
    asked = [
        each
        for each in area_indicators.compared_indicators(place.study)
        if each.name in MEASURES["official_rate"].items
    ]
    rows = [row for each in asked for row in _of_indicator(place, each, per, confidence)]
    return pd.DataFrame(rows)


def _is_uninhabited(place: Area) -> bool:
    people = evidence.population([place.area_id], place.study)
    return bool(people.loc[people["preferred"], "population"].eq(0).any())


def _of_indicator(
    place: Area, indicator: area_indicators.ComparedIndicator, per: int, confidence: float
) -> list[dict[str, object]]:
    own = evidence.facts([place.area_id], indicator.name, place.study)
    own = own[own["preferred"] & own["date_low"].notna()].sort_values(["date_high", "date_low"], kind="stable")
    of_all = area_indicators.counted(place.study, indicator)
    period = of_all.dropna(subset=["date_low"])[["date_low", "date_high"]].drop_duplicates()
    same = own.merge(period, on=["date_low", "date_high"])
    return [
        {"item": item, "indicator": indicator.name, "title": indicator.title, "is_same_period": rows is same}
        | _rate(place, rows, per, confidence)
        for item, rows in ((indicator.name, latest_of_yearly(own)[0]), (f"{indicator.name}.{SAME}", same))
    ]


def _rate(place: Area, own: pd.DataFrame, per: int, confidence: float) -> dict[str, object]:
    if own.empty:
        return {"why": TEXT["no_figure"], "rate_low": None, "note": ""}
    row = own.iloc[-1]
    people = evidence.population_near([place.area_id], row["date_low"].year, place.study)
    if people.empty:
        return {"why": TEXT["no_inhabitants"], "rate_low": None, "note": ""}
    inhabitants = people[["area_id", "population"]]
    rate = rate_table(own.iloc[[-1]][_COUNT], inhabitants, per=per, confidence=confidence).iloc[0]
    return {
        **rate,
        "people_source_id": people["source_id"].iloc[0],
        "kind": row.get("kind", "public"),
        "note": sentences(_of_part(row), _of_inhabitants(place, people)),
        "why": "",
    }


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


def limits_of(place: Area) -> str:
    """Return what the rates of an area do not show."""
    return TEXT["limits"].format(not_victims=NOT_VICTIMS.get(place.study, "")).strip()


def rates_of_the_area(place: Area, table: pd.DataFrame) -> Exhibit:
    """Return the counts of an area within a country by its inhabitants, the latest and those of one time.

    Parameters
    ----------
    table : what `rates` gives of the place.
    """
    title = f"{place.name}: reports and records by inhabitants"
    if not place.is_local or table.empty or table["rate_low"].isna().all():
        return absent(place, title, "No count of the area itself is divided by its inhabitants.")
    known = table[table["rate_low"].notna()]
    level = intervals.confidence_level(known)
    return exhibit(
        "rates_of_the_area",
        title,
        Table(
            known,
            {
                "What": "title",
                "Period": Words(periods, "date_low", "date_high"),
                "Count": Words(intervals.text, "cases_low", "cases_high", "value_qualifier"),
                "Inhabitants": "population",
                detection.per_of(known).capitalize(): Words(detection.in_words, "rate_low", "rate_high"),
                f"{level} Poisson limits": Words(detection.in_words, "low", "high"),
                "Note": "note",
            },
            also=("item", "area_id", "per", "confidence", "source_id", "people_source_id"),
        ),
        n="rates",
        limits=limits_of(place),
        further=lambda shown: list(shown["people_source_id"].unique()),
        alt=f"{title}.",
    )


take_names(__name__)
