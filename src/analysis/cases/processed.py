"""Tables of case records of a study, made from its lists: linked persons, and no identifier; and how they are read.

`build` computes and writes nothing. The batch writes what it returns to ``data/processed/<study>/``, with a manifest of
digests; `load` reads the tables back and refuses those that are not as the manifest says.

`render` and `summary` say what became of the files, for whoever keeps the data: what to fix, and where; never what
stands there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from analysis import areas, catalog, release_register, texts
from analysis.cases import corrections, pair_decisions, pair_report
from analysis.cases.htcds import FIELDS, NOT_A_VICTIM
from analysis.cases.intake import CLEAN, DROPPED, IN_QUARANTINE, LEFT_OUT, Intake, intake
from analysis.cases.mapping import Column, Mapping
from analysis.cases.mapping import load as load_mapping
from analysis.cases.person_counts import PERSONS, RECORDS, count_tables, nested
from analysis.cases.quarantine_workbook import workbook
from analysis.cases.record_linkage import LinkageError, capture_histories, clerical_sample, link, sensitivity
from analysis.cases.series_counts import count_as_before
from analysis.catalog import Dataset, shown
from analysis.intake.pseudonyms import secret_key
from analysis.jobs import CASE_RECORDS, CaseTables
from analysis.processed import ProcessedError, as_csv, as_parquet, read, require_as_catalogued
from analysis.templating.quarantine import FIRST, SHOWN_IN_TERMINAL, page, percent
from bounded.refusal import Refusal

# A solver comes with it: whoever only has a file checked need not wait for it.
if TYPE_CHECKING:
    from analysis.count_protection import Protected

# Never in a product: what persons were linked by, and the sources' own numbers.
WITHHELD = ("link_", "source_record")
# The count tables that can be released: what must be suppressed in them is missing.
PROTECTED = "protected"
# Tables that a person opens: rows to look up in the lists.
FOR_PEOPLE = ("quarantine", "clerical_sample", "protection")


@dataclass(frozen=True)
class CaseRecords:
    """The case records of a study as tables.

    Parameters
    ----------
    study, kind : whose records these are; ``public``, ``confidential`` or ``synthetic``.
    case_records : one row a person as one list has them, with ``person_id``.
    stops : one row a stop of a journey; ``journey_id`` is a record's.
    pairs, weights : pairs of records with their match weights and levels; what each level of a comparison weighs.
    histories : by area and year, which pattern of lists how many persons stand on.
    sensitivity : persons and overlaps of the lists at each threshold.
    quarantine : rows that did not become records, with rule and reason, and without a value.
    lists : one row a list: rows, records and persons, where it comes from, and why it is not linked if it is not.
    """

    study: str
    kind: str
    case_records: pd.DataFrame
    stops: pd.DataFrame
    pairs: pd.DataFrame
    weights: pd.DataFrame
    histories: pd.DataFrame
    sensitivity: pd.DataFrame
    quarantine: pd.DataFrame
    lists: pd.DataFrame

    @property
    def is_synthetic(self) -> bool:
        return self.kind == "synthetic"


def build(study: str, agreement: Callable[..., pd.DataFrame] | None = None) -> dict[str, bytes]:
    """Read, check and link the lists of a study.

    Parameters
    ----------
    agreement : gives the agreement of two reviewers of pairs for the report, as `referral.weighted_kappa` does.

    Returns
    -------
    Path below ``data/processed`` -> content: the tables of `CaseRecords` and the data manager's report. Same lists,
    mappings and key, same bytes.

    Raises
    ------
    ProcessedError : there is no list, or a list and its entry in the catalogue contradict each other.
    analysis.cases.mapping.MappingError, analysis.intake.source.SourceError : a mapping or a file cannot be read.
    analysis.cases.pair_decisions.DecisionsError : what reviewers decided cannot be read.
    """
    import disclosure

    entries = catalog.case_lists(study)
    if not entries:
        raise ProcessedError("not_catalogued", f"No list of case records of {study} is catalogued.")
    decisions = pair_decisions.load(study)
    intakes = [read_list(entry, identities=len(decisions) > 0) for entry in entries]
    _require_one_name_each(entries, intakes)
    records = pd.concat([each.records for each in intakes], ignore_index=True)
    if len(decisions):
        victims = records.loc[(records["status"] != NOT_A_VICTIM).to_numpy(), "record_id"]
        decisions = pair_decisions.found(decisions, pair_decisions.record_keys(intakes), victims)
    linked, not_linked = _linked(records, decisions)
    people = linked["case_records"]
    counted = people[people["person_id"] != ""]
    stops = pd.concat([each.stops for each in intakes], ignore_index=True)
    case_tables = CaseTables(study)
    counts = _protected(study, people, stops)
    tables: dict[str, Any] = {
        **linked,
        "stops": stops,
        "histories": pd.DataFrame() if not_linked else capture_histories(counted, by=("area_id", "year")),
        "quarantine": pd.concat([each.quarantine for each in intakes], ignore_index=True),
        "lists": _lists(entries, intakes, people, not_linked),
        PROTECTED: disclosure.stacked(counts.tables),
    }
    if len(counts.account):
        tables["protection"] = counts.account
    reviewed = pair_report.sentences(linked.get("pair_review", pd.DataFrame()), agreement)
    kind = case_tables.kind
    names = {}
    for name, table in tables.items():
        if name in FOR_PEOPLE:
            names[case_tables.file(f"{name}.csv")] = as_csv(
                table if name == "clerical_sample" else _ordered(table), kind
            )
        else:
            ordered = table if name == PROTECTED else _ordered(table)
            names[case_tables.file(f"{name}.parquet")] = as_parquet(ordered, kind)
    names[case_tables.file(case_tables.report)] = render(intakes, reviewed).encode()
    return {path.relative_to(case_tables.folder.parent).as_posix(): content for path, content in names.items()}


def pair_review(study: areas.Place) -> pd.DataFrame:
    """Return what became of each answer on a pair of records: see `pair_report.table`. No rows where nobody did.

    Raises
    ------
    ProcessedError : the tables have not been made, or are not as their manifest says.
    """
    tables, name = CaseTables(areas.study_id(study)), "pair_review.parquet"
    made = shown(tables.file(name)) in tables.manifest_content().get("products", {})
    return read(tables, [name])["pair_review"] if made else pd.DataFrame()


def load(study: areas.Place) -> CaseRecords:
    """The tables of a study's case records, as the last run made them.

    The lists that they were made from, and the tables themselves, count as read from now on.

    Raises
    ------
    ProcessedError : the tables have not been made, or are not as their manifest says.
    """
    study = areas.study_id(study)
    tables = CaseTables(study)
    names = [each.name for each in fields(CaseRecords) if each.name not in ("study", "kind")]
    found = read(tables, [f"{name}.csv" if name in FOR_PEOPLE else f"{name}.parquet" for name in names])
    return CaseRecords(study, tables.kind, **found)


def protected(study: str) -> dict[str, pd.DataFrame]:
    """The protected count tables of a study's case records: all that is published of their persons by number.

    Returns
    -------
    Name -> table of dimensions and ``count`` (persons, Int64), missing where it is suppressed; see `counts`. In
    a series also ``adjusted_by`` (persons, Int64): the count is adjusted by at most so many; and ``as_of`` (Int64): the
    number of the release from which it is repeated.

    Raises
    ------
    ProcessedError : the tables have not been made, or are not as their manifest says.
    """
    from disclosure import unstacked

    found = unstacked(read(CaseTables(study), [f"{PROTECTED}.parquet"])[PROTECTED])
    return {name: table.astype({"count": "Int64"}) for name, table in found.items()}


def _protected(study: str, people: pd.DataFrame, stops: pd.DataFrame) -> Protected:
    """The count tables of all areas, protected together and with those of earlier releases, as far as they can be.

    A first release is protected by suppression, and stays as long as fewer than `disclosure.K` persons came or went.
    Then the tables are a series: they keep their values, open numbers are adjusted, and those of closed periods stay.
    """
    from analysis.count_protection import by_cell_key, by_suppression, without

    tables = CaseTables(study)
    earlier = release_register.releases(study, CASE_RECORDS)
    besides = release_register.taken_out(study, CASE_RECORDS)
    every = count_as_before(people, stops, earlier[-1]) if earlier else count_tables(people, stops)
    asked = {name for entry in tables.entries for name in entry.withhold}
    counted, account = without(every, asked, lambda: count_tables(people, stops), (PERSONS, RECORDS))
    lies_in = nested(counted, *earlier, *besides)
    if not earlier:
        return by_suppression(counted, lies_in, besides).after(account)
    closed = {"year": release_register.closed(tables, "year")}
    return by_cell_key(counted, lies_in, earlier, secret_key(tables.kind).encode(), closed, besides).after(account)


def read_list(entry: Dataset, identities: bool = False) -> Intake:
    """Return one list, whose mapping must say the same of it as the catalogue; `identities` as for `intake`."""
    assert entry.description_path is not None
    path, corrected = catalog.verify(entry.name), entry.corrections_path
    mapping = load_mapping(entry.description_path)
    found = intake(path, mapping, corrections.load(corrected, mapping.decimal) if corrected else None, identities)
    require_as_catalogued(entry, found.mapping)
    return found


def _require_one_name_each(entries: Sequence[Dataset], intakes: Sequence[Intake]) -> None:
    names: dict[str, Dataset] = {}
    for entry, found in zip(entries, intakes, strict=True):
        name = found.mapping.list_id
        if name in names:
            raise ProcessedError(
                "duplicate_name",
                f"'{names[name].name}' and '{entry.name}' are both the list '{name}' by their mappings: give "
                f"each list a name of its own.",
            )
        names[name] = entry


def _linked(records: pd.DataFrame, decisions: pd.DataFrame) -> tuple[dict[str, pd.DataFrame], str]:
    """The tables that linkage leads to; without linkage, records whose persons are unknown, and the reason.

    Where reviewers decided on pairs, one more table says what became of that. Whom a source found to be no victim stays
    in the table, and is linked with nobody.
    """
    no_victims = (records["status"] == NOT_A_VICTIM).to_numpy()
    apart = _without_identity(records.assign(person_id=""))
    try:
        decided = pair_decisions.decided(decisions) if len(decisions) else None
        linkage = link(records[~no_victims], decided=decided)
    except LinkageError as error:
        empty = {name: pd.DataFrame() for name in ("pairs", "weights", "sensitivity", "clerical_sample")}
        reviewed = {"pair_review": pair_report.table(decisions, None)} if len(decisions) else {}
        return {"case_records": apart, **empty, **reviewed}, str(error)
    linked = _without_identity(linkage.records)
    reviewed = {"pair_review": pair_report.table(decisions, linkage)} if len(decisions) else {}
    return reviewed | {
        "case_records": pd.concat([linked, apart[no_victims]], ignore_index=True) if no_victims.any() else linked,
        "pairs": pair_report.with_decisions(linkage.pairs, decided),
        "weights": linkage.weights,
        "sensitivity": sensitivity(linkage),
        "clerical_sample": clerical_sample(linkage),
    }, ""


def _without_identity(records: pd.DataFrame) -> pd.DataFrame:
    return records[[name for name in records if not str(name).startswith(WITHHELD)]]


def _lists(
    entries: Sequence[Dataset], intakes: Sequence[Intake], people: pd.DataFrame, not_linked: str
) -> pd.DataFrame:
    rows = []
    for entry, found in zip(entries, intakes, strict=True):
        here = people[people["list_id"] == found.mapping.list_id]
        outcomes = found.rows["outcome"].value_counts()
        rows.append(
            {
                "list_id": found.mapping.list_id,
                "title": found.mapping.title,
                "publisher": entry.publisher,
                "source": entry.source,
                "date": entry.date,
                "kind": entry.kind,
                "file": catalog.plain(Path(entry.file)).as_posix(),
                "rows_read": len(found.rows),
                "rows_clean": int(outcomes[CLEAN]),
                "rows_quarantined": int(outcomes[IN_QUARANTINE]),
                "rows_left_out": int(outcomes[LEFT_OUT]),
                "records": len(here),
                "persons": here["person_id"].replace("", pd.NA).nunique(),
                "detected_first": here["date_low"].min(),
                "detected_last": here["date_high"].max(),
                **dict(zip(("covers_first", "covers_last"), found.mapping.covers or (pd.NA, pd.NA), strict=True)),
                "not_linked": not_linked,
            }
        )
    return pd.DataFrame(rows).astype({"covers_first": "Int64", "covers_last": "Int64"})


def _ordered(table: pd.DataFrame) -> pd.DataFrame:
    """Rows in the order of what identifies them, so that the same content is the same bytes."""
    keys = ("study", "record_id", "journey_id", "seq", "record_id_l", "record_id_r", "list_id", "file", "sheet", "row")
    present = [name for name in keys if name in table]
    table = table.sort_values(present, kind="stable") if present and len(table) else table
    return table.reset_index(drop=True)


# Of places that were not found more are named: they are fixed together, in the mapping.
FIRST_PLACES = 100

# Columns that nobody declared: no more of them are named.
_FIRST_UNDECLARED = 20

# What whoever keeps the data does about each rule.
WHAT_TO_DO = texts.table(__name__, "what_to_do")


@dataclass(frozen=True)
class _Fault:
    """One rule in one column of one file: how many rows break it, and where to look first."""

    rule: str
    column: str
    rows: int
    cells: list[str]
    more: int
    reason: str
    to_do: str
    dropped: bool


def render(intakes: Sequence[Intake], reviewed: Sequence[str] = ()) -> str:
    """The report on all files of a study, as an HTML page that loads nothing from outside.

    Parameters
    ----------
    intakes : of one study, at least one, in the order in which they are to be shown.
    reviewed : sentences on the review of uncertain pairs.

    Returns
    -------
    HTML. It names files, sheets, rows and columns; it holds no text of a cell, and of a confidential file no name of a
    column that its mapping does not declare.

    Raises
    ------
    ValueError : no file, or files of several studies.
    """
    studies = {intake.mapping.study for intake in intakes}
    if len(studies) != 1:
        raise Refusal("not_one_study", "A report on case records is about the files of exactly one study.")
    return page(
        "intake.html.j2",
        study=areas.get(studies.pop()).name,
        kind=catalog.strictest(intake.mapping.kind for intake in intakes),
        rows=sum(len(intake.rows) for intake in intakes),
        records=sum(len(intake.records) for intake in intakes),
        files=[_file(intake) for intake in intakes],
        reviewed=list(reviewed),
    )


def summary(intake: Intake) -> str:
    """The same in a few lines for a terminal."""
    mapping = intake.mapping
    kind = {"synthetic": " (SYNTHETIC)", "confidential": " (confidential)"}.get(mapping.kind, "")
    lines = [f"{mapping.list_id}{kind}: {intake.file}", *(f"  {text}" for text in accounts(intake))]
    if mapping.persons or len(set(intake.rows["sheet"])) > 1:
        lines.append(f"  {_counted(len(intake.records), 'record')} of persons")
    lines += [f"  {text}" for text in _corrected(intake)]
    for fault in _faults(intake):
        cells = ", ".join(fault.cells[:SHOWN_IN_TERMINAL])
        more = fault.rows - min(SHOWN_IN_TERMINAL, len(fault.cells))
        column = f" in '{fault.column}'" if fault.column else ""
        counted = _counted(fault.rows, "cell" if fault.dropped else "row") + (" left out" if fault.dropped else "")
        lines.append(f"  {fault.rule}{column}: {counted} ({cells}{f' and {more} more' if more else ''})")
    if len(intake.undeclared):
        lines.append(f"  not declared, and left out: {'; '.join(_undeclared(intake))}")
    rarely = intake.completeness[intake.completeness["share"] < 0.5]
    if len(rarely):
        parts = [f"{row.field} {percent(row.stated, row.records)}" for row in rarely.itertuples()]
        lines.append(f"  stated in fewer than half of the records: {', '.join(parts)}")
    return "\n".join(lines)


def accounts(intake: Intake) -> list[str]:
    """One sentence a sheet, whose rows are clean, in quarantine or left out by the mapping; and one on single cells."""
    outcomes = intake.rows.groupby(["sheet", "outcome"], sort=False, observed=False).size().unstack(fill_value=0)
    sentences = []
    for sheet, counts in outcomes.iterrows():
        clean, quarantine, left_out = (int(counts[outcome]) for outcome in (CLEAN, IN_QUARANTINE, LEFT_OUT))
        where = f"sheet {sheet}" if sheet else "the file"
        rows = _counted(clean + quarantine + left_out, "row")
        by_mapping = f" + {left_out:,} left out by the mapping" if left_out else ""
        sentences.append(f"{rows} in {where} = {clean:,} clean + {quarantine:,} in quarantine{by_mapping}")
    if dropped := int((intake.quarantine["outcome"] == DROPPED).sum()):
        sentences.append(
            f"{_counted(dropped, 'cell')} that cannot be read left out of clean rows (`unreadable: not stated`)"
        )
    sentences += [f"Caution: {caution}" for caution in intake.cautions]
    return sentences or ["0 rows in the file"]


# --- The parts of the page -----------------------------------------------------------------------------------------


def _file(intake: Intake) -> dict[str, object]:
    mapping = intake.mapping
    outcomes = intake.rows["outcome"].value_counts()
    duplicates = int((intake.quarantine["rule"] == "duplicate").sum())
    return {
        "list": mapping.list_id,
        "title": mapping.title,
        "kind": mapping.kind,
        "name": intake.file,
        "publisher": mapping.publisher,
        "source": mapping.source,
        "date": mapping.date.isoformat(),
        "rows": len(intake.rows),
        "clean": int(outcomes[CLEAN]),
        "quarantine": int(outcomes[IN_QUARANTINE]),
        "records": len(intake.records),
        "stops": len(intake.stops),
        "accounts": accounts(intake),
        "corrections": _corrected(intake),
        "duplicates": duplicates,
        "faults": _faults(intake),
        "places": _places(intake),
        "completeness": [_complete(row) for row in intake.completeness.itertuples()],
        "fields": _declared(mapping),
        "dropped": list(mapping.drop),
        "undeclared": _undeclared(intake),
        "sheets_left": intake.sheets_left,
    }


def _faults(intake: Intake) -> list[_Fault]:
    """Rules that were broken, the most frequent first; a row that breaks two is counted with both.

    Cells that were left out, so that their rows stay, are counted apart.
    """
    found = []
    groups = intake.quarantine.groupby(["rule", "column", "reason", "outcome"], sort=True, observed=True)
    for (rule, column, reason, outcome), cells in groups:
        cells = cells.drop_duplicates(["sheet", "row"])
        first = _cells(intake, cells.head(FIRST))
        found.append(
            _Fault(
                rule=rule,
                column=column,
                rows=len(cells),
                cells=first,
                more=len(cells) - len(first),
                # What would help stands in the second sentence, for who reads the quarantine without this page.
                reason=reason.partition(". ")[0].rstrip(".") + ".",
                to_do=WHAT_TO_DO[rule],
                dropped=outcome == DROPPED,
            )
        )
    return sorted(found, key=lambda fault: (-fault.rows, fault.rule, fault.column))


def _places(intake: Intake) -> list[dict[str, object]]:
    """The cells of each column whose place or country is not in the gazetteer."""
    groups = intake.places.groupby("column", sort=True, observed=True)
    return [
        {
            "column": column,
            "cells": _cells(intake, cells.head(FIRST_PLACES)),
            "more": max(0, len(cells) - FIRST_PLACES),
        }
        for column, cells in groups
    ]


def _corrected(intake: Intake) -> list[str]:
    """Return what became of the corrections of a list, one sentence an outcome."""
    said = []
    for outcome, lines in intake.corrections.groupby("outcome", sort=True):
        first = ", ".join(_cells(intake, lines.head(SHOWN_IN_TERMINAL)))
        more = f" and {len(lines) - SHOWN_IN_TERMINAL} more" if len(lines) > SHOWN_IN_TERMINAL else ""
        said.append(f"{_counted(len(lines), 'correction')} {outcome} ({first}{more})")
    return said


def quarantine_workbook(intake: Intake) -> bytes:
    """The Excel file in which corrections of the cells in quarantine are filled in."""
    return workbook(intake.quarantine, _cells(intake, intake.quarantine), WHAT_TO_DO, intake.mapping.kind)


def _cells(intake: Intake, cells: pd.DataFrame) -> list[str]:
    """Addresses as a spreadsheet takes them: ``Liste!C17``, or ``Liste!17:17`` for a row as a whole."""
    letters: dict[tuple[str, str], str] = getattr(intake, "letters", {})
    addresses = []
    for sheet, row, column in cells[["sheet", "row", "column"]].itertuples(index=False):
        letter = letters.get((sheet, column), "")
        address = f"{letter}{row}" if letter else f"{row}:{row}" if sheet else f"row {row}"
        quoted = sheet if re.fullmatch(r"[^\W\d]\w*", sheet) else "'" + sheet.replace("'", "''") + "'"
        addresses.append(f"{quoted}!{address}" if sheet else address)
    return addresses


def _complete(row) -> dict[str, object]:
    share = row.stated / row.records if row.records else 0.0
    return {
        "title": row.title,
        "field": row.field,
        "stated": int(row.stated),
        "unknown": int(row.records - row.stated),
        "percent": percent(row.stated, row.records),
        "width": f"{100 * share:.1f}",
    }


def _declared(mapping: Mapping) -> list[dict[str, str]]:
    """The column and the rule of each field; of code lists the length only: they hold texts of cells."""
    rows = [
        {"field": FIELDS[name].title, "column": " + ".join(column.declared), "rule": _rule(FIELDS[name].kind, column)}
        for name, column in mapping.columns.items()
    ]
    for stop in mapping.stops:
        role = stop.role if isinstance(stop.role, str) else f"role in {' + '.join(stop.role.names)}"
        rule = _rule("place", stop.place) + (f"; date as {' or '.join(stop.date.formats)}" if stop.date else "")
        rows.append({"field": f"Stop of the journey: {role}", "column": " + ".join(stop.place.names), "rule": rule})
    return rows


def _rule(kind: str, column: Column) -> str:
    parts = {
        "date": [f"date as {' or '.join(column.formats)}"],
        "age": ["years"],
        "identity": ["replaced by a keyed pseudonym, for linkage only"],
        "place": ["place of the gazetteer"],
        "country": ["country"],
        "code": ["code"],
        "codes": ["one column a code" if column.columns else "codes"],
    }[kind]
    parts += [f"{_counted(len(column.codes), 'word')} declared"] if column.codes else []
    parts += [f"{_counted(len(column.places), 'spelling')} declared"] if column.places else []
    parts += [f"{_counted(len(column.units), 'unit')} declared"] if column.units else []
    parts += [f"unit in '{column.unit_column}'"] if column.unit_column else []
    parts += [f"{_counted(len(column.values), 'value')} declared"] if column.values else []
    parts += ["the first column that states anything"] if column.also else []
    parts += ["several in a cell"] if column.split else []
    parts += ["from the form"] if column.of_parent else []
    parts += ["required"] if column.required else []
    parts += ["a cell that cannot be read is left out"] if column.drops_cells else []
    return ", ".join(parts)


def _undeclared(intake: Intake) -> list[str]:
    """Columns that nobody declared, by their letters; with their names only where nothing is confidential."""
    found = []
    first = intake.undeclared[["sheet", "column", "header"]].head(_FIRST_UNDECLARED)
    for sheet, letter, header in first.itertuples(index=False):
        where = f" of sheet {sheet}" if sheet else ""
        name = f" ({header})" if header and intake.mapping.kind != "confidential" else ""
        found.append(f"column {letter}{where}{name}")
    more = len(intake.undeclared) - len(first)
    return [*found, f"{more:,} more columns"] if more else found


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"
