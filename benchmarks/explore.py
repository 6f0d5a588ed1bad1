"""Exploring many persons: the time from a filter to all views, the time to load, and the memory.

    python benchmarks/explore.py                     10,000, 100,000 and 1,000,000 persons
    python benchmarks/explore.py --most 100000       up to fewer
    python benchmarks/explore.py --study demo_islands  of another study (default: demo_provinces)
    python benchmarks/explore.py --into FOLDER       where explore_SYNTHETIC.csv goes (default: benchmarks/)

The persons are the study's synthetic ones with their records and journeys, repeated under new ids until there are
enough; none is counted together with another, so that repeated rows cost as much as others. Each size runs in a process
of its own. The views are those of `counted` with their message: of everything, then of 30 random selections, of
which each filter is a part by a chance of one half. Time of the processor is what a machine without other work would
take. Table: explore_SYNTHETIC.csv.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path

for threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[threads] = "1"

import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402

from analysis.cases.htcds import NOT_A_VICTIM  # noqa: E402
from analysis.cases.processed import load  # noqa: E402
from analysis.explorer.counts import counted  # noqa: E402
from analysis.explorer.datasets import persons  # noqa: E402
from analysis.explorer.records import CHOSEN, Records, Selection  # noqa: E402

SIZES = (10_000, 100_000, 1_000_000)
SELECTIONS = 30
# Of the values of a filter, the share that a random selection has.
SHARE = 0.4


def repeated(study: str, size: int) -> tuple[pd.DataFrame, pd.DataFrame, str]:
    """A study's case records and stops, repeated under new ids until there are so many persons; and their kind."""
    found = load(study)
    if found.kind != "synthetic":
        raise SystemExit(f"The case records of {study} are no synthetic ones: nothing is measured with real persons.")
    counted_persons = found.case_records.loc[found.case_records["status"] != NOT_A_VICTIM, "person_id"].nunique()
    times = -(-size // counted_persons)
    table = again(found.case_records, ("record_id", "person_id"), times)
    # The last ones in excess are left out with all their records.
    table = table[pd.factorize(table["person_id"])[0] < size]
    stops = again(found.stops, ("journey_id",), times)
    return table, stops[stops["journey_id"].isin(table["record_id"])], found.kind


def again(table: pd.DataFrame, ids: tuple[str, ...], times: int) -> pd.DataFrame:
    """A table several times, each time under other ids; an id that is empty stays so."""
    long = pd.concat([table] * times, ignore_index=True)
    turn = pd.Series(np.repeat(np.arange(times), len(table)).astype(str), dtype=object)
    named = {
        name: long[name].astype(object).where(long[name] == "", long[name].astype(object) + "-" + turn) for name in ids
    }
    return long.assign(**named)


def random_selection(records: Records, random: np.random.Generator) -> Selection:
    """Some areas, years and values; each filter is left out by a chance of one half."""
    chosen = {}
    for field, name in CHOSEN.items():
        labels = np.array(records.columns[name].labels, dtype=object)
        if random.random() < 0.5:
            chosen[field] = tuple(labels[random.random(len(labels)) < SHARE])
    years = np.sort(random.integers(records.period[0], records.period[1] + 1, 2))
    return Selection(**chosen, period=(int(years[0]), int(years[1])) if random.random() < 0.5 else records.period)


def size_of(records: Records) -> int:
    """The memory of all rows, in bytes."""
    arrays = [*(column.codes for column in records.columns.values()), records.counts, records.more]
    arrays += [records.pairs.codes] if records.pairs else []
    return sum(each.nbytes for each in arrays if each is not None)


def measured(study: str, size: int) -> dict[str, float]:
    """Persons, records, seconds to load, milliseconds of the views, KiB of their message, and MiB."""
    table, stops, kind = repeated(study, size)
    began = time.perf_counter()
    records = persons(table, stops, study, kind)
    loaded = time.perf_counter() - began
    size_of_lists = len(table)
    del table, stops
    random = np.random.default_rng(1)
    selections = [Selection.all(records), *(random_selection(records, random) for _ in range(SELECTIONS))]
    spent, of_processor, long = [], [], 0
    for selection in selections:
        began, busy = time.perf_counter(), time.process_time()
        message = counted(records, selection).as_message()
        spent.append(1000 * (time.perf_counter() - began))
        of_processor.append(1000 * (time.process_time() - busy))
        long = max(long, len(json.dumps(message)))
    return {
        "persons": len(records),
        "records": size_of_lists,
        "load s": loaded,
        "views of all ms": spent[0],
        "views median ms": float(np.median(spent[1:])),
        "views worst ms": max(spent),
        "processor median ms": float(np.median(of_processor[1:])),
        "processor worst ms": max(of_processor),
        "message KiB": long / 1024,
        "records MiB": size_of(records) / 2**20,
        "peak MiB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--most", type=int, default=SIZES[-1], help="most persons (default: %(default)s)")
    parser.add_argument("--study", default="demo_provinces", help="whose synthetic records (default: %(default)s)")
    parser.add_argument("--into", type=Path, default=Path(__file__).parent, help="folder of the table")
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        print(json.dumps(measured(given.study, given.one)))
        return
    rows = []
    for size in [size for size in SIZES if size <= given.most] or [given.most]:
        command = [sys.executable, __file__, "--one", str(size), "--study", given.study]
        said = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
        rows.append(json.loads(said.stdout.splitlines()[-1]))
    table = pd.DataFrame(rows).round(1)
    table.to_csv(given.into / "explore_SYNTHETIC.csv", index=False, lineterminator="\n")
    print(table.set_index("persons").T.to_string(float_format="{:,.1f}".format))


if __name__ == "__main__":
    main()
