"""Figures of a survey: shares, needs, odds ratios and missing answers; nothing is drawn of what is suppressed."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from figure_texts import faults, smallest, texts, words
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from analysis import areas, catalog, plots
from analysis.exhibits import risk_factors, risk_outcomes, risk_sample, risk_survey
from analysis.plots import style

pytestmark = pytest.mark.skipif(
    catalog.survey_kind("demo_provinces") != "synthetic", reason="A study has a survey of its own here"
)
NAN = np.nan
PLACE = areas.get("demo_provinces")
TURKISH, SYRIAN = "Turkish children", "Syrian children"
SHARES = pd.DataFrame(
    [
        ("girls", "5–11", SYRIAN, 0.06, 0.04, 0.09, 400, 24, ""),
        ("girls", "5–11", TURKISH, 0.03, 0.01, 0.06, 500, 15, "imprecise"),
        ("girls", "12–14", SYRIAN, 0.2, 0.1, 0.3, 401, 80, ""),
        ("girls", "12–14", TURKISH, 0.11, 0.05, 0.2, 433, 4, "suppressed"),
        ("boys", "5–11", SYRIAN, NAN, NAN, NAN, pd.NA, pd.NA, "suppressed"),
        ("boys", "5–11", TURKISH, NAN, NAN, NAN, pd.NA, pd.NA, "suppressed"),
    ],
    columns=["Sex", "Age", "Children", "estimate", "low", "high", "n", "cases", "flag"],
).astype({"n": "Int64", "cases": "Int64"})
SHARES["nationality"] = SHARES["Children"].map({TURKISH: "TR", SYRIAN: "SY"})
SHARES = SHARES.assign(confidence=0.95, design_effect=1.5, k=11)


def marks(figure: Figure, marker: str = "os") -> list[Line2D]:
    """The marks of estimates, from the top."""
    found = [line for axes in figure.axes for line in axes.lines if line.get_gid() == "estimate"]
    return sorted((line for line in found if line.get_marker() in marker), key=lambda line: line.get_ydata()[0])


def places(figure: Figure, marker: str = "os") -> list[float]:
    return [float(line.get_xdata()[0]) for line in marks(figure, marker)]


def hatchings(figure: Figure) -> set[str]:
    return {patch.get_hatch() for axes in figure.axes for patch in axes.patches if patch.get_gid() == "no estimate"}


def headings(figure: Figure) -> list[str]:
    return [text.get_text() for text in texts(figure, "group")]


def panels(table: pd.DataFrame = SHARES, **columns: str) -> Figure:
    named = {"label": "Age"} | (columns or {"group": "Sex"})
    shown = risk_survey.NamedShares("shares", ("Sex", "Age"), lambda shares: shares)
    figure = risk_survey.of_shares(PLACE, shown, "a title", "Not real.", table, **named).figure
    assert figure is not None and style.is_synthetic(figure) and smallest(figure) >= 9 and faults(figure) == []
    return figure


# Shares


def test_turkish_and_syrian_children_keep_colour_marker_and_order_whatever_the_order_of_the_table():
    for table in (SHARES, SHARES[::-1], SHARES[:1]):
        looks = {line.get_marker(): line.get_markeredgecolor() for line in marks(panels(table))}
        assert set(looks.items()) <= {("o", style.BLUE), ("s", style.ORANGE)}
    (axes, *_) = panels(SHARES[:2]).axes
    turkish, syrian = marks(axes.figure)
    assert (turkish.get_marker(), syrian.get_marker()) == ("o", "s")


def test_the_children_asked_stand_beside_the_mark_that_is_theirs():
    for table in (SHARES[:2], SHARES[1::-1]):
        assert "500\n400" in [text.get_text() for text in texts(panels(table))]


def test_an_imprecise_share_is_hollow_and_the_key_says_why():
    figure = panels(SHARES[:2])
    faces = {line.get_marker(): to_rgb(line.get_markerfacecolor()) for line in marks(figure)}
    assert faces == {"o": (1, 1, 1), "s": to_rgb(style.ORANGE)}
    assert "imprecise: CV above 30 %" in words(figure)


def test_of_what_is_suppressed_no_share_and_no_number_of_children_is_drawn():
    figure = panels()
    # The fourth row holds numbers that may not be shown.
    assert places(figure, "o") == [0.03] and places(figure, "s") == [0.06, 0.2]
    assert hatchings(figure) == {style.SUPPRESSED}
    assert "433" not in words(figure) and "suppressed: few children" in words(figure)
    changed = SHARES.assign(estimate=SHARES["estimate"].where(SHARES["flag"] != "suppressed", 0.9))
    assert plots.png(panels(changed)) == plots.png(figure)


def test_no_limit_of_a_share_is_cut():
    table = pd.concat([SHARES[:3], SHARES[:1].assign(Sex="boys", estimate=0.5, low=0.1, high=0.95)])
    assert not [line for line in panels(table).axes[0].lines if line.get_gid() == "beyond"]


def test_rows_that_are_the_same_stand_in_panels_side_by_side():
    figure = panels(SHARES[:4].assign(Sex=["girls", "girls", "boys", "boys"], Age="5–11"), panel="Sex")
    assert [axes.get_title(loc="left") for axes in figure.axes if axes.get_title(loc="left")] == ["girls", "boys"]


def test_what_lies_within_an_outcome_stands_below_it_with_those_who_have_it():
    names = ["child_labour", "forced_labour", "trafficked", "both"]
    table = pd.concat([SHARES[:1].assign(variable=name) for name in names], ignore_index=True)
    table.loc[3, ["cases", "flag"]] = [4, "suppressed"]
    figure = risk_outcomes.within(PLACE, table).figure
    assert figure is not None and faults(figure) == []
    assert headings(figure) == [
        "Child labour, and what lies within it", "Child trafficking, and what lies within it",
    ]  # fmt: skip
    rows = [" ".join(label.get_text().split()) for label in figure.axes[0].get_yticklabels()]
    assert rows == [risk_outcomes.NESTED[name][0] for name in names]
    assert words(figure).count("24 of 400") == 3 and "4 of 400" not in words(figure).replace("24 of 400", "")


# Needs

PARTS = {"": (0.26, 0.22, 0.30), "_need": (0.38, 0.34, 0.42), "_met": (0.12, 0.09, 0.15)}
NEED = {
    f"{name}{of}": value
    for of, values in PARTS.items()
    for name, value in zip(("estimate", "low", "high"), values, strict=True)
}
FLAGS = dict.fromkeys(("flag", "flag_need", "flag_met"), "")
NEEDS = pd.DataFrame(
    [
        NEED | FLAGS | {"need": "documents", "group": SYRIAN, "n": 2402},
        NEED | FLAGS | {"need": "documents", "group": TURKISH, "n": 2392, "estimate": 0.01, "low": 0.005, "high": 0.02},
        NEED | FLAGS | {"need": "education", "group": SYRIAN, "n": 2400, "estimate": 0.31, "low": 0.27, "high": 0.35},
        NEED | FLAGS | {"need": "shelter", "group": TURKISH, "n": 2400, "flag_met": "suppressed", "estimate": 0.9},
        NEED | FLAGS | {"need": "shelter", "group": SYRIAN, "n": 2400, "estimate": 0.02, "low": 0.01, "high": 0.03},
        NEED | FLAGS | {"need": "legal aid", "group": SYRIAN, "n": 2400, "flag": "suppressed"},
    ]
).assign(confidence=0.95, design_effect=1.5, k=11)
NEEDS[["estimate_children", "low_children", "high_children"]] = [41_000, 33_000, 49_000]


def needs(table: pd.DataFrame = NEEDS) -> Figure:
    figure = risk_outcomes.gap(PLACE, table).figure
    assert figure is not None and smallest(figure) >= 9 and faults(figure) == []
    return figure


def lengths(figure: Figure, part: str) -> list[tuple[float, float]]:
    bars = [patch for patch in figure.axes[0].patches if patch.get_gid() == f"bar:{part}"]
    return [(float(bar.get_x()), float(bar.get_width())) for bar in bars]


def test_who_goes_without_is_drawn_from_zero_and_who_gets_it_behind():
    figure = needs(NEEDS[:1])
    assert lengths(figure, risk_outcomes.WITHOUT) == [(0, 0.26)]
    assert lengths(figure, risk_outcomes.WITH) == [(0.26, 0.12)]
    intervals = [line for line in figure.axes[0].lines if line.get_gid() == "interval"]
    assert [list(line.get_xdata()) for line in intervals] == [[0.22, 0.30], [0.34, 0.42]]
    assert "26.0 (22.0–30.0): 41,000 (33,000–49,000)" in words(figure)


def test_the_need_that_is_met_least_comes_first_and_what_is_suppressed_of_all_is_not_drawn():
    # Of shelter only the 2 % may be shown: the suppressed 90 % do not put it first.
    assert headings(needs()) == ["education", "documents", "shelter"]
    rows = [label.get_text() for label in needs(NEEDS[:2]).axes[0].get_yticklabels()]
    assert rows == [TURKISH, SYRIAN]


def test_of_whom_it_is_unknown_whether_a_need_is_met_is_hatched():
    figure = needs(NEEDS[:1].assign(estimate_met=0.05))
    ((start, length),) = lengths(figure, risk_outcomes.OPEN)
    assert (start, length) == pytest.approx((0.31, 0.07))
    (bar,) = [patch for patch in figure.axes[0].patches if patch.get_gid() == f"bar:{risk_outcomes.OPEN}"]
    assert bar.get_hatch() == style.UNKNOWN and "whether they get it is unknown" in words(figure)


def test_of_a_need_with_a_suppressed_part_nothing_is_drawn():
    figure = needs(NEEDS[3:5])
    assert hatchings(figure) == {style.SUPPRESSED}
    assert lengths(figure, risk_outcomes.WITHOUT) == [(0, 0.02)] and "90.0" not in words(figure)
    assert words(figure).count("41,000") == 1


# Odds ratios

RATIO = ["crude", "crude_low", "crude_high", "adjusted", "adjusted_low", "adjusted_high"]
RATIOS = pd.DataFrame(
    [
        ("Sex", "girls", "boys", 1.62, 1.31, 2.01, 1.55, 1.22, 1.97, "", ""),
        ("Nationality", "Turkish", "Syrian", 2.8, 2.2, 3.5, 1.41, 1.03, 1.93, "", ""),
        ("Debt", "no", "yes", 1.9, 0.5, 7.2, 1.7, 0.4, 7.0, "suppressed: few children", ""),
        ("Migrates", "no", "yes", 3.0, 1.5, 6.0, NAN, NAN, NAN, "not estimable", ""),
        ("Turkish spoken", "fluent", "some", 2.1, 1.2, 3.7, 0.34, 0.1, 1.1, "", "73 respondents for 11 terms."),
    ],
    columns=["group", "reference", "label", *RATIO, "text", "cautions"],
).assign(confidence=0.95, k=11)


def ratios(table: pd.DataFrame = RATIOS) -> Figure:
    figure = risk_factors.odds_ratios(PLACE, "child_labour", table).figure
    assert figure is not None and smallest(figure) >= 9 and faults(figure) == []
    return figure


def test_crude_and_adjusted_odds_ratios_are_told_apart_by_shape_and_both_are_written():
    figure = ratios(RATIOS[:2])
    assert places(figure, "o") == [1.55, 1.41] and places(figure, "s") == [1.62, 2.8]
    assert "1.55 (1.22 to 1.97) 1.62 (1.31 to 2.01)" in words(figure)
    assert {"adjusted odds ratio", "crude odds ratio"} <= {text.get_text() for text in figure.legends[0].get_texts()}


def test_a_factor_heads_its_levels_and_names_its_reference_around_a_line_at_one():
    figure = ratios(RATIOS[:2])
    assert headings(figure) == ["Sex (reference: girls)", "Nationality (reference: Turkish)"]
    (axes, *_) = figure.axes
    assert axes.get_xscale() == "log" and axes.get_xlim()[0] < 1 < axes.get_xlim()[1] and 1 in axes.get_xticks()


def test_of_a_suppressed_level_no_odds_ratio_is_drawn_whatever_the_table_holds():
    figure = ratios(RATIOS[2:3])
    assert places(figure) == [] and hatchings(figure) == {style.SUPPRESSED}
    assert "1.70" not in words(figure) and "1.90" not in words(figure) and "suppressed: few" in words(figure)


def test_a_level_without_an_adjusted_odds_ratio_keeps_its_crude_one_and_is_hatched_below():
    figure = ratios(RATIOS[3:4])
    assert places(figure, "s") == [3.0] and places(figure, "o") == [] and hatchings(figure) == {style.UNKNOWN}


def test_the_adjusted_odds_ratio_of_a_model_with_a_caution_is_hollow_and_the_key_says_so():
    figure = ratios(RATIOS[4:])
    (adjusted,), (crude,) = marks(figure, "o"), marks(figure, "s")
    assert to_rgb(adjusted.get_markerfacecolor()) == (1, 1, 1) and to_rgb(crude.get_markerfacecolor()) != (1, 1, 1)
    assert "of a model with a caution" in words(figure)
    assert "caution" not in words(ratios(RATIOS[:2]))


def test_without_a_crude_odds_ratio_the_adjusted_ones_stand_alone():
    alone = RATIOS[:2].assign(crude=NAN, crude_low=NAN, crude_high=NAN)
    figure = ratios(alone)
    assert places(figure) == [1.55, 1.41] and "crude" not in words(figure)


# Missing answers


def answers(questions: int) -> pd.DataFrame:
    shares = np.linspace(0.22, 0.0, questions)
    columns = {
        "group": SYRIAN,
        "asked": 2402,
        "unknown": 11,
        "confidence": 0.95,
        "fewest": 25,
        "low": NAN,
        "high": NAN,
        "label": [f"question {n:02}" for n in range(questions)],
    }
    return pd.DataFrame(columns | {"share": shares})


def test_twenty_questions_are_drawn_and_a_line_says_how_many_are_not():
    figure = risk_sample.missing(PLACE, answers(23)).figure
    assert figure is not None
    rows = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert rows == [f"question {n:02}" for n in range(20)]
    # The 21st of 23 steps of 0.01 from 0.22 is 0.02.
    assert "The 3 other questions are not drawn: at most 2.0 % of their answers are not known." in words(figure)
    assert "2,402" in words(figure) and "interval" not in words(figure)
    few = risk_sample.missing(PLACE, answers(20)).figure
    assert few is not None and "not drawn" not in words(few)


@pytest.mark.parametrize(
    ("confidence", "words"), [(0.95, "one in twenty"), (0.9, "one in ten"), (0.5, "one in two"), (0.7, "30 in 100")]
)
def test_how_many_intervals_miss_follows_from_their_level(confidence, words):
    assert risk_survey.missed(confidence) == words
    assert f"{words} misses the true value" in str(risk_survey.limits_of(PLACE, confidence).data)
