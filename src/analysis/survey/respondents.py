"""The table of respondents: answers with their types, and what follows from them; one row a child interviewed."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.survey import questionnaire
from analysis.survey.questionnaire import DONT_KNOW, NONE, REFUSED, UNKNOWN, UNKNOWN_NUMBERS
from analysis.survey.relevance import Answers, applies
from analysis.survey.rules import day

# Columns that no question fills: where they come from.
DERIVED = {
    "respondent_id": "the number that the form gave itself",
    "stratum": "of the sampling unit, from the sampling frame",
    "psus_in_stratum": "of the sampling unit, from the sampling frame",
    "households_in_psu": "of the sampling unit, from the sampling frame",
    "urban": "of the sampling unit, from the sampling frame",
    "households_sampled": "households of the sampling unit that were visited, whatever came of it",
    "weight_base": "one over the chance to be drawn, see analysis.survey.sample.weights",
    "weight": "weight_base, adjusted for non-response within the stratum",
    "age_group": "of age: 5-11, 12-14, 15-17",
    "separated": "whether the child lives with neither parent",
    "years_in_turkiye": "age less age on arrival",
    "registered_elsewhere": "whether the province of registration is not that of residence",
    "out_of_school": "whether the child does not attend school",
    "working": "whether the child did any work last week: own farm, family business, goods, or other",
    "sector_group": "of sector: agriculture (A), industry (B-F), services (G, I, N, S, T)",
}
DESIGN = (
    *("respondent_id", "area_id", "stratum", "psu_id", "psus_in_stratum", "households_in_psu", "households_sampled"),
    *("children_eligible", "weight_base", "weight", "urban", "interview_date", "enumerator_id"),
)
# A derived column stands behind the one that it follows from.
_BEHIND = {
    "age_group": "age",
    "separated": "lives_with_parents",
    "years_in_turkiye": "age_at_arrival",
    "registered_elsewhere": "registration_area_id",
    "out_of_school": "attends_school",
    "working": "work_other",
    "sector_group": "sector",
}
WORK = ("work_farm", "work_family_business", "work_goods", "work_other")
SECTOR_GROUPS = {"A": "agriculture"} | dict.fromkeys("BCDEF", "industry") | dict.fromkeys("GINST", "services")
ANSWERED, BLANK, NOT_ASKED = "answered", "blank", "not_asked"
# What may come of a question, for one respondent.
OUTCOMES = (ANSWERED, DONT_KNOW, REFUSED, BLANK, NOT_ASKED)


def columns() -> tuple[str, ...]:
    """The columns of the table of respondents, in their order."""
    asked = [name for name in questionnaire.questions()["column"] if name and name not in DESIGN]
    found = list(DESIGN)
    for name in asked:
        found += [name, *(derived for derived, source in _BEHIND.items() if source == name)]
    return tuple(found)


def respondents(uuid: np.ndarray, answers: Answers) -> pd.DataFrame:
    """Answers that keep the rules, as a table with types.

    Parameters
    ----------
    uuid : n texts. answers : name of a question -> n texts, as `export.read` gives them.

    Returns
    -------
    DataFrame of n rows with the columns of `columns`, less those of the sampling frame and the weights. Yes or no is
    "boolean", a whole number Int64, a code str. What is not known or does not apply is NA, but for two columns whose
    value follows: a child that does not work works 0 hours, and one that never attended school does not attend it.
    """
    found: dict[str, pd.Series] = {"respondent_id": pd.Series(uuid, dtype="str")}
    for question in questionnaire.questions().to_dict("records"):
        if question["column"]:
            found[question["column"]] = _column(question["column"], question, answers[question["name"]])
    table = pd.DataFrame(found)
    never = (table["ever_attended"] == False).fillna(False)  # noqa: E712 - of three values, this one
    table["attends_school"] = table["attends_school"].mask(never, False)
    working = _any(table[list(WORK)])
    table["work_hours"] = table["work_hours"].mask((working == False).fillna(False), 0)  # noqa: E712
    years = pd.cut(table["age"].astype(float), [4, 11, 14, 17], labels=["5-11", "12-14", "15-17"])
    neither = (table["lives_with_parents"] == "neither").astype("boolean")
    elsewhere = (table["registration_area_id"] != table["area_id"]).astype("boolean")
    elsewhere = elsewhere.mask(table["registration_area_id"].isna())
    derived = {
        "age_group": years.astype("str"),
        "separated": neither.mask(table["lives_with_parents"].isna()),
        "years_in_turkiye": table["age"] - table["age_at_arrival"],
        # Whoever is not registered is not registered elsewhere.
        "registered_elsewhere": table["registered"] & elsewhere,
        "out_of_school": ~table["attends_school"],
        "working": working,
        "sector_group": table["sector"].map(SECTOR_GROUPS).astype("str"),
    }
    table = table.assign(**derived)
    return table[[name for name in columns() if name in table]]


def _column(column: str, question: dict, texts: np.ndarray) -> pd.Series:
    """One question's answers with their type."""
    stated = pd.Series(texts, dtype="str").replace(["", *UNKNOWN], None)
    if question["type"] == "today":
        return pd.to_datetime(pd.Series([day(text) for text in texts], dtype=object))
    if question["type"] in ("integer", "calculate"):
        known = stated.mask(stated.isin(list(UNKNOWN_NUMBERS))) if question["unknown"] else stated
        return pd.to_numeric(known, errors="coerce").astype("Int64")
    if question["codes"][:2] == ("yes", "no"):
        return stated.map({"yes": True, "no": False}).astype("boolean")
    if question["type"] == "select_multiple":
        order = {code: place for place, code in enumerate(question["codes"])}
        ordered = stated.map(
            lambda text: " ".join(sorted(set(text.split()), key=order.__getitem__)), na_action="ignore"
        )
        if column == "assets":
            counted = ordered.map(lambda text: 0 if text == NONE else len(text.split()), na_action="ignore")
            return counted.astype("Int64")
        return ordered.astype("str")
    return stated.astype("str")


def _any(table: pd.DataFrame) -> pd.Series:
    """Three-valued: a known yes is yes, all known no is no, else not known."""
    found = pd.Series(False, index=table.index, dtype="boolean")
    for name in table:
        found = found | table[name]
    return found


def answers_account(answers: Answers) -> pd.DataFrame:
    """What came of each question that was put to respondents: question, outcome (one of `OUTCOMES`), rows.

    For every question the rows add up to the number of respondents. ``blank`` was to be asked and was not answered.
    """
    rows = []
    asked = questionnaire.questions()
    for question in asked[asked["unknown"] | asked["block"].isin(["child"])].to_dict("records"):
        texts = answers[question["name"]]
        numbers = UNKNOWN_NUMBERS if question["type"] == "integer" else {}
        said = np.array([numbers.get(text, text if text in UNKNOWN else ANSWERED) for text in texts], dtype=object)
        said[texts == ""] = BLANK
        said[~applies(question["relevant"], answers)] = NOT_ASKED
        rows += [(question["name"], outcome, int((said == outcome).sum())) for outcome in OUTCOMES]
    return pd.DataFrame(rows, columns=["question", "outcome", "rows"])
