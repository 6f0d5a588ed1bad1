"""A figure of the places that persons pass, under what missing transit may have been."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from analysis.figures import style
from analysis.figures.forest import forest
from journeys.missing_transit import SUPPOSED, MissingTransitSensitivity, in_words


def of_missing_transit(
    result: MissingTransitSensitivity,
    *,
    title: str,
    footer: style.Footer,
    names: Mapping[str, str] | None = None,
    places: int = 8,
) -> Figure:
    """The shares that are largest, each of whole ways only, with ways imputed, and between none and all.

    Parameters
    ----------
    names : what places are called; None: their ids.
    places : how many places and corridors are drawn.
    """
    rows = []
    for place, of in result.shown(places).groupby("place", sort=False):
        table = of.set_index("method")
        for label, (first, last) in SUPPOSED.items():
            one, other = table.loc[first], table.loc[last]
            words = "no whole way" if np.isnan(one["share"]) else _share_in_words(one, other, first == last)
            bounds = (100 * share for share in (one["share"], other["share"], one["low"], other["high"]))
            rows.append((in_words(str(place), names), label, *bounds, words))
    columns = ["group", "label", "estimate_low", "estimate_high", "low", "high", "text"]
    return forest(
        pd.DataFrame(rows, columns=columns),
        title=title,
        footer=footer,
        xlabel="persons who pass, % of those whose origin and destination are known",
        interval_label=f"{100 * result.confidence:g}% interval",
    )


def _share_in_words(one: pd.Series, other: pd.Series, single: bool) -> str:
    """A share with its interval, or the two shares that it lies between, in percent."""
    share, last = 100 * one["share"], 100 * other["share"]
    said = f"{share:.0f} % ({100 * one['low']:.0f}–{100 * one['high']:.0f})" if single else f"{share:.0f}–{last:.0f} %"
    return f"{said}, n {one['n']:,.0f}"
