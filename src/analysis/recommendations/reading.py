"""Conditions as people write them in YAML."""

from __future__ import annotations

import math
from collections.abc import Sequence

from analysis import areas
from analysis.recommendations.conditions import (
    ASKED_KINDS,
    EACH,
    NOT_KNOWN,
    OPERATORS,
    AllOf,
    AnyOf,
    Compared,
    Condition,
    InAreas,
    Not,
    OfKind,
    Origin,
    compare,
)
from analysis.recommendations.yaml_positions import Written


def read_conditions(at: Written, owner: str, only: Sequence[str] = ()) -> Condition:
    """A condition as it is written in YAML.

    Parameters
    ----------
    at : its place. owner : the id of what rests on it, for messages.
    only : the areas that it can ask where it names none itself; empty for all of a study.

    Raises
    ------
    TextsError : it is not of one of the forms that `pledge/README.md` lists; file and line are named.
    """
    names = set(at.fields())
    if "finding" in names:
        return _of_finding(at, owner)
    if "measure" in names:
        return _in_areas(at, owner, only)
    joined = at.fields((), ("all", "any", "not"))
    if len(joined) != 1:
        raise at.error("not_one_condition", "a condition has one of `finding:`, `measure:`, `all:`, `any:` and `not:`.")
    ((name, part),) = joined.items()
    if name == "not":
        return Not(read_conditions(part, owner, only))
    parts = tuple(read_conditions(item, owner, only) for item in part.items())
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


def _in_areas(at: Written, owner: str, only: Sequence[str]) -> Condition:
    said = at.fields(("measure", "study", "in_areas"), (*OPERATORS, "kind", "areas"))
    origin = Origin(at.file, at.line, owner)
    study = said["study"].choice(areas.reported(), "study")
    there = only or areas.ids(study)
    area_ids = (
        tuple(item.choice(there, f"area of {owner if only else study}") for item in said["areas"].items())
        if "areas" in said
        else tuple(there)
    )
    asked = [name for name in (*OPERATORS, "kind") if name in said]
    if len(asked) != 1:
        raise at.error(
            "not_one_operator", f"a condition on areas has one of {', '.join(OPERATORS)} and kind beside `in_areas:`."
        )
    kind = said["kind"].choice(ASKED_KINDS, "kind of data") if "kind" in said else None
    operator = None if kind else asked[0]
    against = said[operator].number() if operator else math.nan
    count_operator, count = _counted(said["in_areas"], len(area_ids))
    return InAreas(origin, said["measure"].text(), study, area_ids, operator, against, kind, count_operator, count)


def _counted(at: Written, areas_asked: int) -> tuple[str, int]:
    """In how many areas: an operator with a number, or EACH, where every area answers for itself."""
    if not at.is_mapping:
        return at.choice((EACH,), "way to ask areas"), 1
    counted = at.fields((), OPERATORS)
    if len(counted) != 1:
        raise at.error("not_one_operator", f"`in_areas:` is {EACH}, or has one of {', '.join(OPERATORS)}.")
    ((operator, count_at),) = counted.items()
    count = count_at.whole()
    if compare(operator, (0, areas_asked), (count, count)) != NOT_KNOWN:
        raise count_at.error(
            "always_the_same",
            f"of {areas_asked} areas this is always or never so; a condition must be able to be met, and to fail.",
        )
    return operator, count
