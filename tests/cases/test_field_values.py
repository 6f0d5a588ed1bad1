"""Values of fields: units beside, several columns of a question, cells left out, rows left out, values by hand."""

import pandas as pd
import pytest
import xlsxwriter
from case_files import HEAD, read
from hypothesis import given
from hypothesis import strategies as st
from refusals import refused

from analysis import cases
from analysis.cases.mapping import MappingError, beside
from analysis.cases.processed import accounts, render, summary
from journeys import legs


def faults(result: cases.Intake) -> list[tuple[int, str, str]]:
    return list(result.quarantine[["row", "column", "rule"]].itertuples(index=False, name=None))


def ages_of(result: cases.Intake) -> dict[int, float]:
    known = result.records[result.records["age_low"].notna()]
    return dict(zip(known["row"], known["age_low"], strict=True))


# --- The unit of an age --------------------------------------------------------------------------------------------

UNITS = [["n", "Yaş", "Birim", "s"], ["1", "8", "yaş", "f"], ["2", "8", "ay", "f"], ["3", "8", "", "f"]]


def test_a_declared_column_of_units(tmp_path):
    columns = "columns: {record: n, age: {column: Yaş, unit_column: Birim, units: {yaş: years, ay: months}}, sex: s}\n"
    result = read(tmp_path, UNITS, columns)
    assert ages_of(result) == {2: 8, 3: 0}
    assert faults(result) == [(4, "Yaş", "number")]
    assert "'Birim'" in result.quarantine["reason"].iloc[0] and '"": years' in result.quarantine["reason"].iloc[0]
    assert result.undeclared.empty
    with_default = columns.replace("ay: months", 'ay: months, "": years')
    assert ages_of(read(tmp_path, UNITS, with_default)) == {2: 8, 3: 0, 4: 8}


@pytest.mark.parametrize("more", ["", "drop: [Birim]\n"])
def test_a_column_of_units_that_nobody_declared_makes_no_years_of_months(tmp_path, more):
    result = read(tmp_path, UNITS, "columns: {record: n, age: Yaş, sex: s}\n" + more)
    assert ages_of(result) == {2: 8}
    assert faults(result) == [(3, "Yaş", "number"), (4, "Yaş", "number")]
    assert result.quarantine["reason"].str.contains("unit_column").all()


@pytest.mark.parametrize(
    ("header", "rows", "expected"),
    [
        # All are of years: nothing is in doubt.
        (["n", "Yaş", "Birim"], [["1", "8", "yaş"], ["2", "9", ""]], {2: 8, 3: 9}),
        # The column before, and one headed as such elsewhere.
        (["Birim", "Yaş", "s"], [["ay", "8", "f"], ["yaş", "9", "f"]], {3: 9}),
        (["Yaş", "s", "Unité"], [["8", "f", "mois"], ["9", "f", "ans"]], {3: 9}),
        # A number with a word of its own needs no column.
        (["n", "Yaş", "Birim"], [["1", "8 ay", "ay"], ["2", "9", "yaş"]], {2: 0, 3: 9}),
        # A column beside it that holds other things too, or that is declared as another field.
        (["n", "Yaş", "Süre"], [["1", "8", "3 ay"], ["2", "9", "ay"]], {2: 8, 3: 9}),
        (["n", "Yaş", "s"], [["1", "8", "f"], ["2", "9", "m"]], {2: 8, 3: 9}),
    ],
)
def test_which_column_is_one_of_units(tmp_path, header, rows, expected):
    fields = {"n": "record: n", "s": "sex: s", "Yaş": "age: {column: Yaş, units: {ay: months}}"}
    columns = f"columns: {{{', '.join(fields[name] for name in header if name in fields)}}}\n"
    assert ages_of(read(tmp_path, [header, *rows], columns)) == expected


def test_a_unit_belongs_to_the_age_before_it(tmp_path):
    rows = [["x", "Birim", "a", "n"], ["6", "ay", "8", "1"]]
    result = read(tmp_path, rows, "columns: {record: n, age: a, age_exploited: x}\n")
    assert faults(result) == [(2, "x", "number")]


# --- Values by hand ------------------------------------------------------------------------------------------------

VALUES = """\
columns:
  record: n
  age: {column: a, values: {on dört: 14, "~16": 15-17, çocuk: under 18, "?": ""}}
  detected: {column: d, format: dd.mm.yyyy, values: {00.00.2008: 2008, yaz 2019: 2019-06..2019-08,
    31.04.2019: 30.04.2019}}
"""


def test_what_cells_mean_is_said_by_hand(tmp_path):
    rows = [["n", "a", "d"], ["1", "On Dört", "00.00.2008"], ["2", "~16", "YAZ 2019"], ["3", "çocuk", "31.04.2019"]]
    rows += [["4", "?", "01.02.2020"], ["5", "16", "00.00.2009"]]
    result = read(tmp_path, rows, VALUES)
    assert result.records["age_low"].fillna(-1).tolist() == [14, 15, 0, -1]
    assert result.records["age_high"].fillna(-1).tolist() == [14, 17, 17, -1]
    assert result.records["date_low"].dt.strftime("%Y-%m-%d").tolist() == [
        "2008-01-01", "2019-06-01", "2019-04-30", "2020-02-01",
    ]  # fmt: skip
    assert result.records["date_high"].dt.strftime("%Y-%m-%d").tolist() == [
        "2008-12-31", "2019-08-31", "2019-04-30", "2020-02-01",
    ]  # fmt: skip
    assert result.records["date_precision"].tolist() == ["year", "span", "day", "day"]
    assert faults(result) == [(6, "d", "date")]


def test_days_that_excel_counts(tmp_path):
    # Excel shows 43831 as 1 January 2020, and 45322 as 31 January 2024, the day of the export.
    rows = [["n", "d"], ["1", "43831"], ["2", "43831.75"], ["3", "05.03.2021"], ["4", "2021"], ["5", "45322"]]
    rows += [["6", "45323"], ["7", "9999"], ["8", "20000"]]
    columns = "columns: {record: n, detected: {column: d, format: [dd.mm.yyyy, serial]}}\n"
    result = read(tmp_path, rows, columns)
    assert result.records["date_low"].dt.strftime("%Y-%m-%d").tolist() == [
        "2020-01-01", "2020-01-01", "2021-03-05", "2024-01-31",
    ]  # fmt: skip
    # 2021 can be a year; 20000 is a day of 1954.
    assert faults(result) == [(5, "d", "date"), (7, "d", "date_range"), (8, "d", "date"), (9, "d", "date_range")]


def test_dates_in_both_orders_are_said_to_be_in_doubt(tmp_path):
    columns = (
        "columns: {record: n, detected: {column: d, format: [dd/mm/yyyy, yyyy], values: {05/06/2021: 2021-06-05}}}\n"
    )
    rows = [["n", "d"], ["1", "13/02/2021"], ["2", "03/01/2021"], ["3", "04/04/2021"], ["4", "05/06/2021"]]
    assert read(tmp_path, rows, columns).cautions == ()
    # 02/13/2021 has the month first; so may 03/01 have, and not 13/02, 04/04 and what is said by hand.
    result = read(tmp_path, [*rows, ["5", "02/13/2021"]], columns)
    assert len(result.cautions) == 1
    assert (
        "'d'" in result.cautions[0]
        and "1 can only be read" in result.cautions[0]
        and "of 1 that fit" in result.cautions[0]
    )
    assert f"Caution: {result.cautions[0]}" in summary(result)
    assert "both orders of day and month" in render([result])
    # A month that cannot be in either order shows nothing.
    assert read(tmp_path, [*rows, ["5", "32/13/2021"]], columns).cautions == ()


def test_the_words_of_a_field_go_before_what_means_not_stated_elsewhere(tmp_path):
    rows = [["n", "s", "a"], ["1", "-", "-"], ["2", "+", "14"]]
    columns = "columns: {record: n, sex: {column: s, codes: {'-': male, '+': female}}, age: a}\n"
    result = read(tmp_path, rows, columns, "missing: ['-']")
    assert result.records["sex"].tolist() == ["male", "female"]
    assert ages_of(result) == {3: 14}


def test_a_sign_before_a_figure_is_no_figure(tmp_path):
    rows = [["n", "s", "a"], ["1", "1", "-1"], ["2", "-1", "1"], ["3", "2", "99"]]
    columns = "columns: {record: n, sex: {column: s, codes: {1: male, 2: female}}, age: a}\n"
    result = read(tmp_path, rows, columns, "missing: ['-1', '99']")
    assert result.records["sex"].tolist() == ["male", "", "female"]
    assert ages_of(result) == {3: 1}
    # As a code, too.
    columns = "columns: {record: n, sex: {column: s, codes: {'-1': '', 1: male, 2: female}}}\n"
    assert read(tmp_path, rows, columns).records["sex"].tolist() == ["male", "", "female"]


def test_a_word_in_doubt_says_nothing_of_the_word_itself(tmp_path):
    rows = [["n", "s"], ["1", "F"], ["2", "F?"]]
    result = read(tmp_path, rows, "columns: {record: n, sex: {column: s, codes: {'F?': ''}}}\n")
    assert result.records["sex"].tolist() == ["female", ""]


# --- Several columns of one question -------------------------------------------------------------------------------


def test_the_first_column_that_states_anything_counts(tmp_path):
    rows = [["n", "a", "a2", "b", "b2", "s", "s2", "g", "g2"]]
    rows += [
        ["1", "14", "", "2009", "01.05.2009", "f", "", "Ayşe", ""],
        ["2", "", "12", "", "2011", "", "m", "", "Ali"],
    ]
    rows += [["3", "12-14", "13", "", "", "f", "F", "Ayşe", "AYSE"]]
    columns = """\
columns:
  record: n
  age: {column: [a, a2]}
  birth: {column: [b, b2], format: [dd.mm.yyyy, yyyy]}
  sex: {column: [s, s2]}
  given_name: {column: [g, g2]}
"""
    result = read(tmp_path, rows, columns)
    assert faults(result) == []
    # Intervals that overlap do not exclude each other: the first stands.
    assert result.records["age_low"].tolist() == [14, 12, 12] and result.records["age_high"].tolist() == [14, 12, 14]
    assert result.records["sex"].tolist() == ["female", "male", "female"]
    assert result.records["link_birth_high"].dt.year.tolist()[:2] == [2009, 2011]
    names = result.records["link_given"].astype(str)
    assert names[0] == names[2] != names[1] != ""
    assert result.undeclared.empty
    assert result.completeness.set_index("field")["stated"].to_dict() == {
        "record": 3, "age": 3, "birth": 2, "sex": 3, "given_name": 3,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("field", "first", "second"),
    [
        ("age: {column: [x, y]}", "14", "15"),
        ("birth: {column: [x, y], format: [dd.mm.yyyy, yyyy]}", "2010", "01.01.2011"),
        ("sex: {column: [x, y]}", "f", "m"),
        ("given_name: {column: [x, y]}", "Ayşe", "Fatma"),
        ("area: {column: [x, y]}", "Kilis", "Hatay"),
        ("exploitation: {column: [x, y]}", "ForcedLabour", "ForcedBegging"),
    ],
)
def test_two_columns_that_exclude_each_other(tmp_path, field, first, second):
    result = read(
        tmp_path, [["n", "x", "y"], ["1", first, second], ["2", second, ""]], f"columns: {{record: n, {field}}}\n"
    )
    assert faults(result) == [(2, "y", "conflict")]


def test_one_telephone_written_in_two_ways_is_no_conflict(tmp_path):
    rows = [["n", "x", "y"], ["1", "0559 104 34 64", "905591043464"], ["2", "05591043464", "05591043465"]]
    assert faults(read(tmp_path, rows, "columns: {record: n, phone: {column: [x, y]}}\n")) == [(3, "y", "conflict")]


def test_one_of_several_columns_is_enough_where_a_field_is_required(tmp_path):
    rows = [["n", "x", "y"], ["1", "14", ""], ["2", "", "14"], ["3", "", ""]]
    result = read(tmp_path, rows, "columns: {record: n, age: {column: [x, y], required: true}}\n")
    assert faults(result) == [(4, "x", "required")]


# --- Cells left out ------------------------------------------------------------------------------------------------

KEPT = """\
columns:
  record: n
  birth: {column: b, format: dd.mm.yyyy, unreadable: not stated}
  age: {column: a, unreadable: not stated}
  sex: {column: s, unreadable: not stated}
  area: {column: p, unreadable: not stated}
  detected: {column: d, format: yyyy}
"""


def test_a_cell_is_left_out_and_the_person_stays(tmp_path):
    rows = [["n", "b", "a", "s", "p", "d"], ["1", "31.02.2010", "x", "?!", "Nowhere", "2020"]]
    rows += [["2", "01.01.2010", "10", "f", "Kilis", "2020"], ["3", "31.02.2010", "10", "f", "Kilis", "soon"]]
    result = read(tmp_path, rows, KEPT)
    first = result.records.iloc[0]
    assert result.records["row"].tolist() == [2, 3]
    assert (first["sex"], first["area_id"]) == ("", "") and pd.isna(first["age_low"])
    # It was 2020: nothing is known of the birth, since the day does not exist and no age is left.
    assert pd.isna(first["link_birth_low"])
    listed = result.quarantine.set_index(["row", "column"])["outcome"].to_dict()
    assert listed == {
        (2, "b"): "dropped", (2, "a"): "dropped", (2, "s"): "dropped", (2, "p"): "dropped",
        # The row waits for its date of detection, and its other cell with it.
        (4, "b"): "quarantine", (4, "d"): "quarantine",
    }  # fmt: skip
    assert accounts(result) == [
        "3 rows in the file = 2 clean + 1 in quarantine",
        "4 cells that cannot be read left out of clean rows (`unreadable: not stated`)",
    ]
    assert "date in 'b': 1 cell left out (B2)" in summary(result).replace("row 2", "B2")
    assert "cells left out; the rows stay" in render([result])
    assert result.rows["outcome"].value_counts().to_dict() == {"clean": 2, "quarantine": 1, "left out": 0}


def test_a_contradiction_is_no_cell_that_cannot_be_read(tmp_path):
    rows = [["n", "b", "a", "s", "p", "d"], ["1", "01.01.2010", "40", "f", "Kilis", "2020"]]
    assert read(tmp_path, rows, KEPT).quarantine[["rule", "outcome"]].to_numpy().tolist() == [["order", "quarantine"]]


def test_a_unit_beside_it_is_left_out_with_its_number(tmp_path):
    result = read(tmp_path, UNITS[:3], "columns: {record: n, age: {column: Yaş, unreadable: not stated}, sex: s}\n")
    assert ages_of(result) == {2: 8} and result.records["row"].tolist() == [2, 3]
    assert result.quarantine[["row", "rule", "outcome"]].to_numpy().tolist() == [[3, "number", "dropped"]]


def test_a_place_that_is_left_out_of_a_journey_makes_no_direct_way(tmp_path):
    stop = "{role: transit, place: {column: v, unreadable: not stated}}"
    stops = f"[{{role: origin, place: o}}, {stop}, {{role: exploitation, place: e}}]"
    columns = f"columns: {{record: n, age: a}}\nstops: {stops}\n"
    rows = [["n", "a", "o", "v", "e"], ["1", "12", "SYR", "Nowhere", "Kilis"], ["2", "12", "SYR", "", "Kilis"]]
    result = read(tmp_path, rows, columns)
    assert result.quarantine["outcome"].tolist() == ["dropped"]
    assert result.stops.groupby("journey_id")["place_id"].agg(list).tolist() == [["SYR", "", "TR-79"], ["SYR", "TR-79"]]
    direct = legs(result.stops)
    assert len(direct[(direct["journey_id"] == "l-000002") & (direct["gap"] == "observed")]) == 0


# --- Rows left out -------------------------------------------------------------------------------------------------

LEFT_OUT = "columns: {record: n, age: a}\nleave_out: {v: [Not Approved, 'On Hold']}\n"


def test_rows_that_the_mapping_leaves_out_are_counted_and_are_no_records(tmp_path):
    rows = [
        ["n", "a", "v"],
        ["1", "12", "Approved"],
        ["2", "13", "not approved"],
        ["3", "x", "On hold"],
        ["4", "x", ""],
    ]
    result = read(tmp_path, [*rows, ["Toplam", "", "Not approved"]], LEFT_OUT)
    assert result.records["row"].tolist() == [2]
    assert faults(result) == [(5, "a", "number"), (6, "", "total")]
    assert result.rows.set_index("row")["outcome"].to_dict() == {
        2: "clean", 3: "left out", 4: "left out", 5: "quarantine", 6: "quarantine",
    }  # fmt: skip
    assert accounts(result) == ["5 rows in the file = 1 clean + 2 in quarantine + 2 left out by the mapping"]
    assert result.undeclared.empty


def test_a_row_that_is_left_out_is_no_first_of_two(tmp_path):
    rows = [["n", "a", "v"], ["1", "12", "Not Approved"], ["1", "12", "Approved"]]
    result = read(tmp_path, rows, LEFT_OUT)
    assert result.records["row"].tolist() == [3] and faults(result) == []


def test_a_column_of_rows_to_leave_out_must_be_there(tmp_path):
    with refused(MappingError, "missing_column", "'v'"):
        read(tmp_path, [["n", "a"], ["1", "12"]], LEFT_OUT)


@pytest.mark.parametrize("group", ["persons: p\n", "stops: [{sheet: p, role: transit, place: place}]\n"])
def test_what_hangs_on_a_form_that_is_left_out_is_left_out_with_it(tmp_path, group):
    path = tmp_path / "l.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        forms, others = book.add_worksheet("f"), book.add_worksheet("p")
        for number, row in enumerate([["age", "_index", "v"], [12, 1, "Approved"], [13, 2, "Not Approved"]]):
            forms.write_row(number, 0, row)
        for number, row in enumerate(
            [["age", "place", "_parent_index"], [5, "Kilis", 1], [6, "Kilis", 2], [7, "Kilis", 9]]
        ):
            others.write_row(number, 0, row)
    columns = "columns: {age: age}\nfile: {sheet: f}\n" + group + "leave_out: {v: Not Approved}\n"
    beside(path).write_text(HEAD + columns, encoding="utf-8")
    result = cases.intake(path)
    assert result.records["age_low"].tolist() == ([5] if "persons" in group else [12])
    assert result.quarantine[["sheet", "row", "rule"]].to_numpy().tolist() == [["p", 4, "parent"]]
    assert result.rows.groupby(["sheet", "outcome"], observed=True).size().to_dict() == {
        ("f", "clean"): 1, ("f", "left out"): 1, ("p", "clean"): 1, ("p", "left out"): 1, ("p", "quarantine"): 1,
    }  # fmt: skip


texts = st.sampled_from(["", "12", "x", "31.02.2010", "01.05.2010", "Kilis", "Not Approved", "toplam", "f", "ay"])


@pytest.mark.slow
@given(rows=st.lists(st.lists(texts, min_size=7, max_size=8), max_size=10))
def test_each_row_is_clean_in_quarantine_or_left_out(tmp_path_factory, rows):
    columns = KEPT + "leave_out: {v: Not Approved}\n"
    result = read(tmp_path_factory.mktemp("rows"), [["n", "b", "a", "s", "p", "d", "v"], *rows], columns)
    outcomes = result.rows.set_index("row")["outcome"]
    waits = result.quarantine.loc[result.quarantine["outcome"].eq("quarantine"), "row"].unique()
    dropped = result.quarantine.loc[result.quarantine["outcome"].eq("dropped"), "row"].unique()
    assert sorted(result.records["row"]) == sorted(outcomes[outcomes == "clean"].index)
    assert sorted(waits) == sorted(outcomes[outcomes == "quarantine"].index)
    assert set(dropped) <= set(result.records["row"])
    assert len(outcomes) == sum(any(cell.strip() for cell in row) for row in rows)
