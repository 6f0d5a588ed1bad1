"""What the findings on trends say: changes with their limits, why there are none, turns, and of how many countries."""

from __future__ import annotations

import csv
import re
from functools import partial

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import stats
from stated_findings import by_id, require_sentences, told
from trend_results import findings_of, results_of

import trends
from analysis import areas, catalog, indicators
from analysis.exhibits import findings_trends as found
from analysis.exhibits import trend, trend_models
from analysis.exhibits.attempt import NoResult
from analysis.findings.exhibit_rows import Found
from analysis.findings.finding import Finding
from analysis.findings.measures import LANGUAGES, MEASURES, sentence

TURKIYE, GAZIANTEP, WEST_AFRICA = (areas.get(name) for name in ("turkiye", "TR-27", "west_africa"))
SENEGAL, IVORY_COAST = areas.get("SEN"), areas.get("CIV")
# Studies of places that exist: a demonstration has no public series.
STUDIES = [name for name, study in areas.STUDIES.items() if not study.is_synthetic]
PLACES = ("turkiye", "cabo_verde", "SEN", "CIV", "CPV", "TR-27", "TR-79", "CPV-SAL", "CPV-SANTALUZIA")


findings = by_id(findings_of)


# Changes, by another program


def received(file: str, **wanted: str) -> dict[int, float]:
    """Year -> the figure in a file of the evidence, of rows that are exact."""
    with open(catalog.RAW / "evidence" / file, encoding="utf-8") as lines:
        return {
            int((row.get("year") or row.get("period_start") or row["date_low"])[:4]): float(row["low"])
            for row in csv.DictReader(lines)
            if all(row[column] == value for column, value in wanted.items())
            and row["low"] == row["high"]
            # Of counts those of US reports and of whole years: others are no part of these series.
            and (
                file != "official_counts.csv"
                or (row["source_id"][:3] in ("TIP", "DOL") and row["date_precision"] != "span")
            )
        }


def poisson(counts: dict[int, float], exposure: dict[int, float]) -> list[float]:
    """Yearly change in percent and its 95 % limits: a Poisson model of statsmodels, scaled by Pearson's dispersion."""
    years = sorted(counts)
    design = np.column_stack([np.ones(len(years)), np.array(years) - np.mean(years)])
    offset = np.log([exposure[year] for year in years])
    model = sm.GLM([counts[year] for year in years], design, family=sm.families.Poisson(), offset=offset).fit()
    error = model.bse[1] * np.sqrt(max(model.pearson_chi2 / model.df_resid, 1.0))
    band = stats.t.ppf(0.975, model.df_resid) * error
    return [float(100 * np.expm1(end)) for end in (model.params[1], model.params[1] - band, model.params[1] + band)]


def test_a_change_and_its_limits_are_those_of_a_poisson_model_of_rates():
    victims = received("unodc_detected_victims.csv", area_id="TUR", sex="all", age="all")
    people = received("population.csv", area_id="TUR", indicator="population_total_midyear", source_id="WBPOP")
    finding = findings("turkiye")["annual_change.victims_unodc"]
    assert [finding.value, *finding.bounds] == pytest.approx(poisson(victims, people), rel=1e-4)
    assert (finding.n, finding.period, finding.interval) == (16, "2007/2022", "confidence") and len(victims) == 16


def test_a_change_of_events_is_that_of_their_counts():
    interviews = received(
        "official_counts.csv", area_id="TUR", indicator="potential_victims_interviewed", breakdown="unspecified"
    )
    finding = findings("turkiye")["annual_change.potential_victims_interviewed"]
    expected = poisson(interviews, dict.fromkeys(interviews, 1.0))
    assert [finding.value, *finding.bounds] == pytest.approx(expected, rel=1e-4) and finding.n == len(interviews) == 7


def test_where_counts_are_intervals_no_single_change_is_stated_and_the_range_stands_in_the_limits():
    finding = findings("turkiye")["annual_change.child_victims_unodc"]
    assert finding.status == "known" and finding.value is None and finding.low < finding.high
    least, most = map(float, re.findall(r"open between ([+-][\d.]+) and ([+-][\d.]+) %", finding.limits)[0])
    assert finding.low <= least < most <= finding.high


def test_a_series_that_is_too_short_is_refused_with_the_reason_of_the_method():
    finding = findings("SEN")["annual_change.child_victims_unodc"]
    assert told(finding) == ("refused", None, None, None) and finding.why.startswith("Observed points: 3.")


def test_what_was_never_reported_is_not_refused():
    assert findings("turkiye")["annual_change.convictions"].status == "not read"
    assert findings("CPV")["turns.victims_unodc"].status == "not read"


def test_a_national_series_is_stated_of_the_country_and_never_of_its_areas():
    for area_id in ("TR-27", "CPV-SAL"):
        assert not any("unodc" in name or "us_reports" in name for name in findings(area_id))
    # The police's figures are given by island too, of two years, and the national series is long enough.
    assert findings("CPV-SAL")["annual_change.police_sexual_crimes_against_minors"].status == "refused"
    assert findings("cabo_verde")["annual_change.police_sexual_crimes_against_minors"].status == "known"


def test_the_order_of_a_level_in_time_is_kendalls():
    finding = findings("TR-27")["rank_trend.syrians_temporary_protection"]
    group = trend_models.group_of(trend.series(GAZIANTEP), "Syrians temporary protection", "Gaziantep")
    tau = stats.kendalltau(group["year"], group["low"]).statistic
    assert finding.value == pytest.approx(tau) and finding.n == len(group)
    assert finding.period == f"{group['year'].min()}/{group['year'].max()}"


def test_every_series_that_is_asked_for_is_one_of_the_page():
    labels = {label for study in STUDIES for label in trend.series(areas.get(study))["label"]}
    stated = [row for study in STUDIES for row in indicators.declared_of(study) if "measure" in row]
    of_series = {row["indicator"] for row in stated if row["measure"] in (found.CHANGE, found.RANK)}
    assert len(of_series) > 10 and {found.label_of(item) for item in of_series} <= labels
    assert set(found.DETECTED.values()) <= labels


@pytest.mark.varied
@pytest.mark.parametrize("study", STUDIES)
def test_the_same_changes_are_asked_of_every_area_of_a_study(study):
    asked = set()
    for area_id in areas.ids(study):
        place = areas.get(area_id)
        asked.add(frozenset(f.finding_id.split("/")[1] for f in _changes_and_ranks(place)))
    assert len(asked) == 1


def _changes_and_ranks(place: areas.Area) -> list[Finding]:
    results = results_of(place)
    return [*found.changes(place, results), *found.ranks(place, results)]


# Joinpoints


def series(counts: dict[int, float]) -> pd.DataFrame:
    years = pd.Series(list(counts), dtype=float)
    numbers = pd.Series(list(counts.values()), dtype=float)
    return pd.DataFrame({"period": years, "low": numbers, "high": numbers, "value_qualifier": "exact"})


def turns(fit: trends.JoinpointTrend) -> list[Finding]:
    state = partial(Finding, TURKIYE, method="m", limits="l")
    shown = Found("", pd.Series(trend.joinpoint_numbers(fit)), ())
    return found.of_joinpoints(fit, state, ("turns", "change_after_turn"), shown, "victims_unodc")


def test_a_turn_is_stated_with_the_limits_of_its_year_and_the_change_after_it():
    # Doubled every three years to 2010, halved every three years after it; counts are large and nearly exact.
    counts = {year: round(4000 * 2 ** (-abs(year - 2010) / 3)) for year in range(2000, 2021)}
    number, turn = turns(trends.joinpoint(series(counts)))
    assert (number.value, number.period, number.n) == (1, "2000/2020", 21)
    assert turn.finding_id == "turkiye/change_after_turn.victims_unodc.first_turn"
    first, *_, last = turn.period.split("/")
    # A grid of years cannot place a turn more closely than to the years beside it.
    assert "2009" <= first <= "2010" <= last <= "2011" and "placed in 2010" in turn.limits
    assert turn.value == pytest.approx(100 * (2 ** (-1 / 3) - 1), abs=0.1)


def test_a_straight_line_has_no_turn_and_nothing_after_it():
    counts = {year: round(1000 * 1.05 ** (year - 2000)) for year in range(2000, 2015)}
    (number,) = turns(trends.joinpoint(series(counts)))
    assert told(number) == ("known", 0, 0, 0) and "trend in 2000–2014: 0." in sentence(number.row())


def test_where_criteria_disagree_the_number_of_turns_is_a_range_over_them():
    points = trend_models.group_of(trend.series(TURKIYE), trend.MEASURES["victims"], "Türkiye")
    result = trend_models.joinpoint_fit(points)
    assert not isinstance(result, NoResult) and len(set(result.chosen.values())) > 1
    finding = findings("turkiye")["turns.victims_unodc"]
    assert finding.bounds == (min(result.chosen.values()), max(result.chosen.values()))
    assert finding.interval == "range" and "over all methods" in sentence(finding.row())


def test_a_series_of_few_years_is_refused_a_turn():
    finding = findings("SEN")["turns.victims_us_reports"]
    assert finding.status == "refused" and "fewer than 7 years" in finding.why


# Countries side by side


def _of_victims(place: areas.Area) -> list[Finding]:
    results = results_of(place)
    return [*found.changes(place, results), *found.in_directions(place, results)]


def test_the_countries_with_a_trend_are_those_whose_own_pages_state_one():
    stated = {
        finding.finding_id.split("/")[1]: finding for finding in found.countries(WEST_AFRICA, results_of(WEST_AFRICA))
    }
    for item in ("victims", "child_victims"):
        own = [
            {f.finding_id.split("/")[1]: f for f in _of_victims(place)}
            for place in map(areas.get, areas.ids("west_africa"))
        ]
        changes = [{f"annual_change.{item}_unodc", f"annual_change.{item}_us_reports"} for _ in own]
        estimated = sum(
            any(of[name].status == "known" or "factor of 10" in of[name].why for name in names)
            for of, names in zip(own, changes, strict=True)
        )
        directions = [of[f"trend_direction.{item}"] for of in own]
        expected = {
            "estimated": estimated,
            "rising": sum(finding.value == 1 for finding in directions),
            "falling": sum(finding.value == -1 for finding in directions),
        }
        for name, number in expected.items():
            finding = stated[f"countries_with_trend.{item}.{name}"]
            assert (finding.value, finding.n) == (number, 16), name


# Directions


def test_child_victims_in_turkiye_have_no_direction_since_estimates_disagree():
    of = findings("turkiye")
    direction = of["trend_direction.child_victims"]
    # UNODC and the US reports: all years, without 2020-21, these apart, without the first year, without the last.
    assert (direction.status, direction.value, direction.n, direction.period[:5]) == ("known", 0, 10, "2007/")
    rising, falling = (of[f"trend_estimates.child_victims.{name}"] for name in ("rising", "falling"))
    assert 0 < rising.value < 10 and falling.value == 0 and (rising.n, falling.n) == (10, 10)
    assert "not certain" in sentence(direction.row()) and f"{rising.value:.0f} of 10" in sentence(rising.row())
    assert of["trend_direction.potential_victims_interviewed"].value == 1


def test_fewer_than_three_estimates_state_no_direction_and_a_series_without_figures_is_not_reported():
    police = findings("cabo_verde")["trend_direction.police_sexual_crimes_against_minors"]
    assert police.status == "refused" and "Estimates of the change: 1." in police.why
    assert findings("CPV-SANTALUZIA")["trend_direction.icca_child_sexual_abuse_reports"].status == "not read"


def test_what_each_interview_found_is_stated_of_the_first_the_highest_and_the_latest_year():
    of = findings("turkiye")
    name = "found_per_effort.child_victims_us_reports.per_interview"
    counts = {"area_id": "TUR", "breakdown": "unspecified"}
    children = received("official_counts.csv", indicator="child_victims_identified", **counts)
    asked = received("official_counts.csv", indicator="potential_victims_interviewed", **counts)
    last = max(set(children) & set(asked))
    # By hand: 29 of 1,930 and 165 of 4,919; the latest is that of the file.
    expected = {"first": (29, 1930, 2016), "highest": (165, 4919, 2020), "latest": (children[last], asked[last], last)}
    for when, (count, done, year) in expected.items():
        finding = of[f"{name}.{when}"]
        low, high = stats.chi2.ppf(0.025, 2 * count) / 2, stats.chi2.ppf(0.975, 2 * count + 2) / 2
        numbers = [finding.value, *finding.bounds]
        assert numbers == pytest.approx([1000 * count / done, 1000 * low / done, 1000 * high / done])
        assert (finding.period, finding.n) == (str(year), count)
    assert "about this" in of[f"{name}.highest"].limits and "about this" not in of[f"{name}.first"].limits
    change = of["change_per_effort.victims_us_reports.per_interview"]
    victims = received("official_counts.csv", indicator="victims_identified", **counts)
    assert [change.value, *change.bounds] == pytest.approx(poisson(victims, asked), abs=1e-6)


def test_where_no_source_counts_the_effort_nothing_is_stated_of_it_and_no_area_within_a_country_is_asked():
    assert findings("SEN")["found_per_effort.child_labour_violations_found.per_inspection.latest"].status == (
        "not read"
    )
    assert not any("per_effort" in name for name in findings("TR-27"))


def test_a_change_with_limits_too_far_apart_is_no_finding():
    finding = findings("CIV")["annual_change.victims_us_reports"]
    assert finding.status in ("refused", "not reported")
    for of in (findings(area_id) for area_id in PLACES):
        for finding in of.values():
            if finding.status == "known" and "change" in finding.measure:
                assert trends.imprecise(*finding.bounds) is None, finding.finding_id


def test_the_p_of_a_short_series_is_exact():
    # Six dates, each with a higher rate of enrolment: 2 of 6! orders are as far from none.
    finding = findings("turkiye")["rank_trend.syrian_children_enrolment_rate"]
    assert (finding.value, finding.n) == (1.0, 6)
    assert "exact p 0.003" in finding.limits  # 2 / 720 = 0.00278


def test_what_countries_have_in_common_is_the_pooled_change_or_its_refusal():
    places = areas.ids("west_africa")[:6]
    counts = [float(200 * 1.1**step // 1) for step in range(8)]
    rows = [
        {"area_id": area_id, "period": 2010 + step, "low": count, "high": count, "value_qualifier": "exact"}
        for area_id in places
        for step, count in enumerate(counts)
    ]
    fit = trends.pool_areas(pd.DataFrame(rows))
    (finding,) = found.common(WEST_AFRICA, trend_models.pooled_table(fit, {}).numbers, fit)
    # Every country grows by a tenth a year.
    assert finding.value == pytest.approx(10, abs=0.5) and finding.low <= finding.value <= finding.high
    assert (finding.n, finding.period) == (6, "2010/2017") and "hides an area" in finding.limits
    (finding,) = found.common(WEST_AFRICA, pd.DataFrame(), NoResult("Too few areas.", "few"))
    assert told(finding) == ("refused", None, None, None)


# In words


@pytest.mark.parametrize("area_id", PLACES)
def test_every_finding_is_a_sentence_in_every_language(area_id):
    require_sentences([finding.row() for finding in findings(area_id).values()])


def test_every_item_has_its_name_in_all_languages():
    for measure in MEASURES.values():
        for names in (measure.title, measure.sentence, *measure.items.values()):
            assert set(names) == set(LANGUAGES)
