"""Pages that show case records beside public evidence: how they are named, marked, kept fresh, and withdrawn."""

from __future__ import annotations

import contextlib
import json
import re
from argparse import Namespace
from pathlib import Path

import nbformat
import pytest
from conftest import products, run_analysis, small_project

from analysis import catalog, cli, jobs
from analysis.batch import made_from, tables
from analysis.batch import products as batch_products
from analysis.batch import run as batch_run
from analysis.batch.made_from import reads_case_records
from analysis.batch.result import Result
from analysis.batch.tables import TablesState, withdraw
from analysis.jobs import (
    ANALYSES,
    BESIDE_PUBLIC_EVIDENCE,
    WITH_CASE_RECORDS,
    CaseTables,
    Job,
    analyses_of,
    plan,
    shows_case_records,
)
from analysis.report.pages import render_page

KINDS = ("synthetic", "public", "confidential", "")
every_kind = pytest.mark.parametrize("of", KINDS)
# The pages that show case records beside public evidence, each of which a rule holds for by itself.
beside = pytest.mark.parametrize("analysis", BESIDE_PUBLIC_EVIDENCE)


@pytest.fixture
def kind(monkeypatch):
    """Say of what kind the case records of Türkiye are; the other studies have none."""

    def say(kind: str) -> None:
        monkeypatch.setattr(catalog, "case_kind", lambda study: kind if study == "turkiye" else "")

    return say


# What products are called


@pytest.mark.parametrize(
    ("analysis", "stem", "synthetic"),
    [
        ("incidence", "incidence_SYNTHETIC", "partly SYNTHETIC"),
        ("trends", "trends_SYNTHETIC", "partly SYNTHETIC"),
        ("routes", "routes_SYNTHETIC", "partly SYNTHETIC"),
        ("case_records", "case_records_SYNTHETIC", "SYNTHETIC"),
    ],
)
def test_what_shows_synthetic_records_says_so_in_its_name_and_nothing_else_does(kind, analysis, stem, synthetic):
    kind("synthetic")
    job = Job(analysis, "turkiye", "TR-27")
    assert (job.stem, job.synthetic) == (stem, synthetic)
    assert job.executed.name == f"{stem}.ipynb" and job.failed.name == f"{stem}.failed.ipynb"
    assert job.page.name == f"{stem}.html" and job.name == f"turkiye/TR-27/{stem}"
    # The template and the folder of figures are the same whatever the records are; a figure says it in its own name.
    assert job.template.name == f"{analysis}.ipynb" and job.figures.name == "TR-27"


@pytest.mark.parametrize("of", ["public", "confidential", ""])
@pytest.mark.parametrize("analysis", ANALYSES)
def test_without_synthetic_records_no_name_says_so(kind, of, analysis):
    kind(of)
    job = Job(analysis, "turkiye", "TR-27")
    assert job.stem == analysis and job.synthetic == ""
    assert "SYNTHETIC" not in "".join(map(str, (job.executed, job.failed, job.page, job.name)))


@beside
def test_a_study_without_lists_beside_one_with_synthetic_ones_is_not_marked(kind, analysis):
    kind("synthetic")
    assert Job(analysis, "west_africa", "SEN").stem == analysis
    assert Job(analysis, "turkiye", "turkiye").synthetic == "partly SYNTHETIC"


@pytest.mark.parametrize(("of", "shown"), [("synthetic", True), ("public", True), ("confidential", False), ("", False)])
def test_only_records_that_are_public_or_invented_may_be_shown(kind, of, shown):
    kind(of)
    assert shows_case_records("turkiye") is shown and not shows_case_records("west_africa")
    # The page of case records alone is there only if they may be shown; those with other evidence are in any case.
    assert ("case_records" in analyses_of("turkiye")) is shown
    assert analyses_of("turkiye")[:3] == ("incidence", "trends", "routes") == analyses_of("west_africa")


def test_the_repositorys_own_plan_marks_the_pages_of_two_studies():
    marked = {job.study: set() for job in plan()}
    for job in plan():
        marked[job.study] |= {(job.analysis, job.synthetic)} if job.synthetic else set()
    partly = {("incidence", "partly SYNTHETIC"), ("trends", "partly SYNTHETIC"), ("routes", "partly SYNTHETIC")}
    four = partly | {("case_records", "SYNTHETIC")}
    assert marked == {"turkiye": four, "cabo_verde": four, "west_africa": set()}


# What a page looks like


def page(analysis: str, study: str = "turkiye", area_id: str = "TR-27") -> str:
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# A question")])
    return render_page(Job(analysis, study, area_id), notebook)


def links(html: str) -> dict[str, str]:
    """Words of the links to the other pages of the area -> where they lead."""
    return {words: address for address, words in re.findall(r'<a href="([^"]*)">([^<]*)</a>', html)}


BANNER = r'<p class="banner" role="note"><strong>(.*?)</strong>(.*?)</p>'


@beside
def test_a_partly_synthetic_page_says_in_title_and_banner_that_a_part_is_and_has_no_mark_over_all_of_it(kind, analysis):
    kind("synthetic")
    html = page(analysis)
    assert f"<title>Gaziantep: {analysis} (partly SYNTHETIC)</title>" in html
    ((head, said),) = re.findall(BANNER, html)
    assert head == "Partly SYNTHETIC:" and "all else is public evidence" in said
    assert re.findall(r"<body[^>]*>", html) == ["<body>"]
    assert f'<strong aria-current="page">{analysis.capitalize()} (partly SYNTHETIC)</strong>' in html


def test_a_page_of_synthetic_records_alone_has_the_mark_over_all_of_it(kind):
    kind("synthetic")
    html = page("case_records")
    assert "<title>Gaziantep: case records (SYNTHETIC)</title>" in html
    ((head, said),) = re.findall(BANNER, html)
    assert head == "SYNTHETIC:" and "about no real person" in said
    assert re.findall(r"<body[^>]*>", html) == ['<body class="synthetic">']
    assert '<strong aria-current="page">Case records (SYNTHETIC)</strong>' in html


@pytest.mark.parametrize("analysis", ANALYSES)
def test_the_way_to_a_synthetic_page_says_how_much_of_it_is(kind, analysis):
    kind("synthetic")
    found = links(page(analysis))
    expected = {
        "Incidence (partly SYNTHETIC)": "incidence_SYNTHETIC.html",
        "Trends (partly SYNTHETIC)": "trends_SYNTHETIC.html",
        "Routes (partly SYNTHETIC)": "routes_SYNTHETIC.html",
        "Case records (SYNTHETIC)": "case_records_SYNTHETIC.html",
    }
    here = [words for words in expected if words.lower().startswith(analysis.replace("_", " "))]
    assert found == {"All studies": "../../index.html"} | {
        words: address for words, address in expected.items() if words not in here
    }


@pytest.mark.parametrize(
    ("of", "study", "area_id"),
    [("public", "turkiye", "TR-27"), ("confidential", "turkiye", "TR-27"), ("synthetic", "west_africa", "SEN")],
)
def test_no_other_page_has_a_banner_a_mark_or_the_word(kind, of, study, area_id):
    kind(of)
    for analysis in analyses_of(study):
        html = page(analysis, study, area_id)
        body = html[html.index("</style>") :]
        assert "SYNTHETIC" not in body and "banner" not in body and "<body>" in body
        assert "SYNTHETIC" not in html[: html.index("<style>")]
    assert ("Case records" in links(page("routes", study, area_id))) == (of == "public")


# What reads case records


def test_every_notebook_is_an_analysis_that_can_be_planned():
    assert {path.stem for path in (catalog.ROOT / "notebooks").glob("*.ipynb")} == set(ANALYSES)
    assert set(BESIDE_PUBLIC_EVIDENCE) < set(WITH_CASE_RECORDS) <= set(ANALYSES)


@pytest.mark.parametrize("template", sorted(path.stem for path in (catalog.ROOT / "notebooks").glob("*.ipynb")))
def test_a_notebook_reaches_the_tables_of_case_records_if_and_only_if_its_name_will_say_so(kind, template):
    kind("synthetic")
    assert reads_case_records(Job(template, "turkiye", "TR-27")) == (template in WITH_CASE_RECORDS)
    kind("public")
    assert reads_case_records(Job(template, "turkiye", "turkiye")) == (template in WITH_CASE_RECORDS)


@pytest.mark.parametrize("analysis", ANALYSES)
def test_nothing_reads_records_that_are_confidential_or_not_there(kind, analysis):
    kind("confidential")
    assert not reads_case_records(Job(analysis, "turkiye", "TR-27"))
    assert not reads_case_records(Job(analysis, "west_africa", "SEN"))
    kind("")
    assert not reads_case_records(Job(analysis, "turkiye", "TR-27"))


def test_the_tables_are_an_input_of_what_reads_them_and_of_nothing_else(kind, monkeypatch):
    monkeypatch.setattr(CaseTables, "said", lambda tables: {"made_from": {}, "products": {"a": "b"}})
    inputs = {
        job.analysis: set(made_from.made_from(job)["inputs"])
        for job in plan(area_ids=["TR-27"])
        if job.template.exists()
    }
    assert {analysis for analysis, names in inputs.items() if "case_records_turkiye" in names} == set(WITH_CASE_RECORDS)
    assert not [name for names in inputs.values() for name in names if name.startswith("case_records_cabo")]
    kind("confidential")
    for analysis in ANALYSES:
        inputs = made_from.made_from(Job(analysis, "turkiye", "TR-27"))["inputs"]
        assert not [name for name in inputs if name.startswith("case_records_")]


@beside
def test_a_page_is_to_be_made_again_when_one_that_it_leads_to_is_no_more(kind, analysis):
    kind("confidential")
    job = Job(analysis, "turkiye", "TR-27")
    before = made_from.made_from(job)
    assert made_from.changes(before, made_from.made_from(job)) == []
    kind("public")
    assert made_from.changes(made_from.made_from(job), before)[0] == "navigation case_records.html is gone"


# What is taken away when records are no longer of their kind


AREA = "turkiye/TR-27"
RUNS, FIGURES, REPORTS = f"data/processed/runs/{AREA}", f"figures/{AREA}", f"reports/{AREA}"
# An analysis that shows no case records; of those there are so far, each shows some.
WITHOUT = "referral"
# Figures, and pages that another shows in a frame.
OF_PUBLIC_SOURCES = {
    analysis: {f"{FIGURES}/{analysis}_of_public_sources.png", f"{REPORTS}/{analysis}_map_of_public_sources.html"}
    for analysis in (*BESIDE_PUBLIC_EVIDENCE, WITHOUT)
}
PUBLIC_EVIDENCE = {
    *set().union(*OF_PUBLIC_SOURCES.values()),
    f"{REPORTS}/{WITHOUT}.html",
    f"{RUNS}/{WITHOUT}.ipynb",
    f"{RUNS}/{WITHOUT}.failed.ipynb",
}
OF_SYNTHETIC = {
    *(f"{RUNS}/{analysis}_SYNTHETIC{end}.ipynb" for analysis in WITH_CASE_RECORDS for end in ("", ".failed")),
    *(f"{REPORTS}/{analysis}{name}_SYNTHETIC.html" for analysis in WITH_CASE_RECORDS for name in ("", "_map")),
    *(f"{FIGURES}/{analysis}_of_records_SYNTHETIC.png" for analysis in WITH_CASE_RECORDS),
}
# What a notebook leads to that can show both; with public records among its inputs, a figure shows them.
PAGES = {path for a in BESIDE_PUBLIC_EVIDENCE for path in (f"{RUNS}/{a}.ipynb", f"{REPORTS}/{a}.html")}
BESIDE = {
    path
    for analysis in BESIDE_PUBLIC_EVIDENCE
    for path in (f"{FIGURES}/{analysis}_of_records.png", f"{REPORTS}/{analysis}_map_of_records.html")
}
OF_PUBLIC_ALONE = {f"{RUNS}/case_records.ipynb", f"{REPORTS}/case_records.html", f"{FIGURES}/case_records_who.png"}
LOGS = {f"{RUNS}/{analysis}.failed.ipynb" for analysis in WITH_CASE_RECORDS}
TABLES = {"data/processed/turkiye/case_records.json", "data/processed/turkiye/histories.parquet"}
OTHER_STUDY = {
    f"{folder}/west_africa/SEN/{analysis}{end}"
    for analysis in BESIDE_PUBLIC_EVIDENCE
    for folder, end in (
        ("data/processed/runs", ".ipynb"),
        ("data/processed/runs", ".failed.ipynb"),
        ("figures", "_of_public_sources.png"),
        ("reports", ".html"),
    )
}


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A folder in place of the project's."""
    for module in (tables, batch_products, jobs, catalog):
        monkeypatch.setattr(module, "ROOT", tmp_path)
    return tmp_path


def fill(project: Path, *groups: set[str], inputs: tuple[str, ...] = ()) -> set[str]:
    """Write products; each executed notebook that can show both says what it was made from and led to."""
    paths = set().union(*groups)
    for name in paths:
        path = project / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("content", encoding="utf-8")
    for analysis in BESIDE_PUBLIC_EVIDENCE:
        if f"{RUNS}/{analysis}.ipynb" not in paths:
            continue
        led_to = {name: "0" for name in paths if re.match(rf"(figures|reports)/{AREA}/{analysis}[._]", name)}
        metadata = {"made_from": {"inputs": dict.fromkeys(inputs, "0")}, "products": led_to}
        notebook = {"cells": [], "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
        (project / RUNS / f"{analysis}.ipynb").write_text(
            json.dumps(notebook, indent=1, sort_keys=True) + "\n", encoding="utf-8"
        )
    return paths


def left(project: Path) -> set[str]:
    return {path.relative_to(project).as_posix() for path in project.rglob("*") if path.is_file()}


WITH_RECORDS = ("official_counts", "case_records_turkiye")


def test_products_of_synthetic_records_stand_as_long_as_those_do(project, kind):
    kind("synthetic")
    written = fill(project, PUBLIC_EVIDENCE, OF_SYNTHETIC, OTHER_STUDY)
    withdraw()
    assert left(project) == written


@pytest.mark.parametrize("now", ["public", "confidential", ""])
def test_nothing_of_synthetic_records_stands_where_they_are_no_more(project, kind, now):
    kind(now)
    fill(project, PUBLIC_EVIDENCE, OF_SYNTHETIC, OTHER_STUDY)
    withdraw()
    assert left(project) == PUBLIC_EVIDENCE | OTHER_STUDY


def test_products_of_public_records_stand_as_long_as_those_do(project, kind):
    kind("public")
    written = fill(project, PUBLIC_EVIDENCE, PAGES, BESIDE, OF_PUBLIC_ALONE, LOGS, TABLES, inputs=WITH_RECORDS)
    withdraw()
    assert left(project) == written


@pytest.mark.parametrize("now", ["synthetic", "confidential", ""])
def test_whatever_shows_public_records_goes_when_they_are_not_public_any_more(project, kind, now):
    kind(now)
    fill(project, PUBLIC_EVIDENCE, PAGES, BESIDE, OF_PUBLIC_ALONE, OTHER_STUDY, inputs=WITH_RECORDS)
    withdraw()
    # Figures of public evidence that stood on the same page go with it: the next run makes them again.
    beside = set().union(*(OF_PUBLIC_SOURCES[analysis] for analysis in BESIDE_PUBLIC_EVIDENCE))
    assert left(project) == (PUBLIC_EVIDENCE | OTHER_STUDY) - beside


@beside
@pytest.mark.parametrize("now", ["synthetic", "confidential", ""])
def test_of_the_pages_the_one_that_shows_public_records_goes_though_others_do_not(project, kind, now, analysis):
    others = set(BESIDE_PUBLIC_EVIDENCE) - {analysis}
    shows, does_not = (
        {path for path in PUBLIC_EVIDENCE | PAGES | BESIDE if re.search(rf"/({'|'.join(names)})[._]", path)}
        for names in ({analysis}, others)
    )
    does_not -= BESIDE
    fill(project, PUBLIC_EVIDENCE - shows, does_not, inputs=("official_counts",))
    fill(project, shows, inputs=WITH_RECORDS)
    kind(now)
    withdraw()
    # Where records are synthetic now, the other pages have other names, and their figures are those of the new pages.
    renamed = PAGES if now == "synthetic" else set()
    assert left(project) == (PUBLIC_EVIDENCE | does_not) - shows - renamed


@pytest.mark.parametrize("now", ["confidential", ""])
def test_a_page_without_records_stands_whatever_becomes_of_them(project, kind, now):
    kind(now)
    written = fill(project, PUBLIC_EVIDENCE, PAGES, OTHER_STUDY, inputs=("official_counts",))
    withdraw()
    assert left(project) == written


def test_a_page_under_the_name_without_the_mark_goes_where_the_name_is_now_another(project, kind):
    kind("synthetic")
    fill(project, PUBLIC_EVIDENCE, PAGES, OF_SYNTHETIC, LOGS, inputs=("official_counts",))
    withdraw()
    # Its figures of public evidence belong to the new page too.
    assert left(project) == PUBLIC_EVIDENCE | OF_SYNTHETIC


def test_logs_that_may_hold_records_go_when_those_become_confidential(project, kind):
    kind("confidential")
    fill(project, PUBLIC_EVIDENCE, LOGS, OTHER_STUDY)
    withdraw()
    # Those of analyses that read no records stand.
    assert left(project) == PUBLIC_EVIDENCE | OTHER_STUDY


def test_tables_go_when_there_are_no_records_any_more_and_no_other_file_beside_them(project, kind):
    own = {"data/processed/turkiye/notes.txt", "data/processed/turkiye/histories_SYNTHETIC.txt.bak"}
    fill(project, TABLES, own, {"data/processed/turkiye/weights_SYNTHETIC.parquet"})
    kind("confidential")
    withdraw()
    assert left(project) >= TABLES | own
    kind("")
    withdraw()
    assert left(project) == own


@every_kind
def test_withdrawing_twice_or_from_an_empty_project_is_no_error(project, kind, of):
    kind(of)
    withdraw()
    fill(project, OF_SYNTHETIC, PAGES, inputs=WITH_RECORDS)
    withdraw()
    once = left(project)
    withdraw()
    assert left(project) == once


@beside
def test_a_damaged_notebook_stops_nothing(project, kind, analysis):
    kind("confidential")
    fill(project, OF_SYNTHETIC, {f"{RUNS}/{analysis}.ipynb"})
    (project / RUNS / f"{analysis}.ipynb").write_text('{"metadata"', encoding="utf-8")
    withdraw()
    assert left(project) == {f"{RUNS}/{analysis}.ipynb"}


# What the command line does


@pytest.fixture
def told(monkeypatch):
    """The steps of a run in their order, none of which does anything."""
    steps: list[tuple] = []

    def make(studies):
        steps.append(("tables", *studies))
        return {}

    monkeypatch.setattr(cli, "exclusive", contextlib.nullcontext)
    monkeypatch.setattr(cli, "withdraw", lambda: steps.append(("withdraw",)))
    monkeypatch.setattr(catalog, "verify_all", lambda: steps.append(("verify",)))
    monkeypatch.setattr(cli, "tables_state", lambda study: TablesState(study, "stale"))
    monkeypatch.setattr(cli, "make", make)
    monkeypatch.setattr(cli, "states", lambda planned: steps.append(("notebooks", len(planned))) or [])
    monkeypatch.setattr(cli, "_write_index", lambda: steps.append(("index",)))
    return steps


@pytest.mark.parametrize("analysis", WITH_CASE_RECORDS)
def test_stale_tables_are_made_before_a_notebook_that_shows_them_is_looked_at(told, kind, analysis):
    kind("synthetic")
    assert cli.main(["run", "--area", "TR-27", "--analysis", analysis]) == 0
    assert told == [("withdraw",), ("verify",), ("tables", "turkiye"), ("notebooks", 1), ("index",)]


@pytest.mark.parametrize("analysis", ANALYSES)
def test_what_shows_no_case_records_waits_for_no_tables(told, kind, analysis, monkeypatch):
    kind("synthetic")
    monkeypatch.setattr(cli, "WITH_CASE_RECORDS", tuple(name for name in WITH_CASE_RECORDS if name != analysis))
    assert cli.main(["run", "--area", "TR-27", "--analysis", analysis]) == 0
    assert told == [("withdraw",), ("verify",), ("notebooks", 1), ("index",)]


@beside
def test_tables_that_are_fresh_are_left_and_those_of_a_study_without_lists_are_not_asked_for(
    told, kind, monkeypatch, analysis
):
    kind("synthetic")
    assert cli.main(["run", "--study", "west_africa", "--analysis", analysis]) == 0
    assert ("tables",) in told
    monkeypatch.setattr(cli, "tables_state", lambda study: TablesState(study, "fresh"))
    told.clear()
    assert cli.main(["run", "--analysis", analysis]) == 0
    assert ("tables",) in told and ("notebooks", 38) in told


@beside
def test_confidential_tables_are_made_though_no_notebook_shows_them(told, kind, analysis):
    kind("confidential")
    assert cli.main(["run", "--area", "TR-27", "--analysis", analysis]) == 0
    assert ("tables", "turkiye") in told


@pytest.fixture
def ran(monkeypatch):
    """Groups of jobs that were handed to workers, and jobs that were failed beforehand with their reason."""
    groups: list[tuple[str | None, list[Job]]] = []
    barred: dict[Job, str] = {}

    def run(given, workers, *_):
        groups.append((workers, list(given)))
        return [Result(job) for job in given]

    def fail(given, reason):
        barred.update(dict.fromkeys(given, reason))
        return [Result(job, reason=reason) for job in given]

    monkeypatch.setattr(batch_run, "run", run)
    monkeypatch.setattr(batch_run, "fail", fail)
    monkeypatch.setattr(batch_run, "workers", lambda scheduler, number: scheduler)
    return groups, barred


OPTIONS = {"timeout": 1, "memory": 1, "retries": 0, "jobs": 2}


def test_where_tables_cannot_be_made_the_pages_that_show_them_fail_and_the_others_run(ran):
    groups, barred = ran
    planned = plan(area_ids=["TR-27", "SEN"])
    found = cli._run_notebooks(planned, {"turkiye": "a list is not there"}, Namespace(scheduler=None, **OPTIONS))
    assert [result.job for result in found] == planned
    assert {(job.study, job.analysis) for job in barred} == {("turkiye", name) for name in WITH_CASE_RECORDS}
    assert set(barred.values()) == {"its case records could not be made: a list is not there"}
    ((_, left_to_run),) = groups
    assert {job.name for job in left_to_run} == {f"west_africa/SEN/{analysis}" for analysis in BESIDE_PUBLIC_EVIDENCE}


def test_pages_without_case_records_go_to_the_cluster_and_those_with_them_stay(ran):
    groups, _ = ran
    cli._run_notebooks(plan(area_ids=["TR-27", "SEN"]), {}, Namespace(scheduler="tcp://cluster:8786", **OPTIONS))
    (elsewhere, sent), (here, kept) = groups
    assert (elsewhere, here) == ("tcp://cluster:8786", None)
    assert {job.name for job in kept} == {f"turkiye/TR-27/{analysis}_SYNTHETIC" for analysis in WITH_CASE_RECORDS}
    assert {job.name for job in sent} == {f"west_africa/SEN/{analysis}" for analysis in BESIDE_PUBLIC_EVIDENCE}


@beside
def test_a_run_of_one_analysis_alone_makes_the_tables_and_a_page_that_says_what_it_shows(tmp_path, analysis):
    code = (
        "from analysis import areas\n"
        "from analysis.cases.processed import load\n"
        "print(len(load(areas.get(area).study).case_records))\n"
    )
    project = small_project(tmp_path, **{analysis: code})
    ended = run_analysis("run", "--area", "CPV-SAL", "--analysis", analysis, project=project)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    made = products(project)
    assert "data/processed/cabo_verde/case_records_SYNTHETIC.json" in made
    assert not [path for path in made if path.startswith("data/processed/turkiye")]
    assert {Path(path).name for path in made if path.startswith("reports/cabo_verde")} == {f"{analysis}_SYNTHETIC.html"}
    executed = json.loads(made[f"data/processed/runs/cabo_verde/CPV-SAL/{analysis}_SYNTHETIC.ipynb"])
    printed = "".join(executed["cells"][-1]["outputs"][0]["text"])
    assert int(printed) > 1000
    assert "case_records_cabo_verde" in executed["metadata"]["made_from"]["inputs"]
    html = made[f"reports/cabo_verde/CPV-SAL/{analysis}_SYNTHETIC.html"].decode("utf-8")
    assert "Partly SYNTHETIC:" in html and f"<title>Sal: {analysis} (partly SYNTHETIC)</title>" in html
    # The index leads to it, and says so.
    index = made["reports/index.html"].decode("utf-8")
    assert f'aria-label="Sal: {analysis}, partly SYNTHETIC"' in index
