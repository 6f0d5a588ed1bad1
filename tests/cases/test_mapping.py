"""Mappings: what cannot be meant is refused on loading, in one sentence that says where."""

import re
from pathlib import Path

import pytest
from case_files import POLICE

from analysis.cases import ages
from analysis.cases.htcds import FIELDS
from analysis.cases.mapping import Column, Mapping, MappingError, load
from analysis.catalog import ROOT

COLUMNS = "columns: {record: No}\n"


def loaded(folder: Path, text: str) -> Mapping:
    path = folder / "police.mapping.yml"
    path.write_text(text, encoding="utf-8")
    return load(path)


def refused(folder: Path, text: str) -> str:
    """Why a mapping is refused; it is one line, and says in which file."""
    with pytest.raises(MappingError) as error:
        loaded(folder, text)
    message = str(error.value)
    assert "police.mapping.yml" in message
    assert "\n" not in message
    return message


def field(folder: Path, name: str, entry: str) -> Column:
    return loaded(folder, f"{POLICE}columns:\n  {name}: {entry}\n").columns[name]


def refused_field(folder: Path, name: str, entry: str) -> str:
    message = refused(folder, f"{POLICE}columns:\n  {name}: {entry}\n")
    assert f"`{name}:`" in message
    return message


# --- YAML ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("columns", "line"),
    [
        ("columns:\n  sex: {column: S, codes: {K: female,\n    K: male}}\n", 10),
        ("columns:\n  sex: S\n  age: Y\n  sex: T\n", 11),
        ("columns: {record: No}\nkind: public\n", 9),
        # The same code does not make it right: one of the two was meant to be another word.
        ("columns:\n  sex:\n    column: S\n    codes:\n      K: female\n      K: female\n", 13),
    ],
)
def test_a_name_that_stands_twice_is_refused_with_its_line(tmp_path, columns, line):
    message = refused(tmp_path, POLICE + columns)
    assert f"line {line} " in message
    assert "stands twice" in message


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (POLICE + "columns: {record: 'N\x01o'}\n", "line 8 is no YAML: it holds a control character"),
        (POLICE + "columns: {record: [\n", "no YAML"),
        (POLICE + "columns: {record: !!int x}\n", "line 8 is no YAML.*must stand in quotes"),
        (POLICE + "columns: {record: !!timestamp x}\n", "must stand in quotes"),
        (POLICE + "columns: {sex: {column: a, codes: {*Ayla : male}}}\n", "must stand in quotes"),
        (POLICE + "columns: {? [a] : b}\n", "must be a text"),
        (POLICE + "columns: &a {record: *a}\n", "no YAML"),
        (POLICE + COLUMNS + "---\n" + POLICE, "no YAML"),
        ("[" * 5000, "no YAML"),
        ("", "must hold names"),
        ("a text", "must hold names"),
    ],
)
def test_what_is_no_yaml_is_one_sentence(tmp_path, text, sentence):
    message = refused(tmp_path, text)
    assert re.search(sentence, message)
    assert "Ayla" not in message


def test_words_are_texts_also_with_anchors(tmp_path):
    text = POLICE + "columns:\n  area: {column: A, places: &p {Urfa: TR-63}}\nstops:\n"
    mapping = loaded(tmp_path, text + "  - {role: origin, place: {column: B, places: *p}}\n")
    assert mapping.stops[0].place.places == mapping.columns["area"].places == {"Urfa": "TR-63"}
    assert field(tmp_path, "sex", "{column: NO, codes: {1: male, 007: female}}") == Column(
        column="NO", codes={"1": "male", "007": "female"}
    )


# --- One column a code ---------------------------------------------------------------------------------------------


def test_a_code_may_take_several_columns_and_unknown_and_none_are_codes_too(tmp_path):
    column = field(
        tmp_path, "means_of_control", '{columns: {Other: [a, c], DebtBondage: b, "": d, None: e}, yes: x, no: []}'
    )
    assert column.columns == {"Other": ("a", "c"), "DebtBondage": ("b",), "": ("d",), "None": ("e",)}
    assert column.names == ["a", "c", "b", "d", "e"]
    assert (column.yes, column.no) == (("x",), ())


@pytest.mark.parametrize(
    ("entry", "sentence"),
    [
        ("{columns: {Debts: a}}", "'Debts' is no code"),
        ("{columns: {Other: []}}", "name of a column"),
        ("{columns: {Other: ''}}", "name of a column"),
        ("{columns: {Other: [a, '']}}", "name of a column"),
        ("{columns: {Other: [[a]]}}", "list of texts"),
        ("{columns: {Other: {a: b}}}", "list of texts"),
        ("{columns: [a]}", "must hold names"),
        ("{columns: a}", "must hold names"),
        ("{columns: {Other: a}, column: b}", "needs `column:`"),
        ("{columns: {Other: a}, yes: [Var, X], no: [YOK, x]}", "under `yes:` and under `no:`"),
        ('{columns: {Other: a}, yes: ["+"], no: [" + "]}', "under `yes:` and under `no:`"),
        ("{columns: {Other: a}, yes: ['0']}", "under `yes:` and under `no:`"),  # against the usual words for no
        ("{columns: {Other: a}, codes: {x: Other}}", "beside `columns:`"),
        ("{columns: {Other: a}, split: ';'}", "beside `columns:`"),
        ('{columns: {"?": a}}', "settle"),
    ],
)
def test_columns_of_codes_that_cannot_be_meant(tmp_path, entry, sentence):
    assert sentence in refused_field(tmp_path, "means_of_control", entry)


def test_a_sign_for_yes_and_another_for_no_differ(tmp_path):
    column = field(tmp_path, "means_of_control", '{columns: {Other: a}, yes: ["+"], no: ["-"]}')
    assert (column.yes, column.no) == (("+",), ("-",))


# --- Words that are compared as one --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "entry"),
    [
        ("sex", "{column: a, codes: {Kız: female, KIZ: male}}"),
        ("sex", "{column: a, codes: {Kız: female, KIZ: ''}}"),
        ("sex", '{column: a, codes: {"+": female, " + ": male}}'),
        ("exploitation", "{column: a, codes: {Tarım-işi: ForcedLabour, tarim isi: ChildLabour}}"),
        ("area", "{column: a, places: {Ş. Urfa: TR-63, ş urfa: TR-27}}"),
        # Places and countries are compared without their spaces.
        ("area", "{column: a, places: {Ş.Urfa: TR-63, şurfa: TR-27}}"),
        ("nationality", "{column: a, codes: {Guinée: GIN, guinee: GNB}}"),
    ],
)
def test_one_text_cannot_stand_for_two_things(tmp_path, name, entry):
    message = refused_field(tmp_path, name, entry)
    assert "entries 1 and 2 are one" in message
    assert "urfa" not in message.casefold()


@pytest.mark.parametrize(
    ("name", "entry", "words"),
    [
        ("sex", "{column: a, codes: {Kız: female, KIZ: female}}", {"Kız": "female", "KIZ": "female"}),
        ("sex", '{column: a, codes: {"+": female, "-": male}}', {"+": "female", "-": "male"}),
        ("sex", "{column: a, codes: {Al Kız: female, Alkız: male}}", {"Al Kız": "female", "Alkız": "male"}),
    ],
)
def test_words_that_do_not_contradict_each_other_stay(tmp_path, name, entry, words):
    assert field(tmp_path, name, entry).codes == words


def test_an_empty_cell_stands_for_nothing(tmp_path):
    assert "empty cell" in refused_field(tmp_path, "sex", "{column: a, codes: {'': female}}")


# --- Keys that would do nothing ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "more", "sentence"),
    [
        ("record", "format: yyyy", "for dates"),
        ("age", "format: yyyy", "for dates"),
        ("sex", "format: yyyy", "for dates"),
        ("age", "codes: {a: b}", "coded fields"),
        ("area", "codes: {Urfa: TR-63}", "`places:`"),
        ("given_name", "codes: {a: b}", "coded fields"),
        ("birth", "format: yyyy, codes: {a: b}", "coded fields"),
        ("nationality", "places: {Suriyeli: SYR}", "`codes:`"),
        ("sex", "places: {K: female}", "for places"),
        ("area", 'split: "/"', "a record is of one place; journeys belong under `stops:`"),
        ("sex", 'split: "/"', "nothing can be split"),
        ("nationality", 'split: "/"', "nothing can be split"),
        ("birth", 'format: yyyy, split: "/"', "nothing can be split"),
        ("exploitation", "yes: [x]", "goes with `columns:`"),
        ("exploitation", "no: [x]", "goes with `columns:`"),
        ("sex", "yes: [x]", "goes with `columns:`"),
        ("sex", "columns: {female: a}", "one column only"),
        ("age", "required: maybe", "true or false"),
        ("age", "required: [true]", "one text"),
        ("age", "of: child", "can only be parent"),
        ("age", "of: [parent]", "one text"),
    ],
)
def test_a_key_that_does_nothing_is_refused(tmp_path, name, more, sentence):
    # Without a column where the columns of codes are tried.
    column = "" if more.startswith("columns") else "column: a, "
    assert sentence in refused_field(tmp_path, name, f"{{{column}{more}}}")


@pytest.mark.parametrize(
    ("stop", "sentence"),
    [
        ("{role: origin, place: {column: a, codes: {b: SYR}}}", "`places:`"),
        ("{role: origin, place: {column: a, format: yyyy}}", "for dates"),
        ("{role: origin, place: {column: a, of: parent}}", "under `columns:`"),
        ("{role: origin, place: a, date: {column: b}}", "needs a `format:`"),
        ("{role: origin, place: a, date: {column: b, format: yyyy, split: '-'}}", "nothing can be split"),
        ("{role: {column: a, codes: {b: nowhere}}, place: c}", "'nowhere' is no code"),
        ("{role: {column: a, places: {b: SYR}}, place: c}", "for places"),
        ("{role: '?', place: c}", "settle"),
        ("{role: [origin], place: c}", "must hold names"),
        ("{role: origin, place: [c]}", "must hold names"),
        ("{role: origin, place: c, sheet: [d]}", "one text"),
        ("origin", "must hold names"),
    ],
)
def test_stops_are_as_strict(tmp_path, stop, sentence):
    message = refused(tmp_path, f"{POLICE}{COLUMNS}stops:\n  - {stop}\n")
    assert "stop 1" in message
    assert sentence in message


def test_what_does_something_is_kept(tmp_path):
    for written, meant in {"true": True, "Yes": True, "false": False, "no": False}.items():
        assert field(tmp_path, "age", f"{{column: a, required: {written}}}").required is meant
    assert field(tmp_path, "exploitation", '{column: a, split: ";", codes: {x: Other, yok: None}}').split == ";"
    mapping = loaded(tmp_path, POLICE + COLUMNS + "stops: [{role: transit, place: {column: a, split: '-'}}]\n")
    assert mapping.stops[0].place.split == "-"
    mapping = loaded(tmp_path, POLICE + "columns: {age: {column: a, of: parent}}\npersons: b\n")
    assert mapping.columns["age"].of_parent


# --- Shapes --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["list", "title", "study", "kind", "publisher", "source", "date", "licence"])
@pytest.mark.parametrize("value", ["[x]", "{x: y}", "[]", "{}"])
def test_what_is_one_text_is_no_list(tmp_path, name, value):
    lines = [line for line in POLICE.splitlines() if not line.startswith(f"{name}:")]
    message = refused(tmp_path, "\n".join([*lines, f"{name}: {value}", COLUMNS]))
    assert f"`{name}:` must be one text" in message


@pytest.mark.parametrize("name", ["list", "title", "study", "kind", "publisher", "source", "date", "licence"])
def test_what_a_draft_leaves_open_has_to_be_settled(tmp_path, name):
    lines = [line for line in POLICE.splitlines() if not line.startswith(f"{name}:")]
    message = refused(tmp_path, "\n".join([*lines, f'{name}: "?"', COLUMNS]))
    assert f"`{name}:`" in message
    assert "settle" in message


@pytest.mark.parametrize(
    ("name", "entry"),
    [
        ("sex", '{column: a, codes: {K: "?"}}'),
        ("nationality", '{column: a, codes: {Suriyeli: "?"}}'),
        ("area", '{column: a, places: {Urfa: "?"}}'),
        ("birth", '{column: a, format: "?"}'),
    ],
)
def test_what_a_field_leaves_open_has_to_be_settled(tmp_path, name, entry):
    assert "settle" in refused_field(tmp_path, name, entry)


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ("file: x", "must hold names"),
        ("file: {header: {}}", "`header:`"),
        ("file: {header: {1: 2}}", "`header:`"),
        ("file: {header: [[1]]}", "`header:`"),
        ("file: {header: ²}", "`header:`"),
        ("file: {header: 0}", "`header:`"),
        (f"file: {{header: {'9' * 5000}}}", "`header:`"),
        ("file: {delimiter: [;]}", "`delimiter:`"),
        ("file: {delimiter: ';;'}", "`delimiter:`"),
        ('file: {delimiter: "\\n"}', "`delimiter:`"),
        ("file: {decimal: [x]}", "`decimal:`"),
        ("file: {encoding: [utf-8]}", "`encoding:`"),
        ("file: {sheet: [x]}", "`sheet:`"),
        ("file: {missing: [[x]]}", "`missing:`"),
        ("file: {totals: {x: y}}", "`totals:`"),
        ("drop: [[x]]", "`drop:`"),
        ("drop: {x: y}", "`drop:`"),
        ("persons: [x]", "`persons:`"),
        ("stops: {role: origin, place: x}", "`stops:`"),
        ("stops: {}", "`stops:`"),
        ("stops: x", "`stops:`"),
    ],
)
def test_values_of_the_wrong_shape_are_one_sentence(tmp_path, more, sentence):
    assert sentence in refused(tmp_path, POLICE + COLUMNS + more + "\n")


@pytest.mark.parametrize(
    ("name", "entry", "sentence"),
    [
        ("record", "[a]", "must hold names"),
        ("record", "{column: [[a]]}", "`column:` must be a text"),
        ("record", "{column: [a, ' ']}", "needs `column:`"),
        ("record", "{column: {}}", "`column:` must be a text"),
        ("record", "{column: ' '}", "needs `column:`"),
        ("record", "", "needs `column:`"),
        ("birth", "{column: a, format: [[x]]}", "`format:`"),
        ("birth", "{column: a, format: {x: y}}", "`format:`"),
        ("sex", "{column: a, codes: [K]}", "must hold names"),
        ("sex", "{column: a, codes: {K: [female]}}", "must be one text"),
        ("area", "{column: a, places: {K: {}}}", "must be one text"),
        ("exploitation", "{column: a, split: [;]}", "`split:`"),
    ],
)
def test_fields_of_the_wrong_shape_are_one_sentence(tmp_path, name, entry, sentence):
    assert sentence in refused_field(tmp_path, name, entry)


def test_a_text_is_a_list_of_one(tmp_path):
    mapping = loaded(tmp_path, POLICE + COLUMNS + "drop: x\nfile: {missing: '-', delimiter: tab, header: [2, 3]}\n")
    assert (mapping.drop, mapping.missing, mapping.delimiter, mapping.header) == (("x",), ("-",), "\t", (2, 3))


# --- Words that would be misread, or never read --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("units", "sentence"),
    [
        ("{altı: years}", "entry 1 is a word for a limit, as in '18 altı'"),
        ("{yaş: years, yaş altı: years}", "entry 2 is a word for a limit"),
        ("{ay: months, ALTINDA: months}", "entry 2 is a word for a limit"),
        ("[yaş, üstü]", "entry 2 is a word for a limit"),
        ("{moins de: years}", "or write `under`"),
        ('{"+": years}', "or write `over`"),
        # On the other side of the number.
        ("{altı: over}", "or write `under`"),
        ("{yaş 3: years}", "entry 1 would never be read"),
        ('{"<": years}', "entry 1 would never be read"),
        ("{yaş: centuries}", "must be one of years, months, weeks, days, under, up to, over"),
        ('{"": under}', "must be one of years, months, weeks, days, as"),
        ('{yaş: "?"}', "settle"),
        ("{yaş, ay: months}", "nothing follows the colon of entry 1"),
    ],
)
def test_units_that_cannot_be_meant(tmp_path, units, sentence):
    assert sentence in refused_field(tmp_path, "age", f"{{column: a, units: {units}}}")


@pytest.mark.parametrize("word", ["(beyan)", '"(beyan)"', "beyan", "y/o", "yrs.", "'(yaş)'", "ans-révolus"])
def test_a_unit_is_read_quoted_and_unquoted_with_brackets_and_without(tmp_path, word):
    units = field(tmp_path, "age", f"{{column: a, units: {{{word}: years}}}}").units
    written = word.strip("\"'")
    assert ages.read([f"14 {written}", f"14{written}"], units, ".")["low"].tolist() == [14, 14]


def test_limits_may_be_declared(tmp_path):
    units = field(tmp_path, "age", "{column: a, units: {yaş: years, altı: up to, vanaf: over, onder: under}}").units
    found = ages.read(["17 altı", "17 yaş altı", "vanaf 18", "onder 18"], units, ".")
    assert found["low"].tolist() == [0, 0, 18, 0]
    assert found["high"].fillna(-1).tolist() == [17, 17, -1, 17]


@pytest.mark.parametrize(
    ("name", "entry", "sentence"),
    [
        ("age", "{column: a, values: {on dört: fourteen}}", "entry 1 must be an age"),
        ("age", "{column: a, values: {on dört: 14, x: 140}}", "entry 2 must be an age"),
        ("age", "{column: a, values: {on dört: 14, On Dort: 15}}", "entries 1 and 2 are one"),
        ("age", "{column: a, values: {on dört, on beş: 15}}", "nothing follows the colon of entry 1"),
        ("birth", "{column: a, format: yyyy, values: {x: 31.02.2010}}", "entry 1 must be a date"),
        ("birth", "{column: a, format: yyyy, values: {x: 2010..2009}}", "entry 1 must be a date"),
        ("birth", "{column: a, format: yyyy, values: {x: 2010..}}", "entry 1 must be a date"),
        ("birth", "{column: a, format: yyyy, values: {x: 2025}}", "after the export"),
        ("detected", "{column: a, format: yyyy, values: {x: 1979}}", "before 1980"),
        ("sex", "{column: a, values: {x: female}}", "`values:` is for dates and ages"),
        ("sex", "{column: a, unit_column: b}", "`unit_column:` is for ages"),
        ("age", "{column: a, unit_column: A}", "another column"),
        ("age", "{column: [a, A]}", "names one column twice"),
        ("age", "{column: a, unreadable: drop}", "must be `not stated`"),
        ("record", "{column: a, unreadable: not stated}", "that can be read wrongly"),
        ("age", "{column: a, unreadable: not stated, required: true}", "cannot both be meant"),
        ("sex", "{column: a, codes: {K, E: male}}", "a text with a comma must stand in quotes"),
        ("exploitation", "{column: a, split: /, codes: {tarım/inşaat: ForcedLabour}}", "the sign of `split:`"),
        ("area", "{column: a, places: {'*': TR-63}}", "neither a letter nor a figure"),
        ("nationality", "{column: a, codes: {'-': TUR}}", "`missing:`"),
    ],
)
def test_words_that_would_be_misread_or_never_read(tmp_path, name, entry, sentence):
    assert sentence in refused_field(tmp_path, name, entry)


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ("leave_out: {v: []}", "`leave_out:` needs"),
        ("leave_out: {v: ''}", "`leave_out:` needs"),
        ("leave_out: [v]", "must hold names"),
        ('leave_out: {v: "?"}', "settle"),
        ("file: {totals: ['***']}", "`totals:`"),
        ("stops: [{role: origin, place: {column: [a, b]}}]", "must be one text"),
    ],
)
def test_rows_left_out_and_totals_that_cannot_be_meant(tmp_path, more, sentence):
    assert sentence in refused(tmp_path, POLICE + COLUMNS + more + "\n")


def test_one_text_that_leaves_a_row_out_is_a_list_of_one(tmp_path):
    mapping = loaded(tmp_path, POLICE + COLUMNS + "leave_out: {v: Not Approved, w: [x, y]}\n")
    assert mapping.leave_out == {"v": ("Not Approved",), "w": ("x", "y")}


# --- Formats -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["mmm yyyy", "dd.MM.yyyy", "dd yyyy", "dd.mm.yyyy HH:MM", "q/mm/yyyy"])
def test_a_format_that_can_never_match_is_refused(tmp_path, text):
    assert "a format is written with" in refused_field(tmp_path, "birth", f"{{column: a, format: ['{text}', yyyy]}}")


@pytest.mark.parametrize("formats", ["[dd/mm/yyyy, mm/dd/yyyy]", "[yyyy, yyyy]", "[q/yyyy, mm/yyyy]"])
def test_two_formats_of_one_shape_are_refused(tmp_path, formats):
    assert "which stands before it" in refused_field(tmp_path, "birth", f"{{column: a, format: {formats}}}")


# --- What stands in the repository ---------------------------------------------------------------------------------

COMMITTED = sorted([*(ROOT / "data/raw/synthetic").rglob("*.mapping.yml"), *(ROOT / "tools").rglob("*.mapping.yml")])


@pytest.mark.parametrize("path", COMMITTED, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_the_mappings_of_the_repository_load(path):
    assert load(path).columns


def test_there_are_mappings_in_the_repository():
    assert len(COMMITTED) == 20


# --- What the documents say ----------------------------------------------------------------------------------------

DOCUMENT = (ROOT / "docs/case_records.md").read_text(encoding="utf-8")


def test_the_table_of_codes_is_that_of_the_standard():
    table = DOCUMENT.partition("| field | codes |")[2].partition("\n\n")[0]
    listed = {
        name: re.findall(r"`(\w+)`", codes) for name, codes in re.findall(r"^\| `(\w+)` \| (.*) \|$", table, re.M)
    }
    assert listed == {name: list(entry.codes) for name, entry in FIELDS.items() if entry.codes}


def test_the_mappings_of_the_document_load(tmp_path):
    whole, *parts = re.findall(r"```yaml\n(.*?)```", DOCUMENT, re.S)
    text = whole.replace(": ...", ": The police")
    assert set(loaded(tmp_path, text).columns) == {"sex", "detected", "age", "birth", "area"}
    fields = [loaded(tmp_path, f"{POLICE}columns:\n{part}").columns for part in parts]
    assert fields[0]["age"].unit_column == "Birim"
    assert fields[1]["age"].values["~16"] == "15-17" and fields[1]["birth"].formats[1] == "serial"


# --- Years that a list covers --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("said", "years"), [("2019-2023", (2019, 2023)), ("2024", (2024, 2024))])
def test_a_list_can_declare_the_years_that_it_covers(tmp_path, said, years):
    assert loaded(tmp_path, f"{POLICE}{COLUMNS}covers: {said}\n").covers == years
    assert loaded(tmp_path, POLICE + COLUMNS).covers is None


@pytest.mark.parametrize("said", ["2023-2019", "2019-2025", "19-23", "2019 to 2023", '""', "[2019, 2023]"])
def test_years_that_cannot_be_meant_are_refused(tmp_path, said):
    """The export is of January 2024."""
    assert "`covers:`" in refused(tmp_path, f"{POLICE}{COLUMNS}covers: {said}\n")
