"""Estimates of the total by every method, one row each, as `robustness` compares them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from bounded.arguments import checked, each, text, whole
from bounded.refusal import require_choice
from capture_recapture.few_lists import chao_lower_bound, chapman
from capture_recapture.heterogeneity import heterogeneity_rows
from capture_recapture.histories import CaptureTable, NotIdentifiable, capture_table
from capture_recapture.latent_classes import latent_classes
from capture_recapture.loglinear import MOST_LISTS
from capture_recapture.model_averaging import model_average
from capture_recapture.multiple_systems import SEED, MultipleSystems, by_threshold, multiple_systems

THRESHOLDS = (0.001, 0.005, 0.01, 0.02, 0.05, 0.1)
# The method whose number is given where methods agree: R's default.
USUAL_THRESHOLD = 0.02
USUAL = f"stepwise, p < {USUAL_THRESHOLD:g}"
LOWER_BOUND = "Chao's lower bound"
INDEPENDENT, AVERAGED = "all lists independent", "averaged over decomposable models"
BIC_PAIRS, BIC_ALL = "BIC, pairs of lists", "BIC, all hierarchical models"
# Persons differ: the fourth form, Chao's, is the lower bound.
DIFFERING = ("Mth Poisson", "Mth Darroch", "Mth gamma")
LATENT = "latent classes"
# Of these the middle is the headline: one each of those whose estimates move together.
FAMILIES = (USUAL, BIC_PAIRS, BIC_ALL, AVERAGED, *DIFFERING, LATENT)
# Of being on one of two lists for those on the other.
ODDS_RATIOS = (0.5, 1.0, 2.0, 4.0)


@checked(methods=each(text), latent_draws=whole())
def method_table(
    histories: pd.DataFrame,
    methods: Sequence[str] | None = None,
    thresholds: Sequence[float] = THRESHOLDS,
    replicates: int = 1000,
    seed: int = SEED,
    confidence: float = 0.95,
    latent_draws: int = 0,
) -> pd.DataFrame:
    """Estimate the number of persons by some methods, or all, without the checks of `robustness`.

    Parameters
    ----------
    methods : by their names in the table; by default all that there are for so many lists.
    histories, thresholds, replicates, seed, confidence, latent_draws : as in `robustness`.

    Returns
    -------
    One row a method: method, estimate, low, high (persons), interval (how it was made), model, deviance, df, fit
    (p-value of the deviance by chi-squared; these three are missing where a method has no expected counts), note,
    refused (the code of a refusal, else empty).

    Raises
    ------
    ValueError : the histories are malformed, or a method has another name.

    References
    ----------
    Binette, O. and Steorts, R. C. (2022). On the reliability of multiple systems estimation for the quantification of
        modern slavery. JRSS A 185, 640-676.
    """
    found = capture_table(histories)
    names = _names(found, thresholds, latent_draws)
    for name in methods or ():
        require_choice("methods", name, names)
    resampled = {"replicates": replicates, "seed": seed, "confidence": confidence}
    asked = [p for p in thresholds if methods is None or stepwise_name(p) in methods]
    stepwise = stepwise_of(found, asked, resampled)
    wanted = names if methods is None else methods
    return table_of(methods_of(found, stepwise, asked, resampled, latent_draws, wanted))


COLUMNS = ["method", "estimate", "low", "high", "interval", "model", "deviance", "df", "fit", "note", "refused"]
REFUSED = "refused: "
Estimator = Callable[[], dict[str, Any]]
Resampled = Mapping[str, Any]


def stepwise_name(threshold: float) -> str:
    """Return the name of the stepwise method that selects by a p-value."""
    return f"stepwise, p < {threshold:g}"


def _names(found: CaptureTable, thresholds: Sequence[float], latent_draws: int) -> list[str]:
    """Return the names of the methods that there are for so many lists."""
    lists = len(found.lists)
    if lists == 2:
        return [f"Chapman, odds ratio {ratio:g}" for ratio in ODDS_RATIOS]
    by_bic = [BIC_PAIRS, *([BIC_ALL] if lists > 3 else [])] if lists <= MOST_LISTS else []
    differing = [*DIFFERING, *([LATENT] if latent_draws else [])]
    return [INDEPENDENT, *map(stepwise_name, thresholds), *by_bic, AVERAGED, *differing, LOWER_BOUND]


def stepwise_of(
    found: CaptureTable, thresholds: Sequence[float], resampled: Resampled
) -> dict[float, MultipleSystems | NotIdentifiable]:
    """Return the stepwise results, or refusals, of 0 and of each threshold; of two lists, of the thresholds alone."""
    asked = tuple(dict.fromkeys(thresholds if len(found.lists) == 2 else [0.0, *thresholds]))
    return dict(zip(asked, by_threshold(found.histories, asked, **resampled), strict=True))


def methods_of(
    found: CaptureTable,
    stepwise: Mapping[float, MultipleSystems | NotIdentifiable],
    thresholds: Sequence[float],
    resampled: Resampled,
    latent_draws: int,
    asked: Collection[str] | None = None,
) -> dict[str, Estimator]:
    """Return names of methods and the function of each; all, or those `asked`."""
    names = [name for name in _names(found, thresholds, latent_draws) if asked is None or name in asked]
    level = resampled["confidence"]
    ratios = {f"Chapman, odds ratio {ratio:g}": ratio for ratio in ODDS_RATIOS}
    known = {INDEPENDENT: 0.0, **{stepwise_name(threshold): threshold for threshold in thresholds}}
    orders = {BIC_PAIRS: 2, BIC_ALL: len(found.lists)}
    carried: dict[str, Estimator] = {
        **{name: partial(_chapman, found, ratio, level) for name, ratio in ratios.items()},
        **{name: partial(estimated, stepwise[p]) for name, p in known.items() if p in stepwise},
        **{name: partial(log_linear, found, selection="bic", order=n, **resampled) for name, n in orders.items()},
        AVERAGED: partial(_averaged, found, level),
        **{name: partial(_differing, found, name, level) for name in DIFFERING},
        LATENT: partial(_latent, found, latent_draws, resampled["seed"], level),
        LOWER_BOUND: partial(_bound, found, level),
    }
    return {name: carried[name] for name in names}


def table_of(methods: Mapping[str, Estimator]) -> pd.DataFrame:
    return pd.DataFrame([{"method": name, **row_of(method)} for name, method in methods.items()])[COLUMNS]


def row_of(method: Estimator) -> dict[str, Any]:
    """Return the row of a method; where it refuses, its reason."""
    nothing = {**dict.fromkeys(("estimate", "low", "high", "deviance", "df", "fit"), np.nan), "refused": ""}
    try:
        return {**nothing, **method()}
    except NotIdentifiable as refusal:
        return {**nothing, "interval": "", "model": "", "note": f"{REFUSED}{refusal}", "refused": refusal.code}


def estimated(result: MultipleSystems | NotIdentifiable) -> dict[str, Any]:
    """Return the row of an estimate by a log-linear model; raised where that is a refusal."""
    if isinstance(result, NotIdentifiable):
        raise result
    failed = int(np.isnan(result.replicates).sum())
    return _with_limits(
        (result.estimate, *result.interval),
        f"BCa, {len(result.replicates):,} resamples",
        ", ".join("-".join(term) for term in result.terms) or "no dependence",
        f"{failed:,} resamples had no estimate and count as infinite" if failed else "",
    ) | {name: getattr(result, name) for name in ("deviance", "df", "fit")}


def log_linear(found: CaptureTable, **choice: Any) -> dict[str, Any]:
    """Return the row of a log-linear estimate, chosen as `multiple_systems` does; raised where it refuses."""
    return estimated(multiple_systems(found.histories, **choice))


def _with_limits(persons: Iterable[float], interval: str, model: str, note: str) -> dict[str, Any]:
    limits = dict(zip(("estimate", "low", "high"), persons, strict=True))
    return {**limits, "interval": interval, "model": model, "note": note}


def _chapman(found: CaptureTable, ratio: float, confidence: float) -> dict[str, Any]:
    row = chapman(found.histories, confidence, (ratio,)).sensitivity.iloc[0]
    persons = row[["estimate", "low", "high"]]
    return _with_limits(persons, "transformed logit", row["meaning"], "the odds ratio is assumed")


def _averaged(found: CaptureTable, confidence: float) -> dict[str, Any]:
    result = model_average(found.histories, confidence=confidence)
    best = result.models.iloc[0]
    cliques = ", ".join("-".join(clique) for clique in best["cliques"])
    model = f"{cliques} (probability {best['probability']:.2f})"
    return _with_limits((result.estimate, result.low, result.high), "posterior quantiles", model, result.note)


def _differing(found: CaptureTable, name: str, confidence: float) -> dict[str, Any]:
    row = heterogeneity_rows(found.histories, [name], confidence=confidence).iloc[0]
    return row.drop("method").to_dict()


def _latent(found: CaptureTable, draws: int, seed: int, confidence: float) -> dict[str, Any]:
    result = latent_classes(found.histories, draws, seed=seed, confidence=confidence)
    interval = f"posterior quantiles, {result.draws.size:,} draws"
    model = f"persons differ, {result.classes} classes at most"
    return _with_limits((result.estimate, result.low, result.high), interval, model, result.note)


def _bound(found: CaptureTable, confidence: float) -> dict[str, Any]:
    result = chao_lower_bound(found.histories, confidence)
    persons, model = (result.estimate, result.low, result.high), "persons differ, lists do not depend on each other"
    return _with_limits(persons, "log-normal", model, "a bound, not an estimate")
