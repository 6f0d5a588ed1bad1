"""What the page on trends shows of turns, of what they rest on, of areas pooled, and of case records by year."""

from __future__ import annotations

import csv
import re
from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from IPython.display import Markdown
from notebook_cells import labels, run_cells
from recorded_trends import fit_of
from scipy import stats
from synthetic_marks import require_marked, words
from trend_results import pooled_of, tested_of

import disclosure
import trends
from analysis import areas, catalog, plots
from analysis.cases import processed
from analysis.cases.processed import CaseRecords
from analysis.exhibits import (
    case_records,
    record_counts,
    record_trends,
    record_trends_in_full,
    trend,
    trend_checks,
    trend_models,
)
from analysis.exhibits.attempt import NoResult, attempt
from analysis.exhibits.exhibit import INTERNAL, NOT_INCIDENCE, PROTECTED, Exhibit
from analysis.exhibits.table import printed

# Whole pages of figures and tables are made: `make test` runs them, `make check` does not.
pytestmark = pytest.mark.slow

GAZIANTEP, TURKIYE = areas.get("TR-27"), areas.get("turkiye")
FIG, WILLOW, PROVINCES = areas.get("XDP-FIG"), areas.get("XDP-WILLOW"), areas.get("demo_provinces")
CABO_VERDE, SENEGAL, IVORY_COAST = (areas.get(area_id) for area_id in ("cabo_verde", "SEN", "CIV"))
WEST_AFRICA = areas.get("west_africa")
CHANGE, INF = "Change, % a year (95 %)", float("inf")
VICTIMS, CHILDREN = trend.MEASURES["victims"], trend.MEASURES["child_victims"]
# A change as it is printed: "+1.2", or "+1.2 to +3.4" where counts are intervals, and its limits.
PRINTED = re.compile(r"([+-][\d.]+)(?: to ([+-][\d.]+))? \(([+-][\d.]+) to ([+-][\d.]+)\)")


def numbers(said: str) -> list[float]:
    """Least and greatest change, and the limits, as they are printed."""
    found = PRINTED.search(said)
    assert found, said
    least, most, low, high = found.groups()
    return [float(least), float(most or least), float(low), float(high)]


def at_text(section: Exhibit) -> Exhibit:
    """A section whose table is that of its page."""
    return replace(section, table=printed(section.table))


def joined(place: areas.Area) -> list[Exhibit]:
    """Each of the longest series with its joinpoint fit and, where there is one, what the criteria say of it."""
    found = []
    for number, (_, points) in enumerate(trend.each(trend_models.longest(place, trend.series(place))), 1):
        fit = trend_models.joinpoint_fit(points)
        found.append(at_text(trend_models.with_joinpoints(number, points, fit)))
        if not isinstance(fit, NoResult):
            found.append(at_text(trend_models.of_criteria(number, points, fit)))
    return found


def one(place: areas.Area, whose: str, label: str) -> Exhibit:
    """One series of a place with its joinpoint fit."""
    points = trend_models.group_of(trend.series(place), label, whose)
    return at_text(trend_models.with_joinpoints(1, points, trend_models.joinpoint_fit(points)))


def criteria(place: areas.Area, whose: str, label: str) -> Exhibit:
    """What the criteria say of one series of a place."""
    points = trend_models.group_of(trend.series(place), label, whose)
    fit = trend_models.joinpoint_fit(points)
    assert not isinstance(fit, NoResult)
    return at_text(trend_models.of_criteria(1, points, fit))


def panelled(place: areas.Area) -> list[Exhibit]:
    """The series of every country with its joinpoint fit."""
    chosen = trend_models.longest(place, trend.series(place))
    fits = {key: trend_models.joinpoint_fit(points) for key, points in trend.each(chosen)}
    return list(map(at_text, trend_models.joinpoints_of_countries(place, chosen, fits)))


def at_hand(place: areas.Area) -> pd.DataFrame:
    return printed(trend.at_hand(place, trend.series(place), tested_of(place), {}).table)


def varied(place: areas.Area) -> Exhibit:
    """The estimates of the change of each thing, and what they say together."""
    counted = trend_checks.things(place, trend.series(place))
    counted = counted if place.spans_countries else trend_checks.longest(counted)
    agreements = {key: trends.agreement(trend_checks.by_source(points)) for key, points in trend_checks.each(counted)}
    # A country has a sentence on its page; the estimates are those of a study.
    return at_text(trend_checks.estimates(place, counted, agreements))


def by_effort(place: areas.Area) -> Exhibit:
    """What was found for each unit of effort, year by year."""
    return at_text(trend_checks.effort_by_year(place, trend_checks.ratios(trend.series(place))))


def effort_changes(place: areas.Area) -> Exhibit | None:
    """The change a year of what was found, and for each unit of effort; None where no pair has years enough."""
    pairs = trend_checks.ratios(trend.series(place))
    changes, agreements = {}, {}
    for key, pair in trend_checks.each_pair(pairs):
        per_unit = trend_checks.effort_series(pair)
        changes[key] = [attempt(trends.count_trend, each) for each in (trend.counts_of(pair), per_unit)]
        agreements[key] = trends.agreement({"": per_unit})
    section = trend_checks.effort_changes(place, pairs, changes, agreements)
    return None if section.absent else at_text(section)


def levelled(place: areas.Area) -> Exhibit | None:
    """The levels of the first series that is known exactly in enough years; None where there is none."""
    known = trend_checks.exact_years(trend_models.longest(place, trend.series(place)))
    section = trend_checks.levels(place, known, attempt(trends.level_breaks, trend_checks.exact_counts(known)))
    return None if section.absent else at_text(section)


def pooled_areas(place: areas.Area) -> Exhibit:
    """The areas of a study in order of their pooled trend."""
    points = trend_models.figures_of_areas(place)
    return at_text(trend_models.pooled(place, points, pooled_of(place)))


def exhibits_of(place: areas.Area) -> list[Exhibit]:
    """All that the page shows of joinpoints and of what a trend rests on, but for case records."""
    if place.spans_countries:
        return [*panelled(place), varied(place), by_effort(place),
                pooled_areas(place), *filter(None, [effort_changes(place)])]  # fmt: skip
    changed = [] if place.is_local else [by_effort(place), effort_changes(place), levelled(place)]
    return [*joined(place), varied(place), *filter(None, changed)]


@pytest.fixture(scope="module")
def west_africa() -> dict[str, Exhibit]:
    return {exhibit.name: exhibit for exhibit in exhibits_of(WEST_AFRICA)}


# Of case records


def released(place: areas.Area) -> list[Exhibit]:
    """What of the trends of case records is releasable."""
    if not record_trends.has_persons(place):
        return []
    published = record_trends.published_by_area(place)
    pooled = record_trends.pooled(place, published, record_trends.pooled_trends(published))
    return [record_turns(place), *([at_text(pooled)] * place.is_study)]


def record_turns(place: areas.Area) -> Exhibit:
    return at_text(record_trends.joinpoints(place, fit_of(place)))


def record_turns_in_full(place: areas.Area) -> Exhibit:
    fit = attempt(trends.joinpoint, record_trends_in_full.by_year(place))
    return at_text(record_trends_in_full.joinpoints(place, record_trends.by_year(place), fit_of(place), fit))


def record_delay(place: areas.Area) -> Exhibit:
    dated = record_trends_in_full.persons(place)
    asked = {"when": record_trends_in_full.exported(place), "unit": "Y", "delay_unit": "M"}
    result = attempt(trends.nowcast, record_trends_in_full.reports(dated), **asked)
    return at_text(record_trends_in_full.delay(place, dated, result))


def record_unusual(place: areas.Area) -> Exhibit:
    quarters = attempt(trends.period_bounds, record_trends_in_full.persons(place), "Q")
    result = attempt(trends.aberrations, quarters, at="all", years_back=4)
    return at_text(record_trends_in_full.alarms(place, result))


def record_pooled(place: areas.Area) -> Exhibit:
    fit = attempt(trends.pool_areas, record_trends_in_full.by_area(place))
    return at_text(record_trends_in_full.pooled(place, fit))


def internal(place: areas.Area) -> list[Exhibit]:
    """What of the trends of case records is internal."""
    made = (record_turns_in_full, record_delay, record_unusual, record_pooled)
    return [exhibit for make in made if not (exhibit := make(place)).absent]


# The figures as they were received, and trends of them by another program


def received(file: str, **wanted: str) -> dict[int, float]:
    """Year -> the figure in a file of the evidence; every row that is wanted has one year and is exact or about."""
    found = {}
    with open(catalog.RAW / "evidence" / file, encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            # Of counts those of US reports and of whole years: others are no part of these series.
            of_series = row.get("date_precision") != "span" and row["source_id"][:3] in ("TIP", "DOL")
            if file == "official_counts.csv" and not of_series:
                continue
            if all(row[column] == value for column, value in wanted.items()) and row["low"] == row["high"]:
                year = int((row.get("year") or row.get("period_start") or row.get("date_low"))[:4])
                assert found.setdefault(year, float(row["low"])) == float(row["low"])
    return found


def poisson(counts: dict[int, float], exposure: dict[int, float], apart: set[int] | None = None) -> list[float]:
    """Yearly change in percent and its 95 % limits: a Poisson model of statsmodels, scaled by Pearson's dispersion.

    The years of `apart` have a level of their own.
    """
    years = sorted(counts)
    level = [[float(year in apart)] for year in years] if apart else np.empty((len(years), 0))
    design = np.column_stack([np.ones(len(years)), np.array(years) - np.mean(years), level])
    model = sm.GLM(
        [counts[year] for year in years],
        design,
        family=sm.families.Poisson(),
        offset=np.log([exposure[year] for year in years]),
    )
    fitted = model.fit()
    scale = max(fitted.pearson_chi2 / fitted.df_resid, 1.0)
    slope, error = fitted.params[1], fitted.bse[1] * np.sqrt(scale)
    band = stats.t.ppf(0.975, fitted.df_resid) * error
    return [float(100 * np.expm1(end)) for end in (slope, slope - band, slope + band)]


def constant(counts: dict[int, float]) -> dict[int, float]:
    return dict.fromkeys(counts, 1.0)


POPULATION = received("population.csv", area_id="TUR", indicator="population_total_midyear", source_id="WBPOP")
DETECTED = received("unodc_detected_victims.csv", area_id="TUR", sex="all", age="all")
US_VICTIMS = received("official_counts.csv", area_id="TUR", indicator="victims_identified", breakdown="unspecified")
US_CHILDREN = received(
    "official_counts.csv", area_id="TUR", indicator="child_victims_identified", breakdown="unspecified"
)
INTERVIEWED = received(
    "official_counts.csv", area_id="TUR", indicator="potential_victims_interviewed", breakdown="unspecified"
)


def test_the_figures_of_this_file_are_those_of_the_evidence():
    # UNODC GLOTIP 2025 and the US TIP reports of 2017 to 2023, read by eye.
    assert (DETECTED[2007], DETECTED[2013], DETECTED[2021]) == (148, 21, 402)
    assert DETECTED[2022] == 343
    assert US_VICTIMS == {2016: 183, 2017: 303, 2018: 134, 2019: 193, 2020: 276, 2021: 349, 2022: 345}
    assert (INTERVIEWED[2016], INTERVIEWED[2022]) == (1930, 21236)


# Synthetic series


def series_of(whose: str, label: str, counts: dict[int, float | tuple[float, float]], **other: object) -> pd.DataFrame:
    """A series as the exhibits of trends hold it; a pair is an interval."""
    ends = [count if isinstance(count, tuple) else (count, count) for count in counts.values()]
    low, high = (np.array(bounds, dtype=float) for bounds in zip(*ends, strict=True))
    qualifier = np.where(np.isinf(high), "at_least", np.where(low == high, "exact", "derived"))
    year = np.array(list(counts))
    return pd.DataFrame(
        {
            **{"area_id": "TUR", "name": whose, "label": label, "counted": True, "year": year, "x": year + 0.5},
            **{"low": low, "high": high, "value_qualifier": qualifier, "population": np.nan},
            **{"source_id": "UNODC_GLOTIP_2023", "kind": "public", **other},
        }
    )


@pytest.fixture
def given(monkeypatch):
    """Put series in the place of those of every area."""

    def given(*series: pd.DataFrame) -> None:
        monkeypatch.setattr(trend, "series", lambda place: pd.concat(series, ignore_index=True))

    return given


RISING = dict(zip(range(2012, 2024), (31, 40, 38, 52, 49, 60, 71, 68, 80, 95, 99, 118), strict=True))


def first(number: int, counts: dict[int, float] = RISING) -> dict[int, float]:
    return dict(list(counts.items())[:number])


# Turns


def test_where_no_series_is_long_enough_for_a_turn_the_page_says_how_long_it_must_be():
    counted = trend.series(SENEGAL).query("counted").groupby(["name", "label"]).size()
    assert counted.max() < 7
    assert trend_models.longest(SENEGAL, trend.series(SENEGAL)).empty
    said = trend_models.none_long_enough(SENEGAL)
    assert "No series of Senegal has 7 years with a count: fewer can show no joinpoint." in said.data


def test_series_of_fewer_years_are_left_out_and_minima_make_no_year(given):
    minima = {2018: (3, INF), 2019: (4, INF)}
    given(
        series_of("Türkiye", "Arrests", first(6)),
        series_of("Türkiye", "Calls", first(6) | minima),
        series_of("Türkiye", "Victims", first(7)),
    )
    assert [exhibit.title.split(",")[0] for exhibit in joined(TURKIYE)[::2]] == ["Türkiye: victims"]


def test_the_three_longest_series_are_shown_each_with_what_the_criteria_say():
    exhibits = joined(TURKIYE)
    assert [exhibit.name for exhibit in exhibits] == [
        *("turns_1", "turns_1_criteria", "turns_2", "turns_2_criteria", "turns_3", "turns_3_criteria"),
    ]
    known = trend.series(TURKIYE).query("counted and high < inf")
    years = known.groupby(["name", "label"]).size().sort_values(ascending=False)
    shown = [exhibit.source_ids for exhibit in exhibits]
    assert len(shown) == 6 and years.iloc[2] >= 7
    of_shown = [int(re.search(r"n = (\d+) years", words(exhibit.figure))[1]) for exhibit in exhibits[::2]]
    assert of_shown == years.iloc[:3].tolist()


def test_an_area_and_its_country_are_two_series_though_they_have_one_label(given):
    given(
        series_of("Türkiye", "Arrests", RISING),
        series_of("Gaziantep", "Arrests", first(8)),
        series_of("Gaziantep", "Calls", first(4)),
        series_of("Türkiye", "Calls", {2020: 4, 2021: 6, 2022: 3}),
    )
    exhibits = joined(TURKIYE)
    assert [exhibit.title.split(",")[0] for exhibit in exhibits[::2]] == ["Türkiye: arrests", "Gaziantep: arrests"]
    for exhibit, years in zip(exhibits[::2], ("2012–2023", "2012–2019"), strict=True):
        assert exhibit.figure is not None and exhibit.table["Years"].iloc[-1] == years


@pytest.mark.soak
def test_no_island_is_refused_for_a_year_that_stands_in_its_own_and_in_the_national_series():
    for area_id in areas.ids("cabo_verde"):
        for exhibit in joined(areas.get(area_id)):
            assert "more than once" not in exhibit.limits and exhibit.figure is not None


def test_a_series_without_events_is_refused_once_and_with_the_reason(given):
    given(series_of("Türkiye", "Arrests", dict.fromkeys(RISING, 0)))
    (exhibit,) = joined(TURKIYE)
    (said,) = exhibit.parts()
    assert "Refused: The series holds 0 events in all" in said.data and "would help" in said.data


def test_a_series_with_certain_zeros_is_fitted_by_the_likelihood_of_its_counts():
    exhibit = one(TURKIYE, "Türkiye", "Detected child victims (US reports)")
    assert US_CHILDREN[2013] == 0
    # No turn is kept, so that this is a Poisson model of the rates: zeros as 0.5 would give another slope.
    change, low, high = poisson(US_CHILDREN, POPULATION)
    assert exhibit.table["Years"].tolist() == ["2013–2022"]
    assert numbers(exhibit.table[CHANGE].iloc[0]) == pytest.approx([change, change, low, high], abs=0.051)
    assert "Zeros have no logarithm" not in exhibit.limits
    tests = criteria(TURKIYE, "Türkiye", "Detected child victims (US reports)")
    # Tests of counts are no permutation tests, and are not called so.
    assert "No further turn, by parametric bootstrap tests" in tests.table
    assert "permutation" not in f"{tests.limits} {tests.alt} {list(tests.table['Chosen by'])}"


@pytest.mark.parametrize(
    ("counts", "as_counts"),
    [
        (RISING | {2013: 0}, True),
        # A minimum is left out in any case; that a zero is certain does not depend on it.
        (RISING | {2013: 0, 2020: (50, INF)}, True),
        (RISING, False),
        # Whether this one is zero is not known.
        (RISING | {2013: (0, 4)}, False),
        (RISING | {2012: 0, 2013: (0, 4)}, False),
    ],
)
def test_only_zeros_beside_known_counts_are_certain(given, counts, as_counts, monkeypatch):
    asked = []
    for name in ("joinpoint", "joinpoint_counts"):
        fit = getattr(trends, name)
        monkeypatch.setattr(trends, name, lambda *a, _name=name, _fit=fit, **k: asked.append(_name) or _fit(*a, **k))
    given(series_of("Türkiye", "Arrests", counts))
    turned = joined(TURKIYE)[0]
    assert asked == ["joinpoint_counts" if as_counts else "joinpoint"] and turned.figure is not None
    if any(isinstance(count, tuple) and count[1] == INF for count in counts.values()):
        assert "2020" in turned.limits and "minimum" in turned.limits


def weighted(counts: dict[int, float]) -> float:
    """Yearly change in percent by weighted least squares of log rates on years, zeros as 0.5 (statsmodels)."""
    years = sorted(counts)
    values = np.array([counts[year] or 0.5 for year in years])
    rates = np.log(values / [POPULATION[year] for year in years])
    return float(100 * np.expm1(sm.WLS(rates, sm.add_constant(np.array(years)), weights=values).fit().params[1]))


def test_counts_below_5_leave_the_change_open_and_it_is_said_of_which_years():
    exhibit = one(TURKIYE, "Türkiye", CHILDREN)
    known = received("unodc_detected_victims.csv", area_id="TUR", sex="all", age="0-17")
    below = [year for year in range(2007, 2023) if year not in known]
    assert below == [2009, 2010, 2012, 2013, 2014]
    said = exhibit.table[CHANGE].iloc[0]
    least, most, low, high = numbers(said)
    assert f"{least:+.1f} to {most:+.1f} (" in said and low < least < most < high
    # With all of them 0, or all of them 4, the change lies within what is said to be open, as far as it is printed.
    for count in (0, 1, 4):
        assert least - 0.051 <= weighted(known | dict.fromkeys(below, count)) <= most + 0.051
    assert "Counts known only between bounds: 2009, 2010, 2012, 2013, 2014 (5 of the periods)." in exhibit.limits
    assert "known only as an interval" in words(exhibit.figure) and said in exhibit.alt


def test_a_turn_is_printed_with_its_limits_and_each_segment_with_its_own():
    exhibit = one(TURKIYE, "Türkiye", VICTIMS)
    assert exhibit.table["Years"].tolist() == ["2007–2011", "2011–2022", "2007–2022, average"]
    assert exhibit.table["Warned"].iloc[-1] == "Turns: 2011 (2009 to 2015)"
    assert all(low <= least <= most <= high for least, most, low, high in map(numbers, exhibit.table[CHANGE]))
    # COVID-19 stands at the segment that holds it.
    assert exhibit.table["Warned"].str.contains("COVID").tolist() == [False, True, False]


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        ("delta", "limits by the delta method"),
        ("t", "limits with segments taken as independent"),
        ("empirical_quantile", "limits by quantiles of resamples"),
    ],
)
def test_a_page_says_how_the_limits_of_the_average_were_made_and_at_which_level(limits, words):
    points = trend_models.group_of(trend.series(TURKIYE), VICTIMS, "Türkiye")
    counts = trend.counts_of(points)
    fit = trends.joinpoint(counts, 1, min_joinpoints=1, limits=limits, confidence=0.9, draws=3, resamples=200)
    printed = trend_models.segment_table(fit).printed
    row = fit.average.iloc[0]
    assert f"({row['low']:+.1f} to {row['high']:+.1f}), {words}" in printed["Change, % a year (90 %)"].iloc[-1]
    assert words.removeprefix("limits ") == fit.limits_are


def test_where_criteria_disagree_the_page_says_that_the_number_of_turns_is_not_known():
    exhibit = criteria(TURKIYE, "Türkiye", VICTIMS)
    chosen = exhibit.table.set_index("Turns")["Chosen by"]
    assert chosen[2] == "BIC, BIC3" and chosen[1] == "permutation tests, weighted BIC" and chosen[0] == "–"
    for by, column in (("BIC", "BIC"), ("BIC3", "BIC3"), ("weighted BIC", "WBIC")):
        least = exhibit.table[column].astype(float).idxmin()
        assert by in exhibit.table["Chosen by"][least].split(", ")
    assert "where they disagree, the number of joinpoints is not known" in exhibit.limits
    assert "The criteria disagree on the number of joinpoints" in exhibit.limits


def test_a_number_of_turns_that_no_placement_can_carry_is_named_and_not_a_number(monkeypatch):
    # In Côte d'Ivoire inspectors found violations from 2020 to 2022 alone, until later counts came: a segment without
    # events has no slope.
    known = trend.series(IVORY_COAST)
    monkeypatch.setattr(trend, "series", lambda place: known[known["year"] <= 2022])
    exhibit = criteria(IVORY_COAST, "Côte d'Ivoire", "Child labour violations found")
    one = exhibit.table.set_index("Turns").loc[1]
    assert one[["BIC", "BIC3", "WBIC"]].tolist() == ["no fit"] * 3
    assert "inf" not in exhibit.show().data


# Turns of the countries of West Africa


@pytest.mark.parametrize("measure", list(trend.MEASURES))
def test_every_country_is_listed_and_those_with_too_little_say_so_with_the_years_they_have(west_africa, measure):
    exhibit = west_africa[f"turns_{measure}"]
    table = exhibit.table.set_index("Country")
    assert table.index.tolist() == areas.load("west_africa")["name"].tolist()
    series = trend.series(WEST_AFRICA)
    years = series[series["label"] == trend.MEASURES[measure]].groupby("name").size()
    assert table["Years"].to_dict() == {name: int(years.get(name, 0)) for name in table.index}
    refused = table["Change, % a year"].eq("refused")
    assert (table["Years"] < 5).equals(refused) and refused.sum() >= 5
    said = table.loc[refused, "Refused or warned"]
    assert said.str.contains("A trend needs at least 5").all()
    # Fewer than 7 years can show no turn.
    assert table.loc[table["Years"].between(5, 6), "Turns"].eq("none").all()
    assert words(exhibit.figure).count("no fit: too little reported") == refused.sum()
    turning = int(table["Turns"].str.contains(" to ").sum())
    assert f"{turning} of {len(areas.ids('west_africa'))} have a joinpoint." in exhibit.alt


# What a trend rests on


OF_COVID = ["without 2020–21", "2020–21 at their own level"]
ENDS = ["without the first year", "without the last year"]


@pytest.mark.parametrize("place", [TURKIYE, CABO_VERDE, areas.get("NGA")], ids=lambda place: place.area_id)
def test_every_series_has_a_row_with_all_years_and_one_for_each_that_is_left_out(place):
    table = varied(place).table
    assert len(table) and table["Series"].nunique() <= trend_checks.MOST_THINGS
    for (thing, source), rows in table.groupby(["Series", "Source"], sort=False):
        whose, words = thing.split(": ", 1)
        labels = [f"{words} ({source})", words]
        series = trend.series(place).query("counted and high < inf")
        series = series[series["name"].eq(whose) & series["label"].map(trend.lower_first).isin(labels)]
        covid = OF_COVID if series["year"].isin([2020, 2021]).any() else []
        # A source without any estimate says so once.
        ways = ["all years", *covid, *ENDS] if rows["Change, % a year (95 %)"].ne("refused").any() else ["all years"]
        assert rows["Years"].tolist() == ways


def test_a_variant_that_leaves_too_few_years_is_refused_in_its_row_and_the_others_stand(given):
    given(series_of("Türkiye", "Arrests", {2018: 9, 2019: 12, 2020: 11, 2021: 17, 2022: 16}))
    table = varied(TURKIYE).table
    assert table["Years"].tolist() == ["all years", *OF_COVID, *ENDS]
    assert table[CHANGE].tolist()[1:] == ["refused"] * 4 and numbers(table[CHANGE][0])
    assert set(table["Together"]) == {"no direction: 1 estimate"}


def test_where_no_change_can_be_estimated_the_page_says_so(given):
    given(series_of("Türkiye", "Arrests", first(4)))
    (said,) = varied(TURKIYE).parts()
    assert "No series has 5 years or more" in said.data


def test_the_changes_are_those_of_poisson_models_of_the_years_that_are_kept():
    table = varied(TURKIYE).table
    rows = table[table["Series"].eq("Türkiye: detected victims") & table["Source"].eq("UNODC")]
    said = rows.set_index("Years")[CHANGE]
    without = {year: count for year, count in DETECTED.items() if year not in (2020, 2021)}
    expected = {
        "all years": poisson(DETECTED, POPULATION),
        "without 2020–21": poisson(without, POPULATION),
        "2020–21 at their own level": poisson(DETECTED, POPULATION, apart={2020, 2021}),
        "without the first year": poisson({y: n for y, n in DETECTED.items() if y > 2007}, POPULATION),
        "without the last year": poisson({y: n for y, n in DETECTED.items() if y < 2022}, POPULATION),
    }
    for way, (change, low, high) in expected.items():
        assert numbers(said[way]) == pytest.approx([change, change, low, high], abs=0.051), way
    # Of the ten estimates by both sources those whose lower limit is above 0.
    of_us = [
        poisson(kept, POPULATION, apart)
        for kept, apart in (
            (US_VICTIMS, None),
            ({y: n for y, n in US_VICTIMS.items() if y not in (2020, 2021)}, None),
            (US_VICTIMS, {2020, 2021}),
            ({y: n for y, n in US_VICTIMS.items() if y > 2016}, None),
            ({y: n for y, n in US_VICTIMS.items() if y < 2022}, None),
        )
    ]
    rising = sum(low > 0 for _, low, _ in [*expected.values(), *of_us])
    assert set(table.loc[table["Series"].eq("Türkiye: detected victims"), "Together"]) == {
        f"not certain: {rising} of 10 estimates show a rise, 0 a fall"
    }


def test_victims_in_turkiye_are_counted_per_inhabitant_and_for_each_interview_that_was_held():
    exhibit = effort_changes(TURKIYE)
    row = exhibit.table.set_index("Found").loc["Detected victims (US reports)"]
    assert row[["Where", "Effort", "Years"]].tolist() == ["Türkiye", "Potential victims interviewed", 7]
    # The change of what was found is that of the rate, as everywhere else, and said to be.
    found, by_interview = poisson(US_VICTIMS, POPULATION), poisson(US_VICTIMS, INTERVIEWED)
    assert row["Found is taken"] == "per inhabitant"
    assert numbers(row["Found, % a year"]) == pytest.approx([found[0], *found], abs=0.051)
    assert numbers(row["Per unit of effort, % a year"]) == pytest.approx([by_interview[0], *by_interview], abs=0.051)
    assert "If a count grows as fast as the effort, it shows no change in trafficking" in exhibit.limits
    assert set(exhibit.source_ids) == {f"TIP{year}_TUR" for year in (2017, 2018, 2019, 2021, 2022, 2023)}


def test_what_was_found_stands_year_by_year_beside_the_effort_and_for_each_thousand_of_it():
    exhibit = by_effort(TURKIYE)
    table = exhibit.table[exhibit.table["Found"].eq("Detected child victims (US reports)")].set_index("Year")
    # By hand from the reports of 2021 to 2023: 165 / 4,919, 120 / 8,077 and 72 / 21,236, in thousandths.
    said = table.loc[["2020", "2021", "2022"]]
    assert said["Number found"].tolist() == ["165", "120", "72"]
    assert said["Units of effort"].tolist() == ["≈4,919", "8,077", "21,236"]
    assert said["Found per 1,000"].tolist() == ["33.5", "14.9", "3.4"]
    for year, count, done in (("2020", 165, 4919), ("2022", 72, 21236)):
        # Exact limits of a Poisson count are quantiles of chi-squared (Garwood, 1936).
        low, high = stats.chi2.ppf(0.025, 2 * count) / 2, stats.chi2.ppf(0.975, 2 * count + 2) / 2
        assert table.loc[year, "95 % Poisson limits"] == f"{1000 * low / done:.1f} to {1000 * high / done:.1f}"
    for panel in ("Potential victims interviewed", "Child victims per 1,000 interviewed", "COVID-19 years"):
        assert panel in words(exhibit.figure)


def test_a_ratio_is_of_one_period_and_never_of_two_in_one_year(given):
    found = series_of("Türkiye", "Child labour violations found", first(6))
    given(found, series_of("Türkiye", "Labour worksite inspections", first(6)).assign(x=lambda t: t["x"] + 0.25))
    assert by_effort(TURKIYE).table.empty
    given(found, series_of("Türkiye", "Labour worksite inspections", {2012: 0, 2013: (10, INF), 2014: 19}))
    table = by_effort(TURKIYE).table
    assert table["Year"].tolist() == ["2014"] and table["Found per 1,000"].tolist() == ["2,000.0"]  # 38 by 19


def test_the_change_for_each_unit_is_stated_only_where_five_years_have_both(west_africa, given):
    assert west_africa["effort_change"].table["Years"].min() == 5 and len(west_africa["effort_change"].table) >= 2
    done = dict(zip(range(2012, 2024), range(200, 320, 10), strict=True))
    found = series_of("Türkiye", "Child labour violations found", first(8))
    # Of four years the effort is known, in a fifth it is a minimum, and in a sixth nothing was done.
    four = first(4, done) | {2016: (200, INF), 2017: 0}
    given(found, series_of("Türkiye", "Labour worksite inspections", four))
    assert effort_changes(TURKIYE) is None
    given(found, series_of("Türkiye", "Labour worksite inspections", first(5, done)))
    assert effort_changes(TURKIYE).table["Years"].tolist() == [5]


def test_what_a_country_found_is_never_set_against_what_another_did(given):
    given(
        series_of("Ghana", "Child labour violations found", RISING),
        series_of("Togo", "Labour worksite inspections", RISING),
    )
    assert by_effort(WEST_AFRICA).table.empty


@pytest.mark.parametrize("place", [CABO_VERDE, SENEGAL, areas.get("BFA")], ids=lambda place: place.area_id)
def test_a_level_is_looked_for_only_in_ten_years_that_are_known_exactly(place):
    exact = trend.series(place).query("counted and low == high").groupby(["name", "label"]).size()
    assert exact.max() < 10
    assert levelled(place) is None and levelled(areas.get("NGA")).figure is not None


def test_a_break_of_level_is_shown_with_its_limits_and_with_what_speaks_against_it():
    exhibit = levelled(TURKIYE)
    assert re.search(
        r"whether its level changed: after 2015 \(\d{4} to \d{4}\), 2020 \(\d{4} to \d{4}\)\.$", exhibit.alt
    )
    # Three levels, their means by hand: UNODC over the World Bank's inhabitants.
    levels = (range(2007, 2016), range(2016, 2021), range(2021, 2023))
    for row, years in zip(exhibit.table.itertuples(index=False), levels, strict=True):
        mean = np.mean([DETECTED[year] / POPULATION[year] * 100_000 for year in years])
        assert row[0] == f"{years[0]}–{years[-1]}" and row[1].startswith(f"{mean:.3g} (")
    assert "A new law, unit or definition changes a level as well." in exhibit.limits
    # Pettitt's K and its p by hand: with 0.016 it supports a break, so that nothing is said against one.
    rates = [DETECTED[year] / POPULATION[year] for year in sorted(DETECTED)]
    n = len(rates)
    most = max(abs(sum(np.sign(a - b) for a in rates[:k] for b in rates[k:])) for k in range(1, n))
    assert 2 * np.exp(-6 * most**2 / (n**3 + n**2)) == pytest.approx(0.0165, abs=1e-4)
    assert "Pettitt's test does not support a break" not in exhibit.limits


# Areas side by side


def test_pooled_changes_of_countries_stand_on_the_page_of_west_africa_alone(west_africa):
    for study, country in ((TURKIYE, "Türkiye"), (CABO_VERDE, "Cabo Verde")):
        (part,) = pooled_areas(study).parts()
        assert f"No public source counts victims by year and area within {country}" in part.data
    exhibit = west_africa["pooled"]
    assert "Pooling hides a country that truly differs." in exhibit.limits
    series = trend.series(WEST_AFRICA)
    series = series[series["label"] == VICTIMS]
    years = exhibit.table.set_index("Area")["Periods"]
    assert years.index[-1] == TOGETHER
    assert years.drop(TOGETHER).to_dict() == series.groupby("name").size().to_dict()


def test_a_country_alone_has_the_trend_of_its_own_figures_and_too_few_years_are_refused(west_africa):
    table = west_africa["pooled"].table.set_index("Area").drop(TOGETHER)
    nigeria = received("unodc_detected_victims.csv", area_id="NGA", sex="all", age="all")
    series = trend.series(WEST_AFRICA)
    inhabitants = series[(series["label"] == VICTIMS) & (series["name"] == "Nigeria")].set_index("year")["population"]
    change, low, high = poisson(nigeria, inhabitants.to_dict())
    own = "By itself, % a year (95 %)"
    assert numbers(table.loc["Nigeria", own]) == pytest.approx([change, change, low, high], abs=0.051)
    few = table["Periods"] < 5
    assert few.sum() >= 4 and table.loc[few, own].eq("refused").all()
    assert table.loc[few, "Warned"].str.len().gt(10).all()
    # All lines hold an interval; where counts are intervals, a range besides.
    both = pd.concat([table.loc[~few, own], table["Pooled, % a year (95 %)"]])
    assert all(low <= least <= most <= high for least, most, low, high in map(numbers, both))


# Case records


EXPORTED = pd.Timestamp("2023-12-31")
# Persons first detected in Fig by year: about 9 % more a year, with a little scatter; and in Willow.
IN_FIG = dict(zip(range(2014, 2024), (22, 22, 27, 28, 30, 35, 36, 41, 43, 30), strict=True))
IN_WILLOW = dict(zip(range(2014, 2024), (8, 10, 9, 12, 11, 13, 12, 16, 14, 9), strict=True))
LISTS = ("police", "shelter")
# The last row of a table of areas pooled.
TOGETHER = "All together"
# The lists of the repository, whose entries stand in for those of a test under other titles.
SYNTHETIC_LISTS = catalog.case_lists("demo_provinces")
NOTHING = pd.DataFrame()
# What stays in the house; the trend itself is there only where it may not leave as it is.
NAMES = ["record_delay", "record_unusual"]


def records(delays: bool = True, more: dict[str, int] | None = None) -> pd.DataFrame:
    """Records of synthetic persons; each third is on a second list, which found it 100 days later.

    Reports reach a list after 5 to 204 days; those that had not reached it by the day of the export are not there.
    """
    rows = []
    for area_id, counts in (("XDP-FIG", IN_FIG), ("XDP-WILLOW", IN_WILLOW)):
        for year, count in counts.items():
            days = [pd.Timestamp(year, 1, 1) + pd.Timedelta(days=int(d)) for d in _days(count)]
            days += [
                pd.Timestamp(day) for day, n in (more or {}).items() if day.startswith(str(year)) for _ in range(n)
            ]
            rows += [(f"{area_id}-{year}-{k}", area_id, day, 5 + 37 * k % 200) for k, day in enumerate(days)]
    found = pd.DataFrame(rows, columns=["person_id", "area_id", "date_low", "delay"]).assign(list_id="police")
    again = found.iloc[::3].assign(list_id="shelter", date_low=found["date_low"].iloc[::3] + pd.Timedelta(days=100))
    table = pd.concat([found, again], ignore_index=True)
    table["reported_low"] = table["date_low"] + pd.to_timedelta(table["delay"], unit="D")
    table = table[table["reported_low"] <= EXPORTED]
    if not delays:
        table["reported_low"] = pd.NaT
    return table.assign(
        date_high=table["date_low"], reported_high=table["reported_low"], status="", date_precision="day"
    ).drop(columns="delay")


def _days(count: int) -> np.ndarray:
    return np.floor((np.arange(count) + 0.5) * 365 / count) if count else np.empty(0)


def study(kind: str, people: pd.DataFrame | None = None, not_linked: str = "") -> CaseRecords:
    """Case records of Arboria in place of those that a run would have made."""
    lists = pd.DataFrame(
        {
            "list_id": LISTS,
            "title": [f"The list of the {name}" for name in LISTS],
            "publisher": "A test",
            "source": "written by a test",
            "date": EXPORTED.date().isoformat(),
            "kind": kind,
            "not_linked": not_linked,
        }
    )
    people = records() if people is None else people
    return CaseRecords("demo_provinces", kind, people, NOTHING, NOTHING, NOTHING, NOTHING, NOTHING, NOTHING, lists)


CACHED = (record_counts.tables,)


def counts_of(found: CaseRecords) -> dict[str, pd.DataFrame]:
    """Persons by year and area of the first detection, before anything is suppressed; nothing of records alone."""
    people = found.case_records
    unit = "persons" if people["person_id"].ne("").any() or people.empty else "records"
    whole = pd.DataFrame({"count": pd.array([len(people)], dtype="Int64")})
    if unit == "records":
        return {unit: whole}
    first = people.sort_values("date_low").drop_duplicates("person_id")
    first = first.assign(year=first["date_low"].dt.year.astype(str))
    tables = {unit: whole.assign(count=pd.array([len(first)], dtype="Int64"))}
    for name, by in ((f"{unit} by area", ["area_id"]), ("year", ["year"]), ("year by area", ["area_id", "year"])):
        tables[name] = first.groupby(by).size().astype("Int64").reset_index(name="count")
    return tables


_PROTECTED: dict[bytes, dict[str, pd.DataFrame]] = {}


def protected(found: CaseRecords) -> dict[str, pd.DataFrame]:
    """Their counts, protected once for all tests with the same counts."""
    counts = counts_of(found)
    key = disclosure.stacked(counts).to_csv().encode()
    if key not in _PROTECTED:
        _PROTECTED[key] = disclosure.protect(counts)
    return {name: table.copy() for name, table in _PROTECTED[key].items()}


@pytest.fixture
def put(monkeypatch):
    """Put case records in the place of Arboria's."""

    def put(found: CaseRecords) -> CaseRecords:
        for module in (record_trends_in_full, case_records):
            monkeypatch.setattr(module, "load", lambda study: found)
        told = protected(found)
        entries = [
            replace(entry, title=row.title, publisher=row.publisher, source=row.source, date=row.date)
            for entry, row in zip(SYNTHETIC_LISTS, found.lists.itertuples(), strict=False)
        ]
        monkeypatch.setattr(record_counts, "protected", lambda study: told)
        monkeypatch.setattr(catalog, "case_kind", lambda study: found.kind if study == found.study else "")
        monkeypatch.setattr(catalog, "case_lists", lambda study: entries if study == found.study else [])
        for cached in CACHED:
            cached.cache_clear()
        return found

    yield put
    for cached in CACHED:
        cached.cache_clear()


@pytest.fixture(params=["synthetic", "public"])
def loaded(request, put):
    return put(study(request.param))


@cache
def _shown(kind: str, area_id: str) -> list[Exhibit]:
    place = areas.get(area_id)
    return [*released(place), *internal(place)]


def shown(loaded: CaseRecords, place: areas.Area) -> dict[str, Exhibit]:
    """The exhibits of an area from the records of the fixture `loaded`, made once."""
    return {exhibit.name: exhibit for exhibit in _shown(loaded.kind, place.area_id)}


def text(said: Markdown) -> str:
    return str(said.data)


everywhere = pytest.mark.parametrize("place", [FIG, PROVINCES], ids=lambda place: place.area_id)


@pytest.mark.parametrize("kind", ["confidential", "synthetic"])
@pytest.mark.parametrize("place", [FIG, WILLOW, PROVINCES], ids=lambda place: place.area_id)
def test_what_may_leave_is_the_same_with_the_records_taken_away(put, monkeypatch, kind, place):
    put(study(kind))

    def seen() -> list[object]:
        found: list[object] = [text(record_trends.about(place))]
        for exhibit in released(place):
            assert exhibit.effective_class == PROTECTED
            found += [exhibit.show().data, exhibit.alt, exhibit.figure and plots.png(exhibit.figure)]
        return found

    before = seen()

    def touched(*_):
        raise AssertionError("a record was read")

    for module in (record_trends_in_full, case_records, processed):
        monkeypatch.setattr(module, "load", touched)
    for cached in CACHED:
        cached.cache_clear()
    assert seen() == before


def test_of_confidential_records_the_trend_leaves_by_protected_counts_and_the_rest_stays_in_the_house(put):
    put(study("confidential"))
    for place in (FIG, PROVINCES):
        assert {exhibit.effective_class for exhibit in released(place)} == {PROTECTED}
        assert {exhibit.effective_class for exhibit in internal(place)} == {INTERNAL}
        assert "SYNTHETIC" not in text(record_trends.about(place))


def test_a_withheld_year_is_known_to_lie_between_nothing_and_what_the_other_counts_leave(put, monkeypatch):
    put(study("public"))
    told = {name: table.copy() for name, table in record_counts.tables("demo_provinces").items()}
    years = told["year by area"]
    hidden = (years["area_id"] == "XDP-FIG") & years["year"].isin(["2015", "2019"])
    true = years.loc[hidden, "count"].sum()
    years.loc[hidden, "count"] = pd.NA
    monkeypatch.setattr(record_counts, "protected", lambda study: told)
    for cached in CACHED:
        cached.cache_clear()
    series = record_trends.by_year(FIG).set_index("period")
    # Of the area the two are known together; of each year the other areas' known counts leave no less than is true.
    assert series.loc[[2015, 2019], "low"].tolist() == [0, 0]
    assert (series.loc[[2015, 2019], "high"] <= true).all()
    assert series.loc[2015, "high"] >= IN_FIG[2015] and series.loc[2019, "high"] >= IN_FIG[2019]
    exhibit = record_turns(FIG)
    assert re.search(r"Counts known only between bounds: [^.]*2015[^.]*2019", exhibit.limits)
    least, most, *_ = numbers(exhibit.table[CHANGE].iloc[0])
    assert least < most


@pytest.mark.soak
def test_where_most_years_are_withheld_no_trend_is_fitted_and_the_house_has_it(put, monkeypatch):
    put(study("public"))
    told = {name: table.copy() for name, table in record_counts.tables("demo_provinces").items()}
    years = told["year by area"]
    years.loc[(years["area_id"] == "XDP-WILLOW") & (years["year"] < "2020"), "count"] = pd.NA
    monkeypatch.setattr(record_counts, "protected", lambda study: told)
    for cached in CACHED:
        cached.cache_clear()
    exhibit = record_turns(WILLOW)
    assert exhibit.figure is None and re.match(r"Refused: \d+ of 10 years are suppressed\.", exhibit.limits)
    names = [exhibit.name for exhibit in internal(WILLOW)]
    assert names == ["record_turns_in_full", *NAMES]


def test_an_area_without_records_says_so_and_promises_nothing_below(put):
    put(study("synthetic"))
    alder = areas.get("XDP-ALDER")
    assert internal(alder) == []
    (exhibit,) = released(alder)
    assert exhibit.figure is None and "No year has enough persons to be shown separately." in exhibit.limits
    assert "SYNTHETIC" in text(record_trends.about(alder))


def test_records_that_could_not_be_linked_are_no_persons_and_the_page_says_why(put):
    put(study("public", records().assign(person_id=""), not_linked="There is one list alone: linkage needs two."))
    assert internal(FIG) == released(FIG) == []
    assert text(record_trends.about(FIG)) == record_trends.NOT_LINKED


@everywhere
def test_the_trend_leaves_the_rest_stays_and_on_the_page_of_a_study_areas_stand_side_by_side(loaded, place):
    found = shown(loaded, place)
    whole = ["record_pooled"] if place.is_study else []
    # Of an area some years are suppressed: those who keep the records have its trend in full.
    in_full = [] if place.is_study else ["record_turns_in_full"]
    assert list(found) == ["record_turns", *whole, *in_full, *NAMES, *(f"{name}_in_full" for name in whole)]
    for exhibit in found.values():
        assert exhibit.figure is not None or exhibit.limits.startswith("Refused: ")
        assert exhibit.title.startswith(f"{place.name}: ") and len(exhibit.citations) == 2


def test_a_person_counts_once_in_the_year_of_the_first_detection_on_any_list(loaded):
    table = record_trends_in_full.by_year(FIG).set_index("period")
    firsts = loaded.case_records.query("area_id == 'XDP-FIG'").groupby("person_id")["date_low"].min().dt.year
    assert table["low"].to_dict() == table["high"].to_dict() == firsts.value_counts().to_dict()
    # As many as were made, though each third is on two lists; of 2023 those whose report had come.
    assert {year: table.loc[year, "low"] for year in range(2014, 2023)} == first(9, IN_FIG)
    assert table.loc[2023, "low"] < IN_FIG[2023]


def test_a_person_whose_year_is_not_known_leaves_two_counts_open_and_the_change_with_them(put):
    people = records()
    unsure = people["person_id"].isin([f"XDP-FIG-2018-{k}" for k in range(6)])
    people.loc[unsure, "date_high"] = pd.Timestamp("2019-06-30")
    put(study("public", people))
    exhibit = record_turns_in_full(FIG)
    least, most, *_ = numbers(exhibit.table[CHANGE].iloc[-1])
    assert least < most and "Counts known only between bounds: 2018, 2019" in exhibit.limits


@everywhere
def test_the_year_that_is_still_filling_up_is_drawn_and_left_out_of_the_fit(loaded, place):
    exhibit = shown(loaded, place)["record_turns"]
    table = record_trends.by_year(place).set_index("period")
    assert table.index[~table["complete"]].tolist() == [2023]
    assert "Left out, as records are still on their way: 2023 (1 of the periods)." in exhibit.limits
    estimated = exhibit.table[~exhibit.table["Warned"].str.startswith("simulated")]
    assert "2014–2022" in estimated["Years"].iloc[-1]
    assert "period not yet complete" in words(exhibit.figure)
    (axes,) = exhibit.figure.axes
    points = [point for line in axes.lines for point in zip(line.get_xdata(), line.get_ydata(), strict=False)]
    bars = [each for each in axes.collections if each.get_gid() == "interval"]
    points += [tuple(end) for each in bars for segment in each.get_segments() for end in segment]
    assert float(table.loc[2023, "low"]) in {float(y) for x, y in points if x == 2023.5}


def test_persons_of_a_year_that_is_still_filling_up_move_no_estimate(put):
    put(study("public"))
    before = record_turns_in_full(FIG)
    put(study("public", records(more={"2023-11-15": 4})))
    after = record_turns_in_full(FIG)
    assert record_trends_in_full.by_year(FIG)["low"].iloc[-1] > 0
    assert after.table[CHANGE].tolist() == before.table[CHANGE].tolist()


def test_where_delays_are_not_known_the_last_year_is_left_out_all_the_same(put):
    put(study("public", records(delays=False)))
    exhibit = record_turns_in_full(FIG)
    assert "Left out, as records are still on their way: 2023 (1 of the periods)." in exhibit.limits
    refused = record_delay(FIG)
    assert (
        refused.figure is None
        and refused.limits.startswith("Refused: ")
        and "nothing to learn the delay from" in refused.limits
    )


def test_a_change_without_a_turn_is_that_of_weighted_least_squares(put):
    # Years of Willow with few persons would withhold those of Fig too.
    put(study("public", records().query("area_id == 'XDP-FIG'")))
    rows = record_turns(FIG).table
    assert rows["Years"].tolist() == ["2014–2022"]
    counts = first(9, IN_FIG)
    years = np.array(list(counts))
    fitted = sm.WLS(np.log(list(counts.values())), sm.add_constant(years), weights=list(counts.values())).fit()
    low, high = fitted.conf_int()[1]
    expected = 100 * np.expm1([fitted.params[1], fitted.params[1], low, high])
    assert numbers(rows[CHANGE].iloc[0]) == pytest.approx(expected, abs=0.051)


def test_too_few_years_of_records_are_refused_with_the_reason_and_nothing_fails(put):
    people = records()
    put(study("public", people[people["date_low"].dt.year > 2019]))
    exhibit = record_turns_in_full(FIG)
    assert exhibit.figure is None and exhibit.limits.startswith("Refused: Observed points: 3.")
    for exhibit in internal(PROVINCES):
        exhibit.parts()


def test_reports_that_are_on_their_way_are_estimated_from_those_whose_days_are_known(loaded):
    exhibit = shown(loaded, FIG)["record_delay"]
    table = exhibit.table.set_index("Year")
    known = loaded.case_records.query("area_id == 'XDP-FIG'").groupby("person_id")[["date_low", "reported_low"]].min()
    reported = known["date_low"].dt.year.value_counts()
    assert table["Reported"].to_dict() == {str(year): count for year, count in reported.items()}
    assert (table["Estimated"] >= table["Reported"]).all()
    assert table.loc["2023", "Estimated"] > table.loc["2023", "Reported"]
    # Of the year before all but a few had come: the longest delay is 204 days.
    assert table.loc["2021", "Estimated"] == table.loc["2021", "Reported"]
    assert f"Of {len(known)} persons, the {len(known)} with an exact day of first detection" in exhibit.limits


def test_a_quarter_far_above_its_past_is_an_alarm_and_called_a_question(put):
    put(study("public", records(more={"2021-05-10": 45})))
    exhibit = record_unusual(FIG)
    table = exhibit.table.set_index("Quarter")
    assert table.index[table["Alarm"] == "alarm"].tolist() == ["2021Q2"]
    counted = records(more={"2021-05-10": 45}).query("area_id == 'XDP-FIG'").groupby("person_id")["date_low"].min()
    quarters = counted.dt.to_period("Q").astype(str).value_counts()
    assert {quarter: int(said) for quarter, said in table["Persons"].items()} == {
        quarter: int(quarters.get(quarter, 0)) for quarter in table.index
    }
    assert exhibit.limits.count("An alarm is a question") == 1 and "not a finding" in exhibit.limits


def test_pooled_areas_are_the_areas_with_records_by_name(loaded):
    exhibit = shown(loaded, PROVINCES)["record_pooled"]
    # Two areas are too few to learn from how far areas differ.
    assert exhibit.figure is None and exhibit.limits.startswith("Refused: ")


# Synthetic persons, and the trend that was simulated


@everywhere
def test_what_follows_from_synthetic_persons_says_so_and_nothing_else_does(loaded, place):
    for exhibit in shown(loaded, place).values():
        assert exhibit.kind == loaded.kind
        require_marked(exhibit, loaded.is_synthetic)
    assert ("SYNTHETIC" in text(record_trends.about(place))) == loaded.is_synthetic


def simulated(area_id: str) -> list[tuple[str, str]]:
    """Years and change of each piece of an area's trend, as the table of the truth has them."""
    with open(catalog.RAW / "synthetic/demo_provinces/truth/trends.csv", encoding="utf-8") as lines:
        rows = [row for row in csv.DictReader(lines) if row["area_id"] == area_id]
    return [(f"{row['first_year']}–{row['last_year']}", f"{float(row['apc']):+g}") for row in rows]


def test_the_simulated_trend_of_an_area_stands_beside_the_estimate_and_is_named_as_simulated(put):
    put(study("synthetic"))
    # Fig was given two turns.
    assert len(simulated("XDP-FIG")) == 3
    exhibit = record_turns(FIG)
    is_simulated = exhibit.table["Warned"].eq("simulated, not estimated")
    told = exhibit.table[is_simulated]
    assert list(zip(told["Years"], told[CHANGE], strict=True)) == simulated("XDP-FIG")
    # It has no limits and no p, as nothing of it is estimated; the estimates stand first.
    assert told["p"].eq("–").all() and not told[CHANGE].str.contains("to").any()
    assert is_simulated.is_monotonic_increasing and not is_simulated.all()
    pieces = ", ".join(f"{years} {change} %" for years, change in simulated("XDP-FIG"))
    said = f"Simulated among all persons, detected and undetected: {pieces} a year."
    assert said in exhibit.limits and said in words(exhibit.figure)


@pytest.mark.soak
def test_nothing_is_called_simulated_of_real_persons_nor_of_a_study_whose_areas_were_simulated_apart(put):
    put(study("public"))
    for place in (FIG, PROVINCES):
        for exhibit in (*released(place), *internal(place)):
            assert "lanted" not in exhibit.show().data
            assert exhibit.figure is None or "lanted" not in words(exhibit.figure)
    put(study("synthetic"))
    assert "lanted" not in record_turns(PROVINCES).show().data


@pytest.mark.soak
@pytest.mark.skipif(catalog.case_kind("demo_islands") != "synthetic", reason="Insulia has lists of its own here")
@pytest.mark.parametrize("area_id", ["XIC-JADE", "XIC-CORAL", "demo_islands"])
def test_the_repositorys_own_study_is_shown_with_the_same_care(area_id):
    place = areas.get(area_id)
    found = [*released(place), *internal(place)]
    names = [exhibit.name for exhibit in found]
    assert names[0] == "record_turns" and set(NAMES) < set(names)
    for exhibit in found:
        assert exhibit.kind == "synthetic" and "SYNTHETIC · " in exhibit.show().data
        if exhibit.figure is None:
            assert exhibit.limits.startswith("Refused: ")
        else:
            assert exhibit.image().metadata["name"] == f"{exhibit.name}_SYNTHETIC"
            assert record_trends.LIMITS in words(exhibit.figure)


@pytest.mark.skipif(catalog.case_kind("demo_islands") != "synthetic", reason="Insulia has lists of its own here")
def test_every_island_with_records_is_pooled_by_its_name():
    exhibit = record_pooled(areas.get("demo_islands"))
    islands = {name for area_id, name in _islands() if len(record_trends_in_full.persons(areas.get(area_id)))}
    assert set(exhibit.table["Area"]) == {*islands, TOGETHER} and len(islands) >= 5
    assert "Pooling hides an area that truly differs." in exhibit.limits


def _islands() -> list[tuple[str, str]]:
    table = areas.load("demo_islands")
    return list(zip(table["area_id"], table["name"], strict=True))


# What holds of every exhibit


@pytest.fixture(params=["turkiye", "cabo_verde", "CIV", "NGA", "SEN"])
def of_an_area(request) -> list[Exhibit]:
    return exhibits_of(areas.get(request.param))


def fit_for_a_page(exhibit: Exhibit, begins: str) -> None:
    said = " ".join(part.data for part in exhibit.parts() if isinstance(part, Markdown)) + exhibit.show().data
    if exhibit.figure is None:
        assert exhibit.table.empty or len(exhibit.source_ids) or exhibit.citations
        assert len(exhibit.limits) > 20
    else:
        drawn = words(exhibit.figure)
        said += drawn + exhibit.alt
        assert len(exhibit.alt) > 20 and "No description" not in exhibit.alt
        assert re.search(
            r"Source: \S.* · Period: .*\d{4}.* · n = [\d,]+ (years|figures|country-years|records|persons)", drawn
        )
        assert begins in drawn or trend_models.ABOUT[:30] in drawn
        assert exhibit.limits.startswith(begins) or exhibit.limits.startswith(trend_models.ABOUT[:30])
        assert exhibit.source_ids or exhibit.citations
    assert not re.search(r"\bnan\b|\bNaN\b|\bNone\b(?! of the three)|\binf\b|\bNaT\b|<NA>", said), exhibit.name


@pytest.mark.soak
def test_every_figure_has_a_description_its_source_its_number_and_its_limits_and_nothing_prints_nan(of_an_area):
    for exhibit in of_an_area:
        fit_for_a_page(exhibit, NOT_INCIDENCE)


def test_the_same_holds_of_west_africa(west_africa):
    for exhibit in west_africa.values():
        fit_for_a_page(exhibit, NOT_INCIDENCE)


@pytest.mark.varied
@everywhere
def test_the_same_holds_of_case_records(loaded, place):
    for exhibit in shown(loaded, place).values():
        fit_for_a_page(exhibit, record_trends.LIMITS)


@pytest.mark.parametrize("place", [TURKIYE, CABO_VERDE], ids=lambda place: place.area_id)
def test_each_line_of_a_national_series_names_the_country(place):
    for exhibit in joined(place):
        assert exhibit.title.startswith(f"{place.name}: ")
    assert varied(place).table["Series"].str.startswith(f"{place.name}: ").all()
    changed = effort_changes(place)
    assert changed is None or set(changed.table["Where"]) == {place.name}


def test_a_part_of_a_country_has_its_own_series_alone_and_a_sentence_on_those_of_the_country():
    for area_id, nation in (("TR-27", "TUR"), ("CPV-SAL", "CPV")):
        place = areas.get(area_id)
        assert set(trend.series(place)["area_id"]) <= {area_id}
        assert nation in set(trend.series(areas.get(place.study))["area_id"])
    change, low, high = poisson(DETECTED, POPULATION)
    said = trend.national_words(GAZIANTEP)
    assert (
        f"{change:+.1f} % a year ({low:+.1f} to {high:+.1f})" in said
        and "Türkiye as a whole, not for Gaziantep" in said
    )


def test_a_country_is_told_among_those_of_its_study(west_africa):
    said = trend.words_among(SENEGAL)
    changes = tested_of(WEST_AFRICA).query("label == @VICTIMS")["change"].dropna()
    assert f"in {len(changes)} of {len(areas.ids('west_africa'))} countries of West Africa" in said
    rising, falling = sum(each.low > 0 for each in changes), sum(each.high < 0 for each in changes)
    assert f"a rise in {rising} and a fall in {falling}. Senegal: " in said


def test_a_cell_says_percent_a_year_once_since_its_heading_does():
    for place in (TURKIYE, areas.get("NGA")):
        for table in (effort_changes(place).table, at_hand(place)):
            headed = [column for column in table if "% a year" in column]
            assert headed and not table[headed].map(lambda said: "a year" in said).any(axis=None)


def test_labels_follow_the_level_and_the_permutations_that_the_notebook_asks_for(monkeypatch):
    shown, parts = [], Exhibit.parts
    given = {
        "confidence=0.95": "confidence=0.5",
        "permutations=1999": "permutations=299",
        "replicates=999": "replicates=199",
    }

    def seen(section: Exhibit) -> tuple:
        shown.append(section)
        return parts(section)

    monkeypatch.setattr(Exhibit, "parts", seen)
    run_cells("trends", "turkiye", replaced=given)
    said = {each.name: labels(each) for each in shown}
    assert not [name for name, text in said.items() if re.search(r"(?<![\d.,])95 ?%", text)]
    of_limits = {"unodc_victims", "turns_1", "turns_2", "turns_3", "variants", "effort", "effort_change", "levels"}
    assert of_limits <= {name for name, text in said.items() if "50 %" in text}
    assert "by 299 permutations" in said["levels"] and "199 replicates" in said["turns_3"]
    assert not [name for name, text in said.items() if re.search(r"\b1,999\b|(?<!,)\b999\b", text)]
