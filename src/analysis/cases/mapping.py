"""The mapping of a source: a short YAML file that says where each field stands in its file, and how it is written."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator
from collections.abc import Mapping as Dict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from analysis import areas
from analysis.cases.dates import is_format
from analysis.cases.htcds import FIELDS, NONE, ROLES
from analysis.cases.source import ENCODINGS
from analysis.catalog import KINDS, shown

SUFFIX = ".mapping.yml"
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_TOP = {
    "list",
    "title",
    "study",
    "kind",
    "publisher",
    "source",
    "date",
    "licence",
    "file",
    "columns",
    "stops",
    "persons",
    "drop",
}
_FILE = {"encoding", "delimiter", "sheet", "header", "decimal", "missing", "totals"}
_COLUMN = {"column", "columns", "format", "codes", "places", "split", "yes", "no", "of", "required"}
_STOP = {"role", "place", "date", "sheet"}


class MappingError(Exception):
    """A mapping is not complete, or says something that cannot be; the message says where and what to write."""


@dataclass(frozen=True)
class Column:
    """Where a field stands and how its cells are written.

    Parameters
    ----------
    column : name in the header; "" where `columns` is given.
    columns : code -> name of the column that says yes or no to it.
    formats : of dates. codes, places : folded text in a cell -> code, or id of a place. split : between several codes.
    yes, no : what the cells of `columns` hold. of_parent : the column stands in the form's sheet, not in the persons'.
    """

    column: str = ""
    columns: dict[str, str] = field(default_factory=dict)
    formats: tuple[str, ...] = ()
    codes: dict[str, str] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)
    split: str = ""
    yes: tuple[str, ...] = ("1", "yes", "true")
    no: tuple[str, ...] = ("0", "no", "false")
    of_parent: bool = False
    required: bool = False

    @property
    def names(self) -> list[str]:
        return list(self.columns.values()) if self.columns else [self.column]


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


def beside(file: Path) -> Path:
    """The mapping of a file: of the same name beside it, ``police.mapping.yml`` for ``police.xlsx``."""
    return file.with_name(file.stem + SUFFIX)


def load(path: Path) -> Mapping:
    """The mapping that stands in a YAML file. Raises MappingError, which says where it must be mended."""
    where = shown(path)
    try:
        content = yaml.load(path.read_text(encoding="utf-8-sig"), Loader=_Texts)
    except FileNotFoundError:
        raise MappingError(f"{where} is not there. `python -m analysis draft FILE` writes a first one.") from None
    except UnicodeDecodeError:
        raise MappingError(f"{where} is not written in UTF-8.") from None
    except yaml.MarkedYAMLError as error:
        line = f", line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise MappingError(f"{where}{line} is no YAML: {error.problem}.") from None
    try:
        return _mapping(content)
    except MappingError as error:
        raise MappingError(f"{where}: {error}") from None


class _Texts(yaml.SafeLoader):
    """Reads every word as a text: NO is Norway, 007 a number of a file, and 2024-01-31 what was written."""


_Texts.yaml_implicit_resolvers = {}


def _mapping(content: Any) -> Mapping:
    top = _keys(content, _TOP, "the mapping")
    for name in ("list", "title", "study", "kind", "publisher", "source", "date", "columns"):
        if not top.get(name):
            raise MappingError(f"`{name}:` is missing.")
    if not _NAME.fullmatch(top["list"]):
        raise MappingError("`list:` must be a short name of small letters, digits and underscores.")
    if top["study"] not in areas.STUDIES:
        raise MappingError(f"`study:` must be one of {', '.join(areas.STUDIES)}.")
    if top["kind"] not in KINDS:
        raise MappingError(f"`kind:` must be one of {', '.join(KINDS)}.")
    try:
        date = datetime.date.fromisoformat(top["date"])
    except ValueError:
        raise MappingError("`date:` must be the day of the export, as 2024-01-31.") from None
    file = _file(top.get("file") or {})
    columns = {name: _column(entry, name) for name, entry in _keys(top["columns"], set(FIELDS), "`columns:`").items()}
    stops = tuple(_stop(entry, number) for number, entry in enumerate(_list(top.get("stops")), start=1))
    persons = top.get("persons") or ""
    if persons and any(stop.sheet for stop in stops):
        raise MappingError("`persons:` and a stop with a `sheet:` of its own cannot stand in one mapping.")
    if "full_name" in columns and {"given_name", "family_name"} & set(columns):
        raise MappingError("give either `full_name:` or `given_name:` and `family_name:`.")
    if not persons and any(column.of_parent for column in columns.values()):
        raise MappingError("`of: parent` asks for `persons:`, the sheet in which each row is a person.")
    return Mapping(
        list_id=top["list"],
        **{name: top[name] for name in ("title", "study", "kind", "publisher", "source")},
        licence=top.get("licence") or "",
        date=date,
        columns=columns,
        stops=stops,
        persons=persons,
        drop=tuple(_list(top.get("drop"))),
        **file,
    )


def _file(content: Any) -> dict[str, Any]:
    entry = _keys(content, _FILE, "`file:`")
    header = _list(entry.get("header", "1"))
    if not all(number.isdigit() and int(number) for number in header) or not header:
        raise MappingError("`header:` must be the number of the header's row, or several as [3, 4].")
    if entry.get("decimal", ".") not in (".", ","):
        raise MappingError('`decimal:` must be "." or ",".')
    if entry.get("encoding", "utf-8") not in ENCODINGS:
        raise MappingError(f"`encoding:` must be one of {', '.join(ENCODINGS)}.")
    delimiter = entry.get("delimiter", "")
    if len(delimiter) > 1:
        delimiter = {"tab": "\t", "\\t": "\t"}.get(delimiter.lower(), "")
        if not delimiter:
            raise MappingError("`delimiter:` must be one sign, or tab.")
    return {
        "encoding": entry.get("encoding", "utf-8"),
        "delimiter": delimiter,
        "sheet": entry.get("sheet", ""),
        "header": tuple(map(int, header)),
        "decimal": entry.get("decimal", "."),
        "missing": tuple(_list(entry.get("missing"))),
        "totals": tuple(_list(entry.get("totals"))),
    }


def _column(content: Any, name: str) -> Column:
    where = f"`{name}:`"
    entry = _keys({"column": content} if isinstance(content, str) else content, _COLUMN, where)
    kind = FIELDS[name].kind if name in FIELDS else name
    if bool(entry.get("column")) == bool(entry.get("columns")):
        raise MappingError(f"{where} needs `column:`, the name of its column.")
    if entry.get("columns") and kind != "codes":
        raise MappingError(f"{where} can have one column only.")
    formats = tuple(_list(entry.get("format")))
    if kind == "date" and not all(map(is_format, formats)):
        raise MappingError(
            f"{where}: a format is written with dd, mm or month, and yyyy, such as dd.mm.yyyy or mm/yyyy."
        )
    if kind == "date" and not formats:
        raise MappingError(f"{where} needs a `format:`, such as dd.mm.yyyy, or [dd.mm.yyyy, yyyy].")
    if entry.get("split") and kind not in ("codes", "place"):
        raise MappingError(f"{where} holds one value a cell, so that nothing can be split.")
    codes = {str(text): str(code or "") for text, code in _keys(entry.get("codes") or {}, None, where).items()}
    for known in (FIELDS[name].codes,) if name in FIELDS else (ROLES,) if name == "role" else ():
        allowed = {*(known or ()), "", *([NONE] if kind == "codes" else [])}
        for code in [*codes.values(), *(entry.get("columns") or {})]:
            if known is not None and code not in allowed:
                raise MappingError(
                    f"{where}: '{code}' is no code of this field. Codes are {', '.join(sorted(allowed - {''}))}; "
                    f'what means that nothing is known is given as "".'
                )
    return Column(
        column=entry.get("column") or "",
        columns=dict(entry.get("columns") or {}),
        formats=formats,
        codes=codes,
        places={str(text): str(place) for text, place in _keys(entry.get("places") or {}, None, where).items()},
        split=entry.get("split") or "",
        of_parent=entry.get("of") == "parent",
        required=entry.get("required", "false").lower() in ("true", "yes"),
        **{name: tuple(_list(entry[name])) for name in ("yes", "no") if name in entry},
    )


def _stop(content: Any, number: int) -> Stop:
    where = f"stop {number}"
    entry = _keys(content, _STOP, where)
    if "place" not in entry or "role" not in entry:
        raise MappingError(f"{where} needs `role:` and `place:`.")
    role = entry["role"] if isinstance(entry["role"], str) else _column(entry["role"], "role")
    if isinstance(role, str) and role not in ROLES:
        raise MappingError(f"{where}: `role:` must be one of {', '.join(ROLES)}.")
    date = _column(entry["date"], "date") if "date" in entry else None
    return Stop(role, _column(entry["place"], "place"), date, entry.get("sheet", ""))


def _keys(content: Any, allowed: set[str] | None, where: str) -> Dict[str, Any]:
    if not isinstance(content, dict):
        raise MappingError(f"{where} must be a list of names with values.")
    unknown = sorted(set(content) - allowed) if allowed is not None else []
    if unknown:
        raise MappingError(f"{where} has no '{unknown[0]}'. Known are {', '.join(sorted(allowed or ()))}.")
    return content


def _list(content: Any) -> list[Any]:
    return [] if content is None or content == "" else content if isinstance(content, list) else [content]


def columns_by_sheet(mapping: Mapping) -> Iterator[tuple[str, str]]:
    """Every column that is declared, as (part, name): part is ``main``, ``persons`` or the sheet of a stop."""
    for column in mapping.columns.values():
        yield from (("main" if column.of_parent or not mapping.persons else "persons", name) for name in column.names)
    for stop in mapping.stops:
        part = stop.sheet or ("persons" if mapping.persons else "main")
        yield from ((part, name) for column in stop.columns for name in column.names)
