"""Concentration: effective numbers of routes. Expected values are by hand, or from the formulas of the papers."""

from __future__ import annotations

from fractions import Fraction
from math import exp, fsum, log

import numpy as np
import pandas as pd
import pytest
from fuzzing import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from refusals import refused

from journeys import concentration
from journeys.diversity import EFFECTIVE, ENTROPY, NUMBER, SIMPSON, _tail, entropy, simpson


def stops(*paths: tuple, **traits) -> pd.DataFrame:
    """Journeys as (person, place, place, ...): origin, transit and exploitation; "" is a place that is not known."""
    rows = []
    for number, (person, *places) in enumerate(paths):
        roles = ["origin", *["transit"] * (len(places) - 2), "exploitation"]
        rows += [
            (f"J{number}", seq, place, role, person, *(trait[number] for trait in traits.values()))
            for seq, (place, role) in enumerate(zip(places, roles, strict=True), 1)
        ]
    return pd.DataFrame(rows, columns=["journey_id", "seq", "place_id", "role", "person_id", *traits])


def persons_on(*counts: int) -> pd.DataFrame:
    """Persons on routes A0 > B, A1 > B, ..., as many on each as `counts` say."""
    routes = np.repeat(np.arange(len(counts)), counts)
    return stops(*[(person, f"A{route}", "B") for person, route in enumerate(routes)])


def measured(table: pd.DataFrame, measure: str) -> pd.Series:
    (row,) = [row for _, row in table.iterrows() if row["measure"] == measure]
    return row


# --- what is seen --------------------------------------------------------------------------------------------------


# --- what it says of all -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("counts", [(5, 3, 1, 1), (4, 2, 2, 1, 1, 1, 1), (6, 5, 2), (9, 1)])
def test_entropy_is_corrected_as_the_paper_has_it(counts):
    """Chao, Wang and Jost (2013), equation 7, in exact fractions but for the logarithm."""
    n, once, twice = sum(counts), counts.count(1), counts.count(2)
    seen = sum(Fraction(k, n) * sum(Fraction(1, j) for j in range(k, n)) for k in counts)
    found = Fraction(2, (n - 1) * (once - 1) + 2) if not twice else Fraction(2 * twice, (n - 1) * once + 2 * twice)
    unseen = 0.0
    if once and found < 1:
        rest = -log(found) - float(sum((1 - found) ** r / r for r in range(1, n)))
        unseen = once / n * float(1 - found) ** (1 - n) * rest
    assert float(entropy(np.array(counts, float), n)) == pytest.approx(float(seen) + unseen, rel=1e-6)


def test_what_is_unseen_is_summed_to_the_end():
    # The series itself, to a remainder below 1e-12.
    for n, found in ((11, 0.02), (50, 0.9), (400, 0.001)):
        series = fsum((1 - found) ** (j + 1) / (n + j) for j in range(40_000))
        assert float(_tail(n, np.array(found))) == pytest.approx(series, rel=1e-7)
    assert float(_tail(20, np.array(1.0))) == 0


def test_a_person_counts_once_for_each_route_however_many_the_records():
    once = stops(*[(person, f"A{person % 3}", "B") for person in range(12)])
    again = stops(*[(person, f"A{person % 3}", "B") for person in range(12) for _ in range(1 + person % 2)])
    pd.testing.assert_frame_equal(concentration(once), concentration(again))


@pytest.mark.parametrize("counts", [(6, 6), (12,), (11, 1)])
def test_where_nothing_hints_at_unseen_routes_nothing_rules_them_out(counts):
    row = measured(concentration(persons_on(*counts)), NUMBER)
    assert row[["seen", "estimate", "low"]].tolist() == [len(counts)] * 3
    assert np.isnan(row["high"])


def test_the_correction_takes_most_of_the_bias_of_small_samples_away():
    rng = np.random.default_rng(8)
    share = 1 / np.arange(1, 31)
    share /= share.sum()
    truth, order_2 = -(share * np.log(share)).sum(), 1 / (share**2).sum()
    counts = rng.multinomial(40, share, size=400).astype(float)
    seen = -np.where(counts > 0, counts / 40 * np.log(np.maximum(counts, 1) / 40), 0).sum(axis=1)
    assert seen.mean() < truth - 0.3
    assert entropy(counts, 40).mean() == pytest.approx(truth, abs=0.06)
    assert (1 / simpson(counts, 40)).mean() == pytest.approx(1 / order_2, rel=0.05)


@pytest.mark.soak
@pytest.mark.slow
def test_limits_hold_the_truth_in_most_samples():
    rng = np.random.default_rng(4)
    share = 0.75 ** np.arange(12)
    share /= share.sum()
    truth = exp(-(share * np.log(share)).sum()), 1 / (share**2).sum()
    held = np.zeros(2)
    for _ in range(80):
        table = concentration(persons_on(*rng.multinomial(60, share)), replicates=199)
        for place, (measure, value) in enumerate(zip((EFFECTIVE, SIMPSON), truth, strict=True)):
            row = measured(table, measure)
            held[place] += row["low"] <= value <= row["high"]
    # 95 % of 80 is 76; of a binomial with that share, fewer than 69 are one in 1,000.
    assert (held >= 69).all()


# --- what is not known ---------------------------------------------------------------------------------------------


def test_routes_with_an_unknown_end_are_left_out_and_counted():
    known = [(person, f"A{person % 2}", "B") for person in range(20)]
    table = concentration(stops(*known, ("x", "", "B"), ("y", "A0", ""), ("z", "A9", "", "B")))
    # A missing transit leaves both ends known: 21 persons, the third on A9 > B; of 21 legs 20 are observed.
    assert (table["n"] == 21).all() and (table["n_unknown"] == 2).all()
    assert measured(table, NUMBER)["seen"] == 3
    assert table["observed_share"].iloc[0] == pytest.approx(20 / 21)


def test_each_group_has_measures_of_its_own():
    paths = [(person, f"A{person % 4}", "B") for person in range(40)] + [(f"p{k}", "A0", "B") for k in range(12)]
    table = concentration(stops(*paths, year=[2014] * 40 + [2015] * 12), by="year")
    assert table.columns.tolist()[:2] == ["year", "measure"]
    found = table.set_index(["year", "measure"])["seen"]
    assert found[2014, EFFECTIVE] == pytest.approx(4) and found[2015, EFFECTIVE] == pytest.approx(1)
    with refused(ValueError, "unknown_trait", "'month'"):
        concentration(persons_on(5, 5), by="month")


def test_few_persons_show_what_is_seen_and_no_estimate():
    table = concentration(persons_on(4, 3))
    assert table["seen"].notna().all() and table[["estimate", "low", "high"]].isna().all(axis=None)
    assert "Only 7 persons" in table["warnings"].iloc[0]
    alone = concentration(persons_on(*[1] * 15))
    assert alone["estimate"].isna().all() and "same route" in alone["warnings"].iloc[0]
    nobody = concentration(stops(("x", "", "B")))
    assert nobody["seen"].isna().all() and (nobody["n_unknown"] == 1).all()


@pytest.mark.slow
@settings(max_examples=examples(21), deadline=None)
@given(st.lists(st.integers(1, 8), min_size=2, max_size=9).filter(lambda counts: 10 <= sum(counts) <= 40))
def test_effective_numbers_lie_between_one_and_the_routes_seen(counts):
    table = concentration(persons_on(*counts), replicates=99).set_index("measure")
    assert 1 <= table.loc[SIMPSON, "seen"] <= table.loc[EFFECTIVE, "seen"] + 1e-9 <= len(counts) + 2e-9
    if max(counts) > 1:
        assert (table["low"] <= table["estimate"]).all()
        assert (table["high"].isna() == (table.index == NUMBER) * (counts.count(1) <= (counts.count(2) == 0))).all()
        assert (table["estimate"] <= table["high"].fillna(np.inf)).all()
        assert (table["estimate"] >= table["seen"] - 1e-9)[[ENTROPY, EFFECTIVE, SIMPSON]].all()


def test_the_same_seed_gives_the_same_limits():
    pd.testing.assert_frame_equal(concentration(persons_on(8, 5, 2, 1)), concentration(persons_on(8, 5, 2, 1)))


def test_limits_are_of_the_level_that_was_asked_for():
    usual, half = (concentration(persons_on(20, 9, 4, 1), confidence=confidence) for confidence in (0.95, 0.5))
    assert set(half["confidence"]) == {0.5} and set(half["replicates"]) == {1000}
    assert half["estimate"].tolist() == usual["estimate"].tolist()
    # Of the number of routes nothing hints at another one, so that it has no upper limit.
    assert ((half["low"] > usual["low"]) & (half["high"] < usual["high"])).tolist() == [True, True, True, False]
