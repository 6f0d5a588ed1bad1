"""Mentions of reports and events of case management as stops: what is known of their order, and what is not."""

from __future__ import annotations

import pandas as pd
import pytest
from fuzzing import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from refusals import refused

from analysis import routes

DATES = {"2020": ("2020-01-01", "2020-12-31"), "": (None, None)}


def mentions(*found: tuple) -> pd.DataFrame:
    """Rows of (mention_id, report_year, origin, transit, destination)."""
    table = pd.DataFrame(found, columns=["mention_id", "report_year", "origin", "transit", "destination"])
    return table.assign(victims="children", form="sex", source_id="S")


def events(*found: tuple) -> pd.DataFrame:
    """Rows of (journey_id, role, place_id, date): a day, "2020" for the year, "" for none, "a/b" for an interval."""
    table = pd.DataFrame(found, columns=["journey_id", "role", "place_id", "date"])
    pairs = [DATES.get(date) or (date.split("/") * 2)[:2] for date in table.pop("date")]
    table["date_low"], table["date_high"] = (pd.to_datetime([pair[end] for pair in pairs]) for end in (0, 1))
    return table


def written(stops: pd.DataFrame) -> list[str]:
    """Legs as "A>B", or "A?B" where a transit may be missing."""
    legs = routes.legs(stops)
    sign = legs["gap"].map({routes.OBSERVED: ">", routes.MISSING_TRANSIT: "?"}).astype(str)
    return (legs["from_place"].astype(str) + sign + legs["to_place"].astype(str)).tolist()


# --- mentions ------------------------------------------------------------------------------------------------------


def test_a_sentence_names_places_and_no_direct_way():
    stops = routes.mention_stops(mentions((7, 2020, "BEN", "TGO; NER (Agadez);LBY", "ITA")))
    assert stops[["seq", "place_id", "role"]].values.tolist() == [
        [1, "BEN", "origin"],
        [2, "TGO", "transit"],
        [3, "NER", "transit"],
        [4, "LBY", "transit"],
        [5, "ITA", "exploitation"],
    ]
    assert written(stops) == ["BEN?TGO", "TGO?NER", "NER?LBY", "LBY?ITA"]
    assert stops[["year", "form", "source_id"]].drop_duplicates().values.tolist() == [[2020, "sex", "S"]]
    # No sentence says that a way is direct.
    assert written(routes.mention_stops(mentions((7, 2020, "BEN", "", "ITA")))) == ["BEN?ITA"]


def test_the_pairs_of_one_sentence_count_as_one_sentence():
    stops = routes.mention_stops(
        mentions((7, 2020, "BEN", "", "GAB"), (7, 2020, "TGO", "", "GAB"), (8, 2020, "BEN", "", "GAB"))
    )
    assert list(dict.fromkeys(stops["journey_id"])) == ["7-1", "7-2", "8-1"]
    found = routes.flows(stops)
    assert found[["origin", "destination", "persons", "n"]].values.tolist() == [
        ["BEN", "GAB", 2, 2],
        ["TGO", "GAB", 1, 2],
    ]
    # Sentence 7 is shared out over its two pairs: (1/2 + 1) of 2 sentences.
    assert found["share"].tolist() == pytest.approx([0.75, 0.25])


@pytest.mark.parametrize("nowhere", ["unknown", "", " unknown ", None])
def test_a_place_that_a_sentence_does_not_name_is_not_known(nowhere):
    stops = routes.mention_stops(mentions((7, 2020, nowhere, "", "ITA"), (8, 2020, "BEN", nowhere, nowhere)))
    found = routes.flows(stops)
    assert found[["origin", "destination"]].values.tolist() == [["BEN", "unknown"], ["unknown", "ITA"]]
    assert (stops["role"] != "transit").all()


def test_the_coded_mentions_of_a_table_without_rows_are_none():
    assert routes.mention_stops(mentions()).empty


# --- events --------------------------------------------------------------------------------------------------------


def test_events_stand_in_the_order_of_their_dates_whatever_they_are():
    # A second recruitment after a first exploitation: dates come before the order of roles.
    stops = routes.event_stops(
        events(
            ("a", "exploitation", "D", "2021-05-01"),
            ("a", "exploitation", "B", "2020-03-01"),
            ("a", "recruitment", "A", "2020-01-01"),
            ("a", "recruitment", "C", "2021-01-01"),
        )
    )
    assert stops["place_id"].tolist() == ["A", "B", "C", "D"]
    assert stops["seq"].tolist() == [1, 2, 3, 4]
    assert written(stops) == ["A>B", "B>C", "C>D"]


def test_events_without_dates_stand_in_the_order_of_what_they_are():
    stops = routes.event_stops(
        events(("a", "exploitation", "C", ""), ("a", "transit", "B", ""), ("a", "recruitment", "A", ""))
    )
    assert written(stops) == ["A>B", "B>C"]


def test_dates_that_meet_do_not_tell_the_order_and_roles_do():
    stops = routes.event_stops(
        events(
            ("a", "transit", "B", "2020-03-01/2020-06-30"),
            ("a", "exploitation", "C", "2020"),
            ("a", "origin", "A", "2020-06-30"),
        )
    )
    assert written(stops) == ["A>B", "B>C"]


def test_two_transits_of_which_no_one_knows_which_came_first_are_next_to_nothing():
    found = [("recruitment", "A"), ("transit", "X"), ("transit", "Y"), ("exploitation", "B")]
    stops = routes.event_stops(events(*[("a", role, place, "") for role, place in found]))
    # From A to X, or first to Y: no leg is known. From where to where is.
    assert written(stops) == ["A?X", "X?Y", "Y?B"]
    assert routes.flows(stops)[["origin", "destination"]].values.tolist() == [["A", "B"]]
    assert routes.corridors(stops, 1).empty


def test_a_date_that_parts_them_makes_the_way_known():
    stops = routes.event_stops(
        events(
            ("a", "recruitment", "A", "2020-01-01"),
            ("a", "transit", "Y", "2020-05-01"),
            ("a", "transit", "X", "2020-02-01/2020-03-31"),
            ("a", "exploitation", "B", ""),
        )
    )
    assert written(stops) == ["A>X", "X>Y", "Y>B"]


def test_an_event_that_may_lie_anywhere_makes_no_leg_around_it_known():
    # Exploited in January, recruited again in February; when the transit was, nobody wrote down.
    found = events(
        ("a", "exploitation", "A", "2020-01-15"), ("a", "transit", "B", ""), ("a", "recruitment", "C", "2020-02-15")
    )
    for order in ([0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]):
        stops = routes.event_stops(found.iloc[order])
        assert (routes.legs(stops)["gap"] == routes.MISSING_TRANSIT).all()
        # What the dates say holds however rows arrive.
        assert stops["place_id"].tolist().index("A") < stops["place_id"].tolist().index("C")


def test_detection_on_an_unknown_day_hides_no_leg():
    stops = routes.event_stops(
        events(
            ("a", "recruitment", "A", "2020-01-01"),
            ("a", "exploitation", "B", "2020-02-01"),
            ("a", "detection", "X", ""),
            ("a", "detection", "Y", ""),
        )
    )
    assert written(stops) == ["A>B"]
    # Found twice on one day, and exploited again: nobody knows which report came first, and the way is known.
    stops = routes.event_stops(
        events(
            ("a", "exploitation", "B", "2020-02-01"),
            ("a", "detection", "X", "2020-03-01"),
            ("a", "detection", "Y", "2020-03-01"),
            ("a", "exploitation", "C", "2020-05-01"),
        )
    )
    assert stops["place_id"].tolist() == ["B", "X", "Y", "C"]
    assert written(stops) == ["B>C"]


def test_journeys_are_apart_and_their_other_columns_are_kept():
    found = events(
        ("b", "exploitation", "C", "2020-05-01"),
        ("a", "exploitation", "B", ""),
        ("b", "recruitment", "A", "2020-01-01"),
        ("a", "recruitment", "A", ""),
    ).assign(person_id=["q", "p", "q", "p"])
    stops = routes.event_stops(found.set_index(pd.Index([5, 5, 5, 5])))
    assert stops[["journey_id", "place_id", "seq", "person_id"]].values.tolist() == [
        ["b", "A", 1, "q"],
        ["b", "C", 2, "q"],
        ["a", "A", 1, "p"],
        ["a", "B", 2, "p"],
    ]
    assert routes.event_stops(found.iloc[:0]).empty


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (lambda table: table.drop(columns="role"), ("missing_column",)),
        (lambda table: table.assign(role=["recruitment", "arrival"]), ("unknown_role", "1", "'arrival'")),
        (
            lambda table: table.assign(date_high=pd.to_datetime(["2020-01-01", "2019-01-01"])),
            ("dates_reversed", "1"),
        ),
    ],
)
def test_events_that_cannot_be_are_refused_by_row(broken, said):
    table = events(("a", "recruitment", "A", "2020-01-01"), ("a", "exploitation", "B", "2020-02-01"))
    with refused(ValueError, *said):
        routes.event_stops(broken(table))


DAYS = [f"2020-0{month}-01" for month in range(1, 6)]
SPANS = [*DAYS, "", "2020", *[f"{one}/{other}" for one in DAYS for other in DAYS if one < other]]
EVENT = st.tuples(
    st.just("a"), st.sampled_from(["recruitment", "transit", "exploitation", "detection"]), st.sampled_from("ABCDE"),
    st.sampled_from(SPANS),
)  # fmt: skip


@pytest.mark.slow
@given(st.lists(EVENT, min_size=1, max_size=6), st.randoms(use_true_random=False))
@settings(max_examples=examples(14))
def test_whatever_the_dates_a_later_event_never_stands_before_an_earlier_one(found, random):
    table = events(*found)
    stops = routes.event_stops(table)
    assert len(stops) == len(table)
    low, high = stops["date_low"].tolist(), stops["date_high"].tolist()
    assert not any(high[later] < low[earlier] for later in range(len(low)) for earlier in range(later))
    # What is said to be next to each other is so however rows arrive.
    order = list(range(len(table)))
    random.shuffle(order)
    assert direct(routes.event_stops(table.iloc[order])) == direct(stops)


def direct(stops: pd.DataFrame) -> list[tuple[str, str]]:
    legs = routes.legs(stops)
    legs = legs[legs["gap"] == routes.OBSERVED]
    return sorted(zip(legs["from_place"], legs["to_place"], strict=True))
