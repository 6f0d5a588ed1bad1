"""Key numbers: by which the index names a place. Its pages say them of themselves, so that both cannot disagree.

Which findings they are is said in `templates/key_numbers.yml`. All follow from public evidence.
"""

from __future__ import annotations

import html
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from analysis import texts
from analysis.report import templating
from analysis.report.key_findings import Row, is_named, lower_end

TEXT = texts.of(__name__)
_BEFORE, _AFTER = '<meta name="key-numbers" content="', '">'
# The head of a page, where it says its key numbers, without its pictures.
_HEAD = 16_384
VICTIMS, MENTIONS, MAPS, STATEMENTS = "victims", "mentions", "maps", "statements"

# `victims` and `mentions` -> what, value and period in words; `maps` -> measure -> value in words, number; `statements`
# -> how many are known, how many are asked.
KeyNumbers = dict[str, Any]


@dataclass(frozen=True)
class MapMeasure:
    """A measure that maps are coloured by.

    Parameters
    ----------
    title, column : what the key, and the column of its numbers, is called.
    breaks : where the classes of the key begin, but the lowest.
    measure : a measure or an item of one; empty, how many of the statements asked of a place are known.
    """

    title: str
    column: str
    breaks: tuple[float, ...]
    measure: str = ""

    def of(self, numbers: KeyNumbers) -> tuple[str, float | None]:
        """Its value for a place, in words and as a number; without one, that it is not known."""
        if self.measure:
            found = numbers.get(MAPS, {}).get(self.measure)
            return (found["value"], found["number"]) if found else (TEXT["not_known"], None)
        known, asked = numbers.get(STATEMENTS, (0, 0))
        return (TEXT["known"].format(known=known, asked=asked), known) if asked else (TEXT["not_known"], None)


def of_findings(rows: Sequence[Row], local: bool) -> KeyNumbers:
    """The key numbers of a page; none where it states nothing that follows from public evidence.

    Parameters
    ----------
    rows : the findings of its notebook.
    local : whether the place is a province or an island: then it says how often routes name it, too.
    """
    public = [row for row in rows if row["kind"] == "public"]
    found: KeyNumbers = {}
    if row := _victims(public):
        found[VICTIMS] = _in_words(row)
    named = [row for row in public if row["status"] == "known" and is_named(row, _said()[MENTIONS])]
    if named and local:
        most = max(named, key=lower_end)
        found[MENTIONS] = {**_in_words(most, short=True), "n": f"{most['n']}"}
    maps = {each.measure: _first(public, each.measure) for each in on_maps() if each.measure}
    if maps := {name: {"value": _short(row), "number": lower_end(row)} for name, row in maps.items() if row}:
        found[MAPS] = maps
    if public:
        found[STATEMENTS] = [sum(row["status"] == "known" for row in public), len(public)]
    return found


def _first(rows: Sequence[Row], name: str) -> Row | None:
    return next((row for row in rows if row["status"] == "known" and is_named(row, name)), None)


def _victims(rows: Sequence[Row]) -> Row | None:
    """The newest of the first line of which something is known; else one that is not known, so that it is said."""
    lines = [[row for name in line for row in rows if is_named(row, name)] for line in _said()[VICTIMS]]
    for line in lines:
        known = [row for row in line if row["status"] == "known"]
        if known:
            return max(known, key=lambda row: str(row["period"]).rpartition("/")[2])
    return next((row for line in lines for row in line), None)


def _in_words(row: Row, short: bool = False) -> dict[str, str]:
    # It is loaded only by whoever writes pages: numbers of every language come with it.
    from analysis.findings.measures import MEASURES, capital, dated, title, value_words

    what = MEASURES[row["measure"]].item_words(row["item"], "en") if short else capital(title(row), "en")
    known = row["status"] == "known"
    return {"what": what, "value": value_words(row) if known else "", "period": dated(row) if known else ""}


def _short(row: Row) -> str:
    """A value in words; its interval stands on the page."""
    from analysis.findings.measures import value_words

    exact = row["value"] is not None and row["interval"] == "confidence"
    return value_words({**row, "interval": "exact"} if exact else row)


def in_head(numbers: KeyNumbers) -> str:
    """Return the key numbers in the head of a page; nothing where it has none."""
    return f"{_BEFORE}{html.escape(json.dumps(numbers, ensure_ascii=False))}{_AFTER}" if numbers else ""


def of_page(page: Path) -> KeyNumbers:
    """The key numbers that a page says of itself; none where there is no such page, or it says none."""
    try:
        with open(page, encoding="utf-8") as file:
            head = file.read(_HEAD)
    except FileNotFoundError:
        return {}
    _, said, rest = head.partition(_BEFORE)
    found = json.loads(html.unescape(rest.partition(_AFTER)[0])) if said else {}
    # Pages of earlier releases said a list.
    return found if isinstance(found, dict) else {}


def of_pages(pages: Sequence[Path]) -> KeyNumbers:
    """Those of a place: each of the first of its pages that says it, and the statements of all of them."""
    said = [numbers for page in pages if (numbers := of_page(page))]
    found: KeyNumbers = {}
    for numbers in reversed(said):
        found |= numbers
    counts: Sequence[Sequence[int]] = [numbers[STATEMENTS] for numbers in said if STATEMENTS in numbers]
    return found | ({STATEMENTS: [sum(each) for each in zip(*counts, strict=True)]} if counts else {})


@cache
def on_maps() -> tuple[MapMeasure, ...]:
    """The measures that maps can be coloured by, the first first; the last is that of statements, which all have."""
    said: Sequence[Mapping[str, Any]] = _said()[MAPS]
    return tuple(MapMeasure(**{**each, "breaks": tuple(each["breaks"])}) for each in said)


@cache
def _said() -> dict[str, Any]:
    return templating.from_yaml("key_numbers.yml")
