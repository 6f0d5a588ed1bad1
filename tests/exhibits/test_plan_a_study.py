"""What a plan of a study takes for given, and what its page and its findings say and never say."""

from __future__ import annotations

from dataclasses import fields
from functools import cache

import pandas as pd
import pytest
from stated_findings import require_sentences

import study_design
from analysis import areas, bibliography, evidence, headlines, indicators
from analysis.exhibits import plan_a_study as plans
from analysis.findings.exhibit_rows import require_published
from analysis.findings.finding import REFUSED
from analysis.findings.measures import LANGUAGES, MEASURES, sentence

STUDIES = ("turkiye", "west_africa", "cabo_verde")
BUDGETS = (4000, 16000)


@cache
def made(area_id: str):
    """A plan of few studies, with its rows and the table of its page."""
    place = areas.get(area_id)
    designs = plans.designs_of(place)
    plan = study_design.compare(
        plans.population_of(place), tuple(designs.values()), budgets=BUDGETS, replicates=20, seed=1
    )
    rows = plans.rows_of(plan, designs)
    low = rows[rows["budget"].eq(BUDGETS[0])]
    return place, plan, rows, plans.compared(place, plan, rows, low, low.assign(width_percent=2 * low["width_percent"]))


@pytest.mark.parametrize("area_id", [*STUDIES, "SEN", "TR-27"])
def test_each_assumption_says_its_kind_and_its_source(area_id):
    population = plans.population_of(area_id)
    table = population.sources.set_index("assumption")
    assert set(table["kind"]) <= {"published", "detected", "assumed"} and table["source"].ne("").all()
    assert (table["low"] <= table["value"]).all() and (table["value"] <= table["high"]).all()
    given = {each.name for each in fields(population)} - {"groups", "lists", "sources"}
    assert set(plans.assumed()["assumption"]) - {"lists"} <= given
    named = {each for ids in table["source_id"] for each in ids.split(";") if each}
    assert named and named <= bibliography.source_ids()
    assert (
        table.loc[table["kind"].eq("assumed"), "source"].map(lambda text: len(text) > 40 or "no source" in text).all()
    )


def test_inhabitants_are_those_of_the_places_and_nobody_lives_where_nobody_does():
    table = plans.parts("cabo_verde")
    assert "Santa Luzia" not in set(table["place"]) and len(table) == 9
    people = evidence.population_near(areas.ids("turkiye"), plans.YEAR)
    groups = plans.population_of("turkiye").groups
    assert groups["population"].sum() == people["population"].sum() and len(groups) == 9


def test_prevalence_is_the_latest_published_share_and_its_range_that_of_all_editions():
    # prevalence_estimates.csv: 15.649, 6.5 and 6.3 per 1,000 of Türkiye in the editions of 2023, 2018 and 2016.
    for prevalence, share in (("value", 0.015649), ("low", 0.0063), ("high", 0.015649)):
        assert plans.population_of("TR-27", prevalence=prevalence).groups["prevalence"].tolist() == [share]


def test_detected_victims_say_how_long_a_list_is_and_never_how_many_persons_there_are(monkeypatch):
    before = plans.population_of("SEN")
    counted = headlines.headline("SEN", headlines.VICTIMS)
    persons = (before.groups["population"] * before.groups["prevalence"]).sum()
    assert before.lists["coverage"].iloc[0] * persons == pytest.approx(counted.low) and counted.low == 459
    monkeypatch.setattr(
        headlines, "headline", lambda *_: counted.__class__(**{**vars(counted), "low": 9.0, "high": 9.0})
    )
    after = plans.population_of("SEN")
    pd.testing.assert_frame_equal(after.groups, before.groups)
    assert after.lists["coverage"].iloc[0] < before.lists["coverage"].iloc[0]


def test_without_a_published_share_scenarios_stand_in_its_place_and_say_so(monkeypatch):
    nothing = plans.published("SEN").iloc[:0]
    monkeypatch.setattr(plans, "published", lambda iso3: nothing)
    population = plans.population_of("SEN")
    (row,) = population.sources.query("assumption == 'prevalence'").itertuples()
    assert (row.low, row.value, row.high) == plans.SCENARIO and row.kind == "assumed" and "scenarios" in row.source


def test_every_default_is_an_argument():
    population = plans.population_of("SEN", transmission=0.4, lists=2)
    table = population.sources.set_index("assumption")
    assert population.transmission == 0.4 and len(population.lists) == 3
    assert (table.loc["transmission", ["low", "high"]] == 0.4).all() and "argument" in table.loc[
        "transmission", "source"
    ]


@pytest.mark.parametrize("area_id", ["SEN"])
def test_findings_have_the_same_ids_everywhere_and_are_of_a_plan_in_every_language(area_id):
    place, plan, rows, shown = made(area_id)
    found = plans.findings(place, plan, shown)
    items = MEASURES["plan_width"].items
    assert list(items) == list(plans.designs_of(place)) == list(dict.fromkeys(rows["item"]))
    assert len(MEASURES["plan_recommended"].levels) == len(items) + 1
    expected = {
        "plan_recommended",
        *(f"{measure}.{item}" for measure in ("plan_width", "plan_halves") for item in items),
    }
    assert {each.finding_id for each in found} == {f"{area_id}/{name}" for name in expected}
    told = [each.row() for each in found]
    require_sentences(told)
    require_published(told, {"plan_designs": shown.table.as_resource("plan_designs", "")})
    assert all(each.source_ids == () and each.n == 20 for each in found if each.status != REFUSED)
    known = [row for row in told if row["status"] == "known"]
    words = dict(
        zip(LANGUAGES, ("under assumptions", "sous hypothèses", "sob pressupostos", "arsayımlara dayalı"), strict=True)
    )
    assert all(words[language] in sentence(row, language) for row in known for language in LANGUAGES)


def test_a_design_is_relied_on_only_if_its_intervals_cover_and_it_seldom_refuses():
    # Of two persons detected in a year no two lists have one in common.
    _, plan, rows, _ = made("cabo_verde")
    refuses = rows["refused"].gt(plan.rule.refused)
    assert not rows.loc[refuses, "reliable"].any() and rows.loc[refuses, "width_percent"].isna().all() and refuses.any()
    assert (rows.loc[rows["reliable"], "coverage"] >= plan.rule.coverage).all() and rows["reliable"].any()
    assert plan.recommended in {"", *rows["design"]}


def test_the_page_says_its_answer_first_and_that_it_is_a_plan():
    place, plan, rows, shown = made("SEN")
    said = str(plans.answer(place, plan).instead.data)
    assert (
        said.startswith("**A study of Senegal, planned under assumptions.** ")
        and plan.reason[:20] in said
        and "no finding on prevalence" in said
    )
    for each in (plans.frontier(place, rows), shown, plans.wrong(place, plan)):
        assert "no finding on prevalence" in each.limits and each.effective_class == "public" and len(each.table)
    assert "no country" in plans.costs(place, study_design.EXAMPLE_COSTS).limits
    topics = set(plans.safety(place).table.numbers["topic"])
    assert {"children", "consent"} <= topics


def test_no_line_of_the_plan_is_awaited_as_a_finding_on_persons():
    waited = {
        measure
        for study in STUDIES
        for need in ("case_records", "survey")
        for measure, _ in indicators.awaited(study, need)
    }
    assert not [name for name in waited if name.startswith("plan_")]
