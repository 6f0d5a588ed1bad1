"""Areas in shades by an amount: readable classes, how many areas are in each, and hatching where nothing is known."""

from analysis import areas, bibliography, evidence, plots

people = evidence.population_near(areas.ids("west_africa"), 2020)
shapes = plots.join_areas(areas.boundaries("west_africa"), people.assign(millions=people["population"] / 1e6))
figure = plots.choropleth(
    shapes,
    value="millions",
    world=areas.background("world"),
    projection=areas.STUDIES["west_africa"].projection,
    legend_label="Million inhabitants",
    title="West Africa: inhabitants by country",
    footer=plots.Footer(
        bibliography.short_source(people["source_id"].unique()), "2020", f"{len(people)} countries", "Estimates."
    ),
)
figure
