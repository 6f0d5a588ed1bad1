"""What a user relies on when counts are known only between bounds."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from refusals import refused

from bounded import intervals

INF = float("inf")


def table(*rows: tuple) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["area_id", "low", "high", "value_qualifier"])


# Rows as files give them, each with one count that the row allows.
exact = st.integers(0, 5000).map(lambda k: ("exact", k, k, k))
below_5 = st.integers(0, 4).map(lambda k: ("below_5", 1, 4, k))
at_least = st.tuples(st.integers(0, 500), st.integers(0, 500)).map(lambda k: ("at_least", k[0], INF, sum(k)))
derived = st.tuples(*[st.integers(0, 300)] * 3).map(lambda k: ("derived", min(k), max(k), sorted(k)[1]))
rows_and_counts = st.lists(
    st.tuples(st.sampled_from("ABC"), st.one_of(exact, below_5, at_least, derived)), min_size=1, max_size=12
)


@pytest.mark.slow
@given(rows_and_counts)
def test_a_total_contains_the_sum_of_every_set_of_counts_the_rows_allow(drawn):
    given_rows = table(*[(key, low, high, qualifier) for key, (qualifier, low, high, _) in drawn])
    true_sum = pd.Series([count for *_, (*_, count) in drawn]).groupby([key for key, _ in drawn]).sum()

    totals = intervals.total(given_rows, "area_id").set_index("area_id")

    assert set(totals.index) == set(true_sum.index)
    assert totals["n"].sum() == len(drawn)
    for key, count in true_sum.items():
        assert totals.loc[key, "low"] <= count <= totals.loc[key, "high"]
        all_exact = all(qualifier == "exact" for k, (qualifier, *_) in drawn if k == key)
        assert totals.loc[key, "value_qualifier"] == ("exact" if all_exact else "derived")


def test_a_missing_key_is_a_category_of_its_own_and_loses_no_row():
    totals = intervals.total(table(("A", 5, 5, "exact"), (None, 6, 6, "exact")), "area_id")
    assert totals["low"].sum() == 11


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (("SEN", -1, 3, "derived"), ("invalid_interval", "0")),
        (("SEN", 9, 3, "derived"), ("invalid_interval",)),
        (("SEN", np.nan, 3, "derived"), ("invalid_interval",)),
        (("SEN", np.nan, np.nan, "exact"), ("missing_bounds",)),
        (("SEN", 3, 4, "exact"), ("invalid_interval",)),
        (("SEN", 3, 3, "at_least"), ("invalid_interval",)),
        (("SEN", 3, 3, "about"), ("invalid_interval",)),
        (("SEN", INF, INF, "at_least"), ("invalid_interval",)),
    ],
)
def test_a_contradictory_or_missing_interval_stops_the_sum_with_the_rows_name(row, reason):
    rows = table(("BEN", 5, 5, "exact"), row).set_axis([10, 11])
    with refused(ValueError, *reason) as refusal:
        intervals.total(rows, "area_id")
    assert "Row 11" in str(refusal.value)


def test_below_5_is_widened_to_zero_in_a_copy_and_nothing_else_is():
    rows = table(("A", 1, 4, "below_5"), ("B", 1, 4, "derived"), ("C", 459, INF, "at_least"))
    before = rows.copy()
    assert intervals.widest(rows)["low"].tolist() == [0, 1, 459]
    pd.testing.assert_frame_equal(rows, before)


def test_a_plain_count_is_exact_and_a_suppressed_one_stays_unknown():
    read = intervals.of(pd.DataFrame({"year": [2019, 2020], "count": [7, np.nan]}))
    assert read.loc[0, ["low", "high", "value_qualifier"]].tolist() == [7, 7, "exact"]
    assert read.loc[1, ["low", "high", "value_qualifier"]].isna().all()


def test_a_minimum_given_as_a_plain_count_is_refused():
    with refused(ValueError, "count_without_bounds"):
        intervals.of(pd.DataFrame({"count": [459], "value_qualifier": ["at_least"]}))


def test_intervals_print_as_people_write_them():
    printed = intervals.text(
        [1, 0, 459, 500, 12, 12, np.nan],
        [4, 4, INF, 500, 12, 20, np.nan],
        ["below_5", "below_5", "at_least", "approx", "exact", "derived", None],
    )
    assert printed.tolist() == ["<5", "<5", "≥459", "≈500", "12", "12–20", "unknown"]
    assert intervals.text(12345, 12345, "exact") == "12,345"
    assert intervals.text([], [], []).tolist() == []


def bounds_a_reader_takes_from(printed: str) -> tuple[float, float]:
    printed = printed.replace(",", "")
    if printed.startswith("<"):
        return 0, float(printed[1:]) - 1
    if printed.startswith("≥"):
        return float(printed[1:]), INF
    first, _, last = printed.partition("–")
    return float(first), float(last or first)


@given(st.one_of(exact, below_5, at_least, derived))
def test_a_reader_recovers_the_widest_interval_from_the_printed_one(row):
    qualifier, low, high, _ = row
    widest = intervals.widest(table(("A", low, high, qualifier))).iloc[0]
    assert bounds_a_reader_takes_from(intervals.text(low, high, qualifier)) == (widest["low"], widest["high"])


def wilson_by_its_equation(part: int, whole: int) -> tuple[float, float]:
    """The roots in p of (part - whole p)² = z² whole p (1 - p), with z the 97.5 % point of the normal (tables)."""
    z2 = 1.959963984540054**2
    roots = np.roots([whole * (whole + z2), -whole * (2 * part + z2), part**2]).real
    return min(roots), max(roots)


@st.composite
def bounded_proportions(draw):
    low, high = sorted(draw(st.tuples(st.integers(0, 60), st.integers(0, 60))))
    whole_low, whole_high = sorted(draw(st.tuples(st.integers(0, 80), st.integers(max(low, 1), 80))))
    part = draw(st.integers(low, min(high, whole_high)))
    whole = draw(st.integers(max(part, whole_low, 1), whole_high))
    return low, high, whole_low, whole_high, part, whole


@given(bounded_proportions())
def test_wilson_bounds_contain_the_interval_of_every_part_and_whole_the_bounds_allow(drawn):
    part_low, part_high, whole_low, whole_high, part, whole = drawn
    low, high = intervals.wilson(part_low, part_high, whole_low, whole_high=whole_high)
    one_low, one_high = wilson_by_its_equation(part, whole)
    assert 0 <= low <= one_low + 1e-6
    assert one_high - 1e-6 <= high <= 1


def test_wilson_limits_have_the_shape_of_all_that_is_given():
    assert intervals.wilson([[1], [2]], [[1], [2]], [4, 5, 6])[0].shape == (2, 3)
    one, other = intervals.wilson([0, 1, 2], 4, 5), intervals.wilson([0, 1, 2], [4, 4, 4], [5, 5, 5], whole_high=5)
    np.testing.assert_array_equal(one, other)
    assert one[1].tolist() == pytest.approx([wilson_by_its_equation(4, 5)[1]] * 3)
    assert [limit.shape for limit in intervals.wilson([], [], 3)] == [(0,), (0,)]
    counts = np.array([3, 4])
    assert intervals.wilson(counts, counts, 9)[0][1] == pytest.approx(wilson_by_its_equation(4, 9)[0], rel=1e-9)
    assert counts.tolist() == [3, 4]


def test_wilson_bounds_are_attained_and_not_wider_than_needed():
    # Part 2 to 5 of 20 to 30: by the equation, the least favourable are 2 of 30 and 5 of 20.
    low, high = intervals.wilson(2, 5, 20, whole_high=30)
    assert low == pytest.approx(wilson_by_its_equation(2, 30)[0], rel=1e-9)
    assert high == pytest.approx(wilson_by_its_equation(5, 20)[1], rel=1e-9)


@given(st.integers(1, 60).flatmap(lambda n: st.tuples(st.integers(0, n - 1), st.just(n))))
def test_wilson_limits_rise_with_the_part(drawn):
    part, whole = drawn
    fewer, more = intervals.wilson([part, part + 1], [part, part + 1], whole)[0].tolist()
    assert fewer < more
    fewer, more = intervals.wilson([part, part + 1], [part, part + 1], whole)[1].tolist()
    assert fewer < more


def test_there_is_no_proportion_of_nothing_and_nothing_certain_of_an_unbounded_whole():
    low, high = intervals.wilson([0, 0, np.nan, 3], [0, 4, 1, 3], [0, 0, 9, 10], whole_high=[0, 4, 9, INF])
    assert np.isnan([low[0], high[0], low[2], high[2]]).all()
    assert (low[1], high[1], low[3]) == (0, 1, 0)
    assert high[3] == pytest.approx(wilson_by_its_equation(3, 10)[1], rel=1e-9)


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ((-1, 2, 9), ("invalid_part_or_whole", "0")),
        ((3, 2, 9), ("invalid_part_or_whole",)),
        ((7, 9, 6), ("invalid_part_or_whole",)),
    ],
)
def test_a_part_that_cannot_be_in_its_whole_is_refused(arguments, reason):
    with refused(ValueError, *reason):
        intervals.wilson(*arguments)


def test_a_confidence_given_in_percent_is_refused():
    with refused(ValueError, "confidence_out_of_range"):
        intervals.wilson(1, 1, 10, confidence=95)
