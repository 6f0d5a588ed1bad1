"""What reviewers decide on pairs outranks the weights, outlasts new lists, and is never lost without a word."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from refusals import refused
from test_link import claims, edges

from analysis.cases import pair_decisions, pair_report
from analysis.cases.pair_decisions import (
    APPLIED,
    CHANGED,
    COLUMNS,
    CONTRADICTS,
    DISAGREE,
    EARLIER,
    GONE,
    OUT,
    DecisionsError,
    decided,
    found,
)
from analysis.cases.person_groups import cluster, contradicting
from analysis.jobs import CaseTables

DAY = ("2009-03-07", "2009-03-07")


def decisions(*rows: tuple[int, int, bool]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["left", "right", "same"]).astype({"same": bool})


def groups(pairs: pd.DataFrame, table: pd.DataFrame, *rows: tuple[int, int, bool]) -> list[set[int]]:
    person, _ = cluster(pairs, table, 0.8, decisions(*rows))
    return sorted((set(members) for members in person.groupby(person).groups.values()), key=min)


def test_what_is_the_same_is_linked_though_its_weight_says_no():
    table = claims(*[(-1, *DAY)] * 3)
    pairs = edges((0, 1, -5.0), (1, 2, 9.0))
    assert groups(pairs, table) == [{0}, {1, 2}]
    # 2 is drawn to 1 by 9 bits, and to 0 by none: on average 4.5, more than the 2 of the threshold 0.8.
    assert groups(pairs, table, (0, 1, True)) == [{0, 1, 2}]
    # Two of whom no pair was kept at all.
    assert groups(pairs.iloc[:0], table, (2, 0, True)) == [{0, 2}, {1}]


def test_a_decision_outranks_documents_that_differ():
    table = claims((1, *DAY), (2, *DAY))
    assert groups(edges((0, 1, -9.0)), table, (0, 1, True)) == [{0, 1}]


def test_what_is_not_the_same_is_apart_through_a_third_record_too():
    table = claims(*[(-1, *DAY)] * 4)
    pairs = edges((0, 1, 20.0), (1, 2, 19.0), (0, 2, 18.0), (2, 3, 9.0))
    assert groups(pairs, table) == [{0, 1, 2, 3}]
    assert groups(pairs, table, (0, 2, False)) == [{0, 1}, {2, 3}]
    # A pair by itself, and one that was apart before.
    assert groups(edges((0, 1, 20.0)), table, (1, 0, False), (2, 3, False)) == [{0}, {1}, {2}, {3}]


@given(st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7), st.booleans()), max_size=12), st.integers(0, 99))
def test_no_group_breaks_a_decision(rows, seed):
    rows = list({frozenset(row[:2]): row for row in rows if row[0] != row[1]}.values())
    table, draw = claims(*[(-1, *DAY)] * 8), np.random.default_rng(seed)
    every = [(a, b, float(draw.normal(3, 12))) for a, b in itertools.combinations(range(8), 2)]
    said = decisions(*rows)
    said = said[~contradicting(said, 8)] if rows else said
    person, _ = cluster(edges(*every), table, 0.7, said)
    for left, right, same in said.itertuples(index=False):
        assert (person[left] == person[right]) == same


def test_a_contradiction_is_found_through_others():
    # 0 is 1, 1 is 2, and 0 is not 2; 3 is 4.
    said = decisions((0, 1, True), (1, 2, True), (2, 0, False), (3, 4, True))
    assert contradicting(said, 5).tolist() == [True, True, False, False]


KEYS = pd.Series(
    {
        "a-000002": "a:k" + "1" * 16 + "-" + "a" * 16,
        "a-000003": "a:k" + "2" * 16 + "-" + "b" * 16,
        "b-000002": "b:k" + "-" + "c" * 16,
        "b-000003": "b:k" + "-" + "d" * 16,
    }
)


def lines(*rows: tuple[str, str, str, str]) -> pd.DataFrame:
    """Answers as (initials, answer, record, record)."""
    said = [
        ("2026-12-03", who, "first", answer, "", "1.0", KEYS.get(one, one), KEYS.get(other, other))
        for who, answer, one, other in rows
    ]
    return pd.DataFrame(said, columns=list(COLUMNS), dtype=object)


def outcomes(table: pd.DataFrame, keys: pd.Series = KEYS) -> list[str]:
    return found(table, keys, keys.index)["outcome"].tolist()


def test_records_are_found_in_a_newer_list():
    asked = lines(("AB", "same", "a-000002", "b-000002"))
    moved = KEYS.rename({"a-000002": "a-000107", "b-000002": "b-000044"})
    (row,) = found(asked, moved, moved.index).itertuples()
    assert (row.outcome, row.record_id_l, row.record_id_r) == (APPLIED, "a-000107", "b-000044")
    # The number of the record is a running one, and all cells are as they were.
    renumbered = KEYS.str.replace("k" + "1" * 16, "k" + "7" * 16)
    assert outcomes(asked, renumbered) == [APPLIED]
    # Another cell of the record, whose number is the same; without a number it is gone, as is a row that was deleted.
    assert outcomes(asked, KEYS.str.replace("a" * 16, "e" * 16)) == [CHANGED]
    assert outcomes(asked, KEYS.str.replace("c" * 16, "e" * 16)) == [GONE]
    assert outcomes(asked, KEYS.drop("a-000002")) == [GONE]
    # Two rows that say the same: nobody knows which is meant.
    assert outcomes(asked, pd.concat([KEYS, pd.Series({"b-000009": KEYS["b-000002"]})])) == [GONE]
    assert found(asked, KEYS, ["a-000002"])["outcome"].tolist() == [OUT]


def test_the_last_answer_of_a_reviewer_counts_and_the_first_stays():
    pair = ("a-000002", "b-000002")
    table = lines(
        ("AB", "same", *pair), ("AB", "not same", *reversed(pair)), ("AB", "cannot say", "a-000003", "b-000003")
    )
    assert outcomes(table) == [EARLIER, APPLIED, "cannot say"]
    assert decided(found(table, KEYS, KEYS.index)).to_numpy().tolist() == [["a-000002", "b-000002", False]]
    # He judged the record as it is now, and before as it was.
    old = KEYS["a-000002"].replace("a" * 16, "e" * 16)
    assert outcomes(lines(("AB", "same", old, "b-000002"), ("AB", "not same", *pair))) == [EARLIER, APPLIED]


def test_reviewers_who_disagree_are_not_applied_and_who_cannot_say_contradicts_nobody():
    pair, other = ("a-000002", "b-000002"), ("a-000003", "b-000003")
    table = lines(
        ("AB", "same", *pair), ("CD", "not same", *pair), ("AB", "same", *other), ("CD", "cannot say", *other)
    )
    assert outcomes(table) == [DISAGREE, DISAGREE, APPLIED, "cannot say"]
    # They settled it: the later answer of one counts for the link, and the first for their agreement.
    table = pd.concat([table, lines(("CD", "same", *pair))], ignore_index=True)
    assert outcomes(table) == [APPLIED, EARLIER, APPLIED, "cannot say", APPLIED]
    twice = pair_decisions.second_answers(found(table, KEYS, KEYS.index))
    assert twice[["first", "second"]].to_numpy().tolist() == [["same", "not same"], ["same", "cannot say"]]


def test_answers_that_join_what_is_not_the_same_are_named_and_not_applied():
    table = lines(
        ("AB", "same", "a-000002", "b-000002"),
        ("AB", "same", "b-000002", "a-000003"),
        ("AB", "not same", "a-000003", "a-000002"),
        ("AB", "same", "a-000003", "b-000003"),
    )
    # All that joins is doubtful; that the two are apart stands.
    assert outcomes(table) == [CONTRADICTS, CONTRADICTS, APPLIED, CONTRADICTS]
    review = pair_report.table(found(table, KEYS, KEYS.index), None)
    said = pair_report.sentences(review.assign(outcome=outcomes(table)))
    assert any(CONTRADICTS in sentence and "a-000002 and b-000002" in sentence for sentence in said)
    assert pair_report.answered(review.assign(outcome=outcomes(table)))["same"].isna().sum() == 3


@pytest.fixture
def kept(tmp_path, monkeypatch):
    """The decisions of a study, in a folder of its own."""
    path = tmp_path / "pair_decisions_SYNTHETIC.csv"
    monkeypatch.setattr(CaseTables, "decisions", property(lambda tables: path))
    return path


def test_answers_are_only_ever_added(kept):
    said = {"record_l": KEYS.iloc[0], "record_r": KEYS.iloc[2], "reason": "=1+1; twins", "match_weight": "1.5"}
    assert pair_decisions.load("demo_provinces").empty
    assert pair_decisions.add("demo_provinces", [said | {"answer": "same"}], "AB") == 1
    before = kept.read_bytes()
    assert pair_decisions.add("demo_provinces", [said | {"answer": "same"}], "AB") == 0
    assert pair_decisions.add("demo_provinces", [said | {"answer": "not same"}], "AB") == 1
    assert pair_decisions.add("demo_provinces", [said | {"answer": "same"}], "CD", "second") == 1
    assert kept.read_bytes().startswith(before) and kept.stat().st_mode & 0o777 == 0o600
    table = pair_decisions.load("demo_provinces")
    assert table["answer"].tolist() == ["same", "not same", "same"] and set(table["reason"]) == {"=1+1; twins"}
    assert table["role"].tolist() == ["first", "first", "second"] and b"'=1+1" in kept.read_bytes()


@pytest.mark.parametrize(
    ("before", "after", "code"),
    [
        ("same", "sane", "damaged_row"),
        ("AB", "A1", "damaged_row"),
        ("initials", "who", "not_decisions"),
        (":k", ":", "damaged_row"),
    ],
)
def test_a_damaged_file_of_decisions_is_refused(kept, before, after, code):
    said = {"record_l": KEYS.iloc[0], "record_r": KEYS.iloc[2], "reason": "", "match_weight": ""}
    pair_decisions.add("demo_provinces", [said | {"answer": "same"}], "AB")
    kept.write_text(kept.read_text().replace(before, after, 1))
    with refused(DecisionsError, code):
        pair_decisions.load("demo_provinces")


@pytest.mark.parametrize("initials", ["", "ABCDE", "A1", "a b"])
def test_initials_are_letters(initials):
    with refused(DecisionsError, "invalid_initials"):
        pair_decisions.require_initials(initials)
    assert pair_decisions.require_initials(" şö ") == "ŞÖ"
