"""The same selection as figures and a table, for a notebook that a program runs: no browser is needed to read them."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import pandas as pd
from IPython.display import Markdown, display
from matplotlib.figure import Figure

from analysis import areas, plots, texts
from analysis.areas import Area
from analysis.explorer import wording
from analysis.explorer.counts import Views, compared, counted
from analysis.explorer.records import AREA, CONFIDENTIAL, SYNTHETIC, YEAR, Records, Selection, titled
from analysis.explorer.table import COUNT, HIGH, tabled
from analysis.methods import origin_destination
from analysis.plots import flows
from analysis.sections.section import INTERNAL, PUBLIC, Section, plain, said

TEXT = texts.of(__name__)

_STAYS = TEXT["stays"]
_INEXACT = TEXT["inexact"]


@dataclass(frozen=True)
class Still:
    """What a notebook shows in the place of the widget: a sentence, and map, years, flows and table.

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
        return Still((said(_STAYS, INTERNAL),))
    views = counted(records, selection)
    release_class = PUBLIC if records.is_public else INTERNAL
    return Still(
        (
            _sentence(place, records, selection, views, release_class),
            *(
                each.show() if each.figure is None else each.plot()
                for each in exhibits(place, records, selection, views)
            ),
        )
    )


def exhibits(place: Area, records: Records, selection: Selection, views: Views) -> list[Section]:
    """Map, years, flows and table of a selection, those of which there is something to show."""
    made = []
    # Of national figures none is told of an area: a map of them would be empty.
    if (views.by_area["high"] > 0).any():
        made.append(_map(records, selection, views))
    made.append(_years(records, selection, views))
    if len(views.by_pair):
        made.append(_flows(place, records, selection, views))
    return [*made, _table(records, selection)]


def _sentence(place: Area, records: Records, selection: Selection, views: Views, release_class: str) -> Markdown:
    head = TEXT["sentence_head"] if records.kind == SYNTHETIC else ""
    line = wording.sentence(place, records, selection, views)
    return said(
        f"### {plain(records.title)}\n\n{head}**{plain(line)}** {plain(wording.limits(records))}", release_class
    )


def _exhibit(records: Records, name: str, title: str, table: pd.DataFrame, figure: Figure | None, alt: str) -> Section:
    return Section(
        f"explored_{name}",
        title,
        table,
        limits=wording.limits(records),
        figure=figure,
        alt=alt,
        citations=() if figure else (records.sources,),
        kind=SYNTHETIC if records.kind == SYNTHETIC else "public",
        release_class=PUBLIC if records.is_public else INTERNAL,
    )


def _words(records: Records) -> str:
    """The title without the kind, which a figure says in its own way."""
    return records.title.removesuffix(titled("", records.kind))


def _footer(records: Records, n: str, selection: Selection | None = None) -> plots.Footer:
    first, last = records.period if selection is None else wording.years(records, selection)
    period = wording.period(first, last, "-")
    return plots.Footer(records.sources, period, n, wording.limits(records), synthetic=records.kind == SYNTHETIC)


def _map(records: Records, selection: Selection, views: Views) -> Section:
    study = areas.STUDIES[records.study]
    there = views.by_area[views.by_area["high"] > 0]
    n = wording.counted(there["count"].sum(), there["high"].sum(), records.unit)
    title = f"{study.name}: {records.unit} by area"
    inexact = (there["high"] > there["count"]).map({True: _INEXACT, False: ""})
    figure = plots.choropleth(
        plots.join_areas(areas.boundaries(records.study), there.assign(status=inexact)),
        value="count",
        status="status",
        title=title,
        subtitle=wording.chosen(records, selection, without=AREA),
        footer=_footer(records, n, selection),
        projection=study.projection,
        legend_label=f"{TEXT['map_legend_title']} ({records.unit})",
        world=areas.surroundings(records.study),
        highlight=selection.area_ids[0] if len(selection.area_ids) == 1 else None,
    )
    alt = f"Map. {title}: {'; '.join(_named(there.nlargest(3, COUNT), 'name'))}."
    return _exhibit(records, "map", title, pd.DataFrame(), figure, alt)


def _years(records: Records, selection: Selection, views: Views) -> Section:
    table = views.by_period
    # A year of which a publisher has no figure was not reported; of which lists have nobody, nobody.
    each = compared(records, selection) or {records.unit: table}
    drawn = pd.concat([years.assign(series=name) for name, years in each.items()], ignore_index=True)
    silent = (drawn[HIGH] == 0) & records.is_public
    title = f"{_words(records)} by year"
    # Years that are not certain are in several of the highest; counts that are intervals are not.
    n = wording.counted(table[COUNT].sum(), table[HIGH].sum() if views.is_interval else None, records.unit)
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
        subtitle=wording.chosen(records, selection, without=YEAR),
        footer=_footer(records, TEXT["years_footer"].format(n=n)),
        ylabel=records.unit,
    )
    highest = {name: _named(years.nlargest(1, [COUNT, HIGH]), "year")[0] for name, years in each.items()}
    most = "; ".join(f"{name} {year}" if len(each) > 1 else year for name, year in highest.items())
    alt = f"{title}, {wording.period(*records.period, ' to ')}. The most: {most}."
    return _exhibit(records, "years", title, pd.DataFrame(), figure, alt)


def _flows(place: Area, records: Records, selection: Selection, views: Views) -> Section:
    assert records.pairs is not None  # there are flows
    study = areas.STUDIES[records.study]
    ends = views.by_pair[["origin", "destination"]]
    table = views.by_pair.assign(
        **ends.replace(dict.fromkeys(records.pairs.unknown, flows.UNKNOWN)),
        low=views.by_pair[COUNT],
        text=[wording.interval(*row) for row in views.by_pair[[COUNT, HIGH]].to_numpy()],
    )
    places = _places(records, pd.unique(table[["origin", "destination"]].to_numpy().ravel()))
    title = TEXT["flows_title"].format(records=_words(records))
    figure = plots.flow_map(
        table[["origin", "destination", "low", "high", "text"]],
        places,
        areas.world(records.study),
        title=title,
        subtitle=wording.chosen(records, selection),
        footer=_footer(records, wording.counted(views.n, views.n_high, records.unit), selection),
        projection=study.projection,
        highlight=None if place.is_study or place.area_id not in set(places["id"]) else place.area_id,
        boundaries=areas.boundaries(records.study),
        unit=records.unit,
        note=wording.pairs_note(records, views),
    )
    first = views.by_pair.iloc[0]
    alt = TEXT["flows_alt"].format(
        title=title, origin_name=first["origin_name"], destination_name=first["destination_name"]
    )
    return _exhibit(records, "flows", title, pd.DataFrame(), figure, alt)


def _places(records: Records, ends: list[str]) -> pd.DataFrame:
    """Where ends are drawn: areas and countries on the ground; what has no place there, beside the map."""
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


def _table(records: Records, selection: Selection) -> Section:
    by = [name for name in (AREA, YEAR) if name in records.columns]
    whole = tabled(records, selection, by)
    rows = pd.DataFrame({records.columns[name].title: whole[name] for name in by})
    rows[records.unit.capitalize()] = wording.counts(whole)
    title = f"{_words(records)}: {' and '.join(records.columns[name].title.lower() for name in by)}"
    return _exhibit(records, "table", title, rows, None, "")


def _named(rows: pd.DataFrame, name: str) -> list[str]:
    return [f"{getattr(row, name)} {wording.interval(row.count, row.high)}" for row in rows.itertuples(index=False)]
