"""Exhibits of outcomes and of protection: children at work, in child labour, in forced labour or trafficked; where, in
which forms; what they need, what they get, from whom, and who knows where to call.
"""

from __future__ import annotations

import pandas as pd

from analysis import plots, texts
from analysis.areas import Area
from analysis.exhibits.any_place import take_names
from analysis.exhibits.attempt import NoResult, attempt
from analysis.exhibits.exhibit import Exhibit, absent, only
from analysis.exhibits.plot import Plot
from analysis.exhibits.risk_survey import (
    EVERYBODY,
    FLAGS,
    NATIONALITIES,
    OUTCOMES,
    SECTORS,
    SEXES,
    asked,
    count_text,
    effects,
    having,
    is_counted,
    number,
    of_shares,
    of_survey,
    percent,
    shown_n,
    survey_of,
)
from analysis.methods.outcomes import definitions
from analysis.plots import style
from analysis.survey.counts import AGE, NATIONALITY, SEX

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


def prevalence(place: Area, shares: pd.DataFrame | NoResult) -> Exhibit:
    """Return the prevalence of each outcome by nationality, sex and age.

    Parameters
    ----------
    shares : of outcomes, of all children and by the groups of `groups_of`, as `risk_survey.released` gives them.
    """
    limits = (
        "Shares of all children of the group, working or not. A child can be in several outcomes. Sex and age are "
        "shown separately unless most numbers would be suppressed."
    )
    what, names = "how many children are concerned", ("Outcome", "Children", "Sex and age")
    shares = attempt(_by_sex_and_age, shares)
    return of_shares(place, "outcomes_prevalence", what, limits, shares, names, group="Outcome", label="Sex and age")


def _by_sector(shares: pd.DataFrame) -> pd.DataFrame:
    """Shares of outcomes by sector, with their names."""
    split = shares["variable"].str.split(":", expand=True)
    return _named(shares.assign(variable=split[0])).assign(Sector=split[1])


def sectors(place: Area, shares: pd.DataFrame | NoResult) -> Exhibit:
    """Return the shares of all children who work, and who are in child labour, in each sector.

    Parameters
    ----------
    shares : of outcomes called "working:agriculture", as `risk_survey.released` gives them.
    """
    if isinstance(shares, NoResult) and not place.is_study:
        return absent(place, "where children work", shares.reason)
    limits = (
        "Shares of all children of a nationality. Sectors by ISIC rev. 4: agriculture A, industry B–F, services G–T; a "
        "sector that is none of the form's is not known. Chores at home are in no sector."
    )
    what, names = "where children work, and where in child labour", ("Outcome", "Children", "Sector")
    shares = attempt(_by_sector, shares)
    return of_shares(place, "outcomes_sectors", what, limits, shares, names, panel="Outcome", label="Sector")


def _by_form(shares: pd.DataFrame) -> pd.DataFrame:
    """Shares of working children to whom each form applies, by sector, with their names."""
    found = shares[shares["sector_group"].isin(list(SECTORS))].reset_index(drop=True)
    return found.assign(
        Sector=found["sector_group"].astype(str),
        Children=found["nationality"].map(NATIONALITIES),
        Form=found["variable"].map(FORMS),
    )


def forms(place: Area, shares: pd.DataFrame | NoResult) -> Exhibit:
    """Return the shares of working children to whom each form applies, by sector and nationality.

    Parameters
    ----------
    shares : of `FORMS` by sector and nationality, as `risk_survey.released` gives them.
    """
    if isinstance(shares, NoResult) and not place.is_study:
        return absent(place, "forms of exploitation", shares.reason)
    limits = (
        "Of children who worked in the sector in the last week. A child can have several. Services are in the table."
    )
    what, names = "forms in agriculture and industry", ("Sector", "Children", "Form")
    drawn = {"where": "Sector != 'services'", "panel": "Sector", "label": "Form", "xlabel": "share of working children"}
    return of_shares(place, "outcomes_forms", what, limits, attempt(_by_form, shares), names, counted=True, **drawn)


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


def within(place: Area, shares: pd.DataFrame | NoResult) -> Exhibit:
    """Return child labour with what lies within it, and trafficking with its overlap with child labour.

    Parameters
    ----------
    shares : of `NESTED`, as `risk_survey.released` gives them.
    """
    limits, names = f"{NESTING} Parts of child labour overlap, and do not add up.", ("Outcome", "Children")
    drawn = {"label": "Outcome", "group": "whole", "text": "with_it", "text_label": "with it, of all asked"}
    what = "which outcome lies within which"
    return of_shares(place, "outcomes_nested", what, limits, attempt(_nested, shares), names, counted=True, **drawn)


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
    shares : of ``need_X``, ``met_X`` and ``gap_X``, as `risk_survey.released` gives them. Who needs nothing has no gap;
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


def gap(place: Area, table: pd.DataFrame | NoResult) -> Exhibit:
    """Return, for each need, how many children have it, how many get what they need, and how many go without.

    Parameters
    ----------
    table : as `needs` gives it.
    """
    what = "protection needed and not received"
    return of_survey(place, "protection_gap", what, _gap_limits, table, rows=_gap_rows, plot=_gap_plot)


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


def _gap_rows(table: pd.DataFrame) -> pd.DataFrame:
    """Needs, as `needs` gives them, in words."""
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


def _part(table: pd.DataFrame, suffix: str) -> pd.DataFrame:
    columns = ("estimate", "low", "high", "flag")
    return table[[f"{name}{suffix}" for name in columns]].set_axis(columns, axis=1)


def _rounded(children: float) -> str:
    """A number of children to two digits that count, as an estimate has no more."""
    if children != children:
        return "?"
    digits = max(len(str(int(abs(children)))) - 2, 0)
    return f"{round(children, -digits):,.0f}"


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


def help_known(place: Area, shares: pd.DataFrame | NoResult) -> Exhibit:
    """Return from whom help came to children who need something; and of all children, who knows the hotlines.

    Parameters
    ----------
    shares : of ``received_from`` and `HOTLINES`, as `risk_survey.released` gives them.
    """
    limits = "Help: of children who need something, as they say. Hotlines: of all children."
    what = "from whom help came, and who knows where to call"
    named = attempt(_named_help, shares)
    return of_shares(place, "protection_help", what, limits, named, ("What", "Children"), counted=False)


take_names(__name__)
