"""The questionnaire: an XLSForm kept as three CSV files, its skip logic, and to whom each question was put.

``form/survey.csv``, ``form/choices.csv`` and ``form/settings.csv`` are the sheets of the form, the only home of its
names, codes, ranges and skip logic. They have two columns more: ``column``, the column of the table of respondents that
a question fills, and ``asked_of``. The form takes no name, no address, no location and no free text. The occupation is
deliberately not asked: a text or a fine code, beside the sampling unit and the age, can tell who a child is; the sector
and the kind of workplace are asked in its place.

``choices.csv`` has the column ``from_age``: where a question filters its choices by it, a choice is shown to children
of that age or older only. It goes with the form, unlike the two columns above.

Whether a question applies is read off the answers as the form does, by the expressions of the column ``relevant``. A
form knows no "unknown": a question that was not answered is an empty text, which equals nothing but an empty text. What
is evaluated here is the part of XPath that the questionnaire is written in: ``and``, ``or``, ``not()``,
``selected()``, comparisons, ``${name}``, texts and numbers.
"""

from __future__ import annotations

import csv
import datetime
import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import xlsxwriter

from analysis import areas
from analysis.catalog import survey_exports
from analysis.spreadsheets import EXCEL, csv_bytes
from bounded.refusal import Refusal

FORM = Path(__file__).resolve().parent / "form"
SHEETS = ("survey", "choices", "settings")
LANGUAGES = ("English (en)", "Türkçe (tr)", "العربية (ar)")
# Columns that are ours and not the XLSForm's.
_OURS = ("column", "asked_of")
# What says that an answer is not known, in questions with codes and in questions with numbers.
DONT_KNOW, REFUSED, NONE = "dont_know", "refused", "none"
UNKNOWN = (DONT_KNOW, REFUSED)
UNKNOWN_NUMBERS = {"-98": DONT_KNOW, "-99": REFUSED}
# Questions without which nobody is a respondent.
CONSENT, ASSENT, RESULT = "consent_guardian", "assent_child", "visit_result"
# Whether nobody else hears: what could bring a child into danger is asked only then.
IN_PRIVATE = "in_private"
# The filter of choices by the column from_age: what a young child is not asked is not shown.
_OF_AGE = "from_age <= ${age}"
# Lists of choices that hold the areas of the study; a survey of another study is asked with its own in their place.
_OF_AREAS = ("areas", "registration_areas")
_NO_QUESTIONS = ("begin_group", "end_group", "note")
_BOUND = re.compile(r"\. (>=|<=) (?:(-?\d+)|\$\{(\w+)\})")
_PATTERN = re.compile(r"regex\(\., '(.*)'\)")
# A fixed day: the same form is the same bytes whenever it is written.
_CREATED = datetime.datetime(2024, 1, 1)


def sheet(name: str) -> pd.DataFrame:
    """One sheet of the form as texts, "" where empty: ``survey``, ``choices`` or ``settings``."""
    header, *rows = _form_rows(name)
    return pd.DataFrame(rows, columns=header)


@cache
def _form_rows(name: str) -> tuple[tuple[str, ...], ...]:
    with open(FORM / f"{name}.csv", encoding="utf-8", newline="") as file:
        return tuple(map(tuple, csv.reader(file)))


def choices(list_name: str) -> tuple[str, ...]:
    """The codes of a list of choices, in the order in which the form shows them. Raises KeyError if there is none."""
    found = tuple(row[1] for row in _form_rows("choices")[1:] if row[0] == list_name)
    if not found:
        raise KeyError(f"The questionnaire has no list of choices '{list_name}'.")
    return found


def _accepted(list_name: str) -> tuple[str, ...]:
    """The codes that an answer can have: of areas also those of the other studies that have a survey."""
    shown = choices(list_name)
    if list_name not in _OF_AREAS:
        return shown
    asked = [area_id for study in areas.STUDIES if survey_exports(study) for area_id in areas.looked_up(study)]
    return (*shown, *(area_id for area_id in asked if area_id not in shown))


def _from_age(list_name: str) -> tuple[int, ...]:
    """The lowest age at which each choice of a list is shown, 0 where that is any."""
    header, *rows = _form_rows("choices")
    place = header.index("from_age")
    found = {row[1]: int(row[place] or 0) for row in rows if row[0] == list_name}
    return tuple(found.get(code, 0) for code in _accepted(list_name))


def questions() -> pd.DataFrame:
    """Return the questions, one row each, in the order of the form.

    Returns
    -------
    DataFrame with columns name; type (``select_one``, ``select_multiple``, ``integer``, ``text``, ``calculate``,
    ``start``, ``end``, ``today``); codes (tuple of texts, those for not known included; empty where there are none);
    from_age (tuple of whole numbers, the age in years from which each code is offered; 0: at any);
    low, high (whole numbers, NA where there are none: of known answers); at_least, at_most (name of the question whose
    answer is a further bound, or ""); pattern (regular expression of a text, or ""); unknown (whether "don't know" and
    "no answer" are answers: codes ``dont_know`` and ``refused``, numbers -98 and -99); required (bool); relevant (when
    it applies: its own condition and those of its groups, see `relevance.applies`); column (of the table of
    respondents, "" for none); block (its innermost group); asked_of (``enumerator``, ``guardian``, ``child``, or
    ``computed`` by the form); label (in English).
    """
    return _questions().copy()


@cache
def _questions() -> pd.DataFrame:
    rows, groups = [], list[tuple[str, str]]()
    for row in sheet("survey").to_dict("records"):
        kind, _, of = row["type"].partition(" ")
        if kind == "begin_group":
            groups.append((row["name"], row["relevant"]))
        elif kind == "end_group":
            groups.pop()
        if kind in _NO_QUESTIONS:
            continue
        from_file = kind == "select_one_from_file"
        codes = _accepted(of) if of and not from_file else ()
        bounds = _BOUND.findall(row["constraint"]) if kind == "integer" else []
        pattern = _PATTERN.search(row["constraint"])
        rows.append(
            {
                "name": row["name"],
                "type": "text" if from_file else kind,
                "codes": codes,
                "from_age": _from_age(of) if row["choice_filter"] == _OF_AGE else (0,) * len(codes),
                "low": next((int(number) for sign, number, _ in bounds if sign == ">=" and number), None),
                "high": next((int(number) for sign, number, _ in bounds if sign == "<=" and number), None),
                "at_least": next((other for sign, _, other in bounds if sign == ">=" and other), ""),
                "at_most": next((other for sign, _, other in bounds if sign == "<=" and other), ""),
                "pattern": pattern[1] if pattern else "",
                "unknown": set(UNKNOWN) <= set(codes) or all(f". = {n}" in row["constraint"] for n in UNKNOWN_NUMBERS),
                "required": row["required"] == "yes",
                "relevant": _all(*(relevant for _, relevant in groups), row["relevant"]),
                "column": row["column"],
                "block": groups[-1][0] if groups else "",
                "asked_of": row["asked_of"],
                "label": row[f"label::{LANGUAGES[0]}"],
            }
        )
    return pd.DataFrame(rows).astype({"low": "Int64", "high": "Int64"})


def _all(*conditions: str) -> str:
    """Conditions joined by ``and``, each in brackets where there are several."""
    stated = [condition for condition in conditions if condition]
    return stated[0] if len(stated) == 1 else " and ".join(f"({condition})" for condition in stated)


def workbook() -> bytes:
    """The form as an Excel file, as ODK, KoboToolbox and other programs take it; the same bytes each time.

    It is to be uploaded with ``psu.csv``, the list of sampling units, see `units`.
    """
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"in_memory": True, **EXCEL}) as book:
        book.set_properties({"title": sheet("settings").at[0, "form_title"], "created": _CREATED})
        bold = book.add_format({"bold": True})
        for name in SHEETS:
            table = sheet(name).drop(columns=list(_OURS), errors="ignore")
            page = book.add_worksheet(name)
            page.freeze_panes(1, 0)
            page.write_row(0, 0, list(table.columns), bold)
            for number, row in enumerate(table.itertuples(index=False), start=1):
                for place, text in enumerate(row):
                    if text:
                        page.write_string(number, place, text)
    return content.getvalue()


def units(frame: pd.DataFrame) -> bytes:
    """The list of sampling units that the form offers by province, as the file ``psu.csv`` to be uploaded with it.

    Parameters
    ----------
    frame : the sampling units that were drawn, with columns psu_id and area_id.
    """
    table = pd.DataFrame({"name": frame["psu_id"], "label": frame["psu_id"], "area_id": frame["area_id"]})
    return csv_bytes(table.drop_duplicates().sort_values(["area_id", "name"]))


_TOKEN = re.compile(r"\s*(?:(\$\{\w+\})|('[^']*')|(-?\d+(?:\.\d+)?)|(<=|>=|!=|=|<|>|\(|\)|,)|([a-z][\w-]*))")
_NAME = re.compile(r"\$\{(\w+)\}")
_COMPARED: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "=": lambda left, right: left == right,
    "!=": lambda left, right: left != right,
    "<": lambda left, right: left < right,
    "<=": lambda left, right: left <= right,
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
}

Answers = Mapping[str, np.ndarray]


def names(expression: str) -> tuple[str, ...]:
    """The questions that an expression asks about, each once, in their order."""
    return tuple(dict.fromkeys(_NAME.findall(expression)))


def applies(expression: str, answers: Answers) -> np.ndarray:
    """Return where an expression is true.

    Parameters
    ----------
    expression : as in the column ``relevant``; empty: true everywhere.
    answers : name of a question -> n texts, "" where it was not answered.

    Returns
    -------
    Array of n bool.

    Raises
    ------
    ValueError : the expression is not of the part of XPath that is understood, or names a question without answers.
    """
    length = len(next(iter(answers.values()))) if answers else 0
    if not expression:
        return np.ones(length, bool)
    reader = _Reader(expression, answers, length)
    found = reader.either()
    reader.expect_end()
    return found


class _Reader:
    """Goes through the tokens of one expression once, and evaluates it on the way."""

    def __init__(self, expression: str, answers: Answers, length: int) -> None:
        self.expression, self.answers, self.length = expression, answers, length
        self.tokens = _tokens(expression)
        self.at = 0

    def either(self) -> np.ndarray:
        found = self.all_of()
        while self._next_is("or"):
            # Both sides are always read: an expression that stops early would leave tokens behind.
            found = found | self.all_of()
        return found

    def all_of(self) -> np.ndarray:
        found = self.one()
        while self._next_is("and"):
            found = found & self.one()
        return found

    def one(self) -> np.ndarray:
        if self._next_is("("):
            found = self.either()
            self._expect(")")
            return found
        if self._next_is("not"):
            self._expect("(")
            found = ~self.either()
            self._expect(")")
            return found
        if self._next_is("selected"):
            self._expect("(")
            texts = self._value()
            self._expect(",")
            wanted = self._value()
            self._expect(")")
            pairs = zip(texts.tolist(), wanted.tolist(), strict=True)
            return np.array([code in text.split() for text, code in pairs], bool)
        left = self._value()
        if self._peek() not in _COMPARED:
            raise self._not_understood()
        compared = _COMPARED[self._take()]
        right = self._value()
        if left.dtype.kind == "f" or right.dtype.kind == "f":
            left, right = _number(left), _number(right)
        return np.asarray(compared(left, right), bool)

    def expect_end(self) -> None:
        if self.at < len(self.tokens):
            raise self._not_understood()

    def _value(self) -> np.ndarray:
        token = self._take()
        if name := _NAME.fullmatch(token):
            if name[1] not in self.answers:
                raise Refusal(
                    "unknown_question",
                    f"'{self.expression}' asks about the question '{name[1]}', which has no answers.",
                )
            return np.asarray(self.answers[name[1]], dtype=object)
        if token.startswith("'"):
            return np.full(self.length, token[1:-1], dtype=object)
        if re.fullmatch(r"-?\d+(?:\.\d+)?", token):
            return np.full(self.length, float(token))
        raise self._not_understood()

    def _peek(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def _take(self) -> str:
        token = self._peek()
        if not token:
            raise self._not_understood()
        self.at += 1
        return token

    def _next_is(self, token: str) -> bool:
        found = self._peek() == token
        self.at += found
        return found

    def _expect(self, token: str) -> None:
        if not self._next_is(token):
            raise self._not_understood()

    def _not_understood(self) -> ValueError:
        return Refusal(
            "not_understood",
            f"The expression '{self.expression}' is not understood: write it with and, or, not(), selected(), "
            f"comparisons, names as ${{name}}, texts in quotes and numbers.",
        )


def _tokens(expression: str) -> Sequence[str]:
    found, at = [], 0
    text = expression.strip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise Refusal(
                "invalid_expression", f"The expression '{expression}' is not understood at its sign {at + 1}."
            )
        found.append(match[0].strip())
        at = match.end()
    return found


def _number(values: np.ndarray) -> np.ndarray:
    """Numbers of texts; what is no number is NaN, to which nothing compares as true but ``!=``."""
    return values if values.dtype.kind == "f" else pd.to_numeric(pd.Series(values), errors="coerce").to_numpy(float)


def unknown_answers(respondents: pd.DataFrame, by: str | None = None) -> pd.DataFrame:
    """Count, for each question, those to whom it was put and those whose answer is not known.

    A question that was skipped since an earlier answer was "no" was not put; one that was skipped since an earlier
    answer is not known was not put either, and that earlier answer is counted.

    Parameters
    ----------
    respondents : the table of a survey's respondents, one row each.
    by : column of groups that are counted apart.

    Returns
    -------
    DataFrame, one row a question (and group) in the order of the form: column, label (the question, in English), block,
    the column of `by`, asked, unknown (respondents, unweighted).
    """
    # The names themselves: the categories of a column may stand in another order.
    codes, groups = pd.factorize(respondents[by].to_numpy() if by else np.full(len(respondents), ""), sort=True)
    rows = []
    for question, put in _put(respondents):
        put = put & (codes >= 0)
        missing = respondents[question.column].isna().to_numpy() & put
        asked, unknown = (np.bincount(codes[each], minlength=len(groups)) for each in (put, missing))
        rows += [
            (question.column, question.label, question.block, *counted)
            for counted in zip(groups, asked, unknown, strict=True)
        ]
    found = pd.DataFrame(rows, columns=["column", "label", "block", by or "all", "asked", "unknown"])
    return found if by else found.drop(columns="all")


def _put(respondents: pd.DataFrame) -> Iterator[tuple[pd.Series, np.ndarray]]:
    """Each question that an answer was looked for of, and to whom it was put."""
    asked = questions()
    asked = asked[asked["column"].isin(list(respondents)) & ~asked["asked_of"].isin(["computed", "enumerator"])]
    of = dict(zip(asked["name"], asked["column"], strict=True))
    decisive = {name for expression in asked["relevant"] for name in names(expression)}
    answers = {name: _as_answered(respondents[column]) for name, column in of.items() if name in decisive}
    # Whoever is a respondent has agreed, and was met.
    agreed = np.full(len(respondents), "yes", dtype=object)
    # A child that could not talk in private was due these questions too: what it would have said is not known.
    answers |= {CONSENT: agreed, ASSENT: agreed, IN_PRIVATE: agreed}
    for question in asked.itertuples(index=False):
        if set(names(question.relevant)) <= set(answers):
            yield question, applies(question.relevant, answers)


def _as_answered(column: pd.Series) -> np.ndarray:
    """Answers as the form writes them: yes and no, whole numbers, codes, and an empty text for what is not known."""
    if pd.api.types.is_bool_dtype(column):
        column = column.astype("boolean").map({True: "yes", False: "no"})
    elif pd.api.types.is_numeric_dtype(column):
        column = column.astype("Float64").map(lambda value: f"{value:.15g}", na_action="ignore")
    return column.astype(object).where(column.notna(), "").to_numpy()
