"""Gravity model: flows larger or smaller than the populations of their ends and the distance between suggest.

The pairs of places that the model is fitted to, what it knows of each (populations, distance, border), and the fit.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from analysis.methods.origin_destination import PAIR
from bounded import intervals
from bounded.arguments import checked, figures
from bounded.notebook_result import NotebookResult
from bounded.refusal import Caution, Refusal, require_columns, require_once

if TYPE_CHECKING:
    pass

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


def checked_places(places: pd.DataFrame) -> pd.DataFrame:
    """population, lon, lat by id."""
    require_columns(places, ["id", "population", "lon", "lat"], "places")
    require_once(places, ["id"], "places", "keep one row a place")
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


def checked_flows(flows: pd.DataFrame, ids: pd.Index) -> tuple[pd.DataFrame, tuple[Caution, ...]]:
    """origin, destination, low, high of the flows between two different places, and what was left out."""
    require_columns(flows, PAIR, "flows")
    if "low" not in flows and "persons" in flows:
        flows = flows.assign(low=flows["persons"], high=flows["persons"])
    require_columns(flows, ["low", "high"], "flows")
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
    said = Caution.kept(
        Caution.when(lost.any(), "unknown_place_left_out", f"Left out: {_flows(rows[lost])}, as an end is not known."),
        Caution.when(
            here.any(),
            "same_place_left_out",
            f"Left out: {_flows(rows[here])}, within one place, which has no distance to itself.",
        ),
        Caution.when(
            unknown.any(),
            "unknown_left_out",
            f"Left out: {_flows(rows[unknown])}, as the number is not known, which is not zero.",
        ),
    )
    # A pair whose number is not known must not come back as zero.
    return rows[~lost & ~within].assign(known=kept[~lost & ~within]), said


def _flows(rows: pd.DataFrame) -> str:
    return f"{len(rows)} flow{'s' if len(rows) > 1 else ''} ({_persons(rows)})"


def _persons(rows: pd.DataFrame) -> str:
    low, high = rows["low"].sum(), rows["high"].sum()
    if rows["low"].isna().all():
        return "persons not known"
    return f"{low:,.0f} persons" if low == high else f"{low:,.0f} to {high:,.0f} persons"


def entering(counts: pd.DataFrame, ids: pd.Index, observed: pd.DataFrame | None) -> tuple[pd.DataFrame, list[Caution]]:
    """The pairs that enter, with low and high, ordered by origin and destination; and what they rest on."""
    found = counts[counts["known"]].drop(columns="known")
    if observed is None:
        possible = len(ids) * (len(ids) - 1)
        absent = Caution(
            "absent_left_out",
            f"{possible - len(found)} of {possible} pairs of places have no row and did not enter, as they may "
            "not have been seen. If some were, and had nobody, the model expects too many everywhere.",
        )
        return found.sort_values(PAIR, ignore_index=True), [absent] if possible > len(found) else []
    require_columns(observed, PAIR, "observed pairs")
    for end in PAIR:
        strange = observed.loc[~observed[end].isin(ids), end]
        if len(strange):
            raise Refusal(
                "unknown_place", f"The observed pairs name the {end} {strange.iloc[0]}, which is no id of the places."
            )
    all_pairs = observed.loc[observed["origin"] != observed["destination"], PAIR].drop_duplicates()
    table = all_pairs.merge(counts, on=PAIR, how="outer", validate="1:1", indicator=True)
    outside = table[(table["_merge"] == "right_only") & table["known"].eq(True)]
    if len(outside):
        raise Refusal(
            "pair_not_observed",
            f"{outside['origin'].iloc[0]} to {outside['destination'].iloc[0]} has a flow but is none of the observed "
            "pairs: add it to them, or leave the flow out.",
        )
    # A pair without a row has nobody; one whose number is not known stays out.
    table = table[table["known"].ne(False)].fillna({"low": 0.0, "high": 0.0})
    zeros = len(table) - len(found)
    absent = Caution(
        "absent_as_zero", f"{zeros} of {len(table)} pairs have no row in the flows and count as zero persons."
    )
    return table[[*PAIR, "low", "high"]].sort_values(PAIR, ignore_index=True), [absent] if zeros else []


def design_of(pairs: pd.DataFrame, sites: pd.DataFrame, neighbours: pd.DataFrame | None) -> pd.DataFrame:
    """One row a pair, one column a term."""
    origins, destinations = sites.loc[pairs["origin"]], sites.loc[pairs["destination"]]
    distance = great_circle_km(
        *(place[axis].to_numpy() for place in (origins, destinations) for axis in ("lon", "lat"))
    )
    bad = ~((distance > 0) & np.isfinite(distance))
    if bad.any():
        pair = pairs[bad].iloc[0]
        raise Refusal(
            "zero_distance",
            f"{pair['origin']} and {pair['destination']} have no distance above 0 km, and the model takes its "
            "logarithm: correct their coordinates.",
        )
    terms = {
        "intercept": np.ones(len(pairs)),
        "log population of origin": np.log(origins["population"].to_numpy()),
        "log population of destination": np.log(destinations["population"].to_numpy()),
        "log distance": np.log(distance),
    }
    if neighbours is not None:
        require_columns(neighbours, ["area_id", "neighbour_id", "how"], "neighbours")
        beside = neighbours[neighbours["how"] == "contiguous"]
        met = set(zip(beside["area_id"], beside["neighbour_id"], strict=True))
        met |= {(other, one) for one, other in met}
        terms["contiguous"] = np.array([float(pair in met) for pair in pairs[PAIR].itertuples(index=False, name=None)])
    return pd.DataFrame(terms)


Floats = NDArray[np.float64]

FEWEST_PAIRS = 20
FEWEST_WITH_PERSONS = 5
MORE, FEWER, AS_EXPECTED = "more than expected", "fewer than expected", "as expected"


@dataclass(frozen=True, eq=False)
class Gravity(NotebookResult):
    """A gravity model of flows, and how far each flow is from it.

    Parameters
    ----------
    coefficients : one row a term: term, estimate (missing where the counts are intervals), estimate_low, estimate_high
        (of the fits to the lower and the upper bounds), low, high (limits: the union of both fits'). A coefficient of
        a logarithm is an elasticity: with 2 in place of 1, persons are multiplied by 2 to its power.
    residuals : one row a pair, the least likely first: origin, destination; persons, low, high; expected,
        expected_low, expected_high (persons); ratio, ratio_low, ratio_high (persons to expected); pearson, pearson_low,
        pearson_high (persons less expected, in standard deviations under the dispersion); p_value (two-sided), q_value
        (Benjamini-Hochberg), status ("more than expected", "fewer than expected", "as expected"). persons,
        expected, ratio and pearson are missing where the counts do not give one number.
    dispersion : variance of the persons divided by their mean, of the fits to the lower and to the upper bounds; 1
        if each person moved alone.
    n_pairs : pairs that enter.
    warnings : sentences that a reader of the numbers must know.
    alpha : q_value up to which a flow is more or fewer than expected.
    confidence : level of the limits of the coefficients, and part of the flows that `least_likely` puts within chance.
    """

    coefficients: pd.DataFrame
    residuals: pd.DataFrame = field(repr=False)
    dispersion: tuple[float, float]
    n_pairs: int
    warnings: tuple[Caution, ...]
    alpha: float
    confidence: float

    def least_likely(self, top: int, names: pd.Series | None = None) -> pd.DataFrame:
        """The first so many `residuals`, with label ("A → B"), chance_low and chance_high.

        Between these two (persons) lie so large a part of flows as `confidence` says, of which so many are expected.
        `names` are those of places by id.
        """
        rows = self.residuals.head(top)
        low, high = _chance(rows["expected_low"], rows["expected_high"], max(self.dispersion), self.confidence)
        named = {end: rows[end].map(names).fillna(rows[end]) if names is not None else rows[end] for end in PAIR}
        return rows.assign(
            label=[f"{a} → {b}" for a, b in zip(named["origin"], named["destination"], strict=True)],
            chance_low=low,
            chance_high=high,
        )


@dataclass(frozen=True)
class Fit(NotebookResult):
    """One fit: means of the pairs (n), coefficients (terms), their limits (terms), dispersion."""

    means: Floats
    estimates: Floats
    low: Floats
    high: Floats
    dispersion: float


@checked(flows=figures("persons", "low", "high"), places=figures("population", "lon", "lat"))
def gravity(
    flows: pd.DataFrame,
    places: pd.DataFrame,
    *,
    neighbours: pd.DataFrame | None = None,
    observed_pairs: pd.DataFrame | None = None,
    alpha: float = 0.05,
    confidence: float = 0.95,
) -> Gravity:
    """A gravity model by Poisson pseudo-likelihood, and the flows that it does not explain.

    The logarithm of the expected persons is linear in the logarithms of both populations and of the distance. Poisson
    regression estimates that without bias also where flows are zero and their variance is not the mean; limits are by
    Student's t from robust (HC1) standard errors. A flow is compared with what is expected by the tails of a negative
    binomial law with that mean and the dispersion estimated from all pairs (of Poisson, if that is below 1). All
    flows are part of the fit: each draws its own expected number to itself, and one that is far off raises the
    dispersion, behind which others hide. So what is found is unusual, but not all that is unusual is found.

    What is absent from `flows` is unknown, unless it is said that it could have been seen. A country that never
    reported has no flow in detected data, and that is not zero. So there are two ways: pairs of `flows` alone enter
    (give zeros as rows), or those of `observed_pairs`.

    Counts that are intervals are fitted twice, all at their lower and all at their upper bounds. A residual is then a
    range over its own two bounds and both fits, its p-value the largest of the four, and its status "as expected"
    unless all four lie on one side. Other counts within the bounds may give expected numbers beyond both fits.

    Parameters
    ----------
    flows : origin, destination (ids of `places`; "unknown" or missing where an end is not known), and `persons`, or
        low and high (persons; whole numbers; missing where not known); value_qualifier if there is one.
    places : id, population (persons), lon, lat (degrees); distances are along great circles.
    neighbours : area_id, neighbour_id, how, as `incidence.neighbours` gives them: adds the term "contiguous", which is
        1 for pairs with how "contiguous".
    observed_pairs : origin, destination: the pairs that could have been seen; one without a row in `flows` is zero.
    alpha : q_value up to which a flow is called more or fewer than expected.
    confidence : level of the limits of the coefficients, and of the range that chance allows a flow.

    Returns
    -------
    Gravity.

    Raises
    ------
    ValueError : fewer than 20 pairs enter or fewer than 5 have persons, terms cannot be told apart, there is no
        estimate because zeros are where a term says so, a count has no upper bound, an end is no place, a pair stands
        twice, a place has no population or lies where another does.

    References
    ----------
    Santos Silva, J. M. C. & Tenreyro, S. (2006). The log of gravity. Review of Economics and Statistics 88, 641-658.
    Santos Silva, J. M. C. & Tenreyro, S. (2010). On the existence of the maximum likelihood estimates in Poisson
    regression. Economics Letters 107, 310-312.
    Benjamini, Y. & Hochberg, Y. (1995). Controlling the false discovery rate. Journal of the Royal Statistical Society
    B 57, 289-300.
    """
    sites = checked_places(places)
    counts, said = checked_flows(flows, sites.index)
    pairs, more = entering(counts, sites.index, observed_pairs)
    design = design_of(pairs, sites, neighbours)
    low, high = pairs["low"].to_numpy(dtype=float), pairs["high"].to_numpy(dtype=float)
    _check_carries(low, high, design)
    exact = bool((low == high).all())
    fits = [quasi_poisson(low, design.to_numpy(), confidence)]
    fits.append(fits[0] if exact else quasi_poisson(high, design.to_numpy(), confidence))
    residuals = _residuals(pairs, fits, alpha)
    cautions = Caution.kept(
        *said,
        *more,
        Caution.when(
            not exact,
            "interval_counts",
            f"{int((low < high).sum())} of {len(pairs)} counts are known as intervals: estimates are those of the "
            "lower and the upper bounds, and counts between may give others.",
        ),
        Caution(
            "dependent_pairs",
            "Pairs that share a place are not independent, so that the limits of the coefficients may be too narrow; "
            "and a flow may be large because it is detected better, not because more persons are moved.",
        ),
    )
    dispersion = (fits[0].dispersion, fits[1].dispersion)
    return Gravity(_coefficients(design, fits, exact), residuals, dispersion, len(pairs), cautions, alpha, confidence)


def _check_carries(low: Floats, high: Floats, design: pd.DataFrame) -> None:
    """Raise ValueError unless the pairs can carry the model."""
    n = len(low)
    if n < FEWEST_PAIRS:
        raise Refusal(
            "too_few_pairs",
            f"Only {n} pairs of places enter, and a gravity model needs {FEWEST_PAIRS}: add places, or say with "
            "`observed_pairs` or `complete` which pairs without a row were seen to be zero.",
        )
    for name, counts in (("upper", high), ("lower", low)):
        seen = int((counts > 0).sum())
        if seen < FEWEST_WITH_PERSONS:
            where = "" if (low == high).all() else f" at the {name} bounds of the counts"
            raise Refusal(
                "too_few_positive_pairs",
                f"Only {seen} of {n} pairs have any persons{where}, and a gravity model needs {FEWEST_WITH_PERSONS}: "
                "add up more years, or larger groups.",
            )
    columns = design.to_numpy()
    for place, term in enumerate(design.columns[1:], start=1):
        others = np.delete(columns, place, axis=1)
        centred = columns[:, place] - columns[:, place].mean()
        left = columns[:, place] - others @ np.linalg.lstsq(others, columns[:, place], rcond=None)[0]
        if left @ left <= 1e-8 * max(centred @ centred, 1e-12 * n):
            raise Refusal(
                "collinear",
                f"The term '{term}' does not vary apart from the others, so that their parts cannot be told from each "
                "other: add places that differ in it, or leave it out.",
            )
    for name, counts in (("lower", low), ("upper", high)):
        if not _exists(counts, columns):
            where = "" if (low == high).all() else f" at the {name} bounds of the counts"
            raise Refusal(
                "separation",
                f"The model has no estimate{where}: some mixture of its terms is large only where nobody was seen, so "
                "that a coefficient would be infinite. Leave a term out, or add pairs or years.",
            )


def _exists(counts: Floats, columns: Floats) -> bool:
    """True if Poisson estimates exist: no mixture of terms is zero where persons are, and else below zero somewhere."""
    from scipy.optimize import linprog

    zero = counts == 0
    if not zero.any():
        return True
    spread = columns.std(axis=0)
    # Neither shift nor scale of a term matters, and numbers near 1 keep the programme exact; the intercept stays.
    scaled = np.where(spread > 0, (columns - columns.mean(axis=0)) / np.where(spread > 0, spread, 1), 1.0)
    found = linprog(
        scaled[zero].sum(axis=0),
        A_ub=scaled[zero],
        b_ub=np.zeros(int(zero.sum())),
        A_eq=scaled[~zero],
        b_eq=np.zeros(int((~zero).sum())),
        bounds=(-1, 1),
    )
    return found.status == 0 and found.fun > -1e-7


def quasi_poisson(counts: Floats, columns: Floats, confidence: float) -> Fit:
    """Poisson regression whose variance need not be its mean.

    Parameters
    ----------
    counts : persons; array (pairs).
    columns : the terms; array (pairs, terms).
    confidence : level of the limits.

    Raises
    ------
    ValueError : the fit did not converge.
    """
    from scipy.stats import t
    from statsmodels.genmod.families import Poisson
    from statsmodels.genmod.generalized_linear_model import GLM
    from statsmodels.tools.sm_exceptions import PerfectSeparationWarning

    with warnings.catch_warnings():
        # It is given where all counts are met exactly; whether there are estimates is decided before.
        warnings.simplefilter("ignore", PerfectSeparationWarning)
        fitted = GLM(counts, columns, family=Poisson()).fit(cov_type="HC0", maxiter=200)
    if not fitted.converged:
        raise Refusal(
            "not_converged",
            "The fit did not converge: see whether one pair has nearly all persons, and leave terms out.",
        )
    means, free = np.asarray(fitted.fittedvalues), len(counts) - columns.shape[1]
    # HC1 is HC0 times n / (n - k): statsmodels' own "HC1" leaves the factor out for these models.
    half = t.ppf((1 + confidence) / 2, free) * fitted.bse * np.sqrt(len(counts) / free)
    dispersion = float(((counts - means) ** 2 / means).sum() / free)
    return Fit(means, fitted.params, fitted.params - half, fitted.params + half, dispersion)


def _coefficients(design: pd.DataFrame, fits: list[Fit], exact: bool) -> pd.DataFrame:
    estimates = np.array([fit.estimates for fit in fits])
    return pd.DataFrame(
        {
            "term": design.columns,
            "estimate": estimates[0] if exact else np.nan,
            "estimate_low": estimates.min(axis=0),
            "estimate_high": estimates.max(axis=0),
            "low": np.min([fit.low for fit in fits], axis=0),
            "high": np.max([fit.high for fit in fits], axis=0),
        }
    )


def _residuals(pairs: pd.DataFrame, fits: list[Fit], alpha: float) -> pd.DataFrame:
    """The observed and the expected persons of each pair, and how likely the difference is."""
    from scipy.stats import false_discovery_control

    bounds = [pairs["low"].to_numpy(dtype=float), pairs["high"].to_numpy(dtype=float)]
    ways = [(counts, fit) for counts in bounds for fit in fits]
    ratios = np.array([counts / fit.means for counts, fit in ways])
    pearson = np.array([(counts - fit.means) / np.sqrt(max(fit.dispersion, 1e-12) * fit.means) for counts, fit in ways])
    p_value = np.max([tails(counts, fit.means, fit.dispersion) for counts, fit in ways], axis=0)
    means = np.array([fit.means for fit in fits])
    q_value = false_discovery_control(p_value, method="bh")
    side = np.where((ratios > 1).all(axis=0), MORE, np.where((ratios < 1).all(axis=0), FEWER, AS_EXPECTED))
    table = pairs[PAIR].assign(
        **_range("persons", np.array(bounds), ("low", "high")),
        **_range("expected", means),
        **_range("ratio", ratios),
        **_range("pearson", pearson),
        p_value=p_value,
        q_value=q_value,
        status=np.where(q_value <= alpha, side, AS_EXPECTED),
    )
    return table.sort_values(["p_value", *PAIR], kind="stable", ignore_index=True)


def _range(name: str, readings: Floats, ends: tuple[str, str] | None = None) -> dict[str, Floats]:
    """A number where all readings (readings, pairs) are the same, and its least and its greatest."""
    low, high = readings.min(axis=0), readings.max(axis=0)
    first, last = ends or (f"{name}_low", f"{name}_high")
    return {name: np.where(low == high, low, np.nan), first: low, last: high}


def tails(counts: Floats, means: Floats, dispersion: float) -> Floats:
    """Twice the smaller tail of a count; both tails have the count itself."""
    law = _law(means, dispersion)
    return np.minimum(1.0, 2 * np.minimum(law.cdf(counts), law.sf(counts - 1)))


def _chance(
    expected_low: pd.Series, expected_high: pd.Series, dispersion: float, confidence: float
) -> tuple[Floats, Floats]:
    """Return the persons between which so large a part of flows lies whose expected number is between the two given."""
    tail = (1 - confidence) / 2
    return (
        _law(expected_low.to_numpy(dtype=float), dispersion).ppf(tail),
        _law(expected_high.to_numpy(dtype=float), dispersion).ppf(1 - tail),
    )


def _law(means: Floats, dispersion: float):
    """The law of counts with these means and with variances so many times as large; Poisson's where that is below 1."""
    from scipy.stats import nbinom, poisson

    # Nearly 1 is Poisson too: the size of the negative binomial would be beyond what its functions can take.
    if dispersion <= 1 + 1e-6:
        return poisson(means)
    return nbinom(means / (dispersion - 1), 1 / dispersion)
