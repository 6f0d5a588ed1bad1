"""A selection in words, and as figures and a table for a notebook that a program runs, to be read without a browser.

One line says what is counted, and what a filter leaves out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import pandas as pd
from IPython.display import display
from matplotlib.figure import Figure

from analysis import areas, plots, texts
from analysis.areas import Area
from analysis.cases.person_counts import PERSONS
from analysis.exhibits.exhibit import INTERNAL, PUBLIC, Exhibit
from analysis.exhibits.exhibit import said as as_output
from analysis.exhibits.plot import Plot
from analysis.exhibits.wording import plain
from analysis.explorer.counts import COMPARED, COUNT, HIGH, Views, compared, counted, tabled
from analysis.explorer.records import (
    ADULTS,
    AREA,
    CHILDREN,
    CHOSEN,
    CONFIDENTIAL,
    SYNTHETIC,
    TITLES,
    YEAR,
    Records,
    Selection,
    titled,
)
from analysis.methods import origin_destination
from analysis.plots import flows

TEXT = texts.of(__name__)

# Of more areas than these the number is said.
_NAMED = 4


_WHO = {"age_group": "age", "form": "form", "nationality": "nationality"}


def interval(low: float, high: float | None = None) -> str:
    """A count in words: 1,234; 0–4 where it is an interval."""
    if high is None or high == low:
        return f"{low:,.0f}" if float(low).is_integer() else f"{low:,.1f}"
    return f"{interval(low)}–{interval(high)}"


def with_unit(low: float, high: float | None, unit: str) -> str:
    """A count with its unit, which is in the plural: "1 person", "412 persons"."""
    if low == 1 and high in (None, 1):
        first, _, rest = unit.partition(" ")
        return f"1 {' '.join(filter(None, [first.removesuffix('s'), rest]))}"
    return f"{interval(low, high)} {unit}"


def in_words(table: pd.DataFrame) -> list[str]:
    """The counts of a table in words, row by row."""
    high = table[HIGH] if HIGH in table else table[COUNT]
    return [interval(low, top) for low, top in zip(table[COUNT], high, strict=True)]


def period(first: int, last: int, to: str = "–") -> str:
    """Years in words: "2016–2020", or the one that it is."""
    return str(first) if first == last else f"{first}{to}{last}"


def sentence(place: Area, records: Records, selection: Selection, views: Views) -> str:
    """Return what is counted, where, when and of whom, and how many are left out since it is not known of them.

    Parameters
    ----------
    place : the area or study that is explored.
    records, selection, views : what `counted` has made of a selection of the records.
    """
    first, last = years(records, selection)
    detected = " detected" if records.unit == PERSONS else ""
    said = f"{with_unit(views.n, views.n_high, records.unit)}{detected} in {_where(records, selection)}"
    said += f", {period(first, last)}"
    who = _who(records, selection)
    said += f": {'; '.join(who)}." if who else "."
    if len(selection.area_ids) == COMPARED:
        said += _two_areas(records, selection, views)
    left_out = [
        TEXT["whose_is_not_known"].format(count=interval(count), asked=_asked(name))
        for name, count in views.unknown.items()
        if count
    ]
    if left_out:
        several = len(left_out) > 1 or next(count for count in views.unknown.values() if count) != 1
        said += f" {listed(left_out)} {'are' if several else 'is'} left out."
    unsure = [
        TEXT["may_lie_outside"].format(count=interval(count), asked=_asked(name))
        for name, count in views.unsure.items()
    ]
    if unsure:
        said += TEXT["sentence_said"].format(unsure=listed(unsure))
    return said


def _two_areas(records: Records, selection: Selection, views: Views) -> str:
    """The numbers in each of two areas, and the number of those in both."""
    rows = views.options[AREA].set_index("label").loc[list(selection.area_ids), [COUNT, HIGH]]
    each = [
        f"{interval(row[COUNT], row[HIGH])} in {name}"
        for name, (_, row) in zip(_names(records, selection), rows.iterrows(), strict=True)
    ]
    both = rows[COUNT].sum() - views.n
    said = TEXT["of_these"].format(each=listed(each))
    return said + (TEXT["in_both"].format(both=interval(both)) if both > 0 else ".")


def limits(records: Records) -> str:
    """Return what the data do not show; it begins with what no data here are."""
    said = records.limits.replace("`", "")
    return said if "incidence" in said else f"Not incidence. {said}"


def source(records: Records) -> str:
    """Return where the data were read, and whose boundaries the map has where that must be said."""
    credit = areas.credit(records.study)
    return f"Source: {records.sources.rstrip('.')}.{f' Boundaries: {credit}.' if credit else ''}"


def pairs_note(records: Records, views: Views) -> str:
    """Return how many flows the list leaves out, or that there are none."""
    if records.pairs is None:
        return TEXT["these_data_tell_of_no"]
    if not len(views.by_pair):
        return TEXT["no_journey_of_these"]
    if not views.pairs_left:
        return ""
    pairs = "1 further pair" if views.pairs_left == 1 else f"{views.pairs_left:,} further pairs"
    return f"Not listed: {pairs}, {with_unit(views.pairs_left_count, None, records.unit)}."


def chosen(records: Records, selection: Selection, without: str = "") -> str:
    """Return what is chosen, for the second line of a figure, without its own filter; empty where all is."""
    said = [] if without == AREA or not selection.area_ids else [_where(records, selection)]
    first, last = years(records, selection)
    if without != YEAR and (first, last) != tuple(records.period):
        said.append(period(first, last))
    said += _who(records, selection)
    return f"Chosen: {'; '.join(said)}." if said else ""


def python(place: Area, records: Records, selection: Selection) -> str:
    """The code that shows the same again."""
    return (
        "from analysis.explorer import Selection, explore\n\n"
        f"explore({place.area_id!r}, {records.title!r}, {selection})"
    )


def years(records: Records, selection: Selection) -> tuple[int, int]:
    """The first and the last year of a selection."""
    first, last = selection.period
    return max(first, records.period[0]), min(last, records.period[1])


def _where(records: Records, selection: Selection) -> str:
    study = areas.STUDIES[records.study]
    if not selection.area_ids:
        return study.name
    said = _names(records, selection)
    return listed(said) if len(said) <= _NAMED else f"{len(said)} areas of {study.name}"


def _names(records: Records, selection: Selection) -> list[str]:
    """The names of the chosen areas."""
    column = records.columns[AREA]
    names = dict(zip(column.labels, column.shown, strict=True))
    unknown = {label for label, is_unknown in zip(column.labels, column.unknown, strict=True) if is_unknown}
    return [TEXT["an_area_that_is_not"] if each in unknown else names[each] for each in selection.area_ids]


def _who(records: Records, selection: Selection) -> list[str]:
    """The persons that are asked for, filter by filter."""
    said = []
    for name, column in CHOSEN.items():
        chosen = getattr(selection, name)
        if column == AREA or not chosen:
            continue
        known = records.columns[column]
        shown = dict(zip(known.labels, known.shown, strict=True))
        # A group that is chosen as a whole is called by its name.
        whole = {name: of for name, of in known.groups.items() if set(of) <= set(chosen)}
        grouped = {label for of in whole.values() for label in of}
        words = [*whole, *(shown[each] for each in chosen if each not in grouped)]
        says_what_it_is = column not in _WHO or set(words) <= {CHILDREN, ADULTS}
        said.append(listed(words, "or") if says_what_it_is else f"{_WHO[column]} {listed(words, 'or')}")
    return said


def _asked(name: str) -> str:
    """The values that a filter asks for, within a sentence."""
    return "period" if name == YEAR else TITLES[name].lower()


def listed(words: Sequence[str], last: str = "and") -> str:
    """Words in a row: "a, b and c"."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {last} {words[-1]}"


# The selection as figures


@dataclass(frozen=True)
class Still:
    """Static form of the widget in a notebook: a sentence, and map, years, flows and table.

    Parameters
    ----------
    parts : in the order in which they are shown.
    """

    parts: tuple[object, ...]

    def _ipython_display_(self) -> None:
        display(*self.parts)


def still(place: Area, records: Records, selection: Selection) -> Still:
    """A selection of records as figures.

    Parameters
    ----------
    place : the area or study that is explored.
    records, selection : the data set, and what is chosen of it.

    Raises
    ------
    NoSuchChoice : something is chosen that the data set does not have.
    """
    if records.kind == CONFIDENTIAL:
        return Still((as_output(TEXT["stays"], INTERNAL),))
    views = counted(records, selection)
    head = TEXT["sentence_head"] if records.kind == SYNTHETIC else ""
    line = plain(sentence(place, records, selection, views))
    said = as_output(f"### {plain(records.title)}\n\n{head}**{line}** {plain(limits(records))}", _class(records))
    made = exhibits(place, records, selection, views)
    return Still((said, *(each.show() if each.figure is None else each.image() for each in made)))


def exhibits(place: Area, records: Records, selection: Selection, views: Views) -> list[Exhibit]:
    """Map, years, flows and table of a selection, those of which there is something to show."""
    # Of national figures none is told of an area: a map of them would be empty.
    made = [_map(records, selection, views)] if (views.by_area["high"] > 0).any() else []
    made.append(_years(records, selection, views))
    if len(views.by_pair):
        made.append(_flows(place, records, selection, views))
    return [*made, _table(records, selection)]


def _class(records: Records) -> str:
    return PUBLIC if records.is_public else INTERNAL


def _exhibit(
    records: Records,
    name: str,
    title: str,
    *,
    figure: Figure | None = None,
    alt: str = "",
    table: pd.DataFrame | None = None,
) -> Exhibit:
    return Exhibit(
        f"explored_{name}",
        title,
        pd.DataFrame() if table is None else table,
        limits=limits(records),
        plot=Plot.ready(figure),
        alt=alt,
        citations=() if figure else (records.sources,),
        kind=SYNTHETIC if records.kind == SYNTHETIC else "public",
        release_class=_class(records),
    )


def _words(records: Records) -> str:
    """The title without the kind, which a figure says in its own way."""
    return records.title.removesuffix(titled("", records.kind))


def _footer(records: Records, n: str, selection: Selection | None = None) -> plots.Footer:
    first, last = records.period if selection is None else years(records, selection)
    years_ = period(first, last, "-")
    return plots.Footer(records.sources, years_, n, limits(records), synthetic=records.kind == SYNTHETIC)


def _map(records: Records, selection: Selection, views: Views) -> Exhibit:
    study = areas.STUDIES[records.study]
    there = views.by_area[views.by_area["high"] > 0]
    n = with_unit(there["count"].sum(), there["high"].sum(), records.unit)
    title = f"{study.name}: {records.unit} by area"
    inexact = (there["high"] > there["count"]).map({True: TEXT["inexact"], False: ""})
    figure = plots.choropleth(
        plots.join_areas(areas.boundaries(records.study), there.assign(status=inexact)),
        value="count",
        status="status",
        title=title,
        subtitle=chosen(records, selection, without=AREA),
        footer=_footer(records, n, selection),
        projection=study.projection,
        legend_label=f"{TEXT['map_legend_title']} ({records.unit})",
        world=areas.surroundings(records.study),
        highlight=selection.area_ids[0] if len(selection.area_ids) == 1 else None,
    )
    alt = f"Map. {title}: {'; '.join(_named(there.nlargest(3, COUNT), 'name'))}."
    return _exhibit(records, "map", title, figure=figure, alt=alt)


def _years(records: Records, selection: Selection, views: Views) -> Exhibit:
    table = views.by_period
    # A year of which a publisher has no figure was not reported; of which lists have nobody, nobody.
    each = compared(records, selection) or {records.unit: table}
    drawn = pd.concat([years.assign(series=name) for name, years in each.items()], ignore_index=True)
    silent = (drawn[HIGH] == 0) & records.is_public
    title = f"{_words(records)} by year"
    # Years that are not certain are in several of the highest; counts that are intervals are not.
    n = with_unit(table[COUNT].sum(), table[HIGH].sum() if views.is_interval else None, records.unit)
    figure = plots.series(
        pd.DataFrame(
            {
                "series": drawn["series"],
                "x": drawn["year"] + 0.5,
                "low": drawn[COUNT].mask(silent),
                "high": drawn[HIGH].mask(silent),
                "value_qualifier": (drawn[HIGH] > drawn[COUNT]).map({True: "derived", False: "exact"}),
            }
        ),
        title=title,
        subtitle=chosen(records, selection, without=YEAR),
        footer=_footer(records, TEXT["years_footer"].format(n=n)),
        ylabel=records.unit,
    )
    highest = {name: _named(years.nlargest(1, [COUNT, HIGH]), "year")[0] for name, years in each.items()}
    most = "; ".join(f"{name} {year}" if len(each) > 1 else year for name, year in highest.items())
    alt = f"{title}, {period(*records.period, ' to ')}. The most: {most}."
    return _exhibit(records, "years", title, figure=figure, alt=alt)


def _flows(place: Area, records: Records, selection: Selection, views: Views) -> Exhibit:
    assert records.pairs is not None  # there are flows
    study = areas.STUDIES[records.study]
    ends = views.by_pair[["origin", "destination"]]
    table = views.by_pair.assign(
        **ends.replace(dict.fromkeys(records.pairs.unknown, flows.UNKNOWN)),
        low=views.by_pair[COUNT],
        text=[interval(*row) for row in views.by_pair[[COUNT, HIGH]].to_numpy()],
    )
    places = _places(records, pd.unique(table[["origin", "destination"]].to_numpy().ravel()))
    title = TEXT["flows_title"].format(records=_words(records))
    figure = plots.flow_map(
        table[["origin", "destination", "low", "high", "text"]],
        places,
        areas.world(records.study),
        title=title,
        subtitle=chosen(records, selection),
        footer=_footer(records, with_unit(views.n, views.n_high, records.unit), selection),
        projection=study.projection,
        highlight=None if place.is_study or place.area_id not in set(places["id"]) else place.area_id,
        boundaries=areas.boundaries(records.study),
        unit=records.unit,
        note=pairs_note(records, views),
    )
    first = views.by_pair.iloc[0]
    alt = TEXT["flows_alt"].format(
        title=title, origin_name=first["origin_name"], destination_name=first["destination_name"]
    )
    return _exhibit(records, "flows", title, figure=figure, alt=alt)


def _places(records: Records, ends: list[str]) -> pd.DataFrame:
    """The places of ends: areas and countries on the ground; what has no place there, beside the map."""
    shapes: gpd.GeoDataFrame = areas.boundaries(records.study)
    points = shapes.to_crs(areas.STUDIES[records.study].projection).representative_point().to_crs(4326)
    own = pd.DataFrame({"id": shapes["area_id"], "x": points.x, "y": points.y, "study": True})
    world = areas.world(records.study)
    rest = [end for end in ends if end not in set(own["id"])]
    known = {*world["area_id"], *origin_destination.REGION_ANCHORS}
    drawn = pd.concat([own, origin_destination.ends_on_ground(world, [end for end in rest if end in known])])
    nowhere = [end for end in rest if end not in set(drawn["id"])]
    table = pd.concat([drawn, pd.DataFrame({"id": nowhere})], ignore_index=True)
    names = dict(records.pairs.names) if records.pairs else {}
    called = table["id"].map(names).fillna(table["id"].map(dict(zip(shapes["area_id"], shapes["name"], strict=True))))
    return table.assign(
        name=called.fillna(table["id"]),
        study=table["study"].fillna(False).astype(bool),
        region=table["region"].fillna(False).astype(bool),
    )


def _table(records: Records, selection: Selection) -> Exhibit:
    by = [name for name in (AREA, YEAR) if name in records.columns]
    whole = tabled(records, selection, by)
    rows = pd.DataFrame({records.columns[name].title: whole[name] for name in by})
    rows[records.unit.capitalize()] = in_words(whole)
    title = f"{_words(records)}: {' and '.join(records.columns[name].title.lower() for name in by)}"
    return _exhibit(records, "table", title, table=rows)


def _named(rows: pd.DataFrame, name: str) -> list[str]:
    return [f"{getattr(row, name)} {interval(row.count, row.high)}" for row in rows.itertuples(index=False)]
