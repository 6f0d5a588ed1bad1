"""The directive `table-columns`: every table of `data/raw` with its columns, as the schemas check them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

# Of a pattern, more is not read by anybody.
LONGEST = 60
KINDS = {"int": "a whole number", "float": "a number", "bool": "True or False", "datetime": "a date, YYYY-MM-DD"}


def described(schemas: dict[str, Any], files: dict[str, list[tuple[str, str]]]) -> str:
    """Markdown on every table, under a heading each.

    Parameters
    ----------
    schemas : name -> schema of pandera.
    files : name of a schema -> path below ``data/raw`` and title of each file that has it.
    """
    return "\n\n".join(text for name, schema in schemas.items() for text in _table(name, schema, files.get(name, [])))


def _table(name: str, schema: Any, files: list[tuple[str, str]]) -> Iterator[str]:
    yield f"## {name}"
    if files:
        yield "\n".join(f"- `{path}`: {_text(title)}" for path, title in files)
    rows = [f"| `{column}` | {words(rules)} |" for column, rules in schema.columns.items()]
    yield "\n".join(["| column | holds |", "|---|---|", *rows])
    checks = [check.error for check in schema.checks if check.error]
    if schema.unique:
        checks.append("no two rows have the same " + ", ".join(f"`{column}`" for column in schema.unique))
    if checks:
        yield f"Also: {'; '.join(checks)}."


def words(column: Any) -> str:
    """What a column may hold, in words."""
    said = [_check(check) for check in column.checks]
    kind = next((text for part, text in KINDS.items() if part in str(column.dtype).lower()), "text")
    if not said or kind != "text":
        said = [kind, *said]
    said += ["no two alike"] if column.unique else []
    said += ["may be empty"] if column.nullable else []
    return ", ".join(said)


def _check(check: Any) -> str:
    rules = check.statistics
    if check.name == "isin":
        return "one of " + ", ".join(f"`{value}`" if value != "" else "nothing" for value in rules["allowed_values"])
    if check.name == "in_range":
        return f"from {rules['min_value']} to {rules['max_value']}"
    if check.name == "greater_than_or_equal_to":
        return f"at least {rules['min_value']}"
    if check.name == "greater_than":
        return f"more than {rules['min_value']}"
    if check.name != "str_matches":
        raise ValueError(f"{check.name}: there are no words for this check of a schema yet; add them here.")
    pattern = str(getattr(rules["pattern"], "pattern", rules["pattern"]))
    if pattern == ".+":
        return "text, never empty"
    return "text of the form `" + pattern.replace("|", "\\|") + "`" if len(pattern) <= LONGEST else "text of a form"


def _text(title: str) -> str:
    return title.replace("*", r"\*").replace("_", r"\_").replace("<", "&lt;")


class TableColumns(SphinxDirective):
    """All tables that a catalogue of the project lists, and the schemas that stand ready for those of users."""

    def run(self) -> list[nodes.Node]:
        # What is told here is in no file that a build looks at.
        self.env.note_reread()
        from analysis import catalog
        from analysis.schemas import SCHEMAS

        files: dict[str, list[tuple[str, str]]] = {}
        for entry in catalog.datasets().values():
            # What a user's own catalogue lists is nobody else's business.
            if entry.schema in SCHEMAS and entry.catalogue.startswith((catalog.CATALOGUE, "synthetic/")):
                files.setdefault(entry.schema, []).append((f"data/raw/{entry.file}", entry.title))
        return self.parse_text_to_nodes(described(SCHEMAS, files), allow_section_headings=True)


def setup(app):
    """Make the directive known."""
    app.add_directive("table-columns", TableColumns)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
