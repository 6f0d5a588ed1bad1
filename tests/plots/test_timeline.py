"""The timeline: order, dates as exact as they are known, marks, and years of which nothing was found."""

from __future__ import annotations

import pandas as pd
import pytest
from figure_texts import faults, smallest, texts, words
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from refusals import refused

from analysis import catalog, plots
from analysis.plots import style
from analysis.plots.timeline import timeline

FOOTER = plots.Footer("made for a test", "2025", "8 events", "None found does not mean none.")
SYNTHETIC = plots.Footer("made for a test", "2025", "8 events", "Not real.", synthetic=True)
EVENTS = pd.DataFrame(
    [
        ("2001-12-17", "Foreign ministers adopt the declaration", "ECOWAS", False),
        ("2001-10", "Experts agree on a draft", "ECOWAS", None),
        ("2006-05-09", "Talks open in Libreville", "ECOWAS", False),
        ("2006", "Ouagadougou Action Plan", "African Union", False),
        ("2012-09", "A school year", "others", False),
        ("2023-07-02", "A meeting", "others", False),
        ("2025-01-29", "Withdrawal of three states takes effect", "Alliance of Sahel States", True),
        (None, "Something that nobody dated", "others", False),
    ],
    columns=["start", "label", "lane", "highlight"],
)


def _draw(events: pd.DataFrame = EVENTS, *, title: str = "A title", footer=FOOTER, **rules) -> Figure:
    return timeline(events, title=title, footer=footer, **rules)


def _lines(figure: Figure, gid: str) -> list[Line2D]:
    return [line for line in figure.findobj(Line2D) if line.get_gid() == gid]


def _ends(figure: Figure, gid: str) -> list[tuple[float, float]]:
    return [(float(line.get_xdata()[0]), float(line.get_xdata()[-1])) for line in _lines(figure, gid)]  # type: ignore[index]


def test_it_says_its_source_period_number_and_limits_in_legible_texts():
    figure = _draw(subtitle="A subtitle that says more", footer=SYNTHETIC)
    assert "Source: made for a test · Period: 2025 · n = 8 events · Not real." in words(figure)
    assert style.is_synthetic(figure) and "SYNTHETIC · A title" in words(figure)
    assert smallest(figure) >= 9 and faults(figure) == []
    assert "no figure found" in words(_draw(EVENTS[:0]))


def test_the_same_table_gives_the_same_bytes_and_is_left_as_it_was():
    before = EVENTS.copy(deep=True)
    assert plots.png(_draw()) == plots.png(_draw(EVENTS.convert_dtypes()))
    pd.testing.assert_frame_equal(EVENTS, before)


def test_events_stand_in_the_order_of_time_with_dates_as_exact_as_they_are_known():
    figure = _draw()
    assert [text.get_text() for text in texts(figure, "event")] == [
        "Experts agree on a draft", "Foreign ministers adopt the declaration", "Ouagadougou Action Plan",
        "Talks open in Libreville", "A school year", "A meeting", "Withdrawal of three states takes effect",
        "Something that nobody dated",
    ]  # fmt: skip
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == [
        "Oct 2001", "17 Dec 2001", "2006", "9 May 2006", "Sep 2012", "2 Jul 2023", "29 Jan 2025", "undated",
    ]  # fmt: skip
    low, high = figure.axes[0].get_ylim()
    assert low > high  # from the top down


def test_a_mark_stands_on_the_scale_of_years_with_a_line_over_all_days_that_its_date_can_mean():
    figure = _draw()
    marks = [float(line.get_xdata()[0]) for line in _lines(figure, "mark")]  # type: ignore[index]
    assert marks[2:4] == pytest.approx([2006.5, 2006 + 128.5 / 365])  # the middle of the year, and of 9 May
    assert len(marks) == 7  # none of what nobody dated
    # 2006: from its first day to its last. October: days 274 to 304 of 365.
    assert (2006.0, 2007.0) in _ends(figure, "may be")
    assert _ends(figure, "may be")[0] == pytest.approx((2001 + 273 / 365, 2001 + 304 / 365))


def test_years_without_an_event_are_said_and_hatched():
    # From 2001 to 2006, from 2006 to 2012 and from there to 2023; one year before 2025.
    figure = _draw()
    assert "Hatched: no event found of 2002–2005, 2007–2011, 2013–2022." in words(figure)
    hatched = [patch for patch in figure.axes[0].findobj(Patch) if patch.get_hatch() == style.UNKNOWN]
    assert sorted((patch.get_x(), patch.get_x() + patch.get_width()) for patch in hatched) == [
        (2002, 2006), (2007, 2012), (2013, 2023),
    ]  # fmt: skip


def test_the_marks_of_lanes_differ_and_are_open_where_no_month_is_known():
    marks = [(line.get_marker(), line.get_markerfacecolor() == "white") for line in _lines(_draw(), "mark")]
    # In the order of the lanes' first rows: ECOWAS, African Union, others, Alliance of Sahel States.
    assert marks == [("o", False), ("o", False), ("s", True), ("o", False), ("^", False), ("^", False), ("D", False)]
    assert "open: only the year is known" in words(_draw())


def test_an_event_to_stress_is_bold():
    assert [text.get_text() for text in texts(_draw(), "event") if text.get_fontweight() == "bold"] == [
        "Withdrawal of three states takes effect"
    ]


def test_lanes_keep_their_marks():
    lanes = ["African Union", "ECOWAS", "others", "Alliance of Sahel States"]
    assert [line.get_marker() for line in _lines(_draw(EVENTS[2:3], lanes=lanes), "mark")] == ["s"]


@pytest.mark.parametrize(
    ("change", "rules", "said"),
    [
        ({"start": "17.12.2001"}, {}, ("invalid_date", "Row 0", "17.12.2001")),
        ({"start": "2001-13"}, {}, ("invalid_date", "2001-13")),
        ({}, {"lanes": ["African Union"]}, ("missing_lane", "'ECOWAS'")),
        ({}, {"lanes": [*"123456", "ECOWAS"]}, ("too_many_lanes", "7")),
        ({}, {"start": "day"}, ("missing_column", "day")),
    ],
)
def test_events_that_cannot_be_placed_are_refused(change, rules, said):
    with refused(ValueError, *said):
        _draw(EVENTS[:1].assign(**change), **rules)


@pytest.mark.slow
def test_the_history_of_the_regional_mechanism_is_drawn_as_coded():
    table = catalog.load("regional_mechanism")
    figure = _draw(table, start="date", label="event")
    assert faults(figure) == [] and smallest(figure) >= 9
    drawn = {" ".join(text.get_text().split()) for text in texts(figure, "event")}
    assert drawn == {" ".join(event.split()) for event in table["event"]}


@pytest.mark.soak
@pytest.mark.parametrize("row", range(len(EVENTS)))
def test_each_event_can_be_drawn_by_itself_and_with_a_long_text(row):
    assert faults(_draw(EVENTS.iloc[[row]])) == []
    assert faults(_draw(EVENTS.iloc[[row]].assign(label="Of the conference of ministers and of experts " * 6))) == []
