"""Count tables of persons on lists: each person in one cell, and no finer than the persons of a study allow."""

import pandas as pd
import pytest

import disclosure
from analysis.cases import person_counts
from analysis.cases.person_counts import age_classes, atoms, kept, periods, pooled
from analysis.cases.record_linkage import DISAGREE, by_person

TRAITS = ("sex", "nationality", "sector", "recruiter", "status", "exploitation", "means_of_control")


def record(person: str, **stated) -> dict:
    """A record of a person, of whom nothing is stated but what is given; exploitation begins when it is detected."""
    ages = {"low": pd.NA, "high": pd.NA, "began_low": stated.get("low", pd.NA), "began_high": stated.get("high", pd.NA)}
    row = {
        "person_id": person,
        "list_id": "police",
        "area_id": "TR-27",
        "date": "2020-03-01",
        **dict.fromkeys(TRAITS, ""),
    }
    return row | ages | stated


def table(*rows: dict) -> pd.DataFrame:
    records = pd.DataFrame(rows)
    dates = pd.to_datetime(records.pop("date"))
    ages = {f"age_{end}": records.pop(end).astype("Int64") for end in ("low", "high")}
    ages |= {f"exploited_age_{end}": records.pop(f"began_{end}").astype("Int64") for end in ("low", "high")}
    return records.assign(
        record_id=[f"r{number:04}" for number in range(len(records))],
        date_low=dates,
        date_high=dates,
        date_precision=dates.notna().map({True: "day", False: "unknown"}),
        **ages,
    )


def many(n: int, **stated) -> list[dict]:
    """Records of `n` persons of whom the same is stated."""
    called = "-".join(map(str, stated.values()))
    return [record(f"{called}-{number}", **stated) for number in range(n)]


def count_of(tables: dict[str, pd.DataFrame], name: str, **cell: str) -> int:
    """The count of one cell; a combination that is not listed is zero."""
    here = tables[name]
    for dimension, value in cell.items():
        here = here[here[dimension] == value]
    return int(here["count"].sum())


# 60 girls and 50 boys of Gaziantep, 40 boys of Kilis of whom 12 beg and work, and 5 of whom nothing is stated.
STUDY = (
    *many(60, sex="female", exploitation="ForcedLabour", low=16, high=16),
    *many(50, sex="male", exploitation="ForcedBegging", low=8, high=8, date="2021-05-05"),
    *many(28, sex="male", area_id="TR-79", exploitation="ForcedLabour", low=13, high=14),
    *many(
        12, sex="male", area_id="TR-79", exploitation="ForcedBegging;ForcedLabour", low=12, high=12, date="2021-01-01"
    ),
    *many(5, area_id="", date=None),
)


@pytest.fixture(scope="module")
def tables() -> dict[str, pd.DataFrame]:
    return person_counts.person_tables(table(*STUDY))


def test_every_person_stands_in_one_cell_of_each_table(tables):
    for name, counted in tables.items():
        assert counted["count"].sum() == 155, name
        assert counted["count"].dtype == "Int64" and (counted["count"] > 0).all(), name
        assert not counted.drop(columns="count").duplicated().any() or list(counted) == ["count"], name


def test_totals_are_counted_by_area_and_what_is_not_stated_is_a_value(tables):
    assert count_of(tables, "persons") == 155
    by_area = tables["persons by area"].set_index("area_id")["count"].to_dict()
    assert by_area == {"TR-27": 110, "TR-79": 40, "not stated": 5}


def test_a_person_with_two_forms_has_both_and_stands_in_one_cell_of_each(tables):
    assert count_of(tables, "form: Forced begging", **{"form: Forced begging": "yes"}) == 50 + 12
    assert count_of(tables, "form: Forced labour", **{"form: Forced labour": "yes"}) == 60 + 28 + 12
    assert count_of(tables, "form: Forced labour", **{"form: Forced labour": "no"}) == 155 - 100


def test_tables_of_two_traits_add_up_to_those_of_one(tables):
    crossed = tables["sex by form: Forced labour"]
    assert crossed.groupby("form: Forced labour")["count"].sum().to_dict() == {"no": 55, "yes": 100}
    # To expect eleven persons among the 55 of 155 without this form there must be 31 of a value: the five of whom
    # no sex is stated are too few, and go with the fewer of the others.
    assert crossed.groupby("sex")["count"].sum().to_dict() == {"Female + not stated": 65, "Male": 90}


def test_a_person_of_two_areas_is_of_the_one_of_the_earliest_certain_date():
    twice = (
        record("p", area_id="TR-79", date="2021-02-01"),
        record("p", area_id="TR-27", date="2020-02-01"),
        record("p", area_id="TR-34", date=None),
    )
    found = person_counts.person_tables(table(*twice, *many(20)))
    assert count_of(found, "persons by area", area_id="TR-27") == 21
    assert set(found["persons by area"]["area_id"]) == {"TR-27"}


def test_a_person_on_two_lists_is_counted_once_and_no_table_tells_of_lists():
    """29 persons of whom 14 are on two lists: totals of three lists would tell how many are on several."""
    found = person_counts.person_tables(
        table(*many(15), *(record(f"{n}", list_id=name) for n in range(14) for name in "ab"))
    )
    assert count_of(found, "persons") == 29
    assert not any("list" in name for name in found)


def test_whom_a_source_found_to_be_no_victim_is_not_counted():
    found = person_counts.person_tables(table(*many(20), *many(3, status="NotAVictimOfTrafficking", person_id="")))
    assert count_of(found, "persons") == 20


def test_lists_that_are_not_linked_are_counted_by_records_and_say_so():
    alone = table(*many(20)).assign(person_id="")
    found = person_counts.count_tables(alone.assign(study="turkiye"), pd.DataFrame({"journey_id": []}))
    assert person_counts.unit(found) == "records" and count_of(found, "records") == 20 and "persons" not in found


def test_lists_without_a_record_have_no_table():
    assert person_counts.person_tables(table(*many(1)).head(0)) == {}


def test_rare_values_are_one_and_take_what_is_not_stated_with_them_where_they_are_too_few():
    stated = ["Syria"] * 30 + ["Iraq"] * 12 + ["Namibia"] * 3 + ["not stated"] * 20
    assert kept(pd.Series(stated)).value_counts().to_dict() == {"Syria": 30, "other, or not stated": 23, "Iraq": 12}
    more = [*stated, *["Chad"] * 9]
    counted = kept(pd.Series(more)).value_counts().to_dict()
    assert counted == {"Syria": 30, "not stated": 20, "Iraq": 12, "other": 12}
    # What is not stated is no rare value among others: alone it stays what it is.
    assert set(kept(pd.Series(["Male"] * 30 + ["not stated"] * 2))) == {"Male", "not stated"}


def test_values_are_pooled_until_the_pool_is_as_large_as_the_others():
    stated = pd.Series(["a"] * 50 + ["b"] * 40 + ["c"] * 30 + ["d"] * 5 + ["not stated"] * 6)
    # Of at least 10: d with what is not stated. Of at least 35: c, d and what is not stated. Of at least 45: all but a.
    assert set(pooled(stated, 10)) == {"a", "b", "c", "d + not stated"}
    assert set(pooled(stated, 35)) == {"a", "b", "c + d + not stated"}
    assert set(pooled(stated, 45)) == {"a", "b + c + d + not stated"}
    assert set(pooled(stated, 1)) == {"a", "b", "c", "d", "not stated"}


def test_ages_of_children_are_as_fine_as_each_class_has_persons():
    ages = pd.Series(["5-11"] * 20 + ["12-14"] * 30 + ["15-17"] * 60 + ["18 or older"] * 70)
    assert set(age_classes(ages, 20)) == {"5-11", "12-14", "15-17", "18 or older"}
    assert set(age_classes(ages, 40)) == {"0-14", "15-17", "18 or older"}
    assert set(age_classes(ages, 65)) == {"child", "18 or older"}
    # Few children of unknown age do not make the classes of the others coarser.
    more = pd.concat([ages, pd.Series(["child, age not known"] * 5)])
    assert set(age_classes(more, 20)) == {"5-11 + child, age not known", "12-14", "15-17", "18 or older"}


def test_years_are_taken_together_until_eleven_persons_are_in_each_on_average():
    years = pd.Series([str(2014 + number % 10) for number in range(100)])
    assert periods(years, 2014, 110).nunique() == 10
    assert set(periods(years, 2014, 60)) == {"2014-2015", "2016-2017", "2018-2019", "2020-2021", "2022-2023"}
    assert set(periods(years, 2014, 30)) == {"2014-2018", "2019-2023"}
    assert set(periods(pd.Series(["2014", ""]), 2014, 11)) == {"2014", "not stated"}


def test_periods_begin_with_the_first_year_of_as_many_persons_as_may_be_shown():
    years = pd.Series(["1999"] * 2 + ["2014"] * 12 + ["2015"] * 30)
    assert person_counts.first_year(years) == 2014
    # A stray early record does not shift the periods of all others.
    assert set(periods(years, 2014, 22)) == {"1998-1999", "2014-2015"}


def test_what_was_pooled_is_known_by_what_it_is_made_of(tables):
    assert atoms("0-14 + not stated") == ["0-4", "5-11", "12-14", "not stated"]
    assert len(atoms("18 or older", "age_detected")) == 3 and atoms("18 or older", "age") == ["18 or older"]
    by_hand = {
        "sex": {"Female": 60, "Male": 90, "not stated": 5},
        "age_detected": {"5-11": 50, "12-14": 40, "15-17": 60, "not stated, nor when exploitation began": 5},
    }
    made_of = person_counts.nested(tables)
    for name, persons_of in by_hand.items():
        parts = made_of[name].groupby("value")["atom"].agg(list)
        found = [table.groupby(name)["count"].sum() for table in tables.values() if name in table]
        assert len(found) > 2
        for value, counted in pd.concat(found).items():
            assert counted == sum(persons_of.get(atom, 0) for atom in parts[value]), (name, value)


def test_a_trait_that_few_have_is_not_counted_by_area():
    # Half of four areas have 20 persons or fewer; of 80 persons eleven are expected there of those that 44 have.
    areas = ("TR-27", "TR-79", "TR-34", "TR-63")
    rows = [many(20, area_id=area, recruiter="Familial", means_of_control="DebtBondage") for area in areas[:2]]
    rows += [many(20, area_id=area, recruiter="Acquainted", sex="male") for area in areas[2:]]
    found = person_counts.person_tables(table(*(row for part in rows for row in part)))
    assert "means: Debt bondage" in found and "means: Debt bondage by area" not in found
    assert "recruiter by area" not in found


def test_children_too_few_for_any_class_of_ages_are_one_with_others():
    found = age_classes(pd.Series(["0-4"] * 3 + ["15-17"] * 2 + ["18-24"] * 30), 11)
    assert (found.value_counts() >= 11).all() and len(found) == 35


# Of girls of 15 it does not matter when it began; of adults it began in childhood, later, or nobody knows when; of the
# last it is known that it began at 14, and not when they were detected.
OF_TWO_AGES = (
    *many(30, low=15, high=15, began_low=pd.NA),
    *many(20, low=25, high=25, began_low=16, began_high=17),
    *many(15, low=30, high=30, began_low=22, began_high=22),
    *many(36, low=20, high=20, began_low=pd.NA),
    *many(12, began_low=14, began_high=14),
)


def values(table: pd.DataFrame, name: str) -> dict[str, int]:
    return table.set_index(name)["count"].to_dict()


def test_adults_when_detected_are_counted_as_adults_whenever_exploitation_began():
    found = person_counts.person_tables(table(*OF_TWO_AGES))
    assert values(found["age_detected"], "age_detected") == {"15-17": 30, "18 or older": 71, "not stated": 12}
    assert values(found["age_began"], "age_detected") == {
        "15-17": 30,
        "18 or older, child when exploitation began": 20,
        "18 or older, also when exploitation began": 15,
        "18 or older, beginning not stated": 36,
        "not stated, child when exploitation began": 12,
    }
    # One age is counted by other traits, and no table has the other beside it.
    assert not any("age" in each for each in found.values())


def test_few_who_came_of_age_while_exploited_are_not_told_by_the_difference_of_two_ages():
    """100 children when detected and 5 more when it began: the five are in one cell with the sixty other adults."""
    rows = (
        *many(100, low=15, high=15, began_low=pd.NA),
        *many(5, low=19, high=19, began_low=16, began_high=16),
        *many(60, low=30, high=30, began_low=25, began_high=25),
    )
    found = person_counts.person_tables(table(*rows))
    assert values(found["age_detected"], "age_detected") == {"15-17": 100, "18 or older": 65}
    assert "age_began" not in found
    protected = disclosure.protect(found, nested=person_counts.nested(found))
    assert disclosure.audit(protected, nested=person_counts.nested(protected)).empty


def test_lists_that_state_when_exploitation_began_are_counted_by_that_age_and_keep_their_adults():
    rows = (*many(40, began_low=14, began_high=14), *many(15, low=30, high=30, began_low=pd.NA))
    found = person_counts.person_tables(table(*rows))
    assert values(found["age"], "age") == {"12-14": 40, "not stated, 18 or older when detected": 15}
    assert not any("age_detected" in each for each in found.values())


def test_the_age_at_detection_is_that_of_the_earliest_record_that_states_one():
    def ages(*rows: dict) -> dict[str, str]:
        return by_person(table(*rows), "age_detected").to_dict()

    # 17 in 2019, and 19 two years later: both can be right, of a person first detected at 17.
    twice = [record("p", low=17, high=17, date="2019-03-01"), record("p", low=19, high=19, date="2021-03-01")]
    assert ages(*twice) == {"p": "15-17"}
    # What an interval leaves open a later record closes: 9 to 17 in March 2019, 15 years a month later.
    told = [record("p", low=9, high=17, date="2019-03-01"), record("p", low=15, high=15, date="2019-04-01")]
    assert ages(*told) == {"p": "child, age not known"}
    told[1] |= {"low": 16, "high": 16}
    assert ages(*told) == {"p": "15-17"}
    # A record that states no age, and one without a date, change nothing.
    assert ages(record("p", date="2018-01-01"), *twice, record("p", low=17, high=17, date=None)) == {"p": "15-17"}
    # Two ages of adults are an adult, two of children a child; a child and an adult on one day disagree.
    for one, other, expected in ((18, 30, "18 or older"), (8, 13, "child, age not known"), (12, 25, DISAGREE)):
        assert ages(record("p", low=one, high=one), record("p", low=other, high=other)) == {"p": expected}
