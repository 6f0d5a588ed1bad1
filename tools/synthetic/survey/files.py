"""The files of the synthetic survey: its export by KoboToolbox, its frame, and its truth; the same bytes each time."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import yaml
from numpy.typing import NDArray

from analysis.spreadsheets import csv_bytes
from analysis.survey import questionnaire
from tools.synthetic.survey import injected_errors
from tools.synthetic.survey.population import INTERVIEW
from tools.synthetic.survey.sample import (
    DAYS,
    FIRST_DAY,
    SEED,
    SyntheticSurvey,
    enumerators,
    form_numbers,
    survey,
)

EXPORT, DESCRIPTION, FRAME = "survey_SYNTHETIC.csv", "survey_SYNTHETIC.survey.yml", "survey_frame_SYNTHETIC.csv"
TITLE = "Survey of children in nine provinces (SYNTHETIC)"
LAST_DAY = str(FIRST_DAY + DAYS - 1)
# Tables below truth/, and what they say.
TRUTH = {
    "survey_truth": "True prevalences and odds ratios of the invented survey, and how each was set",
    "survey_planted": "Everything that was planted in the export of the survey, and what must become of it",
}


@dataclass(frozen=True, eq=False)
class WrittenSurvey:
    """The synthetic survey and everything injected in its export."""

    survey: SyntheticSurvey
    errors: injected_errors.Injected


def write(folder: Path, source: str, seed: int = SEED) -> WrittenSurvey:
    """Write the survey into a folder that has a folder ``truth``: the same bytes for the same arguments.

    Parameters
    ----------
    folder : files of the same names are replaced. source : the command that writes them. seed : of the survey.
    """
    made = survey(seed)
    injected = injected_errors.inject(export(made), seed)
    text = injected.visits.rename(columns=headers())
    # KoboToolbox separates the cells of its CSV files by semicolons.
    _write(folder / EXPORT, text, sep=";")
    _write(folder / FRAME, made.frame.assign(urban=made.frame["urban"].map({True: "yes", False: "no"})))
    (folder / DESCRIPTION).write_text(_description(source), encoding="utf-8", newline="\n")
    _write(folder / "truth" / "survey_truth.csv", made.truth.assign(value=made.truth["value"].map("{:.9g}".format)))
    _write(folder / "truth" / "survey_planted.csv", injected_errors.table(injected))
    return WrittenSurvey(made, injected)


def _write(path: Path, table: pd.DataFrame, sep: str = ",") -> None:
    path.write_bytes(csv_bytes(table, sep=sep))


def _description(source: str) -> str:
    fields = {
        "survey": "children_nine_provinces",
        "title": TITLE,
        "study": "demo_provinces",
        "kind": "synthetic",
        "publisher": "This project (synthetic)",
        "source": source,
        "date": LAST_DAY,
        "sampling": "probability",
        "frame": FRAME,
        "licence": "CC BY 4.0",
    }
    text = yaml.safe_dump(fields, allow_unicode=True, sort_keys=False, width=120)
    return f"# SYNTHETIC: invented children and answers. An example to copy beside a survey's own export.\n{text}"


def readme(written: WrittenSurvey) -> str:
    """What the survey is, in the words of the README of its folder."""
    visits, respondents = written.survey.visits, written.survey.respondents
    tables = "\n".join(f"| `truth/{table}.csv` | {title} |" for table, title in TRUTH.items())
    return f"""
## The survey of children

`{EXPORT}` is what KoboToolbox would export of an invented survey: {len(visits.outcome):,} households visited in
18 strata (nine provinces, Turkish and Syrian households), {len(respondents):,} children interviewed, until {LAST_DAY}.
`{FRAME}` is its sampling frame and `{DESCRIPTION}` says how it was drawn.

| truth | what it says |
|---|---|
{tables}

- Every outcome follows from odds ratios that are planted, exactly, though children of one sampling unit are alike:
  a uniform number, correlated by 0.05 within units on the normal scale, is held against the chance of each child.
- With public figures agree, exactly: work of Turkish children by age and sex, their sectors and school attendance
  (TÜİK 2019), and paid work of Syrian boys of 12-14 and 15-17 years (TDHS 2018), see `child_labour_benchmarks`. The
  national figures stand for the nine provinces. The odds ratios of sex and age, the intercept of work, the levels of
  sectors, and the shares out of school of three groups are solved for that; all others are invented, as `how` says.
- Children of a stratum are inhabitants or Syrians under temporary protection in 2021 (`population`) times the share of
  children: of Türkiye (2019) for the one, 33 % for the other, which is assumed.
- True prevalences are those of the infinite population that the odds ratios and shares describe; they are computed from
  all combinations of traits, and not from the sample. Unknown answers fall on anybody alike.
- `survey_planted` has one line a consequence: `quarantine` (by this rule), `not known`, `read` (as if it were written
  properly), `no_consent` (nothing of it is kept), `no row` (blank), `nowhere` (it must not leave the file).
"""


# --- The export ------------------------------------------------------------------------------------------------------

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


def export(made: SyntheticSurvey) -> pd.DataFrame:
    """The visits as texts, one row each, by question; the columns of the server are the last.

    What the table of respondents says is not known was answered by "don't know" or not answered; a question that the
    form did not put is empty.

    Returns
    -------
    DataFrame of texts with the questions of the questionnaire, and what the server adds, as columns.
    """
    visited, respondents = made.visits, made.respondents
    random = np.random.default_rng([made.seed, 4])
    n, interviewed = len(visited.outcome), visited.outcome == INTERVIEW
    given = _visits(made, random)
    for name, texts in _children(made, random).items():
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
            texts = np.where(questionnaire.applies(question["relevant"], answers), texts, "")
        answers[name] = texts
    number = np.arange(1, n + 1).astype(str).astype(object)
    server = {
        "_id": number,
        "_uuid": np.asarray(form_numbers(np.ones(n, bool)), dtype=object),
        "_submission_time": given["end"],
        "_index": number,
    }
    return pd.DataFrame(answers | server)


def _visits(made: SyntheticSurvey, random: np.random.Generator) -> dict[str, Texts]:
    """What is known of every visit: where, when, by whom, and with what result."""
    visited = made.visits
    n, psu, outcome = len(visited.outcome), visited.psu, visited.outcome
    day = made.days.astype("datetime64[m]")
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
        "today": made.days.astype("datetime64[D]").astype(str).astype(object),
        "area_id": visited.cells["area_id"].astype(object),
        "psu_id": visited.frame["psu_id"].to_numpy(dtype=object)[psu],
        "enumerator_id": interviewer,
        "visit_result": result.astype(object),
        "consent_guardian": np.where(outcome == "no_consent", "no", "yes").astype(object),
        "assent_child": np.where(outcome == "no_assent", assent, "yes").astype(object),
        questionnaire.IN_PRIVATE: np.full(n, "yes", dtype=object),
    }


def _children(made: SyntheticSurvey, random: np.random.Generator) -> dict[str, Texts]:
    """The ages that the guardian lists, from the oldest to the youngest, and the draw of one of them."""
    visited, n = made.visits, len(made.visits.outcome)
    ages = random.integers(5, 18, (n, int(visited.eligible.max())))
    # The first is the child that was drawn.
    interviewed = visited.outcome == INTERVIEW
    ages[interviewed, 0] = made.respondents["age"].to_numpy(dtype=np.int64)
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
