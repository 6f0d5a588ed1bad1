"""A part of a figure that is measured in inches: what needs no scale is drawn without axes, which cost more to make."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.artist import Artist
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Text
from matplotlib.transforms import Bbox, BboxTransformFrom, BboxTransformTo, Transform, TransformedBbox


@dataclass(frozen=True)
class Canvas:
    """A rectangle of a figure; (0, 0) is its lower left corner. `inches` turns its inches into pixels."""

    figure: Figure
    width: float
    height: float
    inches: Transform
    edge: TransformedBbox

    def add(self, artist: Artist) -> None:
        """Draw a shape or line given in inches; what lies beyond the edge is cut off, unless its `clip_on` is False."""
        artist.set_transform(self.inches)
        artist.set_clip_box(self.edge)
        self.figure.add_artist(artist)

    def plot(self, x: Sequence[float], y: Sequence[float], **rules) -> None:
        """Draw a line or markers."""
        self.add(Line2D(x, y, **rules))

    def text(self, x: float, y: float, words: str, **rules) -> Text:
        """Write; a text may leave the rectangle."""
        return self.figure.text(x, y, words, transform=self.inches, **rules)


def canvas_at(figure: Figure, left: float, bottom: float, width: float, height: float) -> Canvas:
    """The canvas in a rectangle of a figure; all in inches."""
    across, up = figure.get_size_inches()
    # In shares of the figure, as axes are placed: both then round alike to the next pixel.
    share = Bbox.from_bounds(left / across, bottom / up, width / across, height / up)
    on_page = BboxTransformTo(TransformedBbox(share, figure.transFigure))
    inches = BboxTransformFrom(Bbox.from_bounds(0, 0, width, height)) + on_page
    return Canvas(figure, width, height, inches, TransformedBbox(Bbox.unit(), on_page))
