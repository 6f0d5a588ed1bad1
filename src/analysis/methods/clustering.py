"""Spatial clustering: whether areas with high or low values lie side by side.

Moran's I of all areas, and of each with its neighbours, beside those of permuted values; esda computes them.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bounded.arguments import checked, figures
from bounded.notebook_result import NotebookResult
from bounded.refusal import Caution, Refusal, Said, require_columns, require_once

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class PermutedMoran(NotebookResult):
    """Moran's I, observed and permuted.

    Parameters
    ----------
    whole, whole_drawn : of all areas; array (permutations).
    each, each_drawn : of each area, arrays (areas) and (areas, permutations).
    quadrants : 1 high among high, 2 low among high, 3 low among low, 4 high among low; array (areas).
    """

    whole: float
    whole_drawn: Floats
    each: Floats
    each_drawn: Floats
    quadrants: NDArray[np.int64]


def permuted_moran(values: Floats, near: list[list[int]], permutations: int, seed: int) -> PermutedMoran:
    """Moran's I of `values` (areas) whose neighbours stand at the places `near`, each with an equal weight.

    Every area needs a neighbour: of one without, esda reports 0 and a p-value as if they had been observed.
    """
    if not all(near):
        raise Refusal("no_neighbours", "An area without neighbours has no Moran's I: leave it out.")
    with warnings.catch_warnings():
        # In a notebook it warns that there is no progress bar to draw; nor does anybody ask for one.
        warnings.simplefilter("ignore")
        from esda.moran import Moran, Moran_Local
        from libpysal.weights import W

    with _seeded(seed):
        weights = W(dict(enumerate(near)), silence_warnings=True)
        whole = Moran(values, weights, transformation="r", permutations=permutations)
        each = Moran_Local(values, weights, transformation="r", permutations=permutations, seed=seed)
    return PermutedMoran(float(whole.I), whole.sim, each.Is, each.rlisas, each.q)


@contextmanager
def _seeded(seed: int) -> Iterator[None]:
    """esda draws from numpy's global generator and changes the filters of warnings: both are put back."""
    before = np.random.get_state()
    # An area exactly at the mean has no spread, and by that esda divides.
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        # It announces another default of its p-values, which are not used here.
        warnings.simplefilter("ignore", DeprecationWarning)
        np.random.seed(seed)
        try:
            yield
        finally:
            np.random.set_state(before)


def two_sided(observed: Floats, drawn: Floats) -> Floats:
    """Twice the smaller tail, for each observed value and its row of permuted ones; the observed one counts itself.

    With few areas many permutations give exactly the observed value, and rounding must not hide that they do.
    """
    near = 1e-9 * (1 + np.abs(observed))[:, None]
    above = (drawn >= observed[:, None] - near).sum(axis=1)
    below = (drawn <= observed[:, None] + near).sum(axis=1)
    return np.minimum(1.0, 2 * (np.minimum(above, below) + 1) / (drawn.shape[1] + 1))


def smallest_p(n: int, neighbours: int) -> float:
    """The smallest two-sided p-value of an area: only one set of neighbours among all is as extreme as the observed."""
    return min(1.0, 2 / math.comb(n - 1, neighbours))


SEED = 20230
# With seven areas the rarest of all sets of neighbours, three of six, has a two-sided p-value of 2 in 20.
FEWEST = 8
QUADRANTS = {1: "high-high", 2: "low-high", 3: "low-low", 4: "high-low"}
ALONE = "masked: no neighbour"
UNKNOWN = "masked: value not known"
CHANCE = "not distinguishable"
_HOW = ("contiguous", "nearest", "alone")
_EXCHANGEABLE = Caution(
    "small_populations",
    "Permutations take all values as equally uncertain, but rates of small populations vary more by chance: "
    "see whether a cluster rests on areas with few persons.",
)


@dataclass(frozen=True, eq=False)
class SpatialClustering(NotebookResult):
    """Moran's I of areas and of each area, with what chance makes of it.

    Parameters
    ----------
    moran : one row: i (above `expected`: like values side by side), expected (if values lay at random), z_sim
        (standard deviations of the permuted ones), p_value (two-sided, permuted), n (areas that enter), n_masked.
    local : one row an area, as in the values: area_id, value, local_i (they sum to (n - 1) i), quadrant ("high-low":
        the area above the mean of all, its neighbours' mean below; empty where one is exactly there), p_value
        (two-sided), smallest_p (that permutations could give, whatever the values), q_value (Benjamini-Hochberg),
        status ("cluster", "outlier", "not distinguishable", or why the area is masked), neighbours (ids of those that
        enter), how (the ways in which they are neighbours). Numbers of masked areas are missing.
    warnings : sentences that a reader of the numbers must know: which areas are masked, and which joined by what.
    alpha : q_value up to which an area is a cluster or an outlier.
    permutations : how many were drawn.
    """

    moran: pd.DataFrame
    local: pd.DataFrame = field(repr=False)
    warnings: tuple[Caution, ...]
    alpha: float
    permutations: int

    @property
    def distinguishable(self) -> pd.Series:
        """Return True for each area that is told from chance: a cluster or an outlier."""
        return self.local["status"].isin(["cluster", "outlier"])


@checked(values=figures("value"))
def spatial_clustering(
    values: pd.DataFrame,
    neighbours: pd.DataFrame,
    *,
    permutations: int = 9999,
    seed: int = SEED,
    alpha: float = 0.05,
) -> SpatialClustering:
    """Test if areas with high or low values lie side by side, more than values laid at random would.

    The neighbours of an area have equal weights that sum to 1. An area whose value is not known, or none of whose
    neighbours' values are, enters nothing: it is masked, and is neither zero nor one of the areas that are permuted.
    Global: all values are permuted over the areas. Local: the area keeps its value and the others are permuted.
    p-values are two-sided, twice the smaller tail; permutations that give the observed value are in both tails.

    Parameters
    ----------
    values : area_id, value (a rate or a share, in any unit; missing where it is not known, which is not zero).
    neighbours : area_id, neighbour_id, how ("contiguous", "nearest", "alone"), each pair both ways, as
        `incidence.neighbours` gives them.
    permutations : how many are drawn, from 99 up.
    seed : of the permutations; the same seed gives the same p-values.
    alpha : q_value up to which an area is called a cluster or an outlier.

    Returns
    -------
    SpatialClustering.

    Raises
    ------
    ValueError : fewer than eight areas enter, all values are the same, an area stands twice or is in one table only,
        neighbours stand one way only, or a column is missing.

    References
    ----------
    Moran, P. A. P. (1950). Notes on continuous stochastic phenomena. Biometrika 37, 17-23.
    Anselin, L. (1995). Local indicators of spatial association - LISA. Geographical Analysis 27, 93-115.
    Castro, M. C. & Singer, B. H. (2006). Controlling the false discovery rate: a new application to account for
    multiple and dependent tests in local statistics of spatial association. Geographical Analysis 38, 180-208.
    Bivand, R. S. & Portnov, B. A. (2004). Exploring spatial data analysis techniques using R: the case of observations
    with no neighbors. In: Anselin, Florax & Rey (eds), Advances in Spatial Econometrics. Springer, 121-142.
    """
    from scipy.stats import false_discovery_control

    if permutations < 99:
        raise Refusal(
            "too_few_permutations",
            f"{permutations} permutations cannot give a p-value below 0.02: ask for 999 or more.",
        )
    table = _checked_values(values)
    pairs = _checked_pairs(neighbours, table["area_id"])
    known = dict(zip(table["area_id"], table["value"].notna(), strict=True))
    # Both ends known: an area that then has no neighbour left is nobody's neighbour either, so one pass is enough.
    usable = pairs[pairs["area_id"].map(known) & pairs["neighbour_id"].map(known)]
    beside = {area: group for area, group in usable.groupby("area_id", sort=False)}
    local = table.assign(
        local_i=np.nan,
        quadrant="",
        p_value=np.nan,
        smallest_p=np.nan,
        q_value=np.nan,
        status=[_masked(area, known, beside, pairs) for area in table["area_id"]],
        neighbours=[tuple(beside[area]["neighbour_id"]) if area in beside else () for area in table["area_id"]],
        how=[", ".join(how for how in _HOW if how in set(_ways(area, beside))) for area in table["area_id"]],
    )
    enter = (local["status"] == "").to_numpy()
    inside = local[enter]
    _check_enough(inside, len(local))

    place = {area: at for at, area in enumerate(inside["area_id"])}
    near = [[place[other] for other in ids] for ids in inside["neighbours"]]
    values_in = inside["value"].to_numpy(dtype=float)
    found = permuted_moran(values_in, near, permutations, seed)
    p_each = two_sided(found.each, found.each_drawn)
    q_each = false_discovery_control(p_each, method="bh")
    named = np.array([QUADRANTS[number] for number in found.quadrants], dtype=object)
    named[np.abs(found.each) < 1e-12] = ""
    kind = np.where(np.isin(named, ["high-high", "low-low"]), "cluster", "outlier")
    columns = {
        "local_i": found.each,
        "quadrant": named,
        "p_value": p_each,
        "smallest_p": [smallest_p(len(values_in), len(ids)) for ids in near],
        "q_value": q_each,
        "status": np.where(q_each <= alpha, kind, CHANCE),
    }
    for name, numbers in columns.items():
        local.loc[enter, name] = numbers
    moran = pd.DataFrame(
        {
            "i": [found.whole],
            "expected": -1 / (len(values_in) - 1),
            "z_sim": (found.whole - found.whole_drawn.mean()) / found.whole_drawn.std(),
            "p_value": two_sided(np.array([found.whole]), found.whole_drawn[None, :]),
            "n": len(values_in),
            "n_masked": int((~enter).sum()),
        }
    )
    return SpatialClustering(moran, local, _warnings(local, usable, alpha), alpha, permutations)


def _checked_values(values: pd.DataFrame) -> pd.DataFrame:
    require_columns(values, ["area_id", "value"], "values")
    table = values[["area_id", "value"]].reset_index(drop=True).astype({"value": float})
    require_once(table, ["area_id"], "values", "choose one period first")
    endless = np.isinf(table["value"])
    if endless.any():
        raise Refusal(
            "not_finite",
            f"The value of {table.loc[endless, 'area_id'].iloc[0]} is infinite: leave it missing, or give a number.",
        )
    return table


def _checked_pairs(neighbours: pd.DataFrame, ids: pd.Series) -> pd.DataFrame:
    """Pairs of different areas; raises ValueError unless each stands both ways, and all areas are in the table."""
    require_columns(neighbours, ["area_id", "neighbour_id", "how"], "neighbours")
    lost = sorted(set(ids) - set(neighbours["area_id"]), key=str)
    if lost:
        raise Refusal(
            "missing_neighbours",
            f"{lost[0]} is not in the table of neighbours: an area without any has a row there too.",
        )
    pairs = neighbours.dropna(subset=["neighbour_id"]).drop_duplicates(["area_id", "neighbour_id"])
    strange = sorted({*neighbours["area_id"], *pairs["neighbour_id"]} - set(ids), key=str)
    if strange:
        raise Refusal(
            "unknown_area",
            f"The neighbours name {strange[0]}, which has no row in the values. If its value is not known, give it a "
            "row with a missing value.",
        )
    ways = set(zip(pairs["area_id"], pairs["neighbour_id"], strict=True))
    for one, other in sorted(ways):
        if one == other:
            raise Refusal("own_neighbour", f"{one} stands as its own neighbour: leave that row out.")
        if (other, one) not in ways:
            raise Refusal(
                "asymmetric_neighbours",
                f"{other} is a neighbour of {one}, but not the other way round: give both rows.",
            )
    return pairs


def _masked(area: str, known: dict[str, bool], beside: dict[str, pd.DataFrame], pairs: pd.DataFrame) -> str:
    """The reason why an area is masked; empty if it enters."""
    if not known[area]:
        return UNKNOWN
    if area in beside:
        return ""
    return ALONE if area not in set(pairs["area_id"]) else "masked: no neighbour's value known"


def _ways(area: str, beside: dict[str, pd.DataFrame]) -> list[str]:
    return beside[area]["how"].tolist() if area in beside else []


def _check_enough(inside: pd.DataFrame, areas: int) -> None:
    n = len(inside)
    if n < FEWEST:
        least = min((smallest_p(n, len(ids)) for ids in inside["neighbours"]), default=1.0)
        raise Refusal(
            "too_few_areas",
            f"Only {n} of {areas} areas have a value and a neighbour with one; with so few, permutations cannot reach "
            f"significance (the smallest p-value of an area would be {least:.2g}). {FEWEST} are needed: add areas, or "
            "give those left alone their nearest areas as neighbours.",
        )
    spread = inside["value"].to_numpy(dtype=float)
    if np.ptp(spread) <= 1e-12 * np.abs(spread).max():
        raise Refusal(
            "no_variation", "All areas have the same value, so that there is no high or low to lie side by side."
        )


def _warnings(local: pd.DataFrame, usable: pd.DataFrame, alpha: float) -> tuple[Caution, ...]:
    def masked_as(code: str, status: str, why: str) -> Said:
        areas = local.loc[local["status"] == status, "area_id"].astype(str).tolist()
        verb = why if len(areas) > 1 else why.replace("have", "has", 1)
        return Caution.when(areas, code, f"{', '.join(areas)} {verb} and {'are' if len(areas) > 1 else 'is'} masked.")

    joined = usable[(usable["how"] == "nearest") & (usable["area_id"].astype(str) < usable["neighbour_id"].astype(str))]
    names = [f"{one} and {other}" for one, other in zip(joined["area_id"], joined["neighbour_id"], strict=True)]
    masked = local["status"].str.startswith("masked")
    never = local.loc[local["smallest_p"] > alpha, "area_id"].astype(str).tolist()
    return Caution.kept(
        masked_as("no_neighbours", ALONE, "have no neighbour"),
        masked_as("unknown_left_out", UNKNOWN, "have no known value"),
        masked_as(
            "no_known_neighbours", "masked: no neighbour's value known", "have no neighbour whose value is known"
        ),
        Caution.when(
            names,
            "neighbours_without_border",
            f"Neighbours only as the nearest areas, not by a border: {'; '.join(names)}.",
        ),
        Caution.when(
            masked.any(),
            "areas_masked",
            f"Masked are {masked.sum()} of {len(local)} areas: a cluster that needs them cannot be seen.",
        ),
        Caution.when(
            never,
            "cannot_be_significant",
            f"With {int((~masked).sum())} areas the p-value of {', '.join(never)} cannot be {alpha:g} or less, "
            "whatever the values: not distinguishable does not mean that nothing is there.",
        ),
        _EXCHANGEABLE,
    )
