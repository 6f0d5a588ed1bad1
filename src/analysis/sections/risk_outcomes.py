"""Exhibits on outcomes: children at work, in child labour, in forced labour or trafficked; where, in which forms."""

from __future__ import annotations

import pandas as pd

from analysis import plots, texts
from analysis.areas import Area
from analysis.methods.outcomes import definitions
from analysis.sections.risk_shares import EVERYBODY, GROUPS, having, is_counted, number, require_some, shares
from analysis.sections.risk_survey import (
    NATIONALITIES,
    OUTCOMES,
    SECTORS,
    SEXES,
    asked,
    design_of,
    drawn,
    effects,
    of_nationalities,
    of_survey,
    or_refused,
    panels,
    percent,
    survey_footer,
    survey_of,
    titled,
    told,
)
from analysis.sections.section import Section
from analysis.survey.counts import AGE, NATIONALITY, SEX
from survey_stats import SurveyDesign

TEXT = texts.of(__name__)

PREVALENT = ("working", "child_labour", "forced_labour", "trafficked")
NESTING = TEXT["nesting"]
# What a child who works is exposed to, and how it is held; of those who work in a sector.
FORMS = texts.table(__name__, "forms")


def exhibits(place: Area) -> list[Section]:
    """Prevalence by group, the outcomes within one another, sectors, and forms in agriculture and industry."""
    return [
        or_refused(prevalence, place, "outcomes_prevalence", TEXT["how_many_children_are_concerned"]),
        or_refused(within, place, "outcomes_nested", TEXT["which_outcome_lies_within_which"]),
        or_refused(by_sector, place, "outcomes_sectors", TEXT["where_children_work_and_where"]),
        or_refused(forms, place, "outcomes_forms", TEXT["forms_in_agriculture_and_industry"]),
    ]


def defined(place: Area) -> Section:
    """How each outcome is decided from answers, and by whose definition."""
    table = definitions()
    names = table["outcome"].map(OUTCOMES | {"sdg_8_7_1_with_chores": TEXT["defined_sdg_8_7_1_with_chores"]})
    rows = pd.DataFrame(
        {
            "Outcome": names.fillna(table["outcome"].str.replace("_", " ")),
            "Is decided by": table["definition"],
            "Age": [f"{low}–{high}" for low, high in zip(table["age_low"], table["age_high"], strict=True)],
            "Hours a week, from": ["" if hours != hours else f"{hours:g}" for hours in table["hours"]],
            "Source": table["source"],
        }
    )
    limits = TEXT["defined_limits"].format(nesting=NESTING)
    return of_survey(place, "outcomes_defined", TEXT["how_the_outcomes_are_decided"], rows, limits)


def counted(place: Area) -> list[Section]:
    """How many of those asked have each outcome, of a sample that stands for nobody else; else nothing."""
    if survey_of(place).sampling == "probability":
        return []
    rows = []
    for outcome, name in OUTCOMES.items():
        for code, children in NATIONALITIES.items():
            of, with_it = (number(place, cells, **{NATIONALITY: code}) for cells in (EVERYBODY, having(outcome)))
            rest = None if of is None or with_it is None else of - with_it
            answers = {"yes": with_it, "no, or not known": rest}
            rows += [(name, children, answer, count, of) for answer, count in answers.items()]
    found = pd.DataFrame(rows, columns=["Outcome", "Children", "Answer", "count", "n"])
    found = found.astype({"count": "Int64", "n": "Int64"})
    table = found[["Outcome", "Children", "Answer"]].assign(
        **{"Of those asked (n)": told(found["count"]), "Asked (n)": told(found["n"])}
    )
    limits = TEXT["counted_limits"]
    return [of_survey(place, "outcomes_counted", TEXT["how_many_of_those_asked"], table, limits)]


def prevalence(place: Area) -> Section:
    """Prevalence of each outcome by nationality, sex and age."""
    what = TEXT["how_many_children_are_concerned"]
    design = of_nationalities(design_of(place))
    parts = [shares(place, design, list(PREVALENT), by="nationality")]
    for outcome in PREVALENT:
        groups = finest(place, outcome)
        if len(groups) > 1:
            parts.append(shares(place, design, outcome, by=groups))
    found = pd.concat(parts, ignore_index=True).reindex(columns=[*GROUPS, *(c for c in parts[0] if c != NATIONALITY)])
    require_some(place, found)
    order = list(PREVALENT)
    found = found.sort_values("variable", key=lambda names: names.map(order.index), kind="stable", ignore_index=True)
    sex = found[SEX].astype(object).map(SEXES).fillna("all")
    label = sex + " " + found[AGE].astype(object).fillna("5-17").astype(str).str.replace("-", "–")
    limits = TEXT["prevalence_limits"]
    points = drawn(
        found,
        panel=found["variable"].map(OUTCOMES),
        label=label,
        group=found["nationality"].map(NATIONALITIES),
    )
    figure = panels(place, what, points, limits)
    rows = _printed(found).assign(Who=label)
    rows.insert(1, "Children", found["nationality"].map(NATIONALITIES))
    rows.insert(2, TEXT["sex_and_age"], rows.pop("Who"))
    return of_survey(place, "outcomes_prevalence", what, rows, limits, figure)


def _printed(found: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "Outcome": found["variable"].map(OUTCOMES),
            "Share, % (95 % limits)": percent(found),
            "Design effect": effects(found),
            "Children asked (n)": asked(found),
            "With it (n)": told(found["cases"]),
        }
    )


def finest(place: Area, outcome: str) -> list[str]:
    """The finest groups by which an outcome is counted: sex and age, age, sex, or nationality alone."""
    for groups in ([NATIONALITY, SEX, AGE], [NATIONALITY, AGE], [NATIONALITY, SEX]):
        if is_counted(place, outcome, groups):
            return groups
    return [NATIONALITY]


def within(place: Area) -> Section:
    """Child labour with what lies within it, and trafficking with its overlap with child labour."""
    what = TEXT["which_outcome_lies_within_which"]
    design = of_nationalities(design_of(place))
    data = design.data
    design = design.with_columns(both=data["child_labour"].astype("boolean") & data["trafficked"].astype("boolean"))
    parts = {
        "child_labour": ("child labour", None),
        "economic_activity_beyond_hours": (TEXT["within_economic_activity_beyond_hours"], "child labour"),
        "chores_beyond_hours": (TEXT["within_chores_beyond_hours"], "child labour"),
        "hazardous_work": ("hazardous work", "child labour"),
        "forced_labour": (TEXT["within_forced_labour"], "child labour"),
        "trafficked": ("child trafficking", None),
        "both": (TEXT["within_both"], "child trafficking"),
    }
    found = shares(place, design, list(parts), by="nationality")
    require_some(place, found)
    found["label"] = found["variable"].map({name: label for name, (label, _) in parts.items()})
    points = drawn(
        found,
        panel=found["nationality"].map(NATIONALITIES),
        label=found["label"],
        within=found["variable"].map({name: holder for name, (_, holder) in parts.items()}),
        events=found["cases"].astype(float),
    )
    order = {name: place for place, name in enumerate(NATIONALITIES.values())}
    points = points.sort_values("panel", key=lambda column: column.map(order), kind="stable")
    limits = TEXT["within_limits"].format(nesting=NESTING)
    figure = plots.nested_outcomes(points, title=titled(place, what), footer=survey_footer(place, limits))
    rows = _printed(found)
    rows["Outcome"] = found["label"]
    rows.insert(1, "Children", found["nationality"].map(NATIONALITIES))
    return of_survey(place, "outcomes_nested", what, rows, limits, figure)


def shares_by_sector(place: Area) -> pd.DataFrame:
    """Of all children, the shares who work, and who are in child labour, in each sector: as `shares`, with sector."""
    design = of_nationalities(design_of(place))
    data = design.data
    added = {}
    for outcome in ("working", "child_labour", "forced_labour"):
        # Whoever does not work is in child labour by chores only, and in no sector.
        concerned = data[outcome].astype("boolean") & data["working"].astype("boolean")
        for sector in SECTORS:
            there = data["sector_group"].eq(sector).astype("boolean").mask(data["sector_group"].isna())
            added[f"{outcome}:{sector}"] = concerned & there
    found = shares(place, design.with_columns(**added), list(added), by="nationality")
    split = found["variable"].str.split(":", expand=True)
    return found.assign(variable=split[0], sector=split[1])


def by_sector(place: Area) -> Section:
    """Of all children, who works, and who is in child labour, in each sector."""
    what = TEXT["where_children_work_and_where"]
    found = shares_by_sector(place)
    require_some(place, found)
    sector = found["sector"]
    limits = TEXT["by_sector_limits"]
    points = drawn(
        found,
        panel=found["variable"].map(OUTCOMES),
        label=sector,
        group=found["nationality"].map(NATIONALITIES),
    )
    figure = panels(place, what, points, limits)
    rows = _printed(found)
    rows.insert(1, "Children", found["nationality"].map(NATIONALITIES))
    rows.insert(2, "Sector", sector)
    return of_survey(place, "outcomes_sectors", what, rows, limits, figure)


def shares_of_forms(place: Area) -> pd.DataFrame:
    """Of working children, the shares to whom each form applies, by sector and nationality: as `shares`."""
    design = at_work(of_nationalities(design_of(place)))
    found = shares(place, design, list(FORMS), by=["sector_group", "nationality"])
    return found[found["sector_group"].isin(list(SECTORS))].reset_index(drop=True)


def forms(place: Area) -> Section:
    """What working children are exposed to and how they are held, in agriculture and industry, by nationality."""
    what = TEXT["forms_in_agriculture_and_industry"]
    found = shares_of_forms(place)
    require_some(place, found)
    limits = TEXT["forms_limits"]
    points = drawn(
        found,
        panel=found["sector_group"],
        label=found["variable"].map(FORMS),
        group=found["nationality"].map(NATIONALITIES),
    )
    points = points[points["panel"] != "services"]
    figure = panels(place, what, points, limits, TEXT["share_of_working_children"])
    rows = _printed(found)
    rows["Outcome"] = found["variable"].map(FORMS)
    rows = rows.rename(columns={"Outcome": "Form"})
    rows.insert(0, "Sector", found["sector_group"])
    rows.insert(1, "Children", found["nationality"].map(NATIONALITIES))
    return of_survey(place, "outcomes_forms", what, rows, limits, figure)


def at_work(design: SurveyDesign) -> SurveyDesign:
    """The design with children who work as its domain, and to whom their pay goes as yes or no."""
    paid = design.data["paid_to"]
    return design.with_columns(
        paid_to_others=paid.isin(["parents", "intermediary"]).astype("boolean").mask(paid.isna()),
        unpaid=paid.eq("nobody").astype("boolean").mask(paid.isna()),
    ).domain(design.data["working"])
