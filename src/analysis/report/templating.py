"""Templates of pages, and addresses on them: what needs no notebook."""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Iterable
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

import jinja2

from analysis.analyses import ALL
from analysis.jobs import STAGED


def words(analysis: str) -> str:
    """The name of an analysis as people write it."""
    return ALL[analysis].name


def titled(analysis: str) -> str:
    """The name of an analysis as it begins a line."""
    return ALL[analysis].title


def template(name: str) -> jinja2.Template:
    """A template of this package, in an environment that escapes and refuses what it was not given."""
    return _environment().get_template(name)


def style() -> str:
    """The style of all pages."""
    return (_folder() / "style.css").read_text(encoding="utf-8")


def policy(look: str, looks: Iterable[str] = (), scripts: Iterable[str] = ()) -> str:
    """What a page forbids itself (Content-Security-Policy): to load anything, and to run what it does not name.

    Parameters
    ----------
    look : the text of the page's style. looks, scripts : digests ("sha256-…") of the styles and scripts of the pages in
        its frames, which take its policy over.
    """
    own = "sha256-" + base64.b64encode(hashlib.sha256(look.encode()).digest()).decode()
    parts = ["default-src 'none'", "img-src data:", _allowing("style-src", [own, *looks])]
    named = list(scripts)
    parts += [_allowing("script-src", named)] if named else []
    return "; ".join([*parts, "base-uri 'none'", "form-action 'none'"])


def _allowing(what: str, digests: Iterable[str]) -> str:
    return " ".join([what, *(f"'{digest}'" for digest in dict.fromkeys(digests))])


@cache
def _folder() -> Traversable:
    return resources.files("analysis.report") / "templates"


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(str(_folder())),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["words"] = words
    environment.filters["titled"] = titled
    environment.globals["style"] = style()
    environment.globals["own_policy"] = policy(style())
    return environment


def relative_to_reports(path: Path) -> str:
    """The address of a staged file in a link on the index; it is the same once both are released."""
    return os.path.relpath(path, STAGED / "reports").replace(os.sep, "/")
