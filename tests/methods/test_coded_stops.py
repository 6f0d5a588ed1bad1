"""Mentions of reports as stops: what is known of their order, and what is not."""

from __future__ import annotations

import pandas as pd
import pytest
from stops import legs_as_written

import journeys
from analysis.methods.mentions import mention_stops


def mentions(*found: tuple) -> pd.DataFrame:
    """Rows of (mention_id, report_year, origin, transit, destination)."""
    table = pd.DataFrame(found, columns=["mention_id", "report_year", "origin", "transit", "destination"])
    return table.assign(victims="children", form="sex", source_id="S")


def test_a_sentence_names_places_and_no_direct_way():
    stops = mention_stops(mentions((7, 2020, "BEN", "TGO; NER (Agadez);LBY", "ITA")))
    assert stops[["seq", "place_id", "role"]].values.tolist() == [
        [1, "BEN", "origin"],
        [2, "TGO", "transit"],
        [3, "NER", "transit"],
        [4, "LBY", "transit"],
        [5, "ITA", "exploitation"],
    ]
    assert legs_as_written(stops) == ["BEN?TGO", "TGO?NER", "NER?LBY", "LBY?ITA"]
    assert stops[["year", "form", "source_id"]].drop_duplicates().values.tolist() == [[2020, "sex", "S"]]
    # No sentence says that a way is direct.
    assert legs_as_written(mention_stops(mentions((7, 2020, "BEN", "", "ITA")))) == ["BEN?ITA"]


def test_the_pairs_of_one_sentence_count_as_one_sentence():
    stops = mention_stops(
        mentions((7, 2020, "BEN", "", "GAB"), (7, 2020, "TGO", "", "GAB"), (8, 2020, "BEN", "", "GAB"))
    )
    assert list(dict.fromkeys(stops["journey_id"])) == ["7-1", "7-2", "8-1"]
    found = journeys.flows(stops)
    assert found[["origin", "destination", "persons", "n"]].values.tolist() == [
        ["BEN", "GAB", 2, 2],
        ["TGO", "GAB", 1, 2],
    ]
    # Sentence 7 is shared out over its two pairs: (1/2 + 1) of 2 sentences.
    assert found["share"].tolist() == pytest.approx([0.75, 0.25])


@pytest.mark.parametrize("nowhere", ["unknown", "", " unknown ", None])
def test_a_place_that_a_sentence_does_not_name_is_not_known(nowhere):
    stops = mention_stops(mentions((7, 2020, nowhere, "", "ITA"), (8, 2020, "BEN", nowhere, nowhere)))
    found = journeys.flows(stops)
    assert found[["origin", "destination"]].values.tolist() == [["BEN", "unknown"], ["unknown", "ITA"]]
    assert (stops["role"] != "transit").all()


def test_the_coded_mentions_of_a_table_without_rows_are_none():
    assert mention_stops(mentions()).empty
