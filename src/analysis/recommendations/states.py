"""What rows of findings say of a condition, part by part."""

from __future__ import annotations

from collections.abc import Mapping

from analysis.findings.finding import KNOWN
from analysis.recommendations.forms import (
    AllOf,
    AnyOf,
    Compared,
    Condition,
    InAreas,
    Leaf,
    Not,
    OfKind,
    findings_of,
    is_of_kind,
)
from analysis.recommendations.three_valued import MET, NOT_KNOWN, NOT_MET, compare, every, negated, some

Row = Mapping[str, object]


def state(condition: Condition, rows: Mapping[str, Row]) -> str:
    """What the findings, by id, say of a condition: met, not met or not known."""
    if isinstance(condition, AllOf):
        return every([state(part, rows) for part in condition.parts])
    if isinstance(condition, AnyOf):
        return some([state(part, rows) for part in condition.parts])
    if isinstance(condition, Not):
        return negated(state(condition.part, rows))
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
    if state(condition, rows) != NOT_KNOWN:
        return []
    if isinstance(condition, AllOf | AnyOf):
        return [finding for part in condition.parts for finding in undecided(part, rows)]
    if isinstance(condition, Not):
        return undecided(condition.part, rows)
    there = [finding for finding in findings_of(condition) if finding in rows]
    if isinstance(condition, InAreas):
        return [finding for finding in there if of_row(condition, rows[finding]) == NOT_KNOWN]
    return [i for i in there if (bounds := _bounds(rows[i])) is None or bounds[0] != bounds[1]]
