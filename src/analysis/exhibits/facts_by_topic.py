"""Facts of a study by topic, as tables: each figure with its period, its unit, and what its source notes of it.

What follows a disaster, what studies of working children found of how many, and what official statistics count of
children. Figures of one topic overlap and differ in who is counted: none is added to another.
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

# Topic -> how its title goes on, and what its figures are not.
TITLES = {
    "after_the_earthquakes": "after the earthquakes of February 2023",
    "studies_of_working_children": "studies of working children, with how many were asked",
    "returns_and_registration": "returns to Syria, and Syrians under temporary protection by age",
    "children_in_statistics": "children at work, on the street, married and at security units in statistics",
}
LIMITS = {
    "after_the_earthquakes": (
        "Trafficking after the earthquakes is alleged and not shown. Counts of children without a companion and of "
        "missing children differ by authority and date; none is a count of victims. Moves between provinces have many "
        "reasons."
    ),
    "studies_of_working_children": (
        "Children who could be reached in the places named, no sample of a province; shares are of those asked. Work "
        "is not trafficking."
    ),
    "returns_and_registration": (
        "Persons of all ages as the authorities announce them; totals since two dates overlap and are never added."
    ),
    "children_in_statistics": (
        "None of these is a count of trafficking. Article 229 is the use of a child in begging; incidents are not "
        "persons; participation has those who seek work in it."
    ),
}
# How the indicators of a topic begin.
TOPICS = {
    "after_the_earthquakes": ("earthquake_", "refugees_and_migrants_in_earthquake", "syrians_in_earthquake",
                              "internal_migration_", "syrian_returns_after_earthquake",
                              "children_in_extreme_poverty_after_earthquake"),
    "studies_of_working_children": ("study_",),
    "returns_and_registration": ("syrian_returns", "syrians_temporary_protection_age", "pupils_left_school_by_return"),
    "children_in_statistics": ("child_labour_force_participation", "children_in_labour_force", "child_deaths_at_work",
                               "children_used_for_begging", "prosecutions_children_used", "convictions_children_used",
                               "children_security_units", "children_crime_victim", "children_sexual_crime",
                               "marriages_girls", "street_children_", "child_outreach", "mesem_pupils"),
}  # fmt: skip
# Of these a study as a whole shows the figures of its country alone; each area has its own on its page.
OF_EACH_AREA = ("internal_migration_", "marriages_girls")


def belongs(indicators: pd.Series) -> pd.Series:
    """Return the topic of each indicator; "" where it has none. The first topic that has it is its own."""
    found = pd.Series("", index=indicators.index)
    for topic, starts in TOPICS.items():
        found = found.mask(found.eq("") & indicators.str.startswith(starts), topic)
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
    table = table.assign(topic=belongs(table["indicator"]))
    table = table[table["preferred"] & table["topic"].ne("")]
    if place.is_study:
        table = table[table["area_id"].eq(nation) | ~table["indicator"].str.startswith(OF_EACH_AREA)]
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
    by_name = {topic: table[table["topic"] == topic] for topic in TOPICS if table["topic"].eq(topic).any()}
    return tuple(
        Exhibit(
            topic,
            f"{place.name}: {TITLES[topic]}",
            facts_table(rows),
            tuple(rows["source_id"].unique()),
            LIMITS[topic],
            folded=True,
        )
        for topic, rows in by_name.items()
    )


take_names(__name__)
