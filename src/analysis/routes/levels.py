"""Which place lies in which: codes of places and their countries, and the nodes between which a study's routes run.

A place counts for the node it lies in, and never for one below it: "somewhere in Türkiye" is no province.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from functools import cache

import pandas as pd

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
