"""What is here, for the notebook that welcomes: the studies, what of them is up to date, and where results are."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

from IPython.display import Markdown

from analysis import areas, catalog
from analysis.batch import report
from analysis.batch.status import State, states
from analysis.catalog import ROOT, shown
from analysis.findings import collected
from analysis.jobs import INDEX, STAGED, plan, released, tables_of
from analysis.lab.launcher import COPIES
from analysis.sections.section import plain

HEADER = ("Study", "Areas", "Data", "Notebooks up to date", "Pages released")


def studies() -> Markdown:
    """A row for each study: its areas, of what kinds its data are, what is up to date, and what has been released."""
    found = states(plan())
    rows = [_study(name, [state for state in found if state.job.study == name]) for name in areas.STUDIES]
    lines = [" | ".join(row) for row in (HEADER, ["---"] * len(HEADER), *rows)]
    return Markdown("".join(f"| {line} |\n" for line in lines))


def results() -> Markdown:
    """Where results lie, how many there are, and what makes those that there are not."""
    runs = ROOT / "data" / "processed" / "runs"
    executed = [path for path in runs.rglob("*.ipynb") if not path.name.startswith(".")]
    failed = sum(path.name.endswith(".failed.ipynb") for path in executed)
    return Markdown(
        "\n".join(
            [
                _line("Executed notebooks, in-house", runs, len(executed) - failed, "run"),
                *([f"- **{failed} notebooks failed**: `status` says why"] * bool(failed)),
                _line("Findings, in-house", ROOT / "data" / "processed", sum(map(_has_findings, areas.STUDIES)), "run"),
                _line("Pages that wait for a release", STAGED / "reports", _pages(STAGED / "reports"), "run"),
                _line("The report that waits for a release", report.folder(), _pages(report.folder()), "run"),
                _line("Released pages, which may leave", released(INDEX), _pages(released(INDEX).parent), "release"),
                _line("Released figures, which may leave", ROOT / "figures", _figures(), "release"),
            ]
        )
    )


def _study(name: str, found: list[State]) -> list[str]:
    place = areas.get(name)
    levels = Counter(areas.load(name)["level"])
    own = [("counts", catalog.figures_kind(name)), *((tables.words, tables.kind) for tables in tables_of(name))]
    # What is public besides needs no word of its own.
    kept = [f"{what} ({kind.upper()})" for what, kind in own if kind not in ("", "public")]
    fresh = sum(state.name == "fresh" for state in found)
    pages = _pages(ROOT / "reports" / name)
    return [
        _link(plain(place.name), COPIES / f"{name}.ipynb"),
        ", ".join(f"{count} {_plural(level, count)}" for level, count in levels.items()),
        "; ".join(["public evidence", *kept]),
        f"{fresh} of {len(found)}",
        str(pages) if pages else "none yet",
    ]


def _plural(level: str, count: int) -> str:
    if count == 1:
        return level
    return level[:-1] + "ies" if level.endswith("y") else level + "s"


def _link(words: str, path: Path) -> str:
    """A link that leads from the notebook, whose folder the kernel works in; the words alone where there is nothing."""
    return f"[{words}]({Path(os.path.relpath(path)).as_posix()})" if path.exists() else words


def _line(what: str, place: Path, count: int, command: str) -> str:
    said = f"{count:,} in `{shown(place)}`" if count else f"none yet: `python -m analysis {command}` makes them"
    return f"- {what}: {said}"


def _has_findings(study: str) -> bool:
    return bool(collected.said(study))


def _pages(folder: Path) -> int:
    return sum(1 for _ in folder.rglob("*.html"))


def _figures() -> int:
    return sum(1 for study in areas.STUDIES for _ in (ROOT / "figures" / study).rglob("*.png"))
