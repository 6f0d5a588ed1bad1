"""Findings of the notebook on incidence: who is detected, by how many sources, and at what rate."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial

import pandas as pd

from analysis import areas, evidence, headlines, texts
from analysis.areas import Area
from analysis.exhibits import (
    detection,
    findings_facts,
    findings_headlines,
    findings_indicators,
    findings_rates,
    forms_of_exploitation,
    published_prevalence,
)
from analysis.exhibits.any_place import take_names
from analysis.exhibits.detection import has_own
from analysis.exhibits.exhibit import NOT_INCIDENCE, Exhibit
from analysis.exhibits.findings_indicators import span
from analysis.exhibits.wording import sentences
from analysis.findings.exhibit_rows import from_row
from analysis.findings.finding import BOUNDS, CONFIDENCE, NOT_READ, NOT_REPORTED, REFUSED, Finding
from analysis.findings.measures import MEASURES

TEXT = texts.of(__name__)

# Source of the evidence -> item.
SOURCES = {"UNODC": "unodc", "TIP": "us_reports", "OTHER": "other_reports"}
COUNTED = {"victims": "detected_victims", "child_victims": "detected_child_victims"}
ANY = "any_source"
# The item of what follows from the headline of all victims: its rate, and the share of children.
HEADLINE = "headline"
READ = texts.table(__name__, "read")
RATE = TEXT["rate"]
SHARE = TEXT["share"]
WHY_NOT = texts.table(__name__, "of_headline_why")
LIMITS = f"{NOT_INCIDENCE} Sources count differently and are never added."
FORMS = ("sexual_exploitation", "forced_labour", "other")
WHO = ("girls", "boys", "women", "men")
BY_CATEGORY = TEXT["by_category"]


def of_incidence(
    place: Area,
    *,
    numbers: pd.DataFrame,
    victims: pd.DataFrame,
    rates: pd.DataFrame,
    children: pd.DataFrame,
    estimates: pd.DataFrame,
    statements: pd.DataFrame,
    forms: pd.DataFrame,
    parts: Mapping[str, pd.DataFrame],
    figures: pd.DataFrame,
    behind: Iterable[Exhibit],
    local_rates: pd.DataFrame | None = None,
) -> list[Finding]:
    """Return detected victims and rates, official indicators, published prevalence, and coverage.

    Parameters
    ----------
    numbers, victims, rates, children, forms, statements, figures : the tables of the exhibits `headline_numbers`,
        `detected_by_year`, `detected_rates`, `share_of_children`, `forms_named`, `forms_of_exploitation` and
        `over_the_years`.
    estimates : what `published_prevalence.rows` gives. parts : the tables of `by_form` and `by_sex_and_age`, by name.
    behind : the exhibits of the context of the counts. local_rates : of an area within a country what
        `local_rates.rates` gives.
    """
    further = published_prevalence.further(place, estimates)
    shown = {"over_the_years": figures} | findings_indicators.tables_of([*behind, further])
    return [
        *findings_headlines.of_place(place, numbers, shown),
        *(detected(place, victims, rates, children, parts) if _is_counted(place) else not_counted(place, shown)),
        *findings_indicators.indicators(place, figures, shown),
        *(findings_rates.rates(place, local_rates) if local_rates is not None else ()),
        *findings_facts.cited(place, shown),
        *findings_indicators.prevalence(place, estimates, shown),
        *forms_of_exploitation.findings(place, forms, statements),
        *coverage(place),
    ]


def _is_counted(place: Area) -> bool:
    """Return True if there are figures of the place itself: of a country, or of a study that is one country."""
    return not place.is_local and not place.spans_countries


def not_counted(place: Area, shown: Mapping[str, pd.DataFrame]) -> list[Finding]:
    """Return findings that no source counts a part of a country, and that the countries of a study are not added up.

    Parameters
    ----------
    shown : exhibits that have facts on the place, by name, with the numbers of their tables.
    """
    if place.is_study:
        status, why = REFUSED, TEXT["countries_report_different_years_so"]
    elif len(local_victims([place.area_id])):
        return [
            findings_headlines.finding(place, name, ANY, headlines.headline(place, measure), shown)
            for measure, name in COUNTED.items()
        ]
    else:
        status, why = (NOT_REPORTED, TEXT["no_source_that_was_read"].format(place=place.name))
        if has_own(place.study):
            why = TEXT["not_counted_why"].format(place=place.name)
    return [
        Finding(place, measure, ANY, status=status, why=why, method=TEXT["not_counted_method"], limits=LIMITS)
        for measure in COUNTED.values()
    ]


def local_victims(area_ids: list[str]) -> pd.DataFrame:
    """Return figures on victims of trafficking in parts of a country; potential victims and convictions too."""
    table = evidence.facts(area_ids, list(headlines.OF_A_PLACE))
    return table[table["preferred"]].sort_values("date_high", kind="stable")


def detected(
    place: Area,
    victims: pd.DataFrame,
    rates: pd.DataFrame,
    children: pd.DataFrame,
    parts: Mapping[str, pd.DataFrame],
) -> list[Finding]:
    """Return detected victims and child victims of the latest period by source, their rate, and the share of children.

    Parameters
    ----------
    victims, rates, children, parts : as for `of_incidence`.
    """
    found = []
    for source in SOURCES:
        found += [_count(place, source, measure, victims) for measure in COUNTED]
        found += [_rate(place, source, victims, rates)] if source in detection.SERIES else []
        found.append(_share_of_children(place, source, children))
    return [*found, *_of_headline(place, found), *_by_category(place, parts)]


def _count(place: Area, source: str, measure: str, victims: pd.DataFrame) -> Finding:
    """Return the figure of one source that the headline rule chooses."""
    number = headlines.of_series(place, measure, source)
    if number.completeness == headlines.NONE:
        state = partial(Finding, place, COUNTED[measure], SOURCES[source])
        status, why = _none_of(place, source, measure)
        return state(method=f"{READ[source]}.", limits=LIMITS, status=status, why=why)
    shown = {"detected_by_year": victims}
    return findings_headlines.finding(place, COUNTED[measure], SOURCES[source], number, shown, source)


def _none_of(place: Area, source: str, measure: str) -> tuple[str, str]:
    """Return the status of a missing figure, not reported or not read, and why."""
    if source == "UNODC":
        return NOT_REPORTED, TEXT["unodc_s_release_of_2023"]
    if source == "OTHER":
        return NOT_READ, TEXT["no_other_source_with_such"]
    indicator = next(name for name, called in evidence.MEASURES.items() if called == measure)
    if years := detection.years_without_figure(place, indicator):
        named = ", ".join(str(year) for year in years)
        return NOT_REPORTED, TEXT["the_reports_that_were_read"].format(named=named)
    return NOT_READ, TEXT["the_parts_of_us_reports"]


def _rate(place: Area, source: str, victims: pd.DataFrame, rates: pd.DataFrame) -> Finding:
    state = partial(Finding, place, "detected_rate", SOURCES[source], method=RATE, limits=LIMITS)
    table = rates[(rates["source"] == source) & (rates["measure"] == "victims")]
    counts = victims[(victims["source"] == source) & (victims["measure"] == "victims")]
    if table.empty:
        status, why = _none_of(place, source, "victims")
        if len(counts):
            status, why = REFUSED, TEXT["no_count"]
        return state(status=status, why=why)
    row = table.sort_values("x", kind="stable").iloc[-1]
    if pd.isna(row["rate_low"]):
        return state(status=NOT_REPORTED, why=TEXT["rate_why"].format(year=row["year"]))
    if math.isinf(row["high"]) and round(row["low"], MEASURES["detected_rate"].decimals) == 0:
        return state(status=REFUSED, why=TEXT["rate_says_nothing"])
    # Of two periods in one year the calendar year was divided.
    period = counts.set_index("x").loc[row["x"]]
    read = from_row("detected_rates", row, ("source", "measure", "year"), "rate_low", CONFIDENCE)
    return state(
        **read | {"source_ids": (row["source_id"], *detection.population_sources(table.loc[[row.name]]))},
        period=span(period["period_start"], period["period_end"]),
        n=int(row["cases_low"]) if row["cases_low"] == row["cases_high"] else None,
    )


def _share_of_children(place: Area, source: str, children: pd.DataFrame) -> Finding:
    state = partial(Finding, place, "share_of_children", SOURCES[source], method=SHARE)
    both = children[children["source"] == source]
    if both.empty:
        status = NOT_REPORTED if source == "UNODC" else NOT_READ
        return state(limits=LIMITS, status=status, why=TEXT["share_of_children_why"])
    known = both[both["why"].eq("")]
    row = (known if len(known) else both).iloc[-1]
    period = span(row["period_start"], row["period_end"])
    if row["why"]:
        why = TEXT["share_of_children_why_the_latest"].format(why=row["why"], span=period.replace("/", " to "))
        return state(limits=LIMITS, status=REFUSED, why=why)
    keys = ("source", "period_start", "period_end", "source_id")
    bounds = "" if row["share_low"] == row["share_high"] else BOUNDS
    return state(
        **from_row("share_of_children", row, keys, "share_low", bounds),
        period=period,
        n=int(row["all_high"]) if row["all_low"] == row["all_high"] else None,
        limits=sentences(TEXT["share_of_children_limits"].format(limits=LIMITS), _of_unknown_age(row)),
    )


def _of_unknown_age(row: pd.Series) -> str:
    """A sentence where UNODC prints some of the victims as children, and of others no age that is known."""
    if row["source"] != "UNODC" or row["share_low"] in (0, row["share_high"]) or row["all_low"] != row["all_high"]:
        return ""
    return TEXT["unknown_age"].format(children=f"{row['children_low']:,.0f}", victims=f"{row['all_low']:,.0f}")


def _of_headline(place: Area, found: list[Finding]) -> Iterator[Finding]:
    """The rate of the headline of all victims, and the share of children: those of its source, if of its period."""
    number = headlines.headline(place, headlines.VICTIMS)
    period = span(number.period_start, number.period_end)
    for measure, method in (("detected_rate", RATE), ("share_of_children", SHARE)):
        state = partial(Finding, place, measure, HEADLINE, method=method, limits=LIMITS, status=REFUSED)
        own = {each.item: each for each in found if each.measure == measure and each.period == period}
        same = [
            own[item]
            for source, item in SOURCES.items()
            if item in own and headlines.of_series(place, headlines.VICTIMS, source).source_id == number.source_id
        ]
        yield replace(same[0], item=HEADLINE) if same and period else state(why=WHY_NOT[measure])


def _by_category(place: Area, parts: Mapping[str, pd.DataFrame]) -> Iterator[Finding]:
    """Detected victims by form, and girls, boys, women and men, of the latest year of each."""
    for measure, exhibit, column, items in (
        ("detected_by_form", "by_form", "form", FORMS),
        ("detected_by_sex_and_age", "by_sex_and_age", "who", WHO),
    ):
        table = parts[exhibit]
        newest = table["year"].max()
        latest = table[table["year"] == newest].drop_duplicates(column, keep="last").set_index(column)
        limits = _against(detection.contradictions(place, exhibit), newest)
        aside = detection.left_out(place, exhibit)
        why_not = aside[aside["year"] == newest].drop_duplicates("item").set_index("item")["why"]
        why = TEXT["by_category_why"]
        if latest.empty:
            few = detection.has_few(place, exhibit)
            why = TEXT["by_category_why_few"] if few else TEXT["by_category_why_unodc_prints_none"]
        for item in items:
            state = partial(Finding, place, measure, item, method=BY_CATEGORY, limits=limits)
            if item in latest.index:
                row = latest.loc[item]
                yield state(**from_row(exhibit, row, ("year", "category")), period=str(row["year"]))
            elif item in why_not.index:
                yield state(status=REFUSED, why=TEXT["set_aside"].format(year=newest, why=why_not[item]))
            else:
                yield state(status=NOT_REPORTED, why=why)


def _against(contradicted: pd.DataFrame, year: int) -> str:
    """The limits of UNODC's figures of a year, with what they contradict one another in."""
    words = contradicted.loc[contradicted["year"] == year, "words"]
    return sentences(NOT_INCIDENCE, *(TEXT["contradicted"].format(year=year, words=each) for each in words))


# Coverage


def coverage(place: Area) -> list[Finding]:
    """Return the number of countries of a study, or of its areas, for which a source gives detected victims."""
    if not place.is_study:
        return []
    own = areas.ids(place.study)
    table = evidence.detected_victims(own)
    table = table[table["preferred"]]
    method = TEXT["coverage_method"]
    if has_own(place.study):
        # Whether what a study counts itself are victims, its tables do not say in a way that could be counted.
        return []
    if not place.spans_countries:
        found = len({*table["area_id"], *local_victims(own)["area_id"]})
        known = TEXT["coverage_known"]
        limits = TEXT["coverage_limits"].format(not_incidence=NOT_INCIDENCE, known=known)
        searched = tuple(sorted({*detection.preferred(place)["source_id"], *local_victims(own)["source_id"]}))
        return [
            Finding(
                place, "areas_with_detected_victims", value=found, n=len(own), method=method, source_ids=searched,
                limits=limits,
            )
        ]  # fmt: skip
    return [
        finding
        for measure in COUNTED
        for source in detection.SERIES
        for finding in _countries(place, measure, source, table, len(own))
    ]


def _countries(place: Area, measure: str, source: str, table: pd.DataFrame, n: int) -> Iterator[Finding]:
    of_source = table[table["source"] == source]
    if of_source.empty:
        return
    here = of_source[of_source["measure"] == measure]
    # The latest year of the source, whatever it counts: a year without child victims is a gap too.
    latest = int(of_source["year"].max())
    for when, rows, period in (
        ("latest_year", here[here["year"] == latest], str(latest)),
        ("any_year", here, "/".join(dict.fromkeys([str(here["year"].min()), str(here["year"].max())]))),
    ):
        yield Finding(
            place,
            f"countries_with_{COUNTED[measure]}",
            f"{SOURCES[source]}.{when}",
            value=rows["area_id"].nunique(),
            period=period,
            n=n,
            method=TEXT["countries_method"],
            source_ids=tuple(sorted(rows["source_id"].unique())),
            limits=TEXT["countries_limits"],
        )


take_names(__name__)
