"""What stands beside released tables for machines: a checklist and a data package a study, and one of the report."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from analysis import areas, catalog, typed_csv
from analysis.batch.products import said
from analysis.batch.report import BASELINES
from analysis.catalog import ROOT
from analysis.findings import collected
from analysis.jobs import STAGED, SYNTHETIC, Job, released
from analysis.release import data_package, gather


def checklist_path(study: str) -> Path:
    """Where the GATHER checklist of a study is staged."""
    mark = SYNTHETIC if areas.STUDIES[study].is_synthetic else ""
    return STAGED / "reports" / study / f"{gather.NAME}{mark}.csv"


def standing(going: Iterable[Job]) -> set[Path]:
    """The released checklists of studies of which nothing goes: they stay as their pages do."""
    studies = {job.study for job in going}
    return {released(checklist_path(study)) for study in areas.STUDIES if study not in studies}


def of_release(going: Sequence[Job], report: Mapping[str, str], stay: Iterable[Path]) -> dict[Path, bytes]:
    """The descriptions of a release, by where they are staged.

    Parameters
    ----------
    going : the jobs whose products go.
    report : products of the report on the pledge, if it goes: path below the project's folder -> digest.
    stay : released files of earlier releases that stay.
    """
    runs = {job: said(job.executed) for job in going}
    tables: dict[Path, Mapping[str, Any]] = {
        ROOT / path: table for run in runs.values() for path, table in run.get("tables", {}).items()
    }
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    list_of_findings = next((path for path in sorted(report) if path.endswith(f"{collected.RECORDS}.csv")), "")
    made: dict[Path, bytes] = {}
    for study in dict.fromkeys(job.study for job in going):
        if not collected.said(study):
            continue
        read = {name for job, run in runs.items() if job.study == study for name in run["made_from"].get("inputs", {})}
        table = gather.checklist(
            collected.read(study),
            [entry for name, entry in sorted(catalog.datasets().items()) if name in read],
            citation,
            published=released(ROOT / list_of_findings).relative_to(ROOT).as_posix() if list_of_findings else "",
            tables=sum(STAGED / "reports" / study in path.parents for path in tables),
            baselines=sorted(path.parent.name for path in BASELINES.glob("*/baseline.yml")),
        )
        table = table.assign(kind="SYNTHETIC") if areas.STUDIES[study].is_synthetic else table
        made[checklist_path(study)] = typed_csv.content(table)
        tables[checklist_path(study)] = {"title": gather.TITLE, "fields": typed_csv.fields(table)}
    made |= data_package.of_studies(tables, made, stay, citation)
    if list_of_findings:
        path = ROOT / list_of_findings
        described = {"title": "Findings of all studies", "fields": typed_csv.fields(collected.read())}
        folder = path.parents[1]
        resource = data_package.resource(path.relative_to(folder).as_posix(), path.read_bytes(), described, "")
        title = "Report on the pledge: all findings"
        made[folder / data_package.NAME] = data_package.package(folder.name, title, [resource], citation)
    return made
