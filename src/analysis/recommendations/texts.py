"""Conditions as people write them in YAML.

The texts of the pledge, from the folder `pledge/`: what people write, read strictly.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from analysis import areas
from analysis.findings.measures import LANGUAGES
from analysis.jobs import ANALYSES
from analysis.recommendations.conditions import (
    ASKED_KINDS,
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
from analysis.recommendations.yaml_positions import TextsError, Written, nearest, opened


def read_conditions(at: Written, owner: str) -> Condition:
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
        return Not(read_conditions(part, owner))
    parts = tuple(read_conditions(item, owner) for item in part.items())
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


PRIORITIES = ("high", "medium", "low")
TIME_FRAMES = ("within_1_year", "within_3_years", "within_5_years")
# Targets of the Sustainable Development Goals that the pledge bears on.
SDG_TARGETS = ("4.1", "5.2", "8.7", "10.7", "16.2", "16.3", "16.6", "17.18")
CHAPTERS = ("summary", *areas.reported(), "method", "lessons")
# What an activity can leave: an analysis, or one of these.
OUTPUTS = (*ANALYSES, "report", "monitoring")
_ID = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")

Text = Mapping[str, str]


@dataclass(frozen=True)
class Recommendation:
    """What an authority is advised to do, and the condition on findings under which the advice holds.

    Parameters
    ----------
    areas : ids of the study's areas it is about; empty for the whole study.
    text, addressee, action : by language; English is always there.
    """

    recommendation_id: str
    study: str
    areas: tuple[str, ...]
    text: Text
    addressee: Text
    action: Text
    priority: str
    time_frame: str
    sdg: tuple[str, ...]
    rests_on: Condition


@dataclass(frozen=True)
class Activity:
    """A step of a commitment: what it leaves, and the finding that would show it; None where no finding could."""

    text: Text
    outputs: tuple[str, ...]
    rests_on: Condition | None


@dataclass(frozen=True)
class Commitment:
    """A commitment of the pledge; `study` is empty where it bears on all of them."""

    commitment_id: str
    study: str
    title: Text
    text: Text
    source: str
    activities: tuple[Activity, ...]


@dataclass(frozen=True)
class Lesson:
    """A lesson learned; `study` is empty where it bears on all of them."""

    lesson_id: str
    study: str
    text: Text


@dataclass(frozen=True)
class Texts:
    """All texts of the pledge.

    Parameters
    ----------
    chapters : Markdown by name and language. terms : names with digits or number words in them, by name and language.
    """

    commitments: tuple[Commitment, ...]
    recommendations: tuple[Recommendation, ...]
    lessons: tuple[Lesson, ...]
    chapters: Mapping[tuple[str, str], str]
    terms: Mapping[str, Text]

    def of_study(self, study: str) -> Texts:
        """The same with the recommendations and commitments of one study alone: its findings suffice for them."""
        return replace(
            self,
            recommendations=tuple(each for each in self.recommendations if each.study == study),
            commitments=tuple(each for each in self.commitments if each.study == study),
        )


def read(folder: Path) -> Texts:
    """The texts of the pledge.

    Parameters
    ----------
    folder : that holds recommendations.yml, commitments.yml, lessons.yml, terms.yml and chapters/.

    Raises
    ------
    TextsError : something is missing, unknown or said twice; the message names file and line.
    """

    def file(name: str) -> Written:
        return opened(folder / name, f"{folder.name}/{name}")

    return Texts(
        tuple(_commitment(*entry) for entry in _entries(file("commitments.yml"))),
        tuple(_recommendation(*entry) for entry in _entries(file("recommendations.yml"))),
        tuple(_lesson(*entry) for entry in _entries(file("lessons.yml"))),
        _chapters(folder / "chapters", f"{folder.name}/chapters"),
        {name: at.by_language() for name, at in _entries(file("terms.yml"))},
    )


def _entries(at: Written) -> Iterator[tuple[str, Written]]:
    """The entries of a file by their ids: names of fields, of which none stands twice."""
    for name, entry in at.fields().items():
        if not _ID.fullmatch(name):
            raise entry.error(
                "invalid_id", f"'{name}' is no id: it begins with a letter, and has letters, digits, - and _ alone."
            )
        yield name, entry


def _recommendation(name: str, at: Written) -> Recommendation:
    said = at.fields(("study", "text", "addressee", "action", "priority", "time_frame", "sdg", "rests_on"), ("areas",))
    study = said["study"].choice(areas.reported(), "study")
    of_study = areas.ids(study)
    named = said["areas"].items() if "areas" in said else []
    sdg = tuple(item.choice(SDG_TARGETS, "SDG target") for item in said["sdg"].items())
    if not sdg:
        raise said["sdg"].error(
            "missing_sdg_target", f"`sdg:` names no target; it has at least one of {', '.join(SDG_TARGETS)}."
        )
    texts = {field: said[field].by_language() for field in ("text", "addressee", "action")}
    _same_languages(said, texts)
    return Recommendation(
        recommendation_id=name,
        study=study,
        areas=tuple(item.choice(of_study, f"area of {study}") for item in named),
        **texts,
        priority=said["priority"].choice(PRIORITIES, "priority"),
        time_frame=said["time_frame"].choice(TIME_FRAMES, "time frame"),
        sdg=sdg,
        rests_on=read_conditions(said["rests_on"], name),
    )


def _same_languages(said: Mapping[str, Written], texts: Mapping[str, Text]) -> None:
    """A recommendation half in one language is no recommendation in it."""
    there = {language for text in texts.values() for language in text}
    for field, text in texts.items():
        if missing := sorted(there - set(text)):
            raise said[field].error(
                "missing_language", f"`{field}:` is not there in '{missing[0]}', in which other fields are."
            )


def _commitment(name: str, at: Written) -> Commitment:
    said = at.fields(("title", "text", "source", "activities"), ("study",))
    activities = tuple(_activity(item, f"{name}, activity {n}") for n, item in enumerate(said["activities"].items(), 1))
    if not activities:
        raise said["activities"].error("missing_activity", "a commitment has at least one activity.")
    return Commitment(
        name,
        said["study"].choice(areas.reported(), "study") if "study" in said else "",
        said["title"].by_language(),
        said["text"].by_language(),
        said["source"].text(),
        activities,
    )


def _activity(at: Written, owner: str) -> Activity:
    said = at.fields(("text", "outputs"), ("rests_on",))
    outputs = tuple(item.choice(OUTPUTS, "output") for item in said["outputs"].items())
    rests_on = read_conditions(said["rests_on"], owner) if "rests_on" in said else None
    return Activity(said["text"].by_language(), outputs, rests_on)


def _lesson(name: str, at: Written) -> Lesson:
    said = at.fields(("text",), ("study",))
    study = said["study"].choice(areas.reported(), "study") if "study" in said else ""
    return Lesson(name, study, said["text"].by_language())


def _chapters(folder: Path, shown: str) -> Mapping[tuple[str, str], str]:
    """Chapters by name and language; a file of another name would not be read, and is refused."""
    found: dict[tuple[str, str], str] = {}
    for path in sorted(folder.glob("*/*")):
        language, name = path.parent.name, path.stem
        where = f"{shown}/{language}/{path.name}"
        if language not in LANGUAGES:
            raise TextsError(
                "unknown_language", f"{where}: there is no language '{language}'. {nearest(language, LANGUAGES)}"
            )
        if path.suffix != ".md" or name not in CHAPTERS:
            raise TextsError("unknown_chapter", f"{where}: there is no such chapter. {nearest(name, CHAPTERS)}")
        text = path.read_text(encoding="utf-8").strip()
        if not text:
            raise TextsError("empty", f"{where} is empty.")
        found[name, language] = text + "\n"
    for name in CHAPTERS:
        if (name, "en") not in found:
            raise TextsError(
                "missing_english_chapter", f"{shown}/en/{name}.md is not there: every chapter stands in English."
            )
    return found
