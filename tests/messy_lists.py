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
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
from messy_mappings import AREA_WORDS, COUNTRY_WORDS, EXPLOITATION_WORDS, SEX_WORDS, mapping
from messy_persons import AREAS, OUTSIDE, Person, Shares, Spelling, population, spell, upper

LISTS = ("police", "kobo", "ngo", "shelter")
FILES = {"police": "police_{}.xlsx", "kobo": "kobo_{}.xlsx", "ngo": "ngo_{}.csv", "shelter": "shelter_{}.xlsx"}
# Share of persons that a list meets, of those that it writes a second time, and of hands that write its names.
_MEETS = {"police": 0.45, "kobo": 0.32, "ngo": 0.27, "shelter": 0.22}
_AGAIN = {"police": 0.2, "kobo": 0.12, "ngo": 0.12, "shelter": 0.11}
_HANDS = {
    "police": {"turkish": 0.85, "latin": 0.15},
    "kobo": {"latin": 0.53, "turkish": 0.35, "native": 0.12},
    "ngo": {"turkish": 0.6, "latin": 0.4},
    "shelter": {"native": 0.87, "latin": 0.13},
}
_LATEST = {"police": 30, "kobo": 300, "ngo": 300, "shelter": 90}  # days between the first event and the list
_TEXT_OF_AGE = {"police": "{} yaş", "ngo": "{} yaşında", "shelter": "{} سنة", "kobo": "{}"}
_MONTHS_OF_AGE = {"police": "{} ay", "ngo": "{} ay", "shelter": "{} شهر"}
_ABOUT = {"police": "~{}", "ngo": "~{}", "shelter": "حوالي {}"}
_MINOR = {"police": "18 altı", "ngo": "18 yaş altı", "shelter": "دون 18"}
_TENS, _ONES = ("", "on", "yirmi", "otuz"), ("", "bir", "iki", "üç", "dört", "beş", "altı", "yedi", "sekiz", "dokuz")
_MONTHS = (
    "Ocak",
    "Şubat",
    "Mart",
    "Nisan",
    "Mayıs",
    "Haziran",
    "Temmuz",
    "Ağustos",
    "Eylül",
    "Ekim",
    "Kasım",
    "Aralık",
)
_SEASONS = {"ilkbahar": (3, 5), "yaz": (6, 8), "sonbahar": (9, 11)}
_ARABIC_DIGITS = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
_OLDEST = 120


@dataclass
class Cell:
    """A cell about one child: what stands in it, what that means, and what to write for it where it is odd.

    Parameters
    ----------
    low, high : first and last day (dates), least and most completed years (ages), or the code; None for not stated.
    odd : "" where the settled mapping of a careful reader covers it, else the kind of oddity.
    correction : text that means the same and is written as the mapping has it.
    """

    column: str
    written: Any
    low: Any = None
    high: Any = None
    odd: str = ""
    correction: str = ""


@dataclass
class Child:
    """One person in a row: cells by field, how the name is written, and the kinds of error of the whole row."""

    person: int
    spelling: Spelling
    cells: dict[str, Cell]
    kinds: set[str] = field(default_factory=set)
    document: str = ""
    phone: str = ""


@dataclass
class Row:
    """A row about one child or two; `counts` is False of a form that its source did not approve."""

    list_id: str
    key: int
    cells: dict[str, Any]
    children: list[Child]
    detected: datetime.date
    counts: bool = True
    repeats: int | None = None
    number: int = 0


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


# --- cells -----------------------------------------------------------------------------------------------------------


def _date_cell(column: str, day: datetime.date, way: str) -> Cell:
    """A date in one of the ways in which clerks write it."""
    first, last = day.replace(day=1), _last_of_month(day)
    year = datetime.date(day.year, 1, 1), datetime.date(day.year, 12, 31)
    right = f"{day:%d.%m.%Y}"
    if way == "cell":
        return Cell(column, datetime.datetime(day.year, day.month, day.day), day, day)
    if way == "serial":
        return Cell(column, (day - datetime.date(1899, 12, 30)).days, day, day, "serial", right)
    if way == "month":
        return Cell(column, f"{day:%m.%Y}", first, last)
    if way == "year":
        return Cell(column, f"{day:%Y}", *year)
    if way == "named month":
        return Cell(column, f"{day.day} {_MONTHS[day.month - 1]} {day.year}", day, day)
    if way == "day zero":
        return Cell(column, f"00.00.{day.year}", *year, "day zero", f"{day.year}")
    if way == "season":
        season = next((name for name, (begins, ends) in _SEASONS.items() if begins <= day.month <= ends), "")
        if not season:
            return Cell(column, f"{day:%Y}", *year)
        begins, ends = _SEASONS[season]
        low, high = datetime.date(day.year, begins, 1), _last_of_month(datetime.date(day.year, ends, 1))
        # No format has three months: what is corrected is the year alone.
        return Cell(column, f"{day.year} {season}", low, high, "season", f"{day.year}")
    if way == "US order":
        odd = "US order" if day.day > 12 else "US order, ambiguous"
        return Cell(column, f"{day:%m/%d/%Y}", day, day, odd if day.day != day.month else "", f"{day:%d/%m/%Y}")
    if way == "no date":
        return Cell(column, f"31.02.{day.year}", *year, "no such day", f"{day.year}")
    if way.startswith("arabic "):
        plain = _date_cell(column, day, way.removeprefix("arabic "))
        plain.written = str(plain.written).translate(_ARABIC_DIGITS)
        return plain
    return Cell(column, day.strftime(way), day, day)


def _last_of_month(day: datetime.date) -> datetime.date:
    following = (day.replace(day=1) + datetime.timedelta(days=32)).replace(day=1)
    return following - datetime.timedelta(days=1)


def _age_cell(column: str, age: int, months: int, list_id: str, chance: random.Random) -> Cell:
    """An age in completed years as the list writes it; of the youngest the months."""
    if months < 24 and list_id in _MONTHS_OF_AGE:
        return Cell(column, _MONTHS_OF_AGE[list_id].format(months), months // 12, months // 12)
    ways = {"number": 74, "text": 12, "about": 3, "minor": 3, "words": 4 if list_id in ("police", "ngo") else 0,
            "range": 2, "half": 2}  # fmt: skip
    (way,) = chance.choices(list(ways), list(ways.values()))
    if way == "text":
        written: Any = _TEXT_OF_AGE[list_id].format(age)
    elif way == "about":
        return Cell(column, _ABOUT[list_id].format(age), age - 1, age + 1, "about", f"{max(age - 1, 0)}-{age + 1}")
    elif way == "minor" and age < 18:
        return Cell(column, _MINOR[list_id], 0, 17, "minor", "<18")
    elif way == "words" and age >= 1:
        word = " ".join(filter(None, (_TENS[age // 10], _ONES[age % 10])))
        return Cell(column, word, age, age, "words", str(age))
    elif way == "range":
        return Cell(column, f"{age}-{age + 1}", age, age + 1)
    elif way == "half":
        written = f"{age},5"
    else:
        written = age
    if list_id == "shelter" and chance.random() < 0.4:
        written = str(written).translate(_ARABIC_DIGITS)
    return Cell(column, written, age, age)


_BIRTH_WAYS = {
    "police": {"cell": 60, "%d.%m.%Y": 30, "serial": 10},
    "kobo": {"%Y-%m-%d": 1},
    "ngo": {"%d/%m/%Y": 80, "%d.%m.%Y": 20},
    "shelter": {"cell": 35, "arabic %d/%m/%Y": 35, "%d/%m/%Y": 20, "%d-%m-%Y": 10},
}
_YEAR_WAYS = {"police": {"year": 65, "day zero": 35}, "shelter": {"year": 60, "arabic year": 40}}
_DETECTED_WAYS = {
    "police": {"cell": 55, "%d.%m.%Y": 19, "serial": 10, "month": 4, "year": 3, "season": 5, "named month": 4,
               "no date": 1},
    "kobo": {"%Y-%m-%d": 1},
    "ngo": {"%d/%m/%Y": 72, "%d.%m.%Y": 18, "month": 5, "year": 3, "US order": 2},
    "shelter": {"cell": 35, "arabic %d/%m/%Y": 35, "%d/%m/%Y": 18, "%d-%m-%Y": 8, "year": 4},
}  # fmt: skip


def _drawn(ways: dict[str, float], chance: random.Random) -> str:
    return chance.choices(list(ways), list(ways.values()))[0]


def _birth_cell(
    column: str, person: Person, list_id: str, chance: random.Random, shares: Shares
) -> tuple[Cell, set[str]]:
    day, drawn = person.birth, chance.random()
    if (drawn := drawn - shares.birth_missing) < 0:
        return Cell(column, ""), {"birth missing"}
    if (drawn := drawn - shares.birth_year_only) < 0:
        return _date_cell(column, day, _drawn(_YEAR_WAYS.get(list_id, {"year": 1}), chance)), {"birth year alone"}
    kinds: set[str] = set()
    if (drawn := drawn - shares.first_of_january) < 0:
        day, kinds = datetime.date(day.year + chance.choice((-1, 0, 0, 0, 1)), 1, 1), {"first of January"}
    elif (drawn := drawn - shares.birth_estimated) < 0:
        day, kinds = day + datetime.timedelta(days=chance.randrange(-365, 366)), {"birth estimated"}
    elif (drawn := drawn - shares.birth_exchanged) < 0:
        if day.day <= 12 and day.day != day.month:
            day, kinds = day.replace(month=day.day, day=day.month), {"day and month exchanged"}
    elif drawn < shares.birth_mistyped:
        day, kinds = day.replace(day=1 + (day.day + chance.choice((3, 9))) % 28), {"birth mistyped"}
    return _date_cell(column, min(day, person.first), _drawn(_BIRTH_WAYS[list_id], chance)), kinds


# --- rows of the four lists ------------------------------------------------------------------------------------------

_COLUMNS = {  # field -> column
    "police": {"given": "Mağdur / Adı", "family": "Mağdur / Soyadı", "birth": "Mağdur / Doğum Tarihi",
               "age": "Mağdur / Yaşı", "sex": "Mağdur / Cinsiyeti", "nationality": "Mağdur / Uyruğu",
               "document": "Mağdur / Kimlik No", "phone": "Mağdur / Telefon", "area": "Olay / İl",
               "detected": "Tarih / Tespit", "exploitation": "Olay / Sömürü Türü"},
    "kobo": {"given": "cocuk/ad", "family": "cocuk/soyad", "birth": "cocuk/dogum_tarihi", "age": "cocuk/cocuk_yasi",
             "sex": "cocuk/cinsiyet", "nationality": "cocuk/uyruk", "document": "cocuk/kimlik_no",
             "phone": "cocuk/telefon", "area": "il", "detected": "tespit_tarihi", "exploitation": "somuru"},
    "ngo": {"given": "Ad Soyad", "family": "Ad Soyad", "birth": "Doğum", "age": "Yaş", "sex": "Cinsiyet",
            "nationality": "Uyruk", "document": "Kimlik / pasaport", "phone": "Telefon", "area": "Şehir",
            "detected": "Başvuru tarihi", "exploitation": "İhlal"},
    "shelter": {"given": "الاسم", "family": "الكنية", "birth": "تاريخ الولادة", "age": "العمر", "sex": "الجنس",
                "nationality": "الجنسية", "document": "رقم الوثيقة", "phone": "الهاتف", "area": "المدينة",
                "detected": "تاريخ الدخول", "exploitation": "نوع الاستغلال"},
}  # fmt: skip
_HEADERS = {
    "police": ["Sıra", "Dosya No", "Tarih / Tespit", "Tarih / Kayıt", "Mağdur / Adı", "Mağdur / Soyadı",
               "Mağdur / Doğum Tarihi", "Mağdur / Yaşı", "Mağdur / Cinsiyeti", "Mağdur / Uyruğu", "Mağdur / Kimlik No",
               "Mağdur / Telefon", "Olay / İl", "Olay / Sömürü Türü", "Durum", "İşlemi Yapan", "Açıklama"],
    "kobo": ["start", "end", "deviceid", *list(_COLUMNS["kobo"].values())[:3], "cocuk/yas", "cocuk/cocuk_yasi",
             "cocuk/yas_birimi", "cocuk/cinsiyet", "cocuk/uyruk", "cocuk/kimlik_no", "cocuk/telefon", "il",
             "tespit_tarihi", "somuru", *(f"somuru/{word}" for word in EXPLOITATION_WORDS["kobo"]), "gorusmeci",
             "_id", "_uuid", "_submission_time", "_validation_status", "_notes", "_status", "_submitted_by",
             "__version__", "_tags", "_index"],
    "ngo": ["No", "Başvuru tarihi", "Ad Soyad", "Cinsiyet", "Yaş", "Doğum", "Uyruk", "Şehir", "Telefon",
            "Kimlik / pasaport", *(f"İhlal: {word}" for word in EXPLOITATION_WORDS["ngo"]), "Danışman", "Notlar"],
    "shelter": ["الرقم", *list(_COLUMNS["shelter"].values())[:2], "الجنس", "تاريخ الولادة", "العمر", "الجنسية",
                "المدينة", "تاريخ الدخول", "الهاتف", "رقم الوثيقة", "نوع الاستغلال", "ملاحظات"],
}  # fmt: skip


def _row(list_id: str, key: int, person: Person, day: datetime.date, chance: random.Random, shares: Shares) -> Row:
    """One row of a list about one person."""
    columns = _COLUMNS[list_id]
    spelling = spell(person, _drawn(_HANDS[list_id], chance), chance, shares)
    if list_id == "police":
        spelling.given, spelling.family = upper(spelling.given), upper(spelling.family)
    birth, kinds = _birth_cell(columns["birth"], person, list_id, chance, shares)
    months = (day - person.birth).days * 12 // 365
    age = max(0, person.age(day) + (chance.choice((-1, 1)) if chance.random() < shares.age_off else 0))
    no_age = Cell(columns["age"], chance.choice(("", "-")))
    cells = {
        "birth": birth,
        "age": no_age if chance.random() < shares.age_missing else _age(list_id, age, months, chance),
        "detected": _date_cell(columns["detected"], day, _drawn(_DETECTED_WAYS[list_id], chance)),
        "sex": _sex_cell(list_id, person, chance, shares),
        "area": _area_cell(list_id, person, chance, shares),
        "nationality": _coded(columns["nationality"], COUNTRY_WORDS[list_id], person.nationality, chance),
    }
    child = Child(person.number, spelling, cells, kinds)
    _numbers(child, person, chance, shares)
    row = Row(list_id, key, {}, [child], day)
    row.cells = _OTHER_CELLS[list_id](row, person, chance)
    _enter(row)
    return row


def _age(list_id: str, age: int, months: int, chance: random.Random) -> Cell:
    column = _COLUMNS[list_id]["age"]
    if list_id != "kobo":
        return _age_cell(column, age, months, list_id, chance)
    # The unit stands beside it.
    return (
        Cell(column, months, months // 12, months // 12, "unit beside") if months < 24 else Cell(column, age, age, age)
    )


def _sex_cell(list_id: str, person: Person, chance: random.Random, shares: Shares) -> Cell:
    sex = person.sex if chance.random() >= shares.sex_wrong else {"F": "M", "M": "F"}[person.sex]
    return _coded(_COLUMNS[list_id]["sex"], SEX_WORDS[list_id], {"F": "female", "M": "male"}[sex], chance)


def _area_cell(list_id: str, person: Person, chance: random.Random, shares: Shares) -> Cell:
    area, drawn = person.area, chance.random()
    if drawn < shares.outside:
        area = OUTSIDE
    elif drawn < shares.outside + shares.moved:
        area = _drawn(AREAS, chance)
    cell = _coded(_COLUMNS[list_id]["area"], AREA_WORDS[list_id], area, chance)
    if chance.random() < 0.015 and list_id != "kobo":
        wrong = cell.written + " " + chance.choice(("?", "merkz", "(eski)"))
        cell = Cell(cell.column, wrong, area, area, "no such place", cell.written)
    return cell


def _coded(column: str, words: dict[str, str], code: str, chance: random.Random) -> Cell:
    """A cell with one of the words for a code."""
    written = chance.choice([word for word, meant in words.items() if meant == code])
    return Cell(column, written, code, code)


def _numbers(child: Child, person: Person, chance: random.Random, shares: Shares) -> None:
    if person.document and chance.random() < shares.document / 0.6:
        child.document = person.document
        if chance.random() < shares.document_mistyped:
            place = chance.randrange(2, len(child.document))
            digit = str((int(child.document[place]) + chance.randrange(1, 10)) % 10)
            child.document = child.document[:place] + digit + child.document[place + 1 :]
            child.kinds.add("document mistyped")
    if person.phone and chance.random() < shares.phone / 0.8:
        child.phone = person.phone
        if chance.random() < shares.phone_changed:
            child.phone = "05" + "".join(chance.choices("0123456789", k=9))
            child.kinds.add("phone changed")


def _phone_text(phone: str, chance: random.Random) -> str:
    local = phone[1:]
    if not phone:
        return ""
    return chance.choice((
        phone, f"+90{local}", f"90{local}", local, f"{phone[:4]} {phone[4:7]} {phone[7:9]} {phone[9:]}",
        f"+90 {local[:3]} {local[3:6]} {local[6:]}", f"({phone[:4]}) {phone[4:7]}-{phone[7:]}",
    ))  # fmt: skip


def _exploitation(person: Person) -> list[str]:
    """One or two codes, those of the person."""
    codes = ["ForcedLabour", "ForcedBegging", "ChildLabour", "SexualExploitation", "ForcedMarriage"]
    own = random.Random(7919 * person.number + 13)
    return sorted(set(own.choices(codes, (30, 25, 25, 12, 8), k=own.choice((1, 1, 2)))))


def _words_for(list_id: str, person: Person) -> list[str]:
    return [word for word, code in EXPLOITATION_WORDS[list_id].items() if code in _exploitation(person)]


def _police(row: Row, person: Person, chance: random.Random) -> dict[str, Any]:
    entered = _within_year(row.detected + datetime.timedelta(days=chance.randrange(0, 15)), row.detected)
    status = "mağdur" if chance.random() > 0.02 else "mağdur değil"
    row.counts = status == "mağdur"
    return {
        "Dosya No": f"{row.detected.year}/{row.key + 100}",
        "Tarih / Kayıt": datetime.datetime(entered.year, entered.month, entered.day),
        "Olay / Sömürü Türü": "; ".join(_words_for("police", person)),
        "Durum": status,
        "İşlemi Yapan": chance.choice(("Kom. A", "Kom. B", "Kom. C")),
        "Açıklama": chance.choice(("", "", "", "aile ile görüşüldü", "sevk edildi")),
    }


def _kobo(row: Row, person: Person, chance: random.Random) -> dict[str, Any]:
    day = _within_year(row.detected + datetime.timedelta(days=chance.randrange(0, 4)), row.detected)
    begun = datetime.datetime(day.year, day.month, day.day, 9) + datetime.timedelta(minutes=chance.randrange(480))
    second = row.detected.year >= 2022
    cell = row.children[0].cells["age"]
    if not second:
        cell.column = "cocuk/yas"
    unit = "ay" if cell.odd == "unit beside" else chance.choice(("yil", "yil", "yil", ""))
    words = _words_for("kobo", person)
    approved = chance.choices(("Approved", "", "On Hold", "Not Approved"), (70, 20, 6, 4))[0]
    row.counts = approved != "Not Approved"
    return {
        "start": f"{begun.isoformat()}.000+03:00",
        "end": f"{(begun + datetime.timedelta(minutes=25)).isoformat()}.000+03:00",
        "deviceid": f"collect:{chance.choice('abcdef')}x{chance.randrange(10)}",
        "cocuk/yas_birimi": unit if cell.written not in ("", "-") else "",
        "somuru": " ".join(words),
        **{f"somuru/{word}": int(word in words) for word in EXPLOITATION_WORDS["kobo"]},
        "gorusmeci": chance.choice(("g1", "g2", "g3")),
        "_id": 100000 + row.key,
        "_uuid": f"{chance.getrandbits(128):032x}",
        "_submission_time": f"{begun + datetime.timedelta(hours=3):%Y-%m-%dT%H:%M:%S}",
        "_validation_status": approved,
        "_status": "submitted_via_web",
        "_submitted_by": "kayit",
        "__version__": "vB2" if second else "vA1",
    }


def _within_year(day: datetime.date, of: datetime.date) -> datetime.date:
    """Lists are exported on the last day of a year."""
    return min(day, datetime.date(of.year, 12, 31))


def _ngo(row: Row, person: Person, chance: random.Random) -> dict[str, Any]:
    words = _words_for("ngo", person)
    return {
        **{f"İhlal: {word}": "x" if word in words else "" for word in EXPLOITATION_WORDS["ngo"]},
        "Danışman": chance.choice(("D1", "D2")),
        "Notlar": chance.choice(("", "", "takipte", "kardeşi ile geldi; okul kaydı yok")),
    }


def _shelter(row: Row, person: Person, chance: random.Random) -> dict[str, Any]:
    return {"نوع الاستغلال": " - ".join(_words_for("shelter", person)), "ملاحظات": chance.choice(("", "", "متابعة"))}


_OTHER_CELLS: dict[str, Callable[[Row, Person, random.Random], dict[str, Any]]] = {
    "police": _police, "kobo": _kobo, "ngo": _ngo, "shelter": _shelter,
}  # fmt: skip


def _enter(row: Row) -> None:
    """Put what is known of the children into the cells of their row; of two children both stand in one cell."""
    columns, chance = _COLUMNS[row.list_id], random.Random(row.key)
    texts = [
        {
            **{cell.column: cell.written for cell in child.cells.values()},
            **(
                {columns["given"]: f"{child.spelling.given} {child.spelling.family}".strip()}
                if columns["given"] == columns["family"]
                else {columns["given"]: child.spelling.given, columns["family"]: child.spelling.family}
            ),
            columns["document"]: child.document,
            columns["phone"]: _phone_text(child.phone, chance),
        }
        for child in row.children
    ]
    if len(texts) == 1:
        row.cells |= texts[0]
        return
    for column in texts[0]:
        both = [str(text[column]) for text in texts]
        row.cells[column] = both[0] if both[0] == both[1] else " / ".join(both)
    # Whether both are of one sex or of one age, the cell of the names says that they are two.


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
            child.cells["area"] = _coded(child.cells["area"].column, AREA_WORDS[name], of, chance)
            _enter(row)
        # A fifth of the known persons can be met again.
        again = [person for person in newer.persons[:known] if chance.random() < 0.2]
        key = 1 + max((row.key for row in newer.lists[name]), default=0)
        for person in [*newer.persons[known:], *again]:
            if chance.random() < _MEETS[name]:
                begin = max(person.first, datetime.date(2024, 1, 1))
                day = begin + datetime.timedelta(days=chance.randrange(300))
                newer.lists[name].append(
                    _row(name, key, person, min(day, datetime.date(2024, 12, 30)), chance, newer.shares)
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
            child.spelling = spell(person, _drawn(_HANDS[row.list_id], chance), chance, truth.shares)
        else:
            way = next(way for way in _BIRTH_WAYS[row.list_id] if way != "serial")
            child.cells["birth"] = _date_cell(child.cells["birth"].column, person.birth, way)
            child.kinds -= {kind for kind in child.kinds if "birth" in kind or "January" in kind or "month" in kind}
        _enter(row)
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
            found.append(_row(name, len(found), person, day, chance, shares))
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
        again.cells["_id"] = 100000 + again.key
        again.cells["_submission_time"] = row.cells["_submission_time"][:11] + "23:10:00"
        if chance.random() < 0.5:
            again.cells["_uuid"] = f"{chance.getrandbits(128):032x}"
        elif chance.random() < 0.3:
            # The same form, sent again with one answer corrected.
            again.children[0].phone = ""
            _enter(again)
        found.insert(found.index(row) + chance.randrange(1, 4), again)


def _tests(found: list[Row], chance: random.Random) -> None:
    """Forms that were filled in to try the form; none was approved."""
    for place in range(min(3, len(found))):
        row = copy.deepcopy(found[place])
        row.key, row.counts = 8000 + place, False
        child = row.children[0]
        child.person, child.spelling, child.document, child.phone = -1, Spelling("deneme", "test", "latin"), "", ""
        row.cells |= {
            "_id": 100000 + row.key,
            "_uuid": f"{chance.getrandbits(128):032x}",
            "_validation_status": "Not Approved",
        }
        _enter(row)
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
            _enter(first)
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
        _enter(row)
    return [*found, *split]


_TITLES = {
    "police": ["İL EMNİYET MÜDÜRLÜKLERİ MAĞDUR ÇOCUK LİSTESİ (SYNTHETIC)", "Gizlidir", ""],
    "shelter": ["قائمة المستفيدين من دار الإيواء (SYNTHETIC)", ""],
}


def _grid(name: str, rows: list[Row], year: int, others: list[tuple[str, int, str]]) -> list[list[Any]]:
    """The cells of a file, and which of its rows are no record; rows get their numbers."""
    headers = _HEADERS[name]
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
            sheet.merge_cells(start_row=number, start_column=1, end_row=number, end_column=len(_HEADERS[name]))
    if name == "police":
        upper_row = len(_TITLES["police"]) + 1
        for word in ("Tarih", "Mağdur", "Olay"):
            places = [place for place, cell in enumerate(grid[upper_row - 1], start=1) if cell == word]
            sheet.merge_cells(start_row=upper_row, start_column=places[0], end_row=upper_row, end_column=places[-1])
    book.save(path)
