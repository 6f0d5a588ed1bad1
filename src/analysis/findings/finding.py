"""Findings: statements that a machine can read, and that say of themselves how far they go.

What a notebook states: its findings as a table for readers, and as rows for the batch; and what waits for lists or a
survey to be stated. `analysis.findings.collected` reads those that the last run collected.
"""

from __future__ import annotations

import html
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from itertools import product
from typing import Any

import pandas as pd

from analysis import areas, headlines, indicators, texts
from analysis.areas import Area
from analysis.findings.measures import MEASURES, area_name, marked_sentence
from analysis.jobs import CASE_RECORDS, SURVEY, tables_of
from bounded.refusal import Refusal

# What is known of a value: it is, or a method refused, or it may not leave, or a source that was read gives none, or
# what would give it was not read.
KNOWN, REFUSED, WITHHELD, NOT_REPORTED, NOT_READ = "known", "refused", "withheld", "not reported", "not read"
STATUSES = (KNOWN, REFUSED, WITHHELD, NOT_REPORTED, NOT_READ)
# What low and high are: the value itself; bounds of a printed figure (`at least`); all that the unknown leaves open;
# a 95 % interval of a sample or a model; or the range over methods.
EXACT, FIGURE, BOUNDS, CONFIDENCE, RANGE = "exact", "figure", "bounds", "confidence", "range"
# Of a headline that is no national total (see `analysis.headlines`): `low` is the largest part that is published, or a
# minimum of the total, and the words after _ say what it is of.
_OF = [kind.replace(" ", "_") for kind in headlines.KINDS]
PARTS = (*(f"part_{kind}" for kind in _OF), *(f"minimum_{kind}" for kind in _OF))
INTERVALS = (EXACT, FIGURE, BOUNDS, CONFIDENCE, RANGE, *PARTS)
KINDS = ("public", "synthetic", "confidential")
# By what a finding may be released (see `analysis.exhibits.exhibit`); one that may not be is no finding.
RELEASE_CLASSES = ("public", "protected", "estimate")
# Of a number with a fraction, more than any of these carries, and the same on every machine.
DIGITS = 6
_ITEM = re.compile(r"[A-Za-z0-9_]+(?:\.[A-Za-z0-9_]+)*")
_DATE = r"\d{4}(?:-\d{2}(?:-\d{2})?)?"
_PERIOD = re.compile(rf"(?:{_DATE}(?:/{_DATE})?)?")


class FindingError(Refusal):
    """A finding contradicts itself, or its measure is not declared; the message says what is wrong."""


@dataclass(frozen=True)
class Finding:
    """One statement of an analysis on one area.

    Parameters
    ----------
    place : the area or study it is about.
    measure : one that is declared in ``findings/measures``; it has the unit, and the sentence in each language.
    item : which of several, as ``unodc`` or ``syrian.out_of_school``; empty where there is one. Each is declared.
    value : the number, in the measure's unit; None where only bounds are known, or nothing is.
    low, high : its bounds or limits; None are those of `value`. `high` may be infinite.
    interval : what `low` and `high` are, one of INTERVALS.
    period : "2020", "2014/2022", "2020-04/2021-03"; empty where there is none.
    n : how many were counted, asked or fitted; None where there is no such number, or it may not leave.
    method : how it was found, in one sentence, with author and year.
    source_ids : where the numbers were read.
    limits : what it does not show, in one or two sentences.
    kind : of what kind the data are that it follows from. release_class : why it may be published.
    status : one of STATUSES. why : if it is not known, the reason.
    confidence : level of `low` and `high`, between 0 and 1, where `interval` is CONFIDENCE.
    per : inhabitants that a rate is for, where they are others than the measure's unit says.
    exhibit, exhibit_row, exhibit_column : where the page has the number, as `exhibit_rows.from_row` gives it; empty
        where no exhibit has it.
    """

    place: Area
    measure: str
    item: str = ""
    value: float | None = None
    low: float | None = None
    high: float | None = None
    interval: str = EXACT
    period: str = ""
    n: int | None = None
    method: str = ""
    source_ids: tuple[str, ...] = ()
    limits: str = ""
    kind: str = "public"
    release_class: str = "public"
    status: str = KNOWN
    why: str = ""
    confidence: float = 0.95
    per: float | None = None
    exhibit: str = ""
    exhibit_row: str = ""
    exhibit_column: str = ""

    def __post_init__(self) -> None:
        """Refuse a finding that contradicts itself: it would be believed."""
        if self.measure not in MEASURES:
            raise FindingError(
                "unknown_measure",
                f"There is no measure '{self.measure}': src/analysis/findings/measures/<analysis>.yml declares those "
                f"of each analysis that has a line in notebooks/analyses.csv.",
            )
        for name, found, allowed in (
            ("interval", self.interval, INTERVALS),
            ("status", self.status, STATUSES),
            ("kind", self.kind, KINDS),
            ("release_class", self.release_class, RELEASE_CLASSES),
        ):
            if found not in allowed:
                raise FindingError(
                    "unknown_choice", f"{self.finding_id}: {name} is '{found}', not one of {', '.join(allowed)}."
                )
        if self.item and (not _ITEM.fullmatch(self.item) or not MEASURES[self.measure].declares(self.item)):
            raise FindingError(
                "unknown_item", f"{self.finding_id}: '{self.item}' is no declared item of {self.measure}."
            )
        if not _PERIOD.fullmatch(self.period):
            raise FindingError(
                "invalid_period",
                f"{self.finding_id}: '{self.period}' is no period, as 2020, 2014/2022 or 2020-04/2021-03.",
            )
        # Synthetic counts that a catalogued table prints are about nobody; what is made of persons has no such source.
        if self.release_class == "public" and (
            self.kind == "confidential" or (self.kind == "synthetic" and not self.source_ids)
        ):
            raise FindingError(
                "not_public", f"{self.finding_id}: what follows from {self.kind} data leaves as protected or estimate."
            )
        if not self.method or not self.limits:
            raise FindingError(
                "missing_method_or_limits", f"{self.finding_id} says no method, or not what it does not show."
            )
        if len({bool(self.exhibit), bool(self.exhibit_row), bool(self.exhibit_column)}) > 1:
            raise FindingError(
                "incomplete_address", f"{self.finding_id} names some of exhibit, row and column: name all, or none."
            )
        self._check_numbers()

    def _check_numbers(self) -> None:
        numbers = [self.value, self.low, self.high]
        if self.status != KNOWN:
            if any(number is not None for number in numbers) or not self.why:
                raise FindingError(
                    "unknown_with_number", f"{self.finding_id} is {self.status}: it has no number, and says why."
                )
            return
        low, high = self.bounds
        if any(number is not None and math.isnan(number) for number in numbers) or low is None or high is None:
            raise FindingError("missing_value", f"{self.finding_id} is known and has no value, or not both bounds.")
        if not (low <= high and (self.value is None or low <= self.value <= high)):
            raise FindingError("outside_interval", f"{self.finding_id}: {low} to {high} does not hold {self.value}.")
        if self.interval == EXACT and low != high:
            raise FindingError("exact_with_interval", f"{self.finding_id} is exact, and lies between {low} and {high}.")

    @property
    def finding_id(self) -> str:
        """``SEN/detected_victims.unodc``: the same in every run, whatever the period."""
        return f"{self.place.area_id}/{self.measure}" + (f".{self.item}" if self.item else "")

    @property
    def bounds(self) -> tuple[float | None, float | None]:
        """Low and high, or the value where there are none."""
        return (self.value if self.low is None else self.low, self.value if self.high is None else self.high)

    @property
    def unit(self) -> str:
        """The unit of the measure; of a rate for other inhabitants than it declares, the unit of that rate."""
        unit = MEASURES[self.measure].unit
        return f"per_{self.per:.0f}" if self.per is not None and unit.startswith("per_") else unit

    def row(self) -> dict[str, object]:
        """Return the finding as a row of the table of findings."""
        low, high = self.bounds
        said = {field.name: getattr(self, field.name) for field in fields(self) if field.name not in ("place", "per")}
        return {
            "finding_id": self.finding_id,
            "study": self.place.study,
            "area_id": self.place.area_id,
            "analysis": MEASURES[self.measure].analysis,
            **said,
            "unit": self.unit,
            "confidence": self.confidence if self.interval == CONFIDENCE and self.status == KNOWN else None,
            "value": rounded(self.value),
            "low": rounded(low),
            "high": rounded(high),
            "source_ids": ";".join(dict.fromkeys(self.source_ids)),
        }


def of_part(kind: str, alone: bool) -> str:
    """Return what the low of a headline is that is of a part: the largest part of no total, or a minimum.

    Parameters
    ----------
    kind : one of `headlines.KINDS`. alone : whether no total and no minimum is published besides.
    """
    return f"{'part' if alone else 'minimum'}_{kind.replace(' ', '_')}"


# The columns of the table of findings; the last three say what a finding was made from, and the two before how sure it
# is (`analysis.findings.confidence`).
COLUMNS = (
    *("finding_id", "study", "area_id", "analysis", "measure", "item", "period", "value", "low", "high", "interval"),
    *("confidence", "unit", "n", "method", "source_ids", "limits", "kind", "release_class", "status", "why"),
    *("exhibit", "exhibit_row", "exhibit_column", "grade", "grade_reasons", "notebook", "notebook_sha256", "inputs"),
)
# Findings of earlier versions do not have these.
GRADED = ("grade", "grade_reasons")
ADDED = ("confidence", "exhibit", "exhibit_row", "exhibit_column", *GRADED)
NUMBERS = ("value", "low", "high", "confidence")


def rounded(number: float | None) -> float | None:
    """A number to six digits; a whole number, None and infinity as they are."""
    if number is None or math.isinf(number) or number == int(number):
        return number
    return float(f"{number:.{DIGITS}g}")


def as_table(rows: list[dict[str, object]]) -> pd.DataFrame:
    """Rows of findings as a table with the types of its columns, in the order of their ids.

    Raises FindingError if two have one id.
    """
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    twice = table.loc[table["finding_id"].duplicated(), "finding_id"]
    if len(twice):
        raise FindingError("duplicate_key", f"{twice.iloc[0]} is stated twice: an id stands for one finding.")
    for name in NUMBERS:
        table[name] = pd.to_numeric(table[name]).astype("float64")
    table["n"] = pd.to_numeric(table["n"]).astype("Int64")
    for name in COLUMNS:
        if name not in (*NUMBERS, "n"):
            table[name] = table[name].astype(object).where(table[name].notna(), "").astype(str)
    return table.sort_values("finding_id", ignore_index=True, kind="stable")


# Type of the notebook output that holds findings, for programs.
FINDINGS = "application/vnd.analysis.findings+json"
# More are folded.
LONGEST_OPEN = 12


@dataclass(frozen=True)
class Recorded:
    """The findings of one notebook; its cell before the limits shows them."""

    rows: tuple[dict[str, object], ...]

    def _repr_mimebundle_(self, **_: object) -> tuple[dict[str, object], dict[str, object]]:
        release_class = "public" if all(row["release_class"] == "public" for row in self.rows) else "protected"
        data: dict[str, object] = {
            "text/html": _table(self.rows),
            "text/plain": "\n".join(str(row["finding_id"]) for row in self.rows),
            FINDINGS: {"findings": [_plain(row) for row in self.rows]},
        }
        return data, {"text/html": {"release_class": release_class}}


def record(findings: Iterable[Finding]) -> Recorded:
    """State findings: the batch collects them, and the report cites them by their ids.

    Raises FindingError if two have one id.
    """
    rows = tuple(finding.row() for finding in findings)
    as_table(list(rows))
    return Recorded(tuple(sorted(rows, key=lambda row: str(row["finding_id"]))))


def stated(outputs: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The findings among outputs of an executed notebook, as rows with numbers again."""
    rows = [row for output in outputs for row in output.get("data", {}).get(FINDINGS, {}).get("findings", [])]
    return [{**row, "high": float("inf") if row["high"] == "inf" else row["high"]} for row in rows]


def _plain(row: dict[str, object]) -> dict[str, object]:
    """A row as JSON has it: infinity is a text."""
    return {name: "inf" if value == float("inf") else value for name, value in row.items()}


def _table(rows: tuple[dict[str, object], ...]) -> str:
    head = "".join(f'<th scope="col">{name}</th>' for name in ("Statement", "n", "Method", "Does not show", "Finding"))
    body = "".join(
        "<tr>"
        + "".join(
            f"<td>{html.escape(str(value))}</td>"
            for value in (
                marked_sentence(row),
                "–" if row["n"] is None else f"{row['n']:,}",
                row["method"],
                row["limits"],
                row["finding_id"],
            )
        )
        + "</tr>"
        for row in rows
    )
    # What follows from synthetic persons alone says so at its head, too.
    mark = "SYNTHETIC · " if rows and all(row["kind"] == "synthetic" for row in rows) else ""
    place = html.escape(area_name(str(rows[0]["area_id"]))) if rows else "None"
    caption = f"{mark}{place}: findings that the report can cite"
    printed = f"<table><caption>{caption}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    if len(rows) > LONGEST_OPEN:
        printed = f"<details><summary>{caption}: table of {len(rows)} rows</summary>{printed}</details>"
    return f'<div class="exhibit">{printed}</div>'


def awaited(study: str) -> list[Finding]:
    """Return what lists and a survey that a study has not yet would state, of each of its areas and of the whole of it.

    It is not reported, with the reason: recommendations and commitments rest on such findings as on any others, and
    what nobody has reported decides nothing.
    """
    TEXT = texts.of(__name__)
    reasons = {CASE_RECORDS: TEXT["none_of_case_records"], SURVEY: TEXT["none_of_survey"]}
    missing = [tables.records for tables in tables_of(study) if not tables.kind]
    places = [areas.get(area_id, study) for area_id in (study, *areas.ids(study))]
    found = []
    for need in missing:
        why, limits = reasons[need].format(name=areas.STUDIES[study].name), TEXT["limits"]
        for place, (measure, item) in product(places, indicators.awaited(study, need)):
            found.append(
                Finding(place, measure, item, status=NOT_REPORTED, why=why, method=TEXT["method"], limits=limits)
            )
    return found
