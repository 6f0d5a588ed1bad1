"""Joinpoint regression: processor seconds of permutation tests and of a thousand short series; coverage of limits.

    python benchmarks/joinpoint.py                     medians of 5 runs
    python benchmarks/joinpoint.py --runs 1            fewer
    python benchmarks/joinpoint.py --permutations 99   fewer permutations a test
    python benchmarks/joinpoint.py --series 20         fewer short series
    python benchmarks/joinpoint.py --coverage 400      also: how often 95 % limits hold the truth (10 minutes)

Two things are measured, each in a process of its own, warm (after one run that is not counted), with one thread. First
three series of 35 years (colorectal cancer in the United States, 1975-2009: all, women, men) with at most 3 joinpoints
and 4,499 permutations a test: the README of the R package nih.joinpoint reports 3 seconds on three cores for
Joinpoint 4.9.0.0.1 on the same. Then 1,000 synthetic series of 15 years with at most 2 joinpoints by weighted BIC, of
each of which the joinpoints and the segments are read.

With `--coverage`, so many synthetic series are drawn of each of five shapes and four lengths (`SHAPES`, `LENGTHS`),
with errors of 5 % and 10 % in turn. Their joinpoints are sought, the number held at the true one. For limits by t, by
the delta method and by empirical quantiles of 5,000 resamples it is printed how often they hold the true annual
changes, their average and the joinpoints, of all series and least and most by shape and length, and how wide they are
on average.
"""

import argparse
import os
import statistics
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd

RATES = Path(__file__).resolve().parents[1] / "tests" / "reference" / "crc.csv"
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}

# `work` is defined by what precedes this; every run is printed.
TIMED = """
import time
work()
for _ in range({runs}):
    began = time.process_time()
    work()
    print(time.process_time() - began)
"""
PERMUTATIONS = """
import pandas as pd
from analysis import trends
rates = pd.read_csv({path!r}, comment="#").rename(columns={{"year": "period", "se": "standard_error"}})
series = [rows for _, rows in rates.groupby("sex")]
def work():
    for rows in series:
        trends.joinpoint(rows, 3, permutations={permutations}).tests
"""
SHORT = """
import numpy as np, pandas as pd
from analysis import trends
random, year = np.random.default_rng(1), np.arange(15)
def synthetic(i):
    # Every second series turns in its eighth year.
    persons = random.poisson(60 * np.exp(0.05 * year - 0.12 * (i % 2) * np.maximum(year - 7, 0)))
    return pd.DataFrame(dict(period=2009 + year, count=persons, population=np.linspace(1e6, 1.2e6, 15)))
series = [synthetic(i) for i in range({series})]
def work():
    for rows in series:
        found = trends.joinpoint(rows, 2, "wbic")
        found.k, found.joinpoints, found.segments
"""


def seconds(code: str, runs: int) -> tuple[float, float]:
    """The median and the least processor seconds of a piece of work."""
    ended = subprocess.run(
        [sys.executable, "-c", code + TIMED.format(runs=runs)],
        env={**os.environ, **ONE_THREAD},
        capture_output=True,
        text=True,
        check=True,
    )
    found = [float(line) for line in ended.stdout.split()]
    return statistics.median(found), min(found)


# Slopes of logarithms a year, and where in the series they change.
SHAPES: dict[str, tuple[tuple[float, ...], tuple[float, ...]]] = {
    "a line": ((0.05,), ()),
    "rise and fall": ((0.05, -0.05), (1 / 2,)),
    "late fall": ((0.05, -0.05), (3 / 4,)),
    "rise that ends": ((0.05, 0.0), (1 / 2,)),
    "two joinpoints": ((0.1, -0.05, 0.05), (1 / 3, 2 / 3)),
}
LENGTHS = (8, 12, 15, 25)
# As many years as the joinpoints of a shape need, two before, between and after each of them.
FEWEST = {"late fall": 12, "two joinpoints": 12}


def coverage(series: int) -> pd.DataFrame:
    """How often limits hold the truth, percent, and their mean width; one row a kind of limits, shape and length."""
    import trends

    random = np.random.default_rng(2022)
    rows = []
    for shape, (slopes, places) in SHAPES.items():
        for n in (n for n in LENGTHS if n >= FEWEST.get(shape, 0)):
            year, turns = np.arange(n), [int(n * place) for place in places]
            bends = zip(turns, np.diff(slopes), strict=True)
            line = 3 + slopes[0] * year + sum((bend * np.maximum(year - turn, 0) for turn, bend in bends), np.zeros(n))
            truth = {
                "change": 100 * np.expm1(slopes),
                "average": 100 * np.expm1([(line[-1] - line[0]) / (n - 1)]),
                "joinpoint": 2000.0 + np.array(turns),
            }
            for i in range(series):
                rate = np.exp(line + random.normal(0, 0.05 * (1 + i % 2), n))
                drawn = pd.DataFrame({"period": 2000 + year, "rate": rate})
                for limits in ("t", "delta", "empirical_quantile"):
                    found = trends.joinpoint(drawn, len(turns), "bic", min_joinpoints=len(turns), limits=limits)
                    tables = {"change": found.segments, "average": found.average, "joinpoint": found.joinpoints}
                    for of, table in tables.items():
                        # Limits by the delta method are of the average alone, and a line has no joinpoint.
                        if len(table) and (of == "average" or limits != "delta"):
                            held = (table["low"] <= truth[of]) & (truth[of] <= table["high"])
                            width = (table["high"] - table["low"]).mean()
                            rows.append((limits, of, shape, n, 100 * held.mean(), width))
    table = pd.DataFrame(rows, columns=["limits", "of", "shape", "n", "held", "width"])
    return table.groupby(["limits", "of", "shape", "n"], sort=False)[["held", "width"]].mean()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5, help="of each, after one that is not counted (default: 5)")
    parser.add_argument("--permutations", type=int, default=4499, help="of each test (default: 4499)")
    parser.add_argument("--series", type=int, default=1000, help="short ones (default: 1000)")
    parser.add_argument("--coverage", type=int, default=0, help="also: coverage of limits in so many series")
    given = parser.parse_args()
    tests = f"3 series of 35 years, {given.permutations:,} permutations a test"
    short = f"{given.series:,} series of 15 years, weighted BIC"
    for name, code in (
        (tests, PERMUTATIONS.format(path=str(RATES), permutations=given.permutations)),
        (short, SHORT.format(series=given.series)),
    ):
        middle, least = seconds(code, given.runs)
        print(f"{name}: {middle:.2f} processor seconds (least {least:.2f})")
    if given.coverage:
        print(f"{given.coverage:,} series of each shape and length, 95 % limits")
        for (limits, of), rows in coverage(given.coverage).groupby(["limits", "of"], sort=False):
            held, width = rows["held"], rows["width"].mean()
            print(f"{limits}, {of}: held {held.mean():.1f} % ({held.min():.1f} to {held.max():.1f}), width {width:.2f}")


if __name__ == "__main__":
    main()
