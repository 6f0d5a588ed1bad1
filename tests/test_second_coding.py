"""The workbook of a second coder is blind, comes back as it was meant, and loses nothing unnamed; agreement by hand."""

from __future__ import annotations

import hashlib
import re
import shutil

import pandas as pd
import pytest
from openpyxl import load_workbook
from refusals import refused

from analysis import catalog, coded_rows, second_coding
from analysis.coded_rows import NUMBERS, drawn, lines
from analysis.second_coding import HEADERS, LINES, SecondCodingError, add, agreement, answers_in, printed, workbook

STUDY = "cabo_verde"
AT = {field: column for column, field in enumerate(HEADERS, start=1)}


@pytest.fixture(scope="module")
def asked() -> pd.DataFrame:
    return lines(drawn(STUDY))


@pytest.fixture
def written(tmp_path):
    """The workbook of AB with cells filled in by a spreadsheet program, as (row, field) -> what is typed."""

    def fill(cells: dict[tuple[int, str], object], initials: str = "AB"):
        path = tmp_path / "filled.xlsx"
        path.write_bytes(workbook(STUDY, initials))
        book = load_workbook(path)
        for (row, field), said in cells.items():
            book[LINES].cell(row, AT[field]).value = said
        book.save(path)
        return path

    return fill


@pytest.fixture
def kept(tmp_path, monkeypatch):
    """The file of second codings in a folder of its own, beside links to all other data."""
    raw = tmp_path / "raw"
    (raw / "evidence").mkdir(parents=True)
    for path in [*catalog.RAW.iterdir(), *(catalog.RAW / "evidence").iterdir()]:
        if path.name not in ("evidence", "catalog.yml", "second_coding.csv"):
            (raw / path.relative_to(catalog.RAW)).symlink_to(path)
    shutil.copy(catalog.RAW / "catalog.yml", raw)
    shutil.copy(catalog.RAW / "evidence/second_coding.csv", raw / "evidence")
    monkeypatch.setattr(catalog, "RAW", raw)
    catalog.datasets.cache_clear()
    yield raw / "evidence/second_coding.csv"
    monkeypatch.undo()
    catalog.datasets.cache_clear()


def numbers_in(text: str) -> set[str]:
    """Numbers of a text with and without signs between thousands, found anew."""
    return {
        re.sub(r"[.,' \u00a0\u202f-](?=\d{3}(?!\d))", "", each) for each in re.findall(r"\d[\d.,' -]*\d|\d", text)
    } | {each.replace(",", ".") for each in re.findall(r"\d+[.,]\d+", text)}


@pytest.mark.parametrize("study", ["turkiye", "west_africa", "cabo_verde"])
def test_the_workbook_names_no_figure_of_its_row(study):
    table = lines(drawn(study))
    shown = printed(study)
    assert len(shown) == len(table) and shown["row"].is_unique
    for (_, line), (_, cells) in zip(table.iterrows(), shown.iterrows(), strict=True):
        if line["level"] in NUMBERS:
            assert line["value"] not in numbers_in(cells["title"]) | numbers_in(cells["definition"])
            digits = [line["value"].replace(".", sign) for sign in (".", "-", "")]
            within = [re.search(rf"(?<!\d){re.escape(each)}(?!\d)", cells["url"]) for each in digits if len(each) > 1]
            assert not any(within), cells["url"]
            assert cells["asked"] == "A figure, in the unit of the row"


def test_the_workbook_is_the_same_whatever_the_first_coder_found(monkeypatch):
    before, table = printed(STUDY), drawn(STUDY)
    other = [[each | {"value": "987654", "low": "987654", "high": "987654"} for each in row] for row in table["asked"]]
    monkeypatch.setattr(coded_rows, "drawn", lambda study: table.assign(asked=other))
    after, masked = printed(STUDY), ["title", "url"]
    pd.testing.assert_frame_equal(before.drop(columns=masked), after.drop(columns=masked))
    # Where a title was masked, it has its figure again.
    assert after["title"].str.contains("…").sum() == 0 < before["title"].str.contains("…").sum()


def test_the_words_that_are_offered_are_in_the_order_of_the_alphabet(asked):
    shown = printed(STUDY)
    answer = shown.loc[asked["field"].eq("answer").to_numpy(), "asked"].unique()
    assert answer.tolist() == ["answer: no | partly | unknown | yes"]


def test_the_same_rows_are_the_same_bytes_and_cells_to_be_filled_in_are_unlocked(written):
    assert workbook(STUDY, "AB") == workbook(STUDY, "AB")
    book = load_workbook(written({}))
    assert book.sheetnames == ["Read me", LINES, "About"] and book[LINES].protection.sheet
    locked = {field: book[LINES].cell(2, AT[field]).protection.locked for field in HEADERS}
    assert [field for field, is_locked in locked.items() if not is_locked] == list(second_coding.ANSWERED)


def rows_of(asked: pd.DataFrame, level: str) -> list[int]:
    return [place + 2 for place, each in enumerate(asked["level"]) if each == level]


def test_answers_come_back_and_each_wrong_cell_is_named(written, asked):
    figures, words = rows_of(asked, "ratio"), [n + 2 for n, each in enumerate(asked["field"]) if each == "answer"]
    cells = {
        (figures[0], "value"): 12, (figures[0], "page"): "p. 3",
        (figures[1], "low"): "2,5", (figures[1], "high"): "4", (figures[1], "qualifier"): "range",
        (figures[2], "absent"): "x",
        (figures[3], "value"): "<5",
        (words[0], "value"): "Yes",
        # Wrong from here on.
        (figures[4], "value"): "about 7", (figures[5], "value"): "1,234",
        (figures[6], "value"): 3, (figures[6], "absent"): "x",
        (figures[7], "page"): "p. 9",
        (figures[8], "value"): 3, (figures[8], "low"): 4,
        (figures[9], "value"): "=1+1",
        (figures[10], "value"): 3, (figures[10], "qualifier"): "roughly",
        (words[1], "value"): "perhaps",
        (words[2], "value"): "yes", (words[2], "low"): "1",
        (words[3], "value"): "yes", (words[3], "row"): "0123.answer",
    }  # fmt: skip
    path = written(cells)
    answers, wrong = answers_in(path, STUDY, "AB")
    found = {each["row_id"] + each["field"]: each for each in answers}
    key = (asked["row_id"] + asked["field"]).tolist()
    assert len(found) == 5 and len(wrong) == 10
    one, two, three, four = (found[key[figures[n] - 2]] for n in range(4))
    assert (one["value"], one["page"], one["found"]) == ("12", "p. 3", "yes")
    assert (two["value"], two["low"], two["high"], two["qualifier"]) == ("", "2.5", "4", "range")
    assert (three["found"], three["value"]) == ("no", "") and four["value"] == "<5"
    assert found[key[words[0] - 2]]["value"] == "yes"
    letters = {"value": "N", "low": "O", "qualifier": "Q", "row": "A"}
    expected = [(figures[4], "value"), (figures[5], "value"), (figures[6], "value"), (figures[7], "value"),
                (figures[8], "low"), (figures[9], "value"), (figures[10], "qualifier"), (words[1], "value"),
                (words[2], "low"), (words[3], "row")]  # fmt: skip
    for row, field in expected:
        [sentence] = [each for each in wrong if f"row {row}, column {letters[field]} ({HEADERS[field]}): " in each]
        assert sentence.startswith(("/", "filled.xlsx")) or "filled.xlsx" in sentence
        assert "about 7" not in sentence and "perhaps" not in sentence


def test_a_row_that_stands_twice_is_named_twice_and_none_is_taken(written, asked):
    first = f"{coded_rows.digest(asked['row_id'].iat[0])}.{asked['field'].iat[0]}"
    path = written({(2, "absent"): "x", (3, "absent"): "x", (3, "row"): first})
    answers, wrong = answers_in(path, STUDY, "AB")
    assert answers == [] and len(wrong) == 2


def test_a_workbook_of_another_study_or_coder_is_refused(written, tmp_path):
    path = written({})
    with refused(SecondCodingError, "other_study", "turkiye"):
        answers_in(path, "turkiye", "AB")
    with refused(SecondCodingError, "other_initials", "CD"):
        answers_in(path, STUDY, "CD")
    with refused(SecondCodingError, "invalid_initials"):
        second_coding.require_initials("A1")
    other = tmp_path / "other.csv"
    other.write_text("a,b\n1,2\n")
    with refused(SecondCodingError, "not_a_workbook"):
        answers_in(other, STUDY, "AB")


def test_answers_are_added_once_signed_and_the_catalogue_knows_the_file(kept, written, asked):
    answers, _ = answers_in(written({(rows_of(asked, "ratio")[0], "value"): 12}), STUDY, "AB")
    answers[0]["reason"] = "=1+1 is printed"
    assert add(answers, "AB") == 1 and add(answers, "AB") == 0 and add(answers, "CD") == 1
    assert add([answers[0] | {"value": "13"}], "AB") == 1
    table = pd.read_csv(kept, dtype=str, keep_default_na=False)
    assert table["initials"].tolist() == ["AB", "CD", "AB"] and table["value"].tolist() == ["12", "12", "13"]
    assert table["row_id"].nunique() == 1 and not table["reason"].str.startswith("=").any()
    assert catalog.dataset("second_coding").sha256 == hashlib.sha256(kept.read_bytes()).hexdigest()
    catalog.verify("second_coding")


def codings(*rows: tuple) -> pd.DataFrame:
    """Codings by initials, row, field, level, value of the first coder, and value of the second; None: not found."""
    made = [
        {"initials": initials, "row_id": row_id, "field": field, "level": level, "data_set": "counts", "gone": False,
         "found": "no" if value is None else "yes", "value": value or "", "low": "", "high": "", "qualifier": "",
         "first_value": first, "first_low": "", "first_high": "", "first_value_qualifier": "",
         "alike": value is not None and coded_rows.alike_answers((first, "", "", ""), (value, "", "", ""), level)}
        for initials, row_id, field, level, first, value in rows
    ]  # fmt: skip
    return pd.DataFrame(made)


def test_agreement_of_words_by_hand():
    pairs = [("yes", "yes"), ("yes", "no"), ("no", "no"), ("no", None)]
    rows = [("AB", f"r{n}", "answer", "nominal", *pair) for n, pair in enumerate(pairs)]
    table = agreement(codings(*rows)).set_index("coefficient")
    assert table["n"].eq(3).all() and table["not_found"].eq(1).all()
    assert table.loc["coded alike", "estimate"] == pytest.approx(2 / 3)
    # As in the test of alpha: 1 - (2 / 6) / (18 / 30). AC1: half of the codes are yes, so that chance is a half.
    assert table.loc["Krippendorff's alpha (nominal)", "estimate"] == pytest.approx(1 - (2 / 6) / (18 / 30))
    assert table.loc["Gwet's AC1", "estimate"] == pytest.approx((2 / 3 - 1 / 2) / (1 / 2))


def test_agreement_of_figures_by_hand_and_the_first_answer_of_a_coder_counts():
    rows = [("r1", "10", "10"), ("r2", "20", "60"), ("r2", "20", "20")]
    found = agreement(codings(*(("AB", row, "value", "ratio", *answers) for row, *answers in rows)))
    table = found.set_index("coefficient")
    assert table.loc["coded alike", "estimate"] == 0.5
    # Codes 10, 10, 20, 60. Observed: 2 (40 / 80)² of 4 values. Expected, of 4 x 3 pairs: 2 (2 (10 / 30)² + 2 (50 / 70)²
    # + (40 / 80)²).
    observed = 2 * (40 / 80) ** 2 / 4
    expected = 2 * (2 * (10 / 30) ** 2 + 2 * (50 / 70) ** 2 + (40 / 80) ** 2) / 12
    assert table.loc["Krippendorff's alpha (ratio)", "estimate"] == pytest.approx(1 - observed / expected)


def test_where_nobody_has_coded_a_second_time_it_is_said():
    said = second_coding.sentences(STUDY)
    assert said[-1] == "No row was coded blind by a second coder yet." and re.match(
        r"Drawn .*: \d+ of \d+ rows", said[0]
    )
    assert agreement(coded_rows.second_codings()).empty
