"""Table of case records, and journeys as ordered stops, made from the cells of a list.

Of each kind of field, what its cells mean: distinct texts in, their values and the rules they break out. Each reader
returns one row a text with a column ``rule``: "" where the text can be read. An empty text is not stated, which breaks
no rule.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator, Sequence
from collections.abc import Mapping as Dict
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.cases import ages, dates, places, token_comparisons
from analysis.cases.ages import OLDEST
from analysis.cases.cell_words import as_code, exactly
from analysis.cases.dates import years_before, years_between
from analysis.cases.htcds import DATES, FIELDS, NONE, ROLES, is_child, meets_definition
from analysis.cases.mapping import Column, Mapping
from analysis.intake import name_forms, pseudonyms
from analysis.intake.sheet import Sheet

Values = Dict[str, Dict[str, "np.ndarray | pd.Categorical | Written"]]
STOPS = ["journey_id", "seq", "place_id", "role", "date_low", "date_high", "date_precision", "transit_asked"]
# A stated age can be a year off: birthdays are rounded, and the age can be that of another day of the same procedure.
AGE_TOLERANCE = 1
AGES = ("age_low", "age_high", "exploited_age_low", "exploited_age_high")
_NEVER = np.datetime64("NaT", "ns")


@dataclass(frozen=True)
class Written:
    """Texts of a column: distinct texts, which of them stands in each row, and which rows state anything."""

    texts: Sequence[str]
    codes: np.ndarray
    states: np.ndarray

    def __getitem__(self, rows: np.ndarray) -> Written:
        return Written(self.texts, self.codes[rows], self.states)

    @property
    def stated(self) -> np.ndarray:
        return self.states[self.codes]


def contradictions(values: Values, rows: int) -> Iterator[tuple[np.ndarray, str]]:
    """Rows in which two fields cannot both be right, as (mask, field): intervals that exclude each other.

    Birth, exploitation, detection and entry in another order, referral onwards before referral in, an age that the date
    of birth does not allow, and an age at exploitation above that at detection.
    """
    for earlier, later, blamed in (
        ("birth", "detected", "birth"),
        ("birth", "exploited", "birth"),
        ("birth", "reported", "birth"),
        ("exploited", "reported", "exploited"),
        ("exploited", "detected", "exploited"),
        ("detected", "reported", "reported"),
        ("referred_in", "referred_out", "referred_out"),
    ):
        if {earlier, later} <= set(values):
            yield _interval(values, earlier)[0] > _interval(values, later)[1], blamed
    for age, event in (("age", "detected"), ("age_exploited", "exploited")):
        if {"birth", age, event} <= set(values):
            youngest, oldest = _age_at(values, event, rows)
            low, high = _interval(values, age)
            yield (low > oldest + AGE_TOLERANCE) | (high < youngest - AGE_TOLERANCE), age
    if {"age", "age_exploited"} <= set(values):
        yield _interval(values, "age_exploited")[0] > _interval(values, "age")[1] + AGE_TOLERANCE, "age_exploited"
    if {"age", "exploited", "detected"} <= set(values):
        # Exploited for longer than the person has lived.
        yield _years(values, "exploited", "detected")[0] > _interval(values, "age")[1] + AGE_TOLERANCE, "exploited"


Interval = tuple[np.ndarray, np.ndarray]


def _interval(values: Values, name: str) -> Interval:
    return np.asarray(values[name]["low"]), np.asarray(values[name]["high"])


def _years(values: Values, earlier: str, later: str) -> Interval:
    """Fewest and most completed years between two events."""
    first, second = _interval(values, earlier), _interval(values, later)
    return np.maximum(years_between(first[1], second[0]), 0), years_between(first[0], second[1])


def _age_at(values: Values, event: str, rows: int) -> Interval:
    """Youngest and oldest age (completed years) at an event, from the intervals of birth and event."""
    if not {"birth", event} <= set(values):
        return np.full(rows, np.nan), np.full(rows, np.nan)
    return _years(values, "birth", event)


def _either(first: Interval, second: Interval) -> Interval:
    """The first interval where any of it is known, else the second."""
    known = ~(np.isnan(first[0]) & np.isnan(first[1]))
    return np.where(known, first[0], second[0]), np.where(known, first[1], second[1])


def _both(stated: Interval, derived: Interval) -> Interval:
    """The intersection of two intervals; where they have nothing in common, all that either allows."""
    low, high = np.fmax(stated[0], derived[0]), np.fmin(stated[1], derived[1])
    apart = low > high
    return (
        np.where(apart, np.fmin(stated[0], derived[0]), low),
        np.where(apart, np.fmax(stated[1], derived[1]), high),
    )


def _ages(values: Values, rows: int) -> dict[str, np.ndarray]:
    """Ages at detection and when exploitation began, as intervals in completed years.

    Where only the age at detection is known, the person was at most as old when exploitation began; how much younger,
    the dates say, or nobody does. Where only the age when it began is known, the person was at least as old when
    detected.
    """
    unknown = (np.full(rows, np.nan), np.full(rows, np.nan))

    def stated(name: str) -> Interval:
        return _interval(values, name) if name in values else unknown

    said, derived = stated("age"), _age_at(values, "detected", rows)
    detection = _both(said, derived)
    before = (np.full(rows, np.nan), detection[1])
    after = (np.zeros(rows), np.full(rows, np.nan))
    if {"exploited", "detected"} <= set(values):
        least, most = _years(values, "exploited", "detected")
        known = ~np.isnan(least)
        after = (np.where(known, least, 0), most)
        before = (
            np.where(known, np.maximum(detection[0] - most - 1, 0), np.nan),
            np.where(known, np.maximum(detection[1] - least, 0), detection[1]),
        )
    began = _both(stated("age_exploited"), _age_at(values, "exploited", rows))
    exploited = _either(began, before)
    # Nobody is older when exploitation begins than when it is found.
    high = np.fmin(exploited[1], detection[1])
    exploited = (np.where(exploited[0] > high, high, exploited[0]), high)
    # An age that the date of birth allows stands as the source has it.
    allowed = ~(said[0] > derived[1]) & ~(said[1] < derived[0])
    shown = _either((np.where(allowed, said[0], np.nan), np.where(allowed, said[1], np.nan)), detection)
    shown = _either(shown, (began[0] + after[0], began[1] + after[1] + 1))
    return dict(zip(AGES, (*shown, *exploited), strict=True))


def assemble(values: Values, mapping: Mapping, record_ids: np.ndarray, sheet: Sheet, clean: np.ndarray) -> pd.DataFrame:
    """The table of case records.

    Parameters
    ----------
    values : of each field, one a record. record_ids : of the records.
    sheet, clean : the sheet that they stand in, and which of its rows they are.
    """
    rows = len(record_ids)
    key = pseudonyms.secret_key(mapping.kind)
    table: dict[str, object] = {
        "record_id": pd.Series(record_ids, dtype=object),
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
    table["child_detected"] = is_child(ages["age_low"], ages["age_high"])
    child = is_child(ages["exploited_age_low"], ages["exploited_age_high"])
    table["child"] = child
    coded = [name for name, entry in FIELDS.items() if entry.kind in ("code", "codes", "country")]
    texts = {name: _text(values, name, rows) for name in coded}
    table |= texts
    table["definition"] = meets_definition(texts["exploitation"], texts["means_of_control"], child)
    return pd.DataFrame(table | _linkage(values, key, rows))


def _linkage(values: Values, key: str, rows: int) -> dict[str, object]:
    """Columns that link persons: pseudonyms of names and numbers, the interval of birth. Never written to a file."""
    names = {purpose: _written(values, f"{purpose}_name", rows) for purpose in ("given", "family")}
    if "full_name" in values:
        full = _written(values, "full_name", rows)
        parts = [name_forms.given_and_family(text) for text in full.texts]
        for at, purpose in enumerate(("given", "family")):
            names[purpose] = Written([both[at] for both in parts], full.codes, full.states)
    table: dict[str, object] = {}
    for purpose, name in names.items():
        distinct = name_forms.name_columns(name.texts, purpose, key)
        for column in distinct:
            found = distinct[column].to_numpy(dtype=object)
            table[column] = found[name.codes] if column.endswith(("_near", "_words")) else spread(found, name.codes)
    table["link_birth_low"], table["link_birth_high"] = _birth(values, rows)
    for purpose, form in (("phone", pseudonyms.phone), ("document", pseudonyms.document)):
        table[f"link_{purpose}"] = _pseudonyms(values, purpose, form, key, rows)
    if "tokens" in values:
        written = _written(values, "tokens", rows)
        several = [text.split() or [""] * len(token_comparisons.TOKENS) for text in written.texts]
        for token, of_kind in zip(token_comparisons.TOKENS, zip(*several, strict=True), strict=True):
            table[f"link_{token}"] = pd.Series(pseudonyms.pseudonym(of_kind, token, key)[written.codes], dtype=object)
    return table


def _birth(values: Values, rows: int) -> Interval:
    """The birth of each person: the stated date, narrowed by stated ages; where there is no date, what ages say.

    Who has completed `a` years on a day was born at most `a` + 1 years before it, less a day, and at least `a`.
    """
    low, high = _day(values, "birth", rows)
    for age, (first, last) in (
        ("age", _day_of_detection(values, rows)),
        ("age_exploited", _day(values, "exploited", rows)),
    ):
        if age in values:
            youngest, oldest = _interval(values, age)
            earliest, latest = years_before(first, oldest + 1) + np.timedelta64(1, "D"), years_before(last, youngest)
            narrowed = np.fmax(low, earliest), np.fmin(high, latest)
            # An age that a date, or another age, does not allow is a year off.
            apart = narrowed[0] > narrowed[1]
            low, high = np.where(apart, low, narrowed[0]), np.where(apart, high, narrowed[1])
    return low, high


def _day(values: Values, name: str, rows: int) -> Interval:
    return _interval(values, name) if name in values else (np.full(rows, _NEVER), np.full(rows, _NEVER))


def _day_of_detection(values: Values, rows: int) -> Interval:
    """The day on which each person was detected; if it is not stated, within the year before the record was entered."""
    low, high = _day(values, "detected", rows)
    for name in ("reported", "referred_in"):
        entered = _day(values, name, rows)
        unknown = np.isnat(low) & np.isnat(high)
        low = np.where(unknown, entered[0] - np.timedelta64(366, "D"), low)
        high = np.where(unknown, entered[1], high)
    return low, high


def _pseudonyms(
    values: Values, name: str, form: Callable[[Sequence[str]], Sequence[str] | np.ndarray], key: str, rows: int
) -> pd.Series:
    written = _written(values, name, rows)
    # Left as they are: what is made of them next is not a table of text.
    return pd.Series(pseudonyms.pseudonym(form(written.texts), name, key)[written.codes], dtype=object)


def _written(values: Values, name: str, rows: int) -> Written:
    found = values.get(name, {}).get("value")
    return found if isinstance(found, Written) else Written([""], np.zeros(rows, int), np.zeros(1, bool))


def _text(values: Values, name: str, rows: int) -> pd.Categorical:
    """A field's texts; "" throughout where the source does not have it."""
    found = values.get(name, {}).get("value")
    return found if isinstance(found, pd.Categorical) else _constant("", rows)


def of_rows(value: np.ndarray | pd.Categorical | Written, rows: np.ndarray) -> np.ndarray | pd.Categorical | Written:
    """The values of some rows; what stands in the others alone is not to be found in the categories either."""
    kept = value[rows]
    if not isinstance(kept, pd.Categorical):
        return kept
    used = np.bincount(kept.codes, minlength=len(kept.categories)) > 0
    renumbered = (np.cumsum(used) - 1)[kept.codes]
    return kept if used.all() else pd.Categorical.from_codes(renumbered, categories=kept.categories[used])


def _constant(text: str, rows: int) -> pd.Categorical:
    return pd.Categorical.from_codes(np.zeros(rows, np.int8), categories=pd.Index([text], dtype=object))


def spread(distinct: np.ndarray, codes: np.ndarray) -> pd.Categorical:
    """Texts of which one stands in each row."""
    place, categories = pd.factorize(distinct)
    return pd.Categorical.from_codes(place[codes], categories=pd.Index(categories, dtype=object))


def journeys(
    stops: Sequence[pd.DataFrame], record_ids: np.ndarray, clean: np.ndarray, transit_asked: bool
) -> pd.DataFrame:
    """Stops in the order of each journey, without those of records in quarantine; each place of a cell is a stop.

    A stop of which only the role or the date is known has the place "". One whose row is in quarantine leaves its
    number out, so that the stops before and after it are not taken to be next to each other.

    Parameters
    ----------
    stops : one table a stop of the mapping: person (place among `record_ids`), order (of the mapping), row, place_id
        (ids joined by ";"), role, left_out (its own row is in quarantine), and the interval of the date.
    record_ids, clean : id of each record, and whether it is in no quarantine.
    transit_asked : whether the list asks for places of transit; where it does not, none is no sign of a direct way.
    """
    filled = [table[clean[table["person"]]] for table in stops]
    filled = [table.astype({"place_id": object, "role": object}) for table in filled if len(table)]
    if not filled:
        return pd.DataFrame(columns=STOPS)
    table = pd.concat(filled, ignore_index=True)
    if table["place_id"].str.contains(";").any():
        table = table.assign(place_id=table["place_id"].str.split(";")).explode("place_id", ignore_index=True)
    table = table.sort_values(["person", "order", "row"], kind="stable", ignore_index=True)
    table["seq"] = table.groupby("person").cumcount() + 1
    table["journey_id"] = record_ids[table["person"]]
    table["transit_asked"] = transit_asked
    return table.loc[~table["left_out"], STOPS].reset_index(drop=True)


def reason(rule: str, column: Column, exported: datetime.date) -> str:
    """A sentence on why a row is in quarantine and what would help; it holds nothing from the row itself."""
    codes = "Correct it at the source, or add it to `codes:` in the mapping."
    dated = "Correct it, or the mapping's `format:`, or say under `values:` what it means."
    return {
        "date": f"Not a date as {' or '.join(column.formats)}. {dated}",
        "date_range": f"Too long ago, or after the export, {exported}. Correct it, or the mapping's `date:`.",
        "number": f"Not an age between 0 and {OLDEST} years. {_what_helps_an_age(column)}",
        "code": f"Not in the code list. {codes}",
        "country": f"Not a country's code or name, or one that two countries share. {codes}",
        "place": "Not in the gazetteer, or shared by two places. Correct it, or add it to `places:` in the mapping.",
        "required": "Empty, though the mapping says that it is required.",
        "order": "It contradicts another cell of the row: see the dates and the age.",
        "formula": "A formula: its result depends on who opens the file. Paste it as a value at the source.",
        "note": "A note on the list, not a record: one text that spans nearly all columns, or stands alone in its row.",
        "total": "A total of other rows, not a record.",
        "duplicate": "The same in every cell as a row above it.",
        "left_out": "Left out by the corrections of the list.",
        "error": "An error of Excel, such as #N/A: the value is lost. Paste the value at the source.",
        "empty": "It states nothing but, at most, a number: a footnote, or a row that was never filled in.",
        "ragged": "More cells than the header has names: a separator may stand inside a text.",
        "truncated": "The file ends in the middle of this row. Ask for the file again.",
        "encoding": "It holds bytes that the declared encoding does not have.",
        "conflict": "Columns of one question say different things, and which is right is not known. Correct one.",
        "resubmission": "The form was sent before: it has the number of an earlier one, or its device and answers. "
        "If this copy is the right one, delete the other at the source.",
        "parent": "The form that it belongs to is missing, stands twice, or is itself in quarantine.",
    }[rule]


def _what_helps_an_age(column: Column) -> str:
    if not column.unit_column:
        return "Correct it, add the word beside it to `units:` in the mapping, or say under `values:` what it means."
    return (
        f"Correct it, or add what stands in '{column.unit_column}' to `units:` in the mapping, where "
        f'`"": years` is for an empty cell.'
    )


def stated(texts: Sequence[str], missing: Sequence[str]) -> list[str]:
    """The texts without what means "not stated", and without spaces around them."""
    if not missing:
        return list(map(str.strip, texts))
    nothing = {as_code(text) for text in missing}
    # Comparing is what takes time, and a longer text than all of them is none of them.
    longest = 2 * max(map(len, missing))
    return ["" if len(text) <= longest and as_code(text) in nothing else text for text in map(str.strip, texts)]


def date(texts: Sequence[str], field: str, column: Column, latest: datetime.date) -> pd.DataFrame:
    """``low``, ``high`` and ``precision`` of dates, by the column's formats and values."""
    earliest = dates.EARLIEST if field == "birth" else dates.EARLIEST_EVENT
    return dates.read(texts, column.formats, latest, earliest=earliest, values=column.values)


def code(texts: Sequence[str], field: str, column: Column) -> pd.DataFrame:
    """``value``: the code of each text; of several in one cell, all, joined by ";" in the order of the alphabet."""
    known = _known(field, column)
    several = FIELDS[field].kind == "codes" if field in FIELDS else False

    def one(text: str) -> tuple[str, str]:
        parts = [part for part in _parts(text, column.split if several else "") if part]
        codes = [known.get(part, known.get(as_code(part))) for part in parts]
        if any(found is None for found in codes):
            return ("", "code")
        named = sorted({found for found in codes if found})
        # "None" beside a code is a contradiction that a person has to resolve.
        return ("", "code") if NONE in named and len(named) > 1 else (";".join(named), "")

    return pd.DataFrame([one(text) for text in texts], columns=["value", "rule"])


def _known(field: str, column: Column) -> dict[str, str]:
    """Text -> code: the standard's codes and labels, other usual words, and the mapping's own, which win."""
    entry = FIELDS.get(field)
    codes = (entry.codes if entry else ROLES) or {}
    known = {label: name for name, label in codes.items()} | {name: name for name in codes}
    standard = _by_text(known | ((entry.other_words if entry else None) or {}))
    # "F?" says nothing of "F", which the standard knows.
    doubted = {
        as_code(text)
        for text, meaning in column.codes.items()
        if exactly(text) != as_code(text) and standard.get(as_code(text), meaning) != meaning
    }
    own = _by_text(column.codes)
    return standard | {text: meaning for text, meaning in own.items() if text not in doubted or text in column.codes}


def _by_text(meanings: dict[str, str]) -> dict[str, str]:
    """Texts, as they are and as they are compared: folded, where they have letters."""
    return {as_code(text): meaning for text, meaning in meanings.items()} | {
        text.strip(): meaning for text, meaning in meanings.items()
    }


def _parts(text: str, split: str) -> list[str]:
    return [part.strip() for part in text.split(split)] if split else [text]


def country(texts: Sequence[str], study: str, column: Column) -> pd.DataFrame:
    """``value``: ISO 3166-1 alpha-3 of a country's code or name in English, Turkish, French or Portuguese."""
    return _matched(places.match(texts, study, column.codes, "country"), "country")


def place(texts: Sequence[str], study: str, column: Column) -> pd.DataFrame:
    """``value``: id of a place in the gazetteer; of several in one cell, all, joined by ";" in their order."""
    pieces = {text: _parts(text, column.split) for text in texts}
    runs = {run for parts in pieces.values() for run in _runs(parts, column.split)} | set(texts)
    listed = sorted(runs)
    found = dict(zip(listed, places.match(listed, study, column.places), strict=True))
    return _matched([_joined(text, pieces[text], column.split, found) for text in texts], "place")


def _runs(parts: Sequence[str], split: str) -> list[str]:
    """Every run of neighbouring pieces, joined again."""
    ends = range(1, len(parts) + 1)
    return [split.join(parts[start:end]) for start in range(len(parts)) for end in ends if start < end]


def _joined(text: str, parts: Sequence[str], split: str, found: dict[str, str | None]) -> str | None:
    """Ids of the places that a cell names: Guiné-Bissau is one place, also where a hyphen stands between places."""
    if found[text] is not None:
        return found[text]
    ids, start = [], 0
    while start < len(parts):
        run = next((end for end in range(len(parts), start, -1) if found[split.join(parts[start:end])] is not None), 0)
        if not run:
            return None
        ids.append(found[split.join(parts[start:run])] or "")
        start = run
    return ";".join(filter(None, ids))


def _matched(found: Sequence[str | None], rule: str) -> pd.DataFrame:
    rules = ["" if one is not None else rule for one in found]
    return pd.DataFrame({"value": [one or "" for one in found], "rule": rules})


def answer(texts: Sequence[str], column: Column) -> pd.DataFrame:
    """``value``: 1 for yes, 0 for no, -1 for not stated, in the column of one code."""
    meaning = _by_text(dict.fromkeys(column.yes, "1") | dict.fromkeys(column.no, "0")) | {"": "-1"}
    found = [meaning.get(text, meaning.get(as_code(text))) for text in texts]
    rules = ["code" if value is None else "" for value in found]
    return pd.DataFrame({"value": [int(value or -1) for value in found], "rule": rules})


def from_answers(answers: dict[str, list[np.ndarray]]) -> tuple[np.ndarray, np.ndarray]:
    """Codes from a yes or no to each, and the rows whose answers contradict each other.

    Those with yes; ``None`` where all say no; "" where nothing is known, or where the source says so.

    Parameters
    ----------
    answers : code -> of each of its columns, 1, 0 or -1 a row. The code "" stands for "not known", ``None`` for none.
    """
    said = {code: np.max(columns, axis=0) for code, columns in answers.items()}
    names = [code for code in said if code not in ("", NONE)]
    nothing = np.zeros(len(next(iter(said.values()))), np.int64)
    each_no = [np.min(answers[name], axis=0) == 0 for name in names]
    all_no = np.all(each_no, axis=0) if names else nothing > 0
    bits = sum(((said[name] == 1).astype(np.int64) << bit for bit, name in enumerate(names)), nothing)
    masks, place = np.unique(bits, return_inverse=True)
    joined = [";".join(sorted(name for bit, name in enumerate(names) if mask >> bit & 1)) for mask in masks.tolist()]
    found = np.array(joined, dtype=object)[place]
    none = said.get(NONE, nothing) == 1
    unknown = said.get("", nothing) == 1
    found[(bits == 0) & (none | (all_no & ~unknown))] = NONE
    return found, (bits > 0) & none


Reader = Callable[[Sequence[str]], pd.DataFrame]


def reader(field: str, column: Column, study: str, decimal: str, latest: datetime.date) -> Reader:
    """Return the function that reads the distinct texts of a field's column."""
    kind = FIELDS[field].kind if field in FIELDS else field
    return {
        "date": lambda texts: date(texts, field, column, latest),
        "age": lambda texts: ages.read(texts, column.units, decimal, column.values),
        "code": lambda texts: code(texts, field, column),
        "codes": lambda texts: answer(texts, column) if column.columns else code(texts, field, column),
        "role": lambda texts: code(texts, field, column),
        "country": lambda texts: country(texts, study, column),
        "place": lambda texts: place(texts, study, column),
    }[kind]
