"""Paths and corridors: expected values are by hand, or by looking at every part of every journey in plain Python."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from fuzzing import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from refusals import refused
from stops import corridors_of, corridors_with_parts, legs_of, on, part_of, rows
from stops import journeys as drawn

import journeys
from bounded import intervals

WAY = ["path", "gap", "persons", "journeys", "n", "persons_at_most"]


def paths(table: pd.DataFrame) -> list[list]:
    return journeys.journey_paths(table)[WAY].values.tolist()


def persons(table: pd.DataFrame, support: int = 2) -> dict[str, int]:
    return journeys.corridors(table, support).set_index("corridor")["persons"].to_dict()


# --- complete paths
# ----------------------------------------------------------------------------------------------------


def test_ways_are_counted_by_persons_and_those_not_known_stand_apart():
    table = on("A>B>C", ("A>B>C", "x"), ("A>B>C", "x"), "A>C", "A>?>C", ("A>?>C", "x"), "A>?", "D>A>?>C")
    found = journeys.journey_paths(table).set_index("path")
    # Persons: p0 and x went by B, p3 straight, p4 and x by a path that is not known, p7 from D.
    assert found["persons"].to_dict() == {"A>?>C": 2, "A>B>C": 2, "A>C": 1, "D>A>?>C": 1}
    assert found["journeys"].to_dict() == {"A>?>C": 2, "A>B>C": 3, "A>C": 1, "D>A>?>C": 1}
    assert found["gap"].eq("missing_transit").to_dict() == {
        "A>?>C": True, "A>B>C": False, "A>C": False, "D>A>?>C": True,
    }  # fmt: skip
    # Three persons have a complete path that was observed: p0, x, p3.
    assert set(found["n"]) == {3}
    assert found["share"].fillna(-1).to_dict() == pytest.approx(
        {"A>?>C": -1, "A>B>C": 2 / 3, "A>C": 1 / 3, "D>A>?>C": -1}
    )
    assert found.loc["A>C", ["share_low", "share_high"]].tolist() == pytest.approx(intervals.wilson(1, 1, 3))
    # p4 and x may have gone any path from A to C: 2 + 2 persons, of whom x is the same, and there are four.
    assert found["persons_at_most"].to_dict() == {"A>?>C": 2, "A>B>C": 4, "A>C": 3, "D>A>?>C": 1}
    # Of the four from A to C, three are known by path; x is one of them.
    assert found["observed_share"].to_dict() == pytest.approx(
        {"A>?>C": 3 / 4, "A>B>C": 3 / 4, "A>C": 3 / 4, "D>A>?>C": 0}
    )
    assert found["stops"].to_dict() == {"A>?>C": 2, "A>B>C": 3, "A>C": 2, "D>A>?>C": 3}


def test_places_that_follow_on_themselves_are_one_stop_and_a_gap_between_them_is_not_lost():
    assert [path for path, *_ in paths(on("A>A>B"))] == ["A>B"]
    assert [path for path, *_ in paths(on("A>A"))] == ["A>A"]
    assert [path for path, *_ in paths(on("A>?>A"))] == ["A>?>A"]
    # Two municipalities of one area: the path through them passes the area once.
    rolled = journeys.journeys(on("S>A1>A2>B", "S>A1>?>A2>B"), {"A1": "A", "A2": "A"})
    assert sorted(journeys.journey_paths(rolled)["path"]) == ["S>A>?>A>B", "S>A>B"]
    assert journeys.journey_paths(rolled)["stops"].tolist() == [4, 3]


def test_a_way_may_come_back_to_a_place():
    assert paths(on("A>B>A")) == [["A>B>A", "observed", 1, 1, 1, 1]]
    assert [path for path, *_ in paths(on("A>B>A>C"))] == ["A>B>A>C"]


@pytest.mark.parametrize(
    ("stops", "path"),
    [
        # The origin is the last of several, and the destination the last place of exploitation.
        ([("A", "origin"), ("B", "origin"), ("C", "exploitation")], "B>C"),
        ([("A", "origin"), ("", "origin"), ("C", "exploitation")], None),
        ([("A", "recruitment"), ("B", "origin"), ("C", "exploitation")], "B>C"),
        ([("A", "origin"), ("B", "recruitment"), ("C", "exploitation")], "A>B>C"),
        ([("A", "recruitment"), ("B", "recruitment"), ("C", "exploitation")], "B>C"),
        ([("A", "origin"), ("B", "exploitation"), ("C", "transit")], "A>B"),
        ([("A", "origin"), ("B", "exploitation"), ("", "transit"), ("C", "transit")], "A>B"),
        ([("A", "origin"), ("B", "exploitation"), ("C", "exploitation")], "A>B>C"),
        ([("A", "origin"), ("B", "exploitation"), ("B", "recruitment"), ("C", "exploitation")], "A>B>C"),
    ],
)
def test_a_way_runs_from_the_origin_to_the_destination(stops, path):
    table = rows(*[("a", seq, place, role) for seq, (place, role) in enumerate(stops, start=1)])
    # A second journey, so that the stops of one are not taken for those of the other.
    found = journeys.journey_paths(pd.concat([on("X>Y>Z"), table, on("X>Z").assign(journey_id="k", person_id="q")]))
    expected = {"X>Y>Z", "X>Z"} | ({path} if path else set())
    assert set(found["path"]) == expected
    assert (found["gap"] == "observed").all()
    assert (found["path"].str.split(">").str[0] == found["origin"]).all()
    assert (found["path"].str.split(">").str[-1] == found["destination"]).all()


def test_ways_that_begin_alike_are_told_apart():
    assert sorted(path for path, *_ in paths(on("A>B", "A>B>C", "A>B>C>B", "A>?>B>C", "A>B>?>C"))) == [
        "A>?>B>C", "A>B", "A>B>?>C", "A>B>C", "A>B>C>B",
    ]  # fmt: skip


@pytest.mark.slow
@given(drawn())
@settings(max_examples=examples(25))
def test_ways_are_those_of_plain_python(table):
    read, expected = journeys.journeys(table), {}
    person = table.drop_duplicates("journey_id").set_index("journey_id")["person_id"]
    for number, journey in enumerate(read.ids):
        if read.origin[number] < 0 or read.destination[number] < 0:
            continue
        path = [read.places[read.origin[number]]]
        for _, _, there, missing in legs_of(table[table["journey_id"] == journey]):
            if missing:
                path += ["?", there]
            elif path[-1] != there:
                path.append(there)
        expected.setdefault(">".join(path if len(path) > 1 else path * 2), set()).add(person[journey])
    found = journeys.journey_paths(table)
    assert dict(zip(found["path"], found["persons"], strict=True)) == {path: len(who) for path, who in expected.items()}
    assert (found["persons_at_most"] >= found["persons"]).all()
    assert found["share"].sum() == pytest.approx(1 if (found["gap"] == "observed").any() else 0)


# --- corridors -----------------------------------------------------------------------------------------------------


def test_a_corridor_is_what_different_ways_share_and_as_long_as_it_can_be():
    table = on("X>A>B>C", "Y>A>B>C", "A>B>D", "A>B>C>Z")
    # A>B>C: three persons; A>B has four, and is a part of it; X>A and B>D have one each.
    assert persons(table, 3) == {"A>B>C": 3}
    # With the support of four, A>B remains.
    assert persons(table, 4) == {"A>B": 4}
    found = journeys.corridors(table, 3).iloc[0]
    assert found[["from_place", "to_place", "stops", "n"]].tolist() == ["A", "C", 3, 4]
    assert found["share"] == pytest.approx(3 / 4)
    assert found[["share_low", "share_high"]].tolist() == pytest.approx(intervals.wilson(3, 3, 4))


def test_a_sequence_that_others_interrupt_is_none():
    assert persons(on("A>B>C", "A>X>B>C", "A>C")) == {"B>C": 2}


def test_a_missing_transit_breaks_a_corridor():
    assert persons(on("A>B>?>C>D", "A>B>C>D", "A>B>?>C>D")) == {"A>B": 3, "C>D": 3}
    assert persons(on("A>?>B", "A>?>B", "A>?>B")) == {}
    table = on("A>B", "A>B", "A>B")
    assert persons(table.assign(transit_asked=False)) == {}


def test_a_person_counts_once_in_a_corridor_however_often_they_went():
    assert persons(on(("A>B", "x"), ("A>B", "x"), "A>B")) == {"A>B": 2}
    assert persons(on("A>B>A>B", "A>B"), 2) == {"A>B": 2}
    assert persons(on("A>B>A>B>A>B", ("A>B", "p0")), 2) == {}


def test_loops_are_corridors():
    # A>B>A has two persons, and both of its parts are in it.
    assert persons(on("A>B>A", "A>B>A>C")) == {"A>B>A": 2}
    assert persons(on("A>B>A>B>A", "A>B>A>B>A")) == {"A>B>A>B>A": 2}


def test_staying_in_a_node_is_no_corridor():
    assert persons(on("A>A", "A>A", "A>A")) == {}
    rolled = journeys.journeys(on("S>A1>A2>B", "S>A1>B", "A1>A2"), {"A1": "A", "A2": "A"})
    found = journeys.corridors(rolled, 2)
    assert found[["corridor", "persons", "n"]].values.tolist() == [["S>A>B", 2, 2]]


def test_corridors_of_other_lengths_stand_beside_each_other():
    table = on("A>B>C>D", "A>B>C>D", "X>Y", "X>Y", "X>Y", "E>B>C", "E>B>C")
    assert persons(table) == {"X>Y": 3, "A>B>C>D": 2, "E>B>C": 2}
    assert journeys.corridors(table, 2)["corridor"].tolist() == ["X>Y", "A>B>C>D", "E>B>C"]


def test_persons_at_most_adds_all_of_whom_a_part_of_the_way_is_not_known():
    table = on("A>B>C", "A>B>C", "A>?>C", "A>B>?>C", "B>?>D", "?>C", "C>?>A", "A>C")
    found = journeys.corridors(table, 2).set_index("corridor")
    assert found["persons"].to_dict() == {"A>B>C": 2}
    # From B to D, and before C, there may have been A, B and C as well; only who went straight from A to C did not.
    assert found.loc["A>B>C", "persons_at_most"] == 7
    # Who was seen on it, and who went from A to C, or B to C, by a path that is not known: one each.
    assert found.loc["A>B>C", "observed_share"] == pytest.approx(2 / 4)
    # A person with an observed leg between two places: p0, p1, p3, p7.
    assert found.loc["A>B>C", "n"] == 4
    # A gap from B to D may hold C, and who is on the corridor with another journey that is not known counts for one.
    found = journeys.corridors(on("A>B>C", "A>B>C", "A>B>?>D", ("A>?>D", "p0")), 2)
    assert found[["corridor", "persons", "persons_at_most"]].values.tolist() == [["A>B>C", 2, 3]]


def test_a_corridor_needs_a_person():
    with refused(ValueError, "not_whole_number"):
        journeys.corridors(on("A>B"), 0)
    assert persons(on("A>B"), 1) == {"A>B": 1}


def test_many_persons_on_one_corridor_are_all_counted():
    # More than a byte can count.
    assert persons(on(*["A>B>C"] * 300), 3) == {"A>B>C": 300}


@pytest.mark.slow
@given(drawn(longest=8), st.integers(1, 3))
@settings(max_examples=examples(36))
def test_corridors_are_those_found_by_looking_at_every_part_of_every_journey(table, support):
    assert persons(table, support) == corridors_of(table, support)


@pytest.mark.slow
@given(drawn(places="AB", longest=8, gaps=False), st.integers(1, 3))
@settings(max_examples=examples(45))
def test_so_are_those_that_run_in_circles(table, support):
    found = persons(table, support)
    assert found == corridors_of(table, support)
    chains = [tuple(corridor.split(">")) for corridor in found]
    assert not any(part_of(one, other) for one in chains for other in chains if one != other)


@pytest.mark.slow
@given(drawn(), st.data())
@settings(max_examples=examples(40))
def test_a_transit_that_is_not_known_never_makes_a_corridor(table, data):
    transit = table.index[table["role"] == "transit"].tolist()
    lost = data.draw(st.sets(st.sampled_from(transit))) if transit else set()
    blank = table.assign(place_id=table["place_id"].mask(table.index.isin(lost), ""))
    went = {tuple(name.split(">")): count for name, count in corridors_of(table, 1).items()}
    for name in persons(blank, 1):
        chain = tuple(name.split(">"))
        assert any(part_of(chain, other) for other in went)
    # Whatever was lost: nobody is on a corridor beyond those who may have been.
    found = journeys.corridors(blank, 1)
    assert (found["persons_at_most"] >= found["persons"]).all()
    on_all = corridors_with_parts(table)
    for corridor, most in zip(found["corridor"], found["persons_at_most"], strict=True):
        assert on_all[tuple(corridor.split(">"))] <= most


def test_a_million_stops_are_told_apart_like_ten():
    # Many places, so that pairs of numbers are large: each journey goes its own path, and one path twice.
    path = np.arange(3 * 4000).reshape(4000, 3)
    table = pd.DataFrame(
        {
            "journey_id": np.repeat(np.arange(4001), 3),
            "seq": np.tile([1, 2, 3], 4001),
            "place_id": np.concatenate([path.ravel(), path[0]]).astype(str),
            "role": np.tile(["origin", "transit", "exploitation"], 4001),
        }
    )
    assert persons(table, 2) == {"0>1>2": 2}
    assert len(journeys.journey_paths(table)) == 4000
