"""The headline numbers of a country, or of all countries of a study, as an exhibit: see `analysis.headlines`.

Countries give different years, so each number stands with its period, and what is no national total says so.
"""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from analysis import areas, headlines, plots, texts
from analysis.areas import Area
from analysis.sections import detection
from analysis.sections.any_place import take_names
from analysis.sections.section import NOT_INCIDENCE, Section, footer, only, sentences, unless_refused
from analysis.sections.table import FIGURE, Table, Words, coded
from bounded import intervals

TEXT = texts.of(__name__)
MEASURES = texts.table(__name__, "measures")
INEXACT = texts.table(__name__, "inexact")


def numbers(place: Area) -> pd.DataFrame:
    """Return the headline numbers of a place's countries that there are: the columns of `headlines.table`, and name."""
    table = headlines.table(detection.countries(place))
    table = table[table["completeness"].ne(headlines.NONE)].merge(detection.names_of(), on="area_id", how="left")
    # Which of several countries goes first is no matter of their names in the evidence.
    order = {area_id: number for number, area_id in enumerate(detection.countries(place))}
    return table.sort_values("area_id", key=lambda ids: ids.map(order), kind="stable", ignore_index=True)


@only("national", TEXT["title"])
def section(place: Area, table: pd.DataFrame) -> Section:
    """Return what surrounds headline numbers. `table` is what `numbers` gives of the place."""
    title = TEXT["title"].format(whose=detection.whose(place))
    limits = sentences(NOT_INCIDENCE, TEXT["limits"])
    victims = table[table["measure"].eq(headlines.VICTIMS)]
    return Section(
        "headline_numbers",
        title,
        source_ids=tuple(table["source_id"].unique()),
        limits=limits,
        alt=TEXT["alt"].format(title=title, known=len(victims), countries=len(detection.countries(place))),
        footer=footer(victims, f"{len(victims)} countries", limits),
    )


@unless_refused
def figure(place: Area, table: pd.DataFrame, section: Section) -> Figure | None:
    """Return a map of the victims of each country of a study, its number and year beside its name; None elsewhere."""
    if not place.spans_countries:
        return None
    victims = table[table["measure"].eq(headlines.VICTIMS)]
    count = intervals.text(victims["low"], victims["high"], victims["value_qualifier"])
    years = victims["period_end"].dt.year.astype(str)
    mapped = pd.DataFrame(
        {
            "area_id": victims["area_id"],
            "value": victims["high"].where(victims["high"].lt(float("inf")), victims["low"]),
            "label": [f"{each}\n{year}" for each, year in zip(count, years, strict=True)],
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
        **section.frame,
    )


def rows(place: Area, table: pd.DataFrame) -> Table:
    """Return the table: of one country a row a measure; of several a row a country, each number with its period."""
    if place.spans_countries:
        return Table(table[[name for name in table if name not in ("preferred_over", "words")]], in_columns)
    return Table(
        table,
        {
            "Of what": coded(MEASURES, "measure"),
            "Number": FIGURE,
            "Period": Words(_periods, "period_start", "period_end"),
            "How complete": Words(_completeness, "completeness", "kind"),
            "Who is counted": "who",
            "Counted in": "unit",
            "Published by": "publisher",
            "Note": "note",
            "Preferred over": "preferred_over",
        },
        also=("area_id", "source_id"),
    )


def in_columns(table: pd.DataFrame) -> pd.DataFrame:
    """Return headline numbers as a row a country and a column a measure, each with its period and what it is of."""
    cell = [headlines.headline(*each).words for each in zip(table["area_id"], table["measure"], strict=True)]
    wide = table.assign(cell=cell).pivot_table(
        index="name", columns="measure", values="cell", aggfunc="first", sort=False, fill_value=TEXT["no_figure"]
    )
    wide = wide.reindex(columns=list(MEASURES), fill_value=TEXT["no_figure"]).rename(columns=MEASURES)
    return wide.rename_axis(index="Country", columns=None).reset_index()


def _periods(first: pd.Series, last: pd.Series) -> list[str]:
    return [headlines.in_words(*each) for each in zip(first, last, strict=True)]


def _completeness(completeness: pd.Series, kind: pd.Series) -> list[str]:
    return [f"{how}, {headlines.KINDS[of]}" if of else how for how, of in zip(completeness, kind, strict=True)]


take_names(__name__)
