"""Flow maps: what a reader relies on where areas, islands and unknown places are on one map."""

from __future__ import annotations

import itertools
import math
import re

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from figure_texts import faults, smallest, texts, words
from fuzzing import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.artist import Artist
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import FancyArrowPatch, Patch
from refusals import refused
from shapely.geometry import Point, box
from stops import on

import journeys
from analysis import areas, plots, routes
from analysis.exhibits import detection, route
from analysis.exhibits.route import ends_of, sources_of
from analysis.methods.origin_destination import mention_matrix
from analysis.plots import flows, style
from analysis.plots.choropleth import class_breaks
from analysis.plots.flow_map import WIDTHS

FOOTER = plots.Footer("made for a test", "2014-2023", "a few journeys", "Not real.")
SYNTHETIC = plots.Footer("made for a test", "2014-2023", "a few journeys", "Not real.", synthetic=True)
LAEA = "+proj=laea +lat_0=1 +lon_0=3"
WORLD = gpd.GeoDataFrame({"area_id": ["X"], "name": ["land"]}, geometry=[box(-20, -20, 30, 25)], crs=4326)
SQUARES = gpd.GeoDataFrame(
    {"area_id": ["A", "B", "C"], "name": ["Aaa", "Bbb", "Ccc"]},
    geometry=[box(0, 0, 2, 2), box(2, 0, 4, 2), box(4, 0, 6, 2)],
    crs=4326,
)
PLACES = pd.DataFrame(
    {
        "id": ["A", "B", "C", "NEAR", "FAR", "rest", "Coast"],
        "name": ["Aaa", "Bbb", "Ccc", "Near", "Faraway", "rest of the country", "Coast"],
        "x": [1.0, 3.0, 5.0, 3.2, 28.0, np.nan, 3.0],
        "y": [1.0, 1.0, 1.0, 0.2, 1.0, np.nan, -30.0],
        "study": [True, True, True, False, False, False, False],
        "region": [False, False, False, False, False, False, True],
    }
)


def _flows(*rows: tuple) -> pd.DataFrame:
    """origin, destination, low and, where it is not the same, high."""
    made = [(a, b, counts[0], counts[-1]) for a, b, *counts in rows]
    return pd.DataFrame(made, columns=["origin", "destination", "low", "high"])


def _map(table: pd.DataFrame, **rules) -> Figure:
    rules = {"title": "A title", "footer": FOOTER, "projection": LAEA, "boundaries": SQUARES} | rules
    return plots.flow_map(table, PLACES, WORLD, **rules)


def _drawn(figure: Figure, ends: str = "") -> list[Artist]:
    """Arrows, lines and rings, or those of one pair: "A:B"."""
    kinds: list[Artist] = [*figure.findobj(FancyArrowPatch), *figure.findobj(Line2D)]
    return [each for each in kinds if (each.get_gid() or "").startswith(f"flow:{ends}")]


def _numbers(figure: Figure) -> dict[str, str]:
    found = {text.get_gid() or "": text.get_text() for text in texts(figure)}
    return {gid.removeprefix("number:"): text for gid, text in found.items() if gid.startswith("number:")}


def _named(figure: Figure) -> list[str]:
    return [text.get_text() for text in texts(figure) if (text.get_gid() or "").startswith("label:")]


def _points(shapes: gpd.GeoDataFrame, study: set[str]) -> pd.DataFrame:
    points = shapes.to_crs(6933).representative_point().to_crs(4326)
    named = {"id": shapes["area_id"], "name": shapes["name"], "x": points.x, "y": points.y}
    return pd.DataFrame(named | {"study": shapes["area_id"].isin(study)})


def _stand(ends: list[str], places: pd.DataFrame = PLACES, **rules) -> tuple[flows.Ground, dict[str, flows.End]]:
    rules = {"width": 7.8, "heights": (4.4, 6.2), "shapes": SQUARES.to_crs(LAEA)} | rules
    return flows.stand(ends, flows.located(places), LAEA, **rules)


def _box_of(end: flows.End, ground: flows.Ground):
    wide, tall = (each * ground.metres / 2 for each in end.extent)
    return box(end.x - wide, end.y - tall, end.x + wide, end.y + tall)


# A table of one's own


def test_a_file_of_flows_and_one_of_places_are_a_map_in_two_lines(tmp_path):
    (tmp_path / "flows.csv").write_text("taken_from,taken_to,persons\na,b,12\nb,a,4\na,a,7\n")
    (tmp_path / "places.csv").write_text("id,name,x,y\na,Aaa,1,1\nb,Bbb,5,2\n")
    table, places = pd.read_csv(tmp_path / "flows.csv"), pd.read_csv(tmp_path / "places.csv")
    figure = plots.flow_map(table, places, origin="taken_from", destination="taken_to", low="persons", high="persons",
                            title="t", footer=FOOTER)  # fmt: skip
    assert _numbers(figure) == {"a:b": "12", "b:a": "4"} and sorted(_named(figure)) == ["Aaa\n○ 7", "Bbb"]
    assert len(_drawn(figure)) == 3 and faults(figure) == []


# Names, numbers and boxes

TURKIYE = _flows(
    ("SYR", "TR-34", 116), ("SYR", "TR-27", 110), ("SYR", "TR-63", 103), ("SYR", "TR-31", 101), ("", "TR-34", 62),
    ("TR-63", "TR-63", 57), ("TR-31", "TR-31", 48), ("TR-27", "TR-79", 35), ("TR-79", "TR-27", 30),
    ("rest of Türkiye", "TR-34", 17), ("IRQ", "TR-27", 10), ("TR-33", "TR-34", 9), ("AFG", "TR-34", 8),
    ("", "TR-27", 1, 4),
)  # fmt: skip
ABROAD = pd.DataFrame(
    {
        "id": ["SYR", "IRQ", "AFG", "CHN", "BRA", "ITA", "rest of Türkiye"],
        "name": ["Syria", "Iraq", "Afghanistan", "China", "Brazil", "Italy", "rest of Türkiye"],
        "x": [38.5, 43.7, 66.0, 104.0, -53.0, 12.0, np.nan],
        "y": [35.0, 33.0, 34.0, 35.0, -10.0, 43.0, np.nan],
        "study": False,
    }
)


def _turkiye(table: pd.DataFrame = TURKIYE, **rules) -> Figure:
    provinces = areas.background("provinces")
    places = pd.concat([_points(provinces, set(areas.ids("turkiye"))), ABROAD], ignore_index=True)
    rules = {"boundaries": provinces, "projection": areas.STUDIES["turkiye"].projection} | rules
    return plots.flow_map(table, places, areas.background("world"), title="Journeys", footer=FOOTER, **rules)


@pytest.mark.slow
def test_names_numbers_and_boxes_of_provinces_do_not_cover_one_another():
    figure = _turkiye()
    assert faults(figure) == [] and smallest(figure) >= 9
    assert "Hatay\n○ 48" in _named(figure)


@pytest.mark.soak
@pytest.mark.slow
@pytest.mark.parametrize("study", list(areas.STUDIES))
def test_names_on_a_map_of_each_study_do_not_cover_one_another(study):
    shapes = areas.boundaries(study)
    places = pd.concat([_points(shapes, set(shapes["area_id"])), ABROAD], ignore_index=True)
    ids = shapes["area_id"].tolist()
    table = _flows(
        *((ids[n], ids[n + 1], n + 1) for n in range(len(ids) - 1)),
        *((ids[0], far, 3, 5) for far in ("CHN", "BRA", "ITA")),
        (ids[0], ids[0], 9),
    )
    projection = areas.STUDIES[study].projection
    figure = plots.flow_map(table, places, areas.background("world"), title=study, footer=FOOTER,
                            projection=projection, boundaries=shapes, top=20)  # fmt: skip
    assert faults(figure) == [] and smallest(figure) >= 9
    assert {name.partition("\n")[0] for name in _named(figure)} >= set(shapes["name"])


def test_a_number_without_room_is_told_below_the_map():
    ids = [f"P{n}" for n in range(9)]
    places = pd.DataFrame({"id": ids, "name": [f"A place with a very long name {n}" for n in range(9)], "study": True})
    places = places.assign(x=[0.2 * (n % 3) for n in range(9)], y=[0.1 * (n // 3) for n in range(9)])
    pairs = [(a, b) for a in ids for b in ids if a != b][:60]
    table = _flows(*((a, b, 10_000 - n) for n, (a, b) in enumerate(pairs)))
    figure = plots.flow_map(table, places, WORLD, title="t", footer=FOOTER, projection=LAEA, top=60)
    written = set(_numbers(figure).values())
    told = set(re.findall(r": (\d[\d,]+)[;.]", words(figure)))
    assert "Drawn without a number for want of room" in words(figure)
    assert not written & told and written | told == {f"{10_000 - n:,}" for n in range(60)}


# Where ends stand


def test_a_place_without_a_point_stands_below_the_map_near_those_it_has_flows_with():
    ground, ends = _stand(["A", "B", "C", "rest"], pairs=[("rest", "C")])
    assert ends["rest"].beside and _box_of(ends["rest"], ground).bounds[3] < ground.floor
    assert ends["rest"].x == pytest.approx(ends["C"].x)
    assert all(ends[end].y > ground.floor for end in "ABC")
    assert "below the map: not one place" in words(_map(_flows(("A", "B", 3), ("rest", "B", 7))))


def test_a_place_that_the_table_of_places_does_not_have_is_said_to_be_missing():
    figure = _map(_flows(("A", "B", 3), ("elsewhere", "B", 7)))
    assert "Without a place on the map: 1 pair, 7 in all (elsewhere to B)." in words(figure)
    assert "Without a place on the map" in words(_map(_flows(("elsewhere", "B", 7))))


def test_a_far_place_stands_at_the_edge_in_its_direction_and_hides_no_place():
    ground, ends = _stand(["A", "FAR", "Coast", "NEAR"])
    left, bottom, right, top = ground.limits
    assert ends["FAR"].far and ends["FAR"].text == "Faraway →" and right - ends["FAR"].x < 0.2 * (right - left)
    assert ends["Coast"].far and ends["Coast"].text == "Coast ↓" and ends["Coast"].y - bottom < 0.1 * (top - bottom)
    assert not ends["NEAR"].far
    for end in ("FAR", "Coast"):
        assert box(*ground.limits).contains(_box_of(ends[end], ground))
        assert not _box_of(ends[end], ground).intersects(SQUARES.to_crs(LAEA).union_all())
    assert "a region, not a country" in words(_map(_flows(("A", "Coast", 3))))


@settings(max_examples=examples(20), deadline=None)
@given(st.lists(st.tuples(st.integers(-170, 170), st.integers(-60, 60)), min_size=1, max_size=14, unique=True))
def test_boxes_at_the_edge_lie_in_the_frame_and_apart(far):
    places = pd.DataFrame(far, columns=["x", "y"]).assign(id=[f"F{n}" for n in range(len(far))], study=False)
    places = pd.concat([PLACES[:3], places.assign(name="A place of some name " + places["id"])], ignore_index=True)
    ground, ends = _stand(list(places["id"]), places)
    boxes = [_box_of(end, ground) for end in ends.values() if end.boxed]
    assert all(box(*ground.limits).buffer(1).contains(each) for each in boxes)
    assert all(not one.intersects(two) for one, two in itertools.combinations(boxes, 2))


# Directions


def _ways(pairs: list[tuple[str, str]], at: dict[str, tuple[float, float]], width: float = 3) -> list[flows.Way]:
    """Ways on a map of which a metre is an inch."""
    rows = pd.DataFrame(pairs, columns=["origin", "destination"]).assign(pair=range(len(pairs)), width=float(width))
    ends = {name: flows.End(name, name, *xy) for name, xy in at.items()}
    marks = {name: flows.mark(end, 0, width, 1.0) for name, end in ends.items()}
    found = flows.ways(rows, ends, marks, flows.Ground((-9, -9, 9, 9), 18, 1.0, -9), arrows=True)
    return [found[n] for n in range(len(pairs))]


@pytest.mark.parametrize("angle", [0, 35, 90, 160])
@pytest.mark.parametrize("distance", [0.6, 1.5, 6.0])
@pytest.mark.parametrize("width", [WIDTHS[0], WIDTHS[-1]])
def test_the_two_directions_of_a_pair_lie_apart(angle, distance, width):
    end = distance * math.cos(math.radians(angle)), distance * math.sin(math.radians(angle))
    there, back = (
        way.line.buffer(width / 144) for way in _ways([("A", "B"), ("B", "A")], {"A": (0, 0), "B": end}, width)
    )
    assert there.intersection(back).area <= 0.02 * there.area


def test_an_arrow_swings_around_a_place_that_lies_on_its_way():
    at = {"A": (0.0, 0.0), "B": (4.0, 0.0)}
    (alone,) = _ways([("A", "B")], at)
    stranger = alone.line.interpolate(0.5, normalized=True)
    (around,) = _ways([("A", "B")], at | {"M": (stranger.x, stranger.y)})
    mark = flows.mark(flows.End("M", "M", stranger.x, stranger.y), 0, 3, 1.0)
    assert alone.line.intersects(mark) and not around.line.intersects(mark)


def test_arrows_stop_outside_the_ring_of_a_place_and_inside_no_box():
    ground, ends = _stand(["A", "B", "FAR"])
    marks = {end.id: flows.mark(end, 8.0 if end.id == "A" else 0.0, 3.0, ground.metres) for end in ends.values()}
    rows = pd.DataFrame({"origin": ["B", "A"], "destination": ["A", "FAR"], "pair": [0, 1], "width": 3.0})
    for way in flows.ways(rows, ends, marks, ground, arrows=True).values():
        assert not any(way.line.buffer(-1).intersects(mark.buffer(-1)) for mark in marks.values())
    ring = Point(ends["A"].x, ends["A"].y).buffer((flows.RING + 8.0) * ground.metres / 72)
    assert marks["A"].contains(ring)


def test_two_places_on_one_point_cannot_have_an_arrow():
    with refused(ValueError, "coincident_points", "Aaa", "Bbb"):
        plots.flow_map(_flows(("A", "B", 3)), PLACES.assign(x=1.0, y=1.0), title="t", footer=FOOTER)


# What is not known


def test_flows_from_nowhere_known_are_drawn_hatched_from_a_hatched_box():
    figure = _map(_flows(("A", "B", 3), ("", "B", 7), ("C", None, 2)))
    assert "hatched: one end is not known" in words(figure) and "Without a place" not in words(figure)
    hatched = {arrow.get_gid(): bool(arrow.get_hatch()) for arrow in _drawn(figure)}  # type: ignore[attr-defined]
    assert hatched == {"flow:A:B": False, "flow:unknown:B": True, "flow:C:unknown": True}
    (unknown,) = texts(figure, "label:unknown")
    plate = unknown.get_bbox_patch()
    assert unknown.get_text() == "unknown" and plate is not None and plate.get_hatch() == style.UNKNOWN


def test_journeys_of_which_both_ends_are_unknown_are_the_edge_of_the_box():
    figure = _map(_flows(("", "", 12), ("A", "B", 3)))
    assert "unknown\n○ 12" in _named(figure) and faults(figure) == []


def test_a_suppressed_flow_is_no_arrow_and_no_number_and_is_counted_below_the_map():
    table = _flows(("A", "B", 30), ("B", "C", np.nan), ("C", "A", 4)).assign(text=["30", "suppressed", "suppressed"])
    figure = _map(table)
    assert [each.get_gid() for each in _drawn(figure)] == ["flow:A:B"]
    assert "Suppressed, and not drawn: 2 pairs." in words(figure)
    # A count that was left in the table of a suppressed flow reaches nothing.
    assert plots.png(figure) == plots.png(_map(table.assign(low=[30, 7, 9], high=[30, 7, 9])))


def test_a_count_known_as_an_interval_is_pale_with_its_bounds_and_one_without_an_upper_bound_is_drawn_at_its_lower():
    figure = _map(_flows(("A", "B", 30, math.inf), ("B", "C", 2), ("C", "A", 4, 9)))
    assert _numbers(figure) == {"A:B": "≥30", "B:C": "2", "C:A": "4–9"}
    assert "pale: an interval, drawn at its upper end, ≥ at its lower" in words(figure)
    faces = {each.get_gid(): each.get_facecolor()[:3] for each in _drawn(figure)}  # type: ignore[attr-defined]
    assert faces["flow:A:B"] == faces["flow:C:A"] != faces["flow:B:C"]


# What is drawn, and what is only counted


def test_pairs_beyond_the_top_are_counted_and_summed_below_the_map():
    # Drawn: 10 and 8. Left: 3, 1 to 4 and 2: 6 to 9.
    figure = _map(_flows(("A", "B", 10), ("B", "A", 8), ("A", "C", 3), ("C", "A", 1, 4), ("C", "B", 2)), top=2)
    assert "Drawn: 2 pairs, 18 in all. Other: 3 further pairs, 6 to 9 in all, not drawn." in words(figure)
    assert len(_drawn(figure)) == 2


def test_of_the_destinations_outside_those_that_most_lead_to_are_drawn_before_larger_flows_within():
    # Outside: Near, 3 + 2, and Faraway, 4. Of four flows two destinations outside have one each.
    table = _flows(
        ("A", "B", 10), ("B", "A", 9), ("C", "A", 8), ("A", "C", 7), ("B", "FAR", 4), ("A", "NEAR", 3), ("C", "NEAR", 2)
    )  # fmt: skip
    figure = _map(table, top=4)
    assert {each.get_gid() for each in _drawn(figure)} == {"flow:A:B", "flow:B:A", "flow:B:FAR", "flow:A:NEAR"}
    said = words(figure)
    assert "Drawn are the 2 largest pairs, and the largest to each of 2 further destinations outside" in said
    assert "Drawn: 4 pairs, 26 in all. Other: 3 further pairs, 17 in all, not drawn." in said
    # Of two flows one destination, the one that more lead to.
    few = {each.get_gid() for each in _drawn(_map(table, top=2))}
    assert few == {"flow:A:B", "flow:A:NEAR"}


ENDS = st.sampled_from(["A", "B", "C", "NEAR", "FAR", "rest", "unknown", "nowhere"])
COUNTS = st.tuples(st.integers(0, 50), st.integers(0, 50)).map(sorted)


@given(st.dictionaries(st.tuples(ENDS, ENDS), COUNTS, min_size=1), st.integers(1, 12), st.sampled_from([None, "A"]))
def test_what_is_drawn_and_what_is_not_adds_up_whatever_is_chosen(pairs, top, highlight):
    table = _flows(*((a, b, *counts) for (a, b), counts in pairs.items()))
    rows = flows.checked(table, {name: name for name in ("origin", "destination", "low", "high")})
    found = flows.chosen(rows, {"A", "B", "C", "NEAR", "FAR", "rest", "unknown"}, top, highlight, ["NEAR", "FAR"])
    parts = [found.drawn, found.others, found.lost]
    assert sum(part["high"].sum() for part in parts) == table["high"].sum()
    assert sum(part["low"].sum() for part in parts) == table.loc[table["high"] > 0, "low"].sum()
    assert len(found.drawn) == min(top, len(found.drawn) + len(found.others))
    assert not (found.drawn["high"] == 0).any()


def test_the_highlighted_places_flows_are_drawn_before_larger_ones_and_only_they_have_numbers():
    # Of the five, C has 3 and 1; of the three others the largest two are drawn as well. Left: 6.
    figure = _map(
        _flows(("A", "B", 10), ("B", "A", 8), ("A", "A", 6), ("C", "A", 3), ("B", "C", 1)), highlight="C", top=4
    )
    assert "Other: 1 further pair, 6 in all, not drawn." in words(figure)
    assert "from or to Ccc" in words(figure) and "not from or to Ccc" in words(figure)
    assert _numbers(figure) == {"C:A": "3", "B:C": "1"}


def test_a_flow_of_nobody_is_no_arrow():
    assert len(_drawn(_map(_flows(("A", "B", 10), ("B", "C", 0))))) == 1
    assert "every flow is 0" in words(_map(_flows(("B", "C", 0))))
    assert "no figure found" in words(_map(_flows()))


def test_the_key_has_the_classes_of_width_and_arrows_have_no_other_width():
    # Quartiles of 1, 10, 20, 40, 100 are 10, 20 and 40: four classes.
    table = _flows(("A", "B", 1), ("B", "A", 10), ("A", "C", 20), ("C", "A", 40), ("B", "C", 100))
    figure = _map(table, unit="journeys")
    for label in ("Width of the arrow: journeys", "1–9", "10–19", "20–39", "40–100"):
        assert label in words(figure)
    assert class_breaks(flows.size(table), 4) == [1, 10, 20, 40, 100]
    tails = [each.get_arrowstyle().tail_width for each in _drawn(figure)]  # type: ignore[attr-defined]
    assert sorted(tails) == [*WIDTHS, WIDTHS[-1]]


def test_flows_of_journeys_are_drawn_as_persons_without_naming_a_column():
    found = journeys.flows(on(*["A>B"] * 28, "A>C"))
    figure = _map(found)
    assert _numbers(figure) == {"A:B": "28", "A:C": "1"}
    assert "persons" in words(figure) and "0." not in words(figure)
    by_country = routes.places(areas.world("west_africa"), ["SEN", "GIN", "MLI"])
    drawn = plots.flow_map(journeys.flows(on("GIN>SEN", "MLI>SEN")), by_country, title="A title", footer=FOOTER)
    assert _numbers(drawn) == {"GIN:SEN": "1", "MLI:SEN": "1"}


def test_shares_that_the_map_would_call_persons_are_refused_with_the_column_that_counts():
    found = journeys.flows(on(*["A>B"] * 28, "A>C"))
    with refused(ValueError, "share_as_count", "share_low", "persons"):
        _map(found, low="share_low", high="share_high", unit="persons")
    # Under the names of counts, their numbers tell what they are.
    with refused(ValueError, "share_as_count", "low"):
        _map(found.rename(columns={"share_low": "low", "share_high": "high"}), unit="persons")
    shares = _map(found, low="share_low", high="share_high", unit="share of persons")
    assert _numbers(shares).keys() == {"A:B", "A:C"}


@pytest.mark.parametrize("bad", [(-1, 2), (5, 4), (math.inf, math.inf)])
def test_a_count_that_cannot_be_is_refused_by_the_flows_name(bad):
    with refused(ValueError, "invalid_interval", "A to B"):
        _map(_flows(("A", "B", *bad)))


def test_a_flow_without_a_count_or_named_twice_is_refused():
    with refused(ValueError, "missing_value", "A to B"):
        _map(_flows(("A", "B", np.nan)))
    with refused(ValueError, "duplicate_row"):
        _map(_flows(("", "B", 7), ("unknown", "B", 2)))
    with refused(ValueError, "missing_column"):
        _map(_flows(("A", "B", 7)).drop(columns="high"))


# Looks


def test_four_looks_differ_in_more_than_colour_and_five_are_refused():
    table = _flows(("A", "B", 5), ("B", "C", 4), ("C", "A", 3), ("A", "C", 2), ("B", "A", 1))
    figure = _map(table[:4].assign(kind=list("wxyz")), look="kind", arrows=False)
    looks = {(str(line.get_linestyle()), bool(line.get_path_effects())) for line in _drawn(figure)}  # type: ignore[attr-defined]
    assert len(looks) == 4
    assert {"w", "x", "y", "z"} <= {text.get_text() for text in texts(figure)} and "Width of the line" in words(figure)
    with refused(ValueError, "too_many_kinds"):
        _map(table.assign(kind=list("vwxyz")), look="kind")


def test_smaller_pairs_are_counted_by_look_and_a_note_follows():
    table = _flows(("A", "B", 5), ("B", "C", 4), ("C", "A", 3)).assign(kind=["one", "two", "two"])
    said = words(_map(table, look="kind", arrows=False, top=1, note="A sentence of the caller."))
    assert "Other: 2 further pairs, 7 in all, not drawn (two, 2 (7))." in said and "A sentence of the caller." in said


# Panels

EARLY = _flows(("A", "B", 10), ("B", "A", 4), ("A", "A", 6), ("C", "A", 3)).assign(period="2014–2016")
LATE = _flows(("A", "B", 10), ("B", "A", 9), ("", "A", 8), ("C", "A", 2)).assign(period="2017–2019")
BOTH = pd.concat([EARLY, LATE], ignore_index=True)


def test_each_panel_says_its_number_and_how_much_of_it_is_drawn():
    # Sums over both: A to B 20, B to A 13, unknown to A 8, A to A 6, C to A 5. Four are drawn.
    # 2014-2016: 23, without C to A 20. 2017-2019: 29, without C to A 27.
    figure = _map(BOTH, panel="period", top=4, unit="journeys")
    heads = [(axes.get_title(loc="left"), axes.get_title(loc="right")) for axes in figure.axes]
    assert heads == [("2014–2016", "n = 23, 20 drawn"), ("2017–2019", "n = 29, 27 drawn")]
    assert "Drawn: 4 pairs, 47 in all. Other: 1 further pair, 5 in all, not drawn." in words(figure)
    assert words(figure).count("Width of the arrow, on every map: journeys") == 1
    # A to B and B to A twice, one ring, one from unknown.
    assert len(_drawn(figure)) == 6 and faults(figure) == []


def test_the_same_count_is_the_same_arrow_on_every_panel_and_places_do_not_move():
    figure = _map(BOTH, panel="period")
    one, two = _drawn(figure, "A:B")
    assert one._posA_posB == two._posA_posB and str(one.get_connectionstyle().rad) == str(two.get_connectionstyle().rad)  # type: ignore[attr-defined]
    assert one.get_arrowstyle().tail_width == two.get_arrowstyle().tail_width  # type: ignore[attr-defined]
    first, second = ({(line.get_xdata()[0], line.get_ydata()[0]) for line in axes.lines} for axes in figure.axes)
    assert first == second
    # 4 in one, and 9 in the other: classes are those of all panels together.
    widths = [each.get_arrowstyle().tail_width for each in _drawn(figure, "B:A")]  # type: ignore[attr-defined]
    assert widths[0] < widths[1]


def test_a_panel_without_a_flow_is_hatched_and_says_so():
    periods = pd.Categorical(BOTH["period"], ["2014–2016", "2017–2019", "2020–2022"])
    figure = _map(BOTH.assign(period=periods), panel="period", none="no journey")
    assert "no journey" in words(figure) and figure.axes[2].patch.get_hatch() == style.UNKNOWN
    assert "no journey" not in words(_map(BOTH, panel="period", none="no journey"))


def test_fewer_than_two_and_more_than_six_panels_and_a_flow_of_none_are_refused():
    with refused(ValueError, "wrong_number_of_periods"):
        _map(EARLY, panel="period")
    with refused(ValueError, "wrong_number_of_periods"):
        _map(pd.concat([EARLY.assign(period=year) for year in range(2014, 2021)]), panel="period")
    with refused(ValueError, "missing_period"):
        _map(EARLY.assign(period=None), panel="period")


@pytest.mark.soak
@pytest.mark.slow
def test_six_panels_of_provinces_fit_and_nothing_written_covers_another():
    table = pd.concat([TURKIYE.assign(period=year) for year in range(2014, 2020)], ignore_index=True)
    assert faults(_turkiye(table, panel="period", top=14)) == []


# The figure


def test_the_same_flows_in_another_order_are_the_same_bytes():
    table = _flows(("A", "B", 5), ("B", "C", 4, 9), ("C", "C", 3), ("", "C", 2), ("A", "FAR", 2))
    assert plots.png(_map(table)) == plots.png(_map(table.sample(frac=1, random_state=1)))


def test_a_synthetic_map_says_so_and_boundaries_are_credited_where_their_licence_asks_for_it():
    figure = _map(_flows(("A", "B", 5)), footer=SYNTHETIC)
    assert plots.style.is_synthetic(figure) and "SYNTHETIC · A title" in words(figure)
    licensed = SQUARES.copy()
    licensed.attrs["credit"] = "© Surveyors (ODbL)"
    assert "Boundaries: © Surveyors (ODbL)" in words(_map(_flows(("A", "B", 5)), boundaries=licensed))
    assert "Boundaries:" not in words(_map(_flows(("A", "B", 5))))


def test_the_studys_areas_are_darker_than_their_neighbours_and_the_highlighted_has_an_edge():
    figure = _map(_flows(("A", "B", 5)), highlight="B")
    patches = {each.get_gid(): each for each in figure.findobj(Patch) if str(each.get_gid()).startswith("area:")}
    assert set(patches) == {"area:A", "area:B", "area:C"}
    assert patches["area:B"].get_edgecolor() != patches["area:A"].get_edgecolor()


# Public evidence


def test_what_the_map_of_west_africa_draws_and_leaves_out_adds_up_to_its_footer_and_shows_where_those_go_who_leave():
    place = areas.get("west_africa")
    _, mentions = sources_of(place)
    matrix = mention_matrix(mentions, detection.countries(place))
    figure = route.flow_map(place, matrix, mentions, top=20).figure
    said = words(figure)
    drawn, others = (int(found.replace(",", "")) for found in re.findall(r"pairs, ([\d,]+) in all", said))
    named, pairs, times = re.search(r"n = ([\d,]+) mentions, which name ([\d,]+) pairs ([\d,]+) times", said).groups()
    assert drawn + others == int(times.replace(",", "")) == matrix["mentions"].sum() > int(named)
    assert int(pairs) == len(matrix)
    shown = {name.split(" ")[0] for name in _named(figure)}
    assert {"Gabon", "Lebanon", "Libya", "Europe", "Middle"} <= shown


def test_islands_told_below_the_map_of_cabo_verde_are_of_its_own_mentions():
    place = areas.get("cabo_verde")
    _, mentions = sources_of(place)
    named = route.naming(areas.get("CPV-SAL"))
    expected = named[named["mention_id"].isin(mentions["mention_id"])]["mention_id"].nunique()
    matrix = mention_matrix(mentions, detection.countries(place))
    assert f"Sal {expected}" in words(route.flow_map(place, matrix, mentions).figure)
    # Of a half of the mentions, no more than those are counted.
    half = mentions[mentions["mention_id"].isin(sorted(mentions["mention_id"].unique())[:10])]
    fewer = route.flow_map(place, mention_matrix(half, detection.countries(place)), half).figure
    counts = re.findall(r"name one of the 10 islands: (.*?); none", words(fewer))
    assert all(int(number) <= 10 for number in re.findall(r" (\d+)", counts[0]))


def test_ends_of_routes_have_a_point_in_each_country_one_for_each_region_and_none_for_what_is_no_place():
    routes = pd.DataFrame({"origin": ["SEN", "neighbouring countries"], "destination": ["Europe", "SEN"]})
    ends = ends_of(routes, ["SEN"]).set_index("id")
    assert ends["study"].to_dict() == {"SEN": True, "Europe": False, "neighbouring countries": False}
    assert ends["region"].to_dict() == {"SEN": False, "Europe": True, "neighbouring countries": False}
    assert ends["x"].isna().to_dict() == {"SEN": False, "Europe": False, "neighbouring countries": True}
