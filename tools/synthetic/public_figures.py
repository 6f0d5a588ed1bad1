"""What synthetic studies take from public evidence: the only place that reads it for them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import pandas as pd

from analysis import catalog


@dataclass(frozen=True)
class PublicFigures:
    """Public figures that the synthetic survey agrees with.

    Parameters
    ----------
    children_share : children aged 5-17 in Türkiye (2019) by inhabitants of Türkiye (2021).
    working : share of children aged 5-17 in Türkiye who work (TÜİK, Child Labour Force Survey 2019).
    ages : age group -> share of the working; adds up to 1. male : share of boys among the working.
    attending : share of the working who attend school. sectors : sector group -> share of the working; adds up to 1.
    syrian_boys_paid : age group -> share of Syrian boys in paid work (Turkey Demographic and Health Survey 2018).
    """

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
    inhabitants = population["population_total", "2021-12-31", "TUR"]
    return PublicFigures(
        children_share=float(national["population", "all", "5-17"] / inhabitants),
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
