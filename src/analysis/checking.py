"""One file, read before it is used: a list of case records against its mapping, or a publisher's release."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import yaml

from analysis.batch.products import digest
from analysis.cases.intake import Intake, intake
from analysis.cases.mapping import beside
from analysis.cases.report import render, summary
from analysis.cases.source import SourceError
from analysis.catalog import CATALOGUE, RAW, CatalogError, datasets, shown
from analysis.releases import Release, ReleaseError, ctdc, glotip, usdol

# What publishers' files are read by, by their endings.
_RELEASES = {".xml": (lambda path: usdol.load([path]),), ".xlsx": (glotip.load,), ".csv": (ctdc.load,)}


@dataclass(frozen=True)
class Checked:
    """What a check found: `text` for the terminal, and files for its folder, by name.

    `intake` is None for a publisher's release, which has no mapping.
    """

    text: str
    files: dict[str, bytes]
    intake: Intake | None = None


def check(path: Path) -> Checked:
    """Read a file by the mapping beside it, or as a release that this project knows.

    Raises
    ------
    SourceError, MappingError : it cannot be read, or has no mapping. ReleaseError : it is a damaged release.
    """
    if not path.is_file():
        raise SourceError(f"{shown(path)} is not there.")
    if not beside(path).exists() and (release := _release(path)) is not None:
        return Checked(_account(release), {})
    found = intake(path)
    stem = path.stem
    if found.mapping.kind == "synthetic" and not stem.endswith("_SYNTHETIC"):
        stem += "_SYNTHETIC"
    files = {f"{stem}.html": render([found]).encode()}
    if len(found.quarantine):
        table = found.quarantine.assign(kind=found.mapping.kind)
        files[f"{stem}_quarantine.csv"] = table.to_csv(index=False).encode()
    return Checked(summary(found), files, found)


def _release(path: Path) -> Release | None:
    """The release that a file is; None if it is none that this project knows."""
    for load in _RELEASES.get(path.suffix.lower(), ()):
        try:
            return load(path)
        except ReleaseError:
            # Its columns are others: a list of case records, most likely.
            continue
    return None


def _account(release: Release) -> str:
    lines = [f"{release.title} ({release.publisher}{', ' + release.date if release.date else ''}), {release.kind}"]
    for row in release.account.itertuples():
        lines.append(
            f"  {row.file}: {row.rows_in:,} rows read = {row.rows_out:,} in the table + {row.duplicates:,} exact "
            f"duplicates + {row.refused:,} refused"
        )
    reasons = release.refused["reason"].value_counts()
    lines += [f"  refused {number:,}: {reason}" for reason, number in reasons.items()]
    return "\n".join([*lines, *(f"  caution: {caution}" for caution in release.cautions)])


def accepted(path: Path, found: Intake) -> tuple[Path, bytes]:
    """The catalogue of a study's own folder, with a file entered as it is now.

    Parameters
    ----------
    path : in ``data/raw/<study>/``, where users' files lie. found : its intake.

    Returns
    -------
    Path of the catalogue and its new content. Raises CatalogError for a file that lies elsewhere.
    """
    mapping = found.mapping
    folder = RAW / mapping.study
    if path.resolve().parent != folder.resolve():
        raise CatalogError(
            f"{shown(path.resolve())} does not lie in {shown(folder)}, where lists of this study are read from. "
            f"Copy it there with its mapping, and check it again."
        )
    if mapping.kind == "synthetic":
        raise CatalogError(
            f"{shown(path)} is called synthetic, and {shown(folder)} is for real lists: the two are never linked. "
            f"Correct `kind:` in its mapping, or keep it out."
        )
    content = digest(path.read_bytes())
    if path.stem.endswith("_SYNTHETIC") or content in {
        entry.sha256 for entry in datasets().values() if entry.kind == "synthetic"
    }:
        raise CatalogError(f"{shown(path)} is one of the synthetic lists: they are never linked with real ones.")
    catalogue = folder / CATALOGUE
    entries = yaml.safe_load(catalogue.read_text(encoding="utf-8")) if catalogue.exists() else {}
    name = f"{mapping.study}_{mapping.list_id}"
    if name in entries and entries[name]["file"] != path.name:
        raise CatalogError(
            f"The list '{mapping.list_id}' is already entered with another file, {entries[name]['file']}. If this is a "
            f"newer export of it, take the entry out of {shown(catalogue)}; otherwise give it another name by `list:`."
        )
    entries[name] = {
        "file": path.name,
        "mapping": beside(path).name,
        "study": mapping.study,
        "title": mapping.title,
        "kind": mapping.kind,
        "licence": mapping.licence or "not to be passed on",
        "publisher": mapping.publisher,
        "source": mapping.source,
        "date": mapping.date.isoformat(),
        "sha256": content,
    }
    return catalogue, yaml.safe_dump(entries, allow_unicode=True, sort_keys=False, width=110).encode()
