"""The five states of an indicator in a country: in place, partly, not in place, does not apply, unknown.

A state follows from the bounds that the evidence leaves on the indicator's scale, by one rule:

- *does not apply*: the country cannot be asked;
- *not in place*: known to be absent, or a draft at most (nothing above a third of the scale, and perhaps nothing);
- *partly*: known to fall short of the full mark, and not known to be absent;
- *in place*: the full mark is possible, and either certain or, on a scale of levels, at least two thirds are: that a
  thing is adopted is what a report's "yes" on that very thing says, which does not tell whether it works everywhere;
- *unknown*: all else. A thing that is drafted at the least and in operation at the most is unknown too; what is known
  of it is said in words. Either nothing was read, or what was read does not settle it.

An indicator without a scale is a measure: it has no state, is in no list of gaps, and is described as a figure.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

IN_PLACE, PARTLY, NOT_IN_PLACE = "in place", "partly", "not in place"
DOES_NOT_APPLY, UNKNOWN = "does not apply", "unknown"
STATES = (IN_PLACE, PARTLY, NOT_IN_PLACE, UNKNOWN, DOES_NOT_APPLY)
# Why a state is unknown.
NOT_READ, SILENT = "not read", "report silent"
# Shares of a scale: drafted at most; adopted at least.
ABSENT, ADOPTED = 1 / 3, 2 / 3
_TIE = 1e-9


def states(answers: pd.DataFrame, framework: pd.DataFrame, absent: float = ABSENT) -> pd.DataFrame:
    """Return the state of each indicator that has a scale, in each area.

    Parameters
    ----------
    answers : as `answers.answers` gives them: area_id, indicator_id, low, high (in the units of the scale), top (NaN
        for a measure), applies, year, oldest, source_ids, note.
    framework : indicator_id, scale (level|answer|count|share|measure).
    absent : share of a scale (0 to 1) up to which a thing counts as absent.

    Returns
    -------
    DataFrame, one row an area and indicator with a scale, in the order of `answers`: area_id, indicator_id, state (one
    of STATES), unknown_because (NOT_READ or SILENT; "" of other states), first, last (years that the evidence speaks
    of, NA without any), source_ids, note (what was read, in words).
    """
    table = answers[answers["top"].notna()].reset_index(drop=True)
    level = table["indicator_id"].map(framework.set_index("indicator_id")["scale"]).eq("level")
    low, high = table["low"] / table["top"], table["high"] / table["top"]
    short = high < 1 - _TIE
    none = short & (low <= _TIE) & (high <= absent + _TIE)
    full = (low >= 1 - _TIE) | (level & (low >= ADOPTED - _TIE))
    state = np.select([~table["applies"], none, short, full], [DOES_NOT_APPLY, NOT_IN_PLACE, PARTLY, IN_PLACE], UNKNOWN)
    why = np.where(table["source_ids"].eq(""), NOT_READ, SILENT)
    return pd.DataFrame(
        {
            "area_id": table["area_id"],
            "indicator_id": table["indicator_id"],
            "state": state,
            "unknown_because": np.where(state == UNKNOWN, why, ""),
            "first": table["oldest"],
            "last": table["year"],
            "source_ids": table["source_ids"],
            "note": table["note"],
        }
    )


def counted(states: pd.DataFrame, by: str) -> pd.DataFrame:
    """Return how many rows of `states` are in each state, by a column: that column, one for each of STATES, total."""
    found = states.groupby([by, "state"]).size().unstack(fill_value=0).reindex(columns=STATES, fill_value=0)
    return found.assign(total=found.sum(axis=1)).reset_index().rename_axis(columns=None)
