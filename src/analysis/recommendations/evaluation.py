"""What the findings say of every recommendation and of every activity of the pledge, as tables."""

from __future__ import annotations

import pandas as pd

from analysis.recommendations import conditions
from analysis.recommendations.conditions import NOT_KNOWN, Evaluated
from analysis.recommendations.texts import Texts

_SAID = ("state", "synthetic", "evidence", "why")
RECOMMENDATIONS = ("recommendation_id", "study", *_SAID)
PROGRESS = ("commitment_id", "activity", *_SAID)


def recommendations(texts: Texts, table: pd.DataFrame, language: str = "en") -> pd.DataFrame:
    """Each recommendation with what the findings say of its condition.

    Parameters
    ----------
    texts : of the pledge. table : of findings. language : of `why`.

    Returns
    -------
    DataFrame, one row a recommendation, in their order: recommendation_id, study, state (met, not met, not known),
    synthetic (whether it rests on invented data), evidence (ids with ``;`` between), why (with the values; if it is not
    known, with what would settle it).

    Raises
    ------
    UnknownFinding, ConditionError : a condition rests on what does not exist, or could never fail.
    """
    rows = [
        (each.recommendation_id, each.study, *_said(conditions.evaluate(each.rests_on, table, language)))
        for each in texts.recommendations
    ]
    return pd.DataFrame(rows, columns=list(RECOMMENDATIONS))


def progress(texts: Texts, table: pd.DataFrame, language: str = "en") -> pd.DataFrame:
    """Each activity of each commitment with what the findings say of it.

    An activity that no finding could show is not known. A recommendation is no evidence, and neither is a text.

    Parameters
    ----------
    texts : of the pledge. table : of findings. language : of `why`.

    Returns
    -------
    DataFrame, one row an activity, in their order: commitment_id, activity (counted from 1), state, synthetic,
    evidence, why.

    Raises
    ------
    UnknownFinding, ConditionError : a condition rests on what does not exist, or could never fail.
    """
    rows = []
    for commitment in texts.commitments:
        for number, activity in enumerate(commitment.activities, 1):
            if activity.rests_on is None:
                found = Evaluated(NOT_KNOWN, (), False, conditions.words()["no_finding"][language])
            else:
                found = conditions.evaluate(activity.rests_on, table, language)
            rows.append((commitment.commitment_id, number, *_said(found)))
    return pd.DataFrame(rows, columns=list(PROGRESS)).astype({"activity": int})


def check(texts: Texts, table: pd.DataFrame) -> None:
    """Refuse texts whose conditions lean on findings that do not exist.

    Raises
    ------
    UnknownFinding, ConditionError : the first that is wrong, with what exists.
    """
    recommendations(texts, table)
    progress(texts, table)


def _said(found: Evaluated) -> tuple[str, bool, str, str]:
    return found.state, found.synthetic, ";".join(found.evidence), f"{found.why} {found.settled_by}".strip()
