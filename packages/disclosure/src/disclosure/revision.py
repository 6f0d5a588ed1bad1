"""Revision policy of a series: what a new release may change, what it repeats, and an audit of what changed.

Statistical offices revise in batches and keep closed periods as they were first published. So does a series here. A
release for which not enough persons came or went repeats the one before; enough are at least k, and how many nobody
knows. Otherwise all numbers that are open are made anew together, so that which of them changed says nothing. Those of
closed periods stay as they were first released: they carry ``as_of``, the number of that release, and say nothing of
who is counted now.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence

import numpy as np
import pandas as pd

from bounded import arguments
from disclosure.profile_noise import Grid, faults, profile_noise
from disclosure.tables import ADJUSTED, AS_OF, COUNT, RELEASES, SECRET, TABLES, as_text, dimensions_of

Tables = Mapping[str, pd.DataFrame]
# How far the middle of a secret threshold is from the fewest persons that it can be.
_WIDE = 7


def enough(secret: bytes, of: str, k: int) -> int:
    """Return how many persons are enough for something to change in print: at least k, and nobody can tell how many.

    Whoever knows everybody but one person knows whether that person makes k. With a threshold that is secret, and half
    as likely with each person that it is further from its middle, what was decided makes no trait more than twice as
    likely as it was, unless the threshold is k itself or the largest, which it is once in 192 times each.

    Parameters
    ----------
    secret : the key of the series. of : what is decided. k : the smallest group of persons that may be known.
    """
    digest = hashlib.blake2b(f"enough for {of}".encode(), key=secret[:64], digest_size=8).digest()
    places = np.arange(k, k + 2 * _WIDE + 1)
    chances = 0.5 ** np.abs(places - k - _WIDE)
    # So that what is summed doubles from the first place on, and from the last back.
    chances[0], chances[-1] = chances[1], chances[-2]
    place = np.searchsorted(np.cumsum(chances), int.from_bytes(digest, "big") / 2**64 * chances.sum(), side="right")
    return int(places[min(place, len(places) - 1)])


def on_grid(tables: Tables, earlier: Sequence[Tables], k: int, secret: bytes) -> dict[str, pd.DataFrame]:
    """Tables with a row for every combination of the values that they list.

    Those are the values of earlier releases. Another one is listed once enough persons have it (`enough`); until then
    these persons are in no cell of its tables. So neither values, nor rows, nor their order say where somebody came.

    Parameters
    ----------
    tables : name -> dimensions and ``count``.
    earlier : earlier releases, oldest first; of a first release all values are listed.
    k, secret : as of `protect`.

    Returns
    -------
    Name -> dimensions (text) and ``count`` (Int64); 0 where nobody is.
    """
    plain = {name: _as_texts(table) for name, table in tables.items()}
    known = _values([table for release in earlier for table in release.values()])
    persons = _persons(plain)
    found = {}
    for name, table in plain.items():
        dimensions = [each for each in table if each != COUNT]
        same = [release[name] for release in earlier if name in release]
        before = _values([each for each in same if set(map(str, dimensions_of(each))) == set(dimensions)])
        values = []
        for each in dimensions:
            own = set(table[each])
            if each in known:
                own = {one for one in own if persons[each, one] >= enough(secret, f"{each} {one}", k)} - known[each]
                own |= before.get(each, known[each] & set(table[each]))
            values.append(sorted(own))
        if not dimensions:
            found[name] = table
            continue
        cells = pd.MultiIndex.from_arrays([table[each] for each in dimensions], names=dimensions)
        grid = pd.MultiIndex.from_product(values, names=dimensions)
        found[name] = pd.Series(table[COUNT].to_numpy(), cells, name=COUNT).reindex(grid, fill_value=0).reset_index()
        found[name] = found[name].astype({COUNT: "Int64"} | dict.fromkeys(dimensions, object))
    return found


def _as_texts(table: pd.DataFrame) -> pd.DataFrame:
    cells = {str(each): as_text(table[each]) for each in dimensions_of(table)}
    counts = pd.to_numeric(table[COUNT]).astype("Int64").to_numpy()
    return pd.DataFrame({**cells, COUNT: pd.array(counts, dtype="Int64")})


def _values(tables: Sequence[pd.DataFrame]) -> dict[str, set[str]]:
    """The values that any of some tables lists of each dimension."""
    found: dict[str, set[str]] = {}
    for table in tables:
        for each in dimensions_of(table):
            found.setdefault(str(each), set()).update(as_text(table[each]))
    return found


def _persons(tables: Tables) -> dict[tuple[str, str], int]:
    """The number of persons with each value of each dimension, by the table that counts the most."""
    found: dict[tuple[str, str], int] = {}
    for table in tables.values():
        for each in dimensions_of(table):
            for value, count in table.groupby(each)[COUNT].sum().items():
                found[each, str(value)] = max(found.get((each, str(value)), 0), int(count))
    return found


def moved_since(tables: Tables, before: Tables, noise: Mapping[str, np.ndarray] | None = None) -> int:
    """Return at least how many persons came since a release, or went: the larger of the two.

    Parameters
    ----------
    tables : true counts of now, by name.
    before : what the release printed.
    noise : for each table of it, what was added to its counts; nothing where it printed true counts.

    Returns
    -------
    Persons, as far as one table shows them: of a person who was corrected it counts one who went and one who came.
    """
    most = 0
    for name in tables.keys() & before.keys():
        dimensions = [str(each) for each in dimensions_of(tables[name])]
        if set(map(str, dimensions_of(before[name]))) != set(dimensions):
            continue
        then = before[name].assign(noise=(noise or {}).get(name, 0))
        then = then[open_rows(then) & then[COUNT].notna()]
        true = pd.to_numeric(then[COUNT]).to_numpy(int) - then["noise"].to_numpy(int)
        known = pd.Series(true, _cells(then, dimensions))
        now = pd.Series(pd.to_numeric(tables[name][COUNT]).to_numpy(int), _cells(tables[name], dimensions))
        change = now.reindex(known.index, fill_value=0) - known
        most = max(most, int(change.clip(lower=0).sum()), int(-change.clip(upper=0).sum()))
    return most


def _cells(table: pd.DataFrame, dimensions: Sequence[str]) -> pd.Index:
    if not dimensions:
        return pd.Index([()] * len(table), tupleize_cols=False)
    named = {str(each): each for each in dimensions_of(table)}
    return pd.Index(list(zip(*(as_text(table[named[each]]) for each in dimensions), strict=True)), tupleize_cols=False)


def open_rows(table: pd.DataFrame) -> np.ndarray:
    """(rows,) whether a number is of the persons of its release, and not repeated from an earlier one."""
    return table[AS_OF].isna().to_numpy() if AS_OF in table else np.ones(len(table), bool)


def repeated(
    table: pd.DataFrame, before: pd.DataFrame, release: int, closed: Mapping[str, Collection[str]] | None = None
) -> pd.DataFrame:
    """A table of which some cells are as they were printed in the release before.

    Parameters
    ----------
    table : dimensions, ``count`` and ``adjusted_by``, on the grid of its values.
    before : the same table of the release before.
    release : the number of that release.
    closed : dimension -> values of which the numbers stay; left out, all do.

    Returns
    -------
    The table with ``as_of``, the number of the release that first printed a number; missing where it is new. A
    combination that the release before did not list counted nobody then.
    """
    dimensions = [str(each) for each in dimensions_of(table)]
    stays = np.ones(len(table), bool)
    if closed is not None:
        stays = np.zeros(len(table), bool)
        for name in set(dimensions) & set(closed):
            stays |= table[name].isin(list(closed[name])).to_numpy()
    if not stays.any() or set(map(str, dimensions_of(before))) != set(dimensions):
        return table
    columns = before.assign(
        **{ADJUSTED: before.get(ADJUSTED, pd.Series(0, before.index).mask(before[COUNT].isna()))},
        **{AS_OF: (before[AS_OF] if AS_OF in before else pd.Series(pd.NA, before.index, dtype="Int64"))},
    )
    columns[AS_OF] = columns[AS_OF].astype("Int64").fillna(release)
    values = columns[[COUNT, ADJUSTED, AS_OF]].astype("Int64").set_axis(_cells(before, dimensions))
    cells = _cells(table, dimensions)
    listed = cells.isin(values.index)
    values = values.reindex(cells)
    values.loc[~listed, [COUNT, ADJUSTED, AS_OF]] = [0, 0, release]
    values = values.reset_index(drop=True)
    found = table.reset_index(drop=True)
    for column in (ADJUSTED, AS_OF):
        if column not in found:
            found[column] = pd.array([pd.NA] * len(found), dtype="Int64")
    for column in (COUNT, ADJUSTED, AS_OF):
        found[column] = found[column].astype("Int64").mask(stays, values[column])
    return found


# What an audit of change can find.
CHANGE_COLUMNS = ["release", "table", "kind", "why"]


@arguments.checked(releases=RELEASES, nested=TABLES, secret=SECRET)
def audit_changes(
    releases: Sequence[Tables], secret: bytes, k: int, nested: Mapping[str, pd.DataFrame] | None = None
) -> pd.DataFrame:
    """Disclosures by changes between releases of a series about a person who came, went or was corrected.

    The attacker has all releases, sees which numbers changed and by how much, knows the rules, how noise is drawn, and
    everybody's traits but one person's. Whoever came, went or was corrected changes the series once, beside the
    profiles of that release (`profile_noise`), and these stay. To this attacker the person's profile is one of theirs
    and its own, each as likely as what was in print let it be. A person who comes and goes again and again is beside
    other profiles each time, so that a long chain tells more of one who does.

    Parameters
    ----------
    releases : the tables of each, oldest first, as they were printed.
    secret, k, nested : as of `protect`.

    Returns
    -------
    DataFrame, one row a breach: release (its number), table, kind and why (a sentence). Kinds: ``explained`` (fewer
    than k profiles explain a change), ``shared`` (a trait is shared by more than half of them and by more than twice
    its share in print) and ``revised`` (a repeated number is not the one in print). Without a breach there is no row.

    Raises
    ------
    DisclosureError : the tables have too few profiles, or noise that does not belong to this secret.
    """
    rows: list[tuple[int, str, str, str]] = []
    drawn = profile_noise(releases, nested or {}, secret, k).profiles
    for number in range(2, len(releases) + 1):
        now, before = releases[number - 1], releases[number - 2]
        rows += [(number, *row) for row in _revised(now, before, number - 1)]
        if not any(ADJUSTED in table and open_rows(table).any() for table in now.values()):
            continue
        times = Grid(now, before, nested or {}).times
        profiles = drawn[number - 2]
        for kind in dict.fromkeys(profiles.kinds):
            found = faults(profiles.of(kind), profiles.shares, times, k)
            rows += [(number, "all", fault, f"Of those who {kind}: {why}") for fault, why in found]
    return pd.DataFrame(rows, columns=CHANGE_COLUMNS)


def _revised(now: Tables, before: Tables, release: int) -> list[tuple[str, str, str]]:
    """Repeated numbers that are not those of the release before."""
    rows = []
    for name, table in now.items():
        if AS_OF not in table or name not in before:
            continue
        expected = repeated(table, before[name], release)
        is_repeated = ~open_rows(table)
        for column in (COUNT, ADJUSTED, AS_OF):
            nothing = pd.Series(pd.NA, table.index, dtype="Int64")
            given = table.get(column, nothing).astype("Int64").reset_index(drop=True)
            wrong = is_repeated & ~(given.eq(expected[column]).fillna(False) | (given.isna() & expected[column].isna()))
            if wrong.any():
                row = int(np.flatnonzero(wrong)[0])
                rows.append((name, "revised", f"Row {row}: a repeated number is not the one of release {release}."))
                break
    return rows
