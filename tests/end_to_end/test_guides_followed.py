"""A first analysis and its first finding, made in a copy of the project as the two guides say, word for word."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import guides
import pytest
from guides import MEASURES, MODULE, NAME, NOTEBOOK, TABLE
from projects import PLAIN, ROOT, STAGED, copy_of_the_project, environment_of, run_analysis

pytestmark = pytest.mark.skipif(guides.FOLLOWED, reason=guides.WHY_SKIPPED)
# The tests of `make check` that know of analyses, measures or notebooks, or read all modules or texts.
CHECKED = (
    *("tests/test_analyses.py", "tests/test_texts.py", "tests/findings", "tests/report/test_key_findings.py"),
    "tests/repository/test_packages.py::test_ties_are_sorted_alike_on_every_machine",
)
FAST = "not (end_to_end or browser or slow or soak)"


def whole_copy(folder: Path) -> Path:
    """The project with its tests, documentation and tools, and nothing that a run has made."""
    project = copy_of_the_project(folder)
    there = {path.name for path in project.iterdir()} | {"figures", "reports", "tests"}
    for path in ROOT.iterdir():
        if path.name not in there and not path.name.startswith("."):
            copy = shutil.copytree if path.is_dir() else shutil.copy
            copy(path, project / path.name)
    shutil.copytree(ROOT / "tests", project / "tests", ignore=shutil.ignore_patterns("__pycache__"))
    return project


def files(project: Path) -> dict[str, bytes]:
    """What people write in a project, by path."""
    paths = (path for path in project.rglob("*") if path.is_file() and path.suffix != ".pyc")
    found = {path.relative_to(project).as_posix(): path.read_bytes() for path in paths}
    return {name: content for name, content in found.items() if not name.startswith((".cache/", "data/processed/"))}


def tool(project: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a Python module beside the copy, with the code of the copy."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    environment = clean | {"PYTHONPATH": environment_of(project)["PYTHONPATH"]}
    return subprocess.run(
        [sys.executable, "-m", *words], cwd=project, env=environment, capture_output=True, text=True, check=False
    )


def run(project: Path, words: list[str]) -> str:
    """What a command of a guide prints; it must end well."""
    ended = run_analysis(*words, project=project, **PLAIN)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


@pytest.fixture(scope="module")
def followed(tmp_path_factory) -> tuple[Path, set[str], list[str]]:
    """A copy in which both guides were followed; the files that they had changed, and what each command printed."""
    project = whole_copy(tmp_path_factory.mktemp("guides"))
    before = files(project)
    guides.write_notebook(project)
    guides.add_line(project)
    (asked,) = guides.commands(guides.ANALYSIS)
    printed = [run(project, asked)]
    guides.declare_measure(project)
    guides.state_in_cells(project)
    printed += [run(project, asked) for asked in guides.commands(guides.FINDING)]
    after = files(project)
    return project, {name for name in {*before, *after} if before.get(name) != after.get(name)}, printed


def test_two_files_are_written_and_one_line_and_nothing_else(followed):
    project, changed, printed = followed
    assert changed == {NOTEBOOK, MEASURES, TABLE}
    before, after = ((folder / TABLE).read_text(encoding="utf-8") for folder in (ROOT, project))
    assert after.removeprefix(before).count("\n") == 1
    assert "3 notebooks ran, none failed." in printed[0]


def test_the_finding_of_one_area_is_listed_as_the_guide_prints_it_once_that_area_has_been_run(followed):
    project, _, (_, ran, listed) = followed
    assert "1 notebooks ran, none failed." in ran
    (printed,) = guides.blocks(guides.FINDING, "text")
    assert listed.strip() == printed
    # It opens the page, which no file of the order of key findings had to say.
    page = (project / STAGED / f"reports/west_africa/SEN/{NAME}.html").read_text(encoding="utf-8")
    sentence = printed.splitlines()[1].strip().partition(". n =")[0]
    assert sentence in page[page.index("Key findings") : page.index("Key findings") + 1000]


def test_what_has_not_been_run_is_said_and_what_needs_the_whole_study_still_does(followed):
    project = followed[0]
    listed = run(project, ["findings", "--area", "SEN"])
    assert "SEN/count_change.victims" in listed and "1 findings, 1 of them known." in listed
    missing = "SEN/incidence, SEN/trends, SEN/routes, SEN/referral_mechanisms"
    assert f"Not yet run, so that what they state is missing: {missing}.\n" in listed
    assert listed.endswith("`python -m analysis run --area SEN` runs them.\n")
    # Those that were run before the cells of the finding were written have to be run again.
    listed = run(project, ["findings", "--area", "NGA", "--analysis", NAME])
    assert "0 findings" in listed and f"missing: NGA/{NAME}.\n" in listed
    assert listed.endswith(f"`python -m analysis run --area NGA --analysis {NAME}` runs them.\n")
    for words in (["--study", "west_africa"], ["--freeze", "first"], ["--recommendations"]):
        ended = run_analysis("findings", *words, project=project, **PLAIN)
        assert ended.returncode == 2 and "have not been collected" in ended.stderr
    assert not (project / "data/baselines/first").exists()


def test_a_function_in_a_module_states_the_same_and_passes_the_rules_of_code(followed, tmp_path):
    project = shutil.copytree(followed[0], tmp_path / "project")
    guides.state_by_a_function(project)
    asked, listing = guides.commands(guides.FINDING)
    run(project, asked)
    lines = run(project, listing).splitlines()
    (printed,) = guides.blocks(guides.FINDING, "text")
    assert lines[2:4] == printed.splitlines()[:2] and lines[0] == "SEN/count_change.child_victims"
    for words in (["ruff", "check", MODULE, NOTEBOOK], ["ruff", "format", "--check", MODULE]):
        linted = tool(project, *words)
        assert linted.returncode == 0, linted.stdout
    packages = tool(
        project, "pytest", "-q", "-p", "no:cacheprovider", "tests/repository/test_packages.py", "-k", "ties_are_sorted"
    )
    assert packages.returncode == 0 and "1 passed" in packages.stdout, packages.stdout


def test_the_checks_of_the_project_pass_in_the_copy(followed):
    project = followed[0]
    linted = tool(project, "ruff", "check", NOTEBOOK)
    assert linted.returncode == 0, linted.stdout
    ended = tool(project, "pytest", "-q", "-p", "no:cacheprovider", "-m", FAST, *CHECKED)
    assert ended.returncode == 0 and " passed" in ended.stdout, ended.stdout[-5000:]
