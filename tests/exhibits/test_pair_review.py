"""What is published of the review of uncertain pairs: a number in tens, from enough pairs and persons on."""

from __future__ import annotations

from types import SimpleNamespace

import pandas as pd

from analysis import areas
from analysis.cases import processed
from analysis.exhibits import pair_review
from analysis.exhibits.exhibit import ESTIMATE, INTERNAL, PROTECTED


def review(pairs: int) -> pd.DataFrame:
    """Answers of one reviewer on so many pairs of 2 x pairs persons, all the same."""
    rows = [
        {"day": "2026-12-01", "initials": "AB", "answer": "same", "outcome": "applied", "record_id_l": f"a{n}",
         "record_id_r": f"b{n}", "match_weight": 1.0, "links_made": 2, "links_undone": 0}
        for n in range(pairs)
    ]  # fmt: skip
    return pd.DataFrame(rows)


def published(monkeypatch, found: pd.DataFrame):
    ids = [*found["record_id_l"], *found["record_id_r"]]
    records = pd.DataFrame({"record_id": ids, "person_id": ids})
    monkeypatch.setattr(processed, "pair_review", lambda place: found)
    monkeypatch.setattr(processed, "load", lambda place: SimpleNamespace(case_records=records))
    return pair_review.about(areas.get("demo_provinces"))


def test_of_few_pairs_no_number_is_published_and_of_many_tens(monkeypatch):
    few, _ = published(monkeypatch, review(9))
    assert not any(digit in str(few.instead.data) for digit in "0123456789")
    many, internal = published(monkeypatch, review(57))
    assert "50 or more" in str(many.instead.data) and "57" not in str(many.instead.data)
    assert many.instead.metadata["release_class"] == ESTIMATE and internal.effective_class == INTERNAL


def test_without_an_answer_one_sentence_says_so(monkeypatch):
    (only,) = published(monkeypatch, review(0).reindex(columns=["record_id_l", "record_id_r"]))
    assert only.instead.metadata["release_class"] == PROTECTED
