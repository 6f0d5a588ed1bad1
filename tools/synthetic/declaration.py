"""What the synthetic studies are studies of: two countries that do not exist, with their areas, shapes and inhabitants.

Codes of countries are among those that ISO 3166-1 leaves to its users (XAA to XZZ, XA to XZ). All shapes lie in the sea
at latitude and longitude 0.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass

import pandas as pd

STUDIES = ("demo_provinces", "demo_islands")
# The study's country, what one area is called, and its title.
HOME = {"demo_provinces": "XDP", "demo_islands": "XIC"}
LEVEL = {"demo_provinces": "province", "demo_islands": "island"}
# Nationalities of which findings say how many persons there are.
NATIONALITIES = {"demo_provinces": ("Mirania", "Arboria"), "demo_islands": ("Insulia", "Galenia", "Sorania")}
TITLE = {
    "demo_provinces": "Demonstration provinces: synthetic lists and a synthetic survey of children in nine provinces",
    "demo_islands": "Demonstration islands: synthetic lists of persons on ten islands",
}
# Inhabitants of the areas that are studied, in their order. Nobody lives on Onyx.
INHABITANTS: dict[str, dict[str, float]] = {
    "demo_provinces": {
        "XDP-LINDEN": 16_000_000.0,
        "XDP-HAZEL": 1_700_000.0,
        "XDP-FIG": 2_100_000.0,
        "XDP-PINE": 2_100_000.0,
        "XDP-WILLOW": 150_000.0,
        "XDP-ALDER": 2_300_000.0,
        "XDP-MAPLE": 4_400_000.0,
        "XDP-OAK": 2_300_000.0,
        "XDP-CEDAR": 3_100_000.0,
    },
    "demo_islands": {
        "XIC-PEARL": 37_000.0,
        "XIC-TOPAZ": 74_000.0,
        "XIC-ONYX": 0.0,
        "XIC-RUBY": 12_000.0,
        "XIC-JADE": 33_000.0,
        "XIC-AGATE": 13_000.0,
        "XIC-CORAL": 6_300.0,
        "XIC-OPAL": 270_000.0,
        "XIC-BERYL": 34_000.0,
        "XIC-AMBER": 5_600.0,
    },
}
# Persons displaced from the neighbouring country who live in each province; they are not among its inhabitants.
DISPLACED: dict[str, float] = {
    "XDP-LINDEN": 540_000.0,
    "XDP-HAZEL": 440_000.0,
    "XDP-FIG": 460_000.0,
    "XDP-PINE": 430_000.0,
    "XDP-WILLOW": 110_000.0,
    "XDP-ALDER": 260_000.0,
    "XDP-MAPLE": 150_000.0,
    "XDP-OAK": 120_000.0,
    "XDP-CEDAR": 180_000.0,
}
COUNTED_ON = "2021-12-31"
SOURCE_ID = {study: f"SYNTHETIC_{study.upper()}" for study in STUDIES}


@dataclass(frozen=True)
class Place:
    """A place that records of a study can name.

    Parameters
    ----------
    place_id : its id. name, name_local : in English, and in the language of the lists.
    level : of the study's areas, ``municipality`` or ``country``. area_id : what it is or lies in; "" abroad.
    code : a country's two letters. ring : corners as (longitude, latitude); none of a municipality and of the country.
    """

    place_id: str
    name: str
    name_local: str
    level: str
    area_id: str = ""
    code: str = ""
    ring: tuple[tuple[float, float], ...] = ()


def _hexagon(column: int, row: int) -> tuple[tuple[float, float], ...]:
    """A cell of a honeycomb of provinces, as wide as a degree of longitude."""
    x, y, radius = column + row % 2 / 2, row * math.sqrt(3) / 2, 1 / math.sqrt(3)
    return tuple(
        (round(x + radius * math.sin(turn * math.pi / 3), 4), round(y + radius * math.cos(turn * math.pi / 3), 4))
        for turn in (0, 1, 2, 3, 4, 5)
    )


def _island(x: float, y: float, radius: float) -> tuple[tuple[float, float], ...]:
    """An island with twelve capes and bays."""
    return tuple(
        (
            round(x + radius * (1 if turn % 2 else 0.8) * math.sin(turn * math.pi / 12), 4),
            round(y + radius * (1 if turn % 2 else 0.8) * math.cos(turn * math.pi / 12), 4),
        )
        for turn in range(24)
    )


def _box(west: float, south: float, east: float, north: float) -> tuple[tuple[float, float], ...]:
    return (west, south), (east, south), (east, north), (west, north)


def _province(name: str, name_local: str, column: int, row: int) -> Place:
    place_id = f"XDP-{name.upper()}"
    return Place(place_id, name, name_local, "province", place_id, ring=_hexagon(column, row))


def _isle(name: str, name_local: str, x: float, y: float, radius: float) -> Place:
    place_id = f"XIC-{name.upper()}"
    return Place(place_id, name, name_local, "island", place_id, ring=_island(x, y, radius))


def _part(island: str, end: str, name: str, name_local: str) -> Place:
    return Place(f"XIC-{island}{end}", name, name_local, "municipality", f"XIC-{island}")


PLACES: dict[str, tuple[Place, ...]] = {
    "demo_provinces": (
        _province("Linden", "Ihlamur", 0, 3),
        _province("Hazel", "Fındık", 2, 0),
        _province("Fig", "İncir", 3, 1),
        _province("Pine", "Çamlık", 4, 1),
        _province("Willow", "Söğüt", 3, 0),
        _province("Alder", "Kızılağaç", 2, 1),
        _province("Maple", "Akçaağaç", 0, 1),
        _province("Oak", "Meşe", 2, 2),
        _province("Cedar", "Sedir", 1, 2),
        _province("Birch", "Huş", 4, 2),
        _province("Elm", "Karaağaç", 4, 3),
        _province("Juniper", "Ardıç", 1, 1),
        _province("Olive", "Zeytin", 5, 1),
        _province("Poplar", "Kavak", 5, 2),
        Place("XDP", "Arboria", "Arborya", "country", code="XP"),
        Place("XDM", "Mirania", "Miranya", "country", code="XM", ring=_box(1.5, -2.6, 4.6, -0.7)),
        Place("XDK", "Kestria", "Kestrya", "country", code="XK", ring=_box(4.8, -2.6, 7.2, -0.7)),
        Place("XDJ", "Junia", "Junya", "country", code="XJ", ring=_box(6.6, -0.5, 8.6, 3.2)),
        Place("XDC", "Celania", "Celanya", "country", code="XC", ring=_box(8.8, -0.5, 11.0, 3.2)),
    ),
    "demo_islands": (
        _isle("Pearl", "Pérola", 0.0, 2.6, 0.24),
        _isle("Topaz", "Topázio", 0.5, 2.3, 0.18),
        _isle("Onyx", "Ónix", 0.9, 2.15, 0.1),
        _isle("Ruby", "Rubi", 1.3, 2.0, 0.2),
        _isle("Jade", "Jade", 2.7, 2.1, 0.2),
        _isle("Agate", "Ágata", 2.8, 1.4, 0.23),
        _isle("Coral", "Coral", 2.5, 0.7, 0.17),
        _isle("Opal", "Opalão", 1.9, 0.4, 0.3),
        _isle("Beryl", "Berilo", 1.1, 0.2, 0.22),
        _isle("Amber", "Âmbar", 0.6, 0.1, 0.1),
        _part("OPAL", "N", "Opal North", "Opalão Norte"),
        _part("OPAL", "S", "Opal South", "Opalão Sul"),
        _part("OPAL", "E", "Opal East", "Opalão Leste"),
        _part("PEARL", "N", "Pearl North", "Pérola Norte"),
        _part("PEARL", "S", "Pearl South", "Pérola Sul"),
        _part("BERYL", "N", "Beryl North", "Berilo Norte"),
        _part("BERYL", "S", "Beryl South", "Berilo Sul"),
        _part("RUBY", "N", "Ruby North", "Rubi Norte"),
        # Municipalities that are all of an island, and have its name.
        _part("JADE", "M", "Jade", "Jade"),
        _part("TOPAZ", "M", "Topaz", "Topázio"),
        Place("XIC", "Insulia", "Insúlia", "country", code="XI"),
        Place("XIG", "Galenia", "Galénia", "country", code="XG", ring=_box(5.0, -1.2, 6.4, 0.2)),
        Place("XIN", "Novia", "Nóvia", "country", code="XN", ring=_box(6.8, -1.2, 9.0, 0.2)),
        Place("XIS", "Sorania", "Sorânia", "country", code="XS", ring=_box(4.6, 0.6, 7.0, 2.2)),
    ),
}
# Namibia, whose two letters are also what programs write for a missing value.
_NAMIBIA = {"demo_provinces": "Namibya", "demo_islands": "Namíbia"}


def names(study: str) -> dict[str, str]:
    """The name of every place of a study in the language of its lists, by id."""
    return {place.place_id: place.name_local for place in PLACES[study]} | {"NAM": _NAMIBIA[study]}


def name(study: str) -> str:
    """What a study is called: its title before the colon."""
    return TITLE[study].partition(":")[0]


def parts(study: str) -> dict[str, tuple[tuple[str, str], ...]]:
    """The municipalities of each area that has some, as (id, name)."""
    found: dict[str, tuple[tuple[str, str], ...]] = {}
    for place in PLACES[study]:
        if place.level == "municipality":
            found[place.area_id] = (*found.get(place.area_id, ()), (place.place_id, place.name_local))
    return found


def files(study: str) -> dict[str, tuple[bytes, str | None, str]]:
    """The files that declare a study: name -> content, schema (none of the shapes), and title."""
    country = home(study)
    return {
        "study.csv": (_csv(_study(study)), "studies", "The study"),
        "areas.csv": (_csv(_areas(study)), "areas", f"The {LEVEL[study]}s that are studied"),
        "places.csv": (_csv(_places(study)), "places", "Further places that records can name"),
        "boundaries.geojson": (
            _shapes(study),
            None,
            f"Shapes of {country.name} and its neighbours, which do not exist",
        ),
        "population_SYNTHETIC.csv": (_csv(_population(study)), "population", "Inhabitants (SYNTHETIC)"),
        "sources.csv": (_csv(_sources(study)), "sources", "What its figures cite"),
    }


def home(study: str) -> Place:
    """The country of a study."""
    return next(place for place in PLACES[study] if place.place_id == HOME[study])


def _own(study: str) -> list[Place]:
    return [place for place in PLACES[study] if place.place_id in INHABITANTS[study]]


def _study(study: str) -> pd.DataFrame:
    row = {
        "study": study,
        "name": name(study),
        "name_fr": "",
        "name_pt": "",
        "name_tr": "",
        "title": TITLE[study],
        "iso3": HOME[study],
        "projection": "+proj=laea +lat_0=0 +lon_0=0",
        "boundaries": f"{study}_boundaries",
        "layer": "places",
        "key": "place_id",
        "joined_on": "area_id",
        "background": "own",
        "in_report": False,
        "nationalities": ";".join(NATIONALITIES[study]),
        "language": "",
    }
    return pd.DataFrame([row])


def _areas(study: str) -> pd.DataFrame:
    rows = [
        {
            "area_id": place.place_id,
            "study": study,
            "name": place.name,
            "name_local": place.name_local,
            "level": place.level,
            "parent_id": HOME[study],
            "iso3": HOME[study],
            "pcode": "",
            "valid_from": "",
            "valid_to": "",
        }
        for place in _own(study)
    ]
    return pd.DataFrame(rows)


def _places(study: str) -> pd.DataFrame:
    rows = [
        (study, place.place_id, place.name, place.name_local, place.level, place.area_id, place.code)
        for place in PLACES[study]
        if place.place_id not in INHABITANTS[study]
    ]
    return pd.DataFrame(rows, columns=["study", "place_id", "name", "name_local", "level", "area_id", "code"])


def _shapes(study: str) -> bytes:
    """All places with a ring as GeoJSON, one line each, in one layer."""
    lines = [
        json.dumps(
            {
                "type": "Feature",
                "properties": {"place_id": place.place_id, "name": place.name},
                "geometry": {"type": "Polygon", "coordinates": [[*place.ring, place.ring[0]]]},
            }
        )
        for place in PLACES[study]
        if place.ring
    ]
    head = '{"type": "FeatureCollection", "name": "places", "features": [\n'
    return (head + ",\n".join(lines) + "\n]}\n").encode()


def _population(study: str) -> pd.DataFrame:
    rows = [
        {
            "area_id": place.place_id,
            "name": place.name,
            "level": place.level,
            "date": COUNTED_ON,
            "date_low": COUNTED_ON,
            "date_high": COUNTED_ON,
            "date_precision": "day",
            "date_inferred": False,
            "indicator": "population_total",
            "value": f"{INHABITANTS[study][place.place_id]:.0f}",
            "low": f"{INHABITANTS[study][place.place_id]:.0f}",
            "high": f"{INHABITANTS[study][place.place_id]:.0f}",
            "unit": "persons",
            "value_qualifier": "exact",
            "provenance": "derived",
            "figure_status": "",
            "source_id": SOURCE_ID[study],
            "note": "SYNTHETIC",
        }
        for place in _own(study)
    ]
    return pd.DataFrame(rows)


def _sources(study: str) -> pd.DataFrame:
    row = {
        "source_id": SOURCE_ID[study],
        "title": "SYNTHETIC figures of a country that does not exist",
        "publisher": "This project",
        "original_publisher": "",
        "read_as": "derived",
        "year": COUNTED_ON[:4],
        "url": "",
        "licence": "CC BY 4.0",
        "report": "",
        "area_id": "",
        "report_year": "",
    }
    return pd.DataFrame([row])


def _csv(table: pd.DataFrame) -> bytes:
    """As a new study's tables are written: a projection begins with a plus, and is no formula."""
    return table.to_csv(index=False, lineterminator="\n").encode()
