"""Figures of joinpoint trends: what a reader takes from the strip of changes, the turns, the panels and the forest."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle
from refusals import refused
from test_estimate_figures import colliding, outside, words

from analysis import plots
from analysis.plots import joinpoint_fits as turns
from analysis.plots import marks, style
from analysis.plots.joinpoint_fits import joinpoint_panels
from analysis.plots.joinpoints import candidates, joinpoints

NAN, INF = float("nan"), float("inf")
FOOTER = plots.Footer("UNODC, 2023", "2009-2023", "612 detected victims", "Detected, not incidence.")
SYNTHETIC = plots.Footer("made for a test", "2009-2023", "120 records", "Not real.", synthetic=True)
LONG = plots.Footer("A publisher with a name " + "long " * 60, "2009-2023", "120", "Not incidence. " * 20)
Shape = tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, pd.DataFrame]


def shape(n: int, turned: tuple[int, ...] = (), level: float = 40.0, first: int = 2009, scale: float = 1.0) -> Shape:
    """An invented series of `n` years that rises and falls in turn, its line bent after so many years."""
    x = first + np.arange(n) + 0.5
    knots = np.array([x[0], *(first + turn + 0.5 for turn in turned), x[-1]])
    steps = np.diff(knots) * np.where(np.arange(len(knots) - 1) % 2, -0.1, 0.12)
    fit = np.exp(np.interp(x, knots, np.log(level) + np.concatenate([[0], np.cumsum(steps)])))
    count = np.round(fit + np.sqrt(fit) * np.sin(7 * x))
    observed = pd.DataFrame({"x": x, "low": count, "high": count, "value_qualifier": "exact"})
    observed["interval_low"] = np.maximum(count - 2 * np.sqrt(count), 0)
    observed["interval_high"] = count + 2 * np.sqrt(count) + 3
    observed[["low", "high", "interval_low", "interval_high"]] *= scale
    fitted = pd.DataFrame({"x": x, "fit": fit * scale, "low": 0.8 * fit * scale, "high": 1.3 * fit * scale})
    apc = np.where(np.arange(len(knots) - 1) % 2, -9.5, 12.7)
    segments = pd.DataFrame({"start": knots[:-1], "end": knots[1:], "apc": apc, "low": apc - 10, "high": apc + 10.4})
    segments["significant"] = segments["low"] > 0
    turns_at = pd.DataFrame({"x": knots[1:-1], "low": knots[1:-1] - 2, "high": knots[1:-1] + 3})
    return observed, fitted, segments, turns_at


def bounded(made: Shape) -> Shape:
    """The same with counts, changes and a fit known between bounds, limits that are missing or have no end."""
    observed, fitted, segments, turned = (table.copy() for table in made)
    observed.loc[1, ["low", "high", "value_qualifier", "interval_low", "interval_high"]] = [0, 4, "below_5", NAN, NAN]
    observed.loc[2, ["low", "high", "value_qualifier"]] = [NAN, NAN, "suppressed"]
    observed.loc[3, ["low", "high", "value_qualifier"]] = [10, INF, "at_least"]
    segments = segments.assign(apc_low=segments["apc"] - 5, apc_high=segments["apc"] + 12_345.6, apc=NAN)
    segments.loc[0, ["low", "high"]] = [-INF, INF]
    segments.loc[len(segments) - 1, ["low", "high"]] = NAN
    turned.loc[0, ["low", "high"]] = [-INF, INF]
    turned.loc[len(turned) - 1, ["low", "high"]] = NAN
    fitted = fitted.assign(fit_low=0.9 * fitted["fit"], fit_high=1.2 * fitted["fit"], fit=NAN)
    fitted.loc[4, "high"] = INF
    return observed, fitted, segments, turned


ONE = shape(15, (6,))
SHAPES: dict[str, tuple[Shape, dict]] = {
    "eight years, no turn": (shape(8), {"note": "No turn is supported by the data."}),
    "fifteen years, one turn": (ONE, {"incomplete": [2023.5]}),
    "segments of three years": (shape(15, (3, 6, 9)), {}),
    "thirty-five years": (shape(35, (10, 13, 28), first=1989), {}),
    "five turns close together": (shape(40, (3, 6, 9, 12, 15), first=1984), {}),
    "counts of 0 to 5": (shape(12, (5,), level=1.0), {"log": True, "incomplete": [2019.5, 2020.5]}),
    "rates": (shape(15, (6,), scale=0.002), {"log": True}),
    "bounds": (bounded(shape(30, (3, 6, 9, 14, 20), first=1994)), {"note": "Counts between bounds. " * 12}),
    "a jump": (ONE, {"jump": 2013.0}),
    "no fit": ((ONE[0], None, None, None), {"note": "No trend: 4 points are too few."}),
    "one point": ((ONE[0][:1], None, None, None), {}),
}
every_shape = pytest.mark.parametrize("name", SHAPES)


def draw(made: Shape = ONE, *, title: str = "A title", footer=FOOTER, ylabel: str = "victims", **rules) -> Figure:
    return joinpoints(*made, title=title, footer=footer, ylabel=ylabel, **rules)


def chart(figure: Figure) -> Axes:
    (axes,) = figure.axes
    return axes


def bars(figure: Figure) -> list[Rectangle]:
    """The bars of the segments, from left to right, without those of the key."""
    found = [patch for patch in figure.artists if isinstance(patch, Rectangle)]
    found = [patch for patch in found if to_rgba(patch.get_edgecolor()) == to_rgba(style.VERMILLION)]
    return [patch for patch in found if patch.get_height() < 0.1]


def in_years(figure: Figure, inches: Rectangle) -> tuple[float, float]:
    """The years at the ends of a bar above the axes."""
    box = inches.get_window_extent()
    back = chart(figure).transData.inverted()
    return float(back.transform((box.x0, 0))[0]), float(back.transform((box.x1, 0))[0])


# One series


@pytest.mark.soak
@every_shape
@pytest.mark.parametrize("footer", [FOOTER, LONG])
def test_no_text_leaves_the_page_and_none_covers_another(name, footer):
    made, rules = SHAPES[name]
    figure = draw(made, footer=footer, title="A title that is " + "very " * 30 + "long", **rules)
    assert outside(figure) == [] and colliding(figure) == []


@pytest.mark.soak
@every_shape
def test_no_text_but_the_years_lies_on_the_data(name):
    made, rules = SHAPES[name]
    figure = draw(made, **rules)
    figure.draw(figure.canvas.get_renderer())
    frame = chart(figure).get_window_extent()
    for text in figure.texts:
        box = text.get_window_extent()
        across = min(box.x1, frame.x1) - max(box.x0, frame.x0) > 0
        assert not (across and min(box.y1, frame.y1) - max(box.y0, frame.y0) > 2), text.get_text()


@every_shape
def test_every_change_is_written_with_its_years_and_its_interval(name):
    made, rules = SHAPES[name]
    said = words(draw(made, **rules))
    for row in [] if made[2] is None else made[2].to_dict("records"):
        assert turns.years(row) in said
        row = {"apc_low": NAN, "apc_high": NAN} | row
        assert turns.change(row) in said and turns.limits(row) in said


def test_a_change_is_said_in_signs_percent_and_an_asterisk_where_it_differs_from_none():
    said = words(draw())
    assert "2009–2015 +12.7 %* (+2.7 to +23.1) 2015–2023 −9.5 % (−19.5 to +0.9)" in said
    assert "Change in percent a year, with its 95% interval" in said
    assert "* change differs from 0" in said and "change may be 0" in said
    weights = {text.get_text(): text.get_weight() for text in draw().texts}
    assert weights["+12.7 %*"] == "bold" and weights["−9.5 %"] == "normal"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (4.24, "+4.2"),
        (-0.04, "0.0"),
        (0.04, "0.0"),
        (-31.9, "−31.9"),
        (442.4, "+442"),
        (12345.6, "+12,346"),
        (INF, "+∞"),
        (-INF, "−∞"),
        (NAN, "not known"),
    ],
)
def test_a_percentage_is_written_as_people_write_it(value, text):
    assert turns.percent(value) == text


def test_a_change_known_between_bounds_is_said_so_and_one_without_limits_too():
    row = {"apc": NAN, "apc_low": 3.3, "apc_high": 126.0, "low": NAN, "high": NAN, "significant": False}
    assert turns.change(row) == "+3.3 to +126 %" and turns.limits(row) == "(no interval)"
    assert turns.change(row | {"apc_low": NAN}) == "not known"


def test_bars_span_the_years_of_their_segments_and_are_full_where_the_change_differs_from_none():
    figure = draw()
    rising, falling = bars(figure)
    # A hair is left between neighbours.
    assert in_years(figure, rising) == pytest.approx((2009.5, 2015.5), abs=0.1)
    assert in_years(figure, falling) == pytest.approx((2015.5, 2023.5), abs=0.1)
    assert rising.get_facecolor() == to_rgba(style.VERMILLION) and falling.get_facecolor() == to_rgba("white")


def test_segments_whose_words_do_not_fit_beside_one_another_are_numbered_and_listed():
    made, rules = SHAPES["bounds"]
    wide = made[2].assign(apc_low=-99_999.0, low=-99_999.0, high=99_999.0)
    figure = draw((made[0], made[1], wide, made[3]), **rules)
    said = words(figure)
    for number, row in enumerate(wide.to_dict("records")):
        assert f"{'①②③④⑤⑥'[number]} {turns.years(row)} {turns.change(row)} {turns.limits(row)}" in said
        assert said.count("①②③④⑤⑥"[number]) == 2
    assert colliding(figure) == [] and outside(figure) == []
    assert "①" not in words(draw())


def test_a_joinpoint_is_a_line_through_the_data_and_an_interval_above_them():
    axes = chart(draw())
    upright = [line for line in axes.lines if list(line.get_xdata()) == [2015.5, 2015.5]]
    assert [0, 1] in [list(line.get_ydata()) for line in upright]
    (level,) = [line for line in axes.lines if list(line.get_xdata()) == [2013.5, 2018.5] and line.get_lw() > 1.5
                and line.get_linestyle() == "-"]  # fmt: skip
    assert min(level.get_ydata()) > 1
    assert "joinpoint with its 95% interval" in words(draw())
    assert "joinpoint with its 80% interval" in words(draw(confidence=0.8))


def test_intervals_of_joinpoints_that_overlap_lie_above_one_another():
    figure = draw(shape(15, (3, 6, 9)))
    heights = [
        line.get_ydata()[0]
        for line in chart(figure).lines
        if line.get_linestyle() == "-" and len(line.get_xdata()) == 2 and np.diff(line.get_xdata())[0] > 1
        and line.get_color() == style.INK
    ]  # fmt: skip
    first, second, third = heights
    # 2012.5 (2010.5 to 2015.5), 2015.5 (2013.5 to 2018.5), 2018.5 (2016.5 to 2021.5): the third clears the first only.
    assert first == third < second


def test_a_joinpoint_without_an_interval_is_marked_and_not_said_to_have_one():
    made = (*ONE[:3], ONE[3].assign(low=NAN, high=NAN))
    assert "joinpoint" in words(draw(made)) and "joinpoint with" not in words(draw(made))


def test_where_there_is_no_turn_none_is_drawn_and_the_note_says_why():
    made, rules = SHAPES["eight years, no turn"]
    figure = draw(made, **rules)
    assert "No turn is supported by the data." in words(figure) and "joinpoint" not in words(figure)
    assert len(bars(figure)) == 1


def test_an_incomplete_period_is_hatched_over_its_year_and_its_mark_is_open():
    figure = draw(incomplete=[2023.5])
    (column,) = [patch for patch in chart(figure).patches if patch.get_hatch() == marks.INCOMPLETE]
    assert (column.get_x(), column.get_x() + column.get_width()) == (2023, 2024)
    faces = {
        line.get_xdata()[0]: line.get_markerfacecolor()
        for line in chart(figure).lines
        if line.get_marker() == "o" and len(line.get_xdata()) == 1
    }
    assert faces.pop(2023.5) == "white" and set(faces.values()) == {style.BLUE}
    assert "period not yet complete" in words(figure) and "approximate" not in words(figure)
    assert marks.INCOMPLETE not in {patch.get_hatch() for patch in draw().findobj(Patch)}
    assert "complete" not in words(draw())


def test_the_hatching_of_an_incomplete_period_is_none_of_those_for_not_knowing():
    assert marks.INCOMPLETE not in {style.UNKNOWN, style.SUPPRESSED, style.CENSORED}


def test_an_incomplete_quarter_is_hatched_over_a_quarter():
    quarters = ONE[0].assign(x=2020 + (np.arange(15) + 0.5) / 4)
    figure = draw((quarters, None, None, None), incomplete=[2020 + 14.5 / 4])
    (column,) = [patch for patch in chart(figure).patches if patch.get_hatch() == marks.INCOMPLETE]
    assert column.get_width() == pytest.approx(0.25) and column.get_x() == pytest.approx(2023.5)


def lines_of_the_fit(figure: Figure) -> list[list[float]]:
    return [list(line.get_xdata()) for line in chart(figure).lines if line.get_color() == style.VERMILLION]


def test_the_line_is_broken_where_the_level_jumps():
    assert len(lines_of_the_fit(draw())) == 1
    fitted = ONE[1].assign(piece=(ONE[1]["x"] > 2013).astype(int))
    figure = draw((ONE[0], fitted, *ONE[2:]), jump=2013.0)
    before, after = lines_of_the_fit(figure)
    assert max(before) == 2012.5 and min(after) == 2013.5
    assert 2013.0 in [line.get_xdata()[0] for line in chart(figure).lines]
    assert "the way of counting changed" in words(figure) and "counting" not in words(draw())


def test_a_fit_known_between_bounds_is_a_band_and_named_in_the_key():
    figure = draw(bounded(ONE))
    assert "bounds of the fit" in words(figure) and "bounds of the fit" not in words(draw())


def test_a_band_that_soars_is_cut_and_said_to_be():
    fitted = ONE[1].assign(high=ONE[1]["high"] * np.where(ONE[1]["x"] > 2022, 1e4, 1))
    figure = draw((ONE[0], fitted, *ONE[2:]))
    assert "cut at the top" in words(figure) and "cut" not in words(draw())
    assert chart(figure).get_ylim()[1] < 2 * max(ONE[0]["interval_high"].max(), fitted["fit"].max())


def test_a_zero_has_its_place_on_a_logarithmic_scale():
    observed = ONE[0].assign(low=[0.0] + [40.0] * 14, high=[0.0] + [40.0] * 14)
    figure = draw((observed, *ONE[1:]), log=True)
    assert chart(figure).get_ylim()[0] == 0 and "(logarithmic above 20)" in words(figure)
    assert "logarithmic" not in words(draw())
    rates = observed.assign(**{column: observed[column] / 1000 for column in ("low", "high")})
    assert "(logarithmic above 0.02)" in words(draw((rates, None, None, None), log=True))


def test_the_covid_years_are_shaded_and_named_where_they_are_shown():
    assert "COVID-19 years" in words(draw())
    assert "COVID-19" not in words(draw(shape(9, (4,), first=2005)))


def test_two_series_in_one_figure_are_refused():
    two = pd.concat([ONE[0].assign(series="girls"), ONE[0].assign(series="boys")])
    with refused(ValueError, "more_than_one_series"):
        draw((two, *ONE[1:]))


@pytest.mark.parametrize(("place", "column"), [(0, "low"), (1, "fit"), (2, "significant"), (3, "x")])
def test_a_table_without_a_needed_column_is_refused_by_the_columns_name(place, column):
    made = [table.drop(columns=column) if here == place else table for here, table in enumerate(ONE)]
    with refused(ValueError, "missing_column", column):
        draw(tuple(made))


def test_nothing_observed_is_said_to_be_not_found_with_the_reason():
    figure = draw((ONE[0][:0], None, None, None), note="too few points")
    assert "no figure found. too few points" in words(figure) and "Detected, not incidence." in words(figure)


# Panels


def collected(names: list[str], **rules) -> list[pd.DataFrame]:
    shapes = [
        shape(15, turned, level, **rules) for turned, level in [((), 3), ((6,), 40), ((4, 9), 200), ((3, 6, 9), 9)]
    ]
    parts = [[table.assign(panel=name) for table in shapes[n % 4]] for n, name in enumerate(names)]
    return [pd.concat(tables, ignore_index=True) for tables in zip(*parts, strict=True)]


NAMES = ["Benin", "Togo", "Ghana", "Côte d'Ivoire", "A state whose name is far longer than its panel is wide", "Mali"]


def draw_panels(names: list[str] = NAMES, *, footer=FOOTER, tables=None, **rules) -> Figure:
    return joinpoint_panels(*(tables or collected(names)), title="A title", footer=footer, ylabel="victims", **rules)


@pytest.mark.soak
@pytest.mark.parametrize("many", [1, 3, 5, 12])
@pytest.mark.parametrize("rules", [{}, {"own_scale": True}, {"log": True}, {"log": True, "own_scale": True}])
def test_panels_of_any_number_keep_their_texts_apart_and_on_the_page(many, rules):
    names = (NAMES * 3)[:many]
    names = [f"{name} {n}" for n, name in enumerate(names)]
    notes = dict.fromkeys(names, "average of all years: +3.1 % a year (−0.4 to +6.8)")
    reasons = {names[0]: "4 points are too few, and the counts of two of them are known between wide bounds only"}
    figure = draw_panels(names, notes=notes, refused=reasons, panels=["Nowhere", *names], footer=LONG, **rules)
    assert outside(figure) == [] and colliding(figure) == []


def test_a_panel_says_how_often_its_line_turns_and_how_it_changed_last():
    said = words(draw_panels(NAMES[:4]))
    assert "no joinpoint; 2009–2023: +12.7 %* a year (+2.7 to +23.1)" in said
    assert "1 joinpoint; 2015–2023: −9.5 % a year (−19.5 to +0.9)" in said
    assert "2 joinpoints; 2018–2023: +12.7 %* a year (+2.7 to +23.1)" in said


def test_a_refused_panel_says_why_and_shows_what_was_observed_and_no_fit():
    figure = draw_panels(["Benin", "Togo"], refused={"Togo": "too few points"})
    assert "no fit: too few points" in words(figure)
    fitted, refused = figure.axes
    assert [line.get_color() for line in fitted.lines].count(style.VERMILLION) == 1
    assert style.VERMILLION not in [line.get_color() for line in refused.lines]
    assert sum(line.get_marker() == "o" for line in refused.lines) == 15


def test_a_panel_without_an_observation_is_hatched_and_the_row_keeps_its_scale():
    figure = draw_panels(["Benin", "Togo"], panels=["Nowhere", "Benin", "Togo"])
    assert "no figure found" in words(figure)
    labelled = [
        axes for axes in figure.axes if any(tick.label1.get_visible() for tick in axes.yaxis.get_major_ticks())
        and axes.get_ylim()[1] > 1
    ]  # fmt: skip
    assert len(labelled) == 1


def test_panels_share_a_scale_unless_each_is_to_have_its_own():
    assert len({axes.get_ylim() for axes in draw_panels(NAMES[:3]).figure.axes}) == 1
    assert len({axes.get_ylim() for axes in draw_panels(NAMES[:3], own_scale=True).axes}) == 3


def test_jumps_and_incomplete_periods_belong_to_their_panel():
    figure = draw_panels(["Benin", "Togo"], jump={"Togo": [2012.0, 2014.0]}, incomplete={"Benin": [2023.5]})
    benin, togo = figure.axes
    jumps = [[line.get_xdata()[0] for line in axes.lines if line.get_linestyle() == ":"] for axes in (benin, togo)]
    assert jumps == [[], [2012.0, 2014.0]]
    assert marks.INCOMPLETE in {patch.get_hatch() for patch in benin.patches}
    assert marks.INCOMPLETE not in {patch.get_hatch() for patch in togo.patches}


# The forest of changes

FOREST = pd.DataFrame(
    [
        ("Benin", "2007–2013", 12.0, 12.0, 4.0, 20.6, "+12.0 %", "segment"),
        ("Benin", "2013–2021", -8.1, -8.1, -15.0, -0.5, "−8.1 %", "segment"),
        ("Benin", "all years", 0.6, 0.6, -3.0, 4.2, "+0.6 %", "average"),
        (
            "Togo",
            "2009–2021",
            NAN,
            NAN,
            NAN,
            NAN,
            "refused: 4 observed points; a trend needs at least 5. " * 3,
            "segment",
        ),
        ("Mali", "2007–2010", -20.0, -20.0, -99.0, 260.0, "−20.0 %", "segment"),
        ("Mali", "2010–2021", 3.3, 26.0, -INF, INF, "+3.3 to +26.0 %", "segment"),
        ("A country of a " + "very " * 30 + "long name", "2007–2021", 4.0, 4.0, NAN, NAN, "+4.0 %", "segment"),
    ],
    columns=["group", "label", "estimate_low", "estimate_high", "low", "high", "text", "kind"],
)


def draw_forest(table: pd.DataFrame = FOREST, *, footer=FOOTER, **rules) -> Figure:
    return plots.forest(table, title="A title", footer=footer, xlabel="percent a year", **rules)


def marks_of(figure: Figure, marker: str) -> list[list[float]]:
    return [list(line.get_xdata()) for line in chart(figure).lines if line.get_marker() == marker]


def test_rows_stand_below_the_name_of_their_area():
    figure = draw_forest()
    said = [" ".join(text.get_text().split()) for text in figure.texts]
    assert [name for name in ("Benin", "Togo", "Mali") if said.count(name) == 1] == ["Benin", "Togo", "Mali"]
    assert outside(figure) == [] and colliding(figure) == []
    assert colliding(draw_forest(footer=LONG)) == []


def test_an_average_is_a_diamond_and_the_segments_are_dots():
    figure = draw_forest(average_label="average over all years (AAPC)")
    assert marks_of(figure, "D") == [[0.6, 0.6]]
    assert [12.0, 12.0] in marks_of(figure, "o") and [3.3, 26.0] in marks_of(figure, "o")
    assert "average over all years (AAPC)" in words(figure)
    assert "average" not in words(draw_forest(FOREST.drop(columns="kind")))


def test_limits_beyond_either_end_of_the_scale_end_in_an_arrow():
    figure = draw_forest()
    first, last = chart(figure).get_xlim()
    assert first > -99 and last < 260
    assert marks_of(figure, "<") == [[first], [first]] and marks_of(figure, ">") == [[last], [last]]
    assert first <= FOREST["estimate_low"].min() and last >= FOREST["estimate_high"].max()


def test_a_refused_row_is_hatched_and_an_estimate_without_limits_is_not():
    hatched = [patch for patch in chart(draw_forest()).patches if patch.get_hatch() == style.UNKNOWN]
    assert len(hatched) == 1 and [4.0, 4.0] in marks_of(draw_forest(), "o")


# The number of joinpoints

CANDIDATES = pd.DataFrame(
    {
        "k": [0, 1, 2, 3],
        "bic": [-2.1, -3.42, -3.40, -3.43],
        "bic3": [-2.1, -3.31, -3.2, -3.0],
        "wbic": [-2.1, -3.38, -3.3, -3.2],
        "p_value": [0.0002, 0.013, 0.31, NAN],
        "chosen_by": ["", "BIC3, weighted BIC", "permutation tests", "BIC"],
    }
)


def draw_candidates(table: pd.DataFrame = CANDIDATES, *, footer=FOOTER, **rules) -> Figure:
    return candidates(table, title="A title", footer=footer, **rules)


def verdict(figure: Figure) -> str:
    (text,) = [text for text in figure.texts if text.get_gid() == "said"]
    return " ".join(text.get_text().split())


def test_disagreement_of_the_criteria_is_said_in_words():
    assert verdict(draw_candidates()) == (
        "The criteria disagree: 1 joinpoint by BIC3 and weighted BIC; 2 joinpoints by permutation tests; "
        "3 joinpoints by BIC."
    )
    every = "permutation tests, BIC, BIC3, weighted BIC"
    assert (
        verdict(draw_candidates(CANDIDATES.assign(chosen_by=["", every, "", ""]))) == "All criteria choose 1 joinpoint."
    )
    assert verdict(draw_candidates(CANDIDATES.assign(chosen_by=["BIC, BIC3, weighted BIC", "", "", ""]))) == (
        "No joinpoint by BIC, BIC3 and weighted BIC; no other criterion could be used."
    )


def test_each_criterion_is_marked_where_it_chooses_and_its_number_is_bold():
    bold = [text.get_text() for text in draw_candidates().texts if text.get_weight() == "bold" and not text.get_gid()]
    # The heads of the rows, and the number of each criterion where it chooses.
    assert sorted(bold) == ["0", "0.310", "1", "2", "3", "least", "least", "least"]
    assert (
        sum(isinstance(line, Line2D) and line.get_marker() == "o" for line in draw_candidates().artists) == 5
    )  # one in the key


def test_numbers_are_differences_to_the_least_and_a_test_not_made_is_said_so():
    said = words(draw_candidates())
    # By hand: -2.1 + 3.43 = 1.33; -3.42 + 3.43 = 0.01; -3.40 + 3.43 = 0.03.
    assert "+1.33 +0.01 +0.03 least" in said and "<0.001 0.013 0.310 not tested" in said


def test_without_chosen_by_each_information_criterion_chooses_its_least():
    figure = draw_candidates(CANDIDATES[["k", "bic", "bic3"]])
    assert verdict(figure) == "The criteria disagree: 1 joinpoint by BIC3; 3 joinpoints by BIC."
    assert "Weighted" not in words(figure) and "Permutation" not in words(figure)
    assert verdict(draw_candidates(CANDIDATES[["k", "bic3", "p_value"]])) == "1 joinpoint by BIC3."


def test_a_perfect_fit_is_named_and_leaves_the_others_comparable():
    said = words(draw_candidates(CANDIDATES.assign(bic=[-2.0, -3.0, -INF, -INF])))
    assert "+1.00 least exact fit exact fit" in said


@pytest.mark.soak
@pytest.mark.parametrize("table", [CANDIDATES, CANDIDATES[:1], CANDIDATES[["k", "p_value"]]])
def test_no_text_of_the_candidates_is_cut_and_none_covers_another(table):
    figure = draw_candidates(table, footer=LONG, subtitle="A sentence that is long. " * 12)
    assert outside(figure) == [] and colliding(figure) == []


def test_a_table_that_cannot_be_compared_is_refused():
    with refused(ValueError, "missing_column"):
        draw_candidates(CANDIDATES[["k"]])
    with refused(ValueError, "duplicate_row"):
        draw_candidates(CANDIDATES.assign(k=0))
    with refused(ValueError, "missing_column"):
        draw_candidates(CANDIDATES.drop(columns="k"))
    assert "no figure found" in words(draw_candidates(CANDIDATES[:0]))


# What all of them carry

ALL: dict[str, Callable[..., Figure]] = {
    "joinpoints": draw,
    "panels": draw_panels,
    "forest": draw_forest,
    "candidates": draw_candidates,
}
each = pytest.mark.parametrize("name", ALL)


@each
def test_every_figure_says_its_source_period_number_and_limits(name):
    said = words(ALL[name]())
    assert "Source: UNODC, 2023 · Period: 2009-2023 · n = 612 detected victims · Detected, not incidence." in said


@each
def test_a_synthetic_footer_marks_the_whole_figure(name):
    figure = ALL[name](footer=SYNTHETIC)
    assert style.is_synthetic(figure) and not style.is_synthetic(ALL[name]())
    assert "SYNTHETIC · A title" in words(figure)


@pytest.mark.slow
@each
def test_the_same_tables_give_the_same_bytes(name):
    assert plots.png(ALL[name]()) == plots.png(ALL[name]())


def test_the_callers_tables_are_left_as_they_were():
    before = [table.copy(deep=True) for table in ONE]
    draw(incomplete=[2023.5])
    for table, kept in zip(ONE, before, strict=True):
        pd.testing.assert_frame_equal(table, kept)
