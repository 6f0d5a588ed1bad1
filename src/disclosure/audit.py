"""The audit: what an attacker learns from all tables together; and rules for estimates.

What an attacker learns from tables that are released together, and with those that were released before.

Rules for what is no count: estimates of a model, and what stands where a number is suppressed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd
from scipy import sparse

from disclosure.attack import NOBODY_CAME, RELEASE, each_alone
from disclosure.bases import apart
from disclosure.groups import is_unrevealing, known_groups, require_one_column
from disclosure.sums import known_sums
from disclosure.tables import COUNT, P_PERCENT, Published, in_words, of_values, read
from disclosure.view import View, view

# No group of fewer persons is published.
K = 11
COLUMNS = ["table", "cell", "kind", "low", "high", "why"]


def audit(
    tables: Mapping[str, pd.DataFrame],
    k: int = K,
    nested: Mapping[str, pd.DataFrame] | None = None,
    earlier: Sequence[Mapping[str, pd.DataFrame]] = (),
) -> pd.DataFrame:
    """Whatever an attacker learns too well from tables together: empty when they are safe.

    Every published count is a sum over the cells of one joint histogram. The attacker, who knows all tables of this
    release and of earlier ones, works out between which numbers every small or suppressed cell must lie: by linear
    programming, and among whole numbers where the relaxation leaves fractions. Who came since an earlier release, and
    who left since (consent withdrawn, erasure, a correction), are groups like any other. Where all releases together
    contradict that nobody left, or that nobody came, each earlier one is compared by itself as well.

    Parameters
    ----------
    tables : name -> tidy table. Dimension columns are shared by name; ``count`` is the number of persons, missing where
        it is suppressed; a combination of values that a table does not list is a zero. Also understood: ``percent`` and
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
    ``difference`` (newcomers or leavers since an earlier release), ``class`` (all of a row, of the newcomers, of the
    leavers or of a group between nested values in one category), ``mean``, ``median``, ``sum`` (of too few persons; or
    suppressed, and known to within 10 % from others), ``extreme``, ``dominance``. The base of a table t is a table of
    its own, ``t (base)``.

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
    parts, before = apart(tables, nested), [apart(release, nested).tables for release in earlier]
    seen = view(parts.tables, nested, before, k=k)
    rows = [*_of_cells(seen, k), *_of_groups(seen, k), *_of_classes(seen), *parts.left_over(k)]
    views = [seen]
    if earlier:
        views.append(view(parts.tables, nested, before, NOBODY_CAME, k))
        rows += [*_of_withheld(views[1], k), *_of_groups(views[1], k)]
    for contradicted in (each for each in views if each.contradicted):
        told = {row[:3] for row in rows}
        for alone in each_alone(before):
            pair = view(parts.tables, nested, alone, contradicted.assumption, k)
            rows += [row for row in (*_of_withheld(pair, k), *_of_groups(pair, k)) if row[:3] not in told]
    for found in of_values(tables, k).itertuples():
        rows.append((found.table, f"{found.cell}: {found.column}", found.kind, np.nan, np.nan, f"{found.why}."))
    rows += _of_sums(seen)
    return pd.DataFrame(rows, columns=COLUMNS)


def _of_cells(seen: View, k: int) -> list[tuple]:
    """Listed cells: small counts in print, and suppressed ones of which too much can be worked out."""
    rows: list[tuple] = []
    for table in seen.tables[: seen.now]:
        small = ~table.suppressed & (table.adjusted == 0) & (table.high >= 1) & (table.high < k)
        for row in np.flatnonzero(small).tolist():
            why = f"{table.high[row]:.0f} persons are published, fewer than {k}."
            rows.append((table.name, _cell(table, row), "published", table.low[row], table.high[row], why))
    return [*rows, *_of_withheld(seen, k)]


def _of_withheld(seen: View, k: int) -> list[tuple]:
    """Suppressed and adjusted cells of this release and of earlier ones of which too much can be worked out."""
    rows = []
    for number, row, low, high in known_too_well(seen, k, range(len(seen.tables))):
        table = seen.tables[number]
        kind, why = judged(low, high, k, "adjusted" if table.adjusted[row] else "suppressed")
        rows.append((table.name, _cell(table, row), kind, low, high, why))
    return rows


def known_too_well(seen: View, k: int, numbers: range) -> list[tuple[int, int, float, float]]:
    """Suppressed and adjusted cells of which too much can be worked out: (number of the table, row, fewest, most).

    That nobody came is held against them only where all tables allow it, and where somebody is in them: of a
    combination that is new, it is not true. An adjusted count that is not small may be known well if earlier releases
    had true ones: it is then the change that has to stay unknown.
    """
    if seen.assumption == NOBODY_CAME and seen.contradicted:
        return []
    tables = seen.tables
    was_true = any((~table.suppressed & (table.adjusted == 0) & (table.high > 0)).any() for table in tables[seen.now :])
    suppressed, adjusted = (
        [(number, row) for number in numbers for row in np.flatnonzero(which(tables[number])).tolist()]
        for which in (lambda table: table.suppressed, lambda table: table.adjusted > 0)
    )
    untrue = 0 if seen.assumption == NOBODY_CAME else -1
    found = []
    for cells, wide in ((suppressed, k), (adjusted, 0 if was_true else k)):
        if cells:
            sums = sparse.csr_matrix(sparse.vstack([seen.behind.sums[number][row] for number, row in cells]))
            reach = seen.attack.bounds(sums, wide=wide, high=k)
            for (number, row), low, high in zip(cells, reach.low, reach.high, strict=True):
                if high > untrue and judged(low, high, k)[0] and (wide or high < k):
                    found.append((number, row, low, high))
    return found


def judged(low: float, high: float, k: int, what: str = "suppressed") -> tuple[str, str]:
    """What kind of breach the bounds of a suppressed or adjusted cell are, and why; empty where they are none."""
    if high == low:
        return "exact", f"It is {what}, and can only be {low:.0f}."
    if high < k:
        return "small", f"It is {what}, and at most {high:.0f}: fewer than {k}."
    if high - low < k:
        return "narrow", f"It is {what}, and lies between {low:.0f} and {high:.0f}: closer than {k}."
    return "", ""


def _of_groups(seen: View, k: int) -> list[tuple]:
    """Groups that no table lists: between nested values, newcomers and leavers since an earlier release."""
    return [(each.table, each.cell, each.kind, each.low, each.high, each.why) for each in known_groups(seen, k)]


def _of_classes(seen: View) -> list[tuple]:
    """Rows of a table whose persons are all in one category, so that whoever knows the row knows the category."""
    rows = []
    for table in seen.tables[: seen.now]:
        for row, dimension, others in classes(table):
            value = table.cells[dimension].iloc[row]
            whom = "persons" if table.suppressed[row] else f"{table.high[row]:.0f} persons"
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
        somebody = np.flatnonzero((table.high > 0) | table.suppressed)
        cells = table.cells.iloc[somebody]
        alone = ~cells.duplicated(others, keep=False) if others else pd.Series(len(cells) == 1, cells.index)
        for row in cells.index[alone]:
            told = table.suppressed[row] or table.adjusted[row] or table.low[row] > 0
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


# Printed where a number is suppressed.
SUPPRESSED = "suppressed"
# Fewer would let the data be worked out from the estimates.
DEGREES_OF_FREEDOM = 10


def estimate_may_leave(n: float, parameters: int, k: int = K) -> bool:
    """Whether estimates of a model say too little of any person to be kept back.

    Parameters
    ----------
    n : persons that the model was fitted to.
    parameters : how many numbers were estimated from them.
    k : the smallest group of persons that may be known.

    Returns
    -------
    True from k persons and 10 residual degrees of freedom on: estimates that nearly reproduce the data are the data.

    Source
    ------
    Brandt et al. (2010), Guidelines for the checking of output based on microdata research.
    """
    return n >= k and n - parameters >= DEGREES_OF_FREEDOM
