"""Data as Markdown: whatever letters they have, pandoc and Typst set those letters, and nothing else."""

import io
import re
import xml.etree.ElementTree as ET
import zipfile
from functools import cache

import pandas as pd
import pypdf
import pytest
import report_material as m
from fuzzing import examples
from hypothesis import example, given, settings
from hypothesis import strategies as st
from refusals import refused

from analysis.report import typeset
from analysis.report.references import resolve
from analysis.report.typeset import Paper, TypesettingFailed

# `report.lua` does not do so yet.
# What begins or is markup somewhere: in Markdown, HTML, TeX or Typst.
MARKS = (
    *("1.", "12)", "a)", "i.", "(@x)", "- [ ] ", "+ ", "* ", "= h", "/ t: d", ": d", "> ", "# h", "===", "---", "***"),
    *("| a |", "http://a.b", "www.a.b", "a@b.org", "[x](#a)", "[x]{.y}", "![a](b.png)", "^[n]", "[^1]", "[@ref]"),
    *("@ref", "<label>", "<script>", "</td>", "<!--", "-->", "&amp;", "&#60;", "`c`", "```", "~~~", "{=html}", "::: x"),
    *("%", "~a~", "^b^", "$x$", "*a*", "__b__", "==a==", ":smile:", "\\", "\\ ", "\\newpage", "#panic(1)", "//", "/*"),
    *("*/", "-?", "...", "--", "'a'", '"b"', "\\u{41}", "F1", "1 234", " ", "\t", "\n", "\n\n", "\u00a0", "\u202f"),
    *("é", "ı", "İ"),
)
TEXTS = st.one_of(st.text(max_size=30), st.lists(st.sampled_from(MARKS), max_size=7).map("".join))
TEXTS = TEXTS.filter(lambda text: bool(text.strip()))


def bare(text: str) -> str:
    """The letters of a text without its blanks."""
    return re.sub(r"[\s\u200b\u00ad]", "", text)


def one_line(text: str) -> str:
    return re.sub(r"[^\S\u00a0\u202f]+", " ", text).strip()


def everywhere(text: str) -> str:
    """A text where data stand: in a paragraph, an item, a heading, a link, a caption, a table's head and a cell."""
    said = typeset.escaped(text)
    rows = pd.DataFrame({text: [said, typeset.link(text, "#a")]})
    parts = (f"## {said} {{#a}}", said, f"- {said}", f"*{said}*", typeset.table(rows, caption=said, anchor="t"))
    return "\n\n".join(parts) + "\n"


@cache
def read_everywhere(text: str) -> m.Read:
    return m.Read(m.fragment(everywhere(text)))


@settings(max_examples=examples(100))
@given(TEXTS)
@example("- [ ] a")
@example("1\u202f234\u00a0%")
@example("| a \\| b |")
def test_any_text_comes_out_of_pandoc_as_the_same_letters_and_never_as_markup(text: str):
    found, plain = read_everywhere(text), read_everywhere("x")
    tags, expected = [[(tag, said | {"aria-label": ""}) for tag, said in page.tags] for page in (found, plain)]
    assert tags == expected
    # No-break spaces stay as well.
    assert found.text == plain.text.replace("x", one_line(text))


@settings(max_examples=examples(15))
@given(st.lists(TEXTS.filter(str.isprintable), min_size=1, max_size=8))
def test_any_text_comes_out_of_word_as_the_same_letters(texts: list[str]):
    content = typeset.docx(Paper("T", "en", "# T\n\n" + "\n".join(map(everywhere, texts)), {}))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        found = bare("".join(ET.fromstring(archive.read("word/document.xml")).itertext()))
    for text in texts:
        assert found.count(bare(text)) >= 7


# Typst's own ellipsis, minus and soft hyphen are asked of below.
OF_TYPST = re.compile(r"\.\.\.|-[?\d]")
SIGNS = st.text(alphabet="<>\"&'[](){}|#*_`!\\/:;.%@$~^=+-?,1aiSé ", max_size=25)
SIGNS = SIGNS.filter(lambda text: bool(text.strip()) and not OF_TYPST.search(text))


@settings(max_examples=examples(25))
@given(st.lists(SIGNS, min_size=1, max_size=8))
@example([mark for mark in MARKS if mark.isprintable() and mark.strip() and not OF_TYPST.search(mark)])
def test_any_text_comes_out_of_typst_as_the_same_letters(texts: list[str]):
    parts = [part for text in texts for part in (f"A {typeset.escaped(text)}", typeset.escaped(text))]
    table = typeset.table(pd.DataFrame({"A": [f"A {typeset.escaped(text)}" for text in texts]}))
    found = printed("\n\n".join([*parts, table]))
    for text in texts:
        assert found.count(bare(text)) >= 3


def printed(text: str) -> str:
    content = typeset.pdf(Paper("T", "en", f"# T\n\n{text}\n", {"x": m.picture()}, form="brief"))
    return bare("".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(content)).pages))


@pytest.mark.parametrize("text", ["- a", "+ a", "= a", "/ a: b", "a -? b", "a ... b", "a -1 b"])
@pytest.mark.parametrize("form", ["- {}", "| h |\n|---|\n| {} |", "[{}](#a)\n\n## A {{#a}}"])
def test_what_begins_a_list_or_a_heading_of_typst_begins_none_wherever_it_stands(text: str, form: str):
    assert bare(text) in printed(form.format(typeset.escaped(text)))


@pytest.mark.parametrize(
    "cell",
    [
        "a | b",
        "a\nb",
        "a\\|b",
        "*a* **b**",
        "# a",
        "@a",
        "<script>alert(1)</script>",
        "`|`",
        "[a](b)",
        "=1+1",
        "\\",
        "",
    ],
)
def test_a_table_keeps_its_cells(cell: str):
    rows = pd.DataFrame({"One": [typeset.escaped(cell), "x"], cell or "Two": ["y", typeset.escaped(cell)]})
    page = m.fragment(typeset.table(rows, numeric=["One"]))
    found = [m.Read(each).text.strip() for each in re.findall(r"<t[hd]>(.*?)</t[hd]>", page, re.DOTALL)]
    said = " ".join(cell.split())
    assert found == ["One", said or "Two", said, "y", "x", said]


def test_a_caption_stands_above_its_table_which_can_be_led_to():
    said = typeset.table(pd.DataFrame({"a": ["b"]}), caption="**Table 1.** Of \\*all\\*", anchor="table-all")
    page = m.Read(m.fragment(said))
    assert page.text.split() == ["Table", "1.", "Of", "*all*", "a", "b"] and "table-all" in page.ids


WORDS = st.text(alphabet="ab c", max_size=60)


@given(st.lists(st.lists(WORDS, min_size=3, max_size=3), min_size=1, max_size=5))
def test_columns_share_the_line_and_each_has_room(rows: list[list[str]]):
    rule = typeset.table(pd.DataFrame(rows, columns=["one", "two", "three"])).splitlines()[1]
    widths = [len(part) for part in rule.strip("|").split("|")]
    assert len(widths) == 3 and 95 <= sum(widths) - 3 <= 105 and min(widths) > 6
    # One letter beside sentences: they get the line.
    rule = typeset.table(pd.DataFrame({"a": ["x"] * 3, "b": ["word " * 50] * 3})).splitlines()[1]
    assert len(rule.split("|")[1]) * 2 < len(rule.split("|")[2])


@given(TEXTS)
def test_a_text_gives_its_letters_back(text: str):
    assert typeset.plain(typeset.escaped(text)) == one_line(text)
    assert typeset.plain(f"a {typeset.link(text, '#finding-1')} b") == f"a {one_line(text)} b"


@pytest.mark.parametrize("reference", ["count:areas.turkiye", "SEN/detected_victims.unodc", "term:sdg"])
@pytest.mark.parametrize("after", [". Then", ") Then", " - then"])
def test_a_value_at_the_beginning_of_a_line_makes_no_list(reference: str, after: str):
    said = resolve(f"[[{reference}]]{after}\n\n| h |\n|---|\n| [[{reference}]]{after} |\n", m.material().context, "en")
    page = m.Read(m.fragment(said))
    assert not {"ol", "ul", "li"} & {tag for tag, _ in page.tags} and page.text.count(after) == 2
    assert bare(page.text) in printed(f"{said}\n\n## A {{#finding-1}}")


# --- what people write ---------------------------------------------------------------------------------------------

OUTSIDE = (
    "https://example.org/a",
    "//example.org",
    "javascript:alert(1)",
    "data:text/html,x",
    "mailto:a@b.org",
    "a.html?x",
)
OUTSIDE += ("../../../etc/x.html", "../../a/b/../c.html", "/a/b.html", "#1", "#", "file:///etc/passwd", "../x.html")
OWN = ("#finding-12", "#area-TR-27", "recommendations.html", "findings-turkiye.html#finding-2")
OWN += ("../downloads/brief_SEN_en.pdf", "../../west_africa/SEN/incidence.html")
OWN += ("../../index.html#west_africa-SEN",)


FORMS = ("[said]({})", "<{}>", "[said][1]\n\n[1]: {}", "![said]({})", "[*said*]({} 'title')")


@pytest.mark.parametrize("address", OUTSIDE)
@pytest.mark.parametrize("form", FORMS)
def test_other_addresses_are_text(address: str, form: str):
    page = m.Read(m.fragment(form.format(address)))
    assert not page.links and not {"img", "script", "iframe"} & {tag for tag, _ in page.tags}
    assert "said" in page.text or address in page.text


def test_other_addresses_are_text_in_print_and_own_ones_lead_where_they_say():
    texts = [form.format(address) for address in OUTSIDE for form in FORMS if "[1]" not in form]
    content = typeset.pdf(Paper("T", "en", "\n\n".join(["# T {#t}", *texts, "[back](#t)"]), {}, form="brief"))
    links = [
        link.get_object() for page in pypdf.PdfReader(io.BytesIO(content)).pages for link in page.get("/Annots", [])
    ]
    assert len(links) == 1 and "/URI" not in links[0].get("/A", {})


@pytest.mark.parametrize("address", OWN)
def test_own_addresses_stay(address: str):
    assert m.Read(m.fragment(f"[said]({address})")).links == [address]


HOSTILE = (
    *("<script>alert(1)</script>", '<img src="x" onerror="alert(1)">', "```{=html}\n<script>alert(1)</script>\n```"),
    *("`<b>x</b>`{=html}", "```{=typst}\n#panic(1)\n```", "`#panic(1)`{=typst}", "#panic(1)", "\\input{x} $\\evil$"),
    *("![x](https://example.org/x.png)", "![](x.png)", "<!-- x -->", "&lt;script&gt;"),
)
ATTRIBUTES = (
    *('[x]{onclick="alert(1)"}', '[x]{style="position: fixed"}', '[x](#a){onclick="alert(1)"}', '`x`{onclick="a()"}'),
    *('::: {onclick="alert(1)" style="color: red"}\nx\n:::', '## H {onclick="alert(1)"}'),
    *('[x]{lang="fr\\"] #panic(1)[\\""}', "![x](https://example.org/x.png){pixels_wide=1 pixels_high=1}"),
    '![x](x.png){pixels_wide=1 pixels_high=1 width="1%); #panic(1"}',
    '![x](x.png){pixels_wide="1\\" onerror=\\"alert(1)" pixels_high=1}',
)
TAGS = {"p", "span", "strong", "em", "code", "pre", "figure", "figcaption", "div", "a", "h2", "img"}


@pytest.mark.parametrize("text", [*HOSTILE, *ATTRIBUTES])
def test_what_people_write_brings_no_markup_script_picture_or_program_in(text: str):
    page = m.Read(m.fragment(text))
    assert {tag for tag, _ in page.tags} <= TAGS
    assert not [name for _, said in page.tags for name in said if name.startswith("on") or name == "style"]
    assert all(re.fullmatch(r"[\w-]+\.png", said["src"]) for tag, said in page.tags if tag == "img")
    # What Typst would obey would stop it, as would a picture that is not there.
    assert printed(f"{text}\n\n## A {{#a}}")


def test_lines_between_rules_are_text():
    page = m.Read(m.fragment("First.\n\n---\nNote: second\n---\n\nThird.\n"))
    assert all(said in page.text for said in ("First.", "second", "Third."))


def test_a_description_is_said_letter_by_letter_with_the_language_it_is_in():
    said = {}
    for language in ("en", "fr"):
        page = m.Read(m.made_site()[f"{language}/west_africa.html"])
        (said[language],) = [attributes["alt"] for tag, attributes in page.tags if tag == "img"]
    assert said["en"] == m.ALT and said["fr"].startswith("Victimes au Sénégal (")


def test_what_cannot_be_set_is_refused_with_its_code():
    with refused(TypesettingFailed, "not_set"):
        typeset.pdf(Paper("T", "en", "# T\n\n[lost](#nowhere)\n", {}))
