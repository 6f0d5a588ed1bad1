"""Where the ends of a route are drawn: a point inside each country, an agreed position for each region name."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import pandas as pd

from analysis.refusal import Refusal

# Loaded by whoever has a layer of countries.
if TYPE_CHECKING:
    import geopandas as gpd

# Drawing positions, not data: chosen beside the points of countries so that labels do not collide. Longitude, latitude.
# "neighbouring countries" and "unknown" have none: they are nowhere in particular.
REGION_ANCHORS: dict[str, tuple[float, float]] = {
    "Africa": (24.0, 12.0),
    "Asia": (95.0, 36.0),
    "Central Africa": (18.0, 3.0),
    "Central Asia": (66.0, 45.0),
    "ECOWAS": (1.5, 2.0),
    "Eastern Europe": (27.0, 50.0),
    "Europe": (5.0, 56.0),
    "Former Soviet Union": (48.0, 52.0),
    "Gulf States": (52.5, 27.0),
    "Maghreb": (-1.0, 33.5),
    "Middle East": (46.0, 32.0),
    "North Africa": (10.0, 31.0),
    "South Asia": (75.0, 13.0),
    "West Africa": (-4.5, 2.5),
    "Western Europe": (-7.0, 46.5),
}

# ISO 3166 code -> the code of Natural Earth's ADM0_A3, where the two differ.
_ADM0_A3 = {"ALA": "ALD", "ESH": "SAH", "PSE": "PSX", "SSD": "SDS", "XKX": "KOS"}

# Cylindrical equal-area (EASE-Grid 2.0): parts of a country are compared by their true area, anywhere on the globe.
_EQUAL_AREA = "EPSG:6933"


def places(world_layer: gpd.GeoDataFrame, ids: Iterable[str]) -> pd.DataFrame:
    """A point to draw each country at: inside its largest part, which is the mainland where there is one.

    Parameters
    ----------
    world_layer : area_id (ISO 3166 alpha-3, or Natural Earth's ADM0_A3 where that differs), name, geometry (any
        projection that is stated).
    ids : ends of routes, in any order, repeated or not. Names of regions are left out: see ``REGION_ANCHORS``.

    Returns
    -------
    DataFrame, one row a country, ordered by id: id, name, lon, lat (degrees, EPSG:4326), level ("country").

    Raises
    ------
    ValueError : the layer has no projection, or an id that looks like a country code has no shape in it.
    """
    if world_layer.crs is None:
        raise Refusal(
            "missing_projection",
            "The layer of countries states no projection, so no point can be placed. Set its crs first.",
        )
    codes = sorted({code for code in ids if isinstance(code, str) and len(code) == 3 and code.isupper()})
    known = set(world_layer["area_id"])
    keys = {code: code if code in known else _ADM0_A3.get(code, code) for code in codes}
    lost = [code for code, key in keys.items() if key not in known]
    if lost:
        raise Refusal(
            "unknown_area",
            f"The layer of countries has no shape for {', '.join(lost)}. Correct the code or use a layer that has it.",
        )

    wanted = world_layer[world_layer["area_id"].isin(list(keys.values()))]
    parts = wanted[["area_id", "name", "geometry"]].to_crs(_EQUAL_AREA).explode(index_parts=False, ignore_index=True)
    largest = parts.assign(size=parts.area).sort_values("size").drop_duplicates("area_id", keep="last")
    points = largest.assign(geometry=largest.representative_point()).set_geometry("geometry").to_crs("EPSG:4326")
    found = pd.DataFrame(
        {"area_id": points["area_id"], "name": points["name"], "lon": points.geometry.x, "lat": points.geometry.y}
    )
    table = pd.DataFrame({"id": list(keys), "area_id": list(keys.values())}, dtype="str").merge(
        found, on="area_id", how="left"
    )
    return table.assign(level="country")[["id", "name", "lon", "lat", "level"]]
