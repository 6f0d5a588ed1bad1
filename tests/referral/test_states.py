"""The five states: the rule by hand, its properties, and the cells of named countries as their sources have them."""

from __future__ import annotations

import csv
from collections import Counter
from functools import cache

import numpy as np
import pandas as pd
import pytest
import referral_results
from fuzzing import examples
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import areas, catalog
from analysis.referral import states
from analysis.referral.states import DOES_NOT_APPLY, IN_PLACE, NOT_IN_PLACE, NOT_READ, PARTLY, SILENT, STATES, UNKNOWN

TOP = {"level": 3.0, "answer": 1.0, "count": 5.0, "share": 100.0, "measure": np.nan}
COUNTRIES = areas.ids("west_africa")


def state_of(scale: str, low: float, high: float, *, applies: bool = True, source: str = "S1") -> pd.Series:
    answers = pd.DataFrame(
        [("SEN", "X", low, high, TOP[scale], applies, 2022, 2021, source, "as noted")],
        columns=["area_id", "indicator_id", "low", "high", "top", "applies", "year", "oldest", "source_ids", "note"],
    )
    found = states.states(answers, pd.DataFrame({"indicator_id": ["X"], "scale": [scale]}))
    return found.iloc[0] if len(found) else pd.Series({"state": None})


@pytest.mark.parametrize(
    ("scale", "low", "high", "expected"),
    [
        # Adopted at least, by a yes on that very thing; or in operation nationwide.
        ("level", 2, 3, IN_PLACE),
        ("level", 3, 3, IN_PLACE),
        # An upper bound below the full mark is partly, whatever the lower one is.
        ("level", 2, 2, PARTLY),
        ("level", 1, 2, PARTLY),
        ("level", 0, 2, PARTLY),
        # A draft that is known to be there is a part of the thing.
        ("level", 1, 1, PARTLY),
        # Absent, or drafted at most.
        ("level", 0, 0, NOT_IN_PLACE),
        ("level", 0, 1, NOT_IN_PLACE),
        # At least drafted and at most in operation is unknown.
        ("level", 1, 3, UNKNOWN),
        ("level", 0, 3, UNKNOWN),
        ("answer", 1, 1, IN_PLACE),
        ("answer", 0, 0, NOT_IN_PLACE),
        ("answer", 0, 0.5, PARTLY),
        ("answer", 0, 1, UNKNOWN),
        # Of parts that are counted all must be there: two thirds of them are not enough.
        ("count", 5, 5, IN_PLACE),
        ("count", 4, 5, UNKNOWN),
        ("count", 0, 4, PARTLY),
        ("count", 0, 1, NOT_IN_PLACE),
        ("share", 0, 93, PARTLY),
        ("share", 80, 100, UNKNOWN),
    ],
)
def test_a_state_follows_from_the_bounds(scale, low, high, expected):
    assert state_of(scale, low, high)["state"] == expected


def test_what_is_unknown_is_either_not_read_or_a_report_is_silent():
    assert state_of("level", 0, 3, source="")["unknown_because"] == NOT_READ
    assert state_of("level", 1, 3)["unknown_because"] == SILENT
    assert state_of("level", 2, 3)["unknown_because"] == ""


def test_a_measure_has_no_state_and_what_cannot_be_asked_has_one():
    assert state_of("measure", 0, 0)["state"] is None
    assert state_of("level", np.nan, np.nan, applies=False)["state"] == DOES_NOT_APPLY


@settings(max_examples=examples(60), deadline=None)
@given(st.sampled_from(["level", "answer", "count", "share"]), st.floats(0, 1), st.floats(0, 1), st.booleans())
def test_every_answer_has_one_state_and_more_evidence_never_moves_it_from_short_to_in_place(scale, one, other, applies):
    low, high = sorted((one, other))
    top = TOP[scale]
    state = state_of(scale, low * top, high * top, applies=applies)["state"]
    assert state in STATES and (state == DOES_NOT_APPLY) == (not applies)
    if applies and state in (PARTLY, NOT_IN_PLACE):
        # Whatever narrower bounds turn out to be true, the full mark is not.
        for share in (low, (low + high) / 2, high):
            assert state_of(scale, share * top, share * top)["state"] in (PARTLY, NOT_IN_PLACE)
    if state == IN_PLACE:
        assert high == pytest.approx(1, abs=1e-8)


# The states of the sixteen countries.


@cache
def cells() -> dict[tuple[str, str], dict]:
    table = referral_results.states()
    return {(row["area_id"], row["indicator_id"]): row for row in table.to_dict("records")}


def cell(area_id: str, indicator_id: str) -> tuple[str, str]:
    row = cells()[area_id, indicator_id]
    return row["state"], row["period"]


def rows_of(file: str) -> list[dict[str, str]]:
    with open(catalog.RAW / f"{file}.csv", encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


SCALED = [
    row["indicator_id"]
    for file in ("referral/nrm_framework", "referral/nrm_reported")
    for row in rows_of(file)
    if row["scale"] != "measure"
]


def test_every_cell_has_exactly_one_state_and_nothing_without_a_scale_has_any():
    table = referral_results.states()
    assert not table.duplicated(["area_id", "indicator_id"]).any()
    assert set(zip(table["area_id"], table["indicator_id"], strict=True)) == {
        (area_id, name) for area_id in COUNTRIES for name in SCALED
    }
    assert table["state"].isin(STATES).all()
    assert table["unknown_because"].ne("").eq(table["state"].eq(UNKNOWN)).all()


def test_the_states_of_an_indicator_add_to_sixteen_with_what_does_not_apply():
    for name in SCALED:
        counts = Counter(cells()[area_id, name]["state"] for area_id in COUNTRIES)
        assert sum(counts.values()) == 16 and set(counts) <= set(STATES)
        # Burkina Faso, Mali and Niger left ECOWAS on 29 January 2025; Mauritania is no member.
        assert counts[DOES_NOT_APPLY] == (4 if name in ("H4", "H5") else 0)
    outside = {area_id for area_id in COUNTRIES if cells()[area_id, "H5"]["state"] == DOES_NOT_APPLY}
    assert outside == {"BFA", "MLI", "NER", "MRT"}


def test_there_is_a_gap_where_a_state_is_partly_or_not_in_place_and_nowhere_else():
    register = referral_results.register()
    rated = register[register["severity"] != "not rated"]
    short = {key for key, row in cells().items() if row["state"] in (PARTLY, NOT_IN_PLACE)}
    assert set(zip(rated["area_id"], rated["indicator_id"], strict=True)) == short
    assert not rated["missing"].str.startswith("Less than in full").any(), "each gap says what is missing"
    assert rated["year"].between(2018, 2026).all() and rated["source_ids"].ne("").all()


def test_every_state_that_is_known_has_the_year_that_it_speaks_of():
    for row in cells().values():
        known = row["state"] in (IN_PLACE, PARTLY, NOT_IN_PLACE)
        assert (row["period"] != "") if known else True, (row["area_id"], row["indicator_id"])


@pytest.mark.parametrize(
    ("area_id", "indicator_id", "expected"),
    [
        # GNB,2024,national_action_plan,yes,DOL2024_GNB,"Third National Plan ... approved"
        ("GNB", "A7", (IN_PLACE, "2024")),
        # GNB,2019,action_plan_funded,no,TIP2019_GNB,"committee without a budget for the plan": older than that plan.
        ("GNB", "A7b", (UNKNOWN, "")),
        # SLE,2025,national_action_plan,yes,SIERRALOADED_2025,"revised plan adopted"; its plan is of 2023-2027.
        ("SLE", "A7", (IN_PLACE, "2025")),
        # SLE,2021,action_plan_funded,partly,ILO_C182_2021_SLE,"1 billion leones ... in 2020; not tied to the plan"
        ("SLE", "A7b", (UNKNOWN, "")),
        # NGA,2023,national_action_plan,yes,GATMASH2023_NGA,"2022-2026, launched November 2022, 15.7 billion naira"
        ("NGA", "A7", (IN_PLACE, "2023")),
        # NGA,2023,action_plan_funded,partly,DAILYPOST2023_NGA,"agency had 2 billion naira for 2023 ..."
        ("NGA", "A7b", (PARTLY, "2023")),
        # GMB,2025,national_action_plan,yes,PARADIGM_GMB2026,"plan in force to December 2025"
        ("GMB", "A7", (IN_PLACE, "2025")),
        # TGO,2023,national_action_plan,no,TIP2023_TGO_b,"not updated for 15 years"
        ("TGO", "A7", (NOT_IN_PLACE, "2022")),
        # SEN,2025,national_action_plan,partly,TIP2025_SEN,"plan for 2024-2026 drafted"
        ("SEN", "A7", (PARTLY, "2024")),
        # GMB,2021,law_child_no_force_required,partly,ILO_GMB_C182_FIRST,"... wording of the 2007 act not read"
        ("GMB", "A2", (UNKNOWN, "")),
        # SEN_LOI2005_06: "the offence is made out where the person is a minor, even if none of the means was used"
        ("SEN", "A2", (IN_PLACE, "2023")),
        # SLE,2020,training_officials,partly,WHI2020_SLE,"NGO project ... trained police and border officers"
        ("SLE", "B7", (UNKNOWN, "")),
        # BFA,2024,data_collection_system,partly: "application for labour inspectors ... not a trafficking register";
        # BFA,2023,data_collection_system,partly,TIP2023_BFA,"case management and data weak" stands.
        ("BFA", "I1", (PARTLY, "2022")),
        # TGO,2024,data_collection_system,no,DOL2024_TGO,"no enforcement data on child labour published since 2017"
        ("TGO", "I1", (UNKNOWN, "")),
        # A form, a rapid assessment form, screening by indicators: whether a list is in use, child version included,
        # is not said.
        ("GMB", "C2", (UNKNOWN, "")),
        ("NGA", "C2", (UNKNOWN, "")),
        ("GIN", "C2", (UNKNOWN, "")),
        ("GHA", "C2", (UNKNOWN, "")),
        ("MLI", "C2", (UNKNOWN, "")),
        ("NER", "C2", (UNKNOWN, "")),
        # GMB,2025, NER,2022 and SLE,2024: proactive_screening,partly,"inferred from a recommendation"
        ("GMB", "C2b", (UNKNOWN, "")),
        ("NER", "C2b", (UNKNOWN, "")),
        ("SLE", "C2b", (UNKNOWN, "")),
        # NGA,2025,proactive_screening,partly,TIP2025_NGA,"inadequate among vulnerable groups"
        ("NGA", "C2b", (PARTLY, "2024")),
        # MRT,2025,proactive_screening,no,TIP2025_MRT,"vulnerable groups not adequately screened"
        ("MRT", "C2b", (PARTLY, "2024")),
        # SEN,2025 is inferred; SEN,2023,partly,TIP2023_SEN,"procedures applied inconsistently, not in all regions"
        ("SEN", "C2b", (PARTLY, "2022")),
        # BEN,2021,proactive_screening,yes,TIP2021_BEN,"border, station and market patrols for children"
        ("BEN", "C2b", (IN_PLACE, "2020")),
        # Validated in July 2023; whether it is in operation was not read.
        ("BEN", "H5", (UNKNOWN, "")),
        # TIP2020_TGO_b: "recommended in 2020, law lacks victim protection": of 2019.
        ("TGO", "G4", (NOT_IN_PLACE, "2019")),
        # LBR,2022,referral_labour_to_social_services,no,DOLX2022
        ("LBR", "C6", (NOT_IN_PLACE, "2022")),
        # MRT,2021,training_officials,no; MRT,2024,training_officials,yes,DOL2024_MRT: the newer stands.
        ("MRT", "B7", (UNKNOWN, "")),
        # SEN,2025,data_collection_system,yes,TIP2025_SEN,"new anti-trafficking database in use": no gap of 2023 stays.
        ("SEN", "I1", (UNKNOWN, "")),
    ],
)
def test_the_state_of_a_country_as_its_sources_have_it(area_id, indicator_id, expected):
    state, period = cell(area_id, indicator_id)
    assert state == expected[0], (state, period)
    if state != UNKNOWN:
        assert period == expected[1]


def test_no_gap_rests_on_child_labour_cases_or_on_training_against_child_labour():
    latest = referral_results.latest()
    assert not latest["asked"].isin(["child labour cases", "criminal_convictions", "criminal_prosecutions"]).any()
    assert not latest["asked"].str.startswith("training_criminal").any()
    assert not latest["asked"].str.startswith("training_labour").any()


def test_nothing_that_was_inferred_from_a_recommendation_is_evidence():
    inferred = {
        (row["area_id"], row["indicator"], row["source_id"])
        for row in rows_of("evidence/referral_indicators")
        if "inferred from a recommendation" in row["note"] and row["answer"] in ("no", "partly")
    }
    assert inferred, "the evidence marks such answers"
    latest = referral_results.latest()
    used = {
        (row.area_id, row.asked, source)
        for row in latest[latest["missing"].ne("")].itertuples()
        for source in row.source_id.split(";")
    }
    assert not inferred & used


def test_each_answer_that_is_set_aside_or_dated_stands_in_the_evidence_with_a_reason():
    there = {
        (row["area_id"], row["report_year"], row["indicator"], row["answer"], row["source_id"])
        for row in rows_of("evidence/referral_indicators")
    }
    review = rows_of("referral/nrm_answer_review")
    for row in review:
        key = (row["area_id"], row["report_year"], row["indicator"], row["answer"], row["source_id"])
        assert key in there and row["reason"]
        assert (row["speaks_of"] != "") == (row["verdict"] == "dated")
    assert {row["verdict"] for row in review} == {"set aside", "dated"}
