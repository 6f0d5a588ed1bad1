"""Figures of rates: the funnel, the league table and smoothed rates."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.text import Text
from refusals import refused

from analysis import plots
from analysis.methods.ranking import funnel_curve
from analysis.plots import style

INF = float("inf")
FOOTER = plots.Footer("UNODC, 2023", "2014-2021", "5 of 6 areas", "Detected, not incidence.")
SYNTHETIC = plots.Footer("made for a test", "2014-2021", "120 records", "Not real.", synthetic=True)

FUNNEL = pd.DataFrame(
    {
        "area_id": list("ABCDEF"),
        "label": ["Aland", "Beland", "Celand", "Deland", "Eland", "Feland"],
        "population": [1e4, 2e5, 3e5, 4e6, 5e6, np.nan],
        "rate_low": [9.0, 2.0, 0.0, 3.0, 1.0, np.nan],
        "rate_high": [9.0, 2.0, 2.0, INF, 1.0, np.nan],
        "position_95": ["above", "inside", "perhaps below", "perhaps above", "below", "not known"],
        "position_998": ["inside", "inside", "inside", "perhaps above", "below", "not known"],
    }
)
CURVE = funnel_curve((2.0, 2.5), np.geomspace(8e3, 6e6, 50))
LEAGUE = pd.DataFrame(
    {
        "area_id": list("ABCD"),
        "label": ["Aland", "Beland", "Celand", "Deland"],
        "rate_low": [2.0, 9.0, 0.0, np.nan],
        "rate_high": [2.0, INF, 0.4, np.nan],
        "low": [1.0, 8.0, 0.0, np.nan],
        "high": [3.0, INF, 1.2, np.nan],
        "rank": [2.0, 1.0, np.nan, np.nan],
        "rank_low": [2.0, 1.0, 2.0, np.nan],
        "rank_high": [3.0, 1.0, 3.0, np.nan],
        "count_text": ["20", "≥90", "<5", "unknown"],
    }
)
SMOOTHED = pd.DataFrame(
    {
        "area_id": list("ABCD") * 2,
        "label": ["Aland", "Beland", "Celand", "Deland"] * 2,
        "kind": ["towards all"] * 4 + ["towards neighbours"] * 4,
        "raw_low": [2.0, 9.0, 0.0, np.nan] * 2,
        "raw_high": [2.0, INF, 0.4, np.nan] * 2,
        "rate_low": [2.5, 7.0, 0.1, np.nan, np.nan, 8.0, 0.2, np.nan],
        "rate_high": [2.5, INF, 0.7, np.nan, np.nan, INF, 0.2, np.nan],
        "count_text": ["20", "≥90", "<5", "unknown"] * 2,
        "population_text": ["1,000,000"] * 8,
    }
)
CHARTS: dict[str, tuple[Callable[..., Figure], pd.DataFrame]] = {
    "funnel": (lambda t, **r: plots.funnel(t, CURVE, ylabel="per 100,000", target_label="overall", **r), FUNNEL),
    "league": (lambda t, **r: plots.league(t, xlabel="per 100,000", **r), LEAGUE),
    "smoothed": (lambda t, **r: plots.smoothed(t, xlabel="per 100,000", **r), SMOOTHED),
}
every_figure = pytest.mark.parametrize("name", CHARTS)


def _draw(name: str, table: pd.DataFrame | None = None, *, title: str = "A title", footer=FOOTER, **rules) -> Figure:
    draw, example = CHARTS[name]
    return draw(example if table is None else table, title=title, footer=footer, highlight="B", **rules)


def _texts(figure: Figure) -> list[Text]:
    return [text for text in figure.findobj(Text) if text.get_visible() and text.get_text().strip()]


def _words(figure: Figure) -> str:
    return " ".join(" ".join(text.get_text() for text in _texts(figure)).split())


def _boxes(figure: Figure) -> list[tuple[Text, object]]:
    renderer = figure.canvas.get_renderer()  # type: ignore[attr-defined]
    figure.draw(renderer)
    return [(text, text.get_window_extent(renderer)) for text in _texts(figure)]


@every_figure
def test_every_figure_says_its_source_period_number_and_limits(name):
    words = _words(_draw(name))
    assert "Source: UNODC, 2023 · Period: 2014-2021 · n = 5 of 6 areas · Detected, not incidence." in words


@every_figure
def test_a_synthetic_figure_has_the_watermark_and_the_word_in_its_title(name):
    figure = _draw(name, footer=SYNTHETIC)
    assert style.is_synthetic(figure)
    assert "SYNTHETIC · A title" in _words(figure)


@every_figure
def test_an_empty_table_says_that_nothing_was_found(name):
    words = _words(_draw(name, CHARTS[name][1][:0]))
    assert "no figure found" in words


@every_figure
@pytest.mark.parametrize("row", range(3))
def test_a_table_of_one_row_can_be_drawn(name, row):
    table = CHARTS[name][1].iloc[[row]]
    assert plots.png(_draw(name, table)).startswith(b"\x89PNG")


@every_figure
def test_a_table_of_unknown_rates_only_can_be_drawn(name):
    table = CHARTS[name][1]
    numeric = [column for column in table.select_dtypes("number") if column != "population"]
    words = _words(_draw(name, table.assign(**dict.fromkeys(numeric, np.nan))))
    assert "no figure found" in words or "not known" in words


@pytest.mark.soak
@every_figure
def test_nothing_written_leaves_the_frame(name):
    long = "A title that says " + "very " * 60 + "much"
    for title in ("A title", long):
        figure = _draw(name, title=title)
        width, height = figure.bbox.width, figure.bbox.height
        for text, extent in _boxes(figure):
            inside = extent.x0 >= -1 and extent.y0 >= -1 and extent.x1 <= width + 1 and extent.y1 <= height + 1
            assert inside, text.get_text()


@pytest.mark.soak
@every_figure
def test_names_do_not_cover_one_another(name):
    named = [(text, extent) for text, extent in _boxes(_draw(name)) if (text.get_gid() or "").startswith("label:")]
    for (one, a), (two, b) in itertools.combinations(named, 2):
        apart = min(a.x1, b.x1) - max(a.x0, b.x0) <= 2 or min(a.y1, b.y1) - max(a.y0, b.y0) <= 2
        assert apart, (one.get_text(), two.get_text())


@every_figure
def test_the_same_table_gives_the_same_bytes_and_is_left_as_it_was(name):
    example = CHARTS[name][1]
    before = example.copy(deep=True)
    assert plots.png(_draw(name)) == plots.png(_draw(name))
    pd.testing.assert_frame_equal(example, before)


@every_figure
def test_a_table_without_a_needed_column_is_refused_by_the_columns_name(name):
    column = {"funnel": "position_95"}.get(name, "rate_low")
    with pytest.raises((ValueError, KeyError), match=column):
        _draw(name, CHARTS[name][1].drop(columns=column))


# The funnel


def _points(figure: Figure, x: float) -> list[Line2D]:
    return [line for line in figure.axes[0].get_lines() if list(line.get_xdata()) == [x]]


def test_an_area_outside_the_outer_limits_is_filled_and_one_inside_is_open():
    figure = _draw("funnel")
    faces = {x: _points(figure, x)[0].get_markerfacecolor() for x in (1e4, 5e6)}
    assert to_rgba(faces[5e6]) == to_rgba(style.BLUE)
    assert to_rgba(faces[1e4]) == to_rgba(style.FAINT)
    (inside,) = _points(figure, 2e5)
    assert to_rgba(inside.get_markerfacecolor()) == to_rgba("white")
    assert to_rgba(inside.get_markeredgecolor()) == to_rgba(style.HIGHLIGHT)


def test_a_count_known_as_an_interval_is_a_bar_and_a_minimum_an_arrow():
    axes = _draw("funnel").axes[0]
    bars = {line.get_xdata()[0]: line.get_ydata() for line in axes.get_lines() if line.get_lw() == 6}
    assert list(bars[3e5]) == [0, 2]
    assert bars[4e6][0] == 3 and bars[4e6][1] == axes.get_ylim()[1]
    assert any(line.get_marker() == "^" and line.get_xdata()[0] == 4e6 for line in axes.get_lines())


def test_areas_outside_and_the_one_looked_at_are_named_and_the_unknown_are_listed():
    figure = _draw("funnel")
    named = {text.get_text() for text in _texts(figure) if (text.get_gid() or "").startswith("label:")}
    assert {"Aland", "Beland", "Eland"} <= named
    assert "No rate is known for Feland." in _words(figure)


def test_populations_of_very_different_size_are_drawn_on_a_logarithmic_scale():
    assert _draw("funnel").axes[0].get_xscale() == "log"
    near = FUNNEL.assign(population=[3e5, 2e5, 3.5e5, 4e5, 5e5, np.nan])
    assert _draw("funnel", near).axes[0].get_xscale() == "linear"
    assert _draw("funnel").axes[0].get_ylim()[0] == 0


# The league table


def test_ranks_that_are_allowed_are_bars_over_whole_ranks_and_the_unknown_are_hatched_last():
    figure = _draw("league")
    rates, ranks = figure.axes[:2]
    bars = {bar.get_y() + bar.get_height() / 2: bar for bar in ranks.patches if isinstance(bar, Rectangle)}
    # Beland's only rank is 1; the other two share 2 and 3.
    assert [round(bars[row].get_x(), 6) for row in (0, 1, 2)] == [0.7, 1.7, 1.7]
    assert [round(bars[row].get_x() + bars[row].get_width(), 6) for row in (0, 1, 2)] == [1.3, 3.3, 3.3]
    assert [line.get_xdata()[0] for line in ranks.get_lines() if line.get_marker() == "o"] == [1, 2]
    (unknown,) = [patch for patch in rates.patches if patch.get_hatch() == style.UNKNOWN]
    assert unknown.get_y() > 2


# Smoothed rates


def test_a_raw_rate_is_joined_with_each_smoothed_one():
    axes = _draw("smoothed").axes[0]
    joins = [list(line.get_xdata()) for line in axes.get_lines() if line.get_lw() == 1.4 and len(line.get_xdata()) == 2]
    # Aland's only: its smoothed rate towards neighbours is not known, and the others' raw rates are intervals.
    assert joins == [[2.0, 2.5]]


def test_three_kinds_of_smoothing_are_too_many():
    table = pd.concat([SMOOTHED, SMOOTHED[:4].assign(kind="towards nothing")])
    with refused(ValueError, "too_many_kinds"):
        _draw("smoothed", table)
