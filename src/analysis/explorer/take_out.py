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
from analysis.batch.products import BatchError, exclusive, write_whole
from analysis.cases.journey_counts import nested
from analysis.cases.person_counts import AND
from analysis.catalog import ROOT, shown
from analysis.explorer import wording
from analysis.explorer.partition import Partition, partition
from analysis.explorer.records import AREA, CONFIDENTIAL, FORM, SYNTHETIC, TITLES, YEAR, Records, Selection
from analysis.explorer.table import AREA_ID, COUNT, HIGH, Refused, TakenOut, in_order, tabled
from analysis.jobs import SYNTHETIC as ENDING
from analysis.jobs import CaseTables
from analysis.processed import ProcessedError
from analysis.sections.characteristics import spoken
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
    candidates: Sequence[Partition], same: Tables, earlier: Sequence[Tables] = (), k: int = disclosure.K
) -> tuple[Partition, dict[str, pd.DataFrame]]:
    """The tables of a selection with what must not be told of them missing.

    Parameters
    ----------
    candidates : the tables, as fine as they were asked for first, then coarser ones. Those go out that are told
        already, else those that are safe by themselves and with all others, else those that can be protected with
        regard to all; of several the one that tells of most persons of the selection.
    same : what else is told of the very same persons: the tables of their release, and what was taken out before.
    earlier : releases of these persons as they were, oldest first.
    k : no group of fewer persons is told.

    Returns
    -------
    The tables that go out, and these with counts missing where they are suppressed.

    Raises
    ------
    Refused : at most half of the groups of the selection can be told, or none can be protected. Whatever is taken out
        leaves less to be told later, so that no table goes out that says next to nothing.
    """
    why = TEXT["let_out_why"].format(k=k, what_helps=WHAT_HELPS)
    for way in (_told_already, _by_itself, _with_all):
        found: list[tuple[float, int, Partition, dict[str, pd.DataFrame]]] = []
        for number, each in enumerate(candidates):
            try:
                safe = way(each, same, earlier, k)
            except disclosure.DisclosureError as error:
                why = f"{error} {WHAT_HELPS}"
                continue
            told = each.inside(safe)[COUNT].notna()
            if len(told) and told.mean() > GUTTED:
                found.append((-float(each.inside(safe)[COUNT].sum()), number, each, safe))
            else:
                why = TEXT["let_out_why_of_its_groups"].format(
                    groups=len(told), shown=told.sum(), what_helps=WHAT_HELPS
                )
        if found:
            _, _, best, safe = min(found, key=lambda each: each[:2])
            return best, safe
    raise Refused("not_releasable", f"This table is not let out. {why}")


def _told_already(each: Partition, same: Tables, earlier: Sequence[Tables], k: int) -> dict[str, pd.DataFrame]:
    """The tables as they are told of the same persons. Raises DisclosureError where one of them is not."""
    found = {name: _as_told(table, same) for name, table in each.tables.items()}
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


def _by_itself(each: Partition, same: Tables, earlier: Sequence[Tables], k: int) -> dict[str, pd.DataFrame]:
    """The tables protected without regard to others, if they withstand an attack with these. Raises DisclosureError."""
    _require_small(each, same)
    now = {**each.tables, EVERYBODY: _everybody(each)}
    return _attacked(each, disclosure.protect(now, k, nested(now)), same, earlier, k)


def _with_all(each: Partition, same: Tables, earlier: Sequence[Tables], k: int) -> dict[str, pd.DataFrame]:
    """The tables protected with regard to all others. Raises DisclosureError."""
    _require_small(each, same)
    now = {**each.tables, EVERYBODY: _everybody(each)}
    # What is out can be suppressed no more: it is an earlier release, since which, as all know, nobody has come.
    before = [*earlier, {**same, EVERYBODY: _everybody(each)}]
    return _attacked(each, disclosure.protect(now, k, nested(now, *before), before), same, earlier, k)


def _attacked(
    each: Partition, safe: Tables, same: Tables, earlier: Sequence[Tables], k: int
) -> dict[str, pd.DataFrame]:
    """The tables, if an attack on them with all others finds nothing. Raises DisclosureError."""
    found = {name: safe[name] for name in each.tables}
    together = {**found, EVERYBODY: _everybody(each), **same}
    breaches = disclosure.audit(together, k, nested(together, *earlier), earlier)
    # A large group that others give away already can as well be told.
    known = breaches[(breaches["kind"] == "exact") & (breaches["low"] >= k) & breaches["table"].isin(list(found))]
    for row in known.itertuples():
        table = found[row.table]
        dimensions = table.drop(columns=COUNT).astype(str)
        is_it = np.array(all_in_words(dimensions)) == row.cell
        found[row.table] = table.assign(**{COUNT: table[COUNT].mask(is_it, int(row.low))})
    breaches = breaches.drop(known.index)
    if len(breaches):
        some = "one group" if len(breaches) == 1 else f"{len(breaches)} groups"
        raise disclosure.DisclosureError(
            "disclosure_risk", f"With what is told of these persons elsewhere, too much could be worked out of {some}."
        )
    return found


def _require_small(each: Partition, same: Tables) -> None:
    together = {**each.tables, **same}
    cells = histogram(read(together), nested(together)).variables
    if cells > MOST_CELLS:
        raise disclosure.DisclosureError(
            "too_large",
            f"It hangs together with other tables in {cells:,} groups; at most {MOST_CELLS:,} can be attacked while "
            "somebody waits.",
        )


def _everybody(each: Partition) -> pd.DataFrame:
    return pd.DataFrame({COUNT: pd.array([each.everybody], dtype="Int64")})


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
    except (BatchError, ProcessedError, release_register.RegisterError) as error:
        raise Refused("release_unavailable", f"Nothing can be taken out now. {error}") from None


def _of_persons(records: Records, selection: Selection, by: Sequence[str], tables: CaseTables, today: date) -> TakenOut:
    from analysis.cases.processed import protected

    candidates = [partition(records, selection, by, is_coarse) for is_coarse in (False, True)]
    persons = records.digest()
    released = protected(records.study)
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
    except BatchError as error:
        raise Refused("cannot_write", str(error)) from None
    return TakenOut(path, content, table, _sentence(records, table, path))


def _described(records: Records, selection: Selection, table: pd.DataFrame, limits: str) -> pd.DataFrame:
    """A table as it is read by who was not there: words for what is suppressed, and in each row what it is of."""
    counts = table[COUNT]
    suppressed = counts.isna()
    first, last = wording.years(records, selection)
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
    """How many all rows are together; where persons can stand in several, that is nobody's number."""
    if FORM in table:
        return TEXT["each_form_by_itself"]
    if table[COUNT].isna().any():
        return disclosure.SUPPRESSED
    low, high = table[COUNT].sum(), table[HIGH if HIGH in table else COUNT].sum()
    return f"{low:,.0f}" if low == high else f"{low:,.0f} to {high:,.0f}"


def _together(value: str, names: dict[str, str]) -> str:
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
    from analysis.release import direct_identifiers
    from analysis.release.direct_identifiers import of_study
    from analysis.release.identifier_matches import Index
    from analysis.release.scanner import findings

    index = Index(of_study(study, with_public_words=True).strings)
    text = f"{path.name}\n{content.decode()}"
    found = index.words_in(text)
    # What public texts have as well shows nobody; they are many, and are read until all that was found is.
    for each in direct_identifiers.public_texts() if found else ():
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
    suppressed = int(table[COUNT].isna().sum())
    rows = f"{len(table):,} row{'' if len(table) == 1 else 's'}"
    said = TEXT["sentence_said"].format(rows=rows, unit=records.unit, path=shown(path))
    if suppressed:
        said += TEXT["sentence_said_of_these_withheld"].format(
            suppressed=suppressed, are="is" if suppressed == 1 else "are", k=disclosure.K
        )
    return said
