"""How far journeys reach: within an area, within a country, in UNODC's sub-region or region, or beyond."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
import pandas as pd

from analysis.routes.flows import groups
from analysis.routes.journeys import UNKNOWN, Journeys, journeys
from analysis.routes.legs import observed_legs
from analysis.routes.levels import countries
from analysis.routes.scope import scope
from analysis.routes.shares import clustered_shares, one_each

WITHIN = "within area"
JOURNEY_SCOPES = (WITHIN, "domestic", "sub-regional", "regional", "trans-regional", UNKNOWN)


def journey_scopes(
    stops: pd.DataFrame | Journeys, regions: pd.DataFrame, areas: Collection[str], by: str | Sequence[str] = ()
) -> pd.DataFrame:
    """How journeys divide among scopes, from their origin to their destination.

    Two ends in one of `areas` are "within area"; in one country otherwise "domestic", which includes journeys of which
    it is not known whether they left an area; across borders as ``scope`` has it. A journey with an end that is not
    known has an unknown scope, which is counted apart.

    Parameters
    ----------
    stops : as ``journeys`` reads them.
    regions : iso3, subregion, region: UNODC's classification of countries.
    areas : places that are areas; a journey from one to itself is within it.
    by : trait(s) of the journeys, as for ``flows``.

    Returns
    -------
    DataFrame, all of ``JOURNEY_SCOPES`` in each group: the columns of `by`; scope; persons (distinct), journeys,
    n (persons of the group); share, low, high (95 %, each person counts for one); known_share, known_low, known_high:
    the same among journeys of known scope; bound_low, bound_high : the share if none, or all, of the unknown were of
    this scope; observed_share (of the legs of these journeys).

    Raises
    ------
    ValueError : as ``journeys`` and ``scope`` do; `by` names no trait.
    """
    read = journeys(stops)
    keys, row, group, values = groups(read, by)
    cell = _scopes(read, regions, set(areas))[row]
    person, wide = read.person[row], len(JOURNEY_SCOPES)
    table = clustered_shares(cell, person, one_each(person, group), group, wide)
    table["scope"] = np.array(JOURNEY_SCOPES, dtype=object)[table["cell"]]
    known = cell < wide - 1
    of_known = clustered_shares(
        cell[known], person[known], one_each(person[known], group[known]), group[known], wide
    ).set_index(["group", "cell"])
    at = pd.MultiIndex.from_frame(table[["group", "cell"]])
    for name in ("share", "low", "high"):
        table[f"known_{name}"] = of_known[name].reindex(at).to_numpy()
    table.loc[table["scope"] == UNKNOWN, ["known_share", "known_low", "known_high"]] = np.nan
    unknown = table.groupby("group")["share"].transform("last").where(table["scope"] != UNKNOWN, 0.0)
    table = table.assign(bound_low=table["share"], bound_high=(table["share"] + unknown).clip(upper=1.0))
    observed, legs = (
        np.bincount(group * wide + cell, count[row], minlength=len(table)) for count in observed_legs(read)
    )
    with np.errstate(invalid="ignore"):
        table["observed_share"] = observed / legs
    if not len(values):
        table = table.iloc[:0]
    for key in keys:
        table[key] = values[key].to_numpy()[table["group"]]
    table = table.rename(columns={"units": "journeys"})
    columns = ["persons", "journeys", "n", "share", "low", "high", "known_share", "known_low", "known_high"]
    return table[[*keys, "scope", *columns, "bound_low", "bound_high", "observed_share"]]


def _scopes(read: Journeys, regions: pd.DataFrame, areas: set[str]) -> np.ndarray:
    """Of each journey, the place of its scope among ``JOURNEY_SCOPES``."""
    places = len(read.places)
    pair = (read.origin.astype(np.int64) + 1) * (places + 1) + read.destination + 1
    code, found = pd.factorize(pair)
    ids = np.append(UNKNOWN, read.places)
    start, end = ids[np.asarray(found) // (places + 1)], ids[np.asarray(found) % (places + 1)]
    country = countries(read.places) | {UNKNOWN: ""}
    reach = scope([country[place] or place for place in start], [country[place] or place for place in end], regions)
    within = np.array([one == other and one in areas for one, other in zip(start, end, strict=True)], bool)
    number = {name: place for place, name in enumerate(JOURNEY_SCOPES)}
    return np.where(within, number[WITHIN], reach.map(number).to_numpy(np.int64))[code]
