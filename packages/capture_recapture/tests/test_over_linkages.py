"""Every method over drawn linkages: the same linkage twice changes little, an unsure one widens, none is lost."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from captures import published
from matplotlib.legend import Legend
from refusals import codes, refused

from bounded.refusal import Refusal
from capture_recapture import (
    NotIdentifiable,
    combine_estimates,
    drawn_linkages,
    linkage_histories,
    robustness,
    robustness_over_linkages,
)

KOREA = published("Korea")
CHOICE = {"replicates": 10, "thresholds": (0.02,)}


def copies(*tables: pd.DataFrame) -> pd.DataFrame:
    return pd.concat([table.assign(draw=number) for number, table in enumerate(tables, 1)], ignore_index=True)


def unsure() -> pd.DataFrame:
    """Twelve linkages of three lists of 200 persons: of the pairs of every third person none is sure."""
    generator = np.random.default_rng(1)
    on = generator.random((200, 3)) < 0.4
    seen = [(person, name) for person in range(200) for name, there in zip("ABC", on[person], strict=True) if there]
    records = pd.DataFrame(seen, columns=["true", "list"])
    records["record_id"] = records["list"] + records["true"].astype(str)
    pairs = records.merge(records, on="true", suffixes=("_l", "_r")).query("list_l < list_r")
    pairs = pairs.assign(match_probability=np.where(pairs["true"] % 3 == 0, 0.5, 0.99))
    return linkage_histories(drawn_linkages(pairs, records, draws=12, once=["A", "B", "C"]))


def test_linkages_that_agree_say_what_one_says():
    """Where all linkages are one, estimates are those of `robustness`, and no variance is due to the linkage."""
    found = robustness_over_linkages(copies(*[KOREA] * 12), KOREA, **CHOICE)
    one = robustness(KOREA, **CHOICE).table
    assert list(found.table["method"]) == list(one["method"])
    assert found.table["one_estimate"].to_numpy() == pytest.approx(one["estimate"].to_numpy(), nan_ok=True)
    assert found.table["one_high"].to_numpy() == pytest.approx(one["high"].to_numpy(), nan_ok=True)
    known = found.table["estimate"].notna()
    assert known.sum() > 2
    assert found.table["estimate"][known].to_numpy() == pytest.approx(one["estimate"][known].to_numpy())
    assert (found.table["share_due_to_linkage"][known] < 1e-12).all() and (found.n, found.n_low, found.n_high) == (
        (123, 123, 123)
    )


@pytest.mark.slow
def test_a_linkage_that_is_not_sure_widens_the_interval_and_has_its_share_of_the_variance():
    draws = unsure()
    found = robustness_over_linkages(draws, methods=["all lists independent"], **CHOICE)
    row = found.table.iloc[0]
    assert len(found.table) == 1 and row["linkages"] == 12 and row["without"] == 0
    assert 0.05 < row["share_due_to_linkage"] < 0.95 and row["low"] < row["estimate"] < row["high"]
    assert np.isnan(row["one_estimate"]) and len(found.each) == 12 and found.n_low < found.n < found.n_high
    # What is combined is what each linkage says.
    again = combine_estimates(found.each)
    assert (again.estimate, again.low, again.high) == pytest.approx((row["estimate"], row["low"], row["high"]))
    assert (found.low, found.high) == (row["low"], row["high"])


def test_a_method_that_refuses_on_some_linkages_is_counted_and_has_no_upper_limit():
    """Without persons on two lists no method estimates anything."""
    none = pd.DataFrame([(0, 0, 1, 41), (0, 1, 0, 5), (1, 0, 0, 5)], columns=["b", "c", "d", "count"])
    found = robustness_over_linkages(copies(*[KOREA] * 11, none), methods=["all lists independent"], **CHOICE)
    row = found.table.iloc[0]
    assert (row["linkages"], row["without"], row["high"]) == (11, 1, np.inf)
    assert "linkages_without_estimate" in codes(found.cautions)
    with refused(NotIdentifiable, "no_method_estimable"):
        robustness_over_linkages(copies(none, none), **CHOICE)


def test_two_lists_have_a_row_an_odds_ratio():
    table = pd.DataFrame({"a": [1, 0, 1], "b": [0, 1, 1], "count": [50, 40, 30]})
    other = table.assign(count=[52, 42, 28])
    found = robustness_over_linkages(copies(*[table, other] * 5), table)
    assert len(found.table) == 4 and found.table["estimate"].is_monotonic_increasing
    assert (found.table["low"] < found.table["one_estimate"]).all()


def test_what_cannot_be_read_is_refused():
    with refused(Refusal, "too_few_linkages"):
        robustness_over_linkages(copies(KOREA), **CHOICE)
    with refused(Refusal, "missing_column", "draw"):
        robustness_over_linkages(KOREA, **CHOICE)
    with refused(Refusal, "missing_column", "d"):
        robustness_over_linkages(copies(KOREA, KOREA), KOREA.drop(columns="d"), **CHOICE)
    with refused(Refusal, "unknown_choice", "methods"):
        robustness_over_linkages(copies(KOREA, KOREA), methods=["the best"], **CHOICE)


def test_the_plot_has_both_beside_each_other():
    found = robustness_over_linkages(copies(*[KOREA] * 2), KOREA, methods=["Chao's lower bound"], **CHOICE)
    (axes,) = found.plot(truth=150).axes
    (box,) = axes.figure.findobj(Legend)
    legend = [text.get_text() for text in box.get_texts()]
    assert "one linkage" in legend and "2 linkages combined" in legend
    assert [text.get_text() for text in axes.get_yticklabels()] == ["Chao's lower bound"]
