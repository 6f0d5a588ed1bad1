"""Bases of shares are counts too: whom a base counts, and what it leaves over.

A base in print is the sum of the cells over which the shares are taken. It becomes a table of its own, so that it is
attacked and protected like any other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from disclosure.attack import Attack, Equations
from disclosure.feasibility import Impossible
from disclosure.histogram import histogram
from disclosure.tables import BASE, COUNT, SHARES, DisclosureError, Published, dimensions_of, in_words, keys_of, read

# How the table of a base is called.
_NAMED = "{} (base)"


@dataclass(frozen=True)
class Apart:
    """Tables, and their bases as tables of their own.

    Parameters
    ----------
    tables : name -> table; those of bases come last.
    whole : table -> the dimensions that its base is the total over all others of: its base has a table of its own.
    beyond : tables whose base counts persons that none of their rows has, and what it leaves over: dimensions, base,
        low and high (persons of the base in no row).
    """

    tables: dict[str, pd.DataFrame]
    whole: dict[str, tuple[str, ...]]
    beyond: dict[str, pd.DataFrame]

    def left_over(self, k: int) -> list[tuple]:
        """Bases in print that are too small, or leave too few over: table, cell, kind, low, high, why."""
        rows: list[tuple] = []
        for name, groups in self.beyond.items():
            for group in groups.to_dict("records"):
                base, low, high = (group.pop(column) for column in (BASE, "low", "high"))
                if kind := beyond_kind(base, high, k):
                    at = (base, base) if kind == "published" else (low, high)
                    cell = in_words(pd.Series(group, dtype=object))
                    rows.append((name, f"{cell}: {BASE}", kind, *at, beyond_why(kind, base, high, k)))
        return rows


def beyond_kind(base: float, left: float, k: int) -> str:
    """What kind of breach a base is that leaves at most `left` of its persons over; empty where it is none."""
    if 1 <= base < k:
        return "published"
    if base < 1 or left >= k:
        return ""
    return "class" if left < 1 else "implied"


def beyond_why(kind: str, base: float, left: float, k: int) -> str:
    """The breach in words."""
    if kind == "published":
        return f"A base of {base:.0f} persons is published, fewer than {k}."
    if kind == "class":
        return f"All {base:.0f} persons of the base are in this cell."
    return f"Of the base of {base:.0f} at most {left:.0f} are in no cell, fewer than {k}."


def table_of_base(name: str) -> str:
    """How the table of a table's base is called."""
    return _NAMED.format(name)


def apart(tables: Mapping[str, pd.DataFrame], nested: Mapping[str, pd.DataFrame], complete: bool = False) -> Apart:
    """Tables with each base as a table of its own.

    A base is the total of all rows with the same values of some dimensions: of those of another table whose counts are
    the base, else of the fewest by which it can be told (none, where it is the same in all rows). A base that has as
    many values as rows counts persons that no row has, as in per cents by area alone.

    Parameters
    ----------
    tables, nested : as of `audit`.
    complete : whether a base of several rows must be what they add up to, even where all of them are in print.

    Raises
    ------
    DisclosureError : a base is no number of persons, is missing beside a percentage, or is not what its rows add up to.
    """
    found = Apart(dict(tables), {}, {})
    if not any(BASE in table for table in tables.values()):
        return found
    every = read(tables)
    for published, table in zip(every, tables.values(), strict=True):
        if BASE not in table:
            continue
        base = _numbers(published.name, table)
        if base.notna().any():
            over = _counted_over(published, base, every)
            _take_apart(found, published, table, base, over, nested, complete)
    return found


def _take_apart(
    found: Apart,
    published: Published,
    table: pd.DataFrame,
    base: pd.Series,
    over: tuple[str, ...],
    nested: Mapping[str, pd.DataFrame],
    complete: bool,
) -> None:
    """Add the base of one table to what was found."""
    name = published.name
    groups = published.cells[list(over)].assign(**{BASE: base}).drop_duplicates()
    printed, total = groups[BASE].notna().to_numpy(), groups[BASE].to_numpy()
    low, high = _reach(published, groups[list(over)], nested)
    more, fewer = printed & (low > total), printed & (high < total)
    alone = len(groups) == len(table)
    # Where all rows of a base are in print, they show themselves that it counts others besides.
    is_open = published.suppressed & base.notna().to_numpy()
    if more.any() or (fewer.any() and not alone and (complete or is_open.any())):
        row = int(np.flatnonzero(more if more.any() else fewer)[0])
        raise DisclosureError(
            "base_not_sum", _not_the_sum(name, groups.iloc[row], over, low[row] if more.any() else high[row])
        )
    if over == published.dimensions or fewer.any():
        left = groups.assign(low=np.maximum(0.0, total - high), high=total - low)[printed]
        found.beyond[name] = left if alone else left[left["high"] > 0]
        return
    if table_of_base(name) in found.tables:
        raise DisclosureError(
            "reserved_name", f"Call the table '{table_of_base(name)}' otherwise: that is the base of '{name}'."
        )
    columns = [column for column in dimensions_of(table) if str(column) in over]
    values = table[columns].reset_index(drop=True).loc[groups.index]
    values = values.assign(**{COUNT: groups[BASE].astype("Int64")})
    found.tables[table_of_base(name)] = values.reset_index(drop=True)
    found.whole[name] = over


def with_bases(
    safe: Mapping[str, pd.DataFrame], given: Mapping[str, pd.DataFrame], whole: Mapping[str, tuple[str, ...]]
) -> dict[str, pd.DataFrame]:
    """Protected tables with their bases in their rows again, and without shares where either number is suppressed.

    Parameters
    ----------
    safe : protected tables, and those of their bases.
    given : the tables before.
    whole : as of `Apart`.

    Raises
    ------
    DisclosureError : too many bases are suppressed to tell whom those that are left count.
    """
    found = {name: table for name, table in safe.items() if name in given}
    for name, over in whole.items():
        own, totals = found[name], safe[table_of_base(name)]
        counts = totals[COUNT].astype("Float64").to_numpy(dtype=float, na_value=np.nan)
        known = dict(zip(keys_of(totals, over), counts, strict=True))
        # A combination that the base's table does not list counts nobody.
        base = pd.Series([known.get(key, 0.0) for key in keys_of(own, over)], own.index, dtype=float)
        columns: dict[str, pd.Series] = {BASE: base.astype("Int64" if base.isna().any() else "int64")}
        if COUNT in own:
            dimensions = tuple(map(str, dimensions_of(own)))
            for share in (column for column in given[name] if column in SHARES):
                before = dict(zip(keys_of(given[name], dimensions), given[name][share], strict=True))
                values = pd.Series([before.get(key) for key in keys_of(own, dimensions)], own.index, dtype=float)
                columns[share] = values.mask(own[COUNT].isna() | base.isna())
        found[name] = own.assign(**columns)[list(given[name])]
    every = read(found)
    for published in (each for each in every if each.name in whole):
        base = _numbers(published.name, found[published.name])
        if base.notna().any() and _counted_over(published, base, every) != whole[published.name]:
            raise DisclosureError(
                "bases_suppressed",
                f"Table '{published.name}': so many bases must be suppressed that the others do not show any more whom "
                f"they count. Leave out the columns {BASE}, percent and share, or the table.",
            )
    return found


def rows_of_bases(
    tables: Mapping[str, pd.DataFrame], whole: Mapping[str, tuple[str, ...]]
) -> Iterator[tuple[str, int, np.ndarray]]:
    """For tables without a count, each base (name of its table, row) and the rows whose percentages rest on it."""
    for name, over in whole.items():
        if COUNT in tables[name]:
            continue
        keys = keys_of(tables[name], over)
        for row, key in enumerate(keys_of(tables[table_of_base(name)], over)):
            yield name, row, np.flatnonzero([each == key for each in keys])


def _numbers(name: str, table: pd.DataFrame) -> pd.Series:
    """The bases of a table's rows. Raises DisclosureError."""
    shares = [column for column in table if column in SHARES]
    if not shares and COUNT not in table:
        raise DisclosureError(
            "base_without_share", f"Table '{name}' has a '{BASE}' and nothing that is a share of it: call it '{COUNT}'."
        )
    base = pd.to_numeric(table[BASE], errors="coerce").astype("Float64").astype(float).reset_index(drop=True)
    wrong = (base < 0) | (base % 1 > 0)
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        raise DisclosureError(
            "not_a_count", f"Table '{name}', row {row}, column '{BASE}': {base[row]:g} is no number of persons."
        )
    return base


def _counted_over(published: Published, base: pd.Series, tables: Sequence[Published]) -> tuple[str, ...]:
    """The dimensions that say which base a row has; a missing base is a value like any other."""
    constant = [
        over
        for size in range(len(published.dimensions) + 1)
        for over in combinations(published.dimensions, size)
        if _is_one_each(published.cells, base, over)
    ]
    for over in reversed(constant):
        if over != published.dimensions and any(_names(other, published.cells, base, over) for other in tables):
            return over
    return constant[0]


def _is_one_each(cells: pd.DataFrame, base: pd.Series, over: tuple[str, ...]) -> bool:
    groups = base.groupby([cells[name] for name in over]) if over else base.groupby(np.zeros(len(base)))
    return bool((groups.nunique(dropna=False) == 1).all())


def _names(other: Published, cells: pd.DataFrame, base: pd.Series, over: tuple[str, ...]) -> bool:
    """Whether the counts of another table are these bases."""
    exact = (other.low == other.high) | other.suppressed
    if set(other.dimensions) != set(over) or not exact.all():
        return False
    rows = other.cells[list(over)].itertuples(index=False, name=None) if over else [()] * len(other.low)
    counts = dict(zip(rows, np.where(other.suppressed, np.nan, other.low), strict=True))
    mine = cells[list(over)].itertuples(index=False, name=None) if over else [()] * len(base)
    both = [(counts.get(key, 0.0), own) for key, own in zip(mine, base, strict=True)]
    stated = [(one, own) for one, own in both if not (np.isnan(one) or np.isnan(own))]
    return bool(stated) and all(one == own for one, own in stated)


def _reach(
    published: Published, groups: pd.DataFrame, nested: Mapping[str, pd.DataFrame]
) -> tuple[np.ndarray, np.ndarray]:
    """Between which numbers the rows of each group add up, by what the table itself says."""
    number = len(groups)
    silent = Published(
        "",
        tuple(groups),
        groups.reset_index(drop=True),
        np.zeros(number),
        np.full(number, np.inf),
        np.zeros(number, bool),
        np.zeros(number),
    )
    behind = histogram([published, silent], nested)
    try:
        found = Attack(Equations(behind.sums[0], published.low, published.high)).bounds(behind.sums[1], np.inf, np.inf)
    except Impossible:
        # The table contradicts itself, which the attack on all tables says in better words.
        return np.zeros(number), np.full(number, np.inf)
    return found.low, found.high


def _not_the_sum(name: str, group: pd.Series, over: tuple[str, ...], add_up_to: float) -> str:
    return (
        f"Table '{name}': the base of {in_words(group[list(over)])} is {group[BASE]:.0f}, and its rows add up to "
        f"{add_up_to:.0f}. Every person of the base must stand in one row: give those in none a row of their own "
        f"('no', 'other'); where persons have several answers, give each answer a table of its own, with 'yes' and "
        f"'no'. If the base is the total of some dimensions only, say which by a table of these with the bases as "
        f"'{COUNT}'."
    )
