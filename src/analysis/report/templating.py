"""Templates of pages, and addresses on them: what needs no notebook."""

from __future__ import annotations

import os
from functools import cache
from importlib import resources
from pathlib import Path

import jinja2

from analysis.catalog import ROOT


def words(analysis: str) -> str:
    """The name of an analysis as people write it."""
    return analysis.replace("_", " ")


def template(name: str) -> jinja2.Template:
    """A template of this package, in an environment that escapes and refuses what it was not given."""
    return _environment().get_template(name)


@cache
def _environment() -> jinja2.Environment:
    folder = resources.files("analysis.report") / "templates"
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(str(folder)),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["words"] = words
    environment.globals["style"] = (folder / "style.css").read_text(encoding="utf-8")
    return environment


def relative_to_reports(path: Path) -> str:
    """The address of `path` in a link on ``reports/index.html``."""
    return os.path.relpath(path, ROOT / "reports").replace(os.sep, "/")
