"""Published estimates of prevalence: what kind each is, which print of one figure is preferred, what is not shown."""

from __future__ import annotations

import re

import pandas as pd
import pytest

from analysis import areas, catalog, evidence
from analysis.preferred_values import kind_of_evidence, subject, with_preferred_print

KEYS = {
    "area_id": "SLE",
    "place": "",
    "concept": "child_labour",
    "population_group": "children",
    "age_low": 5,
    "age_high": 17,
    "sex": "both",
    "measure": "percent",
    "period_start": pd.Timestamp("2019-01-01"),
    "period_end": pd.Timestamp("2019-12-31"),
}


def printed(value: str, definition: str, read_from: str, published: int, **changed) -> dict:
    figure = {"value": value, "low": float(value), "high": float(value), "value_qualifier": "exact"}
    said = {"definition": definition, "read_from": read_from, "published": float(published)}
    return KEYS | figure | said | changed


@pytest.mark.parametrize(
    ("concept", "method", "modelled", "kind"),
    [
        ("child_trafficking", "household survey", False, "measured"),
        ("forced_begging", "mapping/census", False, "measured"),
        ("forced_labour", "household survey", False, "measured"),
        ("descent_based_slavery", "expert", False, "expert"),
        ("modern_slavery", "modelled", True, "modelled"),
        # Mauritania's survey of 2015 went through the model of the Index.
        ("modern_slavery", "household survey", True, "modelled"),
        ("child_labour", "modelled", True, "modelled"),
        ("child_labour", "household survey", False, "context"),
        ("hazardous_child_labour", "household survey", False, "context"),
        ("child_marriage", "household survey", False, "context"),
        # What is known of the trafficked, or asked instead of trafficking, is no prevalence of it.
        ("sector_share_of_trafficked_children", "household survey", False, "context"),
        ("child_trafficking_proxy", "household survey", False, "context"),
        # Marked as modelled in the table, and a score all the same.
        ("vulnerability_score", "index", True, "score"),
        ("government_response_score", "index", True, "score"),
    ],
)
def test_the_kind_of_evidence_follows_from_concept_method_and_model(concept, method, modelled, kind):
    assert kind_of_evidence(concept, method, modelled) == kind


def test_of_two_prints_of_one_figure_the_original_is_preferred():
    table = pd.DataFrame(
        [printed("26", "as UNICEF", "copy", 2024), printed("25.6", "as UNICEF", "original", 2020)], index=[7, 9]
    )
    found = with_preferred_print(table)
    assert list(found["preferred"]) == [False, True] and list(found.index) == [7, 9]
    assert "read in the original" in found["reason"][7] and "drawn" not in " ".join(found["reason"])


def test_of_two_copies_the_later_publication_is_preferred():
    table = pd.DataFrame([printed("26", "as UNICEF", "copy", 2024), printed("25", "as UNICEF", "copy", 2020)])
    assert list(with_preferred_print(table)["preferred"]) == [True, False]


def test_one_value_by_two_wordings_of_the_definition_is_one_figure():
    table = pd.DataFrame([printed("26", "as UNICEF", "copy", 2020), printed("26", "with chores", "copy", 2024)])
    assert list(with_preferred_print(table)["preferred"]) == [False, True]


def test_different_values_by_different_definitions_stand_side_by_side():
    table = pd.DataFrame([printed("21", "without chores", "copy", 2020), printed("25.2", "with chores", "copy", 2020)])
    assert list(with_preferred_print(table)["preferred"]) == [True, True]


@pytest.mark.parametrize("changed", [{"age_high": 14}, {"sex": "male"}, {"place": "Kambia district"}])
def test_figures_of_other_children_are_other_figures(changed):
    table = pd.DataFrame([printed("26", "a", "copy", 2020), printed("26", "a", "original", 2020, **changed)])
    assert with_preferred_print(table)["preferred"].all()


def test_what_cannot_be_found_again_or_cannot_be_true_is_kept_and_not_shown():
    table = evidence.prevalence()
    homeless = table["source_id"].isin(["LENTRAIDE_BEN", "AFRICANGO_NER"])
    assert homeless.sum() == 2 and not table[homeless]["shown"].any()
    assert table[homeless]["reason"].str.contains("address").all()
    # 4,255,365 children at work in Senegal (2015) are more than 22.3 % of any count of its children.
    persons = table[table["value"].isin(["4255365", "2131395"])]
    assert set(persons["area_id"]) == {"SEN", "TGO"} and not persons["shown"].any()
    assert persons["reason"].str.contains("implausible").all()


def test_what_is_set_aside_is_no_source_and_is_not_shown():
    table = evidence.prevalence().set_index("source_id")
    reprinted = table.loc[["WPR_CHILDLAB"]]
    assert len(reprinted) == 33 and not reprinted["shown"].any() and not reprinted["preferred"].any()
    assert reprinted["reason"].str.contains("is no source").all()


def test_every_row_is_of_a_known_place_and_its_bounds_are_its_value():
    table = evidence.prevalence()
    known = {*areas.load()["area_id"], "TUR", "", *evidence.population()["area_id"]}
    assert set(table["area_id"]) <= known
    exact = table[table["value_qualifier"].eq("exact")]
    assert (exact["value"].astype(float) == exact["low"]).all() and (exact["low"] == exact["high"]).all()
    # The value of a range is its low end, or empty.
    ranges = table[table["value_qualifier"].eq("range")]
    printed = ranges["value"].ne("")
    assert (ranges.loc[printed, "value"].astype(float) == ranges.loc[printed, "low"]).all()
    assert set(table["subject"]) == {subject(concept) for concept in table["concept"]}


def test_what_the_releases_of_the_department_of_labor_add_stands_once():
    table = evidence.prevalence("NGA")
    added = table[table["source_id"].str.match(r"DOLX\d{4}$")]
    # Read in the country file of the report of 2022: 0.15, 6798456, 0.78 and 0.104.
    assert dict(zip(added["concept"] + "/" + added["measure"], added["value"], strict=True)) == {
        "children_in_employment/percent": "15",
        "children_in_employment/persons": "6798456",
        "children_attending_school/percent": "78",
        "children_combining_work_and_school/percent": "10.4",
    }
    assert added["locator"].str.contains("report 2022").all() and added["period_start"].isna().all()
    every = evidence.prevalence()
    every = every[every["source_id"].str.match(r"DOLX\d{4}$")]
    assert (
        len(every) == 33 and not every.duplicated(["area_id", "concept", "measure", "value", "population_group"]).any()
    )


def test_the_catalogue_warns_of_what_the_figures_are_not():
    cautions = " ".join(catalog.dataset("prevalence_estimates").cautions)
    for words in ("95 % limits", "wide definition", "Senegal in 2015 and Togo", "farm season", "not comparable",
                  "never add", "no shares of people", "not child labour", "full address"):  # fmt: skip
        assert re.search(words, cautions), words
