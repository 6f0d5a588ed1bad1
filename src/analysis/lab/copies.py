"""A person's own copies of the notebooks that the first page opens: made once, and theirs as soon as they save them."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat

from analysis.batch.parameters import TAG, checked
from analysis.batch.products import write_whole
from analysis.batch.seals import is_sealed, seal
from analysis.catalog import ROOT

COPIES = ROOT / "data" / "processed" / "lab"
TEMPLATES = ROOT / "notebooks"
# Templates without outputs stay as they are in version control; what is explored is saved in a copy.
EXPLORE, WELCOME = TEMPLATES / "explore.ipynb", TEMPLATES / "welcome.ipynb"


def explorer_of(study: str) -> Path:
    """The notebook in which a study is explored: the person's own, or a new copy of the template that is set to it."""
    notebook = nbformat.read(EXPLORE, as_version=4)
    for name, value in checked({"area": study}, notebook).items():
        cell = next(cell for cell in notebook.cells if TAG in cell.metadata.get("tags", []))
        cell.source = re.sub(rf"^{name} = .*$", f'{name} = "{value}"', cell.source, flags=re.MULTILINE)
    return _kept(COPIES / f"{study}.ipynb", nbformat.writes(notebook).encode() + b"\n")


def welcome() -> Path:
    """The notebook that says what is here: the person's own, or a new copy of the template."""
    return _kept(COPIES / "Welcome.ipynb", WELCOME.read_bytes())


def is_new(copy: Path) -> bool:
    """Whether nobody has saved a copy since it was made."""
    return is_sealed(copy, copy.read_bytes())


def _kept(path: Path, made: bytes) -> Path:
    """Write a copy where there is none, or one that nobody has saved since it was made; returns its path."""
    if not path.exists() or (is_new(path) and path.read_bytes() != made):
        COPIES.mkdir(mode=0o700, parents=True, exist_ok=True)
        # The seal comes first: a copy without one would be taken for a person's own.
        write_whole(*seal(path, made), private=True)
        write_whole(path, made, private=True)
    return path
