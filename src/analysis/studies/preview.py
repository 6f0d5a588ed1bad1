"""A map on which a person sees, before anything is written, that names and ids lie on the right shapes."""

from __future__ import annotations

from analysis import areas, figures
from analysis.studies.declared import Declared


def preview(study: Declared) -> bytes:
    """A map of the areas as PNG: coloured by their inhabitants, each with its name and its id."""
    people = study.population.table.sort_values("date").drop_duplicates("area_id", keep="last")
    latest = sorted(set(people["date"]))
    table = people[["area_id"]].assign(inhabitants=people["low"].astype(float), text=people["area_id"])
    table["short"] = ""
    source = study.sources[2]
    figure = figures.choropleth(
        study.shapes,
        table,
        value="inhabitants",
        title=f"{study.title.partition(':')[0]}: the {len(study.areas)} areas, with their ids",
        footer=figures.Footer(
            source=f"{source.publisher}; boundaries: {study.sources[0].publisher}",
            period=latest[0] if len(latest) == 1 else f"{latest[0]} to {latest[-1]}",
            n=f"{int(people['low'].sum()):,} inhabitants",
            limits="A draft, to see whether each name lies on its shape.",
        ),
        projection=study.projection,
        legend_title="Inhabitants",
        unit="",
        background=areas.background("world"),
    )
    return figures.png(figure)
