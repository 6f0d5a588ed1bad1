"""How often joinpoint regression finds a turn where there is none, and how often it finds one that is there.

    python benchmarks/false_turns.py                      1,000 synthetic series of each kind: a quarter of an hour
    python benchmarks/false_turns.py --series 100         fewer
    python benchmarks/false_turns.py --into FOLDER        where false_turns_SYNTHETIC.csv goes (default: benchmarks/)

Series of yearly counts are drawn with a known trend, and each criterion chooses the number of joinpoints, among as many
as are looked for by default at that length. A turn is *false* if any is found where nothing changes; it is *found* if
exactly one is found within a year (8 points) or two of the true one. Coverage is that of the 95 % limits of the average
yearly change, after the number of joinpoints was chosen by weighted BIC.
"""

import argparse
import os
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

for threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[threads] = "1"

import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402
from scipy import stats  # noqa: E402
from tqdm import tqdm  # noqa: E402

import trends  # noqa: E402

LENGTHS = (8, 12, 20)
CRITERIA = ("permutation", "bic", "bic3", "wbic")
# name: mean count, variance / mean, correlation of neighbouring years on the scale of logarithms, change of slope
KINDS = {
    "nothing changes, mean 50": (50.0, 1.0, 0.0, 0.0),
    "nothing changes, mean 8": (8.0, 1.0, 0.0, 0.0),
    "nothing changes, mean 50, variance 4 times the mean": (50.0, 4.0, 0.0, 0.0),
    "nothing changes, mean 50, neighbouring years correlated 0.5": (50.0, 4.0, 0.5, 0.0),
    "from +10 % to -10 % a year, mean 50": (50.0, 1.0, 0.0, 0.1),
    "from +20 % to -20 % a year, mean 50": (50.0, 1.0, 0.0, 0.2),
    "from +20 % to -20 % a year, mean 8": (8.0, 1.0, 0.0, 0.2),
    "from +20 % to -20 % a year, mean 50, variance 4 times the mean": (50.0, 4.0, 0.0, 0.2),
}


def drawn(kind: str, n: int, seed: int) -> tuple[pd.DataFrame, float, float]:
    """A synthetic series, its true turn (NaN where there is none) and its true average slope."""
    mean, dispersion, correlation, step = KINDS[kind]
    random = np.random.default_rng([seed, n, list(KINDS).index(kind)])
    period = np.arange(n, dtype=float)
    turn = float(n // 2)
    slope = np.log1p(step)
    shape = slope * np.minimum(period - turn, turn - period)
    expected = mean * np.exp(shape - np.log(np.mean(np.exp(shape))))
    if correlation:
        # Year-to-year effects with the variance that the dispersion asks for beyond Poisson's.
        spread = np.sqrt(np.log1p((dispersion - 1) / mean))
        effect = random.normal(0, spread, n)
        for year in range(1, n):
            effect[year] = correlation * effect[year - 1] + np.sqrt(1 - correlation**2) * effect[year]
        count = random.poisson(expected * np.exp(effect - spread**2 / 2))
    elif dispersion > 1:
        count = random.negative_binomial(expected / (dispersion - 1), 1 / dispersion)
    else:
        count = random.poisson(expected)
    series = pd.DataFrame({"period": 2000 + period, "count": count.astype(float), "effort": 1.0})
    return series, 2000 + turn if step else np.nan, float((shape[-1] - shape[0]) / (n - 1))


def judged(task: tuple[str, int, int]) -> dict:
    """What each criterion chooses for one series, and whether limits of the average change hold the truth."""
    kind, n, seed = task
    series, turn, average = drawn(kind, n, seed)
    row: dict = {"kind": kind, "n": n}
    within = 1 if n < 12 else 2
    chosen = trends.joinpoint(series, selection="wbic", permutations=999).chosen
    for criterion in CRITERIA:
        row[criterion] = chosen[criterion] > 0
        if turn == turn:
            # The placement depends on how many joinpoints there are, and not on what chose their number.
            row[criterion] = False
            if chosen[criterion] == 1:
                one = trends.joinpoint(series, 1, min_joinpoints=1, selection="bic")
                row[criterion] = abs(one.joinpoints["period"].iloc[0] - turn) <= within
    result = trends.joinpoint(series, selection="wbic", limits="t").average.iloc[0]
    truth = 100 * np.expm1(average)
    row["k_wbic"] = chosen["wbic"]
    row["nci"] = result["low"] <= truth <= result["high"]
    row["delta"] = result["delta_low"] <= truth <= result["delta_high"]
    return row


def summary(rows: pd.DataFrame) -> pd.DataFrame:
    """One row a kind and length: the share of series in which each criterion finds a turn, with its 95 % limits."""
    table = []
    for (kind, n), group in rows.groupby(["kind", "n"], sort=False):
        common = {"kind": kind, "n": n, "series": len(group), "most_joinpoints": trends.most_joinpoints(n)}
        for measure in (*CRITERIA, "nci", "delta"):
            hits = int(group[measure].sum())
            exact = stats.binomtest(hits, len(group)).proportion_ci(method="exact")
            table.append(
                common | {"measure": measure, "share": hits / len(group), "low": exact.low, "high": exact.high}
            )
    return pd.DataFrame(table)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--series", type=int, default=1000)
    options.add_argument("--jobs", type=int, default=os.cpu_count())
    options.add_argument("--into", type=Path, default=Path(__file__).parent)
    chosen = options.parse_args()
    tasks = [(kind, n, seed) for kind in KINDS for n in LENGTHS for seed in range(chosen.series)]
    with ProcessPoolExecutor(chosen.jobs) as pool:
        rows = pd.DataFrame(tqdm(pool.map(judged, tasks, chunksize=20), total=len(tasks), unit="series"))
    table = summary(rows)
    table.round(4).to_csv(chosen.into / "false_turns_SYNTHETIC.csv", index=False)
    wide = table.pivot_table(index=["kind", "n"], columns="measure", values="share", sort=False)
    print(wide.round(3).to_string())


if __name__ == "__main__":
    main()
