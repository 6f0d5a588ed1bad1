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
from typing import TYPE_CHECKING, Any

import yaml

from analysis.analyses import ALL
from analysis.jobs import STAGED

if TYPE_CHECKING:
    import jinja2


def words(analysis: str) -> str:
    """The name of an analysis as people write it."""
    return ALL[analysis].name


def titled(analysis: str) -> str:
    """The name of an analysis as it begins a line."""
    return ALL[analysis].title


def template(name: str) -> jinja2.Template:
    """A template of this package, in an environment that escapes and refuses what it was not given."""
    return _environment().get_template(name)


def said(name: str) -> Any:
    """What a YAML file among the templates says."""
    return yaml.safe_load(text_of(name))


@cache
def text_of(name: str) -> str:
    """A file among the templates as it stands: a style, a script."""
    return (_folder() / name).read_text(encoding="utf-8")


def style() -> str:
    """The style of all pages."""
    return text_of("style.css")


def policy(look: str, looks: Iterable[str] = (), scripts: Iterable[str] = (), images: str = "data:") -> str:
    """What a page forbids itself (Content-Security-Policy): to load anything, and to run what it does not name.

    Parameters
    ----------
    look : the text of the page's style. looks, scripts : digests ("sha256-…") of the styles and scripts of the pages in
        its frames, which take its policy over, and of its own scripts.
    images : where its pictures may be.
    """
    parts = ["default-src 'none'", f"img-src {images}", _allowing("style-src", [digest(look), *looks])]
    named = list(scripts)
    parts += [_allowing("script-src", named)] if named else []
    return "; ".join([*parts, "base-uri 'none'", "form-action 'none'"])


def digest(text: str) -> str:
    """The digest by which a policy names a style or a script."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _allowing(what: str, digests: Iterable[str]) -> str:
    return " ".join([what, *(f"'{each}'" for each in dict.fromkeys(digests))])


@cache
def _folder() -> Traversable:
    return resources.files("analysis.report") / "templates"


@cache
def _environment() -> jinja2.Environment:
    import jinja2  # only whoever writes pages needs it

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
