"""What somebody who works in a notebook changes of an exhibit: chart, scale, columns, level, rows, title and limits."""

from __future__ import annotations

import pandas as pd
import pytest
from figure_texts import words
from refusals import refused

from analysis import areas, evidence, plots
from analysis.exhibits import detection
from analysis.exhibits.exhibit import Exhibit
from analysis.exhibits.plot import Plot
from analysis.methods.rates import rate_table
from bounded import intervals
from bounded.refusal import Refusal

BENIN = areas.get("BEN")


@pytest.fixture(scope="module")
def cases() -> pd.DataFrame:
    return detection.of_whole_years(detection.preferred(BENIN))


def rates(cases: pd.DataFrame, confidence: float = 0.95, per: int = 100_000) -> Exhibit:
    population = evidence.annual_population(["BEN"])
    return detection.detected_rates(BENIN, rate_table(cases, population, per=per, confidence=confidence))


def test_another_scale_is_an_argument_of_the_chart(cases):
    exhibit = rates(cases)
    assert {axes.get_yscale() for axes in exhibit.figure.axes if axes.lines or axes.collections} == {"linear"}
    drawn = exhibit.change(log=True).figure
    assert "symlog" in {axes.get_yscale() for axes in drawn.axes} or "log" in {axes.get_yscale() for axes in drawn.axes}
    assert "log=True" in repr(exhibit.change(log=True).plot)


def test_another_chart_draws_the_same_rows(cases):
    exhibit = rates(cases)
    called = {
        "label": "year",
        "panel": "panel",
        "estimate": ("low", "high"),
        "interval": ("interval_low", "interval_high"),
    }
    changed = exhibit.change(
        chart=plots.dots, panels=None, ylabel=None, xlabel=exhibit.plot.arguments["ylabel"], **called
    )
    assert changed.plot.table is exhibit.plot.table
    said = words(changed.figure)
    assert exhibit.title in said and "per 100,000 inhabitants" in said and "95 % interval" in said and "2022" in said


def test_columns_are_chosen_by_their_headings_or_named_anew(cases):
    exhibit = rates(cases)
    assert list(exhibit.change(columns=["Year", "Detected"]).table.printed) == ["Year", "Detected"]
    assert list(exhibit.change(columns={"Rate": "rate"}).table.printed) == ["Rate"]
    with refused(Refusal, "missing_column", "Its headings are: Country, Year"):
        exhibit.change(columns=["Yaer"])


def test_rows_are_chosen_in_table_plot_and_footer_alike(cases):
    exhibit = rates(cases)
    later = exhibit.change(where="year >= 2019")
    assert later.table.numbers["year"].min() == later.plot.table["year"].min() == 2019
    number = len(later.plot.table)
    assert 0 < number < len(exhibit.plot.table)
    assert f"n = {number} country-years" in words(later.figure) and "Period: 2019 to 2022" in words(later.figure)
    for said in (words(later.figure), later.show().data, later.alt):
        assert "Of all rows those are shown where year" in said
    with refused(Refusal, "missing_column", "The columns are"):
        exhibit.change(where="yaer > 2019")


def test_title_and_limits_are_those_that_were_given(cases):
    changed = rates(cases).change(title="Mine", limits="It shows nothing else.")
    assert "Mine" in changed.show().data and "It shows nothing else." in changed.show().data
    assert "It shows nothing else." in words(changed.figure) and "Mine" in words(changed.figure)


def test_a_footer_of_its_own_keeps_its_source_and_says_how_many_rows_are_left(cases):
    footer = plots.Footer("A list of mine", "2019 to 2022", "9 calls", "No incidence.")
    table = pd.DataFrame({"label": ["a", "b"], "estimate_low": [1.0, 2.0], "estimate_high": [1.0, 2.0]})
    plot = Plot(plots.dots, table, interval=None)
    exhibit = Exhibit("mine", "Calls", table, plot=plot, alt="Calls.", footer=footer)
    changed = exhibit.change(where="estimate_low > 1", limits="Few rows.", title="Late calls")
    said = words(changed.figure)
    assert "Source: A list of mine" in said and "n = 1 of 2 rows, 9 calls in all" in said and "Few rows." in said
    assert changed.alt == "Late calls. Of all rows those are shown where estimate_low > 1."


@pytest.mark.parametrize("confidence", [0.5, 0.9, 0.999])
def test_every_label_says_the_level_that_was_asked_for(cases, confidence):
    exhibit = rates(cases, confidence)
    level = intervals.percent(confidence)
    everything = f"{words(exhibit.figure)} {exhibit.show().data} {exhibit.alt} {list(exhibit.table.printed)}"
    assert f"{level} Poisson limits" in list(exhibit.table.printed)
    assert f"{level} interval" in words(exhibit.figure) and "95 %" not in everything and "95%" not in everything


def test_every_label_says_the_number_of_inhabitants_that_was_asked_for(cases):
    exhibit = rates(cases, per=1_000_000)
    assert "Per 1,000,000" in exhibit.table.printed and "per 1,000,000 inhabitants" in words(exhibit.figure)
    assert "100,000" not in words(exhibit.figure) + exhibit.title


def test_rows_of_several_levels_are_refused_one_label():
    table = pd.DataFrame({"confidence": [0.5, 0.95]})
    with refused(Refusal, "several_levels", "50 %, 95 %"):
        intervals.confidence_level(table)
    assert intervals.confidence_level(table.head(0)) == ""
    assert intervals.confidence_level(table.head(1)) == "50 %"


def test_a_plot_is_written_as_the_call_that_it_is(cases):
    said = repr(rates(cases).plot)
    assert said.startswith("plots.small_multiples(<") and "ylabel='per 100,000 inhabitants'" in said
