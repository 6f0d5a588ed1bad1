"""The estimated total averaged over all decomposable graphs of dependence between lists.

A graph is held as the sets of lists whose margins its likelihood is a product of.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import special

from bounded import intervals, result_plots
from bounded.arguments import checked, positive, whole
from bounded.notebook_result import NotebookResult
from bounded.refusal import Refusal
from capture_recapture.histories import CaptureTable, NotIdentifiable, capture_table, require_overlap

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Seven lists have 617,675 decomposable graphs, and every one would have to be judged.
MOST_LISTS = 6


@functools.cache
def decomposable_graphs(lists: int) -> NDArray[np.int8]:
    """Return every decomposable (chordal) graph whose vertices are the lists.

    A graph's joint probability is the product of the margins of its cliques, divided by those of its separators:
    p(x) = Π p(x_C) / Π p(x_S). The rows hold the exponents of that formula.

    Parameters
    ----------
    lists : number of lists, 1 to 6: 1, 2, 8, 61, 822 and 18,154 graphs.

    Returns
    -------
    Array of int8 (graphs, 2**lists), read only. In the place of a set of lists (bit i is set where list i is in it):
        1 for a clique, minus its multiplicity for a separator, else 0. The empty set, whose margin is 1, is divided by
        once for each connected part, so that each row adds to 0. The first graph has no edge, the last has all.

    Raises
    ------
    ValueError : fewer than 1 or more than 6 lists.

    References
    ----------
    Fulkerson, D. R., & Gross, O. A. (1965). Incidence matrices and interval graphs. Pacific Journal of Mathematics 15,
        835-855.
    Lauritzen, S. L. (1996). Graphical Models. Oxford: Clarendon Press.
    """
    if not 1 <= lists <= MOST_LISTS:
        raise Refusal("out_of_range", f"Decomposable graphs are listed for 1 to {MOST_LISTS} lists, not for {lists}.")
    edges = list(combinations(range(lists), 2))
    rows = []
    for chosen in range(1 << len(edges)):
        neighbours = [0] * lists
        for place, (one, other) in enumerate(edges):
            if chosen >> place & 1:
                neighbours[one] |= 1 << other
                neighbours[other] |= 1 << one
        row = _exponents(neighbours)
        if row is not None:
            rows.append(row)
    graphs = np.array(rows, dtype=np.int8)
    graphs.flags.writeable = False
    return graphs


def _exponents(neighbours: list[int]) -> list[int] | None:
    """The exponents of one graph, given the neighbours of each vertex as bits; None if it is not decomposable."""
    exponents = [0] * (1 << len(neighbours))
    left = (1 << len(neighbours)) - 1
    while left:
        vertex = next((vertex for vertex in _vertices(left) if _is_simplicial(vertex, left, neighbours)), None)
        if vertex is None:
            return None
        # p(x) = p(x without the vertex) · p(vertex | its neighbours); what is no clique or separator cancels out.
        around = neighbours[vertex] & left
        exponents[around | 1 << vertex] += 1
        exponents[around] -= 1
        left &= ~(1 << vertex)
    return exponents


def _is_simplicial(vertex: int, left: int, neighbours: list[int]) -> bool:
    """Return True where the neighbours that are left are all neighbours of one another."""
    around = neighbours[vertex] & left
    return all(around & ~(neighbours[other] | 1 << other) == 0 for other in _vertices(around))


def _vertices(bits: int) -> list[int]:
    return [vertex for vertex in range(bits.bit_length()) if bits >> vertex & 1]


DEFAULT_BOUND = 30  # times the persons observed: the largest number missing that is given a probability
NEAR_BOUND = 0.05  # the last part of the numbers missing: what lies there says whether the bound matters
NEGLIGIBLE = 0.001  # of the posterior
MOST_SATURATED = 0.5  # of the posterior: beyond, the estimate is the prior's
_AT_ONCE = 4_000_000  # graphs times numbers missing that are held in memory


@dataclass(frozen=True)
class ModelAverage(NotebookResult):
    """Posterior of the number of persons, seen and unseen, over all decomposable graphs.

    Parameters
    ----------
    mean, median : of the total (persons). The median is the smallest number that half of the posterior does not exceed.
    low, high : limits of the total (persons), each with half of the remaining posterior outside.
    confidence : posterior probability between the limits.
    models : one row a graph, most probable first: cliques (tuple of tuples of names of lists), probability, mean (of
        the total if that graph holds; NaN where its probability is too small for a number).
    posterior : one row a range of totals: total (its middle), total_low, total_high (first and last, both included),
        probability.
    lists, n : names of the lists, and persons observed.
    delta, most_missing : prior persons a cell, and the largest number missing that was allowed.
    near_bound : part of the posterior in the last twentieth of the numbers missing that were allowed.
    note : sentences on what else the numbers rest on; empty if nothing needs saying.
    """

    mean: float
    median: int
    low: int
    high: int
    confidence: float
    models: pd.DataFrame
    posterior: pd.DataFrame
    lists: tuple[str, ...]
    n: int
    delta: float
    most_missing: int
    near_bound: float
    note: str

    @property
    def estimate(self) -> int:
        """Return the posterior median (persons): the mean follows the long upper tail, the mode the smallest totals."""
        return self.median

    def plot(self, *, title: str = "") -> Figure:
        """Draw the posterior of the total, with its median and limits."""
        return result_plots.distribution(
            self.posterior["total_low"],
            self.posterior["total_high"],
            self.posterior["probability"],
            title=title or f"Persons on {len(self.lists)} lists or on none, averaged over models",
            xlabel="persons, on a list or on none",
            ylabel="posterior probability, %",
            middle=("median", self.median),
            limits=(f"{intervals.percent(self.confidence)} interval", self.low, self.high),
            observed=self.n,
        )


@checked(delta=positive, most_missing=whole(1))
def model_average(
    histories: pd.DataFrame, delta: float | None = None, most_missing: int | None = None, confidence: float = 0.95
) -> ModelAverage:
    """Estimate a population from overlapping lists, averaged over all decomposable graphs (Madigan and York).

    Each graph says which lists depend on one another, and all are equally probable beforehand. Given a graph the
    probabilities of the patterns have a hyper-Dirichlet prior, and the total N has a prior proportional to 1/N. At
    least one person is taken to be missing: a prior below one person a cell piles up at none, whatever the data say.

    Parameters
    ----------
    histories : one 0/1 column a list (2 to 6; at least 3 are recommended, as two cannot show whether they depend on
        one another), and `count` (persons).
    delta : prior persons in each of the 2**lists cells, the unseen one included; by default 1 / 2**lists, that is one
        person in all.
    most_missing : the largest number missing that is given a probability; by default 30 times the persons observed.
    confidence : posterior probability of the interval, between 0 and 1.

    Returns
    -------
    ModelAverage. Every number missing up to 14,399 is computed; above, ranges no wider than a twentieth of their square
        root stand for their middle. The posterior's standard deviation given a graph is at least that square root, so
        that the mean moves by less than a millionth.

    Raises
    ------
    NotIdentifiable : fewer than two or more than six lists, nobody observed, nobody on two lists; more than a
        twentieth of the posterior in the last twentieth below the default bound; or more than half of it on the graph
        that joins all lists, under which the data say nothing of the missing.
    ValueError : the histories, `delta`, `most_missing` or `confidence` are not as described.

    References
    ----------
    Dawid, A. P., & Lauritzen, S. L. (1993). Hyper Markov laws in the statistical analysis of decomposable graphical
        models. Annals of Statistics 21, 1272-1317.
    Madigan, D., & York, J. C. (1997). Bayesian methods for estimation of the size of a closed population. Biometrika
        84, 19-31.
    """
    tail = (1 - confidence) / 2
    table = capture_table(histories)
    _check(table)
    delta = 1 / len(table.counts) if delta is None else float(delta)
    bound = DEFAULT_BOUND * table.n if most_missing is None else most_missing

    first, last = _ranges(int(bound))
    by_graph, by_range, means = _average(table, delta, (first + last) / 2, last - first + 1)
    near_bound = float(by_range[first > (1 - NEAR_BOUND) * bound].sum())
    if most_missing is None and near_bound > NEAR_BOUND:
        raise NotIdentifiable(
            "posterior_at_bound",
            f"The posterior does not fall towards the default bound of {table.n + bound:,} persons: {near_bound:.0%} "
            f"of it lies in the last {NEAR_BOUND:.0%} of the numbers missing. The lists overlap too little to say how "
            "many are missing: set `most_missing` from what is known of the population, or add a list that overlaps "
            "the others.",
        )
    saturated = float(by_graph[-1])
    if saturated > MOST_SATURATED:
        raise NotIdentifiable(
            "saturated_model_dominates",
            f"The graph that joins all lists has probability {saturated:.0%}, and under it the prior alone says how "
            "many are missing: the lists overlap too little, or depend on one another in too many ways. Add a list "
            "that overlaps the others, or estimate by area, year or sex, so that persons are more alike.",
        )
    low, median, high = (table.n + _quantile(part, first, last, by_range) for part in (tail, 0.5, 1 - tail))
    models = pd.DataFrame({"cliques": _cliques(table), "probability": by_graph, "mean": means})
    middles = table.n + (first + last) / 2
    return ModelAverage(
        mean=float(by_range @ middles),
        median=median,
        low=low,
        high=high,
        confidence=confidence,
        models=models.sort_values("probability", ascending=False, kind="stable", ignore_index=True),
        posterior=pd.DataFrame(
            {"total": middles, "total_low": table.n + first, "total_high": table.n + last, "probability": by_range}
        ),
        lists=table.lists,
        n=table.n,
        delta=delta,
        most_missing=int(bound),
        near_bound=near_bound,
        note=_note(table, int(bound), near_bound, saturated),
    )


def log_evidence(table: CaptureTable, missing: ArrayLike, delta: float) -> NDArray[np.float64]:
    """Return the log marginal likelihood of the counts under every decomposable graph, for given numbers missing.

    Parameters
    ----------
    table : capture histories of 1 to 6 lists.
    missing : persons on no list (m,).
    delta : prior persons in each cell; a margin's cell has the sum of the cells that it is a margin of.

    Returns
    -------
    Array (graphs, m): log of the probability of the counts, the missing included, given the total; graphs in the order
        of `decomposable_graphs`.
    """
    missing = np.asarray(missing, dtype=float)
    places = np.arange(len(table.counts))
    # Only the all-zero cell of a margin holds the missing, so each set of lists needs one new term a number missing.
    margins = np.empty((len(places), len(missing)))
    for subset in places:
        cells = np.unique(places & subset)
        counts = np.bincount(places & subset, weights=table.counts, minlength=len(places))[cells]
        prior = delta * len(places) / len(cells)
        seen = special.gammaln(prior + counts[1:]).sum() - len(cells) * special.gammaln(prior)
        margins[subset] = seen + special.gammaln(prior + counts[0] + missing)
    orders = special.gammaln(table.n + missing + 1) - special.gammaln(missing + 1)
    orders -= special.gammaln(table.counts + 1).sum()
    return decomposable_graphs(len(table.lists)).astype(float) @ margins + orders


def _check(table: CaptureTable) -> None:
    """Refuse what cannot be estimated, whatever the prior."""
    require_overlap(table)
    if len(table.lists) > MOST_LISTS:
        raise NotIdentifiable(
            "too_many_lists",
            f"There are {len(table.lists)} lists, and with more than {MOST_LISTS} there are too many graphs to average "
            "over: merge lists of one kind, so that a person is on the merged list who is on any of them.",
        )


def _ranges(bound: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """First and last of the ranges of numbers missing: single numbers up to 14,399, then slowly widening."""
    first, start = [], 1
    while start <= bound:
        first.append(start)
        start += max(1, int(math.sqrt(start) / 20) - 4)
    starts = np.array(first)
    return starts, np.append(starts[1:] - 1, bound)


def _average(
    table: CaptureTable, delta: float, missing: NDArray[np.float64], width: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Posterior probabilities of the graphs and of the ranges of numbers missing, and each graph's mean total."""
    totals = table.n + missing
    prior = np.log(width) - np.log(totals)
    graphs = len(decomposable_graphs(len(table.lists)))
    by_graph, weighted, by_range = np.zeros(graphs), np.zeros(graphs), np.zeros(len(missing))
    top = -math.inf
    step = max(1, _AT_ONCE // graphs)
    for start in range(0, len(missing), step):
        part = slice(start, start + step)
        logs = log_evidence(table, missing[part], delta) + prior[part]
        # All sums are kept relative to the highest logarithm so far, so that none overflows.
        higher = max(top, float(logs.max()))
        for sums in (by_graph, weighted, by_range):
            sums *= math.exp(top - higher)
        top = higher
        weights = np.exp(logs - top)
        by_range[part] = weights.sum(axis=0)
        by_graph += weights.sum(axis=1)
        weighted += weights @ totals[part]
    with np.errstate(invalid="ignore"):
        means = weighted / by_graph  # NaN for a graph whose probability is too small for a float
    return by_graph / by_graph.sum(), by_range / by_range.sum(), means


def _quantile(part: float, first: NDArray[np.int64], last: NDArray[np.int64], probability: NDArray[np.float64]) -> int:
    """The smallest number missing up to which at least `part` of the posterior lies, evenly spread within a range."""
    upto = np.cumsum(probability)
    place = min(int(np.searchsorted(upto, part)), len(upto) - 1)
    width = int(last[place] - first[place]) + 1
    inside = (part - upto[place] + probability[place]) / probability[place] * width
    return int(first[place]) + min(max(math.ceil(inside), 1), width) - 1


def _cliques(table: CaptureTable) -> list[tuple[tuple[str, ...], ...]]:
    """The cliques of every graph in the names of the lists."""
    names = [table.names(place) for place in range(len(table.counts))]
    graphs = decomposable_graphs(len(table.lists))
    return [tuple(names[place] for place in np.flatnonzero(graph > 0)) for graph in graphs]


def _note(table: CaptureTable, bound: int, near_bound: float, saturated: float) -> str:
    """Return the sentences on what the numbers rest on besides the data."""
    notes = []
    if near_bound > NEGLIGIBLE:
        notes.append(
            f"The prior's bound of {table.n + bound:,} persons decides part of this: {near_bound:.1%} of the posterior "
            f"lies in the last {NEAR_BOUND:.0%} of the numbers missing. Set it from what is known of the population."
        )
    if len(table.lists) == 2:
        notes.append("Two lists cannot show whether they depend on one another; a third one would help.")
    if saturated >= 0.01:
        notes.append(
            f"The graph that joins all lists has probability {saturated:.0%}; under it the prior alone says how many "
            "are missing."
        )
    return " ".join(notes)
