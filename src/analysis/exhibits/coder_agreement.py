"""Agreement of those who coded countries, read reports twice, and coded the actions that others suggest."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import pandas as pd

from analysis import catalog
from analysis.areas import Area
from analysis.exhibits.any_place import take_names
from analysis.exhibits.attempt import NoResult
from analysis.exhibits.exhibit import Exhibit, absent, only
from analysis.exhibits.referral_evidence import coding_sheets, names, rows_in, settled
from analysis.exhibits.table import Table, Words, spans
from analysis.referral.coding_intake import STATUSES, CodingAnswers
from analysis.referral.coding_report import coder_pairs
from bounded import intervals

_NO_PAIRS = pd.DataFrame(columns=["item", "first", "second"])


def _own(place: Area) -> dict[str, CodingAnswers]:
    """Return the coding sheets of the countries of `place`."""
    found = coding_sheets()
    return {name: sheet for name, sheet in found.items() if place.is_study or place.area_id in sheet.area_ids}


def coding_status(place: Area) -> Exhibit:
    """Return on how many indicators coders agreed, disagreed or found nothing, country by country."""
    table = rows_in(place, settled())
    title = f"{place.name}: what coders settled on"
    if table.empty:
        reason = f"No coding sheet of {place.name} is catalogued: its answers rest on public evidence alone."
        return Exhibit("referral_sheets", title, limits=reason)
    counts = table.groupby(["area_id", "status"]).size().unstack(fill_value=0).reindex(columns=STATUSES, fill_value=0)
    columns = {status: f"answers_{status.replace(' ', '_')}" for status in STATUSES}
    counts = counts.rename(columns=columns).reset_index().rename_axis(columns=None)
    counts = counts.assign(name=counts["area_id"].map(names()))
    return Exhibit(
        "referral_sheets",
        title,
        Table(counts, {"Country": "name"} | columns, also=("area_id",)),
        (),
        "Where coders disagree, all that lies between their codes is possible until an adjudicator decides.",
        citations=tuple(catalog.dataset(name).title for name in _own(place)),
    )


def pairs_of_coders(place: Area) -> pd.DataFrame:
    """Return the codes of two coders of each country: item, first, second, scale; none without a sheet."""
    parts = [coder_pairs(sheet) for sheet in _own(place).values()]
    if not parts:
        return _NO_PAIRS.assign(scale="")
    pairs = pd.concat(parts, ignore_index=True)
    pairs = pairs if place.is_study else pairs[pairs["area_id"] == place.area_id]
    return pairs[["item", "first", "second", "scale"]]


def agreement_of_coders(place: Area, pairs: pd.DataFrame, agreement: pd.DataFrame | NoResult) -> Exhibit:
    """Return agreement beyond chance between the two coders, over the indicators of each scale.

    Parameters
    ----------
    pairs : of `pairs_of_coders`. agreement : of `weighted_kappa.coder_agreement`, by scale.
    """
    what, limits = (
        "how far two coders agree on the indicators",
        "Answers with evidence alone. Unknown is a code like others.",
    )
    if pairs.empty:
        return absent(place, what, "No coding sheet of two coders is catalogued.")
    return _agreement("referral_agreement", f"{place.name}: {what}", agreement, limits, {"Scale": "scale"})


def pairs_of_readings(place: Area) -> pd.DataFrame:
    """Return bounds that two readers took from a report, each unseen by the other: item, first, second.

    They are a sample of all countries, so that a country by itself has none.
    """
    if not place.is_study:
        return _NO_PAIRS
    coded = _second_readings().query("status == 'coded'")
    bounds = {
        reader: coded[f"{reader}_low"].map("{:g}".format) + " to " + coded[f"{reader}_high"].map("{:g}".format)
        for reader in ("first", "second")
    }
    items = coded[["area_id", "indicator_id", "part", "source_id"]].agg(" ".join, axis=1)
    return pd.DataFrame({"item": items + coded["report_year"].astype(str), **bounds})


def _second_readings() -> pd.DataFrame:
    return catalog.load("nrm_second_readings")


@only("comparison", "{place}: how far two readers of a report or law come to the same bounds")
def agreement_of_readings(place: Area, agreement: pd.DataFrame | NoResult) -> Exhibit:
    """Return how far a second reader, who did not see the first reading, came to the same bounds.

    Parameters
    ----------
    agreement : of `weighted_kappa.coder_agreement`, of `pairs_of_readings`.
    """
    table = _second_readings()
    coded = table[table["status"] == "coded"]
    overlap = (coded["first_low"] <= coded["second_high"]) & (coded["second_low"] <= coded["first_high"])
    within = (coded["second_low"] >= coded["first_low"]) & (coded["second_high"] <= coded["first_high"])
    limits = (
        f"{len(table)} readings were made twice; for {len(table) - len(coded)} the second reader found nothing, or not "
        f"the page. Of the others {int(overlap.sum())} of {len(coded)} do not contradict each other, and in "
        f"{int(within.sum())} the second lies within the first; elsewhere the wider bounds were kept. Both had the "
        "same instructions, and neither is an expert of the country."
    )
    title = f"{place.name}: how far two readers of a report or law come to the same bounds"
    return _agreement("referral_second_readings", title, agreement, limits, coded_in="nrm_second_readings")


def pairs_of_actions(place: Area) -> pd.DataFrame:
    """Return the indicators that each of two readers gave a suggested action: item, first, second; of a study."""
    if not place.is_study:
        return _NO_PAIRS
    return catalog.load("action_coding").rename(columns={"action_id": "item"})[list(_NO_PAIRS)]


@only("comparison", "{place}: how far two readers agree on which indicators a suggested action is about")
def agreement_of_actions(place: Area, agreement: pd.DataFrame | NoResult) -> Exhibit:
    """Return how far the two readers who coded the suggested actions agree.

    Parameters
    ----------
    agreement : of `weighted_kappa.coder_agreement`, of `pairs_of_actions`.
    """
    limits = (
        "Two readers with the same instructions; errors that they share cannot be seen here. Differences were settled "
        "one by one."
    )
    title = f"{place.name}: how far two readers agree on which indicators a suggested action is about"
    return _agreement("referral_readers", title, agreement, limits, coded_in="action_coding")


def _agreement(
    name: str,
    title: str,
    agreement: pd.DataFrame | NoResult,
    limits: str,
    first: Mapping[str, str] | None = None,
    coded_in: str = "",
) -> Exhibit:
    """Return coefficients of agreement as an exhibit; the reason where there are none."""
    if isinstance(agreement, NoResult):
        return Exhibit(name, title, limits=agreement.reason)
    cited = (catalog.dataset(coded_in).title,) if coded_in else ()
    return Exhibit(name, title, _coefficients(agreement, first or {}), limits=limits, citations=cited)


def _coefficients(agreement: pd.DataFrame, first: Mapping[str, str]) -> Table:
    """Return coefficients of agreement with their limits; `first` are columns before them."""

    def estimate(values: pd.Series) -> list[str]:
        return ["not given" if value != value else f"{value:.3f}" for value in values]

    return Table(
        agreement,
        {
            **first,
            "Measure": "coefficient",
            "Estimate": Words(estimate, "estimate"),
            f"{intervals.confidence_level(agreement)} limits": Words(partial(spans, form=".3f"), "low", "high"),
            "Coded by both": "n",
            "Note": "note",
        },
        also=("confidence",),
    )


take_names(__name__)
