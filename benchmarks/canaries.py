"""Direct identifiers planted in what waits for a release: how many of them the search finds, by kind and by wrapping.

    python benchmarks/canaries.py                      20 canaries of each of ten kinds (about ten minutes)
    python benchmarks/canaries.py --canaries 1         fewer
    python benchmarks/canaries.py --wrapping plain "figure drawn"    some wrappings alone
    python benchmarks/canaries.py --into FOLDER        where canaries_SYNTHETIC.csv goes (default: benchmarks/)

A copy of the project is made, with the synthetic lists. Canaries are identifiers as the lists have them. They go two
ways: a notebook reads them and shows them as a table and in a figure, and is run and staged as any other; and files in
every wrapping are put beside what is staged. Then `python -m analysis release --check` is run. It must refuse all.

A canary counts as not searched for where no identifier of its kind leads to a person by itself: single names and
numbers that are too short or stand in public texts. It counts as found only where its own file is named:
with what is in it, or as a file of a kind that no release holds, which is refused.
"""

from __future__ import annotations

import argparse
import base64
import gzip
import html
import io
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import unicodedata
import urllib.parse
import zipfile
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path

import openpyxl
import pandas as pd
import pypdf
from batch import copy_of_the_project
from matplotlib.figure import Figure
from PIL import Image, PngImagePlugin

from analysis import catalog, plots
from analysis.cases import dates
from analysis.cases import mapping as mappings
from analysis.cases.intake import Part, open_parts
from analysis.intake.pseudonyms import fold
from analysis.project_files import sources
from analysis.release import direct_identifiers
from analysis.release.identifier_matches import LEAST_LETTERS, Index

NAME = "canaries_SYNTHETIC.csv"
STUDIES = ("demo_provinces", "demo_islands")
STAGED = "data/processed/staged/figures/canaries"
AREA, ANALYSIS = "SEN", "trends"
PAGE = f"data/processed/staged/reports/west_africa/{AREA}/{ANALYSIS}.html"
# The release prints the first twenty places; here all of them are read.
CHECK = """
import sys
from analysis import cli
from analysis.release import outcome
from analysis.project_files import sources
outcome.MOST = 10**9
sys.exit(cli.main(["release", "--check"]))
"""
# What a careless notebook shows. The canaries are read, not written here: a notebook's text is public.
LEAK = """
import json, html
from pathlib import Path
from IPython.display import HTML, display
from matplotlib.figure import Figure
from analysis import catalog, plots
found = json.loads((catalog.ROOT / "canaries.json").read_text(encoding="utf-8"))
for kind, texts in found.items():
    rows = "\\n".join(f"<tr><td>{html.escape(text)}</td><td>{kind}</td></tr>" for text in texts)
    display(HTML(f"<table>{rows}</table>", metadata={"release_class": "public"}))
    for number, text in enumerate(texts):
        figure = Figure(figsize=(3, 1))
        figure.text(0.05, 0.5, text, parse_math=False)
        display(plots.show(figure, f"{kind}_{number:02}", "A figure for a test.", release_class="public"))
"""
KINDS = (
    *("full_name", "given_name", "family_name", "phone", "document"),
    *("case_id", "free_text", "date_of_birth", "coordinates", "e_mail"),
)


# --- canaries --------------------------------------------------------------------------------------------------------


def planted(number: int, seed: int = 1) -> dict[str, list[str]]:
    """So many identifiers of each kind as the synthetic lists write them, or all where there are fewer."""
    found: dict[str, set[str]] = {kind: set() for kind in KINDS}
    for entry in catalog.datasets().values():
        if entry.kind == "synthetic" and entry.study in STUDIES and entry.mapping:
            said = mappings.load(entry.description_path)
            for part in open_parts(catalog.verify(entry.name), said)[0].values():
                _add(found, part, said)
    chance = random.Random(seed)
    return {kind: chance.sample(sorted(texts), min(number, len(texts))) for kind, texts in found.items()}


def _add(found: dict[str, set[str]], part: Part, said: mappings.Mapping) -> None:
    columns = {name: column.column for name, column in said.columns.items() if column.column in part.columns}
    cells = {name: [part.cells(header)[0][code] for code in part.cells(header)[1]] for name, header in columns.items()}
    both = zip(cells.get("given_name", ()), cells.get("family_name", ()), strict=True)
    pairs = [names for names in both if all(names)]
    found["full_name"] |= {" ".join(pair) for pair in pairs}
    found["e_mail"] |= {f"{'.'.join(fold(name).replace(' ', '') for name in pair)}@example.org" for pair in pairs}
    names = {"given_name": "given_name", "family_name": "family_name", "phone": "phone", "document": "document"}
    for kind, name in {**names, "case_id": "record"}.items():
        found[kind] |= {text.strip() for text in cells.get(name, ())} - {""}
    if births := sorted(set(cells.get("birth", ())) - {""}):
        read = dates.read(births, said.columns["birth"].formats, said.date, dates.EARLIEST)
        found["date_of_birth"] |= set(pd.Series(births)[read["precision"] == "day"])
    others = {part.sheet.header.get(letter, ""): column for letter, column in part.sheet.table.items()
              if letter not in set(part.columns.values())}  # fmt: skip
    if "_gps_latitude" in others:
        both = others["_gps_latitude"].astype(str) + ", " + others["_gps_longitude"].astype(str)
        found["coordinates"] |= {pair for pair in both if re.fullmatch(r"-?\d+\.\d{4,}, -?\d+\.\d{4,}", pair)}
    texts = {text.strip() for column in others.values() for text in column.cat.categories}
    found["free_text"] |= {text for text in texts if len(text.split()) > 2 and any(map(str.isalpha, text))}


def searched_for(canaries: dict[str, list[str]]) -> dict[str, list[bool]]:
    """Whether each canary is, or holds, one of those texts that the search looks for, and is not too short for it."""
    strings = set().union(*direct_identifiers.of_studies(STUDIES).values())
    folded = {fold(string) for string in strings if not Index([string]).too_short}

    def is_one(kind: str, text: str) -> bool:
        if kind == "date_of_birth":
            parts = re.fullmatch(r"(\d+)\W(\d+)\W(\d{4})", text)
            day = f"{parts[3]} {int(parts[2]):02} {int(parts[1]):02}" if parts else fold(text)[:10]
            return day in folded
        if kind == "e_mail":
            return " ".join(text.partition("@")[0].split(".")) in folded
        if kind == "free_text":
            words = fold(text).split()
            return any(" ".join(words[at : at + n]) in folded for n in range(1, 6) for at in range(len(words)))
        return fold(text) in folded

    return {kind: [is_one(kind, text) for text in texts] for kind, texts in canaries.items()}


# --- wrappings -------------------------------------------------------------------------------------------------------


def page(body: str) -> bytes:
    return f"<!doctype html><html><head><title>x</title></head><body><p>Seen: {body} here</p></body></html>".encode()


def halves(text: str) -> tuple[str, str]:
    """A text cut in the middle of its first word."""
    at = max(1, len(text.split()[0]) // 2)
    return text[:at], text[at:]


def png(**options: object) -> bytes:
    sink = io.BytesIO()
    Image.new("RGB", (3, 2), "teal").save(sink, "PNG", **options)
    return sink.getvalue()


def png_note(kind: str, text: str) -> bytes:
    said = PngImagePlugin.PngInfo()
    if kind == "iTXt":
        said.add_itxt("Comment", text)
    else:
        said.add_text("Comment", text, zip=kind == "zTXt")
    return png(pnginfo=said)


def chunk(data: bytes, name: bytes = b"prVt") -> bytes:
    whole = png()
    made = len(data).to_bytes(4, "big") + name + data + zlib.crc32(name + data).to_bytes(4, "big")
    return whole[:33] + made + whole[33:]


def exif(text: str) -> Image.Exif:
    said = Image.Exif()
    said[0x9C9C] = text.encode("utf-16-le")
    return said


def jpeg(text: str) -> bytes:
    sink = io.BytesIO()
    Image.new("RGB", (8, 8), "teal").save(sink, "JPEG", exif=exif(text))
    return sink.getvalue()


def drawn(text: str) -> Figure:
    figure = Figure(figsize=(3, 1))
    figure.text(0.02, 0.4, text, parse_math=False)
    return figure


def saved(text: str, kind: str) -> bytes:
    sink = io.BytesIO()
    drawn(text).savefig(sink, format=kind)
    return sink.getvalue()


def pdf_metadata(text: str) -> bytes:
    writer = pypdf.PdfWriter()
    writer.add_blank_page(200, 200)
    writer.add_metadata({"/Author": text})
    sink = io.BytesIO()
    writer.write(sink)
    return sink.getvalue()


def archive(*members: tuple[str, bytes]) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members:
            file.writestr(name, content)
    return sink.getvalue()


def docx(text: str) -> bytes:
    body = f'<?xml version="1.0"?><w:document xmlns:w="w"><w:body><w:p><w:r><w:t>{html.escape(text)}</w:t></w:r></w:p>'
    return archive(("word/document.xml", f"{body}</w:body></w:document>".encode()))


def xlsx(text: str) -> bytes:
    sink = io.BytesIO()
    book = openpyxl.Workbook()
    book.active["B2"] = text
    book.save(sink)
    return sink.getvalue()


def b64(content: bytes) -> str:
    return base64.b64encode(content).decode()


def _rot13(letter: str) -> str:
    first = ord("a") if "a" <= letter <= "z" else ord("A") if "A" <= letter <= "Z" else 0
    return chr((ord(letter) - first + 13) % 26 + first) if first else letter


_ALIKE = str.maketrans("aceopxysijABEHIKMNOPTXYZ", "асеорхуѕіјΑΒΕΗΙΚΜΝΟΡΤΧΥΖ")
_CAPITALS = str.maketrans("iı", "İI")


def _plain_letters(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.translate(str.maketrans("ıİ", "iI")))
    return "".join(letter for letter in plain if not unicodedata.combining(letter))


# Name -> ending of the file, and its content.
WRAPPINGS: dict[str, tuple[str, Callable[[str], bytes]]] = {
    "plain": ("html", lambda s: page(html.escape(s))),
    "plain text": ("txt", lambda s: f"Seen: {s}".encode()),
    "capitals": ("html", lambda s: page(html.escape(s.upper()))),
    "Turkish capitals": ("html", lambda s: page(html.escape(s.translate(_CAPITALS).upper()))),
    "no diacritics": ("html", lambda s: page(html.escape(_plain_letters(s)))),
    "entities": ("html", lambda s: page("".join(f"&#{ord(c)};" for c in s))),
    "comment": ("html", lambda s: page(f"<!-- {s} -->")),
    "attribute": ("html", lambda s: page(f'<img alt="{html.escape(s)}">')),
    "CSS content": ("html", lambda s: page(f"<style>p::after {{content: '{html.escape(s)}'}}</style>")),
    "script, escaped": ("html", lambda s: page("<script>x='" + "".join(f"\\u{ord(c):04x}" for c in s) + "'</script>")),
    "script, put together": ("html", lambda s: page("<script>x = '{}'+'{}'</script>".format(*halves(s)))),
    "script, numbers of letters": (
        "html",
        lambda s: page(f"<script>String.fromCharCode({','.join(str(ord(c)) for c in s)})</script>"),
    ),
    "split by <b>": ("html", lambda s: page("{}<b>{}</b>".format(*map(html.escape, halves(s))))),
    "split by <a>": ("html", lambda s: page("<a href='#'>{}</a><a>{}</a>".format(*map(html.escape, halves(s))))),
    "split by an unknown element": ("html", lambda s: page("<x-y>{}</x-y>{}".format(*map(html.escape, halves(s))))),
    "a cell for each word": ("html", lambda s: page("<td>" + "</td><td>".join(html.escape(s).split()) + "</td>")),
    "a word split over two cells": ("html", lambda s: page("<td>{}</td><td>{}</td>".format(*halves(s)))),
    "hyphen and end of line": ("html", lambda s: page("{}-\n{}".format(*map(html.escape, halves(s))))),
    "soft hyphen": ("html", lambda s: page("{}\u00ad{}".format(*map(html.escape, halves(s))))),
    "UTF-16": ("txt", lambda s: f"Seen: {s}".encode("utf-16")),
    "SVG": ("svg", lambda s: f"<svg><text>{html.escape(s)}</text></svg>".encode()),
    "SVG, a letter an element": (
        "svg",
        lambda s: "<svg>{}</svg>".format("".join(f"<text x='1'>{html.escape(c)}</text>" for c in s)).encode(),
    ),
    "PNG tEXt": ("png", lambda s: chunk(b"Comment\0" + s.encode(), b"tEXt")),
    "PNG zTXt": ("png", lambda s: png_note("zTXt", s)),
    "PNG iTXt": ("png", lambda s: png_note("iTXt", s)),
    "PNG eXIf": ("png", lambda s: png(exif=exif(s))),
    "PNG, private part": ("png", lambda s: chunk(s.encode())),
    "PNG, private part deflated": ("png", lambda s: chunk(zlib.compress(s.encode()))),
    "JPEG EXIF": ("jpg", jpeg),
    "figure drawn": ("png", lambda s: plots.png(drawn(s))),
    "pixels alone": ("png", lambda s: saved(s, "png")),
    "PDF text": ("pdf", lambda s: saved(s, "pdf")),
    "PDF metadata": ("pdf", pdf_metadata),
    "DOCX": ("docx", docx),
    "XLSX": ("xlsx", xlsx),
    "ZIP in ZIP": ("zip", lambda s: archive(("x.zip", archive(("x.txt", f"Seen: {s}".encode()))))),
    "base64": ("txt", lambda s: b64(f"It was seen by somebody: {s}".encode()).encode()),
    "base64 twice": ("txt", lambda s: b64(b64(f"It was seen by somebody: {s}".encode()).encode()).encode()),
    "base64 of gzip": ("txt", lambda s: b64(gzip.compress(f"Seen: {s}".encode())).encode()),
    "base64 of the canary alone": ("txt", lambda s: f"Seen {b64(s.encode())}".encode()),
    "base32": ("txt", lambda s: b"Seen " + base64.b32encode(s.encode())),
    "hexadecimal": ("txt", lambda s: f"Seen {s.encode().hex()}".encode()),
    "address": ("html", lambda s: page(f'<a href="?q={urllib.parse.quote(s)}">')),
    "address twice": ("html", lambda s: page(f'<a href="?q={urllib.parse.quote(urllib.parse.quote(s))}">')),
    "letters of other scripts": ("txt", lambda s: f"Seen: {s.translate(_ALIKE)}".encode()),
    "reversed": ("txt", lambda s: f"Seen: {s[::-1]}".encode()),
    "rot13": ("txt", lambda s: f"Seen: {''.join(map(_rot13, s))}".encode()),
    "letters apart": ("txt", lambda s: f"Seen: {' '.join(s)}".encode()),
}
BY_NOTEBOOK = ("notebook, table", "notebook, figure")


# --- the way of a canary ---------------------------------------------------------------------------------------------


def leak(project: Path, canaries: dict[str, list[str]]) -> None:
    """Run a notebook that shows the canaries, so that the batch stages its page and its figures."""
    (project / "canaries.json").write_text(json.dumps(canaries), encoding="utf-8")
    path = project / "notebooks" / f"{ANALYSIS}.ipynb"
    template = json.loads(path.read_text(encoding="utf-8"))
    parameters = next(cell for cell in template["cells"] if "parameters" in cell["metadata"].get("tags", []))
    template["cells"] = [parameters, {**parameters, "id": "code", "metadata": {}, "source": LEAK}]
    path.write_text(json.dumps(template), encoding="utf-8")
    ended = run(project, "-m", "analysis", "run", "--area", AREA, "--analysis", ANALYSIS)
    assert ended.returncode == 0, ended.stdout + ended.stderr


def plant(project: Path, canaries: dict[str, list[str]], wrappings: Sequence[str]) -> None:
    """Put a file for each canary in each wrapping beside what is staged; its name says which it is."""
    for number, name in enumerate(wrappings):
        ending, content = WRAPPINGS[name]
        folder = project / STAGED / f"w{number:02}"
        folder.mkdir(parents=True)
        for kind, texts in canaries.items():
            for place, text in enumerate(texts):
                (folder / f"{kind}-{place:02}.{ending}").write_bytes(content(text))


def run(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, sources(project))), "COLUMNS": "1000"}
    return subprocess.run([sys.executable, *arguments], cwd=project, env=environment, capture_output=True, text=True)


def measured(number: int, wrappings: Sequence[str]) -> pd.DataFrame:
    """One row for each wrapping and kind: canaries planted, found, missed, and not searched for."""
    canaries = planted(number)
    wanted = searched_for(canaries)
    with tempfile.TemporaryDirectory() as name:
        project = copy_of_the_project(Path(name).resolve())
        leak(project, canaries)
        plant(project, canaries, wrappings)
        lines = (project / PAGE).read_text(encoding="utf-8").splitlines()
        ended = run(project, "-c", CHECK)
    assert ended.returncode == 1 and "Nothing is released" in ended.stdout, ended.stdout[-2000:] + ended.stderr[-2000:]
    found = set(re.findall(r"canaries/w(\d\d)/([a-z_]+)-(\d\d)\.", ended.stdout))
    # Of the page the search names the line in which a canary stands, of a figure its name.
    named = {int(line) for line in re.findall(rf"{re.escape(PAGE)} +line (\d+)", ended.stdout)}
    # A find that stands in several lines is named in the first of them.
    shown = {word for at, line in enumerate(lines, start=1) if at in named for word in long_words(cell(line))}
    rows = []
    for kind, texts in canaries.items():
        drawn_found = {int(place) for place in re.findall(rf"{kind}_(\d\d)\.png", ended.stdout)}
        in_page = {place for place, text in enumerate(texts) if wanted[kind][place] and long_words(text) & shown}
        hits = {name: drawn_found if name == BY_NOTEBOOK[1] else in_page for name in BY_NOTEBOOK}
        for at, wrapping in enumerate(wrappings):
            hits[wrapping] = {int(place) for one, of, place in found if int(one) == at and of == kind}
        for wrapping, places in hits.items():
            left = [place for place in range(len(texts)) if place not in places]
            missed = sum(wanted[kind][place] for place in left)
            rows.append((wrapping, kind, len(texts), len(places), missed, len(left) - missed))
    return pd.DataFrame(rows, columns=["wrapping", "kind", "planted", "found", "missed", "not_searched_for"])


def long_words(text: str) -> set[str]:
    """The words of a text that are long enough to be searched for, and the text as one."""
    words = fold(text).split()
    return {word for word in words if len(word) >= LEAST_LETTERS} | {"".join(words)}


def cell(line: str) -> str:
    """The canary that a line of the notebook's page shows."""
    found = re.search(r"<td>(.*?)</td><td>[a-z_]+</td>", line)
    return html.unescape(found[1]) if found else ""


def main() -> None:
    """Measure, print the table, and write it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--canaries", type=int, default=20, metavar="N")
    parser.add_argument("--wrapping", nargs="*", default=list(WRAPPINGS), choices=list(WRAPPINGS), metavar="NAME")
    parser.add_argument("--into", type=Path, default=Path(__file__).parent, metavar="FOLDER")
    options = parser.parse_args()
    table = measured(options.canaries, options.wrapping)
    table.to_csv(options.into / NAME, index=False)
    said = table["found"].astype(str) + "/" + (table["found"] + table["missed"]).astype(str)
    wide = table.assign(said=said).pivot(index="wrapping", columns="kind", values="said")
    print(wide.reindex(index=[*BY_NOTEBOOK, *options.wrapping], columns=list(KINDS)).to_string())
    print("\nnot searched for:", table.query("wrapping == 'plain'").set_index("kind")["not_searched_for"].to_dict())


if __name__ == "__main__":
    main()
