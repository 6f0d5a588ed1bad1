"""Tables as an attacker reads them: dimensions, cells, several tables as one, means and sums.

The one error by which tables are refused that cannot be audited as they are.

Tables as an attacker reads them: dimensions, and what each cell says of the number of persons in it.

Several tables as one, as they are kept in a file.

Means, medians, extremes and sums of what persons have: by rules, since no count says whether they are safe.

Rules of output checking (Brandt et al., 2010): a mean or a sum rests on at least k persons, a median on k on either
side; a minimum or a maximum is one person's own value; and no person's part of a sum can be estimated by another of
them to within p per cent (the p% rule: Hundepool et al., 2012).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from bounded import arguments
from bounded.refusal import Refusal, columns_there

# What helps whoever calls the package where tables cannot be protected. A command says what helps its users.
ADVICE = "Call `protect` or `audit` with fewer tables, or with wider classes in them."


class DisclosureError(Refusal):
    """Tables cannot be read as counts of the same persons; the message says which table and row, and what helps."""


# No group of fewer persons is published.
K = 11
COUNT = "count"
# Columns that say of how many persons a share is, or which population a rate refers to, and per how many.
BASE, POPULATION, PER = "base", "population", "per"
SHARES = {"percent": 100.0, "share": 1.0}
RATE = "rate"
# Beginnings of the names of columns with a statistic of what the persons of a cell have: mean_age, sum_debt.
MEAN, SUM = "mean_", "sum_"
OF_VALUES = (MEAN, "median_", "minimum_", "maximum_", SUM)
# What a sum's dominance is judged by; never published.
OF_LARGEST = ("largest_", "second_")
USUAL_PER = 100_000.0
# A cell: its dimensions and values, in the order of the dimensions.
Cell = tuple[tuple[str, str], ...]
# By how many persons a count is adjusted at most; 0 where it is true.
ADJUSTED = "adjusted_by"
# The number of the release that first printed a number; missing where it is of this one. See `revision`.
AS_OF = "as_of"


@dataclass(frozen=True)
class Published:
    """One table as an attacker reads it.

    Parameters
    ----------
    name : of the table.
    dimensions : names of its dimensions.
    cells : one row a cell: the dimensions as text.
    low, high : (cells,) bounds that the table itself sets on the persons of a cell; 0 and infinity where it is silent.
    suppressed : (cells,) whether the table lists the cell without its count, or without its percentage or rate.
    adjusted : (cells,) by how many persons a count in print is adjusted at most; 0 where it is true.
    """

    name: str
    dimensions: tuple[str, ...]
    cells: pd.DataFrame
    low: np.ndarray
    high: np.ndarray
    suppressed: np.ndarray
    adjusted: np.ndarray

    def described(self, row: int) -> str:
        """A cell in words: ``area_id CPV-SAL, sex female``."""
        return in_words(self.cells.iloc[row])


def in_words(cell: pd.Series) -> str:
    """The dimensions of a cell and their values, in words; the whole where there is no dimension."""
    return ", ".join(f"{dimension} {value}" for dimension, value in cell.items()) or "all"


def all_in_words(cells: pd.DataFrame) -> list[str]:
    """`in_words` of every row."""
    names = [f"{name} " for name in cells]
    return [", ".join(map("".join, zip(names, row, strict=True))) or "all" for row in cells.to_numpy()]


def cells_of(table: Published, without: str = "") -> list[Cell]:
    """The cells of a table in their order, by the names and values of their dimensions but for one."""
    names = sorted(name for name in table.cells if name != without)
    if not names:
        return [()] * len(table.cells)
    return [tuple(zip(names, row, strict=True)) for row in table.cells[names].to_numpy()]


def statistics_of(table: pd.DataFrame) -> list[str]:
    """The columns of a table that say something of the persons in a cell."""
    named = (COUNT, ADJUSTED, AS_OF, BASE, POPULATION, PER, RATE, *SHARES)
    return [name for name in table if name in named or str(name).startswith((*OF_VALUES, *OF_LARGEST))]


def dimensions_of(table: pd.DataFrame) -> list[str]:
    """The columns of a table that say who is in a cell."""
    statistics = set(statistics_of(table))
    return [name for name in table if name not in statistics]


def counts_persons(table: pd.DataFrame) -> bool:
    """Return whether a table says how many persons are in its cells, be it by a percentage or a rate."""
    return any(column in table for column in (COUNT, RATE, *SHARES))


def suppressed_rows(table: pd.DataFrame) -> np.ndarray:
    """Rows without a count; in a table that has none, without any percentage or rate though one could be given."""
    named = [COUNT] if COUNT in table else [column for column in table if column in SHARES or column == RATE]
    given = [pd.to_numeric(table[column], errors="coerce").isna() for column in named]
    missing = np.logical_and.reduce(given) if given else np.zeros(len(table), bool)
    if named == [RATE]:
        # A rate of a population that nobody knows is not suppressed.
        missing &= table[POPULATION].notna() if POPULATION in table else False
    return np.asarray(missing, bool)


def read(tables: Mapping[str, pd.DataFrame]) -> list[Published]:
    """Tables as an attacker reads them, those first that stand first.

    Raises
    ------
    DisclosureError : a table has no count, percentage, rate or statistic; a cell twice; a dimension with a missing
        value or with decimals; a count that is negative or no whole number.
    """
    return [_read(name, table) for name, table in tables.items()]


def _read(name: str, table: pd.DataFrame) -> Published:
    dimensions = dimensions_of(table)
    statistics = statistics_of(table)
    if not statistics:
        raise DisclosureError(
            "missing_column",
            f"Table '{name}' has no column '{COUNT}', and no percent, share, rate or statistic: name the number of "
            f"persons '{COUNT}'. {columns_there(table, [COUNT])}",
        )
    for dimension in dimensions:
        column = table[dimension]
        if column.isna().any():
            row = int(np.flatnonzero(column.isna())[0])
            raise DisclosureError(
                "missing_value",
                f"Table '{name}', row {row}, column '{dimension}': the value is missing. Say 'not stated': it is a "
                f"value like any other.",
            )
        if pd.api.types.is_float_dtype(column) and (column % 1 != 0).any():
            raise DisclosureError(
                "decimal_dimension",
                f"Table '{name}', column '{dimension}': numbers with decimals are no dimension. A statistic is called "
                f"{', '.join(f'{start}…' for start in OF_VALUES)}, percent, share or rate.",
            )
    cells = pd.DataFrame({dimension: as_text(table[dimension]) for dimension in dimensions}, index=range(len(table)))
    if dimensions and cells.duplicated().any():
        row = int(np.flatnonzero(cells.duplicated())[0])
        raise DisclosureError(
            "duplicate_row", f"Table '{name}', row {row}: the cell {in_words(cells.iloc[row])} stands twice."
        )
    if not dimensions and len(table) > 1:
        raise DisclosureError(
            "no_dimension", f"Table '{name}' has {len(table)} rows and no dimension that tells them apart."
        )
    low, high = np.zeros(len(table)), np.full(len(table), np.inf)
    suppressed = suppressed_rows(table)
    if COUNT in table:
        counts = pd.to_numeric(table[COUNT], errors="coerce").astype("Float64")
        known = counts.fillna(0).to_numpy(dtype=float)
        wrong = (known < 0) | (known % 1 != 0)
        if wrong.any():
            row = int(np.flatnonzero(wrong)[0])
            raise DisclosureError("not_a_count", f"Table '{name}', row {row}: {known[row]:g} is no number of persons.")
        low[~suppressed] = high[~suppressed] = known[~suppressed]
    adjusted = np.zeros(len(table))
    if COUNT in table and ADJUSTED in table:
        by = pd.to_numeric(table[ADJUSTED], errors="coerce").astype("Float64").fillna(0).to_numpy(dtype=float)
        adjusted[~suppressed] = by[~suppressed]
        low, high = np.maximum(low - adjusted, 0), high + adjusted
    for column in statistics:
        if column in SHARES or column == RATE:
            least, most = _implied(name, table, column)
            low, high = np.maximum(low, least), np.minimum(high, most)
    if BASE in table:
        base = pd.to_numeric(table[BASE], errors="coerce").astype("Float64").to_numpy(dtype=float, na_value=np.inf)
        high = np.minimum(high, base)
        # Of nobody there is no share.
        suppressed &= base > 0
    if AS_OF in table:
        # A number that is repeated says nothing of who is counted now.
        silent = table[AS_OF].notna().to_numpy()
        low, high, adjusted = np.where(silent, 0, low), np.where(silent, np.inf, high), np.where(silent, 0, adjusted)
        suppressed &= ~silent
    return Published(name, tuple(map(str, dimensions)), cells, low, np.maximum(low, high), suppressed, adjusted)


def as_text(column: pd.Series) -> np.ndarray:
    """Values as text: 2014 and 2014.0 are the same year."""
    if pd.api.types.is_float_dtype(column):
        column = column.astype("int64")
    return column.astype(str).to_numpy(dtype=object)


def keys_of(table: pd.DataFrame, dimensions: Sequence[str]) -> list[tuple[str, ...]]:
    """The values of some dimensions in each row, as text, in the order of the dimensions."""
    columns = [as_text(table[name]) for each in dimensions for name in table if str(name) == each]
    return list(zip(*columns, strict=True)) if columns else [()] * len(table)


def _implied(name: str, table: pd.DataFrame, column: str) -> tuple[np.ndarray, np.ndarray]:
    """The whole numbers of persons that a rounded percentage or rate allows."""
    needed = POPULATION if column == RATE else BASE
    if needed not in table:
        raise DisclosureError(
            "missing_column",
            f"Table '{name}', column '{column}': give the column '{needed}' too; without it nobody can say how many "
            f"persons a value stands for. {columns_there(table, [needed])}",
        )
    values = pd.to_numeric(table[column], errors="coerce").to_numpy(dtype=float)
    whole = pd.to_numeric(table[needed], errors="coerce").to_numpy(dtype=float)
    if column == RATE:
        per = pd.to_numeric(table[PER], errors="coerce").to_numpy(dtype=float) if PER in table else USUAL_PER
        scale = whole / per
    else:
        scale = whole / SHARES[column]
    if column != RATE and (alone := ~np.isnan(values) & np.isnan(whole)).any():
        raise DisclosureError(
            "missing_base",
            f"Table '{name}', row {int(np.flatnonzero(alone)[0])}, column '{column}': its '{BASE}' is missing. Give "
            f"it, or suppress both.",
        )
    half = 0.5 * 10.0 ** -decimals(table[column])
    known = ~np.isnan(values) & ~np.isnan(scale)
    low, high = np.zeros(len(table)), np.full(len(table), np.inf)
    low[known] = np.ceil(np.maximum(0, (values - half) * scale)[known] - 1e-9)
    high[known] = np.floor(((values + half) * scale)[known] + 1e-9)
    if column != RATE and (low > high).any():
        row = int(np.flatnonzero(low > high)[0])
        raise DisclosureError(
            "share_not_of_counts",
            f"Table '{name}', row {row}, column '{column}': no number of persons is {values[row]:g} of a base of "
            f"{whole[row]:.0f}. A weighted share is none of persons counted: leave it out.",
        )
    # Of nobody nothing else can be said, whatever is printed.
    high[whole == 0] = 0
    return low, high


def decimals(column: pd.Series) -> int:
    """The most decimals that a value of a column is printed with."""
    texts = [f"{float(value):.10f}".rstrip("0") for value in column.dropna()]
    return max((len(re.sub(r"^[^.]*\.?", "", text)) for text in texts), default=0)


TABLE = "table"
# What stands beside the dimensions of a table in a file.
NUMBERS = (COUNT, ADJUSTED, AS_OF)


def _table(name: str, value: Any) -> pd.DataFrame:
    """One published table as an argument; among its counts a text may stand for what is suppressed, and no date."""
    found = arguments.table(name, value)
    if COUNT in found and found[COUNT].dtype.kind in "mM":
        raise Refusal("not_a_number", f"The column '{COUNT}' of `{name}` holds dates: a count is a number of persons.")
    if COUNT in found and np.isinf(arguments.as_numbers(found[COUNT]).to_numpy(dtype=float, na_value=np.nan)).any():
        raise Refusal("not_finite", f"The column '{COUNT}' of `{name}` holds an infinite number of persons.")
    return found


# Tables by their names, as arguments of what is public; `SECRET` is the key of all noise.
TABLES = arguments.by_name(_table)
RELEASES = arguments.each(TABLES, least=0)
# Where every count must be a number or missing.
COUNTED = arguments.by_name(lambda name, value: arguments.figures(COUNT)(name, _table(name, value)))
SECRET = arguments.one_of(bytes, "the key of the noise, as bytes")


@arguments.checked(tables=COUNTED)
def stacked(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Tables of counts under one another.

    Parameters
    ----------
    tables : name -> dimensions, ``count`` and, where counts are adjusted or repeated, ``adjusted_by`` and ``as_of``.

    Returns
    -------
    DataFrame: table, all dimensions (text; missing where a table does not have one), count (Int64, missing where it is
    suppressed), adjusted_by and as_of (Int64) where any table has them. Tables stand in their order, and the rows of
    each in the order of their values, so that the place of a row says nothing of what is suppressed in it.
    """
    parts = [
        pd.DataFrame(
            {
                TABLE: name,
                **{dimension: table[dimension].astype(str).astype(object) for dimension in dimensions_of(table)},
                **{each: pd.to_numeric(table[each]).astype("Int64") for each in NUMBERS if each in table},
            }
        ).sort_values(list(map(str, dimensions_of(table))) or TABLE, kind="stable")
        for name, table in tables.items()
    ]
    if not parts:
        return pd.DataFrame({TABLE: pd.Series(dtype=object), COUNT: pd.Series(dtype="Int64")})
    found = pd.concat(parts, ignore_index=True)
    numbers = [name for name in NUMBERS if name in found]
    dimensions = [name for name in found if name not in (TABLE, *numbers)]
    return found[[TABLE, *dimensions, *numbers]]


@arguments.checked(table=arguments.figures(COUNT))
def unstacked(table: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The tables of `stacked`, each with its own dimensions.

    Parameters
    ----------
    table : as `stacked` makes it: table, dimensions (text, missing where a table does not have one), count, and
        adjusted_by and as_of where counts were adjusted or repeated.

    Returns
    -------
    name -> table, in the order in which the names first appear.
    """
    found = {}
    cells = table.drop(columns=TABLE)
    # Looked at once for all tables: there may be hundreds.
    there = cells.notna().to_numpy()
    of_dimensions = np.array([column not in NUMBERS for column in cells])
    for name, rows in table.groupby(TABLE, sort=False).indices.items():
        kept = of_dimensions & there[rows].all(axis=0) | (cells.columns == COUNT)
        columns = list(cells.columns[kept])
        # Of a table whose cells are all suppressed nobody need know how it would have been adjusted.
        columns += [each for each in (ADJUSTED, AS_OF) if each in cells and cells[each].iloc[rows].notna().any()]
        found[str(name)] = cells[columns].iloc[rows].reset_index(drop=True)
    return found


P_PERCENT = 10.0


def of_values(tables: Mapping[str, pd.DataFrame], k: int) -> pd.DataFrame:
    """Statistics that say too much of one person, or of fewer than k.

    Parameters
    ----------
    tables : name -> table; columns ``mean_x``, ``median_x``, ``minimum_x``, ``maximum_x`` and ``sum_x`` with the
        ``count`` of persons; ``largest_x`` and ``second_x``, the two largest parts of a sum, are never published.

    Returns
    -------
    DataFrame: table, row (position), column, cell, kind, why.
    """
    rows = []
    for name, table in tables.items():
        cells = table[dimensions_of(table)].astype(str).reset_index(drop=True)
        counts = (
            pd.to_numeric(table[COUNT], errors="coerce").astype("Float64").to_numpy(dtype=float, na_value=np.nan)
            if COUNT in table
            else np.full(len(table), np.nan)
        )
        for column in [each for each in table if str(each).startswith(OF_VALUES)]:
            given = table[column].notna().to_numpy()
            for row in np.flatnonzero(given).tolist():
                found = _broken(table, column, row, counts[row], k)
                if found:
                    rows.append((name, row, column, in_words(cells.iloc[row]), *found))
        for column in [each for each in table if str(each).startswith(OF_LARGEST)]:
            for row in np.flatnonzero(table[column].notna().to_numpy()).tolist():
                rows.append((name, row, column, in_words(cells.iloc[row]), "extreme", "it is one person's value"))
    return pd.DataFrame(rows, columns=["table", "row", "column", "cell", "kind", "why"])


def _broken(table: pd.DataFrame, column: str, row: int, count: float, k: int) -> tuple[str, str] | None:
    """Rule that a statistic of a cell breaks, and in what way."""
    kind, _, what = str(column).partition("_")
    if kind in ("minimum", "maximum"):
        return "extreme", f"a {kind} is one person's value"
    if np.isnan(count):
        return kind, f"nobody can say on how many persons this {kind} rests, since their count is not given"
    needed = 2 * k if kind == "median" else k
    if count < needed:
        return kind, f"this {kind} rests on {count:.0f} persons, and needs {needed}"
    if kind in ("sum", "mean") and f"largest_{what}" in table:
        # A mean times its count is the sum.
        total = float(table[column].iloc[row]) * (count if kind == "mean" else 1)
        largest = float(table[f"largest_{what}"].iloc[row])
        second = float(table[f"second_{what}"].iloc[row]) if f"second_{what}" in table else 0.0
        rest = total - largest - second
        if rest < P_PERCENT / 100 * largest:
            return "dominance", f"who has the second largest part knows the largest to within {P_PERCENT:g} %"
    return None
