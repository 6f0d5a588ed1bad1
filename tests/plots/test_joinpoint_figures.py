"""The forest of the changes of joinpoint trends."""

from __future__ import annotations

import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from test_estimate_figures import colliding, outside, words

from analysis import plots
from analysis.plots import style

NAN, INF = float("nan"), float("inf")
FOOTER = plots.Footer("UNODC, 2023", "2009-2023", "612 detected victims", "Detected, not incidence.")
SYNTHETIC = plots.Footer("made for a test", "2009-2023", "120 records", "Not real.", synthetic=True)
LONG = plots.Footer("A publisher with a name " + "long " * 60, "2009-2023", "120", "Not incidence. " * 20)


def chart(figure: Figure) -> Axes:
    (axes,) = figure.axes
    return axes


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


# What all of them carry


def test_every_figure_says_its_source_period_number_and_limits():
    said = words(draw_forest())
    assert "Source: UNODC, 2023 · Period: 2009-2023 · n = 612 detected victims · Detected, not incidence." in said


def test_a_synthetic_footer_marks_the_whole_figure():
    figure = draw_forest(footer=SYNTHETIC)
    assert style.is_synthetic(figure) and not style.is_synthetic(draw_forest())
    assert "SYNTHETIC · A title" in words(figure)


@pytest.mark.slow
def test_the_same_tables_give_the_same_bytes():
    assert plots.png(draw_forest()) == plots.png(draw_forest())
