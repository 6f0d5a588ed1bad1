"""A plain picture of estimates of how many persons there are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd

from analysis import result_plots

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def persons_plot(
    labels: Sequence[str],
    table: pd.DataFrame,
    *,
    title: str,
    confidence: float,
    observed: float | None = None,
    truth: float | None = None,
) -> Figure:
    """One line an estimate, in the order given.

    Parameters
    ----------
    labels : what each row of `table` is.
    table : estimate, low, high (persons; missing where there is none; high may be infinite).
    confidence : level of low and high.
    observed, truth : persons on any list, and persons in all where they are known: vertical lines.
    """
    ends = table[["estimate", "estimate", "low", "high"]].to_numpy(dtype=float).T
    places = {"observed": observed, "true number": truth}
    return result_plots.rows(
        labels,
        {f"estimate and {100 * confidence:g}% interval": tuple(ends)},
        title=title,
        xlabel="persons, on a list or on none",
        at={f"{name}: {place:,.0f}": float(place) for name, place in places.items() if place is not None},
    )


def labels_with_seen(table: pd.DataFrame) -> list[str]:
    """The labels of strata with the persons seen in each, of columns label and n."""
    return [f"{row.label} ({row.n:,} seen)" for row in table.itertuples()]
