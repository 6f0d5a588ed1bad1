"""What an attacker learns from tables that are released together, and with those that were released before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse

from analysis.disclosure.attack import Attack, Equations, Impossible, stacked
from analysis.disclosure.bases import apart
from analysis.disclosure.dependence import require_one_column
from analysis.disclosure.histogram import Histogram, histogram
from analysis.disclosure.published import COUNT, Published, in_words, is_unrevealing, read
from analysis.disclosure.refusal import DisclosureError
from analysis.disclosure.statistics import P_PERCENT, of_values
from analysis.disclosure.sums import known_sums
from analysis.disclosure.vintages import RELEASE, dated, loosened

# No group of fewer persons is published.
K = 11
COLUMNS = ["table", "cell", "kind", "low", "high", "why"]
INFEASIBLE = (
    "The tables cannot count the same persons: no joint histogram has all these sums. Every person stands in one cell "
    "of each table, what is not stated is a value of its own, and a combination that is not listed is a zero."
)


def audit(
    tables: Mapping[str, pd.DataFrame],
    k: int = K,
    nested: Mapping[str, pd.DataFrame] | None = None,
    earlier: Sequence[Mapping[str, pd.DataFrame]] = (),
) -> pd.DataFrame:
    """Whatever an attacker learns too well from tables together: empty when they are safe.

    Every published count is a sum over the cells of one joint histogram. The attacker, who knows all tables of this
    release and of earlier ones, works out between which numbers every small or withheld cell must lie: by linear
    programming, and among whole numbers where the relaxation leaves fractions.

    Parameters
    ----------
    tables : name -> tidy table. Dimension columns are shared by name; ``count`` is the number of persons, missing where
        it is withheld; a combination of values that a table does not list is a zero. Also understood: ``percent`` and
        ``share`` with ``base``, ``rate`` with ``population`` (and ``per``, 100,000), ``mean_x``, ``median_x``,
        ``minimum_x``, ``maximum_x``, and ``sum_x`` with ``largest_x`` and ``second_x``.
        A base is the total of the rows with the same values of some dimensions, or has one row (`bases.apart`). Of
        what a sum or a mean is of, nobody has less than nothing.
    k : the smallest group of persons that may be known.
    nested : dimension -> value, atom: of what a value is made (`nesting.atoms_of`); bands of ages and years, and
        periods of a year, need none.
    earlier : tables of earlier releases of the same persons, oldest first.

    Returns
    -------
    DataFrame, one row a breach: table, cell (in words), kind, low, high (what the attacker knows), why (a sentence).
    Kinds: ``published`` (a count below k), ``exact``, ``narrow`` (an interval narrower than k), ``small`` (an upper
    bound below k), ``implied`` (a small group that no table lists, between nested areas, bands or periods),
    ``difference`` (newcomers since an earlier release), ``class`` (all of a row in one category), ``mean``, ``median``,
    ``sum`` (of too few persons; or suppressed, and known to within 10 % from others), ``extreme``, ``dominance``. The
    base of a table t is a table of its own, ``t (base)``.

    Raises
    ------
    DisclosureError : tables cannot be read, or cannot count the same persons; a base is not what its rows add up to; a
        dimension follows from another; sums contradict one another.

    Source
    ------
    Hundepool et al. (2012), Statistical Disclosure Control; Fischetti and Salazar-González (2001).
    """
    if not tables:
        return pd.DataFrame(columns=COLUMNS)
    nested = nested or {}
    require_one_column([*read(tables), *(table for release in earlier for table in read(release))], k)
    parts = apart(tables, nested)
    seen = view(parts.tables, nested, [apart(release, nested).tables for release in earlier])
    rows = [*_of_cells(seen, k), *_of_groups(seen, k), *_of_classes(seen), *parts.left_over(k)]
    for found in of_values(tables, k).itertuples():
        rows.append((found.table, f"{found.cell}: {found.column}", found.kind, np.nan, np.nan, f"{found.why}."))
    rows += _of_sums(seen)
    return pd.DataFrame(rows, columns=COLUMNS)


@dataclass(frozen=True)
class View:
    """What an attacker has before it: tables, the histogram behind them, and the equations that they are.

    Parameters
    ----------
    now : how many of the tables are of this release; they come first.
    printed : the tables as they are printed, in the same order.
    """

    tables: Sequence[Published]
    now: int
    behind: Histogram
    attack: Attack
    printed: Sequence[pd.DataFrame]


def view(
    tables: Mapping[str, pd.DataFrame],
    nested: Mapping[str, pd.DataFrame],
    earlier: Sequence[Mapping[str, pd.DataFrame]],
) -> View:
    """The tables of a release and of earlier ones as equations. Raises DisclosureError as `audit` does."""
    together, releases = dated(tables, earlier)
    published = read(together)
    behind = histogram(published, {**nested, **releases})
    equations, is_earlier = equations_of(behind, len(tables))
    try:
        attack = Attack(equations)
        attack.point()
    except Impossible:
        if not is_earlier.any():
            raise DisclosureError(INFEASIBLE) from None
        attack = Attack(loosened(equations, is_earlier))
        try:
            attack.point()
        except Impossible:
            raise DisclosureError(INFEASIBLE) from None
    return View(published, len(tables), behind, attack, list(together.values()))


def equations_of(behind: Histogram, now: int) -> tuple[Equations, np.ndarray]:
    """All that tables say, as equations; and which rows are counts of earlier releases."""
    blocks, earlier = [], []
    for number, (table, sums) in enumerate(zip(behind.tables, behind.sums, strict=True)):
        says = np.flatnonzero((table.low > 0) | np.isfinite(table.high))
        blocks.append((sums[says], table.low[says], table.high[says]))
        earlier.append(np.full(len(says), number >= now))
    nothing = np.zeros(behind.joins.shape[0])
    blocks.append((behind.joins, nothing, nothing))
    return stacked(blocks), np.concatenate([*earlier, np.zeros(len(nothing), bool)])


def _of_cells(seen: View, k: int) -> list[tuple]:
    """Listed cells: small counts in print, and withheld ones of which too much can be worked out."""
    rows: list[tuple] = []
    for table in seen.tables[: seen.now]:
        small = ~table.withheld & (table.high >= 1) & (table.high < k)
        for row in np.flatnonzero(small).tolist():
            why = f"{table.high[row]:.0f} persons are published, fewer than {k}."
            rows.append((table.name, _cell(table, row), "published", table.low[row], table.high[row], why))
    for number, row, low, high in known_too_well(seen, k, range(len(seen.tables))):
        table = seen.tables[number]
        kind, why = judged(low, high, k)
        rows.append((table.name, _cell(table, row), kind, low, high, why))
    return rows


def known_too_well(seen: View, k: int, numbers: range) -> list[tuple[int, int, float, float]]:
    """Withheld cells of some tables of which too much can be worked out: (number of the table, row, fewest, most)."""
    withheld = [(number, row) for number in numbers for row in np.flatnonzero(seen.tables[number].withheld).tolist()]
    if not withheld:
        return []
    sums = sparse.csr_matrix(sparse.vstack([seen.behind.sums[number][row] for number, row in withheld]))
    found = seen.attack.bounds(sums, wide=k, high=k)
    bounds = zip(withheld, found.low, found.high, strict=True)
    return [(number, row, low, high) for (number, row), low, high in bounds if judged(low, high, k)[0]]


def judged(low: float, high: float, k: int) -> tuple[str, str]:
    """What kind of breach the bounds of a withheld cell are, and why; empty where they are none."""
    if high == low:
        return "exact", f"It is withheld, and can only be {low:.0f}."
    if high < k:
        return "small", f"It is withheld, and at most {high:.0f}: fewer than {k}."
    if high - low < k:
        return "narrow", f"It is withheld, and lies between {low:.0f} and {high:.0f}: closer than {k}."
    return "", ""


def _of_groups(seen: View, k: int) -> list[tuple]:
    """Groups that no table lists: between nested values, and newcomers since an earlier release."""
    rows: list[tuple] = []
    for number, cell, low, high in small_groups(seen, k):
        newer = RELEASE in cell.index
        kind = "difference" if newer else "implied"
        what = "Who was not yet counted in an earlier release" if newer else "This group is in no table, and"
        why = f"{what} can be worked out to be {low:.0f} to {high:.0f} persons, fewer than {k}."
        rows.append((seen.tables[number].name, in_words(cell), kind, low, high, why))
    return rows


def small_groups(seen: View, k: int) -> list[tuple[int, pd.Series, float, float]]:
    """Groups that no table of now lists and that are certain to be some, and fewer than k persons.

    Returns
    -------
    (number of the table, the group's atoms, fewest, most).
    """
    found: list[tuple[int, pd.Series, float, float]] = []
    looked_at = set()
    for number in seen.behind.finest:
        dimensions = seen.tables[number].dimensions
        if number >= seen.now or dimensions in looked_at:
            continue
        looked_at.add(dimensions)
        sums, cells = groups(seen.behind, number)
        alike = [table.cells for table in seen.tables[: seen.now] if table.dimensions == dimensions]
        listed = {tuple(cell) for table in alike for cell in table.drop(columns=RELEASE, errors="ignore").to_numpy()}
        for row, low, high in _certainly_small(seen.attack, sums, k):
            # A group of all releases together has no release of its own.
            cell = cells.iloc[row].dropna()
            if RELEASE in cell.index or tuple(cell) not in listed:
                found.append((number, cell, low, high))
    return found


def groups(behind: Histogram, number: int) -> tuple[sparse.csr_matrix, pd.DataFrame]:
    """The groups between the cells of a table: (groups x variables), and the atoms of each.

    Atoms of nested values; and where there are earlier releases, those who came after one: of each atom, and of each
    cell that is made of several.
    """
    sums, cells = behind.finest[number]
    if RELEASE not in cells:
        return sums, cells
    table = behind.tables[number]
    own = [name for name in table.dimensions if name != RELEASE]
    order = list(behind.atoms[RELEASE])
    age = cells[RELEASE].map({atom: place for place, atom in enumerate(order)}).to_numpy()
    blocks: list[sparse.csr_matrix] = []
    words: list[pd.DataFrame] = []
    if any(value not in behind.atoms[name] for name in own for value in table.cells[name].unique()):
        blocks, words = _added_up(sums, cells, own, np.ones(len(cells), bool), None)
    for first in range(1, len(order)):
        after = f"after {order[first - 1].removeprefix('new in ')}"
        more = _added_up(sums, cells, own, age >= first, after)
        blocks, words = blocks + more[0], words + more[1]
        for wider, named in _of_several_atoms(behind, number, own):
            chosen = wider @ sparse.diags((age >= first).astype(float))
            blocks.append(sparse.csr_matrix(chosen @ sums))
            words.append(named.assign(**{RELEASE: after}))
    return sparse.csr_matrix(sparse.vstack(blocks)), pd.concat(words, ignore_index=True)


def _of_several_atoms(behind: Histogram, number: int, own: list[str]) -> list[tuple[sparse.csr_matrix, pd.DataFrame]]:
    """Cells made of several atoms, of all tables of the same release and dimensions: (cells x atoms), and in words."""
    sums, cells = behind.finest[number]
    table = behind.tables[number]
    atom = cells.groupby(own).ngroup().to_numpy() if own else np.zeros(len(cells), int)
    found = []
    for other, listed in zip(behind.tables, behind.sums, strict=True):
        same = other.dimensions == table.dimensions and len(other.cells) and len(table.cells)
        if not same or other.cells[RELEASE].iat[0] != table.cells[RELEASE].iat[0]:
            continue
        holds = sparse.csr_matrix((listed @ sums.T > 0).astype(float))
        several = [row for row in range(holds.shape[0]) if len(np.unique(atom[holds[row].indices])) > 1]
        if several:
            found.append((holds[several], other.cells.iloc[several][own]))
    return found


def _added_up(
    sums: sparse.csr_matrix, cells: pd.DataFrame, own: list[str], chosen: np.ndarray, release: str | None
) -> tuple[list[sparse.csr_matrix], list[pd.DataFrame]]:
    """The chosen atoms added up over releases: the sums, and what they are in words."""
    rows = np.flatnonzero(chosen)
    if not len(rows):
        return [sums[:0]], [cells.head(0)]
    part = cells.iloc[rows]
    group = part.groupby(own, sort=True).ngroup().to_numpy() if own else np.zeros(len(rows), int)
    adds = sparse.csr_matrix((np.ones(len(rows)), (group, rows)), shape=(int(group.max()) + 1, len(cells)))
    words = part[own].drop_duplicates().sort_values(own) if own else pd.DataFrame(index=[0])
    return [adds @ sums], [words if release is None else words.assign(**{RELEASE: release})]


def _certainly_small(attack: Attack, sums: sparse.csr_matrix, k: int) -> list[tuple[int, float, float]]:
    """Sums that are certain to hold somebody and fewer than k persons: (row, low, high)."""
    somebody = np.flatnonzero(attack.lowest(sums) >= 1)
    if not len(somebody):
        return []
    reach = attack.bounds(sums[somebody], wide=0, high=k)
    small = somebody[reach.high < k]
    if not len(small):
        return []
    exactly = attack.bounds(sums[small], wide=np.inf, high=np.inf)
    found = zip(small.tolist(), exactly.low, exactly.high, strict=True)
    return [(row, low, high) for row, low, high in found if low >= 1 and high < k]


def _of_classes(seen: View) -> list[tuple]:
    """Rows of a table whose persons are all in one category, so that whoever knows the row knows the category."""
    rows = []
    for table in seen.tables[: seen.now]:
        for row, dimension, others in classes(table):
            value = table.cells[dimension].iloc[row]
            whom = "persons" if table.withheld[row] else f"{table.high[row]:.0f} persons"
            why = f"All {whom} of {others} have the same {dimension}: {value}."
            rows.append((table.name, _cell(table, row), "class", table.low[row], table.high[row], why))
    return rows


def classes(table: Published) -> list[tuple[int, str, str]]:
    """Cells that hold all persons of their row of a table: (cell, dimension that they reveal, the row in words)."""
    found = []
    for dimension in table.dimensions:
        if dimension == RELEASE or table.cells[dimension].nunique() < 2:
            continue
        others = [name for name in table.dimensions if name not in (dimension, RELEASE)]
        somebody = np.flatnonzero((table.high > 0) | table.withheld)
        cells = table.cells.iloc[somebody]
        alone = ~cells.duplicated(others, keep=False) if others else pd.Series(len(cells) == 1, cells.index)
        for row in cells.index[alone]:
            told = table.withheld[row] or table.low[row] > 0
            if told and not is_unrevealing(table.cells[dimension].iloc[row]):
                found.append((int(row), dimension, in_words(table.cells.loc[row, others])))
    return found


def _of_sums(seen: View) -> Iterator[tuple]:
    """Suppressed sums and means that others give away."""
    for number, row, column, low, high in known_sums(seen.printed, seen.behind):
        why = f"It is suppressed, and a sum of {low:g} to {high:g}: known to within {P_PERCENT:g} %."
        table = seen.tables[number]
        yield table.name, f"{_cell(table, row)}: {column}", column.partition("_")[0], low, high, why


def _cell(table: Published, row: int) -> str:
    return in_words(table.cells.iloc[row].drop(RELEASE, errors="ignore"))


__all__ = ["COUNT", "K", "audit"]
