"""Figures of a survey of risk: odds ratios, needs, outcomes within one another, shares in panels, missing answers."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from fuzzing import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.text import Text
from refusals import refused

from analysis import plots
from analysis.plots import levels, share_panels, style
from analysis.plots.odds_ratios import odds_ratios
from analysis.plots.outcomes import needs_gap, nested_outcomes
from analysis.plots.prevalence import prevalence_panels
from analysis.plots.share_panels import missing_answers

NAN, INF = np.nan, np.inf
FOOTER = plots.Footer("made for a test", "2025", "4,812 children", "Association, not cause.")
SYNTHETIC = plots.Footer("made for a test", "2025", "4,812 children", "Not real.", synthetic=True)
WITHHELD = "suppressed: fewer than 25 children"
RATIO = ["crude", "crude_low", "crude_high", "adjusted", "adjusted_low", "adjusted_high"]
ODDS = pd.DataFrame(
    [
        ("Sex", "girls", "boys", 1.62, 1.31, 2.01, 1.55, 1.22, 1.97, 2431, 391, ""),
        ("Nationality", "Turkish", "Syrian", 2.8, 2.2, 3.5, 1.41, 1.03, 1.93, 2402, 430, None),
        ("Nationality", "Turkish", "other", 1.9, 0.5, 7.2, 1.7, 0.4, 7.0, 18, 4, WITHHELD),
        ("Debt to the employer", "no", "yes", 14.0, 6.0, 33.0, 9.1, 3.2, 26.0, 88, 51, "few children with the outcome"),
        ("Lives with parents", "both", "neither", 7.7, 2.1, 28.0, INF, 4.1, INF, 31, 29, ""),
        ("Migrates", "no", "yes", 3.0, 1.5, 6.0, NAN, NAN, NAN, 44, 44, "not estimable: every such child works"),
        ("Income", None, "each doubling", 0.61, 0.5, 0.74, 0.72, 0.6, 0.87, 4630, 611, ""),
    ],
    columns=["group", "reference", "label", *RATIO, "n", "events", "text"],
)
NEED = [
    "share_needing",
    "needing_low",
    "needing_high",
    "share_met",
    "met_low",
    "met_high",
    "gap",
    "gap_low",
    "gap_high",
]
NEEDS = pd.DataFrame(
    [
        ("documents", "Syrian", 0.38, 0.34, 0.42, 0.12, 0.09, 0.15, 0.26, 0.22, 0.30, 2402, ""),
        ("documents", "Turkish", 0.04, 0.03, 0.05, 0.03, 0.02, 0.04, 0.01, 0.005, 0.02, 2392, None),
        ("education", "Syrian", 0.31, 0.27, 0.35, 0.0, 0.0, 0.01, 0.31, 0.27, 0.35, 2400, "imprecise"),
        ("education", "Turkish", 0.12, 0.1, 0.14, 0.12, 0.1, 0.14, 0.0, 0.0, 0.002, 2390, ""),
        ("legal aid", "Syrian", 0.19, 0.16, 0.22, NAN, NAN, NAN, NAN, NAN, NAN, 2402, ""),
        ("legal aid", "Turkish", 0.04, 0.02, 0.09, 0.0, 0.0, 0.1, 0.04, 0.02, 0.09, 19, WITHHELD),
    ],
    columns=["need", "group", *NEED, "n", "flag"],
)
OUTCOMES = pd.DataFrame(
    [
        ("Syrian", "child labour", None, 0.27, 0.25, 0.29, 2402, 648, ""),
        ("Syrian", "forced labour", "child labour", 0.04, 0.03, 0.05, 2402, 96, ""),
        ("Syrian", "trafficking", None, 0.02, 0.013, 0.028, 2402, 50, ""),
        ("Syrian", "also in child labour", "trafficking", 0.013, 0.007, 0.019, 2402, 32, "imprecise"),
        ("Turkish", "child labour", None, 0.11, 0.10, 0.13, 2392, 272, ""),
        ("Turkish", "forced labour", "child labour", NAN, NAN, NAN, NAN, NAN, None),
        ("Turkish", "trafficking", None, 0.0, 0.0, 0.002, 2392, 0, ""),
        ("Turkish", "also in child labour", "trafficking", 0.0, 0.0, 0.002, 12, 0, WITHHELD),
    ],
    columns=["panel", "label", "within", "share", "low", "high", "n", "events", "flag"],
)
PREVALENCE = pd.DataFrame(
    [
        (sex, age, group, share, 0.7 * share, 1.4 * share, 400, flag)
        for sex in ("girls", "boys")
        for age, share in (("5–11", 0.06), ("12–14", 0.2))
        for group, flag in (("Syrian", ""), ("Turkish", "imprecise: CV above 30%"), ("other", WITHHELD))
    ],
    columns=["panel", "label", "group", "share", "low", "high", "n", "flag"],
)
MISSING = pd.DataFrame(
    [
        ("hours of work", "Syrian", 0.02, 0.01, 0.03, 2402, ""),
        ("hours of work", "Turkish", 0.05, 0.04, 0.06, 2392, ""),
        ("age at arrival", "Syrian", 0.11, 0.09, 0.13, 2402, ""),
        ("age at arrival", "Turkish", NAN, NAN, NAN, NAN, "not asked"),
    ],
    columns=["label", "group", "share", "low", "high", "n", "flag"],
)
CHARTS: dict[str, tuple[Callable[..., Figure], pd.DataFrame, str]] = {
    "odds_ratios": (odds_ratios, ODDS, "adjusted_low"),
    "needs_gap": (needs_gap, NEEDS, "gap"),
    "nested_outcomes": (nested_outcomes, OUTCOMES, "within"),
    "prevalence_panels": (lambda t, **r: prevalence_panels(t, xlabel="share", **r), PREVALENCE, "n"),
    "missing_answers": (missing_answers, MISSING, "flag"),
}
OF_SHARES = ["nested_outcomes", "prevalence_panels", "missing_answers"]
every_figure = pytest.mark.parametrize("name", CHARTS)


def _draw(name: str, table: pd.DataFrame | None = None, *, title: str = "A title", footer=FOOTER, **rules) -> Figure:
    draw, example, _ = CHARTS[name]
    return draw(example if table is None else table, title=title, footer=footer, **rules)


def _texts(figure: Figure) -> list[Text]:
    return [text for text in figure.findobj(Text) if text.get_visible() and text.get_text().strip()]


def _words(figure: Figure) -> str:
    return " ".join(" ".join(text.get_text() for text in _texts(figure)).split())


def _boxes(figure: Figure) -> list:
    renderer = figure.canvas.get_renderer()  # type: ignore[attr-defined]
    figure.draw(renderer)
    return [(t.get_text(), t.get_window_extent(renderer)) for t in _texts(figure) if t.get_gid() != "watermark"]


def _faults(figure: Figure) -> list:
    """Texts that leave the figure, and pairs of texts that cover one another."""
    boxes = _boxes(figure)
    width, height = figure.bbox.width, figure.bbox.height
    outside = [text for text, a in boxes if a.x0 < -1 or a.y0 < -1 or a.x1 > width + 1 or a.y1 > height + 1]
    return outside + [
        (one, two)
        for (one, a), (two, b) in itertools.combinations(boxes, 2)
        # Two pixels: boxes are measured with the empty room above small letters.
        if min(a.x1, b.x1) - max(a.x0, b.x0) > 2 and min(a.y1, b.y1) - max(a.y0, b.y0) > 2
    ]


def _marks(axes: Axes, marker: str) -> list[float]:
    return [float(line.get_xdata()[0]) for line in axes.get_lines() if line.get_marker() == marker]


def _spans(axes: Axes, colour: str | None = None) -> list[tuple[float, float]]:
    """Intervals: the level lines of two different ends."""
    return [
        tuple(map(float, line.get_xdata()))
        for line in axes.get_lines()
        if len(line.get_xdata()) == 2
        and line.get_ydata()[0] == line.get_ydata()[1]
        and line.get_linestyle() == "-"
        and line.get_transform() == axes.transData
        and colour in (None, line.get_color())
    ]


def _bars(axes: Axes, hatch: str | None = None) -> list[Rectangle]:
    """Bars and hatched rows, without the white bands of headings."""
    return [bar for bar in axes.patches if isinstance(bar, Rectangle) and bar.get_hatch() == hatch and bar.get_lw()]


def _hatches(figure: Figure) -> set[str]:
    """The hatchings of rows, not those of the key."""
    return {patch.get_hatch() for axes in figure.axes for patch in axes.patches if patch.get_hatch()}


def _lengthened(name: str, times: int) -> pd.DataFrame:
    """An example with long names, each group of rows so many times."""
    _, example, _ = CHARTS[name]
    long = "a name that is long enough to be broken into several lines"
    parts = []
    for number in range(times):
        part = example.copy()
        for column in {"group", "need", "label", "within", "panel"} & set(part.columns):
            if name != "odds_ratios" and column == "group":
                continue
            # Outcomes are the same in all panels.
            same = name == "nested_outcomes" and column != "panel"
            suffix = long if same else f"{number}: {long}"
            part[column] = [f"{cell} {suffix}" if isinstance(cell, str) else cell for cell in part[column]]
        for column in {"flag", "text"} & set(part.columns):
            part[column] = [f"{cell}, {long}" if cell else cell for cell in part[column]]
        parts.append(part)
    return pd.concat(parts, ignore_index=True)


# What every figure carries


@every_figure
def test_every_figure_says_its_source_period_number_and_limits(name):
    assert "Source: made for a test · Period: 2025 · n = 4,812 children · Association, not cause." in _words(
        _draw(name)
    )


@every_figure
def test_a_synthetic_figure_has_the_watermark_and_the_word_in_its_title(name):
    figure = _draw(name, footer=SYNTHETIC)
    assert style.is_synthetic(figure)
    assert "SYNTHETIC · A title" in _words(figure)


@every_figure
def test_an_empty_table_says_that_nothing_was_found(name):
    assert "no figure found" in _words(_draw(name, CHARTS[name][1][:0]))


@every_figure
def test_a_table_without_a_column_is_refused_by_the_name_of_the_column(name):
    _, example, column = CHARTS[name]
    with refused(ValueError, "missing_column", column):
        _draw(name, example.drop(columns=column))


@every_figure
def test_the_table_that_is_drawn_stays_as_it_was(name):
    before = CHARTS[name][1].copy()
    _draw(name)
    pd.testing.assert_frame_equal(CHARTS[name][1], before)


@pytest.mark.soak
@every_figure
def test_texts_neither_cover_one_another_nor_leave_the_figure(name):
    assert (
        _faults(_draw(name, title="A title that is long enough to be broken into two lines of the figure at least"))
        == []
    )


@pytest.mark.varied
@every_figure
def test_one_row_is_a_figure(name):
    for row in range(min(len(CHARTS[name][1]), 6)):
        if name != "nested_outcomes" or pd.isna(CHARTS[name][1].loc[row, "within"]):
            assert _faults(_draw(name, CHARTS[name][1].iloc[[row]])) == []


@pytest.mark.soak
@every_figure
def test_sixty_rows_with_long_names_do_not_cover_one_another(name):
    table = _lengthened(name, 60 // len(CHARTS[name][1]) + 1)
    assert len(table) >= 60
    assert _faults(_draw(name, table)) == []


@pytest.mark.varied
@every_figure
def test_columns_that_know_missing_values_are_drawn_as_those_that_do_not(name):
    table = CHARTS[name][1].convert_dtypes()
    assert table["n"].dtype == "Int64"
    assert plots.png(_draw(name, table)) == plots.png(_draw(name))


# Odds ratios


def _line_of(figure: Figure, label: str) -> float:
    """How high a level stands in the figure, in pixels."""
    (found,) = [text for text in _texts(figure) if text.get_text() == label and text.get_gid() == "label:level"]
    box = found.get_window_extent(figure.canvas.get_renderer())  # type: ignore[attr-defined]
    return (box.y0 + box.y1) / 2


def test_a_factor_heads_its_levels_and_names_its_reference():
    figure = _draw("odds_ratios")
    heads = [text.get_text() for text in _texts(figure) if text.get_gid() == "label:factor"]
    assert heads == ["Sex", "Nationality", "Debt to the employer", "Lives with parents", "Migrates", "Income"]
    references = [text.get_text() for text in _texts(figure) if text.get_gid() == "label:reference"]
    assert references == [f"(reference: {name})" for name in ("girls", "Turkish", "no", "both", "no")]


def test_crude_and_adjusted_odds_ratios_are_told_apart_by_shape_and_filling():
    (axes,) = _draw("odds_ratios", ODDS[:2]).axes
    assert _marks(axes, "o") == [1.62, 2.8]
    assert _marks(axes, "s") == [1.55, 1.41]
    assert {line.get_markerfacecolor() for line in axes.get_lines() if line.get_marker() == "o"} == {"white"}
    assert _spans(axes, style.CONTEXT) == [(1.31, 2.01), (2.2, 3.5)]
    assert _spans(axes, style.BLUE) == [(1.22, 1.97), (1.03, 1.93)]


def test_odds_ratios_lie_on_a_scale_of_equal_ratios_with_round_numbers_and_one():
    (axes,) = _draw("odds_ratios").axes
    assert axes.get_xscale() == "log"
    assert set(axes.get_xticks()) <= {0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100}
    assert {0.5, 1, 2, 5, 10} <= set(axes.get_xticks())


@pytest.mark.slow
@settings(max_examples=examples(8), deadline=None)
@given(st.lists(st.floats(-12, 12), min_size=1, max_size=5), st.floats(0.05, 3))
def test_one_is_always_on_the_scale_and_named(logarithms, half):
    table = pd.concat([ODDS[:1]] * len(logarithms), ignore_index=True)
    for kind in ("crude", "adjusted"):
        table[kind] = np.exp(logarithms)
        table[f"{kind}_low"], table[f"{kind}_high"] = table[kind] * np.exp(-half), table[kind] * np.exp(half)
    figure = _draw("odds_ratios", table)
    (axes,) = figure.axes
    assert 1 in axes.get_xticks()
    first, last = axes.get_xlim()
    assert 0.005 < first <= 0.5 and 2 <= last < 200
    assert _faults(figure) == []


def test_an_interval_that_leaves_the_scale_ends_in_an_arrow():
    (axes,) = _draw("odds_ratios", ODDS[3:5]).axes
    _, last = axes.get_xlim()
    # Both crude and both adjusted intervals go beyond, and one adjusted odds ratio is infinite.
    assert _marks(axes, ">") == [pytest.approx(last)] * 5
    assert "∞ (4.10–∞)" in _words(_draw("odds_ratios"))
    (axes,) = _draw("odds_ratios", ODDS[:1].assign(crude_low=0.0, adjusted=0.0, adjusted_low=0.0)).axes
    assert _marks(axes, "<") == [pytest.approx(axes.get_xlim()[0])] * 3


def test_the_adjusted_odds_ratio_and_the_persons_stand_beside_their_level():
    figure = _draw("odds_ratios")
    for words in ("1.55 (1.22–1.97)", "2,431 (391)"):
        (text,) = [text for text in _texts(figure) if text.get_text() == words]
        box = text.get_window_extent(figure.canvas.get_renderer())  # type: ignore[attr-defined]
        assert (box.y0 + box.y1) / 2 == pytest.approx(_line_of(figure, "boys"), abs=4)


def test_of_a_withheld_level_nothing_but_the_persons_is_shown():
    figure = _draw("odds_ratios", ODDS[2:3])
    words = _words(figure)
    assert WITHHELD in words
    assert "18 " in words and "(4)" not in words and "1.70" not in words
    assert _marks(figure.axes[0], "o") == _marks(figure.axes[0], "s") == []
    assert _hatches(figure) == {style.SUPPRESSED}


def test_a_level_that_is_not_estimable_is_hatched_with_its_reason_below_its_crude_odds_ratio():
    figure = _draw("odds_ratios", ODDS[5:6])
    (axes,) = figure.axes
    assert _hatches(figure) == {style.UNKNOWN}
    assert "not estimable: every such child works" in _words(figure)
    assert _marks(axes, "o") == [3.0] and _marks(axes, "s") == []
    bare = _words(_draw("odds_ratios", ODDS[5:6].assign(text=None)))
    assert "no adjusted odds ratio" in bare


def test_what_to_be_careful_about_stands_below_the_name_of_its_level():
    cautions = [text.get_text() for text in _texts(_draw("odds_ratios")) if text.get_gid() == "label:caution"]
    assert [" ".join(text.split()) for text in cautions] == ["few children with the outcome"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"crude": -0.4, "crude_low": -1.0}, ("negative", "'boys'", "row 0")),
        ({"adjusted_low": 1.6}, ("outside_interval", "'boys'", "row 0")),
        ({"crude_high": 1.0}, ("outside_interval", "'boys'", "row 0")),
    ],
)
def test_an_odds_ratio_that_cannot_be_one_is_refused(change, words):
    with refused(ValueError, *words):
        _draw("odds_ratios", ODDS[:1].assign(**change))


# Needs


def test_the_need_that_is_met_least_comes_first():
    figure = _draw("needs_gap")
    needs = [text.get_text() for text in _texts(figure) if text.get_gid() == "label:need"]
    # Largest gaps: education 0.31, documents 0.26; of legal aid it is suppressed for one group, unknown for another.
    assert needs == ["education", "documents", "legal aid"]


def test_the_filled_bar_begins_at_zero_and_is_the_share_that_goes_without():
    (axes,) = _draw("needs_gap", NEEDS[:2]).axes
    filled = [bar for bar in _bars(axes) if figures_colour(bar) in (style.BLUE, style.ORANGE)]
    assert [(bar.get_x(), bar.get_width()) for bar in filled] == [(0, 0.26), (0, 0.01)]
    pale = [bar for bar in _bars(axes) if figures_colour(bar) not in (style.BLUE, style.ORANGE)]
    assert [(bar.get_x(), bar.get_width()) for bar in pale] == [(0.26, 0.12), (0.01, 0.03)]


def figures_colour(bar: Rectangle) -> str:
    return "#" + "".join(f"{round(255 * part):02X}" for part in bar.get_facecolor()[:3])


def test_intervals_of_those_without_and_of_all_who_need_it_are_drawn_at_heights_of_their_own():
    (axes,) = _draw("needs_gap", NEEDS[:1]).axes
    assert _spans(axes) == [(0.22, 0.30), (0.34, 0.42)]
    heights = {float(line.get_ydata()[0]) for line in axes.get_lines() if line.get_marker() == "|"}
    assert len(heights) == 2


def test_shares_of_needs_are_written_with_their_intervals_and_the_children_asked():
    words = _words(_draw("needs_gap"))
    for said in ("26% (22–30)", "12% (9–15)", "2,402", "1.0% (0.5–2.0)", "31% (27–35)*", "* imprecise"):
        assert said in words


def test_a_need_of_which_it_is_unknown_whether_it_is_met_is_hatched_up_to_its_share():
    figure = _draw("needs_gap", NEEDS[4:5])
    (bar,) = _bars(figure.axes[0], style.UNKNOWN)
    assert (bar.get_x(), bar.get_width()) == (0, 0.19)
    assert "whether they get it is unknown" in _words(figure)


def test_of_a_withheld_need_nothing_but_the_persons_is_shown():
    figure = _draw("needs_gap", NEEDS[5:].assign(children_text="41,000"))
    words = _words(figure)
    assert WITHHELD in words and "19" in words
    assert "4.0%" not in words and "41,000" not in words
    assert _hatches(figure) == {style.SUPPRESSED}


def test_how_many_children_go_without_is_written_where_it_is_known():
    words = _words(_draw("needs_gap", NEEDS[:1].assign(children_text="41,000 (33,000–49,000)")))
    assert "children without it" in words and "41,000 (33,000–49,000)" in words
    assert _faults(_draw("needs_gap", NEEDS.assign(children_text="1,590,000 (1,470,000–1,720,000)"))) == []


def test_needs_of_four_groups_are_refused():
    with refused(ValueError, "too_many_groups"):
        _draw("needs_gap", pd.concat([NEEDS[:1].assign(group=str(n)) for n in range(4)]))


@pytest.mark.slow
@settings(max_examples=examples(3), deadline=None)
@given(st.permutations(range(3)))
def test_the_order_of_the_needs_in_the_table_does_not_matter(order):
    table = pd.concat([NEEDS[2 * need : 2 * need + 2] for need in order])
    assert plots.png(_draw("needs_gap", table)) == plots.png(_draw("needs_gap"))


# Outcomes within one another


def test_a_part_is_a_bar_inside_the_box_of_its_outcome():
    (axes,) = _draw("nested_outcomes", OUTCOMES[:2]).axes
    box, part = sorted(_bars(axes), key=lambda bar: -bar.get_width())
    assert (box.get_width(), part.get_width()) == (0.27, 0.04)
    assert box.get_x() == part.get_x() == 0
    assert box.get_y() < part.get_y() and part.get_y() + part.get_height() < box.get_y() + box.get_height()
    assert _spans(axes) == [(0.25, 0.29), (0.03, 0.05)]


def test_outcomes_that_stand_by_themselves_have_boxes_apart():
    (axes,) = _draw("nested_outcomes", OUTCOMES[:4]).axes
    labour, trafficking = (bar for bar in _bars(axes) if bar.get_width() in (0.27, 0.02))
    assert labour.get_y() + labour.get_height() < trafficking.get_y()


def test_all_panels_of_outcomes_share_one_scale_and_say_the_persons():
    figure = _draw("nested_outcomes")
    assert len(figure.axes) == 1
    words = _words(figure)
    for said in (
        "27% (25–29)",
        "2,402 (648)",
        "1.3% (0.7–1.9)*",
        "* imprecise",
        "0.0% (0.0–0.2)",
        "2,392 (0)",
        WITHHELD,
    ):
        assert said in words
    assert "12 (0)" not in words
    assert _hatches(figure) == {style.SUPPRESSED, style.UNKNOWN}


@pytest.mark.parametrize(
    ("within", "share", "words"),
    [
        ("trafficking", 0.01, ("unknown_outcome", "'forced labour'", "'trafficking'")),
        ("child labour", 0.28, ("part_exceeds_whole", "'forced labour'", "'child labour'")),
    ],
)
def test_a_part_without_its_outcome_or_larger_than_it_is_refused(within, share, words):
    table = OUTCOMES[:2].copy()
    table.loc[1, ["within", "share", "low", "high"]] = [within, share, share, share]
    with refused(ValueError, *words):
        _draw("nested_outcomes", table)


# Shares in panels


def test_panels_with_the_same_rows_name_them_once_and_share_their_scale():
    figure = _draw("prevalence_panels")
    girls, boys = figure.axes
    assert girls.get_xlim() == boys.get_xlim() and girls.get_xlim()[0] == 0
    assert [text.get_text() for text in _texts(figure) if text.get_gid() == "label:row"] == ["5–11", "12–14"]


def test_panels_with_different_rows_stand_below_one_another_with_names_of_their_own():
    table = pd.concat([PREVALENCE[:6], PREVALENCE[:3].assign(panel="by sector", label="agriculture")])
    figure = _draw("prevalence_panels", table)
    one, two = figure.axes
    assert one.get_position().y0 > two.get_position().y1 and one.get_xlim() == two.get_xlim()
    rows = [text.get_text() for text in _texts(figure) if text.get_gid() == "label:row"]
    assert rows == ["5–11", "12–14", "agriculture"]


def test_an_imprecise_share_is_an_open_mark_and_a_withheld_one_a_hatching():
    figure = _draw("prevalence_panels", PREVALENCE[:3])
    (axes,) = figure.axes
    faces = {line.get_marker(): line.get_markerfacecolor() for line in axes.get_lines() if line.get_marker() in "os^"}
    assert faces == {"o": style.BLUE, "s": "white"}
    words = _words(figure)
    assert "imprecise: CV above 30%" in words and "suppressed" in words and words.count("400") == 3
    assert _hatches(figure) == {style.SUPPRESSED}


def test_a_row_of_another_panel_that_has_no_answer_keeps_its_place():
    figure = _draw("prevalence_panels", PREVALENCE[[True] * 9 + [False] * 3])
    girls, boys = figure.axes
    assert girls.get_ylim() == boys.get_ylim()
    assert len(_marks(girls, "o")) == 2 and len(_marks(boys, "o")) == 1
    assert _words(figure).count("not found") == 1


def test_four_panels_stand_two_by_two():
    table = pd.concat([PREVALENCE[:6].assign(panel=str(number)) for number in range(4)])
    places = [axes.get_position() for axes in _draw("prevalence_panels", table).axes]
    assert len({round(place.x0, 3) for place in places}) == len({round(place.y0, 3) for place in places}) == 2


def test_groups_keep_their_colours_and_their_order_from_one_figure_to_the_next():
    rules = {"groups": ("Turkish", "Syrian", "other")}
    figure = _draw("prevalence_panels", PREVALENCE[:2], **rules)
    (axes,) = figure.axes
    # The first colour and marker are those of the first group, whichever comes first in the table or is there at all.
    colours = {line.get_marker(): line.get_markeredgecolor() for line in axes.get_lines() if line.get_marker() in "os^"}
    assert colours == {"o": style.BLUE, "s": style.ORANGE}
    heights = {line.get_marker(): line.get_ydata()[0] for line in axes.get_lines() if line.get_marker() in "os"}
    assert heights["o"] < heights["s"]
    assert "other" not in _words(figure)
    (axes,) = _draw("needs_gap", NEEDS[:1], **rules).axes
    assert style.ORANGE in {figures_colour(bar) for bar in _bars(axes)}
    (axes,) = _draw("missing_answers", MISSING[:1], **rules).axes
    assert _marks(axes, "s") == [0.02]


@pytest.mark.parametrize("name", ["prevalence_panels", "missing_answers", "needs_gap"])
def test_a_group_that_was_not_asked_for_is_refused(name):
    with refused(ValueError, "group_not_listed", "'Turkish'", "`groups`"):
        _draw(name, groups=("Syrian", "other"))


# Missing answers


def test_the_question_with_most_unknown_answers_comes_first_and_what_was_not_asked_is_no_unknown_answer():
    figure = _draw("missing_answers")
    assert [text.get_text() for text in _texts(figure) if text.get_gid() == "label:row"] == [
        "age at arrival", "hours of work",
    ]  # fmt: skip
    assert _hatches(figure) == {levels.NOT_ASKED}
    assert levels.NOT_ASKED not in (style.UNKNOWN, style.SUPPRESSED, style.CENSORED)


def test_twenty_questions_are_drawn_and_a_line_says_how_many_are_not():
    table = pd.concat([MISSING[:1]] * 23, ignore_index=True)
    table["label"] = [f"question {n:02}" for n in range(23)]
    table["share"] = np.linspace(0.22, 0.0, 23)
    table["low"], table["high"] = NAN, NAN
    words = _words(_draw("missing_answers", table))
    assert "question 19" in words and "question 20" not in words
    # The 21st of 23 steps of 0.01 from 0.22 is 0.02.
    assert "Not drawn: 3 more questions, each with 2.0% unknown at most." in words
    assert "Not drawn" not in _words(_draw("missing_answers", table[:20]))


# Shares of any figure


@pytest.mark.parametrize("name", OF_SHARES)
@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"share": 30.0, "high": 40.0}, ("out_of_range", "row 0")),
        ({"low": -0.1}, ("out_of_range", "row 0")),
        ({"share": 0.5, "high": 0.4}, ("outside_interval", "row 0")),
    ],
)
def test_a_share_that_cannot_be_one_is_refused_with_its_row(name, change, words):
    _, example, _ = CHARTS[name]
    with refused(ValueError, *words):
        _draw(name, example[:1].assign(**change))


@pytest.mark.parametrize("name", [*OF_SHARES, "needs_gap"])
def test_a_row_that_stands_twice_is_refused(name):
    _, example, _ = CHARTS[name]
    with refused(ValueError, "duplicate_row", "row 1"):
        _draw(name, pd.concat([example[:1]] * 2))


def test_shares_are_written_in_per_cent_with_a_decimal_where_all_are_small():
    assert share_panels.percent(0.268, 0.224, 0.301) == "27% (22–30)"
    assert share_panels.percent(0.034, 0.021, 0.052) == "3.4% (2.1–5.2)"
    assert share_panels.percent(0.034) == "3.4%"
    assert share_panels.percent(NAN) == "–"
