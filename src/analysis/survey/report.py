"""What became of a survey's export, for whoever keeps the data: what to fix, and where; never what stands there."""

from __future__ import annotations

from typing import Any

import pandas as pd

from analysis import areas, texts
from analysis.report.quarantine import grouped, in_lines, page, percent
from analysis.survey import export, questionnaire
from analysis.survey.description import Description
from analysis.survey.intake import (
    ANSWERED,
    ANSWERS_LEFT_OUT,
    IN_QUARANTINE,
    INTERVIEW,
    NOT_ASKED,
    OUTCOMES,
    PROBABILITY,
    REFUSALS,
    SurveyIntake,
)

# Below two interviews a sampling unit says nothing of how alike its children are; below this it says little.
FEW = 5
# Questions with a larger share of unknown answers are listed first, and stand out.
MANY_UNKNOWN = 0.1
OUTCOME_WORDS = {
    INTERVIEW: "Interviews",
    "nobody_home": "Nobody at home",
    "no_household": "No household there",
    "no_consent": "No consent of a guardian",
    "no_child": "No child of 5 to 17 years",
    "no_assent": "No assent of the child, or not there",
    IN_QUARANTINE: "In quarantine",
}
# What whoever keeps the data does about each rule.
WHAT_TO_DO = texts.table(__name__, "what_to_do")


def render(found: SurveyIntake, description: Description) -> str:
    """The report on a survey, as an HTML page that loads nothing from outside.

    It names the file, rows, questions, sampling units and interviewers' numbers; it holds no answer.
    """
    weighted = description.sampling == PROBABILITY and not found.unweighted
    return page(
        "survey_intake.html.j2",
        study=areas.get(description.study).name,
        kind=description.kind,
        title=description.title,
        file=found.file,
        publisher=description.publisher,
        source=description.source,
        date=description.date.isoformat(),
        sampling=description.sampling.replace("_", "-"),
        sentence=account_sentence(found),
        outcomes=_outcomes(found),
        answers_left_out=_rows(found)[ANSWERS_LEFT_OUT],
        faults=grouped(found.quarantine, WHAT_TO_DO),
        unknown=_unknown(found.account),
        many_unknown=round(100 * MANY_UNKNOWN),
        strata=_strata(found, weighted),
        few=FEW,
        few_units=_few_units(found),
        weighted=weighted,
        unweighted=found.unweighted,
        enumerators=found.fieldwork.to_dict("records"),
        shortest=export.SHORTEST,
        undeclared=list(found.undeclared),
    )


def summary(found: SurveyIntake, description: Description) -> str:
    """The same in a few lines for a terminal."""
    kind = {"synthetic": " (SYNTHETIC)", "confidential": " (confidential)"}.get(description.kind, "")
    lines = [f"{description.survey}{kind}: {found.file}", f"  {account_sentence(found)}"]
    if found.unweighted:
        lines.append(f"  no weights: {found.unweighted}")
    lines += in_lines(found.quarantine, WHAT_TO_DO)
    if found.undeclared:
        lines.append(f"  columns of no question, left out: {', '.join(found.undeclared)}")
    return "\n".join(lines)


def account_sentence(found: SurveyIntake) -> str:
    """All rows are interviews, visits without one, or in quarantine."""
    rows = _rows(found)
    without = sum(rows[name] for name in REFUSALS)
    visits = "visit" if without == 1 else "visits"
    return (
        f"{rows['read']:,} rows = {rows[INTERVIEW]:,} interviews + {without:,} {visits} without an interview + "
        f"{rows[IN_QUARANTINE]:,} in quarantine"
    )


def kish(weights: pd.Series) -> float:
    """The design effect of unequal weights, n sum(w^2) / sum(w)^2; 1 where all are equal.

    References
    ----------
    Kish (1965), Survey Sampling, section 11.7; Kish (1992), Journal of Official Statistics.
    """
    stated = weights.dropna().astype(float)
    return float(len(stated) * (stated**2).sum() / stated.sum() ** 2) if len(stated) else float("nan")


def _rows(found: SurveyIntake) -> dict[str, int]:
    of_rows = found.account[found.account["question"] == ""]
    return dict(zip(of_rows["outcome"], of_rows["rows"].astype(int), strict=True))


def _outcomes(found: SurveyIntake) -> list[dict[str, Any]]:
    rows = _rows(found)
    return [{"words": words, "rows": rows[name], "percent": percent(rows[name], rows["read"])}
            for name, words in OUTCOME_WORDS.items()]  # fmt: skip


def _unknown(account: pd.DataFrame) -> list[dict[str, Any]]:
    """By question, how many answers are not known of those that were due; the largest share first."""
    by_question = account[account["question"] != ""].pivot(index="question", columns="outcome", values="rows")
    labels = questionnaire.questions().set_index("name")["label"]
    found = []
    for question, rows in by_question[list(OUTCOMES)].iterrows():
        due = int(rows.drop(NOT_ASKED).sum())
        unknown = due - int(rows[ANSWERED])
        share = unknown / due if due else 0.0
        found.append(
            {"question": question, "label": labels[question], "due": due, "unknown": unknown, "share": share}
            | {name: int(rows[name]) for name in OUTCOMES}
            | {"percent": percent(unknown, due), "width": f"{100 * share:.1f}", "many": share > MANY_UNKNOWN}
        )
    return sorted(found, key=lambda row: (-row["share"], row["question"]))


def _strata(found: SurveyIntake, weighted: bool) -> list[dict[str, Any]]:
    """By stratum: interviews, units, and how unequal the weights are."""
    rows = []
    for stratum, children in found.respondents.groupby("stratum", sort=True):
        per_unit = children.groupby("psu_id").size()
        weights = children["weight"].astype(float)
        row = {"stratum": stratum, "interviews": len(children), "units": len(per_unit), "fewest": int(per_unit.min())}
        if weighted:
            adjusted = weights.sum() / children["weight_base"].astype(float).sum()
            row |= {"low": weights.min(), "median": weights.median(), "high": weights.max()}
            row |= {"stands_for": weights.sum(), "nonresponse": adjusted, "kish": kish(weights)}
        rows.append(row)
    return rows


def _few_units(found: SurveyIntake) -> list[dict[str, Any]]:
    """Sampling units with few interviews, those with none among them."""
    held = found.respondents.groupby("psu_id").size()
    visited = sorted({*found.respondents["psu_id"], *found.refusals["psu_id"]} - {""})
    few = [{"psu": unit, "interviews": int(held.get(unit, 0))} for unit in visited if held.get(unit, 0) < FEW]
    return sorted(few, key=lambda unit: (unit["interviews"], unit["psu"]))
