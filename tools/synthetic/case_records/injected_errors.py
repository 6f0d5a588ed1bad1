"""The errors that are injected: what lists make of a person, and what stands in cells as real sources send it.

Of a person: spellings, slips, exchanged names, births known in part, blanks. A record that lacks the day of birth has
its name in the usual spelling and without a slip, and keeps a telephone or document number where its list asks for one,
so that a good linkage can still find the person.

A kind of error in cells either is read right all the same (`expect` gives field -> value as in ``case_records``) or
sends its row to quarantine (`expect` is the name of the rule).
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analysis.cases.htcds import NONE
from analysis.intake.pseudonyms import fold
from tools.synthetic.case_records.design import Design
from tools.synthetic.case_records.layouts import (
    CANARIES,
    File,
    age_at,
    exploitation,
    means,
    place_name,
    spelt,
    written_date,
)
from tools.synthetic.case_records.population import capitals

# Of every record: name as it is; one letter wrong in the given or the family name; given and family name exchanged.
NAMES = {"as it is": 0.88, "slip in given": 0.05, "slip in family": 0.05, "exchanged": 0.02}
# Of every record: birth to the day, the month or the year; day and month exchanged.
BIRTHS = {"day": 0.88, "month": 0.05, "year": 0.05, "exchanged": 0.02}
DETECTIONS = {"day": 0.94, "month": 0.04, "year": 0.02}
OTHER_SPELLING = 0.25
NOT_STATED = 0.04
# Fields that a record can leave blank, in the order of the bits of `stated`.
CAN_BE_BLANK = [
    "birth",
    "age",
    "phone",
    "document",
    "sex",
    "nationality",
    "area",
    "status",
    "exploitation",
    "sex_exploitation",
    "sector",
    "means_of_control",
    "recruitment",
    "recruiter",
    "exploited",
    "origin",
    "transit",
]
BIT = {name: 1 << place for place, name in enumerate(CAN_BE_BLANK)}


def records(design: Design, captures: pd.DataFrame, persons: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """The captures that were entered in time, with what their lists make of them.

    Returns
    -------
    The columns of `lists.captures`, and: number (within the list, from 1), given_spelling and family_spelling (0 is
    the usual one), name_written, birth_written, detected_written (places in NAMES, BIRTHS, DETECTIONS), started_known
    (to the month), stated (bits of CAN_BE_BLANK), mix (a random number for all other choices).
    """
    table = captures[captures["exported"]].drop(columns="exported").reset_index(drop=True)
    n = len(table)
    number = table.groupby("list").cumcount().to_numpy(np.int32) + 1
    birth = _drawn(BIRTHS, n, rng)
    day = pd.DatetimeIndex(persons["birth"].to_numpy()[table["person"]])
    # 14 March cannot become the third of the fourteenth month, and 5 May stays what it is.
    birth[(birth == 3) & ((day.day > 12) | (day.day == day.month))] = 0
    stated = _stated_bits(design, table["list"].to_numpy(), rng)
    weak = np.isin(birth, [1, 2]) | (stated & BIT["birth"] == 0)
    stated[weak] |= BIT["phone"] | BIT["document"]
    name = np.where(weak, 0, _drawn(NAMES, n, rng)).astype(np.int8)
    spelling = [
        np.where(~weak & (rng.random(n) < OTHER_SPELLING), rng.integers(1, 4, n), 0).astype(np.int8) for _ in range(2)
    ]
    return table.assign(
        number=number,
        given_spelling=spelling[0],
        family_spelling=spelling[1],
        name_written=name,
        birth_written=birth,
        detected_written=_drawn(DETECTIONS, n, rng),
        started_known=rng.random(n) < 0.85,
        stated=stated,
        mix=rng.integers(0, 2**32, n, dtype=np.uint32),
    )


def _drawn(shares: dict[str, float], n: int, rng: np.random.Generator) -> np.ndarray:
    edges = np.cumsum(list(shares.values()))
    return np.minimum(np.searchsorted(edges, rng.random(n), side="right"), len(shares) - 1).astype(np.int8)


def _stated_bits(design: Design, place: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    stated = np.zeros(len(place), np.int32)
    for name, bit in BIT.items():
        blank = np.array([capture.not_stated.get(name, NOT_STATED) for capture in design.lists])
        stated |= np.where(rng.random(len(place)) >= blank[place], bit, 0).astype(np.int32)
    return stated


def slipped(name: str, mix: int) -> str:
    """A name with one wrong letter: left out, doubled, or another vowel or consonant. Single letters stay."""
    if len(name) < 3:
        return name
    at = 1 + mix % (len(name) - 1)
    if not name[at].isalpha():
        at = len(name) - 1
    letter = name[at]
    kind = (mix >> 8) % 3
    if kind == 0:
        return name[:at] + name[at + 1 :]
    if kind == 1:
        return name[:at] + letter + name[at:]
    others = [other for other in ("aeiou" if letter in "aeiouıöü" else "bdklmnrst") if other != letter]
    return name[:at] + others[(mix >> 16) % len(others)] + name[at + 1 :]


# --- In cells --------------------------------------------------------------------------------------------------------

Expected = dict[str, str]
# The cell stays as it is: the row holds by nature what is to be shown.
AS_IT_IS = object()
# Names that are near a place or country, and none.
_NO_PLACE = {"tr": "Akçaağç", "pt": "Topásio"}
_NO_COUNTRY = {"tr": "Mirannya", "pt": "Soranea"}
_NO_SEX = {"tr": "belli değil", "pt": "ignorado"}
_NO_FORM = {"tr": "ev içi", "pt": "outra situação"}
_NO_AGE = {"tr": "14 yaş", "pt": "14 anos"}


@dataclass(frozen=True)
class Kind:
    """One kind: in the column of `field`, `cell` is written, which depends on the row; `fits` says for which rows."""

    name: str
    field: str
    cell: Callable[[pd.Series], Any]
    expect: str | Callable[[pd.Series], Expected]
    fits: Callable[[pd.DataFrame], np.ndarray] = lambda frame: np.ones(len(frame), bool)


def _number(name: str, text: str) -> Kind:
    """A number of a record that must stay the text it is."""
    return Kind(name, "record", lambda row: text, lambda row: {"source_record": text})


def _spelling(text: str, area: str) -> Kind:
    """Another spelling of the area in which a record is by nature."""
    return Kind(
        "place_spelling_of_mapping", "area", lambda row: text,
        lambda row: {"area_id": area}, lambda frame: (frame["area"] == area).to_numpy(),
    )  # fmt: skip


def kinds(file: File, fields: list[str], stray: str) -> Iterator[Kind]:
    """The kinds that the columns of a sheet can hold.

    Parameters
    ----------
    fields : those with a column in this sheet. stray : a byte that the file's encoding does not have; "" for none.
    """
    found = [*_dates(file), *_codes(file), *_places(file), *_numbers(file), *_texts(file, stray)]
    yield from (kind for kind in found if kind.field in fields)


def _dates(file: File) -> Iterator[Kind]:
    language, export = file.design.language, file.design.export

    def detected(number: int) -> Callable[[pd.Series], str]:
        return lambda row: written_date(row["detected"].date(), file.formats("detected")[number], language)

    def interval(precision: str) -> Callable[[pd.Series], Expected]:
        return lambda row: of_date("date", row["detected"].date(), precision, export)

    yield Kind("date_impossible", "detected", lambda row: _impossible(file), "date")
    yield Kind(
        "date_after_export",
        "reported",
        lambda row: _written(file, "reported", export + datetime.timedelta(46)),
        "date_range",
    )
    if "reported" in file.mapping.columns and not file.mapping.columns["reported"].of_parent:
        yield Kind(
            "entered_before_detected", "reported",
            lambda row: _written(file, "reported", row["detected"].date() - datetime.timedelta(800)), "order",
        )  # fmt: skip
    # Day first: a reader that takes months first would take another day for it.
    yield Kind(
        "date_day_first", "detected", detected(0), interval("day"),
        lambda frame: _ambiguous(frame["detected"].dt),
    )  # fmt: skip
    yield Kind(
        "date_month_name" if "month" in file.formats("detected")[1] else "date_month_only",
        "detected",
        detected(1),
        interval("month"),
    )
    yield Kind("date_year_only", "detected", detected(2), interval("year"))
    if file.layout.date_cells:
        yield Kind("date_cell", "detected", lambda row: row["detected"].to_pydatetime(), interval("day"))
    if "exploited" in file.mapping.columns:
        first = file.formats("exploited")[0]
        yield Kind(
            "date_quarter" if "q" in first else "exploitation_month_only", "exploited",
            lambda row: written_date(row["started"].date(), first, language),
            lambda row: of_date("exploitation", row["started"].date(), "quarter" if "q" in first else "month", export),
        )  # fmt: skip


def _ambiguous(date: pd.Series) -> np.ndarray:
    """Days that are another day if the month is taken to come first."""
    return ((date.day <= 12) & (date.day != date.month)).to_numpy()


def of_date(prefix: str, day: datetime.date, precision: str, export: datetime.date) -> Expected:
    """The interval that a day becomes when only its month, quarter or year is written; it ends with the export."""
    month = {"day": day.month, "month": day.month, "quarter": 3 * ((day.month + 2) // 3), "year": 12}[precision]
    first = {"day": day.month, "month": day.month, "quarter": month - 2, "year": 1}[precision]
    low = day if precision == "day" else datetime.date(day.year, first, 1)
    next_month = datetime.date(day.year + month // 12, month % 12 + 1, 1)
    high = day if precision == "day" else min(next_month - datetime.timedelta(1), export)
    return {f"{prefix}_low": low.isoformat(), f"{prefix}_high": high.isoformat(), f"{prefix}_precision": precision}


def _codes(file: File) -> Iterator[Kind]:
    language, mapping = file.design.language, file.mapping
    yield Kind("code_unknown", "sex", lambda row: _NO_SEX[language], "code")
    yield Kind("code_unknown_among_several", "exploitation", lambda row: _and(file, row, _NO_FORM[language]), "code")
    yield Kind("country_unknown", "nationality", lambda row: _NO_COUNTRY[language], "country")
    yield Kind("country_NA_is_Namibia", "nationality", lambda row: "NA", lambda row: {"nationality": "NAM"})
    yield Kind("said_to_be_unknown", "sex", lambda row: mapping.missing[0], lambda row: {"sex": ""})
    yield Kind(
        "spaces_around", "sex", lambda row: f"  {spelt(mapping.columns['sex'], row['sex'])[0].upper()} ",
        lambda row: {"sex": row["sex"]},
    )  # fmt: skip
    yield Kind(
        "several_codes", "exploitation", lambda row: AS_IT_IS,
        lambda row: {"exploitation": exploitation(file.design, pd.DataFrame([row]))[0]},
        lambda frame: _stated(frame, "exploitation") & _with_several(exploitation(file.design, frame)),
    )  # fmt: skip
    if (answers := mapping.columns.get("means_of_control")) and answers.columns:
        yield Kind("answer_unknown", "means_of_control", lambda row: "2", "code")
        # A question that was answered by no to every code says that there were none.
        yield Kind(
            "column_a_code", "means_of_control", lambda row: AS_IT_IS,
            lambda row: {"means_of_control": means(file.design, pd.DataFrame([row]))[0] or NONE},
            lambda frame: _stated(frame, "means_of_control"),
        )  # fmt: skip


def _with_several(codes: pd.Categorical) -> np.ndarray:
    return np.array([";" in code for code in codes], bool)


def _places(file: File) -> Iterator[Kind]:
    language, design = file.design.language, file.design
    yield Kind("place_unknown", "area", lambda row: _NO_PLACE[language], "place")
    if "origin" in [stop.role for stop in file.mapping.stops]:
        yield Kind("origin_unknown", "origin", lambda row: _NO_PLACE[language], "place")
    for text, place_id in file.mapping.columns["area"].places.items():
        inside = {own: area for area, places in design.local.items() for own, _ in places}
        yield _spelling(text, inside.get(place_id, place_id))
    if file.layout.plain:
        return
    # Capitals of a computer that knows the language, and of one that does not.
    yield Kind(
        "place_in_capitals", "area", lambda row: capitals(place_name(file, row["area"]), language),
        lambda row: {"area_id": row["area"]}, lambda frame: _letters(file, frame, "iıİ" if language == "tr" else "ãá"),
    )  # fmt: skip
    yield Kind(
        "place_without_accents", "area", lambda row: fold(place_name(file, row["area"])).upper(),
        lambda row: {"area_id": row["area"]}, lambda frame: _letters(file, frame, "İışŞ" if language == "tr" else "ãá"),
    )  # fmt: skip
    yield Kind(
        f"letters_of_{file.mapping.encoding if not file.layout.excel else 'xlsx'}", "area", lambda row: AS_IT_IS,
        lambda row: {"area_id": row["area"]},
        lambda frame: _stated(frame, "area") & _letters(file, frame, "İışŞ" if language == "tr" else "ãá"),
    )  # fmt: skip


def _numbers(file: File) -> Iterator[Kind]:
    language = file.design.language
    yield Kind("number_with_letters", "age", lambda row: _NO_AGE[language], "number")
    yield Kind("age_interval", "age", lambda row: f"{_age(row) - 2}-{_age(row) + 3}",
               lambda row: {"age_low": str(_age(row) - 2), "age_high": str(_age(row) + 3)})  # fmt: skip
    if file.mapping.decimal == ",":
        # Where day and month of birth are exchanged, the birth leaves another age open.
        yield Kind("decimal_comma", "age", lambda row: f"{_age(row)},0",
                   lambda row: {"age_low": str(_age(row)), "age_high": str(_age(row))},
                   lambda frame: frame["birth_written"].to_numpy() != 3)  # fmt: skip
    if file.mapping.columns["record"].column != "_uuid":
        for name, text in (("zeros_in_front", "007"), ("exponent", "1E5")):
            yield _number(name, text)


def _texts(file: File, stray: str) -> Iterator[Kind]:
    canary = CANARIES[file.design.study]
    yield Kind(
        "name_in_free_text", "note", lambda row: f"{canary}, tel. 0599 000 00 00", lambda row: {"left_out": canary}
    )
    if not file.layout.excel:
        # A line break, a separator and quotation marks within a cell: the row numbers after it must stay right.
        yield Kind(
            "line_break_in_cell", "note", lambda row: f'1) "{canary}"\n2) ... ; , ...', lambda row: {"left_out": canary}
        )
    if stray:
        yield Kind("byte_of_another_encoding", "given_name", lambda row: f"A{stray}a", "encoding")
        yield Kind("byte_of_another_encoding", "full_name", lambda row: f"A{stray}a B", "encoding")


def _age(row: pd.Series) -> int:
    return int(age_at(pd.Series([row["birth"]]), pd.Series([row["detected"]]))[0])


def _and(file: File, row: pd.Series, more: str) -> str:
    column = file.mapping.columns["exploitation"]
    return f"{next(iter(column.codes))}{column.split}{more.replace(' ', '_') if column.split == ' ' else more}"


def _written(file: File, field: str, day: datetime.date) -> str:
    return written_date(day, file.formats(field)[0], file.design.language)


def _impossible(file: File) -> str:
    return file.formats("detected")[0].replace("dd", "31").replace("mm", "02").replace("yyyy", "2021")


def _stated(frame: pd.DataFrame, field: str) -> np.ndarray:
    return (frame["stated"].to_numpy() & BIT[field]) > 0


def _letters(file: File, frame: pd.DataFrame, letters: str) -> np.ndarray:
    """Rows whose area has one of some letters in its name, where the list writes that name."""
    having = []
    for area in file.design.weights:
        written = file.design.local.get(area, ()) if file.layout.local else ()
        names = {file.design.places[area], *(name for _, name in written)}
        if len(names) == 1 and set(letters) & set(file.design.places[area]):
            having.append(area)
    return frame["area"].isin(having).to_numpy()
