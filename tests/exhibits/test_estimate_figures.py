"""Multiple systems estimates as figures: all methods and their range, checks, lists of known number, and strata."""

from __future__ import annotations

import dataclasses
from functools import cache

import numpy as np
import pandas as pd
import pytest
from figure_texts import faults, words
from matplotlib.colors import to_rgba
from plain_plots import dots, labels, limits, named, pairs
from plain_plots import words as plain_words
from row_marks import bars, estimates, intervals, points, rows

import capture_recapture
from analysis import plots
from analysis.exhibits import estimates_by_stratum, multiple_systems
from analysis.plots import style

INF, NAN = float("inf"), float("nan")
FOOTER = plots.Footer("five lists of a test", "2014-2021", "123 persons on 3 lists", "Estimated, not counted.")
SYNTHETIC = plots.Footer("made for a test", "2014-2021", "123 persons", "Not real.", synthetic=True)
# Korea in R's SparseMSE: three lists of 123 persons.
KOREA = pd.DataFrame(
    [(0, 0, 1, 41), (0, 1, 0, 5), (1, 0, 0, 5), (1, 1, 0, 54), (1, 0, 1, 6), (0, 1, 1, 0), (1, 1, 1, 12)],
    columns=["b", "c", "d", "count"],
)
STRATA = pd.DataFrame(
    [
        ("north", 3500, 4400.0, 4200.0, INF),
        ("east", 11, NAN, NAN, NAN),
        ("west", 60, 90.0, NAN, NAN),
    ],
    columns=["label", "n", "estimate", "low", "high"],
)


def strata(table: pd.DataFrame = STRATA):
    return estimates_by_stratum.strata_plot(table, confidence=0.95).draw("Strata", FOOTER)


@cache
def robust() -> capture_recapture.Robustness:
    return capture_recapture.robustness(KOREA, replicates=50)


def test_the_picture_of_an_estimate_has_its_resamples_its_limits_and_what_was_observed():
    result = capture_recapture.multiple_systems(KOREA, replicates=60)
    figure = result.plot()
    assert named(figure, "estimate")[0, 0] == pytest.approx(268.777778)
    assert named(figure, "observed")[0, 0] == 123
    assert f"{result.interval[0]:,.0f}–{result.interval[1]:,.0f}" in plain_words(figure)
    # Each bar holds the share of the resamples that lie in it.
    bars = [bar for bar in figure.axes[0].patches if bar.get_height() != 1]
    last = bars[-1].get_x() + bars[-1].get_width()
    drawn = sum(bar.get_height() for bar in bars)
    assert drawn == pytest.approx(100 * np.mean(result.replicates < last + 0.5), abs=2)


@pytest.mark.slow
def test_the_range_of_all_methods_is_drawn():
    result = robust()
    figure = multiple_systems.methods_plot(result).draw("Methods", FOOTER)
    said = words(figure)
    assert rows(figure) == result.table["method"].tolist()
    assert estimates(figure, "BIC, pairs of lists") == [pytest.approx(157.1666667)]
    assert result.sentence in said
    # Two lists of Korea nearly agree: nothing is stated above.
    assert "observed: 123" in said and "what is stated, without an upper limit" in said
    (band,) = [patch for patch in figure.axes[0].patches if patch.get_facecolor()[:3] == to_rgba(style.SKY)[:3]]
    assert result.high == np.inf
    assert (band.get_x(), band.get_x() + band.get_width()) == pytest.approx((result.low, figure.axes[0].get_xlim()[1]))
    known = dataclasses.replace(result, high=400.0, diagnosis=result.diagnosis.assign(found=False))
    figure = multiple_systems.methods_plot(known).draw("Methods", FOOTER)
    (band,) = [patch for patch in figure.axes[0].patches if patch.get_facecolor()[:3] == to_rgba(style.SKY)[:3]]
    assert (band.get_x(), band.get_x() + band.get_width()) == pytest.approx((result.low, 400))
    assert faults(figure) == []
    known = multiple_systems.methods_plot(result, truth=300).draw("Methods", SYNTHETIC)
    assert "true number" not in said and "true number: 300" in words(known)
    assert style.is_synthetic(known)


@pytest.mark.slow
def test_the_checks_are_drawn_with_a_head_for_each_kind():
    four = KOREA.assign(e=[1, 1, 0, 1, 0, 0, 1])[["b", "c", "d", "e", "count"]]
    result = capture_recapture.robustness(four, thresholds=(0.02,), replicates=10)
    figure = multiple_systems.checks_plot(result).draw("Checks", SYNTHETIC)
    said = words(figure)
    assert "One list left out" in said and "Two lists taken as one" in said and "Each by stepwise, p < 0.02." in said
    assert rows(figure)[:5] == [*(f"without {name}" for name in "bcde"), "b and c"]
    assert faults(figure) == []
    assert "Two lists taken as one" not in words(multiple_systems.checks_plot(robust()).draw("Checks", FOOTER))
    assert style.is_synthetic(figure)


def test_lists_whose_number_is_known_are_drawn_with_it():
    # On b 77 persons, of whom 99 are estimated from c and d.
    figure = multiple_systems.known_lists_plot(robust()).draw("Known", SYNTHETIC)
    assert "99 of 77" in words(figure)
    assert estimates(figure, "b")[1] == 77 and "known number" in words(figure)
    assert "observed" not in words(figure)
    assert faults(figure) == []
    assert style.is_synthetic(figure)


def test_two_lists_draw_their_range_and_say_that_there_are_no_checks():
    two = pd.DataFrame({"a": [1, 0, 1], "b": [0, 1, 1], "count": [40, 30, 12]})
    result = capture_recapture.robustness(two, replicates=5)
    drawn = {"title": "Two lists", "footer": FOOTER}
    assert "Chapman, odds ratio 1" in words(multiple_systems.methods_plot(result).draw(**drawn))
    for figure in (
        multiple_systems.checks_plot(result).draw(**drawn),
        multiple_systems.known_lists_plot(result).draw(**drawn),
    ):
        assert "no estimate" in words(figure)


@pytest.mark.slow
def test_the_plain_pictures_of_all_methods_show_their_estimates_and_limits():
    result = robust()
    figure = result.plot(truth=300)
    assert labels(figure) == result.table["method"].tolist()
    assert dots(figure)[0] == pytest.approx(result.table["estimate"].tolist(), nan_ok=True)
    assert limits(figure) == pairs(result.table["low"], result.table["high"])
    assert named(figure, "observed")[0, 0] == 123 and named(figure, "true number")[0, 0] == 300


def test_the_strata_of_an_estimate_are_drawn_with_the_persons_seen_and_what_was_refused_is_hatched():
    figure = strata()
    said = words(figure)
    assert rows(figure)[0] == "north (3,500 seen)" and "4,400 (4,200–∞)" in said
    assert estimates(figure, "north (3,500 seen)") == [4400] and points(figure, "north (3,500 seen)", "beyond")
    assert estimates(figure, "east (11 seen)") == [] and bars(figure, "east (11 seen)", "no estimate") == [(0, 1)]
    assert "refused: the data cannot carry it" in said
    assert "90 (no interval)" in said and intervals(figure, "west (60 seen)") == []
    assert faults(figure) == [] and "no estimate" in words(strata(STRATA[:0]))


def test_an_estimate_known_between_bounds_is_drawn_and_written_as_such():
    figure = strata(STRATA.assign(estimate_to=[5200.0, NAN, NAN]))
    assert bars(figure, "north (3,500 seen)", "bounds") == [(4400, pytest.approx(5200))]
    assert "4,400–5,200 (4,200–∞)" in words(figure) and "90 (no interval)" in words(figure)


def test_a_number_that_is_known_stands_below_its_estimate_and_is_written_beside_it():
    figure = strata(STRATA.assign(known=[4300, NAN, 100]))
    assert estimates(figure, "west (60 seen)") == [90, 100] and "90 of 100 (no interval)" in words(figure)
    assert estimates(figure, "north (3,500 seen)") == [4400, 4300]


def test_equal_ratios_are_equally_long_where_the_numbers_lie_far_apart_and_the_scale_says_so():
    assert strata().axes[0].get_xscale() == "log" and "each step the same ratio" in words(strata())
    near = strata(STRATA[:1])
    assert near.axes[0].get_xlim()[0] == 0 and "each step the same ratio" not in words(near)
