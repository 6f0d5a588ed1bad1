"""The target of advice: the condition on findings that holds once the advice is no longer needed, and what it says.

A target is written (`met_by`), or follows from what the advice rests on: where that is worse than it should be, the
target is that it no longer is; where it is not known, that it is. What is no worse or better, such as how often
reports name a place, is no target: there the action itself is, and no finding shows it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from importlib import resources
from typing import Any

import yaml

from analysis.findings.measures import MEASURES, title
from analysis.recommendations.conditions import (
    NOT_KNOWN,
    AllOf,
    AnyOf,
    Compared,
    Condition,
    InAreas,
    Leaf,
    Not,
    Row,
    areas_of,
    every,
    findings_of,
    kind_of,
    leaves,
    state_in,
)
from analysis.recommendations.evaluation import asked_words, number_words, words
from analysis.recommendations.texts import Recommendation

# No finding shows whether it is reached: the body that acts reports it.
NO_FINDING = "no finding shows it"
_OPPOSITE = {"above": "at_most", "at_most": "above", "below": "at_least", "at_least": "below"}
_SIDE = {"at_most": "low", "below": "low", "at_least": "high", "above": "high"}


@cache
def phrases() -> dict[str, dict[str, Any]]:
    """Phrases of the monitoring frame by part, name and language."""
    file = resources.files("analysis.recommendations") / "templates" / "readings.yml"
    return yaml.safe_load(file.read_text(encoding="utf-8"))


def by_item(part: str, row: Row) -> Any:
    """Return what the phrases have for a finding: of its measure and item, else of its measure; None where nothing."""
    found = phrases()[part]
    return found.get(f"{row['measure']}.{row['item']}", found.get(str(row["measure"])))


def target(recommendation: Recommendation, rows: Mapping[str, Row]) -> Condition | None:
    """Return the condition that holds once a recommendation is no longer needed; None where no finding shows it.

    Parameters
    ----------
    rows : the findings that it rests on, by id.
    """
    return recommendation.met_by or _end_of(recommendation.rests_on, rows, ended=True)


def _end_of(condition: Condition, rows: Mapping[str, Row], ended: bool) -> Condition | None:
    """The opposite of a condition, or with `ended` False itself, if each part of it is better than its opposite."""
    if isinstance(condition, Not):
        return _end_of(condition.part, rows, not ended)
    if isinstance(condition, AllOf | AnyOf):
        parts = [_end_of(part, rows, ended) for part in condition.parts]
        there = tuple(part for part in parts if part is not None)
        if len(there) < len(parts):
            return None
        return _without_known(there) if isinstance(condition, AllOf) != ended else AnyOf(there)
    if kind_of(condition) is not None:
        # To know less is no target.
        return None if ended else condition
    assert isinstance(condition, Compared | InAreas)
    if isinstance(condition.against, str) or (isinstance(condition, InAreas) and not condition.each):
        return None
    row = next((rows[finding] for finding in findings_of(condition) if finding in rows), None)
    better = "" if row is None else MEASURES[str(row["measure"])].better or by_item("better", row) or ""
    if ended and condition.operator == "equals":
        # A level is asked for exactly to name the places of it: what is best is their target, as of gap actions.
        best = min(MEASURES[str(row["measure"])].levels, default=None) if row is not None and better == "low" else None
        return None if best is None else replace(condition, operator="at_most", against=float(best))
    operator = _OPPOSITE.get(str(condition.operator), "") if ended else str(condition.operator)
    return replace(condition, operator=operator) if _SIDE.get(operator) == better else None


def _without_known(parts: tuple[Condition, ...]) -> Condition:
    """All of some conditions; that a finding is known goes without saying where it is compared as well."""
    whole = [part for part in parts if not isinstance(part, AllOf | AnyOf | Not)]
    compared = {finding for part in whole if kind_of(part) is None for finding in findings_of(part)}
    spare = [part for part in whole if kind_of(part) is not None and set(findings_of(part)) <= compared]
    kept = tuple(part for part in parts if part not in spare)
    return kept[0] if len(kept) == 1 else AllOf(kept)


def places(condition: Condition, rows: Mapping[str, Row]) -> dict[str, str]:
    """The state of a condition in each area that answers for itself, by its id; under "" where it has one answer.

    What is not stated of an area does not apply there, and is left out.
    """
    found = {}
    for area_id in areas_of(condition):
        state = state_in(condition, rows, area_id)
        if state is not None:
            found[area_id] = state
    if areas_of(condition):
        return found
    asked = [finding for leaf in leaves(condition) for finding in findings_of(leaf)]
    state = state_in(condition, rows, "") if all(finding in rows for finding in asked) else NOT_KNOWN
    return {"": str(state)}


def state(condition: Condition | None, rows: Mapping[str, Row]) -> str:
    """Return whether a target is reached in every area: met, not met, not known, or NO_FINDING.

    A target to which synthetic data answer is not known.
    """
    if condition is None:
        return NO_FINDING
    asked = {finding for leaf in leaves(condition) for finding in findings_of(leaf)}
    if any(row["kind"] == "synthetic" for finding, row in rows.items() if finding in asked):
        return NOT_KNOWN
    there = list(places(condition, rows).values())
    return every(there) if there else NOT_KNOWN


def target_words(condition: Condition, rows: Mapping[str, Row], language: str = "en", named: bool = True) -> str:
    """A target in words: what each finding must be, and that it must be so everywhere where areas are asked.

    Parameters
    ----------
    named : whether findings whose targets differ are named, and areas mentioned.
    """
    asked = [(leaf_title(leaf, rows, language), _leaf_words(leaf, rows, language)) for leaf in leaves(condition)]
    if named and len({said for _, said in asked}) > 1 and len({name for name, _ in asked}) > 1:
        asked = [(name, f"{name}{phrases()['words']['colon'][language]}{said}") for name, said in asked]
    joined = "or" if isinstance(condition, AnyOf) else "and"
    said = phrases()["words"][joined][language].join(dict.fromkeys(said for _, said in asked))
    several = named and len(areas_of(condition)) > 1
    return phrases()["words"]["everywhere"][language].format(target=said) if several else said


def _leaf_words(leaf: Leaf, rows: Mapping[str, Row], language: str) -> str:
    if (kind := kind_of(leaf)) is not None:
        return words()[f"kind_{kind}"][language]
    row = next(rows[finding] for finding in findings_of(leaf) if finding in rows)
    measure = MEASURES[str(row["measure"])]
    against, operator = getattr(leaf, "against", ""), str(getattr(leaf, "operator", ""))
    if isinstance(against, str) or operator not in ("at_most", "below"):
        return asked_words(leaf, row, rows, language)
    if measure.levels:
        # A level is a word: those that will do are named.
        reached = [level for level in sorted(measure.levels) if level <= against - (operator == "below")]
        if short := phrases()["at_worst"].get(measure.name, {}).get(reached[-1]):
            return short[language]
        return phrases()["words"]["or"][language].join(measure.levels[level][language] for level in reached)
    # No less than nothing can be reached.
    return number_words(against, row, language) if against == 0 else asked_words(leaf, row, rows, language)


def leaf_title(leaf: Leaf, rows: Mapping[str, Row], language: str) -> str:
    """The finding that a part of a condition asks for, in words; empty where none is stated."""
    row = next((rows[finding] for finding in findings_of(leaf) if finding in rows), None)
    return "" if row is None else indicator(row, language)


def indicator(row: Row, language: str) -> str:
    """Return what a finding is of: of gaps and official figures the item alone, which says it."""
    measure = MEASURES[str(row["measure"])]
    alone = row["item"] and (measure.name == "gap" or measure.name.startswith("official_"))
    return measure.item_words(str(row["item"]), language) if alone else title(row, language)
