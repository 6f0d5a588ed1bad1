"""What a user relies on in tables of two categories: R's svychisq, tables by hand, and what always holds."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from fuzzing import examples
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from refusals import refused, warned
from scipy import stats
from survey_samples import CLUSTERS, REFERENCE, SIMPLE, STRATA, TWO_STAGE, counted

from survey_stats import NotEstimable, SurveyDesign, contingency_table

R = json.loads((REFERENCE / "contingency.json").read_text(encoding="utf-8"))


def with_groups(design: SurveyDesign) -> SurveyDesign:
    data = design.data
    return design.with_columns(
        quarter=pd.cut(data["meals"], [-1, 25, 50, 75, 100]),
        size=pd.cut(data["enroll"], [0, 300, 600, 10000]),
        ends=pd.cut(data["meals"], [-1, 10, 50, 90, 100]),
    )


DS, DC1, DSR, DC2 = map(with_groups, (STRATA, CLUSTERS, SIMPLE, TWO_STAGE))
TABLES = {
    "strat": (DS, "sch.wide", "stype"),
    "clus1": (DC1, "sch.wide", "stype"),
    "srs": (DSR, "sch.wide", "stype"),
    "clus2_domain": (DC2.domain(DC2.data["meals"] > 30), "stype", "comp.imp"),
    "four_by_three": (DS, "quarter", "size"),
    "two_by_two": (DC1, "comp.imp", "both"),
    "empty_cell": (DC1, "stype", "ends"),
}


@pytest.mark.parametrize("name", TABLES)
def test_tests_of_independence_are_those_of_r(name):
    design, rows, columns = TABLES[name]
    table, r = design.table(rows, columns), R[name]
    assert table.pearson == pytest.approx(r["pearson"][0], rel=1e-11)
    found = table.tests.set_index("statistic")
    assert found.loc["F"].tolist() == pytest.approx(r["F"], rel=1e-9)
    # R prints X-squared as it is and the p value of the corrected one.
    assert found.loc["Chisq", ["degrees_of_freedom", "p_value"]].tolist() == pytest.approx(r["Chisq"], rel=1e-9)
    for statistic in ("Wald", "adjWald"):
        if r[statistic][0] is not None:
            assert found.loc[statistic].tolist() == pytest.approx(r[statistic], rel=1e-9)


@pytest.mark.parametrize("statistic", ["F", "Chisq", "Wald", "adjWald"])
def test_the_statistic_asked_for_is_given(statistic):
    table = DC1.table("sch.wide", "stype", statistic=statistic)
    row = table.tests.set_index("statistic").loc[statistic]
    assert [table.value, table.degrees_of_freedom, table.denominator, table.p_value] == row.tolist()


def test_clusters_of_those_who_are_alike_take_away_from_the_test():
    # Each respondent four times, in one village: X-squared is four times as large, and so is the design effect (but for
    # n / (n - 1)), so that F is that of the sample without copies.
    data = counted([[20, 10], [10, 20]])
    once = SurveyDesign(data, "w").table("row", "column")
    again = data.loc[np.repeat(data.index, 4)].reset_index(names="village")
    copies = SurveyDesign(again, "w", psu="village").table("row", "column")
    assert copies.pearson == pytest.approx(4 * once.pearson)
    assert copies.design_effects == pytest.approx(4 * once.design_effects)
    assert copies.value == pytest.approx(once.value)
    assert copies.p_value == pytest.approx(once.p_value)


def test_shares_are_those_of_the_design():
    table = DC1.table("sch.wide", "stype")
    of_row = DC1.proportion("stype", by="sch.wide")
    for ours, theirs in (("of_row", "estimate"), ("of_row_standard_error", "standard_error"), ("of_row_high", "high")):
        assert table.cells[ours].tolist() == pytest.approx(
            of_row.sort_values(["sch.wide", "category"])[theirs].tolist()
        )
    both = DC1.data["sch.wide"] + DC1.data["stype"]
    share = DC1.with_columns(both=both).proportion("both")
    for column, theirs in (("share", "estimate"), ("standard_error", "standard_error"), ("low", "low")):
        assert table.cells[column].tolist() == pytest.approx(share[theirs].tolist())


counts = st.lists(st.lists(st.integers(1, 12), min_size=3, max_size=3), min_size=2, max_size=4)


@pytest.mark.slow
@settings(max_examples=examples(12), deadline=None)
@given(counts, st.floats(1e-3, 1e3), st.integers(0, 1000))
def test_the_unit_of_weights_the_order_of_rows_and_which_is_crossed_with_which_change_no_test(table, unit, seed):
    data = counted(table)
    chance = np.random.default_rng(seed)
    data["village"], data["w"] = np.arange(len(data)) % 8, chance.uniform(1, 5, len(data))
    assume(len(data) > 16)
    one = SurveyDesign(data, "w", psu="village").table("row", "column")
    other = SurveyDesign(data.sample(frac=1, random_state=seed).assign(w=data["w"] * unit), "w", psu="village")
    turned = other.table("column", "row")
    numbers = ["value", "degrees_of_freedom", "denominator", "p_value"]
    for name in ("F", "Chisq"):
        ours, theirs = (t.tests.set_index("statistic").loc[name, numbers] for t in (one, turned))
        assert theirs.tolist() == pytest.approx(ours.tolist(), rel=1e-6, abs=1e-9)
    cells = one.cells.merge(turned.cells, left_on=["row", "column"], right_on=["column", "row"])
    assert cells["share_x"].tolist() == pytest.approx(cells["share_y"].tolist())
    assert cells["of_row_x"].tolist() == pytest.approx(cells["of_column_y"].tolist())
    assert one.cells["share"].sum() == pytest.approx(1)
    assert one.cells.groupby("row")["of_row"].sum().tolist() == pytest.approx([1] * len(table))


@settings(max_examples=examples(12), deadline=None)
@given(counts)
def test_a_simple_random_sample_has_the_chi_squared_of_a_textbook(table):
    data = counted(table)
    found = SurveyDesign(data, "w").table("row", "column")
    assert found.pearson == pytest.approx(stats.chi2_contingency(table, correction=False).statistic, abs=1e-9)
    # All design effects are n / (n - 1), so that the second order corrects nothing: the degrees are those of the table.
    assert found.design_effects == pytest.approx(np.full((len(table) - 1) * 2, len(data) / (len(data) - 1)))
    assert found.degrees_of_freedom == pytest.approx((len(table) - 1) * 2)


def test_what_is_not_known_is_counted_apart():
    data = counted([[20, 10], [10, 20]])
    data.loc[:4, "row"] = None
    data.loc[3:7, "column"] = None
    data["w"] = np.where(data.index < 8, 6.0, 3.0)
    table = SurveyDesign(data, "w").table("row", "column")
    assert (table.n, table.unknown) == (52, 8)
    assert table.share_unknown == pytest.approx(48 / (48 + 52 * 3))
    known = SurveyDesign(data, "w").domain(data.index >= 8).table("row", "column")
    assert table.value == pytest.approx(known.value)


def test_booleans_are_no_and_yes_and_both_are_shown():
    data = counted([[20, 10], [10, 20]]).assign(working=lambda d: pd.array(d["row"] == "r1", dtype="boolean"))
    table = SurveyDesign(data, "w").table("working", "column")
    assert table.cells["row"].tolist() == ["no", "no", "yes", "yes"]
    assert SurveyDesign(data, "w").table("column", "working").cells["of_row"].tolist() == pytest.approx(
        [2 / 3, 1 / 3, 1 / 3, 2 / 3]
    )


def test_an_empty_cell_has_exact_limits_and_is_said():
    table = SurveyDesign(counted([[20, 0], [10, 20]]), "w").table("row", "column")
    cell = table.cells.iloc[1]
    assert np.isnan(cell["standard_error"])
    assert warned(table.warnings, "empty_cells", "1 of 4 cells")


@pytest.mark.parametrize("name", ["n", "estimate", "variable", "category", "low", "row", "column"])
def test_a_table_is_the_same_whatever_its_columns_are_called(name):
    data = counted([[20, 10], [10, 20]]).rename(columns={"row": "one", "column": "other"})
    known = SurveyDesign(data, "w").table("one", "other").cells
    for rows, columns in (("one", name), (name, "other")):
        renamed = data.rename(columns={"other" if rows == "one" else "one": name})
        pd.testing.assert_frame_equal(SurveyDesign(renamed, "w").table(rows, columns).cells, known)


def test_a_stratum_can_be_crossed_in_a_domain():
    data = counted([[20, 10], [10, 20]]).assign(asked=lambda d: d.index % 2 == 0)
    table = SurveyDesign(data, "w", stratum="row").domain(data["asked"]).table("row", "column")
    assert table.cells["n"].tolist() == [10, 5, 5, 10]
    assert table.cells["of_row"].tolist() == pytest.approx([2 / 3, 1 / 3, 1 / 3, 2 / 3])


def test_few_expected_and_few_psus_are_said():
    data = counted([[3, 2, 4, 1], [2, 4, 1, 3], [4, 2, 3, 1]]).assign(village=lambda d: d.index % 4)
    table = SurveyDesign(data, "w", psu="village").table("row", "column")
    assert warned(table.warnings, "low_expected_counts", "12 of 12 cells")
    assert warned(table.warnings, "no_wald_test", "3 degrees of freedom")
    assert table.tests.set_index("statistic").loc[["Wald", "adjWald"], "p_value"].isna().all()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"row": "all"}, ("no_variation", "'row'", "'all'")),
        (
            {"row": lambda d: pd.Categorical(d["row"], ["r0", "r1", "r2", "r3"])},
            ("empty_category", "'row'", "'r2'", "'r3'"),
        ),
        ({"row": None}, ("no_complete_rows", "60")),
        ({"row": lambda d: d.index}, ("too_many_categories", "60")),
    ],
)
def test_a_table_that_is_none_is_refused(change, message):
    with refused(NotEstimable, *message):
        SurveyDesign(counted([[20, 10], [10, 20]]).assign(**change), "w").table("row", "column")


def test_what_is_asked_wrongly_is_said():
    design = SurveyDesign(counted([[20, 10], [10, 20]]), "w")
    with refused(ValueError, "missing_column", "column 'age'"):
        design.table("row", "age")
    with refused(ValueError, "same_column_twice"):
        design.table("row", "row")
    with refused(ValueError, "unknown_choice", "`statistic`"):
        design.table("row", "column", statistic="G")


@pytest.mark.parametrize("sampling", ["purposive", "respondent_driven"])
def test_a_sample_without_probabilities_carries_no_table(sampling):
    with refused(NotEstimable, "not_probability_sample"):
        contingency_table(SurveyDesign(counted([[20, 10], [10, 20]]), sampling=sampling), "row", "column")
