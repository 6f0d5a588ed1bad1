"""Flow maps to be explored: routes named in reports for every area, and journeys where there are case records."""

from __future__ import annotations

import pandas as pd
from IPython.display import HTML, Markdown

from analysis import areas, figures, routes
from analysis.areas import Area
from analysis.exhibits import detection, record_journeys, route
from analysis.exhibits.exhibit import footer
from analysis.exhibits.record_journeys import journeys_footer
from analysis.exhibits.record_routes import LIMITS, are_shown

# The reports' words for those who are named -> their sex and age, where the word says so.
SEX = {"girls": "female", "women": "female", "boys": "male", "men": "male"}
AGE = {
    "children": "children",
    "girls": "children",
    "boys": "children",
    "women": "adults",
    "men": "adults",
    "adults": "adults",
}
FILTERS = {"year": "Year", "form": "Form of exploitation", "sex": "Sex", "age_group": "Age"}


def mentions(place: Area) -> HTML:
    """The routes named in US reports, to be filtered by year, form, and who is named."""
    _, rows = route.sources_of(place)
    words = rows["victims"].fillna("")
    flows = pd.DataFrame(
        {
            "origin": rows["origin"],
            "destination": rows["destination"],
            "low": 1,
            "high": 1,
            "year": rows["report_year"].astype(str),
            "form": rows["form"].fillna("").str.replace("_", " "),
            "sex": [_translated(text, SEX) for text in words],
            "age_group": [_translated(text, AGE) for text in words],
        }
    )
    title = f"{detection.whose(place)}: routes named in US reports, to be explored"
    world = areas.background("world")
    ends = routes.places(world, pd.unique(flows[["origin", "destination"]].to_numpy().ravel()))
    page = figures.interactive_flow_map(
        flows,
        ends.rename(columns={"lon": "x", "lat": "y"}).assign(
            name=route.named(ends["id"]), study=ends["id"].isin(detection.countries(place))
        ),
        world,
        title=title,
        footer=footer(rows, f"{rows['mention_id'].nunique()} mentions", route.WRITTEN_OF),
        projection=place.projection,
        unit="mentions of a pair",
        filters={**FILTERS, "year": "Year of the report"},
        highlight=None if place.is_study else place.iso3,
        region_anchors=routes.REGION_ANCHORS,
        note="A sentence that names several forms or groups counts under each of them.",
    )
    return figures.show_page(page, "mentions_map", f"{title}: a map with filters, and a table of the same flows.")


def journeys(place: Area) -> HTML | Markdown:
    """The journeys of case records, to be filtered by year, form, sex and age; a sentence where there are none."""
    if not are_shown(place):
        return Markdown("*No journeys of case records can be shown here.*")
    read = record_journeys.journeys(place.area_id)
    ids = pd.Series([*read.places, routes.UNKNOWN], dtype=object)
    table = read.traits[[*FILTERS]].assign(
        origin=ids.to_numpy()[read.origin], destination=ids.to_numpy()[read.destination], person=read.person
    )
    # Whoever was taken twice from the same place to the same place is one person on that flow.
    each = table.drop_duplicates(["origin", "destination", "person"])
    flows = each.groupby(["origin", "destination", *FILTERS], as_index=False).size()
    title = f"{place.name}: journeys of case records, to be explored"
    page = figures.interactive_flow_map(
        flows.assign(low=flows["size"], high=flows["size"]),
        record_journeys.places(place.study).dropna(subset=["x", "y"]),
        areas.background("world"),
        title=title,
        footer=journeys_footer(place, LIMITS),
        projection=place.projection,
        unit="persons",
        filters=FILTERS,
        highlight=None if place.is_study else place.area_id,
        note="Arrows join origin and place of exploitation; they are not the way.",
    )
    return figures.show_page(page, "journeys_map", f"{title}: a map with filters, and a table of the same flows.")


def _translated(words: str, meaning: dict[str, str]) -> str:
    """What a report's words say, each once; empty where they say nothing of it."""
    return ";".join(dict.fromkeys(meaning[word] for word in words.split(";") if word in meaning))
