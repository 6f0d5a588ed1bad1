"""Linkage: time, memory, precision and recall on synthetic lists of 1,500, 20,000 and 200,000 records.

    python benchmarks/linkage.py                     all three
    python benchmarks/linkage.py --persons 1000      as many persons, on five lists
    python benchmarks/linkage.py --noise 0.6         fewer slips of the pen

The lists are those of tests/cases/test_link.py: five lists that each know three persons in ten, with names misspelt,
transliterated and exchanged, days of birth missing or swapped, brothers and sisters, twins, and births "on 1 January".
With noise 1 a third of the pairs of one person differ in either name. Each size is linked in a process of its own with
one thread; memory is the largest resident set of that process beyond what it had before. Printed are also precision and
recall at other thresholds, and how many of the pairs given a probability are right.
"""

import argparse
import dataclasses
import resource
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd

ROOT = Path(__file__).resolve().parents[1]
# The second holds what tests share.
sys.path[:0] = [str(ROOT / "tests" / "cases"), str(ROOT / "tests")]

from linkage_quality import quality  # noqa: E402
from test_link import lists  # noqa: E402 - the tests' own lists

from analysis.cases.person_groups import cluster  # noqa: E402
from analysis.cases.record_linkage import link  # noqa: E402

PERSONS = (1_000, 13_200, 132_000)  # about one and a half records each
THRESHOLDS = (0.5, 0.7, 0.8, 0.9, 0.95, 0.99)
BINS = (0, 0.05, 0.2, 0.5, 0.8, 0.9, 0.95, 0.99, 1)


def largest() -> float:
    """Largest resident set of this process so far, MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure(persons: int, noise: float) -> None:
    """Link the lists of so many persons, and print what it took and how good it is."""
    records, truth = lists(persons, seed=1, noise=noise)
    link(records.head(400))  # libraries are loaded, as they are in a notebook that is not the first
    before = largest()
    start = time.perf_counter()
    linkage = link(records)
    seconds = time.perf_counter() - start
    print(f"\n{len(records):,} records of {persons:,} persons, noise {noise:g}: {seconds:.1f} s, ", end="")
    print(f"{largest() - before:,.0f} MB beyond {before:,.0f} MB, {len(linkage.pairs):,} pairs kept")
    place = pd.Series(linkage.claims.index, index=linkage.claims["record_id"])
    pairs = linkage.pairs.assign(
        left=place.loc[linkage.pairs["record_id_l"]].to_numpy(),
        right=place.loc[linkage.pairs["record_id_r"]].to_numpy(),
    )
    print("threshold  precision  recall  F1      contradictions")
    for threshold in THRESHOLDS:
        person, conflicts = cluster(pairs, linkage.claims, threshold)
        at = dataclasses.replace(linkage, records=linkage.records.assign(person_id=person))
        precision, recall, f1 = quality(at, truth)["value"]
        print(f"{threshold:<9}  {precision:.4f}     {recall:.4f}  {f1:.4f}  {len(conflicts)}")
    true = truth.set_index("record_id")["true_person"]
    right = true.loc[pairs["record_id_l"]].to_numpy() == true.loc[pairs["record_id_r"]].to_numpy()
    stated = pd.cut(pairs["match_probability"], BINS)
    print("stated probability  pairs   right")
    for name, found in pd.Series(right).groupby(stated, observed=True):
        print(f"{name!s:<18}  {len(found):<6}  {found.mean():.3f}")
    left_out = linkage.blocking[linkage.blocking["left_out"] > 0]
    for key, count in zip(left_out["key"], left_out["left_out"], strict=True):
        print(f"key '{key}': too common for {count:,} records")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--persons", type=int, help="as many persons; by default 1,000, 13,200 and 132,000")
    parser.add_argument("--noise", type=float, default=1.0)
    chosen = parser.parse_args()
    if chosen.persons:
        measure(chosen.persons, chosen.noise)
        return
    for persons in PERSONS:
        again = [sys.executable, __file__, "--persons", str(persons), "--noise", str(chosen.noise)]
        subprocess.run(again, check=True)


if __name__ == "__main__":
    main()
