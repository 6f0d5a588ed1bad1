"""Figures of estimates: what a reader takes from a row, from the shaded range, and from the bars of one number."""

from __future__ import annotations

import itertools
from functools import cache

import numpy as np
import pandas as pd
import pytest
from fuzzing import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Text
from plain_plots import dots, labels, limits, named, pairs
from plain_plots import words as plain_words
from refusals import refused

import capture_recapture
from analysis import plots
from analysis.plots import style
from analysis.plots.population_estimates import of_strata
from analysis.sections import estimate_figures

INF, NAN = float("inf"), float("nan")
FOOTER = plots.Footer("five lists of a test", "2014-2021", "123 persons on 3 lists", "Estimated, not counted.")
SYNTHETIC = plots.Footer("made for a test", "2014-2021", "123 persons", "Not real.", synthetic=True)
ROWS = pd.DataFrame(
    {
        "label": ["independent", "stepwise", "averaged", "refused by itself"],
        "estimate": [142.0, 268.8, 163.0, NAN],
        "low": [135.4, 123.2, 127.0, NAN],
        "high": [152.7, 513.5, INF, NAN],
    }
)
# Korea in R's SparseMSE: three lists of 123 persons.
KOREA = pd.DataFrame(
    [(0, 0, 1, 41), (0, 1, 0, 5), (1, 0, 0, 5), (1, 1, 0, 54), (1, 0, 1, 6), (0, 1, 1, 0), (1, 1, 1, 12)],
    columns=["b", "c", "d", "count"],
)


def draw(table: pd.DataFrame = ROWS, *, title: str = "How many persons there are", footer=FOOTER, **rules) -> Figure:
    return plots.estimates(table, title=title, footer=footer, **rules)


def texts(figure: Figure) -> list[Text]:
    """What is written: marks of a scale that lie beyond its ends are not."""
    beyond = {
        label
        for axes in figure.axes
        for axis in (axes.xaxis, axes.yaxis)
        for tick in axis.get_major_ticks()
        if not min(axis.get_view_interval()) <= tick.get_loc() <= max(axis.get_view_interval())
        for label in (tick.label1, tick.label2)
    }
    return [
        text for text in figure.findobj(Text) if text.get_visible() and text.get_text().strip() and text not in beyond
    ]


def words(figure: Figure) -> str:
    return " ".join(" ".join(text.get_text() for text in texts(figure)).split())


def boxes(figure: Figure) -> list[tuple[str, object]]:
    """Every text with its extent, as it is drawn; the watermark apart."""
    renderer = figure.canvas.get_renderer()  # type: ignore[attr-defined]
    figure.draw(renderer)
    return [
        (text.get_text(), text.get_window_extent(renderer)) for text in texts(figure) if text.get_gid() != "watermark"
    ]


def outside(figure: Figure) -> list[str]:
    width, height = figure.bbox.width, figure.bbox.height
    return [
        text for text, box in boxes(figure) if box.x0 < -1 or box.y0 < -1 or box.x1 > width + 1 or box.y1 > height + 1
    ]


def colliding(figure: Figure) -> list[tuple[str, str]]:
    return [
        (one, other)
        for (one, a), (other, b) in itertools.combinations(boxes(figure), 2)
        # Boxes are measured with the empty room above and below small letters.
        if min(a.x1, b.x1) - max(a.x0, b.x0) > 2 and min(a.y1, b.y1) - max(a.y0, b.y0) > 5
    ]


def axes_of(figure: Figure) -> Axes:
    (axes,) = figure.axes
    return axes


def place_of(figure: Figure, label: str) -> float:
    """The height of a row, in the units of the axes."""
    (found,) = [
        text
        for text in axes_of(figure).texts
        if " ".join(text.get_text().split()) == label and text.get_ha() == "right"
    ]
    return found.xy[1]


def lines_of(figure: Figure, label: str) -> list[Line2D]:
    """What is drawn on a row."""
    place = place_of(figure, label)
    return [line for line in axes_of(figure).lines if np.allclose(line.get_ydata(), place)]


def interval_of(figure: Figure, label: str) -> tuple[float, float]:
    (line,) = [line for line in lines_of(figure, label) if line.get_color() == style.INK and len(line.get_xdata()) == 2]
    return tuple(line.get_xdata())


def dots_of(figure: Figure, label: str) -> list[float]:
    (line,) = [line for line in lines_of(figure, label) if line.get_color() == style.BLUE]
    return list(line.get_xdata())


def arrows_of(figure: Figure, label: str) -> list[Line2D]:
    return [line for line in lines_of(figure, label) if line.get_marker() == ">"]


def upright(figure: Figure, colour: str) -> list[float]:
    """Where upright lines of a colour stand, in persons."""
    return [
        float(line.get_xdata()[0])
        for line in axes_of(figure).lines
        if list(line.get_ydata()) == [0, 1] and line.get_color() == colour
    ]


# A row


def test_each_row_is_a_dot_its_interval_and_both_in_words():
    figure = draw()
    assert dots_of(figure, "independent") == [142, 142]
    assert interval_of(figure, "independent") == (135.4, 152.7)
    assert "142 (135–153)" in words(figure) and "269 (123–514)" in words(figure)


def test_rows_stand_in_the_order_given():
    figure = draw()
    places = [place_of(figure, label) for label in ROWS["label"]]
    # The scale counts downwards.
    assert places == sorted(places) and axes_of(figure).yaxis_inverted()


def test_what_was_refused_is_hatched_and_has_no_dot_and_says_so():
    figure = draw()
    assert "refused: the data cannot carry it" in words(figure)
    assert lines_of(figure, "refused by itself") == []
    (hatched,) = [patch for patch in axes_of(figure).patches if patch.get_hatch() == style.UNKNOWN]
    assert hatched.get_y() < place_of(figure, "refused by itself") < hatched.get_y() + hatched.get_height()
    assert words(figure).count("refused") == 3  # its label, its text, and the key
    assert "refused" not in words(draw(ROWS.head(3)))


def test_a_limit_that_is_infinite_ends_in_an_arrow():
    figure = draw()
    assert "163 (127–∞)" in words(figure) and "inf" not in words(figure).casefold().split()
    (arrow,) = arrows_of(figure, "averaged")
    last = axes_of(figure).get_xlim()[1]
    assert list(arrow.get_xdata()) == [last] and interval_of(figure, "averaged") == (127, last)
    assert arrows_of(figure, "stepwise") == []


def test_a_limit_far_beyond_all_estimates_is_cut_with_an_arrow_and_its_number_stands_beside_it():
    far = ROWS.head(2).assign(high=[152.7, 900_000.0])
    figure = draw(far)
    assert axes_of(figure).get_xlim()[1] < 10_000
    assert len(arrows_of(figure, "stepwise")) == 1 and arrows_of(figure, "independent") == []
    assert "269 (123–900,000)" in words(figure)


def test_an_estimate_without_an_interval_says_so_and_has_a_dot_alone():
    figure = draw(ROWS.head(2).assign(low=[NAN, 123.2], high=[NAN, 513.5]))
    assert "142 (no interval)" in words(figure)
    assert len(lines_of(figure, "independent")) == 1 and dots_of(figure, "independent") == [142, 142]


def test_an_estimate_known_between_bounds_is_drawn_and_written_as_such():
    figure = draw(ROWS.head(2).assign(estimate_to=[150.0, 268.8]))
    assert dots_of(figure, "independent") == [142, 150]
    assert "142–150 (135–153)" in words(figure)
    # Bounds that are the same are one number.
    assert "269 (123–514)" in words(figure)


def test_a_row_without_a_second_bound_is_one_number_beside_rows_that_have_one():
    assert "142 (135–153)" in words(draw(ROWS.head(2).assign(estimate_to=[NAN, 300.0])))


def test_an_upper_bound_of_an_estimate_without_limit_is_said_and_drawn_to_the_edge():
    figure = draw(ROWS.head(1).assign(estimate_to=[INF], high=[INF]))
    assert "142–∞ (135–∞)" in words(figure)
    assert dots_of(figure, "independent") == [142, axes_of(figure).get_xlim()[1]]


def test_a_number_that_is_known_is_a_diamond_and_is_written_beside_the_estimate():
    figure = draw(ROWS.head(2).assign(known=[150.0, NAN]))
    (diamond,) = [line for line in axes_of(figure).lines if line.get_marker() == "D"]
    assert list(diamond.get_xdata()) == [150] and diamond in lines_of(figure, "independent")
    assert "142 of 150 (135–153)" in words(figure) and "269 (123–514)" in words(figure)
    assert "known number" in words(figure) and "known number" not in words(draw())


def test_groups_are_headed_once_in_bold_and_a_head_has_no_estimate():
    figure = draw(ROWS.assign(group=["By a model", "By a model", "By an average", "By an average"]))
    heads = [text for text in axes_of(figure).texts if text.get_weight() == "bold"]
    assert [text.get_text() for text in heads] == ["By a model", "By an average"]
    assert lines_of(figure, "By a model") == []
    places = [place_of(figure, name) for name in ("By a model", "independent", "stepwise", "By an average", "averaged")]
    assert places == sorted(places)


def test_numbers_are_written_as_they_are_asked_for():
    shares = ROWS.head(2).assign(estimate=[0.1234, 0.5], low=[0.1, 0.4], high=[0.2, INF])
    said = words(draw(shares, number="{:.2f}", xlabel="share of all"))
    assert "0.12 (0.10–0.20)" in said and "0.50 (0.40–∞)" in said and "share of all" in said


# The scale


def test_the_scale_begins_at_zero_where_it_is_linear():
    axes = axes_of(draw())
    assert axes.get_xscale() == "linear" and axes.get_xlim()[0] == 0
    assert axes.get_xlim()[1] > 513.5


def test_equal_ratios_are_equally_long_where_the_numbers_lie_far_apart_and_the_scale_says_so():
    wide = ROWS.head(2).assign(estimate=[142.0, 9_000.0], high=[152.7, 20_000.0])
    figure = draw(wide)
    axes = axes_of(figure)
    assert axes.get_xscale() == "log" and "each step the same ratio" in words(figure)
    # All of it is on the scale, and some marks of the scale are too.
    first, last = axes.get_xlim()
    assert 0 < first < 123.2 and last > 20_000
    assert len([tick for tick in axes.get_xticks() if first <= tick <= last]) >= 2
    assert "each step" not in words(draw())


@pytest.mark.slow
@given(
    estimate=st.floats(1, 1e7),
    below=st.floats(0, 1),
    above=st.floats(1, 1e4),
    seen=st.floats(0, 1),
    truth=st.floats(0.01, 100),
)
@settings(max_examples=examples(15))
def test_every_mark_is_on_the_scale_whatever_the_numbers(estimate, below, above, seen, truth):
    table = pd.DataFrame(
        {"label": ["one"], "estimate": [estimate], "low": [below * estimate], "high": [above * estimate]}
    )
    figure = draw(table, observed=seen * estimate, truth=truth * estimate)
    first, last = axes_of(figure).get_xlim()
    assert first <= dots_of(figure, "one")[0] <= last
    assert first <= seen * estimate <= last or axes_of(figure).get_xscale() == "log"
    assert first <= truth * estimate <= last
    low, high = interval_of(figure, "one")
    assert first <= low <= high <= last
    # What lies beyond the edge has an arrow, and nothing else has one.
    assert len(arrows_of(figure, "one")) == (above * estimate > last)
    assert outside(figure) == []


# Marks that all rows share


def test_observed_truth_and_range_are_drawn_where_they_are_and_named_in_the_key():
    figure = draw(observed=123, truth=210, band=(123.2, 513.5))
    assert upright(figure, style.MUTED) == [123] and upright(figure, style.HIGHLIGHT) == [210]
    (band,) = [patch for patch in axes_of(figure).patches if patch.get_facecolor()[:3] == to_rgba(style.SKY)[:3]]
    assert (band.get_x(), band.get_x() + band.get_width()) == pytest.approx((123.2, 513.5))
    for said in ("observed: 123", "true number: 210", "range of all methods", "estimate", "95% interval"):
        assert said in words(figure)


def test_what_is_not_given_is_neither_drawn_nor_named():
    figure = draw(ROWS.head(2))
    assert upright(figure, style.MUTED) == upright(figure, style.HIGHLIGHT) == []
    assert not axes_of(figure).patches
    for said in ("observed", "true number", "range of all methods", "known number", "refused"):
        assert said not in words(figure)


def test_a_range_without_an_end_goes_to_the_edge():
    figure = draw(band=(123.2, INF))
    (band,) = [patch for patch in axes_of(figure).patches if patch.get_facecolor()[:3] == to_rgba(style.SKY)[:3]]
    assert band.get_x() + band.get_width() == pytest.approx(axes_of(figure).get_xlim()[1])


def test_a_truth_beyond_all_intervals_is_still_on_the_figure():
    figure = draw(truth=2_000)
    assert axes_of(figure).get_xlim()[1] > 2_000 and upright(figure, style.HIGHLIGHT) == [2_000]


def test_the_key_says_the_level_of_the_intervals():
    assert "80% interval" in words(draw(confidence=0.8)) and "99.8% interval" in words(draw(confidence=0.998))


# The frame


LONG = ROWS.assign(
    label=[
        "averaged over all decomposable models of dependences between the lists of police and protection",
        "stepwise, p < 0.02, " + "x" * 80,
        "One model for every area: " + "very " * 20 + "long",
        "short",
    ],
    group=["Each area of a study by itself, as far as the persons of that area allow it"] * 2 + ["All together"] * 2,
    known=[12_345.0, NAN, 150.0, 3_000.0],
    estimate=[12_345.0, 9_999.0, 163.0, NAN],
    high=[20_000.0, 999_999.0, INF, NAN],
)


@pytest.mark.soak
@pytest.mark.parametrize("table", [ROWS, LONG, ROWS.tail(1), LONG.head(1)])
def test_no_text_is_cut_and_none_covers_another(table):
    figure = draw(table, observed=123, truth=210, band=(100, INF), subtitle="A sentence that is long. " * 12)
    assert outside(figure) == []
    assert colliding(figure) == []


def test_marks_of_the_scale_do_not_cover_one_another_in_a_large_population():
    large = LONG.head(1).assign(known=1_234_567.0, estimate=1_234_567.0, high=2_000_000.0)
    assert colliding(draw(large, observed=123)) == []


@pytest.mark.parametrize("table", [ROWS, LONG])
def test_names_and_numbers_stand_beside_the_rows_and_not_on_them(table):
    figure = draw(table)
    found = dict(boxes(figure))
    left, right = axes_of(figure).get_window_extent().x0, axes_of(figure).get_window_extent().x1
    for text in axes_of(figure).texts:
        box = found[text.get_text()]
        assert box.x1 <= left or box.x0 >= right, text.get_text()


def test_a_figure_of_estimates_says_its_source_period_number_and_limits():
    said = words(draw())
    assert "Source: five lists of a test · Period: 2014-2021 · n = 123 persons on 3 lists · Estimated, not" in said


def test_an_empty_table_says_that_there_is_no_estimate():
    figure = draw(ROWS.head(0))
    assert "no estimate" in words(figure) and "Estimated, not counted." in words(figure)


def test_only_refused_rows_can_be_drawn():
    figure = draw(ROWS.tail(1), observed=120)
    assert "refused by itself" in words(figure) and "observed: 120" in words(figure)


def test_a_synthetic_footer_marks_the_whole_figure():
    figure = draw(footer=SYNTHETIC)
    assert style.is_synthetic(figure) and not style.is_synthetic(draw())
    (title,) = [text for text in figure.texts if text.get_gid() == "title"]
    assert title.get_text() == "SYNTHETIC · How many persons there are"
    _, metadata = plots.show(figure, "hidden", "A figure of estimates.")._repr_mimebundle_()
    assert metadata["image/png"]["name"] == "hidden_SYNTHETIC" and metadata["image/png"]["kind"] == "synthetic"


@pytest.mark.parametrize("column", ["label", "estimate", "low", "high"])
def test_a_table_without_a_needed_column_is_refused_by_the_columns_name(column):
    with refused(ValueError, "missing_column", column):
        draw(ROWS.drop(columns=column))


def test_the_same_table_gives_the_same_bytes_and_is_left_as_it_was():
    before = LONG.copy(deep=True)
    assert plots.png(draw(LONG)) == plots.png(draw(LONG))
    pd.testing.assert_frame_equal(LONG, before)


# Results


@cache
def robust() -> capture_recapture.Robustness:
    return capture_recapture.robustness(KOREA, replicates=50)


def test_the_picture_of_an_estimate_has_its_resamples_its_limits_and_what_was_observed():
    result = capture_recapture.multiple_systems(KOREA, replicates=60)
    figure = result.plot()
    assert named(figure, "estimate")[0, 0] == pytest.approx(268.777778)
    assert named(figure, "observed")[0, 0] == 123
    assert f"{result.interval[0]:,.0f}–{result.interval[1]:,.0f}" in plain_words(figure)
    # Each bar holds the share of the resamples that lie in it.
    bars = [bar for bar in figure.axes[0].patches if bar.get_height() != 1]
    last = bars[-1].get_x() + bars[-1].get_width()
    drawn = sum(bar.get_height() for bar in bars)
    assert drawn == pytest.approx(100 * np.mean(result.replicates < last + 0.5), abs=2)


@pytest.mark.slow
def test_the_range_of_all_methods_is_drawn():
    result = robust()
    figure = estimate_figures.of_methods(result, title="Methods", footer=FOOTER)
    said = words(figure)
    for method in result.table["method"]:
        assert place_of(figure, method) > 0
    assert dots_of(figure, "BIC, pairs of lists")[0] == pytest.approx(157.1666667)
    assert result.sentence in said
    assert "observed: 123" in said and "range of all methods" in said
    (band,) = [patch for patch in axes_of(figure).patches if patch.get_facecolor()[:3] == to_rgba(style.SKY)[:3]]
    assert (band.get_x(), band.get_x() + band.get_width()) == pytest.approx((result.low, result.high))
    assert outside(figure) == [] and colliding(figure) == []
    known = estimate_figures.of_methods(result, title="Methods", footer=SYNTHETIC, truth=300)
    assert "true number" not in said and "true number: 300" in words(known)
    assert style.is_synthetic(known)


@pytest.mark.slow
def test_the_checks_are_drawn_with_a_head_for_each_kind():
    four = KOREA.assign(e=[1, 1, 0, 1, 0, 0, 1])[["b", "c", "d", "e", "count"]]
    result = capture_recapture.robustness(four, thresholds=(0.02,), replicates=10)
    figure = estimate_figures.of_checks(result, title="Checks", footer=SYNTHETIC)
    said = words(figure)
    assert "One list left out" in said and "Two lists taken as one" in said and "Each by stepwise, p < 0.02." in said
    places = [place_of(figure, f"without {name}") for name in "bcde"] + [place_of(figure, "b and c")]
    assert places == sorted(places)
    assert outside(figure) == [] and colliding(figure) == []
    assert "Two lists taken as one" not in words(estimate_figures.of_checks(robust(), title="Checks", footer=FOOTER))
    assert style.is_synthetic(figure)


def test_lists_whose_number_is_known_are_drawn_with_it():
    # On b 77 persons, of whom 99 are estimated from c and d.
    figure = estimate_figures.of_known_lists(robust(), title="Known", footer=SYNTHETIC)
    assert "99 of 77" in words(figure)
    assert [list(line.get_xdata()) for line in lines_of(figure, "b") if line.get_marker() == "D"] == [[77]]
    assert "observed" not in words(figure)
    assert outside(figure) == [] and colliding(figure) == []
    assert style.is_synthetic(figure)


def test_two_lists_draw_their_range_and_say_that_there_are_no_checks():
    two = pd.DataFrame({"a": [1, 0, 1], "b": [0, 1, 1], "count": [40, 30, 12]})
    result = capture_recapture.robustness(two, replicates=5)
    drawn = {"title": "Two lists", "footer": FOOTER}
    assert "Chapman, odds ratio 1" in words(estimate_figures.of_methods(result, **drawn))
    for figure in (
        estimate_figures.of_checks(result, **drawn),
        estimate_figures.of_known_lists(result, **drawn),
    ):
        assert "no estimate" in words(figure)
    for figure in (result.plot_checks(), result.plot_known()):
        assert [text.get_text() for text in figure.axes[0].texts] == ["no estimate"]


@pytest.mark.slow
def test_the_plain_pictures_of_all_methods_show_their_estimates_and_limits():
    result = robust()
    figure = result.plot(truth=300)
    assert labels(figure) == result.table["method"].tolist()
    assert dots(figure)[0] == pytest.approx(result.table["estimate"].tolist(), nan_ok=True)
    assert limits(figure) == pairs(result.table["low"], result.table["high"])
    assert named(figure, "observed")[0, 0] == 123 and named(figure, "true number")[0, 0] == 300
    checks = result.plot_checks()
    assert labels(checks) == ["without b", "without c", "without d"]
    assert dots(checks)[0] == pytest.approx(result.left_out["estimate"].tolist(), nan_ok=True)
    known = result.plot_known()
    assert labels(known)[0] == "b (known: 77)" and round(dots(known)[0][0]) == 99


def test_the_strata_of_an_estimate_are_drawn_with_the_persons_seen():
    table = pd.DataFrame({"label": ["north", "east"], "n": [3500, 11], "estimate": [4400, NAN]})
    table = table.assign(low=[4200, NAN], high=[INF, NAN])
    figure = of_strata(table, title="Strata", footer=FOOTER, confidence=0.95)
    said = words(figure)
    assert "north (3,500 seen)" in said and "4,400 (4,200–∞)" in said and "refused" in said
