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

from analysis.methods.outcomes import HAZARDS, outcomes

# No group of fewer children than this is told.
K = 11
# A table is left out if more than this share of its numbers are of few: for each of them about one more must be
# suppressed, so that half of it would be lost.
LOST = 0.25
NATIONALITIES = {"TR": "Turkish children", "SY": "Syrian children"}
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
# Sex and age by area are traits of their own: beside outcomes they are told of the study alone.
TRAITS = {SEX: "girl or boy", AGE: "age"}
# Answers of yes or no. What is asked of Syrian children alone is in no table: whoever had it would be known as Syrian.
ANSWERS = (
    *("out_of_school", "food_insecure", "missing_documents"),
    *("informal_settlement", "labour_intermediary", "displaced_before", "experienced_violence", "recruited_online"),
    *("married_early", "urban", "social_transfer", "knows_157", "knows_183"),
)
NEEDS = ("documents", "shelter", "psychosocial", "education", "legal_aid", "health", "cash", "family_tracing")
GIVERS = ("state", "municipality", "un", "ngo", "family", "other", "none")
NEEDS_NOTHING = "needs nothing"
_OF_THE_NEEDY = ("needs", "received_from")
# What forced labour follows from.
COERCION = ("coerced_by_employer", "with_parents_in_forced_labour", "coerced_by_parents")
# Hours of work or of chores beyond those of the age: either is child labour.
TOO_LONG = ("economic_activity_beyond_hours", "chores_beyond_hours")
# What is said of working children and is an answer of its own; the hazards printed are some of those asked.
HARDSHIPS = (*(hazard for hazard in HAZARDS if hazard != "hazard_other"), *COERCION)

# --- Values that are made of others ----------------------------------------------------------------------------------

_FLAGS = ("working", "child_labour", "hazardous_work", "forced_labour")
# An outcome and one that lies within it by definition: what is left of the one without the other is a cell as well.
_WITHIN = (("working", "hazardous_work"), ("child_labour", "hazardous_work"), ("child_labour", "forced_labour"))


@dataclass(frozen=True)
class _Kind:
    """A kind of child, as far as outcomes go: which it has, and where it works."""

    flags: Mapping[str, bool]
    sector: str

    @property
    def atom(self) -> str:
        has = " + ".join(name for name in _FLAGS if self.flags[name]) or "none"
        return f"exactly {has}, {self.sector}"

    def value(self, outer: str, inner: str = "") -> str:
        """Its place among an outcome, what lies within it, and the rest."""
        if not self.flags[outer]:
            return without(outer)
        return outer if not inner else inner if self.flags[inner] else f"{outer} without {inner}"


def without(outcome: str) -> str:
    """The value of children who do not have an outcome, or of whom it is not known."""
    return f"no {outcome}"


def within(sector: str, value: str) -> str:
    """The value of children who have `value` and work in a sector."""
    return f"{value}, {sector}"


def _kinds() -> list[_Kind]:
    """Every kind of child that there can be: a sector and hazards of work are of who works."""
    found = []
    for chosen in product((False, True), repeat=len(_FLAGS)):
        flags = dict(zip(_FLAGS, chosen, strict=True))
        by_definition = flags["child_labour"] or not (flags["hazardous_work"] or flags["forced_labour"])
        if by_definition and (flags["working"] or not flags["hazardous_work"]):
            found += [_Kind(flags, sector) for sector in (SECTORS if flags["working"] else (NO_SECTOR,))]
    return found


def _made_of() -> dict[str, dict[str, list[str]]]:
    """Partition -> value -> the kinds of children that it is made of."""
    pairs = [*((name, "") for name in _FLAGS), *_WITHIN]
    named = {f"{inner} in {outer}" if inner else outer: (outer, inner) for outer, inner in pairs}
    found: dict[str, dict[str, list[str]]] = {}
    for kind in _kinds():
        for partition, pair in named.items():
            value = kind.value(*pair)
            found.setdefault(partition, {}).setdefault(value, []).append(kind.atom)
            there = kind.sector if partition == "working" else within(kind.sector, value)
            found.setdefault(by_sector(partition), {}).setdefault(there, []).append(kind.atom)
    return found


def by_sector(partition: str) -> str:
    """Return the name of the partition of an outcome that tells it apart by sector."""
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
        for name, made in {"paid_to_others": ["others"], "unpaid": ["nobody"]}.items()
    },
    "help": {
        "needs": {"needs something": list(GIVERS), NEEDS_NOTHING: [NEEDS_NOTHING]},
        "by": {giver: [giver] for giver in (*GIVERS, NEEDS_NOTHING)},
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
    """Return the atoms of which the values of a dimension are made, as the protection of the tables takes it.

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
    # Groups by which it is told of the study as a whole alone.
    whole: tuple[tuple[str, ...], ...] = ()
    # Stem of the table from whose counts this one could be found by subtraction: it stays as long as that does.
    guards: str = ""


# Sex and age are told apart for the study as a whole: in an area most of it would be suppressed.
_FINER = ((NATIONALITY, SEX), (NATIONALITY, AGE), (NATIONALITY, SEX, AGE))


def _tables() -> Iterator[_Table]:
    """The tables to count; a table that guards another comes behind it."""
    yield _Table("children", (), whole=_FINER)
    for stem in TRAITS.values():
        yield _Table(stem, ((stem, ""),))
    for stem in ("working", "child_labour"):
        yield _Table(stem, ((OUTCOME, stem),), whole=_FINER)
        yield _Table(by_sector(stem), ((OUTCOME, by_sector(stem)),))
    yield _Table("forced_labour", ((OUTCOME, "forced_labour in child_labour"),), whole=_FINER)
    yield _Table(by_sector("forced_labour"), ((OUTCOME, by_sector("forced_labour in child_labour")),))
    yield _Table("hazardous_work", ((OUTCOME, "hazardous_work in child_labour"),))
    yield _Table(by_sector("hazardous_work"), ((OUTCOME, by_sector("hazardous_work in child_labour")),))
    yield _Table("hazardous_work of the working", ((OUTCOME, "hazardous_work in working"),), guards="hazardous_work")
    yield _Table("trafficked", (("trafficked", ""),), whole=_FINER)
    yield _Table("both", (("trafficked", ""), (OUTCOME, "child_labour")))
    yield _Table(by_sector("trafficked"), (("trafficked", ""), (OUTCOME, by_sector("working"))))
    for stem in TOO_LONG:
        yield _Table(stem, ((stem, ""),))
        yield _Table(by_sector(stem), ((stem, ""), (OUTCOME, by_sector("child_labour"))))
    # Hazards are of hazardous work, and coercion is of forced labour.
    for stem in HARDSHIPS:
        around = "forced_labour" if stem in COERCION else "hazardous_work"
        yield _Table(by_sector(stem), ((stem, ""), (OUTCOME, by_sector(around))))
    yield _Table(by_sector("seasonal_migration"), (("seasonal_migration", ""), (OUTCOME, by_sector("working"))))
    for stem in ("paid_to_others", "unpaid"):
        yield _Table(by_sector(stem), (("pay", stem), (OUTCOME, by_sector("working"))))
    yield _Table("school of the working", (("out_of_school", ""), (OUTCOME, "working")))
    for stem in (*ANSWERS, *CODES):
        yield _Table(stem, ((stem, ""),))
    yield _Table("debt", (("debt", "debt"),))
    yield _Table("debt_to_employer", (("debt", "employer"),))
    for need in NEEDS:
        yield _Table(f"need_{need}", ((f"need: {need}", "need"),))
        yield _Table(f"gap_{need}", ((f"need: {need}", "gap"),))
    yield _Table("needs", (("help", "needs"),))
    yield _Table("received_from", (("help", "by"),))


def count_tables(respondents: pd.DataFrame, k: int = K) -> dict[str, pd.DataFrame]:
    """Count the children asked in every table that a page prints, by area and of the study as a whole.

    Parameters
    ----------
    respondents : one row a child, as `analysis.survey.intake.respondents` gives it.
    k : no group of fewer children may be told.

    Returns
    -------
    Name -> DataFrame with the dimensions and `count`, one row a cell in which somebody stands; see `name`. Every
    Turkish or Syrian child stands in one cell of a table. One rule makes tables coarser: where more than a quarter of a
    table's numbers are of fewer than `k` children, half of it would be suppressed: it is left out; a coarser one,
    or the study as a whole, stands in its place. (A group's numbers are one less than its cells, which add up to it.)
    """
    persons = coded(respondents)
    found: dict[str, pd.DataFrame] = {}
    for table in _tables():
        shown = _partitioned(persons, table.of)
        every = [*product(((AREA,), ()), table.by), *(((), groups) for groups in table.whole)]
        for place, groups in every:
            by = [*place, *groups]
            counted = _counted(shown, [*by, *(dimension for dimension, _ in table.of if dimension not in by)])
            if table.stem in _OF_THE_NEEDY and _one_need_tells(persons, by, k):
                continue
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
    """Return the name of a table: "child_labour by area_id, nationality"."""
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


def _one_need_tells(persons: pd.DataFrame, by: list[str], k: int) -> bool:
    """True if few of the children of a group who need something do not need one thing: who needs anything is then not
    told, as the few would follow by subtraction."""
    needy = persons[persons["help"] != NEEDS_NOTHING]
    others = [
        needy[f"need: {need}"].eq(without("need")).groupby([needy[column] for column in by]).sum() for need in NEEDS
    ]
    return any(bool(few.between(1, k - 1).any()) for few in others)


def _mostly_lost(counted: pd.DataFrame, by: list[str], k: int) -> bool:
    """True if too many of the cells that can differ, all of a group but one, hold few children."""
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
    table = respondents[respondents[NATIONALITY].isin(list(NATIONALITIES))].reset_index(drop=True)
    decided = outcomes(table)
    columns = {column: table[column].astype(object) for column in (AREA, NATIONALITY, SEX, AGE)}
    columns |= {trait: columns[column] for column, trait in TRAITS.items()}
    works = decided["working"].eq(True).fillna(False).astype(bool)
    sector = table["sector_group"].astype(object).fillna(OTHER_SECTOR).where(works, NO_SECTOR)
    has = decided[list(_FLAGS)].fillna(False).astype(bool)
    # Hazards are asked of who works: where it is not known whether a child does, they are not told.
    has["hazardous_work"] &= works
    kinds = [_Kind(each, there) for each, there in zip(has.to_dict("records"), sector, strict=True)]
    columns[OUTCOME] = pd.Series([kind.atom for kind in kinds], table.index, dtype=object)
    for column in (*ANSWERS, *HARDSHIPS, "seasonal_migration"):
        columns[column] = _yes(table[column])
    for column in (*TOO_LONG, "trafficked"):
        columns[column] = _yes(decided[column])
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
    columns["help"] = giver.where(needed.any(axis=1), NEEDS_NOTHING)
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
