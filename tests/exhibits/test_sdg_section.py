"""What a page says of the indicator of SDG 16.2.2."""

from __future__ import annotations

import pandas as pd
import pytest

from analysis import areas, evidence
from analysis.exhibits import sdg
from analysis.methods.sdg import DIMENSIONS, KEYS, indicator_16_2_2

PER = 100_000


def indicator(area_id: str) -> pd.DataFrame:
    cells = sdg.counts(areas.get(area_id))
    return indicator_16_2_2(cells, evidence.annual_population(cells["area_id"].unique()), per=PER)


def sentence(area_id: str) -> str:
    return str(sdg.in_a_sentence(areas.get(area_id), indicator(area_id)).data)


def test_every_preferred_count_of_a_country_is_a_cell_of_the_indicator():
    table = indicator("turkiye")
    forms, persons = evidence.detected_by_form("TUR"), evidence.detected_by_sex_age("TUR").assign(form="all")
    printed = pd.concat([forms[forms["preferred"]], persons[persons["preferred"]]]).set_index(KEYS)
    reported = table[table["status"] == "reported"].set_index(KEYS)
    assert set(printed.index) <= set(reported.index)
    assert reported.loc[printed.index, "victims_high"].tolist() == printed["high"].tolist()
    # What is more than UNODC prints are totals that are the sum of their parts.
    assert set(reported.drop(index=printed.index)["value_qualifier"]) <= {"derived"}


def test_the_sentence_counts_the_cells_and_the_table_prints_those():
    # unodc_detected_victims.csv has 30 rows of Senegal, of which four count cases, of 10 years. The forms have 12, of
    # which four are of years that count persons: `<5` of 2017, 2019 and later is of no victims or of more than these.
    assert sentence("SEN").startswith("Senegal: 30 of 216 cells of SDG indicator 16.2.2 have a count;")
    released = sdg.cells_by_year(areas.get("SEN"), indicator("SEN")).table
    assert (len(released.printed), len(released.released)) == (30, 216)
    assert "Detected victims are not incidence." in sentence("SEN") and "No estimate" in sentence("SEN")


def test_an_area_within_a_country_has_no_rows_and_one_sentence_says_why():
    assert indicator("TR-27").empty and indicator("CPV-SAL").empty
    assert sdg.cells_by_year(areas.get("TR-27"), indicator("TR-27")).absent
    assert sentence("TR-27").startswith("Gaziantep has no row of SDG indicator 16.2.2: no source gives")
    assert sentence("TR-27").endswith("Türkiye as a whole has them.")


@pytest.mark.parametrize("area_id", ["demo_islands", "demo_provinces"])
def test_a_study_without_counts_has_no_zero(area_id):
    assert indicator(area_id).empty and sentence(area_id).endswith("which is not zero.")


def test_of_several_countries_the_latest_year_of_each_is_shown_and_the_limits_say_so():
    table = indicator("west_africa")
    assert (table.groupby("area_id")["year"].nunique() == 1).all()
    assert table.set_index("area_id").loc["NGA", "year"].eq(2022).all()
    place = areas.get("west_africa")
    assert "The latest year of each country" in sdg.cells_by_year(place, table).limits
    # Of NER 2020 a person of unknown sex and age was in no cell; of the latest years nobody is.
    assert not table[list(DIMENSIONS)].eq("unknown").any(axis=None)
    assert " of 576 cells" in sentence("west_africa")
