"""Exhibits on obligations and judgements: which treaty binds whom since when, and the tiers of the US reports."""

from __future__ import annotations

import pandas as pd

from analysis import catalog, evidence, figures
from analysis.areas import Area
from analysis.exhibits.exhibit import Exhibit
from analysis.exhibits.exhibit import footer as dated_footer
from analysis.exhibits.referral_evidence import NO_SOURCE, area_ids, names, of, sources
from analysis.figures.answer_matrix import UNKNOWN, Category, ladder

STATUS = {"bound": "bound", "signed": "signed, not bound", "none": "not bound", "unknown": "unknown"}
TIERS = {"1": "Tier 1", "2": "Tier 2", "2WL": "Tier 2 Watch List", "3": "Tier 3"}
_SHORT = {"African Charter on the Rights and Welfare of the Child": "African Children's Charter"}


def exhibits(place: Area) -> list[Exhibit]:
    """Treaties, and tiers over the years."""
    return [treaties(place), tiers(place)]


def treaties(place: Area) -> Exhibit:
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
    title = f"{place.name}: treaties on trafficking, children and forced labour"
    limits = "Bound in law, which says nothing of practice. A bound treaty without a year: when was not found."
    grades = ladder(["not bound", "signed, not bound", "bound"], ["no", "signed", "yes"])
    figure = figures.answer_matrix(
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
    return Exhibit(
        "referral_treaties",
        title,
        printed,
        sources(table, "source_id"),
        limits,
        figure,
        f"{title}: a grid with the year where it is known; {bound} of {len(table)} bound.",
        evidence.cautions("treaties"),
    )


def tiers(place: Area) -> Exhibit:
    """The tiers of the US reports over the years."""
    table = of(place, evidence.tiers())
    table = table.assign(name=table["area_id"].map(names()), said=table["tier"].map(TIERS), text=table["tier"])
    table["year"] = table["report_year"].astype(str)
    title = f"{place.name}: tiers in the Trafficking in Persons reports"
    limits = "A tier judges a government's efforts by US law; it does not measure trafficking. Hatched: not found."
    grades = [
        Category(category.name, category.colour, sign)
        for category, sign in zip(ladder(list(TIERS.values())[::-1]), list(TIERS)[::-1], strict=True)
    ][::-1]
    years = [str(year) for year in range(table["report_year"].min(), table["report_year"].max() + 1)]
    figure = figures.answer_matrix(
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
    return Exhibit(
        "referral_tiers",
        title,
        printed,
        tuple(table["source_id"].unique()),
        limits,
        figure,
        f"{title}: a grid of countries and years, each cell with its tier; hatched where no tier was found.",
        evidence.cautions("tiers"),
    )
