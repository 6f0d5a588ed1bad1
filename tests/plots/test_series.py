"""Series in one panel: how each kind of knowing is marked, what is joined, and what a fit and its joinpoints say."""

from __future__ import annotations

import matplotlib
import numpy as np
import pandas as pd
import pytest
from figure_texts import faults, smallest, texts, words
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from refusals import refused

from analysis import plots
from analysis.plots import style

NAN, INF = float("nan"), float("inf")
FOOTER = plots.Footer("UNODC, 2023", "2014-2021", "120 detected victims", "Detected, not incidence.")
SYNTHETIC = plots.Footer("made for a test", "2014-2021", "120 records", "Not real.", synthetic=True)
LONG = plots.Footer("A publisher with a name " + "long " * 60, "2009-2023", "120", "Not incidence. " * 20)
COLUMNS = ["series", "x", "low", "high", "value_qualifier"]
SERIES = pd.DataFrame(
    [
        ("children", 2014.5, 12, 12, "exact"),
        ("children", 2015.5, 15, 15, "approx"),
        ("children", 2016.5, 20, INF, "at_least"),
        ("children", 2017.5, 1, 4, "below_5"),
        ("children", 2018.5, NAN, NAN, "suppressed"),
        ("children", 2019.5, NAN, NAN, "exact"),
        ("children", 2020.5, 10, 22, "derived"),
        ("adults", 2014.5, 40, 40, "exact"),
        ("adults", 2015.5, 41, 41, "exact"),
        ("adults", 2018.5, 44, 44, "exact"),
    ],
    columns=COLUMNS,
)
YEARS = pd.DataFrame({"year": [2016, 2017, 2018, 2019], "victims": [3, 0, 8, 9]})
X = 2009.5 + np.arange(15)
RATES = pd.DataFrame({"x": X, "low": 40 + 5 * np.sin(X), "high": 40 + 5 * np.sin(X), "value_qualifier": "exact"})
RATES = RATES.assign(interval_low=RATES["low"] - 9, interval_high=RATES["low"] + 12)
FIT = pd.DataFrame({"x": X, "fit": 40.0, "low": 35.0, "high": 47.0, "confidence": 0.9})
TURNS = pd.DataFrame({"x": [2015.5], "low": [2013.5], "high": [2018.5], "confidence": [0.8]})
FITTED = {"fit": FIT, "joinpoints": TURNS, "text": "2009–2015: +12.7 % a year (+2.7 to +23.1)*\n* differs from 0"}


def draw(table: pd.DataFrame = SERIES, *, title: str = "A title", footer=FOOTER, **rules) -> Figure:
    return plots.series(table, title=title, footer=footer, **{"ylabel": "victims a year"} | rules)


def chart(figure: Figure) -> Axes:
    return figure.axes[0]


def marked(figure: Figure, gid: str) -> list:
    """The artists of one kind of mark."""
    return [artist for artist in chart(figure).get_children() if artist.get_gid() == gid]


def points(figure: Figure, gid: str) -> list[tuple[float, float]]:
    """Where marks of one kind stand."""
    return [tuple(point) for artist in marked(figure, gid) for point in artist.get_xydata().tolist()]


def hatched(figure: Figure) -> set[str | None]:
    return {artist.get_hatch() for artist in chart(figure).collections}


SHAPES: dict[str, tuple[pd.DataFrame, dict]] = {
    "marks": (SERIES, {}),
    "logarithmic": (SERIES, {"log": True}),
    "fit": (RATES, FITTED),
    "five turns": (
        RATES,
        FITTED
        | {"joinpoints": pd.DataFrame({"x": X[2:12:2], "low": X[:10:2], "high": X[4:14:2]}), "text": "line\n" * 7},
    ),
    "what happened": (RATES, {"lines": {"a law": 2012, "a unit": [2014, 2016]}}),
    "another number": (pd.DataFrame({"odds": [0.5, 1, 2, 4], "n": [4, 3, 2, 2]}), {"x": "odds", "y": "n"}),
    "one row": (SERIES[:1], {}),
    "long names": (SERIES.assign(series="A series of a " + "very " * 9 + "long name " + SERIES["series"]), {}),
}
every_shape = pytest.mark.parametrize("name", SHAPES)


# What every figure carries


@every_shape
def test_every_figure_says_its_source_period_number_and_limits(name):
    table, rules = SHAPES[name]
    said = words(draw(table, **rules))
    assert "Source: UNODC, 2023 · Period: 2014-2021 · n = 120 detected victims · Detected, not incidence." in said


@every_shape
@pytest.mark.parametrize("footer", [FOOTER, LONG])
def test_no_text_is_small_leaves_the_page_or_covers_another(name, footer):
    table, rules = SHAPES[name]
    figure = draw(table, footer=footer, title="A title that is " + "very " * 30 + "long", **rules)
    assert faults(figure) == [] and smallest(figure) >= style.LEAST


@pytest.mark.varied
@every_shape
def test_the_same_table_gives_the_same_bytes_and_is_left_as_it_was(name):
    table, rules = SHAPES[name]
    before = table.copy(deep=True)
    assert plots.png(draw(table, **rules)) == plots.png(draw(table, **rules))
    pd.testing.assert_frame_equal(table, before)


def test_a_synthetic_figure_has_the_watermark_and_the_word_in_its_title():
    figure = draw(footer=SYNTHETIC)
    assert style.is_synthetic(figure) and not style.is_synthetic(draw())
    assert "SYNTHETIC · A title" in words(figure)


def test_an_empty_table_says_that_nothing_was_found_and_why():
    said = words(draw(SERIES[:0], text="Too few points."))
    assert "no figure found. Too few points" in said and "Detected, not incidence." in said


@pytest.mark.parametrize("rules", [{"y": "victims"}, {"x": "year"}, {"by": "country"}])
def test_a_table_without_a_needed_column_is_refused_by_the_columns_name(rules):
    with refused(ValueError, "missing_column", *rules.values()):
        draw(**rules)


@pytest.mark.parametrize(("part", "column"), [("fit", "high"), ("joinpoints", "low")])
def test_a_fit_without_a_needed_column_is_refused_by_the_columns_name(part, column):
    with refused(ValueError, "missing_column", column):
        draw(RATES, **FITTED | {part: FITTED[part].drop(columns=column)})


def test_the_readers_own_settings_neither_change_a_figure_nor_are_changed():
    plain = plots.png(draw())
    with matplotlib.rc_context({"font.size": 30, "axes.grid": True, "savefig.dpi": 20, "text.color": "red"}):
        before = dict(matplotlib.rcParams)
        assert plots.png(draw()) == plain
        assert dict(matplotlib.rcParams) == before


def test_more_series_than_can_be_told_apart_are_refused():
    table = pd.DataFrame([(str(n), 2015.5, 2, 2, "exact") for n in range(8)], columns=COLUMNS)
    with refused(ValueError, "too_many_series"):
        draw(table)


# A table of a reader's own


def test_a_table_of_whole_years_and_counts_needs_no_other_column():
    figure = draw(YEARS, x="year", y="victims")
    # Each year in the middle of its slot.
    assert points(figure, "exact") == [(2016.5, 3), (2017.5, 0), (2018.5, 8), (2019.5, 9)]
    assert chart(figure).get_xlim() == (2016, 2020)
    assert [label.get_text() for label in chart(figure).get_xticklabels()] == ["2016", "2017", "2018", "2019"]


def test_days_stand_where_they_lie_in_their_year():
    days = YEARS.assign(day=pd.to_datetime(["2016-01-01", "2016-07-02", "2017-01-01", "2018-12-31"]))
    places = [x for x, _ in points(draw(days, x="day", y="victims"), "exact")]
    assert places == pytest.approx([2016, 2016.5, 2017, 2019], abs=0.002)


def test_what_is_no_year_has_a_scale_of_numbers_and_no_covid_years():
    table, rules = SHAPES["another number"]
    figure = draw(table, **rules)
    assert "COVID" not in words(figure)
    assert points(figure, "exact") == [(0.5, 4), (1, 3), (2, 2), (4, 2)]


def test_each_series_is_named_at_its_end_in_its_own_mark():
    names = [text.get_text() for text in texts(draw(), "name")]
    assert sorted(names) == ["adults", "children"]
    markers = {line.get_marker() for gid in ("exact", "approx") for line in marked(draw(), gid)}
    assert markers == {"o", "s"}


# How a count is known


def test_years_without_a_count_are_not_bridged_by_a_line():
    joined = [segment for artist in marked(draw(), "joined") for segment in artist.get_segments()]
    assert len(joined) == 3 and max(float(np.ptp(segment[:, 0])) for segment in joined) <= 1.3


def test_quarters_that_are_not_known_are_not_bridged_either():
    x = 2015 + (np.arange(6) + 0.5) / 4
    table = pd.DataFrame({"x": x, "low": [1, 2, NAN, 3, 4, 5], "high": [1, 2, NAN, 3, 4, 5]})
    joined = [segment[:, 0].tolist() for artist in marked(draw(table), "joined") for segment in artist.get_segments()]
    assert joined == [[x[0], x[1]], [x[3], x[4]], [x[4], x[5]]]


def test_a_count_below_five_is_a_hatched_box_from_zero_to_four():
    figure = draw(SERIES[SERIES["value_qualifier"] == "below_5"])
    (boxes,) = marked(figure, "below_5")
    assert boxes.get_hatch() == style.CENSORED
    assert {y for _, y in boxes.get_paths()[0].vertices.tolist()} == {0, 4}
    assert "<5: one to four, may stand for 0" in words(figure)


def test_a_series_of_censored_counts_only_can_be_drawn():
    table = pd.DataFrame([("a", year + 0.5, 1, 4, "below_5") for year in range(2015, 2019)], columns=COLUMNS)
    assert plots.png(draw(table)).startswith(b"\x89PNG")


def test_unknown_and_suppressed_are_hatched_differently_and_explained():
    assert {style.UNKNOWN, style.SUPPRESSED, style.CENSORED} <= hatched(draw())
    said = words(draw())
    assert "no figure found" in said and "suppressed: small number protected" in said


@pytest.mark.parametrize(
    "hidden",
    [
        {"low": 77, "high": 77, "value_qualifier": "suppressed"},
        {"low": 1, "high": 77, "value_qualifier": "suppressed: fewer than 11"},
        {"low": "suppressed", "high": "suppressed", "value_qualifier": "exact"},
    ],
)
def test_a_suppressed_count_is_never_drawn_as_a_number_whatever_the_table_holds(hidden):
    table = pd.DataFrame([{"x": 2014.5, "low": 3, "high": 3, "value_qualifier": "exact"},
                          {"x": 2015.5, "interval_low": 60, "interval_high": 90} | hidden])  # fmt: skip
    figure = draw(table)
    assert points(figure, "exact") == [(2014.5, 3)] and len(marked(figure, "suppressed")) == 1
    assert marked(figure, "limits") == [] and chart(figure).get_ylim()[1] < 5


def test_bounds_that_contradict_themselves_are_refused():
    with refused(ValueError, "invalid_row"):
        draw(SERIES[:1].assign(low=9, high=4))


def test_an_approximate_count_is_open_an_exact_one_full_and_a_minimum_has_an_arrow():
    figure = draw(SERIES[SERIES["series"] == "children"])
    (exact,), (approx,), (least,) = (marked(figure, gid) for gid in ("exact", "approx", "at_least"))
    assert to_rgba(exact.get_markerfacecolor()) == to_rgba(style.BLUE) and approx.get_markerfacecolor() == "white"
    assert points(figure, "at_least") == [(2016.5, 20)] and least.get_marker().vertices[:, 1].max() > 0
    said = words(figure)
    assert "approximate" in said and "at least" in said and "known only as an interval" in said


def test_an_interval_is_a_bar_between_its_bounds_and_a_statistical_one_is_named():
    (bar,) = marked(draw(), "interval")
    assert [y for _, y in bar.get_segments()[0].tolist()] == [10, 22]
    figure = draw(RATES, interval_label="range of two thirds")
    (limits,) = marked(figure, "limits")
    assert len(limits.get_segments()) == 15 and "range of two thirds" in words(figure)
    assert "90 % interval" in words(draw(RATES.assign(confidence=0.9)))


def test_what_a_report_gives_no_figure_for_is_told_apart_from_what_was_not_found():
    table = YEARS.astype({"victims": float}).assign(value_qualifier=["exact", "none_given", "", "exact"])
    table.loc[[1, 2], "victims"] = NAN
    figure = draw(table, x="year", y="victims")
    assert len(marked(figure, "none_given")) == len(marked(figure, "unknown")) == 1
    assert "the report gives no figure" in words(figure) and "no figure found" in words(figure)


def test_a_flag_stands_above_its_row_and_is_open_where_it_is_only_possible():
    figure = draw(YEARS.assign(flag=["", "", "alarm", "possible alarm"]), x="year", y="victims")
    (alarm,), (possible,) = marked(figure, "flag:alarm"), marked(figure, "flag:possible alarm")
    assert alarm.get_xdata().tolist() == [2018.5] and alarm.get_ydata()[0] > 8
    assert possible.get_markerfacecolor() == "white" != alarm.get_markerfacecolor()
    assert "possible alarm" in words(figure)


def test_an_incomplete_period_is_hatched_over_its_width_and_its_mark_is_open():
    figure = draw(RATES.assign(incomplete=RATES["x"] == 2023.5))
    (column,) = marked(figure, "incomplete")
    assert {x for x, _ in column.get_paths()[0].vertices.tolist()} == {2023, 2024}
    assert column.get_hatch() == style.INCOMPLETE
    assert points(figure, "approx")[0][0] == 2023.5 and "approximate" not in words(figure)
    assert "period not yet complete" in words(figure) and "complete" not in words(draw(RATES))
    quarters = RATES.assign(x=2020 + (np.arange(15) + 0.5) / 4, incomplete=np.arange(15) == 14)
    (column,) = marked(draw(quarters), "incomplete")
    assert {x for x, _ in column.get_paths()[0].vertices.tolist()} == {2023.5, 2023.75}


def test_each_way_of_not_knowing_has_a_hatching_of_its_own():
    kinds = [style.UNKNOWN, style.SUPPRESSED, style.CENSORED, style.NOT_ASKED, style.INCOMPLETE]
    assert len(set(kinds)) == len(kinds)


# Scales


def test_counts_start_at_zero_and_a_zero_has_its_place_on_a_logarithmic_scale():
    assert chart(draw()).get_ylim()[0] == 0
    figure = draw(YEARS, x="year", y="victims", log=True)
    assert chart(figure).get_ylim()[0] == 0 and (2017.5, 0) in points(figure, "exact")
    assert "(logarithmic above 1)" in words(figure) and "logarithmic" not in words(draw())
    rates = YEARS.assign(victims=YEARS["victims"] / 100)
    assert "(logarithmic above 0.01)" in words(draw(rates, x="year", y="victims", log=True))


def test_values_below_zero_are_drawn_whole():
    figure = draw(YEARS.assign(victims=[-3, 1, 2, 3]), x="year", y="victims")
    assert chart(figure).get_ylim()[0] < -3


def test_the_covid_years_are_named_only_where_they_are_shown():
    assert "COVID-19" in words(draw())
    assert "COVID-19" not in words(draw(SERIES[SERIES["x"] < 2019]))


# What is fitted


def test_a_fit_is_a_line_with_its_band_and_nothing_observed_is_joined():
    figure = draw(RATES, **FITTED)
    (line,), (band,) = marked(figure, "fit"), marked(figure, "band")
    assert line.get_ydata().tolist() == FIT["fit"].tolist()
    assert {35.0, 47.0} == set(band.get_paths()[0].vertices[:, 1])
    assert marked(figure, "joined") == [] and "fit and its 90 % band" in words(figure)
    assert "fit" not in words(draw(RATES))


def test_a_text_stands_in_the_panel_above_all_data():
    figure = draw(RATES, **FITTED)
    (said,) = texts(figure, "said")
    assert said.get_text() == FITTED["text"]
    frame = chart(figure)
    lowest = said.get_window_extent().y0
    assert lowest > frame.transData.transform((2010, RATES["interval_high"].max()))[1]
    (reason,) = texts(draw(RATES, text="No trend was fitted: 4 points are too few."), "said")
    assert "too few" in reason.get_text()


def test_the_line_is_broken_where_its_piece_changes():
    figure = draw(
        RATES, fit=FIT.assign(piece=(FIT["x"] > 2013).astype(int)), lines={"the way of counting changed": 2013.0}
    )
    before, after = marked(figure, "fit")
    assert max(before.get_xdata()) == 2012.5 and min(after.get_xdata()) == 2013.5
    (line,) = marked(figure, "line:the way of counting changed")
    assert line.get_xdata()[0] == 2013.0 and "the way of counting changed" in words(figure)


def test_a_fit_known_between_bounds_is_a_band_and_named_in_the_key():
    bounded = FIT.assign(fit_low=38.0, fit_high=42.0, fit=NAN)
    assert "bounds of the fit" in words(draw(RATES, fit=bounded))
    assert "bounds of the fit" not in words(draw(RATES, fit=FIT))


def test_a_band_that_soars_is_cut_and_said_to_be():
    figure = draw(RATES, fit=FIT.assign(high=FIT["high"] * np.where(FIT["x"] > 2022, 1e4, 1)))
    assert "cut at the top" in words(figure) and "cut" not in words(draw(RATES, fit=FIT))
    assert chart(figure).get_ylim()[1] < 2 * RATES["interval_high"].max()


def test_a_joinpoint_is_a_line_through_the_data_and_an_interval_above_them():
    figure = draw(RATES, **FITTED)
    (interval,), (place,) = marked(figure, "joinpoint interval"), marked(figure, "joinpoint")
    assert list(interval.get_xdata()) == [2013.5, 2018.5] and list(place.get_xdata()) == [2015.5]
    assert "joinpoint with its 80 % interval" in words(figure)
    alone = draw(RATES, fit=FIT, joinpoints=TURNS.assign(low=NAN, high=NAN))
    assert "joinpoint" in words(alone) and "joinpoint with" not in words(alone)


def test_intervals_of_joinpoints_that_overlap_lie_above_one_another():
    turns = pd.DataFrame(
        {"x": [2012.5, 2015.5, 2018.5], "low": [2010.5, 2013.5, 2016.5], "high": [2015.5, 2018.5, 2021.5]}
    )
    heights = [line.get_ydata()[0] for line in marked(draw(RATES, fit=FIT, joinpoints=turns), "joinpoint interval")]
    # The third clears the first only.
    assert heights[0] == heights[2] > heights[1]


def test_an_interval_of_a_joinpoint_without_an_end_reaches_the_edge_without_a_mark():
    figure = draw(RATES, fit=FIT, joinpoints=TURNS.assign(low=-INF))
    (interval,) = marked(figure, "joinpoint interval")
    assert interval.get_xdata()[0] == chart(figure).get_xlim()[0]


def test_fit_joinpoints_and_lines_follow_a_table_of_whole_years():
    figure = draw(
        YEARS,
        x="year",
        y="victims",
        fit=pd.DataFrame({"x": [2016, 2019], "fit": [2, 9], "low": [1, 5], "high": [3, 10]}),
        joinpoints=pd.DataFrame({"x": [2017], "low": [2016], "high": [2018]}),
        lines={"a law": 2018},
    )
    (line,), (place,), (law,) = (marked(figure, gid) for gid in ("fit", "joinpoint", "line:a law"))
    assert list(line.get_xdata()) == [2016.5, 2019.5] and list(place.get_xdata()) == [2017.5]
    assert law.get_xdata()[0] == 2018.5
