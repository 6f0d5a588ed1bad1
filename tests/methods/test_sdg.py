"""What a user relies on in the indicator of SDG 16.2.2."""

from __future__ import annotations

import csv

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from refusals import refused
from scipy import stats

from analysis import areas, catalog, evidence
from analysis.exhibits import sdg
from analysis.methods.sdg import COLUMNS, DIMENSIONS, KEYS, indicator_16_2_2
from bounded.refusal import Refusal

CELLS = 4 * 3 * 3


def counts(*rows: tuple) -> pd.DataFrame:
    """Counts of XX in 2020: form, sex, age, low, high, value_qualifier."""
    table = pd.DataFrame(rows, columns=["form", "sex", "age", "low", "high", "value_qualifier"])
    return table.assign(area_id="XX", year=2020, source_id="S")


def exact(form: str, sex: str, age: str, count: float) -> tuple:
    return form, sex, age, count, count, "exact"


def residents(population: float = 1_000_000, **keys: str) -> pd.DataFrame:
    return pd.DataFrame([{"area_id": "XX", "year": 2020, "population": population, "source_id": "P", **keys}])


def cell(table: pd.DataFrame, *key: object) -> pd.Series:
    (row,) = table[(table[list(DIMENSIONS)] == list(key)).all(axis=1)].to_dict("records")
    return pd.Series(row)


def of_country(iso3: str) -> pd.DataFrame:
    return indicator_16_2_2(sdg.counts(areas.get(iso3)), evidence.annual_population([iso3]))


def limits(count: int, people: float) -> tuple[float, float]:
    """Garwood's limits by the quantiles of chi-squared, per 100,000."""
    low = stats.chi2.ppf(0.025, 2 * count) / 2 if count else 0.0
    return low / people * 1e5, stats.chi2.ppf(0.975, 2 * count + 2) / 2 / people * 1e5


def received(file: str, **wanted: str) -> dict[str, str]:
    with open(catalog.RAW / "evidence" / file, encoding="utf-8") as lines:
        (row,) = (row for row in csv.DictReader(lines) if wanted.items() <= row.items())
    return row


# Values


def test_the_rate_of_nigerias_girls_is_the_count_of_unodc_by_all_inhabitants():
    # unodc_detected_victims.csv: NGA 2021, female, 0-17: 585. population.csv, WBPOP: 218,529,286 in mid-2021.
    row = of_country("NGA").query("year == 2021 and form == 'all' and sex == 'female' and age == '0-17'").iloc[0]
    printed = received("unodc_detected_victims.csv", area_id="NGA", year="2021", sex="female", age="0-17")
    people = received("population.csv", area_id="NGA", source_id="WBPOP", date="2021")
    assert (printed["value"], people["value"]) == ("585", "218529286")
    assert (row["victims"], row["population"], row["population_of"]) == (585, 218_529_286, "all")
    assert row["rate"] == pytest.approx(585 / 218_529_286 * 1e5)
    assert (row["low"], row["high"]) == pytest.approx(limits(585, 218_529_286))
    assert row["source_ids"] == "UNODC_GLOTIP_2025;WBPOP" and row["undetected"] == "not estimated"


def test_fewer_than_five_is_an_interval_from_none_to_four():
    # unodc_forms_of_exploitation.csv: SEN 2018, forced_labour, all, all: <5. population.csv, WBPOP: 15,914,498.
    row = of_country("SEN").query("year == 2018 and form == 'forced_labour' and sex == 'all' and age == 'all'").iloc[0]
    people = float(received("population.csv", area_id="SEN", source_id="WBPOP", date="2018")["value"])
    assert people == 15_914_498
    assert np.isnan(row["victims"]) and np.isnan(row["rate"])
    assert (row["rate_low"], row["rate_high"]) == pytest.approx((0, 4 / people * 1e5))
    assert (row["low"], row["high"]) == pytest.approx((0, limits(4, people)[1]))


def test_an_estimate_is_a_range_of_its_own_and_only_where_it_is_given():
    estimate = pd.DataFrame({"area_id": ["XX"], "year": [2020], "low": [150.0], "high": [400.0]})
    given_counts = counts(exact("all", "all", "all", 60), exact("all", "female", "all", 40))
    table = indicator_16_2_2(given_counts, residents(), estimate)
    of_all = cell(table, "all", "all", "all")
    assert table["undetected"].eq("estimated").sum() == 1 and table["estimated_low"].notna().sum() == 1
    assert (of_all["estimated_rate_low"], of_all["estimated_rate_high"]) == pytest.approx((15, 40))
    assert of_all["rate"] == pytest.approx(6) and of_all["undetected"] == "estimated"


# What is not known


def test_what_is_not_reported_is_neither_zero_nor_unknown():
    rows = [
        exact("all", "all", "all", 0),
        ("all", "female", "all", np.nan, np.nan, None),
        exact("all", "unknown", "all", 3),
    ]
    table = indicator_16_2_2(counts(*rows), residents())
    assert len(table) == CELLS + 1 and list(table) == COLUMNS
    zero, unread = cell(table, "all", "all", "all"), cell(table, "other", "male", "0-17")
    assert (zero["status"], zero["rate"]) == ("reported", 0)
    assert (unread["status"], unread["note"]) == ("not reported", "") and np.isnan(unread["victims_low"])
    assert cell(table, "all", "female", "all")["status"] == "not known"
    # Persons of unknown sex stand by themselves, and are in no other cell.
    assert cell(table, "all", "unknown", "all")["victims"] == 3
    assert (table["status"] == "not reported").sum() == CELLS - 2


def test_a_count_is_divided_by_its_own_population_where_there_is_one():
    people = pd.concat([residents(1e6, sex="all", age="all"), residents(4e5, sex="female", age="all")])
    rows = [exact("other", "female", "all", 8), exact("other", "female", "0-17", 8)]
    table = indicator_16_2_2(counts(*rows), people)
    women, girls = cell(table, "other", "female", "all"), cell(table, "other", "female", "0-17")
    assert (women["rate"], women["population_of"]) == (pytest.approx(2), "female")
    assert (girls["rate"], girls["population_of"]) == (pytest.approx(0.8), "all")


def test_without_a_population_there_is_no_rate_and_the_note_says_so():
    table = indicator_16_2_2(counts(exact("all", "all", "all", 5)), residents().assign(year=1999))
    row = cell(table, "all", "all", "all")
    assert np.isnan(row["rate"]) and row["population_of"] is None and "No population is given" in row["note"]


def test_counts_that_contradict_each_other_say_so():
    # unodc_forms_of_exploitation.csv: NGA 2018, other: 12 of all ages, and 313 of 0-17 years among them.
    table = of_country("NGA").query("year == 2018")
    assert (cell(table, "other", "all", "all")["victims"], cell(table, "other", "all", "0-17")["victims"]) == (12, 313)
    note = cell(table, "other", "all", "0-17")["note"]
    assert note.startswith("More persons than are reported for the whole of form other, sex all, age all:")
    assert cell(table, "other", "all", "all")["note"] == ""


def test_series_are_named_only_where_the_database_counts_the_same_forms():
    series = of_country("SEN").groupby("form")["series"].agg(lambda codes: set(codes.dropna()))
    assert series.to_dict() == {
        "all": {"VC_HTF_DETVR"}, "sexual_exploitation": {"VC_HTF_DETVSXR"}, "forced_labour": set(), "other": set(),
    }  # fmt: skip


# A whole and its parts


@given(
    st.lists(st.integers(0, 300), min_size=12, max_size=12),
    st.lists(st.integers(0, 300), min_size=12, max_size=12),
    # No fewer than all whom the twelve parts may count.
    st.floats(3600, 1e8),
)
def test_parts_never_exceed_the_whole_and_nothing_is_left_out(low, more, people):
    # Every person has a form, a sex and an age; the wholes are the sums of their parts.
    parts = [(f, s, a) for f in DIMENSIONS["form"][1:] for s in DIMENSIONS["sex"][1:] for a in DIMENSIONS["age"][1:]]
    rows = []
    for key in ((f, s, a) for f in DIMENSIONS["form"] for s in DIMENSIONS["sex"] for a in DIMENSIONS["age"]):
        within = [all(k in ("all", p) for k, p in zip(key, part, strict=True)) for part in parts]
        least = sum(n for n, inside in zip(low, within, strict=True) if inside)
        rows.append((*key, least, least + sum(n for n, inside in zip(more, within, strict=True) if inside), "derived"))
    table = indicator_16_2_2(counts(*rows), residents(people))
    whole = cell(table, "all", "all", "all")
    assert table["note"].eq("").all() and table["status"].eq("reported").all()
    for bound in ("victims_low", "victims_high", "rate_low", "rate_high", "low", "high"):
        assert (table[bound] <= whole[bound]).all()
    assert ((table["low"] <= table["rate_low"]) & (table["rate_high"] <= table["high"])).all()


# What is refused


def test_what_is_no_cell_of_the_indicator_is_refused():
    good, people = counts(exact("all", "all", "all", 5)), residents()
    estimate = pd.DataFrame({"area_id": ["XX"], "year": [2020], "low": [1.0], "high": [4.0]})
    with refused(Refusal, "unknown_category"):
        indicator_16_2_2(counts(exact("all", "all", "18-24", 5)), people)
    with refused(Refusal, "duplicate_key"):
        indicator_16_2_2(pd.concat([good, good]), people)
    with refused(Refusal, "duplicate_key"):
        indicator_16_2_2(good, pd.concat([people, people]))
    with refused(Refusal, "missing_column"):
        indicator_16_2_2(good.drop(columns="form"), people)
    with refused(Refusal, "more_detected_than_estimated"):
        indicator_16_2_2(good, people, estimate)
    with refused(Refusal, "estimate_without_cell"):
        indicator_16_2_2(good, people, estimate.assign(year=2019))


def test_no_counts_give_no_rows():
    table = indicator_16_2_2(counts(), residents())
    assert table.empty and list(table) == COLUMNS and set(KEYS) < set(table)


@pytest.mark.parametrize(
    ("bounds", "code"),
    [
        ((500, 50), "invalid_estimate"),
        ((-50, 50), "invalid_estimate"),
        ((np.nan, 50), "invalid_estimate"),
        ((50, np.nan), "invalid_estimate"),
        ((np.inf, np.inf), "invalid_estimate"),
        ((9, 50), "more_detected_than_estimated"),
        ((5, 9), "more_detected_than_estimated"),
    ],
)
def test_an_estimate_that_no_number_of_persons_can_be_is_refused(bounds, code):
    estimated = pd.DataFrame([{"area_id": "XX", "year": 2020, "low": bounds[0], "high": bounds[1]}])
    with refused(Refusal, code, "XX", "2020"):
        indicator_16_2_2(counts(exact("all", "all", "all", 10)), residents(), estimated)


@pytest.mark.parametrize("bounds", [(10, 10), (10, 50), (20, np.inf)])
def test_an_estimate_from_the_detected_on_is_taken(bounds):
    estimated = pd.DataFrame([{"area_id": "XX", "year": 2020, "low": bounds[0], "high": bounds[1]}])
    found = cell(indicator_16_2_2(counts(exact("all", "all", "all", 10)), residents(), estimated), "all", "all", "all")
    assert (found["estimated_low"], found["estimated_high"]) == bounds
