"""What the US Department of Labor suggests, and says of ages and training: small files with known truth, the releases
where the user has them, and the tables that are carried."""

from __future__ import annotations

import re
from xml.etree import ElementTree
from xml.sax.saxutils import escape

import pytest
from fuzzing import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from refusals import refused
from test_releases import USDOL, enforcement, labor_tables, official, report

from analysis import areas, catalog, evidence
from analysis.official_releases import Release, ReleaseError
from tools import usdol_evidence
from tools.usdol_evidence import SECTIONS

WEST_AFRICA = areas.load("west_africa")["area_id"]


def action(text, years=None):
    beside = "" if years is None else f"<Years>{years}</Years>"
    return f"<Action><Name>{escape(text)}</Name>{beside}</Action>"


def actions(**sections):
    body = "".join(f"<{tag}>{''.join(texts)}</{tag}>" for tag, texts in sections.items())
    return f"<Suggested_Actions>{body}</Suggested_Actions>"


def reasons(release):
    return release.refused["reason"].str.split().str[:2].str.join(" ").tolist()


def test_sections_have_one_name_in_all_reports_and_places_count_over_them(tmp_path):
    old = actions(Laws=[action("Ratify.", "2013")], Policies=[action("Adopt.", "2013")])
    report(tmp_path, 2013, a=("Gambia", old), b=("Tanzania", actions(Laws_and_Regulations=[action("Amend.", "2013")])))
    new = actions(Legal_Framework=[action("Ratify."), action("Amend.")], Government_Policies=[action("Adopt.")])
    report(tmp_path, 2022, a=("The Gambia", new))
    table = usdol_evidence.suggested_actions(tmp_path).table
    assert table["section"].tolist() == [
        *("legal_framework", "government_policies", "legal_framework"),
        *("legal_framework", "legal_framework", "government_policies"),
    ]
    assert table["n"].tolist() == [1, 2, 1, 1, 2, 3]
    assert table["iso3"].tolist() == ["GMB", "GMB", "TZA", "GMB", "GMB", "GMB"]
    assert table["country"].tolist()[-1] == "The Gambia" and table["tag"].tolist()[:2] == ["Laws", "Policies"]


@pytest.mark.parametrize(
    ("printed", "first", "last"),
    [
        ("2013", 2013, 2013),
        ("2010 – 2013", 2010, 2013),
        ("2010-2013", 2010, 2013),
        ("2009 –2 013", 2009, 2013),  # as printed for Ghana
        ("2012\u00ad – 2013", 2012, 2013),  # a soft hyphen
        ("2010 -- 2013", 2010, 2013),
        ("2009, 2011 – 2013", 2009, 2013),
        ("2010 – 2013 2011 – 2013 2013", 2010, 2013),  # one a part of the action, as for Senegal
        ("2010 – 2011", 2010, 2011),  # as for Mali
    ],
)
def test_years_as_printed(tmp_path, printed, first, last):
    release = usdol_evidence.suggested_actions(
        report(tmp_path, 2013, a=("Mali", actions(Coordination=[action("Meet.", printed)])))
    )
    row = release.table.iloc[0]
    assert (row["first_year"], row["last_year"]) == (first, last)


def test_years_that_are_not_printed_are_missing(tmp_path):
    parts = [action("Meet."), action("Meet often.", "")]
    table = usdol_evidence.suggested_actions(report(tmp_path, 2013, a=("Mali", actions(Coordination=parts)))).table
    assert table[["first_year", "last_year"]].isna().all(axis=None) and table["years"].tolist() == ["", ""]


def test_what_is_no_action_is_left_out_with_a_reason_and_keeps_its_place(tmp_path):
    parts = [
        action(""),
        action("Not Applicable"),
        action("No action."),
        action("N/A"),
        action("for employment."),  # Senegal 2016: the beginning is not in the file
        action("2011 – 2013"),
        action("Train inspectors.", "since 2010"),
        action("Train police.", "2010 – 2015"),  # past the report
        action("Not applicable rules are to be repealed."),
    ]
    # Bosnia and Herzegovina 2013: the action stands as the name of its section.
    release = usdol_evidence.suggested_actions(
        report(tmp_path, 2013, a=("Mali", actions(Enforcement=parts, Institute_programs=[action("2013", "")])))
    )
    assert release.table["action"].tolist() == ["Not applicable rules are to be repealed."]
    assert release.table["n"].tolist() == [9]
    assert release.account.iloc[0].tolist() == ["countries_report2013.xml", 10, 1, 0, 9]
    assert reasons(release) == [
        "Nothing is",
        *["A word"] * 3,
        "The text",
        "Years stand",
        *["The years"] * 2,
        "This section",
    ]
    assert set(release.refused["place"]) == {"Mali, report 2013"}
    assert release.refused["column"].tolist()[-1] == "Institute_programs"


def test_only_what_stands_twice_in_a_section_of_one_report_is_a_duplicate(tmp_path):
    twice = [action("Provide shelters."), action("Train."), action(" Provide  shelters.")]
    text = actions(Enforcement=twice, Coordination=[action("Train.")])
    report(tmp_path, 2017, a=("Niger", text), b=("Mali", actions(Enforcement=[action("Train.")])))
    report(tmp_path, 2018, a=("Niger", actions(Enforcement=[action("Train.")])))
    release = usdol_evidence.suggested_actions(tmp_path)
    assert release.duplicates[["country", "n", "repeats_n"]].to_numpy().tolist() == [["Niger", 3, 1]]
    assert release.account[["rows_in", "rows_out", "duplicates"]].to_numpy().tolist() == [[5, 4, 1], [1, 1, 0]]
    assert (release.table["action"] == "Train.").sum() == 4


def test_lists_that_are_empty_or_not_there_have_no_rows(tmp_path):
    report(tmp_path, 2019, a=("China", ""), b=("Iran", actions()), c=("Mali", actions(Coordination=[])))
    release = usdol_evidence.suggested_actions(tmp_path)
    assert len(release.table) == 0 and release.account.iloc[0].tolist() == ["countries_report2019.xml", 0, 0, 0, 0]
    assert str(release.table["first_year"].dtype) == "Int64"


def test_white_space_and_unseen_signs_are_tidied_and_nothing_else(tmp_path):
    text = "  Raise the\n\tage\u00a0to 16.\u200b"
    parts = [action(text), action("Increa se talibés’ “rights” · two.")]
    table = usdol_evidence.suggested_actions(report(tmp_path, 2020, a=("Benin", actions(Legal_Framework=parts)))).table
    assert table["action"].tolist() == ["Raise the age to 16.", "Increa se talibés’ “rights” · two."]


@pytest.mark.parametrize(
    ("content", "says"), [("<Countries><Country>", "unreadable_xml"), ("<Rows><Row/></Rows>", "wrong_kind")]
)
def test_a_damaged_file_is_one_sentence(tmp_path, content, says):
    (tmp_path / "countries_report2018.xml").write_text(content)
    with refused(ReleaseError, says):
        usdol_evidence.suggested_actions(tmp_path)
    with refused(ReleaseError, "missing_file"):
        usdol_evidence.suggested_actions(tmp_path / "nothing")


TEXT = st.text(st.characters(blacklist_categories=("Cs", "Cc")), max_size=12) | st.sampled_from(["N/A", "Train.", ""])


@pytest.mark.slow
@settings(max_examples=examples(40), deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["Laws", "Enforcement", "Strange"]), TEXT, TEXT), max_size=8))
def test_every_line_is_kept_or_accounted_for(tmp_path_factory, lines):
    folder = tmp_path_factory.mktemp("lists")
    body = "".join(f"<{tag}>{action(text, escape(years))}</{tag}>" for tag, text, years in lines)
    report(folder, 2014, a=("Togo", f"<Suggested_Actions>{body}</Suggested_Actions>"))
    release = usdol_evidence.suggested_actions(folder)
    assert len(release.table) + len(release.duplicates) + len(release.refused) == len(lines)
    assert set(release.table["section"]) <= set(SECTIONS)
    for row in release.table.itertuples():
        printed = lines[row.n - 1][1]
        assert row.action.split() == re.sub("[\u00ad\u200b-\u200d\ufeff]", "", printed).split()
    years = release.table.dropna(subset=["first_year"])
    assert (years["first_year"] <= years["last_year"]).all() and (years["last_year"] <= 2014).all()


# Ages, training, coordination


def law(**fields):
    body = "".join(
        f"<{tag}><Standard>{standard}</Standard><Age>{age}</Age><Conforms_To_Intl_Standard>{met}"
        f"</Conforms_To_Intl_Standard></{tag}>"
        for tag, (standard, age, met) in fields.items()
    )
    return f"<Legal_Standards>{body}</Legal_Standards>"


def master(**fields):
    return "<Master_Data>" + "".join(f"<{tag}>{text}</{tag}>" for tag, text in fields.items()) + "</Master_Data>"


def said(folder):
    table = usdol_evidence.answers(folder)
    assert list(table.columns) == list(catalog.load("child_labour_law").columns)
    return table.set_index(["report_year", "indicator"])


def test_one_name_for_an_age_whatever_its_field_is_called(tmp_path):
    early = master(
        Minimum_Age_for_Work="14.0",
        Minimum_Age_for_Work_Estabslished="Yes",
        Minimum_Age_for_Compulsory_Education="None",
        Compulsory_Education_Age_Established="No",
    )
    report(tmp_path, 2013, a=("Mali", early))
    report(tmp_path, 2015, a=("Mali", law(Minimum_Work=("Yes", "14", "No"), Compulsory_Education=("Yes", "15", "Yes"))))
    report(
        tmp_path, 2016, a=("Mali", law(Minimum_Work=("No", "18/14", "No"), Compulsory_Education=("No", "N/A", "No")))
    )
    table = said(tmp_path)
    ages = table.xs("minimum_age_work", level=1)
    assert ages[["value", "low", "high", "unit"]].to_numpy().tolist() == [
        ["14.0", 14, 14, "years"],
        ["14", 14, 14, "years"],
        ["18/14", 14, 18, "years"],
    ]
    assert ages["source_id"].tolist() == ["DOLX2013", "DOLX2015", "DOLX2016"]
    assert table.loc[(2013, "compulsory_education_age"), ["answer", "value", "unit"]].tolist() == ["no", "None", ""]
    # That the law names an age and that it meets the standard are two questions; from 2016 only the second is asked.
    assert table.xs("minimum_age_work_established", level=1)["answer"].to_dict() == {2013: "yes", 2015: "yes"}
    assert table.xs("minimum_age_work_meets_standard", level=1)["answer"].to_dict() == {2015: "no", 2016: "no"}
    # N/A says neither that there is an age nor that there is none.
    unknown = table.loc[(2016, "compulsory_education_age")]
    assert (unknown["answer"], unknown["value"]) == ("unknown", "N/A") and unknown[["low", "high"]].isna().all()
    assert "N/A" in unknown["note"]


def test_free_schooling_is_read_from_the_field_that_is_filled(tmp_path):
    for year, printed in ((2015, ("Yes", "", "No")), (2017, ("No", "", "N/A")), (2018, ("Yes", "N/A", "Yes"))):
        report(tmp_path, year, a=("Togo", law(Free_Public_Education=printed)))
    table = said(tmp_path)
    assert table["answer"].to_dict() == {
        (2015, "free_public_education_established"): "yes",
        (2015, "free_public_education_meets_standard"): "no",
        (2017, "free_public_education_meets_standard"): "no",
        (2018, "free_public_education_meets_standard"): "yes",
    }
    assert "Standard" in table.loc[(2017, "free_public_education_meets_standard"), "note"]


def test_training_coordination_and_policy(tmp_path):
    texts = {"Labor_New_Employee_Training": "Yes", "Labor_New_Law_Training": "Not Applicable"}
    texts |= {
        "Criminal_Refresher_Courses": "Unknown*",
        "Labor_Refresher_Courses": "",
        "Labor_Complaint_Mechanism": "Yes",
    }
    report(tmp_path, 2021, a=("Ghana", enforcement(**texts) + "<Mechanisms><Policy>No</Policy></Mechanisms>"))
    report(tmp_path, 2022, a=("Ghana", enforcement(Labor_New_Employee_Training="Yes")))
    table = said(tmp_path)
    assert table["answer"].to_dict() == {
        (2021, "policy_child_labour"): "no",
        (2021, "training_criminal_investigators_refresher"): "unknown",
        (2021, "training_labour_inspectors_initial"): "yes",
        (2021, "training_labour_inspectors_new_laws"): "not applicable",
        (2021, "training_labour_inspectors_refresher"): "unknown",
        (2022, "training_labour_inspectors_initial"): "yes",
    }
    assert "footnote" in table.loc[(2021, "training_criminal_investigators_refresher"), "note"]
    initial = table.xs("training_labour_inspectors_initial", level=1)["note"]
    assert initial[2021] == "" and "any kind" in initial[2022]


def test_a_territory_and_a_country_without_a_code_are_left_out(tmp_path):
    territory = "<Territory><Territory_Name>Zanzibar</Territory_Name><Enforcement>Yes</Enforcement></Territory>"
    report(
        tmp_path,
        2020,
        a=("Tanzania", enforcement(Labor_New_Employee_Training=territory, Labor_Refresher_Courses="No")),
        b=("Kosovo", enforcement(Labor_Refresher_Courses="Yes")),
    )
    table = usdol_evidence.answers(tmp_path)
    assert table[["area_id", "indicator", "answer"]].to_numpy().tolist() == [
        ["TZA", "training_labour_inspectors_refresher", "no"]
    ]
    assert usdol_evidence.answers(tmp_path, ["GHA"]).empty


# What is carried


def test_the_sixteen_countries_have_a_list_in_each_of_ten_reports():
    table = evidence.suggested_actions()
    sizes = table.groupby(["area_id", "report_year"]).size().unstack()
    assert list(sizes.index) == sorted(WEST_AFRICA) and list(sizes.columns) == list(range(2013, 2023))
    # Counted in the files: Cabo Verde has the shortest list (five in 2017), Mali the longest (29 in 2021).
    assert sizes.min(axis=None) == 5 and sizes.max(axis=None) == 29
    place = table["action_id"].str.extract(r"^([A-Z]{3})-(\d{4})-(\d+)$")
    assert place[0].equals(table["area_id"]) and place[1].astype(int).equals(table["report_year"])
    assert table["source_id"].equals("DOLX" + table["report_year"].astype(str))
    assert table.loc[table["first_year"].notna(), "report_year"].unique().tolist() == [2013, 2014]
    assert set(evidence.suggested_actions("BEN")["area_id"]) == {"BEN"}


def test_an_action_as_the_printed_report_has_it():
    # 2021 Findings on the Worst Forms of Child Labor: Benin, table 11.
    benin = evidence.suggested_actions("BEN").query("report_year == 2021")
    assert any(text.startswith("Provide initial training, training on new laws") for text in benin["action"])


def test_ages_as_the_printed_reports_have_them():
    # Findings for The Gambia: 18 for work and 16 for schooling (2022), 16 for schooling (2019).
    gambia = evidence.child_labour_law("GMB").set_index(["report_year", "indicator"])["low"]
    assert (gambia[2022, "minimum_age_work"], gambia[2022, "compulsory_education_age"]) == (18, 16)
    assert gambia[2019, "compulsory_education_age"] == 16
    assert set(evidence.child_labour_law(["GMB", "MLI"])["area_id"]) == {"GMB", "MLI"}


def test_what_the_referral_indicators_answer_is_not_repeated():
    keys = ["area_id", "report_year", "indicator"]
    both = evidence.child_labour_law().merge(catalog.load("referral_indicators"), on=keys)
    assert both.empty
    figures = evidence.child_labour_law().query("answer == 'figure'")
    assert set(figures["unit"]) == {"years", "investigations", "prosecutions", "convictions"}
    assert figures[["low", "high"]].notna().all(axis=None)


# The releases themselves


@pytest.fixture(scope="module")
def suggested() -> Release:
    return usdol_evidence.suggested_actions(USDOL)


@official(USDOL)
def test_every_line_of_the_releases_is_accounted_for(suggested):
    for line in suggested.account.itertuples():
        root = ElementTree.parse(USDOL / line.file).getroot()
        assert line.rows_in == len(root.findall("Country/Suggested_Actions/*/Action"))
    assert suggested.account["duplicates"].tolist() == [0, 0, 0, 0, 1, 0, 2, 0, 0, 0]
    # Bosnia and Herzegovina 2013 has actions in the place of sections; seven lines of 2016 are broken off.
    strange = suggested.refused[~suggested.refused["reason"].str.startswith("A word")]
    assert strange["place"].value_counts().head(2).to_dict() == {
        "Bosnia and Herzegovina, report 2013": 11,
        "Botswana, report 2016": 2,
    }
    assert len(strange) == 11 + 7 + 3


@official(USDOL)
def test_the_carried_actions_are_those_of_the_releases(suggested):
    table = suggested.table[suggested.table["iso3"].isin(WEST_AFRICA)]
    year = table["report_year"].astype(str)
    made = table.assign(
        area_id=table["iso3"],
        action_id=table["iso3"] + "-" + year + "-" + table["n"].astype(str).str.zfill(2),
        source_id="DOLX" + year,
    )
    carried = evidence.suggested_actions()
    made = made[list(carried.columns)].sort_values(["area_id", "report_year", "action_id"], ignore_index=True)
    assert made.equals(carried)


@official(USDOL)
def test_the_carried_answers_are_those_of_the_releases():
    keys = ["area_id", "report_year", "indicator"]
    made = usdol_evidence.answers(USDOL, WEST_AFRICA)
    coded = catalog.load("referral_indicators")[keys].assign(coded=True)
    made = made.merge(coded, on=keys, how="left")
    made = made[made["coded"].isna()].drop(columns="coded").reset_index(drop=True)
    assert made.equals(evidence.child_labour_law())


# Answers of the referral indicators that the Department coded -> the field they were taken from.
CODED = {
    "coordinating_body_child_labour": "coordination",
    "crc_opac_ratified": "crc_armed_conflict_ratified",
    "crc_opsc_ratified": "crc_commercial_sexual_exploitation_of_children_ratified",
    "crc_ratified": "convention_on_the_rights_of_the_child_ratified",
    "ilo_c138_ratified": "c_138_ratified",
    "ilo_c182_ratified": "c_182_ratified",
    "labour_complaint_mechanism": "labor_complaint_mechanism",
    "labour_inspectors_meet_ilo_benchmark": "labor_inspectors_intl_standards",
    "law_child_sexual_exploitation_meets_standard": "prohibition_csec_meets_international_standard",
    "law_child_trafficking_meets_standard": "prohibition_child_trafficking_meets_international_standard",
    "law_forced_labour_meets_standard": "prohibition_forced_labor_meets_international_standard",
    "law_illicit_activities_meets_standard": "prohibition_illicit_activities_meets_international_standard",
    "law_nonstate_recruitment_meets_standard": "minimum_non_state_military_meets_international_standard",
    "palermo_ratified": "palermo_ratified",
    "penalties_imposed_worst_forms": "criminal_penalties_for_wfcl",
    "policy_child_labour": "policy",
    "programme_child_labour": "program",
    "referral_criminal_to_social_services": "criminal_referral_mechanism",
    "referral_labour_to_social_services": "labor_referral_mechanism",
    "training_criminal_investigators_initial": "criminal_new_employee_training",
    "unannounced_inspections_conducted": "labor_unannounced_inspections_conducted",
}


@official(USDOL)
def test_every_answer_that_the_department_coded_is_found_again():
    coded = catalog.load("referral_indicators").query("note == 'coded by DOL'")
    assert set(coded["indicator"]) == set(CODED)
    coded = coded.assign(indicator=coded["indicator"].map(CODED)).rename(columns={"area_id": "iso3"})
    keys = ["iso3", "report_year", "indicator", "answer"]
    table = labor_tables(USDOL)
    table = table[table["territory"] == ""]
    found = coded[keys].merge(table[keys].drop_duplicates(), on=keys)
    assert len(found) == len(coded) == 2669
