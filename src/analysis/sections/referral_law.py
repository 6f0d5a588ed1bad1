"""Sections on treaties and tiers, and on justice from detection to conviction.

Exhibits on obligations and judgements: which treaty binds whom since when, and the tiers of the US reports.

Exhibits on justice: from detected victims to convictions, which are not the same persons.
"""

from __future__ import annotations

from functools import cache

import pandas as pd

from analysis import catalog, evidence, plots, texts
from analysis.areas import Area
from analysis.plots.matrix import UNKNOWN, Category, ladder
from analysis.referral import attrition
from analysis.sections.referral_evidence import NO_SOURCE, area_ids, names, of, sources
from analysis.sections.section import Section, footer, periods
from analysis.sections.section import footer as dated_footer

TEXT = texts.of(__name__)

STATUS = {"bound": "bound", "signed": "signed, not bound", "none": "not bound", "unknown": "unknown"}
TIERS = texts.table(__name__, "tiers")
_SHORT = texts.table(__name__, "short")


def law(place: Area) -> list[Section]:
    """Treaties, and tiers over the years."""
    return [treaties(place), tiers(place)]


def treaties(place: Area) -> Section:
    """Which treaties bind the countries, with the year in which each did."""
    table = of(place, catalog.load("treaties"))
    table = table.assign(
        name=table["area_id"].map(names()),
        said=table["status"].map(STATUS),
        treaty=table["treaty"].replace(_SHORT),
        year=table["date_low"].dt.year.astype("Int64").astype("string"),
    )
    # A date that may lie in several years is no year.
    several = table["date_low"].dt.year != table["date_high"].dt.year
    table["text"] = table["year"].where(table["status"].eq("bound") & ~several).fillna("")
    title = TEXT["treaties_title"].format(place=place.name)
    limits = TEXT["treaties_limits"]
    grades = ladder(["not bound", "signed, not bound", "bound"], ["no", "signed", "yes"])
    figure = plots.answer_matrix(
        table,
        rows="treaty" if not place.is_study else "name",
        columns="name" if not place.is_study else "treaty",
        category="said",
        categories=[*grades, UNKNOWN],
        row_order=[names()[area_id] for area_id in area_ids()] if place.is_study else None,
        title=title,
        footer=dated_footer(table[table["status"] != "unknown"], f"{len(table)} statuses", limits),
    )
    printed = pd.DataFrame(
        {
            "Country": table["name"],
            "Treaty": table["treaty"],
            "Status": table["said"],
            "Since": table["date"].where(table["status"] == "bound", "–").replace("", "not known"),
            "Note": table["note"],
            "Source": table["source_id"].mask(table["source_id"].isin(NO_SOURCE), "–"),
        }
    ).sort_values(["Country", "Treaty"], ignore_index=True)
    bound = int((table["status"] == "bound").sum())
    return Section(
        "referral_treaties",
        title,
        printed,
        sources(table, "source_id"),
        limits,
        figure,
        TEXT["a_grid_with_the_year"].format(title=title, bound=bound, cells=len(table)),
        evidence.cautions("treaties"),
    )


def tiers(place: Area) -> Section:
    """The tiers of the US reports over the years."""
    table = of(place, evidence.tiers())
    table = table.assign(name=table["area_id"].map(names()), said=table["tier"].map(TIERS), text=table["tier"])
    table["year"] = table["report_year"].astype(str)
    title = TEXT["tiers_title"].format(place=place.name)
    limits = TEXT["tiers_limits"]
    grades = [
        Category(category.name, category.colour, sign)
        for category, sign in zip(ladder(list(TIERS.values())[::-1]), list(TIERS)[::-1], strict=True)
    ][::-1]
    years = [str(year) for year in range(table["report_year"].min(), table["report_year"].max() + 1)]
    figure = plots.answer_matrix(
        table,
        rows="name",
        columns="year",
        category="said",
        categories=[*grades, UNKNOWN],
        column_order=years,
        row_order=[names()[area_id] for area_id in area_ids() if area_id in set(table["area_id"])],
        title=title,
        footer=dated_footer(table, f"{len(table)} tiers", limits),
    )
    wide = table.pivot(index="name", columns="year", values="tier").reindex(columns=years).fillna("not found")
    printed = wide.reset_index().rename(columns={"name": "Country"}).rename_axis(columns=None)
    return Section(
        "referral_tiers",
        title,
        printed,
        tuple(table["source_id"].unique()),
        limits,
        figure,
        TEXT["a_grid_of_countries"].format(title=title),
        evidence.cautions("tiers"),
    )


CAUTION = TEXT["caution"]


def justice(place: Area) -> list[Section]:
    """The stages, and what is lost between them."""
    return [stages(place), ratios(place)]


@cache
def _attrition(place: Area) -> attrition.Attrition:
    counts = of(place, evidence.stage_counts(area_ids())).assign(breakdown="total")
    return attrition.attrition(counts, none_given=of(place, evidence.figures_not_given()))


def stages(place: Area) -> Section:
    """Detected victims, investigations, prosecutions and convictions, period by period."""
    found = _attrition(place)
    reported = found.table[found.table["low"].notna()]
    title = TEXT["stages_title"].format(place=place.name)
    drawn = footer(reported, f"{len(reported)} figures", CAUTION)
    if place.is_study:
        figure = found.plot(title=title, footer=drawn, names={area_id: names()[area_id] for area_id in area_ids()})
        alt = TEXT["stages_alt"]
    else:
        figure = found.plot(title=title, footer=drawn, area_id=place.area_id)
        alt = TEXT["stages_alt_four_lanes_over"]
        if reported.empty:
            alt = TEXT["stages_alt_no_figure"]
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
    return Section(
        "referral_attrition",
        title,
        printed,
        tuple(reported["source_id"].unique()),
        CAUTION,
        figure,
        f"{title}. {alt}",
        found.cautions,
    )


def ratios(place: Area) -> Section:
    """Convictions per prosecution and prosecutions per investigation, where three periods have both."""
    table = _attrition(place).ratios
    title = TEXT["ratios_title"].format(place=place.name)
    if table.empty:
        return Section(
            "referral_ratios", title, pd.DataFrame(), (), TEXT["no_period_has_two_stages"].format(caution=CAUTION)
        )
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
    return Section(
        "referral_ratios",
        title,
        printed.reset_index(drop=True),
        sources(table),
        TEXT["no_limits_of_chance"].format(caution=CAUTION),
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
