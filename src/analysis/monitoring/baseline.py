"""A baseline: the table of findings as it stood on a day, under a name, never overwritten."""

from __future__ import annotations

import csv
import datetime
import hashlib
import io
import platform
import re
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import pandas as pd
import yaml

from analysis.findings.finding import COLUMNS, FindingError, as_table
from analysis.findings.measures import MEASURES
from analysis.spreadsheets import csv_bytes, unguarded
from bounded.refusal import Refusal

DESCRIPTION = "baseline.yml"
_NAME = re.compile(r"[a-z0-9_-]+")
_NUMBERS = ("value", "low", "high")

# What a measure meant, in English: unit, title, the words of its items that were used, and of its levels.
Definition = Mapping[str, object]


class BaselineError(Refusal):
    """A baseline cannot be made or read; the message says why, and what would help."""


@dataclass(frozen=True)
class Baseline:
    """Findings as they stood.

    Parameters
    ----------
    name : what it is called. day : when it was frozen.
    table : its findings, with the columns of `analysis.findings.finding.COLUMNS`.
    definitions : what each of their measures meant then.
    version, python : of this package and of Python, by which they were made.
    """

    name: str
    day: datetime.date
    table: pd.DataFrame
    definitions: Mapping[str, Definition]
    version: str = ""
    python: str = ""


def freeze(table: pd.DataFrame, name: str, day: datetime.date) -> dict[str, bytes]:
    """The files of a baseline.

    Parameters
    ----------
    table : all findings. name : small letters, digits, hyphens and underscores. day : of today; it is written down.

    Returns
    -------
    File name -> content: the findings as CSV, whose name says SYNTHETIC if any of them is, and ``baseline.yml``.

    Raises
    ------
    BaselineError : the name has other characters, or there are no findings.
    """
    check_name(name)
    if table.empty:
        raise BaselineError("no_findings", f"There are no findings to freeze as '{name}': run the notebooks first.")
    table = as_table(table[list(COLUMNS)].to_dict("records"))
    kinds = {str(kind): int(count) for kind, count in table["kind"].value_counts().sort_index().items()}
    file = "findings_SYNTHETIC.csv" if "synthetic" in kinds else "findings.csv"
    content = csv_bytes(table)
    said = {
        "name": name,
        "day": day.isoformat(),
        "findings": len(table),
        "kinds": kinds,
        "file": file,
        "sha256": hashlib.sha256(content).hexdigest(),
        "package": metadata.version("analysis"),
        "python": platform.python_version(),
        "measures": definitions(table),
    }
    return {file: content, DESCRIPTION: yaml.safe_dump(said, allow_unicode=True, sort_keys=False, width=120).encode()}


def check_name(name: str) -> None:
    """Raise BaselineError unless a baseline may be called so."""
    if not _NAME.fullmatch(name):
        raise BaselineError(
            "invalid_id",
            f"'{name}' cannot be a baseline's name: use small letters, digits, hyphens and underscores, as first_2026.",
        )


def keep(files: Mapping[str, bytes], folder: Path) -> None:
    """Write a baseline's files into a new folder: all of them, or none.

    Raises BaselineError if the folder is there already: a baseline is never overwritten.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(prefix=".baseline-", dir=folder.parent))
    try:
        for file, content in files.items():
            (made / file).write_bytes(content)
        made.chmod(0o755)
        if folder.exists():
            raise BaselineError(
                "already_exists",
                f"The baseline '{folder.name}' is there already, and a baseline is never overwritten: "
                "choose another name.",
            )
        made.rename(folder)
    finally:
        shutil.rmtree(made, ignore_errors=True)


def read(folder: Path) -> Baseline:
    """A baseline as it was frozen.

    Raises
    ------
    BaselineError : there is none, a file is missing or was changed since, or its description does not fit it.
    """
    said = _description(folder)
    name, file = str(said["name"]), str(said["file"])
    if name != folder.name:
        raise BaselineError(
            "baseline_renamed",
            f"The baseline in the folder '{folder.name}' is called '{name}': a folder is not renamed or copied.",
        )
    path = folder / file
    if Path(file).name != file or not path.is_file():
        raise BaselineError(
            "missing_file",
            f"The baseline '{name}' lacks its findings, {file}: take the whole folder from a copy of the project.",
        )
    content = path.read_bytes()
    if (found := hashlib.sha256(content).hexdigest()) != said["sha256"]:
        raise BaselineError(
            "digest_changed",
            f"{file} of the baseline '{name}' is not what was frozen: its sha256 begins with {found[:12]}, not with "
            f"{str(said['sha256'])[:12]}. Take it from a copy of the project; a baseline is not corrected.",
        )
    table = from_csv(content)
    if len(table) != said["findings"]:
        raise BaselineError(
            "finding_count_differs",
            f"The baseline '{name}' has {len(table)} findings, and its description {said['findings']}.",
        )
    return Baseline(
        name=name,
        day=datetime.date.fromisoformat(str(said["day"])),
        table=table,
        definitions=said["measures"],
        version=str(said["package"]),
        python=str(said["python"]),
    )


def _description(folder: Path) -> dict:
    path = folder / DESCRIPTION
    if not path.is_file():
        others = sorted(found.parent.name for found in folder.parent.glob(f"*/{DESCRIPTION}"))
        raise BaselineError(
            "unknown_baseline",
            f"There is no baseline '{folder.name}'"
            + (f"; there are {', '.join(others)}." if others else ", nor any other: freeze one first."),
        )
    try:
        said = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as fault:
        raise BaselineError(
            "unreadable_file", f"{DESCRIPTION} of the baseline '{folder.name}' cannot be read: {fault}"
        ) from fault
    needed = ("name", "day", "findings", "kinds", "file", "sha256", "package", "python", "measures")
    missing = [key for key in needed if not isinstance(said, dict) or key not in said]
    if missing:
        raise BaselineError(
            "missing_field", f"{DESCRIPTION} of the baseline '{folder.name}' does not say {', '.join(missing)}."
        )
    return said


def from_csv(content: bytes) -> pd.DataFrame:
    """The table of findings from its CSV: the same values and types that `freeze` was given.

    Raises BaselineError if it has other columns, or a finding twice.
    """
    # Not by pandas: it takes a carriage return within a text for an end of the line.
    rows = csv.reader(io.StringIO(content.decode("utf-8"), newline=""))
    # Baselines of earlier versions have another name of this column.
    head = ["release_class" if name == "gate" else name for name in next(rows, [])]
    if head != list(COLUMNS):
        raise BaselineError(
            "wrong_columns", f"The findings of a baseline have the columns {', '.join(COLUMNS)}; this has others."
        )
    read: list[dict[str, object]] = []
    for cells in rows:
        row: dict[str, object] = dict(zip(head, map(unguarded, cells), strict=True))
        row |= {name: float(str(row[name])) if row[name] else None for name in _NUMBERS}
        read.append(row | {"n": int(str(row["n"])) if row["n"] else None})
    try:
        return as_table(read)
    except FindingError as fault:
        raise BaselineError(
            "contradictory_findings", f"The findings of a baseline contradict themselves: {fault}"
        ) from fault


def definitions(table: pd.DataFrame) -> dict[str, dict[str, object]]:
    """What each measure of some findings means today, as plain values."""
    items = table.groupby("measure")["item"].unique()
    return {str(name): _defined(str(name), sorted(used)) for name, used in items.sort_index().items()}


def _defined(name: str, items: list[str]) -> dict[str, object]:
    measure = MEASURES[name]
    return {
        "unit": measure.unit,
        "title": measure.title["en"],
        **({"items": {item: measure.item_words(item, "en") for item in items if item}} if any(items) else {}),
        **({"levels": {level: words["en"] for level, words in measure.levels.items()}} if measure.levels else {}),
    }
