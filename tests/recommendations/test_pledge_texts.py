"""What a reader relies on in the texts of the pledge: no number typed, no finding missing, no grave gap left out."""

from __future__ import annotations

import re

import pandas as pd
import pytest
import referral_results

from analysis import areas, bibliography
from analysis.exhibits import (
    findings_detection,
    findings_headlines,
    findings_routes,
    forms_of_exploitation,
    from_findings,
    route,
    route_totals,
)
from analysis.exhibits.headline_numbers import headlines_of
from analysis.findings.finding import as_table
from analysis.findings.measures import MEASURES
from analysis.jobs import PLEDGE
from analysis.recommendations import NOT_KNOWN, NOT_MET, evaluate, evaluation, read
from analysis.recommendations.authorities import country_of
from analysis.recommendations.conditions import InAreas, findings_of, leaves
from analysis.report import references
from analysis.report.references import typed

# Language of a study's authorities, in which its recommendations and commitments stand beside English.
LANGUAGES = {"west_africa": "fr", "cabo_verde": "pt", "turkiye": "tr"}
# What an analysis states on synthetic data alone, as long as no real ones are catalogued.
SYNTHETIC_DATA = {"estimated_total", "journey_reach", "odds_ratio", "prevalence", "unmet_need", "days_to_referral"}
# Ids that were given up: nothing is ever called so again.
WITHDRAWN = {"WA-15", "WA-18", "WA-24", "CV-06", "CV-07", "CV-08", "TR-08", "TR-09", "TR-10", "TR-11", "TR-12"}
LEVELS = {"low": 1, "medium": 2, "high": 3}


@pytest.fixture(scope="module")
def texts():
    return read(PLEDGE)


@pytest.fixture(scope="module")
def west_africa() -> pd.DataFrame:
    """The findings that the recommendations to West Africa rest on."""
    whole = areas.get("west_africa")
    places = {area_id: areas.get(area_id, "west_africa") for area_id in areas.ids("west_africa")}
    found = [finding for place in (whole, *places.values()) for finding in referral_results.findings(place)]
    for area_id in ("BFA", "MLI", "NER"):
        named = route_totals.mentions_by_partner(places[area_id], route.sources_of(places[area_id])[1])
        found += findings_routes.partners(places[area_id], named)
    found += findings_detection.coverage(whole)
    for place in places.values():
        statements = forms_of_exploitation.rows(place)
        found += forms_of_exploitation.findings(place, forms_of_exploitation.by_form(statements), statements)
    found += [
        finding for place in places.values() for finding in findings_headlines.of_place(place, headlines_of(place), {})
    ]
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
    for body in texts.authorities:
        yield from body.name.items()
        yield from body.mandate.items()
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


def test_conditions_ask_for_measures_and_places_that_there_are(texts):
    asked = [finding for _, each in every_condition(texts) for leaf in leaves(each) for finding in findings_of(leaf)]
    for finding_id in asked:
        area_id, _, rest = finding_id.partition("/")
        measure, _, item = rest.partition(".")
        assert areas.get(area_id) and measure in MEASURES, finding_id
        assert not item or MEASURES[measure].declares(item), finding_id


def test_what_is_advised_to_a_study_rests_on_its_own_findings(texts):
    """Its notebook reads these alone."""
    for study, each in every_condition(texts):
        for leaf in leaves(each) if study else ():
            for finding_id in findings_of(leaf):
                area_id = finding_id.partition("/")[0]
                assert area_id in {study, *areas.ids(study)}, finding_id


def test_each_study_has_advice_in_the_language_of_its_authorities(texts):
    for study, least in (("west_africa", 30), ("turkiye", 12), ("cabo_verde", 10)):
        own = [each for each in texts.recommendations if each.study == study]
        assert len(own) >= least
        assert all(LANGUAGES[study] in each.text for each in own)
    assert len(texts.lessons) >= 8
    assert {each.study for each in texts.commitments} == {"turkiye", "west_africa", "cabo_verde", ""}


def test_what_rests_on_synthetic_data_says_so_in_each_language(texts):
    for each in texts.recommendations:
        compared = [leaf for leaf in leaves(each.rests_on) if getattr(leaf, "kind", None) is None]
        measures = {finding.partition("/")[2].partition(".")[0] for leaf in compared for finding in findings_of(leaf)}
        for text in each.text.values():
            assert text.startswith("SYNTHETIC") == bool(measures & SYNTHETIC_DATA), each.recommendation_id


def test_an_addressee_is_an_authority_and_no_person(texts):
    titles = re.compile(r"\b(?:Mr|Mrs|Ms|Dr|Prof|M\.|Mme|Sr\.|Sra|Sayın|Bay|Bayan)\b")
    for each in texts.recommendations:
        assert not any(titles.search(text) for text in each.addressee.values()), each.recommendation_id


def test_advice_holds_country_by_country_and_no_number_of_countries_decides(texts):
    """Commitments promise all areas; advice counts none."""
    assert not WITHDRAWN & {each.recommendation_id for each in texts.recommendations}
    for each in texts.recommendations:
        asked = [leaf for leaf in leaves(each.rests_on) if isinstance(leaf, InAreas)]
        assert all(leaf.each and leaf.study == each.study for leaf in asked), each.recommendation_id
        if each.areas:
            assert {area_id for leaf in asked for area_id in leaf.area_ids} <= set(each.areas)


def test_a_gap_is_shown_for_the_countries_of_the_register_and_open_where_the_register_is(texts, west_africa):
    """Beside the register itself: the most severe gap of each country, and the countries of which nothing is known."""
    register = referral_results.register()
    counted = 0
    for each in texts.recommendations:
        if not (isinstance(leaf := each.rests_on, InAreas) and leaf.measure.startswith("gap.")):
            continue
        rows = register[register["indicator_id"].eq(leaf.measure.removeprefix("gap."))]
        graded = rows.assign(level=rows["severity"].map(LEVELS)).groupby("area_id")["level"].max()
        places = evaluation.by_area(each, west_africa).set_index("area_id")
        level = graded.reindex(places.index)
        wanted = level.eq(leaf.against) if leaf.operator == "equals" else level.ge(leaf.against)
        assert set(places.index[places["state"] == "shown"]) == set(level.index[wanted]), each.recommendation_id
        # Of what is not rated something is in the register; what is not in it is in place.
        unrated = level.index[level.isna() & level.index.isin(graded.index)]
        assert set(places.index[places["state"] == "unknown"]) == set(unrated), each.recommendation_id
        assert places["level"].eq(level).where(level.notna(), True).all()
        states = referral_results.states()
        own = states[states["indicator_id"].eq(leaf.measure.removeprefix("gap."))].set_index("area_id")["state"]
        assert set(places.index[places["state"] == "in place"]) == set(own.index[own == "in place"]) & set(places.index)
        counted += 1
    assert counted >= 23


def test_every_gap_is_answered_and_one_of_high_severity_by_a_recommendation_of_its_own(texts, west_africa):
    answered: dict[bool, set[str]] = {True: set(), False: set()}
    for each in texts.recommendations:
        if each.study == "west_africa":
            places = evaluation.by_area(each, west_africa)
            cells = places.loc[places["state"] == "shown", "finding_ids"]
            answered[bool(each.areas)] |= {i for cell in cells for i in cell.split(";")}
    gaps = west_africa[west_africa["measure"].eq("gap")]
    high, medium = (set(gaps.loc[gaps["low"] >= level, "finding_id"]) for level in (3, 2))
    assert high and high <= answered[True]
    assert len(medium) > len(high) and medium <= answered[True] | answered[False]


def test_what_is_to_be_done_first_begins_with_the_gaps_rated_high(texts, west_africa):
    order = evaluation.order(texts.of_study("west_africa"), west_africa)
    first = order[order["group"] == "do_first"]
    high = west_africa[west_africa["measure"].eq("gap") & west_africa["low"].eq(3)]
    assert 5 <= len(first) <= 15 and first["level"].iloc[0] == 3
    by_id = {each.recommendation_id: each for each in texts.recommendations}
    top = [by_id[name] for name in first.loc[first["level"] == 3, "recommendation_id"]]
    assert {area_id for each in top for area_id in each.areas} == set(high["area_id"])
    # A country is told its own first, and nothing that does not concern it.
    for area_id in areas.ids("west_africa"):
        own = evaluation.order(texts, west_africa, area_id)
        assert (own["level"].iloc[0] == 3) == (area_id in set(high["area_id"]))
        assert own["group"].eq("do_first").any() and len(own) < len(order)


def test_what_is_not_supported_says_which_evidence_is_missing(texts, west_africa):
    order = evaluation.order(texts.of_study("west_africa"), west_africa)
    open_ = order[order["group"] == "unsupported"].set_index("recommendation_id")
    assert "best-interests" in open_.at["WA-25", "missing"] and open_.at["WA-25", "state"] == NOT_KNOWN


def test_recommendations_to_west_africa_rest_on_findings_that_exist(texts, west_africa):
    for each in texts.recommendations:
        if each.study == "west_africa":
            assert evaluate(each.rests_on, west_africa).why


def test_each_body_has_a_mandate_from_a_source_that_was_read_and_the_language_of_its_country(texts):
    sources = bibliography.source_ids()
    spoken = {"TUR": {"tr"}, "CPV": {"fr", "pt"}, "GNB": {"fr", "pt"}}
    for body in texts.authorities:
        assert body.source in sources and body.roles
        assert set(body.name) == set(body.mandate) == {"en"} | spoken.get(body.area, {"fr"}), body.authority_id
        # One sentence.
        assert all(text.endswith(".") and ". " not in text for text in body.mandate.values()), body.authority_id
    names = [body.name["en"] for body in texts.authorities]
    assert len(set(names)) == len(names)


def test_every_country_has_named_bodies_that_coordinate_identify_protect_and_inspect(texts):
    for area_id in (*areas.ids("west_africa"), "TUR"):
        roles = {role for body in texts.authorities if body.area == area_id for role in body.roles}
        assert {"coordination", "identification", "protection", "labour_inspection"} <= roles, area_id


def test_a_recommendation_goes_to_named_bodies_in_most_places_and_never_to_nobody(texts):
    asked = named = 0
    for each in texts.recommendations:
        assert each.role or each.authorities or each.recommendation_id == "WA-08", each.recommendation_id
        assert {body.area for body in each.bodies if body.authority_id in each.authorities} <= {
            each.study,
            *(country_of(each.study, area_id) for area_id in areas.ids(each.study)),
        }
        for area_id in each.areas or areas.ids(each.study):
            asked += 1
            named += bool(evaluation.bodies(each, area_id))
            assert all(evaluation.addressees(each, area_id))
    assert named > 0.85 * asked


@pytest.fixture(scope="module")
def page(texts, west_africa):
    """What the page of a place has, from a table of findings."""

    def of(area_id: str, table: pd.DataFrame = west_africa):
        place, own = areas.get(area_id, "west_africa"), texts.of_study("west_africa")
        return place, own, from_findings.in_order(place, own, table), evaluation.recommendations(own, table), table

    return of


def test_the_page_shows_each_recommendation_once_and_what_is_synthetic_apart(page, west_africa):
    ids = sorted(page("west_africa")[2]["recommendation_id"])
    (shown,) = from_findings.recommended(*page("west_africa"))
    assert sorted(shown.table["Recommendation"]) == ids
    assert (shown.kind, shown.effective_class) == ("public", "public")
    short = from_findings.in_short(*page("west_africa"))
    assert sorted(name for each in short for name in each.table["No."]) == ids
    # One finding that is synthetic takes its recommendation along, and this one cannot leave as public evidence.
    marked = west_africa.copy()
    marked.loc[marked["finding_id"] == "GNB/gap.A3", ["kind", "release_class"]] = ["synthetic", "protected"]
    public, synthetic = from_findings.recommended(*page("west_africa", marked))
    assert list(synthetic.table["Recommendation"]) == ["WA-16"]
    assert (synthetic.kind, synthetic.effective_class) == ("synthetic", "protected")
    assert "SYNTHETIC" in synthetic.table["Why"].iloc[0]
    assert "WA-16" not in set(public.table["Recommendation"])
    assert not any("[[" in cell for each in (public, synthetic) for cell in each.table["Text"])
    # What opens the page is of public evidence alone.
    short = from_findings.in_short(*page("west_africa", marked))
    assert not any("WA-16" in set(each.table["No."]) for each in short)
    said = from_findings.key_findings(*page("west_africa", marked))
    assert "1 further recommendations rest on synthetic data" in said.data
    assert said.metadata == {"release_class": "protected"}


def test_the_page_opens_with_how_many_are_supported_and_what_to_do_first(page):
    _, _, order, states, _ = page("west_africa")
    said = from_findings.key_findings(*page("west_africa"), most=3)
    points = re.findall("<li>(.*?)</li>", said.data)
    assert len(points) == 4 and said.metadata == {"release_class": "public"}
    supported = int((order["group"] != "unsupported").sum())
    assert f"support {supported} of {len(states)} recommendations" in points[0]
    first, *_, last = from_findings.in_short(*page("west_africa"))
    assert "do first" in first.title and "Guinea-Bissau, Senegal" in set(first.table["Where"])
    assert all(text in point for text, point in zip(first.table["Recommendation"], points[1:], strict=False))
    assert "missing" in last.title and last.table["Missing"].ne("").all()
    # None is cut within "Convention No. 138".
    assert not any(text.endswith(" No") for text in first.table["Recommendation"])


def test_what_the_findings_do_not_bear_comes_last_and_says_why(page, west_africa):
    changed = west_africa.copy()
    system = changed["finding_id"].str.endswith("/gap.I1")
    changed.loc[system, ["value", "low", "high"]] = 0.0
    changed.loc[system, "status"] = "known"
    for table, flagged in ((west_africa, set()), (changed, {"WA-09"})):
        *_, last = from_findings.in_short(*page("west_africa", table))
        (all_,) = from_findings.recommended(*page("west_africa", table))
        assert set(all_.table.loc[all_.table["State"].str.startswith("FLAGGED"), "Recommendation"]) == flagged
        assert flagged <= set(last.table["No."])
    _, _, order, states, _ = page("west_africa", changed)
    assert states.set_index("recommendation_id").at["WA-09", "state"] == NOT_MET
    assert order["recommendation_id"].iloc[-1] == "WA-09" and "no gap" not in order["missing"].iloc[-1]
    assert order["missing"].iloc[-1]


def test_the_page_of_a_country_has_what_concerns_it_to_its_own_bodies(page, west_africa):
    fixed = west_africa.copy()
    fixed.loc[fixed["finding_id"] == "LBR/gap.C6", ["value", "low", "high"]] = 0.0
    (before,), (after,) = (from_findings.recommended(*page("LBR", table)) for table in (west_africa, fixed))
    assert set(before.table["Recommendation"]) - set(after.table["Recommendation"]) == {"WA-17"}
    assert before.table["Recommendation"].iloc[0] == "WA-17" and "Ministry of Labour" in before.table["To"].iloc[0]
    # The Gambia shares its only shelter: its own advice takes the place of that to all countries.
    gambia = set(page("GMB")[2]["recommendation_id"])
    assert "WA-19" in gambia and not gambia & {"WA-03", "WA-17"}
    # What left ECOWAS lacks nothing of its mechanism.
    assert "WA-06" not in set(page("MLI")[2]["recommendation_id"])


def test_the_page_names_bodies_with_their_mandates(texts, page):
    place, own, *_ = page("NGA")
    shown = from_findings.bodies(place, own)
    assert "NAPTIP" in shown.table["Body"].iloc[0] and set(shown.table["Of"]) == {"Nigeria"}
    assert shown.source_ids and shown.table["Charged with"].str.endswith(".").all()
    of_study = from_findings.bodies(page("west_africa")[0], own)
    assert len(of_study.table) > 80 and "ECOWAS Commission" in set(of_study.table["Body"])


def test_the_page_of_a_study_has_its_commitments_and_counts_its_findings(texts, west_africa):
    own, place = texts.of_study("west_africa"), areas.get("west_africa")
    pledged = from_findings.commitments(place, own, evaluation.progress(own, west_africa), west_africa)
    assert len(pledged.table) == sum(len(each.activities) for each in own.commitments) > 3
    assert set(pledged.table["State"]) <= {"met", "not met", "not known"}
    at_hand = from_findings.at_hand(place, west_africa).table
    counted = at_hand[["Known", "Refused by the method", "Suppressed", "Not reported", "Not read"]]
    assert counted.to_numpy().sum() == len(west_africa)
    said = from_findings.not_known(place, evaluation.recommendations(own, west_africa), west_africa)
    assert "WA-25" in said.data and said.metadata["release_class"] == "public"
