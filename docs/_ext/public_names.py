"""The directive `public-names`: what a module offers, first as a list of names and sentences, then in full."""

from __future__ import annotations

import importlib
import inspect
from types import ModuleType

from docutils import nodes
from sphinx.util.docutils import SphinxDirective


def described(name: str) -> str:
    """Markdown that lists what a module offers, and has autodoc describe it.

    Parameters
    ----------
    name : of a module; what it offers is its ``__all__``, or what is defined in it under a name without underscore.
    """
    module = importlib.import_module(name)
    told = [
        each for each in offered(module) if inspect.isroutine(vars(module)[each]) or inspect.isclass(vars(module)[each])
    ]
    rows = [f"| {{py:obj}}`~{name}.{each}` | {_sentence(vars(module)[each])} |" for each in told]
    table = "\n".join(["| name | |", "|---|---|", *rows]) if len(told) > 1 else ""
    return f"{table}\n\n```{{eval-rst}}\n.. automodule:: {name}\n```"


def offered(module: ModuleType) -> list[str]:
    """The names that a module offers, in its own order."""
    return list(getattr(module, "__all__", ())) or [
        each
        for each, found in vars(module).items()
        if not each.startswith("_") and getattr(found, "__module__", "") == module.__name__ and callable(found)
    ]


def _sentence(described: object) -> str:
    """The first sentence of a docstring, as Markdown in a cell."""
    first = " ".join((inspect.getdoc(described) or "").split("\n\n")[0].split())
    sentence = first.split(". ")[0].rstrip(".")
    parts = sentence.replace("``", "`").split("`")
    parts[::2] = [part.replace("*", r"\*").replace("_", r"\_").replace("<", "&lt;") for part in parts[::2]]
    return "`".join(parts).replace("|", r"\|")


class PublicNames(SphinxDirective):
    """What the module named by the argument offers."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        return self.parse_text_to_nodes(described(self.arguments[0]))


def setup(app):
    """Make the directive known."""
    app.add_directive("public-names", PublicNames)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
