"""The exhibits on case records, on a dozen records whose answers can be counted by hand."""

import dataclasses

import pandas as pd
import pytest

from analysis import areas, catalog
from analysis.cases import intake, processed, traits
from analysis.cases.processed import CaseRecords
from analysis.exhibits import case_records

# person, list, area, first and last day of detection, day of entry, ages at exploitation, sex, forms
RECORDS = [
    ("p1", "police", "TR-27", "2020-03-01", "2020-03-01", "2020-03-11", 14, 14, "female", "ForcedLabour"),
    ("p1", "shelter", "TR-27", "2020-01-01", "2020-12-31", None, 12, 17, "female", "ForcedBegging;ForcedLabour"),
    ("p2", "police", "TR-27", "2021-05-05", "2021-05-05", "2021-05-15", 20, 20, "male", ""),
    ("p2", "shelter", "TR-79", "2021-06-05", "2021-06-05", "2021-06-15", 10, 10, "female", "None"),
    ("p3", "police", "TR-27", "2022-05-01", "2022-05-01", "2022-05-11", None, None, "", "None"),
    ("p4", "shelter", "TR-27", None, None, None, 3, 17, "male", "SexualExploitation"),
    ("p5", "shelter", "TR-79", "2022-12-30", "2022-12-30", "2022-12-31", 9, 20, "male", "ForcedLabour"),
]


def table() -> pd.DataFrame:
    columns = ["person_id", "list_id", "area_id", "date_low", "date_high", "reported_low", "exploited_age_low"]
    columns += ["exploited_age_high", "sex", "exploitation"]
    records = pd.DataFrame(RECORDS, columns=columns)
    for name in ("date_low", "date_high", "reported_low"):
        records[name] = pd.to_datetime(records[name])
    for name in ("exploited_age_low", "exploited_age_high"):
        records[name] = records[name].astype("Int64")
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
        "area_id": ["TR-27", "TR-27", "TR-27", "TR-27", "TR-79"],
        "year": ["2020", "2021", "2022", "", "2022"],
        "police": [1, 1, 1, 0, 0],
        "shelter": [1, 1, 0, 1, 1],
        "count": [1, 1, 1, 1, 1],
    }
)


@pytest.fixture(params=["synthetic", "public"])
def loaded(request, monkeypatch):
    """Case records of Türkiye in place of those that a run would have made."""
    nothing = pd.DataFrame()
    found = CaseRecords(
        "turkiye", request.param, table(), nothing, nothing, nothing, HISTORIES, nothing, nothing, lists(request.param)
    )
    monkeypatch.setattr(case_records, "load", lambda study: found)
    return found


GAZIANTEP = areas.get("TR-27")


def test_whom_a_source_found_to_be_no_victim_is_not_counted(loaded, monkeypatch):
    records = loaded.case_records
    # The second record is p1's at the shelter.
    records["status"] = ["NotAVictimOfTrafficking" if row == 1 else "" for row in range(len(records))]
    monkeypatch.setattr(case_records, "load", lambda study: dataclasses.replace(loaded, case_records=records))
    assert len(case_records.records_of(GAZIANTEP)) == 4
    assert case_records.records_of(areas.get("turkiye"))["record_id"].tolist() == ["r0", "r2", "r3", "r4", "r5", "r6"]


def test_nobody_is_linked_with_a_record_of_no_victim(monkeypatch):
    folder = catalog.RAW / "synthetic" / "cabo_verde"
    lists = [intake(folder / f"{name}_SYNTHETIC.csv").records for name in ("icca", "linha")]
    records = pd.concat(lists, ignore_index=True).astype({"status": object})
    records["status"] = ["NotAVictimOfTrafficking" if row % 10 == 0 else "" for row in range(len(records))]
    people = processed._linked(records)[0]["case_records"]
    no_victim = people["status"] == "NotAVictimOfTrafficking"
    assert len(people) == len(records) and no_victim.sum() == -(-len(records) // 10)
    assert ((people["person_id"] == "") == no_victim).all()


def counts(trait: str, records: pd.DataFrame) -> dict[str, int]:
    return traits.values(records, trait).set_index("value")["count"].to_dict()


def test_a_person_has_all_forms_that_any_record_states_and_none_gives_way():
    # p1 has both, p2 and p3 an explicit none, p4 and p5 one each.
    assert counts("exploitation", table()) == {
        "Forced labour": 2,
        "Forced begging": 1,
        "Sexual exploitation": 1,
        traits.NONE: 2,
    }


def test_records_that_disagree_are_counted_as_that_and_silence_as_not_stated():
    assert counts("sex", table()) == {"Male": 2, "Female": 1, traits.DISAGREE: 1, traits.NOT_STATED: 1}


def test_an_age_is_what_all_records_of_a_person_allow():
    # p1: 14 and 12-17; p2: 20 and 10; p3: nothing; p4: 3-17; p5: 9-20.
    assert counts("age", table()) == {
        "12-14": 1,
        "child, age not known": 1,
        traits.UNCLEAR: 1,
        traits.DISAGREE: 1,
        traits.NOT_STATED: 1,
    }


@pytest.mark.parametrize("trait", [*case_records.WHO, *case_records.HOW])
def test_of_a_trait_with_one_value_every_person_is_counted_once(trait):
    found = counts(trait, table())
    several = {"exploitation", "means_of_control"}
    assert sum(found.values()) >= 5 if trait in several else sum(found.values()) == 5


def test_lists_say_what_was_read_and_what_of_it_is_of_the_area(loaded):
    rows = case_records.lists(GAZIANTEP).table.set_index("List")
    assert rows.loc["police", ["Rows read", "Clean", "In quarantine", "Records"]].tolist() == [5, 3, 2, 3]
    # p1 and p4; what is recorded of p2 and p5 there is of Kilis.
    assert rows.loc["shelter", ["Records", "Persons"]].tolist() == [2, 2]
    assert rows.loc["police", "Detected"] == "1 Mar 2020 – 1 May 2022"


def test_a_year_known_to_the_year_counts_and_one_that_is_not_known_is_a_row_of_its_own(loaded):
    exhibit = case_records.by_year(GAZIANTEP)
    rows = exhibit.table.set_index("Year of detection")
    assert rows["The shelter's list"].to_dict() == {"2020": 1, "2021": 0, "2022": 0, "not known": 1}
    assert rows[case_records.PERSONS].to_dict() == {"2020": 1, "2021": 1, "2022": 1, "not known": 1}


def test_the_last_year_is_marked_where_records_were_still_on_their_way(loaded):
    # 95 % of the delays known (10, 10, 10, 10 and 1 days) are over within 10 days; the export is of 5 January 2023.
    assert case_records._filling_up(loaded) == 2022
    assert "From 2022 on a year is still filling up" in case_records.by_year(GAZIANTEP).limits


def test_without_a_known_delay_nothing_is_said_to_be_complete(loaded):
    loaded.case_records["reported_precision"] = "unknown"
    assert case_records._filling_up(loaded) is None
    assert "the last year may not be complete" in case_records.by_year(GAZIANTEP).limits


def test_patterns_are_of_persons_and_name_their_lists(loaded):
    rows = case_records.pattern(GAZIANTEP).table
    assert rows.set_index("Lists")["Persons"].to_dict() == {
        "police + shelter": 2,
        "police": 1,
        "shelter": 1,
    }


def test_public_evidence_stands_beside_the_records_and_is_not_added(loaded):
    exhibit = case_records.beside_the_public_evidence(areas.get("TR-79"))
    rows = exhibit.table
    own = rows[rows["Source"].eq("2 lists of case records")]
    assert own["Figure"].tolist() == ["2", "2"]
    assert set(own["Kind"]) == {loaded.kind.upper() if loaded.is_synthetic else "public"}
    # PMM, 28 April 2022: 107,214 Syrians under temporary protection in Kilis is one of its figures.
    syrians = rows[rows["What it counts"].eq("Syrians temporary protection")]
    assert len(syrians) == 1 and syrians["Kind"].tolist() == ["public"]
    assert rows["What it counts"].str.startswith("detected victims").any()
    assert "must not be added" in exhibit.limits
    assert ("invented" in exhibit.limits) == loaded.is_synthetic


EXHIBITS = (
    case_records.lists,
    case_records.by_year,
    case_records.pattern,
    case_records.who,
    case_records.how,
    case_records.weights,
    case_records.overlap,
    case_records.beside_the_public_evidence,
)


@pytest.mark.parametrize("show", EXHIBITS)
@pytest.mark.parametrize("area_id", ["TR-27", "TR-16", "turkiye"])
def test_every_exhibit_says_that_it_is_synthetic_where_it_is_and_an_area_without_records_fails_none(
    loaded, show, area_id
):
    exhibit = show(areas.get(area_id))
    page = exhibit.show().data
    shown = exhibit.plot()
    assert ("SYNTHETIC" in page) == loaded.is_synthetic
    assert "written by a test" in page
    if exhibit.figure is not None:
        assert shown.metadata["name"].endswith("_SYNTHETIC") == loaded.is_synthetic
    assert "nan" not in page.casefold().replace("finan", "")


@pytest.mark.parametrize("show", EXHIBITS)
def test_a_single_list_that_could_not_be_linked_is_shown_by_its_records(monkeypatch, show):
    nothing = pd.DataFrame()
    alone = table().query("list_id == 'police'").assign(person_id="")
    one = lists("public").head(1).assign(not_linked="There is one list alone.")
    found = CaseRecords("turkiye", "public", alone, nothing, nothing, nothing, nothing, nothing, nothing, one)
    monkeypatch.setattr(case_records, "load", lambda study: found)
    exhibit = show(GAZIANTEP)
    exhibit.plot()
    exhibit.show()
    if show is case_records.lists:
        assert "There is one list alone." in exhibit.limits
        assert exhibit.table[["Records", "Persons"]].to_numpy().tolist() == [[3, 0]]
    if show is case_records.who:
        assert exhibit.table.query("What == 'Sex'")["Records"].sum() == 3


def test_an_area_without_a_record_says_so(loaded):
    assert "No record of Bursa" in case_records.about(areas.get("TR-16")).data
    assert "not a finding of none" in case_records.limits_of(areas.get("TR-16")).data
    assert "No list has a record" not in case_records.limits_of(GAZIANTEP).data


def test_texts_say_that_the_records_are_invented_where_they_are(loaded):
    for text in (case_records.about(GAZIANTEP), case_records.limits_of(GAZIANTEP)):
        assert ("SYNTHETIC" in text.data) == loaded.is_synthetic
