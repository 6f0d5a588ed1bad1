"""What may be said of case records outside the house: counts of persons from protected tables, and no record.

Who the persons are and how they were exploited, and the same counts in the terms of the UN classification of data on
trafficking in persons: nothing is counted anew. What is here reads protected tables and the catalogue. With the records
taken away it says the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

import pandas as pd
from matplotlib.figure import Figure

import disclosure
from analysis import catalog, evidence, plots, texts
from analysis.areas import Area
from analysis.cases import ic_tip, record_linkage
from analysis.cases.htcds import FIELDS
from analysis.cases.person_counts import AND, BEGAN, OF_AGE, OF_DETECTED, OTHER, unit
from analysis.cases.processed import protected
from analysis.cases.record_linkage import NOT_STATED
from analysis.data_read import remembered
from analysis.exhibits.any_place import take_names
from analysis.exhibits.exhibit import PROTECTED, Exhibit
from analysis.exhibits.plot import Plot
from analysis.exhibits.table import Table, Words

TEXT = texts.of(__name__)

ADJUSTED, AS_OF = "adjusted_by", "as_of"
TOGETHER = TEXT["together"]
NOT_LINKED = TEXT["not_linked"]


@remembered
def tables(study: str) -> dict[str, pd.DataFrame]:
    """The protected tables of a study, read once."""
    return protected(study)


def adjusted_by(study: str) -> int:
    """By how many persons counts of a study are adjusted at most; 0 where they are true, as in a first release."""
    return int(max((table[ADJUSTED].max() for table in tables(study).values() if ADJUSTED in table), default=0))


def together(study: str) -> str:
    """That small groups are not shown; where counts are adjusted, by how much; and where some are repeated, which."""
    said = [TOGETHER]
    if by := adjusted_by(study):
        said.append(TEXT["adjusted"].format(by=by))
    if any(AS_OF in table and table[AS_OF].notna().any() for table in tables(study).values()):
        said.append(TEXT["repeated"])
    return " ".join(said)


def counts(place: Area, *dimensions: str) -> pd.DataFrame:
    """The protected table of a study with these dimensions and no others; of an area, its rows without the area.

    Returns
    -------
    DataFrame: the dimensions, and count (Int64; missing where it is suppressed). Empty where there is no such table.
    """
    wanted = {*dimensions, "count"} | (set() if place.is_study else {"area_id"})
    # Years come before periods of several.
    for each in tables(place.study).values():
        table = each.drop(columns=[ADJUSTED, AS_OF], errors="ignore")
        if set(table.columns) == wanted:
            found = table if place.is_study else table[table["area_id"] == place.area_id].drop(columns="area_id")
            return found.reset_index(drop=True)
    return pd.DataFrame({**{name: pd.Series(dtype=object) for name in dimensions}, "count": pd.Series(dtype="Int64")})


def added(counts: pd.Series) -> int | None:
    """The sum of counts, or None where one of them is suppressed."""
    return None if counts.isna().any() else int(counts.sum())


def in_words(count: int | None, what: str = "person") -> str:
    """Persons with their number, or that it is suppressed, which can have other reasons than that they are few."""
    if count is None or pd.isna(count):
        return f"{what}s (number suppressed)"
    return f"{count:,} {what}" + ("" if count == 1 else "s")


def cells(counts: Iterable) -> list[object]:
    """Counts as a table prints them."""
    return [disclosure.SUPPRESSED if pd.isna(count) else f"{count:,}" for count in counts]


def status(counts: pd.Series) -> list[str]:
    """Of each count whether it is suppressed, since it is missing then."""
    return [disclosure.SUPPRESSED if pd.isna(count) else "" for count in counts]


def is_linked(place: Area) -> bool:
    """Whether persons are counted; else records are."""
    return unit(tables(place.study)) == "persons"


def limits_of(place: Area, said: str) -> str:
    """What is counted, that small groups are not shown, and how counts are adjusted if they are."""
    return f"{said if is_linked(place) else NOT_LINKED} {together(place.study)}"


def period(place: Area) -> str:
    """The years in which persons were first detected, as far as they may be told."""
    table = tables(place.study).get("year", pd.DataFrame({"year": [], "count": []}))
    years = sorted({part for value in table.loc[table["count"].notna(), "year"] for part in _years(str(value))})
    return " to ".join(dict.fromkeys([years[0], years[-1]])) if years else "undated"


def _years(value: str) -> list[str]:
    parts = value.split("-")
    return parts if all(part.isdigit() for part in parts) else []


def counted_footer(place: Area, count: int | None, limits: str) -> plots.Footer:
    """The footer of a figure that is drawn from protected tables."""
    is_synthetic = catalog.case_kind(place.study) == "synthetic"
    source = TEXT["counted_footer_source"].format(case_lists=len(catalog.case_lists(place.study))) + (
        ", synthetic" if is_synthetic else ""
    )
    return plots.Footer(source, period(place), in_words(count), limits, synthetic=is_synthetic)


def of_counts(
    place: Area,
    name: str,
    what: str,
    table: pd.DataFrame,
    limits: str,
    figure: Figure | None = None,
    footer: plots.Footer | None = None,
) -> Exhibit:
    """A section made from protected tables: it cites the lists, and is released by them."""
    title = f"{place.name}: {what}"
    lists = catalog.case_lists(place.study)
    citations = tuple(f"{entry.title}. {entry.publisher}. {entry.date}. {entry.source}" for entry in lists)
    cautions = evidence.cautions(*(entry.name for entry in lists))
    kind = catalog.case_kind(place.study)
    return Exhibit(
        name, title, table, (), limits, Plot.ready(figure), title, cautions, citations, kind,
        release_class=PROTECTED, footer=footer,
    )  # fmt: skip


# Dimension of the protected tables -> what it is called.
NAMES = texts.table(__name__, "names")
SEVERAL = ("form", "means")
# More than so many values that were taken together are not named in a figure.
MOST_NAMED = 3


def protected_section(place: Area, name: str, what: str, limits: str) -> Exhibit:
    """What surrounds a table and a figure made from protected tables: it cites the lists."""
    section = of_counts(place, name, what, pd.DataFrame(), limits)
    return replace(section, footer=protected_footer(place, limits))


def shares_of_traits(place: Area, traits: Iterable[str]) -> pd.DataFrame:
    """The persons of an area with each value of some traits, as protected tables tell, and their share of all.

    Parameters
    ----------
    traits : among `NAMES`.

    Returns
    -------
    DataFrame: trait, value (in words), short, count and share, which is missing where the count or the total is
    suppressed. An adjusted count can be more than its adjusted total.
    """
    table, whole = values_of_traits(place, {name: NAMES[name] for name in traits}), total(place)
    table["share"] = (table["count"].astype("Float64") / whole).clip(upper=1.0) if whole else pd.NA
    return table


def section_of_traits(place: Area, name: str, what: str, table: pd.DataFrame, traits: Iterable[str]) -> Exhibit:
    """Shares of the persons with each value of some traits, where both their number and the total may be told."""
    counted = {trait for trait in traits if trait in SEVERAL or trait in tables(place.study)}
    untold = [NAMES[trait] for trait in traits if trait in counted and NAMES[trait] not in set(table["trait"])]
    pooled = TEXT["shares_pooled"].format(untold=", ".join(untold).lower()) if untold and len(table) else ""
    return protected_section(place, name, what, f"{limits_of(place, TEXT['limits'])}{pooled}")


def figure_of_traits(
    place: Area, table: pd.DataFrame, section: Exhibit, *, traits: int = 3, values: int = 7
) -> Figure | None:
    """Bars of the shares; None where the number of all persons is suppressed, or nobody is on a list.

    Parameters
    ----------
    traits, values : how many traits are drawn, the first of the table, and how many values of each, the commonest.
    """
    whole = total(place)
    if not whole:
        return None
    drawn = table[table["trait"].isin(list(dict.fromkeys(table["trait"]))[:traits])]
    drawn = drawn[(drawn.groupby("trait", sort=False).cumcount() < values) | drawn["value"].isin(record_linkage.LAST)]
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


def rows_of_traits(place: Area, table: pd.DataFrame) -> Table:
    """The same with the share in percent; a count that is suppressed is missing, as its status says."""
    percent = (100 * table["share"].astype("Float64")).round(1).astype("Float64").astype(float)

    def percents(_: pd.Series) -> list[str]:
        return [disclosure.SUPPRESSED if pd.isna(share) else f"{100 * share:.1f}" for share in table["share"]]

    return Table(
        table.assign(share_percent=percent, status=status(table["count"])),
        {
            "What": "trait",
            "Value": "value",
            counted(place).capitalize(): Words(cells, "count"),
            "Share, %": Words(percents, "share_percent"),
        },
        also=("status",),
    )


def counted(place: Area) -> str:
    """What is counted: ``persons``, or ``records`` where the lists are not linked."""
    return unit(tables(place.study))


def total(place: Area) -> int | None:
    """The persons or records of an area or study; 0 where no list has one, None where their number is suppressed."""
    every = tables(place.study)
    # A table that is withheld says nothing of how many there are.
    listed = counted(place) if place.is_study else f"{counted(place)}{BY_AREA}"
    if listed in every and of_place(place, counted(place)).empty:
        return 0
    for table in every.values():
        if place.is_study or "area_id" in table:
            here = table if place.is_study else table[table["area_id"] == place.area_id]
            if len(here) and (found := added(here["count"])) is not None:
                return found
    return None


def protected_footer(place: Area, limits: str) -> plots.Footer:
    """The footer of a figure that is drawn from protected tables; it says whether persons or records are counted."""
    n = in_words(total(place), counted(place).removesuffix("s"))
    return replace(counted_footer(place, total(place), limits), n=n)


def values_of_traits(place: Area, named: Mapping[str, str]) -> pd.DataFrame:
    """The count of each value of some traits: trait, value (in words), short, count (missing where suppressed)."""
    parts = [_of_several(place, name) if name in SEVERAL else _of_one(place, name) for name in named]
    found = [part.assign(trait=title) for part, title in zip(parts, named.values(), strict=True) if len(part)]
    empty = pd.DataFrame({"value": [], "short": [], "count": pd.array([], "Int64"), "trait": []})
    return pd.concat(found, ignore_index=True) if found else empty


def spoken(value: str) -> str:
    """A value that several were taken together in, in words: "Female, or not stated".

    What a source itself calls "Other" is one value; rare values that were taken together are called so.
    """
    first, *rest = [TEXT["rare"] if part == OTHER else part for part in value.split(AND)]
    return ", ".join([first, *rest[:-1], f"or {rest[-1].removeprefix('or ')}"]) if rest else first


def _of_one(place: Area, name: str) -> pd.DataFrame:
    table = of_place(place, name)
    if table.empty:
        return table
    column = dimension(table)
    if name == BEGAN:
        # The others are those of age at detection.
        finer = {atom for parts in OF_DETECTED.values() for atom in parts}
        table = table[[set(value.split(AND)) <= finer for value in table[column]]]
    ordered = in_order(table.rename(columns={column: "value"})[["value", "count"]], column)
    return ordered.assign(value=ordered["value"].map(spoken), short=ordered["value"].map(_short))


def _of_several(place: Area, name: str) -> pd.DataFrame:
    """Of a trait with a dimension of yes and no for each value, the persons with yes."""
    rows = []
    named = {key.removesuffix(" by area") for key in tables(place.study) if key.startswith(f"{name}: ")}
    for dimension in sorted(named):
        table = of_place(place, dimension)
        if len(table):
            yes = table.loc[table[dimension] == "yes", "count"]
            rows.append((dimension.removeprefix(f"{name}: "), yes.iloc[0] if len(yes) else 0))
    ordered = in_order(pd.DataFrame(rows, columns=["value", "count"]).astype({"count": "Int64"}), name)
    words = ordered["value"].map(spoken)
    return ordered.assign(value=words, short=words)


def _short(value: str) -> str:
    """A value as a figure names it: of many that were taken together, that they are others."""
    # A section of ISIC has a long name, of which the beginning is enough.
    parts = [part.split(";")[0] for part in value.split(AND)]
    if len(parts) <= MOST_NAMED:
        return spoken(AND.join(parts))
    return (
        TEXT["any_other"].format(not_stated=record_linkage.NOT_STATED)
        if parts[-1].endswith(record_linkage.NOT_STATED)
        else "any other"
    )


def dimension(table: pd.DataFrame) -> str:
    """The dimension of a table of one, beside the area."""
    (name,) = (name for name in ic_tip.dimensions_of(table) if name != "area_id")
    return name


def of_place(place: Area, name: str) -> pd.DataFrame:
    """The rows of a table that are of an area or of the study as a whole; none where there is no such table."""
    if place.is_study:
        return tables(place.study).get(name, pd.DataFrame())
    table = tables(place.study).get(f"{name} by area", pd.DataFrame({"area_id": []}))
    return table[table["area_id"] == place.area_id]


def in_order(table: pd.DataFrame, name: str) -> pd.DataFrame:
    """Ages by age, others the commonest first and the suppressed after them; what is not known at the end."""
    last = {value: rank for rank, value in enumerate((*OF_DETECTED[NOT_STATED], *record_linkage.LAST), start=1)}
    rank = table["value"].map(lambda value: last.get(value.split(AND)[-1], 0) if AND not in value else 0.5)
    if name in OF_AGE:
        order = {"rank": rank, "first": table["value"].map(_age)}
    elif name == "year":
        order = {"rank": rank, "first": table["value"]}
    else:
        order = {"rank": rank, "size": -table["count"].astype("Float64").fillna(0), "first": table["value"]}
    return table.assign(**order).sort_values(list(order), kind="stable").drop(columns=list(order))


def _age(value: str) -> tuple[int, str]:
    digits = value.split("-")[0].split(" ")[0]
    return (int(digits), value) if digits.isdigit() else (17, value)


# Dimension of the classification -> how it is called on a page, in their order there.
DIMENSIONS = texts.table(__name__, "dimensions")
# What is no category: not told, none by the source, and values of few persons.
WORDS = texts.table(__name__, "words")
# How far records carry a category, in words.
CARRIED = texts.table(__name__, "carried")
BY_AREA = " by area"


def section_of_categories(place: Area) -> Exhibit:
    """What surrounds the counts: of what standing the categories are, and which of them no list can tell."""
    known = ic_tip.categories()
    absent = known[known["derived"].eq("not derivable") & known["standing"].ne("not read")]
    said = TEXT["categories_limits"].format(absent="; ".join(absent["label"].str.split(":").str[0].str.lower()))
    return protected_section(place, "ic_tip", TEXT["title"], limits_of(place, said))


def rows_of_categories(place: Area) -> pd.DataFrame:
    """The categories with their persons, as far as protected tables tell.

    Returns
    -------
    DataFrame as people read it: dimension, the broader category, category, persons or records (or that the number is
    suppressed), and how far records carry the category.
    """
    known = ic_tip.categories().set_index(["dimension", "category"])
    relabelled = ic_tip.relabelled(tables(place.study))
    parts = [_of_categories(table) for table in _of_one_dimension(place, relabelled)]
    columns = ["dimension", "category", "count"]
    found = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)
    order = found["dimension"].map({name: at for at, name in enumerate(DIMENSIONS)})
    found = found.assign(order=order).sort_values("order", kind="stable")
    pairs = [
        (dimension, category.split(AND)) for dimension, category in zip(*(found[c] for c in columns[:2]), strict=True)
    ]
    return pd.DataFrame(
        {
            TEXT["dimension"]: found["dimension"].map(DIMENSIONS).to_numpy(),
            TEXT["within"]: [_broader(known, *pair) for pair in pairs],
            TEXT["category"]: [_category(known, *pair) for pair in pairs],
            counted(place).capitalize(): cells(found["count"]),
            TEXT["carried_heading"]: [_carried(known, *pair) for pair in pairs],
        }
    )


def _of_one_dimension(place: Area, tables: dict[str, pd.DataFrame]) -> list[pd.DataFrame]:
    """The tables of one dimension that are of an area, without it, or of the study as a whole."""
    found = []
    for name, table in tables.items():
        of_area = name.endswith(BY_AREA)
        dimensions = [each for each in ic_tip.dimensions_of(table) if each != "place"]
        if of_area != place.is_study and len(dimensions) == 1 and dimensions[0].split(": ")[0] in DIMENSIONS:
            here = table if place.is_study else table[table["place"] == place.area_id]
            found.append(here[[*dimensions, "count"]])
    return found


def _of_categories(table: pd.DataFrame) -> pd.DataFrame:
    """dimension, category and count: of a table of yes and no, those with yes, and of ages, children and adults."""
    name = str(table.columns[0])
    dimension, _, category = name.partition(": ")
    if category:
        yes = table.loc[table[name] == "yes", "count"]
        count = yes.iloc[0] if len(yes) else 0
        return pd.DataFrame({"dimension": [dimension], "category": [category], "count": pd.array([count], "Int64")})
    table = ic_tip.children_and_adults(table) if name in ic_tip.AGES and len(table) else table
    return table.rename(columns={name: "category"}).assign(dimension=dimension)


def _category(known: pd.DataFrame, dimension: str, parts: list[str]) -> str:
    """A category in words; several that were taken together, with all their names."""
    field = known.loc[dimension]["field"].max()
    words = (FIELDS[field].codes or {} if field in FIELDS else {}) | known.loc[dimension]["label"].to_dict() | WORDS
    return spoken(AND.join(words.get(part, part) for part in parts))


def _broader(known: pd.DataFrame, dimension: str, parts: list[str]) -> str:
    """The category that a category lies within; "" at the top."""
    within = known.loc[dimension]["within"].get(parts[0], "") if len(parts) == 1 else ""
    return known.loc[(dimension, within), "label"] if within else ""


def _carried(known: pd.DataFrame, dimension: str, parts: list[str]) -> str:
    """How far records carry a category, or the broader one that it lies within, or a dimension of other codes."""
    rows = known.loc[dimension]
    found = {
        rows["derived"].get(rows["within"].get(part) or part, rows["derived"].get(""))
        for part in parts
        if part not in WORDS
    }
    return CARRIED["partly" if "partly" in found else "mapped"] if found else ""


take_names(__name__)
