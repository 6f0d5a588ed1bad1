"""Printed figures as findings of the notebook on incidence: official ones, steps of justice, published prevalence.

A figure stands with its bounds as they are, its period, and what its source notes of it. Of each the latest is stated;
what is published of prevalence is measured, modelled and contested, or on child labour, and is never added.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from types import MappingProxyType
from typing import Any

import pandas as pd

from analysis import areas, catalog, evidence, texts
from analysis import indicators as counted
from analysis.areas import Area
from analysis.exhibits import context, detection
from analysis.exhibits import published_prevalence as published
from analysis.exhibits.any_place import take_names
from analysis.exhibits.exhibit import Exhibit
from analysis.exhibits.table import Table
from analysis.exhibits.wording import sentences
from analysis.findings.exhibit_rows import read
from analysis.findings.finding import BOUNDS, EXACT, FIGURE, NOT_READ, NOT_REPORTED, REFUSED, Finding
from analysis.findings.measures import MEASURES
from analysis.preferred_values import EXPLOITATION, MEASURED, MODELLED

TEXT = texts.of(__name__)

LIKE = "drawn: "


def between(low: float, high: float, interval: str = BOUNDS) -> dict[str, Any]:
    """The numbers of a finding of which two bounds are known; its value, which is exact, where they are one."""
    exact = low == high
    return {"value": low if exact else None, "low": low, "high": high, "interval": EXACT if exact else interval}


def bounds(low: float, high: float, value_qualifier: str = "exact") -> dict[str, Any]:
    """A count as it is printed, as the numbers of a finding: one where it is known, else its bounds.

    Parameters
    ----------
    low, high : as the evidence has them; high may be infinite.
    value_qualifier : see `bounded.intervals`.
    """
    found = between(float(low), float(high), FIGURE)
    # One number that is printed as rough is not exact.
    return found if value_qualifier == "exact" else {**found, "interval": FIGURE}


# What tells a fact, and a published estimate, from others in the table of an exhibit.
FACT = ("indicator", "area_id", "date_low", "date_high", "source_id", "low", "high")
KEYS_OF_ESTIMATES = (
    *("concept", "measure", "place", "population_group", "sex", "age_low", "age_high", "period_start", "period_end"),
    *("study", "definition", "source_id", "low", "high"),
)
# Exhibits by name, with the numbers of their tables.
Shown = Mapping[str, pd.DataFrame]


def printed(
    row: pd.Series,
    limits: str,
    dates: tuple[str, str] = ("date_low", "date_high"),
    shown: Shown = MappingProxyType({}),
    keys: tuple[str, ...] = FACT,
) -> dict[str, Any]:
    """Return a figure as a finding states it: its bounds, period and source, and what its source notes of it.

    Parameters
    ----------
    row : of the evidence. shown : the exhibits that may have it. keys : what tells it from others there.
    """
    return {
        **read(shown, keys, row),
        "period": span(*row[[*dates]]),
        "limits": sentences(limits, noted(row["note"], row["value_qualifier"])),
    }


def span(first: pd.Timestamp, last: pd.Timestamp) -> str:
    """A period as findings write it: years where it is made of whole ones, else months, else days; empty if undated."""
    if pd.isna(first) or pd.isna(last):
        return ""
    form = "%Y-%m-%d"
    if first.day == 1 and (last + pd.Timedelta(days=1)).day == 1:
        form = "%Y" if first.month == 1 and last.month == 12 else "%Y-%m"
    return "/".join(dict.fromkeys(day.strftime(form) for day in (first, last)))


def years(first: float, last: float) -> str:
    """Two years as the period of a finding."""
    return "/".join(dict.fromkeys(f"{math.floor(year)}" for year in (first, last)))


def noted(note: object, value_qualifier: str = "exact") -> str:
    """Return the source's note on a figure, and that it is rough where it is, as sentences; empty without either."""
    rough = TEXT["noted_rough"] if value_qualifier == "approx" else ""
    text = "" if pd.isna(note) else str(note).strip()
    return sentences(rough, TEXT["noted"].format(note=text.rstrip(".")) if text else "")


def chosen(reason: object) -> str:
    """Return the reason for which a figure was preferred among several, within a sentence."""
    return str(reason).removeprefix(LIKE)


PERSONS, REPORTS, PERCENT = "official_persons", "official_reports", "official_share"
# What an indicator counts -> the measure that has its unit: of any other no finding is stated.
MEASURE_OF = {counted.PERSONS: PERSONS, counted.CASES: REPORTS, counted.REPORTS: REPORTS, counted.PERCENT: PERCENT}
LATEST = TEXT["latest"]
# The item of a count of a part of a year that is later than the last whole one.
OF_PART = "part_of_year"
# What a figure is not, by how its name begins; else what all figures of a study are not, where findings say it in
# other words than pictures.
LIMITS = texts.table(__name__, "limits")
NOT_VICTIMS = texts.table(__name__, "not_victims")


def indicators(place: Area, figures: pd.DataFrame, shown: Shown) -> list[Finding]:
    """Return the latest official figure of each indicator that is asked of the area itself.

    Parameters
    ----------
    figures : the table of the exhibit `over_the_years`. shown : exhibits that have figures of the area, with this one.
    """
    if place.spans_countries:
        return []
    declared = [each for each in detection.over_time(place.study) if each.counts in MEASURE_OF]
    # Steps of justice are stated by `justice`, from parts where a report has no total.
    declared = [each for each in declared if each.indicator not in evidence.STEPS]
    wanted = {each.indicator: MEASURE_OF[each.counts] for each in declared}
    asked = [each for each in counted.stated_figures(place, (PERSONS, REPORTS, PERCENT)) if each.is_asked]
    wanted |= {each.indicator: each.measure for each in asked}
    yearly = {each.indicator for each in asked if OF_PART in each.besides}
    # The evidence has a study under the id of its country.
    known_as = areas.STUDIES[place.study].iso3 if place.is_study else place.area_id
    if detection.has_own(place.study):
        table = detection.of_place(place, declared)
    elif areas.STUDIES[place.study].of_countries:
        table = figures
    else:
        table = evidence.facts(known_as, list(wanted))
        table = table[table["preferred"] & table["date_low"].notna()]
    table = table[table["area_id"] == known_as].sort_values(["date_high", "date_low"], kind="stable")
    found = []
    for indicator, measure in wanted.items():
        own = table[table["indicator"] == indicator]
        items = {indicator: own}
        if indicator in yearly:
            items = dict(zip((indicator, f"{indicator}.{OF_PART}"), latest_of_yearly(own), strict=True))
        found += [_figure(place, measure, indicator, item, rows, shown) for item, rows in items.items()]
    return found


def latest_of_yearly(own: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the figures of a yearly count of which the last is stated, and the parts of a later year.

    The last whole year is stated, as parts of years cannot be compared with it; but one that ended more than a year
    before the last figure is no longer the latest, and that figure takes its place.

    Parameters
    ----------
    own : figures of one area and indicator with date_low and date_high, in the order of time.
    """
    days = (own["date_high"] - own["date_low"]).dt.days
    whole = own[days.between(*detection.A_YEAR)]
    if whole.empty:
        return own, own[:0]
    last = whole["date_high"].iloc[-1]
    if (own["date_high"].iloc[-1] - last).days > detection.A_YEAR[1]:
        return own, own[:0]
    return whole, own[own["date_high"] > last]


def _figure(place: Area, measure: str, indicator: str, item: str, own: pd.DataFrame, shown: Shown) -> Finding:
    """The last of a place's figures of an indicator, or that there is none."""
    declared = {each.indicator: each.limits for each in detection.over_time(place.study)}
    of_study = NOT_VICTIMS.get(place.study, declared.get(indicator, ""))
    limits = next((text for start, text in LIMITS.items() if indicator.startswith(start)), of_study)
    if own.empty:
        why = TEXT["figure_why"] if item.endswith(OF_PART) else TEXT["figure_why_no_figure"]
        return Finding(place, measure, item, method=f"{LATEST}.", limits=limits, status=NOT_READ, why=why)
    row = own.iloc[-1]
    method, kind = f"{LATEST}. Drawn: {chosen(row['reason'])}.", row.get("kind", "public")
    return Finding(place, measure, item, method=method, kind=kind, **printed(row, limits, shown=shown))


PREVALENCE, OF_WORK, MODELLED_RATE, MODELLED_PERSONS = (
    "published_prevalence",
    "published_child_labour",
    "modelled_prevalence",
    "modelled_persons",
)
DETECTED_OF = "detected_of_estimated"
WHOLE = "whole_country"
READ = texts.table(__name__, "read")
LATEST_ESTIMATE = TEXT["prevalence_latest"]
# Facts from the same surveys as the published shares of children in child labour.
OFFICIAL = ("child_labour_5_17", "child_labour_rate_5_17")
# Figures of one year and one way to count that lie further apart are given as a range.
HALF_AS_MUCH_AGAIN = 1.5
# Behind the item of the survey before the latest of the same group; of surveys before that nothing is stated.
EARLIER = ".earlier"
INDEX = TEXT["index"]
OF_HOW_MANY = TEXT["of_how_many"]


def prevalence(place: Area, estimates: pd.DataFrame, behind: Shown) -> list[Finding]:
    """Return published prevalence of a country, or of a study that is one country; of other places none is stated.

    What a province or an island has of its own stands in the exhibits, and figures of countries are not added.

    Parameters
    ----------
    estimates : what `published_prevalence.rows` gives of the place. behind : exhibits that have surveys of work.
    """
    if place.is_local or place.spans_countries:
        return []
    exhibits = (published.measured, published.modelled, published.child_labour)
    shown = tables_of(make(place, estimates) for make in exhibits)
    return [
        *measured(place, estimates, shown),
        *modelled(place, estimates, shown),
        *child_labour(place, estimates, shown),
        *detected_of_estimated(place),
        *working_children(place, behind),
    ]


def tables_of(exhibits: Iterable[Exhibit]) -> dict[str, pd.DataFrame]:
    """Return the numbers of the tables of exhibits, by the name of the exhibit."""
    return {each.name: each.table.numbers for each in exhibits if isinstance(each.table, Table)}


def measured(place: Area, estimates: pd.DataFrame, shown: Shown) -> Iterator[Finding]:
    """Yield the latest measured share of each concept, group and place for which the measure has an item.

    Parameters
    ----------
    estimates : what `published_prevalence.rows` gives of the place. shown : the exhibits that have some of them.
    """
    table = estimates[estimates["kind_of_evidence"].eq(MEASURED) & estimates["subject"].eq(EXPLOITATION)]
    table = table[table["measure"].isin(list(published.PER))]
    items = [f"{row.concept}.{_slug(row.population_group)}.{_slug(row.place)}" for row in table.itertuples()]
    table = table.assign(item=pd.Series(items, table.index, dtype="str"), printed=table["low"].round())
    table = table[table["item"].map(MEASURES[PREVALENCE].declares).astype(bool)]
    table = table.sort_values("period_end", ascending=False, kind="stable")
    # An earlier survey of the same group stands beside the latest: a change between the two can be one of the sample.
    # Of one survey year one figure is stated, and what is printed again, perhaps with another year, stands once.
    table = table.drop_duplicates(["item", "period_end"]).drop_duplicates(["item", "printed"])
    table = table.assign(before=table.groupby("item").cumcount())
    table = table[table["before"] <= 1]
    table = table.assign(item=table["item"].where(table["before"] == 0, table["item"] + EARLIER))
    limits = published.MEASURED_LIMITS
    if table.empty:
        method, why = f"{LATEST_ESTIMATE}.", TEXT["measured_why"]
        yield Finding(place, PREVALENCE, "any", method=method, limits=limits, status=NOT_READ, why=why)
    for _, row in table.sort_values("item", kind="stable").iterrows():
        wide = f" {published.WIDE}" if row["concept"] == "child_trafficking" else ""
        yield _published(
            place, PREVALENCE, row["item"], row, LATEST_ESTIMATE, limits + wide, shown, published.PER[row["measure"]]
        )


def modelled(place: Area, estimates: pd.DataFrame, shown: Shown) -> Iterator[Finding]:
    """Yield what the latest Global Slavery Index says, per 1,000 inhabitants and in persons, named as contested."""
    table = estimates[estimates["study"].eq(published.LATEST_INDEX) & estimates["concept"].eq("modern_slavery")]
    for measure, unit in ((MODELLED_RATE, "per_1000"), (MODELLED_PERSONS, "persons")):
        of_unit = table[table["measure"].eq(unit) & table["kind_of_evidence"].eq(MODELLED)]
        if of_unit.empty:
            why = TEXT["modelled_why"]
            yield Finding(place, measure, method=f"{INDEX}.", limits=published.CONTESTED, status=NOT_REPORTED, why=why)
        else:
            yield _published(place, measure, "", of_unit.iloc[0], INDEX, published.CONTESTED, shown)


def child_labour(place: Area, estimates: pd.DataFrame, shown: Shown) -> Iterator[Finding]:
    """Yield the latest shares of children in child labour and hazardous work; none where an official one is stated."""
    if any(each.is_asked and each.indicator in OFFICIAL for each in counted.stated_figures(place, (PERSONS, PERCENT))):
        # The official figures of the same surveys are findings already (see `indicators`).
        return
    table = estimates[estimates["area_id"].eq(place.iso3)]
    for concept in ("child_labour", "hazardous_child_labour"):
        latest = published.latest_national(table, concept)
        if latest.empty:
            aside = published.left_out(place, concept)
            status, why = (REFUSED, aside) if aside else (NOT_READ, TEXT["child_labour_why"])
            method, limits = f"{LATEST_ESTIMATE}.", published.CONTEXT_LIMITS
            yield Finding(place, OF_WORK, concept, method=method, limits=limits, status=status, why=why)
        else:
            row = latest.iloc[0]
            wide, source_ids = _over_definitions(table, row)
            ranged = (
                TEXT["ranged"].format(times=HALF_AS_MUCH_AGAIN)
                if wide is not row and wide["high"] < float("inf")
                else ""
            )
            limits = sentences(published.CONTEXT_LIMITS, _others(table, row), ranged)
            stated = _published(place, OF_WORK, concept, wide, LATEST_ESTIMATE, limits, shown)
            yield replace(stated, source_ids=source_ids)


def working_children(place: Area, shown: Shown) -> Iterator[Finding]:
    """Yield published figures on working children of a country, each the latest: how many, and shares by age and sex.

    Parameters
    ----------
    shown : exhibits that have them, by name, with the numbers of their tables.
    """
    surveys = context.child_labour_surveys(place)
    every = catalog.load(context.SURVEYS, counts_as_read=False).loc[surveys.index]
    ages = every["age_low"].astype(str) + "_" + every["age_high"].astype(str)
    number = every["measure"].eq("working_children")
    table = every.assign(item=(every["measure"] + "." + every["sex"] + ".aged_" + ages).mask(number, ""))
    table = table[number | table["item"].map(MEASURES["published_share"].declares).astype(bool)]
    # A newer survey takes the place of an older one: the id of a figure has no year.
    for row in (
        table.sort_values("date_low", kind="stable", na_position="first")
        .drop_duplicates("item", keep="last")
        .itertuples()
    ):
        yield Finding(
            place,
            "published_share" if row.item else "published_working_children",
            row.item,
            **read(shown, FACT, surveys.loc[row.Index]),
            period=span(row.date_low, row.date_high),
            method=TEXT["published_method"].format(population=row.population),
            limits=TEXT["published_limits"],
        )


def _over_definitions(table: pd.DataFrame, row: pd.Series) -> tuple[pd.Series, tuple[str, ...]]:
    """A figure with the bounds of all that count chores and are of its year, if these differ by half; their sources."""
    every = pd.concat([row.to_frame().T, _of_the_same_year(table, row)])
    every = every[every["definition"].str.startswith(published.WITH_CHORES)]
    low, high = (row["low"], row["high"]) if every.empty else (every["low"].min(), every["high"].max())
    if high < HALF_AS_MUCH_AGAIN * low:
        return row, (row["source_id"],)
    wide = pd.Series({**row, "low": low, "high": high, "value_qualifier": "range"})
    return wide, tuple(dict.fromkeys([row["source_id"], *every["source_id"]]))


def _of_the_same_year(table: pd.DataFrame, row: pd.Series) -> pd.DataFrame:
    """Other figures of all children for the same year and concept."""
    same = ["area_id", "place", "concept", "measure", "sex", "population_group"]
    alike = (table[same] == row[same]).all(axis=1) & (table["estimate_id"] != row["estimate_id"])
    return table[alike & table["period_end"].dt.year.eq(row["period_end"].year)]


def _others(table: pd.DataFrame, row: pd.Series) -> str:
    """Other figures of all children for the same year and concept, as a sentence; empty where there is none."""
    others = _of_the_same_year(table, row)
    figures = [f"{other.value} % ({other.definition})" for other in others.itertuples()]
    return TEXT["other_figures_of_the_same"].format(figures="; ".join(figures)) if figures else ""


def detected_of_estimated(place: Area) -> Iterator[Finding]:
    """The share of the estimated that was detected; refused, with the reasons, where no pair is of the same thing."""
    table = published.estimates(place)
    for item, kind in (("measured", MEASURED), ("modelled", MODELLED)):
        of_kind = table[table["kind_of_evidence"].eq(kind)]
        limits = f"{detection.NOT_INCIDENCE} {published.NEVER}" + (f" {published.CONTESTED}" * (kind == MODELLED))
        state = partial(Finding, place, DETECTED_OF, item, method=OF_HOW_MANY, limits=limits)
        if of_kind.empty:
            yield state(status=NOT_READ, why=TEXT["detected_of_estimated_why"].format(item=item))
            continue
        pairs, why_not = published.compared(place, of_kind)
        if not pairs:
            yield state(status=REFUSED, why="; ".join(published.reasons(why_not, len(of_kind))))
            continue
        row, share = max(pairs, key=lambda pair: pair[0].period_end)
        yield state(
            **between(100 * share.share_low, 100 * share.share_high),
            period=span(row.period_start, row.period_end),
            source_ids=(row.source_id,),
        )


def _published(
    place: Area, measure: str, item: str, row: pd.Series, method: str, limits: str, shown: Shown, scale: float = 1.0
) -> Finding:
    """A published figure as a finding, in the measure's unit; in another than that of `scale` 1 no exhibit has it."""
    of = f"{row['population_group']}{published.ages(row)}" + (f", {row['place']}" if row["place"] else "")
    method = f"{method}. {row['study']}: {row['definition']}; of {of}. {READ[row['read_from']]}."
    scaled = row.copy()
    scaled["low"], scaled["high"] = row["low"] * scale, row["high"] * scale
    stated = printed(scaled, limits, ("period_start", "period_end"), shown, KEYS_OF_ESTIMATES)
    if row["kind_of_evidence"] == MODELLED:
        stated["source_ids"] += published.CRITICS
    return Finding(place, measure, item, method=method, **stated)


def _slug(place: str) -> str:
    """A group or a place as a part of an item: "Kédougou region" is kedougou_region; no place is the whole country."""
    plain = unicodedata.normalize("NFKD", place).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "_", plain).strip("_") or WHOLE


take_names(__name__)
