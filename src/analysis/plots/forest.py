"""A forest plot: estimates beside the value of no effect, with their intervals and both in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from analysis.plots import rows
from analysis.plots.dots import dots
from analysis.plots.style import Footer, form, nothing


@form("Dots beside a line at no effect, each with its interval and both in words; hatched where there is no estimate.")
def forest(
    table: pd.DataFrame,
    *,
    label: str = "label",
    estimate: str | tuple[str, str] = ("estimate_low", "estimate_high"),
    interval: tuple[str, str] = ("low", "high"),
    series: str | None = None,
    group: str | None = None,
    text: str | None = None,
    reason: str | None = None,
    average: str | None = None,
    hollow: str | None = None,
    span: Mapping[str, tuple[float, float]] | None = None,
    order: Sequence[str] | None = None,
    highlight: str | None = None,
    ratio: bool = False,
    xlabel: str,
    text_label: str = "",
    interval_label: str = "95% interval",
    average_label: str = "average",
    hollow_label: str = "",
    title: str,
    footer: Footer,
    subtitle: str = "",
) -> Figure:
    """Estimates around no effect, in the order given, each with its interval; a row without an estimate is hatched.

    Parameters
    ----------
    table : one row an estimate; the parameters that `dots` has too are as there.
    text : printed at the right; by default the estimate and its interval in figures.
    average : true where the row is a mean of others, and drawn as a diamond.
    ratio : whether the estimates are ratios, on a scale of equal ratios around 1; else differences around 0.

    Returns
    -------
    The figure.

    Raises
    ------
    Refusal : a column is missing, or a lower bound is above its upper one.
    """
    if table.empty:
        return nothing(title=title, footer=footer, subtitle=subtitle)
    shown = table.reset_index(drop=True)
    if text is None:
        best, limits = rows.bounds(shown, estimate), rows.bounds(shown, interval)
        shown["in words"] = [
            in_words(least, most, low, high, ratio) for least, most, low, high in np.hstack([best, limits]).tolist()
        ]
    return dots(
        shown,
        label=label,
        estimate=estimate,
        interval=interval,
        series=series,
        group=group,
        text=text or "in words",
        reason=reason,
        average=average,
        hollow=hollow,
        span=span,
        order=order,
        highlight=highlight,
        xlabel=xlabel,
        text_label=text_label,
        interval_label=interval_label,
        average_label=average_label,
        hollow_label=hollow_label,
        at={"no difference": 1.0} if ratio else None,
        log=ratio,
        signed=not ratio,
        title=title,
        footer=footer,
        subtitle=subtitle,
    )


def in_words(least: float, most: float, low: float, high: float, ratio: bool) -> str:
    """An estimate, or its bounds, and its interval: "+4.2 (−1.0 to +9.6)"; empty where there is none."""
    if not np.isfinite(least):
        return ""
    said = _figure(least, ratio) if least == most else f"{_figure(least, ratio)} to {_figure(most, ratio)}"
    return said if np.isnan(low) or np.isnan(high) else f"{said} ({_figure(low, ratio)} to {_figure(high, ratio)})"


def _figure(value: float, ratio: bool) -> str:
    if not np.isfinite(value):
        return "∞" if value > 0 else "−∞"
    if ratio:
        return f"{value:.2f}" if value < 10 else f"{value:,.0f}"
    text = f"{value:+,.0f}" if abs(value) >= 100 else f"{value:+.1f}"
    return "0.0" if text in ("+0.0", "-0.0") else text.replace("-", "−")
