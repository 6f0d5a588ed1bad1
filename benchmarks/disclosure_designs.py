"""Synthetic persons, and the tables in which such releases show them: what `table_protection.py` attacks and protects.

Every design is drawn anew from a seed; nothing is read. Areas and traits have shares drawn from a Dirichlet
distribution, so that some are rare; traits are independent of one another. Tables are shown with their margins, as
releases are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np
import pandas as pd

K = 11
Tables = dict[str, pd.DataFrame]


@dataclass(frozen=True)
class Release:
    """True tables of one release, and what is known with them.

    Parameters
    ----------
    tables : name -> dimensions and count, all counts true.
    before : the true tables of the release before, where there was one.
    nested : dimension -> value, atom, as `disclosure.audit` takes it.
    atoms : dimension -> value -> the atoms it is made of, for every dimension whose values overlap.
    persons : who is counted, where every table is one of crossed traits.
    """

    tables: Tables
    before: Tables | None = None
    nested: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    atoms: Mapping[str, Mapping[str, Sequence[str]]] = field(default_factory=dict)
    persons: pd.DataFrame | None = None


def people(number: int, sizes: Mapping[str, int], seed: int, evenness: float = 1.0) -> pd.DataFrame:
    """One row a person: for each trait one of so many values, whose shares are drawn from a Dirichlet distribution.

    Parameters
    ----------
    number : persons.
    sizes : trait -> how many values it has; they are called by the trait's name and a number.
    evenness : parameter of the Dirichlet distribution; at 1 all shares are as likely, above it they are more alike.
    """
    random = np.random.default_rng(seed)
    found = {}
    for name, size in sizes.items():
        values = [f"{name} {place:02d}" for place in range(size)]
        found[name] = random.choice(values, number, p=random.dirichlet(np.full(size, evenness)))
    return pd.DataFrame(found)


def counted(persons: pd.DataFrame, groups: Sequence[Sequence[str]]) -> Tables:
    """A table of counts for each group of traits; the empty group is the total."""
    found = {}
    for group in map(list, groups):
        name = " × ".join(group) or "total"
        if group:
            found[name] = persons.groupby(group).size().rename("count").reset_index()
        else:
            found[name] = pd.DataFrame({"count": [len(persons)]})
    return found


def with_margins(*tables: Sequence[str]) -> list[tuple[str, ...]]:
    """Groups of traits and all their margins down to the total, each once, the largest first."""
    found = {part for table in tables for size in range(len(table) + 1) for part in combinations(tuple(table), size)}
    return sorted(found, key=lambda part: (-len(part), part))


def four_linked(seed: int) -> Release:
    """600 persons in 9 areas: area × sex, area × age, sex × age and area × nationality, with margins."""
    persons = people(600, {"area": 9, "sex": 2, "age": 5, "nationality": 5}, seed)
    pairs = [("area", "sex"), ("area", "age"), ("sex", "age"), ("area", "nationality")]
    return Release(counted(persons, with_margins(*pairs)), persons=persons)


def three_linked(seed: int, areas: int = 30) -> Release:
    """100 persons an area, 30 areas: area × sex, area × age and area × nationality, with margins."""
    persons = people(100 * areas, {"area": areas, "sex": 2, "age": 5, "nationality": 6}, seed)
    pairs = [("area", other) for other in ("sex", "age", "nationality")]
    return Release(counted(persons, with_margins(*pairs)), persons=persons)


def three_way(seed: int) -> Release:
    """3,000 persons in 30 areas: area × sex × age, with margins."""
    persons = people(3000, {"area": 30, "sex": 2, "age": 5}, seed)
    return Release(counted(persons, with_margins(("area", "sex", "age"))), persons=persons)


def four_way(seed: int) -> Release:
    """6,000 persons in 10 areas: 600 cells of area × sex × age × nationality, two of its margins, totals."""
    persons = people(6000, {"area": 10, "sex": 2, "age": 5, "nationality": 6}, seed)
    groups = [tuple(persons), ("area", "sex", "age"), ("area", "nationality"), *((trait,) for trait in persons), ()]
    return Release(counted(persons, groups), persons=persons)


def many_areas(seed: int, areas: int, national: bool) -> Release:
    """100 persons an area: area × sex × age, area × nationality and area × form, without or with national tables.

    National ones are sex × age, nationality and form; with them comes the total of each area, too.
    """
    persons = people(100 * areas, {"area": areas, "sex": 2, "age": 5, "nationality": 6, "form": 6}, seed)
    linked = [("area", "sex", "age"), ("area", "nationality"), ("area", "form")]
    above = [("sex", "age"), ("nationality",), ("form",), ("area",)]
    return Release(counted(persons, [*linked, *above] if national else linked), persons=persons)


def flows(seed: int) -> Release:
    """800 persons between 10 islands: origin × destination, with totals of both."""
    random = np.random.default_rng(seed)
    persons = people(800, {"origin": 10, "destination": 10}, seed)
    # Half of all journeys stay where they began.
    stayed = random.random(len(persons)) < 0.5
    persons.loc[stayed, "destination"] = persons.loc[stayed, "origin"].str.replace("origin", "destination")
    return Release(counted(persons, with_margins(("origin", "destination"))))


def traits(seed: int) -> Release:
    """1,200 persons in 12 areas: each of four yes/no traits by area, with totals."""
    random = np.random.default_rng(seed)
    persons = people(1200, {"area": 12}, seed)
    for place, share in enumerate((0.5, 0.2, 0.1, 0.05), 1):
        persons[f"trait {place}"] = np.where(random.random(len(persons)) < share, "yes", "no")
    return Release(counted(persons, with_margins(*[("area", f"trait {place}") for place in range(1, 5)])))


def growing(seed: int) -> Release:
    """900 persons on lists, and 45 more half a year later: area × sex and area × age in 8 areas, with margins."""
    persons = people(945, {"area": 8, "sex": 2, "age": 4}, seed, 2.0)
    groups = with_margins(("area", "sex"), ("area", "age"))
    return Release(counted(persons, groups), counted(persons.head(900), groups))


def survey(seed: int) -> Release:
    """1,500 children asked in 9 areas: outcomes that lie in one another and ages that overlap, with totals."""
    random = np.random.default_rng(seed)
    persons = people(1500, {"area": 9}, seed, 2.0)
    persons["outcome"] = random.choice(
        ["hazardous work", "other child labour", "permitted work", "no work"], len(persons), p=[0.04, 0.08, 0.15, 0.73]
    )
    persons["age"] = random.choice(["5-11", "12-14", "15-17"], len(persons), p=[0.45, 0.3, 0.25])
    made_of = {
        "hazardous work": ["hazardous work"],
        "child labour": ["hazardous work", "other child labour"],
        "working": ["hazardous work", "other child labour", "permitted work"],
    }
    ages = {"5-14": ["5-11", "12-14"], "15-17": ["15-17"], "5-11": ["5-11"], "12-14": ["12-14"]}
    levels = ["hazardous work", "child labour", "working"]
    tables = {
        "area × outcome": _nested(persons, "outcome", made_of, levels, ["area"]),
        "age × outcome": _nested(
            _nested_rows(persons, "age", ages, ["5-14", "15-17"]), "outcome", made_of, levels, ["age"]
        ),
        "outcome": _nested(persons, "outcome", made_of, levels, []),
        **counted(persons, [("area", "age"), ("age",), ("area",), ()]),
    }
    return Release(tables, nested={"outcome": _as_frame(made_of)}, atoms={"outcome": made_of, "age": ages})


def _as_frame(made_of: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    return pd.DataFrame(
        [(value, atom) for value, atoms in made_of.items() for atom in atoms], columns=["value", "atom"]
    )


def _nested_rows(
    persons: pd.DataFrame, trait: str, made_of: Mapping[str, Sequence[str]], values: Sequence[str]
) -> pd.DataFrame:
    """The persons once for every value that holds them."""
    return pd.concat([persons[persons[trait].isin(made_of[value])].assign(**{trait: value}) for value in values])


def _nested(
    persons: pd.DataFrame,
    trait: str,
    made_of: Mapping[str, Sequence[str]],
    values: Sequence[str],
    others: list[str],
) -> pd.DataFrame:
    """Counts by other traits and by values that lie in one another; who has none of them stands in a row of his own."""
    rest = sorted(set(persons[trait]) - {atom for value in values for atom in made_of[value]})
    rows = pd.concat([_nested_rows(persons, trait, made_of, values), persons[persons[trait].isin(rest)]])
    return rows.groupby([*others, trait]).size().rename("count").reset_index()


DESIGNS: dict[str, Callable[[int], Release]] = {
    "four linked two-way tables": four_linked,
    "30 areas × 3 linked tables": three_linked,
    "30 areas, three-way": three_way,
    "600 cells, four-way": four_way,
    "10 islands, flows": flows,
    "12 areas × yes/no traits": traits,
    "two releases, growing lists": growing,
    "survey, nested outcomes": survey,
}


def primary(tables: Tables, k: int = K) -> Tables:
    """Each table by itself with cells of 1 to k - 1 persons blank and all margins shown: primary suppression only."""
    return {
        name: table.assign(count=table["count"].astype("Int64").mask(table["count"].between(1, k - 1)))
        for name, table in tables.items()
    }
