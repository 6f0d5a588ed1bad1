"""Lists that lie within one another are found, warned of, and can be taken as one."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from captures import published
from refusals import refused

from capture_recapture import joined, multiple_systems, nested_lists, robustness


def drawn(seed: int, share: float = 0.6, outside: float = 0.0, persons: int = 1_000) -> pd.DataFrame:
    """Three independent lists of 1,000 persons, and D, a share of A and perhaps of those outside A."""
    random = np.random.default_rng(seed)
    on = random.random((persons, 3)) < (0.25, 0.3, 0.2)
    fourth = np.where(on[:, 0], random.random(persons) < share, random.random(persons) < outside)
    on = np.column_stack([on, fourth])
    table = pd.DataFrame(on[on.any(axis=1)].astype(int), columns=list("ABCD"))
    return table.value_counts().rename("count").reset_index()


@pytest.mark.parametrize(
    ("share", "outside", "kind"), [(0.6, 0, "within"), (1, 0, "copy"), (0.6, 0.002, "nearly within")]
)
def test_a_list_drawn_from_another_one_is_found_with_what_would_help(share, outside, kind):
    histories = drawn(1, share, outside)
    [row] = nested_lists(histories).to_dict("records")
    on = {name: int(histories.loc[histories[name] == 1, "count"].sum()) for name in "ABCD"}
    both = int(histories.loc[(histories["A"] == 1) & (histories["D"] == 1), "count"].sum())
    assert {row["list"], row["of"]} == {"A", "D"} and row["kind"] == kind
    assert (row["on_list"], row["on_of"], row["on_both"]) == (min(on["A"], on["D"]), max(on["A"], on["D"]), both)
    assert row["share"] == both / row["on_list"]
    for result in (multiple_systems(histories, replicates=0), robustness(histories, (0.02,), replicates=5)):
        assert result.caution.code == "nested_lists"
        assert "Estimate without '" in result.caution and "`joined(histories, ['" in result.caution


def test_lists_that_share_many_persons_or_that_know_nearly_everybody_are_not_nested():
    # D knows 60 % of A's persons and as many of the others, or nine in ten of everybody, as A does.
    assert nested_lists(drawn(1, 0.6, 0.6)).empty
    random = np.random.default_rng(2)
    on = random.random((1_000, 4)) < (0.95, 0.3, 0.2, 0.3)
    table = pd.DataFrame(on[on.any(axis=1)].astype(int), columns=list("ABCD")).value_counts().rename("count")
    assert nested_lists(table.reset_index()).empty


def test_of_the_published_tables_only_that_of_korea_has_lists_that_nearly_agree():
    names = ("Korea", "Kosovo", "UKdat_5", "Ned_5", "NewOrl_5", "HIV", "hare")
    found = {name: nested_lists(published(name)) for name in names}
    assert not found.pop("Korea").empty
    assert all(each.empty for each in found.values())


def test_a_pair_whose_dependence_has_no_estimate_is_named():
    # Nobody of c is on another list, so that nothing tells how a and b depend on each other.
    table = pd.DataFrame([[1, 0, 0, 40], [0, 1, 0, 30], [0, 0, 1, 20], [1, 1, 0, 9]], columns=["a", "b", "c", "count"])
    [row] = nested_lists(table).to_dict("records")
    assert (row["list"], row["of"], row["kind"]) == ("b", "a", "no estimate")
    assert robustness(table, (0.02,), replicates=5).caution.code == "no_pair_estimate"


@pytest.mark.parametrize("seeds", [range(6), pytest.param(range(6, 30), marks=pytest.mark.soak)], ids=str)
def test_a_list_within_another_one_is_warned_of_and_the_two_as_one_hold_the_truth(seeds):
    """All draws are warned of, and what is stated with the two lists as one holds the truth in nine of ten or more."""
    stated, held = [], []
    for seed in seeds:
        histories = drawn(seed)
        whole = robustness(histories, replicates=40)
        assert whole.caution.code == "nested_lists" and not whole.upper_bound_known and whole.low <= 1_000
        as_one = joined(histories, ["A", "D"])
        both = robustness(as_one, replicates=40)
        stated.append(both.low <= 1_000 <= both.high)
        low, high = multiple_systems(as_one, replicates=200).interval
        held.append(low <= 1_000 <= high)
    assert sum(stated) >= 0.9 * len(stated)
    # The interval of three lists by one model alone: of thirty draws 26 hold the truth, 29 would by its level.
    assert sum(held) >= 0.8 * len(held)


def test_lists_taken_as_one_hold_whoever_is_on_any_of_them():
    histories = pd.DataFrame([[1, 0, 0, 4], [0, 1, 0, 5], [1, 1, 0, 6], [0, 1, 1, 7]], columns=["a", "b", "c", "count"])
    whole = joined(histories, ["a", "b"], "police")
    assert sorted(map(tuple, whole[["c", "police", "count"]].to_numpy())) == [(0, 1, 15), (1, 1, 7)]
    assert list(joined(histories, ("a", "c"))) == ["b", "a and c", "count"]


@pytest.mark.parametrize(
    ("lists", "name", "code"),
    [(["a"], "", "too_few_lists"), (["a", "a"], "", "too_few_lists"), (["a", "x"], "", "unknown_list"),
     (["a", "b"], "c", "duplicate_name")],
)  # fmt: skip
def test_what_cannot_be_taken_as_one_is_refused(lists, name, code):
    histories = pd.DataFrame([[1, 0, 0, 4], [0, 1, 1, 5]], columns=["a", "b", "c", "count"])
    with refused(ValueError, code):
        joined(histories, lists, name)
