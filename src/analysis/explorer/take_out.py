"""A table that a researcher takes out: protected, attacked with all that left before, searched, entered, and written.

It is a small release. What it tells of persons is entered in the register, so that the next release and the next table
are attacked with it; the file is written last. Public figures stand in no attack: they are published, and are written
with their sources.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

import disclosure
from analysis import release_register, texts
from analysis.cases.person_counts import AND, nested
from analysis.catalog import ROOT, shown
from analysis.exhibits.record_counts import spoken
from analysis.explorer import figures
from analysis.explorer.counts import AREA_ID, COUNT, HIGH, Refused, TakenOut, in_order, tabled
from analysis.explorer.partition import Partition, partition
from analysis.explorer.records import AREA, CONFIDENTIAL, FORM, SYNTHETIC, TITLES, YEAR, Records, Selection
from analysis.file_writing import WriteError, exclusive, write_whole
from analysis.intake.pseudonyms import IdentityError
from analysis.jobs import SYNTHETIC as ENDING
from analysis.jobs import CaseTables
from analysis.processed import ProcessedError
from analysis.spreadsheets import csv_bytes
from disclosure.histogram import histogram
from disclosure.tables import all_in_words, read

TEXT = texts.of(__name__)

WHAT_HELPS = TEXT["what_helps"]
Tables = Mapping[str, pd.DataFrame]
# Told of the persons in any case, so that whoever attacks knows that no two tables are of different persons.
EVERYBODY = "everybody"
# A table of which a larger share of cells is suppressed is gutted.
GUTTED = 0.5
# Cells of the joint histogram up to which a table is attacked while somebody waits; of 2,500 it took minutes.
MOST_CELLS = 1_500


def let_out(
    candidates: Sequence[Partition], same: Tables, earlier: Sequence[Tables] = ()
) -> tuple[Partition, dict[str, pd.DataFrame]]:
    """Suppress in the tables of a selection what must not be told of them: no group of fewer than 11 persons.

    Parameters
    ----------
    candidates : the tables, as fine as they were asked for first, then coarser ones. Those go out that are told
        already, else those that are safe by themselves and with all others, else those that can be protected with
        regard to all; of several the one that tells of most persons of the selection.
    same : what else is told of the very same persons: the tables of their release, and what was taken out before.
    earlier : releases of these persons as they were, oldest first.

    Returns
    -------
    The tables that go out, and these with counts missing where they are suppressed.

    Raises
    ------
    Refused : at most half of the groups of the selection can be told, or none can be protected. Whatever is taken out
        leaves less to be told later, so that no table goes out that says next to nothing.
    """
    why = TEXT["let_out_why"].format(k=disclosure.K, what_helps=WHAT_HELPS)
    for way in (_told_already, _by_itself, _with_all):
        found: list[tuple[float, int, Partition, dict[str, pd.DataFrame]]] = []
        for number, asked in enumerate(candidates):
            try:
                safe = way(asked, same, earlier)
            except disclosure.DisclosureError as error:
                why = f"{error} {WHAT_HELPS}"
                continue
            told = asked.inside(safe)[COUNT].notna()
            if len(told) and told.mean() > GUTTED:
                found.append((-float(asked.inside(safe)[COUNT].sum()), number, asked, safe))
            else:
                why = TEXT["let_out_why_of_its_groups"].format(
                    groups=len(told), shown=told.sum(), what_helps=WHAT_HELPS
                )
        if found:
            _, _, best, safe = min(found, key=lambda candidate: candidate[:2])
            return best, safe
    raise Refused("not_releasable", f"This table is not let out. {why}")


def _told_already(asked: Partition, same: Tables, earlier: Sequence[Tables]) -> dict[str, pd.DataFrame]:
    """The tables as they are told of the same persons. Raises DisclosureError where one of them is not."""
    found = {name: _as_told(table, same) for name, table in asked.tables.items()}
    if any(table is None for table in found.values()):
        raise disclosure.DisclosureError("not_released_elsewhere", "It is told in no other table.")
    return {name: table for name, table in found.items() if table is not None}


def _as_told(table: pd.DataFrame, same: Tables) -> pd.DataFrame | None:
    names = [name for name in table if name != COUNT]
    for other in same.values():
        if set(other.columns) == set(table.columns):
            both = (
                table.astype(dict.fromkeys(names, str)).merge(
                    other.astype(dict.fromkeys(names, str)), "outer", names, indicator=True, suffixes=("", "_told")
                )
                if names
                else table.assign(**{f"{COUNT}_told": other[COUNT], "_merge": "both"})
            )
            told = both[f"{COUNT}_told"].astype("Int64")
            alike = (told == both[COUNT]) | told.isna()
            # A zero that is suppressed is listed there alone.
            if (both["_merge"] != "left_only").all() and alike.all():
                return both[names].assign(**{COUNT: told})
    return None


def _by_itself(asked: Partition, same: Tables, earlier: Sequence[Tables]) -> dict[str, pd.DataFrame]:
    return _protected(asked, same, earlier, before=[])


def _with_all(asked: Partition, same: Tables, earlier: Sequence[Tables]) -> dict[str, pd.DataFrame]:
    # What is out can be suppressed no more: it is an earlier release, since which, as all know, nobody has come.
    return _protected(asked, same, earlier, before=[*earlier, {**same, EVERYBODY: _everybody(asked)}])


def _protected(
    asked: Partition, same: Tables, earlier: Sequence[Tables], before: Sequence[Tables]
) -> dict[str, pd.DataFrame]:
    """Tables protected with regard to `before`, if an attack with all others finds nothing. Raises DisclosureError."""
    _require_small(asked, same)
    now = {**asked.tables, EVERYBODY: _everybody(asked)}
    safe = disclosure.protect(now, disclosure.K, nested(now, *before), before)
    found = {name: safe[name] for name in asked.tables}
    together = {**found, EVERYBODY: now[EVERYBODY], **same}
    breaches = disclosure.audit(together, disclosure.K, nested(together, *earlier), earlier)
    # A large group that others give away already can as well be told.
    known = breaches[
        (breaches["kind"] == "exact") & (breaches["low"] >= disclosure.K) & breaches["table"].isin(list(found))
    ]
    for row in known.itertuples():
        table = found[row.table]
        is_it = np.array(all_in_words(table.drop(columns=COUNT).astype(str))) == row.cell
        found[row.table] = table.assign(**{COUNT: table[COUNT].mask(is_it, int(row.low))})
    left = len(breaches) - len(known)
    if left:
        some = "one group" if left == 1 else f"{left} groups"
        raise disclosure.DisclosureError(
            "disclosure_risk", f"With what is told of these persons elsewhere, too much could be worked out of {some}."
        )
    return found


def _require_small(asked: Partition, same: Tables) -> None:
    together = {**asked.tables, **same}
    cells = histogram(read(together), nested(together)).variables
    if cells > MOST_CELLS:
        raise disclosure.DisclosureError(
            "too_large",
            f"It hangs together with other tables in {cells:,} groups; at most {MOST_CELLS:,} can be attacked while "
            "somebody waits.",
        )


def _everybody(asked: Partition) -> pd.DataFrame:
    return pd.DataFrame({COUNT: pd.array([asked.everybody], dtype="Int64")})


# Where tables stand that were taken out.
EXPLORED = ROOT / "data" / "processed" / "explored"
CERTAIN = TEXT["certain"]
SEVERAL = TEXT["several"]


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
    except (WriteError, IdentityError, ProcessedError, release_register.RegisterError) as error:
        raise Refused("release_unavailable", f"Nothing can be taken out now. {error}") from None


def _of_persons(records: Records, selection: Selection, by: Sequence[str], tables: CaseTables, today: date) -> TakenOut:
    from analysis.cases.processed import protected

    candidates = [partition(records, selection, by, is_coarse) for is_coarse in (False, True)]
    persons = release_register.Persons(records.digest())
    released = protected(records.study)
    _require_no_series(tables, released)
    beside = release_register.digest(disclosure.stacked(released))
    release_register.settle(tables, write_whole)
    earlier = release_register.earlier(records.study, tables.records, beside, persons)
    best, safe = let_out(candidates, {**released, **release_register.taken_of(tables, beside, persons)}, earlier)
    stacked = disclosure.stacked(safe)
    called = f"{release_register.digest(stacked)}: "
    entered = release_register.taken_entry(
        tables, {called + name: table for name, table in safe.items()}, today, disclosure.K, beside, persons
    )
    return _written(records, selection, by, best.inside(safe), f"{CERTAIN} {SEVERAL if best.forms else ''}", entered)


def _require_no_series(tables: CaseTables, released: Tables) -> None:
    """Refuse true counts beside a release of other persons, or in a series: they would tell who came or went.

    Raises
    ------
    Refused : persons came or went since the last release, or the numbers in print are adjusted.
    """
    from analysis.release.publish import changed_since_release

    if any("adjusted_by" in table for table in released.values()):
        raise Refused("in_a_series", TEXT["in_a_series"])
    if changed_since_release(tables):
        raise Refused("changed_since_release", TEXT["changed_since_release"])


def _written(
    records: Records,
    selection: Selection,
    by: Sequence[str],
    table: pd.DataFrame,
    limits: str,
    entered: release_register.New | None = None,
) -> TakenOut:
    content = csv_bytes(_described(records, selection, table, limits))
    name = "_by_".join([records.name, "_".join(in_order(records, by)) or "all"])
    ending = ENDING if records.kind == SYNTHETIC else ""
    path = EXPLORED / records.study / f"{name}_{hashlib.sha256(content).hexdigest()[:8]}{ending}.csv"
    private = records.kind == CONFIDENTIAL
    if records.of_persons and not records.is_public:
        _search(path, content, records.study)
    try:
        # Entered first: nothing stands outside that the register does not know of.
        if entered is not None:
            release_register.enter(entered, write_whole)
        write_whole(path, content, private)
    except WriteError as error:
        raise Refused("cannot_write", str(error)) from None
    return TakenOut(path, content, table, _sentence(records, table, path))


def _described(records: Records, selection: Selection, table: pd.DataFrame, limits: str) -> pd.DataFrame:
    """A table as it is read by who was not there: words for what is suppressed, and in each row what it is of."""
    counts = table[COUNT]
    suppressed = counts.isna()
    first, last = figures.years(records, selection)
    columns = {name: title for name, title in TITLES.items() if name in table}
    # Values that are told together: "Female, or not stated".
    told = {name: table[name].map(spoken) for name in columns if name != AREA}
    found = table.assign(**told).rename(columns=columns)
    if AREA in table and AREA_ID not in table:
        names = dict(zip(records.areas["area_id"], records.areas["name"], strict=True))
        found.insert(0, AREA_ID, table[AREA])
        found[TITLES[AREA]] = table[AREA].map(lambda value: _together(value, names))
    found[COUNT] = counts.astype(object).where(~suppressed, disclosure.SUPPRESSED)
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
    """The total of all rows; where persons can stand in several, that is nobody's number."""
    if FORM in table:
        return TEXT["each_form_by_itself"]
    if table[COUNT].isna().any():
        return disclosure.SUPPRESSED
    low, high = table[COUNT].sum(), table[HIGH if HIGH in table else COUNT].sum()
    return f"{low:,.0f}" if low == high else f"{low:,.0f} to {high:,.0f}"


def _together(value: str, names: dict[str, str]) -> str:
    return AND.join(names.get(part, part) for part in value.split(AND))


def _in_words(selection: Selection, records: Records) -> str:
    """The selection in words: "Area: Gaziantep; Sex: Female"."""
    said = []
    for name, labels in selection.chosen(records).items():
        if name != YEAR:
            column = records.columns[name]
            called = dict(zip(column.labels, column.shown, strict=True))
            said.append(f"{TITLES[name]}: {', '.join(called[label] for label in labels)}")
    return "; ".join(said) or "all"


def _search(path: Path, content: bytes, study: str) -> None:
    """Raise Refused if something in a file identifies a person of its study, by the search that a release makes."""
    from analysis.release.direct_identifiers import of_study
    from analysis.release.identifier_matches import Index
    from analysis.release.scanner import findings

    if findings(shown(path), path.name, content, Index(of_study(study))):
        raise Refused(
            "identifying_values",
            "Something in this table identifies a person: see what its values are called, and keep it internal.",
        )


def _sentence(records: Records, table: pd.DataFrame, path: Path) -> str:
    suppressed = int(table[COUNT].isna().sum())
    rows = f"{len(table):,} row{'' if len(table) == 1 else 's'}"
    said = TEXT["sentence_said"].format(rows=rows, unit=records.unit, path=shown(path))
    if suppressed:
        said += TEXT["sentence_said_of_these_withheld"].format(
            suppressed=suppressed, are="is" if suppressed == 1 else "are", k=disclosure.K
        )
    return said
