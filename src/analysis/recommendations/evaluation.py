"""What the findings say of every recommendation and of every activity of the pledge, as tables.

Why a condition is met, not met or not known, is said in words: each finding with its value and what was asked of it.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

import pandas as pd
import yaml
from babel.numbers import format_decimal

from analysis.findings.finding import KNOWN
from analysis.findings.measures import LOCALES, MEASURES, Measure, area_name, capital, number, title, value_words
from analysis.recommendations.conditions import (
    MET,
    NOT_KNOWN,
    NOT_MET,
    AllOf,
    AnyOf,
    Compared,
    Condition,
    ConditionError,
    InAreas,
    Leaf,
    Not,
    OfKind,
    Row,
    UnknownFinding,
    compare,
    findings_of,
    is_of_kind,
    kind_of,
    leaf_state,
    leaves,
    of_row,
    state_of,
    undecided,
)
from analysis.recommendations.texts import Texts

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
        return f"{words()['not'][language]} {reason(condition.part, rows, language)}"
    if isinstance(condition, AllOf | AnyOf):
        name = "all" if isinstance(condition, AllOf) else "any"
        parts = [reason(part, rows, language) for part in condition.parts]
        inner = " ".join(f"({place}) {part}" for place, part in enumerate(parts, 1))
        return f"{words()[name][language]} {inner}"
    answer = words()[leaf_state(condition, rows)][language]
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
    return words()["settled_by"][language].format(what=what) if what else ""


def _of_finding(leaf: Compared | OfKind, answer: str, rows: Mapping[str, Row], language: str) -> str:
    row = rows[findings_of(leaf)[0]]
    value = value_words(row, language)
    if isinstance(leaf, OfKind):
        asked = words()[f"kind_{leaf.kind}"][language]
        if row["status"] == KNOWN and not is_of_kind(row["kind"], leaf.kind):
            value += f" ({words()['kind_' + str(row['kind'])][language]})"
    else:
        asked = _asked(leaf, row, rows, language)
    return _told("finding", leaf, [row], language, what=_named(row, language), value=value, asked=asked, answer=answer)


def _in_areas(leaf: InAreas, answer: str, rows: Mapping[str, Row], language: str) -> str:
    there = [rows[finding] for finding in findings_of(leaf) if finding in rows]
    places: dict[str, list[str]] = {}
    for row in there:
        places.setdefault(of_row(leaf, row), []).append(area_name(str(row["area_id"]), language))
    met, open_ = places.get(MET, []), places.get(NOT_KNOWN, [])
    said = {
        "what": title(there[0], language),
        "asked": words()[f"kind_{leaf.kind}"][language] if leaf.kind else _asked(leaf, there[0], rows, language),
        "answer": answer,
    }
    if leaf.each:
        # All of them: this is what an authority looks for.
        listed = [
            words()[name][language].format(names=", ".join(places[state]))
            for name, state in (("shown_in", MET), ("open_in", NOT_KNOWN), ("rest_in", NOT_MET))
            if state in places
        ]
        return _told("each", leaf, there, language, places="; ".join(listed), **said)
    return _told(
        "areas" if open_ else "areas_decided",
        leaf,
        there,
        language,
        met=len(met),
        n=len(there),
        names=f" ({_names(met, language)})" if 0 < len(met) < len(there) else "",
        open=f"{len(open_)} ({_names(open_, language)})",
        count=words()[leaf.count_operator][language].format(v=leaf.count),
        **said,
    )


def _asked(leaf: Leaf, row: Row, rows: Mapping[str, Row], language: str) -> str:
    """What a value is compared with: a number in the unit of the finding, or another finding."""
    against = getattr(leaf, "against", "")
    if isinstance(against, str):
        other = f"{_named(rows[against], language)}: {value_words(rows[against], language)}"
        if (times := getattr(leaf, "times", 1.0)) != 1:
            other = words()["times"][language].format(n=format_decimal(times, locale=LOCALES[language]), what=other)
    else:
        other = _number(float(against), row, language)
    return words()[str(getattr(leaf, "operator", ""))][language].format(v=other)


def _told(name: str, leaf: Leaf, of: Sequence[Row], language: str, **said: object) -> str:
    """A sentence, marked where it follows from synthetic data; where real data are asked for, these decide nothing."""
    text = capital(words()[name][language].format(**said), language)
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
    return ", ".join(places[:NAMES]) + " " + words()["more"][language].format(n=more)


_SAID = ("state", "synthetic", "evidence", "why")
RECOMMENDATIONS = ("recommendation_id", "study", *_SAID)
PROGRESS = ("commitment_id", "activity", *_SAID)
# What a number of a unit can be at all: a condition that every such number meets, or none, says nothing.
_NATURAL = {"percent": (0.0, 100.0), "percent_a_year": (-100.0, float("inf"))}
_COUNTED = (0.0, float("inf"))
_SAYS_NOTHING = "so that this is always or never so; a condition must be able to be met, and to fail."


@dataclass(frozen=True)
class Evaluated:
    """What the findings say of a condition.

    Parameters
    ----------
    state : met, not met or not known.
    evidence : ids of the findings that were asked, in the order of the condition; where data of a kind are asked for,
        those of that kind.
    synthetic : whether one of them follows from synthetic data.
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
    fails the comparison; areas are counted with bounds, or each answers for itself.

    Parameters
    ----------
    condition : as `reading.read_conditions` returns it.
    table : of findings, with the columns `analysis.findings.finding.COLUMNS`.
    language : of the sentences, one of `analysis.findings.measures.LANGUAGES`.

    Raises
    ------
    UnknownFinding : a finding does not exist; file, line, owner, id and the nearest ids are named.
    ConditionError : two findings have different units, or every possible value gives the same answer.
    """
    rows = rows_of(condition, table)
    state = state_of(condition, rows)
    evidence = evidence_of(condition, rows)
    return Evaluated(
        state,
        evidence,
        any(rows[finding]["kind"] == "synthetic" for finding in evidence),
        reason(condition, rows, language),
        settled_by(undecided(condition, rows), rows, language) if state == NOT_KNOWN else "",
    )


def rows_of(condition: Condition, table: pd.DataFrame) -> dict[str, Row]:
    """The findings that a condition asks for, by id. Raises UnknownFinding and ConditionError as `evaluate`."""
    asked = {finding for leaf in leaves(condition) for finding in findings_of(leaf)}
    part = table[table["finding_id"].isin(asked)]
    rows: dict[str, Row] = {str(row["finding_id"]): row for row in part.to_dict("records")}
    for leaf in leaves(condition):
        _check(leaf, rows, table)
    return rows


def evidence_of(condition: Condition, rows: Mapping[str, Row]) -> tuple[str, ...]:
    """The findings that are evidence for a condition or against it, in its order."""
    asked = ((leaf, i) for leaf in leaves(condition) for i in findings_of(leaf))
    return tuple(dict.fromkeys(i for leaf, i in asked if _counts(leaf, rows.get(i))))


def _counts(leaf: Leaf, row: Row | None) -> bool:
    """Whether a finding is evidence: synthetic data are none where real data are asked for."""
    kind = kind_of(leaf)
    return row is not None and (kind is None or is_of_kind(row["kind"], kind))


def _check(leaf: Leaf, rows: Mapping[str, Row], table: pd.DataFrame) -> None:
    """Refuse a leaf whose findings do not exist, differ in unit, or could not fail."""
    if isinstance(leaf, InAreas):
        there = [finding for finding in findings_of(leaf) if finding in rows]
        if not there:
            raise UnknownFinding("unknown_finding", _unknown(str(leaf.origin), leaf.finding(leaf.area_ids[0]), table))
        full = float(leaf.count), float(leaf.count)
        if not leaf.each and compare(leaf.count_operator, (0, len(there)), full) != NOT_KNOWN:
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


def recommendations(texts: Texts, table: pd.DataFrame, language: str = "en") -> pd.DataFrame:
    """Each recommendation with what the findings say of its condition.

    Parameters
    ----------
    texts : of the pledge. table : of findings. language : of `why`.

    Returns
    -------
    DataFrame, one row a recommendation, in their order: recommendation_id, study, state (met, not met, not known),
    synthetic (whether it rests on such data), evidence (ids with ``;`` between), why (with the values; if it is not
    known, with what would settle it).

    Raises
    ------
    UnknownFinding, ConditionError : a condition rests on what does not exist, or could never fail.
    """
    rows = [
        (each.recommendation_id, each.study, *_said(evaluate(each.rests_on, table, language)))
        for each in texts.recommendations
    ]
    return pd.DataFrame(rows, columns=list(RECOMMENDATIONS))


def progress(texts: Texts, table: pd.DataFrame, language: str = "en") -> pd.DataFrame:
    """Each activity of each commitment with what the findings say of it.

    An activity that no finding could show is not known. A recommendation is no evidence, and neither is a text.

    Parameters
    ----------
    texts : of the pledge. table : of findings. language : of `why`.

    Returns
    -------
    DataFrame, one row an activity, in their order: commitment_id, activity (counted from 1), state, synthetic,
    evidence, why.

    Raises
    ------
    UnknownFinding, ConditionError : a condition rests on what does not exist, or could never fail.
    """
    rows = []
    for commitment in texts.commitments:
        for place, activity in enumerate(commitment.activities, 1):
            if activity.rests_on is None:
                found = Evaluated(NOT_KNOWN, (), False, words()["no_finding"][language])
            else:
                found = evaluate(activity.rests_on, table, language)
            rows.append((commitment.commitment_id, place, *_said(found)))
    return pd.DataFrame(rows, columns=list(PROGRESS)).astype({"activity": int})


def check(texts: Texts, table: pd.DataFrame) -> None:
    """Refuse texts whose conditions lean on findings that do not exist.

    Raises
    ------
    UnknownFinding, ConditionError : the first that is wrong, with what exists.
    """
    recommendations(texts, table)
    progress(texts, table)


def _said(found: Evaluated) -> tuple[str, bool, str, str]:
    return found.state, found.synthetic, ";".join(found.evidence), f"{found.why} {found.settled_by}".strip()
