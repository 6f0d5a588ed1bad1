"""How invented households are drawn: strata, primary sampling units, households; and where there is no interview."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.refusal import Refusal
from analysis.survey import sample
from tools.synthetic.public_figures import PublicFigures
from tools.synthetic.survey import covariates

FRAMES = ("TR", "SY")
INTERVIEW = "interview"
# Households that were listed for a primary sampling unit (PSU): from the first to the last number, 60 in the middle.
HOUSEHOLDS_OF_PSU = (48, 72)
# Of the listed households: nobody lives there any more, or no child of 5 to 17 years does.
NO_HOUSEHOLD, NO_CHILD = 0.02, 0.015
# Shares of households that are not met or refuse, and of children that do; they depend on the stratum alone.
NOBODY_HOME, NO_ASSENT = 0.025, 0.02
_NO_CONSENT = {"TR": 0.05, "SY": 0.07}
_NO_CONSENT_MORE = {"TR-34": 0.05, "TR-35": 0.02}


@dataclass(frozen=True)
class Stratum:
    """A province and a frame.

    Parameters
    ----------
    psus : in its population. children : expected number in its population.
    no_consent : share of households met whose guardian does not consent.
    """

    area_id: str
    frame: str
    psus: int
    children: float
    no_consent: float

    @property
    def name(self) -> str:
        return f"{self.area_id} {self.frame}"


def strata(figures: PublicFigures) -> tuple[Stratum, ...]:
    """The eighteen strata; their PSUs are as many as hold the children that public figures and assumptions give."""
    found = []
    for area in figures.inhabitants:
        for frame in FRAMES:
            wanted = (
                figures.inhabitants[area] * figures.children_share
                if frame == "TR"
                else figures.syrians[area] * covariates.SYRIAN_CHILDREN_SHARE
            )
            with_child = sum(HOUSEHOLDS_OF_PSU) / 2 * (1 - NO_HOUSEHOLD - NO_CHILD)
            shares = covariates.CHILDREN_OF_HOUSEHOLDS[frame]
            of_psu = with_child * sum((number + 1) * share for number, share in enumerate(shares))
            psus = round(wanted / of_psu)
            no_consent = _NO_CONSENT[frame] + _NO_CONSENT_MORE.get(area, 0)
            found.append(Stratum(area, frame, psus, psus * of_psu, no_consent))
    return tuple(found)


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
    for name, shares in covariates.CHILDREN_OF_HOUSEHOLDS.items():
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
