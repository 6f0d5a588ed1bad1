"""Bars: lengths from zero, parts that add up, their numbers, and what is unknown, suppressed or not asked."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from figure_texts import faults, smallest, texts, words
from fuzzing import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.axes import Axes
from matplotlib.colors import rgb_to_hsv, to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from refusals import refused

from analysis import plots
from analysis.plots import style

NAN = np.nan
FOOTER = plots.Footer("made for a test", "2025", "160 indicators", "Unknown is not no.")
SYNTHETIC = plots.Footer("made for a test", "2025", "160 indicators", "Not real.", synthetic=True)
ROWS = pd.DataFrame(
    [
        ("Sex", "Male", 0.6, "60 of 100", ""),
        ("Sex", "Female", 0.4, "40 of 100", "suppressed: few persons"),
        ("Age", "15–17", 0.0, "0 of 100", ""),
        ("Age", "12–14", NAN, "", "not asked"),
        ("Age", "not stated", NAN, "", ""),
    ],
    columns=["group", "label", "value", "text", "reason"],
)
GAPS = pd.DataFrame(
    [
        (area, part, count)
        for area, counts in {"Benin": (6, 8, 10, 15), "Niger": (2, 1, 5, 9), "Togo": (0, 0, 0, 46)}.items()
        for part, count in zip(("high", "medium", "low", "unknown"), counts, strict=True)
    ],
    columns=["label", "part", "value"],
)
NEEDS = pd.DataFrame(
    [("documents", "without", 0.26, 0.22, 0.30), ("documents", "with", 0.12, 0.34, 0.42)],
    columns=["label", "part", "value", "low", "high"],
)
GRADES = {"part": "part", "hatched": {"unknown": style.UNKNOWN}, "ordered": True}


def _draw(table: pd.DataFrame = ROWS, *, title: str = "A title", footer=FOOTER, **rules) -> Figure:
    return plots.bars(table, title=title, footer=footer, **rules)


def _shares(table: pd.DataFrame = ROWS, **rules) -> Figure:
    return _draw(table, group="group", text="text", reason="reason", percent=True, **rules)


def _bars(axes: Axes, part: str = "") -> list[Rectangle]:
    return [bar for bar in axes.patches if isinstance(bar, Rectangle) and bar.get_gid() == f"bar:{part}"]


def _hatched(figure: Figure) -> list[str | None]:
    """The hatchings of rows without a number, from the top."""
    rows = [patch for axes in figure.axes for patch in axes.patches if patch.get_gid() == "no estimate"]
    return [row.get_hatch() for row in sorted(rows, key=lambda row: row.get_y())]


def _said(figure: Figure, gid: str) -> list[str]:
    return [text.get_text().strip() for text in texts(figure, gid)]


def _intervals(axes: Axes) -> list[Line2D]:
    return [line for line in axes.lines if line.get_gid() == "interval"]


# What every figure carries


def test_it_says_its_source_period_number_and_limits_in_legible_texts():
    figure = _shares(subtitle="A subtitle that says more", footer=SYNTHETIC, xlabel="share of 100 persons")
    assert "Source: made for a test · Period: 2025 · n = 160 indicators · Not real." in words(figure)
    assert style.is_synthetic(figure) and "SYNTHETIC · A title" in words(figure)
    assert smallest(figure) >= 9 and faults(figure) == []
    assert "no figure found" in words(_draw(ROWS[:0]))


def test_the_same_table_gives_the_same_bytes_and_is_left_as_it_was():
    before = ROWS.copy(deep=True)
    assert plots.png(_shares()) == plots.png(_shares(ROWS.convert_dtypes()))
    pd.testing.assert_frame_equal(ROWS, before)


def test_a_sentence_below_the_figure_says_what_is_not_drawn():
    assert "Not drawn: 3 countries." in words(_draw(note="Not drawn: 3 countries."))


# Lengths and numbers


def test_bars_begin_at_zero_in_the_order_of_the_table_and_carry_their_numbers():
    figure = _shares(ROWS[ROWS["group"] == "Sex"][:1])
    (axes,) = figure.axes[:1]
    (bar,) = _bars(axes)
    assert (bar.get_x(), bar.get_width()) == (0, 0.6) and axes.get_xlim()[0] == 0
    assert _said(figure, "sum") == ["60 %"] and "60 of 100" in words(figure)
    names = [label.get_text() for label in _draw(ROWS[::-1]).axes[0].get_yticklabels()]
    assert names == ["not stated", "12–14", "15–17", "Female", "Male"]


def test_zero_is_a_number_and_no_hatching():
    figure = _shares(ROWS[2:3])
    assert _said(figure, "sum") == ["0 %"] and _hatched(figure) == []


def test_the_longest_bar_leaves_room_for_its_number():
    figure = _draw(pd.DataFrame({"label": ["a", "b"], "value": [1_234_567, 1]}))
    assert faults(figure) == []
    (axes,) = figure.axes
    right = axes.get_window_extent().x1
    assert all(text.get_window_extent().x1 <= right + 1 for text in texts(figure, "sum"))


def test_panels_share_their_rows_and_their_scale():
    table = pd.concat([ROWS[:1].assign(panel="one"), ROWS[:1].assign(panel="two", value=0.1)])
    one, two = _draw(table, panel="panel").axes
    assert one.get_xlim() == two.get_xlim() and one.get_ylim() == two.get_ylim()
    assert [axes.get_title(loc="left") for axes in (one, two)] == ["one", "two"]


# What is not known


def test_of_what_is_suppressed_neither_length_nor_number_nor_text_is_drawn_whatever_the_table_holds():
    figure = _shares(ROWS[1:2])
    (axes,) = figure.axes[:1]
    assert _bars(axes) == [] and _said(figure, "sum") == []
    assert _hatched(figure) == [style.SUPPRESSED]
    assert "40 of" not in words(figure) and "suppressed: few persons" in words(figure)
    # Not even the scale tells how long the bar would be.
    other = _shares(ROWS[1:2].assign(value=0.9, text="90 of 100"))
    assert plots.png(other) == plots.png(figure)


def test_the_limits_of_what_is_suppressed_are_not_drawn_either():
    table = ROWS[1:2].assign(low=0.3, high=0.5)
    figure = _shares(table, interval=("low", "high"))
    assert _intervals(figure.axes[0]) == [] and "interval" not in words(figure)


def test_suppressed_not_asked_and_unknown_have_hatchings_of_their_own_over_the_whole_row():
    figure = _shares()
    assert _hatched(figure) == [style.SUPPRESSED, style.NOT_ASKED, style.UNKNOWN]
    rows = [patch for patch in figure.axes[0].patches if patch.get_gid() == "no estimate"]
    assert {row.get_width() for row in rows} == {1}  # of the width of the axes, not of a number
    for said in ("suppressed: small number protected", "not asked", "not known"):
        assert said in words(figure)


def test_a_bar_of_which_a_part_is_suppressed_has_no_sum_that_gives_it_away():
    table = GAPS[:3].assign(reason=["", "suppressed", ""])
    figure = _draw(table, part="part", reason="reason")
    (axes,) = figure.axes
    assert [_bars(axes, part)[0].get_width() for part in ("high", "low")] == [6, 10] and _bars(axes, "medium") == []
    assert "24" not in words(figure) and _said(figure, "sum") == ["at least 16"]
    assert _hatched(figure) == [style.SUPPRESSED]
    # The parts that are known stand beside one another, without a gap as long as that which is missing.
    assert _bars(axes, "low")[0].get_x() == 6


# Parts


def test_parts_are_stacked_in_shades_that_survive_a_grey_print():
    figure = _draw(GAPS[:3], **GRADES)
    (axes,) = figure.axes
    bars = [_bars(axes, part)[0] for part in ("high", "medium", "low")]
    assert [(bar.get_x(), bar.get_width()) for bar in bars] == [(0, 6), (6, 8), (14, 10)]
    shades = [float(np.dot(to_rgb(bar.get_facecolor()), (0.299, 0.587, 0.114))) for bar in bars]
    assert shades == sorted(shades) and min(np.diff(shades)) > 0.15
    assert [_said(figure, f"number:{part}") for part in ("high", "medium", "low")] == [["6"], ["8"], ["10"]]
    assert _said(figure, "sum") == ["24"]


def test_parts_that_are_no_grades_differ_in_hue():
    (axes,) = _draw(GAPS[:3], part="part").axes
    hues = [rgb_to_hsv(to_rgb(_bars(axes, part)[0].get_facecolor()))[0] for part in ("high", "medium")]
    assert abs(hues[0] - hues[1]) > 0.2


def test_parts_stand_in_their_own_order_whatever_that_of_the_table():
    rules = {**GRADES, "parts": ["high", "medium", "low", "unknown"]}
    assert plots.png(_draw(GAPS[3::-1], **rules)) == plots.png(_draw(GAPS[:4], **rules))


def test_a_part_that_is_unknown_is_white_and_hatched():
    figure = _draw(GAPS[:4], **GRADES)
    (bar,) = _bars(figure.axes[0], "unknown")
    assert bar.get_hatch() == style.UNKNOWN and to_rgb(bar.get_facecolor()) == (1, 1, 1)
    assert "unknown" in [text.get_text() for text in figure.legends[0].get_texts()]


def test_numbers_that_find_no_room_in_their_parts_stand_behind_the_bar():
    table = GAPS[GAPS["part"] != "unknown"].reset_index(drop=True)
    table.loc[2, "value"] = 300
    figure = _draw(table, **GRADES | {"hatched": {}})
    assert _said(figure, "sum") == ["314", "8", "0"]
    assert _said(figure, "parts") == ["= 6 + 8 + 300", "= 2 + 1 + 5"]
    assert faults(figure) == []


@pytest.mark.soak
@pytest.mark.slow
@settings(max_examples=examples(10), deadline=None)
@given(st.lists(st.tuples(*[st.integers(0, 60)] * 4), min_size=1, max_size=6))
def test_whatever_the_numbers_no_text_is_covered_and_every_sum_is_said(counts):
    table = pd.DataFrame(
        [(f"Area {place}", part, count) for place, row in enumerate(counts) for part, count in enumerate(row)],
        columns=["label", "part", "value"],
    )
    figure = _draw(table, part="part", ordered=True)
    assert faults(figure) == []
    assert _said(figure, "sum") == [f"{sum(row):,}" for row in counts]


@pytest.mark.soak
def test_long_names_and_many_rows_do_not_cover_one_another():
    long = "a name that is long enough to be broken into several lines"
    table = pd.concat([ROWS.assign(label=ROWS["label"] + f" {place} {long}") for place in range(10)])
    assert faults(_shares(table, title=long, xlabel=long)) == []


# Intervals


def test_the_limits_of_a_part_lie_around_the_end_of_the_sum_up_to_it_at_a_height_of_their_own():
    figure = _draw(NEEDS, part="part", interval=("low", "high"), percent=True, numbers=False)
    one, two = _intervals(figure.axes[0])
    assert [list(line.get_xdata()) for line in (one, two)] == [[0.22, 0.30], [0.34, 0.42]]
    assert one.get_ydata()[0] < two.get_ydata()[0]  # type: ignore[index]
    assert "95 % interval" in words(figure)
    of_a_level = _draw(NEEDS.assign(confidence=0.9), part="part", interval=("low", "high"), numbers=False)
    assert "90 % interval" in words(of_a_level)
    assert "interval" not in words(_draw(NEEDS.assign(low=NAN), part="part", interval=("low", "high")))


# Refusals


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"value": -1.0}, ("invalid_row", "begins at 0", "-1")),
        ({"value": 60.0}, ("out_of_range", "per cent")),
    ],
)
def test_a_length_that_cannot_be_one_is_refused(change, said):
    with refused(ValueError, *said):
        _shares(ROWS[:1].assign(**change))


def test_a_missing_column_a_bar_that_stands_twice_and_an_eighth_part_are_refused():
    with refused(ValueError, "missing_column", "value"):
        _draw(ROWS.drop(columns="value"))
    with refused(ValueError, "duplicate_row", "Male"):
        _draw(pd.concat([ROWS[:1]] * 2))
    with refused(ValueError, "too_many_series"):
        _draw(pd.DataFrame({"label": "a", "part": list("abcdefgh"), "value": 1}), part="part")
