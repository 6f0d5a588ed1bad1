"""Multiple systems estimation beside R: seconds of a whole process, and of a thousand resamples.

    python benchmarks/multiple_systems.py                  medians of 5 runs
    python benchmarks/multiple_systems.py --runs 1         fewer
    python benchmarks/multiple_systems.py --resamples 20   fewer resamples; what R took is then not printed

Printed beside are the processor seconds that R 4.5.0 took for the same work on another machine: 1,000 multinomial
resamples, the model selected again in each, by SparseMSE 2.0.1 (measured once, as user time). A whole process is
`python -c` with import, table, estimate and interval; the caches of files are warm. One thread.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pandas as pd

TABLES = Path(__file__).resolve().parents[1] / "tests" / "reference" / "capture_tables.csv"
# Processor seconds of R for 1,000 resamples.
R_SECONDS = {"UKdat_5": 52, "UKdat": 145}
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}

READ = "import resource, pandas as pd; from analysis import incidence; h = pd.read_csv({path!r}); "
BOOTSTRAP = "incidence.multiple_systems(h, replicates={resamples})"
# For these the seconds of R were measured.
RESAMPLES = 1000
BIC = "incidence.multiple_systems(h, selection='bic', order=5, replicates=0)"
# The call alone, in processor seconds.
TIMED = (
    "began = resource.getrusage(resource.RUSAGE_SELF); {call}; ended = resource.getrusage(resource.RUSAGE_SELF); "
    "print(ended.ru_utime + ended.ru_stime - began.ru_utime - began.ru_stime)"
)


def written(name: str, folder: str) -> str:
    """The path of a file that holds one of the tables, one 0/1 column a list."""
    table = pd.read_csv(TABLES, comment="#", dtype={"pattern": str})
    table = table[table["table"] == name]
    lists = table["lists"].iloc[0].split()
    seen = pd.DataFrame([list(pattern) for pattern in table["pattern"]], columns=lists)
    path = Path(folder) / f"{name}.csv"
    seen.assign(count=table["count"].to_numpy()).to_csv(path, index=False)
    return str(path)


def run(code: str) -> tuple[float, float]:
    """Wall seconds of a process, and what it printed as processor seconds."""
    start = time.perf_counter()
    ended = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, **ONE_THREAD}, capture_output=True, text=True, check=True
    )
    return time.perf_counter() - start, float(ended.stdout or "nan")


def medians(code: str, runs: int) -> tuple[float, float]:
    run(code)
    found = [run(code) for _ in range(runs)]
    return statistics.median(wall for wall, _ in found), statistics.median(seconds for _, seconds in found)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5, help="of each, after one that is not counted (default: 5)")
    parser.add_argument("--resamples", type=int, default=RESAMPLES, help="of each table (default: %(default)s)")
    given = parser.parse_args()
    runs, bootstrap = given.runs, BOOTSTRAP.format(resamples=given.resamples)
    wall, _ = medians("import analysis.incidence", runs)
    print(f"import analysis.incidence: {wall:.2f} s")
    with tempfile.TemporaryDirectory() as folder:
        for name, by_r in R_SECONDS.items():
            code = READ.format(path=written(name, folder)) + TIMED.format(call=bootstrap)
            wall, seconds = medians(code, runs)
            beside = f"; R {by_r} s, {by_r / seconds:,.0f} times as many" if given.resamples == RESAMPLES else ""
            print(
                f"{name}, {given.resamples:,} resamples: whole process {wall:.2f} s; the call {seconds:.3f} processor "
                f"seconds{beside}"
            )
        wall, seconds = medians(READ.format(path=written("UKdat_5", folder)) + TIMED.format(call=BIC), runs)
    print(f"BIC over all 6,893 five-list models: whole process {wall:.2f} s; the call {seconds:.2f} processor seconds")


if __name__ == "__main__":
    main()
