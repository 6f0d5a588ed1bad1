"""Routes of many journeys: the time of each table, the memory of all, and whether both grow as the journeys do.

    python benchmarks/routes.py                       10,000 to 1,000,000 synthetic journeys of ten legs each
    python benchmarks/routes.py --most 100000         up to fewer
    python benchmarks/routes.py --into FOLDER         where table and figure go (default: benchmarks/)

Journeys follow one of 300 ways through 70 places; a tenth of their stops are elsewhere, and of a twentieth the place is
not known. One in five persons has a second journey. Each size runs in a process of its own, so that its memory is its
own: the largest resident set, with Python, the libraries and the table of stops. A table is timed once, after the same
on a thousand journeys. Table and figure: routes_SYNTHETIC.csv and .png.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

for threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[threads] = "2"

import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402

import journeys  # noqa: E402
from analysis import catalog  # noqa: E402
from analysis.methods import origin_destination  # noqa: E402
from analysis.plots import style  # noqa: E402

LEGS = 10
PLACES = 70
WAYS = 300
SIZES = (10_000, 30_000, 100_000, 300_000, 1_000_000)
# A corridor of a million journeys that thirty persons share is chance; of ten thousand, that three share.
SUPPORT_IN = 30_000


def synthetic(journeys: int, seed: int = 1) -> pd.DataFrame:
    """Stops of journeys of ten legs, as ``routes.journeys`` reads them."""
    random = np.random.default_rng(seed)
    stops = LEGS + 2  # one of them is not known in most journeys, and no end of a leg
    ids = [f"TR-{number:02d}" for number in range(1, PLACES - 9)] + [
        "SYR",
        "IRQ",
        "AFG",
        "IRN",
        "LBN",
        "GRC",
        "BGR",
        "UZB",
        "TKM",
        "GEO",
    ]
    ways = random.integers(0, PLACES, (WAYS, stops))[random.integers(0, WAYS, journeys)]
    ways = np.where(random.random(ways.shape) < 0.1, random.integers(0, PLACES, ways.shape), ways)
    ways = np.where(random.random(ways.shape) < 0.05, PLACES, ways).astype(np.int8)
    roles = np.concatenate([[0], np.full(stops - 2, 1), [2]]).astype(np.int8)

    def of_journey(values: np.ndarray) -> np.ndarray:
        return np.repeat(values, stops)

    return pd.DataFrame(
        {
            "journey_id": of_journey(np.arange(journeys)),
            "person_id": of_journey(random.integers(0, max(int(0.8 * journeys), 1), journeys)),
            "seq": np.tile(np.arange(1, stops + 1, dtype=np.int16), journeys),
            "place_id": pd.Categorical.from_codes(ways.ravel(), [*ids, ""]),
            "role": pd.Categorical.from_codes(np.tile(roles, journeys), ["origin", "transit", "exploitation"]),
            "year": of_journey(random.integers(2014, 2024, journeys).astype(np.int16)),
            "sex": pd.Categorical.from_codes(
                of_journey(random.integers(0, 2, journeys).astype(np.int8)), ["female", "male"]
            ),
        }
    )


def tables(read: journeys.Journeys, regions: pd.DataFrame) -> dict[str, Callable[[], object]]:
    """Every table of routes, by name."""
    support = max(3, len(read) // SUPPORT_IN)
    areas = [place for place in read.places if place.startswith("TR-")]
    return {
        "legs": lambda: journeys.legs(read),
        "flows": lambda: journeys.flows(read),
        "flows by year and sex": lambda: journeys.flows(read, by=["year", "sex"]),
        "scopes": lambda: origin_destination.journey_scopes(read, regions, areas),
        "balance": lambda: journeys.node_balance(read),
        "transit": lambda: journeys.transit(read),
        "ways": lambda: journeys.journey_paths(read),
        "corridors": lambda: journeys.corridors(read, support=support),
        "crossings": lambda: journeys.crossings(read),
        "concentration": lambda: journeys.concentration(read),
        "change": lambda: journeys.change(read),
        "steps": lambda: journeys.steps(read),
        "missing transit": lambda: journeys.missing_transit_sensitivity(journeys.fullest(read)),
    }


def measured(number: int) -> dict[str, float]:
    """Seconds of each table, MiB at the peak, and legs."""
    regions = catalog.load("country_regions")
    for make in tables(journeys.journeys(synthetic(1000)), regions).values():
        make()
    stops = synthetic(number)
    began = time.perf_counter()
    read = journeys.journeys(stops)
    seconds = {"reading the stops": time.perf_counter() - began}
    for name, make in tables(read, regions).items():
        start = time.perf_counter()
        made = make()
        seconds[name] = time.perf_counter() - start
        del made
    legs = len(read.arrivals)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"number of legs": legs, **seconds, "all": time.perf_counter() - began, "MiB": peak}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--most", type=int, default=SIZES[-1], help="most journeys (default: %(default)s)")
    parser.add_argument("--into", type=Path, default=Path(__file__).parent, help="folder of table and figure")
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        print(json.dumps(measured(given.one)))
        return
    rows = []
    for size in [size for size in SIZES if size <= given.most] or [given.most]:
        said = subprocess.run(
            [sys.executable, __file__, "--one", str(size)], check=True, capture_output=True, text=True
        )
        found = json.loads(said.stdout.splitlines()[-1])
        rows.append({"journeys": size, **found})
        legs = found["number of legs"]
        print(f"{size:>9,} journeys, {legs:>10,} legs: {found['all']:6.2f} s, {found['MiB']:6,.0f} MiB", flush=True)
    table = pd.DataFrame(rows)
    table.round(3).to_csv(given.into / "routes_SYNTHETIC.csv", index=False, lineterminator="\n")
    print(table.drop(columns=["number of legs", "MiB"]).set_index("journeys").T.round(2).to_string())
    (given.into / "routes_SYNTHETIC.png").write_bytes(style.png(drawn(table)))


@style.form("Two curves over the number of journeys, each beside a straight line.")
def drawn(table: pd.DataFrame):
    """Seconds of all tables, and MiB, over the number of journeys, with a straight line for each to be held against."""
    page = style.Page(
        title="All tables of routes: time and memory",
        footer=style.Footer(
            "benchmarks/routes.py, two cores",
            "one run a size",
            f"{table['journeys'].max():,} journeys with {table['number of legs'].max():,} legs at most",
            "Synthetic journeys; dotted: growth in proportion to the journeys, through the largest.",
            synthetic=True,
        ),
    )
    units = {"all": "seconds", "MiB": "MiB at the peak"}
    for axes, (name, unit) in zip(page.subplots(1, 2), units.items(), strict=True):
        axes.loglog(table["journeys"], table[name], color=style.BLUE, marker="o", lw=1.6)
        last = table.iloc[-1]
        in_proportion = last[name] * table["journeys"] / last["journeys"]
        axes.loglog(table["journeys"], in_proportion, color=style.MUTED, ls=":", lw=1.2)
        axes.annotate(
            style.number(last[name]), (last["journeys"], last[name]), (-8, 6), textcoords="offset points", ha="right"
        )
        axes.set(xlabel="journeys", title=unit)
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_formatter(lambda value, _: style.number(value))
            axis.set_minor_formatter(lambda *_: "")
        axes.grid(which="major")
    return page.fit(2.9)


if __name__ == "__main__":
    main()
