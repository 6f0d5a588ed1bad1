"""Conditions on findings, by three-valued logic (Kleene, 1938): what is not known decides nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from analysis.findings.finding import KINDS, KNOWN, NOT_READ
from bounded.refusal import Refusal

MET, NOT_MET, NOT_KNOWN = "met", "not met", "not known"
STATES = (MET, NOT_MET, NOT_KNOWN)


class ConditionError(Refusal):
    """A condition compares what cannot be compared, or can never fail; the message says which, and where."""


class UnknownFinding(ConditionError):
    """A condition rests on a finding that does not exist; the message names the nearest that do."""


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
# In the place of a number of areas: every area answers for itself.
EACH = "each"
# Of what kind data can be asked to be: `real` is public or confidential, and never synthetic.
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
    """A finding that is known and follows from data of a kind; it is open where what would say so was not read."""

    origin: Origin
    finding: str
    kind: str


@dataclass(frozen=True)
class InAreas:
    """In which areas a finding of a measure satisfies a comparison, or is known and of a kind.

    Parameters
    ----------
    measure : with its item, as ``gap.A3``. area_ids : of one study.
    operator, against : the comparison in each area; None where `kind` is asked for.
    count_operator, count : in how many; or EACH, where each area answers for itself.
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

    @property
    def each(self) -> bool:
        """Whether each area answers for itself."""
        return self.count_operator == EACH

    def finding(self, area_id: str) -> str:
        """The id of the finding on an area."""
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


def areas_of(condition: Condition) -> tuple[str, ...]:
    """The areas that answer each for itself; none where a condition has one answer for all."""
    each = [leaf for leaf in leaves(condition) if isinstance(leaf, InAreas) and leaf.each]
    return tuple(dict.fromkeys(area_id for leaf in each for area_id in leaf.area_ids))


Row = Mapping[str, object]


def state_of(condition: Condition, rows: Mapping[str, Row]) -> str:
    """What the findings, by id, say of a condition: met, not met or not known.

    Where each area answers for itself it is met if it is met in one, and open if it is met in none and open in some.
    """
    states = [state_in(condition, rows, area_id) for area_id in areas_of(condition) or ("",)]
    return some([NOT_MET if state is None else state for state in states])


def state_in(condition: Condition, rows: Mapping[str, Row], area_id: str) -> str | None:
    """What the findings say of a condition in one area; None where what it asks for is not stated of such an area."""
    if isinstance(condition, Not):
        state = state_in(condition.part, rows, area_id)
        return None if state is None else negated(state)
    if isinstance(condition, AllOf | AnyOf):
        parts = [state_in(part, rows, area_id) for part in condition.parts]
        stated = [state for state in parts if state is not None]
        if isinstance(condition, AllOf):
            return every(stated) if len(stated) == len(parts) else None
        return some(stated) if stated else None
    if isinstance(condition, InAreas) and condition.each:
        row = rows.get(condition.finding(area_id)) if area_id in condition.area_ids else None
        return None if row is None else of_row(condition, row)
    return leaf_state(condition, rows)


def leaf_state(leaf: Leaf, rows: Mapping[str, Row]) -> str:
    """What the findings say of one part of a condition, over all areas that it asks."""
    if isinstance(leaf, InAreas):
        states = [of_row(leaf, rows[i]) for i in findings_of(leaf) if i in rows]
        if leaf.each:
            return some(states)
        met, count = states.count(MET), float(leaf.count)
        return compare(leaf.count_operator, (met, met + states.count(NOT_KNOWN)), (count, count))
    if isinstance(leaf, Compared) and isinstance(leaf.against, str):
        one, other = _bounds(rows[leaf.finding]), _bounds(rows[leaf.against])
        if one is None or other is None:
            return NOT_KNOWN
        return compare(leaf.operator, one, (leaf.times * other[0], leaf.times * other[1]))
    return of_row(leaf, rows[leaf.finding])


def kind_of(leaf: Leaf) -> str | None:
    """The kind of data that a leaf asks for; None where it compares."""
    return None if isinstance(leaf, Compared) else leaf.kind


def of_row(leaf: Leaf, row: Row) -> str:
    """What one finding says of a comparison with a number, or of a kind."""
    if kind_of(leaf) is not None:
        if row["status"] == NOT_READ:
            return NOT_KNOWN
        return MET if row["status"] == KNOWN and is_of_kind(row["kind"], str(kind_of(leaf))) else NOT_MET
    assert not isinstance(leaf, OfKind)
    bounds = _bounds(row)
    against = float(leaf.against)
    return NOT_KNOWN if bounds is None else compare(str(leaf.operator), bounds, (against, against))


def _bounds(row: Row) -> tuple[float, float] | None:
    return (float(str(row["low"])), float(str(row["high"]))) if row["status"] == KNOWN else None


def undecided(condition: Condition, rows: Mapping[str, Row]) -> list[str]:
    """The findings that leave a condition open: those of its undecided parts that are not known, or too wide."""
    if state_of(condition, rows) != NOT_KNOWN:
        return []
    return [i for area_id in areas_of(condition) or ("",) for i in undecided_in(condition, rows, area_id)]


def undecided_in(condition: Condition, rows: Mapping[str, Row], area_id: str) -> list[str]:
    """The findings that leave a condition open in one area."""
    if state_in(condition, rows, area_id) != NOT_KNOWN:
        return []
    if isinstance(condition, AllOf | AnyOf):
        return [finding for part in condition.parts for finding in undecided_in(part, rows, area_id)]
    if isinstance(condition, Not):
        return undecided_in(condition.part, rows, area_id)
    if isinstance(condition, InAreas):
        asked = (condition.finding(area_id),) if condition.each else findings_of(condition)
        return [i for i in asked if i in rows and of_row(condition, rows[i]) == NOT_KNOWN]
    return [i for i in findings_of(condition) if (bounds := _bounds(rows[i])) is None or bounds[0] != bounds[1]]
