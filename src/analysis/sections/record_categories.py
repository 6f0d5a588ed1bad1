"""The persons on the lists of a study in the terms of the UN classification of data on trafficking in persons.

The counts are those of the protected tables under other names: nothing is counted anew.
"""

from __future__ import annotations

import pandas as pd

from analysis import texts
from analysis.areas import Area
from analysis.cases import ic_tip
from analysis.cases.htcds import FIELDS
from analysis.cases.person_counts import AND
from analysis.sections import characteristics, record_counts
from analysis.sections.section import Section

TEXT = texts.of(__name__)

# Dimension of the classification -> how it is called on a page, in their order there.
DIMENSIONS = texts.table(__name__, "dimensions")
# What is no category: not told, none by the source, and values of few persons.
WORDS = texts.table(__name__, "words")
# How far records carry a category, in words.
CARRIED = texts.table(__name__, "carried")
BY_AREA = " by area"


def section(place: Area) -> Section:
    """What surrounds the counts: of what standing the categories are, and which of them no list can tell."""
    known = ic_tip.categories()
    absent = known[known["derived"].eq("not derivable") & known["standing"].ne("not read")]
    said = TEXT["limits"].format(absent="; ".join(absent["label"].str.split(":").str[0].str.lower()))
    return characteristics.protected_section(place, "ic_tip", TEXT["title"], record_counts.limits_of(place, said))


def rows(place: Area) -> pd.DataFrame:
    """The categories with their persons, as far as protected tables tell.

    Returns
    -------
    DataFrame as people read it: dimension, the broader category, category, persons or records (or that the number is
    suppressed), and how far records carry the category.
    """
    known = ic_tip.categories().set_index(["dimension", "category"])
    tables = ic_tip.relabelled(record_counts.tables(place.study))
    parts = [_counts(table) for table in _of(place, tables)]
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
            TEXT["category"]: [_spoken(known, *pair) for pair in pairs],
            characteristics.counted(place).capitalize(): record_counts.cells(found["count"]),
            TEXT["carried_heading"]: [_carried(known, *pair) for pair in pairs],
        }
    )


def _of(place: Area, tables: dict[str, pd.DataFrame]) -> list[pd.DataFrame]:
    """The tables of one dimension that are of an area, without it, or of the study as a whole."""
    found = []
    for name, table in tables.items():
        of_area = name.endswith(BY_AREA)
        dimensions = [each for each in ic_tip.dimensions_of(table) if each != "place"]
        if of_area != place.is_study and len(dimensions) == 1 and dimensions[0].split(": ")[0] in DIMENSIONS:
            here = table if place.is_study else table[table["place"] == place.area_id]
            found.append(here[[*dimensions, "count"]])
    return found


def _counts(table: pd.DataFrame) -> pd.DataFrame:
    """dimension, category and count: of a table of yes and no, those with yes, and of ages, children and adults."""
    name = str(table.columns[0])
    dimension, _, category = name.partition(": ")
    if category:
        yes = table.loc[table[name] == "yes", "count"]
        count = yes.iloc[0] if len(yes) else 0
        return pd.DataFrame({"dimension": [dimension], "category": [category], "count": pd.array([count], "Int64")})
    table = ic_tip.children_and_adults(table) if name == "age" and len(table) else table
    return table.rename(columns={name: "category"}).assign(dimension=dimension)


def _spoken(known: pd.DataFrame, dimension: str, parts: list[str]) -> str:
    """A category in words; several that were taken together, with all their names."""
    field = known.loc[dimension]["field"].max()
    words = (FIELDS[field].codes or {} if field in FIELDS else {}) | known.loc[dimension]["label"].to_dict() | WORDS
    return characteristics.spoken(AND.join(words.get(part, part) for part in parts))


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
