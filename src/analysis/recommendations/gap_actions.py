"""Actions that close one gap of one place: what is missing, who is to act, the first step, and how it will be seen.

They stand in ``pledge/actions/<area>.yml``, the most serious gap first. A recommendation is advice to all places that
show a gap; an action is what one place does about its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from analysis import areas
from analysis.recommendations.authorities import Authority, Text, country_of, require_same_languages
from analysis.recommendations.conditions import (
    MET,
    Condition,
    TextsError,
    Written,
    nearest,
    opened,
    read_conditions,
    state_of,
)

# Each by language; the others are data.
_TEXTS = ("missing", "action", "reason", "first_step", "target", "next_reading")
_DAY = re.compile(r"20\d\d-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])")
# Of findings on a measure whose value is a level: 0 is in place.
_LEVELS = "gap"


@dataclass(frozen=True)
class GapAction:
    """An action that closes one gap of one place.

    Parameters
    ----------
    area_id : the area or study that it is about. gap : id of the finding that shows the gap, and is its baseline.
    missing : what is missing, since when, and who says so: one sentence. action : what to do, beginning with a verb.
    reason : why this and not another. owner : the body that is to act. first_step : within 90 days.
    by : the day by which it is to be done, YYYY-MM-DD. target : what will then be so, in words.
    met_by : the condition on findings that holds once the target is reached. next_reading : source and when it comes.
    where : file and line, for messages.
    """

    action_id: str
    area_id: str
    gap: str
    missing: Text
    action: Text
    reason: Text
    owner: Authority
    first_step: Text
    by: str
    target: Text
    met_by: Condition
    next_reading: Text
    where: str = ""


def read(folder: Path, bodies: Sequence[Authority]) -> tuple[GapAction, ...]:
    """Return the actions of ``actions/<area>.yml``, area by area.

    Parameters
    ----------
    folder : ``pledge/``. bodies : of ``authorities.yml``.

    Raises
    ------
    TextsError : a file is of no area, a field is missing or unknown, or two actions share their words.
    """
    found = [each for path in sorted(folder.glob("actions/*.yml")) for each in _of_file(path, folder, bodies)]
    seen: dict[tuple[str, str], GapAction] = {}
    for each in found:
        for language, said in each.action.items():
            other = seen.setdefault((language, said), each)
            if other is not each:
                raise TextsError(
                    "same_action",
                    f"{each.where}: {each.action_id} has the words of {other.action_id}. Two places have two gaps: say "
                    "what this one is to do.",
                )
    return tuple(found)


def _of_file(path: Path, folder: Path, bodies: Sequence[Authority]) -> Iterator[GapAction]:
    shown = f"{folder.name}/actions/{path.name}"
    known = [each for study in areas.reported() for each in (study, *areas.ids(study))]
    if path.stem not in known:
        raise TextsError("unknown_area", f"{shown}: there is no area '{path.stem}'. {nearest(path.stem, known)}")
    for name, at in opened(path, shown).fields().items():
        yield _action(name, path.stem, at, bodies)


def _action(name: str, area_id: str, at: Written, bodies: Sequence[Authority]) -> GapAction:
    said = at.fields(("gap", "owner", "by", "met_by", *_TEXTS))
    texts: dict[str, Text] = {field: said[field].by_language() for field in _TEXTS}
    require_same_languages(said, texts)
    place = areas.get(area_id)
    country = country_of(place.study, "" if place.is_study else place.area_id)
    own = {body.authority_id: body for body in bodies if body.area in (country, place.study)}
    by = said["by"].text()
    if not _DAY.fullmatch(by):
        raise said["by"].error("invalid_day", f"'{by}' is no day as 2028-12-31.")
    return GapAction(
        name,
        area_id,
        said["gap"].text(),
        **texts,
        owner=own[said["owner"].choice(sorted(own), f"body of {country}")],
        by=by,
        met_by=read_conditions(said["met_by"], name),
        where=f"{at.file}, line {at.line}",
    )


def check(actions: Iterable[GapAction], table: pd.DataFrame) -> None:
    """Refuse an action whose gap is none: nothing states it, it is in place, or its target is reached already.

    Parameters
    ----------
    table : of findings.

    Raises
    ------
    TextsError : the message names file and line.
    """
    rows = {str(row["finding_id"]): row for row in table.to_dict("records")}
    for each in actions:
        if each.gap not in rows:
            raise TextsError("unknown_finding", f"{each.where}: no finding is {each.gap}. {nearest(each.gap, rows)}")
        # Of another measure the target says what is missing.
        if rows[each.gap]["measure"] == _LEVELS and not is_gap(rows[each.gap]):
            raise TextsError(
                "no_gap",
                f"{each.where}: {each.action_id} answers {each.gap}, which is no gap by the evidence of today; answer "
                "one that is, or withdraw the action.",
            )
        if state_of(each.met_by, rows) == MET:
            raise TextsError(
                "target_reached", f"{each.where}: the target of {each.action_id} is reached already; set another."
            )


def is_gap(row: Mapping[str, Any]) -> bool:
    """Return True if a finding on an indicator shows a gap, whatever is unknown turns out to be."""
    return row["status"] == "known" and float(row["low"]) >= 1
