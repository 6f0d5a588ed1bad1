"""The command that opens the workspace: lab.

Commands on the installation itself: doctor, completion.

Commands that protect persons' data: new-key, encrypt, forget.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from analysis import areas, catalog
from analysis.batch.index import write_index
from analysis.batch.products import BatchError, exclusive, write_whole
from analysis.cli_files import no_values
from analysis.cli_help import Commands, teach

TUNNEL = "ssh -L 8888:localhost:8888 HOST"


def _add_lab(commands: Commands) -> None:
    opening = teach(
        commands,
        "lab",
        help="open JupyterLab on this machine alone, with the studies on its first page",
        does="Open JupyterLab in this folder. Its first page has a card for each study, a welcome, and the report and "
        "documentation where there are any. A new token stands in the address each time: keep it to yourself. "
        "Nothing needs the internet, and nobody's own settings of Jupyter are read. Ctrl-C, twice, ends it. "
        f"To use it from another machine, come by `{TUNNEL}`, start it there with --no-browser, and open the address "
        "that it prints here.",
        reads="whatever you open.",
        writes="data/processed/lab/: your copies of its notebooks; .cache/lab/: what JupyterLab notes.",
        examples=[
            ("lab", "open it in the browser"),
            ("lab --no-browser", "print the address, and open nothing"),
            ("lab --port 0", "on any free port"),
        ],
        ends={0: "it was ended"},
    )
    opening.add_argument(
        "--port", metavar="N", type=port_number, default=8888, help="where to listen, or the next free (%(default)s)"
    )
    opening.add_argument("--no-browser", action="store_true", help="print the address alone")
    opening.add_argument("--ip", metavar="ADDRESS", default="localhost", help="this machine's own; others are refused")
    opening.add_argument("--allow-root", action="store_true", help="start as root, where there is no other user")
    opening.set_defaults(command=_lab)


LAB = (_add_lab,)


def port_number(text: str) -> int:
    """A port, as an argument."""
    if not text.isdigit() or int(text) > 65_535:
        raise argparse.ArgumentTypeError(f"'{text}' is not a port: they are numbered from 0 to 65535")
    return int(text)


def _lab(options: argparse.Namespace) -> int:
    # Loaded only now, as a server comes with it.
    from analysis.lab.server import LOCAL, start

    if options.ip not in LOCAL:
        raise BatchError(
            "not_local",
            "JupyterLab is opened for this machine alone: from another, anybody could try to read the records here. "
            f"From another machine, come by `{TUNNEL}`, and open the address that it prints.",
        )
    return start(options.port, not options.no_browser, options.allow_root)


# The command for which shells complete: `make setup` puts it into .venv/bin.
COMPLETED = "analysis"
SHELLS = ("bash", "zsh", "tcsh", "fish")
# Arguments that are paths, by their names in help, and those of them that are folders.
FILES, FOLDERS = ("FILE", "CSV", "PATH"), ("FOLDER",)


def _add_doctor(commands: Commands) -> None:
    doctor = teach(
        commands,
        "doctor",
        help="check the installation, and say how to fix what is wrong",
        does="Check Python and its packages, fonts, disk, memory, locale, clock, kernel, widgets, the programs that "
        "set the report, the catalogue, the boundaries, and what protects persons' data. Of each fault stands one "
        "command or sentence that fixes it.",
        reads="everything, and nothing is sent anywhere.",
        writes="nothing that stays.",
        examples=[
            ("doctor", "all checks, in less than ten seconds"),
            ("doctor --quick", "without those that take a second or more"),
            ("doctor --json", "for a program, or for whoever is asked for help"),
        ],
        ends={0: "nothing keeps the assessment from being run", 1: "something is to be fixed first"},
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


INSTALLATION = (_add_doctor, _add_completion)


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


def _add_new_key(commands: Commands) -> None:
    new_key = teach(
        commands,
        "new-key",
        help="make a key by which confidential files are kept encrypted",
        does="Make a secret key of age, for its owner alone to read, and print the public one that belongs to it.",
        writes="the key's file, outside the project's folder. Keep a copy of it apart from the data.",
        examples=[("new-key ~/.config/analysis-age-key", "then set ANALYSIS_AGE_KEY to that path")],
    )
    new_key.add_argument("path", metavar="PATH", type=Path, help="where to write it, outside the project's folder")
    new_key.set_defaults(command=_new_key)


def _add_encrypt(commands: Commands) -> None:
    encrypt = teach(
        commands,
        "encrypt",
        help="keep a confidential file encrypted from now on",
        does="Write FILE.age, in the format of age, and put it in the place of FILE in the catalogue. It is read with "
        "the key whose file ANALYSIS_AGE_KEY names.",
        reads="the file, and the key at hand.",
        writes="FILE.age, and the study's catalogue; with --remove, FILE is deleted.",
        examples=[
            ("encrypt data/raw/turkiye/police.xlsx --remove", "once FILE.age was seen to be read again"),
        ],
    )
    encrypt.add_argument("file", metavar="FILE", type=Path, help="a list, a survey, a sampling frame")
    encrypt.add_argument(
        "--recipient",
        metavar="age1...",
        action="append",
        default=[],
        help="public key of somebody who is to read it; can be given several times (default: the key at hand)",
    )
    encrypt.add_argument("--remove", action="store_true", help="delete FILE, once FILE.age was seen to be read again")
    encrypt.add_argument("--again", action="store_true", help="write over an encrypted file that is there")
    encrypt.set_defaults(command=_encrypt)


def _add_forget(commands: Commands) -> None:
    forget = teach(
        commands,
        "forget",
        help="remove what was made of data sets that may be kept no longer",
        does="Remove what was made of a study's data sets that are past their last day, or that no catalogue lists any "
        "more: tables, executed notebooks, staged pages, reports on files.",
        reads="the catalogue.",
        writes="nothing; it deletes from data/processed/. The data set itself is deleted by whoever keeps it.",
        examples=[("forget turkiye", "and names what still lies there")],
    )
    forget.add_argument("study", metavar="STUDY", help="the study; `python -m analysis areas` lists them")
    forget.set_defaults(command=_forget)


PROTECTION = (_add_new_key, _add_encrypt, _add_forget)


def _new_key(options: argparse.Namespace) -> int:
    from analysis.encryption import KEY_FILE, new_key

    public = new_key(options.path)
    print(f"written: {options.path}. Keep a copy of it apart from the data: without it nobody reads what it encrypts.")
    print(f"public key, for --recipient: {public}")
    print(f"to read with it: export {KEY_FILE}={options.path.resolve()}")
    return 0


def _encrypt(options: argparse.Namespace) -> int:
    from analysis import encryption, retention
    from analysis.checking import require_file
    from analysis.project_files import ENCRYPTED

    path = options.file
    with no_values():
        require_file(path)
    into = path.with_name(path.name + ENCRYPTED)
    if into.exists() and not options.again:
        raise BatchError("already_exists", f"{catalog.shown(into)} is there already; --again writes over it.")
    with no_values():
        encrypted, read_again = encryption.encrypt(path, options.recipient)
        listed = retention.recatalogued(path, encrypted)
    if options.remove and not read_again:
        raise BatchError(
            "missing_own_key",
            f"{path} stays, and nothing was written: the key at hand cannot read what was encrypted for others alone. "
            f"Add your own public key by --recipient, or leave --remove out.",
        )
    with exclusive():
        write_whole(into, encrypted, private=True)
        if listed:
            write_whole(*listed)
            catalog.datasets.cache_clear()
    print(f"written: {catalog.shown(into)}" + (", and seen to be read again" if read_again else ""))
    if not read_again:
        print("The key at hand does not open it: try one that does before the plain file goes.")
    if listed:
        print(f"entered in {catalog.shown(listed[0])} in place of {path.name}")
    if options.remove and into.read_bytes() == encrypted:
        path.unlink()
        print(f"deleted: {path}. Delete every other copy too: backups, mail, the bin, the device it came on.")
    else:
        print(f"{path} lies there unencrypted still: delete it, and every copy (backups, mail, the bin).")
    return 0


def _forget(options: argparse.Namespace) -> int:
    import disclosure
    from analysis import release_register
    from analysis.erasure import forget
    from analysis.jobs import tables_of
    from analysis.retention import past

    areas.ids(options.study)  # refuses one that does not exist
    with exclusive():
        removed = forget(options.study)
        write_index()
    print("".join(f"removed: {catalog.shown(path)}\n" for path in removed), end="")
    print(f"{len(removed)} files were removed, made of data of {options.study} that may be kept no longer.")
    for entry in past():
        if entry.study == options.study and entry.path.exists():
            print(f"{catalog.shown(entry.path)} is past its last day and lies there still: delete it, and every copy.")
    if removed and (released := [tables for tables in tables_of(options.study) if release_register.entries(tables)]):
        words = " and ".join(tables.words for tables in released)
        print(
            f"What was released of the {words} of {options.study} stays published. From the next release on, counts "
            f"are adjusted by up to ± {disclosure.adjustment(disclosure.K).bound}, so that nobody can tell who left."
        )
    return 0
