"""Data sets that are explored: each view by all filters but its own, and what is said of what is not known."""

import json
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from fuzzing import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from refusals import refused

from analysis import areas, evidence
from analysis.exhibits import route
from analysis.explorer import NoSuchChoice, Records, Selection, available
from analysis.explorer.counts import compared, counted
from analysis.explorer.datasets import OUTSIDE, persons, without_overlap
from analysis.explorer.records import interval, one_value, pairs, several_values

AREAS = ["TR-27", "TR-79", "TR-31"]
YEARS = [2018, 2019, 2020, 2021]
SEXES = ["female", "male"]
FORMS = ["begging", "labour", "marriage"]
NOT_STATED = "not stated"


def records_of(table: pd.DataFrame, **more) -> Records:
    """A data set of rows with area, first, last (years; 0: not stated), sex, forms (a set) and origin."""
    labels = [*map(str, YEARS), NOT_STATED]
    first, last = (
        [labels.index(str(year) if year else NOT_STATED) for year in table[end]] for end in ("first", "last")
    )
    words = [
        NOT_STATED if not a else str(a) if a == b else f"{a}-{b}"
        for a, b in zip(table["first"], table["last"], strict=True)
    ]
    stated = [(row, form) for row, forms in enumerate(table["forms"]) for form in sorted(forms)]
    row = np.array([row for row, _ in stated], dtype=int)
    form = pd.Series([form for _, form in stated], dtype=object)
    return Records(
        **{
            "name": "synthetic",
            "title": "Synthetic rows (SYNTHETIC)",
            "study": "turkiye",
            "kind": "synthetic",
            "unit": "persons",
            "period": (YEARS[0], YEARS[-1]),
            "areas": pd.DataFrame({"area_id": AREAS, "name": ["Gaziantep", "Kilis", "Hatay"]}),
            "columns": {
                "area": one_value("area", table["area"], [*AREAS, NOT_STATED], unknown=[NOT_STATED]),
                "year": interval("year", np.array(first), np.array(last), pd.Series(words), labels, [NOT_STATED]),
                "sex": one_value("sex", table["sex"], [*SEXES, NOT_STATED], unknown=[NOT_STATED]),
                "form": several_values("form", row, form, len(table), NOT_STATED, FORMS),
            },
            "pairs": pairs(table["origin"], table["area"], {"SYR": "Syria"}, [NOT_STATED]),
            "sources": "written by a test",
            "limits": "nothing real",
        }
        | more
    )


@st.composite
def tables(draw) -> pd.DataFrame:
    size = draw(st.integers(1, 60))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    first = random.choice([0, *YEARS], size)
    # Some dates are known to within a few years alone.
    last = np.where(first > 0, np.minimum(first + random.choice([0, 0, 1, 2], size), YEARS[-1]), 0)
    return pd.DataFrame(
        {
            "area": random.choice([*AREAS, NOT_STATED], size),
            "first": first,
            "last": last,
            "sex": random.choice([*SEXES, NOT_STATED], size),
            "forms": [frozenset(random.choice(FORMS, random.integers(0, 3), replace=False)) for _ in range(size)],
            "origin": random.choice(["SYR", "IRQ", NOT_STATED], size),
        }
    ).astype({"area": object, "sex": object, "origin": object})


@st.composite
def selections(draw) -> Selection:
    def some(labels: list[str]) -> st.SearchStrategy[tuple[str, ...]]:
        return st.lists(st.sampled_from([*labels, NOT_STATED]), unique=True).map(tuple)

    years = sorted(draw(st.tuples(st.sampled_from(YEARS), st.sampled_from(YEARS))))
    return Selection(draw(some(AREAS)), (years[0], years[1]), draw(some(SEXES)), (), draw(some(FORMS)), ())


def kept(table: pd.DataFrame, selection: Selection, without: str = "") -> pd.DataFrame:
    """The rows of a selection, one by one: a reference that shares nothing with what is tested."""

    def passes(row: pd.Series) -> bool:
        first, last = selection.period
        whole = (first, last) == (YEARS[0], YEARS[-1])
        forms = row["forms"] or {NOT_STATED}
        return (
            (without == "area" or not selection.area_ids or row["area"] in selection.area_ids)
            and (without == "year" or whole or (row["first"] > 0 and row["first"] <= last and row["last"] >= first))
            and (without == "sex" or not selection.sex or row["sex"] in selection.sex)
            and (without == "form" or not selection.form or bool(forms & set(selection.form)))
        )

    return table[[passes(row) for _, row in table.iterrows()]]


@pytest.mark.slow
@settings(max_examples=examples(19))
@given(tables(), selections(), st.sampled_from([7, 2**16]))
def test_every_view_counts_the_rows_that_pass_all_filters_but_its_own(table, selection, rows_at_once):
    # Rows in blocks, and all in one.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("analysis.explorer.counts._BLOCK", rows_at_once)
        found = counted(records_of(table), selection)
    inside = kept(table, selection)
    assert found.n == found.n_high == found.records == len(inside)
    by_area = kept(table, selection, "area")["area"].value_counts()
    assert found.by_area.set_index("area_id")["count"].to_dict() == {a: by_area.get(a, 0) for a in AREAS}
    rows = kept(table, selection, "year")
    certain = rows.loc[rows["first"] == rows["last"], "first"].value_counts()
    assert found.by_period.set_index("year")["count"].to_dict() == {y: certain.get(y, 0) for y in YEARS}
    assert found.by_period["high"].tolist() == [
        ((rows["first"] > 0) & (rows["first"] <= year) & (rows["last"] >= year)).sum() for year in YEARS
    ]
    pairs_of = inside.groupby(["origin", "area"]).size()
    assert found.by_pair.set_index(["origin", "destination"])["count"].to_dict() == pairs_of.to_dict()
    assert found.by_pair["count"].is_monotonic_decreasing and found.pairs_left == 0
    by_sex = kept(table, selection, "sex")["sex"].value_counts()
    assert found.options["sex"].set_index("label")["count"].to_dict() == {
        s: by_sex.get(s, 0) for s in [*SEXES, NOT_STATED]
    }
    by_form = kept(table, selection, "form")["forms"]
    assert found.options["form"]["count"].tolist() == [
        *(sum(form in forms for forms in by_form) for form in FORMS),
        sum(not forms for forms in by_form),
    ]


@settings(max_examples=examples(20))
@given(tables(), selections())
def test_what_is_not_known_and_what_may_lie_outside_is_counted(table, selection):
    found = counted(records_of(table), selection)
    if selection.sex:
        out = set(kept(table, selection, "sex").index) - set(kept(table, selection).index)
        assert found.unknown["sex"] == sum(table.loc[row, "sex"] == NOT_STATED for row in out)
    else:
        assert "sex" not in found.unknown
    first, last = selection.period
    if (first, last) != (YEARS[0], YEARS[-1]):
        rows = kept(table, selection)
        assert found.unsure.get("year", 0) == ((rows["first"] < first) | (rows["last"] > last)).sum()
        undated = kept(table, selection, "year")
        assert found.unknown["year"] == (undated["first"] == 0).sum()


@pytest.mark.slow
@settings(max_examples=examples(15))
@given(tables(), selections(), st.sampled_from(["sex", "form"]))
def test_an_option_tells_how_many_there_are_once_it_is_chosen(table, selection, name):
    records = records_of(table)
    options = counted(records, selection).options[name].set_index("label")["count"]
    for label, count in options.items():
        alone = Selection(**{**vars(selection), name: (label,)})
        assert counted(records, alone).n == count


@given(tables(), selections())
@settings(max_examples=examples(20))
def test_counts_that_are_intervals_are_added_as_such(table, selection):
    low, more = np.arange(len(table), dtype=float) % 7, np.arange(len(table), dtype=float) % 5
    found = counted(records_of(table, counts=low, more=more), selection)
    inside = kept(table, selection).index
    assert (found.n, found.n_high) == (low[inside].sum(), (low + more)[inside].sum())
    with_high = found.by_area[found.by_area["high"] > found.by_area["count"]]["area_id"].tolist()
    assert [row["id"] for row in found.as_message()["by_area"] if "high" in row] == with_high


def test_the_largest_thirty_pairs_are_listed_and_how_many_are_left_is_said():
    # 40 places of origin; the place numbered n sends 40 - n persons, so that the last ten send 1 + ... + 10 = 55.
    origin = [f"P{n:02}" for n in range(40) for _ in range(40 - n)]
    size = len(origin)
    table = pd.DataFrame(
        {"area": ["TR-27"] * size, "first": 2018, "last": 2018, "sex": ["female"] * size, "origin": origin}
    ).assign(forms=[frozenset()] * size)
    found = counted(records_of(table), Selection())
    assert len(found.by_pair) == 30 and found.by_pair["count"].iloc[[0, -1]].tolist() == [40, 11]
    assert (found.pairs_left, found.pairs_left_count) == (10, 55)


def few() -> Records:
    return records_of(
        pd.DataFrame(
            {
                "area": ["TR-27", "TR-27", "TR-79"],
                "first": [2018, 2019, 0],
                "last": [2018, 2020, 0],
                "sex": ["female", "male", NOT_STATED],
                "forms": [frozenset({"begging", "labour"}), frozenset(), frozenset({"labour"})],
                "origin": ["SYR", "SYR", NOT_STATED],
            }
        )
    )


def test_what_a_page_is_sent_is_small_and_says_what_is_unknown():
    message = counted(few(), Selection(period=(2018, 2019), sex=("female", "male"))).as_message()
    assert json.loads(json.dumps(message)) == message
    assert message["n"] == 2 and message["unsure"] == {"year": 1} and message["unknown"] == {"year": 0, "sex": 0}
    assert message["by_period"][1:3] == [{"year": 2019, "count": 0, "high": 1}, {"year": 2020, "count": 0, "high": 1}]
    assert message["by_pair"] == [
        {"origin": "SYR", "destination": "TR-27", "origin_name": "Syria", "destination_name": "TR-27",
         "unknown": False, "count": 2}
    ]  # fmt: skip


def test_a_choice_that_the_data_do_not_have_is_refused_in_a_sentence():
    records = few()
    for selection, said in (
        (Selection(sex=("girls",)), "'girls' is no sex of .*There are: female, male, not stated"),
        (Selection(nationality=("SYR",)), "says nothing of nationality: leave this filter out"),
        (Selection(period=(2020, 2018)), "The period 2020 to 2018 is empty"),
    ):
        with pytest.raises(NoSuchChoice, match=said):
            counted(records, selection)
    with refused(NoSuchChoice, "unknown_filter", "'names'"):
        Selection.of_message({"names": ["x"]})


def test_a_selection_is_told_as_python_and_as_a_message_and_fits_another_data_set():
    selection = Selection(("TR-27",), (2018, 2020), sex=("female",), nationality=("Syria",))
    assert eval(str(selection)) == selection == Selection.of_message(json.loads(json.dumps(selection.as_message())))
    assert selection.within(few()) == Selection(("TR-27",), (2018, 2020), sex=("female",))
    assert Selection.all(few()).period == (2018, 2021)


def test_rows_of_other_values_are_another_data_set():
    one, other = few(), few()
    assert one.digest() == other.digest() and len(one.digest()) == 32
    other.columns["sex"].codes[0] = 1
    assert one.digest() != other.digest()


def test_the_same_rows_in_another_order_are_the_same_data_set():
    one, other, mixed = few(), few(), few()
    arrays = [*(column.codes for column in other.columns.values()), other.pairs.codes]
    for codes in arrays:
        codes[:] = codes[[2, 0, 1]]
    assert other.columns["sex"].codes.tolist() != one.columns["sex"].codes.tolist()
    assert other.digest() == one.digest()
    # Rows are taken as they are, and not column by column.
    mixed.columns["sex"].codes[:] = mixed.columns["sex"].codes[[2, 0, 1]]
    assert mixed.digest() != one.digest()


def of_lists(**columns) -> pd.DataFrame:
    """Case records with what is given; all else is as lists have it that say nothing."""
    size = len(columns["record_id"])
    blank = {
        **dict.fromkeys(["status", "sex", "nationality", "exploitation", "area_id"], ""),
        "study": "turkiye",
        "date_precision": "day",
        "date_low": pd.Timestamp("2020-05-01"),
        "date_high": pd.Timestamp("2020-05-01"),
    }
    table = pd.DataFrame({name: [value] * size for name, value in blank.items()} | columns)
    for name in ("age_low", "age_high"):
        table[name] = pd.array(columns.get(name, [None] * size), "Int64")
    return table


NO_STOPS = pd.DataFrame({"journey_id": pd.Series(dtype=str)})


def test_a_person_on_two_lists_is_one_and_whoever_is_no_victim_is_none():
    table = of_lists(
        record_id=["police-1", "shelter-1", "police-2", "police-3"],
        person_id=["p1", "p1", "p2", ""],
        status=["", "", "", "NotAVictimOfTrafficking"],
        sex=["female", "", "male", "male"],
        exploitation=["ChildLabour", "ForcedLabour;ChildLabour", "", "ForcedLabour"],
        area_id=["TR-27", "TR-79", "TR-79", "TR-79"],
        date_low=pd.to_datetime(["2019-03-01", "2018-07-01", "2020-01-01", "2020-01-01"]),
        date_high=pd.to_datetime(["2019-03-01", "2018-07-01", "2021-12-31", "2020-01-01"]),
        # p1 is 9 to 11 by both records together; of p2 it is known that it is under 15.
        age_low=[5, 9, None, 3],
        age_high=[11, 14, 14, 3],
    )
    records = persons(table, NO_STOPS, "turkiye", "synthetic")
    assert (records.unit, len(records), records.pairs, records.of_persons) == ("persons", 2, None, True)
    found = counted(records, Selection.all(records))
    # The first certain date of p1 is in Kilis in 2018; that of p2 lies in 2020 or 2021.
    assert found.by_area.set_index("area_id")["count"][["TR-27", "TR-79"]].tolist() == [0, 2]
    assert found.by_period[["count", "high"]].to_numpy().tolist() == [[1, 1], [0, 0], [0, 1], [0, 1]]
    forms = found.options["form"].set_index("label")["count"]
    assert forms.to_dict() == {"Child labour": 1, "Forced labour": 1, "not stated": 1}
    ages = found.options["age_group"].set_index("label")["count"]
    assert ages[["0-4", "5-11", "12-14", "15-17"]].tolist() == [1, 2, 1, 0]
    younger = counted(records, Selection(age_group=("0-4", "5-11")))
    assert (younger.n, younger.unsure) == (2, {"age_group": 1})


def test_children_are_one_choice_that_counts_a_child_once_whatever_its_age_may_be():
    # 9 to 11, 0 to 14, 17, 17 to 18, and 40 years.
    ages = {"age_low": [9, 0, 17, 17, 40], "age_high": [11, 14, 17, 18, 40]}
    ids = [f"police-{n}" for n in range(5)]
    records = persons(of_lists(record_id=ids, person_id=ids, **ages), NO_STOPS, "turkiye", "synthetic")
    found = counted(records, Selection.all(records))
    # Of the fourth it is not known whether it was a child.
    assert found.groups["age_group"].to_numpy().tolist() == [["children", 4, 4]]
    assert records.columns["age_group"].groups["children"] == ("0-4", "5-11", "12-14", "15-17")
    first = found.as_message()["options"]["age_group"][0]
    assert first == {"value": "children", "count": 4}
    children = counted(records, Selection(age_group=records.columns["age_group"].groups["children"]))
    assert (children.n, children.unsure) == (4, {"age_group": 1})


def test_two_areas_are_compared_year_by_year_and_more_or_fewer_are_not():
    records = few()
    assert compared(records, Selection()) == compared(records, Selection(("TR-27",))) == {}
    assert compared(records, Selection(tuple(AREAS))) == {}
    found = compared(records, Selection(("TR-79", "TR-27"), sex=("female", "male")))
    # The third row has neither a year nor a sex; the second is of 2019 or 2020.
    assert {name: years[["count", "high"]].to_numpy().tolist() for name, years in found.items()} == {
        "TR-79": [[0, 0], [0, 0], [0, 0], [0, 0]],
        "TR-27": [[1, 1], [0, 1], [0, 1], [0, 0]],
    }
    # Each leaves the period aside, as all years do.
    narrow = compared(records, Selection(("TR-79", "TR-27"), (2020, 2020), sex=("female", "male")))
    assert all(narrow[name].equals(found[name]) for name in found)


@given(tables(), selections())
@settings(max_examples=examples(10))
def test_of_two_areas_each_has_the_years_that_it_has_alone(table, selection):
    records = records_of(table)
    two = replace(selection, area_ids=("TR-27", "TR-31"))
    for area_id, years in compared(records, two).items():
        rows = kept(table, replace(two, area_ids=(area_id,)), "year")
        certain = rows.loc[rows["first"] == rows["last"], "first"].value_counts()
        assert years.set_index("year")["count"].to_dict() == {year: certain.get(year, 0) for year in YEARS}


def test_records_that_are_not_linked_are_counted_as_records_and_it_is_said():
    table = of_lists(record_id=["police-1", "shelter-1"], person_id=["", ""])
    records = persons(table, NO_STOPS, "turkiye", "synthetic")
    assert (records.unit, len(records)) == ("records", 2)
    assert "The lists are not linked" in records.limits and "Synthetic: no record is of a real person" in records.limits


def test_parts_of_a_total_are_taken_once():
    def row(year, sex, age, low, high=None):
        return ("SEN", year, sex, age, low, low if high is None else high)

    rows = [
        # The four cells are finest, and leave 30 - 25 = 5 of the total of whom nothing is told.
        *(row(2018, sex, age, n) for sex, age, n in [("female", "0-17", 10), ("female", "18+", 5),
                                                     ("male", "0-17", 7), ("male", "18+", 3)]),
        row(2018, "all", "0-17", 17), row(2018, "all", "all", 30),
        # Ages alone; <5 is 0 to 4, so that the total of 12 is 8 + 0 to 8 + 4.
        row(2019, "all", "0-17", 8), row(2019, "all", "18+", 0, 4), row(2019, "all", "all", 12),
        # Only girls are told: the total stands.
        row(2020, "female", "0-17", 2), row(2020, "all", "all", 9),
        # Girls alone, and no total: they are all that is known.
        row(2021, "female", "0-17", 2),
        # 9 girls are all females, and 27 boys all males: nobody is adult, though it is not printed.
        row(2022, "female", "0-17", 9), row(2022, "female", "all", 9), row(2022, "male", "0-17", 27),
        row(2022, "male", "all", 27), row(2022, "all", "all", 36),
        # Children are all, if they are as many as they can be at most: of 4 to 8, nobody knows.
        row(2023, "all", "0-17", 4, 8), row(2023, "all", "all", 4, 8),
    ]  # fmt: skip
    columns = ["area_id", "year", "sex", "age", "low", "high"]
    found = without_overlap(pd.DataFrame(rows, columns=columns), ["area_id", "year"])
    by_year = {year: part[["sex", "age", "low", "high"]].to_numpy().tolist() for year, part in found.groupby("year")}
    assert by_year[2018][-1] == ["all", "all", 5, 5] and sum(part[2] for part in by_year[2018]) == 30
    assert by_year[2019] == [["all", "0-17", 8, 8], ["all", "18+", 0, 4]]
    cells_2022 = {(sex, age): low for sex, age, low, _ in by_year[2022]}
    assert cells_2022 == {("female", "0-17"): 9, ("female", "18+"): 0, ("male", "0-17"): 27, ("male", "18+"): 0}
    assert by_year[2023] == [["all", "all", 4, 8]]
    assert by_year[2020] == [["all", "all", 9, 9]] and by_year[2021] == [["female", "0-17", 2, 2]]


@pytest.fixture(scope="module")
def west_africa() -> dict[str, Records]:
    return {title: read() for title, read in available(areas.get("west_africa")).items()}


def test_public_data_are_listed_by_title_with_their_kind_and_what_they_do_not_show(west_africa):
    assert {title for title in west_africa if "UNODC" in title or "US reports" in title} == {
        "Routes named in US reports (public)",
        "Detected victims by sex and age, UNODC (public)",
        "Detected victims by form, UNODC (public)",
        "Detected victims by citizenship, UNODC (public)",
    }
    for title, records in west_africa.items():
        assert records.title == title and records.kind in title.lower() and not records.of_persons
        assert records.unit and records.sources and len(records.limits) > 40
        assert records.areas["area_id"].tolist() == areas.ids("west_africa")


def test_sums_of_detected_victims_contain_every_total_that_unodc_prints(west_africa):
    records = west_africa["Detected victims by sex and age, UNODC (public)"]
    printed = evidence.detected_by_sex_age(areas.ids("west_africa"))
    # What is set aside or was not reported is in no sum.
    printed = printed[printed["preferred"] & printed["value_qualifier"].eq("exact")]
    printed = printed[(printed["sex"] == "all") & (printed["age"] == "all")]
    assert len(printed) > 50
    for area_id, rows in printed.groupby("area_id"):
        years = counted(records, Selection((area_id,))).by_period.set_index("year")
        for row in rows.itertuples():
            assert years["count"][row.year] <= row.low <= years["high"][row.year], (area_id, row.year)


def test_a_mention_counts_once_at_each_pair_that_it_names(west_africa):
    records = west_africa["Routes named in US reports (public)"]
    coded = evidence.route_mentions()
    own = areas.ids("west_africa")
    coded = coded[coded["origin"].isin(own) | coded["destination"].isin(own)]
    found = counted(records, Selection.all(records))
    assert found.n == len(coded.drop_duplicates(["mention_id", "origin", "destination"]))
    to_senegal = coded[(coded["origin"] == "GNB") & (coded["destination"] == "SEN")]
    first = found.by_pair.iloc[0]
    assert (first["origin"], first["destination"]) == ("GNB", "SEN")
    assert first["count"] == to_senegal["mention_id"].nunique()


def test_figures_of_a_whole_country_are_of_no_area_of_it():
    titles = available(areas.get("TR-27"))
    records = titles["Detected victims by sex and age, UNODC (public)"]()
    found = counted(records, Selection(("TR-27",)))
    assert found.n == 0 and found.unknown["area"] == records.n > 1000
    assert "figures of Türkiye as a whole, not of single areas" in records.limits


@pytest.mark.parametrize("study", ["cabo_verde", "west_africa"])
def test_victims_detected_abroad_are_outside_the_study_and_not_of_a_place_that_is_not_known(study):
    records = available(areas.get(study))["Detected victims by citizenship, UNODC (public)"]()
    flows, _ = route.sources_of(areas.get(study))
    abroad = flows[~flows["detected_in"].isin([*areas.ids(study), areas.STUDIES[study].iso3])]
    assert len(abroad) and counted(records, Selection((OUTSIDE,))).n == abroad["low"].sum()
    assert counted(records, Selection((areas.ids(study)[0],))).unknown["area"] == 0


def test_a_stock_on_a_day_is_not_added_over_the_years_and_events_are():
    assert not any("Syrians" in title for title in available(areas.get("turkiye")))
    crimes = available(areas.get("cabo_verde"))["Sexual crimes against minors, police (public)"]()
    facts = evidence.facts(areas.ids("cabo_verde"), "police_sexual_crimes_against_minors")
    assert crimes.n == facts.loc[facts["preferred"], "low"].sum() and crimes.unit == "reports"


def test_case_records_are_offered_only_once_a_run_has_read_them(monkeypatch):
    from analysis.explorer import datasets

    there = SimpleNamespace(may_be_shown=True, kind="synthetic", manifest_content=lambda: {"products": {}})
    monkeypatch.setattr(datasets, "CaseTables", lambda study: there)
    assert next(iter(available(areas.get("TR-27")))) == "Case records of Türkiye (SYNTHETIC)"
    there.manifest_content = dict
    assert not any("Case records" in title for title in available(areas.get("TR-27")))


def test_parts_that_contradict_their_total_give_way_to_it():
    # UNODC, Sierra Leone 2020: 50 victims, 45 of them female and 9 male; 20 children and 8 adults leave 22 without age.
    keys = ["area_id", "year"]
    rows = [("all", "all", 50), ("female", "all", 45), ("male", "all", 9), ("all", "0-17", 20), ("all", "18+", 8)]
    table = pd.DataFrame([("SLE", 2020, *row, row[-1]) for row in rows], columns=[*keys, "sex", "age", "low", "high"])
    by_age = without_overlap(table, keys).set_index(["sex", "age"])["low"].to_dict()
    assert by_age == {("all", "0-17"): 20, ("all", "18+"): 8, ("all", "all"): 22}
    by_sex_alone = without_overlap(table[table["age"].eq("all")], keys)
    assert by_sex_alone[["sex", "age", "low"]].to_numpy().tolist() == [["all", "all", 50]]
