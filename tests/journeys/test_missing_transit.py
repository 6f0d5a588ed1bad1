"""Missing transit: one path a person where lists agree, and shares whatever was left out. Expected values by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from fuzzing import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from plain_plots import dots, labels, ranges
from refusals import codes, refused, warned
from stops import journeys as drawn
from stops import on, rows

import journeys
from analysis import catalog, plots
from analysis.exhibits.record_network import plot_of_missing_transit

few = settings(max_examples=examples(25), deadline=None)
# Which lists of the synthetic studies ask for which stops of a journey.
ASKS = {
    "demo_provinces": {"police": "whole", "ngo": "whole", "protection": "ends", "labour": "destination"},
    "demo_islands": {"policia": "whole", "ong": "ends", "icca": "ends", "inspecao": "destination"},
}


def kept(stops: pd.DataFrame) -> list[str]:
    """The ids of the journeys that are left."""
    return list(journeys.fullest(stops).ids)


def shares(stops: pd.DataFrame, place: str, **options: object) -> pd.DataFrame:
    """What is made of one place, by method."""
    table = journeys.missing_transit_sensitivity(stops, **options).table
    return table[table["place"] == place].set_index("method")


# --- one path a person ----------------------------------------------------------------------------------------------


def test_a_person_on_three_lists_that_agree_has_one_way():
    table = on(("A>D", "p"), ("A>T>D", "p"), ("A>D", "p"), ("A>D", "q"))
    only_exploitation = rows(("k", 1, "D", "exploitation")).assign(person_id="p")
    assert kept(pd.concat([only_exploitation, table], ignore_index=True)) == ["j1", "j3"]


def test_what_contradicts_another_journey_stays():
    # Another destination, another origin, stops in another order, a stop that the fuller one has not.
    assert kept(on(("A>T>D", "p"), ("A>T", "p"))) == ["j0", "j1"]
    assert kept(on(("A>T>D", "p"), ("T>D", "p"))) == ["j0", "j1"]
    assert kept(on(("A>T>U>D", "p"), ("A>U>T>D", "p"))) == ["j0", "j1"]
    assert kept(on(("A>T>U>V>D", "p"), ("A>W>D", "p"))) == ["j0", "j1"]


def test_an_end_that_is_not_known_agrees_with_any():
    assert kept(on(("A>T>D", "p"), ("?>T>D", "p"), ("A>T>?", "p"), ("?>?", "p"))) == ["j0"]


def test_of_the_same_stops_the_way_with_fewer_gaps_stays_and_then_the_first():
    assert kept(on(("A>?>D", "p"), ("A>D", "p"), ("A>D", "p"))) == ["j1"]
    assert kept(on(("A>A>D", "p"), ("A>D", "p"))) == ["j0"]  # moved about within A


def test_persons_with_one_journey_keep_it_and_are_as_many_as_before():
    table = on("A>D", "A>D", "?>D", ("A>D", "p"), ("A>T>D", "p"))
    read = journeys.fullest(table)
    assert list(read.ids) == ["j0", "j1", "j2", "j4"]
    assert read.persons == journeys.journeys(table).persons == 4


@pytest.mark.slow
@given(drawn())
def test_what_is_left_out_says_nothing_beyond_what_is_left(table):
    read, left = journeys.journeys(table), journeys.fullest(table)

    def told(journeys: journeys.Journeys) -> dict[str, tuple]:
        names = np.append(np.asarray(journeys.places), "")
        of = {}
        for number, name in enumerate(journeys.ids):
            places = journeys.place[journeys.begin[number] : journeys.begin[number + 1]]
            of[name] = (
                [names[at] for at in places],
                names[journeys.origin[number]],
                names[journeys.destination[number]],
            )
        return of

    everything, remains = told(read), told(left)
    person = dict(zip(read.ids, read.person, strict=True))

    def covers(one: str, other: str) -> bool:
        (less, *ends), (more, *others) = everything[one], everything[other]
        # Whatever is moved about within one place is one stop.
        less = [place for at, place in enumerate(less) if at == 0 or place != less[at - 1]]
        following = iter(more)
        agree = all(end in ("", there) for end, there in zip(ends, others, strict=True))
        return agree and all(place in following for place in less)

    assert {person[name] for name in remains} == set(person.values())
    for name in everything.keys() - remains.keys():
        assert any(covers(name, other) for other in remains if person[other] == person[name])
    for name in remains:
        assert not any(covers(name, other) for other in remains if other != name and person[other] == person[name])
    assert list(journeys.fullest(left).ids) == list(left.ids)


# --- dropped, imputed, none, all -----------------------------------------------------------------------------------


def test_without_missing_transit_all_methods_agree_and_it_is_said():
    result = journeys.missing_transit_sensitivity(on("A>T>D", "A>D", "B>T>D"))
    assert result.table["share"].tolist() == [2 / 3] * 4
    assert result.table[["low", "high"]].drop_duplicates().shape == (1, 2)
    assert codes(result.warnings) == ["no_missing_transit"] and "of 3," in result.warnings[0]


def test_a_pair_without_a_whole_way_is_drawn_from_others_to_the_same_destination_and_it_is_said():
    result = journeys.missing_transit_sensitivity(on(*["A>T>D"] * 5, "B>?>D"))
    assert result.table.set_index("method").loc["imputed", ["share", "n"]].tolist() == [1, 6]
    assert warned(result.warnings, "ways_from_other_origins", ": 1;")


def test_who_has_no_donor_is_left_out_of_what_is_imputed_and_it_is_said():
    result = journeys.missing_transit_sensitivity(on(*["A>T>D"] * 5, "A>?>C"))
    table = result.table.set_index("method")
    assert table["n"].to_dict() == {"dropped": 5, "imputed": 5, "none passes": 6, "all pass": 6}
    assert warned(result.warnings, "no_known_way", ": 1 of 6;")


def test_a_person_with_several_journeys_counts_once_in_every_method():
    table = on(("A>T>D", "p"), ("A>?>D", "p"), ("A>D", "q"), ("A>?>D", "r"))
    t = shares(table, "T")
    # p passes T by the first journey, whatever the second was; r may.
    assert t["n"].to_dict() == {"dropped": 2, "imputed": 3, "none passes": 3, "all pass": 3}
    assert t.loc[["dropped", "none passes", "all pass"], "share"].tolist() == [1 / 2, 1 / 3, 2 / 3]


def test_shares_agree_with_those_of_transit():
    table = on("A>T>D", "A>T>U>D", "A>D", "A>?>D", "B>T>D", "B>T>D", "A>T>?>D", "A>?>T")
    of = journeys.transit(table).set_index("place")
    for place in ("T", "U"):
        found = shares(table, place)
        assert (
            found.loc["dropped", ["share", "low", "high"]].tolist()
            == of.loc[place, ["share", "share_low", "share_high"]].tolist()
        )
        assert found.loc["none passes", "share"] == of.loc[place, "bound_low"]
        assert found.loc["all pass", "share"] == of.loc[place, "bound_high"]


def test_a_path_drawn_from_elsewhere_does_not_pass_the_end_of_the_journey_itself():
    # The only paths to D come from B through A; the journey with the missing transit began in A.
    found = shares(on("B>A>D", "B>A>D", "A>?>D"), "A")
    assert found["share"].to_dict() == {"dropped": 1.0, "imputed": 2 / 3, "none passes": 2 / 3, "all pass": 2 / 3}


@few
@given(drawn(), st.integers(0, 3))
def test_imputed_shares_lie_between_none_and_all(table, seed):
    result = journeys.missing_transit_sensitivity(table, seed=seed)
    for _, of in result.table.groupby("place"):
        of = of.set_index("method")
        if of.loc["imputed", "n"] == of.loc["none passes", "n"]:
            share = of["share"]
            assert share["none passes"] - 1e-12 <= share["imputed"] <= share["all pass"] + 1e-12
        assert ((of["low"] <= of["share"] + 1e-12) & (of["share"] <= of["high"] + 1e-12) | of["share"].isna()).all()


def test_the_same_seed_draws_the_same_ways():
    table = on(*["A>T>D"] * 4, *["A>D"] * 4, *["A>?>D"] * 6)
    first, again, other = (journeys.missing_transit_sensitivity(table, seed=seed).table for seed in (1, 1, 2))
    pd.testing.assert_frame_equal(first, again)
    assert not first["share"].equals(other["share"])


def test_what_cannot_be_answered_is_refused():
    with refused(ValueError, "too_few_imputations", "20"):
        journeys.missing_transit_sensitivity(on("A>T>D"), imputations=5)
    empty = journeys.missing_transit_sensitivity(on("A>T>D").iloc[:0])
    assert empty.table.empty and "share" in empty.table


# --- pooling -------------------------------------------------------------------------------------------------------


# --- truth ---------------------------------------------------------------------------------------------------------


def lists_of(study: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """What the lists of a synthetic study ask of each person's journey, as stops; and the persons as they are."""
    folder = catalog.RAW / "synthetic" / study / "truth"
    with open(folder / "persons.csv", encoding="utf-8") as lines:
        persons = pd.read_csv(lines, usecols=["true_person", "journey", "sex", "nationality"]).set_index("true_person")
    with open(folder / "captures.csv", encoding="utf-8") as lines:
        captures = pd.read_csv(lines, usecols=["record_id", "list_id", "true_person"]).drop_duplicates("record_id")
    found = []
    for record, name, person in captures.itertuples(index=False):
        path = persons.at[person, "journey"].split(">")
        asks = ASKS[study].get(name)
        if asks is None:
            continue
        chosen = {"whole": path, "ends": [path[0], path[-1]], "destination": path[-1:]}[asks]
        for seq, place in enumerate(chosen, 1):
            role = "exploitation" if seq == len(chosen) else "origin" if seq == 1 else "transit"
            found.append((record, seq, place, role, person, asks == "whole", persons.at[person, "nationality"]))
    columns = ["journey_id", "seq", "place_id", "role", "person_id", "transit_asked", "nationality"]
    return pd.DataFrame(found, columns=columns), persons


@pytest.mark.parametrize("study", ASKS)
def test_the_simulated_share_of_each_place_is_in_the_interval_and_within_the_bounds(study):
    stops, persons = lists_of(study)
    read = journeys.fullest(stops)
    ends = (read.origin >= 0) & (read.destination >= 0)
    seen = stops.drop_duplicates("journey_id").set_index("journey_id").loc[read.ids[ends], "person_id"].unique()
    table = journeys.missing_transit_sensitivity(read).table.set_index(["place", "method"])
    places = table.index.unique("place")
    assert len(places) >= 2
    for place in places:
        true = persons.loc[seen, "journey"].map(lambda path: place in path.split(">")[1:-1]).mean()  # noqa: B023
        assert table.loc[(place, "imputed"), "low"] <= true <= table.loc[(place, "imputed"), "high"], place
        assert table.loc[(place, "none passes"), "share"] <= true <= table.loc[(place, "all pass"), "share"], place
        assert (table.loc[place, "n"][["imputed", "none passes"]] > table.loc[(place, "dropped"), "n"]).all()


def test_imputation_finds_the_share_that_dropping_misses_where_lists_differ_by_origin():
    # 60 persons from A of whom 30 pass T, 60 from B of whom none does. Lists ask 50 of those from A, and 10 of B.
    def asked(path: str, number: int, person: str) -> pd.DataFrame:
        return on(*[(path, f"{person}{count}") for count in range(number)])

    parts = [asked("A>T>D", 25, "at"), asked("A>D", 25, "ad"), asked("A>?>D", 10, "a"), asked("B>D", 10, "bd")]
    parts.append(asked("B>?>D", 50, "b"))
    table = pd.concat([part.assign(journey_id=part["person_id"]) for part in parts], ignore_index=True)
    t = shares(table, "T")
    true = 30 / 120
    assert t.loc["dropped", "low"] > true  # 25 of 60
    assert t.loc["imputed", "low"] < true < t.loc["imputed", "high"]
    assert t.loc["imputed", "share"] == pytest.approx(true, abs=0.03)


# --- figure --------------------------------------------------------------------------------------------------------


def test_a_figure_names_places_says_what_is_supposed_and_bounds_what_is_not_known():
    table = on(*["A>T>D"] * 4, *["A>D"] * 4, *["A>?>D"] * 6)
    result = journeys.missing_transit_sensitivity(table)
    drawn = {"title": "Places", "footer": plots.Footer("a test", "2020", "1", "None.")}
    figure = plot_of_missing_transit(result, names={"T": "Gaziantep"}).draw(**drawn)
    texts = [text.get_text() for text in figure.findobj(lambda artist: hasattr(artist, "get_text"))]
    said = " ".join(texts)
    assert "Gaziantep" in said
    assert "29–71 %, n 14" in texts  # 4 and 10 of 14
    no_whole = plot_of_missing_transit(journeys.missing_transit_sensitivity(on("A>T>?>D"))).draw(**drawn)
    assert "no complete path" in [
        text.get_text() for text in no_whole.findobj(lambda artist: hasattr(artist, "get_text"))
    ]
    plot_of_missing_transit(journeys.missing_transit_sensitivity(on("A>D"))).draw(**drawn)


def test_the_picture_has_a_range_between_none_and_all_and_dots_of_what_is_estimated():
    table = on(*["A>T>D"] * 4, *["A>D"] * 4, *["A>?>D"] * 6)
    result = journeys.missing_transit_sensitivity(table)
    figure = result.plot(names={"T": "Gaziantep"})
    assert labels(figure) == ["Gaziantep"]
    assert ranges(figure) == [pytest.approx((400 / 14, 1000 / 14))]
    assert dots(figure)[0] == pytest.approx([50])
    assert any("missing at random" in warning for warning in result.warnings)
    assert labels(journeys.missing_transit_sensitivity(on("A>D")).plot()) == []
