"""How it is said what a run or a release takes away, before and after, what is new, and what is missing.

A line has counts and the first names. Where more goes than a line can name, the whole list is in a file.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from analysis.batch.products import write_whole
from analysis.catalog import ROOT, shown
from analysis.jobs import STAGED

# All files of the last run or release that took away more than it named, with the reason for each.
LIST = ROOT / "data" / "processed" / "taken_away.txt"
# How many are named of many.
FEW = 3
# What begins the path of a file -> what one is called, and several are.
_CALLED = {
    "reports": ("released page", "released pages"),
    "figures": ("released figure", "released figures"),
    shown(STAGED / "reports"): ("staged page", "staged pages"),
    shown(STAGED / "figures"): ("staged figure", "staged figures"),
    "data/processed/runs": ("notebook", "notebooks"),
    "data/processed": ("table", "tables"),
}

BESIDE = (".csv", ".json")

# Path -> why it goes, or has gone.
Gone = Mapping[Path, str]


def staged() -> set[Path]:
    """All that is staged now."""
    return {path for path in STAGED.rglob("*") if path.is_file() and not path.name.startswith(".")}


def announced(going: Gone) -> list[str]:
    """What will go, a line for each reason: how many files of what kind, and the first of them."""
    return [f"Will be taken away, {why}: {counted(paths)}." for why, paths in _by_reason(going).items()]


def gone(paths: Gone) -> list[str]:
    """What has gone, a line for each reason with how many files of which folder, and where `keep` lists them all."""
    lines = []
    for why, files in _by_reason(paths).items():
        folders = Counter(_folder(path) for path in files)
        lines.append(f"Gone, {why}: {', '.join(f'{number} of {each}' for each, number in sorted(folders.items()))}.")
    if len(paths) > FEW:
        lines.append(f"All {len(paths)} files that have gone are listed in {shown(LIST)}.")
    return lines or ["Gone: nothing."]


def keep(paths: Gone) -> None:
    """Write the whole list of what has gone where it is longer than what is said of it."""
    if len(paths) > FEW:
        listed = "".join(f"{shown(path)}\t{why}\n" for path, why in sorted(paths.items()))
        write_whole(LIST, listed.encode(), private=True)


def new(paths: Iterable[Path]) -> str:
    """What has come: how many files of what kind, and the first of them."""
    found = sorted(paths)
    return f"New: {counted(found)}." if found else "New: nothing."


def missing(what: Sequence[str]) -> str:
    """What should be there and is not, each in words."""
    return f"Missing: {'; '.join(what) or 'nothing'}."


def counted(paths: Sequence[Path]) -> str:
    """How many files of what kind some are, and the first by name."""
    parts = Counter(_called(path) for path in paths)
    # Those that `_CALLED` has not are tables beside pages.
    order = sorted(parts, key=[*_CALLED.values(), *parts].index)
    kinds = ", ".join(f"{parts[words]} {words[parts[words] > 1]}" for words in order)
    return f"{kinds} ({few([shown(path) for path in sorted(paths)])})"


def few(names: Sequence[str], most: int = FEW) -> str:
    """The first of some names, and how many more there are."""
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")


def _called(path: Path) -> tuple[str, str]:
    one, several = next(words for begin, words in _CALLED.items() if shown(path).startswith(begin))
    # Beside a page stand its tables and what describes them.
    called = "table" if path.suffix in BESIDE else "page"
    return one.replace("page", called), several.replace("page", called)


def _folder(path: Path) -> str:
    """The folder of a study, or of the report, that a file lies in."""
    begin = next(begin for begin in _CALLED if shown(path).startswith(begin))
    parts = shown(path.parent).split("/")
    return "/".join(parts[: begin.count("/") + 2])


def _by_reason(going: Gone) -> dict[str, list[Path]]:
    found: dict[str, list[Path]] = {}
    for path, why in sorted(going.items()):
        found.setdefault(why, []).append(path)
    return found
