"""The population that a study would meet: persons in the condition, the lists that have some of them, and networks."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from bounded.arguments import checked, numbers_in_a_row, positive, require_numbers, table
from bounded.notebook_result import NotebookResult
from bounded.refusal import Refusal, is_number, require_columns, require_once, require_values, shown

Floats = NDArray[np.float64]
SOURCES = ("assumption", "value", "low", "high", "unit", "source", "kind")
# The largest share of reachable persons that a list may have: more leaves nothing to estimate.
MOST_COVERAGE = 0.99
_SWEEPS = 500


def _no_sources() -> pd.DataFrame:
    return pd.DataFrame(columns=list(SOURCES))


@dataclass(frozen=True, eq=False)
class Population(NotebookResult):
    """A population as it is assumed to be: data only. Every value is an assumption until `sources` says otherwise.

    Parameters
    ----------
    groups : one row a place and group: place, group, population (persons), prevalence (share in the condition).
    lists : one row a list: list, coverage (share of those in the condition whom the list has).
    dependence : odds ratio between any two lists; 1 for independent ones.
    hidden : share of those in the condition whom no list, no network, no recruitment and no venue reaches.
    in_households : share of those in the condition who live in households that a survey would list.
    household_size : persons in a household.
    cluster_correlation : intra-cluster correlation of the condition, from 0 to below 1.
    degree : persons whom a person knows, on average.
    degree_dispersion : standard deviation of degrees, divided by their mean.
    barrier : coefficient of variation between respondents in the chance to know somebody in the condition.
    transmission : share of those in the condition of whom an acquaintance knows that they are in it.
    homophily : share of the ties of those in the condition that lead to others in it, beyond their share of all.
    admits : share of those in the condition who say so when asked.
    false_positive : share of all others who are counted as in the condition when asked.
    attends : share of those in the condition who visit venues.
    visits_a_week : visits a week of those who visit, on average; 1 or more.
    sources : one row an assumption: assumption, value, low, high, unit, source, kind.

    Raises
    ------
    ValueError : a column is missing, a row stands twice, or a value is out of its range; it is named.
    """

    groups: pd.DataFrame
    lists: pd.DataFrame
    dependence: float = 1.0
    hidden: float = 0.0
    in_households: float = 1.0
    household_size: float = 4.0
    cluster_correlation: float = 0.02
    degree: float = 200.0
    degree_dispersion: float = 0.7
    barrier: float = 0.5
    transmission: float = 1.0
    homophily: float = 0.0
    admits: float = 1.0
    false_positive: float = 0.0
    attends: float = 0.5
    visits_a_week: float = 2.0
    sources: pd.DataFrame = field(default_factory=_no_sources)

    def __post_init__(self) -> None:
        for name, columns in (("groups", ("population", "prevalence")), ("lists", ("coverage",))):
            given = table(name, getattr(self, name))
            for column in set(columns) & set(given):
                require_numbers(given[column])
        require_columns(self.groups, ["place", "group", "population", "prevalence"], "groups")
        require_once(self.groups, ["place", "group"], "groups", "give one row a place and group")
        people, share = (self.groups[name].to_numpy(dtype=float) for name in ("population", "prevalence"))
        require_values(self.groups["population"], people > 0, "not_positive", "; a population is above 0")
        require_values(self.groups["prevalence"], (share >= 0) & (share < 1), "out_of_range", "; it is a share below 1")
        require_columns(self.lists, ["list", "coverage"], "lists")
        require_once(self.lists, ["list"], "lists", "give one row a list")
        coverage = self.lists["coverage"].to_numpy(dtype=float)
        require_values(self.lists["coverage"], (coverage > 0) & (coverage < 1), "out_of_range", "; it is a share")
        for name in ("hidden", "cluster_correlation", "homophily", "false_positive"):
            self._require(name, 0 <= getattr(self, name) < 1, "a share from 0 to below 1")
        for name in ("in_households", "transmission", "admits", "attends"):
            self._require(name, 0 < getattr(self, name) <= 1, "a share above 0, and 1 at most")
        for name in ("dependence", "household_size", "degree"):
            self._require(name, 0 < getattr(self, name) < np.inf, "a number above 0")
        for name in ("degree_dispersion", "barrier"):
            self._require(name, 0 <= getattr(self, name) < np.inf, "a number, 0 or more")
        self._require("visits_a_week", 1 <= self.visits_a_week < np.inf, "a number, 1 or more")
        if self.truth == 0:
            raise Refusal("nobody", "Nobody is in the condition: a prevalence above 0 in one place is needed.")

    def _require(self, name: str, good: bool, needed: str) -> None:
        value = getattr(self, name)
        if not is_number(value) or not good:
            raise Refusal("out_of_range", f"`{name}` is {needed}; it is {shown(value)}.")

    @cached_property
    def by_place(self) -> pd.DataFrame:
        """One row a place, in the order given: place, population, cases (persons in the condition, whole)."""
        cases = np.rint(self.groups["population"].to_numpy(float) * self.groups["prevalence"].to_numpy(float))
        whole = self.groups.assign(cases=cases)
        return whole.groupby("place", sort=False)[["population", "cases"]].sum().astype(float).reset_index()

    @property
    def persons(self) -> float:
        """Persons in all places and groups."""
        return float(self.by_place["population"].sum())

    @property
    def truth(self) -> float:
        """Persons in the condition."""
        return float(self.by_place["cases"].sum())

    @property
    def prevalence(self) -> float:
        """Share of all persons who are in the condition."""
        return self.truth / self.persons


@checked(coverage=numbers_in_a_row, odds_ratio=positive)
def list_probabilities(coverage: ArrayLike, odds_ratio: float = 1.0) -> Floats:
    """Return the chance of each pattern of lists for one person.

    A log-linear model with one odds ratio for every pair of lists, given the others, and no higher terms; the lists'
    coverages are its margins, met by iterative proportional fitting.

    Parameters
    ----------
    coverage : (lists,) share of persons whom each list has, above 0 and below 1.
    odds_ratio : between any two lists; 1 for independent ones.

    Returns
    -------
    (2**lists,) chances that add to 1; bit i of a place is set where list i has the person, so that place 0 is nobody's.

    Raises
    ------
    ValueError : a coverage is no share.

    References
    ----------
    Fienberg, S. E. (1972). The multiple recapture census for closed populations and incomplete 2^k contingency tables.
        Biometrika 59, 591-603.
    """
    margin = np.atleast_1d(np.asarray(coverage, dtype=float))
    if not ((margin > 0) & (margin < 1)).all():
        raise Refusal("out_of_range", "A coverage is a share above 0 and below 1.")
    places = np.arange(1 << margin.size)
    on = places[:, None] >> np.arange(margin.size) & 1
    lists = on.sum(axis=1)
    chance = float(odds_ratio) ** (lists * (lists - 1) / 2)
    chance = chance / chance.sum()
    for _ in range(_SWEEPS):
        for column, wanted in zip(on.T == 1, margin, strict=True):
            found = chance[column].sum()
            chance = np.where(column, chance * wanted / found, chance * (1 - wanted) / (1 - found))
        if np.abs(on.T @ chance - margin).max() < 1e-13:
            break
    return chance
