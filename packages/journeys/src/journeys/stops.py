"""Journeys read once for all that is measured of them: ordered stops with known places, and where something is missing.

Stops are the truth. A stop whose place is not known, a number that is left out in `seq`, and a source that does not ask
for transit leave a gap: the stops on either side of it are in order, and not known to be next to each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bounded.arguments import checked, table
from bounded.notebook_result import NotebookResult
from bounded.refusal import Refusal, require_columns, require_known

# With fewer persons there is no comparison.
FEWEST_PERSONS = 10


class TooFewJourneys(Refusal):
    """There are too few persons with journeys for what was asked; the message says how many, and what would help."""


ROLES = ("origin", "recruitment", "transit", "exploitation", "detection", "return")
# Where a person was found, or was brought back to, is no part of the path into exploitation.
NO_ROUTE_STOPS = ("detection", "return")
UNKNOWN = "unknown"
# What stands in place of a place that is not known.
NOWHERE = ("", UNKNOWN)
COLUMNS = ("journey_id", "seq", "place_id", "role")
# What a table of stops has beside these and the columns of dates are traits of its journeys.
_OF_STOPS = (*COLUMNS, "date_low", "date_high", "date_precision", "confidence", "mode", "person_id", "transit_asked")
_ROLE = {role: code for code, role in enumerate(ROLES)}
_LATEST = np.iinfo(np.int64).max
_BEGINS = (_ROLE["origin"], _ROLE["recruitment"])


@dataclass(frozen=True, eq=False)
class Journeys(NotebookResult):
    """The route stops of journeys, as arrays: those with a known place, one journey after the other.

    Parameters
    ----------
    ids : id of each journey.
    person : number of the person it is of, from 0.
    persons : how many persons there are.
    begin : where the stops of each journey begin, and where the last ends; one more than journeys.
    place, role : of each stop, its place among `places` and ``ROLES``.
    after_gap : of each stop, whether something is missing between it and the stop before it.
    origin, destination : of each journey, its place among `places`; -1 where it is not known.
    mode : of each stop, how the person came there, "" where it is not stated; None if no stop says so.
    places : ids of places.
    traits : one row a journey: its dates (date_low, date_high), and what else the table had.
    """

    ids: pd.Index
    person: NDArray[np.int64]
    persons: int
    begin: NDArray[np.int64]
    place: NDArray[np.int32]
    role: NDArray[np.int8]
    after_gap: NDArray[np.bool_]
    origin: NDArray[np.int32]
    destination: NDArray[np.int32]
    mode: pd.Categorical | None
    places: pd.Index
    traits: pd.DataFrame

    def __repr__(self) -> str:
        """The numbers of journeys, persons, stops and places: no person's journey is printed."""
        return self._in_short()

    def _shown(self) -> dict[str, object]:
        return {"journeys": len(self), "persons": self.persons, "stops": len(self.place), "places": len(self.places)}

    def __len__(self) -> int:
        return len(self.ids)

    @cached_property
    def journey(self) -> NDArray[np.int64]:
        """Number of the journey that each stop is of."""
        return np.repeat(np.arange(len(self)), np.diff(self.begin))

    @cached_property
    def arrivals(self) -> NDArray[np.int64]:
        """The stops that a leg leads to: all but the first of each journey."""
        later = np.ones(len(self.place), bool)
        later[self.begin[:-1][np.diff(self.begin) > 0]] = False
        return np.flatnonzero(later)

    @property
    def known_ends(self) -> NDArray[np.bool_]:
        """Return of each journey whether its origin and its destination are known."""
        return (self.origin >= 0) & (self.destination >= 0)

    @cached_property
    def ends(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Stops that are the origin and the destination of each journey; -1 where they are not known."""
        journey = self.journey
        begins = np.isin(self.role, _BEGINS)
        others = np.concatenate([[0], np.cumsum(~begins)])
        first = begins & (others[1:] == others[self.begin[:-1]][journey]) & (self.place == self.origin[journey])
        last = (self.role == _ROLE["exploitation"]) & (self.place == self.destination[journey])
        start, end = np.full((2, len(self)), -1)
        # Recruitment is the origin only where no stop has that role.
        for chosen in (first, first & (self.role == _ROLE["origin"])):
            start[journey[chosen]] = np.flatnonzero(chosen)
        end[journey[last]] = np.flatnonzero(last)
        return start, end

    @cached_property
    def whole(self) -> NDArray[np.bool_]:
        """Return of each journey whether origin, destination and all legs between are known."""
        start, end = self.ends
        to = self.arrivals
        journey = self.journey[to]
        between = (to > start[journey]) & (to <= end[journey])
        gaps = np.bincount(journey, self.after_gap[to] & between, minlength=len(self))
        return (start >= 0) & (end >= 0) & (gaps == 0)

    def chosen(self, mask: NDArray[np.bool_]) -> Journeys:
        """The journeys of a mask; persons are numbered anew, places are not."""
        sizes = np.diff(self.begin)
        stops = np.repeat(mask, sizes)
        person, found = pd.factorize(self.person[mask])
        return replace(
            self,
            ids=self.ids[mask],
            person=person,
            persons=len(found),
            begin=np.concatenate([[0], np.cumsum(sizes[mask])]),
            place=self.place[stops],
            role=self.role[stops],
            after_gap=self.after_gap[stops],
            origin=self.origin[mask],
            destination=self.destination[mask],
            mode=None if self.mode is None else self.mode[stops],
            traits=self.traits[mask].reset_index(drop=True),
        )

    def touching(self, place: int) -> Journeys:
        """The journeys with a stop at a place, given by its number among `places`."""
        return self.chosen(np.bincount(self.journey[self.place == place], minlength=len(self)) > 0)

    def moved_to(self, nodes: Mapping[str, str]) -> Journeys:
        """The same journeys between other nodes: `nodes` maps ids of places; a place that it does not name stays."""
        names = np.array([nodes.get(place, place) for place in self.places], dtype=object)
        for place, node in zip(self.places, names, strict=True):
            if not isinstance(node, str) or node in NOWHERE:
                raise Refusal(
                    "missing_node", f"Place {place} counts for no node: name one, or leave it out, and it stays itself."
                )
        _check_ids(names)
        code, places = pd.factorize(names)
        of = np.append(code, -1).astype(np.int32)  # what is not known (-1) stays so
        moved = replace(self, place=of[self.place], origin=of[self.origin], destination=of[self.destination])
        return replace(moved, places=pd.Index(places, dtype=object))


def _stops(name: str, value: Any) -> pd.DataFrame | Journeys:
    """Stops as an argument: a table of them, or journeys that were read from one."""
    return value if isinstance(value, Journeys) else table(name, value)


@checked(stops=_stops)
def journeys(stops: pd.DataFrame | Journeys, nodes: Mapping[str, str] | None = None) -> Journeys:
    """Read a table of stops; what has been read is returned as it is.

    Parameters
    ----------
    stops : one row a stop: journey_id, seq (whole numbers; one left out between two is a stop that is not known, and
        nothing is taken to lie before the first, whatever its number), place_id ("", "unknown" or missing: not known;
        blanks around it count for nothing), role (one of ``ROLES``). Optional: person_id ("", "unknown", missing or no
        such column: a person of its own), date_low, date_high, mode (how the person came to the stop), transit_asked
        (False where the source does not ask for transit, so that a path without any is not a direct one; missing:
        False. Of a source that asks, a path without any is direct, also if the question was left open: the two look the
        same). All other columns are traits of the journey, such as year, sex or form, and are the same in all its rows.
    nodes : place_id -> the node that it counts for; see ``levels``. Places that are not named stay as they are.

    Returns
    -------
    Journeys : in the order of journey_id's first appearance. Its origin is the place of the last stop of role origin
        or, without one, recruitment that comes before any other; its destination that of the last stop of role
        exploitation. Whoever was found on the path has none, and the destination is not known.

    Raises
    ------
    ValueError : a column is missing; a role is not one of ``ROLES``; two stops of a journey have one number; rows of
        a journey contradict each other in a trait, or in the person; a place counts for no node, or its id has a ">" or
        is "?", with which paths are written; a date_low is after its date_high. The message names the journey and the
        column, or the place.
    """
    if isinstance(stops, Journeys):
        return stops.moved_to(nodes) if nodes else stops
    table = _checked(stops)
    journey, ids = pd.factorize(table["journey_id"])
    seq = table["seq"].to_numpy(np.int64)
    if not _in_order(journey, seq):
        order = np.lexsort((seq, journey))
        table, journey, seq = table.iloc[order], journey[order], seq[order]
    first = np.flatnonzero(np.diff(journey, prepend=-1))
    twice = np.flatnonzero((np.diff(seq) == 0) & (np.diff(journey) == 0))
    if len(twice):
        raise Refusal(
            "duplicate_seq",
            f"Journey {ids[journey[twice[0]]]} has two stops with seq {seq[twice[0]]}, so their order is not known.",
        )
    role = _roles(table["role"], journey, ids)
    place, places = _codes(table["place_id"])
    _check_ids(places)
    asked = _asked(table, journey, first, ids)
    # Whether numbers are left out before a stop; the first of a journey may have any number.
    left_out = (np.diff(seq, prepend=0) > 1) & (np.diff(journey, prepend=-1) == 0)

    route = ~np.isin(role, [_ROLE[name] for name in NO_ROUTE_STOPS])
    known = route & (place >= 0)
    # What is missing since the last known stop: unknown stops, and numbers left out.
    gaps = np.cumsum(left_out + (route & (place < 0)).astype(int))[known]
    of_stop = journey[known]
    after_gap = np.diff(gaps, prepend=0) > 0
    if asked is not None:
        after_gap |= ~asked[of_stop]
    after_gap &= np.diff(of_stop, prepend=-1) == 0  # nothing lies before the first stop of a journey
    begin = np.concatenate([[0], np.cumsum(np.bincount(of_stop, minlength=len(ids)))])
    origin, destination = _ends(journey, first, role, place, route, left_out)
    person, persons = _persons(table, first, journey, ids)
    found = Journeys(
        ids=pd.Index(ids),
        person=person,
        persons=persons,
        begin=begin,
        place=place[known].astype(np.int32),
        role=role[known],
        after_gap=after_gap,
        origin=origin,
        destination=destination,
        mode=_modes(table, known),
        places=places,
        traits=_traits(table, journey, first, ids),
    )
    return found.moved_to(nodes) if nodes else found


def _checked(stops: pd.DataFrame) -> pd.DataFrame:
    require_columns(stops, COLUMNS, "stops")
    require_known(stops, ["journey_id", "seq"], ", so it belongs nowhere")
    seq = stops["seq"].to_numpy()
    if not np.issubdtype(seq.dtype, np.integer):
        broken = pd.to_numeric(stops["seq"], errors="coerce")
        odd = (broken.isna() | (broken % 1 != 0)).to_numpy()
        if odd.any():
            where = stops[odd].iloc[0]
            raise Refusal(
                "not_whole_number",
                f"Journey {where['journey_id']} has the seq {where['seq']}: give whole numbers from 1 up.",
            )
        stops = stops.assign(seq=broken.astype(np.int64))
    return stops


def _in_order(journey: NDArray, seq: NDArray) -> bool:
    step = np.diff(journey)
    return bool(((step > 0) | ((step == 0) & (np.diff(seq) >= 0))).all())


def _roles(column: pd.Series, journey: NDArray, ids: pd.Index) -> NDArray[np.int8]:
    code, names = pd.factorize(column)
    of = np.array([_ROLE.get(name, -1) for name in names] + [-1], np.int8)  # the last one is for what is missing
    role = of[code]
    strange = np.flatnonzero(role < 0)
    if len(strange):
        name = column.iloc[strange[0]]
        said = "no role" if code[strange[0]] < 0 else f"the role '{name}'"
        raise Refusal(
            "unknown_role", f"Journey {ids[journey[strange[0]]]} has a stop with {said}: use one of {', '.join(ROLES)}."
        )
    return role


def _codes(column: pd.Series) -> tuple[NDArray[np.int32], pd.Index]:
    """Codes of places and their ids in order; -1 where the place is not known."""
    code, names = pd.factorize(column)
    said = np.array([str(name).strip() for name in names], dtype=object)
    places = np.unique(said[~np.isin(said, NOWHERE)]) if len(said) else said
    of = {place: number for number, place in enumerate(places)}
    lookup = np.array([of.get(name, -1) for name in said] + [-1], np.int32)
    return lookup[code], pd.Index(places, dtype=object)


def _check_ids(ids: Iterable[str]) -> None:
    """Raise ValueError where an id could not be told from what is written between places in a path."""
    for name in ids:
        if ">" in name or name == "?":
            raise Refusal(
                "invalid_id",
                f"The place '{name}' cannot be told from what stands between places in a path, as in SYR>?>TR-27: "
                'give it an id without ">"; where a place is not known, leave place_id empty.',
            )


def _asked(table: pd.DataFrame, journey: NDArray, first: NDArray, ids: pd.Index) -> NDArray[np.bool_] | None:
    if "transit_asked" not in table:
        return None
    said = _constant(table["transit_asked"], journey, first, ids).astype(object)
    said = said.where(said.notna(), False)
    strange = np.flatnonzero(~said.isin([True, False]))
    if len(strange):
        raise Refusal(
            "not_boolean",
            f"Journey {ids[strange[0]]} has the transit_asked '{said[strange[0]]}': it must be True or False.",
        )
    return said.to_numpy(dtype=bool)


def _ends(
    journey: NDArray, first: NDArray, role: NDArray, place: NDArray, route: NDArray, left_out: NDArray
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Origin and destination of each journey, -1 where they are not known."""
    ends = []
    begins = route & np.isin(role, _BEGINS)
    # Recruitment on the path, after transit, exploitation or a stop that is left out, is no origin.
    others = np.concatenate([[0], np.cumsum((route & ~begins) | left_out)])
    begins &= others[1:] == others[first][journey]
    named = begins & (role == _ROLE["origin"])
    has_origin = np.bincount(journey[named], minlength=len(first)) > 0
    for chosen in (np.where(has_origin[journey], named, begins), role == _ROLE["exploitation"]):
        end = np.full(len(first), -1, np.int32)
        rows = np.flatnonzero(chosen)
        end[journey[rows]] = place[rows]  # of several, the last one stays
        ends.append(end)
    return ends[0], ends[1]


def _persons(table: pd.DataFrame, first: NDArray, journey: NDArray, ids: pd.Index) -> tuple[NDArray[np.int64], int]:
    """A number for each journey's person; a journey whose person is not stated is one of its own."""
    if "person_id" not in table:
        return np.arange(len(ids)), len(ids)
    named = _constant(table["person_id"], journey, first, ids)
    code, names = pd.factorize(named.where(named.notna() & ~named.isin(NOWHERE)))
    alone = code < 0
    code = code.astype(np.int64)
    code[alone] = len(names) + np.arange(alone.sum())
    return code, len(names) + int(alone.sum())


def _modes(table: pd.DataFrame, known: NDArray[np.bool_]) -> pd.Categorical | None:
    if "mode" not in table:
        return None
    return pd.Categorical(table["mode"][known].astype("object").fillna(""))


def _traits(table: pd.DataFrame, journey: NDArray, first: NDArray, ids: pd.Index) -> pd.DataFrame:
    traits = {}
    dates = {name: pd.to_datetime(table[name]) for name in ("date_low", "date_high") if name in table and len(table)}
    if len(dates) == 2 and (wrong := np.flatnonzero(dates["date_low"] > dates["date_high"])).size:
        raise Refusal(
            "dates_reversed", f"Journey {ids[journey[wrong[0]]]} has a stop whose date_low is after its date_high."
        )
    dated = np.logical_or.reduce([of.notna().to_numpy() for of in dates.values()])
    for name, of in dates.items():
        reduce, empty = (np.minimum, _LATEST) if name == "date_low" else (np.maximum, -_LATEST)
        unknown = of.isna().to_numpy()
        days = reduce.reduceat(np.where(unknown, empty, of.to_numpy("datetime64[s]").astype(np.int64)), first)
        # A stop without any date says nothing; one without this bound may lie beyond those of the others.
        none = np.logical_and.reduceat(unknown, first) | np.logical_or.reduceat(unknown & dated, first)
        traits[name] = pd.Series(days.astype("datetime64[s]")).mask(none)
    for name in table.columns:
        if name not in _OF_STOPS:
            traits[name] = _constant(table[name], journey, first, ids)
    return pd.DataFrame(traits, index=range(len(ids)))


def _constant(column: pd.Series, journey: NDArray, first: NDArray, ids: pd.Index) -> pd.Series:
    """The value of each journey; raises ValueError where its rows have two."""
    code, _ = pd.factorize(column)
    differs = np.flatnonzero((np.diff(code) != 0) & (np.diff(journey) == 0))
    if len(differs):
        raise Refusal(
            "contradictory_rows",
            f"Journey {ids[journey[differs[0]]]} has two values of {column.name}: it describes the journey, so all its "
            "stops must have the same.",
        )
    return column.iloc[first].reset_index(drop=True)
