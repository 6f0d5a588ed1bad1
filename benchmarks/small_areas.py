"""How often limits of small areas hold the true values, and how far estimates are from them.

    .venv/bin/python benchmarks/small_areas.py [--sets 400] [--jobs 2]

Sets of areas are drawn from known truths: from the model, and districts with known shares of children,
sampled in villages and estimated by `SurveyDesign`, where the errors of the direct estimates are estimates themselves.
Estimate ± 1.96 times the root of the mean squared error should hold the true value in 95 of 100 areas. Sets in which
the model was refused are counted: their variance between areas was estimated as 0.
"""

import argparse
import os
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

for threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[threads] = "1"

import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402
from scipy import special  # noqa: E402
from tqdm import tqdm  # noqa: E402

from survey_stats import (  # noqa: E402
    NotEstimable,
    SmallAreas,
    SurveyDesign,
    fay_herriot,
    pooled_errors,
)

AREAS = 30
# The last two areas of each set have no sample.
WITHOUT = 2


def area_level(random: np.random.Generator) -> tuple[SmallAreas, np.ndarray]:
    """Areas around a regression; variances of the direct estimates from a quarter of that between areas to twice it."""
    x = random.normal(0, 1, AREAS)
    truth = 10 + x + random.normal(0, 1, AREAS)
    error = np.sqrt(np.resize([2.0, 1.0, 0.6, 0.5, 0.25], AREAS))
    return fay_herriot(_table(truth, error, x, random), "x"), truth


def survey(random: np.random.Generator) -> tuple[SmallAreas, np.ndarray]:
    """Shares of children in districts: six villages of ten children each, with each district's own errors."""
    found, x, truth = _surveyed(random)
    found.loc[found["standard_error"].isna(), "estimate"] = np.nan
    return fay_herriot(found.assign(x=x), "x"), truth


def survey_pooled(random: np.random.Generator) -> tuple[SmallAreas, np.ndarray]:
    """The same with one design effect for all districts."""
    found, x, truth = _surveyed(random)
    return fay_herriot(pooled_errors(found).assign(x=x), "x"), truth


def _surveyed(random: np.random.Generator) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    x = random.normal(0, 1, AREAS)
    middle = special.expit(-1 + 0.4 * x + random.normal(0, 0.35, AREAS))
    village = np.clip(random.beta(20 * middle, 20 * (1 - middle), (6, AREAS)), 0, 1)
    works = random.uniform(size=(10, 6, AREAS)) < village
    children = pd.DataFrame(
        {
            "area": np.tile(np.arange(AREAS), 60),
            "village": np.tile(np.arange(6 * AREAS), 10),
            "weight": 1.0,
            "works": works.ravel().astype(float),
        }
    )
    design = SurveyDesign(children[children["area"] < AREAS - WITHOUT], weight="weight", stratum="area", psu="village")
    found = design.proportion("works", by="area")[["area", "estimate", "standard_error", "n", "design_effect"]]
    return pd.DataFrame({"area": range(AREAS)}).merge(found, on="area", how="left"), x, middle


def _table(truth: np.ndarray, error: np.ndarray, x: np.ndarray, random: np.random.Generator) -> pd.DataFrame:
    direct = truth + random.normal(0, 1, AREAS) * error
    direct[-WITHOUT:] = np.nan
    return pd.DataFrame({"area": range(AREAS), "estimate": direct, "standard_error": error, "x": x})


SETS = {
    "areas, variances known": area_level,
    "survey of villages, errors of each district": survey,
    "survey of villages, errors pooled": survey_pooled,
}


def judged(task: tuple[str, int]) -> list[dict]:
    """Of each kind of area in one set: how many limits hold the truth, and squared errors."""
    name, seed = task
    random = np.random.default_rng([seed, list(SETS).index(name)])
    try:
        result, truth = SETS[name](random)
    except NotEstimable as refusal:
        return [{"set": name, "areas": "refused", "code": refusal.code}]
    table = result.table.assign(
        holds=(result.table["low"] <= truth) & (truth <= result.table["high"]),
        of_model=(result.table["eblup"] - truth) ** 2,
        of_direct=(result.table["direct"] - truth) ** 2,
    )
    table["areas"] = np.where(table["synthetic"], "without a sample", "sampled")
    found = table.groupby("areas")[["holds", "of_model", "of_direct", "mse"]].mean()
    found["marked"] = table.groupby("areas")["direct_is_better"].mean()
    return [{"set": name, "areas": areas, **row} for areas, row in found.to_dict("index").items()]


def summary(rows: pd.DataFrame) -> pd.DataFrame:
    """One row a way of drawing and kind of area: coverage with its 95 % limits, and errors of both estimates."""
    table = []
    refused = rows[rows["areas"] == "refused"].groupby("set").size()
    for (name, areas), group in rows[rows["areas"] != "refused"].groupby(["set", "areas"], sort=False):
        coverage, error = group["holds"].mean(), group["holds"].std() / np.sqrt(len(group)) if len(group) > 1 else 0.0
        row = {"set": name, "areas": areas, "sets": len(group), "refused": int(refused.get(name, 0))}
        row |= {"coverage": coverage, "low": coverage - 1.96 * error, "high": coverage + 1.96 * error}
        row |= {"rmse": np.sqrt(group["of_model"].mean()), "rmse_of_direct": np.sqrt(group["of_direct"].mean())}
        row |= {"stated_mse_to_true": group["mse"].mean() / group["of_model"].mean(), "marked": group["marked"].mean()}
        table.append(row)
    return pd.DataFrame(table)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--sets", type=int, default=400)
    options.add_argument("--jobs", type=int, default=os.cpu_count())
    options.add_argument("--into", type=Path, default=Path(__file__).parent)
    chosen = options.parse_args()
    tasks = [(name, seed) for name in SETS for seed in range(chosen.sets)]
    with ProcessPoolExecutor(chosen.jobs) as pool:
        found = list(tqdm(pool.map(judged, tasks, chunksize=5), total=len(tasks), unit="set"))
    table = summary(pd.DataFrame([row for rows in found for row in rows]))
    table.round(4).to_csv(chosen.into / "small_areas_SYNTHETIC.csv", index=False)
    print(table.round(3).to_string(index=False))


if __name__ == "__main__":
    main()
