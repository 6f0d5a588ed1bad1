"""Sections on outcomes: children at work, in child labour, in forced labour or trafficked; where, in which forms."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from analysis import texts
from analysis.areas import Area
from analysis.methods.outcomes import definitions
from analysis.sections.attempt import NoResult
from analysis.sections.risk_shares import EVERYBODY, having, is_counted, number
from analysis.sections.risk_survey import NATIONALITIES, OUTCOMES, SECTORS, SEXES, of_survey, panels, shown_n, told
from analysis.sections.section import Section
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


def defined(place: Area) -> Section:
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


def counted(place: Area) -> Section:
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


def prevalence(place: Area, shares: pd.DataFrame | NoResult) -> Section:
    """Prevalence of each outcome by nationality, sex and age."""
    return of_survey(
        place, "outcomes_prevalence", TEXT["how_many_children_are_concerned"], TEXT["prevalence_limits"], shares
    )


def by_sector(shares: pd.DataFrame) -> pd.DataFrame:
    """Shares of outcomes by sector, called "working:agriculture", with their names."""
    split = shares["variable"].str.split(":", expand=True)
    return _named(shares.assign(variable=split[0])).assign(Sector=split[1])


def sectors(place: Area, shares: pd.DataFrame | NoResult) -> Section:
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


def forms(place: Area, shares: pd.DataFrame | NoResult) -> Section:
    """What working children are exposed to and how they are held, in agriculture and industry, by nationality."""
    return of_survey(place, "outcomes_forms", TEXT["forms_in_agriculture_and_industry"], TEXT["forms_limits"], shares)


def forms_figure(shares: pd.DataFrame | NoResult, section: Section) -> Figure | None:
    """The forms in agriculture and industry; those in services are in the table."""
    if isinstance(shares, NoResult):
        return None
    points = shares[shares["Sector"] != "services"]
    return panels(points, section, panel="Sector", label="Form", xlabel=TEXT["share_of_working_children"])


def nested(shares: pd.DataFrame) -> pd.DataFrame:
    """Shares of what lies within child labour, and of trafficking with its overlap, with their names."""
    found = _named(shares)
    return found.assign(Outcome=found["variable"].map({name: called for name, (called, _) in NESTED.items()}))


def within(place: Area, shares: pd.DataFrame | NoResult) -> Section:
    """Child labour with what lies within it, and trafficking with its overlap with child labour."""
    limits = TEXT["within_limits"].format(nesting=NESTING)
    return of_survey(place, "outcomes_nested", TEXT["which_outcome_lies_within_which"], limits, shares)


def within_figure(shares: pd.DataFrame | NoResult, section: Section) -> Figure | None:
    """Each outcome with what lies within it below, both nationalities beside one another."""
    if isinstance(shares, NoResult):
        return None
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
