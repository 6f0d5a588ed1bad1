"""Exhibits on justice: from detected victims to convictions, which are not the same persons."""

from __future__ import annotations

from functools import cache

import pandas as pd

from analysis import evidence
from analysis.areas import Area
from analysis.exhibits.exhibit import Exhibit, footer, periods
from analysis.exhibits.referral_evidence import area_ids, names, of, sources
from analysis.referral import attrition

CAUTION = "The stages are not the same persons, nor the same units; what the reports that were read lack is not zero."


def exhibits(place: Area) -> list[Exhibit]:
    """The stages, and what is lost between them."""
    return [stages(place), ratios(place)]


@cache
def _attrition(place: Area) -> attrition.Attrition:
    counts = of(place, evidence.stage_counts(area_ids())).assign(breakdown="total")
    return attrition.attrition(counts, none_given=of(place, evidence.figures_not_given()))


def stages(place: Area) -> Exhibit:
    """Detected victims, investigations, prosecutions and convictions, period by period."""
    found = _attrition(place)
    reported = found.table[found.table["low"].notna()]
    title = f"{place.name}: from detected victims to convictions"
    drawn = footer(reported, f"{len(reported)} figures", CAUTION)
    if place.is_study:
        figure = found.plot(title=title, footer=drawn, names={area_id: names()[area_id] for area_id in area_ids()})
        alt = "A row for each country: in how many periods each stage is reported, and convictions per prosecution."
    else:
        figure = found.plot(title=title, footer=drawn, area_id=place.area_id)
        alt = "Four lanes over the years, one a stage; hatched where no figure was read."
        if reported.empty:
            alt = "No figure of any stage was found in the reports that were read."
    printed = pd.DataFrame(
        {
            **({"Country": reported["area_id"].map(names())} if place.is_study else {}),
            "Period": periods(reported["period_start"], reported["period_end"]),
            "Stage": reported["stage"],
            "Figure": [_figure(row) for row in reported.itertuples()],
            "Counts": reported["unit"],
            "Source": reported["source_id"],
        }
    )
    return Exhibit(
        "referral_attrition",
        title,
        printed,
        tuple(reported["source_id"].unique()),
        CAUTION,
        figure,
        f"{title}. {alt}",
        found.cautions,
    )


def ratios(place: Area) -> Exhibit:
    """Convictions per prosecution and prosecutions per investigation, where three periods have both."""
    table = _attrition(place).ratios
    title = f"{place.name}: convictions per prosecution, and prosecutions per investigation"
    if table.empty:
        return Exhibit("referral_ratios", title, pd.DataFrame(), (), f"No period has two stages. {CAUTION}")
    printed = pd.DataFrame(
        {
            **({"Country": table["area_id"].map(names())} if place.is_study else {}),
            "Ratio": table["ratio"],
            "Periods": table["period"],
            "With both stages": table["periods"],
            "Sum over sum": [row.reason if row.reason else _between(row.low, row.high) for row in table.itertuples()],
            "Least to largest of a period": [
                "–" if row.lowest != row.lowest else _between(row.lowest, row.highest) for row in table.itertuples()
            ],
        }
    )
    return Exhibit(
        "referral_ratios",
        title,
        printed.reset_index(drop=True),
        sources(table),
        f"No limits of chance: the convicted are no sample of the prosecuted of the same period. {CAUTION}",
    )


def _figure(row) -> str:
    words = {"at_least": "at least ", "approx": "about "}.get(row.value_qualifier, "")
    return (
        f"{words}{row.low:,.0f}"
        if row.low == row.high or row.high == float("inf")
        else f"{row.low:,.0f}–{row.high:,.0f}"
    )


def _between(low: float, high: float) -> str:
    if high == float("inf"):
        return f"at least {low:.2f}"
    return f"{low:.2f}" if f"{low:.2f}" == f"{high:.2f}" else f"{low:.2f}–{high:.2f}"
