"""Real lists take the place of synthetic ones that were released: what goes is said, and the report stands."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import yaml
from projects import PLAIN, STAGED, add_case_lists, products, run_analysis, small_project

from analysis.batch.products import as_manifest, digest

SHOWS = """
from IPython.display import HTML, display
from analysis import areas
from analysis.cases.processed import load
from analysis.exhibits import inputs
load(areas.get(area).study)
display(HTML(f"<p>of {area}</p>", metadata={"release_class": "protected"}))
inputs.read()
"""
EVIDENCE = """
from IPython.display import HTML, display
from analysis.exhibits import inputs
display(HTML(f"<p>evidence on {area}</p>", metadata={"release_class": "public"}))
inputs.read()
"""
ASKED = ("--area", "TR-27", "--analysis", "case_records", "--analysis", "trends")
REPORT = {f"reports/pledge_report_SYNTHETIC/{name}" for name in ("index.html", "en/index.html", "downloads/report.pdf")}
SYNTHETIC, REAL = (f"reports/turkiye/TR-27/case_records{mark}.html" for mark in ("_SYNTHETIC", ""))
LISTS = ("data/raw/turkiye/police.csv", "data/raw/turkiye/shelter.csv")
TERMS = ("--purpose", "a test", "--retain-until", "2099-12-31")
WHY = "since case_records of turkiye rests on real data now, and they are synthetic"


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> tuple[Path, dict[str, str]]:
    """A project whose release shows synthetic lists of Türkiye, on a page and in the report; and a key."""
    folder = tmp_path_factory.mktemp("unsaid")
    project = small_project(folder, trends=EVIDENCE, case_records=SHOWS)
    synthetic = project / "data/raw/synthetic/turkiye"
    shutil.move(add_case_lists(project, "synthetic"), synthetic)
    listed = yaml.safe_load((synthetic / "catalog.yml").read_text(encoding="utf-8"))
    for name in ("police", "shelter"):
        # No byte of a real list is that of a synthetic one.
        head, *rows = (synthetic / f"{name}.csv").read_text(encoding="utf-8").splitlines(keepends=True)
        (synthetic / f"{name}.csv").write_text("".join([head, *reversed(rows)]), encoding="utf-8")
        entry = listed.pop(f"turkiye_{name}")
        listed[f"synthetic_turkiye_{name}"] = entry | {"sha256": digest((synthetic / f"{name}.csv").read_bytes())}
    (synthetic / "catalog.yml").write_text(yaml.safe_dump(listed), encoding="utf-8")
    (folder / "key.txt").write_text("0123456789abcdef\n", encoding="ascii")
    variables = {"ANALYSIS_KEY": str(folder / "key.txt"), **PLAIN}
    for command in (("run", *ASKED), ("release",)):
        ended = run_analysis(*command, project=project, **variables)
        assert ended.returncode == 0, ended.stdout + ended.stderr
    # The report of an earlier release, as its note has it: it follows from the lists and from a survey.
    note = project / "data/processed/released.json"
    noted = json.loads(note.read_text(encoding="utf-8"))
    for path in REPORT:
        (project / path).parent.mkdir(parents=True, exist_ok=True)
        (project / path).write_text("The report.", encoding="utf-8")
    persons = {"case_records_turkiye": "synthetic", "survey_turkiye": "synthetic"}
    noted["pledge_report"] = {"products": dict.fromkeys(REPORT, digest(b"The report.")), "persons": persons}
    note.write_bytes(as_manifest(noted))
    return project, variables


@pytest.fixture
def project(made, tmp_path) -> Path:
    return shutil.copytree(made[0], tmp_path / "project")


def last_lines(text: str) -> dict[str, str]:
    """What is said to be new, gone and missing: the word -> the rest of the line."""
    heads = ("New: ", "Gone", "Missing: ")
    return {head.strip(": "): line for line in text.splitlines() for head in heads if line.startswith(head)}


def test_real_lists_are_accepted_run_and_released_and_whatever_goes_is_said_before_and_after(made, project):
    def analysis(*arguments: str):
        ended = run_analysis(*arguments, project=project, **made[1])
        assert ended.returncode == 0, ended.stdout + ended.stderr
        return ended

    before = set(products(project))
    assert {SYNTHETIC, *REPORT} < before
    add_case_lists(project)
    (project / "data/raw/turkiye/catalog.yml").unlink()
    accepted = analysis("check", *LISTS, "--accept", *TERMS)
    (said,) = [line.strip() for line in accepted.stderr.splitlines() if "Will be taken away" in line]
    counted = "1 released page, 1 staged page, 1 notebook"
    assert said.startswith(f"Will be taken away, {WHY}: {counted} (") and SYNTHETIC in said
    (gone,) = [line.strip() for line in accepted.stdout.splitlines() if "Gone, " in line]
    folders = ("data/processed/runs", f"{STAGED}/reports", "reports")
    assert gone == f"Gone, {WHY}: {', '.join(f'1 of {folder}/turkiye' for folder in folders)}."
    left = set(products(project))
    assert {path for path in before - left if path.startswith(("reports", "figures"))} == {SYNTHETIC}
    assert left > REPORT and "reports/turkiye/TR-27/trends.html" in left
    # Nothing more goes with the run: it says what is new, and the report stands.
    ran = analysis("run", *ASKED)
    assert "1 notebooks ran, none failed. 1 were fresh" in ran.stdout
    assert last_lines(ran.stdout) == {
        "New": f"New: 1 staged page ({STAGED}/{REAL}).",
        "Gone": "Gone: nothing.",
        "Missing": "Missing: nothing.",
    }
    released = analysis("release")
    said = last_lines(released.stdout)
    assert said["New"] == f"New: 1 released page ({REAL})." and said["Gone"] == "Gone: nothing."
    assert said["Missing"].endswith("; the report on the pledge.")
    after = products(project)
    assert REAL in after and set(after) > REPORT and b"case_records.html" in after["reports/turkiye/TR-27/trends.html"]


@pytest.mark.soak
def test_persons_that_are_not_public_any_more_take_the_report_with_them_and_it_is_said(made, project):
    note = project / "data/processed/released.json"
    noted = json.loads(note.read_text(encoding="utf-8"))
    noted["pledge_report"]["persons"]["case_records_turkiye"] = "public"
    note.write_bytes(as_manifest(noted))
    ended = run_analysis("intake", "--study", "turkiye", project=project, **made[1])
    assert ended.returncode == 0, ended.stderr
    why = "since case records of turkiye are synthetic now, and were public"
    assert f"Will be taken away, {why}: 3 released pages (" in ended.stderr
    assert f"Gone, {why}: 3 of reports/pledge_report_SYNTHETIC." in ended.stdout
    assert not REPORT & set(products(project))
