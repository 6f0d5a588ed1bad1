"""What a multiple systems estimate rests on, as tables: coefficients, overlaps, models compared, diagnostics."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.incidence.capture_table import CaptureTable
from analysis.incidence.hierarchical import closure, generators, pairs
from analysis.incidence.information_criterion import Candidates
from analysis.incidence.loglinear import Fits, fit, superset_sums

# With a bias correction beyond this a resample in forty, or fewer, lies on the other side of the estimate.
ONE_SIDED = 1.96


def coefficients(
    table: CaptureTable, fitted: Fits, finite: NDArray[np.int64], infinite: NDArray[np.int64]
) -> pd.DataFrame:
    """Terms of the fitted model with coefficient and standard error; minus infinity for lists that share nobody."""
    known = pd.DataFrame(
        {"term": finite, "coefficient": fitted.theta[:, 0], "standard_error": fitted.standard_error[:, 0]}
    )
    never = pd.DataFrame({"term": infinite, "coefficient": -np.inf, "standard_error": np.nan})
    found = pd.concat([known, never], ignore_index=True) if len(never) else known
    return found.assign(term=[":".join(table.names(int(term))) or "intercept" for term in found["term"]])


def overlaps(table: CaptureTable, terms: NDArray[np.int64], paths: NDArray[np.bool_]) -> pd.DataFrame:
    """One row a pair of lists: persons, what independence would give, and whether the pair is in the model."""
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
    """The models that were compared by BIC and could be fitted, the best first; empty where none were."""
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


def diagnostics(
    table: CaptureTable, estimate: float, limits: pd.DataFrame, replicates: int, failed: int
) -> pd.DataFrame:
    """What a reader must know of the data and the resamples: measure, value, note."""
    places = [int(pair) for pair in pairs(len(table.lists))]
    empty = [table.names(pair) for pair in places if not table.on_all_of(pair)]
    apart = [
        name
        for bit, name in enumerate(table.lists)
        if not any(table.on_all_of(pair) for pair in places if pair >> bit & 1)
    ]
    rows = [
        ("persons observed", table.n, f"on {len(table.lists)} lists: {', '.join(table.lists)}"),
        ("persons on two lists or more", table.on_several, table.caution or "all that is known of the lists' overlap"),
        ("pairs of lists without overlap", len(empty), "; ".join(" and ".join(pair) for pair in empty)),
        ("lists that share nobody", len(apart), ", ".join(apart)),
        ("estimate / observed", estimate / table.n, "how far the model is carried beyond what was seen"),
        ("resamples", replicates, "in each the model was selected again"),
        ("resamples without an estimate", failed, "they count as infinite in the interval" if failed else ""),
        ("bias correction", limits["bias_correction"].iloc[0], _one_sided(limits["bias_correction"].iloc[0])),
        ("acceleration", limits["acceleration"].iloc[0], "a of BCa, weighted jackknife"),
    ]
    return pd.DataFrame(rows, columns=["measure", "value", "note"])


def _one_sided(correction: float) -> str:
    """What z0 of BCa says of the resamples."""
    if abs(correction) < ONE_SIDED:
        return "z0 of BCa"
    side = "above" if correction < 0 else "below"
    return f"z0 of BCa: nearly all resamples are {side} the estimate, so that it is far from what they centre on"
