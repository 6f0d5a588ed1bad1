"""Sections on gaps: the grave ones, how many there are and how severe, the register, and those that others name."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from analysis import catalog, evidence, plots, texts
from analysis.areas import Area
from analysis.plots import colours
from analysis.referral import gaps
from analysis.referral.gaps import HIGH, LOW, MEDIUM, NOT_RATED, RULES, SEVERITIES
from analysis.sections.referral_evidence import JUDGED, NOT_NO, footer, names, of, sources
from analysis.sections.section import Section
from analysis.sections.table import Table, Words, in_a_list, or_dash

TEXT = texts.of(__name__)

RULE = "Severity: " + "; ".join(f"{name}: {RULES[name]}" for name in (HIGH, MEDIUM, LOW)) + "."
# The report whose suggestions the register is compared with: the last whose actions were coded.
COMPARED = 2022


def gravest(register: pd.DataFrame) -> pd.DataFrame:
    """The gravest gap of each indicator and area: rows of the register, one a pair."""
    table = register.assign(order=register["severity"].map(SEVERITIES.index)).sort_values("order")
    return table.drop_duplicates(["area_id", "indicator_id"])


def grave(place: Area, register: pd.DataFrame) -> Section:
    """The gaps that are rated high: where to begin."""
    table = of(place, register)
    high = table[table["severity"] == HIGH].sort_values(["area_id", "indicator_id"])
    printed = Table(
        high.assign(name=high["area_id"].map(names())),
        {
            **({"Country": "name"} if place.is_study else {}),
            "What is missing": "missing",
            "Asked for by": Words(or_dash, "obligation"),
            "Since": Words(_or_not_known, "since"),
            "Last seen": Words(lambda years: years.astype("string"), "year"),
            "Who could close it": "closed_by",
            "Sources": Words(_sources_or_sheet, "source_ids"),
        },
        also=("gap_id", "area_id", "indicator_id"),
    )
    unknown = int((table["severity"] == NOT_RATED).sum())
    title = TEXT["grave_title"].format(place=place.name, gaps=len(high))
    limits = TEXT["grave_limits"].format(rule=RULES[HIGH], unknown=unknown, judged=JUDGED)
    return Section("referral_grave_gaps", title, printed, sources(high), limits)


def _or_not_known(years: pd.Series) -> pd.Series:
    return years.astype("string").fillna("not known")


def _sources_or_sheet(source_ids: pd.Series) -> pd.Series:
    """What coders found stands in the evidence, which they name."""
    return source_ids.str.replace(";", ", ").replace("", "coding sheet")


def counted(place: Area, register: pd.DataFrame, known: pd.DataFrame) -> pd.DataFrame:
    """Indicators with a gap by the severity of the gravest, and those of which nothing is known, with their total.

    Parameters
    ----------
    register : of `gaps.gaps`. known : the answers, as `referral_evidence.described` gives them.
    """
    rows, asked = gravest(of(place, register)), of(place, known)
    if place.is_study:
        rows, asked = (part.assign(label=part["area_id"].map(names())) for part in (rows, asked))
    else:
        rows, asked = (part.assign(label=part["dimension_id"] + " " + part["dimension"]) for part in (rows, asked))
    found = rows.groupby(["label", "severity"]).size().unstack(fill_value=0).reindex(columns=SEVERITIES, fill_value=0)
    found = found.reindex(sorted(asked["label"].unique()), fill_value=0).rename(columns={NOT_RATED: "unknown"})
    found["total"] = asked[asked["applies"]].groupby("label").size()
    return found.reset_index()


def counts_section(place: Area, register: pd.DataFrame, known: pd.DataFrame, window: str) -> Section:
    """What surrounds the numbers of gaps, by dimension, or by country of a study."""
    title = TEXT["counts_title"].format(place=place.name)
    limits = TEXT["counts_limits"].format(not_no=NOT_NO)
    return Section(
        "referral_gaps",
        title,
        source_ids=sources(of(place, register)),
        limits=f"{RULE} {window} {limits} {JUDGED}",
        alt=TEXT["a_bar_of_gaps"].format(title=title),
        footer=footer(of(place, known), limits),
    )


def figure(counts: pd.DataFrame, section: Section) -> Figure:
    """A bar of gaps by severity for each row, and beside it what is unknown."""
    parts = [HIGH, MEDIUM, LOW, "unknown"]
    long = counts.melt(["label", "total"], parts, "severity", "indicators")
    found, unknown = TEXT["figure_found"], TEXT["figure_unknown"]
    open_answers = long["severity"] == "unknown"
    long["panel"] = open_answers.map({False: found, True: unknown})
    # The number of indicators stands once, at the right of all.
    long["asked"] = long["total"].map("{:,}".format).where(open_answers, "")
    return plots.bars(
        long,
        value="indicators",
        part="severity",
        panel="panel",
        panels=[found, unknown],
        text="asked",
        text_label=TEXT["figure_asked"],
        parts=parts,
        hatched={"unknown": colours.UNKNOWN},
        ordered=True,
        xlabel=TEXT["figure_xlabel"],
        **section.frame,
    )


def rows_of(counts: pd.DataFrame, head: str) -> Table:
    """The same numbers, and how many indicators show no gap."""
    without = counts["total"] - counts[[HIGH, MEDIUM, LOW, "unknown"]].sum(axis=1)
    rated = {severity: f"gaps_{severity}" for severity in (HIGH, MEDIUM, LOW, "unknown")}
    return Table(
        counts.rename(columns={"total": "indicators"} | rated).assign(no_gap=without),
        {
            head: "label",
            "High": rated[HIGH],
            "Medium": rated[MEDIUM],
            "Low": rated[LOW],
            "Unknown": rated["unknown"],
            "Indicators": "indicators",
            "No gap seen": "no_gap",
        },
    )


def listed(place: Area, register: pd.DataFrame) -> Section:
    """The gap register: one row a gap that is rated; those of data are counted."""
    table = of(place, register)
    rated = table[table["severity"] != NOT_RATED]
    rated = rated.assign(order=rated["severity"].map(SEVERITIES.index)).sort_values(
        ["order", "indicator_id", "area_id"]
    )
    printed = Table(
        rated.assign(name=rated["area_id"].map(names()), gap_kind=rated["kind"]),
        {
            "Gap": "gap_id",
            **({"Country": "name"} if place.is_study else {}),
            "Dimension": "dimension",
            "Kind": "gap_kind",
            "What is missing": "missing",
            "Severity": "severity",
            "Asked for by": Words(or_dash, "obligation"),
            "Evidence": "evidence",
            "Since": Words(_or_not_known, "since"),
            "Last seen": Words(lambda years: years.astype("string"), "year"),
            "Who could close it": "closed_by",
            "Sources": Words(_sources_or_sheet, "source_ids"),
        },
        also=("area_id", "indicator_id"),
    )
    unknown = len(table) - len(rated)
    title = TEXT["listed_title"].format(place=place.name, rated=len(rated))
    limits = TEXT["listed_limits"].format(unknown=unknown, rule=RULE, judged=JUDGED)
    return Section("referral_register", title, printed, sources(rated), limits, folded=True)


def suggested(place: Area, report_year: int) -> pd.DataFrame:
    """Actions that the Labor Department's report suggested, with the indicators that two readers settled on."""
    coding = catalog.load("action_coding").rename(columns={"settled": "indicators"})
    table = of(place, evidence.suggested_actions())
    return table[table["report_year"] == report_year].merge(coding, on="action_id", validate="one_to_one")


def beside(place: Area, actions: pd.DataFrame, found: pd.DataFrame, register: pd.DataFrame) -> Section:
    """The register beside the actions that the Labor Department's report suggests.

    Parameters
    ----------
    actions : of `suggested`. found : those that have an indicator, of `gaps.beside_actions`.
    """
    compared = actions["report_year"].max() if len(actions) else COMPARED
    title = TEXT["beside_title"].format(place=place.name, compared=compared)
    without = len(actions) - len(found)
    limits = TEXT["beside_limits"].format(without=without, actions=len(actions))
    if found.empty:
        return Section("referral_actions", title, limits=TEXT["no_action_has_an_indicator"].format(limits=limits))
    if place.is_study:
        dimension = found["indicators"].str[0]
        share = gaps.recall(found.assign(dimension_id=dimension), ["dimension_id"])
        whole = gaps.recall(found.assign(dimension_id="All"), ["dimension_id"])
        share = pd.concat([share, whole], ignore_index=True)
        printed = Table(
            share.rename(columns={gaps.FOUND: "found", gaps.OPEN_STATES: "open", gaps.MISSED: "missed"}).assign(
                found_percent=(100 * share["recall"]).round(0),
                found_where_known_percent=(100 * share["recall_known"]).round(0),
            ),
            {
                "Dimension": "dimension_id",
                "Actions with an indicator": "actions",
                "Found": "found",
                "Found without the Labor Department's own reports": "independent",
                "Nothing known": "open",
                "Missed": "missed",
                "Found of all, %": "found_percent",
                "Found where known, %": "found_where_known_percent",
            },
        )
    else:
        printed = Table(
            found.assign(indicator_ids=found["indicators"]),
            {
                "Suggested action": "action",
                "Indicators": Words(in_a_list, "indicator_ids"),
                "In the register": "outcome",
                "Gaps": Words(in_a_list, "gap_ids"),
            },
        )
    return Section(
        "referral_actions",
        title,
        printed,
        tuple(dict.fromkeys([*actions["source_id"], *sources(of(place, register))])),
        limits,
        cautions=evidence.cautions("suggested_actions"),
    )
