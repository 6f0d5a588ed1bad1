"""Choropleth maps: classes with readable bounds, and what a map says, and hides, of areas that are not known."""

from __future__ import annotations

import io
from collections.abc import Callable

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from figure_texts import faults, smallest, texts, words
from matplotlib.colors import to_hex, to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch
from PIL import Image
from refusals import refused
from shapely.geometry import LineString, MultiPolygon, box

from analysis import areas, plots
from analysis.plots import basemap, style
from analysis.plots.choropleth import class_breaks, class_labels, class_of

FOOTER = plots.Footer("UNODC, 2023", "2014-2021", "120 detected victims", "Detected, not incidence.")
SYNTHETIC = plots.Footer("made for a test", "2014-2021", "120 records", "Not real.", synthetic=True)
SQUARES = gpd.GeoDataFrame(
    {"area_id": list("ABCD"), "name": ["Aaa", "Bbb", "Ccc", "Ddd"]},
    geometry=[box(0, 0, 2, 2), box(2, 0, 4, 2), box(4, 0, 6, 2), box(6, 0, 8, 2)],
    crs=4326,
)
# Three squares of a tenth of a degree: too small to show a colour on a map of fifteen degrees.
ISLES = MultiPolygon([box(14, 1, 14.1, 1.1), box(14.3, 1, 14.4, 1.1), box(14, 1.3, 14.1, 1.4)])


def draw(areas: gpd.GeoDataFrame = SQUARES, /, *, title: str = "A title", footer=FOOTER, **rules) -> Figure:
    return plots.choropleth(areas, title=title, footer=footer, **rules)


def valued(values: list, **columns) -> gpd.GeoDataFrame:
    return SQUARES.assign(rate=pd.Series(values, dtype="Float64"), **columns)


def areas_of(figure: Figure, axes: int = 0) -> dict[str, PathPatch]:
    """The filled shape of each area on a map."""
    drawn = figure.axes[axes].findobj(lambda each: str(each.get_gid()).startswith("area:"))
    return {patch.get_gid().removeprefix("area:"): patch for patch in drawn}


def written(figure: Figure) -> dict[str, str]:
    """The names on the first map by the id of their areas."""
    named = [text for text in texts(figure) if str(text.get_gid()).startswith("label:")]
    return {text.get_gid().removeprefix("label:"): text.get_text() for text in named}


# Classes


@pytest.mark.parametrize(
    ("values", "classes", "expected"),
    [
        # By hand: the quintiles of 1..10 are 2.8, 4.6, 6.4, 8.2; the nearest readable whole numbers 3, 5, 6, 8.
        (range(1, 11), 5, [1, 3, 5, 6, 8, 10]),
        # Distinct values 1, 2, 3, 100: thirds at 2 and 3. Fifty equal ones do not swallow the classes.
        ([1] * 50 + [2, 3, 100], 3, [1, 2, 3, 100]),
        # The median of the four is (0.38 + 0.9) / 2 = 0.64, nearest 0.6; 0.12 and 3.3 lie within 0.1 and 4.
        ([0.12, 0.38, 0.9, 3.3], 2, [0.1, 0.6, 4]),
        # Missing and infinite values have no class.
        ([np.nan, np.inf, 2, 4], 1, [2, 4]),
        ([0, 0], 5, [0, 0]),
        ([7], 5, [6, 8]),
        ([], 5, []),
    ],
)
def test_class_bounds_are_readable_numbers(values, classes, expected):
    assert class_breaks(values, classes) == pytest.approx(expected)


def test_a_value_on_a_bound_is_in_the_class_above_and_the_largest_in_the_last():
    assert [class_of(value, [1, 3, 5, 10]) for value in (1, 2.9, 3, 5, 10)] == [0, 0, 1, 2, 2]


def test_keys_of_whole_numbers_do_not_overlap():
    assert class_labels([1, 2, 5, 10], whole=True) == ["1", "2–4", "5–10"]
    assert class_labels([0.1, 0.6, 4], whole=False) == ["0.1 to 0.6", "0.6 to 4"]
    assert class_labels([0, 0], whole=True) == ["0"]


def test_classes_for_negative_amounts_or_more_than_six_shades_are_refused():
    with refused(ValueError, "negative"):
        class_breaks([-1, 2])
    with refused(ValueError, "too_many_classes"):
        class_breaks([1, 2], 7)
    with refused(ValueError, "too_many_classes"):
        draw(valued([1, 2, 3, 4]), value="rate", classes=range(9))


def test_shades_of_classes_darken_step_by_step_also_without_colour():
    # Luma of ITU-R BT.601, as a grey printer sees a colour.
    luma = [np.dot(to_rgb(shade), [0.299, 0.587, 0.114]) for shade in style.amounts(6)]
    assert min(-np.diff(luma)) > 0.08


def test_bounds_of_classes_can_be_given_and_a_value_beyond_them_is_refused():
    figure = draw(valued([1, 4, 5, 19]), value="rate", classes=[0, 5, 20])
    faces = {name: to_hex(patch.get_facecolor()) for name, patch in areas_of(figure).items()}
    assert faces == dict(zip("ABCD", np.repeat(style.amounts(2), 2), strict=True))
    assert "0–4 (2)" in words(figure) and "5–20 (2)" in words(figure)
    with refused(ValueError, "out_of_range"):
        draw(valued([1, 4, 5, 21]), value="rate", classes=[0, 5, 20])


# What a map says


def test_a_researchers_own_areas_are_drawn_in_two_lines():
    own = gpd.GeoDataFrame({"rate": [1.0, 2.0]}, geometry=[box(0, 50, 1, 51), box(1, 50, 2, 51)], crs=4326)
    figure = plots.choropleth(own, value="rate", title="My areas", footer=FOOTER)
    assert list(areas_of(figure)) == ["0", "1"]
    assert plots.png(figure).startswith(b"\x89PNG")


def test_a_map_is_drawn_in_an_equal_area_projection_on_axes_of_equal_aspect():
    (axes,) = draw(valued([1, 2, 3, 4]), value="rate").axes
    assert axes.get_aspect() == 1 and not axes.xaxis.get_ticklocs().size
    left, right = axes.get_xlim()
    bottom, top = axes.get_ylim()
    assert axes.bbox.width / axes.bbox.height == pytest.approx((right - left) / (top - bottom), rel=1e-6)
    # Eight degrees of longitude at the equator are 890 km.
    assert 890e3 < right - left < 1200e3
    assert any(each.get_gid() == "scale" for each in axes.findobj())


def test_the_key_says_how_many_areas_are_in_each_class_and_how_many_are_not_known():
    said = words(draw(valued([1, 1, 7, None]), value="rate", legend_label="Victims per 100,000"))
    assert "1–2 (2)" in said or "1–3 (2)" in said or "1 (2)" in said
    assert "not known (1)" in said and "In brackets: how many areas." in said and "Victims per 100,000" in said


def test_unknown_suppressed_and_not_asked_are_hatched_each_in_its_own_way_and_zero_is_not():
    status = ["suppressed: fewer than 11", "", "not asked", ""]
    figure = draw(valued([3, None, None, 0], status=status), value="rate", status="status")
    hatches = {name: patch.get_hatch() for name, patch in areas_of(figure).items()}
    assert hatches == {"A": style.SUPPRESSED, "B": style.UNKNOWN, "C": style.NOT_ASKED, "D": ""}
    faces = {name: to_hex(patch.get_facecolor()) for name, patch in areas_of(figure).items()}
    assert {faces[name] for name in "ABC"} == {"#ffffff"} and faces["D"] != "#ffffff"
    said = words(figure)
    assert "suppressed: fewer than 11 (1)" in said and "not known (1)" in said and "not asked (1)" in said


def test_a_suppressed_value_moves_neither_colours_nor_classes():
    why = ["", "", "", "suppressed"]
    left_in = draw(valued([2, 5, 9, 900], why=why), value="rate", status="why")
    taken_out = draw(valued([2, 5, 9, None], why=why), value="rate", status="why")
    assert "900" not in words(left_in)
    assert plots.png(left_in) == plots.png(taken_out)


def test_a_suppressed_category_is_not_drawn():
    shapes = SQUARES.assign(kind=["one", "two", "one", "two"], why=["", "", "", "suppressed"])
    figure = draw(shapes, category="kind", status="why")
    assert areas_of(figure)["D"].get_hatch() == style.SUPPRESSED and written(figure)["D"] == "Ddd"


def test_an_interval_over_several_classes_has_dots_and_the_shade_of_the_lowest():
    shapes = valued([1, 1, 6, 6], high=[1.0, 9, 7, np.inf])
    figure = draw(shapes, value="rate", high="high", classes=[0, 5, 10])
    drawn = areas_of(figure)
    assert [bool(drawn[name].get_hatch()) for name in "ABCD"] == [False, True, False, False]
    assert to_hex(drawn["B"].get_facecolor()) == style.amounts(2)[0]
    assert "at least this class: an interval over several (1)" in words(figure)


def test_why_a_value_is_not_exact_stands_in_the_key_and_the_area_has_dots():
    figure = draw(valued([1, 2, 3, 4], why=["", "at least this", "", ""]), value="rate", status="why")
    assert areas_of(figure)["B"].get_hatch() == "..." and "at least this (1)" in words(figure)


def test_a_category_is_written_on_its_areas_since_a_grey_print_has_no_colours():
    kinds = {"law: in force": style.BLUE, "none": style.STONE}
    shapes = SQUARES.assign(kind=["law: in force", "none", None, "none"])
    figure = draw(shapes, category="kind", categories=kinds)
    assert written(figure) == {"A": "Aaa\nlaw", "B": "Bbb", "C": "Ccc", "D": "Ddd"}
    said = words(figure)
    assert "law: in force (1)" in said and "none (2)" in said and "not known (1)" in said
    with refused(ValueError, "too_many_categories"):
        draw(SQUARES.assign(kind="other"), category="kind", categories=kinds)


def test_names_are_written_within_their_areas_or_the_shortest_beside():
    shapes = valued([1, 2, 3, 4], long=["A name that is far wider than its area", "Bbb", "", "Ddd"], code=list("abcd"))
    assert written(draw(shapes, value="rate", labels=["long", "code"])) == {"A": "a", "B": "Bbb", "C": "c", "D": "Ddd"}


def test_several_maps_have_one_scale_and_one_key():
    shapes = plots.join_areas(
        SQUARES,
        pd.DataFrame({"area_id": list("ABAB"), "year": [2019, 2019, 2020, 2020], "rate": [1.0, 2, 2, 40]}),
        panel="year",
    )
    figure = draw(shapes, value="rate", panel="year", classes=[0, 2, 50])
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["2019", "2020"]
    first, second = (areas_of(figure, at) for at in (0, 1))
    assert to_hex(first["B"].get_facecolor()) == to_hex(second["A"].get_facecolor()) == style.amounts(2)[1]
    assert first["C"].get_hatch() == second["D"].get_hatch() == style.UNKNOWN
    assert words(figure).count("not known") == 1 and words(figure).count("2–50") == 1
    assert figure.axes[0].get_xlim() == figure.axes[1].get_xlim()


def test_maps_of_different_measures_have_scales_of_their_own_and_one_explanation_of_what_is_not_known():
    table = pd.DataFrame({"area_id": list("ABCD"), "panel": "Rate", "value": [1.5, None, 4, 2], "label": list("ABCD")})
    counts = table.assign(panel="Count", value=[12, None, 70, 20], label=["12", "", "≥70", "20"])
    shapes = plots.join_areas(SQUARES, pd.concat([table, counts]), panel="panel")
    figure = draw(shapes, value="value", panel="panel", one_scale=False, labels="label", highlight="B")
    said = words(figure)
    assert said.count("not known") == 1 and {"Rate", "Count"} <= {axes.get_title(loc="left") for axes in figure.axes}
    own = [[text.get_text() for text in axes.get_legend().get_texts()] for axes in figure.axes]
    assert any("1.5 to 2 (1)" in text for text in own[0]) and all("to" not in text for text in own[1])
    assert "≥70" in said and faults(figure) == []


# Small islands, outlines, links


def test_islands_too_small_to_show_a_colour_stand_in_a_field_of_it():
    isles = gpd.GeoDataFrame({"area_id": ["I"], "name": ["Isles"], "rate": [9.0]}, geometry=[ISLES], crs=4326)
    shapes = pd.concat([valued([1, 2, 3, 4]), isles])
    figure = draw(shapes, value="rate")
    islands = areas_of(figure)["I"]
    assert to_hex(islands.get_facecolor()) == style.amounts(5)[-1]
    extent = islands.get_window_extent(figure.canvas.get_renderer())
    assert min(extent.width, extent.height) > 8  # pixels
    assert written(figure)["I"] == "Isles"


def test_the_outline_of_an_area_lies_around_its_fill_and_hides_none_of_it():
    narrow = SQUARES.assign(geometry=[*SQUARES.geometry[:3], box(9, 0, 9.12, 2)], rate=[1.0, 2, 3, 4])
    figure = draw(narrow, value="rate", highlight="D")
    drawn = areas_of(figure)["D"]
    outlines = figure.findobj(lambda each: each.get_gid() == "highlight")
    assert len(outlines) == 2 and all(each.get_zorder() < drawn.get_zorder() for each in outlines)
    picture = np.asarray(Image.open(io.BytesIO(plots.png(figure))).convert("RGB"))
    extent = drawn.get_window_extent(figure.canvas.get_renderer())
    middle = picture[picture.shape[0] - int((extent.y0 + extent.y1) / 2), int((extent.x0 + extent.x1) / 2)]
    assert tuple(middle / 255) == pytest.approx(to_rgb(style.amounts(4)[-1]), abs=0.01)
    assert "Ddd" in [text.get_text() for text in figure.legends[0].get_texts()]


def test_lines_between_areas_are_dashed_and_explained():
    lines = gpd.GeoSeries([LineString([(1, 1), (5, 1)])], crs=4326)
    figure = draw(valued([1, 2, 3, 4]), value="rate", links=lines, links_label="neighbours by sea")
    (link,) = figure.findobj(lambda each: each.get_gid() == "link")
    assert link.is_dashed() and "neighbours by sea" in words(figure)


@pytest.mark.soak
@pytest.mark.parametrize("study", list(areas.STUDIES))
def test_every_area_of_a_study_is_named_on_its_map_and_no_name_covers_another(study):
    shapes = areas.boundaries(study)
    shapes["rate"] = [None, *(float(n) for n in range(2, len(shapes) + 1))]
    shapes["label"] = [f"{name}\n{n} of 100" for n, name in enumerate(shapes["name"])]
    figure = draw(shapes, value="rate", labels="label", projection=areas.STUDIES[study].projection,
                  world=areas.surroundings(study), highlight=shapes["area_id"].iloc[0])  # fmt: skip
    assert set(written(figure)) == set(shapes["area_id"])
    assert faults(figure) == []
    assert smallest(figure) >= style.LEAST


def test_land_beyond_the_map_and_coarser_outlines_of_its_areas_are_left_out():
    projection = "+proj=laea +lon_0=4"
    limits = (-5e5, -3e5, 5e5, 3e5)
    layer = gpd.GeoDataFrame(geometry=[box(0, 0, 2, 1.9), box(2, -2, 4, -1), box(100, 0, 120, 20)], crs=4326)
    study = SQUARES.to_crs(projection).union_all()
    ((seen,),) = basemap.seen_land(layer, projection, limits, study)
    assert seen.centroid.y < 0


# What is refused


def test_a_value_without_a_shape_or_two_for_one_area_are_refused_rather_than_lost():
    with refused(ValueError, "missing_boundary", "XXX"):
        plots.join_areas(SQUARES, pd.DataFrame({"area_id": ["XXX"], "rate": [1.0]}))
    with refused(ValueError, "duplicate_key"):
        plots.join_areas(SQUARES, pd.DataFrame({"area_id": ["A", "A"], "rate": [1.0, 2.0]}))
    with refused(ValueError, "duplicate_key"):
        draw(pd.concat([SQUARES, SQUARES]).assign(rate=1.0), value="rate")


def test_an_area_without_a_row_is_kept_as_not_known():
    joined = plots.join_areas(SQUARES, pd.DataFrame({"area_id": ["A"], "name": ["other"], "rate": [1.0]}))
    assert list(joined["area_id"]) == list("ABCD") and list(joined["name"]) == list(SQUARES["name"])
    assert areas_of(draw(joined, value="rate"))["B"].get_hatch() == style.UNKNOWN


@pytest.mark.parametrize("column", ["value", "high", "status", "category", "panel", "labels"])
def test_a_column_that_is_not_there_is_refused_by_its_name(column):
    with refused(ValueError, "missing_column", "absent"):
        draw(valued([1, 2, 3, 4]), **{"value": "rate", column: "absent"})


def test_a_map_of_nothing_is_refused_and_one_without_areas_says_so():
    with refused(ValueError, "missing_column"):
        draw(SQUARES)
    assert "no figure found" in words(draw(SQUARES[:0].assign(rate=[]), value="rate"))


# What every figure carries


EVERY: list[Callable[..., Figure]] = [
    lambda **rules: draw(valued([1, 2, None, 4]), value="rate", **rules),
    lambda **rules: draw(SQUARES.assign(kind=["a", "b", None, "a"]), category="kind", **rules),
]


@pytest.mark.parametrize("make", EVERY)
def test_footer_credit_watermark_and_the_same_bytes(make):
    assert "Source: UNODC, 2023 · Period: 2014-2021 · n = 120 detected victims · Detected, not incidence." in words(
        make()
    )
    assert not style.is_synthetic(make()) and "Boundaries:" not in words(make())
    synthetic = make(footer=SYNTHETIC)
    assert style.is_synthetic(synthetic) and "SYNTHETIC · A title" in words(synthetic)
    assert plots.png(make()) == plots.png(make())
    long = make(
        title="A title that says " + "very " * 60 + "much",
        footer=plots.Footer("A publisher " * 30, "2014", "1", "x " * 99),
    )
    assert faults(long) == []


def test_whoever_drew_the_boundaries_is_credited_where_their_licence_asks_for_it():
    licensed = valued([1, 2, 3, 4])
    licensed.attrs["credit"] = "© Surveyors (ODbL)"
    joined = plots.join_areas(licensed[["area_id", "name", "geometry"]], pd.DataFrame({"area_id": ["A"], "rate": [1]}))
    for shapes in (licensed, joined):
        assert "Boundaries: © Surveyors (ODbL)" in words(draw(shapes, value="rate"))


def test_the_callers_areas_are_left_as_they_were():
    shapes = valued([1, 2, None, 4])
    before = shapes.copy(deep=True)
    draw(shapes, value="rate")
    assert shapes.equals(before)
