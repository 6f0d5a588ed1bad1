"""What is said of each place: its profile in the report, and its brief of two pages."""

import re
from dataclasses import replace

import pytest
import report_material as m
from refusals import refused

from analysis import areas
from analysis.areas import UnknownArea
from analysis.findings import measures
from analysis.findings.confidence import GRADES, grade_word
from analysis.findings.finding import as_table
from analysis.findings.measures import MEASURES, area_name
from analysis.recommendations.gap_actions import is_gap
from analysis.report import edition, places, typeset
from analysis.report.references import context_of
from analysis.report.writer import Writer, frame

UNSTATED = "CPV-SANTALUZIA"


def writer(language: str = "en", **said) -> Writer:
    of = m.material()
    return Writer(language, of.texts, of.layout, of.context, of.shown, lambda *_: "", **said)


def words(item: str, language: str = "en") -> str:
    return MEASURES["gap"].item_words(item, language)


@pytest.mark.parametrize(
    ("area_id", "language"),
    [
        *(("SEN", "fr"), ("GMB", "en"), ("GNB", "pt"), ("CPV", "pt"), ("CPV-SAL", "pt"), ("TR-27", "tr")),
        *(("turkiye", "tr"), ("west_africa", "fr"), ("cabo_verde", "pt"), ("NGA", "en")),
    ],
)
def test_authorities_read_in_the_language_in_which_they_work(area_id: str, language: str):
    assert places.working_language(area_id) == language


@pytest.mark.parametrize(
    ("low", "high", "status", "gap"),
    [
        *((0, 0, "known", False), (3, 3, "known", True), (1, 3, "known", True)),
        *((0, 3, "known", False), (None, None, "not read", False)),
    ],
)
def test_a_gap_is_one_whatever_is_unknown_turns_out_to_be(low, high, status, gap):
    assert is_gap({"low": low, "high": high, "status": status}) == gap


def test_a_finding_on_a_state_tells_one_of_five():
    states = [places.state_of({"low": level, "status": "known"}) for level in (0, 1, 2)]
    assert states == ["in_place", "partly", "not_in_place"]
    assert places.state_of({"low": None, "status": "not reported"}) == "unknown"


def test_each_dimension_has_its_indicators_by_state_with_their_years_and_what_was_read():
    for language, high, low in (("en", "high", "low"), ("fr", "élevée", "faible")):
        first, second = places.dimensions(writer(language), "SEN")
        label = frame(language).said["profile"]
        last = measures.dated({"measure": "gap", "status": "known", "period": "2020"}, language)

        def plain(dimension: places.Dimension) -> dict[str, list[str]]:
            return {name: [each.replace("\\", "") for each in said] for name, said in dimension.states}

        assert plain(first) == {
            label["in_place"]: [f"{words('A1', language)} (2022)"],
            label["not_in_place"]: [f"{words('A2', language)} ({high}, {last})"],
        }
        assert plain(second) == {
            label["partly"]: [f"{words('B1', language)} ({low}, {last})"],
            label["unknown"]: [words("B2", language), words("B3", language)],
            # B4 is asked of others in the study, and Senegal has no state of it.
            label["does_not_apply"]: [words("B4", language)],
        }
        assert "UNICEF" in first.read and "UNICEF" not in second.read
    assert places.dimensions(writer(), "TGO") == [] == places.dimensions(writer(), "TR-27")


@pytest.mark.parametrize("language", m.LANGUAGES)
def test_a_profile_has_a_line_a_dimension(language: str):
    said = frame(language).said["profile"]
    page = m.fragment(places.profile(writer(language), "SEN", opened=False))
    lines = [m.Read(each).text for each in re.findall(r"<p>(.*?)</p>", page, re.DOTALL)]
    assert len(lines) == 2
    wanted = (("in_place", "not_in_place", "read"), ("partly", "unknown", "does_not_apply", "read"))
    for line, has in zip(lines, wanted, strict=True):
        names = ("in_place", "partly", "not_in_place", "unknown", "does_not_apply", "read")
        told = [name for name in names if re.search(rf"[.] {said[name]}{frame(language)('colon')}", line)]
        assert tuple(told) == has


def test_a_gap_leads_to_its_finding_on_the_site_and_not_in_print():
    assert "](#finding-" in places.profile(writer(site=True), "SEN", opened=False)
    assert "](#finding-" not in places.profile(writer(), "SEN", opened=False)


@pytest.mark.parametrize(
    ("area_id", "measures", "found"),
    [
        # A zero, then what nobody reported, then a number.
        (
            "SEN",
            ["detected_child_victims.us_reports", "detected_victims.us_reports", "detected_victims.unodc"],
            "detected_victims.unodc",
        ),
        ("SEN", ["detected_child_victims", "detected_victims.us_reports"], None),
        ("SEN", ["share_of_children", "detected_victims"], "share_of_children.unodc"),
        # Only bounds are known.
        ("GMB", ["detected_victims"], "detected_victims.unodc"),
        ("TGO", ["detected_victims"], None),
        (UNSTATED, ["detected_victims"], None),
    ],
)
def test_the_first_that_is_known_is_neither_unknown_nor_zero(area_id: str, measures: list[str], found: str | None):
    row = places.first_known(writer(), area_id, measures)
    assert (row and row["finding_id"]) == (found and f"{area_id}/{found}")


def test_what_opens_says_what_is_known_and_that_nothing_is():
    numbers = m.material().numbers
    first, second, third = places.opening(writer(), "SEN")
    assert f"[F{numbers['SEN/detected_victims.unodc']}](#finding-" in first and "42%" in second
    # Of 5 indicators 1 is in place, 1 partly and 1 not; 2 are unknown, and 2 more, C2 and B4, do not apply; A2 is high.
    assert re.findall(r"\b\d\b", third) == ["5", "1", "1", "1", "2", "2"]
    assert words("A2") in third and words("B1") not in third
    no_victims = frame("en").said["brief"]["no_victims"]
    for area_id in ("TGO", UNSTATED):
        (only,) = places.opening(writer(), area_id)
        assert only.replace("\\", "") == no_victims.format(area=area_name(area_id))


# --- briefs --------------------------------------------------------------------------------------------------------

SECTIONS = {
    "SEN": ["answer", "numbers", "gaps", "actions", "unknown", "dimensions"],
    "TR-27": ["answer", "numbers", "evidence_gaps", "actions", "unknown", "context"],
    "TR-35": ["answer", "numbers", "actions", "unknown", "context"],
    # Of a study without a brief of its own.
    "CPV-SAL": ["answer", "numbers", "actions", "unknown"],
    UNSTATED: ["answer", "actions", "unknown"],
}


def brief(area_id: str, language: str = "en") -> str:
    return m.fragment(edition.brief(m.material(), area_id, language).markdown)


def headings(page: str) -> list[str]:
    return [m.Read(each).text for each in re.findall(r"<h2[^>]*>(.*?)</h2>", page)]


def section(page: str, name: str, language: str = "en") -> str:
    after = page.partition(f">{frame(language).said['brief'][name]}</h2>")[2]
    return after.partition("<h2")[0]


@pytest.mark.parametrize("area_id", SECTIONS)
def test_a_brief_has_its_sections_in_their_order(area_id: str):
    languages = edition.brief_languages(m.material(), area_id)
    assert languages == {"SEN": ["en", "fr"], "TR-27": ["en"], "TR-35": ["en"]}.get(area_id, ["en", "pt"])
    for language in languages:
        said = frame(language).said["brief"]
        assert headings(brief(area_id, language)) == [said[name] for name in SECTIONS[area_id]]


@pytest.mark.parametrize("area_id", ["SEN", "TR-27", "TR-35", "TGO", "CPV-SAL"])
def test_the_numbers_of_a_brief_are_few_and_have_a_period_a_source_and_a_confidence(area_id: str):
    lines = re.findall(r"<tr>(.*?)</tr>", section(brief(area_id), "numbers"), re.DOTALL)[1:]
    cells = [[m.Read(cell).text for cell in re.findall(r"<td>(.*?)</td>", line, re.DOTALL)] for line in lines]
    assert 1 <= len(cells) <= places.NUMBERS
    for what, value, period, source, confidence in cells:
        assert confidence in (*map(grade_word, GRADES), "–")
        assert what and value not in ("0", "–") and re.search(r"\d{4}", period) and re.search(r"\d{4}", source)


def test_a_number_of_the_study_says_so_in_the_brief_of_an_area_that_has_none_of_its_own():
    assert "West Africa" in section(brief("TGO"), "numbers")


def test_gaps_of_a_brief_are_the_most_serious_with_their_sources():
    items = ("A2", "B1", "C1", "C2", "C3")
    rules = zip(items, (1, 2, 3, 1, 3), strict=True)
    more = [m.found("MLI", f"gap.{item}", level, source_ids=(m.OTHER_SOURCE,)) for item, level in rules]
    table = as_table([each.row() for each in (*m.FINDINGS, *more)])
    of = replace(m.material(), table=table)
    page = m.fragment(edition.brief(of, "MLI", "en").markdown)
    listed = re.findall(r"<li>(.*?)</li>", section(page, "gaps"), re.DOTALL)
    assert len(listed) == places.GAPS and all("UNICEF" in each for each in listed)
    said = [words(item) for item in ("C1", "C3", "B1")]
    assert [each[1:].startswith(name[1:]) for each, name in zip(listed, said, strict=True)] == [True] * 3
    assert context_of(of.texts, table).by_area["MLI"].keys() == {f"gap.{item}" for item in items}


def test_what_is_not_known_is_named_with_why():
    page = brief("TR-27")
    (gap,) = re.findall(r"<li>(.*?)</li>", section(page, "evidence_gaps"), re.DOTALL)
    assert gap.endswith(f": {frame('en').said['statuses']['not reported']}")
    assert "Gaziantep" in section(page, "unknown")
    # What is known of the study stands there too, as its own brief says it.
    assert "240" in section(page, "context")


def test_what_a_brief_advises_is_of_the_recommendations_at_most_three_and_without_their_numbers():
    of = m.material()
    for area_id in ("SEN", "TGO", "CPV-SAL"):
        listed = re.findall(r"<li>(.*?)</li>", section(brief(area_id), "actions"), re.DOTALL)
        advised = places.advised(of.asked, of.texts, area_id, "en")[: places.ACTIONS]
        assert 1 <= len(listed) == len(advised)
        assert all(m.Read(each.action["en"]).text in line for each, line in zip(advised, listed, strict=True))
        # A number would lead nowhere from there.
        assert not any(each.recommendation_id in line for each in of.texts.recommendations for line in listed)


def test_the_number_of_a_recommendation_leads_to_it_where_the_edition_has_it():
    (there,) = (each for each in m.material().texts.recommendations if each.recommendation_id == "WA-one")
    said = places.advice_line(writer(recommended=["WA-one"]), there)
    assert said.endswith(r"([WA\-one](#recommendation-WA-one))") and "WA" not in places.advice_line(writer(), there)
    # What a study without a chapter in the language is advised, the edition does not have.
    for chapter in (*edition.on_site(m.material(), "fr").chapters, *edition.in_print(m.material(), "fr").chapters):
        assert set(re.findall(r"\(#recommendation-([A-Z]+)", chapter.text)) <= {"WA"}


def test_no_brief_has_a_link_and_each_fits_on_its_pages():
    of = m.material()
    for area_id in (*SECTIONS, "TGO", *("turkiye", "west_africa")):
        for language in edition.brief_languages(of, area_id):
            page = m.Read(brief(area_id, language))
            assert page.links == [] and page.levels[0] == 1 and page.levels.count(1) == 1
    assert edition.brief_languages(of, "cabo_verde") == []
    assert typeset.pages_of(typeset.pdf(edition.brief(of, "SEN", "fr"))) <= 2


def test_a_brief_names_its_place_the_state_of_the_data_and_what_is_only_in_english():
    paper = edition.brief(m.material(), "TR-27", "en")
    assert "Gaziantep" in paper.title and "2026" in paper.state and paper.form == "brief"
    note = frame("en").said["brief"]["language_note"]
    assert note.rstrip(".") in m.Read(brief("TR-27")).text and note.rstrip(".") not in m.Read(brief("SEN")).text
    assert frame("fr")("awaits").rstrip(".") in m.Read(brief("SEN", "fr")).text


def test_a_place_that_is_not_there_is_refused():
    with refused(UnknownArea, "unknown_area", "XYZ"):
        edition.brief(m.material(), "XYZ", "en")
    assert "XYZ" not in areas.ids("west_africa")
