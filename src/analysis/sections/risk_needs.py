"""Exhibits on protection: what children need, what they get, from whom, and who knows where to call."""

from __future__ import annotations

import pandas as pd

from analysis import plots, texts
from analysis.areas import Area
from analysis.sections.risk_shares import NEEDY, require_some, shares
from analysis.sections.risk_survey import (
    FLAGS,
    NATIONALITIES,
    asked,
    design_of,
    effects,
    of_nationalities,
    of_survey,
    or_refused,
    percent,
    shown_n,
    survey_footer,
    titled,
)
from analysis.sections.section import Section
from survey_stats import SurveyDesign

TEXT = texts.of(__name__)

NEEDS = {
    "documents": "documents",
    "shelter": "shelter",
    "psychosocial": "psychosocial support",
    "education": "education",
    "legal_aid": "legal aid",
    "health": "health care",
    "cash": "cash assistance",
    "family_tracing": "family tracing",
}
HOTLINES = texts.table(__name__, "hotlines")
GIVERS = texts.table(__name__, "givers")


def exhibits(place: Area) -> list[Section]:
    """The gap between needed and received, and from whom help came."""
    return [
        or_refused(gap, place, "protection_gap", TEXT["protection_needed_and_not_received"]),
        or_refused(help_known, place, "protection_help", TEXT["from_whom_help_came"]),
    ]


def with_gaps(design: SurveyDesign) -> SurveyDesign:
    """The design with, for each need, who gets what they need (`met_X`) and who does not (`gap_X`).

    Who needs nothing has no gap. Where it is not known whether a need was met, both are not known.
    """
    data = design.data
    added = {}
    for need in NEEDS:
        needed, received = data[f"need_{need}"].astype("boolean"), data[f"received_{need}"].astype("boolean")
        # Three-valued: no need is no gap, whatever was received.
        added[f"met_{need}"] = needed & received
        added[f"gap_{need}"] = needed & ~received
    return design.with_columns(**added)


def gap(place: Area) -> Section:
    """For each need: how many children have it, how many get what they need, and how many go without."""
    what = TEXT["protection_needed_and_not_received"]
    design = of_nationalities(with_gaps(design_of(place)))
    found = {
        part: shares(place, design, [f"{part}_{need}" for need in NEEDS], by="nationality").assign(
            need=lambda table, part=part: table["variable"].str.removeprefix(f"{part}_")
        )
        for part in ("need", "met", "gap")
    }
    keys = ["need", "nationality"]
    table = (
        found["gap"]
        .merge(found["need"], on=keys, suffixes=("", "_need"))
        .merge(found["met"], on=keys, suffixes=("", "_met"))
    )
    totals = design.total([f"gap_{need}" for need in NEEDS], by="nationality")
    totals["need"] = totals["variable"].str.removeprefix("gap_")
    table = table.merge(totals[[*keys, "estimate", "low", "high"]], on=keys, suffixes=("", "_children"))
    require_some(place, pd.concat(found.values()))
    names, groups = table["need"].map(NEEDS), table["nationality"].map(NATIONALITIES)
    without = [
        "not shown" if flag == "suppressed" else f"{_rounded(value)} ({_rounded(max(low, 0))}–{_rounded(high)})"
        for flag, value, low, high in table[["flag", "estimate_children", "low_children", "high_children"]].itertuples(
            index=False
        )
    ]
    limits = TEXT["gap_limits"]
    figure = plots.needs_gap(
        _bars(table).assign(need=names, group=groups, children_text=without),
        title=titled(place, what),
        footer=survey_footer(place, limits),
        groups=list(NATIONALITIES.values()),
    )
    rows = pd.DataFrame(
        {
            "Need": names,
            "Children": groups,
            "Need it, %": percent(_part(table, "_need")),
            "Need it and get it, %": percent(_part(table, "_met")),
            "Go without, %": percent(table),
            "Go without, children": without,
            "Design effect": effects(table),
            "Asked (n)": asked(table),
        }
    )
    return of_survey(place, "protection_gap", what, rows, limits, figure)


def _bars(table: pd.DataFrame) -> pd.DataFrame:
    """The shares as the figure takes them; a bar needs all of its parts, and is hatched where one is suppressed."""
    whole = table[["flag", "flag_need", "flag_met"]].ne("suppressed").all(axis=1)
    ends = {"estimate": "share", "low": "low", "high": "high"}
    named = {f"{column}_need": f"needing_{end}" for column, end in ends.items()}
    named |= {f"{column}_met": f"met_{end}" for column, end in ends.items()}
    named |= {"estimate": "gap", "low": "gap_low", "high": "gap_high"}
    bars = table[list(named)].rename(columns=named).where(whole, axis=0)
    bars = bars.rename(columns={"needing_share": "share_needing", "met_share": "share_met"})
    return bars.assign(n=shown_n(table), flag=table["flag"].where(whole, "suppressed").map(FLAGS))


def _part(table: pd.DataFrame, suffix: str) -> pd.DataFrame:
    columns = ("estimate", "low", "high", "flag")
    return table[[f"{name}{suffix}" for name in columns]].set_axis(columns, axis=1)


def _rounded(children: float) -> str:
    """A number of children to two digits that count, as an estimate has no more."""
    if children != children:
        return "?"
    digits = max(len(str(int(abs(children)))) - 2, 0)
    return f"{round(children, -digits):,.0f}"


def help_known(place: Area) -> Section:
    """Of the children who received something, from whom; and of all, who knows the hotlines."""
    design = of_nationalities(design_of(place))
    needing = design.data[[f"need_{need}" for need in NEEDS]].eq(True).any(axis=1)
    lines = shares(place, design, list(HOTLINES), by="nationality")
    parts = [lines.assign(what=lines["variable"].map(HOTLINES))]
    # Where nobody needs anything nobody was asked who helped.
    if (design.inside & needing.to_numpy(dtype=bool)).any():
        helped = shares(place, design.domain(needing), "received_from", by="nationality", of=NEEDY)
        helped = helped[helped["category"].isin(list(GIVERS))]
        helped = helped.sort_values("category", key=lambda codes: codes.map(list(GIVERS).index), kind="stable")
        parts.insert(0, helped.assign(what=TEXT["help_known_title"] + helped["category"].map(GIVERS)))
    found = pd.concat(parts, ignore_index=True)
    require_some(place, found)
    limits = TEXT["help_known_limits"]
    rows = pd.DataFrame(
        {
            "What": found["what"],
            "Children": found["nationality"].map(NATIONALITIES),
            "Share, % (95 % limits)": percent(found),
            "Design effect": effects(found),
            "Asked (n)": asked(found),
        }
    )
    return of_survey(place, "protection_help", TEXT["from_whom_help_came"], rows, limits)
