"""Two lists: Chapman's estimator, under independence and beyond; and Chao's lower bound for several lists."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from bounded.arguments import checked
from bounded.refusal import Caution, Said
from capture_recapture.heterogeneity import convex, newton
from capture_recapture.histories import NotIdentifiable, capture_table, require_pairs
from capture_recapture.resampling import PopulationSize, lognormal_limits, normal_quantile, persons_plot

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True, eq=False)
class TwoLists(PopulationSize):
    """Chapman's estimate, and the estimates under other odds ratios of the two lists.

    Parameters
    ----------
    method, n, estimate, low, high, standard_error, confidence, assumption : as in `PopulationSize`.
    lists : names of the lists.
    on_both : persons on both.
    sensitivity : one row an odds ratio of being on one list for those on the other: odds_ratio, estimate, low, high
        (persons), meaning.
    warnings : what a reader must know of these lists, one sentence each.
    """

    lists: tuple[str, str]
    on_both: int
    sensitivity: pd.DataFrame
    warnings: tuple[Caution, ...]

    def plot(self, *, title: str = "") -> Figure:
        """Draw the estimate under each odds ratio, one line each, with its limits."""
        return persons_plot(
            [f"odds ratio {ratio:g}" for ratio in self.sensitivity["odds_ratio"]],
            self.sensitivity,
            title=title
            or f"Persons on {self.lists[0]}, {self.lists[1]} or neither, by how the two depend on each other",
            confidence=self.confidence,
            observed=self.n,
        )


@checked()
def chapman(
    histories: pd.DataFrame, confidence: float = 0.95, odds_ratios: Sequence[float] = (0.5, 1, 2, 4)
) -> TwoLists:
    """Estimate the number of persons from two lists and their overlap.

    Chapman's estimate has less bias than the product of the lists divided by their overlap. The limits are Sadinle's,
    which keep their level in small lists and never fall below the persons seen, with a bound on the spread of lists
    that agree nearly everywhere; where they leave the estimate out, as they can where one list lies within the other,
    they are moved to hold it.

    The sensitivity multiplies the unseen persons and their limits by the odds ratio: n11 n00 / (n10 n01) is 1 for
    independent lists, above 1 where a person on one list is more likely to be on the other, as by referral, and below
    1 where less likely, as when each body records the persons it serves itself.

    Parameters
    ----------
    histories : two 0/1 columns, one a list, and `count` (persons, whole numbers).
    confidence : level of the limits, between 0 and 1.
    odds_ratios : dependences to be tried, above 0.

    Returns
    -------
    TwoLists : as PopulationSize (n, estimate, low, high, standard_error, in persons), with on_both, `sensitivity` (one
        row an odds ratio: odds_ratio, estimate, low, high, meaning) and warnings.

    Raises
    ------
    NotIdentifiable : there are not two lists, or nobody is on both.
    ValueError : a column or row is no capture history (the message names it), or an odds ratio is not above 0.

    References
    ----------
    Chapman, D. G. (1951). Some properties of the hypergeometric distribution with applications to zoological sample
        censuses. University of California Publications in Statistics 1, 131-160.
    Seber, G. A. F. (1970). The effects of trap response on tag recapture estimates. Biometrics 26, 13-22.
    Sadinle, M. (2009). Transformed logit confidence intervals for small populations in single capture-recapture
        estimation. Communications in Statistics: Simulation and Computation 38, 1909-1924.
    Gerritse, S. C., van der Heijden, P. G. M. and Bakker, B. F. M. (2015). Sensitivity of population size estimation
        for violating parametric assumptions in log-linear models. Journal of Official Statistics 31, 357-379.
    """
    z = normal_quantile(confidence)
    ratios = np.asarray(odds_ratios, dtype=float)
    table = capture_table(histories)
    if len(table.lists) != 2:
        raise NotIdentifiable(
            "not_two_lists",
            f"Chapman's estimate takes two lists, and there are {len(table.lists)}. One list says nothing of the "
            "persons it does not know; for three and more use a model in which lists may depend on each other.",
        )
    n = table.n
    _, only_first, only_second, both = table.counts
    if not both:
        raise NotIdentifiable(
            "no_overlap",
            f"Nobody is on both '{table.lists[0]}' and '{table.lists[1]}': two lists without overlap say nothing of "
            "how many persons both have missed. See whether their persons were linked, or take a longer period.",
        )
    estimate = (only_first + both + 1) * (only_second + both + 1) / (both + 1) - 1
    variance = (
        (only_first + both + 1) * (only_second + both + 1) * only_first * only_second / ((both + 1) ** 2 * (both + 2))
    )
    # Sadinle adds one half to every cell, and takes it from the number of persons again. So the unseen are at least one
    # half in the spread too, or lists that agree nearly everywhere would have an upper limit of billions.
    x, y, overlap = only_first + 0.5, only_second + 0.5, both + 0.5
    unseen = x * y / overlap
    spread = np.exp(z * np.sqrt(1 / overlap + 1 / x + 1 / y + 1 / max(unseen, 0.5)))
    low = min(max(n - 0.5 + unseen / spread, n), estimate)
    high = max(n - 0.5 + unseen * spread, estimate)
    return TwoLists(
        method="Chapman (1951), limits of Sadinle (2009)",
        n=n,
        estimate=float(estimate),
        low=float(low),
        high=float(high),
        standard_error=float(np.sqrt(variance)),
        confidence=confidence,
        assumption=(
            f"Being on '{table.lists[0]}' says nothing of the chance to be on '{table.lists[1]}', for every person "
            "alike; two lists can never test this. The population is closed during the period, and the linkage has no "
            "errors."
        ),
        lists=(table.lists[0], table.lists[1]),
        on_both=int(both),
        sensitivity=pd.DataFrame(
            {
                "odds_ratio": ratios,
                "estimate": n + ratios * (estimate - n),
                "low": n + ratios * (low - n),
                "high": n + ratios * (high - n),
                "meaning": [dependence_in_words(ratio) for ratio in ratios],
            }
        ),
        warnings=_warnings(table.caution, only_first, only_second, table.lists),
    )


def dependence_in_words(ratio: float) -> str:
    """Return the meaning of an odds ratio of being on one of two lists for those on the other."""
    if ratio == 1:
        return "The lists are independent."
    more = "more" if ratio > 1 else "less"
    return f"Persons on one list are {more} likely to be on the other: the odds are multiplied by {ratio:g}."


def _warnings(caution: Said, only_first: float, only_second: float, lists: tuple[str, ...]) -> tuple[Caution, ...]:
    def within(rest: float, inner: str, outer: str) -> Said:
        return Caution.when(
            not rest,
            "list_within_list",
            f"Everyone on '{inner}' is on '{outer}' too, as where one is drawn from the other: the estimate is then "
            "the persons seen, and no estimate of the others.",
        )

    first, second = lists
    return Caution.kept(caution, within(only_first, first, second), within(only_second, second, first))


ASSUMPTION = (
    "Lists depend on each other only because some persons are easier to find than others; lists that avoid each other "
    "can make it too high. It is a bound, not an estimate."
)


@checked()
def chao_lower_bound(histories: pd.DataFrame, confidence: float = 0.95) -> PopulationSize:
    """Return the least number of persons that agrees with those on one list and on two, whoever is harder to find.

    Lists may differ in size. Persons on three lists or more, whose number heterogeneity raises without end, are given
    parameters of their own; a parameter that comes out negative, which no heterogeneity can do, is set to 0.

    Parameters
    ----------
    histories : one 0/1 column a list and `count` (persons), as `capture_table` reads them; two lists or more.
    confidence : level of the log-normal limits, between 0 and 1.

    Returns
    -------
    PopulationSize : n, estimate (the bound), low, high, standard_error (persons), confidence, method and assumption in
        words.

    Raises
    ------
    NotIdentifiable : fewer than two lists, or nobody on exactly two lists.

    References
    ----------
    Chao, A. (1987). Estimating the population size for capture-recapture data with unequal catchability. Biometrics
        43, 783-791.
    Rivest, L.-P. and Baillargeon, S. (2007). Applications and extensions of Chao's moment estimator for the size of a
        closed population. Biometrics 63, 999-1006.
    """
    table = capture_table(histories)
    sizes = np.array([place.bit_count() for place in range(len(table.counts))])
    require_pairs(table.counts[sizes == 2].sum())
    # A list that is empty has no coefficient, and its patterns are impossible.
    used = [bit for bit in range(len(table.lists)) if table.on_all_of(1 << bit)]
    places = np.array([p for p in range(1, len(table.counts)) if not p & ~sum(1 << bit for bit in used)])
    lists = np.column_stack([np.ones(places.size), *(places >> bit & 1 for bit in used)])
    design, _ = convex(lists, sizes[places], table.counts[places])
    theta, information, _ = newton(design, table.counts[places])
    hidden = float(np.exp(theta[0]))
    # The number observed is chance as well.
    variance = hidden + hidden**2 * float(np.linalg.inv(information)[0, 0])
    low, high = lognormal_limits(table.n, table.n + hidden, variance, confidence)
    return PopulationSize(
        method="Chao's lower bound (Chao 1987; Rivest and Baillargeon 2007)",
        n=table.n,
        estimate=table.n + hidden,
        low=low,
        high=high,
        standard_error=float(np.sqrt(variance)),
        confidence=confidence,
        assumption=ASSUMPTION,
    )
