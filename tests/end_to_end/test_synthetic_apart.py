"""Pages of persons and pages of public evidence: named, marked, kept fresh, withdrawn, and neither shows the other.

The study of most tests is Türkiye, whose case records and survey are said to be of one kind or another: what a version
of the program made of synthetic persons of a real study must go as well as what is made of real ones.
"""

from __future__ import annotations

import contextlib
import json
import re
from itertools import product
from pathlib import Path

import nbformat
import pytest
from projects import PLAIN, STAGED, analyses_for, products, run_analysis, small_project

from analysis import areas, catalog, cli, cli_batch, jobs, project_files
from analysis.batch import account, execute, provenance
from analysis.batch import products as batch_products
from analysis.batch import run as batch_run
from analysis.batch.account import withdraw
from analysis.batch.execute import failed
from analysis.batch.person_tables import TablesState
from analysis.batch.products import Result, as_manifest
from analysis.batch.provenance import tables_read
from analysis.jobs import (
    ANALYSES,
    COMPARED,
    EACH,
    FROM_FINDINGS,
    WITH_CASE_RECORDS,
    WITH_OWN_FIGURES,
    WITH_SURVEY,
    CaseTables,
    Job,
    NotPlanned,
    SurveyTables,
    Tables,
    analyses_of,
    needing,
    plan,
)
from analysis.report import page_links
from analysis.report.pages import render_page
from analysis.report.templating import words

RISK_FACTORS, REFERRAL_MECHANISMS, PLAN = "risk_factors", "referral_mechanisms", "plan_a_study"
KINDS = ("synthetic", "public", "confidential", "")
every_kind = pytest.mark.parametrize("of", KINDS)
# The analyses that show public evidence alone, and what a country has besides.
PUBLIC, OF_EVIDENCE = analyses_for("turkiye", "none"), analyses_for("west_africa", "none")
each_of_records = pytest.mark.parametrize("analysis", WITH_CASE_RECORDS)
OF_PERSONS = (*WITH_CASE_RECORDS, *WITH_SURVEY)


# Notebooks that people open and no run does.
BY_HAND = {"explore", "welcome"}
TEMPLATES = {path.stem for path in (catalog.ROOT / "notebooks").glob("*.ipynb")} - BY_HAND
COMPARING = {name for name in TEMPLATES if name.endswith(COMPARED)}
OF_CASES, OF_SURVEY = CaseTables("turkiye"), SurveyTables("turkiye")


@pytest.fixture
def kind(monkeypatch):
    """Say of what kind the case records, the survey and the own counts of Türkiye are; the other studies have none."""

    def say(kind: str, survey: str = "", figures: str = "public") -> None:
        for name, of in (("case_kind", kind), ("survey_kind", survey), ("figures_kind", figures)):
            monkeypatch.setattr(catalog, name, lambda study, of=of: of if study == "turkiye" else "")

    return say


def shown_by_kind(cases: str, survey: str, wanted: str) -> set[str]:
    """The analyses that show the tables of a kind, where case records and survey are of these."""
    of_cases, of_survey = {*WITH_CASE_RECORDS, *FROM_FINDINGS}, {*WITH_SURVEY, *FROM_FINDINGS}
    return (of_cases if cases == wanted else set()) | (of_survey if survey == wanted else set())


# What products are called


@pytest.mark.parametrize("analysis", OF_PERSONS)
def test_what_shows_synthetic_persons_says_so_in_its_name(kind, analysis):
    kind("synthetic", "synthetic")
    job, stem = Job(analysis, "turkiye", "TR-27"), f"{analysis}_SYNTHETIC"
    assert (job.stem, job.synthetic) == (stem, "SYNTHETIC")
    assert job.executed.name == f"{stem}.ipynb" and job.failed.name == f"{stem}.failed.ipynb"
    assert job.page.name == f"{stem}.html" and job.name == f"turkiye/TR-27/{stem}"
    # The template and the folder of figures are the same whatever the records are; a figure says it in its own name.
    assert job.template.name == f"{analysis}.ipynb" and job.figures.name == "TR-27"


def test_of_case_records_and_a_survey_each_marks_what_shows_it_and_public_evidence_is_never_marked(kind):
    for cases, survey in product(KINDS, KINDS):
        kind(cases, survey)
        marked = {name for name in ANALYSES if Job(name, "turkiye", "TR-27").synthetic}
        assert marked == shown_by_kind(cases, survey, "synthetic") and not marked & set(OF_EVIDENCE)
        # Recommendations of a real study rest on what is real and on what is not; all pages of persons on one kind.
        how = {Job(name, "turkiye", "turkiye").synthetic for name in marked & {"recommendations"}}
        assert how <= {"partly SYNTHETIC"}
        assert {Job(name, "turkiye", "TR-27").synthetic for name in marked & set(OF_PERSONS)} <= {"SYNTHETIC"}
        assert not [name for name in ANALYSES if Job(name, "west_africa", "SEN").synthetic]


def test_what_a_notebook_that_shows_confidential_persons_makes_is_for_its_owner_alone(kind):
    for cases, survey in product(KINDS, KINDS):
        kind(cases, survey)
        private = {name for name in ANALYSES if Job(name, "turkiye", "TR-27").private}
        assert private == shown_by_kind(cases, survey, "confidential") and not private & set(OF_EVIDENCE)
        assert not [name for name in ANALYSES if Job(name, "west_africa", "SEN").private]


def test_a_released_file_stands_below_the_project_as_the_staged_one_below_its_folder():
    job = Job("trends", "west_africa", "SEN")
    assert jobs.released(job.page) == catalog.ROOT / "reports/west_africa/SEN/trends.html"
    assert jobs.released(job.figures) == catalog.ROOT / "figures/west_africa/SEN"
    assert jobs.released(job.framed("map")) == catalog.ROOT / "reports/west_africa/SEN/trends_map.html"


@pytest.mark.parametrize("figures", ["synthetic", "public", ""])
def test_synthetic_counts_of_a_study_mark_what_shows_them_in_part_and_the_page_says_what_is_synthetic(kind, figures):
    for cases in KINDS:
        kind(cases, figures=figures)
        of_figures = {*WITH_OWN_FIGURES, *FROM_FINDINGS} if figures == "synthetic" else set()
        marked = {name: Job(name, "turkiye", "TR-27").synthetic for name in ANALYSES}
        assert {name for name in marked if marked[name]} == of_figures | shown_by_kind(cases, "", "synthetic")
        assert {marked[name] for name in of_figures & set(PUBLIC)} <= {"partly SYNTHETIC"}
        assert WITH_OWN_FIGURES == ("incidence", "trends") and not marked["routes"]
        assert not [name for name in ANALYSES if Job(name, "west_africa", "SEN").synthetic]
        html = page("incidence")
        if of_figures:
            assert "what is marked so rests on synthetic counts and says nothing" in html
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
def test_without_synthetic_records_no_name_says_so(kind, of):
    kind(of, of)
    for analysis in ANALYSES:
        job = Job(analysis, "turkiye", "TR-27")
        assert job.stem == analysis and job.synthetic == ""
        assert "SYNTHETIC" not in "".join(map(str, (job.executed, job.failed, job.page, job.name)))


@every_kind
def test_notebooks_show_persons_wherever_there_are_some_and_public_evidence_whatever_they_are(kind, of):
    for survey in KINDS:
        kind(of, survey)
        assert (OF_CASES.may_be_shown, OF_SURVEY.may_be_shown) == (bool(of), bool(survey))
        assert not any(tables("west_africa").may_be_shown for tables in EACH)
        expected = {*PUBLIC, *(WITH_CASE_RECORDS if of else ()), *(WITH_SURVEY if survey else ())}
        for place in ("TR-27", "turkiye"):
            planned = {PLAN} if place == "turkiye" else set()
            assert set(analyses_of("turkiye", place)) - set(FROM_FINDINGS) == expected | planned
        assert [name for name in analyses_of("turkiye") if name in PUBLIC] == list(PUBLIC)
        assert analyses_of("west_africa", "SEN") == OF_EVIDENCE
        for names, is_there in ((WITH_CASE_RECORDS, of), (WITH_SURVEY, survey)):
            assert {job.study for job in plan(analyses=names)} == ({"turkiye"} if is_there else set())


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


def test_public_evidence_on_a_demonstration_is_not_planned_and_refused_in_a_sentence():
    planned = plan(area_ids=["XDP-FIG", "demo_islands"])
    assert planned and not {job.analysis for job in planned} & set(OF_EVIDENCE)
    for analysis in PUBLIC:
        # Without a study, it is asked for wherever there is some.
        assert not {job.study for job in plan(analyses=[analysis])} & {"demo_provinces", "demo_islands"}
        for asked in ({"study": "demo_provinces"}, {"area_ids": ["SEN", "XDP-FIG"]}):
            with pytest.raises(NotPlanned, match=f"no {analysis} of demo_provinces: it is a demonstration"):
                plan(**asked, analyses=[analysis])


# What a page looks like


def page(analysis: str, study: str = "turkiye", area_id: str = "TR-27") -> str:
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# A question")])
    job = Job(analysis, study, area_id)
    # As it stands among all pages of the area.
    there = {Job(each, study, area_id).page for each in analyses_of(study, area_id)}
    return page_links.filled(render_page(job, notebook).encode(), job, there).decode()


def links(html: str) -> dict[str, str]:
    """Words of the links to the other pages of the area -> where they lead."""
    (navigation,) = re.findall(r"<nav aria-label=\"Pages of the assessment\">.*?</nav>", html, re.DOTALL)
    return {words: address for address, words in re.findall(r'<a href="([^"]*)">([^<]*)</a>', navigation)}


BANNER = r'<aside class="banner" aria-label="[^"]*"><strong>(.*?)</strong>(.*?)</aside>'


@pytest.mark.parametrize("analysis", WITH_OWN_FIGURES)
def test_a_partly_synthetic_page_says_in_title_and_banner_that_a_part_is_and_has_no_mark_over_all_of_it(kind, analysis):
    kind("", figures="synthetic")
    html = page(analysis)
    assert f"<title>Gaziantep: {words(analysis)} (partly SYNTHETIC)</title>" in html
    ((head, said),) = re.findall(BANNER, html)
    assert head == "Partly SYNTHETIC:" and "nothing else is synthetic" in said
    assert re.findall(r"<body[^>]*>", html) == ["<body>"]
    assert f'<strong aria-current="page">{words(analysis).capitalize()} (partly SYNTHETIC)</strong>' in html


@pytest.mark.parametrize("analysis", OF_PERSONS)
def test_a_page_of_synthetic_persons_has_the_mark_over_all_of_it(kind, analysis):
    kind("synthetic", "synthetic")
    html, called = page(analysis), words(analysis)
    assert f"<title>Gaziantep: {called} (SYNTHETIC)</title>" in html
    ((head, said),) = re.findall(BANNER, html)
    assert head == "SYNTHETIC:" and "describes no real person" in said
    assert re.findall(r"<body[^>]*>", html) == ['<body class="synthetic">']
    assert f'<strong aria-current="page">{called.capitalize()} (SYNTHETIC)</strong>' in html


def test_a_page_of_a_demonstration_says_that_its_places_do_not_exist_either():
    for study, area_id in (("demo_provinces", "XDP-FIG"), ("demo_islands", "XIC-JADE")):
        for analysis in analyses_of(study, area_id):
            ((head, said),) = re.findall(BANNER, page(analysis, study, area_id))
            assert head == "SYNTHETIC:" and "no real person, place or year" in said and "demonstrates" in said


@every_kind
def test_the_page_of_a_survey_is_marked_by_the_survey_alone_whatever_case_records_are(kind, of):
    kind(of, "synthetic")
    html = page(RISK_FACTORS)
    assert "<title>Gaziantep: risk factors (SYNTHETIC)</title>" in html and '<body class="synthetic">' in html
    kind(of, "public")
    html = page(RISK_FACTORS)
    assert "<title>Gaziantep: risk factors</title>" in html and not re.findall(BANNER, html) and "<body>" in html


@pytest.mark.parametrize("analysis", [*PUBLIC, *OF_PERSONS])
def test_the_way_to_a_synthetic_page_says_that_it_is_and_no_other_does(kind, analysis):
    kind("synthetic", "synthetic")
    expected = {f"{words(each).capitalize()} (SYNTHETIC)": f"{each}_SYNTHETIC.html" for each in OF_PERSONS}
    expected |= {words(each).capitalize(): f"{each}.html" for each in PUBLIC}
    here = {
        name
        for name, address in expected.items()
        if address.removesuffix(".html") == Job(analysis, "turkiye", "TR-27").stem
    }
    assert len(here) == 1
    found = links(page(analysis))
    assert found.pop("All studies") == "../../index.html"
    assert found == {words: address for words, address in expected.items() if words not in here}


@every_kind
def test_a_page_of_public_evidence_has_no_banner_and_no_mark_whatever_persons_its_study_has(kind, of):
    kind(of, of)
    for analysis in PUBLIC:
        html = page(analysis)
        assert (
            f"<title>Gaziantep: {words(analysis)}</title>" in html and "<body>" in html and not re.findall(BANNER, html)
        )
        # The way to a synthetic page is all that says of what kind that is.
        other = re.sub(r'<a href="\w+_SYNTHETIC\.html">[^<]* \(SYNTHETIC\)</a>', "", html[html.index("</style>") :])
        assert "SYNTHETIC" not in other


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


def test_what_lists_and_a_survey_would_add_is_said_where_a_study_within_a_country_has_neither(kind):
    line = page_links.TEXT["awaited"].format(name="Türkiye")
    for cases, survey in product(KINDS, KINDS):
        kind(cases, survey)
        for analysis in analyses_of("turkiye", "TR-27"):
            assert (line in page(analysis)) == (not cases and not survey)
    assert '"awaited"' not in (html := page("routes", "west_africa", "SEN"))[html.index("</style>") :]


# What reads persons


def test_every_notebook_is_an_analysis_that_can_be_planned():
    assert set(ANALYSES) == TEMPLATES - COMPARING
    assert {name.removesuffix(COMPARED) for name in COMPARING} < set(ANALYSES)
    assert set(OF_EVIDENCE) >= {"incidence", "trends", "routes", REFERRAL_MECHANISMS}
    assert set(OF_PERSONS) | set(FROM_FINDINGS) | set(needing("none")) == set(ANALYSES)
    assert not set(OF_PERSONS) & set(OF_EVIDENCE)


@pytest.mark.parametrize("template", sorted(TEMPLATES - COMPARING))
def test_a_notebook_reaches_tables_of_persons_if_and_only_if_its_name_will_say_so(kind, template):
    for of in ("synthetic", "public", "confidential"):
        kind(of, of)
        for area_id in ("TR-27", "turkiye"):
            job = Job(template, "turkiye", area_id)
            assert tables_read(job) == job.tables
            assert job.tables == [each("turkiye") for each in EACH if template in each.shown_by]
        assert tables_read(Job(template, "west_africa", "SEN")) == []


def test_nothing_reads_records_that_are_not_there(kind):
    for analysis in ANALYSES:
        kind("", "synthetic")
        assert OF_CASES not in tables_read(Job(analysis, "turkiye", "TR-27"))
        kind("synthetic", "")
        assert OF_SURVEY not in tables_read(Job(analysis, "turkiye", "TR-27"))


def test_the_tables_are_an_input_of_what_reads_them_and_of_nothing_else(kind, monkeypatch):
    lists = catalog.case_lists("demo_provinces")
    monkeypatch.setattr(Tables, "manifest_content", lambda tables: {"made_from": {}, "products": {"a": "b"}})
    for name in ("case_lists", "survey_exports"):
        monkeypatch.setattr(catalog, name, lambda study: lists)
    kind("synthetic", "public")
    inputs = {job.analysis: set(provenance.made_from(job)["inputs"]) for job in plan(area_ids=["TR-27"])}
    assert {analysis for analysis, names in inputs.items() if "case_records_turkiye" in names} == set(WITH_CASE_RECORDS)
    assert {analysis for analysis, names in inputs.items() if "survey_turkiye" in names} == set(WITH_SURVEY)
    # Nor can any of them read what a demonstration lists, and is made stale by it.
    assert set(inputs) == {*PUBLIC, *OF_PERSONS}
    assert not [name for names in inputs.values() for name in names if "demo_" in name or "synthetic" in name]
    kind("", "")
    for analysis in ANALYSES:
        inputs = provenance.made_from(Job(analysis, "turkiye", "TR-27"))["inputs"]
        assert not [name for name in inputs if name.startswith(("case_records_", "survey_"))]


@pytest.mark.parametrize("analysis", PUBLIC)
def test_a_page_of_public_evidence_is_never_made_again_for_lists_or_a_survey_and_its_links_follow_them(kind, analysis):
    kind("")
    job = Job(analysis, "turkiye", "TR-27")
    before = provenance.made_from(job)
    for cases, survey in product(KINDS, KINDS):
        kind(cases, survey)
        assert provenance.changes(before, provenance.made_from(job)) == []
        html = page(analysis).encode()
        of_persons = {f"{name}{MARK * (cases == 'synthetic')}.html" for name in WITH_CASE_RECORDS if cases}
        of_persons |= {f"{RISK_FACTORS}{MARK * (survey == 'synthetic')}.html"} if survey else set()
        others = {f"{name}.html" for name in PUBLIC if name != analysis}
        assert set(links(html.decode()).values()) == {"../../index.html"} | others | of_persons


@each_of_records
def test_a_page_is_to_be_made_again_when_its_records_become_of_another_kind(kind, analysis):
    kind("public")
    job = Job(analysis, "turkiye", "TR-27")
    before = provenance.made_from(job)
    kind("confidential")
    assert "persons case_records_turkiye has changed" in provenance.changes(before, provenance.made_from(job))


# Real and synthetic data stand on no page together


def test_a_page_that_read_data_of_the_other_kind_is_not_made(kind, monkeypatch):
    synthetic, real = "demo_provinces_population", "unodc_detected_victims"
    evidence, demonstration = Job("trends", "turkiye", "TR-27"), Job("record_trends", "demo_provinces", "XDP-FIG")
    execute._require_apart(evidence, {"areas", "world", real})
    execute._require_apart(demonstration, {"areas", "world", "sources", synthetic, "synthetic_demo_provinces_police"})
    for job, mixed in (
        (evidence, synthetic),
        (evidence, "synthetic_demo_provinces_police"),
        (evidence, "synthetic_demo_provinces_truth_totals"),
        (demonstration, real),
        (demonstration, "turkiye_facts"),
    ):
        with pytest.raises(catalog.CatalogError, match=f"read '{mixed}', which is .* never stand on one page"):
            execute._require_apart(job, {"areas", mixed})
    # Where a study's own counts are synthetic, those of a demonstration are still none of its own.
    kind("", figures="synthetic")
    assert evidence.synthetic == "partly SYNTHETIC"
    with pytest.raises(catalog.CatalogError, match=f"read '{synthetic}'"):
        execute._require_apart(evidence, {"areas", synthetic})


@pytest.mark.parametrize("of", ["public", "confidential"])
def test_a_demonstration_shows_no_real_person_whoever_enters_lists_in_its_name(monkeypatch, of):
    (first, *_), found = catalog.case_lists("demo_provinces"), dict(catalog.datasets())
    found["police"] = catalog.Dataset(**{**vars(first), "name": "police", "kind": of})
    monkeypatch.setattr(catalog, "datasets", lambda: found)
    assert found["police"].schema is None
    with pytest.raises(catalog.CatalogError, match=f"is a demonstration .* read 'police', which is {of}"):
        execute._require_apart(Job("record_trends", "demo_provinces", "XDP-FIG"), {"areas", "police"})


MIXED = """
from analysis import catalog
from analysis.exhibits import inputs
print(len(catalog.load({name!r})))
inputs.read()
"""


def test_a_notebook_that_reads_data_of_the_other_kind_fails_and_leaves_no_page(tmp_path):
    project = small_project(tmp_path, trends=MIXED.format(name="demo_provinces_population"))
    ended = run_analysis("run", "--area", "SEN", "--analysis", "trends", project=project, **PLAIN)
    assert ended.returncode == 1
    assert (
        "failed: west_africa/SEN/trends: CatalogError: west_africa/SEN/trends shows no synthetic data" in ended.stdout
    )
    made = products(project)
    assert not [path for path in made if "/reports/west_africa" in path or "/figures/" in path]


@pytest.mark.soak
def test_a_notebook_of_a_demonstration_that_reads_public_evidence_fails_and_leaves_no_page(tmp_path):
    project = small_project(tmp_path, record_trends=MIXED.format(name="unodc_detected_victims"))
    ended = run_analysis("run", "--area", "XIC-JADE", "--analysis", "record_trends", project=project, **PLAIN)
    assert ended.returncode == 1 and "is a demonstration on synthetic data, and its notebook read" in ended.stdout
    assert not [path for path in products(project) if "/reports/demo_islands" in path or "/figures/" in path]


# What is taken away when persons are no longer of their kind


AREA = "turkiye/TR-27"
RUNS = f"data/processed/runs/{AREA}"
FIGURES, REPORTS = f"{STAGED}/figures/{AREA}", f"{STAGED}/reports/{AREA}"


def executed_and_page(*analyses: str, mark: str = "") -> set[str]:
    return {path for name in analyses for path in (f"{RUNS}/{name}{mark}.ipynb", f"{REPORTS}/{name}{mark}.html")}


def logs(*analyses: str, mark: str = "") -> set[str]:
    return {f"{RUNS}/{name}{mark}.failed.ipynb" for name in analyses}


def drawn(*analyses: str, mark: str = "") -> set[str]:
    """A figure, and a page that the page shows in a frame."""
    figures = {f"{FIGURES}/{name}_who{mark}.png" for name in analyses}
    return figures | {f"{REPORTS}/{name}_map{mark}.html" for name in analyses}


PUBLIC_EVIDENCE = executed_and_page(*PUBLIC) | logs(*PUBLIC) | drawn(*PUBLIC)
RECORDS = executed_and_page(*WITH_CASE_RECORDS) | drawn(*WITH_CASE_RECORDS)
LOGS = logs(*WITH_CASE_RECORDS)
MARK = "_SYNTHETIC"
OF_SYNTHETIC = {
    *executed_and_page(*WITH_CASE_RECORDS, mark=MARK),
    *logs(*WITH_CASE_RECORDS, mark=MARK),
    *drawn(*WITH_CASE_RECORDS, mark=MARK),
}
# What an earlier version made, whose pages of public evidence showed synthetic persons beside it.
OF_BEFORE = executed_and_page(*PUBLIC, mark=MARK) | logs(*PUBLIC, mark=MARK) | drawn(*PUBLIC, mark=MARK)
TABLES = {"data/processed/turkiye/case_records.json", "data/processed/turkiye/histories.parquet"}
SURVEY_TABLES = {"data/processed/turkiye/survey.json", "data/processed/turkiye/survey_respondents.parquet"}
RISK = executed_and_page(RISK_FACTORS) | logs(RISK_FACTORS) | drawn(RISK_FACTORS)
RISK_SYNTHETIC = {
    *executed_and_page(RISK_FACTORS, mark=MARK),
    *logs(RISK_FACTORS, mark=MARK),
    *drawn(RISK_FACTORS, mark=MARK),
}
OTHER_STUDY = {
    f"{folder}/west_africa/SEN/{analysis}{end}"
    for analysis in PUBLIC
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
    for module in (batch_products, jobs, catalog, provenance, project_files, account):
        monkeypatch.setattr(module, "ROOT", tmp_path)
    for module in (account, jobs):
        monkeypatch.setattr(module, "STAGED", tmp_path / STAGED)
    monkeypatch.setattr(account, "NOTE", tmp_path / "data/processed/released.json")
    return tmp_path


def both(paths: set[str]) -> set[str]:
    """Products as they are staged, and as they stand once they have been released."""
    return paths | {path.removeprefix(f"{STAGED}/") for path in paths}


def fill(project: Path, *groups: set[str], inputs: tuple[str, ...] = (), **persons: str) -> set[str]:
    """Write products, staged and released; each executed notebook of persons says what it was made from and led to: of
    the tables of `persons` of which kind they were, public ones if it is not said; each of public evidence says so."""
    paths = set().union(*groups)
    for name in both(paths):
        path = project / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("content", encoding="utf-8")
    for stem in [Path(name).stem for name in sorted(paths) if name.startswith(RUNS)]:
        analysis = stem.removesuffix(MARK)
        read = ("official_counts",) if analysis in PUBLIC else inputs if analysis in OF_PERSONS else ()
        if not read:
            continue
        led_to = {name: "0" for name in paths if re.match(rf"{STAGED}/(figures|reports)/{AREA}/{analysis}[._]", name)}
        shown = {name: persons.get(name, "public") for name in read if name.endswith("_turkiye")}
        metadata = {"made_from": {"inputs": dict.fromkeys(read, "0"), "persons": shown}, "products": led_to}
        notebook = {"cells": [], "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
        (project / RUNS / f"{stem}.ipynb").write_text(
            json.dumps(notebook, indent=1, sort_keys=True) + "\n", encoding="utf-8"
        )
    return both(paths)


def left(project: Path) -> set[str]:
    return {path.relative_to(project).as_posix() for path in project.rglob("*") if path.is_file()}


WITH_RECORDS = ("official_counts", "case_records_turkiye")


def test_public_evidence_stands_whatever_becomes_of_persons(project, kind):
    written = fill(project, PUBLIC_EVIDENCE, OTHER_STUDY)
    for cases, survey in product(KINDS, KINDS):
        kind(cases, survey)
        withdraw()
        assert left(project) == written, (cases, survey)


@every_kind
def test_nothing_stands_that_showed_synthetic_persons_beside_public_evidence(project, kind, of):
    kind(of, of)
    fill(project, PUBLIC_EVIDENCE, OF_BEFORE, OTHER_STUDY)
    withdraw()
    assert left(project) == both(PUBLIC_EVIDENCE | OTHER_STUDY)


def test_of_a_page_that_is_synthetic_in_part_each_figure_says_by_itself_what_it_is(project, kind):
    of_counts = executed_and_page(*WITH_OWN_FIGURES, mark=MARK) | drawn(*WITH_OWN_FIGURES, mark=MARK)
    kind("", figures="synthetic")
    fill(project, PUBLIC_EVIDENCE, of_counts, OTHER_STUDY)
    withdraw()
    # The page under the name without the mark goes; its figures of public evidence belong to the new page too.
    replaced = executed_and_page(*WITH_OWN_FIGURES) | logs(*WITH_OWN_FIGURES)
    stands = (PUBLIC_EVIDENCE - replaced) | of_counts | OTHER_STUDY
    assert left(project) == both(stands)
    kind("")
    withdraw()
    assert left(project) == both(stands - of_counts)


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
    written = fill(project, PUBLIC_EVIDENCE, RECORDS, LOGS, TABLES, inputs=WITH_RECORDS)
    withdraw()
    assert left(project) == written


@pytest.mark.parametrize("now", ["synthetic", "confidential", ""])
def test_whatever_shows_public_records_goes_when_they_are_not_public_any_more(project, kind, now):
    kind(now)
    fill(project, PUBLIC_EVIDENCE, RECORDS, OTHER_STUDY, inputs=WITH_RECORDS)
    withdraw()
    assert left(project) == both(PUBLIC_EVIDENCE | OTHER_STUDY)


@pytest.mark.parametrize("now", ["synthetic", "public", ""])
def test_whatever_shows_confidential_records_goes_when_they_are_of_another_kind(project, kind, now):
    kind("confidential")
    written = fill(
        project, PUBLIC_EVIDENCE, RECORDS, OTHER_STUDY, inputs=WITH_RECORDS, case_records_turkiye="confidential"
    )
    withdraw()
    assert left(project) == written
    kind(now)
    withdraw()
    assert left(project) == both(PUBLIC_EVIDENCE | OTHER_STUDY)


@pytest.mark.parametrize("since", ["failed", "ran without records"])
def test_a_release_goes_with_the_records_that_it_shows_though_its_notebook_was_run_again_since(project, kind, since):
    kind("public")
    fill(project, PUBLIC_EVIDENCE, RECORDS, OTHER_STUDY, inputs=WITH_RECORDS)
    job = Job("record_journeys", "turkiye", "TR-27")
    account.NOTE.write_bytes(as_manifest(account.of_jobs([job])))
    if since == "failed":
        job.executed.unlink()
    else:
        fill(project, {f"{RUNS}/record_journeys.ipynb"}, inputs=("official_counts",))
    withdraw()
    shown = {"reports/turkiye/TR-27/record_journeys.html", "figures/turkiye/TR-27/record_journeys_who.png"}
    assert shown < left(project)
    kind("confidential")
    withdraw()
    assert not [
        path for path in left(project) if path.startswith(("reports/turkiye/TR-27/rec", "figures/turkiye/TR-27/rec"))
    ]
    assert left(project) >= both(OTHER_STUDY | PUBLIC_EVIDENCE)


@each_of_records
def test_of_the_pages_the_one_that_shows_public_records_goes_though_others_do_not(project, kind, analysis):
    others = [name for name in WITH_CASE_RECORDS if name != analysis]
    stands = fill(project, executed_and_page(*others) | drawn(*others), inputs=("official_counts",))
    fill(project, executed_and_page(analysis) | drawn(analysis), inputs=WITH_RECORDS)
    kind("confidential")
    withdraw()
    assert left(project) == stands


def test_a_page_of_records_under_the_name_without_the_mark_goes_where_the_name_is_now_another(project, kind):
    kind("synthetic")
    fill(project, PUBLIC_EVIDENCE, RECORDS, OF_SYNTHETIC, LOGS, inputs=("official_counts",))
    withdraw()
    # So do its figures: of such a page all says that it is synthetic.
    assert left(project) == both(PUBLIC_EVIDENCE | OF_SYNTHETIC)


def test_logs_that_may_hold_records_go_when_those_become_confidential(project, kind):
    kind("confidential")
    fill(project, PUBLIC_EVIDENCE, LOGS, OTHER_STUDY)
    withdraw()
    # Those of analyses that read no records stand.
    assert left(project) == both(PUBLIC_EVIDENCE | OTHER_STUDY)


def test_logs_that_were_written_of_confidential_records_stand(project, kind):
    kind("confidential")
    job = Job("record_journeys", "turkiye", "TR-27")
    (content,) = failed(Result(job, reason="a cause")).products.values()
    log = logs("record_journeys")
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
    kind(of, "synthetic")
    written = fill(project, PUBLIC_EVIDENCE, of_cases, RISK_SYNTHETIC, OTHER_STUDY)
    withdraw()
    assert left(project) == written
    kind(of, "public")
    withdraw()
    assert left(project) == written - both(RISK_SYNTHETIC)
    written = fill(project, PUBLIC_EVIDENCE, of_cases, RISK, SURVEY_TABLES, OTHER_STUDY)
    withdraw()
    assert left(project) == written


@every_kind
def test_whatever_shows_a_public_survey_goes_when_it_is_not_public_any_more_and_nothing_else(project, kind, of):
    of_cases = OF_SYNTHETIC if of == "synthetic" else set()
    for now in ("synthetic", "confidential", ""):
        fill(project, RISK, inputs=("official_counts", "survey_turkiye"))
        written = fill(project, PUBLIC_EVIDENCE, of_cases, OTHER_STUDY)
        kind(of, now)
        withdraw()
        assert left(project) == written, now


@pytest.mark.parametrize("now", ["public", "confidential", ""])
def test_of_synthetic_records_and_a_synthetic_survey_each_goes_where_it_is_no_more_and_the_other_stands(
    project, kind, now
):
    for cases, survey, goes, stays in (
        ("synthetic", now, RISK_SYNTHETIC, OF_SYNTHETIC),
        (now, "synthetic", OF_SYNTHETIC, RISK_SYNTHETIC),
    ):
        kind(cases, survey)
        fill(project, goes)
        written = fill(project, PUBLIC_EVIDENCE, stays, OTHER_STUDY)
        withdraw()
        assert left(project) == written
        for path in written:
            (project / path).unlink()


@pytest.mark.parametrize("now", ["confidential", ""])
def test_a_page_that_has_its_name_from_synthetic_records_goes_with_the_public_survey_that_it_shows(project, kind, now):
    shown = executed_and_page("record_journeys", mark=MARK) | drawn("record_journeys", mark=MARK)
    read = ("case_records_turkiye", "survey_turkiye")
    kind("synthetic", now)
    fill(project, shown, inputs=read, case_records_turkiye="synthetic")
    withdraw()
    assert left(project) == set()
    kind("synthetic", "public")
    written = fill(project, shown, inputs=read, case_records_turkiye="synthetic")
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
    fill(project, PUBLIC_EVIDENCE, OF_BEFORE, OF_SYNTHETIC, RECORDS, inputs=WITH_RECORDS)
    withdraw()
    once = left(project)
    withdraw()
    assert left(project) == once


@each_of_records
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

    def make(wanted, jobs):
        # What they share is computed while tables are made.
        assert jobs
        steps.append(("tables", *(f"{tables.words} of {tables.study}" for tables in wanted)))
        return {}

    monkeypatch.setattr(cli_batch, "exclusive", contextlib.nullcontext)
    monkeypatch.setattr(cli_batch, "withdraw", lambda _: steps.append(("withdraw",)) or {})
    monkeypatch.setattr(catalog, "verify_all", lambda: steps.append(("verify",)))
    monkeypatch.setattr(cli_batch, "tables_state", lambda tables: TablesState(tables, "stale"))
    monkeypatch.setattr(cli_batch, "make", make)
    monkeypatch.setattr(cli_batch, "states", lambda planned: steps.append(("notebooks", len(planned))) or [])
    monkeypatch.setattr(cli_batch, "write_index", lambda: steps.append(("index",)))
    return steps


@each_of_records
def test_stale_tables_are_made_before_a_notebook_that_shows_them_is_looked_at_whatever_their_kind(told, kind, analysis):
    for of in ("synthetic", "confidential", "public"):
        kind(of)
        told.clear()
        assert cli.main(["run", "--area", "TR-27", "--analysis", analysis]) == 0
        assert told == [("withdraw",), ("verify",), ("tables", "case records of turkiye"), ("notebooks", 1), ("index",)]


def test_stale_tables_of_a_survey_are_made_before_the_notebook_that_shows_them_and_for_no_other(told, kind):
    steps = [("withdraw",), ("verify",), ("tables", "survey answers of turkiye"), ("notebooks", 1), ("index",)]
    for cases, survey in (("synthetic", "synthetic"), ("", "confidential")):
        kind(cases, survey)
        told.clear()
        assert cli.main(["run", "--area", "TR-27", "--analysis", RISK_FACTORS]) == 0
        assert told == steps
    kind("synthetic", "synthetic")
    told.clear()
    assert cli.main(["run", "--area", "TR-27"]) == 0
    assert ("tables", "case records of turkiye", "survey answers of turkiye") in told
    assert ("notebooks", len(PUBLIC) + len(OF_PERSONS)) in told


@pytest.mark.parametrize("analysis", OF_EVIDENCE)
def test_what_shows_no_persons_waits_for_no_tables(told, kind, analysis):
    kind("confidential", "synthetic")
    area_id = "SEN" if analysis == REFERRAL_MECHANISMS else "TR-27"
    assert cli.main(["run", "--area", area_id, "--analysis", analysis]) == 0
    assert told == [("withdraw",), ("verify",), ("notebooks", 1), ("index",)]


def test_tables_that_are_fresh_are_left_and_those_of_a_study_without_lists_are_not_asked_for(told, kind, monkeypatch):
    kind("synthetic")
    assert cli.main(["run", "--study", "west_africa"]) == 0
    assert "tables" not in {step[0] for step in told}
    monkeypatch.setattr(cli_batch, "tables_state", lambda tables: TablesState(tables, "fresh"))
    for analysis in WITH_CASE_RECORDS:
        told.clear()
        assert cli.main(["run", "--analysis", analysis]) == 0
        assert "tables" not in {step[0] for step in told} and ("notebooks", 9 + 1) in told


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
    monkeypatch.setattr(batch_run, "workers", lambda scheduler, number, jobs: scheduler)
    return groups, barred


# What TR-27 and SEN have without any persons.
WITHOUT_PERSONS = {
    *(f"turkiye/TR-27/{analysis}" for analysis in PUBLIC),
    *(f"west_africa/SEN/{analysis}" for analysis in OF_EVIDENCE),
}


def test_where_tables_cannot_be_made_the_pages_that_show_them_fail_and_the_others_run(ran, kind):
    groups, barred = ran
    kind("synthetic")
    planned = plan(area_ids=["TR-27", "SEN"])
    found = cli_batch.run_notebooks(planned, {OF_CASES: "a list is not there"}, cli_batch.How(2))
    assert [result.job for result in found] == planned
    assert {(job.study, job.analysis) for job in barred} == {("turkiye", name) for name in WITH_CASE_RECORDS}
    assert set(barred.values()) == {"its case records could not be made: a list is not there"}
    ((_, left_to_run),) = groups
    assert {job.name for job in left_to_run} == WITHOUT_PERSONS


def test_where_a_survey_cannot_be_read_its_page_alone_fails(ran, kind):
    groups, barred = ran
    kind("synthetic", "synthetic")
    planned = plan(area_ids=["TR-27"])
    cli_batch.run_notebooks(planned, {OF_SURVEY: "its frame is not there"}, cli_batch.How(2))
    reason = "its survey answers could not be made: its frame is not there"
    assert barred == {Job(RISK_FACTORS, "turkiye", "TR-27"): reason}
    ((_, left_to_run),) = groups
    assert {job.analysis for job in left_to_run} == {*PUBLIC, *WITH_CASE_RECORDS}


@pytest.mark.parametrize(("of", "ending"), [("synthetic", "_SYNTHETIC"), ("confidential", "")])
def test_pages_without_persons_go_to_the_cluster_and_those_with_them_stay(ran, kind, of, ending):
    groups, _ = ran
    kind(of, of)
    cli_batch.run_notebooks(plan(area_ids=["TR-27", "SEN"]), {}, cli_batch.How(2, "tcp://cluster:8786"))
    (elsewhere, sent), (here, kept) = groups
    assert (elsewhere, here) == ("tcp://cluster:8786", None)
    assert {job.name for job in kept} == {f"turkiye/TR-27/{analysis}{ending}" for analysis in OF_PERSONS}
    assert {job.name for job in sent} == WITHOUT_PERSONS


@pytest.mark.soak
@each_of_records
def test_a_run_of_one_analysis_alone_makes_the_tables_and_a_page_that_says_what_it_shows(tmp_path, analysis):
    code = (
        "from analysis import areas\n"
        "from analysis.cases.processed import load\n"
        "from analysis.exhibits import inputs\n"
        "print(len(load(areas.get(area).study).case_records))\n"
        "inputs.read()\n"
    )
    project = small_project(tmp_path, **{analysis: code})
    ended = run_analysis("run", "--area", "XIC-JADE", "--analysis", analysis, project=project, **PLAIN)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    made = products(project)
    assert "data/processed/demo_islands/case_records_SYNTHETIC.json" in made
    assert not [path for path in made if path.startswith("data/processed/demo_provinces")]
    staged = f"{STAGED}/reports"
    assert {path for path in made if path.startswith(staged)} == {
        f"{staged}/index.html",
        f"{staged}/demo_islands/XIC-JADE/{analysis}_SYNTHETIC.html",
    }
    executed = json.loads(made[f"data/processed/runs/demo_islands/XIC-JADE/{analysis}_SYNTHETIC.ipynb"])
    printed = "".join(executed["cells"][-1]["outputs"][0]["text"])
    assert int(printed) > 1000
    assert "case_records_demo_islands" in executed["metadata"]["made_from"]["inputs"]
    html = made[f"{staged}/demo_islands/XIC-JADE/{analysis}_SYNTHETIC.html"].decode("utf-8")
    assert "<strong>SYNTHETIC:</strong>" in html and f"<title>Jade: {words(analysis)} (SYNTHETIC)</title>" in html
    # The index leads to it among the demonstrations, and says so.
    index = made[f"{staged}/index.html"].decode("utf-8").partition('id="demonstration"')[2]
    assert f'aria-label="Jade: {words(analysis)}, SYNTHETIC"' in index
    assert areas.STUDIES["demo_islands"].is_synthetic
