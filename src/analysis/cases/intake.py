"""Intake of a list of case records: records that can be trusted, and rows in quarantine.

The sheets of a file under judgement: which columns the mapping asks for, and which rows break which rule.

From a file as received to records that can be trusted and rows that wait in quarantine; no row is lost between.

Only columns that the mapping declares get in. Names, numbers and telephones become keyed pseudonyms here, and nothing
that stands in a cell reaches a message, a report or the quarantine: those name file, sheet, row, column and rule.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from analysis.cases import records
from analysis.cases.htcds import FIELDS
from analysis.cases.mapping import Column, Mapping, MappingError, beside, load
from analysis.cases.records import Written, assemble, contradictions, journeys, of_rows, spread
from analysis.catalog import plain, shown
from analysis.intake.pseudonyms import secret_key
from analysis.intake.sheet import Sheet, note_rows, read, total_rows, undeclared
from analysis.intake.source import ERROR, SourceError, sheets

# How KoboToolbox numbers the forms, and points from a row of a repeat group to the form that it belongs to.
FORM, FORM_OF = "_index", "_parent_index"
# More rows than this share with bytes that the encoding does not have, and it is the declared encoding that is wrong.
_UNDECODED_SHARE = 0.05
_IDENTITY = ("record", "document", "phone", "given_name", "family_name", "full_name")


class Part:
    """A sheet under judgement: which of its rows broke which rule."""

    def __init__(self, sheet: Sheet, columns: dict[str, str], missing: Sequence[str], numbers: Sequence[str]) -> None:
        self.sheet = sheet
        self.columns = columns  # name as declared -> letter
        self.missing = missing  # texts that mean "not stated"
        self.numbers = {FORM, FORM_OF, *numbers}  # columns that number rows
        self.stated: dict[str, list[str]] = {}
        self.states: dict[str, np.ndarray] = {}
        self.broken = np.zeros(len(sheet.rows), bool)
        self.whole = np.zeros(len(sheet.rows), bool)
        self.faults: list[tuple[np.ndarray, str, str, Column]] = []

    def __len__(self) -> int:
        return len(self.sheet.rows)

    def fail(self, mask: np.ndarray, name: str, rule: str, column: Column) -> None:
        """Send rows to quarantine, unless they are there already as a whole."""
        mask = mask & ~self.whole
        if mask.any():
            self.faults.append((mask, name, rule, column))
            self.broken |= mask

    def cells(self, name: str) -> tuple[list[str], np.ndarray]:
        """Distinct texts of a column, "" for what is not stated, and which of them stands in each row."""
        cells = self.sheet.table[self.columns[name]].cat
        if name not in self.stated:
            # An error has a rule of its own.
            texts = ["" if text == ERROR else text for text in cells.categories]
            # A number of a form or a file can look like a code for "not stated": 99.
            nothing = [text for text in self.missing if name not in self.numbers or not text.isalnum()]
            self.stated[name] = records.stated(texts, nothing)
        return self.stated[name], cells.codes.to_numpy()

    def written(self, name: str) -> Written:
        """A column as it stands, "" for what is not stated."""
        texts, codes = self.cells(name)
        if name not in self.states:
            self.states[name] = np.array([text != "" for text in texts], bool)
        return Written(texts, codes, self.states[name])

    def filled(self, name: str) -> np.ndarray:
        """Rows in which a column states anything."""
        return self.written(name).stated

    def column_name(self, column: Column) -> str:
        return next((name for name in column.names if name in self.columns), "")

    def judge_rows(self, mapping: Mapping) -> None:
        """The rules that concern a row as a whole."""
        sheet = self.sheet
        rules = np.full(len(self), "", dtype=object)
        for place in np.flatnonzero(np.isin(sheet.rows, list(sheet.faults))):
            rules[place] = sheet.faults[int(sheet.rows[place])]
        undecoded = int((rules == "encoding").sum())
        if undecoded > max(1, _UNDECODED_SHARE * len(self)):
            raise SourceError(
                "wrong_encoding",
                f"{undecoded} of {len(self)} rows hold bytes that the declared encoding does not have: "
                f"declare another `encoding:` in the mapping, such as cp1254 or cp1252.",
            )
        self._whole(rules == "encoding", "encoding")
        self._whole(total_rows(sheet, mapping.totals), "total")
        self._whole(note_rows(sheet), "note")
        self._whole(rules == "truncated", "truncated")
        self._whole(rules == "ragged", "ragged")
        # Two rows that are equal and name nobody can be two persons.
        identified = np.zeros(len(self), bool)
        for name in _IDENTITY:
            for header in mapping.columns[name].names if name in mapping.columns else []:
                if header in self.columns:
                    identified |= self.filled(header)
        candidates = np.flatnonzero(identified & ~self.whole)
        repeated = np.zeros(len(self), bool)
        repeated[candidates] = pd.Series(sheet.hashes[candidates]).duplicated()
        self._whole(repeated, "duplicate")
        for header, letter in self.columns.items():
            if letter in sheet.formulas:
                self.fail(sheet.formulas[letter], header, "formula", Column(header))
            cells = sheet.table[letter].cat
            if ERROR in cells.categories:
                self.fail((sheet.table[letter] == ERROR).to_numpy(), header, "error", Column(header))

    def _whole(self, mask: np.ndarray, rule: str) -> None:
        self.fail(mask, "", rule, Column())
        self.whole |= mask


def open_parts(path: Path, mapping: Mapping) -> tuple[dict[str, Part], dict[str, int], int]:
    """The sheets that the mapping asks for, the numbers of all sheets, and how many of them were not asked for."""
    key = secret_key(mapping.kind)
    found = sheets(path, mapping.encoding, mapping.delimiter or None, mapping.decimal)
    numbers = {name: number for number, name in enumerate(found, start=1)}
    unnamed = mapping.kind == "confidential" and not mapping.sheet
    if unnamed and len(found) > 1:
        raise MappingError(
            "ambiguous_sheet", f"{shown(path)} has {len(found)} sheets: name the one to read by `sheet:` under `file:`."
        )
    main = mapping.sheet or next((name for name, rows in found.items() if not rows.hidden), next(iter(found), ""))
    repeats = {"persons": mapping.persons} if mapping.persons else {}
    wanted = {"main": main, **repeats, **{stop.sheet: stop.sheet for stop in mapping.stops if stop.sheet}}
    parts = {}
    for part, name in wanted.items():
        if name not in found:
            raise MappingError(
                "unknown_sheet",
                f"{shown(path)} has no sheet '{name}', but {len(found)} of other names: correct it in the mapping.",
            )
        sheet = read(found[name], mapping.header if part == "main" else (1,), key)
        if unnamed and part == "main":
            # The name of a sheet can be a person's: what is not declared is not shown.
            sheet = dataclasses.replace(sheet, name="")
        if not sheet.header:
            row = " and ".join(map(str, mapping.header))
            raise MappingError(
                "missing_header", f"{shown(path)}: row {row}, where the mapping puts the header, is empty or not there."
            )
        numbers_of = mapping.columns["record"].names if "record" in mapping.columns else []
        parts[part] = Part(sheet, _letters(path, sheet, part, mapping), mapping.missing, numbers_of)
    return parts, numbers, len(found) - len(set(wanted.values()))


def _letters(path: Path, sheet: Sheet, part: str, mapping: Mapping) -> dict[str, str]:
    """Where each column stands that the mapping declares for a sheet."""
    declared = list(dict.fromkeys(_declared(part, mapping)))
    found = {name: sheet.column(name) for name in declared}
    missing = [name for name, letter in found.items() if letter is None]
    if missing:
        twice = [name for name in missing if any(name == header for header in sheet.header.values())]
        where = f"{shown(path)}{', sheet ' + sheet.name if sheet.name else ''}"
        raise MappingError(
            "missing_column",
            f"{where}: the column '{missing[0]}' of the mapping "
            + ("stands twice in the header" if twice else "is not in the header")
            + f" (row {' and '.join(map(str, mapping.header if part == 'main' else (1,)))}). "
            + (f"{len(missing) - 1} more are missing. " if len(missing) > 1 else "")
            + "Correct `header:` or `column:` in the mapping.",
        )
    return {name: letter for name, letter in found.items() if letter is not None}


def _declared(part: str, mapping: Mapping) -> Iterator[str]:
    if part == "main":
        if mapping.persons or any(stop.sheet for stop in mapping.stops):
            yield FORM
    else:
        yield FORM_OF
    for column in mapping.columns.values():
        if part == ("main" if column.of_parent or not mapping.persons else "persons"):
            yield from column.names
    for stop in mapping.stops:
        if part == (stop.sheet or ("persons" if mapping.persons else "main")):
            yield from (name for column in stop.columns for name in column.names)


# What else it numbers its rows by, which nobody needs to declare.
_NUMBERING = (FORM, FORM_OF, "_parent_table_name")
QUARANTINE = ["file", "sheet", "row", "column", "rule", "reason", "row_hash"]


@dataclass(frozen=True)
class Intake:
    """What became of one file.

    Parameters
    ----------
    file : path, as shown.
    mapping : by which it was read.
    records : one row a person as this list has them (``case_records``), with columns ``link_*`` for linkage alone.
    stops : one row a stop of a journey.
    quarantine : one row a cell or row that broke a rule: file, sheet, row, column, rule, reason, row_hash.
    rows : every row of the file: sheet, row, row_hash, outcome (``clean`` or ``quarantine``).
    completeness : by declared field: rows in which it is stated, among the clean ones.
    undeclared : columns that hold something and that nobody declared: sheet, column (its letters), header.
    letters : (sheet, declared column) -> letters of the column.
    sheets_left : number of further sheets of the file that were not read.
    """

    file: str
    mapping: Mapping
    records: pd.DataFrame
    stops: pd.DataFrame
    quarantine: pd.DataFrame
    rows: pd.DataFrame
    completeness: pd.DataFrame
    undeclared: pd.DataFrame
    letters: dict[tuple[str, str], str]
    sheets_left: int = 0

    @property
    def places(self) -> pd.DataFrame:
        """Cells with names of places or countries that did not match: sheet, row, column."""
        broken = self.quarantine[self.quarantine["rule"].isin(["place", "country"])]
        return broken[["sheet", "row", "column"]].reset_index(drop=True)


def intake(file: str | Path, mapping: str | Path | Mapping | None = None) -> Intake:
    """Read a file of case records by its mapping.

    Parameters
    ----------
    file : .xlsx or CSV, as received, or the same encrypted (``police.xlsx.age``).
    mapping : a mapping or the path of one; None: the one beside the file, ``police.mapping.yml`` for ``police.xlsx``.

    Returns
    -------
    Intake, whose clean rows and rows in quarantine are all rows of the file.

    Raises
    ------
    SourceError : the file cannot be read at all. MappingError : the mapping does not fit it, or is not complete.
    """
    path = Path(file)
    if not isinstance(mapping, Mapping):
        mapping = load(Path(mapping) if mapping else beside(path))
    parts, numbers, left = open_parts(path, mapping)
    for part in parts.values():
        part.judge_rows(mapping)
    main = parts["main"]
    people = parts.get("persons", main)
    form = _forms(main, people) if people is not main else np.arange(len(main))
    values = {
        name: _of_persons(_values(main if column.of_parent else people, name, column, mapping), column.of_parent, form)
        for name, column in mapping.columns.items()
    }
    people.fail(~people.broken & ~_states_anything(main, people, form, mapping), "", "empty", Column())
    for mask, name in contradictions(values, len(people)):
        people.fail(mask, people.column_name(mapping.columns[name]), "order", mapping.columns[name])
    if people is not main:
        people.fail(~_fits(main, form), FORM_OF, "parent", Column())
    number = "" if people is main else f"{numbers[people.sheet.name]}-"
    record_ids = [f"{mapping.list_id}-{number}{row:06d}" for row in people.sheet.rows.tolist()]
    stops = _stops(parts, people, mapping)
    clean = ~people.broken
    ids = np.array(record_ids, dtype=object)
    kept = {name: {key: of_rows(value, clean) for key, value in columns.items()} for name, columns in values.items()}
    records = assemble(kept, mapping, ids[clean], people.sheet, clean)
    result = Intake(
        file=shown(plain(path)),
        mapping=mapping,
        records=records,
        stops=journeys(stops, ids, clean, mapping.asks_for_transit),
        quarantine=_quarantine(shown(plain(path)), parts, mapping),
        rows=_rows(parts),
        completeness=_completeness(kept, len(records), mapping),
        undeclared=_undeclared(parts, mapping),
        letters={(part.sheet.name, name): at for part in parts.values() for name, at in part.columns.items()},
        sheets_left=left,
    )
    _nothing_is_lost(result, people.sheet)
    return result


Values = dict[str, np.ndarray | pd.Categorical | Written]


def _values(part: Part, name: str, column: Column, mapping: Mapping) -> Values:
    """The values of a field in each row of a sheet; rows whose cells break a rule are failed."""
    if column.required:
        for header in column.names:
            part.fail(~part.filled(header), header, "required", column)
    # A name can be no wrong name: it is taken as it is, and replaced by pseudonyms.
    if name in FIELDS and FIELDS[name].kind == "identity":
        return {"value": part.written(column.column)}
    reader = records.reader(name, column, mapping.study, mapping.decimal, mapping.date)
    found: dict[str, Values] = {}
    for header in column.names:
        texts, codes = part.cells(header)
        table = reader(texts)
        for rule in sorted(set(table["rule"]) - {""}):
            part.fail((table["rule"] == rule).to_numpy()[codes], header, rule, column)
        found[header] = {key: _in_rows(table[key], codes) for key in table if key != "rule"}
    if not column.columns:
        return found[column.column]
    answers = {
        code: [np.asarray(found[header]["value"]) for header in headers] for code, headers in column.columns.items()
    }
    joined, contradicting = records.from_answers(answers)
    part.fail(contradicting, column.names[0], "code", column)
    return {"value": pd.Categorical(joined)}


def _in_rows(distinct: pd.Series, codes: np.ndarray) -> np.ndarray | pd.Categorical:
    """Values of distinct texts, spread over the rows; texts stay categorical."""
    if distinct.dtype.kind in "Mif":
        return distinct.to_numpy()[codes]
    return spread(distinct.to_numpy(dtype=object), codes)


def _of_persons(values: Values, of_parent: bool, form: np.ndarray) -> Values:
    """Values of the forms, for each person that a form lists."""
    return {key: value[form] for key, value in values.items()} if of_parent else values


def _forms(main: Part, child: Part) -> np.ndarray:
    """For each row of a repeat group, the place of its form among the rows of the main sheet; -1 for none."""
    if not len(main) and len(child):
        raise MappingError(
            "missing_forms",
            f"The sheet '{main.sheet.name}' has no forms, though '{child.sheet.name}' has rows of some. "
            f"Export both again.",
        )
    texts, codes = main.cells(FORM)
    numbers, first, times = np.unique(codes, return_index=True, return_counts=True)
    # Of two forms with one number, as where two exports were put together, it is not known which is meant.
    once = zip(numbers.tolist(), first.tolist(), times.tolist(), strict=True)
    of_form = {texts[code]: place for code, place, often in once if often == 1 and texts[code]}
    texts, codes = child.cells(FORM_OF)
    return np.array([of_form.get(text, -1) for text in texts], int)[codes]


def _fits(main: Part, form: np.ndarray) -> np.ndarray:
    """Whether the form of each row is there, and is not in quarantine."""
    return (form >= 0) & ~main.broken[form]


def _stops(parts: dict[str, Part], people: Part, mapping: Mapping) -> list[pd.DataFrame]:
    """The places of journeys, one table a stop of the mapping; `person` is the place of a row among the persons."""
    found = []
    for order, stop in enumerate(mapping.stops):
        part = parts[stop.sheet] if stop.sheet else people
        form = _forms(people, part) if stop.sheet else np.arange(len(people))
        place = _values(part, "place", stop.place, mapping)["value"]
        role = stop.role if isinstance(stop.role, str) else _values(part, "role", stop.role, mapping)["value"]
        dates: Values = _values(part, "date", stop.date, mapping) if stop.date else {}
        stated = np.asarray(place != "") | (_stated(dates) if dates else False)
        if stop.sheet:
            stated |= np.asarray(role != "")
            part.fail(~stated, "", "empty", Column())
            part.fail(~_fits(people, form), FORM_OF, "parent", Column())
        table = pd.DataFrame(
            {
                "person": form,
                "order": order,
                "row": part.sheet.rows,
                "place_id": place,
                "role": role,
                "left_out": part.broken,
                "date_low": dates.get("low", np.datetime64("NaT", "ns")),
                "date_high": dates.get("high", np.datetime64("NaT", "ns")),
                "date_precision": dates.get("precision", "unknown"),
            }
        )
        # A row of a repeat group can be in quarantine though its person is not.
        found.append(table[stated & (form >= 0)] if stop.sheet else table[~part.broken & stated])
    return found


def _quarantine(file: str, parts: dict[str, Part], mapping: Mapping) -> pd.DataFrame:
    tables = [
        pd.DataFrame(
            {
                "file": file,
                "sheet": part.sheet.name,
                "row": part.sheet.rows[mask],
                "column": name,
                "rule": rule,
                "reason": records.reason(rule, column, mapping.date),
                "row_hash": part.sheet.hashes[mask],
            }
        )
        for part in parts.values()
        for mask, name, rule, column in part.faults
    ]
    if not tables:
        return pd.DataFrame(columns=QUARANTINE)
    return pd.concat(tables).sort_values(["sheet", "row", "column"], kind="stable", ignore_index=True)


def _rows(parts: dict[str, Part]) -> pd.DataFrame:
    return pd.concat(
        [
            pd.DataFrame(
                {
                    "sheet": part.sheet.name,
                    "row": part.sheet.rows,
                    "row_hash": part.sheet.hashes,
                    "outcome": pd.Categorical.from_codes(part.broken.astype(np.int8), ["clean", "quarantine"]),
                }
            )
            for part in parts.values()
        ],
        ignore_index=True,
    )


def _nothing_is_lost(result: Intake, people: Sheet) -> None:
    """Clean rows and rows in quarantine are the rows of the file, each as often as it stands there."""
    ours = result.quarantine[result.quarantine["sheet"] == people.name].drop_duplicates("row")
    kept = np.concatenate([result.records["row_hash"].to_numpy(np.uint64), ours["row_hash"].to_numpy(np.uint64)])
    if not np.array_equal(np.sort(kept), np.sort(people.hashes)):
        raise AssertionError(f"{result.file}: rows were lost or doubled at intake, so that nothing of it is used.")


def _states_anything(main: Part, people: Part, form: np.ndarray, mapping: Mapping) -> np.ndarray:
    """Rows with anything in a declared column but the number of the record, whether it can be read or not."""
    found = np.zeros(len(people), bool)
    others = [column for name, column in mapping.columns.items() if name != "record"]
    for column in others:
        for header in column.names:
            found |= main.filled(header)[form] if column.of_parent else people.filled(header)
        if found.all():
            break
    for part in (part for stop in mapping.stops if not stop.sheet for part in stop.columns):
        found |= people.filled(part.column)
    return found if others else ~found


def _completeness(values: dict[str, Values], records: int, mapping: Mapping) -> pd.DataFrame:
    rows = []
    for name, value in values.items():
        stated = int(_stated(value).sum())
        rows.append((name, FIELDS[name].title, " + ".join(mapping.columns[name].names), stated, records))
    table = pd.DataFrame(rows, columns=["field", "title", "column", "stated", "records"])
    return table.assign(share=table["stated"] / table["records"].where(table["records"] > 0))


def _stated(value: Values) -> np.ndarray:
    """The rows in which a field says anything."""
    if "low" in value:
        return np.asarray(pd.notna(value["low"]) | pd.notna(value["high"]))
    found = value["value"]
    return found.stated if isinstance(found, Written) else np.asarray(found != "")


def _undeclared(parts: dict[str, Part], mapping: Mapping) -> pd.DataFrame:
    """Columns that nobody declared; of a confidential file without their names, which can be a person's by mistake."""
    rows = []
    for part in parts.values():
        dropped = [part.sheet.column(name) for name in (*mapping.drop, *_NUMBERING)]
        declared = [*part.columns.values(), *filter(None, dropped)]
        for letter in undeclared(part.sheet, declared):
            header = "" if mapping.kind == "confidential" else part.sheet.header.get(letter, "")
            rows.append((part.sheet.name, letter, header))
    return pd.DataFrame(rows, columns=["sheet", "column", "header"])
