"""What a reviewer writes into the workbook of pairs comes back as it was meant, and nothing of it is lost unnamed."""

from __future__ import annotations

import pytest
from openpyxl import load_workbook
from refusals import refused

from analysis.cases import pair_decisions, pair_workbook
from analysis.cases.pair_decisions import DecisionsError
from analysis.cases.pair_workbook import answers_in, workbook
from analysis.cases.pairs_to_review import LINES, Compared, Pair, Review
from analysis.jobs import CaseTables

STUDY = "demo_provinces"
# First rows of the ten pairs: below each stand the other record and the weights.
FIRST_ROWS = [2 + 3 * number for number in range(10)]
ANSWER, REASON = (pair_workbook.HEAD.index(head) + 1 for head in ("answer", "reason"))


def key(side: str, number: int) -> str:
    return f"{side}:k{number:016x}-{number:016x}"


@pytest.fixture
def reviewer(tmp_path, monkeypatch):
    """Reviews of ten pairs of nobody, by initials, and a file of decisions of their own."""
    kept = tmp_path / "pair_decisions_SYNTHETIC.csv"
    monkeypatch.setattr(CaseTables, "decisions", property(lambda tables: kept))

    def review(initials: str, second: bool = False) -> Review:
        made = object.__new__(Review)
        made.study, made.second, made.initials, made.kind = STUDY, second, initials, "synthetic"
        lines = tuple(Compared(line, "=one", "other", "agrees", "exact", 2.5) for line in LINES)
        made.pairs = [
            Pair(key("a", n), key("b", n), (f"a, row {n}", f"b, row {n}"), n - 4.5, lines)
            for n in range(1 if second else 10)
        ]
        mine = pair_decisions.load(STUDY)
        mine = mine[mine["initials"] == initials]
        made.answers = {
            pair_decisions.pair_of(row.record_l, row.record_r): (row.answer, row.reason) for row in mine.itertuples()
        }
        return made

    return review


@pytest.fixture
def written(reviewer, tmp_path):
    """The file of a reviewer with cells filled in by a spreadsheet program, as (row, column) -> what is typed."""

    def fill(cells: dict[tuple[int, int], object], initials: str = "AB", second: bool = False):
        path = tmp_path / pair_workbook.name("synthetic", initials, second)
        path.write_bytes(workbook(reviewer(initials, second)))
        book = load_workbook(path)
        for (row, column), said in cells.items():
            book[pair_workbook.PAIRS].cell(row, column).value = said
        book.save(path)
        return path

    return fill


def test_answers_come_back_as_they_were_meant_and_each_wrong_cell_is_named(written):
    words = ["same", "Not Same", " cannot say ", "s", "N", "c", "perhaps", "=A1", None, None]
    cells = {(row, ANSWER): word for row, word in zip(FIRST_ROWS, words, strict=True)}
    cells |= {(2, REASON): "twins?", (26, REASON): "seen on paper", (30, ANSWER): "same"}
    path = written(cells)
    found, role, wrong = answers_in(path, STUDY, "AB")
    expected = ["same", "not same", "cannot say"] * 2
    assert [(line["record_l"], line["record_r"], line["answer"]) for line in found] == [
        (key("a", n), key("b", n), answer) for n, answer in enumerate(expected)
    ]
    assert [line["reason"] for line in found] == ["twins?", *[""] * 5] and role == "first"
    assert [float(line["match_weight"]) for line in found] == [n - 4.5 for n in range(6)]
    # In the order of the rows: no answer, a formula, a reason without an answer, and one beside the other record.
    named = [sentence.removeprefix(str(path)).split(": ")[0] for sentence in wrong]
    letter = chr(ord("A") + ANSWER - 1)
    assert [place.rpartition("xlsx")[2] for place in named] == [
        f", row {row}, column {letter}" for row in (20, 23, 26, 30)
    ]
    assert not any(word in sentence for word in ("perhaps", "seen on paper", "A1") for sentence in wrong)
    assert "reason" in wrong[2] and "first row" in wrong[3]


def test_answers_that_were_read_stand_in_the_next_workbook_and_are_not_taken_up_twice(written):
    path = written({(2, ANSWER): "same", (2, REASON): "cousins", (5, ANSWER): "n"})
    found, role, _ = answers_in(path, STUDY, "AB")
    assert pair_decisions.add(STUDY, found, "AB", role) == 2
    assert pair_decisions.add(STUDY, found, "AB", role) == 0
    again = written({})
    found_again, _, wrong = answers_in(again, STUDY, "AB")
    assert found_again == found and wrong == []
    # A second thought is added beside the first.
    changed, _, _ = answers_in(written({(2, ANSWER): "cannot say"}), STUDY, "AB")
    assert pair_decisions.add(STUDY, changed, "AB") == 1
    assert pair_decisions.load(STUDY)["answer"].tolist() == ["same", "not same", "cannot say"]


def test_a_reason_that_is_a_formula_is_named_and_its_answer_is_kept(written):
    path = written({(2, ANSWER): "same", (2, REASON): "=cousins"})
    (found,), _, (sentence,) = answers_in(path, STUDY, "AB")
    assert (found["answer"], found["reason"]) == ("same", "")
    assert f"row 2, column {chr(ord('A') + REASON - 1)}: a formula" in sentence
    corrected = written({(2, ANSWER): "same", (2, REASON): "cousins"})
    pair_decisions.add(STUDY, [found], "AB")
    assert pair_decisions.add(STUDY, answers_in(corrected, STUDY, "AB")[0], "AB") == 1


def test_who_is_second_sees_no_answer_of_the_first(written):
    found, role, _ = answers_in(written({(2, ANSWER): "same", (2, REASON): "twins"}), STUDY, "AB")
    pair_decisions.add(STUDY, found, "AB", role)
    path = written({}, "CD", second=True)
    texts = {str(cell.value) for row in load_workbook(path)[pair_workbook.PAIRS].iter_rows() for cell in row}
    assert "twins" not in texts and "same" not in texts
    assert answers_in(path, STUDY, "CD") == ([], "second", [])


def test_a_workbook_of_another_study_or_reviewer_or_of_another_kind_is_refused(written, tmp_path):
    path = written({(2, ANSWER): "same"})
    with refused(DecisionsError, "other_study"):
        answers_in(path, "demo_islands", "AB")
    with refused(DecisionsError, "other_initials"):
        answers_in(path, STUDY, "CD")
    other = tmp_path / "list.csv"
    other.write_text("a,b\n1,2\n", encoding="utf-8")
    with refused(DecisionsError, "not_a_workbook"):
        answers_in(other, STUDY, "AB")
    book = load_workbook(path)
    book[pair_workbook.PAIRS].delete_cols(ANSWER)
    book.save(path)
    with refused(DecisionsError, "missing_column"):
        answers_in(path, STUDY, "AB")


def test_rows_that_were_sorted_or_of_which_hidden_cells_were_changed_are_no_answers_of_other_pairs(written):
    """A row carries the keys of its pair wherever it stands; without them it is named."""
    hidden = pair_workbook.HEAD.index("record_l") + 1
    moved = {
        (2, column): value for column, value in ((ANSWER, "same"), (hidden, key("a", 9)), (hidden + 1, key("b", 9)))
    }
    found, _, wrong = answers_in(written(moved | {(5, ANSWER): "same", (5, hidden): "gone"}), STUDY, "AB")
    assert [line["record_l"] for line in found] == [key("a", 9)] and len(wrong) == 1 and "row 5" in wrong[0]
