"""Forest plots: estimates around no effect, their intervals in words, and what was refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from figure_texts import faults, smallest, texts, words
from matplotlib.figure import Figure
from refusals import refused
from row_marks import bars, estimates, intervals, points, rows

from analysis import plots
from analysis.plots import style
from analysis.plots.dots import in_words

NAN, INF = np.nan, np.inf
FOOTER = plots.Footer("UNODC, 2023", "2009-2023", "612 detected victims", "Detected, not incidence.")
SYNTHETIC = plots.Footer("made for a test", "2009-2023", "612 records", "Not real.", synthetic=True)
CHANGES = pd.DataFrame(
    [
        ("Benin", "2007–2013", 12.0, 12.0, 4.0, 20.6, ""),
        ("Benin", "2013–2021", -8.1, -8.1, -15.0, -0.5, ""),
        ("Benin", "all years", 0.6, 0.6, -3.0, 4.2, ""),
        ("Togo", "2009–2021", NAN, NAN, NAN, NAN, "refused: 4 observed points"),
        ("Mali", "2007–2010", -20.0, -20.0, -99.0, 260.0, ""),
        ("Mali", "2010–2021", 3.3, 26.0, -INF, INF, ""),
        ("A country of a " + "very " * 30 + "long name", "2008–2021", 4.0, 4.0, NAN, NAN, ""),
    ],
    columns=["area", "years", "estimate_low", "estimate_high", "low", "high", "reason"],
)
RATIOS = pd.DataFrame(
    {
        "label": ["crude", "adjusted", "none"],
        "ratio": [2.1, 0.34, NAN],
        "low": [1.4, 0.1, NAN],
        "high": [3.15, 1.2, NAN],
        "reason": ["", "", "suppressed: few persons"],
    }
)


def _changes(table: pd.DataFrame = CHANGES, *, footer=FOOTER, **rules) -> Figure:
    given = {"label": "years", "group": "area", "reason": "reason", "xlabel": "percent a year"}
    return plots.forest(table, title="A title", footer=footer, **given | rules)


def _ratios(table: pd.DataFrame = RATIOS, *, footer=FOOTER, **rules) -> Figure:
    given = {"estimate": "ratio", "reason": "reason", "ratio": True, "xlabel": "odds ratio"}
    return plots.forest(table, title="A title", footer=footer, **given | rules)


@pytest.mark.parametrize("draw", [_changes, _ratios])
def test_it_says_its_source_period_number_and_limits_in_legible_texts(draw):
    figure = draw(footer=SYNTHETIC)
    assert "Source: made for a test · Period: 2009-2023 · n = 612 records · Not real." in words(figure)
    assert style.is_synthetic(figure) and smallest(figure) >= 9 and faults(figure) == []
    assert "no figure found" in words(draw(CHANGES[:0]))


@pytest.mark.parametrize("draw", [_changes, _ratios])
def test_the_same_table_gives_the_same_bytes_and_is_left_as_it_was(draw):
    before = CHANGES.copy(deep=True), RATIOS.copy(deep=True)
    assert plots.png(draw()) == plots.png(draw())
    pd.testing.assert_frame_equal(CHANGES, before[0])
    pd.testing.assert_frame_equal(RATIOS, before[1])


def test_each_estimate_and_its_interval_are_drawn_and_written_with_their_signs():
    figure = _changes()
    assert estimates(figure, "2007–2013") == [12.0] and intervals(figure, "2007–2013") == [(4.0, 20.6)]
    said = words(figure)
    assert "+12.0 (+4.0 to +20.6)" in said and "−8.1 (−15.0 to −0.5)" in said
    assert "+3.3 to +26.0 (−∞ to ∞)" in said


def test_differences_stand_around_a_line_at_zero_and_ratios_around_one_at_one():
    (zero,) = [line for line in _changes().axes[0].lines if line.get_gid() == "zero"]
    assert zero.get_xdata()[0] == 0
    figure = _ratios()
    assert figure.axes[0].get_xscale() == "log" and "no difference" in words(figure)
    assert 1.0 in [line.get_xdata()[0] for line in figure.axes[0].lines if list(line.get_ydata()) == [0, 1]]
    assert "2.10 (1.40 to 3.15)" in words(figure)


def test_rows_stand_below_the_name_of_their_group():
    figure = _changes()
    heads = [" ".join(text.get_text().split()) for text in texts(figure, "group")]
    assert heads[:3] == ["Benin", "Togo", "Mali"] and rows(figure) == CHANGES["years"].tolist()


def test_limits_beyond_either_end_of_the_scale_end_in_an_arrow():
    figure = _changes()
    first, last = figure.axes[0].get_xlim()
    assert first > -99 and last < 260
    assert sorted(line.get_marker() for line in points(figure, "2007–2010", "beyond")) == ["<", ">"]
    assert bars(figure, "2010–2021", "bounds") == [(3.3, pytest.approx(26.0))]


def test_a_refused_row_is_hatched_and_says_why_and_an_estimate_without_limits_is_a_dot_alone():
    figure = _changes()
    assert bars(figure, "2009–2021", "no estimate") == [(0, 1)] and "refused: 4 observed points" in words(figure)
    assert estimates(figure, "2008–2021") == [4.0] and intervals(figure, "2008–2021") == []
    alone = _changes(CHANGES[3:4])
    assert rows(alone) == ["2009–2021"] and "refused: 4 observed points" in words(alone)


def test_a_text_of_the_table_stands_in_place_of_the_words():
    figure = _changes(CHANGES.assign(said="as it is"), text="said")
    assert "as it is" in words(figure) and "+12.0" not in words(figure)


def test_a_table_that_cannot_be_drawn_is_refused():
    with refused(ValueError, "missing_column", "low"):
        _changes(CHANGES.drop(columns="low"))
    with refused(ValueError, "invalid_row"):
        _changes(CHANGES.assign(low=999.0))


@pytest.mark.parametrize(
    ("numbers", "ratio", "said"),
    [
        ((4.2, 4.2, -1.0, 9.6), False, "+4.2 (−1.0 to +9.6)"),
        ((-12.7, -12.5, -46.2, 442.4), False, "−12.7 to −12.5 (−46.2 to +442)"),
        ((0.04, 0.04, NAN, NAN), False, "0.0"),
        ((NAN, NAN, NAN, NAN), False, ""),
        ((0.5, 0.5, 0.1, INF), True, "0.50 (0.10 to ∞)"),
    ],
)
def test_an_estimate_is_written_with_its_interval(numbers, ratio, said):
    assert in_words(*numbers, ratio) == said
