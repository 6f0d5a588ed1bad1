"""What lists make of a person: spellings, slips, exchanged names, births known in part, blanks.

A record that lacks the day of birth has its name in the usual spelling and without a slip, and keeps a telephone or
document number where its list asks for one, so that a good linkage can still find the person.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from tools.synthetic.case_records.design import Design

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
    stated = _stated(design, table["list"].to_numpy(), rng)
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


def _stated(design: Design, place: np.ndarray, rng: np.random.Generator) -> np.ndarray:
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
