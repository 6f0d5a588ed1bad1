"""Estimates of persons as they are published: rounded, as text with their limits, as a plot, and as an exhibit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from analysis import plots
from analysis.areas import Area
from analysis.exhibits import record_counts
from analysis.exhibits.any_place import take_names
from analysis.exhibits.exhibit import ESTIMATE, Exhibit
from analysis.exhibits.plot import Plot
from analysis.exhibits.table import Table
from analysis.plots import style
from bounded import intervals
from capture_recapture.hard_to_reach import HardToReach

LIMITS = (
    "Estimated, not counted: it rests on a closed population, on faultless linkage, and on dependences between lists "
    "that no data can prove."
)
# Estimates that are published are rounded to two digits, and to no less than 20 persons: more than the 11 that a number
# which must not be told has to be open by.
DIGITS, LEAST_STEP = 2, 20
ROUNDED = f"Rounded to {DIGITS} digits, and to {LEAST_STEP} persons at least."
NO_UPPER_LIMIT = "no upper limit"
# Where the largest estimate is so many times the smallest, equal ratios are drawn equally long.
_WIDE = 12.0


def rounded(persons: float, least_step: float = LEAST_STEP) -> float:
    """Return a number of persons as it is published; `least_step` (persons) is the least that it is rounded to."""
    if not np.isfinite(persons) or persons <= 0:
        return persons
    step = max(10.0 ** (np.floor(np.log10(persons)) - DIGITS + 1), least_step)
    return float(step * np.round(persons / step))


def rounded_columns(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table whose estimate, low and high (persons) are rounded."""
    return table.assign(**{name: table[name].astype(float).map(rounded) for name in ("estimate", "low", "high")})


def rounded_reach(result: HardToReach) -> HardToReach:
    """Return totals with a group of whom few are seen, rounded to as many persons as those who are seen stand for."""
    totals = [rounded(row.total, LEAST_STEP / row.chance) for row in result.table.itertuples()]
    return replace(result, table=result.table.assign(total=totals))


def in_words(table: pd.DataFrame, confidence: float) -> dict[str, list[str]]:
    """Return the columns of a page for estimates and their limits, in whole persons.

    Parameters
    ----------
    table : estimate, low, high (persons). confidence : level of the limits.
    """
    refused = pd.Series("refused", table.index)
    return {
        "Persons": persons_in_words(table["estimate"], refused),
        f"{intervals.percent(confidence)} interval": limits_in_words(table["low"], table["high"]),
    }


def persons_in_words(estimates: pd.Series, otherwise: pd.Series) -> list[str]:
    """Return estimates in whole persons, and words where there is none."""
    return [word if np.isnan(value) else f"{value:,.0f}" for value, word in zip(estimates, otherwise, strict=True)]


def limits_in_words(low: pd.Series, high: pd.Series) -> list[str]:
    """Return limits in whole persons: "140 to 280"."""
    upper = [NO_UPPER_LIMIT if np.isinf(most) else f"{most:,.0f}" for most in high]
    return ["" if np.isnan(least) else f"{least:,.0f} to {most}" for least, most in zip(low, upper, strict=True)]


def estimated(
    place: Area,
    name: str,
    title: str,
    rows: pd.DataFrame | Table,
    limits: str,
    plot: Plot | None = None,
    assumed: str = LIMITS,
) -> Exhibit:
    """Return an exhibit of estimates that may be published.

    Parameters
    ----------
    rows : the table; in words it has no file. Empty where the estimate is refused or suppressed.
    assumed : what the estimates rest on; stands below figure and table.
    """
    footer = record_counts.protected_footer(place, f"{assumed} {ROUNDED}")
    words = f"{limits} {assumed}"
    return record_counts.of_counts(place, name, title, rows, words, plot, footer, release_class=ESTIMATE)


def observed(persons: float) -> dict[str, float]:
    """Return the line of a plot at the persons who were seen."""
    return {f"observed: {persons:,.0f}": persons}


def estimates_plot(
    table: pd.DataFrame,
    confidence: float,
    *,
    at: Mapping[str, float] | None = None,
    span: Mapping[str, tuple[float, float]] | None = None,
    subtitle: str = "",
) -> Plot:
    """Return estimates of persons with their limits, in words too, as a plot; a known number stands below its estimate.

    Parameters
    ----------
    table : label, estimate, low, high (persons); estimate_to, where an estimate is known between bounds only; known,
        the true number, where there is one; group.
    confidence : level of the limits.
    at, span : name -> a number of persons, or two, that are drawn over all rows.
    """
    if table.empty:
        return Plot(_no_estimate, table, subtitle=subtitle)
    rows = table.assign(estimate_to=table["estimate"] if "estimate_to" not in table else table["estimate_to"])
    rows["estimate_to"] = rows["estimate_to"].fillna(rows["estimate"])
    rows = rows.assign(text=[_text(row) for row in rows.to_dict("records")], what="estimate", exact=False)
    known = rows[rows["known"].notna()] if "known" in rows else rows[:0]
    if len(known):
        exact = {"estimate": known["known"], "estimate_to": known["known"], "low": np.nan, "high": np.nan}
        known = known.assign(**exact, text="", what="known number", exact=True)
        rows = pd.concat([rows, known], ignore_index=True)
    ends = pd.concat([rows["estimate"], rows["estimate_to"], pd.Series((at or {}).values(), dtype=float)])
    ends = ends[np.isfinite(ends) & (ends > 0)]
    log = bool(len(ends) and ends.max() > _WIDE * ends.min())
    return Plot(
        plots.dots,
        rows.assign(reason="refused: the data cannot carry it"),
        estimate=("estimate", "estimate_to"),
        series="what",
        hollow="exact",
        group="group" if "group" in rows else None,
        text="text",
        reason="reason",
        at=at,
        span=span,
        xlabel=f"persons, on a list or on none{' (each step the same ratio)' if log else ''}",
        interval_label=f"{intervals.percent(confidence)} interval",
        log=log,
        subtitle=subtitle,
    )


def _no_estimate(table: pd.DataFrame, *, title: str, footer: style.Footer, subtitle: str = "") -> Figure:
    return style.nothing(title=title, footer=footer, subtitle=subtitle, text="no estimate")


def _text(row: Mapping) -> str:
    """Return an estimate with its limits, of the true number where that is known: "180 of 243 (140–280)"."""
    if np.isnan(row["estimate"]):
        return ""
    known = row.get("known", np.nan)
    of_known = "" if np.isnan(known) else f" of {_plain(known)}"
    estimate = "–".join(dict.fromkeys([_plain(row["estimate"]), _plain(row["estimate_to"])])) + of_known
    if np.isnan(row["low"]):
        return f"{estimate} (no interval)"
    return f"{estimate} ({_plain(row['low'])}–{_plain(row['high'])})"


def _plain(value: float) -> str:
    return f"{value:,.0f}" if np.isfinite(value) else "∞"


take_names(__name__)
