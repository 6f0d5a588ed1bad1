"""Sections on protection: what children need, what they get, from whom, and who knows where to call."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from analysis import plots, texts
from analysis.areas import Area
from analysis.sections.attempt import NoResult
from analysis.sections.risk_survey import FLAGS, NATIONALITIES, asked, effects, of_survey, percent, shown_n
from analysis.sections.section import Section

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


def needs(shares: pd.DataFrame, totals: pd.DataFrame) -> pd.DataFrame:
    """A row a need and nationality: who has it, who gets what they need, and who goes without, in how many children.

    Parameters
    ----------
    shares : of ``need_X``, ``met_X`` and ``gap_X``, as `risk_shares.released` gives them. Who needs nothing has no gap;
        where it is not known whether a need was met, both are not known.
    totals : of ``gap_X``, as `SurveyDesign.total` gives them.
    """
    keys = ["need", "nationality"]
    split = shares["variable"].str.split("_", n=1, expand=True)
    found = {part: shares.assign(need=split[1])[split[0].eq(part)] for part in ("need", "met", "gap")}
    table = found["gap"].merge(found["need"], on=keys, suffixes=("", "_need"))
    table = table.merge(found["met"], on=keys, suffixes=("", "_met"))
    totals = totals.assign(need=totals["variable"].str.removeprefix("gap_"))
    table = table.merge(totals[[*keys, "estimate", "low", "high"]], on=keys, suffixes=("", "_children"))
    numbers = table[["flag", "estimate_children", "low_children", "high_children"]].itertuples(index=False)
    without = [
        "not shown" if flag == "suppressed" else f"{_rounded(value)} ({_rounded(max(low, 0))}–{_rounded(high)})"
        for flag, value, low, high in numbers
    ]
    return table.assign(
        need=table["need"].map(NEEDS), group=table["nationality"].map(NATIONALITIES), children_text=without
    )


def gap(place: Area, table: pd.DataFrame | NoResult) -> Section:
    """For each need: how many children have it, how many get what they need, and how many go without."""
    limits = TEXT["gap_limits"]
    if not isinstance(table, NoResult) and (hidden := [need for need, shown in _shown(table).items() if not shown]):
        limits += TEXT["gap_suppressed"].format(needs=", ".join(hidden))
    return of_survey(place, "protection_gap", TEXT["protection_needed_and_not_received"], limits, table)


def _shown(table: pd.DataFrame) -> pd.Series:
    """Whether a need has a bar, of either nationality."""
    return _whole(table).groupby(table["need"], sort=False).any()


def _whole(table: pd.DataFrame) -> pd.Series:
    """Whether a bar has all of its parts."""
    return table[["flag", "flag_need", "flag_met"]].ne("suppressed").all(axis=1)


def gap_figure(table: pd.DataFrame | NoResult, section: Section) -> Figure | None:
    """Needs met and unmet, both nationalities beside one another; what is suppressed of both is in the table alone."""
    if isinstance(table, NoResult):
        return None
    table = table[table["need"].map(_shown(table))]
    bars = _bars(table).assign(need=table["need"], group=table["group"], children_text=table["children_text"])
    return plots.needs_gap(bars, groups=list(NATIONALITIES.values()), **section.frame)


def gap_rows(table: pd.DataFrame | NoResult) -> pd.DataFrame:
    """The same as people read it."""
    if isinstance(table, NoResult):
        return pd.DataFrame()
    return pd.DataFrame(
        {
            "Need": table["need"],
            "Children": table["group"],
            "Need it, %": percent(_part(table, "_need")),
            "Need it and get it, %": percent(_part(table, "_met")),
            "Go without, %": percent(table),
            "Go without, children": table["children_text"],
            "Design effect": effects(table),
            "Asked (n)": asked(table),
        }
    )


def _bars(table: pd.DataFrame) -> pd.DataFrame:
    """The shares as the figure takes them; a bar needs all of its parts, and is hatched where one is suppressed."""
    whole = _whole(table)
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


def named_help(shares: pd.DataFrame) -> pd.DataFrame:
    """Shares of who helped those who need something, in the order of the form, then of who knows the hotlines."""
    helped = shares[shares["variable"].eq("received_from") & shares["category"].isin(list(GIVERS))]
    helped = helped.sort_values("category", key=lambda codes: codes.map(list(GIVERS).index), kind="stable")
    lines = shares[shares["variable"].isin(list(HOTLINES))]
    found = pd.concat(
        [
            helped.assign(What=TEXT["help_known_title"] + helped["category"].map(GIVERS)),
            lines.assign(What=lines["variable"].map(HOTLINES)),
        ],
        ignore_index=True,
    )
    return found.assign(Children=found["nationality"].map(NATIONALITIES))


def help_known(place: Area, shares: pd.DataFrame | NoResult) -> Section:
    """Of the children who received something, from whom; and of all, who knows the hotlines."""
    return of_survey(place, "protection_help", TEXT["from_whom_help_came"], TEXT["help_known_limits"], shares)
