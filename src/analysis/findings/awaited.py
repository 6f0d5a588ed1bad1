"""What lists of cases and a survey would state of a study that has none yet: not reported, with the reason.

Recommendations and commitments rest on such findings as on any others: what nobody has reported decides nothing.
"""

from __future__ import annotations

from itertools import product

from analysis import areas, texts
from analysis.analyses import CASE_RECORDS, SURVEY
from analysis.findings.finding import NOT_REPORTED, Finding
from analysis.jobs import tables_of

TEXT = texts.of(__name__)

WHY = {CASE_RECORDS: TEXT["none_of_case_records"], SURVEY: TEXT["none_of_survey"]}
_CHILDREN = ("syrian", "turkish")
# Study -> what it has not -> measures that wait for it, with their items.
AWAITED: dict[str, dict[str, tuple[str, ...]]] = {
    "turkiye": {
        CASE_RECORDS: ("recorded_persons", "recorded_children", "estimated_total"),
        SURVEY: tuple(
            f"{measure}.{children}"
            for measure, children in product(
                (
                    *("prevalence.working", "prevalence.child_labour", "prevalence.trafficked"),
                    *("share_by_sector.child_labour.industry", "share_by_sector.child_labour.agriculture"),
                    "unmet_need.psychosocial",
                ),
                _CHILDREN,
            )
        ),
    },
    "cabo_verde": {
        CASE_RECORDS: ("recorded_persons", "recorded_children", "estimated_total", "journey_reach.to_or_from_elsewhere")
    },
}


def findings(study: str) -> list[Finding]:
    """The findings that wait for lists or a survey of a study, for each of its areas and for the whole of it."""
    missing = [tables.records for tables in tables_of(study) if not tables.kind]
    places = [areas.get(area_id, study) for area_id in (study, *areas.ids(study))]
    found = []
    for need in missing:
        why, limits = WHY[need].format(name=areas.STUDIES[study].name), TEXT["limits"]
        for place, name in product(places, AWAITED.get(study, {}).get(need, ())):
            measure, _, item = name.partition(".")
            found.append(
                Finding(place, measure, item, status=NOT_REPORTED, why=why, method=TEXT["method"], limits=limits)
            )
    return found
