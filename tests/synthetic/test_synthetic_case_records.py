"""The synthetic studies: injected errors are there, the same bytes come out each time, and intake finds all of it."""

from __future__ import annotations

import datetime
import hashlib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from fuzzing import examples
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from linkage_quality import quality
from refusals import refused

from analysis import catalog
from analysis.cases import intake, record_linkage
from analysis.cases.htcds import NOT_A_VICTIM
from analysis.intake import pseudonyms
from tools.synthetic import case_records
from tools.synthetic.case_records import files, injected_errors, lists, population
from tools.synthetic.case_records.design import Trend
from tools.synthetic.case_records.layouts import CANARIES, LAYOUTS, written_date
from tools.synthetic.declaration import INHABITANTS
from tools.synthetic.public_figures import working_children

FOLDER = catalog.RAW / "synthetic"
STUDIES = list(case_records.STUDIES)
LISTS = [(name, layout.list_id) for name in STUDIES for layout in LAYOUTS[name]]
# What real sources send; each must be injected somewhere in the committed studies.
KINDS = {
    *("letters_of_cp1254", "letters_of_cp1252", "letters_of_latin-1", "letters_of_utf-8", "letters_of_xlsx"),
    *("place_in_capitals", "place_without_accents", "place_spelling_of_mapping", "place_unknown", "origin_unknown"),
    *("date_day_first", "date_month_only", "date_month_name", "date_year_only", "date_quarter", "date_cell"),
    *("date_impossible", "date_after_export", "entered_before_detected", "exploitation_month_only"),
    *("decimal_comma", "age_interval", "number_with_letters", "zeros_in_front", "exponent", "country_NA_is_Namibia"),
    *("code_unknown", "code_unknown_among_several", "country_unknown", "several_codes", "said_to_be_unknown"),
    *("merged_cell", "repeated_row", "blank_row", "total", "total_by_formula", "formula", "cell_too_many", "cut_off"),
    *("spaces_around", "line_break_in_cell", "byte_of_another_encoding", "name_in_free_text"),
    *("column_undeclared", "column_left_out", "column_a_code", "answer_unknown"),
    *("repeat_group_of_stops", "second_person_of_a_form", "person_of_a_form_in_quarantine", "form_missing"),
    *("role_unknown", "stop_unknown", "stop_date_impossible"),
}


@pytest.fixture(scope="module")
def read():
    """study, list -> what intake makes of the committed file."""
    return {(name, list_id): intake(_file(FOLDER / name, name, list_id)) for name, list_id in LISTS}


@pytest.fixture(scope="module", params=STUDIES)
def large(request):
    """A study large enough for its shares to be seen, and its captures; nothing is written."""
    return _people(request.param, 20_000)


def _people(name, persons, seed=3):
    design = case_records.STUDIES[name]()
    rng = np.random.default_rng(seed)
    people = population.people(design, population.totals(design, persons), rng)
    return design, people, lists.captures(design, people, rng)


def _file(folder, name, list_id):
    return folder / next(layout.file for layout in LAYOUTS[name] if layout.list_id == list_id)


def _truth(folder, table):
    return pd.read_csv(folder / "truth" / f"{table}.csv", dtype=str, keep_default_na=False)


def _close(found, share, n):
    """Within four standard errors of a share."""
    return abs(found - share) < 4 * np.sqrt(share * (1 - share) / n) + 1e-9


# --- The committed folders -------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("name", STUDIES)
def test_the_committed_study_is_made_again_byte_for_byte(name, tmp_path):
    case_records.write(name, tmp_path)
    made = {path.relative_to(tmp_path): path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    kept = {path.relative_to(FOLDER / name): path.read_bytes() for path in (FOLDER / name).rglob("*") if path.is_file()}
    assert set(made) == set(kept)
    assert [str(path) for path in made if made[path] != kept[path]] == []


@pytest.mark.parametrize("name", STUDIES)
def test_the_catalogue_of_the_folder_lists_every_list_and_table_with_its_digest(name):
    folder = FOLDER / name
    listed = yaml.safe_load((folder / "catalog.yml").read_text(encoding="utf-8"))
    # Six files that declare it, lists and truth; of a study with a survey, its export, its frame and its truth.
    assert len(listed) == 6 + 5 + 8 + (4 if name == "demo_provinces" else 0)
    for entry_name, entry in listed.items():
        assert entry_name.startswith((f"synthetic_{name}_", f"{name}_"))
        assert entry["kind"] == "synthetic" and entry["study"] == name
        assert hashlib.sha256((folder / entry["file"]).read_bytes()).hexdigest() == entry["sha256"]
        described = entry.get("mapping") or entry.get("survey")
        if described:
            assert "SYNTHETIC" in entry["file"] and (folder / described).exists()
    data = {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.suffix in (".csv", ".xlsx", ".geojson")
    }
    assert data == {entry["file"] for entry in listed.values()}
    assert sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) < 6_000_000


# --- Intake finds what was simulated ---------------------------------------------------------------------------------


def _outcome(line, result):
    """What became of one line of the ledger: the value, the rules, or whether anything was seen of it."""
    sheet = line.sheet if result.file.endswith(".xlsx") else ""
    if line.expect == "parsed":
        record = result.records[result.records["record_id"] == line.record_id]
        if len(record) != 1:
            return "no such record"
        if line.field == "stops":
            return ">".join(result.stops[result.stops["journey_id"] == line.record_id].sort_values("seq")["place_id"])
        if line.field == "source_record":
            expected = pseudonyms.pseudonym([line.value], "record", pseudonyms.SYNTHETIC_KEY)[0]
            return line.value if record["source_record"].iloc[0] == expected else "another number"
        value = record[line.field].iloc[0]
        return value.date().isoformat() if isinstance(value, pd.Timestamp) else str(value)
    if line.expect == "quarantine":
        broken = result.quarantine
        here = broken[(broken["sheet"] == sheet) & (broken["row"] == int(line.row))]
        return line.rule if line.rule in set(here["rule"]) else ", ".join(here["rule"])
    if line.expect == "no_row":
        rows = result.rows
        return "a row" if ((rows["sheet"] == sheet) & (rows["row"] == int(line.row))).any() else ""
    if line.kind in ("column_undeclared", "column_left_out"):
        undeclared = set(result.undeclared["header"])
        if (line.column in undeclared) != (line.kind == "column_undeclared"):
            return "declared or not, wrongly"
    tables = (result.records, result.stops, result.quarantine, result.completeness)
    return "seen" if line.value and any(line.value in table.to_csv() for table in tables) else line.value


def _failed(ledger, result):
    expected = [line.rule if line.expect == "quarantine" else line.value for line in ledger.itertuples()]
    found = [_outcome(line, result) for line in ledger.itertuples()]
    return [
        (line.kind, int(line.row), line.field, wanted, got)
        for line, wanted, got in zip(ledger.itertuples(), expected, found, strict=True)
        if wanted != got
    ]


def test_everything_that_real_sources_send_is_injected():
    assert {kind for name in STUDIES for kind in _truth(FOLDER / name, "planted")["kind"]} == KINDS


@pytest.mark.parametrize(("name", "list_id"), LISTS)
def test_every_injected_error_is_read_or_quarantined_as_the_ledger_says(read, name, list_id):
    ledger = _truth(FOLDER / name, "planted")
    ledger = ledger[ledger["list_id"] == list_id]
    assert ledger["plant"].nunique() >= 15
    assert _failed(ledger, read[name, list_id]) == []


@pytest.mark.parametrize(("name", "list_id"), LISTS)
def test_nothing_else_goes_to_quarantine(read, name, list_id):
    result = read[name, list_id]
    ledger = _truth(FOLDER / name, "planted")
    ledger = ledger[(ledger["list_id"] == list_id) & (ledger["expect"] == "quarantine")]
    in_excel = result.file.endswith(".xlsx")
    injected = set(zip(ledger["sheet"] if in_excel else [""] * len(ledger), ledger["row"].astype(int), strict=True))
    broken = result.quarantine
    # The stops of a form go with the form.
    broken = broken[~((broken["rule"] == "parent") & (broken["sheet"] == "yolculuk"))]
    assert set(zip(broken["sheet"], broken["row"], strict=True)) - injected == set()
    captures = _truth(FOLDER / name, "captures")
    clean = captures[(captures["list_id"] == list_id) & (captures["quarantine"] == "")]
    assert set(result.records["record_id"]) == set(clean["record_id"])


@pytest.mark.parametrize(("name", "list_id"), LISTS)
def test_clean_records_say_what_is_true_or_nothing(read, name, list_id):
    records = read[name, list_id].records
    injected = _truth(FOLDER / name, "planted")
    records = records[~records["record_id"].isin(set(injected["record_id"]))]
    captures = _truth(FOLDER / name, "captures")
    true = captures.merge(_truth(FOLDER / name, "persons"), on="true_person").set_index("record_id")
    true = true.loc[records["record_id"]].reset_index()
    assert len(records) > 100
    for field in (
        "sex",
        "nationality",
        "area_id",
        "exploitation",
        "sector",
        "means_of_control",
        "recruiter",
        "recruitment",
    ):
        said = records[field].astype(str).to_numpy()
        stated = ~np.isin(said, ["", "None"])
        # A list that has no word for a code leaves it out; what it says is true.
        assert [
            set(a.split(";")) - set(b.split(";")) for a, b in zip(said[stated], true[field][stated], strict=True)
        ] == [set()] * stated.sum(), field
    for prefix, day in (("date", "detected"), ("reported", "reported"), ("exploitation", "began")):
        low, high = records[f"{prefix}_low"].to_numpy(), records[f"{prefix}_high"].to_numpy()
        days = pd.to_datetime(true[day]).to_numpy()
        assert (np.isnat(low) | ((low <= days) & (days <= high))).all(), day
    assert (records["reported_precision"] == "day").all()


def test_there_are_adults_and_persons_of_unknown_age(read):
    for name in STUDIES:
        child = pd.concat([result.records["child"] for (study, _), result in read.items() if study == name])
        assert {"yes", "no", "unknown"} == set(child)


@pytest.mark.slow
@pytest.mark.parametrize("name", STUDIES)
def test_linkage_finds_the_persons(read, name):
    records = [result.records for (study, _), result in read.items() if study == name]
    records = pd.concat([table.astype({"list_id": object}) for table in records], ignore_index=True)
    truth = _truth(FOLDER / name, "captures")[["record_id", "true_person"]]
    # Whom a source found to be no victim is linked with nobody.
    victims = records[records["status"] != NOT_A_VICTIM]
    linkage = record_linkage.link(victims)
    measured = quality(linkage, truth).set_index("measure")["value"]
    assert measured["recall"] >= 0.99 and measured["precision"] >= 0.99
    persons = truth.loc[truth["record_id"].isin(victims["record_id"]), "true_person"].nunique()
    assert linkage.records["person_id"].nunique() == pytest.approx(persons, rel=1 / 200)


@pytest.mark.soak
@settings(max_examples=examples(4), phases=[Phase.explicit, Phase.generate])
@given(persons=st.integers(0, 300), seed=st.integers(0, 2**31), name=st.sampled_from(STUDIES))
def test_other_sizes_and_seeds_hold_what_their_own_ledgers_say(tmp_path_factory, persons, seed, name):
    require_what_ledgers_say(tmp_path_factory.mktemp("study"), name, persons, seed)


@pytest.mark.slow
# Of the last the row that is cut off was to be a repeat of another.
@pytest.mark.parametrize(
    ("name", "persons", "seed"), [("demo_provinces", 0, 1), ("demo_islands", 9, 1), ("demo_islands", 254, 70)]
)
def test_a_study_of_hardly_anybody_holds_what_its_ledger_says(tmp_path, name, persons, seed):
    require_what_ledgers_say(tmp_path, name, persons, seed)


def require_what_ledgers_say(folder: Path, name: str, persons: int, seed: int) -> None:
    made = case_records.write(name, folder, persons=persons, seed=seed)
    assert made.totals["persons"].sum() == persons == len(made.persons)
    captures, ledger = _truth(folder, "captures"), _truth(folder, "planted")
    assert captures["record_id"].is_unique
    for list_id in made.bodies:
        result = intake(_file(folder, name, list_id))
        assert _failed(ledger[ledger["list_id"] == list_id], result) == []
        clean = captures[(captures["list_id"] == list_id) & (captures["quarantine"] == "")]
        assert set(result.records["record_id"]) == set(clean["record_id"])


@pytest.mark.slow
def test_another_seed_gives_other_persons_of_the_same_truth():
    first, other = (case_records.study("demo_provinces", 500, seed) for seed in (1, 2))
    assert first.totals.equals(other.totals)
    assert not first.persons["birth"].equals(other.persons["birth"])


# --- The truth -------------------------------------------------------------------------------------------------------


def test_a_curve_is_made_of_log_linear_pieces_that_meet():
    years = np.arange(2014, 2020)
    # 1.1 a year up to 2016, 0.8 a year after it.
    expected = [1, 1.1, 1.21, 1.21 * 0.8, 1.21 * 0.64, 1.21 * 0.512]
    assert Trend((10.0, -20.0), (2016,)).relative(years) == pytest.approx(expected)
    assert Trend((0.0,)).relative(years) == pytest.approx(np.ones(6))


@pytest.mark.parametrize("name", STUDIES)
def test_the_simulated_trends_have_no_joinpoint_one_and_two(name):
    trends = _truth(FOLDER / name, "trends").drop_duplicates("area_id")["joinpoints"].value_counts()
    assert trends["0"] >= 1 and trends["1"] >= 2 and trends["2"] == 1


@pytest.mark.parametrize("name", STUDIES)
def test_yearly_numbers_follow_their_curve_to_a_person_and_add_up(name):
    totals, trends = _truth(FOLDER / name, "totals"), _truth(FOLDER / name, "trends")
    assert totals["persons"].astype(int).sum() == 2500
    for area, pieces in trends.groupby("area_id"):
        counts = totals[totals["area_id"] == area]["persons"].astype(int).to_numpy()
        factors = np.concatenate(
            [
                np.full(int(last) - int(first), 1 + float(apc) / 100)
                for first, last, apc in zip(pieces["first_year"], pieces["last_year"], pieces["apc"], strict=True)
            ]
        )
        curve = np.concatenate([[1.0], np.cumprod(factors)])
        assert np.abs(counts - curve / curve.sum() * counts.sum()).max() <= 2, area


def test_nobody_lives_on_onyx_and_islands_weigh_as_their_inhabitants():
    totals = _truth(FOLDER / "demo_islands", "totals")
    by_island = totals.assign(persons=totals["persons"].astype(int)).groupby("area_id")["persons"].sum()
    assert by_island["XIC-ONYX"] == 0
    weights = INHABITANTS["demo_islands"]
    for area, weight in weights.items():
        assert by_island[area] == pytest.approx(2500 * weight / sum(weights.values()), abs=10)
    captures = _truth(FOLDER / "demo_islands", "persons")
    assert "XIC-ONYX" not in set(captures["area_id"])


def test_working_children_are_as_a_national_survey_found_them():
    # TÜİK, Child Labour Force Survey 2019, read from its table in the catalogue.
    survey = working_children()
    assert survey.sectors == pytest.approx({"agriculture": 0.308, "industry": 0.237, "services": 0.455})
    assert survey.ages == pytest.approx({(5, 11): 0.044, (12, 14): 0.159, (15, 17): 0.797})
    assert survey.male == pytest.approx(0.706)
    _, people, _ = _people("demo_provinces", 20_000)
    children = people[people["child"]]
    n = len(children)
    for group, share in (("agriculture", 0.308), ("industry", 0.237), ("services", 0.455)):
        assert _close((children["group"] == group).mean(), share, n)
    for low, high, share in ((5, 11, 0.044), (12, 14, 0.159), (15, 17, 0.797)):
        assert _close(children["age"].between(low, high).mean(), share, n)
    assert _close((children["sex"] == "male").mean(), 0.706, n)


def test_ages_births_and_dates_fit_together(large):
    _, people, captures = large
    months = (
        (people["started"].dt.year - people["birth"].dt.year) * 12
        + people["started"].dt.month
        - people["birth"].dt.month
    )
    age = (months - (people["started"].dt.day < people["birth"].dt.day)) // 12
    assert (age == people["age"]).all()
    assert (people["child"] == (people["age"] < 18)).all()
    assert (people["started"] <= people["visible"]).all()
    seen = captures.join(people[["visible", "year", "started"]], on="person")
    assert (seen["detected"] >= seen["visible"]).all()
    assert (seen["detected"].dt.year == seen["year"]).all()
    assert (seen["reported"] >= seen["detected"]).all()


def test_journeys_have_the_simulated_weights(large):
    design, people, _ = large
    for place, way in enumerate(design.corridors):
        there = (people["area"] == way.destination) & (people["nationality"] == way.nationality)
        if there.sum() > 50:
            assert _close((people["corridor"][there] == place).mean(), way.weight, there.sum()), way
        assert (people["corridor"] == place)[~there].sum() == 0


def _log_odds_ratio(people, captures, first, second):
    on = [
        np.isin(np.arange(len(people)), captures.loc[captures["list"] == place, "person"]) for place in (first, second)
    ]
    a, b, c, d = ((on[0] & on[1]).sum(), (on[0] & ~on[1]).sum(), (~on[0] & on[1]).sum(), (~on[0] & ~on[1]).sum())
    return np.log(a * d / (b * c))


def test_lists_depend_on_each_other_as_simulated(large):
    design, people, captures = large
    ids = [capture.list_id for capture in design.lists]
    sender, receiver = (ids.index(one) for one in design.referral)
    simulated = design.lists[receiver].after[ids[sender]]
    assert simulated > 1
    assert _log_odds_ratio(people, captures, sender, receiver) == pytest.approx(simulated, abs=0.5)
    (second, first, effect), = (
        (place, ids.index(other), effect)
        for place, capture in enumerate(design.lists)
        for other, effect in capture.after.items()
        if effect < 0
    )  # fmt: skip
    assert effect < -1
    assert _log_odds_ratio(people, captures, first, second) == pytest.approx(effect, abs=0.5)


def test_delays_have_the_simulated_median_and_only_what_was_entered_is_listed(large):
    design, _, captures = large
    days = (captures["reported"] - captures["detected"]).dt.days
    for place, capture in enumerate(design.lists):
        here = days[captures["list"] == place]
        # A lognormal delay rounded down: half of the captures lie below its median.
        assert _close((here < capture.delay_median).mean(), 0.5, len(here))
        # And 84 percent below the median times e to the sigma (one standard deviation of the logarithm).
        assert _close((here < np.round(capture.delay_median * np.exp(capture.delay_sigma))).mean(), 0.8413, len(here))
    late = ~captures["exported"]
    assert (captures["reported"][late] > pd.Timestamp(design.export)).all()
    delay = lists.delay_table(design, captures)
    assert delay["not_yet_entered"].sum() == late.sum() > 0


@pytest.mark.parametrize("name", STUDIES)
def test_what_was_not_entered_by_the_export_is_on_no_list(name):
    captures, delay = _truth(FOLDER / name, "captures"), _truth(FOLDER / name, "delay")
    assert captures["reported"].max() <= "2023-12-31"
    left = delay["captures"].astype(int).sum() - delay["not_yet_entered"].astype(int).sum()
    assert len(captures) == left
    assert 1_200 <= len(captures) <= 1_800
    assert (captures["entry"] == "2").any()


# --- Names and words -------------------------------------------------------------------------------------------------


def _one_edit(first, second):
    """Whether one letter left out, put in or changed makes one of the other (Levenshtein 1966), by trying them all."""
    if len(first) > len(second):
        first, second = second, first
    if len(first) == len(second):
        return sum(a != b for a, b in zip(first, second, strict=True)) == 1
    return any(first == second[:at] + second[at + 1 :] for at in range(len(second)))


@given(
    name=st.sampled_from([name[0] for pool in population.POOLS.values() for part in pool.values() for name in part]),
    mix=st.integers(0, 2**32 - 1),
)
def test_a_slip_is_one_letter(name, mix):
    slipped = injected_errors.slipped(name, mix)
    assert slipped == name if len(name) < 3 else _one_edit(name, slipped)


def test_capitals_of_turkish_keep_both_letters_i():
    assert population.capitals("İbrahim Işık", "tr") == "İBRAHİM IŞIK"
    assert population.capitals("Fátima Gonçalves", "pt") == "FÁTIMA GONÇALVES"


@pytest.mark.parametrize(
    ("pattern", "language", "text"),
    [
        ("dd.mm.yyyy", "tr", "05.03.2021"),
        ("mm/yyyy", "pt", "03/2021"),
        ("yyyy-mm-dd", "tr", "2021-03-05"),
        ("q/yyyy", "tr", "1/2021"),
        ("month yyyy", "tr", "Mart 2021"),
        ("month yyyy", "pt", "março 2021"),
        ("yyyy", "pt", "2021"),
    ],
)
def test_a_day_is_written_as_its_format_says(pattern, language, text):
    assert written_date(datetime.date(2021, 3, 5), pattern, language) == text


@pytest.mark.slow
def test_names_differ_within_a_pool_and_every_person_has_the_numbers_of_nobody(tmp_path):
    for pool in population.POOLS.values():
        for part in pool.values():
            assert len({name[0] for name in part}) == len(part)
    made = case_records.study("demo_provinces", 2_000)
    for list_id in ("police", "protection"):
        body = made.body_of_persons(list_id)
        column = body.file.mapping.columns["document"].column
        numbers = [row[body.headers.index(column)] for row in body.rows()]
        numbers = [number for number in numbers if number]
        # No number of a Turkish identity document begins with 0.
        assert len(numbers) > 100 and all(len(number) == 11 and number[0] == "0" for number in numbers)


# --- Refusals --------------------------------------------------------------------------------------------------------


def test_an_unknown_study_is_refused_with_the_known_ones():
    with refused(case_records.UnknownStudy, "unknown_study", "'west_africa'"):
        case_records.study("west_africa")


def test_fewer_than_no_persons_are_refused():
    with refused(ValueError, "negative"):
        case_records.study("demo_provinces", -1)


@pytest.mark.slow
def test_a_list_too_long_for_excel_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "MOST_ROWS", 50)
    with pytest.raises(files.TooManyRows, match=r"The list police would have [\d,]+ rows .* Ask for fewer persons\."):
        case_records.write("demo_provinces", tmp_path, persons=2_000)


def test_the_canaries_stand_in_the_files_and_nowhere_else(read):
    for (name, list_id), result in read.items():
        path = _file(FOLDER / name, name, list_id)
        canary = CANARIES[name]
        if path.suffix == ".csv":
            encoding = result.mapping.encoding
            assert canary in path.read_bytes().decode(encoding, "replace")
        for table in (result.records, result.stops, result.quarantine, result.rows, result.completeness):
            assert canary not in table.to_csv()
