"""Boundaries of a new study as received: which layer and columns are meant, and shapes that a map can draw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyogrio
import shapely
from pyogrio.errors import DataLayerError, DataSourceError

from analysis.catalog import shown
from analysis.studies.answers import StudyError, refuse
from analysis.studies.area_names import ISO_CODE

FORMATS = (".gpkg", ".geojson", ".json", ".shp", ".fgb")
# Maps are drawn as lines of text in pages: outlines of more points than this are drawn with fewer.
POINTS = 12_000
# Metres of Visvalingam and Whyatt's rule, tried one after the other until a coverage has few enough points.
_TOLERANCES = (100, 200, 400, 800, 1_600, 3_200, 6_400)


@dataclass(frozen=True)
class Shapes:
    """The shapes of a layer.

    Parameters
    ----------
    layer, key, names : the layer, and its columns of keys and of names.
    table : key, name, geometry (EPSG:4326; polygons), one row an area, in the order of the keys.
    remarks : sentences on what was done to the shapes.
    """

    layer: str
    key: str
    names: str
    table: gpd.GeoDataFrame
    remarks: tuple[str, ...] = field(default=())


def layers(path: Path) -> list[str]:
    """The layers of a file of boundaries that hold polygons.

    Raises
    ------
    StudyError : it is not there, of a format that is not read, damaged, or has no such layer.
    """
    if not path.is_file():
        raise StudyError("missing_file", f"{shown(path)} is not there.")
    if path.suffix.lower() not in FORMATS:
        raise StudyError(
            "unsupported",
            f"{shown(path)}: boundaries are read from files that end in {', '.join(FORMATS)}. Unpack an archive first.",
        )
    try:
        listed = pyogrio.list_layers(path)
    except (DataSourceError, DataLayerError):
        raise StudyError(
            "unreadable_file", f"{shown(path)} is not a file of boundaries, or is damaged. Ask for it again."
        ) from None
    found = [str(name) for name, kind in listed if kind is None or "Polygon" in str(kind) or kind == "Unknown"]
    if not found:
        raise StudyError(
            "no_polygons", f"{shown(path)} has no layer of polygons: points and lines are no boundaries of areas."
        )
    return found


def columns(path: Path, layer: str) -> dict[str, list[str]]:
    """The columns of a layer that tell its shapes apart, with the texts in them: filled everywhere, and never twice."""
    table = _read(path, layer).drop(columns="geometry")
    texts = {str(name): [_text(value) for value in table[name]] for name in table}
    return {name: values for name, values in texts.items() if all(values) and len(set(values)) == len(values)}


def guessed(columns: dict[str, list[str]]) -> tuple[str, str]:
    """The likely columns of keys and of names; "" where no column looks like one.

    A key is an ISO 3166-2 code, or else the first column whose texts are single words; a name has letters.
    """
    coded = [name for name, values in columns.items() if all(map(ISO_CODE.fullmatch, values))]
    plain = [name for name, values in columns.items() if not any(set(" .") & set(value) for value in values)]
    worded = [name for name, values in columns.items() if all(_has_word(value) for value in values)]
    names = sorted(worded, key=lambda name: ("name" not in name.lower(), -sum(map(len, columns[name]))))
    return next(iter([*coded, *plain, *names]), ""), next(iter(names), "")


def read(path: Path, layer: str, key: str, names: str) -> Shapes:
    """Shapes of a layer, fixed where a shape crosses itself, and simplified as a coverage where they have many points.

    Raises
    ------
    StudyError : a column is not there, a cell of it is empty or stands twice, or a shape is none.
    """
    table = _read(path, layer)
    absent = [name for name in (key, names) if name not in table]
    if absent:
        raise StudyError(
            "unknown_column",
            f"{shown(path)}: the layer '{layer}' has no column '{absent[0]}'. Its columns are "
            f"{', '.join(str(name) for name in table if name != 'geometry')}.",
        )
    texts = {name: [_text(value) for value in table[name]] for name in (key, names)}
    refuse([*_faults_of_texts(path, texts), *_faults_of_shapes(path, table, texts[names])])
    fixed, remarks = _fixed(table.geometry.to_numpy(), texts[names])
    drawn, said = _simplified(gpd.GeoSeries(fixed, crs=4326))
    found = gpd.GeoDataFrame({"key": texts[key], "name": texts[names]}, geometry=drawn, crs=4326)
    found = found.sort_values("key", ignore_index=True)
    return Shapes(layer, key, names, found, (*remarks, *said))


def projection(shapes: gpd.GeoDataFrame) -> str:
    """Lambert's azimuthal equal-area projection centred on shapes (EPSG:4326), in half degrees, as a PROJ string.

    Raises
    ------
    StudyError : the areas reach so far around the world that no such map of them is readable.
    """
    west, south, east, north = shapes.total_bounds
    if east - west > 120:
        raise StudyError(
            "extent_too_wide",
            f"The areas reach from {west:.0f} to {east:.0f} degrees of longitude, further than one equal-area map can "
            "show. If they cross the date line, shift those in the west by 360 degrees; else make two studies.",
        )
    middle = [round(low + high) / 2 for low, high in ((south, north), (west, east))]
    return f"+proj=laea +lat_0={middle[0]:g} +lon_0={middle[1]:g}"


def _read(path: Path, layer: str) -> gpd.GeoDataFrame:
    if layer not in layers(path):
        raise StudyError(
            "unknown_layer",
            f"{shown(path)} has no layer '{layer}'. Its layers of polygons are {', '.join(layers(path))}.",
        )
    table = gpd.read_file(path, layer=layer)
    if table.empty:
        raise StudyError("empty", f"{shown(path)}: the layer '{layer}' is empty.")
    if table.crs is None:
        raise StudyError(
            "missing_crs",
            f"{shown(path)} does not say in which coordinates it is written. Ask for the .prj file that belongs to it, "
            "or for a GeoPackage.",
        )
    return table.to_crs(4326)


def _text(value: object) -> str:
    return "" if value is None or value != value else str(value).strip()


def _has_word(text: str) -> bool:
    return sum(letter.isalpha() for letter in text) >= 3 and not ISO_CODE.fullmatch(text)


def _faults_of_texts(path: Path, texts: dict[str, list[str]]) -> list[str]:
    faults = []
    for name, values in texts.items():
        for number, value in enumerate(values, 1):
            where = f"{shown(path)}, shape {number}, column '{name}'"
            if not value:
                faults.append(f"{where}: this is empty. Every area needs one.")
            elif values.index(value) < number - 1:
                faults.append(
                    f"{where}: '{value}' stands at shape {values.index(value) + 1} already. One area is one "
                    "shape; join its parts, or name a column in which areas differ."
                )
    return faults


def _faults_of_shapes(path: Path, table: gpd.GeoDataFrame, names: Sequence[str]) -> list[str]:
    faults = []
    for number, (shape, name) in enumerate(zip(table.geometry, names, strict=True), 1):
        where = f"{shown(path)}, shape {number} ({name})"
        if shape is None or shape.is_empty:
            faults.append(f"{where}: it has no outline.")
        elif shape.geom_type not in ("Polygon", "MultiPolygon"):
            faults.append(f"{where}: it is a {shape.geom_type}, and areas are polygons.")
        elif not all(np.isfinite(shape.bounds)) or max(map(abs, shape.bounds[1::2])) > 90:
            faults.append(f"{where}: it does not lie on the earth. The file may name other coordinates than it has.")
    return faults


def _fixed(shapes: np.ndarray, names: Sequence[str]) -> tuple[np.ndarray, list[str]]:
    crossing = ~shapely.is_valid(shapes)
    fixed = shapes.copy()
    # What a fixed outline leaves of lines and points is no area.
    fixed[crossing] = [
        shapely.union_all([part for part in shapely.get_parts(shape) if shapely.get_dimensions(part) == 2])
        for shape in shapely.make_valid(shapes[crossing])
    ]
    said = [
        f"The outline of {name} crosses itself and was fixed."
        for name, is_so in zip(names, crossing, strict=True)
        if is_so
    ]
    return shapely.force_2d(fixed), said


def _simplified(shapes: gpd.GeoSeries) -> tuple[gpd.GeoSeries, list[str]]:
    """Outlines with few enough points to draw; neighbours keep one line between them."""
    points = int(shapely.get_num_coordinates(shapes.to_numpy()).sum())
    is_coverage = bool(shapely.coverage_is_valid(shapes.to_numpy()))
    said = [] if is_coverage else ["Neighbours do not share their lines exactly: thin gaps or overlaps may be seen."]
    if points <= POINTS:
        return shapes, said
    if not is_coverage:
        return shapes, [*said, f"The outlines have {points:,} points and were left as they are: pages may be slow."]
    centred = shapes.to_crs(projection(gpd.GeoDataFrame(geometry=shapes)))
    for metres in _TOLERANCES:
        fewer = shapely.coverage_simplify(centred.to_numpy(), metres)
        left = int(shapely.get_num_coordinates(fewer).sum())
        if left <= POINTS:
            break
    drawn = gpd.GeoSeries(fewer, crs=centred.crs).to_crs(4326)
    return drawn, [
        f"The outlines have {left:,} points instead of {points:,} (details below {metres} metres are left out)."
    ]
