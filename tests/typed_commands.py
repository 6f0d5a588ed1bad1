"""Commands of ``python -m analysis`` as they are typed: which there are, and whether a line is understood."""

from __future__ import annotations

import click

from analysis import cli


def all_commands(group: click.Group = cli.program, typed: str = "") -> dict[str, click.Command]:
    """Each command and each command within one, by what is typed."""
    found = {}
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        found[f"{typed}{name}"] = command
        if isinstance(command, click.Group):
            found |= all_commands(command, f"{typed}{name} ")
    return found


def understand(words: list[str]) -> None:
    """Parse what is typed behind the program's name, and do nothing; raises click.UsageError for what is not known."""
    command, context, name = cli.program, None, "python -m analysis"
    while True:
        context = command.make_context(name, words, parent=context)
        if not isinstance(command, click.Group) or not words:
            return
        name, command, words = command.resolve_command(context, [*context._protected_args, *context.args])
