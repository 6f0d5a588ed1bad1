"""That the questionnaire can be put on a telephone as it is, asks nobody without consent, and fills the table."""

import io
import re
import xml.etree.ElementTree as ElementTree
from zipfile import ZipFile

import numpy as np
import pandas as pd
import pytest
from pyxform.xls2xform import convert

from analysis.cases.htcds import EXPLOITATION, MEANS_OF_CONTROL, SECTOR
from analysis.survey import questionnaire
from analysis.survey.intake import DERIVED, columns
from analysis.survey.questionnaire import applies, names

# The table of respondents as the analysis takes it.
TABLE = [
    "respondent_id", "area_id", "stratum", "psu_id", "psus_in_stratum", "households_in_psu", "households_sampled",
    "children_eligible", "weight_base", "weight", "urban", "interview_date", "enumerator_id", "age", "age_group",
    "sex", "nationality", "relationship_to_head", "parents_alive", "lives_with_parents", "separated",
    "age_at_arrival", "years_in_turkiye", "turkish", "registered", "registration_area_id", "registered_elsewhere",
    "ever_attended", "attends_school", "grade", "absence_days", "reason_not_attending", "out_of_school",
    "work_farm", "work_family_business", "work_goods", "work_other", "working", "work_hours", "heavy_loads",
    "dangerous_tools", "hazard_dust", "hazard_temperature", "hazard_noise", "hazard_heights", "hazard_chemicals",
    "hazard_other", "fetches_water", "collects_firewood", "household_chores", "fetch_water_hours", "firewood_hours",
    "household_chores_hours", "sector", "sector_group", "workplace", "seasonal_migration", "start_age", "paid_to",
    "monthly_pay", "months_a_year", "coerced_by_employer", "with_parents_in_forced_labour", "coerced_by_parents",
    "acts", "means", "purposes", "recruiter", "recruitment_method", "household_size", "children_in_household",
    "head_sex", "head_age", "head_education", "adults_unemployed", "household_income", "debt", "debt_to_employer",
    "remittances", "food_insecure", "social_transfer", "assets", "school_minutes", "near_industrial_zone",
    "informal_settlement", "labour_intermediary", "displaced_before", "married_early", "experienced_violence",
    "missing_documents", "recruited_online", "police_contact", "need_documents", "received_documents",
    "need_shelter", "received_shelter", "need_psychosocial", "received_psychosocial", "need_education",
    "received_education", "need_legal_aid", "received_legal_aid", "need_health", "received_health", "need_cash",
    "received_cash", "need_family_tracing", "received_family_tracing", "received_from", "knows_157", "knows_183",
]  # fmt: skip


@pytest.fixture(scope="module")
def asked() -> pd.DataFrame:
    return questionnaire.questions()


def of_persons(asked: pd.DataFrame) -> pd.DataFrame:
    """Questions that are put to somebody, or answered about them by the interviewer after consent."""
    return asked[asked["asked_of"].isin(["guardian", "child"])]


def test_the_reference_converter_takes_the_form_without_a_warning():
    warnings: list[str] = []
    result = convert(questionnaire.workbook(), warnings=warnings, file_type=".xlsx")
    assert warnings == []
    assert result.itemsets is None
    assert "children_risks_needs" in result.xform


def test_the_converted_form_shows_and_hides_as_the_table_of_questions_says(asked):
    form = convert(questionnaire.workbook(), warnings=[], file_type=".xlsx").xform
    hidden = {}
    for element in ElementTree.fromstring(form).iter():
        if element.tag.endswith("}bind"):
            *_, name = element.get("nodeset", "").split("/")
            hidden[name] = element.get("relevant", "")
    for question in asked[asked["relevant"] != ""].to_dict("records"):
        own = re.sub(r"\s*/\S+/(\w+)\s*", r"${\1}", hidden[question["name"]])
        assert own.replace(" ", "") in question["relevant"].replace(" ", ""), question["name"]


def test_the_form_is_the_same_bytes_each_time():
    assert questionnaire.workbook() == questionnaire.workbook()


def test_nobody_is_asked_anything_before_the_consent_of_the_guardian(asked):
    first, second, *_ = of_persons(asked)["name"]
    assert first == "consent_guardian"
    # How old the children are must be known to draw one; it is asked of the guardian, who has consented.
    assert second == "children_ages"
    before = asked.loc[: asked.index[asked["name"] == "consent_guardian"][0] - 1]
    assert set(before["asked_of"]) == {"computed", "enumerator"}


def test_a_child_is_asked_nothing_before_its_own_assent(asked):
    assert asked.loc[asked["asked_of"] == "child", "name"].iloc[0] == "assent_child"


def test_without_consent_or_without_assent_no_question_is_open(asked):
    within = asked[asked["block"].isin(set(asked["block"]) - {"", "visit", "consent", "selection", "assent"})]
    assert len(within) > 80
    # Every other answer is such that it would open as many questions as it can.
    for consent, assent in (("no", "yes"), ("yes", "no"), ("", "yes"), ("yes", ""), ("yes", "not_there"), ("", "")):
        for answer in ("yes", "no", "", "SY", "recruited"):
            answers = {name: np.array([answer], dtype=object) for name in asked["name"]}
            answers |= {"consent_guardian": np.array([consent], object), "assent_child": np.array([assent], object)}
            opened = [row["name"] for row in within.to_dict("records") if applies(row["relevant"], answers)[0]]
            assert opened == [], (consent, assent, answer)


def test_with_consent_and_assent_the_questions_on_every_child_are_open(asked):
    answers = {name: np.array([""], dtype=object) for name in asked["name"]}
    answers |= {name: np.array(["yes"], object) for name in ("consent_guardian", "assent_child", "in_private")}
    opened = {row["name"] for row in asked.to_dict("records") if applies(row["relevant"], answers)[0]}
    assert {"age", "work_farm", "acts", "purposes", "coerced_by_parents", "knows_157"} <= opened
    assert not {"work_hours", "debt_to_employer", "recruiter", "received_cash"} & opened


SENSITIVE = {
    "coerced_by_employer", "with_parents_in_forced_labour", "coerced_by_parents", "acts", "means", "purposes",
    "recruiter", "recruitment_method", "married_early", "experienced_violence", "recruited_online", "police_contact",
    "need_shelter", "received_shelter", "need_psychosocial", "received_psychosocial", "need_legal_aid",
    "received_legal_aid",
}  # fmt: skip


@pytest.mark.parametrize("private", ["no", ""])
def test_where_others_hear_nothing_is_asked_that_brings_a_child_into_danger_and_its_needs_still_are(asked, private):
    opened = {}
    for alone in ("yes", private):
        answers = {name: np.array([""], dtype=object) for name in asked["name"]}
        given = {"consent_guardian": "yes", "assent_child": "yes", "in_private": alone, "children_eligible": "1"}
        for question in asked.to_dict("records"):
            if applies(question["relevant"], answers)[0]:
                answers[question["name"]][0] = given.get(question["name"], (*question["codes"], "1")[0])
        opened[alone] = {name for name, texts in answers.items() if texts[0]}
    assert opened["yes"] - opened[private] == SENSITIVE | ({"in_private"} if not private else set())
    assert {
        "displaced_before", "missing_documents", "need_health", "received_health", "need_cash", "received_from",
        "knows_157", "knows_183",
    } <= opened[private]  # fmt: skip


def test_acts_means_purposes_and_forced_labour_are_of_the_same_twelve_months_and_the_same_person():
    form = questionnaire.sheet("survey").set_index("name")
    period = ("In the last 12 months, ", "Son 12 ayda, ", "خلال الأشهر الاثني عشر الماضية، ")
    person = ("the same person", "aynı kişi", "الشخص نفسه")
    items = ("coerced_by_employer", "with_parents_in_forced_labour", "coerced_by_parents", "acts", "means", "purposes")
    for language, months, same in zip(questionnaire.LANGUAGES, period, person, strict=True):
        assert all(form.at[name, f"label::{language}"].startswith(months) for name in items)
        assert all(same in form.at[name, f"label::{language}"] for name in ("means", "purposes"))


def test_both_consents_say_what_it_is_for_that_it_is_free_and_where_help_is():
    form = questionnaire.sheet("survey").set_index("name")
    for text in ("consent_text", "assent_text", "help"):
        for language in questionnaire.LANGUAGES:
            said = form.at[text, f"label::{language}"]
            assert "157" in said and "183" in said, (text, language)
    for language, words in zip(
        questionnaire.LANGUAGES, (("no", "stop"), ("Hayır", "bırak"), ("لا", "تتوقف")), strict=True
    ):
        assert all(word in form.at["assent_text", f"label::{language}"] for word in words)


def test_the_guardian_is_given_no_cue_for_whoever_hurts_a_child_may_be_the_guardian():
    form = questionnaire.sheet("survey").set_index("name")
    cues = {
        "English (en)": ("traffic", "violen", "abuse", "exploit", "beat", "risk"),
        "Türkçe (tr)": ("ticaret", "şiddet", "istismar", "sömürü", "dayak", "risk"),
        "العربية (ar)": ("الاتجار", "عنف", "إساءة", "استغلال", "ضرب", "مخاطر"),
    }
    title = questionnaire.sheet("settings").at[0, "form_title"]
    for language, words in cues.items():
        # The last text is read to the child where others may hear it.
        for said in (form.at["consent_text", f"label::{language}"], form.at["help", f"label::{language}"], title):
            assert not any(word in said.lower() for word in words), language


def test_the_guardian_is_told_of_refusal_discomfort_keeping_and_complaints_and_the_study_fills_in_its_own():
    form = questionnaire.sheet("survey").set_index("name")
    told = {
        "English (en)": ("no help or service depends on it", "uncomfortable", "without names", "complaint"),
        "Türkçe (tr)": ("hiçbir yardım veya hizmet buna bağlı değildir", "rahatsız", "isimsiz", "şikâyet"),
        "العربية (ar)": ("لا تتوقف على ذلك أي مساعدة أو خدمة", "مزعجة", "دون أسماء", "شكوى"),
    }
    for language, words in told.items():
        said = form.at["consent_text", f"label::{language}"]
        assert all(word in said for word in words), language
        # How long answers are kept, and who takes complaints: no fact is stated that only the study knows.
        assert len(re.findall(r"\[[^\[\]]+\]", said)) == 2


def test_every_column_of_the_table_is_asked_for_or_derived(asked):
    assert sorted(columns()) == sorted(TABLE)
    from_questions = set(asked["column"]) - {""}
    assert from_questions | set(DERIVED) == set(TABLE)
    assert not from_questions & set(DERIVED)


@pytest.mark.parametrize("name", ["survey", "choices"])
def test_every_text_is_there_in_english_turkish_and_arabic(name):
    table = questionnaire.sheet(name)
    table = (
        table[~table["type"].isin(["end_group", "calculate", "start", "end", "today"])] if name == "survey" else table
    )
    english, turkish, arabic = (table[f"label::{language}"] for language in questionnaire.LANGUAGES)
    assert (english != "").all() and (turkish != "").all()
    assert arabic.str.contains(r"[\u0600-\u06ff]", regex=True).all()
    assert not turkish.str.contains(r"[\u0600-\u06ff]", regex=True).any()
    for kind in ("hint", "constraint_message") if name == "survey" else ():
        stated = pd.concat([table[f"{kind}::{language}"] != "" for language in questionnaire.LANGUAGES], axis=1)
        assert (stated.all(axis=1) | ~stated.any(axis=1)).all(), kind


def test_a_label_names_the_same_answers_in_all_languages():
    """What is filled in while asking, ${child_age} for one, must not be lost in a translation."""
    table = questionnaire.sheet("survey")
    for row in table.to_dict("records"):
        filled = [names(row[f"label::{language}"]) for language in questionnaire.LANGUAGES]
        assert len({tuple(sorted(found)) for found in filled}) == 1, row["name"]


def test_every_constraint_says_what_is_wanted():
    table = questionnaire.sheet("survey")
    constrained = table[table["constraint"] != ""]
    assert (constrained[f"constraint_message::{questionnaire.LANGUAGES[0]}"] != "").all()


def test_codes_of_means_and_purposes_are_those_of_the_standard():
    said = {"none", "dont_know", "refused"}
    assert set(questionnaire.choices("means")) == set(MEANS_OF_CONTROL) | said
    assert set(questionnaire.choices("purposes")) == set(EXPLOITATION) | said
    assert set(questionnaire.choices("sectors")) - said - {"other"} <= set(SECTOR)


# What no child under 12 is asked about: sexual acts, parts of the body, bearing a child.
NOT_UNDER_12 = {
    "acts": set(),
    "means": {"SexualAbuse"},
    "purposes": {"SexualExploitation", "OrganRemoval", "Surrogacy"},
}


def test_a_child_under_12_is_not_offered_what_it_must_not_be_asked(asked):
    asked = asked.set_index("name")
    for name, hidden in NOT_UNDER_12.items():
        lowest = dict(zip(asked.at[name, "codes"], asked.at[name, "from_age"], strict=True))
        assert {code for code, age in lowest.items() if age > 5} == hidden, name
        assert {lowest[code] for code in hidden} <= {12}
    rest = asked.drop(index=[name for name, hidden in NOT_UNDER_12.items() if hidden])
    assert all(not any(ages) for ages in rest["from_age"])


def test_the_converted_form_shows_a_choice_from_its_age_on():
    form = convert(questionnaire.workbook(), warnings=[], file_type=".xlsx").xform
    root = ElementTree.fromstring(form)
    lists = {element.get("id"): element for element in root.iter() if element.tag.endswith("}instance")}
    filters = {element.get("nodeset", "") for element in root.iter() if element.tag.endswith("}itemset")}
    for name in ("means", "purposes"):
        (shown,) = (found for found in filters if f"instance('{name}')" in found)
        assert re.search(r"\[\s*from_age\s*<=\s*/\S+/age\s*\]", shown)
        items = {
            item.find("{*}name").text: int(item.find("{*}from_age").text) for item in lists[name].findall(".//{*}item")
        }
        # A choice without an age would be hidden from all.
        assert set(items) == set(questionnaire.choices(name))
        assert {code for code, age in items.items() if age > 5} == NOT_UNDER_12[name]


def test_no_question_takes_a_free_text_a_place_or_a_picture(asked):
    kinds = {"select_one", "select_multiple", "integer", "calculate", "start", "end", "today", "text"}
    assert set(asked["type"]) <= kinds
    free = asked[(asked["type"] == "text") & (asked["pattern"] == "")]
    # Chosen from the list of sampling units.
    assert list(free["name"]) == ["psu_id"]
    listed = asked.set_index("name").at["children_ages", "pattern"]
    assert re.search(listed, "16 12 7") and re.search(listed, "0")
    assert not any(re.search(listed, text) for text in ("Ali 12", "12,7", "4", "18", "12  7", "0 12", ""))
    number = asked.set_index("name").at["enumerator_id", "pattern"]
    assert re.search(number, "GA07") and not re.search(number, "Ayşe")


def test_the_child_is_drawn_by_the_form_itself():
    rows = questionnaire.sheet("survey").set_index("name")["calculation"]
    assert rows["draw"] == "once(random())"
    assert "${draw} * ${children_eligible}" in rows["child_position"]
    assert "selected-at(${children_ages}, ${child_position} - 1)" in rows["child_age"]


def test_ranges_are_read_off_the_form(asked):
    asked = asked.set_index("name")
    assert tuple(asked.loc["age", ["low", "high", "unknown"]]) == (5, 17, False)
    assert tuple(asked.loc["work_hours", ["low", "high", "unknown"]]) == (0, 168, True)
    assert asked.at["start_age", "at_most"] == asked.at["age_at_arrival", "at_most"] == "age"
    assert asked.at["children_in_household", "at_least"] == "children_eligible"


def test_what_is_asked_once_names_only_questions_that_come_before(asked):
    seen: set[str] = set()
    for row in asked.to_dict("records"):
        assert set(names(row["relevant"])) <= seen, row["name"]
        seen.add(row["name"])


def test_relevance_is_what_the_form_takes_it_for():
    answers = {
        "a": np.array(["yes", "no", "", "x yes"], dtype=object),
        "n": np.array(["3", "", "-98", "10"], dtype=object),
    }
    assert list(applies("${a} = 'yes'", answers)) == [True, False, False, False]
    # Nothing answered is an empty text, which differs from every other (XPath 1.0, 3.4).
    assert list(applies("${a} != 'yes'", answers)) == [False, True, True, True]
    assert list(applies("selected(${a}, 'yes')", answers)) == [True, False, False, True]
    assert list(applies("${n} >= 3", answers)) == [True, False, False, True]
    assert list(applies("not(${n} >= 3) and (${a} = 'no' or ${a} = '')", answers)) == [False, True, True, False]
    assert list(applies("", answers)) == [True] * 4


@pytest.mark.parametrize("wrong", ["${a}", "${a} = ", "${a} = 'x' 'y'", "count(${a}) > 1", "${b} = 'x'", "(${a} = 'x'"])
def test_a_relevance_that_is_not_understood_is_refused(wrong):
    with pytest.raises(ValueError, match=r"not understood|no answers"):
        applies(wrong, {"a": np.array(["x"], dtype=object)})


def test_the_list_of_sampling_units_goes_with_the_form():
    frame = pd.DataFrame({"psu_id": ["B", "A", "C"], "area_id": ["TR-27", "TR-27", "TR-01"], "stratum": "x"})
    assert questionnaire.units(frame) == b"name,label,area_id\nC,C,TR-01\nA,A,TR-27\nB,B,TR-27\n"


def test_columns_of_ours_do_not_reach_the_form():
    with ZipFile(io.BytesIO(questionnaire.workbook())) as archive:
        text = archive.read("xl/sharedStrings.xml").decode()
    assert "asked_of" not in text and "consent_guardian" in text
