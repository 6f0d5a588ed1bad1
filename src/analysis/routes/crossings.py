"""Border crossings: which borders persons are taken across, and where, as far as it was observed."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis import intervals
from analysis.routes.flows import groups, ordered
from analysis.routes.journeys import UNKNOWN, Journeys, journeys
from analysis.routes.levels import countries
from analysis.routes.passed import members


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
    95 %); missing_transit (distinct persons with a leg between the same two countries by a way that is not known, in
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
