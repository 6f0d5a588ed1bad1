"""Figures drawn from findings: what is known as dots and bars, what is not as hatching with words, in any language."""

import numpy as np
import pandas as pd
import pytest
from figure_texts import faults, smallest, texts, words
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from analysis import areas, plots
from analysis.findings.finding import Finding
from analysis.findings.measures import LANGUAGES, value_words
from analysis.plots import colours, style
from analysis.report.study_chapters import WordedFooter, by_area

SAID = "Sources : ONUDC · Période : 2020 · Connus : 5 lieux sur 8 · Limites : F12–F19"
WHY = "No figure was sent for any year."


def found(area_id: str, value: float | None = None, **said: object) -> dict:
    known = {"value": value, "n": value, "period": "2020"} if value is not None else {"period": "2020"}
    unknown = {"why": WHY, "period": ""} if said.get("status") else {}
    rules = {"item": "unodc", "method": "Read.", "limits": "Detected.", **known, **unknown, **said}
    return Finding(areas.get(area_id), "detected_victims", **rules).row()


ROWS = [
    found("SEN", 1234),
    found("CIV", 800, low=500, high=1100, interval="confidence"),
    found("GMB", low=100, high=400, interval="figure"),
    found("MLI", low=600, high=np.inf, interval="figure"),
    found("TGO", status="not reported"),
    found("BEN", status="withheld"),
    found("NER", status="refused"),
    found("GHA", 0),
]


def drawn(rows: list[dict] = ROWS, language: str = "fr", synthetic: bool = False) -> Figure:
    footer = WordedFooter("-", "-", "-", "-", synthetic=synthetic, worded=SAID)
    return by_area(rows, language, title="Victimes détectées, par lieu", footer=footer)


def axes(figure: Figure) -> Axes:
    return figure.axes[0]


def key(figure: Figure) -> set[str]:
    return {text.get_text() for legend in figure.legends for text in legend.get_texts()}


def marks(figure: Figure, gid: str) -> list[Line2D]:
    return [line for line in axes(figure).lines if line.get_gid() == gid]


def test_known_values_are_dots_in_the_order_given_and_none_stands_where_only_bounds_are_known():
    dots = sorted((line.get_ydata()[0], line.get_xdata()[0]) for line in marks(drawn(), "estimate"))
    assert [value for _, value in dots] == [1234, 800, 0]


def test_an_interval_is_a_line_and_bounds_are_a_bar_with_an_arrow_where_there_is_no_upper_one():
    figure = drawn()
    limits = [path.vertices[:, 0] for each in axes(figure).collections for path in each.get_paths()]
    assert [500, 1100] in [sorted(set(ends)) for ends in limits]
    (arrow,) = [line for line in axes(figure).lines if line.get_marker() == ">" and len(line.get_xdata())]
    assert arrow.get_xdata()[0] == pytest.approx(axes(figure).get_xlim()[1])
    assert {"entre ses bornes", "sans borne supérieure", "intervalle à 95 %", "valeur"} == key(figure)


def test_what_is_not_known_is_hatched_with_its_words_and_what_is_withheld_by_itself():
    figure = drawn()
    hatched = [patch for patch in axes(figure).patches if isinstance(patch, Rectangle) and patch.get_hatch()]
    rows = sorted((patch.get_y(), patch.get_hatch()) for patch in hatched if patch.get_gid() == "no estimate")
    assert [hatch for _, hatch in rows] == [colours.UNKNOWN, colours.SUPPRESSED, colours.UNKNOWN]
    assert all(" ".join(value_words(row, "fr").split()) in words(figure) for row in ROWS)


@pytest.mark.parametrize("language", [language for language in LANGUAGES if language != "en"])
def test_nothing_in_the_figure_is_in_another_language(language):
    figure = drawn(language=language)
    assert SAID in words(figure)
    english = {"Source:", "n", "unknown", "known", "between", "bounds", "estimate", "suppressed", "refused", "reported"}
    assert not english & {word for text in texts(figure) for word in text.get_text().split()}
    ticks = [label.get_text() for label in axes(figure).get_xticklabels()]
    assert len(ticks) > 2 and not any("," in label for label in ticks)


def test_the_key_lists_the_marks_that_there_are_and_no_others():
    assert key(drawn([ROWS[0], ROWS[7]])) == {"valeur"}
    assert key(drawn([found("SEN", low=80, high=340, interval="range")])) == {"étendue selon les méthodes"}


def test_counts_are_marked_at_whole_numbers():
    ticks = axes(drawn([found("TGO", 2), found("MLI", 1)])).get_xticks()
    assert len(ticks) >= 2 and all(float(tick).is_integer() for tick in ticks)


def test_invented_persons_leave_a_watermark():
    assert style.is_synthetic(drawn(synthetic=True)) and "SYNTHETIC ·" in words(drawn(synthetic=True))
    assert not style.is_synthetic(drawn())


def test_no_text_is_small_or_covered_and_the_same_findings_give_the_same_bytes():
    assert faults(drawn()) == [] and smallest(drawn()) >= style.LEAST
    assert plots.png(drawn()) == plots.png(drawn())
    assert pd.DataFrame(ROWS)["area_id"].is_unique
