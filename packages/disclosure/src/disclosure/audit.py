"""The audit: what an attacker learns from all tables together; bases of shares; and rules for estimates.

What is learnt is from tables that are released together, and with those that were released before. A base in print is
the sum of the cells over which shares are taken: it becomes a table of its own, so that it is attacked and protected
like any other. Rules for what is no count are of estimates of a model, and of what stands where a number is suppressed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
from scipy import sparse

from bounded import arguments
from disclosure.attack import NOBODY_CAME, RELEASE, Attack, Equations, View, each_alone, view, views
from disclosure.feasibility import Impossible
from disclosure.groups import is_unrevealing, known_groups, require_one_column
from disclosure.histogram import histogram
from disclosure.sums import known_sums
from disclosure.tables import (
    ADJUSTED,
    BASE,
    COUNT,
    P_PERCENT,
    RELEASES,
    SHARES,
    TABLES,
    DisclosureError,
    K,
    Published,
    dimensions_of,
    in_words,
    keys_of,
    of_values,
    read,
)

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
    """Kind of breach that a base is that leaves at most `left` of its persons over; empty where it is none."""
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
    """Return the name of the table of a table's base."""
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
    """Return whether the counts of another table are these bases."""
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
    """The bounds between which the rows of each group add up, by what the table itself says."""
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


COLUMNS = ["table", "cell", "kind", "low", "high", "why"]


@arguments.checked(tables=TABLES, earlier=RELEASES, nested=TABLES)
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
        A base is the total of the rows with the same values of some dimensions, or has one row (`apart`). Of
        what a sum or a mean is of, nobody has less than nothing.
    k : the smallest group of persons that may be known.
    nested : dimension -> value, atom: of what a value is made (`histogram.atoms_of`); bands of ages and years, and
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
    if any(ADJUSTED in table for release in (tables, *earlier) for table in release.values()):
        held = list(views(parts.tables, nested, before, k))
    else:
        held = [view(parts.tables, nested, before, k=k)]
        held += [view(parts.tables, nested, before, NOBODY_CAME, k)] if earlier else []
        held += [
            view(parts.tables, nested, alone, contradicted.assumption, k)
            for contradicted in (each for each in tuple(held) if each.contradicted)
            for alone in each_alone(before)
        ]
    seen = held[0]
    rows = [*_of_cells(seen, k), *_of_groups(seen, k), *_of_classes(seen), *parts.left_over(k)]
    for other in held[1:]:
        told = {row[:3] for row in rows}
        rows += [row for row in (*_of_suppressed(other, k), *_of_groups(other, k)) if row[:3] not in told]
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
    return [*rows, *_of_suppressed(seen, k)]


def _of_suppressed(seen: View, k: int) -> list[tuple]:
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
    """Kind of breach that the bounds of a suppressed or adjusted cell are, and why; empty where they are none."""
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


# Printed where a number is suppressed.
SUPPRESSED = "suppressed"
# Fewer would let the data be worked out from the estimates.
DEGREES_OF_FREEDOM = 10


@arguments.checked(n=arguments.number(least=0))
def estimate_is_releasable(n: float, parameters: int, k: int = K) -> bool:
    """Return whether estimates of a model may be released, as they say too little of any person.

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
