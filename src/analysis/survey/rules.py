"""The rules that the answers of an export must keep: those of the questionnaire, and those between answers."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd

from analysis import texts
from analysis.survey import questionnaire
from analysis.survey.export import Export
from analysis.survey.questionnaire import ASSENT, CONSENT, NONE, RESULT, UNKNOWN, UNKNOWN_NUMBERS, Answers, applies

# Before this day nobody was asked by this questionnaire.
EARLIEST = datetime.date(2020, 1, 1)
WEEK = 168
_WHOLE = re.compile(r"-?\d{1,9}")
_OF_CHORES = ("fetch_water_hours", "firewood_hours", "household_chores_hours")

# (rows as n bool, question or "", rule)
Fault = tuple[np.ndarray, str, str]

REASONS = {rule: text.format(hours=WEEK, earliest=EARLIEST) for rule, text in texts.table(__name__, "reasons").items()}
# Rows with one of these are no visit to a household of their own.
NO_VISIT = ("duplicate", "total", "ragged", "truncated", "encoding")


def of_visits(export: Export, frame: pd.DataFrame | None, last: datetime.date | None) -> Iterator[Fault]:
    """What breaks a rule about the visit, which holds whether or not there was an interview."""
    yield from export.faults
    yield from _repeated(export)
    yield export.uuid == "", "_uuid", "required"
    asked = questionnaire.questions()
    for question in asked[(asked["block"].isin(["visit", "consent"])) | (asked["name"] == "today")].to_dict("records"):
        # Whoever was not heard to consent has not: a consent that is missing is a refusal, and no fault.
        needed = question["name"] == "today" or (question["required"] and question["name"] != CONSENT)
        yield from _of_question(question, export.answers, needed)
    yield from _of_days(export.answers["today"], last)
    if frame is not None:
        units = dict(zip(frame["psu_id"], frame["area_id"], strict=True))
        psu, area = export.answers["psu_id"], export.answers["area_id"]
        known = np.array([unit in units for unit in psu], bool)
        yield (psu != "") & ~known, "psu_id", "unit"
        elsewhere = np.array([units.get(unit, here) != here for unit, here in zip(psu, area, strict=True)], bool)
        yield elsewhere & (area != ""), "psu_id", "area"


def of_interviews(answers: Answers) -> Iterator[Fault]:
    """What breaks a rule in the answers of interviews; to be read of those with consent and assent only."""
    asked = questionnaire.questions()
    for question in asked[~asked["block"].isin(["", "visit", "consent"])].to_dict("records"):
        # Don't know and no answer are answers where the form offers them; where it does not, one is needed.
        needed = question["required"] and not question["unknown"] and question["name"] != "children_ages"
        yield from _of_question(question, answers, needed)
    eligible, age = _numbers(answers["children_eligible"]), _numbers(answers["age"])
    yield answers["children_eligible"] == "", "children_eligible", "required"
    yield ~(eligible >= 1) & (answers["children_eligible"] != ""), "children_eligible", "range"
    listed = np.array([len(text.split()) for text in answers["children_ages"]], float)
    yield (listed > 0) & (listed != eligible), "children_eligible", "counted"
    drawn = _numbers(answers["child_age"])
    yield ~np.isnan(drawn) & ~np.isnan(age) & (drawn != age), "age", "drawn"
    hours = {name: np.where(_numbers(answers[name]) > 0, _numbers(answers[name]), 0) for name in _OF_CHORES}
    worked = _numbers(answers["work_hours"])
    yield sum(hours.values()) + np.where(worked > 0, worked, 0) > WEEK, "work_hours", "hours"


def outcome(answers: Answers) -> np.ndarray:
    """What came of each visit: ``interview``, or why there is none, as n texts.

    ``nobody_home``, ``no_household``, ``no_consent``, ``no_child`` (of 5 to 17 years), ``no_assent``. Nothing but a yes
    is consent, and nothing but a yes is assent.
    """
    result, consent, assent = (answers[name] for name in (RESULT, CONSENT, ASSENT))
    no_child = np.array([text == "0" for text in answers["children_eligible"]], bool)
    conditions = {
        "nobody_home": result == "nobody_home",
        "no_household": result == "no_household",
        "no_consent": consent != "yes",
        "no_child": no_child,
        "no_assent": assent != "yes",
    }
    return np.select(list(conditions.values()), list(conditions), "interview").astype(object)


def _of_question(question: dict[Any, Any], answers: Answers, needed: bool) -> Iterator[Fault]:
    """Faults of one question's answers: what it must be, and whether it should be there."""
    name, texts = question["name"], answers[question["name"]]
    stated = texts != ""
    if question["relevant"] and question["type"] != "calculate":
        relevant = applies(question["relevant"], answers)
        yield stated & ~relevant, name, "skipped"
        # Whether it may be there is settled; what it says is no longer of interest.
        stated = stated & relevant
    else:
        relevant = np.ones(len(texts), bool)
    if needed:
        yield relevant & ~stated, name, "required"
    if question["type"] == "select_one":
        yield stated & ~_each(texts, lambda text: text in question["codes"]), name, "code"
    elif question["type"] == "select_multiple":
        yield stated & ~_each(texts, lambda text: set(text.split()) <= set(question["codes"])), name, "code"
        alone = {NONE, *UNKNOWN}
        together = _each(texts, lambda text: len(set(text.split())) > 1 and bool(alone & set(text.split())))
        yield stated & together, name, "alone"
        later = {code: age for code, age in zip(question["codes"], question["from_age"], strict=True) if age}
        if later:
            age = _numbers(answers["age"])
            lowest = np.array([max((later.get(code, 0) for code in text.split()), default=0) for text in texts], float)
            yield stated & (age < lowest), name, "from_age"
    elif question["type"] == "integer":
        yield from _of_numbers(question, answers, stated)
    if question["pattern"]:
        yield stated & ~_each(texts, lambda text: re.search(question["pattern"], text) is not None), name, "pattern"


def _of_numbers(question: dict[Any, Any], answers: Answers, stated: np.ndarray) -> Iterator[Fault]:
    name, values = question["name"], _numbers(answers[question["name"]])
    yield stated & np.isnan(values), name, "number"
    unknown = np.isin(values, [int(number) for number in UNKNOWN_NUMBERS]) & question["unknown"]
    known = stated & ~np.isnan(values) & ~unknown
    within = (values >= question["low"]) & (values <= question["high"])
    yield known & ~within, name, "range"
    for side, compared in (("at_least", np.less), ("at_most", np.greater)):
        if question[side]:
            bound = _numbers(answers[question[side]])
            # A bound that is not known (-98, -99) bounds nothing.
            yield known & within & (bound >= 0) & compared(values, bound), name, "order"


def _of_days(texts: np.ndarray, last: datetime.date | None) -> Iterator[Fault]:
    days = [day(text) for text in texts]
    no_day = np.array([found is None for found in days], bool)
    yield (texts != "") & no_day, "today", "date"
    late = last or datetime.date.max
    yield np.array([found is not None and not EARLIEST <= found <= late for found in days], bool), "today", "date_range"


def _repeated(export: Export) -> Iterator[Fault]:
    """Forms that stand twice: the same again is left out; of two that differ, neither is taken."""
    rows = pd.DataFrame({"uuid": export.uuid, "hash": export.hashes})
    again = (rows.duplicated() & (rows["uuid"] != "")).to_numpy(bool)
    yield again, "", "duplicate"
    rest = rows[~again & (rows["uuid"] != "")]
    yield _at(len(rows), rest.index[rest["uuid"].duplicated(keep=False)]), "_uuid", "uuid"
    began = pd.DataFrame({name: export.answers[name] for name in ("psu_id", "enumerator_id", "start")})
    began["hash"] = export.hashes
    stated = (began != "").all(axis=1).to_numpy(bool) & ~again
    twice = (began.duplicated() & stated & ~again).to_numpy(bool)
    yield twice, "", "duplicate"
    rest = began[stated & ~twice]
    same = rest.duplicated(["psu_id", "enumerator_id", "start"], keep=False)
    yield _at(len(rows), rest.index[same]), "start", "same_time"


def repeats(export: Export) -> np.ndarray:
    """Whether a form stands for the same visit as one above it, by its number or its time, whatever it says."""
    same_number = pd.Series(export.uuid).duplicated().to_numpy(bool) & (export.uuid != "")
    began = pd.DataFrame({name: export.answers[name] for name in ("psu_id", "enumerator_id", "start")})
    return same_number | (began.duplicated() & (began != "").all(axis=1)).to_numpy(bool)


def _at(length: int, places: pd.Index) -> np.ndarray:
    mask = np.zeros(length, bool)
    mask[places.to_numpy(int)] = True
    return mask


def _each(texts: np.ndarray, holds: Callable[[str], bool]) -> np.ndarray:
    """Whether something holds of each text; distinct texts are asked once."""
    known = {text: holds(text) for text in set(texts)}
    return np.array([known[text] for text in texts], bool)


def _numbers(texts: np.ndarray) -> np.ndarray:
    """Whole numbers as float, NaN where a text is none."""
    known = {text: float(text) if _WHOLE.fullmatch(text) else np.nan for text in set(texts)}
    return np.array([known[text] for text in texts], float)


def day(text: str) -> datetime.date | None:
    """The day of a text such as 2024-01-31, or of a time such as 2024-01-31T10:15:00.000+03:00; None if it is none."""
    try:
        return datetime.date.fromisoformat(text[:10]) if len(text) == 10 or text[10:11] in ("T", " ") else None
    except ValueError:
        return None
