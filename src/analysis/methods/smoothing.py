"""Neighbours of areas, and rates smoothed towards the rate of all areas or of neighbours (empirical Bayes).

Which areas lie beside each other: by a shared border, and for islands by distance or by ferry.

Rates of small areas drawn towards the rate of all areas, or of their neighbours, as far as chance explains them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.methods.rates import by_area
from bounded.refusal import Refusal, require_once

if TYPE_CHECKING:
    import geopandas as gpd

# Loaded by whoever has boundaries: the other methods of this package need no maps.


def neighbours(
    boundaries: gpd.GeoDataFrame,
    islands: Literal["nearest", "alone"] = "nearest",
    number: int = 2,
    projection: str | None = None,
) -> pd.DataFrame:
    """The neighbours of each area, both ways.

    Two areas are neighbours if their boundaries meet, if only in a point. Areas that meet no other get their nearest
    areas, measured between the shapes. It is said how each pair came about.

    Parameters
    ----------
    boundaries : area_id, geometry.
    islands : what becomes of areas that meet no other: "nearest" gives them their `number` nearest areas, "alone" none.
    number : how many areas are nearest, from 1 up; of equally near ones the first in the table.
    projection : what distances are measured in, as a PROJ string in metres; None if `boundaries` are projected already.

    Returns
    -------
    DataFrame, rows in the order of `boundaries`: area_id, neighbour_id, how ("contiguous", "nearest"). Each
        pair stands both ways. An area left alone has one row: neighbour_id missing, how "alone".

    Raises
    ------
    ValueError : areas without a shape or standing twice, degrees instead of metres, number below 1.
    """
    shapes = _shapes(boundaries, projection)
    if islands not in ("nearest", "alone"):
        raise Refusal(
            "unknown_choice", f"Islands are linked to their 'nearest' areas or left 'alone', not '{islands}'."
        )
    if number < 1:
        raise Refusal("not_positive", f"The number of nearest areas is 1 or more, not {number}.")
    ids = boundaries["area_id"].tolist()
    meeting = shapes.sindex.query(shapes.geometry, predicate="intersects").T.tolist()
    found = {(one, other): "contiguous" for one, other in meeting if one != other}
    isolated = sorted(set(range(len(ids))) - {one for one, _ in found})
    for one in isolated if islands == "nearest" else ():
        distance = shapes.geometry.distance(shapes.geometry.iloc[one]).to_numpy()
        order = [other for other in np.argsort(distance, kind="stable").tolist() if other != one]
        for other in order[:number]:
            found.setdefault((one, other), "nearest")
            found.setdefault((other, one), "nearest")
    rows = [(ids[one], ids[other], how) for (one, other), how in sorted(found.items())]
    left = sorted(set(range(len(ids))) - {one for one, _ in found})
    rows += [(ids[one], None, "alone") for one in left]
    table = pd.DataFrame(rows, columns=["area_id", "neighbour_id", "how"])
    return table.sort_values("area_id", key=lambda column: column.map(ids.index), kind="stable", ignore_index=True)


def _shapes(boundaries: gpd.GeoDataFrame, projection: str | None) -> gpd.GeoDataFrame:
    """The boundaries in metres, each valid and there."""
    missing = boundaries.geometry.isna() | boundaries.geometry.is_empty
    if missing.any():
        raise Refusal(
            "missing_boundary",
            f"{boundaries.loc[missing, 'area_id'].iloc[0]} has no boundary: leave it out, or give one.",
        )
    require_once(boundaries, ["area_id"], "boundaries", "join its parts first")
    shapes = boundaries.to_crs(projection) if projection else boundaries
    if shapes.crs is None or not shapes.crs.is_projected:
        raise Refusal(
            "geographic_coordinates",
            "Degrees are no distance, since they shrink towards the poles: give boundaries in metres, or `projection`, "
            "as '+proj=laea +lat_0=13 +lon_0=-3'.",
        )
    shapes = shapes.reset_index(drop=True)
    return shapes.set_geometry(shapes.geometry.make_valid())


_NO_VARIANCE = "the areas differ no more than by chance, so that the rate is drawn all the way to that of {what}."


@dataclass(frozen=True)
class _Prior:
    """Smoothed rates of some readings of the counts, with the prior of each: arrays (readings, areas)."""

    rates: NDArray[np.float64]
    mean: NDArray[np.float64]
    variance: NDArray[np.float64]


def smooth_rates(
    table: pd.DataFrame,
    method: Literal["global", "local"] = "global",
    neighbours: pd.DataFrame | None = None,
    per: float = 100_000,
) -> pd.DataFrame:
    """Empirical Bayes estimates of the rates of areas. They measure detection, not incidence.

    The rate of an area is drawn towards a prior mean, the further the fewer its inhabitants. Mean and variance of the
    prior are estimated by moments: from all areas ("global"), or from the area and its neighbours ("local"). A smoothed
    rate errs less on the whole, and hides an area that truly stands out: show it beside the raw one.

    Counts that are intervals are not replaced by a point. The rate is computed for four readings: the area's own count
    at its lower or upper bound, and all others at theirs. Its bounds are the least and the greatest of the four. As it
    neither rises nor falls steadily with the counts of the others, counts between may give a rate beyond them. A count
    without an upper bound has none for its own rate; in the prior of the others its upper bound is the area's
    population.

    Parameters
    ----------
    table : one row an area: area_id, population (persons), and `count` or low, high and value_qualifier (persons).
    method : "global" or "local".
    neighbours : for "local": area_id, neighbour_id, both ways, as `neighbours` gives them; a missing neighbour_id is
        none.
    per : persons the rates are given for.

    Returns
    -------
    DataFrame, rows as in `table`: area_id, cases, cases_low, cases_high, population; raw, raw_low, raw_high (rates that
        the counts allow); rate, rate_low, rate_high (smoothed); prior_mean (per `per`), prior_variance (per `per`,
        squared); weight (of the raw rate, 0 to 1), value_qualifier, note. `raw` is NaN unless the area's count is
        exact; `rate`, the prior and `weight` are NaN unless all counts that enter are. An area whose count or
        population is not known, or where nobody lives, has no rate and enters no prior; so has an area without a known
        neighbour, under "local".

    Raises
    ------
    ValueError : a column is missing, an area stands twice, the method is none, or neighbours are missing or unknown.

    References
    ----------
    Marshall, R. J. (1991). Mapping disease and mortality rates using empirical Bayes estimators. Applied Statistics 40,
    283-294.
    """
    if method not in ("global", "local"):
        raise Refusal("unknown_choice", f"The method is 'global' or 'local', not '{method}'.")
    rates = by_area(table, per)
    known = (rates["rate_low"].notna()).to_numpy()
    low, high = rates.loc[known, "cases_low"].to_numpy(), rates.loc[known, "cases_high"].to_numpy()
    people = rates.loc[known, "population"].to_numpy()
    near = np.ones((known.sum(), known.sum()), dtype=bool)
    if method == "local":
        near = _near(neighbours, rates["area_id"])[np.ix_(known, known)]
    # One area alone has no others to be drawn to.
    alone = near.sum(axis=1) == 1
    smoothed = _readings(low, high, people, near)
    inexact = (rates.loc[known, "value_qualifier"] != "exact").to_numpy()
    exact = ~(near & inexact).any(axis=1)

    def column(values: NDArray[np.float64], where: NDArray[np.bool_] | bool = True) -> NDArray[np.float64]:
        full = np.full(len(rates), np.nan)
        full[known] = np.where(~alone & where, values, np.nan)
        return full

    mean, variance = smoothed.mean[0], smoothed.variance[0]
    least, most = smoothed.rates.min(axis=0), smoothed.rates.max(axis=0)
    certain = np.isfinite(high)
    return rates[["area_id", "cases", "cases_low", "cases_high", "population"]].assign(
        raw=rates["rate"],
        raw_low=rates["rate_low"],
        raw_high=rates["rate_high"],
        rate=column(least * per, exact),
        rate_low=column(least * per),
        rate_high=column(np.where(certain, most * per, np.inf)),
        prior_mean=column(mean * per, exact),
        prior_variance=column(variance * per**2, exact),
        weight=column(_weight(mean, variance, people), exact),
        value_qualifier=rates["value_qualifier"],
        note=_notes(rates["note"], known, alone, (smoothed.variance == 0).mean(axis=0), method),
    )


def _near(neighbours: pd.DataFrame | None, ids: pd.Series) -> NDArray[np.bool_]:
    """Which areas (columns) are the neighbourhood of each (rows), which it belongs to itself."""
    if neighbours is None or not {"area_id", "neighbour_id"} <= set(neighbours):
        raise Refusal(
            "missing_neighbours",
            "Local smoothing needs `neighbours`, a table with area_id and neighbour_id: analysis.methods.smoothing "
            "makes it from boundaries.",
        )
    place = pd.Series(range(len(ids)), index=ids)
    pairs = neighbours.dropna(subset=["neighbour_id"])
    strange = sorted({*pairs["area_id"], *pairs["neighbour_id"]} - set(ids), key=str)
    if strange:
        raise Refusal("unknown_area", f"The neighbours name {strange[0]}, which is no area of the table.")
    near = np.eye(len(ids), dtype=bool)
    near[place[pairs["area_id"]], place[pairs["neighbour_id"]]] = True
    return near


def _readings(
    low: NDArray[np.float64], high: NDArray[np.float64], people: NDArray[np.float64], near: NDArray[np.bool_]
) -> _Prior:
    """Marshall's estimates for each reading of the counts, own and others' at low or high; the first is all low."""
    # Nobody can be counted who is not there, but for those who have left or were counted twice.
    most = np.where(np.isfinite(high), high, np.maximum(low, people))
    own = np.eye(len(low), dtype=bool)
    found = [
        _marshall(np.where(own, mine, others), people, near)
        for mine in (low[:, None], most[:, None])
        for others in (low[None, :], most[None, :])
    ]
    return _Prior(*(np.array([getattr(one, part) for one in found]) for part in ("rates", "mean", "variance")))


def _marshall(counts: NDArray[np.float64], people: NDArray[np.float64], near: NDArray[np.bool_]) -> _Prior:
    """Estimates by moments, one reading of the counts a row: that of the row's own area, from its neighbourhood."""
    weights = np.where(near, people, 0.0)
    total = weights.sum(axis=1)
    mean = np.where(near, counts, 0.0).sum(axis=1) / total
    spread = (weights * (counts / people - mean[:, None]) ** 2).sum(axis=1) / total
    variance = np.maximum(spread - mean * near.sum(axis=1) / total, 0.0)
    raw = np.diagonal(counts) / people
    return _Prior(mean + _weight(mean, variance, people) * (raw - mean), mean, variance)


def _weight(
    mean: NDArray[np.float64], variance: NDArray[np.float64], people: NDArray[np.float64]
) -> NDArray[np.float64]:
    """The weight of an area's own rate: 0 where the areas do not differ."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(variance > 0, variance / (variance + mean / people), 0.0)


def _notes(
    notes: pd.Series, known: NDArray[np.bool_], alone: NDArray[np.bool_], flat: NDArray[np.float64], method: str
) -> list[str]:
    """What a reader of each area's rate must know; `flat` is the share of the readings without variance."""
    said = notes.tolist()
    what = "all areas" if method == "global" else "its neighbourhood"
    for place, is_alone, share in zip(np.flatnonzero(known), alone, flat, strict=True):
        if is_alone:
            said[place] += " No other area with a known rate is beside it, so there is nothing to smooth towards."
        elif share:
            where = "Here" if share == 1 else "In some readings of the counts"
            said[place] += f" {where} {_NO_VARIANCE.format(what=what)}"
    return [note.strip() for note in said]
