"""Persons hard to reach: the most of them that lists do not exclude, and so how far a total is known from above."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special

from bounded import intervals, result_plots
from bounded.arguments import checked, each, number
from bounded.notebook_result import NotebookResult
from capture_recapture.histories import CaptureTable, NotIdentifiable, capture_table, require_lists, require_overlap
from capture_recapture.loglinear import LONGEST_STEP, Floats, closure, log_likelihood, without
from capture_recapture.selection import MEANING, estimate_status, split_terms

if TYPE_CHECKING:
    from matplotlib.figure import Figure

CHANCES = (0.5, 0.2, 0.1, 0.05, 0.02)
# Numbers of hard-to-reach persons that are tried, evenly from none to all who are on one list only.
TRIED = 101
MOST_OF_ALONE = 0.98
MOST_STEPS = 100
TOLERANCE = 1e-6


@dataclass(frozen=True)
class HardToReach(NotebookResult):
    """The largest groups of persons who are hard to reach that a table of lists does not exclude.

    Parameters
    ----------
    lists, n : names of the lists; persons on at least one of them.
    estimate : persons in all, by the model, if there is no such group.
    table : one row a chance: chance (of a person of the group to be on any list), seen (the most persons of the group
        who can be on a list), persons (the group as large as that), total (persons in all, the most; infinite, and the
        others missing, where the model is lost before it is excluded).
    terms : groups of lists whose dependence is in the model.
    confidence : of the limits.
    """

    lists: tuple[str, ...]
    n: int
    estimate: float
    table: pd.DataFrame = field(repr=False)
    terms: tuple[tuple[str, ...], ...]
    confidence: float

    def most(self, chance: float) -> float:
        """Return the most persons in all, if those who are hardest to reach have a chance that was asked for."""
        return float(self.table.loc[self.table["chance"] == chance, "total"].iloc[0])

    def plot(self, *, title: str = "", truth: float | None = None) -> Figure:
        """Draw the most persons in all, by how hard the hardest are to reach. `truth` is their number, where known."""
        at = {f"observed: {self.n:,}": float(self.n), f"without such a group: {self.estimate:,.0f}": self.estimate}
        if truth is not None:
            at[f"true number: {truth:,.0f}"] = float(truth)
        totals = self.table["total"].to_numpy(dtype=float)
        return result_plots.rows(
            [f"1 in {1 / chance:g} on any list" for chance in self.table["chance"]],
            {"the most persons": (totals, totals, *np.full((2, totals.size), np.nan))},
            title=title or "The most persons that the lists do not exclude, by how hard some are to reach",
            xlabel=f"persons, on a list or on none: upper {intervals.percent(self.confidence)} limit",
            at=at,
        )


@checked(chances=each(number(above=0, most=1, example="0.1")))
def hard_to_reach(
    histories: pd.DataFrame,
    terms: Iterable[Sequence[str]] = (),
    chances: Sequence[float] = CHANCES,
    confidence: float = 0.95,
) -> HardToReach:
    """Find how many persons could be in a group that is so hard to reach that the lists would not show it.

    Who is hard to reach is on one list at the most, so that a group of them is among the persons on one list only, on
    each list in the same proportion. For every number of them the model of the others is fitted again. The largest
    number whose likelihood is not below the best by more than half a quantile of chi-squared is not excluded; of a
    group with the chance c to be on any list, 1 / c times as many persons are there.

    As the chance goes to 0 the group grows without end, whatever the lists say: no list excludes persons whom no list
    can find (Link 2003). A total is known from above only for persons of a stated chance.

    Parameters
    ----------
    histories : one 0/1 column a list and `count` (persons), a row a pattern; three lists or more.
    terms : groups of lists whose dependence the model of the others has, as `MultipleSystems.terms`.
    chances : of a person of the group to be on any list, each above 0 and at most 1.
    confidence : of the limits, between 0 and 1.

    Returns
    -------
    HardToReach : estimate (persons, without such a group) and `table`, one row a chance: chance, seen, persons, total.

    Raises
    ------
    NotIdentifiable : fewer than three lists, nobody on two of them, or a model that has no estimate on these persons.
    ValueError : the histories or an argument are malformed.

    References
    ----------
    Link, W. A. (2003). Nonidentifiability of population size from capture-recapture data with heterogeneous detection
        probabilities. Biometrics 59, 1123-1130.
    Pledger, S. (2000). Unified maximum likelihood estimates for closed capture-recapture models using mixtures.
        Biometrics 56, 434-442.
    """
    table = capture_table(histories)
    require_lists(table.lists, 3)
    require_overlap(table)
    places = closure([table.term(term) for term in terms], len(table.lists))
    if status := estimate_status(table.counts, places):
        raise NotIdentifiable(
            "not_identifiable", f"The model cannot be fitted to these lists: {MEANING[status]}. Give fewer `terms`."
        )
    seen, hidden, likelihood = _with_group(table, places)
    if np.isnan(likelihood[0]):
        raise NotIdentifiable(
            "not_converged", "The model did not converge. More persons on several lists, or fewer `terms`, would help."
        )
    floor = np.nanmax(likelihood) - float(special.chdtri(1, 1 - confidence)) / 2
    rows = []
    for chance in chances:
        total = table.n + hidden + seen * (1 - chance) / chance
        most, of_it = _largest(total, seen, likelihood - floor)
        rows.append({"chance": float(chance), "seen": of_it, "persons": of_it / chance, "total": most})
    in_order = [term for term in places if int(term).bit_count() > 1]
    return HardToReach(
        lists=table.lists,
        n=table.n,
        estimate=table.n + float(hidden[0]),
        table=pd.DataFrame(rows),
        terms=tuple(table.names(int(term)) for term in in_order),
        confidence=confidence,
    )


def _largest(total: Floats, seen: Floats, above: Floats) -> tuple[float, float]:
    """The largest total whose likelihood is not excluded, and the persons of the group who are seen with it.

    Between two numbers that were tried, all of these are taken to be straight. Where the fit is lost beside a number
    that is not excluded, nothing says how many there are.
    """
    found, of_it = -np.inf, np.nan
    for at in np.flatnonzero(above >= 0):
        if total[at] > found:
            found, of_it = total[at], seen[at]
        for beside in (at - 1, at + 1):
            if not 0 <= beside < above.size:
                continue
            if np.isnan(above[beside]):
                return np.inf, np.nan
            if above[beside] < 0:
                share = above[at] / (above[at] - above[beside])
                between = total[at] + share * (total[beside] - total[at])
                if between > found:
                    found, of_it = between, seen[at] + share * (seen[beside] - seen[at])
    return float(found), float(of_it)


def _with_group(table: CaptureTable, places: NDArray[np.int64]) -> tuple[Floats, Floats, Floats]:
    """Return, by the number of hard-to-reach persons on one list, that number, the others on none, the log-likelihood.

    Fisher's scoring of a log-linear model with persons added to it, for all numbers at a time.
    """
    counts, cells = table.counts, len(table.counts)
    finite, infinite = split_terms(counts, places)
    possible = without(cells, infinite)
    design = ((np.arange(cells)[:, None] & finite) == finite).astype(float)
    single = np.array([1 << bit for bit in range(len(table.lists))])
    alone = counts[single]
    seen = np.linspace(0, MOST_OF_ALONE * alone.sum(), TRIED)
    group = np.zeros((cells, TRIED))
    group[single] = np.outer(alone / max(alone.sum(), 1), seen)
    observed = counts[:, None]
    rest = np.maximum(observed - group, 0.1)[possible]
    columns = design[possible]
    theta = np.linalg.lstsq(columns, np.log(rest), rcond=None)[0]
    converged = np.zeros(TRIED, dtype=bool)
    for _ in range(MOST_STEPS):
        mean = np.exp(columns @ theta)
        expected = mean + group[possible]
        score = columns.T @ (mean * (observed[possible] / expected - 1))
        information = np.einsum("cp,cl,cq->lpq", columns, mean**2 / expected, columns)
        information += 1e-10 * np.einsum("lpp->lp", information).max(axis=1)[:, None, None] * np.eye(len(finite))
        step = np.linalg.solve(information, score.T[:, :, None])[:, :, 0].T
        moved = np.maximum(np.abs(columns @ step).max(axis=0), np.abs(step[0]))
        theta = theta + step * np.minimum(1.0, LONGEST_STEP / 3 / np.maximum(moved, LONGEST_STEP / 3))
        converged = moved < TOLERANCE
        if converged.all():
            break
    whole = np.zeros((cells, TRIED))
    whole[possible] = np.exp(columns @ theta)
    likelihood = log_likelihood(observed, whole + group)
    return seen, np.exp(theta[0]), np.where(converged, likelihood, np.nan)
