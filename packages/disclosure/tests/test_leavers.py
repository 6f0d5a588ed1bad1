"""Persons who are taken out between two releases are a group as newcomers are: no release tells of fewer than k."""

import numpy as np
import pandas as pd
import pytest
from attacker import changed, counted, people
from fuzzing import examples
from hypothesis import given, settings
from hypothesis import strategies as st

from disclosure import DisclosureError, audit, protect

K = 11
TRAITS = {"area": 4, "sex": 2, "form": 3}
DESIGNS = [("area", "sex"), ("area", "form"), ("sex", "form"), ("area",), ()]


def small_differences(before: dict[str, pd.DataFrame], now: dict[str, pd.DataFrame]) -> int:
    """Cells in print in two releases that differ by 1 to 10 persons."""
    found = 0
    for name in now.keys() & before.keys():
        dimensions = [column for column in now[name] if column != "count"]
        if dimensions:
            both = now[name].merge(before[name], on=dimensions, suffixes=("", "_before")).dropna()
            by = (both["count"] - both["count_before"]).abs()
        else:
            by = (now[name]["count"] - before[name]["count"]).abs().dropna()
        found += int(((by > 0) & (by < K)).sum())
    return found


def test_one_person_taken_out_is_a_breach_of_every_table_that_shows_it():
    """Area A had 40 persons, 24 of them girls; one girl is gone."""
    before = {
        "sex": pd.DataFrame({"area": ["A", "A", "B", "B"], "sex": list("fmfm"), "count": [24, 16, 30, 30]}),
        "area": pd.DataFrame({"area": ["A", "B"], "count": [40, 60]}),
    }
    now = {
        "sex": before["sex"].assign(count=[23, 16, 30, 30]),
        "area": before["area"].assign(count=[39, 60]),
    }
    found = audit(now, earlier=[before])
    small = found[found["kind"] == "difference"]
    assert set(small["cell"]) == {"area A, sex f, gone by release 2", "area A, gone by release 2"}
    assert set(small["low"]) == set(small["high"]) == {1}
    assert audit(before, earlier=[before]).empty


def test_two_releases_may_tell_what_all_three_together_contradict():
    """By the third release 93 of the 95 of 2015 are left. That the first counted 83 in all says nothing of them."""
    first = {"all": pd.DataFrame({"count": [83]})}
    second = {"all": pd.DataFrame({"count": [169]}), "year": pd.DataFrame({"year": [2014, 2015], "count": [74, 95]})}
    third = {"year": pd.DataFrame({"year": [2014, 2015, 2016], "count": [74, 93, 95]})}
    found = audit(third, earlier=[first, second]).set_index("cell")
    assert found.loc["year 2015, gone by release 3", ["kind", "low", "high"]].tolist() == ["difference", 2, 2]


def test_eleven_who_left_are_a_breach_only_where_they_have_a_trait_in_common():
    before = {"t": pd.DataFrame({"area": ["A", "A", "B", "B"], "form": list("xyxy"), "count": [40, 40, 30, 30]})}
    alike = {"t": before["t"].assign(count=[29, 40, 30, 30])}
    found = audit(alike, earlier=[before])
    assert found[["kind", "cell"]].to_numpy().tolist() == [["class", "area A, form x, gone by release 2"]]
    assert "All of this group (gone by release 2) have the same form: x." in found["why"].item()
    mixed = {"t": before["t"].assign(count=[29, 29, 30, 30])}
    assert audit(mixed, earlier=[before]).empty


def test_newcomers_who_all_have_a_trait_in_common_are_a_breach():
    before = {"t": pd.DataFrame({"area": ["A", "A"], "form": list("xy"), "count": [40, 40]})}
    assert list(audit({"t": before["t"].assign(count=[60, 40])}, earlier=[before])["kind"]) == ["class"]
    assert audit({"t": before["t"].assign(count=[60, 52])}, earlier=[before]).empty
    # That they are all not in a form says nothing of them.
    flags = {"t": pd.DataFrame({"area": ["A", "A"], "form": ["yes", "no"], "count": [40, 40]})}
    assert audit({"t": flags["t"].assign(count=[40, 60])}, earlier=[flags]).empty


def test_who_lies_between_two_bands_and_all_has_one_trait_is_a_breach():
    """All 20 of 15 to 17 have form x; and so all with form y are under 15."""
    tables = {
        "children": pd.DataFrame({"age": ["0-17", "0-17"], "form": list("xy"), "count": [60, 40]}),
        "young": pd.DataFrame({"age": ["0-14", "0-14"], "form": list("xy"), "count": [40, 40]}),
    }
    found = audit(tables)
    assert found[["kind", "cell"]].to_numpy().tolist() == [
        ["class", "age 0 until 15, form y"],
        ["class", "age 15 until 18, form x"],
    ]
    assert audit(protect(tables)).empty


def test_who_came_and_who_left_are_told_apart():
    """Three came in A, four left in B: the total alone would say that one left."""
    before = {"t": pd.DataFrame({"area": list("ABC"), "count": [50, 60, 70]}), "all": pd.DataFrame({"count": [180]})}
    now = {"t": pd.DataFrame({"area": list("ABC"), "count": [53, 56, 70]}), "all": pd.DataFrame({"count": [179]})}
    found = audit(now, earlier=[before]).set_index("cell")["high"]
    assert found["area A, new since release 1"] == 3 and found["area B, gone by release 2"] == 4
    assert audit(protect(now, earlier=[before]), earlier=[before]).empty


@pytest.mark.slow
@pytest.mark.parametrize("gone", [0, 1, 3, 12])
def test_whoever_is_taken_out_is_not_disclosed(gone):
    persons = people(3, 420, **TRAITS)
    first = protect(counted(persons, *DESIGNS))
    for seed in range(3):
        rest = persons.drop(np.random.default_rng(seed).choice(persons.index, gone, replace=False))
        second = protect(counted(rest, *DESIGNS), earlier=[first])
        assert audit(second, earlier=[first]).empty
        assert small_differences(first, second) == 0
        if not gone:
            assert all(second[name]["count"].equals(first[name]["count"]) for name in first)


@pytest.mark.slow
@pytest.mark.parametrize("came,left", [(0, 1), (0, 12), (5, 0), (30, 3)])
def test_another_attacker_bounds_no_group_of_those_who_came_or_left(came, left):
    """SciPy on the joint histogram of both releases, once if nobody left and once if nobody came."""
    persons = people(11, 330, **TRAITS)
    rng = np.random.default_rng(came + left)
    first = protect(counted(persons.head(330 - came), *DESIGNS))
    rest = persons.drop(rng.choice(330 - came, left, replace=False))
    second = protect(counted(rest, *DESIGNS), earlier=[first])
    for nobody in ("left", "came"):
        for low, high in changed(first, second, DESIGNS, nobody):
            assert low < 1 or high >= K


@pytest.mark.slow
@settings(max_examples=examples(4))
@given(st.integers(0, 10_000), st.integers(0, 15), st.integers(0, 40))
def test_of_three_releases_none_discloses_who_came_or_left(seed, left, came):
    persons = people(seed, 400, **TRAITS)
    rng = np.random.default_rng(seed)
    releases: list[dict[str, pd.DataFrame]] = []
    here = persons.head(320)
    for number in range(3):
        if number:
            arrived = persons.iloc[320 + (number - 1) * came : 320 + number * came]
            here = pd.concat([here.drop(rng.choice(here.index, min(left, len(here)), replace=False)), arrived])
        try:
            releases.append(protect(counted(here, ("area", "sex"), ("area",), ("form",)), earlier=releases))
        except DisclosureError:
            # A release that cannot be made safe is refused: nothing of it is published.
            break
    assert audit(releases[-1], earlier=releases[:-1]).empty
    for number, now in enumerate(releases):
        assert all(small_differences(before, now) == 0 for before in releases[:number])
