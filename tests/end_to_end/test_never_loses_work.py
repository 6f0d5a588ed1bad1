"""Killed, stopped, starved: whatever happens to a run, the next one goes on, and nothing half done counts as done."""

import errno
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil
import pytest
from projects import STAGED, environment_of, products, run_analysis, small_project

from analysis import file_writing
from analysis.file_writing import WriteError
from analysis.report.page_links import bare

CODE = """
import numpy, pandas
from IPython.display import Image
from matplotlib.figure import Figure
from io import BytesIO
figure = Figure()
figure.add_subplot().plot(numpy.arange(len(area)))
file = BytesIO()
figure.savefig(file, metadata={"Software": None})
Image(file.getvalue(), metadata={"name": "line", "release_class": "public"})
"""
AREAS = ("BEN", "BFA", "CIV", "GMB", "GHA", "MLI", "NER", "SEN")
SELECTION = (*(word for area_id in AREAS for word in ("--area", area_id)), "--analysis", "trends")
SLOW = "import time\ntime.sleep(120)"


def start(project: Path, *arguments: str) -> subprocess.Popen:
    """A run in the background, with a group of its own as in a terminal."""
    command = [sys.executable, "-m", "analysis", "run", *arguments]
    return subprocess.Popen(
        command,
        cwd=project,
        env=environment_of(project),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        # A shell that starts these tests in the background has all of them pass over Ctrl-C.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )


def ours(project: Path) -> list[psutil.Process]:
    """Processes that run in a project's folder."""
    found = []
    for process in psutil.process_iter():
        try:
            if Path(process.cwd()) == project or str(project) in " ".join(process.cmdline()):
                found.append(process)
        except psutil.Error:
            continue
    return found


def forked(pid: int) -> list[psutil.Process]:
    """The living processes below this one that run in its fork server; one that ends while it is asked is not one."""
    found = []
    for process in psutil.Process(pid).children(recursive=True):
        try:
            if "forkserver" in " ".join(process.cmdline()):
                found.append(process)
        except psutil.Error:
            continue
    return found


def until(condition, within: float = 60.0) -> bool:
    """Whether a condition becomes true in so many seconds."""
    end = time.monotonic() + within
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return False


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory) -> dict[str, bytes]:
    """The products of a run that nobody disturbed, and the seconds it took."""
    project = small_project(tmp_path_factory.mktemp("undisturbed"), trends=CODE)
    ended = run_analysis("run", *SELECTION, project=project)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return products(project)


@pytest.mark.parametrize("kills", [1, pytest.param(30, marks=pytest.mark.soak)])
def test_a_run_killed_at_any_time_is_resumed_without_a_wrong_or_missing_product(tmp_path, undisturbed, kills):
    project = small_project(tmp_path, trends=CODE)
    moments = random.Random(7)
    for _ in range(kills):
        run = start(project, *SELECTION)
        time.sleep(moments.uniform(0.2, 7.0))
        os.kill(run.pid, signal.SIGKILL)
        run.wait()
        # Workers, warm processes and kernels end with the run; none of them writes.
        assert until(lambda: not ours(project)), ours(project)
        whole = [path for path in products(project) if path.endswith(".html") and "index" not in path]
        # Links to other pages are put in when a run ends.
        assert all(bare(products(project)[path]) == bare(undisturbed[path]) for path in whole)
    ended = run_analysis("run", *SELECTION, project=project)
    assert ended.returncode == 0, ended.stdout
    assert products(project) == undisturbed


@pytest.mark.soak
def test_a_lost_worker_costs_no_job(tmp_path, undisturbed):
    project = small_project(tmp_path, trends=CODE)
    run = start(project, *SELECTION, "--jobs", "2")
    assert until(lambda: len(list(project.glob("data/processed/runs/west_africa/*/trends.ipynb"))) >= 2)
    # The fork server itself is the eldest; its children are the workers.
    max(forked(run.pid), key=lambda process: process.create_time()).kill()
    said, _ = run.communicate(timeout=120)
    assert run.returncode == 0, said
    assert f"{len(AREAS)} notebooks ran, none failed" in said
    assert products(project) == undisturbed


@pytest.mark.varied
@pytest.mark.parametrize(
    ("end", "code"),
    [
        (lambda pid: os.killpg(pid, signal.SIGINT), 130),
        # Of a terminal that closes, or a machine that goes down, and of a service that is stopped.
        (lambda pid: os.killpg(pid, signal.SIGTERM), 143),
        (lambda pid: os.kill(pid, signal.SIGTERM), 143),
    ],
    ids=["Ctrl-C", "SIGTERM to all", "SIGTERM"],
)
def test_who_stops_it_stops_it_at_once_nothing_is_left_behind_and_what_had_finished_is_kept(tmp_path, end, code):
    wait = "import time\ntime.sleep(0 if area in ('BEN', 'BFA') else 120)"
    project = small_project(tmp_path, trends=wait)
    run = start(project, *SELECTION, "--jobs", "2")
    assert until(lambda: len(list(project.glob("data/processed/runs/west_africa/*/trends.ipynb"))) == 2)
    end(run.pid)
    said, _ = run.communicate(timeout=20)
    assert run.returncode == code, said
    assert said.strip() == "analysis: stopped. What had finished is kept; the next run goes on from there."
    assert until(lambda: not ours(project)), ours(project)
    pages = project.glob(f"{STAGED}/reports/west_africa/*/trends.html")
    assert {path.parent.name for path in pages} == {"BEN", "BFA"}
    assert not [path for path in products(project) if "unfinished" in path]


@pytest.mark.soak
def test_a_second_run_of_the_same_project_is_refused_in_one_line(tmp_path):
    project = small_project(tmp_path, trends=SLOW)
    run = start(project, *SELECTION)
    assert until(lambda: len(ours(project)) > 2)
    second = run_analysis("run", *SELECTION, project=project)
    os.killpg(run.pid, signal.SIGINT)
    run.communicate(timeout=20)
    assert second.returncode == 2
    assert second.stderr == "analysis: Another run of this project is under way; wait for its end, or stop it.\n"


@pytest.mark.soak
def test_a_notebook_that_takes_too_long_fails_alone_and_says_how_long(tmp_path):
    project = small_project(tmp_path, trends=SLOW, routes="print(area)")
    ended = run_analysis(
        "run", "--area", "SEN", "--analysis", "trends", "--analysis", "routes", "--timeout", "4", project=project
    )
    assert ended.returncode == 1
    assert "failed: west_africa/SEN/trends: TimeoutError: it took longer than 4 s (--timeout)" in ended.stdout
    assert "2 notebooks ran, 1 failed" in ended.stdout


@pytest.mark.soak
@pytest.mark.skipif(sys.platform != "linux", reason="memory is limited on Linux only")
def test_a_notebook_that_takes_too_much_memory_fails_alone_with_its_traceback(tmp_path):
    project = small_project(tmp_path, trends="content = bytearray(3 * 2**30)", routes="print(area)")
    ended = run_analysis(
        "run", "--area", "SEN", "--analysis", "trends", "--analysis", "routes", "--memory", "1024", project=project
    )
    assert ended.returncode == 1
    assert "failed: west_africa/SEN/trends: MemoryError" in ended.stdout
    (log,) = project.rglob("*.failed.ipynb")
    assert "bytearray(3 * 2**30)" in log.read_text(encoding="utf-8")


@pytest.mark.soak
def test_a_kernel_that_dies_is_tried_again_and_then_fails_alone(tmp_path):
    code = """
from pathlib import Path
import os
tries = Path(f"tries-{area}")
tries.write_text(tries.read_text() + "x" if tries.exists() else "x")
if area == "SEN" or (area == "GMB" and len(tries.read_text()) == 1):
    os.kill(os.getpid(), 9)
"""
    project = small_project(tmp_path, trends=code)
    ended = run_analysis("run", *SELECTION, project=project)
    assert ended.returncode == 1
    assert f"{len(AREAS)} notebooks ran, 1 failed" in ended.stdout
    assert "failed: west_africa/SEN/trends: DeadKernelError" in ended.stdout
    tries = {path.name.removeprefix("tries-"): len(path.read_text()) for path in project.glob("tries-*")}
    assert tries.pop("SEN") == tries.pop("GMB") == 2
    assert set(tries.values()) == {1}


@pytest.mark.soak
def test_folders_of_processes_that_are_no_more_are_taken_away(tmp_path):
    project = small_project(tmp_path, trends="print(area)")
    # The second has ended, but nobody has asked how: its number is not free yet.
    gone, ended = (subprocess.Popen([sys.executable, "-c", ""]) for _ in range(2))
    gone.wait()
    assert until(lambda: psutil.Process(ended.pid).status() == psutil.STATUS_ZOMBIE)
    # Sockets will lie there, whose paths may not be long.
    with tempfile.TemporaryDirectory() as temporary:
        for pid in (gone.pid, ended.pid, os.getpid()):
            Path(temporary, f"analysis-{pid}-abc").mkdir()
        run = run_analysis("run", "--area", "SEN", "--analysis", "trends", project=project, TMPDIR=temporary)
        assert run.returncode == 0
        assert os.listdir(temporary) == [f"analysis-{os.getpid()}-abc"]


def test_a_file_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "page.html"
    file_writing.write_whole(path, b"old")

    def full(_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(WriteError, match=r"page\.html could not be written: No space left on device"):
        file_writing.write_whole(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_temporary_folder_too_long_for_sockets_is_refused_in_one_line(tmp_path):
    project = small_project(tmp_path, trends="print(area)")
    long = tmp_path / ("long" * 20)
    long.mkdir()
    ended = run_analysis("run", "--area", "SEN", "--analysis", "trends", project=project, TMPDIR=str(long))
    assert ended.returncode == 2
    (line,) = ended.stderr.splitlines()
    assert line.startswith("analysis: The name of the temporary folder, ") and "set TMPDIR" in line
