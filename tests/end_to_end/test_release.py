"""What is published, and by `release` alone: audited, searched, entered in the register, and whole."""

import datetime
import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
import yaml
from projects import PLAIN, STAGED, add_case_lists, environment_of, products, run_analysis, small_project

import disclosure
from analysis import jobs, release_register
from analysis.jobs import CaseTables, Job
from analysis.release import outcome
from analysis.release.outcome import Audit, Outcome
from analysis.report import page_links
from analysis.report.page_links import OLDER

# A notebook with one output that may leave and one that may not.
OF_PERSONS = """
from IPython.display import HTML, display
from analysis import areas
from analysis.cases.processed import load, protected
from analysis.exhibits import inputs
study = areas.get(area).study
shown = protected(study)
found = load(study).case_records["person_id"].nunique()
display(HTML(f"<p>tables that may leave: {len(shown)}</p>", metadata={"release_class": "protected"}))
display(HTML(f"<p>persons by name, internal: {found}</p>", metadata={"release_class": "internal"}))
inputs.read()
"""
OF_EVIDENCE = """
from IPython.display import HTML, display
display(HTML(f"<p>evidence of {area}</p>", metadata={"release_class": "public"}))
"""
# What is searched for is read from the lists elsewhere: here it is given.
SECRETS = """
def of_studies(studies):
    return {study: frozenset({strings}) for study in studies}
"""
# In place of protected tables: as they were counted, or protected without a look at earlier releases.
COUNTED = (
    "\n\ndef _protected(study, people, stops):\n    from analysis.count_protection import Protected, by_suppression\n"
    "    counted = count_tables(people, stops)\n"
)
UNPROTECTED = f"{COUNTED}    return Protected(counted)\n"
FORGETFUL = f"{COUNTED}    return by_suppression(counted, nested(counted))\n"
RUNS = (
    ("run", "--area", "TR-27", "--analysis", "case_records"),
    ("run", "--area", "SEN", "--analysis", "trends"),
)
PAGE, EVIDENCE = "reports/turkiye/TR-27/case_records.html", "reports/west_africa/SEN/trends.html"
OUTSIDE = ("figures/", "reports/", "data/register/")
# What is said of a release as a whole: it changes with whatever is left out, and tests look at it by itself.
CRATE = "reports/ro-crate-metadata.json"


def key(folder) -> dict[str, str]:
    path = folder / "key.txt"
    path.write_text("0123456789abcdef\n", encoding="ascii")
    return {"ANALYSIS_KEY": str(path)}


def search_for(project, *strings: str) -> None:
    text = SECRETS.replace("({strings})", f"({list(strings)!r})")
    (project / "src/analysis/release/direct_identifiers.py").write_text(text, encoding="utf-8")


def append(path, text: str) -> None:
    path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A project with confidential lists, of which one page was run and nothing was released yet; and its key."""
    folder = tmp_path_factory.mktemp("released")
    project = small_project(folder, case_records=OF_PERSONS, trends=OF_EVIDENCE)
    add_case_lists(project)
    search_for(project, "nobody is called this")
    for run in RUNS:
        ended = run_analysis(*run, project=project, **key(folder), **PLAIN)
        assert ended.returncode == 0, ended.stdout + ended.stderr
    return project, {**key(folder), **PLAIN}


@pytest.fixture
def project(made, tmp_path):
    """A copy of it, to be changed by a test."""
    return shutil.copytree(made[0], tmp_path / "project")


@pytest.fixture
def analysis(made, project):
    """`python -m analysis` of that copy."""

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return run_analysis(*arguments, project=project, **made[1])

    return run


def outside(project) -> dict[str, bytes]:
    """What stands outside of the house, or says what does."""
    found = {path: content for path, content in products(project).items() if path.startswith(OUTSIDE)}
    return {path: content for path, content in found.items() if path != CRATE}


def earlier(project) -> dict[str, str]:
    """The released pages that say that they are older than those beside them, with what they say."""
    found = {path: page_links.earlier(content) for path, content in outside(project).items() if path.endswith(".html")}
    return {path: said for path, said in found.items() if said}


def unmarked(project) -> dict[str, bytes]:
    """What stands outside, without what pages say of others, and the index, which follows."""
    return unmarked_of(outside(project))


def unmarked_of(found: dict[str, bytes]) -> dict[str, bytes]:
    return {path: page_links.bare(content) for path, content in found.items() if path != "reports/index.html"}


def entered(project) -> list:
    return sorted((project / "data/register/turkiye").glob("*.parquet"))


def test_confidential_persons_leave_by_release_alone_and_what_stays_in_the_house_does_not(project, analysis):
    assert outside(project) == {} and (project / STAGED / PAGE).exists()
    ended = analysis("release")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "audited: case records of turkiye: " in ended.stdout and "no breach" in ended.stdout
    assert set(outside(project)) == {
        "reports/index.html",
        PAGE,
        EVIDENCE,
        entered(project)[0].relative_to(project).as_posix(),
        "data/register/turkiye/case_records_chain.txt",
    }
    text = (project / PAGE).read_text(encoding="utf-8")
    assert "tables that may leave: " in text and "persons by name" not in text
    in_house = project / "data/processed/runs/turkiye/TR-27/case_records.ipynb"
    assert "persons by name, internal: 100" in in_house.read_text(encoding="utf-8")
    index = (project / "reports/index.html").read_text(encoding="utf-8")
    assert 'href="turkiye/TR-27/case_records.html"' in index and 'href="west_africa/SEN/trends.html"' in index


def test_a_release_says_which_file_each_run_made_and_of_confidential_data_no_name(project, analysis):
    analysis("release")
    text = (project / CRATE).read_text(encoding="utf-8")
    graph = {each["@id"]: each for each in json.loads(text)["@graph"]}
    page = graph[EVIDENCE.removeprefix("reports/")]
    assert page["sha256"] == hashlib.sha256((project / EVIDENCE).read_bytes()).hexdigest()
    results = [each["result"] for each in graph.values() if each["@type"] == "CreateAction"]
    assert {"@id": page["@id"]} in [one for each in results for one in (each if isinstance(each, list) else [each])]
    assert not [words for words in ("police.csv", "Children known to", "#data/police") if words in text]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps rights in another way")
def test_what_is_staged_of_confidential_persons_is_for_their_owner_alone_until_it_is_released(project, analysis):
    runs = project / "data/processed/runs/turkiye/TR-27"
    private = [*runs.iterdir(), project / STAGED / PAGE]
    assert {path.stat().st_mode & 0o777 for path in private} == {0o600} and len(private) == 2
    assert (project / STAGED / EVIDENCE).stat().st_mode & 0o044
    ended = analysis("release")
    # Entries of persons who exist belong in version control.
    assert ended.returncode == 0 and "Commit data/register/" in ended.stdout
    assert (project / PAGE).stat().st_mode & 0o044


def test_a_check_says_what_a_release_would_do_and_writes_nothing(project, analysis):
    before = products(project)
    ended = analysis("release", "--check")
    assert ended.returncode == 0 and "3 files would be released, 0 unchanged" in ended.stdout
    assert "would be entered in the register: data/register/turkiye/case_records_001_" in ended.stdout
    assert "Commit data/register/" not in ended.stdout
    assert products(project) == before


@pytest.mark.soak
def test_a_release_that_says_the_same_changes_no_byte_and_touches_no_file(project, analysis):
    analysis("release")
    first = products(project)
    touched = {path: (project / path).stat().st_mtime_ns for path in outside(project)}
    ended = analysis("release")
    assert ended.returncode == 0 and "0 files released, 3 unchanged, 0 taken away" in ended.stdout
    assert products(project) == first
    assert {path: (project / path).stat().st_mtime_ns for path in touched} == touched
    # What was entered makes nothing stale, and the same tables are made again.
    status = analysis("status", "--area", "TR-27", "--each", "--analysis", "case_records")
    assert "fresh turkiye/TR-27/case_records\n" in status.stdout and "fresh turkiye/case records\n" in status.stdout
    assert analysis("intake", "--study", "turkiye", "--again").returncode == 0
    assert products(project) == first


def test_the_register_keeps_what_was_published_and_nothing_besides(project, analysis):
    analysis("release")
    (path,) = entered(project)
    today = datetime.date.today().isoformat()
    assert path.name.startswith(f"case_records_001_{today}_") and "SYNTHETIC" not in path.name
    kept = pd.read_parquet(path)
    protected = pd.read_parquet(project / "data/processed/turkiye/protected.parquet")
    assert set(kept) == {*protected, "k", "released"}
    assert set(kept["k"]) == {disclosure.K} and set(kept["released"]) == {today}
    pd.testing.assert_frame_equal(kept[list(protected)], protected)
    assert protected["count"].isna().any() and protected["count"].notna().any()


def test_a_breach_keeps_back_all_that_shows_these_persons_and_nothing_else(project, analysis):
    append(project / "src/analysis/cases/processed.py", UNPROTECTED)
    assert analysis(*RUNS[0]).returncode == 0
    ended = analysis("release")
    assert ended.returncode == 1
    assert "Nothing of the case records of turkiye is released: " in ended.stdout and "published" in ended.stdout
    assert "What would help: " in ended.stdout
    assert set(outside(project)) == {"reports/index.html", EVIDENCE}
    index = (project / "reports/index.html").read_text(encoding="utf-8")
    assert "turkiye/TR-27/case_records.html" not in index
    breaches = project / "data/processed/turkiye/case_records_breaches.csv"
    assert {"table", "cell", "kind", "why"} <= set(pd.read_csv(breaches)) and len(pd.read_csv(breaches))
    if sys.platform != "win32":
        assert breaches.stat().st_mode & 0o777 == 0o600


@pytest.mark.soak
def test_of_what_is_kept_back_the_earlier_release_stands_until_it_passes_again(project, analysis):
    analysis("release")
    before = outside(project)
    path = project / "src/analysis/cases/processed.py"
    whole = path.read_text(encoding="utf-8")
    append(path, UNPROTECTED)
    analysis(*RUNS[0])
    assert analysis("release").returncode == 1
    assert earlier(project) == {PAGE: OLDER["held_back"]} and unmarked(project) == unmarked_of(before)
    path.write_text(whole, encoding="utf-8")
    assert analysis(*RUNS[0]).returncode == 0 and analysis("release").returncode == 0
    assert outside(project) == before
    assert not (project / "data/processed/turkiye/case_records_breaches.csv").exists()


def test_a_staged_file_that_identifies_a_person_stops_the_release_of_everything(project, analysis):
    secret = "Kanaryaoglu Demirtas"
    notebook = project / "notebooks/trends.ipynb"
    template = json.loads(notebook.read_text(encoding="utf-8"))
    template["cells"][-1]["source"] = OF_EVIDENCE.replace("evidence of", f"evidence of {secret},")
    notebook.write_text(json.dumps(template), encoding="utf-8")
    search_for(project, secret)
    assert analysis(*RUNS[1]).returncode == 0
    before = products(project)
    ended = analysis("release")
    after = products(project)
    # It was searched with the rest, and waits with it.
    del after[f"{STAGED}/{CRATE}"]
    assert ended.returncode == 1 and outside(project) == {} and after == before
    assert "Nothing is released: " in ended.stdout and f"{STAGED}/{EVIDENCE}" in ended.stdout
    assert secret not in ended.stdout + ended.stderr


def test_what_was_clean_is_searched_again_for_whom_was_not_searched_for_before(project, analysis):
    assert analysis("release").returncode == 0
    noted = project / "data/processed/searched.json"
    before = json.loads(noted.read_text(encoding="utf-8"))
    assert len(before["clean"]) >= 3
    if sys.platform != "win32":
        assert noted.stat().st_mode & 0o777 == 0o600
    search_for(project, "evidence of")
    ended = analysis("release")
    assert ended.returncode == 1 and f"{STAGED}/{EVIDENCE}" in ended.stdout
    assert json.loads(noted.read_text(encoding="utf-8")) == before


def test_a_page_that_changed_since_it_was_clean_is_searched_again(project, analysis):
    secret = "Kanaryaoglu Demirtas"
    search_for(project, secret)
    assert analysis("release").returncode == 0
    notebook = project / "notebooks/trends.ipynb"
    template = json.loads(notebook.read_text(encoding="utf-8"))
    template["cells"][-1]["source"] = OF_EVIDENCE.replace("evidence of", f"evidence of {secret},")
    notebook.write_text(json.dumps(template), encoding="utf-8")
    assert analysis(*RUNS[1]).returncode == 0
    ended = analysis("release")
    assert ended.returncode == 1 and f"{STAGED}/{EVIDENCE}" in ended.stdout
    assert secret not in ended.stdout + ended.stderr


def more_persons(project, number: int) -> None:
    """Add persons to the list of the police, as a later export of it would hold them."""
    path = project / "data/raw/turkiye/police.csv"
    letters = [f"{one}{other}" for one in "abcdefgh" for other in "klmnoprs"]
    rows = [
        f"{5000 + each};Yeni{letters[each]}nur;Gelen{letters[-1 - each]}ler;0533{2000000 + each};"
        f"0{each % 9 + 1}.03.2009;K;Gaziantep;15.06.2021;x;y"
        for each in range(number)
    ]
    append(path, "\n".join(rows) + "\n")
    catalogue = project / "data/raw/turkiye/catalog.yml"
    listed = yaml.safe_load(catalogue.read_text(encoding="utf-8"))
    listed["turkiye_police"]["sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()
    catalogue.write_text(yaml.safe_dump(listed), encoding="utf-8")


def read(path) -> dict[str, pd.DataFrame]:
    return disclosure.unstacked(pd.read_parquet(path).drop(columns=["k", "released"], errors="ignore"))


def new_numbers(tables: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """The numbers that are not repeated from an earlier release, and are in print."""
    repeated = {name: table.get("as_of", pd.Series(pd.NA, table.index)).notna() for name, table in tables.items()}
    found = {name: table[~repeated[name] & table["count"].notna()] for name, table in tables.items()}
    return {name: table for name, table in found.items() if len(table)}


def test_a_release_between_which_few_persons_came_or_went_is_the_one_before(project, analysis):
    analysis("release")
    before = outside(project)
    more_persons(project, 3)
    fewer_persons(project, 1)
    assert analysis(*RUNS[0]).returncode == 0
    # In a fresh clone there is no note of what was released: the register says that the records are others.
    (project / "data/processed/released.json").unlink()
    ended = analysis("release")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "stands as it was released, since fewer than 11 persons came or went: turkiye" in ended.stdout
    # Not a byte of a page, a figure or the register says that anybody came or went.
    assert outside(project) == before and len(entered(project)) == 1


def test_two_releases_between_which_persons_came_do_not_tell_them_apart(project, analysis):
    analysis("release")
    more_persons(project, 40)
    assert analysis(*RUNS[0]).returncode == 0
    ended = analysis("release")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "with 1 earlier release; no breach" in ended.stdout
    first, second = entered(project)
    assert second.name.startswith("case_records_002_")
    assert disclosure.audit(read(second), earlier=[read(first)]).empty
    # All open numbers are new together, and no cell is certain to have changed by a few.
    numbers = new_numbers(read(second))
    assert numbers
    for name, table in numbers.items():
        assert (table["adjusted_by"] >= 12).all()
        dimensions = [each for each in table if each not in ("count", "adjusted_by", "as_of")]
        if dimensions:
            both = table.merge(read(first)[name], on=dimensions, suffixes=("", "_before"))
            change = (both["count"] - both["count_before"]).abs()
            least, most = change - both["adjusted_by"], change + both["adjusted_by"]
            assert not ((least > 0) & (most < disclosure.K)).any()


def fewer_persons(project, number: int) -> None:
    """Take the first persons off the list of the police, as when they withdraw their consent."""
    path = project / "data/raw/turkiye/police.csv"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join([lines[0], *lines[1 + number :]]), encoding="utf-8")
    catalogue = project / "data/raw/turkiye/catalog.yml"
    listed = yaml.safe_load(catalogue.read_text(encoding="utf-8"))
    listed["turkiye_police"]["sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()
    catalogue.write_text(yaml.safe_dump(listed), encoding="utf-8")


@pytest.mark.soak
def test_persons_who_are_taken_out_between_two_releases_are_not_disclosed(project, analysis):
    analysis("release")
    fewer_persons(project, 40)
    assert analysis(*RUNS[0]).returncode == 0
    ended = analysis("release")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    first, second = map(read, entered(project))
    assert disclosure.audit(second, earlier=[first]).empty
    printed = new_numbers(second)
    assert printed and all((table["adjusted_by"] >= 12).all() for table in printed.values())


@pytest.mark.soak
def test_a_release_that_forgets_the_one_before_is_refused(project, analysis):
    append(project / "src/analysis/cases/processed.py", FORGETFUL)
    analysis(*RUNS[0])
    assert analysis("release").returncode == 0
    before = outside(project)
    more_persons(project, 3)
    assert analysis(*RUNS[0]).returncode == 0
    ended = analysis("release")
    assert ended.returncode == 1 and "(0 " not in ended.stdout
    assert "with 1 earlier release" in ended.stdout
    assert earlier(project) == {PAGE: OLDER["held_back"]} and unmarked(project) == unmarked_of(before)


def test_a_damaged_entry_of_the_register_keeps_back_what_it_is_about(project, analysis):
    analysis("release")
    (path,) = entered(project)
    changed = pd.read_parquet(path)
    changed["count"] = changed["count"].fillna(50)
    changed.to_parquet(path)
    more_persons(project, 1)
    ran = analysis(*RUNS[0])
    assert ran.returncode == 1 and "is not as it was entered: bring the file of that release back" in ran.stderr


@pytest.mark.soak
def test_without_the_newest_entry_of_the_register_nothing_of_these_persons_is_released(project, analysis):
    analysis("release")
    (path,) = entered(project)
    kept = path.read_bytes()
    path.unlink()
    ended = analysis("release")
    assert ended.returncode == 1 and "Nothing of the case records of turkiye is released: " in ended.stdout
    breaches = pd.read_csv(project / "data/processed/turkiye/case_records_breaches.csv")
    assert breaches["why"].str.contains(f"{path.name} is missing or was renamed", regex=False).all()
    assert entered(project) == []
    path.write_bytes(kept)
    assert analysis("release").returncode == 0


@pytest.mark.soak
def test_what_is_not_up_to_date_is_left_out_and_what_was_released_of_it_stands(project, analysis):
    analysis("release")
    before = outside(project)
    page = project / STAGED / EVIDENCE
    page.write_text("edited by hand", encoding="utf-8")
    ended = analysis("release")
    assert ended.returncode == 0 and "left out, not up to date" in ended.stdout
    assert "west_africa/SEN/trends" in ended.stdout and unmarked(project) == unmarked_of(before)
    assert earlier(project) == {EVIDENCE: OLDER["not_run"]}


def test_what_failed_stands_as_it_was_released_with_a_mark_until_it_is_made_again(project, analysis):
    analysis("release")
    before, notebook = outside(project), project / "notebooks/trends.ipynb"
    whole = notebook.read_text(encoding="utf-8")
    notebook.write_text(whole.replace("display(HTML", "raise ValueError; display(HTML"), encoding="utf-8")
    assert analysis(*RUNS[1]).returncode == 1
    # A run leaves what is released as it is; the next release puts newer pages beside it.
    assert outside(project) == before
    assert analysis("release").returncode == 1
    assert earlier(project) == {EVIDENCE: OLDER["failed"]} and unmarked(project) == unmarked_of(before)
    index = (project / "reports/index.html").read_text(encoding="utf-8")
    assert index.count("(older)") == 1 and OLDER["failed"] in index
    notebook.write_text(whole, encoding="utf-8")
    assert analysis(*RUNS[1]).returncode == 0 and analysis("release").returncode == 0
    assert earlier(project) == {} and outside(project) == before


@pytest.mark.soak
def test_a_page_of_older_counts_says_so_once_newer_ones_stand_beside_it_and_never_that_a_few_came(project, analysis):
    other = "reports/turkiye/TR-79/case_records.html"
    analysis("run", "--area", "TR-79", "--analysis", "case_records")
    analysis("release")
    more_persons(project, 3)
    # One page is made of the new records, and the other is not.
    assert analysis(*RUNS[0]).returncode == 0
    analysis("release")
    assert earlier(project) == {}
    staged = (project / STAGED / other).read_bytes()
    assert page_links.earlier(staged) == OLDER["not_run"]
    more_persons(project, 43)
    assert analysis(*RUNS[0]).returncode == 0
    assert analysis("release").returncode == 0
    assert earlier(project) == {other: OLDER["records"]}
    # So it is as long as those are the newest, whoever comes next.
    more_persons(project, 46)
    for run in (RUNS[0], ("run", "--area", "TR-79", "--analysis", "case_records")):
        analysis(*run)
    analysis("release")
    assert earlier(project) == {other: OLDER["records"]}


def test_what_is_staged_no_more_is_taken_away_and_what_others_put_there_stays(project, analysis):
    others = {"figures/readme/map.png", "figures/.gitkeep", "reports/notes.docx", "reports/turkiye/minutes.odt"}
    old = {"figures/turkiye/TR-27/case_records_old.png", "reports/cabo_verde/CPV-XX/trends.html"}
    for name in (*others, *old):
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text("content", encoding="utf-8")
    ended = analysis("release")
    assert ended.returncode == 0 and "2 taken away" in ended.stdout
    found = set(outside(project))
    assert others < found and not old & found
    assert not (project / "figures/turkiye").exists() and not (project / "reports/cabo_verde").exists()


def test_persons_who_are_gone_from_the_catalogue_are_gone_from_what_was_released_at_once(project, analysis):
    analysis("release")
    (project / "data/raw/turkiye/catalog.yml").write_text("{}\n", encoding="utf-8")
    # Whatever is asked for next, it goes first.
    analysis("intake", "--study", "west_africa")
    assert PAGE not in outside(project) and not (project / STAGED / PAGE).exists()
    assert EVIDENCE in outside(project)
    index = (project / "reports/index.html").read_text(encoding="utf-8")
    assert "turkiye/TR-27/case_records.html" not in index and 'href="west_africa/SEN/trends.html"' in index


@pytest.mark.soak
def test_a_release_killed_at_any_time_is_completed_by_the_next(project, analysis, made):
    undisturbed = shutil.copytree(project, project.with_name("undisturbed"))
    assert run_analysis("release", project=undisturbed, **made[1]).returncode == 0
    moments = random.Random(11)
    for _ in range(4):
        command = [sys.executable, "-m", "analysis", "release"]
        under_way = subprocess.Popen(command, cwd=project, env=environment_of(project) | made[1])
        time.sleep(moments.uniform(1.0, 6.0))
        os.kill(under_way.pid, signal.SIGKILL)
        under_way.wait()
        # Nothing stands outside that the register does not know of.
        assert PAGE not in outside(project) or entered(project)
    assert analysis("release").returncode == 0
    assert products(project) == products(undisturbed)


def test_nothing_that_was_never_run_is_released(made, tmp_path):
    project = shutil.copytree(made[0], tmp_path / "project")
    shutil.rmtree(project / "data/processed")
    ended = run_analysis("release", project=project, **made[1])
    assert ended.returncode == 2 and outside(project) == {}
    (line,) = ended.stderr.splitlines()
    assert line == (
        "analysis: Nothing that is up to date is staged: `python -m analysis run` makes what can be released."
    )


# The register by itself


@pytest.fixture
def kept(monkeypatch, tmp_path):
    """The register in a folder of its own, and of what kind the case records of Türkiye are."""
    monkeypatch.setattr(release_register, "REGISTER", tmp_path)

    def enter(kind: str, count: int, day: str) -> str:
        monkeypatch.setattr(CaseTables, "kind", kind)
        tables = {"by_sex": pd.DataFrame({"sex": ["female", "male"], "count": pd.array([count, None], "Int64")})}
        found = release_register.entry(CaseTables("turkiye"), tables, datetime.date.fromisoformat(day), 11)
        if found is None:
            return ""
        found.path.parent.mkdir(parents=True, exist_ok=True)
        release_register.enter(found, Path.write_bytes)
        return found.path.name

    return enter


def test_releases_are_numbered_and_one_that_says_the_same_is_not_entered_again(kept):
    assert kept("confidential", 20, "2026-01-31").startswith("case_records_001_2026-01-31_")
    assert kept("confidential", 31, "2026-02-28").startswith("case_records_002_2026-02-28_")
    assert kept("confidential", 20, "2026-03-31") == "" == kept("confidential", 31, "2026-03-31")
    found = release_register.earlier("turkiye", "case_records")
    assert [int(release["by_sex"]["count"].sum()) for release in found] == [20, 31]
    assert found[0]["by_sex"]["count"].isna().tolist() == [False, True]
    held = release_register.entries(CaseTables("turkiye"))
    assert len(release_register.earlier("turkiye", "case_records", without=held[1].digest)) == 1


def test_a_release_that_is_missing_among_others_is_noticed(kept):
    names = [kept("confidential", 20 + 15 * month, f"2026-0{month}-28") for month in (1, 2, 3)]
    (release_register.REGISTER / "turkiye" / names[1]).unlink()
    with pytest.raises(release_register.RegisterError, match="has no release 2 of the case records, but a later one"):
        release_register.earlier("turkiye", "case_records")


def test_releases_of_synthetic_persons_say_so_and_do_not_count_for_real_ones(kept):
    assert kept("synthetic", 20, "2026-01-31").endswith("_SYNTHETIC.parquet")
    assert release_register.earlier("turkiye", "case_records") != []
    assert kept("confidential", 20, "2026-02-28").startswith("case_records_001_")
    assert (
        len(release_register.earlier("turkiye", "case_records")) == 1
        and release_register.earlier("turkiye", "survey") == []
    )


def test_the_order_of_tables_rows_and_columns_makes_no_other_release():
    table = pd.DataFrame(
        {"table": ["a", "a", "b"], "sex": ["f", "m", None], "count": pd.array([11, None, 30], "Int64")}
    )
    assert release_register.digest(table) == release_register.digest(table.iloc[[2, 0, 1], [2, 1, 0]])
    assert release_register.digest(table) != release_register.digest(table.assign(count=pd.array([11, 0, 30], "Int64")))


def test_twenty_breaches_are_printed_and_the_number_of_the_others():
    rows = [
        {"table": "by_sex", "cell": f"cell {n}", "kind": "exact", "low": 3, "high": 3, "why": "3"} for n in range(30)
    ]
    audit = Audit(pd.DataFrame(rows), 40, 10, 0)
    text = str(Outcome(audits={CaseTables("turkiye"): audit}))
    assert text.count("by_sex") == outcome.MOST and "and 10 more" in text and "30 breaches" in text


def test_a_job_is_left_out_in_one_line_with_its_reason():
    stale = [Job("trends", "west_africa", area) for area in ("SEN", "GMB", "MLI", "BEN")]
    text = str(Outcome(left_out={"left out, failed": stale}))
    (line,) = [line for line in text.splitlines() if line.startswith("left out")]
    assert line.endswith(
        "4 notebooks (west_africa/SEN/trends, west_africa/GMB/trends, west_africa/MLI/trends and 1 more)"
    )
    assert jobs.released(jobs.INDEX).name in text
