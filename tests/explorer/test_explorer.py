"""What the explorer's page asks is answered by Python; a program that runs the notebook is shown figures.

Expected numbers are counts of `explorer_page.ROWS` by hand.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from explorer_page import NOT, ROWS, SAL, STUDY, TITLE, asked, records_of, selected
from figure_texts import words as written
from projects import PLAIN
from refusals import refused

from analysis import areas, explorer
from analysis.explorer import Exploration, Explorer, explore, figures
from analysis.explorer.counts import counted
from analysis.explorer.records import NoSuchChoice, Records, Selection

# --- what is answered ----------------------------------------------------------------------------------------------


def test_it_begins_with_the_area_and_says_in_words_what_is_shown_and_who_is_left_out(offer):
    offer(records_of())
    found = asked(Exploration(SAL), "setup")
    # Four of seven are of Sal; of one the area is not known.
    said = "4 persons detected in Sal, 2018–2021. 1 whose area is not known is left out."
    assert found["views"]["sentence"] == said
    assert found["selection"] == found["begin"] == selected(area_ids=["CPV-SAL"])
    assert asked(Exploration(STUDY), "setup")["views"]["sentence"] == "7 persons detected in Cabo Verde, 2018–2021."


@pytest.mark.parametrize(
    ("chosen", "said"),
    [
        # The first row; of the fourth the age is not known.
        (
            {"area_ids": ["CPV-SAL"], "sex": ["female"], "age_group": ["12-14"]},
            "1 person detected in Sal, 2018–2021: female; age 12-14. "
            "1 whose age at detection is not known is left out.",
        ),
        # The fourth, of 2020 or 2021; the last has no area.
        (
            {"area_ids": ["CPV-SAL"], "period": [2021, 2021]},
            "1 person detected in Sal, 2021. 1 whose area is not known is left out. "
            "Of those counted, 1 may lie outside the period.",
        ),
        ({"form": ["begging"]}, "4 persons detected in Cabo Verde, 2018–2021: form begging."),
        (
            {"nationality": ["Senegal", "Cabo Verde"], "sex": ["male"]},
            "2 persons detected in Cabo Verde, 2018–2021: male; nationality Senegal or Cabo Verde. "
            "1 whose sex is not known is left out.",
        ),
    ],
)
def test_the_line_is_true_of_what_is_chosen(offer, chosen, said):
    offer(records_of())
    assert asked(Exploration(STUDY), "views", selection=selected(**chosen))["sentence"] == said


def test_of_national_figures_all_are_shown_where_none_is_told_of_the_area(offer):
    offer(records_of(rows=[(NOT, *row[1:]) for row in ROWS]))
    found = asked(Exploration(SAL), "setup")
    assert found["selection"]["area_ids"] == []
    assert found["views"]["n"] == 7


def test_the_map_has_the_classes_of_all_maps_and_an_area_without_anybody_has_none(offer):
    offer(records_of())
    found = asked(Exploration(SAL), "views", selection=selected(area_ids=["CPV-SAL"]))["classes"]
    # 2 in Fogo and 4 in Sal, whichever area is chosen.
    assert set(found["of"]) == {"CPV-SAL", "CPV-FOGO"}
    assert found["of"]["CPV-FOGO"] < found["of"]["CPV-SAL"]
    assert len(found["labels"]) == 2


def test_outlines_and_names_are_sent_once(offer):
    offer(records_of())
    first = asked(Exploration(SAL), "setup")
    again = asked(Exploration(SAL), "views", selection=selected())
    assert {area["id"] for area in first["map"]["areas"]} == set(areas.ids("cabo_verde"))
    assert all(area["d"].startswith("M") for area in first["map"]["areas"])
    assert not {"map", "values", "palette", "datasets"} & set(again)
    assert len(json.dumps(again)) < 4000


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [(1234, None, "1,234"), (0, 4, "0–4"), (5, 5, "5"), (1.5, None, "1.5")],
)
def test_a_count_is_written_as_what_is_known_of_it(low, high, words):
    assert figures.interval(low, high) == words


def test_one_is_not_in_the_plural():
    assert figures.with_unit(1, None, "mentions of a pair") == "1 mention of a pair"
    assert figures.with_unit(1, 4, "persons") == "1–4 persons"


def test_whoever_drew_the_boundaries_is_named_where_their_licence_asks_for_it(monkeypatch):
    records = records_of("public")
    page = explorer.setup(areas.get("CPV-SAL"), records, Selection.all(records), Selection.all(records))
    assert page["source"].startswith("Source: ") and "Boundaries" not in page["source"]
    monkeypatch.setattr(areas, "credit", lambda study: f"© who drew {study} (ODbL)")
    page = explorer.setup(areas.get("CPV-SAL"), records, Selection.all(records), Selection.all(records))
    assert page["source"].endswith(" Boundaries: © who drew cabo_verde (ODbL).")


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ({"ask": "views", "selection": selected(area_ids=["SEN"])}, "'SEN' is no area of"),
        ({"ask": "views", "selection": selected(shoe=["42"])}, "There is no filter 'shoe'"),
        ({"ask": "setup", "dataset": "Another"}, f"There is no data set 'Another' of Sal. There are: {TITLE}."),
        ({"ask": "table", "by": ["shoe"], "selection": selected()}, "has no column 'shoe'"),
        ({"ask": "sing", "selection": selected()}, "run the notebook's cell again"),
        ({"ask": "views"}, "This could not be answered"),
    ],
)
def test_what_cannot_be_answered_is_a_sentence(offer, message, said):
    offer(records_of())
    found, files = Exploration(SAL).answer({"number": 3, "view": "v"} | message)
    assert found["say"] == "failed" and said in found["sentence"] and files == []
    # The page knows what was refused, and what else it can ask for.
    assert (found["number"], found["view"], found["datasets"]) == (3, "v", [TITLE])


def test_of_confidential_records_no_message_of_another_library_is_passed_on(offer, monkeypatch):
    offer(records_of("confidential"))
    exploration = Exploration(SAL)
    monkeypatch.setattr(explorer, "counted", lambda *_: {}["Ayse, born 2010"])
    assert asked(exploration, "views", selection=selected())["sentence"] == "This could not be answered: KeyError."
    offer(records_of("public"))
    assert "Ayse" in asked(Exploration(SAL), "views", selection=selected())["sentence"]


def test_data_that_cannot_be_opened_leave_no_message_either(monkeypatch):
    def broken() -> Records:
        raise ValueError("Ayse, born 2010")

    monkeypatch.setattr("analysis.explorer.datasets.available", lambda place: {TITLE: broken})
    assert asked(Exploration(SAL), "setup")["sentence"] == "This could not be answered: ValueError."


def test_the_copied_code_shows_the_same_again(offer, monkeypatch):
    offer(records_of())
    chosen = Selection(("CPV-SAL",), (2019, 2020), sex=("female",), form=("begging", "sale"))
    code = asked(Exploration(SAL), "views", selection=chosen.as_message())["python"]
    called = []
    monkeypatch.setattr("analysis.explorer.explore", lambda *arguments: called.append(arguments))
    exec(code, {})
    assert called == [("CPV-SAL", TITLE, chosen)]


def test_what_is_begun_with_is_shown_and_reset_goes_to_the_area(offer):
    offer(records_of())
    chosen = Selection(("CPV-FOGO",), (2019, 2021), sex=("male",))
    found = asked(Exploration(SAL, TITLE, chosen), "setup")
    assert found["selection"] == chosen.as_message()
    assert found["begin"]["area_ids"] == ["CPV-SAL"]
    with refused(NoSuchChoice, "unknown_dataset", "'Another'"):
        Exploration(SAL, "Another")


# --- the notebook --------------------------------------------------------------------------------------------------


def test_nothing_that_is_counted_is_part_of_the_state_that_a_notebook_can_save(offer):
    offer(records_of("confidential"))
    widget = Explorer(Exploration(SAL))
    before = widget.get_state()
    sent: list[dict] = []
    widget.send = lambda message, files=None: sent.append(message)
    for ask in ("setup", "views", "table"):
        widget._receive(widget, {"ask": ask, "selection": selected(), "by": ["area"]}, [])
    assert [each["say"] for each in sent] == ["setup", "views", "table"]
    after = widget.get_state()
    assert after == before
    own = {name: value for name, value in after.items() if name not in ("_esm", "_css")}
    assert not any("Sal" in str(value) or TITLE in str(value) for value in own.values()), own
    # What a cell keeps beside the reference to the widget.
    assert widget._repr_mimebundle_()[0]["text/plain"] == (
        "Explorer of Sal: run this cell to see it. Counts are not saved."
    )


@pytest.mark.slow
def test_a_widget_is_shown_where_a_server_started_the_kernel_and_figures_elsewhere(offer, monkeypatch):
    offer(records_of())
    monkeypatch.setenv("JPY_SESSION_NAME", "notebooks/explore.ipynb")
    assert isinstance(explore("CPV-SAL"), Explorer)
    assert isinstance(explore("CPV-SAL", live=False), figures.Still)
    monkeypatch.delenv("JPY_SESSION_NAME")
    assert isinstance(explore("CPV-SAL"), figures.Still)
    assert isinstance(explore("CPV-SAL", live=True), Explorer)


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "release_class"), [("synthetic", "internal"), ("public", "public")])
def test_without_a_browser_map_years_flows_and_table_are_figures(offer, kind, release_class):
    offer(records_of(kind))
    parts = explore("CPV-SAL", live=False).parts
    line, *pictures, table = parts
    assert "4 persons detected in Sal, 2018–2021." in line.data
    suffix = "_SYNTHETIC" if kind == "synthetic" else ""
    names = [f"explored_{name}{suffix}" for name in ("map", "years", "flows")]
    assert [picture.metadata["name"] for picture in pictures] == names
    assert {picture.metadata["release_class"] for picture in pictures} == {release_class}
    assert ("SYNTHETIC" in line.data) == ("SYNTHETIC" in table.data) == (kind == "synthetic")
    assert "Sal 4; Fogo 2" in pictures[0].alt


@pytest.mark.slow
def test_a_year_that_nobody_published_is_unknown_and_one_without_anybody_on_a_list_is_nobody(offer):
    drawn = {}
    for kind in ("public", "synthetic"):
        records = records_of(kind)
        chosen = Selection.all(records)
        years = figures.exhibits(STUDY, records, chosen, counted(records, chosen))[1]
        drawn[kind] = "no figure found" in written(years.figure)
    # Nobody is of 2018.
    assert drawn == {"public": True, "synthetic": False}


@pytest.mark.slow
def test_two_areas_are_two_series_of_the_figure_of_years(offer):
    records = records_of()
    chosen = Selection(("CPV-SAL", "CPV-FOGO"), records.period)
    years = figures.exhibits(STUDY, records, chosen, counted(records, chosen))[1]
    assert {"Sal", "Fogo"} <= set(written(years.figure).split())
    # Of Fogo one of 2019 and one of 2021.
    assert years.alt.endswith("The most: Sal 2019 2; Fogo 2019 1.")


def test_confidential_counts_are_not_written_into_a_notebook_that_a_program_runs(offer):
    offer(records_of("confidential"))
    (only,) = explore("CPV-SAL", live=False).parts
    assert "CONFIDENTIAL" in only.data and not any(letter.isdigit() for letter in only.data)
    assert only.metadata == {"release_class": "internal"}


@pytest.mark.soak
def test_a_program_runs_the_notebook_and_no_widget_is_left_in_it(tmp_path):
    import papermill

    environment = {name: value for name, value in (os.environ | PLAIN).items() if name != "JPY_SESSION_NAME"}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "environ", environment)
        notebook = papermill.execute_notebook(
            Path(__file__).parents[2] / "notebooks/explore.ipynb",
            tmp_path / "explore.ipynb",
            parameters={"area": "SEN"},
            kernel_name="python3",
            progress_bar=False,
        )
    assert "widgets" not in notebook.metadata
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    kinds = [kind for output in outputs for kind in output.get("data", {})]
    assert kinds.count("image/png") == 3
    assert not any("widget" in kind for kind in kinds)
