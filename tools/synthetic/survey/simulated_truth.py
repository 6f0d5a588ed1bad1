"""The odds ratios that are true of the synthetic survey, and what is solved so that public figures come out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from scipy import optimize, special

from tools.synthetic.declaration import INHABITANTS
from tools.synthetic.public_figures import PublicFigures, public_figures
from tools.synthetic.survey import population
from tools.synthetic.survey.population import Cells, Floats, Step, Stratum, enumerated, looked_up, strata, yes_no

PLANTED, SOLVED = "planted", "solved from benchmarks"


@dataclass(frozen=True)
class Effect:
    """An odds ratio.

    Parameters
    ----------
    of : trait and value; of an interaction, two of them. odds_ratio : beside what was said of the traits alone.
    how : invented (``planted``), or solved from benchmarks.
    """

    of: tuple[tuple[str, str | bool], ...]
    odds_ratio: float
    how: str = PLANTED


@dataclass(frozen=True)
class Logistic:
    """log odds of an outcome = intercept + the logarithms of the odds ratios of the traits that hold.

    Parameters
    ----------
    outcome : a column of the respondents. among : column that must be true, "" for all children.
    reference : trait -> the value that has no effect.
    """

    outcome: str
    among: str
    reference: dict[str, str | bool]
    intercept: float
    effects: tuple[Effect, ...]
    intercept_how: str = PLANTED

    def chance(self, cells: Cells) -> Floats:
        """(n,) chance of the outcome."""
        logit = np.full(len(next(iter(cells.values()))), self.intercept)
        for effect in self.effects:
            here = np.ones(len(logit), dtype=bool)
            for trait, value in effect.of:
                here &= cells[trait] == value
            logit[here] += np.log(effect.odds_ratio)
        return special.expit(logit)

    def __hash__(self) -> int:
        return hash((self.outcome, self.intercept, self.effects))


def _effects(*lines: tuple) -> tuple[Effect, ...]:
    return tuple(Effect(((trait, value),), ratio) for trait, value, ratio in lines)


# Odds ratios of sex and age are solved.
WORKING = Logistic(
    "working",
    "",
    {
        "nationality": "TR", "sex": "female", "age_group": "5-11", "out_of_school": False, "debt": False,
        "separated": False, "labour_intermediary": False, "registered_elsewhere": False, "turkish": "fluent",
    },
    np.nan,
    _effects(
        ("nationality", "SY", 1.5), ("nationality", "other", 1.3),
        ("sex", "male", np.nan), ("age_group", "12-14", np.nan), ("age_group", "15-17", np.nan),
        ("out_of_school", True, 6.0), ("debt", True, 1.6), ("separated", True, 2.0), ("labour_intermediary", True, 2.2),
        ("registered_elsewhere", True, 1.5), ("turkish", "none", 1.8), ("turkish", "some", 1.3),
    ),
    SOLVED,
)  # fmt: skip
FORCED_LABOUR = Logistic(
    "forced_labour",
    "working",
    {
        "nationality": "TR", "sector_group": "services", "debt_to_employer": False, "labour_intermediary": False,
        "separated": False,
    },
    -2.2,
    (
        *_effects(
            ("nationality", "SY", 1.3), ("nationality", "other", 1.3),
            ("sector_group", "agriculture", 1.6), ("sector_group", "industry", 1.4),
            ("debt_to_employer", True, 3.5), ("labour_intermediary", True, 1.8), ("separated", True, 2.5),
        ),
        Effect((("nationality", "SY"), ("sector_group", "agriculture")), 1.6),
        Effect((("nationality", "SY"), ("sector_group", "industry")), 1.25),
    ),
)  # fmt: skip
TRAFFICKED = Logistic(
    "trafficked",
    "",
    {
        "nationality": "TR", "sex": "female", "age_group": "5-11", "separated": False, "missing_documents": False,
        "labour_intermediary": False,
    },
    -6.2,
    _effects(
        ("nationality", "SY", 2.0), ("nationality", "other", 2.0), ("sex", "male", 0.8), ("age_group", "12-14", 1.8),
        ("age_group", "15-17", 3.0), ("separated", True, 4.0), ("missing_documents", True, 2.5),
        ("labour_intermediary", True, 1.8),
    ),
)  # fmt: skip

SECTOR_GROUPS = ("agriculture", "industry", "services")
# How much more of a sector a province has than others; the level for Turkish children is solved, for others invented.
_SECTOR_TILT = {
    ("XDP-ALDER", "agriculture"): 3.0, ("XDP-PINE", "agriculture"): 3.0, ("XDP-OAK", "agriculture"): 2.0,
    ("XDP-HAZEL", "agriculture"): 1.8, ("XDP-LINDEN", "agriculture"): 0.3, ("XDP-LINDEN", "industry"): 1.6,
    ("XDP-CEDAR", "industry"): 1.8, ("XDP-FIG", "industry"): 1.5, ("XDP-MAPLE", "services"): 1.4,
}  # fmt: skip
_SECTORS_OF_OTHERS = (0.25, 0.40, 0.35)
# Share of the working who are paid, by themselves or through others.
PAID = {("TR",): 0.70, ("SY",): 0.92, ("other",): 0.90}
# Of the working, whose hours reach the threshold of their age; any hazard; of all, chores beyond hours.
BEYOND_HOURS = {
    (None, "5-11"): 1.0, (None, "12-14"): 0.65, ("TR", "12-14"): 0.45, (None, "15-17"): 0.55, ("TR", "15-17"): 0.28,
}  # fmt: skip
ANY_HAZARD = {("agriculture",): 0.45, ("industry",): 0.52, ("services",): 0.30}
CHORES_BEYOND_HOURS = {
    ("female", None, None): 0.04, ("male", None, None): 0.015, ("female", None, "SY"): 0.08, ("male", None, "SY"): 0.03,
    ("female", "15-17", None): 0.0, ("male", "15-17", None): 0.0,
    ("female", "15-17", "SY"): 0.0, ("male", "15-17", "SY"): 0.0,
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Plan:
    """Everything that decides on the answers of the synthetic survey.

    Parameters
    ----------
    steps : traits in the order in which they are drawn. working, forced_labour, trafficked : with their odds ratios.
    out_of_school : (nationality, age group) -> share out of school where no other trait adds to it.
    sectors : (nationality group, sector) -> level before the province tilts it.
    """

    strata: tuple[Stratum, ...]
    steps: tuple[Step, ...]
    working: Logistic
    forced_labour: Logistic
    trafficked: Logistic
    out_of_school: dict[tuple[str, str], float]
    sectors: dict[tuple[str, str], float]

    @property
    def logistics(self) -> tuple[Logistic, ...]:
        return self.working, self.forced_labour, self.trafficked

    def sector_step(self) -> Step:
        """The sector of a child if it works."""
        return Step("sector_group", SECTOR_GROUPS, lambda cells: sector_chances(cells, self.sectors))

    def children(self, more: Sequence[Step] = ()) -> tuple[dict[str, np.ndarray], Floats]:
        """All combinations of traits with the number of children that have them."""
        return _children(self.strata, [*self.steps, *more])


@cache
def solved() -> Plan:
    """The synthetic survey, its intercepts solved so that the benchmarks of `PublicFigures` come out exactly.

    Odds ratios stay as they are set but for those of sex and age, which the benchmarks decide. Where the benchmarks
    leave no room, the share of children out of school gives way, of which there is no public figure.
    """
    figures = public_figures()
    places = strata(figures)
    cells, weight = _children(places, population.STEPS)
    cells["registered_elsewhere"] = cells["registration"] == "elsewhere"
    found = optimize.root(
        lambda numbers: _distance(numbers, cells, weight, figures), [-6.5, 2.2, 3.6, 0.9, -2.5, -0.8, -0.8], tol=1e-13
    )
    if np.abs(found.fun).max() > 1e-9:
        raise ArithmeticError("No odds ratios of sex and age, and no shares out of school, agree with the benchmarks.")
    working, intercepts = _with(found.x)
    school = population.out_of_school(intercepts)
    later = (school, yes_no("registered_elsewhere", lambda cells: 1.0 * (cells["registration"] == "elsewhere")))
    steps = (*population.STEPS, *later, *population.LATER_STEPS)
    return Plan(
        places,
        steps,
        working,
        FORCED_LABOUR,
        TRAFFICKED,
        {key: float(special.expit(value)) for key, value in intercepts.items()},
        _solved_sectors(*_children(places, steps), working, figures),
    )


def _children(places: Sequence[Stratum], steps: Sequence[Step]) -> tuple[dict[str, np.ndarray], Floats]:
    given = {
        "area_id": np.array([place.area_id for place in places]),
        "frame": np.array([place.frame for place in places]),
    }
    return enumerated(steps, given, np.array([place.children for place in places]))


def _with(numbers: Floats) -> tuple[Logistic, dict[tuple[str, str], float]]:
    """The model of work, and log odds of being out of school, for the seven numbers that are solved."""
    intercept, twelve, fifteen, male, *school = numbers.tolist()
    ratios = {("age_group", "12-14"): twelve, ("age_group", "15-17"): fifteen, ("sex", "male"): male}
    effects = tuple(
        replace(effect, odds_ratio=float(np.exp(ratios[effect.of[0]])), how=SOLVED)
        if effect.of[0] in ratios
        else effect
        for effect in WORKING.effects
    )
    intercepts = {key: float(special.logit(share)) for key, share in population.OUT_OF_SCHOOL_INVENTED.items()}
    solved_for = (("TR", "15-17"), ("SY", "12-14"), ("SY", "15-17"))
    return replace(WORKING, intercept=intercept, effects=effects), intercepts | dict(
        zip(solved_for, school, strict=True)
    )


def _distance(numbers: Floats, cells: dict[str, np.ndarray], weight: Floats, figures: PublicFigures) -> list[float]:
    """Log odds of each benchmark less those that come out."""
    working, intercepts = _with(numbers)
    out = population.out_of_school(intercepts).chances(cells)[:, 0]
    with_school = working.chance({**cells, "out_of_school": np.zeros(len(weight), bool)})
    without = working.chance({**cells, "out_of_school": np.ones(len(weight), bool)})
    attends, leaves = weight * (1 - out) * with_school, weight * out * without
    works = attends + leaves
    turkish, syrian_boys = cells["nationality"] == "TR", (cells["nationality"] == "SY") & (cells["sex"] == "male")
    group = {name: cells["age_group"] == name for name in population.AGE_GROUPS}
    at_work = works[turkish].sum()
    pairs = [
        (at_work / weight[turkish].sum(), figures.working),
        *((works[turkish & group[name]].sum() / at_work, figures.ages[name]) for name in ("12-14", "15-17")),
        (works[turkish & (cells["sex"] == "male")].sum() / at_work, figures.male),
        (attends[turkish].sum() / at_work, figures.attending),
    ]
    for name, share in figures.syrian_boys_paid.items():
        here = syrian_boys & group[name]
        pairs.append((PAID["SY",] * works[here].sum() / weight[here].sum(), share))
    return [float(special.logit(found) - special.logit(share)) for found, share in pairs]


def sector_chances(cells: Cells, sectors: dict[tuple[str, str], float]) -> Floats:
    """(n, 3) chances of the groups of sectors, if the child works."""
    chances = np.stack(
        [
            looked_up(
                cells, ("nationality",), {(nation,): sectors[nation, sector] for nation in population.NATIONALITIES}
            )
            for sector in SECTOR_GROUPS
        ],
        axis=1,
    )
    for (area, sector), tilt in _SECTOR_TILT.items():
        chances[cells["area_id"] == area, SECTOR_GROUPS.index(sector)] *= tilt
    return chances / chances.sum(axis=1, keepdims=True)


def _solved_sectors(
    cells: dict[str, np.ndarray], weight: Floats, working: Logistic, figures: PublicFigures
) -> dict[tuple[str, str], float]:
    """Levels of the sectors, so that those of Turkish children at work are the benchmark's."""
    turkish = cells["nationality"] == "TR"
    works = weight[turkish] * working.chance(cells)[turkish]
    by_area = {area: works[cells["area_id"][turkish] == area].sum() for area in INHABITANTS["demo_provinces"]}
    given = {"area_id": np.array(list(by_area)), "nationality": np.full(len(by_area), "TR")}
    wanted = np.array([figures.sectors[sector] for sector in SECTOR_GROUPS])
    level = wanted.copy()
    others = {
        (nation, sector): share
        for nation in ("SY", "other")
        for sector, share in zip(SECTOR_GROUPS, _SECTORS_OF_OTHERS, strict=True)
    }
    shares = np.array(list(by_area.values())) / works.sum()
    # Iterative proportional fitting: it converges fast, as each province has every sector.
    for _ in range(200):
        levels = dict(zip([("TR", sector) for sector in SECTOR_GROUPS], level.tolist(), strict=True)) | others
        level = level * wanted / (shares @ sector_chances(given, levels))
        level /= level.sum()
    return dict(zip([("TR", sector) for sector in SECTOR_GROUPS], level.tolist(), strict=True)) | others
