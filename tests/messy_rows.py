"""Rows of the four messy lists: their columns, and what each list writes of a person."""

from __future__ import annotations

import datetime
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from messy_cells import DETECTED_WAYS, Cell, age_cell, birth_cell, coded, date_cell, pick
from messy_mappings import AREA_WORDS, COUNTRY_WORDS, EXPLOITATION_WORDS, SEX_WORDS
from messy_persons import AREAS, OUTSIDE, Person, Shares, Spelling, spell, upper

# Share of the rows of a list that each hand writes.
HANDS = {
    "police": {"turkish": 0.85, "latin": 0.15},
    "kobo": {"latin": 0.53, "turkish": 0.35, "native": 0.12},
    "ngo": {"turkish": 0.6, "latin": 0.4},
    "shelter": {"native": 0.87, "latin": 0.13},
}


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


COLUMNS = {  # field -> column
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
HEADERS = {
    "police": ["Sıra", "Dosya No", "Tarih / Tespit", "Tarih / Kayıt", "Mağdur / Adı", "Mağdur / Soyadı",
               "Mağdur / Doğum Tarihi", "Mağdur / Yaşı", "Mağdur / Cinsiyeti", "Mağdur / Uyruğu", "Mağdur / Kimlik No",
               "Mağdur / Telefon", "Olay / İl", "Olay / Sömürü Türü", "Durum", "İşlemi Yapan", "Açıklama"],
    "kobo": ["start", "end", "deviceid", *list(COLUMNS["kobo"].values())[:3], "cocuk/yas", "cocuk/cocuk_yasi",
             "cocuk/yas_birimi", "cocuk/cinsiyet", "cocuk/uyruk", "cocuk/kimlik_no", "cocuk/telefon", "il",
             "tespit_tarihi", "somuru", *(f"somuru/{word}" for word in EXPLOITATION_WORDS["kobo"]), "gorusmeci",
             "_id", "_uuid", "_submission_time", "_validation_status", "_notes", "_status", "_submitted_by",
             "__version__", "_tags", "_index"],
    "ngo": ["No", "Başvuru tarihi", "Ad Soyad", "Cinsiyet", "Yaş", "Doğum", "Uyruk", "Şehir", "Telefon",
            "Kimlik / pasaport", *(f"İhlal: {word}" for word in EXPLOITATION_WORDS["ngo"]), "Danışman", "Notlar"],
    "shelter": ["الرقم", *list(COLUMNS["shelter"].values())[:2], "الجنس", "تاريخ الولادة", "العمر", "الجنسية",
                "المدينة", "تاريخ الدخول", "الهاتف", "رقم الوثيقة", "نوع الاستغلال", "ملاحظات"],
}  # fmt: skip


def row_about(list_id: str, key: int, person: Person, day: datetime.date, chance: random.Random, shares: Shares) -> Row:
    """One row of a list about one person."""
    columns = COLUMNS[list_id]
    spelling = spell(person, pick(HANDS[list_id], chance), chance, shares)
    if list_id == "police":
        spelling.given, spelling.family = upper(spelling.given), upper(spelling.family)
    birth, kinds = birth_cell(columns["birth"], person, list_id, chance, shares)
    months = (day - person.birth).days * 12 // 365
    age = max(0, person.age(day) + (chance.choice((-1, 1)) if chance.random() < shares.age_off else 0))
    no_age = Cell(columns["age"], chance.choice(("", "-")))
    cells = {
        "birth": birth,
        "age": no_age if chance.random() < shares.age_missing else _age(list_id, age, months, chance),
        "detected": date_cell(columns["detected"], day, pick(DETECTED_WAYS[list_id], chance)),
        "sex": _sex_cell(list_id, person, chance, shares),
        "area": _area_cell(list_id, person, chance, shares),
        "nationality": coded(columns["nationality"], COUNTRY_WORDS[list_id], person.nationality, chance),
    }
    child = Child(person.number, spelling, cells, kinds)
    _numbers(child, person, chance, shares)
    row = Row(list_id, key, {}, [child], day)
    row.cells = _OTHER_CELLS[list_id](row, person, chance)
    enter(row)
    return row


def _age(list_id: str, age: int, months: int, chance: random.Random) -> Cell:
    column = COLUMNS[list_id]["age"]
    if list_id != "kobo":
        return age_cell(column, age, months, list_id, chance)
    # The unit stands beside it.
    return (
        Cell(column, months, months // 12, months // 12, "unit beside") if months < 24 else Cell(column, age, age, age)
    )


def _sex_cell(list_id: str, person: Person, chance: random.Random, shares: Shares) -> Cell:
    sex = person.sex if chance.random() >= shares.sex_wrong else {"F": "M", "M": "F"}[person.sex]
    return coded(COLUMNS[list_id]["sex"], SEX_WORDS[list_id], {"F": "female", "M": "male"}[sex], chance)


def _area_cell(list_id: str, person: Person, chance: random.Random, shares: Shares) -> Cell:
    area, drawn = person.area, chance.random()
    if drawn < shares.outside:
        area = OUTSIDE
    elif drawn < shares.outside + shares.moved:
        area = pick(AREAS, chance)
    cell = coded(COLUMNS[list_id]["area"], AREA_WORDS[list_id], area, chance)
    if chance.random() < 0.015 and list_id != "kobo":
        wrong = cell.written + " " + chance.choice(("?", "merkz", "(eski)"))
        cell = Cell(cell.column, wrong, area, area, "no such place", cell.written)
    return cell


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
            child.phone = "0549" + "".join(chance.choices("0123456789", k=7))
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
        "_id": 347100000 + row.key,
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


def enter(row: Row) -> None:
    """Put what is known of the children into the cells of their row; of two children both stand in one cell."""
    columns, chance = COLUMNS[row.list_id], random.Random(row.key)
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
