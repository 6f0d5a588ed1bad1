"""Rows that a person coded: which they are, the tenth that is drawn of them, and what looking them up again found."""

from __future__ import annotations

import hashlib
import math

import pandas as pd
import pytest

from analysis import catalog, coded_rows
from analysis.coded_rows import alike_answers, bounds, drawn, lines, reviewed, rows

STUDIES = ("turkiye", "west_africa", "cabo_verde")


def test_each_row_has_an_id_of_its_own_that_holds_no_value():
    table = rows()
    assert table["row_id"].is_unique and len(table) > 10_000
    # An id is what the row is about: with other values the ids are the same.
    one = catalog.load("official_counts").iloc[0]
    assert table["row_id"].iat[0] == "|".join(
        [
            "official_counts",
            one["area_id"],
            "2013-01-01",
            "2013-12-31",
            one["indicator"],
            one["breakdown"],
            one["source_id"],
        ]
    )


@pytest.mark.parametrize("study", STUDIES)
def test_of_each_data_set_a_tenth_is_drawn(study):
    read = rows(study).query("read")
    found, of_all = drawn(study)["data_set"].value_counts(), read["data_set"].value_counts()
    assert found.to_dict() == {name: math.ceil(n / 10) for name, n in of_all.items()}
    assert drawn(study)["row_id"].is_unique and set(drawn(study)["row_id"]) <= set(read["row_id"])


def test_rows_that_are_added_take_the_place_of_others_and_move_none(monkeypatch):
    before, table = set(drawn("cabo_verde")["row_id"]), rows("cabo_verde")
    new = table.head(30).assign(
        row_id=[f"official_counts|new|{n}" for n in range(30)], data_set="official_counts", read=True
    )
    # In another order, and with thirty rows more of one data set.
    monkeypatch.setattr(coded_rows, "rows", lambda study: pd.concat([new, table[::-1]], ignore_index=True))
    after = set(drawn("cabo_verde")["row_id"])
    others = {each for each in before if not each.startswith("official_counts")}
    assert others == {each for each in after if not each.startswith("official_counts")}
    gone, came = before - after, after - before
    assert all(each.startswith("official_counts|new") or len(came) > len(gone) for each in came)
    assert len(gone) <= sum(each.startswith("official_counts|new") for each in came)


def test_the_draw_is_that_of_the_lowest_digests():
    table = rows("turkiye").query("read and data_set == 'route_mentions'")
    text = "second coding, first draw|"
    order = sorted(table["row_id"], key=lambda each: hashlib.sha256((text + each).encode()).hexdigest())
    of_routes = drawn("turkiye").query("data_set == 'route_mentions'")["row_id"]
    assert set(of_routes) == set(order[: math.ceil(len(order) / 10)])


def test_what_is_asked_has_what_the_first_coder_has():
    table = lines(rows("west_africa"))
    answer = table[table["row_id"].eq("referral_indicators|BEN|2018|coordinating_body|TIP2018_BEN")]
    assert answer[["field", "level", "value"]].to_numpy().tolist() == [["answer", "nominal", "yes"]]
    route = table[table["row_id"].eq("route_mentions|257|2013|NER|NER|||SAU||TIP2013_NER")].set_index("field")
    assert route["value"].to_dict() == {"victims": "girls", "form": "domestic_servitude"}
    count = table[table["row_id"].eq("official_counts|GIN|2018-01-01|2018-12-31|prosecutions|unspecified|TIP2019_GIN")]
    assert count[["value", "low", "high", "value_qualifier"]].to_numpy().tolist() == [["54", "54", "54", "exact"]]


def test_bounds_of_an_answer():
    assert bounds("5", "", "", "") == bounds("5", "5", "5", "exact") == (5, 5)
    assert bounds("5", "", "", "at_least") == (5, math.inf) and bounds("5", "", "", "at_most") == (0, 5)
    assert bounds("", "2", "4", "range") == (2, 4) and bounds("<5", "", "", "below_5") == (0, 4)


def test_answers_are_alike_by_bounds_or_by_words_in_any_order():
    assert alike_answers(("5", "5", "5", "exact"), ("5", "", "", ""), "ratio")
    assert not alike_answers(("5", "5", "", "at_least"), ("5", "", "", ""), "ratio")
    assert alike_answers(("girls;boys", "", "", ""), ("boys; girls", "", "", ""), "nominal")
    assert not alike_answers(("girls", "", "", ""), ("boys;girls", "", "", ""), "nominal")


def test_rows_looked_up_again_are_rows_of_the_evidence_with_the_source_that_was_named():
    table = coded_rows.looked_up()
    # Four are of UNODC's data set, whose figures stand in tables of their own since.
    assert table["matched"].sum() == 136 and set(table.loc[~table["matched"], "source_id"]) == {"UNODC_GLOTIP_2025"}
    assert table.loc[~table["matched"], "row_id"].eq("").all()
    own = rows().set_index("row_id")
    for row in table[table["matched"]].itertuples():
        found = own.loc[row.row_id]
        assert (found["data_set"], found["source_id"]) == (row.file, row.source_id)
        if row.file not in ("route_mentions", "forms_of_exploitation"):
            # The free text names the place, or the id of an estimate, and the value.
            values = [each["value"] for each in found["asked"]]
            assert row.row_key.split()[0] in row.row_id
            assert any(value in row.row_key for value in values), row.row_key


def test_of_a_row_looked_up_twice_the_last_time_counts():
    table = reviewed().set_index("row_id")
    assert len(table) == 132 and table["second"].eq("").all()
    assert table["recheck"].value_counts().to_dict() == {"right": 122, "not found again": 8, "corrected": 2}
    # Corrected in round 3, and right in round 4.
    row_id = "official_counts|GNB|2020-01-01|2020-12-31|potential_child_victims|unspecified|NOPINTCHA_202407"
    assert table.loc[row_id, "recheck"] == "right"
