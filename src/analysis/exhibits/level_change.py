"""An exhibit on changes of level: whether a series has one overnight, as where a law or a definition changed."""

from __future__ import annotations

import pandas as pd

import trends
from analysis.areas import Area
from analysis.exhibits import trend, turns
from analysis.exhibits.exhibit import NOT_INCIDENCE, Exhibit, footer, marks
from analysis.exhibits.trend import COVID
from analysis.figures.level_breaks import level_breaks

FEWEST_FOR_LEVELS = 10


def levels(place: Area) -> Exhibit:
    """Whether the longest series changed its level at some year, and how sure that year is."""
    title = f"{place.name}: whether the level of the longest series changed"
    if place.spans_countries:
        return Exhibit("levels", title, pd.DataFrame(), limits="Shown on the pages of the countries, one by one.")
    groups = [(whose, label, turns.group_of(place, label, whose)) for whose, label in turns.long_series(place)]
    exact = [(whose, label, group[group["low"].eq(group["high"])]) for whose, label, group in groups]
    exact = [found for found in exact if len(found[2]) >= FEWEST_FOR_LEVELS]
    if not exact:
        limits = f"No series has {FEWEST_FOR_LEVELS} years whose counts are known exactly."
        return Exhibit("levels", title, pd.DataFrame(), limits=limits)
    whose, label, known = exact[0]
    title = f"{whose}: {trend.lower_first(label)}, and whether its level changed"
    limits = f"{NOT_INCIDENCE} {COVID} A new law, unit or definition changes a level as well."
    try:
        series = pd.DataFrame({"period": known["year"], "count": known["low"]})
        if known["population"].notna().all():
            series["population"] = known["population"]
        result = trends.level_breaks(series)
    except ValueError as refusal:
        return Exhibit("levels", title, pd.DataFrame(), limits=f"Refused: {refusal}")
    figure = level_breaks(
        result.observed,
        result.levels,
        result.breaks,
        title=title,
        footer=footer(known, f"{len(known)} years", limits),
        ylabel=result.measure,
        confidence=result.confidence,
    )
    rows = pd.DataFrame(
        {
            "Level": [f"{row.start:g}–{row.end:g}" for row in result.levels.itertuples()],
            turns.unit_of(known): [
                f"{row.mean:.3g} ({row.low:.3g} to {row.high:.3g})" for row in result.levels.itertuples()
            ],
        }
    )
    breaks = [f"{row.period:g} ({row.low:g} to {row.high:g})" for row in result.breaks.itertuples()]
    said = f"after {', '.join(breaks)}" if breaks else "no break is supported"
    return Exhibit(
        "levels", f"{title}: {said}", rows, tuple(known["source_id"].unique()),
        f"{limits} {trend.warned(result.warnings)}", figure, alt=f"{title}: {said}.", **marks(known),
    )  # fmt: skip
