"""Three-valued logic (Kleene, 1938): what is not known decides nothing; what holds however it turns out is known.

The forms of a condition on findings, and what each asks for.

What rows of findings say of a condition, part by part.

Why a condition is met, not met or not known, in words: each finding with its value and what was asked of it.

Conditions on findings: what a recommendation or an activity rests on, as met, not met or not known.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

import pandas as pd
import yaml
from babel.numbers import format_decimal

from analysis.findings.finding import KINDS, KNOWN
from analysis.findings.measures import LOCALES, MEASURES, Measure, area_name, capital, number, title, value_words
from bounded.refusal import Refusal

MET, NOT_MET, NOT_KNOWN = "met", "not met", "not known"
STATES = (MET, NOT_MET, NOT_KNOWN)


def compare(operator: str, one: tuple[float, float], other: tuple[float, float]) -> str:
    """Whether a value between two bounds is above, at least, below, at most or equal to another between two bounds.

    An interval decides only where every value in it gives the same answer.

    Returns
    -------
    One of STATES.
    """
    if operator in ("below", "at_most"):
        return compare({"below": "above", "at_most": "at_least"}[operator], other, one)
    (low, high), (other_low, other_high) = one, other
    if operator == "equals":
        if low == high == other_low == other_high:
            return MET
        return NOT_MET if high < other_low or low > other_high else NOT_KNOWN
    if operator == "above":
        return MET if low > other_high else NOT_MET if high <= other_low else NOT_KNOWN
    return MET if low >= other_high else NOT_MET if high < other_low else NOT_KNOWN


def every(states: Sequence[str]) -> str:
    """Kleene's "and"."""
    return NOT_MET if NOT_MET in states else NOT_KNOWN if NOT_KNOWN in states else MET


def some(states: Sequence[str]) -> str:
    """Kleene's "or"."""
    return MET if MET in states else NOT_KNOWN if NOT_KNOWN in states else NOT_MET


def negated(state: str) -> str:
    """Kleene's "not"."""
    return {MET: NOT_MET, NOT_MET: MET, NOT_KNOWN: NOT_KNOWN}[state]


OPERATORS = ("above", "at_least", "below", "at_most", "equals")
# Of what kind data can be asked to be: `real` is public or confidential, and never invented.
REAL = "real"
ASKED_KINDS = (*KINDS, REAL)


@dataclass(frozen=True)
class Origin:
    """Where a condition is written, and for what: an error says so."""

    file: str
    line: int
    owner: str

    def __str__(self) -> str:
        return f"{self.file}, line {self.line}, {self.owner}"


@dataclass(frozen=True)
class Compared:
    """A finding beside a number in its unit, or beside another finding of that unit, or so many times that."""

    origin: Origin
    finding: str
    operator: str
    against: float | str
    times: float = 1.0


@dataclass(frozen=True)
class OfKind:
    """A finding that is known and follows from data of a kind; it is always decided."""

    origin: Origin
    finding: str
    kind: str


@dataclass(frozen=True)
class InAreas:
    """In how many areas a finding of a measure satisfies a comparison, or is known and of a kind.

    Parameters
    ----------
    measure : with its item, as ``gap.A3``. area_ids : of one study.
    operator, against : the comparison in each area; None where `kind` is asked for.
    count_operator, count : in how many.
    """

    origin: Origin
    measure: str
    study: str
    area_ids: tuple[str, ...]
    operator: str | None
    against: float
    kind: str | None
    count_operator: str
    count: int

    def finding(self, area_id: str) -> str:
        return f"{area_id}/{self.measure}"


@dataclass(frozen=True)
class AllOf:
    parts: tuple[Condition, ...]


@dataclass(frozen=True)
class AnyOf:
    parts: tuple[Condition, ...]


@dataclass(frozen=True)
class Not:
    part: Condition


Leaf = Compared | OfKind | InAreas
Condition = Leaf | AllOf | AnyOf | Not


def is_of_kind(kind: object, asked: str) -> bool:
    """Whether data of a kind are what is asked for, one of ASKED_KINDS."""
    return kind == asked or (asked == REAL and kind in ("public", "confidential"))


def leaves(condition: Condition) -> Iterator[Leaf]:
    """What a condition is made of, in its order."""
    if isinstance(condition, Not):
        yield from leaves(condition.part)
    elif isinstance(condition, AllOf | AnyOf):
        for part in condition.parts:
            yield from leaves(part)
    else:
        yield condition


def findings_of(leaf: Leaf) -> tuple[str, ...]:
    """The ids that a leaf asks for; of areas those that there can be."""
    if isinstance(leaf, InAreas):
        return tuple(leaf.finding(area_id) for area_id in leaf.area_ids)
    if isinstance(leaf, Compared) and isinstance(leaf.against, str):
        return leaf.finding, leaf.against
    return (leaf.finding,)


Row = Mapping[str, object]


def state_of(condition: Condition, rows: Mapping[str, Row]) -> str:
    """What the findings, by id, say of a condition: met, not met or not known."""
    if isinstance(condition, AllOf):
        return every([state_of(part, rows) for part in condition.parts])
    if isinstance(condition, AnyOf):
        return some([state_of(part, rows) for part in condition.parts])
    if isinstance(condition, Not):
        return negated(state_of(condition.part, rows))
    if isinstance(condition, InAreas):
        states = [of_row(condition, rows[i]) for i in findings_of(condition) if i in rows]
        met = states.count(MET)
        count = float(condition.count)
        return compare(condition.count_operator, (met, met + states.count(NOT_KNOWN)), (count, count))
    if isinstance(condition, Compared) and isinstance(condition.against, str):
        one, other = _bounds(rows[condition.finding]), _bounds(rows[condition.against])
        if one is None or other is None:
            return NOT_KNOWN
        return compare(condition.operator, one, (condition.times * other[0], condition.times * other[1]))
    return of_row(condition, rows[condition.finding])


def kind_of(leaf: Leaf) -> str | None:
    """The kind of data that a leaf asks for; None where it compares."""
    return None if isinstance(leaf, Compared) else leaf.kind


def of_row(leaf: Leaf, row: Row) -> str:
    """What one finding says of a comparison with a number, or of a kind."""
    if isinstance(leaf, OfKind) or (isinstance(leaf, InAreas) and leaf.kind):
        return MET if row["status"] == KNOWN and is_of_kind(row["kind"], str(leaf.kind)) else NOT_MET
    bounds = _bounds(row)
    against = float(leaf.against)
    return NOT_KNOWN if bounds is None else compare(str(leaf.operator), bounds, (against, against))


def _bounds(row: Row) -> tuple[float, float] | None:
    return (float(str(row["low"])), float(str(row["high"]))) if row["status"] == KNOWN else None


def undecided(condition: Condition, rows: Mapping[str, Row]) -> list[str]:
    """The findings that leave a condition open: those of its undecided parts that are not known, or too wide."""
    if state_of(condition, rows) != NOT_KNOWN:
        return []
    if isinstance(condition, AllOf | AnyOf):
        return [finding for part in condition.parts for finding in undecided(part, rows)]
    if isinstance(condition, Not):
        return undecided(condition.part, rows)
    there = [finding for finding in findings_of(condition) if finding in rows]
    if isinstance(condition, InAreas):
        return [finding for finding in there if of_row(condition, rows[finding]) == NOT_KNOWN]
    return [i for i in there if (bounds := _bounds(rows[i])) is None or bounds[0] != bounds[1]]


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
        return f"{_in_words('not', language)} {reason(condition.part, rows, language)}"
    if isinstance(condition, AllOf | AnyOf):
        name = "all" if isinstance(condition, AllOf) else "any"
        parts = [reason(part, rows, language) for part in condition.parts]
        inner = " ".join(f"({place}) {part}" for place, part in enumerate(parts, 1))
        return f"{_in_words(name, language)} {inner}"
    answer = _in_words(state_of(condition, rows), language)
    if isinstance(condition, InAreas):
        return _in_areas(condition, answer, rows, language)
    return _of_finding(condition, answer, rows, language)


def settled_by(finding_ids: Sequence[str], rows: Mapping[str, Row], language: str = "en") -> str:
    """What would settle a condition that is not known: the findings that leave it open, by what they are of."""
    by_title: dict[str, list[str]] = {}
    for finding in dict.fromkeys(finding_ids):
        row = rows[finding]
        by_title.setdefault(title(row, language), []).append(area_name(str(row["area_id"]), language))
    what = "; ".join(f"{named} ({_names(places, language)})" for named, places in by_title.items())
    return _in_words("settled_by", language).format(what=what) if what else ""


def _of_finding(leaf: Compared | OfKind, answer: str, rows: Mapping[str, Row], language: str) -> str:
    row = rows[findings_of(leaf)[0]]
    value = value_words(row, language)
    if isinstance(leaf, OfKind):
        asked = _in_words(f"kind_{leaf.kind}", language)
        if row["status"] == KNOWN and not is_of_kind(row["kind"], leaf.kind):
            value += f" ({_in_words('kind_' + str(row['kind']), language)})"
    else:
        asked = _asked(leaf, row, rows, language)
    return _told("finding", leaf, [row], language, what=_named(row, language), value=value, asked=asked, answer=answer)


def _in_areas(leaf: InAreas, answer: str, rows: Mapping[str, Row], language: str) -> str:
    there = [rows[finding] for finding in findings_of(leaf) if finding in rows]
    places: dict[str, list[str]] = {}
    for row in there:
        places.setdefault(of_row(leaf, row), []).append(area_name(str(row["area_id"]), language))
    met, open_ = places.get(MET, []), places.get(NOT_KNOWN, [])
    return _told(
        "areas" if open_ else "areas_decided",
        leaf,
        there,
        language,
        what=title(there[0], language),
        asked=_in_words(f"kind_{leaf.kind}", language) if leaf.kind else _asked(leaf, there[0], rows, language),
        met=len(met),
        n=len(there),
        names=f" ({_names(met, language)})" if 0 < len(met) < len(there) else "",
        open=f"{len(open_)} ({_names(open_, language)})",
        count=_in_words(leaf.count_operator, language).format(v=leaf.count),
        answer=answer,
    )


def _asked(leaf: Leaf, row: Row, rows: Mapping[str, Row], language: str) -> str:
    """What a value is compared with: a number in the unit of the finding, or another finding."""
    against = getattr(leaf, "against", "")
    if isinstance(against, str):
        other = f"{_named(rows[against], language)}: {value_words(rows[against], language)}"
        if (times := getattr(leaf, "times", 1.0)) != 1:
            other = _in_words("times", language).format(n=format_decimal(times, locale=LOCALES[language]), what=other)
    else:
        other = _number(float(against), row, language)
    return _in_words(str(getattr(leaf, "operator", "")), language).format(v=other)


def _told(name: str, leaf: Leaf, of: Sequence[Row], language: str, **said: object) -> str:
    """A sentence, marked where it follows from invented data; where real data are asked for, these decide nothing."""
    text = capital(_in_words(name, language).format(**said), language)
    kind = kind_of(leaf)
    counted = [row for row in of if kind is None or is_of_kind(row["kind"], kind)]
    return f"SYNTHETIC: {text}" if any(row["kind"] == "synthetic" for row in counted) else text


def _named(row: Row, language: str) -> str:
    return f"{area_name(str(row['area_id']), language)}, {title(row, language)}"


def _number(value: float, row: Row, language: str) -> str:
    measure = MEASURES[str(row["measure"])]
    if measure.levels:
        return measure.levels[int(value)][language]
    return number(value, measure.unit, max(measure.decimals, 0 if value == int(value) else 1), language)


def _names(places: Sequence[str], language: str) -> str:
    more = len(places) - NAMES
    # One more has a name that is no longer than its number.
    if more <= 1:
        return ", ".join(places)
    return ", ".join(places[:NAMES]) + " " + _in_words("more", language).format(n=more)


def _in_words(name: str, language: str) -> str:
    return words()[name][language]


__all__ = ["MET", "NOT_KNOWN", "NOT_MET", "ConditionError", "Evaluated", "UnknownFinding", "evaluate"]

# What a number of a unit can be at all: a condition that every such number meets, or none, says nothing.
_NATURAL = {"percent": (0.0, 100.0), "percent_a_year": (-100.0, float("inf"))}
_COUNTED = (0.0, float("inf"))


class ConditionError(Refusal):
    """A condition compares what cannot be compared, or can never fail; the message says which, and where."""


class UnknownFinding(ConditionError):
    """A condition rests on a finding that does not exist; the message names the nearest that do."""


@dataclass(frozen=True)
class Evaluated:
    """What the findings say of a condition.

    Parameters
    ----------
    state : met, not met or not known.
    evidence : ids of the findings that were asked, in the order of the condition; where data of a kind are asked for,
        those of that kind.
    synthetic : whether one of them follows from invented data.
    why : sentences with the values. settled_by : if it is not known, what would settle it; empty otherwise.
    """

    state: str
    evidence: tuple[str, ...]
    synthetic: bool
    why: str
    settled_by: str = ""


def evaluate(condition: Condition, table: pd.DataFrame, language: str = "en") -> Evaluated:
    """Whether a condition is met, by three-valued logic (Kleene, 1938).

    A finding of which nothing is known has a status that says why; an interval decides where all of it satisfies or
    fails the comparison; areas are counted with bounds.

    Parameters
    ----------
    condition : as `reading.read` returns it.
    table : of findings, with the columns `analysis.findings.finding.COLUMNS`.
    language : of the sentences, one of `analysis.findings.measures.LANGUAGES`.

    Raises
    ------
    UnknownFinding : a finding does not exist; file, line, owner, id and the nearest ids are named.
    ConditionError : two findings have different units, or every possible value gives the same answer.
    """
    asked = {finding for leaf in leaves(condition) for finding in findings_of(leaf)}
    part = table[table["finding_id"].isin(asked)]
    rows: dict[str, Row] = {str(row["finding_id"]): row for row in part.to_dict("records")}
    for leaf in leaves(condition):
        _check(leaf, rows, table)
    state = state_of(condition, rows)
    evidence = tuple(
        dict.fromkeys(i for leaf in leaves(condition) for i in findings_of(leaf) if _counts(leaf, rows.get(i)))
    )
    return Evaluated(
        state,
        evidence,
        any(rows[finding]["kind"] == "synthetic" for finding in evidence),
        reason(condition, rows, language),
        settled_by(undecided(condition, rows), rows, language) if state == NOT_KNOWN else "",
    )


def require(finding_ids: Iterable[str], table: pd.DataFrame, where: str) -> None:
    """Raise UnknownFinding for the first id that the table does not have, saying where it stands."""
    known = set(table["finding_id"])
    for finding in finding_ids:
        if finding not in known:
            raise UnknownFinding("unknown_finding", _unknown(where, finding, table))


def _counts(leaf: Leaf, row: Row | None) -> bool:
    """Whether a finding is evidence: invented data are none where real data are asked for."""
    kind = kind_of(leaf)
    return row is not None and (kind is None or is_of_kind(row["kind"], kind))


def _check(leaf: Leaf, rows: Mapping[str, Row], table: pd.DataFrame) -> None:
    """Refuse a leaf whose findings do not exist, differ in unit, or could not fail."""
    if isinstance(leaf, InAreas):
        there = [finding for finding in findings_of(leaf) if finding in rows]
        if not there:
            raise UnknownFinding("unknown_finding", _unknown(str(leaf.origin), leaf.finding(leaf.area_ids[0]), table))
        full = float(leaf.count), float(leaf.count)
        if compare(leaf.count_operator, (0, len(there)), full) != NOT_KNOWN:
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


_SAYS_NOTHING = "so that this is always or never so; a condition must be able to be met, and to fail."


def _possible(measure: Measure) -> tuple[float, float]:
    if measure.levels:
        return float(min(measure.levels)), float(max(measure.levels))
    return _NATURAL.get(measure.unit, _COUNTED)


def _unknown(where: str, finding: str, table: pd.DataFrame) -> str:
    """That a finding does not exist, and which of nearly that name do: of its own area first."""
    area_id, _, _ = finding.partition("/")
    ids = table["finding_id"].astype(str)
    own = ids[ids.str.startswith(f"{area_id}/")].tolist()
    near = difflib.get_close_matches(finding, own, n=3, cutoff=0.5) or difflib.get_close_matches(
        finding, ids.tolist(), n=3, cutoff=0.6
    )
    help_ = f"The nearest are: {', '.join(near)}." if near else "None has nearly that name."
    return f"{where}: there is no finding {finding}. {help_}"
