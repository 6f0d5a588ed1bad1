"""Templates of pages and of the report, the names of analyses on them, and addresses between them."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from analysis import templating
from analysis.jobs import ALL, STAGED

if TYPE_CHECKING:
    import jinja2

_PACKAGE = "analysis.report"


def words(analysis: str) -> str:
    """Return what the pages of an analysis are about, as it follows the name of a place."""
    return ALL[analysis].about


def titled(analysis: str) -> str:
    """Return what the pages of an analysis are about, as it begins a line."""
    about = words(analysis)
    return about[:1].upper() + about[1:]


@cache
def _environment() -> jinja2.Environment:
    found = templating.environment(_PACKAGE)
    found.filters |= {"words": words, "titled": titled}
    return found


def template(name: str) -> jinja2.Template:
    """Return an HTML template of the report, in an environment that escapes and refuses what it was not given."""
    return _environment().get_template(name)


def text_of(name: str) -> str:
    """Return a file among the templates of the report as it stands: a style, a script."""
    return templating.text_of(_PACKAGE, name)


def from_yaml(name: str) -> Any:
    """Return the content of a YAML file among the templates of the report."""
    return yaml.safe_load(text_of(name))


def relative_to_reports(path: Path) -> str:
    """Return the address of a staged file in a link on the index; it is the same once both are released."""
    return os.path.relpath(path, STAGED / "reports").replace(os.sep, "/")
