"""What every test of stated findings asks: findings by id, what one of them says, and sentences in all languages."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

from analysis import areas
from analysis.areas import Area
from analysis.findings.finding import Finding, as_table
from analysis.findings.measures import LANGUAGES, sentence


def by_id(states: Callable[[Area], list[Finding]]) -> Callable[[str], dict[str, Finding]]:
    """What a notebook states of an area, by the part of an id that names no area; computed once an area."""

    @cache
    def findings(area_id: str) -> dict[str, Finding]:
        stated = states(areas.get(area_id))
        assert len({finding.finding_id for finding in stated}) == len(stated)
        return {finding.finding_id.split("/")[1]: finding for finding in stated}

    return findings


def told(finding: Finding) -> tuple[object, ...]:
    return finding.status, finding.value, *finding.bounds


def require_sentences(rows: Sequence[Mapping[str, Any]]) -> None:
    """Each finding is a whole sentence in every language, and no id stands twice."""
    assert len(as_table(rows)) == len(rows)
    for row in rows:
        for language in LANGUAGES:
            said = sentence(row, language)
            assert said.endswith(".") and not re.search(r"\(\)|[{}]|\bnan\b|None|  ", said), said
