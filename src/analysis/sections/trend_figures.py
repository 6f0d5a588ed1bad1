"""Results of trends as released figures: joinpoints, areas pooled, and counts beside expected ones."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from analysis import texts
from analysis.plots import style
from analysis.plots.forest import PARTS, caterpillar
from analysis.plots.joinpoints import joinpoints
from analysis.plots.surveillance import aberrations
from trends import SHORT_REFUSAL, Aberrations, JoinpointTrend, PooledAreas, imprecise
from trends.aberrations import FEW_KNOWN, QUESTION

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
    table = pd.DataFrame(
        {
            "label": labels,
            "own_least": result.areas[f"{own}_least"],
            "own_most": result.areas[f"{own}_most"],
            "own_low": result.areas[f"{limits['own']}_low"],
            "own_high": result.areas[f"{limits['own']}_high"],
            "pooled_least": result.areas[f"{drawn}_least"],
            "pooled_most": result.areas[f"{drawn}_most"],
            "pooled_low": result.areas[f"{limits['pooled']}_low"],
            "pooled_high": result.areas[f"{limits['pooled']}_high"],
        }
    )
    if trend:
        # What is too badly known to be printed is not drawn either.
        for kind in ("own", "pooled"):
            ends = table[[f"{kind}_low", f"{kind}_high"]].to_numpy()
            known = ~np.isnan(ends).any(axis=1)
            wide = known & [imprecise(low, high) is not None for low, high in ends]
            table.loc[wide, [f"{kind}_{part}" for part in PARTS]] = np.nan
        table["refused"] = np.where(wide, SHORT_REFUSAL, "")
    centre = result.common if trend else result.common_level
    return caterpillar(
        table,
        common=(centre.least, centre.most, centre.low, centre.high),
        title=title,
        footer=footer,
        xlabel=TEXT["of_pooled_areas_xlabel"] if trend else result.unit,
        confidence=result.confidence,
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
    known = np.isclose(observed["low"], observed["high"])
    jumps = [float(str(term).split()[1]) for term in result.terms["term"] if str(term).startswith("jump")]
    return joinpoints(
        observed.assign(value_qualifier=np.where(known, "exact", "derived")),
        **result.drawing(),
        title=title,
        footer=footer,
        ylabel=ylabel,
        jump=jumps or None,  # between the middle of the year before and that of its own
        incomplete=(result.incomplete[:, 0] + result.middle).tolist(),
        note="" if result.k else TEXT["of_joinpoint_trend_note"],
        confidence=result.confidence,
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
    drawn["tested"] = drawn["alarm"].notna()
    drawn[["alarm", "possible"]] = drawn[["alarm", "possible"]].fillna(False).astype(bool)
    begin = result.history["x"].to_numpy()
    step = float(np.diff(np.unique(begin)).min()) if len(begin) > 1 else 1.0
    shown = drawn.loc[drawn["tested"], "x"].min() - max(_SHOWN_BEFORE * result.frequency, FEW_KNOWN) * step
    return aberrations(
        drawn[drawn["x"] >= shown],
        title=title,
        subtitle=QUESTION,
        footer=footer,
        level=result.alpha,
        step=step,
        calendar=result.calendar,
    )
