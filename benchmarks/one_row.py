"""A run after one row of the evidence was corrected, beside a full run: seconds, and how many notebooks ran.

    python benchmarks/one_row.py                   five rows, release included (a full run takes some minutes)
    python benchmarks/one_row.py --rows 1          one row
    python benchmarks/one_row.py --area SEN        of the notebooks of one area alone, without report and release

Each row is changed in a copy of the project whose outputs are up to date, and put back afterwards.
"""

import argparse
import csv
import hashlib
import io
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from analysis.catalog import ROOT
from analysis.project_files import sources

# Tables of which rows are corrected, and of which column a number is changed.
TABLES = {"official_counts": "value low high", "unodc_detected_victims": "value low high", "route_mentions": "note"}
COPIED = (
    "src",
    "packages",
    "data",
    "notebooks",
    "pledge",
    "figures",
    "reports",
    "CHANGELOG.md",
    "CITATION.cff",
    "LICENSE",
)
COPIED = (*COPIED, "LICENSE-DATA", "requirements.lock")


def copy_of_the_project(folder: Path) -> Path:
    """The project with its outputs, in a folder; outputs of earlier runs are those of the project itself."""
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        elif source.exists():
            shutil.copy(source, folder / name)
    return folder


def command(project: Path, *words: str) -> tuple[float, str]:
    """Seconds of a command in a copy of the project, and what it said. Exits where it failed."""
    began = time.perf_counter()
    ended = subprocess.run(
        [sys.executable, "-m", "analysis", *words],
        cwd=project,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, sources(project)))},
        capture_output=True,
        text=True,
    )
    if ended.returncode > 1:
        sys.exit(ended.stderr)
    return time.perf_counter() - began, ended.stdout


def changed(content: str, number: int, columns: str) -> str:
    """A table of which a row says one more in some columns, or where it has words another word."""
    rows = list(csv.reader(io.StringIO(content)))
    for name in columns.split():
        at = rows[0].index(name)
        cell = rows[number][at]
        rows[number][at] = str(int(cell) + 1) if re.fullmatch(r"\d+", cell) else f"{cell}." if name == "note" else cell
    sink = io.StringIO()
    csv.writer(sink, lineterminator="\n").writerows(rows)
    return sink.getvalue()


def correct(project: Path, table: str, seed: int, area: str = "") -> tuple[str, str]:
    """Change a row of a table in a project, and its digest in the catalogue; returns both files as they were."""
    file, catalogue = project / f"data/raw/evidence/{table}.csv", project / "data/raw/catalog.yml"
    before = file.read_text(encoding="utf-8"), catalogue.read_text(encoding="utf-8")
    rows = list(csv.DictReader(io.StringIO(before[0])))
    fits = [at for at, row in enumerate(rows, 1) if not area or area in row.values()]
    after = changed(before[0], random.Random(seed).choice(fits), TABLES[table])
    put(project, table, after, before[1])
    return before


def put(project: Path, table: str, content: str, catalogue: str) -> None:
    """Write a table, and its digest into the catalogue."""
    file = project / f"data/raw/evidence/{table}.csv"
    was = re.search(rf"file: evidence/{table}\.csv\b.*?sha256: ([0-9a-f]{{64}})", catalogue, re.S)
    assert was is not None
    now = hashlib.sha256(content.encode()).hexdigest()
    file.write_text(content, encoding="utf-8")
    (project / "data/raw/catalog.yml").write_text(catalogue.replace(was[1], now), encoding="utf-8")


def main() -> None:
    """Print seconds and notebooks of each, and how many times as long a full run takes."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rows", type=int, default=5, help="so many rows are corrected one by one")
    parser.add_argument("--area", default="", help="only notebooks of this area are run, and rows that name it changed")
    given = parser.parse_args()
    chosen = ["--area", given.area] if given.area else []
    with tempfile.TemporaryDirectory() as folder:
        project = copy_of_the_project(Path(folder))
        command(project, "run", *chosen)
        full, _ = command(project, "run", "--again", *chosen)
        if not given.area:
            full += command(project, "release")[0]
        print(f"full run{'' if given.area else ' and release'}: {full:.1f} s")
        for number in range(given.rows):
            table = list(TABLES)[number % len(TABLES)]
            before = correct(project, table, number, given.area)
            took, said = command(project, "run", *chosen)
            released = 0.0 if given.area else command(project, "release")[0]
            ran = re.search(r"(\d+) notebooks ran", said)
            print(
                f"one row of {table}: {ran[1] if ran else 0} notebooks, {took:.1f} s and release {released:.1f} s; "
                f"a full run takes {full / (took + released):.1f} times as long"
            )
            put(project, table, *before)
            command(project, "run", *chosen)


if __name__ == "__main__":
    main()
