"""Origin-destination tables of public evidence: what reports name, whom UNODC counts, how pairs rank and balance.

Where the ends of a route are drawn: a point inside each country, an agreed position for each region name.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from bounded import intervals
from bounded.refusal import Refusal

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
    summed = intervals.total(named, PAIR).rename(columns={"n": "n_rows"})
    extent = named.groupby(PAIR, as_index=False).agg(years=("year", spans))
    table = summed.merge(extent, on=PAIR, validate="1:1").sort_values(PAIR, ignore_index=True)
    return table[[*PAIR, "low", "high", "value_qualifier", "years", "n_rows"]]


def mention_matrix(
    mentions: pd.DataFrame, countries: str | Iterable[str], years: tuple[int, int] | None = None
) -> pd.DataFrame:
    """How often reports name each pair of origin and destination.

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


def balance(matrix: pd.DataFrame, area_id: str) -> pd.DataFrame:
    """What leaves a country, what arrives, and what stays within it.

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
        "The matrix has neither a column `mentions` nor the columns `low` and `high`, so there is nothing to count.",
    )


def touches(origin: pd.Series, destination: pd.Series, countries: str | Iterable[str]) -> pd.Series:
    """Whether either end of each route is one of the countries."""
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
    largest = parts.assign(size=parts.area).sort_values("size").drop_duplicates("area_id", keep="last")
    points = largest.assign(geometry=largest.representative_point()).set_geometry("geometry").to_crs("EPSG:4326")
    found = pd.DataFrame(
        {"area_id": points["area_id"], "name": points["name"], "lon": points.geometry.x, "lat": points.geometry.y}
    )
    table = pd.DataFrame({"id": list(keys), "area_id": list(keys.values())}, dtype="str").merge(
        found, on="area_id", how="left"
    )
    return table.assign(level="country")[["id", "name", "lon", "lat", "level"]]


def ends_on_ground(world_layer: gpd.GeoDataFrame, ids: Iterable[str]) -> pd.DataFrame:
    """Where the ends of routes are drawn: a point in each country, an agreed one for each region of the world.

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
