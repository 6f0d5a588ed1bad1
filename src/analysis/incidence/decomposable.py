"""Decomposable graphs over a few lists, each as the sets of lists whose margins its likelihood is a product of."""

from __future__ import annotations

import functools
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from analysis.refusal import Refusal

# Seven lists have 617,675 decomposable graphs, and every one would have to be judged.
MOST_LISTS = 6


@functools.cache
def decomposable_graphs(lists: int) -> NDArray[np.int8]:
    """Every decomposable (chordal) graph whose vertices are the lists.

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
    """Whether the neighbours that are left are all neighbours of one another."""
    around = neighbours[vertex] & left
    return all(around & ~(neighbours[other] | 1 << other) == 0 for other in _vertices(around))


def _vertices(bits: int) -> list[int]:
    return [vertex for vertex in range(bits.bit_length()) if bits >> vertex & 1]
