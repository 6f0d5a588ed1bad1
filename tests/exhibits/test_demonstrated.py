"""The report of a demonstration: what its findings state, what stays suppressed, and the truth beside them."""

from __future__ import annotations

import pandas as pd
import pytest

from analysis import areas, catalog
from analysis.exhibits import from_findings
from analysis.findings.finding import Finding, as_table

PLACE = areas.get("demo_islands")


def stated(area_id: str, measure: str, item: str = "", **said: object) -> dict[str, object]:
    more = {"method": "A test.", "limits": "None.", "kind": "synthetic", "release_class": "protected", **said}
    return Finding(areas.get(area_id), measure, item, **more).row()


@pytest.fixture
def table() -> pd.DataFrame:
    rows = [
        stated("demo_islands", "recorded_persons", value=200, n=200, period="2014/2023"),
        stated("XIC-JADE", "recorded_persons", value=60, n=60, period="2014/2023"),
        stated("XIC-RUBY", "recorded_persons", status="withheld", why="few persons"),
        stated("demo_islands", "estimated_total", low=1700, high=2900, interval="range", period="2014/2023"),
        stated("XIC-JADE", "estimated_total", low=10, high=20, interval="range", period="2014/2023"),
        stated("XIC-RUBY", "estimated_total", status="withheld", why="few persons"),
        stated(
            "demo_islands", "journey_reach", "within_one_area", value=70, low=67, high=74, interval="confidence", n=9
        ),
        stated("demo_islands", "days_to_referral", "first_contact", status="refused", why="too few days"),
    ]
    nobodys = {"notebook": "", "notebook_sha256": "", "inputs": ""}
    return as_table([row | nobodys for row in rows])


def test_statements_are_of_the_study_as_a_whole_and_known(table):
    told = from_findings.statements(PLACE, table)
    assert list(told["finding_id"]) == [
        "demo_islands/recorded_persons",
        "demo_islands/estimated_total",
        "demo_islands/journey_reach.within_one_area",
    ]
    assert told["question"].nunique() == 2 and told["statement"].str.contains("Demonstration islands").all()
    shown = from_findings.demonstration_key_findings(PLACE, told, table).data
    assert shown.count("<li>SYNTHETIC: ") == 2 and "Of 8 statements" in shown and "2 are suppressed" in shown


def test_a_suppressed_number_is_no_number_in_table_and_map(table):
    rows = from_findings.by_area(PLACE, table).set_index("area_id")
    assert rows.loc["XIC-JADE", "persons"] == 60 and pd.isna(rows.loc["XIC-RUBY", "persons"])
    assert list(rows.loc["XIC-RUBY"].drop(["name", "persons"])) == ["suppressed", "suppressed"]
    exhibit = from_findings.persons_by_area(PLACE, table, from_findings.by_area(PLACE, table))
    assert exhibit.kind == "synthetic" and exhibit.effective_class == "protected"
    words = " ".join(text.get_text() for text in exhibit.figure.findobj(lambda each: hasattr(each, "get_text")))
    assert "SYNTHETIC" in words and "200 persons on lists" in words and "2014–2023" in words


def test_ranges_stand_beside_the_numbers_from_which_the_lists_were_drawn(table):
    found = from_findings.truth(PLACE, table).set_index("area_id")
    total = catalog.load("synthetic_demo_islands_truth_totals")
    jade = total.loc[total["area_id"].eq("XIC-JADE"), "persons"].sum()
    assert found.loc["XIC-JADE", "persons"] == jade > 20 and not found.loc["XIC-JADE", "held"]
    assert found.loc["demo_islands", "persons"] == 2500 and found.loc["demo_islands", "held"]
    assert list(found.index) == ["demo_islands", "XIC-JADE"]
    assert "Of 2 ranges 1 hold" in from_findings.totals_and_truth(PLACE, found.reset_index()).limits
