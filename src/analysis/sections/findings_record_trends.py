"""What the notebook on trends of case records states: the change a year of the persons on lists, and its joinpoints."""

from __future__ import annotations

from functools import partial

import trends
from analysis import areas, catalog, texts
from analysis.areas import Area
from analysis.findings.finding import CONFIDENCE, NOT_REPORTED, REFUSED, WITHHELD, Finding
from analysis.sections import characteristics, record_counts, record_joinpoints, trend
from analysis.sections.attempt import NoResult
from analysis.sections.findings_indicators import years
from analysis.sections.findings_trends import JOINPOINT, POOLED, in_common, of_joinpoints, one
from analysis.sections.section import PROTECTED

TEXT = texts.of(__name__)

NOBODY = TEXT["nobody"]


def findings(place: Area) -> list[Finding]:
    """The change a year, the joinpoints and what follows each, and of a study the change all areas have in common."""
    limits = f"{record_joinpoints.LIMITS} {record_counts.together(place.study)}"
    state = partial(
        Finding, place, method=f"{JOINPOINT}.", limits=limits, kind=catalog.case_kind(place.study),
        release_class=PROTECTED,
    )  # fmt: skip
    measures = ("recorded_change", "recorded_turns")
    if not record_counts.tables(place.study) or not record_counts.is_linked(place):
        return [state(measure, status=REFUSED, why=record_joinpoints.NOT_LINKED) for measure in measures]
    result = record_joinpoints.fitted(place)
    if isinstance(result, NoResult):
        status = WITHHELD if record_joinpoints.untold(record_joinpoints.by_year(place)) else REFUSED
        why = result.reason
        if characteristics.total(place) == 0:
            status, why = NOT_REPORTED, NOBODY
        found = [state(measure, status=status, why=why) for measure in measures]
    else:
        warned = partial(state, limits=" ".join(filter(None, [limits, trend.warned(result.warnings)])))
        after = ("recorded_turns", "recorded_change_after_turn")
        found = [_average(result, warned), *of_joinpoints(result, warned, after)]
    return [*found, _common(place, limits, state)] if place.is_study else found


def _average(result: trends.JoinpointTrend, state: partial[Finding]) -> Finding:
    average = result.average.iloc[0]
    if refusal := trends.imprecise(average["low"], average["high"]):
        return state("recorded_change", status=REFUSED, why=str(refusal))
    return state(
        "recorded_change",
        value=one(average["aapc_low"], average["aapc_high"]),
        low=average["low"],
        high=average["high"],
        interval=CONFIDENCE,
        period=years(average["start"], average["end"]),
        n=result.n,
        method=TEXT["average_method"].format(joinpoint=JOINPOINT),
    )


def _common(place: Area, limits: str, state: partial[Finding]) -> Finding:
    """The change a year that the areas of a study have in common."""
    limits = TEXT["common_limits"].format(limits=limits, areas=len(areas.ids(place.study)))
    stated = partial(state, "recorded_common_change", method=f"{POOLED}.")
    return in_common(record_joinpoints.fitted_together(place.study), stated, limits)
