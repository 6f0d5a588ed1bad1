"""Actions of a place: read with file and line, each answers a gap that is one, and no two share their words."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from analysis import areas
from analysis.findings.finding import Finding, as_table
from analysis.jobs import PLEDGE
from analysis.recommendations import gap_actions
from analysis.recommendations.conditions import TextsError
from analysis.recommendations.texts import read as read_texts

ACTION = """
SEN-1:
  gap: SEN/gap.A3
  missing: {en: The law has no such crime.}
  action: {en: Table a bill.}
  reason: {en: a treaty asks for it.}
  owner: SEN-JUSTICE
  first_step: {en: a draft article.}
  by: 2027-12-31
  target: {en: all forms prohibited}
  met_by: {finding: SEN/gap.A3, at_most: 0}
  next_reading: {en: yearly findings}
"""
BODIES = read_texts(PLEDGE).authorities


def read(folder: Path, text: str = ACTION, area: str = "SEN") -> tuple[gap_actions.GapAction, ...]:
    (folder / "actions").mkdir(exist_ok=True)
    (folder / "actions" / f"{area}.yml").write_text(text, encoding="utf-8")
    return gap_actions.read(folder, BODIES)


def table(level: float | None):
    known = (
        {"value": level, "n": 1, "period": "2024"} if level is not None else {"status": "not read", "why": "Not read."}
    )
    said = {"item": "A3", "method": "Coded by hand.", "limits": "A rule is not its use.", "source_ids": (), **known}
    return as_table([Finding(areas.get("SEN"), "gap", **said).row()])


def test_an_action_is_read_with_its_owner(tmp_path: Path):
    (found,) = read(tmp_path)
    assert (found.action_id, found.area_id, found.gap, found.by) == ("SEN-1", "SEN", "SEN/gap.A3", "2027-12-31")
    assert found.owner.authority_id == "SEN-JUSTICE" and found.action["en"] == "Table a bill."


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("owner: SEN-JUSTICE", "owner: NGA-NAPTIP", "unknown_choice"),
        ("by: 2027-12-31", "by: soon", "invalid_day"),
        ("  reason: {en: a treaty asks for it.}\n", "", "missing_field"),
        ("action: {en: Table a bill.}", "action: {en: Table a bill., fr: Un projet de loi.}", "missing_language"),
    ],
)
def test_a_mistake_is_named_with_its_line(tmp_path: Path, old: str, new: str, code: str):
    with pytest.raises(TextsError) as error:
        read(tmp_path, ACTION.replace(old, new))
    assert error.value.code == code and re.search(r"actions/SEN\.yml, line \d+:", str(error.value))


def test_a_file_of_no_area_and_words_of_another_action_are_refused(tmp_path: Path):
    with pytest.raises(TextsError) as error:
        read(tmp_path, area="SEX")
    assert error.value.code == "unknown_area"
    (tmp_path / "actions" / "SEX.yml").unlink()
    with pytest.raises(TextsError) as error:
        read(tmp_path, ACTION + ACTION.replace("SEN-1", "SEN-2"))
    assert error.value.code == "same_action" and "SEN-1" in str(error.value)


@pytest.mark.parametrize(("level", "code"), [(0, "no_gap"), (None, "no_gap")])
def test_what_is_in_place_or_unknown_is_no_gap(tmp_path: Path, level: float | None, code: str):
    with pytest.raises(TextsError) as error:
        gap_actions.check(read(tmp_path), table(level))
    assert error.value.code == code


def test_a_gap_is_answered_and_a_target_that_is_reached_is_refused(tmp_path: Path):
    gap_actions.check(read(tmp_path), table(3))
    with pytest.raises(TextsError) as error:
        gap_actions.check(read(tmp_path, ACTION.replace("at_most: 0", "at_least: 2")), table(3))
    assert error.value.code == "target_reached"
    with pytest.raises(TextsError) as error:
        gap_actions.check(read(tmp_path, ACTION.replace("gap: SEN/gap.A3", "gap: SEN/gap.Z3")), table(3))
    assert error.value.code == "unknown_finding"
