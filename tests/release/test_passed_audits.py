"""An audit that learnt nothing is not made again of the same tables, and of any others it is."""

import json

import pandas as pd
import pytest

import disclosure
from analysis import release_register
from analysis.jobs import CaseTables
from analysis.release import passed_audits, publish

TABLES = CaseTables("demo_islands")


def counts(*numbers):
    return pd.DataFrame({"sex": ["female", "male"], "count": pd.array(numbers, "Int64")})


@pytest.fixture
def given(monkeypatch, tmp_path):
    """All that an audit follows from, which a test may change."""
    found = {"protected": {"by_sex": counts(20, 31)}, "earlier": [], "releases": [], "nested": {}}
    monkeypatch.setattr(passed_audits, "NOTE", tmp_path / "audited.json")
    monkeypatch.setattr(publish, "_protected", lambda tables: found["protected"])
    monkeypatch.setattr(publish, "_nested", lambda tables, releases: found["nested"])
    for name in ("earlier", "releases"):
        monkeypatch.setattr(release_register, name, lambda *_, name=name, **__: found[name])
    return found


@pytest.fixture
def audits(monkeypatch):
    """The tables that were attacked."""
    attacked, audit = [], disclosure.audit

    def watched(tables, **others):
        attacked.append(tables)
        return audit(tables, **others)

    monkeypatch.setattr(disclosure, "audit", watched)
    return attacked


def test_the_same_audit_is_made_once_and_says_the_same(given, audits):
    first = publish.audited(TABLES, check=False)
    again = publish.audited(TABLES, check=False)
    assert len(audits) == 1 and first.passed and again.passed
    assert str(first) == str(again)
    assert passed_audits.NOTE.stat().st_mode & 0o077 == 0


def test_a_check_notes_nothing(given, audits):
    publish.audited(TABLES)
    assert not passed_audits.NOTE.exists()
    publish.audited(TABLES, check=False)
    publish.audited(TABLES)
    assert len(audits) == 2


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("protected", {"by_sex": counts(20, 32)}),
        ("protected", {"by_gender": counts(20, 31)}),
        ("protected", {"by_sex": counts(20, 31).astype({"count": "float64"})}),
        ("earlier", [{"by_sex": counts(20, 45)}]),
        ("releases", [{"by_sex": counts(20, 31)}]),
        ("nested", {"sex": pd.DataFrame({"value": ["all"], "atom": ["female"]})}),
    ],
)
def test_what_an_audit_follows_from_makes_another(given, audits, name, other):
    publish.audited(TABLES, check=False)
    given[name] = other
    publish.audited(TABLES, check=False)
    assert len(audits) == 2


def test_tables_that_changed_into_a_breach_do_not_pass_and_are_not_noted(given, audits):
    publish.audited(TABLES, check=False)
    noted = passed_audits.NOTE.read_bytes()
    given["protected"] = {"by_sex": counts(2, 31)}
    for _ in range(2):
        assert not publish.audited(TABLES, check=False).passed
    assert len(audits) == 3 and passed_audits.NOTE.read_bytes() == noted


def test_another_program_and_another_key_make_other_marks(given, monkeypatch):
    before = passed_audits.mark(TABLES, [])
    library = passed_audits.program(passed_audits.AUDITS)["library"]
    audited_by = {f"packages/disclosure/src/disclosure/{name}.py" for name in ("attack", "feasibility")}
    assert audited_by | {"src/analysis/cases/person_counts.py", "src/analysis/release/publish.py"} <= set(library)
    monkeypatch.setattr(passed_audits, "secret_key", lambda kind: "another key")
    assert passed_audits.mark(TABLES, []) != before
    monkeypatch.undo()
    changed = {"library": library | {"packages/disclosure/src/disclosure/attack.py": "another"}, "environment": {}}
    monkeypatch.setattr(passed_audits, "program", lambda modules: changed)
    assert passed_audits.mark(TABLES, []) != before


@pytest.mark.parametrize("content", ["", "{", "[]", "null", json.dumps({TABLES.name: "0" * 32})])
def test_a_note_that_was_damaged_or_edited_is_ignored(given, audits, content):
    publish.audited(TABLES, check=False)
    passed_audits.NOTE.write_text(content, encoding="utf-8")
    publish.audited(TABLES, check=False)
    publish.audited(TABLES, check=False)
    assert len(audits) == 2
