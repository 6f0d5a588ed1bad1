"""Commands on the installation itself: doctor, completion."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from analysis.cli_help import Commands, teach

# The command for which shells complete: `make setup` puts it into .venv/bin.
COMPLETED = "analysis"
SHELLS = ("bash", "zsh", "tcsh", "fish")
# Arguments that are paths, by their names in help, and those of them that are folders.
FILES, FOLDERS = ("FILE", "CSV", "PATH"), ("FOLDER",)


def _add_doctor(commands: Commands) -> None:
    doctor = teach(
        commands,
        "doctor",
        help="check the installation, and say how to mend what is wrong",
        does="Check Python and its packages, fonts, disk, memory, locale, clock, kernel, widgets, the programs that "
        "set the report, the catalogue, the boundaries, and what protects persons' data. Of each fault stands one "
        "command or sentence that mends it.",
        reads="everything, and nothing is sent anywhere.",
        writes="nothing that stays.",
        examples=[
            ("doctor", "all checks, in less than ten seconds"),
            ("doctor --quick", "without those that take a second or more"),
            ("doctor --json", "for a program, or for whoever is asked for help"),
        ],
        ends={0: "nothing keeps the assessment from being run", 1: "something is to be mended first"},
    )
    doctor.add_argument("--quick", action="store_true", help="leave out the checks that take a second or more")
    doctor.add_argument("--json", action="store_true", help="print the outcomes as JSON")
    doctor.set_defaults(command=_doctor)


def _add_completion(commands: Commands) -> None:
    completion = teach(
        commands,
        "completion",
        help="print what a shell needs to complete commands, options, studies, areas and files",
        does="Print a script for a shell, which then completes the words of the command `analysis` "
        "(.venv/bin/analysis, the same as python -m analysis). Print it again once a study was added.",
        reads="the tables of studies and areas.",
        writes="nothing; the script is printed.",
        examples=[
            ("completion bash > ~/.analysis-completion", "then, in ~/.bashrc: source ~/.analysis-completion"),
            ("completion zsh > ~/.zfunc/_analysis", "a folder of $fpath, before compinit is called"),
            ("completion fish > ~/.config/fish/completions/analysis.fish", "read by itself"),
            ("completion tcsh > ~/.analysis-completion", "then, in ~/.tcshrc: source ~/.analysis-completion"),
        ],
    )
    completion.add_argument("shell", metavar="SHELL", choices=SHELLS, help=", ".join(SHELLS))
    completion.set_defaults(command=_completion)


COMMANDS = (_add_doctor, _add_completion)


def _doctor(options: argparse.Namespace) -> int:
    from analysis.doctor.examination import as_json, as_table, examine, has_fault

    found = examine(options.quick)
    print(as_json(found) if options.json else as_table(found, sys.stdout.encoding or "ascii"))
    return int(has_fault(found))


def _completion(options: argparse.Namespace) -> int:
    print(completed(options.shell, options.parser(COMPLETED)))
    return 0


def completed(shell: str, whole: argparse.ArgumentParser) -> str:
    """The script by which a shell completes the command `analysis`.

    Parameters
    ----------
    shell : one of SHELLS. whole : the parser of all commands, which is changed.
    """
    import shtab

    from analysis import areas
    from analysis.jobs import ANALYSES

    known = {"study": list(areas.STUDIES), "area": [*areas.STUDIES, *areas.ids()], "analysis": list(ANALYSES)}
    for action in _actions(whole):
        words = action.metavar if isinstance(action.metavar, str) else ""
        if action.choices is None and action.dest in known and words != "NAME":
            action.choices = known[action.dest]
        elif words in FILES or action.type is Path:
            action.complete = shtab.DIRECTORY if words in FOLDERS else shtab.FILE  # type: ignore[attr-defined]
    return shtab.complete(whole, shell)


def _actions(parser: argparse.ArgumentParser) -> Sequence[argparse.Action]:
    """The arguments of a parser and of all its commands."""
    found = []
    for action in parser._actions:
        found.append(action)
        if isinstance(action, argparse._SubParsersAction):
            for each in dict.fromkeys(action.choices.values()):
                found += _actions(each)
    return found
