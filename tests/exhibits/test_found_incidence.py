"""What the findings on incidence say of detected victims, of official figures, and of what is not reported."""

from __future__ import annotations

import csv
import math
from functools import cache

import exhibits_of_incidence as exhibits
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from stated_findings import by_id, require_sentences

from analysis import areas, catalog, evidence, headlines
from analysis.exhibits import context, detection, headline_numbers, local_rates, share_of_children
from analysis.exhibits import findings_detection as found
from analysis.exhibits import forms_of_exploitation as forms
from analysis.exhibits import published_prevalence as published
from analysis.exhibits.findings_indicators import bounds, noted, span
from analysis.findings import exhibit_rows
from analysis.findings.finding import FIGURE, Finding, FindingError
from analysis.findings.measures import sentence

STUDIES = ("turkiye", "west_africa", "cabo_verde")
# One place of each kind, and those about which little is known.
PLACES = ("turkiye", "west_africa", "cabo_verde", "SEN", "NGA", "CPV", "TR-27", "CPV-SAL", "CPV-SANTALUZIA")
LOCAL = [area_id for study in ("turkiye", "cabo_verde") for area_id in areas.ids(study)]
INF = float("inf")
OF_PREVALENCE = (published.measured, published.modelled, published.child_labour, published.further)


findings = by_id(exhibits.findings)


@cache
def findings_on_officials(area_id: str) -> dict[str, Finding]:
    return {finding.finding_id.split("/")[1]: finding for finding in exhibits.indicators(areas.get(area_id))}


@cache
def received(file: str) -> list[dict[str, str]]:
    with open(catalog.RAW / "evidence" / file, encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


def unodc(area_id: str, year: int, age: str = "all") -> list[str]:
    """What UNODC prints for both sexes together."""
    return [
        row["value"]
        for row in received("unodc_detected_victims.csv")
        if (row["area_id"], row["year"], row["sex"], row["age"]) == (area_id, str(year), "all", age)
    ]


def inhabitants(area_id: str, year: int) -> float:
    (people,) = {
        float(row["low"])
        for row in received("population.csv")
        if (row["area_id"], row["source_id"]) == (area_id, "WBPOP") and row["date_low"].startswith(str(year))
    }
    return people


# Detected victims


@pytest.mark.parametrize(
    ("area_id", "country", "year", "victims", "children"),
    [("NGA", "NGA", 2022, "2883", "974"), ("turkiye", "TUR", 2022, "343", "72")],
)
def test_the_latest_figures_are_those_that_were_received(area_id, country, year, victims, children):
    assert (unodc(country, year), unodc(country, year, "0-17")) == ([victims], [children])
    assert not unodc(country, year + 1)
    for measure, printed in (("detected_victims", victims), ("detected_child_victims", children)):
        finding = findings(area_id)[f"{measure}.unodc"]
        assert (finding.value, finding.period, finding.interval) == (float(printed), str(year), "exact")
        assert finding.source_ids == ("UNODC_GLOTIP_2025",)


def test_fewer_than_five_may_be_none_and_is_no_number():
    assert unodc("SEN", 2015, "0-17") == ["<5"]
    finding = findings("SEN")["detected_child_victims.unodc"]
    assert (finding.value, finding.low, finding.high, finding.interval) == (None, 0.0, 4.0, FIGURE)
    assert "between 0 and 4" in sentence(finding.row())


def test_at_least_has_no_upper_bound_and_the_period_is_that_of_the_report():
    finding = findings("CIV")["detected_victims.us_reports"]
    assert (finding.value, finding.low, finding.high) == (None, 1185.0, INF)
    assert finding.period == "2022-04/2023-03"
    assert "at least 1,185" in sentence(finding.row())


# What the rows of the evidence add up to, by hand: Guinea 65 + 10; Nigeria 17 + 53 + 7 + 67 + 250; Togo's adults and
# children of 2021, which the 419 of organisations of 2021/22 do not replace; of Mauritania no total, and the newest
# part is eight girls of 2024; of Cabo Verde the last total is two victims of 2015/16, and newer ones are of one form.
@pytest.mark.parametrize(
    ("area_id", "measure", "low", "high", "period"),
    [
        ("GIN", "detected_child_victims", 75, 75, "2022-04/2023-03"),
        ("MRT", "detected_child_victims", 8, INF, "2024"),
        ("NGA", "detected_child_victims", 394, 394, "2022-04/2023-03"),
        ("TGO", "detected_victims", 23, 23, "2021"),
        ("BFA", "detected_victims", 1532, 1532, "2021"),
        ("BFA", "detected_child_victims", 1486, 1486, "2021"),
        ("GHA", "detected_victims", 574, 574, "2022"),
        ("GHA", "detected_child_victims", 359, 359, "2022"),
        ("cabo_verde", "detected_victims", 2, 2, "2015-04/2016-03"),
    ],
)
def test_where_no_total_is_printed_its_parts_are_shown(area_id, measure, low, high, period):
    finding = findings(area_id)[f"{measure}.us_reports"]
    assert (finding.low, finding.high, finding.period) == (low, high, period)


def test_totals_of_togo_are_adults_and_children_together():
    table = detection.preferred(areas.get("TGO")).query("source == 'TIP' and measure == 'victims' and low == high")
    totals = table.set_index("year")["low"]
    assert totals[[2019, 2020, 2021]].tolist() == [87 + 225, 43 + 132, 0 + 23]


def test_what_the_source_notes_of_a_figure_stands_in_its_limits():
    # The page that quotes the annual report of 2024 on Mali calls its data unreliable.
    assert "calls the data unreliable" in findings("MLI")["headline.victims"].limits


def test_a_rate_has_the_exact_limits_of_its_count():
    finding = findings("turkiye")["detected_rate.unodc"]
    people = inhabitants("TUR", 2022)
    low, high = stats.chi2.ppf(0.025, 2 * 343) / 2, stats.chi2.ppf(0.975, 2 * 343 + 2) / 2
    assert finding.value == pytest.approx(343 / people * 1e5)
    assert (finding.low, finding.high) == pytest.approx((low / people * 1e5, high / people * 1e5))
    assert (finding.n, finding.interval, finding.period) == (343, "confidence", "2022")
    assert {"UNODC_GLOTIP_2025", "WBPOP"} <= set(finding.source_ids)


def test_a_rate_of_at_least_so_many_is_at_least():
    finding = findings("CIV")["detected_rate.us_reports"]
    assert finding.value is None and finding.high == INF and finding.n is None
    # The lower limit of a count of 1,185, by the population of the year of the period's middle.
    assert finding.low == pytest.approx(stats.chi2.ppf(0.025, 2370) / 2 / inhabitants("CIV", 2022) * 1e5)


def test_the_share_of_children_is_of_one_source_and_one_period():
    finding = findings("turkiye")["share_of_children.unodc"]
    assert (finding.value, finding.n) == (pytest.approx(100 * 72 / 343), 343)
    # Sierra Leone: no US report that was read gives children.
    assert findings("SLE")["share_of_children.us_reports"].status == "not read"


def test_where_all_victims_are_a_minimum_the_share_is_of_those_whose_age_is_known():
    # Senegal 2022/23: at least 459 victims, 433 children and 26 adults, which add up to 459.
    finding = findings("SEN")["share_of_children.us_reports"]
    assert (finding.value, finding.n) == (pytest.approx(100 * 433 / 459), 459)


def test_whoever_is_not_printed_as_an_adult_may_be_a_child_and_nobody_else():
    # The Gambia 2020: 20 victims, 19 of them adults, `<5` children: one at most. Ghana 2021: 821 victims, 672 children,
    # `<5` adults: the age of the others is not known. Mauritania 2022: 9 victims, 6 children, `<5` adults.
    for area_id, low, high in (("GMB", 0, 100 * 1 / 20), ("GHA", 100 * 672 / 821, 100), ("MRT", 100 * 6 / 9, 100)):
        finding = findings(area_id)["share_of_children.unodc"]
        assert (finding.low, finding.high) == pytest.approx((low, high))


def test_a_range_of_the_share_of_children_says_how_many_are_printed_as_children():
    # Mauritania 2022: 9 victims, 6 children, `<5` adults; Burkina Faso 2021 has both exactly.
    assert "6 of 9 victims as children" in findings("MRT")["share_of_children.unodc"].limits
    assert "as children" not in findings("BFA")["share_of_children.unodc"].limits


def test_what_another_source_has_the_other_way_round_is_stated_by_neither():
    # Burkina Faso 2021: 1,052 girls and 434 boys of UNODC, 434 and 1,052 of the national report as a page quotes it.
    found = findings("BFA")
    for who in ("girls", "boys"):
        finding = found[f"detected_by_sex_and_age.{who}"]
        assert (finding.status, finding.value) == ("refused", None) and "GLOBINFOS_202410" in finding.why
    assert [found[f"detected_by_sex_and_age.{who}"].value for who in ("women", "men")] == [27, 19]
    # 1,620 in forced labour are more than the 1,532 victims; 183 in sexual exploitation are not.
    assert found["detected_by_form.forced_labour"].status == "refused"
    assert (found["detected_by_form.sexual_exploitation"].value, found["headline.child_victims"].value) == (183, 1486)


def test_parts_that_exceed_their_whole_are_stated_with_the_contradiction():
    # Côte d'Ivoire 2022: 447 + 136 of 569 children; Sierra Leone 2022: 36 + 17 of 34 victims, 2020: 45 + 9 of 50.
    assert "583, more than the 569 children" in findings("CIV")["detected_by_sex_and_age.girls"].limits
    assert "583, more than the 569 children" in findings("CIV")["headline.child_victims"].limits
    assert "53, more than the 34 victims" in findings("SLE")["detected_by_sex_and_age.women"].limits
    assert "54, more than the 50 victims" in findings("SLE")["headline.victims"].limits


def test_a_count_of_several_years_is_no_year_of_a_rate():
    # The Gambia: 39 of April 2022 to March 2023 are likely of several years; the year before has 8.
    finding = findings("GMB")["detected_rate.us_reports"]
    assert (finding.period, finding.n) == ("2021-04/2022-03", 8)
    number = headlines.headline("GMB", "victims")
    assert any(other.low == 39 and "several years" in other.reason for other in number.preferred_over)


def test_a_share_whose_base_is_not_clear_is_refused_with_the_reason():
    finding = findings("LBR")["published_child_labour.hazardous_child_labour"]
    assert finding.status == "refused" and "base is not clear" in finding.why


def test_the_share_of_children_of_the_headline_is_of_its_publisher_and_period():
    # Ghana's headline is the US report's 574 of 2022, 359 of them children; UNODC's share is of 2021.
    assert findings("GHA")["share_of_children.headline"].value == pytest.approx(100 * 359 / 574)
    # Guinea-Bissau's 198 children of 2022 are of the Department of Labor, and nobody counts adults beside them.
    assert findings("GNB")["share_of_children.headline"].status == "refused"


def test_the_rate_of_the_headline_is_of_its_own_source_and_period():
    # Senegal: at least 459 of 2022/23, and not UNODC's 6 of 2018. Guinea-Bissau's 198 are of children alone.
    finding = findings("SEN")["detected_rate.headline"]
    assert (finding.period, finding.high) == ("2022-04/2023-03", INF)
    assert finding.low == pytest.approx(stats.chi2.ppf(0.025, 2 * 459) / 2 / inhabitants("SEN", 2022) * 1e5)
    assert findings("GNB")["detected_rate.headline"].status == "refused"


def test_a_rate_that_rounds_to_zero_and_has_no_upper_limit_is_none():
    for area_id in areas.ids("west_africa"):
        for source in ("unodc", "us_reports"):
            finding = findings(area_id)[f"detected_rate.{source}"]
            assert finding.status != "known" or finding.high < INF or finding.low >= 0.005, area_id


def test_children_alone_say_nothing_of_a_share():
    for area_id in ("GNB", "MRT", "MLI", "NER"):
        finding = findings(area_id)["share_of_children.us_reports"]
        assert finding.status != "known" or finding.n is not None


@pytest.mark.parametrize(
    ("victims", "children", "share", "why"),
    [
        ((8, 8), (2, 2), (25.0, 25.0), ""),
        ((10, 10), (0, 4), (0.0, 40.0), ""),
        # There are as many victims as children at least: two of four, or four of four.
        ((0, 4), (2, 4), (50.0, 100.0), ""),
        ((0, 4), (0, 4), None, "leave every share open"),
        ((3, 3), (5, 5), None, "more children than victims"),
        ((0, 0), (0, 0), None, "nobody was detected"),
        ((459, INF), (433, 433), None, "only a minimum"),
    ],
)
def test_a_share_holds_all_that_two_intervals_leave(victims, children, share, why):
    row = {"all_low": victims[0], "all_high": victims[1], "children_low": children[0], "children_high": children[1]}
    low, high, reason = share_of_children._share(pd.Series(row))
    assert why in reason and bool(reason) == bool(why)
    assert (low, high) == share if share else math.isnan(low) and math.isnan(high)


@given(st.integers(0, 30), st.integers(0, 30), st.integers(0, 30), st.integers(0, 30), st.data())
def test_no_counts_within_the_intervals_have_another_share(victims, more, children, others, data):
    row = pd.Series(
        {"all_low": victims, "all_high": victims + more, "children_low": children, "children_high": children + others}
    )
    low, high, reason = share_of_children._share(row)
    whole = data.draw(st.integers(victims, victims + more))
    part = data.draw(st.integers(children, children + others))
    if not reason and whole > 0 and part <= whole:
        assert low - 1e-9 <= 100 * part / whole <= high + 1e-9


def test_girls_and_boys_are_those_of_the_latest_year_of_unodc():
    printed = {
        row["sex"]: row["value"]
        for row in received("unodc_detected_victims.csv")
        if (row["area_id"], row["year"], row["age"]) == ("TUR", "2022", "0-17") and row["sex"] != "all"
    }
    for who, sex in (("girls", "female"), ("boys", "male")):
        assert findings("turkiye")[f"detected_by_sex_and_age.{who}"].value == float(printed[sex])


# Whose figures they are


@pytest.mark.parametrize("area_id", LOCAL)
def test_a_figure_of_the_country_is_never_one_of_its_areas(area_id):
    place = areas.get(area_id)
    stated = [*found.not_counted(place, {}), *exhibits.indicators(place), *found.coverage(place)]
    names = {finding.measure for finding in stated}
    assert names.isdisjoint({"detected_rate", "share_of_children", "detected_by_form"})
    for finding in stated:
        if finding.measure.startswith("detected"):
            assert finding.value is None
            # Single cases that a fact on the place itself tells of; else the reason names the place.
            own = set(evidence.facts(area_id)["source_id"])
            assert set(finding.source_ids) <= own if finding.status == "known" else place.name in finding.why


def test_figures_of_countries_are_not_added():
    stated = findings("west_africa")
    assert stated["detected_victims.any_source"].status == "refused"
    assert not any(finding.measure == "detected_victims" and finding.status == "known" for finding in stated.values())


def detected(place) -> list[Finding]:
    held = exhibits.held(place)
    return found.detected(place, held["victims"], held["rates"], held["children"], held["parts"])


@pytest.mark.parametrize("study", STUDIES)
def test_the_same_is_asked_of_every_area_of_a_study(study):
    asked = set()
    for area_id in areas.ids(study):
        place = areas.get(area_id)
        stated = [*(detected(place) if place.level == "country" else found.not_counted(place, {}))]
        asked.add(frozenset(f.finding_id.split("/")[1] for f in [*stated, *exhibits.indicators(place)]))
    assert len(asked) == 1


def test_an_official_figure_is_the_areas_own_or_not_reported():
    own = findings("TR-27")["official_persons.syrians_temporary_protection"]
    facts = evidence.facts("TR-27", "syrians_temporary_protection")
    facts = facts[facts["preferred"]].sort_values("date_low")
    assert own.value == facts["low"].iloc[-1]
    # The share of children is the province's own, and the national one does not stand in.
    shares = evidence.facts("TR-27", "population_share_0_17")
    last = shares[shares["preferred"]].sort_values("date_low")["low"].iloc[-1]
    assert findings("TR-27")["official_share.population_share_0_17"].value == last
    assert findings("turkiye")["official_share.population_share_0_17"].status == "known"


def official(area_id: str, indicator: str) -> dict[str, float]:
    """The figures of the file by period; those of several sources are of one number in what is asked here."""
    rows = [
        row for row in received("cabo_verde_facts.csv") if (row["area_id"], row["indicator"]) == (area_id, indicator)
    ]
    return {row["date"]: float(row["low"]) for row in rows}


ICCA = "icca_child_sexual_abuse_reports"
INHABITED = [area_id for area_id in areas.ids("cabo_verde") if area_id != "CPV-SANTALUZIA"]


def test_the_last_whole_year_of_reports_is_stated_and_the_part_of_a_later_one_beside_it():
    fogo = findings_on_officials("CPV-FOGO")
    assert (fogo[f"official_reports.{ICCA}"].value, fogo[f"official_reports.{ICCA}"].period) == (41, "2024")
    later = fogo[f"official_reports.{ICCA}.part_of_year"]
    assert (
        (later.value, later.period)
        == (official("CPV-FOGO", ICCA)["2025-01/2025-06"], "2025-01/2025-06")
        == (20, "2025-01/2025-06")
    )
    whole, part = (
        findings_on_officials("cabo_verde")[f"official_reports.{ICCA}{end}"] for end in ("", ".part_of_year")
    )
    assert (whole.value, whole.period, part.value, part.period) == (184, "2024", 125, "2025-01/2025-10")
    # Of Sal nothing but seven months of 2020 was read.
    sal = findings_on_officials("CPV-SAL")
    assert (sal[f"official_reports.{ICCA}"].value, sal[f"official_reports.{ICCA}"].period) == (3, "2020-01/2020-07")
    assert sal[f"official_reports.{ICCA}.part_of_year"].status == "not read"


def test_reports_of_seven_months_of_all_islands_add_up_to_that_of_the_country():
    months = [official(area_id, ICCA)["2020-01/2020-07"] for area_id in INHABITED]
    assert sum(months) == official("CPV", ICCA)["2020-01/2020-07"] == 107


@pytest.mark.parametrize("measure", ["poverty_rate_extreme", "poverty_rate_global"])
def test_what_no_period_gives_for_all_islands_is_the_latest_of_each(measure):
    known = 0
    for area_id in INHABITED:
        finding, figures = findings_on_officials(area_id)[f"official_share.{measure}"], official(area_id, measure)
        if figures:
            assert finding.value == figures[max(figures)]
            quarter = {"1": "01/2023-03", "2": "04/2023-06", "3": "07/2023-09"}[max(figures)[-1]]
            assert finding.period == f"2023-{quarter}"
            known += 1
        else:
            assert finding.status == "not read"
    assert known > 5


def test_child_labour_of_cabo_verde_is_as_published_and_of_the_country_or_the_island_itself():
    stated = findings_on_officials("cabo_verde")
    for measure, value in (
        ("official_share.child_labour_rate_5_17", 4.2),
        ("official_persons.child_labour_5_17", 4900),
        ("official_persons.hazardous_child_labour_5_17", 2896),
    ):
        assert (stated[measure].value, stated[measure].period) == (value, "2022")
        assert "not trafficking" in stated[measure].limits
    assert findings_on_officials("CPV-FOGO")["official_share.child_labour_rate_5_17"].value == 9.2
    assert findings_on_officials("CPV-SAL")["official_share.child_labour_rate_5_17"].status == "not read"


def test_a_method_begins_the_same_whichever_figure_is_drawn():
    for area_ids in (areas.ids("cabo_verde"), areas.ids("turkiye"), ["turkiye", "cabo_verde"]):
        said = {finding.method.split(".")[0] for each in area_ids for finding in findings_on_officials(each).values()}
        assert len(said) == 1


# Coverage


def test_coverage_counts_the_countries_of_which_the_release_has_a_total_in_its_latest_year():
    own = set(areas.ids("west_africa"))
    rows = [row for row in received("unodc_detected_victims.csv") if row["area_id"] in own]
    # A total is one that is printed, or the sum of both parts.
    printed = {row["area_id"] for row in rows if row["year"] == "2022" and (row["sex"], row["age"]) == ("all", "all")}
    finding = findings("west_africa")["countries_with_detected_victims.unodc.latest_year"]
    # Senegal's number of 2022 is of cases, and set aside.
    assert max(row["year"] for row in rows) == "2022" and "SEN" in printed
    assert (finding.value, finding.n, finding.period) == (len(printed - {"SEN"}), len(own), "2022")


def test_there_are_never_more_countries_in_one_year_than_in_any():
    stated = findings("west_africa")
    for measure in ("countries_with_detected_victims", "countries_with_detected_child_victims"):
        for source in ("unodc", "us_reports"):
            latest, ever = (stated[f"{measure}.{source}.{when}"] for when in ("latest_year", "any_year"))
            assert latest.value <= ever.value <= latest.n


# By hand: the police found victims in İzmir in January 2026; a case and the only conviction of Cabo Verde were on Sal.
@pytest.mark.parametrize(("study", "named"), [("turkiye", {"TR-35"}), ("cabo_verde", {"CPV-SAL"})])
def test_an_area_counts_where_a_source_tells_of_victims_in_it(study, named):
    finding = findings(study)["areas_with_detected_victims"]
    assert (finding.value, finding.n) == (len(named), len(areas.ids(study)))
    assert set(found.local_victims(areas.ids(study))["area_id"]) == named


# No headline may be older than a complete row of the evidence, nor say that there is none where there is one.


def _middle_year(row: dict[str, str]) -> int:
    first, last = pd.Timestamp(row["period_start"]), pd.Timestamp(row["period_end"])
    return (first + (last - first) / 2).year


@cache
def _not_complete() -> frozenset[tuple[str, ...]]:
    """Official counts that are set aside, or of a part, by hand."""
    partial = {
        (row["area_id"], row["indicator"], row["period_start"][:4], row["breakdown"], row["source_id"])
        for row in received("partial_counts.csv")
        if row["kind"] != "national total"
    }
    aside = {
        (row["area_id"], row["indicator"], row["year"], row["breakdown"], row["source_id"])
        for row in received("set_aside.csv")
    }
    return frozenset(partial | aside)


def _complete(area_id: str, indicator: str) -> list[dict[str, str]]:
    """Counts of all of a country and of a whole year, of the file of counts."""
    found = []
    for row in received("official_counts.csv"):
        if (row["area_id"], row["indicator"], row["breakdown"]) != (area_id, indicator, "unspecified"):
            continue
        if not row["period_start"]:
            continue
        days = (pd.Timestamp(row["period_end"]) - pd.Timestamp(row["period_start"])).days
        key = (row["area_id"], indicator, row["period_start"][:4], row["breakdown"], row["source_id"])
        if 350 <= days <= 400 and key not in _not_complete():
            found.append(row)
    return found


@pytest.mark.parametrize("area_id", [*areas.ids("west_africa"), "turkiye"])
def test_no_headline_is_older_than_a_complete_row_of_the_evidence_or_misses_one(area_id):
    iso3 = detection.countries(areas.get(area_id))[0]
    for measure, indicator in (
        ("victims", "victims_identified"), ("child_victims", "child_victims_identified"),
        *((step, step) for step in evidence.STEPS),
    ):  # fmt: skip
        finding, rows = findings(area_id)[f"headline.{measure}"], _complete(iso3, indicator)
        if rows:
            first, last = (pd.Period(finding.period.split("/")[end]) for end in (0, -1))
            year = (first.start_time + (last.end_time - first.start_time) / 2).year
            assert finding.status == "known" and year >= max(map(_middle_year, rows)), finding.finding_id


def _last_day(period: str) -> str:
    last = period.split("/")[-1]
    return str((pd.Period(last) if len(last) < 10 else pd.Timestamp(last).to_period("D")).end_time.date())


@pytest.mark.parametrize("area_id", [*LOCAL, "turkiye", "cabo_verde"])
def test_no_official_figure_is_older_than_a_fact(area_id):
    place = areas.get(area_id)
    own = areas.STUDIES[place.study].iso3 if place.is_study else area_id
    facts = evidence.facts(own)
    latest = facts[facts["preferred"]].groupby("indicator")["date_high"].max()
    stated: dict[str, str] = {}
    for name, finding in findings_on_officials(area_id).items():
        indicator = name.split(".")[1]
        known = _last_day(finding.period) if finding.status == "known" else ""
        stated[indicator] = max(stated.get(indicator, ""), known)
    for indicator, last in stated.items():
        assert last == str(latest[indicator].date()) if indicator in latest else last == "", (area_id, indicator)


# In words


@pytest.mark.parametrize("area_id", PLACES)
def test_every_finding_is_a_sentence_in_every_language(area_id):
    require_sentences([finding.row() for finding in findings(area_id).values()])


# Printed figures and periods


@pytest.mark.parametrize(
    ("first", "last", "written"),
    [
        ("2021-01-01", "2021-12-31", "2021"),
        ("2014-01-01", "2018-12-31", "2014/2018"),
        ("2022-04-01", "2023-03-31", "2022-04/2023-03"),
        ("2024-02-01", "2024-02-29", "2024-02"),
        ("2015-06-19", "2015-06-19", "2015-06-19"),
        ("2021-03-05", "2021-12-31", "2021-03-05/2021-12-31"),
        (None, "2021-12-31", ""),
    ],
)
def test_a_period_is_written_as_coarsely_as_it_is(first, last, written):
    assert span(pd.Timestamp(first), pd.Timestamp(last)) == written


@given(st.integers(0, 5000), st.integers(0, 5000) | st.just(INF), st.sampled_from(["exact", "derived", "at_least"]))
def test_a_printed_figure_is_a_number_only_where_its_bounds_are_one(low, more, qualifier):
    found_bounds = bounds(low, low + more, qualifier)
    assert (found_bounds["value"] is not None) == (more == 0)
    assert (found_bounds["interval"] == "exact") == (more == 0 and qualifier == "exact")
    place = areas.get("SEN")
    finding = Finding(place, "detected_victims", "unodc", **found_bounds, method="m", limits="l")
    assert finding.bounds == (low, low + more)


def test_a_rough_figure_says_that_it_is_rough():
    assert bounds(500, 500, "approx")["interval"] == FIGURE
    assert "about" in noted("", "approx") and noted("") == "" and noted(float("nan")) == ""
    assert noted("full year.") == "Noted with it: full year."


def test_of_several_figures_of_a_series_the_newest_complete_one_is_stated():
    # Ghana: the last total of UNODC is of 2021, of the US reports of 2022 (574), of others of 2021: 842, and 831 on a
    # later page.
    stated = findings("GHA")
    assert (stated["detected_victims.unodc"].value, stated["detected_victims.unodc"].period) == (821, "2021")
    assert (stated["detected_victims.us_reports"].value, stated["detected_victims.us_reports"].period) == (574, "2022")
    assert stated["detected_victims.other_reports"].value in (831, 842)


# What the notebook is given


def test_a_rate_follows_the_level_and_the_inhabitants_of_the_notebook_in_numbers_and_words():
    usual = findings("NGA")["detected_rate.unodc"]
    place = areas.get("NGA")
    held = exhibits.held(place, per=1000, confidence=0.5)
    [other] = [each for each in found.of_incidence(place, **held) if each.finding_id == usual.finding_id]
    # 2,883 of 223.2 million in 2022.
    people = inhabitants("NGA", 2022)
    low, high = stats.chi2.ppf(0.25, 2 * 2883) / 2, stats.chi2.ppf(0.75, 2 * 2884) / 2
    assert other.value == pytest.approx(1000 * 2883 / people)
    assert other.bounds == pytest.approx((1000 * low / people, 1000 * high / people))
    assert (other.confidence, other.unit) == (0.5, "per_1000")
    assert "per 1,000 (50% interval" in sentence(other.row()) and "95%" in sentence(usual.row())


@pytest.mark.parametrize("area_id", ["NGA", "turkiye", "CPV-SAL"])
def test_findings_say_what_the_exhibits_of_their_page_publish(area_id):
    place = areas.get(area_id)
    held = exhibits.held(place)
    shown = [
        *held["behind"],
        context.counts_of_a_part(place, held["figures"]),
        detection.detected_by_year(place, held["victims"]),
        detection.detected_rates(place, held["rates"]),
        headline_numbers.headline_numbers(place, held["numbers"]),
        share_of_children.share_of_children(place, held["children"]),
        local_rates.rates_of_the_area(place, held["local_rates"]),
        forms.forms_named(place, held["forms"]),
        forms.forms_of_exploitation(place, held["statements"]),
        *(detection.detected_by_category(place, name, table) for name, table in held["parts"].items()),
        *(make(place, held["estimates"]) for make in OF_PREVALENCE),
    ]
    tables = {each.name: each.table.as_resource(each.name, each.title) for each in shown if len(each.table)}
    rows = [finding.row() for finding in findings(area_id).values()]
    exhibit_rows.require_published(rows, tables)
    named = [row for row in rows if row["exhibit"]]
    assert named and {row["exhibit"] for row in named} <= set(tables)
    # A number of the page that is changed afterwards is found.
    row = next(row for row in named if row["value"] is not None)
    with pytest.raises(FindingError, match="says value"):
        exhibit_rows.require_published([row | {"value": row["value"] + 1}], tables)
