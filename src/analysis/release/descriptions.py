"""Descriptions of released tables for machines: a GATHER checklist and a data package of each study.

``reports/<study>/datapackage.json`` describes every CSV below its folder by the Data Package standard, version 2.0
(https://datapackage.org/standard/data-package/): title, digest, and of each column its type, its meaning and, where the
Humanitarian Exchange Language has one, its hashtag (HXL 1.1, https://hxlstandard.org/standard/1-1final/dictionary/).
The files themselves have no row of hashtags, which would break readers that do not know it: see `with_hashtags`.

The checklist answers each of the 18 items of Stevens GA, Alkema L, Black RE, et al. (2016), Guidelines for Accurate and
Transparent Health Estimates Reporting: the GATHER statement, PLoS Medicine 13(6): e1002056 (also Lancet 388: e19-e23),
in short. The statement is on estimates of health; where it asks for health, trafficking in persons stands here. A
state follows from what is counted; where the project cannot answer, the row says so.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from analysis import areas, catalog, spreadsheets, texts
from analysis.batch.products import metadata
from analysis.batch.report import BASELINES
from analysis.catalog import ROOT, Dataset, shown
from analysis.findings import collected
from analysis.findings.measures import LEVEL
from analysis.indicators import DECLARATIONS
from analysis.jobs import STAGED, SYNTHETIC, Job, released
from analysis.recommendations import monitoring_frame
from bounded.intervals import percent
from bounded.refusal import Refusal

TEXT = texts.of(__name__)
PACKAGE, CHECKLIST = "datapackage.json", "gather"
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
    """Return what is known of columns by name: name, hxl (a hashtag; ``place+code`` of places) and description."""
    text = resources.files("analysis.release").joinpath("columns.csv").read_text(encoding="utf-8")
    return {row["name"]: row for row in csv.DictReader(io.StringIO(text))}


def described(field: Mapping[str, str], places: str, level: str = percent(LEVEL)) -> dict[str, str]:
    """A column as a field of Table Schema: name, type, title, description, and its hashtag as `hxl`.

    A column of which no line of ``columns.csv`` says what it means has its type alone.

    Parameters
    ----------
    places : the hashtag of the places that the table speaks of.
    level : that of the limits of the table, as it is printed.
    """
    known = columns().get(field["name"])
    if known is None:
        return dict(field)
    hashtag = known["hxl"]
    if hashtag.startswith("place"):
        hashtag = hashtag.replace("place", places)
    return {**field, "description": known["description"].format(level=level), **({"hxl": hashtag} if hashtag else {})}


def _level(content: bytes) -> str:
    """The level of limits that a table states in its column `confidence`; else that of all whose level is not said."""
    rows = csv.DictReader(io.StringIO(content.decode()))
    stated = {float(row["confidence"]) for row in rows if row.get("confidence")}
    return " or ".join(map(percent, sorted(stated))) or percent(LEVEL)


def _hashtag_of_places(content: bytes, study: str) -> str:
    """The hashtag of the places of a table: countries, or areas of the one level of a study; else any place."""
    rows = csv.DictReader(io.StringIO(content.decode()))
    ids = {row["area_id"] for row in rows if row["area_id"]} if "area_id" in (rows.fieldnames or ()) else set()
    if ids and all(COUNTRY.fullmatch(each) for each in ids):
        return PLACES["country"]
    levels = _levels(study) if study in areas.STUDIES else frozenset()
    return PLACES.get(next(iter(levels)), OTHER_PLACE) if len(levels) == 1 else OTHER_PLACE


@cache
def _levels(study: str) -> frozenset[str]:
    """The levels of a study's areas: hundreds of tables speak of the same."""
    return frozenset(areas.load(study)["level"])


def resource(path: str, content: bytes, said: Mapping[str, Any], study: str) -> Resource:
    """One table as a Tabular Data Resource.

    Parameters
    ----------
    path : below the folder of the package.
    said : title, and fields as `typed_csv.fields` gives them.
    study : whose table it is; "" of one that is of several.
    """
    places, level = _hashtag_of_places(content, study), _level(content)
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
        "schema": {"fields": [described(field, places, level) for field in said["fields"]], "missingValues": [""]},
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


def packages(
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
    made_of = {}
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
            made_of[folder / PACKAGE] = package(study, f"{synthetic}{whole.title}", tables, citation)
    return made_of


def _of_earlier(folder: Path) -> list[Resource]:
    """The description of tables in the package of an earlier release; nothing where there is none."""
    try:
        return list(json.loads((folder / PACKAGE).read_text(encoding="utf-8"))["resources"])
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
        "not_described", f"{shown(path)}: no {PACKAGE} in a folder above it describes this file; a release makes one."
    )


MET, PARTLY, NOT_MET = "met", "partly met", "not met"
# The parts of the checklist, and the last item of each.
PARTS = {2: "Objectives and funding", 8: "Data inputs", 14: "Data analysis", 18: "Results and discussion"}
# Items that the project answers in part, whatever the study.
IN_PART = (3, 5, 12, 13, 17)
# Schemas of data sets that counts are divided by, drawn on or named with, and not synthesised.
BESIDES = ("areas", *DECLARATIONS, "places", "population", "country_regions", "sources")
# What the words of a method name where models are compared and one is chosen.
CHOSEN = r"joinpoint|selection|stepwise|averag|information criteri"


def checklist(
    findings: pd.DataFrame,
    datasets: Sequence[Dataset],
    citation: Mapping[str, Any],
    *,
    published: str,
    tables: int,
    baselines: Sequence[str],
) -> pd.DataFrame:
    """The GATHER checklist of one study.

    Parameters
    ----------
    findings : the study's statements, as `findings.collected.read` gives them.
    datasets : the entries of the catalogue that its notebooks have read.
    citation : CITATION.cff as it is read.
    published : where the findings are released, "" where they are not.
    tables : how many CSV files of the study are released.
    baselines : names of the baselines that were frozen.

    Returns
    -------
    DataFrame: gather_item (1 to 18), part, asks, answered (``met``, ``partly met``, ``not met``), answer, where.
    """
    counted = {
        **_counted(findings),
        **_counted_data(datasets),
        "funder": str(citation.get("funding", "")),
        "address": str(citation.get("repository-code", citation.get("url", ""))),
        "licence": citation["license"],
        "published": f"{published}; " if published else "",
        "tables": tables,
        "baselines": ", ".join(baselines),
    }
    # Where an item cannot be met, and which answer stands there then.
    unmet = {
        2: (NOT_MET, "_unpaid", not counted["funder"]),
        6: (NOT_MET, "", not counted["cautions"]),
        8: (PARTLY, "", counted["held"]),
        11: (PARTLY, "_none", not counted["chosen"]),
        14: (PARTLY, "_nowhere", not counted["address"]),
        15: (PARTLY, "", not published),
        16: (PARTLY, "", counted["bounded"] != counted["known"]),
        17: (PARTLY, "_first", not baselines),
        18: (PARTLY, "", counted["limited"] != counted["statements"]),
    }
    asks = texts.table(__name__, "gather_asks")
    answers, where = texts.table(__name__, "gather_answers"), texts.table(__name__, "gather_where")
    rows = []
    for item in range(1, 19):
        state, variant, holds = unmet.get(item, (MET, "", False))
        answered = state if holds else PARTLY if item in IN_PART else MET
        key = f"item_{item}{variant if holds else ''}"
        part = next(name for last, name in PARTS.items() if item <= last)
        rows.append((item, part, asks[f"item_{item}"], answered, answers[key].format(**counted),
                     where[key].format(**counted)))  # fmt: skip
    return pd.DataFrame(rows, columns=["gather_item", "part", "asks", "answered", "answer", "where"])


def _counted(findings: pd.DataFrame) -> dict[str, Any]:
    """The numbers of a study's statements that the answers give."""
    known = findings[findings["value"].notna() | findings["low"].notna()]
    measures = sorted(findings["measure"].unique())
    years = findings["period"].str.findall(r"\d{4}").explode().dropna()
    cited = findings["source_ids"].str.split(";").explode()
    kinds = known["interval"].value_counts()
    return {
        "statements": len(findings),
        "known": len(known),
        "measures": len(measures),
        "named": ", ".join(measures),
        "places": findings["area_id"].nunique(),
        "span": TEXT["span"].format(first=years.min(), last=years.max()) if len(years) else "",
        "sources": cited[cited.ne("")].nunique(),
        "methods": len(set(findings["method"]) - {""}),
        "chosen": int(findings["method"].str.contains(CHOSEN, case=False).sum()),
        "kinds": ", ".join(f"{kinds[name]} {name}" for name in kinds.index) or "none",
        "bounded": int((known["low"].notna() & known["high"].notna()).sum()),
        "exact": int(known["interval"].eq("exact").sum()),
        "limited": int(findings["limits"].ne("").sum()),
    }


def _counted_data(datasets: Sequence[Dataset]) -> dict[str, Any]:
    """The numbers of data sets that were read; of confidential ones how many there are."""
    shared = [each for each in datasets if each.kind != "confidential"]
    held = len(datasets) - len(shared)
    besides = sorted(each.title for each in shared if each.schema in (None, *BESIDES))
    return {
        "shared": len(shared),
        "held": held,
        "kept": TEXT["held"].format(held=held) if held else "",
        "accessed": sum(bool(each.source and each.date) for each in shared),
        "cautions": sum(len(each.cautions) for each in shared),
        "besides_number": len(besides),
        "besides": "; ".join(besides),
        "extracted": sum(each.file.endswith((".csv", ".json", ".geojson", ".gpkg")) for each in shared),
    }


def checklist_path(study: str) -> Path:
    """Return where the GATHER checklist of a study is staged."""
    mark = SYNTHETIC if areas.STUDIES[study].is_synthetic else ""
    return STAGED / "reports" / study / f"{CHECKLIST}{mark}.csv"


def standing(going: Iterable[Job], stay: Iterable[Job] = ()) -> set[Path]:
    """The released checklists of studies of which nothing goes, or whose persons' pages stay: they stay as these do.

    A checklist counts what is known of a study, and so would say that a number came or went with a person.

    Parameters
    ----------
    stay : jobs whose pages stand as they were released, or are held back, for the sake of the persons that they show.
    """
    studies = {job.study for job in going} - {job.study for job in stay}
    return {released(checklist_path(study)) for study in areas.STUDIES if study not in studies}


def of_release(going: Sequence[Job], report: Mapping[str, str], stay: Iterable[Path]) -> dict[Path, bytes]:
    """The descriptions of a release, by where they are staged.

    Parameters
    ----------
    going : the jobs whose products go.
    report : products of the report on the pledge, if it goes: path below the project's folder -> digest.
    stay : released files of earlier releases that stay; a checklist among them is not made again.
    """
    kept = set(stay)
    runs = {job: metadata(job.executed) for job in going}
    tables: dict[Path, Mapping[str, Any]] = {
        ROOT / path: table for run in runs.values() for path, table in run.get("tables", {}).items()
    }
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    listed_as = f"{collected.RECORDS}.csv"
    list_of_findings = next((path for path in sorted(report) if path.endswith(listed_as)), "")
    # Where the report stays as it was released, so does what is said of it.
    stands = [path for path in sorted(kept) if path.name == listed_as and path.exists()]
    published = [released(ROOT / list_of_findings)] if list_of_findings else stands
    made: dict[Path, bytes] = {}
    for study in dict.fromkeys(job.study for job in going):
        if not collected.said(study) or released(checklist_path(study)) in kept:
            continue
        read = {name for job, run in runs.items() if job.study == study for name in run["made_from"].get("inputs", {})}
        table = checklist(
            collected.read(study),
            [entry for name, entry in sorted(catalog.datasets().items()) if name in read],
            citation,
            published=published[0].relative_to(ROOT).as_posix() if published else "",
            tables=sum(STAGED / "reports" / study in path.parents for path in tables),
            baselines=sorted(path.parent.name for path in BASELINES.glob("*/baseline.yml")),
        )
        table = table.assign(kind="SYNTHETIC") if areas.STUDIES[study].is_synthetic else table
        made[checklist_path(study)] = spreadsheets.content(table)
        tables[checklist_path(study)] = {"title": TEXT["gather_title"], "fields": spreadsheets.fields(table)}
    made |= packages(tables, made, kept, citation)
    if list_of_findings:
        path = ROOT / list_of_findings
        folder = path.parents[1]
        of_files = [("Findings of all studies", path, collected.read())]
        # Its columns have the same types with rows and without.
        frame, said = monitoring_frame.as_table([]), "Monitoring frame: indicator, baseline, target and next reading"
        frames = [each for each in sorted(report) if Path(each).name.startswith(monitoring_frame.FILE)]
        of_files += [(said, ROOT / each, frame) for each in frames]
        listed = [
            resource(
                file.relative_to(folder).as_posix(),
                file.read_bytes(),
                {"title": named, "fields": spreadsheets.fields(table)},
                "",
            )
            for named, file, table in of_files
        ]
        title = "Report on the pledge: all findings"
        made[folder / PACKAGE] = package(folder.name, title, listed, citation)
    return made
