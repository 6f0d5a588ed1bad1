"""What the notebook on the estimated total states: how many persons there are, on a list or on none."""

from __future__ import annotations

from analysis import catalog, texts
from analysis.areas import Area
from analysis.findings.finding import NOT_REPORTED, RANGE, REFUSED, WITHHELD, Finding
from analysis.sections import characteristics, multiple_systems, record_counts
from analysis.sections.section import ESTIMATE, PROTECTED

TEXT = texts.of(__name__)

ALL_METHODS = TEXT["all_methods"]


def findings(place: Area) -> list[Finding]:
    """The estimated total: the range over all methods, or why there is none."""
    name, limits = "estimated_total", f"{multiple_systems.LIMITS} {multiple_systems.ROUNDED}"
    kind = catalog.case_kind(place.study)
    result, why, suppressed = multiple_systems.told(place, multiple_systems.fitted(place))
    if result is None:
        status = WITHHELD if suppressed else NOT_REPORTED if characteristics.total(place) == 0 else REFUSED
        return [
            Finding(
                place, name, method=ALL_METHODS, limits=limits, kind=kind, release_class=PROTECTED, status=status,
                why=why,
            )
        ]  # fmt: skip
    # Rounding must not leave fewer persons than stand on the lists.
    seen = characteristics.total(place)
    least = seen or 0
    return [
        Finding(
            place,
            name,
            value=None if result.estimate is None else max(result.estimate, least),
            low=max(result.low, least),
            high=max(result.high, least),
            interval=RANGE,
            period="/".join(record_counts.period(place).split(" to ")).replace("undated", ""),
            n=seen,
            method=ALL_METHODS,
            limits=limits,
            kind=kind,
            release_class=ESTIMATE,
        )
    ]
