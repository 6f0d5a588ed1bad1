"""An invented survey in memory: respondents as an intake gives them, the visits behind them, and what is true."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special

from analysis.survey.respondents import columns
from tools.synthetic.survey import answers, chain, planted, truth
from tools.synthetic.survey.chain import Floats
from tools.synthetic.survey.columns import chosen, codes, whole
from tools.synthetic.survey.households import INTERVIEW, Visits, visits

SEED = 20240131
PSUS, HOUSEHOLDS = 30, 16
FIRST_DAY, DAYS = np.datetime64("2023-03-01"), 60


@dataclass(frozen=True, eq=False)
class InventedSurvey:
    """A survey whose truth is known.

    Parameters
    ----------
    respondents : one row a child interviewed, as the intake of the survey gives them; outcomes are left to
        ``risk.outcomes``.
    visits : every household that was drawn. days : (visits,) of the visits.
    frame : the sampling frame, one row a PSU. truth : as `truth.table`.
    seed : of the random generator.
    """

    respondents: pd.DataFrame
    visits: Visits = field(repr=False)
    days: NDArray[np.datetime64] = field(repr=False)
    frame: pd.DataFrame = field(repr=False)
    truth: pd.DataFrame = field(repr=False)
    seed: int


def survey(seed: int = SEED, psus: int = PSUS, households: int = HOUSEHOLDS) -> InventedSurvey:
    """Draw an invented survey; another seed gives another sample of the same truth.

    Each outcome is 1 where a uniform number is below the chance that its odds ratios give it. The uniform numbers of a
    PSU are alike (normal scores correlated by 0.05), each of them is uniform still: so that the odds ratios hold
    exactly at the margin, though respondents are clustered.

    Parameters
    ----------
    seed : of numpy's PCG64. psus : sampling units a stratum, of 18 strata. households : drawn a sampling unit.

    Raises
    ------
    ValueError : a stratum has no such number of sampling units, or a unit no such number of households.
    """
    plan = planted.solved()
    # A generator for each part: a change in one leaves the others as they are.
    where, who, what, said = np.random.default_rng([seed, 3]).spawn(4)
    visited = visits(plan.strata, psus, households, where)
    cells = chain.drawn([*plan.steps, plan.sector_step()], visited.cells, visited.psu, who)
    urban = cells["urban"][np.unique(visited.psu, return_index=True)[1]]
    frame = visited.frame.assign(urban=pd.array(urban, dtype="boolean"))
    visited = Visits(frame, visited.psu, visited.outcome, visited.eligible, visited.cells)
    outcomes = _outcomes(plan, cells, visited.psu, what)
    asked = visited.outcome == INTERVIEW
    days = _days(enumerators(visited.cells["area_id"], visited.psu))
    cells, outcomes = ({name: values[asked] for name, values in part.items()} for part in (cells, outcomes))
    respondents = _respondents(visited, cells, outcomes, asked, days[asked], answers.Draw(said, int(asked.sum())))
    return InventedSurvey(respondents, visited, days, frame, truth.table(), seed)


def _outcomes(
    plan: planted.Plan, cells: chain.Cells, psu: NDArray[np.intp], random: np.random.Generator
) -> dict[str, NDArray[np.bool_]]:
    """Work, forced labour of those who work, and trafficking."""
    own = random.standard_normal((3, len(psu)))
    working = _below(plan.working.chance(cells), chain.scores(psu, random, own[0]))
    # Forced labour is drawn apart: among those who work its odds ratios hold exactly.
    forced = working & _below(plan.forced_labour.chance(cells), chain.scores(psu, random, own[1]))
    # Trafficked children are those who work and are forced more often than their traits alone say.
    mixed = 0.5 * own[0] + 0.4 * own[1] + np.sqrt(1 - 0.5**2 - 0.4**2) * own[2]
    trafficked = _below(plan.trafficked.chance(cells), chain.scores(psu, random, mixed))
    return {"working": working, "forced_labour": forced, "trafficked": trafficked}


def _below(chance: Floats, score: Floats) -> NDArray[np.bool_]:
    return special.ndtr(score) < chance


def _respondents(
    visited: Visits,
    cells: chain.Cells,
    outcomes: dict[str, NDArray[np.bool_]],
    asked: NDArray[np.bool_],
    days: NDArray[np.datetime64],
    draw: answers.Draw,
) -> pd.DataFrame:
    age, psu, eligible = answers.ages(draw, cells), visited.psu[asked], visited.eligible[asked]
    weighed = visited.weights()
    design = {
        "respondent_id": form_numbers(asked),
        "area_id": codes(cells["area_id"]),
        "stratum": weighed["stratum"].astype("str").array,
        "psu_id": visited.frame["psu_id"].astype("str").array.take(psu),
        **{name: weighed[name].array for name in ("psus_in_stratum", "households_in_psu", "households_sampled")},
        "children_eligible": whole(eligible),
        "weight_base": weighed["weight_base"].array,
        "weight": weighed["weight"].array,
        "urban": weighed["urban"].array,
        "interview_date": days.astype("datetime64[s]"),
        "enumerator_id": enumerators(cells["area_id"], psu),
        "age": whole(age),
        "age_group": codes(cells["age_group"]),
        "sex": codes(cells["sex"]),
        "nationality": codes(cells["nationality"]),
    }
    found = (
        design
        | answers.child(draw, cells, age)
        | answers.household(draw, cells, eligible)
        | answers.work(draw, cells, age, outcomes["working"])
        | answers.coercion(draw, cells, age, outcomes["working"], outcomes["forced_labour"], outcomes["trafficked"])
        | answers.exposure_and_protection(draw, cells, outcomes["forced_labour"], outcomes["trafficked"])
    )
    return pd.DataFrame({name: found[name] for name in columns()})


def form_numbers(asked: NDArray[np.bool_]) -> pd.api.extensions.ExtensionArray:
    """The numbers of the forms of those interviewed; each household that was visited has one."""
    return pd.array([f"SYNTHETIC-{number:06d}" for number in (np.flatnonzero(asked) + 1).tolist()], dtype="str")


def _days(interviewer: pd.api.extensions.ExtensionArray) -> NDArray[np.datetime64]:
    """Each interviewer spreads her visits over the days of the fieldwork, unit after unit."""
    mine = pd.Series(interviewer).groupby(np.asarray(interviewer, dtype=object))
    return FIRST_DAY + (mine.cumcount() * DAYS // mine.transform("size")).to_numpy()


def enumerators(area: NDArray, psu: NDArray[np.intp]) -> pd.api.extensions.ExtensionArray:
    """Three interviewers a province, each with units of her own."""
    letters = {"TR-34": "IS", "TR-31": "HA", "TR-27": "GA", "TR-63": "SA", "TR-79": "KI", "TR-01": "AD", "TR-35": "IZ",
               "TR-42": "KO", "TR-16": "BU"}  # fmt: skip
    names = [f"{two}{number:02d}" for two in letters.values() for number in (1, 2, 3)]
    places = np.searchsorted(sorted(letters), area)
    order = np.array([list(letters).index(name) for name in sorted(letters)])
    return chosen(names, order[places] * 3 + psu % 3)
