"""The whole notebook on risk factors with many respondents: the time of each cell, figures drawn and all.

    python benchmarks/risk_notebook.py                 200,000 respondents with all columns there are, one thread
    python benchmarks/risk_notebook.py --area XDP-FIG    of one province
    python benchmarks/risk_notebook.py --size small    with 4,400 respondents; middle: 44,000

Respondents are synthetic. The notebook's own cells run in this process, after the survey's tables were put in the place
of the committed ones; what a kernel takes to start is not in the times. Seconds are of the clock.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import time
from dataclasses import replace
from pathlib import Path

for threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[threads] = "1"

from risk_speed import SIZES, joined  # noqa: E402

from analysis.survey import processed  # noqa: E402

NOTEBOOK = Path(__file__).resolve().parents[1] / "notebooks" / "risk_factors.ipynb"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--area", default="demo_provinces", help="a province, or the study as a whole (default)")
    parser.add_argument("--size", default="large", choices=SIZES)
    given = parser.parse_args()
    committed = processed.load("demo_provinces")
    many = replace(committed, respondents=joined(*SIZES[given.size]))
    processed.load = lambda study: many
    print(f"{len(many.respondents):,} respondents, {len(many.respondents.columns)} columns, {given.area}")
    names: dict[str, object] = {"display": print}
    began = time.perf_counter()
    for cell in json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] != "code":
            continue
        text = "".join(cell["source"])
        if "parameters" in cell["metadata"].get("tags", ()):
            text = f"area = {given.area!r}"
        start = time.perf_counter()
        exec(compile(text, cell["id"], "exec"), names)
        print(f"{time.perf_counter() - start:7.2f} s  {text.strip().splitlines()[-1].strip()[:90]}")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{time.perf_counter() - began:7.2f} s  in all; {peak:,.0f} MiB")


if __name__ == "__main__":
    main()
