"""Origin-destination tables of public evidence, and how far routes and journeys reach.

What reports name, whom UNODC counts, how pairs rank and balance; where the ends of a route are drawn: a point inside
each country, an agreed position for each region name; and the scope of a route: within a country, a sub-region, a
region or beyond, as UNODC has them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from itertools import pairwise, product
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from bounded import intervals
from bounded.arguments import checked, figures, whole
from bounded.refusal import Refusal, columns_there, require_once
from journeys.legs import countries, groups, observed_legs
from journeys.shares import clustered_shares, one_each
from journeys.stops import UNKNOWN, Journeys, journeys

if TYPE_CHECKING:
    import geopandas as gpd

PAIR = ["origin", "destination"]


def citizenship_matrix(
    flows: pd.DataFrame, countries: str | Iterable[str], years: tuple[int, int] | None = None
) -> pd.DataFrame:
    """Detected victims by citizenship and detecting country, summed over years as intervals.

    What it misses: citizenship is not origin (a Nigerian recruited in Mali counts as from Nigeria, and a citizen
    detected at home may have come back from abroad); only victims that an authority detected are in it; a year that a
    country did not report is absent, and not zero; a corridor of two countries that do not report is absent too.

    Parameters
    ----------
    flows : citizenship, detected_in (ISO 3166 alpha-3), year, low, high (persons), value_qualifier; one row a
        citizenship, detecting country and year.
    countries : ISO 3166 alpha-3 code(s); a flow is kept if either side is one of them.
    years : first and last year, both included; None for all.

    Returns
    -------
    DataFrame, ordered by origin and destination: origin (citizenship), destination (detecting country), low, high
    (persons; a "<5" counts as 0 to 4), value_qualifier ("exact" or "derived"), years (those summed, such as
    "2014, 2018-2020"), n_rows.

    Raises
    ------
    ValueError : a citizenship, detecting country and year is there twice; adding both would count persons twice.

    Source: UNODC, Global Report on Trafficking in Persons, data release; sums of intervals are bounds that hold
    whatever the values within them.
    """
    chosen = within(flows, "year", years)
    chosen = chosen[touches(chosen["citizenship"], chosen["detected_in"], countries)]
    named = chosen.rename(columns={"citizenship": "origin", "detected_in": "destination"})
    twice = named[named.duplicated([*PAIR, "year"])]
    if len(twice):
        first = twice.iloc[0]
        raise Refusal(
            "duplicate_row",
            f"Citizens of {first['origin']} detected in {first['destination']} in {first['year']} stand in more than "
            "one row, and a sum would count them twice. Keep one row a year.",
        )
    # Ordered by pair, as sums are.
    table = intervals.total(named, PAIR).rename(columns={"n": "n_rows"})
    of_pair: dict[tuple[str, str], list[int]] = {}
    for origin, destination, year in zip(*(named[name] for name in (*PAIR, "year")), strict=True):
        of_pair.setdefault((origin, destination), []).append(year)
    pairs = zip(table["origin"], table["destination"], strict=True)
    table["years"] = pd.Series([spans(of_pair[pair]) for pair in pairs], table.index, dtype="str")
    return table[[*PAIR, "low", "high", "value_qualifier", "years", "n_rows"]]


def mention_matrix(
    mentions: pd.DataFrame, countries: str | Iterable[str], years: tuple[int, int] | None = None
) -> pd.DataFrame:
    """Return how often reports name each pair of origin and destination.

    A mention is a sentence of a report, not a person and not a case. One sentence that names four destinations counts
    once for each of the four pairs, and so the column does not add up to the number of mentions.

    Parameters
    ----------
    mentions : mention_id, report_year, reporting_country, origin, destination; the rows of one sentence share an id.
    countries : ISO 3166 alpha-3 code(s); a pair is kept if either side is one of them.
    years : first and last year of report, both included; None for all.

    Returns
    -------
    DataFrame, ordered by origin and destination: origin, destination (codes or names of regions), mentions (distinct),
    reports (distinct pairs of reporting country and report year), first_year, last_year (of the reports).
    """
    chosen = within(mentions, "report_year", years)
    chosen = chosen[touches(chosen["origin"], chosen["destination"], countries)]
    return (
        chosen.assign(report=_report(chosen))
        .groupby(PAIR, as_index=False)
        .agg(
            mentions=("mention_id", "nunique"),
            reports=("report", "nunique"),
            first_year=("report_year", "min"),
            last_year=("report_year", "max"),
        )
        .sort_values(PAIR, ignore_index=True)
    )


@checked(matrix=figures("low", "high"), n=whole(1))
def top_corridors(matrix: pd.DataFrame, n: int = 10) -> pd.DataFrame:
    """The corridors that stand highest in a matrix, with the best and the worst rank that their intervals allow.

    A corridor has two different ends, and neither is "unknown"; an end may be the name of a region. Ties are broken by
    the lower bound, then by the alphabet, so the order is always the same; `rank_low` and `rank_high` tell how much of
    the order is real. Ranks and their bounds are among all corridors, not only the first `n`.

    Parameters
    ----------
    matrix : origin, destination and either `mentions` or `low`, `high`.
    n : number of rows at most.

    Returns
    -------
    DataFrame: rank, rank_low (best possible), rank_high (worst possible; ties included), and the columns of the matrix.
    """
    counts = bounds(matrix)
    real = (matrix["origin"] != matrix["destination"]) & ~matrix[PAIR].isin(["unknown"]).any(axis=1)
    chosen = matrix[real].assign(_low=counts["low"], _high=counts["high"])
    ranked = chosen.sort_values(["_high", "_low", *PAIR], ascending=[False, False, True, True], ignore_index=True)

    low, high = ranked["_low"].to_numpy(), ranked["_high"].to_numpy()
    surely_above = len(low) - np.searchsorted(np.sort(low), high, side="right")
    possibly_above = len(high) - np.searchsorted(np.sort(high), low, side="left") - 1  # its own interval is among them
    ranked.insert(0, "rank", np.arange(1, len(ranked) + 1))
    ranked.insert(1, "rank_low", surely_above + 1)
    ranked.insert(2, "rank_high", possibly_above + 1)
    return ranked.drop(columns=["_low", "_high"]).head(n)


@checked(matrix=figures("low", "high"))
def balance(matrix: pd.DataFrame, area_id: str) -> pd.DataFrame:
    """Return what leaves a country, what arrives, and what stays within it.

    Parameters
    ----------
    matrix : origin, destination and either `mentions` or `low`, `high`.
    area_id : the country. The matrix must have been built with it among its `countries`, or pairs are missing.

    Returns
    -------
    DataFrame, always three rows: area_id, direction ("out", "in", "domestic"), low, high (mentions of pairs, or
    persons), partners (number of other ends; 0 for domestic). Zero means that none is in the matrix, not that there
    was none.
    """
    counts = bounds(matrix)
    leaves, arrives = matrix["origin"] == area_id, matrix["destination"] == area_id
    directions = {
        "out": (leaves & ~arrives, "destination"),
        "in": (arrives & ~leaves, "origin"),
        "domestic": (leaves & arrives, ""),
    }
    rows = [
        {
            "area_id": area_id,
            "direction": direction,
            "low": counts.loc[which, "low"].sum(),
            "high": counts.loc[which, "high"].sum(),
            "partners": matrix.loc[which, other].nunique() if other else 0,
        }
        for direction, (which, other) in directions.items()
    ]
    return pd.DataFrame(rows)


def bounds(matrix: pd.DataFrame) -> pd.DataFrame:
    """The counts of a matrix as low, high, whichever kind of matrix it is."""
    if "mentions" in matrix:
        return pd.DataFrame({"low": matrix["mentions"], "high": matrix["mentions"]})
    if {"low", "high"} <= set(matrix.columns):
        return matrix[["low", "high"]]
    raise Refusal(
        "missing_column",
        "The matrix has neither a column `mentions` nor the columns `low` and `high`, so there is nothing to count. "
        + columns_there(matrix, ["mentions", "low", "high"]),
    )


def touches(origin: pd.Series, destination: pd.Series, countries: str | Iterable[str]) -> pd.Series:
    """Return True for each route one end of which is one of the countries."""
    chosen = [countries] if isinstance(countries, str) else list(countries)
    return origin.isin(chosen) | destination.isin(chosen)


def within(table: pd.DataFrame, column: str, years: tuple[int, int] | None) -> pd.DataFrame:
    """The rows whose year lies between the first and the last of `years`, both included."""
    if years is None:
        return table
    if len(years) != 2 or years[0] > years[1]:
        raise Refusal(
            "invalid_years", f"`years` must be a first and a last year, such as (2014, 2020), and not {years}."
        )
    return table[table[column].between(*years)]


def spans(years: Iterable[int]) -> str:
    """Years as text: 2014, 2018, 2019, 2020 become "2014, 2018-2020"."""
    ordered = sorted({int(year) for year in years})
    starts = ordered[:1] + [later for earlier, later in pairwise(ordered) if later > earlier + 1]
    ends = [earlier for earlier, later in pairwise(ordered) if later > earlier + 1] + ordered[-1:]
    return ", ".join(str(start) if start == end else f"{start}-{end}" for start, end in zip(starts, ends, strict=True))


def _report(mentions: pd.DataFrame) -> pd.Series:
    return mentions["reporting_country"].astype(str) + " " + mentions["report_year"].astype(str)


# Drawing positions, not data: chosen beside the points of countries so that labels do not collide. Longitude, latitude.
# "neighbouring countries" and "unknown" have none: they are nowhere in particular.
REGION_ANCHORS: dict[str, tuple[float, float]] = {
    "Africa": (24.0, 12.0),
    "Asia": (95.0, 36.0),
    "Central Africa": (18.0, 3.0),
    "Central Asia": (66.0, 45.0),
    "ECOWAS": (1.5, 2.0),
    "Eastern Europe": (27.0, 50.0),
    "Europe": (5.0, 56.0),
    "Former Soviet Union": (48.0, 52.0),
    "Gulf States": (52.5, 27.0),
    "Maghreb": (-1.0, 33.5),
    "Middle East": (46.0, 32.0),
    "North Africa": (10.0, 31.0),
    "South Asia": (75.0, 13.0),
    "West Africa": (-4.5, 2.5),
    "Western Europe": (-7.0, 46.5),
}

# ISO 3166 code -> the code of Natural Earth's ADM0_A3, where the two differ.
_ADM0_A3 = {"ALA": "ALD", "ESH": "SAH", "PSE": "PSX", "SSD": "SDS", "XKX": "KOS"}

# Cylindrical equal-area (EASE-Grid 2.0): parts of a country are compared by their true area, anywhere on the globe.
_EQUAL_AREA = "EPSG:6933"


def places(world_layer: gpd.GeoDataFrame, ids: Iterable[str]) -> pd.DataFrame:
    """A point to draw each country at: inside its largest part, which is the mainland where there is one.

    Parameters
    ----------
    world_layer : area_id (ISO 3166 alpha-3, or Natural Earth's ADM0_A3 where that differs), name, geometry (any
        projection that is stated).
    ids : ends of routes, in any order, repeated or not. Names of regions are left out: see ``REGION_ANCHORS``.

    Returns
    -------
    DataFrame, one row a country, ordered by id: id, name, lon, lat (degrees, EPSG:4326), level ("country").

    Raises
    ------
    ValueError : the layer has no projection, or an id that looks like a country code has no shape in it.
    """
    if world_layer.crs is None:
        raise Refusal(
            "missing_projection",
            "The layer of countries states no projection, so no point can be placed. Set its crs first.",
        )
    codes = sorted({code for code in ids if isinstance(code, str) and len(code) == 3 and code.isupper()})
    known = set(world_layer["area_id"])
    keys = {code: code if code in known else _ADM0_A3.get(code, code) for code in codes}
    lost = [code for code, key in keys.items() if key not in known]
    if lost:
        raise Refusal(
            "unknown_area",
            f"The layer of countries has no shape for {', '.join(lost)}. Correct the code or use a layer that has it.",
        )

    wanted = world_layer[world_layer["area_id"].isin(list(keys.values()))]
    parts = wanted[["area_id", "name", "geometry"]].to_crs(_EQUAL_AREA).explode(index_parts=False, ignore_index=True)
    largest = parts.assign(size=parts.area).sort_values("size", kind="stable").drop_duplicates("area_id", keep="last")
    points = largest.assign(geometry=largest.representative_point()).set_geometry("geometry").to_crs("EPSG:4326")
    found = pd.DataFrame(
        {"area_id": points["area_id"], "name": points["name"], "lon": points.geometry.x, "lat": points.geometry.y}
    )
    table = pd.DataFrame({"id": list(keys), "area_id": list(keys.values())}, dtype="str").merge(
        found, on="area_id", how="left"
    )
    return table.assign(level="country")[["id", "name", "lon", "lat", "level"]]


def ends_on_ground(world_layer: gpd.GeoDataFrame, ids: Iterable[str]) -> pd.DataFrame:
    """Return where the ends of routes are drawn: a point in each country, an agreed one for each region of the world.

    Parameters
    ----------
    world_layer, ids : as in `places`. An id that is neither a country's code nor a region has no row.

    Returns
    -------
    DataFrame, one row an end: id, x, y (longitude, latitude), region.
    """
    listed = list(dict.fromkeys(ids))
    countries = places(world_layer, listed).rename(columns={"lon": "x", "lat": "y"})[["id", "x", "y"]]
    regions = pd.DataFrame(
        [(end, *REGION_ANCHORS[end]) for end in listed if end in REGION_ANCHORS], columns=["id", "x", "y"]
    )
    return pd.concat([countries.assign(region=False), regions.assign(region=True)], ignore_index=True)


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
    """Return how far each route reaches.

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


@checked(matrix=figures("low", "high"))
def scope_shares(matrix: pd.DataFrame, regions: pd.DataFrame, confidence: float = 0.95) -> pd.DataFrame:
    """Return how the routes of a matrix divide among the scopes, with "unknown" as a row of its own.

    Parameters
    ----------
    matrix : origin, destination and either `mentions` or `low`, `high` (persons): from ``mention_matrix`` or
        ``citizenship_matrix``.
    regions : iso3, subregion, region: UNODC's classification of countries.
    confidence : level of the intervals.

    Returns
    -------
    DataFrame, one row a scope (all five, in the order of ``SCOPES``):

    scope; count_low, count_high (mentions or persons);
    n, n_low, n_high : the total that the share is of; `n` is missing where only its bounds are known;
    share : missing where only bounds are known; share_low, share_high : interval (Wilson 1927) on top of the
    interval of the counts, that is from the smallest count among the most others to the largest among the fewest;
    known_share, known_low, known_high : the same among the routes of known scope; missing for "unknown";
    confidence : the level of the intervals.

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
    known = _shares(table[table["scope"] != "unknown"], confidence)[["share", "share_low", "share_high"]]
    known = known.set_axis(["known_share", "known_low", "known_high"], axis=1)
    table = table.join(_shares(table, confidence)).join(known).assign(confidence=confidence)
    columns = ["scope", "count_low", "count_high", "n", "n_low", "n_high", "share", "share_low", "share_high"]
    return table[[*columns, "known_share", "known_low", "known_high", "confidence"]]


def _shares(table: pd.DataFrame, confidence: float) -> pd.DataFrame:
    """The share of each row with its interval of a level, and n, n_low, n_high (of all rows)."""
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
            "share_low": intervals.wilson(low, low, most_whole, confidence)[0] if most > 0 else np.nan,
            "share_high": intervals.wilson(high, high, fewest_whole, confidence)[1] if most > 0 else np.nan,
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
    stops: pd.DataFrame | Journeys,
    regions: pd.DataFrame,
    areas: Collection[str],
    by: str | Sequence[str] = (),
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Return how journeys divide among scopes, from their origin to their destination.

    Two ends in one of `areas` are "within area"; in one country otherwise "domestic", which includes journeys of which
    it is not known whether they left an area; across borders as ``scope`` has it. A journey with an end that is not
    known has an unknown scope, which is counted apart.

    Parameters
    ----------
    stops : as ``journeys`` reads them.
    regions : iso3, subregion, region: UNODC's classification of countries.
    areas : places that are areas; a journey from one to itself is within it.
    by : trait(s) of the journeys, as for ``flows``.
    confidence : level of the limits of shares.

    Returns
    -------
    DataFrame, all of ``JOURNEY_SCOPES`` in each group: the columns of `by`; scope; persons (distinct), journeys,
    n (persons of the group); share, share_low, share_high (each person counts for one); known_share, known_low,
    known_high: the same among journeys of known scope; confidence (level of these limits); bound_low,
    bound_high : the share if none, or all, of the unknown were of this scope; observed_share (of the legs of these
    journeys).

    Raises
    ------
    ValueError : as ``journeys`` and ``scope`` do; `by` names no trait.
    """
    read = journeys(stops)
    keys, row, group, values = groups(read, by)
    cell = _scopes(read, regions, set(areas))[row]
    person, wide = read.person[row], len(JOURNEY_SCOPES)
    table = clustered_shares(cell, person, one_each(person, group), group, wide, confidence)
    table["scope"] = np.array(JOURNEY_SCOPES, dtype=object)[table["cell"]]
    known = cell < wide - 1
    of_known = clustered_shares(
        cell[known], person[known], one_each(person[known], group[known]), group[known], wide, confidence
    ).set_index(["group", "cell"])
    at = pd.MultiIndex.from_frame(table[["group", "cell"]])
    for name in ("share", "share_low", "share_high"):
        table[f"known_{name.removeprefix('share_')}"] = of_known[name].reindex(at).to_numpy()
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
    table = table.rename(columns={"units": "journeys"}).assign(confidence=confidence)
    of_all, of_those = ["share", "share_low", "share_high"], ["known_share", "known_low", "known_high", "confidence"]
    bounds_and_legs = ["bound_low", "bound_high", "observed_share"]
    return table[[*keys, "scope", "persons", "journeys", "n", *of_all, *of_those, *bounds_and_legs]]


def _scopes(read: Journeys, regions: pd.DataFrame, areas: set[str]) -> np.ndarray:
    """The place of each journey's scope among ``JOURNEY_SCOPES``."""
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
