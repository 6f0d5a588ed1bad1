"""The coding sheet as an XLSForm, for KoboToolbox and other programs of ODK: one submission is one coder's country."""

from __future__ import annotations

import datetime
import io
from collections.abc import Mapping

import pandas as pd
import xlsxwriter

from analysis import areas
from analysis.referral.coding.scale import NOT_APPLICABLE, UNKNOWN, Indicator, choices, digest, indicators
from analysis.spreadsheets import EXCEL

STUDY = "west_africa"
# Who answers, as the form names it -> as the codes do.
ROLES = {"first": "first", "second": "second", "adjudicator": "adjudicated"}
# A number or words follow in a question of their own.
KNOWN = "known"
_SURVEY = ("type", "name", "label", "hint", "required", "relevant", "constraint", "constraint_message", "calculation")
_CREATED = datetime.datetime(2024, 1, 1)


def form(framework: pd.DataFrame, countries: Mapping[str, str] | None = None) -> bytes:
    """The form as an Excel file that pyxform takes; the same bytes each time.

    Every indicator is answered, if only by "unknown"; its evidence is asked for unless it is unknown. An adjudicator
    answers those that the coders differ on, and no others.

    Parameters
    ----------
    framework : the 60 indicators, as ``catalog.load("nrm_framework")`` gives them.
    countries : area_id -> name, in their order; None: the sixteen of the study.
    """
    if countries is None:
        countries = {area_id: areas.get(area_id).name for area_id in areas.ids(STUDY)}
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
        book.set_properties({"title": "Coding of referral mechanisms", "created": _CREATED})
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
