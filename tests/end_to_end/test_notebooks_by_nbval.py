"""A number that a notebook prints otherwise than its reference turns the tests red: nbval runs it, and compares."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from projects import PLAIN, ROOT
from reference_notebooks import FOLDER

# The quickest of the references.
NAME = "incidence_TR-27.ipynb"


def by_nbval(path: Path) -> subprocess.CompletedProcess[str]:
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "--nbval",
        str(path),
        f"--rootdir={ROOT}",
    ]
    return subprocess.run(command, cwd=ROOT, env={**os.environ, **PLAIN}, capture_output=True, text=True)


@pytest.fixture(scope="module")
def reference() -> str:
    return (FOLDER / NAME).read_text(encoding="utf-8")


def test_one_digit_that_differs_fails_the_cell_that_prints_it_and_no_other(reference, tmp_path):
    path = tmp_path / NAME
    # One digit of the first number in a table that the notebook prints.
    number = re.search(r"<td>[\d,.]*\d(?=</td>)", reference)
    assert number is not None
    at = number.end() - 1
    digit = int(reference[at])
    path.write_text(f"{reference[:at]}{(digit + 1) % 10}{reference[at + 1 :]}", encoding="utf-8")
    ended = by_nbval(path)
    assert ended.returncode == 1 and re.search(r"1 failed, \d\d passed", ended.stdout), ended.stdout
    assert "mismatch" in ended.stdout


def test_the_tests_of_the_project_run_each_reference_by_nbval():
    recipe = (ROOT / "Makefile").read_text(encoding="utf-8").partition("\ntest: ")[2].partition("\n\n")[0]
    assert '$(PYTEST) --nbval -m "not soak" $(ARGS)' in recipe
    assert ROOT / "tests" in FOLDER.parents and len(list(FOLDER.glob("*.ipynb"))) > 10
