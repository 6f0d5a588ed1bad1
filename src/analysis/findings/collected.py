"""Findings as the last run collected them from the notebooks of a study: the file, its manifest, and the table."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from analysis import areas, catalog
from analysis.catalog import ROOT, Dataset, shown
from analysis.data_read import mark_read
from analysis.jobs import SYNTHETIC, rests_on_synthetic, said_by, tables_of
from bounded.refusal import Coded

if TYPE_CHECKING:
    import pandas as pd

RECORDS = "findings"


class NotCollected(Coded):
    """Findings have not been collected, or are not as their manifest says; the message says what helps."""


def file(study: str, suffix: str) -> Path:
    """Return where the findings of a study lie, with this suffix; the name says SYNTHETIC where some may be."""
    ending = SYNTHETIC if rests_on_synthetic(study) else ""
    return ROOT / "data" / "processed" / study / f"{RECORDS}{ending}{suffix}"


def said(study: str) -> dict:
    """Return the manifest of a study's findings: ``made_from`` and ``products``; empty if there is none."""
    return said_by(file(study, ".json"))


def kind(study: str) -> str:
    """Return the kind of a study's findings, as the strictest of its persons' tables and its own figures."""
    return catalog.strictest([*(tables.kind for tables in tables_of(study)), catalog.figures_kind(study)])


def as_dataset(study: str) -> Dataset:
    """The findings of a study as one data set; its digest is that of the table."""
    table = file(study, ".parquet")
    return Dataset(
        name=f"{RECORDS}_{study}",
        file=f"../processed/{study}/{table.name}",
        title=f"Findings of {areas.STUDIES[study].name}: what its notebooks state",
        kind=kind(study),
        licence="CC BY 4.0",
        publisher="This project",
        source="collected from the executed notebooks of the study",
        # What another study lists says nothing of this one.
        date=max(entry.date for entry in catalog.datasets().values() if entry.study in (None, study)),
        sha256=said(study)["products"][shown(table)],
        study=study,
    )


def read(study: areas.Place | None = None) -> pd.DataFrame:
    """The findings of a study, or of all that the report tells of: one row each, by id, as ``finding.COLUMNS``.

    They count as read from now on, and with them the persons' tables of the study, which some of them follow from.

    Raises
    ------
    UnknownArea : there is no such study.
    NotCollected : its notebooks have not all been run, or the table is not as its manifest says.
    """
    if study is None:
        return of_studies(areas.reported())
    study = areas.study_id(study)
    # A run begins without it, and asks only whether findings are collected.
    import pandas as pd

    table = file(study, ".parquet")
    found = said(study)
    content = table.read_bytes() if table.exists() else b""
    if not found or hashlib.sha256(content).hexdigest() != found["products"].get(shown(table)):
        raise NotCollected(
            "findings_not_collected",
            f"The findings of {study} have not been collected, or {shown(table)} was changed: "
            f"`python -m analysis run --study {study}` runs its notebooks and collects what they state. Those of one "
            f"area need its own notebooks alone: `python -m analysis findings --area AREA`.",
        )
    mark_read(
        as_dataset(study), *(each.as_dataset() for each in tables_of(study) if each.kind and each.manifest_content())
    )
    return pd.read_parquet(table)


def of_studies(studies: Iterable[str]) -> pd.DataFrame:
    """The findings of several studies as one table, by id; raises as `read` does."""
    import pandas as pd

    parts = [read(study) for study in studies]
    return pd.concat(parts, ignore_index=True).sort_values("finding_id", ignore_index=True, kind="stable")
