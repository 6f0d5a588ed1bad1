"""Exhibits that place routes on the ground: flow maps, one to be explored, and the mentions that name an island or a
province. Maps to be explored of persons on lists are made by `record_flows` and `record_paths`.
"""

from __future__ import annotations

import pandas as pd
from IPython.display import HTML, Markdown

import journeys
from analysis import areas, evidence, plots, texts
from analysis.areas import Area
from analysis.methods.mentions import mentions_naming
from analysis.sections import detection, route
from analysis.sections.section import PUBLIC, Section, footer, said
from analysis.sections.table import Table, Words, year
from bounded import intervals

TEXT = texts.of(__name__)

# Towns that stand in the reports for the island they are on.
TOWNS = {"Praia": "Santiago", "Mindelo": "São Vicente", "Santa Maria": "Sal"}


def flow_map(place: Area, matrix: pd.DataFrame, rows: pd.DataFrame, top: int = 15) -> Section:
    """The largest corridors on a map: those mentioned in reports, or those of detected victims.

    Parameters
    ----------
    matrix : from `origin_destination.mention_matrix` or `origin_destination.citizenship_matrix`.
    rows : the mentions, or the figures of UNODC, that it was made of.
    top : how many are drawn.
    """
    whose = detection.whose(place)
    if "mentions" in matrix:
        name, unit = "flow_map_mentions", "mentions"
        matrix = matrix.assign(low=matrix["mentions"], high=matrix["mentions"], text=matrix["mentions"].astype(str))
        title = TEXT["flow_map_title_routes_named"].format(whose=whose)
        # A mention can name several pairs: what the map counts adds up to more than the mentions.
        n = TEXT["flow_map_n_mentions"].format(
            mentions=f"{rows['mention_id'].nunique():,}",
            named=f"{matrix['mentions'].sum():,}",
            pairs=f"{len(matrix):,}",
        )
        limits = TEXT["lines_join_countries_not"].format(written_of=route.WRITTEN_OF)
    else:
        name, unit = "flow_map_unodc", "detected victims"
        matrix = matrix.assign(text=intervals.text(matrix["low"], matrix["high"], matrix["value_qualifier"]))
        title = TEXT["flow_map_title"].format(whose=whose)
        victims = intervals.text(matrix["low"].sum(), matrix["high"].sum(), "exact")
        n = TEXT["flow_map_n_victims"].format(figures=f"{len(rows):,}", victims=victims)
        limits = TEXT["detected_not_incidence_lines_join"]
    figure = plots.flow_map(
        matrix,
        route.ends_of(matrix, detection.countries(place)),
        areas.background("world"),
        projection=place.projection,
        highlight=None if place.is_study else place.iso3,
        top=top,
        unit=unit,
        note=_islands_named(rows) if place.study == "cabo_verde" and "mentions" in matrix else "",
        title=title,
        footer=footer(rows, n, limits),
    )
    alt = TEXT["flow_map_alt"].format(title=title, unit=unit)
    return Section(name, title, source_ids=route.cited(rows), limits=limits, figure=figure, alt=alt)


def _islands_named(rows: pd.DataFrame) -> str:
    """How many of the map's mentions name each island, most first, and which islands none does."""
    islands = areas.names("cabo_verde")
    names = {name: island for area_id in islands for name, island in _names(areas.get(area_id)).items()}
    found = _naming("CPV", names)
    found = found[found["mention_id"].isin(rows["mention_id"])]
    each = found.assign(places=found["places"].str.split(";")).explode("places")
    numbers = each.groupby("places")["mention_id"].nunique().sort_values(ascending=False, kind="stable")
    none = [name for name in islands.values() if name not in numbers.index]
    return TEXT["flow_map_islands"].format(
        numbers=", ".join(f"{name} {number}" for name, number in numbers.items()), none=", ".join(none) or "–"
    )


def _names(place: Area) -> dict[str, str]:
    """What a province or an island is called, and the towns that stand for it, with its name."""
    towns = {town: island for town, island in TOWNS.items() if island == place.name}
    return {place.name: place.name, place.name_local: place.name} | towns


def _naming(iso3: str, names: dict[str, str]) -> pd.DataFrame:
    """The rows of route mentions in reports on a country that name one of its places: these as `places`, and `role`."""
    mentions = evidence.route_mentions()
    # "Santiago" or "Adana" in a report on another country is another place.
    own = mentions[mentions["reporting_country"] == iso3]
    # One sentence can name several islands in rows of their own: each row is asked for itself.
    found = mentions_naming(own.assign(mention_id=own.index), names).set_index("mention_id")
    return own.loc[sorted(found.index)].assign(places=found["places"], role=found["role"])


def naming(place: Area) -> pd.DataFrame:
    """The rows of route mentions in reports on its country that name a province or an island, or a town that stands for
    it, with the role in which they do: origin, transit, destination, or several with ";" between."""
    return _naming(place.iso3, _names(place))


def naming_places(place: Area) -> pd.DataFrame:
    """The mentions that name a place: the island or province itself, or any place on a country's routes."""
    if place.is_local:
        return naming(place)
    _, mentions = route.sources_of(place)
    return mentions[(mentions["origin_place"] != "") | (mentions["destination_place"] != "")]


def local_mentions(place: Area, table: pd.DataFrame) -> Section:
    """The mentions of `naming_places` as a table."""
    local = place.is_local
    title = TEXT["local_mentions_title"].format(a_place=place.name if local else "a place within a country")
    limits = {"province": TEXT["local_mentions_province"], "island": TEXT["local_mentions_island"]}.get(
        place.level,
        TEXT["reports_name_few_places_within"].format(level=place.level)
        if local
        else TEXT["most_mentions_name_countries_only"],
    )
    rows = Table(
        table,
        {
            "Report": Words(year, "report_year"),
            "From": Words(_end, "origin", "origin_place"),
            "To": Words(_end, "destination", "destination_place"),
            "Who": Words(route.listed, "victims"),
            "Form": Words(route.forms, "form"),
        },
        also=("mention_id", "source_id"),
    )
    return Section("local_mentions", title, rows, route.cited(table), limits)


def named_on_the_way(place: Area, stops: pd.DataFrame, passed: pd.DataFrame) -> Section:
    """Places that mentions name on the way between origin and destination.

    Parameters
    ----------
    stops : `mention_stops` of the mentions.
    passed : what `journeys.transit` makes of them.
    """
    read = journeys.journeys(stops)
    pair_of = dict(zip(read.ids, zip(read.origin, read.destination, strict=True), strict=True))
    via = stops[stops["role"] == "transit"].assign(pair=lambda rows: rows["journey_id"].map(pair_of))
    _, mentions = route.sources_of(place)
    count, every = mentions.loc[mentions["transit"] != "", "mention_id"].nunique(), mentions["mention_id"].nunique()
    rows = Table(
        passed.assign(mentions=passed["persons"], pairs=passed["place"].map(via.groupby("place_id")["pair"].nunique())),
        {"Place": Words(route.named, "place"), "Mentions": "mentions", "Pairs of places it is named between": "pairs"},
    )
    title = TEXT["named_on_the_way_title"].format(whose=detection.whose(place))
    name = "mention names" if count == 1 else "mentions name"
    limits = TEXT["named_on_the_way_limits"].format(count=count, every=every, name=name)
    return Section("named_on_the_way", title, rows, route.cited(mentions), limits)


def _end(country: pd.Series, within: pd.Series) -> pd.Series:
    return route.named(country) + within.where(within == "", " (" + within.str.replace(";", ",") + ")")


HEIGHT = 760  # pixels of a frame: what is longer is scrolled within it
# The reports' words for those who are named -> their sex and age, where the word says so.
SEX_OF = {"girls": "female", "women": "female", "boys": "male", "men": "male"}
AGE_OF = {
    "children": "children",
    "girls": "children",
    "boys": "children",
    "women": "adults",
    "men": "adults",
    "adults": "adults",
}
FILTERS = texts.table(__name__, "filters")


def explorer(place: Area, rows: pd.DataFrame) -> HTML | Markdown:
    """Route mentions of US reports, to be filtered by year, form, and who is named; a sentence where none is."""
    if rows.empty:
        return said(TEXT["no_route_from"].format(whose=detection.whose(place)))
    flows = pairs_of_mentions(rows)
    title = TEXT["mentions_title"].format(whose=detection.whose(place))
    page = plots.interactive_flow_map(
        flows,
        route.ends_of(flows, detection.countries(place)),
        areas.background("world"),
        title=title,
        footer=footer(rows, f"{rows['mention_id'].nunique()} mentions", route.WRITTEN_OF),
        projection=place.projection,
        unit=TEXT["mentions_unit"],
        filters={**FILTERS, "year": TEXT["mentions_year"]},
        highlight=None if place.is_study else place.iso3,
        note=(TEXT["mentions_note"]),
    )
    alt = TEXT["mentions_alt"].format(title=title)
    return plots.show_page(page, "mentions_map", alt, PUBLIC, height=HEIGHT)


def pairs_of_mentions(rows: pd.DataFrame) -> pd.DataFrame:
    """One row a mention and pair, with all that its rows say of form, sex and age."""
    words = rows["victims"].fillna("")
    table = rows[["mention_id", "origin", "destination"]].assign(
        year=rows["report_year"].astype(str),
        form=rows["form"].fillna("").str.replace("_", " ").str.replace(r"\bsex\b", "sexual exploitation", regex=True),
        sex=[translated(text, SEX_OF) for text in words],
        age_group=[translated(text, AGE_OF) for text in words],
    )
    pairs = table.groupby(["mention_id", "origin", "destination"], as_index=False, sort=False)
    return pairs.agg(dict.fromkeys(FILTERS, ";".join)).assign(low=1, high=1)


def translated(words: str, meaning: dict[str, str]) -> str:
    """What words or codes joined by ";" mean, each once; empty where they say nothing of it."""
    return ";".join(dict.fromkeys(meaning[word] for word in words.split(";") if word in meaning))
