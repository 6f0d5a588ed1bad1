"""Results of trends as released figures: joinpoints, areas pooled, and counts beside expected ones."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from analysis import plots, texts
from analysis.plots import style
from analysis.plots.dots import dots
from analysis.plots.forest import in_words
from analysis.sections.trend import change_words
from bounded.refusal import Refusal
from trends import SHORT_REFUSAL, Aberrations, JoinpointTrend, LevelBreaks, Nowcast, PooledAreas, imprecise
from trends.aberrations import FEW_KNOWN, MOST_PANELS, QUESTION
from trends.reporting_delay import UNITS

TEXT = texts.of(__name__)

_SHOWN_BEFORE = 2


def of_pooled_areas(
    result: PooledAreas, *, title: str, footer: style.Footer, names: Mapping | None = None, highlight: str | None = None
) -> Figure:
    """Areas in order of their pooled trend (for "gamma": level), beside what their own figures say.

    Parameters
    ----------
    names : the name of each area_id; by default the area_id itself.
    highlight : area_id of the area that is set off.
    """
    trend = result.method == "glmm"
    own, drawn = ("own_change", "pooled_change") if trend else ("own_level", "pooled_level")
    limits = {"own": "own", "pooled": "pooled"} if trend else {"own": own, "pooled": drawn}
    ids = result.areas["area_id"]
    labels = [str((names or {}).get(area, area)) for area in ids]
    parts = [
        pd.DataFrame(
            {
                "label": labels,
                "whose": TEXT["of_pooled_areas_own"] if kind == "own" else TEXT["of_pooled_areas_pooled"],
                "own": kind == "own",
                "estimate_low": result.areas[f"{column}_least"],
                "estimate_high": result.areas[f"{column}_most"],
                "low": result.areas[f"{limits[kind]}_low"],
                "high": result.areas[f"{limits[kind]}_high"],
                "reason": "",
            }
        )
        for kind, column in (("pooled", drawn), ("own", own))
    ]
    order = (parts[0]["estimate_low"] + parts[0]["estimate_high"]).sort_values(ascending=False, kind="stable").index
    table = pd.concat([part.loc[order] for part in parts], ignore_index=True)
    if trend:
        # What is too badly known to be printed is not drawn either.
        wide = [imprecise(low, high) is not None for low, high in table[["low", "high"]].fillna(0.0).to_numpy()]
        table.loc[wide, ["estimate_low", "estimate_high", "low", "high"]] = np.nan
        table.loc[wide, "reason"] = SHORT_REFUSAL
    numbers = table[["estimate_low", "estimate_high", "low", "high"]].to_numpy()
    centre = result.common if trend else result.common_level
    level = f"{100 * result.confidence:g}% limits"
    said = in_words(centre.least, centre.most, centre.low, centre.high, ratio=not trend)
    return dots(
        table.assign(text=[in_words(least, most, low, high, not trend) for least, most, low, high in numbers]),
        series="whose",
        text="text",
        hollow="own",
        reason="reason",
        span={TEXT["of_pooled_areas_common"].format(level=level, common=said): (centre.low, centre.high)},
        title=title,
        footer=footer,
        xlabel=TEXT["of_pooled_areas_xlabel"] if trend else result.unit,
        interval_label=level,
        signed=trend,
        highlight=dict(zip(ids, labels, strict=True)).get(highlight),
    )


def of_joinpoint_trend(result: JoinpointTrend, *, title: str, footer: style.Footer, ylabel: str) -> Figure:
    """What was observed, the fitted line, its joinpoints with their limits, and the change of each segment.

    Parameters
    ----------
    ylabel : what is observed, with its unit.
    """
    rows = np.vstack([np.column_stack([result.period, result.observed]), result.incomplete])
    observed = pd.DataFrame(rows, columns=["x", "low", "high", "interval_low", "interval_high"])
    observed["x"] += result.middle
    observed["incomplete"] = np.arange(len(rows)) >= len(result.period)
    known = np.isclose(observed["low"], observed["high"])
    jumps = [float(str(term).split()[1]) for term in result.terms["term"] if str(term).startswith("jump")]
    level = f"{100 * result.confidence:g}%"
    changes = changes_of(result)
    different = TEXT["of_joinpoint_trend_different"] if any(each.endswith("*") for each in changes) else ""
    said = ["" if result.k else TEXT["of_joinpoint_trend_note"], *changes, different]
    drawing = result.drawing()
    return plots.series(
        observed.assign(value_qualifier=np.where(known, "exact", "derived")),
        fit=drawing["fitted"],
        joinpoints=drawing["joinpoints"],
        # Between the middle of the year before and that of its own.
        lines={TEXT["of_joinpoint_trend_jump"]: jumps} if jumps else None,
        text="\n".join(filter(None, said)),
        ylabel=ylabel,
        fit_label=f"fit and its {level} band",
        joinpoint_label=f"joinpoint with its {level} interval",
        title=title,
        footer=footer,
    )


def changes_of(result: JoinpointTrend) -> list[str]:
    """The years of each segment with its change; an asterisk where it differs from 0."""
    said = []
    for row in result.segments.to_dict("records"):
        change = change_words(row["apc_low"], row["apc_high"], row["low"], row["high"])
        if change != SHORT_REFUSAL:
            change = change.replace(" (", " % a year (") + ("*" if row["significant"] else "")
        said.append(f"{math.floor(row['start'])}–{math.floor(row['end'])}: {change.replace('-', '−')}")
    return said


def of_level_breaks(result: LevelBreaks, *, title: str, footer: style.Footer) -> Figure:
    """Observed figures, each level as a step with its interval, and the interval of each break."""
    observed, levels, breaks = result.observed, result.levels, result.breaks
    period = observed["period"].to_numpy(dtype=float)
    # A year's number names it whole; a decimal one is where the period begins.
    half = 0.5 if (period == np.floor(period)).all() else float(np.diff(np.unique(period)).min()) / 2
    steps = pd.concat(
        [
            levels.assign(x=levels["start"], piece=levels.index),
            levels.assign(x=levels["end"] + 2 * half, piece=levels.index),
        ]
    )
    ends = {end: breaks[end] + 2 * half for end in ("low", "high")}
    level = f"{100 * result.confidence:g}%"
    return plots.series(
        observed.assign(x=period + half, series=""),
        y="value",
        fit=steps.rename(columns={"mean": "fit"}),
        joinpoints=breaks.assign(x=breaks["period"] + 2 * half, **ends),
        ylabel=result.measure,
        fit_label=f"level and its {level} interval",
        joinpoint_label=f"break with its {level} interval",
        title=title,
        footer=footer,
    )


def of_nowcast(result: Nowcast, *, title: str, footer: style.Footer) -> Figure:
    """Cases as reported so far, and as estimated with their interval where more are to come."""
    table = result.table
    places = [
        each.start_time + (each.end_time - each.start_time) / 2 if isinstance(each, pd.Period) else each
        for each in table["period"]
    ]
    table = table.assign(x=places, value_qualifier="exact")
    reported = table.assign(series=TEXT["of_nowcast_reported"], value=table["observed"], incomplete=~table["complete"])
    # Where nothing is to come, the estimate would only cover the report.
    more = table["high"].gt(table["observed"]) | table["estimate"].isna()
    ends = {"interval_low": table["low"], "interval_high": table["high"]}
    estimated = table.assign(series=TEXT["of_nowcast_estimated"], value=table["estimate"], **ends)[more]
    return plots.series(
        pd.concat([reported, estimated], ignore_index=True),
        y="value",
        ylabel=f"cases a {UNITS[result.unit]}",
        interval_label=f"{100 * result.confidence:g}% interval of all cases",
        title=title,
        footer=footer,
    )


def of_aberrations(result: Aberrations, *, title: str, footer: style.Footer) -> Figure:
    """Counts, what was expected, the upper limit as steps, and the alarms; a panel a key.

    Raises
    ------
    ValueError : there are more keys than one figure can show.
    """
    by = list(result.by)
    drawn = result.history.merge(result.table.drop(columns=["low", "high"]), on=[*by, "period"], how="left")
    drawn["panel"] = drawn[by].astype(str).agg(", ".join, axis=1) if by else ""
    if drawn["panel"].nunique() > MOST_PANELS:
        raise Refusal(
            "too_many_series",
            f"{drawn['panel'].nunique()} series do not fit into one figure (at most {MOST_PANELS}): choose those with "
            "an alarm.",
        )
    drawn["tested"] = drawn["alarm"].notna()
    drawn[["alarm", "possible"]] = drawn[["alarm", "possible"]].fillna(False).astype(bool)
    begin = result.history["x"].to_numpy()
    step = float(np.diff(np.unique(begin)).min()) if len(begin) > 1 else 1.0
    shown = drawn.loc[drawn["tested"], "x"].min() - max(_SHOWN_BEFORE * result.frequency, FEW_KNOWN) * step
    drawn = drawn[drawn["x"] >= shown]
    drawn["flag"] = np.where(drawn["alarm"], "alarm", np.where(drawn["possible"], "possible alarm", ""))
    middle = {"x": drawn["x"] + step / 2, "value_qualifier": "exact"}
    limits = (
        drawn.drop(columns=["low", "high"])
        .rename(columns={"expected_low": "low", "upper": "high"})
        .assign(fit=(drawn["expected_low"] + drawn["expected_high"]) / 2, **middle)
    )
    return plots.small_multiples(
        drawn.assign(**middle),
        fits=limits,
        connect=True,
        columns=1 if drawn["panel"].nunique() < 4 else 2,
        own_scale=True,
        ylabel=TEXT["of_aberrations_ylabel"],
        fit_label=TEXT["of_aberrations_limit"].format(chance=100 * result.alpha),
        title=title,
        subtitle=str(QUESTION),
        footer=footer,
    )
