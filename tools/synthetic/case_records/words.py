"""The words of a list: how a date, a code, an age and a place are said, and what is true of a person in those words."""

from __future__ import annotations

import datetime

import numpy as np
import pandas as pd

from analysis.cases.dates import is_format
from analysis.cases.identity import fold
from analysis.cases.mapping import Column
from analysis.refusal import Refusal
from tools.synthetic.case_records.design import Design
from tools.synthetic.case_records.layouts import File
from tools.synthetic.case_records.population import DAYS_A_YEAR

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
