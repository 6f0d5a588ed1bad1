"""The coding sheet: an Excel file, or a form of ODK, in which people code the indicators of one country.

What may be answered to an indicator, in words and as a coder types it. People write "3 - in operation", "Oui" or
"45,5": what has one meaning is read; "NA", which can mean unknown or not applicable, "2-3" and "yes?" are not.

Two coders answer independently, each in a copy of their own; an adjudicator settles what they differ on. Cells that are
answered are unlocked and hold text, so that Excel makes no date of 1/2 and no fraction of 45 %. In the form for
KoboToolbox one submission is one coder's country.
"""

from __future__ import annotations

import datetime
import hashlib
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import xlsxwriter

from analysis import areas, jobs, texts
from analysis.intake.pseudonyms import fold
from analysis.referral.workbook_parts import CREATED, about, finish, read_me
from analysis.spreadsheets import EXCEL
from bounded.refusal import Refusal

UNKNOWN, NOT_APPLICABLE = "unknown", "not applicable"
YES, NO = "yes", "no"
# What is typed for an answer that is none of a scale, folded, in the languages of the countries of the study.
_WORDS = {
    **dict.fromkeys(("unknown", "not known", "inconnu", "inconnue", "desconhecido", "desconhecida"), UNKNOWN),
    **dict.fromkeys(("not applicable", "non applicable", "sans objet", "nao aplicavel"), NOT_APPLICABLE),
}
_YES_NO = {**dict.fromkeys(("yes", "oui", "sim"), YES), **dict.fromkeys(("no", "non", "nao"), NO)}
_TWO_MEANINGS = ("na", "n a", "nd", "n d", "s o")
_NUMBER = re.compile(r"([+-]?)(\d+)(?:([.,])(\d+))?(e[+-]?\d+)?", re.IGNORECASE)
# A level and its name: "3 - in operation", "2: adopted".
_LEVEL = re.compile(r"(\d)\s*[-–—:.=,)/]?\s*([^\W\d_][^\d?<>≤≥~+*]*)?")
_DOUBT = re.compile(r"[?<>≤≥~+*]")
_DATE = re.compile(r"\d{4}-\d\d-\d\d.*", re.DOTALL)


@dataclass(frozen=True)
class Indicator:
    """One indicator as it is coded: `top` is NaN for a measure, `levels` are the names of a level's steps from 0."""

    indicator_id: str
    dimension_id: str
    dimension: str
    text: str
    short: str
    scale: str
    top: float
    levels: tuple[str, ...]
    words: str


def indicators(framework: pd.DataFrame) -> dict[str, Indicator]:
    """The indicators of the framework by their ids, in its order."""
    found = {}
    for row in framework.to_dict("records"):
        printed = [part.strip() for part in row["answer_scale"].split("|")]
        steps = [part.partition(" ") for part in printed if part[:1].isdigit()] if row["scale"] == "level" else []
        found[row["indicator_id"]] = Indicator(
            indicator_id=row["indicator_id"],
            dimension_id=row["dimension_id"],
            dimension=row["dimension"],
            text=row["indicator"],
            short=row["short"],
            scale=row["scale"],
            top=float(row["top"]),
            levels=tuple(name for _, _, name in sorted(steps)),
            words=_words(row),
        )
    return found


def digest(framework: pd.DataFrame) -> str:
    """Twelve signs that change with what is asked: ids, texts and scales of the indicators."""
    rows = [
        "|".join((each.indicator_id, each.text, each.scale, f"{each.top:g}", each.words))
        for each in indicators(framework).values()
    ]
    return hashlib.sha256("\n".join(rows).encode()).hexdigest()[:12]


def choices(indicator: Indicator) -> list[str]:
    """The answers that a list can offer; for a share or a measure only those that are no number."""
    steps = {"level": indicator.top, "count": indicator.top}.get(indicator.scale)
    first = [str(step) for step in range(int(steps) + 1)] if steps is not None else []
    return [*first, *([YES, NO] if indicator.scale == "answer" else []), UNKNOWN, NOT_APPLICABLE]


def _words(row: dict) -> str:
    """The scale in words, as it stands beside the question; what the standard prints in brackets, and the parts."""
    parts = row["parts"].replace(";", ", ")
    made_of = {"sum": f"; one for each of: {parts}", "weakest": f"; the weakest decides of: {parts}"}
    printed = row["answer_scale"]
    said = {
        "level": " | ".join(part for part in printed.split("|") if part[:1].isdigit()),
        "answer": "yes | no" + ("" if printed.startswith(YES) else f" ({printed})"),
        "count": f"a whole number from 0 to {row['top']:g} ({printed})",
        "share": f"per cent, 0 to 100 ({printed})",
        "measure": f"a number, or words ({printed})",
    }[row["scale"]]
    return f"{said} | {UNKNOWN} | {NOT_APPLICABLE}{made_of.get(row['combine'], '')}"


def read_answer(text: str, indicator: Indicator, typed_in_excel: bool = True) -> tuple[str, float, str]:
    """An answer as typed, on the scale of its indicator.

    Parameters
    ----------
    text : not empty.
    typed_in_excel : whether a share below 1 may be a percentage that Excel keeps as a fraction (45 % as 0.45).

    Returns
    -------
    The answer as it is kept (``"0"`` to ``"3"``, ``yes``, ``no``, ``unknown``, ``not applicable``, a number, or the
    words of a measure); its value (NaN for what has none); the rule that it breaks, or "".
    """
    text = text.strip()
    folded = fold(text)
    if folded in _TWO_MEANINGS:
        return "", np.nan, "two_meanings"
    if not folded:
        return "", np.nan, "answer"
    if folded in _WORDS and not _DOUBT.search(text):
        return _WORDS[folded], np.nan, ""
    if _DATE.fullmatch(text):
        return "", np.nan, "made_a_date"
    if indicator.scale == "measure":
        return _measure(text)
    if _DOUBT.search(text):
        return "", np.nan, "answer"
    if indicator.scale == "answer":
        word = _YES_NO.get(folded, "")
        return (word, float(word == YES), "") if word else ("", np.nan, "answer")
    if indicator.scale == "share":
        return _share(text, typed_in_excel)
    value = number(text)
    if value is None and indicator.scale == "level":
        value = _level(text, indicator)
    if value is None or value != int(value) or not 0 <= value <= indicator.top:
        return "", np.nan, "answer"
    return str(int(value)), value, ""


def number(text: str) -> float | None:
    """A number with a point or a comma before its decimals; None for anything else, and for what is too large."""
    match = _NUMBER.fullmatch(text.strip())
    if match is None:
        return None
    sign, whole, _, decimals, exponent = match.groups()
    value = float(f"{sign}{whole}.{decimals or 0}{exponent or ''}")
    return value + 0.0 if np.isfinite(value) else None


def _level(text: str, indicator: Indicator) -> float | None:
    """The level of its name, or of its number and a part of its name; None where the two contradict each other."""
    names = [fold(name) for name in indicator.levels]
    if fold(text) in names:
        return float(names.index(fold(text)))
    match = _LEVEL.fullmatch(text)
    if match is None or int(match[1]) >= len(names):
        return None
    level, said = int(match[1]), fold(match[2] or "")
    return float(level) if f" {said} " in f" {names[level]} " or not said else None


def _share(text: str, typed_in_excel: bool) -> tuple[str, float, str]:
    bare = text.rstrip("%").rstrip()
    value = number(bare)
    if value is None or not 0 <= value <= 100 or text.count("%") > 1:
        return "", np.nan, "answer"
    if typed_in_excel and 0 < value <= 1 and bare == text:
        return "", np.nan, "fraction"
    return _plain(value), value, ""


def _measure(text: str) -> tuple[str, float, str]:
    value = number(text)
    if value is None:
        return text, np.nan, ""
    # 1,234 is a thousand and more to some, and little more than one to others.
    if re.fullmatch(r"[+-]?[1-9]\d{0,2},\d{3}", text):
        return "", np.nan, "thousands"
    return _plain(value), value, ""


def _plain(value: float) -> str:
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(value)


def assessed_study() -> str:
    """Return the study whose mechanisms are assessed: notebooks/analyses.csv has the notebook run for it.

    Raises
    ------
    Refusal : it is run for no study, or for several.
    """
    studies = jobs.ALL["referral_mechanisms"].studies
    if len(studies) != 1:
        raise Refusal(
            "not_one_study",
            f"The notebook referral_mechanisms runs for {', '.join(studies) or 'no study'} in notebooks/analyses.csv; "
            "a coding sheet is of one study.",
        )
    return studies[0]


# Who answers, as the form names it -> as the codes do.
ROLES = {"first": "first", "second": "second", "adjudicator": "adjudicated"}
# A number or words follow in a question of their own.
KNOWN = "known"
_SURVEY = ("type", "name", "label", "hint", "required", "relevant", "constraint", "constraint_message", "calculation")


def form(framework: pd.DataFrame) -> bytes:
    """The form as an Excel file that pyxform takes; the same bytes each time.

    Every indicator is answered, if only by "unknown"; its evidence is asked for unless it is unknown. An adjudicator
    answers those that the coders differ on, and no others.

    Parameters
    ----------
    framework : the 60 indicators, as ``catalog.load("nrm_framework")`` gives them.
    """
    countries = {area_id: areas.get(area_id).name for area_id in areas.ids(assessed_study())}
    asked = indicators(framework)
    sheets = {
        "survey": _survey(asked, digest(framework)),
        "choices": _choices(asked, countries),
        "settings": [
            {
                "form_title": "Coding of referral mechanisms",
                "form_id": "referral_coding",
                "version": digest(framework),
            }
        ],
    }
    content = io.BytesIO()
    options = {"in_memory": True, **EXCEL}
    with xlsxwriter.Workbook(content, options) as book:
        book.set_properties({"title": "Coding of referral mechanisms", "created": CREATED})
        bold = book.add_format({"bold": True})
        for name, rows in sheets.items():
            page = book.add_worksheet(name)
            page.freeze_panes(1, 0)
            columns = [column for column in (_SURVEY if name == "survey" else rows[0]) if any(map(_has(column), rows))]
            page.write_row(0, 0, columns, bold)
            for number, row in enumerate(rows, start=1):
                for place, column in enumerate(columns):
                    if row.get(column):
                        page.write_string(number, place, row[column])
    return content.getvalue()


def _has(column: str):
    return lambda row: bool(row.get(column))


def _survey(asked: Mapping[str, Indicator], framework: str) -> list[dict[str, str]]:
    yes = {"required": "yes"}
    rows = [
        {"type": "today", "name": "today"},
        {"type": "calculate", "name": "framework", "calculation": f"'{framework}'"},
        {"type": "note", "name": "how", "label": _HOW},
        {"type": "select_one countries", "name": "area_id", "label": "Country", **yes},
        {"type": "select_one roles", "name": "coder_role", "label": "Who are you?", **yes},
        {"type": "text", "name": "coder", "label": "Your name or initials", "hint": "The same each time", **yes},
    ]
    dimension = ""
    for indicator in asked.values():
        if indicator.dimension_id != dimension:
            rows += [{"type": "end_group"}] if dimension else []
            dimension = indicator.dimension_id
            title = f"{dimension}. {indicator.dimension}"
            rows.append({"type": "begin_group", "name": f"dimension_{dimension}", "label": title})
        rows += _questions(indicator)
    return [*rows, {"type": "end_group"}]


_HOW = (
    "Unknown is not no: answer 0 or no only where a source says that there is none. Each answer other than unknown "
    "needs its evidence and page. Do not talk with the other coder before both have sent their form."
)


def _questions(indicator: Indicator) -> list[dict[str, str]]:
    name = indicator.indicator_id
    rows = [
        {
            "type": f"select_one {_list(indicator)}",
            "name": name,
            "label": f"{name}. {indicator.text}",
            "hint": indicator.words,
            "required": "${coder_role} != 'adjudicator'",
        }
    ]
    follows = {"relevant": f"${{{name}}} = '{KNOWN}'", "required": "yes"}
    if indicator.scale == "share":
        rows.append(
            {
                "type": "decimal",
                "name": f"{name}_value",
                "label": "Per cent",
                "hint": "45 for 45 %",
                "constraint": ". >= 0 and . <= 100",
                "constraint_message": "Per cent lie between 0 and 100.",
                **follows,
            }
        )
    elif indicator.scale == "measure":
        rows.append({"type": "text", "name": f"{name}_value", "label": "The figure, or words", **follows})
    answered = f"${{{name}}} != '' and ${{{name}}} != '{UNKNOWN}'"
    evidence = {"type": "text", "name": f"{name}_evidence", "label": "Evidence: title, year and publisher, or address"}
    page = {"type": "text", "name": f"{name}_page", "label": "Page or article", "relevant": answered}
    return [*rows, evidence | {"relevant": answered, "required": "yes"}, page]


def _list(indicator: Indicator) -> str:
    """The list of choices of an indicator: one a scale, and one a length of it for counts."""
    if indicator.scale == "count":
        return f"count_{indicator.top:g}"
    return "known" if indicator.scale in ("share", "measure") else f"{indicator.scale}s"


def _choices(asked: Mapping[str, Indicator], countries: Mapping[str, str]) -> list[dict[str, str]]:
    found = {
        "countries": dict(countries),
        "roles": {"first": "First coder", "second": "Second coder", "adjudicator": "Adjudicator"},
    }
    for indicator in asked.values():
        if _list(indicator) in found:
            continue
        names = [*([KNOWN] if _list(indicator) == "known" else []), *choices(indicator)]
        labels = {str(level): f"{level} {name}" for level, name in enumerate(indicator.levels)}
        labels |= {KNOWN: "Known: say it below", UNKNOWN: "Unknown", NOT_APPLICABLE: "Not applicable"}
        # A name of a choice has no blanks.
        found[_list(indicator)] = {each.replace(" ", "_"): labels.get(each, each) for each in names}
    return [
        {"list_name": list_name, "name": name, "label": label}
        for list_name, of in found.items()
        for name, label in of.items()
    ]


# Title -> sentences below it, a line each.
INSTRUCTIONS = texts.table(__name__, "instructions")


def shown_evidence(
    prefilled: pd.DataFrame | None,
    asked: Mapping[str, Indicator],
    area_id: str,
    titles: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """Indicator -> what public evidence says of it, in words, with the titles of its sources, or their ids."""
    if prefilled is None:
        return {}
    of_area = prefilled[prefilled["area_id"] == area_id]
    return {
        row["indicator_id"]: _in_words(row, asked[row["indicator_id"]], titles or {})
        for row in of_area.to_dict("records")
        if row["indicator_id"] in asked
    }


def _in_words(row: dict, indicator: Indicator, titles: Mapping[str, str]) -> str:
    if not row.get("applies", True):
        return f"{NOT_APPLICABLE}: {row['note']}"
    if not row["known"]:
        return f"{UNKNOWN}: no public evidence was found"
    low, high = float(row["low"]), float(row["high"])
    if indicator.scale == "answer":
        said = "yes" if low == 1 else "no"
    elif low == high:
        said = f"{low:g}"
    elif np.isinf(high) or np.isnan(high):
        said = f"at least {low:g}"
    elif np.isinf(low) or np.isnan(low):
        said = f"at most {high:g}"
    else:
        said = f"{low:g} to {high:g}"
    if indicator.scale == "level":
        said += f" ({', up to '.join(dict.fromkeys((indicator.levels[int(low)], indicator.levels[int(high)])))})"
    said += " %" if indicator.scale == "share" else ""
    year = "" if pd.isna(row["year"]) else f", {int(row['year'])}"
    basis = row["basis"][:1].upper() + row["basis"][1:]
    names = [source for source in row["source_ids"].split(";") if source]
    sources = "; ".join(dict.fromkeys(titles.get(source, source) for source in names))
    return f"{said}. {basis}{year}" + (f". Sources: {sources}" if sources else "")


CODING = "Coding"
# What the file says of itself, so that its reader knows what it is.
SCHEMA = "coding_sheet"
# Field -> the name of its column. The first six are printed; the others are filled in.
PRINTED = {
    "area_id": "Country",
    "indicator_id": "Id",
    "dimension": "Dimension",
    "indicator": "Indicator",
    "scale": "Scale",
    "prefilled": "Public evidence so far",
}
ANSWERED = {
    f"{role}_{part}": f"{role.capitalize()} {part}"
    for role in ("first", "second")
    for part in ("answer", "evidence", "page", "coder", "date")
} | {"adjudicated_answer": "Adjudicated answer", "adjudicated_by": "Adjudicated by", "note": "Note"}
HEADERS = PRINTED | ANSWERED
_WIDTHS = {"area_id": 9, "indicator_id": 5, "dimension": 15, "indicator": 36, "scale": 30, "prefilled": 34}
_WIDTHS |= {"evidence": 34, "answer": 14, "page": 8, "coder": 14, "date": 12, "by": 14, "note": 30}
COLOURS = {"first": "#DCEBF5", "second": "#FBEBD0", "adjudicated": "#DDEFE6", "note": "#DDEFE6"}
_EARLIEST = datetime.date(2000, 1, 1)


def workbook(
    framework: pd.DataFrame,
    area_id: str,
    area_name: str,
    prefilled: pd.DataFrame | None = None,
    codes: pd.DataFrame | None = None,
    notes: pd.DataFrame | None = None,
    titles: Mapping[str, str] | None = None,
) -> bytes:
    """The coding sheet of one country; the same bytes each time.

    Parameters
    ----------
    framework : the 60 indicators, as ``catalog.load("nrm_framework")`` gives them.
    prefilled : answers that public evidence gives, shown beside each indicator: area_id, indicator_id, low, high,
        known, year, basis, source_ids (";" between), and where there are such applies and note. Rows of other areas
        are left out; None: no public evidence is shown.
    titles : source_id -> title, in which the sources are named; None: by their ids.
    codes, notes : answers that are given already, as `intake.intake` reads them, for the adjudicator's copy.

    Returns
    -------
    An Excel file with the sheets "Read me", "Coding" (one row an indicator) and "About" (what the file is).
    """
    asked = indicators(framework)
    shown = shown_evidence(prefilled, asked, area_id, titles)
    given = _given(codes, notes)
    content = io.BytesIO()
    options = {"in_memory": True, **EXCEL}
    with xlsxwriter.Workbook(content, options) as book:
        book.set_properties({"title": f"Coding of referral mechanisms: {area_name}", "created": CREATED})
        read_me(book, f"Coding of referral mechanisms: {area_name}", INSTRUCTIONS)
        _coding(book, asked, area_id, area_name, shown, given)
        labels = {"schema": SCHEMA, "area_id": area_id, "country": area_name}
        about(book, labels | {"framework": digest(framework), "kind": "public"})
    return content.getvalue()


def _coding(
    book: xlsxwriter.Workbook,
    asked: Mapping[str, Indicator],
    area_id: str,
    area_name: str,
    shown: Mapping[str, str],
    given: Mapping[tuple[str, str], str | datetime.date],
) -> None:
    page = book.add_worksheet(CODING)
    text = {"text_wrap": True, "valign": "top", "border": 1, "border_color": "#B0B0B0"}
    locked = book.add_format(text)
    # Formats of the cells to be filled in: text, or a day.
    open_cells = {
        (role, part): book.add_format(
            text | {"locked": False, "bg_color": colour, "num_format": "yyyy-mm-dd" if part == "date" else "@"}
        )
        for role, colour in COLOURS.items()
        for part in ("text", "date")
    }
    for column, (field, name) in enumerate(HEADERS.items()):
        role, _, part = field.rpartition("_")
        colour = COLOURS.get(role or field, "#E6E6E6") if field in ANSWERED else "#E6E6E6"
        page.write_string(0, column, name, book.add_format(text | {"bold": True, "bg_color": colour}))
        page.set_column(column, column, _WIDTHS.get(field, _WIDTHS.get(part)))
    for row, indicator in enumerate(asked.values(), start=1):
        said = (area_id, indicator.indicator_id, indicator.dimension, indicator.text, indicator.words)
        for column, printed in enumerate((*said, shown.get(indicator.indicator_id, ""))):
            page.write_string(row, column, printed, locked)
        for column, field in enumerate(ANSWERED, start=len(PRINTED)):
            role, _, part = field.rpartition("_")
            cell = open_cells[role or field, "date" if part == "date" else "text"]
            value = given.get((indicator.indicator_id, field), "")
            if isinstance(value, datetime.date):
                page.write_datetime(row, column, datetime.datetime.combine(value, datetime.time()), cell)
            elif value:
                page.write_string(row, column, value, cell)
            else:
                page.write_blank(row, column, None, cell)
            if part == "answer":
                page.data_validation(row, column, row, column, _validation(indicator))
            elif part == "date":
                page.data_validation(row, column, row, column, _DAY)
    last, width = len(asked), len(HEADERS) - 1
    page.ignore_errors({"number_stored_as_text": f"A1:{xlsxwriter.utility.xl_rowcol_to_cell(last, width)}"})
    _mark_differences(book, page, last)
    finish(page, last, width, list(HEADERS).index("indicator") + 1, area_name)


def _mark_differences(book: xlsxwriter.Workbook, page, last: int) -> None:
    """The adjudicated answer is framed in red where both coders have answered, differ, and nobody has settled it."""
    places = {field: column for column, field in enumerate(HEADERS)}
    cells = {
        role: xlsxwriter.utility.xl_rowcol_to_cell(1, places[f"{role}_answer"], col_abs=True)
        for role in ("first", "second", "adjudicated")
    }
    first, second, settled = cells.values()
    red = book.add_format({"border": 1, "border_color": "#C00000", "bg_color": "#F4C7C3"})
    column = places["adjudicated_answer"]
    rule = f'=AND({first}<>"",{second}<>"",{first}<>{second},{settled}="")'
    page.conditional_format(1, column, last, column, {"type": "formula", "criteria": rule, "format": red})


_DAY = {
    "validate": "date",
    "criteria": "between",
    "minimum": _EARLIEST,
    "maximum": "=TODAY()",
    "error_title": "Not a day",
    "error_message": "Write the day on which you answered, as 2026-11-26. It cannot lie in the future.",
}


def _validation(indicator: Indicator) -> dict[str, object]:
    """A list where a list can hold all answers, else a message; what is typed is checked when the file is read."""
    if indicator.scale in ("level", "answer", "count"):
        return {
            "validate": "list",
            "source": choices(indicator),
            "error_title": "Not on the scale",
            "error_message": "Choose from the list. Unknown is not no.",
        }
    number = "A number from 0 to 100: 45 for 45 %" if indicator.scale == "share" else "A number, or words"
    return {
        "validate": "any",
        "input_title": "Per cent" if indicator.scale == "share" else "A figure, or words",
        "input_message": f"{number}; or {UNKNOWN}, or {NOT_APPLICABLE}.",
    }


def _given(codes: pd.DataFrame | None, notes: pd.DataFrame | None) -> dict[tuple[str, str], str | datetime.date]:
    """(indicator, field) -> what stands there already."""
    found: dict[tuple[str, str], str | datetime.date] = {}
    for code in [] if codes is None else codes.to_dict("records"):
        role = code["coder_role"]
        fields = {"answer": code["answer"], "by" if role == "adjudicated" else "coder": code["coder"]}
        if role != "adjudicated":
            day = "" if pd.isna(code["date"]) else code["date"].date()
            fields |= {"evidence": code["evidence"], "page": code["page"], "date": day}
        found |= {(code["indicator_id"], f"{role}_{part}"): value for part, value in fields.items()}
    for note in [] if notes is None else notes.to_dict("records"):
        found[note["indicator_id"], "note"] = note["note"]
    return found
