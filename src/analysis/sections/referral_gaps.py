"""Exhibits on gaps: how many there are and how severe, each with its evidence, and those that others name."""

from __future__ import annotations

import pandas as pd

from analysis import catalog, evidence, plots, texts
from analysis.areas import Area
from analysis.referral import gaps
from analysis.referral.gaps import HIGH, LOW, MEDIUM, NOT_RATED, RULES, SEVERITIES
from analysis.sections.referral_evidence import JUDGED, NOT_NO, answers, footer, names, of, register, sources
from analysis.sections.referral_profile import WINDOW
from analysis.sections.section import Section

TEXT = texts.of(__name__)

RULE = "Severity: " + "; ".join(f"{name}: {RULES[name]}" for name in (HIGH, MEDIUM, LOW)) + "."
# The report whose suggestions the register is compared with: the last whose actions were coded.
COMPARED = 2022


def exhibits(place: Area) -> list[Section]:
    """Counts of gaps, the register, and the register beside suggested actions."""
    return [counts(place), listed(place), beside(place)]


def gravest(place: Area) -> pd.DataFrame:
    """The gravest gap of each indicator and area: rows of the register, one a pair."""
    table = of(place, register())
    table = table.assign(order=table["severity"].map(SEVERITIES.index)).sort_values("order")
    return table.drop_duplicates(["area_id", "indicator_id"])


def counts(place: Area) -> Section:
    """Indicators with a gap, by the severity of the gravest, and those of which nothing is known."""
    table = of(place, register())
    asked = of(place, answers())
    grave = gravest(place)
    if place.is_study:
        grave, asked = (part.assign(label=part["area_id"].map(names())) for part in (grave, asked))
        head = "Country"
    else:
        asked = asked.assign(label=asked["dimension_id"] + " " + asked["dimension"])
        grave = grave.assign(label=grave["dimension_id"] + " " + grave["dimension"])
        head = "Dimension"
    found = grave.groupby(["label", "severity"]).size().unstack(fill_value=0).reindex(columns=SEVERITIES, fill_value=0)
    found = found.reindex(sorted(asked["label"].unique()), fill_value=0).rename(columns={NOT_RATED: "unknown"})
    found["total"] = asked[asked["applies"]].groupby("label").size()
    found = found.reset_index()
    title = TEXT["counts_title"].format(place=place.name)
    limits = TEXT["counts_limits"].format(not_no=NOT_NO)
    figure = plots.gap_bars(found, title=title, footer=footer(asked, limits))
    printed = found.rename(
        columns={"label": head, HIGH: "High", MEDIUM: "Medium", LOW: "Low", "unknown": "Unknown", "total": "Indicators"}
    )
    printed["No gap seen"] = found["total"] - found[[HIGH, MEDIUM, LOW, "unknown"]].sum(axis=1)
    return Section(
        "referral_gaps",
        title,
        printed,
        sources(table),
        f"{RULE} {WINDOW} {limits} {JUDGED}",
        figure,
        TEXT["a_bar_of_gaps"].format(title=title),
    )


def listed(place: Area) -> Section:
    """The gap register: one row a gap that is rated; those of data are counted."""
    table = of(place, register())
    rated = table[table["severity"] != NOT_RATED]
    rated = rated.assign(order=rated["severity"].map(SEVERITIES.index)).sort_values(
        ["order", "indicator_id", "area_id"]
    )
    printed = pd.DataFrame(
        {
            "Gap": rated["gap_id"],
            **({"Country": rated["area_id"].map(names())} if place.is_study else {}),
            "Dimension": rated["dimension"],
            "Kind": rated["kind"],
            "What is missing": rated["missing"],
            "Severity": rated["severity"],
            "Asked for by": rated["obligation"].replace("", "–"),
            "Evidence": rated["evidence"],
            "Since": rated["since"].astype("string").fillna("not known"),
            "Last seen": rated["year"].astype("string"),
            "Who could close it": rated["closed_by"],
            # What coders found stands in the evidence, which they name.
            "Sources": rated["source_ids"].str.replace(";", ", ").replace("", "coding sheet"),
        }
    ).reset_index(drop=True)
    unknown = len(table) - len(rated)
    title = TEXT["listed_title"].format(place=place.name, rated=len(rated))
    limits = TEXT["listed_limits"].format(unknown=unknown, rule=RULE, judged=JUDGED)
    return Section("referral_register", title, printed, sources(rated), limits)


def coded_actions(report_year: int) -> pd.DataFrame:
    """Actions that the Labor Department's report suggested, with the indicators that two readers settled on."""
    coding = catalog.load("action_coding").rename(columns={"settled": "indicators"})
    table = evidence.suggested_actions()
    return table[table["report_year"] == report_year].merge(coding, on="action_id", validate="one_to_one")


def compared(place: Area) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The actions suggested, and those of them that have an indicator beside the register: see `beside_actions`."""
    actions = of(place, coded_actions(COMPARED))
    return actions, gaps.beside_actions(actions, of(place, register()), of(place, answers()))


def beside(place: Area) -> Section:
    """The register beside the actions that the Labor Department's reports suggest."""
    actions, found = compared(place)
    title = TEXT["beside_title"].format(place=place.name, compared=COMPARED)
    without = len(actions) - len(found)
    limits = TEXT["beside_limits"].format(without=without, actions=len(actions))
    if found.empty:
        return Section(
            "referral_actions", title, pd.DataFrame(), (), TEXT["no_action_has_an_indicator"].format(limits=limits)
        )
    dimension = found["indicators"].str[0]
    if place.is_study:
        share = gaps.recall(found.assign(dimension_id=dimension), ["dimension_id"])
        whole = gaps.recall(found.assign(dimension_id="All"), ["dimension_id"])
        share = pd.concat([share, whole], ignore_index=True)
        printed = pd.DataFrame(
            {
                "Dimension": share["dimension_id"],
                "Actions with an indicator": share["actions"],
                "Found": share[gaps.FOUND],
                "Found without the Labor Department's own reports": share["independent"],
                "Nothing known": share[gaps.OPEN_STATES],
                "Missed": share[gaps.MISSED],
                "Found of all, %": (100 * share["recall"]).round(0),
                "Found where known, %": (100 * share["recall_known"]).round(0),
            }
        )
    else:
        printed = pd.DataFrame(
            {
                "Suggested action": found["action"],
                "Indicators": found["indicators"].str.replace(";", ", "),
                "In the register": found["outcome"],
                "Gaps": found["gap_ids"].str.replace(";", ", ").replace("", "–"),
            }
        )
    return Section(
        "referral_actions",
        title,
        printed,
        tuple(dict.fromkeys([*actions["source_id"], *sources(of(place, register()))])),
        limits,
        cautions=evidence.cautions("suggested_actions"),
    )
