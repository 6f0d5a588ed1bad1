"""Tables of figures by area as they arrive, wide or long, in CSV or Excel; what is not understood is a fault.

In a wide table rows are areas and columns are years; in a long one each row has an area, a year or day, and a figure.
A blank cell or ``n/a`` is not known, and ``0`` is none: the two are never taken for each other.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from analysis.cases import header_synonyms
from analysis.catalog import shown
from analysis.intake import source
from analysis.intake.pseudonyms import fold
from analysis.intake.source import SourceError
from analysis.studies.answers import StudyError
from analysis.studies.area_names import Spellings

COLUMNS = ("area_id", "date", "date_low", "date_high", "date_precision", "value", "low", "high", "value_qualifier")
# Rows that are looked through for the head of a table, below a title and notes.
_SEARCHED = 40
_YEAR = re.compile(r"((?:19|20)\d\d)(?:\.0)?")
_DAY = re.compile(r"(?:19|20)\d\d-\d\d-\d\d")
_WHEN = frozenset(["year", "date", "period", "day", "annee", "ano", "data", "yil", "tarih"])
_FIGURE = frozenset([
    "count", "counts", "value", "values", "number", "n", "total", "population", "inhabitants", "persons", "people",
    "victims", "cases", "figure", "figures", "detected victims", "victims detected", "nombre", "numero", "valor",
    "sayi", "nufus",
])  # fmt: skip
_TOTALS = frozenset([
    "total", "totals", "sum", "all", "national", "country", "grand total", "all regions", "all areas", "all provinces",
    "all districts",
])  # fmt: skip
# Ways to write a whole number: with thousands apart by commas, or by blanks of any width.
_WHOLE = re.compile(r"\d+(?:\.0)?|\d{1,3}(?:,\d{3})+|\d{1,3}(?:[ \u00a0\u2009\u202f]\d{3})+")
_AT_LEAST = re.compile(r"(?:≥|>=|at least )\s*(.+)|(.+?)\s*(?:\+|or more)", re.IGNORECASE)
_ABOUT = re.compile(r"(?:~|≈|about |c\. ?|approx(?:imately|\.)? )\s*(.+)", re.IGNORECASE)
_NOT_KNOWN = frozenset(["na", "n a", "nd", "no data", "missing", "not reported"])
_DASHES = frozenset("-–—―")


@dataclass(frozen=True)
class Received:
    """The figures of one table.

    Parameters
    ----------
    table : COLUMNS, one row a figure that is known; dates are texts; "at least" has no upper bound.
    unknown : area_id and date of each cell that says that nothing is known.
    absent : ids of areas that have no row in the table.
    remarks : sentences on what was left out, and why.
    faults : sentences on what was not understood, each with file, row and column: with one, the table is not whole.
    """

    table: pd.DataFrame
    unknown: tuple[tuple[str, str], ...]
    absent: tuple[str, ...]
    remarks: tuple[str, ...]
    faults: tuple[str, ...]


@dataclass(frozen=True)
class _Head:
    """Where the parts of a table stand: the index of the row of names, and of the columns (`when`: -1 if not there)."""

    row: int
    area: int
    years: dict[int, str]
    when: int = -1
    figure: int = -1


Row = tuple[int, list[str]]


def figures(path: Path, areas: Spellings, *, date: str = "", bounds: bool = True) -> Received:
    """The figures of a table by area and year, or by area and day.

    Parameters
    ----------
    path : CSV in any usual encoding and delimiter, or Excel; the sheet in which most areas are named is read.
    areas : the areas of the study, by all their spellings.
    date : year or day of all figures where the table says none, as ``2021`` or ``2021-06-27``.
    bounds : whether ``<5``, "at least 5" and "about 5" are figures; a census has none of these.

    Raises
    ------
    StudyError : the file cannot be read, or no table of areas was found in it.
    """
    if date and not _is_date(date):
        raise StudyError("invalid_date", f"'{date}' is no year and no day. Write 2021, or 2021-06-27.")
    sheet, rows = _sheet(path, areas)
    named = f"{shown(path)}, sheet '{sheet}'" if sheet else shown(path)
    head = _head(rows, areas, named, date)
    names = [cell.strip() for cell in rows[head.row][1]]
    known: list[dict[str, object]] = []
    unknown: list[tuple[str, str]] = []
    faults: list[str] = []
    remarks = _columns_left_out(named, names, head)
    seen: dict[tuple[str, str], int] = {}
    for number, cells in rows[head.row + 1 :]:
        area_id, said, is_fault = _area(cells, head, areas, f"{named}, row {number}", names)
        if said:
            (faults if is_fault else remarks).append(said)
        if not area_id:
            continue
        for column, when in _dates(cells, head, date):
            where = f"{named}, row {number}, column '{names[column] or column + 1}'"
            if not _is_date(when):
                day = f"{named}, row {number}, column '{names[head.when]}'"
                faults.append(f"{day}: '{when}' is no year and no day. Write 2021, or 2021-06-27.")
                continue
            if (area_id, when) in seen:
                faults.append(
                    f"{where}: {cells[head.area].strip()} in {when} stands in row {seen[area_id, when]} already. Which "
                    "figure holds? Leave one."
                )
                continue
            seen[area_id, when] = number
            figure = _figure(cells[column], bounds)
            if isinstance(figure, str):
                faults.append(f"{where}: {figure}")
            elif figure is None:
                unknown.append((area_id, when))
            else:
                known.append({"area_id": area_id, **_period(when), **figure})
    absent = tuple(area.area_id for area in areas.areas if area.area_id not in {area_id for area_id, _ in seen})
    table = pd.DataFrame(known, columns=list(COLUMNS)).astype({"low": "Int64", "high": "Int64"})
    return Received(table, tuple(unknown), absent, tuple(remarks), tuple(faults))


def _sheet(path: Path, areas: Spellings) -> tuple[str, list[Row]]:
    """The sheet in which most areas are named, and its rows without those that are blank."""
    encoding, delimiter = source.encoding_and_delimiter(path)
    try:
        found = source.sheets(path, encoding or None, delimiter or None)
        tables = {
            name: [(number, cells) for number, cells in content.rows if any(cell.strip() for cell in cells)]
            for name, content in found.items()
        }
    except SourceError as error:
        raise StudyError("unreadable_file", str(error)) from None
    named = {name: len(_named(rows, areas)) for name, rows in tables.items()}
    best = max(named, key=lambda name: named[name], default="")
    if not named.get(best):
        wanted = ", ".join(area.name for area in areas.areas[:3])
        raise StudyError(
            "no_known_area",
            f"{shown(path)}: no area of the study is named in it. Its rows must name areas, as {wanted}.",
        )
    width = max(len(cells) for _, cells in tables[best])
    return best, [(number, [*cells, *[""] * (width - len(cells))]) for number, cells in tables[best]]


def _named(rows: Sequence[Row], areas: Spellings) -> set[str]:
    return {areas.find(cell) for _, cells in rows for cell in cells if cell.strip()} - {""}


def _head(rows: Sequence[Row], areas: Spellings, named: str, date: str) -> _Head:
    """The row of names above the first area, and what its columns hold."""
    width = len(rows[0][1])
    counted = [len({areas.find(cells[column]) for _, cells in rows} - {""}) for column in range(width)]
    area = counted.index(max(counted))
    first = next(index for index, (_, cells) in enumerate(rows) if areas.find(cells[area]))
    for row in range(min(first, _SEARCHED) - 1, -1, -1):
        cells = rows[row][1]
        years = {column: match[1] for column, cell in enumerate(cells) if (match := _YEAR.fullmatch(cell.strip()))}
        # A row of a long table has a year as well, beside its figure: in a head, nothing else is a number.
        others = [cell for column, cell in enumerate(cells) if column not in years and _WHOLE.fullmatch(cell.strip())]
        if years and area not in years and not others:
            if len(set(years.values())) < len(years):
                twice = next(year for year in years.values() if list(years.values()).count(year) > 1)
                raise StudyError(
                    "duplicate_column",
                    f"{named}, row {rows[row][0]}: the year {twice} heads two columns. Leave one figure for each area "
                    "and year, or write a long table with a file for each indicator.",
                )
            return _Head(row, area, years)
        folded = [fold(cell) for cell in cells]
        rest = [column for column in range(width) if column != area and folded[column]]
        when = next((column for column in rest if folded[column] in _WHEN), -1)
        figure = [column for column in rest if column != when and folded[column] in _FIGURE]
        left = [column for column in rest if column != when]
        if (when >= 0 or date) and (figure or len(left) == 1):
            return _Head(row, area, {}, when, (figure or left)[0])
    raise StudyError(
        "no_table_head",
        f"{named}: no head of a table was found above the areas. A wide table has years as heads of its columns "
        "(Region, 2015, 2016, ...); a long one has columns called, for example, Region, Year and Count.",
    )


def _columns_left_out(named: str, names: Sequence[str], head: _Head) -> list[str]:
    used = {head.area, head.when, head.figure, *head.years}
    return [
        f"{named}: the column '{name}' is not read." for column, name in enumerate(names) if column not in used and name
    ]


def _area(
    cells: Sequence[str], head: _Head, areas: Spellings, where: str, names: Sequence[str]
) -> tuple[str, str, bool]:
    """The id of the area of a row, or what is to be said of a row that has none, and whether that is a fault."""
    text = cells[head.area].strip()
    area_id = areas.find(text)
    if area_id:
        return area_id, "", False
    columns = list(head.years) or [head.figure]
    has_figures = any(cells[column].strip() for column in columns)
    if not has_figures or fold(text) in _TOTALS:
        return "", f"{where}: '{text[:60]}' is not read: it is no area, but a total or a note." if text else "", False
    near = f" The nearest are {', '.join(areas.near(text))}." if areas.near(text) else ""
    said = f"'{text}' is no area of the study.{near}" if text else "no area is named, but there are figures."
    return "", f"{where}, column '{names[head.area] or head.area + 1}': {said}", True


def _dates(cells: Sequence[str], head: _Head, date: str) -> Iterator[tuple[int, str]]:
    """The columns of figures of a row, each with its year or day as text."""
    if head.years:
        yield from head.years.items()
    else:
        when = cells[head.when].strip() if head.when >= 0 else date
        # Excel writes a day with its hour, and a year as a number.
        when = when.removesuffix(" 00:00:00").removesuffix("T00:00:00").removesuffix(".0")
        yield head.figure, when or date


def _is_date(text: str) -> bool:
    if _YEAR.fullmatch(text):
        return True
    try:
        return bool(_DAY.fullmatch(text)) and bool(datetime.date.fromisoformat(text))
    except ValueError:
        return False


def _period(when: str) -> dict[str, str]:
    is_year = len(when) == 4
    low, high = (f"{when}-01-01", f"{when}-12-31") if is_year else (when, when)
    return {"date": when, "date_low": low, "date_high": high, "date_precision": "year" if is_year else "day"}


def _figure(cell: str, bounds: bool) -> dict[str, object] | str | None:
    """A figure with its bounds; None where nothing is known; a sentence where the cell is not understood."""
    text = cell.strip()
    if text and set(text) <= _DASHES:
        return f"'{text}' can mean none, or not known. Write 0 for none, and leave the cell empty for not known."
    if not text or header_synonyms.says_unknown(text) or fold(text) in _NOT_KNOWN or set(text) <= {"."}:
        return None
    whole = _whole(text)
    if whole is not None:
        return {"value": str(whole), "low": whole, "high": whole, "value_qualifier": "exact"}
    if bounds and re.fullmatch(r"<\s*5", text):
        return {"value": "<5", "low": 0, "high": 4, "value_qualifier": "below_5"}
    for pattern, qualifier in ((_AT_LEAST, "at_least"), (_ABOUT, "approx")):
        match = pattern.fullmatch(text) if bounds else None
        whole = _whole(next(filter(None, match.groups()), "")) if match else None
        if whole is not None:
            high = None if qualifier == "at_least" else whole
            return {"value": str(whole), "low": whole, "high": high, "value_qualifier": qualifier}
    also = ", <5" if bounds else ""
    said = f"'{text[:40]}' is no count. A count is a whole number{also}, or empty where it is not known."
    is_mixed = re.fullmatch(r"(?=.*\d)[\dA-Za-z]+", text)
    return f"{said} A letter stands among the digits." if is_mixed else said


def _whole(text: str) -> int | None:
    if not _WHOLE.fullmatch(text.strip()):
        return None
    return int(re.sub(r"\.0$|\D", "", text.strip()))
