"""Sections on outcomes and on protection: children at work, in child labour, in forced labour or trafficked; where, in
which forms; what they need, what they get, from whom, and who knows where to call.
"""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from analysis import plots, texts
from analysis.areas import Area
from analysis.exhibits.any_place import take_names
from analysis.exhibits.attempt import NoResult
from analysis.exhibits.exhibit import Exhibit, unless_refused
from analysis.exhibits.risk_survey import (
    EVERYBODY,
    FLAGS,
    NATIONALITIES,
    OUTCOMES,
    SECTORS,
    SEXES,
    asked,
    effects,
    having,
    is_counted,
    number,
    of_survey,
    panels,
    percent,
    shown_n,
    told,
)
from analysis.methods.outcomes import definitions
from analysis.plots import style
from analysis.survey.counts import AGE, NATIONALITY, SEX

TEXT = texts.of(__name__)

NESTING = TEXT["nesting"]
# What a child who works is exposed to, and how it is held; of those who work in a sector.
FORMS = texts.table(__name__, "forms")
# Outcome -> what it is called, and the one that it lies within.
NESTED = {
    "child_labour": ("child labour", None),
    "economic_activity_beyond_hours": (TEXT["within_economic_activity_beyond_hours"], "child labour"),
    "chores_beyond_hours": (TEXT["within_chores_beyond_hours"], "child labour"),
    "hazardous_work": ("hazardous work", "child labour"),
    "forced_labour": (TEXT["within_forced_labour"], "child labour"),
    "trafficked": ("child trafficking", None),
    "both": (TEXT["within_both"], "child trafficking"),
}


def defined_rows() -> pd.DataFrame:
    """How each outcome is decided from answers, and by whose definition."""
    table = definitions()
    names = table["outcome"].map(OUTCOMES | {"sdg_8_7_1_with_chores": TEXT["defined_sdg_8_7_1_with_chores"]})
    return pd.DataFrame(
        {
            "Outcome": names.fillna(table["outcome"].str.replace("_", " ")),
            "Is decided by": table["definition"],
            "Age": [f"{low}–{high}" for low, high in zip(table["age_low"], table["age_high"], strict=True)],
            "Hours a week, from": ["" if hours != hours else f"{hours:g}" for hours in table["hours"]],
            "Source": table["source"],
        }
    )


def defined(place: Area) -> Exhibit:
    """What surrounds the definitions of the outcomes."""
    limits = TEXT["defined_limits"].format(nesting=NESTING)
    return of_survey(place, "outcomes_defined", TEXT["how_the_outcomes_are_decided"], limits)


def counted_rows(place: Area) -> pd.DataFrame:
    """How many of those asked have each outcome, as the protected tables tell."""
    rows = []
    for outcome, name in OUTCOMES.items():
        for code, children in NATIONALITIES.items():
            of, with_it = (number(place, cells, **{NATIONALITY: code}) for cells in (EVERYBODY, having(outcome)))
            rest = None if of is None or with_it is None else of - with_it
            answers = {"yes": with_it, "no, or not known": rest}
            rows += [(name, children, answer, count, of) for answer, count in answers.items()]
    found = pd.DataFrame(rows, columns=["Outcome", "Children", "Answer", "count", "n"])
    found = found.astype({"count": "Int64", "n": "Int64"})
    return found[["Outcome", "Children", "Answer"]].assign(
        **{"Of those asked (n)": told(found["count"]), "Asked (n)": told(found["n"])}
    )


def counted(place: Area) -> Exhibit:
    """What surrounds the counts of a sample that stands for nobody but those asked."""
    return of_survey(place, "outcomes_counted", TEXT["how_many_of_those_asked"], TEXT["counted_limits"])


def groups_of(place: Area, outcomes: list[str]) -> dict[str, list[str]]:
    """The finest groups by which each outcome is counted: sex and age, age, or sex; without those counted by none."""
    finest = {}
    for outcome in outcomes:
        for groups in ([NATIONALITY, SEX, AGE], [NATIONALITY, AGE], [NATIONALITY, SEX]):
            if outcome not in finest and is_counted(place, outcome, groups):
                finest[outcome] = groups
    return finest


def by_sex_and_age(shares: pd.DataFrame) -> pd.DataFrame:
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
    """Prevalence of each outcome by nationality, sex and age."""
    return of_survey(
        place, "outcomes_prevalence", TEXT["how_many_children_are_concerned"], TEXT["prevalence_limits"], shares
    )


def by_sector(shares: pd.DataFrame) -> pd.DataFrame:
    """Shares of outcomes by sector, called "working:agriculture", with their names."""
    split = shares["variable"].str.split(":", expand=True)
    return _named(shares.assign(variable=split[0])).assign(Sector=split[1])


def sectors(place: Area, shares: pd.DataFrame | NoResult) -> Exhibit:
    """Of all children, who works, and who is in child labour, in each sector."""
    return of_survey(place, "outcomes_sectors", TEXT["where_children_work_and_where"], TEXT["by_sector_limits"], shares)


def by_form(shares: pd.DataFrame) -> pd.DataFrame:
    """Shares of working children to whom each form applies, by sector, with their names."""
    found = shares[shares["sector_group"].isin(list(SECTORS))].reset_index(drop=True)
    return found.assign(
        Sector=found["sector_group"].astype(str),
        Children=found["nationality"].map(NATIONALITIES),
        Form=found["variable"].map(FORMS),
    )


def forms(place: Area, shares: pd.DataFrame | NoResult) -> Exhibit:
    """What working children are exposed to and how they are held, in agriculture and industry, by nationality."""
    return of_survey(place, "outcomes_forms", TEXT["forms_in_agriculture_and_industry"], TEXT["forms_limits"], shares)


@unless_refused
def forms_figure(shares: pd.DataFrame, section: Exhibit) -> Figure | None:
    """The forms in agriculture and industry; those in services are in the table."""
    points = shares[shares["Sector"] != "services"]
    return panels(points, section, panel="Sector", label="Form", xlabel=TEXT["share_of_working_children"])


def nested(shares: pd.DataFrame) -> pd.DataFrame:
    """Shares of what lies within child labour, and of trafficking with its overlap, with their names."""
    found = _named(shares)
    return found.assign(Outcome=found["variable"].map({name: called for name, (called, _) in NESTED.items()}))


def within(place: Area, shares: pd.DataFrame | NoResult) -> Exhibit:
    """Child labour with what lies within it, and trafficking with its overlap with child labour."""
    limits = TEXT["within_limits"].format(nesting=NESTING)
    return of_survey(place, "outcomes_nested", TEXT["which_outcome_lies_within_which"], limits, shares)


@unless_refused
def within_figure(shares: pd.DataFrame, section: Exhibit) -> Figure | None:
    """Each outcome with what lies within it below, both nationalities beside one another."""
    holder = shares["variable"].map({name: whole or called for name, (called, whole) in NESTED.items()})
    asked = [f"{n:,.0f}" if n == n else "" for n in shown_n(shares)]
    points = shares.assign(
        whole=[TEXT["nested_group"].format(whole=name.capitalize()) for name in holder],
        with_it=[
            f"{cases:,} of {of}" if of and pd.notna(cases) else of
            for cases, of in zip(shares["cases"], asked, strict=True)
        ],
    )
    return panels(points, section, label="Outcome", group="whole", text="with_it", text_label=TEXT["nested_text"])


NEEDS = texts.table(__name__, "needs")
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


@unless_refused
def gap_figure(table: pd.DataFrame, section: Exhibit) -> Figure:
    """Needs met and unmet, both nationalities beside one another; what is suppressed of both is in the table alone."""
    table = table[table["need"].map(_shown(table))]
    return plots.bars(
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
        text_label=TEXT["gap_text"],
        reason="reason",
        percent=True,
        numbers=False,
        xlabel=TEXT["gap_xlabel"],
        **section.frame,
    )


@unless_refused
def gap_rows(table: pd.DataFrame) -> pd.DataFrame:
    """The same as people read it."""
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


def help_known(place: Area, shares: pd.DataFrame | NoResult) -> Exhibit:
    """Of the children who received something, from whom; and of all, who knows the hotlines."""
    return of_survey(place, "protection_help", TEXT["from_whom_help_came"], TEXT["help_known_limits"], shares)


take_names(__name__)
