"""Pooled trends of areas as figures: what areas say by themselves beside what they say together."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from figure_texts import faults, words
from matplotlib.colors import to_rgba
from plain_plots import dots, labels, limits, pairs
from row_marks import estimates, patches, points, rows

from analysis import plots
from analysis.exhibits.trend_models import forest_of_areas
from analysis.plots import style
from trends import pool_areas

FOOTER = plots.Footer("five lists of a test", "2014-2021", "123 events in 4 areas", "Detected, not incidence.")


def pooled(**rules):
    rng = np.random.default_rng(2)
    series = pd.DataFrame(
        {"area_id": np.repeat(list("ABCDEF"), 6), "period": np.tile(range(2015, 2021), 6), "count": rng.poisson(6, 36)}
    )
    return pool_areas(series[(series["area_id"] != "C") | (series["period"] > 2018)], **rules)


def test_areas_stand_by_their_pooled_trend_each_with_its_own_beside_it():
    found = pooled()
    figure = forest_of_areas(found, title="Trends", footer=FOOTER, names={"A": "Ankara"}, highlight="A")
    table = found.areas.assign(pooled=found.areas[["pooled_change_least", "pooled_change_most"]].mean(axis=1))
    table = table.sort_values("pooled", ascending=False, kind="stable")
    assert rows(figure) == ["Ankara" if area == "A" else area for area in table["area_id"]]
    drawn = table.set_index("area_id").loc["B"]
    assert estimates(figure, "B") == [pytest.approx(drawn["pooled"]), pytest.approx(drawn["own_change"])]
    (together, own) = points(figure, "B", "estimate")
    assert to_rgba(own.get_markerfacecolor()) == to_rgba("white") != to_rgba(together.get_markerfacecolor())
    assert own.get_marker() != together.get_marker()
    assert faults(figure) == []


def test_an_area_without_a_trend_of_its_own_is_hatched_beside_its_pooled_one():
    figure = forest_of_areas(pooled(), title="Trends", footer=FOOTER)
    (hatched,) = patches(figure, "C", "no estimate")
    assert hatched.get_hatch() == style.UNKNOWN and len(estimates(figure, "C")) == 1


def test_what_all_areas_have_in_common_is_a_band_named_in_the_key():
    found = pooled()
    figure = forest_of_areas(found, title="Trends", footer=FOOTER)
    (band,) = [each for each in figure.axes[0].patches if to_rgba(each.get_facecolor())[:3] == to_rgba(style.SKY)[:3]]
    low, high = found.common.low, found.common.high
    assert (band.get_x(), band.get_x() + band.get_width()) == pytest.approx((low, high))
    assert "all areas: " in words(figure) and "95 % limits" in words(figure)


def test_the_plain_picture_shows_own_and_pooled_estimates_the_highest_pooled_first():
    found = pooled()
    figure = found.plot(names={"A": "Ankara"})
    rows = found.areas.sort_values("pooled_change", ascending=False, kind="stable")
    assert labels(figure) == ["Ankara" if area == "A" else area for area in rows["area_id"]]
    own, drawn = dots(figure)
    assert own == pytest.approx(rows["own_change"].tolist(), nan_ok=True)
    assert drawn == pytest.approx(rows["pooled_change"].tolist())
    assert limits(figure)[-6:] == pairs(rows["pooled_low"], rows["pooled_high"])
