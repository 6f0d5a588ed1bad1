"""Exhibits of outcomes and of protection: children at work, in child labour, in forced labour or trafficked; where, in
which forms; what they need, what they get, from whom, and who knows where to call.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from analysis import plots, texts
from analysis.areas import Area
from analysis.exhibits.any_place import take_names
from analysis.exhibits.attempt import NoResult
from analysis.exhibits.exhibit import Exhibit, absent, only
from analysis.exhibits.plot import Plot
from analysis.exhibits.risk_survey import (
    ASKED,
    EFFECT,
    ENDS,
    EVERYBODY,
    FLAGS,
    OUTCOMES,
    SEXES,
    NamedShares,
    count_text,
    having,
    in_percent,
    in_percents,
    is_counted,
    number,
    of_shares,
    of_survey,
    percent,
    shown_n,
    survey_of,
    unless_suppressed,
)
from analysis.exhibits.table import Table, Words
from analysis.methods.outcomes import definitions
from analysis.plots import style
from analysis.survey.counts import AGE, NATIONALITIES, NATIONALITY, SECTORS, SEX

NESTING = (
    "Forced labour of children is part of child labour (ILO Convention 182); trafficking (act and purpose) is "
    "separate and can be for purposes other than labour. Means are not required under 18 years."
)
# What a child who works is exposed to, and how it is held; of those who work in a sector.
FORMS = texts.table(__name__, "forms")
# Outcome -> what it is called, and the one that it lies within.
NESTED = {
    "child_labour": ("child labour", None),
    "economic_activity_beyond_hours": ("work beyond the hours of the age", "child labour"),
    "chores_beyond_hours": ("chores beyond hours", "child labour"),
    "hazardous_work": ("hazardous work", "child labour"),
    "forced_labour": ("forced labour of children", "child labour"),
    "trafficked": ("child trafficking", None),
    "both": ("of them also in child labour", "child trafficking"),
}


@only("whole", "how the outcomes are decided")
def defined(place: Area) -> Exhibit:
    """Return how each outcome is decided from answers, and by whose definition; of a study alone."""
    table = definitions()
    names = table["outcome"].map(OUTCOMES | {"sdg_8_7_1_with_chores": "SDG 8.7.1, with chores"})
    rows = pd.DataFrame(
        {
            "Outcome": names.fillna(table["outcome"].str.replace("_", " ")),
            "Is decided by": table["definition"],
            "Age": [f"{low}–{high}" for low, high in zip(table["age_low"], table["age_high"], strict=True)],
            "Hours a week, from": ["" if hours != hours else f"{hours:g}" for hours in table["hours"]],
            "Source": table["source"],
        }
    )
    limits = (
        f"{NESTING} Any known yes is a yes; all known no is a no; anything else is not known. Work and chores are "
        "those of the last week, forced labour, acts and purposes of the last 12 months: child labour with forced "
        "labour is therefore a little more than either SDG 8.7.1 or MICS count. Below 12 years sexual exploitation, "
        "organs and bearing a child are not asked about."
    )
    return of_survey(place, "outcomes_defined", "how the outcomes are decided", limits, rows=rows)


def counted(place: Area) -> Exhibit:
    """Return counts of those asked with each outcome, from the protected tables; of samples not drawn by chance."""
    if survey_of(place).sampling == "probability":
        return absent(place, "how many of those asked", "The sample was drawn by chance: its shares stand above.")
    rows = []
    for outcome, name in OUTCOMES.items():
        for code, children in NATIONALITIES.items():
            n, with_it = (number(place, cells, **{NATIONALITY: code}) for cells in (EVERYBODY, having(outcome)))
            rest = None if n is None or with_it is None else n - with_it
            answers = {"yes": with_it, "no, or not known": rest}
            rows += [(name, children, answer, count, n) for answer, count in answers.items()]
    found = pd.DataFrame(rows, columns=["Outcome", "Children", "Answer", "count", "n"])
    found = found.astype({"count": "Int64", "n": "Int64"})
    found = found[["Outcome", "Children", "Answer"]].assign(
        **{"Of those asked (n)": count_text(found["count"]), "Asked (n)": count_text(found["n"])}
    )
    limits = (
        "Counts of those asked, unweighted; they say nothing of how many children there are, or what share of them."
    )
    return of_survey(place, "outcomes_counted", "how many of those asked", limits, rows=found)


def groups_of(place: Area, outcomes: list[str]) -> dict[str, list[str]]:
    """The finest groups by which each outcome is counted: sex and age, age, or sex; without those counted by none."""
    finest = {}
    for outcome in outcomes:
        for groups in ([NATIONALITY, SEX, AGE], [NATIONALITY, AGE], [NATIONALITY, SEX]):
            if outcome not in finest and is_counted(place, outcome, groups):
                finest[outcome] = groups
    return finest


def _by_sex_and_age(shares: pd.DataFrame) -> pd.DataFrame:
    """Shares of outcomes with their names, each outcome's together: of all children first, then by sex and age."""
    order = list(OUTCOMES)
    found = shares.reindex(columns=[SEX, AGE, *(name for name in shares if name not in (SEX, AGE))])
    found = found.sort_values("variable", key=lambda names: names.map(order.index), kind="stable", ignore_index=True)
    ages = found[AGE].astype(object).fillna("5-17").astype(str).str.replace("-", "–")
    who = found[SEX].astype(object).map(SEXES).fillna("all") + " " + ages
    return _named(found).assign(**{"Sex and age": who})


def _named(shares: pd.DataFrame) -> pd.DataFrame:
    return shares.assign(Outcome=shares["variable"].map(OUTCOMES), Children=shares["nationality"].map(NATIONALITIES))


PREVALENCE = NamedShares("outcomes_prevalence", ("Outcome", "Children", "Sex and age"), _by_sex_and_age)


def prevalence(place: Area, shares: pd.DataFrame | NoResult) -> Exhibit:
    """Return the prevalence of each outcome by nationality, sex and age.

    Parameters
    ----------
    shares : of outcomes, of all children and by `groups_of`, as `risk_survey.protected_shares` gives them.
    """
    limits = (
        "Shares of all children of the group, working or not. A child can be in several outcomes. Sex and age are "
        "shown separately unless most numbers would be suppressed."
    )
    what = "how many children are concerned"
    return of_shares(place, PREVALENCE, what, limits, shares, group="Outcome", label="Sex and age")


def _by_sector(shares: pd.DataFrame) -> pd.DataFrame:
    """Shares of outcomes by sector, with their names."""
    split = shares["variable"].str.split(":", expand=True)
    return _named(shares.assign(variable=split[0])).assign(Sector=split[1])


BY_SECTOR = NamedShares("outcomes_sectors", ("Outcome", "Children", "Sector"), _by_sector)


def sectors(place: Area, shares: pd.DataFrame | NoResult) -> Exhibit:
    """Return the shares of all children who work, and who are in child labour, in each sector.

    Parameters
    ----------
    shares : of outcomes called "working:agriculture", as `risk_survey.protected_shares` gives them.
    """
    if isinstance(refused := unless_suppressed(place, shares), NoResult) and not place.is_study:
        return absent(place, "where children work", refused.reason)
    limits = (
        "Shares of all children of a nationality. Sectors by ISIC rev. 4: agriculture A, industry B–F, services G–T; a "
        "sector that is none of the form's is not known. Chores at home are in no sector."
    )
    what = "where children work, and where in child labour"
    return of_shares(place, BY_SECTOR, what, limits, shares, panel="Outcome", label="Sector")


def _by_form(shares: pd.DataFrame) -> pd.DataFrame:
    """Shares of working children to whom each form applies, by sector, with their names."""
    found = shares[shares["sector_group"].isin(list(SECTORS))].reset_index(drop=True)
    return found.assign(
        Sector=found["sector_group"].astype(str),
        Children=found["nationality"].map(NATIONALITIES),
        Form=found["variable"].map(FORMS),
    )


BY_FORM = NamedShares("outcomes_forms", ("Sector", "Children", "Form"), _by_form)


def forms(place: Area, shares: pd.DataFrame | NoResult) -> Exhibit:
    """Return the shares of working children to whom each form applies, by sector and nationality.

    Parameters
    ----------
    shares : of `FORMS` by sector and nationality, as `risk_survey.protected_shares` gives them.
    """
    if isinstance(refused := unless_suppressed(place, shares), NoResult) and not place.is_study:
        return absent(place, "forms of exploitation", refused.reason)
    limits = (
        "Of children who worked in the sector in the last week. A child can have several. Services are in the table."
    )
    drawn: dict[str, Any] = {
        "where": "Sector != 'services'",
        "panel": "Sector",
        "label": "Form",
        "xlabel": "share of working children",
    }
    return of_shares(place, BY_FORM, "forms in agriculture and industry", limits, shares, **drawn)


def _nested(shares: pd.DataFrame) -> pd.DataFrame:
    """Shares with their names, ``whole``, the heading of the outcome that holds them, and ``with_it``, those of all."""
    found = _named(shares)
    holder = found["variable"].map({name: whole or called for name, (called, whole) in NESTED.items()})
    n = [f"{number:,.0f}" if number == number else "" for number in shown_n(found)]
    return found.assign(
        Outcome=found["variable"].map({name: called for name, (called, _) in NESTED.items()}),
        whole=[f"{name.capitalize()}, and what lies within it" for name in holder],
        with_it=[
            f"{cases:,} of {of_all}" if of_all and pd.notna(cases) else of_all
            for cases, of_all in zip(found["cases"], n, strict=True)
        ],
    )


WITHIN = NamedShares("outcomes_nested", ("Outcome", "Children"), _nested)


def within(place: Area, shares: pd.DataFrame | NoResult) -> Exhibit:
    """Return child labour with what lies within it, and trafficking with its overlap with child labour.

    Parameters
    ----------
    shares : of `NESTED`, as `risk_survey.protected_shares` gives them.
    """
    limits = f"{NESTING} Parts of child labour overlap, and do not add up."
    drawn: dict[str, Any] = {
        "label": "Outcome",
        "group": "whole",
        "text": "with_it",
        "text_label": "with it, of all asked",
    }
    what = "which outcome lies within which"
    return of_shares(place, WITHIN, what, limits, shares, **drawn)


NEEDS = texts.table(__name__, "needs")
# Parts of those who need something.
WITHOUT, WITH = "need it, do not get it", "need it and get it"
OPEN = "need it; whether they get it is unknown"
# Shares that differ by less are drawn as equal.
ROUNDING = 0.01
HOTLINES = texts.table(__name__, "hotlines")
GIVERS = texts.table(__name__, "givers")


def needs(shares: pd.DataFrame, totals: pd.DataFrame) -> pd.DataFrame:
    """A row a need and nationality: who has it, who gets what they need, and who goes without, in how many children.

    Parameters
    ----------
    shares : of ``need_X``, ``met_X`` and ``gap_X``, as `risk_survey.protected_shares` gives them. Who needs nothing has
        no gap; where it is not known whether a need was met, both are not known.
    totals : of ``gap_X``, as `SurveyDesign.total` gives them.
    """
    keys = ["need", "nationality"]
    split = shares["variable"].str.split("_", n=1, expand=True)
    found = {part: shares.assign(need=split[1])[split[0].eq(part)] for part in ("need", "met", "gap")}
    table = found["gap"].merge(found["need"], on=keys, suffixes=("", "_need"))
    table = table.merge(found["met"], on=keys, suffixes=("", "_met"))
    totals = totals.assign(need=totals["variable"].str.removeprefix("gap_"))
    table = table.merge(totals[[*keys, "estimate", "low", "high"]], on=keys, suffixes=("", "_children"))
    return table.assign(need=table["need"].map(NEEDS), group=table["nationality"].map(NATIONALITIES))


def gap(place: Area, table: pd.DataFrame | NoResult) -> Exhibit:
    """Return, for each need, how many children have it, how many get what they need, and how many go without.

    Parameters
    ----------
    table : as `needs` gives it.
    """
    what, shown = "protection needed and not received", unless_suppressed(place, table)
    return of_survey(place, GAP.exhibit, what, _gap_limits, shown, rows=_gap_table, plot=_gap_plot)


def _gap_limits(table: pd.DataFrame) -> str:
    hidden = ", ".join(need for need, shown in _shown(table).items() if not shown)
    return (
        "As children and guardians say; who needs something and does not get it goes without. Shares of all children "
        "of a "
        "nationality." + (f" Suppressed for both nationalities: {hidden}." if hidden else "")
    )


def _shown(table: pd.DataFrame) -> pd.Series:
    """True of needs with a bar, of either nationality."""
    return _whole(table).groupby(table["need"], sort=False).any()


def _whole(table: pd.DataFrame) -> pd.Series:
    """True of bars with all of their parts."""
    return table[["flag", "flag_need", "flag_met"]].ne("suppressed").all(axis=1)


def _gap_plot(table: pd.DataFrame) -> Plot:
    """Needs met and unmet, both nationalities beside one another; what is suppressed of both is in the table alone."""
    table = table[table["need"].map(_shown(table))]
    return Plot(
        plots.bars,
        _bars(table),
        label="group",
        value="share",
        part="part",
        parts=[WITHOUT, WITH, OPEN],
        hatched={OPEN: style.UNKNOWN},
        ordered=True,
        interval=("low", "high"),
        group="need",
        text="words",
        text_label="do not get it, %: children",
        reason="reason",
        percent=True,
        numbers=False,
        xlabel="share of all children",
    )


# Columns of the children who go without, as estimated of all.
WITHOUT_IT = ["go_without", "go_without_low", "go_without_high"]


def _named_gap(table: pd.DataFrame) -> pd.DataFrame:
    return table.rename(columns={"need": "Need", "group": "Children"}).assign(cases=pd.NA)


GAP = NamedShares("protection_gap", ("Need", "Children"), _named_gap)


def gap_numbers(table: pd.DataFrame) -> pd.DataFrame:
    """Return needs as a page prints them and its file has them, on the same rows.

    Parameters
    ----------
    table : as `needs` gives it.

    Returns
    -------
    DataFrame as of `risk_survey.share_numbers`, of those who go without; need_percent and met_percent with their limits
    and flags; go_without with its limits (children, to two digits).
    """
    children = table[[f"{end}_children" for end in ENDS]].astype(float).mask(table["flag"].eq("suppressed"))
    children = children.set_axis(WITHOUT_IT, axis=1)
    children["go_without_low"] = children["go_without_low"].clip(lower=0)
    return GAP.numbers(_named_gap(table)).assign(
        **in_percents(table, "need_percent", "_need"),
        **in_percents(table, "met_percent", "_met"),
        need_flag=table["flag_need"],
        met_flag=table["flag_met"],
        **children.map(_two_digits),
    )


def _gap_table(table: pd.DataFrame) -> Table:
    """Needs and how a page prints them."""
    page: dict[str, str | Words] = {"Need": "need", "Children": "children"}
    for heading, name, flag in (
        ("Need it, %", "need_percent", "need_flag"),
        ("Need it and get it, %", "met_percent", "met_flag"),
        ("Go without, %", "share_percent", "flag"),
    ):
        page[heading] = Words(in_percent, name, f"{name}_low", f"{name}_high", flag)
    page["Go without, children"] = Words(_in_children, *WITHOUT_IT, "flag")
    return Table(gap_numbers(table), page | {"Design effect": EFFECT, "Asked (n)": ASKED}, also=("confidence",))


def _in_children(value: pd.Series, low: pd.Series, high: pd.Series, flag: pd.Series) -> list[str]:
    """Numbers of children in words: "41,000 (33,000–49,000)"."""
    ends = [["?" if number != number else f"{number:,.0f}" for number in numbers] for numbers in (value, low, high)]
    rows = zip(*ends, flag, strict=True)
    return ["not shown" if hidden == "suppressed" else f"{a} ({b}–{c})" for a, b, c, hidden in rows]


def _two_digits(children: float) -> float:
    """A number of children to two digits that count, as an estimate has no more."""
    return children if children != children else round(children, -max(len(str(int(abs(children)))) - 2, 0))


def _bars(table: pd.DataFrame) -> pd.DataFrame:
    """The parts of each bar, the largest gap first; a bar needs all of them, and is hatched where one is suppressed."""
    order = list(NATIONALITIES.values()).index
    without = (column for _, column in gap_numbers(table)[[*WITHOUT_IT, "flag"]].items())
    table = table.assign(
        largest=table["estimate"].where(_whole(table)).groupby(table["need"]).transform("max"),
        rank=table["group"].map(order),
        words=[": ".join(pair) for pair in zip(percent(table), _in_children(*without), strict=True)],
    )
    table = table.sort_values(["largest", "need", "rank"], ascending=[False, True, True], kind="stable")
    rows = []
    for row, whole in zip(table.to_dict("records"), _whole(table), strict=True):
        named = {name: row[name] for name in ("need", "group", "words", "confidence")}
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
    columns = ["need", "group", "words", "confidence", "part", "share", "low", "high", "reason"]
    return pd.DataFrame(rows).reindex(columns=columns)


def _named_help(shares: pd.DataFrame) -> pd.DataFrame:
    """Shares of who helped those who need something, in the order of the form, then of who knows the hotlines."""
    helped = shares[shares["variable"].eq("received_from") & shares["category"].isin(list(GIVERS))]
    helped = helped.sort_values("category", key=lambda codes: codes.map(list(GIVERS).index), kind="stable")
    lines = shares[shares["variable"].isin(list(HOTLINES))]
    found = pd.concat(
        [
            helped.assign(What="Was helped most by " + helped["category"].map(GIVERS)),
            lines.assign(What=lines["variable"].map(HOTLINES)),
        ],
        ignore_index=True,
    )
    return found.assign(Children=found["nationality"].map(NATIONALITIES))


HELP = NamedShares("protection_help", ("What", "Children"), _named_help)


def help_known(place: Area, shares: pd.DataFrame | NoResult) -> Exhibit:
    """Return from whom help came to children who need something; and of all children, who knows the hotlines.

    Parameters
    ----------
    shares : of ``received_from`` and `HOTLINES`, as `risk_survey.protected_shares` gives them.
    """
    limits = "Help: of children who need something, as they say. Hotlines: of all children."
    what = "from whom help came, and who knows where to call"
    return of_shares(place, HELP, what, limits, shares, counted=False)


take_names(__name__)
