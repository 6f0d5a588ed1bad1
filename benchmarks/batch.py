"""The batch beside other ways of running the same notebooks, in one run on one machine.

    python benchmarks/batch.py              all notebooks of the project (about a quarter of an hour)
    python benchmarks/batch.py --areas 12   those of twelve areas, spread over the studies

The ways: papermill's command line, one notebook after another; papermill's functions in two processes; this project's
batch with two jobs, and with its defaults; and the bare code of the notebooks in one process. Then: whether the outputs
are those of plain papermill, and how long a run takes that has nothing to do.
"""

import argparse
import json
import multiprocessing
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import papermill

from analysis.batch.made_from import KERNEL_ENVIRONMENT
from analysis.catalog import ROOT
from analysis.jobs import ANALYSES, EACH, Job, plan

# What needs no tables to be made first, which papermill alone does not do.
COMPARED = tuple(name for name in ANALYSES if not any(name in tables.shown_by for tables in EACH))

PLAIN = {"JUPYTER_DEFAULT_PROVISIONER_NAME": "local-provisioner"}


def spread(number: int | None) -> list[Job]:
    """The jobs of so many areas, evenly spread over the studies; of all without a number."""
    everywhere = list(dict.fromkeys(job.area_id for job in plan()))
    step = len(everywhere) / (number or len(everywhere))
    return plan(area_ids=[everywhere[int(i * step)] for i in range(number or len(everywhere))], analyses=COMPARED)


def command_line(jobs: list[Job], folder: Path) -> None:
    """Papermill's command line, one notebook after another."""
    for job in jobs:
        output = folder / f"{job.name.replace('/', '-')}.ipynb"
        command = [sys.executable, "-m", "papermill", "--no-progress-bar", "-p", "area", job.area_id]
        subprocess.run([*command, str(job.template), str(output)], check=True, cwd=ROOT, capture_output=True)


def one_with_functions(job: Job, folder: Path) -> None:
    """One notebook with papermill's function."""
    output = folder / f"{job.name.replace('/', '-')}.ipynb"
    papermill.execute_notebook(job.template, output, {"area": job.area_id}, progress_bar=False, cwd=ROOT)


def functions(jobs: list[Job], folder: Path) -> None:
    """Papermill's functions in two processes."""
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        list(pool.map(one_with_functions, jobs, [folder] * len(jobs)))


def batch(jobs: list[Job], project: Path, *options: str) -> str:
    """This project's batch in a copy of the project."""
    selection = [word for area_id in dict.fromkeys(job.area_id for job in jobs) for word in ("--area", area_id)]
    selection += [word for name in COMPARED for word in ("--analysis", name)]
    return analysis("run", *options, *selection, project=project)


def bare(jobs: list[Job]) -> None:
    """The bare code in one process."""
    subprocess.run([sys.executable, ROOT / "benchmarks" / "bare.py", *(job.name for job in jobs)], check=True)


def analysis(*arguments: str, project: Path) -> str:
    """What `python -m analysis` prints in a copy of the project."""
    environment = {**os.environ, "PYTHONPATH": str(project / "src"), "JUPYTER_DEFAULT_PROVISIONER_NAME": "warm"}
    command = [sys.executable, "-m", "analysis", *arguments]
    return subprocess.run(command, check=True, cwd=project, env=environment, capture_output=True, text=True).stdout


def seconds(work: Callable[[], object]) -> float:
    """Wall time of some work."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


# Where a run leaves what may leave, until a release lets it.
STAGED = "data/processed/staged"


def copy_of_the_project(folder: Path) -> Path:
    """What a run needs, without products."""
    project = folder / "project"
    for part in ("src", "data/raw", "notebooks", "pledge"):
        shutil.copytree(ROOT / part, project / part)
    for file in ("CHANGELOG.md", "CITATION.cff", "LICENSE", "requirements.lock"):
        shutil.copy(ROOT / file, project / file)
    return project


def differing(jobs: list[Job], plain: Path, project: Path) -> list[str]:
    """Cells whose output is not what plain papermill gave, pictures included."""
    found = []
    for job in jobs:
        mine = project / job.executed.relative_to(ROOT)
        theirs = plain / f"{job.name.replace('/', '-')}.ipynb"
        cells = [json.loads(path.read_text(encoding="utf-8"))["cells"] for path in (mine, theirs)]
        for number, (ours, other) in enumerate(zip(*cells, strict=True)):
            if (ours["source"], ours.get("outputs")) != (other["source"], other.get("outputs")):
                found.append(f"{job.name} cell {number}")
    return found


def main() -> None:
    """Run the comparison and print it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--areas", type=int, metavar="N", help="only so many areas")
    jobs = spread(parser.parse_args().areas)
    os.environ.update(KERNEL_ENVIRONMENT, **PLAIN)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        project = copy_of_the_project(folder)
        for part in ("one", "two"):
            (folder / part).mkdir()
        ways = {
            "papermill's command line, one by one": lambda: command_line(jobs, folder / "one"),
            "papermill's functions, 2 processes": lambda: functions(jobs, folder / "two"),
            "this project's batch, 2 jobs": lambda: batch(jobs, project, "--jobs", "2"),
            "this project's batch, as it comes": lambda: batch(jobs, project, "--again"),
            "bare code, 1 process": lambda: bare(jobs),
        }
        print(f"{len(jobs)} notebooks, {os.cpu_count()} processors", flush=True)
        taken = {}
        for way, work in ways.items():
            taken[way] = seconds(work)
            print(f"{way:<40}{taken[way]:9.1f} s", flush=True)
        line, _, ours, _, code = taken.values()
        print(
            f"the batch: {line / ours:.1f} times as fast as the command line, {ours / code:.2f} of the bare code's time"
        )
        print(f"cells that differ from plain papermill: {differing(jobs, folder / 'one', project) or 'none'}")
        nothing = min(seconds(lambda: batch(jobs, project)) for _ in range(5))
        print(f"a run with nothing to do: {nothing:.2f} s")


if __name__ == "__main__":
    main()
