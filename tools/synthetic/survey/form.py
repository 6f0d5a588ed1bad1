"""The invented survey as KoboToolbox would export it: one row a visit, the questions as the form puts them."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.survey import questionnaire, relevance
from tools.synthetic.survey.households import INTERVIEW
from tools.synthetic.survey.invented import InventedSurvey, enumerators, form_numbers

# What a child or a guardian says whose answer is not known.
_UNKNOWN = (questionnaire.DONT_KNOW, questionnaire.REFUSED)
_UNKNOWN_NUMBERS = tuple(questionnaire.UNKNOWN_NUMBERS)
# From the beginning of one visit to that of the next, and how long an interview takes.
_MINUTES_A_VISIT, _MINUTES_ASKED = 75, (25, 70)

Texts = NDArray[np.object_]


@cache
def headers() -> dict[str, str]:
    """Question -> its header: the groups it stands in, and its name."""
    found, groups = {}, list[str]()
    for row in questionnaire.sheet("survey").to_dict("records"):
        kind = row["type"].partition(" ")[0]
        if kind == "begin_group":
            groups.append(row["name"])
        elif kind == "end_group":
            groups.pop()
        elif kind != "note":
            found[row["name"]] = "/".join([*groups, row["name"]])
    return found


def export(invented: InventedSurvey) -> pd.DataFrame:
    """The visits as texts, one row each, by question; the columns of the server are the last.

    What the table of respondents says is not known was answered by "don't know" or not answered; a question that the
    form did not put is empty.

    Returns
    -------
    DataFrame of texts with the questions of the questionnaire, and what the server adds, as columns.
    """
    visited, respondents = invented.visits, invented.respondents
    random = np.random.default_rng([invented.seed, 4])
    n, interviewed = len(visited.outcome), visited.outcome == INTERVIEW
    given = _visits(invented, random)
    for name, texts in _children(invented, random).items():
        given[name] = texts
    answers: dict[str, Texts] = {}
    for question in questionnaire.questions().to_dict("records"):
        name = question["name"]
        if name in given:
            texts = given[name]
        else:
            texts = np.full(n, "", dtype=object)
            texts[interviewed] = _answered(question, respondents, random)
        if question["relevant"]:
            texts = np.where(relevance.applies(question["relevant"], answers), texts, "")
        answers[name] = texts
    number = np.arange(1, n + 1).astype(str).astype(object)
    server = {
        "_id": number,
        "_uuid": np.asarray(form_numbers(np.ones(n, bool)), dtype=object),
        "_submission_time": given["end"],
        "_index": number,
    }
    return pd.DataFrame(answers | server)


def _visits(invented: InventedSurvey, random: np.random.Generator) -> dict[str, Texts]:
    """What is known of every visit: where, when, by whom, and with what result."""
    visited = invented.visits
    n, psu, outcome = len(visited.outcome), visited.psu, visited.outcome
    day = invented.days.astype("datetime64[m]")
    interviewer = np.asarray(enumerators(visited.cells["area_id"], psu), dtype=object)
    # One visit of an interviewer after the other.
    before = pd.Series(day).groupby([interviewer, day]).cumcount().to_numpy()
    begin = day + 8 * 60 + 20 + _MINUTES_A_VISIT * before
    end = begin + random.integers(*_MINUTES_ASKED, n)
    texts = {name: np.array([f"{one}:00.000+03:00" for one in times.astype(str).tolist()], dtype=object)
             for name, times in (("start", begin), ("end", end))}  # fmt: skip
    result = np.where(np.isin(outcome, ["nobody_home", "no_household"]), outcome, "met")
    assent = np.where(random.random(n) < 0.3, "not_there", "no")
    return texts | {
        "today": invented.days.astype("datetime64[D]").astype(str).astype(object),
        "area_id": visited.cells["area_id"].astype(object),
        "psu_id": visited.frame["psu_id"].to_numpy(dtype=object)[psu],
        "enumerator_id": interviewer,
        "visit_result": result.astype(object),
        "consent_guardian": np.where(outcome == "no_consent", "no", "yes").astype(object),
        "assent_child": np.where(outcome == "no_assent", assent, "yes").astype(object),
        questionnaire.IN_PRIVATE: np.full(n, "yes", dtype=object),
    }


def _children(invented: InventedSurvey, random: np.random.Generator) -> dict[str, Texts]:
    """The ages that the guardian lists, from the oldest to the youngest, and the draw of one of them."""
    visited, n = invented.visits, len(invented.visits.outcome)
    ages = random.integers(5, 18, (n, int(visited.eligible.max())))
    # The first is the child that was drawn.
    interviewed = visited.outcome == INTERVIEW
    ages[interviewed, 0] = invented.respondents["age"].to_numpy(dtype=np.int64)
    part = random.uniform(0.1, 0.9, n)
    found = {name: np.full(n, "", dtype=object) for name in ("children_ages", "draw", "child_age", "child_position")}
    for row, eligible in enumerate(visited.eligible.tolist()):
        listed = sorted(ages[row, :eligible].tolist(), reverse=True)
        position = listed.index(ages[row, 0]) if eligible else -1
        found["children_ages"][row] = " ".join(map(str, listed)) or "0"
        found["draw"][row] = f"{(position + part[row]) / eligible:.4f}" if eligible else f"{part[row]:.4f}"
        found["child_position"][row] = str(position + 1)
        found["child_age"][row] = str(listed[position]) if eligible else ""
    return found | {"children_eligible": visited.eligible.astype(str).astype(object)}


def _answered(question: dict, respondents: pd.DataFrame, random: np.random.Generator) -> Texts:
    """The answers of those interviewed, as if the question applied to all of them."""
    column = respondents[question["column"]]
    n, missing = len(column), column.isna().to_numpy()
    unknown = _UNKNOWN_NUMBERS if question["type"] == "integer" else _UNKNOWN
    texts = np.array(unknown, dtype=object)[(random.random(n) < 0.4).astype(int)]
    if question["column"] == "assets":
        items = np.array([code for code in question["codes"] if code not in (questionnaire.NONE, *_UNKNOWN)])
        owned = random.random((n, len(items))).argsort(axis=1) < column.fillna(0).to_numpy(dtype=int)[:, None]
        said = np.array([" ".join(items[row]) or questionnaire.NONE for row in owned], dtype=object)
    elif column.dtype == "boolean":
        said = np.where(column.fillna(False).to_numpy(dtype=bool), "yes", "no").astype(object)
    else:
        said = column.astype(object).where(~missing, "").astype(str).to_numpy(dtype=object)
    texts[~missing] = said[~missing]
    return texts
