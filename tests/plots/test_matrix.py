"""Grids of rows and columns: what is not known looks like neither "no" nor zero, and every cell can be read."""

from __future__ import annotations

import itertools
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import referral_results
from figure_texts import faults, smallest, texts, words
from fuzzing import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.collections import PatchCollection
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.testing.compare import compare_images
from refusals import refused

from analysis import areas, catalog, evidence, headlines, plots
from analysis.exhibits import context, referral_evidence, referral_law, referral_profile
from analysis.plots import style
from analysis.plots.matrix import NOT_APPLICABLE, UNKNOWN, Category, ladder
from analysis.referral import attrition

PICTURES = Path(__file__).parents[1] / "reference" / "figures"
FOOTER = plots.Footer("made for a test", "2025", "16 countries", "Unknown is not no.")
SYNTHETIC = plots.Footer("made for a test", "2025", "16 countries", "Not real.", synthetic=True)
LEVELS = [*ladder("0123"), UNKNOWN, NOT_APPLICABLE]
DIMENSIONS = {
    f"{name[0]}{n}": name
    for name, size in {
        "A Legal & policy framework": 9,
        "B Institutions & coordination": 7,
        "C Identification & referral": 9,
        "D Individual support & protection": 7,
        "E Child-specific protection": 8,
        "F Social inclusion & return": 4,
        "G Criminal justice & redress": 6,
        "H Transnational/regional referral": 5,
        "I Data, monitoring & accountability": 5,
    }.items()
    for n in range(1, size + 1)
}
ANSWERS = pd.DataFrame(
    [
        ("Benin", "A1", "2", None, "law"),
        ("Benin", "A2", "3", "2019", "law"),
        ("Benin", "B1", "0", None, "law"),
        ("Niger", "A1", "unknown", None, "both"),
        ("Niger", "A2", "not applicable", None, "both"),
        ("Niger", "B1", None, None, "both"),
        ("Togo", "A1", "1", None, None),
    ],
    columns=["row", "column", "category", "note", "rests on"],
)
COUNTS = pd.DataFrame(
    [("Benin", 2020, 0.0), ("Benin", 2021, 120.0), ("Togo", 2020, np.nan), ("Togo", 2021, 40.0)],
    columns=["row", "column", "persons"],
)


def draw(table: pd.DataFrame = ANSWERS, *, title: str = "A title", footer=FOOTER, **rules) -> Figure:
    if "category" in table and "value" not in rules:
        rules = {"categories": LEVELS, "text": "note" if "note" in table else None} | rules
    return plots.matrix(table, title=title, footer=footer, **rules)


def counts(table: pd.DataFrame = COUNTS, **rules) -> Figure:
    return draw(table, value="persons", **rules)


def cells(figure: Figure, category: str) -> list[PatchCollection]:
    """The cells of a category, block by block."""
    found = [each for axes in figure.axes for each in axes.collections if each.get_gid() == f"cells:{category}"]
    return [each for each in found if isinstance(each, PatchCollection)]


def number_of(figure: Figure, category: str) -> int:
    return sum(len(each.get_paths()) for each in cells(figure, category))


def written(figure: Figure) -> dict[tuple[str, str], str]:
    """What stands in the cells, by row and column."""
    found = {}
    for text in texts(figure):
        if (text.get_gid() or "").startswith("text:"):
            _, row, column = str(text.get_gid()).split(":", 2)
            found[row, column] = text.get_text()
    return found


def names(figure: Figure, which: str = "y") -> list[str]:
    """The names at the rows or columns, block by block."""
    axes = [each for each in figure.axes if each.get_subplotspec() is not None]
    found = [each.get_yticklabels() if which == "y" else each.get_xticklabels() for each in axes]
    return [" ".join(label.get_text().split()) for labels in found for label in labels]


def key(figure: Figure) -> list[str]:
    return [text.get_text() for legend in figure.legends for text in legend.get_texts()]


def grey(colour) -> float:
    """Luma of ITU-R BT.601, as a grey printer sees a colour."""
    red, green, blue = to_rgb(colour)
    return 0.299 * red + 0.587 * green + 0.114 * blue


# What every figure carries


def test_it_says_its_source_period_number_and_limits():
    assert "Source: made for a test · Period: 2025 · n = 16 countries · Unknown is not no." in words(draw())


def test_a_synthetic_figure_has_the_watermark_and_the_word_in_its_title():
    figure = draw(footer=SYNTHETIC)
    assert style.is_synthetic(figure) and "SYNTHETIC · A title" in words(figure)


def test_an_empty_table_says_that_nothing_was_found():
    assert "no figure found" in words(draw(ANSWERS[:0]))


@pytest.mark.parametrize("column", ["row", "column", "category"])
def test_a_table_without_a_column_is_refused_by_the_name_of_the_column(column):
    with refused(ValueError, "missing_column", column):
        draw(ANSWERS.drop(columns=column))
    with refused(ValueError, "missing_column", "children"):
        plots.matrix(COUNTS, value="children", title="A title", footer=FOOTER)


def test_the_table_that_is_drawn_stays_as_it_was_and_the_same_table_gives_the_same_bytes():
    before = ANSWERS.copy()
    assert plots.png(draw()) == plots.png(draw())
    pd.testing.assert_frame_equal(ANSWERS, before)


def test_columns_that_know_missing_values_are_drawn_as_those_that_do_not():
    assert plots.png(draw(ANSWERS.convert_dtypes())) == plots.png(draw())
    assert plots.png(counts(COUNTS.convert_dtypes())) == plots.png(counts())


def test_a_figure_looks_as_it_did_when_it_was_last_looked_at(tmp_path):
    drawn, reference = tmp_path / "matrix.png", PICTURES / "referral_answer_matrix.png"
    rules = {"row_text": "rests on", "row_text_label": "rests on", "highlight": "Niger", "key_title": "level"}
    drawn.write_bytes(plots.png(draw(column_group="group", **rules, table=_grouped(ANSWERS))))
    if os.environ.get("REDRAW"):
        reference.write_bytes(drawn.read_bytes())
    # Root mean square over the pixels, of 255: letters may differ by a hair between machines.
    assert compare_images(str(reference), str(drawn), tol=3) is None


def _grouped(table: pd.DataFrame) -> pd.DataFrame:
    return table.assign(group=table["column"].map(DIMENSIONS))


# What can be read


@pytest.mark.soak
def test_texts_neither_cover_one_another_nor_leave_the_figure():
    title = "A title that is long enough to be broken into two lines of the figure at least, and then some"
    figure = draw(title=title, subtitle="And what stands below it", row_text="rests on", note="A note below. " * 12)
    assert round(figure.bbox.width) == 902
    assert faults(figure) == [] and smallest(figure) >= style.LEAST
    for row in range(len(ANSWERS)):
        assert faults(draw(ANSWERS.iloc[[row]])) == []


@pytest.mark.soak
def test_many_rows_with_long_names_do_not_cover_one_another():
    long = "a name that is long enough to be broken into several lines"
    parts = [ANSWERS.assign(row=[f"{row} {n}: {long}" for row in ANSWERS["row"]]) for n in range(9)]
    parts[0]["column"] = [f"{column} {long}" for column in parts[0]["column"]]
    table = pd.concat(parts, ignore_index=True)
    assert faults(draw(table)) == []
    assert faults(draw(table.assign(group="The name of a group that is " + long), row_group="group")) == []


def test_the_row_to_stress_is_bold():
    axes = draw(highlight="Benin").axes[0]
    assert [(label.get_text(), label.get_weight()) for label in axes.get_yticklabels()] == [
        ("Benin", "bold"), ("Niger", "normal"), ("Togo", "normal"),
    ]  # fmt: skip


def test_rows_and_columns_stand_in_the_order_that_is_asked_for_and_those_without_a_cell_are_unknown():
    figure = draw(rows=["Togo", "Mali", "Benin"], columns=["B1", "A1"])
    assert names(figure) == ["Togo", "Mali", "Benin"] and names(figure, "x") == ["B1", "A1"]
    assert number_of(figure, "unknown") == 3
    with refused(ValueError, "duplicate_name", "Togo"):
        draw(rows=["Togo", "Togo"])


@pytest.mark.slow
def test_sixty_columns_go_on_below_with_the_dimensions_above_them_and_the_codes_explained():
    countries = [f"Country {letter}" for letter in "ABCDEF"]
    table = pd.DataFrame([(c, i, "1") for c in countries for i in DIMENSIONS], columns=["row", "column", "category"])
    figure = draw(_grouped(table), column_group="group", column_names={"A1": "Trafficking criminalised", "Z9": "None"})
    assert faults(figure) == [] and smallest(figure) >= style.LEAST
    heads = [" ".join(text.get_text().split()) for text in texts(figure, "group")]
    assert heads == list(dict.fromkeys(DIMENSIONS.values()))
    assert names(figure, "x") == list(DIMENSIONS) and set(names(figure)) == set(countries)
    assert len(written(figure)) == 360
    assert "A1: Trafficking criminalised" in words(figure) and "Z9" not in words(figure)


@pytest.mark.slow
def test_sixty_rows_of_one_column_stand_in_two_blocks_beside_one_another():
    table = pd.DataFrame(
        [(i, "Niger", "2", "2 or 3") for i in DIMENSIONS], columns=["row", "column", "category", "note"]
    )
    figure = draw(table.assign(group=table["row"].map(DIMENSIONS)), row_group="group")
    assert faults(figure) == []
    left, right = (axes for axes in figure.axes if axes.get_subplotspec() is not None)
    assert left.get_position().x1 < right.get_position().x0 and names(figure) == list(DIMENSIONS)
    assert list(written(figure).values()) == ["2 or 3"] * 60
    assert [text.get_text() for text in texts(figure, "group")] == list(dict.fromkeys(DIMENSIONS.values()))


@pytest.mark.soak
@settings(max_examples=examples(8), deadline=None)
@given(st.integers(1, 40), st.integers(1, 45), st.integers(1, 6), st.sampled_from(["", "2019", "a sentence"]))
def test_every_cell_is_drawn_once_and_wide_enough_for_its_sign(rows: int, columns: int, groups: int, said: str):
    table = pd.DataFrame(
        [
            (f"row {r}", f"c{c}", str((r + c) % 4), said, f"group {c % groups}")
            for r in range(rows)
            for c in range(columns)
        ],
        columns=["row", "column", "category", "note", "group"],
    )
    figure = draw(table, column_group="group")
    assert sum(number_of(figure, level) for level in "0123") == rows * columns == len(written(figure))
    assert faults(figure) == []
    axes = figure.axes[0]
    (first,) = cells(figure, str(0))[0].get_paths()[:1]
    assert np.ptp(axes.transData.transform(first.vertices)[:, 0]) >= 0.2 * style.DPI


# What is not known


def test_a_pair_that_the_table_does_not_hold_or_holds_empty_is_unknown_and_hatched():
    figure = draw()
    # Niger A1 and B1, Togo A2 and B1.
    assert number_of(figure, "unknown") == 4
    assert {each.get_hatch() for each in cells(figure, "unknown")} == {style.UNKNOWN}
    assert not {("Niger", "B1"), ("Togo", "A2")} & set(written(figure))


def test_each_kind_of_not_knowing_has_a_hatching_and_differs_from_zero_and_from_what_does_not_apply():
    kinds = ["0", "unknown", "suppressed", "not asked", "not applicable"]
    table = pd.DataFrame({"row": "Benin", "column": [f"A{n}" for n in range(5)], "category": kinds})
    figure = plots.matrix(table, title="A title", footer=FOOTER)
    looks = {name: (each.get_hatch(), *each.get_facecolor()[0][:3]) for name in kinds for each in cells(figure, name)}
    assert len(set(looks.values())) == 5
    assert [looks[name][0] for name in kinds[:4]] == [None, style.UNKNOWN, style.SUPPRESSED, style.NOT_ASKED]
    assert written(figure) == {("Benin", "A0"): "0", ("Benin", "A4"): "–"}
    assert set(key(figure)) == {"0", "unknown", "suppressed", "not asked", "– not applicable"}


def test_a_suppressed_number_is_neither_written_nor_seen_in_the_classes():
    table = COUNTS.assign(category=[None, "suppressed", None, None], note="7,777")
    figure = counts(table, text="note")
    assert written(figure) == {("Benin", "2020"): "7,777", ("Togo", "2021"): "7,777"}
    figure = counts(table)
    assert set(written(figure).values()) == {"0", "40"} and "120" not in " ".join(key(figure))


def test_what_does_not_apply_is_blank_with_a_dash_and_not_hatched():
    figure = draw(ANSWERS[4:5])
    (cell,) = cells(figure, "not applicable")
    assert cell.get_hatch() is None and to_rgb(cell.get_facecolor()[0]) == (1, 1, 1)
    assert list(written(figure).values()) == ["–"] and "– not applicable" in key(figure)


# Categories and numbers


def test_levels_get_darker_in_a_grey_print_and_carry_their_signs():
    shades = [grey(category.colour) for category in ladder("01234")]
    assert all(light - dark > 0.08 for light, dark in itertools.pairwise(shades))
    table = pd.DataFrame([("Benin", f"A{n}", level) for n, level in enumerate("0123")], columns=ANSWERS.columns[:3])
    assert list(written(draw(table)).values()) == ["0", "1", "2", "3"]


def test_without_a_list_the_categories_of_the_table_are_shaded_and_numbered_in_the_key():
    table = pd.DataFrame([("Benin", "law", "draft"), ("Benin", "plan", "in force")], columns=ANSWERS.columns[:3])
    figure = plots.matrix(table, title="A title", footer=FOOTER)
    assert list(written(figure).values()) == ["1", "2"] and key(figure) == ["1: draft", "2: in force"]


def test_the_text_of_a_cell_comes_before_its_sign_and_is_left_out_where_it_has_no_room():
    assert written(draw(ANSWERS[1:2])) == {("Benin", "A2"): "2019"}
    table = pd.DataFrame([("Benin", str(n), "3", "a sentence") for n in range(30)], columns=ANSWERS.columns[:4])
    assert set(written(draw(table)).values()) == {"3"}


def test_the_key_has_the_whole_scale_and_of_the_other_marks_those_that_are_drawn():
    figure = draw(ANSWERS[1:2], key_title="level")
    assert key(figure) == ["0", "1", "2", "3"] and "level" in words(figure)


def test_a_sign_that_its_name_does_not_hold_is_told_in_the_key():
    listed = [
        Category("Tier 2", "#08306b", "2"),
        Category("Watch List", "#c6dbef", "W"),
        Category("coded", "#eee", "●"),
    ]
    table = pd.DataFrame([("Benin", "2001", "Tier 2")], columns=ANSWERS.columns[:3])
    assert set(key(draw(table, categories=listed))) == {"Tier 2", "W: Watch List", "● coded"}


def test_a_number_is_shaded_by_its_class_and_written_and_zero_is_not_what_is_missing():
    figure = counts(breaks=[0, 50, 100, 150])
    assert written(figure) == {("Benin", "2020"): "0", ("Benin", "2021"): "120", ("Togo", "2021"): "40"}
    assert (number_of(figure, "0 to 50"), number_of(figure, "100 to 150")) == (2, 1)
    assert number_of(figure, "unknown") == 1
    assert {"0 to 50", "50 to 100", "100 to 150", "unknown"} == set(key(figure))
    # A class holds its lower bound, and the last one its upper bound too.
    assert number_of(counts(breaks=[0, 40, 120]), "40 to 120") == 2
    assert faults(counts(COUNTS[:1])) == []


@pytest.mark.parametrize("breaks", [[0, 100], [10, 200], [0, 50, 50, 200]])
def test_breaks_that_do_not_hold_all_numbers_are_refused(breaks):
    with refused(ValueError, "breaks_out_of_range"):
        counts(breaks=breaks)


@pytest.mark.parametrize(
    ("categories", "said"),
    [(ladder("012"), ("unknown_category", "'3'", "Benin")), ([*LEVELS, UNKNOWN], ("duplicate_name",))],
)
def test_a_category_that_nobody_has_described_or_two_of_a_name_are_refused(categories, said):
    with refused(ValueError, *said):
        draw(categories=categories)


def test_a_pair_that_stands_twice_and_a_column_without_a_group_are_refused():
    with refused(ValueError, "duplicate_row", "Benin", "A1"):
        draw(pd.concat([ANSWERS[:1]] * 2))
    with refused(ValueError, "missing_group", "'A2'"):
        draw(ANSWERS.assign(group=ANSWERS["column"].map({"A1": "A", "B1": "B"})), column_group="group")


# Of the evidence


@pytest.mark.slow
def test_the_headline_of_each_stage_is_written_with_its_year():
    counted = evidence.stage_counts(referral_evidence.area_ids()).assign(breakdown="total")
    found = attrition.attrition(counted, breakdown="total", none_given=evidence.figures_not_given())
    figure = referral_law.stages(areas.get("west_africa"), found).figure
    assert figure is not None and faults(figure) == []
    measures = [measure for measure in headlines.MEASURES if measure != "child_victims"]
    known = sum(
        headlines.headline(area_id, measure).completeness != headlines.NONE
        for area_id in referral_evidence.area_ids()
        for measure in measures
    )
    said = written(figure)
    assert len(said) == known and number_of(figure, "not all checked") == 4 * 16 - known
    # UNODC 2022; the US report's excerpt breaks off at 94. Niger's 666 of five years are in no cell.
    assert said["Benin", "Convictions"] == "184 (2022)" and said["Niger", "Detected victims"] == "71 (2022)"
    assert said["Senegal", "Investigations"] == "part: 24 (2021/22)" and f"n = {known} " in words(figure)


@pytest.mark.slow
def test_treaties_are_named_by_what_they_are_about_and_tiers_hatched_where_none_was_found():
    place = areas.get("west_africa")
    statuses = referral_law.treaties(place)
    (exhibit,) = referral_law.treaties_in_force(place, statuses)
    figure = exhibit.figure
    assert figure is not None and faults(figure) == [] and "Rights of the child (CRC)" in names(figure, "x")
    assert len(set(names(figure, "x"))) == statuses["treaty"].nunique()
    tiers = referral_law.tiers(place).figure
    assert tiers is not None and faults(tiers) == []
    known = catalog.load("tiers")
    known = known[known["area_id"].isin(referral_evidence.area_ids())]
    years = known["report_year"].max() - known["report_year"].min() + 1
    assert number_of(tiers, "unknown") == years * known["area_id"].nunique() - len(known)


@pytest.mark.slow
@pytest.mark.parametrize("area_id", ["west_africa", "SEN"])
def test_states_are_written_with_their_year_and_hatched_where_anything_is_possible(area_id):
    place, known = areas.get(area_id), referral_evidence.answers()
    states = referral_evidence.dated_states(known, referral_results.register())
    figure = referral_profile.indicator_states(place, known, states, referral_results.register(), "").figure
    assert figure is not None
    assert faults(figure) == [] and smallest(figure) >= style.LEAST
    here = known[known["top"].notna()]
    here = here if place.is_study else here[here["area_id"].eq(area_id)]
    asked = here["applies"].astype(bool)
    assert number_of(figure, "does not apply") == (int((~asked).sum()) if place.is_study else 0)
    # The rule of a state, once more: in the whole scale, at none to a third of it, between, or anything is possible.
    low, high = here["low"] / here["top"], here["high"] / here["top"]
    least = referral_evidence.framework().set_index("indicator_id")["scale"].eq("level").reindex(here["indicator_id"])
    none = asked & (low == 0) & (high <= 1 / 3 + 1e-9)
    full = asked & (high == 1) & (low >= np.where(least, 2 / 3 - 1e-9, 1))
    partly = asked & (high < 1) & ~none
    assert number_of(figure, "not in place") == int(none.sum())
    assert number_of(figure, "partly") == int(partly.sum())
    assert number_of(figure, "in place") == int(full.sum())
    assert number_of(figure, "unknown") == int((asked & ~none & ~partly & ~full).sum())
    law = written(figure)["A1 Trafficking criminalised", "Senegal" if place.is_study else "state"]
    assert law.startswith("I" if place.is_study else "in place")


def test_reports_read_are_told_from_those_that_were_not():
    figure = context.reports_read(areas.get("SEN")).figure
    assert figure is not None and faults(figure) == []
    assert key(figure) == ["● coded", "× report gives none", "not read"] and "2017" in names(figure, "x")
