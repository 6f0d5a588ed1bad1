"""The report in one language: which chapters it has, where its numbers lead, and what stands on the page of an area."""

import re
from dataclasses import replace

import pytest
import report_material as m
from refusals import refused

from analysis import areas, bibliography
from analysis.batch import report as batch
from analysis.recommendations.texts import Lesson
from analysis.report import edition, typeset
from analysis.report.edition import Edition
from analysis.report.references import UnknownReference
from analysis.report.typeset import TypesettingFailed
from analysis.report.writer import frame

CITED = {
    *("SEN/detected_victims.unodc", "TGO/detected_victims.unodc", "GMB/detected_victims.unodc", "SEN/gap.A2"),
    *("TR-35/detected_victims.any_source", "west_africa/detected_victims.unodc", "SEN/share_of_children.unodc"),
    *("CPV-SAL/detected_victims.any_source", "GMB/gap.A2"),
}


def chapter(found: Edition, anchor: str) -> str:
    """A chapter as HTML."""
    (said,) = [each for each in found.chapters if each.anchor == anchor]
    return m.fragment(said.markdown)


def of_site(language: str) -> Edition:
    return m.editions()[m.LANGUAGES.index(language)]


def whole(found: Edition) -> m.Read:
    return m.Read(m.fragment(found.paper.markdown))


# --- which chapters ------------------------------------------------------------------------------------------------


def test_a_language_has_those_chapters_that_are_written_in_it_in_the_order_of_the_report():
    by_language = {language: [each.anchor for each in m.in_print(language).chapters] for language in m.LANGUAGES}
    assert by_language == {
        "en": [
            *("summary", "turkiye", "west_africa", "cabo_verde", "recommendations", "lessons", "method"),
            *("evidence", "sources"),
        ],
        "fr": ["summary", "west_africa", "recommendations", "evidence", "sources"],
        "pt": ["summary", "cabo_verde", "recommendations", "evidence", "sources"],
        "tr": ["summary", "turkiye", "recommendations", "evidence", "sources"],
    }


def test_the_site_has_a_page_of_each_area_and_annexes_besides():
    for language, studies in (("en", areas.reported()), ("fr", ["west_africa"]), ("tr", ["turkiye"])):
        anchors = [each.anchor for each in of_site(language).chapters]
        pages = [f"area-{each}" for study in studies for each in areas.ids(study)]
        assert [each for each in anchors if each.startswith("area-")] == pages
        annexes = ["commitments", "changes"] * (language == "en") + ["questions", "sources", "provenance"]
        assert anchors[-len(annexes) :] == annexes
        first = [each.anchor for each in m.in_print(language).chapters if each.anchor not in ("evidence", "sources")]
        # In print the monitoring frame is a part of the recommendations.
        assert anchors[anchors.index("recommendations") + 1] == "monitoring"
        assert [each for each in anchors if each != "monitoring"][: len(first)] == first


def test_a_language_is_offered_with_a_summary_and_the_chapter_of_a_study_alone():
    texts = m.material().texts
    assert edition.offered(texts) == list(m.LANGUAGES)
    for gone, left in (
        *((("summary", "fr"), ["en", "pt", "tr"]), (("west_africa", "fr"), ["en", "pt", "tr"])),
        *((("method", "en"), list(m.LANGUAGES)), (("cabo_verde", "pt"), ["en", "fr", "tr"])),
    ):
        chapters_left = {name: text for name, text in texts.chapters.items() if name != gone}
        assert edition.offered(replace(texts, chapters=chapters_left)) == left
    assert {each: edition.studies_of(texts, each) for each in ("en", "pt")} == {
        **{"en": list(areas.reported()), "pt": ["cabo_verde"]}
    }


def test_an_edition_says_which_studies_it_has_and_that_its_translation_awaits_a_reader():
    french = m.in_print("fr")
    assert frame("fr")("studies", "west_africa") in french.subtitle and "Türkiye" not in french.subtitle
    assert frame("fr")("awaits") in french.subtitle and "2026" in french.state
    assert french.paper.contents == frame("fr")("contents") and french.paper.language == "fr"
    assert not french.synthetic and edition.in_print(m.synthetic(), "tr").paper.synthetic


# --- where numbers lead --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", m.LANGUAGES)
def test_every_link_of_print_leads_to_an_anchor_that_is_there_once(language: str):
    page = whole(m.in_print(language))
    assert page.links and all(link.startswith("#") for link in page.links)
    assert [page.ids.count(link[1:]) for link in page.links] == [1] * len(page.links)


def test_a_heading_named_as_a_chapter_takes_no_link_from_it():
    text = "## Evidence\n\nSee [sources](#sources), [method](#method).\n\n## Sources\n\n## Method\n\n## Summary\n"
    page = whole(edition.in_print(m.saying("cabo_verde", text), "en"))
    assert len(page.ids) == len(set(page.ids))
    assert typeset.pdf(edition.in_print(m.saying("cabo_verde", text), "en").paper)


def test_the_evidence_chapter_holds_every_finding_that_the_text_cites_and_no_other():
    numbers = m.material().numbers
    for language in m.LANGUAGES:
        page, evidence_page = whole(m.in_print(language)), chapter(m.in_print(language), "evidence")
        led_to = {link[1:] for link in page.links if link.startswith("#finding-")}
        assert led_to == {each for each in m.Read(evidence_page).ids if each.startswith("finding-")}
        if language == "en":
            assert led_to == {f"finding-{numbers[each]}" for each in CITED}
        rows = re.findall(r"<tr>\s*<td>(.*?)</td>", evidence_page, re.DOTALL)
        shown = [int(m.Read(row).text.removeprefix("F")) for row in rows]
        assert shown == sorted(shown) and len(shown) == len(led_to)


def test_numbers_of_findings_are_the_same_in_all_languages():
    numbers = m.material().numbers
    for language, said in (("en", "1,234"), ("fr", "1\u202f234")):
        rows = dict(
            re.findall(
                r'id="finding-(\d+)".*?<td>(.*?)</td>', edition.findings_page(m.material(), "west_africa", language)
            )
        )
        assert said in rows[str(numbers["SEN/detected_victims.unodc"])]
        assert set(map(int, rows)) == {
            n for i, n in numbers.items() if areas.get(i.partition("/")[0]).study == "west_africa"
        }
    assert f"finding-{numbers['SEN/detected_victims.unodc']}" in whole(m.in_print("fr")).ids


def test_figures_and_tables_are_counted_through():
    for found in (m.in_print("en"), of_site("en"), of_site("fr")):
        text = whole(found).text
        for kind in ("figure", "table"):
            said = [int(n) for n in re.findall(rf"^{frame(found.language)(kind)} (\d+)\.", text, re.MULTILINE)]
            assert said == list(range(1, len(said) + 1)) and said, (found.language, kind)
        assert len(found.pictures) >= 2


def test_the_same_findings_in_another_order_give_the_same_report():
    shuffled = replace(m.material(), table=m.material().table.sample(frac=1, random_state=3))
    assert edition.in_print(shuffled, "en").paper == m.in_print("en").paper
    assert edition.on_site(shuffled, "fr").paper == of_site("fr").paper


def test_a_reference_that_leads_nowhere_stops_the_report_and_its_file_is_named():
    wrong = m.saying("method", "Few: [[SEN/detected_victims.undoc]].")
    with refused(UnknownReference, "unknown_reference", "pledge/chapters/en/method.md", "SEN/detected_victims.unodc"):
        edition.in_print(wrong, "en")


# --- pages of the site ---------------------------------------------------------------------------------------------


def test_the_page_of_an_area_has_what_its_brief_has_and_leads_to_its_briefs_and_its_analyses():
    found = chapter(of_site("fr"), "area-SEN")
    links = m.Read(found).links
    files = [f"../downloads/brief_SEN_{language}.{kind}" for language in ("en", "fr") for kind in ("pdf", "docx")]
    # The index has all of them, also those that are added when the report stands.
    assert [link for link in links if link.startswith("..")] == [*files, "../../index.html#west_africa-SEN"]
    headings = re.findall(r"<h2[^>]*>(.*?)</h2>", m.fragment(edition.brief(m.material(), "SEN", "fr").markdown))
    assert re.findall(r"<h2[^>]*>(.*?)</h2>", found) == headings
    # Its numbers lead to findings, which those of a brief do not.
    number = m.material().numbers["SEN/detected_victims.unodc"]
    assert f"findings-west_africa.html#finding-{number}" in links


def test_a_study_without_a_layout_and_without_a_brief_has_its_chapter_and_its_pages():
    assert "cabo_verde" not in m.material().layout.areas
    assert ">5<" in chapter(of_site("pt"), "area-CPV-SAL")
    bare = replace(m.material(), layout=replace(m.material().layout, areas={}), briefs={}, questions={}, changes=None)
    assert [each.anchor for each in edition.on_site(bare, "tr").chapters][:3] == [
        "summary",
        "turkiye",
        "recommendations",
    ]
    assert edition.brief(bare, "SEN", "en").markdown.count("## ") >= 3


def test_what_leads_to_a_study_that_an_edition_does_not_have_is_text():
    french = replace(
        m.material().texts, chapters={**m.material().texts.chapters, ("summary", "fr"): m.CHAPTERS["summary", "tr"]}
    )
    found = chapter(edition.on_site(replace(m.material(), texts=french), "fr"), "summary")
    assert "240" in found and m.Read(found).links == []


def test_the_page_of_findings_has_every_finding_with_its_method_and_its_limits_as_codes():
    for study in areas.reported():
        page = edition.findings_page(m.material(), study, "en")
        rows = re.findall(r'<tr id="finding-(\d+)">(.*?)</tr>', page)
        own = m.material().table[m.material().table["study"] == study]
        assert sorted(int(number) for number, _ in rows) == sorted(
            m.material().numbers[each] for each in own["finding_id"]
        )
        codes = dict(re.findall(r"<dt>(\w+)</dt><dd>(.*?)</dd>", page))
        assert (
            codes["M1"] == "Read from &lt;b&gt;reports&lt;/b&gt; &amp; tables (UNODC, 2025)."
            and codes["L1"] == m.LIMITS
        )
        for number, row in rows:
            used = re.findall(r"\b[MLW]\d\b", row)
            assert {"M1", "L1"} <= set(used) <= set(codes), number
        unknown = own[own["status"] != "known"]
        assert sum("W1" in row or "W2" in row for _, row in rows) == len(unknown)


def test_sources_are_those_of_the_findings_cited_and_on_the_site_all_one_by_one():
    printed, listed = chapter(m.in_print("en"), "sources"), chapter(of_site("en"), "sources")
    both = [bibliography.citations([each])["citation"].item() for each in (m.SOURCE, m.OTHER_SOURCE)]
    assert all(said in m.Read(listed).text for said in (m.SOURCE, m.OTHER_SOURCE, *both))
    makers = bibliography.by_publisher([m.SOURCE, m.OTHER_SOURCE])
    assert all(name.rpartition(" (")[0] in m.Read(printed).text for name in makers)
    assert m.Read(listed).links == []


def test_annexes_show_what_changed_what_was_promised_and_what_was_asked():
    found = {name: chapter(of_site("en"), name) for name in ("changes", "commitments", "questions")}
    (row,) = re.findall(r"<tbody>.*?<tr>(.*?)</tr>\s*</tbody>", found["changes"], re.DOTALL)
    cells = [m.Read(cell).text for cell in re.findall(r"<td>(.*?)</td>", row, re.DOTALL)]
    assert cells[1:3] == ["200", "1,234"] and cells[0].startswith("Senegal")
    assert m.Read(found["commitments"]).text.count("Meet.") == 1 and m.Read(found["commitments"]).links == []
    asked = m.Read(found["questions"])
    assert "How many?" in asked.text and "Nobody asks in 16 countries." in asked.text and asked.links
    nothing = chapter(edition.on_site(replace(m.material(), changes=None), "en"), "changes")
    assert frame("en")("changes_none").rstrip(".") in m.Read(nothing).text and "<table" not in nothing


def test_a_lesson_stands_in_the_languages_it_is_written_in_with_its_study():
    lessons = (Lesson("L2", "turkiye", {"en": "Of one study.", "tr": "Bir ders."}), Lesson("L3", "", {"tr": "Hep."}))
    texts = replace(m.material().texts, lessons=lessons)
    texts = replace(texts, chapters={**texts.chapters, ("lessons", "tr"): "Dersler.\n", ("lessons", "fr"): "Rien.\n"})
    of = replace(m.material(), texts=texts)
    english, french, turkish = [chapter(edition.in_print(of, each), "lessons") for each in ("en", "fr", "tr")]
    assert "Türkiye. Of one study." in m.Read(english).text and "Hep." not in english and "<li>" not in french
    assert "Bir ders." in turkish and "Hep." in turkish


def test_areas_about_which_nobody_wrote_are_in_the_brief_of_their_studys_areas(monkeypatch):
    text = "---\ntitle: Provinces, one by one\n---\n\n## The answer\n\nA sentence.\n"
    of = replace(m.material(), briefs={**m.BRIEFS, ("turkiye_areas", "en"): text, ("TR-35", "en"): text})
    assert edition.brief_languages(of, "turkiye_areas") == ["en"] and edition.brief_languages(of, "TR-27") == []
    assert edition.brief_languages(of, "TR-35") == ["en"]
    paper = edition.brief(of, "turkiye_areas", "en")
    assert paper.title == "Provinces, one by one" and "A sentence." in paper.markdown
    names = [each.brief for each in batch.to_print(of)]
    assert "turkiye_areas" in names and "TR-35" in names and "TR-27" not in names and "SEN" in names
    page = chapter(edition.on_site(of, "en"), "area-TR-27")
    assert "../downloads/brief_turkiye_areas_en.pdf" in m.Read(page).links
    # It may be longer than two pages: of each area with evidence of its own there is one.
    long = {("turkiye_areas", "en"): text + "\nA line of a paragraph.\n" * 140}
    monkeypatch.setattr(batch, "material_of_report", lambda: replace(of, briefs=long))
    assert typeset.pages_of(batch.printed(batch.ToPrint("en", "turkiye_areas"))["brief_turkiye_areas_en.pdf"]) > 2


def test_data_sets_that_are_confidential_are_not_named():
    pages = [each.decode() for path, each in m.made_site().items() if path.endswith(".html")]
    texts = [m.in_print(language).paper.markdown for language in m.LANGUAGES]
    for said in (*pages, *texts):
        assert not re.search("Kanaryaoglu|secret|c{64}|d{64}|police", said)


# --- pages of print ------------------------------------------------------------------------------------------------


def test_a_brief_of_three_pages_is_refused(monkeypatch):
    monkeypatch.setattr(batch, "material_of_report", m.material)
    made = batch.printed(batch.ToPrint("fr", "SEN"))
    assert list(made) == ["brief_SEN_fr.pdf", "brief_SEN_fr.docx"] and typeset.pages_of(made["brief_SEN_fr.pdf"]) <= 2
    long = {("turkiye", "en"): m.BRIEFS["turkiye", "en"] + "\nA line of a paragraph.\n" * 140}
    monkeypatch.setattr(batch, "material_of_report", lambda: replace(m.material(), briefs=long))
    with refused(TypesettingFailed, "too_long", "brief_turkiye_en.pdf", 3):
        batch.printed(batch.ToPrint("en", "turkiye"))


def test_what_follows_from_synthetic_data_is_printed_under_a_name_that_says_so(monkeypatch):
    monkeypatch.setattr(batch, "material_of_report", m.synthetic)
    assert list(batch.printed(batch.ToPrint("en", "TR-27"))) == [
        "brief_TR-27_en_SYNTHETIC.pdf",
        "brief_TR-27_en_SYNTHETIC.docx",
    ]
