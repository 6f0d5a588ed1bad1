"""How often the range of all methods, and the interval of each, contain the true number, over synthetic studies.

    python benchmarks/coverage.py                      200 studies of provinces and 200 of islands: about half an hour
    python benchmarks/coverage.py --studies 20         fewer
    python benchmarks/coverage.py --study demo_provinces      of one of the two
    python benchmarks/coverage.py --replicates 20      fewer resamples of each method (default: 200)
    python benchmarks/coverage.py --into FOLDER        where coverage_SYNTHETIC.csv and .png go (default: benchmarks/)

Each study is drawn anew, with the persons, lists and dependences of the committed synthetic studies: persons differ in
how visible they are, one list refers to another, two lists avoid each other, and late entries are missing. Linkage is
taken to be faultless. Every method is asked for the study as a whole, and for one of its areas, in turn; the range of
all is put beside that of the methods for which persons are alike.
Every study that was drawn is counted; where a method refuses, it contains nothing. Nothing is left out or drawn again.
Chao's lower bound counts in the range, and has no row: that its lower limit is below the truth can hardly fail.
"""

import argparse
import os
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

for threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[threads] = "1"
# Where tools/ is.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402
from tqdm import tqdm  # noqa: E402

from analysis import plots  # noqa: E402
from bounded import intervals  # noqa: E402
from capture_recapture.method_table import DIFFERING, LOWER_BOUND, method_table  # noqa: E402
from tools.synthetic.case_records import (  # noqa: E402
    STUDIES,
    lists,
    population,
)

NAMES = {"demo_provinces": "provinces", "demo_islands": "islands"}
RANGE, ALIKE = "range of all methods", "range of methods for which persons are alike"
ENDS = ["estimate", "low", "high"]
LIMITS = (
    "Synthetic studies, in which lists depend on each other and persons differ in visibility: what holds there need "
    "not hold elsewhere. A refusal contains nothing."
)


def drawn(study: str, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """A synthetic study: the true number by area, and by area the persons on each pattern of lists."""
    design = STUDIES[study]()
    who, seen = np.random.default_rng([seed, 1]).spawn(2)
    totals = population.totals(design, design.persons)
    people = population.people(design, totals, who)
    captures = lists.captures(design, people, seen)
    captures = captures[captures["exported"]]
    on = pd.crosstab(captures["person"], captures["list"]).clip(upper=1)
    on.columns = [capture.list_id for capture in design.lists]
    on["area"] = people["area"].to_numpy()[on.index]
    names = list(on.columns.drop("area"))
    histories = on.groupby(["area", *names], observed=True).size().rename("count").reset_index()
    return people.groupby("area", observed=True).size().rename("persons").reset_index(), histories


def judged(task: tuple[str, int, int]) -> list[dict]:
    """What each method says of one study and of one of its areas, and whether it contains the truth."""
    study, seed, replicates = task
    truth, histories = drawn(study, seed)
    populated = truth[truth["persons"] > 0].reset_index(drop=True)
    area = populated.loc[seed % len(populated), "area"]
    rows = []
    for scope, chosen in (("study", truth["area"].unique()), ("one area", [area])):
        true = int(truth.loc[truth["area"].isin(chosen), "persons"].sum())
        table = histories[histories["area"].isin(chosen)].drop(columns="area")
        table = table.groupby([name for name in table if name != "count"], as_index=False)["count"].sum()
        common = {"study": study, "seed": seed, "scope": scope, "true": true, "seen": int(table["count"].sum())}
        methods = method_table(table, replicates=replicates)[["method", *ENDS]]
        # From the lowest lower limit to the highest upper one, as they are printed, the bound's included.
        for name, part in ((RANGE, methods), (ALIKE, methods[~methods["method"].isin(DIFFERING)])):
            ends = {"estimate": np.nan, "low": part["low"].min(), "high": part["high"].max()}
            rows.append(common | {"method": name, **ends})
        rows += [common | row for row in methods[methods["method"] != LOWER_BOUND].to_dict("records")]
    return rows


def summary(rows: pd.DataFrame) -> pd.DataFrame:
    """One row a study, scope and method: how many contain the truth, and how far off the middle one is."""
    rows = rows.assign(
        contains=(rows["low"] <= rows["true"]) & (rows["true"] <= rows["high"]),
        bias=rows["estimate"].astype(float) / rows["true"] - 1,
        width=(rows["high"] - rows["low"]) / rows["true"],
        drawn=rows.groupby(["study", "scope"])["seed"].transform("nunique"),
    )
    groups = rows.groupby(["study", "scope", "method"], sort=False)
    table = groups.agg(
        drawn=("drawn", "first"), contains=("contains", "sum"), bias=("bias", "median"), width=("width", "median")
    ).reset_index()
    low, high = intervals.wilson(table["contains"], table["contains"], table["drawn"])
    return table.assign(share=table["contains"] / table["drawn"], low=low, high=high)


def picture(table: pd.DataFrame, replicates: int) -> bytes:
    """Coverage by method, a dot for each study and scope."""
    group = table["study"].map(NAMES) + table["scope"].map({"study": ", whole", "one area": ", one area"})
    points = table.assign(
        label=table["method"], group=group, n_text=table["contains"].astype(str) + " of " + table["drawn"].astype(str)
    )
    points = points.sort_values("method", key=lambda names: ~names.isin([RANGE, ALIKE]), kind="stable")
    number = int(table.groupby("study")["drawn"].first().sum())
    figure = plots.dots(
        points,
        estimate="share",
        series="group",
        text="n_text",
        percent=True,
        title="How often the truth is contained",
        subtitle=f"95 % intervals of each method ({replicates} resamples), and the range of all of them.",
        xlabel="share of synthetic studies whose true number is contained",
        footer=plots.Footer("synthetic studies", "2014-2023, synthetic", f"{number} studies", LIMITS, synthetic=True),
        interval_label="95% interval of the share",
    )
    return plots.png(figure)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--studies", type=int, default=200, help="of each of the two (default: 200)")
    parser.add_argument("--study", action="append", choices=STUDIES, help="only this one (default: both)")
    parser.add_argument("--replicates", type=int, default=200, help="resamples of each method (default: 200)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="processes (default: one a processor)")
    parser.add_argument("--into", type=Path, default=Path(__file__).parent, help="folder of the results")
    options = parser.parse_args()
    tasks = [(study, seed, options.replicates) for seed in range(options.studies) for study in options.study or STUDIES]
    with ProcessPoolExecutor(options.jobs) as pool:
        found = list(tqdm(pool.map(judged, tasks), total=len(tasks), unit="study"))
    table = summary(pd.DataFrame([row for rows in found for row in rows]))
    table.round(4).to_csv(options.into / "coverage_SYNTHETIC.csv", index=False)
    (options.into / "coverage_SYNTHETIC.png").write_bytes(picture(table, options.replicates))
    print(table.round(3).to_string(index=False))


if __name__ == "__main__":
    main()
