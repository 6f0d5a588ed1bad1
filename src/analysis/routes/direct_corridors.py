"""Direct corridors: whether a leg from one place to the next is as direct as it is on record."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis import intervals
from analysis.routes.flows import groups, ordered
from analysis.routes.journeys import Journeys, journeys
from analysis.routes.passed import among, each_once, members, place_among

PERSONS_AT_ONCE = 50_000
VERDICTS = ("direct on record", "direct for some", "contradicted", "not known to be direct")


def direct_corridors(stops: pd.DataFrame | Journeys, by: str | Sequence[str] = ()) -> pd.DataFrame:
    """Whether a corridor is direct, or looks so because transit was left out: one row a pair of places with a leg.

    A leg A>B is observed where nothing is missing between the two stops. Two things speak against it: other persons
    whose observed ways lead from A to B over places in between, and, which weighs more, the same person on another
    list with such places.

    Parameters
    ----------
    stops : as ``journeys`` reads them; all journeys of a person, not only the fullest.
    by : trait(s) of the journeys, as for ``flows``.

    Returns
    -------
    DataFrame, most persons first within each group: the columns of `by`; from_place, to_place; persons (distinct, with
    a leg, observed or not, or observed stretch from one to the other), of whom each is one of: direct (on each record
    that shows it the leg is direct), through (an observed stretch leads over other places), missing_transit (only by a
    way that is not known); contradicted (of those in `through`: direct on another record); share (direct / (direct +
    through)), low, high (Wilson, 95 %); bound_low, bound_high : the share of all persons if all, or none, of the
    unknown ways lead over other places; verdict, one of ``VERDICTS``; observed_share (of the legs between the two).

    Raises
    ------
    ValueError : as ``journeys`` does; `by` names no trait.

    Notes
    -----
    A stop that is left out makes no direct leg as long as the record shows that something is missing: a place that is
    "", a number left out in `seq`, or a list that does not ask for transit make the leg `missing_transit`. Rows that
    are deleted with `seq` numbered anew, or never written on a list that asks, leave no trace: nobody can tell such a
    way from a direct one, except where another record of the same person has the stop. `contradicted` is then all that
    shows it. Who went over other places that are known, with a transit missing as well, is `missing_transit` if a leg
    joins the two, and else in no number: of several places that a report names the order is not known.

    References
    ----------
    Wilson, E. B. (1927). Probable inference, the law of succession, and statistical inference. JASA 22, 209-212.
    Manski, C. F. (1990). Nonparametric bounds on treatment effects. American Economic Review 80(2), 319-323.
    """
    read = journeys(stops)
    keys, row, group, values = groups(read, by)
    numbers = max(len(values), 1)
    places = max(len(read.places), 1)
    to = _moves(read)
    pairs = each_once(read.place[to - 1].astype(np.int64) * places + read.place[to])
    # Persons in parts, each small enough to be sorted quickly, and on two cores at once; nobody is in two of them.
    part_of = (read.person // PERSONS_AT_ONCE)[row] if len(row) else row

    def counted(part: int) -> NDArray[np.int64]:
        here = part_of == part
        mask = np.zeros(len(read), bool)
        mask[row[here]] = True
        return _counted(read.chosen(mask), (np.cumsum(mask) - 1)[row[here]], group[here], numbers, pairs)

    with ThreadPoolExecutor(2) as pool:
        parts = pool.map(counted, range(-(-read.persons // PERSONS_AT_ONCE)))
        counts = sum(parts, np.zeros((6, numbers * len(pairs)), np.int64))
    direct, through, unknown, contradicted, legs, missing = counts
    known, everyone = direct + through, direct + through + unknown
    low, high = intervals.wilson(direct, direct, known)
    start, end = np.divmod(pairs, places)
    ids = np.asarray(read.places, dtype=object)
    with np.errstate(invalid="ignore", divide="ignore"):
        table = pd.DataFrame(
            {
                "group": np.repeat(np.arange(numbers), len(pairs)),
                "from_place": np.tile(ids[start], numbers),
                "to_place": np.tile(ids[end], numbers),
                "persons": everyone,
                "direct": direct,
                "through": through,
                "missing_transit": unknown,
                "contradicted": contradicted,
                "share": direct / known,
                "low": low,
                "high": high,
                "bound_low": direct / everyone,
                "bound_high": (direct + unknown) / everyone,
                "verdict": np.select(
                    [(direct > 0) & (contradicted == 0), direct > 0, contradicted > 0], VERDICTS[:3], VERDICTS[3]
                ),
                "observed_share": 1 - missing / legs,
            }
        )
    table = ordered(table[legs > 0], keys, values, ["from_place", "to_place"])
    return table[[*keys, *(name for name in table if name not in (*keys, "group"))]]


def _moves(read: Journeys) -> NDArray[np.int64]:
    """The stops that a leg between two places leads to."""
    to = read.arrivals
    return to[read.place[to] != read.place[to - 1]]


def _counted(
    read: Journeys, row: NDArray[np.int64], group: NDArray[np.int64], numbers: int, pairs: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Of each group and pair: persons direct, through, by an unknown way and contradicted; legs, and those missing."""
    within = members(read, row, group, numbers)
    places = max(len(read.places), 1)
    to = _moves(read)
    leg = read.place[to - 1].astype(np.int64) * places + read.place[to]
    cell, journey, gap = place_among(leg, pairs, places * places), read.journey[to], read.after_gap[to]
    on_way = journey * len(pairs) + cell
    through = _stretches(read, pairs, each_once(on_way[~gap]))

    def persons(of: NDArray[np.int64]) -> NDArray[np.int64]:
        of_journey, of_cell = np.divmod(of, max(len(pairs), 1))
        unit, member = within.of(of_journey, len(read))
        return within.distinct(of_cell[unit], member)

    went, over, lost = persons(on_way[~gap]), persons(through), persons(on_way[gap])
    contradicts = among(went, over)
    neither = lost[~among(lost, over) & ~among(lost, went)]
    unit, member = within.of(journey, len(read))
    at = within.group[member] * len(pairs) + cell[unit]
    legs = [np.bincount(at, of, minlength=within.groups * len(pairs)) for of in (None, gap[unit])]
    kinds = (went[~contradicts], over, neither, went[contradicts])
    return np.vstack([*(within.by_cell(of, len(pairs)) for of in kinds), *legs]).astype(np.int64)


def _stretches(read: Journeys, pairs: NDArray[np.int64], direct: NDArray[np.int64]) -> NDArray[np.int64]:
    """Observed stretches over other places between those of a pair: journey * pairs + pair, each once, in order.

    Not those of `direct`: whoever goes from A to B directly and, on the same way, over others goes directly all the
    same.
    """
    places = max(len(read.places), 1)
    place, journey = read.place.astype(np.int64), read.journey
    gaps = np.cumsum(read.after_gap)
    first = np.arange(len(place))
    found: list[NDArray[np.int64]] = []
    if not len(pairs):
        return np.zeros(0, np.int64)
    for apart in range(2, int(np.diff(read.begin).max(initial=0))):
        first = first[: np.searchsorted(first, len(place) - apart)]
        # What is cut off after so many stops is so after more.
        first = first[(journey[first] == journey[first + apart]) & (gaps[first] == gaps[first + apart])]
        at = place_among(place[first] * places + place[first + apart], pairs, places * places)
        ours = at >= 0
        key = journey[first[ours]] * len(pairs) + at[ours]
        found.append(key[~among(key, direct)])
    return each_once(np.concatenate(found)) if found else np.zeros(0, np.int64)
