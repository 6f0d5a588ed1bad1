"""Multiple systems estimates as released figures: every method, and checks of the usual one."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from analysis import texts
from analysis.plots import style
from analysis.plots.population_estimates import estimates
from capture_recapture import Robustness
from capture_recapture.robustness import USUAL

TEXT = texts.of(__name__)


def of_methods(result: Robustness, *, title: str, footer: style.Footer, truth: float | None = None) -> Figure:
    """Every method with its interval, and the range of all; `truth` is the number of persons, where it is known."""
    return estimates(
        result.table.rename(columns={"method": "label"}),
        title=title,
        subtitle=result.sentence,
        footer=footer,
        observed=result.n,
        band=(result.low, result.high),
        truth=truth,
        confidence=result.confidence,
    )


def of_checks(result: Robustness, *, title: str, footer: style.Footer) -> Figure:
    """The usual method without each list, and with pairs of lists as one."""
    parts = [
        result.left_out.assign(label="without " + result.left_out["left_out"], group=TEXT["of_checks_group"]),
        result.merged.assign(label=result.merged["merged"], group=TEXT["of_checks_group_two_lists_taken"]),
    ]
    checks = pd.concat([part for part in parts if len(part)] or [result.left_out], ignore_index=True)
    return _by_usual(result, checks, title, footer, result.n)


def of_known_lists(result: Robustness, *, title: str, footer: style.Footer) -> Figure:
    """Each list's persons, whose number is known, as the other lists would have estimated them."""
    return _by_usual(result, result.known.rename(columns={"list": "label"}), title, footer, None)


def _by_usual(
    result: Robustness, table: pd.DataFrame, title: str, footer: style.Footer, observed: float | None
) -> Figure:
    return estimates(
        table,
        title=title,
        subtitle=f"Each by {USUAL}.",
        footer=footer,
        observed=observed,
        confidence=result.confidence,
    )
