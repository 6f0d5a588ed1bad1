"""Exhibits beside the survey: public denominators, official figures, and what was planted in an invented survey."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd

import survey_stats
from analysis import areas, catalog, evidence, texts
from analysis.areas import Area
from analysis.sections.risk_factors import ratios
from analysis.sections.risk_odds_ratios import FACTORS, LEVELS, odds_ratios
from analysis.sections.risk_shares import AT_WORK, EVERYBODY, Cells, having, number, shares
from analysis.sections.risk_survey import (
    OUTCOMES,
    design_of,
    in_words,
    of_nationalities,
    of_survey,
    or_refused,
    percent,
    survey_of,
    surveyed,
)
from analysis.sections.section import ESTIMATE, Section, periods, spell
from analysis.survey.counts import AGE, NATIONALITY, OUTCOME, REST, SEX, K
from bounded import intervals
from survey_stats import NotEstimable, SurveyDesign, reliable
from survey_stats.contingency import releasable as may_leave

TEXT = texts.of(__name__)

# What a denominator counts.
COUNTED = texts.table(__name__, "counted")
INVENTED = TEXT["invented"]
DENOMINATORS = ("syrians_temporary_protection", "population_total")
# What the official survey of 2019 measured -> the survey's column, among whom, and of which nationality.
COMPARED = {
    "employment_rate": ("working", None, "TR"),
    "share_of_working_children": (None, "working", "TR"),
    "attending_education": ("attends_school", "working", "TR"),
    "sector_agriculture": ("sector_group=agriculture", "working", "TR"),
    "sector_industry": ("sector_group=industry", "working", "TR"),
    "sector_services": ("sector_group=services", "working", "TR"),
    "paid_work": ("paid", None, "SY"),
}
# Outcomes whose true prevalence is set beside the estimate.
PLANTED = ("working", "child_labour", "hazardous_work", "forced_labour", "trafficked")


def published() -> pd.DataFrame:
    """Published figures on working children that the survey has something to set beside."""
    table = catalog.load("child_labour_benchmarks")
    return table[table["measure"].isin(list(COMPARED))].reset_index(drop=True)


def official(place: Area) -> Section:
    """Published figures on working children beside those of the survey, for the same ages and sexes."""
    table = published()
    found, reasons = [], []
    for row in table.itertuples():
        try:
            found.append(_same(place, _with_comparable(design_of(place)), row))
        except NotEstimable as error:
            found.append("no estimate")
            reasons.append(in_words(str(error)))
    rows = pd.DataFrame(
        {
            "Measure": table["measure"].map(spell),
            "Of": table["population"],
            "Sex": table["sex"],
            "Age": [f"{low}–{high}" for low, high in zip(table["age_low"], table["age_high"], strict=True)],
            "Published, %": table["low"].round(1),
            "When": periods(table["date_low"], table["date_high"]),
            "Source": [evidence.short_source([source]) for source in table["source_id"]],
            f"This survey, {surveyed(place)}, %": found,
        }
    )
    limits = TEXT["official_limits"]
    limits = " ".join([limits, *dict.fromkeys(reasons)])
    return of_survey(
        place, "official_figures", TEXT["published_figures_beside_the_survey"], rows, limits,
        source_ids=tuple(dict.fromkeys(table["source_id"])), invented=INVENTED,
    )  # fmt: skip


def _with_comparable(design: SurveyDesign) -> SurveyDesign:
    data = design.data
    nobody = data["paid_to"].eq("nobody").astype("boolean").mask(data["paid_to"].isna())
    working = data["working"].astype("boolean")
    sectors = {
        f"sector_group={sector}": data["sector_group"].eq(sector).astype("boolean").mask(data["sector_group"].isna())
        for sector in ("agriculture", "industry", "services")
    }
    return design.with_columns(paid=working & ~nobody, **sectors)


def _same(place: Area, design: SurveyDesign, row) -> str:
    """The survey's estimate of the same measure, in words."""
    column, among, nationality = COMPARED[row.measure]
    data = design.data
    ages = data["age"].between(row.age_low, row.age_high)
    sexes = pd.Series(True, data.index) if row.sex == "all" else data["sex"].eq(row.sex)
    domain = data["nationality"].eq(nationality)
    group = {SEX: row.sex} if row.sex != "all" else {}
    if (row.age_low, row.age_high) != (5, 17):
        group[AGE] = f"{row.age_low}-{row.age_high}"
    if among:
        domain &= data[among].eq(True).fillna(False).astype(bool)
    if column is None:
        # A share of the working: who of them has this age and sex.
        design, column = design.with_columns(_these=(ages & sexes).astype("boolean")), "_these"
        with_it, of = number(place, AT_WORK, **{NATIONALITY: nationality, **group}), {}
    else:
        domain &= (ages & sexes).fillna(False).astype(bool)
        with_it, of = _having(place, column, {NATIONALITY: nationality, **group}), group
    asked = number(place, AT_WORK if among else EVERYBODY, **{NATIONALITY: nationality, **of})
    found = reliable(design.domain(domain).proportion(column, method="kish"))
    told = pd.DataFrame({"with_it": [with_it], "asked": [asked]}, found.index, dtype="Int64")
    return percent(may_leave(found, told["with_it"], told["asked"], K))[0]


def _having(place: Area, column: str, group: dict[str, str]) -> int | None:
    """How many have what an official figure is of, as the protected tables tell; who is paid is in none of them."""
    _, _, sector = column.partition("=")
    if column == "paid":
        return None
    cells: Cells = having("working", sector=sector)
    if column == "attends_school":
        cells = "school of the working", {"out_of_school": REST, OUTCOME: "working"}
    return number(place, cells, **group)


def denominators(place: Area) -> Section:
    """How many live in the area by public registers, and how many children the survey stands for."""
    ids = [areas.STUDIES[place.study].iso3] if place.is_study else [place.area_id]
    table = evidence.facts(ids, DENOMINATORS)
    table = table[table["preferred"] & table["date_low"].notna()].sort_values("date_low")
    table = table.groupby("indicator", as_index=False).tail(1)
    public = pd.DataFrame(
        {
            "What": table["indicator"].map(COUNTED),
            "Where": areas.get(place.study).name if place.is_study else place.name,
            "Persons": intervals.text(table["low"], table["high"], table["value_qualifier"]),
            "When": periods(table["date_low"], table["date_high"]),
            "Kind": "public",
        }
    )
    limits = TEXT["denominators_limits"]
    try:
        own = _stands_for(place)
    except NotEstimable as error:
        own, limits = pd.DataFrame(), f"{limits} {in_words(str(error))}"
    rows = pd.concat([public, own], ignore_index=True)
    return of_survey(
        place, "denominators", TEXT["who_lives_here"], rows, limits,
        source_ids=tuple(dict.fromkeys(table["source_id"])), invented=INVENTED,
    )  # fmt: skip


def _stands_for(place: Area) -> pd.DataFrame:
    """The children of each nationality whom the sample stands for, as rows of `denominators`."""
    design, found = of_nationalities(design_of(place)), survey_of(place)
    day = pd.Series([pd.Timestamp(found.date)])
    rows = []
    for code, name in LEVELS["nationality"].items():
        of = design.domain(design.data["nationality"].eq(code))
        row = of.with_columns(_one=pd.Series(1, of.data.index)).total("_one").iloc[0]
        if (number(place, EVERYBODY, **{NATIONALITY: code}) or 0) >= survey_stats.FEW:
            value, low, high = (round(float(row[column]), -3) for column in ("estimate", "low", "high"))
            rows.append(
                {
                    "What": TEXT["stands_for_what"].format(name=name),
                    "Where": surveyed(place),
                    "Persons": f"{value:,.0f} ({low:,.0f}–{high:,.0f})",
                    "When": periods(day, day)[0],
                    "Kind": found.kind.upper() if found.is_synthetic else found.kind,
                }
            )
    return pd.DataFrame(rows)


def is_planted(place: Area) -> bool:
    """Whether it is known what was planted in the survey."""
    return survey_of(place).is_synthetic and _truth_name(place) in catalog.datasets()


def _truth_name(place: Area) -> str:
    return f"synthetic_{place.study}_truth_survey_truth"


def planted(place: Area) -> list[Section]:
    """True prevalences, and for the study odds ratios, beside what was found; nothing of a real survey."""
    if not is_planted(place):
        return []
    truth = catalog.load(_truth_name(place))
    found = [
        or_refused(
            partial(_planted_prevalences, truth=truth),
            place,
            "planted_prevalences",
            TEXT["what_was_planted_and_what"],
        )
    ]
    if place.is_study:
        what = TEXT["planted_title"]
        found.append(or_refused(partial(_planted_odds_ratios, truth=truth), place, "planted_odds_ratios", what))
    return found


def _planted_prevalences(place: Area, truth: pd.DataFrame) -> Section:
    table = truth[(truth["quantity"] == "prevalence") & (truth["among"] == "") & truth["outcome"].isin(PLANTED)]
    design = design_of(place)
    here = "all" if place.is_study else f"area_id={place.area_id}"
    parts: list[tuple[str, str, SurveyDesign, dict[str, str]]] = [(here, "all children", of_nationalities(design), {})]
    if place.is_study:
        parts += [
            (f"nationality={code}", f"{name} children", design.domain(design.data["nationality"].eq(code)),
             {NATIONALITY: code})
            for code, name in LEVELS["nationality"].items()
        ]  # fmt: skip
    rows = []
    for domain, who, of, group in parts:
        if not of.inside.any():
            continue
        found = shares(place, of, list(PLANTED), group=group).set_index("variable")
        true = table[table["domain"] == domain].set_index("outcome")["value"]
        for outcome, value in true.items():
            row = found.loc[outcome]
            rows.append(
                {
                    "Outcome": OUTCOMES[outcome],
                    "Of": who,
                    "Simulated, %": round(100 * value, 2),
                    "Found, % (95 % limits)": percent(found.loc[[outcome]])[0],
                    "Simulated truth within limits": _within(value, row["low"], row["high"]),
                }
            )
    limits = TEXT["planted_prevalences_limits"]
    return of_survey(place, "planted_prevalences", TEXT["what_was_planted_and_what"], pd.DataFrame(rows), limits)


def _planted_odds_ratios(place: Area, truth: pd.DataFrame) -> Section:
    table = truth[(truth["quantity"] == "odds_ratio") & (truth["outcome"] == "working") & (truth["among"] == "")]
    found = odds_ratios(place, "working")
    names = {(factor, code): label for factor, labels in LEVELS.items() for code, label in labels.items()}
    pairs = table["term"].str.split("=", n=1, expand=True)
    table = table.assign(factor=pairs[0], code=pairs[1])
    table["level"] = [
        names.get((factor, code), "yes" if code == "True" else code)
        for factor, code in zip(table["factor"], table["code"], strict=True)
    ]
    both = table.merge(found, on=["factor", "level"], suffixes=("", "_found"))
    rows = pd.DataFrame(
        {
            "Factor": both["factor"].map(FACTORS),
            "Level": both["level"],
            "Simulated odds ratio": both["value"].round(2),
            "Found, adjusted (95 % limits)": ratios(both, "adjusted"),
            "Simulated truth within limits": [
                _within(value, low, high)
                for value, low, high in both[["value", "adjusted_low", "adjusted_high"]].itertuples(index=False)
            ],
        }
    )
    limits = TEXT["planted_odds_ratios_limits"]
    what = TEXT["planted_title"]
    return of_survey(place, "planted_odds_ratios", what, rows, limits, release_class=ESTIMATE)


def _within(value: float, low: float, high: float) -> str:
    return "not known" if np.isnan(low) or np.isnan(high) else "yes" if low <= value <= high else "no"
