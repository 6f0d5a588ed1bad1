"""Small multiples: a panel each on one scale or on its own, what is hatched, and what a panel says below its name."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from figure_texts import faults, smallest, texts, words
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from refusals import refused
from test_series import COLUMNS, FIT, FOOTER, LONG, RATES, SERIES, SYNTHETIC, TURNS

from analysis import plots
from analysis.plots import style

PANELS = SERIES.assign(panel=["Togo"] * 7 + ["Benin"] * 3)
TWO = pd.DataFrame(
    [("", 2015.5, 2, 2, "exact", "small"), ("", 2015.5, 900, 900, "exact", "large")], columns=[*COLUMNS, "panel"]
)
FITTED = {
    "fits": pd.concat([FIT.assign(panel="Benin"), FIT.assign(panel="Togo", fit=300.0, low=200.0, high=350.0)]),
    "joinpoints": TURNS.assign(panel="Togo"),
}
OBSERVED = pd.concat(
    [RATES.assign(panel="Benin"), RATES.assign(panel="Togo", low=300.0, high=300.0), RATES.assign(panel="Mali")]
)


def many(panels: int) -> pd.DataFrame:
    return pd.concat([OBSERVED[OBSERVED["panel"] == "Benin"].assign(panel=f"Côte d'Ivoire {n}") for n in range(panels)])


def draw(table: pd.DataFrame = PANELS, *, footer=FOOTER, **rules) -> Figure:
    return plots.small_multiples(table, title="A title", footer=footer, **{"ylabel": "victims a year"} | rules)


def panel(figure: Figure, name: str) -> Axes:
    (axes,) = [axes for axes in figure.axes if axes.get_title(loc="left") == name]
    return axes


def names(figure: Figure) -> list[str]:
    return [axes.get_title(loc="left") for axes in figure.axes]


def marked(axes: Axes, gid: str) -> list:
    return [artist for artist in axes.get_children() if artist.get_gid() == gid]


@pytest.mark.parametrize("rules", [{}, {"own_scale": True}, {"log": True}, {"log": True, "own_scale": True}])
@pytest.mark.parametrize("number", [1, 3, 5, 16])
def test_panels_of_any_number_keep_their_texts_apart_and_on_the_page(number, rules):
    table = many(number)
    notes = dict.fromkeys(table["panel"], "average of all years: +3.1 % a year (−0.4 to +6.8)")
    order = ["A state whose name is far longer than its panel is wide", *table["panel"].unique()]
    figure = draw(table, notes=notes, panels=order, footer=LONG, **rules)
    assert faults(figure) == [] and smallest(figure) >= style.LEAST


def test_numbers_stand_at_exact_dots_where_they_are_asked_for():
    table = pd.DataFrame({"panel": "Sal", "series": "", "x": [2019, 2020, 2021], "low": [3, 15, 2], "high": [3, 15, 9]})
    (axes,) = draw(table, numbered=True).axes
    assert [each.get_text() for each in marked(axes, "number")] == ["3", "15"]
    assert marked(draw(table).axes[0], "number") == []


def test_every_figure_says_its_source_and_a_synthetic_one_that_it_is():
    said = words(draw())
    assert "Source: UNODC, 2023 · Period: 2014-2021 · n = 120 detected victims · Detected, not incidence." in said
    figure = draw(footer=SYNTHETIC)
    assert style.is_synthetic(figure) and "SYNTHETIC · A title" in words(figure)


@pytest.mark.varied
def test_the_same_table_gives_the_same_bytes_and_is_left_as_it_was():
    before = OBSERVED.copy(deep=True)
    assert plots.png(draw(OBSERVED, **FITTED)) == plots.png(draw(OBSERVED, **FITTED))
    pd.testing.assert_frame_equal(OBSERVED, before)


def test_an_empty_table_says_that_nothing_was_found():
    assert "no figure found" in words(draw(PANELS[:0])) and "no figure found" in words(draw(PANELS, panels=["Ghana"]))
    assert "victims a year" in words(draw())


@pytest.mark.parametrize("column", ["panel", "x", "low"])
def test_a_table_without_a_needed_column_is_refused_by_the_columns_name(column):
    with refused(ValueError, "missing_column", column):
        draw(PANELS.drop(columns=column))
    with refused(ValueError, "missing_column", "panel"):
        draw(OBSERVED, fits=FIT)


def test_counts_start_at_zero_and_all_panels_share_one_scale():
    limits = {axes.get_ylim() for axes in draw(TWO).axes}
    assert len(limits) == 1
    low, high = limits.pop()
    assert low == 0 and high > 900


def test_panels_of_different_things_have_scales_of_their_own_and_a_note_each():
    notes = {"small": "too few points", "large": "+3 % a year"}
    figure = draw(TWO, own_scale=True, notes=notes)
    highest = sorted(axes.get_ylim()[1] for axes in figure.axes)
    assert highest[0] < 5 and highest[1] > 900
    assert [text.get_text() for text in texts(figure, "note")] == list(notes.values())


def test_panels_keep_their_order_and_one_without_rows_is_hatched_and_says_so():
    figure = draw(panels=["Ghana", "Togo", "Benin"])
    assert names(figure) == ["Ghana", "Togo", "Benin"]
    assert panel(figure, "Ghana").patch.get_hatch() == style.UNKNOWN
    assert "no figure found" in words(figure)
    # The row still has its scale at the left.
    assert any(label.get_visible() and label.get_text() for label in panel(figure, "Ghana").get_yticklabels())
    assert {axes.get_ylim() for axes in figure.axes} == {panel(figure, "Togo").get_ylim()}


def test_a_panel_of_which_nothing_is_known_is_hatched_whole():
    unknown = PANELS[PANELS["panel"] == "Benin"].assign(low=np.nan, high=np.nan, panel="Mali")
    figure = draw(pd.concat([PANELS, unknown]))
    assert panel(figure, "Mali").patch.get_hatch() == style.UNKNOWN
    assert panel(figure, "Togo").patch.get_hatch() is None


def test_panels_and_colours_follow_the_order_of_the_table_and_not_of_time():
    table = pd.DataFrame(
        [("late", 2019.5, 2, 2, "exact", "Togo"), ("early", 2012.5, 9, 9, "exact", "Benin")],
        columns=[*COLUMNS, "panel"],
    )
    figure = draw(table)
    assert names(figure) == ["Togo", "Benin"]
    (dots,) = marked(panel(figure, "Togo"), "exact")
    assert dots.get_markerfacecolor() == style.CATEGORIES[0]
    assert "late" in words(figure) and "early" in words(figure)


def test_years_are_named_below_the_lowest_panel_of_each_column():
    figure = draw(many(5), columns=3)
    below = [any(label.get_visible() for label in axes.get_xticklabels()) for axes in figure.axes]
    assert below == [False, False, True, True, True]


def test_unknown_suppressed_and_below_five_are_hatched_in_their_panel():
    figure = draw()
    hatches = {artist.get_hatch() for artist in panel(figure, "Togo").collections}
    assert {style.UNKNOWN, style.SUPPRESSED, style.CENSORED} <= hatches
    assert not {style.UNKNOWN, style.SUPPRESSED} & {a.get_hatch() for a in panel(figure, "Benin").collections}


def test_a_fit_and_its_joinpoints_belong_to_their_panel():
    figure = draw(OBSERVED, own_scale=True, **FITTED)
    drawn = {name: (len(marked(panel(figure, name), "fit")), len(marked(panel(figure, name), "joinpoint")))
             for name in names(figure)}  # fmt: skip
    assert drawn == {"Benin": (1, 0), "Togo": (1, 1), "Mali": (0, 0)}
    (line,) = marked(panel(figure, "Togo"), "fit")
    assert set(line.get_ydata()) == {300.0}
    # What has a fit is not joined; what has none is.
    assert marked(panel(figure, "Benin"), "joined") == [] != marked(panel(figure, "Mali"), "joined")
    assert "fit and its 90 % band" in words(figure) and "joinpoint" in words(figure)
    assert "fit" not in words(draw(OBSERVED))


def test_sixteen_panels_hold_few_artists():
    figure = draw(many(16))
    assert len(figure.axes) == 16
    assert max(len(axes.lines) + len(axes.collections) for axes in figure.axes) <= 6
