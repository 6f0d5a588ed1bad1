"""Settings, marks and fixtures that all tests share.

Marks are set here by what a test needs, so that `make check` and `make test` can leave out what takes long:

end_to_end : the batch, a release or the command line runs in processes of its own (tests/end_to_end, or `released`).
browser : pages are opened in Chromium. Where it is not installed these tests are skipped; under CI they fail.
slow : seconds each, though no process is started. soak : minutes, or the same again many times; `make soak` alone.
varied : the same asked of many pages, pictures or areas; all but the first variant are soak.
"""

import os

# Before numpy is loaded: each of two processes has a processor, and threads of linear algebra would wait for another.
os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")

import gc
import shutil
import time
from pathlib import Path

import pytest
from fuzzing import SOAK, examples
from hypothesis import settings
from projects import NOTEBOOKS, SELECTION, copy_of_the_project, run_analysis

from analysis.batch.kernel_provisioner import set_environment
from analysis.jobs import plan

TESTS = Path(__file__).parent / "tests"
END_TO_END = TESTS / "end_to_end"
# Sections computed from all the data; JupyterLab and installations in processes of their own.
SLOW = {TESTS / name for name in ("exhibits", "doctor", "lab")}
DRIVER = shutil.which("chromedriver")
NO_CHROMIUM = "Chromium or its driver is not installed"
INSTALL = "apt-get install chromium chromium-driver"

# The kernels of nbval are forked as those of the batch are, and print what those print.
set_environment()

# Thousands of tests keep what they share: looking through all of it for garbage would take a tenth of their time.
gc.set_threshold(100_000, 50, 50)

# The same examples for everybody: a property that fails on one machine fails on all. Slow machines are no failure.
settings.register_profile("reproducible", derandomize=True, deadline=None, database=None)
settings.register_profile("many", max_examples=examples(100), deadline=None, print_blob=True)
settings.load_profile("many" if SOAK else "reproducible")


def can_open_pages() -> bool:
    """Whether Chromium and its driver are installed."""
    return DRIVER is not None and shutil.which("chromium") is not None


def pytest_terminal_summary(terminalreporter) -> None:
    """One line on all tests that were skipped for want of a browser, and on what would run them."""
    skipped = [each for each in terminalreporter.stats.get("skipped", []) if NO_CHROMIUM in str(each.longrepr)]
    if skipped:
        terminalreporter.write_line(f"Tests of pages skipped: {len(skipped)}. {NO_CHROMIUM}: {INSTALL}", yellow=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark tests by what they need, and begin with the longest: two processes then end at about the same time.

    One process makes `released` at once, and no other waits for it as long as there are long tests that need it not.
    """
    varied: set[tuple[Path, str]] = set()
    need_released = {item.path for item in items if "released" in getattr(item, "fixturenames", ())}
    first = min(need_released, default=None)
    for item in items:
        if item.get_closest_marker("varied"):
            asked = (item.path, item.originalname)
            if asked in varied:
                item.add_marker("soak")
            varied.add(asked)
        fixtures = getattr(item, "fixturenames", ())
        if END_TO_END in item.path.parents or "released" in fixtures:
            item.add_marker("end_to_end")
        if SLOW.intersection(item.path.parents):
            item.add_marker("slow")
        if "browser" in fixtures:
            item.add_marker("browser")
            if not can_open_pages() and "CI" not in os.environ:
                item.add_marker(pytest.mark.skip(reason=NO_CHROMIUM))
    items.sort(
        key=lambda item: (
            item.path != first,
            item.get_closest_marker("end_to_end") is None,
            item.path in need_released,
            str(item.path),
        )
    )


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Reference notebooks of synthetic persons are left out where a study has lists or a survey of its own instead."""
    if collection_path.suffix == ".ipynb" and "SYNTHETIC" in collection_path.name:
        area_id = collection_path.stem.rpartition("_")[2]
        return collection_path.stem not in {f"{job.stem}_{area_id}" for job in plan(area_ids=[area_id])} or None
    return None


@pytest.fixture(scope="session")
def released(tmp_path_factory) -> Path:
    """A project in which the batch has run for one area of each study, and released it; who changes it copies it."""
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        # Of the processes that share the tests the first to need it makes it, and the others wait.
        shared = shared.parent
    folder, said = shared / "released", shared / "released.txt"
    try:
        folder.mkdir()
    except FileExistsError:
        end = time.monotonic() + 900
        while not said.exists() and time.monotonic() < end:
            time.sleep(0.1)
    else:
        project = copy_of_the_project(folder, with_tables=True)
        ran = run_analysis("run", *SELECTION, "--jobs", "2", project=project)
        steps = (ran, run_analysis("release", project=project))
        unfinished = said.with_suffix(".unfinished")
        text = "".join(ended.stdout + ended.stderr for ended in steps)
        unfinished.write_text(f"{text}\nexit code of the release: {steps[1].returncode}\n", encoding="utf-8")
        unfinished.rename(said)
    text = said.read_text(encoding="utf-8")
    assert f"{NOTEBOOKS} notebooks ran, none failed" in text and "exit code of the release: 0\n" in text, text
    return folder / "project"


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    """A browser without a window that logs what it asks for, and what goes wrong."""
    if not can_open_pages():
        pytest.fail(f"{NO_CHROMIUM}: {INSTALL}", pytrace=False)
    from selenium import webdriver
    from selenium.common.exceptions import WebDriverException
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    profile = tmp_path_factory.mktemp("browser")
    for flag in (
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        f"--user-data-dir={profile}",
        "--window-size=1200,900",
    ):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    try:
        driver = webdriver.Chrome(options=options, service=Service(DRIVER))
    except WebDriverException as error:
        pytest.fail(f"Chromium does not start: {(error.msg or '').partition(chr(10))[0]}", pytrace=False)
    # What the browser's own first page asked for is not the project's.
    driver.get("about:blank")
    driver.get_log("performance")
    yield driver
    driver.quit()
