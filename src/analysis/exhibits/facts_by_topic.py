"""Facts of a study by topic, as tables: each figure with its period, its unit, and what its source notes of it.

A study names its topics in a table of the schema ``topics``. Figures of one topic overlap and differ in who is counted:
none is added to another.
"""

from __future__ import annotations

import pandas as pd

from analysis import areas, evidence
from analysis.areas import Area
from analysis.exhibits import detection
from analysis.exhibits.any_place import take_names
from analysis.exhibits.exhibit import Exhibit, absent
from analysis.exhibits.table import FIGURE, Table, Words
from analysis.exhibits.wording import periods, spell
from analysis.indicators import topics


def belongs(names: pd.Series, place: Area) -> pd.Series:
    """Return the topic of each indicator; "" where it has none. The first topic that has it is its own.

    Parameters
    ----------
    names : of indicators.
    """
    found = pd.Series("", index=names.index)
    for each in topics(place):
        found = found.mask(found.eq("") & names.str.startswith(each.begins), each.topic)
    return found


def figures(place: Area) -> pd.DataFrame:
    """Return the preferred facts of a place that have a topic, by topic, place and period.

    Of a study that is one country the country's and those of its areas; of an area its own; of others none.

    Returns
    -------
    DataFrame: the columns of `evidence.facts`, with `topic` and the `name` of the place.
    """
    nation = areas.STUDIES[place.study].iso3
    if not nation or detection.has_own(place.study) or place.level == "country":
        return evidence.facts([]).assign(topic="", name="")
    table = evidence.facts([nation, *areas.ids(place.study)] if place.is_study else place.area_id)
    table = table.assign(topic=belongs(table["indicator"], place))
    table = table[table["preferred"] & table["topic"].ne("")]
    if place.is_study:
        of_each_area = tuple(start for each in topics(place) for start in each.of_each_area)
        table = table[table["area_id"].eq(nation) | ~table["indicator"].str.startswith(of_each_area)]
    return named(table).sort_values(["topic", "name", "indicator", "date_low"], kind="stable").reset_index(drop=True)


def named(table: pd.DataFrame) -> pd.DataFrame:
    """Return facts with the `name` of the place of each: its id where it is no area of a study."""
    names = detection.names_of().set_index("area_id")["name"]
    return table.assign(name=table["area_id"].map(names).fillna(table["area_id"]))


def facts_table(table: pd.DataFrame) -> Table:
    """Return facts, with their `name`, as a page prints them."""
    return Table(
        table,
        {
            "Where": "name",
            "What": Words(lambda codes: codes.map(spell), "indicator"),
            "Period": Words(periods, "date_low", "date_high"),
            "Figure": FIGURE,
            "Unit": "unit",
            "Note": "note",
        },
        also=("area_id", "source_id"),
    )


def by_topic(place: Area) -> tuple[Exhibit, ...]:
    """Return a table for each topic of which a place has figures, in the order of the topics."""
    table = figures(place)
    if table.empty:
        return (absent(place, "facts by topic", "No fact on it has one of the topics."),)
    by_name = dict(list(table.groupby("topic")))
    return tuple(
        Exhibit(
            each.topic,
            f"{place.name}: {each.title}",
            facts_table(by_name[each.topic]),
            tuple(by_name[each.topic]["source_id"].unique()),
            each.limits,
            folded=True,
        )
        for each in topics(place)
        if each.topic in by_name
    )


take_names(__name__)
