"""What the released tables are, for machines: a Frictionless Data Package for each study, with HXL hashtags.

``reports/<study>/datapackage.json`` describes every CSV below its folder by the Data Package standard, version 2.0
(https://datapackage.org/standard/data-package/): title, digest, and of each column its type, its meaning and, where the
Humanitarian Exchange Language has one, its hashtag (HXL 1.1, https://hxlstandard.org/standard/1-1final/dictionary/).
The files themselves have no row of hashtags, which would break readers that do not know it: see `with_hashtags`.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from analysis import areas
from analysis.catalog import shown
from analysis.jobs import STAGED, released
from bounded.refusal import Refusal

NAME = "datapackage.json"
PROFILE = "https://datapackage.org/profiles/2.0/datapackage.json"
LICENCE = {
    "name": "CC-BY-4.0",
    "path": "https://creativecommons.org/licenses/by/4.0/",
    "title": "Creative Commons Attribution 4.0, for what the project has added; see LICENSE-DATA",
}
# What an area's id and name are tagged with, by the level of the areas of the study.
PLACES = {"country": "#country", "province": "#adm1"}
OTHER_PLACE = "#loc"
COUNTRY = re.compile(r"[A-Z]{3}")

Resource = dict[str, Any]


@cache
def columns() -> dict[str, dict[str, str]]:
    """What is known of columns by their names: name, hxl (a hashtag; ``place+code`` of places) and description."""
    text = resources.files("analysis.release").joinpath("columns.csv").read_text(encoding="utf-8")
    return {row["name"]: row for row in csv.DictReader(io.StringIO(text))}


def described(field: Mapping[str, str], places: str) -> dict[str, str]:
    """A column as a field of Table Schema: name, type, title, description, and its hashtag as `hxl`.

    A column of which no line of ``columns.csv`` says what it means has its type alone.

    Parameters
    ----------
    places : the hashtag of the places that the table speaks of.
    """
    known = columns().get(field["name"])
    if known is None:
        return dict(field)
    hashtag = known["hxl"]
    if hashtag.startswith("place"):
        hashtag = hashtag.replace("place", places)
    return {**field, "description": known["description"], **({"hxl": hashtag} if hashtag else {})}


def _hashtag_of_places(content: bytes, study: str) -> str:
    """The hashtag of the places of a table: countries, or areas of the one level of a study; else any place."""
    rows = csv.DictReader(io.StringIO(content.decode()))
    ids = {row["area_id"] for row in rows if row["area_id"]} if "area_id" in (rows.fieldnames or ()) else set()
    if ids and all(COUNTRY.fullmatch(each) for each in ids):
        return PLACES["country"]
    levels = set(areas.load(study)["level"]) if study in areas.STUDIES else set()
    return PLACES.get(levels.pop(), OTHER_PLACE) if len(levels) == 1 else OTHER_PLACE


def resource(path: str, content: bytes, said: Mapping[str, Any], study: str) -> Resource:
    """One table as a Tabular Data Resource.

    Parameters
    ----------
    path : below the folder of the package.
    said : title, and fields as `typed_csv.fields` gives them.
    study : whose table it is; "" of one that is of several.
    """
    places = _hashtag_of_places(content, study)
    return {
        "name": path.removesuffix(".csv").replace("/", ".").lower(),
        "type": "table",
        "path": path,
        "title": said["title"],
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "bytes": len(content),
        "hash": f"sha256:{hashlib.sha256(content).hexdigest()}",
        "schema": {"fields": [described(field, places) for field in said["fields"]], "missingValues": [""]},
    }


def package(name: str, title: str, tables: Iterable[Resource], citation: Mapping[str, Any]) -> bytes:
    """The content of ``datapackage.json``, the same whenever it is made.

    Parameters
    ----------
    name : of the study, or of the report. tables : as `resource` makes them; one at least.
    citation : CITATION.cff as it is read.
    """
    found = sorted(tables, key=lambda each: each["path"])
    content = {
        "$schema": PROFILE,
        "name": name.lower(),
        "title": title,
        "description": f"{citation['title']}. Detected victims are not incidence: pages say what tables do not show.",
        "version": str(citation["version"]),
        "licenses": [LICENCE],
        "contributors": [
            {"title": each.get("name") or f"{each['given-names']} {each['family-names']}", "roles": ["author"]}
            for each in citation["authors"]
        ],
        "keywords": sorted(citation.get("keywords", ())),
        "resources": found,
    }
    return (json.dumps(content, ensure_ascii=False, indent=1) + "\n").encode()


def of_studies(
    said: Mapping[Path, Mapping[str, Any]],
    made: Mapping[Path, bytes],
    standing: Iterable[Path],
    citation: Mapping[str, Any],
) -> dict[Path, bytes]:
    """The packages of the studies, by where they are staged; of a study without a table there is none.

    Parameters
    ----------
    said : staged path of each table that goes -> its title and its fields.
    made : the content of those that are not written yet.
    standing : released files that stay from an earlier release; what that said of its tables stays as well.
    citation : CITATION.cff as it is read.
    """
    stay = {path for path in standing if path.suffix == ".csv"}
    packages = {}
    for study, whole in areas.STUDIES.items():
        folder = STAGED / "reports" / study
        tables = [
            resource(path.relative_to(folder).as_posix(), made.get(path) or path.read_bytes(), each, study)
            for path, each in said.items()
            if folder in path.parents
        ]
        tables += [each for each in _of_earlier(released(folder)) if released(folder) / each["path"] in stay]
        if tables:
            synthetic = "SYNTHETIC: " if whole.is_synthetic else ""
            packages[folder / NAME] = package(study, f"{synthetic}{whole.title}", tables, citation)
    return packages


def _of_earlier(folder: Path) -> list[Resource]:
    """What the package of an earlier release says of its tables; nothing where there is none."""
    try:
        return list(json.loads((folder / NAME).read_text(encoding="utf-8"))["resources"])
    except (FileNotFoundError, ValueError, KeyError):
        return []


def with_hashtags(path: Path) -> bytes:
    """A released CSV with a row of HXL hashtags below its header, for tools that read them.

    Parameters
    ----------
    path : of a CSV in the folder of a study, or below it: ``reports/west_africa/SEN/incidence_detected_by_year.csv``.

    Raises
    ------
    Refusal : no package above the file describes it.
    """
    for folder in path.parents:
        for each in _of_earlier(folder):
            if folder / each["path"] == path:
                head, _, rows = path.read_bytes().partition(b"\n")
                tags = ",".join(field.get("hxl", "") for field in each["schema"]["fields"])
                return b"\n".join([head, tags.encode(), rows])
    raise Refusal(
        "not_described", f"{shown(path)}: no {NAME} in a folder above it describes this file; a release makes one."
    )
