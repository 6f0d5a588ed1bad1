"""Which changes a year are printed: limits by hand, as ratios a year."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from matplotlib.text import Text

import trends
from analysis.exhibits import trend, trend_models
from analysis.exhibits.attempt import NoResult
from analysis.exhibits.trend_models import of_joinpoint_trend
from analysis.plots import Footer


@pytest.mark.parametrize(
    ("low", "high"),
    [
        (-50, 400),  # 0.5 to 5: a factor of 10 to the digit
        (0, 900),  # 1 to 10
        (-4.4, 70.7),
        (-90, -5),  # 0.1 to 0.95
        (3, 3),
    ],
)
def test_limits_within_a_factor_of_ten_are_printed(low, high):
    assert trends.imprecise(low, high) is None
    assert trend.change_words(low, low, low, high) != trends.SHORT_REFUSAL


@pytest.mark.parametrize(
    ("low", "high"),
    [
        (-50, 401),  # 0.5 to 5.01
        (-90.4, 22_542),  # 0.096 to 226.42
        (-100, 5),
        (-100, -100),
        (-120, 5),
        (20, math.inf),
        (math.nan, 5),
        (1, math.nan),
    ],
)
def test_wider_limits_are_refused_and_so_are_those_that_leave_nothing_or_are_not_known(low, high):
    refusal = trends.imprecise(low, high)
    assert refusal is not None and refusal.code == "too_imprecise"
    assert isinstance(refusal, trends.NotEstimable)
    assert trend.change_words(5, 5, low, high) == trends.SHORT_REFUSAL
    bar = trend_models.bar({"apc_low": 5, "apc_high": 5, "low": low, "high": high}, "apc")
    assert bar["text"] == trends.SHORT_REFUSAL and all(math.isnan(bar[end]) for end in ("low", "high", "estimate_low"))


def test_a_method_gives_its_numbers_whatever_their_limits_and_what_states_them_refuses():
    # Five years, 1 1 40 1 1: the slope is 0 by symmetry, and chance leaves everything open.
    series = pd.DataFrame({"period": range(2010, 2015), "count": [1, 1, 40, 1, 1]})
    change = trends.count_trend(series)
    assert change.annual_change == pytest.approx(0, abs=1e-6)
    assert (1 + change.high / 100) / (1 + change.low / 100) > 10
    kept = trend.precise(change)
    assert isinstance(kept, NoResult) and kept.code == "too_imprecise"
    assert trend.in_words(change) == trends.SHORT_REFUSAL


def test_the_figure_of_a_joinpoint_trend_prints_no_change_that_is_refused():
    series = pd.DataFrame({"period": range(2010, 2015), "count": [1, 2, 500, 1, 3]})
    result = trends.joinpoint(series, max_joinpoints=0)
    low, high = result.segments[["low", "high"]].iloc[0]
    assert trends.imprecise(low, high) is not None  # one year of five decides
    assert result.drawing()["segments"]["refused"].tolist() == [1.0]
    footer = Footer("made for a test", "2010-2014", "5 years", "Synthetic.")
    figure = of_joinpoint_trend(result, title="A title", footer=footer, ylabel="persons")
    texts = [text.get_text() for text in figure.findobj(Text)]
    assert any("refused: limits too wide" in text for text in texts)
    assert np.isfinite([low, high]).all()
