"""The directive `commands`: what each command says of itself, so that no page can differ."""

from __future__ import annotations

from collections.abc import Iterator

import click
from docutils import nodes
from sphinx.util.docutils import SphinxDirective

# Columns of a line, whatever the terminal of whoever builds the pages.
WIDTH = 100


def commands_of(group: click.Group, context: click.Context) -> Iterator[tuple[click.Command, click.Context]]:
    """The commands of a group, those within a command too, each with the context in which it explains itself."""
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        within = click.Context(command, context, name, max_content_width=WIDTH, terminal_width=WIDTH)
        yield command, within
        if isinstance(command, click.Group):
            yield from commands_of(command, within)


def described() -> str:
    """Markdown with the help of every command, each under a heading."""
    from analysis.cli import PROGRAM, program

    whole = click.Context(program, info_name=PROGRAM)
    parts = []
    for command, within in commands_of(program, whole):
        name = within.command_path.removeprefix(f"{PROGRAM} ")
        parts.append(f"## {name}\n\n```text\n{command.get_help(within)}\n```")
    return "\n\n".join(parts)


class Commands(SphinxDirective):
    """All commands of ``python -m analysis``."""

    def run(self) -> list[nodes.Node]:
        # What is told here is in no file that a build looks at.
        self.env.note_reread()
        return self.parse_text_to_nodes(described(), allow_section_headings=True)


def setup(app):
    """Make the directive known."""
    app.add_directive("commands", Commands)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
