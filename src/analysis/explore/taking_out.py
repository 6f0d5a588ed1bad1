"""A table that a researcher takes out: protected, attacked with all that left before, searched, entered, and written.

It is a small release. What it tells of persons is entered in the register, so that the next release and the next table
are attacked with it; the file is written last. Public figures stand in no attack: they are published, and are written
with their sources.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pandas as pd

import disclosure
from analysis.batch.products import exclusive, write_whole
from analysis.batch.result import BatchError
from analysis.catalog import ROOT, shown
from analysis.exhibits.traits import spoken
from analysis.explore import wording
from analysis.explore.leaving import let_out
from analysis.explore.partition import partition
from analysis.explore.records import AREA, CONFIDENTIAL, FORM, SYNTHETIC, TITLES, YEAR, Records
from analysis.explore.selection import Selection
from analysis.explore.table import AREA_ID, COUNT, HIGH, Refused, TakenOut, in_order, tabled
from analysis.gate import register
from analysis.jobs import SYNTHETIC as ENDING
from analysis.jobs import CaseTables
from analysis.processed import ProcessedError
from analysis.spreadsheets import csv_bytes

# Where tables stand that were taken out.
EXPLORED = ROOT / "data" / "processed" / "explored"
CERTAIN = (
    "Counted is whoever is certain to be in the selection: whose date or age is known well enough. A combination that "
    "is not listed has nobody."
)
SEVERAL = "A person with several forms is counted at each."


def take_out(records: Records, selection: Selection, by: Sequence[str], today: date | None = None) -> TakenOut:
    """Take a table out, if nothing in it tells of a group that is too small.

    Parameters
    ----------
    records, selection, by : as of `tabled`.
    today : the day on which it is taken out, which the register keeps; None: that of the computer's clock.

    Raises
    ------
    Refused : it may not leave; the message says what would help. Nothing is written then.
    NoSuchChoice : something is chosen, or asked for, that the data set does not have.
    """
    if not (records.of_persons and records.kind in (CONFIDENTIAL, SYNTHETIC)):
        table = tabled(records, selection, by)
        return _written(records, selection, by, table, "")
    tables = CaseTables(records.study)
    try:
        with exclusive():
            return _of_persons(records, selection, by, tables, today or date.today())
    except (BatchError, ProcessedError, register.RegisterError) as error:
        raise Refused("release_unavailable", f"Nothing can be taken out now. {error}") from None


def _of_persons(records: Records, selection: Selection, by: Sequence[str], tables: CaseTables, today: date) -> TakenOut:
    from analysis.cases.processed import protected

    candidates = [partition(records, selection, by, is_coarse) for is_coarse in (False, True)]
    persons = records.digest()
    released = protected(records.study)
    beside = register.digest(disclosure.stacked(released))
    register.settle(tables, write_whole)
    earlier = register.earlier(records.study, tables.records, beside, persons)
    best, safe = let_out(candidates, {**released, **register.taken_of(tables, beside, persons)}, earlier)
    stacked = disclosure.stacked(safe)
    called = f"{register.digest(stacked)}: "
    entered = register.taken_entry(
        tables, {called + name: table for name, table in safe.items()}, today, disclosure.K, beside, persons
    )
    return _written(records, selection, by, best.inside(safe), f"{CERTAIN} {SEVERAL if best.forms else ''}", entered)


def _written(
    records: Records,
    selection: Selection,
    by: Sequence[str],
    table: pd.DataFrame,
    limits: str,
    entered: register.New | None = None,
) -> TakenOut:
    content = csv_bytes(_described(records, selection, table, limits))
    name = "_by_".join([records.name, "_".join(in_order(records, by)) or "all"])
    path = EXPLORED / records.study / f"{name}_{hashlib.sha256(content).hexdigest()[:8]}{_ending(records)}.csv"
    private = records.kind == CONFIDENTIAL
    if records.of_persons and not records.is_public:
        _search(path, content, records.study)
    try:
        # Entered first: nothing stands outside that the register does not know of.
        if entered is not None:
            register.enter(entered, write_whole)
        write_whole(path, content, private)
    except BatchError as error:
        raise Refused("cannot_write", str(error)) from None
    return TakenOut(path, content, table, _sentence(records, table, path))


def _ending(records: Records) -> str:
    return ENDING if records.kind == SYNTHETIC else ""


def _described(records: Records, selection: Selection, table: pd.DataFrame, limits: str) -> pd.DataFrame:
    """A table as it is read by who was not there: words for what is withheld, and in each row what it is of."""
    counts = table[COUNT]
    withheld = counts.isna()
    first, last = wording.years(records, selection)
    columns = {name: title for name, title in TITLES.items() if name in table}
    # Values that are told together: "Female, or not stated".
    told = {name: table[name].map(spoken) for name in columns if name != AREA}
    found = table.assign(**told).rename(columns=columns)
    if AREA in table and AREA_ID not in table:
        names = dict(zip(records.areas["area_id"], records.areas["name"], strict=True))
        found.insert(0, AREA_ID, table[AREA])
        found[TITLES[AREA]] = table[AREA].map(lambda value: _together(value, names))
    found[COUNT] = counts.astype(object).where(~withheld, disclosure.WITHHELD)
    return found.assign(
        counted=records.unit,
        n=_in_all(table),
        of=_in_words(selection, records),
        period=f"{first}-{last}",
        source=records.sources,
        not_shown=" ".join(f"{records.limits} {limits}".split()),
        kind="SYNTHETIC" if records.kind == SYNTHETIC else records.kind,
    )


def _in_all(table: pd.DataFrame) -> str:
    """How many all rows are together; where persons can stand in several, that is nobody's number."""
    if FORM in table:
        return "each form by itself"
    if table[COUNT].isna().any():
        return disclosure.WITHHELD
    low, high = table[COUNT].sum(), table[HIGH if HIGH in table else COUNT].sum()
    return f"{low:,.0f}" if low == high else f"{low:,.0f} to {high:,.0f}"


def _together(value: str, names: dict[str, str]) -> str:
    from analysis.cases.counts.coarsening import AND

    return AND.join(names.get(part, part) for part in value.split(AND))


def _in_words(selection: Selection, records: Records) -> str:
    """What was chosen, in words: "Area: Gaziantep; Sex: Female"."""
    said = []
    for name, labels in selection.chosen(records).items():
        if name != YEAR:
            column = records.columns[name]
            called = dict(zip(column.labels, column.shown, strict=True))
            said.append(f"{TITLES[name]}: {', '.join(called[label] for label in labels)}")
    return "; ".join(said) or "all"


def _search(path: Path, content: bytes, study: str) -> None:
    """Raise Refused if something in a file identifies a person of its study."""
    from analysis.gate import public
    from analysis.gate.finding import Index
    from analysis.gate.scanner import findings
    from analysis.gate.secrets import of_study

    index = Index(of_study(study, with_public_words=True).strings)
    text = f"{path.name}\n{content.decode()}"
    found = index.words_in(text)
    # What public texts have as well shows nobody; they are many, and are read until all that was found is.
    for each in public.texts() if found else ():
        found -= Index(found).words_in(each)
        if not found:
            break
    # Whatever is left is judged by the search that a release makes, which knows more of what leads to nobody.
    if found and findings(shown(path), path.name, content, Index(of_study(study).strings)):
        raise Refused(
            "identifying_values",
            "Something in this table identifies a person: see what its values are called, and keep it internal.",
        )


def _sentence(records: Records, table: pd.DataFrame, path: Path) -> str:
    withheld = int(table[COUNT].isna().sum())
    rows = f"{len(table):,} row{'' if len(table) == 1 else 's'}"
    said = f"Taken out: {rows} of {records.unit}, {shown(path)}."
    if withheld:
        said += (
            f" Of these {withheld:,} {'is' if withheld == 1 else 'are'} withheld, since groups of fewer than "
            f"{disclosure.K} persons are not told, nor what they could be worked out from."
        )
    return said
