"""Tables of which each row is a person, told by their columns: for the hook that looks at what is to be committed.

Nobody need be named in them: area, day, sex, age and nationality of one row are those of one person. A table of counts
has a column of numbers beside such columns.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from analysis.cases.file_profile import code, guess, of_others
from analysis.intake.pseudonyms import fold

# What JSON is called that is one object, has one a line, or has places on a map.
JSON = (".json", ".jsonl", ".ndjson", ".geojson")
# As much of a table is looked at.
_BEGINNING = 262_144
_MOST_ROWS = 1_000
_HEADER_ROWS = 12
# Fields of a case record -> what they tell of a person, once; fields that are left out tell of no person in particular.
_TELLS = {
    "age_exploited": "age", "sex_exploitation": "exploitation",
    **{name: name for name in ("given_name", "family_name", "phone", "document", "birth", "age", "sex", "nationality")},
    **{name: name for name in ("exploitation", "means_of_control", "recruitment", "recruiter", "detected")},
    **{name: name for name in ("exploited", "referred_in", "referred_out")},
}  # fmt: skip
# Fields that tables of counts have as well, and tables of anything else.
_BESIDE = {"area": "area", "status": "status", "sector": "sector", "reported": "date"}
_VAGUE_DATES = {"date", "tarih", "data"}
_DATES = {*_VAGUE_DATES, "year", "month", "day", "quarter", "period", "yil", "ay", "ano", "mes", "annee", "mois"}
_AREAS = {"area", "place", "city", "town", "village", "region", "country", "admin1", "admin2"}
# Of columns that nobody has named, or otherwise: their cells are codes of the standard, or words for them.
_BY_CELLS = ("sex", "exploitation", "means_of_control", "recruitment", "recruiter")
_SPLIT = re.compile(r"[;,|]")
_DAY = re.compile(r"\d{4}-\d\d-\d\d(?:[T ].*)?|\d{1,2}[./]\d{1,2}[./]\d{4}")
# What a column of counts, or of what was computed of them, is called.
_COUNTED = {
    *("count", "counts", "n", "value", "persons", "victims", "cases", "number", "total", "sum", "frequency", "freq"),
    *("share", "rate", "percent", "percentage", "estimate", "low", "high", "population", "kisi", "sayi", "sayisi"),
    *("toplam", "casos", "vitimas", "pessoas", "numero", "nombre", "effectif", "victimes", "personnes"),
}
_WORDS_OF_COUNTS = {
    *_COUNTED,
    *("of", "the", "in", "detected", "identified", "children", "people", "records", "reported", "known"),
}
_SUPPRESSED = "suppressed"
# So many of what is told of persons, and with what stands beside so many in all.
_LEAST, _LEAST_IN_ALL = 2, 3


@dataclass(frozen=True)
class _Table:
    """Names of columns, "" where nobody named them, and rows of as many texts."""

    names: Sequence[str]
    rows: Sequence[Sequence[str]]


def are_in(name: str, content: bytes) -> bool:
    """Return True if a file has a table, of text, JSON or Parquet, whose rows look like one person each.

    Its columns tell two things of a person or more (sex, age, nationality, form of exploitation, dates of birth and
    detection), or one where a row stands twice, and with places and other dates three or more; none is a count. What
    cannot be read has no table.

    Parameters
    ----------
    name : of the file, whose ending says whether it is JSON or Parquet; any other is a text. content : of the file.
    """
    return any(_is_of_persons(table) for table in _tables(name, content))


def _tables(name: str, content: bytes) -> Iterator[_Table]:
    ending = PurePosixPath(name).suffix.lower()
    if ending == ".parquet":
        yield from _of_parquet(content)
    elif ending in JSON:
        yield from _of_json(_parsed(_decoded(content)))
    else:
        yield from _of_text(_decoded(content[:_BEGINNING]))


def _decoded(content: bytes) -> str:
    return content.decode("utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig", "replace")


def _of_parquet(content: bytes) -> Iterator[_Table]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        batch = next(pq.ParquetFile(pa.BufferReader(content)).iter_batches(_MOST_ROWS), None)
    except pa.ArrowException:  # a broken file has no table
        return
    if batch is not None:
        yield from _of_objects(batch.to_pylist())


def _of_text(text: str) -> Iterator[_Table]:
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")][
        : _MOST_ROWS + _HEADER_ROWS
    ]
    for sign in ",;\t|":
        try:
            rows = list(csv.reader(io.StringIO("\n".join(lines)), delimiter=sign))
        except csv.Error:  # another sign may divide its columns
            continue
        yield from _with_header(rows)


def _with_header(rows: Sequence[Sequence[str]]) -> Iterator[_Table]:
    """The table in some rows: its header is among the first, or it has none."""
    width = Counter(map(len, rows)).most_common(1)[0][0] if rows else 0
    rows = [row for row in rows if len(row) == width]
    if width < _LEAST or not rows:
        return
    known = [sum(bool(_told(name)) for name in row) for row in rows[:_HEADER_ROWS]]
    at = known.index(max(known))
    if known[at] >= _LEAST:
        yield _Table(rows[at], rows[at + 1 :])
    else:
        # Nobody knows whether the first row is a header.
        yield from (_Table([""] * width, rows), _Table([""] * width, rows[1:]))


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        lines = [line for line in text.splitlines() if line.strip()]
    try:
        return [json.loads(line) for line in lines]
    except ValueError:
        return None


def _of_json(node: Any) -> Iterator[_Table]:
    """Tables as programs write them: objects or lists, one a row; lists or objects, one a column; one object."""
    inside: list[Any] = []
    if isinstance(node, list) and node and all(isinstance(each, dict) for each in node):
        yield from _of_objects(node)
        inside = [value for each in node for value in each.values() if isinstance(value, list)]
    elif isinstance(node, list):
        if node and all(isinstance(each, list) for each in node):
            yield from _with_header([list(map(_written, row)) for row in node[:_MOST_ROWS]])
        inside = [each for each in node if isinstance(each, dict | list)]
    elif isinstance(node, dict):
        yield from _of_object(node)
        inside = [value for value in node.values() if isinstance(value, dict | list)]
        if len(inside) == len(node) and not any(isinstance(value, list) for value in inside):
            # Its objects were rows or columns of one table.
            inside = [each for value in inside for each in value.values() if isinstance(each, dict | list)]
    for each in inside:
        yield from _of_json(each)


def _of_object(node: dict[str, Any]) -> Iterator[_Table]:
    """The table that one object is: of its rows and their names, of its columns, of its rows by name, or of one row."""
    values = list(node.values())
    lists = {name: value for name, value in node.items() if isinstance(value, list)}
    names = next((lists[name] for name in ("columns", "header", "fields") if name in lists), [])
    rows = next((lists[name] for name in ("data", "rows", "values") if name in lists), [])
    if names and rows and all(isinstance(each, list) and len(each) == len(names) for each in rows):
        yield _Table(list(map(_written, names)), [list(map(_written, row)) for row in rows[:_MOST_ROWS]])
    elif len(lists) == len(values) and len(set(map(len, lists.values()))) == 1:
        columns = [list(map(_written, value[:_MOST_ROWS])) for value in lists.values()]
        yield _Table(list(node), list(zip(*columns, strict=True)))
    elif values and all(isinstance(value, dict) for value in values):
        yield from _of_objects(values)
        # As pandas writes them by default: an object a column, with the number of each row.
        yield from _of_objects([{name: node[name].get(row) for name in node} for row in list(values[0])[:_MOST_ROWS]])
    else:
        yield from _of_objects([node])


def _of_objects(objects: Sequence[dict[str, Any]]) -> Iterator[_Table]:
    flat = [dict(_flat(each)) for each in objects[:_MOST_ROWS]]
    names = list(dict.fromkeys(name for each in flat for name in each))
    if len(names) >= _LEAST:
        yield _Table(names, [[each.get(name, "") for name in names] for each in flat])


def _flat(node: dict[str, Any], before: str = "") -> Iterator[tuple[str, str]]:
    """Names and texts of an object, those of objects in it by "name/name"; lists are looked at by themselves."""
    for name, value in node.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{before}{name}/")
        elif not isinstance(value, list):
            yield f"{before}{name}", _written(value)
        elif value and all(isinstance(each, str) for each in value):
            yield f"{before}{name}", ";".join(value)


def _written(value: Any) -> str:
    return "" if value is None or value != value else str(value)


def _is_of_persons(table: _Table) -> bool:
    if not table.rows:
        return False
    columns = [(name, [row[at].strip() for row in table.rows]) for at, name in enumerate(table.names)]
    if any(_is_count(name, cells) for name, cells in columns):
        return False
    told = {what for name, cells in columns if (what := _told(name) or _told_by(cells)) and _can_be(what, cells)}
    of_persons = told - {*_BESIDE.values()}
    # A row that stands twice is no fact of a place and a year.
    is_repeated = len({tuple(row) for row in table.rows}) < len(table.rows)
    return len(told) >= _LEAST_IN_ALL and len(of_persons) >= (1 if is_repeated else _LEAST)


def _told(name: str) -> str:
    """The trait that a column of this name tells; empty where it is not known, or of somebody else."""
    group, _, own = name.rpartition("/")
    if not name.strip() or of_others(group):
        return ""
    words = set(fold(own).split())
    field = guess(own).field
    # A date is of anything, unless it is said of what.
    if field == "detected" and words & _VAGUE_DATES == words:
        return "date"
    if field.startswith("stop:"):
        return "area"
    return _TELLS.get(field) or _BESIDE.get(field) or ("date" if words & _DATES else "area" if words & _AREAS else "")


def _told_by(cells: Sequence[str]) -> str:
    """The trait that the cells of a column tell whose name tells nothing."""
    stated = {cell for cell in cells if cell}
    if stated and all(map(_DAY.fullmatch, stated)):
        return "date"
    parts = {part.strip() for cell in stated for part in _SPLIT.split(cell)}
    for field in _BY_CELLS:
        if (
            parts
            and all(code(field, part) is not None for part in parts)
            and {code(field, p) for p in parts} != {"Other"}
        ):
            return _TELLS[field]
    return ""


def _can_be(what: str, cells: Sequence[str]) -> bool:
    """True if cells can be of the trait that their name tells: no sex or nationality has a fraction or is negative."""
    numbers = [number for cell in cells if (number := _number(cell)) is not None]
    return any(cells) and not any(number < 0 or (what != "age" and number != int(number)) for number in numbers)


def _is_count(name: str, cells: Sequence[str]) -> bool:
    """True if a column has counts, or numbers that follow from counts, and no numbers of rows, and not one a row."""
    own = name.rpartition("/")[2]
    words, is_year = set(fold(own).split()), re.fullmatch(r"(?:19|20)\d\d", own.strip())
    if not is_year and not (words & _COUNTED and words <= _WORDS_OF_COUNTS):
        return False
    if _SUPPRESSED in cells:
        return True
    numbers = [number for cell in cells if (number := _number(cell)) is not None]
    in_order = [float(number) for number in range(len(numbers))]
    is_running = numbers in (in_order, [number + 1 for number in in_order])
    return not is_running and any(number not in (0, 1) for number in numbers)


def _number(text: str) -> float | None:
    try:
        found = float(text.replace(",", "").replace(" ", ""))
    except ValueError:
        return None
    return found if abs(found) < 1e15 else None
