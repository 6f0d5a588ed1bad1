"""The workflow for a public forge is one that a forge accepts, and runs the very command that the README gives."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.specifiers import SpecifierSet
from projects import ROOT

WORKFLOW = ROOT / ".github/workflows/test.yml"
# Without tags, `on:` stays the word that it is on a forge.
JOB = yaml.load(WORKFLOW.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)["jobs"]["test"]


def checked(path: Path) -> subprocess.CompletedProcess[str]:
    """The published schema of workflows, as the checker's package brings it, held against a file."""
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-workflows", str(path)]
    return subprocess.run(command, capture_output=True, text=True)


def test_the_workflow_is_as_its_schema_asks():
    ended = checked(WORKFLOW)
    assert ended.returncode == 0, ended.stdout


@pytest.mark.parametrize(("old", "new"), [("runs-on:", "run-on:"), ("contents: read", "contents: perhaps")])
def test_a_fault_in_it_is_noticed(tmp_path, old, new):
    path = tmp_path / "test.yml"
    path.write_text(WORKFLOW.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    assert checked(path).returncode == 1


def test_it_runs_what_the_readme_names_on_the_oldest_and_the_newest_python():
    allowed = SpecifierSet(
        tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["requires-python"]
    )
    fit = [version for version in (f"3.{minor}" for minor in range(20)) if version in allowed]
    assert JOB["strategy"]["matrix"]["python"] == [fit[0], fit[-1]]
    assert JOB["steps"][-1]["run"] == ".ci/run"
    assert re.search(r"^CI=1 make test\b", (ROOT / ".ci/run").read_text(encoding="utf-8"), re.MULTILINE)
    assert re.search(r"^make test ", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
