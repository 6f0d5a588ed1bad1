"""A survey's export as texts by question, the rules that its answers must keep, and how the fieldwork went.

The export is read whichever way KoboToolbox was told to write its headers. Rules are those of the questionnaire, and
those between answers. The fieldwork is shown interviewer by interviewer: what a supervisor looks at before the answers
are believed.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis import texts
from analysis.catalog import plain, shown
from analysis.intake import sheet as sheets_of_texts
from analysis.intake.pseudonyms import SYNTHETIC_KEY
from analysis.intake.sheet import Sheet, total_rows, undeclared
from analysis.intake.source import ERROR, encoding_and_delimiter, sheets
from analysis.survey import questionnaire
from analysis.survey.questionnaire import ASSENT, CONSENT, NONE, RESULT, UNKNOWN, UNKNOWN_NUMBERS, Answers, applies
from bounded.refusal import Coded

# Where the number of a form stands, in the order in which it is looked for.
IDENTIFIERS = ("_uuid", "meta/instanceID", "instanceID", "respondent_id")
# What a cell of a column for one choice holds.
CHOSEN = {"1": True, "1.0": True, "TRUE": True, "True": True, "0": False, "0.0": False, "FALSE": False, "False": False}
# Of these an export may lack the column: the form computes them, and nothing else follows from them.
_MAY_LACK = ("start", "end", "children_ages", "draw", "child_position", "child_age")
_SYSTEM = "_"
_FRACTION = re.compile(r"(?<=\d)\.0+$")


class ExportError(Coded):
    """An export is not of this questionnaire, or cannot be read as one; the message names file and column."""


@dataclass(frozen=True, eq=False)
class Export:
    """The rows of an export, question by question.

    Parameters
    ----------
    file, sheet : where they stand; "" for the sheet of a CSV file.
    rows : n row numbers as a spreadsheet shows them.
    uuid : n texts, the number that the form gave itself; "" where it is missing.
    answers : name of a question -> n texts, "" where nothing was answered; several codes with a blank between them.
    faults : (rows as n bool, question or "", rule), of the rows as a whole and of cells that hold no answer.
    hashes : n uint64 of all cells but those that the server adds.
    undeclared : columns with content that no question is asked for, by their letters.
    """

    file: str
    sheet: str
    rows: np.ndarray
    uuid: np.ndarray
    answers: dict[str, np.ndarray]
    faults: list[tuple[np.ndarray, str, str]]
    hashes: np.ndarray
    undeclared: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.rows)


def read(file: str | Path, sheet: str = "") -> Export:
    """Read an export with "XML values and headers": .xlsx or CSV, groups in the headers or not.

    Parameters
    ----------
    file : as downloaded. sheet : name of the sheet; "" for the first that is not hidden.

    Raises
    ------
    analysis.intake.source.SourceError : the file cannot be read at all.
    ExportError : the sheet is not there, or lacks a question, or has it twice.
    """
    path = Path(file)
    encoding, delimiter = encoding_and_delimiter(path)
    found = sheets(path, encoding or None, delimiter or None)
    chosen = sheet or next((name for name, rows in found.items() if not rows.hidden), next(iter(found), ""))
    if chosen not in found:
        raise ExportError(
            "unknown_sheet", f"{shown(path)} has no sheet '{chosen}'. It has {len(found)} sheets; name one by `sheet:`."
        )
    # The hashes stay in memory and only compare rows with each other: the key need be no secret.
    content = sheets_of_texts.read(found[chosen], (1,), SYNTHETIC_KEY)
    where = shown(path) + (f", sheet '{chosen}'" if chosen else "")
    single, several = _letters(content, where)
    faults = _whole_rows(content)
    answers: dict[str, np.ndarray] = {}
    asked = questionnaire.questions()
    numbers = set(asked.loc[asked["type"] == "integer", "name"]) | {"children_eligible", "child_age"}
    for name, letter in single.items():
        texts = _texts(content, letter)
        # Programs that take a column with gaps for one of fractions write 7.0 for 7.
        answers[name] = np.array([_FRACTION.sub("", text) for text in texts], object) if name in numbers else texts
        faults += _no_answers(content, letter, name)
    for name, columns in several.items():
        if name in single:
            # The cell says the same; columns for choices are written beside it.
            continue
        answers[name], broken = _chosen(content, columns)
        faults += [(broken, name, "code")] if broken.any() else []
        faults += [fault for letter in columns.values() for fault in _no_answers(content, letter, name)]
    identifier = next(letter for header in IDENTIFIERS if (letter := _named(content, header)))
    uuid = np.array([text.removeprefix("uuid:") for text in _texts(content, identifier)], dtype=object)
    lacking = [name for name in _MAY_LACK if name not in answers]
    answers |= {name: np.full(len(content.rows), "", dtype=object) for name in lacking}
    _require_codes(answers, where)
    letters = [*single.values(), *(letter for columns in several.values() for letter in columns.values()), identifier]
    return Export(
        file=shown(plain(path)),
        sheet=chosen,
        rows=content.rows,
        uuid=uuid,
        answers=answers,
        faults=faults,
        hashes=sheets_of_texts.row_hashes(content.table[sorted(set(letters) - {identifier})], SYNTHETIC_KEY),
        undeclared=tuple(
            letter for letter in undeclared(content, letters) if not _is_of_the_server(content.header.get(letter, ""))
        ),
    )


def _letters(content: Sheet, where: str) -> tuple[dict[str, str], dict[str, dict[str, str]]]:
    """Question -> its column; and of questions with several codes, question -> code -> its column, as far as there."""
    asked = questionnaire.questions().set_index("name")
    single: dict[str, str] = {}
    several: dict[str, dict[str, str]] = {}
    twice: list[str] = []
    for letter, header in content.header.items():
        *groups, last = header.split("/")
        of = groups[-1] if groups else ""
        # The column of a choice is named after question and code: a code can have the name of another question.
        if of in asked.index and asked.at[of, "type"] == "select_multiple":
            if last in asked.at[of, "codes"]:
                twice += [of] if last in several.setdefault(of, {}) else []
                several[of][last] = letter
        elif last in asked.index:
            twice += [last] if last in single else []
            single[last] = letter
    if twice:
        raise ExportError(
            "duplicate_column",
            f"{where}: the question '{twice[0]}' has two columns. Export the form again, in one version.",
        )
    for name, columns in several.items():
        if name not in single and (gone := [code for code in asked.at[name, "codes"] if code not in columns]):
            raise ExportError(
                "missing_choice_column", f"{where}: the question '{name}' has no column for the choice '{gone[0]}'."
            )
    missing = [name for name in asked.index if name not in single and name not in several and name not in _MAY_LACK]
    if missing:
        more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
        raise ExportError(
            "missing_column",
            f"{where}: there is no column for the question '{missing[0]}'{more}. Export all questions with the option "
            "'XML values and headers', from the version of the form that `python -m analysis form questionnaire` "
            "writes.",
        )
    if not any(_named(content, header) for header in IDENTIFIERS):
        raise ExportError(
            "missing_identifier",
            f"{where}: there is no column '_uuid', by which forms are told apart. Export it with them.",
        )
    return single, several


def _require_codes(answers: dict[str, np.ndarray], where: str) -> None:
    """Refuse an export of labels, of which no row could be read."""
    name = questionnaire.RESULT
    said = set(answers[name]) - {""}
    if said and not said & set(questionnaire.choices("visit_results")):
        raise ExportError(
            "labels_not_codes",
            f"{where}: no answer to the question '{name}' is a code. Labels were exported in their place: export again "
            f"with the option 'XML values and headers'.",
        )


def _named(content: Sheet, header: str) -> str:
    """The letter of a column, in whatever group it stands; "" if there is none."""
    return next((at for at, name in content.header.items() if name == header or name.endswith(f"/{header}")), "")


def _texts(content: Sheet, letter: str) -> np.ndarray:
    cells = content.table[letter].cat
    distinct = np.array(["" if text == ERROR else text.strip() for text in cells.categories], dtype=object)
    return distinct[cells.codes.to_numpy()] if len(distinct) else np.empty(0, dtype=object)


def _chosen(content: Sheet, columns: dict[str, str]) -> tuple[np.ndarray, np.ndarray]:
    """Codes with a blank between them, from one column a choice; and rows in which a cell says neither yes nor no."""
    found = np.full(len(content.rows), "", dtype=object)
    broken = np.zeros(len(content.rows), bool)
    for code, letter in columns.items():
        texts = _texts(content, letter)
        broken |= np.array([text != "" and text not in CHOSEN for text in texts], bool)
        yes = np.array([CHOSEN.get(text, False) for text in texts], bool)
        found[yes] = [f"{text} {code}".strip() for text in found[yes]]
    return found, broken


def _whole_rows(content: Sheet) -> list[tuple[np.ndarray, str, str]]:
    """Faults of rows as a whole: cut off, too long, spoilt, or a total of others."""
    faults = [(total_rows(content), "", "total")]
    rules = np.array([content.faults.get(int(row), "") for row in content.rows], dtype=object)
    faults += [(rules == rule, "", rule) for rule in ("encoding", "truncated", "ragged")]
    return [fault for fault in faults if fault[0].any()]


def _no_answers(content: Sheet, letter: str, name: str) -> list[tuple[np.ndarray, str, str]]:
    """Cells with a formula, whose result is no answer, and with an error of Excel."""
    error = (content.table[letter] == ERROR).to_numpy(bool)
    formula = np.asarray(content.formulas.get(letter, np.zeros(len(content.rows), bool)), bool)
    return [(mask, name, rule) for mask, rule in ((formula, "formula"), (error, "error")) if mask.any()]


def _is_of_the_server(header: str) -> bool:
    """True if a column is the server's or the form's own, and no answer: ``_id``, ``meta/rootUuid``, ``start``."""
    parts: Sequence[str] = header.split("/")
    return header.startswith(_SYSTEM) or "meta" in parts[:-1] or parts[-1] in ("__version__", "instanceID")


# An interview in fewer minutes can hardly have put all questions; nobody is asked at night.
SHORTEST = 15
NIGHT = (21, 8)
COLUMNS = ("enumerator_id", "visits", "interviews", "median_minutes", "short", "at_night", "overlapping")


def by_enumerator(export: Export, outcome: np.ndarray, broken: np.ndarray) -> pd.DataFrame:
    """Visits and interviews of each interviewer, and interviews at odd times.

    Parameters
    ----------
    outcome : what came of each visit, as `outcomes` gives it. broken : rows in quarantine.

    Returns
    -------
    DataFrame with columns enumerator_id ("" for numbers not written as the form asks, which could be names), visits,
    interviews (those in quarantine are none), median_minutes, and of the interviews: short (fewer than 15 minutes),
    at_night (begun from 21 to 8 o'clock), overlapping (begun before the same interviewer had ended another).
    """
    asked = questionnaire.questions().set_index("name")
    pattern = re.compile(asked.at["enumerator_id", "pattern"])
    began = [_time(text) for text in export.answers["start"]]
    ended = [_time(text) for text in export.answers["end"]]
    minutes = [_minutes(first, last) for first, last in zip(began, ended, strict=True)]
    visits = pd.DataFrame(
        {
            "enumerator_id": [text if pattern.search(text) else "" for text in export.answers["enumerator_id"]],
            "interview": (outcome == "interview") & ~broken,
            "minutes": minutes,
            "began": pd.Series([time.timestamp() if time else np.nan for time in began], dtype=float),
            "hour": [time.hour if time else 12 for time in began],
        }
    )
    rows = []
    for number, own in visits.groupby("enumerator_id", sort=True):
        held = own[own["interview"]].sort_values("began", kind="stable")
        end = held["began"] + 60 * held["minutes"]
        night = (held["hour"] >= NIGHT[0]) | (held["hour"] < NIGHT[1])
        rows.append(
            (
                number,
                len(own),
                len(held),
                held["minutes"].median(),
                int((held["minutes"] < SHORTEST).sum()),
                int(night.sum()),
                int((held["began"] < end.cummax().shift()).sum()),
            )
        )
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _time(text: str) -> datetime.datetime | None:
    """A moment such as 2026-03-01T10:15:00.000+03:00; None where there is none, or it has no time zone."""
    try:
        found = datetime.datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else None


def _minutes(first: datetime.datetime | None, last: datetime.datetime | None) -> float:
    return (last - first).total_seconds() / 60 if first and last else np.nan


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
    """Return what breaks a rule about the visit, which holds with and without an interview."""
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
    """Return what breaks a rule in the answers of interviews; to be read of those with consent and assent only."""
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


def outcomes(answers: Answers) -> np.ndarray:
    """Return the outcome of each visit: ``interview``, or why there is none, as n texts.

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
        yield stated & ~_holds_of(texts, lambda text: text in question["codes"]), name, "code"
    elif question["type"] == "select_multiple":
        yield stated & ~_holds_of(texts, lambda text: set(text.split()) <= set(question["codes"])), name, "code"
        alone = {NONE, *UNKNOWN}
        together = _holds_of(texts, lambda text: len(set(text.split())) > 1 and bool(alone & set(text.split())))
        yield stated & together, name, "alone"
        later = {code: age for code, age in zip(question["codes"], question["from_age"], strict=True) if age}
        if later:
            age = _numbers(answers["age"])
            lowest = np.array([max((later.get(code, 0) for code in text.split()), default=0) for text in texts], float)
            yield stated & (age < lowest), name, "from_age"
    elif question["type"] == "integer":
        yield from _of_numbers(question, answers, stated)
    if question["pattern"]:
        yield stated & ~_holds_of(texts, lambda text: re.search(question["pattern"], text) is not None), name, "pattern"


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
    """Return True for a form of the same visit as one above it, by its number or its time, whatever it says."""
    same_number = pd.Series(export.uuid).duplicated().to_numpy(bool) & (export.uuid != "")
    began = pd.DataFrame({name: export.answers[name] for name in ("psu_id", "enumerator_id", "start")})
    return same_number | (began.duplicated() & (began != "").all(axis=1)).to_numpy(bool)


def _at(length: int, places: pd.Index) -> np.ndarray:
    mask = np.zeros(length, bool)
    mask[places.to_numpy(int)] = True
    return mask


def _holds_of(texts: np.ndarray, holds: Callable[[str], bool]) -> np.ndarray:
    """True where something holds of a text; distinct texts are asked once."""
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
