"""Journeys, legs, flows, scopes and levels: expected values are by hand, or by a few lines of plain Python."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
from fuzzing import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from plain_plots import axes_of, labels, words
from refusals import refused
from stops import journeys as drawn
from stops import legs_as_written, legs_of, on, rows

import journeys
from analysis.methods import origin_destination
from bounded import intervals
from journeys import shares

# What compares whole tables takes a while.
few = settings(max_examples=examples(25))

REGIONS = pd.DataFrame(
    [
        ("TUR", "Western Asia", "Asia"),
        ("SYR", "Western Asia", "Asia"),
        ("AFG", "Southern Asia", "Asia"),
        ("UKR", "Eastern Europe", "Europe"),
    ],
    columns=["iso3", "subregion", "region"],
)


def ends(stops: pd.DataFrame) -> list[tuple[str, str]]:
    """Origin and destination of each journey."""
    read = journeys.journeys(stops)
    names = np.append(read.places, journeys.UNKNOWN)
    return list(zip(names[read.origin], names[read.destination], strict=True))


def observed(table: pd.DataFrame) -> set[tuple]:
    legs = journeys.legs(table)
    legs = legs[legs["gap"] == journeys.OBSERVED]
    return set(legs[["journey_id", "from_place", "to_place"]].itertuples(index=False, name=None))


# --- journeys and legs ---------------------------------------------------------------------------------------------


def test_stops_are_taken_in_the_order_of_seq_however_rows_arrive():
    table = on("A>B>C", "C>D").iloc[[2, 4, 0, 3, 1]]
    assert legs_as_written(table) == ["A>B", "B>C", "C>D"]
    assert journeys.legs(table)["leg"].tolist() == [1, 2, 1]
    assert ends(table) == [("A", "C"), ("C", "D")]


@pytest.mark.parametrize("place", ["", " ", None, np.nan, "unknown"])
def test_a_leg_over_a_place_that_is_not_known_is_no_direct_one(place):
    table = on("A>B>C").assign(place_id=["A", place, "C"])
    assert legs_as_written(table) == ["A?C"]
    assert ends(table) == [("A", "C")]


def test_a_number_that_is_left_out_is_a_stop_that_is_not_known():
    assert legs_as_written(on("A>B>C").drop(index=1)) == ["A?C"]
    # Nothing lies before the first stop of a journey, whatever its number.
    assert legs_as_written(on("A>B>C").assign(seq=[7, 8, 9])) == ["A>B", "B>C"]


@pytest.mark.parametrize("role", ["detection", "return"])
def test_detection_and_return_are_no_stops_of_a_route(role):
    before = rows(("a", 1, "X", role), ("a", 2, "A", "origin"), ("a", 3, "B", "exploitation"))
    between = rows(("a", 1, "A", "origin"), ("a", 2, "X", role), ("a", 3, "B", "exploitation"))
    after = rows(("a", 1, "A", "origin"), ("a", 2, "B", "exploitation"), ("a", 3, "X", role))
    for table in (before, between, after):
        assert legs_as_written(table) == ["A>B"]
        assert ends(table) == [("A", "B")]
    # Where somebody was found is known or not: it says nothing of the path.
    assert legs_as_written(between.assign(place_id=["A", "", "B"])) == ["A>B"]
    assert "X" not in journeys.journeys(between.assign(role=["origin", role, "exploitation"])).places[
        journeys.journeys(between).place
    ].tolist()  # fmt: skip


@pytest.mark.parametrize(
    ("stops", "origin"),
    [
        # the last of several origins
        ([("A", "origin"), ("B", "origin"), ("C", "exploitation")], "B"),
        # recruitment stands in where no origin is stated, and not where its place is not known
        ([("A", "recruitment"), ("B", "transit"), ("C", "exploitation")], "A"),
        ([("A", "origin"), ("B", "recruitment"), ("C", "exploitation")], "A"),
        ([("A", "recruitment"), ("B", "origin"), ("C", "exploitation")], "B"),
        ([("", "origin"), ("B", "recruitment"), ("C", "exploitation")], "unknown"),
        # recruitment on the path is no origin
        ([("A", "transit"), ("B", "recruitment"), ("C", "exploitation")], "unknown"),
        ([("", "transit"), ("B", "recruitment"), ("C", "exploitation")], "unknown"),
        ([("B", "transit"), ("C", "exploitation")], "unknown"),
        ([("D", "detection"), ("A", "recruitment"), ("C", "exploitation")], "A"),
    ],
)
def test_where_a_journey_begins(stops, origin):
    table = rows(*[("a", seq, place, role) for seq, (place, role) in enumerate(stops, start=1)])
    assert ends(table) == [(origin, "C")]


def test_recruitment_after_a_number_that_is_left_out_is_no_origin():
    table = rows(("a", 1, "A", "recruitment"), ("a", 3, "B", "recruitment"), ("a", 4, "C", "exploitation"))
    assert ends(table) == [("A", "C")]
    assert ends(table.iloc[1:]) == [("B", "C")]


@pytest.mark.parametrize(
    ("stops", "destination"),
    [
        # found on the path: nobody knows where it would have led
        ([("A", "origin"), ("B", "transit"), ("C", "detection")], "unknown"),
        ([("A", "origin")], "unknown"),
        ([("A", "origin"), ("B", "exploitation"), ("C", "exploitation")], "C"),
        ([("A", "origin"), ("B", "exploitation"), ("C", "transit")], "B"),
        ([("A", "origin"), ("B", "exploitation"), ("", "exploitation")], "unknown"),
    ],
)
def test_where_a_journey_ends(stops, destination):
    table = rows(*[("a", seq, place, role) for seq, (place, role) in enumerate(stops, start=1)])
    assert ends(table) == [("A", destination)]


def test_a_source_that_does_not_ask_for_transit_says_nothing_of_direct_ways():
    table = pd.concat([on("A>B").assign(transit_asked=True), on("A>B>C").assign(journey_id="k", transit_asked=False)])
    assert legs_as_written(table) == ["A>B", "A?B", "B?C"]
    assert legs_as_written(on("A>B").assign(transit_asked=None)) == ["A?B"]


def test_the_same_place_twice_makes_a_leg():
    assert legs_as_written(on("A>A>B")) == ["A>A", "A>B"]


def test_journeys_of_one_stop_or_none_have_no_legs_and_are_not_lost():
    table = rows(("a", 1, "A", "origin"), ("b", 1, "", "origin"), ("c", 1, "A", "detection"))
    assert legs_as_written(table) == []
    assert ends(table) == [("A", "unknown"), ("unknown", "unknown"), ("unknown", "unknown")]
    read = journeys.journeys(table)
    assert (len(read), read.persons) == (3, 3)


def test_a_table_without_rows_is_answered_by_tables_without_rows():
    nobody = on("A>B", year=2020).iloc[:0]
    for method in (journeys.legs, journeys.flows, journeys.journey_paths, journeys.corridors):
        assert len(method(nobody)) == 0
    assert origin_destination.journey_scopes(nobody, REGIONS, [])["n"].tolist() == [0] * 6
    for method in (journeys.flows, journeys.transit, journeys.node_balance, journeys.crossings, journeys.concentration):
        assert list(method(nobody, by="year")) == list(method(on("A>B", year=2020), by="year"))
        assert len(method(nobody, by="year")) == 0
    assert len(origin_destination.journey_scopes(nobody, REGIONS, [], by="year")) == 0


@pytest.mark.parametrize("kind", ["category", "object", "string"])
def test_ids_may_be_texts_of_any_kind(kind):
    table = on("A>B", "B>?>C").astype({name: kind for name in ("journey_id", "place_id", "role", "person_id")})
    assert legs_as_written(table) == ["A>B", "B?C"]
    assert journeys.flows(table)["persons"].tolist() == [1, 1]


def test_ids_of_journeys_and_persons_may_be_numbers():
    table = on("A>B", "A>B").assign(journey_id=[7, 7, 9, 9], person_id=[1, 1, 1, 1])
    assert journeys.legs(table)["journey_id"].tolist() == [7, 9]
    assert journeys.flows(table)[["persons", "journeys", "n"]].values.tolist() == [[1, 2, 1]]
    for seq in ([1.0, 2.0, 1.0, 2.0], ["1", "2", "1", "2"], pd.array([1, 2, 1, 2], dtype="Int64")):
        assert legs_as_written(table.assign(seq=seq)) == ["A>B", "A>B"]


def test_a_journey_whose_person_is_not_stated_is_of_a_person_of_its_own():
    table = on("A>B", "A>B", "A>B").assign(person_id=["", "", None, None, "x", "x"])
    assert journeys.flows(table)["persons"].tolist() == [3]
    # All whose person is said to be unknown are not one person.
    assert journeys.flows(table.assign(person_id="unknown"))["persons"].tolist() == [3]
    assert journeys.flows(table.assign(person_id="unknown").astype("category"))["persons"].tolist() == [3]


def test_borders_are_crossed_on_observed_legs_between_known_countries_only():
    table = on("SYR>TR-79>TR-27>UKR", "SYR>?>TR-27", "SYR>Aleppo>TR-27").assign(mode="")
    # Within one country: "". A transit is missing, or the place tells no country: not known.
    assert journeys.legs(table)["crossing"].astype(object).fillna("?").tolist() == [
        "SYR>TUR",
        "",
        "TUR>UKR",
        "?",
        "?",
        "?",
    ]


def test_the_way_of_travel_stands_with_the_leg_that_it_led_to():
    table = on("A>B>C").assign(mode=["", "bus", None])
    assert journeys.legs(table)["mode"].tolist() == ["bus", ""]


def test_dates_of_a_journey_span_those_of_its_stops():
    table = on("A>B>C", "A>B").assign(
        date_low=pd.to_datetime(["2020-05-01", None, "2020-03-01", None, None]),
        date_high=pd.to_datetime(["2020-05-31", None, "2020-12-31", None, None]),
    )
    traits = journeys.journeys(table).traits
    assert traits["date_low"].tolist() == [pd.Timestamp("2020-03-01"), pd.NaT]
    assert traits["date_high"].tolist() == [pd.Timestamp("2020-12-31"), pd.NaT]
    # After May 2020, nobody knows how long after: the journey may have ended later than in December.
    traits = journeys.journeys(table.assign(date_high=table["date_high"].mask(table.index == 0))).traits
    assert traits["date_low"].tolist() == [pd.Timestamp("2020-03-01"), pd.NaT]
    assert traits["date_high"].isna().all()


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (lambda table: table.drop(columns="seq"), ("missing_column",)),
        (lambda table: table.assign(role=["origin", "passage"]), ("unknown_role", "'passage'")),
        (lambda table: table.assign(role=["origin", None]), ("unknown_role",)),
        (lambda table: table.assign(seq=[1, 1]), ("duplicate_seq", "1")),
        (lambda table: table.assign(seq=[1, 1.5]), ("not_whole_number", "1.5")),
        (lambda table: table.assign(seq=["1", "two"]), ("not_whole_number",)),
        (lambda table: table.assign(seq=[1, None]), ("missing_value", "1")),
        (lambda table: table.assign(journey_id=[None, "j0"]), ("missing_value", "0")),
        (lambda table: table.assign(year=[2020, 2021]), ("contradictory_rows",)),
        (lambda table: table.assign(year=[2020, None]), ("contradictory_rows",)),
        (lambda table: table.assign(person_id=["p", "q"]), ("contradictory_rows",)),
        (lambda table: table.assign(transit_asked=[True, False]), ("contradictory_rows",)),
        (lambda table: table.assign(transit_asked="no"), ("not_boolean", "'no'")),
        (
            lambda table: table.assign(date_low="2021-02-01", date_high="2021-01-31"),
            ("dates_reversed",),
        ),
    ],
)
def test_a_refusal_names_the_journey_and_the_column(broken, said):
    with refused(ValueError, *said):
        journeys.journeys(broken(on("A>B")))


@pytest.mark.parametrize("place", ["A>C", "?", ">"])
def test_a_place_that_a_way_could_not_be_read_with_is_refused(place):
    # A>C>B would be read as a path through C.
    with pytest.raises(ValueError, match=re.escape(f"The place '{place}' cannot be told")):
        journeys.journeys(on("A>B").assign(place_id=[place, "B"]))
    with pytest.raises(ValueError, match=re.escape(f"The place '{place}' cannot be told")):
        journeys.journeys(on("A>B"), {"A": place})


def test_blanks_around_a_place_make_no_other_place_of_it():
    table = on("A>B", "A>B").assign(place_id=["A", " B", "A ", "B"])
    assert journeys.flows(table)[["origin", "destination", "persons"]].values.tolist() == [["A", "B", 2]]


def test_a_place_that_counts_for_no_node_is_refused_by_name():
    for node in (np.nan, None, ""):
        with refused(ValueError, "missing_node"):
            journeys.journeys(on("A>B"), {"A": node})


@pytest.mark.slow
@given(drawn())
def test_legs_are_those_of_a_few_lines_of_plain_python(table):
    legs = journeys.legs(table)
    found = list(
        zip(legs["journey_id"], legs["from_place"], legs["to_place"], legs["gap"] == "missing_transit", strict=True)
    )
    assert found == legs_of(table)


@pytest.mark.slow
@given(drawn(gaps=False))
def test_where_nothing_is_missing_legs_are_one_less_than_stops(table):
    route = table[table["role"] != "detection"].groupby("journey_id").size()
    legs = journeys.legs(table)
    assert legs.groupby("journey_id").size().reindex(route.index, fill_value=0).tolist() == (route - 1).tolist()
    assert (legs["gap"] == journeys.OBSERVED).all()


@pytest.mark.slow
@few
@given(drawn(), st.randoms(use_true_random=False))
def test_the_order_of_rows_never_matters(table, random):
    order = list(range(len(table)))
    random.shuffle(order)
    mixed = table.iloc[order]
    for method in (journeys.flows, journeys.journey_paths, journeys.corridors):
        pd.testing.assert_frame_equal(method(table), method(mixed))
    pd.testing.assert_frame_equal(journeys.flows(table, "year"), journeys.flows(mixed, "year"))
    assert sorted(journeys.legs(table).astype(str).values.tolist()) == sorted(
        journeys.legs(mixed).astype(str).values.tolist()
    )


@pytest.mark.slow
@few
@given(drawn(), st.data())
def test_a_transit_that_is_not_known_never_makes_a_direct_leg_and_never_changes_the_flows(table, data):
    transit = table.index[table["role"] == "transit"].tolist()
    lost = data.draw(st.sets(st.sampled_from(transit))) if transit else set()
    blank = table.assign(place_id=table["place_id"].mask(table.index.isin(lost), ""))
    kept = table.drop(index=list(lost))  # numbers are kept, so that one is left out
    of_all = journeys.flows(table).drop(columns="observed_share")
    for less in (blank, kept):
        assert observed(less) <= observed(table)
        pd.testing.assert_frame_equal(journeys.flows(less).drop(columns="observed_share"), of_all)
    assert legs_of(kept) == legs_of(blank)
    pd.testing.assert_frame_equal(journeys.legs(kept).astype(str), journeys.legs(blank).astype(str))
    pd.testing.assert_frame_equal(journeys.journey_paths(kept), journeys.journey_paths(blank))


# --- flows ---------------------------------------------------------------------------------------------------------


def test_low_and_high_are_no_limits_of_a_share_where_rows_state_persons():
    table = on("SYR>TR-79>TR-27", "SYR>TR-27", "AFG>?>TR-34", "TR-27>TR-34")
    methods = (journeys.flows, journeys.journey_paths, lambda read: journeys.corridors(read, 1), journeys.transit,
               journeys.node_balance, journeys.crossings,
               lambda read: origin_destination.journey_scopes(read, REGIONS, ["TR-27", "TR-34"]))  # fmt: skip
    for method in methods:
        found = method(table)
        assert len(found) and "persons" in found and not {"low", "high"} & set(found.columns)
        of = "balance" if "balance" in found else "share"
        known = found.dropna(subset=[of])
        assert (known[f"{of}_low"] <= known[of]).all() and (known[of] <= known[f"{of}_high"]).all() and len(known)


def test_the_limits_of_the_share_of_a_flow_have_the_level_that_is_asked_for():
    table = on(*["A>B"] * 28, "A>C")
    narrow = journeys.flows(table, confidence=0.5).set_index("destination")
    # Each person has one journey: the limits are Wilson's at that level.
    assert narrow.loc["C", ["share_low", "share_high"]].tolist() == pytest.approx(intervals.wilson(1, 1, 29, 0.5))
    with refused(ValueError, "confidence_out_of_range"):
        journeys.flows(table, confidence=95)


@pytest.mark.parametrize("measure", [journeys.journey_paths, journeys.corridors, journeys.transit, journeys.crossings])
def test_limits_of_shares_are_of_the_level_that_was_asked_for_and_each_row_says_which(measure):
    table = on(*["SYR>TR-79>TR-27"] * 6, *["SYR>TR-27"] * 4, *["IRQ>TR-79>TR-27"] * 5)
    usual, half = (measure(table, confidence=level) for level in (0.95, 0.5))
    assert (set(usual["confidence"]), set(half["confidence"])) == ({0.95}, {0.5})
    assert half["share"].tolist() == usual["share"].tolist() and len(half)
    assert (half["share_low"] > usual["share_low"]).all()
    # Whoever is everybody has no upper limit below one, at any level.
    assert ((half["share_high"] < usual["share_high"]) | (usual["share"] == 1)).all()
    with refused(ValueError, "confidence_out_of_range"):
        measure(table, confidence=95)


def test_flows_are_a_table_and_draw_persons_with_the_limits_of_the_share_named_so():
    table = on(*["SYR>TR-27"] * 28, "AFG>TR-34")
    found = journeys.flows(table)
    # What is made of the table is a plain one, with the plots of pandas.
    assert isinstance(found, pd.DataFrame) and type(found.head(1)) is type(found[["persons"]]) is pd.DataFrame
    figure = found.plot(names={"SYR": "Syria"})
    assert [bar.get_width() for bar in axes_of(figure).patches] == [28, 1]
    # Newcombe (1998), table I, method 3: 1 of 29 is 0.6 to 17.2 %.
    assert labels(figure) == ["Syria → TR-27: 97% (83%–99%)", "AFG → TR-34: 3% (1%–17%)"]
    assert axes_of(figure).get_xlabel() == "persons"
    assert "share of all 29, with 95 % limits" in words(figure)
    assert "50 % limits" in words(journeys.flows(table, confidence=0.5).plot())


def test_the_largest_flows_are_drawn_and_it_is_said_of_how_many():
    found = journeys.flows(on("A>B", "A>C", "A>C", "A>D", "A>D", "A>D", year=2020), by="year")
    figure = found.plot(rows=2)
    assert [bar.get_width() for bar in axes_of(figure).patches] == [3, 2]
    assert labels(figure)[0].startswith("2020, A → D") and "the 2 largest of 3 flows" in words(figure)
    assert "share of each year" in words(figure)
    nothing = journeys.flows(on("A>B").iloc[:0])
    assert [text.get_text() for text in axes_of(nothing.plot()).texts] == ["no flow"]


def test_a_person_with_several_journeys_counts_for_one():
    # x went twice from A to B and once from A to C; y once from A to C. Of two persons, 2/3 go to B.
    table = on(("A>B", "x"), ("A>B", "x"), ("A>C", "x"), ("A>C", "y"))
    found = journeys.flows(table)
    assert found[["destination", "persons", "journeys", "n"]].values.tolist() == [["C", 2, 2, 2], ["B", 1, 2, 2]]
    assert found["share"].tolist() == pytest.approx([(1 / 3 + 1) / 2, (2 / 3) / 2])


def test_a_person_counts_for_one_in_each_group():
    # In 2021, x went to B and to C, and y to B; in 2020 x went to B.
    table = pd.concat(
        [
            on(("A>B", "x"), ("A>C", "x"), ("A>B", "y")).assign(year=2021),
            on(("A>B", "x")).assign(journey_id="k", year=2020),
        ]
    )
    found = journeys.flows(table, "year")
    assert found[["year", "destination"]].values.tolist() == [[2020, "B"], [2021, "B"], [2021, "C"]]
    assert found["share"].tolist() == pytest.approx([1, (1 / 2 + 1) / 2, (1 / 2) / 2])


def test_flows_of_groups_have_wholes_of_their_own():
    table = pd.concat(
        [
            on("A>B", "A>C", "A>B").assign(year=2021, sex="male"),
            on("A>B").assign(journey_id="k", person_id="q", year=2020, sex=None),
            on("A>B").assign(journey_id="m", person_id="q", year=2021, sex=""),
        ]
    )
    found = journeys.flows(table, ["year", "sex"])
    assert found[["year", "sex", "destination", "persons", "n"]].values.tolist() == [
        [2020, "unknown", "B", 1, 1],
        [2021, "male", "B", 2, 3],
        [2021, "male", "C", 1, 3],
        [2021, "unknown", "B", 1, 1],
    ]
    assert journeys.flows(table, "year")[["persons", "n"]].values.tolist() == [[1, 1], [3, 4], [1, 4]]


def test_a_journey_of_several_forms_counts_under_each_of_them_once():
    table = pd.concat(
        [
            on("A>B").assign(form="labour; begging;labour"),
            on("A>B").assign(journey_id="k", person_id="q", form="labour"),
        ]
    )
    found = journeys.flows(table, "form")
    assert found[["form", "persons", "journeys", "n"]].values.tolist() == [["begging", 1, 1, 1], ["labour", 2, 2, 2]]
    assert journeys.flows(table.assign(form=";"), "form")["form"].tolist() == ["unknown"]


def test_numbers_come_before_words_and_what_is_not_known_comes_last():
    table = pd.concat(
        [
            on("A>B").assign(journey_id=f"k{number}", person_id=number, age=age)
            for number, age in enumerate(["unknown", 9, "adult", 10])
        ]
    )
    assert journeys.flows(table, "age")["age"].tolist() == [9, 10, "adult", "unknown"]


def test_a_trait_that_is_not_there_is_refused_with_those_that_are():
    with refused(ValueError, "unknown_trait", "'form'"):
        journeys.flows(on("A>B", year=2020), "form")


def test_the_order_of_flows_is_that_of_persons_and_then_of_names():
    found = journeys.flows(on("B>A", "C>A", "C>A", "A>B"))
    assert found[["origin", "destination"]].values.tolist() == [["C", "A"], ["A", "B"], ["B", "A"]]


@pytest.mark.slow
@few
@given(drawn())
def test_shares_of_a_whole_add_up_to_one(table):
    for found in (
        journeys.flows(table, "year"),
        origin_destination.journey_scopes(table, REGIONS, "AB", "year"),
    ):
        assert found.groupby("year")["share"].sum().to_numpy() == pytest.approx(1)
        assert ((found["share_low"] <= found["share"] + 1e-12) & (found["share"] <= found["share_high"] + 1e-12)).all()


@pytest.mark.slow
@few
@given(drawn())
def test_rolling_up_never_makes_more_persons(table):
    nodes = {"A": "X", "B": "X", "C": "C"}
    whole, parts = journeys.flows(journeys.journeys(table, nodes)), journeys.flows(table)
    assert whole["n"].iloc[0] == parts["n"].iloc[0]
    ends_of_parts = [parts[name].replace(nodes) for name in ("origin", "destination")]
    of_parts = parts.groupby(ends_of_parts)["persons"].agg(["max", "sum"])
    counted = whole.set_index(["origin", "destination"])["persons"].sort_index()
    assert (counted <= of_parts["sum"]).all() and (counted >= of_parts["max"]).all()


# --- scopes --------------------------------------------------------------------------------------------------------


def test_journeys_reach_six_scopes():
    table = on(
        "TR-27>TR-27",  # within an area
        "TR-21>TR-27",  # domestic: TR-21 is no area
        "rest of TUR>rest of TUR",  # not known whether it left its place
        "TUR>TR-27",  # it is not known from which part of the country
        "SYR>TR-27",  # both in Western Asia
        "AFG>TR-27",  # Southern to Western Asia
        "UKR>TR-27",  # Europe to Asia
        "?>TR-27",
    )
    found = origin_destination.journey_scopes(table, REGIONS, ["TR-27", "TR-34"]).set_index("scope")
    # Three of the seven of known scope.
    assert found.loc["domestic", ["known_low", "known_high"]].tolist() == pytest.approx(intervals.wilson(3, 3, 7))


def test_where_no_scope_is_known_there_is_no_share_among_the_known():
    found = origin_destination.journey_scopes(on("?>TR-27"), REGIONS, ["TR-27"]).set_index("scope")
    assert found["known_share"].isna().all()
    assert found.loc["domestic", ["bound_low", "bound_high"]].tolist() == [0, 1]


# --- levels --------------------------------------------------------------------------------------------------------


def test_a_study_has_its_areas_the_rest_of_its_country_and_countries_abroad():
    places = pd.DataFrame(
        [("TR-27", "TR-27"), ("TR-21", "TR-21"), ("TUR", ""), ("SYR", ""), ("AFG", ""), ("Aleppo", "")],
        columns=["place_id", "area_id"],
    )
    nodes = journeys.study_nodes(places, ["TR-27"], home="TUR", abroad=["SYR"])
    assert nodes == {
        "TR-27": "TR-27", "TR-21": "rest of TUR", "TUR": "TUR", "SYR": "SYR", "AFG": "abroad", "Aleppo": "Aleppo",
    }  # fmt: skip
    assert journeys.study_nodes(places, ["TR-27"], home="TUR")["AFG"] == "AFG"


@pytest.mark.parametrize(
    ("place", "country"),
    [("TUR", "TUR"), ("TR-27", "TUR"), ("CPV-SAL", "CPV"), ("CV-PR", "CPV"), ("XX-1", ""), ("ABCD", ""), ("", "")],
)
def test_the_country_of_a_place_by_its_code(place, country):
    assert journeys.country_of(place) == country


# --- shares with persons as clusters -------------------------------------------------------------------------------


def test_one_journey_a_person_gives_wilsons_interval_itself():
    cell = np.repeat([0, 1, 2], [3, 7, 0])
    found = shares.clustered_shares(cell, np.arange(10), cells=3)
    assert found["count"].tolist() == [3, 7, 0]
    for at, part in enumerate((3, 7, 0)):
        assert found.loc[at, ["share_low", "share_high"]].tolist() == pytest.approx(intervals.wilson(part, part, 10))


def test_legs_of_one_person_are_less_sure_than_those_of_many():
    of_many = shares.clustered_shares(np.repeat([0, 1], 20), np.arange(40)).iloc[0]
    of_few = shares.clustered_shares(np.repeat([0, 1], 20), np.repeat(np.arange(8), 5)).iloc[0]
    assert of_few["share_high"] - of_few["share_low"] > 1.5 * (of_many["share_high"] - of_many["share_low"])
    one = shares.clustered_shares(np.repeat([0, 1], 20), np.zeros(40, int)).iloc[0]
    assert [one["share_low"], one["share_high"]] == pytest.approx(intervals.wilson(0.5, 0.5, 1))


@pytest.mark.parametrize("times", [3, 6, 7, 10, 49])
def test_fractions_of_persons_do_not_break_shares_by_rounding(times):
    # 50 persons with several journeys each: all to one place, then each to as many places.
    person = np.repeat(np.arange(50), times)
    weight = shares.one_each(person)
    all_in_one = shares.clustered_shares(np.zeros(len(person), int), person, weight).iloc[0]
    assert [all_in_one["share"], all_in_one["share_high"]] == [1, 1]
    assert all_in_one["share_low"] == pytest.approx(intervals.wilson(50, 50, 50)[0])
    spread = shares.clustered_shares(np.tile(np.arange(times), 50), person, weight)
    assert spread["share"].to_numpy() == pytest.approx(1 / times)
    low, high = intervals.wilson(50 / times, 50 / times, 50)
    assert spread["share_low"].to_numpy() == pytest.approx(low)
    assert spread["share_high"].to_numpy() == pytest.approx(high)


@pytest.mark.slow
@few
@given(drawn(gaps=False), st.integers(2, 4))
def test_the_same_journeys_again_make_nothing_surer(table, times):
    again = pd.concat([table.assign(journey_id=table["journey_id"] + f"-{copy}") for copy in range(times)])
    for method in (journeys.flows, journeys.journey_paths, journeys.corridors):
        compared = ["persons", "n", "share", "share_low", "share_high"]
        pd.testing.assert_frame_equal(method(table)[compared], method(again)[compared])


@pytest.mark.slow
@few
@given(drawn())
def test_all_limits_are_proportions(table):
    for found in (journeys.flows(table), journeys.corridors(table, 1)):
        assert found["share_low"].between(0, 1).all() and found["share_high"].between(0, 1).all()


def test_persons_are_counted_once_a_cell_however_often_they_come():
    # More often than a byte can count.
    assert shares.persons_of(np.zeros(256, int), np.zeros(256, int), cells=2).tolist() == [1, 0]


@pytest.mark.parametrize("persons", [300, shares.GROUPS + 1, 3000, 30_000])
def test_samples_drawn_again_vary_as_theory_has_it(persons):
    # Nine of ten persons are in cell 0. Their number in a sample of all persons is binomial: variance n p (1 - p).
    cell = (np.arange(persons) % 10 == 9).astype(int)
    drawn_counts = shares.drawn_again(cell, np.arange(persons), lambda counts: counts, replicates=4000)
    assert drawn_counts.shape == (4000, 2)
    variance = persons * 0.9 * 0.1
    # 2 % by 4,000 samples, 4 % by a thousand groups or more (both: the square root of 2 / number).
    assert drawn_counts.var(axis=0) == pytest.approx([variance, variance], rel=0.15)
    assert drawn_counts.mean(axis=0) == pytest.approx([0.9 * persons, 0.1 * persons], rel=0.02)


def test_samples_draw_persons_and_not_their_journeys():
    # Ten journeys each, all the same: 100 n p (1 - p).
    person = np.repeat(np.arange(200), 10)
    counts = shares.drawn_again((person % 2 == 0).astype(int), person, lambda counts: counts[:, 1], replicates=4000)
    assert counts.var() == pytest.approx(100 * 200 * 0.25, rel=0.15)


def test_a_way_is_whole_whatever_is_missing_after_the_place_of_exploitation():
    # After B the person was moved on, to a place that nobody stated, and then to C: the path from A to B is known.
    table = rows(
        ("a", 1, "A", "origin"),
        ("a", 2, "B", "exploitation"),
        ("a", 3, "", "transit"),
        ("a", 4, "C", "transit"),
    )
    read = journeys.journeys(table)
    assert read.whole.tolist() == [True]
    assert journeys.journey_paths(read)["path"].tolist() == ["A>B"]
