"""The cells of a file, from its records: every text, date cell and number as the clerks of that list write them.

Nothing is drawn here: the same record gives the same cells each time it is written, so that it can be repeated exactly.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable
from functools import cache

import numpy as np
import pandas as pd
import pycountry

from tools.synthetic import declaration
from tools.synthetic.case_records.injected_errors import BIT, slipped
from tools.synthetic.case_records.layouts import (
    CANARIES,
    Columns,
    File,
    age_at,
    exploitation,
    means,
    of_form,
    place_name,
    several,
    spelt,
    written_date,
)
from tools.synthetic.case_records.population import capitals

_NOTES = {
    "tr": ("Görüşme yapıldı.", "Aile ile görüşüldü; takip ediliyor.", "Dosya ilgili birime iletildi.", ""),
    "pt": ("Entrevista realizada.", "Em acompanhamento; família contactada.", "Processo enviado ao serviço.", ""),
}
_USERS = {"tr": ("gorevli1", "gorevli2", "gorevli3"), "pt": ("agente1", "agente2", "agente3")}


def table(file: File, columns: Columns, frame: pd.DataFrame) -> pd.DataFrame:
    """The cells of some rows.

    Parameters
    ----------
    columns : of one sheet of the file's layout.
    frame : the records joined with their persons, as `study.joined` gives them.

    Returns
    -------
    DataFrame of objects: texts, numbers and datetimes; its columns are the headers.
    """
    cells: list[np.ndarray] = []
    for column in columns:
        written = _column(file, column if isinstance(column, str) else column[0], frame)
        cells += written if isinstance(written, list) else [written]
    found = pd.DataFrame(dict(enumerate(cells)), dtype=object)
    found.columns = pd.Index(file.headers(columns), dtype=object)
    return found


def _column(file: File, what: str, frame: pd.DataFrame) -> np.ndarray | list[np.ndarray]:
    written = _WRITERS[what](file, frame)
    if what in BIT:
        blank = (frame["stated"].to_numpy() & BIT[what]) == 0
        for cells in written if isinstance(written, list) else [written]:
            cells[blank] = ""
    return written


# --- Dates ---------------------------------------------------------------------------------------------------------


def _dates(file: File, field: str, days: pd.Series, known: np.ndarray | int = 0) -> np.ndarray:
    """Days in the format of each row: `known` is its place among the formats of the field."""
    known = np.broadcast_to(known, len(days))
    place, distinct = pd.factorize(days)
    found = np.full(len(days), "", dtype=object)
    for number, pattern in enumerate(file.formats(field)):
        texts = [written_date(day, pattern, file.design.language) for day in distinct]
        here = (known == number) & (place >= 0)
        found[here] = np.array([*texts, ""], dtype=object)[place[here]]
    return found


def _with_date_cells(
    file: File, cells: np.ndarray, days: pd.Series, known: np.ndarray | int, mix: np.ndarray
) -> np.ndarray:
    """Some of the days as date cells of Excel, beside others as text."""
    if file.layout.date_cells:
        chosen = (mix % 100 < 100 * file.layout.date_cells) & (np.broadcast_to(known, len(cells)) == 0)
        chosen &= days.notna().to_numpy()
        cells[chosen] = [day.to_pydatetime() for day in days[chosen]]
    return cells


def _detected(file: File, frame: pd.DataFrame) -> np.ndarray:
    known = frame["detected_written"].to_numpy()
    cells = _dates(file, "detected", frame["detected"], known)
    return _with_date_cells(file, cells, frame["detected"], known, frame["mix"].to_numpy())


def _reported(file: File, frame: pd.DataFrame) -> np.ndarray:
    cells = _dates(file, "reported", frame["reported"])
    if file.mapping.columns["reported"].column == "_submission_time":
        clock = 8 * 3600 + frame["mix"].to_numpy() % 36000
        times = [f"T{second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}" for second in clock.tolist()]
        return cells + np.array(times, dtype=object)
    return _with_date_cells(file, cells, frame["reported"], 0, frame["mix"].to_numpy() >> 8)


def _birth(file: File, frame: pd.DataFrame) -> np.ndarray:
    written = frame["birth_written"].to_numpy()
    days, exchanged = frame["birth"].copy(), written == 3
    swapped = [datetime.datetime(day.year, day.day, day.month) for day in days[exchanged]]
    days[exchanged] = np.array(swapped, dtype="datetime64[s]")
    known = np.where(exchanged, 0, written)
    return _with_date_cells(file, _dates(file, "birth", days, known), days, known, frame["mix"].to_numpy() >> 16)


def _exploited(file: File, frame: pd.DataFrame) -> np.ndarray:
    return _dates(file, "exploited", frame["started"], np.where(frame["started_known"], 0, 1))


def _referred(field: str) -> Callable[[File, pd.DataFrame], np.ndarray]:
    return lambda file, frame: _dates(file, field, frame["referred"])


# --- Persons -------------------------------------------------------------------------------------------------------


def _name(part: str) -> Callable[[File, pd.DataFrame], np.ndarray]:
    return lambda file, frame: _names(file, frame)[part]


def _names(file: File, frame: pd.DataFrame) -> dict[str, np.ndarray]:
    """Given and family names with the spelling, the slip or the exchange of each record."""
    found = {}
    written = frame["name_written"].to_numpy()
    mix = frame["mix"].to_numpy()
    for number, part in enumerate(("given", "family"), start=1):
        names = [
            file.names[place][spelling % len(file.names[place])]
            for place, spelling in zip(frame[part].tolist(), frame[f"{part}_spelling"].tolist(), strict=True)
        ]
        for row in np.flatnonzero(written == number).tolist():
            names[row] = slipped(names[row], int(mix[row]))
        if file.layout.capitals:
            names = [capitals(name, file.design.language) for name in names]
        found[part] = np.array(names, dtype=object)
    exchanged = written == 3
    if "full_name" not in file.mapping.columns and exchanged.any():
        given = found["given"][exchanged]
        found["given"][exchanged] = found["family"][exchanged]
        found["family"][exchanged] = given
    return found


def _full_name(file: File, frame: pd.DataFrame) -> np.ndarray:
    names = _names(file, frame)
    return names["given"] + " " + names["family"]


def _phone(file: File, frame: pd.DataFrame) -> np.ndarray:
    """Telephone numbers that nobody has: 0599 is not given out in Türkiye, and none begins with 1 in Cabo Verde."""
    person = frame["household"].to_numpy(np.int64) + 1
    if file.design.study == "demo_provinces":
        numbers = [f"{number:07d}" for number in (person * 5_678_901 % 10**7).tolist()]
        usual = [f"0599 {number[:3]} {number[3:5]} {number[5:]}" for number in numbers]
        abroad = [f"+90 599 {number}" for number in numbers]
    else:
        numbers = [f"1{number:06d}" for number in (person * 567_891 % 10**6).tolist()]
        usual = [f"{number[:3]} {number[3:5]} {number[5:]}" for number in numbers]
        abroad = [f"+238 {number}" for number in numbers]
    return np.where(frame["mix"].to_numpy() % 5 == 0, np.array(abroad, dtype=object), np.array(usual, dtype=object))


def _document(file: File, frame: pd.DataFrame) -> np.ndarray:
    """Document numbers that nobody has, since none begins with 0; whoever turns them into numbers loses that digit."""
    person = frame["person"].to_numpy(np.int64) + 1
    if file.design.study == "demo_provinces":
        # The product is below 2**63 for a hundred million persons, and the factor prime to 10: no number comes twice.
        return _texts(f"{number:011d}" for number in (person * 2_654_435_769 % 10**10).tolist())
    return _texts(f"{number:09d}" for number in (person * 61_803_399 % 10**8).tolist())


def _age(file: File, frame: pd.DataFrame) -> np.ndarray:
    ages = age_at(frame["birth"], frame["detected"]).tolist()
    if file.layout.ages == "decimal":
        return _texts(f"{age},0" for age in ages)
    if file.layout.ages == "interval":
        wide = (frame["mix"].to_numpy() % 4 == 0).tolist()
        return _texts(
            f"{age - age % 3}-{age - age % 3 + 2}" if one else str(age) for age, one in zip(ages, wide, strict=True)
        )
    return np.array(ages, dtype=object) if file.layout.excel else _texts(map(str, ages))


# --- Codes ---------------------------------------------------------------------------------------------------------


def _coded(
    field: str, values: Callable[[File, pd.DataFrame], pd.Categorical]
) -> Callable[[File, pd.DataFrame], np.ndarray]:
    def write(file: File, frame: pd.DataFrame) -> np.ndarray:
        found = values(file, frame)
        column = file.mapping.columns[field]
        texts = [several(column, value) for value in found.categories]
        return np.array([*texts, ""], dtype=object)[found.codes]

    return write


def _status(file: File, frame: pd.DataFrame) -> pd.Categorical:
    return pd.Categorical.from_codes(
        (frame["mix"].to_numpy() % 3 > 0).astype(int), ["PossibleVictimOfTrafficking", "ActualVictimOfTrafficking"]
    )


def _means_of_control(file: File, frame: pd.DataFrame) -> np.ndarray | list[np.ndarray]:
    columns = file.mapping.columns["means_of_control"].columns
    if not columns:
        return _coded("means_of_control", lambda file, frame: means(file.design, frame))(file, frame)
    bits = frame["means"].to_numpy()
    return [np.array(["0", "1"], dtype=object)[bits >> list(file.design.means).index(code) & 1] for code in columns]


def _means_in_one(file: File, frame: pd.DataFrame) -> np.ndarray:
    """The same answers as Kobo puts them into one cell."""
    columns = file.mapping.columns["means_of_control"].columns
    ending = {code: headers[0].rpartition("/")[2] for code, headers in columns.items()}
    found = means(file.design, frame)
    texts = [" ".join(ending[code] for code in value.split(";") if code) for value in found.categories]
    written = np.array(texts, dtype=object)[found.codes]
    written[(frame["stated"].to_numpy() & BIT["means_of_control"]) == 0] = ""
    return written


# --- Places --------------------------------------------------------------------------------------------------------


def _nationality(file: File, frame: pd.DataFrame) -> np.ndarray:
    found = frame["nationality"].array
    column = file.mapping.columns["nationality"]
    texts = []
    for country in found.categories:
        listed = spelt(column, country)
        texts.append(
            _two_letters()[country] if file.layout.iso else listed[0] if listed else file.design.places[country]
        )
    return np.array(texts, dtype=object)[found.codes]


@cache
def _two_letters() -> dict[str, str]:
    """Two letters for three, those of declared countries among them."""
    known = {one.alpha_3: one.alpha_2 for one in pycountry.countries}
    own = {place.place_id: place.code for places in declaration.PLACES.values() for place in places if place.code}
    return known | own


def _area(file: File, frame: pd.DataFrame) -> np.ndarray:
    found = frame["area"].array
    texts = np.array([place_name(file, area) for area in found.categories], dtype=object)[found.codes]
    if file.layout.local:
        person = frame["person"].to_numpy()
        for area, places in file.design.local.items():
            here = (frame["area"] == area).to_numpy()
            texts[here] = np.array([name for _, name in places], dtype=object)[person[here] % len(places)]
    return texts


def _origin(file: File, frame: pd.DataFrame) -> np.ndarray:
    """Where a journey began; some clerks write the city abroad, which the mapping then knows."""
    column = file.stop("origin")
    place, mix = frame["corridor"].to_numpy(int), frame["mix"].to_numpy()
    texts = []
    for way in file.design.corridors:
        cities = [text for text, place_id in column.places.items() if place_id == way.origin]
        texts.append([place_name(file, way.origin), *cities])
    return _texts(
        texts[way][number % len(texts[way])] for way, number in zip(place.tolist(), mix.tolist(), strict=True)
    )


def _transit(file: File, frame: pd.DataFrame) -> np.ndarray:
    texts = [" - ".join(place_name(file, place) for place in way.transit) for way in file.design.corridors]
    return np.array(texts, dtype=object)[frame["corridor"].to_numpy(int)]


# --- What else stands in files -------------------------------------------------------------------------------------


def _record(file: File, frame: pd.DataFrame) -> np.ndarray:
    if file.mapping.columns["record"].column == "_uuid":
        return _uuid(file, frame)
    years = frame["reported"].dt.year.tolist()
    return _texts(file.layout.number.format(n, year) for n, year in zip(frame["number"].tolist(), years, strict=True))


def _uuid(file: File, frame: pd.DataFrame) -> np.ndarray:
    pairs = zip(frame["mix"].tolist(), frame["index"].tolist(), strict=True)
    return _texts(f"{mix:08x}-5e7f-4{mix % 4096:03x}-a{mix // 4096 % 4096:03x}-{index:012x}" for mix, index in pairs)


def _chosen(texts: tuple[str, ...], shift: int) -> Callable[[pd.DataFrame], np.ndarray]:
    return lambda frame: np.array(texts, dtype=object)[(frame["mix"].to_numpy() >> shift) % len(texts)]


def _user(file: File, frame: pd.DataFrame) -> np.ndarray:
    return _chosen((*_USERS[file.design.language], CANARIES[file.design.study]), 3)(frame)


def _amount(file: File, frame: pd.DataFrame) -> np.ndarray:
    return _texts(f"{100 + mix % 900},{mix % 100:02d}" for mix in frame["mix"].tolist())


def _coordinate(shift: int) -> Callable[[File, pd.DataFrame], np.ndarray]:
    """Somewhere in the sea off West Africa, at latitude and longitude 0: no place of these studies."""
    return lambda file, frame: np.round((frame["mix"].to_numpy() >> shift) % 1000 / 1e5, 5).astype(object)


def _texts(texts: Iterable[object]) -> np.ndarray:
    found = list(texts)
    array = np.empty(len(found), dtype=object)
    array[:] = found
    return array


Writer = Callable[[File, pd.DataFrame], "np.ndarray | list[np.ndarray]"]
_WRITERS: dict[str, Writer] = {
    "record": _record,
    "detected": _detected,
    "reported": _reported,
    "exploited": _exploited,
    "referred_in": _referred("referred_in"),
    "referred_out": _referred("referred_out"),
    "birth": _birth,
    "age": _age,
    "given_name": _name("given"),
    "family_name": _name("family"),
    "full_name": _full_name,
    "phone": _phone,
    "document": _document,
    "sex": _coded("sex", lambda file, frame: frame["sex"].array),
    "nationality": _nationality,
    "area": _area,
    "status": _coded("status", _status),
    "exploitation": _coded("exploitation", lambda file, frame: exploitation(file.design, frame)),
    "sex_exploitation": _coded("sex_exploitation", lambda file, frame: of_form(file.design, frame, "sex_exploitation")),
    "sector": _coded("sector", lambda file, frame: of_form(file.design, frame, "sector")),
    "means_of_control": _means_of_control,
    "recruitment": _coded("recruitment", lambda file, frame: frame["recruitment"].array),
    "recruiter": _coded("recruiter", lambda file, frame: frame["recruiter"].array),
    "origin": _origin,
    "transit": _transit,
    "destination": _area,
    "means": _means_in_one,
    "note": lambda file, frame: _chosen(_NOTES[file.design.language], 5)(frame),
    "user": _user,
    "amount": _amount,
    "latitude": _coordinate(2),
    "longitude": _coordinate(12),
    "device": lambda file, frame: _texts(f"collect:{mix % 7:016d}" for mix in frame["mix"].tolist()),
    "id": lambda file, frame: frame["index"].to_numpy(object) + 100_000,
    "uuid": _uuid,
    "index": lambda file, frame: frame["index"].to_numpy(object),
    "child": lambda file, frame: frame["child_index"].to_numpy(object),
    "table": lambda file, frame: np.full(len(frame), file.mapping.sheet, dtype=object),
    "parent": lambda file, frame: frame["index"].to_numpy(object),
    "role": lambda file, frame: frame["role"].to_numpy(object),
    "place": lambda file, frame: frame["place"].to_numpy(object),
    "date": lambda file, frame: frame["date"].to_numpy(object),
}
