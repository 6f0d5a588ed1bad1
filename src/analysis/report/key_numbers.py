"""The number by which the index names an area: its page says it of itself, so that index and page cannot disagree."""

from __future__ import annotations

import html
import json
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import yaml

ORDER = "key_numbers.yml"
_BEFORE, _AFTER = '<meta name="key-numbers" content="', '">'
# The head of a page, where it says its number, without its pictures.
_HEAD = 16_384

Row = Mapping[str, Any]


def of_findings(rows: Sequence[Row], local: bool) -> list[dict[str, str]]:
    """The key numbers of a page, in words: what it is, its value, its period.

    Parameters
    ----------
    rows : the findings of its notebook; those alone count that follow from public evidence.
    local : whether the place is a province or an island: then a number of the place itself follows that of the victims.
    """
    public = [row for row in rows if row["kind"] == "public"]
    found = {group: _of_group(public, group) for group in ("victims", "local")[: 1 + local]}
    return [_in_words(row, short=group == "local") for group, row in found.items() if row]


def _of_group(rows: Sequence[Row], group: str) -> Row | None:
    """Of the first line of which something is known the newest; else what is not known, so that it is said."""
    lines = [[row for name in line for row in rows if is_named(row, name)] for line in _order()[group]]
    for line in lines:
        known = [row for row in line if row["status"] == "known"]
        if known:
            return max(known, key=lambda row: str(row["period"]).rpartition("/")[2])
    unknown = [row for line in lines for row in line]
    return unknown[0] if unknown and group == "victims" else None


def _in_words(row: Row, short: bool) -> dict[str, str]:
    # Numbers of every language come with it.
    from analysis.findings.measures import MEASURES, period_words, title, value_words

    what = MEASURES[row["measure"]].item_words(row["item"], "en") if short and row["item"] else title(row)
    return {
        "what": what[:1].upper() + what[1:],
        "value": value_words(row),
        "period": period_words(str(row["period"])) if row["status"] == "known" else "",
    }


def is_named(row: Row, name: str) -> bool:
    """Whether a finding is of the measure, or of the item of it, that a line of these orders names."""
    measure, _, item = name.partition(".")
    return row["measure"] == measure and (not item or row["item"] == item)


def in_head(numbers: Sequence[Mapping[str, str]]) -> str:
    """What stands in the head of a page of its key numbers; nothing where it has none."""
    return f"{_BEFORE}{html.escape(json.dumps(numbers, ensure_ascii=False))}{_AFTER}" if numbers else ""


def of_page(page: Path) -> list[dict[str, str]]:
    """The key numbers that a page says of itself; none where there is no such page, or it says none."""
    try:
        with open(page, encoding="utf-8") as file:
            head = file.read(_HEAD)
    except FileNotFoundError:
        return []
    _, said, rest = head.partition(_BEFORE)
    return json.loads(html.unescape(rest.partition(_AFTER)[0])) if said else []


def of_pages(pages: Sequence[Path]) -> list[dict[str, str]]:
    """Those of the first of some pages that says any."""
    return next(filter(None, map(of_page, pages)), [])


@cache
def _order() -> dict[str, list[list[str]]]:
    return yaml.safe_load((resources.files("analysis.report") / "templates" / ORDER).read_text(encoding="utf-8"))
