"""Sections on how the journeys of case records changed, and on how few paths they run."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from analysis import areas, plots, texts
from analysis.areas import Area
from analysis.sections.attempt import NoResult
from analysis.sections.record_journeys import journeys_footer, names, of_journeys, places
from analysis.sections.record_paths import chains, first_rows, limits_of, named
from analysis.sections.route_figures import of_route_change
from analysis.sections.section import Section
from journeys import Journeys, RouteChange, flows

TEXT = texts.of(__name__)

# What routes can be -> in words, and what is counted.
OF = {
    "flows": (TEXT["origin_and_place_of_exploitation"], "journeys"),
    "paths": ("Complete paths", "journeys"),
    "legs": ("Single legs", "legs"),
}
MEASURES = texts.table(__name__, "measures")


def flows_by_period(read: Journeys, most: int = 4) -> dict[str, pd.DataFrame]:
    """The flows of ranges of years of about the same length, `most` of them at most: what the maps show side by side.

    Returns
    -------
    "2014-2016" -> its flows, as `journeys.flows` has them.
    """
    year = pd.to_numeric(read.traits["year"], errors="coerce")
    masks = {name: year.isin(years).to_numpy() for name, years in _ranges(year, most).items()}
    return {name: flows(read.chosen(mask)) for name, mask in masks.items()}


def periods(place: Area, read: Journeys, by_period: Mapping[str, pd.DataFrame], top: int = 15) -> Section:
    """Flow maps of several periods, with the same frame and widths.

    Parameters
    ----------
    read, by_period : journeys, and what `flows_by_period` makes of them.
    """
    what = TEXT["periods_title"]
    year = pd.to_numeric(read.traits["year"], errors="coerce")
    parts = [table.assign(period=name) for name, table in by_period.items() if len(table)]
    limits = TEXT["periods_limits"].format(limits=limits_of(place))
    if year.isna().any():
        limits += TEXT["periods_limits_left_out"].format(without_year=int(year.isna().sum()), read=len(read))
    if len(by_period) < 2:
        none = TEXT["there_are_no_two_years"].format(limits=limits)
        return of_journeys(place, "record_periods", what, pd.DataFrame(), none)
    table = pd.concat(parts, ignore_index=True)
    figure = plots.flow_map(
        table.assign(period=pd.Categorical(table["period"], list(by_period))),
        places(place.study),
        areas.world(place.study),
        low="persons",
        high="persons",
        panel="period",
        top=10,
        none=TEXT["periods_none"],
        projection=areas.get(place.study).projection,
        highlight=None if place.is_study else place.area_id,
        boundaries=areas.boundaries(place.study),
        unit="persons",
        title=f"{place.name}: {what}",
        footer=journeys_footer(place, limits),
    )
    wide = table.pivot(index=["origin", "destination"], columns="period", values="persons").fillna(0).astype(int)
    wide = wide.reindex(columns=list(by_period), fill_value=0)
    wide = wide.loc[wide.sum(axis=1).sort_values(ascending=False, kind="stable").index].reset_index()
    shown = wide.head(top)
    rows = pd.DataFrame(
        {
            "From": named(place, shown["origin"]),
            "To": named(place, shown["destination"]),
            **{f"Persons {name}": shown[name] for name in by_period},
        }
    )
    said = f"{limits} {first_rows(wide, top)}".strip()
    return of_journeys(place, "record_periods", what, rows, said, figure)


def _ranges(year: pd.Series, most: int) -> dict[str, np.ndarray]:
    """The years there are, divided into ranges of about the same length."""
    every = np.arange(year.min(), year.max() + 1) if year.notna().any() else np.zeros(0)
    parts = np.array_split(every, min(most, len(every))) if len(every) else []
    return {f"{part[0]:.0f}-{part[-1]:.0f}" if len(part) > 1 else f"{part[0]:.0f}": part for part in parts}


def change(place: Area, result: RouteChange | NoResult, top: int = 15) -> Section:
    """Which flows rose, fell, emerged or vanished between periods; `result` from `journeys.change`."""
    what = TEXT["change_title"]
    if isinstance(result, NoResult):
        # The reason; which argument would help is for whoever calls the function.
        why = result.reason.partition(". ")[0].removesuffix(".")
        return of_journeys(place, "record_change", what, pd.DataFrame(), f"Refused: {why}.")
    pair = result.summary.iloc[-1]
    limits = limits_of(place)
    said = " ".join(
        [
            limits,
            TEXT["jensen_shannon_divergence_0_if"].format(p_value=pair["p_value"], test=result.test),
        ]
    )
    figure = of_route_change(
        result, title=f"{place.name}: {what}", footer=journeys_footer(place, limits), names=names(place.study), rows=10
    )
    shown = result.table.head(top)
    rows = pd.DataFrame(
        {
            "Flow": chains(place, shown["origin"] + ">" + shown["destination"]),
            f"Persons {pair['before']}": shown["persons_before"],
            f"Persons {pair['after']}": shown["persons_after"],
            "Difference of shares, points (95 %)": [
                f"{_points(change)} ({_points(low)} to {_points(high)})"
                for change, low, high in zip(shown["difference"], shown["low"], shown["high"], strict=True)
            ],
            "q": ["–" if q != q else f"{q:.3f}" for q in shown["q_value"]],
            "Found": shown["status"].mask(shown["q_value"].isna(), "not tested"),
        }
    )
    said = " ".join([said, *result.warnings, first_rows(result.table, top)]).strip()
    return of_journeys(place, "record_change", what, rows, said, figure)


def _upper(limit: float) -> str:
    return TEXT["no_upper_limit"] if limit != limit else f"{limit:.3g}"


def _points(difference: float) -> str:
    """A difference of shares in percentage points, and nothing as +0.0."""
    return f"{round(100 * difference, 1) + 0.0:+.1f}"


def concentration(place: Area, tables: Mapping[str, pd.DataFrame]) -> Section:
    """Whether few routes carry most persons.

    Parameters
    ----------
    tables : "flows", "paths" or "legs" -> what `journeys.concentration` finds of them.
    """
    what = TEXT["concentration_title"]
    parts = []
    for of, table in tables.items():
        title, unit = OF[of]
        shown = table[table["measure"].isin(list(MEASURES))]
        parts.append(
            pd.DataFrame(
                {
                    "Of": title,
                    "Measure": shown["measure"].map(MEASURES),
                    "Seen": ["–" if value != value else f"{value:.3g}" for value in shown["seen"]],
                    "Estimated (95 %)": [
                        "–" if value != value else f"{value:.3g} ({low:.3g} to {_upper(high)})"
                        for value, low, high in zip(shown["estimate"], shown["low"], shown["high"], strict=True)
                    ],
                    "Persons": shown["n"],
                    "Not known": [f"{n:,} {unit if n != 1 else unit.removesuffix('s')}" for n in shown["n_unknown"]],
                }
            )
        )
    limits = TEXT["concentration_limits"].format(limits=limits_of(place))
    return of_journeys(place, "record_concentration", what, pd.concat(parts, ignore_index=True), limits)
