"""The workbook in which a second coder codes a tenth of a study's rows blind, how it is read back, and what is kept.

It names each row and its source, and no figure or answer of the first coder. What is answered is added to
``second_coding.csv``, by row, with initials and day; lines are only ever added.
"""

from __future__ import annotations

import datetime
import hashlib
import io
import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pandas as pd
import xlsxwriter

from analysis import areas, bibliography, catalog, coded_rows, indicators, texts
from analysis.catalog import shown
from analysis.coded_rows import BELOW_5, NUMBERS
from analysis.file_writing import write_whole
from analysis.intake.source import ERROR, letters, sheets
from analysis.referral.coding_sheet import COLOURS, number
from analysis.referral.krippendorff_alpha import krippendorff_alpha
from analysis.referral.weighted_kappa import NotComparable, coder_agreement
from analysis.referral.workbook_parts import ABOUT, CREATED, about, finish, read_me
from analysis.spreadsheets import EXCEL, csv_bytes, unguarded_table
from bounded import intervals
from bounded.refusal import Coded

TEXT = texts.of(__name__)
INSTRUCTIONS, FAULTS = texts.table(__name__, "instructions"), texts.table(__name__, "faults")
SCHEMA, LINES, KEPT = "second_coding", "Rows", "second_coding"
COLUMNS = ("day", "initials", "row_id", "field", "found", "value", "low", "high", "qualifier", "page", "reason")
# Column of the sheet -> its header. The first are printed, the others are filled in.
PRINTED = {
    "row": "Row", "data_set": "Data set", "title": "Source", "publisher": "Publisher", "year": "Year",
    "url": "Address", "place": "Place", "period": "Period", "indicator": "Indicator", "definition": "Definition",
    "breakdown": "Breakdown", "unit": "Unit", "asked": "What is asked",
}  # fmt: skip
ANSWERED = {
    "value": "Value", "low": "Low", "high": "High", "qualifier": "Qualifier", "absent": "Not found in the source",
    "page": "Page", "reason": "Reason",
}  # fmt: skip
HEADERS = PRINTED | ANSWERED
QUALIFIERS = ("exact", "at_least", "at_most", "approx", "range", "below_5")
_WIDTHS = {"row": 9, "title": 34, "url": 30, "indicator": 24, "definition": 30, "breakdown": 26, "asked": 30,
           "reason": 30, "year": 7, "low": 9, "high": 9, "page": 8}  # fmt: skip
_ABSENT = {"x", "yes", "not found"}
_DAY = re.compile(r"\d{4}(-\d\d(-\d\d)?)?")
# Signs between thousands.
_THOUSANDS = (",", ".", " ", "'", "-", "\u00a0", "\u202f")
_INITIALS = re.compile(r"[^\W\d_]{1,4}")


class SecondCodingError(Coded):
    """A workbook of a second coder cannot be written or read; the message says why, and what would help."""


def require_initials(initials: str) -> str:
    """The initials of a coder in capitals. Raises SecondCodingError unless they are one to four letters."""
    if not _INITIALS.fullmatch(initials.strip()):
        raise SecondCodingError("invalid_initials", "Initials are one to four letters, as in --initials AB.")
    return initials.strip().upper()


def workbook(study: str, initials: str) -> bytes:
    """Return the Excel file of the rows drawn of a study, for one coder; the same bytes each time."""
    asked = printed(study)
    title = f"Second coding of the evidence: {study}"
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"in_memory": True, **EXCEL}) as book:
        book.set_properties({"title": title, "created": CREATED})
        read_me(book, title, INSTRUCTIONS)
        page = book.add_worksheet(LINES)
        look = {"text_wrap": True, "valign": "top", "border": 1, "border_color": "#B0B0B0"}
        locked, head = book.add_format(look), book.add_format(look | {"bold": True, "bg_color": "#E6E6E6"})
        empty = book.add_format(look | {"locked": False, "bg_color": COLOURS["second"], "num_format": "@"})
        for column, (field, name) in enumerate(HEADERS.items()):
            page.write_string(0, column, name, head)
            page.set_column(column, column, _WIDTHS.get(field, 14))
        for row, line in enumerate(asked.to_dict("records"), start=1):
            for column, field in enumerate(HEADERS):
                if field in PRINTED:
                    page.write_string(row, column, line[field], locked)
                else:
                    page.write_blank(row, column, None, empty)
        for field, choices in (("qualifier", QUALIFIERS), ("absent", ("x",))):
            at = list(HEADERS).index(field)
            page.data_validation(1, at, max(len(asked), 1), at, {"validate": "list", "source": list(choices)})
        finish(page, max(len(asked), 1), len(HEADERS) - 1, list(HEADERS).index("title") + 1, title)
        about(book, {"schema": SCHEMA, "study": study, "initials": initials})
    return content.getvalue()


def printed(study: str) -> pd.DataFrame:
    """Return what a second coder of a study sees: a row a thing asked, with the columns of `PRINTED` as texts.

    A figure of the row that stands in the title of its source is masked, and an address that holds it is left out.
    """
    table = coded_rows.lines(coded_rows.drawn(study))
    words = {each.indicator: f"{each.words}. {each.limits}" for each in indicators.of(study)}
    names = areas.names(study)
    made = []
    for line in table.itertuples():
        source = bibliography.source(line.source_id)
        cells = {name: getattr(line, name) for name in coded_rows.SHOWN}
        cells["place"] = "; ".join(dict.fromkeys(_place(each, names) for each in line.place.split("; ")))
        cells["definition"] = cells["definition"] or words.get(line.indicator, "")
        cells |= {"indicator": line.indicator.replace("_", " "), "data_set": line.data_set.replace("_", " ")}
        title, url = source.title, source.url
        if forms := _as_printed(line) if line.level in NUMBERS else []:
            # A title is masked; of an address one sign tells nothing, and more are not to be guessed.
            title = re.sub(rf"(?<!\d)(?<!\d[.,])(?:{'|'.join(forms)})(?!\d|[.,]\d)", "…", title)
            # An address has 7.2 as 7-2 or 72.
            decimals = [text.replace(".", sign) for text in {line.value, line.low, line.high} for sign in ("-", "")]
            long = [each for each in {*forms, *decimals} if len(each) > 1]
            url = TEXT["no_address"] if long and re.search(rf"(?<!\d)(?:{'|'.join(long)})(?!\d)", url) else url
        cells |= {"title": title, "url": url, "publisher": source.original_publisher or source.publisher}
        row = f"{coded_rows.digest(line.row_id)}.{line.field}"
        made.append(cells | {"row": row, "year": source.year, "asked": _asked(line)})
    return pd.DataFrame(made, columns=list(PRINTED), dtype=object)


def _place(place: str, names: Mapping[str, str]) -> str:
    """A place as a coder knows it: a country by its name, an area by its name and id, another as the row has it."""
    if place in names:
        return names[place] if len(place) == 3 else f"{names[place]} ({place})"
    return areas.country_name(place, place) if len(place) == 3 and place.isupper() else place


def _asked(line) -> str:
    if line.level in NUMBERS:
        return TEXT["figure"]
    if line.field == coded_rows.STATED:
        return TEXT["stated"]
    words = sorted(coded_rows.words_of(line.data_set, line.field))
    several = ";" in "".join(catalog.load(line.data_set)[line.field].astype(str))
    asked = " | ".join([*words, *([TEXT["day"]] if _has_days(line.data_set, line.field) else [])])
    return f"{line.field.replace('_', ' ')}: {asked}" + (TEXT["several"] if several else "")


def _has_days(data_set: str, field: str) -> bool:
    return bool(catalog.load(data_set)[field].astype(str).str.fullmatch(_DAY).any())


def _as_printed(line) -> list[str]:
    """The figures of a row in the forms in which a title or an address may have them, as regular expressions."""
    forms = set()
    for text in {line.value, line.low, line.high} - {"", BELOW_5}:
        figure = float(text)
        plain = str(int(figure)) if figure.is_integer() else text
        grouped = f"{int(figure):,}" if figure.is_integer() else plain
        forms |= {plain, plain.replace(".", ",")} | {grouped.replace(",", sign) for sign in _THOUSANDS}
    return [re.escape(each) for each in sorted(forms, key=len, reverse=True)]


def answers_in(path: Path, study: str, initials: str) -> tuple[list[dict[str, str]], list[str]]:
    """Return the answers that stand in a workbook, and what is wrong with what was not taken up.

    Returns
    -------
    Answers as `add` takes them; a sentence for each wrong cell, with file, row and column, and not what stands in it.

    Raises
    ------
    SecondCodingError : it is no such workbook, or that of another study or coder.
    analysis.intake.source.SourceError : the file cannot be read.
    """
    found = sheets(path)
    if not {ABOUT, LINES} <= set(found):
        raise SecondCodingError("not_a_workbook", f"{shown(path)} is no workbook that `form second-coding` writes.")
    labels = {cells[0]: cells[1] for _, cells in found[ABOUT].rows if len(cells) > 1 and cells[0]}
    written_for = f"{shown(path)} was written for the"
    if (schema := labels.get("schema")) != SCHEMA:
        raise SecondCodingError("other_schema", f"{written_for} schema {schema!r}, not {SCHEMA!r}.")
    if (of := labels.get("study")) != study:
        raise SecondCodingError("other_study", f"{written_for} study {of!r}, not {study!r}.")
    if (coder := labels.get("initials")) != initials:
        raise SecondCodingError("other_initials", f"{written_for} initials {coder!r}, not {initials!r}.")
    table = coded_rows.lines(coded_rows.rows(study))
    known = {f"{coded_rows.digest(line.row_id)}.{line.field}": line for line in table.itertuples()}
    at: dict[str, int] = {}
    given: list[tuple[int, str, dict[str, str]]] = []
    wrong: list[str] = []
    for place, cells in found[LINES].rows:
        if not at:
            heads = {cell.strip(): column for column, cell in enumerate(cells)}
            if missing := [name for name in HEADERS.values() if name not in heads]:
                raise SecondCodingError("missing_column", f"{shown(path)}, row {place}: no column {missing[0]}.")
            at = {field: heads[name] for field, name in HEADERS.items()}
            continue
        said = {field: cells[column].strip() if column < len(cells) else "" for field, column in at.items()}
        if any(said[field] for field in ANSWERED):
            given.append((place, said["row"], {field: said[field] for field in ANSWERED}))
        elif faults := _formulas(found[LINES].formulas, place, at):
            wrong += [_fault(path, place, at, field, "formula") for field in faults]
    twice = {name for name, times in Counter(name for _, name, _ in given).items() if times > 1}
    answers = []
    for place, name, said in given:
        fault = next(((field, "formula") for field in _formulas(found[LINES].formulas, place, at)), None)
        fault = fault or next(((field, "formula") for field, text in said.items() if text == ERROR), None)
        fault = fault or (("row", "no_row") if name not in known else ("row", "twice") if name in twice else None)
        fault = fault or _broken(said, known[name])
        if fault:
            wrong.append(_fault(path, place, at, *fault))
        else:
            line = known[name]
            answers.append({"row_id": line.row_id, "field": line.field, **_kept(said, line)})
    return answers, wrong


def _formulas(ranges: Sequence[tuple[int, int, int, int]], place: int, at: dict[str, int]) -> list[str]:
    return [field for field in ANSWERED
            if any(a <= place <= b and left <= at[field] + 1 <= right for a, b, left, right in ranges)]  # fmt: skip


def _fault(path: Path, place: int, at: dict[str, int], field: str, rule: str) -> str:
    return f"{shown(path)}, row {place}, column {letters(at[field] + 1)} ({HEADERS[field]}): {FAULTS[rule]}"


def _broken(said: dict[str, str], line) -> tuple[str, str] | None:
    """The first cell of an answer that breaks a rule, and the rule."""
    filled = [field for field in ("value", "low", "high", "qualifier") if said[field]]
    if said["absent"]:
        if said["absent"].lower() not in _ABSENT:
            return "absent", "mark"
        return (filled[0], "both") if filled else None
    if not filled:
        return "value", "no_answer"
    if line.level not in NUMBERS:
        if filled != ["value"]:
            return next(field for field in filled if field != "value"), "no_number"
        return None if _is_code(said["value"], line) else ("value", "word")
    for field in ("value", "low", "high"):
        if said[field] and _figure(said[field]) is None and not (field == "value" and said[field] == BELOW_5):
            return field, "figure_only"
    if said["qualifier"] and said["qualifier"].lower() not in QUALIFIERS:
        return "qualifier", "qualifier_only"
    if not said["value"] and not (said["low"] and said["high"]):
        return "value", "no_answer"
    ends = [float(_figure(said[field]) or 0) for field in ("low", "value", "high") if said[field] not in ("", BELOW_5)]
    return None if ends == sorted(ends) else ("low" if said["low"] else "high", "order")


def _is_code(text: str, line) -> bool:
    words = coded_rows.code(text.lower()).split(";")
    known = {each.lower() for each in coded_rows.words_of(line.data_set, line.field)}
    if _has_days(line.data_set, line.field) if line.field != coded_rows.STATED else False:
        words = [word for word in words if not _DAY.fullmatch(word)]
    return set(words) <= known


def _figure(text: str) -> str | None:
    """A number as it is kept; None for what is none, and for 1,234, which can be a thousand or little more than one."""
    found = number(text)
    if found is None or re.fullmatch(r"[+-]?[1-9]\d{0,2}[.,]\d{3}", text) or "e" in text.lower():
        return None
    return str(int(found)) if found == int(found) else repr(found)


def _kept(said: dict[str, str], line) -> dict[str, str]:
    kept = {"found": "no" if said["absent"] else "yes", "page": said["page"], "reason": said["reason"]}
    if line.level not in NUMBERS:
        return kept | {"value": coded_rows.code(said["value"].lower()), "low": "", "high": "", "qualifier": ""}
    figures = {
        field: said[field] if said[field] == BELOW_5 else _figure(said[field]) or ""
        for field in ("value", "low", "high")
    }
    return kept | figures | {"qualifier": said["qualifier"].lower()}


def add(answers: Sequence[dict[str, str]], initials: str) -> int:
    """Add answers of one coder to those that are kept, enter the file anew, and return how many of them were new."""
    entry = catalog.dataset(KEPT)
    catalog.verify(KEPT)
    before = unguarded_table(pd.DataFrame(catalog.cells(entry.path, COLUMNS), columns=list(COLUMNS), dtype=object))
    said = [name for name in COLUMNS if name not in ("day", "initials", "row_id", "field")]
    mine = before[before["initials"] == initials].drop_duplicates(["row_id", "field"], keep="last")
    last = {(row["row_id"], row["field"]): [row[name] for name in said] for row in mine.to_dict("records")}
    new = [each for each in answers if last.get((each["row_id"], each["field"])) != [each[name] for name in said]]
    if not new:
        return 0
    signed = {"day": datetime.date.today().isoformat(), "initials": initials}
    content = csv_bytes(pd.concat([before, pd.DataFrame([each | signed for each in new])])[list(COLUMNS)])
    listed = catalog.RAW / entry.catalogue
    write_whole(entry.path, content)
    now = hashlib.sha256(content).hexdigest()
    write_whole(listed, listed.read_text(encoding="utf-8").replace(entry.sha256, now).encode())
    catalog.datasets.cache_clear()
    return len(new)


def agreement(codings: pd.DataFrame, confidence: float = 0.95) -> pd.DataFrame:
    """Return how far second coders agree with the first, by data set and field.

    Of each second coder the first answer on a row counts; later ones, as after a talk, are not independent. What was
    not found in the source is counted apart. Figures are compared by their bounds for the share of rows coded alike,
    and by the figure, or the middle of its bounds, for alpha.

    Parameters
    ----------
    codings : as `coded_rows.second_codings` gives them. confidence : level of the limits, between 0 and 1.

    Returns
    -------
    DataFrame: data_set, field, level, coefficient, n (rows that a second coder found), not_found, estimate, low, high,
    note (why a number is missing). Of words also Gwet's AC1, of the first of the second coders.
    """
    once = codings[~codings["gone"]].drop_duplicates(["initials", "row_id", "field"])
    made = []
    for (data_set, field, level), part in once.groupby(["data_set", "field", "level"], sort=True):
        found = part[part["found"].eq("yes")]
        pairs = found.drop_duplicates("row_id")
        base = {"data_set": data_set, "field": field, "level": level, "n": len(pairs)}
        base["not_found"] = int(part["found"].eq("no").sum())
        for name, numbers in _coefficients(found, pairs, str(level), confidence):
            made.append(base | {"coefficient": name} | numbers)
    columns = ["data_set", "field", "level", "coefficient", "n", "not_found", "estimate", "low", "high", "note"]
    return pd.DataFrame(made, columns=columns)


def _coefficients(
    found: pd.DataFrame, pairs: pd.DataFrame, level: str, confidence: float
) -> Iterator[tuple[str, dict]]:
    if pairs.empty:
        return
    alike = int(pairs["alike"].sum())
    low, high = intervals.wilson(alike, alike, len(pairs), confidence)
    yield "coded alike", {"estimate": alike / len(pairs), "low": float(low), "high": float(high), "note": ""}
    numbers = level in NUMBERS
    names = ("value", "low", "high", "qualifier")
    firsts = ("first_value", "first_low", "first_high", "first_value_qualifier")
    answers = [(_point if numbers else _code)(*cells) for cells in zip(*(found[name] for name in names), strict=True)]
    wide = found.assign(answer=answers).pivot(index="row_id", columns="initials", values="answer")
    first = [(_point if numbers else _code)(*cells) for cells in zip(*(pairs[name] for name in firsts), strict=True)]
    codes = wide.assign(first=pd.Series(first, index=pairs["row_id"].to_numpy()).reindex(wide.index))
    found_alpha = krippendorff_alpha(codes, level, confidence=confidence)
    yield f"Krippendorff's alpha ({level})", {name: found_alpha[name] for name in ("estimate", "low", "high", "note")}
    if not numbers:
        both = pd.DataFrame(
            {"item": pairs["row_id"], "first": first, "second": [_code(each) for each in pairs["value"]]}
        )
        try:
            table = coder_agreement(both, confidence=confidence).set_index("coefficient")
        except NotComparable as error:
            yield "Gwet's AC1", {"estimate": None, "low": None, "high": None, "note": str(error)}
        else:
            yield "Gwet's AC1", table.loc["Gwet's AC1", ["estimate", "low", "high", "note"]].to_dict()


def sentences(study: str, confidence: float = 0.95) -> list[str]:
    """Return how many rows of a study were drawn and coded twice, and how far the coders agree, a line each."""
    drawn, table, of_study = coded_rows.drawn(study), coded_rows.second_codings(), coded_rows.rows(study)["row_id"]
    own = table[table["row_id"].isin(of_study)]
    coders = ", ".join(sorted(own["initials"].unique()))
    n, coded = len(of_study), own["row_id"].nunique()
    said = [
        TEXT["drawn"].format(drawn=len(drawn), rows=n),
        TEXT["coded"].format(coded=coded, coders=coders) if coded else TEXT["none"],
    ]
    for row in agreement(own, confidence).itertuples():
        is_known = pd.notna(row.estimate)
        numbers = f"{row.estimate:.3f} ({row.low:.3f} to {row.high:.3f})" if is_known else f"none, {row.note}"
        said.append(f"{row.data_set}, {row.field}: {row.coefficient} {numbers}; n = {row.n}, not found {row.not_found}")
    gone = int(table["gone"].sum())
    return [*said, *([TEXT["gone"].format(gone=gone)] if gone else [])]


def _point(value: str, low: str, high: str, qualifier: str) -> float:
    least, most = coded_rows.bounds(value, low, high, qualifier)
    return float(value) if value not in ("", BELOW_5) else (least + most) / 2 if math.isfinite(most) else least


def _code(value: str, *_: str) -> str:
    return coded_rows.code(value.lower())
