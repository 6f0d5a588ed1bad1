"""What a reader takes from the figure of areas alone and pooled."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.text import Text
from plain_plots import dots, labels, limits, pairs
from refusals import refused

from analysis import plots
from analysis.plots import style
from analysis.plots.forest import caterpillar
from analysis.sections.trend_figures import of_pooled_areas
from trends import pool_areas

NAN = float("nan")
FOOTER = plots.Footer("five lists of a test", "2014-2021", "123 events in 4 areas", "Detected, not incidence.")
PARTS = ("own_least", "own_most", "own_low", "own_high", "pooled_least", "pooled_most", "pooled_low", "pooled_high")
ROWS = pd.DataFrame(
    [
        ("Diyarbakır", -4.0, -4.0, -9.0, 1.0, -1.5, -1.5, -5.0, 2.0),
        ("İzmir", 6.0, 6.0, 2.0, 10.0, 4.0, 4.0, 1.0, 7.0),
        ("Bayburt", NAN, NAN, NAN, NAN, 1.2, 1.2, -7.0, 9.0),
        ("Konya", 0.0, 8.0, -3.0, 11.0, 1.0, 5.0, -2.0, 8.5),
    ],
    columns=["label", *PARTS],
)
COMMON = (1.1, 1.1, -1.0, 3.2)


def draw(table: pd.DataFrame = ROWS, **rules) -> Figure:
    given = {"common": COMMON, "title": "Trends", "footer": FOOTER, "xlabel": "change in percent a year"} | rules
    return caterpillar(table, **given)


def axes_of(figure: Figure) -> Axes:
    (axes,) = figure.axes
    return axes


def texts(figure: Figure) -> list[Text]:
    ticks = {text for tick in axes_of(figure).xaxis.get_major_ticks() for text in (tick.label1, tick.label2)}
    shown = set(axes_of(figure).get_xticklabels())
    return [
        text
        for text in figure.findobj(Text)
        if text.get_visible() and text.get_text().strip() and (text not in ticks or text in shown)
    ]


def words(figure: Figure) -> str:
    return " ".join(" ".join(text.get_text() for text in texts(figure)).split())


def place_of(figure: Figure, label: str) -> float:
    (found,) = [text for text in axes_of(figure).texts if text.get_text() == label]
    return found.xy[1]


def lines_of(figure: Figure, label: str, own: bool) -> list[Line2D]:
    """What is drawn for an area: its own estimate above the middle of its row, the pooled one below."""
    place = place_of(figure, label)
    return [
        line
        for line in axes_of(figure).lines
        if line.get_transform() == axes_of(figure).transData
        and 0.02 < (place - line.get_ydata()[0] if own else line.get_ydata()[0] - place) < 0.5
    ]


def dots_of(figure: Figure, label: str, own: bool) -> list[Line2D]:
    return [line for line in lines_of(figure, label, own) if line.get_marker() == "o"]


def test_areas_stand_in_the_order_of_their_pooled_estimate_the_highest_first():
    figure = draw()
    places = [place_of(figure, label) for label in ("İzmir", "Konya", "Bayburt", "Diyarbakır")]
    assert places == [0, 1, 2, 3] and axes_of(figure).yaxis_inverted()


def test_an_area_has_a_hollow_dot_of_its_own_and_a_full_pooled_one_each_with_its_limits():
    figure = draw()
    (own,), (pooled,) = dots_of(figure, "İzmir", True), dots_of(figure, "İzmir", False)
    assert (own.get_xdata()[0], pooled.get_xdata()[0]) == (6.0, 4.0)
    assert to_rgba(own.get_markerfacecolor()) == to_rgba("white")
    assert to_rgba(pooled.get_markerfacecolor()) == to_rgba(style.BLUE)
    (thin,) = [line for line in lines_of(figure, "İzmir", True) if len(line.get_xdata()) == 2]
    (thick,) = [line for line in lines_of(figure, "İzmir", False) if len(line.get_xdata()) == 2]
    assert list(thin.get_xdata()) == [2.0, 10.0] and list(thick.get_xdata()) == [1.0, 7.0]
    assert thick.get_linewidth() > 2 * thin.get_linewidth()


def test_an_area_without_an_estimate_of_its_own_is_hatched_and_the_key_says_so():
    figure = draw()
    (hatched,) = [patch for patch in axes_of(figure).patches if patch.get_hatch() == style.UNKNOWN]
    assert abs(hatched.get_y() + hatched.get_height() / 2 - place_of(figure, "Bayburt")) < 0.4
    assert not lines_of(figure, "Bayburt", True) and len(dots_of(figure, "Bayburt", False)) == 1
    assert "its own figures carry no estimate" in words(figure)
    assert "carry no estimate" not in words(draw(ROWS[ROWS["label"] != "Bayburt"]))


def test_what_all_areas_have_in_common_is_a_line_and_a_band():
    figure = draw()
    (line,) = [line for line in axes_of(figure).lines if line.get_color() == style.ORANGE]
    assert set(line.get_xdata()) == {1.1} and list(line.get_ydata()) == [0, 1]
    (band,) = [
        patch
        for patch in axes_of(figure).patches
        if isinstance(patch, Rectangle) and to_rgba(patch.get_facecolor())[:3] == to_rgba(style.ORANGE)[:3]
    ]
    assert (band.get_x(), band.get_x() + band.get_width()) == pytest.approx((-1.0, 3.2))
    assert "all areas" in words(figure)


def test_a_range_of_estimates_is_a_bar_and_written_as_one():
    figure = draw()
    assert not dots_of(figure, "Konya", True) and not dots_of(figure, "Konya", False)
    assert [1.0, 5.0] in [list(line.get_xdata()) for line in lines_of(figure, "Konya", False)]
    assert "+1.0 to +5.0 (−2.0 to +8.5)" in words(figure)
    assert "range, where counts are intervals" in words(figure)


def test_pooled_estimates_are_written_with_sign_and_limits():
    text = words(draw())
    assert "−1.5 (−5.0 to +2.0)" in text and "+4.0 (+1.0 to +7.0)" in text


def test_limits_far_beyond_all_estimates_are_cut_with_an_arrow():
    far = ROWS.assign(own_high=ROWS["own_high"].mask(ROWS["label"] == "İzmir", 900.0))
    figure = draw(far)
    last = axes_of(figure).get_xlim()[1]
    assert last < 100
    (arrow,) = [line for line in lines_of(figure, "İzmir", True) if line.get_marker() == ">"]
    assert arrow.get_xdata()[0] == last
    assert not [line for line in lines_of(draw(), "İzmir", True) if line.get_marker() == ">"]


def test_levels_begin_at_zero_and_have_no_signs():
    table = ROWS.assign(**{part: ROWS[part].abs() for part in PARTS})
    figure = draw(table, signed=False, xlabel="persons a period")
    assert axes_of(figure).get_xlim()[0] == 0 and "+" not in words(figure)


def test_an_area_that_is_set_off_is_bold_and_in_colour():
    figure = draw(highlight="Konya")
    (label,) = [text for text in axes_of(figure).texts if text.get_text() == "Konya"]
    assert label.get_weight() == "bold"
    assert {line.get_color() for line in lines_of(figure, "Konya", False)} == {style.HIGHLIGHT}


def test_an_empty_table_and_one_that_lacks_a_column_are_said():
    assert "no figure found" in " ".join(text.get_text() for text in draw(ROWS.head(0)).findobj(Text))
    with refused(ValueError, "missing_column"):
        draw(ROWS.drop(columns="pooled_low"))


@pytest.mark.soak
@pytest.mark.parametrize("copies", [1, 8])
def test_no_text_leaves_the_figure_or_lies_on_another(copies):
    long = pd.concat([ROWS.assign(label=ROWS["label"] + f" and its surroundings {n}") for n in range(copies)])
    figure = draw(long)
    renderer = figure.canvas.get_renderer()
    figure.draw(renderer)
    boxes = [(text.get_text(), text.get_window_extent(renderer)) for text in texts(figure)]
    for text, box in boxes:
        assert box.x0 >= -1 and box.y0 >= -1 and box.x1 <= figure.bbox.width + 1, text
    for (one, a), (other, b) in itertools.combinations(boxes, 2):
        apart = min(a.x1, b.x1) - max(a.x0, b.x0) <= 2 or min(a.y1, b.y1) - max(a.y0, b.y0) <= 5
        assert apart, (one, other)


def pooled(**rules):
    rng = np.random.default_rng(2)
    series = pd.DataFrame(
        {"area_id": np.repeat(list("ABCDEF"), 6), "period": np.tile(range(2015, 2021), 6), "count": rng.poisson(6, 36)}
    )
    return pool_areas(series[(series["area_id"] != "C") | (series["period"] > 2018)], **rules)


def test_pooled_areas_are_drawn_with_names():
    figure = of_pooled_areas(pooled(), title="Trends", footer=FOOTER, names={"A": "Ankara"}, highlight="A")
    said = words(figure)
    assert "Ankara" in said and "change in percent a year" in said and "carry no estimate" in said
    levels = of_pooled_areas(pooled(method="gamma"), title="Levels", footer=FOOTER)
    assert "persons a period" in words(levels) and "five lists of a test" in words(levels)


@pytest.mark.parametrize(("method", "of", "kind"), [("glmm", "change", ""), ("gamma", "level", "_level")])
def test_the_plain_picture_shows_own_and_pooled_estimates_the_highest_pooled_first(method, of, kind):
    found = pooled(method=method)
    figure = found.plot(names={"A": "Ankara"})
    rows = found.areas.sort_values(f"pooled_{of}", ascending=False, kind="stable")
    assert labels(figure) == ["Ankara" if area == "A" else area for area in rows["area_id"]]
    own, drawn = dots(figure)
    assert own == pytest.approx(rows[f"own_{of}"].tolist(), nan_ok=True)
    assert drawn == pytest.approx(rows[f"pooled_{of}"].tolist())
    assert limits(figure)[-6:] == pairs(rows[f"pooled{kind}_low"], rows[f"pooled{kind}_high"])
