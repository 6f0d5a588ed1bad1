"""The tables of statements: where each statement stands, what became of it and on what evidence, and it stays so."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
COLUMNS = ["id", "place", "statement", "verdict", "now", "evidence", "test"]
VERDICTS = ("held", "corrected", "withdrawn")
TABLES = sorted(HERE.glob("*.csv"))


def rows(table: Path) -> list[dict[str, str]]:
    with table.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def collapsed(text: str) -> str:
    """A text with single spaces, so that where its lines break does not matter."""
    return re.sub(r"\s+", " ", text).strip()


def published(place: str) -> str:
    """The text of the file that a place names: its path, then the heading or the key after `#`.

    A sentence of code that stands on several lines is read as one.
    """
    path = ROOT / place.split("#")[0].strip()
    text = path.read_text(encoding="utf-8")
    return collapsed(re.sub(r'"\s*\n\s*f?"', "", text) if path.suffix == ".py" else text)


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.stem)
def test_each_row_has_an_id_of_its_own_a_verdict_and_its_evidence(table):
    with table.open(encoding="utf-8", newline="") as file:
        assert next(csv.reader(file)) == COLUMNS
    found = rows(table)
    assert len({row["id"] for row in found}) == len(found)
    for row in found:
        assert row["verdict"] in VERDICTS, row["id"]
        assert row["statement"] and row["evidence"], row["id"]
        assert bool(row["now"]) == (row["verdict"] == "corrected"), row["id"]


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.stem)
def test_what_held_or_was_corrected_is_still_what_is_published(table):
    stale = [
        row["id"]
        for row in rows(table)
        if row["verdict"] != "withdrawn" and collapsed(row["now"] or row["statement"]) not in published(row["place"])
    ]
    assert stale == []


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.stem)
def test_what_was_corrected_or_withdrawn_is_no_longer_published(table):
    left = [
        row["id"]
        for row in rows(table)
        if row["verdict"] != "held"
        and collapsed(row["statement"]) not in collapsed(row["now"])
        and collapsed(row["statement"]) in published(row["place"])
    ]
    assert left == []


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.stem)
def test_every_test_that_a_row_names_is_there(table):
    tests = "".join(each.read_text(encoding="utf-8") for each in HERE.glob("test_*.py"))
    missing = [row["id"] for row in rows(table) if row["test"] and f"def {row['test']}(" not in tests]
    assert missing == []
