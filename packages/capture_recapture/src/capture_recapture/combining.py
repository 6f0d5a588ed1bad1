"""One estimate of the total from several linkages of the same lists, or several imputations: Rubin's rules."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from scipy import stats

from bounded.arguments import checked
from bounded.notebook_result import NotebookResult
from bounded.refusal import Caution, Refusal, require_columns
from capture_recapture.histories import NotIdentifiable
from capture_recapture.loglinear import Floats
from capture_recapture.resampling import normal_quantile

# With fewer linkages the variance between them is hardly known.
FEW_LINKAGES = 10


@dataclass(frozen=True, eq=False)
class CombinedEstimate(NotebookResult):
    """Estimates of several linkages as one, and how much of its uncertainty is that of the linkage.

    Parameters
    ----------
    m : linkages that were combined.
    without : linkages that had no estimate and were left out.
    n : persons observed, the mean of the linkages.
    estimate, low, high : persons in all. `low` is above `n`; `high` is infinite where too many linkages set no limit.
    within : mean variance of one linkage's estimate, on the log scale of the persons on no list.
    between : variance of the estimates of the linkages, on the same scale; persons observed who differ count too.
    total : variance of the combined estimate, on the same scale: within + (1 + 1/m) between.
    share_due_to_linkage : part of `total` that is there because the linkage is not sure, from 0 to 1.
    degrees_of_freedom : of the t limits; infinite where the linkages agree.
    confidence : level of the limits.
    linkages : one row a linkage that was combined: n, estimate (persons), log_hidden, standard_error (log scale).
    cautions : what a reader must know, one sentence each.
    """

    m: int
    without: int
    n: float
    estimate: float
    low: float
    high: float
    within: float
    between: float
    total: float
    share_due_to_linkage: float
    degrees_of_freedom: float
    confidence: float
    linkages: pd.DataFrame = field(repr=False)
    cautions: tuple[Caution, ...] = ()


@checked()
def combine_estimates(
    estimates: pd.DataFrame,
    *,
    confidence: float = 0.95,
) -> CombinedEstimate:
    """Combine estimates of the total from several linkages (or imputations) of the same lists by Rubin's rules.

    They are combined on the log scale of the persons on no list, on which the uncertainty of such estimates is nearly
    symmetric: the mean of the logs, and as its variance the mean of the linkages' variances (chance, were the linkage
    known) and (1 + 1/m) times the variance between the linkages. Limits are those of Student's t, whose degrees of
    freedom fall where the linkages differ. The persons observed are the mean of the linkages; what a linkage has more
    or less of them is added to its hidden persons in the variance between linkages (to first order: as a part of their
    geometric mean), as a missed link makes both numbers too high.

    Where limits are given in place of standard errors, an estimate is taken to be log-normal: its standard error is
    half of the distance of the logs of the persons on no list at both limits, in normal quantiles. A limit that is
    infinite, or the number observed itself, is left out, and the distance from the estimate to the other one is used.

    A linkage without an estimate (as where nobody is on two lists), or whose estimate is not above the persons
    observed, is left out and counts as infinite, as does an infinite upper limit: where more of them are than the upper
    tail holds (2.5 % at the level of 95 %), the combined estimate has no upper limit.

    Parameters
    ----------
    estimates : one row a linkage: n (persons observed), estimate (persons in all), and either standard_error (of the
        log of the persons on no list) or low and high (limits at `confidence`, persons).
        Two rows or more; ten or more are worth it.
    confidence : level of the limits, and of low and high in `estimates`, between 0 and 1.

    Returns
    -------
    CombinedEstimate : estimate, low, high (persons), within, between, total (variances, log scale of the
        persons on no list), share_due_to_linkage, degrees_of_freedom, m.

    Raises
    ------
    NotIdentifiable : fewer than two linkages have an estimate.
    ValueError : a column is missing, or a row is no estimate; the row is named.

    References
    ----------
    Rubin, D. B. (1987). Multiple Imputation for Nonresponse in Surveys. Wiley, chapter 3.
    Human Rights Data Analysis Group (2025). verdata: Analyze data from the Truth Commission in Colombia. R package
        1.0.0, documentation of combine_estimates: estimates of replicates, with their mean and total variance.
    """
    z = normal_quantile(confidence)
    table, unlimited = _read(estimates, z)
    known = table["log_hidden"].notna()
    without = int((~known).sum())
    kept = table[known]
    m = len(kept)
    if m < 2:
        raise NotIdentifiable(
            "too_few_linkages",
            f"To combine linkages takes two or more with an estimate, better twenty; there are {m}.",
        )
    middle, n = float(kept["log_hidden"].mean()), float(kept["n"].mean())
    beyond = (kept["log_hidden"] + (kept["n"] - n) / np.exp(middle)).to_numpy()
    within, between, total, degrees = rubin(beyond, kept["standard_error"].to_numpy() ** 2)
    reach = float(stats.t.ppf((1 + confidence) / 2, degrees)) * np.sqrt(total)
    endless = (without + int(unlimited[known].sum())) / len(table) > (1 - confidence) / 2
    return CombinedEstimate(
        m=m,
        without=without,
        n=n,
        estimate=n + float(np.exp(middle)),
        low=n + float(np.exp(middle - reach)),
        high=float("inf") if endless else n + float(np.exp(middle + reach)),
        within=within,
        between=between,
        total=total,
        share_due_to_linkage=(1 + 1 / m) * between / total if total else 0.0,
        degrees_of_freedom=degrees,
        confidence=confidence,
        linkages=kept.reset_index(drop=True),
        cautions=_cautions(m, without, endless),
    )


def rubin(values: Floats, variances: Floats) -> tuple[float, float, float, float]:
    """Combine imputations of one quantity by Rubin's rules.

    Parameters
    ----------
    values, variances : (m,) of the imputations.

    Returns
    -------
    Variance within, variance between, total variance, degrees of freedom.
    """
    m = values.size
    within, between = float(variances.mean()), float((values - values[0]).var(ddof=1))
    total = within + (1 + 1 / m) * between
    share = (1 + 1 / m) * between / total if total else 0.0
    return within, between, total, float((m - 1) / share**2 if share > 0 else np.inf)


def _read(estimates: pd.DataFrame, z: float) -> tuple[pd.DataFrame, pd.Series]:
    """n, estimate, log_hidden, standard_error of each linkage (missing where there is none); which set no limit."""
    require_columns(estimates, ["n", "estimate"], "estimates to combine")
    if "standard_error" not in estimates:
        require_columns(estimates, ["low", "high"], "estimates to combine without standard_error")
    named = [name for name in ("n", "estimate", "standard_error", "low", "high") if name in estimates]
    table = estimates[named].apply(pd.to_numeric, errors="coerce").astype(float)
    _require_rows(table["n"], np.isfinite(table["n"]) & (table["n"] >= 0), "is no number of persons observed")
    hidden = (table["estimate"] - table["n"]).where(np.isfinite(table["estimate"]))
    log_hidden = np.log(hidden.where(hidden > 0))
    if "standard_error" in table:
        given = table["standard_error"]
        _require_rows(given, given.isna() | (given >= 0), "is below 0, and no standard error")
        error, unlimited = given.where(np.isfinite(given)), np.isinf(given)
    else:
        for name, good in (("low", table["low"] <= table["estimate"]), ("high", table["high"] >= table["estimate"])):
            _require_rows(table[name], good | table[name].isna() | hidden.isna(), "leaves the estimate out")
        error, unlimited = _from_limits(table, log_hidden, z), np.isposinf(table["high"])
    table = table[["n", "estimate"]].assign(log_hidden=log_hidden.where(error.notna()), standard_error=error)
    return table, unlimited


def _from_limits(table: pd.DataFrame, log_hidden: pd.Series, z: float) -> pd.Series:
    """Standard errors on the log scale of the persons on no list."""
    low, high = table["low"] - table["n"], table["high"] - table["n"]
    down = log_hidden - np.log(low.where(low > 0))
    up = np.log(high.where(np.isfinite(high) & (high > 0))) - log_hidden
    return pd.concat([down, up], axis=1).mean(axis=1) / z


def _require_rows(column: pd.Series, good: pd.Series, why: str) -> None:
    if not good.all():
        row = int(good.to_numpy().argmin())
        raise Refusal("out_of_range", f"Row {column.index[row]}: `{column.name}` {why} ({column.iloc[row]}).")


def _cautions(m: int, without: int, endless: bool) -> tuple[Caution, ...]:
    return Caution.kept(
        Caution.when(
            m < FEW_LINKAGES,
            "few_linkages",
            f"{m} linkages were combined: with fewer than {FEW_LINKAGES} the variance between them is hardly known. "
            "Draw twenty or more.",
        ),
        Caution.when(
            without,
            "linkages_without_estimate",
            f"{without} of {m + without} linkages had no estimate and were left out: the others may be those that "
            "make the total look lower.",
        ),
        Caution.when(
            endless,
            "no_upper_limit",
            "So many linkages have no estimate, or set no upper limit, that the combined estimate has none.",
        ),
    )
