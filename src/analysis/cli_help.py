"""How the command line explains itself, and the words that it takes: studies, areas, analyses and others."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import click
from click.shell_completion import CompletionItem

PROGRAM = "python -m analysis"
WIDTH = 100
# Columns that an example may take for what it is for to stand beside it.
BESIDE = 52
ENDS = {0: "done", 2: "nothing was done, and why is said", 130: "stopped by Ctrl-C"}


class Command(click.Command):
    """A command whose help ends with examples and with what its exit codes mean.

    Parameters
    ----------
    does : what it does, in whole sentences. reads, writes : which files.
    examples : what to type, without the program's name, and what that is for.
    ends : what an exit code means, where that is not as in ENDS.
    """

    def __init__(
        self,
        *args: Any,
        does: str,
        examples: Sequence[tuple[str, str]],
        reads: str = "",
        writes: str = "",
        ends: Mapping[int, str] | None = None,
        **rules: Any,
    ) -> None:
        parts = [does, reads and f"Reads: {reads}", writes and f"Writes: {writes}"]
        # The function's own docstring is for whoever reads the code.
        super().__init__(*args, **{**rules, "help": "\n\n".join(filter(None, parts))})
        self.examples = examples
        self.ends = {**ENDS, **(ends or {})}

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples and the exit codes."""
        with formatter.section("Examples"):
            formatter.write_dl([(f"{PROGRAM} {typed}", purpose) for typed, purpose in self.examples], col_max=BESIDE)
        formatter.write_paragraph()
        formatter.write_text(exit_codes(self.ends))


def command(name: str, **rules: Any) -> Callable[[Callable[..., int]], Command]:
    """Make a function a `Command`; `rules` are what a Command is made of. The function returns the exit code."""
    return click.command(name, cls=Command, **rules)


def exit_codes(ends: Mapping[int, str]) -> str:
    """One sentence on what each exit code means."""
    return "Exit codes: " + "; ".join(f"{code} {meaning}" for code, meaning in sorted(ends.items())) + "."


class Word(click.ParamType):
    """A word that must be one of those known; they are looked up only once one is typed, or completed.

    Parameters
    ----------
    name : what the word is, for sentences. known : all that there are.
    find : gives what is meant by a word, as of areas, which have names beside their ids; None: the word itself.
    """

    def __init__(
        self,
        name: str,
        known: Callable[[], Sequence[str]],
        find: Callable[[str, click.Context | None], str] | None = None,
    ) -> None:
        self.name = name
        self.known = known
        self.find = find

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """What is meant. Raises BadParameter, with the nearest words, for one that is not known."""
        if self.find:
            return self.find(value, ctx)
        return require_known(self.name, value, self.known())

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """The known words that begin so."""
        return [CompletionItem(each) for each in self.known() if each.startswith(incomplete)]


def require_known(what: str, word: str, known: Sequence[str]) -> str:
    """The word itself. Raises BadParameter, with the nearest or else all known words, if it is not among them."""
    if word in known:
        return word
    folded = {each.casefold(): each for each in known}
    found = [folded[each] for each in difflib.get_close_matches(word.casefold(), list(folded))]
    printable = "".join(letter if letter.isprintable() else "?" for letter in word)[:60]
    said = f"The nearest {'is' if len(found) == 1 else 'are'}" if found else "There are"
    raise click.BadParameter(f"There is no {what} '{printable}'. {said}: {', '.join(found or known)}.")


def _studies() -> list[str]:
    from analysis import areas

    return list(areas.STUDIES)


def _areas() -> list[str]:
    from analysis import areas

    return [*areas.STUDIES, *areas.ids()]


def _analyses() -> list[str]:
    from analysis.jobs import ANALYSES

    return list(ANALYSES)


def _study(typed: str, ctx: click.Context | None) -> str:
    from analysis import areas

    return areas.named(typed, what="study")


def _area(typed: str, ctx: click.Context | None) -> str:
    from analysis import areas

    return areas.named(typed, ctx.params.get("study") if ctx else None)


def _analysis(typed: str, ctx: click.Context | None) -> str:
    from analysis.analyses import require_line

    # Of a notebook that is not listed among the analyses it is said what is missing.
    require_line(typed)
    return require_known("analysis", typed, _analyses())


# By its id alone: for commands that delete, a name that is understood elsewhere is not enough.
STUDY_ID = Word("study", _studies, lambda typed, ctx: typed)
STUDY = Word("study", _studies, _study)
AREA = Word("area", _areas, _area)
ANALYSIS = Word("analysis", _analyses, _analysis)

# Eager, so that the study is known when areas are looked up in it.
study_option = click.option(
    "--study", metavar="S", type=STUDY, is_eager=True, help="Only this study; `status --areas` lists them."
)
area_option = click.option(
    "--area",
    metavar="A",
    type=AREA,
    multiple=True,
    help="Only this area, by its id or name, or a study for the study as a whole; can be given several times.",
)
analysis_option = click.option(
    "--analysis", metavar="N", type=ANALYSIS, multiple=True, help="Only this analysis; can be given several times."
)
again_option = click.option("--again", is_flag=True, help="Do what is up to date as well.")
