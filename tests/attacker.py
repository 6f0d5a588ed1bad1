"""An attacker that shares nothing with the library: the whole joint histogram is written down, and solved by SciPy.

Small tables only: every combination of all dimensions is a variable of its own.
"""

from itertools import product

import numpy as np
import pandas as pd
from scipy.optimize import Bounds, LinearConstraint, milp


def attacked(tables: dict[str, pd.DataFrame], whole: bool = True) -> pd.DataFrame:
    """Bounds of every withheld cell: table, row, low, high; of whole numbers, or of the relaxation."""
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
