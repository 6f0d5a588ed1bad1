"""Intake of a survey's export: respondents, refusals, and rows in quarantine; and the description beside it.

The description of a survey is a short YAML file beside its export, that says what it is and how it was drawn. The table
of respondents has answers with their types, and what follows from them; one row a child interviewed.

Each row is a respondent, a refusal, or in quarantine. Of a household without consent or assent nothing is kept but that
it was visited. What breaks a rule sends its row to quarantine, which names file, row, column and rule, and holds no
answer.
"""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

from analysis import areas
from analysis.catalog import KINDS, SAID_ON_PAGES, identifying, plain, shown
from analysis.survey import questionnaire, sample
from analysis.survey.export import (
    NO_VISIT,
    REASONS,
    Export,
    Fault,
    by_enumerator,
    day,
    of_interviews,
    of_visits,
    outcomes,
    read,
    repeats,
)
from analysis.survey.questionnaire import DONT_KNOW, NONE, REFUSED, UNKNOWN, UNKNOWN_NUMBERS, Answers, applies
from bounded.refusal import Coded, Refusal
from survey_stats import NotEstimable

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


def respondent_table(uuid: np.ndarray, answers: Answers) -> pd.DataFrame:
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
    """Return the outcomes of each question put to respondents: question, outcome (one of `OUTCOMES`), rows.

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


QUARANTINE = ["file", "sheet", "row", "column", "rule", "reason"]
PROBABILITY, PURPOSIVE, RESPONDENT_DRIVEN = "probability", "purposive", "respondent_driven"
SAMPLING = (PROBABILITY, PURPOSIVE, RESPONDENT_DRIVEN)
# Rows of the account that are about rows of the file, and not about a question.
INTERVIEW, IN_QUARANTINE, ANSWERS_LEFT_OUT = "interview", "quarantine", "answers_left_out"
REFUSALS = ("nobody_home", "no_household", "no_consent", "no_child", "no_assent")


@dataclass(frozen=True, eq=False)
class SurveyIntake:
    """Tables of an export: respondents, refusals, quarantine and account.

    Parameters
    ----------
    file : path, as shown.
    respondents : one row a child interviewed, with weights where the sample is a probability sample.
    refusals : one row a visit without an interview: psu_id and outcome, and nothing of what was said; interviews in
        quarantine are among them, since for the weights they are none.
    quarantine : one row a cell or row that broke a rule: file, sheet, row, column, rule, reason.
    account : question, outcome, rows. Where `question` is "", of the rows of the file: ``interview``, refusals by
        outcome, and ``quarantine`` add up to ``read``; ``answers_left_out`` counts visits without consent or assent in
        whose form answers stood nevertheless. Else of the respondents, what came of each question.
    undeclared : letters of columns that hold something and belong to no question.
    fieldwork : one row an interviewer, see `fieldwork.by_enumerator`.
    unweighted : why a probability sample has no weights (yet), and what would help; "" where it has.
    """

    file: str
    respondents: pd.DataFrame
    refusals: pd.DataFrame
    quarantine: pd.DataFrame
    account: pd.DataFrame
    undeclared: tuple[str, ...]
    fieldwork: pd.DataFrame
    unweighted: str = ""


def intake(
    file: str | Path,
    frame: pd.DataFrame | None = None,
    *,
    sheet: str = "",
    sampling: str = PROBABILITY,
    last: datetime.date | None = None,
) -> SurveyIntake:
    """Read an export of the questionnaire, check every row, and weight what is left.

    Parameters
    ----------
    file : .xlsx or CSV, with "XML values and headers".
    frame : sampling units that were drawn, see `sample.checked_frame`; needed for a probability sample.
    sheet : name of the sheet; "" for the first that is not hidden.
    sampling : ``probability``, ``purposive`` or ``respondent_driven``: of the latter two no interview stands for
        anybody else: ``weight`` is 1 and ``weight_base`` NA, and without a frame provinces are the strata.
    last : end of fieldwork: no interview is of a later day.

    Returns
    -------
    SurveyIntake; rows read are respondents, refusals and rows in quarantine, each once.

    Raises
    ------
    analysis.intake.source.SourceError, analysis.survey.export.ExportError : the file cannot be read as an export.
    ValueError : a probability sample without a frame.
    """
    if sampling not in SAMPLING:
        raise Refusal("unknown_choice", f"`sampling` must be one of {', '.join(SAMPLING)}.")
    if sampling == PROBABILITY and frame is None:
        raise Refusal(
            "missing_frame", "Interviews of a probability sample are weighted by its sampling frame: give one."
        )
    export = read(file, sheet)
    outcome = outcomes(export.answers)
    interviewed = outcome == INTERVIEW
    faults = [fault for fault in of_visits(export, frame, last) if fault[0].any()]
    interviews = {name: texts[interviewed] for name, texts in export.answers.items()}
    for mask, name, rule in of_interviews(interviews):
        everywhere = np.zeros(len(export), bool)
        everywhere[np.flatnonzero(interviewed)[mask]] = True
        faults += [(everywhere, name, rule)] if mask.any() else []
    faults = _without_double(faults, len(export))
    broken = np.any([mask for mask, _, _ in faults], axis=0) if faults else np.zeros(len(export), bool)
    clean = interviewed & ~broken
    answers = {name: texts[clean] for name, texts in export.answers.items()}
    table = respondent_table(export.uuid[clean], answers)
    refusals = _refusals(export, outcome, broken, faults, frame)
    table, unweighted = _weighted(table, refusals, frame, sampling)
    result = SurveyIntake(
        file=export.file,
        respondents=table,
        refusals=refusals,
        quarantine=_quarantine(export, faults),
        account=pd.concat([_rows_account(export, outcome, broken), answers_account(answers)], ignore_index=True),
        undeclared=export.undeclared,
        fieldwork=by_enumerator(export, outcome, broken),
        unweighted=unweighted,
    )
    _nothing_is_lost(result, export, outcome, broken)
    return result


def _without_double(faults: list[Fault], length: int) -> list[Fault]:
    """Faults of rows that are no visit of their own go alone: what else such a row breaks is of no interest."""
    whole = np.zeros(length, bool)
    for mask, _, rule in faults:
        if rule in NO_VISIT:
            whole |= mask
    kept = [(mask if rule in NO_VISIT else mask & ~whole, name, rule) for mask, name, rule in faults]
    return [fault for fault in kept if fault[0].any()]


def _refusals(
    export: Export, outcome: np.ndarray, broken: np.ndarray, faults: list[Fault], frame: pd.DataFrame | None
) -> pd.DataFrame:
    """Visits without an interview, in units of the frame: psu_id and outcome."""
    no_visit = np.zeros(len(export), bool)
    for mask, _, rule in faults:
        if rule in NO_VISIT:
            no_visit |= mask
    said = np.where(broken & (outcome == INTERVIEW), IN_QUARANTINE, outcome)
    # Of forms that contradict each other all wait in quarantine, and one household was visited.
    counted = (said != INTERVIEW) & ~no_visit & ~repeats(export)
    if frame is not None:
        counted &= np.isin(export.answers["psu_id"], frame["psu_id"].to_numpy(dtype=object))
    table = pd.DataFrame({"psu_id": export.answers["psu_id"][counted], "outcome": said[counted]}, dtype="str")
    # In the order of the file a row could be found again.
    return table.sort_values(["psu_id", "outcome"], ignore_index=True)


def _weighted(
    table: pd.DataFrame, refusals: pd.DataFrame, frame: pd.DataFrame | None, sampling: str
) -> tuple[pd.DataFrame, str]:
    """The table with its columns from the sampling frame and its weights; or without them, and the reason."""
    kinds = {"stratum": "str", "urban": "boolean", "weight_base": "Float64", "weight": "Float64"}
    kinds |= dict.fromkeys(("psus_in_stratum", "households_in_psu", "households_sampled"), "Int64")
    found = pd.DataFrame({name: pd.Series(pd.NA, table.index, dtype=kind) for name, kind in kinds.items()})
    reason = ""
    if frame is None:
        found["stratum"] = table["area_id"]
    else:
        units = frame.set_index("psu_id")[["stratum", "psus_in_stratum", "households_in_psu", "urban"]]
        found[list(units)] = units.reindex(table["psu_id"]).set_axis(table.index)
    if sampling != PROBABILITY:
        # Whoever was not drawn by chance stands for nobody else.
        found["weight"] = 1.0
    elif frame is not None:
        try:
            found = sample.weights(table, refusals, frame).drop(columns="nonresponse")
        except NotEstimable as error:
            reason = str(error)
    return pd.concat([table, found.astype(kinds)], axis=1)[list(columns())], reason


def _quarantine(export: Export, faults: list[Fault]) -> pd.DataFrame:
    tables = [
        pd.DataFrame(
            {
                "file": export.file,
                "sheet": export.sheet,
                "row": export.rows[mask],
                "column": name,
                "rule": rule,
                "reason": REASONS[rule],
            }
        )
        for mask, name, rule in faults
    ]
    if not tables:
        return pd.DataFrame(columns=QUARANTINE)
    return pd.concat(tables).drop_duplicates().sort_values(["row", "column", "rule"], ignore_index=True)


def _rows_account(export: Export, outcome: np.ndarray, broken: np.ndarray) -> pd.DataFrame:
    rows = {"read": len(export), INTERVIEW: int(((outcome == INTERVIEW) & ~broken).sum())}
    rows |= {name: int(((outcome == name) & ~broken).sum()) for name in REFUSALS}
    asked = questionnaire.questions()
    within = asked.loc[asked["relevant"].str.contains(questionnaire.ASSENT, regex=False), "name"]
    answered = np.any([export.answers[name] != "" for name in within], axis=0)
    rows |= {IN_QUARANTINE: int(broken.sum()), ANSWERS_LEFT_OUT: int((answered & (outcome != INTERVIEW)).sum())}
    return pd.DataFrame({"question": "", "outcome": list(rows), "rows": list(rows.values())})


def _nothing_is_lost(result: SurveyIntake, export: Export, outcome: np.ndarray, broken: np.ndarray) -> None:
    """Every row of the file is a respondent, a refusal or in quarantine, and is so once."""
    in_quarantine = set(result.quarantine["row"])
    refused = (outcome != INTERVIEW) & ~broken
    if in_quarantine != set(export.rows[broken]) or len(export) != (
        len(result.respondents) + int(refused.sum()) + len(in_quarantine)
    ):
        raise AssertionError(f"{export.file}: rows were lost or doubled at intake, so that nothing of it is used.")


SUFFIX = ".survey.yml"
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_REQUIRED = ("survey", "title", "study", "kind", "publisher", "source", "date", "sampling")
_OPTIONAL = ("frame", "licence", "sheet")


class DescriptionError(Coded):
    """The description of a survey is not complete, or says what cannot be; the message says where and what to write."""


@dataclass(frozen=True)
class Description:
    """One survey: what it is, and how its children were drawn.

    Parameters
    ----------
    survey : short name. study, kind : as in the catalogue. date : the last day of fieldwork.
    sampling : ``probability``, ``purposive`` or ``respondent_driven``.
    frame : file of the sampling frame beside the description, "" for none; a probability sample has one.
    sheet : of the export; "" for the first that is not hidden.
    """

    survey: str
    title: str
    study: str
    kind: str
    publisher: str
    source: str
    date: datetime.date
    sampling: str
    frame: str = ""
    licence: str = ""
    sheet: str = ""


def beside(file: Path) -> Path:
    """The description of an export: of the same name beside it, ``children.survey.yml`` for ``children.xlsx``."""
    return file.with_name(plain(file).stem + SUFFIX)


def described(path: Path) -> Description:
    """The description that stands in a YAML file. Raises DescriptionError, which says where it must be fixed."""
    where = shown(path)
    try:
        content = yaml.load(path.read_text(encoding="utf-8-sig"), Loader=_Texts)
        return _description(content)
    except FileNotFoundError:
        raise DescriptionError(
            "missing_file",
            f"{where} is not there. Write it beside the export, with {', '.join(_REQUIRED)}, each on its own line.",
        ) from None
    except UnicodeDecodeError:
        raise DescriptionError("unreadable_file", f"{where} is not written in UTF-8.") from None
    except DescriptionError as error:
        raise DescriptionError("invalid_description", f"{where}: {error}") from None
    except yaml.MarkedYAMLError as error:
        line = f", line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise DescriptionError(
            "unreadable_yaml", f"{where}{line} is no YAML: {error.problem or error.context}."
        ) from None
    except (yaml.YAMLError, RecursionError):
        raise DescriptionError("unreadable_yaml", f"{where} is no YAML that can be read.") from None


class _Texts(yaml.BaseLoader):
    """Reads every word as a text, and refuses a name that stands twice, of which the last would count."""

    def construct_mapping(self, node: yaml.Node, deep: bool = False) -> dict[str, Any]:
        names = [at.value for at, _ in node.value]
        for at, name in zip(node.value, names, strict=True):
            if names.count(name) > 1:
                raise yaml.constructor.ConstructorError(
                    None, None, f"`{name}:` stands twice; keep one of the two", at[0].start_mark
                )
        return super().construct_mapping(node, deep)


def _description(content: Any) -> Description:
    if not isinstance(content, dict):
        raise DescriptionError("not_a_mapping", "it must hold names with values, as `name: value`.")
    known = (*_REQUIRED, *_OPTIONAL)
    if unknown := sorted(set(content) - set(known)):
        raise DescriptionError("unknown_field", f"it has no `{unknown[0]}:`. Known are {', '.join(known)}.")
    if no_text := [name for name, value in content.items() if not isinstance(value, str)]:
        raise DescriptionError("wrong_type", f"`{no_text[0]}:` must be one text.")
    said = {name: content.get(name, "").strip() for name in known}
    if missing := [name for name in _REQUIRED if not said[name]]:
        raise DescriptionError("missing_field", f"`{missing[0]}:` is missing.")
    if not _NAME.fullmatch(said["survey"]):
        raise DescriptionError("invalid_id", "`survey:` must be a short name of small letters, digits and underscores.")
    for name, allowed in (("study", tuple(areas.STUDIES)), ("kind", KINDS), ("sampling", SAMPLING)):
        if said[name] not in allowed:
            raise DescriptionError("unknown_choice", f"`{name}:` must be one of {', '.join(allowed)}.")
    on_pages = {name: said[name] for name in ("survey", *SAID_ON_PAGES) if name in said}
    if said["kind"] == "confidential" and (wrong := identifying(on_pages)):
        raise DescriptionError("identifying_text", wrong)
    if said["sampling"] == PROBABILITY and not said["frame"]:
        raise DescriptionError(
            "missing_frame",
            "`frame:` is missing: a probability sample is weighted by its sampling frame. Name its file, or say by "
            "`sampling:` that the children were not drawn by chance.",
        )
    if Path(said["frame"]).name != said["frame"]:
        raise DescriptionError(
            "outside_folder", "`frame:` must be the name of a file that lies beside the description, without a folder."
        )
    try:
        date = datetime.date.fromisoformat(said["date"])
    except ValueError:
        raise DescriptionError("invalid_date", "`date:` must be the last day of fieldwork, as 2026-04-30.") from None
    return Description(**{**said, "date": date})
