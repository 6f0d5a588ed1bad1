"""Capture histories in strata (areas, years, sexes): the counts of all patterns in each, unknown strata included."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.incidence.capture_table import CaptureTable, capture_table
from analysis.incidence.loglinear import Floats
from analysis.refusal import Refusal

UNKNOWN = "unknown"
# Results are tables with these columns beside those of the strata.
RESERVED = {
    "count", "n", "hidden", "estimate", "low", "high", "naive_low", "naive_high", "term", "terms", "note",
    "coefficient", "standard_error", "label",
}  # fmt: skip


@dataclass(frozen=True)
class StratumTable:
    """Persons by pattern of lists and stratum.

    Parameters
    ----------
    by : names of the columns that say the stratum.
    strata : one row a stratum, the columns `by`; sorted, the unknown last.
    lists : names of the lists.
    counts : (2**lists, strata) persons; places of patterns as in `CaptureTable`.
    """

    by: tuple[str, ...]
    strata: pd.DataFrame
    lists: tuple[str, ...]
    counts: Floats

    @property
    def n(self) -> NDArray[np.int64]:
        """(strata,) persons observed."""
        return self.counts.sum(axis=0).astype(np.int64)

    @property
    def labels(self) -> list[str]:
        """The strata in words."""
        return in_words(self.strata)

    @property
    def pooled(self) -> CaptureTable:
        """The persons of all strata in one table."""
        return CaptureTable(self.lists, self.counts.sum(axis=1), np.arange(len(self.counts)))

    def histories(self, which: Sequence[int]) -> pd.DataFrame:
        """Capture histories of some strata together: every pattern but the empty one, in the order of places."""
        places = np.arange(1, len(self.counts))
        seen = {name: places >> bit & 1 for bit, name in enumerate(self.lists)}
        return pd.DataFrame({**seen, "count": self.counts[1:, list(which)].sum(axis=1)})

    def without_persons(self, number: int) -> list[str]:
        """The lists on which nobody of a stratum stands."""
        on = np.arange(len(self.counts))[:, None] >> np.arange(len(self.lists)) & 1
        return [name for name, persons in zip(self.lists, self.counts[:, number] @ on, strict=True) if not persons]


def in_words(strata: pd.DataFrame) -> list[str]:
    """The name of each stratum, a row of the columns that say it."""
    return [", ".join(map(str, row)) for row in strata.itertuples(index=False)]


def stratum_table(histories: pd.DataFrame, by: str | Sequence[str]) -> StratumTable:
    """Check capture histories in strata and count every pattern in each.

    Parameters
    ----------
    histories : one 0/1 column a list, `count` (persons, whole numbers), and the columns `by`. Rows of one pattern and
        stratum are added.
    by : columns that say the stratum. Missing, "" and "unknown" are one value, "unknown": its persons were seen, and
        belong to one of the strata, or to none that is named.

    Raises
    ------
    ValueError : a column of `by` is missing or has a name that the results need, two strata have the same name, or the
        histories are no capture histories; the message names it.
    """
    columns = [by] if isinstance(by, str) else list(by)
    if not columns:
        raise Refusal("empty", "Name at least one column that says the stratum, as area_id, year or sex.")
    for column in columns:
        if column not in histories:
            raise Refusal("missing_column", f"The capture histories have no column '{column}' to tell strata by.")
        if column in RESERVED or columns.count(column) > 1:
            raise Refusal(
                "reserved_or_repeated_name",
                f"'{column}' cannot be a column of strata: give each a name of its own, as area_id.",
            )
    whole = capture_table(histories.drop(columns=columns))
    coded = [_coded(histories[column]) for column in columns]
    keys, stratum = np.unique(np.column_stack([codes for codes, _ in coded]), axis=0, return_inverse=True)
    strata = pd.DataFrame(
        {
            column: pd.Series([names[code] for code in codes], dtype=object).infer_objects()
            for column, (_, names), codes in zip(columns, coded, keys.T, strict=True)
        }
    )
    counts = np.zeros((len(whole.counts), len(keys)))
    persons = pd.to_numeric(histories["count"]).to_numpy(dtype=float)
    np.add.at(counts, (whole.patterns, stratum.ravel()), persons)
    table = StratumTable(tuple(columns), strata, whole.lists, counts)
    twice = pd.Series(table.labels).loc[lambda labels: labels.duplicated()]
    if len(twice):
        raise Refusal(
            "duplicate_name",
            f"Two strata are called '{twice.iloc[0]}': write each value in one way, as text or as number.",
        )
    return table


def _coded(column: pd.Series) -> tuple[NDArray[np.int64], list]:
    """Each value's number among the sorted names, of which the last is that of the unknown."""
    values = column.convert_dtypes()
    unknown = values.isna() | values.astype(str).str.strip().str.lower().isin(["", UNKNOWN])
    codes, known = pd.factorize(values.mask(unknown), sort=True)
    return np.where(codes < 0, len(known), codes), [*known, UNKNOWN]
