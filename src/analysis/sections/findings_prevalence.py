"""What is published of prevalence, as findings: measured, modelled and contested, and child labour; never added."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

import pandas as pd

from analysis import catalog, texts
from analysis.areas import Area
from analysis.findings.finding import BOUNDS, EXACT, NOT_READ, NOT_REPORTED, REFUSED, Finding
from analysis.findings.measures import MEASURES
from analysis.prevalence_evidence import EXPLOITATION, MEASURED, MODELLED
from analysis.sections import detection
from analysis.sections import published_prevalence as published
from analysis.sections.findings_indicators import bounds, noted, span

TEXT = texts.of(__name__)

SHARE, OF_WORK, RATE, PERSONS = (
    "published_prevalence",
    "published_child_labour",
    "modelled_prevalence",
    "modelled_persons",
)
DETECTED_OF = "detected_of_estimated"
WHOLE = "whole_country"
READ = texts.table(__name__, "read")
LATEST = TEXT["latest"]
INDEX = TEXT["index"]
OF_HOW_MANY = TEXT["of_how_many"]


def findings(place: Area) -> list[Finding]:
    """Published prevalence of a country, or of a study that is one country; of other places none is stated.

    What a province or an island has of its own stands in the exhibits, and figures of countries are not added.
    """
    if place.is_local or place.spans_countries:
        return []
    found = [*measured(place), *modelled(place), *child_labour(place), *detected_of_estimated(place)]
    return [*found, *working_children(place)] if place.study == "turkiye" else found


def measured(place: Area) -> Iterator[Finding]:
    """The latest measured share of each concept, group and place for which the measure has an item."""
    table = published.rows(place)
    table = table[table["kind_of_evidence"].eq(MEASURED) & table["subject"].eq(EXPLOITATION)]
    table = table[table["measure"].isin(list(published.PER))]
    items = [f"{row.concept}.{_slug(row.population_group)}.{_slug(row.place)}" for row in table.itertuples()]
    table = table.assign(item=items)
    table = table[table["item"].map(MEASURES[SHARE].declares).astype(bool)]
    table = table.sort_values("period_end", ascending=False, kind="stable").drop_duplicates("item")
    limits = published.MEASURED_LIMITS
    if table.empty:
        why = TEXT["measured_why"]
        yield Finding(place, SHARE, "any", method=f"{LATEST}.", limits=limits, status=NOT_READ, why=why)
    for _, row in table.sort_values("item").iterrows():
        wide = f" {published.WIDE}" if row["concept"] == "child_trafficking" else ""
        yield _printed(place, SHARE, row["item"], row, LATEST, limits + wide, published.PER[row["measure"]])


def modelled(place: Area) -> Iterator[Finding]:
    """What the latest Global Slavery Index says, per 1,000 inhabitants and in persons, named as contested."""
    table = published.rows(place)
    table = table[table["study"].eq(published.LATEST_INDEX) & table["concept"].eq("modern_slavery")]
    for measure, unit in ((RATE, "per_1000"), (PERSONS, "persons")):
        of_unit = table[table["measure"].eq(unit) & table["kind_of_evidence"].eq(MODELLED)]
        if of_unit.empty:
            why = TEXT["modelled_why"]
            yield Finding(place, measure, method=f"{INDEX}.", limits=published.CONTESTED, status=NOT_REPORTED, why=why)
        else:
            yield _printed(place, measure, "", of_unit.iloc[0], INDEX, published.CONTESTED, 1.0)


def child_labour(place: Area) -> Iterator[Finding]:
    """The latest shares of all children in child labour and in hazardous work, where no official figure is stated."""
    if place.study == "cabo_verde":
        # The official figures of the same surveys are findings already (see `official_indicators`).
        return
    table = published.rows(place)
    table = table[table["area_id"].eq(place.iso3)]
    for concept in ("child_labour", "hazardous_child_labour"):
        latest = published.latest_national(table, concept)
        if latest.empty:
            why = TEXT["child_labour_why"]
            yield Finding(
                place, OF_WORK, concept, method=f"{LATEST}.", limits=published.CONTEXT_LIMITS, status=NOT_READ,
                why=why,
            )  # fmt: skip
        else:
            row = latest.iloc[0]
            limits = f"{published.CONTEXT_LIMITS} {_others(table, row)}".strip()
            yield _printed(place, OF_WORK, concept, row, LATEST, limits, 1.0)


def working_children(place: Area) -> Iterator[Finding]:
    """Published figures on working children in Türkiye, each the latest: how many, and shares by age and sex."""
    every = catalog.load("child_labour_benchmarks")
    ages = every["age_low"].astype(str) + "_" + every["age_high"].astype(str)
    number = every["measure"].eq("working_children")
    table = every.assign(item=(every["measure"] + "." + every["sex"] + ".aged_" + ages).mask(number, ""))
    table = table[number | table["item"].map(MEASURES["published_share"].declares).astype(bool)]
    # A newer survey takes the place of an older one: the id of a figure has no year.
    for row in (
        table.sort_values("date_low", kind="stable", na_position="first")
        .drop_duplicates("item", keep="last")
        .itertuples()
    ):
        yield Finding(
            place,
            "published_share" if row.item else "published_working_children",
            row.item,
            value=float(row.low),
            period=span(row.date_low, row.date_high),
            method=TEXT["published_method"].format(population=row.population),
            source_ids=(row.source_id,),
            limits=TEXT["published_limits"],
        )


def _others(table: pd.DataFrame, row: pd.Series) -> str:
    """Other figures of all children for the same year and concept, as a sentence; empty where there is none."""
    same = ["area_id", "place", "concept", "measure", "sex", "population_group"]
    alike = (table[same] == row[same]).all(axis=1) & (table["estimate_id"] != row["estimate_id"])
    others = table[alike & table["period_end"].dt.year.eq(row["period_end"].year)]
    figures = [f"{other.value} % ({other.definition})" for other in others.itertuples()]
    return TEXT["other_figures_of_the_same"].format(figures="; ".join(figures)) if figures else ""


def detected_of_estimated(place: Area) -> Iterator[Finding]:
    """The share of the estimated that was detected; refused, with the reasons, where no pair is of the same thing."""
    table = published.estimates(place)
    for item, kind in (("measured", MEASURED), ("modelled", MODELLED)):
        of_kind = table[table["kind_of_evidence"].eq(kind)]
        limits = f"{detection.NOT_INCIDENCE} {published.NEVER}" + (f" {published.CONTESTED}" * (kind == MODELLED))
        if of_kind.empty:
            yield Finding(
                place, DETECTED_OF, item, method=OF_HOW_MANY, limits=limits, status=NOT_READ,
                why=TEXT["detected_of_estimated_why"].format(item=item),
            )  # fmt: skip
            continue
        pairs, why_not = published.compared(place, of_kind)
        if not pairs:
            yield Finding(
                place, DETECTED_OF, item, method=OF_HOW_MANY, limits=limits, status=REFUSED,
                why="; ".join(published.reasons(why_not, len(of_kind))),
            )  # fmt: skip
            continue
        row, share = max(pairs, key=lambda pair: pair[0].period_end)
        low, high = 100 * share.share_low, 100 * share.share_high
        yield Finding(
            place, DETECTED_OF, item, value=low if low == high else None, low=low, high=high,
            interval=EXACT if low == high else BOUNDS, period=span(row.period_start, row.period_end),
            method=OF_HOW_MANY, source_ids=(row.source_id,), limits=limits,
        )  # fmt: skip


def _printed(place: Area, measure: str, item: str, row: pd.Series, method: str, limits: str, scale: float) -> Finding:
    """A published figure as a finding, in the measure's unit."""
    ages = published.ages(row)
    of = f"{row['population_group']}{ages}" + (f", {row['place']}" if row["place"] else "")
    qualifier = row["value_qualifier"]
    found = bounds(row["low"] * scale, row["high"] * scale, qualifier)
    return Finding(
        place,
        measure,
        item,
        **found._asdict(),
        period=span(row["period_start"], row["period_end"]),
        method=f"{method}. {row['study']}: {row['definition']}; of {of}. {READ[row['read_from']]}.",
        source_ids=(row["source_id"], *(published.CRITICS if row["kind_of_evidence"] == MODELLED else ())),
        limits=" ".join(filter(None, [limits, noted(row["note"], qualifier)])),
    )


def _slug(place: str) -> str:
    """A group or a place as a part of an item: "Kédougou region" is kedougou_region; no place is the whole country."""
    plain = unicodedata.normalize("NFKD", place).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "_", plain).strip("_") or WHOLE
