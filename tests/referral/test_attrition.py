"""From detected victims to convictions: which figures stand beside one another, pooled ratios, and their figures."""

import numpy as np
import pandas as pd
import pytest
from figure_texts import words
from fuzzing import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from refusals import refused

from analysis import areas, evidence
from analysis.plots import Footer, style
from analysis.referral.attrition import APRIL_TO_MARCH, CALENDAR, OTHER, STAGES, attrition

FOOTER = Footer("a test", "2010 to 2020", "12 figures", "Not the same persons.")
COLUMNS = ["area_id", "period_start", "period_end", "indicator", "breakdown", "low", "high", "value_qualifier", "note"]


def figure(year, indicator, low, high=None, *, start="01-01", area="AAA", note="", breakdown="unspecified"):
    """A figure of a calendar year, or of the twelve months from April."""
    first = pd.Timestamp(f"{year}-{start}")
    last = first + pd.DateOffset(years=1) - pd.Timedelta(days=1)
    upper = low if high is None else high
    qualifier = "exact" if upper == low else "at_least"
    return (area, first, last, indicator, breakdown, float(low), float(upper), qualifier, note)


def counts(*rows):
    return pd.DataFrame(rows, columns=COLUMNS).assign(source_id="S1")


def years(prosecutions, convictions, **kinds):
    """Prosecutions and convictions of as many years from 2010 on."""
    rows = []
    for year, (above, below) in enumerate(zip(convictions, prosecutions, strict=True), start=2010):
        rows += [figure(year, "prosecutions", below, **kinds), figure(year, "convictions", above, **kinds)]
    return counts(*rows)


def ratio(table, name="convictions per prosecution"):
    ratios = attrition(table).ratios
    (row,) = ratios[ratios["ratio"] == name].to_dict("records")
    return row


def test_a_stage_that_was_not_reported_is_missing_and_never_zero():
    table = attrition(counts(figure(2019, "convictions", 3))).table
    assert table["stage"].tolist() == list(STAGES.values())
    missing = table[table["stage"] != "convictions"]
    assert missing[["low", "high"]].isna().all(axis=None)
    assert (missing["note"] == "not read").all()
    assert table.set_index("stage").loc["convictions", ["low", "high"]].tolist() == [3, 3]


def test_kinds_of_period_are_never_put_together():
    found = attrition(
        counts(
            figure(2018, "prosecutions", 20),
            figure(2018, "convictions", 5, start="04-01"),
            figure(2018, "investigations", 9, start="02-01"),
        )
    )
    assert found.table.groupby("period")["stage"].size().to_dict() == {CALENDAR: 4, APRIL_TO_MARCH: 4, OTHER: 4}
    assert (found.ratios["periods"] == 0).all()
    assert found.ratios["low"].isna().all()
    assert found.ratios["reason"].str.startswith("never in one period").all()


def test_the_pooled_ratio_is_sum_over_sum_and_the_range_is_that_of_the_years():
    # 4/10, 1/10 and 25/20: 30 of 40 together.
    row = ratio(years([10, 10, 20], [4, 1, 25]))
    assert (row["low"], row["high"]) == (0.75, 0.75)
    assert (row["lowest"], row["highest"]) == (0.1, 1.25)
    assert (row["periods"], row["below_low"], row["above_high"]) == (3, 40, 30)
    assert row["reason"] == ""


def test_a_minimum_leaves_the_ratio_open():
    rows = [figure(year, "convictions", 4) for year in (2010, 2011, 2012)]
    rows += [figure(2010, "prosecutions", 10), figure(2011, "prosecutions", 10)]
    below = ratio(counts(*rows, figure(2012, "prosecutions", 20, np.inf)))
    assert (below["low"], below["high"]) == (0, 12 / 40)
    assert (below["lowest"], below["highest"]) == (0, 0.4)
    rows[2] = figure(2012, "convictions", 4, np.inf)
    above = ratio(counts(*rows, figure(2012, "prosecutions", 20)))
    assert (above["low"], above["high"]) == (12 / 40, np.inf)


@pytest.mark.parametrize(
    ("prosecutions", "convictions", "reason"),
    [
        ([100, 100], [10, 10], "only 2 periods: a ratio needs at least 3"),
        ([100], [10], "only 1 period: a ratio needs at least 3"),
        ([3, 3, 3], [1, 1, 1], "only 9 prosecutions: a ratio to fewer than 10"),
    ],
)
def test_a_ratio_of_too_few_is_refused_with_the_reason(prosecutions, convictions, reason):
    row = ratio(years(prosecutions, convictions))
    assert row["reason"].startswith(reason)
    assert np.isnan([row["low"], row["high"], row["lowest"], row["highest"]]).all()


def test_a_year_with_neither_adds_nothing_and_has_no_ratio_of_its_own():
    row = ratio(years([0, 10, 10], [0, 5, 6]))
    assert (row["low"], row["lowest"], row["highest"]) == (0.55, 0.5, 0.6)
    assert row["note"] == "Periods with neither, without a ratio of their own: 1."


def test_convictions_of_a_year_without_prosecutions_are_said():
    row = ratio(years([0, 10, 10], [2, 5, 6]))
    assert (row["low"], row["highest"]) == (13 / 20, np.inf)
    assert row["note"] == "In some periods there were convictions and no prosecutions."


@pytest.mark.parametrize(
    ("note", "unit"),
    [
        ("defendants in 33 cases", "persons"),
        ("63 labour and 24 sex trafficking cases", "cases"),
        ("individuals; a further 312 continued", "persons"),
        ("trafficking prosecutions; excerpt ends at the number, unit not seen", "not stated"),
        ("", "not stated"),
    ],
)
def test_the_unit_is_what_the_note_names_first(note, unit):
    table = attrition(counts(figure(2019, "prosecutions", 3, note=note))).table.set_index("stage")
    assert table.loc["prosecutions", "unit"] == unit


def test_cases_beside_persons_are_said():
    table = years([10, 10, 10], [5, 5, 5])
    table.loc[table["indicator"] == "prosecutions", "note"] = "cases"
    table.loc[table["indicator"] == "convictions", "note"] = "traffickers convicted"
    row = ratio(table)
    assert (row["units"], row["note"]) == ("persons per cases", "Cases and persons are mixed.")


def test_only_drawn_totals_are_used_unless_a_part_is_asked_for():
    rows = [
        figure(2019, "convictions", 3),
        figure(2019, "convictions", 9),
        figure(2019, "convictions", 2, breakdown="X"),
    ]
    table = counts(*rows).assign(preferred=[True, False, True])
    assert attrition(table).table["low"].dropna().tolist() == [3]
    assert attrition(table, breakdown="X").table["low"].dropna().tolist() == [2]
    with refused(ValueError, "duplicate_row"):
        attrition(table.drop(columns="preferred"))


def test_a_figure_without_a_period_or_a_column_is_refused():
    table = counts(figure(2019, "convictions", 3))
    with refused(ValueError, "missing_period"):
        attrition(table.assign(period_start=pd.NaT))
    with refused(ValueError, "missing_column"):
        attrition(table.drop(columns="note"))


def test_no_figure_gives_empty_tables():
    found = attrition(counts())
    assert found.table.empty
    assert found.ratios.empty


@pytest.mark.slow
@settings(max_examples=examples(20))
@given(
    st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40), st.integers(0, 9)), min_size=3, max_size=6),
    st.data(),
)
def test_the_ratio_holds_that_of_any_counts_within_the_bounds(triples, data):
    rows, above, below = [], 0, 0
    for year, (prosecuted, convicted, more) in enumerate(triples, start=2010):
        least = bool(more % 2)
        rows.append(figure(year, "prosecutions", prosecuted, np.inf if least else None))
        rows.append(figure(year, "convictions", convicted))
        below += prosecuted + (data.draw(st.integers(0, 50)) if least else 0)
        above += convicted
    row = ratio(counts(*rows))
    if row["reason"]:
        assert sum(prosecuted for prosecuted, _, _ in triples) < 10
    else:
        assert row["low"] - 1e-12 <= above / below <= row["high"] + 1e-12
        assert row["lowest"] <= row["low"] + 1e-12
        assert row["high"] <= row["highest"] + 1e-12


def test_a_stage_of_which_the_report_has_no_figure_is_told_from_one_that_was_not_read():
    none = pd.DataFrame({"area_id": ["AAA"] * 2, "indicator": ["prosecutions"] * 2, "report_year": [2020, 2023]})
    table = counts(figure(2019, "convictions", 3))
    # The report of 2020 is on the calendar year 2019.
    notes = attrition(table, none_given=none).table.set_index("stage")["note"]
    assert notes[["prosecutions", "investigations"]].tolist() == ["report gives none", "not read"]
    later = attrition(table, none_given=none[none["report_year"] == 2023]).table.set_index("stage")["note"]
    assert later["prosecutions"] == "not read"


@pytest.mark.slow
def test_the_evidence_holds_what_was_coded():
    found = attrition(evidence.official_indicators())
    table = found.table.set_index(["area_id", "period_start", "stage"])
    # Ghana 2021 by the reports of 2022 and 2023: 727 victims, 108 investigations, 14 prosecuted and convicted.
    ghana = table.loc["GHA"].loc[pd.Timestamp("2021-01-01")]
    assert ghana["low"].tolist() == [727, 108, 14, 14]
    # Nigeria 2013/14, 2014/15 and 2021/22 to 2023/24: 42 + 30 + 13 + 97 + 36 convictions in 43 + 56 + 30 + 78 + 49
    # prosecutions.
    rows = found.ratios.set_index(["area_id", "period", "ratio"])
    nigeria = rows.loc[("NGA", APRIL_TO_MARCH, "convictions per prosecution")]
    assert nigeria["low"] == nigeria["high"] == 218 / 256
    assert set(found.table["area_id"]) <= {*areas.ids("west_africa"), "TUR"}
    labour = attrition(evidence.official_indicators(), breakdown="worst forms of child labour, criminal")
    assert set(labour.table["period"]) == {CALENDAR}


def test_one_area_is_drawn_with_its_figures_and_gaps():
    rows = [figure(2016, "convictions", 0), figure(2018, "convictions", 7, np.inf), figure(2017, "prosecutions", 1234)]
    drawn = attrition(counts(*rows, figure(2019, "investigations", 5, start="04-01"))).plot(
        "AAA", title="A country with a name", footer=FOOTER
    )
    # A column a kind of period, a row a stage, each panel on a scale of its own.
    panels = {axes.get_title(loc="left"): axes for axes in drawn.axes}
    assert list(panels)[:2] == ["detected victims, calendar years", "detected victims, April to March"]
    assert len(panels) == 8 and len({axes.get_ylim() for axes in drawn.axes}) == 3

    def marked(panel: str, gid: str) -> list:
        return [artist for artist in panels[panel].get_children() if artist.get_gid() == gid]

    convicted = "convictions, calendar years"
    (zero,), (least,) = marked(convicted, "exact"), marked(convicted, "at_least")
    assert zero.get_xydata()[0].tolist() == pytest.approx([2016.5, 0], abs=0.01) and least.get_ydata().tolist() == [7]
    # 2017 was not read: hatched, and no line crosses it.
    (unread,) = marked(convicted, "unknown")
    assert unread.get_hatch() == style.UNKNOWN and marked(convicted, "joined") == []
    assert panels["detected victims, calendar years"].patch.get_hatch() == style.UNKNOWN
    said = words(drawn)
    assert "at least" in said and "no figure found" in said and "each panel has its own scale" in said


def test_a_report_that_gives_no_figure_is_told_apart_from_one_that_was_not_read():
    rows = [figure(2016, "convictions", 0), figure(2017, "prosecutions", 1234), figure(2019, "convictions", 2)]
    none = pd.DataFrame({"area_id": ["AAA"], "indicator": ["prosecutions"], "report_year": [2020]})
    told = attrition(counts(*rows), none_given=none).plot("AAA", title="A country with a name", footer=FOOTER)
    assert "the report gives no figure" in words(told)
    untold = attrition(counts(*rows)).plot("AAA", title="A country with a name", footer=FOOTER)
    assert "the report gives no figure" not in words(untold)


def test_nothing_reported_is_said():
    drawn = attrition(counts(figure(2016, "convictions", 1))).plot("ZZZ", title="None", footer=FOOTER)
    assert "no figure found" in words(drawn)
