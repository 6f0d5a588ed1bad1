"""What was made of each report, and on how few publishers the tables rest."""

from __future__ import annotations

import csv

import pytest

from analysis import areas, catalog, evidence, evidence_coverage

COUNTRIES = [*areas.ids("west_africa"), "TUR"]


def received(file: str) -> list[dict[str, str]]:
    with open(catalog.RAW / "evidence" / file, encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


@pytest.fixture(scope="module")
def states():
    return evidence_coverage.states(COUNTRIES).set_index(["area_id", "report", "report_year", "indicator"])


def test_every_country_report_year_and_indicator_has_a_state(states):
    assert len(states) == len(COUNTRIES) * 2 * 17 * 5 and set(states["state"]) == set(evidence_coverage.STATES)


def test_no_country_year_that_was_read_is_without_a_state(states):
    reports = {row["source_id"]: row for row in received("sources.csv") if row["report"]}
    opened = states[states["opened"]].reset_index().groupby(["area_id", "report", "report_year"]).size()
    for file in ("official_counts.csv", "referral_indicators.csv", "route_mentions.csv"):
        for row in received(file):
            source = reports.get(row["source_id"])
            if source and source["area_id"] in COUNTRIES and 2010 <= int(source["report_year"]) <= 2026:
                report = "DOL" if source["report"] == "DOL" else "TIP"
                assert opened[(source["area_id"], report, int(source["report_year"]))] == 5


def test_what_was_coded_is_coded_and_what_a_report_does_not_give_is_said_so(states):
    # Read in the reports of 2023: Nigeria's victims and convictions, Burkina Faso's children, Ghana's.
    for area_id, indicator in (
        ("NGA", "convictions"),
        ("BFA", "child_victims_identified"),
        ("GHA", "victims_identified"),
    ):
        assert states.loc[(area_id, "TIP", 2023, indicator), "state"] == "coded"
    assert states.loc[("NER", "TIP", 2017, "victims_identified"), "state"] == "report gives none"
    # Another part of this report was read.
    row = states.loc[("NER", "TIP", 2022, "victims_identified")]
    assert row["state"] == "not read" and row["opened"]


def test_nothing_is_both_coded_and_not_given(states):
    for row in evidence.figures_not_given().itertuples():
        assert states.loc[(row.area_id, row.report, row.report_year, row.indicator), "state"] == "report gives none"


def test_the_matrix_says_of_each_country_and_year_the_most_that_is_known(states):
    table = evidence_coverage.matrix(COUNTRIES).set_index(["area_id", "report_year"])
    assert len(table) == len(COUNTRIES) * 17
    assert table.loc[("NGA", 2023), "state"] == "figures coded" and table.loc[("NGA", 2023), "n"] == 5
    assert table.loc[("NER", 2017), "state"] == "report gives none"
    assert table.loc[("NER", 2022), "state"] == "figures not read"
    assert table.loc[("TUR", 2012), "state"] == "not read"


def test_concentration_is_counted_over_the_makers_of_the_figures():
    table = evidence_coverage.concentration().set_index("table")
    tiers = received("tiers.csv")
    assert table.loc["tiers", "rows"] == len(tiers)
    unodc = table.loc["unodc_detected_victims"]
    assert (unodc["publishers"], unodc["share"]) == (1, 100) and "Drugs and Crime" in unodc["largest"]
    assert table["share"].between(0, 100).all() and table["copies"].between(0, 100).all()
