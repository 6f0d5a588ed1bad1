"""Exhibits on coding: how far coders agree, on countries and on suggested actions; and what is not shown."""

from __future__ import annotations

import pandas as pd
from IPython.display import Markdown

from analysis import catalog, texts
from analysis.areas import Area
from analysis.referral.coder_agreement import NotComparable, coder_agreement
from analysis.referral.coding.agreed import STATUSES
from analysis.referral.coding.report import coder_pairs
from analysis.sections.referral_evidence import AS_OF, answers, coding_sheets, names, of, settled
from analysis.sections.section import Section, said

TEXT = texts.of(__name__)

WITHOUT = TEXT["without"]


def exhibits(place: Area) -> list[Section]:
    """What coders made of the countries, how far they agree, and how far readers of the suggested actions do."""
    made = [sheets(place), *([agreement(place)] if _own(place) else [])]
    return [*made, of_readings(place), of_actions(place)] if place.is_study else made


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
    counts.insert(0, "Country", counts.index.map(names()))
    return Section(
        "referral_sheets",
        title,
        counts.reset_index(drop=True).rename_axis(columns=None),
        (),
        TEXT["where_coders_disagree_all"],
        citations=tuple(catalog.dataset(name).title for name in _own(place)),
    )


def agreement(place: Area) -> Section:
    """Agreement beyond chance between the two coders, over the indicators of each scale."""
    pairs = pd.concat([coder_pairs(sheet) for sheet in _own(place).values()], ignore_index=True)
    pairs = pairs if place.is_study else pairs[pairs["area_id"] == place.area_id]
    title = TEXT["agreement_title"].format(place=place.name)
    try:
        found = coder_agreement(pairs[["item", "first", "second", "scale"]], by="scale")
    except NotComparable as error:
        return Section("referral_agreement", title, pd.DataFrame(), (), str(error))
    printed = _printed(found)
    printed.insert(0, "Scale", found["scale"])
    return Section("referral_agreement", title, printed, (), TEXT["answers_with_evidence_alone_unknown"])


def of_readings(place: Area) -> Section:
    """How far a second reader, who did not see the first reading, came to the same bounds."""
    table = catalog.load("nrm_second_readings")
    coded = table[table["status"] == "coded"]
    bounds = {
        reader: coded[f"{reader}_low"].map("{:g}".format) + " to " + coded[f"{reader}_high"].map("{:g}".format)
        for reader in ("first", "second")
    }
    items = coded[["area_id", "indicator_id", "part", "source_id"]].agg(" ".join, axis=1)
    found = coder_agreement(pd.DataFrame({"item": items + coded["report_year"].astype(str), **bounds}))
    overlap = (coded["first_low"] <= coded["second_high"]) & (coded["second_low"] <= coded["first_high"])
    within = (coded["second_low"] >= coded["first_low"]) & (coded["second_high"] <= coded["first_high"])
    return Section(
        "referral_second_readings",
        TEXT["how_far_two_readers"].format(place=place.name),
        _printed(found),
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


def of_actions(place: Area) -> Section:
    """How far the two readers who coded the suggested actions agree."""
    coding = catalog.load("action_coding").rename(columns={"action_id": "item"})
    found = coder_agreement(coding[["item", "first", "second"]])
    return Section(
        "referral_readers",
        TEXT["how_far_two_readers_agree"].format(place=place.name),
        _printed(found),
        (),
        TEXT["two_readers_with_the_same"],
        citations=(catalog.dataset("action_coding").title,),
    )


def _printed(found: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "Measure": found["coefficient"],
            "Estimate": ["not given" if value != value else f"{value:.3f}" for value in found["estimate"]],
            "95 % limits": [
                "–" if low != low else f"{low:.3f} to {high:.3f}"
                for low, high in zip(found["low"], found["high"], strict=True)
            ],
            "Coded by both": found["n"],
            "Note": found["note"],
        }
    )


def limits_of(place: Area) -> Markdown:
    """What the assessment of an area does not show."""
    table = of(place, answers())
    asked = table[table["applies"]]
    known = int(asked["known"].sum())
    return said(TEXT["of_answers_are_not_known"].format(unknown=len(asked) - known, asked=len(asked), as_of=AS_OF))
