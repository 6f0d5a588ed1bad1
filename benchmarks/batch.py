"""The batch beside other ways of running the same notebooks, in one run on one machine.

    python benchmarks/batch.py                      all notebooks on incidence, trends and routes (about an hour)
    python benchmarks/batch.py --areas 12           those of twelve areas, spread over the studies
    python benchmarks/batch.py --analysis trends    those of one analysis
    python benchmarks/batch.py --runs 1             fewer runs that have nothing to do (default: 5)

Compared are the analyses that every area has. All is run in one copy of the project, where the tables of persons that
some notebooks show have been made before: papermill alone does not make them.

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
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import papermill

from analysis.batch.provenance import KERNEL_ENVIRONMENT
from analysis.catalog import ROOT
from analysis.jobs import Job, plan
from analysis.project_files import sources

# What every area has: a run refuses an analysis by name that one of its areas does not have.
COMPARED = ("incidence", "trends", "routes")

PLAIN = {"JUPYTER_DEFAULT_PROVISIONER_NAME": "local-provisioner"}


def spread(number: int | None, analyses: Sequence[str] = COMPARED) -> list[Job]:
    """The jobs of so many areas, evenly spread over the studies; of all without a number."""
    everywhere = list(dict.fromkeys(job.area_id for job in plan() if job.analysis in analyses))
    step = len(everywhere) / (number or len(everywhere))
    return plan(area_ids=[everywhere[int(i * step)] for i in range(number or len(everywhere))], analyses=analyses)


def make_tables(jobs: list[Job], project: Path) -> None:
    """The tables of persons that the notebooks show, made in a copy of the project."""
    for study in dict.fromkeys(job.study for job in jobs if any(tables.kind for tables in job.tables)):
        analysis("intake", "--study", study, project=project)


def template(job: Job, project: Path) -> Path:
    """The notebook of a job in a copy of the project."""
    return project / job.template.relative_to(ROOT)


def output(job: Job, folder: Path) -> Path:
    """Where papermill puts the notebook that it has run."""
    return folder / f"{job.name.replace('/', '-')}.ipynb"


def command_line(jobs: list[Job], project: Path, folder: Path) -> None:
    """Papermill's command line, one notebook after another."""
    for job in jobs:
        command = [sys.executable, "-m", "papermill", "--no-progress-bar", "-p", "area", job.area_id]
        command += [str(template(job, project)), str(output(job, folder))]
        subprocess.run(command, check=True, cwd=project, capture_output=True)


def one_with_functions(job: Job, project: Path, folder: Path) -> None:
    """One notebook with papermill's function."""
    parameters = {"area": job.area_id}
    papermill.execute_notebook(template(job, project), output(job, folder), parameters, progress_bar=False, cwd=project)


def functions(jobs: list[Job], project: Path, folder: Path) -> None:
    """Papermill's functions in two processes."""
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        list(pool.map(partial(one_with_functions, project=project, folder=folder), jobs))


def batch(jobs: list[Job], project: Path, *options: str) -> str:
    """This project's batch in a copy of the project."""
    selection = [word for area_id in dict.fromkeys(job.area_id for job in jobs) for word in ("--area", area_id)]
    selection += [word for name in dict.fromkeys(job.analysis for job in jobs) for word in ("--analysis", name)]
    return analysis("run", *options, *selection, project=project)


def batch_once_more(jobs: list[Job], project: Path) -> str:
    """This project's batch after what it had run is gone; `--again` would make the tables again, too."""
    shutil.rmtree(project / RUNS)
    return batch(jobs, project)


def bare(jobs: list[Job], project: Path) -> None:
    """The bare code in one process."""
    names = [f"{job.study}/{job.area_id}/{job.analysis}" for job in jobs]
    subprocess.run([sys.executable, ROOT / "benchmarks" / "bare.py", *names], check=True, cwd=project)


def analysis(*arguments: str, project: Path) -> str:
    """What `python -m analysis` prints in a copy of the project."""
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(map(str, sources(project))),
        "JUPYTER_DEFAULT_PROVISIONER_NAME": "warm",
    }
    command = [sys.executable, "-m", "analysis", *arguments]
    return subprocess.run(command, check=True, cwd=project, env=environment, capture_output=True, text=True).stdout


def seconds(work: Callable[[], object]) -> float:
    """Wall time of some work."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


# Where a run leaves what may leave, until a release lets it; and the notebooks that it has run.
STAGED = "data/processed/staged"
RUNS = "data/processed/runs"


def copy_of_the_project(folder: Path) -> Path:
    """What a run needs, without products."""
    project = folder / "project"
    for part in ("src", "packages", "data/raw", "notebooks", "pledge"):
        shutil.copytree(ROOT / part, project / part)
    for file in ("CHANGELOG.md", "CITATION.cff", "LICENSE", "requirements.lock"):
        shutil.copy(ROOT / file, project / file)
    return project


def differing(jobs: list[Job], plain: Path, project: Path) -> list[str]:
    """Cells whose output is not what plain papermill gave, pictures included."""
    found = []
    for job in jobs:
        mine = project / job.executed.relative_to(ROOT)
        cells = [json.loads(path.read_text(encoding="utf-8"))["cells"] for path in (mine, output(job, plain))]
        for number, (ours, other) in enumerate(zip(*cells, strict=True)):
            if (ours["source"], ours.get("outputs")) != (other["source"], other.get("outputs")):
                found.append(f"{job.name} cell {number}")
    return found


def main() -> None:
    """Run the comparison and print it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--areas", type=int, metavar="N", help="only so many areas")
    parser.add_argument("--analysis", action="append", choices=COMPARED, help="only this one")
    parser.add_argument("--runs", type=int, default=5, metavar="N", help="with nothing to do (default: %(default)s)")
    options = parser.parse_args()
    jobs = spread(options.areas, options.analysis or COMPARED)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        project = copy_of_the_project(folder)
        make_tables(jobs, project)
        os.environ.update(KERNEL_ENVIRONMENT, **PLAIN, PYTHONPATH=os.pathsep.join(map(str, sources(project))))
        for part in ("one", "two"):
            (folder / part).mkdir()
        ways = {
            "papermill's command line, one by one": lambda: command_line(jobs, project, folder / "one"),
            "papermill's functions, 2 processes": lambda: functions(jobs, project, folder / "two"),
            "this project's batch, 2 jobs": lambda: batch(jobs, project, "--jobs", "2"),
            "this project's batch, as it comes": lambda: batch_once_more(jobs, project),
            "bare code, 1 process": lambda: bare(jobs, project),
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
        nothing = min(seconds(lambda: batch(jobs, project)) for _ in range(options.runs))
        print(f"a run with nothing to do: {nothing:.2f} s")


if __name__ == "__main__":
    main()
