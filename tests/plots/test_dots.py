"""Dots: estimates with intervals, what is known between bounds only, what is cut, and what is not known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from figure_texts import faults, smallest, texts, words
from fuzzing import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from refusals import refused
from row_marks import bars, estimates, intervals, patches, points, rows

from analysis import plots
from analysis.plots import style

NAN, INF = np.nan, np.inf
FOOTER = plots.Footer("UNODC, 2023", "2014-2021", "120 detected victims", "Detected, not incidence.")
SYNTHETIC = plots.Footer("made for a test", "2025", "120 records", "Not real.", synthetic=True)
RATES = pd.DataFrame(
    [
        ("Benin", 8.9, 8.9, 8.0, 9.9, "535, 2017: rank 1 to 2", ""),
        ("Togo", 3.0, INF, 2.0, INF, "≥459, 2019: rank 1 to 4", ""),
        ("The Gambia", 0.1, 2.4, 0.0, 3.0, "<5, 2018: rank 2 to 4", ""),
        ("Niger", 0.0, 0.0, 0.0, 0.9, "0, 2020: rank 3 to 4", ""),
        ("Cabo Verde", NAN, NAN, NAN, NAN, "", "no figure found"),
    ],
    columns=["label", "rate_low", "rate_high", "low", "high", "text", "reason"],
)
SHARES = pd.DataFrame(
    [
        ("girls", "5–11", "Syrian", 0.42, 0.35, 0.49, ""),
        ("girls", "5–11", "Turkish", 0.21, 0.17, 0.25, ""),
        ("girls", "12–14", "Syrian", NAN, NAN, NAN, "suppressed: fewer than 10"),
        ("girls", "12–14", "Turkish", 0.0, 0.0, 0.03, ""),
        ("boys", "5–11", "Syrian", NAN, NAN, NAN, "not asked"),
        ("boys", "5–11", "Turkish", NAN, NAN, NAN, ""),
        ("boys", "12–14", "Syrian", 0.6, 0.5, 0.7, ""),
    ],
    columns=["sex", "age", "who", "share", "low", "high", "why"],
)


def _rates(table: pd.DataFrame = RATES, *, title: str = "A title", footer=FOOTER, **rules) -> Figure:
    given = {"estimate": ("rate_low", "rate_high"), "text": "text", "reason": "reason", "xlabel": "per 100,000"}
    return plots.dots(table, title=title, footer=footer, **given | rules)


def _shares(table: pd.DataFrame = SHARES, *, footer=FOOTER, **rules) -> Figure:
    return plots.dots(
        table, label="age", estimate="share", panel="sex", series="who", reason="why", percent=True,
        title="A title", footer=footer, **rules,
    )  # fmt: skip


def _plain(*values: float, **columns) -> pd.DataFrame:
    return pd.DataFrame({"label": [f"row {n}" for n in range(len(values))], "value": values} | columns)


def _draw(table: pd.DataFrame, **rules) -> Figure:
    given = {"estimate": "value", "interval": None, "title": "A title", "footer": FOOTER}
    return plots.dots(table, **given | rules)


# What every figure carries


@pytest.mark.parametrize("draw", [_rates, _shares])
def test_it_says_its_source_period_number_and_limits_in_legible_texts(draw):
    figure = draw(subtitle="The periods differ.", footer=SYNTHETIC)
    assert "Source: made for a test · Period: 2025 · n = 120 records · Not real." in words(figure)
    assert style.is_synthetic(figure) and "SYNTHETIC · A title" in words(figure)
    assert smallest(figure) >= 9 and faults(figure) == []


@pytest.mark.parametrize("draw", [_rates, _shares])
def test_the_same_table_gives_the_same_bytes_and_is_left_as_it_was(draw):
    before = RATES.copy(deep=True), SHARES.copy(deep=True)
    assert plots.png(draw()) == plots.png(draw())
    pd.testing.assert_frame_equal(RATES, before[0])
    pd.testing.assert_frame_equal(SHARES, before[1])


def test_an_empty_table_says_that_nothing_was_found():
    assert "no figure found" in words(_rates(RATES[:0]))


def test_a_table_of_a_readers_own_needs_no_column_but_label_and_estimate():
    figure = _draw(_plain(3.0, 1.0, 2.0))
    assert rows(figure) == ["row 0", "row 1", "row 2"] and estimates(figure, "row 1") == [1.0]


# Estimates, intervals and bounds


def test_each_row_has_its_dot_its_interval_and_its_text_in_the_order_of_the_table():
    figure = _rates()
    assert rows(figure) == RATES["label"].tolist()
    assert estimates(figure, "Benin") == [8.9] and intervals(figure, "Benin") == [(8.0, 9.9)]
    assert all(text in words(figure) for text in RATES["text"])
    assert {"estimate", "95 % interval"} <= {text.get_text() for text in texts(figure)}
    assert "90 % interval" in words(_rates(RATES.assign(confidence=0.9)))
    assert "80 % interval" in words(_rates(confidence=0.8))


def test_a_zero_is_a_number_at_zero_and_no_hatching():
    figure = _rates()
    assert estimates(figure, "Niger") == [0.0] and figure.axes[0].get_xlim()[0] == 0
    assert bars(figure, "Niger", "no estimate") == []


def test_what_is_known_between_bounds_is_a_bar_and_not_a_dot():
    figure = _rates()
    assert bars(figure, "The Gambia", "bounds") == [(0.1, pytest.approx(2.4))]
    assert estimates(figure, "The Gambia") == [] and "between bounds" in words(figure)
    assert "between bounds" not in words(_rates(RATES[:1]))


def test_bounds_nearer_than_a_mark_is_wide_are_a_dot_in_their_middle():
    figure = _draw(pd.DataFrame({"label": ["a", "b"], "l": [1.0, 5.0], "h": [1.02, 90.0]}), estimate=("l", "h"))
    assert estimates(figure, "a") == [pytest.approx(1.01)] and bars(figure, "a", "bounds") == []


def test_a_minimum_is_white_and_open_to_the_edge_with_an_arrow():
    figure = _rates()
    last = figure.axes[0].get_xlim()[1]
    (bar,) = patches(figure, "Togo", "bounds")
    assert (bar.get_x(), bar.get_x() + bar.get_width()) == (3.0, pytest.approx(last))
    assert to_rgba(bar.get_facecolor()) == to_rgba("white")
    assert [line.get_marker() for line in points(figure, "Togo", "beyond")] == [">"]
    assert "at least so many" in words(figure)


def test_a_limit_far_beyond_the_others_is_cut_with_an_arrow_and_one_a_little_beyond_is_not():
    table = _plain(*range(1, 7), low=[0.5] * 6, high=[2, 3, 4, 5, 6, 900.0])
    figure = _draw(table, interval=("low", "high"))
    last = figure.axes[0].get_xlim()[1]
    assert last < 30 and intervals(figure, "row 5") == [(0.5, pytest.approx(last))]
    assert points(figure, "row 5", "beyond") and not points(figure, "row 4", "beyond")
    near = _draw(table.assign(high=[2, 3, 4, 5, 6, 7.2]), interval=("low", "high"))
    assert not points(near, "row 5", "beyond")


def test_differences_have_a_line_at_zero_and_signs():
    figure = _draw(_plain(-4.0, 6.0), signed=True)
    assert [line.get_xdata()[0] for line in figure.axes[0].lines if line.get_gid() == "zero"] == [0]
    assert {"−4", "0", "+4"} <= {text.get_text() for text in figure.axes[0].get_xticklabels()}


def test_equal_ratios_are_equally_long_and_a_zero_stands_at_the_end_of_the_scale():
    figure = _draw(_plain(0.0, 3.0, 300.0), log=True)
    first, last = figure.axes[0].get_xlim()
    assert 0 < first < 3 and last > 300 and figure.axes[0].get_xscale() == "log"
    assert estimates(figure, "row 0") == [first] and points(figure, "row 0", "beyond")
    assert faults(figure) == []


@given(
    values=st.lists(st.one_of(st.floats(-1e6, 1e6), st.just(NAN)), min_size=1, max_size=6),
    wide=st.floats(0, 1e7),
)
@settings(max_examples=examples(20), deadline=None)
def test_every_estimate_is_on_the_scale_whatever_the_numbers(values, wide):
    table = _plain(*values, low=[value - wide for value in values], high=[value + wide for value in values])
    figure = _draw(table, interval=("low", "high"))
    first, last = figure.axes[0].get_xlim()
    assert first <= min([0, *table["value"].dropna()]) and last >= max([0, *table["value"].dropna()])
    hatched = [patch for patch in figure.axes[0].patches if patch.get_gid() == "no estimate"]
    assert len(hatched) == table["value"].isna().sum()


# What is not known


def test_each_kind_of_not_knowing_has_a_hatching_of_its_own_and_the_key_says_which():
    figure = _shares()
    girls, boys = figure.axes[:2]
    hatched = [{patch.get_hatch() for patch in axes.patches} - {None} for axes in (girls, boys)]
    assert hatched == [{style.SUPPRESSED}, {style.NOT_ASKED, style.UNKNOWN}]
    said = words(figure)
    assert "suppressed: small number protected" in said and "not asked" in said and "not known" in said


def test_a_row_without_any_number_says_why_over_its_whole_width():
    figure = _rates()
    assert bars(figure, "Cabo Verde", "no estimate") == [(0, 1)] and "no figure found" in words(figure)
    assert estimates(figure, "Cabo Verde") == []
    assert "no estimate" in words(_draw(_plain(1.0, NAN)))


def test_what_is_suppressed_is_never_drawn_or_written_even_where_the_table_holds_its_number():
    table = SHARES.assign(share=SHARES["share"].fillna(0.123), text="7 of 57")
    figure = _shares(table[table["why"].str.startswith("suppressed")], text="text")
    assert estimates(figure, "12–14") == [] and intervals(figure, "12–14") == []
    assert "7 of 57" not in words(figure) and "12.3" not in words(figure)


def test_rows_that_are_all_unknown_can_be_drawn():
    figure = _draw(_plain(NAN, NAN))
    assert len([patch for patch in figure.axes[0].patches if patch.get_hatch()]) == 2


# Series, groups and panels


def test_series_differ_in_colour_and_marker_and_stand_below_one_another():
    (top, below) = points(_shares(SHARES[:2]), "5–11", "estimate")
    assert (top.get_marker(), below.get_marker()) == ("o", "s")
    assert top.get_markeredgecolor() != below.get_markeredgecolor()
    assert top.get_ydata()[0] < below.get_ydata()[0]


def test_a_mark_that_is_alone_keeps_the_middle_of_its_row():
    figure = _shares(SHARES[:4])
    (mark,) = points(_shares(pd.concat([SHARES[:2], SHARES[3:4]])), "12–14", "estimate")
    assert mark.get_ydata()[0] == pytest.approx(figure.axes[0].get_yticks()[1])


def test_colours_are_those_of_the_order_given_whatever_is_there():
    (mark,) = points(_shares(SHARES[1:2], order=("Syrian", "Turkish")), "5–11", "estimate")
    assert mark.get_marker() == "s"


def test_more_series_than_can_be_told_apart_are_refused():
    table = _plain(*range(8), who=list("abcdefgh"))
    with refused(ValueError, "too_many_series"):
        _draw(table, series="who")


def test_marks_that_are_joined_have_a_line_between_them():
    table = pd.DataFrame({"label": ["a", "a"], "value": [1.0, 4.0], "kind": ["raw rate", "smoothed"], "open": [1, 0]})
    figure = _draw(table, series="kind", hollow="open", connect=True)
    assert any(list(line.get_xdata()) == [1.0, 4.0] for line in figure.axes[0].lines)
    (raw, smoothed) = points(figure, "a", "estimate")
    assert to_rgba(raw.get_markerfacecolor()) == to_rgba("white") != to_rgba(smoothed.get_markerfacecolor())


def test_a_number_that_needs_care_is_hollow_and_the_key_says_which():
    figure = _draw(_plain(1.0, 2.0, few=[True, False]), hollow="few", hollow_label="few known")
    (mark,) = points(figure, "row 0", "estimate")
    assert to_rgba(mark.get_markerfacecolor()) == to_rgba("white") and "few known" in words(figure)


def test_groups_are_headed_once_above_their_rows():
    table = _plain(1.0, 2.0, 3.0, what=["Benin", "Benin", "Togo"])
    figure = _draw(table, group="what")
    assert [text.get_text() for text in texts(figure, "group")] == ["Benin", "Togo"]


def test_panels_have_their_heading_the_same_rows_and_where_it_is_asked_for_a_scale_of_their_own():
    table = pd.DataFrame(
        {"label": ["a", "b", "a"], "what": ["percent", "percent", "persons"], "value": [30.0, 10.0, 6e6]}
    )
    figure = _draw(table, panel="what", own_scale=True)
    first, second = figure.axes[:2]
    assert [first.get_title(loc="left"), second.get_title(loc="left")] == ["percent", "persons"]
    assert first.get_xlim()[1] < 40 and second.get_xlim()[1] > 6e6 and faults(figure) == []
    assert _draw(table, panel="what").axes[0].get_xlim()[1] > 6e6


def test_the_highlighted_row_is_bold_and_in_a_colour_of_its_own():
    figure = _rates(highlight="Benin")
    (label,) = [text for text in figure.axes[0].get_yticklabels() if text.get_text() == "Benin"]
    assert label.get_weight() == "bold"
    assert points(figure, "Benin", "estimate")[0].get_markeredgecolor() == style.HIGHLIGHT


# Places and bands on the scale


def test_limits_of_chance_stand_behind_the_dots():
    table = _plain(1.0, 4.0, chance_low=[0.5, 1.0], chance_high=[2.0, 3.0])
    figure = _draw(table, band=("chance_low", "chance_high"), band_label="chance")
    assert bars(figure, "row 0", "band") == [(0.5, 2.0)] and "chance" in words(figure)


def test_places_and_ranges_on_the_scale_are_always_on_it_and_named_in_the_key():
    figure = _draw(
        _plain(100.0, 120.0), at={"observed: 40": 40.0, "true number: 500": 500.0}, span={"range": (90, 130)}
    )
    upright = [line.get_xdata()[0] for line in figure.axes[0].lines if list(line.get_ydata()) == [0, 1]]
    assert {40.0, 500.0} <= set(upright) and figure.axes[0].get_xlim()[1] >= 500
    assert all(name in words(figure) for name in ("observed: 40", "true number: 500", "range"))
    dashes = {line.get_linestyle() for line in figure.axes[0].lines if list(line.get_ydata()) == [0, 1]}
    assert len(dashes) == 2


def test_a_range_without_an_end_goes_to_the_edge_and_an_unknown_one_is_not_drawn():
    figure = _draw(_plain(100.0), span={"range": (50.0, INF), "none": (NAN, NAN)})
    assert figure.axes[0].get_xlim()[1] < 200 and "range" in words(figure) and "none" not in words(figure)


# What cannot be drawn


def test_a_table_that_cannot_be_drawn_is_refused():
    with refused(ValueError, "missing_column", "rate_low"):
        _rates(RATES.drop(columns="rate_low"))
    with refused(ValueError, "missing_column", "text"):
        _rates(RATES.drop(columns="text"))
    with refused(ValueError, "invalid_row"):
        _rates(RATES.assign(rate_low=99.0))


@pytest.mark.soak
@pytest.mark.parametrize("copies", [1, 16, 60])
def test_no_text_leaves_the_figure_or_lies_on_another(copies):
    long = pd.concat(
        [RATES.assign(label=RATES["label"] + f" and the whole of its surroundings {n}") for n in range(copies)],
        ignore_index=True,
    )
    assert faults(_rates(long, xlabel="victims detected " * 12, text_label="count, period: ranks allowed")) == []
