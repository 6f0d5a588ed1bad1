"""Noise of whole profiles: random comings, leavings and corrections among which a person's own cannot be told.

Noise that each cell draws for itself is seen through by whoever adds up what all cells say of one person. So each
release of a series also counts some profiles that nobody has: some as if they had come, some as if they had left, some
as if they had been corrected. A profile has a value in every dimension and counts in every table, as a person does.
Whoever knows everybody but one person finds that person's profile among at least k that explain the change equally
well. The profiles stay in all later releases, so that no later release takes the cover away.

Profiles are drawn from what the release before printed, under the secret of the series: nothing of a person decides
them, nothing is stored, and the same register and secret give the same profiles.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from disclosure.groups import is_time
from disclosure.histogram import atoms_of
from disclosure.tables import COUNT, DisclosureError, as_text, dimensions_of

Tables = Mapping[str, pd.DataFrame]
CAME, LEFT, CORRECTED_FROM, CORRECTED_TO = "came", "left", "corrected from", "corrected to"
SIGNS = {CAME: 1, LEFT: -1, CORRECTED_FROM: -1, CORRECTED_TO: 1}
# No trait may be shared by more than half of the profiles and by more than this many times its share in print.
FACTOR = 2.0
MOST_SHARED = 0.5
# How often a profile counts on average in a cell that is suppressed, and in one that is not listed.
_SUPPRESSED, _UNLISTED = 2.0, 0.5
# Standard deviations of the noise within which it is kept; how often it is drawn again for that.
_DEVIATIONS = 3.0
_ATTEMPTS = 500
# After how many draws the noise may be a person larger.
_BEFORE_WIDER = 50


@dataclass(frozen=True)
class Profiles:
    """Profiles of one release.

    Parameters
    ----------
    values : one row a profile: its atom in each dimension.
    kinds : (profiles,) ``came``, ``left``, ``corrected from`` or ``corrected to``; corrections stand in the same order.
    shares : dimension -> the share of each atom in print.
    """

    values: pd.DataFrame
    kinds: np.ndarray
    shares: Mapping[str, pd.Series]

    def of(self, kind: str) -> pd.DataFrame:
        """The profiles of one kind."""
        return self.values[self.kinds == kind].reset_index(drop=True)


class Grid:
    """The cells of the tables of a release, and which atoms each has: where a profile counts.

    Parameters
    ----------
    tables : of a release; only which cells they list counts.
    also : of the release before, whose values count as values too.
    nested : as of `audit`.
    """

    def __init__(self, tables: Tables, also: Tables, nested: Mapping[str, pd.DataFrame]) -> None:
        values: dict[str, set[str]] = {}
        for table in [*tables.values(), *also.values()]:
            for name in dimensions_of(table):
                values.setdefault(str(name), set()).update(as_text(table[name]))
        self.made_of = {name: atoms_of(name, sorted(found), nested.get(name)) for name, found in values.items()}
        self.atoms = {
            name: sorted({atom for group in found.values() for atom in group}) for name, found in self.made_of.items()
        }
        self.times = {name for name, found in values.items() if is_time(sorted(found))}
        self.cells = {
            name: {str(each): as_text(table[each]) for each in dimensions_of(table)} for name, table in tables.items()
        }
        self.rows = {name: len(table) for name, table in tables.items()}

    def cells_by_row(self) -> Iterator[list[tuple[str, ...]]]:
        """Return the values of each row of each table, in the order of the names of the dimensions."""
        for name, dimensions in self.cells.items():
            if dimensions:
                yield list(zip(*(dimensions[each] for each in sorted(dimensions)), strict=True))
            else:
                yield [()] * self.rows[name]

    def counts(self, parts: Sequence[tuple[str, pd.DataFrame]]) -> dict[str, np.ndarray]:
        """Return how many profiles of some kinds, with their signs, each cell of each table counts."""
        if not parts:
            return {name: np.zeros(rows, int) for name, rows in self.rows.items()}
        profiles = pd.concat([part for _, part in parts], ignore_index=True)
        signs = np.concatenate([np.full(len(part), SIGNS[kind]) for kind, part in parts])
        holds: dict[tuple[str, str], np.ndarray] = {}
        found = {}
        for name, dimensions in self.cells.items():
            inside = np.ones((self.rows[name], len(profiles)), bool)
            for dimension, cells in dimensions.items():
                codes, distinct = pd.factorize(cells)
                inside &= np.array([self._holds(holds, dimension, value, profiles) for value in distinct])[codes]
            found[name] = inside.astype(int) @ signs
        return found

    def noise(self, releases: Sequence[Profiles]) -> dict[str, np.ndarray]:
        """The same of all profiles of some releases."""
        return self.counts([(kind, each.of(kind)) for each in releases for kind in SIGNS])

    def _holds(self, known: dict, dimension: str, value: str, profiles: pd.DataFrame) -> np.ndarray:
        key = (dimension, value)
        if key not in known:
            known[key] = profiles[dimension].isin(self.made_of[dimension][value]).to_numpy()
        return known[key]


class _Printed:
    """Numbers that a release printed, as weights from which profiles are drawn."""

    def __init__(self, tables: Tables, grid: Grid) -> None:
        self.grid = grid
        self.by_name = {name: _weighted(tables[name]) for name in sorted(tables)}
        self.tables = list(self.by_name.values())
        self.shares = {name: self._shares(name) for name in sorted(grid.atoms)}
        often = {name: sum(name in cells for cells, _ in self.tables) for name in grid.atoms}
        self.order = sorted(grid.atoms, key=lambda name: (-often[name], name))
        self._having: dict = {}
        self._chances: dict = {}

    def _shares(self, dimension: str) -> pd.Series:
        """The share of each atom, by the table with the fewest dimensions and the most values that has it."""
        having = [(cells, weights) for cells, weights in self.tables if dimension in cells]
        found = pd.Series(0.0, self.grid.atoms[dimension])
        for cells, weights in having:
            # Each table says something of the atoms that it tells apart; the finest says most.
            by_value = pd.Series(weights).groupby(cells[dimension]).sum() / max(weights.sum(), 1e-9) / len(cells)
            for value, share in by_value.items():
                atoms = self.grid.made_of[dimension][str(value)]
                if len(atoms) == 1:
                    found[atoms[0]] = max(found[atoms[0]], share * len(cells))
        left = max(1.0 - found.sum(), 0.0)
        silent = found == 0
        found[silent] = max(left, 0.01) / max(silent.sum(), 1)
        return found / found.sum()

    def limits(self, release: int, k: int) -> dict[str, np.ndarray]:
        """Return the most that profiles may add to each cell of a release: three standard deviations of it."""
        several = [name for name in self.grid.atoms if name not in self.grid.times]
        found = {}
        for name, dimensions in self.grid.cells.items():
            share = np.ones(self.grid.rows[name])
            for dimension, cells in dimensions.items():
                codes, values = pd.factorize(cells)
                share = share * np.array([self._share(dimension, str(value)) for value in values])[codes]
            share = np.maximum(share, self._printed_shares(name))
            corrected = len(set(dimensions) & set(several)) / max(len(several), 1)
            variance = (release - 1) * 2 * k * (1 + corrected) * share * (1 - share)
            found[name] = np.ceil(_DEVIATIONS * np.sqrt(variance)).astype(int)
        return found

    def _printed_shares(self, name: str) -> np.ndarray:
        """The share of each cell of a table in the same table of the release before; 0 where it did not have it."""
        dimensions = self.grid.cells[name]
        if name not in self.by_name or set(self.by_name[name][0]) != set(dimensions):
            return np.zeros(self.grid.rows[name])
        cells, weights = self.by_name[name]
        keys = sorted(dimensions)
        if not keys:
            return np.ones(1)
        known = dict(zip(zip(*(cells[each] for each in keys), strict=True), weights / weights.sum(), strict=True))
        own = zip(*(dimensions[each] for each in keys), strict=True)
        return np.array([known.get(cell, 0.0) for cell in own])

    def _share(self, dimension: str, value: str) -> float:
        return float(self.shares[dimension][list(self.grid.made_of[dimension][value])].sum())

    def drawn(self, rng: np.random.Generator, known: Mapping[str, str], dimension: str) -> str:
        """An atom of a dimension, given the atoms of others: from the table that has the most of them."""
        for cells, weights in self._tables_with(dimension, frozenset(known)):
            others = tuple(sorted((other, known[other]) for other in cells if other != dimension))
            key = (dimension, id(weights), others)
            if key not in self._chances:
                self._chances[key] = self._given(cells, weights, dimension, others)
            values, chances = self._chances[key]
            if len(values):
                return self._atom(rng, dimension, values[_chosen(rng, chances)])
        atoms = self.grid.atoms[dimension]
        return atoms[_chosen(rng, np.cumsum(self.shares[dimension].to_numpy()))]

    def _tables_with(self, dimension: str, known: frozenset[str]) -> list[tuple[dict[str, np.ndarray], np.ndarray]]:
        """The tables of a dimension and others that are known, that with the most of these first."""
        if (dimension, known) not in self._having:
            having = [each for each in self.tables if dimension in each[0] and set(each[0]) - {dimension} <= known]
            self._having[dimension, known] = sorted(having, key=lambda each: (-len(each[0]), -len(each[1])))
        return self._having[dimension, known]

    def _given(
        self, cells: dict[str, np.ndarray], weights: np.ndarray, dimension: str, others: tuple[tuple[str, str], ...]
    ) -> tuple[np.ndarray, np.ndarray]:
        """The values of a dimension and their summed chances, given atoms of others; none where no cell has these."""
        inside = weights.copy()
        for other, atom in others:
            values = [value for value, atoms in self.grid.made_of[other].items() if atom in atoms]
            inside = inside * np.isin(cells[other], values)
        by_value = pd.Series(inside).groupby(cells[dimension]).sum()
        by_value = by_value[by_value > 0]
        return by_value.index.to_numpy(object), np.cumsum(by_value.to_numpy())

    def _atom(self, rng: np.random.Generator, dimension: str, value: str) -> str:
        atoms = self.grid.made_of[dimension][value]
        if len(atoms) == 1:
            return atoms[0]
        return atoms[_chosen(rng, np.cumsum(self.shares[dimension][list(atoms)].to_numpy()))]


def _chosen(rng: np.random.Generator, summed: np.ndarray) -> int:
    """A place, as likely as what is added there to a sum."""
    summed = np.asarray(summed, float)
    return int(min(np.searchsorted(summed, rng.random() * summed[-1], side="right"), len(summed) - 1))


def _weighted(table: pd.DataFrame) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """The cells of a table, those of its values that it does not list too, and how likely each is."""
    dimensions = dimensions_of(table)
    counts = pd.to_numeric(table[COUNT], errors="coerce").astype("Float64").to_numpy(float, na_value=_SUPPRESSED)
    counts = np.maximum(counts, _UNLISTED)
    if not dimensions:
        return {}, counts
    texts = pd.DataFrame({str(name): as_text(table[name]) for name in dimensions})
    grid = pd.MultiIndex.from_product([sorted(texts[name].unique()) for name in texts], names=list(texts))
    weights = pd.Series(counts, pd.MultiIndex.from_frame(texts)).reindex(grid, fill_value=_UNLISTED)
    return {name: grid.get_level_values(name).to_numpy(object) for name in texts}, weights.to_numpy()


def _drawn(
    printed: _Printed,
    so_far: Mapping[str, np.ndarray],
    limits: Mapping[str, np.ndarray],
    rng: np.random.Generator,
    k: int,
) -> tuple[Profiles, int]:
    """k profiles that came, k that left, and k corrections; none of a kind gives its trait away (`faults`).

    Parameters
    ----------
    so_far, limits : for each table, what earlier profiles count in each cell, and the most that all may.

    Returns
    -------
    Profiles, and by how much they are beyond the limits: 0, but where none was found within.
    """
    for attempt in range(_ATTEMPTS):
        wider = attempt // _BEFORE_WIDER
        parts = [part for kind in (CAME, LEFT, CORRECTED_FROM) for part in _unrevealing(kind, printed, rng, k)]
        noise = printed.grid.counts(parts)
        if all((np.abs(so_far[name] + more) <= limits[name] + wider).all() for name, more in noise.items()):
            break
    else:
        raise _too_few(k)
    found = Profiles(
        pd.concat([part for _, part in parts], ignore_index=True),
        np.concatenate([np.full(len(part), kind, dtype=object) for kind, part in parts]),
        printed.shares,
    )
    return found, wider


def _unrevealing(kind: str, printed: _Printed, rng: np.random.Generator, k: int) -> list[tuple[str, pd.DataFrame]]:
    """Profiles of a kind of which no trait could be told of a person among them."""
    for _ in range(_ATTEMPTS):
        parts = _of_kind(kind, printed, rng, k)
        if not any(faults(part, printed.shares, printed.grid.times, k) for _, part in parts):
            return parts
    raise _too_few(k)


def _too_few(k: int) -> DisclosureError:
    return DisclosureError(
        "too_few_profiles",
        f"The tables tell too few profiles apart to hide who came or left among {k} of them: publish them once, by "
        f"suppression.",
    )


def _of_kind(kind: str, printed: _Printed, rng: np.random.Generator, k: int) -> list[tuple[str, pd.DataFrame]]:
    """k profiles of a kind; of corrections as they were, and as they are."""
    rows = [_profile(printed, rng) for _ in range(k)]
    first = pd.DataFrame(rows, columns=printed.order)
    if kind != CORRECTED_FROM:
        return [(kind, first)]
    changed = [_corrected(printed, rng, row) for row in rows]
    return [(kind, first), (CORRECTED_TO, pd.DataFrame(changed, columns=printed.order))]


def _profile(printed: _Printed, rng: np.random.Generator) -> dict[str, str]:
    """A profile: an atom in each dimension."""
    known: dict[str, str] = {}
    for dimension in printed.order:
        known[dimension] = printed.drawn(rng, known, dimension)
    return known


def _corrected(printed: _Printed, rng: np.random.Generator, profile: dict[str, str]) -> dict[str, str]:
    """The same profile with another atom in one dimension that is no time."""
    several = [name for name in printed.order if name not in printed.grid.times and len(printed.grid.atoms[name]) > 1]
    if not several:
        return dict(profile)
    dimension = str(rng.choice(np.array(several, object)))
    rest = {name: atom for name, atom in profile.items() if name != dimension}
    others = [atom for atom in printed.grid.atoms[dimension] if atom != profile[dimension]]
    for _ in range(20):
        atom = printed.drawn(rng, rest, dimension)
        if atom != profile[dimension]:
            return {**profile, dimension: atom}
    return {**profile, dimension: str(rng.choice(np.array(others, object)))}


def faults(profiles: pd.DataFrame, shares: Mapping[str, pd.Series], times: set[str], k: int) -> list[tuple[str, str]]:
    """Return the reasons why profiles do not hide a person: what and in words; empty where they do.

    Parameters
    ----------
    profiles : of one kind.
    shares : dimension -> the share of each atom in print.
    times : dimensions of time: who comes is mostly of one period, which everybody knows.
    k : so many must differ, with that of the person.
    """
    found = []
    different = len(profiles.drop_duplicates())
    if different < k - 1:
        found.append(("explained", f"Only {different + 1} profiles explain the change; at least {k} must."))
    for name in profiles:
        if name in times or name not in shares:
            continue
        common = profiles[name].value_counts(normalize=True)
        for atom, share in common[common > MOST_SHARED].items():
            if share > FACTOR * shares[name].get(atom, 0.0):
                found.append(
                    ("shared", f"{share:.0%} of them have {name} {atom}, more than {FACTOR:g} times its share.")
                )
    return found


@dataclass(frozen=True)
class ProfileNoise:
    """Noise that the profiles of all releases so far add to each cell of the last.

    Parameters
    ----------
    counts, limits : name of a table -> (cells,) what they count, and the most that they may.
    before : what those of the releases before the last count in the release before it.
    profiles : those of each release, from the second on.
    """

    counts: dict[str, np.ndarray]
    limits: dict[str, np.ndarray]
    before: dict[str, np.ndarray]
    profiles: tuple[Profiles, ...] = ()


def profile_noise(
    releases: Sequence[Tables], nested: Mapping[str, pd.DataFrame], secret: bytes, k: int
) -> ProfileNoise:
    """The noise that profiles add to the cells of the last of some releases.

    Parameters
    ----------
    releases : the tables of each, oldest first; of the last only which cells they list counts.
    nested, secret, k : as of `protect`.

    Returns
    -------
    ProfileNoise : of a first release nothing.

    Raises
    ------
    DisclosureError : the tables tell too few profiles apart.
    """
    profiles: list[Profiles] = []
    known: dict[tuple[str, tuple[str, ...]], int] = {}
    counts = {name: np.zeros(len(table), int) for name, table in releases[0].items()}
    limits, last = dict(counts), dict(counts)
    for number in range(2, len(releases) + 1):
        now, before = releases[number - 1], releases[number - 2]
        grid = Grid(now, before, nested)
        printed = _Printed(before, grid)
        # No limit is less than it was, or what earlier profiles count could not be within it.
        limits = {
            name: np.array(
                [max(limit, known.get((name, cell), 0)) for cell, limit in zip(cells, own, strict=True)], int
            )
            for (name, own), cells in zip(printed.limits(number, k).items(), grid.cells_by_row(), strict=True)
        }
        drawn, wider = _drawn(printed, grid.noise(profiles), limits, _random(secret, number), k)
        limits = {name: own + wider for name, own in limits.items()}
        known |= {
            (name, cell): limit
            for (name, own), cells in zip(limits.items(), grid.cells_by_row(), strict=True)
            for cell, limit in zip(cells, own.tolist(), strict=True)
        }
        profiles.append(drawn)
        last, counts = counts, grid.noise(profiles)
    return ProfileNoise(counts, limits, last, tuple(profiles))


def _random(secret: bytes, release: int) -> np.random.Generator:
    """The random numbers of a release, which nobody has without the secret."""
    seed = hashlib.blake2b(f"profiles of release {release}".encode(), key=secret[:64], digest_size=16).digest()
    return np.random.default_rng(int.from_bytes(seed, "big"))
