"""Intake of a list of case records: records that can be trusted, and rows in quarantine.

The sheets of a file under judgement: which columns the mapping asks for, and which rows break which rule.

From a file as received to records that can be trusted and rows that wait in quarantine; no row is lost between.

Only columns that the mapping declares get in. Names, numbers and telephones become keyed pseudonyms here, and nothing
that stands in a cell reaches a message, a report or the quarantine: those name file, sheet, row, column and rule.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from analysis.cases import corrections, kobo, records
from analysis.cases.cell_words import as_code
from analysis.cases.field_values import Values, stated, values
from analysis.cases.htcds import FIELDS
from analysis.cases.kobo import FORM, FORM_OF
from analysis.cases.mapping import Column, Mapping, MappingError, beside, load
from analysis.cases.records import Written, assemble, contradictions, journeys, of_rows
from analysis.cases.row_keys import RowKeys
from analysis.catalog import plain, shown
from analysis.intake.pseudonyms import secret_key
from analysis.intake.sheet import Sheet, note_rows, read, total_rows, undeclared
from analysis.intake.source import ERROR, SourceError, sheets

# More rows than this share with bytes that the encoding does not have, and it is the declared encoding that is wrong.
_UNDECODED_SHARE = 0.05
_IDENTITY = ("record", "document", "phone", "given_name", "family_name", "full_name", "tokens")


@dataclass(frozen=True)
class Fault:
    """Rows that break a rule in one column, or as a whole; of `dropped` cells the rows stay.

    `reason` is the sentence on it where the rule's own does not say it.
    """

    rows: np.ndarray
    name: str
    rule: str
    column: Column
    dropped: bool = False
    reason: str = ""


class Part:
    """A sheet under judgement: which of its rows broke which rule."""

    def __init__(
        self, applied: corrections.Applied, columns: dict[str, str], missing: Sequence[str], numbers: Sequence[str]
    ) -> None:
        self.applied = applied
        self.sheet = sheet = applied.sheet
        self.columns = columns  # name as declared -> letter
        self.missing = missing  # texts that mean "not stated"
        self.numbers = {FORM, FORM_OF, *numbers}  # columns that number rows
        self.stated: dict[str, list[str]] = {}
        self.states: dict[str, np.ndarray] = {}
        self.broken = np.zeros(len(sheet.rows), bool)
        self.whole = np.zeros(len(sheet.rows), bool)
        self.left_out = np.zeros(len(sheet.rows), bool)  # by the mapping: they are no records of the list
        self.faults: list[Fault] = []
        self.cautions: list[str] = []  # what was read, and may be read wrongly

    def __len__(self) -> int:
        return len(self.sheet.rows)

    def fail(self, mask: np.ndarray, name: str, rule: str, column: Column) -> None:
        """Send rows to quarantine, unless they are there already as a whole."""
        mask = mask & ~self.whole
        if mask.any():
            self.faults.append(Fault(mask, name, rule, column))
            self.broken |= mask

    def fail_cells(self, mask: np.ndarray, name: str, rule: str, column: Column, reason: str = "") -> None:
        """Send rows to quarantine for a cell; where the mapping says so, leave out the cell and keep the row."""
        mask = mask & ~self.whole
        if mask.any():
            self.faults.append(Fault(mask, name, rule, column, column.drops_cells, reason))
            self.broken |= mask & (not column.drops_cells)

    def dropped(self, name: str) -> np.ndarray:
        """Rows in which a cell of a column was left out."""
        found = np.zeros(len(self), bool)
        for fault in self.faults:
            found |= fault.rows & (fault.dropped and fault.name == name)
        return found

    @property
    def clean(self) -> np.ndarray:
        """Rows that are neither in quarantine nor left out by the mapping."""
        return ~(self.broken | self.left_out)

    def cells(self, name: str, words: Sequence[str] = ()) -> tuple[list[str], np.ndarray]:
        """Distinct texts of a column, "" for what is not stated, and which of them stands in each row.

        `words` mean something in this column, also where they are among the texts that mean "not stated" elsewhere.
        """
        cells = self.sheet.table[self.columns[name]].cat
        own = {as_code(word) for word in words}
        contested = [text for text in self.missing if as_code(text) in own]
        if name not in self.stated or contested:
            # An error has a rule of its own.
            texts = ["" if text == ERROR else text for text in cells.categories]
            # A number of a form or a file can look like a code for "not stated": 99.
            nothing = [text for text in self.missing if name not in self.numbers or not text.isalnum()]
            found = records.stated(texts, [text for text in nothing if text not in contested])
            if contested:
                return found, cells.codes.to_numpy()
            self.stated[name] = found
        return self.stated[name], cells.codes.to_numpy()

    def written(self, name: str) -> Written:
        """A column as it stands, "" for what is not stated."""
        texts, codes = self.cells(name)
        if name not in self.states:
            self.states[name] = np.array([text != "" for text in texts], bool)
        return Written(texts, codes, self.states[name])

    def filled(self, name: str, words: Sequence[str] = ()) -> np.ndarray:
        """Rows in which a column states anything; `words` as for `cells`."""
        if not words:
            return self.written(name).stated
        texts, codes = self.cells(name, words)
        return np.array([text != "" for text in texts], bool)[codes]

    def column_name(self, column: Column) -> str:
        return next((name for name in column.names if name in self.columns), "")

    def judge_rows(self, mapping: Mapping, form_left_out: np.ndarray | None = None) -> None:
        """The rules that concern a row as a whole.

        `form_left_out` says of a repeat group whose form each row belongs to; the sheet of the forms has its own texts.
        """
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
        self._whole(self.applied.left_out, "left_out")
        self._whole(rules == "encoding", "encoding")
        self._whole(total_rows(sheet, mapping.totals), "total")
        self._whole(note_rows(sheet), "note")
        self._whole(rules == "truncated", "truncated")
        self._whole(rules == "ragged", "ragged")
        self.left_out = ~self.whole & (self._says(mapping.leave_out) if form_left_out is None else form_left_out)
        self.whole |= self.left_out
        # Two rows that are equal and name nobody can be two persons.
        identified = np.zeros(len(self), bool)
        for name in _IDENTITY:
            for header in mapping.columns[name].names if name in mapping.columns else []:
                if header in self.columns:
                    identified |= self.filled(header)
        candidates = np.flatnonzero(identified & ~self.whole & ~self.applied.corrected)
        repeated = np.zeros(len(self), bool)
        repeated[candidates] = pd.Series(sheet.hashes[candidates]).duplicated()
        self._whole(repeated, "duplicate")
        for header, letter in self.columns.items():
            if letter in sheet.formulas:
                self.fail(sheet.formulas[letter], header, "formula", Column(header))
            cells = sheet.table[letter].cat
            if ERROR in cells.categories:
                declared = next((each for each in mapping.columns.values() if header in each.names), Column(header))
                self.fail_cells((sheet.table[letter] == ERROR).to_numpy(), header, "error", declared)

    def _says(self, words: dict[str, tuple[str, ...]]) -> np.ndarray:
        """Rows that have one of the words of any of the columns."""
        found = np.zeros(len(self), bool)
        for name, texts in words.items():
            cells, wanted = self.sheet.table[self.columns[name]].cat, set(map(as_code, texts))
            found |= np.array([as_code(text) in wanted for text in cells.categories], bool)[cells.codes.to_numpy()]
        return found

    def _whole(self, mask: np.ndarray, rule: str) -> None:
        self.fail(mask, "", rule, Column())
        self.whole |= mask


def open_parts(
    path: Path, mapping: Mapping, corrected: pd.DataFrame | None = None
) -> tuple[dict[str, Part], dict[str, int], int]:
    """The sheets that the mapping asks for, the numbers of all sheets, and how many of them were not asked for.

    Parameters
    ----------
    corrected : corrections of cells, as `corrections.load` gives them; None: the cells are as they were received.
    """
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
        columns = _letters(path, sheet, part, mapping)
        keys = RowKeys(sheet, columns, numbers_of, mapping.missing, mapping.list_id, key)
        applied = corrections.apply(keys, corrections.none() if corrected is None else corrected)
        parts[part] = Part(applied, columns, mapping.missing, numbers_of)
    return parts, numbers, len(found) - len(set(wanted.values()))


def judge_rows(parts: dict[str, Part], mapping: Mapping) -> None:
    """Judge the rows of all sheets as wholes: those of a repeat group follow the form that they belong to."""
    main = parts["main"]
    main.judge_rows(mapping)
    for part in parts.values():
        if part is not main:
            form = _forms(main, part)
            part.judge_rows(mapping, (form >= 0) & main.left_out[form])


def _letters(path: Path, sheet: Sheet, part: str, mapping: Mapping) -> dict[str, str]:
    """The place of each column that the mapping declares for a sheet."""
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
        yield from mapping.leave_out
    else:
        yield FORM_OF
    for column in mapping.columns.values():
        if part == ("main" if column.of_parent or not mapping.persons else "persons"):
            yield from column.declared
    for stop in mapping.stops:
        if part == (stop.sheet or ("persons" if mapping.persons else "main")):
            yield from (name for column in stop.columns for name in column.names)


QUARANTINE = ["file", "sheet", "row", "column", "rule", "reason", "row_hash", "row_keys", "outcome"]
# What becomes of a row.
CLEAN, IN_QUARANTINE, LEFT_OUT = OUTCOMES = ("clean", "quarantine", "left out")
# What becomes of a cell whose row stays.
DROPPED = "dropped"


@dataclass(frozen=True)
class Intake:
    """Records of one file, its rows in quarantine, and the account of all its rows.

    Parameters
    ----------
    file : path, as shown.
    mapping : by which it was read.
    records : one row a person as this list has them (``case_records``), with columns ``link_*`` for linkage alone.
    stops : one row a stop of a journey.
    quarantine : one row a cell or row that broke a rule: file, sheet, row, column, rule, reason, row_hash, row_keys (by
        which the row is found in a newer export, see `cases.row_keys`), and outcome: ``quarantine`` of the row, or
        ``dropped`` of a cell whose row is clean.
    rows : every row of the file: sheet, row, row_hash, outcome (``clean``, ``quarantine`` or ``left out``).
    completeness : by declared field: rows in which it is stated, among the clean ones.
    undeclared : columns that hold something and that nobody declared: sheet, column (its letters), header.
    letters : (sheet, declared column) -> letters of the column.
    sheets_left : number of further sheets of the file that were not read.
    cautions : sentences on what was read, and may be read wrongly.
    corrections : what became of each correction: file, sheet, row, column, outcome, by, when.
    identities : by record, names and numbers as they stand in the file, where they were asked for. For memory only.
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
    cautions: tuple[str, ...] = ()
    corrections: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=corrections.LOG))
    identities: pd.DataFrame = field(default_factory=pd.DataFrame, repr=False)

    @property
    def places(self) -> pd.DataFrame:
        """Cells with names of places or countries that did not match: sheet, row, column."""
        broken = self.quarantine[self.quarantine["rule"].isin(["place", "country"])]
        return broken[["sheet", "row", "column"]].reset_index(drop=True)


def intake(
    file: str | Path,
    mapping: str | Path | Mapping | None = None,
    corrected: pd.DataFrame | None = None,
    identities: bool = False,
) -> Intake:
    """Read a file of case records by its mapping.

    Parameters
    ----------
    file : .xlsx or CSV, as received, or the same encrypted (``police.xlsx.age``).
    mapping : a mapping or the path of one; None: the one beside the file, ``police.mapping.yml`` for ``police.xlsx``.
    corrected : corrections of cells, as `corrections.load` gives them; None: the cells are as they were received.
    identities : give names and numbers, too, for a person who judges pairs of records.

    Returns
    -------
    Intake, whose clean rows, rows in quarantine and rows that the mapping leaves out are all rows of the file.

    Raises
    ------
    SourceError : the file cannot be read at all. MappingError : the mapping does not fit it, or is not complete.
    """
    path = Path(file)
    if not isinstance(mapping, Mapping):
        mapping = load(Path(mapping) if mapping else beside(path))
    parts, numbers, left = open_parts(path, mapping, corrected)
    judge_rows(parts, mapping)
    main = parts["main"]
    people = parts.get("persons", main)
    form = _forms(main, people) if people is not main else np.arange(len(main))
    found = {
        name: _of_persons(values(main if column.of_parent else people, name, column, mapping), column.of_parent, form)
        for name, column in mapping.columns.items()
    }
    people.fail(~people.broken & ~_states_anything(main, people, form, mapping), "", "empty", Column())
    for mask, name in contradictions(found, len(people)):
        people.fail(mask, people.column_name(mapping.columns[name]), "order", mapping.columns[name])
    main.fail(kobo.resubmitted(main, mapping), "", "resubmission", Column())
    if people is not main:
        people.fail(~_fits(main, form), FORM_OF, "parent", Column())
    number = "" if people is main else f"{numbers[people.sheet.name]}-"
    record_ids = [f"{mapping.list_id}-{number}{row:06d}" for row in people.sheet.rows.tolist()]
    stops = _stops(parts, people, mapping)
    clean = people.clean
    ids = np.array(record_ids, dtype=object)
    kept = {name: {key: of_rows(value, clean) for key, value in columns.items()} for name, columns in found.items()}
    records = assemble(kept, mapping, ids[clean], people.sheet, clean)
    quarantine = _quarantine(shown(plain(path)), parts, mapping)
    result = Intake(
        file=shown(plain(path)),
        mapping=mapping,
        records=records,
        stops=journeys(stops, ids, clean, mapping.asks_for_transit),
        quarantine=quarantine,
        rows=_row_outcomes(parts),
        completeness=_completeness(kept, len(records), mapping),
        undeclared=_undeclared(parts, mapping),
        letters={(part.sheet.name, name): at for part in parts.values() for name, at in part.columns.items()},
        sheets_left=left,
        cautions=tuple(dict.fromkeys(caution for part in parts.values() for caution in part.cautions)),
        corrections=corrections.log(
            shown(plain(path)),
            corrections.none() if corrected is None else corrected,
            [part.applied for part in parts.values()],
            quarantine,
            [name for part in parts.values() for name in part.columns],
        ),
        identities=_identities(kept, ids[clean]) if identities else pd.DataFrame(),
    )
    _nothing_is_lost(result, people.sheet)
    return result


def _identities(values: dict[str, Values], record_ids: np.ndarray) -> pd.DataFrame:
    """Texts of names and numbers, a column a field of `_IDENTITY`; "" for what is not stated."""
    table = pd.DataFrame("", index=pd.Index(record_ids, name="record_id"), columns=list(_IDENTITY), dtype=object)
    for name in set(_IDENTITY) & set(values):
        written = values[name]["value"]
        assert isinstance(written, Written)
        table[name] = np.array(written.texts, dtype=object)[written.codes]
    return table


def _of_persons(values: Values, of_parent: bool, form: np.ndarray) -> Values:
    """Values of the forms, for each person that a form lists."""
    return {key: value[form] for key, value in values.items()} if of_parent else values


def _forms(main: Part, child: Part) -> np.ndarray:
    """The place of each row's form, in a repeat group, among the rows of the main sheet; -1 for none."""
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
    """True where the form of a row is there, and is not in quarantine."""
    return (form >= 0) & main.clean[form]


def _stops(parts: dict[str, Part], people: Part, mapping: Mapping) -> list[pd.DataFrame]:
    """The places of journeys, one table a stop of the mapping; `person` is the place of a row among the persons."""
    found = []
    for order, stop in enumerate(mapping.stops):
        part = parts[stop.sheet] if stop.sheet else people
        form = _forms(people, part) if stop.sheet else np.arange(len(people))
        place = values(part, "place", stop.place, mapping)["value"]
        role = stop.role if isinstance(stop.role, str) else values(part, "role", stop.role, mapping)["value"]
        dates: Values = values(part, "date", stop.date, mapping) if stop.date else {}
        # Where a place was left out, a stop at an unknown place stays: else a direct way would seem to be stated.
        known = np.asarray(place != "") | (stated(dates) if dates else False) | part.dropped(stop.place.column)
        if stop.sheet:
            known |= np.asarray(role != "")
            part.fail(~known, "", "empty", Column())
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
        found.append(table[known & (form >= 0)] if stop.sheet else table[~part.broken & known])
    return found


def _quarantine(file: str, parts: dict[str, Part], mapping: Mapping) -> pd.DataFrame:
    tables = [
        pd.DataFrame(
            {
                "file": file,
                "sheet": part.sheet.name,
                "row": part.sheet.rows[fault.rows],
                "column": fault.name,
                "rule": fault.rule,
                "reason": fault.reason or records.reason(fault.rule, fault.column, mapping.date),
                "row_hash": part.sheet.hashes[fault.rows],
                "row_keys": part.applied.keys.written(fault.name, np.flatnonzero(fault.rows)),
                # A cell was left out of a row that waits for another reason: it waits with it.
                "outcome": np.where(fault.dropped & ~part.broken[fault.rows], DROPPED, IN_QUARANTINE),
            }
        )
        for part in parts.values()
        for fault in part.faults
    ]
    if not tables:
        return pd.DataFrame(columns=QUARANTINE)
    return pd.concat(tables).sort_values(["sheet", "row", "column"], kind="stable", ignore_index=True)


def _row_outcomes(parts: dict[str, Part]) -> pd.DataFrame:
    return pd.concat(
        [
            pd.DataFrame(
                {
                    "sheet": part.sheet.name,
                    "row": part.sheet.rows,
                    "row_hash": part.sheet.hashes,
                    "outcome": pd.Categorical.from_codes(part.broken + 2 * part.left_out.astype(np.int8), OUTCOMES),
                }
            )
            for part in parts.values()
        ],
        ignore_index=True,
    )


def _nothing_is_lost(result: Intake, people: Sheet) -> None:
    """Clean rows, rows in quarantine and rows left out are the rows of the file, each as often as it stands there."""
    waits = result.quarantine["outcome"].eq(IN_QUARANTINE) & result.quarantine["sheet"].eq(people.name)
    ours = result.quarantine[waits].drop_duplicates("row")
    left_out = result.rows[result.rows["outcome"].eq(LEFT_OUT) & result.rows["sheet"].eq(people.name)]
    kept = np.concatenate([table["row_hash"].to_numpy(np.uint64) for table in (result.records, ours, left_out)])
    if not np.array_equal(np.sort(kept), np.sort(people.hashes)):
        raise AssertionError(f"{result.file}: rows were lost or doubled at intake, so that nothing of it is used.")


def _states_anything(main: Part, people: Part, form: np.ndarray, mapping: Mapping) -> np.ndarray:
    """Rows with anything in a declared column but the number of the record, whether it can be read or not."""
    found = np.zeros(len(people), bool)
    others = [column for name, column in mapping.columns.items() if name != "record"]
    for column in others:
        for header in column.names:
            part = main if column.of_parent else people
            filled = part.filled(header, column.words)
            found |= filled[form] if column.of_parent else filled
        if found.all():
            break
    for column in (column for stop in mapping.stops if not stop.sheet for column in stop.columns):
        found |= people.filled(column.column, column.words)
    return found if others else ~found


def _completeness(found: dict[str, Values], records: int, mapping: Mapping) -> pd.DataFrame:
    rows = []
    for name, value in found.items():
        number = int(stated(value).sum())
        rows.append((name, FIELDS[name].title, " + ".join(mapping.columns[name].names), number, records))
    table = pd.DataFrame(rows, columns=["field", "title", "column", "stated", "records"])
    return table.assign(share=table["stated"] / table["records"].where(table["records"] > 0))


def _undeclared(parts: dict[str, Part], mapping: Mapping) -> pd.DataFrame:
    """Columns that nobody declared; of a confidential file without their names, which can be a person's by mistake."""
    rows = []
    for part in parts.values():
        dropped = [part.sheet.column(name) for name in (*mapping.drop, *kobo.NUMBERING)]
        declared = [*part.columns.values(), *filter(None, dropped)]
        for letter in undeclared(part.sheet, declared):
            header = "" if mapping.kind == "confidential" else part.sheet.header.get(letter, "")
            rows.append((part.sheet.name, letter, header))
    return pd.DataFrame(rows, columns=["sheet", "column", "header"])
