"""The directive `commands`: every command with its options, as argparse knows them, so that no page can differ."""

from __future__ import annotations

import argparse
import contextlib
import os
import re
from collections.abc import Iterator

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

# Columns of a line of usage, whatever the terminal of whoever builds the pages.
WIDTH = "100"


def described(parser: argparse.ArgumentParser) -> str:
    """Markdown on every command of a parser, each under a heading.

    Parameters
    ----------
    parser : with commands, which may have commands of their own.
    """
    with _width():
        return "\n\n".join(_sections(parser, level=2))


def commands_of(parser: argparse.ArgumentParser) -> dict[str, tuple[argparse.ArgumentParser, str]]:
    """The commands of a parser: name -> its own parser, and the line of help in the list of commands."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            said = {choice.dest: choice.help or "" for choice in action._choices_actions}
            return {name: (each, said.get(name, "")) for name, each in action.choices.items()}
    return {}


def _sections(parser: argparse.ArgumentParser, level: int) -> Iterator[str]:
    for name, (command, said) in commands_of(parser).items():
        yield f"{'#' * level} {name if level == 2 else command.prog.removeprefix('python -m analysis ')}"
        yield "\n\n".join(_sentence(part) for part in (command.description or said).split("\n\n"))
        yield _as_it_is(command.format_usage().removeprefix("usage: "))
        rows = [_row(command, action) for action in command._actions if _is_told(action)]
        if rows:
            yield "\n".join(["| option | what it does |", "|---|---|", *rows])
        if command.epilog:
            yield _as_it_is(command._get_formatter()._fill_text(command.epilog, int(WIDTH), ""))
        yield from _sections(command, level + 1)


def _as_it_is(text: str) -> str:
    return f"```text\n{text.strip()}\n```"


def _is_told(action: argparse.Action) -> bool:
    return not isinstance(action, argparse._HelpAction | argparse._SubParsersAction)


def _row(command: argparse.ArgumentParser, action: argparse.Action) -> str:
    names = action.option_strings or [str(action.metavar or action.dest)]
    value = "" if action.nargs == 0 or not action.option_strings else f" {_metavar(action)}"
    said = command._get_formatter()._expand_help(action) if action.help else ""
    return f"| {', '.join(f'`{name}{value}`' for name in names)} | {_sentence(said).replace('|', chr(92) + '|')} |"


def _metavar(action: argparse.Action) -> str:
    said = action.metavar or action.dest.upper()
    return " ".join(said) if isinstance(said, tuple) else said


def _sentence(text: str) -> str:
    """A line of help as a sentence whose signs are no marks, and whose line breaks are none."""
    # What is between backquotes stands as it is.
    parts = " ".join(text.split()).split("`")
    parts[::2] = [re.sub(r"([*_\[\]<~]|-(?=-))", r"\\\1", part) for part in parts[::2]]
    text = "`".join(parts)
    return text[:1].upper() + text[1:] + ("" if not text or text.endswith((".", ")", ":")) else ".")


@contextlib.contextmanager
def _width() -> Iterator[None]:
    before = os.environ.get("COLUMNS")
    os.environ["COLUMNS"] = WIDTH
    try:
        yield
    finally:
        if before is None:
            del os.environ["COLUMNS"]
        else:
            os.environ["COLUMNS"] = before


class Commands(SphinxDirective):
    """All commands of ``python -m analysis``."""

    def run(self) -> list[nodes.Node]:
        # What is told here is in no file that a build looks at.
        self.env.note_reread()
        from analysis.cli import parser

        return self.parse_text_to_nodes(described(parser()), allow_section_headings=True)


def setup(app):
    """Make the directive known."""
    app.add_directive("commands", Commands)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
