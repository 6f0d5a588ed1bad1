"""Outcomes of a child by its answers: working, in child labour, in forced labour, trafficked; yes, no or not known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bounded.refusal import Refusal, require_columns, require_values

ECONOMIC_ACTIVITIES = ("work_farm", "work_family_business", "work_goods", "work_other")
HAZARDS = (
    *("heavy_loads", "dangerous_tools", "hazard_dust", "hazard_temperature", "hazard_noise", "hazard_heights"),
    *("hazard_chemicals", "hazard_other"),
)
# What is asked first, and the hours that are asked of those who say yes.
CHORES = {
    "fetches_water": "fetch_water_hours",
    "collects_firewood": "firewood_hours",
    "household_chores": "household_chores_hours",
}
FORCED_LABOUR = ("coerced_by_employer", "with_parents_in_forced_labour", "coerced_by_parents")
ACTS = ("recruited", "transported", "transferred", "harboured", "received")
# As the Human Trafficking Case Data Standard 2.0 spells them.
PURPOSES = (
    *("ForcedLabour", "SexualExploitation", "ChildLabour", "ForcedMarriage", "Servitude"),
    *("ForcedMilitaryByNonStateActors", "OrganRemoval", "ForcedBegging", "ForcedAdoption", "Surrogacy", "Other"),
)
NONE = "none"
YOUNGEST, OLDEST = 5, 17
HOURS_IN_A_WEEK = 168

_SDG = "SDG indicator 8.7.1, metadata of 2022"
_MICS = "UNICEF MICS6, questionnaire for children 5-17, child labour module"
_ILO = "ILO (2012), Hard to see, harder to count"
_C182 = "ILO Convention 182, art. 3"
_PALERMO = "Palermo Protocol, art. 3(a), (c) and (d)"

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Threshold:
    """Hours a week from which on an activity is too much at an age.

    Parameters
    ----------
    outcome : the column it decides. age_low, age_high : first and last year of age. hours : this many, or more.
    source : who set it.
    """

    outcome: str
    age_low: int
    age_high: int
    hours: float
    source: str


# Of chores at 15 to 17 years there is no threshold.
THRESHOLDS = (
    Threshold("economic_activity_beyond_hours", 5, 11, 1, _SDG),
    Threshold("economic_activity_beyond_hours", 12, 14, 14, _SDG),
    Threshold("economic_activity_beyond_hours", 15, 17, 43, _SDG),
    Threshold("chores_beyond_hours", 5, 14, 21, _SDG),
)

# outcome -> how it is decided, by whose definition
_DEFINED = {
    "working": ("any economic activity in the last week (CL1A, B, C, X)", _MICS),
    "hazardous_work": ("works, and any of CL4, CL5 and CL6A-E, X", _MICS),
    "forced_labour": (
        "any of: coerced by an employer, working with parents in forced labour, coerced by parents",
        _ILO,
    ),
    "child_labour": (
        "any of: economic activity or chores beyond hours, hazardous work, forced labour",
        f"{_MICS}; {_C182}",
    ),
    "sdg_8_7_1_with_chores": ("economic activity or chores beyond hours", _SDG),
    "trafficked": ("any act and any purpose of exploitation; means are not asked for under 18 years", _PALERMO),
}
OUTCOMES = (
    *("working", "economic_activity_beyond_hours", "chores_beyond_hours", "hazardous_work", "forced_labour"),
    *("child_labour", "sdg_8_7_1_with_chores", "trafficked"),
)


def definitions() -> pd.DataFrame:
    """Return how each outcome is decided.

    Returns
    -------
    One row an outcome, and one an age group where hours decide: outcome, definition, age_low, age_high (years), hours
    (a week, this many or more; missing where hours do not decide), source.
    """
    rows = []
    for outcome in OUTCOMES:
        for one in (one for one in THRESHOLDS if one.outcome == outcome):
            asked = (
                "hours of economic activity (CL3)" if outcome.startswith("econ") else "hours of chores (CL8, 10, 13)"
            )
            rows.append((outcome, asked, one.age_low, one.age_high, one.hours, one.source))
        if outcome in _DEFINED:
            definition, source = _DEFINED[outcome]
            rows.append((outcome, definition, YOUNGEST, OLDEST, np.nan, source))
    return pd.DataFrame(rows, columns=["outcome", "definition", "age_low", "age_high", "hours", "source"])


def outcomes(respondents: pd.DataFrame) -> pd.DataFrame:
    """Decide the outcomes of each child: yes, no, or not known.

    A known yes is a yes, whatever else is not known; a no needs every answer that could make it a yes. Hours are held
    against the thresholds of ``definitions`` only where they are known: at an age that is not known, hours below every
    threshold are a no and hours above every one a yes. Hours of fetching water, collecting firewood and other chores
    are added; those that are known may reach the threshold alone. Hazards are asked of who worked in the last week, so
    that a child that did not work has none; forced labour is asked of all, and need not have been in that week.

    Forced labour lies within child labour, as it is one of its worst forms. Trafficking does not: its purpose can be
    marriage, or the removal of organs, which is no work.

    Parameters
    ----------
    respondents : one row a child, with respondent_id; age (5-17 years); the yes/no answers of ``ECONOMIC_ACTIVITIES``,
        ``HAZARDS``, ``CHORES`` and ``FORCED_LABOUR``; work_hours and the hours of ``CHORES`` (a week); acts and
        purposes (codes separated by blanks; "none": asked, and none). Missing: not known, or not asked because an
        earlier answer says that it does not apply.

    Returns
    -------
    DataFrame with the index of `respondents`: respondent_id, and the columns of ``OUTCOMES`` as "boolean" (missing: not
    known). SDG indicator 8.7.1 within the production boundary of the national accounts is
    economic_activity_beyond_hours; with chores it is sdg_8_7_1_with_chores.

    Raises
    ------
    ValueError : a column is missing, or holds what it may not, or hours or hazards of work stand beside the answer that
        the child did not work; row and column are named.

    References
    ----------
    United Nations Statistics Division (2022). SDG indicator metadata 8.7.1. New York.
    UNICEF (2020). MICS6 tools: questionnaire for children age 5-17. New York.
    ILO (2012). Hard to see, harder to count: survey guidelines to estimate forced labour of adults and children.
        Geneva.
    ILO (1999). Worst Forms of Child Labour Convention (No. 182), art. 3.
    United Nations (2000). Protocol to Prevent, Suppress and Punish Trafficking in Persons, art. 3.
    """
    # A question that was not asked is a column without known answers.
    asked = (*ECONOMIC_ACTIVITIES, *HAZARDS, *CHORES, *FORCED_LABOUR, "acts", "purposes")
    require_columns(respondents, ("respondent_id", "age", *asked, "work_hours", *CHORES.values()), "respondents")
    age = _numbers(respondents, "age", YOUNGEST, OLDEST, "an age in years from 5 to 17")
    working = _any(respondents, ECONOMIC_ACTIVITIES)
    economic = _economic_activity(respondents, age, working)
    chores = _chores(respondents, age)
    hazardous = _hazardous_work(respondents, working)
    forced = _any(respondents, FORCED_LABOUR)
    # pandas' three-valued "and" is the one meant: a known no decides.
    trafficked = _any_code(respondents, "acts", ACTS) & _any_code(respondents, "purposes", PURPOSES)
    columns = {
        "working": working,
        "economic_activity_beyond_hours": economic,
        "chores_beyond_hours": chores,
        "hazardous_work": hazardous,
        "forced_labour": forced,
        "child_labour": economic | chores | hazardous | forced,
        "sdg_8_7_1_with_chores": economic | chores,
        "trafficked": trafficked,
    }
    return pd.DataFrame({"respondent_id": respondents["respondent_id"], **columns}, index=respondents.index)


# --- Outcomes --------------------------------------------------------------------------------------------------------


def _economic_activity(
    respondents: pd.DataFrame, age: Floats, working: pd.arrays.BooleanArray
) -> pd.arrays.BooleanArray:
    hours = _hours(respondents, "work_hours")
    idle = _known(working, False)
    require_values(
        respondents["work_hours"],
        ~(idle & (hours > 0)),
        "contradictory_answers",
        ", though no work was done in the last week. Hours are 0 where nobody works; one of the answers is wrong",
    )
    low, high = _limits("economic_activity_beyond_hours", age)
    yes = hours >= high
    return _decided(yes, idle | (hours < low))


def _chores(respondents: pd.DataFrame, age: Floats) -> pd.arrays.BooleanArray:
    known, whole = np.zeros(len(respondents)), np.ones(len(respondents), bool)
    for asked, column in CHORES.items():
        hours = _hours(respondents, column)
        does = _answers(respondents, asked)
        idle = _known(does, False)
        require_values(
            respondents[column],
            ~(idle & (hours > 0)),
            "contradictory_answers",
            f", though '{asked}' is no. One of the answers is wrong",
        )
        hours = np.where(idle, 0, hours)
        known += np.nan_to_num(hours)
        whole &= ~np.isnan(hours)
    low, high = _limits("chores_beyond_hours", age)
    return _decided(known >= high, np.isinf(low) | (whole & (known < low)))


def _hazardous_work(respondents: pd.DataFrame, working: pd.arrays.BooleanArray) -> pd.arrays.BooleanArray:
    idle = _known(working, False)
    for column in HAZARDS:
        require_values(
            respondents[column],
            ~(idle & _known(_answers(respondents, column), True)),
            "contradictory_answers",
            ", though no work was done in the last week. One of the answers is wrong",
        )
    found = _any(respondents, HAZARDS)
    return _decided(_known(found, True), idle | _known(found, False))


def _limits(outcome: str, age: Floats) -> tuple[Floats, Floats]:
    """The lowest and the highest threshold (hours a week) that can hold at an age; infinite where there is none."""
    by_age = np.full(OLDEST + 1, np.inf)
    for one in THRESHOLDS:
        if one.outcome == outcome:
            by_age[one.age_low : one.age_high + 1] = one.hours
    possible = by_age[YOUNGEST:]
    unknown = np.isnan(age)
    at = by_age[np.where(unknown, YOUNGEST, age).astype(int)]
    return np.where(unknown, possible.min(), at), np.where(unknown, possible.max(), at)


# --- Three values ----------------------------------------------------------------------------------------------------


def _decided(yes: Bools, no: Bools) -> pd.arrays.BooleanArray:
    return pd.arrays.BooleanArray(yes.copy(), ~(yes | no))


def _known(answers: pd.arrays.BooleanArray, value: bool) -> Bools:
    """True where an answer is known to be `value`."""
    return (answers == value).to_numpy(dtype=bool, na_value=False)


def _any(respondents: pd.DataFrame, columns: tuple[str, ...]) -> pd.arrays.BooleanArray:
    answers = _answers(respondents, columns[0])
    for column in columns[1:]:
        answers = answers | _answers(respondents, column)
    return answers


def _any_code(respondents: pd.DataFrame, column: str, codes: tuple[str, ...]) -> pd.arrays.BooleanArray:
    """True where a text of codes holds any but "none". Distinct texts are judged once."""
    place, texts = pd.factorize(respondents[column].astype(object))
    words = [str(text).split() for text in texts]
    faults = [*(_fault(said, codes) for said in words), ""]
    bad = np.array([fault != "" for fault in faults])[place]
    if bad.any():
        row = int(bad.argmax())
        raise Refusal("unknown_code", f"Row {respondents.index[row]}: '{column}' {faults[place[row]]}.")
    any_code = np.array([NONE not in said for said in words] + [False], dtype=bool)
    return pd.arrays.BooleanArray(any_code[place], place < 0)


def _fault(said: list[str], codes: tuple[str, ...]) -> str:
    """The fault in the codes of one answer; "" for none."""
    if not said:
        return 'holds no code: write "none" where none was named, and leave it missing if not known'
    if NONE in said and len(said) > 1:
        return 'holds "none" beside another code'
    if not {NONE, *codes}.issuperset(said):
        return f'holds a code that is none of {", ".join(codes)} and "none"'
    return ""


# --- Columns ---------------------------------------------------------------------------------------------------------


def _answers(respondents: pd.DataFrame, column: str) -> pd.arrays.BooleanArray:
    try:
        return pd.array(respondents[column], dtype="boolean")
    except (TypeError, ValueError):
        values = respondents[column]
        bad = ~(values.isna() | values.isin([True, False])).to_numpy()
        row = int(bad.argmax())
        raise Refusal(
            "not_boolean",
            f"Row {respondents.index[row]}: '{column}' is '{values.iloc[row]}'; an answer is True, False, or missing "
            "where it is not known.",
        ) from None


def _hours(respondents: pd.DataFrame, column: str) -> Floats:
    return _numbers(respondents, column, 0, HOURS_IN_A_WEEK, "hours a week, from 0 to 168, or missing")


def _numbers(respondents: pd.DataFrame, column: str, low: float, high: float, what: str) -> Floats:
    """Numbers within limits, NaN where not known; ages are whole years."""
    values = pd.to_numeric(respondents[column], errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    good = respondents[column].isna().to_numpy() | ((values >= low) & (values <= high))
    if column == "age":
        good &= ~np.isfinite(values) | (values == np.floor(values))
    require_values(respondents[column], good, "out_of_range", f"; it must be {what}")
    return values
