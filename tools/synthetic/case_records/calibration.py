"""What the invented studies take from public evidence: the only place that reads it for them."""

from __future__ import annotations

from dataclasses import dataclass

from analysis import areas, catalog


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
