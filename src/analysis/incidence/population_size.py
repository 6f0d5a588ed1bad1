"""An estimate of how many persons there are, seen and unseen: its interval, and the picture of several."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import special

from analysis import intervals

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from analysis.figures import Footer


@dataclass(frozen=True)
class PopulationSize:
    """The size of a population of which only some persons were seen.

    Parameters
    ----------
    method : the estimator and its source in words.
    n : persons seen.
    estimate : persons, seen and unseen.
    low, high : limits of the estimate, persons; low is never below `n`.
    standard_error : of the estimate, persons.
    confidence : level of the limits.
    assumption : what the estimate rests on and these data cannot test.
    """

    method: str
    n: int
    estimate: float
    low: float
    high: float
    standard_error: float
    confidence: float
    assumption: str

    @property
    def hidden(self) -> float:
        """Persons estimated to be there and not seen."""
        return self.estimate - self.n


def lognormal_limits(n: float, estimate: float, variance: float, confidence: float) -> tuple[float, float]:
    """Limits of a population's size that takes the number of unseen persons to be log-normal, so low is above `n`.

    Parameters
    ----------
    n : persons seen.
    estimate : persons, seen and unseen; where it is `n` itself, so are both limits.
    variance : of the estimate, persons squared.
    confidence : level of the limits, between 0 and 1.

    References
    ----------
    Chao, A. (1987). Estimating the population size for capture-recapture data with unequal catchability. Biometrics
        43, 783-791.
    """
    hidden = estimate - n
    if hidden <= 0:
        return float(n), float(n)
    ratio = np.exp(normal_quantile(confidence) * np.sqrt(np.log1p(variance / hidden**2)))
    return float(n + hidden / ratio), float(n + hidden * ratio)


def normal_quantile(confidence: float) -> float:
    """The distance from the middle, in standard errors, that leaves half of the remaining chance in each tail."""
    return float(special.ndtri((1 + intervals.check_confidence(confidence)) / 2))


def estimates_figure(
    table: pd.DataFrame, *, title: str, footer: Footer, xlabel: str, confidence: float, text: str = "{:,.0f}"
) -> Figure:
    """One line a row: its estimate and interval, printed as `text` at the right.

    `table` has label, estimate or its bounds estimate_low and estimate_high, low and high.
    """
    from analysis import figures

    if "estimate" in table:
        table = table.assign(estimate_low=table["estimate"], estimate_high=table["estimate"])
    ends = table[["estimate_low", "estimate_high", "low", "high"]]
    largest = ends.where(np.isfinite(ends)).max().max()
    drawn = table.assign(
        estimate_high=table["estimate_high"].where(np.isfinite(table["estimate_high"]), table["estimate_low"]),
        # An estimate without an interval is a dot; a line without an end is ten times as long as all else.
        low=table["low"].fillna(table["estimate_low"]),
        high=table["high"].fillna(table["estimate_high"]).replace(np.inf, 10 * largest),
        text=[_in_words(row, text) for row in table.to_dict("records")],
    )
    return figures.forest(
        drawn, title=title, footer=footer, xlabel=xlabel, interval_label=f"{100 * confidence:g}% interval"
    )


def _in_words(row: dict, text: str) -> str:
    if pd.isna(row["estimate_low"]):
        return "refused"
    estimate, interval = (
        text.format(low) if low == high else f"{text.format(low)}–{text.format(high)}".replace("inf", "∞")
        for low, high in ((row["estimate_low"], row["estimate_high"]), (row["low"], row["high"]))
    )
    return f"{estimate} (no interval)" if pd.isna(row["low"]) else f"{estimate} ({interval})"
