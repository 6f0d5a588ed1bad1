"""Which flows are larger or smaller than the populations of their two ends and the distance between them suggest."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.methods.flow_pairs import checked_flows, checked_places, design_of, entering
from analysis.methods.origin_destination import PAIR
from bounded import intervals, result_plots
from bounded.refusal import Caution, Refusal

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Floats = NDArray[np.float64]

FEWEST_PAIRS = 20
FEWEST_WITH_PERSONS = 5
MORE, FEWER, AS_EXPECTED = "more than expected", "fewer than expected", "as expected"


@dataclass(frozen=True, eq=False)
class Gravity:
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
    """

    coefficients: pd.DataFrame
    residuals: pd.DataFrame = field(repr=False)
    dispersion: tuple[float, float]
    n_pairs: int
    warnings: tuple[Caution, ...]
    alpha: float

    def plot(self, *, title: str = "", names: pd.Series | None = None, top: int = 15) -> Figure:
        """The flows furthest from what is expected: persons, and the range that model and chance allow.

        Parameters
        ----------
        names : names of the places by id; by default the ids.
        top : how many flows are drawn.
        """
        rows = self.least_likely(top, names)
        found, expected = (
            tuple(rows[list(columns)].to_numpy(dtype=float).T)
            for columns in (
                ("low", "high", "low", "high"),
                ("expected_low", "expected_high", "chance_low", "chance_high"),
            )
        )
        return result_plots.rows(
            rows["label"].tolist(),
            {"found": found, "expected, with what 95% of flows are by chance": expected},
            title=title
            or f"The {len(rows)} of {self.n_pairs} flows furthest from what population and distance suggest",
            xlabel="persons",
        )

    def least_likely(self, top: int, names: pd.Series | None = None) -> pd.DataFrame:
        """The first so many `residuals`, with label ("A → B"), chance_low and chance_high.

        Between these two (persons) lie 95 % of flows of which so many are expected. `names` are those of places by id.
        """
        rows = self.residuals.head(top)
        low, high = _chance(rows["expected_low"], rows["expected_high"], max(self.dispersion))
        named = {end: rows[end].map(names).fillna(rows[end]) if names is not None else rows[end] for end in PAIR}
        return rows.assign(
            label=[f"{a} → {b}" for a, b in zip(named["origin"], named["destination"], strict=True)],
            chance_low=low,
            chance_high=high,
        )


@dataclass(frozen=True)
class Fit:
    """One fit: means of the pairs (n), coefficients (terms), their limits (terms), dispersion."""

    means: Floats
    estimates: Floats
    low: Floats
    high: Floats
    dispersion: float


def gravity(
    flows: pd.DataFrame,
    places: pd.DataFrame,
    *,
    distance_km: pd.DataFrame | None = None,
    neighbours: pd.DataFrame | None = None,
    observed_pairs: pd.DataFrame | None = None,
    complete: bool = False,
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
    reported has no flow in detected data, and that is not zero. So there are three ways: pairs of `flows` alone enter
    (give zeros as rows), those of `observed_pairs`, or, if `complete`, all.

    Counts that are intervals are fitted twice, all at their lower and all at their upper bounds. A residual is then a
    range over its own two bounds and both fits, its p-value the largest of the four, and its status "as expected"
    unless all four lie on one side. Other counts within the bounds may give expected numbers beyond both fits.

    Parameters
    ----------
    flows : origin, destination (ids of `places`; "unknown" or missing where an end is not known), and `persons`, or
        low and high (persons; whole numbers; missing where not known); value_qualifier if there is one.
    places : id, population (persons), lon, lat (degrees).
    distance_km : origin, destination, distance_km of every ordered pair that enters; by default along great circles.
    neighbours : area_id, neighbour_id, how, as `incidence.neighbours` gives them: adds the term "contiguous", which is
        1 for pairs with how "contiguous".
    observed_pairs : origin, destination: the pairs that could have been seen; one without a row in `flows` is zero.
    complete : whether all pairs could have been seen, so that any without a row in `flows` is zero.
    alpha : q_value up to which a flow is called more or fewer than expected.
    confidence : level of the limits of the coefficients.

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
    confidence = intervals.check_confidence(confidence)
    if not 0 < alpha < 1:
        raise Refusal("out_of_range", f"`alpha` lies between 0 and 1, as 0.05 does; it is {alpha}.")
    sites = checked_places(places)
    counts, said = checked_flows(flows, sites.index)
    pairs, more = entering(counts, sites.index, observed_pairs, complete)
    design = design_of(pairs, sites, distance_km, neighbours)
    low, high = pairs["low"].to_numpy(dtype=float), pairs["high"].to_numpy(dtype=float)
    _check_carries(low, high, design)
    exact = bool((low == high).all())
    fits = [quasi_poisson(low, design.to_numpy(), confidence)]
    fits.append(fits[0] if exact else quasi_poisson(high, design.to_numpy(), confidence))
    residuals = _residuals(pairs, fits, alpha)
    if not exact:
        more.append(
            Caution(
                "interval_counts",
                f"{int((low < high).sum())} of {len(pairs)} counts are known as intervals: estimates are those of the "
                "lower and the upper bounds, and counts between may give others.",
            )
        )
    more.append(
        Caution(
            "dependent_pairs",
            "Pairs that share a place are not independent, so that the limits of the coefficients may be too narrow; "
            "and a flow may be large because it is detected better, not because more persons are moved.",
        )
    )
    dispersion = (fits[0].dispersion, fits[1].dispersion)
    return Gravity(_coefficients(design, fits, exact), residuals, dispersion, len(pairs), (*said, *more), alpha)


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
    """Whether Poisson estimates exist: no mixture of terms is zero where persons are, and else below zero somewhere."""
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
    """What each pair has, what it was expected to have, and how likely that is."""
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


def _chance(expected_low: pd.Series, expected_high: pd.Series, dispersion: float) -> tuple[Floats, Floats]:
    """Between which numbers of persons 95 % of flows lie whose expected number is between the two given."""
    return (
        _law(expected_low.to_numpy(dtype=float), dispersion).ppf(0.025),
        _law(expected_high.to_numpy(dtype=float), dispersion).ppf(0.975),
    )


def _law(means: Floats, dispersion: float):
    """The law of counts with these means and with variances so many times as large; Poisson's where that is below 1."""
    from scipy.stats import nbinom, poisson

    # Nearly 1 is Poisson too: the size of the negative binomial would be beyond what its functions can take.
    if dispersion <= 1 + 1e-6:
        return poisson(means)
    return nbinom(means / (dispersion - 1), 1 / dispersion)
