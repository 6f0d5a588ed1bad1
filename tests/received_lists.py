"""Four SYNTHETIC lists of Türkiye as sources send them, and the truth behind every cell.

Police (Excel in Turkish: title, header of two rows, units in cells, totals, a merged footnote), KoboToolbox (its own
columns, one question a column), an organisation (CSV in French) and a partner's export in the standard's own fields.
Names are misspelt by one letter, dates of birth are often missing, and ages are stated at a date. No person is real.
"""

from __future__ import annotations

import csv
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import accumulate
from pathlib import Path

import pandas as pd
import yaml
from openpyxl import Workbook

from analysis.cases.intake import intake
from analysis.cases.mapping_draft import draft

STUDY = "turkiye"
GIVEN = {
    "male": (
        "Muhammed Ahmed Mahmud Halid Yusuf İbrahim Hüseyin Hasan Ömer Mustafa Abdullah Samir Cemil Reşid "
        "Yaser Velid Tarık Bilal Enes Furkan Emre Burak Kerem Serkan Osman Adnan Bessam Faysal Gassan Haytam "
        "İmad Kasım Luay Munir Nizar Rami Sami Tamer Usame Vail Ziyad Baran Cihan Deniz Ferhat Rojhat Şivan "
        "Yunus Eyüp Zekeriya"
    ),
    "female": (
        "Fatma Ayşe Meryem Hatice Zeynep Selma Nur Rania Hala Emine Leyla Hüda Elif Merve Büşra Kübra Sümeyye "
        "Esma Rukiye Zehra Amal Basma Dalal Farah Gada Hiba İman Juman Kinda Lubna Maysa Nisrin Ola Rasha "
        "Sahar Tuba Wafa Yasmin Zahra Berfin Rojda Dilan Havin Evin Sidra Şahed Rahaf Ritac Minel Asel"
    ),
}
FAMILY = (
    "Yılmaz Kaya Demir Şahin Öztürk Aydın Çelik Arslan Doğan Kılıç Aslan Çetin Kara Koç Kurt Özdemir Şimşek Polat "
    "Korkmaz Hamdan Haddad Saleh Kasımoğlu Neccar Mansur Şeyh Hatip Halef Cuma Hüseyni İsmail Kadri Mahmudi Nasır "
    "Osmani Rahmani Sabbağ Tavil Ubeyd Zeydan Abbas Bakır Derviş Ferec Gazal Hallak İdris Cabir Kanbar Lahham "
    "Mısri Naddaf Rifai Sukkar Tayyar Vehbi Yasin Zuhuri Hasanoğlu Bozan Karakuş Alhalaf Almuhammed Alahmed "
    "Alhüseyin Alali Alabdullah Alhamid Alhasan Alibrahim Almustafa Alsalim Alyusuf Barazi Dabbağ Farisi Halebi "
    "Hamevi Humsi İdlibi Kayyali Kuvatli Şami Turk"
)
# What the police writes, what the province is, and how many of a hundred were detected there.
PROVINCES = {
    "TR-34": ("İstanbul", 24), "TR-31": ("Hatay", 14), "TR-27": ("Gaziantep", 16), "TR-63": ("Şanlıurfa", 14),
    "TR-79": ("Kilis", 6), "TR-01": ("Adana", 8), "TR-35": ("İzmir", 8), "TR-42": ("Konya", 5), "TR-16": ("Bursa", 5),
}  # fmt: skip
NATIONALITIES = {"SYR": 62, "TUR": 26, "AFG": 8, "IRQ": 4}
FORMS = {"ForcedLabour": 34, "ChildLabour": 30, "SexualExploitation": 14, "ForcedBegging": 14, "ForcedMarriage": 8}
FIRST, LAST = date(2017, 1, 1), date(2023, 12, 31)
# Day of the exports: no date in a file lies after it.
EXPORTED = date(2024, 1, 31)
SHARES = {"police": 0.50, "kobo": 0.40, "ngo": 0.365, "partner": 0.34}


@dataclass(frozen=True)
class Person:
    """One SYNTHETIC person; `detected` is the day when a source first met the person."""

    given: str
    family: str
    sex: str
    birth: date
    nationality: str
    area: str
    forms: tuple[str, ...]
    detected: date
    phone: str
    document: str


@dataclass
class Received:
    """One list as a file, and what a faultless reading of it would hold.

    Parameters
    ----------
    file : where it was written.
    truth : one row a record: row (of the file), true_person, sex, nationality, area_id, exploitation, birth, age (at
        `date`), date.
    faults : row -> what is wrong with it: these rows belong in quarantine, and no other.
    """

    name: str
    file: Path
    truth: pd.DataFrame = field(default_factory=pd.DataFrame)
    faults: dict[int, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Study:
    """The four lists, and every text in them that could identify a person."""

    lists: dict[str, Received]
    persons: list[Person]
    identifying: list[str]


def write(
    folder: Path, seed: int, persons: int = 405, misspelt: float = 0.12, births: bool = True, faults: bool = True
) -> Study:
    """Write the four lists into a folder.

    Parameters
    ----------
    persons : how many are drawn; about one in ten stands on no list.
    misspelt : share of names of five letters or more that have one wrong letter, each time they are written.
    births : whether lists state dates of birth at all.
    faults : whether bad cells, repeated rows, totals and footnotes stand in the files.
    """
    draw = random.Random(seed)
    drawn = _persons(persons, draw)
    pen = _Pen(draw, misspelt, births, faults)
    folder.mkdir(parents=True, exist_ok=True)
    listed = {name: [n for n in range(persons) if draw.random() < share] for name, share in SHARES.items()}
    writers: dict[str, Callable[[Path, list[Person], list[int], _Pen], Received]] = {
        "police": _police,
        "kobo": _kobo,
        "ngo": _ngo,
        "partner": _partner,
    }
    found = {}
    for name, chosen in listed.items():
        found[name] = writers[name](folder, drawn, sorted(chosen, key=lambda number: drawn[number].detected), pen)
    return Study(found, drawn, sorted(pen.identifying))


# What a data manager settles of a draft: field -> what it says besides, or instead.
SETTLED: dict[str, dict[str, dict[str, object]]] = {
    "police": {"exploitation": {"codes": {"cinsel istismar": "SexualExploitation"}}},
    "kobo": {
        "detected": {"column": "today", "format": "yyyy-mm-dd"},
        "exploitation": {"codes": {"cinsel": "SexualExploitation", "evlilik": "ForcedMarriage"}},
        "area": {"places": {area.replace("TR-", "tr_"): area for area in PROVINCES}},
    },
    "ngo": {},
    "partner": {},
}


def settled(draft: str, name: str, kind: str) -> str:
    """The mapping that a data manager makes of a draft: what stands behind each `decide` is answered or taken out.

    Spellings that are mistakes of the file are taken out: their rows belong in quarantine.
    """
    mapping = yaml.safe_load(draft)
    told = {"list": name, "title": f"List of the {name} (SYNTHETIC)", "study": STUDY, "kind": kind}
    mapping |= told | {"publisher": "the source", "source": "received by post", "date": EXPORTED}
    columns = mapping["columns"]
    for entry in columns.values():
        for part in {"codes", "places"} & set(entry):
            entry[part] = {text: code for text, code in (entry[part] or {}).items() if code != "?"}
    for what, said in SETTLED[name].items():
        entry = columns.setdefault(what, {})
        for part, value in said.items():
            entry[part] = entry.get(part, {}) | value if isinstance(value, dict) else value
    # A column in which nothing stands has no format to be seen.
    empty = [columns.pop(what)["column"] for what in list(columns) if columns[what].get("format") == "?"]
    read = {entry["column"] for entry in columns.values()}
    undecided = [line.removeprefix("#   ") for line in draft.splitlines() if line.startswith("#   ")]
    mapping["drop"] = [column for column in [*(mapping.get("drop") or []), *undecided, *empty] if column not in read]
    return yaml.safe_dump(mapping, allow_unicode=True, sort_keys=False)


def read(study: Study) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Case records as intake reads the lists by settled drafts, and who each of them is (record_id, true_person).

    Fails where a row that has no fault goes to quarantine, or one that has does not.
    """
    records, truth = [], []
    for name, received in study.lists.items():
        mapping = received.file.with_name(f"{received.file.stem}.mapping.yml")
        mapping.write_text(settled(draft(received.file), name, "synthetic"), encoding="utf-8")
        found = intake(received.file, mapping)
        assert set(found.quarantine["row"].astype(int)) == set(received.faults), name
        records.append(found.records)
        truth.append(found.records[["record_id", "row"]].merge(received.truth[["row", "true_person"]], on="row"))
    return pd.concat(records, ignore_index=True), pd.concat(truth, ignore_index=True)


def _persons(count: int, draw: random.Random) -> list[Person]:
    def weighted(shares: dict[str, int]) -> str:
        return draw.choices(list(shares), list(shares.values()))[0]

    def of(names: str) -> str:
        listed = names.split()
        return draw.choices(listed, cum_weights=list(accumulate(1 / (10 + at) for at in range(len(listed)))))[0]

    found: list[Person] = []
    for _ in range(count):
        sex = draw.choice(("female", "male"))
        detected = FIRST + timedelta(days=draw.randrange((LAST - FIRST).days - 400))
        age = draw.choices(range(6, 23), [1, 1, 2, 3, 4, 6, 8, 10, 12, 12, 12, 10, 4, 3, 2, 2, 1])[0]
        one = Person(
            given=of(GIVEN[sex]),
            family=of(FAMILY),
            sex=sex,
            birth=detected - timedelta(days=int((age + draw.random()) * 365.25)),
            nationality=weighted(NATIONALITIES),
            area=weighted({area: share for area, (_, share) in PROVINCES.items()}),
            forms=tuple(sorted({weighted(FORMS), *([weighted(FORMS)] if draw.random() < 0.2 else [])})),
            detected=detected,
            phone=f"05{draw.randrange(30, 56)}{draw.randrange(10**7):07d}",
            document=f"{draw.choice('1234569')}{draw.randrange(10**10):010d}",
        )
        if found and draw.random() < 0.12:
            # A brother or sister of the one before: what a family shares is the same.
            kin = found[-1]
            one = Person(
                one.given if one.given != kin.given else one.given + "nur", kin.family, one.sex, one.birth,
                kin.nationality, kin.area, one.forms, one.detected, kin.phone, one.document,
            )  # fmt: skip
        found.append(one)
    return found


class _Pen:
    """How the lists are written: misspelt names, missing cells, and what is noted of everything written."""

    def __init__(self, draw: random.Random, misspelt: float, births: bool, faults: bool) -> None:
        self.draw, self.misspelt, self.births, self.faults = draw, misspelt, births, faults
        self.identifying: set[str] = set()

    def name(self, name: str) -> str:
        if len(name) >= 5 and self.draw.random() < self.misspelt:
            at, letter = self.draw.randrange(1, len(name)), self.draw.choice("abcdefghiklmnorstuyz")
            name = self.draw.choice(
                (name[:at] + name[at + 1 :], name[:at] + letter + name[at:], name[:at] + letter + name[at + 1 :])
            )
        return name

    def names(self, one: Person) -> tuple[str, str]:
        given, family = self.name(one.given), self.name(one.family)
        self.identifying |= {f"{given} {family}", f"{family} {given}", f"{one.given} {one.family}"}
        return given, family

    def number(self, text: str, share: float) -> str:
        if self.draw.random() >= share:
            return ""
        self.identifying.add(text)
        return text

    def note(self, one: Person) -> str:
        text = f"{one.given} ile görüşüldü, anlatılan yer {self.draw.randrange(10**6):06d}"
        self.identifying.add(text)
        return text

    def met(self, one: Person) -> date:
        """The day when another source met the person: up to a year and a half later."""
        return min(one.detected + timedelta(days=self.draw.randrange(550)), LAST)

    def birth(self, one: Person, share: float) -> date | None:
        return one.birth if self.births and self.draw.random() < share else None


def age_on(birth: date, day: date) -> int:
    """Completed years."""
    return day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day))


def _true(row: int, number: int, one: Person, day: date, birth: date | None) -> dict[str, object]:
    return {
        "row": row,
        "true_person": number,
        "sex": one.sex,
        "nationality": one.nationality,
        "area_id": one.area,
        "exploitation": ";".join(one.forms),
        "birth": birth,
        "age": age_on(one.birth, day),
        "date": day,
    }


POLICE_FORMS = {
    "ForcedLabour": "zorla çalıştırma",
    "ChildLabour": "çocuk işçiliği",
    "SexualExploitation": "cinsel istismar",
    "ForcedBegging": "dilendirme",
    "ForcedMarriage": "zorla evlendirme",
}
POLICE_NATIONS = {"SYR": "Suriye", "TUR": "T.C.", "AFG": "Afganistan", "IRQ": "Irak"}


def _police(folder: Path, persons: list[Person], listed: list[int], pen: _Pen) -> Received:
    """Excel: a title, an empty row, groups of columns above columns, "14 yaş", totals of years, a merged footnote."""
    book = Workbook()
    sheet = book.active
    sheet.title = "Liste"
    found = Received("police", folder / "emniyet_listesi.xlsx")
    columns = [
        "Sıra No", "Tarih", "İl", "Suç Türü", "Adı", "Soyadı", "Doğum Tarihi", "Yaş", "Cinsiyet", "Uyruk",
        "Kimlik No", "Telefon", "Açıklama",
    ]  # fmt: skip
    sheet.append(["MAĞDUR LİSTESİ (SYNTHETIC)"])
    sheet.append([])
    sheet.append(["Hazırlayan: Şube Müdürlüğü"])
    groups = [""] * len(columns)
    groups[1], groups[4] = "Olay", "Mağdur"
    sheet.append(groups)
    sheet.append(list(columns))
    sheet.merge_cells("B4:D4")
    sheet.merge_cells("E4:L4")
    truth, year, before = [], 0, None
    bad = set(pen.draw.sample(range(len(listed)), 12)) if pen.faults else set()
    twice = set(pen.draw.sample([at for at in range(20, len(listed)) if at not in bad], 3)) if pen.faults else set()
    for at, number in enumerate(listed):
        one = persons[number]
        if pen.faults and year and one.detected.year != year and year < 2021:
            sheet.append([f"TOPLAM {year}", None, None, None, None, None, None, pen.draw.randrange(20, 60)])
            found.faults[sheet.max_row] = "total"
        year = one.detected.year
        given, family = pen.names(one)
        birth = pen.birth(one, 0.6)
        age = age_on(one.birth, one.detected)
        cells: list[object] = [
            at + 1,
            one.detected.strftime("%d.%m.%Y"),
            PROVINCES[one.area][0] if pen.draw.random() < 0.9 else PROVINCES[one.area][0].upper(),
            " / ".join(POLICE_FORMS[form] for form in one.forms),
            given.upper() if pen.draw.random() < 0.2 else given,
            family.upper(),
            birth.strftime("%d.%m.%Y") if birth else "",
            f"{age} yaş" if pen.draw.random() < 0.2 else age,
            pen.draw.choice({"female": ("K", "Kadın", "Kız"), "male": ("E", "Erkek", "Erkek")}[one.sex]),
            POLICE_NATIONS[one.nationality],
            pen.number(one.document, 0.35),
            pen.number(one.phone, 0.3),
            pen.note(one) if pen.draw.random() < 0.3 else "",
        ]
        if at in bad:
            place, text = pen.draw.choice(
                ((1, "31.02.2020"), (2, "sanlurfa"), (8, "x?x"), (7, "yok gibi"), (9, "Uzaklar"))
            )
            cells[place] = text
        sheet.append(cells)
        row = sheet.max_row
        if at in bad:
            found.faults[row] = "cell"
        else:
            truth.append(_true(row, number, one, one.detected, birth))
        if at in twice and before is not None:
            sheet.append(before)
            found.faults[sheet.max_row] = "duplicate"
        before = cells
    if pen.faults:
        sheet.append(["Not: liste 31.01.2024 itibarıyla günceldir; yaşlar tespit tarihindeki yaşlardır."])
        row = sheet.max_row
        sheet.merge_cells(start_row=row, end_row=row, start_column=1, end_column=len(columns))
        found.faults[row] = "footnote"
    book.save(found.file)
    found.truth = pd.DataFrame(truth)
    return found


KOBO_FORMS = {
    "ForcedLabour": "zorla_calisma",
    "ChildLabour": "cocuk_isciligi",
    "SexualExploitation": "cinsel",
    "ForcedBegging": "dilencilik",
    "ForcedMarriage": "evlilik",
}
KOBO_NATIONS = {"SYR": "suriye", "TUR": "turkiye", "AFG": "afganistan", "IRQ": "irak"}


def _kobo(folder: Path, persons: list[Person], listed: list[int], pen: _Pen) -> Received:
    """An export of KoboToolbox to CSV: its own columns, groups in names, a column for each choice of a question."""
    forms = [f"work/forms/{KOBO_FORMS[form]}" for form in FORMS]
    header = [
        "start", "end", "today", "deviceid", "intro/enum_name", "child/child_name", "child/age",
        "child/birth_date", "child/sex", "child/nationality", "child/phone", "place/province", "work/forms",
        *forms, "notes", "_id", "_uuid", "_submission_time", "_validation_status", "_notes", "_status", "_submitted_by",
        "__version__", "_tags", "_index",
    ]  # fmt: skip
    interviewers = ("Gül Örnek", "Can Deneme", "Ece Sınama")
    pen.identifying |= set(interviewers)

    def row(at: int, one: Person) -> Row:
        day = pen.met(one)
        given, family = pen.names(one)
        birth = pen.birth(one, 0.49)
        uuid = "".join(pen.draw.choices("0123456789abcdef", k=32))
        uuid = f"{uuid[:8]}-{uuid[8:12]}-{uuid[12:16]}-{uuid[16:20]}-{uuid[20:]}"
        pen.identifying.add(uuid)
        moment = f"{day.isoformat()}T{pen.draw.randrange(8, 18):02d}:{pen.draw.randrange(60):02d}:11.000+03:00"
        cells = [
            moment, moment, day.isoformat(), f"ee.kobo:{pen.draw.randrange(10**8):08d}", pen.draw.choice(interviewers),
            f"{given} {family}", str(age_on(one.birth, day)), birth.isoformat() if birth else "",
            {"female": "kiz", "male": "erkek"}[one.sex] if pen.draw.random() < 0.97 else "?",
            KOBO_NATIONS[one.nationality], pen.number(one.phone, 0.4), one.area.replace("TR-", "tr_"),
            " ".join(KOBO_FORMS[form] for form in one.forms), *("1" if form in one.forms else "0" for form in FORMS),
            pen.note(one) if pen.draw.random() < 0.4 else "",
            str(10_000 + at), uuid, f"{day.isoformat()}T19:00:00", "", "", "submitted_via_web", "saha01",
            "vK9xJ2", "", str(at + 1),
        ]  # fmt: skip
        return Row(cells, day, birth, age_on(one.birth, day))

    found = Received("kobo", folder / "kobo_export.csv")
    return _csv_list(found, header, persons, listed, pen, row, bad=2, spoilt=[(6, "on iki")])


NGO_FORMS = {
    "ForcedLabour": "travail forcé",
    "ChildLabour": "travail des enfants",
    "SexualExploitation": "exploitation sexuelle",
    "ForcedBegging": "mendicité forcée",
    "ForcedMarriage": "mariage forcé",
}
NGO_NATIONS = {"SYR": "Syrie", "TUR": "Turquie", "AFG": "Afghanistan", "IRQ": "Irak"}


def _ngo(folder: Path, persons: list[Person], listed: list[int], pen: _Pen) -> Received:
    """CSV in French from a Windows computer: semicolons, "14 ans", hardly a date of birth, empty cells as a dash."""
    header = [
        "N° dossier", "Nom", "Prénom", "Âge", "Date de naissance", "Sexe", "Nationalité", "Province",
        "Date d'accueil", "Forme d'exploitation", "Téléphone", "Observations",
    ]  # fmt: skip

    def row(at: int, one: Person) -> Row:
        day = pen.met(one)
        given, family = pen.names(one)
        birth = pen.birth(one, 0.1)
        cells = [
            f"D-{at + 1:04d}", family, given,
            f"{age_on(one.birth, day)} ans" if pen.draw.random() < 0.5 else str(age_on(one.birth, day)),
            birth.strftime("%d/%m/%Y") if birth else "-", {"female": "F", "male": "M"}[one.sex],
            NGO_NATIONS[one.nationality] if pen.draw.random() < 0.97 else "-", PROVINCES[one.area][0],
            day.strftime("%d/%m/%Y"), " + ".join(NGO_FORMS[form] for form in one.forms),
            pen.number(one.phone, 0.3) or "-", pen.note(one) if pen.draw.random() < 0.3 else "-",
        ]  # fmt: skip
        return Row(cells, day, birth, age_on(one.birth, day))

    found = Received("ngo", folder / "association_2024.csv")
    spoilt = [(8, "31/02/2020"), (7, "Gazintep"), (5, "Q")]
    return _csv_list(
        found, header, persons, listed, pen, row, bad=4, spoilt=spoilt, delimiter=";", encoding="utf-8-sig"
    )


def _partner(folder: Path, persons: list[Person], listed: list[int], pen: _Pen) -> Received:
    """A partner's export in the fields of the Human Trafficking Case Data Standard."""
    header = [
        "cas_CaseID", "cas_IncomingReferralDate", "prs_FirstName", "prs_SecondName", "prs_Birthdate",
        "prs_Gender", "prs_Citizenship", "prs_MobilePhone", "prs_IdentityNumber", "vic_AgeWhenTrafficked",
        "hte_Date", "hte_State", "vic_TypeOfExploitation",
    ]  # fmt: skip

    def row(at: int, one: Person) -> Row:
        began = one.detected - timedelta(days=pen.draw.randrange(20, 300))
        day = pen.met(one)
        given, family = pen.names(one)
        birth = pen.birth(one, 0.5)
        cells = [
            f"C{at + 1:05d}", day.isoformat(), given, family, birth.isoformat() if birth else "",
            {"female": "Feminine", "male": "Masculine"}[one.sex], one.nationality, pen.number(one.phone, 0.3),
            pen.number(one.document, 0.4), str(age_on(one.birth, began)), began.isoformat()[:7],
            PROVINCES[one.area][0], ";".join(one.forms),
        ]  # fmt: skip
        return Row(cells, day, birth, age_on(one.birth, began))

    found = Received("partner", folder / "partner_htcds.csv")
    return _csv_list(found, header, persons, listed, pen, row, bad=1, spoilt=[(1, "2021-13-41")])


@dataclass(frozen=True)
class Row:
    """What is written of one person, and what is true of it: the day, the stated date of birth, the age."""

    cells: list[str]
    day: date
    birth: date | None
    age: int


def _csv_list(
    found: Received,
    header: list[str],
    persons: list[Person],
    listed: list[int],
    pen: _Pen,
    row: Callable[[int, Person], Row],
    *,
    bad: int,
    spoilt: list[tuple[int, str]],
    delimiter: str = ",",
    encoding: str = "utf-8",
) -> Received:
    """Write a list of one row a person as CSV; of so many `bad` rows a cell is one of those `spoilt`."""
    rows, truth = [], []
    chosen = set(pen.draw.sample(range(len(listed)), bad)) if pen.faults else set()
    for at, number in enumerate(listed):
        said = row(at, persons[number])
        if at in chosen:
            place, text = pen.draw.choice(spoilt) if len(spoilt) > 1 else spoilt[0]
            said.cells[place] = text
            found.faults[at + 2] = "cell"
        else:
            truth.append(_true(at + 2, number, persons[number], said.day, said.birth) | {"age": said.age})
        rows.append(said.cells)
    with found.file.open("w", encoding=encoding, newline="") as stream:
        csv.writer(stream, delimiter=delimiter).writerows([header, *rows])
    found.truth = pd.DataFrame(truth)
    return found
