"""Changes of shares between two periods."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text
from refusals import refused

from analysis import plots
from analysis.plots import style
from analysis.plots.share_changes import STATUS, share_changes

FOOTER = plots.Footer("made for a test", "2014-2021", "120 persons", "Detected, not incidence.")
SYNTHETIC = plots.Footer("made for a test", "2014-2021", "120 persons", "Not real.", synthetic=True)
NAMES = {"SYR": "Syria", "TR-79": "Kilis", "TR-27": "Gaziantep", "TR-34": "İstanbul"}
CHANGES = pd.DataFrame(
    [
        ("SYR>TR-79>TR-27", 0.1, 0.3, 0.12, 0.28, 0.0004, "rises"),
        ("SYR>TR-34", 0.4, 0.2, -0.3, -0.1, 0.012, "falls"),
        ("TR-27>TR-34", 0.0, 0.1, 0.05, 0.16, 0.03, "emerging"),
        ("TR-34>TR-34", 0.15, 0.0, -0.2, -0.1, 0.04, "vanishing"),
        ("SYR>TR-27", 0.2, 0.21, -0.05, 0.07, 0.8, "not distinguishable"),
        ("international", 0.15, 0.19, np.nan, np.nan, np.nan, "not distinguishable"),
    ],
    columns=["category", "share_before", "share_after", "low", "high", "q_value", "status"],
)

CHARTS: dict[str, tuple[Callable[..., Figure], pd.DataFrame, str]] = {
    "share_changes": (lambda t, **r: share_changes(t, **{"names": NAMES} | r), CHANGES, "q_value"),
}
every_figure = pytest.mark.parametrize("name", CHARTS)


def _draw(name: str, table: pd.DataFrame | None = None, *, title: str = "A title", footer=FOOTER, **rules) -> Figure:
    draw, example, _ = CHARTS[name]
    return draw(example if table is None else table, title=title, footer=footer, **rules)


def _texts(figure: Figure) -> list[Text]:
    return [text for text in figure.findobj(Text) if text.get_visible() and text.get_text().strip()]


def _words(figure: Figure) -> str:
    return " ".join(" ".join(text.get_text() for text in _texts(figure)).split())


def _outside(figure: Figure) -> list[str]:
    renderer = figure.canvas.get_renderer()  # type: ignore[attr-defined]
    figure.draw(renderer)
    width, height = figure.bbox.width, figure.bbox.height
    boxes = [(text.get_text(), text.get_window_extent(renderer)) for text in _texts(figure)]
    return [text for text, a in boxes if a.x0 < -1 or a.y0 < -1 or a.x1 > width + 1 or a.y1 > height + 1]


def _colliding(figure: Figure) -> list[tuple[str, str]]:
    renderer = figure.canvas.get_renderer()  # type: ignore[attr-defined]
    figure.draw(renderer)
    boxes = [(t.get_text(), t.get_window_extent(renderer)) for t in _texts(figure) if t.get_gid() != "watermark"]
    return [
        (one, two)
        for (one, a), (two, b) in itertools.combinations(boxes, 2)
        # Two pixels: boxes are measured with the empty room above small letters.
        if min(a.x1, b.x1) - max(a.x0, b.x0) > 2 and min(a.y1, b.y1) - max(a.y0, b.y0) > 2
    ]


# What every figure carries


@every_figure
def test_every_figure_says_its_source_period_number_and_limits(name):
    words = _words(_draw(name))
    assert "Source: made for a test · Period: 2014-2021 · n = 120 persons · Detected, not incidence." in words


@every_figure
def test_a_synthetic_figure_has_the_watermark_and_the_word_in_its_title(name):
    figure = _draw(name, footer=SYNTHETIC)
    assert style.is_synthetic(figure)
    assert "SYNTHETIC · A title" in _words(figure)


@every_figure
def test_an_empty_table_says_that_nothing_was_found(name):
    assert "no figure found" in _words(_draw(name, CHARTS[name][1][:0]))


@pytest.mark.slow
@every_figure
def test_each_row_can_be_drawn_by_itself(name):
    example = CHARTS[name][1]
    for row in range(len(example)):
        figure = _draw(name, example.iloc[[row]])
        assert _outside(figure) == []
        assert _colliding(figure) == []


@pytest.mark.soak
@every_figure
def test_nothing_written_leaves_the_frame_or_covers_another_text(name):
    figure = _draw(name, subtitle="A subtitle that says more", footer=SYNTHETIC)
    assert [text for text in _outside(figure) if text != "SYNTHETIC"] == []
    assert _colliding(figure) == []


@every_figure
def test_the_same_table_gives_the_same_bytes_and_is_left_as_it_was(name):
    before = CHARTS[name][1].copy(deep=True)
    assert plots.png(_draw(name)) == plots.png(_draw(name))
    pd.testing.assert_frame_equal(CHARTS[name][1], before)


@every_figure
def test_a_table_without_a_needed_column_is_refused_by_the_columns_name(name):
    _, example, column = CHARTS[name]
    with refused(ValueError, "missing_column", column):
        _draw(name, example.drop(columns=column))


# Changes


def test_a_changed_share_is_two_dots_beside_their_difference_with_its_interval():
    shares, changes = _draw("share_changes", CHANGES[:1]).axes
    dots = {
        line.get_markerfacecolor(): float(line.get_xdata()[0])
        for line in shares.get_lines()
        if line.get_marker() == "o"
    }
    assert dots == {"white": 0.1, style.VERMILLION: 0.3}
    (mark,) = [line for line in changes.get_lines() if line.get_marker() == "^"]
    assert float(mark.get_xdata()[0]) == pytest.approx(20)  # 0.3 - 0.1, percentage points
    intervals = [
        tuple(line.get_xdata()) for line in changes.get_lines() if line.get_lw() == 1.4 and len(line.get_xdata()) == 2
    ]
    assert intervals == [pytest.approx((12, 28))]


def test_what_is_said_of_a_change_is_told_by_shape_and_words_and_not_by_colour_alone():
    assert len({marker for _, marker in STATUS.values()}) == len(STATUS)
    words = _words(_draw("share_changes"))
    for said in ("rises q < 0.001", "falls q = 0.012", "emerging q = 0.03", "not distinguishable not tested"):
        assert said in words
    _, changes = _draw("share_changes").axes
    drawn = [line.get_marker() for line in changes.get_lines() if line.get_marker() in {m for _, m in STATUS.values()}]
    assert drawn == ["^", "v", "P", "X", "s", "s"]


@pytest.mark.parametrize("rows", [slice(0, 1), slice(1, 2), slice(None)])
def test_zero_is_always_on_the_scale_of_differences(rows):
    _, changes = _draw("share_changes", CHANGES[rows]).axes
    low, high = changes.get_xlim()
    assert low < 0 < high


def test_the_periods_are_named_in_the_key():
    words = _words(_draw("share_changes", labels=("2014-2018", "2019-2023")))
    assert "2014-2018 2019-2023" in words


def test_a_share_in_per_cent_or_a_status_of_another_name_is_refused():
    with refused(ValueError, "out_of_range", "TR-79", "TR-27", "row 0"):
        _draw("share_changes", CHANGES.assign(share_after=30.0))
    with refused(ValueError, "unknown_choice", "'up'", "TR-79", "TR-27"):
        _draw("share_changes", CHANGES.assign(status="up"))


@pytest.mark.soak
@pytest.mark.slow
@pytest.mark.parametrize("name", ["share_changes"])
def test_many_rows_with_long_names_do_not_cover_one_another(name):
    column = "category"
    long = ">".join(f"The province with the very long name {n}" for n in range(4))
    table = pd.concat([CHARTS[name][1]] * 6, ignore_index=True)
    figure = _draw(name, table.assign(**{column: [f"{n}>{long}" if n % 2 else f"{n}>A" for n in range(len(table))]}))
    assert _colliding(figure) == []
    assert _outside(figure) == []
