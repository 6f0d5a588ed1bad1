"""Why a condition is met, not met or not known, in words: each finding with its value and what was asked of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources

import yaml
from babel.numbers import format_decimal

from analysis.findings.finding import KNOWN
from analysis.findings.measures import LOCALES, MEASURES, area_name, capital, number, title, value_words
from analysis.recommendations.conditions import (
    MET,
    NOT_KNOWN,
    NOT_MET,
    AllOf,
    AnyOf,
    Compared,
    Condition,
    InAreas,
    Leaf,
    Not,
    OfKind,
    Row,
    findings_of,
    is_of_kind,
    kind_of,
    leaf_state,
    of_row,
)

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
    answer = _in_words(leaf_state(condition, rows), language)
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
    said = {
        "what": title(there[0], language),
        "asked": _in_words(f"kind_{leaf.kind}", language) if leaf.kind else _asked(leaf, there[0], rows, language),
        "answer": answer,
    }
    if leaf.each:
        # All of them: this is what an authority looks for.
        listed = [
            _in_words(name, language).format(names=", ".join(places[state]))
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
        count=_in_words(leaf.count_operator, language).format(v=leaf.count),
        **said,
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
    """A sentence, marked where it follows from synthetic data; where real data are asked for, these decide nothing."""
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
