"""Multiple systems estimation: the estimated total from capture histories, its interval, and its diagnostics.

Tables of coefficients, overlaps, models compared and diagnostics say what an estimate rests on.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import special

from bounded import intervals, result_plots
from bounded.arguments import checked, numbers_in_a_row, whole
from bounded.notebook_result import NotebookResult
from bounded.refusal import Caution, Refusal, Said, require_choice
from capture_recapture.histories import CaptureTable, NotIdentifiable, capture_table, require_overlap
from capture_recapture.loglinear import Fits, Floats, closure, fit, fit_each, generators, pairs, superset_sums, without
from capture_recapture.nested_lists import caution_of, nested
from capture_recapture.resampling import bca, normal_quantile, one_person_less
from capture_recapture.resampling import resamples as draw
from capture_recapture.selection import (
    MEANING,
    Candidates,
    Stepwise,
    best_of_each,
    candidates,
    estimate_status,
    split_terms,
    stepwise_paths,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# With a bias correction beyond this a resample in forty, or fewer, lies on the other side of the estimate.
ONE_SIDED = 1.96
# A model whose deviance is rarer by chance is not recommended.
POOR_FIT = 0.01


def coefficients(
    table: CaptureTable, fitted: Fits, finite: NDArray[np.int64], infinite: NDArray[np.int64]
) -> pd.DataFrame:
    """Return terms of the model with coefficient and standard error; minus infinity for lists that share nobody."""
    known = pd.DataFrame(
        {"term": finite, "coefficient": fitted.theta[:, 0], "standard_error": fitted.standard_error[:, 0]}
    )
    never = pd.DataFrame({"term": infinite, "coefficient": -np.inf, "standard_error": np.nan})
    found = pd.concat([known, never], ignore_index=True) if len(never) else known
    return found.assign(term=[":".join(table.names(int(term))) or "intercept" for term in found["term"]])


def overlaps(table: CaptureTable, terms: NDArray[np.int64], paths: NDArray[np.bool_]) -> pd.DataFrame:
    """Return one row a pair of lists: persons, those expected of independence, and whether the pair is in the model."""
    places = pairs(len(table.lists))
    names = [table.names(int(pair)) for pair in places]
    alone = fit(table.counts[:, None], closure([], len(table.lists))[:, None])
    expected = superset_sums(alone.mean)[places, 0] if alone.converged[0] else np.full(len(places), np.nan)
    return pd.DataFrame(
        {
            "list_a": [a for a, _ in names],
            "list_b": [b for _, b in names],
            "on_a": [table.on_all_of(table.place([a])) for a, _ in names],
            "on_b": [table.on_all_of(table.place([b])) for _, b in names],
            "on_both": [table.on_all_of(int(pair)) for pair in places],
            "expected_if_independent": expected,
            "in_model": np.isin(places, terms),
            "selected_in": paths.mean(axis=1) if paths.shape[1] else np.nan,
        }
    )


def compared(table: CaptureTable, found: Candidates | None) -> pd.DataFrame:
    """Return the models that were compared by BIC and could be fitted, the best first; empty where none were."""
    columns = ["model", "parameters", "estimate", "bic"]
    if found is None:
        return pd.DataFrame(columns=columns)
    kept = found.fitted
    models = [
        ", ".join("-".join(table.names(term)) for term in sorted(generators(np.flatnonzero(terms)), key=_larger_first))
        for terms in found.terms[:kept]
    ]
    parameters, totals = found.terms[:kept].sum(axis=1), table.n + found.hidden[:kept]
    return pd.DataFrame(dict(zip(columns, (models, parameters, totals, found.bic[:kept]), strict=True)))


def _larger_first(term: int) -> tuple[int, int]:
    return -term.bit_count(), term


class GoodnessOfFit(NamedTuple):
    """The fields of `MultipleSystems` that say how well the model fits."""

    deviance: float
    df: int
    fit: float
    residuals: pd.DataFrame


def goodness_of_fit(
    table: CaptureTable, fitted: Fits, finite: NDArray[np.int64], infinite: NDArray[np.int64]
) -> GoodnessOfFit:
    """Compare what a fitted model expects of each pattern with the persons who have it."""
    places = np.flatnonzero(without(len(table.counts), infinite))
    counts, expected = table.counts[places], fitted.mean[places, 0]
    deviance = float(2 * (special.xlogy(counts, counts) - special.xlogy(counts, expected) - counts + expected).sum())
    df = int(places.size - finite.size)
    on = {name: places >> bit & 1 for bit, name in enumerate(table.lists)}
    residual = (counts - expected) / np.sqrt(expected)
    residuals = pd.DataFrame({**on, "count": counts.astype(int), "expected": expected, "residual": residual})
    return GoodnessOfFit(max(deviance, 0.0), df, float(special.chdtrc(df, deviance)) if df else np.nan, residuals)


def diagnostics(
    table: CaptureTable,
    estimate: float,
    limits: pd.DataFrame,
    replicates: int,
    failed: int,
    fits: GoodnessOfFit,
) -> pd.DataFrame:
    """Return measures of the data and the resamples that a reader must know: measure, value, note."""
    places = [int(pair) for pair in pairs(len(table.lists))]
    empty = [table.names(pair) for pair in places if not table.on_all_of(pair)]
    apart = [
        name
        for bit, name in enumerate(table.lists)
        if not any(table.on_all_of(pair) for pair in places if pair >> bit & 1)
    ]
    residual = fits.residuals["residual"]
    largest = residual.loc[residual.abs().idxmax()]
    rows = [
        ("persons observed", table.n, f"on {len(table.lists)} lists: {', '.join(table.lists)}"),
        ("persons on two lists or more", table.on_several, table.caution or "all that is known of the lists' overlap"),
        ("pairs of lists without overlap", len(empty), "; ".join(" and ".join(pair) for pair in empty)),
        ("lists that share nobody", len(apart), ", ".join(apart)),
        ("estimate / observed", estimate / table.n, "how far the model is carried beyond what was seen"),
        ("deviance (G²)", fits.deviance, _fits(fits.df, fits.fit)),
        ("largest Pearson residual", largest, "of a pattern; beyond 3 the model misses it"),
        ("resamples", replicates, "in each the model was selected again"),
        ("resamples without an estimate", failed, "they count as infinite in the interval" if failed else ""),
        ("bias correction", limits["bias_correction"].iloc[0], _one_sided(limits["bias_correction"].iloc[0])),
        ("acceleration", limits["acceleration"].iloc[0], "a of BCa, weighted jackknife"),
    ]
    return pd.DataFrame(rows, columns=["measure", "value", "note"])


def _fits(df: int, p: float) -> str:
    """Return the judgement of the fit by its deviance."""
    if not df:
        return "as many parameters as patterns: no fit can be tested"
    said = "the model does not fit" if p < POOR_FIT else "nothing against the fit"
    return f"on {df} degrees of freedom, p = {p:.2g}: {said}"


def _one_sided(correction: float) -> str:
    """Return the judgement of the resamples by z0 of BCa."""
    if np.isnan(correction):
        return "no resamples were drawn"
    if abs(correction) < ONE_SIDED:
        return "z0 of BCa"
    side = "above" if correction < 0 else "below"
    return f"z0 of BCa: nearly all resamples are {side} the estimate, so that it is far from what they centre on"


SELECTIONS = ("stepwise", "bic", "independence")
SEED = 20210
# Re-selection by BIC looks among so many of the best models: all that four lists have.
AMONG = 113
ASSUMPTIONS = (
    "The population is closed: nobody enters or leaves it during the period.",
    "Persons are linked without error: a missed link makes the estimate too high, a false one too low.",
    "Nothing makes being on all lists at once more or less likely than the lower-order dependences between lists say.",
    "All lists mean the same by a victim, and everybody could have been on each of them.",
)


@dataclass(frozen=True)
class MultipleSystems(NotebookResult):
    """An estimate of how many persons there are, on a list or not.

    Parameters
    ----------
    lists, n : names of the lists; persons on at least one of them.
    selection : how the model was chosen.
    threshold : p-value below which ``stepwise`` took a pair in; None where the model was chosen otherwise.
    estimate : persons in all. It holds under `ASSUMPTIONS`, which the data cannot test; see `robustness`.
    interval : (low, high) persons, BCa, from resamples in each of which the model was selected again; NaN without any.
    naive_interval : (low, high) persons, Wald, as if the model had been known beforehand: too narrow.
    confidence : level of both.
    terms : the pairs (or larger groups) of lists whose dependence is in the model, in the order they came in.
    status : 0; a model with any other `model_status` is refused.
    replicates : one estimate a resample, in order; NaN where a resample had none.
    coefficients : term, coefficient (log scale; minus infinity for lists that share nobody), standard_error.
    overlaps : one row a pair of lists: list_a, list_b, on_a, on_b, on_both (persons), expected_if_independent,
        in_model, and selected_in: the share of resamples in whose model the pair is.
    intervals : confidence, low, high: BCa at 68, 80, 90, 95 % and the level asked for.
    diagnostics : measure, value, note.
    deviance, df, fit : G² of the model, its degrees of freedom, and the p-value by chi-squared; missing where there are
        as many parameters as patterns.
    residuals : one row a pattern that the model has: one 0/1 column a list, count, expected (persons), residual
        (Pearson's).
    table, models : what it was estimated from, and the models that were compared by BIC; None where none were.
    """

    lists: tuple[str, ...]
    n: int
    selection: str
    threshold: float | None
    estimate: float
    interval: tuple[float, float]
    naive_interval: tuple[float, float]
    confidence: float
    terms: tuple[tuple[str, ...], ...]
    status: int
    replicates: Floats = field(repr=False)
    coefficients: pd.DataFrame = field(repr=False)
    overlaps: pd.DataFrame = field(repr=False)
    intervals: pd.DataFrame = field(repr=False)
    diagnostics: pd.DataFrame = field(repr=False)
    deviance: float
    df: int
    fit: float
    residuals: pd.DataFrame = field(repr=False)
    table: CaptureTable = field(repr=False)
    models: Candidates | None = field(repr=False)

    @cached_property
    def caution(self) -> Said:
        """Return the first of: lists within one another (``nested_lists``), a pair without an estimate
        (``no_pair_estimate``), a model that does not fit (``poor_fit``), too few persons on several lists
        (``sparse_overlap``); else empty.
        """
        poor = Caution.when(
            self.fit < POOR_FIT,
            "poor_fit",
            f"The model does not fit these lists (deviance {self.deviance:.1f} on {self.df} degrees of freedom): do "
            "not rely on what it says of persons on no list. `robustness` has the models that fit.",
        )
        return caution_of(nested(self.table)) or poor or self.table.caution

    def _shown(self) -> dict[str, object]:
        return {**super()._shown(), "caution": self.caution}

    @cached_property
    def candidates(self) -> pd.DataFrame:
        """Return the models compared by BIC, the best first (model, parameters, estimate, bic); else an empty table."""
        return compared(self.table, self.models)

    def plot(self, *, title: str = "") -> Figure:
        """Draw the estimates of the resamples, with the estimate, its limits and the persons observed.

        Raises
        ------
        ValueError : there are no resamples.
        """
        known = np.floor(self.replicates[np.isfinite(self.replicates)])
        if not known.size:
            raise Refusal("no_replicates", "There are no resamples to draw: ask for `replicates`.")
        totals, times = np.unique(known, return_counts=True)
        return result_plots.distribution(
            totals,
            np.append(totals[1:] - 1, totals[-1]),
            times / known.size,
            title=title or f"Persons on {len(self.lists)} lists or on none, by {self.selection} selection",
            xlabel="persons, on a list or on none",
            ylabel=f"% of {known.size:,} resamples",
            middle=("estimate", self.estimate),
            limits=(f"{intervals.percent(self.confidence)} interval", *self.interval),
            observed=self.n,
        )


@checked(order=whole(2), resamples=numbers_in_a_row)
def multiple_systems(
    histories: pd.DataFrame,
    selection: str = "stepwise",
    threshold: float = 0.02,
    order: int = 2,
    replicates: int = 1000,
    seed: int = SEED,
    resamples: ArrayLike | None = None,
    *,
    terms: Iterable[Sequence[str]] | None = None,
    confidence: float = 0.95,
) -> MultipleSystems:
    """Estimate how many persons there are from the lists that some of them are on.

    A Poisson log-linear model is fitted to the capture histories and carried over to the persons on no list. Which
    dependences between lists it has decides the result more than chance does: one estimate is never the whole answer,
    and `robustness` shows the others.

    Parameters
    ----------
    histories : one 0/1 column a list and `count` (persons), a row a pattern; three lists or more. With two the
        estimate rests on their independence, which two lists cannot test.
    selection : ``stepwise`` adds pairs of lists by the Poisson p-value of their overlap, ``bic`` compares all
        hierarchical models (five lists at most; in resamples the 113 best of them), ``independence`` has no
        dependences.
    threshold : p-value below which ``stepwise`` takes a pair in.
    order : the most lists in one term of the models that ``bic`` compares; ``stepwise`` has pairs only.
    replicates : multinomial resamples, in each of which the model is selected again; 0 gives the estimate alone.
    seed : of the resamples.
    resamples : counts drawn elsewhere, one row a resample and one column a row of `histories`, instead.
    terms : a model given beforehand, as tuples of list names, instead of a selection; all parts of a term are in too.
    confidence : level of the intervals, between 0 and 1.

    Returns
    -------
    MultipleSystems : n, estimate, interval (BCa), naive_interval (Wald), in persons; terms of the model, and tables of
        its coefficients, overlaps, intervals by level, candidates and diagnostics.

    Raises
    ------
    NotIdentifiable : fewer than two lists, nobody observed, nobody on two lists, a model whose `model_status` is not 0,
        or a fit that did not converge.
    ValueError : the histories or an argument are malformed.

    References
    ----------
    Cormack, R. M. (1989). Log-linear models for capture-recapture. Biometrics 45, 395-413.
    Chan, L., Silverman, B. W. and Vincent, K. (2021). Multiple systems estimation for sparse capture data. JASA 116,
        1297-1306.
    Silverman, B. W., Chan, L. and Vincent, K. (2024). Bootstrapping multiple systems estimates to account for model
        selection. Statistics and Computing 34, 44.
    """
    require_choice("selection", selection, SELECTIONS)
    table = capture_table(histories)
    require_overlap(table)
    drawn = _drawn(table, histories, replicates, seed, resamples)
    if terms is not None:
        return _given(table, terms, drawn, confidence)
    if selection == "bic":
        return _by_bic(table, order, drawn, confidence)
    used = threshold if selection == "stepwise" else None
    (found,) = _by_p_value(table, selection, [used], drawn, confidence)
    if isinstance(found, NotIdentifiable):
        raise found
    return found


def by_threshold(
    histories: pd.DataFrame, thresholds: Sequence[float], replicates: int, seed: int, confidence: float
) -> list[MultipleSystems | NotIdentifiable]:
    """Return `multiple_systems` by stepwise selection for each threshold, or its refusal; all are found on one path."""
    table = capture_table(histories)
    try:
        require_overlap(table)
    except NotIdentifiable as refusal:
        return [refusal for _ in thresholds]
    drawn = _drawn(table, histories, replicates, seed, None)
    return _by_p_value(table, "stepwise", thresholds, drawn, confidence)


def _result(
    table: CaptureTable,
    selection: str,
    threshold: float | None,
    terms: NDArray[np.int64],
    of_model: _Fitted,
    drawn: Floats,
    again: tuple[Floats, NDArray[np.bool_]],
    confidence: float,
    models: Candidates | None = None,
) -> MultipleSystems:
    """The estimate by a model that was chosen, its interval from what was chosen again, and what it rests on."""
    fitted, finite, infinite = of_model
    estimate = table.n + float(fitted.hidden[0])
    found, limits, paths, failed = _resampled(table, estimate, drawn, again, confidence)
    half = normal_quantile(confidence) * fitted.standard_error[0, 0]
    naive = tuple(table.n + fitted.hidden[0] * np.exp([-half, half]))
    at = limits.loc[limits["confidence"] == confidence, ["low", "high"]].iloc[0]
    in_order = [term for term in terms if int(term).bit_count() > 1]
    fits = goodness_of_fit(table, *of_model)
    return MultipleSystems(
        lists=table.lists,
        n=table.n,
        selection=selection,
        threshold=threshold,
        estimate=estimate,
        interval=(float(at["low"]), float(at["high"])),
        naive_interval=(float(naive[0]), float(naive[1])),
        confidence=confidence,
        terms=tuple(table.names(int(term)) for term in in_order),
        status=0,
        replicates=found,
        coefficients=coefficients(table, fitted, finite, infinite),
        overlaps=overlaps(table, terms, paths),
        intervals=limits.drop(columns=["bias_correction", "acceleration"]),
        diagnostics=diagnostics(table, estimate, limits, found.size, failed, fits),
        **fits._asdict(),
        table=table,
        models=models,
    )


def _given(table: CaptureTable, terms: Iterable[Sequence[str]], drawn: Floats, confidence: float) -> MultipleSystems:
    """Return the estimate by a model that was given beforehand."""
    places = closure([table.term(term) for term in terms], len(table.lists))
    status = estimate_status(table.counts, places)
    if status:
        names = "; ".join(" and ".join(table.names(term)) for term in generators(places))
        raise NotIdentifiable(
            "not_identifiable",
            f"The model of {names} cannot be fitted to these {table.n:,} persons (status {status}): "
            f"{MEANING[status]}. Fewer dependences, or more persons on several lists, would help.",
        )

    fitted = _fitted(table, places)
    tables = drawn.shape[1]
    hidden = fit_each(drawn, places[1:], np.ones((places.size - 1, tables), dtype=bool)).hidden
    with_pair = np.repeat(np.isin(pairs(len(table.lists)), places)[:, None], tables, axis=1)
    return _result(table, "given", None, places, fitted, drawn, (hidden, with_pair), confidence)


def _by_p_value(
    table: CaptureTable, selection: str, thresholds: Sequence[float | None], drawn: Floats, confidence: float
) -> list[MultipleSystems | NotIdentifiable]:
    """Return the estimate for each threshold, or its refusal; None leaves lists independent."""
    levels = [threshold or 0.0 for threshold in thresholds]
    here, again = stepwise_paths(table.counts[:, None], levels), stepwise_paths(drawn, levels)
    found: list[MultipleSystems | NotIdentifiable] = []
    for threshold, path, paths in zip(thresholds, here, again, strict=True):
        try:
            terms = _selected(table, path)
            of_model = _fitted(table, terms)
        except NotIdentifiable as refusal:
            found.append(refusal)
            continue
        chosen = (paths.hidden, paths.rank > 0)
        found.append(_result(table, selection, threshold, terms, of_model, drawn, chosen, confidence))
    return found


def _selected(table: CaptureTable, path: Stepwise) -> NDArray[np.int64]:
    """Return the terms of the model that a path for the observed table has arrived at."""
    rank = path.rank[:, 0]
    if rank.any() and np.isnan(path.hidden[0]):
        raise NotIdentifiable(
            "selected_model_missed",
            "A model that was selected has an estimate, but it was not found: give fewer `terms`.",
        )
    # `closure` would sort the pairs; they keep the order in which they came in.
    chosen = pairs(len(table.lists))[np.argsort(rank, kind="stable")][(rank == 0).sum() :]
    return np.append(closure([], len(table.lists)), chosen)


def _by_bic(table: CaptureTable, order: int, drawn: Floats, confidence: float) -> MultipleSystems:
    """Return the estimate by the best of all models of an order."""
    models = _best(table, order)
    terms = closure(np.flatnonzero(models.terms[0]), len(table.lists))
    fitted = _fitted(table, terms)
    again = _with_pairs(table, models, *best_of_each(drawn, models, AMONG))
    return _result(table, "bic", None, terms, fitted, drawn, again, confidence, models)


def _best(table: CaptureTable, order: int) -> Candidates:
    """Return all models by BIC; refused where nothing prefers the best of them."""
    found = candidates(table.counts, order)
    # Models that fit equally well, as where both fit perfectly, would be told apart by the order of the lists alone.
    equal = table.n + found.hidden[found.bic <= found.bic[0] + 1e-6]
    if np.ptp(equal) > 1e-6 * equal.max():
        raise NotIdentifiable(
            "equally_good_models",
            f"{len(equal)} models have the same BIC and totals from {equal.min():,.0f} to {equal.max():,.0f} persons: "
            "nothing in these data prefers one. More persons on several lists would help, or a model given "
            "by `terms`.",
        )
    return found


def _with_pairs(
    table: CaptureTable, found: Candidates, hidden: Floats, chosen: NDArray[np.int64]
) -> tuple[Floats, NDArray[np.bool_]]:
    """The persons on no list, and (pairs, tables) which pairs are in the models that were chosen."""
    return hidden, found.terms[:, pairs(len(table.lists))].T[:, chosen] & (chosen >= 0)


# A fit of the observed table, its finite terms, and those with the coefficient minus infinity.
_Fitted = tuple[Fits, NDArray[np.int64], NDArray[np.int64]]


def _fitted(table: CaptureTable, terms: NDArray[np.int64]) -> _Fitted:
    finite, infinite = split_terms(table.counts, terms)
    fitted = fit(table.counts[:, None], finite[:, None], without(len(table.counts), infinite)[:, None])
    # A fit that converges with full rank is its own proof that the estimate exists.
    if not fitted.converged[0]:
        status = estimate_status(table.counts, terms)
        raise NotIdentifiable(
            "not_converged",
            f"The model did not converge (status {status}: {MEANING[status]}). More persons on several "
            "lists, or fewer lists, would help.",
        )
    return fitted, finite, infinite


def _drawn(
    table: CaptureTable, histories: pd.DataFrame, replicates: int, seed: int, resamples: ArrayLike | None
) -> Floats:
    """(2**lists, tables) resamples drawn here, or elsewhere, and after them, if any, one table for a jackknife each."""
    drawn = draw(table.counts, replicates, seed) if resamples is None else _from_elsewhere(table, histories, resamples)
    # One pass for resamples and jackknife.
    return np.concatenate([drawn, one_person_less(table.counts)[0]], axis=1) if drawn.shape[1] else drawn


def _from_elsewhere(table: CaptureTable, histories: pd.DataFrame, resamples: ArrayLike) -> Floats:
    given = np.atleast_2d(np.asarray(resamples, dtype=float))
    if given.shape[1] != len(histories):
        raise Refusal(
            "unequal_lengths",
            f"Each resample has {given.shape[1]} counts, but the histories have {len(histories)} rows: give one count "
            "for each row, in the same order.",
        )
    if not np.isfinite(given).all() or (given < 0).any():
        raise Refusal("invalid_count", "A resample holds a count that is missing or below 0.")
    counts = np.zeros((len(table.counts), len(given)))
    np.add.at(counts, table.patterns, given.T)
    if counts[0].any():
        raise Refusal(
            "unobserved_persons_given",
            "A resample holds persons on no list: those are to be estimated, and were not drawn.",
        )
    return counts


def _resampled(
    table: CaptureTable,
    estimate: float,
    drawn: Floats,
    again: tuple[Floats, NDArray[np.bool_]],
    confidence: float,
) -> tuple[Floats, pd.DataFrame, NDArray[np.bool_], int]:
    """Estimates of the resamples, BCa limits, which pairs each resample selected, and how many had no estimate."""
    levels = sorted({0.68, 0.8, 0.9, 0.95, confidence})
    limits = pd.DataFrame({"confidence": levels, "low": np.nan, "high": np.nan, "bias_correction": np.nan})
    limits["acceleration"] = np.nan
    if not drawn.shape[1]:
        return np.empty(0), limits, np.zeros((len(pairs(len(table.lists))), 0), dtype=bool), 0
    weights = one_person_less(table.counts)[1]
    replicates = drawn.shape[1] - weights.size
    hidden, paths = again
    totals = drawn.sum(axis=0) + hidden
    found, jackknife = totals[:replicates], totals[replicates:]
    tails = [(1 - level) / 2 for level in levels]
    corrected = bca(estimate, found, jackknife, weights, [*tails, *(1 - tail for tail in tails)])
    limits["low"], limits["high"] = corrected.limits[: len(levels)], corrected.limits[len(levels) :]
    limits["bias_correction"], limits["acceleration"] = corrected.bias_correction, corrected.acceleration
    return found, limits, paths[:, :replicates], int(np.isnan(found).sum())
