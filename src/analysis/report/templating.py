"""Templates of pages, and addresses on them: what needs no notebook.

What is in quarantine, rule by rule, as the reports for data managers show it.
"""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pandas as pd
import yaml

from analysis.jobs import ALL, STAGED

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


# So many rows are named for each rule and column; the quarantine table has them all.
FIRST = 10
SHOWN_IN_TERMINAL = 3


def grouped(quarantine: pd.DataFrame, to_do: Mapping[str, str]) -> list[dict[str, Any]]:
    """Rules that were broken, the most frequent first; a row that breaks two is counted with both.

    Parameters
    ----------
    quarantine : one row a cell: row, column, rule, reason.
    to_do : rule -> what whoever keeps the data does about it.
    """
    found = [
        {
            "rule": rule,
            "column": column,
            "rows": len(rows),
            "first": rows["row"].head(FIRST).tolist(),
            "more": max(0, len(rows) - FIRST),
            "reason": rows["reason"].iloc[0],
            "to_do": to_do[rule],
        }
        for (rule, column), rows in quarantine.groupby(["rule", "column"], sort=True)
    ]
    return sorted(found, key=lambda fault: (-fault["rows"], fault["rule"], fault["column"]))


def in_lines(quarantine: pd.DataFrame, to_do: Mapping[str, str]) -> list[str]:
    """The same for a terminal, one line a rule and column."""
    lines = []
    for fault in grouped(quarantine, to_do):
        column = f" in '{fault['column']}'" if fault["column"] else ""
        rows = ", ".join(f"row {row}" for row in fault["first"][:SHOWN_IN_TERMINAL])
        more = fault["rows"] - SHOWN_IN_TERMINAL
        rows += f" and {more:,} more" if more > 0 else ""
        lines.append(f"  {fault['rule']}{column}: {fault['rows']:,} ({rows})")
    return lines


def page(name: str, **said: Any) -> str:
    """A report for data managers: one of the templates, with the style and the table of faults that they share."""
    style, parts = template("checks.css").render(), cast(Any, template("faults.html.j2").module)
    return template(name).render(checks_style=style, table_of_faults=parts.table_of_faults, **said)


def percent(part: int, whole: int) -> str:
    """A share in per cent; none is not "0 %" of some, and all but one is not all."""
    if not whole:
        return "–"
    share = 100 * part / whole
    return "<1 %" if 0 < share < 1 else ">99 %" if 99 < share < 100 else f"{share:.0f} %"
