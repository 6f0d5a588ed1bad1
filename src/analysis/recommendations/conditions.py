"""Conditions on findings: what a recommendation or an activity rests on, as met, not met or not known."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pandas as pd

from analysis.findings.measures import MEASURES, Measure
from analysis.recommendations import states, why
from analysis.recommendations.forms import Compared, Condition, InAreas, Leaf, OfKind, findings_of, is_of_kind, leaves
from analysis.recommendations.states import Row
from analysis.recommendations.three_valued import MET, NOT_KNOWN, NOT_MET, compare
from bounded.refusal import Refusal

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
    state = states.state(condition, rows)
    evidence = tuple(
        dict.fromkeys(i for leaf in leaves(condition) for i in findings_of(leaf) if _counts(leaf, rows.get(i)))
    )
    return Evaluated(
        state,
        evidence,
        any(rows[finding]["kind"] == "synthetic" for finding in evidence),
        why.reason(condition, rows, language),
        why.settled_by(states.undecided(condition, rows), rows, language) if state == NOT_KNOWN else "",
    )


def require(finding_ids: Iterable[str], table: pd.DataFrame, where: str) -> None:
    """Raise UnknownFinding for the first id that the table does not have, saying where it stands."""
    known = set(table["finding_id"])
    for finding in finding_ids:
        if finding not in known:
            raise UnknownFinding("unknown_finding", _unknown(where, finding, table))


def _counts(leaf: Leaf, row: Row | None) -> bool:
    """Whether a finding is evidence: invented data are none where real data are asked for."""
    kind = states.kind_of(leaf)
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
