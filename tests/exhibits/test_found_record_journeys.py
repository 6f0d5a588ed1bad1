"""What the report cites of journeys of case records: shares of protected counts, and nothing that may not leave."""

from __future__ import annotations

import re
from functools import cache

import pandas as pd
import pytest

from analysis import areas, catalog
from analysis.exhibits import record_flows
from analysis.exhibits import record_flows as found
from analysis.exhibits.record_counts import counts
from analysis.findings.finding import Finding, as_table
from analysis.findings.measures import LANGUAGES, sentence

STUDIES = ("demo_provinces", "demo_islands")
synthetic_only = pytest.mark.skipif(
    {catalog.case_kind(study) for study in STUDIES} != {"synthetic"}, reason="A study has lists of its own here"
)


def findings_of(place: areas.Area) -> list[Finding]:
    return found.findings(place, found.known_reaches(place))


@cache
def stated(area_id: str) -> dict[str, Finding]:
    """The findings of an area by their id without the area."""
    return {finding.finding_id.partition("/")[2]: finding for finding in findings_of(areas.get(area_id))}


def by_item(area_id: str) -> dict[str, Finding]:
    return {finding.item: finding for finding in findings_of(areas.get(area_id))}


def test_how_far_journeys_reach_is_a_share_of_those_whose_ends_are_known():
    table = counts(areas.get("demo_provinces"), "scope").set_index("scope")["count"]
    known = int(table.drop("not stated").sum())
    finding = stated("demo_provinces")["journey_reach.across_a_border"]
    share, n = int(table["across a border"]) / known, known
    assert finding.value == pytest.approx(100 * share)
    # Wilson (1927), written out.
    z = 1.959963984540054
    centre, half = share + z**2 / (2 * n), z * (share * (1 - share) / n + z**2 / (4 * n**2)) ** 0.5
    limits = [100 * (centre + sign * half) / (1 + z**2 / n) for sign in (-1, 1)]
    assert finding.bounds == pytest.approx(tuple(limits))
    assert (finding.n, finding.kind, finding.release_class) == (n, "synthetic", "protected")


@synthetic_only
def test_what_is_withheld_of_journeys_has_no_number_at_all():
    for study in STUDIES:
        for area_id in (study, *areas.ids(study)):
            assert stated(area_id)
            for finding in stated(area_id).values():
                assert finding.measure == "journey_reach"
                assert finding.kind == "synthetic" and finding.release_class == "protected"
                if finding.status != "known":
                    assert (finding.value, finding.low, finding.high, finding.n) == (None,) * 4
                    assert not re.search(r"\d", finding.why)
    assert stated("XDP-WILLOW")["journey_reach.within_one_area"].status == "withheld"


def test_a_share_is_withheld_where_one_of_its_counts_is(monkeypatch):
    hidden = pd.DataFrame({"scope": ["within one area", "not stated"], "count": pd.array([None, 40], dtype="Int64")})
    monkeypatch.setattr(record_flows, "_by_scope", lambda place: hidden)
    reaches = by_item("XDP-FIG")
    assert reaches["within_one_area"].status == "withheld"
    assert reaches["to_or_from_elsewhere"].status == "not reported"


def test_reaches_that_are_counted_together_are_withheld_one_by_one(monkeypatch):
    pooled = pd.DataFrame(
        {
            "scope": ["across a border", "within one area + within one country"],
            "count": pd.array([30, 20], dtype="Int64"),
        }
    )
    monkeypatch.setattr(record_flows, "_by_scope", lambda place: pooled)
    reaches = by_item("demo_provinces")
    assert reaches["across_a_border"].value == pytest.approx(60)
    assert {reaches[item].status for item in ("within_one_area", "within_one_country")} == {"withheld"}


@pytest.mark.parametrize("study", STUDIES)
def test_every_area_states_the_same_things_and_each_has_its_sentence_in_four_languages(study):
    names = set()
    for area_id in (study, *areas.ids(study)):
        here = stated(area_id)
        rows = [finding.row() for finding in here.values()]
        assert len(as_table(rows)) == len(rows)
        if area_id != study:
            names.add(frozenset(here))
        for row in rows:
            for language in LANGUAGES:
                text = sentence(row, language)
                assert text.endswith(".") and not re.search(r"[{}]|\bnan\b|None|  ", text), text
    assert len(names) == 1
