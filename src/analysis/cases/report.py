"""What became of the files of a study, for whoever keeps the data: what to fix, and where; never what stands there."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from analysis import areas, texts
from analysis.cases.htcds import FIELDS
from analysis.cases.intake import Intake
from analysis.cases.mapping import Column, Mapping
from analysis.report.quarantine import FIRST, SHOWN_IN_TERMINAL, page, percent
from bounded.refusal import Refusal

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


def render(intakes: Sequence[Intake]) -> str:
    """The report on all files of a study, as an HTML page that loads nothing from outside.

    Parameters
    ----------
    intakes : of one study, at least one, in the order in which they are to be shown.

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
    kinds = {intake.mapping.kind for intake in intakes}
    return page(
        "intake.html.j2",
        study=areas.get(studies.pop()).name,
        kind=next((kind for kind in ("confidential", "synthetic") if kind in kinds), "public"),
        rows=sum(len(intake.rows) for intake in intakes),
        records=sum(len(intake.records) for intake in intakes),
        files=[_file(intake) for intake in intakes],
    )


def summary(intake: Intake) -> str:
    """The same in a few lines for a terminal."""
    mapping = intake.mapping
    kind = {"synthetic": " (SYNTHETIC)", "confidential": " (confidential)"}.get(mapping.kind, "")
    lines = [f"{mapping.list_id}{kind}: {intake.file}", *(f"  {text}" for text in accounts(intake))]
    if mapping.persons or len(set(intake.rows["sheet"])) > 1:
        lines.append(f"  {_counted(len(intake.records), 'record')} of persons")
    for fault in _faults(intake):
        cells = ", ".join(fault.cells[:SHOWN_IN_TERMINAL])
        more = fault.rows - min(SHOWN_IN_TERMINAL, len(fault.cells))
        column = f" in '{fault.column}'" if fault.column else ""
        lines.append(
            f"  {fault.rule}{column}: {_counted(fault.rows, 'row')} ({cells}{f' and {more} more' if more else ''})"
        )
    if len(intake.undeclared):
        lines.append(f"  not declared, and left out: {'; '.join(_undeclared(intake))}")
    rarely = intake.completeness[intake.completeness["share"] < 0.5]
    if len(rarely):
        parts = [f"{row.field} {percent(row.stated, row.records)}" for row in rarely.itertuples()]
        lines.append(f"  stated in fewer than half of the records: {', '.join(parts)}")
    return "\n".join(lines)


def accounts(intake: Intake) -> list[str]:
    """One sentence a sheet: all its rows are either clean or in quarantine."""
    outcomes = intake.rows.groupby(["sheet", "outcome"], sort=False).size().unstack(fill_value=0)
    sentences = []
    for sheet, counts in outcomes.iterrows():
        clean, quarantine = int(counts.get("clean", 0)), int(counts.get("quarantine", 0))
        where = f"sheet {sheet}" if sheet else "the file"
        sentences.append(
            f"{_counted(clean + quarantine, 'row')} in {where} = {clean:,} clean + {quarantine:,} in quarantine"
        )
    return sentences or ["0 rows in the file"]


# --- The parts of the page -----------------------------------------------------------------------------------------


def _file(intake: Intake) -> dict[str, object]:
    mapping = intake.mapping
    quarantined = int((intake.rows["outcome"] == "quarantine").sum())
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
        "clean": len(intake.rows) - quarantined,
        "quarantine": quarantined,
        "records": len(intake.records),
        "stops": len(intake.stops),
        "accounts": accounts(intake),
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
    """Rules that were broken, the most frequent first; a row that breaks two is counted with both."""
    found = []
    groups = intake.quarantine.groupby(["rule", "column"], sort=True, observed=True)
    for (rule, column), cells in groups:
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
                reason=cells["reason"].iloc[0].partition(". ")[0].rstrip(".") + ".",
                to_do=WHAT_TO_DO[rule],
            )
        )
    return sorted(found, key=lambda fault: (-fault.rows, fault.rule, fault.column))


def _places(intake: Intake) -> list[dict[str, object]]:
    """By column, the cells whose place or country is not in the gazetteer."""
    groups = intake.places.groupby("column", sort=True, observed=True)
    return [
        {
            "column": column,
            "cells": _cells(intake, cells.head(FIRST_PLACES)),
            "more": max(0, len(cells) - FIRST_PLACES),
        }
        for column, cells in groups
    ]


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
    """Which field comes from which column, by which rule; of code lists the length only: they hold texts of cells."""
    rows = [
        {"field": FIELDS[name].title, "column": " + ".join(column.names), "rule": _rule(FIELDS[name].kind, column)}
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
    parts += ["several in a cell"] if column.split else []
    parts += ["from the form"] if column.of_parent else []
    parts += ["required"] if column.required else []
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
