"""The mapping of a source: a short YAML file that says where each field stands in its file, and how it is written."""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from analysis import areas
from analysis.cases.htcds import FIELDS, ROLES
from analysis.cases.mapping_columns import COLUMN, Around, Column, column
from analysis.cases.mapping_text import MappingError, keys, read, settled, text, texts
from analysis.catalog import KINDS, SAID_ON_PAGES, identifying, plain, shown
from analysis.intake.pseudonyms import fold
from analysis.intake.source import ENCODINGS

SUFFIX = ".mapping.yml"
NAMED = {"given_name", "family_name", "full_name", "phone", "document", "birth"}
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_SOURCE = ("list", "title", "study", "kind", "publisher", "source", "date")
_TOP = {*_SOURCE, "licence", "covers", "file", "columns", "stops", "persons", "leave_out", "drop"}
_FILE = {"encoding", "delimiter", "sheet", "header", "decimal", "missing", "totals"}
_STOP = {"role", "place", "date", "sheet"}


@dataclass(frozen=True)
class Stop:
    """Place of a stop of a journey. `role` is a word, or the column that names it; `sheet` a repeat group's."""

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
    leave_out: dict[str, tuple[str, ...]] = field(default_factory=dict)
    covers: tuple[int, int] | None = None

    @property
    def asks_for_transit(self) -> bool:
        """Return True if the source has a place for stops on the way: columns of their own, or a list of stops."""
        return any(stop.role == "transit" or isinstance(stop.role, Column) for stop in self.stops)


def beside(file: Path) -> Path:
    """The mapping of a file: of the same name beside it, ``police.mapping.yml`` for ``police.xlsx``."""
    return file.with_name(plain(file).stem + SUFFIX)


def load(path: Path) -> Mapping:
    """The mapping that stands in a YAML file. Raises MappingError, which says where it must be fixed."""
    content = read(path, _TOP | _FILE | COLUMN | _STOP | set(FIELDS))
    try:
        return _mapping(content)
    except MappingError as error:
        raise MappingError("invalid_mapping", f"{shown(path)}: {error}") from None


def _mapping(content: Any) -> Mapping:
    top = keys(content, _TOP, "the mapping")
    said: dict[str, Any] = {name: settled(text(top, name).strip(), f"`{name}:`") for name in (*_SOURCE, "licence")}
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
    entries = keys(top["columns"], set(FIELDS), "`columns:`")
    around = Around(said["study"], date)
    columns = {name: column(entry, name, f"`{name}:`", around) for name, entry in entries.items()}
    listed = [] if top.get("stops", "") == "" else top["stops"]
    if not isinstance(listed, list):
        raise MappingError(
            "wrong_type", "`stops:` must be a list, each stop on a line of its own that begins with a hyphen."
        )
    stops = tuple(_stop(entry, number, around) for number, entry in enumerate(listed, start=1))
    persons = text(top, "persons")
    if persons and any(stop.sheet for stop in stops):
        raise MappingError(
            "exclusive_fields", "`persons:` and a stop with a `sheet:` of its own cannot stand in one mapping."
        )
    if "full_name" in columns and {"given_name", "family_name"} & set(columns):
        raise MappingError("full_or_split_name", "give either `full_name:` or `given_name:` and `family_name:`.")
    if "tokens" in columns and (named := NAMED & set(columns)):
        raise MappingError(
            "tokens_and_names", f"`tokens:` stands in the place of names and numbers: take `{min(named)}:` away."
        )
    if not persons and any(each.of_parent for each in columns.values()):
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
        drop=texts(top, "drop"),
        leave_out=_leave_out(top.get("leave_out") or {}),
        covers=_years(text(top, "covers").strip(), date) if "covers" in top else None,
        **file,
    )


def _years(said: str, export: datetime.date) -> tuple[int, int]:
    """The first and the last year that a list covers."""
    years = re.fullmatch(r"([0-9]{4})(?:-([0-9]{4}))?", said)
    first, last = (int(years[1]), int(years[2] or years[1])) if years else (1, 0)
    if not first <= last <= export.year:
        raise MappingError(
            "invalid_years",
            "`covers:` must be the years in which the list recorded persons, as 2019-2023 or 2023: the earlier first, "
            "and none after the day of the export.",
        )
    return first, last


def _file(content: Any) -> dict[str, Any]:
    entry = keys(content, _FILE, "`file:`")
    header = texts(entry, "header") or ("1",)
    # A sheet of Excel has 1,048,576 rows.
    if not all(re.fullmatch("[0-9]{1,7}", number) and int(number) for number in header):
        raise MappingError("invalid_header", "`header:` must be the number of the header's row, or several as [3, 4].")
    decimal = text(entry, "decimal", default=".")
    if decimal not in (".", ","):
        raise MappingError("invalid_decimal_mark", '`decimal:` must be "." or ",".')
    encoding = text(entry, "encoding", default="utf-8")
    if encoding not in ENCODINGS:
        raise MappingError("unknown_encoding", f"`encoding:` must be one of {', '.join(ENCODINGS)}.")
    delimiter = text(entry, "delimiter")
    delimiter = {"tab": "\t", "\\t": "\t"}.get(delimiter.lower(), delimiter)
    if len(delimiter) > 1 or delimiter in ("\n", "\r", '"'):
        raise MappingError("invalid_delimiter", "`delimiter:` must be one sign, or tab.")
    totals = texts(entry, "totals")
    if not all(map(fold, totals)):
        raise MappingError(
            "never_compared", "`totals:` holds a text without a letter or a figure, which begins no row of totals."
        )
    return {
        "encoding": encoding,
        "delimiter": delimiter,
        "sheet": text(entry, "sheet"),
        "header": tuple(map(int, header)),
        "decimal": decimal,
        "missing": texts(entry, "missing"),
        "totals": totals,
    }


def _leave_out(content: Any) -> dict[str, tuple[str, ...]]:
    """Column -> texts; a row that has one of them there is no record of the list."""
    entry = keys(content, None, "`leave_out:`")
    found = {name: texts(entry, name, "`leave_out:`") for name in entry}
    if not all(name.strip() and words and all(map(str.strip, words)) for name, words in found.items()):
        raise MappingError(
            "missing_field",
            "`leave_out:` needs, for the name of a column, the texts whose rows are left out, as "
            "`_validation_status: [Not Approved]`.",
        )
    for word in (word for words in found.values() for word in words):
        settled(word, "`leave_out:`")
    return found


def _stop(content: Any, number: int, around: Around) -> Stop:
    where = f"stop {number}"
    entry = keys(content, _STOP, where)
    if "place" not in entry or "role" not in entry:
        raise MappingError("missing_field", f"{where} needs `role:` and `place:`.")
    role = entry["role"]
    if not isinstance(role, str):
        role = column(role, "role", f"{where}, `role:`", around)
    elif settled(role, f"{where}, `role:`") not in ROLES:
        raise MappingError("unknown_choice", f"{where}: `role:` must be one of {', '.join(ROLES)}.")
    date = column(entry["date"], "date", f"{where}, `date:`", around) if "date" in entry else None
    place = column(entry["place"], "place", f"{where}, `place:`", around)
    return Stop(role, place, date, text(entry, "sheet", where))
