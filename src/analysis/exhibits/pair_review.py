"""Exhibits of the review of uncertain pairs: how many pairs persons judged, how far they agree, and what it changed."""

from __future__ import annotations

import pandas as pd

import disclosure
from analysis import texts
from analysis.areas import Area
from analysis.cases import pair_report, processed
from analysis.exhibits.any_place import take_names
from analysis.exhibits.case_records import of_records
from analysis.exhibits.exhibit import ESTIMATE, INTERNAL, PROTECTED, Exhibit, absent, instead, said
from analysis.referral.weighted_kappa import coder_agreement

TEXT = texts.of(__name__)
# Numbers of pairs are published in tens, rounded down.
_STEP = 10
# Numbers that are told of the review: pairs, and the agreement with its limits.
_PARAMETERS = 4


def about(place: Area) -> tuple[Exhibit, ...]:
    """Return a sentence on the review of uncertain pairs, of the study as a whole; what it changed is internal.

    The number of pairs is rounded down to tens, and the agreement of two reviewers has two digits. From too few pairs,
    or of too few persons, no number is told.
    """
    what = "{whose}: the review of uncertain pairs of records"
    if not place.is_study:
        return (absent(place, what, "whole"),)
    review = processed.pair_review(place)
    if review.empty:
        return (instead(said(pair_report.TEXT["none"], PROTECTED)),)
    limits = TEXT["limits"]
    table = outcomes(review)
    internal = of_records(place, "pair_review", TEXT["what"], table, limits, release_class=INTERNAL)
    return instead(said(_published(place, review), ESTIMATE)), internal


def _published(place: Area, review: pd.DataFrame) -> str:
    pairs = pair_report.answered(review)
    records = processed.load(place).case_records
    named = records["record_id"].isin(pairs[["record_id_l", "record_id_r"]].to_numpy().ravel())
    persons = records.loc[named, "person_id"].nunique()
    if not disclosure.estimate_is_releasable(min(len(pairs), persons), _PARAMETERS):
        return TEXT["few"]
    number = f"{len(pairs) // _STEP * _STEP:,}"
    sentence = TEXT["reviewed"].format(pairs=number, reviewers=review["initials"].nunique())
    agreement = pair_report.agreed(review, coder_agreement)
    if disclosure.estimate_is_releasable(agreement["n"], _PARAMETERS) and "estimate" in agreement:
        sentence += " " + TEXT["agreement"].format(
            estimate=f"{agreement['estimate']:.2f}", low=f"{agreement['low']:.2f}", high=f"{agreement['high']:.2f}"
        )
    return sentence


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
