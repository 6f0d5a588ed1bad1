"""What is published of the review of uncertain pairs: a number in tens, from enough pairs and persons on."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from analysis import areas
from analysis.cases import processed
from analysis.exhibits import pair_review
from analysis.exhibits.exhibit import ESTIMATE, INTERNAL, PROTECTED


def review(same: int, apart: int = 0, twice: int = 0) -> pd.DataFrame:
    """Answers of one reviewer on so many pairs, each of two persons, and of another on the first of them, all alike."""
    judged = [(n, "AB") for n in range(same + apart)] + [(n, "CD") for n in range(twice)]
    rows = [
        {"day": "2026-12-01", "initials": who, "answer": "same" if n < same else "not same", "outcome": "applied",
         "record_id_l": f"a{n}", "record_id_r": f"b{n}", "match_weight": 9.0, "links_made": 2, "links_undone": 13}
        for n, who in judged
    ]  # fmt: skip
    return pd.DataFrame(rows)


def published(monkeypatch, found: pd.DataFrame, linked: int = 0):
    """The exhibits where the first pairs weigh 9 bits and all others -3; those that nobody judged are left out."""
    once = found.drop_duplicates(["record_id_l", "record_id_r"])
    ids = [*once["record_id_l"], *once["record_id_r"]]
    records = pd.DataFrame({"record_id": ids, "person_id": ids})
    pairs = once[["record_id_l", "record_id_r"]].assign(
        match_weight=[9.0 if n < linked else -3.0 for n in range(len(once))]
    )
    place = areas.get("demo_provinces")
    real = processed.load(place)
    monkeypatch.setattr(processed, "pair_review", lambda place: found)
    monkeypatch.setattr(processed, "load", lambda place: replace(real, case_records=records, pairs=pairs))
    return pair_review.about(place)


def test_of_few_pairs_no_number_is_published_and_of_many_tens(monkeypatch):
    few, accuracy, _ = published(monkeypatch, review(9), 9)
    assert not any(digit in str(few.instead.data) for digit in "0123456789")
    assert accuracy.effective_class == INTERNAL
    many, _, internal = published(monkeypatch, review(57, twice=13), 57)
    sentence = str(many.instead.data)
    assert "50 or more" in sentence and "57" not in sentence and "by it: fewer than 11; undone: 10 or more" in sentence
    assert "AC1" not in sentence and "Too few" in sentence
    assert many.instead.metadata["release_class"] == ESTIMATE and internal.effective_class == INTERNAL
    twice, *_ = published(monkeypatch, review(57, twice=14), 57)
    assert "AC1 1.00 (95 % limits" in str(twice.instead.data)


def test_precision_and_recall_are_published_from_many_pairs_in_two_digits(monkeypatch):
    """Of 50 linked pairs 45 are one person, and of 20 others none: all were judged, and nothing is left to chance."""
    _, accuracy, _ = published(monkeypatch, review(45, 25), 50)
    assert accuracy.effective_class == ESTIMATE
    page = accuracy.table.printed
    assert page.iloc[1].tolist() == ["0.70", "0.90 (0.90–0.90)", "1.00 (1.00–1.00)"]
    assert not {"pairs", "reviewed", "errors"} & set(accuracy.table.released)
    # Six numbers at six thresholds and ten degrees of freedom: 46 pairs. Of few linked pairs a share is nearly a count.
    _, accuracy, _ = published(monkeypatch, review(30, 15), 30)
    assert accuracy.effective_class == INTERNAL
    _, accuracy, _ = published(monkeypatch, review(10, 50), 10)
    assert accuracy.effective_class == INTERNAL


def test_without_an_answer_one_sentence_says_so(monkeypatch):
    (only,) = published(monkeypatch, review(1).iloc[:0])
    assert only.instead.metadata["release_class"] == PROTECTED
