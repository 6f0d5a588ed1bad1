"""Nodes of routes: transit, balance and borders. Expected values are by hand or published."""

from __future__ import annotations

from itertools import pairwise
from math import comb

import numpy as np
import pandas as pd
import pytest
from fuzzing import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from refusals import refused
from stops import journeys as drawn
from stops import legs_of, on, rows, the_row

import journeys
from journeys import node_balance

# What compares whole tables takes a while.
few = settings(max_examples=examples(25), deadline=None)


# --- transit -------------------------------------------------------------------------------------------------------


def test_ends_are_no_transit_even_where_the_way_leads_through_them_again():
    assert journeys.transit(on("A>D", "A>A>D>D", "A>T>A>D")).place.tolist() == ["T"]


def test_moving_about_within_a_node_is_no_transit_and_places_of_a_node_are_passed_once():
    table = on("A>A1>B1>B2>D", "A>A2>D")
    nodes = {"A1": "A", "A2": "A", "B1": "B", "B2": "B"}
    found = journeys.transit(journeys.journeys(table, nodes))
    assert found[["place", "persons", "share"]].to_numpy().tolist() == [["B", 1, 0.5]]


def test_a_stop_of_any_role_between_two_known_ends_is_passed():
    table = rows(("j", 1, "A", "origin"), ("j", 2, "R", "recruitment"), ("j", 3, "E", "exploitation"))
    later = rows(("j", 4, "T", "transit"), ("j", 5, "D", "exploitation"), ("j", 6, "X", "transit"))
    found = journeys.transit(pd.concat([table, later], ignore_index=True))
    assert found["place"].tolist() == ["E", "R", "T"]  # X comes after the last exploitation


def test_what_lies_before_the_last_stop_at_the_origin_is_passed_on_no_way():
    table = rows(
        ("a", 1, "A", "origin"), ("a", 2, "E", "recruitment"), ("a", 3, "A", "origin"), ("a", 4, "C", "exploitation")
    )
    assert journeys.journey_paths(table)["path"].tolist() == ["A>C"]
    assert len(journeys.transit(table)) == 0


def test_where_an_end_is_not_known_a_stop_of_transit_counts_as_passed_and_enters_no_share():
    unknown_origin = rows(("j", 1, "", "origin"), ("j", 2, "T", "transit"), ("j", 3, "D", "exploitation"))
    on_the_way = rows(("k", 1, "A", "origin"), ("k", 2, "T", "transit"), ("k", 3, "F", "detection"))
    t = the_row(journeys.transit(pd.concat([unknown_origin, on_the_way], ignore_index=True)), place="T")
    assert t[["persons", "persons_whole", "n", "n_paths"]].tolist() == [2, 0, 0, 0]
    assert np.isnan(t["share"]) and np.isnan(t["bound_high"])


def test_a_person_with_several_journeys_counts_once_and_passes_what_one_of_them_passes():
    table = on(("A>D", "p"), ("A>T>D", "p"), ("A>T>D", "p"), ("A>D", "q"))
    t = the_row(journeys.transit(table), place="T")
    assert t[["persons", "persons_whole", "n", "share"]].tolist() == [1, 1, 2, 0.5]


def test_nobody_can_have_passed_the_place_where_their_way_ends():
    # Of the two with a missing transit, the second is taken to T and has not passed it.
    table = on("A>T>D", "A>?>D", "A>?>T")
    assert the_row(journeys.transit(table), place="T")["bound_high"] == pytest.approx(2 / 3)
    # A second journey of that person may have led through T.
    assert the_row(journeys.transit(on("A>T>D", ("A>?>T", "q"), ("B>?>C", "q"))), place="T")["bound_high"] == 1


def test_a_list_that_does_not_ask_for_transit_makes_no_direct_way():
    asked = on("A>T>D", "A>D", transit_asked=True)
    silent = on("A>D", "A>D", transit_asked=False).replace({"journey_id": {"j0": "k0", "j1": "k1"}})
    silent["person_id"] += "k"
    t = the_row(journeys.transit(pd.concat([asked, silent], ignore_index=True)), place="T")
    # Dropping the two that were not asked: 1 of 2. Had they been taken as direct: 1 of 4.
    assert t[["share", "bound_low", "bound_high"]].tolist() == [0.5, 0.25, 0.75]


def test_transit_of_groups_is_that_of_the_journeys_of_each_group():
    table = pd.concat([on("A>T>D", "A>D", form="sex;labour"), on("A>T>D", form="labour").assign(journey_id="k")])
    table.loc[table["journey_id"] == "k", "person_id"] = "k"
    found = journeys.transit(table, by="form")
    assert found[["form", "place", "persons", "n"]].to_numpy().tolist() == [["labour", "T", 2, 3], ["sex", "T", 1, 2]]
    for form in ("sex", "labour"):
        alone = journeys.transit(table[table["form"].str.contains(form)])
        pd.testing.assert_frame_equal(
            found[found["form"] == form].drop(columns="form").reset_index(drop=True), alone, check_dtype=False
        )


@pytest.mark.slow
@few
@given(drawn())
def test_transit_is_that_of_plain_python(table):
    found = journeys.transit(table).set_index("place")
    passes: dict[str, set[str]] = {}
    whole: dict[str, set[str]] = {}
    all_whole: set[str] = set()
    all_ways: set[str] = set()
    known_of: dict[str, set[str]] = {}
    maybe: dict[str, list[set[str]]] = {}
    gaps: dict[str, bool] = {}
    for journey, *_, missing in legs_of(table):
        gaps[journey] = gaps.get(journey, False) or missing
    read = journeys.journeys(table)
    names = np.append(np.asarray(read.places), "")
    for number, journey in enumerate(read.ids):
        mine = table[(table["journey_id"] == journey) & ~table["role"].isin(["detection", "return"])]
        person = mine["person_id"].iloc[0] if len(mine) else ""
        origin, destination = names[read.origin[number]], names[read.destination[number]]
        path = bool(origin and destination)
        inner = set(mine["place_id"].iloc[1:-1] if path else mine[mine["role"] == "transit"]["place_id"])
        inner -= {"", origin, destination}
        for place in inner:
            passes.setdefault(place, set()).add(person)
        if not path:
            continue
        all_ways.add(person)
        if gaps.get(journey):
            maybe.setdefault(person, []).append({origin, destination})
        else:
            all_whole.add(person)
            for place in inner:
                whole.setdefault(place, set()).add(person)
        for place in inner:
            known_of.setdefault(place, set()).add(person)
    assert found["persons"].to_dict() == {place: len(persons) for place, persons in passes.items()}
    for place, row in found.iterrows():
        assert row["persons_whole"] == len(whole.get(place, ()))
        assert row["n"] == len(all_whole) and row["n_paths"] == len(all_ways)
        known = known_of.get(place, set())
        can = {person for person, of in maybe.items() if any(place not in two for two in of)}
        if all_ways:
            assert row["bound_low"] == len(known) / len(all_ways)
            assert row["bound_high"] == len(known | can) / len(all_ways)


# --- in and out ----------------------------------------------------------------------------------------------------


def test_a_node_is_balanced_by_persons_and_unknown_ends_stand_apart():
    table = pd.concat(
        [
            on("A>B", "A>B", "A>?>B", "B>C", "B>B"),
            rows(("k", 1, "B", "exploitation")).assign(person_id="k"),
            rows(("l", 1, "B", "origin")).assign(person_id="l"),
        ],
        ignore_index=True,
    )
    b = the_row(journeys.node_balance(table), place="B")
    columns = ["persons_in", "persons_out", "persons_within", "unknown_in", "unknown_out", "n", "net", "balance"]
    # 3 come from A, also the one whose path is not known; 1 leaves for C.
    assert b[columns].tolist() == [3, 1, 1, 1, 1, 4, 2, 0.5]
    assert b["persons"] == 7
    # Legs of journeys that begin or end in B: 5 (also from B to B), of which that over "?" is not observed.
    assert b["observed_share"] == pytest.approx(4 / 5)
    unknown = the_row(journeys.node_balance(table), place="unknown")
    assert unknown[["persons_in", "persons_out", "persons_within", "kind"]].tolist() == [1, 1, 0, "unknown"]
    assert np.isnan(unknown["balance"])


def test_a_node_with_many_both_ways_is_both_even_if_one_way_has_slightly_more():
    assert the_row(journeys.node_balance(on(*["A>D"] * 200, *["D>B"] * 190)), place="D")["kind"] == "both"
    # 600 and 500: the interval lies above 0 and within a third of it.
    assert the_row(journeys.node_balance(on(*["A>D"] * 600, *["D>B"] * 500)), place="D")["kind"] == "both"
    assert the_row(journeys.node_balance(on("A>D", "D>B")), place="D")["kind"] == "not distinguishable"


@pytest.mark.parametrize("moved", [2, 5, 9])
@pytest.mark.parametrize("part", [0.02, 0.2, 0.5, 0.7, 0.95])
def test_limits_hold_the_true_balance_in_95_of_100_samples_also_of_few_persons(moved, part):
    held = 0.0
    for into in range(moved + 1):
        d = the_row(journeys.node_balance(on(*["A>D"] * into, *["D>A"] * (moved - into))), place="D")
        if d["balance_low"] <= 2 * part - 1 <= d["balance_high"]:
            held += comb(moved, into) * part**into * (1 - part) ** (moved - into)
    assert held >= 0.95


def test_who_comes_in_and_goes_out_is_one_person_and_makes_nothing_surer():
    alone = the_row(node_balance(on(*["A>D"] * 6, *["D>B"] * 4)), place="D")
    again = on(*[("A>D", f"p{number}") for number in range(6)], *[("D>B", f"p{number}") for number in range(4)])
    both = the_row(node_balance(again), place="D")
    assert both[["persons_in", "persons_out", "n", "balance"]].tolist() == [6, 4, 6, alone["balance"]]
    assert both["balance_low"] < alone["balance_low"] and both["balance_high"] > alone["balance_high"]


def test_somewhere_in_the_country_is_not_known_to_be_elsewhere():
    found = journeys.node_balance(on("TUR>TR-34", "SYR>TR-34", "rest of TUR>TR-34"))
    city = the_row(found, place="TR-34")
    assert city[["persons_in", "unknown_in", "n"]].tolist() == [2, 1, 2]
    assert the_row(found, place="TUR")[["persons_out", "unknown_out", "n"]].tolist() == [0, 1, 0]


@few
@given(drawn())
def test_over_all_nodes_as_many_come_in_as_go_out(table):
    table = table.assign(person_id=table["journey_id"])
    found = journeys.node_balance(table)
    known = found[found["place"] != "unknown"]
    assert known["net"].sum() == 0
    assert (known["balance"].isna() == (known["n"] == 0)).all()
    some = known[known["n"] > 0]
    assert ((some["balance_low"] <= some["balance"]) & (some["balance"] <= some["balance_high"])).all()
    # Each journey with an unknown destination is one in at the unknown node, and one out at its origin.
    for here, there in (("persons_in", "unknown_out"), ("persons_out", "unknown_in")):
        assert found.loc[found["place"] == "unknown", here].sum() == known[there].sum()


# --- borders -------------------------------------------------------------------------------------------------------


def test_borders_are_crossed_on_observed_legs_only():
    table = on("SYR>TR-31>TR-34", "SYR>TR-31>TR-01", "SYR>?>TR-34", "SYR>TR-63", "TR-01>TR-34", "AFG>IRN>TR-65")
    found = journeys.crossings(table)
    # Three of the four legs from Syria to Türkiye are observed; the entry of the third person is nowhere.
    assert found.loc[found["crossing"] == "SYR>TUR", "missing_transit"].tolist() == [1, 1]
    assert found.loc[found["crossing"] == "SYR>TUR", "observed_share"].tolist() == [0.75, 0.75]
    assert sorted(found["crossing"]) == ["AFG>IRN", "IRN>TUR", "SYR>TUR", "SYR>TUR"]
    assert "TR-34" not in set(found["entry"])


def test_journeys_between_countries_have_one_row_a_crossing():
    read = journeys.journeys(on("SYR>TR-31>TR-34", "SYR>TR-63"), {"TR-31": "TUR", "TR-34": "TUR", "TR-63": "TUR"})
    assert journeys.crossings(read)[["crossing", "entry", "persons", "share"]].to_numpy().tolist() == [
        ["SYR>TUR", "", 2, 1.0]
    ]


def test_a_leg_between_countries_without_a_common_border_says_so():
    neighbours = {"TUR": ["SYR"], "CPV": []}
    found = journeys.crossings(on("SYR>TR-31", "UKR>TR-34", "SEN>CPV-SAL", "AFG>IRN"), land_neighbours=neighbours)
    found = found.set_index("crossing")
    assert found.loc[["SYR>TUR", "UKR>TUR", "SEN>CPV"], "share_border"].tolist() == [True, False, False]
    assert pd.isna(found.loc["AFG>IRN", "share_border"])  # of neither are the neighbours known
    assert found.loc["UKR>TUR", "note"].startswith("UKR and TUR share no border by land")
    assert found.loc[["SYR>TUR", "AFG>IRN"], "note"].tolist() == ["", ""]
    assert journeys.crossings(on("UKR>TR-34"))["share_border"].isna().all()


def test_an_end_in_no_known_country_crosses_no_named_border_and_is_not_dropped():
    found = journeys.crossings(on("abroad>TR-31", "SYR>TR-31"))
    unknown = the_row(found, crossing="unknown")
    assert unknown["persons"] == 1 and np.isnan(unknown["share"])
    assert the_row(found, crossing="SYR>TUR")["share"] == 1


@few
@given(drawn(places=["SYR", "TR-31", "TR-34", "IRN"]))
def test_crossings_are_those_of_legs(table):
    person = table.drop_duplicates("journey_id").set_index("journey_id")["person_id"]
    legs = journeys.legs(table)
    legs = legs[(legs["gap"] == "observed") & (legs["crossing"] != "")]
    legs = legs.assign(person=legs["journey_id"].map(person), crossing=legs["crossing"].astype(str))
    places = ["from_place", "to_place"]
    wanted = legs.astype({name: str for name in places}).groupby(["crossing", *places])["person"].nunique()
    found = journeys.crossings(table)
    assert sorted(found["persons"]) == sorted(wanted)
    assert found["n"].tolist() == [legs["person"].nunique()] * len(found)


# --- lost stops ----------------------------------------------------------------------------------------------------


@pytest.mark.slow
@given(st.lists(st.sampled_from(["A>T>B", "A>T>U>B", "A>U>T>B"]), min_size=1, max_size=12), st.data())
def test_stops_that_are_lost_make_no_direct_leg_as_long_as_the_record_shows_the_loss(paths, data):
    table = on(*paths)
    # Three of ten, at random.
    lost = (table["role"] == "transit") & np.array([data.draw(st.integers(0, 9)) < 3 for _ in range(len(table))])
    blanked = table.assign(place_id=table["place_id"].mask(lost, ""))
    for left in (blanked, table[~lost]):
        legs = journeys.legs(left)
        seen = legs[legs["gap"] == "observed"]
        assert not ((seen["from_place"] == "A") & (seen["to_place"] == "B")).any()
        # Nor is any other leg observed that nobody took.
        true = {step for path in paths for step in pairwise(path.split(">"))}
        assert set(zip(seen["from_place"], seen["to_place"], strict=True)) <= true


# --- what all of them share ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("measure", [journeys.transit, journeys.node_balance, journeys.crossings])
def test_without_journeys_there_is_an_empty_table_with_all_its_columns(measure):
    full, none = measure(on("SYR>TR-31>TR-34")), measure(on("SYR>TR-31>TR-34").iloc[:0])
    assert none.empty and list(none.columns) == list(full.columns)
    by = measure(on("SYR>TR-31>TR-34", year=2020).iloc[:0], by="year")
    assert list(by.columns) == ["year", *full.columns]


@pytest.mark.parametrize("measure", [journeys.transit, journeys.node_balance, journeys.crossings])
def test_a_group_that_is_no_trait_is_refused(measure):
    with refused(ValueError, "unknown_trait", "'sex'"):
        measure(on("A>B"), by="sex")


@pytest.mark.slow
@pytest.mark.parametrize("measure", [journeys.transit, journeys.node_balance, journeys.crossings])
@few
@given(table=drawn(places=["SYR", "TR-31", "TR-34", "IRN"]))
def test_groups_are_as_if_each_had_been_given_alone(measure, table):
    found = measure(table, by="year")
    for year in (2020, 2021):
        alone = measure(table[table["year"] == year])
        mine = found[found["year"] == year].drop(columns="year").reset_index(drop=True)
        pd.testing.assert_frame_equal(mine, alone, check_dtype=False)
