"""Attackers of a series of releases that share nothing with the library: they know its rules and not its secret.

Three attackers. The first looks at which numbers in print changed. The second is an insider: he knows what everybody
but one person did, takes that out of each change in print, and weighs with Bayes' rule which profile the rest fits. The
third looks for cells and groups that are certain to have changed by 1 to 10 persons.

A cell is named by its dimensions and values: ``area=A1; sex=female``. The whole is the cell ``""``.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.linalg import cho_factor, cho_solve
from scipy.optimize import linprog

K = 11
# The rules: largest fixed and fresh noise of a cell, and their variances.
FIXED, FRESH = 7, 5
FIXED_VARIANCE, FRESH_VARIANCE = 0.2 * FIXED**2, 0.2 * FRESH**2
STATISTICS = ("count", "adjusted_by", "as_of")
# The variance of a level of which nothing is known.
_UNKNOWN = 1e4
_CHUNK = 2000
Tables = Mapping[str, pd.DataFrame]


def names_of(table: pd.DataFrame) -> list[str]:
    """The dimensions of a table, in the order of the alphabet."""
    return sorted(str(each) for each in table if each not in STATISTICS)


def cells_of(values: pd.DataFrame) -> np.ndarray:
    """(rows,) the name of the cell of each row of a table."""
    dimensions = names_of(values)
    found = np.full(len(values), "", dtype=object)
    for number, name in enumerate(dimensions):
        found = found + ("; " if number else "") + f"{name}=" + values[name].astype(str).to_numpy(object)
    return found


def numbers(tables: Tables, column: str = "count") -> pd.Series:
    """Cell -> what is in print for it; missing where it is suppressed or repeated from an earlier release."""
    parts = []
    for table in tables.values():
        values = pd.to_numeric(table[column]).astype("Float64").to_numpy(float, na_value=np.nan)
        if "as_of" in table:
            values = np.where(table["as_of"].notna(), np.nan, values)
        parts.append(pd.Series(values, cells_of(table), dtype=float))
    found = pd.concat(parts)
    return found[~found.index.duplicated()]


def same(now: Tables, before: Tables) -> bool:
    """Whether two releases are the same in every row and column."""
    return now.keys() == before.keys() and all(now[name].equals(before[name]) for name in now)


# The first attacker: which numbers changed.


def fingerprint(before: Tables, now: Tables) -> pd.DataFrame:
    """Values whose numbers changed between two releases, while none of another value of their dimension did.

    Returns
    -------
    DataFrame, one row a told trait: dimension, value.
    """
    one, other = numbers(before), numbers(now)
    both = one.index[one.notna()].intersection(other.index[other.notna()])
    has_changed = (one[both] != other[both]).groupby(level=0).first()
    rows: dict[str, dict[str, bool]] = {}
    for cell, changed in has_changed.items():
        for part in str(cell).split("; ") if cell else []:
            name, _, value = part.partition("=")
            rows.setdefault(name, {})[value] = rows.get(name, {}).get(value, False) or bool(changed)
    told = [
        (name, [value for value, changed in values.items() if changed])
        for name, values in rows.items()
        if len(values) > 1
    ]
    return pd.DataFrame([(name, found[0]) for name, found in told if len(found) == 1], columns=["dimension", "value"])


# The second attacker: the insider.


@dataclass(frozen=True)
class Pool:
    """Profiles that the person may have.

    Parameters
    ----------
    traits : (profiles x dimensions) the value of each profile in each dimension, as finely as any table has it.
    values : table -> (profiles x dimensions of it) the cell of each profile.
    weights : (profiles,) how likely each is before anything is seen; they add up to one.
    """

    traits: pd.DataFrame
    values: Mapping[str, pd.DataFrame]
    weights: np.ndarray


@dataclass(frozen=True)
class Noise:
    """How noise is drawn, as far as the rules say.

    Parameters
    ----------
    fixed, fresh : variance of the fixed noise of a cell, and of that of a cell in a release.
    profiles : how many profiles of a release came, as many as left and as many as were corrected.
    """

    fixed: float = FIXED_VARIANCE
    fresh: float = FRESH_VARIANCE
    profiles: int = K


def places(pool: Pool, cells: pd.Index) -> np.ndarray:
    """(profiles x tables) the number of the cell that each profile is in; -1 where that is not among the cells."""
    found = np.stack([cells.get_indexer(pd.Index(cells_of(each))) for each in pool.values.values()], axis=1)
    # What two tables have in common has one number in print, and one noise.
    seen: set[frozenset[str]] = set()
    for column, each in enumerate(pool.values.values()):
        kind = frozenset([*names_of(each), *map(str, each.iloc[0])]) if len(each) else frozenset()
        if kind in seen:
            found[:, column] = -1
        seen.add(kind)
    return found


def incidence(at: np.ndarray, cells: int) -> sparse.csr_matrix:
    """(profiles x cells) 1 where a profile counts."""
    rows, columns = np.nonzero(at >= 0)
    found = sparse.csr_matrix((np.ones(len(rows)), (rows, at[rows, columns])), shape=(len(at), cells))
    found.data[:] = 1.0
    return found


def corrections(
    pool: Pool, cells: pd.Index, rows: np.ndarray, donors: np.ndarray, names: np.ndarray
) -> sparse.csr_matrix:
    """(corrections x cells) -1 where a profile was, and 1 where it is, once it has a trait of another one.

    Parameters
    ----------
    rows, donors : (corrections,) numbers of profiles of the pool: who is corrected, and whose value is taken.
    names : (corrections,) the dimension that is corrected.
    """
    found = sparse.csr_matrix((len(rows), len(cells)))
    for each in pool.values.values():
        old = each.iloc[rows].reset_index(drop=True)
        new = old.copy()
        for name in set(names) & set(map(str, each)):
            here = names == name
            new.loc[here, name] = each[name].to_numpy()[donors[here]]
        at_old, at_new = (cells.get_indexer(pd.Index(cells_of(one))) for one in (old, new))
        moved = at_old != at_new
        for at, sign in ((at_old, -1.0), (at_new, 1.0)):
            here = np.flatnonzero(moved & (at >= 0))
            found = found + sparse.csr_matrix((np.full(len(here), sign), (here, at[here])), shape=found.shape)
    found.data = np.clip(found.data, -1, 1)
    found.eliminate_zeros()
    return found


def covariance(holds: sparse.csr_matrix, weights: np.ndarray) -> np.ndarray:
    """(cells x cells) the covariance of what one profile adds to each cell."""
    mean = holds.T @ weights
    return np.asarray((holds.T @ sparse.diags(weights) @ holds).todense()) - np.outer(mean, mean)


def profile_covariance(pool: Pool, cells: pd.Index, profiles: int, times: Collection[str], seed: int = 0) -> np.ndarray:
    """(cells x cells) the covariance of what the profiles of one release add: of all kinds.

    Those who came and who left are drawn alike and apart; of a correction one dimension that is no time is another's.
    """
    if not profiles:
        return np.zeros((len(cells), len(cells)))
    holds = incidence(places(pool, cells), len(cells))
    rng = np.random.default_rng(seed)
    size = 4000
    rows, donors = (rng.choice(len(pool.weights), size, p=pool.weights) for _ in range(2))
    several = [name for name in pool.traits if name not in times and pool.traits[name].nunique() > 1]
    names = rng.choice(np.array(several, object), size) if several else np.full(size, "", object)
    changed = corrections(pool, cells, rows, donors, names)
    return profiles * (2 * covariance(holds, pool.weights) + covariance(changed, np.full(size, 1 / size)))


@dataclass(frozen=True)
class Fit:
    """What all changes in print say of a signal that sets in: log-likelihood g @ score - g @ information @ g / 2.

    Parameters
    ----------
    cells : what the signal is of.
    information : (cells x cells).
    score : (cells,) of the residuals as they are.
    """

    cells: pd.Index
    information: np.ndarray
    score: np.ndarray


def fitted(
    releases: Sequence[Tables],
    others: Sequence[Tables],
    pool: Pool,
    presence: Sequence[float],
    noise: Noise = Noise(),
    times: Collection[str] = (),
    level_is_known: bool = False,
) -> Fit:
    """Generalised least squares of one person's change on all tables and releases.

    The residual is the change in print since the first release, which printed true counts, less the known change of
    everybody else. Fixed noise and profiles stay from release to release, fresh noise does not.

    Parameters
    ----------
    releases : tables in print, oldest first, each other than the one before.
    others : the true tables of everybody else, for each release.
    pool : profiles, and how likely each is.
    presence : for each release, how many times the signal counts: 0 before a change, 1 after it.
    times : dimensions of time.
    level_is_known : whether cells that the first release suppressed are known, as of a person who was not there.
    """
    printed = [numbers(each) for each in releases]
    others_at = [numbers(each) for each in others]
    listed = pd.Index(sorted(set().union(*(each.index for each in printed[1:]))))
    cells = listed[~listed.str.contains("other years")]
    first = printed[0].reindex(cells)
    was = others_at[0].reindex(cells).fillna(0)
    # What the first release suppressed has no change since then; whoever is new was not in it.
    start = (first - was).fillna(0.0).to_numpy()
    anchored = first.notna().to_numpy() | level_is_known
    cumulated = _profile_sums(printed, pool, cells, noise, times)
    rows, residuals, means, release = [], [], [], []
    for number in range(1, len(releases)):
        now = printed[number].reindex(cells).to_numpy()
        seen = np.flatnonzero(~np.isnan(now))
        rows.append(seen)
        known = others_at[number].reindex(cells).fillna(0).to_numpy()
        residuals.append((now - known - start)[seen])
        means.append(cumulated[number][0][seen])
        release.append(np.full(len(seen), number))
    at, when = np.concatenate(rows), np.concatenate(release)
    fixed = (
        noise.fixed * _consistent(pool, cells) + np.diag(np.where(anchored, 0.0, _UNKNOWN)) + 1e-6 * np.eye(len(cells))
    )
    joint = fixed[np.ix_(at, at)]
    for number in range(1, len(releases)):
        since = when >= number
        step = cumulated[number][1][np.ix_(at, at)]
        joint += step * np.outer(since, since)
    joint[np.diag_indices_from(joint)] += noise.fresh
    signal = np.zeros((len(at), len(cells)))
    signal[np.arange(len(at)), at] = np.array(presence, float)[when]
    solved = cho_solve(cho_factor(joint, lower=True), signal)
    return Fit(cells, signal.T @ solved, solved.T @ (np.concatenate(residuals) - np.concatenate(means)))


def _profile_sums(
    printed: Sequence[pd.Series], pool: Pool, cells: pd.Index, noise: Noise, times: Collection[str]
) -> list[tuple[np.ndarray, np.ndarray]]:
    """For each release, the mean of what all profiles so far add, and the covariance of what those of it add."""
    nothing = np.zeros(len(cells))
    found = [(nothing, np.zeros((len(cells), len(cells))))]
    usual = profile_covariance(pool, cells, noise.profiles, times)
    holds = incidence(places(pool, cells), len(cells))
    mean = nothing
    for number in range(1, len(printed)):
        own = pool.weights.copy()
        for name in set(times) & set(pool.traits):
            known = {part for cell in printed[number - 1].index for part in str(cell).split("; ")}
            listed = {part for cell in printed[number].index for part in str(cell).split("; ")}
            is_new = np.array([f"{name}={v}" in listed - known for v in pool.traits[name].astype(str)])
            own = np.where(is_new, own, 0.0) if (own * is_new).sum() > 0 else own
        own = own / own.sum()
        mean = mean + noise.profiles * (holds.T @ own - holds.T @ pool.weights)
        found.append((mean, usual))
    return found


def _consistent(pool: Pool, cells: pd.Index) -> np.ndarray:
    """The projection on what one histogram can add to the cells: fixed noise is moved there."""
    holds = incidence(places(pool, cells), len(cells))
    values, vectors = np.linalg.eigh(np.asarray((holds.T @ holds).todense()))
    kept = vectors[:, values > 1e-6 * values.max()]
    return kept @ kept.T


@dataclass(frozen=True)
class Candidates:
    """Signals that the change may have.

    Parameters
    ----------
    signals : (candidates x cells).
    traits : (candidates x dimensions) of the person after the change.
    weights : (candidates,) prior.
    persons : (candidates,) which profile of the pool it is.
    quadratic : (candidates,) signal @ information @ signal.
    """

    signals: sparse.csr_matrix
    traits: pd.DataFrame
    weights: np.ndarray
    persons: np.ndarray
    quadratic: np.ndarray


def candidates(
    pool: Pool, fit: Fit, kind: str, times: Collection[str], most: int = 20_000, seed: int = 0
) -> Candidates:
    """All profiles that may have come or left, or a sample of all corrections of one trait.

    Parameters
    ----------
    kind : ``join``, ``erasure`` or ``correction``.
    """
    if kind != "correction":
        signals = incidence(places(pool, fit.cells), len(fit.cells)) * (1.0 if kind == "join" else -1.0)
        traits, weights, persons = pool.traits, pool.weights, np.arange(len(pool.weights))
    else:
        rng = np.random.default_rng(seed)
        persons, donors = (rng.choice(len(pool.weights), most, p=pool.weights) for _ in range(2))
        several = [name for name in pool.traits if name not in times and pool.traits[name].nunique() > 1]
        names = rng.choice(np.array(several, object), most)
        old, new = (pool.traits.iloc[each].reset_index(drop=True) for each in (persons, donors))
        other = np.array([old.at[row, name] != new.at[row, name] for row, name in enumerate(names)])
        persons, donors, names = persons[other], donors[other], names[other]
        signals = corrections(pool, fit.cells, persons, donors, names)
        traits = old[other].reset_index(drop=True)
        for name in several:
            here = names == name
            traits.loc[here, name] = new[other][name].to_numpy()[here]
        traits = traits.assign(**{"corrected dimension": names})
        weights = np.full(len(persons), 1 / len(persons))
    quadratic = np.concatenate(
        [
            np.asarray(
                signals[at : at + _CHUNK].multiply(signals[at : at + _CHUNK] @ fit.information).sum(axis=1)
            ).ravel()
            for at in range(0, signals.shape[0], _CHUNK)
        ]
    )
    return Candidates(signals, traits, weights, persons, quadratic)


def posterior(fit: Fit, among: Candidates, truth: int | None, leave_out: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """How likely each candidate is before and after all releases are seen.

    Parameters
    ----------
    truth : the candidate whose signal is added to the residuals; none for a placebo.
    leave_out : whether the person's own profile is not among those that the insider thinks of.
    """
    score = fit.score
    if truth is not None:
        score = score + fit.information @ among.signals[truth].toarray().ravel()
    prior = among.weights.copy()
    if leave_out and truth is not None:
        prior = np.where(among.persons == among.persons[truth], 0.0, prior)
    prior = prior / prior.sum()
    likelihood = among.signals @ score - among.quadratic / 2
    after = prior * np.exp(likelihood - likelihood[prior > 0].max())
    return prior, after / after.sum()


def told(traits: pd.DataFrame, prior: np.ndarray, after: np.ndarray, truth: int) -> pd.DataFrame:
    """What is said of each trait: dimension, share, posterior (of the likeliest value), told, right, guess, gain.

    A trait is told where its posterior is more than one half and more than twice its share; `gain` is the log-score of
    the true value over that of its share, `guess` whether the commonest value is right.
    """
    rows = []
    for name in traits:
        codes, values = pd.factorize(traits[name])
        before, now = (np.bincount(codes, each, len(values)) for each in (prior, after))
        best, true = int(now.argmax()), int(codes[truth])
        is_told = now[best] > 0.5 and now[best] > 2 * before[best]
        gain = float(np.log(max(now[true], 1e-12)) - np.log(before[true])) if before[true] > 0 else np.nan
        rows.append(
            (name, before[best], now[best], is_told, best == true, int(before.argmax()) == true, gain, before[true])
        )
    columns = ["dimension", "share", "posterior", "told", "right", "guess", "gain", "true_share"]
    return pd.DataFrame(rows, columns=columns)


def explaining(prior: np.ndarray, after: np.ndarray) -> float:
    """How many candidates explain a change about equally well: the number of equally likely ones that is as uncertain,
    of candidates that are equally likely before."""
    ratio = np.where(prior > 0, after / np.where(prior > 0, prior, 1.0), 0.0)
    chance = ratio[ratio > 0] / ratio.sum()
    return float(np.exp(-(chance * np.log(chance)).sum()))


# The rule of eleven.


def moved(now: Tables, then: Tables, printed: Tables) -> int:
    """The larger of those who came and who went, as one table shows them, of the numbers in print."""
    most = 0
    for name, table in printed.items():
        seen = numbers({name: table})
        seen = seen.index[seen.notna()]
        one, other = (numbers({name: each[name]}).reindex(seen).fillna(0) for each in (now, then))
        change = (one - other).to_numpy()
        most = max(most, int(change.clip(min=0).sum()), int((-change).clip(min=0).sum()))
    return most


def moved_with(
    pool: Pool, now: Tables, then: Tables, printed: Tables, kind: str, rows: np.ndarray | None = None
) -> np.ndarray:
    """(profiles,) how many would have come or went, as far as tables show, had this profile come or left besides.

    Parameters
    ----------
    now, then : the true tables of everybody else.
    printed : the release before.
    """
    sign = 1 if kind == "join" else -1
    rows = np.arange(len(pool.weights)) if rows is None else rows
    came, went = np.zeros((2, len(printed), len(rows)))
    for number, (name, table) in enumerate(printed.items()):
        seen = numbers({name: table})
        seen = pd.Index(seen.index[seen.notna()])
        one, other = (numbers({name: each[name]}).reindex(seen).fillna(0) for each in (now, then))
        change = (one - other).to_numpy()
        at = seen.get_indexer(pd.Index(cells_of(pool.values[name].iloc[rows])))
        own = np.where(at >= 0, change[at], 0) if len(change) else np.zeros(len(rows))
        step = np.where(at >= 0, sign, 0)
        came[number] = change.clip(min=0).sum() - own.clip(min=0) + (own + step).clip(min=0)
        went[number] = (-change).clip(min=0).sum() - (-own).clip(min=0) + (-(own + step)).clip(min=0)
    return np.maximum(came.max(axis=0), went.max(axis=0))


# The secret threshold as the documents have it: k to k + 14, half as likely with each step from its middle.
THRESHOLDS = np.arange(K, K + 15)
CHANCES = np.array([1, 1, 2, 4, 8, 16, 32, 64, 32, 16, 8, 4, 2, 1, 1]) / 192


def threshold(rng: np.random.Generator) -> int:
    """A threshold as it could be."""
    return int(rng.choice(THRESHOLDS, p=CHANCES))


def made_with(moved: np.ndarray) -> np.ndarray:
    """(profiles,) how likely a release is made for so many who came or went."""
    return (moved[:, None] >= THRESHOLDS) @ CHANCES


# The third attacker: what is certain.


def certain(before: Tables, now: Tables, by_rules: bool) -> pd.DataFrame:
    """Cells and groups of cells that are certain to have changed by 1 to 10 persons.

    Groups are the values of each dimension, of which several tables say how much they changed.

    Parameters
    ----------
    by_rules : whether the attacker knows that fixed noise cancels, or only what is printed with the numbers.

    Returns
    -------
    DataFrame, one row a certain change: group, low, high.
    """
    low, high = bounds(before, now, by_rules)
    cells = pd.DataFrame({"group": low.index, "low": low.to_numpy(), "high": high.to_numpy()})
    parts = [cells, _groups(now, low, high)]
    found = pd.concat(parts).groupby("group").agg(low=("low", "max"), high=("high", "min")).reset_index()
    few = ((found["low"] > 0) & (found["high"] < K)) | ((found["high"] < 0) & (found["low"] > -K))
    return found[few].reset_index(drop=True)


def bounds(before: Tables, now: Tables, by_rules: bool) -> tuple[pd.Series, pd.Series]:
    """Cell -> by how many persons it has changed at least, and at most."""
    one, other, by_one, by_other = (
        numbers(each, column) if all(column in table for table in each.values()) else numbers(each) * 0
        for each, column in ((before, "count"), (now, "count"), (before, "adjusted_by"), (now, "adjusted_by"))
    )
    both = one.index[one.notna()].intersection(other.index[other.notna()])
    change, widths = (other - one)[both], [by_one[both], by_other[both]]
    by = widths[0] + widths[1]
    if by_rules:
        adjusted = widths[0] > 0
        # Fixed noise is the same in both; of profiles as many as print says, and no more than a release has.
        limits = [(each - FIXED - FRESH).clip(lower=0) for each in widths]
        profiles = np.minimum(limits[0] + limits[1], 2 * K)
        by = pd.Series(np.where(adjusted, 2 * FRESH + profiles, by), both)
    return change - by, change + by


def _groups(now: Tables, low: pd.Series, high: pd.Series) -> pd.DataFrame:
    rows = []
    for table in now.values():
        cells = cells_of(table)
        if not np.isin(cells, low.index).all():
            continue
        for name in names_of(table):
            for value, at in table.groupby(name).indices.items():
                rows.append((f"{name}={value}", low[cells[at]].sum(), high[cells[at]].sum()))
        rows.append(("", low[cells].sum(), high[cells].sum()))
    return pd.DataFrame(rows, columns=["group", "low", "high"])


def certain_jointly(before: Tables, now: Tables, pool: Pool, by_rules: bool) -> pd.DataFrame:
    """The same of cells, by a linear programme over the changes of all profiles: small pools only."""
    low, high = bounds(before, now, by_rules)
    holds = incidence(places(pool, low.index), len(low)).toarray()
    reached = holds.any(axis=0)
    matrix = holds[:, reached].T
    limits = np.concatenate([high[reached], -low[reached]])
    rows = []
    for cell, sums in zip(low.index[reached], matrix, strict=True):
        ends = [
            sign * linprog(sign * sums, A_ub=np.concatenate([matrix, -matrix]), b_ub=limits, bounds=(None, None)).fun
            for sign in (1, -1)
        ]
        if (ends[0] > 1e-6 and ends[1] < K - 1e-6) or (ends[1] < -1e-6 and ends[0] > 1e-6 - K):
            rows.append((cell, *ends))
    return pd.DataFrame(rows, columns=["group", "low", "high"])


# A check of the second attacker on small tables: the noise as it is drawn.


def sampled(
    change: np.ndarray,
    holds: np.ndarray,
    corrected: np.ndarray,
    weights: np.ndarray,
    signals: np.ndarray,
    steps: int,
    seed: int,
    profiles: int = K,
) -> np.ndarray:
    """The posterior of a change between two adjusted releases by Markov chain Monte Carlo, with bounded whole noise.

    Parameters
    ----------
    change : (cells,) the change in print less that of everybody else.
    holds : (profiles x cells) of those who may have come and left; `weights`, their prior.
    corrected : (corrections x cells), each as likely.
    signals : (profiles x cells) of the person.

    Returns
    -------
    (profiles,) the share of steps at which the person had each profile.
    """
    chances = np.log(np.maximum(_difference_of_fresh(), 1e-300))
    rng = np.random.default_rng(seed)
    came, left = (rng.choice(len(weights), profiles, p=weights) for _ in range(2))
    fixes = rng.integers(0, len(corrected), profiles)
    person = int(rng.choice(len(weights), p=weights))
    rest = change - holds[came].sum(axis=0) + holds[left].sum(axis=0) - corrected[fixes].sum(axis=0) - signals[person]

    def likelihood(of: np.ndarray) -> float:
        whole = np.rint(of).astype(int)
        far = np.maximum(np.abs(whole) - 2 * FRESH, 0)
        return float(chances[np.clip(whole, -2 * FRESH, 2 * FRESH) + 2 * FRESH].sum() - 1000 * far.sum())

    now, seen = likelihood(rest), np.zeros(len(weights))
    proposals = rng.choice(len(weights), steps, p=weights)
    kinds, slots = rng.integers(0, 4, steps), rng.integers(0, profiles, steps)
    uniform = np.log(rng.random(steps))
    others = rng.integers(0, len(corrected), steps)
    for step in range(steps):
        kind, slot, new = kinds[step], slots[step], proposals[step]
        if kind == 0:
            trial = rest + holds[came[slot]] - holds[new]
        elif kind == 1:
            trial = rest - holds[left[slot]] + holds[new]
        elif kind == 2:
            trial = rest + corrected[fixes[slot]] - corrected[others[step]]
        else:
            trial = rest + signals[person] - signals[new]
        then = likelihood(trial)
        if uniform[step] < then - now:
            rest, now = trial, then
            if kind == 0:
                came[slot] = new
            elif kind == 1:
                left[slot] = new
            elif kind == 2:
                fixes[slot] = others[step]
            else:
                person = int(new)
        if step >= steps // 5:
            seen[person] += 1
    return seen / seen.sum()


def _difference_of_fresh() -> np.ndarray:
    """The chances of the difference of two fresh noises, from -10 to 10: each of largest entropy."""
    values = np.arange(-FRESH, FRESH + 1)
    low, high = -1.0, 1.0
    for _ in range(100):
        middle = (low + high) / 2
        chances = np.exp(-middle * values**2)
        chances /= chances.sum()
        low, high = (middle, high) if values**2 @ chances > FRESH_VARIANCE else (low, middle)
    return np.convolve(chances, chances)


def raked(values: pd.DataFrame, cells: Mapping[str, pd.DataFrame], printed: Tables, rounds: int = 30) -> np.ndarray:
    """(profiles,) weights that add up to the shares in print of every table, as nearly as they can.

    Parameters
    ----------
    values : profiles, one a row.
    cells : table -> the cell of each profile, as of `Pool`.
    printed : a release; a suppressed cell is taken for half of what is suppressed at most.
    """
    weights = np.full(len(values), 1 / len(values))
    targets = []
    for name, table in printed.items():
        if not names_of(table):
            continue
        counts = pd.to_numeric(table["count"]).astype("Float64").to_numpy(float, na_value=K / 2)
        wanted = pd.Series(np.maximum(counts, 0.5), cells_of(table))
        wanted = wanted[~wanted.index.duplicated()] / wanted.sum()
        at = wanted.index.get_indexer(pd.Index(cells_of(cells[name])))
        targets.append((at, wanted.to_numpy()))
    for _ in range(rounds):
        for at, wanted in targets:
            here = at >= 0
            sums = np.bincount(at[here], weights[here], len(wanted))
            factor = np.divide(wanted, sums, out=np.ones(len(wanted)), where=sums > 0)
            weights[here] *= factor[at[here]]
            weights /= weights.sum()
    return weights
