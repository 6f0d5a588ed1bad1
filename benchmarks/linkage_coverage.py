"""How often intervals contain the true number where names have errors: one linkage against drawn linkages.

    python benchmarks/linkage_coverage.py                    100 synthetic studies
    python benchmarks/linkage_coverage.py --studies 400      more
    python benchmarks/linkage_coverage.py --draws 10 --replicates 20      fewer linkages of each, and fewer resamples
    python benchmarks/linkage_coverage.py --noise 2.5        more slips of the pen (default: 2)
    python benchmarks/linkage_coverage.py --differ 0.8       persons who differ more in how easily they are found
    python benchmarks/linkage_coverage.py --into FOLDER      where linkage_coverage_SYNTHETIC.csv and .png go

Each study has 400 persons, who differ in how easily they are found, and four lists that know three in ten each. Names
are misspelt and transliterated, days of birth missing or swapped, as in tests/cases/test_link.py; few records have a
telephone or a document. The records are linked (`analysis.cases.record_linkage.link`), and each method is asked three
times: with the truth of who is who, with the one linkage at its threshold, and with linkages drawn from the match
probabilities. Every study is counted; where a method refuses, it contains nothing. Chao's lower bound is taken to hold
where its lower limit is below the truth. The range goes from the lowest lower to the highest upper limit.
"""

import argparse
import os
import random
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from datetime import date, timedelta
from pathlib import Path

for threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[threads] = "1"
ROOT = Path(__file__).resolve().parents[1]
# The second holds what tests share.
sys.path[:0] = [str(ROOT / "tests" / "cases"), str(ROOT / "tests")]

import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402
from test_link import FAMILY, GIVEN, SYLLABLES, dated, records_of, written  # noqa: E402 - the tests' own names
from tqdm import tqdm  # noqa: E402

from analysis import plots  # noqa: E402
from analysis.cases.record_linkage import capture_histories, link  # noqa: E402
from bounded import intervals  # noqa: E402
from capture_recapture import drawn_linkages, linkage_histories, robustness_over_linkages  # noqa: E402
from capture_recapture.method_table import AVERAGED, BIC_PAIRS, DIFFERING, INDEPENDENT, LOWER_BOUND, USUAL  # noqa: E402

PERSONS = 400
LISTS = ("list_a", "list_b", "list_c", "list_d")
# Chance of a list for a person of middling visibility; standard deviation of the log of its odds between persons.
SHARE, DIFFER = 0.3, 0.4
# Records with a telephone, and with a document number.
PHONE, DOCUMENT = 0.1, 0.05
METHODS = (
    INDEPENDENT,
    USUAL,
    BIC_PAIRS,
    AVERAGED,
    *DIFFERING,
    LOWER_BOUND,
)
RANGE = "range of these methods"
TRUTH, ONE, DRAWN = "who is who is known", "one linkage", "drawn linkages"
ENDS = ["estimate", "low", "high"]
LIMITS = (
    "Synthetic persons: real lists differ in how names are spelt. A refusal contains nothing. Chao's bound holds where "
    "its lower limit is below the truth."
)


def study(seed: int, noise: float, differ: float) -> tuple[pd.DataFrame, pd.DataFrame]:
    """SYNTHETIC case records with linkage columns, and who is who (record_id, true_person)."""
    draw = random.Random(seed)
    syllables = SYLLABLES.split()
    given, family = GIVEN.split(), FAMILY.split()
    family += ["".join(draw.choices(syllables, k=3)).title() for _ in range(60)]
    rows = []
    for person in range(PERSONS):
        names = draw.choice(given), draw.choice(family)
        birth = date(2000, 1, 1) + timedelta(days=draw.randrange(365 * 18))
        fixed = {
            "sex": draw.choice(("female", "male")),
            "nationality": draw.choices(("SYR", "TUR", "AFG", "IRQ"), (6, 2, 1, 1))[0],
            "area_id": f"TR-{draw.randrange(1, 10)}",
        }
        phone, document = f"05{draw.randrange(10**9):09d}", f"9{draw.randrange(10**10):010d}"
        odds = SHARE / (1 - SHARE) * np.exp(draw.gauss(0, differ))
        for name in LISTS:
            if draw.random() > odds / (1 + odds):
                continue
            low, high = dated(birth, draw, noise)
            rows.append(
                {
                    "list_id": name,
                    "given": written(names[0], draw, noise),
                    "family": written(names[1], draw, noise),
                    "link_birth_low": low,
                    "link_birth_high": high,
                    **fixed,
                    "phone": phone if draw.random() < PHONE else "",
                    "document": document if draw.random() < DOCUMENT else "",
                    "true_person": person,
                }
            )
    return records_of(pd.DataFrame(rows))


def judged(task: tuple[int, int, int, float, float]) -> list[dict]:
    """What each method says of one study by each way of knowing who is who."""
    seed, draws, replicates, noise, differ = task
    start = time.perf_counter()
    records, truth = study(seed, noise, differ)
    linkage = link(records)
    linked = linkage.records.rename(columns={"list_id": "list"})
    drawn = linkage_histories(drawn_linkages(linkage.pairs, linked, draws=draws, seed=seed, once=LISTS), LISTS)
    choice = {"methods": METHODS, "thresholds": (0.02,), "replicates": replicates}
    over = robustness_over_linkages(drawn, capture_histories(linkage.records), **choice).table
    known = linkage.records.drop(columns="person_id").merge(truth, on="record_id")
    known = capture_histories(known.rename(columns={"true_person": "person_id"}))
    pair = pd.concat([known.assign(draw=number) for number in (1, 2)])
    by_truth = robustness_over_linkages(pair, known, **choice).table
    seconds = time.perf_counter() - start
    rows = []
    for way, table, prefix in ((TRUTH, by_truth, "one_"), (ONE, over, "one_"), (DRAWN, over, "")):
        for row in table.to_dict("records"):
            ends = {end: row[prefix + end] for end in ENDS}
            if row["method"] == LOWER_BOUND:
                # A lower bound holds where it is below the truth, however far.
                ends["high"] = np.inf
            share = row["share_due_to_linkage"] if way == DRAWN else np.nan
            rows.append({"seed": seed, "method": row["method"], "way": way, "share": share, "seconds": seconds} | ends)
        estimates = table[table["method"] != LOWER_BOUND]
        low, high = table[f"{prefix}low"].min(), estimates[f"{prefix}high"].max()
        whole = {"seed": seed, "method": RANGE, "way": way, "share": np.nan, "seconds": seconds}
        rows.append(whole | {"estimate": np.nan, "low": low, "high": high})
    return rows


def summary(rows: pd.DataFrame) -> pd.DataFrame:
    """One row a method and way: how many contain the truth, and how far off the middle one is."""
    rows = rows.assign(
        contains=(rows["low"] <= PERSONS) & (rows["high"] >= PERSONS),
        bias=rows["estimate"] / PERSONS - 1,
        width=(rows["high"] - rows["low"]) / PERSONS,
    )
    table = rows.groupby(["method", "way"], sort=False).agg(
        drawn=("seed", "nunique"),
        contains=("contains", "sum"),
        bias=("bias", "median"),
        width=("width", "median"),
        share_due_to_linkage=("share", "median"),
    )
    table = table.reset_index()
    low, high = intervals.wilson(table["contains"], table["contains"], table["drawn"])
    return table.assign(share=table["contains"] / table["drawn"], low=low, high=high)


def picture(table: pd.DataFrame, draws: int) -> bytes:
    """Coverage by method, a dot for each way."""
    number = int(table["drawn"].iloc[0])
    texts = table["contains"].astype(str) + " of " + table["drawn"].astype(str)
    figure = plots.dots(
        table.assign(label=table["method"], group=table["way"], n_text=texts),
        estimate="share",
        series="group",
        text="n_text",
        percent=True,
        title="How often the truth is contained where names have errors",
        subtitle=f"95 % intervals of each method: who is who known, by one linkage, and over {draws} drawn ones.",
        xlabel="share of synthetic studies whose true number is contained",
        footer=plots.Footer("synthetic studies", "2000-2017, synthetic", f"{number} studies", LIMITS, synthetic=True),
        interval_label="95% interval of the share",
    )
    return plots.png(figure)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--studies", type=int, default=100, help="synthetic studies (default: 100)")
    parser.add_argument("--draws", type=int, default=20, help="linkages drawn for each (default: 20)")
    parser.add_argument("--replicates", type=int, default=40, help="resamples of each method (default: 40)")
    parser.add_argument("--noise", type=float, default=2.0, help="slips of the pen; 1: as the tests have (default: 2)")
    parser.add_argument("--differ", type=float, default=DIFFER, help=f"how far persons differ (default: {DIFFER})")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="processes (default: one a processor)")
    parser.add_argument("--into", type=Path, default=Path(__file__).parent, help="folder of the results")
    options = parser.parse_args()
    rest = (options.draws, options.replicates, options.noise, options.differ)
    tasks = [(seed, *rest) for seed in range(options.studies)]
    with ProcessPoolExecutor(options.jobs) as pool:
        found = pd.DataFrame(
            [row for rows in tqdm(pool.map(judged, tasks), total=len(tasks), unit="study") for row in rows]
        )
    table = summary(found)
    table.round(4).to_csv(options.into / "linkage_coverage_SYNTHETIC.csv", index=False)
    (options.into / "linkage_coverage_SYNTHETIC.png").write_bytes(picture(table, options.draws))
    print(table.round(3).to_string(index=False))
    print(f"{found.groupby('seed')['seconds'].first().mean():.1f} s a study, in one process")


if __name__ == "__main__":
    main()
