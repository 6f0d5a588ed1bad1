"""Evaluation of every recommendation and of every activity of the pledge by the findings, as tables.

Why a condition is met, not met or not known, is said in words: each finding with its value and what was asked of it.
Where a recommendation holds, who is to act there, and what comes first.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import NamedTuple

import pandas as pd
import yaml
from babel.numbers import format_decimal

from analysis import areas
from analysis.findings.confidence import middle, weakest
from analysis.findings.finding import KNOWN
from analysis.findings.measures import LOCALES, MEASURES, Measure, area_name, capital, number, title, value_words
from analysis.recommendations.authorities import Authority, responsible
from analysis.recommendations.conditions import (
    MET,
    NOT_KNOWN,
    NOT_MET,
    AllOf,
    AnyOf,
    Compared,
    Condition,
    ConditionError,
    InAreas,
    Leaf,
    Not,
    OfKind,
    Row,
    UnknownFinding,
    areas_of,
    compare,
    findings_of,
    is_of_kind,
    kind_of,
    leaf_state,
    leaves,
    of_row,
    state_in,
    state_of,
    undecided,
    undecided_in,
)
from analysis.recommendations.texts import PRIORITIES, TIME_FRAMES, Recommendation, Texts

# More names than these are counted; the findings themselves are listed as evidence.
NAMES = 8


@cache
def words() -> dict[str, dict[str, str]]:
    """Phrases by name and language."""
    file = resources.files("analysis.recommendations") / "templates" / "why.yml"
    return yaml.safe_load(file.read_text(encoding="utf-8"))


def reason(condition: Condition, rows: Mapping[str, Row], language: str = "en") -> str:
    """A condition with what was found, as sentences.

    Parameters
    ----------
    condition : to be explained. rows : the findings it asks for, by id.
    language : one of `analysis.findings.measures.LANGUAGES`.
    """
    if isinstance(condition, Not):
        return f"{words()['not'][language]} {reason(condition.part, rows, language)}"
    if isinstance(condition, AllOf | AnyOf):
        name = "all" if isinstance(condition, AllOf) else "any"
        parts = [reason(part, rows, language) for part in condition.parts]
        inner = " ".join(f"({place}) {part}" for place, part in enumerate(parts, 1))
        return f"{words()[name][language]} {inner}"
    answer = words()[leaf_state(condition, rows)][language]
    if isinstance(condition, InAreas):
        return _in_areas(condition, answer, rows, language)
    return _of_finding(condition, answer, rows, language)


def settled_by(finding_ids: Sequence[str], rows: Mapping[str, Row], language: str = "en") -> str:
    """Return what would settle a condition that is not known: the findings that leave it open, by what they are of."""
    by_title: dict[str, list[str]] = {}
    for finding in dict.fromkeys(finding_ids):
        row = rows[finding]
        by_title.setdefault(title(row, language), []).append(area_name(str(row["area_id"]), language))
    what = "; ".join(f"{named} ({_names(places, language)})" for named, places in by_title.items())
    return words()["settled_by"][language].format(what=what) if what else ""


def _of_finding(leaf: Compared | OfKind, answer: str, rows: Mapping[str, Row], language: str) -> str:
    row = rows[findings_of(leaf)[0]]
    value = value_words(row, language)
    if isinstance(leaf, OfKind):
        asked = words()[f"kind_{leaf.kind}"][language]
        if row["status"] == KNOWN and not is_of_kind(row["kind"], leaf.kind):
            value += f" ({words()['kind_' + str(row['kind'])][language]})"
    else:
        asked = asked_words(leaf, row, rows, language)
    return _told("finding", leaf, [row], language, what=_named(row, language), value=value, asked=asked, answer=answer)


def _in_areas(leaf: InAreas, answer: str, rows: Mapping[str, Row], language: str) -> str:
    there = [rows[finding] for finding in findings_of(leaf) if finding in rows]
    places: dict[str, list[str]] = {}
    for row in there:
        places.setdefault(of_row(leaf, row), []).append(area_name(str(row["area_id"]), language))
    met, open_ = places.get(MET, []), places.get(NOT_KNOWN, [])
    said = {
        "what": title(there[0], language),
        "asked": words()[f"kind_{leaf.kind}"][language] if leaf.kind else asked_words(leaf, there[0], rows, language),
        "answer": answer,
    }
    if leaf.each:
        # All of them: this is what an authority looks for.
        listed = [
            words()[name][language].format(names=", ".join(places[state]))
            for name, state in (("shown_in", MET), ("open_in", NOT_KNOWN), ("rest_in", NOT_MET))
            if state in places
        ]
        return _told("each", leaf, there, language, places="; ".join(listed), **said)
    return _told(
        "areas" if open_ else "areas_decided",
        leaf,
        there,
        language,
        met=len(met),
        n=len(there),
        names=f" ({_names(met, language)})" if 0 < len(met) < len(there) else "",
        open=f"{len(open_)} ({_names(open_, language)})",
        count=words()[leaf.count_operator][language].format(v=leaf.count),
        **said,
    )


def asked_words(leaf: Leaf, row: Row, rows: Mapping[str, Row], language: str) -> str:
    """The value to compare with: a number in the unit of the finding, or another finding."""
    against = getattr(leaf, "against", "")
    if isinstance(against, str):
        other = f"{_named(rows[against], language)}: {value_words(rows[against], language)}"
        if (times := getattr(leaf, "times", 1.0)) != 1:
            other = words()["times"][language].format(n=format_decimal(times, locale=LOCALES[language]), what=other)
    else:
        other = number_words(float(against), row, language)
    return words()[str(getattr(leaf, "operator", ""))][language].format(v=other)


def _told(name: str, leaf: Leaf, of: Sequence[Row], language: str, **said: object) -> str:
    """A sentence, marked where it follows from synthetic data; where real data are asked for, these decide nothing."""
    text = capital(words()[name][language].format(**said), language)
    kind = kind_of(leaf)
    counted = [row for row in of if kind is None or is_of_kind(row["kind"], kind)]
    return f"SYNTHETIC: {text}" if any(row["kind"] == "synthetic" for row in counted) else text


def _named(row: Row, language: str) -> str:
    return f"{area_name(str(row['area_id']), language)}, {title(row, language)}"


def number_words(value: float, row: Row, language: str) -> str:
    measure = MEASURES[str(row["measure"])]
    if measure.levels:
        return measure.levels[int(value)][language]
    return number(value, measure.unit, max(measure.decimals, 0 if value == int(value) else 1), language)


def _names(places: Sequence[str], language: str) -> str:
    more = len(places) - NAMES
    # One more has a name that is no longer than its number.
    if more <= 1:
        return ", ".join(places)
    return ", ".join(places[:NAMES]) + " " + words()["more"][language].format(n=more)


_SAID = ("state", "synthetic", "evidence", "why", "grade")
RECOMMENDATIONS = ("recommendation_id", "study", *_SAID)
PROGRESS = ("commitment_id", "activity", *_SAID)
# What a number of a unit can be at all: a condition that every such number meets, or none, says nothing.
_NATURAL = {"percent": (0.0, 100.0), "percent_a_year": (-100.0, float("inf"))}
_COUNTED = (0.0, float("inf"))
_SAYS_NOTHING = "so that this is always or never so; a condition must be able to be met, and to fail."


@dataclass(frozen=True)
class Evaluated:
    """State of a condition by the findings.

    Parameters
    ----------
    state : met, not met or not known.
    evidence : ids of the findings that were asked, in the order of the condition; where data of a kind are asked for,
        those of that kind.
    synthetic : whether one of them follows from synthetic data.
    why : sentences with the values. settled_by : if it is not known, what would settle it; empty otherwise.
    grade : how sure its evidence is (see `strength_of`); empty where nothing is known.
    """

    state: str
    evidence: tuple[str, ...]
    synthetic: bool
    why: str
    settled_by: str = ""
    grade: str = ""


def evaluate(condition: Condition, table: pd.DataFrame, language: str = "en") -> Evaluated:
    """Evaluate a condition by three-valued logic (Kleene, 1938).

    A finding of which nothing is known has a status that says why; an interval decides where all of it satisfies or
    fails the comparison; areas are counted with bounds, or each answers for itself.

    Parameters
    ----------
    condition : as `reading.read_conditions` returns it.
    table : of findings, with the columns `analysis.findings.finding.COLUMNS`.
    language : of the sentences, one of `analysis.findings.measures.LANGUAGES`.

    Raises
    ------
    UnknownFinding : a finding does not exist; file, line, owner, id and the nearest ids are named.
    ConditionError : two findings have different units, or every possible value gives the same answer.
    """
    rows = rows_of(condition, table)
    state = state_of(condition, rows)
    evidence = evidence_of(condition, rows)
    return Evaluated(
        state,
        evidence,
        any(rows[finding]["kind"] == "synthetic" for finding in evidence),
        reason(condition, rows, language),
        settled_by(undecided(condition, rows), rows, language) if state == NOT_KNOWN else "",
        strength_of(condition, rows),
    )


def strength_of(condition: Condition, rows: Mapping[str, Row]) -> str:
    """Return how sure the evidence of a condition is, one of `analysis.findings.confidence.GRADES`.

    It is the lowest grade of the findings that it asks for; of many areas, the grade that at least half of them reach.
    """
    found = []
    for leaf in leaves(condition):
        grades = [str(rows[each].get("grade", "")) for each in findings_of(leaf) if _counts(leaf, rows.get(each))]
        found.append(middle(grades) if isinstance(leaf, InAreas) else weakest(grades))
    return weakest(found)


def rows_of(condition: Condition, table: pd.DataFrame) -> dict[str, Row]:
    """The findings that a condition asks for, by id. Raises UnknownFinding and ConditionError as `evaluate`."""
    return rows_of_each([condition], table)[0]


def rows_of_each(conditions: Sequence[Condition], table: pd.DataFrame) -> list[dict[str, Row]]:
    """The same of several conditions, for which the table is looked through once."""
    asked = [{finding for leaf in leaves(each) for finding in findings_of(leaf)} for each in conditions]
    part = table[table["finding_id"].isin(set().union(*asked))]
    rows: dict[str, Row] = {str(row["finding_id"]): row for row in part.to_dict("records")}
    found = [{finding: row for finding, row in rows.items() if finding in ids} for ids in asked]
    for condition, own in zip(conditions, found, strict=True):
        for leaf in leaves(condition):
            _check(leaf, own, table)
    return found


def evidence_of(condition: Condition, rows: Mapping[str, Row]) -> tuple[str, ...]:
    """The findings that are evidence for a condition or against it, in its order."""
    asked = ((leaf, i) for leaf in leaves(condition) for i in findings_of(leaf))
    return tuple(dict.fromkeys(i for leaf, i in asked if _counts(leaf, rows.get(i))))


def _counts(leaf: Leaf, row: Row | None) -> bool:
    """True if a finding is evidence: synthetic data are none where real data are asked for."""
    kind = kind_of(leaf)
    return row is not None and (kind is None or is_of_kind(row["kind"], kind))


def _check(leaf: Leaf, rows: Mapping[str, Row], table: pd.DataFrame) -> None:
    """Refuse a leaf whose findings do not exist, differ in unit, or could not fail."""
    if isinstance(leaf, InAreas):
        there = [finding for finding in findings_of(leaf) if finding in rows]
        if not there:
            raise UnknownFinding("unknown_finding", _unknown(str(leaf.origin), leaf.finding(leaf.area_ids[0]), table))
        full = float(leaf.count), float(leaf.count)
        if not leaf.each and compare(leaf.count_operator, (0, len(there)), full) != NOT_KNOWN:
            raise ConditionError(
                "too_few_areas", f"{leaf.origin}: {leaf.measure} is asked of {len(there)} areas only, {_SAYS_NOTHING}"
            )
        measures = [MEASURES[str(rows[there[0]]["measure"])]]
    else:
        for finding in findings_of(leaf):
            if finding not in rows:
                raise UnknownFinding("unknown_finding", _unknown(str(leaf.origin), finding, table))
        measures = [MEASURES[str(rows[finding]["measure"])] for finding in findings_of(leaf)]
    if isinstance(leaf, Compared) and len({measure.unit for measure in measures}) > 1:
        raise ConditionError(
            "units_differ",
            f"{leaf.origin}: {leaf.finding} is in {measures[0].unit} and {leaf.against} in {measures[1].unit}; "
            "compare findings of one unit.",
        )
    if isinstance(leaf, OfKind) or leaf.operator is None or isinstance(leaf.against, str):
        return
    if compare(leaf.operator, _possible(measures[0]), (leaf.against, leaf.against)) != NOT_KNOWN:
        raise ConditionError(
            "condition_always_decided",
            f"{leaf.origin}: {leaf.operator} {leaf.against:g} {measures[0].unit}, {_SAYS_NOTHING}",
        )


def _possible(measure: Measure) -> tuple[float, float]:
    if measure.levels:
        return float(min(measure.levels)), float(max(measure.levels))
    return _NATURAL.get(measure.unit, _COUNTED)


def _unknown(where: str, finding: str, table: pd.DataFrame) -> str:
    """The sentence that a finding does not exist, with those of nearly that name: of its own area first."""
    area_id, _, _ = finding.partition("/")
    ids = table["finding_id"].astype(str)
    own = ids[ids.str.startswith(f"{area_id}/")].tolist()
    near = difflib.get_close_matches(finding, own, n=3, cutoff=0.5) or difflib.get_close_matches(
        finding, ids.tolist(), n=3, cutoff=0.6
    )
    help_ = f"The nearest are: {', '.join(near)}." if near else "None has nearly that name."
    return f"{where}: there is no finding {finding}. {help_}"


def recommendations(texts: Texts, table: pd.DataFrame, language: str = "en") -> pd.DataFrame:
    """Each recommendation with what the findings say of its condition.

    Parameters
    ----------
    texts : of the pledge. table : of findings. language : of `why`.

    Returns
    -------
    DataFrame, one row a recommendation, in their order: recommendation_id, study, state (met, not met, not known),
    synthetic (whether it rests on such data), evidence (ids with ``;`` between), why (with the values; if it is not
    known, with what would settle it), grade (how sure the evidence is).

    Raises
    ------
    UnknownFinding, ConditionError : a condition rests on what does not exist, or could never fail.
    """
    rows = [
        (each.recommendation_id, each.study, *_as_cells(evaluate(each.rests_on, table, language)))
        for each in texts.recommendations
    ]
    return pd.DataFrame(rows, columns=list(RECOMMENDATIONS))


def progress(texts: Texts, table: pd.DataFrame, language: str = "en") -> pd.DataFrame:
    """Each activity of each commitment with what the findings say of it.

    An activity that no finding could show is not known. A recommendation is no evidence, and neither is a text.

    Parameters
    ----------
    texts : of the pledge. table : of findings. language : of `why`.

    Returns
    -------
    DataFrame, one row an activity, in their order: commitment_id, activity (counted from 1), state, synthetic,
    evidence, why, grade.

    Raises
    ------
    UnknownFinding, ConditionError : a condition rests on what does not exist, or could never fail.
    """
    rows = []
    for commitment in texts.commitments:
        for place, activity in enumerate(commitment.activities, 1):
            if activity.rests_on is None:
                found = Evaluated(NOT_KNOWN, (), False, words()["no_finding"][language])
            else:
                found = evaluate(activity.rests_on, table, language)
            rows.append((commitment.commitment_id, place, *_as_cells(found)))
    return pd.DataFrame(rows, columns=list(PROGRESS)).astype({"activity": int})


def check(texts: Texts, table: pd.DataFrame) -> None:
    """Refuse texts whose conditions lean on findings that do not exist.

    Raises
    ------
    UnknownFinding, ConditionError : the first that is wrong, with what exists.
    """
    recommendations(texts, table)
    progress(texts, table)


def _as_cells(found: Evaluated) -> tuple[str, bool, str, str, str]:
    why = f"{found.why} {found.settled_by}".strip()
    return found.state, found.synthetic, ";".join(found.evidence), why, found.grade


SHOWN, UNKNOWN = "shown", "unknown"
# Where a recommendation does not hold: what it asks for is in place; or its gap is a lesser one than it answers; or
# what it rests on is not so there; or cannot be asked there.
IN_PLACE, LESSER, NOT_SO, DOES_NOT_APPLY = "in place", "lesser gap", "not so", "does not apply"
IN_AREA = (SHOWN, LESSER, UNKNOWN, IN_PLACE, NOT_SO, DOES_NOT_APPLY)
CONCERNED = (SHOWN, UNKNOWN)
DO_FIRST, NEXT, LATER, UNSUPPORTED = "do_first", "next", "later", "unsupported"
GROUPS = (DO_FIRST, NEXT, LATER, UNSUPPORTED)
ORDER = ("recommendation_id", "study", "group", "state", "level", "missing")
# Of a gap: what a treaty that binds the state asks for is absent.
HIGH = max(MEASURES["gap"].levels)


def by_area(recommendation: Recommendation, table: pd.DataFrame) -> pd.DataFrame:
    """Return what the findings say of a recommendation in each area that it concerns.

    Where its condition is asked area by area, each has its own answer; otherwise the areas that it names share one.

    Parameters
    ----------
    table : of findings.

    Returns
    -------
    DataFrame, one row an area, in the order of the study: area_id; state (one of IN_AREA); level of the gap (missing
    where there is none, or it is not known), period, source_ids and finding_ids (each with ``;`` between). Empty where
    it tells no areas apart.

    Raises
    ------
    UnknownFinding, ConditionError : the condition rests on what does not exist, or could never fail.
    """
    places = _places(recommendation, rows_of(recommendation.rests_on, table))
    return pd.DataFrame(places, columns=list(Place._fields)).astype({"level": "Float64"})


class Place(NamedTuple):
    """State of a recommendation in an area by the findings; `by_area` tells of each field."""

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
        found.append(Place(area_id, _in_area(state, _level(own)), _level(own), *said))
    return found


def _in_area(state: str | None, level: float | None) -> str:
    """One of IN_AREA, from what the findings say of a condition in an area and the level of the gap there."""
    if state in (MET, NOT_KNOWN):
        return SHOWN if state == MET else UNKNOWN
    if state is None:
        return DOES_NOT_APPLY
    return NOT_SO if level is None else IN_PLACE if level == 0 else LESSER


def _level(rows: Sequence[Row]) -> float | None:
    """The most serious level of a gap among findings; levels count from 0, in place."""
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
    """Return who is to act, by name; the authority in general where no body is named. Parameters as `bodies`."""
    named = tuple(body.called(language) for body in bodies(recommendation, area_id))
    return named or (recommendation.addressee.get(language, recommendation.addressee["en"]),)


def group_of(state: str, level: float, priority: str, time_frame: str) -> str:
    """Return when a recommendation is to be taken up, one of GROUPS.

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
    found = rows_of_each([each.rests_on for each in asked], table)
    rows = {each.recommendation_id: own for each, own in zip(asked, found, strict=True)}
    places = {each.recommendation_id: _places(each, rows[each.recommendation_id]) for each in asked}
    own = {i for each in asked if each.areas for place in places[each.recommendation_id] for i in _answered(place)}
    ranked = []
    for each in asked:
        name = each.recommendation_id
        # A gap that has a recommendation of its own is answered there.
        counted = [place for place in places[name] if each.areas or not _ids(place) or not _ids(place) <= own]
        if area_id and places[name]:
            counted = [place for place in counted if place.area_id == area_id and place.state in CONCERNED]
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
