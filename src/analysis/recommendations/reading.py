"""Conditions as people write them in YAML."""

from __future__ import annotations

import math

from analysis import areas
from analysis.recommendations.forms import (
    ASKED_KINDS,
    OPERATORS,
    AllOf,
    AnyOf,
    Compared,
    Condition,
    InAreas,
    Not,
    OfKind,
    Origin,
)
from analysis.recommendations.three_valued import NOT_KNOWN, compare
from analysis.recommendations.written import Written


def read(at: Written, owner: str) -> Condition:
    """A condition as it is written in YAML.

    Parameters
    ----------
    at : its place. owner : the id of what rests on it, for messages.

    Raises
    ------
    TextsError : it is not of one of the forms that `pledge/README.md` lists; file and line are named.
    """
    names = set(at.fields())
    if "finding" in names:
        return _of_finding(at, owner)
    if "measure" in names:
        return _in_areas(at, owner)
    joined = at.fields((), ("all", "any", "not"))
    if len(joined) != 1:
        raise at.error("not_one_condition", "a condition has one of `finding:`, `measure:`, `all:`, `any:` and `not:`.")
    ((name, part),) = joined.items()
    if name == "not":
        return Not(read(part, owner))
    parts = tuple(read(item, owner) for item in part.items())
    if not parts:
        raise part.error("empty", f"`{name}:` is empty, and would always be answered the same.")
    return AllOf(parts) if name == "all" else AnyOf(parts)


def _of_finding(at: Written, owner: str) -> Condition:
    said = at.fields(("finding",), (*OPERATORS, "kind"))
    origin = Origin(at.file, at.line, owner)
    finding = said.pop("finding").text()
    if len(said) != 1:
        raise at.error("not_one_operator", f"beside `finding:` stands one of {', '.join(OPERATORS)} and kind.")
    ((name, value),) = said.items()
    if name == "kind":
        return OfKind(origin, finding, value.choice(ASKED_KINDS, "kind of data"))
    return Compared(origin, finding, name, *_against(value))


def _against(at: Written) -> tuple[float | str, float]:
    """What a finding is compared with: a number, or another finding and how many times it."""
    if not at.is_mapping:
        return at.number(), 1.0
    said = at.fields(("finding",), ("times",))
    times = said["times"].number() if "times" in said else 1.0
    if times <= 0:
        raise said["times"].error(
            "not_positive", f"{times:g} times a finding would always be answered the same; write more than 0."
        )
    return said["finding"].text(), times


def _in_areas(at: Written, owner: str) -> Condition:
    said = at.fields(("measure", "study", "in_areas"), (*OPERATORS, "kind", "areas"))
    origin = Origin(at.file, at.line, owner)
    study = said["study"].choice(areas.reported(), "study")
    of_study = areas.ids(study)
    area_ids = (
        tuple(item.choice(of_study, f"area of {study}") for item in said["areas"].items())
        if "areas" in said
        else tuple(of_study)
    )
    asked = [name for name in (*OPERATORS, "kind") if name in said]
    counted = said["in_areas"].fields((), OPERATORS)
    if len(asked) != 1 or len(counted) != 1:
        raise at.error(
            "not_one_operator",
            f"a condition on areas has one of {', '.join(OPERATORS)} and kind, and in `in_areas:` one of the former.",
        )
    ((count_operator, count_at),) = counted.items()
    count = count_at.whole()
    if compare(count_operator, (0, len(area_ids)), (count, count)) != NOT_KNOWN:
        raise count_at.error(
            "always_the_same",
            f"of {len(area_ids)} areas this is always or never so; a condition must be able to be met, and to fail.",
        )
    kind = said["kind"].choice(ASKED_KINDS, "kind of data") if "kind" in said else None
    operator = None if kind else asked[0]
    against = said[operator].number() if operator else math.nan
    return InAreas(origin, said["measure"].text(), study, area_ids, operator, against, kind, count_operator, count)
