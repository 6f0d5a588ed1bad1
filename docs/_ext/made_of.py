"""The directive `made-of`: which parts of the library each notebook reaches, as the batch reads it from imports."""

from __future__ import annotations

import re

from docutils import nodes
from sphinx.util.docutils import SphinxDirective


def described() -> str:
    """A Markdown table with a row for each part of the library, or package, and a column for each notebook."""
    from analysis.batch.provenance import made_from
    from analysis.jobs import ANALYSES, plan

    one_of_each = {job.analysis: job for job in plan()}
    reached = {name: {_part(path) for path in made_from(one_of_each[name])["library"]} for name in ANALYSES}
    parts = sorted({part for found in reached.values() for part in found} - {"__init__"})
    head = [f"| part | {' | '.join(name.replace('_', ' ') for name in ANALYSES)} |", "|---" * (len(ANALYSES) + 1) + "|"]
    rows = [
        f"| `{part}` | {' | '.join('yes' if part in reached[name] else '–' for name in ANALYSES)} |" for part in parts
    ]
    return "\n".join([*head, *rows])


def _part(path: str) -> str:
    """The package of methods in which a file lies, or the module or package directly below ``analysis``."""
    return re.sub(r"^(src/analysis|packages)/", "", path).split("/")[0].removesuffix(".py")


class MadeOf(SphinxDirective):
    """The table."""

    def run(self) -> list[nodes.Node]:
        # What is told here is in no file that a build looks at.
        self.env.note_reread()
        return self.parse_text_to_nodes(described())


def setup(app):
    """Make the directive known."""
    app.add_directive("made-of", MadeOf)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
