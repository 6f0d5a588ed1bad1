"""What was made from what, of a release as a whole: an RO-Crate that is staged, searched and released with the rest."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import yaml

from analysis import areas, catalog
from analysis.catalog import ROOT, Dataset, shown
from analysis.findings import collected
from analysis.jobs import STAGED, released, tables_of
from analysis.report.crate import METADATA, Kept, crate

STAGED_CRATE = STAGED / "reports" / METADATA


def of_release(staged: Mapping[Path, str], standing: Collection[Path], runs: Mapping[str, Mapping[str, Any]]) -> bytes:
    """What is said of a release: which files there are, and from what each was made.

    Parameters
    ----------
    staged : what goes: staged path -> digest. standing : released files of earlier releases that stay.
    runs : name of a run -> the metadata of its executed notebook, or the manifest of the report.
    """
    files = {shown(path): Kept.of(path.read_bytes()) for path in standing if path.exists()}
    files |= {shown(released(path)): Kept(expected, path.stat().st_size) for path, expected in staged.items()}
    datasets = _datasets()
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    # Not of the day: whoever makes the release again has the same bytes.
    published = max(entry.date for entry in datasets)
    return crate(files, runs, datasets, citation, published)


def _datasets() -> list[Dataset]:
    """Catalogued data, and what was derived of them for notebooks to read."""
    derived = [tables.as_dataset() for study in areas.STUDIES for tables in tables_of(study) if tables.said()]
    findings = [collected.as_dataset(study) for study in areas.STUDIES if collected.said(study)]
    return [*catalog.datasets().values(), *derived, *findings]
