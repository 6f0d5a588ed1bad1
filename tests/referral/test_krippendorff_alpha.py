"""Krippendorff's alpha, against published examples and hand calculation."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from refusals import refused

from analysis.referral.krippendorff_alpha import krippendorff_alpha
from bounded.refusal import Refusal


def coded(*coders: str) -> pd.DataFrame:
    """Codes of some coders, a column each; * was not coded."""
    columns = [[np.nan if each == "*" else float(each) for each in codes.split()] for codes in coders]
    return pd.DataFrame(dict(zip("ABCD", columns, strict=False)))


# Krippendorff (2011), section D: four observers, twelve units, of which one was coded once only.
FOUR = coded("1 2 3 3 2 1 4 1 2 * * *", "1 2 3 3 2 2 4 1 2 5 * 3", "* 3 3 3 2 3 4 2 2 5 1 *", "1 2 3 3 2 4 4 1 2 5 1 *")
# The example of Krippendorff's entry in Wikipedia: three coders, fifteen units, of which two were coded once only.
THREE = coded(
    "* * * * * 3 4 1 2 1 1 3 3 * 3", "1 * 2 1 3 3 4 3 * * * * * * *", "* * 2 1 3 4 4 * 2 1 1 3 3 * 4"
)  # fmt: skip


@pytest.mark.parametrize(
    ("level", "alpha"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849), ("ratio", 0.797)]
)
def test_the_published_example_of_four_observers(level, alpha):
    found = krippendorff_alpha(FOUR, level, replicates=200)
    assert found["estimate"] == pytest.approx(alpha, abs=5e-4)
    assert (found["n"], found["values"]) == (11, 40)
    assert found["low"] < found["estimate"] <= found["high"] <= 1


@pytest.mark.parametrize(("level", "alpha"), [("nominal", 0.6914), ("interval", 0.8108)])
def test_the_published_example_of_three_coders(level, alpha):
    found = krippendorff_alpha(THREE, level, replicates=50)
    assert found["estimate"] == pytest.approx(alpha, abs=5e-5)
    # Twelve units were coded twice or more, with 26 values.
    assert (found["n"], found["values"]) == (12, 26)


def test_two_coders_by_hand():
    # Codes a a, a b, b b: of six codes three are a; two pairs of six differ, where 2 * 3 * 3 / (6 * 5) are expected.
    codes = pd.DataFrame({"first": ["a", "a", "b"], "second": ["a", "b", "b"]})
    assert krippendorff_alpha(codes, replicates=20)["estimate"] == pytest.approx(1 - (2 / 6) / (18 / 30))


def test_words_of_an_order_are_the_numbers_of_their_places():
    words = FOUR.map(lambda code: "" if np.isnan(code) else "nlmhx"[int(code) - 1])
    found = krippendorff_alpha(words, "ordinal", categories=[*"nlmhx"], replicates=50)
    assert found == krippendorff_alpha(FOUR, "ordinal", categories=[1.0, 2.0, 3.0, 4.0, 5.0], replicates=50)
    with refused(Refusal, "unordered_categories"):
        krippendorff_alpha(words, "ordinal")
    with refused(Refusal, "unknown_code"):
        krippendorff_alpha(words, "ordinal", categories=["n", "l"])


def test_alpha_of_an_interval_is_the_same_on_another_scale_and_that_of_a_ratio_in_other_units():
    assert krippendorff_alpha(10 - 3 * FOUR, "interval", replicates=50) == pytest.approx(
        krippendorff_alpha(FOUR, "interval", replicates=50)
    )
    assert krippendorff_alpha(7 * FOUR, "ratio", replicates=50) == pytest.approx(
        krippendorff_alpha(FOUR, "ratio", replicates=50)
    )


def test_where_nothing_can_be_compared_there_is_a_note_and_no_number():
    one = krippendorff_alpha(pd.DataFrame({"first": ["a", "a"], "second": ["a", "a"]}))
    assert one["estimate"] is None and "undefined" in one["note"] and one["n"] == 2
    none = krippendorff_alpha(pd.DataFrame({"first": ["a", "b"], "second": ["", None]}))
    assert none["estimate"] is None and none["n"] == 0 and "two coders" in none["note"]
    # Of a ratio 0 and 0 are no further apart than other equal codes.
    zero = krippendorff_alpha(pd.DataFrame({"first": [0.0, 0.0, 4.0], "second": [0.0, 0.0, 4.0]}), "ratio")
    assert (zero["estimate"], zero["low"], zero["high"]) == (1.0, 1.0, 1.0)


def test_levels_and_codes_that_do_not_go_together_are_refused():
    with refused(Refusal, "unknown_choice"):
        krippendorff_alpha(FOUR, "metric")
    with refused(Refusal, "not_numbers"):
        krippendorff_alpha(-FOUR, "ratio")
    with refused(Refusal, "not_numbers"):
        krippendorff_alpha(pd.DataFrame({"a": ["x"], "b": ["y"]}), "interval")


def test_limits_hold_the_value_of_the_population_in_most_samples():
    # Two coders who see one of three codes and each err in one of five units: alpha by a sample of 100,000 units.
    random = np.random.default_rng(5)

    def sample(n: int) -> pd.DataFrame:
        true = random.integers(0, 3, n)
        return pd.DataFrame(
            {name: np.where(random.random(n) < 0.2, random.integers(0, 3, n), true) for name in ("first", "second")}
        )

    # A code is the true one with 0.8 + 0.2 / 3; both are alike with a² + 2 (0.2 / 3)², and chance gives 1 / 3.
    right, wrong = 0.8 + 0.2 / 3, 0.2 / 3
    true = 1 - (1 - right**2 - 2 * wrong**2) / (2 / 3)
    held = [
        found["low"] <= true <= found["high"]
        for found in (krippendorff_alpha(sample(100), replicates=300) for _ in range(100))
    ]
    assert 88 <= sum(held) <= 100
