"""From what reports say to bounds on the indicators of referral mechanisms, and to profiles."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from fuzzing import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from refusals import refused

from analysis import catalog
from analysis.exhibits import referral_evidence
from analysis.referral import answers, gaps, profiles

FRAMEWORK = pd.DataFrame(
    [
        ("A8", 3.0, "", ""),
        ("A6", 1.0, "minimum age;hazardous work;school long enough;work after school", "weakest"),
        ("A7", 3.0, "", ""),
        ("C1", 3.0, "identification;referral", "weakest"),
        ("B7", 5.0, "police;border;labour;health;education", "sum"),
        ("H1", np.nan, "", ""),
    ],
    columns=["indicator_id", "top", "parts", "combine"],
)
CROSSWALK = catalog.load("nrm_crosswalk")


def coded(*rows) -> pd.DataFrame:
    columns = ["area_id", "report_year", "indicator", "answer", "source_id", "note"]
    return pd.DataFrame(rows, columns=columns)


def answered(*rows, as_of: int = 2023, within: int = 5) -> pd.DataFrame:
    found = answers.latest(answers.from_answers(coded(*rows), CROSSWALK), as_of, within)
    return answers.answers(found, FRAMEWORK, ["SEN"]).set_index("indicator_id")


def bounds(table: pd.DataFrame, indicator_id: str) -> tuple[float, float]:
    return table.at[indicator_id, "low"], table.at[indicator_id, "high"]


def test_a_yes_bounds_a_level_and_does_not_fix_it():
    table = answered(("SEN", 2022, "formal_nrm", "yes", "S1", "decree"))
    assert bounds(table, "A8") == (2, 3)
    assert table.at["A8", "known"] and table.at["A8", "year"] == 2022 and table.at["A8", "source_ids"] == "S1"


def test_unknown_is_the_whole_scale_and_never_no():
    table = answered(("SEN", 2022, "formal_nrm", "unknown", "NOT_FOUND", ""))
    assert bounds(table, "A8") == (0, 3)
    assert not table.at["A8", "known"] and pd.isna(table.at["A8", "year"]) and table.at["A8", "source_ids"] == ""
    assert np.isnan(table.at["H1", "low"]) and not table.at["H1", "known"]


def test_a_later_unknown_takes_an_earlier_answer_not_back():
    rows = [("SEN", 2020, "formal_nrm", "no", "S1", ""), ("SEN", 2022, "formal_nrm", "unknown", "NOT_FOUND", "")]
    assert bounds(answered(*rows), "A8") == (0, 1)


def test_the_latest_answer_counts_and_old_ones_run_out():
    rows = [("SEN", 2019, "formal_nrm", "no", "S1", ""), ("SEN", 2021, "formal_nrm", "partly", "S2", "")]
    assert bounds(answered(*rows), "A8") == (1, 2)
    assert bounds(answered(*rows, as_of=2020), "A8") == (0, 1)
    assert bounds(answered(*rows, as_of=2026), "A8") == (0, 3)


def test_sources_of_one_year_that_differ_reach_over_both():
    rows = [("SEN", 2021, "formal_nrm", "no", "S1", ""), ("SEN", 2021, "formal_nrm", "yes", "S2", "")]
    table = answered(*rows)
    assert bounds(table, "A8") == (0, 3)
    assert table.at["A8", "differ"] and table.at["A8", "source_ids"] == "S1;S2"


def test_two_questions_on_one_thing_narrow_each_other():
    crosswalk = pd.DataFrame(
        [("A8", "", "in_law", "yes", 2.0, 3.0, ""), ("A8", "", "carried_out", "no", 0.0, 2.0, "Not carried out")],
        columns=["indicator_id", "part", "coded_indicator", "answer", "low", "high", "missing"],
    ).assign(obliged="yes", reason="")
    rows = coded(("SEN", 2022, "in_law", "yes", "S1", ""), ("SEN", 2021, "carried_out", "no", "S2", ""))
    latest = answers.latest(answers.from_answers(rows, crosswalk), 2023)
    table = answers.answers(latest, FRAMEWORK, ["SEN"]).set_index("indicator_id")
    assert bounds(table, "A8") == (2, 2)
    assert not table.at["A8", "differ"] and table.at["A8", "year"] == 2022 and table.at["A8", "source_ids"] == "S2;S1"


def test_a_plan_that_was_not_funded_says_nothing_of_the_plan_in_force():
    rows = [("SEN", 2022, "national_action_plan", "yes", "S1", ""), ("SEN", 2019, "action_plan_funded", "no", "S2", "")]
    assert bounds(answered(*rows), "A7") == (2, 3)


def test_an_answer_that_the_crosswalk_does_not_have_is_refused_and_not_lost():
    with refused(ValueError, "not_in_crosswalk", "'often'"):
        answers.from_answers(coded(("SEN", 2022, "formal_nrm", "often", "S1", "")), CROSSWALK)
    # A question that no indicator asks is another thing.
    assert answers.from_answers(coded(("SEN", 2022, "school_meals", "often", "S1", "")), CROSSWALK).empty


def test_the_weakest_part_decides():
    rows = [
        ("SEN", 2022, "sops_victim_identification", "yes", "S1", ""),
        ("SEN", 2022, "sops_referral", "partly", "S1", ""),
    ]
    assert bounds(answered(*rows), "C1") == (1, 2)
    # One part alone caps the whole, and cannot lift it.
    assert bounds(answered(rows[0]), "C1") == (0, 3)
    assert bounds(answered(rows[1]), "C1") == (0, 2)


def test_parts_are_counted_within_what_the_whole_allows():
    some = answers.from_answers(coded(("SEN", 2022, "training_officials", "yes", "S2", "")), CROSSWALK)

    def with_police(low: float, high: float) -> tuple[float, float]:
        read = pd.DataFrame(
            [("SEN", "B7", "police", 2022, low, high, "", "S1", "")],
            columns=["area_id", "indicator_id", "part", "report_year", "low", "high", "missing", "source_id", "reason"],
        )
        latest = answers.latest(pd.concat([some, answers.from_hand(read)]), 2023)
        return bounds(answers.answers(latest, FRAMEWORK, ["SEN"]).set_index("indicator_id"), "B7")

    assert with_police(1, 1) == (1, 5)
    # Not the police, but somebody: one of the other four at least.
    assert with_police(0, 0) == (1, 4)


def test_training_on_child_labour_says_nothing_of_training_to_identify_victims():
    for asked in ("training_criminal_investigators_initial", "training_labour_inspectors_initial"):
        assert asked not in set(CROSSWALK["coded_indicator"])
        assert bounds(answered(("SEN", 2022, asked, "no", "DOLX2022", "coded by DOL")), "B7") == (0, 5)


def test_a_part_that_the_framework_does_not_have_is_refused():
    found = pd.DataFrame(
        [("SEN", "B7", "navy", 2022, 1.0, 1.0, "", "notes", "note", "", "S1", "", "yes", False)],
        columns=[*answers.READING, "differ"],
    )
    with refused(ValueError, "unknown_part", "'navy'"):
        answers.answers(found, FRAMEWORK, ["SEN"])


def test_a_measure_has_bounds_only_where_something_is_known():
    assert bounds(answered(("SEN", 2022, "bilateral_agreement", "yes", "S1", "")), "H1") == (1, np.inf)
    assert bounds(answered(("SEN", 2022, "bilateral_agreement", "no", "S1", "")), "H1") == (0, 0)


def test_what_does_not_apply_is_neither_known_nor_scored():
    exempt = pd.DataFrame({"area_id": ["SEN"], "indicator_id": ["A8"], "note": ["not a member"]})
    empty = answers.latest(answers.from_answers(coded(), CROSSWALK), 2023)
    table = answers.answers(empty, FRAMEWORK, ["SEN"], exempt)
    assert not table.loc[table["indicator_id"] == "A8", "applies"].item()
    assert "A8" not in set(answers.scored(table)["indicator_id"])
    assert "H1" not in set(answers.scored(table)["indicator_id"])


def test_ages_are_compared_with_what_the_framework_asks_for():
    law = pd.DataFrame(
        [
            ("BEN", 2022, "minimum_age_work", 14.0, "S1"),
            ("BEN", 2022, "minimum_age_hazardous_work", 18.0, "S1"),
            ("BEN", 2022, "compulsory_education_age", 11.0, "S1"),
            ("GMB", 2022, "minimum_age_work", 18.0, "S1"),
            ("GMB", 2022, "compulsory_education_age", 16.0, "S1"),
            ("CIV", 2022, "minimum_age_work", 16.0, "S1"),
            ("CIV", 2022, "compulsory_education_age", 16.0, "S1"),
        ],
        columns=["area_id", "report_year", "indicator", "low", "source_id"],
    ).assign(answer="figure")
    verdict = ("CIV", 2022, "minimum_age_work_meets_standard", np.nan, "S1", "no")
    law.loc[len(law)] = verdict
    table = answers.age_answers(law).pivot(index="area_id", columns="indicator", values="answer")
    # 14 is less than the framework asks for, and what a state may name; school ends at 11.
    assert table.loc["BEN"].to_dict() == {
        "minimum_age_work_15": "no",
        "minimum_age_work_14": "yes",
        "minimum_age_hazardous_18": "yes",
        "school_to_working_age": "no",
        "work_after_school": "yes",
    }
    # Work from 18, school to 16: nobody works before school ends.
    assert list(table.loc["GMB", ["school_to_working_age", "work_after_school"]]) == ["no", "yes"]
    assert list(table.loc["CIV", ["school_to_working_age", "work_after_school"]]) == ["yes", "yes"]
    # High enough, and found to fall short all the same.
    assert table.at["CIV", "minimum_age_work_15"] == "partly"
    # An age that is not given is no answer.
    assert pd.isna(table.at["GMB", "minimum_age_hazardous_18"])


def test_a_treaty_binds_from_its_date_on():
    treaties = pd.DataFrame(
        [
            ("SEN", "UNTOC", "bound", "2003-10-27", "2003-10-27"),
            ("SEN", "ILO P029", "signed", None, None),
            ("SEN", "OPAC", "none", None, None),
            ("SEN", "CRC", "unknown", None, None),
            ("SEN", "OPSC", "bound", "2003-01-01", "2004-12-31"),
            ("SEN", "ILO C182", "bound", None, None),
            ("SEN", "Kampala Convention", "bound", "2010-01-01", "2010-12-31"),
        ],
        columns=["area_id", "treaty", "status", "date_low", "date_high"],
    ).assign(source_id="S1", note="", read_in=pd.array([2015, 2015, 2020, 2015, 2015, 2015, 2015], dtype="Int64"))
    for side in ("date_low", "date_high"):
        treaties[side] = pd.to_datetime(treaties[side])
    of_2003 = answers.treaty_readings(treaties, 2003).set_index("part")
    assert list(of_2003.loc["UNTOC", ["low", "high"]]) == [1, 1]
    assert list(of_2003.loc["OPSC", ["low", "high"]]) == [0, 1]
    assert list(of_2003.loc["ILO C182", ["low", "high"]]) == [1, 1]
    assert of_2003.at["ILO P029", "missing"] == "Signed and not bound by ILO P029"
    assert of_2003.at["OPAC", "missing"] == "Not bound by OPAC"
    # That a treaty does not bind is as old as the list that says so: that of 2015 says nothing of 2023.
    of_2023 = answers.treaty_readings(treaties, 2023).set_index("part")
    assert of_2023["year"].to_dict() == {"UNTOC": 2023, "ILO P029": 2015, "OPAC": 2020, "OPSC": 2023, "ILO C182": 2023}
    kept = answers.latest(of_2023.reset_index(), 2023)
    assert set(kept["part"]) == {"UNTOC", "OPAC", "OPSC", "ILO C182"}
    assert not {"CRC", "Kampala Convention"} & set(of_2003.index)
    of_2002 = answers.treaty_readings(treaties, 2002).set_index("part")
    assert list(of_2002.loc["UNTOC", ["low", "high"]]) == [0, 0]


def test_the_share_of_children_is_as_wide_as_the_counts_leave_it():
    victims = pd.DataFrame(
        [("SEN", 2020, "victims", 10.0, 20.0, "S1"), ("SEN", 2020, "child_victims", 5.0, 12.0, "S1")],
        columns=["area_id", "year", "measure", "low", "high", "source_id"],
    )
    people = pd.DataFrame({"area_id": ["SEN"], "year": [2020], "population": [1_000_000]})
    table = answers.rate_readings(victims, people, 2023).set_index("indicator_id")
    assert list(table.loc["C9", ["low", "high"]]) == [1, 2]
    assert list(table.loc["E7", ["low", "high"]]) == [25, 100]


def test_convictions_are_a_figure_with_its_period_and_show_no_gap():
    headline = pd.DataFrame(
        [("GNB", 0, 0, "0 (2023)"), ("GHA", 13, np.inf, "at least 13 (2023)"), ("TGO", np.nan, np.nan, "")],
        columns=["area_id", "low", "high", "words"],
    ).assign(period_end=pd.Timestamp(2023, 3, 31), source_id="S1")
    found = answers.conviction_readings(headline).set_index("area_id")
    assert list(found.index) == ["GNB", "GHA"] and found["missing"].eq("").all()
    assert list(found.loc["GHA", ["low", "high", "year"]]) == [13, np.inf, 2023]
    assert found.at["GNB", "note"].endswith("0 (2023)")


@pytest.mark.parametrize(
    ("source_id", "report_year", "spoken_of"),
    [
        # The State Department's report of 2023 tells of April 2022 to March 2023, most of which is 2022.
        ("TIP2023_GNB_p", 2023, 2022),
        # What the report of 2020 says is not of 2021 because a row was filed there.
        ("TIP2020_TGO_b", 2021, 2019),
        ("DOL2024_SEN", 2024, 2024),
        ("DOLX2022", 2022, 2022),
        # A row on 2021 that a later report tells of stays one on 2021.
        ("DOL2022_GNB", 2021, 2021),
        ("ILO2018_BEN_C29", 2019, 2018),
        ("ILO_C182_2018_NER", 2019, 2018),
        ("LEMANDAT_CIV202506", 2025, 2025),
    ],
)
def test_an_answer_is_of_the_year_that_its_source_speaks_of(source_id, report_year, spoken_of):
    assert answers.year_spoken_of(source_id, report_year) == spoken_of


def test_a_review_sets_answers_aside_and_dates_them_and_names_none_that_is_not_there():
    rows = coded(
        ("SEN", 2023, "formal_nrm", "no", "TIP2023_SEN", "inferred from a recommendation"),
        ("SEN", 2021, "formal_nrm", "yes", "TIP2021_SEN", ""),
        ("SEN", 2024, "national_action_plan", "yes", "MINDELINSITE202312", ""),
    )
    keys = ["area_id", "report_year", "indicator", "answer", "source_id", "verdict", "speaks_of", "reason"]
    review = pd.DataFrame(
        [
            ("SEN", 2023, "formal_nrm", "no", "TIP2023_SEN", "set aside", pd.NA, "inferred"),
            ("SEN", 2024, "national_action_plan", "yes", "MINDELINSITE202312", "dated", 2023, "presented in 2023"),
        ],
        columns=keys,
    )
    found = answers.reviewed(rows, review)
    assert dict(zip(found["source_id"], found["year"], strict=True)) == {
        "TIP2021_SEN": 2020,
        "MINDELINSITE202312": 2023,
    }
    with refused(ValueError, "unknown_answer", "TIP2099_SEN"):
        answers.reviewed(rows, review.assign(source_id="TIP2099_SEN"))


def test_of_readings_that_contradict_one_another_the_newer_stands():
    def said(*rows) -> tuple[float, float]:
        table = pd.DataFrame(rows, columns=["year", "low", "high", "asked"]).assign(
            area_id="SEN", indicator_id="A8", part="", answer="", basis="", missing="", source_id="S", note="",
            obliged="yes", differ=False,
        )  # fmt: skip
        return bounds(answers.answers(table, FRAMEWORK, ["SEN"]).set_index("indicator_id"), "A8")

    assert said((2024, 2, 3, "a"), (2019, 0, 1, "b")) == (2, 3)
    assert said((2019, 2, 3, "a"), (2024, 0, 1, "b")) == (0, 1)
    # Those of one year reach over both, and an older one that fits narrows what newer ones leave.
    assert said((2024, 2, 3, "a"), (2024, 0, 1, "b")) == (0, 3)
    assert said((2024, 1, 3, "a"), (2019, 1, 2, "b")) == (1, 2)


def test_members_alone_are_asked_about_the_regional_mechanism():
    members = pd.DataFrame(
        {
            "area_id": ["BEN", "MLI", "MRT"],
            "member": ["yes", "yes", "no"],
            "until": pd.to_datetime([None, "2025-01-29", None]),
            "source_id": "S1",
            "note": "",
        }
    )
    found, exempt = answers.regional_readings(members, 2023, "S2")
    # Validated, and nothing more is known: that is no gap.
    assert set(found["missing"]) == {""} and set(found["high"]) == {3} and set(found["year"]) == {2023}
    assert set(found["area_id"]) == {"BEN", "MLI"} and set(exempt["area_id"]) == {"MRT"}
    found, exempt = answers.regional_readings(members, 2025, "S2")
    assert set(found["area_id"]) == {"BEN"} and set(exempt["area_id"]) == {"MLI", "MRT"}
    # Before it was validated nothing is known of it.
    assert answers.regional_readings(members, 2022, "S2")[0].empty


def test_a_year_of_less_than_five_alone_may_be_one_without_a_report():
    detected = pd.DataFrame(
        [("NGA", 2020, "female", "all", "exact"), ("NGA", 2021, "all", "all", "exact")],
        columns=["area_id", "year", "sex", "age", "value_qualifier"],
    ).assign(source_id="S1")
    forms = pd.DataFrame(
        [("CPV", 2019, "other", "below_5"), ("CPV", 2020, "other", "below_5"), ("NGA", 2017, "other", "exact")],
        columns=["area_id", "year", "form", "value_qualifier"],
    ).assign(source_id="S1")
    flows = pd.DataFrame(columns=["detected_in", "year", "citizenship", "value_qualifier", "source_id"])
    found = answers.unodc_readings(detected, forms, flows, ["CPV", "NGA"], 2021).set_index(["indicator_id", "area_id"])
    assert list(found.loc[("I3", "CPV"), ["low", "high"]]) == [0, 2]
    assert found.loc[("I3", "CPV"), "missing"] == "Of 2019 to 2021, 1 without a figure in UNODC's data"
    assert list(found.loc[("I3", "NGA"), ["low", "high"]]) == [2, 2]
    # Nigeria's form is of 2017, and Cabo Verde's is "<5".
    assert list(found.loc["I2", "part"]) == ["sex"]


def test_what_people_coded_counts_whenever_they_did_and_before_what_reports_say():
    agreed = pd.DataFrame(
        [("SEN", "A8", 1.0, 1.0, "agreed", "2026-03-01"), ("SEN", "A7", 0.0, 3.0, "not coded", "2026-03-01")],
        columns=["area_id", "indicator_id", "low", "high", "status", "date"],
    ).assign(source_id="", evidence="decree seen")
    made = answers.from_coding(agreed, FRAMEWORK.assign(short="Mechanism"))
    assert list(made["missing"]) == ["Mechanism: coded 1 of 3"]
    reports = answers.from_answers(coded(("SEN", 2023, "formal_nrm", "yes", "S1", "")), CROSSWALK)
    table = answers.answers(answers.latest(pd.concat([reports, made]), 2023), FRAMEWORK, ["SEN"])
    table = table.set_index("indicator_id")
    assert bounds(table, "A8") == (1, 1) and table.at["A8", "basis"] == "coding sheet, agreed"


def test_bounds_that_are_no_part_of_the_scale_are_refused():
    found = pd.DataFrame(
        [("SEN", "A8", "", 2022, 2.0, 4.0, "", "notes", "note", "", "S1", "", "yes", False)],
        columns=[*answers.READING, "differ"],
    )
    with refused(ValueError, "out_of_range", "2", "4", "'notes'"):
        answers.answers(found, FRAMEWORK, ["SEN"])
    with refused(ValueError, "out_of_range"):
        answers.answers(found.assign(low=3.0, high=2.0), FRAMEWORK, ["SEN"])


def test_nothing_at_all_leaves_everything_open():
    no_law = pd.DataFrame(columns=["area_id", "report_year", "indicator", "low", "answer", "source_id"])
    assert answers.age_answers(no_law).empty
    table = answers.answers(answers.latest(pd.DataFrame(columns=answers.READING), 2023), FRAMEWORK, ["SEN"])
    assert not table["known"].any() and list(table.loc[table["indicator_id"] == "B7", "high"]) == [5]


def scored_table(low, high, dimension="A") -> pd.DataFrame:
    return pd.DataFrame(
        {
            "area_id": "SEN",
            "dimension_id": dimension,
            "indicator_id": [f"{dimension}{number}" for number in range(1, len(low) + 1)],
            "score_low": low,
            "score_high": high,
            "known": [not (first == 0 and last == 1) for first, last in zip(low, high, strict=True)],
        }
    )


def test_a_profile_by_hand():
    found = profiles.profile(scored_table([1, 2 / 3, 0, 0], [1, 1, 1, 1 / 3]), ["area_id", "dimension_id"])
    row = found.iloc[0]
    # (1 + 2/3 + 0 + 0) / 4 and (1 + 1 + 1 + 1/3) / 4
    assert row["low"] == pytest.approx(5 / 12) and row["high"] == pytest.approx(10 / 12)
    assert (row["known"], row["indicators"], row["coverage"]) == (3, 4, 0.75)
    assert np.isnan(row["estimate"]) and row["reason"] == "too few known: 3 of 4"


def test_a_number_is_given_only_where_the_bounds_are_narrow():
    keys = ["area_id", "dimension_id"]
    narrow = profiles.profile(scored_table([1, 2 / 3], [1, 1]), keys).iloc[0]
    assert narrow["estimate"] == pytest.approx((5 / 6 + 1) / 2)
    # All three are known, and leave half of the scale open.
    wide = profiles.profile(scored_table([0, 0, 0], [0.5, 0.5, 0.5]), keys).iloc[0]
    assert np.isnan(wide["estimate"]) and "more than a third" in wide["reason"]


def test_weights_must_be_there_and_above_zero():
    table = scored_table([1, 0], [1, 0])
    found = profiles.profile(table, ["area_id"], weights=pd.Series({"A1": 3.0, "A2": 1.0}))
    assert found["low"].item() == pytest.approx(0.75)
    with refused(ValueError, "zero_weight"):
        profiles.profile(table, ["area_id"], weights=pd.Series({"A1": 3.0}))
    with refused(ValueError, "out_of_range"):
        profiles.profile(scored_table([0.5], [0.2]), ["area_id"])
    with pytest.raises(ValueError, match="A1 stands twice"):
        profiles.profile(pd.concat([table, table]), ["area_id"])


def test_law_is_ahead_of_practice_only_where_every_completion_says_so():
    ahead = pd.concat([scored_table([1, 1], [1, 1]), scored_table([0, 0], [0.5, 0.5], "B")])
    aspects = ["law"] * 2 + ["practice"] * 2
    assert profiles.law_and_practice(ahead.assign(aspect=aspects))["verdict"].item() == "law is ahead of practice"
    open_ = pd.concat([scored_table([1, 0], [1, 1]), scored_table([0, 0], [0.5, 0.5], "B")])
    found = profiles.law_and_practice(open_.assign(aspect=aspects)).iloc[0]
    assert found["verdict"] == "not decided by what is known"
    assert (found["difference_low"], found["difference_high"]) == (0.0, 1.0)


LEVEL = st.tuples(st.integers(0, 3), st.integers(0, 3)).map(sorted)


@pytest.mark.slow
@settings(max_examples=examples(29), deadline=None)
@given(st.lists(LEVEL, min_size=1, max_size=5), st.data())
def test_no_completion_lies_outside_the_bounds_and_filling_shrinks_them(levels, data):
    low, high = ([level[side] / 3 for level in levels] for side in (0, 1))
    keys = ["area_id", "dimension_id"]
    before = profiles.profile(scored_table(low, high), keys).iloc[0]
    for completion in itertools.product(*(range(first, last + 1) for first, last in levels)):
        score = sum(completion) / 3 / len(completion)
        assert before["low"] - 1e-9 <= score <= before["high"] + 1e-9
    place = data.draw(st.integers(0, len(levels) - 1))
    filled = data.draw(st.integers(*levels[place])) / 3
    low[place] = high[place] = filled
    after = profiles.profile(scored_table(low, high), keys).iloc[0]
    assert before["low"] - 1e-9 <= after["low"] <= after["high"] <= before["high"] + 1e-9


@pytest.mark.slow
@settings(max_examples=examples(17), deadline=None)
@given(st.lists(st.sampled_from(["yes", "partly", "no", "unknown"]), min_size=3, max_size=3), st.integers(0, 2))
def test_answering_what_was_unknown_never_widens_an_indicator(words, place):
    asked = ["sops_victim_identification", "sops_referral", "training_officials"]
    rows = [("SEN", 2022, name, word, "S1", "") for name, word in zip(asked, words, strict=True)]
    fewer = [row if number != place else (*row[:3], "unknown", "S1", "") for number, row in enumerate(rows)]
    more, less = answered(*rows), answered(*fewer)
    for name in ("C1", "B7"):
        assert less.at[name, "low"] <= more.at[name, "low"] <= more.at[name, "high"] <= less.at[name, "high"]


def test_every_answer_of_the_crosswalk_lies_within_its_scale():
    framework = referral_evidence.framework().set_index("indicator_id")
    table = CROSSWALK.join(framework, on="indicator_id")
    of_part = table["combine"].eq("sum") & table["part"].ne("")
    top = table["top"].mask(of_part, 1.0).fillna(np.inf)
    low, high = table["low"].fillna(0), table["high"].fillna(np.inf)
    assert (low <= high).all() and (high[table["top"].notna()] <= top[table["top"].notna()]).all()
    parts = [part == "" or part in whole.split(";") for part, whole in zip(table["part"], table["parts"], strict=True)]
    assert all(parts)
    # A "yes" never shows a gap, and a "no" always does, but where the question is another than the indicator's.
    assert table.loc[table["answer"] == "yes", "missing"].eq("").all()
    beside = table["coded_indicator"].eq("penalties_commensurate") & table["indicator_id"].eq("G6")
    assert table.loc[table["answer"].eq("no") & ~beside, "missing"].ne("").all()
    # What is missing leaves less than the full mark.
    shown = table[table["missing"].ne("") & table["top"].notna()]
    assert (shown["high"] < top[shown.index]).all()


def test_a_change_is_one_of_answers_to_the_same_question():
    rows = [
        ("SEN", 2015, "formal_nrm", "no", "S1", ""),
        ("SEN", 2019, "formal_nrm", "partly", "S2", ""),
        ("SEN", 2022, "formal_nrm", "yes", "S3", ""),
        ("SEN", 2022, "national_action_plan", "yes", "S3", ""),
        ("SEN", 2015, "coordinating_body", "yes", "S1", ""),
        ("SEN", 2016, "coordinating_body", "unknown", "NOT_FOUND", ""),
        ("SEN", 2021, "coordinating_body", "partly", "S2", ""),
        ("SEN", 2018, "sops_referral", "partly", "S2", ""),
        ("SEN", 2021, "sops_referral", "yes", "S2", ""),
        ("SEN", 2018, "dedicated_shelter", "no", "S2", ""),
        ("SEN", 2021, "dedicated_shelter", "no", "S2", ""),
    ]
    found = gaps.change(answers.from_answers(coded(*rows), CROSSWALK), 2023).set_index("asked")
    assert found["change"].to_dict() == {
        "formal_nrm": "better",
        "coordinating_body": "worse",
        "sops_referral": "better",
        "dedicated_shelter": "same answer",
    }
    assert found["certain"].to_dict() == {
        "formal_nrm": True,
        # 1 to 3 before, 1 to 2 now: the level may be the same.
        "coordinating_body": False,
        "sops_referral": False,
        "dedicated_shelter": False,
    }
    assert found.at["formal_nrm", "turned"] == 2022 and found.at["formal_nrm", "years"] == 3
    assert pd.isna(found.at["dedicated_shelter", "turned"])
    counts = gaps.counted(found.reset_index(), ["area_id"]).iloc[0]
    assert (counts["better"], counts["worse"], counts["same answer"], counts["questions"]) == (2, 1, 1, 4)
