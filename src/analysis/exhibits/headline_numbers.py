"""The headline number of each measure: what is published first of a country, and of a study country by country."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from analysis import areas, headlines, plots, preferred_values, texts
from analysis.areas import Area
from analysis.exhibits import detection
from analysis.exhibits.any_place import take_names
from analysis.exhibits.exhibit import NOT_INCIDENCE, Exhibit, absent, footer, unless_refused
from analysis.exhibits.table import Table
from analysis.exhibits.wording import sentences
from bounded import intervals

TEXT = texts.of(__name__)
# Measure -> what it is called in a heading.
CALLED = texts.table(__name__, "called")
# What a map says of a number that is no national total.
INEXACT = texts.table(__name__, "inexact")


def headlines_of(place: Area) -> pd.DataFrame:
    """Return the headline numbers of the countries of a place, a row a country and measure; none of a part of one.

    Returns
    -------
    DataFrame: the columns of `headlines.table`, with name (of the country), what (the measure in words), number and
    period (as printed), standing (how complete it is, in words).
    """
    table = headlines.table([] if place.is_local else detection.countries(place))
    printed = np.where(table["low"].isna(), "", intervals.text(table["low"], table["high"], table["value_qualifier"]))
    # Of a part its kind says more than that it is one.
    part = table["completeness"].eq(headlines.PART)
    kind = table["kind"].map(headlines.KINDS).fillna("")
    standing = table["completeness"].mask(part, TEXT["part"]).mask(table["completeness"].eq(headlines.NONE), "–")
    return table.assign(
        what=table["measure"].map(CALLED),
        number=np.where(table["low"].isna(), TEXT["none"], printed),
        period=[_period(*ends) for ends in zip(table["period_start"], table["period_end"], strict=True)],
        standing=standing + (", " + kind).where(kind.ne(""), ""),
    ).merge(detection.names_of(), on="area_id", how="left")


def _period(first: pd.Timestamp, last: pd.Timestamp) -> str:
    """A period in words; "last known" where it is long past."""
    old = not pd.isna(last) and preferred_values.is_long_ago(last.year)
    return headlines.in_words(first, last) + (TEXT["last_known"] if old else "")


def headline_section(place: Area, numbers: pd.DataFrame) -> Exhibit:
    """Return what surrounds the headline numbers of a country, or of the countries of a study.

    Parameters
    ----------
    numbers : what `headlines_of` gives.
    """
    if place.is_local:
        return absent(place, TEXT["title"].format(whose="{whose}"), "national")
    known = numbers[numbers["source_id"].ne("")]
    victims = known[known["measure"].eq(headlines.VICTIMS)]
    return Exhibit(
        "headline_numbers",
        TEXT["title"].format(whose=detection.whose(place)),
        source_ids=tuple(known["source_id"].unique()),
        limits=sentences(NOT_INCIDENCE, TEXT["limits"], TEXT["star"] if place.spans_countries else ""),
        alt=TEXT["alt"].format(whose=detection.whose(place), known=len(victims)),
        footer=footer(victims, f"{len(victims)} countries", sentences(NOT_INCIDENCE, TEXT["limits"])),
    )


@unless_refused
def headline_map(place: Area, numbers: pd.DataFrame, section: Exhibit) -> Figure | None:
    """Return a map of the victims of each country of a study, with the year in which the period ends; None elsewhere.

    Parameters
    ----------
    numbers : what `headlines_of` gives.
    """
    if not place.spans_countries:
        return None
    victims = numbers[numbers["measure"].eq(headlines.VICTIMS) & numbers["low"].notna()]
    years = victims["period_end"].dt.year.astype(str)
    mapped = pd.DataFrame(
        {
            "area_id": victims["area_id"],
            "value": victims["high"].where(victims["high"].lt(float("inf")), victims["low"]),
            "label": [f"{each}\n{year}" for each, year in zip(victims["number"], years, strict=True)],
            "inexact": victims["completeness"].map(INEXACT).fillna(""),
        }
    )
    return plots.choropleth(
        plots.join_areas(areas.boundaries(place.study), mapped),
        value="value",
        status="inexact",
        labels=("label", "label"),
        world=areas.surroundings(place.study),
        projection=place.projection,
        legend_label=TEXT["map_key"],
        **section.frame,
    )


def headline_rows(place: Area, numbers: pd.DataFrame) -> Table:
    """Return the headline numbers as a table: of a country a row a measure, of a study a row a country.

    What each number was preferred over is released beside it.
    """
    columns = [
        *("area_id", "name", "measure", "what", "number", "period", "publisher", "standing", "who", "unit"),
        *("low", "high", "value_qualifier", "period_start", "period_end", "source_id", "note", "preferred_over"),
    ]
    if place.spans_countries:
        return Table(numbers[columns], _by_country)
    return Table(
        numbers[columns],
        {
            "What": "what",
            "Number": "number",
            "Period": "period",
            "Published by": "publisher",
            "How complete": "standing",
        },
        also=tuple(name for name in columns if name not in ("what", "number", "period", "publisher", "standing")),
    )


def _by_country(numbers: pd.DataFrame) -> pd.DataFrame:
    """A row a country, a column a measure; of a part a star, which the heading of the table explains."""
    part = numbers["standing"].str.startswith(TEXT["part"])
    said = numbers["number"] + (" (" + numbers["period"] + ")").where(numbers["period"].ne(""), "")
    wide = numbers.assign(said=said + np.where(part, "*", "")).pivot(index="name", columns="what", values="said")
    return wide[list(CALLED.values())].rename_axis(index="Country", columns=None).reset_index()


take_names(__name__)
