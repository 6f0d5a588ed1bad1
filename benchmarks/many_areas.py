"""Many areas: whether the time of a run grows as the number of areas does, and whether its memory stays as it is.

    python benchmarks/many_areas.py                 125, 250, 500 and 1,000 areas
    python benchmarks/many_areas.py --most 60       an eighth, a quarter, half and all of 60 areas
    python benchmarks/many_areas.py --runs 1        fewer runs with nothing to do (default: 3)
    python benchmarks/many_areas.py --into FOLDER   where many_areas.png goes (default: benchmarks/)

Each number of areas is run in a copy of the project. There the areas of one study are synthetic, with a square each for
the map, and each notebook has one cell that makes a table and a small figure. Measured are the wall time, the memory of
all processes of the run and of the batch's own process every two seconds, and the time of a run with nothing to do.
Memory is the proportional set size: a page that several processes share is divided among them. The batch's own process
is largest at the end, when it writes the index of the pages; in a small run that can fall between two looks. A table is
printed; the figure is many_areas.png.
"""

import argparse
import contextlib
import csv
import datetime
import hashlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import geopandas as gpd
import psutil
import shapely
from batch import STAGED, analysis, copy_of_the_project, seconds
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.jobs import COMPARED
from analysis.plots import marks, style
from analysis.project_files import sources

STUDY = "cabo_verde"
SELECTION = ("run", "--study", STUDY, "--analysis", "trends", "--jobs", "2")
EVERY = 2.0  # seconds from one look at the memory to the next

CELL = """
from io import BytesIO

import numpy as np
import pandas as pd
from IPython.display import Image, display
from matplotlib.figure import Figure

rows = pd.DataFrame({"year": np.tile(np.arange(2010, 2025), 200), "count": np.random.default_rng(0).poisson(9, 3000)})
table = rows.groupby("year")["count"].agg(["sum", "mean", "max"])
display(table)
figure = Figure(figsize=(4, 2.5))
axes = figure.add_subplot(title=f"SYNTHETIC: {area}")
axes.plot(table.index, table["mean"], marker="o")
content = BytesIO()
figure.savefig(content, metadata={"Software": None})
Image(content.getvalue(), metadata={"name": "line_SYNTHETIC", "kind": "synthetic"})
"""


@dataclass(frozen=True)
class Memory:
    """MiB of the batch's own process, and of all processes of its run, so many seconds after its start."""

    seconds: float
    own: float
    all: float


@dataclass(frozen=True)
class Measured:
    """What the run of so many areas took: seconds, memory as it went, and seconds when there was nothing to do."""

    areas: int
    seconds: float
    memory: list[Memory]
    nothing: float

    @property
    def own_peak(self) -> float:
        return max(look.own for look in self.memory)

    @property
    def peak(self) -> float:
        return max(look.all for look in self.memory)

    def __str__(self) -> str:
        numbers = f"{self.areas:>7,}{self.areas + 1:>11,}{self.seconds:>10.1f}{self.seconds / (self.areas + 1):>10.3f}"
        return f"{numbers}{self.own_peak:>11.0f}{self.peak:>11.0f}{self.nothing:>12.2f}"


HEADING = f"{'areas':>7}{'notebooks':>11}{'seconds':>10}{'each':>10}{'batch MiB':>11}{'all MiB':>11}{'nothing s':>12}"


def project_of(number: int, folder: Path) -> Path:
    """A copy of the project with so many synthetic areas in one study, and notebooks of one cell."""
    project = copy_of_the_project(folder)
    names = [f"Synthetic {i:04d}" for i in range(number)]
    raw = project / "data" / "raw"
    files = [raw / "areas.csv", raw / "boundaries" / "study_areas.gpkg"]
    before = [digest(path) for path in files]
    put_areas(files[0], names)
    put_squares(files[1], names)
    catalog = raw / "catalog.yml"
    text = catalog.read_text(encoding="utf-8")
    for old, path in zip(before, files, strict=True):
        text = text.replace(old, digest(path))
    catalog.write_text(text, encoding="utf-8")
    for path in (project / "notebooks").glob("*.ipynb"):
        template = json.loads(path.read_text(encoding="utf-8"))
        given = next(cell for cell in template["cells"] if "parameters" in cell["metadata"].get("tags", []))
        template["cells"] = [given, {**given, "id": "work", "metadata": {}, "source": CELL.strip()}]
        path.write_text(json.dumps(template), encoding="utf-8")
    for path in (project / "notebooks").glob(f"*{COMPARED}.ipynb"):
        path.unlink()
    return project


def digest(path: Path) -> str:
    """The sha256 of a file, as the catalogue gives it."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def put_areas(path: Path, names: list[str]) -> None:
    """Put areas of these names in the place of a study's own into the table of areas."""
    with open(path, encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["study"] != STUDY]
    for name in names:
        # The project's own ids have letters alone: A for 0, B for 1.
        area_id = "CPV-S" + "".join(chr(ord("A") + int(figure)) for figure in name.split()[1])
        same = {"study": STUDY, "level": "island", "parent_id": "CPV", "iso3": "CPV"}
        rows.append({**dict.fromkeys(rows[0], ""), **same, "area_id": area_id, "name": name, "name_local": name})
    with open(path, "w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, list(rows[0]))
        table.writeheader()
        table.writerows(rows)


def put_squares(path: Path, names: list[str]) -> None:
    """Put squares in rows of forty, around Cabo Verde, in the place of the islands: the index maps every area."""
    corners = [(-26 + 0.1 * (i % 40), 17 - 0.1 * (i // 40)) for i in range(len(names))]
    squares = [shapely.box(x, y, x + 0.08, y + 0.08) for x, y in corners]
    gpd.GeoDataFrame({"island": names}, geometry=squares, crs=4326).to_file(path, layer="cv_island")


def measure(number: int, runs: int) -> Measured:
    """Run so many areas in a copy of the project, and then so many times with nothing to do."""
    with tempfile.TemporaryDirectory() as name:
        project = project_of(number, Path(name))
        memory: list[Memory] = []
        taken = seconds(partial(watched, project, Path(name, "said"), memory))
        pages = len(list((project / STAGED / "reports" / STUDY).glob("*/trends.html")))
        if pages != number + 1:
            sys.exit(f"{number + 1} pages were to be written, and {pages} were.")
        nothing = min(seconds(partial(analysis, *SELECTION, project=project)) for _ in range(runs))
    return Measured(number, taken, memory, nothing)


def watched(project: Path, said: Path, memory: list[Memory]) -> None:
    """Run the batch and look at its memory until it ends; stops all if it fails."""
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(map(str, sources(project))),
        "JUPYTER_DEFAULT_PROVISIONER_NAME": "warm",
    }
    start = time.perf_counter()
    with open(said, "w") as output:
        command = [sys.executable, "-m", "analysis", *SELECTION]
        run = psutil.Popen(command, cwd=project, env=environment, stdout=output, stderr=output)
        while True:
            with contextlib.suppress(subprocess.TimeoutExpired, psutil.TimeoutExpired):
                run.wait(timeout=EVERY)
                break
            own, others = mib(run), sum(mib(process) for process in run.children(recursive=True))
            memory.append(Memory(time.perf_counter() - start, own, own + others))
    if run.returncode:
        sys.exit(said.read_text(encoding="utf-8"))


def mib(process: psutil.Process) -> float:
    """Proportional set size of a process; nothing if it has just ended."""
    with contextlib.suppress(psutil.Error):
        return process.memory_full_info().pss / 2**20
    return 0.0


@style.form("Dots of the seconds by number of areas, and lines of the memory over the time of a run.")
def picture(runs: list[Measured], day: datetime.date) -> Figure:
    """Seconds against areas, and memory against time for the largest number of areas."""
    most = runs[-1]
    footer = style.Footer(
        source="benchmarks/many_areas.py",
        period=f"{day:%Y-%m-%d}",
        n=", ".join(f"{run.areas:,}" for run in runs) + " synthetic areas",
        limits=f"{os.cpu_count()} processors, two notebooks at a time",
        synthetic=True,
    )
    page = style.Page(title="What a run takes when there are many areas", footer=footer)
    left, right = page.subplots(1, 2)

    ends = [runs[0], runs[-1]]
    prepare(left, "Seconds a run takes", "areas", most.areas, max(run.seconds for run in runs))
    left.plot([run.areas for run in ends], [run.seconds for run in ends], color=style.VERMILLION, lw=1.6, ls="--")
    left.plot([run.areas for run in runs], [run.seconds for run in runs], "o", color=style.BLUE, ms=7)
    left.text(0.04, 0.93, "- - first to last point", transform=left.transAxes, size=10, color=style.VERMILLION)

    times = [look.seconds for look in most.memory]
    prepare(right, f"Memory in MiB, {most.areas:,} areas", "seconds since the start", most.seconds, most.peak)
    own = [look.own for look in most.memory]
    for name, values, colour, height in (
        ("all processes", [look.all for look in most.memory], style.BLUE, most.peak),
        ("the batch's own process", own, style.GREEN, statistics.median(own)),
    ):
        right.plot(times, values, color=colour, lw=1.6)
        place = (0.45 * most.seconds, height + 0.02 * most.peak)
        right.text(*place, name, size=10, color=style.readable(colour), ha="center", va="bottom")
    return page.fit(2.7)


def prepare(axes: Axes, title: str, below: str, across: float, top: float) -> None:
    """Axes from zero, named above and below."""
    marks.amount_axis(axes, top, log=False, size=10, headroom=0.1)
    axes.set_xlim(0, 1.04 * across)
    axes.set_xlabel(below)
    axes.set_title(title, weight="normal")


def main() -> None:
    """Run the measurements, print them, and draw the figure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--most", type=int, default=1000, metavar="N", help="largest number of areas, 2 to 1,000")
    parser.add_argument("--runs", type=int, default=3, metavar="N", help="with nothing to do (default: %(default)s)")
    parser.add_argument("--into", type=Path, default=Path(__file__).parent, metavar="FOLDER", help="of the figure")
    given = parser.parse_args()
    if not 2 <= given.most <= 1000:
        parser.error("--most must be from 2 to 1,000")
    print(f"{os.cpu_count()} processors\n{HEADING}", flush=True)
    runs = []
    # An eighth of few areas is none.
    for number in sorted({given.most // parts for parts in (8, 4, 2, 1)} - {0}):
        runs.append(measure(number, given.runs))
        print(runs[-1], flush=True)
    first, last = runs[0], runs[-1]
    print(f"{last.areas / first.areas:.1f} times as many areas took {last.seconds / first.seconds:.1f} times as long.")
    print(f"Peak memory of all processes: {last.peak / first.peak:.2f} of that of the fewest areas.")
    (given.into / "many_areas.png").write_bytes(style.png(picture(runs, datetime.date.today())))


if __name__ == "__main__":
    main()
