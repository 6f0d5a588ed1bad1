"""Settings that all tests share."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import settings

from analysis.batch.provisioner import set_environment

ROOT = Path(__file__).resolve().parents[1]

# The kernels of nbval are forked as those of the batch are, and print what those print.
set_environment()

# The same examples for everybody: a property that fails on one machine fails on all. Slow machines are no failure.
settings.register_profile("reproducible", derandomize=True, deadline=None, database=None)
settings.load_profile("reproducible")


def environment_of(project: Path) -> dict[str, str]:
    """The environment in which the project in a folder runs, which need not be the one that is installed."""
    return {**os.environ, "PYTHONPATH": str(project / "src")}


def run_analysis(*arguments: str, project: Path = ROOT, **variables: str) -> subprocess.CompletedProcess[str]:
    """`python -m analysis` of the project in a folder."""
    command = [sys.executable, "-m", "analysis", *arguments]
    environment = {**environment_of(project), **variables}
    return subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True)


def copy_of_the_project(folder: Path) -> Path:
    """What a run needs, copied: a test may break it."""
    project = folder / "project"
    for part in ("src", "data/raw", "notebooks"):
        shutil.copytree(ROOT / part, project / part, ignore=shutil.ignore_patterns("__pycache__"))
    for file in ("CHANGELOG.md", "LICENSE", "requirements.lock"):
        shutil.copy(ROOT / file, project / file)
    return project


def small_project(folder: Path, **code: str) -> Path:
    """A copy of the project in which the notebooks named have one cell of the given code after their parameters."""
    project = copy_of_the_project(folder)
    for analysis, source in code.items():
        path = project / "notebooks" / f"{analysis}.ipynb"
        template = json.loads(path.read_text(encoding="utf-8"))
        parameters = next(c for c in template["cells"] if "parameters" in c["metadata"].get("tags", []))
        template["cells"] = [parameters, {**parameters, "id": "code", "metadata": {}, "source": source}]
        path.write_text(json.dumps(template), encoding="utf-8")
    return project


def products(project: Path) -> dict[str, bytes]:
    """Everything that the batch has left in a project, by path."""
    folders = ("data/processed", "figures", "reports")
    paths = [path for folder in folders for path in (project / folder).rglob("*") if path.is_file()]
    return {path.relative_to(project).as_posix(): path.read_bytes() for path in paths}


@pytest.fixture(scope="session")
def released(tmp_path_factory) -> Path:
    """A project in which the batch has run for one area of each study."""
    project = copy_of_the_project(tmp_path_factory.mktemp("released"))
    areas = [word for area_id in ("TR-27", "SEN", "CPV-SAL") for word in ("--area", area_id)]
    ended = run_analysis("run", *areas, "--jobs", "2", project=project)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "9 notebooks ran, none failed" in ended.stdout
    return project
