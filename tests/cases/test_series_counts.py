"""Counts in the tables and values of an earlier release: a value that appears or vanishes would tell of somebody."""

import pandas as pd
import pytest
from test_journey_counts import study

from analysis.cases.person_counts import count_tables
from analysis.cases.series_counts import OTHER_YEARS, count_as_before
from disclosure.revision import on_grid

WAYS = [("SYR>TR-27", 40), ("IRQ>TR-27", 6), ("SYR>TR-79>TR-27", 30), ("TR-34>TR-34", 30)]
TRAITS = {
    "nationality": ["SYR"] * 55 + ["TUR"] * 39 + ["AFG"] * 6 + ["IRN"] * 6,
    "sex": ["female"] * 70 + ["male"] * 36,
    "exploitation": ["ForcedLabour"] * 50 + ["SexualExploitation"] * 50 + ["ForcedBegging"] * 6,
    "area_id": ["TR-27"] * 70 + ["TR-63"] * 36,
    "date_low": [pd.Timestamp(f"{2018 + number % 3}-03-01") for number in range(106)],
}


def of_year(year: int) -> dict[str, object]:
    day = pd.Timestamp(f"{year}-05-01")
    return {"date_low": day, "date_high": day, "date_precision": "day"}


def persons(**changed: object) -> tuple[pd.DataFrame, pd.DataFrame]:
    records, stops = study(*WAYS)
    records = records.assign(**TRAITS).assign(date_high=TRAITS["date_low"])
    return records.assign(**changed), stops


def more(records: pd.DataFrame, number: int, **changed: object) -> pd.DataFrame:
    """The records, and as many new persons who are as the first one but for what is changed."""
    new = pd.concat([records.head(1)] * number, ignore_index=True)
    ids = [f"new {place}" for place in range(len(records), len(records) + number)]
    return pd.concat([records, new.assign(record_id=ids, person_id=ids, **changed)], ignore_index=True)


@pytest.fixture(scope="module")
def before() -> dict[str, pd.DataFrame]:
    return count_tables(*persons())


def sums(table: pd.DataFrame, name: str) -> dict[str, int]:
    return table.groupby(name)["count"].sum().astype(int).to_dict()


def test_the_same_persons_are_counted_as_they_were(before):
    found = count_as_before(*persons(), before)
    assert list(found) == list(before) and {"persons", "flow", "year by area", "sex by form: Forced labour"} <= set(
        found
    )
    for name, table in before.items():
        assert sorted(map(tuple, found[name].to_numpy())) == sorted(map(tuple, table.to_numpy()))
        assert [str(each) for each in found[name]] == [str(each) for each in table]


def test_a_nationality_that_few_have_is_no_value_of_its_own(before):
    records, stops = persons()
    found = count_as_before(more(records, 3, nationality="MAR"), stops, before)
    listed = set(before["nationality"]["nationality"])
    assert set(found["nationality"]["nationality"]) <= listed
    (other,) = [value for value in listed if value.startswith("other")]
    assert sums(found["nationality"], "nationality")[other] == sums(before["nationality"], "nationality")[other] + 3
    # Many of one do not make it a value either: the tables of a series stay the same.
    assert (
        set(count_as_before(more(records, 30, nationality="MAR"), stops, before)["nationality"]["nationality"])
        <= listed
    )


def test_a_place_outside_of_the_study_is_one_category(before):
    records, stops = persons()
    outside = more(more(records, 1, area_id="TR-33"), 2, area_id="TR-06")
    found = count_as_before(outside, stops, before)["persons by area"]
    assert sums(found, "area_id") == {"TR-27": 70, "TR-63": 36, "outside the study": 3}
    assert sums(count_tables(outside, stops)["persons by area"], "area_id")["outside the study"] == 3


def test_years_after_the_last_are_named_and_those_before_the_first_are_one(before):
    records, stops = persons()
    found = count_as_before(more(records, 10, **of_year(2021)), stops, before)
    assert sums(found["year"], "year") == {**sums(before["year"], "year"), "2021": 10}
    earlier = count_as_before(more(records, 30, **of_year(2009)), stops, before)
    assert sums(earlier["year"], "year") == {**sums(before["year"], "year"), OTHER_YEARS: 30}


def test_a_new_value_is_listed_once_enough_persons_have_it(before):
    """How many are enough follows from the secret: at least eleven, and no more than twenty-five."""
    records, stops = persons()
    listed = {}
    for number in (1, 10, 26, 40):
        counted = count_as_before(more(records, number, **of_year(2021)), stops, before)
        listed[number] = set(on_grid(counted, [before], 11, b"a secret of this test")["year"]["year"])
    assert listed[1] == listed[10] == set(before["year"]["year"])
    assert listed[26] == listed[40] == {*before["year"]["year"], "2021"}


AGES = {"age_low": [14] * 60 + [19] * 46, "age_high": [14] * 60 + [19] * 46}
BEGAN = {"exploited_age_low": [13] * 60 + [16] * 46, "exploited_age_high": [13] * 60 + [16] * 46}


def test_a_series_of_the_age_when_exploitation_began_goes_on_without_a_trait_that_it_has_not():
    """As releases were before age at detection was counted: the same tables, values and cells, and none besides."""
    records, stops = persons(**AGES, **BEGAN)
    ages = [name for name in count_tables(records, stops) if "age" in name]
    assert ages == ["age_began", "age_detected", "age_detected by area", "sex by age_detected"]
    area, sex = records["area_id"], records["sex"].str.capitalize()
    age = pd.Series(["12-14"] * 60 + ["15-17"] * 46, name="age")
    old = {"age": [age], "age by area": [area, age], "sex by age": [sex, age]}
    old = {name: pd.crosstab(*each, dropna=False).stack() if len(each) > 1 else each[0].value_counts()
           for name, each in old.items()}  # fmt: skip
    old = {name: each.rename("count").astype("Int64").reset_index() for name, each in old.items()}
    old = {name: each[each["count"] > 0] for name, each in old.items()}
    found = count_as_before(records, stops, old)
    assert list(found) == list(old)
    for name, each in old.items():
        columns = [column for column in each if column != "count"]
        assert found[name].set_index(columns)["count"].to_dict() == each.set_index(columns)["count"].to_dict(), name


def test_whoever_is_new_in_a_series_of_two_ages_is_counted_in_the_classes_that_it_has():
    records, stops = persons(**AGES, **BEGAN)
    before = count_tables(records, stops)
    later = more(records, 3, age_low=20, age_high=20, exploited_age_low=pd.NA, exploited_age_high=20)
    later = more(later, 2, age_low=pd.NA, age_high=pd.NA, exploited_age_low=pd.NA, exploited_age_high=pd.NA)
    found = count_as_before(later, stops, before)
    assert sums(found["age_detected"], "age_detected") == {"12-14": 60, "18 or older": 46 + 3, "not stated": 2}
    assert sums(found["age_began"], "age_detected") == {
        "12-14": 60,
        "18 or older, child when exploitation began": 46,
        # A class that is not listed: it is listed once enough persons have it.
        "other": 3,
        "not stated": 2,
    }


def test_a_child_of_an_age_that_is_not_listed_stays_a_child():
    """Of most children an upper bound alone is known; the first of four years is none of the values of the release."""
    records, stops = persons(**AGES, exploited_age_low=pd.NA, exploited_age_high=14)
    listed = pd.DataFrame({"age": ["child, age not known", "not stated"], "count": pd.array([90, 16], "Int64")})
    found = count_as_before(more(records, 1, exploited_age_low=3, exploited_age_high=3), stops, {"age": listed})
    assert sums(found["age"], "age") == {"child, age not known": 107}


def test_a_form_that_is_not_listed_is_other_where_that_is_listed_and_else_no(before):
    records, stops = persons()
    found = count_as_before(more(records, 4, exploitation="Servitude"), stops, before)
    assert not any("Servitude" in name for name in found)
    assert sums(found["form: Forced labour"], "form: Forced labour")["yes"] == 54 - 4
    assert sums(found["form: other"], "form: other")["yes"] == 6 + 4


def test_a_flow_that_is_not_listed_is_counted_with_others_that_reach_as_far(before):
    records, stops = persons()
    way = stops[stops["journey_id"] == records["record_id"].iloc[0]]
    ids = [f"new {number}" for number in range(106, 118)]
    new = pd.concat([way.assign(journey_id=each).replace({"SYR": "LBN"}) for each in ids], ignore_index=True)
    found = count_as_before(more(records, 12), pd.concat([stops, new], ignore_index=True), before)["flow"]
    assert not any(value.startswith("LBN>TR") for value in found["flow"])
    assert found["count"].sum() == 118


def test_nobody_left_is_a_table_without_rows(before):
    records, stops = persons()
    found = count_as_before(records.head(0), stops, before)
    assert found["persons"]["count"].tolist() == [0] and all(
        len(found[name]) == 0 for name in before if name != "persons"
    )
