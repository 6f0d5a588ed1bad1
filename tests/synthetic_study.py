"""A study that stands in no line of code, for tests: six synthetic districts with counts, and their catalogue."""

from __future__ import annotations

import hashlib
from pathlib import Path

import geopandas as gpd
import shapely
import yaml

STUDY, COUNTRY = "lakes", "UGA"
# Six squares side by side. Each has 100,000 inhabitants, so that a rate for each 100,000 is the count itself.
DISTRICTS = {"UGA-ALPHA": "Alpha", "UGA-BRAVO": "Bravo", "UGA-DELTA": "Delta", "UGA-ECHO": "Echo", "UGA-FOX": "Fox",
             "UGA-GOLF": "Golf"}  # fmt: skip
YEARS = range(2014, 2024)
PEOPLE = 100_000
# Doubles in ten years in the first district; the last but one has no figure of 2014, and the last is counted below 5.
FIRST = (40, 43, 47, 51, 55, 60, 64, 69, 74, 80)
HEADER = (
    "area_id,date,date_low,date_high,date_precision,date_inferred,indicator,value,low,high,unit,value_qualifier,"
    "provenance,figure_status,source_id,note"
)


def figure(area_id: str, year: int, value: str) -> str:
    low, high, how = (1, 4, "below_5") if value == "<5" else (value, value, "exact")
    day = f"{year},{year}-01-01,{year}-12-31,year,False"
    return f"{area_id},{day},victims_detected,{value},{low},{high},persons,{how},read,,LAKES_COUNTS,"


def counts() -> list[str]:
    rows = [figure("UGA-ALPHA", year, str(count)) for year, count in zip(YEARS, FIRST, strict=True)]
    for number, area_id in enumerate(["UGA-BRAVO", "UGA-DELTA", "UGA-ECHO"], 2):
        rows += [figure(area_id, year, str(10 * number + year % 3)) for year in YEARS]
    rows += [figure("UGA-FOX", year, "12") for year in YEARS if year > 2014]
    return rows + [figure("UGA-GOLF", year, "<5") for year in YEARS]


def population() -> list[str]:
    rows = ["area_id,name,level," + HEADER.removeprefix("area_id,")]
    for area_id, name in DISTRICTS.items():
        day = "2018-06-30,2018-06-30,2018-06-30,day,False"
        rows.append(f"{area_id},{name},district,{day},population_total,{PEOPLE},{PEOPLE},{PEOPLE},persons,exact,read,,"
                    "LAKES_PEOPLE,")  # fmt: skip
    return rows


def add_study(project: Path, kind: str = "synthetic", study: str = STUDY, with_counts: bool = True) -> Path:
    """Write the tables of a study and their catalogue, as a person would who has read how; returns the folder.

    A study without counts compares other districts: an area belongs to one study.
    """
    folder = project / "data/raw" / study
    folder.mkdir()
    districts = {area_id if with_counts else f"{area_id}2": name for area_id, name in DISTRICTS.items()}
    squares = [shapely.box(32 + number % 3, number // 3, 33 + number % 3, 1 + number // 3) for number in range(6)]
    shapes = gpd.GeoDataFrame({"code": list(districts)}, geometry=squares, crs=4326)
    shapes.to_file(folder / "boundaries.gpkg", layer="districts")
    texts = {
        "study": [
            "study,name,name_fr,name_pt,name_tr,title,iso3,projection,boundaries,layer,key,joined_on,background,in_report",
            f"{study},The Lakes,Les Lacs,,Göller,The Lakes: six districts,{COUNTRY},+proj=laea +lat_0=1 +lon_0=33,"
            f"{study}_boundaries,districts,code,area_id,world,False",
        ],
        "areas": [
            "area_id,study,name,name_local,level,parent_id,iso3,pcode,valid_from,valid_to",
            *(f"{each},{study},{name},{name},district,{COUNTRY},{COUNTRY},,," for each, name in districts.items()),
        ],
    }
    if with_counts:
        texts["population"] = population()
        texts["sources"] = [
            "source_id,title,publisher,original_publisher,read_as,year,url,licence,report,area_id,report_year",
            "LAKES_COUNTS,Counts for a test,A test,,original,2024,,none,,,",
            "LAKES_PEOPLE,Inhabitants for a test,Another test,,original,2019,,none,,,",
        ]
        texts["counts"] = [HEADER, *counts()]
        texts["indicators"] = [
            "study,indicator,words,counts,compared,over_time,limits",
            f"{study},victims_detected,Victims detected,persons,True,True,Not those whom nobody found.",
        ]
    schemas = {"study": "studies", "areas": "areas", "counts": "facts"}
    listed = {}
    for name, lines in {**texts, "boundaries": None}.items():
        file = folder / f"{name}.{'csv' if lines else 'gpkg'}"
        if lines:
            file.write_text("\n".join(lines) + "\n", encoding="utf-8")
        listed[f"{study}_{name}"] = {
            "file": file.name,
            "study": study,
            "title": f"The Lakes: {name}",
            "kind": kind if name == "counts" else "public",
            "licence": "none",
            "publisher": "A test",
            "source": "written by a test",
            "date": "2024-01-31",
            "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
            **({"schema": schemas.get(name, name)} if lines else {}),
        }
    (folder / "catalog.yml").write_text(yaml.safe_dump(listed, sort_keys=False), encoding="utf-8")
    return folder


def catalogue_anew(folder: Path, name: str) -> None:
    """Enter a table as it is now, as somebody does who has changed it and knows why."""
    listed = yaml.safe_load((folder / "catalog.yml").read_text(encoding="utf-8"))
    entry = listed[f"{folder.name}_{name}"]
    entry["sha256"] = hashlib.sha256((folder / entry["file"]).read_bytes()).hexdigest()
    (folder / "catalog.yml").write_text(yaml.safe_dump(listed, sort_keys=False), encoding="utf-8")
