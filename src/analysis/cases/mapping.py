"""The mapping of a source: a short YAML file that says where each field stands in its file, and how it is written."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping as Dict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from analysis import areas
from analysis.cases import places
from analysis.cases.dates import is_format, same_texts
from analysis.cases.htcds import FIELDS, NONE, ROLES
from analysis.catalog import KINDS, SAID_ON_PAGES, identifying, plain, shown
from analysis.intake.pseudonyms import fold
from analysis.intake.source import ENCODINGS, SourceError, require_inside
from bounded.refusal import Coded

SUFFIX = ".mapping.yml"
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_SOURCE = ("list", "title", "study", "kind", "publisher", "source", "date")
_TOP = {*_SOURCE, "licence", "file", "columns", "stops", "persons", "drop"}
_FILE = {"encoding", "delimiter", "sheet", "header", "decimal", "missing", "totals"}
_COLUMN = {"column", "columns", "format", "codes", "places", "split", "units", "yes", "no", "of", "required"}
_STOP = {"role", "place", "date", "sheet"}
# In what an age can be given.
UNITS = ("years", "months", "weeks", "days")
# No mapping is longer, and no other file is read as one.
_LONGEST = 2 * 1024**2
# What says how cells are read, by kind of field; elsewhere it would do nothing, and its author believe that it does.
_READING = {
    "date": {"format"},
    "code": {"codes"},
    "role": {"codes"},
    "country": {"codes"},
    "codes": {"codes", "split", "columns", "yes", "no"},
    "place": {"places"},
    "age": {"units"},
}
_MEANT_FOR = {
    "columns": "it can have one column only",
    "format": "`format:` is for dates",
    "codes": "`codes:` is for coded fields and nationality; spellings of places belong under `places:`",
    "places": "`places:` is for places; words for a nationality belong under `codes:`",
    "split": "it holds one value a cell, so that nothing can be split",
    "units": "`units:` is for ages",
    "yes": "`yes:` goes with `columns:`, one column a code",
    "no": "`no:` goes with `columns:`, one column a code",
}
_OPEN = "?"  # what a draft leaves for a person


class MappingError(Coded):
    """A mapping is not complete, or says something that cannot be; the message says where and what to write."""


@dataclass(frozen=True)
class Column:
    """Where a field stands and how its cells are written.

    Parameters
    ----------
    column : name in the header; "" where `columns` is given.
    columns : code -> names of the columns that say yes or no to it; of several, one yes is enough.
    formats : of dates. codes, places : folded text in a cell -> code, or id of a place. split : between several codes.
    units : of ages, folded word after a number -> what the number counts, one of `UNITS`; "" of a number alone.
    yes, no : what the cells of `columns` hold. of_parent : the column stands in the form's sheet, not in the persons'.
    """

    column: str = ""
    columns: dict[str, tuple[str, ...]] = field(default_factory=dict)
    formats: tuple[str, ...] = ()
    codes: dict[str, str] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)
    split: str = ""
    units: dict[str, str] = field(default_factory=dict)
    yes: tuple[str, ...] = ("1", "yes", "true")
    no: tuple[str, ...] = ("0", "no", "false")
    of_parent: bool = False
    required: bool = False

    @property
    def names(self) -> list[str]:
        """Its columns; of one column a code, code by code."""
        return [name for names in self.columns.values() for name in names] if self.columns else [self.column]


@dataclass(frozen=True)
class Stop:
    """Where a stop of a journey stands. `role` is a word, or the column that names it; `sheet` a repeat group's."""

    role: str | Column
    place: Column
    date: Column | None = None
    sheet: str = ""

    @property
    def columns(self) -> list[Column]:
        return [part for part in (self.role, self.place, self.date) if isinstance(part, Column)]


@dataclass(frozen=True)
class Mapping:
    """One source: what it is, how its file is written, and where each field of ``htcds.FIELDS`` stands."""

    list_id: str
    title: str
    study: str
    kind: str
    publisher: str
    source: str
    date: datetime.date
    columns: dict[str, Column]
    stops: tuple[Stop, ...] = ()
    persons: str = ""
    drop: tuple[str, ...] = ()
    licence: str = ""
    encoding: str = "utf-8"
    delimiter: str = ""
    sheet: str = ""
    header: tuple[int, ...] = (1,)
    decimal: str = "."
    missing: tuple[str, ...] = ()
    totals: tuple[str, ...] = ()

    @property
    def asks_for_transit(self) -> bool:
        """Whether the source has a place for stops on the way: in a column of their own, or in a list of all stops."""
        return any(stop.role == "transit" or isinstance(stop.role, Column) for stop in self.stops)


def beside(file: Path) -> Path:
    """The mapping of a file: of the same name beside it, ``police.mapping.yml`` for ``police.xlsx``."""
    return file.with_name(plain(file).stem + SUFFIX)


def load(path: Path) -> Mapping:
    """The mapping that stands in a YAML file. Raises MappingError, which says where it must be fixed."""
    where = shown(path)
    try:
        require_inside(path)
        if path.exists() and path.stat().st_size > _LONGEST:
            raise MappingError("too_large", f"{where} is larger than a mapping can be ({_LONGEST // 1024**2} MB).")
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise MappingError(
            "missing_file", f"{where} is not there. `python -m analysis draft FILE` writes a first one."
        ) from None
    except SourceError as error:
        raise MappingError("link_outside", str(error)) from None
    except UnicodeDecodeError:
        raise MappingError("not_utf8", f"{where} is not written in UTF-8.") from None
    try:
        return _mapping(yaml.load(text, Loader=_Texts))
    except MappingError as error:
        raise MappingError("invalid_mapping", f"{where}: {error}") from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise MappingError(
            "control_character", f"{where}, line {line} is no YAML: it holds a control character. Delete it."
        ) from None
    except yaml.MarkedYAMLError as error:
        line_of, problem = f", line {error.problem_mark.line + 1}" if error.problem_mark else "", error.problem
        # A word of the file can begin so, and is not shown.
        if problem and ("found undefined alias" in problem or "found duplicate anchor" in problem):
            problem = "a text that begins with * or & must stand in quotes"
        raise MappingError("unreadable_yaml", f"{where}{line_of} is no YAML: {problem or error.context}.") from None
    except (yaml.YAMLError, RecursionError):
        raise MappingError("unreadable_yaml", f"{where} is no YAML that can be read.") from None


class _Texts(yaml.BaseLoader):
    """Reads every word as a text: NO is Norway, 007 a number of a file, and 2024-01-31 what was written.

    What YAML leaves to chance is refused: a name that stands twice, of which the last would count, and tags.
    """

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        if node.tag.rpartition(":")[2] in ("str", "seq", "map"):
            return super().construct_object(node, deep)
        raise _refused("a text that begins with ! must stand in quotes", node)

    def construct_mapping(self, node: yaml.Node, deep: bool = False) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for at, value in node.value:
            name = self.construct_object(at)
            if not isinstance(name, str):
                raise _refused("a name before a colon must be a text", at)
            if name in found:
                ours = name in _TOP | _FILE | _COLUMN | _STOP | set(FIELDS)  # another may be a word of the file
                raise _refused(f"{f'`{name}:`' if ours else 'this name'} stands twice; keep one of the two", at)
            found[name] = self.construct_object(value, deep)
        return found


def _refused(problem: str, node: yaml.Node) -> yaml.constructor.ConstructorError:
    return yaml.constructor.ConstructorError(None, None, problem, node.start_mark)


def _mapping(content: Any) -> Mapping:
    top = _keys(content, _TOP, "the mapping")
    said: dict[str, Any] = {name: _settled(_text(top, name).strip(), f"`{name}:`") for name in (*_SOURCE, "licence")}
    for name in (*_SOURCE, "columns"):
        if not said.get(name, top.get(name)):
            raise MappingError("missing_field", f"`{name}:` is missing.")
    if not _NAME.fullmatch(said["list"]):
        raise MappingError("invalid_id", "`list:` must be a short name of small letters, digits and underscores.")
    if said["study"] not in areas.STUDIES:
        raise MappingError("unknown_study", f"`study:` must be one of {', '.join(areas.STUDIES)}.")
    if said["kind"] not in KINDS:
        raise MappingError("unknown_choice", f"`kind:` must be one of {', '.join(KINDS)}.")
    on_pages = {name: said[name] for name in ("list", *SAID_ON_PAGES) if name in said}
    if said["kind"] == "confidential" and (wrong := identifying(on_pages)):
        raise MappingError("identifying_text", wrong)
    try:
        date = datetime.date.fromisoformat(said["date"])
    except ValueError:
        raise MappingError("invalid_date", "`date:` must be the day of the export, as 2024-01-31.") from None
    file = _file(top.get("file") or {})
    entries = _keys(top["columns"], set(FIELDS), "`columns:`")
    columns = {name: _column(entry, name, f"`{name}:`", said["study"]) for name, entry in entries.items()}
    listed = [] if top.get("stops", "") == "" else top["stops"]
    if not isinstance(listed, list):
        raise MappingError(
            "wrong_type", "`stops:` must be a list, each stop on a line of its own that begins with a hyphen."
        )
    stops = tuple(_stop(entry, number, said["study"]) for number, entry in enumerate(listed, start=1))
    persons = _text(top, "persons")
    if persons and any(stop.sheet for stop in stops):
        raise MappingError(
            "exclusive_fields", "`persons:` and a stop with a `sheet:` of its own cannot stand in one mapping."
        )
    if "full_name" in columns and {"given_name", "family_name"} & set(columns):
        raise MappingError("full_or_split_name", "give either `full_name:` or `given_name:` and `family_name:`.")
    if not persons and any(column.of_parent for column in columns.values()):
        raise MappingError(
            "missing_persons_sheet", "`of: parent` asks for `persons:`, the sheet in which each row is a person."
        )
    return Mapping(
        list_id=said["list"],
        **{name: said[name] for name in ("title", "study", "kind", "publisher", "source", "licence")},
        date=date,
        columns=columns,
        stops=stops,
        persons=persons,
        drop=_texts(top, "drop"),
        **file,
    )


def _file(content: Any) -> dict[str, Any]:
    entry = _keys(content, _FILE, "`file:`")
    header = _texts(entry, "header") or ("1",)
    # A sheet of Excel has 1,048,576 rows.
    if not all(re.fullmatch("[0-9]{1,7}", number) and int(number) for number in header):
        raise MappingError("invalid_header", "`header:` must be the number of the header's row, or several as [3, 4].")
    decimal = _text(entry, "decimal", default=".")
    if decimal not in (".", ","):
        raise MappingError("invalid_decimal_mark", '`decimal:` must be "." or ",".')
    encoding = _text(entry, "encoding", default="utf-8")
    if encoding not in ENCODINGS:
        raise MappingError("unknown_encoding", f"`encoding:` must be one of {', '.join(ENCODINGS)}.")
    delimiter = _text(entry, "delimiter")
    delimiter = {"tab": "\t", "\\t": "\t"}.get(delimiter.lower(), delimiter)
    if len(delimiter) > 1 or delimiter in ("\n", "\r", '"'):
        raise MappingError("invalid_delimiter", "`delimiter:` must be one sign, or tab.")
    return {
        "encoding": encoding,
        "delimiter": delimiter,
        "sheet": _text(entry, "sheet"),
        "header": tuple(map(int, header)),
        "decimal": decimal,
        "missing": _texts(entry, "missing"),
        "totals": _texts(entry, "totals"),
    }


def _column(content: Any, name: str, where: str, study: str) -> Column:
    """How a field is written; `name` is that of the field, or ``role``, ``place`` and ``date`` of a stop."""
    entry = _keys({"column": content} if isinstance(content, str) else content, _COLUMN, where)
    kind = FIELDS[name].kind if name in FIELDS else name
    _only_what_is_read(entry, name, kind, where)
    column, columns = _text(entry, "column", where), _keys(entry.get("columns") or {}, None, f"{where} `columns:`")
    if bool(column.strip()) == bool(columns):
        raise MappingError("missing_field", f"{where} needs `column:`, the name of its column.")
    codes = _words(entry, "codes", kind, where)
    for code in [*columns, *codes.values()]:
        _known(_settled(code, where), name, kind, where)
    of, required = _text(entry, "of", where, "parent"), _text(entry, "required", where, "false").lower()
    if of != "parent":
        raise MappingError(
            "parent_only", f"{where}: `of:` can only be parent, where the column stands in the form's sheet."
        )
    if required not in ("true", "yes", "false", "no"):
        raise MappingError("not_boolean", f"{where}: `required:` must be true or false.")
    result = Column(
        column=column,
        columns={code: _texts(columns, code, f"{where} `columns:`") for code in columns},
        formats=_formats(entry, where) if kind == "date" else (),
        codes=_placed(codes, "codes", study, where) if kind == "country" else codes,
        places=_placed(_words(entry, "places", kind, where), "places", study, where),
        split=_text(entry, "split", where),
        units=_units(entry, where),
        of_parent="of" in entry,
        required=required in ("true", "yes"),
        **{side: _texts(entry, side, where) for side in ("yes", "no") if side in entry},
    )
    if not all(names and all(map(str.strip, names)) for names in result.columns.values()):
        raise MappingError(
            "missing_column_name", f"{where} `columns:` needs the name of a column, or a list of names, for each code."
        )
    both = {_compared(text) for text in result.yes} & {_compared(text) for text in result.no}
    if both:
        raise MappingError("yes_no_overlap", f"{where}: one text stands under `yes:` and under `no:`.")
    return result


def _only_what_is_read(entry: Dict[str, Any], name: str, kind: str, where: str) -> None:
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


def _formats(entry: Dict[str, Any], where: str) -> tuple[str, ...]:
    formats = _texts(entry, "format", where)
    if not formats:
        raise MappingError(
            "missing_date_format", f"{where} needs a `format:`, such as dd.mm.yyyy, or [dd.mm.yyyy, yyyy]."
        )
    for text in formats:
        if not is_format(_settled(text, f"{where} `format:`")):
            raise MappingError(
                "invalid_date_format",
                f"{where}: '{text}' cannot be; a format is written with dd, mm or month, q, and yyyy or yy, in small "
                f"letters, such as dd.mm.yyyy or mm/yyyy. A time of day after a day is read without being named.",
            )
    if pair := same_texts(formats):
        raise MappingError(
            "shadowed_date_format",
            f"{where}: texts that '{pair[1]}' is for are read as '{pair[0]}', which stands before it. "
            f"Keep the one that the source means.",
        )
    return formats


def _words(entry: Dict[str, Any], key: str, kind: str, where: str, of_blank: bool = False) -> dict[str, str]:
    """What texts in cells stand for; two that are compared as one cannot stand for two things.

    Messages count the entries and do not show them: they are words of the file.
    """
    where = f"{where} `{key}:`"
    words = _keys(entry.get(key) or {}, None, where)
    first: dict[str, tuple[int, str]] = {}
    for number, (text, meant) in enumerate(words.items(), start=1):
        if not isinstance(meant, str):
            raise MappingError("not_one_text", f"{where}: what follows the colon of entry {number} must be one text.")
        _settled(meant, f"{where}: what follows the colon of entry {number}")
        if not text.strip() and not of_blank:
            raise MappingError(
                "empty_text_coded", f"{where}: an empty cell is not stated, and stands for nothing else."
            )
        # Names of places and countries are compared without their spaces.
        same = _compared(text).replace(" ", "") if kind in ("place", "country") else _compared(text)
        other, stands_for = first.setdefault(same, (number, meant))
        if stands_for != meant:
            raise MappingError(
                "ambiguous_texts",
                f"{where}: entries {other} and {number} are one where texts are compared (case, accents and signs "
                f"do not count), and cannot stand for two things.",
            )
    return dict(words)


def _placed(words: dict[str, str], key: str, study: str, where: str) -> dict[str, str]:
    """Text -> id of the place that is meant, which may be given by its id or by its name."""
    kind: places.Kind = "place" if key == "places" else "country"
    found: dict[str, str] = {}
    for number, (text, meant) in enumerate(words.items(), start=1):
        (place_id,) = places.match([meant], study, kind=kind)
        if place_id is None:
            # Where the two sides of an entry are exchanged, what follows the colon is what stands in a cell: not shown.
            example = "SYR or Syria" if kind == "country" else _example(study)
            raise MappingError(
                "unknown_place",
                f"{where} `{key}:`: what follows the colon of entry {number} is no {kind} that is known, or a name of "
                f"two. Write its id or its name, such as {example}.",
            )
        found[text] = place_id
    return found


def _example(study: str) -> str:
    area = areas.load(study).iloc[0]
    return f"{area['area_id']} or {area['name']}"


def _units(entry: Dict[str, Any], where: str) -> dict[str, str]:
    """Folded word -> unit; a word or a list of words means years."""
    given = entry.get("units") or {}
    if isinstance(given, dict):
        words = _words(entry, "units", "age", where, of_blank=True)
    else:
        words = dict.fromkeys(_texts(entry, "units", where), "years")
    for number, unit in enumerate(words.values(), start=1):
        if unit not in UNITS:
            raise MappingError(
                "unknown_choice",
                f"{where} `units:`: what follows the colon of entry {number} must be one of {', '.join(UNITS)}, as in "
                f"`units: {{yaş: years, ay: months}}`.",
            )
    return {fold(word): unit for word, unit in words.items()}


def _compared(text: str) -> str:
    """A text as cells are compared with it: a sign, which folds to nothing, as it stands."""
    return fold(text) or text.strip()


def _known(code: str, name: str, kind: str, where: str) -> None:
    codes = FIELDS[name].codes if name in FIELDS else ROLES
    allowed = {*(codes or ()), *([NONE] if kind == "codes" else [])}
    if code and codes is not None and code not in allowed:  # countries are known to the gazetteer
        raise MappingError(
            "unknown_code",
            f"{where}: '{code}' is no code of this field. Codes are {', '.join(sorted(allowed))}; "
            f'what means that nothing is known is given as "".',
        )


def _stop(content: Any, number: int, study: str) -> Stop:
    where = f"stop {number}"
    entry = _keys(content, _STOP, where)
    if "place" not in entry or "role" not in entry:
        raise MappingError("missing_field", f"{where} needs `role:` and `place:`.")
    role = entry["role"]
    if not isinstance(role, str):
        role = _column(role, "role", f"{where}, `role:`", study)
    elif _settled(role, f"{where}, `role:`") not in ROLES:
        raise MappingError("unknown_choice", f"{where}: `role:` must be one of {', '.join(ROLES)}.")
    date = _column(entry["date"], "date", f"{where}, `date:`", study) if "date" in entry else None
    place = _column(entry["place"], "place", f"{where}, `place:`", study)
    return Stop(role, place, date, _text(entry, "sheet", where))


def _keys(content: Any, allowed: set[str] | None, where: str) -> Dict[str, Any]:
    if not isinstance(content, dict):
        raise MappingError("not_a_mapping", f"{where} must hold names with values, as `name: value`.")
    unknown = sorted(set(content) - allowed) if allowed is not None else []
    if unknown:
        raise MappingError(
            "unknown_field", f"{where} has no '{unknown[0]}'. Known are {', '.join(sorted(allowed or ()))}."
        )
    return content


def _text(entry: Dict[str, Any], key: str, where: str = "", default: str = "") -> str:
    value = entry.get(key, default)
    if not isinstance(value, str):
        raise MappingError("not_one_text", f"{where}{': ' if where else ''}`{key}:` must be one text.")
    return value or default


def _texts(entry: Dict[str, Any], key: str, where: str = "") -> tuple[str, ...]:
    value = entry.get(key, "")
    listed = value if isinstance(value, list) else [value] if value != "" else []
    if not all(isinstance(text, str) for text in listed):
        raise MappingError(
            "not_text_list", f"{where}{': ' if where else ''}`{key}:` must be a text, or a list of texts as [a, b]."
        )
    return tuple(listed)


def _settled(text: str, where: str) -> str:
    if text == _OPEN:
        raise MappingError("unsettled_draft", f'{where} is still "?", which a draft leaves open: settle it.')
    return text
