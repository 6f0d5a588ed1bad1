"""What a study itself counts by area: the figures of its declared indicators, of one area or of all areas together."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from analysis import areas, catalog, evidence, indicators, texts
from analysis.areas import Area
from bounded import intervals

TEXT = texts.of(__name__)

# What of the evidence of all studies an indicator of a study can be: the parts of a year are no year's count.
WHOLE_YEARS = ("cases", "reports")
SHORTEST_YEAR = 361  # days
SUM = TEXT["sum"]
# How a study that has no figures comes by some.
HOW_TO_ADD = TEXT["how_to_add"]


def has_own(study: str) -> bool:
    """Whether a study has a catalogued table of figures of its own, beside the evidence of all studies."""
    return bool(catalog.own_tables("facts", study))


def over_time(study: str) -> tuple[indicators.Indicator, ...]:
    """The indicators of a study that are drawn over the years."""
    return tuple(each for each in indicators.of(study) if each.over_time)


def limits_of(chosen: Iterable[indicators.Indicator]) -> str:
    """What the figures of some indicators are not, each sentence once."""
    return " ".join(dict.fromkeys(each.limits for each in chosen))


def own_figures(study: str, area_ids: Iterable[str], chosen: Iterable[indicators.Indicator]) -> pd.DataFrame:
    """The drawn and dated figures of some indicators, in the columns of `evidence.facts`; parts of a year are left out.

    A stock on a day, or a share, stands for its date.
    """
    table = evidence.facts(area_ids, [each.indicator for each in chosen], study)
    table = table[table["preferred"] & table["date_low"].notna()]
    counts = table["indicator"].map({each.indicator: each.counts for each in chosen})
    days = (table["date_high"] - table["date_low"]).dt.days + 1
    part = counts.isin(WHOLE_YEARS) | (
        counts.eq("persons") & table["date_precision"].isin(["quarter", "half-year", "span"])
    )
    return table[~part | (days >= SHORTEST_YEAR)]


def of_place(place: Area, chosen: Iterable[indicators.Indicator]) -> pd.DataFrame:
    """The figures of a place itself: of a study those of its country, or else the sums of all its areas."""
    wanted = tuple(chosen)
    nation = areas.STUDIES[place.study].iso3
    table = own_figures(place.study, [nation] if place.is_study else [place.area_id], wanted)
    if not place.is_study or not nation or not has_own(place.study):
        return table
    missing = [each for each in wanted if each.indicator not in set(table["indicator"]) and each.counts in _ADDED]
    return pd.concat([table, _sums(place, missing)], ignore_index=True) if missing else table


# What can be added up over areas that do not overlap.
_ADDED = (indicators.PERSONS, indicators.CASES, indicators.REPORTS)


def _sums(place: Area, chosen: list[indicators.Indicator]) -> pd.DataFrame:
    """The sums of all areas in the periods in which each of them has a figure, as figures of the study's country."""
    ids = areas.ids(place.study)
    table = own_figures(place.study, ids, chosen)
    keys = ["indicator", "date_low", "date_high"]
    if table.empty:
        return table
    sums = intervals.total(table, keys)
    sums = sums[sums["n"] == len(ids)]
    first = table.drop_duplicates(keys).drop(columns=["low", "high", "value_qualifier"])
    return (
        sums.drop(columns="n")
        .merge(first, on=keys)
        .assign(
            area_id=areas.STUDIES[place.study].iso3,
            provenance="derived",
            note=SUM.format(n=len(ids)),
            reason=f"drawn: {SUM.format(n=len(ids))}",
        )[table.columns]
    )
