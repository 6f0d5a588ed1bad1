"""Which pairs of places a model of flows is fitted to, and what it knows of each: populations, distance, border."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from analysis.methods.origin_destination import PAIR
from bounded import intervals
from bounded.refusal import Caution, Refusal

# Mean radius of the earth (IUGG), in kilometres.
EARTH = 6371.0088
_NEVER_SEEN = ("", "unknown")


def great_circle_km(lon_a: ArrayLike, lat_a: ArrayLike, lon_b: ArrayLike, lat_b: ArrayLike) -> NDArray[np.float64]:
    """The distance along a great circle between points in degrees, in kilometres (haversine); arrays broadcast."""
    a, b = np.radians(np.asarray(lat_a, dtype=float)), np.radians(np.asarray(lat_b, dtype=float))
    across = np.radians(np.asarray(lon_b, dtype=float) - np.asarray(lon_a, dtype=float))
    half = np.sin((b - a) / 2) ** 2 + np.cos(a) * np.cos(b) * np.sin(across / 2) ** 2
    # Rounding must not carry points opposite each other beyond the half circle.
    return 2 * EARTH * np.arcsin(np.sqrt(np.minimum(half, 1)))


def _need(table: pd.DataFrame, columns: Sequence[str], what: str) -> None:
    absent = [column for column in columns if column not in table]
    if absent:
        raise Refusal("missing_column", f"The {what} lack the column {absent[0]}; needed are {', '.join(columns)}.")


def checked_places(places: pd.DataFrame) -> pd.DataFrame:
    """population, lon, lat by id."""
    _need(places, ["id", "population", "lon", "lat"], "places")
    if places["id"].duplicated().any():
        raise Refusal(
            "duplicate_key", f"{places.loc[places['id'].duplicated(), 'id'].iloc[0]} stands twice in the places."
        )
    sites = places.set_index("id")[["population", "lon", "lat"]].astype(float)
    faults = {
        "has no population above 0, and the model takes its logarithm": ~(sites["population"] > 0),
        "has a population that is infinite": np.isinf(sites["population"]),
        "has no lon from -180 to 180": ~sites["lon"].between(-180, 180),
        "has no lat from -90 to 90": ~sites["lat"].between(-90, 90),
    }
    for fault, bad in faults.items():
        if bad.any():
            raise Refusal(
                "invalid_place", f"{sites.index[bad][0]} {fault}: correct the place, or leave it out with its flows."
            )
    return sites


def checked_flows(flows: pd.DataFrame, ids: pd.Index) -> tuple[pd.DataFrame, list[Caution]]:
    """origin, destination, low, high of the flows between two different places, and what was left out."""
    _need(flows, PAIR, "flows")
    if "low" not in flows and "persons" in flows:
        flows = flows.assign(low=flows["persons"], high=flows["persons"])
    _need(flows, ["low", "high"], "flows")
    rows = intervals.widest(flows) if "value_qualifier" in flows else flows
    rows = rows[[*PAIR, "low", "high"]].astype({"low": float, "high": float})
    low, high = rows["low"], rows["high"]
    faults = {
        "has only one bound": low.isna() ^ high.isna(),
        "has no upper bound, so that the model cannot be fitted to it: give one, or leave the pair out": np.isinf(high),
        "is no whole number of persons from 0 up": (low < 0) | (low % 1 > 0) | (high % 1 > 0),
        "has low above high": low > high,
    }
    for fault, bad in faults.items():
        if bad.any():
            row = rows[bad].iloc[0]
            raise Refusal(
                "invalid_bounds", f"Row {rows.index[bad][0]}, {row['origin']} to {row['destination']}, {fault}."
            )
    unseen = rows[PAIR].isna() | rows[PAIR].isin(_NEVER_SEEN)
    for end in PAIR:
        strange = ~rows[end].isin(ids) & ~unseen[end]
        if strange.any():
            raise Refusal(
                "unknown_place",
                f"Row {rows.index[strange][0]}: the {end} {rows.loc[strange, end].iloc[0]} is no id of the places. Add "
                "the place, or leave its flows out.",
            )
    twice = rows[rows.duplicated(PAIR) & ~unseen.any(axis=1)]
    if len(twice):
        row = twice.iloc[0]
        raise Refusal(
            "duplicate_row",
            f"{row['origin']} to {row['destination']} stands twice in the flows: add both rows up first.",
        )
    lost, within = unseen.any(axis=1), rows["origin"] == rows["destination"]
    kept = ~lost & ~within & low.notna()
    here, unknown = within & ~lost, low.isna() & ~lost & ~within
    said = []
    if lost.any():
        said.append(Caution("unknown_place_left_out", f"{_left_out(rows[lost])}, as an end is not known."))
    if here.any():
        why = "within one place, which has no distance to itself"
        said.append(Caution("same_place_left_out", f"{_left_out(rows[here])}, {why}."))
    if unknown.any():
        why = "as the number is not known, which is not zero"
        said.append(Caution("unknown_left_out", f"{_left_out(rows[unknown])}, {why}."))
    # A pair whose number is not known must not come back as zero.
    return rows[~lost & ~within].assign(known=kept[~lost & ~within]), said


def _left_out(rows: pd.DataFrame) -> str:
    return f"Left out: {len(rows)} flow{'s' if len(rows) > 1 else ''} ({_persons(rows)})"


def _persons(rows: pd.DataFrame) -> str:
    low, high = rows["low"].sum(), rows["high"].sum()
    if rows["low"].isna().all():
        return "persons not known"
    return f"{low:,.0f} persons" if low == high else f"{low:,.0f} to {high:,.0f} persons"


def entering(
    counts: pd.DataFrame, ids: pd.Index, observed: pd.DataFrame | None, complete: bool
) -> tuple[pd.DataFrame, list[Caution]]:
    """The pairs that enter, with low and high, ordered by origin and destination; and what they rest on."""
    if complete and observed is not None:
        raise Refusal(
            "conflicting_arguments",
            "`complete` says that all pairs could have been seen, `observed_pairs` which: give only one.",
        )
    unknown = counts.loc[~counts["known"], PAIR]
    found = counts[counts["known"]].drop(columns="known")
    if observed is None and not complete:
        possible = len(ids) * (len(ids) - 1)
        said = []
        if possible > len(found):
            said.append(
                Caution(
                    "absent_left_out",
                    f"{possible - len(found)} of {possible} pairs of places have no row and did not enter, as they may "
                    "not have been seen. If some were, and had nobody, the model expects too many everywhere.",
                )
            )
        return found.sort_values(PAIR, ignore_index=True), said
    if complete:
        all_pairs = pd.MultiIndex.from_product([ids, ids], names=PAIR).to_frame(index=False)
    else:
        assert observed is not None
        _need(observed, PAIR, "observed pairs")
        for end in PAIR:
            strange = observed.loc[~observed[end].isin(ids), end]
            if len(strange):
                raise Refusal(
                    "unknown_place",
                    f"The observed pairs name the {end} {strange.iloc[0]}, which is no id of the places.",
                )
        all_pairs = observed[PAIR].drop_duplicates()
        seen = set(all_pairs.itertuples(index=False, name=None))
        outside = [pair for pair in found[PAIR].itertuples(index=False, name=None) if pair not in seen]
        if outside:
            raise Refusal(
                "pair_not_observed",
                f"{outside[0][0]} to {outside[0][1]} has a flow but is none of the observed pairs: add it to them, or "
                "leave the flow out.",
            )
    all_pairs = all_pairs[all_pairs["origin"] != all_pairs["destination"]]
    gone = set(unknown.itertuples(index=False, name=None))
    all_pairs = all_pairs[[pair not in gone for pair in all_pairs.itertuples(index=False, name=None)]]
    table = all_pairs.merge(found, on=PAIR, how="left", validate="1:1").fillna({"low": 0.0, "high": 0.0})
    zeros = len(table) - len(found)
    if not zeros:
        return table.sort_values(PAIR, ignore_index=True), []
    absent = Caution(
        "absent_as_zero", f"{zeros} of {len(table)} pairs have no row in the flows and count as zero persons."
    )
    return table.sort_values(PAIR, ignore_index=True), [absent]


def design_of(
    pairs: pd.DataFrame, sites: pd.DataFrame, distance_km: pd.DataFrame | None, neighbours: pd.DataFrame | None
) -> pd.DataFrame:
    """One row a pair, one column a term."""
    origins, destinations = sites.loc[pairs["origin"]], sites.loc[pairs["destination"]]
    if distance_km is None:
        ends = [place[axis].to_numpy() for place in (origins, destinations) for axis in ("lon", "lat")]
        distance = great_circle_km(*ends)
    else:
        _need(distance_km, [*PAIR, "distance_km"], "distances")
        joined = pairs[PAIR].merge(distance_km[[*PAIR, "distance_km"]], on=PAIR, how="left", validate="1:1")
        distance = joined["distance_km"].to_numpy(dtype=float)
    bad = ~((distance > 0) & np.isfinite(distance))
    if bad.any():
        pair = pairs[bad].iloc[0]
        raise Refusal(
            "zero_distance",
            f"{pair['origin']} and {pair['destination']} have no distance above 0 km, and the model takes its "
            "logarithm: correct their coordinates or the table of distances.",
        )
    terms = {
        "intercept": np.ones(len(pairs)),
        "log population of origin": np.log(origins["population"].to_numpy()),
        "log population of destination": np.log(destinations["population"].to_numpy()),
        "log distance": np.log(distance),
    }
    if neighbours is not None:
        _need(neighbours, ["area_id", "neighbour_id", "how"], "neighbours")
        beside = neighbours[neighbours["how"] == "contiguous"]
        met = set(zip(beside["area_id"], beside["neighbour_id"], strict=True))
        met |= {(other, one) for one, other in met}
        terms["contiguous"] = np.array([float(pair in met) for pair in pairs[PAIR].itertuples(index=False, name=None)])
    return pd.DataFrame(terms)
