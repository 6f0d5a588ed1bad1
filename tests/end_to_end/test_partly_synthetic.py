"""Pages that show persons beside public evidence, case records or a survey: named, marked, kept fresh, withdrawn."""

from __future__ import annotations

import contextlib
import json
import re
from argparse import Namespace
from pathlib import Path

import nbformat
import pytest
from projects import PLAIN, products, run_analysis, small_project

from analysis import catalog, cli, jobs
from analysis.batch import person_tables, provenance, released_manifest
from analysis.batch import products as batch_products
from analysis.batch import run as batch_run
from analysis.batch.execute import failed
from analysis.batch.person_tables import TablesState, withdraw
from analysis.batch.products import Result, as_manifest
from analysis.batch.provenance import tables_read
from analysis.jobs import (
    ANALYSES,
    BESIDE_PUBLIC_EVIDENCE,
    EACH,
    FROM_FINDINGS,
    WITH_CASE_RECORDS,
    CaseTables,
    Job,
    NotPlanned,
    SurveyTables,
    Tables,
    analyses_of,
    plan,
    shows_case_records,
)
from analysis.report.pages import render_page

RISK_FACTORS, REFERRAL_MECHANISMS = "risk_factors", "referral_mechanisms"
KINDS = ("synthetic", "public", "confidential", "")
every_kind = pytest.mark.parametrize("of", KINDS)
# The pages that show case records beside public evidence, each of which a rule holds for by itself.
beside = pytest.mark.parametrize("analysis", BESIDE_PUBLIC_EVIDENCE)
# What a country has without any persons.
OF_EVIDENCE = (*BESIDE_PUBLIC_EVIDENCE, REFERRAL_MECHANISMS)


# Notebooks that people open and no run does.
BY_HAND = {"explore", "welcome"}
TEMPLATES = {path.stem for path in (catalog.ROOT / "notebooks").glob("*.ipynb")} - BY_HAND
OF_CASES, OF_SURVEY = CaseTables("turkiye"), SurveyTables("turkiye")


@pytest.fixture
def kind(monkeypatch):
    """Say of what kind the case records and the survey of Türkiye are; the other studies have none."""

    def say(kind: str, survey: str = "") -> None:
        monkeypatch.setattr(catalog, "case_kind", lambda study: kind if study == "turkiye" else "")
        monkeypatch.setattr(catalog, "survey_kind", lambda study: survey if study == "turkiye" else "")

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


@pytest.mark.parametrize("cases", KINDS)
@pytest.mark.parametrize("survey", KINDS)
def test_what_a_notebook_that_shows_confidential_persons_makes_is_for_its_owner_alone(kind, cases, survey):
    kind(cases, survey)
    private = {name for name in ANALYSES if Job(name, "turkiye", "TR-27").private}
    of_cases, of_survey = {*WITH_CASE_RECORDS, *FROM_FINDINGS}, {RISK_FACTORS, *FROM_FINDINGS}
    assert private == (of_cases if cases == "confidential" else set()) | (
        of_survey if survey == "confidential" else set()
    )
    assert not [name for name in ANALYSES if Job(name, "west_africa", "SEN").private]


def test_a_released_file_stands_below_the_project_as_the_staged_one_below_its_folder():
    job = Job("trends", "west_africa", "SEN")
    assert jobs.released(job.page) == catalog.ROOT / "reports/west_africa/SEN/trends.html"
    assert jobs.released(job.figures) == catalog.ROOT / "figures/west_africa/SEN"
    assert jobs.released(job.framed("map")) == catalog.ROOT / "reports/west_africa/SEN/trends_map.html"


@pytest.mark.parametrize("cases", KINDS)
@pytest.mark.parametrize("survey", KINDS)
def test_of_case_records_and_a_survey_each_marks_what_shows_it_and_nothing_else(kind, cases, survey):
    kind(cases, survey)
    marked = {name for name in ANALYSES if Job(name, "turkiye", "TR-27").synthetic}
    of_cases, of_survey = {*WITH_CASE_RECORDS, *FROM_FINDINGS}, {RISK_FACTORS, *FROM_FINDINGS}
    assert marked == (of_cases if cases == "synthetic" else set()) | (of_survey if survey == "synthetic" else set())
    if survey == "synthetic":
        job = Job(RISK_FACTORS, "turkiye", "TR-27")
        # Public evidence stands beside the survey.
        assert (job.page.name, job.synthetic) == ("risk_factors_SYNTHETIC.html", "partly SYNTHETIC")


@pytest.mark.parametrize("figures", ["synthetic", "public", ""])
@pytest.mark.parametrize("cases", KINDS)
def test_invented_counts_of_a_study_mark_what_shows_them_and_the_page_says_what_is_invented(
    kind, monkeypatch, cases, figures
):
    kind(cases)
    monkeypatch.setattr(catalog, "figures_kind", lambda study: figures if study == "turkiye" else "")
    of_figures = {"incidence", "trends", *FROM_FINDINGS} if figures == "synthetic" else set()
    of_cases = {*WITH_CASE_RECORDS, *FROM_FINDINGS} if cases == "synthetic" else set()
    assert {name for name in ANALYSES if Job(name, "turkiye", "TR-27").synthetic} == of_figures | of_cases
    assert not [name for name in ANALYSES if Job(name, "west_africa", "SEN").synthetic]
    invented = [words for words, is_so in (("persons", of_cases), ("counts", of_figures)) if is_so]
    html = page("incidence")
    if invented:
        assert f"what is marked so rests on synthetic {' and '.join(invented)} and says nothing" in html
    else:
        assert not re.findall(BANNER, html)


def test_files_of_case_records_and_of_a_survey_lie_beside_each_other_and_share_no_name(kind):
    assert not set(CaseTables.files) & set(SurveyTables.files)
    kind("synthetic", "public")
    assert OF_CASES.manifest.name == "case_records_SYNTHETIC.json" and OF_SURVEY.manifest.name == "survey.json"
    kind("confidential", "synthetic")
    respondents = OF_SURVEY.file("survey_respondents.parquet")
    assert respondents == catalog.ROOT / "data/processed/turkiye/survey_respondents_SYNTHETIC.parquet"
    assert OF_CASES.file("lists.parquet").name == "lists.parquet" and OF_CASES != OF_SURVEY


@pytest.mark.parametrize("of", ["public", "confidential", ""])
@pytest.mark.parametrize("analysis", ANALYSES)
def test_without_synthetic_records_no_name_says_so(kind, of, analysis):
    kind(of, of)
    job = Job(analysis, "turkiye", "TR-27")
    assert job.stem == analysis and job.synthetic == ""
    assert "SYNTHETIC" not in "".join(map(str, (job.executed, job.failed, job.page, job.name)))


@beside
def test_a_study_without_lists_beside_one_with_synthetic_ones_is_not_marked(kind, analysis):
    kind("synthetic")
    assert Job(analysis, "west_africa", "SEN").stem == analysis
    assert Job(analysis, "turkiye", "turkiye").synthetic == "partly SYNTHETIC"


@pytest.mark.parametrize(("of", "shown"), [("synthetic", True), ("public", True), ("confidential", True), ("", False)])
def test_notebooks_show_records_wherever_there_are_some(kind, of, shown):
    kind(of)
    assert shows_case_records("turkiye") is shown and not shows_case_records("west_africa")
    # The page of case records alone is there only if there are some; those with other evidence are in any case.
    assert ("case_records" in analyses_of("turkiye")) is shown
    assert analyses_of("turkiye")[:3] == ("incidence", "trends", "routes") == analyses_of("west_africa")[:3]
    assert analyses_of("west_africa", "SEN") == OF_EVIDENCE and REFERRAL_MECHANISMS not in analyses_of("turkiye")


@pytest.mark.parametrize(("of", "shown"), [("synthetic", True), ("public", True), ("confidential", True), ("", False)])
@pytest.mark.parametrize("cases", KINDS)
def test_notebooks_show_a_survey_wherever_there_is_one_whatever_case_records_are(kind, cases, of, shown):
    kind(cases, of)
    assert SurveyTables("turkiye").may_be_shown is shown and not SurveyTables("west_africa").may_be_shown
    assert (RISK_FACTORS in analyses_of("turkiye")) is shown
    assert ("case_records" in analyses_of("turkiye")) is bool(cases)
    assert {job.study for job in plan(analyses=[RISK_FACTORS])} == ({"turkiye"} if shown else set())


def test_referral_mechanisms_are_planned_where_their_evidence_is_coded_alone():
    assert len(plan(analyses=[REFERRAL_MECHANISMS])) == 17
    with pytest.raises(NotPlanned, match="no referral_mechanisms of turkiye: its evidence is coded for west_africa"):
        plan(area_ids=["TR-27"], analyses=[REFERRAL_MECHANISMS])


def test_risk_factors_of_a_study_without_a_survey_are_refused_in_a_sentence(kind):
    kind("synthetic", "synthetic")
    with pytest.raises(NotPlanned, match=r"no survey answers of west_africa.*west_africa/catalog\.yml.*`survey:`"):
        plan("west_africa", analyses=[RISK_FACTORS])
    # Without a study, it is asked for wherever there is one, of whatever kind.
    for of in ("synthetic", "confidential"):
        kind("synthetic", of)
        assert {job.study for job in plan(analyses=[RISK_FACTORS])} == {"turkiye"}
        assert len(plan("turkiye", analyses=[RISK_FACTORS])) == 9 + 1


def test_the_repositorys_own_plan_marks_the_pages_of_two_studies():
    marked = {job.study: set() for job in plan()}
    for job in plan():
        marked[job.study] |= {(job.analysis, job.synthetic)} if job.synthetic else set()
    partly = {("incidence", "partly SYNTHETIC"), ("trends", "partly SYNTHETIC"), ("routes", "partly SYNTHETIC")}
    five = partly | {("case_records", "SYNTHETIC"), ("recommendations", "partly SYNTHETIC")}
    assert marked == {"turkiye": five | {(RISK_FACTORS, "partly SYNTHETIC")}, "cabo_verde": five, "west_africa": set()}


# What a page looks like


def page(analysis: str, study: str = "turkiye", area_id: str = "TR-27") -> str:
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# A question")])
    return render_page(Job(analysis, study, area_id), notebook)


def links(html: str) -> dict[str, str]:
    """Words of the links to the other pages of the area -> where they lead."""
    return {words: address for address, words in re.findall(r'<a href="([^"]*)">([^<]*)</a>', html)}


BANNER = r'<aside class="banner" aria-label="[^"]*"><strong>(.*?)</strong>(.*?)</aside>'


@beside
def test_a_partly_synthetic_page_says_in_title_and_banner_that_a_part_is_and_has_no_mark_over_all_of_it(kind, analysis):
    kind("synthetic")
    html = page(analysis)
    assert f"<title>Gaziantep: {analysis} (partly SYNTHETIC)</title>" in html
    ((head, said),) = re.findall(BANNER, html)
    assert head == "Partly SYNTHETIC:" and "nothing else is synthetic" in said
    assert re.findall(r"<body[^>]*>", html) == ["<body>"]
    assert f'<strong aria-current="page">{analysis.capitalize()} (partly SYNTHETIC)</strong>' in html


def test_a_page_of_synthetic_records_alone_has_the_mark_over_all_of_it(kind):
    kind("synthetic")
    html = page("case_records")
    assert "<title>Gaziantep: case records (SYNTHETIC)</title>" in html
    ((head, said),) = re.findall(BANNER, html)
    assert head == "SYNTHETIC:" and "describe no real person" in said
    assert re.findall(r"<body[^>]*>", html) == ['<body class="synthetic">']
    assert '<strong aria-current="page">Case records (SYNTHETIC)</strong>' in html


@pytest.mark.parametrize("of", KINDS)
def test_the_page_of_a_survey_is_marked_by_the_survey_alone_whatever_case_records_are(kind, of):
    kind(of, "synthetic")
    html = page(RISK_FACTORS)
    assert "<title>Gaziantep: risk factors (partly SYNTHETIC)</title>" in html
    ((head, said),) = re.findall(BANNER, html)
    assert head == "Partly SYNTHETIC:" and "nothing else is synthetic" in said and "<body>" in html
    kind(of, "public")
    html = page(RISK_FACTORS)
    assert "<title>Gaziantep: risk factors</title>" in html and not re.findall(BANNER, html)


@pytest.mark.parametrize("analysis", ANALYSES)
def test_the_way_to_a_synthetic_page_says_how_much_of_it_is(kind, analysis):
    kind("synthetic", "synthetic")
    found = links(page(analysis))
    expected = {
        "Incidence (partly SYNTHETIC)": "incidence_SYNTHETIC.html",
        "Trends (partly SYNTHETIC)": "trends_SYNTHETIC.html",
        "Routes (partly SYNTHETIC)": "routes_SYNTHETIC.html",
        "Risk factors (partly SYNTHETIC)": "risk_factors_SYNTHETIC.html",
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
    kind(of, of)
    for analysis in analyses_of(study):
        html = page(analysis, study, area_id)
        body = html[html.index("</style>") :]
        assert "SYNTHETIC" not in body and "banner" not in body and "<body>" in body
        assert "SYNTHETIC" not in html[: html.index("<style>")]
    assert ("Case records" in links(page("routes", study, area_id))) == (of != "synthetic")
    assert ("Risk factors" in links(page("routes", study, area_id))) == (of != "synthetic")


# What reads case records


def test_every_notebook_is_an_analysis_that_can_be_planned():
    assert set(ANALYSES) == TEMPLATES
    assert set(BESIDE_PUBLIC_EVIDENCE) < set(WITH_CASE_RECORDS) <= set(ANALYSES)


@pytest.mark.parametrize("template", sorted(TEMPLATES))
@pytest.mark.parametrize("of", ["synthetic", "public", "confidential"])
def test_a_notebook_reaches_tables_of_persons_if_and_only_if_its_name_will_say_so(kind, template, of):
    kind(of, of)
    for area_id in ("TR-27", "turkiye"):
        job = Job(template, "turkiye", area_id)
        assert tables_read(job) == job.tables
        assert job.tables == [each("turkiye") for each in EACH if template in each.shown_by]
    assert tables_read(Job(template, "west_africa", "SEN")) == []


@pytest.mark.parametrize("analysis", ANALYSES)
def test_nothing_reads_records_that_are_not_there(kind, analysis):
    kind("", "synthetic")
    assert OF_CASES not in tables_read(Job(analysis, "turkiye", "TR-27"))
    kind("synthetic", "")
    assert OF_SURVEY not in tables_read(Job(analysis, "turkiye", "TR-27"))


def test_the_tables_are_an_input_of_what_reads_them_and_of_nothing_else(kind, monkeypatch):
    monkeypatch.setattr(Tables, "said", lambda tables: {"made_from": {}, "products": {"a": "b"}})
    monkeypatch.setattr(catalog, "survey_exports", catalog.case_lists)
    kind("synthetic", "public")
    inputs = {job.analysis: set(provenance.made_from(job)["inputs"]) for job in plan(area_ids=["TR-27"])}
    assert {analysis for analysis, names in inputs.items() if "case_records_turkiye" in names} == set(WITH_CASE_RECORDS)
    assert {analysis for analysis, names in inputs.items() if "survey_turkiye" in names} == {RISK_FACTORS}
    assert not [name for names in inputs.values() for name in names if name.startswith("case_records_cabo")]
    kind("", "")
    for analysis in ANALYSES:
        inputs = provenance.made_from(Job(analysis, "turkiye", "TR-27"))["inputs"]
        assert not [name for name in inputs if name.startswith(("case_records_", "survey_"))]


@beside
def test_a_page_is_to_be_made_again_when_one_that_it_leads_to_is_no_more(kind, analysis):
    kind("")
    job = Job(analysis, "turkiye", "TR-27")
    before = provenance.made_from(job)
    assert provenance.changes(before, provenance.made_from(job)) == []
    kind("public")
    assert provenance.changes(provenance.made_from(job), before)[0] == "navigation case_records.html is gone"


@beside
def test_a_page_is_to_be_made_again_when_its_records_become_of_another_kind(kind, analysis):
    kind("public")
    job = Job(analysis, "turkiye", "TR-27")
    before = provenance.made_from(job)
    kind("confidential")
    assert "persons case_records_turkiye has changed" in provenance.changes(before, provenance.made_from(job))


# What is taken away when records are no longer of their kind


AREA = "turkiye/TR-27"
RUNS = f"data/processed/runs/{AREA}"
STAGED = "data/processed/staged"
FIGURES, REPORTS = f"{STAGED}/figures/{AREA}", f"{STAGED}/reports/{AREA}"
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
SURVEY_TABLES = {"data/processed/turkiye/survey.json", "data/processed/turkiye/survey_respondents.parquet"}
RISK_PAGE = {f"{RUNS}/{RISK_FACTORS}.ipynb", f"{REPORTS}/{RISK_FACTORS}.html"}
RISK_LOG = {f"{RUNS}/{RISK_FACTORS}.failed.ipynb"}
RISK_FIGURES = {f"{FIGURES}/{RISK_FACTORS}_who_works.png", f"{FIGURES}/{RISK_FACTORS}_of_public_sources.png"}
RISK_SYNTHETIC = {
    *(f"{RUNS}/{RISK_FACTORS}_SYNTHETIC{end}.ipynb" for end in ("", ".failed")),
    f"{REPORTS}/{RISK_FACTORS}_SYNTHETIC.html",
    f"{FIGURES}/{RISK_FACTORS}_who_works_SYNTHETIC.png",
}
OTHER_STUDY = {
    f"{folder}/west_africa/SEN/{analysis}{end}"
    for analysis in BESIDE_PUBLIC_EVIDENCE
    for folder, end in (
        ("data/processed/runs", ".ipynb"),
        ("data/processed/runs", ".failed.ipynb"),
        (f"{STAGED}/figures", "_of_public_sources.png"),
        (f"{STAGED}/reports", ".html"),
    )
}


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A folder in place of the project's."""
    for module in (person_tables, batch_products, jobs, catalog, provenance, released_manifest):
        monkeypatch.setattr(module, "ROOT", tmp_path)
    for module in (person_tables, jobs):
        monkeypatch.setattr(module, "STAGED", tmp_path / STAGED)
    monkeypatch.setattr(released_manifest, "NOTE", tmp_path / "data/processed/released.json")
    return tmp_path


def both(paths: set[str]) -> set[str]:
    """Products as they are staged, and as they stand once they have been released."""
    return paths | {path.removeprefix(f"{STAGED}/") for path in paths}


def fill(project: Path, *groups: set[str], inputs: tuple[str, ...] = (), **persons: str) -> set[str]:
    """Write products, staged and released; each executed notebook that can show both says what it was made from and led
    to: of the tables of `persons` of which kind they were, public ones if it is not said."""
    paths = set().union(*groups)
    for name in both(paths):
        path = project / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("content", encoding="utf-8")
    for stem in [Path(name).stem for name in sorted(paths) if name.startswith(RUNS) and inputs]:
        analysis = stem.removesuffix("_SYNTHETIC")
        if analysis not in (*WITH_CASE_RECORDS, RISK_FACTORS):
            continue
        led_to = {name: "0" for name in paths if re.match(rf"{STAGED}/(figures|reports)/{AREA}/{analysis}[._]", name)}
        shown = {name: persons.get(name, "public") for name in inputs if name.endswith("_turkiye")}
        metadata = {"made_from": {"inputs": dict.fromkeys(inputs, "0"), "persons": shown}, "products": led_to}
        notebook = {"cells": [], "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
        (project / RUNS / f"{stem}.ipynb").write_text(
            json.dumps(notebook, indent=1, sort_keys=True) + "\n", encoding="utf-8"
        )
    return both(paths)


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
    assert left(project) == both(PUBLIC_EVIDENCE | OTHER_STUDY)


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
    assert left(project) == both((PUBLIC_EVIDENCE | OTHER_STUDY) - beside)


@pytest.mark.parametrize("now", ["synthetic", "public", ""])
def test_whatever_shows_confidential_records_goes_when_they_are_of_another_kind(project, kind, now):
    kind("confidential")
    written = fill(project, PAGES, BESIDE, OTHER_STUDY, inputs=WITH_RECORDS, case_records_turkiye="confidential")
    withdraw()
    assert left(project) == written
    kind(now)
    withdraw()
    assert left(project) == both(OTHER_STUDY)


@pytest.mark.parametrize("since", ["failed", "ran without records"])
def test_a_release_goes_with_the_records_that_it_shows_though_its_notebook_was_run_again_since(project, kind, since):
    kind("public")
    fill(project, PAGES, BESIDE, OTHER_STUDY, inputs=WITH_RECORDS)
    job = Job("routes", "turkiye", "TR-27")
    released_manifest.NOTE.write_bytes(as_manifest(released_manifest.of_jobs([job])))
    if since == "failed":
        job.executed.unlink()
    else:
        fill(project, {f"{RUNS}/routes.ipynb"}, inputs=("official_counts",))
    withdraw()
    shown = {"reports/turkiye/TR-27/routes.html", "figures/turkiye/TR-27/routes_of_records.png"}
    assert shown < left(project)
    kind("confidential")
    withdraw()
    assert not [path for path in left(project) if path.startswith(("reports/turkiye", "figures/turkiye"))]
    assert left(project) >= both(OTHER_STUDY)


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
    assert left(project) == both((PUBLIC_EVIDENCE | does_not) - shows - renamed)


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
    assert left(project) == both(PUBLIC_EVIDENCE | OF_SYNTHETIC)


def test_logs_that_may_hold_records_go_when_those_become_confidential(project, kind):
    kind("confidential")
    fill(project, PUBLIC_EVIDENCE, LOGS, OTHER_STUDY)
    withdraw()
    # Those of analyses that read no records stand.
    assert left(project) == both(PUBLIC_EVIDENCE | OTHER_STUDY)


def test_logs_that_were_written_of_confidential_records_stand(project, kind):
    kind("confidential")
    job = Job("routes", "turkiye", "TR-27")
    (content,) = failed(Result(job, reason="a cause")).products.values()
    log = {f"{RUNS}/routes.failed.ipynb"}
    fill(project, log)
    job.failed.write_bytes(content)
    withdraw()
    assert left(project) == log
    kind("public")
    withdraw()
    kind("confidential")
    job.failed.write_bytes(content.replace(b'"confidential"', b'"public"'))
    withdraw()
    assert left(project) == set()


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
def test_products_of_a_survey_stand_as_long_as_it_is_of_their_kind_whatever_case_records_are(project, kind, of):
    of_cases = OF_SYNTHETIC if of == "synthetic" else set()
    # A figure of public evidence on a page that is synthetic in part has a name without the mark.
    figure = {f"{FIGURES}/{RISK_FACTORS}_of_public_sources.png"}
    kind(of, "synthetic")
    written = fill(project, PUBLIC_EVIDENCE, of_cases, RISK_SYNTHETIC, figure, OTHER_STUDY)
    withdraw()
    assert left(project) == written
    kind(of, "public")
    withdraw()
    assert left(project) == written - both(RISK_SYNTHETIC)
    written = fill(project, PUBLIC_EVIDENCE, of_cases, RISK_PAGE, RISK_LOG, RISK_FIGURES, SURVEY_TABLES, OTHER_STUDY)
    withdraw()
    assert left(project) == written


@every_kind
@pytest.mark.parametrize("now", ["synthetic", "confidential", ""])
def test_whatever_shows_a_public_survey_goes_when_it_is_not_public_any_more_and_nothing_else(project, kind, of, now):
    of_cases = OF_SYNTHETIC if of == "synthetic" else set()
    fill(project, RISK_PAGE, RISK_LOG, RISK_FIGURES, inputs=("official_counts", "survey_turkiye"))
    written = fill(project, PUBLIC_EVIDENCE, of_cases, OTHER_STUDY)
    kind(of, now)
    withdraw()
    assert left(project) == written


@pytest.mark.parametrize("now", ["public", "confidential", ""])
def test_nothing_of_a_synthetic_survey_stands_where_it_is_no_more_and_synthetic_records_do(project, kind, now):
    kind("synthetic", now)
    fill(project, RISK_SYNTHETIC)
    written = fill(project, PUBLIC_EVIDENCE, OF_SYNTHETIC, OTHER_STUDY)
    withdraw()
    assert left(project) == written


@pytest.mark.parametrize("now", ["public", "confidential", ""])
def test_nothing_of_synthetic_records_stands_where_they_are_no_more_and_a_synthetic_survey_does(project, kind, now):
    kind(now, "synthetic")
    fill(project, OF_SYNTHETIC)
    written = fill(project, PUBLIC_EVIDENCE, RISK_SYNTHETIC, OTHER_STUDY)
    withdraw()
    assert left(project) == written


@pytest.mark.parametrize("now", ["confidential", ""])
def test_a_page_that_has_its_name_from_synthetic_records_goes_with_the_public_survey_that_it_shows(project, kind, now):
    page = {f"{RUNS}/routes_SYNTHETIC.ipynb", f"{REPORTS}/routes_SYNTHETIC.html", f"{FIGURES}/routes_who_works.png"}
    read = ("case_records_turkiye", "survey_turkiye")
    kind("synthetic", now)
    fill(project, page, inputs=read, case_records_turkiye="synthetic")
    withdraw()
    assert left(project) == set()
    kind("synthetic", "public")
    written = fill(project, page, inputs=read, case_records_turkiye="synthetic")
    withdraw()
    assert left(project) == written


def test_tables_of_a_survey_go_when_there_is_none_any_more_and_those_of_case_records_stand(project, kind):
    written = fill(project, TABLES, SURVEY_TABLES)
    kind("public", "confidential")
    withdraw()
    assert left(project) == written
    kind("public")
    withdraw()
    assert left(project) == TABLES
    fill(project, SURVEY_TABLES)
    kind("", "public")
    withdraw()
    assert left(project) == SURVEY_TABLES


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

    def make(wanted):
        steps.append(("tables", *(f"{tables.words} of {tables.study}" for tables in wanted)))
        return {}

    monkeypatch.setattr(cli, "exclusive", contextlib.nullcontext)
    monkeypatch.setattr(cli, "withdraw", lambda: steps.append(("withdraw",)))
    monkeypatch.setattr(catalog, "verify_all", lambda: steps.append(("verify",)))
    monkeypatch.setattr(cli, "tables_state", lambda tables: TablesState(tables, "stale"))
    monkeypatch.setattr(cli, "make", make)
    monkeypatch.setattr(cli, "states", lambda planned: steps.append(("notebooks", len(planned))) or [])
    monkeypatch.setattr(cli, "write_index", lambda: steps.append(("index",)))
    return steps


@pytest.mark.parametrize("analysis", WITH_CASE_RECORDS)
def test_stale_tables_are_made_before_a_notebook_that_shows_them_is_looked_at(told, kind, analysis):
    kind("synthetic")
    assert cli.main(["run", "--area", "TR-27", "--analysis", analysis]) == 0
    assert told == [("withdraw",), ("verify",), ("tables", "case records of turkiye"), ("notebooks", 1), ("index",)]


def test_stale_tables_of_a_survey_are_made_before_the_notebook_that_shows_them_and_for_no_other(told, kind):
    kind("synthetic", "synthetic")
    assert cli.main(["run", "--area", "TR-27", "--analysis", RISK_FACTORS]) == 0
    assert told == [("withdraw",), ("verify",), ("tables", "survey answers of turkiye"), ("notebooks", 1), ("index",)]
    told.clear()
    assert cli.main(["run", "--area", "TR-27"]) == 0
    assert ("tables", "case records of turkiye", "survey answers of turkiye") in told and ("notebooks", 5) in told


@pytest.mark.parametrize("analysis", [name for name in ANALYSES if name not in FROM_FINDINGS])
def test_what_shows_no_persons_waits_for_no_tables(told, kind, analysis, monkeypatch):
    kind("synthetic", "synthetic")
    for each in EACH:
        monkeypatch.setattr(each, "shown_by", tuple(name for name in each.shown_by if name != analysis))
    area_id = "SEN" if analysis == REFERRAL_MECHANISMS else "TR-27"
    assert cli.main(["run", "--area", area_id, "--analysis", analysis]) == 0
    assert told == [("withdraw",), ("verify",), ("notebooks", 1), ("index",)]


@beside
def test_tables_that_are_fresh_are_left_and_those_of_a_study_without_lists_are_not_asked_for(
    told, kind, monkeypatch, analysis
):
    kind("synthetic")
    assert cli.main(["run", "--study", "west_africa", "--analysis", analysis]) == 0
    assert "tables" not in {step[0] for step in told}
    monkeypatch.setattr(cli, "tables_state", lambda tables: TablesState(tables, "fresh"))
    told.clear()
    assert cli.main(["run", "--analysis", analysis]) == 0
    assert "tables" not in {step[0] for step in told} and ("notebooks", 38) in told


@pytest.mark.parametrize("analysis", WITH_CASE_RECORDS)
def test_confidential_tables_are_made_before_a_notebook_that_shows_them_in_the_house(told, kind, analysis):
    kind("confidential")
    assert cli.main(["run", "--area", "TR-27", "--analysis", analysis]) == 0
    assert told == [("withdraw",), ("verify",), ("tables", "case records of turkiye"), ("notebooks", 1), ("index",)]


def test_a_confidential_survey_is_made_into_tables_before_its_notebook_is_run_in_the_house(told, kind):
    kind("", "confidential")
    assert cli.main(["run", "--area", "TR-27", "--analysis", RISK_FACTORS]) == 0
    assert told == [("withdraw",), ("verify",), ("tables", "survey answers of turkiye"), ("notebooks", 1), ("index",)]


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


def test_where_tables_cannot_be_made_the_pages_that_show_them_fail_and_the_others_run(ran, kind):
    groups, barred = ran
    kind("synthetic")
    planned = plan(area_ids=["TR-27", "SEN"])
    found = cli._run_notebooks(planned, {OF_CASES: "a list is not there"}, Namespace(scheduler=None, **OPTIONS))
    assert [result.job for result in found] == planned
    assert {(job.study, job.analysis) for job in barred} == {("turkiye", name) for name in WITH_CASE_RECORDS}
    assert set(barred.values()) == {"its case records could not be made: a list is not there"}
    ((_, left_to_run),) = groups
    assert {job.name for job in left_to_run} == {f"west_africa/SEN/{analysis}" for analysis in OF_EVIDENCE}


def test_where_a_survey_cannot_be_read_its_page_alone_fails(ran, kind):
    groups, barred = ran
    kind("synthetic", "synthetic")
    planned = plan(area_ids=["TR-27"])
    cli._run_notebooks(planned, {OF_SURVEY: "its frame is not there"}, Namespace(scheduler=None, **OPTIONS))
    reason = "its survey answers could not be made: its frame is not there"
    assert barred == {Job(RISK_FACTORS, "turkiye", "TR-27"): reason}
    ((_, left_to_run),) = groups
    assert {job.analysis for job in left_to_run} == set(WITH_CASE_RECORDS)


@pytest.mark.parametrize(("of", "ending"), [("synthetic", "_SYNTHETIC"), ("confidential", "")])
def test_pages_without_persons_go_to_the_cluster_and_those_with_them_stay(ran, kind, of, ending):
    groups, _ = ran
    kind(of, of)
    cli._run_notebooks(plan(area_ids=["TR-27", "SEN"]), {}, Namespace(scheduler="tcp://cluster:8786", **OPTIONS))
    (elsewhere, sent), (here, kept) = groups
    assert (elsewhere, here) == ("tcp://cluster:8786", None)
    shown = (*WITH_CASE_RECORDS, RISK_FACTORS)
    assert {job.name for job in kept} == {f"turkiye/TR-27/{analysis}{ending}" for analysis in shown}
    assert {job.name for job in sent} == {f"west_africa/SEN/{analysis}" for analysis in OF_EVIDENCE}


@pytest.mark.soak
@beside
def test_a_run_of_one_analysis_alone_makes_the_tables_and_a_page_that_says_what_it_shows(tmp_path, analysis):
    code = (
        "from analysis import areas\n"
        "from analysis.cases.processed import load\n"
        "print(len(load(areas.get(area).study).case_records))\n"
    )
    project = small_project(tmp_path, **{analysis: code})
    ended = run_analysis("run", "--area", "CPV-SAL", "--analysis", analysis, project=project, **PLAIN)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    made = products(project)
    assert "data/processed/cabo_verde/case_records_SYNTHETIC.json" in made
    assert not [path for path in made if path.startswith("data/processed/turkiye")]
    staged = f"{STAGED}/reports"
    assert {Path(path).name for path in made if path.startswith(f"{staged}/cabo_verde")} == {
        f"{analysis}_SYNTHETIC.html"
    }
    executed = json.loads(made[f"data/processed/runs/cabo_verde/CPV-SAL/{analysis}_SYNTHETIC.ipynb"])
    printed = "".join(executed["cells"][-1]["outputs"][0]["text"])
    assert int(printed) > 1000
    assert "case_records_cabo_verde" in executed["metadata"]["made_from"]["inputs"]
    html = made[f"{staged}/cabo_verde/CPV-SAL/{analysis}_SYNTHETIC.html"].decode("utf-8")
    assert "Partly SYNTHETIC:" in html and f"<title>Sal: {analysis} (partly SYNTHETIC)</title>" in html
    # The index leads to it, and says so.
    index = made[f"{staged}/index.html"].decode("utf-8")
    assert f'aria-label="Sal: {analysis}, partly SYNTHETIC"' in index
