"""The gap register beside the actions that the Labor Department's reports suggest: which of them it finds."""

from __future__ import annotations

import pandas as pd

from analysis.referral.gaps import NOT_RATED

FOUND, OPEN, MISSED = "found", "nothing known", "missed"


def beside_actions(
    actions: pd.DataFrame, register: pd.DataFrame, answers: pd.DataFrame, own: str = "DOL"
) -> pd.DataFrame:
    """For each suggested action that an indicator exists for, whether the register has a gap of that indicator.

    Parameters
    ----------
    actions : area_id, action_id, report_year, action, indicators (";" between; "none" for no indicator).
    register : as `gaps.gaps` gives it. answers : as `answers.answers` gives them.
    own : how the ids of the publisher's own reports begin: a gap that rests on them alone is no independent finding.

    Returns
    -------
    DataFrame, one row an action with an indicator: the columns of `actions`, outcome (``found``: a gap of one of its
    indicators is in the register; ``nothing known``: none is, and one of its indicators is not known; ``missed``: all
    of them are known and none shows a gap), gap_ids (";" between), independent (bool: found by evidence of others too).
    """
    rated = register[register["severity"] != NOT_RATED]
    held = {key: group for key, group in rated.groupby(["area_id", "indicator_id"])}
    known = answers.set_index(["area_id", "indicator_id"])["known"]
    rows = []
    for action in actions[actions["indicators"] != "none"].to_dict("records"):
        keys = [(action["area_id"], name) for name in action["indicators"].split(";")]
        found = [held[key] for key in keys if key in held]
        gaps = pd.concat(found) if found else rated.iloc[:0]
        sources = [source for ids in gaps["source_ids"] for source in ids.split(";")]
        unknown = any(not known.get(key, False) for key in keys)
        rows.append(
            action
            | {
                "outcome": FOUND if found else OPEN if unknown else MISSED,
                "gap_ids": ";".join(gaps["gap_id"]),
                "independent": any(not source.startswith(own) for source in sources),
            }
        )
    return pd.DataFrame(rows, columns=[*actions.columns, "outcome", "gap_ids", "independent"])


def recall(beside: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Share of actions whose gap the register has.

    Returns
    -------
    DataFrame: the columns of `by`, found, nothing known, missed, actions, independent (numbers of actions; found by
    evidence of others), recall (found of all), recall_known (found of those whose indicators are known).
    """
    counts = (
        beside.groupby([*by, "outcome"])
        .size()
        .unstack(fill_value=0)
        .reindex(columns=[FOUND, OPEN, MISSED], fill_value=0)
    )
    table = counts.assign(actions=counts.sum(axis=1), independent=beside.groupby(by)["independent"].sum())
    table["recall"] = table[FOUND] / table["actions"]
    settled = table[FOUND] + table[MISSED]
    table["recall_known"] = (table[FOUND] / settled).where(settled > 0)
    return table.reset_index().rename_axis(columns=None)
