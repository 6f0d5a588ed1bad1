"""Tests of pages where Chromium is not installed: skipped with one line that says what helps, and failures in CI."""

import subprocess
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]
INSTALL = "apt-get install chromium chromium-driver"
# A module of which some tests open pages.
OPENING = TESTS / "plots/test_interactive_flow_map.py"


def run_tests(folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """The tests of a module that open pages, where no program can be found."""
    command = [sys.executable, "-m", "pytest", "-q", "-n", "0", "-p", "no:cacheprovider", "-m", "browser", OPENING]
    environment = {"PATH": str(folder), "HOME": str(folder), **variables}
    return subprocess.run(command, cwd=TESTS.parent, env=environment, capture_output=True, text=True)


@pytest.mark.slow
def test_without_a_browser_tests_of_pages_are_skipped_and_one_line_says_what_to_install(tmp_path):
    ended = run_tests(tmp_path)
    assert ended.returncode == 0, ended.stdout
    (line,) = [line for line in ended.stdout.splitlines() if INSTALL in line]
    skipped = int(line.partition(": ")[2].partition(".")[0])
    assert skipped > 2 and f"\n{skipped} skipped" in ended.stdout and " passed" not in ended.stdout


@pytest.mark.soak
def test_without_a_browser_tests_of_pages_fail_in_ci_with_what_to_install_and_no_stack(tmp_path):
    ended = run_tests(tmp_path, CI="1")
    assert ended.returncode == 1 and "skipped" not in ended.stdout and " passed" not in ended.stdout
    assert INSTALL in ended.stdout and "Traceback" not in ended.stdout and "selenium" not in ended.stdout
