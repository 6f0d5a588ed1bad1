"""References in texts of the report: they become what the findings say, and nobody types a number."""

import pytest
import report_material as m
from refusals import refused

from analysis import areas
from analysis.findings.finding import Finding
from analysis.report import references
from analysis.report.references import (
    Context,
    Counts,
    FaultyTexts,
    UnknownReference,
    answer,
    context_of,
    faults_in,
    resolve,
    typed,
)

METHOD = {"method": "As published (UNODC, 2025).", "limits": "Detected, not incidence."}
SOURCED = {**METHOD, "source_ids": (m.SOURCE, m.OTHER_SOURCE)}
SEN = Finding(areas.get("SEN"), "detected_victims", "unodc", value=1234, period="2020", n=1234, **SOURCED)
FEW = Finding(areas.get("GMB"), "detected_victims", "unodc", low=1, high=4, interval="figure", period="2019", **METHOD)
NONE = Finding(
    *(areas.get("TGO"), "detected_victims", "unodc"), status="not reported", why="No figure was sent.", **METHOD
)
FROM_SYNTHETIC = Finding(
    *(areas.get("TR-27"), "detected_victims", "us_reports", 56),
    **{"period": "2023-04/2024-03", "n": 56, "kind": "synthetic", "release_class": "protected", **METHOD},
)
ROWS = {finding.finding_id: finding.row() for finding in (SEN, FEW, NONE, FROM_SYNTHETIC)}
NUMBERS = {finding_id: number for number, finding_id in enumerate(ROWS, 1)}
TERMS = {"sdg": {"en": "SDG target 8.7", "fr": "cible 8.7 des ODD"}, "pledge": {"en": "Action Pledge 2021"}}
THINGS = {
    "areas": [frozenset({"turkiye"})] * 9 + [frozenset({"west_africa"})] * 16,
    "findings": [frozenset({"turkiye", "synthetic", "known"}), frozenset({"west_africa", "public", "not_reported"})],
}
COUNTS = Counts(THINGS, frozenset({"turkiye", "west_africa", "cabo_verde", "synthetic", "public", "known", "refused"}))
CONTEXT = Context(ROWS, NUMBERS, TERMS, COUNTS)
SYNTHETIC_ID = "TR-27/detected_victims.us_reports"


@pytest.mark.parametrize(
    ("reference", "language", "said"),
    [
        ("SEN/detected_victims.unodc", "en", "1,234"),
        ("SEN/detected_victims.unodc", "fr", "1\u202f234"),
        ("SEN/detected_victims.unodc", "tr", "1.234"),
        ("SEN/detected_victims.unodc|period", "en", "2020"),
        (f"{SYNTHETIC_ID}|period", "en", "Apr 2023 – Mar 2024"),
        ("SEN/detected_victims.unodc|number", "pt", "F1"),
        ("SEN/detected_victims.unodc|n", "tr", "1.234"),
        ("GMB/detected_victims.unodc|n", "en", "–"),
        ("GMB/detected_victims.unodc", "en", "between 1 and 4"),
        ("TGO/detected_victims.unodc", "pt", "não comunicado"),
        ("TGO/detected_victims.unodc|period", "en", "–"),
        ("GMB/detected_victims.unodc|source", "en", "–"),
    ],
)
def test_a_finding_is_said_as_the_language_says_it_and_leads_to_its_row(reference: str, language: str, said: str):
    found = answer(reference, CONTEXT, language)
    assert (found.text, found.target) == (said, f"#finding-{NUMBERS[reference.partition('|')[0]]}")


def test_the_sources_of_a_finding_and_a_source_by_its_id_are_named_in_few_words():
    of_finding = answer("SEN/detected_victims.unodc|source", CONTEXT, "en")
    source = answer(f"source:{m.SOURCE}", CONTEXT, "en")
    assert "2022" in of_finding.text and "2021" in of_finding.text
    assert "2022" in source.text and "2021" not in source.text
    # A source is no finding, and has no number to lead to.
    assert not source.target and of_finding.target


def test_a_sentence_of_what_is_not_known_gives_the_reason_in_english_alone():
    reference = "TGO/detected_victims.unodc|sentence"
    assert "No figure was sent" in answer(reference, CONTEXT, "en").text
    assert "No figure was sent" not in answer(reference, CONTEXT, "fr").text


@pytest.mark.parametrize(
    ("reference", "language", "said", "in_language"),
    [
        ("term:sdg", "fr", "cible 8.7 des ODD", ""),
        # A term that a language lacks says which it is in.
        ("term:pledge", "tr", "Action Pledge 2021", "en"),
        ("count:areas", "fr", "25", ""),
        ("count:areas.turkiye", "en", "9", ""),
        ("count:findings.turkiye.synthetic", "en", "1", ""),
        ("count:findings.turkiye.public", "en", "0", ""),
    ],
)
def test_terms_and_counts_lead_nowhere(reference: str, language: str, said: str, in_language: str):
    found = answer(reference, CONTEXT, language)
    assert (found.text, found.target, found.language) == (said, "", in_language)


def test_what_is_counted_follows_from_texts_and_findings():
    counts = context_of(m.material().texts, m.table(m.FROM_SYNTHETIC)).counts
    for path, number in {
        **{"areas": 9 + 16 + 10, "areas.turkiye": 9, "areas.west_africa.country": 16, "studies": 3, "languages": 4},
        **{"findings": len(m.FINDINGS) + 1, "findings.synthetic": 1, "findings.SEN.gap": 5, "findings.not_reported": 5},
        **{"recommendations": 4, "recommendations.met": 3, "recommendations.not_known": 1, "sources": 2, "lessons": 1},
    }.items():
        assert counts.of(path) == number, path


@pytest.mark.parametrize(
    ("reference", "code", "named"),
    [
        ("SEN/detected_victim.unodc", "unknown_finding", "SEN/detected_victims.unodc"),
        ("SEN/detected_victims.unodc|mean", "invalid_reference", "sentence, period, n, number"),
        ("term:sdgs", "unknown_term", "sdg"),
        ("count:area", "unknown_count", "areas"),
        ("count:findings.synthetics", "unknown_mark", "synthetic"),
        ("source:TIP2022_CPX", "unknown_source", m.SOURCE),
        ("anything", "invalid_reference", "anything"),
        ("", "invalid_reference", "''"),
        # A block that does not stand on a line of its own.
        ("table:provinces", "invalid_reference", "table:provinces"),
    ],
)
def test_what_leads_nowhere_is_refused_with_the_nearest_that_leads_somewhere(reference: str, code: str, named: str):
    with refused(UnknownReference, code, named):
        resolve(f"Text [[{reference}]].", CONTEXT, "en")


@pytest.mark.parametrize("asked", ["", "|period", "|n", "|number", "|sentence"])
def test_what_follows_from_synthetic_data_says_so_before_it(asked: str):
    found = resolve(f"* Many: [[{SYNTHETIC_ID}{asked}]] children.", CONTEXT, "fr")
    before, _, after = found.partition("SYNTHETIC")
    assert before == "* Many: [" and "SYNTHETIC" not in after and "(#finding-4)" in after
    assert "SYNTHETIC" not in resolve(f"[[SEN/detected_victims.unodc{asked}]]", CONTEXT, "fr")


def test_a_cell_is_text_without_marks():
    said = references.in_words("**Ask** _all_ [[count:areas.turkiye]] of [[GMB/detected_victims.unodc]]", CONTEXT, "en")
    assert said == ("Ask all 9 of between 1 and 4", False)
    assert references.in_words(f"[[{SYNTHETIC_ID}]]", CONTEXT, "fr") == ("56", True)


def test_all_ids_that_a_text_cites_come_in_their_order_and_once_those_of_its_tables_of_numbers_with_them():
    text = (
        f"[[term:sdg]] [[{SYNTHETIC_ID}]] [[SEN/detected_victims.unodc|n]] [[count:areas]] [[source:{m.SOURCE}]]\n\n"
        f"[[numbers:GMB/detected_victims.unodc SEN/detected_victims.unodc {SYNTHETIC_ID}]]\n\n"
        "[[figure:incidence/SEN/detected_by_year|A caption]]\n\n[[TGO/detected_victims.unodc]]\n"
    )
    assert references.cited(text) == [
        *(SYNTHETIC_ID, "SEN/detected_victims.unodc", "GMB/detected_victims.unodc", "TGO/detected_victims.unodc"),
    ]


def test_typed_numbers_are_found_with_file_line_and_column():
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
    assert str(faults_in(files)[0]).startswith("pledge/chapters/en/summary.md, line 3, column 4: 'nine'")


def test_references_that_lead_nowhere_are_faults_with_their_place_those_in_blocks_too():
    text = "All well.\n\nBut [[SEN/detected_victims.undoc]] is not.\n\n[[numbers:SEN/detected_victims.unodc TGO/x]]\n"
    first, second = faults_in({"pledge/chapters/en/limits.md": text}, CONTEXT)
    assert (first.line, first.column, second.line, second.column) == (3, 5, 5, 1)
    assert "SEN/detected_victims.unodc" in first.what and "TGO/x" in second.what


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


def test_a_folder_is_refused_with_all_its_faults_and_passes_without_one(tmp_path):
    folder = m.written_to(tmp_path / "pledge")
    assert references.faults(folder, m.table()) == []
    wrong = {**m.CHAPTERS, ("method", "en"): "More than nine: [[SEN/detected_victims.undoc]].\n"}
    with refused(FaultyTexts, "faulty_texts", "pledge/chapters/en/method.md, line 1, column 11", "column 17"):
        references.check(m.written_to(folder, wrong), m.table())
