"""Commands on files: check, draft."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from analysis import catalog, checking
from analysis.batch import account
from analysis.batch.account import withdraw
from analysis.batch.products import BatchError
from analysis.batch.report import write_index
from analysis.cases.corrections import is_of_corrections
from analysis.checking import Described, Terms, accepted, no_values, require_file
from analysis.cli import command
from analysis.file_writing import exclusive, write_whole
from analysis.jobs import PLEDGE
from analysis.retention import TERMS, require_file_within, require_last_day, term
from bounded.refusal import Coded

if TYPE_CHECKING:
    pass

FILES, FOLDER = click.Path(path_type=Path), click.Path(file_okay=False, path_type=Path)
# Reports on single files, for whoever keeps the data.
CHECKS = catalog.ROOT / "data" / "processed" / "checks"
# How a command on several files ends: by the worst that became of one of them.
ENDS_OF_FILES = {0: "all is well with every file", 2: "a file was refused, and why is said; the others were looked at"}


@command(
    "check",
    does="Read a list of case records by the mapping beside it, the export of a survey by its description, a "
    "coding sheet or the export of its form, or a release of UNODC, USDOL or CTDC, and say what became of each "
    "row. Nothing that stands in a cell is printed. Of several files each is looked at, whatever becomes of the "
    "others. A file of which no row could be read cannot be accepted; one of which fewer than half could be is "
    "accepted with a caution. Of a folder with a study.yml, a new study, it is said what is missing and what was "
    "understood; of pledge/, where a number is typed, a reference leads nowhere, or texts contradict one another.",
    reads="each file, and what lies beside it to describe it.",
    writes="the report and the quarantine, to data/processed/checks/STUDY/, of a list also as a workbook in which "
    "corrections are filled in; with --corrections, the corrections beside the list; with --accept, the study's "
    "catalogue, or of a new study all its tables, to data/raw/STUDY/.",
    examples=[
        ("check data/raw/turkiye/police.xlsx", "what was read, what waits in quarantine, and why"),
        (
            'check FILE --accept --purpose "Incidence" --retain-until 2028-12-31',
            "enter a list in the catalogue: the next run reads it",
        ),
        (
            'check FILE --accept --retain-until 2029-06-30 --retention-reason "A second round"',
            "put its last day off, or correct it, also when it has gone by",
        ),
        (
            "check FILE --corrections data/processed/checks/turkiye/police_quarantine.xlsx",
            "take up what was filled in there, and read the list with it: the list itself stays as it was received",
        ),
        ("check FILE --compare police_2023.xlsx", "which rows of an update are gone, changed and new"),
        (
            "check FILE --accept --replaces turkiye_police",
            "enter a newer export in the place of an older one, for the same purpose and as long",
        ),
        ("check ../ghana_received", "what a new study lacks; --accept writes it"),
        ("check pledge", "the texts of the report"),
    ],
    ends=ENDS_OF_FILES | {1: "of a file no row could be read, or a text has a fault: it is not accepted"},
)
@click.argument("file", metavar="FILE...", type=FILES, nargs=-1, required=True)
@click.option("--accept", is_flag=True, help="Enter it, as it is now, in the catalogue of its study: run reads it.")
@click.option("--again", is_flag=True, help="With --accept, write a study's tables over those that are there.")
@click.option("--corrections", metavar="FILE", type=FILES, help="Of a list: a workbook of its quarantine, filled in.")
@click.option("--compare", metavar="OLD", help="Of a list: an older export, or its name in the catalogue.")
@click.option("--replaces", metavar="NAME", help="With --accept: the entry whose place it takes, as a newer export.")
@click.option("--purpose", metavar="TEXT", help="With --accept: what confidential data are used for.")
@click.option("--retain-until", metavar="DATE", help="The last day on which they may be kept, YYYY-MM-DD.")
@click.option("--access", metavar="TEXT", help="Who may read them: roles or names.")
@click.option("--retention-reason", metavar="TEXT", help="Why that day was put off.")
def check(
    file: Sequence[Path],
    accept: bool,
    again: bool,
    corrections: Path | None,
    compare: str | None,
    replaces: str | None,
    **terms: str | None,
) -> int:
    """Check files, a new study or the texts of the report, and enter what is accepted."""
    of_one = {"--corrections": corrections, "--compare": compare, "--replaces": replaces}
    for name in [name for name, value in of_one.items() if value is not None and len(file) > 1]:
        raise BatchError("exclusive_options", f"{name} is of one file: check the {len(file)} files one by one.")
    if replaces and not accept:
        raise BatchError("missing_option", "--replaces is entered in the catalogue: say --accept with it.")
    given = [f"--{name.replace('_', '-')}" for name in TERMS if terms[name] is not None]
    if given and not accept:
        raise BatchError("missing_option", f"{given[0]} is entered in the catalogue: say --accept with it.")
    # Before any file is looked at: nothing is entered with a day that cannot be.
    if terms["retain_until"] is not None:
        require_last_day(terms["retain_until"], "--retain-until")

    def one(path: Path) -> tuple[int, str]:
        if (path / "study.yml").is_file():
            return _checked_study(path, accept, again)
        if path.resolve() == PLEDGE.resolve():
            return _checked_texts()
        if is_of_corrections(path):
            print(f"{catalog.shown(path)} holds corrections: they are read with the list that they are of.")
            return 0, "read with their lists"
        return _checked(path, terms if accept else None, corrections, compare, replaces)

    return _with_each_file(file, one)


@command(
    "draft",
    does="Look at the headings and the form of each column of a list, and write which field it seems to hold. What "
    "cannot be known is marked `decide`; no text of a cell is printed.",
    reads="the file.",
    writes="its mapping beside it, FILE.mapping.yml, which is to be settled by whoever knows the list.",
    examples=[
        ("draft data/raw/turkiye/police.xlsx", "police.mapping.yml"),
        ("draft data/raw/turkiye/*.xlsx", "one for each of several lists"),
    ],
    ends=ENDS_OF_FILES | {0: "every mapping was written"},
)
@click.argument("file", metavar="FILE...", type=FILES, nargs=-1, required=True)
@click.option("--again", is_flag=True, help="Write it over a mapping that is there.")
def draft(file: Sequence[Path], again: bool) -> int:
    """Write the first mapping of each list."""
    return _with_each_file(file, lambda path: _drafted(path, again))


# In the order in which help lists them.
COMMANDS = (check, draft)


def _drafted(file: Path, again: bool) -> tuple[int, str]:
    """Write the mapping of one list; the exit code, and what became of it in a word or two."""
    from analysis.cases.mapping import beside
    from analysis.cases.mapping_draft import draft

    if is_of_corrections(file):
        print(f"{catalog.shown(file)} holds corrections, and needs no mapping.")
        return 0, "passed over"
    with no_values():
        require_file(file)
        require_file_within(file)
    mapping = beside(file)
    if mapping.exists() and not again:
        raise BatchError("already_exists", f"{catalog.shown(mapping)} is there already; --again writes over it.")
    with no_values():
        text = draft(file)
    write_whole(mapping, text.encode())
    print(f"{catalog.shown(mapping)}: settle its {text.count('decide')} lines with `decide`, then check {file}.")
    return 0, "drafted"


def _checked(
    file: Path, terms: Terms | None, filled: Path | None, compare: str | None, replaces: str | None
) -> tuple[int, str]:
    """Check one file, and with `terms` enter it; the exit code, and what became of it in a word or two.

    Parameters
    ----------
    filled : a workbook with corrections. compare : an older export. replaces : the entry whose place the file takes.
    """
    with no_values():
        found = checking.check(file, renewed=bool(terms and terms["retain_until"]), filled=filled)
    print(found.text)
    if found.taken_up:
        path, content = found.taken_up
        write_whole(path, content, private=True)
        print(f"  corrections kept in: {catalog.shown(path)}; `run` reads them once the list is accepted with them")
    _write(found)
    if compare:
        with no_values():
            update = checking.compared(file, compare)
        print(f"  {update.text}")
        _write(update)
    if found.fault:
        sys.stdout.flush()
        print(f"analysis: {catalog.shown(file)} cannot be used. {found.fault}", file=sys.stderr)
        return 1, "of no use"
    if found.caution:
        print(f"  caution: {found.caution}")
    with no_values():
        caution = _told_by_itself(file, found.described)
    if caution:
        print(f"  caution: {caution}")
    if terms is None or found.described is None:
        return 0, "read"
    if replaces:
        _compared_with_entry(file, replaces, found.described)
    _enter(file, found.described, terms, replaces)
    return 0, "entered"


def _write(found: checking.Checked) -> None:
    """Write what a check leads to; a workbook in which somebody has filled in corrections is not written over."""
    folder = CHECKS / found.described.study if found.described else CHECKS
    # Of an earlier check, when rows were waiting, or repeated others, that do so no more.
    endings = ("_quarantine.csv", "_quarantine.xlsx", "_repeats.csv")
    waited = {f"{Path(name).stem}{ending}" for name in found.files for ending in endings}
    for name in sorted({*found.files, *(each for each in waited if (folder / each).is_file())}):
        path = folder / name
        if name.endswith("_quarantine.xlsx") and _is_filled_in(path, found):
            print(
                f"  {catalog.shown(path)} stays as it is: corrections are filled in there that were not taken up. "
                f"Take them up by `--corrections {catalog.shown(path)}`, or delete it."
            )
        elif name in found.files:
            write_whole(path, found.files[name], private=True)
            print(f"  written: {catalog.shown(path)}")
        elif name in waited:
            path.unlink()
            does = "repeats" if name.endswith("_repeats.csv") else "waits"
            print(f"  removed: {catalog.shown(path)}, as no row {does} any more")


def _is_filled_in(path: Path, found: checking.Checked) -> bool:
    """Return whether a workbook holds corrections that a list was not read with, or cannot be read, so that it may."""
    from analysis.cases import corrections

    if not path.is_file():
        return False
    try:
        lines = corrections.load(path, getattr(found.described, "decimal", "."))
    except Coded:
        return True
    return len(lines) > 0 and (found.corrections is None or not corrections.holds(found.corrections, lines))


def _compared_with_entry(file: Path, replaces: str, described: Described) -> None:
    """Say what a newer export changed against the entry whose place it takes; or why that cannot be said."""
    from analysis.cases.mapping import Mapping

    if not isinstance(described, Mapping):
        return
    try:
        with no_values():
            update = checking.compared(file, replaces)
    except Coded as error:
        print(f"  not compared with what it takes the place of: {error}")
        return
    print(f"  {update.text}")
    _write(update)


def _told_by_itself(file: Path, described: Described | None) -> str:
    """A sentence on what the statement about a list or survey tells of a person in it; empty if nothing."""
    from analysis.cases.mapping import Mapping
    from analysis.release.direct_identifiers import told_by
    from analysis.survey.intake import Description

    if not isinstance(described, Mapping | Description):
        return ""
    field = told_by(file, described)
    beside = checking.mapping_of(file) if isinstance(described, Mapping) else checking.description_of(file)
    return field and (
        f"`{field}:` of {catalog.shown(beside)} has what the file has as a name, a number or a free text of a person. "
        f"It stands on every page that rests on the file, and stops its release: say it in other words."
    )


def _enter(file: Path, described: Described, terms: Terms, replaces: str | None) -> None:
    """Enter a file in the catalogue of its study, and say what stands there of the time that it may be kept."""
    before = catalog.datasets().get(replaces or "")
    with no_values():
        catalogue, content = accepted(file, described, terms, replaces)
    with exclusive():
        write_whole(catalogue, content)
        catalog.datasets.cache_clear()
        went = withdraw(lambda line: print(f"  {line}", file=sys.stderr))
        write_index()
        account.keep(went)
    print(f"  entered in {catalog.shown(catalogue)}: the next run reads it")
    if went:
        print("\n".join(f"  {line}" for line in account.gone(went)))
    if before is not None and before.path.exists() and before.path != file.resolve():
        print(f"  in the place of {catalog.shown(before.path)}, which is read no more: delete it, and every copy")
        if before.corrections_path:
            kept = catalog.shown(before.corrections_path)
            print(f"  its corrections: `--corrections {kept}` takes up what still fits; accept again")
    for entry in catalog.datasets().values():
        if entry.path == file.resolve() and entry.kind == "confidential":
            print(f"  {term(entry)}")


def _checked_study(received: Path, accept: bool, again: bool) -> tuple[int, str]:
    """Say what was understood of a new study, and write it if it is accepted."""
    from analysis.studies import folder
    from analysis.studies.received import read

    study = read(received)
    files = folder.content(study, again or not accept)
    print("\n".join(folder.understood(study)))
    if not accept:
        print("".join(f"would be written: {catalog.shown(path)}\n" for path in files), end="")
        return 0, "read"
    with exclusive():
        folder.write(files)
    print("".join(f"written: {catalog.shown(path)}\n" for path in files), end="")
    print(folder.next_steps(study))
    return 0, "entered"


def _checked_texts() -> tuple[int, str]:
    """Say what is wrong with the texts of the report."""
    from analysis.batch import report
    from analysis.findings import collected
    from analysis.recommendations import texts
    from analysis.report import coherence
    from analysis.report.references import faults

    table = collected.read(None)
    found = [f"{fault.file}:{fault.line}:{fault.column}: {fault.what}" for fault in faults(PLEDGE, table)]
    # What leads nowhere cannot contradict.
    together = [] if found else coherence.faults(report.read_together(texts.read(PLEDGE), table))
    found += [f"{fault.file}:{fault.line}: {fault.what}" for fault in together]
    for line in found:
        print(line)
    print(f"{len(found)} faults." if found else "No number is typed, no reference leads nowhere, no text contradicts.")
    return int(bool(found)), "faulty" if found else "read"


def _with_each_file(files: Sequence[Path], one: Callable[[Path], tuple[int, str]]) -> int:
    """Do one thing with every file, whatever becomes of the others; the exit code is that of the worst.

    Parameters
    ----------
    one : gives an exit code and what became of the file, or raises an error that the command line knows.
    """
    if len(files) == 1:
        return one(files[0])[0]
    codes, became = [], []
    for file in files:
        try:
            code, words = one(file)
        except Coded as error:
            sys.stdout.flush()
            print(f"analysis: {file}: {error}", file=sys.stderr)
            code, words = 2, "refused"
        codes.append(code)
        became.append(words)
    counts = ", ".join(f"{number} {words}" for words, number in Counter(became).items())
    print(f"\n{len(files)} files: {counts}.")
    return max(codes)
