"""The folder of a study in ``data/raw``: written with its catalogue last, so that it is there whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import geopandas as gpd
import pyogrio
import yaml

from analysis.batch.products import write_whole
from analysis.catalog import CATALOGUE, RAW, shown
from analysis.studies.declared import Declared
from analysis.studies.fault import StudyError
from analysis.studies.tables import BOUNDARIES, LAYER, catalogue, entries
from analysis.studies.texts import IGNORED, MAPPING, mapping, readme

# GeoPackages bear the moment of their writing; this one is written instead, so that the same study is the same bytes.
_MOMENT = "2000-01-01T00:00:00.000Z"


def content(study: Declared, date: str, drafts: dict[str, bytes], again: bool) -> dict[Path, bytes]:
    """The files of a study, the catalogue last.

    Parameters
    ----------
    date : the day that the catalogue says, YYYY-MM-DD.
    drafts : mappings of lists that were received, by file name.
    again : whether files of an earlier writing may be replaced; what else lies in the folder stays, and stays listed.

    Raises
    ------
    StudyError : a file is there already and may not be replaced.
    """
    folder = RAW / study.study
    found = entries(study, _geopackage(study))
    files = {
        ".gitignore": IGNORED.format(study=study.study).encode(),
        "README.md": readme(study, found).encode(),
        **(drafts or {MAPPING: mapping(study).encode()}),
        **{entry.file: entry.content for entry in found},
    }
    there = [name for name in (*files, CATALOGUE) if (folder / name).exists()]
    if there and not again:
        raise StudyError(
            "already_exists",
            f"{shown(folder / there[0])} is there already, and nothing was written. --again writes the study's tables "
            "again; lists of case records that were accepted stay.",
        )
    ours = {f"{study.study}_{entry.name}" for entry in found}
    before = folder / CATALOGUE
    listed = yaml.safe_load(before.read_text(encoding="utf-8")) or {} if before.exists() else {}
    others = {name: entry for name, entry in listed.items() if name not in ours}
    files[CATALOGUE] = catalogue(study, found, date, others)
    return {folder / name: written for name, written in files.items()}


def write(files: dict[Path, bytes]) -> None:
    """Write the files of a study in their order; what is new is taken away again if one of them cannot be written."""
    new = [path for path in files if not path.exists()]
    try:
        for path, written in files.items():
            write_whole(path, written)
    except BaseException:
        for path in new:
            path.unlink(missing_ok=True)
        raise


def _geopackage(study: Declared) -> bytes:
    """The shapes as a GeoPackage with one layer."""
    shapes = gpd.GeoDataFrame(study.shapes)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, BOUNDARIES)
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": _MOMENT})
        try:
            shapes.to_file(path, layer=LAYER, driver="GPKG")
        finally:
            pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})
        with open(path, "rb") as file:
            return file.read()
