"""Multiple systems estimates as released figures: every method, checks of the usual one, and strata."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from analysis import texts
from analysis.plots import style
from analysis.plots.dots import dots
from capture_recapture import Robustness
from capture_recapture.robustness import USUAL

TEXT = texts.of(__name__)

# Where the largest estimate is so many times the smallest, equal ratios are drawn equally long.
_WIDE = 12.0


def of_methods(result: Robustness, *, title: str, footer: style.Footer, truth: float | None = None) -> Figure:
    """Every method with its interval, and the range of all; `truth` is the number of persons, where it is known."""
    at = _observed(result.n)
    if truth is not None:
        at[TEXT["true_number"].format(persons=truth)] = truth
    return _estimates(
        result.table.rename(columns={"method": "label"}),
        result.confidence,
        at=at,
        span={TEXT["range_of_all"]: (result.low, result.high)},
        subtitle=result.sentence,
        title=title,
        footer=footer,
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


def of_strata(table: pd.DataFrame, *, title: str, footer: style.Footer, confidence: float) -> Figure:
    """One line a stratum, or a sum of them, with the persons seen in it.

    Parameters
    ----------
    table : label, n (persons seen), estimate, low, high; estimate_to, where an estimate is known between bounds only;
        known, the true number, where there is one; group.
    """
    shown = table.assign(label=[f"{row.label} ({row.n:,} seen)" for row in table.itertuples()])
    return _estimates(shown, confidence, title=title, footer=footer)


def _by_usual(
    result: Robustness, table: pd.DataFrame, title: str, footer: style.Footer, observed: float | None
) -> Figure:
    return _estimates(
        table,
        result.confidence,
        at={} if observed is None else _observed(observed),
        subtitle=f"Each by {USUAL}.",
        title=title,
        footer=footer,
    )


def _observed(persons: float) -> dict[str, float]:
    return {TEXT["observed"].format(persons=persons): persons}


def _estimates(
    table: pd.DataFrame,
    confidence: float,
    *,
    title: str,
    footer: style.Footer,
    subtitle: str = "",
    at: Mapping[str, float] | None = None,
    span: Mapping[str, tuple[float, float]] | None = None,
) -> Figure:
    """Estimates of persons with their intervals, in words too; a known number stands below its estimate."""
    if table.empty:
        return style.nothing(title=title, footer=footer, subtitle=subtitle, text=TEXT["no_estimate"])
    rows = table.assign(estimate_to=table["estimate"] if "estimate_to" not in table else table["estimate_to"])
    rows["estimate_to"] = rows["estimate_to"].fillna(rows["estimate"])
    rows = rows.assign(text=[_in_words(row) for row in rows.to_dict("records")], what=TEXT["estimate"], exact=False)
    known = rows[rows["known"].notna()] if "known" in rows else rows[:0]
    if len(known):
        known = known.assign(
            estimate=known["known"],
            estimate_to=known["known"],
            low=np.nan,
            high=np.nan,
            text="",
            what=TEXT["known_number"],
            exact=True,
        )
        rows = pd.concat([rows, known], ignore_index=True)
    ends = pd.concat([rows["estimate"], rows["estimate_to"], pd.Series((at or {}).values(), dtype=float)])
    ends = ends[np.isfinite(ends) & (ends > 0)]
    log = bool(len(ends)) and ends.max() > _WIDE * ends.min()
    return dots(
        rows.assign(reason=TEXT["refused"]),
        estimate=("estimate", "estimate_to"),
        series="what",
        hollow="exact",
        group="group" if "group" in rows else None,
        text="text",
        reason="reason",
        at=at,
        span=span,
        xlabel=TEXT["persons_of_equal_ratio"] if log else TEXT["persons"],
        interval_label=f"{100 * confidence:g}% interval",
        log=log,
        title=title,
        footer=footer,
        subtitle=subtitle,
    )


def _in_words(row: Mapping) -> str:
    """An estimate with its interval, of the true number where that is known: "180 of 243 (140–280)"."""
    if np.isnan(row["estimate"]):
        return ""
    known = row.get("known", np.nan)
    of = "" if np.isnan(known) else f" of {_number(known)}"
    said = "–".join(dict.fromkeys([_number(row["estimate"]), _number(row["estimate_to"])])) + of
    if np.isnan(row["low"]):
        return f"{said} (no interval)"
    return f"{said} ({_number(row['low'])}–{_number(row['high'])})"


def _number(value: float) -> str:
    return f"{value:,.0f}" if np.isfinite(value) else "∞"
