"""What a reader relies on in the texts of the pledge: no number typed, no finding missing, no grave gap left out."""

from __future__ import annotations

import re

import pandas as pd
import pytest

from analysis import areas
from analysis.findings.finding import as_table
from analysis.findings.measures import MEASURES
from analysis.jobs import PLEDGE
from analysis.recommendations import MET, conditions, evaluation, read
from analysis.recommendations.conditions import InAreas, findings_of, leaves
from analysis.report import references
from analysis.report.references import typed
from analysis.sections import (
    findings_incidence,
    findings_referral_mechanisms,
    findings_routes,
    recommended,
    referral_evidence,
)

# Language of a study's authorities, in which its recommendations and commitments stand beside English.
LANGUAGES = {"west_africa": "fr", "cabo_verde": "pt", "turkiye": "tr"}
# What an analysis states on invented data alone, as long as no real ones are catalogued.
INVENTED = {"estimated_total", "journey_reach", "odds_ratio", "prevalence", "unmet_need", "days_to_referral"}
LEVELS = {"low": 1, "medium": 2, "high": 3}


@pytest.fixture(scope="module")
def texts():
    return read(PLEDGE)


@pytest.fixture(scope="module")
def west_africa() -> pd.DataFrame:
    """The findings that the recommendations to West Africa rest on."""
    whole = areas.get("west_africa")
    places = {area_id: areas.get(area_id, "west_africa") for area_id in areas.ids("west_africa")}
    found = [finding for place in (whole, *places.values()) for finding in findings_referral_mechanisms.findings(place)]
    found += [finding for area_id in ("BFA", "MLI", "NER") for finding in findings_routes.partners(places[area_id])]
    found += findings_incidence.coverage(whole)
    return as_table([finding.row() for finding in found])


def every_condition(texts):
    for each in texts.recommendations:
        yield each.study, each.rests_on
    for commitment in texts.commitments:
        for activity in commitment.activities:
            if activity.rests_on is not None:
                yield commitment.study, activity.rests_on


def by_language(texts):
    """Every text that people wrote, with its language."""
    for (_, language), text in texts.chapters.items():
        yield language, text
    for each in texts.recommendations:
        for said in (each.text, each.addressee, each.action):
            yield from said.items()
    for each in texts.lessons:
        yield from each.text.items()
    for commitment in texts.commitments:
        for said in (commitment.title, commitment.text, *(activity.text for activity in commitment.activities)):
            yield from said.items()


def test_no_number_is_typed(texts):
    written = list(by_language(texts))
    assert len(written) > 200
    for language, text in written:
        assert not list(typed(references.REFERENCE.sub("", text), language)), text


def test_every_term_that_is_cited_has_its_name_in_the_language_of_the_text(texts):
    cited = [
        (language, name) for language, text in by_language(texts) for name in re.findall(r"\[\[term:(.*?)\]\]", text)
    ]
    assert len(cited) > 10
    for language, name in cited:
        assert texts.terms[name][language]


def test_conditions_and_the_report_ask_for_measures_and_places_that_there_are(texts):
    asked = [finding for _, each in every_condition(texts) for leaf in leaves(each) for finding in findings_of(leaf)]
    for finding_id in [*asked, *texts.outline.findings()]:
        area_id, _, rest = finding_id.partition("/")
        measure, _, item = rest.partition(".")
        assert areas.get(area_id) and measure in MEASURES, finding_id
        assert not item or MEASURES[measure].declares(item), finding_id
    for name in texts.outline.areas.measures:
        assert name.partition(".")[0] in MEASURES, name


def test_what_is_advised_to_a_study_rests_on_its_own_findings(texts):
    """Its notebook reads these alone."""
    for study, each in every_condition(texts):
        for leaf in leaves(each) if study else ():
            for finding_id in findings_of(leaf):
                area_id = finding_id.partition("/")[0]
                assert area_id in {study, *areas.ids(study)}, finding_id


def test_each_study_has_advice_in_the_language_of_its_authorities(texts):
    for study, least in (("west_africa", 10), ("turkiye", 6), ("cabo_verde", 5)):
        own = [each for each in texts.recommendations if each.study == study]
        assert len(own) >= least
        assert all(LANGUAGES[study] in each.text for each in own)
    assert len(texts.lessons) >= 8
    assert {each.study for each in texts.commitments} == {"turkiye", "west_africa", "cabo_verde", ""}


def test_what_rests_on_invented_data_says_so_in_each_language(texts):
    for each in texts.recommendations:
        compared = [leaf for leaf in leaves(each.rests_on) if getattr(leaf, "kind", None) is None]
        measures = {finding.partition("/")[2].partition(".")[0] for leaf in compared for finding in findings_of(leaf)}
        for text in each.text.values():
            assert text.startswith("SYNTHETIC") == bool(measures & INVENTED), each.recommendation_id


def test_an_addressee_is_an_authority_and_no_person(texts):
    titles = re.compile(r"\b(?:Mr|Mrs|Ms|Dr|Prof|M\.|Mme|Sr\.|Sra|Sayın|Bay|Bayan)\b")
    for each in texts.recommendations:
        assert not any(titles.search(text) for text in each.addressee.values()), each.recommendation_id


def test_conditions_on_gaps_count_the_countries_of_the_register(texts, west_africa):
    """Beside the register itself: the gravest gap of each country, and the countries of which nothing is known."""
    register = referral_evidence.register()
    counted = 0
    for each in texts.recommendations:
        for leaf in leaves(each.rests_on):
            if not (isinstance(leaf, InAreas) and leaf.measure.startswith("gap.") and leaf.operator == "at_least"):
                continue
            rows = register[
                register["indicator_id"].eq(leaf.measure.removeprefix("gap.")) & register["area_id"].isin(leaf.area_ids)
            ]
            level = rows.assign(level=rows["severity"].map(LEVELS)).groupby("area_id")["level"].max()
            certain, open_ = int((level >= leaf.against).sum()), int(level.isna().sum())
            found = conditions.evaluate(leaf, west_africa)
            if certain >= leaf.count:
                assert found.state == MET, each.recommendation_id
            else:
                assert (found.state != conditions.NOT_MET) == (certain + open_ >= leaf.count), each.recommendation_id
                assert found.state != MET
            counted += 1
    assert counted >= 10


def test_advice_to_a_whole_study_asks_for_a_gap_in_more_than_half_of_its_areas(texts):
    """Of level 2 at least; where low severity counts, a line above says why (see the README of the texts)."""
    lines = (PLEDGE / "recommendations.yml").read_text(encoding="utf-8").split("\n")
    asked = 0
    for each in texts.recommendations:
        for leaf in leaves(each.rests_on):
            if isinstance(leaf, InAreas) and leaf.measure.startswith("gap.") and not each.areas and leaf.kind is None:
                assert (leaf.operator, leaf.count_operator, leaf.count) == ("at_least", "at_least", 9)
                written = "\n".join(lines[leaf.origin.line - 1 : leaf.origin.line + 4])
                assert leaf.against == 2 or "# Low severity counts" in written, each.recommendation_id
                asked += 1
    assert asked >= 10


def test_every_gap_of_high_severity_has_a_recommendation_of_its_own(texts, west_africa):
    high = west_africa[west_africa["measure"].eq("gap") & west_africa["low"].eq(3)]
    advised = {
        finding
        for each in texts.recommendations
        for leaf in leaves(each.rests_on)
        if each.areas and not isinstance(leaf, InAreas)
        for finding in findings_of(leaf)
    }
    assert len(high) > 0
    assert set(high["finding_id"]) <= advised


def test_recommendations_to_west_africa_rest_on_findings_that_exist(texts, west_africa):
    for each in texts.recommendations:
        if each.study == "west_africa":
            assert conditions.evaluate(each.rests_on, west_africa).why


def test_the_page_shows_each_recommendation_once_and_what_is_invented_apart(texts, west_africa):
    own, place = texts.of_study("west_africa"), areas.get("west_africa")
    ids = [each.recommendation_id for each in own.recommendations]
    shown = recommended.recommended(place, own, evaluation.recommendations(own, west_africa), west_africa)
    assert sorted(name for each in shown for name in each.table["Recommendation"]) == sorted(ids)
    assert {(each.kind, each.effective_class) for each in shown} == {("public", "public")}
    # One finding that is invented takes its recommendation along, and this one cannot leave as public evidence.
    invented = west_africa.copy()
    invented.loc[invented["finding_id"] == "GNB/gap.A3", ["kind", "release_class"]] = ["synthetic", "protected"]
    states = evaluation.recommendations(own, invented)
    *public, synthetic = recommended.recommended(place, own, states, invented)
    assert list(synthetic.table["Recommendation"]) == ["WA-16"]
    assert (synthetic.kind, synthetic.effective_class) == ("synthetic", "protected")
    assert "SYNTHETIC" in synthetic.table["Why"].iloc[0]
    assert not any("WA-16" in set(each.table["Recommendation"]) for each in public)
    assert not any("[[" in cell for each in (*public, synthetic) for cell in each.table["Text"])
    # What opens the page is of public evidence alone.
    assert not any("WA-16" in set(each.table["No."]) for each in recommended.in_short(place, own, states, invented))
    said = recommended.key_findings(place, own, states, invented)
    assert "1 further recommendations rest on synthetic data" in said.data
    assert said.metadata == {"release_class": "protected"}


def test_the_page_opens_with_how_many_are_supported_and_the_most_pressing_of_these(texts, west_africa):
    own, place = texts.of_study("west_africa"), areas.get("west_africa")
    states = evaluation.recommendations(own, west_africa)
    number = states["state"].value_counts()
    said = recommended.key_findings(place, own, states, west_africa, most=3)
    points = re.findall("<li>(.*?)</li>", said.data)
    assert len(points) == 4 and said.metadata == {"release_class": "public"}
    assert f"of {len(states)} recommendations" in points[0] and f"support {number['met']}, do not support" in points[0]
    short = recommended.in_short(place, own, states, west_africa)
    assert sorted(name for each in short for name in each.table["No."]) == sorted(states["recommendation_id"])
    # The supported ones of high priority come first, and the box has the first of them.
    first = short[0]
    held = set(states.loc[states["state"] == "met", "recommendation_id"])
    assert set(first.table["No."]) <= held and "holds, priority high, for the study" in first.title
    assert all(text in point for text, point in zip(first.table["Recommendation"], points[1:], strict=False))
    # None of them is long enough to be folded, and none is cut within "Convention No. 138".
    assert all(len(each.table) <= 12 for each in short)
    assert not any(text.endswith(" No") for each in short for text in each.table["Recommendation"])


def test_what_the_findings_do_not_bear_is_flagged_and_comes_last(texts, west_africa):
    changed = west_africa.copy()
    changed.loc[changed["finding_id"].str.endswith("/gap.I1"), ["value", "low", "high"]] = 0.0
    flagged = []
    for table in (west_africa, changed):
        own = texts.of_study("west_africa")
        states = evaluation.recommendations(own, table)
        first, *_ = recommended.recommended(areas.get("west_africa"), own, states, table)
        is_flagged = first.table["State"].str.startswith("FLAGGED")
        assert is_flagged.is_monotonic_increasing
        flagged.append(set(first.table.loc[is_flagged, "Recommendation"]))
    assert flagged[1] == flagged[0] | {"WA-09"} and "WA-09" not in flagged[0]


def test_the_page_of_a_country_has_its_own_advice_and_that_of_the_study(texts, west_africa):
    fixed = west_africa.copy()
    fixed.loc[fixed["finding_id"] == "LBR/gap.C6", ["value", "low", "high"]] = 0.0
    own = texts.of_study("west_africa")
    whole, shown = recommended.recommended(areas.get("LBR"), own, evaluation.recommendations(own, fixed), fixed)
    assert "WA-17" not in set(whole.table["Recommendation"])
    assert shown.table["State"].str.startswith("FLAGGED").all()
    # Of the study's advice that on other countries alone is left out.
    assert list(shown.table["Recommendation"]) == ["WA-17"]


def test_the_page_of_a_study_has_its_commitments_and_counts_its_findings(texts, west_africa):
    own, place = texts.of_study("west_africa"), areas.get("west_africa")
    pledged = recommended.commitments(place, own, evaluation.progress(own, west_africa), west_africa)
    assert len(pledged.table) == sum(len(each.activities) for each in own.commitments) > 3
    assert set(pledged.table["State"]) <= {"met", "not met", "not known"}
    at_hand = recommended.at_hand(place, west_africa).table
    counted = at_hand[["Known", "Refused by the method", "Suppressed", "Not reported"]]
    assert counted.to_numpy().sum() == len(west_africa)
    said = recommended.not_known(place, evaluation.recommendations(own, west_africa), west_africa)
    assert "WA-15" in said.data and said.metadata["release_class"] == "public"
