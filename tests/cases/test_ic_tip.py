"""The UN classification of data on trafficking: what a record says is said again, and what it does not say is named."""

import itertools

import pandas as pd
import pytest
import yaml
from fuzzing import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from refusals import refused

import disclosure
from analysis import areas, catalog
from analysis.cases import htcds, ic_tip, person_counts
from analysis.cases.intake import intake
from analysis.exhibits import record_counts
from bounded.refusal import Refusal

# Fields of one code, and of several, with the codes that they can have.
ONE = {
    "sex": [*htcds.SEX],
    "status": [*htcds.STATUS],
    "sector": [*htcds.SECTOR],
    "recruiter": [*htcds.RECRUITER],
    "nationality": ["NGA", "TUR"],
}
SEVERAL = {
    "exploitation": [*htcds.EXPLOITATION],
    "sex_exploitation": [*htcds.SEX_EXPLOITATION],
    "means_of_control": [*htcds.MEANS_OF_CONTROL],
    "recruitment": [*htcds.RECRUITMENT],
}
# What the records and the classification share, but for the year.
SHARED = (*ONE, *SEVERAL, "area_id", "child_detected", "child", "list_id")
AREAS = ["TR-27", "TR-27", "TR-63", "TR-79"]
EVERYTHING = frozenset({*ONE, *SEVERAL, "area", "detected", "age"})


def records(*rows: dict) -> pd.DataFrame:
    """Case records of whom nothing is stated but what is given."""
    silent = {
        **dict.fromkeys((*ONE, *SEVERAL, "area_id", "person_id"), ""),
        **{"child_detected": "unknown", "child": "unknown", "list_id": "police", "low": None, "high": None},
    }
    table = pd.DataFrame([{"record_id": f"r{number}", **silent, **row} for number, row in enumerate(rows)])
    low, high = (pd.to_datetime(table.pop(end)) for end in ("low", "high"))
    precision = low.notna().map({True: "month", False: "unknown"})
    return table.assign(date_low=low, date_high=high, date_precision=precision)


def classified(*rows: dict, asked=EVERYTHING) -> pd.DataFrame:
    return ic_tip.classify(records(*rows), {"police": asked})


@pytest.fixture(scope="module", params=["demo_islands", "demo_provinces"])
def synthetic(request) -> tuple[pd.DataFrame, pd.DataFrame]:
    """All records of a demonstration (SYNTHETIC), and the same classified."""
    entries = catalog.case_lists(request.param)
    read = [intake(catalog.verify(entry.name), entry.description_path).records for entry in entries]
    here = pd.concat(read, ignore_index=True)
    assert len(here) > 1400
    return here, ic_tip.classify(here, ic_tip.asked(request.param))


def test_every_synthetic_record_comes_back_as_it_was(synthetic):
    here, there = synthetic
    again = ic_tip.back(there)
    assert again["record_id"].tolist() == here["record_id"].tolist()
    for name in SHARED:
        assert again[name].tolist() == here[name].astype(str).tolist(), name
    low, high = here["date_low"].dt.year, here["date_high"].dt.year
    year = ["" if pd.isna(first) or first != last else str(int(first)) for first, last in zip(low, high, strict=True)]
    assert again["year"].tolist() == year


def test_of_synthetic_records_what_was_not_asked_is_what_no_mapping_has_a_column_for(synthetic):
    here, there = synthetic
    for entry in catalog.case_lists(str(here["study"].iloc[0])):
        columns = yaml.safe_load(entry.description_path.read_text(encoding="utf-8"))["columns"]
        of_list = there[there["reporting_entity"] == entry.name.removeprefix(f"synthetic_{entry.study}_")]
        assert len(of_list) > 50
        for dimension, field in (("means", "means_of_control"), ("recruitment_modality", "recruitment")):
            silent = set(of_list[dimension]) & {"unknown", "not_asked"}
            assert silent <= ({"unknown"} if field in columns else {"not_asked"})
            assert field in columns or set(of_list[dimension]) == {"not_asked"}


@st.composite
def a_record(draw) -> dict:
    row = {name: draw(st.sampled_from(["", *codes])) for name, codes in ONE.items()}
    for name, codes in SEVERAL.items():
        some = st.sets(st.sampled_from(codes), max_size=len(codes)).map(lambda found: ";".join(sorted(found)))
        row[name] = draw(st.one_of(st.just(htcds.NONE), some))
    return row | {
        "area_id": draw(st.sampled_from(["", "TR-27"])),
        **{name: draw(st.sampled_from(["yes", "no", "unknown"])) for name in ("child_detected", "child")},
    }


@given(st.lists(a_record(), min_size=1, max_size=9))
@settings(max_examples=examples(50))
def test_any_combination_of_codes_comes_back_as_it_was(rows):
    here = records(*rows)
    again = ic_tip.back(ic_tip.classify(here, {"police": EVERYTHING}))
    assert again[list(SHARED)].to_dict("records") == here[list(SHARED)].to_dict("records")


@given(st.sets(st.sampled_from(sorted(EVERYTHING))))
@settings(max_examples=examples(30))
def test_a_silent_record_says_whether_it_was_asked_and_never_that_there_was_none(asked):
    there = classified({}, asked=frozenset(asked)).iloc[0]
    for dimension, field in (("sex", "sex"), ("purpose", "exploitation"), ("act", "recruitment"), ("place", "area")):
        assert there[dimension] == ("unknown" if field in asked else "not_asked")


def test_the_four_words_are_told_apart():
    there = classified(
        {"means_of_control": ""},
        {"means_of_control": htcds.NONE, "recruitment": htcds.NONE},
        {"means_of_control": "DebtBondage;PhysicalAbuse", "recruitment": "AtWork"},
        asked={"means_of_control", "recruitment"},
    )
    assert there["means"].tolist() == ["unknown", "none", "debt_bondage;physical_abuse"]
    # That no method of recruitment is stated is no sign that nobody recruited.
    assert there["act"].tolist() == ["unknown", "unknown", "recruitment"]
    assert there["recruitment_modality"].tolist() == ["unknown", "none", "AtWork"]
    assert set(there["purpose"]) == set(there["age"]) == {"not_asked"}
    assert set(there["perpetrator_status"]) == set(there["route"]) == {"not_derivable"}


def test_a_year_is_known_where_the_date_lies_in_one():
    dates = [("2020-03-01", "2020-03-31"), ("2020-12-01", "2021-01-31"), (None, None)]
    there = classified(*({"low": low, "high": high} for low, high in dates))
    assert there["year"].tolist() == ["2020", "unknown", "unknown"]


def test_every_code_of_the_case_standard_has_one_category():
    known = ic_tip.categories()
    for field in ("status", "exploitation", "sex_exploitation", "means_of_control", "sex"):
        rows = known[known["field"] == field]
        assert sorted(rows["code"]) == sorted(htcds.FIELDS[field].codes)
        assert rows["category"].ne("").all() and rows["category"].is_unique


def test_the_table_says_of_every_category_where_it_was_read_and_why_it_is_not_carried():
    known, sources = ic_tip.categories(), catalog.load("ic_tip_sources")
    assert set(known["source_id"]) | {"CTDC_ICS_TIP"} == set(sources["source_id"])
    assert known.loc[known["derived"].ne("mapped"), "reason"].ne("").all()
    assert not (known["derived"].eq("not derivable") & known["field"].ne("")).any()
    assert set(known["subject"]) == {"event", "victim", "perpetrator", "reporting entity"}
    # The words of what a record does not say are no categories.
    assert not set(known["category"]) & {"unknown", "not_asked", "not_derivable", "none", "not_stated", "rare"}
    broader = known.loc[known["within"].ne(""), ["dimension", "within"]].itertuples(index=False)
    assert {tuple(pair) for pair in broader} <= set(zip(known["dimension"], known["category"], strict=True))


def test_the_page_has_every_row_of_the_table_and_every_source():
    page = (catalog.ROOT / "docs/reference/ic_tip.md").read_text(encoding="utf-8")
    lines = [{cell.strip() for cell in line.split(" | ")} for line in page.replace("| \n", " | \n").splitlines()]
    for row in ic_tip.categories().to_dict("records"):
        standing, derived = f"{row['standing']}, {row['source_id']}", row["derived"]
        called = f"`{row['category']}` {row['label']}" if row["category"] else row["label"]
        called = f"within `{row['within']}`: {called}" if row["within"] else called
        field = {f"`{row['field']}`"} if row["field"] else set()
        assert any({called, standing, derived} | field <= line for line in lines), row["label"]
        assert row["reason"] in page
    for row in catalog.load("ic_tip_sources").to_dict("records"):
        assert f"({row['url']})" in page and row["part"] in page
    # If a category is one day read in the standard itself, the page has to say so.
    assert ("No category is" in page) == (not ic_tip.categories()["standing"].eq("standard").any())


def test_persons_are_counted_in_each_of_their_categories():
    there = classified(
        {"person_id": "a", "exploitation": "ForcedBegging;ForcedLabour", "sex": "female"},
        {"person_id": "a", "exploitation": "ChildLabour", "sex": "female"},
        {"person_id": "b", "exploitation": "ChildLabour", "sex": "male"},
        {"person_id": "c", "exploitation": "", "sex": "male"},
    )
    counts = ic_tip.table(there, "purpose").set_index("purpose")["count"].to_dict()
    assert counts == {"child_labour": 2, "forced_begging": 1, "forced_labour": 1, "unknown": 1}
    # Begging and child labour of one person are one other purpose.
    broad = ic_tip.table(there, "purpose", "sex", broad=True).set_index(["purpose", "sex"])["count"].to_dict()
    assert broad == {
        ("forced_labour", "female"): 1,
        ("other_purpose", "female"): 1,
        ("other_purpose", "male"): 1,
        ("unknown", "male"): 1,
    }
    # Where lists are not linked, records are counted.
    apart = ic_tip.table(there.assign(person_id=""), "purpose").set_index("purpose")["count"]
    assert apart["child_labour"] == 2 and apart.sum() == 5


def test_what_cannot_be_classified_is_refused():
    with refused(Refusal, "unknown_list", "police"):
        ic_tip.classify(records({}), {})
    with refused(Refusal, "missing_column", "sector"):
        ic_tip.classify(records({}).drop(columns="sector"), {"police": EVERYTHING})
    with refused(Refusal, "unknown_dimension", "hair"):
        ic_tip.table(classified({}), "hair")
    with refused(Refusal, "unknown_dimension"):
        ic_tip.table(classified({}))
    # The value of a record is not in the sentence.
    with refused(Refusal, "unknown_code", "exploitation") as caught:
        classified({"exploitation": "Piracy"})
    assert "Piracy" not in str(caught.value)


@pytest.fixture(scope="module")
def protected() -> dict[str, pd.DataFrame]:
    """Protected tables of 400 synthetic persons in three areas, some of whose cells are suppressed."""
    means = ["DebtBondage", "PhysicalAbuse;FalsePromises", "", htcds.NONE]
    parts = itertools.product(["female", "male", "male", ""], [*htcds.EXPLOITATION][:5], AREAS)
    rows = [
        {
            "person_id": f"p{number}",
            **{"sex": sex, "exploitation": form, "area_id": area, "age": 9 + number * 7 % 12},
            **{"status": [*htcds.STATUS][number % 7 > 4], "means_of_control": means[number % 4]},
            **{"nationality": "TUR" if number % 9 else "SYR", "low": "2020-03-01", "high": "2020-03-31"},
        }
        for number, (sex, form, area) in enumerate(itertools.islice(itertools.cycle(parts), 400))
    ]
    here = records(*rows)
    ages = here.pop("age").astype("Int64")
    began = {"exploited_age_low": ages - 2, "exploited_age_high": ages - 2}
    counted = person_counts.person_tables(here.assign(age_low=ages, age_high=ages, **began))
    return disclosure.protect(counted, nested=person_counts.nested(counted))


def test_protected_tables_under_other_names_have_the_same_cells_and_tell_nothing_more(protected):
    renamed = ic_tip.relabelled(protected)
    assert set(renamed) == set(protected) - {"persons"}
    assert any(table["count"].isna().any() for table in renamed.values())
    for name, table in renamed.items():
        before = protected[name]
        assert table["count"].equals(before["count"])
        # No two values become one, or a difference of two cells would tell what is suppressed.
        for old, new in zip(ic_tip.dimensions_of(before), ic_tip.dimensions_of(table), strict=True):
            pairs = set(zip(before[old], table[new], strict=True))
            assert len(pairs) == before[old].nunique() == table[new].nunique()
    known = ic_tip.categories()
    flags = {name for table in renamed.values() for name in table if str(name).startswith(("purpose: ", "means: "))}
    pairs = set(zip(known["dimension"], known["category"], strict=True))
    assert {"purpose: forced_labour", "means: none", "means: not_stated"} <= flags
    told = {tuple(name.split(": ")) for name in flags} - {("means", "none"), ("means", "not_stated")}
    assert told <= pairs
    assert set(renamed["status"]["status"]) == {"presumed", "identified"}


def test_children_are_the_sum_of_their_classes_and_suppressed_where_one_of_them_is():
    ages = ["child.5-11", "child.15-17", "child.unknown", "adult", "not_stated", "child.0-14 + not_stated"]
    table = pd.DataFrame({"sex": "male", "age": ages, "count": pd.array([12, 30, 20, 15, 40, 11], "Int64")})
    added = ic_tip.children_and_adults(table).set_index("age")["count"].to_dict()
    assert added == {"child": 62, "adult": 15, "not_stated": 40, "child + not_stated": 11}
    table.loc[1, "count"] = pd.NA
    hidden = ic_tip.children_and_adults(table).set_index("age")["count"]
    assert pd.isna(hidden["child"]) and hidden["adult"] == 15


@pytest.mark.parametrize("area_id", ["TR-27", "turkiye"])
def test_the_page_prints_the_protected_counts_and_no_other(protected, monkeypatch, area_id):
    place = areas.get(area_id)
    monkeypatch.setattr(record_counts, "tables", lambda study: protected)
    rows = record_counts.categories(place).table
    printed = rows[["Dimension", "Category", "Persons"]].to_numpy().tolist()
    sexes = protected["sex" if place.is_study else "sex by area"]
    sexes = sexes if place.is_study else sexes[sexes["area_id"] == area_id]
    expected = sorted("suppressed" if pd.isna(count) else f"{count:,}" for count in sexes["count"])
    assert sorted(count for dimension, _, count in printed if dimension == "Sex") == expected
    if place.is_study:
        child_labour = protected["form: Child labour"].set_index("form: Child labour").loc["yes", "count"]
        assert ["Purpose of exploitation", "Child labour", f"{child_labour:,}"] in printed
    numbers = rows["Persons"][rows["Persons"] != "suppressed"].str.replace(",", "").astype(int)
    assert len(numbers) > 3 and not numbers.between(1, disclosure.K - 1).any()


def test_the_exhibit_names_what_no_list_tells_and_is_released_as_protected(protected, monkeypatch):
    monkeypatch.setattr(record_counts, "tables", lambda study: protected)
    exhibit = record_counts.categories(areas.get("turkiye"))
    assert exhibit.effective_class == "protected"
    known = ic_tip.categories()
    for label in known.loc[known["derived"].eq("not derivable") & known["standing"].ne("not read"), "label"]:
        assert label.split(":")[0].lower() in exhibit.limits
