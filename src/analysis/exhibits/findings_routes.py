"""Findings of the notebook on routes: routes that reports name, and victims by citizenship."""

from __future__ import annotations

from functools import partial
from typing import Any

import pandas as pd

from analysis import areas, evidence, texts
from analysis.areas import Area
from analysis.exhibits import detection, route
from analysis.exhibits.any_place import take_names
from analysis.exhibits.findings_indicators import Shown, between, tables_of
from analysis.findings.exhibit_rows import find_row
from analysis.findings.finding import EXACT, FIGURE, NOT_READ, NOT_REPORTED, Finding
from analysis.methods import origin_destination
from analysis.methods.mentions import mention_stops

TEXT = texts.of(__name__)

ROLES = ("origin", "transit", "destination", "within")
SENTENCES = TEXT["sentences"]
OTHER_END = TEXT["other_end"].format(sentences=SENTENCES)
# A measure of UNODC's flows -> the direction of `routes.balance`, and what is looked for, in words.
DETECTED = {
    "citizens_detected_abroad": ("out", TEXT["detected_citizens_detected_abroad"]),
    "foreign_citizens_detected": ("in", TEXT["detected_foreign_citizens_detected"]),
}
LATEST, ALL_YEARS, OUTSIDE = "latest", "all_years", "outside"
# The countries at the other end that are asked about in each study, so that ids do not change with what is named: those
# of West Africa, and the country outside that is named most; all others are counted together.
_NEAR = (*areas.ids("west_africa"), "GAB")
PARTNERS = {"turkiye": ("SYR",)}
ELSEWHERE_NAMED = "another_country"
# What tells a row of the exhibit `balance` of one country from others.
BALANCE = ("source", "direction")


def of_routes(
    place: Area, *, flows: pd.DataFrame, sentences: pd.DataFrame, detected: pd.DataFrame, named: pd.DataFrame
) -> list[Finding]:
    """Return mentions of the place by role and by partner, and victims by citizenship.

    Parameters
    ----------
    flows, sentences : what `route.sources_of` gives. detected, named : the matrices of origins and destinations that
        are made of them.
    """
    shown = tables_of([route.balance(place, detected, named)])
    return [*mentioned(place), *partners(place, sentences), *by_citizenship(place, flows, shown)]


def mentioned(place: Area) -> list[Finding]:
    """Return the number of mentions of a place as origin, as transit, as destination, and as both ends of a route."""
    searched = evidence.route_mentions()
    if place.is_local:
        searched = searched[searched["reporting_country"] == place.iso3]
    elif areas.STUDIES[place.study].of_countries:
        searched = searched[searched["reporting_country"].isin(areas.ids(place.study))]
    found = _local_roles(place) if place.is_local else _roles(searched, detection.countries(place))
    state = partial(_counted, place, "route_mentions", searched, method=SENTENCES)
    n = searched["mention_id"].nunique()
    return [state(role, found[found["role"] == role], n=n) for role in ROLES]


def _counted(place: Area, measure: str, searched: pd.DataFrame, item: str, rows: pd.DataFrame, **said: Any) -> Finding:
    """Return the number of mentions; of a country on which no report was read none is known, which is no zero.

    A zero rests on the reports on the place's country that were searched, and cites them.
    """
    state = partial(Finding, place, measure, item, method=said["method"], limits=_limits(place))
    read = set(evidence.readable_reports()["area_id"]) & set(detection.countries(place))
    if rows.empty and not read:
        country = detection.whose(place).removesuffix(" as a whole")
        return state(status=NOT_READ, why=TEXT["counted_why"].format(country=country))
    value, period = rows["mention_id"].nunique(), _period(searched["report_year"])
    own = searched[searched["reporting_country"].isin(detection.countries(place))]
    return state(value=value, period=period, n=said["n"], source_ids=route.cited(own if rows.empty else rows))


def _limits(place: Area) -> str:
    said = f"{route.WRITTEN_OF} {route.MISSES[route.MENTIONS]}"
    return f"{said} {TEXT['by_country']}" if len(detection.countries(place)) > 1 else said


def _roles(mentions: pd.DataFrame, own: list[str]) -> pd.DataFrame:
    """Mentions that name one of the countries, a row for each role in which they do: mention_id, role, source_id."""
    origin, destination = mentions["origin"], mentions["destination"]
    stops = mention_stops(mentions)
    passed = stops.loc[(stops["role"] == "transit") & stops["place_id"].isin(own), "person_id"]
    named = {
        "origin": origin.isin(own) & (origin != destination),
        "transit": mentions["mention_id"].astype(str).isin(set(passed)),
        "destination": destination.isin(own) & (origin != destination),
        "within": origin.isin(own) & (origin == destination),
    }
    return pd.concat(
        [mentions.loc[here, ["mention_id", "source_id"]].assign(role=role) for role, here in named.items()]
    )


def _local_roles(place: Area) -> pd.DataFrame:
    """The same for a part of a country, which reports name within their own country alone."""
    table = route.naming(place)
    # One sentence can name it at both ends, in one row.
    both = table["role"].map(lambda roles: {"origin", "destination"} <= set(roles.split(";"))).astype(bool)
    table = table.assign(role=table["role"].str.split(";").mask(both, "within"))
    return table.explode("role")[["mention_id", "source_id", "role"]]


def partners(place: Area, mentions: pd.DataFrame) -> list[Finding]:
    """Return how many mentions name each country at the other end of a route; nothing of a part of a country."""
    if place.is_local:
        return []
    own = detection.countries(place)
    table, asked = _partners(mentions, own), PARTNERS.get(place.study, _NEAR if {*own} & {*_NEAR} else ())
    table = table.assign(item=table["partner"].where(table["partner"].isin(asked), ELSEWHERE_NAMED))
    state = partial(_counted, place, "partner_mentions", mentions, method=OTHER_END)
    n = table["mention_id"].nunique()
    items = [item for item in (*asked, ELSEWHERE_NAMED) if item not in own]
    return [state(item, table[table["item"] == item], n=n) for item in items]


def _partners(mentions: pd.DataFrame, own: list[str]) -> pd.DataFrame:
    """The countries at the other end of routes from or to `own`: mention_id, partner, source_id."""
    ends = []
    for one, other in (("origin", "destination"), ("destination", "origin")):
        here = mentions[mentions[one].isin(own) & ~mentions[other].isin(own)]
        ends.append(here[["mention_id", "source_id"]].assign(partner=here[other]))
    table = pd.concat(ends)
    return table[table["partner"].str.fullmatch("[A-Z]{3}").astype(bool)]


def by_citizenship(place: Area, flows: pd.DataFrame, shown: Shown) -> list[Finding]:
    """Return citizens detected in other countries, and foreign citizens detected: the latest year, and all years.

    Parameters
    ----------
    flows : UNODC's figures by citizenship and detecting country. shown : the exhibit `balance`, which adds all years.
    """
    return [finding for measure in DETECTED for finding in _by_citizenship(place, measure, flows, shown)]


def _by_citizenship(place: Area, measure: str, flows: pd.DataFrame, shown: Shown) -> list[Finding]:
    direction, words = DETECTED[measure]
    limits = TEXT["detected_limits"].format(misses=route.MISSES[route.UNODC])
    if len(detection.countries(place)) > 1:
        limits += f" {TEXT['across']}"
    state = partial(Finding, place, measure, method=f"{TEXT['summed']} {TEXT['cover']}", limits=limits)
    rows = pd.DataFrame() if place.is_local else _flows(place, direction, flows)
    if rows.empty:
        why = (
            TEXT["detected_why"].format(whose=detection.whose(place))
            if place.is_local
            else TEXT["detected_why_unodc_s_release"].format(words=words.format(place=place.name))
        )
        return [state(item, status=NOT_REPORTED, why=why) for item in (LATEST, ALL_YEARS)]
    last = _last_covered(rows)
    asked = [(LATEST, rows[rows["year"] == last], (last, last)), (ALL_YEARS, rows, None)]
    if place.spans_countries and direction == "out":
        asked.append((OUTSIDE, rows[~rows["detected_in"].isin(detection.countries(place))], None))
    found = []
    for item, counted, years in asked:
        row = find_row(shown, BALANCE, {"source": route.DETECTED_VICTIMS, "direction": direction})
        if item == ALL_YEARS and row is not None:
            figures = row.says(interval=EXACT if row.row["low"] == row.row["high"] else FIGURE)
        elif item == OUTSIDE:
            figures = between(counted["low"].sum(), counted["high"].sum(), FIGURE)
        else:
            figures = between(*_summed(place, direction, flows, years), FIGURE)
        found.append(
            state(
                item,
                **figures,
                period=_period(counted["year"]),
                n=counted["detected_in"].nunique(),
                source_ids=route.cited(counted),
            )
        )
    return found


def _last_covered(rows: pd.DataFrame) -> int:
    """The last year with figures of at least half as many detecting countries as the year that has most."""
    cover = rows.groupby("year")["detected_in"].nunique()
    return int(cover.index[2 * cover >= cover.max()].max())


def _flows(place: Area, direction: str, flows: pd.DataFrame) -> pd.DataFrame:
    """The figures of UNODC's flows that leave the countries of a place, or arrive in them."""
    own = flows["citizenship" if direction == "out" else "detected_in"].isin(detection.countries(place))
    return flows[own & (flows["citizenship"] != flows["detected_in"])]


def _summed(place: Area, direction: str, flows: pd.DataFrame, years: tuple[int, int] | None) -> tuple[float, float]:
    """Bounds of the victims that leave, or arrive, added over the countries of a place."""
    own = detection.countries(place)
    matrix = origin_destination.citizenship_matrix(flows, own, years)
    parts = pd.concat([origin_destination.balance(matrix, iso3) for iso3 in own])
    sums = parts[parts["direction"] == direction][["low", "high"]].sum()
    return float(sums["low"]), float(sums["high"])


def _period(years: pd.Series) -> str:
    """Years as a period: "2014", or "2014/2022"; empty where there is none."""
    known = years.dropna().astype(int)
    return "/".join(dict.fromkeys(map(str, (known.min(), known.max())))) if len(known) else ""


take_names(__name__)
