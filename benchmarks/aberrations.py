"""Aberrations beside R: processor seconds to test 100 synthetic series in each of 52 weeks.

    python benchmarks/aberrations.py            medians of 5 runs
    python benchmarks/aberrations.py --runs 1   fewer

Printed beside are the processor seconds that R 4.5.0 took for the same work on another machine: farringtonFlexible of
surveillance 1.24.1 with its improved settings (measured once, as user time), whose limits and alarms are the same. The
call is timed within a process of its own, with the table at hand. One thread.
"""

import argparse
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

SERIES = Path(__file__).resolve().parents[1] / "tests" / "reference" / "weekly_SYNTHETIC.csv"
R_SECONDS = 28.8
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}

CALL = """
import resource, numpy as np, pandas as pd
from trends.aberrations import aberrations
counts = np.loadtxt({path!r}, comments="#", dtype=int)
n, weeks = counts.shape
table = pd.DataFrame(dict(series=np.repeat(np.arange(n), weeks), period=np.tile(np.arange(1, weeks + 1), n),
                          count=counts.ravel()))
began = resource.getrusage(resource.RUSAGE_SELF)
found = aberrations(table, by="series", at=(477, 528), frequency=52, years_back=4).table
ended = resource.getrusage(resource.RUSAGE_SELF)
print(ended.ru_utime + ended.ru_stime - began.ru_utime - began.ru_stime, len(found), int(found["alarm"].sum()))
"""


def run() -> tuple[float, float, int, int]:
    """Wall seconds of a whole process; processor seconds of the call; tests and alarms."""
    start = time.perf_counter()
    ended = subprocess.run(
        [sys.executable, "-c", CALL.format(path=str(SERIES))],
        env={**os.environ, **ONE_THREAD},
        capture_output=True,
        text=True,
        check=True,
    )
    seconds, tests, alarms = ended.stdout.split()
    return time.perf_counter() - start, float(seconds), int(tests), int(alarms)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5, help="after one that is not counted (default: 5)")
    runs = parser.parse_args().runs
    run()
    found = [run() for _ in range(runs)]
    wall, seconds = (statistics.median(values) for values in list(zip(*found, strict=True))[:2])
    print(
        f"{found[0][2]:,} tests, {found[0][3]} alarms: whole process {wall:.2f} s; the call {seconds:.3f} processor "
        f"seconds; R {R_SECONDS} s, {R_SECONDS / seconds:,.0f} times as many"
    )


if __name__ == "__main__":
    main()
