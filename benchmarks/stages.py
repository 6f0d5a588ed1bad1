"""Where the time of a run goes, stage by stage: in the cells of notebooks, in the batch around them, and in a release.

    python benchmarks/stages.py                     every analysis of six areas, spread over the studies
    python benchmarks/stages.py --areas 2           of fewer areas
    python benchmarks/stages.py --whole             the commands on the whole assessment (ten minutes)

First the cells: run in one process that has what all areas share, as a kernel has, and profiled. Own time is counted
where it was spent: a function in C belongs to whoever called it. Then the commands, in a copy of the project: intake,
run, run with nothing to do, release, and a release with nothing new. The median of `--runs` is printed of what can be
repeated.
"""

import argparse
import contextlib
import cProfile
import io
import os
import pstats
import shutil
import statistics
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from bare import run as run_cells
from batch import RUNS, STAGED, analysis, copy_of_the_project, seconds
from IPython.core.interactiveshell import InteractiveShell

from analysis.batch import shared_tables
from analysis.jobs import FROM_FINDINGS, Job, plan

# Where own time is counted, by parts of the paths of files; the first that fits.
STAGES = {
    "imports": ("importlib",),
    "figures": ("/analysis/plots/", "/matplotlib/", "/PIL/", "/shapely/", "/geopandas/", "/adjustText/", "/contourpy/"),
    "data": (
        "/pandera/",
        "/yaml/",
        "/analysis/catalog",
        "/analysis/evidence",
        "/analysis/preferred",
        "/analysis/areas",
    ),
    "methods": (
        *("/capture_recapture/", "/trends/", "/journeys/", "/survey_stats/", "/disclosure/", "/bounded/"),
        *("/analysis/methods/", "/scipy/", "/statsmodels/", "/numpy/"),
    ),
    "tables (pandas)": ("/pandas/", "/pyarrow/"),
    "sections": ("/analysis/",),
}
OTHER = "IPython, Python"


def of_areas(number: int) -> list[Job]:
    """The jobs of so many areas, evenly spread over the studies."""
    everywhere = list(dict.fromkeys(job.area_id for job in plan() if job.area_id != job.study))
    return plan(area_ids=[everywhere[i * len(everywhere) // number] for i in range(number)])


def stage_of(path: str) -> str:
    """The stage in which a function of this file works."""
    return next((stage for stage, parts in STAGES.items() if any(part in path for part in parts)), OTHER)


def by_stage(profile: cProfile.Profile) -> Counter[str]:
    """Seconds of own time by stage."""
    found: Counter[str] = Counter()
    entries = pstats.Stats(profile, stream=io.StringIO()).stats  # type: ignore[attr-defined]
    for (path, _, _), (_, _, own, _, callers) in entries.items():
        if path != "~":
            found[stage_of(path)] += own
            continue
        for (caller, _, _), (_, _, own_for_it, _) in callers.items():
            found[stage_of(caller)] += own_for_it
    return found


def cells(jobs: Sequence[Job]) -> dict[str, Counter[str]]:
    """Seconds of each stage in the cells of notebooks, by analysis."""
    shared_tables.load(list(dict.fromkeys((job.study, job.analysis) for job in jobs)))
    shell = InteractiveShell.instance()
    found: dict[str, Counter[str]] = {}
    for job in jobs:
        profile = cProfile.Profile()
        with contextlib.suppress(Exception):
            profile.runcall(run_cells, job, shell)
        found.setdefault(job.analysis, Counter()).update(by_stage(profile))
    return found


def print_cells(found: dict[str, Counter[str]], jobs: Sequence[Job]) -> None:
    """A row an analysis: seconds a notebook, by stage."""
    stages = [*STAGES, OTHER]
    print("seconds a notebook, in its cells (profiled, which takes longer)")
    print(f"{'analysis':<22}" + "".join(f"{stage:>17}" for stage in stages) + f"{'all':>8}")
    for name, each in found.items():
        number = sum(job.analysis == name for job in jobs)
        columns = "".join(f"{each[stage] / number:>17.2f}" for stage in stages)
        print(f"{name:<22}{columns}{sum(each.values()) / number:>8.2f}")


def commands(selection: Sequence[str], runs: int) -> None:
    """Print the seconds of each command in a copy of the project."""
    with tempfile.TemporaryDirectory() as name:
        project = copy_of_the_project(Path(name).resolve())

        def said(what: str, work: Callable[[], object], times: int = 1, before: Callable[[], object] = int) -> None:
            taken = []
            for _ in range(times):
                before()
                taken.append(seconds(work))
            print(f"{what:<44}{statistics.median(taken):9.1f} s", flush=True)

        def afresh() -> None:
            for part in (RUNS, STAGED):
                shutil.rmtree(project / part, ignore_errors=True)

        run = partial(analysis, "run", *selection, project=project)
        release = partial(analysis, "release", project=project)
        said("intake", partial(analysis, "intake", project=project))
        said("run", run, runs, afresh)
        said("run, nothing to do", run, max(3, runs))
        said("release", release)
        said("release, nothing new", release, max(3, runs))
        said("run, nothing to do, after it", run, max(3, runs))


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--areas", type=int, default=6, metavar="N", help="how many areas (default: %(default)s)")
    parser.add_argument("--runs", type=int, default=1, metavar="N", help="of each command (default: %(default)s)")
    parser.add_argument("--whole", action="store_true", help="the commands on the whole assessment")
    options = parser.parse_args()
    jobs = [job for job in of_areas(options.areas) if job.analysis not in FROM_FINDINGS]
    print(
        f"{len(jobs)} notebooks of {len({job.area_id for job in jobs})} areas, {os.cpu_count()} processors", flush=True
    )
    print_cells(cells(jobs), jobs)
    print(flush=True)
    selection = [word for area_id in dict.fromkeys(job.area_id for job in jobs) for word in ("--area", area_id)]
    commands([] if options.whole else selection, options.runs)


if __name__ == "__main__":
    sys.exit(main())
