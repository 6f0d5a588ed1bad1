"""The values of a field in each row of a sheet, from the column or the columns that hold it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.cases import ages, dates, records
from analysis.cases.cell_words import exactly
from analysis.cases.htcds import FIELDS
from analysis.cases.mapping import Column, Mapping
from analysis.cases.records import Written, spread
from analysis.cases.token_comparisons import TOKENS_CELL
from analysis.intake import pseudonyms
from analysis.intake.pseudonyms import fold

if TYPE_CHECKING:
    from analysis.cases.intake import Part

Values = dict[str, np.ndarray | pd.Categorical | Written]
_TORN = "These are not the ten tokens that encode_names.py writes into a cell: ask the owner for the file anew."
_OTHER_UNIT = (
    "A column beside it gives another unit than years. Declare that column as `unit_column:` in the mapping, and its "
    "words under `units:`."
)


def values(part: Part, name: str, column: Column, mapping: Mapping) -> Values:
    """The values of a field in each row of a sheet; rows whose cells break a rule are failed."""
    if column.required:
        _require(part, column)
    # A name can be no wrong name: it is taken as it is, and replaced by pseudonyms.
    if name in FIELDS and FIELDS[name].kind == "identity":
        if name == "tokens":
            written = part.written(column.column)
            torn = np.array([bool(text) and not TOKENS_CELL.fullmatch(text) for text in written.texts], bool)
            part.fail_cells(torn[written.codes], column.column, "code", column, _TORN)
        return _first_stated(part, name, column, [{"value": part.written(header)} for header in column.names])
    kind = FIELDS[name].kind if name in FIELDS else name
    found: dict[str, Values] = {}
    for header in column.names:
        table, codes = _read(part, name, header, column, mapping)
        for rule in sorted(set(table["rule"]) - {""}):
            part.fail_cells((table["rule"] == rule).to_numpy()[codes], header, rule, column)
        found[header] = {key: _in_rows(table[key], codes) for key in table if key != "rule"}
        if kind == "date" and (table["rule"] == "date").any():
            _caution_of_order(part, name, header, column, mapping)
        if kind == "age" and not column.unit_column:
            other = _of_another_unit(part, header, column, mapping)
            part.fail_cells(other, header, "number", column, _OTHER_UNIT)
            if column.drops_cells:
                found[header] = {
                    key: np.where(other, np.nan, np.asarray(value)) for key, value in found[header].items()
                }
    if not column.columns:
        return _first_stated(part, name, column, list(found.values()))
    answers = {
        code: [np.asarray(found[header]["value"]) for header in headers] for code, headers in column.columns.items()
    }
    joined, contradicting = records.from_answers(answers)
    part.fail_cells(contradicting, column.names[0], "code", column)
    return {"value": pd.Categorical(np.where(contradicting, "", joined) if column.drops_cells else joined)}


def stated(value: Values) -> np.ndarray:
    """The rows in which a field says anything."""
    if "low" in value:
        return np.asarray(pd.notna(value["low"]) | pd.notna(value["high"]))
    found = value["value"]
    return found.stated if isinstance(found, Written) else np.asarray(found != "")


def _caution_of_order(part: Part, name: str, header: str, column: Column, mapping: Mapping) -> None:
    """Say where a column has dates in both orders of day and month: those that fit both may be read wrongly."""
    texts, codes = part.cells(header, column.words)
    earliest = dates.EARLIEST if name == "birth" else dates.EARLIEST_EVENT
    masks = dates.order_in_doubt(texts, column.formats, mapping.date, earliest, column.values)
    other, either = (int((mask[codes] & ~part.whole).sum()) for mask in masks)
    if either:
        part.cautions.append(
            f"dates in '{header}' have both orders of day and month: {other:,} can only be read with the month and day "
            f"exchanged, and of {either:,} that fit both orders some may be read wrongly; ask the source"
        )


def _require(part: Part, column: Column) -> None:
    """One column a code must be filled one by one; of several columns of one question, one must."""
    if column.columns:
        for header in column.names:
            part.fail(~part.filled(header), header, "required", column)
    else:
        part.fail(~np.any([part.filled(header) for header in column.names], axis=0), column.column, "required", column)


def _read(part: Part, name: str, header: str, column: Column, mapping: Mapping) -> tuple[pd.DataFrame, np.ndarray]:
    """Return what the distinct cells of a column mean, and which of them each row has."""
    texts, codes = part.cells(header, column.words)
    if not column.unit_column:
        return records.reader(name, column, mapping.study, mapping.decimal, mapping.date)(texts), codes
    units, of_unit = part.cells(column.unit_column)
    pairs, place = np.unique(np.stack([codes, of_unit], axis=1), axis=0, return_inverse=True)
    numbers, beside = [texts[code] for code in pairs[:, 0]], [units[code] for code in pairs[:, 1]]
    return ages.read(numbers, column.units, mapping.decimal, column.values, beside), place.reshape(-1)


def _in_rows(distinct: pd.Series, codes: np.ndarray) -> np.ndarray | pd.Categorical:
    """Values of distinct texts, spread over the rows; texts stay categorical."""
    if distinct.dtype.kind in "Mif":
        return distinct.to_numpy()[codes]
    return spread(distinct.to_numpy(dtype=object), codes)


# --- Several columns of one question -------------------------------------------------------------------------------


def _first_stated(part: Part, name: str, column: Column, found: Sequence[Values]) -> Values:
    """The first answer that any column of a question states, row by row; two that exclude each other fail."""
    first = found[0]
    for header, other in zip(column.names[1:], found[1:], strict=True):
        both = stated(first) & stated(other)
        part.fail(both & _exclude(name, first, other), header, "conflict", column)
        first = _filled_up(first, other)
    return first


def _exclude(name: str, first: Values, other: Values) -> np.ndarray:
    """Rows in which two values cannot both be right: intervals that lie apart, or texts that differ."""
    if "low" in first:
        low, high = np.asarray(first["low"]), np.asarray(first["high"])
        return np.asarray(low > np.asarray(other["high"])) | np.asarray(high < np.asarray(other["low"]))
    return np.asarray(_compared(name, first["value"]) != _compared(name, other["value"]))


def _compared(name: str, value: object) -> np.ndarray:
    if not isinstance(value, Written):
        return np.asarray(value, dtype=object)
    forms: dict[str, Callable] = {"phone": pseudonyms.phone, "document": pseudonyms.document}
    form = forms.get(name, lambda texts: [fold(text) for text in texts])
    return np.array(list(form(value.texts)), dtype=object)[value.codes]


def _filled_up(first: Values, other: Values) -> Values:
    """The first values, and the others in the rows in which the first state nothing."""
    empty = ~stated(first)
    return {key: _where(empty, other[key], value) for key, value in first.items()}


def _where(mask: np.ndarray, then: object, otherwise: object) -> np.ndarray | pd.Categorical | Written:
    if isinstance(then, Written) and isinstance(otherwise, Written):
        codes = np.where(mask, then.codes + len(otherwise.texts), otherwise.codes)
        states = np.concatenate([otherwise.states, then.states])
        return Written([*otherwise.texts, *then.texts], codes, states)
    if isinstance(otherwise, pd.Categorical):
        return pd.Categorical(np.where(mask, np.asarray(then, dtype=object), np.asarray(otherwise, dtype=object)))
    return np.where(mask, np.asarray(then), np.asarray(otherwise))


# --- A unit in a column that nobody declared -----------------------------------------------------------------------


def _of_another_unit(part: Part, header: str, column: Column, mapping: Mapping) -> np.ndarray:
    """Rows whose number stands beside a unit other than years, in a column that nobody declared as one of units."""
    texts, codes = part.cells(header, column.words)
    said = {exactly(text) for text in column.values}
    bare = [text != "" and not any(map(str.isalpha, text)) and exactly(text) not in said for text in texts]
    of_ages = [
        part.columns[name]
        for field, each in mapping.columns.items()
        if FIELDS[field].kind == "age"
        for name in each.names
        if name in part.columns
    ]
    found = np.zeros(len(part), bool)
    for letter, of in ages.columns_of_units(part.sheet, of_ages, part.columns.values()).items():
        if of != part.columns[header]:
            continue
        cells = part.sheet.table[letter].cat
        units = [ages.unit(text) for text in cells.categories]
        # Where some are of another unit, that of a number beside an empty cell is not known.
        other = [
            unit not in ("", "years") or not text.strip() for unit, text in zip(units, cells.categories, strict=True)
        ]
        if set(units) - {"", "years"}:
            found |= np.array(other, bool)[cells.codes.to_numpy()]
    return found & np.array(bare, bool)[codes]
