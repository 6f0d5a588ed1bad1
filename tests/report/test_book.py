"""The printed report: what readers of the PDF and of the Word file rely on."""

import hashlib
import io
import os
import re
import struct
import subprocess
import sys
import xml.etree.ElementTree as ET
import zipfile
import zlib
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pypdf
import pytest
import yaml
from fuzzing import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from refusals import refused

from analysis.findings.measures import LANGUAGES
from analysis.release import scanner
from analysis.release.identifier_matches import Index
from analysis.report.document import Document, Picture, Prose, Rows, Section
from analysis.report.pdf import pdf
from analysis.report.print_layout import (
    AUTHORS,
    BREAK,
    LONGEST_WORD,
    PAGES,
    BrokenLink,
    blocks,
    breakable,
    every,
    layout,
    plain,
    prose,
    words,
)
from analysis.report.word_file import docx

TITLES = {
    "en": ("Results on the pledge", "State of the data: 24 November 2026"),
    "fr": ("Résultats de l’engagement : œuvre, là où ça naît", "État des données : 24 novembre 2026"),
    "pt": ("Resultados do compromisso: ações, órgãos, três", "Estado dos dados: 24 de novembro de 2026"),
    "tr": ("Taahhüdün sonuçları: ığdır, İğde, şöyle, güçlü", "Verilerin durumu: 24 Kasım 2026"),
}
CANARY = "Kanaryaoglu"
W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
ROOT = Path(__file__).resolve().parents[2]


def png(width: int = 90, height: int = 60, colour: tuple[int, int, int] = (0, 82, 143)) -> bytes:
    """A picture of one colour."""
    rows = (b"\0" + bytes(colour) * width) * height
    parts = [
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(rows)),
        (b"IEND", b""),
    ]
    framed = [
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in parts
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(framed)


def findings(count: int, first: int = 1) -> pd.DataFrame:
    """A table of findings, long and with long words."""
    numbers = range(first, first + count)
    return pd.DataFrame(
        {
            "No.": [f"F{number}" for number in numbers],
            "Finding": [
                f"In Senegal, {number} victims were detected in 2020, of whom most were children." for number in numbers
            ],
            "n": [f"{1000 + number:,}" for number in numbers],
            "Method": ["Count as reported (UNODC, 2024)."] * count,
            "Limits": ["Detected and reported, not incidence; coverage differs between countries and years."] * count,
        }
    )


PROSE = (
    '<p>See <a href="#finding-12">1,012 victims</a> and <strong>bold <em>both</em></strong>, '
    "<code>a_b * #c $x$ &lt;d&gt;</code>.<br>"
    "Signs: @ref # = - / // $ \\ _ ` ~ &amp; [x] {y} &quot;z&quot; ≥ → ∞.</p>"
    '<h3>A heading of the prose</h3><ul><li>one</li><li><p>two</p><ol start="3"><li>three</li></ol></li></ul>'
    "<blockquote><p>Said.</p></blockquote><pre><code>x = 1\n  y = 2</code></pre><hr>"
    "<h5>Deeper</h5><table><caption>Small</caption><thead><tr><th>a</th><th>b</th></tr></thead>"
    "<tbody><tr><td>1</td><td>2</td></tr></tbody></table>"
    '<details><summary>More</summary>Loose text and <a href="../../reports/west_africa/SEN/incidence.html">a page</a>, '
    '<a href="https://example.org/a">outside</a>.</details>'
)


def document(language: str = "en", synthetic: bool = True, long: int = 60) -> Document:
    """A report with every kind of block."""
    title, state = TITLES[language]
    wide = pd.DataFrame({f"column_{at}": [f"value_{at}_of_a_wide_table", "x"] for at in range(14)})
    digests = pd.DataFrame(
        {"Data set": ["areas"], "Licence": ["CC BY 4.0"], "sha256": ["8281b3a7adc31e653bd483fead60e6d8" * 2]}
    )
    area = Section(
        "area-SEN",
        f"Sénégal ({CANARY})",
        (
            Prose("<p>Texte en français, qui n’est pas traduit ; l’œuvre.</p>", "fr"),
            Picture(
                "area_figure",
                png(400, 300),
                2,
                f"Detected victims, {CANARY}caption",
                "A chart: two lines rise.",
                language,
            ),
            Rows("area_table", findings(2, 900), 2, "Key findings", language, ("n",), ("finding-900", "finding-901")),
        ),
        kind="area",
    )
    study = Section(
        "west_africa",
        "Afrique / West Africa",
        (
            Prose(PROSE, language),
            Picture("first_figure", png(), 1, "What is invented", "A blue field.", "en", synthetic),
            Rows(
                "long_table", findings(long), 1, "Findings", language, ("n",),
                tuple(f"finding-{number}" for number in range(1, long + 1)), "Source: UNODC.", False, synthetic,
            ),
        ),
        (area, Section("area-GMB", "The Gambia", (Prose("<p>Nothing.</p>", "en"),), kind="area")),
        synthetic=synthetic,
    )  # fmt: skip
    annex = Section(
        "annex-data",
        "Annex: data",
        (Rows("wide", wide, 3, "Wide", "en"), Rows("digests", digests, 4, "Data", "en")),
        kind="annex",
    )
    first = Section(
        "summary",
        "Summary",
        (Prose('<p>To <a href="#area-SEN">Senegal</a>, <a href="#wide">a table</a>.</p>', language),),
    )
    return Document(language, title, "Children, Türkiye, West Africa", state, {}, (first, study, annex), synthetic)


@pytest.fixture(scope="module")
def printed():
    """The report in English as a PDF, read by another program."""
    return pypdf.PdfReader(io.BytesIO(pdf(document("en"))))


@pytest.fixture(scope="module")
def word():
    """The parts of the report in English as a Word file."""
    return parts_of(docx(document("en")))


def parts_of(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def page_of(reader: pypdf.PdfReader, title: str) -> int:
    """The page that the outline gives for a title."""
    waiting = list(reader.outline)
    while waiting:
        entry = waiting.pop()
        if isinstance(entry, list):
            waiting += entry
        elif entry.title == title:
            return reader.get_destination_page_number(entry)
    raise AssertionError(f"{title} is not in the outline")


def tags(reader: pypdf.PdfReader, kind: str) -> list[pypdf.generic.DictionaryObject]:
    """The elements of one kind in the structure of a tagged PDF."""
    found, waiting = [], [reader.trailer["/Root"]["/StructTreeRoot"]]
    while waiting:
        element = waiting.pop().get_object()
        if isinstance(element, list):
            waiting += element
        elif isinstance(element, dict):
            found += [element] if element.get("/S") == kind else []
            waiting += [element["/K"]] if "/K" in element else []
    return found


# --- PDF


def test_pdf_says_its_title_its_authors_and_its_language(printed):
    assert printed.metadata.title == "Results on the pledge"
    assert printed.metadata.author == AUTHORS[0]
    assert printed.trailer["/Root"]["/Lang"] == "en"
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert [author["name"] for author in cited["authors"]] == list(AUTHORS)


def test_pdf_is_tagged_for_people_who_cannot_see_it(printed):
    root = printed.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert b"pdfuaid:part>1<" in root["/Metadata"].get_object().get_data()
    assert {figure["/Alt"] for figure in tags(printed, "/Figure")} == {"A blue field.", "A chart: two lines rise."}
    # Four tables of the document and one of its prose, each with cells that are heads.
    assert len(tags(printed, "/Table")) == 5
    assert len(tags(printed, "/TH")) >= 5 + 5 + 14 + 3 + 2
    assert "fr" in {element.get("/Lang") for kind in ("/P", "/Span", "/Div") for element in tags(printed, kind)}


def test_chapters_and_areas_begin_pages_of_the_pdf(printed):
    for title in ("Summary", "Afrique / West Africa", f"Sénégal ({CANARY})", "The Gambia", "Annex: data"):
        lines = printed.pages[page_of(printed, title)].extract_text().splitlines()
        # At most the head of the page stands before it.
        assert title in lines[:2]


def test_contents_name_every_section_with_its_page(printed):
    contents = printed.pages[1].extract_text()
    assert contents.startswith("Contents")
    for title in ("Summary", "Afrique / West Africa", "The Gambia", "Annex: data"):
        number = page_of(printed, title) + 1
        assert re.search(rf"{re.escape(title)}[ .]*{number}$", contents, flags=re.MULTILINE)
        assert str(number) in printed.pages[number - 1].extract_text().splitlines()


def test_a_long_table_has_its_heads_on_every_page(printed):
    pages = [page.extract_text() for page in printed.pages]
    with_findings = [text for text in pages if re.search(r"^F\d+ In Senegal", text, flags=re.MULTILINE)]
    assert len(with_findings) > 3
    assert all("No. Finding n Method Limits" in text for text in with_findings)
    assert all(f"F{number} In Senegal, {number} victims" in "".join(pages) for number in range(1, 61))


def test_a_wide_table_stands_on_a_page_on_its_side_with_its_heading(printed):
    on_their_side = [page.mediabox.width > page.mediabox.height for page in printed.pages]
    annex = page_of(printed, "Annex: data")
    assert [number for number, each in enumerate(on_their_side) if each] == [annex]
    assert "column_13" in printed.pages[annex].extract_text()


def test_a_reference_leads_to_the_page_of_its_finding(printed):
    page = printed.pages[page_of(printed, "Afrique / West Africa")]
    links = [link.get_object() for link in page["/Annots"]]
    inside = [link for link in links if "/URI" not in link.get("/A", {})]
    destination = inside[0].get("/Dest", inside[0].get("/A", {}).get("/D"))
    names = printed.named_destinations
    target = names[destination] if isinstance(destination, str) else destination
    reached = printed.get_destination_page_number(target) if hasattr(target, "page") else None
    reached = printed.get_page_number(target[0].get_object()) if reached is None else reached
    assert "F12 In Senegal" in printed.pages[reached].extract_text()


@pytest.mark.slow
def test_synthetic_stands_on_every_page_of_the_pdf_and_only_then(printed):
    assert all("SYNTHETIC" in page.extract_text() for page in printed.pages)
    assert printed.metadata.keywords == "SYNTHETIC"
    public = pypdf.PdfReader(io.BytesIO(pdf(document("en", synthetic=False))))
    assert not any("SYNTHETIC" in page.extract_text() for page in public.pages)
    assert not public.metadata.keywords


@pytest.mark.varied
@pytest.mark.parametrize("language", LANGUAGES)
def test_letters_of_the_language_are_printed(language):
    reader = pypdf.PdfReader(io.BytesIO(pdf(document(language, long=15))))
    title, state = TITLES[language]
    first = " ".join(reader.pages[0].extract_text().split())
    assert title in first
    assert state in first
    assert reader.pages[1].extract_text().startswith(words(language)["contents"])
    assert f"{words(language)['figure']} 2. Detected" in "".join(page.extract_text() for page in reader.pages)
    fonts = {str(font["/BaseFont"]) for page in reader.pages for font in page["/Resources"]["/Font"].values()}
    assert all("Libertinus" in font or "DejaVu" in font for font in fonts)


HOSTILE = '#panic("x") $x$ *b* _i_ `c` @ref <label> // c /* d */ \\ = h - + [[y]] {z} </w:t> &amp; %PDF ""'


def hostile() -> Document:
    """A report whose every text is markup of one language or another."""
    table = pd.DataFrame({HOSTILE: [HOSTILE]})
    shown = (
        Prose(f"<p>{HOSTILE.replace('&', '&amp;').replace('<', '&lt;')}</p>", "en"),
        Picture("figure", png(), 1, HOSTILE, HOSTILE, "en"),
        Rows("table", table, 1, HOSTILE, "en", note=HOSTILE),
    )
    return Document("en", HOSTILE, HOSTILE, HOSTILE, {}, (Section("chapter", HOSTILE, shown),))


def test_tables_of_all_findings_are_not_printed_and_what_they_alone_hold_is_cited_without_a_link():
    cited = Section("one", "One", (Prose('<p>Of <a href="#finding-7">forty-one children</a>.</p>', "en"),))
    all_of_them = Rows("all", findings(3, 6), 1, "Everything", "en", ("n",), ("finding-6", "finding-7"), folded=True)
    annex = Section("findings-x", "All findings", (Prose("<p>Before.</p>", "en"), all_of_them), kind="annex")
    whole = Document("en", "Title", "", "", {}, (cited, annex))
    reader = pypdf.PdfReader(io.BytesIO(pdf(whole)))
    text = " ".join(" ".join(page.extract_text().split()) for page in reader.pages)
    assert "forty-one children" in text and "These tables are not printed" in text and "Everything" not in text
    word = parts_of(docx(whole))["word/document.xml"].decode()
    assert "forty-one children" in word and "These tables are not printed" in word
    assert 'w:anchor="finding-7"' not in word


def test_no_text_is_taken_for_markup():
    reader = pypdf.PdfReader(io.BytesIO(pdf(hostile())))
    text = "".join(page.extract_text() for page in reader.pages)
    # Title, subtitle, state, chapter in the contents and as heading, prose, captions, head, cell, note.
    assert re.sub(r"\s", "", text).count(re.sub(r"\s", "", HOSTILE)) >= 9
    found = "".join(ET.fromstring(parts_of(docx(hostile()))["word/document.xml"]).itertext())
    assert re.sub(rf"[\s{BREAK}]", "", found).count(re.sub(r"\s", "", HOSTILE)) >= 9


def test_a_link_that_leads_nowhere_is_refused():
    lost = Section("summary", "Summary", (Prose('<p><a href="#finding-99">9</a></p>', "en"),))
    for make in (pdf, docx):
        with refused(BrokenLink, "broken_link", "99"):
            make(Document("en", "Title", "", "", {}, (lost,)))


# --- Word


def paragraphs(word: dict[str, bytes]) -> list[tuple[str, str]]:
    """Style and text of every paragraph."""
    found = []
    for each in ET.fromstring(word["word/document.xml"]).iter(f"{W}p"):
        style = each.find(f"{W}pPr/{W}pStyle")
        found.append(("" if style is None else style.get(f"{W}val"), "".join(t.text or "" for t in each.iter(f"{W}t"))))
    return found


def test_word_file_has_real_headings_captions_and_alternative_texts(word):
    said = paragraphs(word)
    assert ("Title", "Results on the pledge") in said
    for level, title in ((1, "Summary"), (2, "The Gambia"), (2, "A heading of the prose"), (3, "Deeper")):
        assert (f"Heading{level}", title) in said
    captions = [text for style, text in said if style in ("TableCaption", "ImageCaption")]
    assert captions == [
        *("Small", "SYNTHETIC · Figure 1. What is invented", "SYNTHETIC · Table 1. Findings"),
        *(f"Figure 2. Detected victims, {CANARY}caption", "Table 2. Key findings", "Table 3. Wide", "Table 4. Data"),
    ]
    described = re.findall(r'<wp:docPr descr="([^"]*)"', word["word/document.xml"].decode())
    assert described == ["A blue field.", "A chart: two lines rise."]


def test_tables_of_the_word_file_repeat_their_heads_and_keep_rows_together(word):
    tables = list(ET.fromstring(word["word/document.xml"]).iter(f"{W}tbl"))
    assert [len(list(table.iter(f"{W}tr"))) for table in tables] == [2, 61, 3, 3, 2]
    for table in tables:
        first, *others = table.iter(f"{W}tr")
        assert first.find(f"{W}trPr/{W}tblHeader") is not None
        assert all(row.find(f"{W}trPr/{W}tblHeader") is None for row in others)
        assert all(row.find(f"{W}trPr/{W}cantSplit") is not None for row in [first, *others])


def test_every_link_and_line_of_the_contents_leads_to_a_place_in_the_word_file(word):
    xml = word["word/document.xml"].decode()
    places = set(re.findall(r'<w:bookmarkStart[^>]*w:name="([^"]*)"', xml))
    assert {"finding-12", "finding-901", "area-SEN", "wide"} <= places
    assert set(re.findall(r'<w:hyperlink w:anchor="([^"]*)"', xml)) <= places
    assert 'TOC \\o "1-3"' in xml
    listed = [text for style, text in paragraphs(word) if style.startswith("TOC") and text]
    assert listed == [
        "Contents",
        "Summary",
        "Afrique / West Africa",
        f"Sénégal ({CANARY})",
        "The Gambia",
        "Annex: data",
    ]


def test_chapters_and_areas_begin_pages_of_the_word_file(word):
    xml = word["word/document.xml"].decode()
    breaking = re.findall(r"<w:pageBreakBefore/></w:pPr><w:r><w:t[^>]*>([^<]*)", xml)
    assert breaking == ["Summary", "Afrique / West Africa", f"Sénégal ({CANARY})", "The Gambia", "Annex: data"]


def test_a_wide_table_of_the_word_file_stands_on_a_page_on_its_side(word):
    xml = word["word/document.xml"].decode()
    sizes = re.findall(r'<w:pgSz w:w="(\d+)" w:h="(\d+)"( w:orient="landscape")?', xml)
    assert [(int(width) > int(height), bool(side)) for width, height, side in sizes] == [
        *((False, False), (True, True), (False, False)),
    ]
    _, wide, last = xml.split("<w:pgSz")[0:3]
    assert "column_13" in wide
    assert "Key findings" not in wide
    assert "sha256" in last


def test_word_file_says_its_language_and_those_of_its_parts(word):
    assert b"<dc:language>en-GB</dc:language>" in word["docProps/core.xml"]
    assert b"<dc:title>Results on the pledge</dc:title>" in word["docProps/core.xml"]
    assert re.search(rb'<w:docDefaults>.*<w:lang [^>]*w:val="en-GB"', word["word/styles.xml"], flags=re.DOTALL)
    french = re.findall(r'<w:lang w:val="fr-FR" /></w:rPr><w:t[^>]*>([^<]*)', word["word/document.xml"].decode())
    assert "Texte en français" in " ".join(french)


def test_synthetic_stands_on_every_page_of_the_word_file_and_only_then(word):
    assert word["word/Head.xml"].count(b'string="SYNTHETIC"') == 1
    assert word["word/FirstHead.xml"].count(b'string="SYNTHETIC"') == 1
    sections = re.findall(r"<w:sectPr>.*?</w:sectPr>", word["word/document.xml"].decode(), flags=re.DOTALL)
    assert len(sections) == 3
    # Each run of pages has the head that bears it; only the first has a first page of its own.
    assert all('<w:headerReference w:type="default" r:id="rHead"/>' in section for section in sections)
    assert ["titlePg" in section for section in sections] == [True, False, False]
    assert b'Id="rHead" Target="Head.xml"' in word["word/_rels/document.xml.rels"]
    public = parts_of(docx(document("en", synthetic=False)))
    assert not any(b"SYNTHETIC" in content for name, content in public.items() if name.endswith(".xml"))


def test_all_parts_of_the_word_file_can_be_read_and_none_tells_a_time(word):
    for name, content in word.items():
        if name.endswith((".xml", ".rels")):
            ET.fromstring(content)
        assert not re.search(rb"\d{4}-\d\d-\d\dT\d\d", content), name
    with zipfile.ZipFile(io.BytesIO(docx(document("en", long=15)))) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_long_names_and_signs_that_are_not_seen_do_the_word_file_no_harm():
    name = "of-the-referral-mechanisms-of-west-africa-in-detail"
    link = Prose(f'<p>See <a href="#{name}">it</a>\x0b.</p>', "en")
    report = Document("en", "A\x0btitle", "", "", {}, (Section(name, "One\x0btwo", (link,)), Section("2-b", "Two")))
    xml = parts_of(docx(report))["word/document.xml"].decode()
    ET.fromstring(xml)
    places = set(re.findall(r'<w:bookmarkStart[^>]*w:name="([^"]*)"', xml))
    led_to = re.findall(r'<w:hyperlink w:anchor="([^"]*)"', xml)
    # Two lines of the contents, and the link.
    assert len(led_to) == 3
    assert set(led_to) <= places
    assert xml.count("<w:pageBreakBefore/>") == 2
    assert pdf(report).startswith(b"%PDF")


# --- both

PROGRAM = """
import hashlib, sys
sys.path[:0] = sys.argv[1:]
from test_book import document
from analysis.report.pdf import pdf
from analysis.report.word_file import docx
for make in (pdf, docx):
    print(hashlib.sha256(make(document("tr"))).hexdigest())
"""


@pytest.mark.soak
def test_two_runs_give_the_same_bytes_whatever_clock_hash_seed_and_folder_they_have(tmp_path):
    found = []
    for number, (seed, epoch, zone) in enumerate((("1", "1000000000", "UTC"), ("2", "1700000000", "Asia/Tokyo"))):
        (folder := tmp_path / str(number)).mkdir()
        environment = {
            **os.environ,
            "PYTHONHASHSEED": seed,
            "SOURCE_DATE_EPOCH": epoch,
            "TZ": zone,
            "TMPDIR": str(folder),
        }
        command = [sys.executable, "-c", PROGRAM, str(Path(__file__).parent), str(Path(__file__).parents[1])]
        found.append(subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout)
    assert found[0] == found[1]
    assert len(set(found[0].split())) == 2


# Of different lengths, by which the scanner's findings are told apart: it does not name what it found.
SECRETS = (
    "Kanaryaon",
    "Kanaryaonk",
    "Kanaryaonku",
    "Kanaryaonkus",
    "Kanaryaonkusu",
    "Kanaryaonkusun",
    "Kanaryaonkusunu",
)


@pytest.mark.slow
@pytest.mark.parametrize("make", [pdf, docx])
def test_the_scanner_finds_a_secret_wherever_it_stands_in_the_report(make):
    title, cell, text, alternative, caption, note, column = SECRETS
    # Narrow columns, where words would be divided if any were.
    table = pd.DataFrame({f"{column} {at}": [f"of {cell} and others, here and there"] * 2 for at in range(8)})
    shown = (
        Prose(f"<p>{'It is said of them that they were there. ' * 3}{text} too.</p>", "en"),
        Picture("figure", png(), 1, f"A picture of {caption}", f"It shows {alternative}", "en"),
        Rows("table", table, 1, "Rows", "en", note=f"By {note}."),
    )
    content = make(Document("en", "Title", "", "", {}, (Section("one", f"Of {title}", shown),)))
    name = f"report.{make.__name__}"
    found = scanner.findings(name, name, content, Index(SECRETS))
    assert {kind for _, _, kind in found} == {"secret"}
    lengths = {int(re.search(r"K… \((\d+) characters\)", place)[1]) for _, place, _ in found}
    assert lengths == {len(secret) for secret in SECRETS}
    assert not scanner.findings(name, name, content, Index(["Kanaryayoktur"]))


def test_long_words_can_be_broken_and_stay_what_they_are():
    digest = hashlib.sha256(b"").hexdigest()
    for text in (digest, "west_africa/SEN/detected_victims.unodc", "https://example.org/a/long/address?with=parts"):
        assert breakable(text).replace(BREAK, "") == text
        assert max(len(part) for part in breakable(text).split(BREAK)) <= LONGEST_WORD
    assert breakable("Children were detected, 1,012 of them.") == "Children were detected, 1,012 of them."


@given(st.text())
def test_a_text_that_can_be_broken_is_the_same_text(text):
    assert breakable(text).replace(BREAK, "") == text.replace(BREAK, "")


cells = st.text(alphabet="ab c", max_size=60)


@given(st.lists(st.lists(cells, min_size=3, max_size=3), min_size=1, max_size=5))
def test_columns_share_the_line_and_each_has_room_for_its_longest_word(rows):
    table = pd.DataFrame(rows, columns=["one", "two", "three"])
    how = layout(Rows("table", table, 1, "", "en"))
    if how.shares:
        line = next(page.line for page in PAGES if (page.small, page.sideways) == (how.small, how.sideways))
        assert sum(how.shares) == pytest.approx(1, abs=0.001)
        for share, name in zip(how.shares, table, strict=True):
            words_of = [word for cell in [name, *table[name]] for word in breakable(cell).replace(BREAK, " ").split()]
            assert share * line >= max(map(len, words_of))


def test_a_short_table_stands_upright_and_a_long_one_where_it_takes_fewer_pages():
    def rows(count: int, **columns: str) -> Rows:
        return Rows("table", pd.DataFrame({name: [text] * count for name, text in columns.items()}), 1, "", "en")

    long = {"finding": "word " * 60, "method": "word " * 60, "limits": "word " * 60}
    short = layout(rows(2, **long))
    assert (short.small, short.sideways) == (False, False)
    # Half as many lines in small type: two pages become one and a half.
    assert layout(rows(400, **long)).small
    # One letter beside sentences: they get the line.
    letter, sentence = layout(rows(9, a="x", b="word " * 50)).shares
    assert letter < 0.05 < 0.9 < sentence
    # Of equal columns none is preferred.
    shares = layout(rows(9, a="word " * 50, b="word " * 50)).shares
    assert shares[0] == pytest.approx(shares[1], abs=0.02)


tree = st.recursive(
    st.text(alphabet='abc &<>"é', min_size=1, max_size=8).map(
        lambda text: text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    ),
    lambda inner: st.tuples(
        st.sampled_from(("p", "div", "ul", "li", "strong", "em", "a", "h3", "blockquote", "td", "tr", "unknown")),
        st.lists(inner, max_size=3),
    ).map(lambda made: f"<{made[0]}>{''.join(made[1])}</{made[0]}>"),
    max_leaves=12,
)


@pytest.mark.slow
@given(st.sampled_from(("p", "div", "blockquote")), tree)
@settings(max_examples=examples(200))
def test_no_letter_of_the_prose_is_lost(tag, inner):
    # Outside of tables and lists, where letters between their parts are no text of the report.
    html = re.sub(r"</?(?:ul|li|td|tr)>", "", f"<{tag}>{inner}</{tag}>")
    letters = re.sub(r"<[^>]*>", "", html).replace("&amp;", "&").replace("&lt;", "<").replace("&gt;", ">")
    assert re.sub(r"\s", "", plain(blocks(html))) == re.sub(r"\s", "", letters)


@given(st.lists(st.integers(1, 6), min_size=1, max_size=6), st.integers(1, 3))
def test_headings_of_prose_lie_below_their_section_and_skip_no_level(levels, of_section):
    html = "".join(f"<h{level}>x</h{level}>" for level in levels)
    found = [node["level"] for node in every(prose(Prose(html, "en"), of_section, set())) if node["tag"] == "h"]
    assert min(found) == of_section + 1
    assert all(later <= earlier + 1 for earlier, later in zip([of_section, *found], found, strict=False))


def test_a_second_anchor_of_one_name_does_no_harm():
    twice = Rows("again", findings(1), 9, "Again", "en", anchors=("finding-1",))
    report = document("en", long=3)
    annex = replace(report.chapters[-1], blocks=(*report.chapters[-1].blocks, twice))
    report = replace(report, chapters=(*report.chapters[:-1], annex))
    report = replace(
        report, chapters=(Section("s", "S", (Prose('<p><a href="#finding-1">1</a></p>', "en"),)), *report.chapters[2:])
    )
    assert pdf(report).startswith(b"%PDF")
    assert parts_of(docx(report))["word/document.xml"].count(b'w:name="finding-1"') == 1


def test_a_number_is_not_broken_at_the_space_between_its_thousands():
    # The space within a number, as French has it, is narrow and holds it together (Unicode, U+202F).
    texts = [f"{'words of a finding ' * 12}{number}" for number in range(40)]
    table = pd.DataFrame({"Finding": texts, "n": ["12\u202f345"] * 40})
    shares = layout(Rows("table", table, 1, "Rows", "fr", ("n",))).shares
    # Six signs, of which each is a little wider than in a text, and the gap; without it there would be three.
    assert round(shares[1] * 104) >= 8
