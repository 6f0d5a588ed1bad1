"""Tables of earlier releases with those of now: newcomers and leavers are groups like any other.

Each release is one more dimension. An attacker who takes it that nobody left knows that a person belongs to the first
release that counted it, and that a table counts all up to its own. One who takes it that nobody came knows the same
with time reversed: a person belongs to the last release that counted it. What two releases differ by is then a cell.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd
from scipy import sparse

from analysis.disclosure.attack import Equations
from analysis.disclosure.polytope import programme, solved, solver
from analysis.disclosure.published import Cell, Published, cells_of, counts_persons

# The dimension that tells releases apart; no user's column has such a name.
RELEASE = "counted in release"
# What an attacker can take for granted of two releases: that nobody left in between, or that nobody came.
NOBODY_LEFT, NOBODY_CAME = "nobody left", "nobody came"

# No series has more releases.
_LAST = 9_999
# How much more it takes to give up a count that nothing speaks against, or of which a larger release says nothing.
WILLING, DOUBTFUL, RELUCTANT = 1.0, 10.0, 100.0


def dated(
    tables: Mapping[str, pd.DataFrame],
    earlier: Sequence[Mapping[str, pd.DataFrame]],
    assumption: str = NOBODY_LEFT,
) -> tuple[dict[str, pd.DataFrame], dict[str, pd.DataFrame]]:
    """All tables with the dimension of their release, those of now first, and of which atoms a release is made.

    Tables of earlier releases are named after their number: ``release 1: by_area``. Of tables that say nothing
    of how many persons there are, be it by a count, a percentage or a rate, there is nothing to compare.

    Parameters
    ----------
    assumption : `NOBODY_LEFT`, under which each release holds all persons of the earlier ones; or `NOBODY_CAME`, under
        which it holds all of the later ones.
    """
    if not any(earlier):
        return dict(tables), {}
    places = [_place(number, assumption) for number in range(1, len(earlier) + 2)]
    digits = len(str(len(earlier) + 1))
    found = {name: table.assign(**{RELEASE: places[-1]}) for name, table in tables.items()}
    for number, (place, release) in enumerate(zip(places, earlier, strict=False), start=1):
        for name, table in release.items():
            if counts_persons(table):
                found[f"release {number:0{digits}}: {name}"] = table.assign(**{RELEASE: place})
    # A release without tables tells nobody apart.
    told = sorted({place for place, release in zip(places, [*earlier, tables], strict=True) if release})
    made_of = pd.DataFrame(
        [(last, atom) for position, last in enumerate(told) for atom in told[: position + 1]],
        columns=["value", "atom"],
    )
    # A release is not its own part: the last atom is who is counted there and in no smaller one.
    made_of["atom"] = "only from " + made_of["atom"]
    return found, {RELEASE: made_of}


def each_alone(earlier: Sequence[Mapping[str, pd.DataFrame]]) -> Iterator[list[Mapping[str, pd.DataFrame]]]:
    """Earlier releases, all but one of them without tables.

    Where all together contradict an assumption, two of them may not, and tell more.
    """
    if len(earlier) > 1:
        for number in range(len(earlier)):
            yield [release if place == number else {} for place, release in enumerate(earlier)]


def _place(number: int, assumption: str) -> str:
    """The place of a release among others, as text that sorts: smaller releases first under either assumption."""
    return f"{number if assumption == NOBODY_LEFT else _LAST - number:04}"


def since(atom: str, assumption: str) -> str:
    """In words, who is outside of the release of an atom: ``new since release 2``, ``gone by release 2``."""
    place = int(atom.removeprefix("only from "))
    return f"new since release {place}" if assumption == NOBODY_LEFT else f"gone by release {_LAST - place}"


def loosened(equations: Equations, reluctance: np.ndarray) -> Equations:
    """The equations with as few persons as possible against the assumption: a count with such bounds from above only.

    Parameters
    ----------
    reluctance : (rows,) what it costs to take a count that way, by the person; 0 for what holds in any case.
    """
    rows = np.flatnonzero(reluctance)
    columns = equations.matrix.shape[1]
    others = sparse.csr_matrix(
        (np.ones(len(rows)), (rows, np.arange(len(rows)))), shape=(len(equations.low), len(rows))
    )
    both = sparse.csr_matrix(sparse.hstack([equations.matrix, others]))
    nothing, endless = np.zeros(both.shape[1]), np.full(both.shape[1], np.inf)
    asked = programme(both, equations.low, equations.high, nothing, endless)
    asked.col_cost_ = np.concatenate([np.zeros(columns), reluctance[rows]])
    least = solver(presolve=True)
    least.passModel(asked)
    solution = solved(least)
    contradicts = np.zeros(len(equations.low), bool)
    if solution is not None:
        contradicts[rows] = solution[columns:] > 1e-6
    return Equations(equations.matrix, np.where(contradicts, 0.0, equations.low), equations.high)


def reluctance_of(tables: Sequence[Published], rows: Sequence[np.ndarray]) -> np.ndarray:
    """How reluctant somebody is to give up that a count holds all persons it should, by `loosened`.

    Little where the same cell of a larger release counts fewer, or does not exist: there the assumption does not hold.
    Much where it counts as many or more: nothing speaks against it.

    Parameters
    ----------
    tables : of all releases, dated.
    rows : for each table, the rows of which it says something.

    Returns
    -------
    (all rows together,) 0 where a table is of the largest release, or of none.
    """
    known: dict[Cell, list[tuple[str, float]]] = {}
    cells = [cells_of(table, RELEASE) for table in tables]
    places = [table.cells[RELEASE].iat[0] if RELEASE in table.cells and len(table.cells) else "" for table in tables]
    for table, own, place in zip(tables, cells, places, strict=True):
        for cell, high, is_open in zip(own, table.high, table.withheld, strict=True):
            known.setdefault(cell, []).append((place, np.inf if is_open else float(high)))
    largest = max(places, default="")
    found = []
    for table, own, place, bounded in zip(tables, cells, places, rows, strict=True):
        if place == largest:
            found.append(np.zeros(len(bounded)))
            continue
        costs = []
        for row in bounded.tolist():
            larger = [high for other, high in known[own[row]] if other > place]
            holds = larger and min(larger) >= table.low[row]
            costs.append(WILLING if not holds else DOUBTFUL if np.isinf(min(larger)) else RELUCTANT)
        found.append(np.array(costs))
    return np.concatenate(found) if found else np.zeros(0)
