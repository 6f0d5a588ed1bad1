"""How far routes and journeys reach: within a country, a sub-region, a region or beyond, as UNODC has them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import product

import numpy as np
import pandas as pd

from analysis.methods.origin_destination import bounds
from bounded import intervals
from bounded.refusal import Refusal, require_once
from journeys.flows import groups
from journeys.legs import countries, observed_legs
from journeys.shares import clustered_shares, one_each
from journeys.stops import UNKNOWN, Journeys, journeys

SCOPES = ("domestic", "sub-regional", "regional", "trans-regional", "unknown")

# Names of regions that reports use -> the sub-regions of UNODC that the name can mean. Wider than the name where usage
# is loose ("Western Europe" in these reports often means Italy or Spain), so that a doubt ends as "unknown" and not as
# a guess. Egypt is left out of "Middle East": the reports name it, or North Africa, beside the Middle East.
REGION_NAMES: dict[str, tuple[str, ...]] = {
    "Africa": ("Northern Africa", "Sub-Saharan Africa"),
    "Asia": ("Central Asia", "Eastern Asia", "South-eastern Asia", "Southern Asia", "Western Asia"),
    "Central Africa": ("Sub-Saharan Africa",),
    "Central Asia": ("Central Asia",),
    "ECOWAS": ("Sub-Saharan Africa",),
    "Eastern Europe": ("Eastern Europe", "Northern Europe", "Southern Europe"),
    "Europe": ("Eastern Europe", "Northern Europe", "Southern Europe", "Western Europe"),
    "Former Soviet Union": ("Central Asia", "Eastern Europe", "Northern Europe", "Western Asia"),
    "Gulf States": ("Western Asia",),
    "Maghreb": ("Northern Africa", "Sub-Saharan Africa"),  # Mauritania is in the Maghreb and, for UNODC, sub-Saharan
    "Middle East": ("Southern Asia", "Western Asia"),  # Southern Asia for Iran
    "North Africa": ("Northern Africa",),
    "South Asia": ("Southern Asia",),
    "West Africa": ("Sub-Saharan Africa",),
    "Western Europe": ("Northern Europe", "Southern Europe", "Western Europe"),
}

# Neighbours by land of the countries that report. Cabo Verde has none, so its "neighbouring countries" stay unknown.
LAND_NEIGHBOURS: dict[str, tuple[str, ...]] = {
    "BEN": ("BFA", "NER", "NGA", "TGO"),
    "BFA": ("BEN", "CIV", "GHA", "MLI", "NER", "TGO"),
    "CIV": ("BFA", "GHA", "GIN", "LBR", "MLI"),
    "GHA": ("BFA", "CIV", "TGO"),
    "GIN": ("CIV", "GNB", "LBR", "MLI", "SEN", "SLE"),
    "GMB": ("SEN",),
    "GNB": ("GIN", "SEN"),
    "LBR": ("CIV", "GIN", "SLE"),
    "MLI": ("BFA", "CIV", "DZA", "GIN", "MRT", "NER", "SEN"),
    "MRT": ("DZA", "ESH", "MLI", "SEN"),
    "NER": ("BEN", "BFA", "DZA", "LBY", "MLI", "NGA", "TCD"),
    "NGA": ("BEN", "CMR", "NER", "TCD"),
    "SEN": ("GIN", "GMB", "GNB", "MLI", "MRT"),
    "SLE": ("GIN", "LBR"),
    "TGO": ("BEN", "BFA", "GHA"),
    "TUR": ("ARM", "AZE", "BGR", "GEO", "GRC", "IRN", "IRQ", "SYR"),
}
NEIGHBOURS = "neighbouring countries"


def scope(
    origin: Sequence[str] | pd.Series, destination: Sequence[str] | pd.Series, regions: pd.DataFrame
) -> pd.Series:
    """How far each route reaches.

    Two ends in one country are "domestic"; in two countries of one sub-region "sub-regional"; in two sub-regions of one
    region "regional"; in two regions "trans-regional". UNODC counts all countries south of the Sahara as one
    sub-region, so a route from Senegal to South Africa is sub-regional too.

    An end that is the name of a region stands for the countries of that region other than the other end
    (``REGION_NAMES``); "neighbouring countries" stands for the land neighbours of the other end (``LAND_NEIGHBOURS``).
    The route gets a scope only if all countries that the name can mean lead to the same one, otherwise "unknown":
    West Africa to Senegal is sub-regional, Europe to Senegal trans-regional, Africa to Senegal unknown, Ghana to its
    neighbours sub-regional, Mali to its neighbours (Algeria is one) unknown. A name that is in neither table is
    "unknown", and never an error.

    Parameters
    ----------
    origin, destination : ISO 3166 alpha-3 codes or names of regions, of one length.
    regions : iso3, subregion, region: UNODC's classification of countries.

    Returns
    -------
    Series of ``SCOPES``, with the index of `origin` where that is a Series.

    Raises
    ------
    ValueError : the two are of different length, or `regions` lists a country twice.

    Source: the scopes follow UNODC, Global Report on Trafficking in Persons (2020), applied to the sub-regions and
    regions of its data release. That report's own chapters set North Africa with the Middle East; the release, followed
    here, sets it with Africa, so a route from Senegal to Algeria is regional.
    """
    if len(origin) != len(destination):
        raise Refusal(
            "unequal_lengths",
            f"There are {len(origin)} origins and {len(destination)} destinations; each route needs one of both.",
        )
    require_once(regions, ["iso3"], "table of regions", "keep one row, or its scope would depend on the row")
    cell_of = {
        code: (region, part) for code, part, region in regions[["iso3", "subregion", "region"]].itertuples(index=False)
    }
    region_of = {part: region for region, part in cell_of.values()}

    def cells(end: str, other: str) -> set[tuple[str, str]]:
        """The (region, sub-region) pairs that an end can lie in; empty when nothing is known."""
        if end in cell_of:
            return {cell_of[end]}
        if end == NEIGHBOURS:
            neighbours = LAND_NEIGHBOURS.get(other, ())
            return {cell_of[code] for code in neighbours} if all(code in cell_of for code in neighbours) else set()
        parts = REGION_NAMES.get(end, ())
        return {(region_of[part], part) for part in parts} if all(part in region_of for part in parts) else set()

    def reach(start: str, end: str) -> str:
        if start == end and start in cell_of:
            return "domestic"
        pairs = list(product(cells(start, end), cells(end, start)))
        found = {_between(here, there) for here, there in pairs}
        return found.pop() if len(found) == 1 else "unknown"

    index = origin.index if isinstance(origin, pd.Series) else None
    pairs = [(str(start), str(end)) for start, end in zip(origin, destination, strict=True)]
    known = {pair: reach(*pair) for pair in set(pairs)}
    return pd.Series([known[pair] for pair in pairs], index=index, name="scope", dtype="str")


def scope_shares(matrix: pd.DataFrame, regions: pd.DataFrame) -> pd.DataFrame:
    """How the routes of a matrix divide among the scopes, with "unknown" as a row of its own.

    Parameters
    ----------
    matrix : origin, destination and either `mentions` or `low`, `high` (persons): from ``mention_matrix`` or
        ``citizenship_matrix``.
    regions : iso3, subregion, region: UNODC's classification of countries.

    Returns
    -------
    DataFrame, one row a scope (all five, in the order of ``SCOPES``):

    scope; count_low, count_high (mentions or persons);
    n, n_low, n_high : the total that the share is of; `n` is missing where only its bounds are known;
    share : missing where only bounds are known; low, high : interval (95 %, Wilson 1927) on top of the interval of
    the counts, that is from the smallest count among the most others to the largest among the fewest;
    known_share, known_low, known_high : the same among the routes of known scope; missing for "unknown".

    Notes
    -----
    Mentions are not independent draws (reports copy from year to year, a sentence names several pairs), nor are
    persons detected in one case. The interval is what it would be if they were, and so is narrower than the truth.
    A mention that names three pairs counts three times here: the unit is the pair named.

    Source: Wilson (1927), Journal of the American Statistical Association 22, 209-212.
    """
    counts = bounds(matrix)
    rows = counts.groupby(scope(matrix["origin"], matrix["destination"], regions))[["low", "high"]].sum()
    rows = rows.reindex(SCOPES, fill_value=0).astype(counts.dtypes)
    table = rows.set_axis(["count_low", "count_high"], axis=1).rename_axis("scope").reset_index()
    known = _shares(table[table["scope"] != "unknown"])[["share", "low", "high"]].add_prefix("known_")
    table = table.join(_shares(table)).join(known)
    columns = ["scope", "count_low", "count_high", "n", "n_low", "n_high", "share", "low", "high"]
    return table[[*columns, "known_share", "known_low", "known_high"]]


def _shares(table: pd.DataFrame) -> pd.DataFrame:
    """Of each row n, n_low, n_high (of all rows), and its share with its interval low and high."""
    low, high = table["count_low"], table["count_high"]
    least, most = low.sum(), high.sum()
    exact = least == most
    # A share is smallest when its own count is low and all others are high, and the other way round.
    # A whole that may be 0 is taken to be at least 1; a minimum without an upper bound makes the whole infinite.
    fewest_whole, most_whole = (least - low + high).clip(lower=1), (most - high + low).fillna(np.inf).clip(lower=1)
    share = high / most if exact and most > 0 else np.nan
    return pd.DataFrame(
        {
            "n": most if exact else np.nan,
            "n_low": least,
            "n_high": most,
            "share": share,
            "low": intervals.wilson(low, low, most_whole)[0] if most > 0 else np.nan,
            "high": intervals.wilson(high, high, fewest_whole)[1] if most > 0 else np.nan,
        },
        index=table.index,
    )


def _between(here: tuple[str, str], there: tuple[str, str]) -> str:
    if here == there:
        return "sub-regional"
    return "regional" if here[0] == there[0] else "trans-regional"


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
