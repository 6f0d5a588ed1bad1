"""Maps of the index: the areas of a study as inline SVG, coloured by one number, with a key.

A page that shows them needs no file beside it. What a number is, and where its classes begin, is said in
`templates/key_numbers.yml`.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

from analysis import areas, texts

if TYPE_CHECKING:
    import geopandas as gpd

TEXT = texts.of(__name__)
# Pixels.
WIDTH = 480
# How far a line of an area, and of what lies around, may be from where it is drawn: pixels.
_NEAR, _AROUND = 0.6, 1.2


@dataclass(frozen=True)
class Shown:
    """An area on a map.

    Parameters
    ----------
    address : of its page; empty where it has none.
    words : what the link is called. number : by which it is coloured; None where it is not known.
    """

    address: str
    words: str
    number: float | None = None


def classes_of(breaks: Sequence[float]) -> list[str]:
    """Names of the classes of a key, the lowest first, from where each but the first begins."""
    if not breaks:
        return []
    lower = TEXT["under"].format(end=f"{breaks[0]:g}")
    between = [TEXT["between"].format(begin=f"{a:g}", end=f"{b:g}") for a, b in pairwise(breaks)]
    return [lower, *between, TEXT["from"].format(begin=f"{breaks[-1]:g}")]


def area_map(study: str, shown: Mapping[str, Shown], title: str, breaks: Sequence[float] = ()) -> Markup:
    """A map as inline SVG: an area that has a page is a link to it, and says its number when it is pointed at.

    Parameters
    ----------
    study : one of ``areas.STUDIES``. shown : by area_id. title : what the map is called.
    breaks : where classes of colour begin, but the lowest; without them all areas that have a page have one colour.
    """
    height, around, shapes = _outlines(study)
    parts = [f'<path class="around" d="{around}"/>']
    for area_id, name, outline in shapes:
        each = shown.get(area_id, Shown("", name))
        colour = f' class="{_colour(each.number, breaks)}"' if breaks else ""
        path = f'<path{colour} d="{outline}"><title>{escape(each.words)}</title></path>'
        if each.address:
            path = f'<a href="{escape(each.address)}" aria-label="{escape(each.words)}">{path}</a>'
        else:
            path = f"<g>{path}</g>"
        parts.append(path)
    spoken = f'role="group" aria-label="{escape(title)}"'
    return Markup(f'<svg viewBox="0 0 {WIDTH} {height}" {spoken}>{"".join(parts)}</svg>')


def _colour(number: float | None, breaks: Sequence[float]) -> str:
    """The class of the style that has the colour of a number."""
    return "unknown" if number is None else f"c{bisect_right(breaks, number)}"


@cache
def _outlines(study: str) -> tuple[int, str, tuple[tuple[str, str, str], ...]]:
    """The height of the map, what lies around as path data, and id, name and path data of each area."""
    projection = areas.STUDIES[study].projection
    shapes = areas.boundaries(study).to_crs(projection)
    left, bottom, right, top = shapes.total_bounds
    margin = 0.04 * (right - left)
    frame = (left - margin, bottom - margin, right + margin, top + margin)
    scale = WIDTH / (frame[2] - frame[0])
    height = round((frame[3] - frame[1]) * scale)
    around = areas.surroundings(study).to_crs(projection).cx[frame[0] : frame[2], frame[1] : frame[3]]
    outlines = tuple(
        (area_id, name, _path(shapes[at : at + 1], frame, scale, _NEAR))
        for at, (area_id, name) in enumerate(zip(shapes["area_id"], shapes["name"], strict=True))
    )
    return height, _path(around, frame, scale, _AROUND), outlines


def _path(shapes: gpd.GeoDataFrame, frame: tuple[float, ...], scale: float, near: float) -> str:
    """SVG path data of polygons, in pixels, simplified to `near` pixels."""
    commands = []
    for polygon in shapes.geometry.simplify(near / scale).explode().dropna():
        if polygon.is_empty:
            continue
        for ring in (polygon.exterior, *polygon.interiors):
            points = [f"{(x - frame[0]) * scale:.1f} {(frame[3] - y) * scale:.1f}" for x, y, *_ in ring.coords]
            commands.append("M" + "L".join(points) + "Z")
    return "".join(commands)
