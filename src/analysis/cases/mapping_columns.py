"""Entries of a mapping: where a field stands and how its cells are written; what cannot be is refused."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from analysis import areas
from analysis.cases import ages, dates, places
from analysis.cases.cell_words import as_code, exactly, phrase
from analysis.cases.htcds import FIELDS, NONE, ROLES
from analysis.cases.mapping_text import MappingError, Nothing, keys, settled, text, texts
from analysis.intake.pseudonyms import fold

COLUMN = {
    *("column", "columns", "format", "codes", "places", "split", "units", "unit_column", "values"),
    *("yes", "no", "of", "required", "unreadable"),
}
# What says how cells are read, by kind of field; elsewhere it would do nothing, and its author believe that it does.
_READING = {
    "date": {"format", "values"},
    "code": {"codes"},
    "role": {"codes"},
    "country": {"codes"},
    "codes": {"codes", "split", "columns", "yes", "no"},
    "place": {"places"},
    "age": {"units", "unit_column", "values"},
}
_MEANT_FOR = {
    "columns": "it can have one column only, or several of one question as `column: [a, b]`",
    "format": "`format:` is for dates",
    "codes": "`codes:` is for coded fields and nationality; spellings of places belong under `places:`",
    "places": "`places:` is for places; words for a nationality belong under `codes:`",
    "split": "it holds one value a cell, so that nothing can be split",
    "units": "`units:` is for ages",
    "unit_column": "`unit_column:` is for ages",
    "values": "`values:` is for dates and ages; words for codes belong under `codes:`, spellings under `places:`",
    "yes": "`yes:` goes with `columns:`, one column a code",
    "no": "`no:` goes with `columns:`, one column a code",
}
# What may be done with a cell that cannot be read, beside sending its row to quarantine.
NOT_STATED = "not stated"


@dataclass(frozen=True)
class Column:
    """One field of a mapping: where it stands and how its cells are written.

    Parameters
    ----------
    column : name in the header; "" where `columns` is given.
    also : further columns of the same question; the first that states anything counts.
    columns : code -> names of the columns that say yes or no to it; of several, one yes is enough.
    formats : of dates. codes, places : text in a cell -> code, or id of a place. split : between several codes.
    units : of ages, `cell_words.phrase` of a word beside a number -> one of `ages.UNITS` or `ages.BOUNDS`; "" of a
        number alone. unit_column : the column that holds the unit, "" where none does.
    values : of ages and dates, text in a cell -> what it means.
    yes, no : what the cells of `columns` hold. of_parent : the column stands in the form's sheet, not in the persons'.
    required : no row may leave it empty. drops_cells : a cell that cannot be read is not stated, and its row stays.
    """

    column: str = ""
    also: tuple[str, ...] = ()
    columns: dict[str, tuple[str, ...]] = field(default_factory=dict)
    formats: tuple[str, ...] = ()
    codes: dict[str, str] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)
    split: str = ""
    units: dict[str, str] = field(default_factory=dict)
    unit_column: str = ""
    values: dict[str, str] = field(default_factory=dict)
    yes: tuple[str, ...] = ("1", "yes", "true")
    no: tuple[str, ...] = ("0", "no", "false")
    of_parent: bool = False
    required: bool = False
    drops_cells: bool = False

    @property
    def names(self) -> list[str]:
        """The columns that hold its values; of one column a code, code by code."""
        if self.columns:
            return [name for names in self.columns.values() for name in names]
        return [self.column, *self.also]

    @property
    def words(self) -> list[str]:
        """Texts that mean something in its cells, whatever ``missing:`` says of the rest of the file."""
        answers = [*self.yes, *self.no] if (self.yes, self.no) != (Column.yes, Column.no) else []
        return [*self.codes, *self.places, *self.values, *answers]

    @property
    def declared(self) -> list[str]:
        """All of its columns, that of units included."""
        return [*self.names, *filter(None, [self.unit_column])]


@dataclass(frozen=True)
class Around:
    """The rest of a mapping, as far as an entry is read by it."""

    study: str
    exported: datetime.date


def column(content: Any, name: str, where: str, around: Around) -> Column:
    """The column of a field; `name` is that of the field, or ``role``, ``place`` and ``date`` of a stop."""
    entry = keys({"column": content} if isinstance(content, str) else content, COLUMN, where)
    kind = FIELDS[name].kind if name in FIELDS else name
    _only_what_is_read(entry, name, kind, where)
    named, columns = texts(entry, "column", where), keys(entry.get("columns") or {}, None, f"{where} `columns:`")
    if not all(map(str.strip, named)) or bool(named) == bool(columns):
        raise MappingError("missing_field", f"{where} needs `column:`, the name of its column.")
    if len({fold(one) or one for one in named}) < len(named):
        raise MappingError("column_twice", f"{where}: `column:` names one column twice.")
    codes = _words(entry, "codes", kind, where)
    for code in [*columns, *codes.values()]:
        _known(settled(code, where), name, kind, where)
    split = text(entry, "split", where)
    if kind != "place":
        _not_parted(codes, split, where)
    of, required = text(entry, "of", where, "parent"), text(entry, "required", where, "false").lower()
    if of != "parent":
        raise MappingError(
            "parent_only", f"{where}: `of:` can only be parent, where the column stands in the form's sheet."
        )
    if required not in ("true", "yes", "false", "no"):
        raise MappingError("not_boolean", f"{where}: `required:` must be true or false.")
    found = Column(
        column=named[0] if named else "",
        also=named[1:],
        columns={code: texts(columns, code, f"{where} `columns:`") for code in columns},
        formats=_formats(entry, where) if kind == "date" else (),
        codes=_placed(codes, "codes", around.study, where) if kind == "country" else codes,
        places=_placed(_words(entry, "places", kind, where), "places", around.study, where),
        split=split,
        units=_units(entry, where),
        unit_column=text(entry, "unit_column", where).strip(),
        values=_values(entry, name, kind, where, around),
        of_parent="of" in entry,
        required=required in ("true", "yes"),
        drops_cells=_drops_cells(entry, kind, where),
        **{side: texts(entry, side, where) for side in ("yes", "no") if side in entry},
    )
    if not all(names and all(map(str.strip, names)) for names in found.columns.values()):
        raise MappingError(
            "missing_column_name", f"{where} `columns:` needs the name of a column, or a list of names, for each code."
        )
    if {as_code(one) for one in found.yes} & {as_code(one) for one in found.no}:
        raise MappingError("yes_no_overlap", f"{where}: one text stands under `yes:` and under `no:`.")
    if found.unit_column and fold(found.unit_column) in map(fold, found.names):
        raise MappingError("column_twice", f"{where}: `unit_column:` must be another column than `column:`.")
    if found.required and found.drops_cells:
        raise MappingError(
            "exclusive_fields", f"{where}: `required: true` and `unreadable: not stated` cannot both be meant."
        )
    return found


def _only_what_is_read(entry: Mapping[str, Any], name: str, kind: str, where: str) -> None:
    """Refuse keys that would do nothing in a field of this kind."""
    read = _READING.get(kind, set()) | ({"split"} if name == "place" else set())
    # One column a code holds answers, no words for codes; elsewhere there are no answers.
    read = read - ({"codes", "split"} if entry.get("columns") else {"yes", "no"})
    unread = [key for key in _MEANT_FOR if key in entry and key not in read]
    if "split" in unread and name == "area":
        raise MappingError(
            "split_not_allowed",
            f"{where}: a record is of one place; journeys belong under `stops:`. Take `split:` away.",
        )
    if unread and kind == "codes" and entry.get("columns"):
        raise MappingError(
            "unused_field", f"{where}: beside `columns:`, one column a code, `{unread[0]}:` does nothing."
        )
    if unread:
        raise MappingError("field_not_applicable", f"{where}: {_MEANT_FOR[unread[0]]}.")
    if "of" in entry and name not in FIELDS:
        raise MappingError(
            "parent_in_stop", f"{where}: `of:` is for fields under `columns:`; a stop is read from the persons' sheet."
        )
    if name not in FIELDS and isinstance(entry.get("column"), list):
        raise MappingError("not_one_text", f"{where}: `column:` must be one text; each stop has a column of its own.")


def _drops_cells(entry: Mapping[str, Any], kind: str, where: str) -> bool:
    said = text(entry, "unreadable", where)
    if said and kind in ("identity", "role"):
        raise MappingError("field_not_applicable", f"{where}: `unreadable:` is for fields that can be read wrongly.")
    if said not in ("", NOT_STATED, "quarantine"):
        raise MappingError(
            "unknown_choice",
            f"{where}: `unreadable:` must be `{NOT_STATED}`, so that a cell that cannot be read is left out and its "
            f"row stays, or `quarantine`, as without it.",
        )
    return said == NOT_STATED


def _formats(entry: Mapping[str, Any], where: str) -> tuple[str, ...]:
    formats = texts(entry, "format", where)
    if not formats:
        raise MappingError(
            "missing_date_format", f"{where} needs a `format:`, such as dd.mm.yyyy, or [dd.mm.yyyy, yyyy]."
        )
    for one in formats:
        if not dates.is_format(settled(one, f"{where} `format:`")):
            raise MappingError(
                "invalid_date_format",
                f"{where}: '{one}' cannot be; a format is written with dd, mm or month, q, and yyyy or yy, in small "
                f"letters, such as dd.mm.yyyy or mm/yyyy, or is serial, Excel's count of days. A time of day after a "
                f"day is read without being named.",
            )
    if pair := dates.same_texts(formats):
        raise MappingError(
            "shadowed_date_format",
            f"{where}: texts that '{pair[1]}' is for are read as '{pair[0]}', which stands before it. "
            f"Keep the one that the source means.",
        )
    return formats


# --- Words of the file ---------------------------------------------------------------------------------------------


def _words(
    entry: Mapping[str, Any], key: str, kind: str, where: str, compared: Callable[[str], str] = as_code
) -> dict[str, str]:
    """Return what texts in cells stand for; two that are compared as one cannot stand for two things.

    Messages count the entries and do not show them: they are words of the file.
    """
    where = f"{where} `{key}:`"
    words = keys(entry.get(key) or {}, None, where)
    first: dict[str, tuple[int, str]] = {}
    for number, (word, meant) in enumerate(words.items(), start=1):
        if not isinstance(meant, str):
            raise MappingError("not_one_text", f"{where}: what follows the colon of entry {number} must be one text.")
        if isinstance(meant, Nothing):
            raise MappingError(
                "nothing_after_colon",
                f'{where}: nothing follows the colon of entry {number}. Write "" where nothing is known; a text with a '
                f"comma must stand in quotes.",
            )
        settled(meant, f"{where}: what follows the colon of entry {number}")
        if not word.strip() and key != "units":
            raise MappingError(
                "empty_text_coded", f"{where}: an empty cell is not stated, and stands for nothing else."
            )
        of_place = kind in ("place", "country") and key != "values"
        if of_place and not fold(word):
            raise MappingError(
                "sign_as_place",
                f"{where}: entry {number} has neither a letter nor a figure, and no place is compared with it. If it "
                f"means that nothing is known, it belongs under `missing:` of `file:`.",
            )
        # Names of places and countries are compared without their spaces.
        same = fold(word).replace(" ", "") if of_place else compared(word)
        other, stands_for = first.setdefault(same, (number, meant))
        if stands_for != meant:
            raise MappingError(
                "ambiguous_texts",
                f"{where}: entries {other} and {number} are one where texts are compared (case, accents and signs "
                f"do not count), and cannot stand for two things.",
            )
    return dict(words)


def _not_parted(words: Mapping[str, str], split: str, where: str) -> None:
    """Refuse words with the sign at which cells are split, since no part of a cell can be one."""
    parted = [number for number, word in enumerate(words, start=1) if split and split in word.strip()]
    if parted:
        raise MappingError(
            "never_compared",
            f"{where} `codes:`: entry {parted[0]} holds the sign of `split:`, at which cells are parted before they "
            f"are compared. Write an entry for each part.",
        )


def _placed(words: dict[str, str], key: str, study: str, where: str) -> dict[str, str]:
    """Text -> id of the place that is meant, which may be given by its id or by its name."""
    kind: places.Kind = "place" if key == "places" else "country"
    found: dict[str, str] = {}
    for number, (word, meant) in enumerate(words.items(), start=1):
        (place_id,) = places.match([meant], study, kind=kind)
        if place_id is None:
            # Where the two sides of an entry are exchanged, what follows the colon is what stands in a cell: not shown.
            example = "SYR or Syria" if kind == "country" else _example(study)
            raise MappingError(
                "unknown_place",
                f"{where} `{key}:`: what follows the colon of entry {number} is no {kind} that is known, or a name of "
                f"two. Write its id or its name, such as {example}.",
            )
        found[word] = place_id
    return found


def _example(study: str) -> str:
    area = areas.load(study).iloc[0]
    return f"{area['area_id']} or {area['name']}"


def _units(entry: Mapping[str, Any], where: str) -> dict[str, str]:
    """`phrase` of a word -> unit or side of a limit; a word or a list of words means years."""
    given = entry.get("units") or {}
    if isinstance(given, dict):
        words = _words(entry, "units", "age", where, phrase)
    else:
        words = dict.fromkeys(texts(entry, "units", where), "years")
    found = {phrase(word): meant for word, meant in words.items()}
    for number, (word, meant) in enumerate(words.items(), start=1):
        allowed = ages.UNITS if not word.strip() else (*ages.UNITS, *ages.BOUNDS)
        if meant not in allowed:
            raise MappingError(
                "unknown_choice",
                f"{where} `units:`: what follows the colon of entry {number} must be one of {', '.join(allowed)}, as "
                f"in `units: {{yaş: years, ay: months, altı: under}}`.",
            )
        limit = ages.bound(word)
        if limit and (meant in ages.UNITS or (meant == "over") != (limit == "over")):
            raise MappingError(
                "limit_as_unit",
                f"{where} `units:`: entry {number} is a word for a limit, as in '18 altı' (under 18), and no unit: "
                f"read as one it would make an age of exactly 18. Take the entry away, since the usual words for "
                f"limits are known, or write `{limit}` after it.",
            )
        if ages.says_about(word):
            raise MappingError(
                "about_as_unit",
                f"{where} `units:`: entry {number} says that an age is not known to the year, and is no unit. Say "
                f"under `values:` what each such cell means, as `yaklaşık 14: 13-15`.",
            )
        if word.strip() and not ages.is_read_as_declared(word, meant, found):
            raise MappingError(
                "never_compared",
                f"{where} `units:`: entry {number} would never be read beside a number. Write the word as it stands "
                f"there, without the number; a whole cell belongs under `values:`.",
            )
    return found


def _values(entry: Mapping[str, Any], name: str, kind: str, where: str, around: Around) -> dict[str, str]:
    """Text of a cell -> what it means, which must be a date or an age that can be read."""
    words = _words(entry, "values", kind, where, exactly)
    earliest = dates.EARLIEST if name == "birth" else dates.EARLIEST_EVENT
    for number, meant in enumerate(words.values(), start=1):
        at = f"{where} `values:`: what follows the colon of entry {number}"
        if kind == "age" and ages.read_value(meant)[2]:
            raise MappingError(
                "invalid_value", f'{at} must be an age, as 14, 15-17, under 18, 18+ or 8 months, or "" for not stated.'
            )
        formats = texts(entry, "format", where)
        rule = dates.read_value(meant, formats, around.exported, earliest)[3] if kind == "date" else ""
        if rule == "date":
            raise MappingError(
                "invalid_value",
                f'{at} must be a date, as 2019-06-30, 2019-06, 2019 or 2019-06..2019-08, or "" for not stated.',
            )
        if rule:
            raise MappingError("invalid_value", f"{at} lies before {earliest}, or after the export.")
    return words


def _known(code: str, name: str, kind: str, where: str) -> None:
    codes = FIELDS[name].codes if name in FIELDS else ROLES
    allowed = {*(codes or ()), *([NONE] if kind == "codes" else [])}
    if code and codes is not None and code not in allowed:  # countries are known to the gazetteer
        raise MappingError(
            "unknown_code",
            f"{where}: '{code}' is no code of this field. Codes are {', '.join(sorted(allowed))}; "
            f'what means that nothing is known is given as "".',
        )
