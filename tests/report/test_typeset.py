"""What readers of the PDF, of the Word file and of the pages rely on, those who cannot see them too."""

import io
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
import zipfile
from functools import cache
from pathlib import Path

import pandas as pd
import pypdf
import pytest
import report_material as m
import yaml
from refusals import refused

from analysis.release import scanner
from analysis.release.identifier_matches import Index
from analysis.report import edition, typeset
from analysis.report.typeset import AUTHOR, Paper, TypesettingFailed, docx, pages, pdf
from analysis.report.writer import frame

ROOT = Path(__file__).parents[2]
W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


@cache
def printed(language: str = "en") -> pypdf.PdfReader:
    """The report in a language as a PDF, read by another program."""
    return pypdf.PdfReader(io.BytesIO(pdf(m.in_print(language).paper)))


@cache
def word() -> dict[str, bytes]:
    return parts_of(docx(m.in_print("en").paper))


def parts_of(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def texts(reader: pypdf.PdfReader) -> list[str]:
    return [page.extract_text() for page in reader.pages]


def outline(reader: pypdf.PdfReader) -> dict[str, int]:
    """Titles of the first level of the outline with their pages, from 0."""
    first = [entry for entry in reader.outline if not isinstance(entry, list)]
    return {plain(entry.title): reader.get_destination_page_number(entry) for entry in first}


def tags(reader: pypdf.PdfReader, kind: str) -> list[dict]:
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


def plain(title: str) -> str:
    """A title with the apostrophes that Typst leaves where it sets nothing."""
    return title.replace("’", "'")


def paper(text: str, **said) -> Paper:
    return Paper("Title", "en", text, **{"pictures": {}, **said})


# --- PDF -----------------------------------------------------------------------------------------------------------


def test_pdf_says_its_title_its_author_its_language_and_no_time():
    for language in m.LANGUAGES:
        reader = printed(language)
        assert (
            plain(reader.metadata.title) == plain(m.in_print(language).title)
            and reader.trailer["/Root"]["/Lang"] == language
        )
        assert reader.metadata.author == AUTHOR and not {"/CreationDate", "/ModDate"} & set(reader.metadata)
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert AUTHOR in {author["name"] for author in cited["authors"]}


def test_apostrophes_of_titles_stay():
    assert printed("fr").metadata.title == m.in_print("fr").title


def test_pdf_is_tagged_for_people_who_cannot_see_it():
    reader = printed()
    root = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"] and b"pdfuaid:part>1<" in root["/Metadata"].get_object().get_data()
    assert [figure["/Alt"] for figure in tags(reader, "/Figure")] == [m.ALT] * len(m.in_print("en").pictures)
    # Numbers, provinces, gaps, cases and evidence, each with heads: four, two, four, five and four; and the monitoring
    # frame of each of three studies, with five.
    assert len(tags(reader, "/Table")) == 5 + 3 and len(tags(reader, "/TH")) >= 4 + 2 + 4 + 5 + 4 + 3 * 5
    # The contents have a heading of their own.
    assert len(tags(reader, "/H1")) == len(m.in_print("en").chapters) + 1 and tags(reader, "/H2") and tags(reader, "/L")


def test_every_chapter_begins_a_page_and_stands_in_the_outline_and_in_the_contents():
    for language in m.LANGUAGES:
        reader = printed(language)
        found, said = outline(reader), texts(reader)
        contents = " ".join(said[0].split())
        assert frame(language)("contents") in contents and typeset.pages_of(pdf(m.in_print(language).paper)) == len(
            said
        )
        for chapter in m.in_print(language).chapters:
            page = found[plain(chapter.title)]
            begins = chapter.title.partition(":")[0].strip()
            assert said[page].startswith(begins), chapter.title
            assert re.search(rf"{re.escape(begins)}[^\d]*{page + 1}\b", contents), chapter.title


def test_a_table_goes_over_pages_and_its_heads_with_it():
    rows = pd.DataFrame({"Number": [f"R{n}" for n in range(1, 301)], "Said": ["word " * 20] * 300})
    for caption in ("", "**Table 1.** All"):
        table = typeset.table(rows, caption=caption, anchor="t" if caption else "")
        said = texts(pypdf.PdfReader(io.BytesIO(pdf(paper(f"# One\n\n{table}\n")))))
        with_rows = [text for text in said if re.search(r"^R\d+", text, re.MULTILINE)]
        assert len(with_rows) > 3 and all(re.search(r"Number\s+Said", text) for text in with_rows)
        assert all(re.search(rf"\bR{n}\b", "".join(said)) for n in range(1, 301))


def test_a_reference_leads_to_the_page_of_its_finding():
    reader = printed()
    number = m.material().numbers["SEN/detected_victims.unodc"]
    page = reader.pages[outline(reader)["Summary"]]
    led_to = [link.get_object() for link in page["/Annots"]]
    assert led_to and not [link for link in led_to if "/URI" in link.get("/A", {})]
    destination = led_to[0].get("/Dest") or led_to[0]["/A"]["/D"]
    target = reader.named_destinations[destination] if isinstance(destination, str) else destination
    reached = target.page if hasattr(target, "page") else target[0]
    place = getattr(reached, "indirect_reference", reached)
    (at,) = [n for n, each in enumerate(reader.pages) if each.indirect_reference == place]
    assert re.search(rf"^F{number} Recorded victims of trafficking in Senegal", texts(reader)[at], re.MULTILINE)


@pytest.mark.parametrize("language", m.LANGUAGES)
def test_letters_of_the_language_are_printed(language: str):
    said = "".join(texts(printed(language)))
    letters = {"en": ["İzmir", "Şanlıurfa"], "fr": ["où naît l’œuvre"], "pt": ["Órgãos, ações, língua"]}
    assert all(each in said for each in letters.get(language, ["Iğdır, İzmir, Şanlıurfa, güçlü"]))
    used = [page["/Resources"]["/Font"].values() for page in printed(language).pages]
    fonts = {str(font["/BaseFont"]) for each in used for font in each}
    assert all("Libertinus" in font or "DejaVu" in font for font in fonts)


PICTURE = 'pixels_wide=902 pixels_high=520 width="100%"'


@pytest.mark.parametrize(
    "text",
    [
        f"# One\n\n![](x.png){{{PICTURE}}}\n",
        f'# One\n\n![Caption](x.png){{alt="" {PICTURE}}}\n',
        "# One\n\n### Two levels below\n",
        "# One\n\n[lost](#nowhere)\n",
        "# One {#a}\n\n# Two {#a}\n\n[which](#a)\n",
    ],
)
def test_what_somebody_could_not_use_is_refused(text: str):
    with refused(TypesettingFailed, "not_set"):
        pdf(paper(text, pictures={"x": m.picture()}))


# --- Word ----------------------------------------------------------------------------------------------------------


def paragraphs(parts: dict[str, bytes]) -> list[tuple[str, str]]:
    """Style and text of every paragraph."""
    found = []
    for each in ET.fromstring(parts["word/document.xml"]).iter(f"{W}p"):
        style = each.find(f"{W}pPr/{W}pStyle")
        found.append(("" if style is None else style.get(f"{W}val"), "".join(t.text or "" for t in each.iter(f"{W}t"))))
    return found


def test_word_file_has_real_headings_captions_and_alternative_texts():
    said = paragraphs(word())
    assert [text for style, text in said if style == "Heading1"] == [each.title for each in m.in_print("en").chapters]
    assert {("Title", m.in_print("en").title), ("Heading2", "Provinces"), ("Heading3", "Gaps")} <= set(said)
    captions = [text for style, text in said if style in ("TableCaption", "ImageCaption")]
    names = [re.match(r"(\w+) \d", text)[0] for text in captions]
    assert names == ["Table 1", "Figure 1", "Table 2", "Figure 2", "Table 3"]
    document = ET.fromstring(word()["word/document.xml"])
    brief = edition.brief(m.material(), "SEN", "fr")
    assert [text for _, text in paragraphs(parts_of(docx(brief)))].count(brief.title) == 1
    described = [each.get("descr") for each in document.iter() if each.tag.endswith("}docPr")]
    assert described == [m.ALT] * 2


def test_tables_of_the_word_file_repeat_their_heads():
    tables = list(ET.fromstring(word()["word/document.xml"]).iter(f"{W}tbl"))
    assert len(tables) == 5 + 3
    for table in tables:
        first, *others = table.iter(f"{W}tr")
        assert first.find(f"{W}trPr/{W}tblHeader") is not None
        assert others and all(row.find(f"{W}trPr/{W}tblHeader") is None for row in others)


def test_links_and_contents_of_the_word_file_lead_to_places_in_it():
    xml = word()["word/document.xml"].decode()
    places = set(re.findall(r'<w:bookmarkStart[^>]*w:name="([^"]*)"', xml))
    led_to = set(re.findall(r'<w:hyperlink w:anchor="([^"]*)"', xml))
    assert "finding-1" in led_to and led_to <= places and "TOC \\o &quot;1-2&quot;" in xml
    assert b'TargetMode="External"' not in word()["word/_rels/document.xml.rels"]


def test_word_file_says_its_language_and_no_time():
    for language in ("en", "tr"):
        content = docx(m.in_print(language).paper)
        parts = parts_of(content)
        assert ("TOCHeading", frame(language)("contents")) in paragraphs(parts)
        assert f"<dc:language>{language}".encode() in parts["docProps/core.xml"]
        assert f'w:val="{language}'.encode() in re.search(rb"<w:lang [^>]*>", parts["word/styles.xml"])[0]
        for name, part in parts.items():
            assert set(re.findall(rb"(\d{4})-\d\d-\d\dT\d\d", part)) <= {b"1980"}, name
            if name.endswith((".xml", ".rels")):
                ET.fromstring(part)
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            assert {entry.date_time[:3] for entry in archive.infolist()} == {(1980, 1, 1)}


# --- pages ---------------------------------------------------------------------------------------------------------


def test_a_page_is_a_chapter_and_links_lead_from_page_to_page():
    text = "# One {#one}\n\n[there](#deep) [here](#own)\n\n## Own {#own}\n\n# Two {#two}\n\n## Deep {#deep}\n"
    found = pages(paper(text), "<title>$pagetitle$</title>$body$ filled in")
    assert list(found) == ["one", "two"] and all("filled in" in page for page in found.values())
    links = m.Read(found["one"]).links
    assert links[0] == "two.html#deep" and links[1].removeprefix("one.html") == "#own"
    assert "<title>Two</title>" in found["two"] and m.Read(found["two"]).ids == ["two", "deep"]


# --- all -----------------------------------------------------------------------------------------------------------


def test_synthetic_stands_on_every_page_and_only_then():
    for made in (edition.in_print(m.synthetic(), "tr").paper, edition.brief(m.synthetic(), "TR-27", "en")):
        reader = pypdf.PdfReader(io.BytesIO(pdf(made)))
        # The watermark and the foot.
        assert all(text.count("SYNTHETIC") >= 2 for text in texts(reader)) and reader.metadata.keywords == "SYNTHETIC"
        parts = parts_of(docx(made))
        named = {name for name, part in parts.items() if b"SYNTHETIC" in part}
        used = set(re.findall(r'<w:headerReference [^>]*w:type="(\w+)"', parts["word/document.xml"].decode()))
        assert "word/header1.xml" in named and used == {"default"} and b"titlePg" not in parts["word/document.xml"]
    assert not any("SYNTHETIC" in text for language in m.LANGUAGES for text in texts(printed(language)))
    assert not printed().metadata.keywords and not any(b"SYNTHETIC" in part for part in word().values())


PROGRAM = """
import hashlib, sys
sys.path[:0] = sys.argv[1:]
import report_material as m
from analysis.report import edition, typeset
from analysis.report.site import site
made = site([edition.on_site(m.material(), "fr")], m.material(), {}, "index.html")
for each in (typeset.pdf(m.in_print("fr").paper), typeset.docx(m.in_print("fr").paper), repr(made).encode()):
    print(hashlib.sha256(each).hexdigest())
"""


def test_two_runs_give_the_same_bytes_whatever_clock_hash_seed_and_folder_they_have(tmp_path):
    found = []
    for number, (seed, epoch, zone) in enumerate((("1", "1000000000", "UTC"), ("2", "1700000000", "Asia/Tokyo"))):
        (folder := tmp_path / str(number)).mkdir()
        said = {"PYTHONHASHSEED": seed, "SOURCE_DATE_EPOCH": epoch, "TZ": zone, "TMPDIR": str(folder)}
        command = [sys.executable, "-c", PROGRAM, str(ROOT / "tests")]
        done = subprocess.run(command, env=os.environ | said, cwd=folder, check=True, capture_output=True, text=True)
        found.append(done.stdout.split())
    assert found[0] == found[1] and len(set(found[0])) == 3


# Of different lengths, by which the scanner's findings are told apart: it does not name what it found.
SECRETS = tuple(f"Kanaryaonkusun{'u' * n}" for n in range(6))


@pytest.mark.parametrize("make", [pdf, docx])
def test_the_scanner_finds_a_secret_wherever_it_stands(make):
    title, cell, text, alternative, caption, head = SECRETS
    rows = pd.DataFrame({f"{head} {n}": [f"of {cell} and others, here and there"] * 2 for n in range(4)})
    shown = f'![A picture of {caption}](x.png){{alt="It shows {alternative}" {PICTURE}}}'
    said = f"# Of {title}\n\nIt is said of them: {text} too.\n\n{shown}\n\n{typeset.table(rows)}\n"
    content, name = make(paper(said, pictures={"x": m.picture()})), f"report.{make.__name__}"
    found = scanner.findings(name, name, content, Index(SECRETS))
    assert {kind for _, _, kind in found} == {"secret"}
    lengths = {int(re.search(r"[Kk]… \((\d+) characters\)", place)[1]) for _, place, _ in found}
    assert lengths == {len(secret) for secret in SECRETS}
    assert not scanner.findings(name, name, content, Index(["Kanaryayoktur"]))
