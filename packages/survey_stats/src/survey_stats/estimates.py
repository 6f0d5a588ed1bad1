"""Means, totals, ratios, proportions and quantiles under a design, for domains of it, with their limits."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import optimize, special

from bounded import arguments
from bounded.arguments import checked, numbers_or_one, one_or_each
from bounded.refusal import Refusal, require_choice, require_columns
from survey_stats.design import RESPONDENTS, Design, Floats, Mask, Names, NotEstimable, listed, numbers

METHODS = ("logit", "beta", "kish", "arcsine", "likelihood", "wald")


@checked(**dict.fromkeys(("proportion", "standard_error", "n", "degrees_of_freedom", "weighed_n"), numbers_or_one))
def proportion_limits(
    proportion: ArrayLike,
    standard_error: ArrayLike,
    n: ArrayLike,
    degrees_of_freedom: ArrayLike,
    confidence: float = 0.95,
    method: str = "logit",
    weighed_n: ArrayLike = np.inf,
) -> tuple[Floats, Floats]:
    """Limits of proportions strictly between 0 and 1.

    Parameters
    ----------
    proportion, standard_error : estimates and their errors under the design; arrays of one shape, or scalars.
    n : respondents, unweighted.
    degrees_of_freedom : of the design; infinite for normal limits.
    confidence : level of the limits, between 0 and 1.
    method : ``logit`` (t limits of the log odds), ``beta`` (Clopper and Pearson's with the effective sample size),
        ``kish`` (the same, with an effective sample size of at most `weighed_n`: where few have it, the error itself is
        uncertain, and a sample that by chance missed those of great weight looks surer than it is),
        ``arcsine`` (t limits of the angle), ``likelihood`` (the binomial likelihood of the effective sample size), or
        ``wald`` (estimate and error, which may leave 0 to 1).
    weighed_n : respondents that their unequal weights leave, (sum of weights)² / sum of squared weights.

    Returns
    -------
    low, high : arrays of the same shape; missing where the proportion is 0, 1 or missing, or no degree is left.

    Raises
    ------
    ValueError : the method is not one of these.

    References
    ----------
    Korn, E. L. and Graubard, B. I. (1998). Confidence intervals for proportions with small expected number of positive
        counts estimated from survey data. Survey Methodology 24, 193-201.
    Kish, L. (1992). Weighting for unequal P_i. Journal of Official Statistics 8, 183-200.
    Franco, C., Little, R. J. A., Louis, T. A. and Slud, E. V. (2019). Comparative study of confidence intervals for
        proportions in complex sample surveys. Journal of Survey Statistics and Methodology 7, 334-364.
    Rao, J. N. K. and Scott, A. J. (1984). On chi-squared tests for multiway contingency tables with cell proportions
        estimated from survey data. Annals of Statistics 12, 46-60.
    """
    require_choice("method", method, METHODS)
    given = np.broadcast_arrays(proportion, standard_error, n, degrees_of_freedom, weighed_n)
    p, error, size, df, most = (np.array(a, dtype=float) for a in given)
    usable = (p > 0) & (p < 1) & (error >= 0) & (df > 0)
    # Everybody was asked: the limits are the proportion itself.
    certain = usable & (error == 0)
    error = np.where(certain, 1.0, error)
    tail = (1 + confidence) / 2
    with np.errstate(invalid="ignore", divide="ignore"):
        t = quantile_of_t(df, tail)
        spread = p * (1 - p)
        if method == "logit":
            reach = t * error / spread
            low, high = special.expit(special.logit(p) - reach), special.expit(special.logit(p) + reach)
        elif method in ("beta", "kish"):
            effective = spread / error**2
            if method == "kish":
                effective = np.minimum(effective, most)
            effective = effective * (quantile_of_t(size - 1, tail) / t) ** 2
            low = special.betaincinv(effective * p, effective * (1 - p) + 1, 1 - tail)
            high = special.betaincinv(effective * p + 1, effective * (1 - p), tail)
        elif method == "arcsine":
            middle, reach = np.arcsin(np.sqrt(p)), t * error / (2 * np.sqrt(spread))
            low = np.sin(np.maximum(middle - reach, 0)) ** 2
            high = np.sin(np.minimum(middle + reach, np.pi / 2)) ** 2
        elif method == "likelihood":
            # A quasi-binomial likelihood has the dispersion n / (n - 1).
            low, high = _likelihood(p, spread / error**2 * (size - 1) / size, t, usable)
        else:
            low, high = p - t * error, p + t * error
    low, high = np.where(certain, p, low), np.where(certain, p, high)
    return np.where(usable, low, np.nan)[()], np.where(usable, high, np.nan)[()]


def quantile_of_t(df: ArrayLike, probability: float) -> Floats:
    """Student's quantile; the normal's where the degrees of freedom are infinite, missing where there are none."""
    df = np.asarray(df, dtype=float)
    finite = np.where(np.isfinite(df) & (df > 0), df, 1.0)
    found = np.where(np.isinf(df), special.ndtri(probability), special.stdtrit(finite, probability))
    return np.where(df > 0, found, np.nan)


def _likelihood(p: Floats, effective: Floats, t: Floats, usable: Mask) -> tuple[Floats, Floats]:
    """The limits where the log likelihood of an effective sample has fallen by half of t squared."""
    low, high = np.full(p.shape, np.nan), np.full(p.shape, np.nan)
    for place in zip(*np.nonzero(np.atleast_1d(usable)), strict=True):
        at = place if p.ndim else ()
        share, size, fall = p[at], effective[at], t[at] ** 2

        def short(logit: float, share: float = share, size: float = size, fall: float = fall) -> float:
            other = special.expit(logit)
            apart = special.rel_entr(share, other) + special.rel_entr(1 - share, special.expit(-logit))
            return 2 * size * apart - fall

        middle = special.logit(share)
        reach = 1.0
        while short(middle - reach) < 0 or short(middle + reach) < 0:
            reach *= 2
        low[at] = special.expit(optimize.brentq(short, middle - reach, middle, xtol=1e-13))
        high[at] = special.expit(optimize.brentq(short, middle, middle + reach, xtol=1e-13))
    return low, high


# Columns of tables of estimates and counts: a column of groups with such a name would be written over.
_TAKEN = frozenset(
    (
        *("variable", "category", "numerator", "denominator", "probability", "estimate", "standard_error", "low"),
        *("high", "confidence", "cv", "design_effect", "n", "unknown", "share_unknown", "psus", "degrees_of_freedom"),
        *("method", "cases", "count"),
    )
)


def groups_of(design: Design, by: Names | None) -> list[str]:
    """The columns `by`. Raises ValueError where one is not there, or has the name of a column of the table."""
    columns = listed(by)
    for column in columns:
        require_columns(design.data, [column], RESPONDENTS)
        if column in _TAKEN:
            raise Refusal(
                "reserved_column",
                f"Groups by '{column}' would stand where the table has its own '{column}': rename it.",
            )
    return columns


def domains(design: Design, by: Names | None) -> Iterator[tuple[dict[str, object], Mask]]:
    """The groups of the columns `by` within the design's domain, in their order, with what is missing as the last."""
    columns = groups_of(design, by)
    if not columns:
        yield {}, design.inside
        return
    if not design.inside.any():
        raise NotEstimable(
            "empty_domain",
            f"Nobody is in the domain, so that it has no groups by {', '.join(columns)}. Ask for a domain in which "
            "somebody was asked.",
        )
    code = design.data.groupby(columns, dropna=False, observed=True, sort=True).ngroup().to_numpy()
    for number in range(int(code.max()) + 1):
        here = (code == number) & design.inside
        if here.any():
            yield design.data[columns].iloc[int(here.argmax())].to_dict(), here


# Of who counts and their weights: an estimate, its scores, and the variance of a simple random sample of its size.
Estimator = Callable[[Mask, Floats], tuple[float, Floats, float]]


# Infinite for normal limits.
ABOVE_0 = arguments.number(above=0, infinite=True)


class Estimates(Design):
    """Estimates from a sample without a model. Every table is as of `mean`."""

    @checked(degrees_of_freedom=ABOVE_0)
    def mean(self, variables: Names, by: Names | None = None, confidence: float = 0.95,
             degrees_of_freedom: float | None = None) -> pd.DataFrame:  # fmt: skip
        """Means of numbers (Hájek's), by domain.

        Parameters
        ----------
        variables : columns of numbers.
        by : columns whose groups are domains; what is missing in them is the last one.
        confidence : level of the limits.
        degrees_of_freedom : of the limits; left out: PSUs less strata of each domain. ``numpy.inf`` for normal limits.

        Returns
        -------
        DataFrame, one row a variable and domain: the columns of `by`, variable, estimate, standard_error, low, high,
        confidence (level of these limits), cv, design_effect, n, unknown, share_unknown, psus, degrees_of_freedom.

        Raises
        ------
        NotEstimable : the sample is none of a population, or a stratum has one PSU.
        ValueError : a column is not there, or is not of numbers; the row is named.
        """
        self.require_probability("mean")
        return self._of_numbers(_mean, variables, by, confidence, degrees_of_freedom)

    @checked(degrees_of_freedom=ABOVE_0)
    def total(self, variables: Names, by: Names | None = None, confidence: float = 0.95,
              degrees_of_freedom: float | None = None) -> pd.DataFrame:  # fmt: skip
        """Totals in the population (Horvitz and Thompson's) of those whose value is known; as `mean` otherwise.

        Where `share_unknown` is above 0, the total is that of a part, and a minimum for what is never negative.
        """
        self.require_probability("total")
        return self._of_numbers(_total, variables, by, confidence, degrees_of_freedom)

    @checked(degrees_of_freedom=ABOVE_0)
    def ratio(self, numerator: str, denominator: str, by: Names | None = None, confidence: float = 0.95,
              degrees_of_freedom: float | None = None) -> pd.DataFrame:  # fmt: skip
        """Ratios of two totals, of those of whom both are known; as `mean` otherwise."""
        self.require_probability("ratio")
        top, bottom = numbers(self.data, numerator), numbers(self.data, denominator)
        asked = (
            {"numerator": numerator, "denominator": denominator},
            ~np.isnan(top + bottom),
            partial(_ratio, top, bottom),
        )
        return pd.DataFrame([row for _, row in self._rows([asked], by, confidence, degrees_of_freedom)])

    @checked(degrees_of_freedom=ABOVE_0)
    def proportion(self, variables: Names, by: Names | None = None, confidence: float = 0.95,
                   method: str = "logit", degrees_of_freedom: float | None = None) -> pd.DataFrame:  # fmt: skip
        """Proportions of each category; of a variable that is true/false or 0/1, of true alone.

        Parameters
        ----------
        variables, by, confidence, degrees_of_freedom : as for `mean`.
        method : of the limits, as for `proportion_limits`: ``logit``, ``beta``, ``kish`` (for what is rare, or unequal
            weights), ``arcsine``, ``likelihood`` or ``wald``.

        Returns
        -------
        DataFrame as of `mean`, with category, cases (respondents who have it, unweighted) and method. Where nobody or
        everybody has it there is no standard error, and the limits are Clopper and Pearson's with each PSU counted as
        one (``exact``).
        """
        self.require_probability("prevalence")
        require_choice("method", method, METHODS)
        asked = (
            ({"variable": variable, "category": category, "_y": y}, ~np.isnan(y), partial(_mean, y))
            for variable in listed(variables)
            for category, y in _indicators(self.data, variable)
        )
        rows = []
        for here, row in self._rows(asked, by, confidence, degrees_of_freedom):
            cases, count = int(row.pop("_y")[here].sum()), row["n"]
            row["method"] = method
            if 0 < cases < count:
                most, df = _weighed(self.weights[here]), row["degrees_of_freedom"]
                limits = proportion_limits(row["estimate"], row["standard_error"], count, df, confidence, method, most)
                row |= {"low": float(limits[0]), "high": float(limits[1])}
            elif count:
                low, high = _of_none(self, here, cases > 0, confidence)
                # What nobody or everybody has in the sample has no variance in it to go by.
                row |= {"standard_error": np.nan, "cv": np.nan, "design_effect": np.nan}
                row |= {"estimate": float(cases > 0), "low": low, "high": high, "method": "exact"}
            rows.append({**row, "cases": cases})
        return pd.DataFrame(rows)

    @checked(probabilities=one_or_each(arguments.number(above=0, below=1, example="0.5")), degrees_of_freedom=ABOVE_0)
    def quantile(self, variable: str, probabilities: float | Sequence[float] = (0.25, 0.5, 0.75),
                 by: Names | None = None, confidence: float = 0.95,
                 degrees_of_freedom: float | None = None) -> pd.DataFrame:  # fmt: skip
        """Quantiles: the smallest value up to which at least that share lies; limits by those of the share (Woodruff).

        A limit beyond the sample is infinite, as no value observed bounds it (R's svyquantile prints NaN), and the
        standard error is missing; both limits are missing where the quantile is the largest value of a sample, of
        which nothing shows what lies above it. Of 4,000 simple random samples of normal numbers, 95 % limits held the
        true median in 96 of 100 (n = 20) and 95 (n = 60), the upper quartile in 98 and 95, the 0.9 quantile in 96 and
        95, and the 0.95 quantile in 99 and 97; the upper limit of the last was infinite in all of them, and at n = 20
        that of the 0.9 quantile. With log-normal numbers they did so in the same numbers but for 1 in 100.

        References
        ----------
        Woodruff, R. S. (1952). Confidence intervals for medians and other position measures. JASA 47, 635-646.
        """
        self.require_probability("quantile")
        asked = [probabilities] if isinstance(probabilities, float | int) else list(probabilities)
        y = numbers(self.data, variable)
        rows = []
        for keys, domain in domains(self, by):
            here = domain & ~np.isnan(y)
            order = np.argsort(y[here], kind="stable")
            values, cumulated = y[here][order], np.cumsum(self.weights[here][order])
            df = _degrees(self, here, degrees_of_freedom)
            t = float(quantile_of_t(df, (1 + confidence) / 2))
            for probability in asked:
                row: dict[str, Any] = {**keys, "variable": variable, "probability": probability}
                row |= dict.fromkeys(("estimate", "standard_error", "low", "high"), np.nan)
                if len(values):
                    row["estimate"] = estimate = _inverse(values, cumulated, probability)
                    share, scores, _ = _mean(np.where(here, y <= estimate, 0.0), here, self.weights)
                    reach = t * float(np.sqrt(self.covariance(scores)[0, 0]))
                    row["low"], row["high"] = _woodruff(values, cumulated, share, reach, _all_drawn(self, here))
                    if np.isfinite(row["high"] - row["low"]):
                        row["standard_error"] = (row["high"] - row["low"]) / (2 * t)
                row["confidence"] = confidence
                rows.append({**row, **_sizes(self, here, domain), "degrees_of_freedom": df})
        return pd.DataFrame(rows)

    def _of_numbers(
        self,
        estimator: Callable[[Floats, Mask, Floats], tuple[float, Floats, float]],
        variables: Names,
        by: Names | None,
        confidence: float,
        degrees_of_freedom: float | None,
    ) -> pd.DataFrame:
        columns = ((variable, numbers(self.data, variable)) for variable in listed(variables))
        asked = (({"variable": variable}, ~np.isnan(y), partial(estimator, y)) for variable, y in columns)
        return pd.DataFrame([row for _, row in self._rows(asked, by, confidence, degrees_of_freedom)])

    def _rows(
        self,
        asked: Iterable[tuple[dict[str, Any], Mask, Estimator]],
        by: Names | None,
        confidence: float,
        degrees_of_freedom: float | None,
    ) -> Iterator[tuple[Mask, dict[str, Any]]]:
        """Respondents who count, and a row, of each variable and group. asked : names, who is known, the estimator."""
        groups = list(domains(self, by))
        for names, known, estimator in asked:
            for keys, domain in groups:
                here = domain & known
                estimate, scores, simple = estimator(here, self.weights)
                row = _row(self, estimate, scores, here, domain, simple, confidence, degrees_of_freedom)
                yield here, {**keys, **names, **row}


def _ratio(top: Floats, bottom: Floats, here: Mask, weights: Floats) -> tuple[float, Floats, float]:
    """A ratio of weighted sums and its linearised scores."""
    w = np.where(here, weights, 0.0)
    y, x = np.where(here, top, 0.0), np.where(here, bottom, 0.0)
    whole = float(w @ x)
    if not whole:
        return np.nan, w, np.nan
    estimate = float(w @ y) / whole
    return estimate, w * (y - estimate * x) / whole, np.nan


def _mean(y: Floats, here: Mask, weights: Floats) -> tuple[float, Floats, float]:
    """A weighted mean, its linearised scores, and the variance that a simple random sample of its size would have."""
    w = np.where(here, weights, 0.0)
    whole = w.sum()
    if not whole:
        return np.nan, w, np.nan
    filled = np.where(here, y, 0.0)
    estimate = float(w @ filled / whole)
    apart = np.where(here, y - estimate, 0.0)
    return estimate, w * apart / whole, _simple(w, apart, int(here.sum()))


def _total(y: Floats, here: Mask, weights: Floats) -> tuple[float, Floats, float]:
    w = np.where(here, weights, 0.0)
    filled = np.where(here, y, 0.0)
    _, _, simple = _mean(y, here, weights)
    return float(w @ filled), w * filled, simple * w.sum() ** 2


def _simple(w: Floats, apart: Floats, n: int) -> float:
    """Variance of a mean of n drawn without replacement from all that the weights stand for."""
    if n < 2:
        return np.nan
    whole = w.sum()
    finite = 1 - n / whole if whole > n else 1.0
    return float(w @ apart**2 / whole / (n - 1) * finite)


def _row(
    design: Design,
    estimate: float,
    scores: Floats,
    here: Mask,
    domain: Mask,
    simple: float,
    confidence: float,
    degrees_of_freedom: float | None,
) -> dict[str, Any]:
    """The columns of one estimate."""
    df = _degrees(design, here, degrees_of_freedom)
    known = bool(here.any()) and not np.isnan(estimate)
    # Asked for before it is left out, so that a sample of one PSU is refused.
    error = float(np.sqrt(design.covariance(scores)[0, 0])) if known else np.nan
    if _alone(design, scores, here):
        error = np.nan
    reach = float(quantile_of_t(df, (1 + confidence) / 2)) * error
    return {
        "estimate": estimate,
        "standard_error": error,
        "low": estimate - reach,
        "high": estimate + reach,
        "confidence": confidence,
        "cv": error / abs(estimate) if estimate else np.nan,
        "design_effect": error**2 / simple if simple and simple > 0 else np.nan,
        **_sizes(design, here, domain),
        "degrees_of_freedom": df,
    }


def _alone(design: Design, scores: Floats, here: Mask) -> bool:
    """Return whether all lie in one PSU, drawn from more, whose scores add up to 0: the error is not known, not 0."""
    first = design.structure.stages[0]
    units = np.unique(first.unit[here])
    if len(units) != 1 or first.fraction[first.stratum[units[0]]] >= 1:
        return False
    return abs(scores.sum()) <= 1e-9 * np.abs(scores).sum()


def _sizes(design: Design, here: Mask, domain: Mask) -> dict[str, Any]:
    whole = design.weights[domain].sum()
    return {
        "n": int(here.sum()),
        "unknown": int((domain & ~here).sum()),
        "share_unknown": float(design.weights[domain & ~here].sum() / whole) if whole else np.nan,
        "psus": int((np.bincount(design.structure.stages[0].unit[here]) > 0).sum()),
    }


def _degrees(design: Design, here: Mask, degrees_of_freedom: float | None) -> float:
    if degrees_of_freedom is not None:
        return float(degrees_of_freedom)
    return float(design.structure.degrees_of_freedom(here))


def _indicators(data: pd.DataFrame, variable: str) -> Iterator[tuple[object, Floats]]:
    """0/1 for each category of a variable; of a variable that is itself 0/1 or true/false, for 1 alone."""
    require_columns(data, [variable], RESPONDENTS)
    given = data[variable]
    if given.dropna().isin([0, 1]).all():
        yield True, numbers(data, variable)
        return
    categories = given.cat.categories if isinstance(given.dtype, pd.CategoricalDtype) else given.dropna().unique()
    if len(categories) > 50:
        raise NotEstimable(
            "too_many_categories",
            f"'{variable}' has {len(categories)} different values, too many for proportions. Group them, or ask for "
            "its mean or quantiles.",
        )
    known = given.notna().to_numpy()
    ordered = list(categories) if isinstance(given.dtype, pd.CategoricalDtype) else sorted(categories)
    for category in ordered:
        yield category, np.where(known, (given == category).to_numpy(dtype=float, na_value=0.0), np.nan)


def _of_none(design: Design, here: Mask, everybody: bool, confidence: float) -> tuple[float, float]:
    """Clopper and Pearson's limits where nobody or everybody has it: each PSU counts as one, fewer if unequal."""
    totals = np.bincount(design.structure.stages[0].unit[here], weights=design.weights[here]).astype(float)
    size = _weighed(totals)
    reach = 1 - ((1 - confidence) / 2) ** (1 / size)
    return (1 - reach, 1.0) if everybody else (0.0, float(reach))


def _weighed(weights: Floats) -> float:
    """The number of respondents of equal weight that these are worth (Kish)."""
    return float(weights.sum() ** 2 / (weights**2).sum())


def _all_drawn(design: Design, here: Mask) -> bool:
    """Return whether everybody was asked, so that a quantile of the sample is that of the population."""
    stages = design.structure.stages
    return all((stage.fraction[stage.stratum[np.unique(stage.unit[here])]] >= 1).all() for stage in stages)


def _woodruff(values: Floats, cumulated: Floats, share: float, reach: float, all_drawn: bool) -> tuple[float, float]:
    """Limits of a quantile: the values up to which the shares at both ends lie, infinite where no value does."""
    # Without degrees of freedom there is no t; and all that lies up to the largest value has no variance to go by.
    if np.isnan(reach) or (share >= 1 - 1e-12 and not all_drawn):
        return np.nan, np.nan
    if all_drawn:
        return (_inverse(values, cumulated, share),) * 2
    low, high = share - reach, share + reach
    return (
        _inverse(values, cumulated, low) if low > 0 else -np.inf,
        _inverse(values, cumulated, high) if high < 1 else np.inf,
    )


def _inverse(values: Floats, cumulated: Floats, probability: float) -> float:
    """The smallest value up to which at least this share of the weight lies."""
    place = np.searchsorted(cumulated, probability * cumulated[-1] * (1 - 1e-12), side="left")
    return float(values[min(max(int(place), 0), len(values) - 1)])
