"""What is written on a figure: its texts, those beyond its edge, those that cover one another, and the smallest."""

from __future__ import annotations

import itertools

from matplotlib.artist import Artist
from matplotlib.figure import Figure
from matplotlib.text import Text


def texts(figure: Figure, gid: str | None = None) -> list[Text]:
    """The texts that are seen, or those of one kind; a watermark is none of them unless it is asked for."""
    figure.draw_without_rendering()
    left: list[Artist] = [figure]
    found = []
    while left:
        artist = left.pop()
        if artist.get_visible():
            found += [artist] if isinstance(artist, Text) and artist.get_text().strip() else []
            left += reversed(artist.get_children())
    if gid is None:
        return [text for text in found if text.get_gid() != "watermark"]
    return [text for text in found if text.get_gid() == gid]


def words(figure: Figure) -> str:
    """All that is written, in one line."""
    return " ".join(" ".join(text.get_text() for text in texts(figure)).split())


def faults(figure: Figure) -> list[str | tuple[str, str]]:
    """Texts beyond the edge of a figure, and pairs of texts that cover one another."""
    renderer = figure.canvas.get_renderer()  # type: ignore[attr-defined]
    boxes = [(text.get_text(), Text.get_window_extent(text, renderer)) for text in texts(figure)]
    width, height = figure.bbox.width, figure.bbox.height
    beyond = [text for text, a in boxes if a.x0 < -1 or a.y0 < -1 or a.x1 > width + 1 or a.y1 > height + 1]
    return beyond + [
        (one, two)
        for (one, a), (two, b) in itertools.combinations(boxes, 2)
        # Two pixels: boxes are measured with the empty room above small letters.
        if min(a.x1, b.x1) - max(a.x0, b.x0) > 2 and min(a.y1, b.y1) - max(a.y0, b.y0) > 2
    ]


def smallest(figure: Figure) -> float:
    """Points of the smallest text."""
    return min(text.get_size() for text in texts(figure))
