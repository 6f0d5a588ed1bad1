"""Speed of count trends and of Wilson's limits, in processor milliseconds a call.

    python benchmarks/count_speed.py                      the least of 9 rounds
    python benchmarks/count_speed.py --rounds 1 --least   one round of one call each, at the smallest sizes

Synthetic yearly and monthly counts with a population: `count_trend` by quasi-Poisson and by a negative binomial, 10 to
600 periods. `intervals.wilson`: 1 to 1,000,000 parts of wholes. One thread; other work on the machine makes all slower,
so that two versions are compared by running them in turn.
"""

import argparse
import os
import time
from collections.abc import Callable, Iterator

for threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[threads] = "1"

import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402

import trends  # noqa: E402
from bounded import intervals  # noqa: E402

PERIODS = (10, 20, 200, 600)
PARTS = (1, 100, 10_000, 1_000_000)
FAMILY = "negative binomial"


def calls(periods: tuple[int, ...], parts: tuple[int, ...]) -> Iterator[tuple[str, Callable[[], object], int]]:
    """What is called, and how often in a round."""
    random = np.random.default_rng(1)
    for n in periods:
        step = 1 if n < 100 else 1 / 12
        mean = 60 * np.exp(0.4 * np.linspace(0, 1, n))
        rates = {"period": 2000 + step * np.arange(n), "population": np.linspace(1e6, 1.2e6, n)}
        series = pd.DataFrame({**rates, "count": random.poisson(mean)})
        spread = series.assign(count=random.negative_binomial(4, 4 / (4 + mean)))
        yield f"count_trend, {n} periods", lambda series=series: trends.count_trend(series), 30
        yield f"{FAMILY}, {n} periods", lambda spread=spread: trends.count_trend(spread, family=FAMILY), 15
    for n in parts:
        whole = random.integers(1, 1000, n)
        part = np.minimum(random.integers(0, 1000, n), whole)
        yield f"wilson, {n} parts", lambda x=part, of=whole: intervals.wilson(x, x, of), max(2, min(200, 200_000 // n))


def milliseconds(call: Callable[[], object], times: int, rounds: int) -> float:
    """The least processor time of a call, after one that is not counted."""
    call()
    found = []
    for _ in range(rounds):
        began = time.process_time()
        for _ in range(times):
            call()
        found.append((time.process_time() - began) / times)
    return 1000 * min(found)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rounds", type=int, default=9)
    options.add_argument("--least", action="store_true", help="one call a round, at the smallest sizes")
    given = options.parse_args()
    for name, call, times in calls(PERIODS[:1], PARTS[:1]) if given.least else calls(PERIODS, PARTS):
        print(f"{name}: {milliseconds(call, 1 if given.least else times, given.rounds):.3f} ms")


if __name__ == "__main__":
    main()
