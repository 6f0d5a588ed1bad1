"""Counts of persons from protected tables, which are all that is published of case records.

Who the persons are and how they were exploited, and the same counts in the terms of the UN classification of data on
trafficking in persons: nothing is counted again. Only protected tables and the catalogue are read, and no record.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

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

ADJUSTED, AS_OF = "adjusted_by", "as_of"
NOT_LINKED = "Records on lists, not linked: a person on several lists counts several times."
TRAITS = (
    "Persons detected by these lists, not incidence. A child is a person under 18 (Palermo Protocol, art. 3 (d)) at "
    "the time that is named. A person can have several forms and means. Shares are of all persons, including those of "
    "whom it is not stated."
)


@remembered
def tables(study: str) -> dict[str, pd.DataFrame]:
    """Return the protected tables of a study, read once."""
    return protected(study)


def adjusted_by(study: str) -> int:
    """Return the number of persons by which counts are adjusted at most; 0 in a first release, of true counts."""
    return int(max((table[ADJUSTED].max() for table in tables(study).values() if ADJUSTED in table), default=0))


def together(study: str) -> str:
    """Return sentences on suppression; where counts are adjusted, by how much; and where some are repeated, which."""
    found = ["Groups of fewer than 11 persons are not shown by themselves."]
    if by := adjusted_by(study):
        found.append(
            f"Numbers of persons are adjusted by up to ± {by}, so that nobody can tell who came or went; parts need "
            "not add up to totals."
        )
    if any(AS_OF in table and table[AS_OF].notna().any() for table in tables(study).values()):
        found.append("Numbers of years that had ended are those first published; later corrections are not in them.")
    return " ".join(found)


def counts(place: Area, *dimensions: str) -> pd.DataFrame:
    """Return the protected table of a study with these dimensions alone; of an area, its rows without the area.

    Returns
    -------
    DataFrame: the dimensions, and count (Int64; missing where it is suppressed). Empty where there is no such table.
    """
    wanted = {*dimensions, "count"} | (set() if place.is_study else {"area_id"})
    # Years come before periods of several.
    for protected_table in tables(place.study).values():
        table = protected_table.drop(columns=[ADJUSTED, AS_OF], errors="ignore")
        if set(table.columns) == wanted:
            found = table if place.is_study else table[table["area_id"] == place.area_id].drop(columns="area_id")
            return found.reset_index(drop=True)
    return pd.DataFrame({**{name: pd.Series(dtype=object) for name in dimensions}, "count": pd.Series(dtype="Int64")})


def added(counts: pd.Series) -> int | None:
    """Return the sum of counts, or None where one of them is suppressed."""
    return None if counts.isna().any() else int(counts.sum())


def in_words(count: int | None, what: str = "person") -> str:
    """Return a number of persons in words; one that is suppressed is called so, and not small."""
    if count is None or pd.isna(count):
        return f"{what}s (number suppressed)"
    return f"{count:,} {what}" + ("" if count == 1 else "s")


def cells(counts: Iterable) -> list[object]:
    """Return counts as a table prints them."""
    return [disclosure.SUPPRESSED if pd.isna(count) else f"{count:,}" for count in counts]


def percents(shares: pd.Series) -> list[str]:
    """Return shares in percent as a table prints them."""
    return [disclosure.SUPPRESSED if pd.isna(share) else f"{share:.1f}" for share in shares]


def status(counts: pd.Series) -> list[str]:
    """Return "suppressed" for each missing count, and "" for all others."""
    return [disclosure.SUPPRESSED if pd.isna(count) else "" for count in counts]


def with_bounds(place: Area, numbers: pd.DataFrame) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Return counts with why they are missing and, where counts are adjusted, their bounds; and the added columns.

    Parameters
    ----------
    numbers : a row a number of persons, with count (missing where it is suppressed).
    """
    found, by = numbers.assign(status=status(numbers["count"])), adjusted_by(place.study)
    if not by:
        return found, ("status",)
    # Nobody is nobody, adjusted or not.
    open_by = numbers["count"].gt(0).fillna(False).astype("Int64") * by
    low, high = (numbers["count"] - open_by).clip(lower=0), numbers["count"] + open_by
    bounds = {"count_low": low.astype("Int64"), "count_high": high.astype("Int64")}
    return found.assign(**bounds), (*bounds, "status")


def is_linked(place: Area) -> bool:
    """Return True where persons are counted, and False where records are."""
    return unit(tables(place.study)) == "persons"


def limits_of(place: Area, of_persons: str) -> str:
    """Return sentences on what is counted, with those on suppression and adjustment.

    Parameters
    ----------
    of_persons : the sentences where persons are counted; of records it is said that they are not linked.
    """
    return f"{of_persons if is_linked(place) else NOT_LINKED} {together(place.study)}"


def period(place: Area) -> str:
    """Return the first and last year of first detection that is published, in words."""
    table = tables(place.study).get("year", pd.DataFrame({"year": [], "count": []}))
    years = sorted({part for value in table.loc[table["count"].notna(), "year"] for part in _years(str(value))})
    return " to ".join(dict.fromkeys([years[0], years[-1]])) if years else "undated"


def _years(value: str) -> list[str]:
    parts = value.split("-")
    return parts if all(part.isdigit() for part in parts) else []


def counted_footer(place: Area, count: int | None, limits: str, what: str = "person") -> plots.Footer:
    """Return the footer of a figure that is drawn from protected tables."""
    is_synthetic = catalog.case_kind(place.study) == "synthetic"
    source = f"{len(catalog.case_lists(place.study))} lists of case records{', synthetic' if is_synthetic else ''}"
    return plots.Footer(source, period(place), in_words(count, what), limits, synthetic=is_synthetic)


def protected_footer(place: Area, limits: str) -> plots.Footer:
    """Return the footer with the number of all persons, or of all records where these are counted."""
    return counted_footer(place, total(place), limits, counted(place).removesuffix("s"))


def of_counts(
    place: Area,
    name: str,
    what: str,
    table: pd.DataFrame | Table,
    limits: str,
    plot: Plot | Figure | None = None,
    footer: plots.Footer | None = None,
    release_class: str = PROTECTED,
) -> Exhibit:
    """Return an exhibit made from protected tables: it cites the lists, and is published by the rule of the tables.

    Parameters
    ----------
    what : the title, after the name of the place.
    plot : the plot, or a figure that is drawn already.
    footer : left out, that of `protected_footer`.
    """
    title = f"{place.name}: {what}"
    lists = catalog.case_lists(place.study)
    return Exhibit(
        name,
        title,
        table,
        limits=limits,
        plot=plot if isinstance(plot, Plot) else Plot.ready(plot),
        alt=title,
        cautions=evidence.cautions(*(entry.name for entry in lists)),
        citations=tuple(f"{entry.title}. {entry.publisher}. {entry.date}. {entry.source}" for entry in lists),
        kind=catalog.case_kind(place.study),
        release_class=release_class,
        footer=footer or protected_footer(place, limits),
    )


# Dimension of the protected tables -> what it is called.
NAMES = texts.table(__name__, "names")
SEVERAL = ("form", "means")
# More than so many values that were taken together are not named in a figure.
MOST_NAMED = 3


def shares_of_traits(place: Area, traits: Iterable[str]) -> pd.DataFrame:
    """Return the persons of an area with each value of some traits, by protected tables, and their share of all.

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


def of_traits(
    place: Area, name: str, what: str, shares: pd.DataFrame, asked: Iterable[str], traits: int, values: int
) -> Exhibit:
    """Return shares of the persons with each value of some traits, where both count and total are published.

    Parameters
    ----------
    shares : what `shares_of_traits` gives of the traits `asked`.
    traits, values : how many traits are drawn, the first of the table, and how many values of each, the commonest.
    """
    in_tables = [NAMES[trait] for trait in asked if trait in SEVERAL or trait in tables(place.study)]
    rare = [trait for trait in in_tables if trait not in set(shares["trait"])]
    pooled = f" Too rare to be counted in each area: {', '.join(rare).lower()}." if rare and len(shares) else ""
    percent = (100 * shares["share"].astype("Float64")).round(1).astype(float)
    numbers, also = with_bounds(place, shares.assign(share_percent=percent))
    table = Table(
        numbers,
        {
            "What": "trait",
            "Value": "value",
            counted(place).capitalize(): Words(cells, "count"),
            "Share, %": Words(percents, "share_percent"),
        },
        also=also,
    )
    plot = _bars_of_shares(place, shares, traits, values)
    return of_counts(place, name, what, table, f"{limits_of(place, TRAITS)}{pooled}", plot)


def _bars_of_shares(place: Area, shares: pd.DataFrame, traits: int, values: int) -> Plot | None:
    """Return bars of the shares; None where the number of all persons is suppressed, or nobody is on a list."""
    whole = total(place)
    if not whole:
        return None
    drawn = shares[shares["trait"].isin(list(dict.fromkeys(shares["trait"]))[:traits])]
    drawn = drawn[(drawn.groupby("trait", sort=False).cumcount() < values) | drawn["value"].isin(record_linkage.LAST)]
    return Plot(
        plots.bars,
        drawn.assign(
            share=drawn["share"].astype("Float64").astype(float),
            of_all=[f"{count:,} of {whole:,}" if pd.notna(count) else "" for count in drawn["count"]],
            reason=status(drawn["share"]),
        ),
        label="short",
        value="share",
        group="trait",
        text="of_all",
        reason="reason",
        percent=True,
        xlabel=f"share of {whole:,} {counted(place)}",
    )


def counted(place: Area) -> str:
    """Return ``persons``, or ``records`` where the lists are not linked."""
    return unit(tables(place.study))


def total(place: Area) -> int | None:
    """Return the number of persons or records of a place; 0 where no list has one, None where it is suppressed."""
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


def values_of_traits(place: Area, named: Mapping[str, str]) -> pd.DataFrame:
    """Return the count of each value of some traits: trait, value (in words), short, count (missing: suppressed)."""
    parts = [_of_several(place, name) if name in SEVERAL else _of_one(place, name) for name in named]
    found = [part.assign(trait=title) for part, title in zip(parts, named.values(), strict=True) if len(part)]
    empty = pd.DataFrame({"value": [], "short": [], "count": pd.array([], "Int64"), "trait": []})
    return pd.concat(found, ignore_index=True) if found else empty


def spoken(value: str) -> str:
    """Return a value in words, with all that were taken together in it: "Female, or not stated".

    "Other" of a source is one value; rare values that were taken together are called so.
    """
    first, *rest = ["rarer values, taken together" if part == OTHER else part for part in value.split(AND)]
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
    """Return the persons with yes, of a trait that has a dimension of yes and no for each value."""
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
    """Return a value as a figure names it; many that were taken together are called "any other"."""
    # A section of ISIC has a long name, of which the beginning is enough.
    parts = [part.split(";")[0] for part in value.split(AND)]
    if len(parts) <= MOST_NAMED:
        return spoken(AND.join(parts))
    return f"any other, or {NOT_STATED}" if parts[-1].endswith(NOT_STATED) else "any other"


def dimension(table: pd.DataFrame) -> str:
    """Return the only dimension of a table beside the area."""
    (name,) = (name for name in ic_tip.dimensions_of(table) if name != "area_id")
    return name


def of_place(place: Area, name: str) -> pd.DataFrame:
    """Return the rows of a table of an area or of the study as a whole; none where there is no such table."""
    if place.is_study:
        return tables(place.study).get(name, pd.DataFrame())
    table = tables(place.study).get(f"{name} by area", pd.DataFrame({"area_id": []}))
    return table[table["area_id"] == place.area_id]


def in_order(table: pd.DataFrame, name: str) -> pd.DataFrame:
    """Return ages by age, others the commonest first and the suppressed after them; unknown values at the end."""
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


# Dimension of the classification -> its name on a page, in the order of the page.
DIMENSIONS = texts.table(__name__, "dimensions")
# Values that are no category: not stated, none by the source, and values of few persons.
WORDS = texts.table(__name__, "words")
# How far records carry a category, in words.
CARRIED = texts.table(__name__, "carried")
BY_AREA = " by area"


def categories(place: Area) -> Exhibit:
    """Return the categories of the UN classification with their persons, as far as protected tables have them.

    Each row has its dimension, the broader category, persons or records, and how far records carry the category. The
    limits name the categories that no list of this form tells.
    """
    known = ic_tip.categories()
    untold = known[known["derived"].eq("not derivable") & known["standing"].ne("not read")]
    untold_words = "; ".join(untold["label"].str.split(":").str[0].str.lower())
    known = known.set_index(["dimension", "category"])
    parts = [_of_categories(table) for table in _of_one_dimension(place, ic_tip.relabelled(tables(place.study)))]
    columns = ["dimension", "category", "count"]
    found = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)
    order = found["dimension"].map({name: at for at, name in enumerate(DIMENSIONS)})
    found = found.assign(order=order).sort_values("order", kind="stable")
    pairs = [
        (dimension, category.split(AND)) for dimension, category in zip(*(found[c] for c in columns[:2]), strict=True)
    ]
    rows = pd.DataFrame(
        {
            "Dimension": found["dimension"].map(DIMENSIONS).to_numpy(),
            "Within": [_broader(known, *pair) for pair in pairs],
            "Category": [_category(known, *pair) for pair in pairs],
            counted(place).capitalize(): cells(found["count"]),
            "Carried by records": [_carried(known, *pair) for pair in pairs],
        }
    )
    limits = limits_of(
        place,
        "The counts above under other names: detected persons, not incidence. A person can have several purposes and "
        "means, which must not be added. The code lists of the classification could not be read: the categories are "
        f"those of the texts that it builds on. No list of this form tells: {untold_words}.",
    )
    what = "the same persons in the terms of the UN classification of trafficking data (IC-TIP)"
    return of_counts(place, "ic_tip", what, rows, limits)


def _of_one_dimension(place: Area, tables: dict[str, pd.DataFrame]) -> list[pd.DataFrame]:
    """Return the tables of one dimension: of an area, without the area; or of the study as a whole."""
    found = []
    for name, table in tables.items():
        of_area = name.endswith(BY_AREA)
        dimensions = [each for each in ic_tip.dimensions_of(table) if each != "place"]
        if of_area != place.is_study and len(dimensions) == 1 and dimensions[0].split(": ")[0] in DIMENSIONS:
            here = table if place.is_study else table[table["place"] == place.area_id]
            found.append(here[[*dimensions, "count"]])
    return found


def _of_categories(table: pd.DataFrame) -> pd.DataFrame:
    """Return dimension, category and count; of a table of yes and no those with yes, of ages children and adults."""
    name = str(table.columns[0])
    dimension, _, category = name.partition(": ")
    if category:
        yes = table.loc[table[name] == "yes", "count"]
        count = yes.iloc[0] if len(yes) else 0
        return pd.DataFrame({"dimension": [dimension], "category": [category], "count": pd.array([count], "Int64")})
    table = ic_tip.children_and_adults(table) if name in ic_tip.AGES and len(table) else table
    return table.rename(columns={name: "category"}).assign(dimension=dimension)


def _category(known: pd.DataFrame, dimension: str, parts: list[str]) -> str:
    """Return a category in words; several that were taken together, with all their names."""
    field = known.loc[dimension]["field"].max()
    words = (FIELDS[field].codes or {} if field in FIELDS else {}) | known.loc[dimension]["label"].to_dict() | WORDS
    return spoken(AND.join(words.get(part, part) for part in parts))


def _broader(known: pd.DataFrame, dimension: str, parts: list[str]) -> str:
    """Return the broader category of a category; "" at the top."""
    within = known.loc[dimension]["within"].get(parts[0], "") if len(parts) == 1 else ""
    return known.loc[(dimension, within), "label"] if within else ""


def _carried(known: pd.DataFrame, dimension: str, parts: list[str]) -> str:
    """Return how far records carry a category, or the broader one around it, or a dimension of other codes."""
    rows = known.loc[dimension]
    found = {
        rows["derived"].get(rows["within"].get(part) or part, rows["derived"].get(""))
        for part in parts
        if part not in WORDS
    }
    return CARRIED["partly" if "partly" in found else "mapped"] if found else ""


take_names(__name__)
