"""The headline number of each measure: what is published first of a country, and of a study country by country."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis import areas, headlines, plots, preferred_values
from analysis.areas import Area
from analysis.exhibits import detection
from analysis.exhibits.any_place import take_names
from analysis.exhibits.exhibit import NOT_INCIDENCE, Exhibit, only
from analysis.exhibits.plot import Plot
from analysis.exhibits.table import Table
from analysis.exhibits.wording import sentences
from bounded import intervals

# Measure -> its heading.
CALLED = {
    "victims": "Victims identified",
    "child_victims": "Children",
    "investigations": "Investigations",
    "prosecutions": "Prosecutions",
    "convictions": "Convictions",
}
# What a map says of a number that is no national total.
INEXACT = {"minimum": "at least this", "part": "a part, no national total"}
PART = "no total, largest part"


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
    standing = table["completeness"].mask(part, PART).mask(table["completeness"].eq(headlines.NONE), "–")
    return table.assign(
        what=table["measure"].map(CALLED),
        number=np.where(table["low"].isna(), "no figure was read", printed),
        period=[_period(*ends) for ends in zip(table["period_start"], table["period_end"], strict=True)],
        standing=standing + (", " + kind).where(kind.ne(""), ""),
    ).merge(detection.names_of(), on="area_id", how="left")


def _period(first: pd.Timestamp, last: pd.Timestamp) -> str:
    """A period in words; "last known" where it is long past."""
    old = not pd.isna(last) and preferred_values.is_long_ago(last.year)
    return headlines.in_words(first, last) + (", last known" if old else "")


@only("national", "The headline numbers of {whose}")
def headline_numbers(place: Area, numbers: pd.DataFrame) -> Exhibit:
    """Return the headline numbers of a country, or of the countries of a study, then with a map of their victims.

    Parameters
    ----------
    numbers : what `headlines_of` gives.
    """
    title = f"The headline numbers of {detection.whose(place)}"
    limits = sentences(
        NOT_INCIDENCE, "The newest national total of a whole year goes first. Periods and publishers differ."
    )
    known = numbers[numbers["source_id"].ne("")]
    victims = known[known["measure"].eq(headlines.VICTIMS)]
    return Exhibit(
        "headline_numbers",
        title,
        _rows(place, numbers),
        tuple(known["source_id"].unique()),
        sentences(limits, "* no national total; the largest part." if place.spans_countries else ""),
        _map(place, numbers) if place.spans_countries else None,
        alt=f"{title}. Victims are known of {len(victims)}.",
        n="countries",
        in_figure=limits,
        read=victims,
    )


def _map(place: Area, numbers: pd.DataFrame) -> Plot:
    """The victims of each country of a study, with the year in which the period ends."""
    victims = numbers[numbers["measure"].eq(headlines.VICTIMS) & numbers["low"].notna()]
    years = victims["period_end"].dt.year.astype(str)
    mapped = pd.DataFrame(
        {
            "area_id": victims["area_id"],
            "value": victims["high"].where(victims["high"].lt(float("inf")), victims["low"]),
            "label": [f"{number}\n{year}" for number, year in zip(victims["number"], years, strict=True)],
            "inexact": victims["completeness"].map(INEXACT).fillna(""),
        }
    )
    return Plot(
        plots.choropleth,
        plots.join_areas(areas.boundaries(place.study), mapped),
        value="value",
        status="inexact",
        labels=("label", "label"),
        world=areas.surroundings(place.study),
        projection=place.projection,
        legend_label="victims identified, with the year in which the period ends",
    )


def _rows(place: Area, numbers: pd.DataFrame) -> Table:
    """A row a measure, or of a study a row a country; released with what each number was preferred over."""
    columns = [
        *("area_id", "name", "measure", "what", "number", "period", "publisher", "standing", "who", "unit"),
        *("low", "high", "value_qualifier", "period_start", "period_end", "source_id", "note", "preferred_over"),
    ]
    if place.spans_countries:
        return Table(numbers[columns], _by_country)
    page = {
        "What": "what",
        "Number": "number",
        "Period": "period",
        "Published by": "publisher",
        "How complete": "standing",
    }
    return Table(numbers[columns], page, also=tuple(name for name in columns if name not in page.values()))


def _by_country(numbers: pd.DataFrame) -> pd.DataFrame:
    """A row a country, a column a measure; of a part a star, which the heading of the table explains."""
    part = numbers["standing"].str.startswith(PART)
    cells = numbers["number"] + (" (" + numbers["period"] + ")").where(numbers["period"].ne(""), "")
    wide = numbers.assign(cells=cells + np.where(part, "*", "")).pivot(index="name", columns="what", values="cells")
    return wide[list(CALLED.values())].rename_axis(index="Country", columns=None).reset_index()


take_names(__name__)
