"""How maps and tables of agreements look: one colour, line and sign for each kind of cover between two countries.

Pairs of countries between which evidence names a route, on a map: how often, and what agreement is over them.

Line and colour are the cover, width is the evidence of both directions together. Countries beyond the frame stand at
its edge, in their direction; what has no place on the ground is counted below the map.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from matplotlib.figure import Figure

from analysis.plots import basemap, flow_marks, key, labels, nodes, style
from analysis.plots.choropleth import class_breaks, class_labels, class_of
from analysis.plots.flow_table import size
from analysis.plots.style import Canvas
from bounded.refusal import Refusal

WIDTHS = (1.6, 2.8, 4.4, 6.2)  # points
_HOLLOW = 1.9  # points of the two edges of a hollow line, together


@dataclass(frozen=True)
class Look:
    """Colour, dashes and sign of a cover; a hollow line is white with coloured edges. Each differs without colour."""

    colour: str
    dashes: str | tuple[float, tuple[float, ...]]
    sign: str
    words: str
    hollow: bool = False


# The covers as `referral.agreements` calls them, from the strongest.
LOOKS = {
    "agreement of the two or of few states": Look(
        style.BLUE, "-", "●", "agreement on trafficking of the two, or of few states"
    ),
    "regional accord only": Look(style.MUTED, "-", "○", "regional accord only", hollow=True),
    "other or local cooperation only": Look(style.BLACK, (0, (0.6, 1.0)), "▫", "other or local cooperation only"),
    "none found": Look(style.VERMILLION, (0, (2.2, 1.1)), "–", "none found"),
}


def checked(corridors: pd.DataFrame) -> pd.DataFrame:
    """The corridors, once it is sure that they can be drawn.

    Raises
    ------
    ValueError : a column is missing, a cover has no look, a corridor stands twice, or a count is missing.
    """
    style.require(corridors, ("origin", "destination", "low", "high", "cover"))
    strange = sorted(set(corridors["cover"]) - set(LOOKS))
    if strange:
        raise Refusal("unknown_choice", f"No line stands for the cover '{strange[0]}': use one of {', '.join(LOOKS)}.")
    twice = corridors[corridors.duplicated(["origin", "destination"])]
    if len(twice):
        row = twice.iloc[0]
        raise Refusal(
            "duplicate_row",
            f"The corridor {row['origin']} to {row['destination']} stands twice. Add its rows up first.",
        )
    missing = corridors[corridors[["low", "high"]].isna().any(axis=1)]
    if len(missing):
        row = missing.iloc[0]
        raise Refusal(
            "missing_value", f"The corridor {row['origin']} to {row['destination']} has no count. Give its bounds."
        )
    return corridors


def pairs_of(corridors: pd.DataFrame) -> pd.DataFrame:
    """Both directions of each pair added: origin, destination (in the order of the alphabet), low, high, cover,
    may_be (whether it may be under an agreement that names not all its parties), text; most evidence first.

    Raises
    ------
    ValueError : the two directions of a pair have different covers.
    """
    ends = np.sort(corridors[["origin", "destination"]].to_numpy(dtype=str), axis=1).reshape(-1, 2)
    may_be = corridors["may_be_ids"].fillna("").ne("") if "may_be_ids" in corridors else False
    table = corridors.assign(origin=ends[:, 0], destination=ends[:, 1], may_be=may_be)
    pair = table.groupby(["origin", "destination"], as_index=False)
    if (pair["cover"].nunique()["cover"] > 1).any():
        row = pair["cover"].nunique().query("cover > 1").iloc[0]
        raise Refusal(
            "contradictory_rows",
            f"{row['origin']} and {row['destination']} are under different covers by direction, but an agreement "
            "covers both. Join the corridors to the pairs again.",
        )
    summed = pair.agg(low=("low", "sum"), high=("high", "sum"), cover=("cover", "first"), may_be=("may_be", "any"))
    summed["text"] = [text_of(*row) for row in zip(summed["low"], summed["high"], strict=True)]
    # Only where nothing was found does it matter on a figure what may be.
    asked = summed["may_be"] & (summed["cover"] == "none found")
    summed["text"] += np.where(asked, " ?", "")
    order = ["high", "low", "origin", "destination"]
    return summed.sort_values(order, ascending=[False, False, True, True], ignore_index=True)


def text_of(low: float, high: float) -> str:
    """A count as it is written at a line: "12", "42–74", "≥5"."""
    if np.isinf(high):
        return f"≥{low:,.0f}"
    return f"{high:,.0f}" if low == high else f"{low:,.0f}–{high:,.0f}"


def line(paper: Canvas, x, y, look: Look, width: float, zorder: float = 8, rim: bool = True) -> None:
    """A line in the look of its cover; the white rim shows which of two crossing lines lies above."""
    rules = {"solid_capstyle": "butt", "dash_capstyle": "butt"}
    if rim:
        paper.plot(x, y, color="white", lw=width + 1.6, zorder=zorder, **rules)
    if look.hollow:
        width = max(width, 3.0)
        paper.plot(x, y, color=look.colour, lw=width, zorder=zorder, **rules)
        paper.plot(x, y, color="white", lw=width - _HOLLOW, zorder=zorder, **rules)
    else:
        paper.plot(x, y, color=look.colour, lw=width, ls=look.dashes, zorder=zorder, **rules)


def key_of(covers: Collection[str]) -> list[key.Entry]:
    """Entries of the covers that are drawn, the strongest first."""
    return [_entry(look) for cover, look in LOOKS.items() if cover in covers]


def _entry(look: Look) -> key.Entry:
    def draw(paper: Canvas, x: float, y: float) -> None:
        line(paper, [x, x + 0.36], [y, y], look, 3.4, rim=False)

    return key.Entry(look.words, draw, 0.36)


_FAINT, _FAINT_WIDTH = style.BORDER, 0.9
_BENDS = (0.0, 0.07, -0.07, 0.13, -0.13, 0.2, -0.2, 0.3, -0.3, 0.42, -0.42)  # of the distance, to either side
_NOTE = 9.5


@style.seen_as("A map with a line for each pair of countries: its width tells the mentions, its look the agreement.")
@style.styled
def agreement_map(
    corridors: pd.DataFrame,
    places: pd.DataFrame,
    world: gpd.GeoDataFrame,
    *,
    title: str,
    footer: style.Footer,
    projection: str,
    highlight: str | None = None,
    top: int = 25,
    unit: str = "mentions",
    left_out: pd.DataFrame | None = None,
    reach: float | None = None,
    subtitle: str = "",
) -> Figure:
    """The pairs of countries with most evidence, as lines whose style is the agreement over them.

    Parameters
    ----------
    corridors : one row a corridor: origin, destination (ids of `places`), low, high (mentions or persons), cover (one
        of ``agreement_marks.LOOKS``). Optional: may_be_ids (not empty: it may be under an agreement that names not all
        its parties; "?" where none was found). Both directions of a pair are one line, their counts added.
    places : id, name, x, y (longitude, latitude), study (True: the frame holds it, and it is named in any case).
    world : land to draw beneath (EPSG:4326).
    projection : an equal-area projection centred on the study, as a PROJ string.
    highlight : id whose pairs alone are in the look of their cover; those of others are thin and grey.
    top : how many pairs to draw, by `high`; the others are counted below the map, by cover.
    unit : what is counted: "mentions", "detected persons".
    left_out : corridors that cannot have a cover (origin, destination, reason, low, high): counted below the map.
    reach : kilometres from the middle of the projection; places further off stand at the edge.

    Raises
    ------
    ValueError : a column or a place is missing, a cover is none of the four, a corridor stands twice or has no count,
        or the directions of a pair have different covers.
    """
    style.require(places, ("id", "name", "x", "y", "study"))
    # Nobody was named where the count is 0: a line would say that somebody was.
    corridors = checked(corridors).query("high > 0")
    if corridors.empty:
        return style.nothing(title=title, footer=footer, subtitle=subtitle)
    pairs = pairs_of(corridors)
    lost = sorted({*pairs["origin"], *pairs["destination"]} - set(places["id"]))
    if lost:
        raise Refusal(
            "unknown_place", f"There is no place for {', '.join(lost[:5])}: add its point, or leave its corridors out."
        )
    if highlight is not None:
        own = _touches(pairs, highlight)
        pairs = pd.concat([pairs[own], pairs[~own]], ignore_index=True)
        left_out = None if left_out is None else left_out[_touches(left_out, highlight)]
    drawn, others = pairs.head(top), pairs.iloc[top:]
    own = pd.Series(True, drawn.index) if highlight is None else _touches(drawn, highlight)

    full = style.WIDTH - 2 * style.MARGIN
    named = places.loc[places["study"].astype(bool), "id"]
    ends = list(dict.fromkeys([*named, *drawn["origin"], *drawn["destination"]]))
    joined = list(zip(drawn["origin"], drawn["destination"], strict=True))
    ground, stations = nodes.arrange(ends, places, {}, projection, width=full, reach=reach, pairs=joined)
    breaks = class_breaks(size(drawn[own] if own.any() else drawn), len(WIDTHS))
    widths = [
        WIDTHS[class_of(amount, breaks)] if mine else _FAINT_WIDTH
        for amount, mine in zip(size(drawn), own, strict=True)
    ]
    ways = _ways(joined, widths, stations, ground)
    shapes = [(way, way.buffer(width / 144)) for way, width in zip(ways, widths, strict=True)]
    busy = shapely.union_all([*(area for _, area in shapes), *(n.outline.buffer(0.12) for n in stations.values())])
    corner = basemap.scale_bar_corner(ground, busy)
    wanted = flow_marks.names_of(stations, highlight=highlight) + _numbers(drawn, own, ways, widths)
    placed = _placed(wanted, stations, shapes, ground, corner)

    listed = _map_key(drawn, own, breaks, stations, places, highlight)
    heading = f"Width of the line: {unit}, both directions added"
    written = {entry.label.name for entry in placed}
    unwritten = [row for row in drawn[own].itertuples() if f"flow {row.Index}" not in written]
    remarks = _map_remarks(unwritten, stations, others, left_out, unit, full)
    below = key.height(listed, full, heading) + 0.17 * len(remarks) + 0.22
    page = style.sheet(ground.height + below, title=title, footer=footer, subtitle=subtitle)
    paper = page.canvas(0, below, full, ground.height)
    flow_marks.draw_land(paper, world, places, projection, ground)
    # The widest lie lowest; grey ones below all.
    for at in sorted(drawn.index, key=lambda n: (own[n], -widths[n])):
        x, y = ways[at].xy
        if own[at]:
            line(paper, x, y, LOOKS[drawn.at[at, "cover"]], widths[at], zorder=9)
        else:
            paper.plot(x, y, color=_FAINT, lw=widths[at], zorder=7)
    basemap.scale_bar(paper, ground, corner)
    basemap.frame_map(paper)
    flow_marks.draw_nodes(paper, stations, highlight)
    labels.write(paper, placed)
    key.draw(page, listed, x=0, top=below - 0.1, width=full, heading=heading)
    if remarks:
        note = page.canvas(0, 0, full, 0.17 * len(remarks))
        note.text(0, 0.17 * len(remarks), "\n".join(remarks), size=_NOTE, va="top", linespacing=1.15, gid="remarks")
    return page.figure


def _touches(corridors: pd.DataFrame, place: str) -> pd.Series:
    return (corridors["origin"] == place) | (corridors["destination"] == place)


def _ways(
    joined: Sequence[tuple[str, str]], widths: Sequence[float], stations: dict[str, nodes.Node], ground: basemap.Frame
) -> list[shapely.LineString]:
    """The middle line of each pair: straight, unless it would run over another place or along a wider line."""
    names, paper = list(stations), shapely.box(0, 0, ground.width, ground.height)
    marks = np.array([stations[name].mark for name in names], dtype=object)
    found: dict[int, shapely.LineString] = {}
    for at in sorted(range(len(joined)), key=lambda n: -widths[n]):
        start, end = (stations[name] for name in joined[at])
        strangers = marks[[name not in joined[at] for name in names]]
        earlier = np.array([found[n].buffer(widths[n] / 144 + 0.03) for n in found], dtype=object)

        def cost(way: shapely.LineString, bend: float, others=strangers, wider=earlier) -> float:
            over = float(shapely.length(shapely.intersection(way, others)).sum())
            beside = float(shapely.length(shapely.intersection(way, wider)).sum()) if len(wider) else 0.0
            return abs(bend) * max(way.length, 0.5) + 8 * over + beside + 20 * way.difference(paper).length

        ways = [flow_marks.curve((start.x, start.y), (end.x, end.y), start.mark, end.mark, bend) for bend in _BENDS]
        found[at] = min(zip(ways, _BENDS, strict=True), key=lambda pair: cost(*pair))[0]
    return [found[n] for n in range(len(joined))]


def _numbers(
    drawn: pd.DataFrame, own: pd.Series, ways: Sequence[shapely.LineString], widths: Sequence[float]
) -> list[labels.Label]:
    wanted = []
    for row in drawn[own].itertuples():
        extent = labels.extent(row.text, 9)
        candidates = labels.along(ways[row.Index], *extent, widths[row.Index] / 72)
        wanted.append(labels.Label(f"flow {row.Index}", row.text, 9, candidates, optional=True, plate=True))
    return wanted


def _placed(
    wanted: Sequence[labels.Label],
    stations: dict[str, nodes.Node],
    shapes: Sequence[flow_marks.Shape],
    ground: basemap.Frame,
    corner: shapely.Polygon,
) -> list[labels.Placed]:
    """A place for each label: a name beside the dot of another country would be read as that country's name."""
    dots = [node for node in stations.values() if not node.boxed]
    taken = [node.outline.buffer(0.0 if node.boxed else 0.01) for node in stations.values()]
    avoid = [(f"flow {at}", shape, 2.0) for at, (_, shape) in enumerate(shapes)]
    avoid += [(node.name, node.outline.buffer(0.05), 8.0) for node in dots]
    return labels.place(wanted, width=ground.width, height=ground.height, obstacles=[corner, *taken], avoid=avoid)


def _map_key(
    drawn: pd.DataFrame,
    own: pd.Series,
    breaks: Sequence[float],
    stations: dict[str, nodes.Node],
    places: pd.DataFrame,
    highlight: str | None,
) -> list[key.Entry]:
    listed = [
        key.line(text, style.MUTED, width) for text, width in zip(class_labels(breaks, True), WIDTHS, strict=False)
    ]
    shown = drawn[own]
    listed += key_of(set(shown["cover"]))
    if shown["text"].str.endswith("?").any():
        listed.append(key.Entry("?: may be under an accord that names not all its parties"))
    if not own.all():
        name = places.set_index("id")["name"].get(highlight, highlight)
        listed.append(key.line(f"not from or to {name}", _FAINT, _FAINT_WIDTH))
    if any(node.far for node in stations.values()):
        listed.append(key.patch("beyond the map, in the direction of the arrow", "white", style.MUTED))
    return listed


def _map_remarks(
    unwritten: Sequence, stations: dict[str, nodes.Node], others: pd.DataFrame, left_out, unit: str, width: float
) -> list[str]:
    """What the map does not show: numbers without room, the smaller pairs by cover, and what has no cover."""
    found = []
    if unwritten:
        lines = [f"{stations[r.origin].text} and {stations[r.destination].text}: {r.text}" for r in unwritten]
        found.append(f"Drawn without a number for want of room: {'; '.join(lines)}.")
    if len(others):
        by_cover = [
            f"{look.words}, {len(rows)} ({_sum(rows)})"
            for cover, look in LOOKS.items()
            if len(rows := others[others["cover"] == cover])
        ]
        found.append(f"Not drawn, further pairs and their {unit}: {'; '.join(by_cover)}.")
    if left_out is not None and len(left_out):
        by_reason = [f"{reason}, {len(rows)} ({_sum(rows)})" for reason, rows in left_out.groupby("reason", sort=True)]
        found.append(f"Corridors that no agreement of two countries covers, and their {unit}: {'; '.join(by_reason)}.")
    return [line for text in found for line in style.wrap(text, width - 0.2, _NOTE)]


def _sum(rows: pd.DataFrame) -> str:
    return text_of(rows["low"].sum(), rows["high"].sum())
