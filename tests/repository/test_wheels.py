"""Each package of methods is built as a wheel, installed with its own dependencies alone, and does there what it says.

What a package needs is linked from where the tests run, by the metadata of what is installed: no network is asked.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = {path.parent.name: path.parent for path in sorted(ROOT.glob("packages/*/pyproject.toml"))}
# The examples of a README as one session, each compared with what is printed below it.
README_SESSION = """
import doctest, pathlib, re, sys

text = pathlib.Path(sys.argv[1]).read_text(encoding="utf-8")
blocks = re.findall(r"^```python\\n(.*?)^```$", text, re.M | re.S)
session = doctest.DocTestParser().get_doctest("\\n".join(blocks), {}, sys.argv[1], sys.argv[1], 0)
outcome = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE).run(session)
assert "analysis" not in sys.modules
sys.exit(outcome.failed or not outcome.attempted)
"""


def project(package: str) -> dict:
    """What `pyproject.toml` of a package says."""
    return tomllib.loads((FOLDERS[package] / "pyproject.toml").read_text(encoding="utf-8"))


def own(wanted: Iterable[str]) -> list[str]:
    """Those of this project's packages that requirements name, with what they need in turn, themselves first."""
    named = [Requirement(line).name.replace("-", "_") for line in wanted]
    there = [name for name in named if name in FOLDERS]
    return list(dict.fromkeys([*there, *(each for name in there for each in own(needs(name)))]))


def needs(package: str) -> list[str]:
    return project(package)["project"]["dependencies"]


def distributions(wanted: Iterable[str]) -> dict[str, metadata.Distribution]:
    """What is installed of these requirements, and of what they need in turn; none of this project."""
    found: dict[str, metadata.Distribution] = {}
    waiting = [Requirement(line) for line in wanted]
    while waiting:
        asked = waiting.pop()
        name = canonicalize_name(asked.name)
        if name in found or name.replace("-", "_") in FOLDERS:
            continue
        found[name] = metadata.distribution(name)
        further = map(Requirement, found[name].requires or [])
        waiting += [each for each in further if each.marker is None or each.marker.evaluate({"extra": ""})]
    return found


def run(*command: str | Path, **variables: str) -> None:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}
    ended = subprocess.run(command, cwd=ROOT, env=kept | variables, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stdout + ended.stderr


@pytest.fixture(scope="module")
def wheels(tmp_path_factory) -> dict[str, Path]:
    """A wheel of each package."""
    made = {}
    for package, folder in FOLDERS.items():
        into = tmp_path_factory.mktemp(package)
        ended = subprocess.run(
            [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(into)],
            cwd=folder,
            capture_output=True,
            text=True,
        )
        assert ended.returncode == 0, ended.stderr
        (made[package],) = into.glob("*.whl")
    return made


@pytest.fixture(params=FOLDERS)
def installed(request, wheels, tmp_path) -> tuple[str, Path]:
    """A package, and the Python of an environment in which it, and what it says that it needs, is installed."""
    package, place = request.param, tmp_path / "environment"
    run(sys.executable, "-m", "venv", "--without-pip", place)
    wanted = needs(package)
    mine = own(wanted)
    link(place, [*wanted, *(line for name in mine for line in needs(name))])
    python = place / "bin" / "python"
    install = (sys.executable, "-m", "uv", "pip", "install", "--quiet", "--offline", "--no-deps", "--python", python)
    run(*install, *(wheels[name] for name in (package, *mine)))
    run(sys.executable, "-m", "uv", "pip", "check", "--quiet", "--python", python)
    return package, python


def link(place: Path, wanted: Iterable[str]) -> None:
    """Put what is installed of requirements into an environment: each folder and module by a link."""
    (into,) = place.glob("lib/python*/site-packages")
    for found in distributions(wanted).values():
        for top in {path.parts[0] for path in found.files or ()} - {"..", "__pycache__"}:
            there = Path(str(found.locate_file(top)))
            # What uv knows of a distribution it reads from a folder and through no link.
            if top.endswith(".dist-info"):
                shutil.copytree(there, into / top, dirs_exist_ok=True)
            elif not (into / top).exists():
                (into / top).symlink_to(there)


@pytest.mark.slow
def test_a_wheel_has_the_package_alone_and_runs_the_example_of_its_readme(installed):
    package, python = installed
    run(python, "-c", README_SESSION, FOLDERS[package] / "README.md")


@pytest.mark.soak
def test_a_wheel_passes_the_tests_of_its_package(installed, tmp_path):
    package, python = installed
    link(python.parents[1], project(package)["dependency-groups"]["test"])
    settings = tmp_path / "pytest.ini"
    settings.write_text("[pytest]\nmarkers =\n    slow\n    soak\n    varied\n", encoding="utf-8")
    shared = os.pathsep.join(map(str, (ROOT / "tests", FOLDERS["capture_recapture"] / "tests")))
    chosen = ("-q", "-m", "not soak", "-p", "no:cacheprovider", "--noconftest", "-c", settings)
    run(python, "-m", "pytest", *chosen, FOLDERS[package] / "tests", PYTHONPATH=shared, CI="1")


def test_versions_of_packages_stand_in_their_changelogs():
    for package, folder in FOLDERS.items():
        said = project(package)["project"]
        assert said["name"].replace("-", "_") == package
        assert f"## [{said['version']}]" in (folder / "CHANGELOG.md").read_text(encoding="utf-8")
