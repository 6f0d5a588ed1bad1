"""Areas compared: ranks with their uncertainty, funnel limits, and rates smoothed by empirical Bayes.

Which place in a ranking of areas their rates allow, given the chance in every count; which areas' rates differ from the
overall rate by more than chance (control limits by population); which areas lie beside each other, by a shared border,
and for islands by distance or by ferry; and rates of small areas drawn towards the rate of all areas, or of their
neighbours, as far as chance explains them.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import special

from analysis.methods.rates import by_area
from bounded import arguments
from bounded.arguments import checked, figures, numbers_or_one, whole
from bounded.refusal import Refusal, require_choice, require_once


@checked(table=figures())
def rank_intervals(table: pd.DataFrame, per: float = 100_000, confidence: float = 0.95) -> pd.DataFrame:
    """Ranks of areas by their rate, the highest first, with joint confidence intervals of the ranks.

    Each rate has an exact Poisson interval at the level confidence^(1/k), so that all k of them hold at once with the
    given confidence (counts of different areas being independent). A rank then lies above those areas whose whole
    interval is lower, and below those whose whole interval is higher. No ranks are simulated. An area whose rate is not
    known has no rank, and none of the others allows for it: ranks are among the areas with a known rate.

    Parameters
    ----------
    table : one row an area: area_id, population (persons), and `count` or low, high and value_qualifier (persons).
    per : persons the rates are given for.
    confidence : level that all ranks hold at together, between 0 and 1.

    Returns
    -------
    DataFrame, rows as in `table`: area_id, cases, cases_low, cases_high, population, rate, rate_low, rate_high, low,
        high (simultaneous interval), confidence (as given, of all ranks together), rank, rank_low, rank_high (1 is the
        highest rate; areas of equal rates share the better rank), ranked (how many areas have a rank),
        value_qualifier, note. `rank` is NaN where the intervals of the counts themselves leave it open.

    Raises
    ------
    ValueError : a column is missing, an area stands twice, or a count or population is none.

    References
    ----------
    Klein, M., Wright, T. and Wieczorek, J. (2020). A joint confidence region for an overall ranking of populations.
    Journal of the Royal Statistical Society, Series C 69, 589-606.
    """
    ranked = int(by_area(table, per)["rate_low"].notna().sum())
    rates = by_area(table, per, confidence ** (1 / max(ranked, 1)))
    best, worst = _ranks(rates["low"], rates["high"])
    certain, possible = _ranks(rates["rate_low"], rates["rate_high"])
    columns = ["area_id", "cases", "cases_low", "cases_high", "population", "rate", "rate_low", "rate_high"]
    return rates[[*columns, "low", "high"]].assign(
        confidence=confidence,
        rank=np.where(certain == possible, certain, np.nan),
        rank_low=best,
        rank_high=worst,
        ranked=ranked,
        value_qualifier=rates["value_qualifier"],
        note=rates["note"],
    )


def _ranks(low: pd.Series, high: pd.Series) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The best and the worst rank that each interval allows; NaN where there is none."""
    lows, highs = low.to_numpy()[None, :], high.to_numpy()[None, :]
    above = (lows > highs.T).sum(axis=1)
    not_below = (highs > lows.T).sum(axis=1) - (highs.T > lows.T)[:, 0]
    known = low.notna().to_numpy()
    return np.where(known, 1.0 + above, np.nan), np.where(known, 1.0 + not_below, np.nan)


# The two funnels that are usual: about two and three standard deviations of a normal variable.
LEVELS = {"95": 0.95, "998": 0.998}


@checked(expected=numbers_or_one)
def control_limits(expected: ArrayLike, confidence: float = 0.95) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Exact Poisson limits around expected counts.

    A count at or beyond a limit has, with those more extreme, a chance of at most (1 - confidence) / 2. Limits between
    whole numbers follow from the Poisson distribution function as continued by the gamma function, so that a curve
    through them is smooth; a count is beyond them if and only if its Garwood interval leaves out the expected count.

    Parameters
    ----------
    expected : persons, from 0 up; an array of any shape or a scalar.
    confidence : between 0 and 1.

    Returns
    -------
    low, high : arrays of the shape of `expected`, in persons. `low` is -1 where even a count of 0 is no sign of a low
        rate; NaN where `expected` is.

    References
    ----------
    Spiegelhalter, D. J. (2005). Funnel plots for comparing institutional performance. Statistics in Medicine 24,
    1185-1202. (There, limits between whole numbers are interpolated instead.)
    """
    tail = (1 - confidence) / 2
    mean = np.asarray(expected, dtype=float)
    if (mean < 0).any():
        raise Refusal("negative", f"An expected count is a number of persons from 0 up; it is {np.nanmin(mean):g}.")
    low = np.where(np.exp(-mean) > tail, -1.0, special.pdtrik(tail, mean))
    high = np.maximum(special.pdtrik(1 - tail, mean) + 1, 1.0)
    unknown = np.isnan(mean)
    return np.where(unknown, np.nan, low)[()], np.where(unknown, np.nan, high)[()]


@checked(table=figures())
def overall_rate(table: pd.DataFrame, per: float = 100_000) -> tuple[float, float]:
    """Lower and upper bound of the rate of all areas together, from those whose count has an upper bound.

    Raises ValueError if there is none. See `funnel_limits` for `table`.
    """
    rates = by_area(table, per)
    used = rates[np.isfinite(rates["rate_high"])]
    if used.empty:
        raise Refusal(
            "no_overall_rate",
            "No area has a count with an upper bound and inhabitants, so there is no overall rate: give `target`.",
        )
    people = used["population"].sum()
    return float(used["cases_low"].sum() / people * per), float(used["cases_high"].sum() / people * per)


# Of the z-scores, so large a share at each end is set to the last that is left (Spiegelhalter, 2005).
WINSORISED = 0.1
# With fewer areas the two that stand out most are pulled in by less than half of the way to their neighbours, and would
# widen the limits that they are judged by.
FEWEST_AREAS = 6
OVERDISPERSION = ("multiplicative", "additive", "none")


@checked(table=figures(), target=arguments.number(least=0))
def funnel_limits(
    table: pd.DataFrame, target: float | None = None, per: float = 100_000, overdispersion: str = "multiplicative"
) -> pd.DataFrame:
    """Control limits (95 % and 99.8 %) around one rate, and which areas lie outside them.

    Areas that detect with different effort differ by more than chance, and with large counts most then lie outside
    limits that allow for chance alone. By how much they differ is estimated from the areas themselves: phi is the mean
    square of their z-scores, (count - expected) / √expected, after the highest and the lowest 10 % have been set to the
    10 % and 90 % quantiles (linear between two scores). Where phi is above 1, the distance of the exact Poisson limits
    from the expected count is multiplied by √phi ("multiplicative"), or by √(1 + τ² expected) ("additive": rates vary
    between areas with a coefficient of variation τ, by moments). Outside then means: differs by more than areas usually
    do. Of fewer than six areas phi is given, and the limits are left as they are.

    Parameters
    ----------
    table : one row an area: area_id, population (persons), and `count` or low, high and value_qualifier (persons).
    target : the rate to compare with, per `per`; None for the rate of all areas together. Areas whose count has no
        upper bound, or is not known, do not enter that rate, nor phi; counts that are intervals make both intervals,
        of which the bounds are those with all counts low and all counts high.
    per : persons the rates are given for.
    overdispersion : "multiplicative", "additive", or "none" for limits that allow for chance alone.

    Returns
    -------
    DataFrame, rows as in `table`: area_id, cases, cases_low, cases_high, population, rate, rate_low, rate_high,
        target_low, target_high, low_95, high_95, low_998, high_998 (rates; the outermost where the target or phi is an
        interval; the low ones are NaN where even a count of 0 lies inside), position_95, position_998,
        phi_low, phi_high (a ratio of variances, whatever the limits allow for), phi_areas (how many it is estimated
        from), overdispersion (as asked for), inflated (whether limits are wider for it), value_qualifier, note.
        A position is "above", "below" or "inside" if it is so for every count, target and phi that are allowed, else
        "perhaps above", "perhaps below" or "perhaps outside"; "not known" where there is no rate.

    Raises
    ------
    ValueError : a column is missing, an area stands twice, a count, population, target or overdispersion is none.

    References
    ----------
    Spiegelhalter, D. J. (2005). Funnel plots for comparing institutional performance. Statistics in Medicine 24,
    1185-1202.
    Spiegelhalter, D. J. (2005). Handling over-dispersion of performance indicators. Quality and Safety in Health Care
    14, 347-351.
    """
    require_choice("overdispersion", overdispersion, OVERDISPERSION)
    rates = by_area(table, per)
    least, most = (target, target) if target is not None else overall_rate(table, per)
    expected = [rates["population"].to_numpy() * bound / per for bound in (least, most)]
    known = rates["rate_low"].notna().to_numpy()
    scale = np.where(known, per / np.where(known, rates["population"], 1), np.nan)
    counts = rates["cases_low"].to_numpy(), rates["cases_high"].to_numpy()
    used = known & np.isfinite(counts[1]) & (expected[0] > 0)
    phi = [_winsorised(each[used], around[used]) for each, around in zip(counts, expected, strict=True)]
    inflated = bool(overdispersion != "none" and used.sum() >= FEWEST_AREAS and max(phi) > 1)
    kind = overdispersion if inflated else "none"
    wider = [_factor(each, around, used, kind) for each, around in zip(phi, expected, strict=True)]
    combined = list(product(expected, wider))
    limits, positions = {}, {}
    for level, confidence in LEVELS.items():
        ends = [
            np.array([_farther(control_limits(around, confidence)[end], around, factor) for around, factor in combined])
            for end in (0, 1)
        ]
        low, high = ((each.min(axis=0), each.max(axis=0)) for each in ends)
        limits[f"low_{level}"] = np.where(low[0] >= 0, low[0] * scale, np.nan)
        limits[f"high_{level}"] = high[1] * scale
        positions[f"position_{level}"] = _positions(*counts, known, low, high)
    columns = ["area_id", "cases", "cases_low", "cases_high", "population", "rate", "rate_low", "rate_high"]
    return rates[columns].assign(
        target_low=least,
        target_high=most,
        **limits,
        **positions,
        phi_low=min(phi),
        phi_high=max(phi),
        phi_areas=int(used.sum()),
        overdispersion=overdispersion,
        inflated=inflated,
        value_qualifier=rates["value_qualifier"],
        note=rates["note"],
    )


def _winsorised(counts: NDArray[np.float64], expected: NDArray[np.float64]) -> float:
    """The mean square of the winsorised z-scores; NaN without areas."""
    if not len(counts):
        return np.nan
    z = (counts - expected) / np.sqrt(expected)
    return float((np.clip(z, *np.quantile(z, [WINSORISED, 1 - WINSORISED])) ** 2).mean())


def _farther(
    limit: NDArray[np.float64], expected: NDArray[np.float64], factor: NDArray[np.float64] | float
) -> NDArray[np.float64]:
    """Limits that are `factor` times as far from what is expected."""
    return np.where(np.equal(factor, 1), limit, expected + factor * (limit - expected))


def _factor(
    phi: float, expected: NDArray[np.float64], used: NDArray[np.bool_], overdispersion: str
) -> NDArray[np.float64] | float:
    """The factor by which the limits of each area are farther from what is expected."""
    if overdispersion == "none" or not phi > 1:
        return 1.0
    if overdispersion == "multiplicative":
        return float(np.sqrt(phi))
    # By moments (DerSimonian and Laird, 1986), weights being the inverse variances of counts divided by expected ones.
    weight, n = expected[used], used.sum()
    between = max(0.0, n * phi - (n - 1)) / (weight.sum() - (weight**2).sum() / weight.sum())
    return np.sqrt(1 + between * expected)


def _positions(
    least: NDArray[np.float64],
    most: NDArray[np.float64],
    known: NDArray[np.bool_],
    low: tuple[NDArray[np.float64], NDArray[np.float64]],
    high: tuple[NDArray[np.float64], NDArray[np.float64]],
) -> NDArray[np.object_]:
    """The positions of counts between `least` and `most`, given the lower and upper bounds of both limits."""
    may_be_above, may_be_below = most >= high[0], least <= low[1]
    return np.select(
        [
            ~known,
            least >= high[1],
            most <= low[0],
            may_be_above & may_be_below,
            may_be_above,
            may_be_below,
        ],
        ["not known", "above", "below", "perhaps outside", "perhaps above", "perhaps below"],
        default="inside",
    ).astype(object)


if TYPE_CHECKING:
    import geopandas as gpd

# Loaded by whoever has boundaries: the other methods of this package need no maps.


@checked(number=whole(1))
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
    require_choice("islands", islands, ("nearest", "alone"))
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


@checked(table=figures())
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
    283-294. (Of neighbours in the form of GeoDa, as by spdep's EBlocal(geoda = TRUE) in R; its default differs.)
    """
    require_choice("method", method, ("global", "local"))
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
    """The areas (columns) in the neighbourhood of each area (rows), which it belongs to itself."""
    if neighbours is None or not {"area_id", "neighbour_id"} <= set(neighbours):
        raise Refusal(
            "missing_neighbours",
            "Local smoothing needs `neighbours`, a table with area_id and neighbour_id: analysis.methods.comparison "
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
    """Notes that a reader of each area's rate needs; `flat` is the share of the readings without variance."""
    said = notes.tolist()
    what = "all areas" if method == "global" else "its neighbourhood"
    for place, is_alone, share in zip(np.flatnonzero(known), alone, flat, strict=True):
        if is_alone:
            said[place] += " No other area with a known rate is beside it, so there is nothing to smooth towards."
        elif share:
            where = "Here" if share == 1 else "In some readings of the counts"
            said[place] += f" {where} {_NO_VARIANCE.format(what=what)}"
    return [note.strip() for note in said]
