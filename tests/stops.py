"""Stops of journeys for tests: written as ways, written by hand, drawn at random; and their legs in plain Python."""

from __future__ import annotations

import pandas as pd
from hypothesis import strategies as st

from journeys import MISSING_TRANSIT, OBSERVED, legs

COLUMNS = ["journey_id", "seq", "place_id", "role"]


def rows(*stops: tuple) -> pd.DataFrame:
    """Rows of (journey_id, seq, place_id, role)."""
    return pd.DataFrame(stops, columns=COLUMNS)


def on(*ways: str | tuple[str, str], **traits: object) -> pd.DataFrame:
    """One journey a way ("A>?>B": from A to B, by a place that is not known), or a way and the person who went it."""
    found = []
    for number, way in enumerate(ways):
        way, person = way if isinstance(way, tuple) else (way, f"p{number}")
        places = way.split(">")
        for seq, place in enumerate(places, start=1):
            role = "origin" if seq == 1 else "exploitation" if seq == len(places) else "transit"
            found.append((f"j{number}", seq, "" if place == "?" else place, role, person))
    return pd.DataFrame(found, columns=[*COLUMNS, "person_id"]).assign(**traits)


def the_row(table: pd.DataFrame, **where: object) -> pd.Series:
    """The one row with these values."""
    chosen = table[(table[list(where)] == pd.Series(where)).all(axis=1)]
    assert len(chosen) == 1
    return chosen.iloc[0]


def legs_as_written(stops: pd.DataFrame) -> list[str]:
    """Legs as "A>B", or "A?B" where a transit is missing."""
    found = legs(stops)
    sign = found["gap"].map({OBSERVED: ">", MISSING_TRANSIT: "?"}).astype(str)
    return (found["from_place"].astype(str) + sign + found["to_place"].astype(str)).tolist()


@st.composite
def journeys(draw: st.DrawFn, places: str = "ABCD", longest: int = 6, gaps: bool = True) -> pd.DataFrame:
    """Some journeys of a few persons: an origin, transit through places that may repeat, and mostly an exploitation.

    With `gaps`, places may be unknown, numbers left out, and sources may not ask for transit.
    """
    found = []
    for number in range(draw(st.integers(1, 8))):
        seq, asked = draw(st.integers(1, 3)), draw(st.sampled_from([True, True, True, not gaps]))
        person, year = f"p{draw(st.integers(0, 4))}", draw(st.sampled_from([2020, 2021]))
        length = draw(st.integers(1, longest))
        last = draw(st.sampled_from(["exploitation", "exploitation", "transit", "detection"]))
        roles = ["origin", *["transit"] * (length - 2), last][:length]
        for role in roles:
            place = draw(st.sampled_from([*places, ""] if gaps else list(places)))
            found.append((f"j{number}", seq, place, role, person, year, asked))
            seq += draw(st.sampled_from([1, 1, 1, 2])) if gaps else 1
    return pd.DataFrame(found, columns=[*COLUMNS, "person_id", "year", "transit_asked"])


def legs_of(stops: pd.DataFrame) -> list[tuple[str, str, str, bool]]:
    """The legs in plain Python: journey, from, to, whether something may be missing between."""
    found = []
    for journey in dict.fromkeys(stops["journey_id"]):
        mine = sorted(stops[stops["journey_id"] == journey].to_dict("records"), key=lambda stop: stop["seq"])
        last, number, doubt = None, mine[0]["seq"] - 1, False
        for stop in mine:
            doubt |= stop["seq"] != number + 1
            number = stop["seq"]
            if stop["role"] in ("detection", "return"):
                continue
            if stop["place_id"] == "":
                doubt = True
                continue
            if last is not None:
                found.append((journey, last, stop["place_id"], doubt or not stop.get("transit_asked", True)))
            last, doubt = stop["place_id"], False
    return found


def corridors_of(stops: pd.DataFrame, support: int) -> dict[str, int]:
    """Maximal corridors and their persons, by looking at every part of every journey."""
    frequent = {chain: count for chain, count in corridors_with_parts(stops).items() if count >= support}
    return {
        ">".join(chain): persons
        for chain, persons in frequent.items()
        if not any(part_of(chain, other) for other in frequent if other != chain)
    }


def corridors_with_parts(stops: pd.DataFrame) -> dict[tuple[str, ...], int]:
    """The persons of every sequence of places, maximal or not, by looking at every part of every journey."""
    person = stops.drop_duplicates("journey_id").set_index("journey_id")["person_id"].to_dict()
    chains: dict[str, list[list[str]]] = {}
    for journey, here, there, missing in legs_of(stops):
        of_journey = chains.setdefault(journey, [[here]])
        if missing:
            of_journey.append([there])
        elif there != of_journey[-1][-1]:
            of_journey[-1].append(there)
    went: dict[tuple[str, ...], set[str]] = {}
    for journey, of_journey in chains.items():
        for chain in of_journey:
            for start in range(len(chain)):
                for end in range(start + 2, len(chain) + 1):
                    went.setdefault(tuple(chain[start:end]), set()).add(person[journey])
    return {chain: len(who) for chain, who in went.items()}


def part_of(chain: tuple[str, ...], other: tuple[str, ...]) -> bool:
    return any(other[at : at + len(chain)] == chain for at in range(len(other) - len(chain) + 1))
