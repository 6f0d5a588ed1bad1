"""The command line, ``python -m analysis``: which commands there are, how each explains itself, and how it ends.

Each command stands in a module that is loaded only when it is called: `cli_batch` (run, release, status, intake),
`cli_files` (check, draft), `cli_forms` (form), `cli_pairs` (pairs), `cli_findings` (findings), `cli_review` (review,
verify), `cli_maintenance` (encrypt, forget, doctor, lab). Words that several of them take stand here: studies, areas,
analyses and others.
"""

from __future__ import annotations

import contextlib
import difflib
import importlib
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NoReturn

import click
from click.shell_completion import CompletionItem, shell_complete

from analysis.batch.unchanged import noted
from bounded.refusal import Coded

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
        """Return the word that is meant. Raises BadParameter, with the nearest words, for one that is not known."""
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
    from analysis.jobs import require_line

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


# The exit codes of a command that was stopped by Ctrl-C, and by whoever ends processes: 128 and the signal's number.
STOPPED, TERMINATED = 130, 143
# The variable by which a shell asks what completes the command `analysis` (see click, "Shell Completion").
COMPLETE = "_ANALYSIS_COMPLETE"

# Command -> its module, and what it does in a few words.
COMMANDS = {
    "run": ("cli_batch", "run the notebooks that are not up to date, and stage their pages and figures"),
    "release": ("cli_batch", "audit and search what is staged, and write it to figures/ and reports/"),
    "status": ("cli_batch", "say what is up to date, stale, failed or missing, and why; list all areas"),
    "intake": ("cli_batch", "read the case records and surveys that are not up to date"),
    "check": ("cli_files", "read a data file, a new study or the report's texts, and say what is wrong"),
    "pairs": ("cli_pairs", "have uncertain pairs of records judged by a person, and read the answers"),
    "draft": ("cli_files", "write a first mapping for a list of case records, beside its file"),
    "form": ("cli_forms", "write the form of the survey, coding sheets, or the workbook of a second coder"),
    "findings": ("cli_findings", "list what the notebooks state, what follows, and what has changed"),
    "review": ("cli_review", "say what a change did to everything that is published, on one page"),
    "verify": ("cli_review", "run a release again, and say whether it comes out the same"),
    "encrypt": ("cli_maintenance", "keep a confidential file encrypted from now on; make a key"),
    "forget": ("cli_maintenance", "remove what was made of data sets that may be kept no longer"),
    "doctor": ("cli_maintenance", "check the installation, and say how to fix what is wrong"),
    "lab": ("cli_maintenance", "open JupyterLab on this machine alone"),
}
HELP = f"""\
Assess the incidence, trends, routes and risk factors of trafficking in persons, area by area in the same way.

What to do first: `doctor` says whether the installation is sound, `run` assesses every area, `status` says what is up
to date, `release --check` whether what was made can be released, and `release` releases it.
`{PROGRAM} COMMAND --help` says what a command does, reads and writes, with examples that work.

Only what is not up to date is run: a notebook whose text, area, data, or functions it uses have changed, that failed,
or whose figures or page are missing. A run that was stopped, or killed, goes on where it was when it is started again.
Where no file has changed since, `run` says so at once; `status` reads them all.

Results: the executed notebooks in data/processed/runs/, which are internal, and the pages and figures for release in
data/processed/staged/. A release attacks all protected tables together with those of earlier releases, searches every
staged file for what identifies a person, and writes reports/index.html, reports/ and figures/.
"""
ALL_ENDS = {0: "all is well", 1: "it was done, and something is wrong", TERMINATED: "stopped by SIGTERM"}


class Program(click.Group):
    """All commands; help and completion of their names load none of them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Their names, in the order of help."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """One command. Raises NoSuchCommand, with the nearest, for a word that is none."""
        if cmd_name in COMMANDS:
            module = importlib.import_module(f"analysis.{COMMANDS[cmd_name][0]}")
            return next(each for each in module.COMMANDS if each.name == cmd_name)
        if ctx.resilient_parsing or cmd_name.startswith("-"):
            return None
        raise click.exceptions.NoSuchCommand(cmd_name, possibilities=COMMANDS, ctx=ctx)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write what each does in a few words."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, words) for name, (_, words) in COMMANDS.items()])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """The commands that begin so."""
        return [CompletionItem(name, help=help) for name, (_, help) in COMMANDS.items() if name.startswith(incomplete)]


program = Program(
    help=HELP,
    epilog=exit_codes({**ENDS, **ALL_ENDS}),
    invoke_without_command=True,
    context_settings={"max_content_width": WIDTH},
    callback=lambda: None,
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    typed = list(sys.argv[1:] if arguments is None else arguments)
    try:
        if instruction := os.environ.get(COMPLETE):
            return shell_complete(program, {}, "analysis", COMPLETE, instruction)
        if said := noted(typed[0]) if typed in (["run"], ["release"]) else "":
            print(said)
            return 0
        with _ended_in_order(), program.make_context(PROGRAM, typed or ["--help"]) as context:
            return program.invoke(context)
    except click.exceptions.Exit as ended:
        return ended.exit_code
    except click.UsageError as error:
        print(f"analysis: {_sentence(error)}", file=sys.stderr)
    except Coded as error:
        print(f"analysis: {error}", file=sys.stderr)
    except OSError as error:
        # A file of the user that is missing, a folder that may not be written to: not a fault of the program.
        if error.filename is None:
            raise
        print(f"analysis: {error.filename}: {error.strerror}.", file=sys.stderr)
    except KeyboardInterrupt as stop:
        print("analysis: stopped. What had finished is kept; the next run goes on from there.", file=sys.stderr)
        return TERMINATED if isinstance(stop, _Terminated) else STOPPED
    return 2


def _sentence(error: click.UsageError) -> str:
    """A sentence on what is wrong with the words typed, and where an example stands."""
    said = error.format_message()
    said = said if said.endswith((".", "?")) else f"{said}."
    if error.ctx is None:
        return said
    # Whoever types a study or an area by itself has left out the option.
    options = {option for each in error.ctx.command.params for option in each.opts} & {"--study", "--area"}
    if "unexpected extra argument" in said and options:
        said += f" Name a study or an area by {' or '.join(sorted(options, reverse=True))}."
    return f"{said} `{error.ctx.command_path} --help` has examples."


class _Terminated(KeyboardInterrupt):
    """SIGTERM has come: everything ends as with Ctrl-C."""


@contextlib.contextmanager
def _ended_in_order() -> Iterator[None]:
    """Let SIGTERM end what goes on as Ctrl-C does: workers end, nothing half written stands."""

    def end(number: int, frame: object) -> NoReturn:
        # A second one would interrupt the clearing up.
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        raise _Terminated

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
