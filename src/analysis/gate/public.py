"""The words that are public anyway: of public evidence, of the project's own texts and functions, and of places."""

from __future__ import annotations

import subprocess
from collections.abc import Collection, Iterator
from pathlib import Path

from analysis import areas, catalog
from analysis.catalog import ROOT, shown
from analysis.gate.documents import strings
from analysis.gate.wrappings import without_percents

# The project's own texts; invented persons are no public ones.
_OWN = ("*.md", "docs/*.md", "notebooks/*.ipynb", "src/**/*", "data/raw/*/README.md")
_ENDINGS = (".md", ".ipynb", ".py", ".css", ".js", ".j2", ".csv", ".yml")
_INVENTED = "synthetic"


def texts(unsure: Collection[Path] = ()) -> Iterator[str]:
    """Public texts one after the other.

    Parameters
    ----------
    unsure : files that may just have been given what is not public: they count as they were committed last.
    """
    changed = {path.resolve() for path in unsure}
    for path in sorted(_files()):
        content = _committed(path) if path.resolve() in changed else path.read_bytes()
        # The names of places in a file of boundaries stand between numbers, in UTF-8.
        text = next(strings(content)) if path.suffix == ".gpkg" else content.decode("utf-8", "replace")
        yield text
        if (address := without_percents(text)) != text:
            yield address
    for entry in catalog.datasets().values():
        # What a list is called stands on every page that rests on it.
        yield "\n".join((entry.name, entry.title, entry.publisher, entry.source, entry.licence, *entry.cautions))
    yield "\n".join(_places())


def _files() -> Iterator[Path]:
    for pattern in _OWN:
        for path in ROOT.glob(pattern):
            if path.is_file() and path.suffix in _ENDINGS and _INVENTED not in path.relative_to(ROOT).parts:
                yield path
    for entry in catalog.datasets().values():
        if entry.kind == "public" and not (entry.mapping or entry.survey) and entry.path.is_file():
            yield entry.path


def _places() -> Iterator[str]:
    from analysis.cases import places

    for study in areas.STUDIES:
        yield from places.gazetteer(study)["name"]


def _committed(path: Path) -> bytes:
    """A file as the last commit has it; nothing where it has none."""
    shown_by = ["git", "-C", str(ROOT), "show", f"HEAD:{shown(path)}"]
    try:
        return subprocess.run(shown_by, capture_output=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return b""
