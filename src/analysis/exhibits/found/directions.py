"""What the notebook on trends states of directions, whether all estimates show one, and of what each effort found."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

import trends
from analysis.areas import Area
from analysis.exhibits import effort, trend, trend_agreement
from analysis.exhibits.exhibit import NOT_INCIDENCE
from analysis.exhibits.found.printed import years
from analysis.findings.finding import CONFIDENCE, NOT_READ, REFUSED, Finding
from trends.count_trend import FALLING, RISING

DIRECTION = {RISING: 1, FALLING: -1}
BY_ALL = (
    "Quasi-Poisson trends of each source that counts it: all years; without 2020 and 2021, and with a level of their "
    "own for them; without the first year; without the last. A direction is that of all of them"
)
RATIO = "What was found in a period by the effort of the same period, 95 % limits of a Poisson count (Garwood, 1936)"
RATIO_TREND = "Quasi-Poisson trend of what was found, with the log of the effort as offset, 95 % limits by t"
NO_FIGURE = "no figure was found"
NOT_BOTH = "no source counts, of the same period, what was found and what was done to find it"
WHEN = ("first", "highest", "latest")
# Item of what was done -> label of its series.
DONE = {"per_interview": effort.INTERVIEWED, "per_inspection": effort.INSPECTED}


def stated(place: Area, whose: str, things: Mapping[str, str]) -> list[Finding]:
    """The direction of each thing, and how many estimates show a rise or a fall.

    Parameters
    ----------
    whose : the name under which the series of `place` stand. things : item -> what is counted, whoever counts it.
    """
    found = []
    for item, thing in things.items():
        agreed, points = trend_agreement.agreed(place, whose, thing), trend_agreement.figures_of(place, whose, thing)
        if agreed is not None and agreed.estimated:
            points = points[points["source"].isin(agreed.table.loc[agreed.table["refused"].eq(""), "source"])]
        found += _of(place, item, agreed, points, tuple(points["source_id"].unique()), BY_ALL)
    return found


def _of(
    place: Area,
    item: str,
    agreed: trends.Agreement | None,
    points: pd.DataFrame,
    sources: tuple[str, ...],
    method: str,
) -> list[Finding]:
    """The direction, and how many estimates show a rise or a fall; `points` has the years and kinds of the figures."""
    limits = f"{NOT_INCIDENCE} The estimates share their data: how many agree is no probability."
    shared: dict[str, Any] = {"method": f"{method}.", "limits": limits}
    names = [("trend_direction", item), *(("trend_estimates", f"{item}.{name}") for name in (RISING, FALLING))]
    if agreed is None:
        why: dict[str, Any] = {"status": NOT_READ, "why": NO_FIGURE}
        return [Finding(place, measure, name, **why, **shared) for measure, name in names]
    shared |= {"kind": str(points["kind"].iloc[0]), "source_ids": sources}
    try:
        direction = agreed.direction
    except trends.TooFewPoints as refusal:
        return [Finding(place, measure, name, status=REFUSED, why=str(refusal), **shared) for measure, name in names]
    shared |= {"n": agreed.estimated, "period": years(points["year"].min(), points["year"].max())}
    values = (DIRECTION.get(direction, 0), agreed.rising, agreed.falling)
    return [
        Finding(place, measure, name, value=value, **shared)
        for (measure, name), value in zip(names, values, strict=True)
    ]


def per_effort(place: Area, whose: str, item: str, label: str) -> list[Finding]:
    """What was found per 1,000 units of effort in the first, the highest and the latest period, and its change a year.

    Parameters
    ----------
    whose : the name under which the series of `place` stand. item, label : of what was found.
    """
    done = {pair.found: pair.done for pair in effort.PAIRS}[label]
    by = next(name for name, series in DONE.items() if series == done)
    table = effort.ratios(place)
    table = table[(table["name"] == whose) & (table["found"] == label)]
    limits = f"{NOT_INCIDENCE} {effort.READ_AS}"
    shared: dict[str, Any] = {"limits": limits, "method": f"{RATIO}."}
    of_change: dict[str, Any] = {"limits": limits, "method": f"{RATIO_TREND}."}
    if table.empty:
        why: dict[str, Any] = {"status": NOT_READ, "why": NOT_BOTH}
        return [
            *(Finding(place, "found_per_effort", f"{item}.{by}.{when}", **why, **shared) for when in WHEN),
            Finding(place, "change_per_effort", f"{item}.{by}", **why, **of_change),
            *_of(place, f"{item}.{by}", None, table, (), BY_ALL),
        ]
    rows = {"first": table.iloc[0], "highest": table.loc[table["ratio_low"].idxmax()], "latest": table.iloc[-1]}
    sources = tuple(dict.fromkeys([*table["source_id"], *table["source_id_done"]]))
    return [
        *(_ratio(place, f"{item}.{by}.{when}", rows[when], shared) for when in WHEN),
        _change(place, f"{item}.{by}", table, of_change | {"source_ids": sources}),
        *_of(
            place, f"{item}.{by}", effort.agreed(place, whose, label), table, sources, f"{BY_ALL}; per unit of effort"
        ),
    ]


def _ratio(place: Area, item: str, row: pd.Series, shared: dict[str, Any]) -> Finding:
    known = row["ratio_low"] == row["ratio_high"]
    about = "The effort is given as about this." if row["value_qualifier_done"] == "approx" else ""
    return Finding(
        place, "found_per_effort", item, value=row["ratio_low"] if known else None, low=row["limit_low"],
        high=row["limit_high"], interval=CONFIDENCE, period=str(row["year"]), n=int(row["low"]) if known else None,
        source_ids=tuple(dict.fromkeys([row["source_id"], row["source_id_done"]])),
        method=shared["method"], limits=" ".join(filter(None, [shared["limits"], about])),
    )  # fmt: skip


def _change(place: Area, item: str, table: pd.DataFrame, shared: dict[str, Any]) -> Finding:
    try:
        change = trend.precise(trends.count_trend(effort.series_of(table)))
    except ValueError as refusal:
        return Finding(place, "change_per_effort", item, status=REFUSED, why=str(refusal), **shared)
    known = change.annual_change_low == change.annual_change_high
    shared = shared | {"limits": " ".join(filter(None, [shared["limits"], trend.warned(change.warnings)]))}
    return Finding(
        place, "change_per_effort", item, value=change.annual_change if known else None, low=change.low,
        high=change.high, interval=CONFIDENCE, period=years(table["year"].min(), table["year"].max()), n=change.n,
        **shared,
    )  # fmt: skip
