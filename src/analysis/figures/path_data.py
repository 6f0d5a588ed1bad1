"""Shapes of a map as the path data of an SVG, small enough to be sent to a page."""

from __future__ import annotations

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from analysis.figures import basemap

PIXELS = 110  # an inch of a map that a page draws


def path_data(shape: BaseGeometry, ground: basemap.Frame) -> str:
    """Path data of polygons, in tenths of a pixel from the map's upper left corner.

    Simplified to half a pixel; what is smaller than a third of a pixel is left out.

    Parameters
    ----------
    shape : polygons in inches of the map.
    ground : the frame they were put on paper with.
    """
    commands = []
    for polygon in shapely.get_parts(shapely.simplify(shape, 0.5 / PIXELS)):
        if polygon.geom_type != "Polygon" or polygon.area * PIXELS**2 < 0.3:
            continue
        for ring in (polygon.exterior, *polygon.interiors):
            # Steps between rounded points: what is rounded does not add up.
            at = np.rint((np.asarray(ring.coords)[:-1, :2] * [1, -1] + [0, ground.height]) * 10 * PIXELS).astype(int)
            steps = np.diff(at, axis=0)
            steps = steps[steps.any(axis=1)]
            if len(steps) < 2:
                continue
            numbers = " ".join(f"{x} {y}" for x, y in steps).replace(" -", "-")
            commands.append(f"M{at[0, 0]} {at[0, 1]}l{numbers}z")
    return "".join(commands)
