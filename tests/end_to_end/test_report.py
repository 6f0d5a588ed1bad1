"""The report from end to end, on a small assessment: made, released, and changed by a number in the evidence."""

import re
import shutil
from pathlib import Path

import pandas as pd
import pytest
from projects import PLAIN, STAGED, analyses_for, few_areas, run_analysis, small_project
from pypdf import PdfReader
from synthetic_study import STUDY, add_study, catalogue_anew

# A notebook that states how many victims were detected in its area, as a file of the evidence has it.
STATES = """
from analysis import areas
from analysis.exhibits import inputs
from analysis.findings.finding import Finding
from analysis.findings.finding import record
place = areas.get(area)
said = {"period": "2020", "n": 1, "method": "As a test says.", "limits": "What it does not show."}
display(record([Finding(place, "headline", "victims", value=41, **said)]))
inputs.read()
"""
# One that reads nothing, and one that reads the findings: each says so.
NOTHING = "from analysis.exhibits import inputs\nprint(area)\ninputs.read()"
READS = f"from analysis.findings import collected\ncollected.read(area)\n{NOTHING}"
FINDING = "SEN/headline.victims"
TEXTS = {
    "recommendations.yml": f"""
WA-01:
  study: west_africa
  text: {{en: "Look for victims in Senegal, where [[{FINDING}]] were detected."}}
  addressee: {{en: The authority in charge}}
  action: {{en: A search}}
  priority: high
  time_frame: within_1_year
  sdg: ["8.7"]
  rests_on: {{finding: {FINDING}, below: 50}}
""",
    "commitments.yml": f"""
PL-WAF:
  study: west_africa
  title: {{en: West Africa}}
  text: {{en: Find out what is in place.}}
  source: A test.
  activities:
    - text: {{en: Victims are counted}}
      outputs: [incidence]
      rests_on: {{finding: {FINDING}, kind: public}}
""",
    "lessons.yml": "LL-01:\n  text: {en: Nothing is learnt from a test.}\n",
    "terms.yml": "sdg: {en: SDG target 8.7, fr: cible 8.7, pt: meta 8.7, tr: SKA hedefi 8.7}\n",
    "layout.yml": "tables: {}\nareas: {}\n",
}
# Why a study lacks findings; West Africa, whose areas are countries, awaits none.
ABSENT = {
    "turkiye": {
        "no list of case records of Türkiye has been accepted",
        "no survey of children in Türkiye has been accepted",
    },
    "west_africa": set(),
    "cabo_verde": {"no list of case records of Cabo Verde has been accepted"},
}
CHAPTERS = ("summary", "turkiye", "west_africa", "cabo_verde", "lessons", "method")
# French has a summary and one study: the report is offered in it with these alone.
IN_FRENCH = ("summary", "west_africa")
SITE = "pledge_report"
# What the notebooks state, one finding each of three areas and three studies; and what is awaited of an area and its
# study: of Türkiye three findings of lists and twelve of a survey, of Cabo Verde four of lists.
FINDINGS = (3 + 3) + 2 * (3 + 12) + 2 * 4
PRINTED = ("brief_SEN", SITE)
SUMMARY = f"{STAGED}/reports/{SITE}/en/index.html"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A small assessment of public evidence that was run and released, and a baseline frozen after that."""
    stubs = dict.fromkeys(("trends", "routes", "referral_mechanisms", "plan_a_study"), NOTHING)
    project = small_project(tmp_path_factory.mktemp("report"), incidence=STATES, recommendations=READS, **stubs)
    few_areas(project)
    shutil.rmtree(project / "pledge")
    (project / "pledge/chapters/en").mkdir(parents=True)
    for name, text in TEXTS.items():
        (project / "pledge" / name).write_text(text, encoding="utf-8")
    for name in CHAPTERS:
        said = f"In [[{FINDING}|period]] they were [[{FINDING}]] in Senegal, see [[term:sdg]].\n"
        text = said if name == "summary" else "Words.\n"
        (project / f"pledge/chapters/en/{name}.md").write_text(text, encoding="utf-8")
    for name in IN_FRENCH:
        path = project / f"pledge/chapters/fr/{name}.md"
        path.parent.mkdir(exist_ok=True)
        path.write_text("Des mots.\n", encoding="utf-8")
    for command in (("run", "--jobs", "2"), ("release",), ("findings", "--freeze", "first")):
        ended = run_analysis(*command, project=project)
        assert ended.returncode == 0, ended.stdout + ended.stderr
    return project


@pytest.fixture
def project(made, tmp_path):
    return shutil.copytree(made, tmp_path / "project")


def words_of(page: str) -> str:
    body = page[page.index("<main") :]
    return " ".join(re.sub(r"<[^>]+>", " ", body).split())


def test_the_report_leaves_as_site_pdf_and_word_file_in_the_languages_in_which_it_is_written(made):
    site = made / "reports" / SITE
    assert {path.name for path in site.iterdir()} >= {"index.html", "en", "fr"}
    assert not (site / "pt").exists() and not (site / "fr/turkiye.html").exists()
    names = {path.name for path in (site / "downloads").iterdir()}
    assert {f"{SITE}_{language}.{kind}" for language in ("en", "fr") for kind in ("pdf", "docx")} < names
    assert {"brief_SEN_en.pdf", "brief_TR-27_en.docx"} < names and "brief_west_africa_en.pdf" not in names
    assert {"findings.csv", "findings.parquet"} < names
    for path in sorted((made / STAGED / "reports" / SITE).rglob("*")):
        if path.is_file():
            assert (made / path.relative_to(made / STAGED)).read_bytes() == path.read_bytes()
    index = (made / "reports/index.html").read_text(encoding="utf-8")
    assert f'href="{SITE}/index.html"' in index and f'href="{SITE}/en/briefs.html"' in index


def test_what_lists_and_a_survey_would_state_is_told_as_not_reported_with_the_reason_and_is_no_zero(made):
    of_all = {study: pd.read_parquet(made / f"data/processed/{study}/findings.parquet") for study in ABSENT}
    for study, absent in ABSENT.items():
        table = of_all[study][of_all[study]["status"] == "not reported"].set_index("finding_id")
        assert table[["value", "low", "high"]].isna().all(axis=None) and (table["notebook"] == "").all()
        assert set(table["why"]) == absent
    assert sum(map(len, of_all.values())) == FINDINGS
    assert "TR-27/estimated_total" in set(of_all["turkiye"]["finding_id"])
    # What is given to everybody holds them too.
    given = pd.read_parquet(made / f"reports/{SITE}/downloads/findings.parquet")
    assert (given["status"] == "not reported").sum() == FINDINGS - 6


def told(project: Path, number: str) -> dict[str, bool]:
    """Whether a number stands in the brief of Senegal, in the report in print, and on the index."""
    downloads = project / STAGED / "reports" / SITE / "downloads"
    printed = {name: PdfReader(downloads / f"{name}_en.pdf").pages for name in PRINTED}
    texts = {name: "".join(page.extract_text() for page in pages) for name, pages in printed.items()}
    texts["index"] = words_of((project / STAGED / "reports/index.html").read_text(encoding="utf-8"))
    return {name: re.search(rf"\b{number}\b", text) is not None for name, text in texts.items()}


def test_a_changed_number_changes_summary_brief_print_index_recommendation_and_comparison(project):
    assert "they were 41 in Senegal" in words_of((project / SUMMARY).read_text(encoding="utf-8"))
    assert all(told(project, "41").values()), told(project, "41")
    before = run_analysis("findings", "--recommendations", project=project, **PLAIN).stdout
    assert "WA-01: met" in before and "1 met" in before
    notebook = project / "notebooks/incidence.ipynb"
    notebook.write_text(notebook.read_text(encoding="utf-8").replace("value=41", "value=90"), encoding="utf-8")
    ended = run_analysis("run", "--jobs", "2", project=project)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    page = words_of((project / SUMMARY).read_text(encoding="utf-8"))
    assert "they were 90 in Senegal" in page and "41" not in page
    assert all(told(project, "90").values()), told(project, "90")
    after = run_analysis("findings", "--flagged", project=project, **PLAIN).stdout
    assert "WA-01: not met" in after and "90" in after
    compared = project / "changes.csv"
    run_analysis("findings", "--since", "first", "--into", str(compared), project=project, **PLAIN)
    row = pd.read_csv(compared).set_index("finding_id").loc[FINDING]
    # Counts of 41 and 90 have exact limits that lie apart.
    assert (row["value_then"], row["value_now"]) == (41, 90) and row["change"] == "changed beyond uncertainty"
    status = run_analysis("release", "--check", project=project, **PLAIN).stdout
    assert "the report on the pledge" not in status


@pytest.mark.soak
def test_a_typed_number_or_an_id_that_does_not_exist_fails_with_its_place_and_keeps_the_report_as_it_was(project):
    before = (project / SUMMARY).read_bytes()
    chapter = project / "pledge/chapters/en/method.md"
    chapter.write_text("Words.\n\nThere were 41 of them, or forty-one, and [[SEN/nothing]].\n", encoding="utf-8")
    checked = run_analysis("check", "pledge", project=project, **PLAIN)
    assert checked.returncode == 1
    assert "chapters/en/method.md:3:12: " in checked.stdout and "chapters/en/method.md:3:27: " in checked.stdout
    assert "SEN/nothing" in checked.stdout and "3 faults" in checked.stdout
    ended = run_analysis("run", project=project)
    assert ended.returncode == 1 and "The report cannot be made" in ended.stderr
    assert (project / SUMMARY).read_bytes() == before
    released = run_analysis("release", project=project, **PLAIN)
    assert released.returncode == 0 and "left out, not up to date" in released.stdout
    assert (project / f"reports/{SITE}/en/index.html").read_bytes() == before


def test_an_analysis_that_is_added_makes_itself_alone_stale_and_neither_recommendations_nor_the_report(project):
    def states() -> set[str]:
        ended = run_analysis("status", "--each", project=project)
        assert ended.returncode == 0, ended.stderr
        return set(ended.stdout.splitlines())

    # The baseline was frozen when all was made.
    shutil.rmtree(project / "data/baselines")
    before, site = states(), project / STAGED / "reports" / SITE
    written = {path: path.stat().st_mtime_ns for path in site.rglob("*")}
    assert {line.split()[0] for line in before} == {"fresh"} and "fresh report on the pledge" in before
    shutil.copy(project / "notebooks/trends.ipynb", project / "notebooks/another.ipynb")
    with open(project / "notebooks/analyses.csv", "a", encoding="utf-8") as table:
        table.write("another,another,,,,,west_africa,none,,all\n")
    places = ("SEN", "west_africa")
    assert states() - before == {f"missing west_africa/{each}/another: it has not been run" for each in places}
    assert before < states()
    ended = run_analysis("run", project=project, **PLAIN)
    assert ended.returncode == 0 and "2 notebooks ran, none failed." in ended.stdout, ended.stdout + ended.stderr
    assert "New: 2 staged pages (" in ended.stdout and "is being made" not in ended.stderr
    assert states() - before == {f"fresh west_africa/{each}/another" for each in places} and before < states()
    # One that states no finding makes nothing stale but itself when it fails, or is taken away.
    (project / "notebooks/another.ipynb").write_text("no notebook", encoding="utf-8")
    stale = {f"stale west_africa/{each}/another" for each in places}
    assert {line.split(":")[0] for line in states() - before} == stale
    assert before < states()
    assert {path: path.stat().st_mtime_ns for path in site.rglob("*")} == written


@pytest.mark.soak
def test_the_report_is_the_same_byte_for_byte_when_it_is_made_again(project):
    site = project / STAGED / "reports" / SITE
    before = {path.relative_to(site): path.read_bytes() for path in site.rglob("*") if path.is_file()}
    shutil.rmtree(project / "data/baselines")
    ended = run_analysis(
        "run", "--report", project=project, PYTHONHASHSEED="77", SOURCE_DATE_EPOCH="1000000000", TZ="Asia/Tokyo"
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert {path.relative_to(site): path.read_bytes() for path in site.rglob("*") if path.is_file()} == before


@pytest.mark.soak
def test_a_study_that_the_report_does_not_tell_of_leaves_it_and_the_baseline_as_they_were(project):
    site = project / STAGED / "reports" / SITE
    # The baseline was frozen after the report was made.
    assert run_analysis("run", "--jobs", "2", project=project).returncode == 0
    before = {path.relative_to(site): path.read_bytes() for path in site.rglob("*") if path.is_file()}
    add_study(project, kind="public")
    ended = run_analysis("run", "--jobs", "2", project=project)
    # Six districts and the study as a whole, all notebooks of public evidence each; nothing else had to be run again.
    ran = (6 + 1) * len(analyses_for(STUDY, "none"))
    assert ended.returncode == 0 and f"{ran} notebooks ran, none failed" in ended.stdout, ended.stdout + ended.stderr
    assert "The report on the pledge is up to date" in ended.stdout
    assert {path.relative_to(site): path.read_bytes() for path in site.rglob("*") if path.is_file()} == before
    listed = run_analysis("findings", "--study", STUDY, project=project, **PLAIN)
    assert f"{STUDY}/headline.victims" in listed.stdout and "7 findings, 7 of them known" in listed.stdout
    compared = run_analysis("findings", "--since", project=project, **PLAIN)
    assert compared.returncode == 0 and f"{FINDINGS} unchanged" in compared.stdout
    asked = run_analysis("run", "--study", STUDY, "--analysis", "recommendations", project=project, **PLAIN)
    assert asked.returncode == 2 and "the report on the pledge does not tell of it" in asked.stderr

    # Once it is to be told of, the report waits for its chapter, and then has it, with a page an area.
    folder = project / "data/raw" / STUDY
    path = folder / "study.csv"
    path.write_text(path.read_text(encoding="utf-8").replace(",all\n", ",none\n"), encoding="utf-8")
    catalogue_anew(folder, "study")
    waits = run_analysis("run", "--jobs", "2", project=project)
    assert waits.returncode == 1 and f"pledge/chapters/en/{STUDY}.md is not there" in waits.stderr
    (project / f"pledge/chapters/en/{STUDY}.md").write_text("Words on lakes.\n", encoding="utf-8")
    told = run_analysis("run", "--jobs", "2", project=project)
    assert told.returncode == 0 and "The report on the pledge is up to date" in told.stdout, told.stdout + told.stderr
    chapter = (site / f"en/{STUDY}.html").read_text(encoding="utf-8")
    assert "Words on lakes." in chapter and "Child trafficking: Türkiye, West Africa, Cabo Verde, The Lakes" in chapter
    assert "The Lakes: A test." in chapter.rpartition("<footer>")[2]
    assert len(list((site / "en").glob("area-*.html"))) == 3 + 6


def test_a_baseline_is_never_overwritten(project):
    again = run_analysis("findings", "--freeze", "first", project=project, **PLAIN)
    assert again.returncode == 2 and "never overwritten" in again.stderr
    compared = run_analysis("findings", "--since", project=project, **PLAIN)
    assert compared.returncode == 0 and f"{FINDINGS} unchanged" in compared.stdout
