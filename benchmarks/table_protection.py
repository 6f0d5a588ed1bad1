"""Protection of tables by attack: what is found, what an independent attack finds left, what is lost, and the time.

    python benchmarks/table_protection.py                  all sections
    python benchmarks/table_protection.py primary attack  some of them: primary, attack, lost, growth
    python benchmarks/table_protection.py --design DESIGN  of one design of tables, named as in disclosure_designs.py
    python benchmarks/table_protection.py --releases 10  fewer releases in `primary` (default: 50)
    python benchmarks/table_protection.py --seeds 1  fewer of each design (default: 3 in `attack`, 5 in `lost`)
    python benchmarks/table_protection.py --most 12  fewer areas in `growth` (default: up to 200)
    python benchmarks/table_protection.py --into FOLDER  where disclosure_SYNTHETIC.csv goes (default: benchmarks/)

All persons are synthetic (`disclosure_designs.py`), k is 11, one thread; seconds are those of one processor.

primary : 50 releases as the usual checking of one table at a time lets them pass: cells of 1 to 10 persons blank, all
    margins shown. How many the audit stops, how many blank cells can be worked out, and what is left after protection.
attack : protected tables under an attack that shares no code with the audit (`disclosure_attack.py`), relaxed and among
    whole numbers; and for tables with primary suppression only, whether both find the same bounds.
lost : suppressed cells beside those of the R package GaussSuppression (Langsrud, 2024) on the very same tables, if
    Rscript and the package are there (`disclosure_gauss.R`), and what the audit finds left in its result. By default it
    keeps cells from being worked out exactly; with intervals, it also keeps them from being known to within 11.
growth : from 12 to 200 areas and three linked tables, without and with national tables above them.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

for threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[threads] = "1"

import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402
from disclosure_attack import attacked  # noqa: E402
from disclosure_designs import DESIGNS, K, Release, Tables, many_areas, primary, three_linked  # noqa: E402

import disclosure  # noqa: E402

RELEASES = 50
ATTACK_SEEDS = (1, 2, 3)
LOST_SEEDS = (1, 2, 3, 4, 5)
AREAS = (12, 25, 50, 100, 200)
# The whole joint histogram of 30 areas is large for an attack without any tricks.
ATTACKED = {name: (name, make) for name, make in DESIGNS.items()} | {
    "30 areas × 3 linked tables": ("12 areas × 3 linked tables", lambda seed: three_linked(seed, 12)),
}
# Cells suppressed by GaussSuppression in tables of these shapes with other persons, measured before.
MEASURED_BEFORE = dict(zip(list(DESIGNS)[:4], (36, 198, 417, 349), strict=True))
CELL_KINDS = ["exact", "narrow", "small"]
Row = tuple[str, str, str, float]


@dataclass(frozen=True)
class Size:
    """How much is drawn: of which designs, how many releases, with how many seeds each, and up to how many areas."""

    designs: tuple[str, ...]
    releases: int
    seeds: int
    most: int


def protected(release: Release) -> tuple[Tables, Tables | None]:
    """Protected tables of a release, after those of the release before, which was protected in its time."""
    before = disclosure.protect(release.before, K, release.nested) if release.before else None
    return disclosure.protect(release.tables, K, release.nested, [before] if before else []), before


def cells(tables: Tables) -> int:
    return sum(map(len, tables.values()))


def suppressed(tables: Tables) -> int:
    return int(sum(table["count"].isna().sum() for table in tables.values()))


def of_primary(size: Size) -> Iterator[Row]:
    """Releases with primary suppression only, and the same protected."""
    for number in range(size.releases):
        design = size.designs[number % len(size.designs)]
        release = DESIGNS[design](100 + number)
        blank = primary(release.tables)
        earlier = [primary(release.before)] if release.before else []
        kinds = disclosure.audit(blank, K, release.nested, earlier)["kind"]
        yield "primary", design, "releases", 1
        yield "primary", design, "stopped by the audit", int(len(kinds) > 0)
        if not len(kinds) and not release.before:
            # Is it safe as it is, or did the audit miss something? The independent attack decides.
            found = attacked(blank, release.atoms)
            broken = (found["high_whole"] - found["low_whole"] < K - 1e-6) | (found["high_whole"] < K - 1e-6)
            yield "primary", design, "not stopped", 1
            yield "primary", design, "not stopped: cells known, by the independent attack", int(broken.sum())
        yield "primary", design, "cells blank", suppressed(blank)
        yield "primary", design, "worked out exactly", int((kinds == "exact").sum())
        yield "primary", design, "known to within fewer than 11", int(kinds.isin(["narrow", "small"]).sum())
        yield "primary", design, "other breaches", int((~kinds.isin(CELL_KINDS)).sum())
        tables, before = protected(release)
        left = disclosure.audit(tables, K, release.nested, [before] if before else [])
        yield "primary", design, "cells suppressed by protection", suppressed(tables)
        yield "primary", design, "breaches left by protection", len(left)


def of_attack(size: Size) -> Iterator[Row]:
    """What an independent attack learns from protected tables, and whether it agrees with the audit."""
    for design, make in (ATTACKED[name] for name in size.designs):
        for seed in ATTACK_SEEDS[: size.seeds]:
            release = make(seed)
            tables, before = protected(release)
            found = attacked(tables, release.atoms, before)
            yield "attack", design, "suppressed cells attacked", len(found)
            for kind, low, high in (
                ("whole numbers", found["low_whole"], found["high_whole"]),
                ("relaxed", found["low"], found["high"]),
            ):
                yield "attack", design, f"{kind}: exact", int((high - low < 0.5).sum())
                yield "attack", design, f"{kind}: narrower than 11", int((high - low < K - 1e-6).sum())
                yield "attack", design, f"{kind}: upper bound below 11", int((high < K - 1e-6).sum())
            yield "attack", design, "narrowest interval", float((found["high_whole"] - found["low_whole"]).min())
            if not before:
                yield from _agreement(design, release)


def _agreement(design: str, release: Release) -> Iterator[Row]:
    """Bounds of suppressed cells under primary suppression only, by the audit and by the independent attack."""
    blank = primary(release.tables)
    ours = disclosure.audit(blank, K, release.nested)
    ours = ours[ours["kind"].isin(CELL_KINDS)].reset_index(drop=True)
    found = attacked(blank, release.atoms)
    width, high = found["high_whole"] - found["low_whole"], found["high_whole"]
    theirs = found[(width < K - 1e-6) | (high < K - 1e-6)]
    mine = sorted(zip(ours["table"], ours["low"], ours["high"], strict=True))
    other = sorted(zip(theirs["table"], theirs["low_whole"].round(), theirs["high_whole"].round(), strict=True))
    yield "attack", design, "primary only: cells known, by the attack", len(theirs)
    yield "attack", design, "primary only: the audit differs", len(set(mine) ^ set(other)) + abs(len(mine) - len(other))


def of_lost(size: Size) -> Iterator[Row]:
    """Withheld cells beside those of GaussSuppression on the same tables, of the designs that it has been given."""
    for design in (name for name in size.designs if name in MEASURED_BEFORE):
        yield "lost", design, "GaussSuppression, other persons (measured before)", MEASURED_BEFORE[design]
        for seed in LOST_SEEDS[: size.seeds]:
            release = DESIGNS[design](seed)
            found = disclosure.protection(release.tables, K)
            reasons = found.suppressed["reason"].value_counts()
            yield "lost", design, "cells", cells(release.tables)
            yield "lost", design, "small", int(reasons.get("small count", 0))
            yield "lost", design, "suppressed", len(found.suppressed)
            yield (
                "lost",
                design,
                "of these classes and their zeros",
                int(reasons.get("class", 0) + reasons.get("zero beside a class", 0)),
            )
            for method in ("exact", "intervals"):
                theirs = gauss(release, method)
                if theirs is not None:
                    left = disclosure.audit(theirs, K)["kind"]
                    yield "lost", design, f"GaussSuppression, {method}", suppressed(theirs)
                    for kind in CELL_KINDS:
                        yield "lost", design, f"GaussSuppression, {method}: left {kind}", int((left == kind).sum())


def suppressed_by_gauss(persons: pd.DataFrame, tables: str, method: str) -> pd.DataFrame | None:
    """The result of GaussSuppression (`disclosure_gauss.R`); None where it is not there or finds no solution."""
    with tempfile.TemporaryDirectory() as folder:
        given, result = Path(folder) / "persons.csv", Path(folder) / "suppressed.csv"
        persons.to_csv(given, index=False)
        script = str(Path(__file__).with_name("disclosure_gauss.R"))
        try:
            command = ["Rscript", script, str(given), tables, str(K), str(result), method]
            ended = subprocess.run(command, capture_output=True, text=True)
        except FileNotFoundError:
            print("  Rscript is not there: nothing to compare with", file=sys.stderr)
            return None
        if ended.returncode:
            print(f"  GaussSuppression ({method}): {ended.stderr.strip().splitlines()[-1:]}", file=sys.stderr)
            return None
        return pd.read_csv(result)


def gauss(release: Release, method: str) -> Tables | None:
    """The tables as GaussSuppression protects them; None where it is not there or finds no solution."""
    assert release.persons is not None
    formula = "~ " + " + ".join(":".join(table.columns.drop("count")) or "1" for table in release.tables.values())
    rows = suppressed_by_gauss(release.persons, formula, method)
    if rows is None:
        return None
    traits = [name for name in release.persons if name in rows]
    rows["count"] = rows["freq"].astype("Int64").mask(rows["suppressed"])
    found = {}
    for name, table in release.tables.items():
        own = list(table.columns.drop("count"))
        is_own = (rows[own] != "Total").all(axis=1) & (rows[traits].drop(columns=own) == "Total").all(axis=1)
        cells_of = rows.loc[is_own, [*own, "count"]]
        found[name] = table.drop(columns="count").merge(cells_of, on=own) if own else cells_of.reset_index(drop=True)
        if len(found[name]) != len(table):
            raise RuntimeError(f"GaussSuppression's result has other cells in '{name}'.")
    return found


def of_growth(size: Size) -> Iterator[Row]:
    """Seconds and cells suppressed as the number of areas grows."""
    for national in (False, True):
        for areas in (number for number in AREAS if number <= size.most):
            release = many_areas(1, areas, national)
            design = f"{areas} areas{', national tables' if national else ''}"
            began = time.process_time()
            tables = disclosure.protect(release.tables, K)
            middle = time.process_time()
            left = disclosure.audit(tables, K)
            ended = time.process_time()
            small = sum(table["count"].between(1, K - 1).sum() for table in release.tables.values())
            yield "growth", design, "cells", cells(tables)
            yield "growth", design, "small", int(small)
            yield "growth", design, "suppressed", suppressed(tables)
            yield "growth", design, "breaches left", len(left)
            yield "growth", design, "seconds to protect", round(middle - began, 2)
            yield "growth", design, "seconds to audit", round(ended - middle, 2)


SECTIONS: dict[str, Callable[[Size], Iterator[Row]]] = {
    "primary": of_primary,
    "attack": of_attack,
    "lost": of_lost,
    "growth": of_growth,
}


def summary(rows: pd.DataFrame) -> pd.DataFrame:
    """One row a design, one column a measure: sums over seeds, the narrowest interval, means of what was lost."""

    def over_seeds(values: pd.Series) -> float:
        section, _, measure = values.name
        if measure == "narrowest interval":
            return values.min()
        return values.mean() if section == "lost" else values.sum()

    keys = ["section", "design", "measure"]
    found = [(*key, over_seeds(part.rename(key))) for key, part in rows.groupby(keys, sort=False)["value"]]
    return pd.DataFrame(found, columns=[*keys, "value"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sections", nargs="*", choices=[[], *SECTIONS], help="default: all")
    parser.add_argument("--design", action="append", choices=DESIGNS, metavar="DESIGN", help="only this one")
    parser.add_argument("--releases", type=int, default=RELEASES, help="in `primary` (default: %(default)s)")
    parser.add_argument("--seeds", type=int, default=len(LOST_SEEDS), help="at most so many of each design")
    parser.add_argument("--most", type=int, default=AREAS[-1], help="areas in `growth`, from 12 (default: %(default)s)")
    parser.add_argument("--into", type=Path, default=Path(__file__).parent, help="folder of the table")
    given = parser.parse_args()
    if given.most < AREAS[0]:
        parser.error(f"--most must be at least {AREAS[0]}")
    size = Size(tuple(given.design or DESIGNS), given.releases, given.seeds, given.most)
    path = given.into / "disclosure_SYNTHETIC.csv"
    for name in given.sections or SECTIONS:
        rows = pd.DataFrame(SECTIONS[name](size), columns=["section", "design", "measure", "value"])
        if rows.empty:
            print(f"\n{name}\nnothing is measured of these designs", flush=True)
            continue
        found = summary(rows)
        wide = found.pivot(index="design", columns="measure", values="value")
        wide = wide.reindex(index=found["design"].unique(), columns=found["measure"].unique()).astype(float).fillna(0)
        total = wide.sum() if name in ("primary", "attack") else None
        print(f"\n{name}\n{wide.T.round(2).to_string()}", flush=True)
        if total is not None:
            print(f"\nin all\n{total.drop('narrowest interval', errors='ignore').to_string()}", flush=True)
        # A section that is drawn anew takes the place of the old one.
        kept = pd.read_csv(path) if path.exists() else found.head(0)
        both = pd.concat([kept[kept["section"] != name], found]).replace({np.inf: "inf"})
        both.to_csv(path, index=False, lineterminator="\n")


if __name__ == "__main__":
    main()
