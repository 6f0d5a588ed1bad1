"""A survey in the batch: its tables and its page are fresh, stale, synthetic or not released, beside any case records.

The synthetic survey is that of the demonstration; a confidential or public one is entered as one of Türkiye.
"""

import hashlib
import json
import re
import shutil
import sys

import pandas as pd
import pytest
import yaml
from projects import PLAIN, STAGED, add_case_lists, add_survey, leave_out, products, run_analysis, small_project

TABLES = "data/processed/demo_provinces"
EXPORT = "data/raw/synthetic/demo_provinces/survey_SYNTHETIC.csv"
FRAME = "data/raw/synthetic/demo_provinces/survey_frame_SYNTHETIC.csv"
DESCRIPTION = "data/raw/synthetic/demo_provinces/survey_SYNTHETIC.survey.yml"
RUN = ("run", "--area", "XDP-FIG", "--analysis", "risk_factors")
OF_TURKIYE = ("run", "--area", "TR-27", "--analysis", "risk_factors")
NAMES = ("survey", "survey_respondents", "survey_quarantine", "survey_account", "survey_protected", "survey_intake")
PAGES = f"{STAGED}/reports/demo_provinces/XDP-FIG"
# Those of Türkiye, where there is a survey of it.
PAGE, NOTEBOOK = (
    f"{STAGED}/reports/turkiye/TR-27/risk_factors.html",
    "data/processed/runs/turkiye/TR-27/risk_factors.ipynb",
)
CODE = """
from analysis import areas
from analysis.exhibits import inputs
from analysis.survey.processed import load
print(len(load(areas.get(area).study).respondents))
inputs.read()
"""


def keep_two_units(project) -> None:
    """Leave two sampling units of each stratum in the survey, which is then read in a moment."""
    frame = pd.read_csv(project / FRAME, dtype=str).groupby("stratum", sort=False).head(2)
    visits = pd.read_csv(project / EXPORT, sep=";", dtype=str, keep_default_na=False)
    unit = next(name for name in visits if name.endswith("psu_id"))
    visits[visits[unit].isin(frame["psu_id"])].to_csv(project / EXPORT, sep=";", index=False)
    frame.to_csv(project / FRAME, index=False)
    catalogue = (project / EXPORT).with_name("catalog.yml")
    listed = yaml.safe_load(catalogue.read_text(encoding="utf-8"))
    for entry in listed.values():
        entry["sha256"] = hashlib.sha256((catalogue.parent / entry["file"]).read_bytes()).hexdigest()
    catalogue.write_text(yaml.safe_dump(listed, allow_unicode=True, sort_keys=False), encoding="utf-8")


def key(folder) -> dict[str, str]:
    (folder / "key.txt").write_text("0123456789abcdef\n", encoding="ascii")
    return {"ANALYSIS_KEY": str(folder / "key.txt")}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A project in which the page of one province was made, whose notebook does no more than read the survey."""
    project = small_project(tmp_path_factory.mktemp("survey"), risk_factors=CODE)
    keep_two_units(project)
    ended = run_analysis(*RUN, project=project, **PLAIN)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return project


@pytest.fixture
def project(made, tmp_path):
    """A copy of it, to be changed by a test."""
    return shutil.copytree(made, tmp_path / "project")


def tables(project, study: str = "demo_provinces") -> set[str]:
    folder = project / "data/processed" / study
    return {path.name for path in folder.iterdir()} if folder.exists() else set()


def shown(project, study: str = "demo_provinces") -> dict[str, bytes]:
    """What a run has made of notebooks of a study: internal, staged or released."""
    trees = [f"{tree}{name}/{study}/" for tree in ("", f"{STAGED}/") for name in ("figures", "reports")]
    starts = (*trees, f"data/processed/runs/{study}/")
    return {path: content for path, content in products(project).items() if path.startswith(starts)}


def states(project) -> dict[str, str]:
    """What `status` says, with reasons, by the name of a page or of tables."""
    ended = run_analysis("status", "--each", *RUN[1:], project=project)
    assert ended.returncode == 0, ended.stderr
    lines = [re.match(r"(?P<state>\w+) (?P<name>[^:]+)(: .*)?$", line) for line in ended.stdout.splitlines()]
    return {line["name"]: line[0] for line in lines if line}


OF_TABLES, OF_PAGE = "demo_provinces/survey answers", "demo_provinces/XDP-FIG/risk_factors_SYNTHETIC"


def test_a_run_of_the_survey_makes_its_tables_alone_and_a_page_that_says_what_it_shows(made):
    found = products(made)
    assert {name.split("_SYNTHETIC.")[0] for name in tables(made)} == set(NAMES)
    for path in found:
        if path.startswith(TABLES):
            assert "_SYNTHETIC." in path and b"SYNTHETIC" in found[path], path
    page = f"{PAGES}/risk_factors_SYNTHETIC.html"
    assert set(shown(made)) == {page, "data/processed/runs/demo_provinces/XDP-FIG/risk_factors_SYNTHETIC.ipynb"}
    html = found[page].decode("utf-8")
    assert "<title>Fig: risk factors (SYNTHETIC)</title>" in html and "<strong>SYNTHETIC:</strong>" in html
    assert '<body class="synthetic">' in html
    index = found[f"{STAGED}/reports/index.html"].decode("utf-8")
    assert 'aria-label="Fig: risk factors, SYNTHETIC"' in index.partition('id="demonstration"')[2]
    # Without a survey of its own Türkiye has no such page.
    assert shown(made, "turkiye") == {} and tables(made, "turkiye") == set()
    asked = run_analysis(*OF_TURKIYE, project=made, **PLAIN)
    assert asked.returncode == 2 and "There are no survey answers of turkiye" in asked.stderr


def test_the_page_counts_the_survey_and_its_tables_among_its_inputs_and_no_case_record(made):
    path = made / "data/processed/runs/demo_provinces/XDP-FIG/risk_factors_SYNTHETIC.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    inputs = set(notebook["metadata"]["made_from"]["inputs"])
    assert {"survey_demo_provinces", "synthetic_demo_provinces_survey"} <= inputs
    assert not [name for name in inputs if "case_records" in name or "police" in name]
    assert int("".join(notebook["cells"][-1]["outputs"][0]["text"])) > 400


@pytest.mark.soak
def test_what_is_fresh_is_left_alone_and_made_again_with_the_same_bytes(project):
    before = products(project)
    assert states(project)[OF_TABLES] == f"fresh {OF_TABLES}"
    ended = run_analysis(*RUN, project=project, **PLAIN)
    assert "All 1 notebooks are up to date." in ended.stdout and products(project) == before
    ended = run_analysis(*RUN, "--again", project=project, **PLAIN)
    assert ended.returncode == 0 and products(project) == before


def remark(path):
    """A change of no consequence in a file that tables follow from."""

    def change(project):
        (project / path).write_text((project / path).read_text(encoding="utf-8") + "\n# A remark.\n", encoding="utf-8")

    return change


def in_other_order(path, name):
    """The same rows in another order, and entered so in the catalogue."""

    def change(project):
        lines = (project / path).read_bytes().split(b"\n")
        lines[1], lines[2] = lines[2], lines[1]
        (project / path).write_bytes(b"\n".join(lines))
        catalogue = project / "data/raw/synthetic/demo_provinces/catalog.yml"
        listed = yaml.safe_load(catalogue.read_text(encoding="utf-8"))
        listed[name]["sha256"] = hashlib.sha256((project / path).read_bytes()).hexdigest()
        catalogue.write_text(yaml.safe_dump(listed, allow_unicode=True), encoding="utf-8")

    return change


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (remark(DESCRIPTION), f"survey {DESCRIPTION} has changed"),
        (
            in_other_order(EXPORT, "synthetic_demo_provinces_survey"),
            "entry synthetic_demo_provinces_survey has changed",
        ),
        (
            in_other_order(FRAME, "synthetic_demo_provinces_survey_frame"),
            "inputs synthetic_demo_provinces_survey_frame has changed",
        ),
        (remark("src/analysis/survey/export.py"), "library src/analysis/survey/export.py has changed"),
        (
            lambda project: (project / TABLES / "survey_account_SYNTHETIC.parquet").write_bytes(b"x"),
            f"table {TABLES}/survey_account_SYNTHETIC.parquet is missing or was changed",
        ),
        (lambda project: (project / TABLES / "survey_SYNTHETIC.json").unlink(), "they have not been read"),
    ],
)
def test_tables_and_page_are_stale_for_what_they_are_made_from(project, change, reason):
    change(project)
    found = states(project)
    assert reason in found[OF_TABLES] and found[OF_TABLES].startswith(("stale", "missing"))
    assert f"of the survey answers, {reason}" in found[OF_PAGE] and found[OF_PAGE].startswith("stale")


@pytest.mark.soak
def test_what_is_stale_is_made_good(project):
    leave_out(project, "mapping")
    remark(DESCRIPTION)(project)
    ended = run_analysis("intake", "--study", "demo_provinces", project=project)
    assert ended.returncode == 0, ended.stderr
    report = f"{TABLES}/survey_intake_SYNTHETIC.html"
    assert f"survey answers of demo_provinces were read and weighted: {report}\n" in ended.stdout
    assert run_analysis(*RUN, project=project, **PLAIN).returncode == 0
    found = states(project)
    assert found[OF_TABLES].startswith("fresh") and found[OF_PAGE].startswith("fresh")


def test_a_change_in_what_reads_case_records_leaves_the_survey_as_it_is(project):
    remark("src/analysis/cases/record_linkage.py")(project)
    remark("data/raw/synthetic/demo_provinces/police_SYNTHETIC.mapping.yml")(project)
    found = states(project)
    assert found[OF_TABLES].startswith("fresh") and found[OF_PAGE].startswith("fresh")


def test_a_confidential_survey_is_shown_in_the_house_and_the_synthetic_one_stands_apart_as_it_was(project):
    before = shown(project)
    add_survey(project)
    ended = run_analysis(*OF_TURKIYE, project=project, **PLAIN)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    folder = project / "data/processed/turkiye"
    kept_back = (
        "survey answers of turkiye are confidential: their tables in data/processed/turkiye and executed notebooks "
        "are internal"
    )
    assert kept_back in ended.stdout and "set aside" not in ended.stdout
    assert set(shown(project, "turkiye")) == {PAGE, NOTEBOOK}
    assert {name.split(".")[0] for name in tables(project, "turkiye")} == set(NAMES)
    if sys.platform != "win32":
        private = [*folder.iterdir(), project / PAGE, project / NOTEBOOK]
        assert {path.stat().st_mode & 0o777 for path in private} == {0o600}
    # What the notebook prints of the children stays in it.
    counted = "".join(json.loads((project / NOTEBOOK).read_text())["cells"][-1]["outputs"][0]["text"]).strip()
    page = re.sub(r"<style>.*?</style>", "", (project / PAGE).read_text(), flags=re.S)
    assert int(counted) > 100 and counted not in page
    # Neither says a word of the other, and the index has each in its place.
    assert not [name for name in ("SYNTHETIC", "demo_", "banner") if name in page]
    assert "SYNTHETIC" not in (project / NOTEBOOK).read_text(encoding="utf-8")
    real, _, demonstrated = (project / STAGED / "reports/index.html").read_text().partition('id="demonstration"')
    assert 'aria-label="Gaziantep: risk factors"' in real and "SYNTHETIC" not in real[real.index("</style>") :]
    assert 'aria-label="Fig: risk factors, SYNTHETIC"' in demonstrated
    assert shown(project) == before and states(project)[OF_PAGE].startswith("fresh")
    status = run_analysis("status", "--study", "turkiye", project=project)
    assert kept_back in status.stdout and "fresh turkiye/survey answers" in status.stdout


@pytest.mark.soak
def test_a_public_survey_is_shown_without_a_mark_and_for_everybody_beside_confidential_case_records(project, tmp_path):
    add_survey(project, "public")
    add_case_lists(project)
    ended = run_analysis(*OF_TURKIYE, project=project, **key(tmp_path), **PLAIN)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "case records of turkiye are confidential" in ended.stdout and "survey answers" not in ended.stdout
    assert set(shown(project, "turkiye")) == {PAGE, NOTEBOOK}
    html = (project / PAGE).read_text(encoding="utf-8")
    assert "banner" not in html[html.index("</style>") :] and "<title>Gaziantep: risk factors</title>" in html
    # The way to the case records, which it does not show.
    assert '"case_records.html">Case records<' in html and ">Detected victims<" in html
    assert {name.split(".")[0] for name in tables(project, "turkiye")} == set(NAMES)
    if sys.platform != "win32":
        assert (project / PAGE).stat().st_mode & 0o044 and (project / NOTEBOOK).stat().st_mode & 0o044


@pytest.mark.soak
def test_confidential_case_records_of_a_study_leave_the_synthetic_survey_of_another_as_it_was(project, tmp_path):
    add_case_lists(project)
    before = shown(project)
    ended = run_analysis(*RUN, project=project, **key(tmp_path), **PLAIN)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "All 1 notebooks are up to date." in ended.stdout and shown(project) == before


def test_without_a_survey_its_tables_and_its_page_go(project):
    leave_out(project, "survey")
    refused = run_analysis(*RUN, project=project, **PLAIN)
    assert refused.returncode == 2 and "There are no survey answers of demo_provinces" in refused.stderr
    # They go whatever is read, of another study too.
    assert run_analysis("intake", "--study", "west_africa", project=project).returncode == 0
    assert shown(project) == {} and not [name for name in tables(project) if name.startswith("survey")]


@pytest.mark.soak
def test_an_exception_of_a_confidential_survey_says_its_type_and_its_place_alone(project, tmp_path):
    add_survey(project)
    add_case_lists(project)
    path = project / "src/analysis/survey/sample.py"
    text = "\n\ndef weights(*_, **__):\n    print('kanarya')\n    raise KeyError('kanarya')\n"
    path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")
    ended = run_analysis("intake", "--study", "turkiye", project=project, **key(tmp_path))
    assert ended.returncode == 1
    assert "survey answers of turkiye could not be made: KeyError at src/analysis/survey/sample.py:" in ended.stderr
    assert "kanarya" not in ended.stdout + ended.stderr
    # Case records are made nevertheless.
    assert "case records of turkiye were read and linked" in ended.stdout
    assert not [name for name in tables(project, "turkiye") if name.startswith("survey")]


def test_a_description_that_calls_the_survey_otherwise_than_the_catalogue_is_refused(project):
    folder = add_survey(project)
    path = folder / "survey.survey.yml"
    path.write_text(path.read_text(encoding="utf-8").replace("kind: confidential", "kind: public"), encoding="utf-8")
    ended = run_analysis("intake", "--study", "turkiye", project=project)
    assert ended.returncode == 1
    assert "survey.survey.yml says kind: public, but data/raw/turkiye/catalog.yml has confidential" in ended.stderr


@pytest.mark.soak
def test_an_export_is_checked_and_entered_with_its_sampling_frame(project):
    folder = add_survey(project)
    (folder / "catalog.yml").unlink()
    terms = ["--purpose", "a test", "--retain-until", "2099-12-31"]
    ended = run_analysis("check", "data/raw/turkiye/survey.csv", "--accept", *terms, project=project)
    assert ended.returncode == 0, ended.stderr
    assert re.search(r"[\d,]+ rows = [\d,]+ interviews \+ [\d,]+ visits without an interview", ended.stdout)
    checks = {path for path in products(project) if "checks" in path}
    assert checks == {f"data/processed/checks/turkiye/survey{end}" for end in (".html", "_quarantine.csv")}
    listed = yaml.safe_load((folder / "catalog.yml").read_text(encoding="utf-8"))
    ((name, entry), (of_frame, frame)) = listed.items()
    assert (entry["file"], entry["survey"], entry["kind"]) == ("survey.csv", "survey.survey.yml", "confidential")
    assert (of_frame, frame["file"], "survey" in frame) == (f"{name}_frame", "survey_frame.csv", False)
    # Nothing was shown of it yet; a run reads the survey.
    assert shown(project, "turkiye") == {}
    ended = run_analysis("intake", "--study", "turkiye", project=project)
    assert ended.returncode == 0 and "survey answers of turkiye were read and weighted" in ended.stdout


@pytest.mark.soak
def test_an_export_that_nobody_may_enter_and_a_frame_that_is_not_there_are_refused(project, tmp_path):
    folder = add_survey(project, "synthetic")
    (folder / "catalog.yml").unlink()
    ended = run_analysis("check", "data/raw/turkiye/survey.csv", "--accept", project=project)
    assert ended.returncode == 2 and "is for real lists and surveys" in ended.stderr
    assert (project / "data/processed/checks/turkiye/survey_SYNTHETIC.html").exists()
    (folder / "survey_frame.csv").unlink()
    ended = run_analysis("check", "data/raw/turkiye/survey.csv", project=project)
    assert ended.returncode == 2 and "survey_frame.csv, the sampling frame, is not there" in ended.stderr
