"""Whether a stratum matters: a model of all strata alike, one with lists that differ, and a model for each, by BIC."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.incidence.hierarchical import pairs
from analysis.incidence.joint_loglinear import fit_joint, joint_terms
from analysis.incidence.joint_stepwise import in_model, select
from analysis.incidence.stratum_table import StratumTable

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
