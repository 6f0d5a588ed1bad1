"""What synthetic studies take from public evidence: the only place that reads it for them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import pandas as pd

from analysis import areas, catalog


@dataclass(frozen=True)
class PublicFigures:
    """Public figures that the synthetic survey agrees with.

    Parameters
    ----------
    inhabitants : province -> inhabitants at the end of 2021 (TÜİK). syrians : province -> Syrians under temporary
        protection in December 2021; TÜİK does not count them among inhabitants.
    children_share : children aged 5-17 in Türkiye (2019) by inhabitants of Türkiye (2021).
    working : share of children aged 5-17 in Türkiye who work (TÜİK, Child Labour Force Survey 2019).
    ages : age group -> share of the working; adds up to 1. male : share of boys among the working.
    attending : share of the working who attend school. sectors : sector group -> share of the working; adds up to 1.
    syrian_boys_paid : age group -> share of Syrian boys in paid work (Turkey Demographic and Health Survey 2018).
    """

    inhabitants: dict[str, float]
    syrians: dict[str, float]
    children_share: float
    working: float
    ages: dict[str, float]
    male: float
    attending: float
    sectors: dict[str, float]
    syrian_boys_paid: dict[str, float]


@cache
def public_figures() -> PublicFigures:
    """The figures of the catalogued tables ``population`` and ``child_labour_benchmarks``.

    Raises
    ------
    LookupError : a table has no such figure.
    """
    table = catalog.load("child_labour_benchmarks")
    group = table["age_low"].astype(int).astype(str) + "-" + table["age_high"].astype(int).astype(str)
    named = table.assign(age_group=group).set_index(["source_id", "measure", "sex", "age_group"])["low"].sort_index()
    national = named["TUIK_CLFS_2019"]
    population = catalog.load("population").set_index(["indicator", "date", "area_id"])["low"].sort_index()
    inhabitants = population["population_total", "2021-12-31"]
    return PublicFigures(
        inhabitants=_of_areas(inhabitants, "turkiye"),
        syrians=_of_areas(population["syrians_temporary_protection", "2021-12-09"], "turkiye"),
        children_share=float(national["population", "all", "5-17"] / inhabitants["TUR"]),
        working=float(national["employment_rate", "all", "5-17"]) / 100,
        ages=_shares(national["share_of_working_children", "all"]),
        male=float(national["share_of_working_children", "male", "5-17"]) / 100,
        attending=float(national["attending_education", "all", "5-17"]) / 100,
        sectors={
            sector: float(national[f"sector_{sector}", "all", "5-17"]) / 100
            for sector in ("agriculture", "industry", "services")
        },
        syrian_boys_paid=_shares(named["IZA_DP14466", "paid_work", "male"]),
    )


def _shares(percent: pd.Series) -> dict[str, float]:
    return {str(group): float(value) / 100 for group, value in percent.items()}


@dataclass(frozen=True)
class WorkingChildren:
    """Shares of Türkiye's working children aged 5-17 (TÜİK, Child Labour Force Survey 2019); each group adds up to 1.

    Parameters
    ----------
    sectors : agriculture, industry, services. ages : first and last year of age -> share. male : share of boys.
    """

    sectors: dict[str, float]
    ages: dict[tuple[int, int], float]
    male: float


def working_children() -> WorkingChildren:
    """The shares of the catalogued table ``child_labour_benchmarks``."""
    table = catalog.load("child_labour_benchmarks")
    table = table[table["source_id"] == "TUIK_CLFS_2019"]
    named = table.set_index("measure")["low"]
    shares = table[table["measure"] == "share_of_working_children"]
    ages = shares[shares["sex"] == "all"]
    male = shares[shares["sex"] == "male"]["low"].iloc[0] / 100
    return WorkingChildren(
        sectors={group: named[f"sector_{group}"] / 100 for group in ("agriculture", "industry", "services")},
        ages={
            (int(low), int(high)): value / 100
            for low, high, value in zip(ages["age_low"], ages["age_high"], ages["low"], strict=True)
        },
        male=male,
    )


def syrians_by_province() -> dict[str, float]:
    """Persons under temporary protection in the nine provinces on 9 December 2021: weights, not counts of victims."""
    table = catalog.load("population")
    table = table[(table["indicator"] == "syrians_temporary_protection") & (table["date"] == "2021-12-09")]
    return _of_areas(dict(zip(table["area_id"], table["low"], strict=True)), "turkiye")


def inhabitants_by_island() -> dict[str, float]:
    """Inhabitants of the islands in 2021. Santa Luzia has no figure since nobody lives there: 0."""
    table = catalog.load("population")
    table = table[(table["indicator"] == "population_total") & (table["date"] == "2021-06-16")]
    return _of_areas({"CPV-SANTALUZIA": 0.0, **dict(zip(table["area_id"], table["low"], strict=True))}, "cabo_verde")


def _of_areas(figures: dict[str, float], study: str) -> dict[str, float]:
    absent = [area for area in areas.ids(study) if area not in figures]
    if absent:
        raise LookupError(f"The table of population has no figure for {', '.join(absent)}, which gives it a weight.")
    return {area: float(figures[area]) for area in areas.ids(study)}
