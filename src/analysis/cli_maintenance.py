"""Commands that protect persons' data (encrypt, forget), and on the installation (doctor, lab)."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import click

from analysis.cli import STUDY_ID, command

PORT = click.IntRange(0, 65_535)
TUNNEL = "ssh -L 8888:localhost:8888 HOST"


@command(
    "encrypt",
    does="Write FILE.age, in the format of age, and put it in the place of FILE in the catalogue. It is read with "
    "the key whose file ANALYSIS_AGE_KEY names. With --new-key, make such a key, for its owner alone to read, at the "
    "path FILE, outside the project's folder, and print the public one that belongs to it.",
    reads="the file, and the key at hand.",
    writes="FILE.age, and the study's catalogue; with --remove, FILE is deleted.",
    examples=[
        ("encrypt --new-key ~/.config/age-key", "then set ANALYSIS_AGE_KEY to that path"),
        ("encrypt data/raw/turkiye/police.xlsx --remove", "once FILE.age was seen to be read again"),
    ],
)
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@click.option(
    "--recipient",
    metavar="age1...",
    multiple=True,
    help="Public key of somebody who is to read it; can be given several times (default: the key at hand).",
)
@click.option("--remove", is_flag=True, help="Delete FILE, once FILE.age was seen to be read again.")
@click.option("--again", is_flag=True, help="Write over an encrypted file that is there.")
@click.option("--new-key", is_flag=True, help="Make a key, and encrypt nothing. Keep a copy of it apart from the data.")
def encrypt(file: Path, recipient: Sequence[str], remove: bool, again: bool, new_key: bool) -> int:
    """Keep a file encrypted from now on, or make a key."""
    from analysis import catalog, encryption, retention
    from analysis.batch.products import BatchError
    from analysis.checking import no_values, require_file
    from analysis.file_writing import exclusive, write_whole
    from analysis.project_files import ENCRYPTED

    if new_key:
        public = encryption.new_key(file)
        print(f"written: {file}. Keep a copy of it apart from the data: without it nobody reads what it encrypts.")
        print(f"public key, for --recipient: {public}")
        print(f"to read with it: export {encryption.KEY_FILE}={file.resolve()}")
        return 0
    with no_values():
        require_file(file)
    into = file.with_name(file.name + ENCRYPTED)
    if into.exists() and not again:
        raise BatchError("already_exists", f"{catalog.shown(into)} is there already; --again writes over it.")
    with no_values():
        encrypted, read_again = encryption.encrypt(file, recipient)
        listed = retention.recatalogued(file, encrypted)
    if remove and not read_again:
        raise BatchError(
            "missing_own_key",
            f"{file} stays, and nothing was written: the key at hand cannot read what was encrypted for others alone. "
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
        print(f"entered in {catalog.shown(listed[0])} in place of {file.name}")
    if remove and into.read_bytes() == encrypted:
        file.unlink()
        print(f"deleted: {file}. Delete every other copy too: backups, mail, the bin, the device it came on.")
    else:
        print(f"{file} lies there unencrypted still: delete it, and every copy (backups, mail, the bin).")
    return 0


@command(
    "forget",
    does="Remove what was made of a study's data sets that are past their last day, or that no catalogue lists any "
    "more: tables, executed notebooks, staged pages, reports on files.",
    reads="the catalogue.",
    writes="nothing; it deletes from data/processed/. The data set itself is deleted by whoever keeps it.",
    examples=[("forget turkiye", "and names what still lies there")],
)
@click.argument("study", metavar="STUDY", type=STUDY_ID)
def forget(study: str) -> int:
    """Remove what may be kept no longer, and name it."""
    import disclosure
    from analysis import areas, catalog, release_register
    from analysis.batch.report import write_index
    from analysis.erasure import forget
    from analysis.file_writing import exclusive
    from analysis.jobs import tables_of
    from analysis.retention import past

    areas.require_study(study)
    with exclusive():
        removed = forget(study)
        write_index()
    print("".join(f"removed: {catalog.shown(path)}\n" for path in removed), end="")
    print(f"{len(removed)} files were removed, made of data of {study} that may be kept no longer.")
    for entry in past():
        lying = [path for path in (entry.path, entry.corrections_path) if path and path.exists()]
        for path in lying if entry.study == study else []:
            print(f"{catalog.shown(path)} is past its last day and lies there still: delete it, and every copy.")
    if removed and (released := [tables for tables in tables_of(study) if release_register.entries(tables)]):
        words = " and ".join(tables.words for tables in released)
        print(
            f"What was released of the {words} of {study} stays published. Nothing is released because of it: numbers "
            f"change once at least {disclosure.K} persons came or went, and are adjusted then, so that nobody can tell "
            f"who left."
        )
    return 0


@command(
    "doctor",
    does="Check Python and its packages, a kernel, the disk, the browser, the catalogue, and what protects persons' "
    "data. Of each fault stands one command or sentence that fixes it.",
    reads="everything, and nothing is sent anywhere.",
    writes="nothing that stays.",
    examples=[
        ("doctor", "all checks, in less than ten seconds"),
        ("doctor --quick", "without starting a kernel"),
        ("doctor --json", "for a program, or for whoever is asked for help"),
    ],
    ends={0: "nothing keeps the assessment from being run", 1: "something is to be fixed first"},
)
@click.option("--quick", is_flag=True, help="Start no kernel, which takes two seconds.")
@click.option("--json", is_flag=True, help="Print the outcomes as JSON.")
def doctor(quick: bool, json: bool) -> int:
    """Examine the installation."""
    from analysis.doctor import as_json, as_table, examine, has_fault

    found = examine(quick)
    print(as_json(found) if json else as_table(found, sys.stdout.encoding or "ascii"))
    return int(has_fault(found))


@command(
    "lab",
    does="Open JupyterLab in this folder. Its first page says what is here, and leads to the explorer of each study. A "
    "new token stands in the address each time: keep it to yourself. "
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
@click.option(
    "--port", metavar="N", type=PORT, default=8888, show_default=True, help="Where to listen, or the next free."
)
@click.option("--no-browser", is_flag=True, help="Print the address alone.")
@click.option("--ip", metavar="ADDRESS", default="localhost", help="This machine's own; others are refused.")
@click.option("--allow-root", is_flag=True, help="Start as root, where there is no other user.")
def lab(port: int, no_browser: bool, ip: str, allow_root: bool) -> int:
    """Open JupyterLab for this machine alone."""
    # Loaded only now, as a server comes with it.
    from analysis.batch.products import BatchError
    from analysis.lab_server import LOCAL, start

    if ip not in LOCAL:
        raise BatchError(
            "not_local",
            "JupyterLab is opened for this machine alone: from another, anybody could try to read the records here. "
            f"From another machine, come by `{TUNNEL}`, and open the address that it prints.",
        )
    return start(port, not no_browser, allow_root)


# In the order in which help lists them.
COMMANDS = (encrypt, forget, doctor, lab)
