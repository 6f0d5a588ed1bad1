"""The population of the synthetic survey: strata, and the traits of children before they work, step by step.

Traits depend on earlier ones; they are drawn for respondents, or enumerated for the whole population. All shares of
traits are invented.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from tools.synthetic.declaration import DISPLACED, INHABITANTS
from tools.synthetic.public_figures import PublicFigures

Floats = NDArray[np.float64]
Cells = Mapping[str, NDArray]

# What a draw shares within a PSU: everything, or this correlation of the normal scores behind it.
WITHIN_PSU = 0.05


@dataclass(frozen=True)
class Step:
    """A trait whose chances depend on the traits before it.

    Parameters
    ----------
    name : of the trait. values : what it can be.
    chances : of the cells so far (arrays of n) -> (n, values) chances, each row adding up to 1.
    of_psu : the trait is one of the PSU; its chances then depend on nothing but the stratum.
    """

    name: str
    values: tuple[str, ...] | tuple[bool, ...]
    chances: Callable[[Cells], Floats]
    of_psu: bool = False


def yes_no(name: str, chance: Callable[[Cells], Floats], of_psu: bool = False) -> Step:
    """A trait that is true with a chance (n,)."""
    return Step(name, (True, False), lambda cells: np.stack([(p := chance(cells)), 1 - p], axis=1), of_psu)


def drawn(
    steps: Sequence[Step], cells: Cells, psu: NDArray[np.intp], random: np.random.Generator
) -> dict[str, NDArray]:
    """Traits of respondents, one step after the other.

    Parameters
    ----------
    cells : traits that are given, (n,) each. psu : (n,) PSU of each, from 0.

    Returns
    -------
    The given traits and those of the steps. At the margin each trait has exactly the chances of its step, though
    respondents of a PSU are alike.
    """
    found = dict(cells)
    for step in steps:
        uniform = random.random(psu.max() + 1)[psu] if step.of_psu else special.ndtr(scores(psu, random))
        upto = step.chances(found).cumsum(axis=1)[:, :-1]
        found[step.name] = np.array(step.values)[(uniform[:, None] >= upto).sum(axis=1)]
    return found


def scores(psu: NDArray[np.intp], random: np.random.Generator, own: Floats | None = None) -> Floats:
    """(n,) standard normal scores that are correlated by WITHIN_PSU within a PSU, and not between PSUs.

    Parameters
    ----------
    own : (n,) standard normal scores of the respondents themselves; left out: drawn.
    """
    own = random.standard_normal(len(psu)) if own is None else own
    shared = random.standard_normal(psu.max() + 1)[psu]
    return np.sqrt(WITHIN_PSU) * shared + np.sqrt(1 - WITHIN_PSU) * own


def enumerated(steps: Sequence[Step], cells: Cells, weight: Floats) -> tuple[dict[str, NDArray], Floats]:
    """Every combination of traits that can be, with its share of the weight.

    Parameters
    ----------
    cells : traits that are given, (n,) each. weight : (n,) of the given cells.

    Returns
    -------
    Cells with a row a combination, and their weights, which add up to those given.
    """
    found = dict(cells)
    for step in steps:
        chances = step.chances(found)
        row, value = np.nonzero(chances)
        found = {name: column[row] for name, column in found.items()}
        found[step.name] = np.array(step.values)[value]
        weight = weight[row] * chances[row, value]
    return found, weight


def looked_up(cells: Cells, names: Sequence[str], table: Mapping[tuple, float | Sequence[float]]) -> Floats:
    """Numbers by the traits `names`; a later line of the table holds before an earlier one, and None is any value."""
    first = next(iter(table.values()))
    n = len(next(iter(cells.values())))
    found = np.full((n, *np.shape(first)), np.nan)
    for key, value in table.items():
        here = np.ones(n, dtype=bool)
        for name, wanted in zip(names, key, strict=True):
            if wanted is not None:
                here &= cells[name] == wanted
        found[here] = value
    return found


# --- Traits ----------------------------------------------------------------------------------------------------------

NATIONALITIES = ("TR", "SY", "other")
SEXES = ("female", "male")
AGE_GROUPS = ("5-11", "12-14", "15-17")
AGES = {"5-11": (5, 11), "12-14": (12, 14), "15-17": (15, 17)}
NOT_ASKED = ""

# Children aged 5-17 of 100 Syrians under temporary protection, and girls of 100 children.
DISPLACED_CHILDREN_SHARE = 0.33
GIRLS = 0.487
# Household -> share, by number of children aged 5-17; households without one are not listed.
CHILDREN_OF_HOUSEHOLDS = {"TR": (0.45, 0.37, 0.13, 0.05), "SY": (0.25, 0.32, 0.24, 0.13, 0.06)}

_INTERMEDIARY = {
    ("XDP-LINDEN", None): 0.05, ("XDP-HAZEL", None): 0.20, ("XDP-FIG", None): 0.12, ("XDP-PINE", None): 0.30,
    ("XDP-WILLOW", None): 0.10,
    ("XDP-ALDER", None): 0.32, ("XDP-MAPLE", None): 0.12, ("XDP-OAK", None): 0.22, ("XDP-CEDAR", None): 0.12,
}  # fmt: skip
_URBAN = {
    (None,): 0.88, ("XDP-LINDEN",): 0.97, ("XDP-PINE",): 0.72, ("XDP-OAK",): 0.80, ("XDP-WILLOW",): 0.78,
    ("XDP-HAZEL",): 0.75,
}  # fmt: skip
_DEBT = {
    ("XDP-LINDEN", "TR"): 0.24, ("XDP-HAZEL", "TR"): 0.33, ("XDP-FIG", "TR"): 0.30, ("XDP-PINE", "TR"): 0.40,
    ("XDP-WILLOW", "TR"): 0.34,
    ("XDP-ALDER", "TR"): 0.34, ("XDP-MAPLE", "TR"): 0.25, ("XDP-OAK", "TR"): 0.27, ("XDP-CEDAR", "TR"): 0.26,
    (None, "SY"): 0.50, ("XDP-PINE", "SY"): 0.58, ("XDP-LINDEN", "SY"): 0.44, (None, "other"): 0.42,
}  # fmt: skip
_SEPARATED = {
    ("TR", None): 0.015, ("TR", "15-17"): 0.03, ("SY", None): 0.04, ("SY", "15-17"): 0.08,
    ("other", None): 0.05, ("other", "15-17"): 0.10,
}  # fmt: skip
# None, some, fluent, not asked.
_TURKISH = {
    (None, "5-11"): (0.25, 0.35, 0.40, 0), (None, "12-14"): (0.15, 0.35, 0.50, 0),
    (None, "15-17"): (0.20, 0.40, 0.40, 0), ("TR", None): (0, 0, 0, 1),
}  # fmt: skip
# Registered where they live, registered elsewhere, not registered, not asked.
_REGISTRATION = {
    (None, "SY"): (0.87, 0.06, 0.07, 0), ("XDP-LINDEN", "SY"): (0.62, 0.28, 0.10, 0),
    ("XDP-MAPLE", "SY"): (0.75, 0.16, 0.09, 0),
    ("XDP-CEDAR", "SY"): (0.79, 0.13, 0.08, 0), ("XDP-OAK", "SY"): (0.82, 0.11, 0.07, 0),
    ("XDP-ALDER", "SY"): (0.80, 0.13, 0.07, 0),
    (None, "TR"): (0, 0, 0, 1), (None, "other"): (0, 0, 0, 1),
}  # fmt: skip
_MISSING_DOCUMENTS = {
    ("TR", None): 0.01, ("other", None): 0.30, ("SY", "here"): 0.06, ("SY", "elsewhere"): 0.15,
    ("SY", "not registered"): 0.60,
}  # fmt: skip
# Share of households in debt that owe it to an employer.
_DEBT_TO_EMPLOYER = {("TR",): 0.12, ("SY",): 0.25, ("other",): 0.25}

# Odds ratios of being out of school; what is left of the chance is set by nationality and age, in `simulated_truth`.
_OUT_OF_SCHOOL = {
    ("turkish", "none"): 2.5,
    ("turkish", "some"): 1.4,
    ("registration", "elsewhere"): 1.8,
    ("registration", "not registered"): 3.0,
    ("debt", True): 1.4,
    ("separated", True): 2.5,
}
# The share out of school where no other trait adds to it, where no public figure decides it.
OUT_OF_SCHOOL_INVENTED = {
    ("TR", "5-11"): 0.015,
    ("TR", "12-14"): 0.02,
    ("SY", "5-11"): 0.10,
    ("other", "5-11"): 0.08,
    ("other", "12-14"): 0.12,
    ("other", "15-17"): 0.30,
}


def _intermediary(cells: Cells) -> Floats:
    return looked_up(cells, ("area_id", "frame"), _INTERMEDIARY) + np.where(cells["frame"] == "SY", 0.10, 0)


STEPS: tuple[Step, ...] = (
    Step(
        "nationality",
        NATIONALITIES,
        lambda cells: looked_up(cells, ("frame",), {("TR",): (0.985, 0, 0.015), ("SY",): (0, 0.97, 0.03)}),
    ),
    Step("sex", SEXES, lambda cells: looked_up(cells, ("frame",), {(None,): (GIRLS, 1 - GIRLS)})),
    # Each year of age has as many children.
    Step("age_group", AGE_GROUPS, lambda cells: looked_up(cells, ("frame",), {(None,): (7 / 13, 3 / 13, 3 / 13)})),
    yes_no("urban", lambda cells: looked_up(cells, ("area_id",), _URBAN), of_psu=True),
    yes_no("labour_intermediary", _intermediary, of_psu=True),
    Step(
        "turkish",
        ("none", "some", "fluent", NOT_ASKED),
        lambda cells: looked_up(cells, ("nationality", "age_group"), _TURKISH),
    ),
    Step(
        "registration",
        ("here", "elsewhere", "not registered", NOT_ASKED),
        lambda cells: looked_up(cells, ("area_id", "nationality"), _REGISTRATION),
    ),
    yes_no("debt", lambda cells: looked_up(cells, ("area_id", "nationality"), _DEBT)),
    yes_no("separated", lambda cells: looked_up(cells, ("nationality", "age_group"), _SEPARATED)),
)


def out_of_school(intercepts: dict[tuple[str, str], float]) -> Step:
    """The step that decides on school, from the log odds by nationality and age group where nothing adds to them."""

    def chance(cells: Cells) -> Floats:
        logit = looked_up(cells, ("nationality", "age_group"), intercepts)
        for (trait, value), odds_ratio in _OUT_OF_SCHOOL.items():
            logit = logit + np.log(odds_ratio) * (cells[trait] == value)
        return special.expit(logit)

    return yes_no("out_of_school", chance)


LATER_STEPS: tuple[Step, ...] = (
    yes_no(
        "debt_to_employer",
        lambda cells: np.where(cells["debt"], looked_up(cells, ("nationality",), _DEBT_TO_EMPLOYER), 0),
    ),
    yes_no(
        "missing_documents",
        lambda cells: looked_up(cells, ("nationality", "registration"), _MISSING_DOCUMENTS),
    ),
)


# --- Strata ----------------------------------------------------------------------------------------------------------

FRAMES = ("TR", "SY")
INTERVIEW = "interview"
# Households that were listed for a primary sampling unit (PSU): from the first to the last number, 60 in the middle.
HOUSEHOLDS_OF_PSU = (48, 72)
# Of the listed households: nobody lives there any more, or no child of 5 to 17 years does.
NO_HOUSEHOLD, NO_CHILD = 0.02, 0.015
# Shares of households that are not met or refuse, and of children that do; they depend on the stratum alone.
NOBODY_HOME, NO_ASSENT = 0.025, 0.02
_NO_CONSENT = {"TR": 0.05, "SY": 0.07}
_NO_CONSENT_MORE = {"XDP-LINDEN": 0.05, "XDP-MAPLE": 0.02}


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
    for area, inhabitants in INHABITANTS["demo_provinces"].items():
        for frame in FRAMES:
            wanted = (
                inhabitants * figures.children_share if frame == "TR" else DISPLACED[area] * DISPLACED_CHILDREN_SHARE
            )
            with_child = sum(HOUSEHOLDS_OF_PSU) / 2 * (1 - NO_HOUSEHOLD - NO_CHILD)
            shares = CHILDREN_OF_HOUSEHOLDS[frame]
            of_psu = with_child * sum((number + 1) * share for number, share in enumerate(shares))
            psus = round(wanted / of_psu)
            no_consent = _NO_CONSENT[frame] + _NO_CONSENT_MORE.get(area, 0)
            found.append(Stratum(area, frame, psus, psus * of_psu, no_consent))
    return tuple(found)
