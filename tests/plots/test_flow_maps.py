"""Flow maps of journeys: what a reader relies on where provinces, islands and unknown places are on one map."""

from __future__ import annotations

import itertools
import math

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from fuzzing import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure
from matplotlib.patches import Patch, PathPatch
from matplotlib.text import Text
from refusals import refused
from shapely.geometry import Point, box

from analysis import areas, plots
from analysis.plots import basemap, flow_marks, flow_table, nodes, style
from analysis.plots.flow_map import apart, flow_map, flow_periods
from analysis.plots.flow_marks import between

FOOTER = plots.Footer("made for a test", "2014-2023", "a few journeys", "Not real.")
LAEA = "+proj=laea +lat_0=1 +lon_0=3"
WORLD = gpd.GeoDataFrame({"area_id": ["X"], "name": ["land"]}, geometry=[box(-20, -20, 30, 25)], crs=4326)
SQUARES = gpd.GeoDataFrame(
    {"area_id": ["A", "B", "C"], "name": ["Aaa", "Bbb", "Ccc"]},
    geometry=[box(0, 0, 2, 2), box(2, 0, 4, 2), box(4, 0, 6, 2)],
    crs=4326,
)
PLACES = pd.DataFrame(
    {
        "id": ["A", "B", "C", "NEAR", "FAR", "rest"],
        "name": ["Aaa", "Bbb", "Ccc", "Near", "Faraway", "rest of the country"],
        "x": [1.0, 3.0, 5.0, 3.2, 28.0, np.nan],
        "y": [1.0, 1.0, 1.0, 0.2, 1.0, np.nan],
        "study": [True, True, True, False, False, False],
    }
)


def _flows(*rows: tuple) -> pd.DataFrame:
    """origin, destination, low and, where it is not the same, high."""
    made = [(a, b, counts[0], counts[-1]) for a, b, *counts in rows]
    table = pd.DataFrame(made, columns=["origin", "destination", "low", "high"])
    texts = [
        f"{low}" if low == high else f"{low}–{high}" for low, high in zip(table["low"], table["high"], strict=True)
    ]
    return table.assign(text=texts)


def _map(table: pd.DataFrame, **rules) -> Figure:
    rules = {"title": "A title", "footer": FOOTER, "projection": LAEA, "boundaries": SQUARES} | rules
    return flow_map(table, PLACES, WORLD, **rules)


def _periods(table: pd.DataFrame, **rules) -> Figure:
    rules = {"title": "A title", "footer": FOOTER, "projection": LAEA, "boundaries": SQUARES} | rules
    return flow_periods(table, PLACES, WORLD, **rules)


def _texts(figure: Figure) -> list[Text]:
    return [text for text in figure.findobj(Text) if text.get_visible() and text.get_text().strip()]


def _words(figure: Figure) -> str:
    return " ".join(" ".join(text.get_text() for text in _texts(figure)).split())


def _labels(figure: Figure) -> list[Text]:
    return [text for text in _texts(figure) if (text.get_gid() or "").startswith(("label:", "scale"))]


def _arrows(figure: Figure) -> list[PathPatch]:
    """Arrows and rings: nothing else is drawn at these heights."""
    return [patch for patch in figure.findobj(PathPatch) if patch.get_zorder() in (7, 8, 9)]


def _colliding(figure: Figure) -> list[tuple[str, str]]:
    renderer = figure.canvas.get_renderer()  # type: ignore[attr-defined]
    figure.draw(renderer)
    boxes = [(text.get_text(), text.get_window_extent(renderer)) for text in _labels(figure)]
    return [
        (one, two)
        for (one, a), (two, b) in itertools.combinations(boxes, 2)
        # Two pixels: boxes are measured with the empty room above small letters.
        if min(a.x1, b.x1) - max(a.x0, b.x0) > 2 and min(a.y1, b.y1) - max(a.y0, b.y0) > 2
    ]


def _outside(figure: Figure) -> list[str]:
    renderer = figure.canvas.get_renderer()  # type: ignore[attr-defined]
    figure.draw(renderer)
    extents = [(text.get_text(), text.get_window_extent(renderer)) for text in _texts(figure)]
    width, height = figure.bbox.width, figure.bbox.height
    return [t for t, e in extents if e.x0 < -1 or e.y0 < -1 or e.x1 > width + 1 or e.y1 > height + 1]


@pytest.fixture(scope="module")
def world() -> gpd.GeoDataFrame:
    return areas.background("world")


def _points(shapes: gpd.GeoDataFrame, study: set[str]) -> pd.DataFrame:
    points = shapes.to_crs(6933).representative_point().to_crs(4326)
    return pd.DataFrame(
        {
            "id": shapes["area_id"],
            "name": shapes["name"],
            "x": points.x,
            "y": points.y,
            "study": shapes["area_id"].isin(study),
        }
    )


ABROAD = pd.DataFrame(
    {
        "id": ["SYR", "IRQ", "AFG", "GNB", "SEN", "NGA", "CPV"],
        "name": ["Syria", "Iraq", "Afghanistan", "Guinea-Bissau", "Senegal", "Nigeria", "Cabo Verde"],
        "x": [38.5, 43.7, 66.0, -15.0, -14.5, 8.0, -23.6],
        "y": [35.0, 33.0, 34.0, 12.0, 14.5, 9.5, 15.1],
        "study": False,
    }
)
TURKIYE = _flows(
    ("SYR", "TR-34", 116),
    ("SYR", "TR-27", 110),
    ("SYR", "TR-63", 103),
    ("SYR", "TR-31", 101),
    ("unknown", "TR-34", 62),
    ("TR-63", "TR-63", 57),
    ("TR-31", "TR-31", 48),
    ("TR-27", "TR-79", 35),
    ("TR-79", "TR-27", 30),
    ("rest of Türkiye", "TR-34", 17),
    ("IRQ", "TR-27", 10),
    ("TR-33", "TR-34", 9),
    ("AFG", "TR-34", 8),
    ("unknown", "TR-27", 1, 4),
)
ISLANDS = _flows(
    ("CPV-SANTIAGO", "CPV-SANTIAGO", 336),
    ("CPV-SAOVICENTE", "CPV-SAOVICENTE", 103),
    ("unknown", "CPV-SANTIAGO", 99),
    ("GNB", "CPV-SANTIAGO", 60),
    ("CPV-FOGO", "CPV-SANTIAGO", 42),
    ("CPV-MAIO", "CPV-SANTIAGO", 32),
    ("CPV-SANTIAGO", "CPV-MAIO", 5),
    ("CPV-SANTIAGO", "CPV-SAL", 31),
    ("CPV-SANTOANTAO", "CPV-SAOVICENTE", 30),
    ("SEN", "CPV-SAL", 5),
    ("NGA", "CPV-BRAVA", 2),
)


@pytest.fixture(scope="module")
def turkiye(world) -> Figure:
    provinces = areas.background("provinces")
    places = pd.concat([_points(provinces, set(areas.ids("turkiye"))), ABROAD], ignore_index=True)
    return flow_map(
        TURKIYE,
        places,
        world,
        title="Journeys",
        footer=FOOTER,
        projection=areas.STUDIES["turkiye"].projection,
        boundaries=provinces,
        edges={"rest of Türkiye": "bottom"},
        unit="journeys",
    )


def _islands(world: gpd.GeoDataFrame, table: pd.DataFrame, **rules) -> Figure:
    shapes = areas.boundaries("cabo_verde")
    places = pd.concat([_points(shapes, set()), ABROAD], ignore_index=True)
    rules = {"inset": shapes, "whole": "CPV", "inset_title": "Between islands"} | rules
    projection = areas.STUDIES["cabo_verde"].projection
    return flow_map(table, places, world, title="Journeys", footer=FOOTER, projection=projection, **rules)


# Names, numbers and boxes


@pytest.mark.soak
def test_names_numbers_and_boxes_of_provinces_do_not_cover_one_another(turkiye):
    assert _colliding(turkiye) == []
    assert _outside(turkiye) == []


@pytest.mark.soak
def test_names_of_islands_do_not_cover_one_another_and_those_without_a_flow_are_named_too(world):
    figure = _islands(world, ISLANDS)
    assert _colliding(figure) == []
    assert _outside(figure) == []
    assert all(name in _words(figure) for name in areas.boundaries("cabo_verde")["name"])


def test_a_ring_has_its_count_below_the_name_of_its_place(turkiye):
    (hatay,) = [text for text in _labels(turkiye) if text.get_gid() == "label:TR-31"]
    assert hatay.get_text() == "Hatay\n○ 48"


def test_a_place_without_a_point_that_stands_beside_no_side_is_said_to_be_missing():
    words = _words(_map(_flows(("A", "B", 3), ("rest", "B", 7))))
    assert "Without a place on the map: 1 pair, 7 in all (rest to B)." in words
    beside = _map(_flows(("A", "B", 3), ("rest", "B", 7)), edges={"rest": "left"})
    assert "rest of the country" in _words(beside)
    assert "Without a place" not in _words(beside)


@pytest.mark.parametrize("side", ["left", "right", "top", "bottom"])
def test_what_has_no_place_on_the_ground_stands_on_paper_beside_the_map(side):
    ends = ["A", "B", "C", "rest"]
    pairs = [("rest", "C")]
    ground, stations = nodes.arrange(
        ends, PLACES, {}, LAEA, width=7.9, reach=None, edges={"rest": side}, pairs=pairs, boundaries=SQUARES
    )
    paper = box(0, 0, ground.width, ground.height)
    outline = stations["rest"].outline
    assert ground.width == pytest.approx(7.9)
    assert paper.contains(outline) and not outline.intersects(ground.box)
    assert all(ground.box.contains(stations[end].outline) for end in "ABC")
    if side in ("top", "bottom"):
        # Its only partner stands at the right of the map, and so does it.
        assert stations["rest"].x == pytest.approx(stations["C"].x, abs=0.05)


def test_a_side_that_a_map_does_not_have_is_refused():
    with refused(ValueError, "unknown_choice", "'rest'", "'north'"):
        _map(_flows(("rest", "B", 7)), edges={"rest": "north"})


def test_a_box_at_the_edge_does_not_hide_a_place():
    # FAR lies due east of the middle, and E half an inch from the right edge: under its box, which is longer.
    hidden = PLACES.assign(study=PLACES["id"] == "A")
    hidden.loc[len(hidden)] = ["E", "Eee", 5.0, 1.0, False]
    _, stations = nodes.arrange(
        ["A", "E", "FAR"], hidden, {}, LAEA, width=7.9, reach=700, boundaries=SQUARES[:1], pairs=[("FAR", "A")]
    )
    assert stations["FAR"].far and not stations["E"].far
    assert not stations["FAR"].outline.intersects(stations["E"].outline)


def test_a_box_at_the_edge_of_a_narrow_map_gets_sea_of_its_own_and_hides_no_island():
    shapes = areas.boundaries("cabo_verde")
    projection = areas.STUDIES["cabo_verde"].projection
    places = pd.concat([_points(shapes, set(shapes["area_id"])), ABROAD])
    ground, stations = nodes.arrange(
        ["GNB", "CPV-SANTIAGO"],
        places,
        {},
        projection,
        width=3.9,
        reach=None,
        boundaries=shapes,
        heights=(1.7, 4.1),
    )
    drawn = [ground.on_paper(shape) for shape in shapes.to_crs(projection).geometry]
    assert stations["GNB"].far
    assert not any(stations["GNB"].outline.intersects(shape) for shape in drawn)
    assert all(ground.box.contains(shape) for shape in drawn)


# Directions


@pytest.mark.parametrize("angle", [0, 35, 90, 160])
@pytest.mark.parametrize("distance", [0.3, 0.6, 1.5, 6.0])
@pytest.mark.parametrize("width", [flow_marks.WIDTHS[0], flow_marks.WIDTHS[-1]])
def test_the_two_directions_of_a_pair_never_lie_on_one_another(angle, distance, width):
    end = distance * math.cos(math.radians(angle)), distance * math.sin(math.radians(angle))
    at = {"A": (0.0, 0.0), "B": end}
    marks = {name: Point(xy).buffer(0.08) for name, xy in at.items()}
    (_, there), (_, back) = between([("A", "B"), ("B", "A")], [width, width], at, marks, box(-9, -9, 9, 9))
    assert there.intersection(back).area <= 0.01 * min(there.area, back.area)


def test_two_kinds_of_flows_between_the_same_places_lie_side_by_side():
    at = {"A": (0.0, 0.0), "B": (2.0, 1.0)}
    marks = {name: Point(xy).buffer(0.08) for name, xy in at.items()}
    (_, one), (_, two) = between([("A", "B"), ("A", "B")], [0.05, 0.05], at, marks, box(-9, -9, 9, 9))
    assert one.intersection(two).area < 0.35 * min(one.area, two.area)


def test_an_arrow_swings_around_a_place_that_lies_on_its_way():
    at = {"A": (0.0, 0.0), "B": (4.0, 0.0), "M": (2.0, -0.32)}
    marks = {name: Point(xy).buffer(0.08) for name, xy in at.items()}
    alone, _ = between([("A", "B")], [0.05], at, {"A": marks["A"], "B": marks["B"]}, box(-9, -9, 9, 9))[0]
    around, _ = between([("A", "B")], [0.05], at, marks, box(-9, -9, 9, 9))[0]
    assert alone.intersects(marks["M"])
    assert not around.intersects(marks["M"])


def test_arrows_stop_outside_the_ring_of_a_place():
    drawn = _flows(("A", "A", 50), ("B", "A", 40), ("A", "B", 30))
    breaks = flow_marks.breaks_of(drawn)
    ground, stations = nodes.arrange(
        ["A", "B"], PLACES, {}, LAEA, width=7.9, reach=None, rings=flow_marks.rings_of(drawn, breaks)
    )
    (_, ring), *others = flow_marks.shapes_of(drawn, stations, breaks, ground)
    assert all(not shape.intersects(ring) for _, shape in others)


def test_the_rings_of_two_kinds_around_one_place_lie_around_one_another():
    drawn = _flows(("A", "A", 50), ("A", "A", 9), ("B", "A", 9)).assign(kind=["girls", "boys", "boys"])
    breaks = flow_marks.breaks_of(drawn)
    rings = flow_marks.rings_of(drawn, breaks)
    ground, stations = nodes.arrange(["A", "B"], PLACES, {}, LAEA, width=7.9, reach=None, rings=rings)
    (_, one), (_, two), (_, arrow) = flow_marks.shapes_of(drawn, stations, breaks, ground)
    assert not one.intersects(two)
    assert not two.intersects(arrow)
    assert "Aaa ○ 50 + 9" in _words(_map(drawn))


# What is not known


def test_flows_from_nowhere_known_are_drawn_hatched_from_a_box_beside_the_map():
    table = _flows(("A", "B", 3), ("", "B", 7), ("C", None, 2))
    figure = _map(table)
    words = _words(figure)
    assert [text.get_text() for text in _labels(figure) if text.get_gid() == "label:unknown"] == ["unknown"]
    assert "hatched: one end is not known" in words
    assert "Without a place" not in words
    assert sorted(bool(patch.get_hatch()) for patch in _arrows(figure)) == [False, True, True]
    assert {"3", "7", "2"} <= {text.get_text() for text in _labels(figure)}


def test_a_pair_that_is_unknown_twice_over_is_refused():
    with refused(ValueError, "duplicate_row"):
        _map(_flows(("", "B", 7), ("unknown", "B", 2)))


def test_journeys_of_which_both_ends_are_unknown_are_a_ring_around_the_box():
    figure = _map(_flows(("", "", 12), ("A", "B", 3)))
    assert "12" in {text.get_text() for text in _labels(figure)}
    assert len(_arrows(figure)) == 2
    assert _outside(figure) == []


# What is drawn, and what is only counted


def test_pairs_beyond_the_top_are_counted_and_summed_below_the_map():
    # Drawn: 10 and 8. Left: 3, 1 to 4 and 2: 6 to 9.
    table = _flows(("A", "B", 10), ("B", "A", 8), ("A", "C", 3), ("C", "A", 1, 4), ("C", "B", 2))
    figure = _map(table, top=2)
    assert "Other: 3 further pairs, 6 to 9 in all, not drawn." in _words(figure)
    assert len(_arrows(figure)) == 2


def test_the_highlighted_places_flows_are_drawn_before_larger_ones_and_only_they_have_numbers():
    # Of the five, C has 3 and 1; of the three others the largest two are drawn as well. Left: 6.
    table = _flows(("A", "B", 10), ("B", "A", 8), ("A", "A", 6), ("C", "A", 3), ("B", "C", 1))
    figure = _map(table, highlight="C", top=4)
    words = _words(figure)
    assert "Other: 1 further pair, 6 in all, not drawn." in words
    assert "from or to Ccc" in words and "between other places" in words
    numbers = {text.get_text() for text in _labels(figure) if text.get_gid().startswith("label:flow")}
    assert numbers == {"3", "1"}


def test_a_flow_of_nobody_is_no_arrow():
    figure = _map(_flows(("A", "B", 10), ("B", "C", 0)))
    assert len(_arrows(figure)) == 1
    assert "every flow is 0" in _words(_map(_flows(("B", "C", 0))))


def test_the_key_has_the_classes_of_width_and_arrows_have_no_other_width():
    # Quartiles of 1, 10, 20, 40, 100 are 10, 20 and 40: four classes.
    table = _flows(("A", "B", 1), ("B", "A", 10), ("A", "C", 20), ("C", "A", 40), ("B", "C", 100))
    words = _words(_map(table, unit="journeys"))
    for label in ("Width of the arrow: journeys", "1–9", "10–19", "20–39", "40–100"):
        assert label in words
    breaks = flow_marks.breaks_of(table)
    widths = [flow_marks.width_of(row, breaks) for row in table.itertuples()]
    assert widths == [flow_marks.WIDTHS[n] for n in (0, 1, 2, 3, 3)]


@pytest.mark.parametrize("bad", [(-1, 2), (5, 4), (math.inf, math.inf)])
def test_a_count_that_cannot_be_is_refused_by_the_flows_name(bad):
    with refused(ValueError, "invalid_interval"):
        _map(_flows(("A", "B", *bad)))


# Extremes


def test_one_flow_makes_a_map():
    assert plots.png(_map(_flows(("A", "B", 1)))).startswith(b"\x89PNG")


def test_all_within_one_place_is_one_ring_with_its_count():
    figure = _map(_flows(("A", "A", 1234)))
    assert len(_arrows(figure)) == 1
    assert "Aaa ○ 1234" in _words(figure)
    assert "ring: within one place" in _words(figure)


def test_a_count_without_an_upper_bound_is_drawn_at_its_lower_one():
    table = _flows(("A", "B", 30, math.inf), ("B", "C", 2), ("C", "A", 4)).assign(text=["≥30", "2", "4"])
    figure = _map(table, top=2)
    assert "≥30" in _words(figure)
    assert "Other: 1 further pair, 2 in all" in _words(figure)
    breaks = flow_marks.breaks_of(table)
    assert breaks[-1] == 30


@pytest.mark.soak
@pytest.mark.slow
def test_of_sixty_flows_the_fifteen_largest_are_in_colour_and_the_others_grey_beneath():
    ids = [f"P{n}" for n in range(9)]
    places = pd.DataFrame({"id": ids, "name": [f"A place with a name {n}" for n in range(9)]})
    places = places.assign(x=[3.0 * (n % 3) for n in range(9)], y=[2.5 * (n // 3) for n in range(9)], study=True)
    pairs = [(a, b) for a in ids for b in ids if a != b][:60]
    table = _flows(*((a, b, 100 - n) for n, (a, b) in enumerate(pairs)))
    figure = flow_map(table, places, WORLD, title="t", footer=FOOTER, projection=LAEA, top=60)
    drawn = _arrows(figure)
    assert len(drawn) == 60
    assert sum(patch.get_zorder() == 7 for patch in drawn) == 45
    numbers = [text for text in _labels(figure) if text.get_gid().startswith("label:flow")]
    assert len(numbers) <= 15
    assert "all but the 15 largest" in _words(figure)
    assert _colliding(figure) == [] and _outside(figure) == []


def test_four_kinds_have_a_colour_each_and_five_are_refused():
    table = _flows(("A", "B", 5), ("B", "C", 4), ("C", "A", 3), ("A", "C", 2), ("B", "A", 1))
    figure = _map(table[:4].assign(kind=list("wxyz")))
    assert len({patch.get_facecolor() for patch in _arrows(figure)}) == 4
    with refused(ValueError, "too_many_kinds"):
        _map(table.assign(kind=list("vwxyz")))


# Islands


def test_islands_fill_the_frame_where_most_journeys_stay_among_them(world):
    figure = _islands(world, ISLANDS)
    words = _words(figure)
    assert "Between islands" not in words
    assert "Guinea-Bissau" in words and "beyond the map" in words
    assert len(_arrows(figure)) == len(ISLANDS)


def test_islands_are_an_inset_with_their_own_arrows_where_most_journeys_come_from_abroad(world):
    # Within and between islands 10 and 7, from abroad 40 and 30 to 35: the map has a ring of 17 and 70 to 75.
    table = _flows(
        ("CPV-SAL", "CPV-SAL", 10),
        ("CPV-FOGO", "CPV-SAL", 7),
        ("GNB", "CPV-SAL", 40),
        ("GNB", "CPV-FOGO", 30, 35),
        ("SEN", "CPV-SAL", 2),
    )
    figure = _islands(world, table)
    words = _words(figure)
    assert "Between islands" in words
    assert "Cabo Verde ○ 17" in words
    assert "70–75" in words
    assert "Sal ○ 10" in words
    # On the map a ring and two arrows, in the inset a ring and an arrow.
    assert len(_arrows(figure)) == 5
    assert _outside(figure) == []


def test_flows_of_islands_in_an_inset_need_the_place_that_they_are_together(world):
    with refused(ValueError, "missing_inset_name", "`whole`"):
        _islands(world, ISLANDS, whole=None)


ENDS = st.sampled_from(["I", "J", "K", "X", "Y", "unknown"])
COUNTS = st.tuples(st.integers(0, 50), st.integers(0, 50)).map(sorted)


@pytest.mark.slow
@settings(max_examples=examples(23), deadline=None)
@given(st.dictionaries(st.tuples(ENDS, ENDS), COUNTS, min_size=1))
def test_summing_the_islands_into_one_place_loses_nobody(pairs):
    table = flow_table.checked(_flows(*((a, b, *counts) for (a, b), counts in pairs.items())))
    rolled, among = apart(table, pd.DataFrame({"area_id": ["I", "J", "K"]}), "W")
    assert rolled[["low", "high"]].sum().tolist() == table[["low", "high"]].sum().tolist()
    assert not rolled[["origin", "destination"]].isin(["I", "J", "K"]).any(axis=None)
    within = rolled[(rolled["origin"] == "W") & (rolled["destination"] == "W")]
    assert within["high"].sum() == among["high"].sum()


# Periods

EARLY = _flows(("A", "B", 10), ("B", "A", 4), ("A", "A", 6), ("C", "A", 3)).assign(period="2014–2016")
LATE = _flows(("A", "B", 10), ("B", "A", 9), ("", "A", 8), ("C", "A", 2)).assign(period="2017–2019")
BOTH = pd.concat([EARLY, LATE], ignore_index=True)


def test_each_map_of_a_period_says_its_number_and_how_much_of_it_is_drawn():
    # Sums over both periods: A to B 20, B to A 13, unknown to A 8, A to A 6, C to A 5. Four are drawn.
    # 2014-2016: 23, without C to A 20. 2017-2019: 29, without C to A 27.
    figure = _periods(BOTH, top=4)
    assert [t.get_text() for t in _texts(figure) if t.get_gid() == "period"] == ["2014–2016", "2017–2019"]
    assert [t.get_text() for t in _texts(figure) if t.get_gid() == "n"] == ["n = 23, 20 drawn", "n = 29, 27 drawn"]
    assert "Other: 1 further pair, 5 in all, not drawn." in _words(figure)
    # A to B and B to A twice, one ring, one from unknown.
    assert len(_arrows(figure)) == 6


def test_the_same_count_is_the_same_arrow_in_every_period_and_there_is_one_key():
    figure = _periods(BOTH, unit="journeys")
    words = _words(figure)
    assert words.count("Width of the arrow, in every period: journeys") == 1
    paths = [patch.get_path().vertices for patch in _arrows(figure)]
    same = [(a, b) for a, b in itertools.combinations(paths, 2) if a.shape == b.shape and np.allclose(a, b)]
    # A to B is 10 in both periods, and only that.
    assert len(same) == 1


def test_the_classes_of_width_are_those_of_all_periods_together():
    # Quartiles of 1, 10, 20, 40, 100 are 10, 20 and 40; the first period alone has no more than 20.
    table = pd.concat(
        [
            _flows(("A", "B", 1), ("B", "A", 10), ("A", "C", 20)).assign(period="2014–2016"),
            _flows(("A", "B", 40), ("B", "A", 100)).assign(period="2017–2019"),
        ]
    )
    written = [text.get_text() for text in _texts(_periods(table))]
    assert [label for label in written if "–" in label and "20" not in label[:4]] == ["1–9", "10–19", "40–100"]
    assert written.count("20–39") == 1


def test_places_stand_at_the_same_point_of_the_map_of_every_period():
    figure = _periods(BOTH)
    for name in "ABC":
        spots = {t.get_position() for t in _labels(figure) if t.get_gid() == f"label:{name}"}
        assert len(spots) == 1


def test_a_period_without_a_journey_is_hatched_and_says_so():
    figure = _periods(BOTH, periods=["2014–2016", "2017–2019", "2020–2022"])
    assert "no journey" in _words(figure)
    assert any(patch.get_hatch() == style.UNKNOWN for patch in figure.findobj(Patch))
    assert "no journey" not in _words(_periods(BOTH))


def test_fewer_than_two_and_more_than_six_periods_are_refused_and_none_is_lost():
    with refused(ValueError, "wrong_number_of_periods"):
        _periods(EARLY)
    seven = pd.concat([EARLY.assign(period=year) for year in range(2014, 2021)])
    with refused(ValueError, "wrong_number_of_periods"):
        _periods(seven)
    with refused(ValueError, "period_not_listed", "2017", "2019"):
        _periods(BOTH, periods=["2014–2016", "2010–2013"])
    with refused(ValueError, "missing_period"):
        _periods(EARLY.assign(period=None))


@pytest.mark.soak
@pytest.mark.slow
def test_six_periods_of_provinces_fit_and_nothing_written_leaves_the_figure(world):
    provinces = areas.background("provinces")
    places = pd.concat([_points(provinces, set(areas.ids("turkiye"))), ABROAD], ignore_index=True)
    table = pd.concat([TURKIYE.assign(period=year) for year in range(2014, 2020)], ignore_index=True)
    figure = flow_periods(
        table,
        places,
        world,
        title="Journeys",
        footer=FOOTER,
        projection=areas.STUDIES["turkiye"].projection,
        boundaries=provinces,
        edges={"rest of Türkiye": "bottom"},
        top=14,
    )
    assert _outside(figure) == []
    assert _colliding(figure) == []


# The ground


def test_strips_of_paper_leave_the_ground_where_it_was():
    plain = basemap.frame((0, 0, 1000, 500), width=4, lowest=1, highest=3)
    ground = plain.beside(0.5, 0.4, 0.3, 0.2)
    corner = plain.on_paper(Point(0, 0)), ground.on_paper(Point(0, 0))
    assert corner[1].x - corner[0].x == pytest.approx(0.5)
    assert corner[1].y - corner[0].y == pytest.approx(0.4)
    assert ground.box.bounds == pytest.approx((0.5, 0.4, 4.5, plain.height + 0.4))
