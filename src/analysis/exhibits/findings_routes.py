"""Findings of the notebook on routes: routes that reports name, and victims by citizenship."""

from __future__ import annotations

from functools import partial

import pandas as pd

from analysis import texts
from analysis.areas import Area
from analysis.exhibits import detection, route_totals
from analysis.exhibits.any_place import take_names
from analysis.exhibits.route_totals import ALL_YEARS, ELSEWHERE_NAMED, LATEST
from analysis.findings.exhibit_rows import from_row
from analysis.findings.finding import EXACT, FIGURE, NOT_READ, NOT_REPORTED, Finding

TEXT = texts.of(__name__)

SENTENCES = TEXT["sentences"]
OTHER_END = TEXT["other_end"].format(sentences=SENTENCES)
# A measure of UNODC's flows -> the direction of the exhibit, and what is looked for, in words.
DETECTED = {
    "citizens_detected_abroad": ("out", TEXT["detected_citizens_detected_abroad"]),
    "foreign_citizens_detected": ("in", TEXT["detected_foreign_citizens_detected"]),
}


def of_routes(place: Area, *, by_role: pd.DataFrame, by_partner: pd.DataFrame, victims: pd.DataFrame) -> list[Finding]:
    """Return mentions of the place by role and by partner, and victims by citizenship.

    Parameters
    ----------
    by_role, by_partner, victims : from `route_totals.mentions_by_role`, `mentions_by_partner` and
        `victims_by_citizenship`, as their exhibits publish them.
    """
    roles = [_mentions(place, "route_mentions", row, "role", SENTENCES) for _, row in by_role.iterrows()]
    return [*roles, *partners(place, by_partner), *by_citizenship(place, victims)]


def partners(place: Area, table: pd.DataFrame) -> list[Finding]:
    """Return the mentions of each country that the study asks about, and of all others; `table` as for `of_routes`.

    Ids do not change with what is named.
    """
    rows = table.set_index("partner", drop=False)
    asked = (*route_totals.asked_about(place), ELSEWHERE_NAMED) if len(rows) else ()
    return [_mentions(place, "partner_mentions", rows.loc[each], "partner", OTHER_END) for each in asked]


def _mentions(place: Area, measure: str, row: pd.Series, key: str, method: str) -> Finding:
    """Return the mentions of one row; of a country on which no report was read none is known, which is no zero."""
    state = partial(Finding, place, measure, row[key], method=method, limits=route_totals.limits_of_mentions(place))
    if pd.isna(row["mentions"]):
        country = detection.whose(place).removesuffix(" as a whole")
        return state(status=NOT_READ, why=TEXT["counted_why"].format(country=country))
    exhibit = f"mentions_by_{key}"
    more = {"period": row["period"], "n": int(row["n"]), "source_ids": row["source_ids"]}
    return state(**from_row(exhibit, row, (key,), "mentions", EXACT, **more))


def by_citizenship(place: Area, table: pd.DataFrame) -> list[Finding]:
    """Return citizens detected in other countries, and foreign citizens detected; `table` as for `of_routes`."""
    return [finding for measure in DETECTED for finding in _by_citizenship(place, measure, table)]


def _by_citizenship(place: Area, measure: str, table: pd.DataFrame) -> list[Finding]:
    direction, words = DETECTED[measure]
    method = f"{TEXT['summed']} {route_totals.COVER}"
    state = partial(Finding, place, measure, method=method, limits=route_totals.limits_of_victims(place))
    rows = table[table["direction"] == direction]
    if rows.empty:
        why = (
            TEXT["detected_why"].format(whose=detection.whose(place))
            if place.is_local
            else TEXT["detected_why_unodc_s_release"].format(words=words.format(place=place.name))
        )
        return [state(item, status=NOT_REPORTED, why=why) for item in (LATEST, ALL_YEARS)]
    found = []
    for _, row in rows.iterrows():
        interval = EXACT if row["low"] == row["high"] else FIGURE
        more = {name: row[name] for name in ("period", "n", "source_ids")}
        keys = ("direction", "years")
        found.append(state(row["years"], **from_row("victims_by_citizenship", row, keys, "low", interval, **more)))
    return found


take_names(__name__)
