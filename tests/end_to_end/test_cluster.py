"""The batch on a Dask cluster of one machine: a scheduler and two workers on loopback."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from projects import environment_of, products, run_analysis, small_project

AREAS = ("BEN", "GMB", "MLI", "SEN")
SELECTION = (*(word for area_id in AREAS for word in ("--area", area_id)), "--analysis", "trends")
CODE = "import numpy, time\ntime.sleep(0.3)\nprint(area, numpy.random.rand(3))"


@pytest.fixture
def cluster(tmp_path):
    """Starts a scheduler and two workers, of one thread each, for a project; returns address and workers."""
    started: list[subprocess.Popen] = []

    def start(project: Path) -> tuple[str, list[subprocess.Popen]]:
        environment = environment_of(project)
        options = {"cwd": project, "env": environment, "stderr": subprocess.PIPE, "text": True}
        command = [sys.executable, "-m", "distributed.cli.dask_scheduler"]
        here = ["--host", "127.0.0.1", "--dashboard-address", "127.0.0.1:0"]
        scheduler = subprocess.Popen([*command, *here, "--port", "0"], **options)
        started.append(scheduler)
        address = next(found[0] for line in scheduler.stderr if (found := re.findall(r"tcp://127\.0\.0\.1:\d+", line)))
        command = [sys.executable, "-m", "distributed.cli.dask_worker", address, *here, "--nthreads", "1"]
        for number in range(2):
            with open(tmp_path / f"worker-{number}.log", "w") as log:
                local = ["--local-directory", str(tmp_path / f"worker-{number}")]
                started.append(
                    subprocess.Popen([*command, *local], cwd=project, env=environment, stdout=log, stderr=log)
                )
        return address, started[1:]

    yield start
    for process in reversed(started):
        process.terminate()
        process.wait(timeout=20)


@pytest.fixture(scope="module")
def locally(tmp_path_factory) -> dict[str, bytes]:
    project = small_project(tmp_path_factory.mktemp("locally"), trends=CODE)
    assert run_analysis("run", *SELECTION, project=project).returncode == 0
    return products(project)


def test_two_workers_make_the_same_bytes_as_this_machine(tmp_path, cluster, locally):
    project = small_project(tmp_path, trends=CODE)
    address, _ = cluster(project)
    ended = run_analysis("run", *SELECTION, "--scheduler", address, project=project)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert f"{len(AREAS)} notebooks ran, none failed" in ended.stdout
    assert products(project) == locally


@pytest.mark.soak
def test_a_worker_killed_in_the_middle_loses_nothing(tmp_path, cluster, locally):
    project = small_project(tmp_path, trends=CODE)
    address, workers = cluster(project)
    command = [sys.executable, "-m", "analysis", "run", *SELECTION, "--scheduler", address]
    run = subprocess.Popen(
        command, cwd=project, env=environment_of(project), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    end = time.monotonic() + 60
    while len(list(project.glob("data/processed/runs/west_africa/*/trends.ipynb"))) < 2:
        assert time.monotonic() < end and run.poll() is None
        time.sleep(0.05)
    for process in [psutil.Process(workers[0].pid), *psutil.Process(workers[0].pid).children(recursive=True)]:
        os.kill(process.pid, signal.SIGKILL)
    said, _ = run.communicate(timeout=120)
    assert run.returncode == 0, said
    assert f"{len(AREAS)} notebooks ran, none failed" in said
    assert products(project) == locally


@pytest.mark.soak
def test_a_worker_with_another_program_is_refused_with_the_difference(tmp_path, cluster):
    project = small_project(tmp_path / "here", trends=CODE)
    other = small_project(tmp_path / "there", trends=CODE)
    path = other / "packages/bounded/src/bounded/intervals.py"
    path.write_text(path.read_text(encoding="utf-8") + "\n# Another version.\n", encoding="utf-8")
    for changed in (project, other):
        notebook = changed / "notebooks/trends.ipynb"
        text = notebook.read_text(encoding="utf-8").replace(
            "import numpy", "from bounded import intervals; import numpy"
        )
        notebook.write_text(text, encoding="utf-8")
    address, _ = cluster(other)
    selection = ("--area", "SEN", "--analysis", "trends")
    ended = run_analysis("run", *selection, "--scheduler", address, project=project)
    assert ended.returncode == 1
    assert "or differ here: library packages/bounded/src/bounded/intervals.py has changed" in ended.stdout


@pytest.mark.soak
@pytest.mark.parametrize(
    "address",
    ["tcp://127.0.0.1:9", *(pytest.param(a, marks=pytest.mark.soak) for a in ("tls://127.0.0.1:9", "nonsense"))],
)
def test_a_scheduler_that_does_not_answer_ends_in_one_line(tmp_path, address):
    project = small_project(tmp_path, trends=CODE)
    ended = run_analysis("run", *SELECTION, "--scheduler", address, project=project)
    assert ended.returncode == 2
    (line,) = ended.stderr.splitlines()
    assert line.startswith("analysis: No Dask scheduler answers at ") and address in line


@pytest.mark.soak
def test_inputs_are_fetched_from_where_they_lie_and_checked(tmp_path):
    project = small_project(tmp_path, trends="from analysis import catalog\nprint(len(catalog.load('tiers')))")
    store = tmp_path / "store"
    (project / "data/raw").rename(store)
    # The catalogues lie here, those of the demonstrations too, and what says how their lists are read.
    kept = sorted(path.relative_to(store) for path in store.rglob("*.yml"))
    for path in kept:
        (project / "data/raw" / path).parent.mkdir(parents=True, exist_ok=True)
        (store / path).rename(project / "data/raw" / path)
    selection = ("run", "--area", "SEN", "--analysis", "trends")
    ended = run_analysis(*selection, project=project, ANALYSIS_RAW=f"file://{store}")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    raw = project / "data/raw"
    assert sorted(path.relative_to(raw) for path in raw.rglob("*") if path.is_file()) == kept
    tiers = store / "evidence/tiers.csv"
    tiers.write_bytes(tiers.read_bytes() + b"\n")
    for copy in project.glob(".cache/inputs/*/tiers.csv"):
        copy.unlink()
    ended = run_analysis(*selection, project=project, ANALYSIS_RAW=f"file://{store}")
    assert ended.returncode == 2
    assert f"file://{store}/evidence/tiers.csv is not the file that was catalogued as 'tiers'" in ended.stderr
