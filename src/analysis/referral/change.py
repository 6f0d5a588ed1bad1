"""What changed since the first year that was coded: answers beside earlier answers to the same question."""

from __future__ import annotations

import pandas as pd

BETTER, WORSE, SAME, OPEN = "better", "worse", "same answer", "not decided"
# Every question is put so that "yes" is what is wanted.
ORDER = ("no", "partly", "yes")


def change(readings: pd.DataFrame, as_of: int) -> pd.DataFrame:
    """The first and the latest known answer to each question, and which of them is better.

    Only answers to one question (area, indicator, part, coded question) are compared: a rise is not a question that
    began to be asked. What changed is the answer; the level did for `certain` where the bounds do not touch.

    Parameters
    ----------
    readings : as `readings.from_answers` gives them, of all years.
    as_of : the last year that counts.

    Returns
    -------
    DataFrame, one row a question with known answers of two years or more: area_id, indicator_id, part, asked,
    first_year, first_answer, first_source, last_year, last_answer, last_source, years (number with an answer), change
    (``better``, ``worse``, ``same answer``, ``not decided``), certain (bool), turned (year of the last change of the
    answer, NA for none).
    """
    keys = ["area_id", "indicator_id", "part", "asked"]
    table = readings[(readings["year"] <= as_of) & readings["basis"].eq("coded answer")]
    joined = table.groupby([*keys, "year"], as_index=False).agg(
        low=("low", "min"),
        high=("high", "max"),
        answer=("answer", lambda words: " or ".join(dict.fromkeys(words))),
        source=("source_id", lambda ids: ";".join(dict.fromkeys(ids))),
    )
    rows = []
    for key, group in joined.sort_values("year").groupby(keys, sort=True):
        if len(group) < 2:
            continue
        first, last = group.iloc[0], group.iloc[-1]
        turns = group["answer"].ne(group["answer"].shift()).to_numpy()[1:]
        rows.append(
            dict(zip(keys, key, strict=True))
            | {
                "first_year": first["year"],
                "first_answer": first["answer"],
                "first_source": first["source"],
                "last_year": last["year"],
                "last_answer": last["answer"],
                "last_source": last["source"],
                "years": len(group),
                "change": _verdict(first, last),
                "certain": bool(last["low"] > first["high"] or last["high"] < first["low"]),
                "turned": group["year"].to_numpy()[1:][turns][-1] if turns.any() else pd.NA,
            }
        )
    columns = [*keys, "first_year", "first_answer", "first_source", "last_year", "last_answer", "last_source", "years"]
    return pd.DataFrame(rows, columns=[*columns, "change", "certain", "turned"]).astype({"turned": "Int64"})


def counted(changes: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """How many questions changed in which way: the columns of `by`, one for each way, and `questions`."""
    if changes.empty:
        return pd.DataFrame(columns=[*by, BETTER, WORSE, SAME, OPEN, "questions"])
    found = changes.groupby([*by, "change"]).size().unstack(fill_value=0)
    found = found.reindex(columns=[BETTER, WORSE, SAME, OPEN], fill_value=0)
    return found.assign(questions=found.sum(axis=1)).reset_index().rename_axis(columns=None)


def _verdict(first: pd.Series, last: pd.Series) -> str:
    if first["answer"] == last["answer"]:
        return SAME
    if first["answer"] not in ORDER or last["answer"] not in ORDER:
        return OPEN
    return BETTER if ORDER.index(last["answer"]) > ORDER.index(first["answer"]) else WORSE
