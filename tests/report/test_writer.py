"""Texts with what they cite: the tables, figures and lists that they ask for, in the words of each language."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
import report_material as m
from refusals import refused

from analysis import areas
from analysis.findings.finding import STATUSES
from analysis.findings.measures import LANGUAGES, MEASURES
from analysis.monitoring import KINDS_OF_CHANGE
from analysis.recommendations import MET, NOT_KNOWN, NOT_MET
from analysis.recommendations.texts import CHAPTERS, TIME_FRAMES
from analysis.report import layout
from analysis.report.references import UnknownReference, context_of
from analysis.report.writer import Shown, Writer, frame, numbered
from bounded.refusal import Refusal

ROOT = Path(__file__).parents[2]


def writer(language: str = "en", material=None, **said) -> Writer:
    of = material or m.material()
    rules = {"advice": lambda _, each, area_id="": f"To do: {each.recommendation_id}", **said}
    return Writer(language, of.texts, of.layout, of.context, **{"figures": of.shown, **rules})


def rows(text: str) -> list[list[str]]:
    """The cells of the table in a text as readers see them, its heads first."""
    lines = re.findall(r"<tr>(.*?)</tr>", m.fragment(text), re.DOTALL)
    return [[m.Read(cell).text for cell in re.findall(r"<t[hd]>(.*?)</t[hd]>", line, re.DOTALL)] for line in lines]


def test_a_table_of_areas_has_a_row_an_area_with_the_first_that_is_known_and_its_period():
    found = rows(writer().text("[[table:provinces]]", "x"))
    assert found[0][1] == "Victims" and len(found) == 1 + 9
    by_name = {name: said for name, said in found[1:]}
    assert by_name["İzmir"] == "56 (Apr 2023 – Mar 2024)"
    # What nobody reported is said so, and is not what nobody states.
    assert by_name["Gaziantep"] == "not reported" != by_name["Konya"]
    assert [row[0] for row in rows(writer("tr").text("[[table:provinces]]", "x"))][1:] == [row[0] for row in found[1:]]


def test_a_column_of_a_table_of_areas_can_leave_out_periods():
    of = m.material()
    spec = of.layout.tables["provinces"]
    undated = replace(spec, columns=(replace(spec.columns[0], undated=True),))
    of = replace(of, layout=replace(of.layout, tables={"provinces": undated}))
    assert dict(rows(writer(material=of).text("[[table:provinces]]", "x"))[1:])["İzmir"] == "56"


def test_a_table_of_areas_on_the_site_leads_to_findings_and_in_print_does_not():
    assert "](#finding-" in writer(site=True).text("[[table:provinces]]", "x")
    assert "](#finding-" not in writer().text("[[table:provinces]]", "x")


def test_a_table_of_gaps_has_those_of_the_level_asked_for_and_none_that_is_not_known():
    found = rows(writer("fr").text("[[table:high_gaps]]", "x"))
    assert [row[0] for row in found[1:]] == ["Gambie", "Sénégal"] and all("No means" not in row[1] for row in found)


def test_a_table_of_counts_has_official_counts_but_zeros_with_their_sources():
    found = rows(writer().text("[[table:cases]]", "x"))
    assert len(found) > 5 and {row[1] for row in found[1:]} == {"Convictions"}
    assert all(row[4] and not row[2].startswith("0") and "_" not in row[3] for row in found[1:])
    years = [re.findall(r"\d{4}", row[0])[0] for row in found[1:]]
    assert years == sorted(years)


def test_a_table_without_rows_is_none_and_takes_no_number():
    made = writer(figures=lambda *_: None)
    nowhere = replace(made.layout.tables["high_gaps"], at_least=9)
    made.layout = replace(made.layout, tables={"high_gaps": nowhere})
    assert made.text("[[table:high_gaps]]\n\n[[figure:incidence/SEN/x|A]]", "x") == "" == "".join(made.pictures)
    assert (made.tables, made.drawn) == (0, 0)


def test_numbers_are_a_table_with_value_period_and_source_and_name_the_places_where_they_are_several():
    both = rows(writer().text("[[numbers:SEN/detected_victims.unodc GMB/detected_victims.unodc]]", "x"))
    assert [row[1:3] for row in both[1:]] == [["1,234", "2020, last known"], ["between 1 and 4", "2019, last known"]]
    assert both[1][0].startswith("Senegal: ") and both[2][0].startswith("The Gambia: ") and both[1][3]
    ((_, one),) = [rows(writer().text("[[numbers:SEN/detected_victims.unodc]]", "x"))]
    assert "Senegal" not in one[0] and one[0][0].isupper()


def test_a_figure_has_its_number_its_caption_its_description_and_its_size():
    made = writer()
    text = made.text("[[figure:incidence/SEN/a_b|One *x*]]\n\n[[figure:incidence/TR-27/c|Two]]", "x")
    page = m.Read(m.fragment(text))
    assert [said["id"] for tag, said in page.tags if tag == "figure"] == ["figure-1", "figure-2"]
    size = {"alt": m.ALT, "loading": "lazy", "width": "902", "height": "520"}
    pictures = [said for tag, said in page.tags if tag == "img"]
    assert pictures == [{"src": f"{name}.png", **size} for name in made.pictures]
    assert list(made.pictures) == ["sen-incidence-a_b", "tr-27-incidence-c"] and "Figure 1. One *x*" in page.text
    # In another language it is described by its caption, and said to be in English.
    words = m.Read(m.fragment(writer("fr").text("[[figure:incidence/SEN/a|Deux]]", "x"))).tags
    assert next(said["alt"] for tag, said in words if tag == "img").startswith("Deux (")


@pytest.mark.parametrize(("width", "height", "highest", "percent"), [(900, 300, 150, 100), (300, 900, 150, 30)])
def test_a_picture_is_as_wide_as_a_line_or_as_high_as_it_may_be(width, height, highest, percent):
    tall = replace(m.material(), shown=lambda *_: Shown(m.picture(width, height), "Described."))
    assert f'width="{percent}%"' in writer(material=tall, highest=highest).text("[[figure:incidence/SEN/a|A]]", "x")


def test_recommendations_are_a_list_of_what_advice_says_of_each():
    assert writer().text("[[actions:WA-one TR-one]]", "x") == "- To do: WA-one\n- To do: TR-one"


@pytest.mark.parametrize(
    ("kind", "name", "code"),
    [
        ("table", "none", "unknown_table"),
        ("numbers", "SEN/nothing", "unknown_finding"),
        ("actions", "WA-none", "unknown_recommendation"),
        ("figure", "nothing", "unknown_figure"),
    ],
)
def test_what_a_text_asks_for_and_is_not_there_is_refused_and_the_file_named(kind: str, name: str, code: str):
    with refused(UnknownReference, code, name):
        writer().block(kind, name)
    with refused(UnknownReference, "unknown_reference", "pledge/x.md", name):
        writer().text(f"Text.\n\n[[{kind}:{name}]]\n", "pledge/x.md")


def test_a_text_begins_without_the_title_and_the_heading_of_its_file():
    text = "---\nstudy: turkiye\n---\n\n# A title\n\nWords.\n\n## Kept\n"
    assert writer().text(text, "x") == "Words.\n\n## Kept"


def test_numbers_of_findings_follow_the_order_in_which_chapters_cite_them_and_then_that_of_the_places():
    of = m.material()
    found = numbered(of.texts, of.table, CHAPTERS)
    assert sorted(found.values()) == list(range(1, len(of.table) + 1)) and set(found) == set(of.table["finding_id"])
    in_order = sorted(found, key=found.get)
    assert in_order[:5] == [
        *("SEN/detected_victims.unodc", "TGO/detected_victims.unodc", "GMB/detected_victims.unodc"),
        *("TR-35/detected_victims.any_source", "west_africa/detected_victims.unodc"),
    ]
    rest = [each.partition("/")[0] for each in in_order[6:]]
    assert rest == sorted(rest, key=[p for study in areas.reported() for p in (study, *areas.ids(study))].index)
    shuffled = of.table.sample(frac=1, random_state=3)
    assert numbered(of.texts, shuffled, CHAPTERS) == found


@pytest.mark.parametrize("text", ["[[numbers:{0}]]", "[[table:provinces]]"])
def test_synthetic_values_in_tables_say_so(text: str):
    of = m.synthetic()
    columns = replace(of.layout.tables["provinces"].columns[0], measures=("detected_victims.us_reports",))
    spec = replace(of.layout.tables["provinces"], columns=(columns,))
    of = replace(of, layout=replace(of.layout, tables={"provinces": spec}))
    found = rows(writer(material=of).text(text.format(m.FROM_SYNTHETIC.finding_id), "x"))
    (row,) = [row for row in found if any("81" in cell for cell in row)]
    assert any("SYNTHETIC" in cell for cell in row)


def test_a_text_that_cites_synthetic_data_says_so_before_each_of_them():
    of = m.synthetic()
    said = m.Read(m.fragment(writer(material=of).text(f"There [[{m.FROM_SYNTHETIC.finding_id}]].", "x"))).text
    assert said.strip() == "There SYNTHETIC 81."
    assert context_of(of.texts, of.table).counts.of("findings.synthetic") == 1


# --- words ---------------------------------------------------------------------------------------------------------


def phrases(said: dict, path: str = "") -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in said.items():
        found |= phrases(value, f"{path}{name}/") if isinstance(value, dict) else {f"{path}{name}": str(value)}
    return found


def test_all_frames_have_the_same_words_and_fields():
    english = phrases(dict(frame("en").said))
    for language in LANGUAGES[1:]:
        other = phrases(dict(frame(language).said))
        assert set(other) == set(english)
        for name, phrase in english.items():
            assert set(re.findall(r"\{\w+\}", other[name])) == set(re.findall(r"\{\w+\}", phrase)), (language, name)


def test_the_frame_has_words_for_all_that_there_can_be():
    said = frame("en").said
    assert set(said["statuses"]) == set(STATUSES) and set(said["states"]) == {MET, NOT_MET, NOT_KNOWN}
    assert set(said["time_frames"]) == set(TIME_FRAMES) and set(said["kinds_of_change"]) == set(KINDS_OF_CHANGE)
    assert set(said["levels"]) == {str(level) for level in MEASURES["gap"].levels if level}
    assert {*areas.reported(), ""} <= set(said["studies"]) and {*CHAPTERS} <= set(said["chapters"])
    # Figures of briefs have captions.
    of_pledge = [*map(layout.read(ROOT / "pledge").of, areas.reported()), layout.EVERY_STUDY]
    assert {stem for shows in of_pledge for _, stem, _ in shows.figures} <= set(said["captions"])


def test_a_language_without_words_is_refused():
    with refused(Refusal, "unknown_choice", "de"):
        frame("de")
