"""Findings that are read from rows of exhibits, and the check that the page publishes the same numbers."""

from dataclasses import replace

import pandas as pd
import pytest
from nbformat import v4

from analysis import areas
from analysis.batch import execute
from analysis.exhibits.exhibit import Exhibit
from analysis.exhibits.shown_table import ShownTable
from analysis.exhibits.table import Table
from analysis.findings.exhibit_rows import from_row, require_published
from analysis.findings.finding import CONFIDENCE, EXACT, FIGURE, Finding, FindingError, record
from analysis.findings.measures import LANGUAGES, sentence, title
from analysis.jobs import Job
from analysis.report.pages import tables

INF = float("inf")
# Two rates: of 10 of 500,000 persons, and of a count that is known to be 0 to 4 alone. The limits are made up.
RATES = pd.DataFrame(
    {
        "source": ["UNODC", "TIP"],
        "year": [2022, 2020],
        "cases_low": [10.0, 0.0],
        "cases_high": [10.0, 4.0],
        "rate_low": [2.0, 0.0],
        "rate_high": [2.0, 0.8],
        "low": [0.9591234567, 0.0],
        "high": [3.678, 2.05],
        "per": [100_000.0, 100_000.0],
        "confidence": [0.95, 0.95],
        "source_id": ["UNODC_GLOTIP_2025", "TIP2024"],
    }
)
SAID = {"method": "Counted.", "limits": "Detected, not incidence."}
KEYS = ("source", "year")
SEN = areas.get("SEN")


def of_rate(number=0, item="unodc", **more):
    return Finding(
        SEN, "detected_rate", item, **SAID, **from_row("rates", RATES.loc[number], KEYS, "rate_low", CONFIDENCE, **more)
    )


def published(table=RATES, name="rates", **more):
    """The tables of a page with one exhibit, as the batch reads them from its notebook."""
    return tables(notebook(table, name, **more))


def notebook(table=RATES, name="rates", findings=(), **more):
    headings = {str(column): column for column in table}
    shown = ShownTable(Exhibit(name, "Rates", Table(table, headings), **more))
    bundles = [each._repr_mimebundle_() for each in (shown, record(findings))]
    outputs = [v4.new_output("display_data", data, metadata=metadata) for data, metadata in bundles]
    return v4.new_notebook(cells=[v4.new_code_cell("publish(rates)", outputs=outputs)])


def refused(finding, found):
    with pytest.raises(FindingError) as error:
        require_published([finding.row()], found)
    return error.value


def test_a_finding_has_the_numbers_of_the_row_and_says_where_they_stand():
    exact, few = of_rate(), of_rate(1, "us_reports", period="2020")
    assert (exact.value, *exact.bounds) == (2.0, 0.9591234567, 3.678)
    assert (few.value, *few.bounds, few.period) == (None, 0.0, 2.05, "2020")
    assert (exact.exhibit, exact.exhibit_row, exact.exhibit_column) == ("rates", "source=UNODC, year=2022", "rate_low")
    assert (exact.source_ids, exact.confidence, exact.unit) == (("UNODC_GLOTIP_2025",), 0.95, "per_100000")
    require_published([exact.row(), few.row()], published())


def test_bounds_of_a_printed_figure_are_those_of_the_column():
    few = from_row("rates", RATES.loc[1], KEYS, "cases_low", FIGURE)
    assert (few["value"], few["low"], few["high"], few["interval"]) == (None, 0.0, 4.0, FIGURE)
    one = from_row("rates", RATES.loc[0], KEYS, "cases_low")
    assert (one["value"], one["low"], one["high"], one["interval"]) == (10.0, 10.0, 10.0, EXACT)


def test_limits_of_an_estimate_have_its_name_or_none():
    row = pd.Series({"trend": "up", "change": 1.5, "change_low": 1.0, "change_high": 2.0, "low": -9.0, "high": 9.0})
    assert from_row("t", row, ["trend"], "change", CONFIDENCE)["low"] == 1.0
    assert from_row("t", row.drop(["change_low", "change_high"]), ["trend"], "change", CONFIDENCE)["low"] == -9.0
    assert from_row("t", row, ["trend"], "change")["low"] == 1.5


def test_a_part_of_a_total_has_no_upper_bound_whatever_the_table_prints():
    table = pd.DataFrame({"measure": ["victims"], "low": [7.0], "high": [9.0]})
    part = Finding(
        SEN,
        "detected_victims",
        "unodc",
        **SAID,
        **from_row("numbers", table.loc[0], ["measure"], "low", "part_some_regions"),
    )
    assert (part.value, *part.bounds) == (None, 7.0, INF)
    require_published([part.row()], published(table, "numbers"))
    assert refused(replace(part, low=8.0), published(table, "numbers")).code == "not_as_published"


@pytest.mark.parametrize(("name", "altered"), [("value", 3.0), ("low", 0.5), ("high", 3.7), ("value", None)])
def test_an_altered_number_is_refused_with_finding_exhibit_row_column_and_both_values(name, altered):
    wrong = replace(of_rate(), **{name: altered})
    said = str(refused(wrong, published()))
    there = {"value": "2", "low": "0.959123", "high": "3.678"}[name]
    for words in ("SEN/detected_rate.unodc", "exhibit rates", "row source=UNODC, year=2022", "column rate_low"):
        assert words in said
    assert f"{name} {'not known' if altered is None else f'{altered:g}'}, and" in said and f"has {there}:" in said


def test_a_digit_more_than_findings_have_makes_no_difference():
    almost = RATES.assign(low=RATES["low"] + 4e-7)
    require_published([of_rate().row()], published(almost))
    assert refused(of_rate(), published(RATES.assign(low=RATES["low"] + 4e-5))).code == "not_as_published"


def test_what_is_not_published_is_refused():
    assert refused(of_rate(), published(name="others")).code == "no_such_exhibit"
    assert refused(of_rate(), published(RATES.assign(year=2021))).code == "not_one_row"
    assert refused(of_rate(), published(pd.concat([RATES, RATES]))).code == "not_one_row"
    assert refused(of_rate(), published(RATES.drop(columns="rate_high"))).code == "missing_column"
    # An exhibit that stays in the house is on no page.
    assert refused(of_rate(), published(release_class="internal")).code == "no_such_exhibit"


def test_a_row_is_found_whatever_its_texts_are():
    table = RATES.assign(source=["=Côte d'Ivoire, the south", "a, year=b"])
    finding = Finding(
        SEN, "detected_rate", "unodc", **SAID, **from_row("rates", table.loc[0], ("source",), "rate_low", CONFIDENCE)
    )
    require_published([finding.row()], published(table))


def test_synthetic_exhibits_are_found_under_their_name():
    require_published([of_rate().row()], published(kind="synthetic", release_class="public"))


def test_a_notebook_whose_finding_is_not_as_its_page_says_fails():
    job, made = Job("incidence", "west_africa", "SEN"), {}
    with pytest.raises(FindingError, match=r"detected_rate[.]unodc says value 3, and the exhibit rates"):
        execute._products(job, made, notebook(findings=[replace(of_rate(), value=3.0)]))


def test_a_finding_names_all_of_its_place_or_nothing():
    with pytest.raises(FindingError, match="name all, or none"):
        replace(of_rate(), exhibit_column="")


def test_sentences_say_the_level_and_the_inhabitants_of_the_result():
    row = replace(of_rate(), confidence=0.5, per=1000.0).row()
    assert (row["confidence"], row["unit"]) == (0.5, "per_1000")
    said = [sentence(row, language) for language in LANGUAGES]
    assert ["50%" in said[0], "50 %" in said[1], "50 %" in said[2], "%50" in said[3]] == [True] * 4
    assert not any("95" in each.replace("0.959", "") or "100" in each for each in said)
    assert title(row).startswith("recorded victims of trafficking per 1,000 inhabitants")
    other = [sentence(replace(of_rate(), per=5e6).row(), language) for language in LANGUAGES]
    assert ["5,000,000" in other[0], "5 000 000" in other[1], "5 000 000" in other[2], "5.000.000" in other[3]] == [
        True
    ] * 4


def test_only_an_interval_of_confidence_has_a_level():
    exact = Finding(SEN, "detected_victims", "unodc", value=3.0, confidence=0.5, **SAID)
    assert exact.row()["confidence"] is None
    assert "interval" not in sentence(exact.row())
