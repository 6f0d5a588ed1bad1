"""How good a linkage is where it is known who is who: for tests, and the benchmark of linkage."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.stats import beta

from analysis.cases.record_linkage import Linkage


def quality(linkage: Linkage, truth: pd.DataFrame) -> pd.DataFrame:
    """Precision and recall of the linked pairs.

    Counted are pairs of records of one person, chains included. Intervals are exact (Clopper and Pearson 1934), at
    95 %; they take pairs for independent, which pairs of one person are not, so they are a little too narrow.

    Parameters
    ----------
    linkage : of `link`.
    truth : record_id, true_person; records that it does not know are left out.

    Returns
    -------
    DataFrame of measure (precision | recall | f1), value, low, high, right, of: `right` of `of` pairs; value is missing
    where there is no pair, and F1 has no interval.
    """
    named = truth.assign(record_id=truth["record_id"].astype(str))[["record_id", "true_person"]]
    both = linkage.records[["record_id", "person_id"]].merge(named, on="record_id", validate="1:1")
    assert len(both)
    right, linked, true = pair_counts(both)
    rows = []
    for measure, of in (("precision", linked), ("recall", true)):
        rows.append((measure, right / of if of else np.nan, *_exact_interval(right, of), right, of))
    f1 = 2 * right / (linked + true) if linked + true else np.nan
    rows.append(("f1", f1, np.nan, np.nan, 2 * right, linked + true))
    return pd.DataFrame(rows, columns=["measure", "value", "low", "high", "right", "of"])


def pair_counts(records: pd.DataFrame) -> tuple[int, int, int]:
    """Pairs of records that are linked and of one person; that are linked; that are of one person.

    Parameters
    ----------
    records : person_id and true_person of each record.
    """
    linked, true = _pairs_within(records, ["person_id"]), _pairs_within(records, ["true_person"])
    return _pairs_within(records, ["person_id", "true_person"]), linked, true


def _pairs_within(records: pd.DataFrame, columns: Sequence[str]) -> int:
    sizes = records.groupby(list(columns), observed=True).size()
    return int((sizes * (sizes - 1) // 2).sum())


def _exact_interval(right: int, of: int) -> tuple[float, float]:
    if of == 0:
        return np.nan, np.nan
    low = float(beta.ppf(0.025, right, of - right + 1)) if right else 0.0
    high = float(beta.ppf(0.975, right + 1, of - right)) if right < of else 1.0
    return low, high
