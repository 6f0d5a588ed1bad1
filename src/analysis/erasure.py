"""Removal of what was made of data that may be kept no longer: tables, notebooks, staged pages, reports on files.

Everything below ``data/processed`` follows from data sets, and says of which: what rests on one that is past its last
day, or that no catalogue lists any more, goes. What stays is only what is seen to rest on others. What was released
holds no person, has withstood the audit, and stays; so does the register of it, without which the next release could
not be compared with it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from analysis import catalog, retention
from analysis.batch.account import withdraw
from analysis.batch.products import metadata
from analysis.catalog import ROOT, plain
from analysis.jobs import SYNTHETIC, tables_of

PROCESSED = ROOT / "data" / "processed"
# What `check` adds to the name of a file: for rows that wait, what was corrected, what changed, and rows that repeat.
OF_A_CHECK = ("_quarantine", "_corrections", "_comparison", "_repeats")


def forget(study: str) -> list[Path]:
    """Remove what was made of a study's data sets that are past their last day or not catalogued any more.

    Returns
    -------
    The files that were removed, in order. Files of ``data/raw`` are not among them: those a person deletes.
    """
    # What a catalogue that cannot be read lists would look as if it were listed no more.
    catalog.require_readable()
    before = _files(study)
    withdraw()
    kept = set(catalog.datasets()) - {entry.name for entry in retention.past()}
    tables = _resting_on(kept, sorted((PROCESSED / study).glob("*.json")))
    _keep_only(PROCESSED / study, tables)
    # A notebook names tables as it names data sets.
    standing = {each.name for each in tables_of(study) if each.manifest in tables}
    runs = _resting_on(kept | standing, sorted((PROCESSED / "runs" / study).glob("*/*.ipynb")))
    _keep_only(PROCESSED / "runs" / study, runs)
    for tree in ("figures", "reports"):
        _keep_only(PROCESSED / "staged" / tree / study, runs)
    _forget_checks(study, kept)
    for path in _explored(study):
        path.unlink()
    return [path for path in before if not path.exists()]


def _resting_on(kept: set[str], made: Iterable[Path]) -> set[Path]:
    """Manifests and notebooks that were made of data sets that are kept, and of no other, with their products."""
    found: set[Path] = set()
    for path in made:
        made_of = _manifest(path) if path.suffix == ".json" else metadata(path)
        names = {name for kind in ("entry", "inputs") for name in made_of.get("made_from", {}).get(kind, {})}
        # Of what does not say what it was made of nobody knows whom it holds.
        if names and names <= kept:
            found |= {path, *(ROOT / product for product in made_of.get("products", {}))}
    return found


def _manifest(path: Path) -> dict:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        return {}


def _keep_only(folder: Path, kept: set[Path]) -> None:
    for path in [path for path in folder.rglob("*") if path.is_file() and path not in kept]:
        path.unlink()


def _forget_checks(study: str, kept: set[str]) -> None:
    """Remove the study's reports on single files, but for those on files that are kept."""
    stems = {plain(entry.path).stem for name, entry in catalog.datasets().items() if name in kept}
    for path in (PROCESSED / "checks" / study).glob("*"):
        # Synthetic persons may be kept for ever.
        stem = next((path.stem.removesuffix(end) for end in OF_A_CHECK if path.stem.endswith(end)), path.stem)
        if SYNTHETIC not in path.stem and not {path.stem, stem} & stems:
            path.unlink()


def _explored(study: str) -> list[Path]:
    """Copies of notebooks of the study, and what JupyterLab keeps of them: nobody says what they show."""
    lab = PROCESSED / "lab"
    return sorted({*lab.rglob(f"{study}*.ipynb"), *(lab / study).rglob("*.ipynb")})


def _files(study: str) -> list[Path]:
    """All that may be removed, and what `withdraw` takes away of what was released."""
    folders = [PROCESSED / study, PROCESSED / "runs" / study, PROCESSED / "checks" / study]
    folders += [tree / name / study for tree in (PROCESSED / "staged", ROOT) for name in ("figures", "reports")]
    return [path for folder in folders for path in sorted(folder.rglob("*")) if path.is_file()] + _explored(study)
