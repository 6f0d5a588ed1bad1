"""How each of the ten files looks, the habits of its clerks, and their words for a date, a code, an age and a place.

A column is the name of a field of the mapping, which gives its header; or a pair of what else stands in it, and its
header. What codes look like in a file is read from its mapping, so that it is said once.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.cases.dates import is_format
from analysis.cases.mapping import Column, Mapping
from analysis.intake.pseudonyms import fold
from bounded.refusal import Refusal
from tools.synthetic.case_records.design import WARNING, Design
from tools.synthetic.case_records.population import DAYS_A_YEAR, Name

Columns = tuple[str | tuple[str, str], ...]


@dataclass(frozen=True)
class Layout:
    """One file.

    Parameters
    ----------
    columns : of the sheet in which a row is a person or a form. above : rows above the header.
    number : pattern of the source's own numbers. ages : ``plain``, ``decimal`` (14,0) or ``interval`` (12-14).
    date_cells : share of dates that are Excel's own. capitals : names in capital letters. plain : names of places as
    Kobo has them (boa_vista). iso : nationalities in two letters. local : concelhos in place of islands.
    totals : how the last row begins; "" for none. cut_off : the file ends within its last row. merged : cells of the
    area merged where two rows follow each other.
    forms : columns of the forms, where the rows of `columns` are persons of a repeat group. stops : columns of a
    repeat group of stops.
    """

    list_id: str
    suffix: str
    columns: Columns
    above: tuple[str, ...] = ()
    number: str = "{0}"
    ages: str = "plain"
    date_cells: float = 0.0
    capitals: bool = False
    plain: bool = False
    iso: bool = False
    local: bool = False
    totals: str = ""
    cut_off: bool = False
    merged: bool = False
    forms: Columns = ()
    stops: Columns = ()

    @property
    def file(self) -> str:
        return f"{self.list_id}_SYNTHETIC{self.suffix}"

    @property
    def excel(self) -> bool:
        return self.suffix == ".xlsx"


@dataclass(frozen=True)
class File:
    """What is needed to write the cells of one file: its study, its looks, its mapping, and all names of the study."""

    design: Design
    layout: Layout
    mapping: Mapping
    names: list[Name]

    def headers(self, columns: Columns) -> list[str]:
        """The names of columns as the mapping has them; of a question with a column a code, all of these."""
        found: list[str] = []
        for column in columns:
            if not isinstance(column, str):
                found.append(column[1])
            elif column in ("origin", "transit"):
                found.append(self.stop(column).column)
            else:
                found += self.mapping.columns[column].names
        return found

    def stop(self, role: str) -> Column:
        return next(stop.place for stop in self.mapping.stops if stop.role == role)

    def formats(self, field: str) -> tuple[str, ...]:
        return self.mapping.columns[field].formats


_KOBO = (("id", "_id"), ("uuid", "_uuid"), "reported", ("index", "_index"))
_WHERE = (("latitude", "_gps_latitude"), ("longitude", "_gps_longitude"), ("device", "deviceid"), ("user", "username"))
_POINTERS = (("child", "_index"), ("table", "_parent_table_name"), ("parent", "_parent_index"))

LAYOUTS: dict[str, tuple[Layout, ...]] = {
    "demo_provinces": (
        Layout(
            "police",
            ".xlsx",
            ("record", "detected", "reported", "given_name", "family_name", "birth", "sex", "nationality", "document",
             "area", "exploitation", "sector", "exploited", "recruiter", "origin", "transit", "referred_out",
             ("note", "Notlar"), ("user", "Görüşmeci")),
            above=(f"Çocuk listesi – {WARNING}", ""),
            number="{1}/{0}",
            date_cells=0.6,
            capitals=True,
            totals="Toplam",
        ),
        Layout(
            "protection",
            ".csv",
            ("record", "detected", "reported", "given_name", "family_name", "birth", "age", "sex", "nationality",
             "document", "phone", "area", "exploitation", "sector", "exploited", "means_of_control", "referred_in",
             "origin", ("note", "Açıklama")),
            number="ÇK-{0:05d}",
            ages="decimal",
            totals="Genel Toplam",
        ),
        Layout(
            "hotline",
            ".csv",
            ("record", "detected", "reported", "full_name", "birth", "age", "sex", "nationality", "phone", "area",
             "exploitation", "recruitment", ("note", "Görüşme Notu"), ("user", "Operatör")),
            number="{0:06d}",
            ages="interval",
            cut_off=True,
        ),
        Layout(
            "labour",
            ".xlsx",
            ("record", "detected", "reported", "given_name", "family_name", "birth", "age", "sex", "nationality",
             "document", "area", "status", "exploitation", "sector", "exploited", ("amount", "Günlük Ücret"),
             ("user", "Müfettiş")),
            above=(f"Denetim tutanakları – {WARNING}",),
            number="T{0:05d}",
            date_cells=0.5,
            totals="Toplam kayıt",
            merged=True,
        ),
        Layout(
            "ngo",
            ".xlsx",
            ("detected", "given_name", "family_name", "birth", "sex", "nationality", "phone", "area", "exploitation",
             "sector", "exploited", ("means", "kontrol"), "means_of_control", "recruitment", "recruiter", *_WHERE,
             *_KOBO),
            plain=True,
            iso=True,
            stops=(("role", "rol"), ("place", "yer"), ("date", "tarih"), *_POINTERS),
        ),
    ),
    "demo_islands": (
        Layout(
            "policia",
            ".xlsx",
            ("record", "detected", "reported", "given_name", "family_name", "birth", "sex", "nationality", "document",
             "area", "exploitation", "sex_exploitation", "exploited", "recruiter", "origin", "transit", "referred_out",
             ("note", "Observações"), ("user", "Agente")),
            above=(f"Lista de vítimas – {WARNING}",),
            number="{0}/{1}",
            date_cells=0.6,
            totals="Total geral",
            merged=True,
        ),
        Layout(
            "icca",
            ".csv",
            ("record", "detected", "reported", "given_name", "family_name", "birth", "age", "sex", "nationality",
             "document", "phone", "area", "exploitation", "means_of_control", "exploited", "referred_in", "origin",
             ("note", "Descrição da situação")),
            number="F{0:04d}",
            ages="decimal",
            totals="Total",
        ),
        Layout(
            "linha",
            ".csv",
            ("record", "detected", "reported", "full_name", "birth", "age", "sex", "nationality", "phone", "area",
             "exploitation", "recruitment", ("note", "Relato"), ("user", "Operador")),
            number="{0:06d}",
            ages="interval",
            iso=True,
            cut_off=True,
        ),
        Layout(
            "inspecao",
            ".csv",
            ("record", "detected", "reported", "given_name", "family_name", "birth", "age", "sex", "nationality",
             "document", "area", "status", "exploitation", "sector", "exploited", ("amount", "Salário diário"),
             ("user", "Inspetor")),
            number="A-{0:04d}",
            capitals=True,
            local=True,
            totals="Total",
        ),
        Layout(
            "ong",
            ".xlsx",
            ("record", "given_name", "family_name", "birth", "sex", "nationality", "phone", "exploitation", "sector",
             ("means", "meios"), "means_of_control", "exploited", "recruiter", "origin", ("destination", "local"),
             *_POINTERS),
            number="OV{0:04d}",
            plain=True,
            iso=True,
            forms=("detected", "area", *_WHERE, *_KOBO),
        ),
    ),
}  # fmt: skip
# A person's name that stands in free text and in columns nobody declares, and must never be seen again.
CANARIES = {"demo_provinces": "Kanarya SARITÜY", "demo_islands": "Canária PENAMARELA"}


# --- Words -----------------------------------------------------------------------------------------------------------

MONTHS = {
    "tr": [
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
    ],
    "pt": [
        "janeiro",
        "fevereiro",
        "março",
        "abril",
        "maio",
        "junho",
        "julho",
        "agosto",
        "setembro",
        "outubro",
        "novembro",
        "dezembro",
    ],
}


def written_date(day: datetime.date, pattern: str, language: str) -> str:
    """A day in a format of the mapping: dd.mm.yyyy, mm/yyyy, month yyyy, q/yyyy, yyyy."""
    if not is_format(pattern):
        raise Refusal("invalid_date_format", f"'{pattern}' is no format of a date.")
    text = pattern.replace("month", "\0").replace("q", str((day.month + 2) // 3))
    text = text.replace("yyyy", f"{day.year:04d}").replace("mm", f"{day.month:02d}").replace("dd", f"{day.day:02d}")
    return text.replace("\0", MONTHS[language][day.month - 1])


def age_at(birth: pd.Series, day: pd.Series) -> np.ndarray:
    """Age in completed years."""
    return np.floor(((day - birth).dt.days + 0.5) / DAYS_A_YEAR).to_numpy(int)


def spelt(column: Column, value: str) -> list[str]:
    """How a list writes a code, as its mapping says."""
    return [text for text, code in column.codes.items() if code == value]


def several(column: Column, value: str) -> str:
    """One or more codes as they stand in a cell; a code that the list does not have is left out."""
    between = " " if column.split == " " else f"{column.split} "
    return between.join(texts[0] for code in value.split(";") if (texts := spelt(column, code)))


def place_name(file: File, place_id: str) -> str:
    name = file.design.places[place_id]
    return fold(name).replace(" ", "_") if file.layout.plain else name


# --- What is true, in codes of the standard ------------------------------------------------------------------------


def exploitation(design: Design, frame: pd.DataFrame) -> pd.Categorical:
    """The true codes, joined by ";"."""
    values = [entry.child for entry in design.forms] + [entry.adult for entry in design.forms]
    place = frame["form"].to_numpy(int) + np.where(frame["child"], 0, len(design.forms))
    codes, categories = pd.factorize(np.array(values, dtype=object))
    return pd.Categorical.from_codes(codes[place], categories)


def of_form(design: Design, frame: pd.DataFrame, attribute: str) -> pd.Categorical:
    """The true sector or type of sexual exploitation."""
    codes, categories = pd.factorize(np.array([getattr(entry, attribute) for entry in design.forms], dtype=object))
    return pd.Categorical.from_codes(codes[frame["form"].to_numpy(int)], categories)


def means(design: Design, frame: pd.DataFrame) -> pd.Categorical:
    """The true means of control, joined by ";"."""
    names = sorted(design.means)
    order = [list(design.means).index(name) for name in names]
    bits, place = np.unique(frame["means"].to_numpy(), return_inverse=True)
    texts = [";".join(name for name, bit in zip(names, order, strict=True) if one >> bit & 1) for one in bits.tolist()]
    return pd.Categorical.from_codes(place, texts)
