"""Facts of a study that texts cite, as findings: the latest figure of each, and the highest and lowest of a series.

A fact stands with its bounds, its period, who printed it and what it is not. None is a count of victims.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pandas as pd

from analysis import areas, evidence, texts
from analysis.areas import Area
from analysis.exhibits import detection
from analysis.exhibits.any_place import take_names
from analysis.exhibits.findings_indicators import Shown, chosen, printed
from analysis.findings.finding import Finding

TEXT = texts.of(__name__)

PERSONS, REPORTS, PERCENT, SERVICES = "official_persons", "official_reports", "official_share", "official_services"
# By study: what a fact counts -> the measure that has its unit. Of each the latest figure is stated, if there is one.
CITED = {
    "turkiye": {
        "syrians_temporary_protection_age_5_17": PERSONS,
        "syrian_returns": PERSONS,
        "trafficking_victims_identified": PERSONS,
        "earthquake_children_in_need_of_assistance": PERSONS,
        "earthquake_displaced_persons": PERSONS,
        "earthquake_persons_in_containers": PERSONS,
        "earthquake_unaccompanied_children_registered": PERSONS,
        "earthquake_unaccompanied_children_reunited": PERSONS,
        "earthquake_unaccompanied_children_in_care": PERSONS,
        "earthquake_missing_children_reported": PERSONS,
        "internal_migration_out": PERSONS,
        "population_0_17": PERSONS,
        "marriages_girls_16_17": PERSONS,
        "child_deaths_at_work": PERSONS,
        "children_out_of_education_foreign": PERSONS,
        "mesem_pupils_under_19": PERSONS,
        "study_working_children_interviewed": PERSONS,
        "study_seasonal_adolescents_interviewed": PERSONS,
        "children_used_for_begging_identified": REPORTS,
        "children_security_units_victim_incidents": REPORTS,
        "child_labour_force_participation_15_17": PERCENT,
        "child_labour_force_participation_15_17_male": PERCENT,
        "child_labour_force_participation_15_17_female": PERCENT,
        "foreign_pupils_share_of_school_age": PERCENT,
        "study_seasonal_tent_children_15_18_working": PERCENT,
        "study_seasonal_tent_children_no_education": PERCENT,
        "study_seasonal_adolescents_not_in_school": PERCENT,
        "study_working_children_occupational_injury": PERCENT,
        "study_working_children_not_in_education": PERCENT,
        "child_outreach_mobile_teams": SERVICES,
        "identification_experts_per_province": SERVICES,
    },
    "cabo_verde": {
        # Cases of trafficking, as the authorities of the country count them, and single ones of an island.
        "trafficking_suspected_cases_prosecution": REPORTS,
        "trafficking_suspected_cases_prosecution_ongoing": REPORTS,
        "trafficking_suspected_cases_prosecution_archived": REPORTS,
        "trafficking_convictions": REPORTS,
        "trafficking_acquittals": REPORTS,
        "trafficking_offences_recorded": REPORTS,
        "trafficking_child_victims_identified": PERSONS,
        "trafficking_victims_rescued": PERSONS,
        "child_sexual_exploitation_convictions": REPORTS,
        "child_prostitution_arrests": PERSONS,
        "icca_reports_child_sex_tourism_sent_to_prosecution": REPORTS,
        "police_child_sexual_abuse_victims": PERSONS,
        "hotel_guests_share": PERCENT,
    },
}
# Of these, counts of a part of a year stand apart, and the years compare.
YEARLY = ("children_used_for_begging_identified", "marriages_girls_16_17", "child_deaths_at_work")
# Of these the highest and the lowest figure are stated too: sources differ, or the years do.
COMPARED = (
    *("children_used_for_begging_identified", "earthquake_missing_children_reported", "internal_migration_out"),
    *("child_labour_force_participation_15_17", "child_outreach_mobile_teams"),
)
# Of these a figure of several years alone is stated: those of single years stand with the detected victims.
OF_YEARS = ("trafficking_victims_identified",)
# Of these the two figures before the latest are stated too.
EARLIER = ("child_labour_force_participation_15_17",)
# A concept of published figures -> the fact whose series it continues.
PUBLISHED = {"registered_child_marriage": "marriages_girls_16_17"}
# What the courts decided of those before them: breakdowns of the counts of reports, as items.
JUDGED = {
    ("prosecutions", "defendants whose cases ended in court"): "defendants_with_a_decision",
    ("acquittals", "defendants"): "acquittals",
}
# What a fact is not, by how its name begins.
LIMITS = texts.table(__name__, "limits")


def cited(place: Area, shown: Shown) -> list[Finding]:
    """Return the facts on a place that texts cite; none where there is none, and none of a study of countries.

    Parameters
    ----------
    shown : exhibits that have facts on the place, by name, with the numbers of their tables.
    """
    wanted = CITED.get(place.study, {})
    if not wanted or place.spans_countries:
        return []
    of = areas.STUDIES[place.study].iso3 if place.is_study else place.area_id
    table = pd.concat([evidence.facts(of), _published(of)], ignore_index=True)
    table = table[table["preferred"] & table["date_high"].notna() & table["indicator"].isin(list(wanted))]
    # What an undated page has is as old as its period allows.
    as_old = table["date_high"].where(table["date_inferred"].ne(True), table["date_low"])
    table = table.assign(as_old=as_old).sort_values(["as_old", "date_low"], kind="stable")
    found = [
        finding
        for indicator, figures in table.groupby("indicator", sort=False)
        for finding in _of_indicator(place, wanted[str(indicator)], str(indicator), figures, shown)
    ]
    return [*found, *judged(place)]


def judged(place: Area) -> Iterator[Finding]:
    """Yield how many defendants had a decision of a court, and how many were acquitted, each of its latest year."""
    if place.is_local or place.spans_countries:
        return
    table = evidence.official_indicators(detection.countries(place))
    table = table[table["preferred"]].sort_values("period_end", kind="stable")
    for (indicator, breakdown), item in JUDGED.items():
        of_kind = table[table["indicator"].eq(indicator) & table["breakdown"].eq(breakdown)]
        if len(of_kind):
            row = of_kind.iloc[-1]
            dates = ("period_start", "period_end")
            yield Finding(place, REPORTS, item, method=TEXT["judged"], **printed(row, LIMITS["acquittals"], dates))


def _published(of: str) -> pd.DataFrame:
    """Published numbers of persons that continue a series of facts, in the columns of the facts."""
    table = evidence.prevalence(of, list(PUBLISHED))
    table = table[table["shown"] & table["measure"].eq("persons")]
    columns = {"concept": "indicator", "period_start": "date_low", "period_end": "date_high"}
    return table.rename(columns=columns).replace({"indicator": PUBLISHED}).assign(kind="public")


def _of_indicator(place: Area, measure: str, indicator: str, figures: pd.DataFrame, shown: Shown) -> Iterator[Finding]:
    stated = partial(_stated, place, measure, indicator, shown)
    part = figures[:0]
    if indicator in OF_YEARS:
        figures = figures[(figures["date_high"] - figures["date_low"]).dt.days > max(detection.A_YEAR)]
        if len(figures):
            yield stated(f"{indicator}.several_years", figures.iloc[-1], TEXT["latest"])
        return
    if indicator in YEARLY:
        days = (figures["date_high"] - figures["date_low"]).dt.days
        whole = figures[days.between(*detection.A_YEAR)]
        if whole.empty:
            return
        part, figures = figures[figures["date_high"] > whole["date_high"].max()], whole
    yield stated(indicator, figures.iloc[-1], TEXT["latest"])
    if len(part):
        yield stated(f"{indicator}.part_of_year", part.iloc[-1], TEXT["latest"])
    for item, before in (("previous", 2), ("before_previous", 3)) if indicator in EARLIER else ():
        if len(figures) >= before:
            yield stated(f"{indicator}.{item}", figures.iloc[-before], TEXT["earlier"])
    if indicator in COMPARED and len(figures) > 1:
        for item, at in (("highest", figures["low"].idxmax()), ("lowest", figures["low"].idxmin())):
            method = TEXT["of_several"].format(which=item, figures=len(figures))
            yield stated(f"{indicator}.{item}", figures.loc[at], method)


def _stated(place: Area, measure: str, indicator: str, shown: Shown, item: str, row: pd.Series, method: str) -> Finding:
    limits = next((text for start, text in LIMITS.items() if indicator.startswith(start)), LIMITS["other"])
    method = f"{method} Drawn: {chosen(row['reason'])}."
    return Finding(place, measure, item, method=method, kind=row["kind"], **printed(row, limits, shown=shown))


take_names(__name__)
