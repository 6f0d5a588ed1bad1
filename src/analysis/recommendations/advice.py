"""Where a recommendation holds, who is to act there, and what comes first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import pandas as pd

from analysis import areas
from analysis.findings.finding import KNOWN
from analysis.findings.measures import MEASURES
from analysis.recommendations.conditions import (
    MET,
    NOT_KNOWN,
    NOT_MET,
    Row,
    areas_of,
    findings_of,
    leaves,
    state_in,
    state_of,
    undecided,
    undecided_in,
)
from analysis.recommendations.evaluation import evidence_of, reason, rows_of, settled_by
from analysis.recommendations.texts import PRIORITIES, TIME_FRAMES, Authority, Recommendation, Texts, responsible

SHOWN, UNKNOWN, NOT_CONCERNED = "shown", "unknown", "not concerned"
_IN_AREA = {MET: SHOWN, NOT_KNOWN: UNKNOWN, NOT_MET: NOT_CONCERNED, None: NOT_CONCERNED}
DO_FIRST, NEXT, LATER, UNSUPPORTED = "do_first", "next", "later", "unsupported"
GROUPS = (DO_FIRST, NEXT, LATER, UNSUPPORTED)
ORDER = ("recommendation_id", "study", "group", "state", "level", "missing")
# Of a gap: what a treaty that binds the state asks for is absent.
HIGH = max(MEASURES["gap"].levels)


def by_area(recommendation: Recommendation, table: pd.DataFrame) -> pd.DataFrame:
    """What the findings say of a recommendation in each area that it concerns.

    Where its condition is asked area by area, each has its own answer; otherwise the areas that it names share one.

    Parameters
    ----------
    table : of findings.

    Returns
    -------
    DataFrame, one row an area, in the order of the study: area_id; state (``shown``, ``unknown``, ``not concerned``: no
    gap was seen, or what is asked for does not apply there); level of the gap (missing where there is none, or it is
    not known), period, source_ids and finding_ids (each with ``;`` between). Empty where it tells no areas apart.

    Raises
    ------
    UnknownFinding, ConditionError : the condition rests on what does not exist, or could never fail.
    """
    places = _places(recommendation, rows_of(recommendation.rests_on, table))
    return pd.DataFrame(places, columns=list(Place._fields)).astype({"level": "Float64"})


class Place(NamedTuple):
    """What the findings say of a recommendation in an area; `by_area` tells of each field."""

    area_id: str
    state: str
    level: float | None
    period: str
    source_ids: str
    finding_ids: str


def _places(recommendation: Recommendation, rows: Mapping[str, Row]) -> list[Place]:
    condition = recommendation.rests_on
    each = areas_of(condition)
    whole = None if each else state_of(condition, rows)
    asked = [rows[i] for i in dict.fromkeys(i for leaf in leaves(condition) for i in findings_of(leaf)) if i in rows]
    found = []
    for area_id in sorted(recommendation.areas or each, key=areas.ids(recommendation.study).index):
        state = state_in(condition, rows, area_id) if each else whole
        own = [row for row in asked if row["area_id"] == area_id]
        said = (_joined(own, name) for name in ("period", "source_ids", "finding_id"))
        found.append(Place(area_id, _IN_AREA[state], _level(own), *said))
    return found


def _level(rows: Sequence[Row]) -> float | None:
    """The most serious level of a gap among findings; levels count from 0, none seen."""
    graded = [row for row in rows if min(MEASURES[str(row["measure"])].levels, default=-1) == 0]
    known = [float(str(row["low"])) for row in graded if row["status"] == KNOWN and row["low"] == row["high"]]
    return max(known, default=None)


def _joined(rows: Sequence[Row], name: str) -> str:
    said = [part for row in rows if isinstance(cell := row[name], str) for part in cell.split(";") if part]
    return ";".join(dict.fromkeys(said))


def bodies(recommendation: Recommendation, area_id: str = "") -> tuple[Authority, ...]:
    """The named bodies that are to act in an area, or for the study; none where no source that was read names one.

    Parameters
    ----------
    area_id : of the recommendation's study; left out, the only area that it is about, or the study as a whole.
    """
    only = recommendation.areas[0] if len(recommendation.areas) == 1 else ""
    return responsible(
        recommendation.bodies,
        recommendation.study,
        only if area_id in ("", recommendation.study) else area_id,
        recommendation.role,
        recommendation.authorities,
    )


def addressees(recommendation: Recommendation, area_id: str = "", language: str = "en") -> tuple[str, ...]:
    """Who is to act, by name; the authority in general where no body is named. Parameters as `bodies`."""
    named = tuple(body.called(language) for body in bodies(recommendation, area_id))
    return named or (recommendation.addressee.get(language, recommendation.addressee["en"]),)


def group_of(state: str, level: float, priority: str, time_frame: str) -> str:
    """When a recommendation is to be taken up, one of GROUPS.

    Parameters
    ----------
    state : met, not met or not known. level : the most serious of the gaps that it answers; 0 where it answers none.
    """
    if state != MET:
        return UNSUPPORTED
    if level >= HIGH or (priority == PRIORITIES[0] and time_frame == TIME_FRAMES[0]):
        return DO_FIRST
    return NEXT if priority == PRIORITIES[0] else LATER


def order(texts: Texts, table: pd.DataFrame, area_id: str = "", language: str = "en") -> pd.DataFrame:
    """Recommendations in the order in which they are to be taken up.

    First what answers a gap rated high, then by priority and time frame; what the findings do not support, or leave
    open, or what rests on synthetic data comes last, with the evidence that is missing. A gap for which an area has a
    recommendation of its own is answered there, and no more by one to the whole study.

    Parameters
    ----------
    area_id : only what concerns this area, with its state there; what its study as a whole is advised included.
    language : of `missing`.

    Returns
    -------
    DataFrame, one row a recommendation: recommendation_id, study, group (one of GROUPS), state (met, not met, not
    known; in the area, where one is asked for), level of the most serious gap that it answers (0: none), missing.

    Raises
    ------
    UnknownFinding, ConditionError : a condition rests on what does not exist, or could never fail.
    """
    study = areas.get(area_id).study if area_id else ""
    asked = [each for each in texts.recommendations if study in ("", each.study)]
    rows = {each.recommendation_id: rows_of(each.rests_on, table) for each in asked}
    places = {each.recommendation_id: _places(each, rows[each.recommendation_id]) for each in asked}
    own = {i for each in asked if each.areas for place in places[each.recommendation_id] for i in _answered(place)}
    ranked = []
    for each in asked:
        name = each.recommendation_id
        # A gap that has a recommendation of its own is answered there.
        counted = [place for place in places[name] if each.areas or not _ids(place) or not _ids(place) <= own]
        if area_id and places[name]:
            counted = [place for place in counted if place.area_id == area_id and place.state != NOT_CONCERNED]
            if not counted:
                continue
        state, level, missing = _said_of(each, counted, rows[name], area_id, language)
        group = group_of(state, level, each.priority, each.time_frame)
        rank = (
            GROUPS.index(group),
            state == NOT_MET,
            -level if level >= HIGH else 0.0,
            PRIORITIES.index(each.priority),
            TIME_FRAMES.index(each.time_frame),
        )
        ranked.append((rank, (name, each.study, group, state, level, missing)))
    ranked.sort(key=lambda entry: entry[0])
    return pd.DataFrame([row for _, row in ranked], columns=list(ORDER)).astype({"level": float})


def _ids(place: Place) -> set[str]:
    return set(filter(None, place.finding_ids.split(";")))


def _answered(place: Place) -> set[str]:
    return _ids(place) if place.state == SHOWN else set()


def _said_of(
    each: Recommendation, counted: Sequence[Place], rows: Mapping[str, Row], area_id: str, language: str
) -> tuple[str, float, str]:
    """The state of a recommendation, the level of the most serious gap that it answers, and what it lacks to hold.

    Synthetic data support nothing: what rests on them is not known.
    """
    condition = each.rests_on
    if any(rows[i]["kind"] == "synthetic" for i in evidence_of(condition, rows)):
        return NOT_KNOWN, 0.0, reason(condition, rows, language)
    state = state_of(condition, rows)
    if area_id and counted:
        state = MET if any(place.state == SHOWN for place in counted) else NOT_KNOWN
    if state == MET:
        return MET, max((place.level or 0.0 for place in counted if place.state == SHOWN), default=0.0), ""
    if state == NOT_MET:
        return NOT_MET, 0.0, reason(condition, rows, language)
    open_ = undecided_in(condition, rows, area_id) if area_id else undecided(condition, rows)
    return NOT_KNOWN, 0.0, settled_by(open_, rows, language)
