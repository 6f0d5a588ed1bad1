"""Files that people open: no cell is a formula, and no file holds more than what stands in its rows."""

import ast
import csv
import io
import struct
import zipfile

import matplotlib.figure
import openpyxl
import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from refusals import refused

from analysis import catalog, plots
from analysis.catalog import ROOT
from analysis.plots.style import png
from analysis.processed import as_csv, as_parquet
from analysis.project_files import sources
from analysis.referral import coding_sheet as sheet
from analysis.report.pages import picture
from analysis.spreadsheets import csv_bytes, guarded, runs, unguarded, unguarded_table
from analysis.survey import questionnaire, sample

# How formulas begin by OWASP's account of CSV injection, and the ways around a check of the first letter alone.
FORMULAS = [
    "=1+1",
    "+1+cmd",
    "-2+3+cmd",
    "@SUM(1+1)*cmd",
    "\t=1+1",
    "\r=1+1",
    "|'/C calc'!A0",
    "=cmd|'/c calc'!A0",
    '=HYPERLINK("https://example.invalid/?"&A1,"open")',
    '=WEBSERVICE("https://example.invalid/"&A1)',
    '=IMPORTXML("https://example.invalid","//a")',
    "＝1+1",
    "  =1+1",
    '"=1+1"',
    "'=1+1",
    "Kilis;=1+1",
    'Kilis\n=HYPERLINK("https://example.invalid")',
]
# What the project's own texts and numbers look like.
HARMLESS = ["-5", "-0.25", "3", "1e-05", "Şanlıurfa", "a = b", "2019-2021", "not stated", "", "<5", "5 % of 20", "x; y"]
# Writers of CSV and Excel in the package and in tools, and what keeps their cells from being run.
WRITERS = {
    "analysis/spreadsheets.py": "guards each text",
    "analysis/survey/questionnaire.py": "options of Excel",
    "analysis/referral/coding_sheet.py": "options of Excel",
    "analysis/second_coding.py": "options of Excel",
    "analysis/cases/quarantine_workbook.py": "options of Excel",
    "analysis/cases/pair_workbook.py": "options of Excel",
    # What its owner sends is read as any list is, cell by cell.
    "analysis/intake/encode_names.py": "a list as received",
    "analysis/release_register.py": "a digest and no file",
    "analysis/data_read.py": "a digest and no file",
    "analysis/release/passed_audits.py": "a digest and no file",
    "analysis/release/file_texts.py": "a text to be searched and no file",
    # Read again as they are, so that nothing may be put before a text: what would run is a fault.
    "analysis/studies/folder.py": "refuses what would run",
    # Lists of synthetic persons stand for what a source sends: a formula is planted where a source would have one.
    "synthetic/case_records/files.py": "options of Excel; CSV as received",
    "synthetic/declaration.py": "a declaration: places named in the generator, and numbers",
}


def begins_a_formula(cell: str) -> bool:
    """Whether a program takes a cell for a formula: said anew, without the project's own patterns."""
    return cell.lstrip(' \t\r\n"').startswith(("=", "+", "-", "@", "|", "＝", "＋", "－", "＠")) and not is_number(cell)


def is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


@pytest.mark.parametrize("text", FORMULAS)
def test_a_cell_of_csv_is_no_formula_and_is_read_back_as_it_was(text):
    table = pd.DataFrame({"list": [text, "plain"], text: ["a", text], "n": [-3, 4]})
    table["kind"] = pd.Categorical([text, "plain"])
    content = csv_bytes(table).decode()
    for separator in (",", ";", "\t"):
        cells = [cell for row in csv.reader(io.StringIO(content, newline=""), delimiter=separator) for cell in row]
        assert not [cell for cell in cells if begins_a_formula(cell)], separator
        # Nor where an end of a line within a cell is taken for the end of a row.
        assert not [line for line in content.splitlines() if begins_a_formula(line)]
    again = unguarded_table(pd.read_csv(io.StringIO(content), keep_default_na=False))
    pd.testing.assert_frame_equal(again, table.astype({"kind": object}), check_dtype=False)


@pytest.mark.parametrize("text", HARMLESS)
def test_a_number_and_an_ordinary_text_are_written_as_they_are(text):
    assert guarded(text) == text and not runs(text)


@given(st.text(alphabet="=+-@|'\" ;,\t\r\n＝a1", max_size=8))
def test_whatever_was_guarded_can_be_read_again(text):
    assert unguarded(guarded(text)) == text
    assert not begins_a_formula(guarded(text))


def test_numbers_of_a_table_stay_numbers_and_dates_dates():
    table = pd.DataFrame(
        {"n": pd.array([-1, None], "Int64"), "x": [-0.5, 2.0], "day": pd.to_datetime(["2020-01-02"] * 2)}
    )
    table["some"] = pd.Series([-1, None], dtype=object)
    assert csv_bytes(table).decode() == "n,x,day,some\n-1,-0.5,2020-01-02,-1\n,2.0,2020-01-02,\n"


def test_a_table_for_people_is_no_program():
    cells = list(
        csv.reader(io.StringIO(as_csv(pd.DataFrame({"column": FORMULAS}), "confidential").decode(), newline=""))
    )
    assert cells[0] == ["column", "kind"] and not [row for row in cells if begins_a_formula(row[0])]


@pytest.mark.parametrize("text", FORMULAS[:12])
def test_a_coding_sheet_holds_no_formula_whatever_coders_and_sources_say(text):
    framework = catalog.load("nrm_framework")
    first = framework["indicator_id"].iloc[0]
    prefilled = pd.DataFrame(
        [{"area_id": "SEN", "indicator_id": first, "low": 1, "high": 1, "known": True, "year": 2020, "basis": text}]
    ).assign(source_ids="s1")
    said = dict.fromkeys(("answer", "coder", "evidence", "page"), text)
    codes = pd.DataFrame([{"indicator_id": first, "coder_role": "first", "date": pd.NaT, **said}])
    notes = pd.DataFrame([{"indicator_id": first, "note": text}])
    content = sheet.workbook(framework, "SEN", text, prefilled, titles={"s1": text}, codes=codes, notes=notes)
    texts, formulas = cells_of(content)
    assert formulas == [] and text.strip() in {each.replace("_x000D_", "").strip() for each in texts}


@pytest.mark.parametrize("written", ["questionnaire", "form"])
def test_a_form_for_kobotoolbox_holds_no_formula(written):
    made = questionnaire.workbook() if written == "questionnaire" else sheet.form(catalog.load("nrm_framework"))
    texts, formulas = cells_of(made)
    assert formulas == [] and len(texts) > 100


def cells_of(content: bytes) -> tuple[set[str], list[str]]:
    """The texts of all cells of an Excel file, and what of them is a formula or a link."""
    book = openpyxl.load_workbook(io.BytesIO(content))
    cells = [cell for page in book for row in page.iter_rows() for cell in row]
    links = [str(cell.value) for cell in cells if cell.data_type == "f" or cell.hyperlink]
    parts = zipfile.ZipFile(io.BytesIO(content))
    inside = [name for name in parts.namelist() if "<f>" in parts.read(name).decode("utf-8", "replace")]
    return {str(cell.value) for cell in cells if cell.value is not None}, links + inside


@pytest.mark.parametrize("name", ["=1+1", "-12", "@a"])
def test_a_sampling_unit_that_a_spreadsheet_would_run_is_refused_in_a_sentence(name):
    frame = pd.DataFrame([dict.fromkeys(sample.FRAME, "1") | {"psu_id": name, "urban": "yes"}])
    if name == "-12":
        # A number is no formula.
        assert len(sample.checked_frame(frame)) == 1
        return
    with refused(sample.FrameError, "invalid_frame", "row 2", "column 'psu_id'"):
        sample.checked_frame(frame)


@pytest.mark.slow
def test_every_writer_of_csv_and_excel_is_known_to_be_safe():
    folders = (*sources(), ROOT / "tools")
    modules = {path.relative_to(folder).as_posix(): path for folder in folders for path in folder.rglob("*.py")}
    found: dict[str, set[str]] = {}
    for within, path in modules.items():
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute):
                name = call.func.attr
                module = call.func.value.id if isinstance(call.func.value, ast.Name) else ""
                if name in ("to_csv", "to_excel", "Workbook", "DictWriter") or (module, name) == ("csv", "writer"):
                    found.setdefault(within, set()).add(ast.unparse(call))
    assert set(found) == set(WRITERS)
    for path, calls in found.items():
        for call in calls:
            if "Workbook(" in call:
                text = modules[path].read_text(encoding="utf-8")
                assert "**EXCEL}" in call or ("options" in call and "**EXCEL}" in text), call


# --- Parquet and pictures ------------------------------------------------------------------------------------------


def test_a_file_of_persons_holds_nothing_of_those_who_were_left_out(tmp_path):
    everybody = pd.DataFrame(
        {"name": pd.Categorical(["stays", "Kanaryaoglu"]), "n": [1, 2]},
        index=pd.Index(["r1", "Kanaryaoglu"], name="id"),
    )
    everybody.attrs["read from"] = str(tmp_path / "Kanaryaoglu.xlsx")
    everybody.columns.name = "Kanaryaoglu"
    content = as_parquet(everybody.iloc[:1], "confidential")
    said = pq.read_metadata(io.BytesIO(content))
    notes = repr(said.metadata) + repr(pq.read_schema(io.BytesIO(content)).metadata)
    back = pd.read_parquet(io.BytesIO(content))
    assert back.to_dict("list") == {"name": ["stays"], "n": [1]} and list(back["name"].cat.categories) == ["stays"]
    assert back.attrs == {} and back.columns.name is None and list(back.index) == [0]
    assert b"Kanaryaoglu" not in content and "Kanaryaoglu" not in notes and str(tmp_path) not in notes
    # Its notes are the kind, and what pandas needs to know of the types.
    assert set(said.metadata) == {b"kind", b"pandas", b"ARROW:schema"} and said.metadata[b"kind"] == b"confidential"
    # What was written is not changed.
    assert everybody.attrs and everybody.columns.name == "Kanaryaoglu"


def chunks(content: bytes) -> list[tuple[bytes, bytes]]:
    found, place = [], 8
    while place < len(content):
        (length,) = struct.unpack(">I", content[place : place + 4])
        found.append((content[place + 4 : place + 8], content[place + 8 : place + 8 + length]))
        place += 12 + length
    return found


@pytest.mark.parametrize("synthetic", [False, True])
def test_a_figure_carries_no_time_no_program_and_no_path(synthetic):
    footer = plots.Footer("a test", "2020", "4", "Not real.", synthetic=synthetic)
    page = plots.style.Page(title="A", footer=footer)
    page.subplots()
    content = png(page.fit(1.0))
    kinds = {kind for kind, _ in chunks(content)}
    notes = [text for kind, text in chunks(content) if kind in (b"tEXt", b"zTXt", b"iTXt", b"eXIf", b"tIME")]
    assert kinds <= {b"IHDR", b"pHYs", b"IDAT", b"IEND", b"tEXt", b"iTXt"}
    # Its title and the lines of its footer are drawn, and stand in it as text.
    drawn = next(text for text in notes if text.startswith(b"Drawn text\x00"))
    title = "SYNTHETIC · A" if synthetic else "A"
    assert drawn.startswith(b"Drawn text\0\0\0\0\0") and f"\n{title}\n".encode() in drawn and b"n = 4" in drawn
    assert [text for text in notes if text != drawn] == ([b"Comment\x00SYNTHETIC"] if synthetic else [])


def test_what_a_program_notes_in_a_figure_stays_out_of_what_is_released():
    figure = matplotlib.figure.Figure(figsize=(1, 1))
    plain, noted = io.BytesIO(), io.BytesIO()
    figure.savefig(plain, metadata={"Software": None})
    figure.savefig(noted, metadata={"Author": "Kanaryaoglu", "Source": "police.xlsx"})
    assert b"Kanaryaoglu" in noted.getvalue()
    assert picture(noted.getvalue() + b"Kanaryaoglu") == picture(plain.getvalue())
    # Its drawn texts stay, so that the release can be searched for them; any other note of that kind goes.
    shown = plots.png(matplotlib.figure.Figure(figsize=(1, 1)))
    assert picture(shown) == shown and b"Drawn text" in shown
    assert b"Drawn text" not in picture(shown.replace(b"Drawn text", b"Drawn note"))
    for broken in (b"", b"GIF89a", noted.getvalue()[:60]):
        with refused(ValueError, "not_whole_png"):
            picture(broken)
