"""The assumption that no data can test, as a dial: how the total moves as the interaction of all lists leaves 0.

The observed counts say how any lists but all of them depend on each other. The number on no list follows only if it is
assumed what being on all lists at once adds: nothing, in every log-linear model, or a factor that is said.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from bounded import result_plots
from bounded.arguments import NAMES, checked, numbers_in_a_row, whole
from bounded.notebook_result import NotebookResult
from bounded.refusal import Refusal, require_choice
from capture_recapture.few_lists import chapman, dependence_in_words
from capture_recapture.histories import CaptureTable, NotIdentifiable, capture_table, require_persons
from capture_recapture.loglinear import Floats
from capture_recapture.multiple_systems import SEED, SELECTIONS, multiple_systems
from capture_recapture.resampling import bca, one_person_less, resamples

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ODDS_RATIOS = (0.25, 0.5, 1.0, 2.0, 4.0)
SATURATED = "saturated"
# Points of the picture's lines.
_POINTS = 121


@dataclass(frozen=True)
class Holds(NotebookResult):
    """How far the assumption may be wrong before a conclusion on the total falls.

    Parameters
    ----------
    conclusion : in words.
    threshold : persons, where it begins to be false.
    holds : whether it is true of the estimate at an odds ratio of 1.
    holds_surely : whether it is true of the whole interval at an odds ratio of 1; False where there is no interval.
    fails : "below" or "above": on which side of `odds_ratio` the conclusion is false.
    odds_ratio : at which the estimate reaches the threshold; 0 or infinite where no ratio does.
    odds_ratio_surely : at which the interval's end reaches it; missing where there is no interval.
    """

    conclusion: str
    threshold: float
    holds: bool
    holds_surely: bool
    fails: str
    odds_ratio: float
    odds_ratio_surely: float

    @property
    def sentence(self) -> str:
        """The result in words."""
        whole = ""
        if not np.isnan(self.odds_ratio_surely):
            whole = f" Its whole interval agrees {self._while(self.odds_ratio_surely)}."
        now = "" if self.holds else " It is false where the ratio is 1."
        return f"By the estimate, {self.conclusion} {self._while(self.odds_ratio)}.{now}{whole}"

    def _while(self, ratio: float) -> str:
        if ratio == 0:
            return "at no odds ratio" if self.fails == "above" else "at every odds ratio"
        if np.isinf(ratio):
            return "at no odds ratio" if self.fails == "below" else "at every odds ratio"
        side = "above" if self.fails == "below" else "below"
        return f"while the odds ratio is {side} {ratio:.3g}"


@dataclass(frozen=True)
class HighestOrder(NotebookResult):
    """The total as a function of an assumption that no data can test.

    Parameters
    ----------
    lists, n : names of the lists; persons on at least one of them.
    method : the model of the observed counts in words.
    estimate, low, high : persons in all, and limits, where the odds ratio is 1.
    confidence : level of low and high.
    table : one row an odds ratio: odds_ratio, estimate, low, high (persons), meaning.
    """

    lists: tuple[str, ...]
    n: int
    method: str
    estimate: float
    low: float
    high: float
    confidence: float
    table: pd.DataFrame = field(repr=False)

    def at(self, odds_ratio: float) -> tuple[float, float, float]:
        """The estimate and its limits, persons, at an odds ratio."""
        ratio = float(_ratios([odds_ratio])[0])
        return (
            _scaled(self.n, self.estimate, ratio),
            _scaled(self.n, self.low, ratio),
            _scaled(self.n, self.high, ratio),
        )

    def holds_until(
        self, *, above: float | None = None, below: float | None = None, per_observed: bool = False
    ) -> Holds:
        """The odds ratio at which a conclusion on the total becomes false, by exact inversion.

        The persons on no list are proportional to the odds ratio, so that the total passes a number once.

        Parameters
        ----------
        above : the conclusion is that the total is above so many persons.
        below : or below so many.
        per_observed : the number is a multiple of the persons observed, in place of persons.

        Returns
        -------
        Holds : the odds ratio for the estimate and for the interval, and a sentence.

        Raises
        ------
        ValueError : neither or both are given, or the number is no finite number from 0 up.
        """
        given = [value for value in (above, below) if value is not None]
        if len(given) != 1:
            raise Refusal("one_conclusion", "Give one conclusion: that the total is `above` a number, or `below` one.")
        if not (np.isfinite(given[0]) and given[0] >= 0):
            raise Refusal("out_of_range", f"A number of persons is a finite number from 0 up; it is {given[0]}.")
        threshold = float(given[0] * self.n if per_observed else given[0])
        side = "below" if above is None else "above"
        end = self.high if side == "below" else self.low
        fails = "above" if side == "below" else "below"
        number = f"{given[0]:g} times the {self.n:,} observed" if per_observed else f"{threshold:,.10g} persons"

        def true_of(total: float) -> bool:
            return bool(total < threshold if side == "below" else total > threshold)

        return Holds(
            conclusion=f"the total is {side} {number}",
            threshold=threshold,
            holds=true_of(self.estimate),
            holds_surely=true_of(end),
            fails=fails,
            odds_ratio=_ratio_at(threshold, self.n, self.estimate, side),
            odds_ratio_surely=_ratio_at(threshold, self.n, end, side),
        )

    def plot(self, *, title: str = "", conclusion: Holds | None = None) -> Figure:
        """The total against the odds ratio, both on log axes, with the interval; and where a conclusion falls."""
        from matplotlib.ticker import LogLocator, NullLocator

        tried = self.table["odds_ratio"].to_numpy(dtype=float)
        ends = [tried.min() / 1.5, tried.max() * 1.5]
        if conclusion is not None and 0 < conclusion.odds_ratio < np.inf:
            ends = [min(ends[0], conclusion.odds_ratio / 1.5), max(ends[1], conclusion.odds_ratio * 1.5)]
        ratios = np.geomspace(ends[0], ends[1], _POINTS)
        total, low, high = (_scaled(self.n, value, ratios) for value in (self.estimate, self.low, self.high))
        figure, (axes,) = result_plots.sheet(
            title or f"Persons on {len(self.lists)} lists or on none, by what is assumed of all lists together", 4.6
        )
        shown = np.isfinite(low)
        # An interval without an upper limit is shaded to the top.
        top = 1.1 * np.nanmax(np.where(np.isfinite(high), high, total), initial=float(self.n))
        least = float(np.nanmin(np.append(low[shown], [self.n, *total])))
        level = f"{100 * self.confidence:g}% interval"
        if shown.any():
            upper = np.where(np.isfinite(high), high, top)
            axes.fill_between(ratios, low, upper, color="#0072B2", alpha=0.18, lw=0, label=level)
        axes.plot(ratios, total, color="#0072B2", lw=1.8, label="estimate")
        axes.plot(tried, self.table["estimate"], "o", color="#0072B2", ms=5, ls="none")
        axes.axhline(self.n, color="#8c8c8c", lw=1.2, ls="--", label=f"observed: {self.n:,}")
        if conclusion is not None:
            axes.axhline(
                conclusion.threshold, color="#D55E00", lw=1.4, ls=":", label=f"limit: {conclusion.threshold:,.10g}"
            )
            if 0 < conclusion.odds_ratio < np.inf:
                axes.axvline(conclusion.odds_ratio, color="#D55E00", lw=1.2, ls=":")
            least, top = min(least, conclusion.threshold or least), max(top, conclusion.threshold)
        axes.set(xscale="log", yscale="log", xlim=(ratios[0], ratios[-1]), ylim=(0.9 * least, 1.1 * top))
        axes.set(
            xlabel="odds ratio that is assumed (1: no interaction of all lists)", ylabel="persons, on a list or on none"
        )
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
            axis.set_minor_locator(NullLocator())
        axes.xaxis.set_major_formatter("{x:g}")
        axes.yaxis.set_major_formatter("{x:,.0f}")
        axes.legend(frameon=False, fontsize=9, loc="upper left")
        return figure


@checked(order=whole(2))
def highest_order(
    histories: pd.DataFrame,
    odds_ratios: Sequence[float] = ODDS_RATIOS,
    selection: str = "stepwise",
    replicates: int = 1000,
    seed: int = SEED,
    *,
    threshold: float = 0.02,
    order: int = 2,
    terms: Iterable[Sequence[str]] | None = None,
    confidence: float = 0.95,
) -> HighestOrder:
    """Estimate the total under one assumption after another on the interaction of all lists.

    A model of the observed counts, however well it fits, says nothing of the persons on no list. It needs an assumption
    that joins the two: in log-linear models, that the interaction of all lists together is 0. Here it is a dial. The
    persons on no list are the odds ratio times those under the usual assumption, whatever the model of the observed
    counts, so that its limits move with it.

    With two lists the ratio is that of being on one list for those on the other: above 1 where lists find the same
    persons. With three lists it is the odds ratio of two lists among persons not on the third, divided by that among
    persons on it. In general (-1)**lists times its log is the coefficient of the interaction of all lists.

    Parameters
    ----------
    histories : one 0/1 column a list and `count` (persons), as `capture_table` reads them; two lists or more.
    odds_ratios : to be tried, above 0; 1 is the usual assumption.
    selection : the model of the observed counts: "saturated" (each count as it is), or "stepwise", "bic",
        "independence" as in `multiple_systems`. With two lists every model is Chapman's.
    replicates : resamples for the limits, in each of which the model is selected again; 0 gives none. With two lists
        the limits are Sadinle's.
    seed : of the resamples.
    threshold, order : of "stepwise" and of "bic", as in `multiple_systems`.
    terms : a model given beforehand, as tuples of list names, in place of a selection.
    confidence : level of the limits, between 0 and 1.

    Returns
    -------
    HighestOrder : n, estimate, low, high (persons) at an odds ratio of 1, and `table`, one row an odds ratio.

    Raises
    ------
    NotIdentifiable : as in `chapman` and `multiple_systems`; the saturated model where a pattern has nobody.
    ValueError : the histories or an argument are malformed.

    References
    ----------
    Aleshin-Guendel, S., Sadinle, M. and Wakefield, J. (2024). The central role of the identifying assumption in
        population size estimation. Biometrics 80 (arXiv 2101.09304).
    Gerritse, S. C., van der Heijden, P. G. M. and Bakker, B. F. M. (2015). Sensitivity of population size estimation
        for violating parametric assumptions in log-linear models. Journal of Official Statistics 31, 357-379.
    """
    require_choice("selection", selection, (SATURATED, *SELECTIONS))
    table = capture_table(histories)
    ratios = _ratios(odds_ratios)
    if len(table.lists) == 2:
        found = chapman(histories, confidence, odds_ratios=(1.0,))
        totals = (found.estimate, found.low, found.high)
        return _dial(table.lists, table.n, found.method, totals, confidence, ratios)
    if selection == SATURATED and terms is None and len(table.lists) > 2:
        totals = _saturated(table, replicates, seed, confidence)
        return _dial(table.lists, table.n, "observed counts as they are", totals, confidence, ratios)
    result = multiple_systems(
        histories,
        SELECTIONS[0] if selection == SATURATED else selection,
        threshold,
        order,
        replicates,
        seed,
        terms=terms,
        confidence=confidence,
    )
    method = f"log-linear model, {result.selection}"
    return _dial(table.lists, table.n, method, (result.estimate, *result.interval), confidence, ratios)


@checked(cells=numbers_in_a_row, lists=NAMES, n=whole(1))
def highest_order_of_cells(
    cells: ArrayLike,
    lists: Sequence[str],
    n: int,
    odds_ratios: Sequence[float] = ODDS_RATIOS,
    *,
    method: str = "observed counts as given",
    confidence: float = 0.95,
) -> HighestOrder:
    """The same, from draws of what is expected in each observed pattern: a posterior, or resamples, of any model.

    A draw gives the number of persons on no list by the ratio of the products over patterns with an odd and with an
    even number of lists. The estimate is the median of the draws, and the limits are their quantiles. The chance by
    which each person is on no list is taken as its expectation in every draw.

    Parameters
    ----------
    cells : (2**lists, draws) or (2**lists,) expected persons or probabilities, above 0, of each pattern; in the place
        of a pattern, bit i is set where list i knows the person. Place 0 is not read.
    lists : names of the lists, two or more.
    n : persons observed.
    odds_ratios : to be tried, above 0.
    method : the model in words.
    confidence : level of the limits, between 0 and 1.

    Returns
    -------
    HighestOrder : as from `highest_order`; without limits where there is one draw.

    Raises
    ------
    NotIdentifiable : a pattern has nothing: an odds ratio of it and others is 0 or infinite.
    ValueError : shapes do not fit, or an argument is out of range.

    References
    ----------
    Aleshin-Guendel, S., Sadinle, M. and Wakefield, J. (2024). The central role of the identifying assumption in
        population size estimation. Biometrics 80 (arXiv 2101.09304).
    """
    ratios = _ratios(odds_ratios)
    values = np.asarray(cells, dtype=float)
    values = values[:, None] if values.ndim == 1 else values
    names = tuple(map(str, lists))
    if len(names) < 2 or values.ndim != 2 or len(values) != 1 << len(names) or not values.shape[1]:
        raise Refusal(
            "unequal_lengths",
            f"{len(names)} lists have {1 << len(names)} patterns, each a row, and a draw is a column; there are two "
            f"lists or more. The cells have the shape {values.shape}.",
        )
    seen = values[1:]
    if not np.isfinite(seen).all() or (seen < 0).any():
        raise Refusal("invalid_count", "A cell is missing, infinite or below 0.")
    if not seen.all():
        raise NotIdentifiable(
            "empty_cell",
            "A pattern has nothing in a draw, so that the interaction of all lists is not finite. A model that smooths "
            "the counts would help.",
        )
    hidden = _no_interaction(seen * (n / seen.sum(axis=0)))
    tails = np.array([(1 - confidence) / 2, (1 + confidence) / 2])
    low, high = np.quantile(n + hidden, tails) if hidden.size > 1 else (np.nan, np.nan)
    totals = (float(n + np.median(hidden)), float(low), float(high))
    return _dial(names, int(n), method, totals, confidence, ratios)


def _no_interaction(seen: Floats) -> Floats:
    """(draws,) persons on no list where all lists have no interaction: (2**lists - 1, draws) -> (draws,)."""
    sign = np.array([1.0 if place.bit_count() % 2 else -1.0 for place in range(1, len(seen) + 1)])
    # Where patterns of both kinds are empty the number may be anything: it is missing.
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.exp((sign[:, None] * np.log(seen)).sum(axis=0))


def _saturated(table: CaptureTable, replicates: int, seed: int, confidence: float) -> tuple[float, float, float]:
    """The estimate and BCa limits from the observed counts as they are."""
    counts = table.counts
    require_persons(table.n)
    if not counts[1:].all():
        empty = " and ".join(table.names(int((counts[1:] == 0).argmax()) + 1))
        raise NotIdentifiable(
            "empty_cell",
            f"Nobody is on {empty} and on no other list, and the saturated model needs somebody in every pattern: "
            "select a smaller model, or merge lists.",
        )
    estimate = float(table.n + _no_interaction(counts[1:, None])[0])
    if not replicates:
        return estimate, np.nan, np.nan
    less, weights = one_person_less(counts)
    tables = np.concatenate([resamples(counts, replicates, seed), less], axis=1)
    totals = tables.sum(axis=0) + _no_interaction(tables[1:])
    tails = [(1 - confidence) / 2, (1 + confidence) / 2]
    low, high = bca(estimate, totals[:replicates], totals[replicates:], weights, tails).limits
    return estimate, float(low), float(high)


def _ratios(odds_ratios: Sequence[float]) -> Floats:
    return np.asarray(list(odds_ratios), dtype=float)


def _scaled(n: int, total: float, ratio: Any) -> Any:
    """The total where the persons on no list are `ratio` times as many."""
    return n + ratio * (total - n)


def _ratio_at(threshold: float, n: int, total: float, side: str) -> float:
    """The odds ratio at which the total is the threshold; 0 or infinite where there is none."""
    if np.isnan(total):
        return np.nan
    if threshold < n:
        # The persons observed alone are more.
        return 0.0
    if total == n:
        # No ratio moves the total away from the persons observed.
        return 0.0 if threshold == n and side == "below" else np.inf
    return 0.0 if np.isinf(total) else (threshold - n) / (total - n)


def _dial(
    lists: tuple[str, ...],
    n: int,
    method: str,
    totals: tuple[float, float, float],
    confidence: float,
    ratios: Floats,
) -> HighestOrder:
    estimate, low, high = totals
    columns = {name: _scaled(n, value, ratios) for name, value in zip(("estimate", "low", "high"), totals, strict=True)}
    table = pd.DataFrame({"odds_ratio": ratios, **columns, "meaning": [_meaning(ratio, lists) for ratio in ratios]})
    return HighestOrder(lists, n, method, estimate, low, high, confidence, table)


def _meaning(ratio: float, lists: tuple[str, ...]) -> str:
    if len(lists) == 2:
        return dependence_in_words(ratio)
    if ratio == 1:
        return "All lists together have no interaction beyond that of fewer lists."
    if len(lists) == 3:
        a, b, c = lists
        return (
            f"The odds ratio of '{a}' and '{b}' is {ratio:g} times as large among persons not on '{c}' as among those "
            "on it."
        )
    coefficient = (-1) ** len(lists) * np.log(ratio)
    return (
        f"Persons on no list are {ratio:g} times as many as the dependences of fewer lists say; the interaction of all "
        f"{len(lists)} lists has the coefficient {coefficient:.2f}."
    )
