"""Settings that all tests share."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parents[1]

# The same examples for everybody: a property that fails on one machine fails on all. Slow machines are no failure.
settings.register_profile("reproducible", derandomize=True, deadline=None, database=None)
settings.load_profile("reproducible")


def run_analysis(*arguments: str, project: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """`python -m analysis` of the project in a folder, which need not be the one that is installed."""
    environment = {**os.environ, "PYTHONPATH": str(project / "src")}
    command = [sys.executable, "-m", "analysis", *arguments]
    return subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True)


def copy_of_the_project(folder: Path) -> Path:
    """What a run needs, copied: a test may break it."""
    project = folder / "project"
    for part in ("src", "data/raw", "notebooks"):
        shutil.copytree(ROOT / part, project / part, ignore=shutil.ignore_patterns("__pycache__"))
    for file in ("CHANGELOG.md", "LICENSE"):
        shutil.copy(ROOT / file, project / file)
    return project


@pytest.fixture(scope="session")
def released(tmp_path_factory) -> Path:
    """A project in which the batch has run for one area of each study."""
    project = copy_of_the_project(tmp_path_factory.mktemp("released"))
    areas = [word for area_id in ("TR-27", "SEN", "CPV-SAL") for word in ("--area", area_id)]
    ended = run_analysis("run", *areas, "--jobs", "2", project=project)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "9 notebooks ran, none failed" in ended.stdout
    return project
