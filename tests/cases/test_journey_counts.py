"""Count tables of journeys: one cell a person, rare pairs taken together, and flows that need not be suppressed."""

from __future__ import annotations

import pandas as pd
import pytest
from stops import on

import disclosure
from analysis.cases import person_counts as counted
from analysis.cases.htcds import NOT_A_VICTIM
from analysis.cases.person_counts import journey_tables, person_tables

ABROAD, WITHIN, DOMESTIC = counted.ABROAD, counted.WITHIN, counted.DOMESTIC


def study(*ways: tuple[str, int] | tuple[str, int, str], **changed: object) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Records and stops of Türkiye: each way so often, by a person of its own unless one is named."""
    each = [
        (way, person[0] if person else f"{way} {number}") for way, times, *person in ways for number in range(times)
    ]
    stops = on(*each).assign(transit_asked=True)
    ids = stops["journey_id"].drop_duplicates().to_numpy()
    records = pd.DataFrame(
        {
            "record_id": ids,
            "person_id": [person for _, person in each],
            "study": "turkiye",
            "list_id": "police",
            "area_id": "TR-27",
            "date_low": pd.Timestamp("2019-03-01"),
            "date_high": pd.Timestamp("2019-03-01"),
            "date_precision": "day",
            "status": "",
            "sex": "female",
            **{"age_low": 16, "age_high": 16, "exploited_age_low": 15, "exploited_age_high": 16},
            **dict.fromkeys(("nationality", "sector", "recruiter", "exploitation", "means_of_control"), ""),
        }
    )
    return records.assign(**changed), stops.drop(columns="person_id")


def table(found: dict[str, pd.DataFrame], name: str) -> dict[str, int]:
    """Values of a table of one dimension with their persons."""
    return {value: int(count) for value, count in found[name].itertuples(index=False)}


def test_a_pair_of_eleven_persons_stands_by_itself_and_rarer_ones_are_together_by_origin_then_by_reach():
    found = journey_tables(
        *study(
            ("SYR>TR-27", 11),
            ("IRQ>TR-27", 6),
            ("IRQ>TR-34", 6),
            ("AFG>TR-34", 12),
            ("TR-34>TR-34", 7),
            ("TR-31>TR-31", 5),
            ("TR-63>TR-27", 20),
        )
    )
    assert table(found, "flow") == {
        f"SYR>TR-27, {ABROAD}": 11,
        f"IRQ>other, {ABROAD}": 12,
        f"AFG>TR-34, {ABROAD}": 12,
        f"other>other, {WITHIN}": 12,
        f"TR-63>TR-27, {DOMESTIC}": 20,
    }
    assert table(found, "scope") == {ABROAD: 35, WITHIN: 12, DOMESTIC: 20}
    assert table(found, "moved") == {WITHIN: 12, counted.ELSEWHERE: 55}


def test_what_is_left_too_small_takes_in_the_smallest_that_is_together_already_and_then_the_smallest_pair():
    found = journey_tables(*study(("SYR>TR-27", 40), ("IRQ>TR-27", 6), ("IRQ>TR-34", 6), ("AFG>TR-34", 2)))
    assert table(found, "flow") == {f"SYR>TR-27, {ABROAD}": 40, f"other>other, {ABROAD}": 14}
    found = journey_tables(*study(("SYR>TR-27", 40), ("SYR>TR-34", 15), ("AFG>TR-34", 2)))
    assert table(found, "flow") == {f"SYR>TR-27, {ABROAD}": 40, f"other>other, {ABROAD}": 17}


def test_a_reach_that_too_few_persons_have_is_joined_with_the_next_and_no_flow_is_ever_small():
    found = journey_tables(*study(("SYR>TR-27", 40), ("TR-63>TR-27", 4), ("TR-34>TR-34", 30)))
    assert sorted(found["scope"]["count"]) == [34, 40]
    assert found["flow"]["count"].min() >= 11 and found["flow"]["count"].sum() == 74
    pair = next(scope for scope in found["scope"]["scope"] if DOMESTIC in scope)
    assert pair == f"{WITHIN} + {DOMESTIC}"


def test_every_person_stands_in_one_cell_of_each_table_with_or_without_a_journey():
    records, stops = study(("SYR>TR-27", 30), ("TR-34>TR-34", 30), ("SYR>TR-79>TR-27", 25))
    silent = records.head(15).assign(
        record_id=[f"silent {n}" for n in range(15)], person_id=[f"nobody {n}" for n in range(15)]
    )
    found = journey_tables(pd.concat([records, silent], ignore_index=True), stops)
    assert len(found) >= 5 and {int(each["count"].sum()) for each in found.values()} == {100}
    assert table(found, "flow")["not stated>not stated, not stated"] == 15
    for each in found.values():
        assert not each.drop(columns="count").duplicated().any() and str(each["count"].dtype) == "Int64"


def test_of_several_journeys_of_a_person_the_one_counts_of_which_most_is_known():
    # The same person by a list that knows the origin, by one that does not, and the second journey is another's.
    records, stops = study(("?>TR-34", 1, "p"), ("SYR>TR-27", 1, "p"), ("SYR>TR-27", 20))
    found = journey_tables(records, stops)
    assert table(found, "flow") == {f"SYR>TR-27, {ABROAD}": 21}
    # Of two that are equally known the first detected counts.
    records, stops = study(("SYR>TR-34", 1, "p"), ("SYR>TR-27", 1, "p"), ("SYR>TR-27", 20), ("SYR>TR-34", 20))
    records.loc[0, ["date_low", "date_high"]] = pd.Timestamp("2020-01-01")
    assert table(journey_tables(records, stops), "flow") == {f"SYR>TR-27, {ABROAD}": 21, f"SYR>TR-34, {ABROAD}": 20}


def test_a_place_is_passed_by_whoever_is_known_to_pass_it_and_those_of_few_are_told_only_together():
    found = journey_tables(
        *study(
            ("SYR>TR-79>TR-27", 14),
            ("SYR>TR-31>TR-27", 6),
            ("SYR>TR-63>TR-27", 6),
            ("SYR>?>TR-27", 30),
            ("TR-79>TR-79", 12),
        )
    )
    assert table(found, "passed: TR-79") == {"yes": 14, "no": 54}
    assert table(found, "passed: other") == {"yes": 12, "no": 56}
    assert not any(name in found for name in ("passed: TR-31", "passed: TR-63"))
    # Of those 30 nobody knows where they crossed.
    assert table(found, "border: SYR>TUR") == {"yes": 26, "no": 42}


def test_places_and_borders_of_too_few_persons_even_together_have_no_table():
    found = journey_tables(*study(("SYR>TR-79>TR-27", 5), ("IRQ>TR-34", 5), ("TR-34>TR-34", 30)))
    assert not [name for name in found if name.startswith(("passed", "border"))]


def test_whom_a_source_found_to_be_no_victim_is_not_counted_and_without_places_there_is_no_table():
    records, stops = study(("SYR>TR-27", 20), ("SYR>TR-34", 20))
    records.loc[:4, "status"] = NOT_A_VICTIM
    assert journey_tables(records, stops)["flow"]["count"].sum() == 35
    assert journey_tables(records, stops.head(0)) == {}
    assert journey_tables(records.assign(status=NOT_A_VICTIM), stops) == {}


def test_records_that_were_not_linked_count_as_persons():
    records, stops = study(("SYR>TR-27", 1, "p"), ("SYR>TR-27", 1, "p"), ("SYR>TR-27", 20))
    assert journey_tables(records, stops)["flow"]["count"].sum() == 21
    assert journey_tables(records.assign(person_id=""), stops)["flow"]["count"].sum() == 22


@pytest.mark.parametrize("rare", [1, 4, 10])
def test_flows_stand_whole_after_protection_and_withstand_the_attack(rare):
    records, stops = study(
        ("SYR>TR-27", 60),
        ("SYR>TR-34", 40),
        ("IRQ>TR-34", rare),
        ("TR-34>TR-34", 35),
        ("TR-63>TR-27", rare),
        ("TR-31>TR-31", 25),
    )
    records["area_id"] = ["TR-27" if number % 3 else "TR-34" for number in range(len(records))]
    tables = journey_tables(records, stops)
    tables |= {name: each for name, each in person_tables(records).items() if name in ("persons", "persons by area")}
    found = disclosure.protect(tables)
    assert found["flow"]["count"].notna().all()
    assert disclosure.audit(found).empty
