"""The table of findings of a study, as the last run collected it; and what waits for lists or a survey to be stated."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

from analysis import areas, catalog
from analysis.analyses import CASE_RECORDS, SURVEY
from analysis.catalog import ROOT, Dataset, shown
from analysis.jobs import SYNTHETIC, rests_on_synthetic, said_by, tables_of
from bounded.refusal import Coded

# pandas is loaded when a table is asked for: whoever asks what is fresh need not wait for it.
if TYPE_CHECKING:
    import pandas as pd

    from analysis.findings.finding import Finding

RECORDS = "findings"
_CHILDREN = ("syrian", "turkish")
# Study -> what it has not -> measures that wait for it, with their items.
AWAITED: dict[str, dict[str, tuple[str, ...]]] = {
    "turkiye": {
        CASE_RECORDS: ("recorded_persons", "recorded_children", "estimated_total"),
        SURVEY: tuple(
            f"{measure}.{children}"
            for measure, children in product(
                (
                    *("prevalence.working", "prevalence.child_labour", "prevalence.trafficked"),
                    *("share_by_sector.child_labour.industry", "share_by_sector.child_labour.agriculture"),
                    "unmet_need.psychosocial",
                ),
                _CHILDREN,
            )
        ),
    },
    "cabo_verde": {
        CASE_RECORDS: ("recorded_persons", "recorded_children", "estimated_total", "journey_reach.to_or_from_elsewhere")
    },
}


class NotCollected(Coded):
    """Findings have not been collected, or are not as their manifest says; the message says what helps."""


def file(study: str, suffix: str) -> Path:
    """Where the findings of a study lie, with this suffix; the name says SYNTHETIC where some of them may be."""
    invented = SYNTHETIC if rests_on_synthetic(study) else ""
    return ROOT / "data" / "processed" / study / f"{RECORDS}{invented}{suffix}"


def said(study: str) -> dict:
    """What the manifest of a study's findings says: ``made_from`` and ``products``; empty if there is none."""
    return said_by(file(study, ".json"))


def kind(study: str) -> str:
    """Of what kind the findings of a study are, as the strictest of its persons' tables and its own figures."""
    return strictest([*(tables.kind for tables in tables_of(study)), catalog.figures_kind(study)])


def strictest(kinds: Iterable[str]) -> str:
    """Of what kind a table is that follows from data of several kinds."""
    found = set(kinds)
    return next((name for name in ("confidential", "synthetic") if name in found), "public")


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


def read(study: str | None = None) -> pd.DataFrame:
    """The findings of a study, or of all that the report tells of: one row each, by id, as ``finding.COLUMNS``.

    They count as read from now on, and with them the persons' tables of the study, which some of them follow from.

    Raises
    ------
    UnknownArea : there is no such study.
    NotCollected : its notebooks have not all been run, or the table is not as its manifest says.
    """
    import pandas as pd

    if study is None:
        return of_studies(areas.reported())
    areas.ids(study)  # refuses one that does not exist
    table = file(study, ".parquet")
    found = said(study)
    content = table.read_bytes() if table.exists() else b""
    if not found or hashlib.sha256(content).hexdigest() != found["products"].get(shown(table)):
        raise NotCollected(
            "findings_not_collected",
            f"The findings of {study} have not been collected, or {shown(table)} was changed: "
            f"`python -m analysis run --study {study}` runs its notebooks and collects what they state.",
        )
    catalog.mark_read(as_dataset(study), *(each.as_dataset() for each in tables_of(study) if each.kind and each.said()))
    return pd.read_parquet(table)


def of_studies(studies: Iterable[str]) -> pd.DataFrame:
    """The findings of several studies as one table, by id; raises as `read` does."""
    import pandas as pd

    parts = [read(study) for study in studies]
    return pd.concat(parts, ignore_index=True).sort_values("finding_id", ignore_index=True)


def awaited(study: str) -> list[Finding]:
    """What lists and a survey that a study has not yet would state, of each of its areas and of the whole of it.

    It is not reported, with the reason: recommendations and commitments rest on such findings as on any others, and
    what nobody has reported decides nothing.
    """
    from analysis import texts
    from analysis.findings.finding import NOT_REPORTED, Finding

    TEXT = texts.of(__name__)
    reasons = {CASE_RECORDS: TEXT["none_of_case_records"], SURVEY: TEXT["none_of_survey"]}
    missing = [tables.records for tables in tables_of(study) if not tables.kind]
    places = [areas.get(area_id, study) for area_id in (study, *areas.ids(study))]
    found = []
    for need in missing:
        why, limits = reasons[need].format(name=areas.STUDIES[study].name), TEXT["limits"]
        for place, name in product(places, AWAITED.get(study, {}).get(need, ())):
            measure, _, item = name.partition(".")
            found.append(
                Finding(place, measure, item, status=NOT_REPORTED, why=why, method=TEXT["method"], limits=limits)
            )
    return found
