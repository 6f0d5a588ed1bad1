"""Which place lies in which: codes of places and their countries, and the nodes between which a study's routes run.

A place counts for the node it lies in, and never for one below it: "somewhere in Türkiye" is no province.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from functools import cache

import pandas as pd

from analysis.refusal import Refusal

# From the finest to the coarsest.
LEVELS = ("point", "municipality", "island", "province", "country", "unknown")
ABROAD = "abroad"


def country_of(place_id: str) -> str:
    """The country of a place by its code, ISO 3166-1 alpha-3; "" where the code does not tell.

    Understood are countries (SYR), their subdivisions (TR-27, CV-PR: ISO 3166-2), and codes of a project's own that
    begin with those of the country (CPV-SAL).
    """
    head = place_id.partition("-")[0]
    if len(head) == 2:
        return _alpha_3().get(head, "")
    return head if head in _countries() else ""


@cache
def _alpha_3() -> dict[str, str]:
    import pycountry

    return {country.alpha_2: country.alpha_3 for country in pycountry.countries}


@cache
def _countries() -> frozenset[str]:
    return frozenset(_alpha_3().values())


def at_level(places: pd.DataFrame, level: str) -> dict[str, str]:
    """The node of each place at a level: the place that it lies in, or itself where it is no finer.

    Parameters
    ----------
    places : place_id, level (one of ``LEVELS``), parent_id (the next coarser place it lies in; "" or missing: none).
    level : the level that nodes shall have.

    Returns
    -------
    place_id -> node. A place that is coarser than `level`, or has nothing above it at that level, is a node of its own.

    Raises
    ------
    ValueError : `level` or that of a place is not one of ``LEVELS``; a parent is not in the table, or is not coarser.
    """
    if level not in LEVELS:
        raise Refusal("unknown_choice", f"There is no level '{level}': it must be one of {', '.join(LEVELS)}.")
    rank = {name: number for number, name in enumerate(LEVELS)}
    strange = places[~places["level"].isin(LEVELS)]
    if len(strange):
        where = strange.iloc[0]
        raise Refusal(
            "unknown_level",
            f"Place {where['place_id']} has the level '{where['level']}': use one of {', '.join(LEVELS)}.",
        )
    levels = dict(zip(places["place_id"], places["level"].map(rank), strict=True))
    parents = {
        place: parent
        for place, parent in zip(places["place_id"], places["parent_id"], strict=True)
        if isinstance(parent, str) and parent
    }
    for place, parent in parents.items():
        if levels.get(parent, -1) <= levels[place]:
            why = "is not in the table" if parent not in levels else "is not coarser"
            raise Refusal(
                "invalid_parent", f"Place {place} lies in {parent}, which {why}: places aggregate upward only."
            )

    def lifted(place: str) -> str:
        node = place
        while levels[node] < rank[level] and node in parents:
            node = parents[node]
        return node if levels[node] == rank[level] else place

    return {place: lifted(place) for place in places["place_id"]}


def study_nodes(
    places: pd.DataFrame, areas: Collection[str], home: str = "", abroad: Collection[str] | None = None
) -> dict[str, str]:
    """The nodes between which the routes of a study run: its areas, the rest of its country, and countries abroad.

    Parameters
    ----------
    places : place_id, area_id (the area or other subdivision it is or lies in; "" for countries abroad).
    areas : ids of the study's areas.
    home : the country of the study (ISO 3166-1 alpha-3); "" where its areas are countries themselves.
    abroad : countries that stay nodes of their own; all others are then "abroad". None: every country stays.

    Returns
    -------
    place_id -> node: an area; "rest of TUR" for other parts of the country; `home` itself where it is not known which
    part; a country, or "abroad". Places that lie in none of these stay as they are.
    """
    found = {}
    for place, area in zip(places["place_id"], places["area_id"], strict=True):
        country = country_of(place)
        if area in areas:
            found[place] = area
        elif place == home:
            found[place] = home
        elif home and country == home:
            found[place] = f"rest of {home}"
        elif country and abroad is not None and country not in abroad:
            found[place] = ABROAD
        else:
            found[place] = country or place
    return found


def countries(nodes: Iterable[str]) -> dict[str, str]:
    """The country of each node; "rest of TUR" lies in TUR, and "" stands for what lies in none or in many."""
    return {node: country_of(node.removeprefix("rest of ")) for node in nodes}
