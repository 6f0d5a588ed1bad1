"""Counts of the children asked, for every share that a page prints: what is protected before anything leaves.

Tables are of Turkish and Syrian children, unweighted. Children of another nationality are in none of them, and no other
number of them leaves, so that nothing can be subtracted to find them. Whoever does not know an answer stands with those
whom it does not concern: the few who do not know are a group of their own, and would be told apart otherwise.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import product

import pandas as pd

from analysis.risk.outcomes import HAZARDS, outcomes

# No group of fewer children than this is told.
K = 11
# A table is left out if this share of its numbers, or more, are of few.
LOST = 0.5
NATIONALITIES = ("TR", "SY")
AREA, NATIONALITY, SEX, AGE = "area_id", "nationality", "sex", "age_group"
OUTCOME = "outcome"
SECTORS = ("agriculture", "industry", "services")
NO_SECTOR = "not at work"
# Who works, and of whom the sector is not known, stands with those of services.
OTHER_SECTOR = "services"
YES, REST = "yes", "no"
# Answers of which a child gives one; who does not know stands with those of the value named.
CODES = {
    "lives_with_parents": (("both", "one", "neither"), "both"),
    "parents_alive": (("both", "mother", "father", "none"), "both"),
    "head_sex": (("female", "male"), "male"),
    "head_education": (("none", "primary", "secondary", "higher"), "primary"),
}
# Answers of yes or no.
ANSWERS = (
    *("registered_elsewhere", "no_turkish", "out_of_school", "food_insecure", "missing_documents"),
    *("informal_settlement", "labour_intermediary", "displaced_before", "experienced_violence", "recruited_online"),
    *("married_early", "urban", "social_transfer", "knows_157", "knows_183"),
)
NEEDS = ("documents", "shelter", "psychosocial", "education", "legal_aid", "health", "cash", "family_tracing")
GIVERS = ("state", "municipality", "un", "ngo", "family", "other", "none")
# What forced labour follows from.
COERCION = ("coerced_by_employer", "with_parents_in_forced_labour", "coerced_by_parents")
# What is said of working children and is an answer of its own; the hazards printed are some of those asked.
HARDSHIPS = (*(hazard for hazard in HAZARDS if hazard != "hazard_other"), *COERCION)

# --- Values that are made of others ----------------------------------------------------------------------------------

_FLAGS = (
    *("working", "economic_activity_beyond_hours", "chores_beyond_hours"),
    *("hazardous_work", "forced_labour", "trafficked"),
)
_OF_WORK = ("economic_activity_beyond_hours", "hazardous_work")
_LABOUR = (*_OF_WORK, "chores_beyond_hours", "forced_labour")
# An outcome and one that lies within it by definition: what is left of the one without the other is a cell as well.
_WITHIN = (
    *(("working", inner) for inner in _OF_WORK),
    *(("child_labour", inner) for inner in _LABOUR),
    ("child_labour", "trafficked"),
)
# What is counted by the sector in which a child works.
_BY_SECTOR = ("working", "child_labour", "trafficked", "economic_activity_beyond_hours in child_labour")


@dataclass(frozen=True)
class _Kind:
    """What a child can be, as far as outcomes go: which it has, and where it works."""

    flags: Mapping[str, bool]
    sector: str

    @property
    def atom(self) -> str:
        has = " + ".join(name for name in _FLAGS if self.flags[name]) or "none"
        return f"exactly {has}, {self.sector}"

    def value(self, outer: str, inner: str = "") -> str:
        """Its place among an outcome, what lies within it, and the rest."""
        has = self.flags[outer], bool(inner) and self.flags[inner]
        # Trafficking need not be labour, so that there are four parts; of the others three.
        if inner == "trafficked":
            return {
                (True, True): f"{outer} and {inner}",
                (True, False): f"{outer} without {inner}",
                (False, True): f"{inner} without {outer}",
                (False, False): f"no {outer}, not {inner}",
            }[has]
        if not has[0]:
            return without(outer)
        return outer if not inner else inner if has[1] else f"{outer} without {inner}"


def without(outcome: str) -> str:
    """The value of children who do not have an outcome, or of whom it is not known."""
    return f"no {outcome}"


def within(sector: str, value: str) -> str:
    """The value of children who have `value` and work in a sector."""
    return f"{value}, {sector}"


def _kinds() -> list[_Kind]:
    """Every kind of child that there can be: hours and hazards of work, and a sector, are of who works."""
    found = []
    for chosen in product((False, True), repeat=len(_FLAGS)):
        flags = dict(zip(_FLAGS, chosen, strict=True))
        flags["child_labour"] = any(flags[name] for name in _LABOUR)
        if flags["working"]:
            found += [_Kind(flags, sector) for sector in SECTORS]
        elif not any(flags[name] for name in _OF_WORK):
            found.append(_Kind(flags, NO_SECTOR))
    return found


def _made_of() -> dict[str, dict[str, list[str]]]:
    """Partition -> value -> the kinds of children that it is made of."""
    pairs = [("working", ""), ("child_labour", ""), ("trafficked", ""), *_WITHIN]
    named = {f"{inner} in {outer}" if inner else outer: (outer, inner) for outer, inner in pairs}
    found: dict[str, dict[str, list[str]]] = {}
    for kind in _kinds():
        for partition, pair in named.items():
            value = kind.value(*pair)
            found.setdefault(partition, {}).setdefault(value, []).append(kind.atom)
            if partition in _BY_SECTOR:
                there = kind.sector if partition == "working" else within(kind.sector, value)
                found.setdefault(by_sector(partition), {}).setdefault(there, []).append(kind.atom)
    return found


def by_sector(partition: str) -> str:
    """What the partition of an outcome is called that tells it apart by sector."""
    return f"{partition} by sector"


PARTITIONS: dict[str, dict[str, dict[str, list[str]]]] = {
    OUTCOME: _made_of(),
    "debt": {
        "debt": {"debt": ["to an employer", "other debt"], without("debt"): [without("debt")]},
        "employer": {
            "to an employer": ["to an employer"],
            "no debt to an employer": ["other debt", without("debt")],
        },
    },
    "pay": {
        name: {name: made, f"not {name}": [atom for atom in ("own", "others", "nobody", "-")
                                                         if atom not in made]}
        for name, made in {"paid": ["own", "others"], "paid_to_others": ["others"], "unpaid": ["nobody"]}.items()
    },
    "help": {
        "needs": {"needs something": list(GIVERS), "needs nothing": ["needs nothing"]},
        "by": {giver: [giver] for giver in (*GIVERS, "needs nothing")},
    },
    **{
        f"need: {need}": {
            "need": {"needs it": ["gets it", "goes without"], without("need"): [without("need")]},
            "gap": {value: [value] for value in ("gets it", "goes without", without("need"))},
        }
        for need in NEEDS
    },
}  # fmt: skip


@cache
def _nested() -> dict[str, pd.DataFrame]:
    tables = {}
    for dimension, partitions in PARTITIONS.items():
        rows = {(value, atom) for parts in partitions.values() for value, made in parts.items() for atom in made}
        tables[dimension] = pd.DataFrame(sorted(rows), columns=["value", "atom"])
    return tables


def nested() -> dict[str, pd.DataFrame]:
    """Of which atoms the values of a dimension are made, as the protection of the tables takes it.

    Returns
    -------
    dimension -> DataFrame with columns value, atom.
    """
    return {dimension: table.copy() for dimension, table in _nested().items()}


# --- Tables ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Table:
    """A table to be counted: what it is called, what it counts, and by which groups, each of them a table."""

    stem: str
    # Dimensions with the partition of each; "": as it is.
    of: tuple[tuple[str, str], ...]
    by: tuple[tuple[str, ...], ...] = ((NATIONALITY,),)
    # Stem of the table from whose counts this one could be found by subtraction: it stays as long as that does.
    guards: str = ""


_WHOLE = ((NATIONALITY,),)
_GROUPS = (*_WHOLE, (NATIONALITY, SEX), (NATIONALITY, AGE), (NATIONALITY, SEX, AGE))


def _tables() -> Iterator[_Table]:
    """What is counted; a table that guards another comes behind it."""
    yield _Table("children", (), _GROUPS)
    for stem in ("working", "child_labour", "trafficked"):
        yield _Table(stem, ((OUTCOME, stem),), _GROUPS)
        yield _Table(by_sector(stem), ((OUTCOME, by_sector(stem)),))
    yield _Table("forced_labour", ((OUTCOME, "forced_labour in child_labour"),), _GROUPS)
    yield _Table("both", ((OUTCOME, "trafficked in child_labour"),))
    yield _Table("chores_beyond_hours", ((OUTCOME, "chores_beyond_hours in child_labour"),))
    for stem in _OF_WORK:
        yield _Table(stem, ((OUTCOME, f"{stem} in child_labour"),))
        yield _Table(f"{stem} of the working", ((OUTCOME, f"{stem} in working"),), guards=stem)
    stem = "economic_activity_beyond_hours"
    yield _Table(by_sector(stem), ((OUTCOME, by_sector(f"{stem} in child_labour")),))
    for stem in HARDSHIPS:
        inside = "forced_labour" if stem in COERCION else "hazardous_work"
        yield _Table(by_sector(stem), ((stem, ""), (OUTCOME, by_sector("child_labour"))))
        yield _Table(
            f"{stem} in {inside}", ((stem, ""), (OUTCOME, f"{inside} in child_labour")), guards=by_sector(stem)
        )
    yield _Table(by_sector("seasonal_migration"), (("seasonal_migration", ""), (OUTCOME, by_sector("working"))))
    for stem in ("paid_to_others", "unpaid"):
        yield _Table(by_sector(stem), (("pay", stem), (OUTCOME, by_sector("working"))))
    yield _Table("paid", (("pay", "paid"), (OUTCOME, "working")), ((NATIONALITY, SEX, AGE),))
    yield _Table("school of the working", (("out_of_school", ""), (OUTCOME, "working")))
    for stem in (*ANSWERS, *CODES):
        yield _Table(stem, ((stem, ""),))
    yield _Table("debt", (("debt", "debt"),))
    yield _Table("debt_to_employer", (("debt", "employer"),))
    for need in NEEDS:
        yield _Table(f"need_{need}", ((f"need: {need}", "need"),))
        yield _Table(f"need_{need} of the needy", ((f"need: {need}", "need"), ("help", "needs")), guards=f"need_{need}")
        yield _Table(f"gap_{need}", ((f"need: {need}", "gap"),))
    yield _Table("needs", (("help", "needs"),))
    yield _Table("received_from", (("help", "by"),))


def count_tables(respondents: pd.DataFrame, k: int = K) -> dict[str, pd.DataFrame]:
    """Count the children asked in every table that a page prints, by area and of the study as a whole.

    Parameters
    ----------
    respondents : one row a child, as `analysis.survey.respondents.respondents` gives it.
    k : no group of fewer children may be told.

    Returns
    -------
    Name -> DataFrame with the dimensions and `count`, one row a cell in which somebody stands; see `name`. Every
    Turkish or Syrian child stands in one cell of a table. One rule makes tables coarser: one of which more than half of
    the numbers are of fewer than `k` children is left out, and a coarser one, or the study as a whole, stands in its
    place. (A group's numbers are one less than its cells, since they add up to the group.)
    """
    persons = coded(respondents)
    found = {}
    for table in _tables():
        shown = _partitioned(persons, table.of)
        for place, groups in product(((AREA,), ()), table.by):
            by = [*place, *groups]
            counted = _counted(shown, [*by, *(dimension for dimension, _ in table.of if dimension not in by)])
            if table.guards:
                kept = any(
                    title.startswith(f"{table.guards} by {place[0] if place else NATIONALITY}") for title in found
                )
            else:
                kept = table.stem == "children" or not _mostly_lost(counted, by, k)
            if kept:
                found[name(table.stem, by)] = counted
    return found


def name(stem: str, by: Iterable[str]) -> str:
    """What a table is called: "child_labour by area_id, nationality"."""
    return f"{stem} by {', '.join(by)}"


def _partitioned(persons: pd.DataFrame, of: tuple[tuple[str, str], ...]) -> pd.DataFrame:
    values = {
        dimension: persons[dimension].map(
            {atom: value for value, made in PARTITIONS[dimension][partition].items() for atom in made}
        )
        for dimension, partition in of
        if partition
    }
    return persons.assign(**values)


def _counted(persons: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    return persons.groupby(by, sort=True).size().astype("Int64").rename("count").reset_index()


def _mostly_lost(counted: pd.DataFrame, by: list[str], k: int) -> bool:
    """Whether few children stand in more than half of the cells that can differ: in all of a group but one."""
    free = len(counted) - len(counted[by].drop_duplicates())
    return bool((counted["count"] < k).sum() > LOST * free)


# --- Children ---------------------------------------------------------------------------------------------------------


def coded(respondents: pd.DataFrame) -> pd.DataFrame:
    """Each Turkish or Syrian child with one value in each dimension.

    Parameters
    ----------
    respondents : one row a child.

    Returns
    -------
    DataFrame of texts: area_id, nationality, sex, age_group, and the dimensions of the tables.
    """
    table = respondents[respondents[NATIONALITY].isin(NATIONALITIES)].reset_index(drop=True)
    decided = outcomes(table)
    columns = {column: table[column].astype(object) for column in (AREA, NATIONALITY, SEX, AGE)}
    works = decided["working"].eq(True).fillna(False).astype(bool)
    sector = table["sector_group"].astype(object).fillna(OTHER_SECTOR).where(works, NO_SECTOR)
    flags = decided[list(_FLAGS)].fillna(False).astype(bool).to_dict("records")
    kinds = [_Kind(each, there) for each, there in zip(flags, sector, strict=True)]
    columns[OUTCOME] = pd.Series([kind.atom for kind in kinds], table.index, dtype=object)
    answers = table.assign(no_turkish=table["turkish"].eq("none").astype("boolean").mask(table["turkish"].isna()))
    for column in (*ANSWERS, *HARDSHIPS, "seasonal_migration"):
        columns[column] = _yes(answers[column])
    for column, (codes, other) in CODES.items():
        columns[column] = table[column].where(table[column].isin(codes)).astype(object).fillna(other)
    indebted, employer = _is(table["debt"]), _is(table["debt_to_employer"])
    columns["debt"] = _chosen({"to an employer": indebted & employer, "other debt": indebted}, without("debt"))
    to = table["paid_to"]
    others = to.isin(["parents", "intermediary"])
    columns["pay"] = _chosen(
        {"nobody": works & to.eq("nobody").fillna(False), "others": works & others, "own": works & to.notna()}, "-"
    )
    needed = pd.DataFrame({need: _is(table[f"need_{need}"]) for need in NEEDS})
    giver = table["received_from"].where(table["received_from"].isin(GIVERS)).astype(object).fillna("none")
    columns["help"] = giver.where(needed.any(axis=1), "needs nothing")
    for need in NEEDS:
        got = _is(table[f"received_{need}"])
        columns[f"need: {need}"] = _chosen({"gets it": needed[need] & got, "goes without": needed[need]},
                                           without("need"))  # fmt: skip
    return pd.DataFrame(columns)


def _is(answers: pd.Series) -> pd.Series:
    return answers.astype("boolean").fillna(False).astype(bool)


def _yes(answers: pd.Series) -> pd.Series:
    return _is(answers).map({True: YES, False: REST}).astype(object)


def _chosen(values: Mapping[str, pd.Series], otherwise: str) -> pd.Series:
    """The first value that holds of a child."""
    found = pd.Series(otherwise, next(iter(values.values())).index, dtype=object)
    for value, holds in reversed(list(values.items())):
        found = found.mask(holds, value)
    return found
