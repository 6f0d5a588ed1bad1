"""What the notebook on referral mechanisms states: scores, gaps by indicator, treaties, corridors, actions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

import pandas as pd

from analysis import catalog, texts
from analysis.areas import Area
from analysis.findings.finding import NOT_REPORTED, Finding
from analysis.findings.measures import MEASURES
from analysis.referral import agreements, profiles
from analysis.referral.gaps import FOUND, HIGH, LOW, MEDIUM, MISSED, NOT_RATED, OPEN_STATES, RULES, beside_actions
from analysis.sections import referral_law, referral_profile, route
from analysis.sections.any_place import take_names
from analysis.sections.findings_indicators import between
from analysis.sections.referral_evidence import (
    AS_OF,
    JUDGED,
    NOT_NO,
    WITHIN,
    answers,
    dimensions,
    of,
    register,
    scored,
    sources,
)
from analysis.sections.section import sentences

TEXT = texts.of(__name__)

WINDOW = f"{AS_OF - WITHIN + 1}/{AS_OF}"
# Severity of the gravest gap -> the level of the finding; 0 where none was seen.
LEVELS = {LOW: 1, MEDIUM: 2, HIGH: 3}
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
    """Scores, counts of gaps, the gap of each indicator, treaties, corridors and suggested actions.

    Of the region, in place of the gap of each indicator, how many countries have one, and how many a treaty binds.
    """
    each = [*countries_with_gap(place), *countries_bound(place)] if place.is_study else gaps(place)
    return [*scores(place), *counts(place), *each, treaties(place), *corridors(place), *actions(place)]


def scores(place: Area) -> list[Finding]:
    """The score of each dimension, and of all of them together, as bounds."""
    if place.is_study:
        table = profiles.profile(scored(), ["dimension_id"]).assign(area_id=place.area_id)
    else:
        table = of(place, dimensions())
    parts = [*table.assign(item=table["dimension_id"]).to_dict("records")]
    parts += profiles.composite(table).assign(item="all").to_dict("records")
    asked = of(place, scored())
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
    """Indicators by the severity of their gravest gap, as bounds, and those of which nothing is known."""
    asked = of(place, answers())
    grave = referral_profile.gravest(of(place, register()))
    once = TEXT["counts_once"] if place.is_study else ""
    state = partial(
        Finding,
        place,
        period=WINDOW,
        n=int(asked["applies"].sum()),
        limits=sentences(once, NOT_NO, JUDGED),
    )
    number = grave["severity"].value_counts()
    open_ = int(number.get(NOT_RATED, 0))
    found = [
        state(
            measure="gaps",
            item=severity,
            **between(int(number.get(severity, 0)), int(number.get(severity, 0)) + open_),
            method=f"{RATED} {LEFT_OPEN} {severity.capitalize()}: {RULES[severity]}.",
            source_ids=sources(grave[grave["severity"] == severity]),
        )
        for severity in LEVELS
    ]
    unknown = state(
        measure="indicators_unknown",
        value=open_,
        method=TEXT["counts_method"],
        source_ids=sources(grave[grave["severity"] == NOT_RATED]),
    )
    return [*found, unknown]


def gaps(place: Area) -> list[Finding]:
    """The gap of each indicator that applies to a country: none seen, its severity, or that nothing is known."""
    grave = referral_profile.gravest(of(place, register())).set_index("indicator_id").to_dict("index")
    asked = of(place, answers())
    return [
        _gap(place, answer, grave.get(answer["indicator_id"])) for answer in asked[asked["applies"]].to_dict("records")
    ]


def _gap(place: Area, answer: dict, gap: dict | None) -> Finding:
    shown = answer if gap is None else gap
    state = partial(
        Finding,
        place,
        "gap",
        answer["indicator_id"],
        period="" if pd.isna(shown["year"]) else str(int(shown["year"])),
        source_ids=sources(pd.DataFrame([shown])),
        limits=f"{NOT_NO} {JUDGED}",
    )
    if gap is None:
        return state(value=0, method=TEXT["gap_method"].format(rated=RATED))
    if gap["severity"] == NOT_RATED:
        why = TEXT["gap_why"] if gap["source_ids"] else TEXT["gap_why_no_public_evidence"]
        return state(method=RATED, status=NOT_REPORTED, why=why)
    severity = gap["severity"]
    missing = f"{gap['missing'].rstrip('.')}; {severity}: {RULES[severity]}."
    return state(value=LEVELS[severity], method=f"{RATED} {missing}")


def countries_with_gap(place: Area) -> list[Finding]:
    """Of each indicator, how many countries of the region have a gap: those rated at least, the unknown at most."""
    asked = of(place, answers())
    grave = referral_profile.gravest(of(place, register()))
    found = []
    for indicator_id, here in asked[asked["applies"]].groupby("indicator_id", sort=True):
        shown = grave[grave["indicator_id"] == indicator_id]
        rated, unknown = (int((shown["severity"] == NOT_RATED).eq(open_).sum()) for open_ in (False, True))
        limits = TEXT["countries_with_gap_limits"].format(unknown=unknown, not_no=NOT_NO, judged=JUDGED)
        found.append(
            Finding(
                place,
                "countries_with_gap",
                str(indicator_id),
                **between(rated, rated + unknown),
                period=WINDOW,
                n=len(here),
                method=f"{RATED} {LEFT_OPEN}",
                source_ids=sources(here),
                limits=limits,
            )
        )
    return found


def treaties(place: Area) -> Finding:
    """How many of the treaties that were looked up bind a country; of the region, added over its countries."""
    table = of(place, catalog.load("treaties"))
    once = TEXT["treaties_once"] if place.is_study else ""
    return _bound(partial(Finding, place, "treaties_bound"), table, once)


def countries_bound(place: Area) -> Iterator[Finding]:
    """How many countries of the region each treaty binds."""
    table = of(place, catalog.load("treaties"))
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
    """Of the corridors that reports name, the shares under each class of agreement."""
    table = referral_law.covered(place)
    first, last = agreements.YEARS
    method = TEXT["corridors_method"]
    state = partial(
        Finding,
        place,
        "corridors_covered",
        period=f"{first}/{last}",
        limits=f"{route.WRITTEN_OF} {referral_law.NOT_CODED}",
    )
    cited = {
        cover: sources(table[table["cover"] == cover].dropna(subset=["source_ids"])) if len(table) else ()
        for cover in COVERED
    }
    return _shares(state, table["cover"], COVERED, method, cited, TEXT["no_corridor_between_two_countries"])


def actions(place: Area) -> list[Finding]:
    """Of the actions that the Labor Department suggested, the shares with a gap here, without one, and not known."""
    year = referral_profile.COMPARED
    suggestions = referral_profile.suggested(place, year)
    table = beside_actions(suggestions, of(place, register()), of(place, answers()))
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
