"""The forms of a condition on findings, and what each asks for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from analysis.findings.finding import KINDS

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
