"""What the invented survey takes from public evidence: the only place that reads it for the survey."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import pandas as pd

from analysis import areas, catalog


@dataclass(frozen=True)
class PublicFigures:
    """Public figures that the invented survey agrees with.

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
        inhabitants=_of_provinces(inhabitants),
        syrians=_of_provinces(population["syrians_temporary_protection", "2021-12-09"]),
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


def _of_provinces(figures: pd.Series) -> dict[str, float]:
    absent = [area for area in areas.ids("turkiye") if area not in figures]
    if absent:
        raise LookupError(f"The table of population has no figure for {', '.join(absent)}, which gives it a weight.")
    return {area: float(figures[area]) for area in areas.ids("turkiye")}


def _shares(percent: pd.Series) -> dict[str, float]:
    return {str(group): float(value) / 100 for group, value in percent.items()}
