"""How long confidential data are kept: what the catalogue must say, what is refused and removed past the last day."""

from __future__ import annotations

import datetime
import json
import shutil

import nbformat
import pytest
import yaml
from projects import PLAIN, TERMS, add_case_lists, add_survey, products, run_analysis, small_project
from refusals import refused

from analysis import areas, catalog, checking, jobs, processed, retention
from analysis.cases import mapping as mappings

LAST = datetime.date(2026, 3, 31)
DAY = datetime.timedelta(days=1)


@pytest.fixture
def raw(tmp_path, monkeypatch):
    """A folder of data with an empty catalogue; the studies are those that were declared before."""
    assert areas.STUDIES
    folder = tmp_path / "raw"
    folder.mkdir()
    (folder / "catalog.yml").write_text("{}")
    monkeypatch.setattr(catalog, "RAW", folder)
    catalog.datasets.cache_clear()
    yield folder
    catalog.datasets.cache_clear()


def enter(raw, name="police", study="turkiye", **fields):
    """Enter a confidential list, to be kept until LAST; a field that is None is left out."""
    (raw / study).mkdir(exist_ok=True)
    path = raw / study / "catalog.yml"
    listed = yaml.safe_load(path.read_text()) if path.exists() else {}
    entry = {"file": f"{name}.csv", "mapping": f"{name}.mapping.yml", "study": study, "title": "A list"}
    entry |= {
        "kind": "confidential",
        "licence": "none",
        "publisher": "A test",
        "source": "a test",
        "date": "2026-01-01",
    }
    entry |= {"sha256": "0" * 64, "purpose": "the report", "retain_until": LAST.isoformat()} | fields
    listed[name] = {field: value for field, value in entry.items() if value is not None}
    path.write_text(yaml.safe_dump(listed))
    catalog.datasets.cache_clear()


# --- What the catalogue must say -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "said"), [("purpose", "purpose: (a short text"), ("retain_until", "retain_until: YYYY-MM-DD")]
)
@pytest.mark.parametrize("value", [None, ""])
def test_confidential_data_without_a_purpose_or_a_last_day_are_refused_with_the_line_to_add(raw, field, said, value):
    enter(raw, **{field: value})
    assert catalog.datasets() == {}
    fault = catalog.faults()["turkiye"]
    assert fault.code == "missing_data_protection"
    assert "the entry 'police' is of confidential data, and lacks " + said in str(fault)


def test_public_data_need_neither_purpose_nor_last_day(raw):
    enter(raw, kind="public", purpose=None, retain_until=None)
    assert catalog.dataset("police").retain_until is None
    assert retention.past(datetime.date(2999, 1, 1)) == []


@pytest.mark.parametrize("day", ["soon", "31.03.2026", "2026-02-30", "2026-3-1", "20260331", "2026", 2026])
def test_a_last_day_that_is_no_day_is_refused(raw, day):
    enter(raw, retain_until=day)
    assert catalog.datasets() == {}
    fault = catalog.faults()["turkiye"]
    assert fault.code == "invalid_date" and f"retain_until: {day}," in str(fault)


def test_a_day_is_read_whether_or_not_it_stands_in_quotation_marks(raw):
    enter(raw)
    path = raw / "turkiye/catalog.yml"
    assert "'2026-03-31'" in path.read_text()
    path.write_text(path.read_text().replace("'2026-03-31'", "2026-03-31"))
    catalog.datasets.cache_clear()
    assert catalog.dataset("police").retain_until == "2026-03-31"


def test_who_may_read_the_data_is_a_text_or_a_list(raw):
    enter(raw, access=["data manager", "analyst"])
    enter(raw, "shelter", access="data manager")
    assert [catalog.dataset(name).access for name in ("police", "shelter")] == ["data manager, analyst", "data manager"]


# --- The last day --------------------------------------------------------------------------------------------------


def test_the_last_day_itself_is_within_and_the_next_is_past(raw):
    enter(raw)
    retention.require_within(["turkiye"], LAST)
    assert retention.past(LAST) == [] and retention.barred(["turkiye"], LAST) == {}
    assert [entry.name for entry in retention.past(LAST + DAY)] == ["police"]


def test_the_refusal_says_which_data_since_when_and_both_ways_out(raw):
    enter(raw)
    enter(raw, "shelter")
    with refused(retention.RetentionError, "retention_expired", "'police' (", "2026-03-31", "1 more") as error:
        retention.require_within(["turkiye"], LAST + DAY)
    said = str(error.value)
    assert "delete the file" in said and "`python -m analysis forget turkiye`" in said
    assert "police.csv --accept --retain-until YYYY-MM-DD --retention-reason" in said


def test_data_past_their_day_stop_their_own_study_and_those_of_no_study_stop_all(raw):
    enter(raw)
    studies = ["turkiye", "west_africa", "cabo_verde"]
    assert list(retention.barred(studies, LAST + DAY)) == ["turkiye"]
    retention.require_within(["west_africa", "cabo_verde"], LAST + DAY)
    enter(raw, study="turkiye", name="shared", mapping=None, schema="facts")
    path = raw / "turkiye/catalog.yml"
    listed = yaml.safe_load(path.read_text())
    del listed["shared"]["study"]
    path.write_text(yaml.safe_dump(listed))
    catalog.datasets.cache_clear()
    assert list(retention.barred(studies, LAST + DAY)) == studies
    assert retention.barred(studies, LAST) == {}


def test_a_file_past_its_day_is_not_read_however_it_is_kept_and_others_are(raw):
    enter(raw, file="police.csv.age")
    enter(raw, "shelter", retain_until="2030-01-01")
    for name in ("police.csv", "police.csv.age"):
        with refused(retention.RetentionError, "retention_expired", "police.csv.age"):
            retention.require_file_within(raw / "turkiye" / name, LAST + DAY)
        retention.require_file_within(raw / "turkiye" / name, LAST)
    retention.require_file_within(raw / "turkiye/shelter.csv", LAST + DAY)
    retention.require_file_within(raw / "cabo_verde/police.csv", LAST + DAY)


def test_tables_of_persons_are_not_opened_past_the_last_day_of_what_they_were_made_from(raw):
    enter(raw)
    with refused(retention.RetentionError, "retention_expired", "police"):
        processed.read(jobs.CaseTables("turkiye"), [])
    with refused(processed.ProcessedError, "tables_not_made"):
        processed.read(jobs.CaseTables("cabo_verde"), [])


def test_a_sampling_frame_past_its_day_is_entered_again_with_its_survey_and_a_table_by_hand(raw):
    enter(raw, "survey", mapping=None, survey="survey.survey.yml", retain_until="2030-01-01")
    enter(raw, "survey_frame", mapping=None)
    enter(raw, "table", mapping=None, schema="facts")
    assert "turkiye/survey.csv --accept" in retention.renewal(catalog.dataset("survey_frame"))
    assert "set a later `retain_until:` in " in retention.renewal(catalog.dataset("table"))


@pytest.mark.parametrize(
    ("day", "code"),
    [
        ("2026-03-30", "day_past"),
        ("2126-12-31", None),
        ("2127-01-01", "day_too_far"),
        ("2026-03-31", None),
        ("2026-3-31", "invalid_date"),
    ],
)
def test_a_last_day_is_today_or_later_and_within_a_hundred_years(day, code):
    if code is None:
        retention.require_last_day(day, "--retain-until", LAST)
        return
    with refused(catalog.CatalogError, code, "--retain-until", day):
        retention.require_last_day(day, "--retain-until", LAST)


@pytest.mark.parametrize(
    ("before", "said"),
    [
        (31, None),
        (30, "30 days from now"),
        (1, "1 day from now"),
        (0, "31, today"),
        (-1, "was to be kept"),
    ],
)
def test_a_last_day_is_spoken_of_from_thirty_days_before(raw, before, said):
    enter(raw)
    notes = retention.notes(["turkiye"], LAST - before * DAY)
    assert len(notes) == (said is not None)
    assert said is None or said in notes[0]
    assert retention.notes(["cabo_verde"], LAST) == []


def test_the_terms_of_each_confidential_data_set_are_listed_and_of_no_other(raw):
    enter(raw, access="the data manager", retention_reason="an appeal is open")
    enter(raw, "shelter", file="shelter.csv.age")
    enter(raw, "open", kind="public")
    enter(raw, "icca", study="cabo_verde")
    assert retention.terms(["turkiye"]) == [
        "confidential police: not encrypted, until 2026-03-31 (put off: an appeal is open); for: the report; read by: "
        "the data manager",
        "confidential shelter: kept encrypted, until 2026-03-31; for: the report; read by: not stated",
    ]


def test_a_newer_file_keeps_the_terms_of_the_one_before_unless_others_are_given(raw, monkeypatch):
    monkeypatch.setattr(checking, "RAW", raw)
    place = raw / "turkiye"
    add_case_lists(raw.parent / "project")
    shutil.copytree(raw.parent / "project/data/raw/turkiye", place)
    catalog.datasets.cache_clear()
    described = mappings.load(place / "police.mapping.yml")
    _, content = checking.accepted(place / "police.csv", described)
    assert yaml.safe_load(content)["turkiye_police"].items() >= TERMS.items()
    set_terms(raw.parent, "turkiye_police", folder="raw", retain_until="2020-02-29")
    later = {"retain_until": "2098-01-31", "retention_reason": "an appeal is open", "purpose": None}
    _, content = checking.accepted(place / "police.csv", described, later)
    entry = yaml.safe_load(content)["turkiye_police"]
    assert (entry["retain_until"], entry["retention_reason"]) == ("2098-01-31", "an appeal is open")
    assert entry["purpose"] == TERMS["purpose"]
    for terms, code in (
        ({"retain_until": "later"}, "invalid_date"),
        ({"retain_until": "2020-03-01", "retention_reason": "too late"}, "day_past"),
        ({"retain_until": "2098-01-31"}, "missing_reason"),
        # The day that the entry has is kept where none is given.
        ({"retention_reason": "an appeal is open"}, "retention_expired"),
    ):
        with refused(catalog.CatalogError, code, "'Children known to the police'"):
            checking.accepted(place / "police.csv", described, terms)


# --- A study -------------------------------------------------------------------------------------------------------

SHOWN = """\
from analysis.cases import processed
from analysis.exhibits import inputs

processed.load("turkiye")
inputs.read()
"""
# A page of public evidence, made in no time.
READ = """\
from analysis.exhibits import inputs

inputs.read()
"""


@pytest.fixture(scope="module")
def studied(tmp_path_factory):
    """A project in which two confidential lists were read and shown, and files stand as if made of others; its key."""
    folder = tmp_path_factory.mktemp("studied")
    project = small_project(folder, case_records=SHOWN, incidence=READ)
    add_case_lists(project)
    (folder / "pseudonyms").write_text("abcdefgh12345678")
    key = {"ANALYSIS_KEY": str(folder / "pseudonyms"), **PLAIN}
    asked = ["run", "--area", "TR-27", "--analysis", "case_records"], ["check", "data/raw/turkiye/police.csv"]
    for command in asked:
        ended = run_analysis(*command, project=project, **key)
        assert ended.returncode == 0, ended.stderr
    add_survey(project)
    made_by_hand(project / "data/processed", "turkiye", "survey", ["turkiye_survey", "turkiye_survey_frame"])
    made_by_hand(project / "data/processed", "demo_islands", "case_records_SYNTHETIC", ["synthetic_demo_islands_icca"])
    for path in ("data/processed/checks/turkiye/survey.html", "reports/turkiye/TR-27/routes.html"):
        (project / path).parent.mkdir(parents=True, exist_ok=True)
        (project / path).write_text("as it was")
    return project, key


def made_by_hand(processed, study, name, read):
    """Tables of persons with their manifest, a notebook that shows them, and a page and a figure of it."""
    made_from = {"made_from": {"entry": dict.fromkeys(read, "a digest"), "inputs": {"areas": "a digest"}}}
    page = f"data/processed/staged/reports/{study}/X/{name}.html"
    notebook = nbformat.v4.new_notebook()
    of_study = name.removesuffix("_SYNTHETIC") + f"_{study}"
    persons = {of_study: "synthetic" if name.endswith("SYNTHETIC") else "confidential"}
    notebook.metadata["made_from"] = {"inputs": dict.fromkeys([*read, of_study], ""), "persons": persons}
    notebook.metadata["products"] = {page: "a digest"}
    files = {
        f"{study}/{name}.parquet": "a table",
        f"{study}/{name}.json": json.dumps(
            made_from | {"products": {f"data/processed/{study}/{name}.parquet": "a digest"}}
        ),
        f"runs/{study}/X/{name}.ipynb": nbformat.writes(notebook),
        page.removeprefix("data/processed/"): "a page",
    }
    for path, text in files.items():
        (processed / path).parent.mkdir(parents=True, exist_ok=True)
        (processed / path).write_text(text, encoding="utf-8")


@pytest.fixture
def project(studied, tmp_path):
    return shutil.copytree(studied[0], tmp_path / "project")


def set_terms(project, *names, folder="data/raw", **fields):
    path = project / folder / "turkiye/catalog.yml"
    listed = yaml.safe_load(path.read_text(encoding="utf-8"))
    for name in names:
        listed[name] |= fields
    path.write_text(yaml.safe_dump(listed), encoding="utf-8")


def take_out(project, *names):
    path = project / "data/raw/turkiye/catalog.yml"
    listed = yaml.safe_load(path.read_text(encoding="utf-8"))
    path.write_text(yaml.safe_dump({name: listed[name] for name in listed if name not in names}), encoding="utf-8")


def test_past_the_last_day_nothing_of_the_study_is_run_read_or_released_and_the_status_says_why(studied, project):
    set_terms(project, "turkiye_police", retain_until="2020-02-29")
    before = products(project)
    asked = ("run --study turkiye", "run --area TR-27", "intake --study turkiye", "check data/raw/turkiye/police.csv")
    for command in (
        *asked,
        "draft data/raw/turkiye/police.csv --again",
        "run --report",
        "findings --freeze now",
        "release",
    ):
        ended = run_analysis(*command.split(), project=project, **studied[1])
        assert ended.returncode == 2, command
        assert "'turkiye_police' (data/raw/turkiye/police.csv) was to be kept until 2020-02-29" in ended.stderr, command
    assert products(project) == before
    status = run_analysis("status", "--study", "turkiye", project=project, **studied[1])
    assert status.returncode == 1 and "turkiye stands still" in status.stdout
    assert "'turkiye_police' was to be kept until 2020-02-29" in status.stdout
    said = "confidential turkiye_shelter: not encrypted, until 2999-12-31; for: tests of this project; read by: whoever"
    assert said in status.stdout
    later = ("--accept", "--retain-until", "2099-01-31", "--retention-reason", "an appeal is open")
    for words in (later, ()):
        ended = run_analysis("check", "data/raw/turkiye/police.csv", *words, project=project, **studied[1])
        assert ended.returncode == 0, ended.stderr


def test_other_studies_are_run_and_released_while_one_stands_still_and_what_was_released_of_it_stays(studied, project):
    """The page of Senegal is made and released; of Türkiye nothing is made, and its earlier release stands."""
    staged = "data/processed/staged/reports/turkiye/TR-27/routes.html"
    (project / staged).parent.mkdir(parents=True, exist_ok=True)
    (project / staged).write_text("made of what is past its day")
    set_terms(project, "turkiye_police", retain_until="2020-02-29")
    # What stands there as if made of synthetic lists is no table.
    shutil.rmtree(project / "data/processed/demo_islands")
    before = products(project)
    areas_ = ("--area", "SEN", "--area", "TR-27", "--analysis", "incidence")
    ran = run_analysis("run", *areas_, project=project, **studied[1])
    assert ran.returncode == 1 and "turkiye stands still" in ran.stderr and "1 notebooks ran, none failed" in ran.stdout
    released = run_analysis("release", project=project, **studied[1])
    assert released.returncode == 1 and "turkiye stands still" in released.stdout, released.stderr
    after = products(project)
    assert "reports/west_africa/SEN/incidence.html" in after
    new = {path for path in after if path not in before or after[path] != before[path]}
    # Links between staged pages are all that is written again.
    assert not [path for path in new if "turkiye" in path and not path.startswith("data/processed/staged/")]
    assert (project / "reports/turkiye/TR-27/routes.html").read_text() == "as it was"
    assert not [path for path in after if path.startswith("data/register/")]


def of(found, *starts):
    return {path for path in found if path.startswith(starts)}


CASES = (
    "data/processed/turkiye/case_records",
    "data/processed/turkiye/stops",
    "data/processed/runs/turkiye/TR-27/case",
)
SURVEY = ("data/processed/turkiye/survey",)
OTHERS = tuple(f"data/processed/{folder}demo_islands/" for folder in ("", "runs/", "staged/reports/"))


@pytest.mark.parametrize("way", ["past its day", "taken out with its file", "all taken out"])
def test_what_was_made_of_a_list_that_may_be_kept_no_longer_is_removed_and_nothing_else(studied, project, way):
    before = products(project)
    for starts in (*CASES, *SURVEY, *OTHERS):
        assert of(before, starts), starts
    if way == "past its day":
        set_terms(project, "turkiye_police", retain_until="2020-02-29")
    else:
        lists = ["turkiye_police"] + ["turkiye_shelter"] * (way == "all taken out")
        take_out(project, *lists)
        for name in lists:
            (project / f"data/raw/turkiye/{name.removeprefix('turkiye_')}.csv").unlink()
    ended = run_analysis("forget", "turkiye", project=project, **studied[1])
    assert ended.returncode == 0, ended.stderr
    after = products(project)
    assert of(after, *CASES) == set()
    # The tables of two lists hold persons of both; those of the survey, and of other studies, are others.
    assert of(after, *SURVEY, *OTHERS) == of(before, *SURVEY, *OTHERS)
    assert of(after, "data/processed/checks") == {"data/processed/checks/turkiye/survey.html"}
    gone = {path for path in before if path not in after}
    assert {line.removeprefix("removed: ") for line in ended.stdout.splitlines() if "removed: " in line} == gone
    assert f"{len(gone)} files were removed" in ended.stdout
    still = "data/raw/turkiye/police.csv is past its last day and lies there still" in ended.stdout
    assert still == (way == "past its day") and (project / "data/raw/turkiye/shelter.csv").exists() == (
        way != "all taken out"
    )
    again = run_analysis("forget", "turkiye", project=project, **studied[1])
    assert again.returncode == 0 and "\n0 files were removed" in "\n" + again.stdout


@pytest.mark.soak
def test_what_was_released_of_a_list_holds_no_person_and_stays(studied, project):
    set_terms(project, "turkiye_police", retain_until="2020-02-29")
    assert run_analysis("forget", "turkiye", project=project, **studied[1]).returncode == 0
    assert (project / "reports/turkiye/TR-27/routes.html").read_text() == "as it was"


def test_where_all_may_be_kept_nothing_is_removed(studied, project):
    before = products(project)
    ended = run_analysis("forget", "turkiye", project=project, **studied[1])
    assert ended.returncode == 0 and "\n0 files were removed" in "\n" + ended.stdout
    assert {path for path in before if path not in products(project)} == set()


@pytest.mark.soak
def test_tables_and_notebooks_that_do_not_say_what_they_were_made_of_are_removed(studied, project):
    (project / "data/processed/turkiye/case_records.json").write_text("{")
    (project / "data/processed/runs/turkiye/TR-27/trends.failed.ipynb").write_text("{}")
    assert run_analysis("forget", "turkiye", project=project, **studied[1]).returncode == 0
    after = products(project)
    assert of(after, *CASES, "data/processed/runs/turkiye/TR-27/trends") == set()
    assert of(after, *SURVEY)


@pytest.mark.soak
def test_a_survey_past_its_day_leaves_the_lists_alone(studied, project):
    set_terms(project, "turkiye_survey", retain_until="2020-02-29")
    before = products(project)
    assert run_analysis("forget", "turkiye", project=project, **studied[1]).returncode == 0
    after = products(project)
    assert of(after, *SURVEY) == set() and of(after, *CASES) == of(before, *CASES)


def test_a_study_that_does_not_exist_is_refused(studied, project):
    ended = run_analysis("forget", "atlantis", project=project, **studied[1])
    assert ended.returncode == 2 and "atlantis" in ended.stderr
