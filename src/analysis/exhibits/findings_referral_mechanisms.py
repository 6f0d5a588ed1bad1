"""Findings of the notebook on referral mechanisms: scores, states and gaps, treaties, corridors, actions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

import pandas as pd

from analysis import catalog, headlines, texts
from analysis.areas import Area
from analysis.exhibits import referral_cooperation, referral_gaps, referral_profile, route
from analysis.exhibits.any_place import take_names
from analysis.exhibits.findings_indicators import between
from analysis.exhibits.referral_evidence import (
    AS_OF,
    JUDGED,
    NOT_NO,
    WITHIN,
    area_ids,
    dimensions,
    names,
    register,
    rows_in,
    scored,
    sources,
    states,
)
from analysis.exhibits.wording import sentences
from analysis.findings.finding import NOT_REPORTED, Finding
from analysis.findings.measures import MEASURES
from analysis.referral import agreements, profiles
from analysis.referral import states as five
from analysis.referral.gaps import FOUND, HIGH, LOW, MEDIUM, MISSED, NOT_RATED, OPEN_STATES, RULES, beside_actions

TEXT = texts.of(__name__)

WINDOW = f"{AS_OF - WITHIN + 1}/{AS_OF}"
# Severity of the most severe gap -> the level of the finding; 0 of what is in place.
LEVELS = {LOW: 1, MEDIUM: 2, HIGH: 3}
# State -> the level of the finding; an unknown one has none, and of what does not apply nothing is stated.
STATE_LEVELS = {five.IN_PLACE: 0, five.PARTLY: 1, five.NOT_IN_PLACE: 2}
RATED = TEXT["rated"]
LEFT_OPEN = TEXT["left_open"]
COVERED = {
    agreements.FEW: "own_agreement",
    agreements.REGIONAL: "regional_accord",
    agreements.OTHER: "other_cooperation",
    agreements.NONE_FOUND: "none_found",
}
ACTIONS = {FOUND: "found", MISSED: "missed", OPEN_STATES: "unknown"}


def findings(place: Area) -> list[Finding]:
    """Scores, states and gaps with their counts, treaties, corridors and suggested actions.

    Of the region, in place of the state and the gap of each indicator, how many countries have one and which, how many
    a treaty binds, and how many report no conviction.
    """
    each = (
        [*countries_with_gap(place), *countries_bound(place), countries_without_conviction(place)]
        if place.is_study
        else [*gaps(place), *each_state(place)]
    )
    return [*scores(place), *counts(place), *each, treaties(place), *corridors(place), *actions(place)]


def scores(place: Area) -> list[Finding]:
    """The score of each dimension, and of all of them together, as bounds."""
    if place.is_study:
        table = profiles.profile(scored(), ["dimension_id"]).assign(area_id=place.area_id)
    else:
        table = rows_in(place, dimensions())
    parts = [*table.assign(item=table["dimension_id"]).to_dict("records")]
    parts += profiles.composite(table).assign(item="all").to_dict("records")
    asked = rows_in(place, scored())
    state = partial(Finding, place, "score", period=WINDOW, method=TEXT["scored"])
    found = []
    for row in parts:
        here = asked if row["item"] == "all" else asked[asked["dimension_id"] == row["item"]]
        known = TEXT["scores_known"].format(known=int(row["known"]), indicators=int(row["indicators"]))
        about: dict[str, Any] = {
            "n": int(row["indicators"]),
            "source_ids": sources(here),
            "limits": f"{known} {NOT_NO} {JUDGED}",
        }
        found.append(state(row["item"], **about, **between(float(row["low"]), float(row["high"]))))
    return found


def counts(place: Area) -> list[Finding]:
    """Indicators by state, and by the severity of their most severe gap, as bounds."""
    every = rows_in(place, states())
    grave = referral_gaps.most_severe(rows_in(place, register()))
    once = TEXT["counts_once"] if place.is_study else ""
    limits = sentences(once, NOT_NO, JUDGED)
    asked = int(every["state"].ne(five.DOES_NOT_APPLY).sum())
    state = partial(Finding, place, period=WINDOW, limits=limits)
    number = grave["severity"].value_counts()
    open_ = int(number.get(NOT_RATED, 0))
    found = [
        state(
            measure="gaps",
            item=severity,
            n=asked,
            **between(int(number.get(severity, 0)), int(number.get(severity, 0)) + open_),
            method=f"{RATED} {LEFT_OPEN} {severity.capitalize()}: {RULES[severity]}.",
            source_ids=sources(grave[grave["severity"] == severity]),
        )
        for severity in LEVELS
    ]
    unknown = state(
        measure="indicators_unknown",
        value=open_,
        n=asked,
        method=TEXT["counts_method"],
        source_ids=sources(every[every["state"] == five.UNKNOWN]),
    )
    by_state = every["unknown_because"].where(every["state"] == five.UNKNOWN, every["state"])
    items = (five.IN_PLACE, five.PARTLY, five.NOT_IN_PLACE, five.NOT_READ, five.SILENT, five.DOES_NOT_APPLY)
    of_states = [
        state(
            measure="indicators_in_state",
            item=name.replace(" ", "_"),
            value=int((by_state == name).sum()),
            n=len(every) if name == five.DOES_NOT_APPLY else asked,
            method=TEXT["counts_method"],
            source_ids=sources(every[by_state == name]),
        )
        for name in items
    ]
    return [*found, unknown, *of_states]


def each_state(place: Area) -> list[Finding]:
    """The state of each indicator that has a scale and applies to a country; what was read is in the method."""
    asked = rows_in(place, states())
    return [
        _of_indicator(place, "state", row, STATE_LEVELS.get(row["state"]), TEXT["state_method"])
        for row in asked[asked["state"] != five.DOES_NOT_APPLY].to_dict("records")
    ]


def gaps(place: Area) -> list[Finding]:
    """The gap of each indicator that has a scale and applies to a country: its severity, 0 in place, or unknown."""
    grave = referral_gaps.most_severe(rows_in(place, register())).set_index("indicator_id").to_dict("index")
    asked = rows_in(place, states())
    found = []
    for row in asked[asked["state"] != five.DOES_NOT_APPLY].to_dict("records"):
        gap = grave.get(row["indicator_id"])
        if gap is None or gap["severity"] == NOT_RATED:
            level = 0 if gap is None else None
            found.append(_of_indicator(place, "gap", row, level, RATED))
            continue
        severity = gap["severity"]
        missing = f"{gap['missing'].rstrip('.')}; {severity}: {RULES[severity]}."
        shown = {**row, "note": "", "source_ids": gap["source_ids"]}
        found.append(_of_indicator(place, "gap", shown, LEVELS[severity], f"{RATED} {missing}"))
    return found


def _of_indicator(place: Area, measure: str, row: dict, level: int | None, method: str) -> Finding:
    """A state or a gap of an indicator; without a level it is unknown, with what was read in words."""
    state = partial(
        Finding,
        place,
        measure,
        row["indicator_id"],
        period=row["period"],
        source_ids=sources(pd.DataFrame([row])),
        method=method,
        limits=f"{NOT_NO} {JUDGED}",
    )
    if level is not None:
        return state(value=level)
    if row["unknown_because"] == five.NOT_READ:
        return state(status=NOT_REPORTED, why=TEXT["gap_why_no_public_evidence"])
    return state(status=NOT_REPORTED, why=TEXT["gap_why"].format(note=row["note"] or TEXT["no_note"]))


def countries_with_gap(place: Area) -> list[Finding]:
    """Return the number of countries with a gap in each indicator, and which: those rated, and the unknown at most.

    Countries that cannot be asked are not counted, and are named.
    """
    every = rows_in(place, states())
    found = []
    for indicator_id, here in every.groupby("indicator_id", sort=True):
        rated = int(here["state"].isin([five.PARTLY, five.NOT_IN_PLACE]).sum())
        unknown = int(here["state"].eq(five.UNKNOWN).sum())
        asked = here[here["state"] != five.DOES_NOT_APPLY]
        limits = TEXT["countries_with_gap_limits"].format(unknown=unknown, not_no=NOT_NO, judged=JUDGED)
        found.append(
            Finding(
                place,
                "countries_with_gap",
                str(indicator_id),
                **between(rated, rated + unknown),
                period=WINDOW,
                n=len(asked),
                method=f"{RATED} {LEFT_OPEN} {referral_profile.countries_by_state(here)}",
                source_ids=sources(asked),
                limits=limits,
            )
        )
    return found


def countries_without_conviction(place: Area) -> Finding:
    """Return the number of countries whose headline number of convictions is zero, and which they are."""
    last = headlines.table(area_ids(), ("convictions",))
    last = last.assign(name=last["area_id"].map(names())).sort_values("name", kind="stable")
    none, unread = last[last["high"].eq(0)], last[last["low"].isna()]
    years = none["period_end"].dt.year
    who = "; ".join(none["name"] + ": " + none["words"])
    return Finding(
        place,
        "countries_without_conviction",
        **between(len(none), len(none) + len(unread)),
        period=f"{years.min()}/{years.max()}" if len(none) else "",
        n=len(last),
        method=TEXT["without_conviction"].format(
            who=who or TEXT["nobody"], unread=", ".join(unread["name"]) or TEXT["nobody"]
        ),
        source_ids=sources(none, "source_id"),
        limits=TEXT["without_conviction_limits"],
    )


def treaties(place: Area) -> Finding:
    """Return the number of treaties that bind a country; of the region, added over its countries."""
    table = rows_in(place, catalog.load("treaties"))
    once = TEXT["treaties_once"] if place.is_study else ""
    return _bound(partial(Finding, place, "treaties_bound"), table, once)


def countries_bound(place: Area) -> Iterator[Finding]:
    """Return the number of countries of the region that each treaty binds."""
    table = rows_in(place, catalog.load("treaties"))
    for treaty, here in table.groupby("treaty", sort=True):
        item = str(treaty).replace(" ", "_")
        if not MEASURES["countries_bound"].declares(item):
            item = "another_treaty"
        yield _bound(partial(Finding, place, "countries_bound", item), here)


def _bound(state: partial[Finding], table: pd.DataFrame, once: str = "") -> Finding:
    low, unknown = ((table["status"] == status).sum() for status in ("bound", "unknown"))
    return state(
        **between(int(low), int(low + unknown)),
        n=len(table),
        method=TEXT["bound_method"],
        source_ids=sources(table, "source_id"),
        limits=TEXT["bound_limits"].format(once=once),
    )


def corridors(place: Area) -> list[Finding]:
    """Return the shares of the corridors that reports name under each class of agreement."""
    table = referral_cooperation.covered(place)
    first, last = agreements.YEARS
    method = TEXT["corridors_method"]
    state = partial(
        Finding,
        place,
        "corridors_covered",
        period=f"{first}/{last}",
        limits=f"{route.WRITTEN_OF} {referral_cooperation.NOT_CODED}",
    )
    cited = {
        cover: sources(table[table["cover"] == cover].dropna(subset=["source_ids"])) if len(table) else ()
        for cover in COVERED
    }
    return _shares(state, table["cover"], COVERED, method, cited, TEXT["no_corridor_between_two_countries"])


def actions(place: Area) -> list[Finding]:
    """Return the shares of the actions that the Labor Department suggested with a gap here, in place, and not known."""
    year = referral_gaps.COMPARED
    suggestions = referral_gaps.suggested(place, year)
    table = beside_actions(suggestions, rows_in(place, register()), rows_in(place, states()))
    without = len(suggestions) - len(table)
    state = partial(
        Finding,
        place,
        "suggested_actions",
        period=str(year),
        limits=TEXT["actions_limits"].format(without=without, suggestions=len(suggestions)),
    )
    method = TEXT["actions_method"]
    cited = dict.fromkeys(ACTIONS, tuple(dict.fromkeys(suggestions["source_id"])))
    return _shares(state, table["outcome"], ACTIONS, method, cited, TEXT["no_suggested_action_has"])


def _shares(
    state: Callable[..., Finding],
    classes: pd.Series,
    items: Mapping[str, str],
    method: str,
    cited: Mapping[str, tuple[str, ...]],
    why: str,
) -> list[Finding]:
    """The share of each class, as a finding; not reported, with why, where there is nothing to be classed.

    Parameters
    ----------
    state : a finding without its item and numbers. classes : of each thing. items : class -> item of the measure.
    cited : class -> where its things were read.
    """
    if classes.empty:
        return [state(item, method=method, status=NOT_REPORTED, why=why) for item in items.values()]
    number = classes.value_counts()
    return [
        state(
            item,
            value=100 * int(number.get(name, 0)) / len(classes),
            n=len(classes),
            method=f"{method} {number.get(name, 0)} of {len(classes)}.",
            source_ids=cited[name],
        )
        for name, item in items.items()
    ]


take_names(__name__)
