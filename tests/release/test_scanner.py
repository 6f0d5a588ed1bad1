"""What identifies a person is found wherever it stands: in every kind of file, however spelt, wrapped or packed."""

import base64
import bz2
import csv
import gzip
import hashlib
import html
import io
import json
import lzma
import random
import re
import tarfile
import time
import unicodedata
import urllib.parse
import zipfile
import zlib
from itertools import product

import matplotlib as mpl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pypdf
import pytest
import xlsxwriter
from fuzzing import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure
from PIL import Image, PngImagePlugin
from pypdf import generic
from refusals import refused

from analysis import catalog
from analysis.plots import png as png_of
from analysis.release import direct_identifiers as secrets_of
from analysis.release import file_texts
from analysis.release.file_texts import LIMIT, UNREADABLE
from analysis.release.identifier_matches import Index, as_coordinates, is_day
from analysis.release.scanner import COLUMNS, SECRET, ScanError, fingerprint, scan
from analysis.report.pages import picture

NAMES = (
    *("Zübeyde Kanaryaoğlu", "İpek Sarıtüy", "ŞAHİN Çağlayangil", "Ömer-Faruk Gülşen", "Sa'id Al-Hasani"),
    *("محمد الحسني", "Conceição d'Ávila", "Ndèye Fatou Sarr", "Kanaryaserbest", "Gizlioğlu"),
)
NUMBERS = ("05559998877", "+90 555 111 22 33", "+238 991 23 45", "00221 77 123 45 67", "99123456789")
IDS = ("AB1234567", "ÇK-00473", "police-000473", "7d9f0c1e-5e7f-43ce-af40-0000000000ad")
CANARIES = (*NAMES, *NUMBERS, *IDS, "anlatılan sokakta geceleri yalnız kalmış")
HARMLESS = "Gaziantep 2020, 1,234 of 5,678 (0.5559998877)"


def page(body: str) -> bytes:
    return f"<!doctype html><html><head><title>x</title></head><body>{body}</body></html>".encode()


def png(**options) -> bytes:
    sink = io.BytesIO()
    Image.new("RGB", (3, 2), "teal").save(sink, "PNG", **options)
    return sink.getvalue()


def jpeg(**options) -> bytes:
    sink = io.BytesIO()
    Image.new("RGB", (8, 8), "teal").save(sink, "JPEG", **options)
    return sink.getvalue()


def png_text(kind: str, text: str) -> bytes:
    said = PngImagePlugin.PngInfo()
    if kind == "iTXt":
        said.add_itxt("Comment", text, zip=True)
    else:
        said.add_text("Comment", text.encode("latin-1", "ignore") and text, zip=kind == "zTXt")
    return png(pnginfo=said)


def chunk(name: bytes, data: bytes) -> bytes:
    """A PNG file with one part of the given name besides its own."""
    made = len(data).to_bytes(4, "big") + name + data + zlib.crc32(name + data).to_bytes(4, "big")
    whole = png()
    return whole[:33] + made + whole[33:]


def exif(text: str) -> Image.Exif:
    said = Image.Exif()
    said[0x9C9C] = text.encode("utf-16-le")
    return said


def pdf(change=lambda writer: None) -> bytes:
    writer = pypdf.PdfWriter()
    writer.add_blank_page(200, 200)
    change(writer)
    sink = io.BytesIO()
    writer.write(sink)
    return sink.getvalue()


def pdf_drawn(text: str, fonttype: int) -> bytes:
    figure = Figure(figsize=(6, 1))
    figure.text(0.02, 0.4, text, parse_math=False)
    sink = io.BytesIO()
    with mpl.rc_context({"pdf.fonttype": fonttype}):
        figure.savefig(sink, format="pdf")
    return sink.getvalue()


def pdf_annotated(text: str) -> bytes:
    def change(writer):
        note = {"/Type": "/Annot", "/Subtype": "/Text"}
        said = generic.DictionaryObject({generic.NameObject(k): generic.NameObject(v) for k, v in note.items()})
        said[generic.NameObject("/Contents")] = generic.TextStringObject(text)
        said[generic.NameObject("/Rect")] = generic.ArrayObject(map(generic.NumberObject, (0, 0, 9, 9)))
        writer.add_annotation(0, said)

    return pdf(change)


def pdf_of_before(text: str) -> bytes:
    """An object that no table of the file leads to any more."""
    packed = zlib.compress(text.encode("utf-8"))
    old = b"\n99 0 obj\n<< /Length %d /Filter /FlateDecode >>\nstream\n%s\nendstream\nendobj\n" % (len(packed), packed)
    whole = pdf()
    at = whole.rindex(b"startxref")
    return whole[:at] + old + whole[at:]


def pdf_of_pixels(said: bytes, width: int, height: int) -> bytes:
    """A revision of before with a stream that says that it is a grey picture of some size."""
    packed = zlib.compress(said)
    head = (
        b"\n99 0 obj\n<</Length %d/Subtype/Image/Filter/FlateDecode/Width %d/Height %d/BitsPerComponent 8>>\nstream\n"
    )
    old = head % (len(packed), width, height) + packed + b"\nendstream\nendobj\n"
    whole = pdf()
    at = whole.rindex(b"startxref")
    return whole[:at] + old + whole[at:]


def archive(*members: tuple[str, bytes], comment: bytes = b"", extra: bytes = b"", before: bytes = b"") -> bytes:
    sink = io.BytesIO(before)
    sink.seek(0, io.SEEK_END)
    with zipfile.ZipFile(sink, "a" if before else "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members:
            member = zipfile.ZipInfo(name)
            member.compress_type, member.extra = zipfile.ZIP_DEFLATED, extra
            file.writestr(member, content)
        file.comment = comment
    return sink.getvalue()


def field(text: str) -> bytes:
    content = text.encode()
    return b"\x99\x99" + len(content).to_bytes(2, "little") + content


def tar(name: str, content: bytes) -> bytes:
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode="w", format=tarfile.PAX_FORMAT) as file:
        member = tarfile.TarInfo(name)
        member.size = len(content)
        file.addfile(member, io.BytesIO(content))
    return sink.getvalue()


def workbook(fill=lambda book, sheet: sheet.write(0, 0, "Gaziantep"), **options) -> bytes:
    sink = io.BytesIO()
    with xlsxwriter.Workbook(sink, {"in_memory": True, **options}) as book:
        first = book.add_worksheet("First")
        fill(book, first)
    return sink.getvalue()


def hidden(text: str, how: str) -> bytes:
    def fill(book, sheet):
        second = book.add_worksheet("Second")
        second.write(0, 0, text)
        getattr(second, how)()
        sheet.activate()

    return workbook(fill)


def with_member(book: bytes, name: str, content: str, at: str = "") -> bytes:
    """A workbook with a further member, or with more in front of `at` in one that it has."""
    with zipfile.ZipFile(io.BytesIO(book)) as file:
        members = {member: file.read(member) for member in file.namelist()}
    old = members.get(name, b"").decode()
    members[name] = (old.replace(at, content + at, 1) if at else content).encode()
    return archive(*members.items())


def document(body: str, **others: str) -> bytes:
    text = f'<?xml version="1.0"?><w:document xmlns:w="w"><w:body><w:p>{body}</w:p></w:body></w:document>'
    return archive(
        ("word/document.xml", text.encode()), *((k.replace("_", "/") + ".xml", v.encode()) for k, v in others.items())
    )


def parquet(table: pa.Table) -> bytes:
    sink = io.BytesIO()
    pq.write_table(table, sink, compression="zstd")
    return sink.getvalue()


def unused_category(text: str) -> bytes:
    column = pd.Categorical(["Gaziantep", "Kilis"], categories=["Gaziantep", "Kilis", text])
    return parquet(pa.Table.from_pandas(pd.DataFrame({"place": column})))


def notebook(**parts) -> bytes:
    cell = {"cell_type": "code", "execution_count": 1, "id": "a", "metadata": {}, "outputs": [], "source": "1"}
    return json.dumps({"cells": [{**cell, **parts}], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).encode()


def shown(data: dict) -> list:
    return [{"output_type": "display_data", "metadata": {}, "data": data}]


def halves(text: str) -> tuple[str, str]:
    return text[: len(text) // 2], text[len(text) // 2 :]


def zstd(content: bytes) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as stream:
        stream.write(content)
    return sink.getvalue().to_pybytes()


def named_gzip(name: str) -> bytes:
    return b"\x1f\x8b\x08\x08\0\0\0\0\0\xff" + name.encode() + b"\0" + gzip.compress(b"x", mtime=0)[10:]


def b64(content: bytes) -> str:
    return base64.b64encode(content).decode()


def lines_of_base64(text: str) -> list[str]:
    return base64.encodebytes(png_text("iTXt", text + " " * 90)).decode().splitlines(keepends=True)


E = html.escape
# Letters of Cyrillic and Greek that are drawn like those of Latin.
ALIKE = str.maketrans("aceopxysijABEHIKMNOPTXYZ", "асеорхуѕіјΑΒΕΗΙΚΜΝΟΡΤΧΥΖ")
# Name of an artefact -> name of its file, how it is made with a text in it, and what its place must say.
ARTEFACTS = {
    "HTML text": ("x.html", lambda s: page(f"<p>{E(s)}</p>"), "line 1"),
    "HTML attribute": ("x.html", lambda s: page(f'<img alt="{E(s)}">'), "line 1"),
    "HTML entities": ("x.html", lambda s: page("".join(f"&#{ord(c)};" for c in s)), "decoded"),
    "HTML hexadecimal entities": ("x.html", lambda s: page("".join(f"&#x{ord(c):x};" for c in s)), "decoded"),
    "HTML comment": ("x.html", lambda s: page(f"<!-- {s} -->"), "line 1"),
    "HTML word with a tag in it": ("x.html", lambda s: page("<b>{}</b>{}<br>".format(*halves(s))), "without tags"),
    "HTML word with a link in it": (
        "x.html",
        lambda s: page("<a href='#'>{}</a><a>{}</a><p>".format(*halves(s))),
        "without tags",
    ),
    "HTML word with an unknown element in it": ("x.html", lambda s: page("<x-y>{}</x-y>{}".format(*halves(s))), "tags"),
    "HTML script, strings put together": (
        "x.html",
        lambda s: page("<script>x = '{}' + '{}'</script>".format(*map(json.dumps, halves(s))).replace('"', "")),
        "line 1",
    ),
    "HTML script, numbers of letters": (
        "x.html",
        lambda s: page(f"<script>x = String.fromCharCode({', '.join(str(ord(c)) for c in s)})</script>"),
        "decoded",
    ),
    "HTML cells": ("x.html", lambda s: page("<td>" + "</td>\n<td>".join(E(s).split(" ")) + "</td>"), "line"),
    "HTML script": ("x.html", lambda s: page(f"<script>const rows = {json.dumps([s])}</script>"), "line 1"),
    "HTML script, escaped": (
        "x.html",
        lambda s: page("<script>x='" + "".join(f"\\u{ord(c):04x}" for c in s) + "'</script>"),
        "decoded",
    ),
    "HTML frame": ("x.html", lambda s: page(f'<iframe srcdoc="{E(page(E(s)).decode())}">'), "line 1"),
    "HTML frame in a frame": (
        "x.html",
        lambda s: page(
            f'<iframe srcdoc="{E(page(f"""<iframe srcdoc="{E(page(E(s, True)).decode())}">""").decode())}">'
        ),
        "line 1",
    ),
    "HTML data address": ("x.html", lambda s: page(f'<a href="data:text/plain;base64,{b64(s.encode())}">'), "base64"),
    "HTML picture": ("x.html", lambda s: page(f'<img src="data:image/png;base64,{b64(png_text("iTXt", s))}">'), "iTXt"),
    "HTML link": ("x.html", lambda s: page(f'<a href="?q={urllib.parse.quote(s)}">'), "line 1"),
    "SVG text": ("x.svg", lambda s: f"<svg><text>{E(s)}</text></svg>".encode(), "line 1"),
    "SVG spans": (
        "x.svg",
        lambda s: "<svg><text><tspan>{}</tspan><tspan>{}</tspan></text></svg>".format(*halves(s)).encode(),
        "tags",
    ),
    "SVG, an element for each letter": (
        "x.svg",
        lambda s: "<svg>{}</svg>".format("\n".join(f"<text x='1'>{E(c)}</text>" for c in s)).encode(),
        "without tags",
    ),
    "SVG comment": ("x.svg", lambda s: f"<svg><!-- {s} --></svg>".encode(), "line 1"),
    "PNG tEXt": ("x.png", lambda s: chunk(b"tEXt", b"Comment\0" + s.encode()), "tEXt"),
    "PNG zTXt": ("x.png", lambda s: chunk(b"zTXt", b"Comment\0\0" + zlib.compress(s.encode())), "zTXt"),
    "PNG iTXt": ("x.png", lambda s: png_text("iTXt", s), "iTXt"),
    "PNG EXIF": ("x.png", lambda s: png(exif=exif(s)), "eXIf"),
    "PNG, a part nobody knows": ("x.png", lambda s: chunk(b"prVt", s.encode("utf-16-be")), "prVt"),
    "PNG, a part nobody knows, deflated": ("x.png", lambda s: chunk(b"prVt", zlib.compress(s.encode())), "prVt"),
    "PNG, a part nobody knows, deflated behind a name": (
        "x.png",
        lambda s: chunk(b"prVt", b"\x01\x02name\0" + zlib.compress(s.encode(), 9)),
        "prVt",
    ),
    "PNG, a part nobody knows, deflated without a header": (
        "x.png",
        lambda s: chunk(b"prVt", zlib.compress(s.encode())[2:-4]),
        "prVt",
    ),
    "PNG, behind its end": ("x.png", lambda s: png() + s.encode(), "behind its end"),
    "JPEG comment": ("x.jpg", lambda s: jpeg(comment=s.encode()), "comment"),
    "JPEG EXIF": ("x.jpg", lambda s: jpeg(exif=exif(s)), "APP1"),
    "JPEG, behind its end": ("x.jpg", lambda s: jpeg() + s.encode(), "behind its end"),
    "PDF text": ("x.pdf", lambda s: pdf_drawn(s, 42), "page 1"),
    "PDF text, outlines": ("x.pdf", lambda s: pdf_drawn(s, 3), "page 1"),
    "PDF metadata": ("x.pdf", lambda s: pdf(lambda writer: writer.add_metadata({"/Author": s})), ""),
    "PDF attachment": ("x.pdf", lambda s: pdf(lambda writer: writer.add_attachment("x.txt", s.encode())), ""),
    "PDF attached archive": (
        "x.pdf",
        lambda s: pdf(lambda writer: writer.add_attachment("x.zip", archive(("x.txt", s.encode())))),
        "x.txt",
    ),
    "PDF annotation": ("x.pdf", pdf_annotated, ""),
    "PDF, an earlier revision": ("x.pdf", pdf_of_before, "stream"),
    "Excel shared strings": (
        "x.xlsx",
        lambda s: workbook(lambda book, sheet: sheet.write_string(0, 0, s)),
        "sharedStrings",
    ),
    "Excel inline strings": (
        "x.xlsx",
        lambda s: workbook(lambda book, sheet: sheet.write_string(0, 0, s), constant_memory=True, in_memory=False),
        "sheet1.xml",
    ),
    "Excel cells beside each other": (
        "x.xlsx",
        lambda s: workbook(
            lambda book, sheet: [sheet.write_string(1, at, word) for at, word in enumerate(s.split(" "))]
        ),
        "sheet",
    ),
    "Excel rich text": (
        "x.xlsx",
        lambda s: workbook(
            lambda book, sheet: sheet.write_rich_string(
                0, 0, *halves(s)[:1], book.add_format({"bold": 1}), halves(s)[1]
            )
        ),
        "without tags",
    ),
    "Excel hidden sheet": ("x.xlsx", lambda s: hidden(s, "hide"), "sheet 2"),
    "Excel very hidden sheet": ("x.xlsx", lambda s: hidden(s, "very_hidden"), "sheet 2"),
    "Excel defined name": (
        "x.xlsx",
        lambda s: with_member(
            workbook(),
            "xl/workbook.xml",
            f'<definedNames><definedName name="a" comment="{E(s)}">1</definedName></definedNames>',
            "<calcPr",
        ),
        "xl/workbook.xml",
    ),
    "Excel comment": (
        "x.xlsx",
        lambda s: workbook(lambda book, sheet: sheet.write_comment(0, 0, s)),
        "comments1.xml",
    ),
    "Excel properties": (
        "x.xlsx",
        lambda s: workbook(lambda book, sheet: book.set_properties({"author": s})),
        "core.xml",
    ),
    "Excel custom properties": (
        "x.xlsx",
        lambda s: workbook(lambda book, sheet: book.set_custom_property("Seen by", s)),
        "custom.xml",
    ),
    "Excel custom XML": (
        "x.xlsx",
        lambda s: with_member(workbook(), "customXml/item1.xml", f"<a>{E(s)}</a>"),
        "item1.xml",
    ),
    "Excel pivot cache": (
        "x.xlsx",
        lambda s: with_member(workbook(), "xl/pivotCache/pivotCacheDefinition1.xml", f'<s v="{E(s)}"/>'),
        "pivotCache",
    ),
    "Word text": ("x.docx", lambda s: document(f"<w:r><w:t>{E(s)}</w:t></w:r>"), "document.xml"),
    "Word runs": (
        "x.docx",
        lambda s: document("<w:r><w:t>{}</w:t></w:r><w:r><w:rPr><w:b/></w:rPr><w:t>{}</w:t></w:r>".format(*halves(s))),
        "without tags",
    ),
    "Word comment": ("x.docx", lambda s: document("", word_comments=f"<w:t>{E(s)}</w:t>"), "comments.xml"),
    "Word properties": ("x.docx", lambda s: document("", docProps_core=f"<dc:creator>{E(s)}</dc:creator>"), "core.xml"),
    "zip member": ("x.zip", lambda s: archive(("x.txt", s.encode())), "x.txt"),
    "zip name of a member": ("x.zip", lambda s: archive((f"a/{s}.txt", b"x")), "names of members"),
    "zip in a zip": ("x.zip", lambda s: archive(("y.zip", archive(("x.txt", s.encode())))), "y.zip › x.txt"),
    "zip comment": ("x.zip", lambda s: archive(("x.txt", b"x"), comment=s.encode()), ""),
    "zip extra field": ("x.zip", lambda s: archive(("x.txt", b"x"), extra=field(s)), ""),
    "zip, before its beginning": ("x.zip", lambda s: archive(("x.txt", b"x"), before=s.encode() + b"\0"), ""),
    "gzip": ("x.gz", lambda s: gzip.compress(s.encode()), "unpacked"),
    "gzip name": ("x.gz", named_gzip, ""),
    "gzip, a second part": ("x.gz", lambda s: gzip.compress(b"x") + gzip.compress(s.encode()), "unpacked"),
    "bzip2": ("x.bz2", lambda s: bz2.compress(s.encode()), "unpacked"),
    "xz": ("x.xz", lambda s: lzma.compress(s.encode()), "unpacked"),
    "zstd": ("x.zst", lambda s: zstd(s.encode()), "unpacked"),
    "tar": ("x.tar", lambda s: tar("x.txt", s.encode()), "x.txt"),
    "tar name of a member": ("x.tar", lambda s: tar(f"{s}.txt", b"x"), "names of members"),
    "tar in gzip": ("x.tgz", lambda s: gzip.compress(tar("x.txt", s.encode())), "x.txt"),
    "Parquet values": ("x.parquet", lambda s: parquet(pa.table({"note": ["x", s]})), "rows"),
    "Parquet, a category without rows": ("x.parquet", unused_category, "values of place"),
    "Parquet name of a column": ("x.parquet", lambda s: parquet(pa.table({s: [1]})), "names"),
    "Parquet metadata": (
        "x.parquet",
        lambda s: parquet(pa.table({"a": [1]}).replace_schema_metadata({"by": s})),
        "metadata",
    ),
    "Parquet metadata of a column": (
        "x.parquet",
        lambda s: parquet(pa.table([[1]], schema=pa.schema([pa.field("a", pa.int64(), metadata={"by": s})]))),
        "metadata",
    ),
    "Parquet metadata of pandas": (
        "x.parquet",
        lambda s: parquet(pa.Table.from_pandas(pd.DataFrame({"a": [1]}).rename_axis(index=s))),
        "",
    ),
    "Parquet list": ("x.parquet", lambda s: parquet(pa.table({"a": [[{"b": s}]]})), "column 1"),
    "Parquet bytes": ("x.parquet", lambda s: parquet(pa.table({"a": [gzip.compress(s.encode())]})), "unpacked"),
    "Parquet cells beside each other": (
        "x.parquet",
        lambda s: parquet(pa.table({f"c{at}": [word] for at, word in enumerate(s.split(" "))})),
        "",
    ),
    "CSV in UTF-8": ("x.csv", lambda s: f"a;b\nx;{s}\n".encode(), "line 2"),
    "CSV in UTF-8 with a mark": ("x.csv", lambda s: f"a;b\nx;{s}\n".encode("utf-8-sig"), "line 2"),
    "CSV in UTF-16": ("x.csv", lambda s: f"a;b\nx;{s}\n".encode("utf-16"), "line 2"),
    "CSV in UTF-16 without a mark": (
        "x.csv",
        lambda s: (f"a;b\nx;{s}\n" + "one;two\n" * 9).encode("utf-16-be"),
        "line 2",
    ),
    "CSV in Windows-1254": ("x.csv", lambda s: f"a;b\nş;{s}\n".encode("cp1254"), "line 2"),
    "CSV in Latin-1": ("x.csv", lambda s: f"a;b\né;{s}\n".encode("latin-1"), "line 2"),
    "JSON": ("x.json", lambda s: json.dumps({"a": [1, {"b": s}]}).encode(), "line 1"),
    "JSON name": ("x.json", lambda s: json.dumps({"a": {s: 1}}).encode(), "line 1"),
    "notebook output": ("x.ipynb", lambda s: notebook(outputs=shown({"text/html": f"<p>{E(s)}</p>"})), "line 1"),
    "notebook output in lines": (
        "x.ipynb",
        lambda s: notebook(outputs=shown({"image/png": lines_of_base64(s)})),
        "iTXt",
    ),
    "notebook picture": (
        "x.ipynb",
        lambda s: notebook(outputs=shown({"image/png": b64(png_text("iTXt", s))})),
        "base64 › iTXt",
    ),
    "notebook metadata": ("x.ipynb", lambda s: notebook(metadata={"by": s}), "line 1"),
    "notebook attachment": (
        "x.ipynb",
        lambda s: notebook(attachments={"x.png": {"image/png": b64(png_text("iTXt", s))}}),
        "base64 › iTXt",
    ),
    "text taken apart": ("x.txt", lambda s: unicodedata.normalize("NFD", s).encode(), "line 1"),
    "text with a hyphen at the end of a line": (
        "x.txt",
        lambda s: "a\n{}-\n{}".format(*map(str.strip, halves(s))).encode(),
        "line 2",
    ),
    "text with what is not seen in it": ("x.txt", lambda s: "a \u200b{}\u00ad{}".format(*halves(s)).encode(), "line 1"),
    "text in letters of other scripts": ("x.txt", lambda s: s.translate(ALIKE).encode(), "line 1"),
    "text in base64": ("x.txt", lambda s: f"a {b64(s.encode())}".encode(), "line 1"),
    "text in base32": ("x.txt", lambda s: b"a " + base64.b32encode(s.encode()), "line 1"),
    "text in hexadecimal digits": ("x.txt", lambda s: f"a {s.encode().hex()}.".encode(), "line 1"),
    "text in capitals": ("x.txt", lambda s: s.replace("i", "İ").upper().encode(), "line 1"),
    "text in small letters": ("x.txt", lambda s: s.replace("I", "ı").lower().encode(), "line 1"),
    "text without accents": ("x.txt", lambda s: unicodedata.normalize("NFD", s).encode("ascii", "ignore"), "line 1"),
    "bytes of an unknown kind": ("x.bin", lambda s: b"\0\1\2" * 9 + s.encode() + b"\0\xff" * 9, ""),
}


# What a release never holds is not taken apart: it is refused, whatever is in it.
REFUSED = {
    *(name for name in ARTEFACTS if name.partition(" ")[0] in ("Excel", "zip", "gzip", "bzip2", "xz", "zstd", "tar")),
    *(name for name in ARTEFACTS if name.startswith(("zip,", "gzip,", "JPEG", "PNG, ", "PNG EXIF"))),
    *("PDF attachment", "PDF attached archive", "Parquet list", "Parquet bytes", "bytes of an unknown kind"),
    *("CSV in UTF-16 without a mark", "CSV in Windows-1254", "CSV in Latin-1"),
}
SEARCHED = [name for name in ARTEFACTS if name not in REFUSED]


def combinations():
    """Every artefact with every canary, but for letters that an encoding does not have."""
    for (name, (_, make, _)), canary in product(ARTEFACTS.items(), CANARIES):
        try:
            make(canary)
        except UnicodeEncodeError:
            continue
        if "cells" in name and canary in NUMBERS:
            continue  # a number stands in one cell
        if name == "text without accents" and not canary.isascii() and ("ı" in canary or "م" in canary):
            continue  # nothing of these letters is left
        yield name, canary


FOUND = list(combinations())


@pytest.mark.slow
@pytest.mark.parametrize("name", SEARCHED)
def test_a_secret_is_found_in_every_kind_of_file_and_its_place_is_named(tmp_path, name):
    file, make, place = ARTEFACTS[name]
    canaries = [canary for each, canary in FOUND if each == name]
    assert len(canaries) >= 4
    for number, canary in enumerate(canaries):
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / file).write_bytes(make(canary))
        found = scan(folder, CANARIES)
        assert set(found["kind"]) == {SECRET}, (canary, found)
        assert found["place"].str.contains(place, regex=False).any(), (canary, found)
        assert {path.rpartition("/")[2] for path in found["path"]} == {file}


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(REFUSED))
def test_a_file_that_no_release_holds_is_refused_whatever_is_in_it(tmp_path, name):
    file, make, _ = ARTEFACTS[name]
    for canary in [HARMLESS.partition(",")[0], *(canary for each, canary in FOUND if each == name)]:
        (tmp_path / file).write_bytes(make(canary))
        found = scan(tmp_path / file, CANARIES)
        assert UNREADABLE in set(found["kind"]), (canary, found)
        assert not list(Index(CANARIES).find(found.to_csv())), found


@pytest.mark.parametrize("name", SEARCHED)
def test_nothing_is_found_in_a_file_of_every_kind_that_holds_no_secret(tmp_path, name):
    file, make, _ = ARTEFACTS[name]
    (tmp_path / file).write_bytes(make(HARMLESS.partition(",")[0] if "name" in name else HARMLESS))
    found = scan(tmp_path, CANARIES)
    assert found.empty and list(found) == COLUMNS, found


def test_a_secret_in_the_name_of_a_file_or_folder_is_found_and_the_name_is_not_shown(tmp_path):
    folder = tmp_path / "Zübeyde_Kanaryaoğlu" / "more"
    folder.mkdir(parents=True)
    (folder / "05559998877.txt").write_text("x")
    found = scan(tmp_path, CANARIES)
    assert len(found) == 2 and set(found["kind"]) == {SECRET}
    assert not found.map(lambda text: "Kanarya" in text or "9998877" in text).any(axis=None)


@pytest.mark.slow
def test_a_report_never_says_what_was_found(tmp_path):
    for name, canary in FOUND[:: len(FOUND) // 300]:
        file, make, _ = ARTEFACTS[name]
        (tmp_path / file).write_bytes(make(canary))
        said = scan(tmp_path / file, CANARIES).to_csv()
        assert not list(Index(CANARIES).find(said)), (name, said)


@pytest.mark.parametrize(
    "written",
    [
        *(
            "0555 999 88 77",
            "+90 555 999 88 77",
            "(0555) 999-88-77",
            "0 555 999 88 77",
            "555.999.88.77",
            "00905559998877",
        ),
        *("5559998877", "0555-9998877", "555 999 8877", "+90 (555) 999 88 77", "0555/999/88/77", "٠٥٥٥٩٩٩٨٨٧٧"),
    ],
)
def test_a_telephone_number_is_found_however_its_digits_are_grouped(written):
    assert list(Index(["05559998877"]).find(f"tel. {written}, in the evening"))


@pytest.mark.parametrize(
    ("number", "written"),
    [
        *(("100160", written) for written in ("(100–160)", "(100-160)", "12 (100 160)", "(100) 160", "(100–160")),
        *(("1001601", written) for written in ("(100–1601)", "+100 1601", "+1 (001–601)", "5 (1001–601)")),
        *(("10016012", written) for written in ("(1001–6012)", "12 (100–160) 12", "+10 (016–012)")),
    ],
)
def test_two_figures_beside_each_other_are_no_short_number_and_the_number_alone_is_found(number, written):
    """Where telephone numbers are looked for, groups are; what numbers of a list are short is no telephone number."""
    index = Index([number, "05559998877"])
    assert not list(index.find(f"per 100,000 {written}, per year"))
    assert list(index.find(f"per 100,000 ({number}), per year"))


@pytest.mark.parametrize(
    ("number", "written"),
    [
        *(
            ("9912345", written)
            for written in ("991 23 45", "(991 23 45)", "991-23-45", "(991) 23 45", "(991)23-45", "+238 991 23 45")
        ),
        *(("01234567", written) for written in ("01 234 567", "(01) 234-567", "01/234567", "+961 1 234 567")),
        *(("100160123", written) for written in ("(100) 160-123", "+100 160 123", "0100 160 123")),
    ],
)
def test_a_short_telephone_number_is_found_in_groups_as_it_is_written_where_such_numbers_are(number, written):
    assert list(Index([number]).find(f"tel. {written}, in the evening"))


@pytest.mark.parametrize(
    "written",
    [
        "0.5559998877",
        "12.5559998877",
        "x5559998877",
        "+5.5 (5 to 9.9) 98877",
        "55,599,988,77",
        "1555 999 88 77",
        "2 555 999 887",
    ],
)
def test_other_numbers_are_no_telephone_number(written):
    assert not list(Index(["05559998877"]).find(f"about {written} and more"))


DIGEST = "000018c6bf2042f26b37b61ed93dde332894eae6228540d30de31dde279ba2f3"


@pytest.mark.parametrize("around", ['"sha256": "{}"', '"hash": "sha256:{}"', '"@id": "#library/{}"', "{}"])
def test_the_first_digits_of_a_digest_are_no_number_of_a_person(around):
    assert not list(Index(["000018", "05559998877"]).find(around.format(DIGEST)))


@pytest.mark.parametrize(
    "written",
    [
        *(f"000018 {DIGEST}", f"{DIGEST} 000018", f'{{"sha256": "{DIGEST}", "000018": 1}}', f"{DIGEST}\n000018"),
        # What has another length, other letters or digits alone is no digest.
        *(DIGEST[:-1], f"{DIGEST}0", DIGEST.replace("f", "g"), DIGEST.upper()),
    ],
)
def test_a_number_beside_a_digest_is_found_and_so_is_one_that_begins_anything_else(written):
    assert list(Index(["000018", "05559998877"]).find(written))


@pytest.mark.parametrize("written", ["2019/186", "2019-186", "2019_186", "2019186"])
def test_a_number_of_a_file_is_found_and_two_numbers_beside_each_other_are_not(written):
    index = Index(["2019/186"])
    assert list(index.find(f"file {written}."))
    assert not list(index.find("2019 186")) and not list(index.find("2019;186")) and not list(index.find("2019,186"))


def test_the_outline_of_a_country_is_no_list_of_telephone_numbers():
    """Of a row of some fifty numbers three look like one of seven digits; the same three are found in a list."""
    index = Index(["155 20 19"])
    row = "13-44 107-22 135 8 24-30 60-30 14-51 87-8 32 14 26-23 44 35 {number} 51 160-3 66 29-2-5 27 13 17 30-12 41"
    assert list(index.find("Tel. 155 20 19"))
    assert list(index.find("\n".join(["155 20 18", "155 20 19", "155 20 20"])))
    assert not list(index.find(row.format(number="155 20 19")))


@pytest.mark.parametrize(
    "written", ["Kanarya", "Kanaryaoğluları", "Zübeydeler Kanaryaoğlu", "Kanaryaoğlu Zübeyde", "0473"]
)
def test_only_whole_words_in_their_order_are_found(written):
    assert not list(Index(CANARIES).find(f"Here is {written}."))


@pytest.mark.parametrize(
    "written",
    ["Zübeyde Kanaryaoğlu'nun", "ZübeydeKanaryaoğlu", "zubeyde-kanaryaoglu", "Zübeyde\u00ad Kana\u00adryaoğlu"],
)
def test_a_name_is_found_with_an_ending_without_a_space_and_hyphenated(written):
    assert list(Index(CANARIES).find(f"Here is {written}."))


WORDS = st.lists(
    st.sampled_from(("Zuleika", "Ana", "Rui", "Duarte", "Semedo", "Alves", "100", "101", "2017")), max_size=5
)


@given(
    st.lists(WORDS.filter(lambda words: len("".join(words)) > 5).map(" ".join), min_size=1, max_size=6),
    st.lists(st.sampled_from(("Zuleika", "Ana", "Duarte", "100", "/", ".", "of")), max_size=4).map(" ".join),
)
def test_the_last_words_of_a_text_are_found_whatever_else_is_looked_for(secrets, before):
    """Words of one secret may stand in another one that is longer than what is left of the text."""
    index = Index(secrets)
    for secret in secrets:
        text = f"{before} {secret}" if index.size and not secret.replace(" ", "").isdecimal() else secret
        found = list(index.find(text))
        assert all(0 <= hit.start < hit.end <= len(text) for hit in found)
        if not secret.replace(" ", "").isdecimal():
            assert any(hit.end == len(text) for hit in found), (secret, text)


def test_numbers_that_begin_longer_ones_are_found_at_the_end_of_a_text():
    index = Index(["100/2017", "101/2017", "100/12/13", "99/12/13"])
    assert [hit.words for hit in index.find("case 100/2017")] == ["100 2017"]
    names = Index(["Zuleika Duarte", "Ana Duarte", "Rui Duarte", "Zuleika Semedo Alves", "Ana Semedo Alves"])
    assert [hit.words for hit in names.find("by Zuleika Duarte")] == ["zuleika duarte"]


@pytest.mark.slow
def test_every_direct_identifier_of_the_synthetic_studies_is_found_as_the_last_words_of_a_text():
    found = secrets_of.of_studies(["demo_provinces", "demo_islands"], with_public_words=True)
    strings = set().union(*found.values())
    index = Index(strings)
    assert len(strings) > 20_000
    missed = [string for string in strings if not list(index.find(f"as told of {string}"))]
    assert len(missed) == index.too_short and all(Index([string]).too_short for string in missed)


class Failing(Index):
    """An index that cannot look up some texts."""

    def find(self, text):
        if "stone" in text:
            raise IndexError("list index out of range")
        return super().find(text)


def test_a_file_whose_search_fails_is_named_and_counts_as_a_finding(tmp_path):
    (tmp_path / "a.txt").write_text("stone")
    (tmp_path / "b.txt").write_text("by Kanaryaserbest")
    found = scan(tmp_path, Failing(CANARIES))
    assert found["kind"].tolist() == [UNREADABLE, SECRET]
    assert found["path"].str.rpartition("/")[2].tolist() == ["a.txt", "b.txt"]
    assert "search of it failed (IndexError)" in found["place"][0]


def test_a_file_whose_name_cannot_be_searched_is_named_by_its_digest(tmp_path):
    (tmp_path / "stone.txt").write_text("a")
    found = scan(tmp_path, Failing(CANARIES))
    assert found["kind"].tolist() == [UNREADABLE]
    assert hashlib.sha256(b"a").hexdigest()[:12] in found["path"][0] and "stone" not in found["path"][0]


def test_a_file_that_cannot_be_read_is_named_and_counts_as_a_finding(tmp_path, monkeypatch):
    (tmp_path / "a.txt").write_text("a")

    def read(path):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("pathlib.Path.read_bytes", read)
    found = scan(tmp_path, CANARIES)
    assert found["kind"].tolist() == [UNREADABLE] and "cannot be read (PermissionError)" in found["place"][0]


@pytest.mark.parametrize(
    "written",
    [
        *("2010-03-04", "2010-03-04T00:00:00", "2010/3/4", "2010.03.04", "04.03.2010", "4.3.2010", "04/03/2010"),
        *("4-3-2010", "03/04/2010", "4 March 2010", "4th March 2010", "4 Mar 2010", "March 4, 2010", "Mar. 4th 2010"),
        *("4 Mart 2010", "4 mars 2010", "4 de março de 2010", "4 MARÇO 2010", "4-Mar-2010", "04 03 2010"),
    ],
)
def test_a_date_of_birth_is_found_in_every_usual_spelling(written):
    (hit,) = Index(["2010-03-04"]).find(f"born on {written}, in")
    assert hit.words == "2010 03 04" and written.startswith(f"born on {written}, in"[hit.start : hit.end])


@pytest.mark.parametrize(
    "written",
    [
        *("2010-03-05", "03.2010", "2010", "14.03.2010", "4.3.20101", "12010-03-04", "v2.4.3.2011", "4 Mai 2010"),
        *("2010-13-04", "03.2010.04", "4.3-2010"),
        # A row of a table: two counts, and a period.
        "ARM,4,3,2010/2017",
    ],
)
def test_other_dates_and_numbers_are_no_date_of_birth(written):
    assert not list(Index(["2010-03-04"]).find(f"on {written} it"))


def test_the_widths_of_a_fonts_glyphs_are_no_telephone_and_a_number_among_them_is():
    index = Index(["219 20 20", "05321234567"])

    def found(widths):
        font = f"<< /Type /Font /DW 0/W[{widths}] >>".encode()
        said = "".join(
            piece.text for piece in file_texts.pieces(pdf() + b"1 0 obj\n" + font + b"\n" + pdf()[-2048:], "x.pdf")
        )
        return [hit.words for hit in index.find(said)]

    assert found("18 18 503.00003 19 19 219 20 20 667") == [] and found("18 18 503 05321234567") != []


@pytest.mark.parametrize(
    "written",
    [
        *("37.06621, 37.38334", "37.066213 37.383342", "(37.0662,37.3833)", "37.38334, 37.06621", "37,06621; 37,38334"),
        *('{"lat": 37.06621,\n "lon": 37.38334}', "<td>37.06621</td><td>37.38334</td>", "N 37.06621 E 37.38334"),
    ],
)
def test_coordinates_that_lead_to_a_house_are_found(written):
    assert [hit.words for hit in Index(["37.06621 37.38334"]).find(f"seen at {written}.")] == ["37 06621 37 38334"]


@pytest.mark.parametrize(
    "written", ["37.066, 37.383", "37.06621", "37.06631, 37.38334", f"37.06621 of {'many ' * 9}37.38334"]
)
def test_other_numbers_are_no_coordinates(written):
    assert not list(Index(["37.06621 37.38334"]).find(f"seen at {written}."))


def test_small_numbers_of_few_digits_are_too_short_to_be_coordinates():
    index = Index(["0.0012 0.0034", "0.00699 0.00322"])
    assert index.too_short == 1
    assert not list(index.find("p = 0.0012, 0.0034 and 0.0070, 0.0032")) and list(index.find("0.00699, 0.00322"))


@pytest.mark.slow
def test_dates_of_birth_and_coordinates_of_the_lists_are_searched_for_unless_public_texts_have_them(monkeypatch):
    monkeypatch.setattr(secrets_of, "public_texts", lambda unsure: iter(["Adopted on 15 November 2000 in New York"]))
    found = secrets_of.of_study("demo_provinces")
    births = {string for string in found if is_day(string)}
    with open(
        catalog.RAW / "synthetic/demo_provinces/protection_SYNTHETIC.csv", encoding="cp1254", errors="replace"
    ) as lines:
        rows = list(csv.DictReader(lines, delimiter=";"))
    stated = {row["Doğum Tarihi"] for row in rows if re.fullmatch(r"\d\d\.\d\d\.\d{4}", row["Doğum Tarihi"] or "")}
    assert len(stated) > 100 and len(births) > len(stated)
    index = Index(found)
    assert not [day for day in stated if day != "15.11.2000" and not list(index.find(f"({day})"))]
    assert "2000-11-15" not in births and sum(map(bool, map(as_coordinates, found))) > 100
    # What is committed may bring dates of its own.
    unsure = secrets_of.of_study("demo_provinces", unsure=[catalog.ROOT / "README.md"])
    assert not any(map(is_day, unsure))


def test_secrets_too_short_to_be_searched_for_are_counted(tmp_path):
    (tmp_path / "x.txt").write_text("12 Ali 99123 A-12 Kanaryaserbest")
    found = scan(tmp_path, ["12", "Ali", "99123", "A-12", "Kanaryaserbest"])
    assert found.attrs["too_short"] == 4
    assert found[["place", "kind"]].values.tolist() == [["line 1: K… (14 characters)", SECRET]]


def test_a_fingerprint_is_that_of_name_and_content_wherever_a_file_lies(tmp_path):
    (tmp_path / "folder").mkdir()
    files = [tmp_path / "a.txt", tmp_path / "folder" / "a.txt", tmp_path / "b.txt"]
    for path in files:
        path.write_text("nothing")
    first, elsewhere, renamed = map(fingerprint, files)
    assert first == elsewhere != renamed
    files[0].write_text("something")
    assert fingerprint(files[0]) != first
    # A link is what it says.
    (tmp_path / "folder" / "b.txt").symlink_to(tmp_path / "b.txt")
    assert fingerprint(tmp_path / "folder" / "b.txt") != renamed


BROKEN = {
    "cut.png": png()[:-9],
    "changed.png": png().replace(b"IDAT", b"IDAU"),
    "text.png": b"no picture",
    "unknown.png": chunk(b"prVt", bytes(range(128, 256))),
    "cut.jpg": jpeg()[:-40],
    "cut.pdf": pdf()[:-20],
    "text.xlsx": b"a;b",
    "cut.xlsx": workbook()[:-30],
    "cut.gz": gzip.compress(b"x" * 999)[:-9],
    "text.parquet": b"PAR1",
    "cut.json": b'{"a": ',
    "picture.html": png(),
    "empty.png": b"",
    "locked.zip": archive(("x.txt", b"x")).replace(b"PK\x01\x02\x14\x03\x14\0\0\0", b"PK\x01\x02\x14\x03\x14\0\x01\0"),
    "x.7z": b"7z\xbc\xaf\x27\x1c" + b"\0" * 30,
    "x.csv.age": b"age-encryption.org/v1\n",
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_not_what_its_name_says_is_a_finding(tmp_path, name):
    (tmp_path / name).write_bytes(BROKEN[name])
    found = scan(tmp_path, CANARIES)
    assert UNREADABLE in set(found["kind"]) and found["place"].str.len().min() > 9, found


def test_numbers_of_colours_in_a_document_are_no_text(tmp_path):
    colours = '<w:color w:val="000066"/><w:color w:themeColor="text1" w:val="0066CC"/>'
    theme = '<a:sysClr val="windowText" lastClr="990000"/><a:srgbClr val="123456"/>'
    numbers = ["000066", "990000", "123456"]
    path = tmp_path / "x.docx"
    path.write_bytes(document(f"<w:r><w:rPr>{colours}</w:rPr><w:t>Gaziantep</w:t></w:r>", word_theme=theme))
    assert scan(path, [*numbers, "0066CC"]).empty
    # What stands in a paragraph is a text, whatever it looks like.
    path.write_bytes(document("<w:r><w:t>000066</w:t></w:r>"))
    assert set(scan(path, numbers)["kind"]) == {SECRET}


def test_a_text_that_is_read_in_parts_is_cut_between_words(tmp_path):
    """Only what is around a sign of an escape is read as it is written: no part of a word is taken for a word."""
    for number in range(150, 260):
        (tmp_path / f"{number}.html").write_bytes(page(f"\\n{' ' * number}Kanaryaserbest{' ' * number}\\n"))
    assert scan(tmp_path, ["Kanarya", "serbest"]).empty
    assert len(scan(tmp_path, ["Kanaryaserbest"]).drop_duplicates("path")) == 110


def test_words_of_different_cells_paragraphs_and_ticks_are_no_single_word(tmp_path):
    ticks = "<svg><text>12</text><text>34</text><text>56</text></svg>"
    body = f"<td>123</td><td>456</td><p>Kanarya</p><p>serbest</p>{ticks}"
    (tmp_path / "x.html").write_bytes(page(body))
    assert scan(tmp_path, ["123456", "Kanaryaserbest"]).empty


def test_a_secret_is_found_in_what_is_not_what_its_name_says(tmp_path):
    (tmp_path / "x.png").write_text("Zübeyde Kanaryaoğlu")
    (tmp_path / "y.pdf").write_bytes(document("<w:t>Zübeyde Kanaryaoğlu</w:t>"))
    (tmp_path / "z.pdf").write_bytes(workbook(lambda book, sheet: sheet.write(0, 0, "Zübeyde Kanaryaoğlu")))
    found = scan(tmp_path, CANARIES)
    assert found.groupby("path")["kind"].agg(set).tolist() == [{SECRET, UNREADABLE}] * 2 + [{UNREADABLE}]


@pytest.mark.parametrize(
    "packed",
    [
        archive(("x.txt", b"0" * 3_000_000)),
        gzip.compress(b"0" * 3_000_000),
        bz2.compress(b"0" * 3_000_000),
        chunk(b"zTXt", b"a\0\0" + zlib.compress(b"0" * 3_000_000)),
        archive(*((f"{number}.txt", b"0" * 300_000) for number in range(9))),
    ],
)
def test_what_bursts_is_a_finding_and_is_not_unpacked(tmp_path, monkeypatch, packed):
    monkeypatch.setattr(file_texts, "BYTES", 1_000_000)
    (tmp_path / "x").write_bytes(packed)
    assert {LIMIT, UNREADABLE} & set(scan(tmp_path, CANARIES)["kind"])


def test_what_is_nested_too_deep_is_a_finding(tmp_path):
    content, text = b"Kanaryaserbest", "Kanaryaserbest <b>"
    for _ in range(9):
        content, text = archive(("x.zip", content)), html.escape(text)
    (tmp_path / "x.zip").write_bytes(content)
    (tmp_path / "x.html").write_text(f"{text}{html.escape(text)}")
    found = scan(tmp_path, CANARIES)
    assert {UNREADABLE} == set(found.loc[found["path"].str.endswith("x.zip"), "kind"])
    assert {LIMIT, SECRET} == set(found.loc[found["path"].str.endswith("x.html"), "kind"])


def as_text(content: bytes) -> str:
    """Bytes as they stand in a text: as they are if they are one, else in base64."""
    try:
        return content.decode()
    except UnicodeDecodeError:
        return f"data:application/octet-stream;base64,{b64(content)}"


WRAPPINGS = {
    "page": lambda content: page(f"<p>{E(as_text(content))}</p>"),
    "attribute": lambda content: page(f'<iframe srcdoc="{E(as_text(content))}"></iframe>'),
    "script": lambda content: page(f"<script>x = {json.dumps(as_text(content))}</script>"),
    "link": lambda content: page(f'<a href="?q={urllib.parse.quote(as_text(content))}">'),
    "data": lambda content: page(f'<img src="data:image/png;base64,{b64(content)}">'),
    "notebook": lambda content: notebook(outputs=shown({"text/html": as_text(content).splitlines(keepends=True)})),
    "zip": lambda content: archive(("x", content)),
    "gzip": lambda content: gzip.compress(content),
    "tar": lambda content: tar("x", content),
    "zstd": zstd,
    "PNG": lambda content: chunk(b"zTXt", b"a\0\0" + zlib.compress(content)),
    "PDF": lambda content: pdf(lambda writer: writer.add_attachment("x", content)),
    "workbook": lambda content: with_member(workbook(), "customXml/item1.bin", as_text(content)),
    "parquet": lambda content: parquet(pa.table({"a": [content]})),
}


# What holds another file and is never released is refused.
CLOSED = {"zip", "gzip", "tar", "zstd", "PDF", "workbook", "parquet"}


@pytest.mark.slow
@settings(max_examples=examples(150))
@given(st.lists(st.sampled_from(sorted(WRAPPINGS)), max_size=3), st.sampled_from(CANARIES))
def test_a_secret_survives_any_nesting(tmp_path_factory, wrappings, canary):
    content = canary.encode()
    for name in wrappings:
        content = WRAPPINGS[name](content)
    path = tmp_path_factory.mktemp("nested") / "x"
    path.write_bytes(content)
    expected = {UNREADABLE, LIMIT} if CLOSED & set(wrappings) else {SECRET}
    assert expected & set(scan(path, [canary])["kind"])


@pytest.mark.slow
@settings(max_examples=examples(38))
@given(st.lists(st.sampled_from(sorted(WRAPPINGS)), min_size=4, max_size=10), st.sampled_from(CANARIES))
def test_a_nesting_is_never_passed_over_in_silence(tmp_path_factory, wrappings, canary):
    content = canary.encode()
    for name in wrappings:
        content = WRAPPINGS[name](content)
    path = tmp_path_factory.mktemp("nested") / "x"
    path.write_bytes(content)
    assert {SECRET, LIMIT, UNREADABLE} & set(scan(path, [canary])["kind"])


def test_a_path_that_is_not_there_is_said(tmp_path):
    with refused(ScanError, "missing_file"):
        scan(tmp_path / "none", CANARIES)


@pytest.mark.slow
def test_secrets_by_the_hundred_thousand_take_no_longer_than_reading_the_text(tmp_path):
    chance = random.Random(1)
    secrets = [f"police-{chance.randrange(10**7):07d}" for _ in range(100_000)]
    (tmp_path / "x.txt").write_text(" ".join(f"word{number % 9_999}" for number in range(300_000)))
    few, many = Index(secrets[:10]), Index(secrets)

    def seconds(index):
        began = time.process_time()
        assert scan(tmp_path, index).empty
        return time.process_time() - began

    assert min(seconds(many) for _ in range(3)) < 3 * min(seconds(few) for _ in range(3)) + 0.2


def test_a_stream_that_only_says_that_it_is_a_picture_is_searched(tmp_path):
    text = f"born in Kilis: {NAMES[0]}, ".encode()
    path = tmp_path / "report.pdf"
    path.write_bytes(pdf_of_pixels(text, 640, 480))
    found = scan([path], CANARIES)["place"]
    assert len(found) and found.str.startswith("stream 1 ").all()
    # As long as its picture is large, it is taken for pixels, as those of a PNG file are.
    path.write_bytes(pdf_of_pixels(text, len(text), 1))
    assert scan([path], CANARIES).empty


@pytest.mark.parametrize("name", NAMES)
def test_a_name_that_is_drawn_in_a_figure_is_found_in_its_file_and_in_a_page_that_shows_it(tmp_path, name):
    figure = Figure(figsize=(3, 2))
    figure.add_subplot().barh([name, "Gaziantep"], [1, 2])
    drawn = png_of(figure)
    (tmp_path / "x.png").write_bytes(drawn)
    (tmp_path / "y.html").write_bytes(page(f'<img src="data:image/png;base64,{b64(picture(drawn))}">'))
    found = scan(tmp_path, CANARIES)
    assert found.groupby("path")["kind"].agg(set).tolist() == [{SECRET}] * 2
    assert found["place"].str.contains("iTXt").all()


def noise(said: str) -> bytes:
    """A picture of more than a thousand letters of base64."""
    notes, sink = PngImagePlugin.PngInfo(), io.BytesIO()
    notes.add_itxt("Comment", said)
    Image.frombytes("L", (40, 40), random.Random(1).randbytes(1600)).save(sink, "PNG", pnginfo=notes)
    return sink.getvalue()


IMG = '<img src="data:image/png;base64,{}" alt="{}">'


@pytest.mark.parametrize(
    "body",
    [
        IMG.format(b64(noise("Kanaryaserbest")), ""),
        IMG.format(b64(noise("")), "Kanaryaserbest"),
        # A word that goes on behind a picture stands beside it, as without one.
        f"<p>Zübeyde {IMG.format(b64(noise('')), '')} Kanaryaoğlu</p>",
        # What only begins as a picture, and what goes on behind it.
        IMG.format(b64(b"\x89PNG\r\n\x1a\n" + b"It was Kanaryaserbest. " * 90), ""),
        IMG.format(b64(noise("") + b"It was Kanaryaserbest. " * 9), ""),
        IMG.format(b64(b"It was Kanaryaserbest. " * 90), ""),
        # A run that is put together by a script, of which the first part is a picture.
        f"""<script>x = '{IMG.format(b64(noise("")) + '" + "' + b64(b". It was Kanaryaserbest." * 9), "")}'</script>""",
        f"""<script>x = '{IMG.format(b64(noise("Kanaryaserbest")).replace("A", '" + "A', 1), "")}'</script>""",
        # Of two pictures, of which the first is broken, the second.
        IMG.format(b64(noise("")[:-9]), "") + IMG.format(b64(noise("Kanaryaserbest")), ""),
        IMG.format(b64(noise("")[:-9]), "") + f"<b>{b64(b'It was Kanaryaserbest. ' * 90)}</b>",
    ],
)
def test_a_picture_in_a_page_hides_nothing_in_it_or_beside_it(tmp_path, body):
    path = tmp_path / "x.html"
    path.write_bytes(page(body))
    assert {SECRET, UNREADABLE} & set(scan(path, ["Kanaryaserbest", "Zübeyde Kanaryaoğlu"])["kind"])
    assert len(b64(noise(""))) > 1000


def test_two_pictures_of_which_one_is_broken_are_both_searched(tmp_path):
    broken, other = IMG.format(b64(noise("")[:-9]), ""), IMG.format(b64(noise("Kanaryaserbest")), "")
    for number, body in enumerate((broken + other, other + broken)):
        path = tmp_path / f"{number}.html"
        path.write_bytes(page(body))
        assert set(scan(path, CANARIES)["kind"]) == {SECRET, UNREADABLE}


def pdf_of_page(drawn: bytes) -> bytes:
    """A page that draws this."""

    def change(writer):
        stream = generic.DecodedStreamObject()
        stream.set_data(drawn)
        writer.pages[0][generic.NameObject("/Contents")] = writer._add_object(stream.flate_encode())

    return pdf(change)


def test_numbers_of_glyphs_are_not_read_as_text_with_brackets_among_them(tmp_path):
    glyphs = rb"\0000\000\021\0002\000(\0001\000(\000\021\0007\000)\000)\0003\0001\0000\000\f"
    page = pdf_of_page(rb"BT /F1 9 Tf [(%s) 12 (\000\033\000\002)] TJ (\000\033\000(\000\021\000)) Tj ET" % glyphs)
    streams = [piece.text for piece in file_texts.pieces(page) if "stream" in piece.place]
    assert streams and not any(rb"\000".decode() in text for text in streams)
    # Strings of letters are read, whether or not there are brackets in them.
    path = tmp_path / "report.pdf"
    for shown in (b"(a (0217310) b) Tj", b"[(a \\(0217) 7 (310)] TJ"):
        path.write_bytes(pdf_of_page(b"BT /F1 9 Tf " + shown + b" ET"))
        assert not scan([path], Index(["0217310"])).empty
