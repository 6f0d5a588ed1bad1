"""A new study as a folder of ``data/raw``: its tables, its catalogue, and a map to see that names lie on their shapes.

The catalogue is written last, so that a study is there whole or not at all.
"""

from __future__ import annotations

import gettext
import tempfile
from pathlib import Path
from typing import Any

import pandas as pd
import pandera.errors
import pycountry
import pyogrio
import yaml

from analysis import areas, catalog, plots
from analysis.batch.products import digest
from analysis.catalog import CATALOGUE, RAW, shown
from analysis.file_writing import write_whole
from analysis.schemas import SCHEMAS, first_failure
from analysis.spreadsheets import runs
from analysis.studies.received import Figures, Study, StudyError, refuse

SYNTHETIC_NUMBERS = "Synthetic numbers. They say nothing about any real person, place or year."
ORIENTATION = "Boundaries are for orientation and express no opinion on the status of any territory."
# Lists of persons may come to lie in the folder, as in those of the other studies.
IGNORED = """\
# Lists of persons may come to lie here: nothing in this folder enters version control by itself.
# To share the study's own tables, name them: git add -f data/raw/{study}/areas.csv ...
*
"""
PROCESSED = catalog.ROOT / "data" / "processed"
COUNTS = {False: "counts.csv", True: "counts_SYNTHETIC.csv"}
# GeoPackages bear the moment of their writing; this one is written instead, so that the same study is the same bytes.
_MOMENT = "2000-01-01T00:00:00.000Z"
PREVIEW = "areas_preview.png"


def content(study: Study, again: bool) -> dict[Path, bytes]:
    """The files of a study, the catalogue last.

    Parameters
    ----------
    again : whether files of an earlier writing may be replaced; what else lies in the folder stays, and stays listed.

    Raises
    ------
    StudyError : a file is there already and may not be replaced, or a table breaks the rules of its kind.
    """
    folder, name = RAW / study.study, study.said["title"].partition(":")[0].strip()
    mark, words = (" (SYNTHETIC)" if study.is_synthetic else ""), study.said["words"]
    words = words[:1].lower() + words[1:]
    # What it is called, its file and schema, the field of study.yml that its source belongs to, and its title.
    listed = [
        ("study", "study.csv", "studies", "", f"The study {name}"),
        ("areas", "areas.csv", "areas", "", f"{name}: areas that are compared"),
        ("boundaries", "boundaries.gpkg", "", "boundaries", f"{name}: boundaries of {len(study.areas)} areas"),
        ("counts", COUNTS[study.is_synthetic], "facts", "counts", f"{name}: {words}, by area and year{mark}"),
        ("population", "population.csv", "population", "population", f"{name}: inhabitants by area"),
        ("indicators", "indicators.csv", "indicators", "", f"{name}: what is counted"),
        ("sources", "sources.csv", "sources", "", f"{name}: bibliography"),
    ]
    cautions = {
        "boundaries": [ORIENTATION],
        "counts": [*([SYNTHETIC_NUMBERS] if study.is_synthetic else []), study.said["limits"]],
    }
    if study.is_rehearsal:
        said = f"No real country: {study.said['iso3']} is a code that ISO 3166-1 leaves to its users."
        cautions = {part: [said, *cautions.get(part, [])] for part in ("areas", "boundaries", "counts", "population")}
    tables = _tables(study, name)
    refuse(
        [fault for each, file, schema, *_ in listed if schema for fault in _faults(file, schema, tables[each], study)]
    )
    written = {each: table.to_csv(index=False, lineterminator="\n").encode() for each, table in tables.items()}
    written["boundaries"] = _geopackage(study)
    files = {".gitignore": IGNORED.format(study=study.study).encode()}
    entries: dict[str, dict[str, Any]] = {}
    for each, file, schema, part, title in listed:
        files[file] = written[each]
        entries[f"{study.study}_{each}"] = {
            "file": file,
            "title": title,
            "kind": study.said["kind"] if each == "counts" else "public",
            "study": study.study,
            **_source(study, part),
            "date": study.said["date"],
            "sha256": digest(written[each]),
            **({"schema": schema} if schema else {}),
            **({"cautions": cautions[each]} if each in cautions else {}),
        }
    there = [file for file in (*files, CATALOGUE) if (folder / file).exists()]
    if there and not again:
        raise StudyError(
            "already_exists",
            f"{shown(folder / there[0])} is there already, and nothing was written. --again writes the study's tables "
            "again; lists of case records that were accepted stay.",
        )
    before = folder / CATALOGUE
    others = yaml.safe_load(before.read_text(encoding="utf-8")) or {} if before.exists() else {}
    text = yaml.safe_dump(
        entries | {each: entry for each, entry in others.items() if each not in entries},
        allow_unicode=True,
        sort_keys=False,
        width=110,
    )
    return {
        PROCESSED / study.study / PREVIEW: preview(study),
        **{folder / file: each for file, each in files.items()},
        folder / CATALOGUE: text.encode(),
    }


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


def understood(study: Study) -> list[str]:
    """Return what was understood, in lines for the terminal."""
    table, people, first, last = study.counts.table, study.population.table, study.areas.iloc[0], study.areas.iloc[-1]
    named = dict(zip(study.areas["area_id"], study.areas["name"], strict=True))
    covered, day = int((table["value_qualifier"] == "below_5").sum()), people["date"].max()
    blank = pd.DataFrame(list(study.counts.unknown), columns=["area_id", "date"]).sort_values(["area_id", "date"])
    unknown = [f"{named[str(each)]} ({', '.join(days)})" for each, days in blank.groupby("area_id")["date"]]
    silent = [name for each, name in named.items() if each not in {*table["area_id"], *blank["area_id"]}]
    mark = ", SYNTHETIC" if study.is_synthetic else ""
    return [
        study.said["title"],
        f"  {len(study.areas)} areas, each a {study.said['level']}: {first['area_id']} {first['name']} to "
        f"{last['area_id']} {last['name']}",
        f"  {len(table)} counts, {table['date'].min()} to {table['date'].max()}{mark}: {study.said['words']}",
        *([f"  {covered} of them below 5, and not said how many"] if covered else []),
        *([f"  not known: {', '.join(unknown)}"] if unknown else []),
        *(f"  no row: {name}" for name in silent),
        f"  {int(people.loc[people['date'] == day, 'low'].sum()):,} inhabitants, {day}",
        f"  maps in {study.projection}",
        *(f"  {remark}" for remark in study.remarks),
    ]


def next_steps(study: Study) -> str:
    """Commands that lead on, and what to write into the notebooks."""
    first, name, command = study.areas["area_id"].iloc[0], study.study, "  .venv/bin/python -m analysis"
    chapter = f"\nThe report waits for its chapter: write pledge/chapters/en/{name}.md."
    return (
        f"Look at the map: does each name lie on its shape? Then:\n{command} run --area {first} --analysis incidence\n"
        f"{command} run --study {name}\n{command} release\n"
        f'In a notebook, set area = "{first}" for one area, or area = "{name}" for all of them together.'
        + (chapter if study.said["in-report"] == "yes" else "")
    )


def preview(study: Study) -> bytes:
    """A map of the areas as PNG: coloured by their inhabitants, each with its name and its id."""
    people = study.population.table.sort_values("date", kind="stable").drop_duplicates("area_id", keep="last")
    latest = sorted(set(people["date"]))
    shapes = plots.join_areas(study.shapes, people[["area_id"]].assign(inhabitants=people["low"].astype(float)))
    publishers = [_source(study, part)["publisher"] for part in ("population", "boundaries")]
    figure = plots.choropleth(
        shapes.assign(label=shapes["name"] + "\n" + shapes["area_id"]),
        value="inhabitants",
        labels="label",
        title=f"{study.said['title'].partition(':')[0]}: the {len(study.areas)} areas, with their ids",
        footer=plots.Footer(
            source=f"{publishers[0]}; boundaries: {publishers[1]}",
            period=latest[0] if len(latest) == 1 else f"{latest[0]} to {latest[-1]}",
            n=f"{int(people['low'].sum()):,} inhabitants",
            limits="A draft, to see whether each name lies on its shape.",
        ),
        projection=study.projection,
        legend_label="Inhabitants",
        world=areas.background("world"),
    )
    return plots.png(figure)


def _source(study: Study, part: str) -> dict[str, str]:
    """The source of a data set as the catalogue states it; without a part, the study itself is its source."""
    if not part:
        return {"licence": "CC BY 4.0", "publisher": "This project", "source": "Decided in study.yml and areas.csv."}
    row = study.sources.set_index("source_id").loc[study.said[f"{part}-source"]]
    maker, publisher = row["original_publisher"], row["publisher"]
    return {
        "licence": row["licence"],
        "publisher": f"{maker}; read at {publisher}" if maker and maker != publisher else publisher,
        "source": f"{row['title']}. {row['url']}" if row["url"] else row["title"],
    }


def _tables(study: Study, name: str) -> dict[str, pd.DataFrame]:
    """The tables of a study as the catalogue reads them."""
    said, iso3, ids = study.said, study.said["iso3"], study.areas["area_id"]
    counts = _facts(study.counts, said["indicator"], said["unit"], said["counts-source"])
    counts["note"] = "SYNTHETIC" if study.is_synthetic else ""
    people = _facts(study.population, "population_total", "persons", said["population-source"])
    people.insert(1, "name", people["area_id"].map(dict(zip(ids, study.areas["name"], strict=True))))
    people.insert(2, "level", said["level"])
    names = {f"name_{language}": _translated(name, iso3, language) for language in ("fr", "pt", "tr")}
    row = {
        "study": study.study,
        "name": name,
        **names,
        "title": said["title"],
        "iso3": iso3,
        "projection": study.projection,
        "boundaries": f"{study.study}_boundaries",
        "layer": "areas",
        "key": "area_id",
        "joined_on": "area_id",
        "background": "world",
        "in_report": said["in-report"] == "yes",
    }
    indicator = {
        "study": study.study,
        "indicator": said["indicator"],
        "words": said["words"],
        "counts": said["unit"],
        "compared": True,
        "over_time": True,
        "limits": said["limits"],
    }
    listed = study.areas.drop(columns="key").assign(level=said["level"], parent_id=iso3, iso3=iso3)
    listed.insert(1, "study", study.study)
    return {
        "study": pd.DataFrame([row]),
        "areas": listed.assign(pcode="", valid_from="", valid_to=""),
        "counts": counts,
        "population": people,
        "indicators": pd.DataFrame([indicator]),
        "sources": study.sources,
    }


def _translated(name: str, iso3: str, language: str) -> str:
    """The name of a country in ``fr``, ``pt`` or ``tr``; empty where it is as in English, or `name` is no country's."""
    country = pycountry.countries.get(alpha_3=iso3)
    if country is None:
        return ""
    # The usual name ("Bolivia") before the official one; what is not translated comes back as it was.
    names = (getattr(country, "common_name", country.name), country.name)
    words = gettext.translation("iso3166-1", pycountry.LOCALES_DIR, languages=[language], fallback=True).gettext
    return next((words(each) for each in names if words(each) != each), "") if name == names[0] else ""


def _facts(received: Figures, indicator: str, unit: str, source_id: str) -> pd.DataFrame:
    """Figures as received in the columns of a table of facts."""
    table = received.table.sort_values(["area_id", "date"], ignore_index=True)
    is_year = table["date"].str.len() == 4
    return pd.DataFrame(
        {
            "area_id": table["area_id"],
            "date": table["date"],
            "date_low": (table["date"] + "-01-01").where(is_year, table["date"]),
            "date_high": (table["date"] + "-12-31").where(is_year, table["date"]),
            "date_precision": is_year.map({True: "year", False: "day"}),
            "date_inferred": False,
            "indicator": indicator,
            "value": table["value"],
            "low": table["low"],
            "high": table["high"],
            "unit": unit,
            "value_qualifier": table["value_qualifier"],
            "provenance": "read",
            "figure_status": "",
            "source_id": source_id,
            "note": "",
        }
    )


def _faults(file: str, schema: str, table: pd.DataFrame, study: Study) -> list[str]:
    """Faults for which the catalogue would refuse a table, and cells that a spreadsheet would take for a formula."""
    faults = [
        f"{file}, row {row + 2}, column '{name}': {text!r} would run as a formula in a spreadsheet: begin it otherwise."
        for name in table.columns.difference(["projection"])
        for row, text in enumerate(table[name])
        if isinstance(text, str) and runs(text)
    ]
    if schema == "sources":
        others = [entry for entry in catalog.of_schema("sources") if entry.study != study.said["study"]]
        taken = {each for entry in others for each in catalog.load(entry.name, counts_as_read=False)["source_id"]}
        known = sorted(taken & {*table["source_id"]})
        faults += [f"{file}: '{each}' is a source of the assessment already: give it another id." for each in known]
        table = table.assign(report_year=pd.to_numeric(table["report_year"], errors="coerce"))
    try:
        SCHEMAS[schema].validate(table, lazy=True)
    except pandera.errors.SchemaErrors as errors:
        faults.append(first_failure(file, errors.failure_cases))
    return faults


def _geopackage(study: Study) -> bytes:
    """The shapes as a GeoPackage with one layer."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "boundaries.gpkg"
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": _MOMENT})
        try:
            study.shapes.to_file(path, layer="areas", driver="GPKG")
        finally:
            pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})
        return path.read_bytes()
