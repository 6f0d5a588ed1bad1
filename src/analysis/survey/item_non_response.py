"""How often an answer is not known, of those to whom the question was put."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from analysis.survey import questionnaire
from analysis.survey.questionnaire import ASSENT, CONSENT, IN_PRIVATE, questions


def unknown_answers(respondents: pd.DataFrame, by: str | None = None) -> pd.DataFrame:
    """Count, for each question, those to whom it was put and those whose answer is not known.

    A question that was skipped since an earlier answer was "no" was not put; one that was skipped since an earlier
    answer is not known was not put either, and that earlier answer is counted.

    Parameters
    ----------
    respondents : the table of a survey's respondents, one row each.
    by : column of groups that are counted apart.

    Returns
    -------
    DataFrame, one row a question (and group) in the order of the form: column, label (the question, in English), block,
    the column of `by`, asked, unknown (respondents, unweighted).
    """
    groups = respondents[by] if by else pd.Series("", respondents.index)
    rows = []
    for question, put in _put(respondents):
        missing = respondents[question.column].isna().to_numpy() & put
        table = pd.DataFrame({"asked": put, "unknown": missing}).groupby(groups.to_numpy(), sort=True).sum()
        named = table.reset_index(names=by or "all")
        rows.append(named.assign(column=question.column, label=question.label, block=question.block))
    found = pd.concat(rows, ignore_index=True)
    return found[["column", "label", "block", *([by] if by else []), "asked", "unknown"]]


def _put(respondents: pd.DataFrame) -> Iterator[tuple[pd.Series, np.ndarray]]:
    """Each question that an answer was looked for of, and to whom it was put."""
    asked = questions()
    asked = asked[asked["column"].isin(list(respondents)) & ~asked["asked_of"].isin(["computed", "enumerator"])]
    of = dict(zip(asked["name"], asked["column"], strict=True))
    decisive = {name for expression in asked["relevant"] for name in questionnaire.names(expression)}
    answers = {name: _as_answered(respondents[column]) for name, column in of.items() if name in decisive}
    # Whoever is a respondent has agreed, and was met.
    agreed = np.full(len(respondents), "yes", dtype=object)
    # A child that could not talk in private was due these questions too: what it would have said is not known.
    answers |= {CONSENT: agreed, ASSENT: agreed, IN_PRIVATE: agreed}
    for question in asked.itertuples(index=False):
        if set(questionnaire.names(question.relevant)) <= set(answers):
            yield question, questionnaire.applies(question.relevant, answers)


def _as_answered(column: pd.Series) -> np.ndarray:
    """Answers as the form writes them: yes and no, whole numbers, codes, and an empty text for what is not known."""
    if pd.api.types.is_bool_dtype(column):
        column = column.astype("boolean").map({True: "yes", False: "no"})
    elif pd.api.types.is_numeric_dtype(column):
        column = column.astype("Float64").map(lambda value: f"{value:.15g}", na_action="ignore")
    return column.astype(object).where(column.notna(), "").to_numpy()
