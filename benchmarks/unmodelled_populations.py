"""How often what `robustness` states holds in populations whose form none of its models has.

    python benchmarks/unmodelled_populations.py                     100 studies of each population: about an hour
    python benchmarks/unmodelled_populations.py --studies 10        fewer
    python benchmarks/unmodelled_populations.py --population pockets   of one population
    python benchmarks/unmodelled_populations.py --replicates 50     fewer resamples of each method (default: 200)
    python benchmarks/unmodelled_populations.py --into FOLDER       where the table and the figure go

Each study has 1,500 persons and four lists; see `POPULATIONS`. Each study that was drawn is counted. A statement holds
where its limits contain the true number. A statement without an upper limit holds where its lower limit is not above
the true number, and it is counted apart how often there is no upper limit.
Persons whom no list can find are in no number: of the population that has some, the true number is that of all persons,
and how often the statement holds of those who can be found is counted beside it.
"""

import argparse
import os
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

for threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[threads] = "1"

import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402
from numpy.typing import NDArray  # noqa: E402
from tqdm import tqdm  # noqa: E402

import capture_recapture as cr  # noqa: E402
from capture_recapture.method_table import USUAL  # noqa: E402

PERSONS, LISTS = 1500, ("A", "B", "C", "D")
On = NDArray[np.bool_]
Random = np.random.Generator


def _seen(chances: NDArray[np.float64], random: Random) -> On:
    """(persons, lists) who is on which list, lists independent for each person."""
    return random.random((PERSONS, len(LISTS))) < chances


def _odds(chances: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.log(chances / (1 - chances))


def _chances(log_odds: NDArray[np.float64]) -> NDArray[np.float64]:
    return 1 / (1 + np.exp(-log_odds))


# How likely each list finds a person, where persons are alike.
SIZES = np.array([0.2, 0.25, 0.3, 0.35])


def alike(random: Random) -> On:
    """Persons alike and lists independent: what the simplest model says. The control."""
    return _seen(np.tile(SIZES, (PERSONS, 1)), random)


def normal(random: Random) -> On:
    """Persons differ by a normal deviate of the log odds, as one of the models says. The control."""
    return _seen(_chances(_odds(SIZES) + random.normal(size=(PERSONS, 1))), random)


def two_classes(random: Random) -> On:
    """Half of the persons are two lower on the log odds."""
    return _seen(_chances(_odds(SIZES + 0.1) - 2.0 * (random.random((PERSONS, 1)) < 0.5)), random)


def quarter_hard_to_find(random: Random) -> On:
    """A quarter of the persons are three lower on the log odds."""
    return _seen(_chances(_odds(SIZES) - 3.0 * (random.random((PERSONS, 1)) < 0.25)), random)


def most_hard_to_find(random: Random) -> On:
    """Of 60 % each list finds 4 in 100, of the others 35 in 100."""
    return _seen(np.where(random.random((PERSONS, 1)) < 0.6, 0.04, 0.35) * np.ones(len(LISTS)), random)


def three_classes(random: Random) -> On:
    """Each list finds 3, 15 or 50 in 100 of a third of the persons."""
    return _seen(random.choice([0.03, 0.15, 0.5], size=(PERSONS, 1)) * np.ones(len(LISTS)), random)


def third_hardly_found(random: Random) -> On:
    """Of a third each list finds 1 in 100, of the others 25 in 100."""
    return _seen(np.where(random.random((PERSONS, 1)) < 1 / 3, 0.01, 0.25) * np.ones(len(LISTS)), random)


def never_found(random: Random) -> On:
    """No list can find a fifth of the persons."""
    return _seen(SIZES * (random.random((PERSONS, 1)) >= 0.2), random)


def referrals(random: Random) -> On:
    """Two lists pass 40 % and 30 % of their persons on to another one each."""
    on = alike(random)
    for source, into, share in ((0, 1, 0.4), (2, 3, 0.3)):
        on[:, into] |= on[:, source] & (random.random(PERSONS) < share)
    return on


def shifts_over_time(random: Random) -> On:
    """Persons come and go within six years, and each list is kept in some of them: early, late or throughout."""
    years = np.arange(6)
    kept = np.array([[1, 1, 1, 1, 0, 0], [0, 0, 1, 1, 1, 1], [1, 1, 1, 1, 1, 1], [0, 1, 1, 1, 1, 0]])
    came = random.integers(-3, 6, size=(PERSONS, 1))
    present = (years >= came) & (years < came + random.integers(1, 6, size=(PERSONS, 1)))
    present[~present.any(axis=1), 0] = True
    return _seen(1 - (1 - SIZES / 2) ** (present.astype(float) @ kept.T), random)


def pockets(random: Random) -> On:
    """Five places of unequal size, each of which is reached by some lists well and by others hardly."""
    place = random.choice(5, size=PERSONS, p=[0.35, 0.25, 0.2, 0.12, 0.08])
    reach = np.array([[2, 1, 1, 0.2], [0.2, 2, 1, 1], [1, 0.2, 2, 0.5], [1, 1, 0.2, 2], [0.1, 0.1, 0.3, 0.1]])
    return _seen(np.minimum(SIZES * reach[place], 0.9), random)


def linkage_errors(random: Random) -> On:
    """Persons alike, of whose records 4 in 100 are not linked, and 2 in 100 persons are taken for another one."""
    return _with_errors(alike(random), random, 0.04)


def many_linkage_errors(random: Random) -> On:
    """The same with 8 in 100 records that are not linked."""
    return _with_errors(alike(random), random, 0.08)


def mixture(random: Random) -> On:
    """Two classes in pockets, a list that refers to another, and errors of linkage."""
    place = random.choice(3, size=PERSONS, p=[0.5, 0.3, 0.2])
    reach = np.array([[1.5, 1, 1, 0.5], [0.5, 1.5, 1, 1], [1, 0.5, 1.5, 1]])
    on = _seen(_chances(_odds(SIZES * reach[place]) - 2.0 * (random.random((PERSONS, 1)) < 0.3)), random)
    on[:, 1] |= on[:, 0] & (random.random(PERSONS) < 0.3)
    return _with_errors(on, random, 0.04)


def _with_errors(on: On, random: Random, share: float) -> On:
    """The records of the same persons after a linkage that misses a share of them and takes 2 % for another person."""
    missed = on & (on.sum(axis=1, keepdims=True) > 1) & (random.random(on.shape) < share)
    alone = np.zeros((int(missed.sum()), on.shape[1]), dtype=bool)
    alone[np.arange(len(alone)), np.nonzero(missed)[1]] = True
    linked = np.concatenate([on & ~missed, alone])
    linked = linked[linked.any(axis=1)]
    once = np.flatnonzero(linked.sum(axis=1) == 1)
    mistaken = random.permutation(once)[: 2 * int(0.02 * len(linked) / 2)].reshape(-1, 2)
    linked[mistaken[:, 0]] |= linked[mistaken[:, 1]]
    return np.delete(linked, mistaken[:, 1], axis=0)


POPULATIONS: dict[str, Callable[[Random], On]] = {
    each.__name__: each
    for each in (
        *(alike, normal, two_classes, quarter_hard_to_find, most_hard_to_find, three_classes, third_hardly_found),
        *(never_found, referrals, shifts_over_time, pockets, linkage_errors, many_linkage_errors),
        mixture,
    )
}
# Of which a model of `robustness` has the form.
CONTROLS = ("alike", "normal")


def histories(population: str, seed: int) -> pd.DataFrame:
    """The capture histories of one study."""
    on = POPULATIONS[population](np.random.default_rng([seed, list(POPULATIONS).index(population)]))
    counted = pd.DataFrame(on[on.any(axis=1)].astype(int), columns=list(LISTS)).value_counts()
    return counted.rename("count").reset_index().sort_values(list(LISTS), ignore_index=True)


def judged(task: tuple[str, int, int]) -> dict[str, object]:
    """What is stated of one study, and whether that is true."""
    population, seed, replicates = task
    table = histories(population, seed)
    found = cr.robustness(table, replicates=replicates)
    by = found.table.set_index("method")["estimate"]
    return {
        "population": population,
        "seen": found.n,
        "upper limit": found.upper_bound_known,
        "low": found.low,
        "high": found.high,
        "holds": found.low <= PERSONS <= found.high,
        "holds, of those who can be found": found.low <= _found(population) <= found.high,
        "methods": found.table["low"].min() <= PERSONS <= found.table["high"].max(),
        "headline": np.nan if found.estimate is None else found.estimate,
        USUAL: by[USUAL],
        "why": "" if found.upper_bound_known else found.diagnosis.loc[found.diagnosis["found"], "sign"].iloc[0],
    }


def _found(population: str) -> float:
    return PERSONS * (0.8 if population == "never_found" else 1.0)


def summary(rows: pd.DataFrame) -> pd.DataFrame:
    """One row a population: how often there is an upper limit, how often what is stated holds, and how far off."""
    each = rows.groupby("population", sort=False)
    table = each.agg(
        studies=("seen", "size"),
        seen=("seen", "median"),
        with_upper_limit=("upper limit", "sum"),
        holds=("holds", "sum"),
        holds_of_those_who_can_be_found=("holds, of those who can be found", "sum"),
        range_of_methods_holds=("methods", "sum"),
        low=("low", "median"),
    )
    bounded = rows[rows["upper limit"]].groupby("population", sort=False)
    table["holds_with_upper_limit"] = bounded["holds"].sum().reindex(table.index).fillna(0).astype(int)
    table["high_with_upper_limit"] = bounded["high"].median()
    table["headline"] = each["headline"].median()
    table["headlines"] = each["headline"].count()
    table["stepwise"] = each[USUAL].median()
    table["why_no_upper_limit"] = each["why"].agg(lambda why: "; ".join(_times(why[why != ""])))
    return table.reset_index()


def _times(names: pd.Series) -> list[str]:
    return [f"{name} {times}" for name, times in names.value_counts().items()]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--studies", type=int, default=100, help="of each population (default: 100)")
    parser.add_argument("--population", action="append", choices=POPULATIONS, help="only this one (default: all)")
    parser.add_argument("--replicates", type=int, default=200, help="resamples of each method (default: 200)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="processes (default: one a processor)")
    parser.add_argument("--into", type=Path, default=Path(__file__).parent, help="folder of the table")
    options = parser.parse_args()
    names = options.population or list(POPULATIONS)
    tasks = [(name, seed, options.replicates) for seed in range(options.studies) for name in names]
    with ProcessPoolExecutor(options.jobs) as pool:
        rows = pd.DataFrame(list(tqdm(pool.map(judged, tasks), total=len(tasks), unit="study")))
    table = summary(rows)
    table.round(1).to_csv(options.into / "unmodelled_populations_SYNTHETIC.csv", index=False)
    print(table.round(1).to_string(index=False))


if __name__ == "__main__":
    main()
