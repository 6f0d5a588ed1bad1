"""Which dimensions must be looked at together: cliques of a triangulated graph, and a tree that joins them.

Margins over cliques that agree where they overlap belong to one joint histogram (Lauritzen, 1996; for whole numbers
Dobra and Fienberg, 2000): bounds over the cliques are bounds over the joint histogram, which is never written down.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import combinations


def cliques(groups: Iterable[Sequence[str]], sizes: dict[str, int]) -> list[tuple[str, ...]]:
    """The maximal cliques of the dimensions that tables link, after triangulation.

    Parameters
    ----------
    groups : the dimensions of each table.
    sizes : atoms of each dimension; dimensions are taken out so that the smallest cliques come about.

    Returns
    -------
    Sorted tuples of dimensions; each group lies in one of them. A table without dimensions asks for none.
    """
    neighbours: dict[str, set[str]] = {}
    for group in groups:
        for dimension in group:
            neighbours.setdefault(dimension, set()).update(set(group) - {dimension})
    found: list[set[str]] = []
    while neighbours:
        chosen = min(neighbours, key=lambda name: (*_fill(name, neighbours, sizes), name))
        around = neighbours.pop(chosen)
        clique = {chosen, *around}
        if not any(clique <= other for other in found):
            found.append(clique)
        for name in around:
            neighbours[name] |= around - {name}
            neighbours[name].discard(chosen)
    return [tuple(sorted(clique)) for clique in found]


def _fill(name: str, neighbours: dict[str, set[str]], sizes: dict[str, int]) -> tuple[int, int]:
    """Pairs that taking a dimension out would link, and the cells of the clique it leaves."""
    around = neighbours[name]
    missing = sum(other not in neighbours[one] for one, other in combinations(sorted(around), 2))
    cells = sizes[name]
    for other in around:
        cells *= sizes[other]
    return missing, cells


def tree(found: Sequence[tuple[str, ...]]) -> list[tuple[int, int, tuple[str, ...]]]:
    """A tree that joins the cliques by the most dimensions (Kruskal): numbers of two cliques, and what they share.

    Every clique counts the same persons, so that those that share no dimension share their total.
    """
    edges = sorted(
        ((len(set(found[one]) & set(found[other])), one, other) for one, other in combinations(range(len(found)), 2)),
        key=lambda edge: (-edge[0], edge[1], edge[2]),
    )
    root = list(range(len(found)))

    def root_of(clique: int) -> int:
        while root[clique] != clique:
            clique = root[clique]
        return clique

    joined = []
    for _, one, other in edges:
        first, second = root_of(one), root_of(other)
        if first != second:
            root[second] = first
            joined.append((one, other, tuple(sorted(set(found[one]) & set(found[other])))))
    return joined
