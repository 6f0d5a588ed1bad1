"""Exhibits on coding: how far coders agree, on countries and on suggested actions; and what is not shown."""

from __future__ import annotations

import pandas as pd
from IPython.display import Markdown

from analysis import catalog
from analysis.areas import Area
from analysis.referral.coder_agreement import NotComparable, coder_agreement
from analysis.referral.coding.agreed import STATUSES
from analysis.referral.coding.report import coder_pairs
from analysis.sections.referral_evidence import AS_OF, answers, coding_sheets, names, of, settled
from analysis.sections.section import Exhibit, said

WITHOUT = "No coding sheet of {name} is catalogued: its answers rest on public evidence alone."


def exhibits(place: Area) -> list[Exhibit]:
    """What coders made of the countries, how far they agree, and how far readers of the suggested actions do."""
    made = [sheets(place), *([agreement(place)] if _own(place) else [])]
    return [*made, of_readings(place), of_actions(place)] if place.is_study else made


def _own(place: Area) -> dict:
    """The coding sheets of the countries of `place`."""
    found = coding_sheets()
    return {name: sheet for name, sheet in found.items() if place.is_study or place.area_id in sheet.area_ids}


def sheets(place: Area) -> Exhibit:
    """What coders settled on, country by country."""
    table = of(place, settled())
    title = f"{place.name}: what coders settled on"
    if table.empty:
        return Exhibit("referral_sheets", title, pd.DataFrame(), (), WITHOUT.format(name=place.name))
    counts = table.groupby(["area_id", "status"]).size().unstack(fill_value=0).reindex(columns=STATUSES, fill_value=0)
    counts.insert(0, "Country", counts.index.map(names()))
    return Exhibit(
        "referral_sheets",
        title,
        counts.reset_index(drop=True).rename_axis(columns=None),
        (),
        "Where coders disagree, all that lies between their codes is possible until an adjudicator decides.",
        citations=tuple(catalog.dataset(name).title for name in _own(place)),
    )


def agreement(place: Area) -> Exhibit:
    """Agreement beyond chance between the two coders, over the indicators of each scale."""
    pairs = pd.concat([coder_pairs(sheet) for sheet in _own(place).values()], ignore_index=True)
    pairs = pairs if place.is_study else pairs[pairs["area_id"] == place.area_id]
    title = f"{place.name}: how far two coders agree on the indicators"
    try:
        found = coder_agreement(pairs[["item", "first", "second", "scale"]], by="scale")
    except NotComparable as error:
        return Exhibit("referral_agreement", title, pd.DataFrame(), (), str(error))
    printed = _printed(found)
    printed.insert(0, "Scale", found["scale"])
    return Exhibit(
        "referral_agreement", title, printed, (), "Answers with evidence alone. Unknown is a code like others."
    )


def of_readings(place: Area) -> Exhibit:
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
    return Exhibit(
        "referral_second_readings",
        f"{place.name}: how far two readers of a report or law come to the same bounds",
        _printed(found),
        (),
        f"{len(table)} readings were made twice; of {len(table) - len(coded)} the second reader found nothing, or not "
        f"the page. Of the others {int(overlap.sum())} of {len(coded)} do not contradict each other, and in "
        f"{int(within.sum())} the second lies within the first; elsewhere the wider bounds were kept. Both had the "
        "same instructions, and neither is an expert of the country.",
        citations=(catalog.dataset("nrm_second_readings").title,),
    )


def of_actions(place: Area) -> Exhibit:
    """How far the two readers who coded the suggested actions agree."""
    coding = catalog.load("action_coding").rename(columns={"action_id": "item"})
    found = coder_agreement(coding[["item", "first", "second"]])
    return Exhibit(
        "referral_readers",
        f"{place.name}: how far two readers agree on which indicators a suggested action is about",
        _printed(found),
        (),
        "Two readers with the same instructions; what they share by training is not seen here. Differences were "
        "settled one by one.",
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
    return said(
        f"- **{len(asked) - known} of {len(asked)} answers are not known.** They were not found in what was read; that "
        "is no sign that a thing is missing. A coding sheet filled in by two people who know the country closes them: "
        "`python -m analysis coding-sheet`.\n"
        "- **Reports are not inspections.** Most answers are what US government reports say. They look at some "
        "questions every year and at others never; the State Department judges by the law of the United States, the "
        "Labor Department by conventions of the ILO.\n"
        "- **A score is no measure of trafficking,** nor of how well victims fare: a mechanism on paper can fail, and "
        "help can work without one.\n"
        "- **Countries are not compared by what is not known of them.** No order of countries is given where what is "
        "unknown could turn it round.\n"
        "- **Detected, prosecuted and convicted are not the same persons.**\n"
        "- **Days to referral** need case records with the dates of detection and referral; no list of these countries "
        "is catalogued. The page on case records measures them where there is one.\n"
        f"- **Answers are as of {AS_OF}.** Burkina Faso, Mali and Niger left ECOWAS on 29 January 2025: what is said "
        "of its mechanism held for them until then."
    )
