"""Exhibits of case records, on a dozen records whose answers can be counted by hand."""

import dataclasses
from functools import cache

import pandas as pd
import pytest
from matplotlib.text import Text

import disclosure
from analysis import areas, catalog, evidence
from analysis.cases import intake, processed, record_linkage
from analysis.cases.match_weights import FEW_PAIRS
from analysis.cases.person_counts import person_tables
from analysis.cases.processed import CaseRecords
from analysis.exhibits import case_records, record_counts
from analysis.exhibits.exhibit import ESTIMATE, INTERNAL, PROTECTED, Exhibit
from analysis.exhibits.table import printed
from analysis.plots import png

# person, list, area, first and last day of detection, day of entry, ages at exploitation, sex, forms
RECORDS = [
    ("p1", "police", "XDP-FIG", "2020-03-01", "2020-03-01", "2020-03-11", 14, 14, "female", "ForcedLabour"),
    ("p1", "shelter", "XDP-FIG", "2020-01-01", "2020-12-31", None, 12, 17, "female", "ForcedBegging;ForcedLabour"),
    ("p2", "police", "XDP-FIG", "2021-05-05", "2021-05-05", "2021-05-15", 20, 20, "male", ""),
    ("p2", "shelter", "XDP-WILLOW", "2021-06-05", "2021-06-05", "2021-06-15", 10, 10, "female", "None"),
    ("p3", "police", "XDP-FIG", "2022-05-01", "2022-05-01", "2022-05-11", None, None, "", "None"),
    ("p4", "shelter", "XDP-FIG", None, None, None, 3, 17, "male", "SexualExploitation"),
    ("p5", "shelter", "XDP-WILLOW", "2022-12-30", "2022-12-30", "2022-12-31", 9, 20, "male", "ForcedLabour"),
]


def table() -> pd.DataFrame:
    columns = ["person_id", "list_id", "area_id", "date_low", "date_high", "reported_low", "exploited_age_low"]
    columns += ["exploited_age_high", "sex", "exploitation"]
    records = pd.DataFrame(RECORDS, columns=columns)
    for name in ("date_low", "date_high", "reported_low"):
        records[name] = pd.to_datetime(records[name])
    for name in ("exploited_age_low", "exploited_age_high"):
        records[name] = records[name].astype("Int64")
        # Detected when exploitation begins.
        records[name.removeprefix("exploited_")] = records[name]
    records["record_id"] = [f"r{number}" for number in range(len(records))]
    of_day = records["date_low"].eq(records["date_high"])
    records["date_precision"] = of_day.map({True: "day", False: "year"}).where(records["date_low"].notna(), "unknown")
    records["reported_precision"] = records["reported_low"].notna().map({True: "day", False: "unknown"})
    for name in ("nationality", "sector", "means_of_control", "recruiter", "status"):
        records[name] = ""
    for name in ("list_id", "area_id", "sex", "exploitation", "nationality"):
        records[name] = records[name].astype("category")
    return records


def lists(kind: str) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "list_id": ["police", "shelter"],
            "title": ["The police's list", "The shelter's list"],
            "publisher": "A test",
            "source": "written by a test",
            "date": "2023-01-05",
            "kind": kind,
            "rows_read": [5, 5],
            "rows_clean": [3, 4],
            "rows_quarantined": [2, 1],
            "records": [3, 4],
            "persons": [3, 4],
            "not_linked": "",
        }
    )


HISTORIES = pd.DataFrame(
    {
        "area_id": ["XDP-FIG", "XDP-FIG", "XDP-FIG", "XDP-FIG", "XDP-WILLOW"],
        "year": ["2020", "2021", "2022", "", "2022"],
        "police": [1, 1, 1, 0, 0],
        "shelter": [1, 1, 0, 1, 1],
        "count": [1, 1, 1, 1, 1],
    }
)


# Each person of the records stands for as many in the protected tables, so that none of them is too rare to be shown.
TIMES = 12


def counted(records: pd.DataFrame, linked: bool = True) -> dict[str, pd.DataFrame]:
    """Protected tables of so many copies of each person that nothing has to be suppressed."""
    copies = []
    for number in range(TIMES):
        own = {"record_id": records["record_id"] + f"-{number}"}
        if linked:
            own["person_id"] = records["person_id"] + f"-{number}"
        copies.append(records.assign(**own))
    return person_tables(pd.concat(copies, ignore_index=True))


def suppressed(tables: dict[str, pd.DataFrame], name: str, **cell: str) -> None:
    """Withhold the count of a cell."""
    chosen = (tables[name][list(cell)] == pd.Series(cell)).all(axis=1)
    assert chosen.sum() == 1
    tables[name] = tables[name].assign(count=tables[name]["count"].mask(chosen))


def entries(kind: str) -> list[catalog.Dataset]:
    """The two lists as the catalogue knows them."""
    return [
        catalog.Dataset(
            name=f"demo_provinces_{name}",
            file=f"{name}.csv",
            mapping=f"{name}.mapping.yml",
            title=f"The {name}'s list",
            kind=kind,
            licence="none",
            publisher="A test",
            source="written by a test",
            date="2023-01-05",
            sha256="",
            study="demo_provinces",
        )
        for name in ("police", "shelter")
    ]


@pytest.fixture
def put(monkeypatch):
    """Put case records and protected tables in the place of those of Arboria that a run would have made."""

    def put(found: CaseRecords, tables: dict[str, pd.DataFrame]) -> CaseRecords:
        monkeypatch.setattr(case_records, "load", lambda study: found)
        monkeypatch.setattr(record_counts, "tables", lambda study: tables)
        monkeypatch.setattr(catalog, "case_kind", lambda study: found.kind)
        monkeypatch.setattr(catalog, "case_lists", lambda study: entries(found.kind)[: len(found.lists)])
        monkeypatch.setattr(evidence, "cautions", lambda *names: ())
        return found

    return put


@cache
def _tables() -> dict[str, pd.DataFrame]:
    return counted(table().assign(status=""))


@pytest.fixture
def tables() -> dict[str, pd.DataFrame]:
    return {name: table.copy() for name, table in _tables().items()}


@pytest.fixture(params=["synthetic", "public", "confidential"])
def loaded(request, put, tables):
    nothing = pd.DataFrame()
    found = CaseRecords(
        "demo_provinces",
        request.param,
        table(),
        nothing,
        nothing,
        WEIGHTS,
        HISTORIES,
        nothing,
        nothing,
        lists(request.param),
    )
    return put(found, tables)


WEIGHTS = pd.DataFrame(
    {"comparison": ["sex", "sex"], "level": ["same", "other"], "m": [0.98765, 0.01235], "u": [0.50061, 0.49939],
     "weight": [0.98, -5.3], "note": ["", FEW_PAIRS]}
)  # fmt: skip
FIG = areas.get("XDP-FIG")


def who(place: areas.Area) -> Exhibit:
    return case_records.who(place, record_counts.shares_of_traits(place, case_records.WHO))


def how(place: areas.Area) -> Exhibit:
    return case_records.how(place, record_counts.shares_of_traits(place, case_records.HOW))


def by_year(place: areas.Area) -> Exhibit:
    return case_records.by_year(place, case_records.by_period(place))


def records_by_year(place: areas.Area) -> Exhibit:
    return case_records.records_by_year(place, case_records.list_years(place, case_records.records_of(place)))


def pattern(place: areas.Area) -> Exhibit:
    return case_records.pattern(place, case_records.patterns(place))


def forms(place: areas.Area) -> Exhibit:
    return case_records.forms(place.study)


def weights(place: areas.Area) -> Exhibit:
    linked = case_records.load(place.study)
    return case_records.weights(place.study, case_records.match_weights(linked.weights), len(linked.case_records))


def overlap(place: areas.Area) -> Exhibit:
    return case_records.overlap(place.study, case_records.load(place.study).sensitivity)


# Public figures stand beside the records of places that exist alone: here as if the lists were those of Türkiye.
OF_TURKIYE = {"XDP-FIG": "TR-27", "XDP-WILLOW": "TR-79", "XDP-CEDAR": "TR-16", "demo_provinces": "turkiye"}


def beside(place: areas.Area) -> Exhibit:
    there = areas.get(OF_TURKIYE[place.area_id])
    tables = {
        name: found.assign(area_id=found["area_id"].astype(str).replace(OF_TURKIYE)) if "area_id" in found else found
        for name, found in record_counts.tables(place.study).items()
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(record_counts, "tables", lambda study: tables)
        return case_records.records_and_public_figures(there, case_records.public_figures(there))[0]


def test_whom_a_source_found_to_be_no_victim_is_not_counted(loaded, monkeypatch):
    records = loaded.case_records
    # The second record is p1's at the shelter.
    records["status"] = ["NotAVictimOfTrafficking" if row == 1 else "" for row in range(len(records))]
    monkeypatch.setattr(case_records, "load", lambda study: dataclasses.replace(loaded, case_records=records))
    assert len(case_records.records_of(FIG)) == 4
    assert case_records.records_of(areas.get("demo_provinces"))["record_id"].tolist() == [
        "r0",
        "r2",
        "r3",
        "r4",
        "r5",
        "r6",
    ]


def test_nobody_is_linked_with_a_record_of_no_victim(monkeypatch):
    folder = catalog.RAW / "synthetic" / "demo_islands"
    lists = [intake(folder / f"{name}_SYNTHETIC.csv").records for name in ("icca", "linha")]
    records = pd.concat(lists, ignore_index=True).astype({"status": object})
    records["status"] = ["NotAVictimOfTrafficking" if row % 10 == 0 else "" for row in range(len(records))]
    people = processed._linked(records, pd.DataFrame())[0]["case_records"]
    no_victim = people["status"] == "NotAVictimOfTrafficking"
    assert len(people) == len(records) and no_victim.sum() == -(-len(records) // 10)
    assert ((people["person_id"] == "") == no_victim).all()


def counts(trait: str, records: pd.DataFrame) -> dict[str, int]:
    return record_linkage.by_person(records, trait).value_counts().to_dict()


def test_a_person_has_all_forms_that_any_record_states_and_none_gives_way():
    # p1 has both, p2 and p3 an explicit none, p4 and p5 one each.
    assert counts("exploitation", table()) == {
        "Forced labour": 2,
        "Forced begging": 1,
        "Sexual exploitation": 1,
        record_linkage.NONE: 2,
    }


def test_records_that_disagree_are_counted_as_that_and_silence_as_not_stated():
    assert counts("sex", table()) == {"Male": 2, "Female": 1, record_linkage.DISAGREE: 1, record_linkage.NOT_STATED: 1}


def test_an_age_is_what_all_records_of_a_person_allow():
    # p1: 14 and 12-17; p2: 20 and 10; p3: nothing; p4: 3-17; p5: 9-20.
    assert counts("age_exploited", table()) == {
        "12-14": 1,
        "child, age not known": 1,
        record_linkage.UNCLEAR: 1,
        record_linkage.DISAGREE: 1,
        record_linkage.NOT_STATED: 1,
    }


@pytest.mark.parametrize(
    "trait",
    [
        "age_detected",
        "age_exploited",
        "sex",
        "nationality",
        "exploitation",
        "sector",
        "means_of_control",
        "recruiter",
        "status",
    ],
)
def test_of_a_trait_with_one_value_every_person_is_counted_once(trait):
    found = counts(trait, table())
    several = {"exploitation", "means_of_control"}
    assert sum(found.values()) >= 5 if trait in several else sum(found.values()) == 5


def test_lists_are_named_with_their_export_and_not_how_many_persons_are_on_them(loaded):
    rows = printed(case_records.lists(areas.get("demo_provinces")).table).set_index("List")
    assert list(rows.index) == ["The police's list", "The shelter's list"]
    assert rows["Exported"].unique().tolist() == ["5 Jan 2023"]
    assert list(rows) == ["Publisher", "Exported"]


def test_a_person_counts_in_the_year_of_the_first_certain_date_and_an_unknown_year_is_a_row_of_its_own(loaded):
    rows = printed(by_year(FIG).table).set_index("Year of first detection")
    assert rows["Persons"].to_dict() == {
        "2020": "12", "2021": "12", "2022": "12", "not stated": "12", "all years": "48",
    }  # fmt: skip
    rows = printed(by_year(areas.get("XDP-WILLOW")).table).set_index("Year of first detection")
    # In these years other areas had somebody, and Willow nobody.
    assert rows["Persons"].to_dict() == {"2020": "0", "2021": "0", "2022": "12", "all years": "12"}


def test_a_withheld_year_is_hatched_and_never_zero_and_of_many_the_page_shows_longer_periods(loaded, tables):
    suppressed(tables, "year by area", area_id="XDP-FIG", year="2021")
    exhibit = by_year(FIG)
    assert printed(exhibit.table)["Persons"].tolist() == ["12", "suppressed", "12", "12", "48"]
    assert "suppressed" in words(exhibit.figure)
    suppressed(tables, "year by area", area_id="XDP-FIG", year="2020")
    suppressed(tables, "year by area", area_id="XDP-FIG", year="2022")
    tables["period by area"] = pd.DataFrame(
        {"area_id": ["XDP-FIG", "XDP-FIG"], "year": ["2020-2024", "not stated"], "count": pd.array([36, 12], "Int64")}
    )
    rows = printed(by_year(FIG).table).set_index("Year of first detection")
    assert rows["Persons"].to_dict() == {"2020-2024": "36", "not stated": "12", "all years": "48"}


def test_records_of_each_list_by_year_stay_in_the_house(loaded):
    exhibit = records_by_year(FIG)
    rows = printed(exhibit.table).set_index("Year of detection")
    assert rows["The shelter's list"].to_dict() == {"2020": 1, "2021": 0, "2022": 0, "not known": 1}
    assert exhibit.effective_class == INTERNAL


def test_the_last_year_is_marked_where_records_were_still_on_their_way(loaded):
    # 95 % of the delays known (10, 10, 10, 10 and 1 days) are over within 10 days; the export is of 5 January 2023.
    assert case_records._filling_up(loaded) == 2022
    assert "From 2022 on a year is still filling up" in records_by_year(FIG).limits


def test_without_a_known_delay_nothing_is_said_to_be_complete(loaded):
    loaded.case_records["reported_precision"] = "unknown"
    assert case_records._filling_up(loaded) is None
    assert "the last year may not be complete" in records_by_year(FIG).limits


def test_patterns_are_of_persons_and_name_their_lists(loaded):
    rows = printed(pattern(FIG).table)
    assert rows.set_index("Lists")["Persons"].to_dict() == {
        "police + shelter": 2,
        "police": 1,
        "shelter": 1,
    }


def test_who_and_how_are_shares_of_all_persons_by_protected_counts(loaded):
    rows = printed(who(areas.get("demo_provinces")).table)
    sex = rows[rows["What"] == "Sex"].set_index("Value")
    # p4 and p5 are male, p1 female; of p2 the records disagree, and of p3 nothing is stated.
    assert sex["Persons"].to_dict() == {"Male": "24", "Female": "12", "not stated": "24"}
    assert sex["Share, %"].to_dict() == {"Male": "40.0", "Female": "20.0", "not stated": "40.0"}
    forms = printed(how(areas.get("demo_provinces")).table).query("What == 'Form'").set_index("Value")
    assert forms["Persons"].to_dict() == {
        "Forced labour": "24",
        "Forced begging": "12",
        "Sexual exploitation": "12",
        "none, by the source": "24",
    }


def test_a_share_stands_only_where_its_count_and_the_total_may_be_told(loaded, tables):
    suppressed(tables, "sex by area", area_id="XDP-FIG", sex="Male")
    exhibit = who(FIG)
    sex = printed(exhibit.table)[printed(exhibit.table)["What"] == "Sex"].set_index("Value")
    assert sex.loc["Male", ["Persons", "Share, %"]].tolist() == ["suppressed", "suppressed"]
    assert sex.loc["Female, or not stated", ["Persons", "Share, %"]].tolist() == ["36", "75.0"]
    assert "suppressed" in words(exhibit.figure)


def test_where_the_number_of_persons_is_withheld_nothing_names_it(loaded, tables):
    for name, found in tables.items():
        if "area_id" in found:
            tables[name] = found.assign(count=found["count"].mask(found["area_id"] == "XDP-FIG"))
    said = case_records.about(FIG).data
    # That they are few is not said: it would tell of small groups, and not be true of others.
    assert "Persons (number suppressed) of Fig" in said and "fewer" not in said.lower()
    for show in PROTECTED_EXHIBITS:
        exhibit = show(FIG)
        page = exhibit.show().data
        assert "48" not in page and ">36<" not in page, show.__name__
    assert set(printed(who(FIG).table)["Share, %"]) == {"suppressed"}


def test_a_reader_chooses_rows_of_table_and_figure_and_the_release_class_stays(loaded):
    sex = who(FIG).change(where="trait == 'Sex'")
    assert set(printed(sex.table)["What"]) == set(sex.plot.table["trait"]) == {"Sex"}
    assert sex.effective_class == PROTECTED and "Of all rows those are shown" in sex.limits
    since = by_year(FIG).change(where="year >= '2021'")
    assert printed(since.table)["Year of first detection"].tolist() == ["2021", "2022", "not stated"]
    assert since.plot.table["label"].tolist() == ["2021", "2022"]


def test_values_that_were_taken_together_are_said_in_words():
    assert record_counts.spoken("Female + not stated") == "Female, or not stated"
    assert record_counts.spoken("a + b + other, or not stated") == "a, b, or other, or not stated"
    assert record_counts.spoken("Male") == "Male"
    # What a source calls "Other" and what was rare are two values, and are called so.
    assert (record_counts.spoken("Other"), record_counts.spoken("other")) == ("Other", "rarer values, taken together")
    assert record_counts.spoken("Male + other") == "Male, or rarer values, taken together"


def test_forms_by_sex_are_of_the_study_as_a_whole_with_shares_where_both_numbers_may_be_told(loaded, tables):
    form = "form: Forced labour"
    cells = [("Female", "yes", 12), ("Female", "no", 24), ("Male", "yes", pd.NA), ("Male", "no", 30)]
    cells += [("not stated", "no", 15)]
    made = pd.DataFrame(cells, columns=["sex", form, "count"]).astype({"count": "Int64"})
    tables[f"sex by {form}"] = made
    exhibit = forms(FIG)
    assert exhibit.title.startswith("Demonstration provinces: ")
    rows = printed(exhibit.table).set_index("Value")
    assert rows.loc["Female", ["With this form", "Of all", "Share, %"]].tolist() == ["12", "36", "33.3"]
    assert set(rows.loc["Male", ["With this form", "Of all", "Share, %"]]) == {"suppressed"}
    # A combination that is not listed has nobody.
    assert rows.loc["not stated", ["With this form", "Of all", "Share, %"]].tolist() == ["0", "15", "0.0"]


def test_public_evidence_stands_beside_the_records_and_is_not_added(loaded):
    exhibit = beside(areas.get("XDP-WILLOW"))
    rows = printed(exhibit.table)
    own = rows[rows["Source"].eq("2 lists of case records")]
    assert own["Figure"].tolist() == ["12"]
    assert set(own["Kind"]) == {"SYNTHETIC" if loaded.is_synthetic else loaded.kind}
    # PMM, 28 April 2022: 107,214 Syrians under temporary protection in Kilis is one of its figures.
    syrians = rows[rows["What it counts"].eq("Syrians temporary protection")]
    assert len(syrians) == 1 and syrians["Kind"].tolist() == ["public"]
    # What is counted of the country as a whole stands on the page of the study.
    assert not rows["What it counts"].str.startswith("detected victims").any()
    whole = printed(beside(areas.get("demo_provinces")).table)
    assert whole["What it counts"].str.startswith("detected victims").sum() > 1
    assert "must not be added" in exhibit.limits
    assert ("are SYNTHETIC" in exhibit.limits) == loaded.is_synthetic


def test_beside_the_records_of_a_place_that_does_not_exist_stands_no_public_figure(loaded):
    for area_id in ("XDP-WILLOW", "demo_provinces", "XIC-JADE", "demo_islands"):
        assert case_records.public_figures(areas.get(area_id)).empty


def test_weights_of_the_linkage_are_estimates_of_few_digits(loaded, monkeypatch):
    exhibit = weights(FIG)
    assert printed(exhibit.table)["m"].tolist() == [0.99, 0.012] and printed(exhibit.table)["u"].tolist() == [0.5, 0.5]
    # That few pairs reach a level says something of their number.
    assert printed(exhibit.table)["Note"].tolist() == ["", ""]
    # Seven records of five persons are too few for the four parameters of a comparison.
    assert exhibit.effective_class == INTERNAL
    monkeypatch.setattr(disclosure, "estimate_is_releasable", lambda n, parameters: (n, parameters) == (5, 4))
    assert weights(FIG).effective_class == ESTIMATE


def test_on_which_lists_the_same_persons_stand_never_leaves_whatever_kind_they_are_of(loaded):
    for show in (pattern, overlap, records_by_year):
        assert show(FIG).effective_class == INTERNAL


@pytest.mark.parametrize("area_id", ["XDP-FIG", "XDP-CEDAR", "demo_provinces"])
def test_what_leaves_is_the_same_with_the_records_taken_away(loaded, monkeypatch, area_id):
    place = areas.get(area_id)

    def bytes_of() -> list:
        exhibits = [show(place) for show in PROTECTED_EXHIBITS]
        assert all(exhibit.effective_class == PROTECTED for exhibit in exhibits)
        texts = [case_records.about(place), case_records.limits_of(place)]
        assert all(text.metadata["release_class"] == PROTECTED for text in texts)
        drawn = [png(exhibit.figure) for exhibit in exhibits if exhibit.figure is not None]
        return [*(exhibit.show().data for exhibit in exhibits), *drawn, *(text.data for text in texts)]

    before = bytes_of()

    def touched(study):
        raise AssertionError("a record was read")

    monkeypatch.setattr(case_records, "load", touched)
    monkeypatch.setattr(processed, "load", touched)
    assert bytes_of() == before


def words(figure) -> str:
    return " ".join(text.get_text() for text in figure.findobj(Text))


PROTECTED_EXHIBITS = (case_records.lists, by_year, who, how, forms, beside)
EXHIBITS = (*PROTECTED_EXHIBITS, records_by_year, pattern, weights, overlap)


@pytest.mark.parametrize("show", EXHIBITS)
@pytest.mark.parametrize("area_id", ["XDP-FIG", "XDP-CEDAR", "demo_provinces"])
def test_every_exhibit_says_that_it_is_synthetic_where_it_is_and_an_area_without_records_fails_none(
    loaded, show, area_id
):
    exhibit = show(areas.get(area_id))
    page = exhibit.show().data
    shown = exhibit.image()
    assert ("SYNTHETIC" in page) == loaded.is_synthetic
    assert "written by a test" in page or exhibit.effective_class == INTERNAL
    if exhibit.figure is not None:
        assert shown.metadata["name"].endswith("_SYNTHETIC") == loaded.is_synthetic
    assert "nan" not in page.casefold().replace("finan", "")


@pytest.mark.varied
@pytest.mark.parametrize("show", EXHIBITS)
def test_a_single_list_that_could_not_be_linked_is_shown_by_its_records(put, show):
    nothing = pd.DataFrame()
    alone = table().query("list_id == 'police'").assign(person_id="")
    one = lists("public").head(1).assign(not_linked="There is one list alone.")
    found = CaseRecords("demo_provinces", "public", alone, nothing, nothing, nothing, nothing, nothing, nothing, one)
    put(found, counted(alone, linked=False))
    exhibit = show(FIG)
    exhibit.image()
    exhibit.show()
    if show is by_year:
        assert printed(exhibit.table)["Records"].tolist() == ["12", "12", "12"]
        assert "not linked" in exhibit.limits
    if show is who:
        assert "records" in words(exhibit.figure)


def test_an_area_without_a_record_says_so(loaded):
    assert "No person of Cedar" in case_records.about(areas.get("XDP-CEDAR")).data
    assert "not a finding of none" in case_records.limits_of(areas.get("XDP-CEDAR")).data
    assert "No list has a record" not in case_records.limits_of(FIG).data


def test_texts_say_that_the_records_are_synthetic_where_they_are(loaded):
    for text in (case_records.about(FIG), case_records.limits_of(FIG)):
        assert ("SYNTHETIC" in text.data) == loaded.is_synthetic
