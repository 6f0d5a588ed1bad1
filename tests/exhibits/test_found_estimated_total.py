"""What the findings on the estimated total say: a range over all methods, or why no number may be told."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from functools import cache

import pytest
from estimated_totals import methods_of
from stated_findings import require_sentences

from analysis import areas, catalog
from analysis.exhibits import NoResult, common_years, multiple_systems, record_counts
from analysis.findings.finding import Finding
from analysis.findings.measures import sentence
from capture_recapture import Robustness

PLACES = ("demo_provinces", "demo_islands", "XDP-FIG", "XDP-WILLOW", "XIC-JADE", "XIC-ONYX")
FIG = areas.get("XDP-FIG")
INF = float("inf")


@pytest.fixture(autouse=True, scope="module")
def quick():
    """Of places with persons the number of Fig, whose estimate they have."""
    total = record_counts.total

    def instead(place: areas.Area) -> areas.Area:
        return place if place.area_id == "XIC-ONYX" else FIG

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(record_counts, "total", lambda place: total(instead(place)))
        yield


@cache
def of_fig() -> Robustness | NoResult:
    return methods_of(FIG)


def fitted(place: areas.Area) -> Robustness | NoResult:
    """Of places with persons the estimate of Fig, so that the tests are quick."""
    return methods_of(place) if place.area_id == "XIC-ONYX" else of_fig()


def stated(place: areas.Area) -> Finding:
    (finding,) = multiple_systems.findings(place, fitted(place))
    return finding


@cache
def hidden(area_id: str) -> Finding:
    return stated(areas.get(area_id))


@pytest.mark.parametrize("area_id", PLACES)
def test_the_estimated_total_is_a_range_over_methods_or_is_not_known_with_a_reason(area_id):
    finding = hidden(area_id)
    assert finding.finding_id == f"{area_id}/estimated_total"
    if finding.status != "known":
        assert finding.why and finding.release_class in ("public", "protected")
        return
    assert (finding.interval, finding.release_class, finding.kind) == (
        "range",
        "estimate",
        catalog.case_kind(finding.place.study),
    )
    assert finding.low <= finding.high and "method" in sentence(finding.row())
    # Rounded, as on the page: to two digits, and to twenty persons at least; but never to fewer than were seen.
    assert finding.low >= finding.n
    for end in (finding.low, finding.high):
        assert math.isinf(end) or end == finding.n or (end % 20 == 0 and len(str(int(end)).rstrip("0")) <= 2)


def test_rounding_leaves_no_fewer_persons_than_stand_on_the_lists(monkeypatch):
    result, _, _ = multiple_systems.told(FIG, fitted(FIG))
    rounded = replace(result, estimate=60.0, low=60.0, high=80.0)
    monkeypatch.setattr(multiple_systems, "told", lambda place, methods: (rounded, "", False))
    monkeypatch.setattr(record_counts, "total", lambda place: 62)
    finding = stated(FIG)
    assert (finding.value, finding.low, finding.high, finding.n) == (62, 62, 80, 62)


def test_without_records_no_number_is_reported():
    finding = hidden("XIC-ONYX")
    assert finding.status == "not reported" and "need not mean that there is none" in finding.why


def test_an_estimate_that_is_kept_back_is_withheld_and_one_that_is_refused_says_nothing_of_overlaps(monkeypatch):
    few, refused = "These lists hold too few persons.", "Too few persons are on two lists."
    monkeypatch.setattr(multiple_systems, "told", lambda place, methods: (None, few, True))
    assert stated(FIG).status == "withheld"
    monkeypatch.setattr(multiple_systems, "told", lambda place, methods: (None, refused, False))
    finding = stated(FIG)
    assert (finding.status, finding.value, finding.low, finding.n) == ("refused", None, None, None)


def test_where_methods_are_far_apart_the_range_stands_without_a_number(monkeypatch):
    result, _, _ = multiple_systems.told(FIG, fitted(FIG))
    if result is None:
        pytest.skip("no estimate of Fig may be told here")
    apart = replace(result, estimate=None, low=1000.0, high=INF)
    monkeypatch.setattr(multiple_systems, "told", lambda place, methods: (apart, "", False))
    finding = stated(FIG)
    assert (finding.value, finding.low, finding.high) == (None, 1000.0, INF)


@pytest.mark.parametrize("area_id", PLACES)
def test_what_was_simulated_is_no_finding(area_id):
    said = " ".join(map(str, hidden(area_id).row().values()))
    assert not re.search(r"planted|simulated|truth|true number", said, re.IGNORECASE)


def test_estimates_of_confidential_persons_leave_as_estimates(monkeypatch):
    # The tables that stand there are synthetic ones, and are not read as others.
    loaded = multiple_systems.load("demo_provinces")
    for module in (multiple_systems, common_years):
        monkeypatch.setattr(module, "load", lambda study: loaded)
    monkeypatch.setattr(catalog, "case_kind", lambda study: "confidential")
    finding = stated(FIG)
    assert (finding.kind, finding.release_class) == (
        "confidential",
        "estimate" if finding.status == "known" else "protected",
    )


@pytest.mark.parametrize("area_id", PLACES)
def test_the_finding_is_a_sentence_in_every_language(area_id):
    require_sentences([hidden(area_id).row()])
