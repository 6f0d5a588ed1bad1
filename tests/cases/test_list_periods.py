"""Lists are compared on the years that all of them cover, or not at all."""

import numpy as np
import pandas as pd
import pytest
from refusals import refused

import capture_recapture
from analysis.cases.list_periods import DECLARED, INFERRED, UNDATED, common_period, list_periods
from analysis.cases.record_linkage import capture_histories
from bounded.refusal import Refusal


def records(*rows: tuple[str, str, object]) -> pd.DataFrame:
    """Records of persons on lists: person, list, and the year of detection, None where it is not known."""
    table = pd.DataFrame(rows, columns=["person_id", "list_id", "year"])
    days = [pd.NaT if pd.isna(year) else pd.Timestamp(int(year), 6, 1) for year in table.pop("year")]
    return table.assign(
        record_id=[f"r{number:05}" for number in range(len(table))],
        date_low=pd.to_datetime(pd.Series(days)),
        date_high=pd.to_datetime(pd.Series(days)),
        date_precision=["unknown" if pd.isna(day) else "day" for day in days],
    )


def on(name: str, years: dict[int, int]) -> list[tuple[str, str, int]]:
    """So many records of a list in each year, each of a person of its own."""
    return [(f"{name}-{year}-{number}", name, year) for year, times in years.items() for number in range(times)]


def years(first: int, last: int, times: int) -> dict[int, int]:
    return dict.fromkeys(range(first, last + 1), times)


def spans(table: pd.DataFrame) -> dict[str, tuple[int, int]]:
    return {row.list_id: (row.first, row.last) for row in table.itertuples()}


def test_a_list_covers_the_years_of_its_records_or_those_that_its_mapping_declares():
    table = records(*on("a", years(2019, 2023, 20)), *on("b", years(2020, 2024, 20)), *on("c", {2021: 5}))
    found = list_periods(table, {"c": (2019, 2024)})
    assert spans(found) == {"a": (2019, 2023), "b": (2020, 2024), "c": (2019, 2024)}
    assert found["how"].tolist() == [INFERRED, INFERRED, DECLARED]
    assert found["records"].tolist() == [100, 100, 5] and not found["outside"].any()


def test_a_few_strays_and_the_first_weeks_of_a_year_do_not_make_a_year():
    # The median year has 20: a quarter of it is 5.
    table = records(*on("a", {1999: 1, **years(2019, 2023, 20), 2024: 4}), *on("b", {2018: 5, **years(2019, 2023, 20)}))
    found = list_periods(table)
    assert spans(found) == {"a": (2019, 2023), "b": (2018, 2023)}
    assert found["outside"].tolist() == [5, 0]


def test_a_list_without_a_known_year_covers_none_unless_it_declares_some():
    table = records(*on("a", years(2019, 2023, 3)), ("p", "b", None), ("q", "b", None))
    found = list_periods(table)
    assert found["how"].tolist() == [INFERRED, UNDATED] and found["undated"].tolist() == [0, 2]
    with refused(Refusal, "dates_missing", "b has a known year", "covers: 2019-2023"):
        common_period(table)
    assert (common_period(table, {"b": (2020, 2022)}).first, common_period(table, {"b": (2020, 2022)}).last) == (
        2020,
        2022,
    )


def test_lists_without_a_common_year_are_refused_with_the_years_of_each():
    table = records(*on("police", years(2014, 2016, 9)), *on("shelter", years(2017, 2023, 9)))
    with refused(Refusal, "no_common_year", "police 2014–2016", "shelter 2017–2023", "missing years"):
        common_period(table)


def test_lists_of_the_same_years_keep_everybody_with_and_without_a_date():
    table = records(*on("a", years(2019, 2023, 12)), *on("b", years(2019, 2023, 12)), ("p", "b", None))
    found = common_period(table)
    assert (found.first, found.last, found.is_whole, found.cautions) == (2019, 2023, True, ())
    assert found.records.equals(table)


def test_persons_of_other_years_and_records_after_the_common_ones_are_left_out_and_counted():
    table = records(
        *on("a", years(2019, 2023, 12)),
        *on("b", years(2018, 2024, 12)),
        # First detected in 2018; in 2022, and again by the longer list in 2024; in 2024; and at no known time.
        ("early", "b", 2018), ("early", "a", 2020),
        ("twice", "a", 2022), ("twice", "b", 2024),
        ("late", "b", 2024),
        ("undated", "a", None),
    )  # fmt: skip
    found = common_period(table)
    assert (found.first, found.last, found.differing) == (2019, 2023, ["b"])
    # Twelve of 2018 and twelve of 2024, with the one of 2018 and the one of 2024.
    assert (found.persons_elsewhere, found.persons_undated) == (26, 1)
    left = set(found.records["person_id"])
    assert "twice" in left and not left & {"early", "late", "undated"}
    assert found.records.loc[found.records["person_id"] == "twice", "list_id"].tolist() == ["a"]
    assert [caution.code for caution in found.cautions] == ["lists_differ_in_period", "undated_left_out"]
    assert "b 2018–2024" in found.cautions[0] and not found.is_whole


def test_a_year_without_a_record_between_others_is_a_caution_where_that_is_no_chance():
    gap = {**years(2019, 2020, 20), **years(2022, 2023, 20)}
    found = common_period(records(*on("a", gap), *on("b", years(2019, 2023, 20))))
    assert [caution.code for caution in found.cautions] == ["year_without_records"] and "a of 2021" in found.cautions[0]
    few = common_period(records(*on("a", dict.fromkeys(gap, 2)), *on("b", years(2019, 2023, 2))))
    assert few.cautions == ()


# A population recorded by four independent lists, each of which has a person by chance: 200 persons in each of the
# years that all lists cover, and 600 in the one that the police's alone does.
PERSONS = {**dict.fromkeys(range(2019, 2024), 200), 2024: 600}
SHARES = {"police": 0.35, "protection": 0.3, "hotline": 0.2, "shelter": 0.25}
TRUE = 1_000


def simulated(seed: int) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    return records(
        *(
            (f"{year}-{number}", name, year)
            for year, persons in PERSONS.items()
            for number in range(persons)
            for name, share in SHARES.items()
            if (year < 2024 or name == "police") and random.random() < share
        )
    )


@pytest.mark.parametrize("seed", range(3))
def test_the_range_holds_the_truth_of_the_common_years_and_that_of_all_years_is_far_off(seed):
    table = simulated(seed)
    found = common_period(table)
    assert (found.first, found.last, found.differing) == (2019, 2023, ["police"])
    within, without = (
        capture_recapture.robustness(capture_histories(each), replicates=20, seed=1) for each in (found.records, table)
    )
    assert within.low <= TRUE <= within.high
    # Neither the 1,000 of five years nor the 1,600 of six: persons of 2024 look as if three lists had missed them.
    (low, high), (lowest, highest) = ((each.table["low"].min(), each.table["high"].max()) for each in (within, without))
    assert low <= TRUE <= high and lowest > TRUE and highest > 1.8 * TRUE
    assert highest - lowest > 3 * (high - low)


def test_a_period_that_a_notebook_shows_names_years_and_lists_and_no_person():
    found = common_period(records(*on("a", years(2019, 2022, 20)), *on("b", years(2020, 2023, 20))))
    assert len(found.records)
    for shown in (repr(found), found._repr_html_()):
        assert "2020–2022" in shown and "a-2020-1" not in shown and "r000" not in shown
