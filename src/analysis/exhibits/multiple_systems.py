"""Multiple systems estimation: how many persons there are, detected and undetected, by every method.

Estimates of all lists together are published, rounded, where persons enough stand behind them and their number may be
told. What the estimates rest on, overlaps of lists and what becomes of an estimate without one, is internal.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from IPython.display import Markdown

import capture_recapture
import disclosure
from analysis import catalog
from analysis.areas import Area
from analysis.cases.list_periods import CommonPeriod
from analysis.cases.processed import load
from analysis.exhibits import common_years, record_counts
from analysis.exhibits.any_place import take_names
from analysis.exhibits.attempt import NoResult
from analysis.exhibits.case_records import of_records, records_footer
from analysis.exhibits.common_years import compared, seen
from analysis.exhibits.exhibit import ESTIMATE, INTERNAL, PROTECTED, Exhibit, absent, said
from analysis.exhibits.plot import Plot
from analysis.exhibits.rounded_estimates import (
    DIGITS,
    LEAST_STEP,
    LIMITS,
    NO_UPPER_LIMIT,
    ROUNDED,
    estimated,
    estimates_plot,
    in_words,
    limits_in_words,
    observed,
    persons_in_words,
    rounded,
    rounded_columns,
    rounded_reach,
)
from analysis.exhibits.table import Table, Words
from analysis.exhibits.wording import sentences
from analysis.findings.exhibit_rows import from_row
from analysis.findings.finding import NOT_REPORTED, RANGE, REFUSED, WITHHELD, Finding
from bounded import intervals
from bounded.refusal import Caution
from capture_recapture import MultipleSystems, Robustness
from capture_recapture.method_table import USUAL
from capture_recapture.robustness import HARDEST

LATENT_DRAWS = 2_500
TOO_FEW = "Too few persons are on two lists or more."
# The row of the range over all methods.
TOGETHER = "all methods together"
# Codes of refusals that tell of no person: linkages are drawn for a study as a whole, of linked lists; which years a
# list covers.
OF_NO_PERSON = frozenset({"of_the_study", "not_linked", "no_common_year", "dates_missing"})
ALL_METHODS = (
    "Multiple systems estimation by all methods that are in use, from the lowest to the highest limit (Binette and "
    "Steorts, 2022)."
)


def latent_draws(place: Area) -> int:
    """Return the draws a chain of latent classes: none of an area, as they would take minutes for each."""
    return LATENT_DRAWS if place.is_study else 0


# What may be told


def told(place: Area, methods: Robustness | NoResult) -> tuple[Robustness | None, str, bool]:
    """Return what may be released of the estimates of an area or study that has case records.

    Returns
    -------
    The estimates of all methods, rounded; or None, why there are none, and whether that is because they are suppressed
    (the method itself refuses where it is not).
    """
    if isinstance(methods, NoResult):
        return None, common_years.why_no_histories(place) or refusal_in_words(methods), False
    if reason := withheld_because(place, methods):
        return None, reason, True
    return _rounded(methods), "", False


def withheld_because(place: Area, result: Robustness) -> str:
    """Return why estimates must not be published; "" where they may."""
    if too_few(result.n, len(result.lists)):
        return "These lists hold too few persons for an estimate that identifies none of them."
    if not record_counts.total(place):
        return "The number of persons on these lists is suppressed here, and so is every estimate made from it."
    return ""


def too_few(persons: int, lists: int) -> bool:
    """Return whether estimates of so many persons on so many lists must not be published.

    A model of the lists can have as many parameters as there are lists and pairs of lists, and one.
    """
    return not disclosure.estimate_is_releasable(persons, 1 + lists + lists * (lists - 1) // 2)


def refusal_in_words(refused: NoResult) -> str:
    """Return a refusal as a page says it: that persons are too few, unless it is of no person at all.

    A reason without a number can tell of overlaps as well: which lists share nobody, or which pattern is empty.
    """
    return refused.reason if refused.code in OF_NO_PERSON else TOO_FEW


def _rounded(result: Robustness) -> Robustness:
    """Return the result with every number of persons rounded."""
    high = rounded(result.high)
    if result.upper_bound_known and result.reach is not None:
        high = max(rounded(result.table["high"].max()), rounded_reach(result.reach).most(HARDEST))
    return replace(
        result,
        table=rounded_columns(result.table),
        low=rounded(result.low),
        high=high,
        estimate=None if result.estimate is None else rounded(result.estimate),
        # What it says of overlaps of lists is internal; `sentence` says without a number what follows.
        caution=Caution.when(result.caution and result.caution.code == "sparse_overlap", "sparse_overlap", TOO_FEW),
    )


def truths(place: Area, by: str) -> dict[str, int]:
    """Return the true numbers of synthetic records by area, or by year of one area; none of real ones."""
    name = f"synthetic_{place.study}_truth_totals"
    if not load(place.study).is_synthetic or name not in catalog.datasets():
        return {}
    totals = catalog.load(name)
    period = compared(place)
    if not isinstance(period, NoResult):
        totals = totals[totals["year"].between(period.first, period.last)]
    if not place.is_study:
        totals = totals[totals["area_id"] == place.area_id]
    return totals.groupby(totals[by].astype(str))["persons"].sum().to_dict()


# Estimates that may be published


def about(place: Area, methods: Robustness | NoResult) -> Markdown:
    """Return whether an estimate can be made here, from what, and what it rests on."""
    result, reason, _ = told(place, methods)
    is_synthetic = catalog.case_kind(place.study) == "synthetic"
    if result is None:
        synthetic = "The lists are SYNTHETIC: they hold no real person." if is_synthetic else ""
        return said(sentences("**Not estimated.**", reason, synthetic), PROTECTED)
    synthetic = (
        "**SYNTHETIC: the persons below are not real, and their true number is known.** The section shows what can be "
        "estimated when a study has lists of its own, and how far the estimate may be from the truth.\n\n"
    )
    persons = seen(place)
    number = "How many were seen in these years is suppressed." if persons is None else f"{persons:,} were seen."
    assumed = "\n".join(f"- {sentence}" for sentence in capture_recapture.ASSUMPTIONS)
    return said(
        f"{synthetic if is_synthetic else ''}**{result.sentence}** {number} {ROUNDED}\n\n"
        f"Every estimate assumes, and no data can show:\n\n{assumed}",
        ESTIMATE,
    )


def by_method(place: Area, methods: Robustness | NoResult) -> Exhibit:
    """Return the number of persons by every method: the range is the result, and no single row of it is."""
    title = "estimated total of persons, detected and undetected, by method"
    if isinstance(methods, NoResult):
        return absent(place, title, methods.reason)
    if reason := withheld_because(place, methods):
        return estimated(place, "by_method", title, pd.DataFrame(), reason)
    result, numbers, period = _rounded(methods), truths(place, "area_id"), compared(place)
    truth = sum(numbers.values()) if place.is_study else numbers.get(place.area_id)
    rows = Table(
        method_numbers(result),
        {
            "Method": "method",
            "Persons": Words(persons_in_words, "estimate", "status"),
            f"{intervals.percent(result.confidence)} interval": Words(limits_in_words, "low", "high"),
            "Interval": "interval",
        },
        also=("confidence",),
    )
    limits = sentences(
        result.sentence,
        ROUNDED,
        "" if isinstance(period, NoResult) else common_years.in_words(place, period),
        f"Resamples of each method: {result.replicates:,}.",
        f"Draws a chain of latent classes: {result.latent_draws:,}." if result.latent_draws else "",
        "" if place.is_study else "Latent classes are estimated for the study as a whole: its page has them.",
    )
    plot = methods_plot(replace(result, n=seen(place) or 0), truth=truth if numbers else None)
    return estimated(place, "by_method", title, rows, limits, plot)


def method_numbers(result: Robustness) -> pd.DataFrame:
    """Return the persons by every method, and the range over all, which is the result.

    Parameters
    ----------
    result : rounded, as it is published.

    Returns
    -------
    DataFrame: method, estimate, status (why it is missing), low, high (persons), interval (how it was made),
    confidence.
    """
    rows = result.table[["method", "estimate", "low", "high", "interval"]].assign(status="refused")
    of_all = {
        "method": TOGETHER,
        "estimate": np.nan if result.estimate is None else result.estimate,
        "low": result.low,
        "high": result.high,
        "interval": "range over methods",
        "status": "no single number",
    }
    found = pd.concat([rows, pd.DataFrame([of_all])], ignore_index=True)
    return found.assign(status=found["status"].where(found["estimate"].isna(), ""), confidence=result.confidence)


def methods_plot(result: Robustness, *, truth: float | None = None) -> Plot:
    """Return every method with its limits, and the range of all, as a plot.

    Parameters
    ----------
    result : with 0 persons on lists where their number may not be told.
    truth : the number of persons, where it is known.
    """
    at = observed(result.n) if result.n else {}
    if truth is not None:
        at[f"true number: {truth:,.0f}"] = truth
    stated = "what is stated" if result.upper_bound_known else "what is stated, without an upper limit"
    return estimates_plot(
        result.table.rename(columns={"method": "label"}),
        result.confidence,
        at=at,
        span={stated: (result.low, result.high)},
        subtitle=result.sentence,
    )


def reach(place: Area, methods: Robustness | NoResult) -> Exhibit:
    """Return the most persons that the lists do not exclude, by how hard some of them are to reach."""
    title = "the most persons that the lists do not exclude"
    if isinstance(methods, NoResult):
        return absent(place, title, methods.reason)
    if reason := withheld_because(place, methods):
        return estimated(place, "reach", title, pd.DataFrame(), reason)
    if methods.reach is None:
        none = "The usual model has no estimate here, so that nothing says what the lists exclude."
        return estimated(place, "reach", title, pd.DataFrame(), none)
    table = rounded_reach(methods.reach).table
    most = [f"{total:,.0f}" if np.isfinite(total) else NO_UPPER_LIMIT for total in table["total"]]
    rows = pd.DataFrame(
        {
            "Of the persons who are hardest to reach": [f"1 in {1 / each:g} on any list" for each in table["chance"]],
            "Persons in all, at the most": most,
        }
    )
    limits = (
        "No list excludes persons whom no list can find (Link, 2003): what is stated above is of persons of whom at "
        f"least one in ten is on a list. Not excluded at the level of {intervals.percent(methods.reach.confidence)}. "
        f"Rounded to {DIGITS} digits, and to as many persons as stand for {LEAST_STEP} who are on a list."
    )
    return estimated(place, "reach", title, rows, limits)


# Internal: what the estimates rest on


def rests_on(place: Area, methods: Robustness | NoResult) -> tuple[Exhibit, ...]:
    """Return what the estimates rest on: models, checks without lists, lists whose number is known, overlaps."""
    if isinstance(methods, NoResult):
        return (absent(place, "what the estimates rest on", methods.reason),)
    return tuple(make(place, methods) for make in (models, without_lists, known_lists, overlaps))


def diagnostics(histories: pd.DataFrame | NoResult, fit: MultipleSystems | NoResult) -> pd.DataFrame | NoResult:
    """Return what a fitted model says of itself, with its status: 0 where it has an estimate and is identifiable.

    Parameters
    ----------
    histories, fit : one 0/1 column a list and count (persons), and the model of them.
    """
    if isinstance(histories, NoResult) or isinstance(fit, NoResult):
        return fit
    return fit.diagnostics.assign(model_status=capture_recapture.model_status(histories, terms=fit.terms))


def models(place: Area, result: Robustness) -> Exhibit:
    """Return which dependences between lists each method chose, whether it fits, and what it says of itself."""
    table = result.table
    rows = pd.DataFrame(
        {
            "Method": table["method"],
            "Estimate, unrounded": in_words(table, result.confidence)["Persons"],
            "Dependences in the model": table["model"],
            "Fit": [_fit(row) for row in table.to_dict("records")],
            "Note": table["note"],
        }
    )
    limits = "Which lists depend on each other is chosen by the data, and may be chosen wrongly."
    return internal(place, "models", "the assumptions of each method", rows, limits)


def _fit(row: Mapping[str, Any]) -> str:
    """Return the deviance of a method with its degrees of freedom and p-value; "" where it has none."""
    if np.isnan(row["deviance"]):
        return ""
    p = "< 0.001" if row["fit"] < 0.001 else f"= {row['fit']:.3f}"
    return f"G² {row['deviance']:.1f} on {row['df']:.0f}" + ("" if np.isnan(row["fit"]) else f", p {p}")


def without_lists(place: Area, result: Robustness) -> Exhibit:
    """Return what becomes of the estimate when a list is left out, or two lists are taken as one."""
    checks = _checks(result)
    rows = pd.DataFrame(
        {"Lists": checks["lists"], "Seen": checks["n"], **in_words(checks, result.confidence), "Note": checks["note"]}
    )
    title = "the estimate without a list, or with two lists merged"
    limits = "An estimate that moves much rests on one list, or on the dependence between two lists."
    return internal(place, "without_lists", title, rows, limits, checks_plot(result))


def _checks(result: Robustness) -> pd.DataFrame:
    """Return one row a check: lists, label, group, n (persons seen), estimate, low, high (persons), note."""
    without = "without " + result.left_out["left_out"]
    parts = [
        result.left_out.assign(lists=without, label=without, group="One list left out"),
        result.merged.assign(
            lists=result.merged["merged"] + " as one", label=result.merged["merged"], group="Two lists taken as one"
        ),
    ]
    return pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)


def checks_plot(result: Robustness) -> Plot:
    """Return the usual method without each list, and with pairs of lists as one, as a plot."""
    return estimates_plot(_checks(result), result.confidence, at=observed(result.n), subtitle=f"Each by {USUAL}.")


def known_lists(place: Area, result: Robustness) -> Exhibit:
    """Return the persons of each list, who are known, as the other lists would have estimated them."""
    known = result.known
    rows = pd.DataFrame(
        {
            "List": known["list"],
            "Known": known["known"],
            "Of these seen by others": known["seen"],
            **in_words(known, result.confidence),
            "Interval holds it": known["contained"].map({True: "yes", False: "no"}).fillna(""),
            "Note": known["note"],
        }
    )
    title = "the persons of each list, as the other lists would have estimated them"
    limits = "Where a number that is known comes out wrong, one that is not known may be as wrong."
    return internal(place, "known_lists", title, rows, limits, known_lists_plot(result) if len(known) else None)


def known_lists_plot(result: Robustness) -> Plot:
    """Return each list's persons, whose number is known, as the other lists would have estimated them, as a plot."""
    known = result.known.rename(columns={"list": "label"})
    return estimates_plot(known, result.confidence, subtitle=f"Each by {USUAL}.")


def overlaps(place: Area, result: Robustness) -> Exhibit:
    """Return each pair of lists: persons on both, how many would be by chance, and how often it was selected."""
    pairs = result.selected
    rows = pd.DataFrame(
        {
            "Lists": pairs["list_a"] + " and " + pairs["list_b"],
            "On both": pairs["on_both"],
            "If independent": pairs["expected_if_independent"].astype(float).round(1),
            "In the model": pairs["in_model"].map({True: "yes", False: "no"}),
            "Selected in resamples, %": (100 * pairs["selected_in"].astype(float)).round(0),
        }
    )
    empty = int((pairs["on_both"] == 0).sum())
    times = "" if result.estimate is None else f"{result.estimate / result.n:.1f} times the number detected"
    limits = sentences(
        f"{empty} of {len(pairs)} pairs of lists share no person. The estimate is made of overlaps alone.",
        times and f"The standard estimate is {times}.",
        str(result.caution or ""),
    )
    return internal(place, "overlaps", "what the estimate is made of", rows, limits)


def internal(place: Area, name: str, title: str, rows: pd.DataFrame, limits: str, plot: Plot | None = None) -> Exhibit:
    """Return an exhibit of overlaps of lists, or of what tells of them, that is internal."""
    shown = of_records(place, name, title, rows, f"{limits} {LIMITS}", plot, release_class=INTERNAL)
    return replace(shown, footer=records_footer(place, LIMITS))


# What is stated


def findings(place: Area, methods: Robustness | NoResult) -> list[Finding]:
    """Return the estimated total: what all methods state together, or why there is none."""
    period = compared(place)
    part = "" if isinstance(period, NoResult) or period.is_whole else common_years.in_words(place, period)
    limits = sentences(LIMITS, ROUNDED, part)
    state = partial(Finding, place, "estimated_total", method=ALL_METHODS, kind=catalog.case_kind(place.study))
    result, why, suppressed = told(place, methods)
    if result is None:
        status = WITHHELD if suppressed else NOT_REPORTED if record_counts.total(place) == 0 else REFUSED
        return [state(limits=limits, release_class=PROTECTED, status=status, why=why)]
    if not result.upper_bound_known:
        limits = f"How many more there are these lists cannot tell: {result.why_no_upper_limit}. {limits}"
    row, least = method_numbers(result).iloc[-1], seen(place) or 0
    ends = ["estimate", "low", "high"]
    # Rounding must not leave fewer persons than stand on the lists: how many these are is in no row of estimates.
    stated = row.where(~row.index.isin(ends), row.map(lambda end: max(end, least) if isinstance(end, float) else end))
    exhibit, keys = ("by_method", ("method",)) if stated[ends].equals(row[ends]) else ("", ())
    # The range is over limits of one level, and has none itself.
    says = from_row(exhibit, stated, keys, "estimate", RANGE, confidence=None)
    period_in = _years(place, period)
    return [state(**says, period=period_in, n=seen(place), limits=limits, release_class=ESTIMATE)]


def _years(place: Area, period: CommonPeriod | NoResult) -> str:
    if isinstance(period, NoResult) or period.is_whole:
        return "/".join(record_counts.period(place).split(" to ")).replace("undated", "")
    return "/".join(dict.fromkeys([str(period.first), str(period.last)]))


take_names(__name__)
