"""Findings of the notebook on referral mechanisms: scores, states and gaps, treaties, corridors, actions.

Each number is read from the row of the exhibit that has it. The scores of a study as a whole, its countries without a
conviction, and the number of treaties that bind one country stand in no exhibit.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Any

import pandas as pd

from analysis import headlines
from analysis.areas import Area
from analysis.exhibits import referral_cooperation, route
from analysis.exhibits.any_place import take_names
from analysis.exhibits.exhibit import Exhibit
from analysis.exhibits.findings_indicators import between
from analysis.exhibits.referral_evidence import (
    AS_OF,
    JUDGED,
    NOT_NO,
    WITHIN,
    area_ids,
    names,
    rows_in,
    sources,
)
from analysis.exhibits.referral_gaps import ALL, GAP_LEVELS, most_severe, state_column
from analysis.exhibits.referral_profile import countries_by_state
from analysis.exhibits.wording import sentences
from analysis.findings.exhibit_rows import from_row
from analysis.findings.finding import BOUNDS, FIGURE, NOT_REPORTED, Finding
from analysis.findings.measures import MEASURES
from analysis.referral import agreements, answers, profiles
from analysis.referral import states as five
from analysis.referral.gaps import NOT_RATED, RULES

# How notes of the evidence say until when a plan is in force: "in force to 2026".
IN_FORCE_TO = re.compile(r"in force to ([^;,]+)")
WINDOW = f"{AS_OF - WITHIN + 1}/{AS_OF}"
RATED = "Gap register: severity follows by rule from the latest answer and from the treaties in force."
LEFT_OPEN = "At least those so rated, at most those whose state is unknown as well."
# What a class of corridors or of actions is called in a finding.
COVERED = {
    agreements.FEW: "own_agreement",
    agreements.REGIONAL: "regional_accord",
    agreements.OTHER: "other_cooperation",
    agreements.NONE_FOUND: "none_found",
}
ACTIONS = {"found": "found", "missed": "missed", "open": "unknown"}


def of_referral_mechanisms(
    place: Area,
    *,
    known: pd.DataFrame,
    states: pd.DataFrame,
    register: pd.DataFrame,
    treaties: pd.DataFrame,
    actions: pd.DataFrame,
    exhibits: Mapping[str, Exhibit],
) -> list[Finding]:
    """Return scores, states and gaps with their counts, treaties, corridors and suggested actions.

    Of the region, in place of the state and the gap of each indicator, how many countries have one and which, how many
    a treaty binds, and how many report no conviction.

    Parameters
    ----------
    known : answers, of `referral_evidence.described`. states : of `referral_evidence.dated_states`.
    register : of `gaps.gaps`. treaties : of `referral_law.treaties`. actions : of `referral_gaps.suggested`.
    exhibits : those of the notebook that the numbers are read from, as scores, answers, gaps, states, treaties,
        corridors and actions.
    """
    if place.is_study:
        each = [
            *countries_with_gap(place, states, exhibits["states"]),
            *countries_bound(place, treaties.sort_index(), exhibits["treaties"]),
            countries_without_conviction(place),
        ]
    else:
        each = [
            *gaps(place, states, register, exhibits["answers"]),
            *each_state(place, states, exhibits["answers"]),
            treaties_bound(place, treaties.sort_index()),
        ]
    return [
        *scores(place, known, exhibits["scores"]),
        *counts(place, states, register, exhibits["gaps"]),
        *each,
        *corridors(place, exhibits["corridors"]),
        *suggested_actions(place, actions, exhibits["actions"]),
    ]


def _read(exhibit: Exhibit, row: pd.Series, key: str, column: str = "low") -> dict[str, Any]:
    """Return what a finding says of a number of an exhibit; two bounds are those that the unknown leaves."""
    found = from_row(exhibit.name, row, (key,), column)
    return found | ({"interval": BOUNDS} if found["interval"] == FIGURE else {})


def _row(exhibit: Exhibit, key: str, value: str) -> pd.Series:
    """Return the row of an exhibit's table that has a value."""
    table = exhibit.table.numbers
    return table[table[key] == value].iloc[0]


def scores(place: Area, known: pd.DataFrame, exhibit: Exhibit) -> Iterator[Finding]:
    """Yield the score of each dimension, and of all of them together, as bounds; of a study they are in no exhibit."""
    asked = answers.scored(rows_in(place, known))
    rows = exhibit.table.numbers
    if place.is_study:
        rows = profiles.profile(asked, ["dimension_id"]).assign(area_id=place.area_id)
        rows = pd.concat([rows, profiles.composite(rows).assign(dimension_id=ALL)])
    for _, row in rows.iterrows():
        whole = row["dimension_id"] == ALL
        number = between(row["low"], row["high"]) if place.is_study else _read(exhibit, row, "label")
        yield Finding(
            place,
            "score",
            "all" if whole else row["dimension_id"],
            **number,
            period=WINDOW,
            n=int(row["indicators"]),
            method=(
                "Mean of the indicators with a scale, as bounds that hold whatever the unknown turns out to be "
                "(Manski, 2003)."
            ),
            source_ids=sources(asked if whole else asked[asked["dimension_id"] == row["dimension_id"]]),
            limits=f"{int(row['known'])} of {int(row['indicators'])} answers are known. {NOT_NO} {JUDGED}",
        )


def counts(place: Area, states: pd.DataFrame, register: pd.DataFrame, exhibit: Exhibit) -> Iterator[Finding]:
    """Yield the indicators by the severity of their most severe gap, as bounds, and by state."""
    every, grave = rows_in(place, states), most_severe(rows_in(place, register))
    row = _row(exhibit, "label", ALL)
    read = partial(_read, exhibit, row, "label")
    asked = int(row["indicators"])
    once = "An indicator counts once for each country, by its most severe gap." if place.is_study else ""
    state = partial(Finding, place, period=WINDOW, limits=sentences(once, NOT_NO, JUDGED))
    for severity in GAP_LEVELS:
        yield state(
            "gaps",
            severity,
            n=asked,
            **read(f"gaps_{severity}_least"),
            method=f"{RATED} {LEFT_OPEN} {severity.capitalize()}: {RULES[severity]}.",
            source_ids=sources(grave[grave["severity"] == severity]),
        )
    method = "Indicators with a scale, answered from public evidence; a measure without a scale has no state."
    in_state = partial(state, method=method)
    unknown = sources(every[every["state"] == five.UNKNOWN])
    yield in_state("indicators_unknown", n=asked, **read(state_column(five.UNKNOWN)), source_ids=unknown)
    by_state = every["unknown_because"].where(every["state"] == five.UNKNOWN, every["state"])
    for name in (five.IN_PLACE, five.PARTLY, five.NOT_IN_PLACE, five.NOT_READ, five.SILENT, five.DOES_NOT_APPLY):
        yield in_state(
            "indicators_in_state",
            name.replace(" ", "_"),
            **read(state_column(name)),
            n=len(every) if name == five.DOES_NOT_APPLY else asked,
            source_ids=sources(every[by_state == name]),
        )


def each_state(place: Area, states: pd.DataFrame, exhibit: Exhibit) -> Iterator[Finding]:
    """Yield the state of each indicator that has a scale and applies; what was read is in the reason of an unknown."""
    for row in _asked(place, states):
        yield _of_indicator(
            place, "state", row, exhibit, "State by rule from the bounds that the evidence leaves on the scale."
        )


def gaps(place: Area, states: pd.DataFrame, register: pd.DataFrame, exhibit: Exhibit) -> Iterator[Finding]:
    """Yield the gap of each indicator that has a scale and applies: its severity, 0 in place, or unknown."""
    grave = most_severe(rows_in(place, register)).set_index("indicator_id").to_dict("index")
    for row in _asked(place, states):
        gap = grave.get(row["indicator_id"])
        if gap is None or gap["severity"] == NOT_RATED:
            yield _of_indicator(place, "gap", row, exhibit, RATED)
            continue
        severity = gap["severity"]
        missing = f"{gap['missing'].rstrip('.')}; {severity}: {RULES[severity]}."
        yield _of_indicator(place, "gap", row | {"source_ids": gap["source_ids"]}, exhibit, f"{RATED} {missing}")


def _asked(place: Area, states: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the states of the indicators that apply to a country."""
    own = rows_in(place, states)
    return own[own["state"] != five.DOES_NOT_APPLY].to_dict("records")


def _of_indicator(place: Area, measure: str, row: dict[str, Any], exhibit: Exhibit, method: str) -> Finding:
    """A state or a gap of an indicator; without a level it is unknown, with what was read in words."""
    state = partial(
        Finding,
        place,
        measure,
        row["indicator_id"],
        period=row["period"],
        source_ids=sources(pd.DataFrame([row])),
        method=method,
        limits=sentences(NOT_NO, JUDGED, _term(row)),
    )
    column = f"{measure}_level"
    shown = _row(exhibit, "indicator_id", row["indicator_id"])
    if not pd.isna(shown[column]):
        return state(**_read(exhibit, shown, "indicator_id", column))
    if row["unknown_because"] == five.NOT_READ:
        return state(status=NOT_REPORTED, why="not read: no public evidence that was read answers it")
    note = row["note"] or "its bounds alone"
    return state(status=NOT_REPORTED, why=f"report silent: what was read does not settle it ({note})")


def _term(row: dict[str, Any]) -> str:
    """A sentence on the end of what is in place for a term, such as a plan, as the notes have it; "" of all else."""
    ends = re.findall(IN_FORCE_TO, row["note"]) if row["state"] == five.IN_PLACE else []
    return (
        f"By what was read it is in force to {' or '.join(dict.fromkeys(ends))}, and not known after." if ends else ""
    )


def countries_with_gap(place: Area, states: pd.DataFrame, exhibit: Exhibit) -> Iterator[Finding]:
    """Yield the number of countries with a gap in each indicator, and which: those rated, and the unknown at most.

    Countries that cannot be asked are not counted, and are named.
    """
    for indicator_id, here in rows_in(place, states).groupby("indicator_id", sort=True):
        row = _row(exhibit, "indicator_id", str(indicator_id))
        yield Finding(
            place,
            "countries_with_gap",
            str(indicator_id),
            **_read(exhibit, row, "indicator_id"),
            period=WINDOW,
            n=int(row["asked"]),
            method=f"{RATED} {LEFT_OPEN} {countries_by_state(here)}",
            source_ids=sources(here[here["state"] != five.DOES_NOT_APPLY]),
            limits=f"Of {row['high'] - row['low']} countries the state is unknown. {NOT_NO} {JUDGED}",
        )


def countries_without_conviction(place: Area) -> Finding:
    """Return the number of countries whose headline number of convictions is zero, and which they are."""
    last = headlines.table(area_ids(), ("convictions",))
    last = last.assign(name=last["area_id"].map(names())).sort_values("name", kind="stable")
    none, unread = last[last["high"].eq(0)], last[last["low"].isna()]
    years = none["period_end"].dt.year
    who = "; ".join(none["name"] + ": " + none["words"]) or "none"
    return Finding(
        place,
        "countries_without_conviction",
        **between(len(none), len(none) + len(unread)),
        period=f"{years.min()}/{years.max()}" if len(none) else "",
        n=len(last),
        method=(
            "The headline number of convictions for trafficking of each country, with its period. "
            f"Zero: {who}. No figure read: {', '.join(unread['name']) or 'none'}."
        ),
        source_ids=sources(none, "source_id"),
        limits=("A figure of no conviction is of its year alone. Convictions for child labour are not counted."),
    )


def treaties_bound(place: Area, treaties: pd.DataFrame) -> Finding:
    """Return the number of treaties that bind a country."""
    low, unknown = (int(treaties["status"].eq(status).sum()) for status in ("bound", "unknown"))
    return _bound(place, "treaties_bound", "", treaties, between(low, low + unknown))


def countries_bound(place: Area, treaties: pd.DataFrame, exhibit: Exhibit) -> Iterator[Finding]:
    """Yield the number of treaties that bind a country, added over the region, and of countries that each binds."""
    every = _read(exhibit, _row(exhibit, "treaty", ALL), "treaty")
    yield _bound(place, "treaties_bound", "", treaties, every, " A treaty counts once for each country.")
    for treaty, here in treaties.groupby("treaty_name", sort=True):
        item = str(treaty).replace(" ", "_")
        item = item if MEASURES["countries_bound"].declares(item) else "another_treaty"
        number = _read(exhibit, _row(exhibit, "treaty_name", str(treaty)), "treaty")
        yield _bound(place, "countries_bound", item, here, number)


def _bound(
    place: Area, measure: str, item: str, treaties: pd.DataFrame, number: Mapping[str, Any], once: str = ""
) -> Finding:
    return Finding(
        place,
        measure,
        item,
        **number,
        n=len(treaties),
        method="Statuses in the treaty collections and reports that were read; one that was not found is left open.",
        source_ids=sources(treaties, "source_id"),
        limits=f"Bound in law, which does not describe practice.{once}",
    )


def corridors(place: Area, exhibit: Exhibit) -> list[Finding]:
    """Return the shares of the corridors that reports name under each class of agreement."""
    first, last = agreements.YEARS
    state = partial(
        Finding,
        place,
        "corridors_covered",
        period=f"{first}/{last}",
        limits=f"{route.WRITTEN_OF} {referral_cooperation.NOT_CODED}",
    )
    method = "Corridors between two countries that US reports name, by the strongest agreement found that covers them."
    if exhibit.table.empty:
        return _none_reported(state, COVERED.values(), method, "no corridor between two countries is named")
    return [
        state(
            COVERED[row["cover"]],
            **_read(exhibit, row, "cover", "corridors_percent"),
            n=int(row["named"]),
            method=f"{method} {row['corridors']} of {row['named']}.",
            source_ids=sources(row.to_frame().T),
        )
        for _, row in exhibit.table.numbers.iterrows()
    ]


def suggested_actions(place: Area, actions: pd.DataFrame, exhibit: Exhibit) -> list[Finding]:
    """Return the shares of the actions that the Labor Department suggested with a gap here, in place, and not known."""
    row = None if exhibit.table.empty else _row(exhibit, "dimension_id", ALL)
    compared = 0 if row is None else int(row["actions"])
    state = partial(
        Finding,
        place,
        "suggested_actions",
        period="/".join(map(str, sorted(set(actions["report_year"])))),
        limits=(
            f"{len(actions) - compared} of {len(actions)} actions have no indicator here. A gap of the same indicator "
            "need not be the same thing: the share is an upper bound."
        ),
    )
    method = "Actions coded by two readers, compared with the gap register."
    if row is None:
        return _none_reported(state, ACTIONS.values(), method, "no suggested action has an indicator here")
    return [
        state(
            item,
            **_read(exhibit, row, "dimension_id", f"{name}_percent"),
            n=compared,
            method=f"{method} {row[name]} of {compared}.",
            source_ids=tuple(dict.fromkeys(actions["source_id"])),
        )
        for name, item in ACTIONS.items()
    ]


def _none_reported(state: Callable[..., Finding], items: Iterable[str], method: str, why: str) -> list[Finding]:
    """Return a finding for each item where there is nothing of which a share could be."""
    return [state(item, method=method, status=NOT_REPORTED, why=why) for item in items]


take_names(__name__)
