"""What the report cites of routes: counted again from the evidence as it was coded, and nothing that may not leave."""

from __future__ import annotations

import csv
import re
from functools import cache

import pandas as pd
import pytest

from analysis import areas, catalog
from analysis.exhibits import findings_routes as found
from analysis.exhibits import route, route_totals
from analysis.findings.exhibit_rows import require_published
from analysis.findings.finding import Finding
from analysis.findings.measures import LANGUAGES, sentence

COUNTRIES = areas.ids("west_africa")


@cache
def stated(area_id: str) -> dict[str, Finding]:
    """The findings of an area by their id without the area."""
    place = areas.get(area_id)
    flows, sentences = route.sources_of(place)
    held = {
        "by_role": route_totals.mentions_by_role(place),
        "by_partner": route_totals.mentions_by_partner(place, sentences),
        "victims": route_totals.victims_by_citizenship(place, flows),
    }
    return {finding.finding_id.partition("/")[2]: finding for finding in found.of_routes(place, **held)}


def rows_of(file: str) -> list[dict[str, str]]:
    with open(catalog.RAW / "evidence" / f"{file}.csv", encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    # What agencies and newspapers name is counted in no share.
    return [row for row in rows if row["source_id"] in REPORTS] if file == "route_mentions" else rows


with open(catalog.RAW / "evidence" / "sources.csv", encoding="utf-8", newline="") as lines:
    REPORTS = {row["source_id"] for row in csv.DictReader(lines) if row["report"]}


def mentions(**wanted) -> set[str]:
    """Ids of the sentences of which a row meets every condition."""
    return {
        row["mention_id"]
        for row in rows_of("route_mentions")
        if all(condition(row[name]) for name, condition in wanted.items())
    }


@pytest.mark.parametrize("area_id", ["SEN", "NER", "CPV"])
def test_mentions_are_counted_as_sentences_once_each_in_every_role(area_id):
    here, elsewhere = (lambda code: code == area_id), (lambda code: code != area_id)
    expected = {
        "origin": mentions(origin=here, destination=elsewhere),
        "destination": mentions(origin=elsewhere, destination=here),
        "within": mentions(origin=here, destination=here),
        "transit": mentions(transit=lambda text: area_id in re.split(r"[;() ]+", text)),
    }
    for role, ids in expected.items():
        assert stated(area_id)[f"route_mentions.{role}"].value == len(ids), role
    # Sentences of reports on other studies' countries are none of this study's.
    region = mentions(reporting_country=lambda code: code in COUNTRIES)
    assert stated(area_id)["route_mentions.origin"].n == len(region) < len(mentions())


def test_a_mention_of_several_countries_of_the_region_counts_once_for_it():
    own = set(COUNTRIES)
    away = {row["mention_id"] for row in rows_of("route_mentions") if row["origin"] in own - {row["destination"]}}
    assert stated("west_africa")["route_mentions.origin"].value == len(away)
    assert len(away) < sum(stated(area_id)["route_mentions.origin"].value for area_id in COUNTRIES)


def test_an_island_is_named_by_its_name_and_its_town_in_reports_on_the_country_alone():
    on = [row for row in rows_of("route_mentions") if row["reporting_country"] == "CPV"]
    named = {row["mention_id"] for row in on if re.search(r"\bSal\b|\bSanta Maria\b", row["destination_place"])}
    assert len(named) > 0
    assert stated("CPV-SAL")["route_mentions.destination"].value == len(named)
    assert stated("CPV-SAL")["route_mentions.origin"].n == len({row["mention_id"] for row in on})


@pytest.mark.parametrize("area_id", ["SEN", "GMB", "west_africa", "turkiye", "cabo_verde"])
def test_a_country_at_the_other_end_is_counted_by_sentences_and_all_others_together(area_id):
    one_country = {"turkiye": "TUR", "cabo_verde": "CPV"}.get(area_id, area_id)
    own = set(COUNTRIES) if area_id == "west_africa" else {one_country}
    partners: dict[str, set[str]] = {}
    for row in rows_of("route_mentions"):
        for one, other in (("origin", "destination"), ("destination", "origin")):
            if row[one] in own and row[other] not in own and re.fullmatch("[A-Z]{3}", row[other]):
                partners.setdefault(row[other], set()).add(row["mention_id"])
    here = {finding.item: finding for finding in stated(area_id).values() if finding.measure == "partner_mentions"}
    asked = {"turkiye": {"SYR"}}.get(area_id, {*COUNTRIES, "GAB"}) - own
    assert set(here) == asked | {"another_country"}
    for code in asked:
        assert here[code].value == len(partners.get(code, set())), code
    others = set().union(*(ids for code, ids in partners.items() if code not in asked))
    assert here["another_country"].value == len(others)
    assert here["another_country"].n == len(set().union(*partners.values()))


def test_ids_of_partners_stay_the_same_whatever_a_new_report_names(monkeypatch):
    senegal = areas.get("SEN")
    _, mentions = route.sources_of(senegal)
    before = {
        finding.finding_id for finding in found.partners(senegal, route_totals.mentions_by_partner(senegal, mentions))
    }
    rows = pd.DataFrame({"mention_id": [1, 1, 2], "partner": ["XKX", "XKX", "TCD"], "source_id": "TIP2025_SEN"})
    monkeypatch.setattr(route_totals, "_partners", lambda mentions, own: rows)
    named = route_totals.mentions_by_partner(senegal, mentions)
    after = {finding.item: finding for finding in found.partners(senegal, named)}
    assert dict(zip(named["partner"], named["mentions"], strict=True))["XKX"] == 1
    assert {finding.finding_id for finding in after.values()} == before
    assert (after["another_country"].value, after["GNB"].value) == (2, 0)


def flows(outward: bool, code: str) -> list[tuple[int, int, int, str]]:
    """Year, bounds and detecting country of UNODC's figures on citizens of a country, or on others detected in it."""
    own, other = ("citizenship", "detected_in") if outward else ("detected_in", "citizenship")
    rows = [row for row in rows_of("unodc_citizenship_flows") if row[own] == code and row[other] != code]
    bounds = [(0, 4) if row["value"] == "<5" else (int(row["value"]), int(row["value"])) for row in rows]
    return [(int(row["year"]), *each, row["detected_in"]) for row, each in zip(rows, bounds, strict=True)]


@pytest.mark.parametrize("area_id", ["NGA", "SEN", "GIN"])
@pytest.mark.parametrize(
    ("measure", "outward"), [("citizens_detected_abroad", True), ("foreign_citizens_detected", False)]
)
def test_detected_citizens_are_sums_of_intervals_in_which_less_than_five_may_be_none(area_id, measure, outward):
    figures = flows(outward, area_id)
    every, latest = (stated(area_id)[f"{measure}.{item}"] for item in ("all_years", "latest"))
    if not figures:
        assert every.status == latest.status == "not reported"
        return
    cover = {year: len({row[3] for row in figures if row[0] == year}) for year, *_ in figures}
    last = max(year for year, number in cover.items() if number >= max(cover.values()) / 2)
    for finding, chosen in ((every, figures), (latest, [row for row in figures if row[0] == last])):
        assert finding.bounds == (sum(row[1] for row in chosen), sum(row[2] for row in chosen))
        assert finding.n == len({row[3] for row in chosen})
    assert latest.period == str(last)
    assert every.period == "/".join(dict.fromkeys(map(str, (min(cover), max(cover)))))


def test_a_year_of_which_hardly_a_country_has_a_figure_is_not_taken_for_the_latest():
    countries = ["AUT", "BEL", "DNK", "ESP", "FRA"]
    rows = pd.DataFrame({"year": [2020] * 5 + [2021] * 2, "detected_in": [*countries, "AUT", "BEL"]})
    assert route_totals.last_covered(rows) == 2020
    half = pd.concat([rows, pd.DataFrame({"year": [2021], "detected_in": ["DNK"]})])
    assert route_totals.last_covered(half) == 2021


def test_citizens_detected_outside_the_region_leave_out_those_detected_within_it():
    away = [row for area_id in COUNTRIES for row in flows(True, area_id) if row[3] not in COUNTRIES]
    outside, every = (stated("west_africa")[f"citizens_detected_abroad.{item}"] for item in ("outside", "all_years"))
    assert outside.bounds == (sum(row[1] for row in away), sum(row[2] for row in away))
    assert outside.bounds[0] < every.bounds[0] and outside.n == len({row[3] for row in away})
    assert "citizens_detected_abroad.outside" not in stated("SEN")


def test_flows_within_the_region_are_said_to_be_counted():
    for measure in ("citizens_detected_abroad", "foreign_citizens_detected"):
        assert "between two countries of the region" in stated("west_africa")[f"{measure}.latest"].limits
        assert "of the region" not in stated("SEN")[f"{measure}.latest"].limits


def test_no_figure_is_not_taken_for_none_detected():
    assert not flows(False, "GIN")
    finding = stated("GIN")["foreign_citizens_detected.all_years"]
    assert (finding.status, finding.value, finding.bounds) == ("not reported", None, (None, None))
    assert "not zero" in finding.why


@pytest.mark.parametrize("area_id", ["SEN", "west_africa", "TR-27"])
def test_every_known_finding_names_the_row_of_the_exhibit_that_has_its_number(area_id):
    place = areas.get(area_id)
    flows, sentences = route.sources_of(place)
    exhibits = (
        route_totals.by_role(place, route_totals.mentions_by_role(place)),
        route_totals.by_partner(place, route_totals.mentions_by_partner(place, sentences)),
        route_totals.by_citizenship(place, route_totals.victims_by_citizenship(place, flows)),
    )
    shown = {each.name: each.table.as_resource(each.name, each.title) for each in exhibits if not each.absent}
    rows = [finding.row() for finding in stated(area_id).values()]
    require_published(rows, shown)
    assert all(row["exhibit"] for row in rows if row["status"] == "known")


def test_national_figures_are_not_stated_of_a_province_or_an_island():
    for area_id in ("TR-27", "CPV-SAL"):
        for name, finding in stated(area_id).items():
            assert not name.startswith("partner_mentions")
            if name.startswith(("citizens", "foreign")):
                assert finding.status == "not reported" and "as a whole" in finding.why


@pytest.mark.parametrize("study", [name for name, study in areas.STUDIES.items() if not study.is_synthetic])
def test_every_area_states_the_same_things_and_each_has_its_sentence_in_four_languages(study):
    names = set()
    for area_id in areas.ids(study):
        here = stated(area_id)
        # A country is not its own partner.
        assert f"partner_mentions.{area_id}" not in here
        names.add(frozenset(re.sub(r"(partner_mentions)\.[A-Z]{3}", r"\1", name) for name in here))
        for finding in here.values():
            for language in LANGUAGES:
                text = sentence(finding.row(), language)
                assert text.endswith(".") and not re.search(r"[{}]|\bnan\b|None|  ", text), text
    assert len(names) == 1
