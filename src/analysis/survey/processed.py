"""Tables of a survey made from its export: respondents, quarantine and account, and how they are read.

`build` computes and writes nothing. The batch writes what it returns to ``data/processed/<study>/``, with a manifest of
digests; `load` reads the tables back and refuses those that are not as the manifest says.

`render` and `summary` say what became of an export, for whoever keeps the data: what to fix, and where; never what
stands there.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from analysis import areas, catalog, encryption, release_register, texts
from analysis.catalog import Dataset, shown
from analysis.jobs import SurveyTables
from analysis.processed import ProcessedError, as_csv, as_parquet, read, require_as_catalogued
from analysis.survey import counts, export, questionnaire, sample
from analysis.survey.intake import (
    ANSWERED,
    ANSWERS_LEFT_OUT,
    IN_QUARANTINE,
    INTERVIEW,
    NOT_ASKED,
    OUTCOMES,
    PROBABILITY,
    REFUSALS,
    Description,
    SurveyIntake,
    described,
    intake,
)
from analysis.templating.quarantine import grouped, in_lines, page, percent
from survey_stats import NotEstimable

# A solver comes with it: whoever only has a file checked need not wait for it.
if TYPE_CHECKING:
    from analysis.count_protection import Protected

TABLES = ("survey_respondents.parquet", "survey_quarantine.csv", "survey_account.parquet")
# The count tables that can be released: what must be suppressed in them is missing.
PROTECTED = "survey_protected.parquet"
# One row, and only what the description says: notebooks read the tables, and never a file that was sent.
ABOUT = "survey.parquet"


@dataclass(frozen=True, eq=False)
class Survey:
    """The survey of a study as tables.

    Parameters
    ----------
    study, kind : whose survey it is; ``public``, ``confidential`` or ``synthetic``.
    sampling : ``probability``, ``purposive`` or ``respondent_driven``.
    title, publisher : of the survey. date : last day of fieldwork, as 2026-04-30.
    respondents : one row a child interviewed, see `respondents.respondents`, with weights.
    quarantine : rows that did not become respondents, with rule and reason, and without an answer.
    account : what became of all rows, and of each question, see `intake.SurveyIntake`.
    """

    study: str
    kind: str
    sampling: str
    title: str
    publisher: str
    date: str
    respondents: pd.DataFrame
    quarantine: pd.DataFrame
    account: pd.DataFrame

    @property
    def is_synthetic(self) -> bool:
        return self.kind == "synthetic"


def build(study: str) -> dict[str, bytes]:
    """Read, check and weight the survey of a study.

    Returns
    -------
    Path below ``data/processed`` -> content: the tables of `Survey` and the data manager's report. Same export,
    description and sampling frame, same bytes.

    Raises
    ------
    ProcessedError : there is no export, or more than one, or its description and the catalogue contradict each other,
        or the sampling frame is not catalogued.
    analysis.survey.intake.DescriptionError, analysis.survey.export.ExportError,
    analysis.survey.sample.FrameError, analysis.intake.source.SourceError : a file cannot be read as what it should be.
    survey_stats.design.NotEstimable : there can be no weights.
    """
    from disclosure import stacked

    entry = _entry(study)
    assert entry.description_path is not None
    said = described(entry.description_path)
    require_as_catalogued(entry, said)
    found = _intake(entry, said)
    if found.unweighted:
        # Its report can be had all the same, by `check`; estimates cannot.
        raise NotEstimable("unweighted_sample", found.unweighted)
    tables = SurveyTables(study)
    counted = _protected(study, found.respondents)
    about = pd.DataFrame([{"sampling": said.sampling, "title": said.title, "publisher": said.publisher}])
    about["date"] = said.date.isoformat()
    names = {
        "survey.parquet": as_parquet(about, said.kind),
        "survey_respondents.parquet": as_parquet(_ordered(found.respondents), said.kind),
        "survey_quarantine.csv": as_csv(found.quarantine, said.kind),
        "survey_account.parquet": as_parquet(found.account, said.kind),
        PROTECTED: as_parquet(stacked(counted.tables), said.kind),
        tables.report: render(found, said).encode(),
    }
    if len(counted.account):
        names[tables.account] = as_csv(counted.account, said.kind)
    return {tables.file(name).relative_to(tables.folder.parent).as_posix(): content for name, content in names.items()}


def load(study: str) -> Survey:
    """The tables of a study's survey, as the last run made them.

    The export that they were made from, and the tables themselves, count as read from now on.

    Raises
    ------
    ProcessedError : the tables have not been made, or are not as their manifest says.
    """
    tables = SurveyTables(study)
    found = read(tables, [ABOUT, *TABLES])
    about = found["survey"].iloc[0]
    return Survey(
        study=study,
        kind=tables.kind,
        sampling=about["sampling"],
        title=about["title"],
        publisher=about["publisher"],
        date=about["date"],
        respondents=found["survey_respondents"],
        quarantine=found["survey_quarantine"],
        account=found["survey_account"],
    )


def protected(study: str) -> dict[str, pd.DataFrame]:
    """The protected count tables of a study's survey: all that may be told of the children asked by number.

    Returns
    -------
    Name -> table of dimensions and ``count`` (children asked, Int64), which is missing where it is suppressed; see
    `counts`.

    Raises
    ------
    ProcessedError : the tables have not been made, or are not as their manifest says.
    """
    import disclosure

    stacked = read(SurveyTables(study), [PROTECTED])[PROTECTED.removesuffix(".parquet")]
    return {name: table.astype({"count": "Int64"}) for name, table in disclosure.unstacked(stacked).items()}


def _protected(study: str, respondents: pd.DataFrame) -> Protected:
    """The count tables of all areas, protected together and with those of earlier releases, as far as they can be.

    A survey is closed: the release before stays, unless at least k answers came or went.
    """
    import disclosure
    from analysis.count_protection import Protected, by_suppression, without

    every = counts.count_tables(respondents)
    asked = {name for entry in SurveyTables(study).entries for name in entry.withhold}
    tables, account = without(every, asked, lambda: every)
    releases = release_register.releases(study, SurveyTables.records)
    if releases and disclosure.came_or_went(tables, releases) < counts.K:
        return Protected(releases[-1], account)
    earlier = release_register.earlier(study, SurveyTables.records)
    return by_suppression(tables, counts.nested(), earlier, counts.K).after(account)


def _entry(study: str) -> Dataset:
    entries = catalog.survey_exports(study)
    if not entries:
        raise ProcessedError("not_catalogued", f"No survey of {study} is catalogued.")
    if len(entries) > 1:
        raise ProcessedError(
            "several_exports",
            f"{len(entries)} exports are catalogued as the survey of {study}: '{entries[0].name}' and "
            f"'{entries[1].name}'. One export of all forms is read; take the others out of {entries[1].listed_in}.",
        )
    return entries[0]


def _intake(entry: Dataset, said: Description) -> SurveyIntake:
    assert entry.description_path is not None
    frame = _frame(entry.description_path.with_name(said.frame), entry) if said.frame else None
    return intake(catalog.verify(entry.name), frame, sheet=said.sheet, sampling=said.sampling, last=said.date)


def _frame(path: Path, entry: Dataset) -> pd.DataFrame:
    """The sampling frame, which is a data set of the catalogue like any other: a change of it is noticed."""
    names = [name for name, each in catalog.datasets().items() if catalog.plain(each.path) == path]
    if not names:
        raise ProcessedError(
            "frame_not_catalogued",
            f"The sampling frame {shown(path)} is not catalogued: list it in {entry.listed_in}, with its sha256.",
        )
    file = io.BytesIO(encryption.content(catalog.opened(names[0])))
    content = pd.read_csv(file, dtype=str, keep_default_na=False, encoding="utf-8")
    try:
        return sample.checked_frame(content)
    except sample.FrameError as error:
        raise ProcessedError("invalid_frame", f"{shown(path)}: {error}") from None


def _ordered(respondents: pd.DataFrame) -> pd.DataFrame:
    """Respondents by stratum, unit and number: not in the order of the file, which is that of the visits."""
    return respondents.sort_values(["stratum", "psu_id", "respondent_id"], ignore_index=True)


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
        answers_left_out=_rows_by_outcome(found)[ANSWERS_LEFT_OUT],
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
    rows = _rows_by_outcome(found)
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


def _rows_by_outcome(found: SurveyIntake) -> dict[str, int]:
    of_rows = found.account[found.account["question"] == ""]
    return dict(zip(of_rows["outcome"], of_rows["rows"].astype(int), strict=True))


def _outcomes(found: SurveyIntake) -> list[dict[str, Any]]:
    rows = _rows_by_outcome(found)
    return [{"words": words, "rows": rows[name], "percent": percent(rows[name], rows["read"])}
            for name, words in OUTCOME_WORDS.items()]  # fmt: skip


def _unknown(account: pd.DataFrame) -> list[dict[str, Any]]:
    """The number of answers of each question that are not known of those due; the largest share first."""
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
    """Interviews and units of each stratum, and how unequal the weights are."""
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
