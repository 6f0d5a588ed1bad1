"""Sections on protection: what children need, what they get, from whom, and who knows where to call."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from analysis import plots, texts
from analysis.areas import Area
from analysis.plots import colours
from analysis.sections.attempt import NoResult
from analysis.sections.risk_survey import FLAGS, NATIONALITIES, asked, effects, of_survey, percent
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
# Parts of those who need something.
WITHOUT, WITH, OPEN = TEXT["gap_without"], TEXT["gap_with"], TEXT["gap_open"]
# Shares that differ by less are drawn as equal.
ROUNDING = 0.01
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
    return plots.bars(
        _bars(table),
        label="group",
        value="share",
        part="part",
        parts=[WITHOUT, WITH, OPEN],
        hatched={OPEN: colours.UNKNOWN},
        ordered=True,
        interval=("low", "high"),
        group="need",
        text="words",
        text_label=TEXT["gap_text"],
        reason="reason",
        percent=True,
        numbers=False,
        xlabel=TEXT["gap_xlabel"],
        **section.frame,
    )


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
    """The parts of each bar, the largest gap first; a bar needs all of them, and is hatched where one is suppressed."""
    order = list(NATIONALITIES.values()).index
    table = table.assign(
        largest=table["estimate"].where(_whole(table)).groupby(table["need"]).transform("max"),
        rank=table["group"].map(order),
        words=[f"{share}: {children}" for share, children in zip(percent(table), table["children_text"], strict=True)],
    )
    table = table.sort_values(["largest", "need", "rank"], ascending=[False, True, True], kind="stable")
    rows = []
    for row, whole in zip(table.to_dict("records"), _whole(table), strict=True):
        named = {name: row[name] for name in ("need", "group", "words")}
        if not whole:
            rows.append(named | {"part": WITHOUT, "reason": FLAGS["suppressed"]})
            continue
        without, met, needing = (row[f"estimate{of}"] for of in ("", "_met", "_need"))
        of_all = {"low": row["low_need"], "high": row["high_need"]}
        left_open = max(needing - without - met, 0.0) if needing - without - met > ROUNDING else 0.0
        rows.append(named | {"part": WITHOUT, "share": without, "low": row["low"], "high": row["high"]})
        rows.append(named | {"part": WITH, "share": met} | ({} if left_open else of_all))
        if left_open:
            rows.append(named | {"part": OPEN, "share": left_open} | of_all)
    return pd.DataFrame(rows).reindex(columns=["need", "group", "words", "part", "share", "low", "high", "reason"])


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
