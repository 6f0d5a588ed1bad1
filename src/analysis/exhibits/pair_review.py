"""Exhibits of the review of uncertain pairs: how many pairs persons judged, how far they agree, and what it changed."""

from __future__ import annotations

from contextlib import suppress

import pandas as pd

import disclosure
from analysis import texts
from analysis.areas import Area
from analysis.cases import pair_report, processed
from analysis.cases.linkage_accuracy import AccuracyError, accuracy
from analysis.cases.processed import CaseRecords
from analysis.exhibits.any_place import take_names
from analysis.exhibits.case_records import DIGITS, of_records
from analysis.exhibits.exhibit import ESTIMATE, INTERNAL, PROTECTED, Exhibit, absent, instead, said
from analysis.exhibits.record_counts import of_counts
from analysis.exhibits.table import Table, Words
from analysis.referral.weighted_kappa import coder_agreement

TEXT = texts.of(__name__)
# Numbers of pairs are published in tens, rounded down.
_STEP = 10
# Numbers that are told of the review: pairs, and the agreement with its limits.
_PARAMETERS = 4
_PRECISION, _RECALL = ([f"{what}{end}" for end in ("", "_low", "_high")] for what in ("precision", "recall"))


def about(place: Area) -> tuple[Exhibit, ...]:
    """Return a sentence on the review of uncertain pairs, and how accurate links are by it, of the study as a whole.

    Numbers of pairs are rounded down to tens; shares and the agreement of two reviewers have two digits. From too few
    pairs, or of too few persons, no number is told. What became of each answer is internal.
    """
    what = "{whose}: the review of uncertain pairs of records"
    if not place.is_study:
        return (absent(place, what, "whole"),)
    review = processed.pair_review(place)
    if review.empty:
        return (instead(said(pair_report.TEXT["none"], PROTECTED)),)
    found = processed.load(place)
    pairs = pair_report.answered(review)
    internal = of_records(place, "pair_review", TEXT["what"], outcomes(review), TEXT["limits"], release_class=INTERNAL)
    shown = [instead(said(_published(review, _smaller(pairs, found)), ESTIMATE))]
    settled = pairs[pairs["same"].notna()]
    with suppress(AccuracyError):  # none of them is among the pairs that the linkage kept
        shown.append(_accuracy(place, accuracy(found.pairs, settled), _smaller(settled, found)))
    return *shown, internal


def _smaller(pairs: pd.DataFrame, found: CaseRecords) -> int:
    """The number of pairs, or that of the persons on them where it is smaller."""
    records = found.case_records
    named = records["record_id"].isin(pairs[["record_id_l", "record_id_r"]].to_numpy().ravel())
    return min(len(pairs), records.loc[named, "person_id"].nunique())


def _published(review: pd.DataFrame, judged: int) -> str:
    if not disclosure.estimate_is_releasable(judged, _PARAMETERS):
        return TEXT["few"]
    number = f"{len(pair_report.answered(review)) // _STEP * _STEP:,}"
    made, undone = (_in_tens(int(review[f"links_{end}"].iloc[0])) for end in ("made", "undone"))
    reviewers = review["initials"].nunique()
    sentence = TEXT["reviewed"].format(pairs=number, reviewers=reviewers, made=made, undone=undone)
    agreement = pair_report.agreed(review, coder_agreement)
    if not disclosure.estimate_is_releasable(agreement["n"], _PARAMETERS):
        return f"{sentence} {TEXT['not_twice']}"
    estimate, low, high = (f"{agreement[name]:.2f}" for name in ("estimate", "low", "high"))
    return f"{sentence} {TEXT['agreement'].format(estimate=estimate, low=low, high=high)}"


def _in_tens(number: int) -> str:
    if number < disclosure.K:
        return TEXT["few_links"]
    return TEXT["some_links"].format(number=f"{number // _STEP * _STEP:,}")


def _accuracy(place: Area, table: pd.DataFrame, judged: int) -> Exhibit:
    """Precision and recall at each threshold; internal from too few pairs, or where few pairs reach a threshold."""
    numbers = table.round(dict.fromkeys([*_PRECISION, *_RECALL], DIGITS))
    shown = Table(
        numbers,
        {
            "Threshold": Words(lambda thresholds: [f"{each:.2f}" for each in thresholds], "threshold"),
            "Precision": Words(_shares, *_PRECISION),
            "Recall": Words(_shares, *_RECALL),
        },
    )
    numbers_told = len(numbers) * len([*_PRECISION, *_RECALL])
    releasable = disclosure.estimate_is_releasable(judged, numbers_told) and table["pairs"].min() >= disclosure.K
    limits = f"{TEXT['accuracy_limits']} {pair_report.threshold_in_words(table)}".strip()
    release_class = ESTIMATE if releasable else INTERNAL
    return of_counts(place, "pair_accuracy", TEXT["accuracy"], shown, limits, release_class=release_class)


def _shares(*columns: pd.Series) -> list[str]:
    rows = zip(*columns, strict=True)
    return [
        TEXT["unknown"] if pd.isna(share) else f"{share:.{DIGITS}f} ({low:.{DIGITS}f}–{high:.{DIGITS}f})"
        for share, low, high in rows
    ]


def outcomes(review: pd.DataFrame) -> pd.DataFrame:
    """Return what became of the answers, and the links that follow from them: a row each, and its number.

    Parameters
    ----------
    review : as `pair_report.table` gives it.
    """
    pairs = pair_report.answered(review)["same"]
    counts = {
        "pairs reviewed": len(pairs),
        "reviewers": review["initials"].nunique(),
        "pairs that two reviewers answered": pair_report.agreed(review, None)["n"],
        "pairs that are the same person": int((pairs == 1).sum()),
        "pairs that are not": int((pairs == 0).sum()),
        "links made": int(review["links_made"].iloc[0]),
        "links undone": int(review["links_undone"].iloc[0]),
        **{f"answers {outcome}": int(n) for outcome, n in review["outcome"].value_counts().sort_index().items()},
    }
    return pd.DataFrame({"What": list(counts), "Number": list(counts.values())})


take_names(__name__)
