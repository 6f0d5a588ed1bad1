"""Releases of the same persons one after the other: whether each is possible, what is left to read, and what is told.

    python benchmarks/disclosure_over_time.py                          all sections
    python benchmarks/disclosure_over_time.py first                    the first release beside GaussSuppression
    python benchmarks/disclosure_over_time.py years --seeds 20         ten yearly releases of each design
    python benchmarks/disclosure_over_time.py years --design traits --releases 3
    python benchmarks/disclosure_over_time.py --jobs 2 --into FOLDER   processes; where the tables go (benchmarks/)

All persons are synthetic, k is 11, one thread a process.

first : all persons of the two synthetic studies by suppression, and the same tables by the R package GaussSuppression
    (Langsrud, 2024), as it is and with intervals of k, if Rscript and the package are there; and what the audit finds.
years : a first release by suppression, then one a year, before which 3 to 30 persons come and 3 to 30 go. Designs:
    three linked tables, a hierarchy of areas with sex and age, yes/no traits by area, a four-way table; and the two
    synthetic studies in the tables that the pipeline counts, with closed periods. A release is repeated where fewer
    than k persons came or went as far as tables show, and a table where no choice of cells protects it. Usable are
    cells with a number in print; the persons' share is that of these cells in the true counts of all. Attacked are all
    releases together, by the audit of tables and that of changes. Cells that are certain, by the bounds in print, to
    have changed by 1 to 10 persons since the release before are counted besides.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache, partial
from itertools import product
from pathlib import Path
from unittest.mock import patch

for threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[threads] = "1"

import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402
from disclosure_designs import counted as tables_of  # noqa: E402
from disclosure_designs import people, with_margins  # noqa: E402

import disclosure  # noqa: E402
from analysis.cases import person_counts, processed  # noqa: E402
from analysis.cases.person_counts import count_tables, nested  # noqa: E402
from analysis.cases.series_counts import count_as_before  # noqa: E402
from disclosure.tables import dimensions_of  # noqa: E402

K = disclosure.K
STUDIES = ("demo_islands", "demo_provinces")
SECTIONS = ("first", "years")
SECRET = b"SYNTHETIC-STUDY!"
# Persons who come and who go between two releases.
FEWEST, MOST = 3, 30
# The year in which all releases of the synthetic studies are made: what ended before is closed.
YEAR = 2026
Tables = dict[str, pd.DataFrame]


@cache
def records(study: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Linked case records and stops of a study, as `python -m analysis intake` made them."""
    found = processed.load(study)
    return found.case_records, found.stops


def tables_without(study: str, gone: set[str]) -> tuple[Tables, int]:
    """The count tables of the persons of a study but for some, and how many persons they are."""
    people, stops = records(study)
    kept = people[~people["person_id"].isin(gone)]
    return count_tables(kept, stops[stops["journey_id"].isin(kept["record_id"])]), kept["person_id"].nunique()


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


@dataclass(frozen=True)
class Design:
    """Persons who come and go, and the tables in which they are counted.

    Parameters
    ----------
    persons : how many there are at first.
    more : persons -> one row a person: as many synthetic persons.
    counted : persons, and the tables of the release before (none at first) -> true tables.
    nested : as of `disclosure.audit`, of some releases.
    closed : earlier releases -> dimension -> values that are closed.
    """

    persons: int
    more: Callable[[int], pd.DataFrame]
    counted: Callable[[pd.DataFrame, Tables | None], Tables]
    nested: Callable[..., Mapping[str, pd.DataFrame]] = lambda *releases: {}
    closed: Callable[[Sequence[Tables]], Mapping[str, set[str]]] = lambda releases: {}


def three_linked(seed: int) -> Design:
    """1,000 persons in 8 areas: area × sex, area × age, area × nationality, with margins."""
    groups = with_margins(("area", "sex"), ("area", "age"), ("area", "nationality"))
    sizes = {"area": 8, "sex": 2, "age": 4, "nationality": 4}
    return Design(1000, lambda number: people(number, sizes, seed, 3.0), lambda here, _: tables_of(here, groups))


def hierarchy(seed: int) -> Design:
    """1,100 persons in 8 areas of 2 regions: area × sex × age, area × form, and the same of regions."""
    sizes = {"area": 8, "sex": 2, "age": 4, "form": 4}
    groups = with_margins(("area", "sex", "age"), ("area", "form"))
    regions = {f"area {place:02d}": f"region {place % 2}" for place in range(8)}
    of_regions = pd.DataFrame([(region, area) for area, region in regions.items()], columns=["value", "atom"])
    above = [group for group in groups if "area" in group]

    def counted(here: pd.DataFrame, _: Tables | None) -> Tables:
        wide = tables_of(here.assign(area=here["area"].map(regions)), above)
        return {**tables_of(here, groups), **{f"{name}, regions": table for name, table in wide.items()}}

    return Design(
        1100, lambda number: people(number, sizes, seed, 2.0), counted, lambda *releases: {"area": of_regions}
    )


def traits(seed: int) -> Design:
    """1,000 persons in 10 areas: four yes/no traits by area, with margins."""
    groups = with_margins(*[("area", f"trait {place}") for place in range(1, 5)])

    def more(number: int) -> pd.DataFrame:
        random = np.random.default_rng(seed)
        found = people(number, {"area": 10}, seed, 3.0)
        for place, share in enumerate((0.5, 0.3, 0.2, 0.1), 1):
            found[f"trait {place}"] = np.where(random.random(number) < share, "yes", "no")
        return found

    return Design(1000, more, lambda here, _: tables_of(here, groups))


def four_way(seed: int) -> Design:
    """700 persons: area × sex × age × nationality with all margins, 4 × 2 × 3 × 2."""
    groups = with_margins(("area", "sex", "age", "nationality"))
    sizes = {"area": 4, "sex": 2, "age": 3, "nationality": 2}
    return Design(700, lambda number: people(number, sizes, seed, 3.0), lambda here, _: tables_of(here, groups))


def study_series(study: str, seed: int) -> Design:
    """Three quarters of the persons of a synthetic study at first, in the tables of the pipeline."""
    people, stops = records(study)
    ids = np.sort(people["person_id"][people["person_id"] != ""].unique())
    ids = np.random.default_rng(seed).permutation(ids)

    def counted(here: pd.DataFrame, before: Tables | None) -> Tables:
        kept = people[people["person_id"].isin(here["person_id"])]
        of_them = stops[stops["journey_id"].isin(kept["record_id"])]
        return count_tables(kept, of_them) if before is None else count_as_before(kept, of_them, before)

    def closed(releases: Sequence[Tables]) -> dict[str, set[str]]:
        years = {
            value for release in releases for table in release.values() if "year" in table for value in table["year"]
        }
        return {"year": {value for value in years if value[-4:].isdigit() and int(value[-4:]) < YEAR}}

    return Design(
        int(0.75 * len(ids)), lambda number: pd.DataFrame({"person_id": ids[:number]}), counted, nested, closed
    )


DESIGNS: dict[str, Callable[[int], Design]] = {
    "three": three_linked,
    "hierarchy": hierarchy,
    "traits": traits,
    "four_way": four_way,
    **{study: partial(study_series, study) for study in STUDIES},
}


def years(name: str, seed: int, releases: int, audited: str = "last") -> list[dict[str, object]]:
    """Yearly releases of one design; one row a release.

    Parameters
    ----------
    audited : ``last``, or ``all`` releases that are not repeated.
    """
    design, rng = DESIGNS[name](seed), np.random.default_rng(seed)
    pool = design.more(design.persons + releases * MOST)
    here, next_one = pool.head(design.persons), design.persons
    series: list[Tables] = []
    rows: list[dict[str, object]] = []
    for number in range(1, releases + 1):
        came = went = 0
        if series:
            came, went = (int(each) for each in rng.integers(FEWEST, MOST + 1, 2))
            came = min(came, len(pool) - next_one)
            gone = rng.choice(here.index, went, replace=False)
            here = pd.concat([here.drop(gone), pool.iloc[next_one : next_one + came]])
            next_one += came
        true = design.counted(here, series[-1] if series else None)
        lies_in = design.nested(true, *series)
        began = time.process_time()
        if series:
            now = disclosure.protect(
                true, K, lies_in, series, method="cell_key", secret=SECRET, closed=design.closed(series)
            )
        else:
            now = disclosure.protect(true, K, lies_in)
        seconds = time.process_time() - began
        is_repeated = bool(series) and all(now[each].equals(series[-1][each]) for each in series[-1])
        row = {
            "design": name, "seed": seed, "release": number, "persons": len(here), "came": came, "went": went,
            "repeated": int(is_repeated), **_measured(true, now, design.closed(series)),
            **({"beyond_bound": 0} if is_repeated else {}),
            "certain_changes": sum(certain_changes(now, before) for before in series[-1:]),
            "seconds": round(seconds, 1),
        }  # fmt: skip
        if not is_repeated and (audited == "all" or number == releases):
            began = time.process_time()
            row["breaches"] = len(disclosure.audit(now, K, design.nested(now, *series), series))
            if series:
                row["breaches"] += len(disclosure.audit_changes([*series, now], SECRET, K, lies_in))
            row["audit_seconds"] = round(time.process_time() - began, 1)
        rows.append(row)
        if not is_repeated:
            series.append(now)
    return rows


def _measured(true: Tables, now: Tables, closed: Mapping[str, set[str]]) -> dict[str, object]:
    """How much of a release can be used, and how far its numbers are from the true ones of their day."""
    truth, said, bounds, is_new = [], [], [], []
    left_out = 0
    for name, table in now.items():
        dimensions = [str(each) for each in dimensions_of(table)]
        counts = true[name].astype(dict.fromkeys(dimensions, str))[[*dimensions, "count"]]
        keys = {"on": dimensions, "how": "left"} if dimensions else {"how": "cross"}
        both = table.astype(dict.fromkeys(dimensions, str)).merge(counts, suffixes=("", "_true"), **keys)
        repeats = both["as_of"].notna().to_numpy() if "as_of" in both else np.zeros(len(both), bool)
        by_rule = np.zeros(len(both), bool)
        for each in set(dimensions) & set(closed):
            by_rule |= both[each].isin(closed[each]).to_numpy()
        left_out += int((repeats & ~by_rule).any())
        truth.append(both["count_true"].fillna(0).to_numpy(float))
        said.append(both["count"].astype("Float64").to_numpy(float, na_value=np.nan))
        bounds.append(both.get("adjusted_by", pd.Series(0, both.index)).astype("Float64").fillna(0).to_numpy(float))
        is_new.append(~repeats)
    truth, said, bounds, is_new = map(np.concatenate, (truth, said, bounds, is_new))
    in_print = ~np.isnan(said)
    error = np.abs(said - truth)[in_print & is_new]
    return {
        "cells": len(truth),
        "usable": round(float(in_print.mean()), 3),
        "usable_persons": round(float(truth[in_print].sum() / truth.sum()), 3),
        "tables_repeated": left_out,
        "error": round(float(error.mean()), 2),
        "beyond_bound": int((error > bounds[in_print & is_new]).sum()),
    }


def certain_changes(now: Tables, before: Tables) -> int:
    """Cells that are certain to have changed by 1 to 10 persons, by the bounds in print."""
    found = 0
    for name in now.keys() & before.keys():
        one, other = (each[name].assign(by=each[name].get("adjusted_by", 0)) for each in (now, before))
        dimensions = [str(each) for each in dimensions_of(now[name])]
        if set(dimensions) == set(map(str, dimensions_of(before[name]))):
            keys = {"on": dimensions} if dimensions else {"how": "cross"}
            columns = [*dimensions, "count", "by"]
            both = one[columns].merge(other[columns], suffixes=("", "_1"), **keys).dropna()
            change = (both["count"] - both["count_1"]).abs().astype(float)
            by = (both["by"] + both["by_1"]).astype(float)
            found += int(((change - by > 0) & (change + by < K)).sum())
    return found


def summed(rows: pd.DataFrame) -> pd.DataFrame:
    """One row a design: how many series went through, and what their last releases are like."""
    last = rows.sort_values("release").groupby(["design", "seed"]).tail(1)
    first = rows[rows["release"] == 1].groupby("design")["usable"].mean()
    by = rows.groupby("design")
    return last.groupby("design").agg(
        series=("seed", "size"),
        persons=("persons", "mean"),
        cells=("cells", "mean"),
        usable=("usable", "mean"),
        usable_least=("usable", "min"),
        usable_persons=("usable_persons", "mean"),
        error=("error", "mean"),
    ).assign(
        usable_first=first,
        repeated=by["repeated"].sum(),
        tables_repeated=by["tables_repeated"].sum(),
        beyond_bound=by["beyond_bound"].sum(),
        certain_changes=by["certain_changes"].sum(),
        breaches=by["breaches"].sum(),
        audits=by["breaches"].count(),
        seconds_last=last.groupby("design")["seconds"].mean(),
        seconds_most=by["seconds"].max(),
    ).round(3)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sections", nargs="*", choices=[*SECTIONS, []], help="which; default: all")
    parser.add_argument("--design", choices=[*DESIGNS], action="append", help="of `years`; default: all")
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--releases", type=int, default=10)
    parser.add_argument("--audited", choices=["last", "all"], default="last", help="which releases are audited")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--into", type=Path, default=Path(__file__).parent)
    asked = parser.parse_args()
    sections = asked.sections or SECTIONS
    if "first" in sections:
        rows = pd.DataFrame([row for study in STUDIES for row in beside_gauss(study)])
        print(rows.to_string(index=False), flush=True)
        rows.to_csv(asked.into / "disclosure_first_SYNTHETIC.csv", index=False)
    if "years" in sections:
        # All designs of a seed before the next, so that a run that was stopped says something of each.
        runs = [(name, seed) for seed, name in product(range(1, asked.seeds + 1), asked.design or DESIGNS)]
        rows: list[dict[str, object]] = []
        path = asked.into / "disclosure_years_SYNTHETIC.csv"
        with ProcessPoolExecutor(asked.jobs) as pool:
            waiting = [pool.submit(years, name, seed, asked.releases, asked.audited) for name, seed in runs]
            for each in waiting:
                rows += each.result()
                print(rows[-1], flush=True)
                pd.DataFrame(rows).to_csv(path, index=False)
        print(summed(pd.DataFrame(rows)).T.to_string())


if __name__ == "__main__":
    main()
