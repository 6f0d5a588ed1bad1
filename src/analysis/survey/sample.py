"""Sample of children: the sampling frame, and what one interview stands for."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.spreadsheets import runs
from bounded.refusal import Refusal, require_columns
from survey_stats import NotEstimable

FRAME = ("psu_id", "stratum", "area_id", "psus_in_stratum", "households_in_psu", "urban")
# What is known of a household that gave no interview: whether there was a child to be interviewed.
NOT_ELIGIBLE = ("no_household", "no_child")
NOT_KNOWN = ("nobody_home", "no_consent")


class FrameError(Refusal):
    """A sampling frame is not complete, or contradicts itself; the message names row and column."""


def checked_frame(table: pd.DataFrame) -> pd.DataFrame:
    """The sampling frame with its types, one row a primary sampling unit (PSU) that was drawn.

    Parameters
    ----------
    table : texts, with columns psu_id, stratum, area_id, psus_in_stratum (PSUs that the stratum has in all),
        households_in_psu (as counted when it was listed) and urban (``yes`` or ``no``). Further columns are left out.

    Raises
    ------
    FrameError : names row and column.
    """
    require_columns(table, FRAME, "rows of the sampling frame", error=FrameError)
    frame = table[list(FRAME)].astype(str).apply(lambda column: column.str.strip()).reset_index(drop=True)
    if not len(frame):
        raise FrameError(
            "empty_table", "The sampling frame has no rows: list in it every sampling unit that was drawn."
        )
    for name in FRAME:
        _require(frame[name] != "", name, "is empty")
    # The form offers them as they are, and its answers name them: they can have no mark before them.
    _require(~frame["psu_id"].map(runs), "psu_id", "begins as a formula of a spreadsheet does")
    _require(~frame["psu_id"].duplicated(), "psu_id", "names a sampling unit for the second time")
    _require(frame["urban"].isin(["yes", "no"]), "urban", "must be yes or no")
    for name in ("psus_in_stratum", "households_in_psu"):
        _require(frame[name].str.fullmatch(r"\d{1,9}").to_numpy(bool) & (frame[name] != "0"), name, "is no count")
        frame[name] = frame[name].astype("Int64")
    frame["urban"] = (frame["urban"] == "yes").astype("boolean")
    by_stratum = frame.groupby("stratum")["psus_in_stratum"]
    _require(frame["psus_in_stratum"] == by_stratum.transform("first"), "psus_in_stratum", "differs within the stratum")
    _require(
        frame["psus_in_stratum"] >= by_stratum.transform("size"), "psus_in_stratum", "is less than the units drawn"
    )
    return frame


def _require(holds: pd.Series | np.ndarray, column: str, problem: str) -> None:
    broken = np.flatnonzero(~np.asarray(holds, bool))
    if len(broken):
        raise FrameError(
            "invalid_frame",
            f"The sampling frame, row {broken[0] + 2}, column '{column}': it {problem}. Correct it there.",
        )


def weights(respondents: pd.DataFrame, refusals: pd.DataFrame, frame: pd.DataFrame) -> pd.DataFrame:
    """Return the weight of each interview: one over the chance to be drawn, adjusted for non-response.

    A stratum h has A PSUs, of which a were drawn with equal chance; a PSU has N households, of which n were drawn and
    visited; of the m eligible children of a household one was drawn. The chance of a child is
    (a / A) (n / N) (1 / m), and ``weight_base`` is one over it. Within the stratum, the weights of households of which
    it is not known whether they have a child are given to those of which it is known, in proportion to their own; then
    those of households with a child and without an interview to those with one. A PSU without any interview is thus
    stood for by the others of its stratum.

    Parameters
    ----------
    respondents : one row an interview: psu_id, children_eligible.
    refusals : one row a household that was drawn and gave no interview: psu_id, outcome (``nobody_home``,
        ``no_household``, ``no_consent``, ``no_child``, ``no_assent`` or ``quarantine``).
    frame : as `checked_frame` returns it: the PSUs that were drawn.

    Returns
    -------
    DataFrame in the order and with the index of `respondents`: stratum, psus_in_stratum, households_in_psu, urban,
    households_sampled (visited in the PSU, whatever came of it), weight_base, nonresponse (factor of the stratum),
    weight (children that the interview stands for).

    Raises
    ------
    NotEstimable : a PSU that was drawn was not visited, a stratum has no interview, more households were visited than
        the PSU has, or a visit is to a PSU that was not drawn.

    References
    ----------
    Kish (1965), Survey Sampling, ch. 7 and 11; Valliant, Dever & Kreuter (2018), Practical Tools for Designing and
    Weighting Survey Samples, ch. 13 (unknown eligibility, then non-response, in classes); UNICEF, MICS6, Manual for
    Sample Weight Calculation (response rates by stratum); AAPOR (2023), Standard Definitions.
    """
    visits = pd.concat(
        [
            pd.DataFrame({"psu_id": respondents["psu_id"].to_numpy(), "outcome": "interview"}),
            refusals[["psu_id", "outcome"]],
        ],
        ignore_index=True,
    )
    units = frame.set_index("psu_id")
    if len(strange := sorted(set(visits["psu_id"]) - set(units.index))):
        raise NotEstimable(
            "unit_not_in_frame",
            f"The sampling unit '{strange[0]}' is not in the sampling frame: add it, with its stratum.",
        )
    visited = visits.groupby("psu_id").size()
    _refuse_incomplete(units, visited, visits)
    drawn = units.groupby("stratum").size()
    of_unit = pd.DataFrame(
        {
            "stratum": units["stratum"],
            "psus_in_stratum": units["psus_in_stratum"],
            "households_in_psu": units["households_in_psu"],
            "urban": units["urban"],
            "households_sampled": visited.reindex(units.index).astype("Int64"),
        }
    )
    stage_1 = of_unit["psus_in_stratum"].astype(float) / of_unit["stratum"].map(drawn)
    of_unit["household"] = stage_1 * (of_unit["households_in_psu"] / of_unit["households_sampled"]).astype(float)
    visits["weight"] = visits["psu_id"].map(of_unit["household"])
    visits["stratum"] = visits["psu_id"].map(of_unit["stratum"])
    factor = _nonresponse(visits)
    found = of_unit.loc[respondents["psu_id"]].set_axis(respondents.index)
    base = found.pop("household") * respondents["children_eligible"].astype(float)
    nonresponse = found["stratum"].map(factor)
    return found.assign(
        weight_base=base.astype("Float64"),
        nonresponse=nonresponse.astype("Float64"),
        weight=(base * nonresponse).astype("Float64"),
    )


def _nonresponse(visits: pd.DataFrame) -> pd.Series:
    """Factors by stratum: (all / known whether eligible) x (eligible / interviewed), in sums of household weights."""
    by = visits["stratum"]
    total = visits["weight"].groupby(by).sum()
    not_known = visits["weight"].where(visits["outcome"].isin(NOT_KNOWN), 0.0).groupby(by).sum()
    not_eligible = visits["weight"].where(visits["outcome"].isin(NOT_ELIGIBLE), 0.0).groupby(by).sum()
    interviewed = visits["weight"].where(visits["outcome"] == "interview", 0.0).groupby(by).sum()
    known = total - not_known
    return (total / known) * ((known - not_eligible) / interviewed)


def _refuse_incomplete(units: pd.DataFrame, visited: pd.Series, visits: pd.DataFrame) -> None:
    unvisited = [unit for unit in units.index if unit not in visited.index]
    if unvisited:
        more = f" and {len(unvisited) - 1} more" if len(unvisited) > 1 else ""
        raise NotEstimable(
            "unit_not_visited",
            f"In the sampling unit '{unvisited[0]}'{more} no household was visited, and the frame says it was drawn. "
            f"Finish the fieldwork there; or, if it was never drawn, take it out of the frame.",
        )
    too_many = visited[visited > units["households_in_psu"].reindex(visited.index)]
    if len(too_many):
        raise NotEstimable(
            "more_visited_than_listed",
            f"{too_many.iloc[0]} households were visited in the sampling unit '{too_many.index[0]}', and the frame "
            f"says that it has fewer. List its households again, or look for forms that were sent twice.",
        )
    with_interview = set(units["stratum"].reindex(visits.loc[visits["outcome"] == "interview", "psu_id"]))
    without = [stratum for stratum in units["stratum"].unique() if stratum not in with_interview]
    if without:
        raise NotEstimable(
            "stratum_without_interviews",
            f"The stratum '{without[0]}' has no interview, so that nothing stands for its children. Go back to it, or "
            f"merge it in the frame with a stratum of the same province, and report that.",
        )
