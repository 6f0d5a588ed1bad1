"""How long intake takes: reading, judging and splitting, pseudonyms; and the memory of its process.

    python benchmarks/intake.py                    1,000,000 rows of CSV and 100,000 rows of Excel, 20 columns each
    python benchmarks/intake.py --rows 200000      fewer rows of CSV
    python benchmarks/intake.py --excel-rows 200   fewer rows of Excel
    python benchmarks/intake.py --runs 1           fewer runs of each (default: 3)

The files are synthetic. One row in fifty holds a cell that sends it to quarantine. Figures are medians of the runs.
"""

from __future__ import annotations

import argparse
import csv
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import xlsxwriter

COLUMNS = {
    "record": "no",
    "given_name": "given",
    "family_name": "family",
    "birth": {"column": "birth", "format": "dd.mm.yyyy"},
    "detected": {"column": "detected", "format": "dd.mm.yyyy"},
    "reported": {"column": "reported", "format": "dd.mm.yyyy"},
    "age": "age",
    "sex": {"column": "sex", "codes": {"K": "female", "E": "male"}},
    "nationality": "nationality",
    "area": "province",
    "status": "status",
    "exploitation": {"column": "form", "split": ";", "codes": {"tarım": "ForcedLabour", "dilencilik": "ForcedBegging"}},
    "sector": "sector",
    "means_of_control": {
        "column": "means",
        "split": ";",
        "codes": {"tehdit": "PhysicalThreats", "borç": "DebtBondage"},
    },
    "recruiter": "recruiter",
    "phone": "phone",
    "document": "document",
}
PROVINCES = ["İstanbul", "Hatay", "Gaziantep", "Şanlıurfa", "Kilis", "Adana", "İzmir", "Konya", "Bursa", "Urfa", ""]


def rows(number: int) -> dict[str, np.ndarray]:
    """Columns of a synthetic list."""
    rng = np.random.default_rng(1)

    def words(stem: str, count: int) -> np.ndarray:
        syllables = [a + b for a in "bdfghklmnprst" for b in "aeiou"]
        return np.array([stem + "".join(rng.choice(syllables, 3)) for _ in range(count)])[
            rng.integers(0, count, number)
        ]

    def days(first: int, last: int) -> np.ndarray:
        span = np.datetime64(f"{first}-01-01") + rng.integers(0, (last - first) * 365, number)
        every = np.unique(span)
        printed = np.array([f"{day.item():%d.%m.%Y}" for day in every], dtype=object)
        return printed[np.searchsorted(every, span)]

    columns: dict[str, np.ndarray] = {
        "no": np.array([f"{row:07d}" for row in range(number)], dtype=object),
        "given": words("A", 3_000),
        "family": words("O", 8_000),
        "birth": days(2004, 2012),
        "detected": days(2015, 2023),
        "reported": days(2023, 2024),
        "age": np.full(number, ""),
        "sex": rng.choice(["K", "E", ""], number),
        "nationality": rng.choice(["TR", "Suriye", "AFG"], number),
        "province": rng.choice(PROVINCES, number),
        "status": rng.choice(["ActualVictimOfTrafficking", ""], number),
        "form": rng.choice(["tarım", "dilencilik", "tarım;dilencilik"], number),
        "sector": rng.choice(list("ACGI"), number),
        "means": rng.choice(["tehdit", "borç", "tehdit;borç", ""], number),
        "recruiter": rng.choice(["Familial", "Acquainted", ""], number),
        "phone": np.char.add("05", rng.integers(300_000_000, 599_999_999, number).astype(str)),
        "document": rng.integers(10**10, 10**11, number).astype(str),
        "origin": rng.choice(["Kilis", "Hatay", ""], number),
        "interviewer": rng.choice(["x", "y"], number),
        "notes": np.array([f"note {row}" for row in range(number)], dtype=object),
    }
    for name in ("birth", "detected", "sex", "province"):
        dirty = columns[name].astype(object)
        dirty[rng.choice(number, number // 200, replace=False)] = "??"
        columns[name] = dirty
    return columns


def write(path: Path, number: int) -> None:
    """A list as CSV or Excel, with its mapping beside it."""
    columns = rows(number)
    if path.suffix == ".csv":
        with open(path, "w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, delimiter=";")
            writer.writerow(columns)
            writer.writerows(zip(*columns.values(), strict=True))
    else:
        with xlsxwriter.Workbook(str(path), {"constant_memory": True}) as book:
            sheet = book.add_worksheet("list")
            for row, cells in enumerate([list(columns), *zip(*columns.values(), strict=True)]):
                sheet.write_row(row, 0, cells)
    mapping = {
        **{"list": "benchmark", "title": "Synthetic", "study": "turkiye", "kind": "synthetic", "publisher": "nobody"},
        **{"source": "synthetic", "date": "2024-12-31", "columns": COLUMNS, "drop": ["interviewer", "notes"]},
        **({"file": {"delimiter": ";"}} if path.suffix == ".csv" else {}),
        "stops": [{"role": "origin", "place": "origin"}],
    }
    path.with_suffix(".mapping.yml").write_text(json.dumps(mapping, ensure_ascii=False), encoding="utf-8")


def measure(path: Path, warm: Path) -> dict[str, float]:
    """Seconds of the steps of one intake in this process, and its peak memory; `warm` is read first, untimed."""
    from analysis.cases import intake as start
    from analysis.intake import name_forms, pseudonyms

    module = sys.modules["analysis.cases.intake"]
    start(warm)
    took = {"reading": 0.0, "pseudonyms": 0.0}

    def timed(place: object, name: str, step: str) -> None:
        function = getattr(place, name)

        def run(*arguments: object) -> object:
            begun = time.perf_counter()
            try:
                return function(*arguments)
            finally:
                took[step] += time.perf_counter() - begun

        setattr(place, name, run)

    timed(module, "open_parts", "reading")
    for name in ("pseudonym", "phone", "document"):
        timed(pseudonyms, name, "pseudonyms")
    timed(name_forms, "name_columns", "pseudonyms")
    begun = time.perf_counter()
    result = start(path)
    whole = time.perf_counter() - begun
    assert len(result.records) + result.quarantine["row"].nunique() == len(result.rows)
    return {
        "rows": len(result.rows),
        "quarantine": result.quarantine["row"].nunique(),
        **took,
        "judging and splitting": whole - sum(took.values()),
        "whole": whole,
        "peak MiB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000, help="rows of the CSV file (default: %(default)s)")
    parser.add_argument("--excel-rows", type=int, default=100_000, help="rows of the Excel file (default: %(default)s)")
    parser.add_argument("--runs", type=int, default=3, help="runs of each (default: %(default)s)")
    parser.add_argument("--measure", nargs=2, type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        print(json.dumps(measure(*options.measure)))
        return
    with tempfile.TemporaryDirectory() as folder:
        warm = Path(folder, "warm.csv")
        write(warm, 200)
        for name, number in (("list.csv", options.rows), ("list.xlsx", options.excel_rows)):
            path = Path(folder, name)
            write(path, number)
            command = [sys.executable, __file__, "--measure", str(path), str(warm)]
            runs = [json.loads(subprocess.check_output(command)) for _ in range(options.runs)]
            print(f"{name}, {path.stat().st_size / 1024**2:,.0f} MiB")
            for step in runs[0]:
                print(f"  {step:<24}{statistics.median(run[step] for run in runs):>14,.1f}")


if __name__ == "__main__":
    main()
