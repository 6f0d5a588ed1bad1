"""Plain pictures of results: what is read back from them is what was given, and no other package is loaded for it."""

import subprocess
import sys

import numpy as np
import pytest
from plain_plots import axes_of, dots, labels, limits, named, ranges, words

from bounded import result_plots

INF, NAN = float("inf"), float("nan")


def rows(least, low, high, most=None, **rules):
    sets = {"estimate": (least, least if most is None else most, low, high)}
    return result_plots.rows([f"row {k}" for k in range(len(least))], sets, title="A title", xlabel="persons", **rules)


def test_dots_stand_at_the_estimates_and_lines_between_the_limits():
    figure = rows([3.0, 5, NAN], [2.0, 4, NAN], [4.0, 8, NAN])
    assert dots(figure) == [[3, 5, pytest.approx(NAN, nan_ok=True)]]
    assert limits(figure) == [(2, 4), (4, 8)]
    assert labels(figure) == ["row 0", "row 1", "row 2"]
    assert [text.get_text() for text in axes_of(figure).texts] == ["no estimate"]
    for said in ("A title", "persons", "estimate"):
        assert said in words(figure)
    first, last = axes_of(figure).get_ylim()
    assert first > last  # from the top


def test_a_range_of_estimates_is_a_thick_line_and_no_dot():
    figure = rows([3.0, 5], [2.0, 4], [9.0, 8], [6.0, 5])
    assert ranges(figure) == [(3, 6)]
    assert np.isnan(dots(figure)[0][0]) and dots(figure)[0][1] == 5


@pytest.mark.parametrize("log", [False, True])
def test_limits_that_are_infinite_or_far_off_end_in_an_arrow_at_the_end_of_the_scale(log):
    figure = rows([3.0, 4, 5, 6], [2.0, 3, 0 if log else -1e9, 5], [4.0, INF, 6, 1e9], log=log)
    first, last = axes_of(figure).get_xlim()
    assert last < 1e3 and first > (0 if log else -1e3)
    arrows = {
        line.get_marker(): line.get_ydata().tolist() for line in axes_of(figure).lines if line.get_clip_on() is False
    }
    assert arrows == {"<": [2], ">": [1, 3]}
    assert all(first <= end <= last for both in limits(figure) for end in both)


def test_two_sets_stand_side_by_side_and_places_are_lines():
    one = np.array([1.0, 2])
    figure = result_plots.rows(
        ["a", "b"], {"own": (one, one, one, one), "pooled": (one + 1,) * 4}, title="", xlabel="%", at={"no change": 0.0}
    )
    assert dots(figure) == [[1, 2], [2, 3]]
    assert named(figure, "own")[:, 1].tolist() != named(figure, "pooled")[:, 1].tolist()
    assert named(figure, "no change")[:, 0].tolist() == [0, 0]


def test_nothing_to_draw_is_said():
    assert [text.get_text() for text in axes_of(rows([], [], [])).texts] == ["no estimate"]


def test_a_series_has_its_observations_its_line_and_its_turns():
    figure = result_plots.over_time(
        [2001, 2002, 2003],
        [4, 1, 5],
        [4, 3, INF],
        ylabel="persons",
        lines={"fit": ([2001, 2003], [4, 6])},
        bands={"band": ([2001, 2003], [3, 5], [5, 7])},
        turns={"turn": [(2002, 2001, 2003), (2003, NAN, NAN)]},
        marks={"alarm": ([2003], [5])},
    )
    assert named(figure, "observed")[0].tolist() == [2001, 4] and np.isnan(named(figure, "observed")[1:, 1]).all()
    assert named(figure, "fit").tolist() == [[2001, 4], [2003, 6]]
    assert named(figure, "alarm").tolist() == [[2003, 5]]
    upright = [part.get_segments() for part in axes_of(figure).collections if hasattr(part, "get_segments")][-1]
    assert upright[0].tolist() == [[2002, 1], [2002, 3]] and upright[1][1, 1] > 5
    (band,) = [part for part in axes_of(figure).patches]
    assert (band.get_x(), band.get_width()) == (2001, 2)
    for said in ("band", "turn", "alarm", "period", "persons"):
        assert said in words(figure)


def test_a_line_is_broken_where_its_pieces_change():
    x, y = result_plots.broken([0, 0, 1], [1, 2, 3], [7, 8, 9])
    assert x.tolist()[:2] == [1, 2] and np.isnan([x[2], y[2]]).all() and (x[3], y[3]) == (3, 9)


@pytest.mark.parametrize("upper", [148, INF])
def test_a_distribution_loses_no_probability_and_says_its_numbers(upper):
    low = np.arange(101, 151)
    figure = result_plots.distribution(
        low,
        low,
        np.full(50, 0.02),
        title="",
        xlabel="persons",
        ylabel="%",
        middle=("median", 125),
        limits=("95 % interval", 103, upper),
        observed=90,
    )
    bars = [patch for patch in axes_of(figure).patches if patch.get_height() != 1]
    assert sum(bar.get_height() for bar in bars) == pytest.approx(100)
    assert named(figure, "median")[0, 0] == 125 and named(figure, "observed")[0, 0] == 90
    assert f"95 % interval: 103{' or more' if upper == INF else '–148'}" in words(figure)


def test_parts_of_a_bar_follow_one_another():
    figure = result_plots.parts(["a", "b"], {"one": [3, 1], "two": [2, 0]}, title="", xlabel="cells")
    assert [(bar.get_x(), bar.get_width()) for bar in axes_of(figure).patches] == [(0, 3), (0, 1), (3, 2), (1, 0)]


@pytest.mark.slow
@pytest.mark.parametrize("package", ["incidence", "trends", "routes", "risk", "disclosure"])
def test_matplotlib_is_loaded_only_when_a_result_is_drawn(package):
    loaded = f"import sys, analysis.{package}; print({{'matplotlib', 'analysis.plots'}} & set(sys.modules))"
    ran = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "set()"
