"""HTML pages from templates: the environment and the style that all pages share, and what a page forbids itself."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import jinja2


@cache
def environment(package: str) -> jinja2.Environment:
    """Return an environment for the templates of a package; it escapes text and refuses what it was not given."""
    import jinja2  # only whoever writes pages needs it

    found = jinja2.Environment(
        loader=jinja2.FileSystemLoader(str(resources.files(package) / "templates")),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.globals["style"] = style()
    found.globals["own_policy"] = policy(style())
    return found


@cache
def text_of(package: str, name: str) -> str:
    """Return a file among the templates of a package as it stands: a style, a script."""
    return (resources.files(package) / "templates" / name).read_text(encoding="utf-8")


def style() -> str:
    """Return the style of all pages."""
    return text_of(__name__, "style.css")


def policy(look: str, looks: Iterable[str] = (), scripts: Iterable[str] = (), images: str = "data:") -> str:
    """Return a page's Content-Security-Policy: it loads nothing, and runs only what the policy names.

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
    """Return the digest by which a policy names a style or a script."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _allowing(directive: str, digests: Iterable[str]) -> str:
    return " ".join([directive, *(f"'{allowed}'" for allowed in dict.fromkeys(digests))])
