"""Balance of nodes (taken from or to), and border crossings.

Balance of nodes: whether more persons are taken from a place or to it, as far as few persons can tell.

Border crossings: which borders persons are taken across, and where, as far as it was observed.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special

from bounded import intervals
from journeys.flows import groups, ordered
from journeys.legs import countries, observed_legs
from journeys.stops import UNKNOWN, Journeys, journeys
from journeys.transit import each_once, members

ORIGIN, DESTINATION, BOTH, NOT_DISTINGUISHABLE = KINDS = ("origin", "destination", "both", "not distinguishable")
# Within these limits neither direction has more than twice as many persons as the other.
_EVEN = 1 / 3


def node_balance(
    stops: pd.DataFrame | Journeys, by: str | Sequence[str] = (), confidence: float = 0.95
) -> pd.DataFrame:
    """Whether more persons are taken from a place or to it: one row a place where journeys begin or end.

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
    only out, 1 only in), low, high; kind; observed_share (of the legs of the journeys that begin or end there).
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
    intervals.check_confidence(confidence)
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
    return table[[*keys, "place", *columns, "balance", "low", "high", "kind", "observed_share"]]


def _vague(read: Journeys, start: NDArray[np.int64], end: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether one end is the country that the other lies in."""
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
        low=low,
        high=high,
        kind=np.where(nowhere, UNKNOWN, kind),
    )


def _independent(part: NDArray, units: NDArray, n: NDArray, confidence: float) -> NDArray[np.float64]:
    """How many independent persons would make a part as sure as `n` that are counted `units` times, in and out."""
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


def crossings(
    stops: pd.DataFrame | Journeys,
    by: str | Sequence[str] = (),
    land_neighbours: Mapping[str, Collection[str]] | None = None,
) -> pd.DataFrame:
    """Which borders persons are taken across, of observed legs only: one row a crossing and its places on either side.

    Where a transit is missing between two countries, nobody knows which borders lie between, and none is counted.

    Parameters
    ----------
    stops : as ``journeys`` reads them. With all places moved to their countries (``Journeys.moved_to``) there is one
        row a crossing.
    by : trait(s) of the journeys, as for ``flows``.
    land_neighbours : country -> all that it shares a border by land with (ISO 3166-1 alpha-3), such as
        ``scope.LAND_NEIGHBOURS``. Of two countries one must be named for it to be known whether they share a border.

    Returns
    -------
    DataFrame, most persons first within each group: the columns of `by`; crossing ("SYR>TUR"), exit_place, entry (the
    places on either side, "" where only the country is known); persons (distinct), n (distinct persons of the group
    with an observed crossing), share (persons / n: whoever crosses two borders counts for each), low, high (Wilson,
    95 %); missing_transit (distinct persons with a leg between the same two countries by a path that is not known, in
    all rows of a crossing), observed_share (of the legs between the two countries); share_border (whether the
    countries share a border by land; missing where that is not known); note (what to know of a crossing between
    countries that share none, else "").
    Observed legs with an end whose country is not known from its code are the row "unknown"; they have no share.

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
    table["low"], table["high"] = intervals.wilson(part, part, n)
    table = _beside(table, land_neighbours or {})
    table = ordered(table, keys, values, ["crossing", "exit_place", "entry"])
    columns = ["persons", "n", "share", "low", "high", "missing_transit", "observed_share", "share_border", "note"]
    return table[[*keys, "crossing", "exit_place", "entry", *columns]]


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
