"""Commands that protect persons' data: new-key, encrypt, forget."""

from __future__ import annotations

import argparse
from pathlib import Path

from analysis import areas, catalog
from analysis.batch.indexes import write_index
from analysis.batch.products import exclusive, write_whole
from analysis.batch.result import BatchError
from analysis.cli_files import no_values
from analysis.cli_help import Commands, teach


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


COMMANDS = (_add_new_key, _add_encrypt, _add_forget)


def _new_key(options: argparse.Namespace) -> int:
    from analysis.encryption import KEY_FILE, new_key

    public = new_key(options.path)
    print(f"written: {options.path}. Keep a copy of it apart from the data: without it nobody reads what it encrypts.")
    print(f"public key, for --recipient: {public}")
    print(f"to read with it: export {KEY_FILE}={options.path.resolve()}")
    return 0


def _encrypt(options: argparse.Namespace) -> int:
    from analysis import encryption, retention
    from analysis.project_files import ENCRYPTED

    path, into = options.file, options.file.with_name(options.file.name + ENCRYPTED)
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
    from analysis.forgetting import forget
    from analysis.gate import register
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
    if removed and (released := [tables for tables in tables_of(options.study) if register.entries(tables)]):
        words = " and ".join(tables.words for tables in released)
        print(
            f"What was released of the {words} of {options.study} stays published. From the next release on, counts "
            f"are adjusted by up to ± {disclosure.adjustment(disclosure.K).bound}, so that nobody can tell who left."
        )
    return 0
