"""Tables adjusted by the cell-key method, for series that come every year: each number is true or marked as adjusted.

A count gets the fixed noise of its cell and the fresh noise of its persons (`adjustment`). What is adjusted to fewer
than k persons is suppressed. The tables are then attacked, also as somebody would who knows everything but the fixed
noise; a number that makes too much known is suppressed as well.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from disclosure.attack import NOBODY_CAME, NOBODY_LEFT, View, each_alone, view, view_of
from disclosure.audit import classes
from disclosure.cell_suppression import WITHOUT_IT, relieve
from disclosure.histogram import histogram
from disclosure.perturbation import Adjustment, adjustment, fixed_noise, noise_of, perturbation_table
from disclosure.tables import (
    ADJUSTED,
    CELL_KEY,
    COUNT,
    Cell,
    DisclosureError,
    Published,
    all_in_words,
    cells_of,
    dimensions_of,
    read,
    statistics_of,
)

# Rounds of attack and suppression; a few do.
ROUNDS = 25
# Why a cell is suppressed.
SMALL, CLASS, GONE, TOO_WELL = "small adjusted count", "zero beside a class", "nobody any more", "known too well"


@dataclass
class _Series:
    """Tables on their way to be adjusted.

    Parameters
    ----------
    tables : true counts, with a row for a zero that hides a class.
    published : the same as read.
    earlier : the cells of earlier releases that were printed adjusted.
    fixed : the fixed noise of each cell.
    counts : for each table, its adjusted counts.
    reasons : (table, row) -> reason and why, of those that are suppressed.
    points : assumption -> histograms that what is in print allows; suppressing more takes none away.
    """

    tables: dict[str, pd.DataFrame]
    published: Sequence[Published]
    earlier: Mapping[Cell, list[int]]
    fixed: Mapping[Cell, int]
    counts: dict[str, np.ndarray]
    reasons: dict[tuple[str, int], tuple[str, str]]
    noise: Adjustment
    k: int
    points: dict[str, np.ndarray] = field(default_factory=dict)

    def suppress(self, table: str, row: int, reason: str, why: str) -> None:
        self.reasons.setdefault((table, row), (reason, why))

    def result(self) -> dict[str, pd.DataFrame]:
        """The tables as they would be published now."""
        found = {}
        for name, table in self.tables.items():
            hidden = np.array([(name, row) in self.reasons for row in range(len(table))], bool)
            true_zero = table[COUNT].to_numpy(dtype=float) == 0
            adjusted = pd.array(self.counts[name], dtype="Int64")
            by = pd.array(np.where(true_zero, 0, self.noise.bound), dtype="Int64")
            adjusted[hidden] = pd.NA
            by[hidden] = pd.NA
            plain = table[dimensions_of(table)]
            found[name] = plain.assign(**{COUNT: adjusted, ADJUSTED: by})
        return found


def adjusted(
    tables: Mapping[str, pd.DataFrame],
    k: int,
    nested: Mapping[str, pd.DataFrame],
    earlier: Sequence[Mapping[str, pd.DataFrame]],
    secret: bytes,
) -> tuple[dict[str, pd.DataFrame], pd.DataFrame]:
    """The tables with adjusted counts, and why each suppressed cell is.

    Parameters
    ----------
    tables : dimensions, ``count`` and ``cell_key``.
    k, nested, earlier : as of `audit`.
    secret : the key of the fixed noise: the same in all releases of a series, and never published.

    Returns
    -------
    Name -> dimensions, ``count`` (missing where it is suppressed) and ``adjusted_by`` (at most by so many persons; 0
    where it is true); and one row a suppressed cell: table, row, cell, reason, why.

    Raises
    ------
    DisclosureError : a table lacks the keys or has other statistics, there is no secret, or no choice of cells is safe.
    """
    series = _begun(tables, k, nested, earlier, secret)
    for _ in range(ROUNDS):
        # Every attack is tried, whatever the others find.
        if not any([_hide_from_insiders(series, nested), _hide_from_all(series, nested, earlier)]):
            return series.result(), _reasons(series)
    raise DisclosureError(
        "not_converged", f"After {ROUNDS} rounds the tables were not safe: leave out a table, or coarsen one."
    )


def _begun(
    tables: Mapping[str, pd.DataFrame],
    k: int,
    nested: Mapping[str, pd.DataFrame],
    earlier: Sequence[Mapping[str, pd.DataFrame]],
    secret: bytes,
) -> _Series:
    for name, table in tables.items():
        _require_keys(name, table)
    noise = adjustment(k)
    with_zeros, zeros = _with_zeros_beside_classes(_with_cells_of_before(tables, earlier))
    published = read({name: table.drop(columns=CELL_KEY) for name, table in with_zeros.items()})
    before = [each for each in (_adjusted_tables(release) for release in earlier) if each]
    fixed = fixed_noise([*before, with_zeros], nested, secret, noise.fixed, noise.fixed_variance)
    printed: dict[Cell, list[int]] = {}
    for release in before:
        for table in read(release):
            for cell, high, by in zip(cells_of(table), table.high, table.adjusted, strict=True):
                if by:
                    printed.setdefault(cell, []).append(int(high - by))
    true = {cell for release in earlier for table in read(_counting(release)) for cell in _true_cells(table)}
    counts = {
        name: _adjusted_counts(with_zeros[name], table, fixed, printed, true, noise)
        for name, table in zip(with_zeros, published, strict=True)
    }
    series = _Series(with_zeros, published, printed, fixed, counts, {}, noise, k)
    for name, row in zeros:
        series.suppress(name, row, CLASS, "That nobody is here would tell what all others of the row have in common.")
    for table in published:
        for row in np.flatnonzero(table.high == 0).tolist():
            series.suppress(table.name, row, GONE, "Somebody was here in an earlier release.")
        for row in np.flatnonzero((table.high > 0) & (counts[table.name] < k)).tolist():
            series.suppress(table.name, row, SMALL, f"Adjusted, it is fewer than {k} persons.")
    return series


def _require_keys(name: str, table: pd.DataFrame) -> None:
    if COUNT not in table or CELL_KEY not in table:
        raise DisclosureError(
            "missing_column",
            f"Table '{name}' has no column '{COUNT if COUNT not in table else CELL_KEY}': the cell-key method needs "
            f"the number of persons and the key of each cell, as `perturbation.counted` makes them from persons.",
        )
    others = [column for column in statistics_of(table) if column not in (COUNT, CELL_KEY)]
    if others:
        raise DisclosureError(
            "not_only_counts",
            f"Table '{name}', column '{others[0]}': only counts can be adjusted. Leave it out, and compute it from the "
            f"adjusted counts.",
        )
    keys = pd.to_numeric(table[CELL_KEY], errors="coerce")
    wrong = np.flatnonzero(~((keys >= 0) & (keys < 1)))
    if len(wrong):
        raise DisclosureError(
            "out_of_range", f"Table '{name}', row {wrong[0]}: a cell key is a number from 0 to below 1."
        )


def _with_cells_of_before(
    tables: Mapping[str, pd.DataFrame], earlier: Sequence[Mapping[str, pd.DataFrame]]
) -> dict[str, pd.DataFrame]:
    """Tables with a zero for each cell of their values that an earlier release listed, and where nobody is any more."""
    found = {}
    for name, table in tables.items():
        whole = table.reset_index(drop=True)
        dimensions = dimensions_of(table)
        for release in earlier:
            before = release.get(name)
            if dimensions and before is not None and set(dimensions_of(before)) == set(dimensions):
                values = before[dimensions].astype({each: table[each].dtype for each in dimensions})
                gone = values.merge(whole[dimensions], "left", dimensions, indicator=True)
                # Other values are pools of that day, and count persons who are counted elsewhere now.
                same = np.logical_and.reduce([gone[each].isin(table[each]) for each in dimensions])
                is_gone = (gone["_merge"] == "left_only") & same
                gone = gone.loc[is_gone, dimensions].assign(**{COUNT: 0, CELL_KEY: 0.0})
                if len(gone):
                    whole = pd.concat([whole, gone.astype(whole.dtypes.to_dict())], ignore_index=True)
        found[name] = whole
    return found


def _with_zeros_beside_classes(
    tables: Mapping[str, pd.DataFrame],
) -> tuple[dict[str, pd.DataFrame], list[tuple[str, int]]]:
    """Tables with a row for a zero beside each cell that holds all persons of its row, and these rows."""
    found, zeros = {}, []
    published = read({name: table.drop(columns=CELL_KEY) for name, table in tables.items()})
    for (name, table), seen in zip(tables.items(), published, strict=True):
        whole = table.reset_index(drop=True)
        for row, dimension, _ in classes(seen):
            totals = whole.groupby(dimension)[COUNT].sum().sort_values(ascending=False, kind="stable")
            # The commonest other value, of which nobody is in this row.
            other = next(value for value in totals.index if value != whole[dimension].iloc[row])
            partner = whole.iloc[[row]].assign(**{dimension: other, COUNT: 0, CELL_KEY: 0.0})
            zeros.append((name, len(whole)))
            whole = pd.concat([whole, partner.astype(whole.dtypes.to_dict())], ignore_index=True)
        found[name] = whole.drop_duplicates(dimensions_of(table) or None, ignore_index=True)
    return found, [(name, row) for name, row in zeros if row < len(found[name])]


def _adjusted_counts(
    table: pd.DataFrame,
    seen: Published,
    fixed: Mapping[Cell, int],
    printed: Mapping[Cell, list[int]],
    true: set[tuple[Cell, int]],
    noise: Adjustment,
) -> np.ndarray:
    """Counts with their fixed and fresh noise; zeros stay zero.

    The fresh noise is moved as little as possible such that a cell which changed little since it was printed could as
    well not have changed.
    """
    counts = table[COUNT].to_numpy(dtype=int)
    fresh = noise_of(counts, table[CELL_KEY].to_numpy(float), perturbation_table(noise.fresh, noise.fresh_variance))
    earlier_true: dict[Cell, list[int]] = {}
    for cell, count in true:
        earlier_true.setdefault(cell, []).append(count)
    found = np.zeros(len(counts), int)
    for row, cell in enumerate(cells_of(seen)):
        if not counts[row]:
            continue
        whole = counts[row] + fixed[cell]
        near = [(each - 2 * noise.fresh, each + 2 * noise.fresh) for each in printed.get(cell, ())]
        near += [(each - noise.bound, each + noise.bound) for each in earlier_true.get(cell, ())]
        low, high = whole - noise.fresh, whole + noise.fresh
        for first, last in near:
            if max(low, first) <= min(high, last):
                low, high = max(low, first), min(high, last)
        found[row] = max(0, min(max(whole + fresh[row], low), high))
    return found


def _adjusted_tables(release: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    return {name: table for name, table in release.items() if ADJUSTED in table and table[ADJUSTED].fillna(0).any()}


def _counting(release: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    return {name: table for name, table in release.items() if COUNT in table}


def _true_cells(table: Published) -> list[tuple[Cell, int]]:
    """Cells of an earlier release that were printed as they are."""
    is_true = ~table.suppressed & (table.adjusted == 0)
    return [(cell, int(table.high[row])) for row, cell in enumerate(cells_of(table)) if is_true[row]]


def _hide_from_insiders(series: _Series, nested: Mapping[str, pd.DataFrame]) -> bool:
    """Suppress what makes a count known to within k persons to somebody who knows all but the fixed noise."""
    hidden = {
        name: table.drop(columns=CELL_KEY).assign(**{COUNT: table[COUNT].mask(table[COUNT] > 0)})
        for name, table in series.tables.items()
    }
    behind = histogram(read(hidden), nested)
    bound = series.noise.fixed
    tables = []
    for table in series.published:
        middle = table.high + np.array([series.fixed[cell] for cell in cells_of(table)])
        is_known = np.array(
            [
                (table.name, row) not in series.reasons or cell in series.earlier
                for row, cell in enumerate(cells_of(table))
            ],
            bool,
        )
        somebody = table.high > 0
        low = np.where(somebody & is_known, np.maximum(middle - bound, 0), 0.0)
        high = np.where(somebody, np.where(is_known, middle + bound, np.inf), 0.0)
        tables.append(replace(table, low=low, high=high, suppressed=somebody, adjusted=np.zeros(len(low))))
    return _hide(series, view_of(replace(behind, tables=tables), len(tables)))


def _hide_from_all(
    series: _Series, nested: Mapping[str, pd.DataFrame], earlier: Sequence[Mapping[str, pd.DataFrame]]
) -> bool:
    """Suppress what makes a count, or those who came or left, known to somebody who has all releases."""
    found = False
    for assumption in (NOBODY_LEFT, NOBODY_CAME) if earlier else (NOBODY_LEFT,):
        seen = view(series.result(), nested, earlier, assumption, series.k, series.points.get(assumption))
        found |= _hide(series, seen)
        series.points[assumption] = seen.attack.points()
        for alone in each_alone(earlier) if seen.contradicted else ():
            found |= _hide(series, view(series.result(), nested, alone, assumption, series.k))
    return found


def _hide(series: _Series, seen: View) -> bool:
    """Suppress counts in print until nothing is known too well in a view; whether anything was."""

    def suppress(number: int, row: int, named: str) -> None:
        series.suppress(seen.tables[number].name, row, TOO_WELL, WITHOUT_IT.format(named=named))

    return relieve(seen, series.k, suppress)


def _reasons(series: _Series) -> pd.DataFrame:
    words = {table.name: all_in_words(table.cells) for table in series.published}
    rows = [(name, row, words[name][row], reason, why) for (name, row), (reason, why) in sorted(series.reasons.items())]
    return pd.DataFrame(rows, columns=["table", "row", "cell", "reason", "why"])
