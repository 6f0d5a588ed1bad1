"""Rates of reports by island as findings: by hand, from the rows as they were received."""

from __future__ import annotations

import exhibits_of_incidence
import pandas as pd
import pytest
from scipy.stats import chi2

from analysis import areas
from analysis.exhibits import context, findings_rates, local_rates
from analysis.exhibits.findings_indicators import latest_of_yearly

ICCA, POLICE = "icca_child_sexual_abuse_reports", "police_sexual_crimes_against_minors"


def of(area_id: str) -> dict:
    place = areas.get(area_id)
    return {each.finding_id.split("/")[1]: each for each in findings_rates.rates(place, local_rates.rates(place))}


def garwood(count: int, people: int) -> tuple[float, float, float]:
    """Rate per 100,000 with the exact limits of Garwood (1936), by the quantiles of chi-squared."""
    low = chi2.ppf(0.025, 2 * count) / 2 if count else 0.0
    high = chi2.ppf(0.975, 2 * (count + 1)) / 2
    return tuple(100_000 * each / people for each in (count, low, high))


@pytest.mark.parametrize(
    ("area_id", "item", "count", "people", "period"),
    [
        # EXPRESSO20250605 prints 41 of Fogo and 64 of Santiago; SOFTLK_CPV 33,519 and 269,370 inhabitants.
        ("CPV-FOGO", ICCA, 41, 33_519, "2024"),
        ("CPV-SANTIAGO", ICCA, 64, 269_370, "2024"),
        ("CPV-SAL", f"{ICCA}.same_period", 3, 33_347, "2020-01/2020-07"),
        ("CPV-SANTOANTAO", POLICE, 17, 36_632, "2020"),
        ("CPV-SAL", POLICE, 15, 33_347, "2020"),
        ("CPV-SANTIAGO", f"{POLICE}.same_period", 21, 269_370, "2020"),
        # The whole year of 2018 is older than the seven months of 2020.
        ("CPV-BRAVA", ICCA, 5, 5_594, "2020-01/2020-07"),
    ],
)
def test_a_rate_is_the_count_by_the_inhabitants_with_exact_limits(area_id, item, count, people, period):
    finding = of(area_id)[f"official_rate.{item}"]
    assert (finding.value, finding.low, finding.high) == pytest.approx(garwood(count, people))
    assert (finding.n, finding.period) == (count, period)


def test_a_rate_of_some_months_and_inhabitants_that_nobody_printed_are_said():
    brava, fogo = (of(each)[f"official_rate.{ICCA}"] for each in ("CPV-BRAVA", "CPV-FOGO"))
    assert "213 days, not of a year" in brava.limits and "not read in a publication" in brava.limits
    assert "days" not in fogo.limits and "preliminary count" in fogo.limits
    assert "not of children" in fogo.limits


def test_where_nobody_lives_there_is_no_rate_and_of_countries_none_is_stated():
    assert not of("CPV-SANTALUZIA")
    assert not of("cabo_verde") and not of("SEN") and not of("TR-27")


def years(*spans: tuple[str, str]) -> pd.DataFrame:
    table = pd.DataFrame(spans, columns=["date_low", "date_high"])
    return table.apply(pd.to_datetime).sort_values(["date_high", "date_low"], ignore_index=True)


@pytest.mark.parametrize(
    ("spans", "stated", "later"),
    [
        # A part of the next year stands beside the last whole year.
        ([("2024-01-01", "2024-12-31"), ("2025-01-01", "2025-06-30")], "2024-12-31", 1),
        # A whole year that ended more than a year before the last figure gives way to it.
        ([("2018-01-01", "2018-12-31"), ("2020-01-01", "2020-07-31")], "2020-07-31", 0),
        ([("2020-01-01", "2020-07-31")], "2020-07-31", 0),
    ],
)
def test_the_last_whole_year_is_stated_unless_it_is_outdated(spans, stated, later):
    figures, parts = latest_of_yearly(years(*spans))
    assert (figures["date_high"].iloc[-1], len(parts)) == (pd.Timestamp(stated), later)


def test_islands_are_drawn_by_their_inhabitants_and_the_table_has_count_and_rate():
    table = exhibits_of_incidence.islands().table.printed.set_index(["What", "Island"])
    sal = table.loc[("Police records", "Sal")]
    rate, low, high = garwood(15, 33_347)
    assert (sal["Figure"], sal["Per 100,000"]) == ("15", f"{rate:.1f}")
    assert sal["95 % Poisson limits"] == f"{low:.1f} to {high:.1f}"
    # What is no count has no rate.
    assert set(table.loc["Hotels"]["Per 100,000"]) == {""}


def test_two_figures_of_a_place_are_not_joined_and_one_that_was_worked_out_says_so():
    sal = areas.get("CPV-SAL")
    figures = context.figures_over_the_years(sal)
    exhibit = context.over_the_years(sal, figures)
    assert len(figures) == 2 and "not printed: the figure of 2019" in exhibit.limits
    assert "joined" not in marks(exhibit.figure)
    country = areas.get("cabo_verde")
    assert "joined" in marks(context.over_the_years(country, context.figures_over_the_years(country)).figure)


def marks(figure) -> set[str]:
    return {each.get_gid() for axes in figure.axes for each in axes.collections}
