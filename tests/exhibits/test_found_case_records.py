"""What the findings on case records say of persons: what protected tables tell, as bounds where they tell bounds."""

from __future__ import annotations

import re
from collections.abc import Callable

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from stated_findings import require_sentences, told

from analysis import areas, catalog
from analysis.exhibits import NoResult, case_records, record_counts, time_to_referral
from analysis.exhibits import findings_case_records as found
from analysis.findings.exhibit_rows import require_published
from analysis.findings.finding import Finding
from analysis.findings.measures import LANGUAGES, sentence
from analysis.referral.time_to_referral import TimeToReferral

PROVINCES, FIG, WILLOW, CEDAR = (
    areas.get(area_id) for area_id in ("demo_provinces", "XDP-FIG", "XDP-WILLOW", "XDP-CEDAR")
)
Tables = dict[str, pd.DataFrame]
NO_RECORD = NoResult("No record is there.", "too_few_persons")


def table(columns: str, *rows: tuple[object, ...]) -> pd.DataFrame:
    """A protected table; None is suppressed."""
    made = pd.DataFrame(rows, columns=columns.split())
    return made.assign(count=pd.array(made["count"], dtype="Int64"))


# A hundred persons: sixty in Fig, the others in Willow and elsewhere; nobody in Cedar.
TABLES: Tables = {
    "persons": table("count", (100,)),
    "persons by area": table("area_id count", ("XDP-FIG", 60), ("XDP-WILLOW", None), ("XDP-PINE", None)),
    "year": table("year count", ("2019", 40), ("2020", 35), ("2021", 25)),
    "sex": table("sex count", ("Female", 45), ("Male", 40), ("not stated", 15)),
    "sex by area": table(
        "area_id sex count", ("XDP-FIG", "Female", 38), ("XDP-FIG", "Male + not stated", 22),
        ("XDP-WILLOW", "Female", 14), ("XDP-WILLOW", "Male + not stated", None),
    ),
    "age_detected": table(
        "age_detected count", ("5-11", 12), ("12-14", 13), ("15-17", 30), ("child, age not known", 11),
        ("18 or older", 20), ("not stated", 14),
    ),
    "age_detected by area": table(
        "area_id age_detected count", ("XDP-FIG", "0-14", 15), ("XDP-FIG", "15-17", 20),
        ("XDP-FIG", "18 or older + child, age not known + not stated", 25),
        ("XDP-WILLOW", "0-14", None), ("XDP-WILLOW", "15-17", 11), ("XDP-WILLOW", "18 or older + not stated", None),
    ),
    "nationality": table("nationality count", ("Mirania", 70), ("other, or not stated", 30)),
    "form: Child labour": table("form:_Child_labour count", ("no", 20), ("yes", 80)),
    "form: Child labour by area": table(
        "area_id form:_Child_labour count", ("XDP-FIG", "no", 14), ("XDP-FIG", "yes", 46),
    ),
    "form: Forced begging": table("form:_Forced_begging count", ("no", 88), ("yes", 12)),
}  # fmt: skip
TABLES = {
    name: each.rename(columns={column: column.replace("_", " ") for column in each if column.startswith("form:")})
    for name, each in TABLES.items()
}


@pytest.fixture
def put(monkeypatch) -> Callable[[Tables], None]:
    """Put protected tables in the place of those of Arboria; no record is there."""

    def put(tables: Tables, kind: str = "synthetic") -> None:
        monkeypatch.setattr(record_counts, "tables", lambda study: tables)
        monkeypatch.setattr(catalog, "case_kind", lambda study: kind)
        monkeypatch.setattr(time_to_referral, "of_contacts", lambda place: NO_RECORD)
        monkeypatch.setattr(case_records, "load", lambda study: pytest.fail("records were read"))

    return put


def of_place(place: areas.Area) -> list[Finding]:
    return found.of_case_records(
        place,
        who=record_counts.shares_of_traits(place, case_records.WHO),
        how=record_counts.shares_of_traits(place, case_records.HOW),
        years=case_records.by_period(place),
        contacts=time_to_referral.of_contacts(place),
    )


def findings(place: areas.Area) -> dict[str, Finding]:
    return {finding.finding_id.split("/")[1]: finding for finding in of_place(place)}


# Persons


def test_persons_are_those_of_the_protected_table_with_the_years_in_which_they_were_detected(put):
    put(TABLES)
    assert told(findings(PROVINCES)["recorded_persons"]) == ("known", 100, 100, 100)
    finding = findings(FIG)["recorded_persons"]
    assert told(finding) == ("known", 60, 60, 60)
    assert (finding.n, finding.period, finding.kind, finding.release_class) == (
        60,
        "2019/2021",
        "synthetic",
        "protected",
    )


def test_adjusted_numbers_are_bounds_and_say_by_how_much_they_are_adjusted(put):
    """Each cell can be twelve more or fewer: of 100 persons 88 to 112."""
    put({name: each.assign(adjusted_by=each["count"].where(each["count"].isna(), 12)) for name, each in TABLES.items()})
    finding = findings(PROVINCES)["recorded_persons"]
    assert told(finding) == ("known", 100, 88, 112) and finding.interval == "bounds"
    assert "adjusted by up to ± 12, so that nobody can tell who came or went" in finding.limits
    forms = findings(FIG)["recorded_by_form.child_labour"]
    assert told(forms) == ("known", 46, 34, 58)


def test_a_withheld_number_has_no_bound_and_is_not_said_to_be_small(put):
    put(TABLES)
    stated = findings(WILLOW)
    for name in ("recorded_persons", "recorded_children", "recorded_by_sex.male", "recorded_by_sex.not_stated"):
        assert told(stated[name]) == ("withheld", None, None, None)
        assert stated[name].n is None and not re.search(r"\d|few", stated[name].why)


def test_what_may_be_told_beside_a_withheld_total_is_told_without_it(put):
    put(TABLES)
    assert told(findings(WILLOW)["recorded_by_sex.female"]) == ("known", 14, 14, 14)
    assert findings(WILLOW)["recorded_by_sex.female"].n is None


def test_an_area_of_which_no_list_has_a_record_has_none_recorded_and_that_is_no_finding_of_none(put):
    put(TABLES)
    stated = findings(CEDAR)
    assert told(stated["recorded_persons"]) == ("known", 0, 0, 0)
    assert "need not mean that there is none" in stated["recorded_persons"].limits
    assert {finding.status for name, finding in stated.items() if name != "recorded_persons"} == {"not reported"}


def test_records_that_are_not_linked_are_no_persons(put):
    put({"records": table("count", (140,)), "year": TABLES["year"]})
    assert {finding.status for name, finding in findings(PROVINCES).items() if "days" not in name} == {"refused"}


# Children


def test_children_are_all_ages_below_eighteen_with_those_whose_age_is_not_known_more_closely(put):
    put(TABLES)
    # 12 + 13 + 30 + 11; of 14 it is not stated whether they were children.
    assert told(findings(PROVINCES)["recorded_children"]) == ("known", 66, 66, 66)


def test_where_children_were_taken_together_with_adults_bounds_alone_are_told(put):
    put(TABLES)
    finding = findings(FIG)["recorded_children"]
    # 15 + 20 surely, and perhaps all of the 25 others.
    assert told(finding) == ("known", None, 35, 60) and finding.interval == "bounds"
    assert "only bounds" in finding.limits and "when they were detected" in finding.limits


BEGAN = table(
    "age_detected count", ("5-11", 12), ("12-14", 13), ("15-17", 30), ("child, age not known + not stated", 13),
    ("18 or older, child when exploitation began", 12),
    ("18 or older, also when exploitation began + 18 or older, beginning not stated", 20),
)  # fmt: skip


def test_children_when_exploitation_began_are_also_those_who_were_detected_as_adults(put):
    put(TABLES | {"age_began": BEGAN})
    finding = findings(PROVINCES)["recorded_children_at_start"]
    # 12 + 13 + 30 and 12 surely, and perhaps the 13 of whom no age at detection is stated.
    assert told(finding) == ("known", None, 67, 80) and "when exploitation began" in finding.limits
    assert findings(FIG)["recorded_children_at_start"].why == found.NOT_BY_AREA
    put(TABLES)
    assert findings(PROVINCES)["recorded_children_at_start"].why == found.NOT_COUNTED


def test_a_series_that_counts_the_age_when_exploitation_began_goes_on_and_says_so(put):
    """Its tables stay those of its first release: age at detection was none of them."""
    renamed = {
        name.replace("age_detected", "age"): each.rename(columns={"age_detected": "age"})
        for name, each in TABLES.items()
    }
    put(renamed)
    stated = findings(PROVINCES)
    assert told(stated["recorded_children_at_start"]) == ("known", 66, 66, 66)
    assert (stated["recorded_children"].status, stated["recorded_children"].why) == (
        "withheld",
        found.NOT_COUNTED,
    )


# Sex, nationality, form


def test_a_value_that_was_taken_together_with_another_lies_between_nobody_and_all_of_both(put):
    put(TABLES)
    stated = findings(FIG)
    assert told(stated["recorded_by_sex.female"]) == ("known", 38, 38, 38)
    assert told(stated["recorded_by_sex.male"]) == told(stated["recorded_by_sex.not_stated"]) == ("known", None, 0, 22)


def test_a_nationality_that_is_not_named_may_be_among_the_others(put):
    put(TABLES)
    stated = findings(PROVINCES)
    assert told(stated["recorded_by_nationality.mirania"]) == ("known", 70, 70, 70)
    assert told(stated["recorded_by_nationality.arboria"]) == ("known", None, 0, 30)


def test_what_is_not_counted_by_area_is_withheld_there(put):
    put(TABLES)
    stated = findings(FIG)
    assert stated["recorded_by_nationality.mirania"].status == "withheld"
    assert stated["recorded_by_form.forced_begging"].status == "withheld"
    assert told(stated["recorded_by_form.child_labour"]) == ("known", 46, 46, 46)
    assert told(findings(PROVINCES)["recorded_by_form.forced_begging"]) == ("known", 12, 12, 12)


VALUES = ("5-11", "15-17", "18 or older", "not stated")


@given(st.lists(st.sampled_from(VALUES), min_size=1, max_size=40), st.permutations(VALUES), st.data())
def test_bounds_hold_the_number_whatever_was_taken_together(persons, order, data):
    cut = data.draw(st.integers(0, len(VALUES) - 1))
    pool = " + ".join(sorted(order[:cut])) if cut else ""
    cells = pd.Series([pool if person in order[:cut] else person for person in persons])
    surely, perhaps = found._holding(cells, found.CHILDREN)
    children = sum(person in ("5-11", "15-17") for person in persons)
    assert surely.sum() <= children <= surely.sum() + perhaps.sum()
    if cut < 2:
        assert not perhaps.any()


# Days to the referral


def medians(monkeypatch, dated: int, low: float = 5, high: float = 5, confidence: float = 0.95) -> Finding:
    """The finding on days from the first contact, of so many persons with both dates."""
    rows = [(time_to_referral.CONTACTS["first"], share, dated, low, high, 3.0, 8.0) for share in (0.25, 0.5, 0.75)]
    columns = ["group", "share", "dated", "low", "high", "limit_low", "limit_high"]
    found = TimeToReferral(pd.DataFrame(rows, columns=columns), "first", confidence, ())
    monkeypatch.setattr(time_to_referral, "of_contacts", lambda place: found)
    return findings(FIG)["days_to_referral.first_contact"]


@pytest.mark.parametrize(
    ("dated", "expected"),
    [(21, ("withheld", None, None, None)), (22, ("known", 5, 5, 5)), (44, ("known", 5, 3, 8))],
)
def test_a_median_is_stated_of_22_persons_and_its_limits_of_44(put, monkeypatch, dated, expected):
    put(TABLES)
    finding = medians(monkeypatch, dated)
    assert told(finding) == expected
    # How many persons there are is said by classes alone.
    assert finding.n is None and finding.release_class == "estimate" and not re.search(r"\d", finding.why)


def test_a_median_that_dates_leave_open_is_told_as_bounds(put, monkeypatch):
    put(TABLES)
    finding = medians(monkeypatch, 22, low=4, high=6)
    assert told(finding) == ("known", None, 4, 6) and finding.interval == "bounds"
    finding = medians(monkeypatch, 44, low=4, high=6)
    assert told(finding) == ("known", None, 3, 8) and "from 4 to 6 days" in finding.limits


def test_a_median_has_the_level_of_its_limits(put, monkeypatch):
    put(TABLES)
    for confidence in (0.5, 0.95):
        assert medians(monkeypatch, 44, confidence=confidence).row()["confidence"] == confidence


# All places


@pytest.mark.parametrize("by", [0, 12])
@pytest.mark.parametrize("area_id", ["demo_provinces", "XDP-WILLOW", "demo_islands", "XIC-JADE", "XIC-ONYX"])
def test_what_one_cell_has_is_read_from_the_row_of_the_exhibit_that_has_it(area_id, by, put):
    place = areas.get(area_id)
    tables = record_counts.tables(place.study)
    put({name: each.assign(adjusted_by=by) for name, each in tables.items()} if by else tables)
    who, how = (record_counts.shares_of_traits(place, asked) for asked in (case_records.WHO, case_records.HOW))
    exhibits = {
        "who": case_records.who(place, who),
        "how": case_records.how(place, how),
        "by_year": case_records.by_year(place, case_records.by_period(place)),
    }
    released = {name: made.table.as_resource(name, "") for name, made in exhibits.items()}
    stated = findings(place)
    require_published([finding.row() for finding in stated.values()], released)
    assert stated["recorded_persons"].exhibit == "by_year"
    known = [finding for finding in stated.values() if finding.status == "known" and finding.value is not None]
    assert all(finding.exhibit for finding in known if not finding.measure.startswith(("recorded_children", "days")))


@pytest.mark.parametrize("study", ["demo_provinces", "demo_islands"])
def test_findings_follow_from_protected_tables_alone(study, monkeypatch):
    """With the records taken away every finding is the same, but for days, which a rule lets leave."""
    places = [areas.get(area_id) for area_id in (study, *areas.ids(study)[:4])]

    def stated() -> list[dict[str, object]]:
        return [f.row() for place in places for f in of_place(place) if f.measure != "days_to_referral"]

    before = stated()
    assert before and all(row["release_class"] == "protected" for row in before)
    monkeypatch.setattr(time_to_referral, "of_contacts", lambda place: NO_RECORD)
    for module in (case_records, time_to_referral):
        monkeypatch.setattr(module, "load", lambda study: pytest.fail("records were read"))
    assert stated() == before


@pytest.mark.parametrize("study", ["demo_provinces", "demo_islands"])
def test_the_same_is_asked_of_every_area_and_every_number_is_that_of_a_table(study):
    told = {int(count) for each in record_counts.tables(study).values() for count in each["count"].dropna()}
    asked = set()
    for area_id in areas.ids(study):
        stated = findings(areas.get(area_id))
        asked.add(frozenset(stated))
        for finding in stated.values():
            # Children are a sum of several cells, and a median of days is no number of persons.
            is_count = not finding.measure.startswith(("recorded_children", "days_to_referral"))
            if is_count and finding.interval == "exact" and finding.status == "known":
                assert finding.value in told | {0}
    assert len(asked) == 1


@pytest.mark.parametrize("study", ["demo_provinces", "demo_islands"])
def test_the_nationalities_that_are_asked_for_are_named_so_in_the_tables(study):
    """Their countries are in no list of countries: the study declares them."""
    stated = findings(areas.get(study))
    named = areas.STUDIES[study].nationalities.split(";")
    assert {finding.item for name, finding in stated.items() if "nationality" in name} == set(map(found.item_of, named))
    for name in named:
        assert stated[f"recorded_by_nationality.{found.item_of(name)}"].value > 0
        assert name in {row["name"] for row in areas.places(study) if row["level"] == "country"}


@pytest.mark.parametrize("area_id", ["demo_provinces", "XDP-WILLOW", "demo_islands", "XIC-JADE", "XIC-ONYX"])
def test_every_finding_is_a_sentence_in_every_language(area_id):
    require_sentences([finding.row() for finding in of_place(areas.get(area_id))])


def test_a_sentence_says_that_lists_are_of_the_provinces_or_islands_studied():
    """The lists of Arboria are of nine provinces, and those of no other are in them."""
    words = {"en": "provinces or islands studied", "fr": "provinces ou îles étudiées",
             "pt": "províncias ou ilhas estudadas", "tr": "incelenen il veya ada"}  # fmt: skip
    for finding in of_place(PROVINCES):
        if finding.status == "known":
            assert all(words[language] in sentence(finding.row(), language) for language in LANGUAGES)


@pytest.mark.parametrize("value", ["Forced military (by non-state actors)", "not stated", "Sexual exploitation"])
def test_a_form_in_words_is_a_declared_item(value):
    assert found.MEASURES["recorded_by_form"].declares(found.item_of(value))
