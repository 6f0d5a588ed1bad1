"""The texts of the pledge, from the folder `pledge/`: what people write, read strictly."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from analysis import areas
from analysis.findings.measures import LANGUAGES
from analysis.jobs import ANALYSES
from analysis.recommendations import gap_actions
from analysis.recommendations.authorities import ROLES, Authority, Text, read_authorities, require_same_languages
from analysis.recommendations.conditions import Condition, TextsError, Written, nearest, opened, read_conditions
from analysis.recommendations.gap_actions import GapAction

PRIORITIES = ("high", "medium", "low")
TIME_FRAMES = ("within_1_year", "within_3_years", "within_5_years")
# Targets of the Sustainable Development Goals that the pledge bears on.
SDG_TARGETS = ("4.1", "5.2", "8.7", "10.7", "16.2", "16.3", "16.6", "17.18")
CHAPTERS = ("summary", *areas.reported(), "method", "lessons")
# What an activity can leave: an analysis, or one of these.
OUTPUTS = (*ANALYSES, "report", "monitoring")
_ID = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")


@dataclass(frozen=True)
class Recommendation:
    """Advice to an authority, and the condition on findings under which it holds.

    Parameters
    ----------
    areas : ids of the study's areas it is about; empty for the whole study.
    text, addressee, action : by language; English is always there. The addressee is whom it goes to where no body with
        the role is named.
    role : what the body that is to act is charged with, one of ROLES; empty where none is asked for.
    authorities : ids of bodies that it names itself.
    bodies : those named, and all with the role, wherever.
    met_by : the condition on findings that holds once it is no longer needed, where that does not follow from what it
        rests on (`analysis.recommendations.targets`); None where it does.
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
    role: str = ""
    authorities: tuple[str, ...] = ()
    bodies: tuple[Authority, ...] = ()
    met_by: Condition | None = None


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
    authorities : named bodies. gap_actions : what each place is to do about its own gaps.
    """

    commitments: tuple[Commitment, ...]
    recommendations: tuple[Recommendation, ...]
    lessons: tuple[Lesson, ...]
    chapters: Mapping[tuple[str, str], str]
    terms: Mapping[str, Text]
    authorities: tuple[Authority, ...] = ()
    gap_actions: tuple[GapAction, ...] = ()

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
    folder : that holds recommendations.yml, commitments.yml, lessons.yml, terms.yml and chapters/; authorities.yml
        where bodies are named, and actions/ where places act on gaps of their own.

    Raises
    ------
    TextsError : something is missing, unknown or said twice; the message names file and line.
    """

    def file(name: str) -> Written:
        return opened(folder / name, f"{folder.name}/{name}")

    named = (folder / "authorities.yml").exists()
    bodies = read_authorities(_entries(file("authorities.yml"))) if named else ()
    return Texts(
        tuple(_commitment(*entry) for entry in _entries(file("commitments.yml"))),
        tuple(_recommendation(*entry, bodies) for entry in _entries(file("recommendations.yml"))),
        tuple(_lesson(*entry) for entry in _entries(file("lessons.yml"))),
        _chapters(folder / "chapters", f"{folder.name}/chapters"),
        {name: at.by_language() for name, at in _entries(file("terms.yml"))},
        bodies,
        gap_actions.read(folder, bodies),
    )


def _entries(at: Written) -> Iterator[tuple[str, Written]]:
    """The entries of a file by their ids: names of fields, of which none stands twice."""
    for name, entry in at.fields().items():
        if not _ID.fullmatch(name):
            raise entry.error(
                "invalid_id", f"'{name}' is no id: it begins with a letter, and has letters, digits, - and _ alone."
            )
        yield name, entry


_REQUIRED = ("study", "text", "addressee", "action", "priority", "time_frame", "sdg", "rests_on")


def _recommendation(name: str, at: Written, bodies: Sequence[Authority]) -> Recommendation:
    said = at.fields(_REQUIRED, ("areas", "role", "authorities", "met_by"))
    study = said["study"].choice(areas.reported(), "study")
    sdg = _choices(said, "sdg", SDG_TARGETS, "SDG target")
    if not sdg:
        raise said["sdg"].error(
            "missing_sdg_target", f"`sdg:` names no target; it has at least one of {', '.join(SDG_TARGETS)}."
        )
    texts = {field: said[field].by_language() for field in ("text", "addressee", "action")}
    require_same_languages(said, texts)
    only = _choices(said, "areas", areas.ids(study), f"area of {study}")
    role = said["role"].choice(ROLES, "role") if "role" in said else ""
    named = _choices(said, "authorities", [body.authority_id for body in bodies], "authority")
    return Recommendation(
        recommendation_id=name,
        study=study,
        areas=only,
        **texts,
        priority=said["priority"].choice(PRIORITIES, "priority"),
        time_frame=said["time_frame"].choice(TIME_FRAMES, "time frame"),
        sdg=sdg,
        rests_on=read_conditions(said["rests_on"], name, only),
        role=role,
        authorities=named,
        bodies=tuple(body for body in bodies if role in body.roles or body.authority_id in named),
        met_by=read_conditions(said["met_by"], name, only) if "met_by" in said else None,
    )


def _choices(said: Mapping[str, Written], field: str, allowed: Sequence[str], what: str) -> tuple[str, ...]:
    """The entries of a list, each one of those allowed; none where the field is left out."""
    return tuple(item.choice(allowed, what) for item in said[field].items()) if field in said else ()


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
