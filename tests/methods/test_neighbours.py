"""What a user relies on in the neighbours of areas."""

from __future__ import annotations

import geopandas as gpd
from refusals import refused
from shapely.geometry import Point, Polygon, box

from analysis import areas
from analysis.methods.comparison import neighbours

METRES = "+proj=laea +lat_0=16 +lon_0=-24"


def country(*shapes: Polygon | None, crs: str | None = METRES) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({"area_id": list("ABCDEFGH"[: len(shapes)])}, geometry=list(shapes), crs=crs)


def pairs(table, how: str | None = None) -> set[str]:
    rows = table if how is None else table[table["how"] == how]
    return {row.area_id + row.neighbour_id for row in rows.itertuples()}


# A and B share a side, B and C a corner; D, E and F are islands, 1, 1.5 and 9.5 metres further to the right.
SIX = country(
    box(0, 0, 1, 1), box(1, 0, 2, 1), box(2, 1, 3, 2), box(4, 1, 5, 2), box(6.5, 1, 7.5, 2), box(17, 1, 18, 2)
)  # fmt: skip


def test_areas_whose_borders_meet_are_neighbours_both_ways():
    table = neighbours(SIX.iloc[:3])
    assert pairs(table) == {"AB", "BA", "BC", "CB"}
    assert set(table["how"]) == {"contiguous"}


def test_an_island_gets_its_nearest_areas_and_they_get_the_island():
    # By hand, from D: C 1 m, E 1.5, B 2; from E: D 1.5, C 3.5; from F: E 9.5, D 12.
    table = neighbours(SIX)
    assert pairs(table, "nearest") == {"DC", "CD", "DE", "ED", "EC", "CE", "FE", "EF", "FD", "DF"}
    assert pairs(table, "contiguous") == {"AB", "BA", "BC", "CB"}
    assert pairs(neighbours(SIX, number=1), "nearest") == {"DC", "CD", "ED", "DE", "FE", "EF"}


def test_islands_left_alone_are_listed_without_a_neighbour():
    table = neighbours(SIX, "alone").set_index("area_id")
    assert table.loc[["D", "E", "F"], "how"].tolist() == ["alone"] * 3
    assert table.loc[["D", "E", "F"], "neighbour_id"].isna().all()


def test_of_equally_near_areas_the_first_in_the_table_is_taken():
    cross = country(box(0, 0, 1, 1), box(4, 0, 5, 1), box(-4, 0, -3, 1), box(0, 4, 1, 5))
    assert "AB" in pairs(neighbours(cross, number=1))
    assert "AC" in pairs(neighbours(cross.iloc[[0, 2, 1, 3]], number=1))


def test_rows_follow_the_order_of_the_boundaries():
    table = neighbours(SIX.iloc[[5, 4, 3, 2, 1, 0]])
    assert list(dict.fromkeys(table["area_id"])) == list("FEDCBA")


def test_more_neighbours_than_areas_are_all_areas():
    assert pairs(neighbours(country(box(0, 0, 1, 1), box(5, 5, 6, 6)), number=9)) == {"AB", "BA"}
    assert neighbours(country(box(0, 0, 1, 1)))["how"].tolist() == ["alone"]


def test_degrees_are_refused_and_projected_on_request():
    degrees = country(box(-24, 15, -23.9, 15.1), box(-23, 15, -22.9, 15.1), crs="EPSG:4326")
    for shapes in (degrees, country(box(0, 0, 1, 1), crs=None)):
        with refused(ValueError, "geographic_coordinates"):
            neighbours(shapes)
    assert pairs(neighbours(degrees, projection=METRES)) == {"AB", "BA"}


def test_what_has_no_place_is_refused_in_words():
    with refused(ValueError, "missing_boundary"):
        neighbours(country(box(0, 0, 1, 1), None))
    with refused(ValueError, "duplicate_key"):
        neighbours(SIX.assign(area_id="A"))
    with refused(ValueError, "unknown_choice", "'far'"):
        neighbours(SIX, "far")  # type: ignore[arg-type]
    with refused(ValueError, "not_whole_number"):
        neighbours(SIX, number=0)


def test_a_boundary_that_crosses_itself_is_mended_first():
    bow = Polygon([(2, 0), (3, 1), (3, 0), (2, 1)])
    assert pairs(neighbours(country(box(0, 0, 1, 1), box(1, 0, 2, 1), bow, Point(9, 9).buffer(1)))) >= {"BC", "CB"}


def test_countries_of_west_africa_that_share_a_border_are_neighbours():
    table = neighbours(areas.boundaries("west_africa"), projection=areas.get("west_africa").projection)
    around = table.groupby("area_id")["neighbour_id"].agg(set)
    # From an atlas.
    assert around["GMB"] == {"SEN"}
    assert around["TGO"] == {"BEN", "BFA", "GHA"}
    assert around["MLI"] == {"BFA", "CIV", "GIN", "MRT", "NER", "SEN"}
    # Cabo Verde meets no country. From Boa Vista (22.7° W, 16.1° N) it is 570 km to Cap-Vert (17.5° W, 14.7° N), 660 to
    # the mouth of the Senegal (16.5° W, 16.1° N), and 700 to that of the Gambia (16.8° W, 13.4° N).
    assert around["CPV"] == {"SEN", "MRT"}


def test_every_island_of_cabo_verde_has_neighbours_across_the_water():
    table = neighbours(areas.boundaries("cabo_verde"), projection=areas.get("cabo_verde").projection)
    assert set(table["how"]) == {"nearest"}
    assert table.groupby("area_id").size().min() >= 2 and table["area_id"].nunique() == 10
    assert {("CPV-FOGO", "CPV-BRAVA"), ("CPV-MAIO", "CPV-SANTIAGO")} <= set(
        zip(table["area_id"], table["neighbour_id"], strict=True)
    )
