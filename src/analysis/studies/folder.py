"""What the folder of a new study says to people: a README, a mapping for lists that may come, and what to do next.

The tables of a new study as the catalogue reads them, and the catalogue that lists them.

A map on which a person sees, before anything is written, that names and ids lie on the right shapes.

The folder of a study in ``data/raw``: written with its catalogue last, so that it is there whole or not at all.
"""

from __future__ import annotations

import io
import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pandera.errors
import pyogrio
import yaml

from analysis import areas, plots
from analysis.batch.products import digest, write_whole
from analysis.catalog import CATALOGUE, RAW, shown
from analysis.schemas import SCHEMAS
from analysis.spreadsheets import runs
from analysis.studies.answers import Source, StudyError, known_elsewhere, refuse
from analysis.studies.area_names import country_in
from analysis.studies.declared import INVENTED, Declared

# Lists of persons may come to lie in the folder, as in those of the other studies.
IGNORED = """\
# Lists of persons may come to lie here: nothing in this folder enters version control by itself.
# To share the study's own tables, name them: git add -f data/raw/{study}/areas.csv ...
*
"""
MAPPING = "cases.mapping.yml.draft"


def readme(study: Declared, found: Sequence[Entry]) -> str:
    """A page on what lies in the folder, where it is from, and what is not known."""
    mark = ["", f"**The counts are SYNTHETIC.** {INVENTED}"] if study.is_synthetic else []
    known, unknown = study.counts.table, study.counts.unknown
    lines = [
        f"# {study.title}",
        *mark,
        "",
        "| file | what | source | licence |",
        "|---|---|---|---|",
        *(f"| `{entry.file}` | {entry.title} | {_source(entry)} | {_licence(entry)} |" for entry in found),
        f"| `{MAPPING}` | a mapping to begin with, for a list of case records | | |",
        "",
        f"- Areas: {len(study.areas)}, each a {study.level}. Maps are drawn in `{study.projection}`.",
        f"- Counts: {len(known)} figures, {study.limits[:1].lower()}{study.limits[1:]}",
        *([f"- Not known, and so without a row: {_dated(study, unknown)}."] if unknown else []),
        *(
            f"- No row of the table names {name}: nothing is known of it."
            for name in _names(study, study.counts.absent)
        ),
        *(f"- {remark}" for remark in study.remarks),
        "",
        "Written by `python -m analysis new-study`; written again with `--again`. A file that is changed by hand is",
        "refused until its digest in `catalog.yml` is changed as well.",
    ]
    return "\n".join(lines) + "\n"


def mapping(study: Declared) -> str:
    """A mapping to be completed when a list of case records arrives; `draft FILE` writes one that fits the file."""
    other = [area for area in study.areas if area.name_local != area.name]
    places = ", ".join(f'"{area.name_local}": {area.area_id}' for area in other)
    return "\n".join(
        [
            f"# A mapping for a list of case records of {study.study}, until one arrives. With a file at hand,",
            f"# `python -m analysis draft data/raw/{study.study}/FILE.xlsx` writes one that fits it.",
            'list: "?"                # decide: a short name, as police',
            "title:                   # decide: what the list is, for people",
            f"study: {study.study}",
            "kind: confidential",
            "publisher:               # decide: who keeps the list",
            "source:                  # decide: how the file came here",
            "date:                    # decide: day of the export, as 2024-01-31",
            "columns:",
            '  detected: {column: "?", format: dd.mm.yyyy}   # decide',
            '  sex: {column: "?", codes: {F: female, M: male}}   # decide',
            '  age: {column: "?"}   # decide',
            f'  area: {{column: "?"{f", places: {{{places}}}" if places else ""}}}   # decide: names of ISO are known',
            "",
        ]
    )


def said(study: Declared) -> list[str]:
    """What was understood, in lines for the terminal."""
    table, people = study.counts.table, study.population.table
    years, last = f"{table['date'].min()} to {table['date'].max()}", people["date"].max()
    covered = int((table["value_qualifier"] == "below_5").sum())
    lines = [
        f"{study.title}",
        f"  {len(study.areas)} areas, each a {study.level}: {study.areas[0].area_id} {study.areas[0].name} to "
        f"{study.areas[-1].area_id} {study.areas[-1].name}",
        f"  {len(table)} counts, {years}" + (", SYNTHETIC" if study.is_synthetic else "") + f": {study.words}",
        *([f"  {covered} of them below 5, and not said how many"] if covered else []),
        *([f"  not known: {_dated(study, study.counts.unknown)}"] if study.counts.unknown else []),
        *(f"  no row: {name}" for name in _names(study, study.counts.absent)),
        f"  {int(people.loc[people['date'] == last, 'low'].sum()):,} inhabitants, {last}",
        f"  maps in {study.projection}",
        *(f"  {remark}" for remark in study.remarks),
    ]
    return lines


def next_steps(study: Declared) -> list[str]:
    """Commands that lead on, and what to write into the notebooks."""
    first, name = study.areas[0].area_id, study.study
    command = "  .venv/bin/python -m analysis"
    steps = [
        "Look at the map: does each name lie on its shape? Then:",
        f"{command} run --area {first} --analysis incidence",
        f"{command} run --study {name}",
        f"{command} release",
        f'In a notebook, set area = "{first}" for one area, or area = "{name}" for all of them together.',
    ]
    if study.in_report:
        steps.append(
            f"The report on the pledge waits for its chapter: write pledge/chapters/en/{name}.md, and if you like a "
            f"brief, pledge/briefs/en/{name}.md."
        )
    return steps


def _source(entry: Entry) -> str:
    return entry.source.words if entry.source else "decided with `new-study`"


def _licence(entry: Entry) -> str:
    return entry.source.licence if entry.source else "CC BY 4.0"


def _names(study: Declared, area_ids: Sequence[str]) -> list[str]:
    return [area.name for area in study.areas if area.area_id in area_ids]


def _dated(study: Declared, cells: Sequence[tuple[str, str]]) -> str:
    """Areas with the years that are not known of each: "Oti (2015), Western North (2015, 2016)"."""
    named = {area.area_id: area.name for area in study.areas}
    years = {area_id: [when for other, when in cells if other == area_id] for area_id, _ in cells}
    return ", ".join(f"{named[area_id]} ({', '.join(sorted(dates))})" for area_id, dates in sorted(years.items()))


SYNTHETIC = "_SYNTHETIC"
# What the file of boundaries is called, its only layer, and the column in it that joins the table of areas.
BOUNDARIES, LAYER, KEY = "boundaries.gpkg", "areas", "area_id"


@dataclass(frozen=True)
class Entry:
    """One data set of the study: the end of its name, its file and content, its schema, title, source and kind."""

    name: str
    file: str
    content: bytes
    schema: str | None
    title: str
    source: Source | None
    kind: str = "public"
    cautions: tuple[str, ...] = ()


def entries(study: Declared, boundaries: bytes) -> list[Entry]:
    """The data sets of a study, in the order of its catalogue.

    Raises
    ------
    StudyError : a table breaks the rules that tables of its kind are checked by, or a cell would run in a spreadsheet.
    """
    name, synthetic = study.title.partition(":")[0].strip(), SYNTHETIC if study.is_synthetic else ""
    mark = " (SYNTHETIC)" if study.is_synthetic else ""
    invented = (INVENTED,) if study.is_synthetic else ()
    of_boundaries, of_counts, of_population = study.sources
    found = [
        Entry("study", "study.csv", _csv(_study(study, name)), "studies", f"The study {name}", None),
        Entry("areas", "areas.csv", _csv(_areas(study)), "areas", f"{name}: areas that are compared", None),
        Entry(
            "boundaries",
            BOUNDARIES,
            boundaries,
            None,
            f"{name}: boundaries of {len(study.areas)} areas",
            of_boundaries,
            cautions=("Boundaries are for orientation and express no opinion on the status of any territory.",),
        ),
        Entry(
            "counts",
            f"counts{synthetic}.csv",
            _csv(_counts(study)),
            "facts",
            f"{name}: {study.words[:1].lower()}{study.words[1:]}, by area and year{mark}",
            of_counts,
            study.kind,
            (*invented, study.limits),
        ),
        Entry(
            "population",
            "population.csv",
            _csv(_population(study)),
            "population",
            f"{name}: inhabitants by area",
            of_population,
        ),
        Entry("indicators", "indicators.csv", _csv(_indicators(study)), "indicators", f"{name}: what is counted", None),
        Entry("sources", "sources.csv", _csv(study.bibliography), "sources", f"{name}: bibliography", None),
    ]
    refuse([fault for entry in found for fault in _faults(entry)])
    elsewhere = known_elsewhere(study.study)
    refuse(
        [
            f"The source '{source_id}' stands in {elsewhere[source_id]} already: give it another id in yours."
            for source_id in study.bibliography["source_id"]
            if source_id in elsewhere
        ]
    )
    return found


def catalogue(study: Declared, found: list[Entry], date: str, others: dict[str, object]) -> bytes:
    """The catalogue of a study's folder; entries of `others`, such as lists that were accepted, stand behind."""
    listed = {f"{study.study}_{entry.name}": _listed(study, entry, date) for entry in found}
    head = f"# The study {study.study}, written by: python -m analysis new-study {study.study}\n"
    text = yaml.safe_dump({**listed, **others}, allow_unicode=True, sort_keys=False, width=110)
    return (head + text).encode()


def _listed(study: Declared, entry: Entry, date: str) -> dict[str, object]:
    ours = Source("", "Decided with python -m analysis new-study", "This project", "CC BY 4.0", "")
    source = entry.source or ours
    fields: dict[str, object] = {
        "file": entry.file,
        "title": entry.title,
        "kind": entry.kind,
        "study": study.study,
        "licence": source.licence,
        "publisher": source.publisher,
        "source": source.words,
        "date": date,
        "sha256": digest(entry.content),
    }
    return (
        fields
        | ({"schema": entry.schema} if entry.schema else {})
        | ({"cautions": list(entry.cautions)} if entry.cautions else {})
    )


def _study(study: Declared, name: str) -> pd.DataFrame:
    is_country = name == study.country
    names = {
        f"name_{language}": country_in(study.iso3, language) if is_country else "" for language in ("fr", "pt", "tr")
    }
    row = {
        "study": study.study,
        "name": name,
        **{column: text if text != name else "" for column, text in names.items()},
        "title": study.title,
        "iso3": study.iso3,
        "projection": study.projection,
        "boundaries": f"{study.study}_boundaries",
        "layer": LAYER,
        "key": KEY,
        "joined_on": "area_id",
        "background": "world",
        "in_report": study.in_report,
    }
    return pd.DataFrame([row])


def _areas(study: Declared) -> pd.DataFrame:
    rows = [
        {
            "area_id": area.area_id,
            "study": study.study,
            "name": area.name,
            "name_local": area.name_local,
            "level": study.level,
            "parent_id": study.iso3,
            "iso3": study.iso3,
            "pcode": "",
            "valid_from": "",
            "valid_to": "",
        }
        for area in study.areas
    ]
    return pd.DataFrame(rows)


def _counts(study: Declared) -> pd.DataFrame:
    table = study.counts.table.sort_values(["area_id", "date"], ignore_index=True)
    said = {"indicator": study.indicator, "unit": study.unit, "source_id": study.sources[1].source_id}
    return _figures(table, **said, note="SYNTHETIC" if study.is_synthetic else "")


def _population(study: Declared) -> pd.DataFrame:
    named = {area.area_id: area.name for area in study.areas}
    table = study.population.table.sort_values(["area_id", "date"], ignore_index=True)
    said = {"indicator": "population_total", "unit": "persons", "source_id": study.sources[2].source_id}
    found = _figures(table, **said, note="")
    found.insert(1, "name", found["area_id"].map(named))
    found.insert(2, "level", study.level)
    return found


def _figures(table: pd.DataFrame, indicator: str, unit: str, source_id: str, note: str) -> pd.DataFrame:
    """Figures as received in the columns of a table of facts."""
    return pd.DataFrame(
        {
            **{name: table[name] for name in ("area_id", "date", "date_low", "date_high", "date_precision")},
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
            "note": note,
        }
    )


def _indicators(study: Declared) -> pd.DataFrame:
    row = {
        "study": study.study,
        "indicator": study.indicator,
        "words": study.words,
        "counts": study.unit,
        "compared": True,
        "over_time": True,
        "limits": study.limits,
    }
    return pd.DataFrame([row])


def _csv(table: pd.DataFrame) -> bytes:
    return table.to_csv(index=False, lineterminator="\n").encode()


def _faults(entry: Entry) -> list[str]:
    """What the catalogue would refuse of a table, and cells that a spreadsheet would take for a formula."""
    if entry.schema is None:
        return []
    rules = SCHEMAS[entry.schema]
    texts = [name for name, rule in rules.columns.items() if str(rule.dtype).startswith(("str", "string"))]
    table = pd.read_csv(
        io.BytesIO(entry.content),
        dtype=dict.fromkeys(texts, str),
        keep_default_na=False,
        na_values={name: [""] for name in rules.columns if name not in texts},
    )
    faults = [
        f"{entry.file}, row {row + 2}, column '{name}': {text!r} would run as a formula in a spreadsheet. Write it "
        "with another sign at its beginning."
        for name in texts
        if name != "projection"
        for row, text in enumerate(table[name])
        if runs(text)
    ]
    try:
        rules.validate(table, lazy=True)
    except pandera.errors.SchemaErrors as errors:
        for case in errors.failure_cases.head(10).itertuples():
            row = f", row {int(case.index) + 2}" if pd.notna(case.index) else ""
            faults.append(
                f"{entry.file}{row}, column '{case.column}': {case.failure_case!r} breaks the rule {case.check}."
            )
    return faults


def preview(study: Declared) -> bytes:
    """A map of the areas as PNG: coloured by their inhabitants, each with its name and its id."""
    people = study.population.table.sort_values("date").drop_duplicates("area_id", keep="last")
    latest = sorted(set(people["date"]))
    shapes = plots.join_areas(study.shapes, people[["area_id"]].assign(inhabitants=people["low"].astype(float)))
    source = study.sources[2]
    figure = plots.choropleth(
        shapes.assign(label=shapes["name"] + "\n" + shapes["area_id"]),
        value="inhabitants",
        labels="label",
        title=f"{study.title.partition(':')[0]}: the {len(study.areas)} areas, with their ids",
        footer=plots.Footer(
            source=f"{source.publisher}; boundaries: {study.sources[0].publisher}",
            period=latest[0] if len(latest) == 1 else f"{latest[0]} to {latest[-1]}",
            n=f"{int(people['low'].sum()):,} inhabitants",
            limits="A draft, to see whether each name lies on its shape.",
        ),
        projection=study.projection,
        legend_label="Inhabitants",
        world=areas.background("world"),
    )
    return plots.png(figure)


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
