"""Paths that were simulated in the synthetic studies are found again, and no others: what the benchmark measures."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import journeys
from analysis import catalog

pytestmark = pytest.mark.slow

STUDIES = ("demo_provinces", "demo_islands")


def _benchmark():
    path = Path(__file__).resolve().parents[2] / "benchmarks" / "simulated_routes.py"
    spec = importlib.util.spec_from_file_location("simulated_routes", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules["simulated_routes"] = module
    spec.loader.exec_module(module)
    return module


simulated = _benchmark()


@pytest.fixture(scope="module", params=STUDIES)
def seen(request):
    if catalog.case_kind(request.param) != "synthetic":
        pytest.skip("The study has lists of its own in place of the synthetic ones.")
    return simulated.committed(request.param)


@pytest.fixture(scope="module")
def drawn():
    """Twelve studies of each, drawn anew: their estimates, what was found again, what losing stops made appear."""
    tables = zip(*[simulated.judged((study, seed)) for seed in range(12) for study in STUDIES], strict=True)
    return tuple(pd.concat(table, ignore_index=True) for table in tables)


# --- the measure itself --------------------------------------------------------------------------------------------


def test_true_corridors_are_those_of_a_hand_count():
    paths = {1: "A>B>C", 2: "X>A>B>C", 3: "A>B>C>C", 4: "A>B>D", 5: "E>E"}
    assert simulated.true_corridors(paths, 3) == {"A>B>C"}
    assert simulated.true_corridors(paths, 4) == {"A>B"}
    assert simulated.true_ways(paths.values(), 1) == set(paths.values())
    # A and B lie between on paths 2 and, B alone, on 1, 3 and 4: of five persons.
    assert simulated.passed(paths.values()).to_dict() == {"B": 4 / 5, "A": 1 / 5}


def test_a_direct_leg_that_was_invented_would_be_seen():
    stops = pd.DataFrame(
        {
            "journey_id": np.repeat(np.arange(40), 3),
            "seq": np.tile([1, 2, 3], 40),
            "place_id": np.tile(["A", "B", "C"], 40),
            "role": np.tile(["origin", "transit", "exploitation"], 40),
            "person_id": np.repeat(np.arange(40), 3),
        }
    )
    found = simulated.losses(stops, 5, seed=1).groupby("how").sum()
    # Numbers that are given anew hide that a stop is missing: A and C stand next to each other.
    assert found.loc["numbered anew", "new_pairs"] == 5 and found.loc["numbered anew", "new_corridors"] == 5
    assert found.loc[["blank", "row gone"]].to_numpy().sum() == 0


# --- the committed studies, as they were taken in and linked -------------------------------------------------------


def test_all_ways_and_corridors_of_three_persons_are_found_and_no_others(seen):
    for row in simulated.found_again(seen):
        assert (row["missed"], row["never_gone"]) == ("", 0)
        if row["fewest"] == simulated.SUPPORT:
            assert row["false"] == "" and row["found"] == row["true"] > 5


def test_simulated_ways_are_among_them(seen):
    written = {
        "demo_provinces": {
            "XDM>XDP-WILLOW>XDP-FIG",
            "XDM>XDP-HAZEL>XDP-JUNIPER>XDP-LINDEN",
            "XDC>XDJ>XDP-POPLAR>XDP-LINDEN",
            "XDM>XDP-WILLOW>XDP-FIG>XDP-CEDAR",
        },
        "demo_islands": {"XIG>XIS>XIC-OPAL", "XIC-OPAL>XIC-JADE", "XIC-BERYL>XIC-OPAL"},
    }
    assert written[seen.study] <= simulated.found_ways(seen)


def test_intervals_contain_what_is_true_of_the_persons_on_the_lists(seen):
    table = simulated.estimates(seen)
    inside = (table["low"] <= table["truth"]) & (table["truth"] <= table["high"])
    # The persons on the lists are the whole here, so that nearly all intervals contain their share.
    by_kind = inside.groupby(table["kind"]).agg(["sum", "size"])
    assert (by_kind["sum"] >= by_kind["size"] - 1).all()
    assert set(by_kind.index) == {"flows", "scopes", simulated.EVERY, "paths", "transit"}


def test_scopes_of_single_years_are_contained_too(seen):
    table = simulated.scopes_by_year(seen)
    assert len(table) == 50  # ten years, five scopes
    inside = (table["known_low"] <= table["truth"]) & (table["truth"] <= table["known_high"])
    assert inside.mean() > 0.95


def test_losing_transit_never_makes_a_way_direct(seen):
    found = simulated.losses(seen.stops, 12, seed=7).groupby("how").sum()
    assert found.loc[["blank", "row gone"]].to_numpy().sum() == 0
    # Where rows are numbered anew after the loss, nobody can know, and direct legs appear.
    assert found.loc["numbered anew", "new_legs"] > 0
    assert (journeys.legs(seen.stops)["gap"] == journeys.OBSERVED).any()


# --- studies drawn anew --------------------------------------------------------------------------------------------


@pytest.mark.soak
def test_what_is_found_in_drawn_studies_is_true_and_nearly_all_of_it_is_found(drawn):
    found = drawn[1].groupby(["study", "what", "fewest"])[["found", "true", "both", "never_gone"]].sum()
    assert (found["never_gone"] == 0).all()
    three = found.xs(simulated.SUPPORT, level="fewest")
    # A blank cell for transit makes a third person of two who went straight, and takes the third of three who did not.
    assert (three["both"] / three["found"] > 0.95).all()
    assert (three["both"] / three["true"] > 0.9).all()


@pytest.mark.soak
def test_intervals_of_95_percent_hold_about_as_often(drawn):
    table = simulated.coverage(drawn[0]).set_index(["kind", "study"]).sort_index()
    many = table[table["intervals"] >= 150]
    assert set(many.index.get_level_values("kind")) == {"flows", "paths"}
    # 0.95; the intervals of one study depend on each other, so that they are worth far fewer than there are.
    assert many["holds_written"].between(0.9, 0.999).all() and many["holds_truth"].between(0.9, 0.999).all()
    # Of some dozens, three standard errors of a share of twelve studies: 0.95 less 3 * 0.063.
    assert (table["holds_written"] > 0.76).all()
    assert (table.drop(simulated.EVERY)["holds_truth"] > 0.76).all()


@pytest.mark.soak
def test_persons_whom_nobody_asks_may_come_from_elsewhere(drawn):
    # In Türkiye two lists do not ask for the origin, and hold more children of the country: shares of scopes are then
    # those of the persons who were asked.
    bias = simulated.coverage(drawn[0]).set_index(["kind", "study"])["bias"]
    assert bias[simulated.EVERY, "demo_provinces"] > 5 * bias["scopes", "demo_provinces"]


@pytest.mark.soak
def test_losing_transit_never_makes_a_way_direct_in_drawn_studies(drawn):
    found = drawn[2].groupby("how")[
        ["new_pairs", "new_legs", "new_corridors", "pairs_that_rise", "corridors_that_rise"]
    ]
    assert found.sum().loc[["blank", "row gone"]].to_numpy().sum() == 0
