"""What the notebook on journeys of case records states: how far they reach."""

from __future__ import annotations

from functools import partial

import pandas as pd

from analysis import catalog, texts
from analysis.areas import Area
from analysis.cases.journey_counts import ABROAD, DOMESTIC, ELSEWHERE, SCOPE, WITHIN
from analysis.cases.person_counts import AND
from analysis.findings.finding import CONFIDENCE, NOT_REPORTED, WITHHELD, Finding
from analysis.sections import record_flows
from analysis.sections.record_counts import limits_of
from analysis.sections.section import PROTECTED

TEXT = texts.of(__name__)

OF_KNOWN_ENDS = TEXT["of_known_ends"]
# How far a journey reaches -> the item; by area there are two reaches alone.
REACHES = {WITHIN: "within_one_area", DOMESTIC: "within_one_country", ABROAD: "across_a_border"}
REACHES_OF_AREAS = {WITHIN: "within_one_area", ELSEWHERE: "to_or_from_elsewhere"}


def findings(place: Area) -> list[Finding]:
    """How far the journeys of case records reach, as shares that may be released."""
    shares, whole = record_flows.known_reaches(place)
    rows = shares.set_index(SCOPE)
    return [
        _reach(place, item, rows, scope, whole)
        for scope, item in (REACHES if place.is_study else REACHES_OF_AREAS).items()
    ]


def _reach(place: Area, item: str, rows: pd.DataFrame, scope: str, whole: int | None) -> Finding:
    """The share of one reach, or why there is none."""
    here = "" if place.is_study else TEXT["reach_here"].format(place=place.name)
    state = partial(
        Finding,
        place,
        "journey_reach",
        item,
        method=OF_KNOWN_ENDS,
        limits=TEXT["reach_limits"].format(limits=limits_of(place, record_flows.LIMITS), here=here),
        kind=catalog.case_kind(place.study),
        release_class=PROTECTED,
    )
    if scope not in rows.index:
        if any(scope in other.split(AND) for other in rows.index):
            return state(status=WITHHELD, why=TEXT["reach_why"])
        return state(status=NOT_REPORTED, why=TEXT["reach_why_no_person"])
    share, low, high = (100 * float(rows.loc[scope, name]) for name in ("share", "low", "high"))
    if share != share:
        return state(status=WITHHELD, why=TEXT["reach_why_it_would_tell"])
    return state(value=share, low=low, high=high, interval=CONFIDENCE, n=whole)
