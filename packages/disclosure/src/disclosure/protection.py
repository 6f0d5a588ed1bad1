"""Tables of which cells are suppressed, or counts adjusted, until an attack on all of them finds nothing."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
import pandas as pd

from bounded import arguments, result_plots
from bounded.notebook_result import NotebookResult
from bounded.refusal import shown
from disclosure.attack import view
from disclosure.audit import apart, beyond_kind, beyond_why, classes, rows_of_bases, table_of_base, with_bases
from disclosure.cell_key import adjusted
from disclosure.cell_suppression import STATISTIC, Suppression, widen_intervals, with_zeros
from disclosure.groups import require_one_column
from disclosure.sums import further_sums
from disclosure.tables import (
    ADVICE,
    BASE,
    COUNT,
    MEAN,
    RELEASES,
    SECRET,
    SHARES,
    SUM,
    TABLES,
    DisclosureError,
    K,
    Published,
    dimensions_of,
    in_words,
    read,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Methods.
SUPPRESSION: Final = "suppression"
CELL_KEY_METHOD: Final = "cell_key"
# Rounds of attack and protection; a few do.
ROUNDS = 25
# Why a cell is suppressed for what it is.
SMALL, CLASS, PARTNER = "small count", "class", "zero beside a class"


@dataclass(frozen=True)
class Protection(NotebookResult):
    """Protected tables, and why each cell that is suppressed is.

    Parameters
    ----------
    tables : name -> table as given, with ``count`` and all statistics missing where they are suppressed.
    suppressed : one row a suppressed cell: table, row, cell (in words), reason, why. Internal: who knows which
        cells are small knows them to be below k.
    cells : how many cells the tables have.
    left_out : by cell key, tables that no choice of cells protects, which are repeated from the release before, or
        withheld where it has none -> why. Internal: the reason names a cell.
    """

    tables: dict[str, pd.DataFrame]
    suppressed: pd.DataFrame = field(repr=False)
    cells: int
    left_out: dict[str, str] = field(default_factory=dict, repr=False)

    def _shown(self) -> dict[str, object]:
        # Which cells are suppressed, and why, is for those who keep the data: how many there are is shown.
        return {"cells": self.cells, "suppressed": len(self.suppressed), "by_table": self.by_table()}

    def by_table(self) -> pd.DataFrame:
        """One row a table: table, cells, small, other (suppressed so that the small ones cannot be worked out)."""
        small = self.suppressed["reason"] == SMALL
        counted = self.suppressed.assign(small=small, other=~small).groupby("table")[["small", "other"]].sum()
        cells = pd.Series({name: len(table) for name, table in self.tables.items()}, name="cells").rename_axis("table")
        found = cells.to_frame().join(counted).fillna(0).astype(int)
        return found.reset_index()

    def plot(self, *, title: str = "") -> Figure:
        """Draw the cells of each table that are published and suppressed: for those who keep the data."""
        table = self.by_table()
        return result_plots.parts(
            table["table"].tolist(),
            {
                "published": table["cells"] - table["small"] - table["other"],
                "suppressed: small": table["small"],
                "suppressed: small ones could be worked out": table["other"],
            },
            title=title or "What is published of each table",
            xlabel="cells",
        )


def protect(
    tables: Mapping[str, pd.DataFrame],
    k: int = K,
    nested: Mapping[str, pd.DataFrame] | None = None,
    earlier: Sequence[Mapping[str, pd.DataFrame]] = (),
    method: Literal["suppression", "cell_key"] = SUPPRESSION,
    secret: bytes | None = None,
    closed: Mapping[str, Collection[str]] | None = None,
    besides: Sequence[Mapping[str, pd.DataFrame]] = (),
) -> dict[str, pd.DataFrame]:
    """The same tables with suppressed cells as missing, so that `audit` of them is empty.

    `protection` does the same, and also says why each cell is suppressed.

    Parameters
    ----------
    tables, k, nested, earlier, method, secret, closed, besides : as of `protection`.

    Returns
    -------
    name -> table: rows in the order given, counts and all statistics missing where they are suppressed.

    Raises
    ------
    DisclosureError : as of `protection`.

    Source
    ------
    As of `protection`: Fischetti and Salazar-González (2001), Management Science 47.
    """
    return protection(tables, k, nested, earlier, method, secret, closed, besides).tables


@arguments.checked(
    tables=TABLES,
    earlier=RELEASES,
    nested=TABLES,
    besides=RELEASES,
    secret=SECRET,
)
def protection(
    tables: Mapping[str, pd.DataFrame],
    k: int = K,
    nested: Mapping[str, pd.DataFrame] | None = None,
    earlier: Sequence[Mapping[str, pd.DataFrame]] = (),
    method: Literal["suppression", "cell_key"] = SUPPRESSION,
    secret: bytes | None = None,
    closed: Mapping[str, Collection[str]] | None = None,
    besides: Sequence[Mapping[str, pd.DataFrame]] = (),
) -> Protection:
    """Protect tables by suppressing cells, or by adjusting counts.

    By suppression, cells below k are suppressed, and cells that hold all persons of their row. Each then gets a
    protection interval: it must be possible that it is anything from its lower bound to k persons more, and at least k.
    Cells that must move for that are suppressed at the least cost (`complements`), until the attack finds nothing.
    Every number in print is true. That suits a first release, and tables that are published once.

    By cell key, every count is adjusted by a little noise (`cell_key`), and few cells are suppressed. That suits tables
    that are published again and again: nobody can tell who came or left from numbers that changed. A release that
    fewer than k persons changed is the one before; a table that no choice of cells protects is repeated from it.

    The same tables give the same result.

    Parameters
    ----------
    tables, k, nested, earlier : as of `audit`; all counts are known. By suppression, a table of which a class is
        suppressed gains a row for a zero that is suppressed with it. Rows of a base add up to it, or it has one row:
        where a base has to be suppressed, the percentages that rest on it go with it. By cell key, tables gain a row
        for every combination of their values, and ``adjusted_by``: the count is adjusted by up to so many persons.
    method : ``suppression`` or ``cell_key``.
    secret : by cell key, the key of the noise: the same for all releases of a series, and never published.
    closed : by cell key, dimension -> values of closed periods: their numbers are repeated as the release before has
        them, and carry ``as_of``, the number of the release that first printed them.
    besides : by cell key, what else was published of these persons and is no release of the series, oldest first.

    Returns
    -------
    Protection : `tables` as given, counts and all statistics missing where they are suppressed; `suppressed`, one row a
        cell with its reason, not to be published; cells; left_out.

    Raises
    ------
    DisclosureError : tables cannot be read, or no choice of cells protects them, since earlier releases say too much.

    Source
    ------
    Cell suppression: Kelly, Golden and Assad (1992), Networks 22; Fischetti and Salazar-González (2001), Management
    Science 47; Hundepool et al. (2012), Statistical Disclosure Control. Cell keys: Fraser and Wooton (2006); Thompson,
    Broadfoot and Elazar (2013).
    """
    if method not in (SUPPRESSION, CELL_KEY_METHOD):
        raise DisclosureError(
            "unknown_choice", f"There is no method {shown(method)}: take '{SUPPRESSION}' or '{CELL_KEY_METHOD}'."
        )
    if not tables:
        return Protection({}, pd.DataFrame(columns=["table", "row", "cell", "reason", "why"]), 0)
    read_all = [*read(tables), *(table for release in earlier for table in read(release))]
    require_one_column(read_all, k)  # what cannot be read is refused before rows are added
    nested = nested or {}
    if method == CELL_KEY_METHOD:
        if not secret:
            raise DisclosureError(
                "missing_secret",
                "The cell-key method needs a secret: bytes that are the same for all releases of a series, and that "
                "nobody outside knows.",
            )
        found, reasons, left_out = adjusted(tables, k, nested, earlier, secret, closed, besides)
        return Protection(found, reasons, sum(map(len, found.values())), left_out)
    parts = apart(tables, nested, complete=True)
    before = [apart(release, nested).tables for release in earlier]
    bare = {
        # With its count and its base a percentage says nothing more.
        name: table.drop(columns=[BASE, *SHARES], errors="ignore") if name in parts.whole and COUNT in table else table
        for name, table in parts.tables.items()
    }
    work = Suppression.begun(
        {name: with_zeros(table.reset_index(drop=True)) for name, table in bare.items()},
        k,
        nested,
        before,
    )
    _join_bases(work, parts.whole)
    _suppress_small(work)
    _suppress_beyond(work, parts.beyond)
    _suppress_classes(work, work.published_tables)
    for _ in range(ROUNDS):
        # What was suppressed on the way can be alone in its row.
        if not widen_intervals(work) and not _suppress_classes(work, read(work.printed())):
            break
    else:
        raise DisclosureError("not_converged", f"After {ROUNDS} rounds the tables were not safe. {ADVICE}")
    # The last round was an attack on these very tables, and found nothing.
    found, suppressed = work.result()
    found = with_bases(found, tables, parts.whole)
    return Protection(found, _suppress_sums(found, suppressed, tables, nested, before), len(work.counts))


def _suppress_sums(
    found: dict[str, pd.DataFrame],
    suppressed: pd.DataFrame,
    tables: Mapping[str, pd.DataFrame],
    nested: Mapping[str, pd.DataFrame],
    before: Sequence[Mapping[str, pd.DataFrame]],
) -> pd.DataFrame:
    """Suppress sums and means in protected tables that others follow from; the reasons, with those given."""
    if not any(str(column).startswith((SUM, MEAN)) for table in found.values() for column in table):
        return suppressed
    now = apart(found, nested).tables
    seen = view(now, nested, before)
    rows = []
    for name, row, column, why in further_sums(tables, now, seen.printed[seen.now :], seen.behind):
        found[name].loc[row, column] = np.nan
        cell = in_words(found[name][dimensions_of(found[name])].iloc[row])
        rows.append((name, row, cell, STATISTIC, f"{column}: {why}"))
    return pd.concat([suppressed, pd.DataFrame(rows, columns=suppressed.columns)], ignore_index=True)


def _suppress_small(work: Suppression) -> None:
    # Of a percentage without its count, the most persons that it can be.
    most = np.concatenate([table.high for table in work.published_tables])
    small = [(numbers > 0) & (numbers < work.k) for numbers in (work.counts, most)]
    for cell in np.flatnonzero(small[0] | small[1]).tolist():
        work.suppress(cell, SMALL, f"Fewer than {work.k} persons.")


def _join_bases(work: Suppression, whole: Mapping[str, tuple[str, ...]]) -> None:
    """Let percentages without a count be suppressed with their bases."""
    first = dict(zip(work.tables, work.start.tolist(), strict=False))
    for name, row, rows in rows_of_bases(work.tables, whole):
        work.with_base[first[table_of_base(name)] + row] = [first[name] + other for other in rows.tolist()]


def _suppress_beyond(work: Suppression, beyond: Collection[str]) -> None:
    """Suppress cells with their base where it is small, or they leave too few of it over."""
    for number, (name, table) in enumerate(work.tables.items()):
        if name not in beyond:
            continue
        cells = work.published_tables[number]
        base = pd.to_numeric(table[BASE]).astype("Float64").fillna(0).to_numpy(dtype=float)
        for row, whole in enumerate(base.tolist()):
            left = whole - cells.low[row]
            if kind := beyond_kind(whole, left, work.k):
                reason = CLASS if kind == "class" else SMALL
                work.suppress(int(work.start[number]) + row, reason, beyond_why(kind, whole, left, work.k))


def _suppress_classes(work: Suppression, tables: Sequence[Published]) -> bool:
    """Suppress what holds a whole row of one of the tables, and a zero beside it; whether there was any."""
    found = False
    for number, table in enumerate(tables):
        for row, dimension, others in classes(table):
            found = True
            first = int(work.start[number])
            why = f"All persons of {others} have the same {dimension}: {table.cells[dimension].iloc[row]}."
            work.suppress(first + row, CLASS, why)
            zero = first + _partner(work.published_tables[number], row, dimension)
            work.suppress(zero, PARTNER, f"{why} That nobody is here is suppressed with it.")
    return found


def _partner(table: Published, row: int, dimension: str) -> int:
    """The cell of the same row of a table in the commonest other category, where nobody is."""
    mine = table.cells.iloc[row]
    others = table.cells.drop(columns=dimension)
    same = (others == mine.drop(dimension)).all(axis=1) & table.cells[dimension].ne(mine[dimension])
    totals = pd.Series(table.high).groupby(table.cells[dimension].to_numpy()).sum()
    there = table.cells.loc[same, dimension].map(totals)
    return int(there.sort_values(ascending=False, kind="stable").index[0])
