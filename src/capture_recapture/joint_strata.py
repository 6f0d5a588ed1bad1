"""Estimated totals of strata by one model, and whether strata differ.

How many persons no list knows, by one model for all strata: lists may differ between strata, dependences do not.

Whether a stratum matters: a model of all strata alike, one with lists that differ, and a model for each, by BIC.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bounded import intervals
from bounded.refusal import Refusal
from capture_recapture.histories import NotIdentifiable, StratumTable, in_words, stratum_table
from capture_recapture.joint_loglinear import (
    Flags,
    JointFits,
    JointTerms,
    fit_joint,
    in_model,
    joint_design,
    joint_status,
    joint_terms,
    select,
)
from capture_recapture.loglinear import Floats, pairs
from capture_recapture.multiple_systems import SEED
from capture_recapture.resampling import (
    bca,
    labels_with_seen,
    normal_quantile,
    one_person_less,
    persons_plot,
    resamples,
)
from capture_recapture.selection import MEANING

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Joint:
    """An estimate of how many persons there are in each stratum and in all, by one model.

    Parameters
    ----------
    by, lists : names of the columns that say the stratum, and of the lists.
    lists_differ : whether each stratum has its own coefficients of the lists.
    n : persons observed.
    estimate : persons in all, on a list or on none.
    interval : (low, high) persons, BCa, from resamples in each of which the dependences were selected again; NaN
        without any.
    naive_interval : (low, high) persons, Wald by the delta method, as if the model had been known beforehand: too
        narrow.
    confidence : level of all intervals.
    terms : the pairs of lists whose dependence is in the model, in the order they came in.
    strata : one row a stratum: the columns `by`, n (persons observed), hidden, estimate, low, high, naive_low,
        naive_high (persons), note. NaN where nobody was observed: that is not to say that nobody is there.
    coefficients : one row a coefficient: the columns `by` ("" for those in common), term, coefficient (log scale;
        minus infinity for a list with no person of the stratum, and for lists that share nobody), standard_error.
    pairs : one row a pair of lists: list_a, list_b, on_both (persons), in_model, and selected_in: the share of
        resamples in whose model the pair is.
    comparison : one row a version of the model, the smallest BIC first: model, parameters, estimate (persons),
        log_likelihood, bic, terms, note. Where ``lists alike`` is the first the strata say no more than one pooled
        table.
    replicates : (strata, replicates) estimates, strata as in `strata`; NaN where a resample had none.
    """

    by: tuple[str, ...]
    lists: tuple[str, ...]
    lists_differ: bool
    n: int
    estimate: float
    interval: tuple[float, float]
    naive_interval: tuple[float, float]
    confidence: float
    terms: tuple[tuple[str, ...], ...]
    strata: pd.DataFrame = field(repr=False)
    coefficients: pd.DataFrame = field(repr=False)
    pairs: pd.DataFrame = field(repr=False)
    comparison: pd.DataFrame = field(repr=False)
    replicates: Floats = field(repr=False)

    def plot(self, *, title: str = "") -> Figure:
        """One line a stratum and one for all, with the limits from resamples."""
        low, high = self.interval
        whole = pd.DataFrame([dict(label="all strata", n=self.n, estimate=self.estimate, low=low, high=high)])
        table = pd.concat(
            [self.strata.assign(label=in_words(self.strata[list(self.by)]))[list(whole)], whole], ignore_index=True
        )
        return persons_plot(
            labels_with_seen(table),
            table,
            title=title or "Persons by stratum, by one model of all",
            confidence=self.confidence,
        )


def joint(
    histories: pd.DataFrame,
    by: str | Sequence[str],
    threshold: float = 0.02,
    lists_differ: bool = True,
    replicates: int = 200,
    seed: int = SEED,
    confidence: float = 0.95,
    *,
    terms: Iterable[Sequence[str]] | None = None,
) -> Joint:
    """Estimate all strata by one log-linear model in which the stratum is a covariate.

    Each stratum has its own number of persons, and each list its own coefficient in each stratum; the dependences
    between lists are common to all strata, so that small strata borrow them from large ones. With lists alike in all
    strata the total is that of one pooled table, whatever the strata, and only its division is new. Dependences
    are selected stepwise, by the Poisson p-value of a pair's overlap summed over strata. Persons whose stratum is not
    known are a stratum of their own; van der Heijden et al. show how they might be dealt to the others instead.

    Parameters
    ----------
    histories : one 0/1 column a list (two or more), `count` (persons, whole numbers), and the columns `by`.
    by : columns that say the stratum, as area_id, year, sex. Missing and "" are a stratum of their own, "unknown".
    threshold : p-value below which a pair is taken in; 0 for independent lists.
    lists_differ : False for coefficients of lists that all strata have in common.
    replicates : multinomial resamples of all persons, in each of which the dependences are selected again; 0 gives the
        estimates alone. A resample without an estimate counts as infinite.
    seed : of the resamples.
    confidence : level of the intervals, between 0 and 1.
    terms : pairs of lists, as tuples of names, that are in the model instead of a selection.

    Returns
    -------
    Joint : n, estimate, interval (persons, all strata), terms, and tables: `strata` (one row a stratum),
        `coefficients`, `pairs`, and `comparison` of models by BIC.

    Raises
    ------
    NotIdentifiable : fewer than two lists, nobody observed, or a model that has no maximum-likelihood estimate or whose
        parameters cannot be told apart. Where lists differ, so it is as soon as in one stratum nobody is on two lists.
    ValueError : the histories, the columns or an argument are malformed.

    References
    ----------
    International Working Group for Disease Monitoring and Forecasting (1995). Capture-recapture and multiple-record
        systems estimation I: history and theoretical development. Am. J. Epidemiol. 142, 1047-1058.
    Tilling, K. and Sterne, J. A. C. (1999). Capture-recapture models including covariate effects. Am. J. Epidemiol.
        149, 392-400.
    van der Heijden, P. G. M., Whittaker, J., Cruyff, M., Bakker, B. and van der Vliet, R. (2012). People born in the
        Middle East but residing in the Netherlands: invariant population size estimates and the role of active and
        passive covariates. Ann. Appl. Stat. 6, 831-852.
    """
    table = stratum_table(histories, by)
    intervals.check_confidence(confidence)
    if not 0 <= threshold <= 1 or replicates < 0:
        raise Refusal(
            "out_of_range",
            f"`threshold` lies between 0 and 1 and `replicates` is 0 or more: {threshold}, {replicates}.",
        )
    if len(table.lists) < 2:
        raise NotIdentifiable(
            "too_few_lists", "One list says nothing of the persons it does not know: give two lists or, better, three."
        )
    if not table.n.sum():
        raise NotIdentifiable("no_persons", "No person is on any list: there is nothing to estimate from.")
    given = None if terms is None else _given(table, terms)
    design = joint_terms(len(table.lists), lists_differ)
    selected = select(table.counts[..., None], design, threshold, given)
    hidden, rank = selected.hidden[:, 0], selected.rank[:, 0]
    chosen = in_model(rank, design)
    if np.isnan(hidden).any():
        raise _refusal(table, design, chosen)
    fitted = fit_joint(table.counts[..., None], design, chosen[:, None])
    found, limits, paths = _resampled(table, design, threshold, given, hidden, replicates, seed, confidence)
    covariance = _covariance(table, design, chosen, fitted)
    naive = _naive(table, hidden, covariance, confidence)
    places = pairs(len(table.lists)).tolist()
    both = [table.pooled.names(pair) for pair in places]
    order = np.argsort(rank, kind="stable")[(rank == 0).sum() :]
    return Joint(
        by=table.by,
        lists=table.lists,
        lists_differ=lists_differ,
        n=int(table.n.sum()),
        estimate=float(table.n.sum() + hidden.sum()),
        interval=(float(limits[-1, 0]), float(limits[-1, 1])),
        naive_interval=(float(naive[-1, 0]), float(naive[-1, 1])),
        confidence=confidence,
        terms=tuple(both[number] for number in order),
        strata=_strata(table, hidden, limits[:-1], naive[:-1]),
        coefficients=_coefficients(table, design, chosen, fitted, covariance),
        pairs=pd.DataFrame(both, columns=["list_a", "list_b"]).assign(
            on_both=[table.pooled.on_all_of(pair) for pair in places],
            in_model=rank > 0,
            selected_in=paths.mean(axis=1) if replicates else np.nan,
        ),
        comparison=comparison(table, threshold, given),
        replicates=found,
    )


def _given(table: StratumTable, terms: Iterable[Sequence[str]]) -> np.ndarray:
    """(pairs,) 1, 2, ... for the pairs that were given, in their order."""
    places = pairs(len(table.lists)).tolist()
    rank = np.zeros(len(places), dtype=np.int64)
    for number, term in enumerate(terms):
        members = set(term)
        if isinstance(term, str) or len(members) != 2 or not members <= set(table.lists):
            raise Refusal("unknown_list_pair", f"{term!r} is no pair of lists; the lists are {', '.join(table.lists)}.")
        rank[places.index(table.pooled.place(members))] = number + 1
    return rank


def _refusal(table: StratumTable, design: JointTerms, chosen: Flags) -> NotIdentifiable:
    status = joint_status(table.counts, design, chosen)
    if not status:
        return NotIdentifiable(
            "not_found", "The joint model has an estimate, but it was not found: give its pairs as `terms`."
        )
    several = [int(place).bit_count() > 1 for place in range(len(table.counts))]
    alone = [
        label
        for label, n, overlap in zip(table.labels, table.n, table.counts[several].sum(axis=0), strict=True)
        if n and not overlap
    ]
    where = f" Nobody is on two lists in: {'; '.join(alone)}." if alone else ""
    return NotIdentifiable(
        "not_identifiable",
        f"The joint model of {len(table.strata)} strata cannot be fitted to these {table.n.sum():,} persons (status "
        f"{status}: {MEANING[status]}).{where} Wider strata, fewer dependences, lists alike in all strata "
        "(`lists_differ=False`), or `stratified`, which refuses single strata only, would help.",
    )


def _resampled(
    table: StratumTable,
    design: JointTerms,
    threshold: float,
    given: np.ndarray | None,
    hidden: Floats,
    replicates: int,
    seed: int,
    confidence: float,
) -> tuple[Floats, Floats, Flags]:
    """Estimates of the resamples, BCa limits of the strata and (last) of all, and the pairs each resample selected."""
    strata = len(table.strata)
    limits = np.full((strata + 1, 2), np.nan)
    if not replicates:
        return np.empty((strata, 0)), limits, np.empty((len(pairs(len(table.lists))), 0), dtype=bool)
    less, weights = one_person_less(table.counts.ravel())
    drawn = np.concatenate([resamples(table.counts.ravel(), replicates, seed), less], axis=1)
    drawn = drawn.reshape(*table.counts.shape, -1)
    # One pass for resamples and jackknife.
    selected = select(drawn, design, threshold, given)
    found = drawn.sum(axis=0) + selected.hidden
    tail = (1 - confidence) / 2
    for row in range(strata + 1):
        rows = slice(None) if row == strata else slice(row, row + 1)
        estimate, values = float((table.n + hidden)[rows].sum()), found[rows].sum(axis=0)
        if estimate:
            corrected = bca(estimate, values[:replicates], values[replicates:], weights, [tail, 1 - tail])
            # A resample can have fewer persons of a stratum than were seen, who are there.
            limits[row] = np.maximum(corrected.limits, table.n[rows].sum())
    return found[:, :replicates], limits, selected.rank[:, :replicates] > 0


def _covariance(table: StratumTable, design: JointTerms, chosen: Flags, fitted: JointFits) -> Floats:
    """Inverse of the information of the finite coefficients, in the order of `joint_design`."""
    matrix, alive = joint_design(table.counts, design, chosen)
    information = (matrix.T * fitted.mean[..., 0][alive]) @ matrix
    return np.linalg.inv(information).astype(float)


def _naive(table: StratumTable, hidden: Floats, covariance: Floats, confidence: float) -> Floats:
    """Wald limits on the log scale, for each stratum and (last) for all, by the delta method."""
    there = table.n > 0
    # The intercepts, the logs of the hidden, come first.
    logs = covariance[: there.sum(), : there.sum()]
    error = np.full(len(hidden) + 1, np.nan)
    error[:-1][there] = np.sqrt(np.diag(logs))
    error[-1] = np.sqrt(hidden[there] @ logs @ hidden[there]) / hidden.sum()
    half = normal_quantile(confidence) * error
    middle, seen = np.append(hidden, hidden.sum()), np.append(table.n, table.n.sum())
    return seen[:, None] + middle[:, None] * np.exp(np.column_stack([-half, half]))


def _strata(table: StratumTable, hidden: Floats, limits: Floats, naive: Floats) -> pd.DataFrame:
    there = table.n > 0
    notes = []
    for number, seen in enumerate(there):
        absent = table.without_persons(number) if seen else []
        notes.append(f"Nobody of this stratum is on {' or '.join(absent)}." if absent else "")
        if not seen:
            notes[-1] = "Nobody was observed here, which is not to say that nobody is there."
    return table.strata.assign(
        n=table.n,
        hidden=np.where(there, hidden, np.nan),
        estimate=np.where(there, table.n + hidden, np.nan),
        low=limits[:, 0],
        high=limits[:, 1],
        naive_low=naive[:, 0],
        naive_high=naive[:, 1],
        note=notes,
    )


def _coefficients(
    table: StratumTable, design: JointTerms, chosen: Flags, fitted: JointFits, covariance: Floats
) -> pd.DataFrame:
    own, common = fitted.own[..., 0], fitted.common[chosen, 0]
    values = np.append(own.ravel(), common)
    error = np.full(len(values), np.nan)
    error[np.isfinite(values)] = np.sqrt(np.diag(covariance))
    every = pd.concat([table.strata] * len(own), ignore_index=True).astype(object)
    shared = pd.DataFrame("", index=range(len(common)), columns=list(table.by), dtype=object)
    places = np.append(np.repeat(design.own, len(table.strata)), design.common[chosen])
    names = [":".join(table.pooled.names(int(place))) or "intercept" for place in places]
    keys = pd.concat([every, shared], ignore_index=True)
    return keys.assign(term=names, coefficient=values, standard_error=error)


VERSIONS = {
    "lists alike": "Coefficients of lists and dependences are the same in all strata: the total is the pooled one.",
    "lists by stratum": "Each stratum has its own coefficients of lists; dependences are the same in all strata.",
    "each by itself": "Each stratum has a model of its own, as in `stratified`.",
}


def comparison(table: StratumTable, threshold: float, given: NDArray[np.int64] | None) -> pd.DataFrame:
    """Fit every version of the model, each with dependences of its own selection, and order them by BIC.

    BIC takes the logarithm of the persons observed. A coefficient of minus infinity counts as a parameter; a stratum in
    which nobody was observed has none.

    Parameters
    ----------
    table : persons by pattern and stratum.
    threshold : p-value below which a pair of lists is taken in.
    given : (pairs,) not 0 where a pair is in the model, instead of a selection.

    Returns
    -------
    DataFrame, one row a version: model, parameters, estimate (persons), log_likelihood, bic, terms, note; numbers are
        NaN, and `note` says so, where a version cannot be fitted.
    """
    counts = table.counts[:, table.n > 0]
    labels = [label for label, n in zip(table.labels, table.n, strict=True) if n]
    rows = []
    for model in VERSIONS:
        design = joint_terms(len(table.lists), lists_differ=model != "lists alike")
        # A stratum by itself is a lane with one stratum.
        tables = counts[:, None, :] if model == "each by itself" else counts[..., None]
        selected = select(tables, design, threshold, given)
        rank, fine = selected.rank, ~np.isnan(selected.hidden.sum(axis=0))
        fitted = fit_joint(tables, design, in_model(rank, design))
        size = len(design.own) * counts.shape[1] + design.singles * tables.shape[2] + int((rank > 0).sum())
        log_likelihood, note = float(fitted.log_likelihood(tables).sum()), VERSIONS[model]
        if not fine.all():
            log_likelihood = np.nan
            note = f"{note} It cannot be fitted{_where(labels, fine)}."
        rows.append(
            {
                "model": model,
                "parameters": size,
                "estimate": float(table.n.sum() + selected.hidden.sum()),
                "log_likelihood": log_likelihood,
                "bic": size * np.log(table.n.sum()) - 2 * log_likelihood,
                "terms": _in_words(table, rank),
                "note": note,
            }
        )
    return pd.DataFrame(rows).sort_values("bic", kind="stable", ignore_index=True)


def _where(labels: list[str], fine: NDArray[np.bool_]) -> str:
    """The strata whose own models cannot be fitted, where each has one."""
    if len(fine) == 1:
        return ""
    return " in " + "; ".join(label for label, good in zip(labels, fine, strict=True) if not good)


def _in_words(table: StratumTable, rank: NDArray[np.int64]) -> str:
    """The dependences of a version, and in how many strata, where each has a model of its own."""
    tables = rank.shape[1]
    found = []
    for pair, times in zip(pairs(len(table.lists)), (rank > 0).sum(axis=1), strict=True):
        if times:
            name = " and ".join(table.pooled.names(int(pair)))
            found.append(name if tables == 1 else f"{name} in {times} of {tables}")
    return "; ".join(found)
