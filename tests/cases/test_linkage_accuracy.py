"""Precision and recall from reviewed pairs, against sums by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from refusals import refused

from analysis.cases.linkage_accuracy import AccuracyError, accuracy, fewest_errors
from analysis.cases.record_linkage import bands


def kept(weights: dict[float, int]) -> pd.DataFrame:
    """So many pairs of each weight, each of its own two records."""
    flat = [weight for weight, number in weights.items() for _ in range(number)]
    numbers = range(len(flat))
    return pd.DataFrame(
        {"record_id_l": [f"a{n}" for n in numbers], "record_id_r": [f"b{n}" for n in numbers], "match_weight": flat}
    )


def judged(pairs: pd.DataFrame, answers: dict[float, list[float]]) -> pd.DataFrame:
    """The first pairs of each weight with answers: 1 the same, 0 not, missing."""
    parts = [
        pairs[pairs["match_weight"] == weight].iloc[: len(said)].assign(same=said) for weight, said in answers.items()
    ]
    return pd.concat(parts)[["record_id_l", "record_id_r", "same"]]


def test_strata_are_weighed_by_their_pairs_and_not_by_what_was_reviewed():
    # At 0.7 the threshold is log2(0.7 / 0.3) = 1.22 bits. Above: 80 pairs of 9 bits, of 10 reviewed 10 the same, and 20
    # of 2 bits, of 10 reviewed 5 the same: 80 + 10 of 100 pairs. Below: 100 of -3 bits, of 20 reviewed 2: 10 missed.
    pairs = kept({9.0: 80, 2.0: 20, -3.0: 100})
    reviewed = judged(pairs, {9.0: [1] * 10, 2.0: [1] * 5 + [0] * 5, -3.0: [1] * 2 + [0] * 18})
    (row,) = accuracy(pairs, reviewed, [0.7]).to_dict("records")
    assert row["pairs"] == 100 and row["reviewed"] == 40 and row["note"] == ""
    assert row["precision"] == pytest.approx(0.9) and row["recall"] == pytest.approx(90 / 100)
    assert row["precision_low"] < 0.9 < row["precision_high"] and row["recall_low"] < 0.9 < row["recall_high"]


def test_errors_are_wrong_and_missed_links_together_and_fewest_where_they_balance():
    # At 0.7 the 20 pairs of 2 bits are linked, half of them wrongly, and 10 of -3 bits are missed: 20 errors. At 0.9
    # (3.17 bits) the 20 are not linked: 10 missed there and 10 below. At 0.5 nothing more is linked.
    pairs = kept({9.0: 80, 2.0: 20, -3.0: 100})
    reviewed = judged(pairs, {9.0: [1] * 10, 2.0: [1] * 5 + [0] * 5, -3.0: [1] * 2 + [0] * 18})
    table = accuracy(pairs, reviewed, [0.5, 0.7, 0.9])
    assert table["errors"].tolist() == pytest.approx([20, 20, 20]) and fewest_errors(table) == [0.5, 0.7, 0.9]
    reviewed = judged(pairs, {9.0: [1] * 10, 2.0: [1] * 2 + [0] * 8, -3.0: [1] * 2 + [0] * 18})
    table = accuracy(pairs, reviewed, [0.5, 0.7, 0.9])
    # 16 wrong and 10 missed, against 4 and 10 missed.
    assert table["errors"].tolist() == pytest.approx([26, 26, 14]) and fewest_errors(table) == [0.9]
    assert fewest_errors(table.assign(errors=np.nan)) == []


def test_where_every_pair_was_reviewed_nothing_is_left_to_chance():
    pairs = kept({9.0: 4, -3.0: 4})
    (row,) = accuracy(pairs, judged(pairs, {9.0: [1, 1, 1, 0], -3.0: [1, 0, 0, 0]}), [0.7]).to_dict("records")
    assert [row[f"precision{end}"] for end in ("", "_low", "_high")] == pytest.approx([0.75] * 3)
    assert [row[f"recall{end}"] for end in ("", "_low", "_high")] == pytest.approx([0.75] * 3)


def test_limits_of_one_stratum_are_exact_with_the_finite_population_correction():
    """Of 15 of 20: scipy.stats.binomtest(15, 20).proportion_ci(method="exact") is 0.5089541 to 0.9134285."""
    pairs = kept({9.0: 100, -3.0: 4})
    reviewed = judged(pairs, {9.0: [1] * 15 + [0] * 5, -3.0: [0] * 4})
    (row,) = accuracy(pairs, reviewed, [0.7]).to_dict("records")
    rest = np.sqrt(1 - 20 / 100)
    assert row["precision_low"] == pytest.approx(0.75 - (0.75 - 0.5089541) * rest, abs=1e-7)
    assert row["precision_high"] == pytest.approx(0.75 + (0.9134285 - 0.75) * rest, abs=1e-7)


def test_limits_hold_the_truth_where_a_part_of_the_pairs_was_judged_and_a_tenth_not_settled():
    """300 draws of 500 pairs whose truth is known; 150 are judged, of each band as many, as a reviewer gets them."""
    hits, errors = [], []
    for seed in range(300):
        draw = np.random.default_rng(seed)
        same = draw.random(500) < 0.55
        weights = np.maximum(np.where(same, draw.normal(9, 5, 500), draw.normal(-3, 3, 500)), -6.6)
        names = {f"record_id_{end}": [f"{end}{number}" for number in range(500)] for end in "lr"}
        pairs = pd.DataFrame(names | {"match_weight": weights})
        band = bands(pairs["match_weight"]).astype(str).to_numpy()
        turns = pd.Series(draw.permutation(500)).groupby(band).rank().to_numpy()
        chosen = np.argsort(turns, kind="stable")[:150]
        answers = np.where(draw.random(150) < 0.1, np.nan, same[chosen])
        (row,) = accuracy(pairs, pairs.iloc[chosen].assign(same=answers), [0.7]).to_dict("records")
        linked = weights >= np.log2(0.7 / 0.3)
        truth = {"precision": same[linked].mean(), "recall": same[linked].sum() / same.sum()}
        hits.append([row[f"{what}_low"] <= share <= row[f"{what}_high"] for what, share in truth.items()])
        errors.append([row[what] - share for what, share in truth.items()])
    # 95 % of 300, with a standard error of 1.3 %.
    assert (np.mean(hits, axis=0) > 0.92).all() and (np.abs(np.mean(errors, axis=0)) < 0.005).all()


def test_what_was_not_settled_is_missing_and_a_stratum_without_review_says_what_would_help():
    pairs = kept({9.0: 10, -3.0: 10})
    (row,) = accuracy(pairs, judged(pairs, {9.0: [1, 1, np.nan]}), [0.7]).to_dict("records")
    assert row["precision"] == 1 and row["reviewed"] == 2
    assert np.isnan(row["recall"]) and "10 below this threshold, below -4 bits" in row["note"]
    with refused(AccuracyError, "nothing_reviewed"):
        accuracy(pairs, judged(pairs, {9.0: [np.nan]}), [0.7])
    with refused(AccuracyError, "out_of_range"):
        accuracy(pairs, judged(pairs, {9.0: [1]}), [1.0])
