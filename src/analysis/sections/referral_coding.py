"""Sections on coding: how far coders agree, on countries and on suggested actions; and what is not shown."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
from IPython.display import Markdown

from analysis import catalog, texts
from analysis.areas import Area
from analysis.referral.coding.agreed import STATUSES
from analysis.referral.coding.report import coder_pairs
from analysis.sections.attempt import NoResult
from analysis.sections.referral_evidence import coding_sheets, names, of, settled
from analysis.sections.section import Section, said
from analysis.sections.table import Table, Words

TEXT = texts.of(__name__)

WITHOUT = TEXT["without"]


def _own(place: Area) -> dict:
    """The coding sheets of the countries of `place`."""
    found = coding_sheets()
    return {name: sheet for name, sheet in found.items() if place.is_study or place.area_id in sheet.area_ids}


def sheets(place: Area) -> Section:
    """What coders settled on, country by country."""
    table = of(place, settled())
    title = TEXT["sheets_title"].format(place=place.name)
    if table.empty:
        return Section("referral_sheets", title, pd.DataFrame(), (), WITHOUT.format(name=place.name))
    counts = table.groupby(["area_id", "status"]).size().unstack(fill_value=0).reindex(columns=STATUSES, fill_value=0)
    columns = {status: f"answers_{status.replace(' ', '_')}" for status in STATUSES}
    counts = counts.rename(columns=columns).reset_index().rename_axis(columns=None)
    counts = counts.assign(name=counts["area_id"].map(names()))
    return Section(
        "referral_sheets",
        title,
        Table(counts, {"Country": "name"} | columns, also=("area_id",)),
        (),
        TEXT["where_coders_disagree_all"],
        citations=tuple(catalog.dataset(name).title for name in _own(place)),
    )


def pairs_of_coders(place: Area) -> pd.DataFrame:
    """What the two coders of each country coded: item, first, second, scale; empty where there is no coding sheet."""
    parts = [coder_pairs(sheet) for sheet in _own(place).values()]
    if not parts:
        return pd.DataFrame(columns=["item", "first", "second", "scale"])
    pairs = pd.concat(parts, ignore_index=True)
    pairs = pairs if place.is_study else pairs[pairs["area_id"] == place.area_id]
    return pairs[["item", "first", "second", "scale"]]


def agreement(place: Area, found: pd.DataFrame | NoResult) -> Section:
    """Agreement beyond chance between the two coders, over the indicators of each scale."""
    title = TEXT["agreement_title"].format(place=place.name)
    if isinstance(found, NoResult):
        return Section("referral_agreement", title, limits=found.reason)
    return Section(
        "referral_agreement", title, _table(found, {"Scale": "scale"}), (), TEXT["answers_with_evidence_alone_unknown"]
    )


def pairs_of_readings() -> pd.DataFrame:
    """Bounds that two readers, of whom neither saw what the other read, took from a report: item, first, second."""
    table = catalog.load("nrm_second_readings")
    coded = table[table["status"] == "coded"]
    bounds = {
        reader: coded[f"{reader}_low"].map("{:g}".format) + " to " + coded[f"{reader}_high"].map("{:g}".format)
        for reader in ("first", "second")
    }
    items = coded[["area_id", "indicator_id", "part", "source_id"]].agg(" ".join, axis=1)
    return pd.DataFrame({"item": items + coded["report_year"].astype(str), **bounds})


def of_readings(place: Area, found: pd.DataFrame) -> Section:
    """How far a second reader, who did not see the first reading, came to the same bounds."""
    table = catalog.load("nrm_second_readings")
    coded = table[table["status"] == "coded"]
    overlap = (coded["first_low"] <= coded["second_high"]) & (coded["second_low"] <= coded["first_high"])
    within = (coded["second_low"] >= coded["first_low"]) & (coded["second_high"] <= coded["first_high"])
    return Section(
        "referral_second_readings",
        TEXT["how_far_two_readers"].format(place=place.name),
        _table(found),
        (),
        TEXT["readings_were_made_twice"].format(
            readings=len(table),
            not_found=len(table) - len(coded),
            overlap=int(overlap.sum()),
            coded=len(coded),
            within=int(within.sum()),
        ),
        citations=(catalog.dataset("nrm_second_readings").title,),
    )


def pairs_of_actions() -> pd.DataFrame:
    """Which indicators each of two readers gave a suggested action: item, first, second."""
    return catalog.load("action_coding").rename(columns={"action_id": "item"})[["item", "first", "second"]]


def of_actions(place: Area, found: pd.DataFrame) -> Section:
    """How far the two readers who coded the suggested actions agree."""
    return Section(
        "referral_readers",
        TEXT["how_far_two_readers_agree"].format(place=place.name),
        _table(found),
        (),
        TEXT["two_readers_with_the_same"],
        citations=(catalog.dataset("action_coding").title,),
    )


def _table(found: pd.DataFrame, before: Mapping[str, str] | None = None) -> Table:
    """Coefficients of agreement with their limits; `before` are columns before them."""

    def estimate(values: pd.Series) -> list[str]:
        return ["not given" if value != value else f"{value:.3f}" for value in values]

    def limits(low: pd.Series, high: pd.Series) -> list[str]:
        ends = zip(low, high, strict=True)
        return ["–" if least != least else f"{least:.3f} to {most:.3f}" for least, most in ends]

    return Table(
        found,
        {
            **(before or {}),
            "Measure": "coefficient",
            "Estimate": Words(estimate, "estimate"),
            "95 % limits": Words(limits, "low", "high"),
            "Coded by both": "n",
            "Note": "note",
        },
    )


def limits_of(place: Area, known: pd.DataFrame, as_of: int) -> Markdown:
    """What the assessment of an area does not show; known as `referral_evidence.described` gives the answers."""
    table = of(place, known)
    asked = table[table["applies"]]
    unknown = int((~asked["known"]).sum())
    return said(TEXT["of_answers_are_not_known"].format(unknown=unknown, asked=len(asked), as_of=as_of))
