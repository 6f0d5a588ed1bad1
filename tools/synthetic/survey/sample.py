"""A synthetic survey in memory: households drawn and visited, respondents as an intake gives them, and what is true."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special

from analysis.survey import sample
from analysis.survey.intake import columns
from bounded.refusal import Refusal
from tools.synthetic.survey import answers, population, simulated_truth, true_values
from tools.synthetic.survey.answers import chosen, codes, whole
from tools.synthetic.survey.population import (
    HOUSEHOLDS_OF_PSU,
    INTERVIEW,
    NO_ASSENT,
    NO_CHILD,
    NO_HOUSEHOLD,
    NOBODY_HOME,
    Floats,
    Stratum,
)

SEED = 20240131
PSUS, HOUSEHOLDS = 30, 16
FIRST_DAY, DAYS = np.datetime64("2023-03-01"), 60


@dataclass(frozen=True, eq=False)
class SyntheticSurvey:
    """A survey whose truth is known.

    Parameters
    ----------
    respondents : one row a child interviewed, as the intake of the survey gives them; outcomes are left to
        ``risk.outcomes``.
    visits : every household that was drawn. days : (visits,) of the visits.
    frame : the sampling frame, one row a PSU. truth : as `true_values.table`.
    seed : of the random generator.
    """

    respondents: pd.DataFrame
    visits: Visits = field(repr=False)
    days: NDArray[np.datetime64] = field(repr=False)
    frame: pd.DataFrame = field(repr=False)
    truth: pd.DataFrame = field(repr=False)
    seed: int


def survey(seed: int = SEED, psus: int = PSUS, households: int = HOUSEHOLDS) -> SyntheticSurvey:
    """Draw a synthetic survey; another seed gives another sample of the same truth.

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
    plan = simulated_truth.solved()
    # A generator for each part: a change in one leaves the others as they are.
    where, who, what, said = np.random.default_rng([seed, 3]).spawn(4)
    visited = visits(plan.strata, psus, households, where)
    cells = population.drawn([*plan.steps, plan.sector_step()], visited.cells, visited.psu, who)
    urban = cells["urban"][np.unique(visited.psu, return_index=True)[1]]
    frame = visited.frame.assign(urban=pd.array(urban, dtype="boolean"))
    visited = Visits(frame, visited.psu, visited.outcome, visited.eligible, visited.cells)
    outcomes = _outcomes(plan, cells, visited.psu, what)
    asked = visited.outcome == INTERVIEW
    days = _days(enumerators(visited.cells["area_id"], visited.psu))
    cells, outcomes = ({name: values[asked] for name, values in part.items()} for part in (cells, outcomes))
    respondents = _respondents(visited, cells, outcomes, asked, days[asked], answers.Draw(said, int(asked.sum())))
    return SyntheticSurvey(respondents, visited, days, frame, true_values.table(), seed)


def _outcomes(
    plan: simulated_truth.Plan, cells: population.Cells, psu: NDArray[np.intp], random: np.random.Generator
) -> dict[str, NDArray[np.bool_]]:
    """Work, forced labour of those who work, and trafficking."""
    own = random.standard_normal((3, len(psu)))
    working = _below(plan.working.chance(cells), population.scores(psu, random, own[0]))
    # Forced labour is drawn apart: among those who work its odds ratios hold exactly.
    forced = working & _below(plan.forced_labour.chance(cells), population.scores(psu, random, own[1]))
    # Trafficked children are those who work and are forced more often than their traits alone say.
    mixed = 0.5 * own[0] + 0.4 * own[1] + np.sqrt(1 - 0.5**2 - 0.4**2) * own[2]
    trafficked = _below(plan.trafficked.chance(cells), population.scores(psu, random, mixed))
    return {"working": working, "forced_labour": forced, "trafficked": trafficked}


def _below(chance: Floats, score: Floats) -> NDArray[np.bool_]:
    return special.ndtr(score) < chance


def _respondents(
    visited: Visits,
    cells: population.Cells,
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
    letters = {"XDP-LINDEN": "LI", "XDP-HAZEL": "HA", "XDP-FIG": "FI", "XDP-PINE": "PI", "XDP-WILLOW": "WI",
               "XDP-ALDER": "AL", "XDP-MAPLE": "MA",
               "XDP-OAK": "OA", "XDP-CEDAR": "CE"}  # fmt: skip
    names = [f"{two}{number:02d}" for two in letters.values() for number in (1, 2, 3)]
    places = np.searchsorted(sorted(letters), area)
    order = np.array([list(letters).index(name) for name in sorted(letters)])
    return chosen(names, order[places] * 3 + psu % 3)


# --- Visits ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Visits:
    """Households that were visited.

    Parameters
    ----------
    frame : the sampling frame as `sample.checked_frame` gives it, without urban: one row a PSU.
    psu : (n,) PSU of each household, its row in the frame.
    outcome : (n,) of each visit, in the words of `sample.weights`. eligible : (n,) children of 5 to 17 years.
    cells : area_id and frame ("TR", "SY") of each household, (n,) texts.
    """

    frame: pd.DataFrame
    psu: NDArray[np.intp]
    outcome: NDArray
    eligible: NDArray[np.int64]
    cells: dict[str, NDArray]

    def weights(self) -> pd.DataFrame:
        """`sample.weights` of those interviewed."""
        units, interviewed = self.frame["psu_id"].to_numpy(), self.outcome == INTERVIEW
        respondents = pd.DataFrame(
            {"psu_id": units[self.psu[interviewed]], "children_eligible": self.eligible[interviewed]}
        )
        refusals = pd.DataFrame({"psu_id": units[self.psu[~interviewed]], "outcome": self.outcome[~interviewed]})
        return sample.weights(respondents, refusals, self.frame)


def allocated(places: tuple[Stratum, ...], psus: int) -> NDArray[np.int64]:
    """Sampling units of each stratum: as the square root of its children, so that small provinces have enough and the
    largest does not rest on a few children of great weight (Bankier 1988); two fifths of the average at least.

    Parameters
    ----------
    psus : a stratum on average.
    """
    root = np.sqrt([place.children for place in places])
    wanted = np.maximum(np.rint(psus * len(places) * root / root.sum()), max(2, round(0.4 * psus)))
    return np.minimum(wanted, [place.psus for place in places]).astype(np.int64)


def visits(places: tuple[Stratum, ...], psus: int, households: int, random: np.random.Generator) -> Visits:
    """Draw PSUs without replacement in each stratum, and households in each PSU.

    Parameters
    ----------
    psus : a stratum on average (`allocated`). households : of each PSU.

    Raises
    ------
    ValueError : a stratum has fewer PSUs, or would have a single one, or a PSU has fewer households.
    """
    fewest = min(places, key=lambda place: place.psus)
    if not 2 <= psus <= fewest.psus:
        raise Refusal(
            "psus_out_of_range",
            f"A stratum gives 2 to {fewest.psus} sampling units, as '{fewest.name}' has no more; asked for: {psus}.",
        )
    if not 1 <= households <= HOUSEHOLDS_OF_PSU[0]:
        raise Refusal(
            "households_out_of_range",
            f"A sampling unit gives 1 to {HOUSEHOLDS_OF_PSU[0]} households; {households} were asked for.",
        )
    drawn = allocated(places, psus)
    number = np.concatenate(
        [np.sort(random.choice(place.psus, n, replace=False)) + 1 for place, n in zip(places, drawn, strict=True)]
    )
    stratum = np.repeat(np.arange(len(places)), drawn)
    names = np.array([place.name for place in places])
    area, frame = (np.array([getattr(place, what) for place in places]) for what in ("area_id", "frame"))
    # Names of the choices of a form hold no blanks.
    ids = [
        f"{names[of].replace(' ', '-')}-{one:05d}" for of, one in zip(stratum.tolist(), number.tolist(), strict=True)
    ]
    units = pd.DataFrame(
        {
            "psu_id": ids,
            "stratum": names[stratum],
            "area_id": area[stratum],
            "psus_in_stratum": np.array([place.psus for place in places])[stratum],
            "households_in_psu": random.integers(HOUSEHOLDS_OF_PSU[0], HOUSEHOLDS_OF_PSU[1] + 1, len(stratum)),
        }
    ).astype({"psus_in_stratum": "Int64", "households_in_psu": "Int64"})
    psu = np.repeat(np.arange(len(units)), households)
    of = stratum[psu]
    n = len(psu)
    eligible = np.ones(n, dtype=np.int64)
    for name, shares in population.CHILDREN_OF_HOUSEHOLDS.items():
        here = frame[of] == name
        eligible[here] = random.choice(len(shares), here.sum(), p=shares) + 1
    scope, home, consent, assent = random.random((4, n))
    no_child = (scope >= NO_HOUSEHOLD) & (scope < NO_HOUSEHOLD + NO_CHILD)
    eligible[no_child] = 0
    conditions = {
        "no_household": scope < NO_HOUSEHOLD,
        "nobody_home": home < NOBODY_HOME,
        "no_consent": consent < np.array([place.no_consent for place in places])[of],
        "no_child": no_child,
        "no_assent": assent < NO_ASSENT,
    }
    outcome = np.select(list(conditions.values()), list(conditions), INTERVIEW)
    return Visits(units, psu, outcome, eligible, {"area_id": area[of], "frame": frame[of]})
