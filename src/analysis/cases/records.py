"""From the values of fields to the table of case records, and to journeys as ordered stops."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from collections.abc import Mapping as Dict
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.cases import identity, places
from analysis.cases.dates import years_between
from analysis.cases.htcds import DATES, FIELDS, is_child, meets_definition
from analysis.cases.mapping import Mapping
from analysis.cases.sheet import Sheet

Values = Dict[str, Dict[str, "np.ndarray | pd.Categorical | Written"]]
STOPS = ["journey_id", "seq", "place_id", "role", "date_low", "date_high", "date_precision"]
# A stated age can be a year off: birthdays are rounded, and the age can be that of another day of the same procedure.
AGE_TOLERANCE = 1
AGES = ("age_low", "age_high", "exploited_age_low", "exploited_age_high")
_NEVER = np.datetime64("NaT", "ns")


@dataclass(frozen=True)
class Written:
    """What stands in a column that identifies persons: distinct texts, and which of them stands in each row."""

    texts: Sequence[str]
    codes: np.ndarray

    def __getitem__(self, rows: np.ndarray) -> Written:
        return Written(self.texts, self.codes[rows])

    @property
    def stated(self) -> np.ndarray:
        return np.array([bool(text) for text in self.texts], bool)[self.codes]


def contradictions(values: Values, rows: int) -> Iterator[tuple[np.ndarray, str]]:
    """Rows in which two fields cannot both be right, as (mask, field): intervals that exclude each other.

    Birth after detection or exploitation, exploitation after detection, entry before detection, referral onwards
    before referral in, and an age that the date of birth does not allow.
    """
    for earlier, later, blamed in (
        ("birth", "detected", "birth"),
        ("birth", "exploited", "birth"),
        ("exploited", "detected", "exploited"),
        ("detected", "reported", "reported"),
        ("referred_in", "referred_out", "referred_out"),
    ):
        if {earlier, later} <= set(values):
            yield np.asarray(values[earlier]["low"]) > np.asarray(values[later]["high"]), blamed
    if {"birth", "age", "detected"} <= set(values):
        youngest, oldest = _age_at(values, "detected", rows)
        age = values["age"]
        yield (age["low"] > oldest + AGE_TOLERANCE) | (age["high"] < youngest - AGE_TOLERANCE), "age"


def _age_at(values: Values, event: str, rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Youngest and oldest age (completed years) at an event, from the intervals of birth and event."""
    if not {"birth", event} <= set(values):
        return np.full(rows, np.nan), np.full(rows, np.nan)
    birth, date = values["birth"], values[event]
    youngest = years_between(np.asarray(birth["high"]), np.asarray(date["low"]))
    return np.maximum(youngest, 0), years_between(np.asarray(birth["low"]), np.asarray(date["high"]))


def _either(
    first: tuple[np.ndarray, np.ndarray], second: tuple[np.ndarray, np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    """The first interval where any of it is known, else the second."""
    known = ~(np.isnan(first[0]) & np.isnan(first[1]))
    return np.where(known, first[0], second[0]), np.where(known, first[1], second[1])


def _ages(values: Values, rows: int) -> dict[str, np.ndarray]:
    """Ages at detection and at exploitation, as intervals in completed years.

    Where only the age at detection is known, the person was at most as old when exploitation began; how much younger,
    the dates say, or nobody does.
    """
    unknown = (np.full(rows, np.nan), np.full(rows, np.nan))

    def stated(name: str) -> tuple[np.ndarray, np.ndarray]:
        return (np.asarray(values[name]["low"]), np.asarray(values[name]["high"])) if name in values else unknown

    detection = _either(stated("age"), _age_at(values, "detected", rows))
    before = unknown
    if {"exploited", "detected"} <= set(values):
        began, detected = values["exploited"], values["detected"]
        least = years_between(np.asarray(began["high"]), np.asarray(detected["low"]))
        most = years_between(np.asarray(began["low"]), np.asarray(detected["high"])) + 1
        before = (np.maximum(detection[0] - most, 0), detection[1] - np.maximum(least, 0))
    at_most = (np.full(rows, np.nan), detection[1])
    exploited = _either(stated("age_exploited"), _either(_age_at(values, "exploited", rows), _either(before, at_most)))
    return dict(zip(AGES, (*detection, *exploited), strict=True))


def assemble(values: Values, mapping: Mapping, record_ids: np.ndarray, sheet: Sheet, clean: np.ndarray) -> pd.DataFrame:
    """The table of case records.

    Parameters
    ----------
    values : of each field, one a record. record_ids : of the records.
    sheet, clean : the sheet that they stand in, and which of its rows they are.
    """
    rows = len(record_ids)
    key = identity.secret_key(mapping.kind)
    table: dict[str, object] = {
        "record_id": record_ids,
        "list_id": _constant(mapping.list_id, rows),
        "study": _constant(mapping.study, rows),
        "kind": _constant(mapping.kind, rows),
        "sheet": _constant(sheet.name, rows),
        "row": sheet.rows[clean],
        "row_hash": sheet.hashes[clean],
        "source_record": _pseudonyms(values, "record", list, key, rows),
    }
    place = _text(values, "area", rows)
    area_of = places.gazetteer(mapping.study).set_index("place_id")["area_id"]
    areas = np.array([area_of.get(place_id, "") for place_id in place.categories], dtype=object)
    table["area_id"] = spread(areas, place.codes)
    table["place_id"] = place
    for name, prefix in DATES.items():
        date = values.get(name, {})
        table[f"{prefix}_low"] = date.get("low", np.full(rows, _NEVER))
        table[f"{prefix}_high"] = date.get("high", np.full(rows, _NEVER))
        table[f"{prefix}_precision"] = date.get("precision", _constant("unknown", rows))
    ages = _ages(values, rows)
    table |= {name: pd.array(age, dtype="Int64") for name, age in ages.items()}
    child = is_child(ages["exploited_age_low"], ages["exploited_age_high"])
    table["child"] = child
    coded = [name for name, entry in FIELDS.items() if entry.kind in ("code", "codes", "country")]
    texts = {name: _text(values, name, rows) for name in coded}
    table |= texts
    table["definition"] = meets_definition(texts["exploitation"], texts["means_of_control"], child)
    return pd.DataFrame(table | _linkage(values, key, rows))


def _linkage(values: Values, key: str, rows: int) -> dict[str, object]:
    """What persons are linked by: pseudonyms of names and numbers, the interval of birth. Never written to a file."""
    names = {purpose: _written(values, f"{purpose}_name", rows) for purpose in ("given", "family")}
    if "full_name" in values:
        # The last word is the family name; where there is only one, it is the given name.
        full = _written(values, "full_name", rows)
        parts = [text.split() for text in full.texts]
        names["given"] = Written([" ".join(words[:-1] or words) for words in parts], full.codes)
        names["family"] = Written([" ".join(words[1:][-1:]) for words in parts], full.codes)
    table: dict[str, object] = {}
    for purpose, name in names.items():
        distinct = identity.name_columns(name.texts, purpose, key)
        for column in distinct:
            found = distinct[column].to_numpy(dtype=object)
            table[column] = found[name.codes] if column.endswith("_near") else spread(found, name.codes)
    birth = values.get("birth", {})
    table["link_birth_low"] = birth.get("low", np.full(rows, _NEVER))
    table["link_birth_high"] = birth.get("high", np.full(rows, _NEVER))
    for purpose, form in (("phone", identity.phone), ("document", identity.document)):
        table[f"link_{purpose}"] = _pseudonyms(values, purpose, form, key, rows)
    return table


def _pseudonyms(
    values: Values, name: str, form: Callable[[Sequence[str]], Sequence[str] | np.ndarray], key: str, rows: int
) -> np.ndarray:
    written = _written(values, name, rows)
    return identity.pseudonym(form(written.texts), name, key)[written.codes]


def _written(values: Values, name: str, rows: int) -> Written:
    found = values.get(name, {}).get("value")
    return found if isinstance(found, Written) else Written([""], np.zeros(rows, int))


def _text(values: Values, name: str, rows: int) -> pd.Categorical:
    """A field's texts; "" throughout where the source does not have it."""
    found = values.get(name, {}).get("value")
    return found if isinstance(found, pd.Categorical) else _constant("", rows)


def _constant(text: str, rows: int) -> pd.Categorical:
    return pd.Categorical.from_codes(np.zeros(rows, np.int8), categories=pd.Index([text], dtype=object))


def spread(distinct: np.ndarray, codes: np.ndarray) -> pd.Categorical:
    """Texts of which one stands in each row."""
    place, categories = pd.factorize(distinct)
    return pd.Categorical.from_codes(place[codes], categories=pd.Index(categories, dtype=object))


def journeys(stops: Sequence[pd.DataFrame], record_ids: np.ndarray, clean: np.ndarray) -> pd.DataFrame:
    """Stops in the order of each journey, without those of records in quarantine; each place of a cell is a stop.

    Parameters
    ----------
    stops : one table a stop of the mapping: person (place among `record_ids`), order (of the mapping), row, place_id
        (ids joined by ";"), role, and the interval of the date.
    record_ids, clean : id of each record, and whether it is in no quarantine.
    """
    filled = [table[clean[table["person"]] & (table["place_id"] != "").to_numpy()] for table in stops]
    filled = [table.astype({"place_id": object, "role": object}) for table in filled if len(table)]
    if not filled:
        return pd.DataFrame(columns=STOPS)
    table = pd.concat(filled, ignore_index=True)
    if table["place_id"].str.contains(";").any():
        table = table.assign(place_id=table["place_id"].str.split(";")).explode("place_id", ignore_index=True)
    table = table.sort_values(["person", "order", "row"], kind="stable", ignore_index=True)
    table["seq"] = table.groupby("person").cumcount() + 1
    table["journey_id"] = record_ids[table["person"]]
    return table[STOPS]
