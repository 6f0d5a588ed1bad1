"""Sentences by which findings open a page: time first, then the number, and who counted; and what is not known.

They are in English, as pages are. Number, bounds and period are those of the finding, in the words of all texts.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from analysis import texts
from analysis.report import templating

TEXT = texts.of(__name__)
# Letters of a reason that an opening prints whole.
_LONG = 120
# Letters of the sources that a sentence names, or so.
_SOURCES = 60
# How many things are named that are not known.
_NAMED = 2

Row = Mapping[str, Any]


def statement(row: Row) -> str:
    """A finding as a sentence that opens a page; one of synthetic data says so first."""
    from analysis.findings.measures import dated, marked_sentence

    form = _form(row)
    if form:
        mark = "SYNTHETIC: " if row["kind"] == "synthetic" else ""
        return mark + form.format(**_parts(row))
    text, period = marked_sentence(row).removesuffix("."), dated(row)
    when = f" ({period})" if period and period not in text else ""
    who = _who(row)
    return f"{text}{when}." + (TEXT["source"].format(source=who) if who else "")


def unknown(rows: Sequence[Row]) -> str:
    """Return what is not known, in a sentence that names two things at most; empty where all is known.

    Parameters
    ----------
    rows : findings without a value, the most important first.
    """
    # Items of one measure, measures of one item, and what has one reason, are one thing to most readers.
    first: list[Row] = []
    for row in rows:
        if not any(row["item"] == other["item"] != "" or _same(row, other) for other in first):
            first.append(row)
    first = first[:_NAMED]
    if not first:
        return ""
    why = [_short(str(row["why"])) for row in first]
    asked = map(_asked, first)
    named = [f"{what} – {reason}" if reason else what for what, reason in zip(asked, why, strict=True)]
    said = TEXT["more_not_known"] if len(rows) > len(first) else TEXT["not_known"]
    return said.format(titles="; ".join(named))


def _asked(row: Row) -> str:
    """Return what a finding is of; its item alone where the sentence of its measure says no more."""
    from analysis.findings.measures import MEASURES, title

    measure = MEASURES[str(row["measure"])]
    alone = row["item"] and measure.sentence["en"].startswith("{item}, {area} (")
    return measure.item_words(str(row["item"]), "en") if alone else title(row)


def _same(row: Row, other: Row) -> bool:
    return row["measure"] == other["measure"] or row["why"] == other["why"]


def _form(row: Row) -> str:
    """The sentence of a finding, with places for its parts; empty where it is said as everywhere."""
    measure, item = str(row["measure"]), str(row["item"])
    said = _sentences().get(f"{measure}.{item}", _sentences().get(measure, ""))
    if isinstance(said, str):
        # A sentence says when and by whom: without one of both it would be no sentence.
        return said if _complete(said, row) else ""
    form = said.get(_kind(row), said["some"])
    return form if _complete(form, row) else ""


def _complete(form: str, row: Row) -> bool:
    return bool(row["period"] or "{When}" not in form) and bool(row["source_ids"] or "{who}" not in form)


def _kind(row: Row) -> str:
    """Which form of a sentence the number of a finding asks for."""
    interval = str(row["interval"])
    if interval.endswith("_potential_victims"):
        return "potential"
    if interval.startswith("part_"):
        return "part"
    low, high = _number(row["low"]), _number(row["high"])
    if low == high == 0:
        return "none"
    if low < high < math.inf and interval != "confidence":
        return "range"
    return "one" if low == 1 and (high == 1 or math.isinf(high)) else "some"


def _parts(row: Row) -> dict[str, str]:
    """The words that the sentence of a finding can have."""
    from analysis.findings.measures import MEASURES, area_name, count_words, value_words, words

    how, _, of = str(row["interval"]).partition("_")
    bare = dict(row)
    if of:
        # A headline that is no national total: its number, and then what it is of.
        high = float("inf") if how == "minimum" else row["low"]
        bare |= {"interval": "figure", "value": None, "high": high}
    return {
        "When": _when(row),
        "area": area_name(str(row["area_id"])),
        "value": value_words(bare),
        "of": f" ({words()[f'of_{of}']['en']})" if of else "",
        "item": MEASURES[str(row["measure"])].item_words(str(row["item"]), "en"),
        "n": count_words(row["n"]),
        "who": _who(row),
    }


def _when(row: Row) -> str:
    """The time of a finding as a sentence begins with it: "In 2023", "From Apr 2022 to Mar 2023", "On 22 Jan 2026"."""
    from analysis.findings.measures import dated, period_words

    period = str(row["period"])
    begin, _, end = period.partition("/")
    if end:
        said = TEXT["span"].format(begin=period_words(begin), end=period_words(end))
    elif begin.count("-") == 2:
        said = TEXT["day"].format(day=period_words(begin))
    else:
        said = TEXT["year"].format(year=period_words(begin))
    # The words of all texts say of an old period that it is the last that is known.
    return said if dated(row) == period_words(period) else said + TEXT["last_known"]


def _who(row: Row) -> str:
    """The sources of a finding, as a sentence names them; those of which it has no room are counted."""
    from analysis import bibliography

    sources = [each for each in str(row["source_ids"]).split(";") if each]
    if not sources:
        return ""
    *named, last = bibliography.short_source(sources, _SOURCES).split("; ")
    more = re.fullmatch(r"and (\d+) more", last)
    if more and named:
        last = TEXT["one_more"] if more[1] == "1" else TEXT["more"].format(number=more[1])
    found = ", ".join(named) + (TEXT["and"] if named else "") + last
    return f"the {found}" if found.startswith("US ") else found


def _short(why: str) -> str:
    """A reason without what stands in brackets at its end; empty where it is long: the table of findings has all."""
    said = why.partition(" (")[0].rstrip(".")
    return said if len(said) <= _LONG and ". " not in said else ""


def _number(value: object) -> float:
    return float("nan") if value is None else float(str(value))


@cache
def _sentences() -> dict[str, str | dict[str, str]]:
    return templating.from_yaml("key_sentences.yml")
