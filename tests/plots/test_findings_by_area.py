"""Figures drawn from findings: what is known as dots and bars, what is not as hatching with words, in any language."""

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
from analysis.plots import style
from analysis.plots.findings_by_area import HATCHING, WIDTH, WordedFooter, findings_by_area

COLUMNS = ["label", "value", "low", "high", "interval", "status", "text"]
ROWS = [
    ("Sénégal", 1234, 1234, 1234, "exact", "known", "1 234"),
    ("Côte d’Ivoire", 800, 500, 1100, "confidence", "known", "800 (intervalle à 95 % : 500 à 1 100)"),
    ("Gambie", None, 100, 400, "figure", "known", "entre 100 et 400"),
    ("Mali", None, 600, np.inf, "figure", "known", "au moins 600"),
    ("Togo", None, None, None, "exact", "not reported", "non déclaré"),
    ("Bénin", None, None, None, "exact", "withheld", "non divulgué"),
    ("Niger", None, None, None, "exact", "refused", "refusé par la méthode"),
    ("Ghana", 0, 0, 0, "exact", "known", "0"),
]
TABLE = pd.DataFrame(ROWS, columns=COLUMNS)
WORDS = {
    **{"dot": "valeur", "bounds": "entre ses bornes", "confidence": "intervalle à 95 %", "range": "étendue"},
    "no_upper": "sans borne supérieure",
}
SAID = "Sources : ONUDC · Période : 2020 · Connus : 5 lieux sur 8 · Limites : F12–F19"


def drawn(table: pd.DataFrame = TABLE, synthetic: bool = False, **said: object) -> Figure:
    footer = WordedFooter("-", "-", "-", "-", synthetic=synthetic, worded=SAID)
    return findings_by_area(table, title="Victimes détectées, par lieu", footer=footer, words=WORDS, **said)


def texts(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.findobj(Text) if text.get_visible() and text.get_text()]


def axes(figure: Figure) -> Axes:
    (only,) = figure.axes
    return only


def bars(figure: Figure) -> list[Rectangle]:
    return [patch for patch in axes(figure).patches if isinstance(patch, Rectangle) and not patch.get_hatch()]


def test_known_values_are_dots_in_the_order_given_and_none_stands_where_only_bounds_are_known():
    dots = [line for line in axes(drawn()).lines if line.get_marker() == "o"]
    assert [line.get_xdata()[0] for line in dots] == [1234, 800, 0]
    heights = [line.get_ydata()[0] for line in dots]
    assert heights == sorted(heights)


def test_an_interval_is_a_line_and_bounds_are_a_bar_with_an_arrow_where_there_is_no_upper_one():
    figure = drawn()
    lines = [line for line in axes(figure).lines if len(line.get_xdata()) == 2 and line.get_color() == style.INK]
    assert [list(line.get_xdata()) for line in lines] == [[500, 1100]]
    few, open_ended = bars(figure)
    assert (few.get_x(), few.get_x() + few.get_width()) == (100, 400)
    assert open_ended.get_x() == 600
    end = axes(figure).get_xlim()[1]
    assert open_ended.get_x() + open_ended.get_width() == pytest.approx(end)
    (arrow,) = [line for line in axes(figure).lines if line.get_marker() == ">"]
    assert arrow.get_xdata()[0] == pytest.approx(end)


def test_each_kind_of_not_knowing_has_its_hatching_and_its_words():
    figure = drawn()
    hatched = [patch.get_hatch() for patch in axes(figure).patches if patch.get_hatch()]
    assert hatched == [HATCHING[status] for status in ("not reported", "withheld", "refused")]
    assert len(set(HATCHING.values())) == 3
    assert {"non déclaré", "non divulgué", "refusé par la méthode"} <= set(texts(figure))


def test_nothing_in_the_figure_is_in_another_language():
    figure = drawn(written=lambda value: f"<{value:g}>")
    found = texts(figure)
    assert SAID in " ".join(found).replace("\n", " ")
    ticks = [label.get_text() for label in axes(figure).get_xticklabels()]
    assert ticks and all(label.startswith("<") for label in ticks)
    assert not {"Source:", "n =", "unknown", "interval", "refused"} & set(" ".join(found).split())


def test_the_key_lists_the_marks_that_there_are_and_no_others():
    assert set(WORDS.values()) - set(texts(drawn())) == {"étendue"}
    alone = texts(drawn(TABLE.iloc[[0, 7]]))
    assert set(WORDS.values()) & set(alone) == {"valeur"}
    several = pd.DataFrame([("Sal", None, 80, 340, "range", "known", "80 à 340")], columns=COLUMNS)
    assert set(WORDS.values()) & set(texts(drawn(several))) == {"étendue"}


def test_invented_persons_leave_a_watermark():
    assert style.is_synthetic(drawn(synthetic=True))
    assert any(text.startswith("SYNTHETIC ·") for text in texts(drawn(synthetic=True)))
    assert not style.is_synthetic(drawn())


def test_letters_are_legible_where_a_page_shrinks_the_figure_to_400_pixels():
    figure = drawn()
    shrunk = 400 / (WIDTH * style.DPI)
    smallest = min(text.get_size() for text in figure.findobj(Text) if text.get_text() and text.get_gid() != "footer")
    assert smallest * style.DPI / 72 * shrunk >= 7.5
    assert figure.get_size_inches()[0] == WIDTH


def test_rows_of_a_group_stand_below_its_name_and_the_highlighted_one_is_bold():
    table = TABLE.iloc[:4].assign(group=["Nord", "Nord", "Sud", "Sud"])
    figure = drawn(table, highlight="Mali")
    bold = {text.get_text() for text in figure.findobj(Text) if text.get_weight() == "bold"}
    assert {"Nord", "Sud", "Mali"} <= bold
    assert "Gambie" not in bold


def test_counts_are_marked_at_whole_numbers():
    few = pd.DataFrame(
        [("Togo", 2, 2, 2, "exact", "known", "2"), ("Mali", 1, 1, 1, "exact", "known", "1")], columns=COLUMNS
    )
    ticks = axes(drawn(few)).get_xticks()
    assert len(ticks) >= 2 and all(float(tick).is_integer() for tick in ticks)


def test_a_table_that_lacks_a_column_is_refused_and_an_empty_one_says_that_there_is_nothing():
    with refused(ValueError, "missing_column"):
        drawn(TABLE.drop(columns="status"))
    assert plots.png(drawn(TABLE.iloc[:0]))


def test_the_same_findings_give_the_same_bytes():
    assert plots.png(drawn()) == plots.png(drawn())


known = st.tuples(st.floats(-1e6, 1e6), st.floats(0, 1e6), st.floats(0, 1e6), st.booleans(), st.booleans())


@pytest.mark.soak
@pytest.mark.slow
@settings(max_examples=examples(7))
@given(st.lists(known, min_size=1, max_size=5))
def test_every_dot_lies_on_the_scale_and_no_name_runs_into_it(values: list[tuple]):
    rows = []
    for at, (value, down, up, bounds, open_ended) in enumerate(values):
        ends = (value - down, np.inf if open_ended else value + up)
        kind = "bounds" if bounds else "confidence"
        rows.append((f"Place {at}", None if bounds else value, *ends, kind, "known", f"{value:.0f}"))
    figure = drawn(pd.DataFrame(rows, columns=COLUMNS))
    first, last = axes(figure).get_xlim()
    assert first < last and first <= 0 <= last
    for line in axes(figure).lines:
        if line.get_marker() == "o":
            assert first <= line.get_xdata()[0] <= last
    plots.png(figure)
    left = axes(figure).get_window_extent().x0
    names = [text for text in figure.findobj(Text) if text.get_text().startswith("Place ")]
    assert len(names) == len(values)
    assert all(name.get_window_extent().x1 <= left for name in names)
