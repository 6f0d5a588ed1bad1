"""Where the bars and bands of a layered Sankey stand: their order by barycentres, their heights by persons.

A band that skips layers gets a passage in each of them, a node without a bar, and so runs beside the bars there.
Orders: the barycentre sweeps of Sugiyama, Tagawa and Toda (1981), "Methods for visual understanding of hierarchical
system structures", IEEE Transactions on Systems, Man, and Cybernetics 11, then exchanges of neighbours as in Gansner,
Koutsofios, North and Vo (1993), "A technique for drawing directed graphs", IEEE Transactions on Software Engineering
19. No random numbers: the same bands, the same picture.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

GAP = 0.07  # inches between two bars, or a bar and a band that passes it
_SWEEPS = 12
_SETTLES = 8
_SAME = 1e-9  # a smaller share less is rounding

Node = tuple[int, str, int]  # layer, place, and the number of the band that passes here (-1: a bar)
Step = tuple[Node, Node]


@dataclass(frozen=True)
class Band:
    """Persons from a place in one layer to a place in a later one."""

    from_layer: int
    from_place: str
    to_layer: int
    to_place: str
    gap: str
    persons: float


@dataclass(frozen=True, eq=False)
class Layout:
    """Places in inches, downwards from the top of the drawing.

    Parameters
    ----------
    scale : inches a person.
    height : of the drawing, inches.
    order : the nodes of each layer from top to bottom, passages among them.
    middle : node -> middle of its bar.
    persons : node -> persons through it: those who come or those who go, whichever are more.
    ways : one a band: (layer, its middle there) for each layer it begins in, passes or ends in. A band that passes has
        one place on both sides of the layer.
    """

    scale: float
    height: float
    order: list[list[Node]]
    middle: dict[Node, float]
    persons: dict[Node, float]
    ways: list[list[tuple[int, float]]]


def arrange(
    bands: Sequence[Band], layers: int, last: Callable[[str], int], extents: Callable[[Node], tuple[float, bool]]
) -> Layout:
    """Order and places of all nodes and bands.

    Parameters
    ----------
    bands : at least one, each pair of nodes and gap once, persons above 0.
    layers : how many there are.
    last : 0 for a place, more for what had better stand below the places.
    extents : inches that a bar's label takes, and whether it stands above the bar (else beside it).
    """
    steps = [_steps(band, number) for number, band in enumerate(bands)]
    persons = through(bands)
    order = _ordered(bands, steps, persons, layers, last)
    offsets = _ports(bands, steps, persons, order)
    scale, height = _scale(order, persons, extents)
    middle = _settled(bands, steps, persons, order, offsets, scale, height, extents)
    ways = []
    for number, own in enumerate(steps):
        nodes = [own[0][0], *(node for _, node in own)]
        # A passage is as high as its band, which therefore lies in its middle.
        ports = [offsets[number, 0][0], *(0.0 for _ in nodes[1:-1]), offsets[number, len(own) - 1][1]]
        ways.append([(node[0], middle[node] + scale * port) for node, port in zip(nodes, ports, strict=True)])
    return Layout(scale, height, order, middle, persons, ways)


def through(bands: Sequence[Band]) -> dict[Node, float]:
    """Persons through each node: those who come or those who go, whichever are more."""
    come: dict[Node, float] = {}
    go: dict[Node, float] = {}
    for number, band in enumerate(bands):
        for start, end in _steps(band, number):
            go[start] = go.get(start, 0.0) + band.persons
            come[end] = come.get(end, 0.0) + band.persons
    return {node: max(come.get(node, 0.0), go.get(node, 0.0)) for node in {**go, **come}}


def crossings(order: Sequence[Sequence[Node]], steps: Sequence[tuple[Node, Node, float]]) -> float:
    """How much the steps cross: the sum, over pairs that do, of the product of their persons."""
    rank = {node: place for layer in order for place, node in enumerate(layer)}
    total = 0.0
    for layer in range(len(order) - 1):
        here = [(rank[a], rank[b], persons) for a, b, persons in steps if a[0] == layer]
        total += _crossed(np.array(here, dtype=float).reshape(-1, 3))
    return total


def _crossed(steps: np.ndarray) -> float:
    left, right = (np.subtract.outer(steps[:, side], steps[:, side]) for side in (0, 1))
    return float((np.outer(steps[:, 2], steps[:, 2]) * (left * right < 0)).sum() / 2)


def _steps(band: Band, number: int) -> list[Step]:
    """From layer to layer: through a passage where a layer is skipped."""
    passages = [(layer, "", number) for layer in range(band.from_layer + 1, band.to_layer)]
    return list(pairwise([(band.from_layer, band.from_place, -1), *passages, (band.to_layer, band.to_place, -1)]))


def _ordered(
    bands: Sequence[Band],
    steps: Sequence[list[Step]],
    persons: dict[Node, float],
    layers: int,
    last: Callable[[str], int],
) -> list[list[Node]]:
    """Nodes of each layer from top to bottom, so that little crosses."""
    flat = [(*step, band.persons) for band, own in zip(bands, steps, strict=True) for step in own]
    listed = sorted(persons, key=lambda node: (last(node[1]), -persons[node], node))
    order = [[node for node in listed if node[0] == layer] for layer in range(layers)]
    first, best, least = order, order, crossings(order, flat)
    for sweep in range(_SWEEPS):
        order = _swept(order, flat, forward=sweep % 2 == 0)
        found = crossings(order, flat)
        if found < least * (1 - _SAME):
            best, least = order, found
    # Exchanges end where no single one helps, which need not be as good from one start as from another.
    return min(_exchanged(best, flat), _exchanged(first, flat), key=lambda tried: crossings(tried, flat))


def _swept(order: list[list[Node]], flat: list[tuple[Node, Node, float]], forward: bool) -> list[list[Node]]:
    """Each layer in turn by the mean rank of the nodes that its own are joined to in the layer before it."""
    order = [list(layer) for layer in order]
    for layer in range(1, len(order)) if forward else range(len(order) - 2, -1, -1):
        before = order[layer - 1 if forward else layer + 1]
        rank = {node: (place + 0.5) / len(before) for place, node in enumerate(before)}
        wanted = {node: (place + 0.5) / len(order[layer]) for place, node in enumerate(order[layer])}
        sums: dict[Node, list[float]] = {}
        for start, end, weight in flat:
            node, other = (end, start) if forward else (start, end)
            if node[0] == layer and other in rank:
                total = sums.setdefault(node, [0.0, 0.0])
                total[0] += weight * rank[other]
                total[1] += weight
        wanted.update({node: total / weight for node, (total, weight) in sums.items()})
        order[layer].sort(key=wanted.__getitem__)
    return order


def _exchanged(order: list[list[Node]], flat: list[tuple[Node, Node, float]]) -> list[list[Node]]:
    """Exchange neighbours as long as less crosses."""
    order = [list(layer) for layer in order]
    for _ in range(_SWEEPS):
        better = False
        for layer, nodes in enumerate(order):
            near = [step for step in flat if layer in (step[0][0], step[1][0])]
            least = crossings(order, near)
            for place in range(len(nodes) - 1):
                nodes[place], nodes[place + 1] = nodes[place + 1], nodes[place]
                found = crossings(order, near)
                if found < least * (1 - _SAME):
                    least, better = found, True
                else:
                    nodes[place], nodes[place + 1] = nodes[place + 1], nodes[place]
        if not better:
            break
    return order


def _ports(
    bands: Sequence[Band], steps: Sequence[list[Step]], persons: dict[Node, float], order: list[list[Node]]
) -> dict[tuple[int, int], tuple[float, float]]:
    """(band, step) -> how far below the middles of its two bars the step begins and ends, in persons."""
    rank = {node: place for layer in order for place, node in enumerate(layer)}
    listed = [(number, at) for number, own in enumerate(steps) for at in range(len(own))]
    found = {}
    for side in (0, 1):
        used = {node: -count / 2 for node, count in persons.items()}
        for number, at in sorted(
            listed, key=lambda pair: (rank[steps[pair[0]][pair[1]][1 - side]], bands[pair[0]].gap != "observed", pair)
        ):
            node, wide = steps[number][at][side], bands[number].persons
            found[number, at, side] = used[node] + wide / 2
            used[node] += wide
    return {pair: (found[(*pair, 0)], found[(*pair, 1)]) for pair in listed}


def _room(node: Node, tall: float, extents: Callable[[Node], tuple[float, bool]]) -> tuple[float, float]:
    """Inches that a node takes above and below its middle, with its label."""
    if node[2] >= 0:
        return tall / 2, tall / 2
    label, above = extents(node)
    return (tall / 2 + label, tall / 2) if above else (max(tall, label) / 2,) * 2


def _between(one: Node, two: Node) -> float:
    """Bands that pass side by side need no gap."""
    return 0.0 if one[2] >= 0 and two[2] >= 0 else GAP


def _scale(
    order: list[list[Node]], persons: dict[Node, float], extents: Callable[[Node], tuple[float, bool]]
) -> tuple[float, float]:
    """Inches a person, as large as the fullest layer allows, and the height of the drawing."""

    def need(scale: float) -> float:
        return max(
            sum(sum(_room(node, scale * persons[node], extents)) for node in layer)
            + sum(_between(one, two) for one, two in pairwise(layer))
            for layer in order
        )

    most = max(sum(node[2] < 0 for node in layer) for layer in order)
    height = need(0.0) + min(3.0, 1.2 + 0.25 * most)
    low, high = 0.0, height / max(persons.values())
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if need(middle) <= height else (low, middle)
    return low, height


def _settled(
    bands: Sequence[Band],
    steps: Sequence[list[Step]],
    persons: dict[Node, float],
    order: list[list[Node]],
    offsets: dict[tuple[int, int], tuple[float, float]],
    scale: float,
    height: float,
    extents: Callable[[Node], tuple[float, bool]],
) -> dict[Node, float]:
    """Middles of all bars: as near as their order allows to where their bands would be level."""
    middle: dict[Node, float] = {}
    for nodes in order:
        middle.update(_apart(nodes, dict.fromkeys(nodes, height / 2), persons, scale, height, extents))
    for turn in range(_SETTLES):
        forward = turn % 2 == 0
        for layer in range(1, len(order)) if forward else range(len(order) - 2, -1, -1):
            sums: dict[Node, list[float]] = {}
            for number, own in enumerate(steps):
                for at, (start, end) in enumerate(own):
                    node, other = (end, start) if forward else (start, end)
                    if node[0] == layer:
                        here, there = offsets[number, at] if not forward else offsets[number, at][::-1]
                        total = sums.setdefault(node, [0.0, 0.0])
                        total[0] += bands[number].persons * (middle[other] + scale * (there - here))
                        total[1] += bands[number].persons
            wanted = {node: middle[node] for node in order[layer]}
            wanted.update({node: total / weight for node, (total, weight) in sums.items()})
            middle.update(_apart(order[layer], wanted, persons, scale, height, extents))
    return middle


def _apart(
    layer: list[Node],
    wanted: dict[Node, float],
    persons: dict[Node, float],
    scale: float,
    height: float,
    extents: Callable[[Node], tuple[float, bool]],
) -> dict[Node, float]:
    """Middles between 0 and `height`, in order and apart, with the least squared distances from the wanted ones."""
    from scipy.optimize import isotonic_regression

    if not layer:
        return {}
    rooms = [_room(node, scale * persons[node], extents) for node in layer]
    steps = [rooms[at][1] + _between(one, two) + rooms[at + 1][0] for at, (one, two) in enumerate(pairwise(layer))]
    stacked = np.concatenate([[0.0], np.cumsum(steps)])
    weights = np.array([persons[node] for node in layer])
    moved = isotonic_regression(np.array([wanted[node] for node in layer]) - stacked, weights=weights).x
    moved = np.clip(moved, rooms[0][0], max(height - rooms[-1][1] - stacked[-1], rooms[0][0]))
    return dict(zip(layer, (moved + stacked).tolist(), strict=True))
