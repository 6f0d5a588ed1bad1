"""What may be said of case records outside the house: counts of persons from protected tables, and no record.

What is here reads protected tables and the catalogue. With the records taken away it says the same.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

import pandas as pd
from matplotlib.figure import Figure

import disclosure
from analysis import catalog, evidence, plots, texts
from analysis.areas import Area
from analysis.cases.journey_counts import unit
from analysis.cases.processed import protected
from analysis.sections.section import PROTECTED, Section

TEXT = texts.of(__name__)

ADJUSTED = "adjusted_by"
TOGETHER = TEXT["together"]
NOT_LINKED = TEXT["not_linked"]


@cache
def tables(study: str) -> dict[str, pd.DataFrame]:
    """The protected tables of a study, read once."""
    return protected(study)


def adjusted_by(study: str) -> int:
    """By how many persons counts of a study are adjusted at most; 0 where they are true, as in a first release."""
    return int(max((table[ADJUSTED].max() for table in tables(study).values() if ADJUSTED in table), default=0))


def together(study: str) -> str:
    """That small groups are not shown; and where counts are adjusted, by how much."""
    return f"{TOGETHER} {disclosure.adjustment(disclosure.K)}" if adjusted_by(study) else TOGETHER


def counts(place: Area, *dimensions: str) -> pd.DataFrame:
    """The protected table of a study with these dimensions and no others; of an area, its rows without the area.

    Returns
    -------
    DataFrame: the dimensions, and count (Int64; missing where it is suppressed). Empty where there is no such table.
    """
    wanted = {*dimensions, "count"} | (set() if place.is_study else {"area_id"})
    # Years come before periods of several.
    for each in tables(place.study).values():
        table = each.drop(columns=ADJUSTED, errors="ignore")
        if set(table.columns) == wanted:
            found = table if place.is_study else table[table["area_id"] == place.area_id].drop(columns="area_id")
            return found.reset_index(drop=True)
    return pd.DataFrame({**{name: pd.Series(dtype=object) for name in dimensions}, "count": pd.Series(dtype="Int64")})


def total(place: Area) -> int | None:
    """The persons of a study or an area; None where no table tells."""
    for table in tables(place.study).values():
        if place.is_study or "area_id" in table:
            here = table if place.is_study else table[table["area_id"] == place.area_id]
            if len(here) and (found := added(here["count"])) is not None:
                return found
    return None


def added(counts: pd.Series) -> int | None:
    """The sum of counts, or None where one of them is suppressed."""
    return None if counts.isna().any() else int(counts.sum())


def in_words(count: int | None, what: str = "person") -> str:
    """Persons with their number, or that it is suppressed, which can have other reasons than that they are few."""
    if count is None or pd.isna(count):
        return f"{what}s (number suppressed)"
    return f"{count:,} {what}" + ("" if count == 1 else "s")


def cells(counts: Iterable) -> list[object]:
    """Counts as a table prints them."""
    return [disclosure.SUPPRESSED if pd.isna(count) else f"{count:,}" for count in counts]


def status(counts: pd.Series) -> list[str]:
    """Of each count whether it is suppressed, since it is missing then."""
    return [disclosure.SUPPRESSED if pd.isna(count) else "" for count in counts]


def is_linked(place: Area) -> bool:
    """Whether persons are counted; else records are."""
    return unit(tables(place.study)) == "persons"


def limits_of(place: Area, said: str) -> str:
    """What is counted, that small groups are not shown, and how counts are adjusted if they are."""
    return f"{said if is_linked(place) else NOT_LINKED} {together(place.study)}"


def period(place: Area) -> str:
    """The years in which persons were first detected, as far as they may be told."""
    table = tables(place.study).get("year", pd.DataFrame({"year": [], "count": []}))
    years = sorted({part for value in table.loc[table["count"].notna(), "year"] for part in _years(str(value))})
    return " to ".join(dict.fromkeys([years[0], years[-1]])) if years else "undated"


def _years(value: str) -> list[str]:
    parts = value.split("-")
    return parts if all(part.isdigit() for part in parts) else []


def counted_footer(place: Area, count: int | None, limits: str) -> plots.Footer:
    """The footer of a figure that is drawn from protected tables."""
    is_synthetic = catalog.case_kind(place.study) == "synthetic"
    source = TEXT["counted_footer_source"].format(case_lists=len(catalog.case_lists(place.study))) + (
        ", synthetic" if is_synthetic else ""
    )
    return plots.Footer(source, period(place), in_words(count), limits, synthetic=is_synthetic)


def of_counts(
    place: Area,
    name: str,
    what: str,
    table: pd.DataFrame,
    limits: str,
    figure: Figure | None = None,
    footer: plots.Footer | None = None,
) -> Section:
    """A section made from protected tables: it cites the lists, and is released by them."""
    title = f"{place.name}: {what}"
    lists = catalog.case_lists(place.study)
    citations = tuple(f"{entry.title}. {entry.publisher}. {entry.date}. {entry.source}" for entry in lists)
    cautions = evidence.cautions(*(entry.name for entry in lists))
    kind = catalog.case_kind(place.study)
    return Section(
        name, title, table, (), limits, figure, title, cautions, citations, kind,
        release_class=PROTECTED, footer=footer,
    )  # fmt: skip
