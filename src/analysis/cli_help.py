"""How the command line explains itself: what the help of each command holds, and what is said of a mistyped word."""

from __future__ import annotations

import argparse
import difflib
import re
import shutil
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NoReturn

# What argparse makes of `add_subparsers`; it has no public name.
Commands = Any

PROGRAM = "python -m analysis"
WIDTH = 100
# Where what an example is for begins, if it stands beside it.
BESIDE = 54
ENDS = {0: "done", 2: "nothing was done, and why is said", 130: "stopped by Ctrl-C"}
CODES = "exit codes:"

# Of an option --study; help that named them would need a catalogue that can be read.
ONLY_STUDY = f"only this study; `{PROGRAM} areas` lists them"

FIRST = f"""\
What to do first:

  {PROGRAM} doctor            whether the installation is sound, and what fixes it if not
  {PROGRAM} run               assess every area; only what is not up to date is run
  {PROGRAM} status            what is up to date, what is not, and why
  {PROGRAM} release --check   whether what was made may leave; without --check, let it
  {PROGRAM} lab               JupyterLab, to explore an area
  {PROGRAM} areas             the ids by which areas and studies are called

{PROGRAM} --help lists all commands, {PROGRAM} run --help explains one of them.
"""


class Formatter(argparse.HelpFormatter):
    """Help no wider than WIDTH; paragraphs are wrapped, and indented lines stand as they were written."""

    def __init__(self, prog: str, **rules: Any) -> None:
        width = min(WIDTH, shutil.get_terminal_size().columns)
        super().__init__(prog, **{"width": width, "max_help_position": 26, **rules})

    # As argparse's own formatters do it, since there is no public way.
    def _fill_text(self, text: str, width: int, indent: str) -> str:
        lines: list[str] = []
        for words, is_raw in _blocks(text):
            lines += [words] if is_raw else textwrap.wrap(words, width, break_on_hyphens=False)
        return "\n".join(indent + line for line in lines)


class Parser(argparse.ArgumentParser):
    """A parser whose help says how the command ends, and who answers a mistyped word with the nearest."""

    def __init__(self, **rules: Any) -> None:
        epilog = (rules.get("epilog") or "").rstrip()
        if CODES not in epilog:
            epilog = f"{epilog}\n\n{_codes(ENDS)}".lstrip()
        super().__init__(**{**rules, "epilog": epilog, "formatter_class": Formatter})

    def parse_known_args(self, args=None, namespace=None):
        """As that of argparse; what is left over is refused at once, by whoever knows which options there are."""
        found, left = super().parse_known_args(args, namespace)
        if left:
            options = sorted(self._option_string_actions)
            word = left[0].partition("=")[0]
            # Whoever types a study or an area by itself has left out the option.
            meant = {"--study": "a study by --study", "--area": "an area by --area"}
            by = [words for option, words in meant.items() if option in options and not word.startswith("-")]
            said = f" Name {' and '.join(by)}." if by else near(word, options)
            self.error(f"'{_printable(left[0])}' is not expected here.{said}")
        return found, left

    # Called for every word that must be one of a few: commands, steps, analyses, shells.
    def _check_value(self, action: argparse.Action, value: Any) -> None:
        if action.choices is not None and value not in action.choices:
            raise argparse.ArgumentError(None, unknown(_named(action), str(value), list(action.choices)))

    def error(self, message: str) -> NoReturn:
        """Say what is wrong in a sentence, and where an example stands; exit code 2."""
        sentence = message if message.endswith((".", "?")) else f"{message}."
        self.exit(2, f"analysis: {sentence} `{self.prog} --help` has examples.\n")


def teach(
    commands: Commands,
    name: str,
    *,
    help: str,
    does: str,
    examples: Sequence[tuple[str, str]],
    reads: str = "",
    writes: str = "",
    ends: Mapping[int, str] | None = None,
) -> Parser:
    """Add a command whose help says all that its user wants to know.

    Parameters
    ----------
    help : what it does, in a few words, for the list of commands.
    does : the same in whole sentences.
    examples : what to type, without the program's name, and what that is for.
    reads, writes : which files.
    ends : what an exit code means, where that is not as in ENDS.
    """
    parts = [does, reads and f"Reads: {reads}", writes and f"Writes: {writes}"]
    shown = "\n".join(line for words, purpose in examples for line in _example(words, purpose))
    return commands.add_parser(
        name,
        help=help,
        description="\n\n".join(filter(None, parts)),
        epilog=f"examples:\n{shown}\n\n{_codes({**ENDS, **(ends or {})})}",
    )


def unknown(what: str, word: str, known: Sequence[str]) -> str:
    """That there is no such thing, and what it may have been meant to be."""
    return f"There is no {what} '{_printable(word)}'." + (near(word, known) or f" There are: {', '.join(known)}.")


def near(word: str, known: Iterable[str]) -> str:
    """A sentence with those of the known words that are most like one; empty where none is."""
    folded = {each.casefold(): each for each in known}
    found = [folded[each] for each in difflib.get_close_matches(word.casefold(), list(folded), n=3, cutoff=0.6)]
    return f" The nearest {'is' if len(found) == 1 else 'are'}: {', '.join(found)}." if found else ""


def _named(action: argparse.Action) -> str:
    name = action.metavar if isinstance(action.metavar, str) and len(action.metavar) > 1 else action.dest
    return name.lower()


def _printable(word: str) -> str:
    return "".join(letter if letter.isprintable() else "?" for letter in word)[:60]


def _example(words: str, purpose: str) -> list[str]:
    line = f"  {PROGRAM} {words}"
    if len(line) < BESIDE and len(purpose) <= WIDTH - BESIDE:
        return [f"{line.ljust(BESIDE)}{purpose}"]
    # A command that is too long goes on, as shells take it, with the option that has no room.
    lines = [""]
    for part in re.split(r" (?=--)", line):
        if lines[-1] and len(lines[-1]) + len(part) > WIDTH - 3:
            lines[-1] += " \\"
            lines.append(f"      {part}")
        else:
            lines[-1] += f" {part}" if lines[-1] else part
    return [*lines, *textwrap.wrap(purpose, WIDTH, initial_indent=" " * 10, subsequent_indent=" " * 10)]


def _codes(ends: Mapping[int, str]) -> str:
    return f"{CODES} " + "; ".join(f"{code} {meaning}" for code, meaning in sorted(ends.items())) + "."


def _blocks(text: str) -> list[tuple[str, bool]]:
    """The paragraphs of a text, and whether each is a line that stands as it is: indented, empty, or a heading."""
    found: list[tuple[str, bool]] = []
    for line in text.rstrip().splitlines():
        is_raw = not line.strip() or line.startswith(" ") or bool(re.fullmatch(r"[\w ]+:", line))
        if is_raw or not found or found[-1][1]:
            found.append((line, is_raw))
        else:
            found[-1] = (f"{found[-1][0]} {line}", False)
    return found
