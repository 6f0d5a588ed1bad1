"""An attacker that shares nothing with the library: the whole joint histogram is written down, and solved by SciPy.

Small tables only: every combination of all dimensions is a variable of its own.
"""

from itertools import product

import numpy as np
import pandas as pd
from scipy.optimize import Bounds, LinearConstraint, milp


def people(seed: int, size: int, concentration: float = 3.0, **values: int) -> pd.DataFrame:
    """Synthetic persons with so many values of each trait, whose shares are drawn once."""
    rng = np.random.default_rng(seed)
    drawn = {
        name: rng.choice(number, size, p=rng.dirichlet(np.full(number, concentration)))
        for name, number in values.items()
    }
    return pd.DataFrame({name: [f"{name}{number}" for number in each] for name, each in drawn.items()})


def attacked(tables: dict[str, pd.DataFrame], whole: bool = True) -> pd.DataFrame:
    """Bounds of every suppressed cell: table, row, low, high; of whole numbers, or of the relaxation."""
    dimensions = sorted({name for table in tables.values() for name in table if name != "count"})
    values = {
        name: sorted({value for table in tables.values() if name in table for value in table[name].astype(str)})
        for name in dimensions
    }
    people = list(product(*(values[name] for name in dimensions)))
    rows, counts, wanted = [], [], []
    for name, table in tables.items():
        own = [dimension for dimension in dimensions if dimension in table]
        places = [dimensions.index(dimension) for dimension in own]
        listed = {tuple(map(str, row[:-1])): row[-1] for row in table[[*own, "count"]].itertuples(index=False)}
        place = {
            tuple(map(str, row[:-1])): number
            for number, row in enumerate(table[[*own, "count"]].itertuples(index=False))
        }
        for cell in product(*(sorted(set(table[dimension].astype(str))) for dimension in own)):
            holds = np.array([tuple(person[at] for at in places) == cell for person in people], float)
            count = listed.get(cell, 0)
            if pd.isna(count):
                wanted.append((name, place[cell], holds))
            else:
                rows.append(holds)
                counts.append(float(count))
    known = [LinearConstraint(np.array(rows), counts, counts)] if rows else []
    found = []
    for name, row, holds in wanted:
        ends = []
        for sign in (1, -1):
            solved = milp(
                sign * holds, constraints=known, bounds=Bounds(0, 10_000), integrality=np.full(len(people), int(whole))
            )
            assert solved.status == 0, solved.message
            ends.append(sign * solved.fun)
        found.append((name, row, ends[0], np.inf if ends[1] > 5_000 else ends[1]))
    return pd.DataFrame(found, columns=["table", "row", "low", "high"])


def attacked_sums(tables: dict[str, pd.DataFrame], column: str) -> pd.DataFrame:
    """Bounds of every suppressed sum where nobody has less than nothing: table, row, low, high; by the relaxation."""
    dimensions = sorted({name for table in tables.values() for name in table if name not in ("count", column)})
    values = {name: sorted({value for t in tables.values() if name in t for value in t[name]}) for name in dimensions}
    people = pd.DataFrame(list(product(*(values[name] for name in dimensions))), columns=dimensions)
    rows, totals, wanted = [], [], []
    for name, table in tables.items():
        own = [dimension for dimension in dimensions if dimension in table]
        listed = table.set_index(own)[["count", column]].to_dict("index") if own else {(): table.iloc[0].to_dict()}
        place = {key if isinstance(key, tuple) else (key,): at for at, key in enumerate(listed)}
        said = {key if isinstance(key, tuple) else (key,): each for key, each in listed.items()}
        for cell in product(*(values[dimension] for dimension in own)):
            holds = (people[own] == list(cell)).all(axis=1).to_numpy(dtype=float)
            each = said.get(cell, {"count": 0, column: 0.0})
            if not pd.isna(each["count"]) and each["count"] == 0:
                each = {"count": 0, column: 0.0}
            if pd.isna(each[column]):
                wanted.append((name, place[cell], holds))
            else:
                rows.append(holds)
                totals.append(float(each[column]))
    known = [LinearConstraint(np.array(rows), np.array(totals) - 1e-6, np.array(totals) + 1e-6)] if rows else []
    found = []
    for name, row, holds in wanted:
        ends = []
        for sign in (1, -1):
            solved = milp(sign * holds, constraints=known, bounds=Bounds(0, 1e7))
            assert solved.status == 0, solved.message
            ends.append(sign * solved.fun)
        found.append((name, row, *ends))
    return pd.DataFrame(found, columns=["table", "row", "low", "high"])


def counted(people: pd.DataFrame, *designs: tuple[str, ...]) -> dict[str, pd.DataFrame]:
    """Persons as tables, one a design; the empty design is the total."""
    tables = {}
    for design in designs:
        if design:
            table = people.groupby(list(design)).size().rename("count").reset_index()
        else:
            table = pd.DataFrame({"count": [len(people)]})
        tables[" x ".join(design) or "total"] = table
    return tables


def changed(
    before: dict[str, pd.DataFrame], now: dict[str, pd.DataFrame], designs: list[tuple[str, ...]], nobody: str
) -> list[tuple[float, float]]:
    """Bounds of those who came (or left) in each cell of some designs, if `nobody` "left" (or "came").

    Both releases are one histogram of those who are in both and of the others; where printed counts contradict that,
    those that do are taken as bounds of those who are in both.
    """
    dimensions = sorted({name for design in designs for name in design})
    tables = [*before.values(), *now.values()]
    values = [
        sorted({value for table in tables if name in table for value in table[name].astype(str)}) for name in dimensions
    ]
    people = pd.DataFrame(list(product(*values)), columns=dimensions)
    none = np.zeros(len(people))
    larger = now if nobody == "left" else before
    rows, low, high = [], [], []
    loosened = _contradicting(before, now, nobody)
    for release in (before, now):
        for name, table in release.items():
            own = [dimension for dimension in dimensions if dimension in table]
            said = {tuple(map(str, row[:-1])): row[-1] for row in table[[*own, "count"]].itertuples(index=False)}
            for cell in product(*(sorted(set(table[dimension].astype(str))) for dimension in own)):
                count = said.get(cell, 0)
                if pd.isna(count):
                    continue
                holds = (people[own] == list(cell)).all(axis=1).to_numpy(float) if own else np.ones(len(people))
                rows.append(np.concatenate([holds, holds if release is larger else none]))
                low.append(0.0 if release is not larger and (name, cell) in loosened else float(count))
                high.append(float(count))
    known = LinearConstraint(np.array(rows), low, high)
    found = []
    for design in designs:
        own = list(design)
        for cell in product(*(values[dimensions.index(dimension)] for dimension in own)):
            holds = (people[own] == list(cell)).all(axis=1).to_numpy(float) if own else np.ones(len(people))
            asked = np.concatenate([none, holds])
            ends = []
            for sign in (1, -1):
                solved = milp(sign * asked, constraints=known, bounds=Bounds(0, 10_000))
                if solved.status != 0:
                    break
                ends.append(sign * solved.fun)
            if len(ends) == 2:
                found.append((ends[0], ends[1]))
    return found


def _contradicting(before: dict[str, pd.DataFrame], now: dict[str, pd.DataFrame], nobody: str) -> set:
    """Cells in print in both releases whose change contradicts that nobody left, or that nobody came."""
    found = set()
    for name in before.keys() & now.keys():
        own = sorted(column for column in now[name] if column != "count")
        listed = [
            {tuple(map(str, row[:-1])): row[-1] for row in table[[*own, "count"]].itertuples(index=False)}
            for table in (before[name], now[name])
        ]
        for cell in listed[0].keys() | listed[1].keys():
            first, second = (each.get(cell, 0) for each in listed)
            if pd.notna(first) and pd.notna(second) and (second < first if nobody == "left" else second > first):
                found.add((name, cell))
    return found
