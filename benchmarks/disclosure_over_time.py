"""Releases of the same persons one after the other: what an attacker learns of changes, and what is left to read.

    python benchmarks/disclosure_over_time.py                          all sections, both studies
    python benchmarks/disclosure_over_time.py first                    the first release beside GaussSuppression
    python benchmarks/disclosure_over_time.py leavers --draws 50       persons taken out after a first release
    python benchmarks/disclosure_over_time.py years --releases 10      ten yearly releases, with leavers
    python benchmarks/disclosure_over_time.py --study demo_islands       one study
    python benchmarks/disclosure_over_time.py --into FOLDER            where the tables go (default: benchmarks/)

The persons are those of the synthetic studies, in the tables that the pipeline counts. k is 11, one thread.

first : all persons of a study by suppression, and the same tables by the R package GaussSuppression (Langsrud, 2024),
    as it is and with intervals of k, if Rscript and the package are there; and what the audit finds in either.
leavers : a first release by suppression. Then 0, 1, 3 or 12 persons drawn at random are taken out, and the second
    release is made as the pipeline makes it: by cell key, or as it was if nobody left. The attack compares every cell
    in print with the same cell of the first release, within the bounds that are printed with it, and the audit looks at
    all tables together. Counted are cells and groups that are certain to have changed by 1 to 10 persons.
years : a release each year of all persons first detected until then; between two, 1 to 12 persons are taken out. Once
    by suppression throughout, once by cell key throughout. Usable are cells with a number in print. The error is that
    of a reader who takes a suppressed cell for 5 persons. A table that cannot be protected is left out.
"""

from __future__ import annotations

import argparse
import os
import time
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from itertools import product
from pathlib import Path
from typing import Literal, get_args
from unittest.mock import patch

for threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[threads] = "1"

import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402

import disclosure  # noqa: E402
from analysis.cases import person_counts, processed  # noqa: E402
from analysis.cases.person_counts import count_tables, nested  # noqa: E402

K = disclosure.K
STUDIES = ("demo_islands", "demo_provinces")
SECTIONS = ("first", "leavers", "years")
GONE = (0, 1, 3, 12)
SECRET = b"SYNTHETIC-STUDY!"
# What a reader takes a suppressed cell for.
GUESS = 5
Tables = dict[str, pd.DataFrame]
Method = Literal["suppression", "cell_key"]


@cache
def records(study: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Linked case records and stops of a study, as `python -m analysis intake` made them."""
    found = processed.load(study)
    return found.case_records, found.stops


def tables_without(study: str, gone: set[str], until: int | None = None) -> tuple[Tables, int]:
    """The count tables of the persons of a study but for some, and how many persons they are."""
    people, stops = records(study)
    year = pd.to_datetime(people["date_low"]).dt.year
    first = year.groupby(people["person_id"]).transform("min")
    here = ~people["person_id"].isin(gone) & ((first <= until) if until else True)
    kept = people[here]
    return count_tables(kept, stops[stops["journey_id"].isin(kept["record_id"])]), kept["person_id"].nunique()


def matched(now: Tables, before: Tables) -> pd.DataFrame:
    """Cells in print in two releases, with both counts and the bounds of both."""
    parts = []
    for name in now.keys() & before.keys():
        one, other = (each[name].assign(by=each[name].get("adjusted_by", 0)) for each in (now, before))
        dimensions = [each for each in one if each not in ("count", "adjusted_by", "by")]
        if set(dimensions) == {each for each in other if each not in ("count", "adjusted_by", "by")}:
            keys = {"on": dimensions} if dimensions else {"how": "cross"}
            both = one[[*dimensions, "count", "by"]].merge(
                other[[*dimensions, "count", "by"]], suffixes=("", "_1"), **keys
            )
            parts.append(both[["count", "by", "count_1", "by_1"]].dropna())
    return pd.concat(parts) if parts else pd.DataFrame(columns=["count", "by", "count_1", "by_1"])


def certain_changes(now: Tables, before: Tables) -> int:
    """Cells that are certain to have changed by 1 to 10 persons."""
    both = matched(now, before).astype(float)
    change, by = both["count"] - both["count_1"], both["by"] + both["by_1"]
    least = np.maximum(change.abs() - by, 0)
    return int(((least > 0) & (change.abs() + by < K)).sum())


def leavers(study: str, number: int, seed: int) -> dict[str, object]:
    """One draw: the first release, some persons taken out, and the second release under attack."""
    counted, _ = tables_without(study, set())
    first = first_release(study)
    people, _ = records(study)
    ids = np.sort(people["person_id"][people["person_id"] != ""].unique())
    gone = set(np.random.default_rng(seed).choice(ids, number, replace=False))
    counted, persons = tables_without(study, gone)
    began = time.process_time()
    if number:
        second = disclosure.protect(counted, K, nested(counted, first), [first], method="cell_key", secret=SECRET)
    else:
        second = disclosure.protect(counted, K, nested(counted))
    seconds = time.process_time() - began
    breaches = disclosure.audit(second, K, nested(second, first), [first])
    cells = sum(map(len, second.values()))
    return {
        "study": study, "gone": number, "seed": seed, "persons": persons, "cells": cells,
        "suppressed_first": sum(int(table["count"].isna().sum()) for table in first.values()),
        "suppressed": sum(int(table["count"].isna().sum()) for table in second.values()),
        "certain_changes": certain_changes(second, first), "breaches": len(breaches), "seconds": round(seconds, 1),
    }  # fmt: skip


@cache
def first_release(study: str) -> Tables:
    counted, _ = tables_without(study, set())
    return disclosure.protect(counted, K, nested(counted))


def beside_gauss(study: str) -> list[dict[str, object]]:
    """The first release of a study beside GaussSuppression on the same tables; one row a method."""
    from table_protection import suppressed_by_gauss

    cells_of: list[tuple[pd.Series, pd.DataFrame]] = []
    counted = person_counts.counted

    def recorded(*dimensions: pd.Series) -> pd.DataFrame:
        table = counted(*dimensions)
        cells_of.append((_label(pd.concat(dimensions, axis=1)), table))
        return table

    with patch.object(person_counts, "counted", recorded):
        tables = tables_without(study, set())[0]
    column = {name: f"T{number}" for number, name in enumerate(tables)}
    # One column a table: the cell of each person in it.
    by_table = pd.concat(
        {column[name]: next(own for own, each in cells_of if each.equals(table))
         for name, table in tables.items() if len(table.columns) > 1}, axis=1
    )  # fmt: skip
    found = {"here": first_release(study)}
    for method in ("exact", "intervals"):
        rows = suppressed_by_gauss(by_table, "columns", method)
        if rows is not None:
            hidden = set(rows.loc[rows["suppressed"], ["table", "cell"]].itertuples(index=False, name=None))
            found[f"GaussSuppression, {method}"] = {
                name: table.assign(
                    count=table["count"].mask(
                        [(column[name], cell) in hidden for cell in _label(table.drop(columns="count"))]
                    )
                )
                for name, table in tables.items()
            }
    return [
        {
            "study": study, "method": method, "cells": sum(map(len, tables.values())),
            "below_k": sum(int((table["count"] < K).sum()) for table in tables.values()),
            "suppressed": sum(int(table["count"].isna().sum()) for table in protected.values()),
            **disclosure.audit(protected, K, nested(protected))["kind"].value_counts().to_dict(),
        }
        for method, protected in found.items()
    ]  # fmt: skip


def _label(cells: pd.DataFrame) -> pd.Series:
    if not len(cells.columns):
        return pd.Series("all", cells.index)
    return cells.astype(str).agg(" | ".join, axis=1)


def years(study: str, method: Method, releases: int, seed: int = 5) -> list[dict[str, object]]:
    """Yearly releases by one method, each with all earlier ones; one row a release."""
    people, _ = records(study)
    first = pd.to_datetime(people["date_low"]).dt.year.groupby(people["person_id"]).min().dropna()
    rng = np.random.default_rng(seed)
    gone: set[str] = set()
    released: list[Tables] = []
    rows: list[dict[str, object]] = []
    for year in sorted(first.unique())[-releases:]:
        if released:
            ids = np.sort(first.index[(first <= year - 1) & ~first.index.isin(gone) & (first.index != "")])
            gone |= set(rng.choice(ids, min(len(ids), int(rng.integers(1, 13))), replace=False))
        counted, persons = tables_without(study, gone, int(year))
        row: dict[str, object] = {
            "study": study, "method": method, "year": int(year), "persons": persons, "gone": len(gone)
        }  # fmt: skip
        began = time.process_time()
        now, left_out = _protected(counted, released, method)
        seconds = round(time.process_time() - began, 1)
        rows.append({**row, **_measured(counted, now, released), "tables_left_out": left_out, "seconds": seconds})
        released.append(now)
        print(rows[-1], flush=True)
    return rows


def _protected(counted: Tables, released: list[Tables], method: Method) -> tuple[Tables, int]:
    """A release without the tables that cannot be protected, and how many these are.

    Left out is the table that the error names; where it is one of an earlier release, the largest.
    """
    tables = dict(counted)
    secret = SECRET if method == "cell_key" else None
    while True:
        try:
            now = disclosure.protect(tables, K, nested(tables, *released), released, method=method, secret=secret)
            return now, len(counted) - len(tables)
        except disclosure.DisclosureError as error:
            named = [name for name in tables if f"'{name}'" in str(error) or f": {name}'" in str(error)]
            del tables[named[0] if named else max(tables, key=lambda name: len(tables[name]))]


def _measured(counted: Tables, now: Tables, released: list[Tables]) -> dict[str, object]:
    true, printed = [], []
    for name, table in counted.items():
        dimensions = [each for each in table if each != "count"]
        if name not in now:
            true.append(table["count"].to_numpy(float))
            printed.append(np.full(len(table), np.nan))
            continue
        keys = {"on": dimensions, "how": "left"} if dimensions else {"how": "cross"}
        both = table[[*dimensions, "count"]].merge(now[name][[*dimensions, "count"]], suffixes=("_true", ""), **keys)
        true.append(both["count_true"].to_numpy(float))
        printed.append(both["count"].astype("Float64").to_numpy(float, na_value=np.nan))
    truth, said = np.concatenate(true), np.concatenate(printed)
    is_printed = ~np.isnan(said)
    breaches = disclosure.audit(now, K, nested(now, *released), released)
    return {
        "cells": len(truth),
        "usable": round(float(is_printed.mean()), 3),
        "error_in_print": round(float(np.abs(said - truth)[is_printed].mean()), 2),
        "error": round(float(np.abs(np.where(is_printed, said, GUESS) - truth).mean()), 2),
        "certain_changes": sum(certain_changes(now, before) for before in released),
        "breaches": len(breaches),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sections", nargs="*", choices=[*SECTIONS, []], help="which; default: all")
    parser.add_argument("--study", choices=STUDIES, action="append")
    parser.add_argument("--draws", type=int, default=50)
    parser.add_argument("--releases", type=int, default=10)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--into", type=Path, default=Path(__file__).parent)
    asked = parser.parse_args()
    studies = asked.study or STUDIES
    sections = asked.sections or SECTIONS
    if "first" in sections:
        rows = [row for study in studies for row in beside_gauss(study)]
        print(pd.DataFrame(rows).to_string(index=False), flush=True)
        pd.DataFrame(rows).to_csv(asked.into / "disclosure_first_SYNTHETIC.csv", index=False)
    with ProcessPoolExecutor(asked.jobs) as pool:
        if "leavers" in sections:
            # Where nobody is taken out, all draws are the same.
            draws = [each for each in product(studies, GONE, range(asked.draws)) if each[1] or not each[2]]
            rows = []
            for row in pool.map(leavers, *zip(*draws, strict=True)):
                rows.append(row)
                print(row, flush=True)
            path = asked.into / "disclosure_leavers_SYNTHETIC.csv"
            pd.DataFrame(rows).to_csv(path, index=False)
        if "years" in sections:
            runs = list(product(studies, get_args(Method)))
            found = pool.map(years, *zip(*((*run, asked.releases) for run in runs), strict=True))
            path = asked.into / "disclosure_years_SYNTHETIC.csv"
            pd.DataFrame([row for rows in found for row in rows]).to_csv(path, index=False)


if __name__ == "__main__":
    main()
