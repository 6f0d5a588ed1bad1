"""How long plans of studies take, and how that grows with areas.

    .venv/bin/python benchmarks/study_design.py [--most 100] [--replicates 200] [--jobs 1] [--scheduler tcp://...]

Five designs and two combinations are compared at three budgets and under all wrong assumptions, for 1, 10 and 100
areas. Areas are populations of their own, so that a hundred should take a hundred times as long as one. `--jobs`
spreads them over processes, `--scheduler` over the machines of a Dask cluster, as the batch does.
"""

import argparse
import os
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

for threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[threads] = "1"
# This program has the name of the package, which is meant below.
sys.path[:] = [path for path in sys.path if Path(path or ".").resolve() != Path(__file__).resolve().parent]

import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402

import study_design as sd  # noqa: E402

BUDGETS = (1000.0, 2500.0, 6000.0)


def population(area: int) -> sd.Population:
    """A synthetic area of nine places and four lists."""
    random = np.random.default_rng(area)
    groups = pd.DataFrame({"place": [f"place {number}" for number in range(9)], "group": "all", "population": 60_000})
    lists = pd.DataFrame({"list": list("ABCD"), "coverage": random.uniform(0.05, 0.2, 4)})
    return sd.Population(groups.assign(prevalence=random.uniform(0.002, 0.01, 9)), lists)


def designs() -> list:
    """Five designs and two combinations."""
    lists, survey, scale_up = sd.AdministrativeLists(), sd.HouseholdSurvey(), sd.NetworkScaleUp()
    alone = [lists, survey, scale_up, sd.RespondentDriven(), sd.TimeLocation(attending=0.5)]
    return [*alone, sd.Combined(first=lists, second=survey), sd.Combined(first=scale_up, second=lists)]


def planned(area: int, replicates: int) -> dict[str, object]:
    """The plan of one area, in short."""
    plan = sd.compare(population(area), designs(), budgets=BUDGETS, replicates=replicates)
    return {"area": area, "recommended": plan.recommended, "narrowest": float(plan.table["width"].min())}


def every(areas: int, replicates: int, jobs: int, scheduler: str) -> list[dict[str, object]]:
    """The plans of all areas, by one process, several, or a cluster."""
    one: Callable[[int], dict[str, object]] = partial(planned, replicates=replicates)
    if scheduler:
        from distributed import Client

        with Client(scheduler) as client:
            return client.gather(client.map(one, range(areas), pure=False))
    if jobs == 1:
        return [one(area) for area in range(areas)]
    with ProcessPoolExecutor(jobs) as pool:
        return list(pool.map(one, range(areas)))


def main() -> None:
    """Print and write the seconds by number of areas."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--most", type=int, default=100, help="areas at most")
    parser.add_argument("--replicates", type=int, default=200)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--scheduler", default="", help="address of a Dask scheduler")
    parser.add_argument("--into", type=Path, default=Path(__file__).parent)
    given = parser.parse_args()
    rows = []
    for areas in [number for number in (1, 10, 100) if number <= given.most]:
        begun = time.perf_counter()
        found = every(areas, given.replicates, given.jobs, given.scheduler)
        seconds = time.perf_counter() - begun
        recommended = sum(bool(one["recommended"]) for one in found)
        rows.append({"areas": areas, "seconds": seconds, "each": seconds / areas, "recommended": recommended})
    table = pd.DataFrame(rows)
    table.to_csv(given.into / "study_design_SYNTHETIC.csv", index=False, float_format="%.3f", lineterminator="\n")
    print(f"{len(designs())} designs, {len(BUDGETS)} budgets, {given.replicates} replicates")
    print(table.round(2).to_string(index=False))


if __name__ == "__main__":
    main()
