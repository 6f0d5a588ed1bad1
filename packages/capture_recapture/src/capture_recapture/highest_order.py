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

from bounded.arguments import checked, number, whole
from bounded.notebook_result import NotebookResult
from bounded.refusal import Refusal, require_choice
from capture_recapture.few_lists import chapman, dependence_in_words
from capture_recapture.histories import capture_table
from capture_recapture.loglinear import Floats
from capture_recapture.multiple_systems import SEED, SELECTIONS, multiple_systems
from capture_recapture.resampling import persons_plot

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ODDS_RATIOS = (0.25, 0.5, 1.0, 2.0, 4.0)


@dataclass(frozen=True)
class Holds(NotebookResult):
    """The odds ratio until which a conclusion on the total holds.

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
        """Return the result in words."""
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
    replicates : resamples of the limits; 0 where there are none, and with two lists.
    threshold : p-value of a stepwise selection; None where the model was chosen otherwise.
    table : one row an odds ratio: odds_ratio, estimate, low, high (persons), meaning.
    """

    lists: tuple[str, ...]
    n: int
    method: str
    estimate: float
    low: float
    high: float
    confidence: float
    replicates: int
    threshold: float | None
    table: pd.DataFrame = field(repr=False)

    def at(self, odds_ratio: float) -> tuple[float, float, float]:
        """Return the estimate and its limits, persons, at an odds ratio."""
        ratio = float(_ratios([odds_ratio])[0])
        return (
            _scaled(self.n, self.estimate, ratio),
            _scaled(self.n, self.low, ratio),
            _scaled(self.n, self.high, ratio),
        )

    @checked(above=number(least=0), below=number(least=0))
    def holds_until(
        self, *, above: float | None = None, below: float | None = None, per_observed: bool = False
    ) -> Holds:
        """Return the odds ratio at which a conclusion on the total becomes false, by exact inversion.

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
        threshold = float(given[0] * self.n if per_observed else given[0])
        side = "below" if above is None else "above"
        end = self.high if side == "below" else self.low
        fails = "above" if side == "below" else "below"
        stated = f"{given[0]:g} times the {self.n:,} observed" if per_observed else f"{threshold:,.10g} persons"

        def true_of(total: float) -> bool:
            return bool(total < threshold if side == "below" else total > threshold)

        return Holds(
            conclusion=f"the total is {side} {stated}",
            threshold=threshold,
            holds=true_of(self.estimate),
            holds_surely=true_of(end),
            fails=fails,
            odds_ratio=_ratio_at(threshold, self.n, self.estimate, side),
            odds_ratio_surely=_ratio_at(threshold, self.n, end, side),
        )

    def plot(self, *, title: str = "") -> Figure:
        """Draw the total under each odds ratio, one line each, with its limits."""
        return persons_plot(
            [f"odds ratio {ratio:g}" for ratio in self.table["odds_ratio"]],
            self.table,
            title=title or f"Persons on {len(self.lists)} lists or on none, by what is assumed of all lists together",
            confidence=self.confidence,
            observed=self.n,
        )


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
    selection : the model of the observed counts: "stepwise", "bic" or "independence", as in `multiple_systems`. With
        two lists every model is Chapman's.
    replicates : resamples for the limits, in each of which the model is selected again; 0 gives none. With two lists
        the limits are Sadinle's.
    seed : of the resamples.
    threshold, order : of "stepwise" and of "bic", as in `multiple_systems`.
    terms : a model given beforehand, as tuples of list names, in place of a selection. All sets of all lists but one
        take each count as it is.
    confidence : level of the limits, between 0 and 1.

    Returns
    -------
    HighestOrder : n, estimate, low, high (persons) at an odds ratio of 1, and `table`, one row an odds ratio.

    Raises
    ------
    NotIdentifiable : as in `chapman` and `multiple_systems`.
    ValueError : the histories or an argument are malformed.

    References
    ----------
    Aleshin-Guendel, S., Sadinle, M. and Wakefield, J. (2024). The central role of the identifying assumption in
        population size estimation. Biometrics 80 (arXiv 2101.09304).
    Gerritse, S. C., van der Heijden, P. G. M. and Bakker, B. F. M. (2015). Sensitivity of population size estimation
        for violating parametric assumptions in log-linear models. Journal of Official Statistics 31, 357-379.
    """
    require_choice("selection", selection, SELECTIONS)
    lists, ratios = capture_table(histories).lists, _ratios(odds_ratios)
    resampled, used = 0, None
    if len(lists) == 2:
        two = chapman(histories, confidence, odds_ratios=(1.0,))
        n, method, totals = two.n, two.method, (two.estimate, two.low, two.high)
    else:
        fit = multiple_systems(
            histories, selection, threshold, order, replicates, seed, terms=terms, confidence=confidence
        )
        n, method, totals = fit.n, f"log-linear model, {fit.selection}", (fit.estimate, *fit.interval)
        resampled, used = replicates, fit.threshold
    columns = {name: _scaled(n, value, ratios) for name, value in zip(("estimate", "low", "high"), totals, strict=True)}
    table = pd.DataFrame({"odds_ratio": ratios, **columns, "meaning": [_meaning(ratio, lists) for ratio in ratios]})
    return HighestOrder(lists, n, method, *totals, confidence, resampled, used, table)


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
