"""Who the persons on the lists of a study are, and how they were exploited: shares from protected tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

import pandas as pd
from matplotlib.figure import Figure

import disclosure
from analysis import plots, texts
from analysis.areas import Area
from analysis.cases import histories
from analysis.cases.journey_counts import unit
from analysis.cases.person_counts import AND
from analysis.sections import record_counts
from analysis.sections.section import Section
from analysis.sections.table import Table, Words

TEXT = texts.of(__name__)

# Dimension of the protected tables -> what it is called.
NAMES = {
    "age": "Age", "sex": "Sex", "nationality": "Nationality",
    "form": "Form", "sector": "Sector", "means": "Means", "recruiter": "Recruiter", "status": "Status",
}  # fmt: skip
SEVERAL = ("form", "means")
# More than so many values that were taken together are not named in a figure.
MOST_NAMED = 3
LIMITS = TEXT["limits"]


def protected_section(place: Area, name: str, what: str, limits: str) -> Section:
    """What surrounds a table and a figure made from protected tables: it cites the lists."""
    section = record_counts.of_counts(place, name, what, pd.DataFrame(), limits)
    return replace(section, footer=footer(place, limits))


def shares(place: Area, traits: Iterable[str]) -> pd.DataFrame:
    """The persons of an area with each value of some traits, as protected tables tell, and their share of all.

    Parameters
    ----------
    traits : among `NAMES`.

    Returns
    -------
    DataFrame: trait, value (in words), short, count and share, which is missing where the count or the total is
    suppressed. An adjusted count can be more than its adjusted total.
    """
    table, whole = values(place, {name: NAMES[name] for name in traits}), total(place)
    table["share"] = (table["count"].astype("Float64") / whole).clip(upper=1.0) if whole else pd.NA
    return table


def section(place: Area, name: str, what: str, table: pd.DataFrame, traits: Iterable[str]) -> Section:
    """Shares of the persons with each value of some traits, where both their number and the total may be told."""
    untold = [NAMES[trait] for trait in traits if NAMES[trait] not in set(table["trait"])]
    pooled = TEXT["shares_pooled"].format(untold=", ".join(untold).lower()) if untold and len(table) else ""
    return protected_section(place, name, what, f"{record_counts.limits_of(place, LIMITS)}{pooled}")


def figure(place: Area, table: pd.DataFrame, section: Section, *, traits: int = 3, values: int = 7) -> Figure | None:
    """Bars of the shares; None where the number of all persons is suppressed, or nobody is on a list.

    Parameters
    ----------
    traits, values : how many traits are drawn, the first of the table, and how many values of each, the commonest.
    """
    whole = total(place)
    if not whole:
        return None
    drawn = table[table["trait"].isin(list(dict.fromkeys(table["trait"]))[:traits])]
    drawn = drawn[(drawn.groupby("trait", sort=False).cumcount() < values) | drawn["value"].isin(histories.LAST)]
    points = pd.DataFrame(
        {
            "group": drawn["trait"],
            "label": drawn["short"],
            "share": drawn["share"].astype("Float64").astype(float),
            "of_all": [f"{count:,} of {whole:,}" if pd.notna(count) else "" for count in drawn["count"]],
            "reason": [disclosure.SUPPRESSED if pd.isna(share) else "" for share in drawn["share"]],
        }
    )
    return plots.bars(
        points,
        value="share",
        group="group",
        text="of_all",
        reason="reason",
        percent=True,
        xlabel=f"share of {whole:,} {counted(place)}",
        **section.frame,
    )


def rows(place: Area, table: pd.DataFrame) -> Table:
    """The same with the share in percent; a count that is suppressed is missing, as its status says."""
    percent = (100 * table["share"].astype("Float64")).round(1).astype("Float64").astype(float)
    return Table(
        table.assign(share_percent=percent, status=record_counts.status(table["count"])),
        {
            "What": "trait",
            "Value": "value",
            counted(place).capitalize(): Words(record_counts.cells, "count"),
            "Share, %": Words(lambda _: _percents(table["share"]), "share_percent"),
        },
        also=("status",),
    )


def _percents(shares: pd.Series) -> list[str]:
    return [disclosure.SUPPRESSED if pd.isna(share) else f"{100 * share:.1f}" for share in shares]


def counted(place: Area) -> str:
    """What is counted: ``persons``, or ``records`` where the lists are not linked."""
    return unit(record_counts.tables(place.study))


def total(place: Area) -> int | None:
    """The persons or records of an area or study; 0 where no list has one, None where their number is suppressed."""
    tables, name = record_counts.tables(place.study), counted(place)
    if tables and of_place(place, tables, name).empty:
        return 0
    return record_counts.total(place)


def footer(place: Area, limits: str) -> plots.Footer:
    """The footer of a figure that is drawn from protected tables; it says whether persons or records are counted."""
    n = record_counts.in_words(total(place), counted(place).removesuffix("s"))
    return replace(record_counts.counted_footer(place, total(place), limits), n=n)


def values(place: Area, named: Mapping[str, str]) -> pd.DataFrame:
    """The count of each value of some traits: trait, value (in words), short, count (missing where suppressed)."""
    tables = record_counts.tables(place.study)
    parts = [_of_several(place, tables, name) if name in SEVERAL else _of_one(place, tables, name) for name in named]
    found = [part.assign(trait=title) for part, title in zip(parts, named.values(), strict=True) if len(part)]
    empty = pd.DataFrame({"value": [], "short": [], "count": pd.array([], "Int64"), "trait": []})
    return pd.concat(found, ignore_index=True) if found else empty


def spoken(value: str) -> str:
    """A value that several were taken together in, in words: "Female, or not stated"."""
    first, *rest = value.split(AND)
    return ", ".join([first, *rest[:-1], f"or {rest[-1].removeprefix('or ')}"]) if rest else first


def _of_one(place: Area, tables: Mapping[str, pd.DataFrame], name: str) -> pd.DataFrame:
    table = of_place(place, tables, name)
    if table.empty:
        return table
    ordered = in_order(table.rename(columns={name: "value"})[["value", "count"]], name)
    return ordered.assign(value=ordered["value"].map(spoken), short=ordered["value"].map(_short))


def _of_several(place: Area, tables: Mapping[str, pd.DataFrame], name: str) -> pd.DataFrame:
    """Of a trait with a dimension of yes and no for each value, the persons with yes."""
    rows = []
    for dimension in sorted({key.removesuffix(" by area") for key in tables if key.startswith(f"{name}: ")}):
        table = of_place(place, tables, dimension)
        if len(table):
            yes = table.loc[table[dimension] == "yes", "count"]
            rows.append((dimension.removeprefix(f"{name}: "), yes.iloc[0] if len(yes) else 0))
    ordered = in_order(pd.DataFrame(rows, columns=["value", "count"]).astype({"count": "Int64"}), name)
    return ordered.assign(short=ordered["value"])


def _short(value: str) -> str:
    """A value as a figure names it: of many that were taken together, that they are others."""
    # A section of ISIC has a long name, of which the beginning is enough.
    parts = [part.split(";")[0] for part in value.split(AND)]
    if len(parts) <= MOST_NAMED:
        return spoken(AND.join(parts))
    return (
        TEXT["any_other"].format(not_stated=histories.NOT_STATED)
        if parts[-1].endswith(histories.NOT_STATED)
        else "any other"
    )


def of_place(place: Area, tables: Mapping[str, pd.DataFrame], name: str) -> pd.DataFrame:
    """The rows of a table that are of an area or of the study as a whole; none where there is no such table."""
    if place.is_study:
        return tables.get(name, pd.DataFrame())
    table = tables.get(f"{name} by area", pd.DataFrame({"area_id": []}))
    return table[table["area_id"] == place.area_id]


def in_order(table: pd.DataFrame, name: str) -> pd.DataFrame:
    """Ages by age, others the commonest first and the suppressed after them; what is not known at the end."""
    last = {value: rank for rank, value in enumerate(histories.LAST, start=1)}
    rank = table["value"].map(lambda value: last.get(value.split(AND)[-1], 0) if AND not in value else 0.5)
    if name == "age":
        order = {"rank": rank, "first": table["value"].map(_age)}
    elif name == "year":
        order = {"rank": rank, "first": table["value"]}
    else:
        order = {"rank": rank, "size": -table["count"].astype("Float64").fillna(0), "first": table["value"]}
    return table.assign(**order).sort_values(list(order), kind="stable").drop(columns=list(order))


def _age(value: str) -> tuple[int, str]:
    digits = value.split("-")[0].split(" ")[0]
    return (int(digits), value) if digits.isdigit() else (17, value)
