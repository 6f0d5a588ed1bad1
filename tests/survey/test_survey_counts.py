"""What a data manager relies on in a survey's counts: every child in one cell, and differences that are cells too."""

from __future__ import annotations

import pandas as pd
import pytest

import disclosure
from analysis.methods.outcomes import ECONOMIC_ACTIVITIES, FORCED_LABOUR, HAZARDS
from analysis.survey import counts
from analysis.survey.counts import coded, count_tables, name, nested

NOT_WORKING = {
    "area_id": "TR-27", "nationality": "SY", "sex": "female", "age": 13, "age_group": "12-14", "urban": True,
    "sector_group": pd.NA, "turkish": "some", "registered_elsewhere": False, "paid_to": pd.NA, "work_hours": 0,
    **dict.fromkeys(ECONOMIC_ACTIVITIES, False), **dict.fromkeys(HAZARDS), **dict.fromkeys(FORCED_LABOUR, False),
    "fetches_water": False, "collects_firewood": False, "household_chores": False, "fetch_water_hours": pd.NA,
    "firewood_hours": pd.NA, "household_chores_hours": pd.NA, "acts": "none", "purposes": "none",
    "seasonal_migration": pd.NA, "debt": False, "debt_to_employer": pd.NA, "received_from": pd.NA,
    **{column: codes[0] for column, (codes, _) in counts.CODES.items()},
    **{column: False for column in counts.ANSWERS},
    **{f"need_{need}": False for need in counts.NEEDS}, **{f"received_{need}": pd.NA for need in counts.NEEDS},
}  # fmt: skip
# 20 hours a week at 13 years are child labour; of hazards and coercion nothing is said.
WORKING = NOT_WORKING | {"work_farm": True, "work_hours": 20, "sector_group": "agriculture", "paid_to": "child"}
WORKING |= dict.fromkeys(HAZARDS, False)
HAZARDOUS = WORKING | {"heavy_loads": True}
FORCED = HAZARDOUS | {"coerced_by_employer": True}
YES_OR_NO = [*counts.ANSWERS, *ECONOMIC_ACTIVITIES, *HAZARDS, *FORCED_LABOUR, "fetches_water", "collects_firewood",
             "household_chores", "debt", "debt_to_employer", "seasonal_migration", "urban",
             *(f"{part}_{need}" for part in ("need", "received") for need in counts.NEEDS)]  # fmt: skip


def asked(*children: tuple[int, dict]) -> pd.DataFrame:
    """So many children of each kind."""
    table = pd.DataFrame([child for count, child in children for _ in range(count)])
    table["respondent_id"] = [f"r{number}" for number in range(len(table))]
    return table.astype(dict.fromkeys(YES_OR_NO, "boolean"))


def cells(tables: dict[str, pd.DataFrame], stem: str, dimension: str, *by: str) -> dict[str, int]:
    table = tables[name(stem, by or ("nationality",))]
    return dict(zip(table[dimension], table["count"], strict=True))


@pytest.mark.slow
def test_every_turkish_or_syrian_child_stands_in_one_cell_of_every_table_and_no_other_child_in_any():
    other = NOT_WORKING | {"nationality": "other"}
    turkish = WORKING | {"nationality": "TR", "area_id": "TR-79"}
    tables = count_tables(asked((30, NOT_WORKING), (20, HAZARDOUS), (25, turkish), (4, other)))
    assert {int(table["count"].sum()) for table in tables.values()} == {75}
    for title, table in tables.items():
        dimensions = [column for column in table if column != "count"]
        assert not table.duplicated(dimensions).any() and (table["count"] > 0).all(), title
        assert "other" not in set(table["nationality"])


@pytest.mark.slow
def test_outcomes_that_lie_in_one_another_are_told_with_what_the_one_leaves_of_the_other():
    tables = count_tables(asked((100, NOT_WORKING), (40, WORKING), (30, HAZARDOUS), (20, FORCED)))
    assert cells(tables, "working", "outcome") == {"working": 90, "no working": 100}
    assert cells(tables, "child_labour", "outcome") == {"child_labour": 90, "no child_labour": 100}
    assert cells(tables, "forced_labour", "outcome") == {
        "forced_labour": 20, "child_labour without forced_labour": 70, "no child_labour": 100
    }  # fmt: skip
    assert cells(tables, "hazardous_work of the working", "outcome") == {
        "hazardous_work": 50, "working without hazardous_work": 40, "no working": 100
    }  # fmt: skip
    assert cells(tables, "working by sector", "outcome") == {"agriculture": 90, "not at work": 100}


def test_every_value_of_an_outcome_is_made_of_kinds_of_children_and_each_partition_of_all_of_them():
    made_of = nested()["outcome"].groupby("value")["atom"].agg(frozenset)
    every = frozenset(nested()["outcome"]["atom"])
    assert not every & set(made_of.index), "a kind of children is named like a value"
    for partition, values in counts.PARTITIONS["outcome"].items():
        parts = [made_of[value] for value in values]
        assert frozenset().union(*parts) == every and sum(map(len, parts)) == len(every), partition
    # By definition: forced labour and hazardous work are child labour, and hazards are of who works.
    assert made_of["forced_labour"] < made_of["child_labour"] > made_of["hazardous_work"] < made_of["working"]
    assert not made_of["working"] <= made_of["child_labour"] and not made_of["child_labour"] <= made_of["working"]


@pytest.mark.slow
def test_a_small_group_between_two_outcomes_cannot_be_found_by_subtraction():
    # 60 in child labour, 55 of them in hazardous work: neither is small, and the five between them are.
    here = asked((300, NOT_WORKING), (5, WORKING), (55, HAZARDOUS))
    there = asked((300, NOT_WORKING), (30, WORKING), (40, HAZARDOUS)).assign(area_id="TR-79")
    respondents = pd.concat([here, there], ignore_index=True).assign(
        respondent_id=lambda table: table.index.astype(str)
    )
    tables = count_tables(respondents)
    plain = {title: table.assign(count=table["count"].mask(table["count"] < 11)) for title, table in tables.items()}
    assert len(disclosure.audit(plain, nested=nested())) > 0
    made = disclosure.protect(tables, nested=nested())
    assert disclosure.audit(made, nested=nested()).empty
    by = ("area_id", "nationality")
    whole, part = (made[name(stem, by)].query("area_id == 'TR-27'") for stem in ("child_labour", "hazardous_work"))
    known = [table.loc[table["outcome"].eq(value), "count"].notna().all()
             for table, value in ((whole, "child_labour"), (part, "hazardous_work"))]  # fmt: skip
    assert not all(known)


def test_who_does_not_know_stands_with_those_whom_it_does_not_concern():
    silent = NOT_WORKING | {"food_insecure": pd.NA, "debt": pd.NA, "need_cash": pd.NA, "parents_alive": pd.NA}
    hungry = NOT_WORKING | {"food_insecure": True, "debt": True, "debt_to_employer": True, "need_cash": True}
    persons = coded(asked((1, silent), (1, hungry)))
    assert persons["food_insecure"].tolist() == ["no", "yes"]
    assert persons["debt"].tolist() == ["no debt", "to an employer"]
    assert persons["need: cash"].tolist() == ["no need", "goes without"]
    assert persons["parents_alive"].tolist() == ["both", "both"]


@pytest.mark.slow
def test_a_table_that_would_be_mostly_withheld_is_left_out_and_the_whole_stands_in_its_place():
    # Six of each area, 54 of all: by area nearly every number is small.
    parts = [asked((200, NOT_WORKING), (6, FORCED)).assign(area_id=f"TR-{number}") for number in range(10, 19)]
    respondents = pd.concat(parts, ignore_index=True).assign(respondent_id=lambda table: table.index.astype(str))
    tables = count_tables(respondents)
    assert name("forced_labour", ("area_id", "nationality")) not in tables
    assert cells(tables, "forced_labour", "outcome") == {"forced_labour": 54, "no child_labour": 1800}
    assert name("children", ("area_id", "nationality")) in tables


@pytest.mark.slow
def test_who_needs_anything_is_not_told_where_few_of_them_do_without_one_thing():
    cash = NOT_WORKING | {"need_cash": True, "received_cash": True, "received_from": "state"}
    health = NOT_WORKING | {"need_health": True, "received_health": True, "received_from": "ngo"}
    told = count_tables(asked((100, NOT_WORKING), (40, cash), (30, health)))
    assert cells(told, "needs", "help") == {"needs something": 70, "needs nothing": 100}
    # 45 need something and 40 of them cash: five would follow.
    assert name("needs", ("nationality",)) not in count_tables(asked((100, NOT_WORKING), (40, cash), (5, health)))


@pytest.mark.parametrize(
    ("debt", "employer", "place"),
    [
        (True, True, "to an employer"),
        (True, False, "other debt"),
        (True, pd.NA, "other debt"),
        (False, pd.NA, "no debt"),
    ],
)
def test_debt_to_an_employer_is_a_part_of_debt(debt, employer, place):
    child = NOT_WORKING | {"debt": debt, "debt_to_employer": employer}
    assert coded(asked((1, child)))["debt"].tolist() == [place]
    made_of = nested()["debt"].groupby("value")["atom"].agg(set)
    assert made_of["to an employer"] < made_of["debt"]
