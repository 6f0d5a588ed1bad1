"""Tables adjusted by the cell-key method, for series that come every year: each number is true or marked as adjusted.

A count gets the fixed noise of its cell, the fresh noise of its cell in this release, and that of the profiles of all
releases so far. What is adjusted to fewer than k persons is suppressed. The tables are then attacked, also as somebody
would who knows everything but the fixed noise; a number that makes too much known is suppressed as well. A table that
no choice of cells protects is repeated from the release before, or withheld where there is none.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from bounded import arguments
from bounded.refusal import columns_there
from disclosure.attack import View, view_of, views
from disclosure.cell_suppression import WITHOUT_IT, relieve
from disclosure.histogram import histogram
from disclosure.perturbation import Adjustment, adjustment, fixed_noise, fresh_noise
from disclosure.profile_noise import ProfileNoise, profile_noise
from disclosure.revision import enough, moved_since, on_grid, open_rows, repeated
from disclosure.tables import (
    ADJUSTED,
    ADVICE,
    AS_OF,
    COUNT,
    COUNTED,
    SECRET,
    TABLES,
    Cell,
    DisclosureError,
    K,
    Published,
    all_in_words,
    cells_of,
    read,
    statistics_of,
)

Tables = Mapping[str, pd.DataFrame]
# Rounds of attack and suppression; a few do.
ROUNDS = 25
# What says that no choice of cells protects tables; anything else is wrong with the tables themselves.
UNPROTECTED = ("no_room", "not_converged", "too_large")
# Why a cell is suppressed, and why a table is repeated or withheld.
SMALL, TOO_WELL, ALONE = "small adjusted count", "known too well", "cannot be protected"


@dataclass
class _Series:
    """Tables on their way to be adjusted.

    Parameters
    ----------
    tables : true counts on the grid of their values.
    published : the same as read.
    fixed : the fixed noise of each cell.
    counts, bounds : for each table, its adjusted counts, and by how much each is adjusted at most.
    before, release : the tables of the release before, and the number of this one.
    closed : dimension -> values of which the numbers are repeated.
    reasons : (table, row) -> reason and why, of those that are suppressed.
    left_out : tables that are repeated or withheld, since no choice of cells protects them -> why.
    points : number of releases that are attacked together -> name of a view -> histograms that it allows; suppressing
        more takes none away.
    """

    tables: dict[str, pd.DataFrame]
    published: Sequence[Published]
    fixed: Mapping[Cell, int]
    counts: dict[str, np.ndarray]
    bounds: dict[str, np.ndarray]
    before: Tables
    release: int
    closed: Mapping[str, Collection[str]]
    noise: Adjustment
    k: int
    reasons: dict[tuple[str, int], tuple[str, str]] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)
    points: dict[int, dict[str, np.ndarray]] = field(default_factory=dict)

    def suppress(self, table: str, row: int, reason: str, why: str) -> None:
        self.reasons.setdefault((table, row), (reason, why))

    def leave_out(self, table: str, why: str) -> None:
        """Repeat a table from the release before; withhold it where that has none."""
        self.left_out[table] = why
        if table not in self.before:
            for row in range(len(self.tables[table])):
                self.suppress(table, row, ALONE, "No choice of cells protects this table.")

    def result(self) -> dict[str, pd.DataFrame]:
        """The tables as they would be published now."""
        found = {}
        for name, table in self.tables.items():
            hidden = np.array([(name, row) in self.reasons for row in range(len(table))], bool)
            numbers = {
                column: pd.array(values, dtype="Int64")
                for column, values in ((COUNT, self.counts[name]), (ADJUSTED, self.bounds[name]))
            }
            for each in numbers.values():
                each[hidden] = pd.NA
            found[name] = table.drop(columns=COUNT).assign(**numbers)
            if name in self.before:
                closed = None if name in self.left_out else self.closed
                found[name] = repeated(found[name], self.before[name], self.release - 1, closed)
        return found


def adjusted(
    tables: Tables,
    k: int,
    nested: Mapping[str, pd.DataFrame],
    earlier: Sequence[Tables],
    secret: bytes,
    closed: Mapping[str, Collection[str]] | None = None,
    besides: Sequence[Tables] = (),
) -> tuple[dict[str, pd.DataFrame], pd.DataFrame, dict[str, str]]:
    """The tables with adjusted counts, why each suppressed cell is, and which tables could not be protected.

    Parameters
    ----------
    tables : dimensions and ``count``.
    k, nested, earlier : as of `audit`.
    secret : the key of all noise: the same in all releases of a series, and never published.
    closed : dimension -> values, of periods mostly, of which the numbers of the release before are repeated.
    besides : what else was published of these persons, oldest first, and is no release of the series.

    Returns
    -------
    Name -> dimensions, ``count`` (missing where it is suppressed), ``adjusted_by`` (at most by so many persons; 0 where
    it is true) and, where numbers are repeated, ``as_of`` (the number of the release that first printed them); and one
    row a suppressed cell: table, row, cell, reason, why; and the tables that no choice of cells protects, which are
    repeated from the release before or withheld -> why. The release before, as it is, if not enough persons came or
    went, or if what it and earlier ones said leaves no other release.

    Raises
    ------
    DisclosureError : a table has other statistics, or a first release cannot be made safe.
    """
    for name, table in tables.items():
        _require_counts(name, table)
    earlier = _without_repeats(earlier)
    listed = on_grid(tables, earlier, k, secret)
    try:
        profiles = profile_noise([*earlier, listed], nested, secret, k)
    except DisclosureError as error:
        if error.code != "too_few_profiles" or not earlier:
            raise
        return *as_before(earlier[-1]), dict.fromkeys(earlier[-1], _why(error))
    if earlier:
        noise = _noise(earlier, nested, secret, k, profiles.before)[0] if _is_adjusted(earlier[-1]) else {}
        if moved_since(tables, earlier[-1], noise) < enough(secret, f"release {len(earlier) + 1}", k):
            return *as_before(earlier[-1]), {}
    said = [*earlier, *besides]
    series = _begun(listed, k, nested, earlier, secret, closed or {}, profiles)
    while True:
        try:
            for _ in range(ROUNDS):
                # Every attack is tried, whatever the others find; with all releases once the nearest say no more.
                nearest = [release for release in said[:-1] if not _is_adjusted(release)] + said[-1:]
                found = [_hide_from_insiders(series, nested), _hide_from_all(series, nested, nearest)]
                if not any(found) and (len(nearest) == len(said) or not _hide_from_all(series, nested, said)):
                    return series.result(), _reasons(series), series.left_out
            raise DisclosureError("not_converged", f"After {ROUNDS} rounds the tables were not safe. {ADVICE}")
        except DisclosureError as error:
            # Persons with a value that is not listed yet are in the totals alone, which may contradict their parts.
            if error.code not in UNPROTECTED and not (error.code == "infeasible" and _lacks_persons(listed, tables)):
                raise
            named = [name for name in series.tables if f"{name}'" in str(error) and name not in series.left_out]
            if not named or len(series.left_out) + 1 == len(series.tables):
                if not earlier:
                    raise
                return *as_before(earlier[-1]), dict.fromkeys(earlier[-1], _why(error))
            series.leave_out(max(named, key=len), _why(error))
            series.points.clear()


def _why(error: DisclosureError) -> str:
    """The reason why tables cannot be protected, without what would help a caller."""
    return str(error).removesuffix(ADVICE).strip()


def _lacks_persons(listed: Tables, tables: Tables) -> bool:
    """Return whether some persons are in no cell of a table."""
    return any(listed[name][COUNT].sum() < table[COUNT].sum() for name, table in tables.items())


def _without_repeats(releases: Sequence[Tables]) -> list[Tables]:
    """Releases without those that repeat the one before: they have no number of their own."""
    pairs = zip(releases, [None, *releases], strict=False)
    return [release for release, before in pairs if before is None or not _same(release, before)]


def _same(one: Tables, other: Tables) -> bool:
    return one.keys() == other.keys() and all(table.equals(other[name]) for name, table in one.items())


def as_before(release: Tables) -> tuple[dict[str, pd.DataFrame], pd.DataFrame]:
    """A release that repeats another as it is, and no reasons."""
    empty = pd.DataFrame(columns=["table", "row", "cell", "reason", "why"])
    return {name: table.copy() for name, table in release.items()}, empty


def _begun(
    listed: dict[str, pd.DataFrame],
    k: int,
    nested: Mapping[str, pd.DataFrame],
    earlier: Sequence[Tables],
    secret: bytes,
    closed: Mapping[str, Collection[str]],
    profiles: ProfileNoise,
) -> _Series:
    published = read(listed)
    noise = adjustment(k)
    releases = [*earlier, listed]
    added, fixed = _noise(releases, nested, secret, k, profiles.counts)
    counts = {name: np.maximum(table[COUNT].to_numpy(int) + added[name], 0) for name, table in listed.items()}
    bounds = {name: noise.bound + profiles.limits[name] for name in listed}
    before = earlier[-1] if earlier else {}
    series = _Series(listed, published, fixed, counts, bounds, before, len(releases), closed, noise, k)
    for table in published:
        for row in np.flatnonzero(counts[table.name] < k).tolist():
            series.suppress(table.name, row, SMALL, f"Adjusted, it is fewer than {k} persons.")
    return series


def _noise(
    releases: Sequence[Tables],
    nested: Mapping[str, pd.DataFrame],
    secret: bytes,
    k: int,
    profiles: Mapping[str, np.ndarray],
) -> tuple[dict[str, np.ndarray], Mapping[Cell, int]]:
    """Noise added to each cell of the last of some releases, with what profiles count there; and the fixed part."""
    noise = adjustment(k)
    last = read({name: table.drop(columns=[ADJUSTED, AS_OF], errors="ignore") for name, table in releases[-1].items()})
    fixed = fixed_noise(
        [*(release for release in releases[:-1] if _is_adjusted(release)), releases[-1]],
        nested, secret, noise.fixed, noise.fixed_variance,
    )  # fmt: skip
    added = {}
    for table in last:
        cells = cells_of(table)
        fresh = fresh_noise(cells, secret, len(releases), noise.fresh, noise.fresh_variance)
        added[table.name] = np.array([fixed[cell] for cell in cells], int) + fresh + profiles[table.name]
    return added, fixed


@arguments.checked(tables=COUNTED, releases=arguments.each(COUNTED), nested=TABLES, secret=SECRET)
def came_or_went(
    tables: Tables,
    releases: Sequence[Tables],
    nested: Mapping[str, pd.DataFrame] | None = None,
    k: int = K,
    secret: bytes | None = None,
) -> int:
    """Return at least how many persons came since the last release of a series, or went: the larger of the two.

    Nobody who was counted need be known: what was added to the numbers in print follows from the secret.

    Parameters
    ----------
    tables : true counts of now, by name, in the dimensions and values of the releases.
    releases : the releases of the series, oldest first; at least one.
    nested, k, secret : as of `protect`. Where the last release printed true counts no secret is needed.

    Returns
    -------
    Persons, as far as one table shows them; one who was corrected went and came.
    """
    releases = _without_repeats(releases)
    if not _is_adjusted(releases[-1]):
        return moved_since(tables, releases[-1])
    profiles = profile_noise(releases, nested or {}, secret or b"", k)
    return moved_since(tables, releases[-1], _noise(releases, nested or {}, secret or b"", k, profiles.counts)[0])


def _is_adjusted(release: Tables) -> bool:
    """Return whether a release was made by cell key: some number in it is adjusted."""
    return any(ADJUSTED in table and table[ADJUSTED].fillna(0).any() for table in release.values())


def _require_counts(name: str, table: pd.DataFrame) -> None:
    if COUNT not in table:
        raise DisclosureError(
            "missing_column",
            f"Table '{name}' has no column '{COUNT}': only numbers of persons can be adjusted. "
            f"{columns_there(table, [COUNT])}",
        )
    others = [column for column in statistics_of(table) if column != COUNT]
    if others:
        raise DisclosureError(
            "not_only_counts",
            f"Table '{name}', column '{others[0]}': only counts can be adjusted. Leave it out, and compute it from the "
            f"adjusted counts.",
        )


def _hide_from_insiders(series: _Series, nested: Mapping[str, pd.DataFrame]) -> bool:
    """Suppress what makes a count known to within k persons to somebody who knows all noise but the fixed one."""
    result = series.result()
    hidden = {name: table.assign(**{COUNT: pd.NA}) for name, table in series.tables.items()}
    behind = histogram(read(hidden), nested)
    bound = series.noise.fixed
    tables = []
    for table in series.published:
        cells = cells_of(table)
        middle = table.high + np.array([series.fixed[cell] for cell in cells])
        printed = result[table.name][COUNT].notna().to_numpy() & open_rows(result[table.name])
        low = np.where(printed, np.maximum(middle - bound, 0), 0.0)
        high = np.where(printed, middle + bound, np.inf)
        tables.append(replace(table, low=low, high=high, suppressed=printed, adjusted=np.zeros(len(low))))
    return _hide(series, view_of(replace(behind, tables=tables), len(tables)))


def _hide_from_all(series: _Series, nested: Mapping[str, pd.DataFrame], earlier: Sequence[Tables]) -> bool:
    """Suppress what makes a count or a change known to somebody who has all releases."""
    points = series.points.setdefault(len(earlier), {})
    # All are tried, whatever the others find.
    return any([_hide(series, seen) for seen in views(series.result(), nested, earlier, series.k, points)])


def _hide(series: _Series, seen: View) -> bool:
    """Suppress counts in print until nothing is known too well in a view; whether anything was."""

    def suppress(number: int, row: int, named: str) -> None:
        series.suppress(seen.tables[number].name, row, TOO_WELL, WITHOUT_IT.format(named=named))

    return relieve(seen, series.k, suppress)


def _reasons(series: _Series) -> pd.DataFrame:
    words = {table.name: all_in_words(table.cells) for table in series.published}
    rows = [(name, row, words[name][row], reason, why) for (name, row), (reason, why) in sorted(series.reasons.items())]
    return pd.DataFrame(rows, columns=["table", "row", "cell", "reason", "why"])
