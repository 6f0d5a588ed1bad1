"""How the fieldwork went, interviewer by interviewer: what a supervisor looks at before the answers are believed."""

from __future__ import annotations

import datetime
import re

import numpy as np
import pandas as pd

from analysis.survey import questionnaire
from analysis.survey.export import Export

# An interview in fewer minutes can hardly have put all questions; nobody is asked at night.
SHORTEST = 15
NIGHT = (21, 8)
COLUMNS = ("enumerator_id", "visits", "interviews", "median_minutes", "short", "at_night", "overlapping")


def by_enumerator(export: Export, outcome: np.ndarray, broken: np.ndarray) -> pd.DataFrame:
    """Visits and interviews of each interviewer, and interviews at odd times.

    Parameters
    ----------
    outcome : what came of each visit, as `rules.outcome` gives it. broken : rows in quarantine.

    Returns
    -------
    DataFrame with columns enumerator_id ("" for numbers not written as the form asks, which could be names), visits,
    interviews (those in quarantine are none), median_minutes, and of the interviews: short (fewer than 15 minutes),
    at_night (begun from 21 to 8 o'clock), overlapping (begun before the same interviewer had ended another).
    """
    asked = questionnaire.questions().set_index("name")
    pattern = re.compile(asked.at["enumerator_id", "pattern"])
    began = [_time(text) for text in export.answers["start"]]
    ended = [_time(text) for text in export.answers["end"]]
    minutes = [_minutes(first, last) for first, last in zip(began, ended, strict=True)]
    visits = pd.DataFrame(
        {
            "enumerator_id": [text if pattern.search(text) else "" for text in export.answers["enumerator_id"]],
            "interview": (outcome == "interview") & ~broken,
            "minutes": minutes,
            "began": pd.Series([time.timestamp() if time else np.nan for time in began], dtype=float),
            "hour": [time.hour if time else 12 for time in began],
        }
    )
    rows = []
    for number, own in visits.groupby("enumerator_id", sort=True):
        held = own[own["interview"]].sort_values("began", kind="stable")
        end = held["began"] + 60 * held["minutes"]
        night = (held["hour"] >= NIGHT[0]) | (held["hour"] < NIGHT[1])
        rows.append(
            (
                number,
                len(own),
                len(held),
                held["minutes"].median(),
                int((held["minutes"] < SHORTEST).sum()),
                int(night.sum()),
                int((held["began"] < end.cummax().shift()).sum()),
            )
        )
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _time(text: str) -> datetime.datetime | None:
    """A moment such as 2026-03-01T10:15:00.000+03:00; None where there is none, or it has no time zone."""
    try:
        found = datetime.datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else None


def _minutes(first: datetime.datetime | None, last: datetime.datetime | None) -> float:
    return (last - first).total_seconds() / 60 if first and last else np.nan
