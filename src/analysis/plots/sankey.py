"""A Sankey by stage: bands from place to place, stage after stage, as high as what they count.

A band that skips stages gets a passage in each of them, a node without a bar, and so runs beside the bars there.
Orders: the barycentre sweeps of Sugiyama, Tagawa and Toda (1981), "Methods for visual understanding of hierarchical
system structures", IEEE Transactions on Systems, Man, and Cybernetics 11, then exchanges of neighbours as in Gansner,
Koutsofios, North and Vo (1993), "A technique for drawing directed graphs", IEEE Transactions on Software Engineering
19. No random numbers: the same bands, the same picture.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch, PathPatch, Rectangle
from matplotlib.path import Path
from matplotlib.patheffects import withStroke

from analysis.plots import style
from analysis.plots.counted import require_counts
from bounded.refusal import Refusal

OTHER, UNKNOWN = "\0other", "\0unknown"  # no place has such an id
WAY_UNKNOWN = "\\\\\\\\"  # hatching of a band whose way is not known; the other way round than that of unknown places
# What is said of a band: its hatching, and the words of the key.
STATUS = {
    "known": ("", ""),
    "between bounds": (style.CENSORED, "number between bounds, as high as the upper one"),
    "way unknown": (WAY_UNKNOWN, "way between not known"),
    "suppressed": (style.SUPPRESSED, "suppressed, height without meaning"),
    "unknown": (style.UNKNOWN, "number not known, height without meaning"),
}
MOST_STAGES = 7
MOST_PLACES = 10  # bars of a stage, apart from the one of what is not known

_PALETTE = (style.BLUE, style.ORANGE, style.GREEN, style.PURPLE, style.SKY, style.VERMILLION)
_SIZE = 9.5
_LINE = 0.16  # inches of a line of a label
_BAR = 0.028  # of the width between the first bars and the last
_SIDE = 1.5  # inches for the names at the left and the right, at most
_HAIR = 0.035  # inches: in a narrower band no hatching can be seen
_GAP = 0.07  # inches between two bars, or a bar and a band that passes it
_UNCOUNTED = 0.02  # height of a band without a number, as a part of the fullest stage
_SWEEPS = 12

Node = tuple[int, str, int]  # stage, place, and the number of the band that passes here (-1: a bar)
Step = tuple[int, Node, Node, float]  # number of the band, from where, to where, weight


@dataclass(frozen=True)
class Band:
    """A band from a place of one stage to a place of a later one; `weight` is its height in what is counted."""

    from_stage: int
    from_place: str
    to_stage: int
    to_place: str
    status: str
    low: float
    high: float
    weight: float

    @property
    def start(self) -> Node:
        return self.from_stage, self.from_place, -1

    @property
    def end(self) -> Node:
        return self.to_stage, self.to_place, -1


@style.form("Bands from stage to stage, as high as what they count; hatched where a number or a way is not known.")
def sankey(
    flows: pd.DataFrame,
    *,
    source: str = "source",
    target: str = "target",
    count: str = "count",
    low: str = "low",
    high: str = "high",
    status: str = "status",
    source_stage: str = "source_stage",
    target_stage: str = "target_stage",
    stages: Sequence[str] = (),
    names: Mapping[str, str] | pd.Series | None = None,
    unit: str = "persons",
    title: str,
    footer: style.Footer,
    subtitle: str = "",
) -> Figure:
    """Stages from left to right; bars and bands as high as what they count, ordered so that little crosses.

    A band has the colour of the place that it leaves. A band that skips a stage passes beside the bars there. A stage
    with more than ten places keeps its nine largest; the others are one bar, and a line below says how many they are.
    A bar is as high as what comes or what goes, whichever is more; a line says where the two differ.

    Parameters
    ----------
    flows : one row a flow. The other parameters name its columns.
    source, target : ids of places; "", missing or "unknown" where not known. Rows of the same flow are added up.
    count : how many, 0 or more, may be a fraction; missing where there are bounds instead, or no number.
    low, high : bounds, if the columns are there, for rows without a count. Such a band is hatched, as high as the upper
        one; where there is none, it is "at least" the lower one.
    status : if the column is there: "known", "way unknown" (what lies between the two is not known), "suppressed" or
        "unknown" (no number). A suppressed or unknown number is not used, even where it stands in the table.
    source_stage, target_stage : if the columns are there, the stage of either end, from 0; the target's is later and
        may skip stages. Otherwise, of two stages, all sources are in the first; or a place stands one stage after the
        last of those that lead to it.
    stages : headings of the stages, at most seven: "Origin", "1st transit", "Exploitation".
    names : id -> name; an id without one is written as it is.
    unit : what is counted.

    Raises
    ------
    ValueError : a flow does not lead to a later stage, or to none that there is; its count is negative or not finite,
        or its bounds are reversed; its status is none of the four; shares are called persons; there are fewer than two
        stages or more than seven.
    """
    if flows.empty:
        return style.nothing(title=title, footer=footer, subtitle=subtitle)
    columns = {"source": source, "target": target, "count": count, "low": low, "high": high, "status": status}
    columns |= {"source_stage": source_stage, "target_stage": target_stage}
    told = count in flows and flows[count].notna().all()
    require_counts(flows, [count] if told else [count, low, high], unit)
    rows = _checked(flows, columns, len(stages))
    if rows.empty:
        return style.nothing(title=title, footer=footer, subtitle=subtitle, text=f"no {unit} on any flow")
    rows, folded = _folded(rows)
    bands = [Band(*row) for row in rows.itertuples(index=False)]
    last = (len(stages) or max(band.to_stage for band in bands) + 1) - 1
    labels, apart = _labels(bands, last, {} if names is None else dict(names), folded)
    layout = arrange(bands, last + 1, {node: _LINE * (1 + text.count("\n")) for node, text in labels.items()})
    page = style.Page(title=title, footer=footer, subtitle=subtitle)
    axes = page.subplots()
    _draw(axes, bands, layout)
    _write(axes, layout, labels)
    _head(axes, bands, stages, last, unit, apart)
    page.note(_remarks(bands, folded, [*stages] or [f"stage {at + 1}" for at in range(last + 1)], unit))
    hatched = any(STATUS[band.status][0] for band in bands)
    dashed = "; a narrow band is dashed where it would be hatched" if hatched else ""
    page.key(_key(bands), title=f"Height of bars and bands: {unit}{dashed}")
    return page.fit(layout.height)


def _checked(flows: pd.DataFrame, columns: Mapping[str, str], stages: int) -> pd.DataFrame:
    """Flows with columns of fixed names, those without anybody left out; `weight` is the height of the band."""
    if stages == 1 or stages > MOST_STAGES:
        raise Refusal(
            "wrong_number_of_layers",
            f"A Sankey has two to {MOST_STAGES} stages, not {stages}: join stages, or draw fewer of them.",
        )
    bounded = {columns["low"], columns["high"]} <= set(flows.columns)
    style.require(flows, [columns["source"], columns["target"], *([] if bounded else [columns["count"]])])
    given = {name: flows[column].reset_index(drop=True) for name, column in columns.items() if column in flows.columns}
    rows = pd.DataFrame({side: given[side].fillna("").astype(str) for side in ("source", "target")})
    rows = rows.replace({"": UNKNOWN, "unknown": UNKNOWN})
    rows["status"] = given["status"].fillna("known").astype(str) if "status" in given else "known"
    none, without = pd.Series(np.nan, rows.index), rows["status"].isin(["suppressed", "unknown"])
    counts, low, high = (
        pd.to_numeric(given.get(name, none)).astype(float).mask(without) for name in ("count", "low", "high")
    )
    rows["low"], rows["high"] = counts.fillna(low).fillna(high * 0), counts.fillna(high).fillna(low + np.inf)
    staged = {"source_stage", "target_stage"} <= set(given)
    two = [0] * len(rows), [1] * len(rows)
    start, end = (given["source_stage"], given["target_stage"]) if staged else two if stages == 2 else _depths(rows)
    rows = rows.assign(source_stage=start, target_stage=end)
    for number, row in enumerate(rows.to_dict("records")):
        flow = f"The flow {row['source']} to {row['target']} (row {number})".replace(UNKNOWN, "unknown")
        _require_sound(flow, row, stages or MOST_STAGES)
    without = rows["low"].isna()
    rows["status"] = rows["status"].mask(without & ~rows["status"].eq("suppressed"), "unknown")
    rows["status"] = rows["status"].mask(rows["high"] > rows["low"], "between bounds")
    rows = rows.fillna({"low": 0.0, "high": np.inf})
    rows["weight"] = rows["high"].mask(np.isinf(rows["high"]), rows["low"])
    fullest = rows.groupby("source_stage")["weight"].sum().max() or 1.0
    rows["weight"] = rows["weight"].mask(rows["weight"].eq(0) & rows["high"].gt(0), _UNCOUNTED * fullest)
    return rows[rows["weight"] > 0].astype({"source_stage": int, "target_stage": int})


def _require_sound(flow: str, row: Mapping[str, Any], stages: int) -> None:
    """Refuse a flow that cannot be drawn; `flow` is what it is called."""
    start, end = row["source_stage"], row["target_stage"]
    if row["status"] not in STATUS or row["status"] == "between bounds":
        words = f"{flow} has the status '{row['status']}': use known, way unknown, suppressed or unknown."
        raise Refusal("unknown_choice", words)
    if row["low"] < 0 or np.isinf(row["low"]):
        raise Refusal("invalid_count", f"{flow} has the number {row['low']}: give one from 0 up, or none if unknown.")
    if row["low"] > row["high"]:
        raise Refusal("invalid_bounds", f"{flow} has a lower bound above its upper one: exchange them.")
    if any(stage not in range(stages) for stage in (start, end)):
        raise Refusal("unknown_layer", f"{flow} has the stages {start} and {end}; there are 0 to {stages - 1}.")
    if end <= start:
        again = "number the stages of each flow, so that a place visited again stands in a later one."
        words = f"{flow} leads from stage {start} to stage {end}, which is not a later one: {again}"
        raise Refusal("layer_not_later", words)


def _depths(rows: pd.DataFrame) -> tuple[list[int], list[int]]:
    """The stages of both ends: a place stands one after the last of those that lead to it."""
    flows = list(zip(rows["source"], rows["target"], strict=True))
    depth: dict[str, int] = defaultdict(int)
    for _ in flows:
        for start, end in flows:
            depth[end] = max(depth[end], 1 + (0 if start == UNKNOWN else depth[start]))
    begin = [depth[start] if start != UNKNOWN else 0 if end == UNKNOWN else depth[end] - 1 for start, end in flows]
    finish = [at + 1 if end == UNKNOWN else depth[end] for at, (_, end) in zip(begin, flows, strict=True)]
    if any(here >= there for here, there in zip(begin, finish, strict=True)):
        where = "number their stages, so that a place visited again stands in a later one."
        raise Refusal("layer_not_later", f"Some flows lead in a circle: {where}")
    return begin, finish


def _folded(rows: pd.DataFrame) -> tuple[pd.DataFrame, dict[int, int]]:
    """The flows, each once, with the smallest places of a full stage as one; stage -> how many places those are."""
    sides = [rows.groupby([f"{side}_stage", side])["weight"].sum() for side in ("source", "target")]
    through = pd.concat([side.rename_axis(["stage", "place"]) for side in sides], axis=1).max(axis=1).rename("weight")
    places = through.drop(UNKNOWN, level="place", errors="ignore").reset_index()
    places = places.sort_values(["stage", "weight", "place"], ascending=[True, False, True], kind="stable")
    full = places.groupby("stage")["place"].transform("size") > MOST_PLACES
    small = places[full & (places.groupby("stage").cumcount() >= MOST_PLACES - 1)]
    ends = set(zip(small["stage"], small["place"], strict=True))
    for side in ("source", "target"):
        of = zip(rows[f"{side}_stage"], rows[side], strict=True)
        rows = rows.assign(**{side: [OTHER if end in ends else end[1] for end in of]})
    flow = ["source_stage", "source", "target_stage", "target", "status"]  # in the order of Band
    rows = rows.groupby(flow, as_index=False, sort=True)[["low", "high", "weight"]].sum()
    rows = rows.sort_values(["weight", *flow], ascending=[False, *[True] * 5], kind="stable", ignore_index=True)
    return rows, {int(stage): int(count) for stage, count in small.groupby("stage").size().items()}


# Where bars and bands stand


@dataclass(frozen=True, eq=False)
class Layout:
    """Places in inches, downwards from the top of the drawing.

    Parameters
    ----------
    scale : inches of one.
    height : of the drawing, inches.
    order : the nodes of each stage from top to bottom, passages among them.
    middle : node -> middle of its bar or passage.
    weight : node -> what comes or what goes, whichever is more.
    ways : one a band: (stage, its middle there) for each stage it begins in, passes or ends in.
    """

    scale: float
    height: float
    order: list[list[Node]]
    middle: dict[Node, float]
    weight: dict[Node, float]
    ways: list[list[tuple[int, float]]]


def arrange(bands: Sequence[Band], stages: int, labels: Mapping[Node, float]) -> Layout:
    """Order and places of all bars and bands.

    Parameters
    ----------
    bands : at least one, each pair of nodes and status once.
    labels : inches that a bar's label takes: beside bars of the first and the last stage, above those between.
    """
    steps = [step for number, band in enumerate(bands) for step in _steps(band, number)]
    sides: list[dict[Node, float]] = [defaultdict(float), defaultdict(float)]
    for _, start, end, weight in steps:
        sides[0][start] += weight
        sides[1][end] += weight
    weights = {node: max(side.get(node, 0.0) for side in sides) for node in {**sides[0], **sides[1]}}
    order = _ordered(steps, weights, stages)

    def room(node: Node, scale: float) -> tuple[float, float]:
        """Inches above and below the middle; bands that pass side by side need no gap."""
        tall, label = scale * weights[node], labels.get(node, 0.0)
        if node[2] < 0 and node[0] in (0, stages - 1):
            return (max(tall, label) / 2 + _GAP / 2,) * 2
        return tall / 2 + label + _GAP / 2 * (node[2] < 0), tall / 2 + _GAP / 2 * (node[2] < 0)

    def need(scale: float) -> float:
        return max(sum(sum(room(node, scale)) for node in layer) for layer in order)

    height = need(0.0) + min(3.0, 1.2 + 0.25 * max(sum(node[2] < 0 for node in layer) for layer in order))
    scale, above = 0.0, height / max(weights.values())
    for _ in range(60):
        half = (scale + above) / 2
        scale, above = (half, above) if need(half) <= height else (scale, half)
    ports = _ports(bands, steps, weights, order)
    rooms = {node: room(node, scale) for node in weights}
    middle = _settled(steps, ports, weights, order, rooms, scale, height)
    ways: list[list[tuple[int, float]]] = [[] for _ in bands]
    for (number, start, end, _), (leaves, comes) in zip(steps, ports, strict=True):
        ways[number] = ways[number] or [(start[0], middle[start] + scale * leaves)]
        ways[number].append((end[0], middle[end] + scale * comes))
    return Layout(scale, height, order, middle, weights, ways)


def _steps(band: Band, number: int) -> list[Step]:
    """The steps from stage to stage: through a passage where one is skipped."""
    passages = [(stage, "", number) for stage in range(band.from_stage + 1, band.to_stage)]
    return [(number, *pair, band.weight) for pair in pairwise([band.start, *passages, band.end])]


def crossings(order: Sequence[Sequence[Node]], steps: Sequence[Step]) -> float:
    """Return how much the steps cross: the sum, over pairs that do, of the product of their weights."""
    rank = {node: place for layer in order for place, node in enumerate(layer)}
    total = 0.0
    for stage in range(len(order) - 1):
        here = np.array([(rank[a], rank[b], weight) for _, a, b, weight in steps if a[0] == stage]).reshape(-1, 3)
        left, right = (np.subtract.outer(here[:, side], here[:, side]) for side in (0, 1))
        total += float((np.outer(here[:, 2], here[:, 2]) * (left * right < 0)).sum() / 2)
    return total


def _ordered(steps: Sequence[Step], weights: Mapping[Node, float], stages: int) -> list[list[Node]]:
    """Nodes of each stage from top to bottom, so that little crosses."""
    listed = sorted(weights, key=lambda node: (node[1] == OTHER, node[1] == UNKNOWN, -weights[node], node))
    first = [[node for node in listed if node[0] == stage] for stage in range(stages)]
    tried, order = [first], first
    for sweep in range(_SWEEPS):
        order = _swept(order, steps, forward=sweep % 2 == 0)
        tried.append(order)
    best = min(tried, key=lambda order: round(crossings(order, steps), 6))
    # Exchanges end where no single one helps, which need not be as good from one start as from another.
    return min((_exchanged(start, steps) for start in (best, first)), key=lambda order: crossings(order, steps))


def _means(
    steps: Sequence[Step], stage: int, forward: bool, places: Mapping[Node, float], moved: Sequence[float]
) -> dict[Node, float]:
    """Nodes of a stage -> the weighted mean of the places from which their steps come, each moved by so much."""
    sums: dict[Node, list[float]] = defaultdict(lambda: [0.0, 0.0])
    for (_, start, end, weight), further in zip(steps, moved, strict=True):
        node, other = (end, start) if forward else (start, end)
        if node[0] == stage:
            sums[node][0] += weight * (places[other] + further)
            sums[node][1] += weight
    return {node: total / weight for node, (total, weight) in sums.items()}


def _swept(order: list[list[Node]], steps: Sequence[Step], forward: bool) -> list[list[Node]]:
    """Each stage in turn by the mean rank of the nodes that its own are joined to in the stage before it."""
    order = [list(layer) for layer in order]
    for stage in range(1, len(order)) if forward else range(len(order) - 2, -1, -1):
        rank = {node: (at + 0.5) / len(layer) for layer in order for at, node in enumerate(layer)}
        wanted = rank | _means(steps, stage, forward, rank, [0.0] * len(steps))
        order[stage].sort(key=wanted.__getitem__)
    return order


def _exchanged(order: list[list[Node]], steps: Sequence[Step]) -> list[list[Node]]:
    """Exchange neighbours as long as less crosses."""
    order = [list(layer) for layer in order]
    for _ in range(_SWEEPS):
        better = False
        for stage, nodes in enumerate(order):
            near = [step for step in steps if stage in (step[1][0], step[2][0])]
            least = crossings(order, near)
            for at in range(len(nodes) - 1):
                nodes[at : at + 2] = nodes[at + 1], nodes[at]
                found = crossings(order, near)
                if found < least * (1 - 1e-9):
                    least, better = found, True
                else:
                    nodes[at : at + 2] = nodes[at + 1], nodes[at]
        if not better:
            break
    return order


def _ports(
    bands: Sequence[Band], steps: Sequence[Step], weights: Mapping[Node, float], order: list[list[Node]]
) -> list[tuple[float, float]]:
    """The distance of each step's ends below the middles of its two nodes, in what is counted."""
    rank = {node: place for layer in order for place, node in enumerate(layer)}
    listed = sorted(range(len(steps)), key=lambda at: (bands[steps[at][0]].status != "known", at))
    found = np.zeros((len(steps), 2))
    for side in (0, 1):
        used = {node: -weight / 2 for node, weight in weights.items()}
        ends = [step[1:3] for step in steps]
        for at in sorted(listed, key=lambda at: rank[ends[at][1 - side]]):
            node, weight = ends[at][side], steps[at][3]
            found[at, side] = used[node] + weight / 2
            used[node] += weight
    return [(leaves, comes) for leaves, comes in found.tolist()]


def _settled(
    steps: Sequence[Step],
    ports: Sequence[tuple[float, float]],
    weights: Mapping[Node, float],
    order: list[list[Node]],
    rooms: Mapping[Node, tuple[float, float]],
    scale: float,
    height: float,
) -> dict[Node, float]:
    """Middles of all nodes: as near as their order and their rooms allow to where their bands would be level."""
    from scipy.optimize import isotonic_regression

    middle = dict.fromkeys(weights, height / 2)
    forth = range(len(order))
    for turn in [forth, *[forth[1:], forth[-2::-1]] * 4]:
        forward = turn.step > 0
        for stage in turn:
            layer, sign = order[stage], 1 if forward else -1
            asked = [scale * sign * (leaves - comes) for leaves, comes in ports]
            wanted = middle | _means(steps, stage, forward, middle, asked)
            between = [rooms[one][1] + rooms[two][0] for one, two in pairwise(layer)]
            stacked = np.concatenate([[0.0], np.cumsum(between)])[: len(layer)]
            pulls = [weights[node] for node in layer]
            if layer:
                moved = isotonic_regression([wanted[node] for node in layer] - stacked, weights=pulls).x
                top, foot = rooms[layer[0]][0], height - rooms[layer[-1]][1] - stacked[-1]
                middle |= dict(zip(layer, (np.clip(moved, top, max(top, foot)) + stacked).tolist(), strict=True))
    return middle


# What is drawn


def _labels(
    bands: Sequence[Band], last: int, names: Mapping[str, str], folded: Mapping[int, int]
) -> tuple[dict[Node, str], float]:
    """The label of each bar, name and number, broken where it is long; and the inches between two stages."""
    called = {OTHER: "other", UNKNOWN: "not known", **names}
    nodes = sorted({node for band in bands for node in (band.start, band.end)})
    text = {}
    for node in nodes:
        name = f"other ({folded[node[0]]:,} places)" if node[1] == OTHER else called.get(node[1], node[1])
        text[node] = f"{name}: {_words(*_through(bands, node))}"
    outer = {node: "\n".join(style.wrap(text[node], _SIDE, _SIZE)) for node in nodes if node[0] in (0, last)}
    sides = [
        max((style.text_width(outer[node], _SIZE) for node in outer if node[0] == end), default=0) for end in (0, last)
    ]
    apart = (style.ROOM - sum(sides) - 0.4) / last
    inner = {node: "\n".join(style.wrap(text[node], apart - 0.12, _SIZE)) for node in nodes if node not in outer}
    return outer | inner, apart


def _span(bands: Sequence[Band]) -> tuple[float, float]:
    return sum(band.low for band in bands), sum(band.high for band in bands)


def _through(bands: Sequence[Band], node: Node) -> tuple[float, float]:
    """Bounds of what comes to a bar or goes from it, whichever is more."""
    come, go = (_span([band for band in bands if getattr(band, side) == node]) for side in ("end", "start"))
    return max(come[0], go[0]), max(come[1], go[1])


def _words(low: float, high: float) -> str:
    """Bounds in words; where something has no number, no number stands for it."""
    if low == high:
        return style.number(low)
    if np.isinf(high):
        return f"at least {style.number(low)}" if low else "no number"
    return f"{style.number(low)}–{style.number(high)}"


def _draw(axes: Axes, bands: Sequence[Band], layout: Layout) -> None:
    """Bands, the widest lowest, and bars; a place that most leave has the same colour in every stage."""
    last = len(layout.order) - 1
    bar = _BAR * last
    leaving: dict[str, float] = defaultdict(float)
    for band in bands:
        leaving[band.from_place] += band.weight * (band.from_place not in (OTHER, UNKNOWN))
    largest = sorted(filter(leaving.get, leaving), key=lambda place: (-leaving[place], place))
    colour = dict(zip(largest, _PALETTE, strict=False))
    axes.set(xlim=(-bar / 2, last + bar / 2), ylim=(layout.height, 0))
    for number, (band, way) in enumerate(zip(bands, layout.ways, strict=True)):
        tall, hatch = layout.scale * band.weight, STATUS[band.status][0]
        shade = colour.get(band.from_place, style.CONTEXT)
        rules: dict[str, Any] = {"facecolor": shade, "edgecolor": "white", "lw": 0.3, "alpha": 0.6}
        if tall < _HAIR:
            rules |= {"facecolor": "none", "edgecolor": shade, "lw": max(72 * tall, 0.6)}
            rules["ls"] = (0, (4, 2)) if hatch else "-"
        elif hatch:
            rules |= {"facecolor": "white", "edgecolor": shade, "hatch": hatch, "lw": 0.8, "alpha": 0.8}
        shape = ribbon(way, bar, tall if tall >= _HAIR else 0.0)
        axes.add_patch(PathPatch(shape, zorder=3, gid=f"band:{number}", **rules))
    for (stage, place, passage), middle in layout.middle.items():
        if passage < 0:
            tall = layout.scale * layout.weight[stage, place, -1]
            rules = {"facecolor": colour.get(place, style.MUTED), "edgecolor": style.INK, "lw": 0.6}
            if place == UNKNOWN:
                rules |= {"facecolor": "white", "hatch": style.UNKNOWN}
            rules["clip_on"], low = False, (stage - bar / 2, middle - tall / 2)
            axes.add_patch(Rectangle(low, bar, tall, zorder=4, gid=f"bar:{stage}:{place.strip(chr(0))}", **rules))


def ribbon(stations: Sequence[tuple[float, float]], bar: float, tall: float) -> Path:
    """A band of the same height throughout, level where it leaves, passes and reaches a bar; a line if `tall` is 0.

    Parameters
    ----------
    stations : middle of the bar and middle of the band, from left to right.
    bar, tall : width of the bars and height of the band.
    """
    corners: list[tuple[float, float]] = []
    for (x, y), (onward, end) in pairwise(stations):
        half = (x + onward) / 2
        corners += [(x + bar / 2, y), (half, y), (half, end), (onward - bar / 2, end)]
    upper, codes = np.array(corners), [Path.LINETO, *[Path.CURVE4] * 3] * (len(stations) - 1)
    if tall:
        lower, upper = upper[::-1] + np.array([0, tall / 2]), upper - np.array([0, tall / 2])
        upper, codes = np.concatenate([upper, lower, upper[:1]]), [*codes, *codes, Path.CLOSEPOLY]
    return Path(upper, [Path.MOVETO, *codes[1:]])


def _write(axes: Axes, layout: Layout, labels: Mapping[Node, str]) -> None:
    """Labels beside the bars of the first and the last stage, and above those between, where bands are still level."""
    last = len(layout.order) - 1
    for stage, side in ((0, axes), (last, axes.secondary_yaxis("right"))):
        nodes = [node for node in layout.order[stage] if node in labels]
        side.set_yticks([layout.middle[node] for node in nodes], [labels[node] for node in nodes])
        side.tick_params(axis="y", labelsize=_SIZE, pad=4)
        side.spines[:].set_visible(False)
    for node, text in labels.items():
        if 0 < node[0] < last:
            top = layout.middle[node] - layout.scale * layout.weight[node] / 2 - 0.025
            axes.text(node[0], top, text, size=_SIZE, ha="center", va="bottom", linespacing=1.1, zorder=20, gid="label",
                      path_effects=[withStroke(linewidth=2.2, foreground="white")])  # fmt: skip


def _head(axes: Axes, bands: Sequence[Band], stages: Sequence[str], last: int, unit: str, apart: float) -> None:
    """The name of each stage above it, and what is counted there."""
    counts = []
    for stage in range(last + 1):
        nodes = {node for band in bands for node in (band.start, band.end) if node[0] == stage}
        spans = [_through(bands, node) for node in sorted(nodes)]
        low, high = (sum(ends) for ends in zip(*spans, strict=True)) if spans else (0.0, 0.0)
        words = f"{_words(low, high)} {unit.removesuffix('s') if low == high == 1 else unit}"
        counts.append("\n".join(style.wrap(words, apart - 0.1, 9)))
    heads = ["\n".join(style.wrap(head, apart - 0.1, 10.5, bold=True)) for head in stages]
    axes.xaxis.remove_overlapping_locs = False
    axes.set_xticks(range(last + 1), heads or [""] * (last + 1))
    axes.set_xticks(range(last + 1), counts, minor=True)
    axes.tick_params(axis="x", which="both", labeltop=True, labelbottom=False)
    axes.tick_params(axis="x", which="minor", labelsize=9, labelcolor=style.MUTED, pad=6, length=0)
    axes.tick_params(axis="x", labelsize=10.5, pad=8 + 11 * (1 + max(text.count("\n") for text in counts)))
    for label in axes.get_xticklabels():
        label.set_fontweight("bold")
    axes.spines[:].set_visible(False)


def _remarks(bands: Sequence[Band], folded: Mapping[int, int], heads: Sequence[str], unit: str) -> str:
    """Remarks on what the drawing does not show by itself: places drawn as one, and bars higher than their bands."""
    joined, uneven = [], []
    for stage, places in folded.items():
        number = _words(*_through(bands, (stage, OTHER, -1)))
        joined.append(f"{heads[stage]}: {places:,} places, {number} {unit}")
    for stage, head in enumerate(heads[1:-1], start=1):
        come, go = (
            _span([band for band in bands if getattr(band, f"{side}_stage") == stage]) for side in ("to", "from")
        )
        if not np.allclose(come, go):
            uneven.append(f"{head} {_words(*come)} come and {_words(*go)} go on")
    said = {"Drawn as one bar, “other”": joined, "Some ways begin or end between": uneven}
    return " ".join(f"{what}: {'; '.join(parts)}." for what, parts in said.items() if parts)


def _key(bands: Sequence[Band]) -> list[Patch]:
    found = [Patch(facecolor=style.BLUE, alpha=0.6, label="colour of the place that is left")]
    drawn = {band.status for band in bands}
    found += [
        Patch(facecolor="white", edgecolor=style.MUTED, hatch=hatch, label=words)
        for status, (hatch, words) in STATUS.items()
        if words and status in drawn
    ]
    if any(UNKNOWN in (band.from_place, band.to_place) for band in bands):
        found.append(Patch(facecolor="white", edgecolor=style.INK, hatch=style.UNKNOWN, label="bar: place not known"))
    return found
