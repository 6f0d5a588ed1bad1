"""From an export of the children's survey to respondents: nothing is lost, guessed, or kept of whoever said no."""

import datetime

import numpy as np
import pandas as pd
import pytest
from fuzzing import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from refusals import refused
from survey_forms import FRAME, form, frame, refusal, table, write_csv, write_excel

from analysis.intake.source import SourceError
from analysis.survey import questionnaire, sample
from analysis.survey.export import ExportError
from analysis.survey.intake import REFUSALS, columns, intake
from analysis.survey.questionnaire import unknown_answers
from analysis.survey.sample import FrameError
from survey_stats import NotEstimable

# At least one interview in each stratum, and a visit in each unit.
REST = [form(91, psu_id="A2"), form(92, psu_id="B1")]


def read(tmp_path, *forms, **options):
    return intake(write_csv(tmp_path / "children.csv", table([*forms, *REST])), frame(), **options)


def rules_of(found) -> dict[tuple[int, str], str]:
    return {(row.row, row.column): row.rule for row in found.quarantine.itertuples()}


def rows_of(found) -> dict[str, int]:
    account = found.account[found.account["question"] == ""]
    return dict(zip(account["outcome"], account["rows"], strict=True))


def test_a_form_that_keeps_all_rules_becomes_a_respondent(tmp_path):
    found = read(tmp_path, form(1))
    assert len(found.quarantine) == 0 and len(found.respondents) == 3
    assert tuple(found.respondents.columns) == columns()
    child = found.respondents.iloc[0]
    assert (child["respondent_id"], child["area_id"], child["age"]) == (form(1)["_uuid"], "TR-27", 12)
    assert child["interview_date"] == pd.Timestamp("2026-03-01")
    assert bool(child["urban"]) is True and child["stratum"] == "TR-27 SY"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "grouped", "split"),
    [("xlsx", True, "both"), ("xlsx", False, "columns"), (";", True, "both"), (";", True, "columns"),
     (";", False, "cell"), (",", False, "columns"), ("\t", True, "cell")],
)  # fmt: skip
def test_the_same_respondents_come_of_an_export_however_it_was_downloaded(tmp_path, grouped, split, kind):
    forms = [form(1, acts="transported recruited", asset_items="television oven"), *REST, refusal(2, "no_consent")]
    rows = table(forms, grouped, split)
    if kind == "xlsx":
        path = write_excel(tmp_path / "children.xlsx", rows)
    else:
        path = write_csv(tmp_path / "children.csv", rows, kind)
    found = intake(path, frame())
    expected = read(tmp_path, forms[0], forms[-1])
    pd.testing.assert_frame_equal(
        found.respondents.sort_values("respondent_id", ignore_index=True),
        expected.respondents.sort_values("respondent_id", ignore_index=True),
    )
    assert found.respondents["acts"].iloc[0] == "recruited transported"
    assert found.respondents["assets"].iloc[0] == 2
    assert found.undeclared == ()


def test_every_row_is_a_respondent_a_refusal_or_in_quarantine(tmp_path):
    forms = [form(1), form(2, age="44"), *(refusal(10 + n, outcome) for n, outcome in enumerate(REFUSALS)), form(1)]
    found = read(tmp_path, *forms)
    account = rows_of(found)
    assert account["read"] == len(forms) + len(REST)
    assert account == {
        "read": 10, "interview": 3, "quarantine": 2, "answers_left_out": 0, **dict.fromkeys(REFUSALS, 1),
    }  # fmt: skip
    assert sorted(found.refusals["outcome"]) == sorted([*REFUSALS, "quarantine"])
    assert list(found.refusals) == ["psu_id", "outcome"]


BROKEN = [
    ({"sex": "f"}, "sex", "code"),
    ({"acts": "recruited taken"}, "acts", "code"),
    ({"acts": "none recruited"}, "acts", "alone"),
    ({"purposes": "dont_know Other"}, "purposes", "alone"),
    ({"age": "11", "child_age": "11", "start_age": "5", "purposes": "ForcedLabour Surrogacy"}, "purposes", "from_age"),
    ({"age": "5", "child_age": "5", "start_age": "5", "means": "SexualAbuse"}, "means", "from_age"),
    ({"work_hours": "169"}, "work_hours", "range"),
    ({"work_hours": "-97"}, "work_hours", "range"),
    ({"work_hours": "ten"}, "work_hours", "number"),
    ({"work_hours": "7.5"}, "work_hours", "number"),
    ({"age": "18", "child_age": "18"}, "age", "range"),
    ({"age": ""}, "age", "required"),
    ({"age": "-98", "child_age": ""}, "age", "range"),
    ({"age": "13"}, "age", "drawn"),
    ({"start_age": "13"}, "start_age", "order"),
    ({"nationality": "SY", "age_at_arrival": "13"}, "age_at_arrival", "order"),
    ({"children_in_household": "2", "household_size": "9"}, "children_in_household", "order"),
    ({"children_in_household": "9", "household_size": "8"}, "children_in_household", "order"),
    ({"children_eligible": "2"}, "children_eligible", "counted"),
    ({"children_eligible": "", "children_ages": "", "assent_child": "yes"}, "children_eligible", "required"),
    ({"nationality": "TR", "registered": "yes"}, "registered", "skipped"),
    ({"debt": "no", "debt_to_employer": "no"}, "debt_to_employer", "skipped"),
    ({"work_hours": "100", "household_chores_hours": "69"}, "work_hours", "hours"),
    ({"psu_id": "Z9"}, "psu_id", "unit"),
    ({"psu_id": ""}, "psu_id", "required"),
    ({"area_id": "TR-01"}, "psu_id", "area"),
    ({"area_id": "TR-06"}, "area_id", "code"),
    ({"enumerator_id": "Ayse"}, "enumerator_id", "pattern"),
    ({"today": "1.3.2026"}, "today", "date"),
    ({"today": "2026-05-01"}, "today", "date_range"),
    ({"today": "2019-12-31"}, "today", "date_range"),
    ({"_uuid": ""}, "_uuid", "required"),
    ({"visit_result": "gone"}, "visit_result", "code"),
]


@pytest.fixture(scope="module")
def broken(tmp_path_factory):
    """One export: a form that keeps all rules, then one for each of BROKEN."""
    forms = [form(1), *(form(2 + number, **said) for number, (said, _, _) in enumerate(BROKEN))]
    return read(tmp_path_factory.mktemp("broken"), *forms, last=datetime.date(2026, 4, 30))


@pytest.mark.parametrize("number", range(len(BROKEN)), ids=[f"{column}-{rule}" for _, column, rule in BROKEN])
def test_what_breaks_a_rule_goes_to_quarantine_by_row_column_and_rule(broken, number):
    _, column, rule = BROKEN[number]
    # Row 1 is the header, row 2 the form that keeps all rules.
    assert rules_of(broken).get((3 + number, column)) == rule


def test_a_form_that_breaks_no_rule_is_not_in_quarantine_with_others(broken):
    assert set(broken.quarantine["row"]) == set(range(3, 3 + len(BROKEN)))
    assert len(broken.respondents) == 1 + len(REST)


@pytest.mark.slow
def test_the_quarantine_holds_no_answer_and_a_reason_in_words(tmp_path):
    found = read(tmp_path, form(1, sex="CANARY", work_hours="4711", enumerator_id="CANARY"))
    assert list(found.quarantine) == ["file", "sheet", "row", "column", "rule", "reason"]
    text = found.quarantine.to_csv() + found.account.to_csv() + found.refusals.to_csv()
    assert "CANARY" not in text and "4711" not in text and form(1)["_uuid"] not in text
    assert found.quarantine["reason"].str.endswith(".").all()


@pytest.mark.parametrize("outcome", ["no_consent", "no_assent"])
def test_of_whoever_said_no_nothing_is_kept_anywhere_even_where_answers_stand(tmp_path, outcome):
    path = write_csv(
        tmp_path / "children.csv",
        table([form(1), refusal(2, outcome, head_age="77", sex="female", household_income="4711"), *REST]),
    )
    found = intake(path, frame())
    assert rows_of(found)[outcome] == 1 and rows_of(found)["answers_left_out"] == 1
    everything = "".join(each.to_csv() for each in (found.respondents, found.refusals, found.quarantine, found.account))
    assert "4711" not in everything and "77" not in found.respondents["head_age"].astype(str).to_list()
    assert form(2)["_uuid"] not in everything


@pytest.mark.parametrize("said", [{"consent_guardian": ""}, {"assent_child": ""}, {"assent_child": "not_there"}])
def test_silence_is_no_consent(tmp_path, said):
    found = read(tmp_path, form(1), form(2, **said))
    assert len(found.respondents) == 3 and rows_of(found)["interview"] == 3
    assert {"no_consent", "no_assent"} & set(found.refusals["outcome"])


def test_what_is_not_known_is_missing_and_counted_apart(tmp_path):
    found = read(tmp_path, form(1, food_insecure="dont_know"), form(2, food_insecure="refused"),
                 form(3, food_insecure=""), form(4, food_insecure="no"), form(5, household_income="-98"))  # fmt: skip
    assert found.respondents["food_insecure"].iloc[:5].tolist()[3:] == [False, True]
    assert found.respondents["food_insecure"].iloc[:3].isna().all()
    assert found.respondents["household_income"].isna().tolist() == [False] * 4 + [True] + [False] * 2
    counts = found.account.set_index(["question", "outcome"])["rows"]
    of = counts.loc["food_insecure"]
    assert dict(of) == {"answered": 4, "dont_know": 1, "refused": 1, "blank": 1, "not_asked": 0}
    assert counts.loc["household_income", "dont_know"] == 1
    # The first answer of each question makes Turkish children of all, whom nobody asks for their registration.
    assert counts.loc["registered", "not_asked"] == 7
    by_question = found.account[found.account["question"] != ""].groupby("question")["rows"].sum()
    assert (by_question == len(found.respondents)).all()


def test_what_follows_from_answers_is_derived_and_what_does_not_apply_is_missing(tmp_path):
    syrian = form(1, nationality="SY", age_at_arrival="5", registered="yes", registration_area_id="TR-79",
                  lives_with_parents="neither", ever_attended="no", work_farm="no", work_family_business="no",
                  work_goods="no", work_other="no", sector="C")  # fmt: skip
    syrian["sector"] = ""
    worker = form(2, nationality="SY", registered="no", sector="F", work_hours="20", work_farm="dont_know")
    unsure = form(3, work_farm="no", work_family_business="dont_know", work_goods="no", work_other="no", sector="")
    found = read(tmp_path, syrian, worker, unsure).respondents
    first, second, third = found.iloc[0], found.iloc[1], found.iloc[2]
    assert (first["age_group"], first["years_in_turkiye"]) == ("12-14", 7)
    assert first["registered_elsewhere"] is np.True_ or bool(first["registered_elsewhere"])
    assert bool(first["separated"]) and bool(first["out_of_school"])
    assert first["attends_school"] is False or not first["attends_school"]
    assert not first["working"] and first["work_hours"] == 0 and pd.isna(first["heavy_loads"])
    assert bool(second["working"]) and second["work_hours"] == 20 and second["sector_group"] == "industry"
    assert not second["registered_elsewhere"] and pd.isna(second["registration_area_id"])
    assert pd.isna(third["working"]) and pd.isna(third["work_hours"]) and pd.isna(third["registered"])


@pytest.mark.parametrize(
    ("sector", "group"),
    [*dict.fromkeys("BCDEF", "industry").items(), ("A", "agriculture"), *dict.fromkeys("GINST", "services").items()],
)
def test_every_sector_that_the_form_offers_belongs_to_one_of_three_groups(tmp_path, sector, group):
    # ISIC Rev. 4: sections B to F are industry.
    assert read(tmp_path, form(1, sector=sector)).respondents.set_index("psu_id").at["A1", "sector_group"] == group


@pytest.mark.slow
def test_what_was_not_asked_because_others_were_listening_is_not_known_and_needs_are(tmp_path):
    found = read(tmp_path, form(1, in_private="no"))
    assert len(found.quarantine) == 0
    child = found.respondents.set_index("psu_id").loc["A1"]
    assert child[["coerced_by_employer", "acts", "purposes", "married_early", "need_shelter"]].isna().all()
    assert bool(child["need_health"]) and bool(child["knows_157"])
    counted = unknown_answers(found.respondents).set_index("column")
    # Three children were due the question, one could not be asked.
    assert tuple(counted.loc["acts", ["asked", "unknown"]]) == (3, 1)
    assert tuple(counted.loc["need_health", ["asked", "unknown"]]) == (3, 0)
    counts = found.account.set_index(["question", "outcome"])["rows"]
    assert counts["acts", "not_asked"] == 1
    # Groups stand in the order of their names, whatever order the categories of the column have.
    drawn = np.resize(["TR", "SY"], len(found.respondents))
    ordered = found.respondents.assign(nationality=pd.Categorical(drawn, ["TR", "SY"]))
    assert list(unknown_answers(ordered, by="nationality")["nationality"].head(2)) == ["SY", "TR"]


def test_an_answer_given_although_others_were_listening_is_not_taken(tmp_path):
    assert rules_of(read(tmp_path, form(1, in_private="no", acts="recruited"))) == {(2, "acts"): "skipped"}


def test_the_table_has_the_types_that_it_promises(tmp_path):
    found = read(tmp_path, form(1)).respondents
    kinds = {name: str(kind) for name, kind in found.dtypes.items()}
    asked = questionnaire.questions()
    yes_no = asked.loc[asked["codes"].map(lambda codes: codes[:2] == ("yes", "no")) & (asked["column"] != ""), "column"]
    assert {kinds[name] for name in [*yes_no, "urban", "working", "separated", "out_of_school"]} == {"boolean"}
    assert {kinds[name] for name in ("age", "work_hours", "assets", "children_eligible", "years_in_turkiye")} == {
        "Int64"
    }
    assert {kinds[name] for name in ("sex", "acts", "stratum", "psu_id", "age_group", "sector_group")} == {"str"}
    assert {kinds[name] for name in ("weight", "weight_base")} == {"Float64"}
    assert kinds["interview_date"].startswith("datetime64")


def test_the_same_form_twice_is_taken_once(tmp_path):
    again = form(1) | {"_uuid": "another"}
    found = read(tmp_path, form(1), form(1), again)
    assert rules_of(found) == {(3, ""): "duplicate", (4, ""): "duplicate"}
    assert len(found.respondents) == 3 and len(found.refusals) == 0
    # Three visits in unit A1 would make each stand for less.
    assert found.respondents["households_sampled"].iloc[0] == 1


@pytest.mark.slow
def test_of_two_forms_that_contradict_each_other_neither_is_taken(tmp_path):
    same_number = form(2) | {"_uuid": form(1)["_uuid"]}
    found = read(tmp_path, form(1), same_number)
    assert rules_of(found) == {(2, "_uuid"): "uuid", (3, "_uuid"): "uuid"}
    # One household was visited in unit A1, and gave no interview that can be used.
    assert found.refusals.to_dict("list") == {"psu_id": ["A1"], "outcome": ["quarantine"]}
    same_time = form(2, sex="male") | {"start": form(1)["start"]}
    found = read(tmp_path, form(1), same_time)
    assert rules_of(found) == {(2, "start"): "same_time", (3, "start"): "same_time"}


def test_a_total_at_the_end_is_no_form(tmp_path):
    rows = table([form(1), *REST])
    rows.append(["Total"] + [""] * (len(rows[0]) - 2) + ["3"])
    found = intake(write_csv(tmp_path / "children.csv", rows), frame())
    assert rules_of(found) == {(5, ""): "total"}
    assert len(found.respondents) == 3


def test_blank_rows_are_no_rows_and_rows_keep_their_numbers(tmp_path):
    rows = table([form(1), form(2, sex="f"), *REST])
    rows.insert(2, [""] * len(rows[0]))
    found = intake(write_excel(tmp_path / "children.xlsx", rows), frame())
    assert rules_of(found) == {(4, "sex"): "code"}
    assert rows_of(found)["read"] == 4


def test_a_column_that_no_question_asks_for_is_left_out_and_named_by_its_letter(tmp_path):
    rows = [[*row, "note" if not number else "Ali"] for number, row in enumerate(table([form(1), *REST], server=False))]
    found = intake(write_csv(tmp_path / "children.csv", rows), frame())
    assert len(found.undeclared) == 1 and found.undeclared[0].isalpha()
    assert "Ali" not in found.respondents.to_csv()


@pytest.mark.parametrize("lacking", ["_uuid", "consent_guardian", "psu_id", "work_hours", "children_eligible"])
def test_an_export_that_lacks_a_question_is_refused_by_its_name(tmp_path, lacking):
    rows = table([form(1)], grouped=False, split="cell")
    place = rows[0].index(lacking)
    path = write_csv(tmp_path / "children.csv", [row[:place] + row[place + 1 :] for row in rows])
    with pytest.raises(ExportError, match=lacking):
        intake(path, frame())


def test_an_export_in_which_a_choice_has_no_column_is_refused(tmp_path):
    rows = table([form(1)], split="columns")
    place = next(at for at, name in enumerate(rows[0]) if name.endswith("acts/harboured"))
    path = write_csv(tmp_path / "children.csv", [row[:place] + row[place + 1 :] for row in rows])
    with refused(ExportError, "missing_choice_column", "'acts'", "'harboured'"):
        intake(path, frame())


def test_an_export_of_labels_in_place_of_codes_is_refused_as_a_whole(tmp_path):
    with refused(ExportError, "labels_not_codes"):
        intake(write_csv(tmp_path / "children.csv", table([form(1, visit_result="Adult met")])), frame())


def test_whole_numbers_written_as_fractions_are_read_and_unknown_ones_stay_unknown(tmp_path):
    found = read(tmp_path, form(1, household_income="-98.0", head_age="40.0", children_eligible="3.0"))
    child = found.respondents.set_index("psu_id").loc["A1"]
    assert pd.isna(child["household_income"]) and child["head_age"] == 40 and child["children_eligible"] == 3
    counts = found.account.set_index(["question", "outcome"])["rows"]
    assert counts["household_income", "dont_know"] == 1


def test_a_file_that_is_no_table_and_a_sheet_that_is_not_there_are_refused(tmp_path):
    (tmp_path / "empty.csv").write_text("")
    with refused(SourceError, "empty"):
        intake(tmp_path / "empty.csv", frame())
    path = write_excel(tmp_path / "children.xlsx", table([form(1), *REST]))
    with refused(ExportError, "unknown_sheet", "'forms'"):
        intake(path, frame(), sheet="forms")
    with refused(ValueError, "missing_frame"):
        intake(path)


# --- Weights -------------------------------------------------------------------------------------------------------


def test_weights_are_one_over_the_chance_to_be_drawn_and_carry_the_non_response():
    """By hand. Stratum TR-27 SY: 2 of 6 units drawn, so 3 to each. A1: 40 households, 4 visited: 30 a household.
    A2: 60 households, 2 visited: 90 a household. Visits of A1: two interviews (3 and 1 eligible children), one refusal
    by the guardian, one household without a child; of A2: one interview (2 children), one child that said no.
    Sums of household weights: all 4 x 30 + 2 x 90 = 300, not known 30, without a child 30, interviewed 60 + 90 = 150.
    Factor: 300 / 270 x (270 - 30) / 150 = 16 / 9. Stratum TR-27 TR: one unit of one, 80 households, 2 visited, one
    interview (1 child), nobody at home in the other: 40 a household, factor 80 / 40 x 40 / 40 = 2.
    """
    children = pd.DataFrame({"psu_id": ["A1", "A1", "A2", "B1"], "children_eligible": [3, 1, 2, 1]}, index=[5, 6, 7, 8])
    refused = pd.DataFrame(
        {"psu_id": ["A1", "A1", "A2", "B1"], "outcome": ["no_consent", "no_child", "no_assent", "nobody_home"]}
    )
    found = sample.weights(children, refused, frame())
    assert found["households_sampled"].tolist() == [4, 4, 2, 2]
    assert found["weight_base"].tolist() == pytest.approx([90, 30, 180, 40])
    assert found["nonresponse"].tolist() == pytest.approx([16 / 9] * 3 + [2])
    assert found["weight"].tolist() == pytest.approx([160, 160 / 3, 320, 80])
    assert found.index.tolist() == [5, 6, 7, 8]


@pytest.mark.slow
@given(st.lists(st.tuples(st.integers(1, 5), st.integers(1, 6), st.integers(0, 4)), min_size=3, max_size=3))
@settings(max_examples=examples(16), deadline=None)
def test_interviews_stand_for_all_households_of_the_frame_that_have_a_child(counts):
    """Where every household has one child, the weights add up to the households of the stratum, as expanded."""
    children = [(psu, 1) for psu, (n, _, _) in zip(("A1", "A2", "B1"), counts, strict=True) for _ in range(n)]
    refused = [
        (psu, outcome)
        for psu, (_, a, b) in zip(("A1", "A2", "B1"), counts, strict=True)
        for outcome in ["no_assent"] * a + ["no_consent"] * b
    ]
    found = sample.weights(
        pd.DataFrame(children, columns=["psu_id", "children_eligible"]),
        pd.DataFrame(refused, columns=["psu_id", "outcome"]),
        frame(),
    )
    totals = found.groupby("stratum")["weight"].sum()
    # 6 units drawn as 2 of 40 and 60 households: 3 x 100; one unit of 80.
    assert totals["TR-27 SY"] == pytest.approx(300) and totals["TR-27 TR"] == pytest.approx(80)


def test_a_unit_without_an_interview_is_stood_for_by_the_others_of_its_stratum():
    children = pd.DataFrame({"psu_id": ["A1", "B1"], "children_eligible": [1, 1]})
    refused = pd.DataFrame({"psu_id": ["A2", "A2"], "outcome": ["no_assent", "no_assent"]})
    found = sample.weights(children, refused, frame())
    # A1: 3 x 40 / 1 = 120; A2 had 3 x 60 = 180 of households with a child.
    assert found["weight"].tolist() == pytest.approx([300, 80])


@pytest.mark.parametrize(
    ("units", "refusing", "said"),
    [
        (["A1", "A2"], [("B1", "no_consent")], ("stratum_without_interviews", "'TR-27 TR'")),
        (["A1", "B1"], [], ("unit_not_visited", "'A2'")),
        (["A1", "A2", "B1", "C1"], [], ("unit_not_in_frame", "'C1'")),
        (["A1"] * 41 + ["A2", "B1"], [], ("more_visited_than_listed", "41", "'A1'")),
    ],
)
def test_weights_that_cannot_be_are_refused_with_what_would_help(units, refusing, said):
    children = pd.DataFrame({"psu_id": units, "children_eligible": 1})
    with refused(NotEstimable, *said):
        sample.weights(children, pd.DataFrame(refusing, columns=["psu_id", "outcome"]), frame())


@pytest.mark.parametrize(
    ("column", "row", "value", "said"),
    [
        ("psu_id", 1, "A1", ("invalid_frame", "row 3", "column 'psu_id'")),
        ("urban", 0, "1", ("invalid_frame", "row 2", "column 'urban'")),
        ("psus_in_stratum", 0, "7", ("invalid_frame", "row 3", "column 'psus_in_stratum'")),
        ("psus_in_stratum", 2, "0", ("invalid_frame", "row 4", "column 'psus_in_stratum'")),
        ("households_in_psu", 2, "8.5", ("invalid_frame", "row 4", "column 'households_in_psu'")),
        ("stratum", 2, " ", ("invalid_frame", "row 4", "column 'stratum'")),
    ],
)
def test_a_frame_that_cannot_be_names_row_and_column(column, row, value, said):
    table = FRAME.copy()
    table.loc[row, column] = value
    with refused(FrameError, *said):
        sample.checked_frame(table)


def test_more_units_than_the_stratum_has_is_refused():
    table = FRAME.copy()
    table.loc[table["stratum"] == "TR-27 SY", "psus_in_stratum"] = "1"
    with refused(FrameError, "invalid_frame"):
        sample.checked_frame(table)


@pytest.mark.slow
@pytest.mark.parametrize("sampling", ["purposive", "respondent_driven"])
def test_where_nobody_was_drawn_by_chance_each_interview_stands_for_itself(tmp_path, sampling):
    path = write_csv(tmp_path / "children.csv", table([form(1, psu_id="any"), refusal(2, "no_consent")]))
    found = intake(path, sampling=sampling)
    # Each stands for itself, and for nobody else.
    assert found.respondents["weight"].eq(1).all() and found.respondents["weight_base"].isna().all()
    assert found.respondents["stratum"].tolist() == ["TR-27"]
    assert tuple(found.respondents.columns) == columns()
    with_frame = intake(write_csv(path, table([form(1)])), frame(), sampling=sampling)
    assert with_frame.respondents["stratum"].tolist() == ["TR-27 SY"]
    assert with_frame.respondents["weight"].eq(1).all()
