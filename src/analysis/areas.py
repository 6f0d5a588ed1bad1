"""The three studies, the areas they compare, and their boundaries."""

from __future__ import annotations

import csv
import difflib
import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from analysis import catalog

# Loaded where tables and boundaries are asked for: ids and names need neither.
if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

# No path, command or query is ever built from an id that does not match this.
ID_PATTERN = re.compile(r"[A-Za-z][A-Za-z0-9_-]{1,19}")

# National figures of a study's own country, and the equal-area projection its maps are drawn in.
STUDIES = {
    "turkiye": ("Türkiye: child trafficking in nine provinces", "TUR", "+proj=laea +lat_0=39 +lon_0=35"),
    "west_africa": ("West Africa: 15 ECOWAS states as of 2021, and Mauritania", "", "+proj=laea +lat_0=13 +lon_0=-3"),
    "cabo_verde": ("Cabo Verde: ten islands", "CPV", "+proj=laea +lat_0=16 +lon_0=-24"),
}

# study -> (layer of study_areas.gpkg, the layer's id column); names there are misspelt, so joins go by code.
_LAYERS = {
    "turkiye": ("tr_adm1_clean", "iso_3166_2"),
    "west_africa": ("wa_adm0", "ADM0_A3"),
    "cabo_verde": ("cv_island", "island"),
}
_BACKGROUNDS = {
    "provinces": ("study_areas", "tr_adm1_clean", "iso_3166_2", "name_tr"),
    "municipalities": ("study_areas", "cv_mun", "ISO", "NAME_1"),
    "world": ("world", "w_s", "ADM0_A3", "NAME"),
}


class UnknownArea(ValueError):
    """There is no such area or study; the message lists the nearest ids that exist."""


_COLUMNS = ("area_id", "study", "name", "name_local", "level", "iso3", "pcode")


@dataclass(frozen=True)
class Area:
    """One area of a study, or a whole study (`level` is then "study" and `area_id` the study's id)."""

    area_id: str
    study: str
    name: str
    name_local: str
    level: str
    iso3: str
    pcode: str = ""

    @property
    def is_study(self) -> bool:
        return self.level == "study"

    @property
    def projection(self) -> str:
        """The equal-area projection of the study's maps, as a PROJ string."""
        return STUDIES[self.study][2]


def load(study: str | None = None) -> pd.DataFrame:
    """The table of areas.

    Parameters
    ----------
    study : ``turkiye``, ``west_africa`` or ``cabo_verde``; None for all three.

    Returns
    -------
    DataFrame, one row an area: area_id, study, name, name_local, level, parent_id, iso3, pcode, valid_from, valid_to.
    """
    table = catalog.load("areas")
    if study is None:
        return table
    _check(study, list(STUDIES), "study")
    return table[table["study"] == study].reset_index(drop=True)


def ids(study: str | None = None) -> list[str]:
    """The ids of all areas, or of one study's, in the order of the table of areas."""
    if study is not None:
        _check(study, list(STUDIES), "study")
    return [row["area_id"] for row in _rows() if study in (None, row["study"])]


@cache
def _rows() -> list[dict[str, str]]:
    with open(catalog.opened("areas"), encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def get(area_id: str, study: str | None = None) -> Area:
    """The area, or the whole study, with the id `area_id`.

    Parameters
    ----------
    area_id : an id of the table of areas (``TR-27``, ``SEN``, ``CPV-SAL``), or of a study (``west_africa``).
    study : needed only where an id belongs to two studies.

    Raises
    ------
    UnknownArea : no such id; the message lists the nearest ones.
    """
    _check(area_id, [*ids(study), *STUDIES], "area")
    if area_id in STUDIES:
        title, iso3, _ = STUDIES[area_id]
        name = title.split(":")[0]
        return Area(area_id, area_id, name, name, "study", iso3)
    row = next(row for row in _rows() if row["area_id"] == area_id and study in (None, row["study"]))
    return Area(**{column: row[column] for column in _COLUMNS})


def boundaries(study: str) -> gpd.GeoDataFrame:
    """Boundaries of a study's areas: area_id, name, geometry (EPSG:4326), in the order of the table of areas."""
    import geopandas as gpd

    table = load(study)
    layer, key = _LAYERS[study]
    shapes = catalog.layer("study_areas", layer).rename(columns={key: "key"})[["key", "geometry"]]
    keys = table["name_local"] if study == "cabo_verde" else table["area_id"]
    joined = gpd.GeoDataFrame(
        table[["area_id", "name"]].assign(key=keys).merge(shapes, on="key", how="left", validate="1:1"), crs=shapes.crs
    )
    return joined.drop(columns="key")


def background(name: str) -> gpd.GeoDataFrame:
    """A layer to draw beneath: "provinces" (81), "municipalities" (22) or "world".

    Returns
    -------
    GeoDataFrame: area_id, name, geometry (EPSG:4326).
    """
    file, layer, key, label = _BACKGROUNDS[name]
    shapes = catalog.layer(file, layer).rename(columns={key: "area_id", label: "label"})
    shapes = shapes[["area_id", "label", "geometry"]].rename(columns={"label": "name"})
    if name == "world":
        # The file's own names are garbled in places.
        shapes["name"] = [_country_name(*row) for row in zip(shapes["area_id"], shapes["name"], strict=True)]
    return shapes


def _country_name(iso3: str, otherwise: str) -> str:
    import pycountry

    country = pycountry.countries.get(alpha_3=iso3)
    return getattr(country, "common_name", country.name) if country else otherwise


def _check(name: str, known: list[str], what: str) -> None:
    if isinstance(name, str) and ID_PATTERN.fullmatch(name) and name in known:
        return
    shown = re.sub(r"[^\w./ -]", "?", str(name))[:40]
    folded = {entry.casefold(): entry for entry in known}
    near = [folded[match] for match in difflib.get_close_matches(shown.casefold(), list(folded), n=5, cutoff=0.4)]
    raise UnknownArea(f"There is no {what} '{shown}'. The nearest are: {', '.join(near or known[:5])}.")
