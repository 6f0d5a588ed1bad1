"""Precision and recall from reviewed pairs: expected values by hand, and limits that hold as often as they say."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from refusals import refused

from analysis.cases.linkage_accuracy import AccuracyError, accuracy

# Bits of the threshold 0.7, from which bands are counted: log2(0.7 / 0.3).
LIMIT = np.log2(0.7 / 0.3)


def kept(*strata: tuple[float, int]) -> pd.DataFrame:
    """Pairs of some weights, in bits from the threshold of 0.7, so many of each."""
    weights = np.concatenate([np.full(count, weight) for weight, count in strata])
    names = [f"r{number:04d}" for number in range(len(weights))]
    return pd.DataFrame({"record_id_l": names, "record_id_r": "x", "match_weight": weights + LIMIT})


def judged(pairs: pd.DataFrame, **answers: float) -> pd.DataFrame:
    """Answers by weight: of each weight the first pairs, 1, 0 or missing each."""
    rows = []
    for weight, said in answers.items():
        here = pairs[np.isclose(pairs["match_weight"] - LIMIT, float(weight.replace("_", "-").lstrip("w")))]
        # Either record can be called the first.
        rows += [("x", name, same) for name, same in zip(here["record_id_l"], said, strict=False)]
    return pd.DataFrame(rows, columns=["record_id_l", "record_id_r", "same"])


def test_precision_and_recall_by_hand():
    # 100 pairs of +5 bits, of 10 reviewed 9 one person: 90. 40 of +1, of 4 reviewed 2: 20. 50 of -1, of 5 1: 10.
    pairs = kept((5, 100), (1, 40), (-1, 50))
    said = judged(pairs, w5=[1] * 9 + [0], w1=[1, 1, 0, 0], w_1=[1, 0, 0, 0, 0])
    (row,) = accuracy(pairs, said, [0.7]).itertuples()
    assert (row.pairs, row.reviewed) == (140, 19)
    assert row.precision == pytest.approx(110 / 140) and row.recall == pytest.approx(110 / 120)
    # Wilson's limits of 9 of 10 are 0.59585 and 0.98212, of 2 of 4 0.15004 and 0.84996, of 1 of 5 0.03622 and 0.62447.
    # Of each stratum a tenth was reviewed, so that distances shrink by the root of 0.9.
    under = np.sqrt(0.9 * ((100 * (0.9 - 0.59585)) ** 2 + (40 * (0.5 - 0.15004)) ** 2))
    over = np.sqrt(0.9 * ((100 * (0.98212 - 0.9)) ** 2 + (40 * (0.84996 - 0.5)) ** 2))
    assert row.precision_low == pytest.approx((110 - under) / 140, abs=1e-4)
    assert row.precision_high == pytest.approx((110 + over) / 140, abs=1e-4)
    # At a limit of recall, r, the contrast (1 - r) 110 - r 10 is as far from zero as its own limit.
    missed_over, missed_under = (np.sqrt(0.9) * 50 * gap for gap in (0.62447 - 0.2, 0.2 - 0.03622))
    for limit, side, other in ((row.recall_low, under, missed_over), (row.recall_high, over, missed_under)):
        contrast = (1 - limit) * 110 - limit * 10
        assert contrast**2 == pytest.approx((1 - limit) ** 2 * side**2 + limit**2 * other**2, rel=2e-3)
    assert row.recall_low < row.recall < row.recall_high


def test_a_threshold_within_a_band_parts_it_and_what_is_missing_is_not_wrong():
    # 0.5 lies 1.22 bits below 0.7: of the band -2 to 0 the pairs of -1.0 are above it, and those of -1.5 below.
    pairs = kept((1, 10), (-1, 20), (-1.5, 30))
    said = judged(pairs, w1=[1, 1], w_1=[1, 0, np.nan, np.nan], **{"w_1.5": [0, 0, 1]})
    low, high = accuracy(pairs, said, [0.5, 0.7]).itertuples()
    # 10 + 20 / 2 of 30; and with the 30 / 3 below, 20 of 30.
    assert (low.pairs, low.precision, low.recall) == (30, pytest.approx(20 / 30), pytest.approx(20 / 30))
    # At 0.7 those of -1 and -1.5 are one stratum of 50, of which 2 of 5 are one person: 20.
    assert (high.pairs, high.precision, high.recall) == (10, 1, pytest.approx(10 / 30))


def test_where_all_pairs_were_reviewed_nothing_is_left_to_chance():
    pairs = kept((5, 4), (-1, 3))
    said = judged(pairs, w5=[1, 1, 1, 0], w_1=[1, 0, 0])
    (row,) = accuracy(pairs, said, [0.7]).itertuples()
    assert [row.precision_low, row.precision, row.precision_high] == pytest.approx([0.75] * 3)
    assert [row.recall_low, row.recall, row.recall_high] == pytest.approx([0.75] * 3)


def test_a_stratum_without_a_review_is_refused_with_what_would_help():
    pairs = kept((5, 100), (1, 40), (-3, 50))
    (row,) = accuracy(pairs, judged(pairs, w5=[1, 0], w1=[1]), [0.7]).itertuples()
    assert row.precision == pytest.approx((50 + 40) / 140) and np.isnan(row.recall)
    assert "-4 to -2 bits (50)" in row.note and "+0 to +2" not in row.note
    (row,) = accuracy(pairs, judged(pairs, w5=[1, 0], w_3=[0]), [0.7]).itertuples()
    assert np.isnan(row.precision) and np.isnan(row.recall) and "+0 to +2 bits (40)" in row.note
    with refused(AccuracyError, "nothing_reviewed"):
        accuracy(pairs, judged(pairs, w5=[np.nan]))
    with refused(AccuracyError, "out_of_range"):
        accuracy(pairs, judged(pairs, w5=[1]), [1.0])


@pytest.mark.slow
def test_limits_hold_in_simulated_reviews():
    """Of 300 samples of 30 a stratum, 95 % limits hold the truth in 92 % or more."""
    draw = np.random.default_rng(1)
    strata = {5: (200, 0.97), 1: (60, 0.7), -1: (80, 0.3), -5: (150, 0.04)}
    pairs = kept(*[(weight, count) for weight, (count, _) in strata.items()])
    truth = np.concatenate([draw.random(count) < share for count, share in strata.values()]).astype(float)
    above = pairs["match_weight"].to_numpy() >= LIMIT
    precision, recall = truth[above].mean(), truth[above].sum() / truth.sum()
    held = np.zeros(2)
    for _ in range(300):
        order = draw.permutation(len(pairs))
        turn = pairs.iloc[order].groupby("match_weight").cumcount()
        taken = turn.index[turn < 30]
        said = pairs.loc[taken, ["record_id_l", "record_id_r"]].assign(same=truth[taken])
        (row,) = accuracy(pairs, said, [0.7]).itertuples()
        held += row.precision_low <= precision <= row.precision_high, row.recall_low <= recall <= row.recall_high
    assert (held / 300 >= 0.92).all(), held / 300
