"""The chain of the register: nothing of it goes, changes or comes without being noticed, and a killed release does."""

import datetime
import hashlib
import itertools
import re

import pandas as pd
import pyarrow.parquet as pq
import pytest
from fuzzing import examples
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from refusals import refused

from analysis import release_register
from analysis.intake.pseudonyms import IdentityError
from analysis.jobs import CaseTables
from analysis.processed import as_parquet
from analysis.release_register import Persons, RegisterError

TABLES = CaseTables("turkiye")
PERSONS = Persons(b"of all rows")
# Releases and tables taken out, in the order in which they were entered: day, whether it was taken out, count.
ENTERED = [("2026-01-31", False, 20), ("2026-02-01", True, 34), ("2026-02-28", False, 35), ("2026-03-31", False, 50)]


def write(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def new(day, is_taken, count, persons=PERSONS):
    day = datetime.date.fromisoformat(day)
    tables = {"by_sex": pd.DataFrame({"sex": ["female", "male"], "count": pd.array([count, None], "Int64")})}
    if is_taken:
        return release_register.taken_entry(TABLES, tables, day, 11, "a" * 16, persons)
    return release_register.entry(TABLES, tables, day, 11)


def release(*entered, write=write):
    """A release as the program makes one: what a killed one left is settled first."""
    release_register.settle(TABLES, write)
    if (found := new(*entered)) is not None:
        release_register.enter(found, write)


def filled(folder, monkeypatch, entered=ENTERED):
    monkeypatch.setattr(release_register, "REGISTER", folder)
    monkeypatch.setattr(CaseTables, "kind", "confidential")
    monkeypatch.setenv("ANALYSIS_KEY", str(folder / "key"))
    write(folder / "key", b"0123456789abcdef\n")
    for each in entered:
        release(*each)
    return folder / "turkiye"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The register's folder, with three releases and a table that was taken out."""
    return filled(tmp_path, monkeypatch)


def parts(folder):
    """The chain, and the entries in their order."""
    path = folder / "case_records_chain.txt"
    return path, [folder / line.split()[2] for line in path.read_text("ascii").splitlines()]


def earlier():
    return release_register.earlier("turkiye", "case_records")


def content(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_each_entry_has_a_line_with_its_digest_and_that_of_the_line_before(folder):
    path, entries = parts(folder)
    assert len(earlier()) == 4 and sorted(path.name for path in folder.iterdir()) == sorted(
        [path.name, *(entry.name for entry in entries)]
    )
    before = "0" * 64
    for number, (line, entry, (day, is_taken, _)) in enumerate(
        zip(path.read_text("ascii").splitlines(), entries, ENTERED, strict=True), 1
    ):
        digest = hashlib.sha256(entry.read_bytes()).hexdigest()
        assert line == f"{number} {day} {entry.name} {digest} {before}" and ("_taken_" in entry.name) == is_taken
        assert pq.read_schema(entry).metadata[b"before"].decode() == before
        before = hashlib.sha256(line.encode()).hexdigest()


def remove_newest(path, entries):
    entries[-1].unlink()
    return entries[-1], "is missing or was renamed"


def remove_one_in_the_middle(path, entries):
    entries[2].unlink()
    return entries[2], "has no release 2 of the case records, but a later one"


def remove_what_was_taken_out(path, entries):
    entries[1].unlink()
    return entries[1], "is missing or was renamed"


def swap_two(path, entries):
    one, other = entries[2].read_bytes(), entries[3].read_bytes()
    entries[2].write_bytes(other)
    entries[3].write_bytes(one)
    return entries[2], "is not as it was entered"


def edit_bytes(path, entries):
    entries[-1].write_bytes(entries[-1].read_bytes() + b"\0")
    return entries[-1], "is not as it was entered"


def rename(path, entries):
    entries[-1].rename(entries[-1].with_name(entries[-1].name.replace("2026-03-31", "2026-04-30")))
    return entries[-1], "is missing or was renamed"


def rename_to_what_no_entry_is_called(path, entries):
    entries[0].rename(entries[0].with_suffix(".bak"))
    return entries[0], "has no release 1"


def add_a_copy(path, entries):
    copy = entries[-1].with_name(entries[-1].name.replace("_003_", "_004_"))
    copy.write_bytes(entries[-1].read_bytes())
    return copy, "is not listed in case_records_chain.txt"


def remove_the_chain(path, entries):
    path.unlink()
    return path, "is missing"


def remove_the_chain_and_the_newest(path, entries):
    entries[-1].unlink()
    return remove_the_chain(path, entries)


def empty_the_chain(path, entries):
    path.write_bytes(b"")
    return entries[0], "is not listed"


def remove_the_last_line(path, entries):
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-1]))
    return entries[-1], "is not listed"


def remove_an_entry_and_its_line(path, entries):
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:1] + lines[2:]))
    entries[1].unlink()
    return path, "is not as it was written, in line 2"


def remove_an_entry_and_its_line_and_number_the_others_anew(path, entries):
    lines = path.read_text("ascii").splitlines(keepends=True)
    del lines[1]
    path.write_text("".join(f"{number}{line[1:]}" for number, line in enumerate(lines, 1)), "ascii")
    entries[1].unlink()
    return path, "is not as it was written, in line 2"


def edit_the_digest_of_the_line_before(path, entries):
    text = path.read_text("ascii")
    path.write_text(text[:-2] + ("0" if text[-2] != "0" else "1") + "\n", "ascii")
    return path, "is not as it was written, in line 4"


def edit_a_line(path, entries):
    path.write_text(path.read_text("ascii").replace("2026-02-28", "2026-02-27", 1), "ascii")
    return path, "is not as it was written, in line 3"


def edit_the_last_line(path, entries):
    path.write_text(path.read_text("ascii").replace("4 2026-03-31", "4 2026-03-30"), "ascii")
    return path, "is not as it was written, in line 4"


CHANGES = [
    *(remove_newest, remove_one_in_the_middle, remove_what_was_taken_out, swap_two, edit_bytes, rename),
    *(rename_to_what_no_entry_is_called, add_a_copy, remove_the_chain, remove_the_chain_and_the_newest),
    *(empty_the_chain, remove_the_last_line, remove_an_entry_and_its_line, edit_a_line, edit_the_last_line),
    *(remove_an_entry_and_its_line_and_number_the_others_anew, edit_the_digest_of_the_line_before),
]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_what_goes_is_renamed_or_edited_is_refused_with_the_file_and_what_to_do(folder, change):
    kept = content(folder)
    place, said = change(*parts(folder))
    for attempt in (earlier, lambda: release("2026-04-30", False, 80), lambda: release("2026-04-30", True, 80)):
        with pytest.raises(RegisterError) as refused:
            attempt()
        sentence = str(refused.value)
        assert said in sentence and place.name in sentence and sentence.endswith(".")
        assert re.search("bring .* back|take the entry away", sentence)
    # What was asked for helps.
    for path in folder.iterdir():
        if path.name not in kept:
            path.unlink()
    for name, whole in kept.items():
        (folder / name).write_bytes(whole)
    assert len(earlier()) == 4


@pytest.mark.slow
@settings(max_examples=examples(6))
@given(st.data())
def test_whatever_is_deleted_or_edited_at_one_place_is_refused(tmp_path_factory, data):
    with pytest.MonkeyPatch.context() as patch:
        folder = filled(tmp_path_factory.mktemp("register"), patch)
        path = data.draw(st.sampled_from(sorted(folder.iterdir())))
        whole = path.read_bytes()
        start = data.draw(st.integers(0, len(whole) - 1))
        end = data.draw(st.integers(start, len(whole)))
        changed = whole[:start] + data.draw(st.binary(max_size=3)) + whole[end:]
        assume(changed != whole)
        if data.draw(st.booleans()):
            path.write_bytes(changed)
        else:
            path.unlink()
        with pytest.raises(RegisterError):
            earlier()
        path.write_bytes(whole)
        assert len(earlier()) == 4


@pytest.mark.slow
@given(st.sets(st.integers(0, 3), min_size=1))
def test_whichever_entries_are_deleted_is_refused_unless_no_line_speaks_of_them(tmp_path_factory, gone):
    with pytest.MonkeyPatch.context() as patch:
        folder = filled(tmp_path_factory.mktemp("register"), patch)
        path, entries = parts(folder)
        for number in gone:
            entries[number].unlink()
        with pytest.raises(RegisterError):
            earlier()
        lines = path.read_bytes().splitlines(keepends=True)
        path.write_bytes(b"".join(line for number, line in enumerate(lines) if number not in gone))
        # The newest ones gone from both: nothing here tells, which is why the folder is committed.
        if gone == set(range(4 - len(gone), 4)):
            assert len(earlier()) == 4 - len(gone)
        else:
            with pytest.raises(RegisterError):
                earlier()


class Killed(BaseException):
    """The process is gone."""


def killed_before(step):
    steps = itertools.count()

    def some(path, content):
        if next(steps) == step:
            raise Killed
        write(path, content)

    return some


@pytest.mark.parametrize("entered", [[], ENTERED[:2]], ids=["the first release", "a later one"])
@pytest.mark.parametrize("step", [0, 1, 2])
def test_a_release_killed_between_two_writes_is_completed_by_the_next(tmp_path, monkeypatch, entered, step):
    folder = filled(tmp_path / "undisturbed", monkeypatch, [*entered, ENTERED[2]])
    undisturbed = content(folder)
    folder = filled(tmp_path / "killed", monkeypatch, entered)
    with pytest.raises(Killed):
        release(*ENTERED[2], write=killed_before(step))
    # Once its entry is there it counts, and before that nothing does.
    assert len(earlier()) == len(entered) + (step == 2)
    release(*ENTERED[2])
    assert content(folder) == undisturbed


def test_a_release_killed_before_its_entry_was_there_may_be_followed_by_another(folder):
    with pytest.raises(Killed):
        release("2026-04-30", False, 65, write=killed_before(1))
    release("2026-05-31", False, 80)
    assert len(earlier()) == 5 and not list(folder.glob("*.next"))
    assert parts(folder)[1][-1].name.startswith("case_records_004_2026-05-31_")


def test_an_entry_that_a_killed_release_wrote_is_missed_like_any_other(folder):
    with pytest.raises(Killed):
        release("2026-04-30", False, 65, write=killed_before(2))
    release_register.settle(TABLES, write)
    parts(folder)[1][-1].unlink()
    with refused(RegisterError, "missing_file"):
        earlier()


def test_a_register_that_was_kept_before_there_were_chains_begins_one_at_the_next_release(folder):
    path, entries = parts(folder)
    for entry in entries:
        table = pd.read_parquet(entry)
        entry.write_bytes(as_parquet(table, "confidential"))
    path.unlink()
    assert len(earlier()) == 4
    # A file that is not whole is not taken into it.
    whole = entries[3].read_bytes()
    entries[3].write_bytes(entries[2].read_bytes())
    with refused(RegisterError, "digest_changed"):
        release(*ENTERED[3])
    assert not path.exists()
    entries[3].write_bytes(whole)
    # The same as before is released: nothing is entered, and the chain is begun all the same.
    release(*ENTERED[3])
    assert [entry.name for entry in parts(folder)[1]] == [entry.name for entry in entries]
    entries[-1].unlink()
    with refused(RegisterError, "missing_file"):
        earlier()


def test_chains_of_synthetic_and_of_real_persons_are_two(folder, monkeypatch):
    monkeypatch.setattr(CaseTables, "kind", "synthetic")
    assert earlier() == []
    release(*ENTERED[0])
    assert len(earlier()) == 1 and (folder / "case_records_chain_SYNTHETIC.txt").read_text().count("\n") == 1
    monkeypatch.setattr(CaseTables, "kind", "confidential")
    assert len(earlier()) == 4


def test_releases_are_in_the_order_in_which_they_were_entered_whatever_the_clock_said(tmp_path, monkeypatch):
    filled(tmp_path, monkeypatch, [("2026-03-31", False, 20), ("2026-01-31", False, 34), ("2025-12-31", True, 35)])
    release("2026-02-28", False, 50)
    assert [tables["by_sex"]["count"].sum() for tables in earlier()] == [20, 34, 35, 50]


def marks():
    return [entry.persons for entry in release_register.taken(TABLES)]


def test_no_name_says_who_was_taken_out_to_anybody_without_the_key(tmp_path, monkeypatch):
    filled(tmp_path, monkeypatch, [])
    release("2026-01-31", True, 20)
    release("2026-01-31", True, 34)
    release("2026-01-31", True, 35, Persons(b"of all rows but one"))
    said = {PERSONS.rows.hex()[:16], hashlib.sha256(PERSONS.rows).hexdigest()[:16]}
    said |= {hashlib.blake2b(PERSONS.rows, digest_size=8).hexdigest()}
    # Not even whether two tables are of the same persons.
    assert len({*marks()}) == 3 and not said & {*marks()}
    # With the key it is known, and the same table of the same persons is entered once.
    known = [[persons.are_of(TABLES, entry) for entry in release_register.taken(TABLES)]
             for persons in (PERSONS, Persons(b"of all rows but one"), Persons(b"of others"))]  # fmt: skip
    assert known == [[True, True, False], [False, False, True], [False, False, False]]
    release("2026-02-28", True, 34)
    assert len(marks()) == 3
    (of_others,) = release_register.earlier("turkiye", "case_records", without_persons=PERSONS)
    assert of_others["by_sex"]["count"].sum() == 35
    of_these = release_register.taken_of(TABLES, "c" * 16, PERSONS)
    assert (
        of_these["by_sex"]["count"].sum() == 34 and release_register.earlier("turkiye", "case_records", "a" * 16) == []
    )
    before = marks()
    write(tmp_path / "key", b"fedcba9876543210\n")
    assert not any(PERSONS.are_of(TABLES, entry) for entry in release_register.taken(TABLES)) and marks() == before
    (tmp_path / "key").unlink()
    with refused(IdentityError, "unreadable_file"):
        release("2026-03-31", True, 50)


def test_a_further_column_of_whole_numbers_is_kept_and_one_in_which_nothing_stands_says_nothing():
    table = pd.DataFrame({"table": "a", "sex": ["f", "m"], "count": pd.array([20, None], "Int64")})
    adjusted = table.assign(adjusted_by=pd.array([3, None], "Int64"))
    assert release_register.digest(
        table.assign(adjusted_by=pd.array([None, None], "Int64"))
    ) == release_register.digest(table)
    assert release_register.digest(adjusted) == release_register.digest(adjusted.astype({"adjusted_by": float}))
    assert release_register.digest(adjusted) not in (
        release_register.digest(table),
        release_register.digest(table.assign(adjusted_by=pd.array([None, 3], "Int64"))),
    )


def test_the_head_of_a_chain_changes_with_any_line_before():
    one = release_register.added(
        release_register.added([], "2026-01-31", "a_2026-01-31_.parquet", b"1"), "2026-02-28", "b", b"2"
    )
    other = release_register.added(
        release_register.added([], "2026-01-31", "a_2026-01-31_.parquet", b"0"), "2026-02-28", "b", b"2"
    )
    assert release_register.head(one) != release_register.head(other) and release_register.head([]) == "0" * 64
