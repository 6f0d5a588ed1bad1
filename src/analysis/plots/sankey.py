"""A Sankey by step: from origins over transits to where exploitation took place, layer by layer, in persons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.path import Path
from matplotlib.patheffects import withStroke

from analysis.plots import key, labels, sankey_layout, style
from analysis.plots.sankey_layout import Band, Layout, Node
from analysis.plots.style import Canvas
from bounded.refusal import Refusal

COLUMNS = ("from_layer", "from_place", "to_layer", "to_place", "persons", "gap")
GAPS = ("observed", "missing_transit")
OTHER, UNKNOWN = "\0other", "\0unknown"  # no place has such an id
MOST_LAYERS = 7
MOST_PLACES = 10  # bars of a layer, apart from the one of what is not known
NOT_KNOWN = "\\\\\\\\"  # hatching of a band whose transit is not known; the other way round than that of unknown ends

_BAR = 0.15  # inches
_SIZE = 9.5
_SIDE = 1.55  # inches at the left and the right for names
_COLOURS = (style.BLUE, style.ORANGE, style.GREEN, style.PURPLE, style.SKY, style.VERMILLION)
_HAIR = 0.035  # inches: in a narrower band no hatching can be seen


@style.seen_as("Bands from origins over stops to places of exploitation, as high as the persons in them.")
@style.styled
def sankey(
    links: pd.DataFrame,
    *,
    title: str,
    footer: style.Footer,
    layers: Sequence[str],
    names: Mapping[str, str] | None = None,
    unit: str = "persons",
    top: int = 25,
    subtitle: str = "",
) -> Figure:
    """Layers from left to right; bars and bands as high as the persons in them, ordered so that little crosses.

    All persons of the table are drawn. A band has the colour of the place that it leaves; one whose transit is not
    known is hatched; one that skips a layer passes beside the bars there. A layer with more than ten places keeps its
    nine largest, and the others are one bar; a line below says how many they are.

    Parameters
    ----------
    links : one row a link: from_layer, to_layer (places among `layers`, from 0; to_layer is the later one and may skip
        layers); from_place, to_place (ids; missing, "" or "unknown" where not known); persons (0 or more, may be a
        fraction); gap ("observed", or "missing_transit" where it is not known what lies between). Rows of the same link
        are added up.
    layers : headings, from two to seven: "Origin", "1st transit", "2nd transit", "Exploitation".
    names : id -> name; an id without one is written as it is.
    unit : what is counted.
    top : how many bands are drawn in full; narrower ones are pale.

    Raises
    ------
    ValueError : a link does not lead to a later layer, or to none that there is; it has no count, or a negative one;
        its gap is neither of the two; there are fewer than two or more than seven layers.
    """
    if links.empty:
        return style.nothing(title=title, footer=footer, subtitle=subtitle)
    rows = _checked(links, layers)
    if rows.empty:
        return style.nothing(title=title, footer=footer, subtitle=subtitle, text=f"no {unit} on any link")
    rows, folded = _folded(rows)
    bands = [Band(*row) for row in rows.itertuples(index=False)]
    width = style.WIDTH - 2 * style.MARGIN
    apart = (width - 2 * _SIDE - _BAR) / (len(layers) - 1)
    writing = _texts(bands, len(layers), names or {}, folded, apart)
    layout = sankey_layout.arrange(
        bands,
        len(layers),
        last=lambda place: (place == OTHER) + 2 * (place == UNKNOWN),
        extents=lambda node: (labels.extent(writing[node], _SIZE)[1] + 0.02, 0 < node[0] < len(layers) - 1),
    )
    heads = _heads(layers, layout, unit, apart)
    lines = [max(text.count("\n") for text in texts) for texts in zip(*heads, strict=True)]
    above = 0.16 * (lines[0] + lines[1]) + 0.52
    listed = _key(bands)
    heading = f"Height of bars and bands: {unit}"
    remarks = [
        line for text in _remarks(bands, layout, folded, layers, unit, top) for line in style.wrap(text, width, 9.5)
    ]
    note = 0.17 * len(remarks) + (0.06 if remarks else 0)
    below = 0.12 + key.height(listed, width, heading) + note
    page = style.sheet(above + layout.height + below, title=title, footer=footer, subtitle=subtitle)
    paper = page.canvas(0, below, width, layout.height)
    left = [_SIDE + layer * apart for layer in range(len(layers))]
    colours = _colours(bands)
    _draw_bands(paper, bands, layout, left, colours, top)
    _draw_bars(paper, layout, left, colours)
    _write(paper, layout, left, writing)
    _write_heads(paper, heads, left, layout.height + 0.16 * lines[1] + 0.12)
    key.draw(page, listed, x=0, top=note + key.height(listed, width, heading), width=width, heading=heading)
    if remarks:
        page.canvas(0, 0, width, note).text(
            0, note - 0.06, "\n".join(remarks), size=9.5, va="top", linespacing=1.15, gid="remarks"
        )
    return page.figure


def _checked(links: pd.DataFrame, layers: Sequence[str]) -> pd.DataFrame:
    """One row a link with persons, in the order of COLUMNS but gap before persons; sorted, the largest first."""
    style.require(links, COLUMNS)
    if not 2 <= len(layers) <= MOST_LAYERS:
        raise Refusal(
            "wrong_number_of_layers",
            f"A Sankey by step has two to {MOST_LAYERS} layers, not {len(layers)}: join steps, or draw fewer of them.",
        )
    rows = links[list(COLUMNS)].reset_index(drop=True)
    for number, row in enumerate(rows.to_dict("records")):
        link = f"The link {row['from_place'] or 'unknown'} to {row['to_place'] or 'unknown'} (row {number})"
        ends = (row["from_layer"], row["to_layer"])
        if any(end not in range(len(layers)) for end in ends):
            raise Refusal(
                "unknown_layer", f"{link} has the layers {ends[0]} and {ends[1]}; there are 0 to {len(layers) - 1}."
            )
        if ends[1] <= ends[0]:
            raise Refusal(
                "layer_not_later",
                f"{link} leads from layer {ends[0]} to layer {ends[1]}, which is not a later one: "
                "number the steps of a journey, so that a place visited again stands in a later layer.",
            )
        if not 0 <= float(row["persons"]) < np.inf:
            raise Refusal(
                "invalid_count", f"{link} has {row['persons']} for `persons`: give a number from 0 up, or leave it out."
            )
        if row["gap"] not in GAPS:
            raise Refusal("unknown_choice", f"{link} has '{row['gap']}' for `gap`: use {' or '.join(GAPS)}.")
    for column in ("from_place", "to_place"):
        rows[column] = rows[column].fillna("").astype(str).replace({"": UNKNOWN, "unknown": UNKNOWN})
    rows = rows.astype({"from_layer": int, "to_layer": int, "persons": float})
    return _added(rows[rows["persons"] > 0])


def _added(rows: pd.DataFrame) -> pd.DataFrame:
    link = ["from_layer", "from_place", "to_layer", "to_place", "gap"]  # in the order of Band
    rows = rows.groupby(link, as_index=False, sort=True)["persons"].sum()
    return rows.sort_values(["persons", *link], ascending=[False, *[True] * 5], kind="stable", ignore_index=True)


def _folded(rows: pd.DataFrame) -> tuple[pd.DataFrame, dict[int, int]]:
    """The links with the smallest places of a full layer as one; layer -> how many places those are."""
    sides = [
        rows.groupby([f"{side}_layer", f"{side}_place"])["persons"].sum().rename_axis(["layer", "place"])
        for side in ("from", "to")
    ]
    through = pd.concat(sides, axis=1).fillna(0.0).max(axis=1).rename("persons").reset_index()
    through = through[through["place"] != UNKNOWN].sort_values(
        ["layer", "persons", "place"], ascending=[True, False, True], kind="stable"
    )
    small: set[tuple[int, str]] = set()
    folded = {}
    for layer, places in through.groupby("layer"):
        if len(places) > MOST_PLACES:
            rest = places["place"].iloc[MOST_PLACES - 1 :]
            small |= {(int(layer), place) for place in rest}
            folded[int(layer)] = len(rest)
    rows = rows.copy()
    for side in ("from", "to"):
        ends = zip(rows[f"{side}_layer"], rows[f"{side}_place"], strict=True)
        rows[f"{side}_place"] = [OTHER if end in small else end[1] for end in ends]
    return _added(rows), folded


def _texts(
    bands: Sequence[Band], layers: int, names: Mapping[str, str], folded: dict[int, int], apart: float
) -> dict[Node, str]:
    """The label of each bar: its name and its persons, broken where it is long."""
    written = {}
    for node, persons in sankey_layout.through(bands).items():
        layer, place, band = node
        if band < 0:
            name = {OTHER: f"other ({folded.get(layer, 0):,} places)", UNKNOWN: "not known"}.get(place)
            room = apart - 0.12 if 0 < layer < layers - 1 else _SIDE - 0.1
            written[node] = "\n".join(
                style.wrap(f"{name or names.get(place, place)}: {style.number(persons)}", room, _SIZE)
            )
    return written


def _heads(layers: Sequence[str], layout: Layout, unit: str, apart: float) -> list[tuple[str, str]]:
    """Heading and number of persons of each layer."""
    heads = []
    for layer, name in enumerate(layers):
        room = apart - 0.1 if 0 < layer < len(layers) - 1 else _SIDE
        here = sum(layout.persons[node] for node in layout.order[layer] if node[2] < 0)
        count = style.wrap(_amount(here, unit), room, 9)
        heads.append(("\n".join(style.wrap(name, room, 10, bold=True)), "\n".join(count)))
    return heads


def _amount(count: float, unit: str) -> str:
    return f"{style.number(count)} {unit.removesuffix('s') if count == 1 else unit}"


def _colours(bands: Sequence[Band]) -> dict[str, str]:
    """A colour for the places that most persons leave, the same in every layer; the others stay grey."""
    leaving: dict[str, float] = {}
    for band in bands:
        if band.from_place not in (OTHER, UNKNOWN):
            leaving[band.from_place] = leaving.get(band.from_place, 0.0) + band.persons
    largest = sorted(leaving, key=lambda place: (-leaving[place], place))
    return dict(zip(largest, _COLOURS, strict=False))


def _draw_bands(
    paper: Canvas, bands: Sequence[Band], layout: Layout, left: list[float], colours: dict[str, str], top: int
) -> None:
    """The widest lie lowest."""
    for number, (band, way) in enumerate(zip(bands, layout.ways, strict=True)):
        tall = layout.scale * band.persons
        colour = colours.get(band.from_place, style.CONTEXT)
        alpha = 0.6 if number < top else 0.3
        stations = [(left[layer], layout.height - middle) for layer, middle in way]
        rules: dict = {"facecolor": colour, "edgecolor": "white", "lw": 0.3, "alpha": alpha}
        if band.gap != "observed":
            rules = {"facecolor": "white", "edgecolor": colour, "hatch": NOT_KNOWN, "lw": 0.8, "alpha": alpha + 0.2}
        if tall < _HAIR:
            rules = {"facecolor": "none", "edgecolor": colour, "lw": max(72 * tall, 0.6), "alpha": alpha}
            rules["ls"] = "-" if band.gap == "observed" else (0, (4, 2))
        shape = ribbon(stations, _BAR, 0.0 if tall < _HAIR else tall)
        paper.add(PathPatch(shape, zorder=3, gid=f"band:{number}", **rules))


def ribbon(stations: Sequence[tuple[float, float]], bar: float, tall: float) -> Path:
    """A band of the same height throughout, level where it leaves, passes and reaches a bar; a line if `tall` is 0.

    Parameters
    ----------
    stations : left edge of the bar and middle of the band, inches, from left to right.
    bar, tall : width of the bars and height of the band, inches.
    """
    corners: list[tuple[float, float]] = []
    for (x, y), (onward, end) in pairwise(stations):
        # From the right edge of a bar to the left edge of the next; what lies between two parts is straight.
        half = (x + bar + onward) / 2
        corners += [(x + bar, y), (half, y), (half, end), (onward, end)]
    upper = np.array(corners) + np.array([0, tall / 2])
    part = [Path.LINETO, Path.CURVE4, Path.CURVE4, Path.CURVE4]
    codes = part * (len(stations) - 1)
    if tall:
        lower = np.array(corners)[::-1] - np.array([0, tall / 2])
        upper, codes = np.concatenate([upper, lower, upper[:1]]), [*codes, *codes, Path.CLOSEPOLY]
    return Path(upper, [Path.MOVETO, *codes[1:]])


def _draw_bars(paper: Canvas, layout: Layout, left: list[float], colours: dict[str, str]) -> None:
    for node, middle in layout.middle.items():
        layer, place, band = node
        if band < 0:
            tall = layout.scale * layout.persons[node]
            rules: dict = {"facecolor": colours.get(place, style.MUTED), "edgecolor": style.INK, "lw": 0.6}
            if place == UNKNOWN:
                rules |= {"facecolor": "white", "hatch": style.UNKNOWN}
            low = (left[layer], layout.height - middle - tall / 2)
            paper.add(Rectangle(low, _BAR, tall, zorder=4, clip_on=False, gid=f"bar:{layer}:{_id(place)}", **rules))


def _id(place: str) -> str:
    return {OTHER: "other", UNKNOWN: "unknown"}.get(place, place)


def _write(paper: Canvas, layout: Layout, left: list[float], writing: dict[Node, str]) -> None:
    """Labels beside the bars of the first and the last layer, and above those between, where bands are still level."""
    last = len(left) - 1
    for node, text in writing.items():
        layer, place, _ = node
        y, x = layout.height - layout.middle[node], left[layer]
        if 0 < layer < last:
            x, y, rules = (
                x + _BAR / 2,
                y + layout.scale * layout.persons[node] / 2 + 0.025,
                {"ha": "center", "va": "bottom"},
            )
        else:
            x, rules = (x - 0.06, {"ha": "right"}) if layer == 0 else (x + _BAR + 0.06, {"ha": "left"})
            rules["va"] = "center"
        effects = [withStroke(linewidth=2.2, foreground="white")]
        paper.text(x, y, text, size=_SIZE, linespacing=1.1, zorder=20, path_effects=effects,
                   gid=f"label:{layer}:{_id(place)}", **rules)  # fmt: skip


def _write_heads(paper: Canvas, heads: list[tuple[str, str]], left: list[float], up: float) -> None:
    """Headings with their last lines level, the counts below them; `up` is how high the first counts stand."""
    for layer, (head, count) in enumerate(heads):
        side, x = "center", left[layer] + _BAR / 2
        if layer in (0, len(heads) - 1):
            side, x = ("right", left[layer] + _BAR) if layer == 0 else ("left", left[layer])
        rules: dict = {"ha": side, "linespacing": 1.1}
        paper.text(x, up + 0.14, count, size=9, color=style.MUTED, va="top", gid=f"label:count {layer}", **rules)
        paper.text(x, up + 0.2, head, size=10, weight="bold", va="baseline", gid=f"label:head {layer}", **rules)


def _key(bands: Sequence[Band]) -> list[key.Entry]:
    listed = [key.patch("colour of the place that is left", style.BLUE, "white", alpha=0.6)]
    if any(band.gap != "observed" for band in bands):
        listed.append(key.patch("transit not known (dashed where narrow)", "white", style.MUTED, NOT_KNOWN))
    if any(UNKNOWN in (band.from_place, band.to_place) for band in bands):
        listed.append(key.patch("place not known", "white", style.INK, style.UNKNOWN))
    return listed


def _remarks(
    bands: Sequence[Band], layout: Layout, folded: dict[int, int], layers: Sequence[str], unit: str, top: int
) -> list[str]:
    """What the drawing does not show by itself: places drawn as one, pale bands, and bars higher than their bands."""
    found = []
    if folded:
        parts = [
            f"{layers[layer]}: {places:,} places, {_amount(layout.persons[(layer, OTHER, -1)], unit)}"
            for layer, places in folded.items()
        ]
        found.append(f"Drawn as one bar, “other”: {'; '.join(parts)}.")
    if len(bands) > top:
        most = max(band.persons for band in bands[top:])
        found.append(f"Pale: the {len(bands) - top:,} narrowest bands, of {_amount(most, unit)} at most each.")
    uneven = []
    for layer, name in enumerate(layers[1:-1], start=1):
        come, go = (
            sum(band.persons for band in bands if getattr(band, side) == layer) for side in ("to_layer", "from_layer")
        )
        if abs(come - go) > 1e-6 * max(come, go):
            uneven.append(f"{name} {style.number(come)} come and {style.number(go)} go on")
    if uneven:
        found.append(f"Some paths begin or end between: {'; '.join(uneven)}.")
    return found
