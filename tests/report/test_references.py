"""References in texts of the report: they become what the findings say, and nobody types a number."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis import areas
from analysis.findings.finding import Finding
from analysis.report import pages, references
from analysis.report.references import Context, Counts, UnknownReference, faults_in, in_words, resolve, typed

METHOD = {"method": "As published (UNODC, 2025).", "limits": "Detected, not incidence."}
SEN = Finding(areas.get("SEN"), "detected_victims", "unodc", value=1234, period="2020", n=1234, **METHOD)
FEW = Finding(areas.get("GMB"), "detected_victims", "unodc", low=1, high=4, interval="figure", period="2019", **METHOD)
NONE = Finding(
    *(areas.get("TGO"), "detected_victims", "unodc"), status="not reported", why="No figure was sent.", **METHOD
)
INVENTED = Finding(
    *(areas.get("TR-27"), "detected_victims", "us_reports", 56),
    **{"period": "2023-04/2024-03", "n": 56, "kind": "synthetic", "release_class": "protected", **METHOD},
)
ROWS = {finding.finding_id: finding.row() for finding in (SEN, FEW, NONE, INVENTED)}
NUMBERS = {finding_id: number for number, finding_id in enumerate(ROWS, 1)}
TERMS = {"sdg": {"en": "SDG target 8.7", "fr": "cible 8.7 des ODD"}, "pledge": {"en": "Action Pledge 2021"}}
THINGS = {
    "areas": [frozenset({"turkiye"})] * 9 + [frozenset({"west_africa"})] * 16,
    "findings": [frozenset({"turkiye", "synthetic", "known"}), frozenset({"west_africa", "public", "not_reported"})],
}
COUNTS = Counts(THINGS, frozenset({"turkiye", "west_africa", "cabo_verde", "synthetic", "public", "known", "refused"}))
CONTEXT = Context(ROWS, NUMBERS, TERMS, COUNTS)


@pytest.mark.parametrize(
    ("reference", "language", "said"),
    [
        ("SEN/detected_victims.unodc", "en", "1,234"),
        ("SEN/detected_victims.unodc", "fr", "1\u202f234"),
        ("SEN/detected_victims.unodc", "tr", "1.234"),
        ("SEN/detected_victims.unodc|period", "en", "2020"),
        ("TR-27/detected_victims.us_reports|period", "en", "Apr 2023 – Mar 2024"),
        ("SEN/detected_victims.unodc|number", "pt", "F1"),
        ("SEN/detected_victims.unodc|n", "tr", "1.234"),
        ("GMB/detected_victims.unodc|n", "en", "–"),
        ("GMB/detected_victims.unodc", "en", "between 1 and 4"),
        ("TGO/detected_victims.unodc", "pt", "não comunicado"),
    ],
)
def test_a_finding_is_said_as_the_language_says_it_and_leads_to_its_row(reference: str, language: str, said: str):
    number = NUMBERS[reference.partition("|")[0]]
    assert f'<a href="#finding-{number}">{said}</a>' in resolve(f"So: [[{reference}]].", CONTEXT, language)


def test_a_sentence_of_what_is_not_known_gives_the_reason_in_english_alone():
    text = "[[TGO/detected_victims.unodc|sentence]]"
    assert "No figure was sent" in resolve(text, CONTEXT, "en")
    assert "No figure was sent" not in resolve(text, CONTEXT, "fr")


def test_terms_and_counts_are_no_links():
    assert resolve("[[term:sdg]], [[count:areas]]", CONTEXT, "fr") == "<p>cible 8.7 des ODD, 25</p>"
    assert resolve("[[count:areas.turkiye]] of [[count:areas]]", CONTEXT, "en") == "<p>9 of 25</p>"
    assert resolve("[[count:findings.turkiye.synthetic]]", CONTEXT, "en") == "<p>1</p>"
    assert resolve("[[count:findings.turkiye.public]]", CONTEXT, "en") == "<p>0</p>"
    # A term that a language lacks says which it is in.
    assert resolve("[[term:pledge]]", CONTEXT, "tr") == '<p><span lang="en">Action Pledge 2021</span></p>'


@pytest.mark.parametrize(
    ("reference", "named"),
    [
        ("SEN/detected_victim.unodc", "SEN/detected_victims.unodc"),
        ("SEN/detected_victims.unodc|mean", "sentence, period, n, number"),
        ("term:sdgs", "sdg"),
        ("count:area", "areas"),
        ("count:findings.synthetics", "synthetic"),
        ("anything", "no reference"),
        ("", "no reference"),
    ],
)
def test_what_leads_nowhere_is_refused_with_the_nearest_that_leads_somewhere(reference: str, named: str):
    with pytest.raises(UnknownReference, match=re.escape(named)):
        resolve(f"[[{reference}]]", CONTEXT, "en")


INVENTED_ID = "[[TR-27/detected_victims.us_reports]]"


@pytest.mark.parametrize(
    "text",
    [
        f"Many: {INVENTED_ID} children.",
        f"* one\n* two {INVENTED_ID}\n",
        f"* one\n\n* two {INVENTED_ID}\n",
        f"> quoted {INVENTED_ID}",
        f"### A heading {INVENTED_ID}",
        f"| a | b |\n|---|---|\n| x | {INVENTED_ID} |\n",
        f"Not the SYNTHETIC survey, but {INVENTED_ID}.",
    ],
)
def test_who_cites_invented_persons_says_so_once_beside_it(text: str):
    found = resolve(text, CONTEXT, "en")
    assert found.count('<span class="synthetic">SYNTHETIC</span>') == 1
    block = max(
        re.findall(r"<(?:p|li|tr|h3)>(?:(?!<(?:p|li|tr|h3)>).)*", found, re.DOTALL), key=lambda part: "#f" in part
    )
    assert '<span class="synthetic">' in block


def test_a_paragraph_that_says_so_itself_or_cites_public_evidence_is_left_alone():
    assert 'class="synthetic"' not in resolve(f"**SYNTHETIC:** {INVENTED_ID}", CONTEXT, "en")
    assert "SYNTHETIC" not in resolve("[[SEN/detected_victims.unodc]]", CONTEXT, "en")


def test_links_lead_to_own_anchors_and_nowhere_else():
    found = resolve("[limits](#limits) [out](https://example.org/a) [bad](javascript:alert(1))", CONTEXT, "en")
    assert '<a href="#limits">limits</a>' in found
    assert "out (https://example.org/a)" in found
    assert re.findall(r'href="([^"]*)"', found) == ["#limits"]


@given(st.text(alphabet="<>\"&'[](){}|#*_`!\\/:. aSE\n\ue000\ue0011\ue002", max_size=60))
def test_no_text_brings_forth_a_tag_or_a_link_that_it_may_not_have(text: str):
    try:
        found = resolve(text, CONTEXT, "en")
    except UnknownReference:
        return
    assert pages.prose(found) == found
    assert not re.search(
        r"<(?!/?(?:p|h[1-6]|ul|ol|li|em|strong|code|pre|blockquote|br|hr|a|del|table|thead|tbody|tr|th|td|span)\b)",
        found,
    )
    assert all(pages.is_own(address) for address in re.findall(r'href="([^"]*)"', found))


def test_names_with_signs_of_markdown_stay_as_they_are():
    # The id has underscores, the bar would end a cell of a table.
    table = "| a | b |\n|---|---|\n| _x_ | [[SEN/detected_victims.unodc|period]] |\n"
    assert '<td><a href="#finding-1">2020</a></td>' in resolve(table, CONTEXT, "en")


def test_a_cell_is_text_without_marks():
    said = in_words("**Ask** _all_ [[count:areas.turkiye]] of [[GMB/detected_victims.unodc]]", CONTEXT, "en")
    assert said == ("Ask all 9 of between 1 and 4", False)
    assert in_words(INVENTED_ID, CONTEXT, "fr") == ("56", True)


def test_typed_numbers_are_found_with_their_place():
    files = {
        "pledge/chapters/en/summary.md": (
            "# Summary\n\nIn nine provinces, and in\n16 countries [[SEN/detected_victims.unodc]].\n"
        ),
        "pledge/chapters/tr/summary.md": "Dokuz ilde.\n",
        "pledge/recommendations.yml": (
            "recommendations:\n"
            "  - id: WA-01\n"
            "    priority: high\n"
            "    text:\n"
            "      en: >-\n"
            "        Follow WA-01 and name\n"
            "        three authorities.\n"
            '      fr: "Nommer trois autorités \\u00e9trangères [[term:sdg]]."\n'
        ),
    }
    found = [(each.file, each.line, each.column) for each in faults_in(files, CONTEXT, names=["WA-01"])]
    assert found == [
        ("pledge/chapters/en/summary.md", 3, 4),
        ("pledge/chapters/en/summary.md", 4, 1),
        ("pledge/chapters/tr/summary.md", 1, 1),
        ("pledge/recommendations.yml", 7, 9),
        ("pledge/recommendations.yml", 8, 19),
    ]
    assert "line 3, column 4: 'nine' is typed" in str(faults_in(files)[0])


def test_references_that_lead_nowhere_are_faults_with_their_place():
    files = {"pledge/chapters/en/limits.md": "All well.\n\nBut [[SEN/detected_victims.undoc]] is not.\n"}
    (fault,) = faults_in(files, CONTEXT)
    assert (fault.line, fault.column) == (3, 5)
    assert "SEN/detected_victims.unodc" in fault.what


@pytest.mark.parametrize(
    ("text", "language", "numbers"),
    [
        ("It rose by 12.5 % to 1,234.", "en", ["12.5", "1,234"]),
        ("Twenty-two islands, a hundred more, half of them", "en", ["Twenty-two", "hundred", "half"]),
        ("Someone, tenfold weighted, often; a none", "en", []),
        ("1. first\n2. second\n", "en", []),
        ("See https://example.org/2021/10 there", "en", []),
        ("½ of it, and m²", "en", ["½", "m²"]),
        ("quatre-vingt-dix îles, la moitié", "fr", ["quatre-vingt-dix", "moitié"]),
        ("vinte e cinco ilhas, metade", "pt", ["vinte e cinco", "metade"]),
        ("on altı ülkenin üçü, İki il, ondan sonra", "tr", ["on altı", "üçü", "İki"]),
        ("d'ailleurs un pays, une île", "fr", []),
    ],
)
def test_digits_and_words_for_numbers_are_told_from_other_words(text: str, language: str, numbers: list[str]):
    assert [number for _, number in typed(text, language)] == numbers


def test_terms_may_have_digits_and_what_is_no_text_of_the_report_too():
    files = {"pledge/terms.yml": "sdg:\n  en: SDG target 8.7\n", "pledge/README.md": "Write 3 chapters."}
    assert faults_in(files, CONTEXT) == []


def test_all_ids_that_a_text_cites_come_in_their_order_and_once():
    text = f"[[term:sdg]] {INVENTED_ID} [[SEN/detected_victims.unodc|n]] [[SEN/detected_victims.unodc]]"
    assert references.cited(text) == ["TR-27/detected_victims.us_reports", "SEN/detected_victims.unodc"]
