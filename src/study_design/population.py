"""A population to try study designs on: its size, who is in the condition, and how each kind of study would see them.

The condition is what is to be measured, as being exploited. All numbers here are assumptions: a plan says what a study
would find if they were true, and never how many persons are in the condition.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from bounded.refusal import Refusal, require_columns, require_values

SOURCE_COLUMNS = ("assumption", "value", "low", "high", "unit", "source", "kind")


def _no_sources() -> pd.DataFrame:
    return pd.DataFrame(columns=list(SOURCE_COLUMNS))


@dataclass(frozen=True, eq=False)
class Population:
    """A population under assumptions.

    Parameters
    ----------
    groups : one row a place and group: place, group, population (persons), prevalence (share in the condition, 0 to 1).
    lists : one row an administrative list: list (its name), coverage (share of those in the condition that it has).
    dependence : odds ratio of being on one list for those on another, or for those whom networks or venues reach.
    hidden : share of those in the condition whom no list, question, network or venue reaches.
    household_size : persons a household.
    cluster_correlation : intraclass correlation of the condition within a cluster of households.
    degree, degree_dispersion : persons whom somebody knows: mean, and squared coefficient of variation.
    barrier : share by which persons in the condition are known to fewer than others are.
    transmission : share of those known who are in the condition of whom one knows it.
    homophily : share of ties that stay within one's own kind; 0: ties are random.
    admits, false_positive : shares of those in the condition, and of others, who say that they are in it.
    attends, visits : share of those in the condition who visit venues, and their mean visits a week.
    sources : one row an assumption: assumption, value, low, high, unit, source, kind (published, detected, assumed).

    Raises
    ------
    ValueError : a column is missing, a share is not between 0 and 1, or nobody is in the condition.
    """

    groups: pd.DataFrame
    lists: pd.DataFrame
    dependence: float = 1.0
    hidden: float = 0.0
    household_size: float = 4.0
    cluster_correlation: float = 0.05
    degree: float = 290.0
    degree_dispersion: float = 0.5
    barrier: float = 0.0
    transmission: float = 1.0
    homophily: float = 0.0
    admits: float = 1.0
    false_positive: float = 0.0
    attends: float = 0.5
    visits: float = 3.0
    sources: pd.DataFrame = field(default_factory=_no_sources, repr=False)

    def __post_init__(self) -> None:
        require_columns(self.groups, ["place", "group", "population", "prevalence"], "groups")
        require_columns(self.lists, ["list", "coverage"], "lists")
        for table, column in ((self.groups, "prevalence"), (self.lists, "coverage")):
            require_values(
                table[column], table[column].between(0, 1).to_numpy(), "not_a_share", "; a share is between 0 and 1"
            )
        for name in ("hidden", "cluster_correlation", "barrier", "transmission", "homophily"):
            self._between(name, 0.0, 1.0)
        for name in ("admits", "false_positive", "attends"):
            self._between(name, 0.0, 1.0)
        for name in ("dependence", "household_size", "degree", "degree_dispersion", "visits"):
            self._between(name, 0.0, np.inf)
        if not self.truth > 0:
            raise Refusal(
                "nobody", "Nobody is in the condition: give a prevalence above 0 to a group with inhabitants."
            )

    def _between(self, name: str, low: float, high: float) -> None:
        value = getattr(self, name)
        if not low <= value <= high:
            raise Refusal("out_of_range", f"The assumption '{name}' is {value:g}: it is between {low:g} and {high:g}.")

    @property
    def size(self) -> float:
        """Return all persons of the population."""
        return float(self.groups["population"].sum())

    @property
    def truth(self) -> float:
        """Return the persons in the condition."""
        return float((self.groups["population"] * self.groups["prevalence"]).sum())

    @property
    def prevalence(self) -> float:
        """Return the share of the population in the condition."""
        return self.truth / self.size


# What may be wrong, and which assumptions it changes.
MISSPECIFICATIONS = {
    "lists depend on each other": {"dependence": 3.0},
    "a hidden class": {"hidden": 0.3},
    "a third deny it": {"admits": 2 / 3},
    "networks cluster": {"barrier": 0.4, "homophily": 0.6},
    "households cluster": {"cluster_correlation": 0.2},
}


def misspecified(population: Population) -> dict[str, Population]:
    """Return the population as it may be instead: name of what is wrong -> population.

    Each assumption is changed from what the population has: an odds ratio and a correlation are raised to at least the
    value of `MISSPECIFICATIONS`, shares that are known or admitted are multiplied, and a hidden class comes on top.
    """
    changed = {}
    for name, values in MISSPECIFICATIONS.items():
        new = {}
        for assumption, value in values.items():
            now = getattr(population, assumption)
            new[assumption] = now * value if assumption == "admits" else max(now, value)
        changed[name] = replace(population, **new)
    return changed
