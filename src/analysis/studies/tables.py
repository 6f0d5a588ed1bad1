"""The tables of a new study as the catalogue reads them, and the catalogue that lists them."""

from __future__ import annotations

import io
from dataclasses import dataclass

import pandas as pd
import pandera.errors
import yaml

from analysis.batch.products import digest
from analysis.schemas import SCHEMAS
from analysis.spreadsheets import runs
from analysis.studies.area_names import country_in
from analysis.studies.declared import INVENTED, Declared
from analysis.studies.fault import refuse
from analysis.studies.sources import Source, known_elsewhere

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
    return _figures(table, **said, note="SYNTHETIC, invented" if study.is_synthetic else "")


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
