"""Nodes: transit through places, the balance of who is taken from a place or to it, and border crossings.

Transit: which places paths lead through, how surely, and which pairs of origin and destination have no other path.
Balance: whether more persons are taken from a place or to it, as far as few persons can tell. Crossings: which borders
persons are taken across, and where, as far as it was observed.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special

from bounded import intervals
from bounded.arguments import checked
from journeys.legs import countries, groups, observed_legs, ordered
from journeys.stops import ROLES, UNKNOWN, Journeys, journeys

_TRANSIT = ROLES.index("transit")


def each_once(key: NDArray[np.int64]) -> NDArray[np.int64]:
    """Keys in order, each once: by sorting, which takes a hundredth of the time of a hash table."""
    key = np.sort(key)
    return key[np.diff(key, prepend=-1) != 0]


def among(key: NDArray[np.int64], others: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return whether each key is one of others, which are in order."""
    if not len(others):
        return np.zeros(len(key), bool)
    return others[np.minimum(np.searchsorted(others, key), len(others) - 1)] == key


def passed(read: Journeys) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The places that journeys pass: numbers of journeys, in order, and of places; each pair of them once.

    Between a known origin and a known destination every stop is passed, whatever its role. Where an end is not known,
    only a stop of role transit is. Neither end is ever passed, also where the path leads through it again.
    """
    journey, at = read.journey, np.arange(len(read.place))
    start, end = (of[journey] for of in read.ends)
    between = (at > start) & ((end < 0) | (at < end))
    between &= ((start >= 0) & (end >= 0)) | (read.role == _TRANSIT)
    between &= (read.place != read.origin[journey]) & (read.place != read.destination[journey])
    places = max(len(read.places), 1)
    key = each_once(journey[between] * places + read.place[between])
    return key // places, key % places


@dataclass(frozen=True, eq=False)
class Members:
    """Persons in the groups that their journeys are in: whoever is in two groups is a member of each.

    Parameters
    ----------
    row : of each time that a journey counts, its number. member : the number of the person in the group.
    group : of each member, the number of the group. groups : how many there are.
    """

    row: NDArray[np.int64]
    member: NDArray[np.int64]
    group: NDArray[np.int64]
    groups: int

    def of(self, journey: NDArray[np.int64], journeys: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Members for which units of journeys (legs, stops) count: the numbers of unit and member, for each time.

        Parameters
        ----------
        journey : of each unit, the number of its journey, in order. journeys : how many journeys there are.
        """
        if len(self.row) == journeys and (self.row == np.arange(journeys)).all():
            return np.arange(len(journey)), self.member[journey]
        sizes = np.bincount(journey, minlength=journeys)
        begins = np.concatenate([[0], np.cumsum(sizes)])
        times = sizes[self.row]
        return np.repeat(begins[self.row] - (np.cumsum(times) - times), times) + np.arange(times.sum()), np.repeat(
            self.member, times
        )

    def which(self, mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return of each member whether one of their journeys is in a mask of journeys."""
        found = np.zeros(len(self.group), bool)
        found[self.member[mask[self.row]]] = True
        return found

    def count(self, found: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Return the number of members of a mask in each group."""
        return np.bincount(self.group[found], minlength=self.groups)

    def distinct(self, cell: NDArray[np.int64], member: NDArray[np.int64]) -> NDArray[np.int64]:
        """Keys of cells and members, each once: cell = key // members, member = key % members."""
        return each_once(cell * max(len(self.group), 1) + member)

    def by_cell(self, key: NDArray[np.int64], cells: int) -> NDArray[np.int64]:
        """Return the number of members of each cell of each group, groups first, of keys as ``distinct`` has them."""
        width = max(len(self.group), 1)
        return np.bincount(self.group[key % width] * cells + key // width, minlength=self.groups * cells)


def members(read: Journeys, row: NDArray[np.int64], group: NDArray[np.int64], groups: int) -> Members:
    """The members of groups; `row` and `group` as ``legs.groups`` has them."""
    key = group * max(read.persons, 1) + read.person[row]
    member, found = pd.factorize(key)
    return Members(row, member.astype(np.int64), np.asarray(found) // max(read.persons, 1), max(groups, 1))


def may_pass(
    within: Members,
    gap: NDArray[np.bool_],
    known: NDArray[np.int64],
    journey: NDArray[np.int64],
    cell: NDArray[np.int64],
    cells: int,
) -> NDArray[np.int64]:
    """Return how many members pass each cell if all paths with a missing transit do that can: groups first.

    Parameters
    ----------
    gap : of each journey, whether a transit is missing between its known ends.
    known : keys of cells and the members known to pass them, as ``Members.distinct`` has them.
    journey, cell : journeys with a gap, in order, and cells that they cannot pass; each pair once.
    cells : how many cells there are.
    """
    width = max(len(within.group), 1)
    ways_of = np.bincount(within.member[gap[within.row]], minlength=width)
    unit, member = within.of(journey, len(gap))
    key = np.sort(cell[unit] * width + member)
    first = np.flatnonzero(np.diff(key, prepend=-1))
    key, times = key[first], np.diff(first, append=len(key))
    # Barred are members none of whose paths with a gap can pass.
    barred = key[times == ways_of[key % width]]
    barred = barred[~among(barred, known)]
    sure = known[ways_of[known % width] == 0]
    open_ = np.repeat(within.count(ways_of[: len(within.group)] > 0), cells)
    return within.by_cell(sure, cells) + open_ - within.by_cell(barred, cells)


def ends(read: Journeys, mask: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The known ends of the journeys of a mask: numbers of journeys, in order, and of places, each pair once."""
    number = np.flatnonzero(mask)
    both = np.stack([read.origin[number], read.destination[number]], axis=1).astype(np.int64)
    kept = np.ones(both.shape, bool)
    kept[:, 1] = both[:, 0] != both[:, 1]
    return np.repeat(number, 2)[kept.ravel()], both.ravel()[kept.ravel()]


@checked()
def transit(stops: pd.DataFrame | Journeys, by: str | Sequence[str] = (), confidence: float = 0.95) -> pd.DataFrame:
    """Places through which persons are taken between origin and destination: one row a place that is passed.

    A place is passed by a journey that has it as a stop between its ends, whatever the stop's role; where an end is not
    known, a stop of role transit is passed too. The ends themselves are not: who is moved about within a node, or is
    brought back through it, does not pass it. A person with several journeys counts once, and passes what one of them
    passes.

    Parameters
    ----------
    stops : as ``journeys`` reads them. Give journeys between the nodes of interest (``Journeys.moved_to``).
    by : trait(s) of the journeys, as for ``flows``.
    confidence : level of the limits of shares.

    Returns
    -------
    DataFrame, most persons first within each group: the columns of `by`; place; persons (distinct, known to pass it);
    persons_whole (those of them of whom one complete path passes it), n (persons of the group with a complete path:
    both ends and all legs between are known); share (persons_whole / n), share_low, share_high (Wilson), confidence
    (level of these limits); n_paths (persons with a path of known ends, whole or not), bound_low, bound_high : the
    share among them if none of the paths with a missing transit, or all that do not begin or end there, led through it;
    observed_share (of the legs of the journeys that pass it). And what rests on the place: pairs_lost (pairs of origin
    and destination all of whose complete paths lead through it), persons_lost (persons on those paths), pairs_left
    (pairs that have another complete path).

    Raises
    ------
    ValueError : as ``journeys`` does; `by` names no trait.

    Notes
    -----
    `share` describes complete paths. If lists leave transit out more often where there was much of it, all paths have
    more: the bounds hold whatever the lists left out, and ``missing_transit_sensitivity`` shows what lies between. As
    the bounds are of more persons than the share is, the share may lie outside them.
    A pair is lost on record only: another path may exist that nobody has been found on.

    References
    ----------
    Wilson, E. B. (1927). Probable inference, the law of succession, and statistical inference. JASA 22, 209-212.
    Manski, C. F. (1990). Nonparametric bounds on treatment effects. American Economic Review 80(2), 319-323.
    """
    read = journeys(stops)
    keys, row, group, values = groups(read, by)
    within = members(read, row, group, len(values))
    places = len(read.places)
    journey, place = passed(read)
    unit, member = within.of(journey, len(read))
    journey, place = journey[unit], place[unit]
    cell = within.group[member] * places + place
    whole, path = read.whole, read.known_ends

    def persons(which: NDArray[np.bool_]) -> NDArray[np.int64]:
        return within.distinct(place[which], member[which])

    on_whole = within.by_cell(persons(whole[journey]), places)
    known = persons(path[journey])
    possible = may_pass(within, path & ~whole, known, *ends(read, path & ~whole), places)
    n, n_paths = (np.repeat(within.count(within.which(of)), places) for of in (whole, path))
    low, high = intervals.wilson(on_whole, on_whole, n, confidence)
    observed, legs = (np.bincount(cell, of[journey], minlength=len(n)) for of in observed_legs(read))
    lost, persons_lost, left = _lost(read, within, journey, place, member, whole, places)
    with np.errstate(invalid="ignore", divide="ignore"):
        table = pd.DataFrame(
            {
                "group": np.repeat(np.arange(within.groups), places),
                "place": np.tile(np.asarray(read.places, dtype=object), within.groups),
                "persons": within.by_cell(within.distinct(place, member), places),
                "persons_whole": on_whole,
                "n": n,
                "share": on_whole / n,
                "share_low": low,
                "share_high": high,
                "confidence": confidence,
                "n_paths": n_paths,
                "bound_low": within.by_cell(known, places) / n_paths,
                "bound_high": possible / n_paths,
                "observed_share": observed / legs,
                "pairs_lost": lost,
                "persons_lost": persons_lost,
                "pairs_left": left,
            }
        )
    table = ordered(table[table["persons"] > 0], keys, values, ["place"])
    return table[[*keys, *(name for name in table if name not in (*keys, "group"))]]


def _lost(
    read: Journeys,
    within: Members,
    journey: NDArray[np.int64],
    place: NDArray[np.int64],
    member: NDArray[np.int64],
    whole: NDArray[np.bool_],
    places: int,
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Pairs all of whose complete paths pass each place of a group, persons on those, and pairs that are left."""
    kept = whole[within.row]
    route = read.origin.astype(np.int64) * places + read.destination
    pair, found = pd.factorize(within.group[within.member[kept]] * places**2 + route[within.row[kept]])
    of_group = np.asarray(found) // max(places**2, 1)
    ways_of = np.bincount(pair, minlength=len(found))

    on_whole = whole[journey]
    journey, place, member = journey[on_whole], place[on_whole], member[on_whole]
    code = pd.Index(found).get_indexer(within.group[member] * places**2 + route[journey])
    passing = code * places + place
    found_passing = each_once(passing)
    which = np.searchsorted(found_passing, passing)
    all_pass = np.bincount(which, minlength=len(found_passing)) == ways_of[found_passing // max(places, 1)]
    lost_pair, lost_place = np.divmod(found_passing[all_pass], max(places, 1))
    lost = np.bincount(of_group[lost_pair] * places + lost_place, minlength=within.groups * places)
    rests = all_pass[which]
    persons = within.by_cell(within.distinct(place[rests], member[rests]), places)
    return lost, persons, np.repeat(np.bincount(of_group, minlength=within.groups), places) - lost


ORIGIN, DESTINATION, BOTH, NOT_DISTINGUISHABLE = KINDS = ("origin", "destination", "both", "not distinguishable")
# Within these limits neither direction has more than twice as many persons as the other.
_EVEN = 1 / 3


@checked()
def node_balance(
    stops: pd.DataFrame | Journeys, by: str | Sequence[str] = (), confidence: float = 0.95
) -> pd.DataFrame:
    """Balance of persons taken from a place and to it: one row a place where journeys begin or end.

    Journeys count whose path is not known: a missing transit does not change where they begin and end. Where one end is
    only known to lie somewhere in the country of the other ("TUR" and "TR-34"), nobody knows whether it is another
    place, and it counts as not known.

    Parameters
    ----------
    stops : as ``journeys`` reads them.
    by : trait(s) of the journeys, as for ``flows``.
    confidence : level of the interval.

    Returns
    -------
    DataFrame, most persons first within each group: the columns of `by`; place; persons (distinct, whose journeys begin
    or end there); persons_in (with a journey that ends there and began elsewhere), persons_out (begins there, ends
    elsewhere), persons_within (begins and ends there), unknown_in (ends there, and it is not known where it began),
    unknown_out; n (persons in or out); net (persons_in - persons_out); balance (net / (persons_in + persons_out): -1
    only out, 1 only in), balance_low, balance_high, confidence (level of these limits); kind; observed_share (of the
    legs of the journeys that begin or end there).
    `kind` is "both" where the whole interval lies within a third of 0 (neither direction has more than twice as many
    as the other), else "origin" or "destination" where it lies on one side of 0, else "not distinguishable". A row
    "unknown" has the journeys whose destination (in), origin (out) or both (within) are not known; it has no balance.

    Raises
    ------
    ValueError : as ``journeys`` does; `by` names no trait; a confidence that is not between 0 and 1.

    Notes
    -----
    Given how many persons move, those that come in are binomial: the limits are those of Clopper and Pearson for their
    part p, as 2p - 1. They are exact, so that few persons who all go in one direction leave room for some that do not;
    samples of persons drawn again would leave none. Who comes in and goes out, on two journeys, is one observation: p
    then has the variance of a ratio with persons as clusters, and the limits those for as many independent persons as
    would give it, never more than there are (Korn and Graubard). Unknown ends enter neither.

    References
    ----------
    Clopper, C. J., & Pearson, E. S. (1934). The use of confidence or fiducial limits illustrated in the case of the
    binomial. Biometrika 26, 404-413.
    Korn, E. L., & Graubard, B. I. (1998). Confidence intervals for proportions with small expected number of positive
    counts estimated from survey data. Survey Methodology 24, 193-201.
    """
    read = journeys(stops)
    keys, row, group, values = groups(read, by)
    within = members(read, row, group, len(values))
    nowhere = len(read.places)
    places = nowhere + 1
    start, end = (np.where(of < 0, nowhere, of).astype(np.int64) for of in (read.origin, read.destination))
    stays = start == end
    moves = ~stays & (start < nowhere) & (end < nowhere) & ~_vague(read, start, end)
    # At the row of what is not known, in and out are the journeys with one known end.
    arrives = moves | (~stays & (end == nowhere))
    leaves = moves | (~stays & (start == nowhere))
    unsure = ~stays & ~moves

    def persons(place: NDArray[np.int64], which: NDArray[np.bool_]) -> NDArray[np.int64]:
        return within.distinct(place[row][which[row]], within.member[which[row]])

    def counted(*keys: NDArray[np.int64]) -> NDArray[np.int64]:
        return within.by_cell(each_once(np.concatenate(keys)) if len(keys) > 1 else keys[0], places)

    into, out = persons(end, arrives), persons(start, leaves)
    table = pd.DataFrame(
        {
            "group": np.repeat(np.arange(within.groups), places),
            "place": np.tile(np.append(np.asarray(read.places, dtype=object), UNKNOWN), within.groups),
            "persons": counted(persons(start, np.ones(len(read), bool)), persons(end, ~stays)),
            "persons_in": counted(into),
            "persons_out": counted(out),
            "persons_within": counted(persons(end, stays)),
            "unknown_in": counted(persons(end, unsure & (end < nowhere))),
            "unknown_out": counted(persons(start, unsure & (start < nowhere))),
            "n": counted(into, out),
        }
    )
    cells = within.group[within.member] * places
    begun, ended = cells + start[row], (cells + end[row])[~stays[row]]
    observed, legs = (
        np.bincount(begun, of[row], minlength=len(table))
        + np.bincount(ended, of[row][~stays[row]], minlength=len(table))
        for of in observed_legs(read)
    )
    with np.errstate(invalid="ignore", divide="ignore"):
        table["observed_share"] = observed / legs
    table = _balanced(table[table["persons"] > 0], confidence)
    columns = ["persons", "persons_in", "persons_out", "persons_within", "unknown_in", "unknown_out", "n", "net"]
    table = ordered(table, keys, values, ["place"])
    limits = ["balance", "balance_low", "balance_high", "confidence"]
    return table[[*keys, "place", *columns, *limits, "kind", "observed_share"]]


def _vague(read: Journeys, start: NDArray[np.int64], end: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return whether one end is the country that the other lies in."""
    country = countries(read.places)
    code, _ = pd.factorize(np.array([country[place] for place in read.places] + [""], dtype=object))
    itself = np.array([country[place] == place for place in read.places] + [False], bool)
    return (code[start] == code[end]) & (itself[start] | itself[end])


def _balanced(table: pd.DataFrame, confidence: float) -> pd.DataFrame:
    """The table with net, balance, its limits, and what kind of node each is."""
    into, out, n = (table[name].to_numpy(float) for name in ("persons_in", "persons_out", "n"))
    units = into + out
    with np.errstate(invalid="ignore", divide="ignore"):
        part = into / units
        low, high = (2 * limit - 1 for limit in _exact(part, _independent(part, units, n, confidence), confidence))
    kind = np.select(
        [(low >= -_EVEN) & (high <= _EVEN), high < 0, low > 0], [BOTH, ORIGIN, DESTINATION], NOT_DISTINGUISHABLE
    )
    nowhere = (table["place"] == UNKNOWN).to_numpy()
    balance, low, high = (np.where(nowhere, np.nan, values) for values in (2 * part - 1, low, high))
    return table.assign(
        net=table["persons_in"] - table["persons_out"],
        balance=balance,
        balance_low=low,
        balance_high=high,
        confidence=confidence,
        kind=np.where(nowhere, UNKNOWN, kind),
    )


def _independent(part: NDArray, units: NDArray, n: NDArray, confidence: float) -> NDArray[np.float64]:
    """The number of independent persons that make a part as sure as `n` who are counted `units` times, in and out."""
    both = units - n
    into, out = part * units - both, (1 - part) * units - both
    variance = (into * (1 - part) ** 2 + out * part**2 + both * (1 - 2 * part) ** 2) / units**2
    found = np.where(both > 0, np.minimum(part * (1 - part) / variance, units), units)
    # Few clusters leave the variance itself uncertain.
    of_units, of_n = (special.stdtrit(np.maximum(count - 1, 1), (1 + confidence) / 2) for count in (units, n))
    return np.where(n > 1, found * (of_units / of_n) ** 2, n)


def _exact(part: NDArray, n: NDArray, confidence: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Clopper and Pearson's limits of a part of `n`, which need not be whole numbers; missing where `n` is 0."""
    tail = (1 - confidence) / 2
    x = part * n
    low = np.where(part <= 0, 0.0, special.betaincinv(np.maximum(x, 1e-12), n - x + 1, tail))
    high = np.where(part >= 1, 1.0, special.betaincinv(x + 1, np.maximum(n - x, 1e-12), 1 - tail))
    return np.where(n > 0, low, np.nan), np.where(n > 0, high, np.nan)


@checked()
def crossings(
    stops: pd.DataFrame | Journeys,
    by: str | Sequence[str] = (),
    land_neighbours: Mapping[str, Collection[str]] | None = None,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Borders that persons are taken across, by observed legs only: one row a crossing and its places on either side.

    Where a transit is missing between two countries, nobody knows which borders lie between, and none is counted.

    Parameters
    ----------
    stops : as ``journeys`` reads them. With all places moved to their countries (``Journeys.moved_to``) there is one
        row a crossing.
    by : trait(s) of the journeys, as for ``flows``.
    land_neighbours : country -> all that it shares a border by land with (ISO 3166-1 alpha-3), such as
        ``LAND_NEIGHBOURS``. Of two countries one must be named for it to be known whether they share a border.
    confidence : level of the limits of shares.

    Returns
    -------
    DataFrame, most persons first within each group: the columns of `by`; crossing ("SYR>TUR"), exit_place, entry (the
    places on either side, "" where only the country is known); persons (distinct), n (distinct persons of the group
    with an observed crossing), share (persons / n: whoever crosses two borders counts for each), share_low,
    share_high (Wilson), confidence (level of these limits); missing_transit (distinct persons with a leg between the
    same two countries by a path that is not known, in all rows of a crossing), observed_share (of the legs between the
    two countries); share_border (whether the countries share a border by land; missing where that is not known); note
    (what to know of a crossing between countries that share none, else ""). Observed legs with an end whose country is
    not known from its code are the row "unknown"; they have no share.

    Raises
    ------
    ValueError : as ``journeys`` does; `by` names no trait.

    References
    ----------
    Wilson, E. B. (1927). Probable inference, the law of succession, and statistical inference. JASA 22, 209-212.
    """
    read = journeys(stops)
    keys, row, group, values = groups(read, by)
    within = members(read, row, group, len(values))
    to = read.arrivals
    country = countries(read.places)
    code, names = pd.factorize(np.array([country[place] for place in read.places], dtype=object))
    known = np.array([name != "" for name in names], bool)
    here, there = code[read.place[to - 1]], code[read.place[to]]
    told = known[here] & known[there]
    crosses = ~told | (here != there)
    to, told = to[crosses], told[crosses]
    # Number 0 is that of all legs with an end in no known country.
    border = np.where(told, 1 + here[crosses].astype(np.int64) * len(names) + there[crosses], 0)
    pair = np.where(told, 1 + read.place[to - 1].astype(np.int64) * len(read.places) + read.place[to], 0)
    cell, pairs = pd.factorize(pair)
    line, borders = pd.factorize(border)

    unit, member = within.of(read.journey[to], len(read))
    seen = ~read.after_gap[to][unit]
    cell, line, told = cell[unit], line[unit], told[unit]
    crossed = np.zeros(len(within.group), bool)
    crossed[member[seen & told]] = True
    persons = within.by_cell(within.distinct(cell[seen], member[seen]), len(pairs))
    lost = within.by_cell(within.distinct(line[~seen], member[~seen]), len(borders))
    legs, observed = (
        np.bincount(within.group[member[of]] * len(borders) + line[of], minlength=len(lost))
        for of in (np.ones(len(seen), bool), seen)
    )
    table = pd.DataFrame(
        {
            "group": np.repeat(np.arange(within.groups), len(pairs)),
            "cell": np.tile(np.arange(len(pairs)), within.groups),
            "persons": persons,
        }
    )
    table = table[table["persons"] > 0].assign(n=lambda rows: within.count(crossed)[rows["group"]])
    line_of = np.zeros(len(pairs), np.int64)
    line_of[cell] = line
    at = table["group"].to_numpy() * len(borders) + line_of[table["cell"]]
    table["missing_transit"], table["observed_share"] = lost[at], observed[at] / legs[at]
    table = _named(table, read, np.asarray(pairs)[table["cell"]], country)
    is_border = table["crossing"] != UNKNOWN
    part, n = table["persons"].where(is_border), table["n"].where(is_border)
    table["share"] = part / n
    table["share_low"], table["share_high"] = intervals.wilson(part, part, n, confidence)
    table["confidence"] = confidence
    table = _beside(table, land_neighbours or {})
    table = ordered(table, keys, values, ["crossing", "exit_place", "entry"])
    shares = ["share", "share_low", "share_high", "confidence"]
    columns = ["persons", "n", *shares, "missing_transit", "observed_share", "share_border"]
    return table[[*keys, "crossing", "exit_place", "entry", *columns, "note"]]


def _named(table: pd.DataFrame, read: Journeys, pair: NDArray[np.int64], country: Mapping[str, str]) -> pd.DataFrame:
    """The table with the crossing of each pair of places, and the places where they are finer than countries."""
    ids = np.asarray(read.places, dtype=object)
    told = pair > 0
    start, end = ((ids[code] if len(ids) else ids) for code in np.divmod(np.maximum(pair - 1, 0), max(len(ids), 1)))
    names = [
        (f"{country[one]}>{country[other]}", _finer(one, country), _finer(other, country))
        if known
        else (UNKNOWN, "", "")
        for one, other, known in zip(start, end, told, strict=True)
    ]
    return table.assign(
        **{name: [row[number] for row in names] for number, name in enumerate(("crossing", "exit_place", "entry"))}
    )


def _finer(place: str, country: Mapping[str, str]) -> str:
    return "" if place == country[place] else place


def _beside(table: pd.DataFrame, land_neighbours: Mapping[str, Collection[str]]) -> pd.DataFrame:
    """The table with whether the countries of each crossing share a border, and a note where they share none."""
    beside: list[bool | None] = []
    notes = []
    for crossing in table["crossing"]:
        one, _, other = crossing.partition(">")
        of = [(land_neighbours[here], there) for here, there in ((one, other), (other, one)) if here in land_neighbours]
        share = any(name in neighbours for neighbours, name in of) if of else None
        beside.append(share)
        notes.append(
            f"{one} and {other} share no border by land: other borders were crossed in between, or air or sea."
            if share is False
            else ""
        )
    return table.assign(share_border=pd.array(beside, dtype="boolean"), note=notes)
