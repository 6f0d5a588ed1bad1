"""Exhibits on how the journeys of case records changed, and on how few ways they run."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis import areas, figures, routes
from analysis.areas import Area
from analysis.exhibits.exhibit import Exhibit
from analysis.exhibits.record_journeys import edges, journeys, journeys_footer, names, of_journeys, places
from analysis.exhibits.record_routes import LIMITS, ROWS, are_shown, chains, first_rows

# Maps that stand side by side.
MOST_PERIODS = 4
MEASURES = {
    "effective routes": "Routes in effect, if all were used alike",
    "inverse Simpson": "The same, large ones weighing more",
    "routes": "Routes that there are, at least",
}


def exhibits(place: Area) -> list[Exhibit]:
    """How the journeys of an area's or a study's case records changed; nothing where none may be shown."""
    return [make(place) for make in (periods, change, concentration)] if are_shown(place) else []


def periods(place: Area) -> Exhibit:
    """Flow maps of several periods, with the same frame and widths."""
    what = "from where to where, period by period"
    read = journeys(place.area_id)
    year = pd.to_numeric(read.traits["year"], errors="coerce")
    named = {name: year.isin(years).to_numpy() for name, years in _ranges(year).items()}
    parts = [routes.flows(read.chosen(mask)).assign(period=name) for name, mask in named.items() if mask.any()]
    limits = f"{LIMITS} By year of detection; {int(year.isna().sum())} journeys without a sure year are left out."
    if not parts:
        return of_journeys(place, "record_periods", what, pd.DataFrame(), limits)
    table = pd.concat(parts, ignore_index=True)
    figure = figures.flow_periods(
        table.assign(low=table["persons"], high=table["persons"], text=table["persons"].astype(str)),
        places(place.study),
        areas.background("world"),
        periods=list(named),
        projection=areas.get(place.study).projection,
        highlight=None if place.is_study else place.area_id,
        edges=edges(place.study),
        boundaries=areas.boundaries(place.study),
        unit="persons",
        title=f"{place.name}: {what}",
        footer=journeys_footer(place, limits),
    )
    return of_journeys(place, "record_periods", what, pd.DataFrame(), limits, figure)


def _ranges(year: pd.Series) -> dict[str, np.ndarray]:
    """The years there are, divided into ranges of about the same length."""
    every = np.arange(year.min(), year.max() + 1) if year.notna().any() else np.zeros(0)
    parts = np.array_split(every, min(MOST_PERIODS, len(every))) if len(every) else []
    return {f"{part[0]:.0f}-{part[-1]:.0f}" if len(part) > 1 else f"{part[0]:.0f}": part for part in parts}


def change(place: Area) -> Exhibit:
    """Which flows rose, fell, emerged or vanished between the first and the second half of the years."""
    what = "which flows changed"
    try:
        result = routes.change(journeys(place.area_id))
    except ValueError as refusal:
        return of_journeys(place, "record_change", what, pd.DataFrame(), f"Refused: {refusal}")
    pair = result.summary.iloc[-1]
    said = " ".join(
        [
            LIMITS,
            f"Jensen-Shannon divergence {pair['jensen_shannon']:.2f}, of which chance alone makes "
            f"{pair['by_chance']:.2f} (p = {pair['p_value']:.2g}).",
            f"q: {result.test}; {pair['n_tested']} flows tested, {pair['n_not_tested']} with too few persons.",
        ]
    )
    figure = result.plot(
        title=f"{place.name}: {what}", footer=journeys_footer(place, LIMITS), names=names(place.study), rows=10
    )
    shown = result.table.head(ROWS)
    rows = pd.DataFrame(
        {
            "Flow": chains(place, shown["origin"] + ">" + shown["destination"]),
            pair["before"]: shown["persons_before"],
            pair["after"]: shown["persons_after"],
            "Difference of shares (95 %)": [
                f"{100 * d:+.1f} ({100 * low:+.1f} to {100 * high:+.1f})"
                for d, low, high in zip(shown["difference"], shown["low"], shown["high"], strict=True)
            ],
            "q": ["not tested" if q != q else f"{q:.3f}" for q in shown["q_value"]],
            "Found": shown["status"],
        }
    )
    said = " ".join([said, *result.warnings, first_rows(result.table)]).strip()
    return of_journeys(place, "record_change", what, rows, said, figure)


def concentration(place: Area) -> Exhibit:
    """Whether few routes carry most persons."""
    what = "how few routes carry how many"
    parts = []
    for of, title in (("flows", "Origin and destination"), ("ways", "Whole ways"), ("legs", "Single legs")):
        table = routes.concentration(journeys(place.area_id), of)
        shown = table[table["measure"].isin(list(MEASURES))]
        parts.append(
            pd.DataFrame(
                {
                    "": title,
                    "Measure": shown["measure"].map(MEASURES),
                    "Seen": shown["seen"].map(lambda value: f"{value:.3g}"),
                    "Estimated (95 %)": [
                        "–" if value != value else f"{value:.3g} ({low:.3g} to {high:.3g})"
                        for value, low, high in zip(shown["estimate"], shown["low"], shown["high"], strict=True)
                    ],
                    "Persons": shown["n"],
                    "Not known": shown["n_unknown"],
                }
            )
        )
    limits = f"{LIMITS} Routes that nobody was found on are estimated (Chao, Wang and Jost, 2013; Chao, 1984)."
    return of_journeys(place, "record_concentration", what, pd.concat(parts, ignore_index=True), limits)
