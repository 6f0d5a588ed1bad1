"""Four messy lists of synthetic persons as a data manager receives them, an update a year later, and the truth of both.

    truth = write_lists(folder, persons=586, seed=1)     # police, kobo, ngo, shelter: files and settled mappings
    newer = write_update(folder, truth)                  # the same a year later, under other names
    write_lists(folder, corrected=True)                  # with each cell corrected that cannot be read as it stands

The truth says of each row whose it is and how it writes the name, and of each cell what it means, whether or not it can
be read. A cell that is wrong (a birth a year off) means what it says; the true value stands beside it.
"""

from __future__ import annotations

import copy
import csv
import datetime
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
from messy_cells import BIRTH_WAYS, coded, date_cell, pick
from messy_mappings import AREA_WORDS, mapping
from messy_persons import OUTSIDE, Person, Shares, Spelling, population, spell
from messy_rows import HANDS, HEADERS, Child, Row, enter, row_about

LISTS = ("police", "kobo", "ngo", "shelter")
FILES = {"police": "police_{}.xlsx", "kobo": "kobo_{}.xlsx", "ngo": "ngo_{}.csv", "shelter": "shelter_{}.xlsx"}
# Share of persons that a list meets, and of those that it writes a second time.
_MEETS = {"police": 0.45, "kobo": 0.32, "ngo": 0.27, "shelter": 0.22}
_AGAIN = {"police": 0.27, "kobo": 0.18, "ngo": 0.16, "shelter": 0.16}
_LATEST = {"police": 30, "kobo": 300, "ngo": 300, "shelter": 90}  # days between the first event and the list


@dataclass
class Truth:
    """The persons, the rows of each list with their numbers in the file, and the rows that are no record."""

    persons: list[Person]
    lists: dict[str, list[Row]]
    files: dict[str, Path]
    others: pd.DataFrame
    shares: Shares
    seed: int

    def rows(self) -> pd.DataFrame:
        """Return one row a child of a row: list, row, child, record_id, person, what is true, and how it is written."""
        found = []
        for list_id, row, place, child in self._children():
            person = self.persons[child.person] if child.person >= 0 else None
            spelling = child.spelling
            found.append({
                "list": list_id, "row": row.number, "child": place, "record_id": f"{list_id}-{row.number:06d}",
                "person": child.person, "household": person.household if person else -1,
                "name": " ".join(person.name) if person else "", "sex": person.sex if person else "",
                "birth": person.birth if person else None, "age": person.age(row.detected) if person else None,
                "area": person.area if person else "", "detected": row.detected, "counts": row.counts,
                "repeats": row.repeats, "children": len(row.children), "given": spelling.given,
                "family": spelling.family, "script": spelling.script, "article": spelling.article,
                "words": spelling.words, "document": child.document, "phone": child.phone,
                "kinds": ";".join(sorted(spelling.kinds | child.kinds)),
            })  # fmt: skip
        return pd.DataFrame(found)

    def cells(self) -> pd.DataFrame:
        """Return one row a cell: list, row, child, record_id, field, and what `Cell` says of it."""
        found = [
            {"list": list_id, "row": row.number, "child": place, "record_id": f"{list_id}-{row.number:06d}",
             "field": name, **cell.__dict__}
            for list_id, row, place, child in self._children()
            for name, cell in child.cells.items()
        ]  # fmt: skip
        return pd.DataFrame(found)

    def _children(self) -> Iterable[tuple[str, Row, int, Child]]:
        for list_id, rows in self.lists.items():
            for row in rows:
                for place, child in enumerate(row.children, start=1):
                    yield list_id, row, place, child


# --- the lists -------------------------------------------------------------------------------------------------------


def write_lists(
    folder: Path,
    persons: int = 586,
    seed: int = 1,
    *,
    shares: Shares | None = None,
    kind: str = "confidential",
    study: str = "turkiye",
    corrected: bool = False,
) -> Truth:
    """Write four lists with their mappings into a folder, and return their truth; the same seed gives the same lists.

    Parameters
    ----------
    persons : of the population; about four of five stand on a list.
    corrected : write each odd cell as it should be, and two children in two rows.
    """
    shares, chance = shares or Shares(), random.Random(seed)
    found = population(persons, chance)
    until = datetime.date(2023, 12, 31)
    lists = {name: _rows(name, found, until, chance, shares) for name in LISTS}
    return _write(folder, Truth(found, lists, {}, pd.DataFrame(), shares, seed), 2023, kind, study, corrected)


def write_update(
    folder: Path,
    truth: Truth,
    lists: Sequence[str] = LISTS,
    *,
    kind: str = "confidential",
    study: str = "turkiye",
    corrected: bool = False,
) -> Truth:
    """Write newer exports of lists, a year later under other names, and return their truth; that given stays as it is.

    Two in a hundred rows are gone, six are corrected, and about a fifth are new, of new persons and of known ones. The
    first row in a province outside the study is corrected to the province where the person is.
    """
    chance = random.Random(truth.seed + 1000)
    newer = copy.deepcopy(truth)
    known = len(newer.persons)
    for person in population(max(len(newer.persons) // 6, 2), chance):
        newer.persons.append(_a_year_later(person, known))
    newer.lists = {name: [_follow(row, newer, chance) for row in newer.lists[name]] for name in lists}
    newer.lists = {name: [row for row in rows if row is not None] for name, rows in newer.lists.items()}
    for name in lists:
        outside = [row for row in newer.lists[name] if row.children and row.children[0].cells["area"].low == OUTSIDE]
        for row in outside[:1]:
            child = row.children[0]
            of = newer.persons[child.person].area
            child.cells["area"] = coded(child.cells["area"].column, AREA_WORDS[name], of, chance)
            enter(row)
        # A fifth of the known persons can be met again.
        again = [person for person in newer.persons[:known] if chance.random() < 0.2]
        key = 1 + max((row.key for row in newer.lists[name]), default=0)
        for person in [*newer.persons[known:], *again]:
            if chance.random() < _MEETS[name]:
                begin = max(person.first, datetime.date(2024, 1, 1))
                day = begin + datetime.timedelta(days=chance.randrange(300))
                newer.lists[name].append(
                    row_about(name, key, person, min(day, datetime.date(2024, 12, 30)), chance, newer.shares)
                )
                key += 1
    return _write(folder, newer, 2024, kind, study, corrected)


def _a_year_later(person: Person, known: int) -> Person:
    days = datetime.timedelta(days=(datetime.date(2024, 1, 1) - datetime.date(person.first.year, 1, 1)).days)
    values = {
        "number": person.number + known, "household": person.household + known,
        "first": min(person.first + days, datetime.date(2024, 12, 20)), "birth": person.birth + days,
    }  # fmt: skip
    return Person(**{**person.__dict__, **values})


def _follow(row: Row, truth: Truth, chance: random.Random) -> Row | None:
    """A row a year later: gone, corrected or as it was."""
    drawn = chance.random()
    if drawn < 0.02:
        return None
    if drawn < 0.08 and len(row.children) == 1 and row.children[0].person >= 0:
        child, person = row.children[0], truth.persons[row.children[0].person]
        if drawn < 0.05:
            child.spelling = spell(person, pick(HANDS[row.list_id], chance), chance, truth.shares)
        else:
            way = next(way for way in BIRTH_WAYS[row.list_id] if way != "serial")
            child.cells["birth"] = date_cell(child.cells["birth"].column, person.birth, way)
            child.kinds -= {kind for kind in child.kinds if "birth" in kind or "January" in kind or "month" in kind}
        enter(row)
    return row


def _rows(
    name: str, persons: Sequence[Person], until: datetime.date, chance: random.Random, shares: Shares
) -> list[Row]:
    found: list[Row] = []
    for person in persons:
        # Those whom the police met are somewhat more often in a shelter.
        meets = _MEETS[name] * (1 if name != "shelter" or person.number % 3 else 1.2)
        if chance.random() >= meets:
            continue
        times = 1 + (chance.random() < _AGAIN[name])
        for time in range(times):
            days = chance.randrange(_LATEST[name]) + (0 if time == 0 else chance.randrange(20, 400))
            day = min(person.first + datetime.timedelta(days=days), until)
            found.append(row_about(name, len(found), person, day, chance, shares))
    found.sort(key=lambda row: row.detected)
    if name == "kobo":
        _submitted_again(found, chance)
        _tests(found, chance)
    if name == "ngo":
        found = _two_in_a_row(found, persons, chance)
    return found


def _submitted_again(found: list[Row], chance: random.Random) -> None:
    """A tenth of the forms come twice: under the same `_uuid`, or on the same device with the same answers."""
    for row in chance.sample(found, len(found) // 10):
        again = copy.deepcopy(row)
        again.key, again.repeats = 5000 + row.key, row.key
        again.cells["_id"] = 347100000 + again.key
        again.cells["_submission_time"] = row.cells["_submission_time"][:11] + "23:10:00"
        if chance.random() < 0.5:
            again.cells["_uuid"] = f"{chance.getrandbits(128):032x}"
        elif chance.random() < 0.3:
            # The same form, sent again with one answer corrected.
            again.children[0].phone = ""
            enter(again)
        found.insert(found.index(row) + chance.randrange(1, 4), again)


def _tests(found: list[Row], chance: random.Random) -> None:
    """Forms that were filled in to try the form; none was approved."""
    for place in range(min(3, len(found))):
        row = copy.deepcopy(found[place])
        row.key, row.counts = 8000 + place, False
        child = row.children[0]
        child.person, child.spelling, child.document, child.phone = -1, Spelling("deneme", "test", "latin"), "", ""
        row.cells |= {
            "_id": 347100000 + row.key,
            "_uuid": f"{chance.getrandbits(128):032x}",
            "_validation_status": "Not Approved",
        }
        enter(row)
        found.insert(place, row)


def _two_in_a_row(found: list[Row], persons: Sequence[Person], chance: random.Random) -> list[Row]:
    """In a twentieth of the rows a brother or sister stands beside the child, who then has no row of their own."""
    by_household: dict[int, list[Row]] = {}
    for row in found:
        by_household.setdefault(persons[row.children[0].person].household, []).append(row)
    gone: set[int] = set()
    for rows in by_household.values():
        first, *others = rows
        other = next((row for row in others if row.children[0].person != first.children[0].person), None)
        if other is not None and len(gone) < len(found) // 20:
            first.children += other.children
            first.children[1].cells["detected"] = copy.deepcopy(first.children[0].cells["detected"])
            for child in first.children:
                for cell in child.cells.values():
                    cell.odd = cell.odd or "two children"
            enter(first)
            gone.add(other.key)
    return [row for row in found if row.key not in gone]


# --- files -----------------------------------------------------------------------------------------------------------


def _write(folder: Path, truth: Truth, year: int, kind: str, study: str, corrected: bool) -> Truth:
    folder.mkdir(parents=True, exist_ok=True)
    others: list[tuple[str, int, str]] = []
    for name, rows in truth.lists.items():
        if corrected:
            rows = truth.lists[name] = _corrected(rows)
        path = folder / FILES[name].format(year)
        grid = _grid(name, rows, year, others)
        if path.suffix == ".csv":
            with open(path, "w", encoding="cp1254", newline="") as file:
                csv.writer(file, delimiter=";").writerows(grid)
        else:
            _workbook(path, name, grid)
        truth.files[name] = path
        path.with_name(f"{path.stem}.mapping.yml").write_text(mapping(name, year, kind, study), encoding="utf-8")
    truth.others = pd.DataFrame(others, columns=["list", "row", "kind"])
    return truth


def _corrected(rows: list[Row]) -> list[Row]:
    """Each odd cell as it should be; the second of two children in a row of its own at the end."""
    found, split = [], []
    for row in copy.deepcopy(rows):
        for child in row.children:
            for cell in child.cells.values():
                if cell.correction:
                    cell.written, cell.odd = cell.correction, ""
                elif cell.odd == "two children":
                    cell.odd = ""
                elif cell.odd == "unit beside":
                    cell.written, cell.odd, row.cells["cocuk/yas_birimi"] = cell.low, "", "yil"
        for place, child in enumerate(row.children[1:], start=1):
            own = copy.deepcopy(row)
            own.children, own.key = [child], 9000 + row.key + place
            split.append(own)
        row.children = row.children[:1]
        found.append(row)
    for row in [*found, *split]:
        enter(row)
    return [*found, *split]


_TITLES = {
    "police": ["İL EMNİYET MÜDÜRLÜKLERİ MAĞDUR ÇOCUK LİSTESİ (SYNTHETIC)", "Gizlidir", ""],
    "shelter": ["قائمة المستفيدين من دار الإيواء (SYNTHETIC)", ""],
}


def _grid(name: str, rows: list[Row], year: int, others: list[tuple[str, int, str]]) -> list[list[Any]]:
    """The cells of a file, and which of its rows are no record; rows get their numbers."""
    headers = HEADERS[name]
    grid: list[list[Any]] = [[title] for title in _TITLES.get(name, ())]
    if name == "police":
        grid.append([header.partition(" / ")[0] if " / " in header else "" for header in headers])
        grid.append([header.partition(" / ")[2] or header for header in headers])
    else:
        grid.append(list(headers))
    others += [(name, number, "title or header") for number in range(1, len(grid) + 1)]

    def add(cells: list[Any], kind: str) -> None:
        grid.append(cells)
        others.append((name, len(grid), kind))

    for place, row in enumerate(rows):
        new_year = place == 0 or row.detected.year != rows[place - 1].detected.year
        if name == "police" and new_year and row.key < 9000:
            if place:
                add([f"{rows[place - 1].detected.year} toplamı", "", place], "total")
            add([f"{row.detected.year} YILI"], "heading")
        grid.append([row.cells.get(header, "") for header in headers])
        row.number = len(grid)
        number = {"police": "Sıra", "ngo": "No", "shelter": "الرقم", "kobo": "_index"}[name]
        grid[-1][headers.index(number)] = place + 1
    if name == "police":
        add(["GENEL TOPLAM", "", len(rows)], "total")
        add([], "blank")
        add(["* Tespit tarihi bilinmeyenlerde kayıt tarihi esas alınmıştır."], "note")
        add([f"Not: Liste {year} yılı sonu itibarıyladır."], "note")
    elif name == "ngo":
        add(["Toplam", "", f"{len(rows)} kayıt", *[""] * (len(headers) - 3)], "total")
        add(["Kaynak: başvuru defteri", *[""] * (len(headers) - 1)], "note")
    elif name == "shelter":
        add(["المجموع", len(rows)], "total")
    return grid


def _workbook(path: Path, name: str, grid: list[list[Any]]) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = {"police": "Liste", "kobo": "cocuk_kayit", "shelter": "قائمة"}[name]
    for number, cells in enumerate(grid, start=1):
        for column, value in enumerate(cells, start=1):
            if value not in ("", None):
                sheet.cell(number, column, value)
        alone = len([value for value in cells if value not in ("", None)]) == 1
        if name == "police" and alone:
            sheet.merge_cells(start_row=number, start_column=1, end_row=number, end_column=len(HEADERS[name]))
    if name == "police":
        upper_row = len(_TITLES["police"]) + 1
        for word in ("Tarih", "Mağdur", "Olay"):
            places = [place for place, cell in enumerate(grid[upper_row - 1], start=1) if cell == word]
            sheet.merge_cells(start_row=upper_row, start_column=places[0], end_row=upper_row, end_column=places[-1])
    book.save(path)
